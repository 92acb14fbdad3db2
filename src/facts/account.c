/* facts/account.c - what accounts have besides being subjects and having contacts: who holds which role there; declared in facts.h.
 *
 * Few accounts have holders: their lists, blocks of their own, are found by a word of the account's index. */
#include "facts/facts.h"

/* In any order: a role stands there once. */
struct holder_list {
  uint32_t count, capacity;
  struct holder items[];
};

void pbk_add_account_contact(struct facts *facts, struct account *account, uint32_t contact) {
  pbk_contact_list_add(facts->context->memory, &account->contacts, contact);
  if (account->contacts->count > facts->largest_account) facts->largest_account = account->contacts->count;
}

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
    uint32_t capacity = pbk_more_room(memory, before, sizeof *list, sizeof *list->items);
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
  uint64_t *word = words_at(&facts->holders, account->subject.index);
  struct holder_list *holders = word ? (struct holder_list *)(uintptr_t)*word : NULL;
  pbk_contact_list_release(memory, &account->contacts);
  if (holders) pbk_release(memory, holders, holders_size(holders->capacity));
  if (word) *word = 0;
}
