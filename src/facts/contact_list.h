/* facts/contact_list.h - the contacts of one account: their indexes, ascending, which is the order of their creation.
 *
 * One row where they are few. Of many, rows one behind the other, so that who comes and goes moves no more than one of them. */
#ifndef PBK_FACTS_CONTACT_LIST_H
#define PBK_FACTS_CONTACT_LIST_H

#include "base/context.h"

/* Ascending indexes. */
struct contact_row {
  const uint32_t *items;
  uint32_t count;
};

/* NULL is a list of none. */
struct contact_list {
  uint32_t count;
  uint32_t capacity; /* CONTACTS_IN_PARTS: what stands here is contact_parts (contact_list.c) */
  uint32_t items[];
};
enum { CONTACTS_IN_PARTS = 0 };

struct contact_row pbk_contact_list_part(const struct contact_list *list, uint32_t part);
/* The rows from number 0, none of them empty; an empty one behind them. Borrowed until a contact comes or goes. */
static inline struct contact_row contact_list_row(const struct contact_list *list, uint32_t part) {
  if (!list) return (struct contact_row){NULL, 0};
  if (list->capacity == CONTACTS_IN_PARTS) return pbk_contact_list_part(list, part);
  return (struct contact_row){list->items, part == 0 ? list->count : 0};
}
static inline uint32_t contact_list_count(const struct contact_list *list) {
  return list ? list->count : 0;
}

/* One that is not there. */
void pbk_contact_list_add(struct memory *memory, struct contact_list **list, uint32_t contact);
/* One that is there. Never fails. */
void pbk_contact_list_drop(struct memory *memory, struct contact_list **list, uint32_t contact);
void pbk_contact_list_release(struct memory *memory, struct contact_list **list);

#endif
