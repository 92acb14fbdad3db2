/* engine/control_commands.c - the inputs that steer: playbooks, senders, the outbox, tasks, explain (SPEC L, Control); see engine.h. */
#include "engine/engine.h"

static bool bad_state(struct pbk_engine *engine, const char *before, struct text name, const char *after) {
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_STATE, before, name, after);
}

/* ---- playbooks ---- */

static uint32_t playbook_of(struct pbk_engine *engine, const struct command *command) {
  return pbk_registry_find(&engine->playbooks.registry, command->playbook);
}

static enum playbook_status status_of(struct pbk_engine *engine, const struct command *command) {
  return engine->playbooks.states.items[playbook_of(engine, command)].status;
}

static bool check_playbook(struct pbk_engine *engine, const struct command *command) {
  if (!pbk_command_key(engine, "playbook", command->playbook)) return false;
  if (playbook_of(engine, command) != MAP_NONE) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, "unknown playbook ", command->playbook);
}

static bool check_activate(struct pbk_engine *engine, const struct command *command) {
  if (!check_playbook(engine, command)) return false;
  enum playbook_status status = status_of(engine, command);
  if (status == PLAYBOOK_NEVER || status == PLAYBOOK_ARCHIVED) return true;
  return bad_state(engine, "the playbook ", command->playbook,
                   status == PLAYBOOK_ACTIVE ? " is active already" : " is paused: resume it");
}

static bool check_pause(struct pbk_engine *engine, const struct command *command) {
  if (!check_playbook(engine, command)) return false;
  if (status_of(engine, command) == PLAYBOOK_ACTIVE) return true;
  return bad_state(engine, "the playbook ", command->playbook, " is not active");
}

static bool check_resume(struct pbk_engine *engine, const struct command *command) {
  if (!check_playbook(engine, command)) return false;
  if (status_of(engine, command) == PLAYBOOK_PAUSED) return true;
  return bad_state(engine, "the playbook ", command->playbook, " is not paused");
}

static void apply_activate(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_activate_playbook(&engine->playbooks, playbook_of(engine, command));
}
static void apply_pause(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_pause_playbook(&engine->playbooks, playbook_of(engine, command));
}
static void apply_resume(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_resume_playbook(&engine->playbooks, playbook_of(engine, command));
}
static void apply_archive(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_archive_playbook(&engine->playbooks, playbook_of(engine, command), command->flag == PBK_CANCEL);
}

/* ---- by hand ---- */

static bool check_subject_of_playbook(struct pbk_engine *engine, const struct command *command) {
  int32_t kind;
  struct text key;
  if (!check_playbook(engine, command) || !pbk_command_subject(engine, command, &kind, &key)) return false;
  if (version_at(&engine->playbooks, playbook_of(engine, command))->subject_kind != kind)
    return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "the playbook ", command->playbook,
                           kind == PBK_CONTACT ? " is for accounts" : " is for contacts");
  if (pbk_find_subject(&engine->facts, kind, key) != MAP_NONE) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_SUBJECT, kind == PBK_CONTACT ? "unknown contact " : "unknown account ", key);
}

static int32_t given_kind(const struct command *command) { return command->contact.bytes ? PBK_CONTACT : PBK_ACCOUNT; }
static uint32_t given_subject(struct pbk_engine *engine, const struct command *command) {
  return pbk_find_subject(&engine->facts, given_kind(command), command->contact.bytes ? command->contact : command->account);
}

static struct enrollment *running_of(struct pbk_engine *engine, const struct command *command) {
  return pbk_running_of(&engine->playbooks, given_kind(command), given_subject(engine, command), playbook_of(engine, command));
}

static bool check_unenroll(struct pbk_engine *engine, const struct command *command) {
  if (!check_subject_of_playbook(engine, command)) return false;
  if (running_of(engine, command)) return true;
  return bad_state(engine, "the subject is not in the playbook ", command->playbook, "");
}

static void apply_enroll(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_judge(&engine->playbooks, playbook_of(engine, command), given_kind(command), given_subject(engine, command), MAP_NONE,
            true);
}

