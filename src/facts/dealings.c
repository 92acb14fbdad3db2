/* facts/dealings.c - contacts and senders: who was in contact with whom, and when (SPEC S8), who is pinned; declared in
 * facts.h.
 *
 * A sender that is not defined any more stays where it stands here, as its place is never another's: who looks finds it
 * inactive. So nobody goes through all contacts for one sender. */
#include "facts/facts.h"

/* What does not go into a word: the senders that were in contact, in the order in which they first were. */
struct dealings_list {
  uint32_t pinned; /* or MAP_NONE */
  uint32_t count, capacity;
  struct contacted items[];
};

static size_t list_size(uint32_t capacity) {
  return sizeof(struct dealings_list) + (size_t)capacity * sizeof(struct contacted);
}
static struct dealings_list *list_of(const struct contact *contact) {
  bool listed = contact->dealings && !(contact->dealings & DEALINGS_ONE);
  return listed ? (struct dealings_list *)(uintptr_t)contact->dealings : NULL;
}

/* ---- words ---- */

static uint64_t word_of(uint32_t sender, uint64_t time, bool pinned) {
  return time << DEALINGS_TIME_AT | (uint64_t)sender << DEALINGS_SENDER_AT | (pinned ? DEALINGS_PINNED : 0) | DEALINGS_ONE;
}

/* What a word says of a time; 0: it cannot. */
static uint64_t time_in_word(struct facts *facts, pbk_time time) {
  struct dealings_since *since = &facts->dealings_since;
  if (!since->set) *since = (struct dealings_since){(uint64_t)time - DEALINGS_TIMES / 4, true};
  uint64_t after = (uint64_t)time - since->time;
  return after < DEALINGS_TIMES ? after : 0;
}

/* ---- lists ---- */

/* Room for so many in all. */
static struct dealings_list *longer_list(struct facts *facts, struct contact *contact, uint32_t capacity) {
  struct dealings_list *list = list_of(contact);
  uint64_t word = list ? 0 : contact->dealings;
  if (list && list->capacity >= capacity) return list;
  struct dealings_list *longer =
    pbk_reallocate(facts->context->memory, list, list ? list_size(list->capacity) : 0, list_size(capacity));
  longer->capacity = capacity;
  contact->dealings = (uint64_t)(uintptr_t)longer;
  if (list) return longer;
  longer->count = 0;
  longer->pinned = word & DEALINGS_PINNED ? dealings_sender(word) : MAP_NONE;
  if (dealings_one_in_contact(word)) /* its order is not kept: whoever else comes is recorded later */
    longer->items[longer->count++] =
      (struct contacted){dealings_sender(word), dealings_time(facts->dealings_since, word), 0};
  return longer;
}

/* ---- who is pinned ---- */

uint32_t pbk_listed_pinned(const struct contact *contact) {
  return list_of(contact)->pinned;
}

void pbk_pin_sender(struct facts *facts, struct contact *contact, uint32_t sender) {
  uint64_t word = contact->dealings;
  bool listed = list_of(contact) != NULL, in_contact = dealings_one_in_contact(word);
  if (!listed && sender == MAP_NONE)
    contact->dealings = in_contact ? word & ~DEALINGS_PINNED : 0;
  else if (!listed && sender < DEALINGS_SENDERS && (!in_contact || dealings_sender(word) == sender))
    contact->dealings = word_of(sender, in_contact ? word >> DEALINGS_TIME_AT : 0, true);
  else
    longer_list(facts, contact, listed || !in_contact ? 0 : 1)->pinned = sender;
}

/* ---- who was in contact ---- */

uint32_t pbk_listed_count(const struct contact *contact) {
  return list_of(contact)->count;
}

struct contacted pbk_listed_at(const struct contact *contact, uint32_t at) {
  return list_of(contact)->items[at];
}

void pbk_expect_contacted(struct facts *facts, struct contact *contact, uint32_t count) {
  if (count > 1) longer_list(facts, contact, count);
}

void pbk_add_contacted(struct facts *facts, struct contact *contact, struct contacted contacted) {
  uint64_t word = contact->dealings, time = time_in_word(facts, contacted.occurred_at);
  bool fits = time > 0 && contacted.sender < DEALINGS_SENDERS;
  bool pinned = word & DEALINGS_PINNED && dealings_sender(word) == contacted.sender;
  if (fits && (word == 0 || (word & DEALINGS_ONE && !dealings_one_in_contact(word) && pinned))) {
    contact->dealings = word_of(contacted.sender, time, pinned);
    return;
  }
  struct dealings_list *list = list_of(contact);
  uint32_t count = contacted_count(contact);
  if (!list || count == list->capacity) list = longer_list(facts, contact, count + count / 2 + 1);
  list->items[list->count++] = contacted;
}

void pbk_record_contact(struct facts *facts, struct contact *contact, uint32_t sender, pbk_time occurred_at) {
  struct contacted contacted = {sender, occurred_at, ++facts->contacted_order};
  uint64_t word = contact->dealings;
  if (dealings_one_in_contact(word) && dealings_sender(word) == sender) {
    uint64_t after = (uint64_t)occurred_at - facts->dealings_since.time;
    if (after >= word >> DEALINGS_TIME_AT && after < DEALINGS_TIMES)
      contact->dealings = after << DEALINGS_TIME_AT | (word & (((uint64_t)1 << DEALINGS_TIME_AT) - 1));
    else if (occurred_at >= dealings_time(facts->dealings_since, word))
      longer_list(facts, contact, 1)->items[0] = contacted;
    return;
  }
  struct dealings_list *list = list_of(contact);
  for (uint32_t i = 0; list && i < list->count; i++) {
    if (list->items[i].sender != sender) continue;
    if (occurred_at >= list->items[i].occurred_at) list->items[i] = contacted;
    return;
  }
  if (list && list->count == 1) list->items[0].order = 0; /* as if it had stood in a word */
  pbk_add_contacted(facts, contact, contacted);
}

void pbk_clear_dealings(struct facts *facts, struct contact *contact) {
  uint32_t pinned = pinned_sender(contact);
  struct dealings_list *list = list_of(contact);
  if (list && pinned != MAP_NONE && pinned >= DEALINGS_SENDERS) {
    list->count = 0;
    return;
  }
  pbk_free_dealings(facts, contact);
  if (pinned != MAP_NONE) contact->dealings = word_of(pinned, 0, true);
}

void pbk_free_dealings(struct facts *facts, struct contact *contact) {
  struct dealings_list *list = list_of(contact);
  if (list) pbk_release(facts->context->memory, list, list_size(list->capacity));
  contact->dealings = 0;
}
