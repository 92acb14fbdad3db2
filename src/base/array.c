/* base/array.c - see array.h. */
#include "base/array.h"

void *pbk_array_grow(struct memory *memory, void *items, uint32_t *capacity, uint32_t wanted, size_t item_size) {
  uint64_t larger = (uint64_t)*capacity + *capacity / 2;
  if (larger < 4) larger = 4;
  if (larger < wanted) larger = wanted;
  /* One less than a count can say, so that count + 1 never wraps: a full array asks for more and is refused. */
  if (larger > UINT32_MAX - 1) larger = UINT32_MAX - 1;
  size_t size = (size_t)*capacity * item_size;
  if (larger < wanted || larger > SIZE_MAX / item_size) pbk_reallocate(memory, items, size, SIZE_MAX); /* refused */
  items = pbk_reallocate(memory, items, size, (size_t)larger * item_size);
  *capacity = (uint32_t)larger;
  return items;
}

uint32_t pbk_more_room(struct memory *memory, uint32_t capacity, size_t head_size, size_t item_size) {
  enum { CUT = 16 }; /* sizes of blocks are whole multiples */
  uint64_t wanted = (uint64_t)capacity + capacity / 4 + 1, size = (head_size + wanted * item_size + CUT - 1) / CUT * CUT;
  uint64_t room = (size - head_size) / item_size;
  if (room >= UINT32_MAX || size > PTRDIFF_MAX) pbk_allocate(memory, SIZE_MAX); /* refused */
  return (uint32_t)room;
}
