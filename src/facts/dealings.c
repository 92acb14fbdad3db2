/* facts/dealings.c - contacts and senders: who was in contact with whom, and when (SPEC S8), who is pinned; declared in
 * facts.h. */
#include "facts/facts.h"

void pbk_pin_sender(struct facts *facts, const struct contact *contact, uint32_t sender) {
  dealings_at(facts, contact->subject.index)->pinned = sender;
}

static void set_only(struct dealings *dealings, struct contacted contacted) {
  dealings->sender = contacted.sender;
  dealings->with.only.occurred_at = contacted.occurred_at;
  dealings->with.only.order = contacted.order;
}

static struct contacted entry_at(const struct dealings *dealings, uint32_t at) {
  if (dealings->capacity) return dealings->with.all[at];
  return (struct contacted){dealings->sender, dealings->with.only.occurred_at, dealings->with.only.order};
}

struct contacted pbk_contacted_at(const struct facts *facts, const struct contact *contact, uint32_t at) {
  return entry_at(dealings_at(facts, contact->subject.index), at);
}

void pbk_add_contacted(struct facts *facts, const struct contact *contact, struct contacted contacted) {
  enum { SOME = 4 };
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  struct memory *memory = facts->context->memory;
  if (dealings->count == 0 && !dealings->capacity) {
    set_only(dealings, contacted);
    dealings->count = 1;
    return;
  }
  if (!dealings->capacity) {
    struct contacted *all = pbk_allocate(memory, SOME * sizeof *all);
    all[0] = entry_at(dealings, 0);
    dealings->with.all = all;
    dealings->capacity = SOME;
  } else if (dealings->count == dealings->capacity) {
    dealings->with.all =
      pbk_array_grow(memory, dealings->with.all, &dealings->capacity, dealings->count + 1, sizeof contacted);
  }
  dealings->with.all[dealings->count++] = contacted;
}

static void remove_contacted(struct dealings *dealings, uint32_t at) {
  struct contacted *all = dealings->with.all;
  dealings->count--;
  if (dealings->capacity) memmove(all + at, all + at + 1, (dealings->count - at) * sizeof *all);
}

void pbk_clear_dealings(struct facts *facts, const struct contact *contact) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  if (dealings->capacity)
    pbk_release(facts->context->memory, dealings->with.all, dealings->capacity * sizeof(struct contacted));
  *dealings = (struct dealings){.pinned = dealings->pinned};
}

void pbk_record_contact(struct facts *facts, struct contact *contact, uint32_t sender, pbk_time occurred_at) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  struct contacted contacted = {sender, occurred_at, ++facts->contacted_order};
  for (uint32_t i = 0; i < dealings->count; i++) {
    struct contacted before = entry_at(dealings, i);
    if (before.sender != sender) continue;
    if (occurred_at < before.occurred_at) return;
    if (dealings->capacity)
      dealings->with.all[i] = contacted;
    else
      set_only(dealings, contacted);
    return;
  }
  pbk_add_contacted(facts, contact, contacted);
}

void pbk_forget_sender(struct facts *facts, uint32_t sender) {
  for (uint32_t i = 0; i < facts->dealings.count; i++) {
    struct dealings *dealings = dealings_at(facts, i);
    if (dealings->pinned == sender) dealings->pinned = MAP_NONE;
    for (uint32_t j = dealings->count; j-- > 0;)
      if (entry_at(dealings, j).sender == sender) remove_contacted(dealings, j);
  }
}
