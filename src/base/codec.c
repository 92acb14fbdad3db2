/* base/codec.c - see codec.h. */
#include "base/codec.h"

#include "base/value.h"

#include "base/array.h"

/* ---- writing ---- */

unsigned char *pbk_write_room(struct writer *writer, uint32_t size) {
  enum { FEW = 64 };
  if (size > writer->capacity - writer->size) {
    if (size > UINT32_MAX - writer->size) pbk_allocate(writer->memory, SIZE_MAX); /* more than a writer holds: refused */
    uint32_t wanted = writer->size + size;
    writer->bytes = pbk_array_grow(writer->memory, writer->bytes, &writer->capacity, wanted < FEW ? FEW : wanted, 1);
  }
  unsigned char *at = writer->bytes + writer->size;
  writer->size += size;
  return at;
}

bool pbk_writer_prepare(struct writer *writer, uint64_t size) {
  if (size <= writer->capacity - writer->size) return true;
  uint64_t wanted = (uint64_t)writer->size + size;
  if (wanted > UINT32_MAX) return false;
  if (wanted < (uint64_t)writer->capacity + writer->capacity / 2) wanted = (uint64_t)writer->capacity + writer->capacity / 2;
  if (wanted > UINT32_MAX) wanted = UINT32_MAX;
  unsigned char *bytes = pbk_try_reallocate(writer->memory, writer->bytes, writer->capacity, (size_t)wanted);
  if (!bytes) return false;
  writer->bytes = bytes;
  writer->capacity = (uint32_t)wanted;
  return true;
}

void pbk_writer_release(struct writer *writer) {
  pbk_release(writer->memory, writer->bytes, writer->capacity);
  writer->bytes = NULL;
  writer->size = writer->capacity = 0;
}

void pbk_write_long_uint(struct writer *writer, uint64_t value) {
  unsigned char bytes[10];
  uint32_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = (unsigned char)(value | 0x80);
  bytes[size++] = (unsigned char)value;
  memcpy(pbk_write_room(writer, size), bytes, size);
}

void pbk_write_int(struct writer *writer, int64_t value) {
  pbk_write_uint(writer, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void pbk_write_double(struct writer *writer, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  pbk_write_u64(writer, bits);
}

void pbk_write_words(struct writer *writer, const uint64_t *words, uint32_t count) {
  if (count > UINT32_MAX / 8) pbk_allocate(writer->memory, SIZE_MAX); /* more than a writer holds: refused */
  unsigned char *at = writer_room(writer, count * 8);
#ifdef NUMBERS_ARE_LITTLE
  if (count) memcpy(at, words, (size_t)count * 8);
#else
  for (uint32_t i = 0; i < count; i++) store_u64(at + (size_t)i * 8, words[i]);
#endif
}

void pbk_write_value(struct writer *writer, const pbk_value *value) {
  pbk_write_u8(writer, (uint8_t)value->kind);
  switch (value->kind) {
    case PBK_BOOL: pbk_write_u8(writer, value->as.integer != 0); break;
    case PBK_INT: pbk_write_int(writer, value->as.integer); break;
    case PBK_DOUBLE: pbk_write_double(writer, value->as.number); break;
    case PBK_STRING: pbk_write_text(writer, (struct text){value->as.text, value->size}); break;
    case PBK_LIST:
      pbk_write_uint(writer, value->size);
      for (uint32_t i = 0; i < value->size; i++) pbk_write_value(writer, &value->as.items[i]);
      break;
    case PBK_MAP:
      pbk_write_uint(writer, value->size);
      for (uint32_t i = 0; i < value->size; i++) {
        const pbk_member *member = &value->as.members[i];
        pbk_write_text(writer, (struct text){member->name, member->name_size});
        pbk_write_value(writer, &member->value);
      }
      break;
    default: break; /* null */
  }
}

/* ---- reading ---- */

uint64_t pbk_read_long_uint(struct reader *reader) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    uint8_t byte = pbk_read_u8(reader);
    if (shift == 63 && byte > 1) break;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return reader->failed ? 0 : value;
  }
  reader->failed = true;
  return 0;
}

int64_t pbk_read_int(struct reader *reader) {
  uint64_t value = pbk_read_uint(reader);
  int64_t half = (int64_t)(value >> 1);
  return value & 1 ? -half - 1 : half;
}

