/* engine/repeating.c - commands that a journal tells briefly, done again: several are read ahead, so that what they need is
 * fetched meanwhile; declared in engine.h. */
#include "engine/engine.h"

enum { READ_AHEAD = 64 };

static pbk_status done(const struct pbk_engine *engine, pbk_status status) {
  return engine->stopped || status == PBK_ERR_NO_MEMORY ? PBK_ERR_NO_MEMORY : PBK_OK;
}

/* ---- events ---- */

static inline bool at_event(const struct reader *reader) {
  return reader->at < reader->end && *reader->at >= BRIEF_EVENT && *reader->at < BRIEF_APPROVAL;
}

/* Those that were read, and the messageIds of those that have one. */
struct read_ahead {
  uint32_t count;
  struct plain_event events[READ_AHEAD];
  struct message_id ids[READ_AHEAD];
  char bytes[READ_AHEAD][PBK_MAX_KEY];
};

/* Which line it was matters only where one is refused. False: it cannot be read. */
static bool read_event(struct pbk_engine *engine, struct reader *reader, struct brief *brief, struct read_ahead *ahead) {
  const uint32_t at = ahead->count;
  struct brief_event event;
  uint32_t *names = engine->journal.names;
  if (!pbk_read_brief_event(reader, brief, &event)) return false;
  if (event.name.bytes) names[event.place] = pbk_names_intern(&engine->context.names, event.name) + 1;
  if (names[event.place] == 0) return false;
  ahead->events[at] = (struct plain_event){event.at, event.at, event.contact - 1, names[event.place] - 1, event.line};
  ahead->ids[at] = (struct message_id){NO_TEXT, 0};
  ahead->count++;
  if (!event.id.bytes) return true;
  memcpy(ahead->bytes[at], event.id.bytes, event.id.size);
  ahead->ids[at] = message_id_of((struct text){ahead->bytes[at], event.id.size});
  pbk_fetch_seen(engine, ahead->ids[at].hash);
  return true;
}

/* The contacts' places have not been checked yet. */
static void fetch_ahead(const struct pbk_engine *engine, const struct plain_event *events, uint32_t left) {
  const uint32_t total = pbk_subject_total(&engine->facts, PBK_CONTACT);
  const struct plain_event *event;
#define AT_STAGE(stage) (left > (stage) && (event = &events[stage])->contact < total)
  if (AT_STAGE(AHEAD_SUBJECT)) pbk_prefetch_contact(&engine->facts, event->contact);
  if (AT_STAGE(AHEAD_CHANGED)) pbk_fetch_changed(engine, event->contact, true);
  if (AT_STAGE(AHEAD_READERS)) pbk_fetch_readers(engine, event->contact, pbk_event_use(engine, event->name));
  if (AT_STAGE(AHEAD_LAST)) pbk_fetch_last(engine, event->contact, pbk_event_use(engine, event->name));
#undef AT_STAGE
}

static pbk_status repeat_events(struct pbk_engine *engine, struct reader *reader, struct brief *brief) {
  struct read_ahead ahead;
  ahead.count = 0;
  while (ahead.count < READ_AHEAD && at_event(reader))
    if (!read_event(engine, reader, brief, &ahead)) return PBK_ERR_CORRUPT;
  for (uint32_t i = 0; i < ahead.count; i++) {
    const struct plain_event *event = &ahead.events[i];
    const struct message_id *id = &ahead.ids[i];
    fetch_ahead(engine, event, ahead.count - i);
    if (event->contact >= pbk_subject_total(&engine->facts, PBK_CONTACT)) return PBK_ERR_DIVERGED;
    if (contact_at(&engine->facts, event->contact)->subject.deleted) return PBK_ERR_DIVERGED;
    pbk_status status =
      done(engine, id->text.bytes ? pbk_submit_event_once(engine, event, id) : pbk_submit_event(engine, event));
    if (status != PBK_OK) return status;
  }
  return PBK_OK;
}

/* ---- approvals and answers ---- */

static pbk_status repeat_approvals(struct pbk_engine *engine, const uint64_t *messages, uint32_t count) {
  struct command approval = {.type = COMMAND_APPROVE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME};
  pbk_status status = PBK_OK;
  for (uint32_t i = 0; i < count && status == PBK_OK; i++) {
    i += pbk_approve_quickly(engine, &approval, messages + i, count - i);
    if (i == count) break;
    approval.number = messages[i];
    status = done(engine, pbk_submit(engine, &approval));
  }
  return status;
}

static pbk_status repeat_sent(struct pbk_engine *engine, uint64_t message) {
  if (pbk_repeat_sent(engine, message)) return PBK_OK;
  return engine->stopped ? PBK_ERR_NO_MEMORY : PBK_ERR_DIVERGED;
}

static pbk_status repeat_messages(struct pbk_engine *engine, struct reader *reader, struct brief *brief,
                                  enum brief_type type) {
  uint64_t messages[READ_AHEAD];
  uint32_t count = 0;
  while (count < READ_AHEAD && reader->at < reader->end && *reader->at == type)
    if (!pbk_read_brief_message(reader, brief, &messages[count++])) return PBK_ERR_CORRUPT;
  if (type == BRIEF_APPROVAL) return repeat_approvals(engine, messages, count);
  pbk_status status = PBK_OK;
  for (uint32_t i = 0; i < count && status == PBK_OK; i++) status = repeat_sent(engine, messages[i]);
  return status;
}

pbk_status pbk_repeat_briefly(struct pbk_engine *engine, struct reader *reader, struct brief *brief) {
  if (at_event(reader)) return repeat_events(engine, reader, brief);
  return repeat_messages(engine, reader, brief, (enum brief_type) * reader->at);
}
