/* engine/engine.c - making an engine, taking commands, moving time (SPEC T3, T4, T6, T8); see engine.h. */
#include "engine/engine.h"

static struct handler handler_of(enum command_type type) {
  if (type == COMMAND_DEFINE) return (struct handler){pbk_check_definitions, pbk_apply_definitions};
  struct handler handler = pbk_facts_handler(type);
  if (!handler.apply) handler = pbk_control_handler(type);
  return handler.apply ? handler : pbk_delivery_handler(type);
}

void pbk_engine_init(struct pbk_engine *engine, const pbk_config *config) {
  engine->context.memory = &engine->memory;
  for (uint32_t type = COMMAND_NONE; type < COMMAND_COUNT; type++) engine->handlers[type] = handler_of((enum command_type)type);
  pbk_names_init(&engine->context.names, &engine->memory);
  pbk_calendar_init(&engine->context.calendar, &engine->memory);
  pbk_outputs_init(&engine->context.outputs, &engine->memory, &engine->context.names);
  pbk_arena_init(&engine->scratch, &engine->memory);
  pbk_arena_init(&engine->reading, &engine->memory);
  engine->line.memory = engine->defining_record.memory = engine->framing[0].memory = engine->framing[1].memory = &engine->memory;
  pbk_facts_init(&engine->facts, &engine->context);
  pbk_audiences_init(&engine->audiences, &engine->context, &engine->facts);
  pbk_senders_init(&engine->senders, &engine->context, &engine->facts);
  pbk_outbox_init(&engine->outbox, &engine->context, &engine->facts, &engine->senders, private_text(config->engine_id));
  pbk_playbooks_init(&engine->playbooks, &engine->context, &engine->facts, &engine->audiences, &engine->senders,
                     &engine->outbox);
  pbk_seen_init(engine);
  pbk_journal_init(&engine->journal, &engine->memory, config->storage);
  engine->context.outputs.digested = journal_kept(&engine->journal);
  if (config->engine_id.size) memcpy(engine->engine_id, config->engine_id.bytes, config->engine_id.size);
  engine->engine_id_size = (uint32_t)config->engine_id.size;
  engine->dedupe_window = PBK_DAY;
  engine->deliver = config->deliver;
  engine->deliver_context = config->deliver_context;
  engine->flags = config->flags;
}

void pbk_engine_release(struct pbk_engine *engine) {
  pbk_release_definitions(engine);
  pbk_writer_release(&engine->defining_record);
  pbk_journal_release(&engine->journal);
  pbk_seen_release(engine);
  pbk_playbooks_release(&engine->playbooks);
  pbk_outbox_release(&engine->outbox);
  pbk_senders_release(&engine->senders);
  pbk_audiences_release(&engine->audiences);
  pbk_facts_release(&engine->facts);
  pbk_arena_release(&engine->scratch);
  pbk_arena_release(&engine->reading);
  pbk_writer_release(&engine->line);
  for (uint32_t i = 0; i < 2; i++) pbk_writer_release(&engine->framing[i]);
  pbk_outputs_release(&engine->context.outputs);
  pbk_calendar_release(&engine->context.calendar);
  pbk_names_release(&engine->context.names);
}

/* ---- time ---- */

static void offer_at_once(struct pbk_engine *engine) {
  if ((engine->flags & PBK_DELIVER_AT_ONCE) && !engine->replaying) pbk_offer_ready(engine);
}

/* Does one thing that came out of the calendar; false when it did not stand any more. */
static bool do_due(struct pbk_engine *engine, struct wake wake) {
  uint64_t id = wake_id(wake);
  uint32_t audience = (uint32_t)(id >> 32), subject = (uint32_t)id;
  pbk_begin_cause(engine);
  switch (wake_kind(wake)) {
  case DUE_APPROVAL:
  case DUE_RETRY: return pbk_message_due(&engine->outbox, wake_kind(wake), id, wake.time);
  case DUE_MEMBERSHIP:
    if (!pbk_membership_due(&engine->audiences, audience, subject, wake.time)) return false;
    pbk_run_cause(engine, &pbk_no_happening, NULL);
    return true;
  case DUE_EXIT: return pbk_exit_due(&engine->playbooks, id, wake.time);
  default: return pbk_step_due(&engine->playbooks, id, wake.time);
  }
}

