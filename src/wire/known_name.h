/* wire/known_name.h - names of the protocol in a table where each has a place of its own, so that one look finds it. */
#ifndef PBK_WIRE_KNOWN_NAME_H
#define PBK_WIRE_KNOWN_NAME_H

#include "base/text.h"

enum { KNOWN_NAME_LEAST = 3, KNOWN_NAME_MOST = 15 };

struct known_name {
  char name[KNOWN_NAME_MOST + 1];
  uint8_t size;  /* 0: nobody's place */
  uint8_t value; /* what is known under it */
};

/* Both of this size; four bytes at a time, some of them twice. */
static inline bool known_name_equal(const char *a, const char *b, uint32_t size) {
  if (size < 4) return memcmp(a, b, 2) == 0 && a[size - 1] == b[size - 1];
  if (memcmp(a, b, 4) != 0 || memcmp(a + size - 4, b + size - 4, 4) != 0) return false;
  return size <= 8 || (memcmp(a + 4, b + 4, 4) == 0 && (size <= 12 || memcmp(a + 8, b + 8, 4) == 0));
}

/* The table's own arithmetic says where a name of such a size with such letters stands; NULL where it is another's place. */
#define KNOWN_NAME_LETTER(text, place) ((uint32_t)(unsigned char)(text).bytes[place])
static inline const struct known_name *known_name_at(const struct known_name *place, struct text name) {
  return place->size == name.size && known_name_equal(name.bytes, place->name, name.size) ? place : NULL;
}

#endif
