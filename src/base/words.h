/* base/words.h - one word for each of many indexes, zero until it is set: in pages, so that nothing large ever grows. */
#ifndef PBK_BASE_WORDS_H
#define PBK_BASE_WORDS_H

#include "base/array.h"

enum { WORDS_PAGE_BITS = 8, WORDS_PAGE = 1 << WORDS_PAGE_BITS };

struct words {
  ARRAY(uint64_t *) pages; /* NULL: all zero */
};

/* Where the word of an index stands; NULL: it is zero. */
static inline uint64_t *words_at(const struct words *words, uint32_t index) {
  uint32_t page = index >> WORDS_PAGE_BITS;
  if (page >= words->pages.count || !words->pages.items[page]) return NULL;
  return &words->pages.items[page][index & (WORDS_PAGE - 1)];
}

static inline uint64_t word_at(const struct words *words, uint32_t index) {
  const uint64_t *at = words_at(words, index);
  return at ? *at : 0;
}

/* Where it stands, to be set. */
uint64_t *pbk_words_need(struct memory *memory, struct words *words, uint32_t index);
/* The first index from `index` on whose page there is: those before are zero. UINT32_MAX: none. */
uint32_t pbk_words_skip(const struct words *words, uint32_t index);
void pbk_words_release(struct memory *memory, struct words *words);
/* Bytes that pbk_words_need may take for one of `count` indexes, where it is much. */
uint64_t pbk_words_growth(const struct words *words, uint32_t count);
static inline uint64_t words_growth(const struct words *words, uint32_t count) {
  enum { FEW = 1 << 18 };
  return count < FEW || count >> WORDS_PAGE_BITS < words->pages.capacity ? 0 : pbk_words_growth(words, count);
}

#endif
