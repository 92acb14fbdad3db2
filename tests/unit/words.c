/* tests/unit/words.c - words by index, zero until they are set. */
#include "base/words.h"
#include "unit/check.h"

static void set_and_read(void) {
  static const uint32_t indexes[] = {0, 1, 255, 256, 1000, 70000, 300001, 5};
  enum { COUNT = sizeof indexes / sizeof *indexes };
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  struct words words = {0};
  CHECK(words_at(&words, 0) == NULL);
  CHECK_EQUAL_UINT(word_at(&words, UINT32_MAX), 0);
  CHECK_EQUAL_UINT(pbk_words_skip(&words, 0), UINT32_MAX);
  for (uint32_t i = 0; i < COUNT; i++) {
    uint64_t *word = pbk_words_need(&memory, &words, indexes[i]);
    CHECK_EQUAL_UINT(*word, 0);
    *word = indexes[i] + (uint64_t)7;
  }
  for (uint32_t i = 0; i < COUNT; i++) CHECK_EQUAL_UINT(word_at(&words, indexes[i]), indexes[i] + (uint64_t)7);
  CHECK_EQUAL_UINT(word_at(&words, 2), 0);
  CHECK_EQUAL_UINT(word_at(&words, 2000), 0);
  CHECK(words_at(&words, 2000) == NULL);
  uint32_t found = 0;
  for (uint32_t i = pbk_words_skip(&words, 0); i != UINT32_MAX; i = pbk_words_skip(&words, i + 1)) found += word_at(&words, i) != 0;
  CHECK_EQUAL_UINT(found, COUNT);
  pbk_words_release(&memory, &words);
  CHECK_EQUAL_UINT(memory.used, 0);
}

/* What it says it may take is what it takes, but for little. */
static void growth(void) {
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  struct words words = {0};
  uint64_t said = pbk_words_growth(&words, 100000000), before = memory.used;
  pbk_words_need(&memory, &words, 99999999);
  CHECK(memory.used - before <= said + 4096);
  CHECK_EQUAL_UINT(pbk_words_growth(&words, 100000000), 0);
  for (uint32_t index = 0; index < 4000000000u; index += 7919) {
    if (index > 200000000) index += 100000000;
    said = pbk_words_growth(&words, index + 1);
    before = memory.used;
    pbk_words_need(&memory, &words, index);
    if (memory.used > before) CHECK(memory.used - before <= said + (1 << 14) + 4096);
  }
  pbk_words_release(&memory, &words);
}

int main(void) {
  RUN(set_and_read);
  RUN(growth);
  return check_report();
}
