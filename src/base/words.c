/* base/words.c - see words.h. */
#include "base/words.h"

uint64_t *pbk_words_need(struct memory *memory, struct words *words, uint32_t index) {
  uint32_t page = index >> WORDS_PAGE_BITS, before = words->pages.count;
  if (page >= before) {
    array_reserve(memory, &words->pages, page + 1);
    memset(words->pages.items + before, 0, (page + 1 - before) * sizeof *words->pages.items);
    words->pages.count = page + 1;
  }
  if (!words->pages.items[page]) words->pages.items[page] = pbk_allocate_cleared(memory, WORDS_PAGE * sizeof(uint64_t));
  return &words->pages.items[page][index & (WORDS_PAGE - 1)];
}

uint32_t pbk_words_skip(const struct words *words, uint32_t index) {
  for (uint32_t page = index >> WORDS_PAGE_BITS; page < words->pages.count; page++) {
    if (words->pages.items[page]) return index;
    index = (page + 1) << WORDS_PAGE_BITS;
  }
  return UINT32_MAX;
}

void pbk_words_release(struct memory *memory, struct words *words) {
  for (uint32_t i = 0; i < words->pages.count; i++) pbk_release(memory, words->pages.items[i], WORDS_PAGE * sizeof(uint64_t));
  array_release(memory, &words->pages);
}

uint64_t pbk_words_growth(const struct words *words, uint32_t count) {
  enum { SMALL = 1 << 14 };
  uint64_t pages = ((uint64_t)count + WORDS_PAGE - 1) >> WORDS_PAGE_BITS;
  uint64_t larger = words->pages.capacity + (uint64_t)words->pages.capacity / 2;
  uint64_t bytes = (pages > larger ? pages : larger) * sizeof *words->pages.items;
  return pages <= words->pages.capacity || bytes < SMALL ? 0 : bytes;
}
