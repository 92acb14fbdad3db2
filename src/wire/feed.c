/* wire/feed.c - one line of input: read, recognised, handed to the engine as one command, or as one for each item of a batch; see
 * lines.h. */
#include "base/number.h"
#include "engine/known.h"
#include "wire/definition_lines.h"
#include "wire/json_reader.h"
#include "wire/lines.h"

/* One line under way. */
struct feeding {
  struct pbk_engine *engine;
  struct reading_line reading;
  struct problem problem;
};

static struct command blank_command(const struct feeding *feeding) {
  return (struct command){.received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = PBK_NO_TIME,
                          .line = feeding->engine->lines.count};
}

/* A line or item that could not be read: told as an error, and (T4) moving time where its type and times could be read. */
static pbk_status refuse(struct feeding *feeding, struct line_times times, struct text message_id) {
  struct command command = blank_command(feeding);
  command.type = COMMAND_REFUSED;
  command.received_at = times_received(times);
  command.message_id = message_id;
  command.problem = &feeding->problem;
  return pbk_submit(feeding->engine, &command);
}

static const struct line_times no_times = {PBK_NO_TIME, PBK_NO_TIME};

static pbk_status refuse_line(struct feeding *feeding, pbk_code code, const char *message) {
  pbk_problem_at(&feeding->problem, code, message);
  return refuse(feeding, no_times, NO_TEXT);
}

/* The type of a line; false where it is not text. */
static bool read_type(struct feeding *feeding, const pbk_value *object, const struct line_members *members, struct text *type) {
  const pbk_value *value = line_member(members, MEMBER_TYPE);
  if (value && value->kind == PBK_STRING) {
    *type = value_text(value);
    return true;
  }
  return pbk_problem_at(&feeding->problem, PBK_CODE_BAD_INPUT,
                        object->kind != PBK_MAP ? "a line must be a JSON object"
                        : value                 ? "type must be text"
                                                : "type is missing");
}

static bool read_message_id(struct feeding *feeding, const struct line_members *members, struct text *id) {
  const pbk_value *value = line_member(members, MEMBER_MESSAGE_ID);
  if (!value) return true;
  if (value->kind == PBK_STRING && value->size >= 1 && value->size <= PBK_MAX_KEY) {
    *id = value_text(value);
    return true;
  }
  return pbk_wrong(&feeding->reading, "messageId", " must be text of 1 to 255 bytes");
}

static bool is_definition(struct text type) { return text_equal(type, TEXT("define")) || text_equal(type, TEXT("undefine")); }

/* ---- one object ---- */

static pbk_status submit_read(struct feeding *feeding, struct command *command, struct line_times times) {
  command->received_at = times_received(times);
  command->occurred_at = times.timestamp != PBK_NO_TIME ? times.timestamp : times.received_at;
  return pbk_submit(feeding->engine, command);
}

/* The members of a line come as they stand in it; a definition takes them as those of any map are. */
static pbk_value sorted(struct feeding *feeding, const pbk_value *object) {
  size_t size = object->size * sizeof(pbk_member);
  pbk_value result = *object;
  result.as.members = memcpy(pbk_arena_allocate(feeding->reading.arena, size), object->as.members, size);
  pbk_value_normalize(&result);
  return result;
}

static pbk_status feed_definition(struct feeding *feeding, const pbk_value *line, bool undefine, struct text message_id,
                                  struct line_times times) {
  const pbk_value object = sorted(feeding, line);
  struct command command = blank_command(feeding);
  pbk_definition definition;
  if (!pbk_read_definition(&feeding->reading, &object, undefine, &definition)) return refuse(feeding, times, message_id);
  command.type = COMMAND_DEFINE;
  command.message_id = message_id;
  command.definitions = &definition;
  command.definition_count = 1;
  return submit_read(feeding, &command, times);
}

