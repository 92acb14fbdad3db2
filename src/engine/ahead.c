/* engine/ahead.c - what comes next is known for a while ahead, in rows that are given together and in the hour of the calendar that is
 * under way: it is fetched into the processor's cache meanwhile. Nothing here changes what is done. Declared in engine.h.
 *
 * Things hang on each other, so they are fetched in stages: who is it, what hangs on that, what hangs on that again. */
#include "audience/vocabulary.h"
#include "engine/engine.h"

/* ---- the calendar ---- */

/* What a condition looks at behind a contact itself, as pbk_cel_shown_read tells; of its account the first line only. */
static void fetch_read(const struct facts *facts, uint32_t contact, uint32_t reads) {
  const struct contact *of = contact_at(facts, contact);
  if (reads & CEL_SHOWN_SERIES) prefetch_history(&of->subject);
  if (reads & 1 << SHOWN_CONTACT) prefetch_values(&of->subject);
  if (reads & 1 << SHOWN_ACCOUNT && of->subject.account != MAP_NONE) pbk_prefetch_account(facts, of->subject.account);
}

static void fetch_membership(const struct pbk_engine *engine, uint64_t id, bool body) {
  uint32_t place = (uint32_t)(id >> 32), subject = (uint32_t)id;
  const struct audience *audience = audience_at(&engine->audiences, place);
  if (!audience) return;
  if (audience->of == PBK_ACCOUNT) {
    if (!body) pbk_prefetch_account(&engine->facts, subject);
    return;
  }
  if (body) {
    if (audience->program) fetch_read(&engine->facts, subject, pbk_cel_shown_read(audience->program));
    if (first_route(&engine->playbooks, ROUTE_AUDIENCE, place) == UINT32_MAX) return;
    prefetch_passages(&engine->playbooks, PBK_CONTACT, subject);
    return;
  }
  pbk_prefetch_contact(&engine->facts, subject);
  pbk_prefetch_membership(&engine->audiences, place, subject);
}

static void fetch_body_of_enrolled(const struct pbk_engine *engine, uint64_t id) {
  const struct enrollment *enrollment = enrollment_at(&engine->playbooks, id);
  if (!enrollment || enrollment->version->subject_kind != PBK_CONTACT) return;
  const struct cel_program *when = enrollment->version->steps[enrollment->next_step].when;
  if (when) fetch_read(&engine->facts, enrollment->subject, pbk_cel_shown_read(when));
  prefetch_passages_rest(&engine->playbooks, PBK_CONTACT, enrollment->subject);
}

/* They are of the kind, and of the audience, of the one that is being done; others come between them. */
void pbk_fetch_due(const struct pbk_engine *engine, struct wake done) {
  enum { FIRST = 12, SECOND = 7, THIRD = 3 };
  const uint64_t *keys = NULL;
  uint32_t left = calendar_ahead(&engine->context.calendar, &keys);
  if (left < THIRD) return;
  enum due_kind kind = wake_kind(done);
  uint64_t above = wake_id(done) >> 32 << 32;
  if (kind >= DUE_EXIT) fetch_body_of_enrolled(engine, above | (uint32_t)keys[THIRD - 1]);
  if (left < SECOND) return;
  uint64_t second = above | (uint32_t)keys[SECOND - 1], first = above | (uint32_t)keys[left < FIRST ? left - 1 : FIRST - 1];
  if (kind == DUE_MEMBERSHIP) {
    fetch_membership(engine, second, true);
    fetch_membership(engine, first, false);
  } else if (kind > DUE_MEMBERSHIP) {
    pbk_prefetch_enrolled(&engine->playbooks, second);
    pbk_prefetch_enrollment(&engine->playbooks, first);
  } else {
    pbk_prefetch_subject_of(&engine->outbox, second);
    prefetch_message(&engine->outbox, first);
  }
}

/* ---- rows ---- */

static bool contact_index(const struct pbk_engine *engine, pbk_handle handle, uint32_t *index) {
  *index = (uint32_t)handle;
  return handle >> 56 == PBK_HANDLE_CONTACT && *index < pbk_subject_total(&engine->facts, PBK_CONTACT);
}

