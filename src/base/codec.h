/* base/codec.h - bytes written and read the same way on every machine: little-endian, variable-length integers. */
#ifndef PBK_BASE_CODEC_H
#define PBK_BASE_CODEC_H

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Memory holds numbers as the bytes do: they, and rows of them, are copied. */
#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NUMBERS_ARE_LITTLE 1
#endif
#endif

/* ---- numbers of fixed width at an address ---- */

static inline void store_u32(unsigned char *at, uint32_t number) {
#ifdef NUMBERS_ARE_LITTLE
  memcpy(at, &number, 4);
#else
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> (8 * i));
#endif
}
static inline void store_u64(unsigned char *at, uint64_t number) {
#ifdef NUMBERS_ARE_LITTLE
  memcpy(at, &number, 8);
#else
  for (int i = 0; i < 8; i++) at[i] = (unsigned char)(number >> (8 * i));
#endif
}
static inline uint32_t load_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static inline uint64_t load_u64(const unsigned char *at) {
  return load_u32(at) | (uint64_t)load_u32(at + 4) << 32;
}

/* ---- writing ---- */

/* A growing buffer. Zero-initialise, then set memory. */
struct writer {
  struct memory *memory;
  unsigned char *bytes;
  uint32_t size, capacity;
};
void pbk_writer_release(struct writer *writer);
/* Room for `size` more bytes, which the caller fills. */
unsigned char *pbk_write_room(struct writer *writer, uint32_t size);
static inline unsigned char *writer_room(struct writer *writer, uint32_t size) {
  if (size > writer->capacity - writer->size) return pbk_write_room(writer, size);
  unsigned char *at = writer->bytes + writer->size;
  writer->size += size;
  return at;
}
/* Room for a row whose size is known when it is written: `most` bytes to begin with, then where it ended. */
static inline unsigned char *writer_begin(struct writer *writer, uint32_t most) {
  unsigned char *at = writer_room(writer, most);
  writer->size -= most;
  return at;
}
static inline void writer_end(struct writer *writer, const unsigned char *at) {
  writer->size = (uint32_t)(at - writer->bytes);
}
/* Makes it possible to write `size` more bytes without asking for memory. False: there is not so much. */
bool pbk_writer_prepare(struct writer *writer, uint64_t size);
/* Most copies are of a few bytes: two moves that may overlap, rather than a call. */
static inline void copy_bytes(unsigned char *to, const unsigned char *from, uint32_t size) {
  if (size > 16) {
    memcpy(to, from, size);
  } else if (size >= 8) {
    uint64_t first, last;
    memcpy(&first, from, 8);
    memcpy(&last, from + size - 8, 8);
    memcpy(to, &first, 8);
    memcpy(to + size - 8, &last, 8);
  } else if (size >= 4) {
    uint32_t first, last;
    memcpy(&first, from, 4);
    memcpy(&last, from + size - 4, 4);
    memcpy(to, &first, 4);
    memcpy(to + size - 4, &last, 4);
  } else {
    for (uint32_t i = 0; i < size; i++) to[i] = from[i];
  }
}
static inline void pbk_write_bytes(struct writer *writer, const void *bytes, uint32_t size) {
  if (size) copy_bytes(writer_room(writer, size), bytes, size);
}
static inline void pbk_write_u8(struct writer *writer, uint8_t value) {
  if (writer->size < writer->capacity) writer->bytes[writer->size++] = value;
  else *pbk_write_room(writer, 1) = value;
}
static inline void pbk_write_u32(struct writer *writer, uint32_t value) {
  store_u32(writer_room(writer, 4), value);
}
static inline void pbk_write_u64(struct writer *writer, uint64_t value) {
  store_u64(writer_room(writer, 8), value);
}
void pbk_write_long_uint(struct writer *writer, uint64_t value);
static inline void pbk_write_uint(struct writer *writer, uint64_t value) { /* LEB128, 1 to 10 bytes */
  if (value < 0x80) pbk_write_u8(writer, (uint8_t)value);
  else pbk_write_long_uint(writer, value);
}
void pbk_write_int(struct writer *writer, int64_t value);   /* zigzag LEB128 */
void pbk_write_double(struct writer *writer, double value); /* its eight bytes */
void pbk_write_words(struct writer *writer, const uint64_t *words, uint32_t count); /* fixed eight bytes each */
static inline void pbk_write_text(struct writer *writer, struct text text) { /* size as uint, then the bytes */
  pbk_write_uint(writer, text.size);
  pbk_write_bytes(writer, text.bytes, text.size);
}
void pbk_write_value(struct writer *writer, const pbk_value *value);

/* ---- reading ---- */

/* Reading never runs past the end: a short or malformed input sets `failed` and gives zeros from then on. */
struct reader {
  const unsigned char *at, *end;
  bool failed;
};
static inline uint8_t pbk_read_u8(struct reader *reader) {
  if (!reader->failed && reader->at < reader->end) return *reader->at++;
  reader->failed = true;
  return 0;
}
/* `size` bytes of the input, borrowed; NULL, and failed, where there are not so many. */
static inline const unsigned char *pbk_read_bytes(struct reader *reader, uint64_t size) {
  if (reader->failed || size > (uint64_t)(reader->end - reader->at)) {
    reader->failed = true;
    return NULL;
  }
  const unsigned char *at = reader->at;
  if (size) reader->at += (size_t)size; /* nothing of nothing: `at` may be NULL */
  return at;
}
static inline uint32_t pbk_read_u32(struct reader *reader) {
  const unsigned char *at = pbk_read_bytes(reader, 4);
  return at ? load_u32(at) : 0;
}
static inline uint64_t pbk_read_u64(struct reader *reader) {
  const unsigned char *at = pbk_read_bytes(reader, 8);
  return at ? load_u64(at) : 0;
}
uint64_t pbk_read_long_uint(struct reader *reader);
static inline uint64_t pbk_read_uint(struct reader *reader) {
  if (!reader->failed && reader->at < reader->end && *reader->at < 0x80) return *reader->at++;
  return pbk_read_long_uint(reader);
}
int64_t pbk_read_int(struct reader *reader);
double pbk_read_double(struct reader *reader);
void pbk_read_words(struct reader *reader, uint64_t *words, uint32_t count);
struct text pbk_read_text(struct reader *reader); /* borrowed from the input */
/* Lists and maps in the arena, texts borrowed from the input. Depth at most VALUE_MOST_DEPTH, else failed. */
pbk_value pbk_read_value(struct reader *reader, struct arena *arena);

#endif
