/* base/packed.h - JSON values in eight bytes: numbers, short texts and the like in the word itself, all else where it
 * points.
 *
 * Its three lowest bits say what it is. Reading one gives an ordinary value, in room that the reader has for it; what it
 * points to is the packed one's, and lasts as long. */
#ifndef PBK_BASE_PACKED_H
#define PBK_BASE_PACKED_H

#include "base/codec.h"
#include "base/value.h"

struct packed {
  uint64_t word;
};

enum packed_kind {
  PACKED_BLOCK,  /* the address of a value, with what lies below it */
  PACKED_TEXT,   /* that of a text: u32 size, the bytes */
  PACKED_SHORT,  /* a text, its size in the next three bits, the bytes in the other seven */
  PACKED_INT,    /* of 61 bits */
  PACKED_DOUBLE, /* whose lowest bits are none */
  PACKED_BOOL,
  PACKED_NULL
};
enum { PACKED_KIND = 7, PACKED_BITS = 3, PACKED_SHORT_MOST = 7 };
#ifdef NUMBERS_ARE_LITTLE
enum { PACKED_SHORT_AT = 1 }; /* where the bytes begin: behind the lowest byte, or before it */
#else
enum { PACKED_SHORT_AT = 0 };
#endif

static inline enum packed_kind packed_kind(struct packed packed) {
  return (enum packed_kind)(packed.word & PACKED_KIND);
}

/* A copy; what it takes is freed by pbk_packed_release. */
struct packed pbk_pack(struct memory *memory, const pbk_value *value);
void pbk_packed_release(struct memory *memory, struct packed packed);

/* As pbk_value_equal; bools as such. */
bool pbk_packed_equal(struct packed packed, const pbk_value *value);

/* What it points to; NULL: all of it is here. */
static inline const void *packed_outside(struct packed packed) {
  return packed_kind(packed) <= PACKED_TEXT ? (const void *)(uintptr_t)(packed.word & ~(uint64_t)PACKED_KIND) : NULL;
}

/* As eight bytes, the lowest of its word first and those of a short text behind it in their order. Of what points elsewhere they
 * tell only what it is. */
static inline void packed_store(unsigned char *at, struct packed packed) {
  enum packed_kind kind = packed_kind(packed);
  store_u64(at, kind <= PACKED_TEXT ? (uint64_t)kind : packed.word);
#ifndef NUMBERS_ARE_LITTLE
  if (kind == PACKED_SHORT) memcpy(at + 1, (const char *)&packed.word + PACKED_SHORT_AT, PACKED_SHORT_MOST);
#endif
}
/* The other way; of what points elsewhere, a null. False: these bytes are none. */
bool pbk_packed_load(const unsigned char *at, struct packed *packed, enum packed_kind *kind);

const pbk_value *pbk_packed_value(const struct packed *packed, pbk_value *room);
/* The value, in the room or elsewhere. */
static inline const pbk_value *packed_value(const struct packed *packed, pbk_value *room) {
  if (packed_kind(*packed) != PACKED_INT) return pbk_packed_value(packed, room);
  const uint64_t sign = (uint64_t)1 << (63 - PACKED_BITS);
  *room = value_int((int64_t)(((packed->word >> PACKED_BITS) ^ sign) - sign));
  return room;
}

#endif
