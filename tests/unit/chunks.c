/* tests/unit/chunks.c - blocks of all sizes out of a few large ones: classes, reuse, large blocks, what is put by, and everything back in the
 * end. Under a sanitizer every block is the host's own, which is checked as such. */
#include "base/chunks.h"

#include "check.h"

#if defined(__SANITIZE_ADDRESS__)
enum { IN_CHUNKS = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { IN_CHUNKS = 0 };
#else
enum { IN_CHUNKS = 1 };
#endif
#else
enum { IN_CHUNKS = 1 };
#endif

static void begin(struct memory *memory, struct check_heap *heap, uint64_t budget) {
  *heap = (struct check_heap){0};
  pbk_memory_init(memory, check_allocate, heap, budget);
  pbk_memory_use_chunks(memory);
}

/* Everything goes back to the host, whatever is out. */
static void end(struct memory *memory, struct check_heap *heap) {
  pbk_memory_release(memory);
  CHECK_EQUAL_UINT(heap->out, 0);
  CHECK_EQUAL_UINT(memory->used, 0);
  CHECK_EQUAL_UINT(memory->chunks.handed, 0);
}

static void fill(void *block, size_t size, unsigned char with) { memset(block, with, size); }
static bool holds(const void *block, size_t size, unsigned char what) {
  const unsigned char *bytes = block;
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != what) return false;
  return true;
}

/* ---- sizes ---- */

/* No two blocks of any sizes share a byte, and all are aligned for any object. */
static void all_sizes(void) {
  enum { COUNT = 2200 };
  static void *blocks[COUNT];
  static size_t sizes[COUNT];
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  uint64_t handed = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    sizes[i] = i < 1100 ? i + 1 : 1100 + (size_t)(i - 1100) * 61; /* over the largest small one too */
    blocks[i] = pbk_chunks_allocate(&memory, sizes[i]);
    if (!CHECK(blocks[i] != NULL)) return;
    handed += sizes[i];
    if ((uintptr_t)blocks[i] % 16) CHECK_EQUAL_UINT((uintptr_t)blocks[i] % 16, 0);
    fill(blocks[i], sizes[i], (unsigned char)i);
  }
  CHECK_EQUAL_UINT(memory.chunks.handed, handed);
  for (uint32_t i = 0; i < COUNT; i++)
    if (!holds(blocks[i], sizes[i], (unsigned char)i)) {
      check_note("%zu bytes", sizes[i]);
      CHECK(false);
    }
  for (uint32_t i = 0; i < COUNT; i += 2) pbk_chunks_free(&memory, blocks[i], sizes[i]);
  for (uint32_t i = 1; i < COUNT; i += 2) CHECK(holds(blocks[i], sizes[i], (unsigned char)i)); /* lists of free ones stand elsewhere */
  end(&memory, &heap);
}

/* A size and the next larger one of its class are the same block's; given back, it serves both. */
static void classes(void) {
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, UINT64_MAX);
  static const struct {
    size_t size, like, unlike;
  } cases[] = {{1, 16, 17},         {17, 32, 33},         {1009, 1024, 1025},    {1025, 1280, 1281},   {1281, 1536, 1537},
               {1793, 2048, 2049},  {2049, 2560, 2561},   {3585, 4096, 4097},    {16385, 20480, 20481}, {28673, 32768, 32769}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%zu", cases[i].size);
    void *block = pbk_chunks_allocate(&memory, cases[i].size);
    CHECK(pbk_chunks_reallocate(&memory, block, cases[i].size, cases[i].like) == block);
    pbk_chunks_free(&memory, block, cases[i].like);
    void *other = pbk_chunks_allocate(&memory, cases[i].unlike);
    CHECK(other != block);
    CHECK(pbk_chunks_allocate(&memory, cases[i].size) == block);
    CHECK_EQUAL_UINT(memory.chunks.handed, cases[i].size + cases[i].unlike);
    pbk_chunks_free(&memory, other, cases[i].unlike);
    pbk_chunks_free(&memory, block, cases[i].size);
  }
  end(&memory, &heap);
}

