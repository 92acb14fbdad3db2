/* tests/unit/array.c - growable arrays: pushing, gaps, removal, refusal. */
#include "base/array.h"

#include "unit/check.h"

typedef ARRAY(uint32_t) numbers;

static void pushing(void) {
  struct check_heap heap = {0};
  struct memory memory;
  numbers array = {0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  for (uint32_t i = 0; i < 100000; i++) array_push(&memory, &array, i * 3);
  CHECK_EQUAL_UINT(array.count, 100000);
  CHECK(array.capacity >= array.count && array.capacity <= 150000);
  CHECK(heap.calls < 40); /* grows by a factor */
  CHECK_EQUAL_UINT(memory.used, array.capacity * sizeof *array.items);
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < array.count; i++) wrong += array.items[i] != i * 3;
  CHECK_EQUAL_UINT(wrong, 0);
  array_release(&memory, &array);
  CHECK(array.items == NULL && array.count == 0 && array.capacity == 0);
  CHECK_EQUAL_UINT(heap.out, 0);
  array_release(&memory, &array); /* an empty one */
}

static void gaps_and_removal(void) {
  struct check_heap heap = {0};
  struct memory memory;
  numbers array = {0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  array_insert(&memory, &array, 0, 2u);
  array_insert(&memory, &array, 0, 0u);
  array_insert(&memory, &array, 2, 3u);
  array_insert(&memory, &array, 1, 1u);
  array_insert(&memory, &array, 4, 4u); /* grows here */
  CHECK_EQUAL_UINT(array.count, 5);
  for (uint32_t i = 0; i < 5; i++) CHECK_EQUAL_UINT(array.items[i], i);
  array_remove(&array, 0);
  array_remove(&array, 1);
  array_remove(&array, 2);
  CHECK_EQUAL_UINT(array.count, 2);
  CHECK_EQUAL_UINT(array.items[0], 1);
  CHECK_EQUAL_UINT(array.items[1], 3);
  array_release(&memory, &array);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void reserving(void) {
  struct check_heap heap = {0};
  struct memory memory;
  numbers array = {0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  array_reserve(&memory, &array, array.count);
  CHECK_EQUAL_UINT(heap.calls, 0);
  array_reserve(&memory, &array, 1000);
  CHECK_EQUAL_UINT(array.capacity, 1000);
  for (uint32_t i = 0; i < 1000; i++) array_push(&memory, &array, i);
  CHECK_EQUAL_UINT(heap.calls, 1);
  array_release(&memory, &array);
}

static void refusal(void) {
  struct check_heap heap = {0};
  struct memory memory;
  numbers array = {0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  for (uint32_t i = 0; i < 4; i++) array_push(&memory, &array, i);
  heap.fail_at = heap.calls + 1;
  CHECK_EQUAL_UINT(array.capacity, 4);
  CHECK_REFUSED(&memory, array_push(&memory, &array, 4u));
  CHECK_EQUAL_UINT(array.count, 4); /* as it was */
  CHECK_EQUAL_UINT(array.capacity, 4);
  CHECK_EQUAL_UINT(array.items[3], 3);
  heap.fail_at = 0;

  /* An array that is as full as its count can say: no wrapping around to 0. */
  uint32_t capacity = UINT32_MAX - 1;
  CHECK_REFUSED(&memory, pbk_array_grow(&memory, NULL, &capacity, UINT32_MAX, 1));
  CHECK_EQUAL_UINT(capacity, UINT32_MAX - 1);
  memory.budget = 1000;
  capacity = 0;
  CHECK_REFUSED(&memory, pbk_array_grow(&memory, NULL, &capacity, UINT32_MAX - 1, 1 << 20));
  array_release(&memory, &array);
  CHECK_EQUAL_UINT(heap.out, 0);
}

int main(void) {
  RUN(pushing);
  RUN(gaps_and_removal);
  RUN(reserving);
  RUN(refusal);
  return check_report();
}
