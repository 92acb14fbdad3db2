/* tests/unit/heap.c - numbers come out smallest first, whatever the order they went in. */
#include "base/heap.h"
#include "unit/check.h"

static uint64_t state = 7;
static uint64_t random_number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 33;
}

static void comes_out_ascending(void) {
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  number_list heap = {0};
  for (uint32_t count = 0; count < 200; count++) {
    uint64_t sum = 0, out = 0, last = 0;
    for (uint32_t i = 0; i < count; i++) {
      uint64_t number = random_number() % 50; /* many equal ones */
      sum += number;
      pbk_heap_push(&memory, &heap, number);
    }
    while (heap.count > 0) {
      uint64_t number = pbk_heap_pop(&heap);
      CHECK(number >= last);
      last = number;
      out += number;
    }
    CHECK_EQUAL_UINT(out, sum);
  }
  array_release(&memory, &heap);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void keeps_the_order_of_signed_numbers(void) {
  static const int64_t ascending[] = {INT64_MIN, -5, -1, 0, 1, 5, INT64_MAX};
  for (uint32_t i = 0; i < 7; i++) {
    CHECK_EQUAL_INT(signed_of_heap(heap_of_signed(ascending[i])), ascending[i]);
    if (i > 0) CHECK(heap_of_signed(ascending[i - 1]) < heap_of_signed(ascending[i]));
  }
}

int main(void) {
  RUN(comes_out_ascending);
  RUN(keeps_the_order_of_signed_numbers);
  return check_report();
}