/* What was given back is cut again for smaller ones, the smallest that is large enough first. */
static void cut_again(void) {
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, UINT64_MAX);
  unsigned char *large = pbk_chunks_allocate(&memory, 256), *other = pbk_chunks_allocate(&memory, 96);
  pbk_chunks_free(&memory, large, 256);
  pbk_chunks_free(&memory, other, 96);
  CHECK(pbk_chunks_allocate(&memory, 80) == other);
  CHECK(pbk_chunks_allocate(&memory, 16) == other + 80);
  CHECK(pbk_chunks_allocate(&memory, 96) == large);
  CHECK(pbk_chunks_allocate(&memory, 144) == large + 96);
  CHECK(pbk_chunks_allocate(&memory, 16) == large + 240);
  unsigned char *small = pbk_chunks_allocate(&memory, 64);
  CHECK(small < large || small >= large + 256);
  pbk_chunks_free(&memory, small, 64);
  CHECK(pbk_chunks_allocate(&memory, 1100) != NULL);
  CHECK(pbk_chunks_allocate(&memory, 64) == small);
  end(&memory, &heap);
}

/* What may be a step larger is told to be where that leaves nothing over. */
static void handy(void) {
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, UINT64_MAX);
  CHECK_EQUAL_UINT(pbk_chunks_handy(&memory, 80), 80);
  void *block = pbk_chunks_allocate(&memory, 96), *same = pbk_chunks_allocate(&memory, 80);
  pbk_chunks_free(&memory, block, 96);
  CHECK_EQUAL_UINT(pbk_chunks_handy(&memory, 80), 96);
  CHECK_EQUAL_UINT(pbk_chunks_handy(&memory, 96), 96);
  CHECK_EQUAL_UINT(pbk_chunks_handy(&memory, 64), 64); /* two steps */
  pbk_chunks_free(&memory, same, 80);
  CHECK_EQUAL_UINT(pbk_chunks_handy(&memory, 80), 80);
  for (size_t size = 0; size < 70000; size += 16) CHECK(pbk_chunks_handy(&memory, size) >= size);
  end(&memory, &heap);
}

/* Before the host is asked for more, all that was given back is used: large blocks in parts, small ones for smaller still. */
static void all_that_there_is(void) {
  static const size_t given[] = {24576, 5000, 1100, 1024, 64, 48};
  enum { COUNT = sizeof given / sizeof *given, MOST = 2000 };
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, UINT64_MAX);
  void *blocks[COUNT];
  size_t room = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    blocks[i] = pbk_chunks_allocate(&memory, given[i]);
    room += given[i];
  }
  for (uint32_t i = 0; i < COUNT; i++) pbk_chunks_free(&memory, blocks[i], given[i]);
  uint64_t calls = heap.calls;
  heap.fail_at = calls + 1;
  uint32_t count = 0;
  while (count < MOST * 2 && pbk_chunks_allocate(&memory, 16)) count++;
  CHECK(count >= room / 16);
  CHECK_EQUAL_UINT(heap.calls, calls + 2); /* it was asked when there was nothing left: for a large piece, for a small one */
  end(&memory, &heap);
}

/* A steady state asks the host for nothing. */
static void steady_state(void) {
  enum { COUNT = 500 };
  void *blocks[COUNT];
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, UINT64_MAX);
  uint64_t calls = 0;
  for (int round = 0; round < 20; round++) {
    for (uint32_t i = 0; i < COUNT; i++) blocks[i] = pbk_chunks_allocate(&memory, 8 + (size_t)(i * 37 % 900));
    for (uint32_t i = COUNT; i-- > 0;) pbk_chunks_free(&memory, blocks[i], 8 + (size_t)(i * 37 % 900));
    if (round == 0) calls = heap.calls;
    CHECK_EQUAL_UINT(memory.chunks.handed, 0);
  }
  CHECK(calls > 0);
  CHECK(calls < 40); /* a few large ones, not one for each */
  CHECK_EQUAL_UINT(heap.calls, calls);
  end(&memory, &heap);
}

static void reallocating(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  static const size_t sizes[] = {1, 16, 17, 100, 1024, 1025, 5000, 32768, 32769, 70000, 200000, 40000, 32768, 300, 300, 5};
  unsigned char *block = pbk_chunks_allocate(&memory, 1), *neighbour = pbk_chunks_allocate(&memory, 64);
  *block = 7;
  fill(neighbour, 64, 9);
  size_t size = 1, written = 1;
  for (uint32_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
    block = pbk_chunks_reallocate(&memory, block, size, sizes[i]);
    if (!CHECK(block != NULL)) return;
    size = sizes[i];
    check_note("to %zu bytes", size);
    CHECK(holds(block, written < size ? written : size, 7));
    fill(block, size, 7);
    written = size;
    CHECK_EQUAL_UINT(memory.chunks.handed, size + 64);
  }
  CHECK(holds(neighbour, 64, 9));
  pbk_chunks_free(&memory, block, size);
  pbk_chunks_free(&memory, neighbour, 64);
  end(&memory, &heap);
}

