/* engine/delivering.c - offering messages to the host, and its answers (SPEC O6, O8); declared in engine.h. */
#include "base/utf8.h"
#include "engine/known.h"

/* Sets all of an offer but its size and what is reserved, so that one serves for many. */
static void fill_offer(struct pbk_engine *engine, const struct message *message, pbk_offer *offer) {
  const struct outbox *outbox = &engine->outbox;
  const struct letter *letter = letter_of(outbox, message);
  pbk_text none = {NULL, 0};
  pbk_text subject = public_text(subject_key(pbk_subject_at(&engine->facts, message->subject_kind, message->subject)));
  bool contact = message->subject_kind == PBK_CONTACT;
  offer->attempt = message->told.attempt;
  offer->message = message->told.message;
  offer->enrollment = message->told.enrollment;
  offer->key = (pbk_text){message->told.key, MESSAGE_KEY_TEXT};
  offer->playbook = letter->playbook;
  offer->contact = contact ? subject : none;
  offer->account = contact ? none : subject;
  offer->channel = letter->channel;
  offer->template_key = letter->template;
  offer->to_kind = message->to_kind;
  offer->to = message->to_kind == PBK_TO_CONTACT && !message_to_another(message) ? subject
                                                                                 : public_text(pbk_message_to(outbox, message));
  offer->to_address = offer->sender = offer->sender_address = none;
  offer->note = public_text(message_note(message));
  if (message->to_kind == PBK_TO_USER) {
    uint32_t place = pbk_registry_find(&engine->facts.users, name_text(&engine->context, message->told.to));
    const struct user *user = registry_current(&engine->facts.users, place);
    if (user) offer->to_address = public_text(user->email);
  }
  const struct sender *sender = sender_at(&engine->senders, message->sender);
  if (!sender) return;
  offer->sender = name_public(&engine->context, message->told.sender);
  offer->sender_address = public_text(sender->address);
}

/* A reason as outputs can carry it: UTF-8, at most 255 bytes, cut between characters. */
static struct text fine_reason(pbk_text given) {
  struct text reason = {given.bytes, given.size > PBK_MAX_KEY ? PBK_MAX_KEY : (uint32_t)given.size};
  if (!given.bytes || given.size == 0) return NO_TEXT;
  if (given.size > PBK_MAX_KEY)
    while (reason.size > 0 && ((unsigned char)given.bytes[reason.size] & 0xc0) == 0x80) reason.size--;
  return pbk_utf8_valid(reason) ? reason : NO_TEXT;
}

/* ---- answers ---- */

/* Any, and what the journal tells of it. */
static SELDOM void take_any_answer(struct pbk_engine *engine, struct message *message, const pbk_answer *answer) {
  uint64_t id = message->told.message;
  bool known = answer->outcome >= PBK_DELIVERY_SENT && answer->outcome <= PBK_DELIVERY_FAILED;
  int32_t outcome = known ? answer->outcome : PBK_DELIVERY_FAILED;
  pbk_duration wait = answer->wait < 0 ? PBK_WAIT_DEFAULT : answer->wait;
  struct text reason = !known ? TEXT("unknown_answer") : answer->reason.bytes ? fine_reason(answer->reason) : NO_TEXT;
  pbk_answer_message(&engine->outbox, message, outcome, wait, reason, engine->context.now);
  if (!journal_kept(&engine->journal)) return;
  if (outcome == PBK_DELIVERY_SENT && wait == PBK_WAIT_DEFAULT && !reason.bytes) {
    pbk_journal_add_sent(&engine->journal, id);
    return;
  }
  struct command command = {.type = COMMAND_ANSWER,
                            .received_at = PBK_NO_TIME,
                            .occurred_at = PBK_NO_TIME,
                            .number = id,
                            .flag = outcome,
                            .wait = wait,
                            .reason = reason};
  pbk_journal_add(&engine->journal, &command);
}

static inline void take_answer(struct pbk_engine *engine, struct message *message, const pbk_answer *answer) {
  engine->commands++;
  engine->answers++;
  pbk_begin_cause(engine);
  if (answer->outcome == PBK_DELIVERY_SENT && !journal_kept(&engine->journal))
    pbk_answer_sent(&engine->outbox, message, engine->context.now);
  else
    take_any_answer(engine, message, answer);
}

/* Only in a replay: the message that was offered then is the one that is ready now. */
static bool check_answer(struct pbk_engine *engine, const struct command *command) {
  const struct message *message = ready_message(&engine->outbox);
  return engine->replaying && message && message->told.message == command->number && command->flag >= PBK_DELIVERY_SENT &&
         command->flag <= PBK_DELIVERY_FAILED;
}

static void apply_answer(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  engine->answers++;
  struct message *message = ready_message(&engine->outbox);
  offered_message(&engine->outbox);
  pbk_answer_message(&engine->outbox, message, command->flag, command->wait, command->reason, engine->context.now);
}

bool pbk_repeat_sent(struct pbk_engine *engine, uint64_t id) {
  struct message *message = ready_message(&engine->outbox);
  engine->stopped = PBK_OK;
  if (!message || message->told.message != id || !pbk_prepare(engine, NULL, 0)) return false;
  pbk_fetch_ready(engine);
  engine->commands++;
  engine->answers++;
  pbk_begin_cause(engine);
  offered_message(&engine->outbox);
  pbk_answer_sent(&engine->outbox, message, engine->context.now);
  pbk_unprepare(engine);
  return true;
}

static void apply_recover(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)command;
  (void)occurred_at;
  engine->answers += pbk_recover_messages(&engine->outbox);
}

