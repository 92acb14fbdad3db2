/* engine/ahead.c - what comes next is known for a while ahead, in rows that are given together and in the hour of the calendar that is
 * under way: it is fetched into the processor's cache meanwhile. Nothing here changes what is done. Declared in engine.h.
 *
 * Things hang on each other, so they are fetched in stages: who is it, what hangs on that, what hangs on that again. */
#include "engine/engine.h"

enum { FIRST_STAGE = 20, SECOND_STAGE = 12, THIRD_STAGE = 6 };

/* ---- the calendar ---- */

static void fetch_membership(const struct pbk_engine *engine, uint64_t id, bool body) {
  uint32_t place = (uint32_t)(id >> 32), subject = (uint32_t)id;
  const struct audience *audience = audience_at(&engine->audiences, place);
  if (!audience) return;
  if (audience->of == PBK_ACCOUNT) {
    if (!body) pbk_prefetch_account(&engine->facts, subject);
    return;
  }
  if (body) {
    pbk_prefetch_body(&engine->facts, subject);
    if (first_route(&engine->playbooks, ROUTE_AUDIENCE, place) == UINT32_MAX) return;
    prefetch_passages(&engine->playbooks, PBK_CONTACT, subject);
    pbk_prefetch_dealings(&engine->facts, subject);
    return;
  }
  pbk_prefetch_contact(&engine->facts, subject);
  pbk_prefetch_membership(&engine->audiences, place, subject);
}

static void fetch_body_of_enrolled(const struct pbk_engine *engine, uint64_t id) {
  const struct enrollment *enrollment = enrollment_at(&engine->playbooks, id);
  if (!enrollment || enrollment->version->subject_kind != PBK_CONTACT) return;
  pbk_prefetch_body(&engine->facts, enrollment->subject);
  prefetch(passages_of(&engine->playbooks, PBK_CONTACT, enrollment->subject).items);
  prefetch_open_of(&engine->outbox, PBK_CONTACT, enrollment->subject);
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

void pbk_fetch_rows(const struct pbk_engine *engine, const pbk_row *rows, uint32_t left) {
  uint32_t index;
  if (left <= THIRD_STAGE) return;
  if (contact_index(engine, rows[THIRD_STAGE].contact, &index)) pbk_prefetch_account_body(&engine->facts, index);
  if (left <= SECOND_STAGE) return;
  if (contact_index(engine, rows[SECOND_STAGE].contact, &index)) pbk_prefetch_body(&engine->facts, index);
  if (left <= FIRST_STAGE) return;
  if (contact_index(engine, rows[FIRST_STAGE].contact, &index)) pbk_prefetch_contact(&engine->facts, index);
}

void pbk_fetch_readers(const struct pbk_engine *engine, pbk_handle contact, uint32_t event) {
  uint32_t index;
  if (!contact_index(engine, contact, &index)) return;
  pbk_prefetch_event_readers(&engine->audiences, event, index);
  if (first_route(&engine->playbooks, ROUTE_EVENT, event) != UINT32_MAX)
    prefetch_passages(&engine->playbooks, PBK_CONTACT, index);
}

void pbk_fetch_enrolling(const struct pbk_engine *engine, pbk_handle contact, uint32_t event) {
  uint32_t index;
  if (first_route(&engine->playbooks, ROUTE_EVENT, event) == UINT32_MAX || !contact_index(engine, contact, &index))
    return;
  prefetch((const void *)(uintptr_t)word_at(&engine->playbooks.of_contacts, index));
  pbk_prefetch_dealings(&engine->facts, index);
}

/* ---- messages ---- */

void pbk_fetch_ready(const struct pbk_engine *engine) {
  const struct outbox *outbox = &engine->outbox;
  uint32_t left = outbox->ready.count - outbox->ready_next;
  if (left > THIRD_STAGE) pbk_prefetch_end_of(outbox, outbox->ready.items[outbox->ready_next + THIRD_STAGE]);
  if (left > SECOND_STAGE) prefetch_message(outbox, outbox->ready.items[outbox->ready_next + SECOND_STAGE]);
}

void pbk_fetch_messages(const struct pbk_engine *engine, const uint64_t *messages, uint32_t left) {
  if (left > THIRD_STAGE) pbk_prefetch_subject_of(&engine->outbox, messages[THIRD_STAGE]);
  if (left > SECOND_STAGE) prefetch_message(&engine->outbox, messages[SECOND_STAGE]);
}
