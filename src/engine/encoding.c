/* engine/encoding.c - what a command is in a record of the journal; declared in journal.h.
 *
 * One description serves both ways: each function below writes its struct or reads it, in the same order. A record begins with the type and
 * a mask of what is given; numbers are of variable length, texts carry their size. */
#include "base/sized.h"
#include "engine/journal.h"

struct coder {
  struct writer *writer; /* NULL: reading */
  struct reader *reader;
  struct arena *arena;
};

/* ---- numbers and texts ---- */

static void code_u64(struct coder *coder, uint64_t *value) {
  if (coder->writer) pbk_write_uint(coder->writer, *value);
  else *value = pbk_read_uint(coder->reader);
}

static void code_u32(struct coder *coder, uint32_t *value) {
  uint64_t wide = *value;
  code_u64(coder, &wide);
  if (wide > UINT32_MAX && coder->reader) coder->reader->failed = true;
  *value = (uint32_t)wide;
}

static void code_i64(struct coder *coder, int64_t *value) {
  if (coder->writer) pbk_write_int(coder->writer, *value);
  else *value = pbk_read_int(coder->reader);
}

static void code_i32(struct coder *coder, int32_t *value) {
  int64_t wide = *value;
  code_i64(coder, &wide);
  if (wide != (int32_t)wide && coder->reader) coder->reader->failed = true;
  *value = (int32_t)wide;
}

/* Texts that are not given and empty ones are different things: 0, or the size and one. */
static void code_text(struct coder *coder, struct text *text) {
  uint64_t size = text->bytes ? (uint64_t)text->size + 1 : 0;
  code_u64(coder, &size);
  if (coder->writer) {
    pbk_write_bytes(coder->writer, text->bytes, text->size);
    return;
  }
  *text = NO_TEXT;
  if (size == 0) return;
  if (size - 1 > (uint64_t)(coder->reader->end - coder->reader->at)) {
    coder->reader->failed = true;
    return;
  }
  *text = (struct text){(const char *)coder->reader->at, (uint32_t)(size - 1)};
  coder->reader->at += size - 1;
}

static void code_public(struct coder *coder, pbk_text *text) {
  struct text inner = {text->bytes, (uint32_t)text->size};
  code_text(coder, &inner);
  *text = (pbk_text){inner.bytes, inner.size};
}

/* ---- what may be absent ---- */

static void *room(struct coder *coder, size_t size) {
  void *memory = pbk_arena_allocate(coder->arena, size);
  memset(memory, 0, size);
  return memory;
}

static bool code_presence(struct coder *coder, bool present) {
  uint64_t is = present;
  code_u64(coder, &is);
  return is != 0 && !(coder->reader && coder->reader->failed);
}

static void code_duration_pointer(struct coder *coder, const pbk_duration **duration) {
  pbk_duration value = *duration ? **duration : 0;
  if (!code_presence(coder, *duration != NULL)) return;
  code_i64(coder, &value);
  if (coder->writer) return;
  pbk_duration *copy = room(coder, sizeof *copy);
  *copy = value;
  *duration = copy;
}

static void code_value_pointer(struct coder *coder, const pbk_value **value) {
  if (!code_presence(coder, *value != NULL)) return;
  if (coder->writer) {
    pbk_write_value(coder->writer, *value);
    return;
  }
  pbk_value *copy = room(coder, sizeof *copy);
  *copy = pbk_read_value(coder->reader, coder->arena);
  *value = copy;
}

/* ---- lists ---- */

/* A count that cannot be, since every item takes at least a byte, is refused before anything is taken for it. */
static bool code_count(struct coder *coder, uint32_t *count) {
  code_u32(coder, count);
  if (coder->reader && *count > (uint64_t)(coder->reader->end - coder->reader->at)) coder->reader->failed = true;
  if (!coder->reader || !coder->reader->failed) return true;
  *count = 0;
  return false;
}

static void code_texts(struct coder *coder, const pbk_text **texts, uint32_t *count) {
  if (!code_presence(coder, *texts != NULL) || !code_count(coder, count)) return;
  pbk_text *copies = coder->writer ? NULL : room(coder, ((size_t)*count + 1) * sizeof *copies);
  for (uint32_t i = 0; i < *count; i++) {
    pbk_text text = {NULL, 0};
    if (coder->writer) text = (*texts)[i];
    code_public(coder, &text);
    if (copies) copies[i] = text;
  }
  if (copies) *texts = copies;
}

union item {
  uint32_t size;
  pbk_trigger trigger;
  pbk_branch branch;
  pbk_action action;
  pbk_step step;
  pbk_pool pool;
};
typedef void (*code_item)(struct coder *coder, union item *item);

