/* tests/unit/sparse.c - words for some of many indexes: found, walked in order, gone without leaving room behind. */
#include "base/sparse.h"
#include "unit/check.h"

static struct memory memory;
static struct sparse sparse;

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  sparse = (struct sparse){0};
}
static void end(void) {
  pbk_sparse_release(&memory, &sparse);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void nothing(void) {
  begin();
  CHECK(sparse_at(&sparse, 0) == NULL);
  CHECK_EQUAL_UINT(sparse_word(&sparse, UINT32_MAX), 0);
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, 0), UINT32_MAX);
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, UINT32_MAX), UINT32_MAX);
  uint64_t *word = sparse_need(&memory, &sparse, 5000);
  CHECK_EQUAL_UINT(*word, 0);
  *word = 2;
  CHECK(sparse_at(&sparse, 5000) == word);
  CHECK(sparse_need(&memory, &sparse, 5000) == word);
  CHECK(!sparse_at(&sparse, 4999) && !sparse_at(&sparse, 5064) && !sparse_at(&sparse, 0) && !sparse_at(&sparse, UINT32_MAX));
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, 0), 5000);
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, 5001), UINT32_MAX);
  *word = 0;
  sparse_drop(&memory, sparse_group(&sparse, 5000), word);
  CHECK(sparse_at(&sparse, 5000) == NULL);
  end();
}

static uint64_t state;
static uint32_t random_below(uint32_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((state >> 33) % limit);
}

static void drop(uint32_t index) {
  uint64_t *word = sparse_at(&sparse, index);
  CHECK(word != NULL);
  *word = 0;
  sparse_drop(&memory, sparse_group(&sparse, index), word);
}

enum { RANGE = 20000 };
static uint64_t words[RANGE];

static void check_all(void) {
  uint32_t next = 0;
  for (uint32_t i = 0; i < RANGE; i++) {
    CHECK_EQUAL_INT(sparse_at(&sparse, i) != NULL, words[i] != 0);
    CHECK_EQUAL_UINT(sparse_word(&sparse, i), words[i]);
    if (!words[i]) continue;
    next = pbk_sparse_next(&sparse, next);
    CHECK_EQUAL_UINT(next++, i);
  }
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, next), UINT32_MAX);
}

/* At any share of those that have one. */
static void come_and_go(void) {
  static const uint32_t shares[] = {1, 5, 50, 95, 100, 30, 0, 100, 2};
  begin();
  state = 7;
  memset(words, 0, sizeof words);
  for (uint32_t round = 0; round < sizeof shares / sizeof *shares; round++) {
    for (uint32_t i = 0; i < 4 * RANGE; i++) {
      uint32_t index = i < 2 * RANGE ? random_below(RANGE) : i % RANGE;
      bool wanted = random_below(100) < shares[round];
      if (wanted && random_below(2)) {
        *sparse_need(&memory, &sparse, index) = words[index] = (uint64_t)i << 20 | index | 1;
      } else if (!wanted && words[index]) {
        drop(index);
        words[index] = 0;
      }
    }
    check_all();
  }
  end();
}

/* Few cost next to nothing, and what is gone leaves nothing behind but the groups. */
static void room(void) {
  begin();
  for (uint32_t i = 0; i < 1000000; i++) {
    *sparse_need(&memory, &sparse, i) = 1;
    if (i >= 100) drop(i - 100);
  }
  CHECK(memory.used < 1000000 / 2 + 16384);
  end();
}

/* The largest index, and what it says it may take. */
static void far(void) {
  begin();
  uint64_t said = pbk_sparse_growth(&sparse, UINT32_MAX);
  *sparse_need(&memory, &sparse, UINT32_MAX - 1) = 3;
  CHECK(memory.used <= said + 4096);
  CHECK_EQUAL_UINT(pbk_sparse_growth(&sparse, UINT32_MAX), 0);
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, 0), UINT32_MAX - 1);
  CHECK_EQUAL_UINT(sparse_word(&sparse, UINT32_MAX - 1), 3);
  CHECK_EQUAL_UINT(pbk_sparse_next(&sparse, UINT32_MAX), UINT32_MAX);
  end();
}

static void *refuse_all(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)old_size;
  if (new_size && *(bool *)context) return NULL;
  if (new_size) return realloc(pointer, new_size);
  free(pointer);
  return NULL;
}

/* Removing never fails; what could not be added is not there, and all else is as it was. */
static void no_memory(void) {
  bool refuse = false;
  jmp_buf failed;
  pbk_memory_init(&memory, refuse_all, &refuse, UINT64_MAX);
  sparse = (struct sparse){0};
  memset(words, 0, sizeof words);
  for (uint32_t i = 0; i < 6; i++) *sparse_need(&memory, &sparse, i) = words[i] = i + 1;
  for (uint32_t i = 128; i < 131; i++) *sparse_need(&memory, &sparse, i) = words[i] = i + 1;
  *sparse_need(&memory, &sparse, 64) = words[64] = 9;
  refuse = true;
  static const uint32_t others[] = {131, 191, 10000};
  for (volatile uint32_t i = 0; i < 3; i++) {
    if (setjmp(failed) == 0) {
      memory.on_failure = &failed;
      sparse_need(&memory, &sparse, others[i]);
      CHECK(false);
    }
    check_all();
  }
  for (uint32_t i = 0; i < 6; i++) {
    drop(i);
    words[i] = 0;
    check_all();
  }
  end();
}

int main(void) {
  RUN(nothing);
  RUN(come_and_go);
  RUN(room);
  RUN(far);
  RUN(no_memory);
  return check_report();
}