/* What comes out and does not stand is nothing done, but takes time too: with a limit, more of it than this ends a portion. */
enum { GONE_MOST = 2000 };

bool pbk_advance_to(struct pbk_engine *engine, pbk_time to, uint64_t budget) {
  struct context *context = &engine->context;
  bool offers = (engine->flags & PBK_DELIVER_AT_ONCE) && !engine->replaying;
  uint64_t left = budget ? budget : UINT64_MAX, gone = budget > GONE_MOST ? budget : GONE_MOST;
  pbk_time stood_at = context->now;
  struct wake wake;
  while (calendar_may_be_due(&context->calendar, to) && calendar_peek(&context->calendar, &wake) && wake.time <= to &&
         pbk_prepare(engine, NULL, 0)) {
    if (left == 0) return true;
    pbk_calendar_pop(&context->calendar);
    pbk_fetch_due(engine, wake);
    if (wake.time > context->now) context->now = wake.time;
    bool stood = do_due(engine, wake);
    left -= stood;
    engine->unrecorded.due += stood;
    if (stood) stood_at = context->now;
    else if (gone-- == 0 && budget && !engine->replaying) {
      context->now = stood_at; /* as it is for an engine that is opened again and has none of them */
      return true;
    }
    if (!offers) continue;
    pbk_offer_ready(engine);
    if (engine_halted(engine)) return false;
  }
  if (engine->stopped) return false;
  engine->unfinished = false;
  if (to > context->now) context->now = to;
  return false;
}

/* Everything due by then, where anything can be. */
static void let_pass(struct pbk_engine *engine, pbk_time to) {
  struct context *context = &engine->context;
  if (calendar_may_be_due(&context->calendar, to) || engine->stopped) {
    pbk_advance_to(engine, to, 0);
    return;
  }
  engine->unfinished = false;
  if (to > context->now) context->now = to;
}

/* ---- commands ---- */

bool pbk_command_key(struct pbk_engine *engine, const char *member, struct text key) {
  if (!key.bytes) return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "", text_from(member), " is missing");
  if (key.size >= 1 && key.size <= PBK_MAX_KEY) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "", text_from(member), " must have 1 to 255 bytes");
}

bool pbk_command_subject(struct pbk_engine *engine, const struct command *command, int32_t *kind, struct text *key) {
  bool contact = command->contact.bytes != NULL;
  if (contact && command->account.bytes)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "expected either userId or groupId, not both");
  *kind = contact ? PBK_CONTACT : PBK_ACCOUNT;
  *key = contact ? command->contact : command->account;
  if (!key->bytes) return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "userId or groupId is missing");
  return pbk_command_key(engine, contact ? "userId" : "groupId", *key);
}

bool pbk_unknown(struct pbk_engine *engine, pbk_code code, const char *what, struct text key) {
  return pbk_problem_set(&engine->problem, code, what, key, "");
}

static void tell_duplicate(struct pbk_engine *engine, struct text id) {
  pbk_output output = output_of(&engine->context, PBK_OUTPUT_DUPLICATE);
  output.message_id = public_text(id);
  emit(&engine->context, &output);
}

static void tell_error(struct pbk_engine *engine, uint64_t line) {
  const struct problem *problem = &engine->problem;
  pbk_output output = output_of(&engine->context, PBK_OUTPUT_ERROR);
  output.line = line;
  output.code = problem->code;
  output.text = (pbk_text){problem->message, problem->message_size};
  if (problem->path_size) output.path = (pbk_text){problem->path, problem->path_size};
  output.column = problem->column;
  emit(&engine->context, &output);
}