static void code_list(struct coder *coder, const void **list, uint32_t *count, size_t size, code_item code) {
  if (!code_count(coder, count)) return;
  char *copies = coder->writer ? NULL : room(coder, ((size_t)*count + 1) * size);
  for (uint32_t i = 0; i < *count; i++) {
    union item item;
    memset(&item, 0, sizeof item);
    if (coder->writer) pbk_read_sized(&item, size, pbk_sized_item(*list, i));
    item.size = (uint32_t)size;
    code(coder, &item);
    if (copies) memcpy(copies + (size_t)i * size, &item, size);
  }
  if (copies) *list = copies;
}

/* ---- definitions ---- */

static void code_trigger(struct coder *coder, union item *item) {
  pbk_trigger *trigger = &item->trigger;
  code_i32(coder, &trigger->kind);
  code_public(coder, &trigger->name);
  code_public(coder, &trigger->where);
  code_public(coder, &trigger->from);
  code_public(coder, &trigger->stage);
}

static void code_pool(struct coder *coder, const pbk_pool **pool) {
  pbk_pool copy = {.size = sizeof copy};
  if (!code_presence(coder, *pool != NULL)) return;
  if (coder->writer) pbk_read_sized(&copy, sizeof copy, *pool);
  code_i32(coder, &copy.sticky);
  code_texts(coder, &copy.senders, &copy.sender_count);
  if (coder->writer) return;
  pbk_pool *kept = room(coder, sizeof *kept);
  *kept = copy;
  *pool = kept;
}

static void code_branch(struct coder *coder, union item *item) {
  code_public(coder, &item->branch.segment);
  code_pool(coder, &item->branch.senders);
}

static void code_action(struct coder *coder, union item *item) {
  pbk_action *action = &item->action;
  action->person.size = sizeof action->person;
  action->send_as.size = sizeof action->send_as;
  action->to.size = sizeof action->to;
  code_i32(coder, &action->kind);
  code_public(coder, &action->title);
  code_i32(coder, &action->person.kind);
  code_public(coder, &action->person.key);
  code_duration_pointer(coder, &action->due);
  code_public(coder, &action->template_key);
  code_i32(coder, &action->approval);
  code_i32(coder, &action->policy);
  code_i32(coder, &action->send_as.kind);
  code_public(coder, &action->send_as.key);
  code_i32(coder, &action->send_as.fail_without);
  code_i32(coder, &action->to.kind);
  code_public(coder, &action->to.text);
  code_public(coder, &action->channel);
  code_public(coder, &action->role);
  code_public(coder, &action->user);
  code_texts(coder, &action->rotate, &action->rotate_count);
}

static void code_step(struct coder *coder, union item *item) {
  pbk_step *step = &item->step;
  const void *actions = step->actions;
  code_i64(coder, &step->delay);
  code_public(coder, &step->when);
  code_i32(coder, &step->exit_on_skip);
  code_list(coder, &actions, &step->action_count, sizeof(pbk_action), code_action);
  step->actions = actions;
}

static void code_playbook(struct coder *coder, pbk_playbook *playbook) {
  const void *triggers = playbook->triggers, *branches = playbook->branches, *steps = playbook->steps;
  code_public(coder, &playbook->key);
  code_i32(coder, &playbook->subject);
  code_i32(coder, &playbook->active);
  code_i32(coder, &playbook->reentry);
  code_i64(coder, &playbook->reentry_after);
  code_list(coder, &triggers, &playbook->trigger_count, sizeof(pbk_trigger), code_trigger);
  code_public(coder, &playbook->segment);
  code_public(coder, &playbook->when);
  code_public(coder, &playbook->exit_when);
  code_i32(coder, &playbook->exit_on_left);
  code_i32(coder, &playbook->keep_tasks);
  code_i32(coder, &playbook->keep_messages);
  code_duration_pointer(coder, &playbook->approval_window);
  code_pool(coder, &playbook->senders);
  code_list(coder, &branches, &playbook->branch_count, sizeof(pbk_branch), code_branch);
  code_list(coder, &steps, &playbook->step_count, sizeof(pbk_step), code_step);
  playbook->triggers = triggers;
  playbook->branches = branches;
  playbook->steps = steps;
}

static void code_settings(struct coder *coder, pbk_settings *settings) {
  code_public(coder, &settings->default_sender);
  code_duration_pointer(coder, &settings->approval_window);
  code_duration_pointer(coder, &settings->dedupe_window);
  if (!code_presence(coder, settings->retry_waits != NULL) || !code_count(coder, &settings->retry_wait_count)) return;
  pbk_duration *copies =
      coder->writer ? NULL : room(coder, ((size_t)settings->retry_wait_count + 1) * sizeof *copies);
  for (uint32_t i = 0; i < settings->retry_wait_count; i++) {
    pbk_duration wait = coder->writer ? settings->retry_waits[i] : 0;
    code_i64(coder, &wait);
    if (copies) copies[i] = wait;
  }
  if (copies) settings->retry_waits = copies;
}

