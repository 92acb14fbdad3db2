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

/* As a row, its name by its number, its kind telling whether it was a line. False: it cannot be read. */
static bool read_row(struct pbk_engine *engine, struct reader *reader, struct brief *brief, pbk_row *row) {
  struct brief_event event;
  uint32_t *names = engine->journal.names;
  if (!pbk_read_brief_event(reader, brief, &event)) return false;
  if (event.name.bytes) names[event.place] = pbk_names_intern(&engine->context.names, event.name) + 1;
  if (names[event.place] == 0) return false;
  row->name = names[event.place] - 1;
  row->received_at = event.at;
  row->kind = event.line;
  row->contact = (uint64_t)PBK_HANDLE_CONTACT << 56 | (event.contact - 1);
  return true;
}

static inline void fetch_ahead(const struct pbk_engine *engine, const pbk_row *rows, uint32_t left) {
  enum { SOON = 8, AT_ONCE = 4 };
  pbk_fetch_rows(engine, rows, left);
  if (left > AT_ONCE) pbk_fetch_enrolling(engine, rows + AT_ONCE, rows[AT_ONCE].name);
  if (left > SOON) pbk_fetch_readers(engine, rows + SOON, rows[SOON].name);
}

static pbk_status repeat_events(struct pbk_engine *engine, struct reader *reader, struct brief *brief) {
  pbk_row rows[READ_AHEAD];
  struct command event = {.type = COMMAND_TRACK};
  uint32_t count = 0;
  while (count < READ_AHEAD && at_event(reader))
    if (!read_row(engine, reader, brief, &rows[count++])) return PBK_ERR_CORRUPT;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t contact = (uint32_t)rows[i].contact;
    fetch_ahead(engine, rows + i, count - i);
    if (contact >= pbk_subject_total(&engine->facts, PBK_CONTACT)) return PBK_ERR_DIVERGED;
    const struct subject *subject = pbk_subject_at(&engine->facts, PBK_CONTACT, contact);
    if (subject->deleted) return PBK_ERR_DIVERGED;
    event.received_at = event.occurred_at = rows[i].received_at;
    event.line = (uint64_t)rows[i].kind; /* which one matters only where one is refused */
    event.contact = subject_key(subject);
    event.contact_number = contact + 1;
    event.name_number = rows[i].name + 1;
    event.event = pbk_names_text(&engine->context.names, rows[i].name);
    pbk_status status = done(engine, pbk_submit_event(engine, &event));
    if (status != PBK_OK) return status;
  }
  return PBK_OK;
}

/* ---- approvals and answers ---- */

static pbk_status repeat_approval(struct pbk_engine *engine, struct command *command, uint64_t message) {
  command->number = message;
  if (pbk_approve_quickly(engine, command)) return PBK_OK;
  return done(engine, pbk_submit(engine, command));
}

static pbk_status repeat_sent(struct pbk_engine *engine, uint64_t message) {
  if (pbk_repeat_sent(engine, message)) return PBK_OK;
  return engine->stopped ? PBK_ERR_NO_MEMORY : PBK_ERR_DIVERGED;
}

static pbk_status repeat_messages(struct pbk_engine *engine, struct reader *reader, struct brief *brief,
                                  enum brief_type type) {
  struct command approval = {.type = COMMAND_APPROVE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME};
  uint64_t messages[READ_AHEAD];
  uint32_t count = 0;
  while (count < READ_AHEAD && reader->at < reader->end && *reader->at == type)
    if (!pbk_read_brief_message(reader, brief, &messages[count++])) return PBK_ERR_CORRUPT;
  pbk_status status = PBK_OK;
  for (uint32_t i = 0; i < count && status == PBK_OK; i++) {
    if (type == BRIEF_SENT) {
      status = repeat_sent(engine, messages[i]);
      continue;
    }
    pbk_fetch_messages(engine, messages + i, count - i);
    status = repeat_approval(engine, &approval, messages[i]);
  }
  return status;
}

pbk_status pbk_repeat_briefly(struct pbk_engine *engine, struct reader *reader, struct brief *brief) {
  if (at_event(reader)) return repeat_events(engine, reader, brief);
  return repeat_messages(engine, reader, brief, (enum brief_type) * reader->at);
}
