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

/* Most texts are short: the first and the last bytes, which may overlap, rather than a call. */
static inline bool bytes_equal(const char *a, const char *b, uint32_t size) {
  if (size > 16) return memcmp(a, b, size) == 0;
  if (size >= 8) {
    uint64_t first[2], last[2];
    memcpy(&first[0], a, 8);
    memcpy(&first[1], b, 8);
    memcpy(&last[0], a + size - 8, 8);
    memcpy(&last[1], b + size - 8, 8);
    return first[0] == first[1] && last[0] == last[1];
  }
  if (size >= 4) {
    uint32_t first[2], last[2];
    memcpy(&first[0], a, 4);
    memcpy(&first[1], b, 4);
    memcpy(&last[0], a + size - 4, 4);
    memcpy(&last[1], b + size - 4, 4);
    return first[0] == first[1] && last[0] == last[1];
  }
  return size == 0 || (a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1]);
}

static inline bool text_equal(struct text a, struct text b) { return a.size == b.size && bytes_equal(a.bytes, b.bytes, a.size); }

/* Order by bytes, which for UTF-8 is the order of code points. */
static inline int text_compare(struct text a, struct text b) {
  uint32_t shorter = a.size < b.size ? a.size : b.size;
  int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
