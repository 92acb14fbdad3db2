/* base/text.h - borrowed text, as every floor passes it around. */
#ifndef PBK_BASE_TEXT_H
#define PBK_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <playbook/types.h>

/* Bytes that somebody else owns, UTF-8 wherever it came through a checked door. `bytes` may be NULL where size is 0. */
struct text {
  const char *bytes;
  uint32_t size;
};

#define TEXT(literal) ((struct text){(literal), (uint32_t)(sizeof(literal) - 1)})
#define NO_TEXT ((struct text){NULL, 0})

static inline struct text text_from(const char *zero_terminated) {
  return (struct text){zero_terminated, zero_terminated ? (uint32_t)strlen(zero_terminated) : 0};
}

static inline bool text_equal(struct text a, struct text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* Order by bytes, which for UTF-8 is the order of code points. */
static inline int text_compare(struct text a, struct text b) {
  uint32_t shorter = a.size < b.size ? a.size : b.size;
  int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