static void code_schema(struct coder *coder, pbk_schema *schema) {
  code_public(coder, &schema->key);
  code_i32(coder, &schema->open);
  if (!code_count(coder, &schema->trait_count)) return;
  pbk_trait *copies = coder->writer ? NULL : room(coder, ((size_t)schema->trait_count + 1) * sizeof *copies);
  for (uint32_t i = 0; i < schema->trait_count; i++) {
    pbk_trait trait = {0};
    if (coder->writer) pbk_read_sized(&trait, sizeof trait, pbk_sized_item(schema->traits, i));
    trait.size = sizeof trait;
    code_public(coder, &trait.name);
    code_public(coder, &trait.type);
    if (copies) copies[i] = trait;
  }
  if (copies) schema->traits = copies;
}

union definition {
  uint32_t size;
  pbk_settings settings;
  pbk_schema schema;
  pbk_channel channel;
  pbk_template template;
  pbk_user user;
  pbk_role role;
  pbk_sender sender;
  pbk_audience audience;
  pbk_playbook playbook;
};

static size_t code_definition_of(struct coder *coder, pbk_definition_kind kind, union definition *of) {
  switch (kind) {
  case PBK_DEFINE_SETTINGS: code_settings(coder, &of->settings); return sizeof of->settings;
  case PBK_DEFINE_CHANNEL:
    code_public(coder, &of->channel.key);
    code_i32(coder, &of->channel.connected);
    return sizeof of->channel;
  case PBK_DEFINE_TEMPLATE:
    code_public(coder, &of->template.key);
    code_public(coder, &of->template.channel);
    return sizeof of->template;
  case PBK_DEFINE_USER:
    code_public(coder, &of->user.key);
    code_public(coder, &of->user.email);
    code_i32(coder, &of->user.licensed);
    return sizeof of->user;
  case PBK_DEFINE_ROLE: code_public(coder, &of->role.key); return sizeof of->role;
  case PBK_DEFINE_SCHEMA: code_schema(coder, &of->schema); return sizeof of->schema;
  case PBK_DEFINE_SENDER:
    code_public(coder, &of->sender.key);
    code_public(coder, &of->sender.user);
    code_public(coder, &of->sender.address);
    return sizeof of->sender;
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT:
    code_i32(coder, &of->audience.of);
    code_public(coder, &of->audience.key);
    code_public(coder, &of->audience.when);
    return sizeof of->audience;
  default: code_playbook(coder, &of->playbook); return sizeof of->playbook;
  }
}

static void code_definition(struct coder *coder, pbk_definition *definition) {
  union definition of;
  code_i32(coder, &definition->kind);
  code_i32(coder, &definition->undefine);
  code_public(coder, &definition->key);
  if (definition->undefine) return;
  memset(&of, 0, sizeof of);
  if (coder->writer) pbk_read_sized(&of, sizeof of, definition->of);
  size_t size = code_definition_of(coder, definition->kind, &of);
  if (coder->writer) return;
  of.size = (uint32_t)size;
  void *kept = room(coder, size);
  memcpy(kept, &of, size);
  definition->of = kept;
}

static void code_definitions(struct coder *coder, struct command *command) {
  if (!code_count(coder, &command->definition_count)) return;
  pbk_definition *copies =
      coder->writer ? NULL : room(coder, ((size_t)command->definition_count + 1) * sizeof *copies);
  for (uint32_t i = 0; i < command->definition_count; i++) {
    pbk_definition definition = {.size = sizeof definition};
    if (coder->writer) definition = command->definitions[i];
    code_definition(coder, &definition);
    if (copies) {
      definition.size = sizeof definition;
      copies[i] = definition;
    }
  }
  if (copies) command->definitions = copies;
}

/* ---- problems ---- */

static void code_problem(struct coder *coder, const struct problem **problem) {
  if (!code_presence(coder, *problem != NULL)) return;
  struct problem *copy = NULL;
  struct problem given = {0};
  if (coder->writer) given = **problem;
  else copy = room(coder, sizeof *copy);
  struct text message = {given.message, given.message_size}, path = {given.path, given.path_size};
  code_i32(coder, &given.code);
  code_u32(coder, &given.line);
  code_u32(coder, &given.column);
  code_u32(coder, &given.offset);
  code_text(coder, &message);
  code_text(coder, &path);
  if (!copy) return;
  if (message.size > PROBLEM_MESSAGE_MOST || path.size > PROBLEM_PATH_MOST) {
    coder->reader->failed = true;
    return;
  }
  *copy = given;
  copy->message_size = message.size;
  copy->path_size = path.size;
  if (message.size) memcpy(copy->message, message.bytes, message.size);
  if (path.size) memcpy(copy->path, path.bytes, path.size);
  *problem = copy;
}

