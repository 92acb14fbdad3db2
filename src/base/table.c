/* base/table.c - see table.h. */
#include "base/table.h"

static size_t leaf_size(const struct table *table, uint32_t capacity) {
  return sizeof(struct table_leaf) + (size_t)capacity * table->item_size;
}

static unsigned char *item_of(const struct table *table, struct table_leaf *leaf, uint32_t at) {
  return (unsigned char *)(leaf + 1) + (size_t)at * table->item_size;
}

void pbk_table_init(struct table *table, uint32_t item_size) { *table = (struct table){.item_size = item_size}; }

void pbk_table_release(struct memory *memory, struct table *table) {
  for (uint32_t i = 0; i < table->branches.count; i++) {
    struct table_branch *branch = table->branches.items[i];
    for (uint32_t j = 0; branch && j < TABLE_BRANCH; j++)
      if (branch->leaves[j]) pbk_release(memory, branch->leaves[j], leaf_size(table, branch->leaves[j]->capacity));
    pbk_release(memory, branch, sizeof *branch);
  }
  array_release(memory, &table->branches);
  table->newest = NULL;
}

/* ---- leaves ---- */

static struct table_branch **branch_of(const struct table *table, uint64_t leaf) {
  return &table->branches.items[leaf >> TABLE_BRANCH_BITS];
}

static void set_leaf(const struct table *table, uint64_t number, struct table_leaf *leaf) {
  (*branch_of(table, number))->leaves[number & (TABLE_BRANCH - 1)] = leaf;
}

static void drop_leaf(struct memory *memory, struct table *table, uint64_t number, struct table_leaf *leaf) {
  struct table_branch **branch = branch_of(table, number);
  set_leaf(table, number, NULL);
  pbk_release(memory, leaf, leaf_size(table, leaf->capacity));
  if (--(*branch)->count > 0) return;
  pbk_release(memory, *branch, sizeof **branch);
  *branch = NULL;
}

/* Moves the items that are there together, into a smaller leaf where memory is given for one. */
static void shrink_leaf(struct memory *memory, struct table *table, uint64_t number, struct table_leaf *leaf) {
  struct table_leaf *to = pbk_try_reallocate(memory, NULL, 0, leaf_size(table, leaf->alive));
  uint32_t capacity = to ? leaf->alive : leaf->capacity, kept = 0;
  if (!to) to = leaf;
  for (uint64_t left = leaf->there; left; left &= left - 1, kept++) {
    uint32_t from = table_bits(leaf->stored & ((left & (0 - left)) - 1));
    if (to != leaf || from != kept) memcpy(item_of(table, to, kept), item_of(table, leaf, from), table->item_size);
  }
  struct table_leaf head = {leaf->there, leaf->there, kept, kept, capacity, 0};
  if (to != leaf) {
    pbk_release(memory, leaf, leaf_size(table, leaf->capacity));
    set_leaf(table, number, to);
  }
  *to = head;
}

/* No more items come into a leaf, or many have gone. */
static void settle_leaf(struct memory *memory, struct table *table, uint64_t number, struct table_leaf *leaf) {
  if (leaf->alive == 0) drop_leaf(memory, table, number, leaf);
  else if (leaf->alive * 4 <= leaf->capacity * 3) shrink_leaf(memory, table, number, leaf);
}

/* Makes room for a leaf that is not there yet, and behind the newest. */
static struct table_leaf *new_leaf(struct memory *memory, struct table *table, uint64_t number) {
  uint64_t branch = number >> TABLE_BRANCH_BITS;
  if (branch >= UINT32_MAX - 1) pbk_reallocate(memory, NULL, 0, SIZE_MAX); /* refused: so many numbers there are not */
  while (table->branches.count <= branch) array_push(memory, &table->branches, NULL);
  struct table_leaf *leaf = pbk_allocate(memory, leaf_size(table, TABLE_LEAF));
  *leaf = (struct table_leaf){.capacity = TABLE_LEAF};
  if (!*branch_of(table, number)) {
    struct table_branch *made = pbk_try_reallocate(memory, NULL, 0, sizeof *made);
    if (!made) { /* nothing of it remains */
      pbk_release(memory, leaf, leaf_size(table, TABLE_LEAF));
      made = pbk_allocate(memory, SIZE_MAX);
    }
    memset(made, 0, sizeof *made);
    *branch_of(table, number) = made;
  }
  (*branch_of(table, number))->count++;
  set_leaf(table, number, leaf);
  return leaf;
}

/* ---- items ---- */

/* What has been found may have moved. */
static void forget_found(struct table *table) {
  table->found_number = 0;
  table->found = NULL;
}

void *pbk_table_put(struct memory *memory, struct table *table, uint64_t number) {
  uint64_t leaf_number = (number - 1) >> TABLE_LEAF_BITS;
  uint32_t at = (uint32_t)(number - 1) & (TABLE_LEAF - 1);
  struct table_leaf *leaf = table->newest;
  if (!leaf || table->newest_number != leaf_number) {
    leaf = new_leaf(memory, table, leaf_number);
    if (table->newest) settle_leaf(memory, table, table->newest_number, table->newest);
    forget_found(table);
    table->newest = leaf;
    table->newest_number = leaf_number;
  }
  if (leaf->alive == 0) leaf->stored = leaf->count = 0;
  leaf->stored |= (uint64_t)1 << at;
  leaf->there |= (uint64_t)1 << at;
  leaf->alive++;
  table->last = number;
  table->count++;
  return item_of(table, leaf, leaf->count++);
}

void pbk_table_remove(struct memory *memory, struct table *table, uint64_t number) {
  struct table_leaf *leaf = table_leaf(table, number);
  forget_found(table);
  leaf->there &= ~((uint64_t)1 << ((number - 1) & (TABLE_LEAF - 1)));
  leaf->alive--;
  table->count--;
  if (leaf == table->newest || leaf->alive * 8 > leaf->count * 3) return;
  settle_leaf(memory, table, (number - 1) >> TABLE_LEAF_BITS, leaf);
}

void *pbk_table_next(const struct table *table, uint64_t *number) {
  uint64_t at = *number;
  for (;;) {
    uint64_t place = at >> (TABLE_LEAF_BITS + TABLE_BRANCH_BITS);
    if (place >= table->branches.count) return NULL;
    const struct table_branch *branch = table->branches.items[place];
    if (!branch) {
      at = (place + 1) << (TABLE_LEAF_BITS + TABLE_BRANCH_BITS);
      continue;
    }
    struct table_leaf *leaf = branch->leaves[at >> TABLE_LEAF_BITS & (TABLE_BRANCH - 1)];
    uint64_t left = leaf ? leaf->there >> (at & (TABLE_LEAF - 1)) : 0;
    if (!left) {
      at = ((at >> TABLE_LEAF_BITS) + 1) << TABLE_LEAF_BITS;
      continue;
    }
    at += table_bits((left & (0 - left)) - 1);
    uint64_t below = ((uint64_t)1 << (at & (TABLE_LEAF - 1))) - 1;
    *number = at + 1;
    return item_of(table, leaf, table_bits(leaf->stored & below));
  }
}
