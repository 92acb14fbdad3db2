/* facts/contact_list.c - see contact_list.h. */
#include "facts/contact_list.h"

#include <string.h>

#include "base/array.h"

enum {
  ROW_MOST = 1022, /* contacts; with what stands before them 4 KiB */
  ROW_JOINED = ROW_MOST / 2 /* two neighbours become one when they have no more together */
};

/* The contacts from `from` up to those of the next part; of the first also those below. */
struct contact_part {
  struct contact_list *row;
  uint32_t from;
};
struct contact_parts {
  uint32_t count, in_parts; /* as of a contact_list */
  ARRAY(struct contact_part) parts;
};

static struct contact_parts *parts_of(const struct contact_list *list) {
  return (struct contact_parts *)(uintptr_t)list;
}

struct contact_row pbk_contact_list_part(const struct contact_list *list, uint32_t part) {
  const struct contact_parts *all = parts_of(list);
  if (part >= all->parts.count) return (struct contact_row){NULL, 0};
  const struct contact_list *row = all->parts.items[part].row;
  return (struct contact_row){row->items, row->count};
}

/* ---- one row ---- */

static size_t row_size(uint32_t capacity) {
  return sizeof(struct contact_list) + (size_t)capacity * sizeof(uint32_t);
}

/* At least one more contact; as many as fill a size in which memory is cut. */
static struct contact_list *longer_row(struct memory *memory, struct contact_list *row) {
  uint32_t before = row ? row->capacity : 0, count = row ? row->count : 0;
  uint32_t capacity = pbk_more_room(memory, before, sizeof *row, sizeof *row->items);
  if (capacity > ROW_MOST) capacity = ROW_MOST;
  row = pbk_reallocate(memory, row, row ? row_size(before) : 0, row_size(capacity));
  row->count = count;
  row->capacity = capacity;
  return row;
}

static struct contact_list *new_part(struct memory *memory) {
  struct contact_list *row = pbk_allocate(memory, row_size(ROW_MOST));
  row->count = 0;
  row->capacity = ROW_MOST;
  return row;
}

/* Where a contact stands, or would stand. */
static uint32_t place_in(const struct contact_list *row, uint32_t contact) {
  uint32_t low = 0, high = row->count;
  if (high > 0 && row->items[high - 1] < contact) return high;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (row->items[middle] < contact)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void insert(struct contact_list *row, uint32_t place, uint32_t contact) {
  memmove(row->items + place + 1, row->items + place, (size_t)(row->count - place) * sizeof *row->items);
  row->items[place] = contact;
  row->count++;
}

/* ---- many ---- */

static uint32_t part_of(const struct contact_parts *all, uint32_t contact) {
  uint32_t low = 0, high = all->parts.count - 1; /* the last one that may have it */
  while (low < high) {
    uint32_t middle = high - (high - low) / 2;
    if (all->parts.items[middle].from <= contact)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/* A part is full: those from a place on stand in one of their own. At its end there are none yet. */
static void split(struct memory *memory, struct contact_parts *all, uint32_t number, uint32_t place, uint32_t contact) {
  struct contact_list *row = all->parts.items[number].row;
  uint32_t stay = place == row->count ? place : row->count / 2, behind = number + 1;
  array_reserve(memory, &all->parts, all->parts.count + 1);
  struct contact_list *rest = new_part(memory);
  rest->count = row->count - stay;
  memcpy(rest->items, row->items + stay, (size_t)rest->count * sizeof *rest->items);
  row->count = stay;
  struct contact_part part = {rest, rest->count ? rest->items[0] : contact};
  array_insert(memory, &all->parts, behind, part);
}

static void add_to_parts(struct memory *memory, struct contact_parts *all, uint32_t contact) {
  uint32_t number = part_of(all, contact), place = place_in(all->parts.items[number].row, contact);
  if (all->parts.items[number].row->count == ROW_MOST) {
    split(memory, all, number, place, contact);
    number = part_of(all, contact);
    place = place_in(all->parts.items[number].row, contact);
  }
  insert(all->parts.items[number].row, place, contact);
  all->count++;
}

static struct contact_list *in_parts(struct memory *memory, struct contact_list *row) {
  struct contact_parts *all = pbk_allocate(memory, sizeof *all);
  *all = (struct contact_parts){.count = row->count, .in_parts = CONTACTS_IN_PARTS};
  struct contact_part part = {row, 0};
  array_push(memory, &all->parts, part);
  return (struct contact_list *)(void *)all;
}

static void remove_part(struct memory *memory, struct contact_parts *all, uint32_t number) {
  pbk_release(memory, all->parts.items[number].row, row_size(ROW_MOST));
  array_remove(&all->parts, number);
}

/* A part and the next become one where they are few. */
static bool join_next(struct memory *memory, struct contact_parts *all, uint32_t number) {
  if (number + 1 >= all->parts.count) return false;
  struct contact_list *row = all->parts.items[number].row;
  const struct contact_list *next = all->parts.items[number + 1].row;
  if (row->count + next->count > ROW_JOINED) return false;
  memcpy(row->items + row->count, next->items, (size_t)next->count * sizeof *row->items);
  row->count += next->count;
  remove_part(memory, all, number + 1);
  return true;
}

/* ---- either ---- */

void pbk_contact_list_add(struct memory *memory, struct contact_list **list, uint32_t contact) {
  if (*list && (*list)->count == ROW_MOST && (*list)->capacity == ROW_MOST) *list = in_parts(memory, *list);
  if (*list && (*list)->capacity == CONTACTS_IN_PARTS) {
    add_to_parts(memory, parts_of(*list), contact);
    return;
  }
  if (!*list || (*list)->count == (*list)->capacity) *list = longer_row(memory, *list);
  insert(*list, place_in(*list, contact), contact);
}

static void take_out(struct contact_list *row, uint32_t contact) {
  uint32_t place = place_in(row, contact);
  row->count--;
  memmove(row->items + place, row->items + place + 1, (size_t)(row->count - place) * sizeof *row->items);
}

void pbk_contact_list_drop(struct memory *memory, struct contact_list **list, uint32_t contact) {
  if ((*list)->capacity != CONTACTS_IN_PARTS) {
    take_out(*list, contact);
    return;
  }
  struct contact_parts *all = parts_of(*list);
  uint32_t number = part_of(all, contact);
  take_out(all->parts.items[number].row, contact);
  all->count--;
  if (all->parts.items[number].row->count == 0)
    remove_part(memory, all, number);
  else if (!join_next(memory, all, number) && number > 0)
    join_next(memory, all, number - 1);
  if (all->parts.count > 1) return;
  *list = all->parts.items[0].row;
  array_release(memory, &all->parts);
  pbk_release(memory, all, sizeof *all);
}

void pbk_contact_list_release(struct memory *memory, struct contact_list **list) {
  if (*list && (*list)->capacity == CONTACTS_IN_PARTS) {
    struct contact_parts *all = parts_of(*list);
    for (uint32_t i = 0; i < all->parts.count; i++) pbk_release(memory, all->parts.items[i].row, row_size(ROW_MOST));
    array_release(memory, &all->parts);
    pbk_release(memory, all, sizeof *all);
  } else if (*list) {
    pbk_release(memory, *list, row_size((*list)->capacity));
  }
  *list = NULL;
}