struct handler pbk_delivery_handler(enum command_type type) {
  if (type == COMMAND_ANSWER) return (struct handler){check_answer, apply_answer};
  if (type == COMMAND_RECOVER) return (struct handler){NULL, apply_recover};
  return (struct handler){NULL, NULL};
}

/* ---- records and commits ---- */

/* What nobody has looked at in it is not told. */
static void record_tracked(struct pbk_engine *engine, const struct command *command) {
  const struct tracked *tracked = &engine->tracked;
  struct command event;
  if (command->traits && journal_kept(&engine->journal) && !looks_into_event(&engine->playbooks, tracked->name - 1)) {
    event = *command;
    event.traits = NULL;
    command = &event;
  }
  pbk_journal_add_event(&engine->journal, command, tracked->contact, tracked->name);
}

void pbk_record_command(struct pbk_engine *engine, const struct command *command) {
  const struct tracked *tracked = &engine->tracked;
  if (command->type == COMMAND_TRACK && tracked->contact)
    record_tracked(engine, command);
  else
    pbk_journal_add(&engine->journal, command);
  if (command->line) engine->lines.recorded++;
}

void pbk_record_progress(struct pbk_engine *engine) {
  struct unrecorded *unrecorded = &engine->unrecorded;
  if (unrecorded->input) {
    struct command input = *unrecorded->input;
    input.alone = true;
    pbk_record_command(engine, &input);
    unrecorded->input = NULL;
  }
  if (unrecorded->due) {
    struct command advance = {.type = COMMAND_ADVANCE,
                              .received_at = PBK_NO_TIME,
                              .occurred_at = PBK_NO_TIME,
                              .to = engine->context.now,
                              .number = unrecorded->due};
    pbk_journal_add(&engine->journal, &advance);
    unrecorded->due = 0;
  }
}

bool pbk_make_durable(struct pbk_engine *engine, enum record_type type) {
  struct journal *journal = &engine->journal;
  const struct outputs *outputs = &engine->context.outputs;
  if (engine->broken) return false; /* what the storage took before it failed is not known */
  if (!journal_kept(journal)) return true;
  uint64_t part = lines_part(&engine->lines);
  bool news = journal->buffer.size > 0 || part != journal->part || outputs->drained_seq != journal->taken || type == RECORD_SEALED;
  if (!news) return true;
  struct record_commit commit = {.lines = lines_whole(&engine->lines),
                                 .part = part,
                                 .last_output = outputs->last_seq,
                                 .last_taken = outputs->drained_seq,
                                 .digest = outputs->digest};
  if (!engine->deliver) commit.flags |= COMMIT_HANDED_OVER;
  pbk_journal_commit(journal, type, &commit);
  engine->in_callback = true;
  bool durable = pbk_journal_flush(journal);
  engine->in_callback = false;
  if (!durable) engine->broken = PBK_ERR_STORAGE;
  return durable;
}

bool pbk_replay_commit(struct pbk_engine *engine, const struct record_commit *commit) {
  struct outputs *outputs = &engine->context.outputs;
  if (commit->last_output != outputs->last_seq || commit->digest != outputs->digest) return false;
  if (commit->last_taken > outputs->last_seq) return false;
  pbk_outputs_pass(outputs, commit->last_taken);
  if (commit->flags & COMMIT_HANDED_OVER) pbk_hand_over_ready(&engine->outbox);
  else engine->outbox.offered = engine->outbox.ready.count;
  engine->kept_lines = commit->lines;
  engine->kept_part = commit->part;
  engine->journal.part = commit->part;
  engine->journal.taken = commit->last_taken;
  return true;
}

/* ---- offering ---- */

static bool offer_all(struct pbk_engine *engine, struct message *message) {
  pbk_offer offer;
  offer.size = sizeof offer;
  offer.reserved = 0;
  for (; message; message = ready_message(&engine->outbox)) {
    if (!pbk_prepare(engine, NULL, 0)) return false; /* its answer must be taken */
    pbk_fetch_ready(engine);
    offered_message(&engine->outbox);
    fill_offer(engine, message, &offer);
    pbk_answer given = {.size = sizeof given, .outcome = PBK_DELIVERY_SENT, .wait = PBK_WAIT_DEFAULT};
    engine->in_callback = true;
    engine->deliver(engine->deliver_context, engine, &offer, &given);
    engine->in_callback = false;
    take_answer(engine, message, &given);
  }
  return true;
}

bool pbk_offer_ready(struct pbk_engine *engine) {
  struct message *message = ready_message(&engine->outbox);
  if (!engine->deliver) {
    pbk_hand_over_ready(&engine->outbox);
    return true;
  }
  if (!message) return true;
  /* O8: effects leave only after what caused them is durable. One sync serves all that is ready: answers make nothing ready. */
  if (!pbk_prepare(engine, NULL, 0)) return false;
  pbk_record_progress(engine);
  if (!pbk_make_durable(engine, RECORD_COMMIT)) return false;
  return offer_all(engine, message);
}

bool pbk_commit_all(struct pbk_engine *engine) {
  engine->stopped = PBK_OK;
  engine->unrecorded = (struct unrecorded){0};
  if (!pbk_finish_definitions(engine)) return false;
  engine->unrecorded = (struct unrecorded){0};
  if (engine->unfinished) {
    pbk_advance_to(engine, engine->context.now, 0);
    pbk_record_progress(engine);
    if (engine_halted(engine)) {
      pbk_unprepare(engine);
      return false;
    }
  }
  bool fine = pbk_offer_ready(engine) && pbk_prepare(engine, NULL, 0) && pbk_make_durable(engine, RECORD_COMMIT);
  pbk_unprepare(engine);
  return fine;
}
