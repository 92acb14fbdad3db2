/* facts/sharing.c - events of contacts count for their accounts (SPEC E6), but mostly stand in the contacts' histories
 * alone; declared in facts.h.
 *
 * A contact whose events all count for the account that it has shares its history with it. So an account keeps itself only
 * what is watched of accounts, and what came otherwise: events of the account alone, of contacts that had one before they
 * joined it, of those that left. */
#include "facts/facts.h"

static struct event_bits watched_bits(const struct facts *facts) {
  return (struct event_bits){facts->subjects.watched.items, facts->subjects.watched.count};
}

void pbk_part_histories(struct facts *facts, struct contact *contact) {
  if (!contact->subject.shares) return;
  contact->subject.shares = false;
  struct memory *memory = facts->context->memory;
  struct subject *account = &account_at(facts, contact->subject.account)->subject;
  const struct history *history = contact->subject.history;
  unsigned char mask = watched_of(PBK_ACCOUNT); /* what is watched stands there already */
  uint32_t count = pbk_history_list(history, memory, watched_bits(facts), mask, false, NULL);
  if (count == 0) return;
  size_t size = (size_t)count * sizeof(struct logged);
  struct logged *events = pbk_allocate(memory, size);
  pbk_history_list(history, memory, watched_bits(facts), mask, false, events);
  pbk_sort_logged(events, count);
  for (uint32_t i = 0; i < count; i++) pbk_subject_add_event(account, &facts->subjects, events[i].event, events[i].time);
  pbk_release(memory, events, size);
}

uint64_t pbk_parting_growth(const struct facts *facts, uint32_t contact, uint32_t account) {
  const struct contact *parting = contact_at(facts, contact);
  return parting->subject.shares && parting->subject.account != account ? pbk_history_bytes(parting->subject.history) : 0;
}

void pbk_record_contact_event(struct facts *facts, struct contact *contact, uint32_t account, uint32_t event,
                              pbk_time occurred_at) {
  if (contact->subject.shares && contact->subject.account != account) pbk_part_histories(facts, contact);
  record_event(facts, &contact->subject, event, occurred_at);
  if (account == MAP_NONE) return;
  bool kept = !contact->subject.shares || event_watched(&facts->subjects, PBK_ACCOUNT, event);
  if (kept)
    record_event(facts, &account_at(facts, account)->subject, event, occurred_at);
  else if (occurred_at < facts->context->now)
    note_age(facts, &account_at(facts, account)->subject, occurred_at);
}

/* What those who share have of the events that are watched anew: how many, written to where that is not NULL. */
static uint32_t list_anew(const struct facts *facts, const struct account *account, struct logged *to) {
  uint64_t count = 0;
  struct contact_row row;
  for (uint32_t part = 0; (row = contact_list_row(account->contacts, part)).count > 0; part++)
    for (uint32_t i = 0; i < row.count; i++) {
      const struct contact *contact = contact_at(facts, row.items[i]);
      if (!contact->subject.shares) continue;
      count += pbk_history_list(contact->subject.history, facts->context->memory, watched_bits(facts), WATCHED_ANEW, true,
                                to ? to + count : NULL);
    }
  if (count > UINT32_MAX / 2 || count > SIZE_MAX / 2 / sizeof *to)
    pbk_allocate(facts->context->memory, SIZE_MAX); /* refused */
  return (uint32_t)count;
}

void pbk_watch_account(struct facts *facts, struct account *account) {
  struct memory *memory = facts->context->memory;
  uint32_t count = list_anew(facts, account, NULL);
  struct logged *events = count ? pbk_allocate(memory, (size_t)count * sizeof *events) : NULL;
  if (events) list_anew(facts, account, events);
  pbk_watch_history(&facts->subjects, &account->subject, events, count);
  pbk_release(memory, events, (size_t)count * sizeof *events);
}
