/* base/roll.c - see roll.h. */
#include "base/roll.h"

struct roll_block {
  struct roll_block *next;
  uint32_t count, capacity;
  uint64_t numbers[];
};
struct roll_list {
  struct roll_block *first, *last;
  uint64_t count; /* numbers in all blocks */
  uint64_t gone;  /* of them, whose items are gone */
  struct roll_block *swept; /* the block swept last; NULL: the first is next */
  struct roll_block *read;  /* the block read last, where who reads on goes on; NULL: none, or it is gone */
  uint32_t unswept;         /* dropped since */
};

enum { BLOCK_LEAST = 6, BLOCK_MOST = 510 }; /* 64 and 4,096 bytes */
enum { LONG = 4096, SWEEP_EVERY = BLOCK_MOST / 4 };

static struct roll_list *list_of(const roll *word) { return (struct roll_list *)(uintptr_t)*word; }
static bool is_single(const roll *word) { return *word & 1; }
static size_t block_size(uint32_t capacity) { return sizeof(struct roll_block) + (size_t)capacity * sizeof(uint64_t); }

static struct roll_block *new_block(struct memory *memory, uint32_t capacity) {
  struct roll_block *block = pbk_allocate(memory, block_size(capacity));
  *block = (struct roll_block){.capacity = capacity};
  return block;
}

static void release_blocks(struct memory *memory, struct roll_block *block) {
  while (block) {
    struct roll_block *next = block->next;
    pbk_release(memory, block, block_size(block->capacity));
    block = next;
  }
}

void pbk_roll_release(struct memory *memory, roll *word) {
  if (*word && !is_single(word)) {
    release_blocks(memory, list_of(word)->first);
    pbk_release(memory, list_of(word), sizeof(struct roll_list));
  }
  *word = 0;
}

/* ---- adding ---- */

static void begin_list(struct memory *memory, roll *word, uint64_t number) {
  struct roll_list *list = pbk_allocate(memory, sizeof *list);
  struct roll_block *block = pbk_try_reallocate(memory, NULL, 0, block_size(BLOCK_LEAST));
  if (!block) { /* nothing of it remains */
    pbk_release(memory, list, sizeof *list);
    block = pbk_allocate(memory, SIZE_MAX);
  }
  *block = (struct roll_block){.count = 2, .capacity = BLOCK_LEAST};
  block->numbers[0] = *word >> 1;
  block->numbers[1] = number;
  *list = (struct roll_list){.first = block, .last = block, .count = 2};
  *word = (uint64_t)(uintptr_t)list;
}

void pbk_roll_add(struct memory *memory, roll *word, uint64_t number) {
  if (!*word) {
    *word = number << 1 | 1;
    return;
  }
  if (is_single(word)) {
    begin_list(memory, word, number);
    return;
  }
  struct roll_list *list = list_of(word);
  struct roll_block *last = list->last;
  if (last->count == last->capacity) {
    uint32_t capacity = last->capacity * 2 + 2;
    last = new_block(memory, capacity < BLOCK_MOST ? capacity : BLOCK_MOST);
    list->last->next = last;
    list->last = last;
  }
  last->numbers[last->count++] = number;
  list->count++;
}

/* ---- dropping ---- */

/* Drops the numbers of what is gone, and the blocks that are not needed any more. */
static void tidy(struct memory *memory, roll *word, const struct table *table) {
  struct roll_list *list = list_of(word);
  struct roll_block *to = list->first;
  uint32_t at = 0;
  uint64_t kept = 0;
  for (const struct roll_block *from = list->first; from; from = from->next)
    for (uint32_t i = 0; i < from->count; i++) {
      if (!table_has(table, from->numbers[i])) continue;
      if (at == to->capacity) {
        to->count = at;
        to = to->next;
        at = 0;
      }
      to->numbers[at++] = from->numbers[i];
      kept++;
    }
  to->count = at;
  if (kept <= 1) {
    roll left = kept ? list->first->numbers[0] << 1 | 1 : 0;
    pbk_roll_release(memory, word);
    *word = left;
    return;
  }
  release_blocks(memory, to->next);
  to->next = NULL;
  *list = (struct roll_list){.first = list->first, .last = to, .count = kept};
}

/* Does that for the next block of a long list, which is put into the one before it where it fits: no drop takes long. */
static void sweep(struct memory *memory, struct roll_list *list, const struct table *table) {
  if (list->swept && !list->swept->next) list->swept = NULL;
  struct roll_block *before = list->swept, *block = before ? before->next : list->first;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < block->count; i++)
    if (table_has(table, block->numbers[i])) block->numbers[kept++] = block->numbers[i];
  list->count -= block->count - kept;
  list->gone -= block->count - kept;
  block->count = kept;
  if (block == list->last || (before ? before->capacity - before->count < kept : kept > 0)) {
    list->swept = block;
    return;
  }
  if (before) {
    memcpy(before->numbers + before->count, block->numbers, kept * sizeof *block->numbers);
    before->count += kept;
    before->next = block->next;
  } else {
    list->first = block->next;
  }
  if (list->read == block) list->read = NULL;
  pbk_release(memory, block, block_size(block->capacity));
}

void pbk_roll_drop(struct memory *memory, roll *word, const struct table *table, uint64_t number) {
  if (is_single(word) || !*word) {
    if (*word >> 1 == number) *word = 0;
    return;
  }
  struct roll_list *list = list_of(word);
  if (++list->gone == list->count) {
    pbk_roll_release(memory, word);
  } else if (list->count <= LONG) {
    if (list->gone * 2 >= list->count) tidy(memory, word, table);
  } else if (++list->unswept >= SWEEP_EVERY) {
    list->unswept = 0;
    sweep(memory, list, table);
  }
}

/* ---- reading ---- */

uint32_t pbk_roll_read(const roll *word, const struct table *table, uint64_t after, uint64_t *numbers, uint32_t most) {
  uint32_t count = 0;
  if (!*word) return 0;
  if (is_single(word)) {
    if (*word >> 1 > after) numbers[count++] = *word >> 1;
    return count;
  }
  struct roll_list *list = list_of(word);
  struct roll_block *block = list->read && list->read->count > 0 && list->read->numbers[0] <= after ? list->read : list->first;
  for (; block; block = block->next) {
    if (block->count == 0 || block->numbers[block->count - 1] <= after) continue;
    uint32_t low = 0, high = block->count;
    while (low < high) {
      uint32_t middle = low + (high - low) / 2;
      if (block->numbers[middle] <= after) low = middle + 1;
      else high = middle;
    }
    list->read = block;
    for (; low < block->count; low++) {
      if (!table_has(table, block->numbers[low])) continue;
      numbers[count++] = block->numbers[low];
      if (count == most) return count;
    }
  }
  return count;
}