/* ---- commands ---- */

/* The members that are texts, each with its bit in the mask: the order is part of the format. */
static const size_t command_texts[] = {
    offsetof(struct command, message_id), offsetof(struct command, path),    offsetof(struct command, contact),
    offsetof(struct command, account),    offsetof(struct command, previous), offsetof(struct command, event),
    offsetof(struct command, stage),      offsetof(struct command, role),    offsetof(struct command, user),
    offsetof(struct command, sender),     offsetof(struct command, persona), offsetof(struct command, playbook),
    offsetof(struct command, branch),     offsetof(struct command, template), offsetof(struct command, note),
    offsetof(struct command, reason)};
enum {
  COMMAND_TEXTS = sizeof command_texts / sizeof *command_texts,
  HAS_RECEIVED = 1 << COMMAND_TEXTS,
  HAS_OCCURRED = 2 << COMMAND_TEXTS,
  HAS_LINE = 4 << COMMAND_TEXTS,
  HAS_TRAITS = 8 << COMMAND_TEXTS,
  HAS_HEALTH = 16 << COMMAND_TEXTS,
  HAS_FLAG = 32 << COMMAND_TEXTS,
  HAS_NUMBER = 64 << COMMAND_TEXTS,
  HAS_WAIT = 128 << COMMAND_TEXTS,
  HAS_TO = 256 << COMMAND_TEXTS,
  HAS_DEFINITIONS = 512 << COMMAND_TEXTS,
  HAS_PROBLEM = 1024 << COMMAND_TEXTS,
  HAS_ZONES = 2048 << COMMAND_TEXTS
};

static struct text *command_text(struct command *command, uint32_t at) {
  return (struct text *)(void *)((char *)command + command_texts[at]);
}

static uint32_t mask_of(struct command *command) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < COMMAND_TEXTS; i++)
    if (command_text(command, i)->bytes) mask |= (uint32_t)1 << i;
  if (command->received_at != PBK_NO_TIME) mask |= HAS_RECEIVED;
  if (command->occurred_at != PBK_NO_TIME && command->occurred_at != command->received_at) mask |= HAS_OCCURRED;
  if (command->line) mask |= HAS_LINE;
  if (command->traits) mask |= HAS_TRAITS;
  if (command->health) mask |= HAS_HEALTH;
  if (command->flag) mask |= HAS_FLAG;
  if (command->number) mask |= HAS_NUMBER;
  if (command->wait) mask |= HAS_WAIT;
  if (command->type == COMMAND_ADVANCE) mask |= HAS_TO;
  if (command->type == COMMAND_DEFINE) mask |= HAS_DEFINITIONS;
  if (command->problem) mask |= HAS_PROBLEM;
  if (command->zones.bytes) mask |= HAS_ZONES;
  return mask;
}

static void code_command(struct coder *coder, struct command *command) {
  uint32_t type = (uint32_t)command->type, mask = coder->writer ? mask_of(command) : 0;
  code_u32(coder, &type);
  code_u32(coder, &mask);
  command->type = (enum command_type)type;
  if (mask & HAS_RECEIVED) code_i64(coder, &command->received_at);
  if (mask & HAS_OCCURRED) code_i64(coder, &command->occurred_at);
  else command->occurred_at = command->received_at; /* the usual case */
  if (mask & HAS_LINE) code_u64(coder, &command->line);
  for (uint32_t i = 0; i < COMMAND_TEXTS; i++)
    if (mask >> i & 1) code_text(coder, command_text(command, i));
  if (mask & HAS_TRAITS) code_value_pointer(coder, &command->traits);
  if (mask & HAS_HEALTH) code_value_pointer(coder, &command->health);
  if (mask & HAS_FLAG) code_i32(coder, &command->flag);
  if (mask & HAS_NUMBER) code_u64(coder, &command->number);
  if (mask & HAS_WAIT) code_i64(coder, &command->wait);
  if (mask & HAS_TO) code_i64(coder, &command->to);
  if (mask & HAS_DEFINITIONS) {
    uint32_t batch = command->batch;
    code_u32(coder, &batch);
    command->batch = batch != 0;
    code_definitions(coder, command);
  }
  if (mask & HAS_PROBLEM) code_problem(coder, &command->problem);
  if (mask & HAS_ZONES) code_text(coder, &command->zones);
}

void pbk_encode_command(struct writer *writer, const struct command *command) {
  struct coder coder = {.writer = writer};
  struct command copy = *command;
  code_command(&coder, &copy);
}

bool pbk_decode_command(struct reader *reader, struct arena *arena, struct command *command) {
  struct coder coder = {.reader = reader, .arena = arena};
  *command = (struct command){.received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = PBK_NO_TIME};
  code_command(&coder, command);
  return !reader->failed && command->type > COMMAND_NONE && command->type < COMMAND_COUNT;
}