double pbk_read_double(struct reader *reader) {
  uint64_t bits = pbk_read_u64(reader);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void pbk_read_words(struct reader *reader, uint64_t *words, uint32_t count) {
  const unsigned char *at = pbk_read_bytes(reader, (uint64_t)count * 8);
#ifdef NUMBERS_ARE_LITTLE
  if (at && count) memcpy(words, at, (size_t)count * 8);
  else if (count) memset(words, 0, (size_t)count * 8);
#else
  for (uint32_t i = 0; i < count; i++) words[i] = at ? load_u64(at + (size_t)i * 8) : 0;
#endif
}

struct text pbk_read_text(struct reader *reader) {
  uint64_t size = pbk_read_uint(reader);
  if (size > UINT32_MAX) reader->failed = true;
  const unsigned char *at = pbk_read_bytes(reader, size);
  return at ? (struct text){(const char *)at, (uint32_t)size} : NO_TEXT;
}

/* What a value is read with: `depth` lists and maps may still open, and those that are open take `owed` more bytes at least.
 */
struct reader_limits {
  uint32_t depth;
  uint64_t owed;
};

/* How many items follow, of at least `least` bytes each. A count for which the bytes cannot be there allocates nothing;
 * bytes count once, however deep the lists in which they lie. */
static uint32_t reader_count(struct reader *reader, const struct reader_limits *limits, uint32_t least) {
  uint64_t count = pbk_read_uint(reader), left = (uint64_t)(reader->end - reader->at);
  if (left < limits->owed || count > UINT32_MAX || count > (left - limits->owed) / least) reader->failed = true;
  return reader->failed ? 0 : (uint32_t)count;
}

enum { LIST_ITEM_LEAST = 1, MAP_MEMBER_LEAST = 2 }; /* bytes: a kind; a name's size and a kind */

static pbk_value reader_value(struct reader *reader, struct arena *arena, const struct reader_limits *limits);

static pbk_value reader_list(struct reader *reader, struct arena *arena, const struct reader_limits *limits) {
  uint32_t count = reader_count(reader, limits, LIST_ITEM_LEAST);
  pbk_value *items = count ? pbk_arena_allocate(arena, (size_t)count * sizeof *items) : NULL;
  struct reader_limits below = {limits->depth - 1, limits->owed + (uint64_t)count * LIST_ITEM_LEAST};
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    below.owed -= LIST_ITEM_LEAST;
    items[i] = reader_value(reader, arena, &below);
  }
  return (pbk_value){.kind = PBK_LIST, .size = count, .as.items = items};
}

static pbk_value reader_map(struct reader *reader, struct arena *arena, const struct reader_limits *limits) {
  uint32_t count = reader_count(reader, limits, MAP_MEMBER_LEAST);
  pbk_member *members = count ? pbk_arena_allocate(arena, (size_t)count * sizeof *members) : NULL;
  struct reader_limits below = {limits->depth - 1, limits->owed + (uint64_t)count * MAP_MEMBER_LEAST};
  struct text previous = NO_TEXT;
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    struct text name = pbk_read_text(reader);
    if (i && text_compare(previous, name) >= 0) reader->failed = true; /* lookups rely on the order */
    below.owed -= MAP_MEMBER_LEAST;
    members[i] = (pbk_member){.name = name.bytes, .name_size = name.size, .value = reader_value(reader, arena, &below)};
    previous = name;
  }
  return (pbk_value){.kind = PBK_MAP, .size = count, .as.members = members};
}

static pbk_value reader_value(struct reader *reader, struct arena *arena, const struct reader_limits *limits) {
  pbk_value value = {.kind = pbk_read_u8(reader)};
  switch (value.kind) {
    case PBK_NULL: break;
    case PBK_BOOL:
      value.as.integer = pbk_read_u8(reader);
      if (value.as.integer > 1) reader->failed = true;
      break;
    case PBK_INT: value.as.integer = pbk_read_int(reader); break;
    case PBK_DOUBLE: {
      uint64_t bits = pbk_read_u64(reader);
      if ((bits >> 52 & 0x7ff) == 0x7ff) reader->failed = true; /* values are finite */
      memcpy(&value.as.number, &bits, sizeof bits);
      break;
    }
    case PBK_STRING: {
      struct text text = pbk_read_text(reader);
      value.as.text = text.bytes;
      value.size = text.size;
      break;
    }
    case PBK_LIST:
    case PBK_MAP:
      if (limits->depth == 0)
        reader->failed = true;
      else if (value.kind == PBK_LIST)
        value = reader_list(reader, arena, limits);
      else
        value = reader_map(reader, arena, limits);
      break;
    default: reader->failed = true;
  }
  return reader->failed ? (pbk_value){.kind = PBK_NULL} : value;
}

pbk_value pbk_read_value(struct reader *reader, struct arena *arena) {
  return reader_value(reader, arena, &(struct reader_limits){VALUE_MOST_DEPTH, 0});
}