static void apply_unenroll(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_exit_enrollment(&engine->playbooks, running_of(engine, command), TEXT("unenrolled"));
}

static void apply_explain(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_check checks[CHECK_COUNT];
  pbk_output output = output_of(&engine->context, PBK_OUTPUT_EXPLANATION);
  pbk_arena_reset(&engine->scratch);
  output.enrolls = pbk_explain_checks(&engine->playbooks, playbook_of(engine, command), given_kind(command),
                                      given_subject(engine, command), &engine->scratch, checks);
  output.playbook = public_text(command->playbook);
  output.contact = public_text(command->contact);
  output.account = public_text(command->account);
  output.checks = checks;
  output.check_count = CHECK_COUNT;
  emit(&engine->context, &output);
}

/* ---- senders ---- */

static uint32_t sender_of(struct pbk_engine *engine, const struct command *command) {
  return pbk_registry_find(&engine->senders.registry, command->sender);
}

/* The segment of the branch that is given, MAP_NONE where none is. */
static uint32_t branch_of(struct pbk_engine *engine, const struct command *command) {
  return command->branch.bytes ? pbk_find_audience(&engine->audiences, PBK_DEFINE_SEGMENT, command->branch) : MAP_NONE;
}

static bool check_sender(struct pbk_engine *engine, const struct command *command) {
  if (!pbk_command_key(engine, "sender", command->sender)) return false;
  if (sender_of(engine, command) != MAP_NONE) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, "unknown sender ", command->sender);
}

/* The branch, where one is given, is one of the playbook's. */
static bool check_branch(struct pbk_engine *engine, const struct command *command) {
  if (!command->branch.bytes) return true;
  uint32_t segment = branch_of(engine, command);
  if (segment != MAP_NONE && pbk_pool_of(&engine->playbooks, playbook_of(engine, command), segment)) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, "the playbook has no branch ", command->branch);
}

static bool check_add_sender(struct pbk_engine *engine, const struct command *command) {
  if (!check_sender(engine, command) || !check_playbook(engine, command) || !check_branch(engine, command)) return false;
  uint32_t place = playbook_of(engine, command);
  const struct pool *pool = pbk_pool_of(&engine->playbooks, place, branch_of(engine, command));
  if (!pool && engine->playbooks.states.items[place].pools.count > 0)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "the playbook has branches: branch is missing");
  if (!pool) return bad_state(engine, "the playbook ", command->playbook, " has no pool of senders");
  if (!pbk_pool_has(pool, sender_of(engine, command))) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_EXISTS, "the sender ", command->sender, " is in the pool already");
}

static void apply_add_sender(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct pool *pool = pbk_pool_of(&engine->playbooks, playbook_of(engine, command), branch_of(engine, command));
  pbk_pool_add(&engine->memory, pool, sender_of(engine, command));
}

/* Takes a sender out of the pools that are meant; counts them, and changes nothing unless told to. */
static uint32_t take_out(struct pbk_engine *engine, const struct command *command, bool change) {
  uint32_t sender = sender_of(engine, command), found = 0;
  uint32_t only = command->playbook.bytes ? playbook_of(engine, command) : MAP_NONE;
  uint32_t segment = branch_of(engine, command);
  for (uint32_t i = 0; i < engine->playbooks.states.count; i++) {
    struct playbook *playbook = &engine->playbooks.states.items[i];
    if (only != MAP_NONE && only != i) continue;
    for (uint32_t j = 0; j < playbook->pools.count; j++) {
      struct branch_pool *branch = &playbook->pools.items[j];
      if (command->branch.bytes && branch->segment != segment) continue;
      found += change ? pbk_pool_remove(&branch->pool, sender) : pbk_pool_has(&branch->pool, sender);
    }
  }
  return found;
}