/* What the host refuses leaves the old block as it was. */
static void refused(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  void *small = pbk_chunks_allocate(&memory, 100), *large = pbk_chunks_allocate(&memory, 100000);
  fill(small, 100, 1);
  fill(large, 100000, 2);
  heap.fail_at = heap.calls + 1;
  CHECK(pbk_chunks_allocate(&memory, 50000) == NULL);
  CHECK(pbk_chunks_reallocate(&memory, large, 100000, 200000) == NULL);
  CHECK(pbk_chunks_reallocate(&memory, small, 100, 40000) == NULL);
  CHECK(holds(small, 100, 1));
  CHECK(holds(large, 100000, 2));
  CHECK_EQUAL_UINT(memory.chunks.handed, 100100);
  CHECK(pbk_chunks_allocate(&memory, SIZE_MAX) == NULL);
  CHECK(pbk_chunks_allocate(&memory, SIZE_MAX - 100) == NULL);
  CHECK(pbk_chunks_allocate(&memory, (size_t)PTRDIFF_MAX) == NULL);
  CHECK(pbk_chunks_reallocate(&memory, large, 100000, SIZE_MAX - 40) == NULL);
  CHECK(!pbk_chunks_reserve(&memory, (size_t)PTRDIFF_MAX));
  end(&memory, &heap);
}

/* A small chunk will do where the host has no large one. */
static void smaller_chunks(void) {
  struct memory memory;
  struct check_heap heap;
  if (!IN_CHUNKS) return;
  begin(&memory, &heap, 6000);
  uint32_t count = 0;
  while (count < 1000 && pbk_chunks_allocate(&memory, 200)) count++;
  CHECK(count >= 20); /* no 16 KiB fit, but most of what there is can be used */
  CHECK(count <= 30);
  CHECK(heap.most <= 6000);
  end(&memory, &heap);
}

static void budget(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, 1 << 20);
  uint64_t random = 1;
  uint32_t count = 0;
  while (pbk_chunks_allocate(&memory, 1 + check_random_below(&random, 5000))) count++;
  CHECK(count > 200);
  CHECK(heap.most <= 1 << 20);
  CHECK_EQUAL_UINT(memory.used, heap.out);
  CHECK(!pbk_chunks_reserve(&memory, 1 << 20));
  end(&memory, &heap);
}

/* ---- what is put by ---- */

static void only_where_it_may_be_used(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  CHECK(pbk_chunks_reserve(&memory, 100000));
  uint64_t calls = heap.calls;
  CHECK(pbk_chunks_reserve(&memory, 100000)); /* it is there */
  CHECK(pbk_chunks_reserve(&memory, 5));
  CHECK_EQUAL_UINT(heap.calls, calls);
  heap.fail_at = calls + 1; /* the host has nothing any more */
  CHECK(pbk_chunks_allocate(&memory, 50) == NULL);
  CHECK(pbk_chunks_allocate(&memory, 50000) == NULL);
  CHECK(!pbk_chunks_reserve(&memory, 200000));
  CHECK(pbk_chunks_reserve(&memory, 90000)); /* what was put by stays */
  memory.chunks.may_use_spare = true;
  CHECK(pbk_chunks_allocate(&memory, 200000) == NULL); /* more than that */
  void *large = pbk_chunks_allocate(&memory, 50000);
  CHECK(large != NULL);
  CHECK(!pbk_chunks_reserve(&memory, 5)); /* it had to be used */
  void *second = pbk_chunks_allocate(&memory, 30000), *small = IN_CHUNKS ? pbk_chunks_allocate(&memory, 1000) : second;
  CHECK(second != NULL && small != NULL);
  fill(large, 50000, 1);
  fill(second, 30000, 2);
  CHECK(holds(large, 50000, 1));
  CHECK(pbk_chunks_allocate(&memory, 30000) == NULL); /* used up */
  CHECK_EQUAL_UINT(memory.chunks.handed, IN_CHUNKS ? 81000 : 80000);
  end(&memory, &heap);
}

/* A host that refuses once: what was put by serves, and is put by again. */
static void refused_once(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  CHECK(pbk_chunks_reserve(&memory, 60000));
  memory.chunks.may_use_spare = true;
  heap.fail_at = heap.calls + 1;
  void *block = pbk_chunks_allocate(&memory, 40000);
  CHECK(block != NULL);
  CHECK(memory.chunks.spare == NULL);
  heap.fail_at = 0;
  memory.chunks.may_use_spare = false;
  CHECK(pbk_chunks_reserve(&memory, 60000));
  CHECK(memory.chunks.spare != NULL);
  CHECK(memory.chunks.spare_size >= 60000);
  /* A large block that lies in a chunk: it moves where it grows, and its place is used by others. */
  fill(block, 40000, 3);
  void *grown = pbk_chunks_reallocate(&memory, block, 40000, 80000);
  CHECK(grown != NULL && grown != block);
  CHECK(holds(grown, 40000, 3));
  pbk_chunks_free(&memory, grown, 80000);
  CHECK_EQUAL_UINT(memory.chunks.handed, 0);
  if (IN_CHUNKS) {
    heap.fail_at = heap.calls + 1;
    CHECK(pbk_chunks_allocate(&memory, 30000) != NULL); /* of what came back, or was left of it */
  }
  end(&memory, &heap);
}