struct event_use pbk_event_use(const struct pbk_engine *engine, uint32_t number) {
  struct cel_read read = {CEL_READS_SERIES, LOOKUP_EVENTS, number};
  bool conditions = readers_of(&engine->audiences.readers, read).count > 0;
  bool playbooks = first_route(&engine->playbooks, ROUTE_EVENT, number) != UINT32_MAX;
  uint32_t size = name_text(&engine->context, number).size;
  return (struct event_use){number + 1, conditions, playbooks, size > 0 && size <= PBK_MAX_KEY};
}

static const struct event_use *event_of(const pbk_row *row, const struct event_use events[ROW_NAMES]) {
  static const struct event_use none = {0};
  return row->kind == PBK_ROW_TRACK && row->name < ROW_NAMES ? &events[row->name] : &none;
}

/* What the row itself changes: an event, or something that conditions look at with the traits. */
void pbk_fetch_changed(const struct pbk_engine *engine, uint32_t contact, bool event) {
  const struct facts *facts = &engine->facts;
  const struct contact *of = contact_at(facts, contact);
  if (event)
    prefetch_history(&of->subject);
  else
    prefetch_values(&of->subject);
  if (event ? account_touched(of) : of->subject.account != MAP_NONE) pbk_prefetch_account(facts, of->subject.account);
}

/* What the row's event makes to be looked at. */
void pbk_fetch_readers(const struct pbk_engine *engine, uint32_t contact, struct event_use event) {
  if (event.read) pbk_prefetch_event_readers(&engine->audiences, event.number - 1, contact);
  if (event.routed) prefetch_passages(&engine->playbooks, PBK_CONTACT, contact);
}

/* What deciding about an enrollment needs; and the account's own history. */
void pbk_fetch_last(const struct pbk_engine *engine, uint32_t contact, struct event_use event) {
  const struct contact *of = contact_at(&engine->facts, contact);
  if (account_touched(of)) prefetch_history(&account_at(&engine->facts, of->subject.account)->subject);
  if (!event.routed) return;
  prefetch_passages_rest(&engine->playbooks, PBK_CONTACT, contact);
}

void pbk_fetch_rows(const struct pbk_engine *engine, const pbk_row *rows, uint32_t left, const struct event_use events[ROW_NAMES]) {
  uint32_t index;
  if (left <= AHEAD_LAST) return;
  const struct event_use *event = event_of(&rows[AHEAD_LAST], events);
  if (event->number && contact_index(engine, rows[AHEAD_LAST].contact, &index)) pbk_fetch_last(engine, index, *event);
  if (left <= AHEAD_READERS) return;
  event = event_of(&rows[AHEAD_READERS], events);
  if (event->read | event->routed && contact_index(engine, rows[AHEAD_READERS].contact, &index)) pbk_fetch_readers(engine, index, *event);
  if (left <= AHEAD_CHANGED) return;
  if (contact_index(engine, rows[AHEAD_CHANGED].contact, &index))
    pbk_fetch_changed(engine, index, rows[AHEAD_CHANGED].kind == PBK_ROW_TRACK);
  if (left <= AHEAD_SUBJECT) return;
  if (contact_index(engine, rows[AHEAD_SUBJECT].contact, &index)) pbk_prefetch_contact(&engine->facts, index);
}

/* ---- messages ---- */

enum { ITSELF_STAGE = 12, REST_STAGE = 6 };

void pbk_fetch_ready(const struct pbk_engine *engine) {
  const struct outbox *outbox = &engine->outbox;
  uint32_t left = outbox->ready.count - outbox->ready_next;
  if (left > REST_STAGE) pbk_prefetch_end_of(outbox, outbox->ready.items[outbox->ready_next + REST_STAGE]);
  if (left > ITSELF_STAGE) prefetch_message(outbox, outbox->ready.items[outbox->ready_next + ITSELF_STAGE]);
}

void pbk_fetch_messages(const struct pbk_engine *engine, const uint64_t *messages, uint32_t left) {
  if (left > REST_STAGE) pbk_prefetch_subject_of(&engine->outbox, messages[REST_STAGE]);
  if (left > ITSELF_STAGE) prefetch_message(&engine->outbox, messages[ITSELF_STAGE]);
}