/* The path of a problem begins with where in the line the command stands. */
static void start_problem(struct pbk_engine *engine, const struct command *command) {
  struct problem *problem = &engine->problem;
  pbk_problem_clear(problem);
  if (command->type == COMMAND_REFUSED) *problem = *command->problem;
  else if (command->path.size && command->path.size < PROBLEM_PATH_MOST) {
    memcpy(problem->path, command->path.bytes, command->path.size);
    problem->path_size = command->path.size;
  }
}

/* Whether it was seen before; then that is told. */
static inline bool is_duplicate(struct pbk_engine *engine, struct message_id id, uint32_t *kept) {
  if (!pbk_seen_before(engine, id, kept)) return false;
  tell_duplicate(engine, id.text);
  return true;
}

/* PBK_OK: the command can be applied, and its messageId is remembered. */
static inline pbk_status check(struct pbk_engine *engine, const struct command *command, struct handler handler) {
  struct message_id id = {NO_TEXT, 0};
  uint32_t kept = MAP_NONE;
  if (command->message_id.bytes) {
    if (command->type != COMMAND_REFUSED && !pbk_command_key(engine, "messageId", command->message_id))
      return PBK_ERR_REFUSED;
    id = command->message_hash ? (struct message_id){command->message_id, command->message_hash} : message_id_of(command->message_id);
    if (is_duplicate(engine, id, &kept)) return PBK_DUPLICATE;
  }
  if (command->type == COMMAND_REFUSED || (handler.check && !handler.check(engine, command))) return PBK_ERR_REFUSED;
  if (id.text.bytes) pbk_remember_message(engine, id, kept);
  return PBK_OK;
}

static pbk_status apply(struct pbk_engine *engine, const struct command *command) {
  struct handler handler = engine->handlers[command->type];
  pbk_status status = check(engine, command, handler);
  if (status != PBK_OK) return status;
  pbk_time occurred_at = command->occurred_at;
  if (occurred_at == PBK_NO_TIME || occurred_at > engine->context.now) occurred_at = engine->context.now; /* T5 */
  pbk_begin_cause(engine);
  if (handler.apply) handler.apply(engine, command, occurred_at);
  return PBK_OK;
}

/* The record of a command that has been applied: the whole of it, or what no record tells of yet. */
static void record_rest(struct pbk_engine *engine, const struct command *command) {
  if (engine->replaying) return;
  if (command->type != COMMAND_ADVANCE) {
    if (engine->unrecorded.input) pbk_record_command(engine, command);
    else pbk_record_progress(engine);
    return;
  }
  struct command advance = *command;
  advance.number = engine->more ? engine->unrecorded.due : 0;
  /* Whether more stands before the end of it depends on wake-ups that do not stand, which another life need not have. */
  if (engine->more) advance.to = engine->context.now;
  if (!engine->more || advance.number) pbk_record_command(engine, &advance);
}

/* A command that was taken in an earlier life, of a line that was cut short. What was due behind it may still be. */
static pbk_status pass_over(struct pbk_engine *engine) {
  if (engine->lines.passed > 1) {
    engine->lines.passed--;
    engine->lines.recorded++;
    return PBK_OK;
  }
  pbk_advance_to(engine, engine->context.now, 0);
  pbk_record_progress(engine);
  if (engine_halted(engine)) return halt_status(engine);
  engine->lines.passed = 0;
  engine->lines.recorded++;
  return engine->lines.status;
}

void pbk_abandon_line(struct pbk_engine *engine) {
  engine->lines.passed = lines_part(&engine->lines);
  engine->lines.count--;
  engine->lines.under_way = false;
}

/* Moves time to where the command is received (`at`), and gets ready for it. False: it cannot be done now; what time brought
 * is recorded. */
