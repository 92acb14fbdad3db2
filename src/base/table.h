/* base/table.h - items of one size under numbers that ascend, of which old ones go: what is gone leaves no room behind.
 *
 * Numbers are given out from 1. Sixty-four of them share a leaf, which holds only the items that are there, in their order: the newest
 * leaf has room for all of its numbers, an older one shrinks as its items go, and goes with the last of them. So walking the table is a
 * walk through memory in the order of numbers.
 *
 * An item keeps its address until some item is removed, or added: keep numbers, not addresses. */
#ifndef PBK_BASE_TABLE_H
#define PBK_BASE_TABLE_H

#include "base/array.h"

enum { TABLE_LEAF_BITS = 6, TABLE_LEAF = 1 << TABLE_LEAF_BITS, TABLE_BRANCH_BITS = 8, TABLE_BRANCH = 1 << TABLE_BRANCH_BITS };

struct table_leaf {
  uint64_t stored; /* whose items stand here, in order */
  uint64_t there;  /* those of them that are not gone */
  uint32_t count;  /* items that stand here */
  uint32_t alive;  /* of them not gone */
  uint32_t capacity;
  uint32_t unused; /* the items follow, aligned for anything */
};

struct table_branch {
  uint32_t count; /* leaves */
  struct table_leaf *leaves[TABLE_BRANCH];
};

struct table {
  uint64_t last;  /* the highest number given out */
  uint64_t count; /* items that are there */
  uint32_t item_size;
  struct table_leaf *newest; /* where the last item was put; NULL: none yet */
  uint64_t newest_number;    /* of that leaf */
  uint64_t found_number;     /* looked up last, and mostly asked for again; 0 and NULL: none */
  void *found;
  ARRAY(struct table_branch *) branches;
};

void pbk_table_init(struct table *table, uint32_t item_size);
void pbk_table_release(struct memory *memory, struct table *table);

/* Room for the item of a number above all that were put so far; its bytes are anything. */
void *pbk_table_put(struct memory *memory, struct table *table, uint64_t number);
/* The item is there. Never fails. */
void pbk_table_remove(struct memory *memory, struct table *table, uint64_t number);
/* The first item above *number, which becomes its number; NULL at the end. */
void *pbk_table_next(const struct table *table, uint64_t *number);

static inline uint32_t table_bits(uint64_t word) {
  word -= word >> 1 & 0x5555555555555555u;
  word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (uint32_t)(word * 0x0101010101010101u >> 56);
}

static inline struct table_leaf *table_leaf(const struct table *table, uint64_t number) {
  uint64_t at = number - 1, place = at >> (TABLE_LEAF_BITS + TABLE_BRANCH_BITS);
  if (place >= table->branches.count) return NULL;
  const struct table_branch *branch = table->branches.items[place];
  return branch ? branch->leaves[at >> TABLE_LEAF_BITS & (TABLE_BRANCH - 1)] : NULL;
}

/* Whether the item of a number is there. */
static inline bool table_has(const struct table *table, uint64_t number) {
  const struct table_leaf *leaf = table_leaf(table, number);
  return leaf && (leaf->there >> ((number - 1) & (TABLE_LEAF - 1)) & 1);
}

/* The item of a number; NULL: it is gone, or there never was one. `size` is the table's, as a constant. */
static inline void *table_at(const struct table *table, uint64_t number, uint32_t size) {
  if (number == table->found_number) return table->found;
  struct table_leaf *leaf = table_leaf(table, number);
  uint32_t at = (uint32_t)(number - 1) & (TABLE_LEAF - 1);
  if (!leaf || !(leaf->there >> at & 1)) return NULL;
  uint64_t below = ((uint64_t)1 << at) - 1, stored = leaf->stored & below;
  void *item = (unsigned char *)(leaf + 1) + (size_t)(stored == below ? at : table_bits(stored)) * size;
  struct table *owner = (struct table *)(uintptr_t)table; /* what was found is no part of what the table holds */
  owner->found_number = number;
  owner->found = item;
  return item;
}

/* Room for the item of the next number; its bytes are anything. */
static inline void *table_add(struct memory *memory, struct table *table, uint32_t size) {
  struct table_leaf *leaf = table->newest;
  uint32_t at = (uint32_t)table->last & (TABLE_LEAF - 1);
  if (!leaf || table->newest_number != table->last >> TABLE_LEAF_BITS || leaf->alive == 0)
    return pbk_table_put(memory, table, table->last + 1);
  leaf->stored |= (uint64_t)1 << at;
  leaf->there |= (uint64_t)1 << at;
  leaf->alive++;
  table->last++;
  table->count++;
  return (unsigned char *)(leaf + 1) + (size_t)leaf->count++ * size;
}

/* Asks for what table_at will look at: the leaf, and when that is there, the item, which may lie in two lines. */
static inline void table_prefetch_leaf(const struct table *table, uint64_t number) {
  const struct table_leaf *leaf = table_leaf(table, number);
  if (leaf) prefetch(leaf);
}
static inline void table_prefetch(const struct table *table, uint64_t number, uint32_t size) {
  const struct table_leaf *leaf = table_leaf(table, number);
  uint32_t at = (uint32_t)(number - 1) & (TABLE_LEAF - 1);
  if (!leaf || !(leaf->there >> at & 1)) return;
  uint64_t below = ((uint64_t)1 << at) - 1, stored = leaf->stored & below;
  const unsigned char *item = (const unsigned char *)(leaf + 1) + (size_t)(stored == below ? at : table_bits(stored)) * size;
  prefetch(item);
  prefetch(item + size - 1);
}

#endif