/* A line that is no batch, or an item of one (`path`: which; the path of its errors, and all of it). */
static pbk_status feed_object(struct feeding *feeding, const pbk_value *object, const struct line_members *members,
                              const struct line_times *inherited, struct text path) {
  struct text type, message_id = NO_TEXT;
  struct line_times times;
  struct problem *problem = &feeding->problem;
  struct command command = blank_command(feeding);
  feeding->reading.code = PBK_CODE_BAD_INPUT;
  bool typed = read_type(feeding, object, members, &type), timed = false;
  bool fine = typed && (timed = pbk_read_times(&feeding->reading, members, inherited, &times)) &&
              read_message_id(feeding, members, &message_id);
  if (fine && is_definition(type))
    return feed_definition(feeding, object, text_equal(type, TEXT("undefine")), message_id, times);
  if (fine) {
    command.to = times.timestamp;
    fine = pbk_read_line_command(&feeding->reading, members, type, &command);
  }
  if (!fine) {
    if (path.size) { /* SPEC L: an item's errors carry path /batch/i */
      memcpy(problem->path, path.bytes, path.size);
      problem->path_size = path.size;
    }
    return refuse(feeding, timed ? times : no_times, message_id);
  }
  command.message_id = message_id;
  command.path = path;
  return submit_read(feeding, &command, times);
}

/* ---- batches ---- */

static pbk_status feed_definitions(struct feeding *feeding, const pbk_value *list, struct text message_id,
                                   struct line_times times) {
  struct command command = blank_command(feeding);
  pbk_definition *definitions =
      pbk_arena_allocate(feeding->reading.arena, ((size_t)list->size + 1) * sizeof *definitions);
  struct line_times latest = times;
  struct line_members members;
  pbk_problem_enter(&feeding->problem, TEXT("batch"));
  for (uint32_t i = 0; i < list->size; i++) { /* one input: received when the last of its items is */
    struct line_times own;
    uint32_t before = pbk_problem_enter_item(&feeding->problem, i);
    pbk_find_line_members(&list->as.items[i], &members);
    if (!pbk_read_times(&feeding->reading, &members, &times, &own)) return refuse(feeding, no_times, NO_TEXT);
    if (times_received(own) > times_received(latest)) latest = own;
    pbk_problem_leave(&feeding->problem, before);
  }
  uint32_t count = 0;
  for (; count < list->size && !feeding->problem.code; count++) {
    const pbk_value *item = &list->as.items[count];
    bool undefine = text_equal(value_text(pbk_member_of(item, "type")), TEXT("undefine"));
    uint32_t before = pbk_problem_enter_item(&feeding->problem, count);
    if (!pbk_read_definition(&feeding->reading, item, undefine, &definitions[count])) break;
    pbk_problem_leave(&feeding->problem, before);
  }
  command.type = COMMAND_DEFINE;
  command.message_id = message_id;
  command.definitions = definitions;
  command.definition_count = count;
  command.batch = true;
  if (feeding->problem.code) command.problem = &feeding->problem; /* told unless one before it is refused */
  return submit_read(feeding, &command, latest);
}

/* How many items are definitions; UINT32_MAX where a batch holds a batch. */
static uint32_t count_definitions(const pbk_value *list) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < list->size; i++) {
    const pbk_value *type = list->as.items[i].kind == PBK_MAP ? pbk_member_of(&list->as.items[i], "type") : NULL;
    if (!type || type->kind != PBK_STRING) continue;
    if (text_equal(value_text(type), TEXT("batch"))) return UINT32_MAX;
    count += is_definition(value_text(type));
  }
  return count;
}

/* The envelope of a batch of facts moves time only where it must: when it is empty, or for its own messageId, and then as far as
 * its first item does. */
static pbk_status feed_envelope(struct feeding *feeding, const pbk_value *list, struct text message_id,
                                struct line_times times) {
  struct command command = blank_command(feeding);
  command.type = COMMAND_BATCH;
  command.message_id = message_id;
  if (list->size > 0) {
    struct line_times first = times;
    struct line_members members;
    pbk_find_line_members(&list->as.items[0], &members);
    if (!pbk_read_times(&feeding->reading, &members, &times, &first)) first = no_times;
    pbk_problem_clear(&feeding->problem);
    times = first;
  }
  return submit_read(feeding, &command, times);
}

static pbk_status feed_facts(struct feeding *feeding, const pbk_value *list, struct line_times times) {
  pbk_status status = PBK_OK;
  for (uint32_t i = 0; i < list->size; i++) {
    char path[sizeof("/batch/") + NUMBER_TEXT_MOST];
    struct text text = {path, (uint32_t)sizeof("/batch/") - 1};
    memcpy(path, "/batch/", text.size);
    text.size += pbk_print_uint(path + text.size, i);
    pbk_problem_clear(&feeding->problem);
    struct line_members members;
    pbk_find_line_members(&list->as.items[i], &members);
    pbk_status item = feed_object(feeding, &list->as.items[i], &members, &times, text);
    if (item != PBK_OK) status = item;
    if (item == PBK_ERR_NO_MEMORY || feeding->engine->broken) break;
  }
  return status;
}