static inline bool arrive(struct pbk_engine *engine, const struct command *command, pbk_time at, uint64_t extent) {
  if (at != PBK_NO_TIME)
    let_pass(engine, at);
  else if (engine->unfinished && command->type != COMMAND_ADVANCE) {
    pbk_advance_to(engine, engine->context.now, 0);
    if (!engine->broken) pbk_record_progress(engine); /* a record without a time does not bring them about again */
  }
  if (!engine_halted(engine) && pbk_prepare(engine, command, extent)) return true;
  if (!engine->broken) pbk_record_progress(engine);
  return false;
}

/* What comes after a command has been applied: what it makes due, and its record. */
static pbk_status conclude(struct pbk_engine *engine, const struct command *command, pbk_status status) {
  engine->unrecorded.input = command;
  offer_at_once(engine);
  if (!engine_halted(engine) && !command->alone) let_pass(engine, engine->context.now);
  if (engine->broken) return engine->broken;
  engine->unfinished = engine->stopped != PBK_OK; /* it is done; what is due behind it comes with the next call */
  if (engine->stopped) pbk_record_progress(engine);
  else record_rest(engine, command);
  return status;
}

/* ---- definitions in parts ---- */

/* The command of definitions under way, which the caller's memory does not outlast. */
static bool keep_definitions(struct pbk_engine *engine, const struct command *command) {
  struct writer *record = &engine->defining_record;
  record->size = 0;
  if (!pbk_writer_prepare(record, pbk_command_extent(engine, command))) return false;
  pbk_encode_command(record, command);
  return true;
}

/* Goes on with definitions under way. True when they are done, or it is halted. */
static bool define_on(struct pbk_engine *engine, uint64_t *budget) {
  struct memory *memory = &engine->memory;
  memory->chunks.may_use_spare = true; /* what was put by for them is still there */
  bool done = pbk_define_more(engine, budget);
  if (done) {
    struct reader reader = {engine->defining_record.bytes, engine->defining_record.bytes + engine->defining_record.size, false};
    struct arena arena;
    struct command command;
    pbk_arena_init(&arena, memory);
    pbk_decode_command(&reader, &arena, &command);
    engine->unrecorded = (struct unrecorded){0};
    conclude(engine, &command, PBK_OK);
    engine->unrecorded.input = NULL;
    pbk_arena_release(&arena);
  }
  memory->chunks.may_use_spare = false;
  return done;
}

bool pbk_finish_definitions(struct pbk_engine *engine) {
  uint64_t budget = UINT64_MAX;
  if (engine->defining.under_way) define_on(engine, &budget);
  return !engine_halted(engine);
}

/* ---- one command ---- */

enum { EXTENT_REST = 4096 };
/* What a few traits take that are no lists or maps; 0: they are others. */
static inline uint64_t few_traits_extent(const pbk_value *traits) {
  enum { FEW = 16 };
  uint64_t extent = 1;
  if (traits->kind != PBK_MAP || traits->size > FEW) return 0;
  for (uint32_t i = 0; i < traits->size; i++) {
    const pbk_member *member = &traits->as.members[i];
    if (member->value.kind == PBK_LIST || member->value.kind == PBK_MAP) return 0;
    extent += sizeof *member + member->name_size + member->value.size;
  }
  return extent;
}

/* A bound that needs little counting, where little is carried. */
static inline uint64_t quick_extent(struct pbk_engine *engine, const struct command *command) {
  bool little = (command->type == COMMAND_TRACK && !command->account.bytes) || command->type == COMMAND_APPROVE ||
                command->type == COMMAND_IDENTIFY;
  uint64_t traits = little && command->traits ? few_traits_extent(command->traits) : 0;
  if (!little || (command->traits && !traits)) return pbk_command_extent(engine, command);
  return EXTENT_REST + traits + command->contact.size + command->account.size + command->event.size + command->path.size +
         command->message_id.size;
}