/* A large command puts much by; that is given back when the small ones come. */
static void not_for_ever(void) {
  struct memory memory;
  struct check_heap heap;
  begin(&memory, &heap, UINT64_MAX);
  CHECK(pbk_chunks_reserve(&memory, 16 << 20));
  CHECK(heap.out >= 16 << 20);
  CHECK(pbk_chunks_reserve(&memory, 100000));
  CHECK(heap.out < 1 << 20);
  CHECK(memory.chunks.spare_size >= 100000);
  CHECK(pbk_chunks_reserve(&memory, 16 << 20));
  heap.fail_at = heap.calls + 1;
  CHECK(pbk_chunks_reserve(&memory, 100000)); /* no smaller one is to be had: the large one serves */
  CHECK(memory.chunks.spare_size >= 16 << 20);
  end(&memory, &heap);
}

/* ---- whatever comes ---- */

/* Any order of allocations, growing, shrinking and freeing, the host refusing now and then: what blocks hold stays. */
static void random_use(void) {
  enum { COUNT = 300, STEPS = 20000 };
  static struct {
    unsigned char *bytes;
    size_t size;
    unsigned char with;
  } blocks[COUNT];
  struct memory memory;
  struct check_heap heap;
  uint64_t random = 7;
  memset(blocks, 0, sizeof blocks);
  begin(&memory, &heap, 24 << 20);
  uint32_t refusals = 0, wrong = 0;
  uint64_t handed = 0;
  for (uint32_t step = 0; step < STEPS; step++) {
    uint32_t at = check_random_below(&random, COUNT);
    uint32_t most = check_random_below(&random, 10) ? 3000 : 100000;
    size_t size = 1 + check_random_below(&random, most);
    heap.fail_at = check_random_below(&random, 20) ? 0 : heap.calls + 1;
    memory.chunks.may_use_spare = check_random_below(&random, 2);
    if (check_random_below(&random, 10) == 0) pbk_chunks_reserve(&memory, 1 + check_random_below(&random, 200000));
    if (blocks[at].bytes && !holds(blocks[at].bytes, blocks[at].size, blocks[at].with)) wrong++;
    if (blocks[at].bytes && check_random_below(&random, 3) == 0) {
      pbk_chunks_free(&memory, blocks[at].bytes, blocks[at].size);
      handed -= blocks[at].size;
      blocks[at].bytes = NULL;
      continue;
    }
    size_t old = blocks[at].bytes ? blocks[at].size : 0;
    void *block = old ? pbk_chunks_reallocate(&memory, blocks[at].bytes, old, size) : pbk_chunks_allocate(&memory, size);
    if (!block) {
      refusals++;
      continue;
    }
    if (old && !holds(block, old < size ? old : size, blocks[at].with)) wrong++;
    blocks[at].bytes = block;
    blocks[at].size = size;
    blocks[at].with = (unsigned char)step;
    fill(block, size, blocks[at].with);
    handed = handed + size - old; /* not += size - old: that would wrap where sizes have 32 bits */
    if (memory.chunks.handed != handed) wrong++;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(refusals > 10);
  CHECK_EQUAL_UINT(memory.used, heap.out);
  CHECK(heap.most <= 24 << 20);
  heap.fail_at = 0;
  for (uint32_t i = 0; i < COUNT; i++)
    if (blocks[i].bytes) pbk_chunks_free(&memory, blocks[i].bytes, blocks[i].size);
  CHECK_EQUAL_UINT(memory.chunks.handed, 0);
  end(&memory, &heap);
}

int main(void) {
  RUN(all_sizes);
  RUN(classes);
  RUN(cut_again);
  RUN(handy);
  RUN(all_that_there_is);
  RUN(steady_state);
  RUN(reallocating);
  RUN(refused);
  RUN(smaller_chunks);
  RUN(budget);
  RUN(only_where_it_may_be_used);
  RUN(refused_once);
  RUN(not_for_ever);
  RUN(random_use);
  return check_report();
}
