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