static pbk_status submit(struct pbk_engine *engine, const struct command *command) {
  uint64_t extent = pbk_command_extent(engine, command);
  engine->unrecorded = (struct unrecorded){0};
  engine->tracked = (struct tracked){0};
  offer_at_once(engine); /* nothing, but after a crash: what is offered again */
  if (engine_halted(engine)) return halt_status(engine);
  if (command->line && engine->lines.passed) return pass_over(engine);
  if (!arrive(engine, command, command->received_at, extent)) return halt_status(engine);
  if (engine->in_parts && !keep_definitions(engine, command)) return engine->stopped = PBK_ERR_NO_MEMORY;
  engine->commands++;
  if (command->type != COMMAND_ADVANCE) engine->unrecorded.due = 0; /* its record brings them about again */
  start_problem(engine, command);
  pbk_status status = apply(engine, command);
  if (status == PBK_ERR_REFUSED && command->line) tell_error(engine, command->line);
  if (command->line) engine->lines.status = status;
  if (engine->broken) return engine->broken;
  if (command->type == COMMAND_ADVANCE) {
    if (engine->stopped) pbk_record_progress(engine);
    else record_rest(engine, command);
    return engine->stopped ? engine->stopped : status;
  }
  if (engine->defining.under_way) return PBK_MORE;
  return conclude(engine, command, status);
}

/* Definitions left under way come first; the work budget of an advance counts for them. */
static pbk_status submit_behind(struct pbk_engine *engine, const struct command *command) {
  struct command rest = *command;
  if (command->type == COMMAND_ADVANCE && command->number) {
    bool done = define_on(engine, &rest.number);
    if (engine_halted(engine)) return halt_status(engine);
    engine->more = !done || rest.number == 0;
    if (engine->more) return PBK_OK;
  } else if (!pbk_finish_definitions(engine)) {
    return halt_status(engine);
  }
  return submit(engine, &rest);
}

/* Whether something was left undone, or is to be offered in between. */
static inline bool is_behind(const struct pbk_engine *engine) {
  bool left = engine->defining.under_way | engine->unfinished | (engine->broken != PBK_OK);
  return left || engine->flags & PBK_DELIVER_AT_ONCE;
}

/* Most commands go a short way: nothing was left undone before them, nothing is offered in between, and all there is to be
 * recorded of them is themselves. */
static inline bool is_plain(const struct pbk_engine *engine, const struct command *command) {
  static const bool plain[COMMAND_COUNT] = {
    [COMMAND_IDENTIFY] = true,   [COMMAND_GROUP] = true,   [COMMAND_TRACK] = true,  [COMMAND_STAGE_AND_HEALTH] = true,
    [COMMAND_ASSIGN] = true,     [COMMAND_PIN] = true,     [COMMAND_TAG] = true,    [COMMAND_UNTAG] = true,
    [COMMAND_SUPPRESS] = true,   [COMMAND_APPROVE] = true, [COMMAND_REPORT] = true, [COMMAND_COMPLETE] = true,
    [COMMAND_INTERACTION] = true};
  if (command->line && engine->lines.passed) return false;
  return plain[command->type] && !is_behind(engine) && !command->alone;
}

static inline pbk_status submit_plain(struct pbk_engine *engine, const struct command *command) {
  struct handler handler = engine->handlers[command->type];
  const struct context *context = &engine->context;
  pbk_status status = PBK_OK;
  engine->stopped = PBK_OK;
  engine->unrecorded = (struct unrecorded){0};
  engine->tracked = (struct tracked){0};
  if (!arrive(engine, command, command->received_at, quick_extent(engine, command))) {
    pbk_unprepare(engine);
    return halt_status(engine);
  }
  engine->commands++;
  engine->unrecorded.due = 0; /* its record brings them about again */
  if (handler.check || command->message_id.bytes) {
    start_problem(engine, command);
    status = check(engine, command, handler);
  }
  if (status == PBK_OK) {
    pbk_time now = context->now, occurred_at = command->occurred_at;
    pbk_begin_cause(engine);
    handler.apply(engine, command, occurred_at == PBK_NO_TIME || occurred_at > now ? now : occurred_at); /* T5 */
  }
  if (command->line) {
    engine->lines.status = status;
    if (status == PBK_ERR_REFUSED) tell_error(engine, command->line);
  }
  if (calendar_may_be_due(&context->calendar, context->now)) {
    status = conclude(engine, command, status);
    engine->unrecorded.input = NULL;
  } else if (!engine->replaying && (command->line || journal_kept(&engine->journal))) {
    pbk_record_command(engine, command);
  }
  pbk_unprepare(engine);
  return status;
}

