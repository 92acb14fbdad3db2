/* facts/dealings.c - contacts and senders: who was in contact with whom, and when (SPEC S8), who is pinned; declared in
 * facts.h.
 *
 * A sender that is not defined any more stays where it stands here, as its place is never another's: who looks finds it
 * inactive. So nobody goes through all contacts for one sender. */
#include "facts/facts.h"

/* Several senders that were in contact with one contact, in the order in which they first were. */
struct contacted_list {
  uint32_t count, capacity;
  struct contacted items[];
};

static size_t list_size(uint32_t capacity) {
  return sizeof(struct contacted_list) + (size_t)capacity * sizeof(struct contacted);
}
static bool has_list(const struct dealings *dealings) { return dealings->sender == DEALINGS_LIST; }

void pbk_pin_sender(struct facts *facts, const struct contact *contact, uint32_t sender) {
  dealings_at(facts, contact->subject.index)->pinned = sender;
}

static uint32_t count_of(const struct dealings *dealings) {
  return has_list(dealings) ? dealings->with.list->count : dealings->sender != MAP_NONE;
}
uint32_t pbk_contacted_count(const struct facts *facts, const struct contact *contact) {
  return count_of(dealings_at(facts, contact->subject.index));
}

/* Of an only one the order is not kept: whoever else comes is recorded later. */
static struct contacted entry_at(const struct dealings *dealings, uint32_t at) {
  if (has_list(dealings)) return dealings->with.list->items[at];
  return (struct contacted){dealings->sender, dealings->with.occurred_at, 0};
}

struct contacted pbk_contacted_at(const struct facts *facts, const struct contact *contact, uint32_t at) {
  return entry_at(dealings_at(facts, contact->subject.index), at);
}

static void set_only(struct dealings *dealings, struct contacted contacted) {
  dealings->sender = contacted.sender;
  dealings->with.occurred_at = contacted.occurred_at;
}

static struct contacted_list *grow_list(struct memory *memory, struct contacted_list *list, uint32_t capacity) {
  uint32_t before = list ? list->capacity : 0;
  struct contacted_list *grown = pbk_reallocate(memory, list, list ? list_size(before) : 0, list_size(capacity));
  if (!list) grown->count = 0;
  grown->capacity = capacity;
  return grown;
}

void pbk_expect_contacted(struct facts *facts, const struct contact *contact, uint32_t count) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  if (count < 2) return;
  dealings->with.list = grow_list(facts->context->memory, NULL, count);
  dealings->sender = DEALINGS_LIST;
}

void pbk_add_contacted(struct facts *facts, const struct contact *contact, struct contacted contacted) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  struct memory *memory = facts->context->memory;
  if (dealings->sender == MAP_NONE) {
    set_only(dealings, contacted);
    return;
  }
  struct contacted_list *list = has_list(dealings) ? dealings->with.list : NULL;
  if (!list) {
    struct contacted only = entry_at(dealings, 0);
    list = grow_list(memory, NULL, 2);
    list->items[list->count++] = only;
    dealings->sender = DEALINGS_LIST;
  } else if (list->count == list->capacity) {
    list = grow_list(memory, list, list->capacity + list->capacity / 2 + 1);
  }
  list->items[list->count++] = contacted;
  dealings->with.list = list;
}

void pbk_clear_dealings(struct facts *facts, const struct contact *contact) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  if (has_list(dealings)) pbk_release(facts->context->memory, dealings->with.list, list_size(dealings->with.list->capacity));
  dealings->sender = MAP_NONE;
}

void pbk_record_contact(struct facts *facts, struct contact *contact, uint32_t sender, pbk_time occurred_at) {
  struct dealings *dealings = dealings_at(facts, contact->subject.index);
  struct contacted contacted = {sender, occurred_at, ++facts->contacted_order};
  for (uint32_t i = 0; i < count_of(dealings); i++) {
    struct contacted before = entry_at(dealings, i);
    if (before.sender != sender) continue;
    if (occurred_at < before.occurred_at) return;
    if (has_list(dealings)) dealings->with.list->items[i] = contacted;
    else set_only(dealings, contacted);
    return;
  }
  pbk_add_contacted(facts, contact, contacted);
}