static bool check_remove_sender(struct pbk_engine *engine, const struct command *command) {
  if (!check_sender(engine, command)) return false;
  if (!command->playbook.bytes) {
    if (command->branch.bytes)
      return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "a branch is of a playbook: playbook is missing");
    enum sender_removal removal = sender_at(&engine->senders, sender_of(engine, command))->removal;
    if (removal == SENDER_KEPT || (removal == SENDER_DRAINED && command->flag == PBK_CANCEL)) return true;
    return bad_state(engine, "the sender ", command->sender, " is removed already");
  }
  if (!check_playbook(engine, command) || !check_branch(engine, command)) return false;
  if (take_out(engine, command, false) > 0) return true;
  /* Pinned, from an older pool, or drained before: it may serve there without being in the pool. */
  if (command->flag == PBK_CANCEL && pbk_sender_serves(&engine->playbooks, sender_of(engine, command), playbook_of(engine, command),
                                                       branch_of(engine, command), !command->branch.bytes))
    return true;
  return bad_state(engine, "the sender ", command->sender, " is not in the pool");
}

static void apply_remove_sender(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  uint32_t sender = sender_of(engine, command);
  bool cancel = command->flag == PBK_CANCEL;
  take_out(engine, command, true);
  if (command->playbook.bytes) {
    if (cancel)
      pbk_exit_served(&engine->playbooks, sender, playbook_of(engine, command), branch_of(engine, command),
                      !command->branch.bytes);
    return;
  }
  sender_at(&engine->senders, sender)->removal = cancel ? SENDER_CANCELLED : SENDER_DRAINED;
  if (!cancel) return;
  pbk_exit_served(&engine->playbooks, sender, MAP_NONE, MAP_NONE, true);
  pbk_cancel_open_of_sender(&engine->outbox, sender);
}

/* ---- the outbox ---- */

static bool check_approve(struct pbk_engine *engine, const struct command *command) {
  return pbk_can_approve(&engine->outbox, command->number, &engine->problem);
}
static bool check_unapprove(struct pbk_engine *engine, const struct command *command) {
  return pbk_can_unapprove(&engine->outbox, command->number, &engine->problem);
}
static bool check_discard(struct pbk_engine *engine, const struct command *command) {
  return pbk_can_edit(&engine->outbox, command->number, &engine->problem);
}

static bool check_edit(struct pbk_engine *engine, const struct command *command) {
  if (!pbk_can_edit(&engine->outbox, command->number, &engine->problem)) return false;
  if (!command->template.bytes && !command->note.bytes)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "template or note is missing");
  if (!command->template.bytes) return true;
  uint32_t place = pbk_registry_find(&engine->outbox.templates, command->template);
  if (place == MAP_NONE) return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, "unknown template ", command->template);
  const struct template *template = registry_current(&engine->outbox.templates, place);
  if (template->channel == letter_of(&engine->outbox, message_at(&engine->outbox, command->number))->kind.channel) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "the template ", command->template,
                         " is for another channel");
}

static bool check_report(struct pbk_engine *engine, const struct command *command) {
  if (!pbk_can_report(&engine->outbox, command->number, &engine->problem)) return false;
  if (command->flag == PBK_DELIVERY_SENT || command->flag == PBK_DELIVERY_FAILED) return true;
  return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "outcome must be \"sent\" or \"failed\"");
}

static bool check_task(struct pbk_engine *engine, const struct command *command) {
  return pbk_check_task(&engine->outbox, command->number, &engine->problem);
}

