/* facts/account.c - what accounts have besides being subjects: their contacts, and who holds which role there; declared in
 * facts.h.
 *
 * Both are blocks of their own with their counts in front, as long as fills the sizes in which memory is cut. Few accounts
 * have holders: those are found by a word of the account's index. */
#include "facts/facts.h"

/* In any order: a role stands there once. */
struct holder_list {
  uint32_t count, capacity;
  struct holder items[];
};

enum { CUT = 16 }; /* sizes of blocks are whole multiples */

/* What a list has room for when it grows: at least one more. */
static uint32_t more_room(struct memory *memory, uint32_t capacity, size_t head, size_t item) {
  uint64_t wanted = (uint64_t)capacity + capacity / 4 + 1, size = (head + wanted * item + CUT - 1) / CUT * CUT;
  uint64_t room = (size - head) / item;
  if (room >= UINT32_MAX || size > PTRDIFF_MAX) pbk_allocate(memory, SIZE_MAX); /* refused */
  return (uint32_t)room;
}

/* ---- contacts ---- */

static size_t contacts_size(uint32_t capacity) {
  return sizeof(struct contact_list) + (size_t)capacity * sizeof(uint32_t);
}

/* Where a contact stands among the ascending contacts of an account, or would stand. */
static uint32_t contact_place(struct contact_row row, uint32_t contact) {
  uint32_t low = 0, high = row.count;
  if (high > 0 && row.items[high - 1] < contact) return high;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (row.items[middle] < contact)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct contact_list *longer_contacts(struct memory *memory, struct contact_list *list) {
  uint32_t before = list ? list->capacity : 0, capacity = more_room(memory, before, sizeof *list, sizeof *list->items);
  struct contact_list *longer = pbk_reallocate(memory, list, list ? contacts_size(before) : 0, contacts_size(capacity));
  if (!list) longer->count = 0;
  longer->capacity = capacity;
  return longer;
}

void pbk_add_account_contact(struct facts *facts, struct account *account, uint32_t contact) {
  struct contact_row row = account_contacts(account);
  uint32_t place = contact_place(row, contact);
  if (!account->contacts || row.count == account->contacts->capacity)
    account->contacts = longer_contacts(facts->context->memory, account->contacts);
  struct contact_list *list = account->contacts;
  memmove(list->items + place + 1, list->items + place, (size_t)(row.count - place) * sizeof *list->items);
  list->items[place] = contact;
  list->count++;
  if (list->count > facts->largest_account) facts->largest_account = list->count;
}

void pbk_drop_account_contact(struct account *account, uint32_t contact) {
  struct contact_list *list = account->contacts;
  uint32_t place = contact_place(account_contacts(account), contact);
  list->count--;
  memmove(list->items + place, list->items + place + 1, (size_t)(list->count - place) * sizeof *list->items);
}

/* ---- holders ---- */

static size_t holders_size(uint32_t capacity) {
  return sizeof(struct holder_list) + (size_t)capacity * sizeof(struct holder);
}

static struct holder_list *holders_of(const struct facts *facts, uint32_t account) {
  return (struct holder_list *)(uintptr_t)word_at(&facts->holders, account);
}

uint32_t pbk_holder_count(const struct facts *facts, uint32_t account) {
  const struct holder_list *list = holders_of(facts, account);
  return list ? list->count : 0;
}

struct holder pbk_holder_at(const struct facts *facts, uint32_t account, uint32_t at) {
  return holders_of(facts, account)->items[at];
}

void pbk_add_holder(struct facts *facts, uint32_t account, struct holder holder) {
  struct memory *memory = facts->context->memory;
  uint64_t *word = pbk_words_need(memory, &facts->holders, account);
  struct holder_list *list = (struct holder_list *)(uintptr_t)*word;
  if (!list || list->count == list->capacity) {
    uint32_t before = list ? list->capacity : 0, count = list ? list->count : 0;
    uint32_t capacity = more_room(memory, before, sizeof *list, sizeof *list->items);
    list = pbk_reallocate(memory, list, list ? holders_size(before) : 0, holders_size(capacity));
    list->count = count;
    list->capacity = capacity;
    *word = (uint64_t)(uintptr_t)list;
  }
  list->items[list->count++] = holder;
}

void pbk_set_holder(struct facts *facts, const struct account *account, uint32_t role, uint32_t user) {
  struct holder_list *list = holders_of(facts, account->subject.index);
  for (uint32_t i = 0; list && i < list->count; i++) {
    if (list->items[i].role != role) continue;
    if (user == MAP_NONE)
      array_remove(list, i);
    else
      list->items[i].user = user;
    return;
  }
  if (user == MAP_NONE) return;
  struct holder holder = {role, user};
  pbk_add_holder(facts, account->subject.index, holder);
}

/* Users and roles that are not defined any more may still stand there: their places are never another's. */
uint32_t pbk_holder_of(const struct facts *facts, uint32_t account, uint32_t role) {
  if (account == MAP_NONE) return MAP_NONE;
  const struct holder_list *list = holders_of(facts, account);
  for (uint32_t i = 0; list && i < list->count; i++)
    if (list->items[i].role == role)
      return registry_current(&facts->users, list->items[i].user) ? list->items[i].user : MAP_NONE;
  return MAP_NONE;
}

void pbk_clear_account(struct facts *facts, struct account *account) {
  struct memory *memory = facts->context->memory;
  struct contact_list *contacts = account->contacts;
  uint64_t *word = words_at(&facts->holders, account->subject.index);
  struct holder_list *holders = word ? (struct holder_list *)(uintptr_t)*word : NULL;
  if (contacts) pbk_release(memory, contacts, contacts_size(contacts->capacity));
  if (holders) pbk_release(memory, holders, holders_size(holders->capacity));
  if (word) *word = 0;
  account->contacts = NULL;
}