static pbk_status feed_batch(struct feeding *feeding, const struct line_members *members) {
  struct line_times times;
  struct text message_id = NO_TEXT;
  const pbk_value *list = NULL;
  if (!pbk_read_times(&feeding->reading, members, NULL, &times)) return refuse(feeding, no_times, NO_TEXT);
  if (!read_message_id(feeding, members, &message_id)) return refuse(feeding, times, message_id);
  list = line_member(members, MEMBER_BATCH);
  if (list && list->kind != PBK_LIST) list = NULL;
  uint32_t definitions = list ? count_definitions(list) : 0;
  if (!list) pbk_problem_at(&feeding->problem, PBK_CODE_BAD_INPUT, "a batch needs a list of lines: 'batch'");
  else if (definitions == UINT32_MAX)
    pbk_problem_at(&feeding->problem, PBK_CODE_BAD_INPUT, "a batch cannot hold a batch");
  else if (definitions > 0 && definitions < list->size)
    pbk_problem_at(&feeding->problem, PBK_CODE_BAD_INPUT, "definitions and other lines do not mix in a batch");
  if (feeding->problem.code) return refuse(feeding, times, message_id);
  if (definitions > 0) return feed_definitions(feeding, list, message_id, times);
  if (list->size == 0 || message_id.bytes) {
    pbk_status status = feed_envelope(feeding, list, message_id, times);
    if (status != PBK_OK) return status;
  }
  return feed_facts(feeding, list, times);
}

/* ---- lines ---- */

static bool is_blank(struct text line) {
  for (uint32_t i = 0; i < line.size; i++)
    if (line.bytes[i] != ' ' && line.bytes[i] != '\t' && line.bytes[i] != '\r') return false;
  return true;
}

static pbk_status refuse_json(struct feeding *feeding, const struct json_error *error) {
  char digits[NUMBER_TEXT_MOST], message[200];
  static const char at[] = " at byte ";
  uint32_t size = (uint32_t)strlen(error->message);
  if (size > 150) size = 150;
  memcpy(message, error->message, size);
  memcpy(message + size, at, sizeof at - 1);
  size += (uint32_t)sizeof at - 1;
  uint32_t count = pbk_print_uint(digits, (uint64_t)error->offset + 1);
  memcpy(message + size, digits, count);
  message[size + count] = 0;
  feeding->problem.offset = error->offset;
  return refuse_line(feeding, PBK_CODE_BAD_JSON, message);
}

static pbk_status feed_line(struct pbk_engine *engine, struct text line) {
  struct feeding feeding; /* the problem's texts stay as they are: nothing reads what was not said */
  struct json_stack stack;
  struct line_members members;
  pbk_value value;
  struct json_error error;
  if (line.size > 0 && line.bytes[line.size - 1] == '\n') line.size--;
  if (line.size > 0 && line.bytes[line.size - 1] == '\r') line.size--;
  feeding.engine = engine;
  pbk_problem_clear(&feeding.problem);
  if (engine->reading.total) pbk_arena_reset(&engine->reading); /* most lines need none of it */
  feeding.reading = (struct reading_line){&engine->reading, &feeding.problem, PBK_CODE_BAD_INPUT};
  if (line.size > PBK_MAX_LINE) return refuse_line(&feeding, PBK_CODE_TOO_LARGE, "a line has at most 1048576 bytes");
  if (is_blank(line)) return PBK_OK;
  if (!pbk_json_read_line(line, &engine->reading, &stack, &value, &error)) return refuse_json(&feeding, &error);
  pbk_find_line_members(&value, &members);
  const pbk_value *type = line_member(&members, MEMBER_TYPE);
  if (type && type->kind == PBK_STRING && text_equal(value_text(type), TEXT("batch"))) return feed_batch(&feeding, &members);
  return feed_object(&feeding, &value, &members, NULL, NO_TEXT);
}

static inline void begin_line(struct lines *lines) {
  lines->count++;
  lines->recorded = 0;
  lines->resumed = lines->passed;
  lines->under_way = true;
}

static inline pbk_status end_line(struct pbk_engine *engine, pbk_status status) {
  struct lines *lines = &engine->lines;
  if (status == PBK_ERR_NO_MEMORY && !engine->broken) {
    pbk_abandon_line(engine);
    return status;
  }
  lines->under_way = false;
  lines->passed = 0; /* where it gave less than it did before, it is another line */
  return status;
}