/* What pbk_submit does of them, where nothing is under way, due or refused before them or because of them. */
uint32_t pbk_approve_quickly(struct pbk_engine *engine, struct command *command, const uint64_t *messages, uint32_t count) {
  enum { RECORD = 256 }; /* bytes, at least what an approval takes beside its path */
  const struct context *context = &engine->context;
  struct outbox *outbox = &engine->outbox;
  bool kept = journal_kept(&engine->journal);
  uint32_t done = 0;
  if (engine->defining.under_way || engine->unfinished || engine->broken || (engine->flags & PBK_DELIVER_AT_ONCE)) return 0;
  if (command->received_at > context->now || calendar_may_be_due(&context->calendar, context->now)) return 0;
  engine->stopped = PBK_OK;
  engine->unrecorded = (struct unrecorded){0};
  for (; done < count; done++) {
    pbk_fetch_messages(engine, messages + done, count - done);
    struct message *message = message_at(outbox, messages[done]);
    if (!message || message->state == MESSAGE_SENDING) break;
    pbk_time until = approved_until(outbox, message);
    if (until <= context->now) break;
    command->number = messages[done];
    if (!pbk_prepare(engine, command, kept ? (uint64_t)RECORD + command->path.size : 0)) break;
    engine->commands++;
    pbk_begin_cause(engine);
    pbk_approve_message(outbox, message, until);
    if (!engine->replaying && (kept || command->line)) pbk_record_command(engine, command);
  }
  pbk_unprepare(engine);
  return done;
}

static void apply_approve(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct message *message = message_at(&engine->outbox, command->number);
  pbk_approve_message(&engine->outbox, message, approved_until(&engine->outbox, message));
}
static void apply_unapprove(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_unapprove_message(&engine->outbox, command->number);
}
static void apply_discard(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_cancel_message(&engine->outbox, command->number, TEXT("discarded"));
}
static void apply_edit(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  uint32_t template = MAP_NONE;
  if (command->template.bytes)
    template = registry_name(&engine->outbox.templates, pbk_registry_find(&engine->outbox.templates, command->template));
  pbk_edit_message(&engine->outbox, command->number, template, command->note);
}
static void apply_report(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  struct message *message = message_at(&engine->outbox, command->number);
  pbk_answer_message(&engine->outbox, message, command->flag, 0, command->reason, occurred_at);
}
static void apply_complete(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  pbk_complete_open_task(&engine->outbox, command->number, occurred_at);
}
static void apply_cancel(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_cancel_open_task(&engine->outbox, command->number);
}

static void apply_advance(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  engine->more = pbk_advance_to(engine, command->to, command->number);
}

/* ---- time zones ---- */

static bool check_zones(struct pbk_engine *engine, const struct command *command) {
  struct cel_zones zones;
  const char *message;
  if (!command->zones.size || pbk_cel_zones_read(&zones, command->zones.bytes, command->zones.size, &message)) return true;
  return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, message);
}

static void apply_zones(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  pbk_set_zones(&engine->audiences, command->zones);
  pbk_run_cause(engine, &pbk_no_happening, NULL);
  pbk_review_exits(&engine->playbooks);
}

struct handler pbk_control_handler(enum command_type type) {
  static const struct handler handlers[COMMAND_COUNT] = {
      [COMMAND_ADVANCE] = {NULL, apply_advance},
      [COMMAND_ACTIVATE] = {check_activate, apply_activate},
      [COMMAND_PAUSE] = {check_pause, apply_pause},
      [COMMAND_RESUME] = {check_resume, apply_resume},
      [COMMAND_ARCHIVE] = {check_playbook, apply_archive},
      [COMMAND_ENROLL] = {check_subject_of_playbook, apply_enroll},
      [COMMAND_UNENROLL] = {check_unenroll, apply_unenroll},
      [COMMAND_EXPLAIN] = {check_subject_of_playbook, apply_explain},
      [COMMAND_ADD_SENDER] = {check_add_sender, apply_add_sender},
      [COMMAND_REMOVE_SENDER] = {check_remove_sender, apply_remove_sender},
      [COMMAND_APPROVE] = {check_approve, apply_approve},
      [COMMAND_UNAPPROVE] = {check_unapprove, apply_unapprove},
      [COMMAND_DISCARD] = {check_discard, apply_discard},
      [COMMAND_EDIT] = {check_edit, apply_edit},
      [COMMAND_REPORT] = {check_report, apply_report},
      [COMMAND_COMPLETE] = {check_task, apply_complete},
      [COMMAND_CANCEL] = {check_task, apply_cancel},
      [COMMAND_ZONES] = {check_zones, apply_zones},
  };
  return handlers[type];
}
