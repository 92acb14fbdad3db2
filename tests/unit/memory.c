/* tests/unit/memory.c - the allocator's door and arenas: counting, budget, refusal, alignment. */
#include "base/memory.h"

#include "unit/check.h"

static void counts_and_budget(void) {
  struct check_heap heap = {0};
  struct memory memory;
  pbk_memory_init(&memory, check_allocate, &heap, 100);
  char *first = pbk_allocate(&memory, 60);
  CHECK_EQUAL_UINT(memory.used, 60);
  CHECK_REFUSED(&memory, pbk_allocate(&memory, 41));
  CHECK_EQUAL_UINT(heap.calls, 1); /* the budget refused, the host was not asked */
  char *second = pbk_allocate(&memory, 40);
  CHECK_EQUAL_UINT(memory.used, 100);
  CHECK_REFUSED(&memory, pbk_allocate(&memory, 1));
  memory.budget = 10; /* lowered below what is out: nothing more, but giving back works */
  CHECK_REFUSED(&memory, pbk_allocate(&memory, 1));
  second = pbk_reallocate(&memory, second, 40, 30);
  CHECK_EQUAL_UINT(memory.used, 90);
  pbk_release(&memory, first, 60);
  pbk_release(&memory, second, 30);
  pbk_release(&memory, NULL, 30);
  CHECK_EQUAL_UINT(memory.used, 0);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void reallocation_keeps(void) {
  struct check_heap heap = {0};
  struct memory memory;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  char *text = pbk_allocate(&memory, 4);
  memcpy(text, "abc", 4);
  heap.fail_at = heap.calls + 1;
  CHECK_REFUSED(&memory, pbk_reallocate(&memory, text, 4, 1000));
  CHECK_EQUAL_BYTES(text, "abc", 4); /* the old block is still there */
  CHECK_EQUAL_UINT(memory.used, 4);
  heap.fail_at = 0;
  text = pbk_reallocate(&memory, text, 4, 1000);
  CHECK_EQUAL_BYTES(text, "abc", 4);
  CHECK_EQUAL_UINT(memory.used, 1000);
  CHECK(pbk_reallocate(&memory, text, 1000, 0) == NULL);
  CHECK_EQUAL_UINT(heap.out, 0);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void refuse_piece(struct arena *arena, size_t size) {
  CHECK_REFUSED(arena->memory, pbk_arena_allocate(arena, size));
}

static void impossible_sizes(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct arena arena;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  CHECK_REFUSED(&memory, pbk_allocate(&memory, SIZE_MAX));
  CHECK_REFUSED(&memory, pbk_allocate(&memory, (size_t)PTRDIFF_MAX + 1));
  for (size_t less = 0; less < 40; less++) refuse_piece(&arena, SIZE_MAX - less);
  CHECK_EQUAL_UINT(heap.calls, 0); /* a host that adds a header to such a size would wrap */
}

static void cleared(void) {
  struct check_heap heap = {0};
  struct memory memory;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  unsigned char *bytes = pbk_allocate_cleared(&memory, 100);
  for (int i = 0; i < 100; i++)
    if (bytes[i] != 0) CHECK_EQUAL_INT(bytes[i], 0);
  pbk_release(&memory, bytes, 100);
  CHECK(pbk_allocate_cleared(&memory, 0) == NULL);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void the_c_library(void) {
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  char *text = pbk_allocate(&memory, 10);
  text = pbk_reallocate(&memory, text, 10, 100000);
  text[99999] = 1;
  CHECK_EQUAL_UINT(memory.used, 100000);
  pbk_release(&memory, text, 100000);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void arena_pieces(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct arena arena;
  unsigned char *pieces[200];
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  for (uint32_t round = 0; round < 3; round++) {
    size_t total = 0;
    for (uint32_t i = 0; i < 200; i++) {
      pieces[i] = pbk_arena_allocate(&arena, i);
      CHECK_EQUAL_UINT((uintptr_t)pieces[i] % 8, 0);
      memset(pieces[i], (int)i, i);
      total += (i + 7) / 8 * 8;
    }
    CHECK_EQUAL_UINT(arena.total, total);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < 200; i++)
      for (uint32_t j = 0; j < i; j++) wrong += pieces[i][j] != i;
    CHECK_EQUAL_UINT(wrong, 0); /* no piece lies in another */
    pbk_arena_reset(&arena);
    CHECK_EQUAL_UINT(arena.total, 0);
  }
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(heap.out, 0);
  CHECK_EQUAL_UINT(memory.used, 0);
  pbk_arena_reset(&arena); /* of an empty one */
  pbk_arena_release(&arena);
}

static void reset_keeps_the_largest(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct arena arena;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  pbk_arena_allocate(&arena, 100);
  pbk_arena_allocate(&arena, 5 << 20);
  pbk_arena_allocate(&arena, 100); /* in a block of its own, smaller than the one before */
  pbk_arena_reset(&arena);
  CHECK(heap.out >= 5 << 20 && heap.out < 6 << 20);
  uint64_t calls = heap.calls;
  pbk_arena_allocate(&arena, 5 << 20);
  CHECK_EQUAL_UINT(heap.calls, calls); /* it was kept */
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void fill_arena(struct memory *memory, void *context) {
  struct arena *arena = context;
  pbk_arena_init(arena, memory);
  for (uint32_t i = 0; i < 2000; i++) pbk_arena_allocate(arena, i % 97);
}
static void empty_arena(struct memory *memory, void *context) {
  (void)memory;
  pbk_arena_release(context);
}
static void arena_refusal(void) {
  struct arena arena;
  CHECK(check_each_failure(fill_arena, empty_arena, &arena) > 3);
}

int main(void) {
  RUN(counts_and_budget);
  RUN(reallocation_keeps);
  RUN(impossible_sizes);
  RUN(cleared);
  RUN(the_c_library);
  RUN(arena_pieces);
  RUN(reset_keeps_the_largest);
  RUN(arena_refusal);
  return check_report();
}