static struct command command_of(const struct pbk_engine *engine, const struct plain_event *event,
                                 const struct message_id *id) {
  return (struct command){.type = COMMAND_TRACK,
                          .received_at = event->received_at,
                          .occurred_at = event->occurred_at,
                          .contact = subject_key(&contact_at(&engine->facts, event->contact)->subject),
                          .contact_number = event->contact + 1,
                          .event = name_text(&engine->context, event->name),
                          .name_number = event->name + 1,
                          .message_id = id ? id->text : NO_TEXT,
                          .line = event->line};
}

/* What is seldom needed of an event: it goes the way of other commands, or it is recorded, or something is due behind it. */
static SELDOM pbk_status submit_as_command(struct pbk_engine *engine, const struct plain_event *event,
                                           const struct message_id *id) {
  struct command command = command_of(engine, event, id);
  return pbk_submit(engine, &command);
}
static SELDOM pbk_status conclude_event(struct pbk_engine *engine, const struct plain_event *event,
                                        const struct message_id *id, pbk_status status) {
  struct command command = command_of(engine, event, id);
  engine->tracked = (struct tracked){command.contact_number, command.name_number};
  if (calendar_may_be_due(&engine->context.calendar, engine->context.now)) {
    status = conclude(engine, &command, status);
    engine->unrecorded.input = NULL;
  } else if (!engine->replaying) {
    pbk_record_command(engine, &command);
  }
  return status;
}

static inline pbk_status submit_event(struct pbk_engine *engine, const struct plain_event *event, const struct message_id *id) {
  static const struct command kind = {.type = COMMAND_TRACK};
  struct context *context = &engine->context;
  pbk_status status = PBK_OK;
  if (is_behind(engine) || (event->line && engine->lines.passed)) return submit_as_command(engine, event, id);
  engine->stopped = PBK_OK;
  engine->unrecorded = (struct unrecorded){0};
  if (!arrive(engine, &kind, event->received_at, EXTENT_REST + 2 * PBK_MAX_KEY)) {
    pbk_unprepare(engine);
    return halt_status(engine);
  }
  engine->commands++;
  engine->unrecorded.due = 0; /* its record brings them about again */
  pbk_time now = context->now, occurred_at = event->occurred_at;
  uint32_t kept = MAP_NONE;
  if (id && is_duplicate(engine, *id, &kept)) {
    status = PBK_DUPLICATE;
  } else {
    if (id) pbk_remember_message(engine, *id, kept);
    pbk_begin_cause(engine);
    pbk_apply_event(engine, event, occurred_at == PBK_NO_TIME || occurred_at > now ? now : occurred_at); /* T5 */
  }
  if (event->line) engine->lines.status = status;
  if (calendar_may_be_due(&context->calendar, now) || journal_kept(&engine->journal))
    status = conclude_event(engine, event, id, status);
  else if (event->line && !engine->replaying)
    engine->lines.recorded++;
  pbk_unprepare(engine);
  return status;
}

pbk_status pbk_submit_event(struct pbk_engine *engine, const struct plain_event *event) {
  return submit_event(engine, event, NULL);
}
pbk_status pbk_submit_event_once(struct pbk_engine *engine, const struct plain_event *event, const struct message_id *id) {
  return submit_event(engine, event, id);
}

pbk_status pbk_submit(struct pbk_engine *engine, const struct command *command) {
  if (is_plain(engine, command)) return submit_plain(engine, command);
  engine->stopped = PBK_OK;
  pbk_status status = engine->defining.under_way ? submit_behind(engine, command) : submit(engine, command);
  engine->unrecorded.input = NULL;
  pbk_unprepare(engine);
  return status;
}