pbk_status pbk_feed_text(struct pbk_engine *engine, struct text line) {
  begin_line(&engine->lines);
  return end_line(engine, feed_line(engine, line));
}

/* ---- lines that were read already ---- */

static pbk_status feed_approval(struct pbk_engine *engine, struct command *approval) {
  const uint64_t message = approval->number;
  if (engine->lines.passed || !pbk_approve_quickly(engine, approval, &message, 1)) return pbk_submit(engine, approval);
  return engine->lines.status = PBK_OK;
}

void pbk_begin_plain(struct plain_commands *commands) {
  commands->approval = (struct command){.type = COMMAND_APPROVE};
  commands->fact = (struct command){.type = COMMAND_NONE};
}

/* Whether an event counts as one of the account that its contact has. */
static inline bool of_own_account(const struct pbk_engine *engine, uint32_t contact, struct text account) {
  const uint32_t own = contact_at(&engine->facts, contact)->subject.account;
  return own != MAP_NONE && text_equal(subject_key(&account_at(&engine->facts, own)->subject), account);
}

/* Traits, an account, a stage. */
static pbk_status feed_fact(struct pbk_engine *engine, const struct plain_line *plain, uint32_t hash, uint32_t contact,
                            struct plain_commands *commands, struct line_times times) {
  struct command *fact = &commands->fact;
  commands->traits = (pbk_value){.kind = PBK_MAP, .size = plain->trait_count, .as.members = plain->traits};
  fact->type = plain->type;
  fact->line = engine->lines.count;
  fact->received_at = times_received(times);
  fact->occurred_at = times.timestamp != PBK_NO_TIME ? times.timestamp : times.received_at;
  fact->message_id = plain->message_id;
  fact->message_hash = hash;
  fact->contact = plain->contact;
  fact->contact_number = contact;
  fact->account = plain->account;
  fact->stage = NO_TEXT;
  fact->health = fact->traits = NULL;
  if (plain->type != COMMAND_STAGE_AND_HEALTH) {
    if (plain->has_traits) fact->traits = &commands->traits;
  } else {
    fact->stage = plain->event;
    if (plain->health.kind != PBK_NULL) fact->health = &plain->health;
  }
  return pbk_submit(engine, fact);
}

static pbk_status feed_event(struct pbk_engine *engine, struct text line, const struct plain_line *plain, struct line_places places,
                             uint32_t contact, struct line_times times) {
  uint32_t name = known_event(engine, plain->event, places.name);
  if (!name || plain->event.size > PBK_MAX_KEY) return pbk_feed_text(engine, line);
  if (plain->account.bytes && !of_own_account(engine, contact - 1, plain->account)) return pbk_feed_text(engine, line);
  if (plain->properties && (engine->defining.under_way || looks_into_event(&engine->playbooks, name - 1)))
    return pbk_feed_text(engine, line);
  begin_line(&engine->lines);
  const struct plain_event event = {times_received(times), times.timestamp != PBK_NO_TIME ? times.timestamp : times.received_at,
                                    contact - 1, name - 1, engine->lines.count};
  const struct message_id id = {plain->message_id, places.id_hash};
  return end_line(engine, id.text.bytes ? pbk_submit_event_once(engine, &event, &id) : pbk_submit_event(engine, &event));
}

pbk_status pbk_feed_plain(struct pbk_engine *engine, struct text line, const struct plain_line *plain, struct line_places places,
                          struct plain_commands *commands) {
  const struct line_times times = {plain->timestamp, plain->received_at};
  if (plain->type == COMMAND_APPROVE) {
    struct command *approval = &commands->approval;
    begin_line(&engine->lines);
    approval->line = engine->lines.count;
    approval->number = plain->message;
    approval->received_at = times_received(times);
    approval->occurred_at = times.timestamp != PBK_NO_TIME ? times.timestamp : times.received_at;
    return end_line(engine, feed_approval(engine, approval));
  }
  uint32_t contact = 0;
  if (plain->contact.bytes) {
    contact = known_contact(&engine->facts, plain->contact, places.contact_hash, places.contact);
    if (!contact) return pbk_feed_text(engine, line);
  }
  if (plain->type == COMMAND_TRACK) return feed_event(engine, line, plain, places, contact, times);
  begin_line(&engine->lines);
  return end_line(engine, feed_fact(engine, plain, places.id_hash, contact, commands, times));
}
