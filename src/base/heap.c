/* base/heap.c - see heap.h. */
#include "base/heap.h"

void pbk_heap_push(struct memory *memory, number_list *heap, uint64_t number) {
  array_push(memory, heap, number);
  uint64_t *items = heap->items;
  uint32_t at = heap->count - 1;
  while (at > 0 && number < items[(at - 1) / 2]) {
    items[at] = items[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  items[at] = number;
}

uint64_t pbk_heap_pop(number_list *heap) {
  uint64_t *items = heap->items;
  uint64_t top = items[0], last = items[--heap->count];
  uint32_t count = heap->count, at = 0;
  for (;;) {
    uint32_t child = at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && items[child + 1] < items[child]) child++;
    if (items[child] >= last) break;
    items[at] = items[child];
    at = child;
  }
  if (count > 0) items[at] = last;
  return top;
}
