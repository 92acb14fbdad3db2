/* base/packed.c - see packed.h. */
#include "base/packed.h"

struct packed_text {
  uint32_t size;
  char bytes[];
};

static struct packed packed_as(enum packed_kind kind, uint64_t rest) {
  return (struct packed){rest << PACKED_BITS | (uint64_t)kind};
}

/* Blocks are aligned for any object, so the lowest bits of where they are say nothing. */
static struct packed packed_at(enum packed_kind kind, const void *block) {
  return (struct packed){(uint64_t)(uintptr_t)block | (uint64_t)kind};
}

static struct packed pack_text(struct memory *memory, struct text text) {
  if (text.size > PACKED_SHORT_MOST) {
    struct packed_text *block = pbk_allocate(memory, sizeof *block + (size_t)text.size);
    block->size = text.size;
    memcpy(block->bytes, text.bytes, text.size);
    return packed_at(PACKED_TEXT, block);
  }
  struct packed packed = packed_as(PACKED_SHORT, text.size);
  if (text.size) memcpy((char *)&packed.word + PACKED_SHORT_AT, text.bytes, text.size);
  return packed;
}

static struct packed pack_block(struct memory *memory, const pbk_value *value) {
  size_t extent = pbk_value_extent(value);
  if (extent > PTRDIFF_MAX) pbk_allocate(memory, SIZE_MAX); /* refused */
  pbk_value *block = pbk_allocate(memory, sizeof *block + extent);
  *block = pbk_value_copy_into(block + 1, value);
  return packed_at(PACKED_BLOCK, block);
}

struct packed pbk_pack(struct memory *memory, const pbk_value *value) {
  const int64_t most = (int64_t)1 << (63 - PACKED_BITS);
  uint64_t bits;
  switch (value->kind) {
    case PBK_NULL: return packed_as(PACKED_NULL, 0);
    case PBK_BOOL: return packed_as(PACKED_BOOL, value->as.integer != 0);
    case PBK_INT:
      if (value->as.integer < -most || value->as.integer >= most) break;
      return packed_as(PACKED_INT, (uint64_t)value->as.integer);
    case PBK_DOUBLE:
      memcpy(&bits, &value->as.number, sizeof bits);
      if (bits & PACKED_KIND) break;
      return (struct packed){bits | PACKED_DOUBLE};
    case PBK_STRING: return pack_text(memory, value_text(value));
    default: break;
  }
  return pack_block(memory, value);
}

void pbk_packed_release(struct memory *memory, struct packed packed) {
  void *block = (void *)(uintptr_t)packed_outside(packed);
  if (!block) return;
  if (packed_kind(packed) == PACKED_TEXT)
    pbk_release(memory, block, sizeof(struct packed_text) + (size_t)((struct packed_text *)block)->size);
  else
    pbk_release(memory, block, sizeof(pbk_value) + pbk_value_extent(block));
}

bool pbk_packed_equal(struct packed packed, const pbk_value *value) {
  pbk_value room;
  if (value->kind == PBK_BOOL) return packed.word == packed_as(PACKED_BOOL, value->as.integer != 0).word;
  return pbk_value_equal(packed_value(&packed, &room), value);
}

/* Whether this is how a text of that size is packed: behind it nothing. */
static bool short_fits(uint64_t word) {
  uint64_t size = (word & 0xff) >> PACKED_BITS;
  return size == PACKED_SHORT_MOST || (size < PACKED_SHORT_MOST && word >> (8 * size + 8) == 0);
}

bool pbk_packed_load(const unsigned char *at, struct packed *packed, enum packed_kind *kind) {
  uint64_t word = load_u64(at), rest = word >> PACKED_BITS;
  packed->word = word;
  *kind = packed_kind(*packed);
  switch (*kind) {
    case PACKED_INT: return true;
    case PACKED_DOUBLE: return (word >> 52 & 0x7ff) != 0x7ff; /* values are finite */
    case PACKED_SHORT:
#ifndef NUMBERS_ARE_LITTLE
      memcpy((char *)&packed->word + PACKED_SHORT_AT, at + 1, PACKED_SHORT_MOST);
#endif
      return short_fits(word);
    case PACKED_BOOL: return rest <= 1;
    case PACKED_NULL: return rest == 0;
    case PACKED_BLOCK:
    case PACKED_TEXT: *packed = packed_as(PACKED_NULL, 0); return rest == 0;
    default: return false;
  }
}

const pbk_value *pbk_packed_value(const struct packed *packed, pbk_value *room) {
  const struct packed_text *text;
  uint64_t rest = packed->word >> PACKED_BITS, bits = packed->word & ~(uint64_t)PACKED_KIND;
  switch (packed_kind(*packed)) {
    case PACKED_BLOCK: return packed_outside(*packed);
    case PACKED_TEXT:
      text = packed_outside(*packed);
      *room = value_string((struct text){text->bytes, text->size});
      return room;
    case PACKED_SHORT:
      *room =
        value_string((struct text){(const char *)&packed->word + PACKED_SHORT_AT, (uint32_t)(rest & PACKED_SHORT_MOST)});
      return room;
    case PACKED_DOUBLE:
      *room = value_double(0);
      memcpy(&room->as.number, &bits, sizeof bits);
      return room;
    case PACKED_BOOL: *room = value_bool(rest); return room;
    default: *room = value_null(); return room;
  }
}
