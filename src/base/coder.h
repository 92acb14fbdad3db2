/* base/coder.h - one description for both ways: each function writes what it is given, or reads into it, in the same order.
 *
 * Commands in the journal and the state in snapshots are described once, as functions over a coder; reading and writing cannot
 * disagree. Where bytes are not what was written, reading sets `failed` and gives zeros from then on; whoever walks lists stops there. */
#ifndef PBK_BASE_CODER_H
#define PBK_BASE_CODER_H

#include "base/codec.h"
#include "base/map.h"

struct coder {
  struct writer *writer; /* NULL: reading */
  struct reader *reader;
  struct arena *arena;   /* reading: for what is not owned by somebody */
  struct memory *memory; /* reading: for what is */
  /* Long rows of items go in frames: called between two items, when what is written is long enough, or what is read is used up. */
  void (*next_frame)(struct coder *coder);
  void *frames;
  uint64_t most; /* reading: bytes that can still come in all frames; 0: not known */
};

static inline bool coder_reads(const struct coder *coder) { return coder->writer == NULL; }
static inline bool coder_failed(const struct coder *coder) { return coder->reader && coder->reader->failed; }
static inline void coder_fail(struct coder *coder) {
  if (coder->reader) coder->reader->failed = true;
}

/* ---- numbers ---- */

static inline void pbk_code_u64(struct coder *coder, uint64_t *value) {
  if (coder->writer) pbk_write_uint(coder->writer, *value);
  else *value = pbk_read_uint(coder->reader);
}
static inline void pbk_code_u32(struct coder *coder, uint32_t *value) {
  uint64_t wide = *value;
  pbk_code_u64(coder, &wide);
  if (wide > UINT32_MAX) coder_fail(coder);
  *value = (uint32_t)wide;
}
void pbk_code_i64(struct coder *coder, int64_t *value);
void pbk_code_i32(struct coder *coder, int32_t *value);
static inline void pbk_code_bool(struct coder *coder, bool *value) {
  if (coder->writer) {
    pbk_write_u8(coder->writer, *value);
    return;
  }
  uint8_t byte = pbk_read_u8(coder->reader);
  if (byte > 1) coder_fail(coder);
  *value = byte != 0;
}
/* Bytes as they are: hashes. */
void pbk_code_bytes(struct coder *coder, void *bytes, uint32_t size);
/* Eight bytes each: words of bits, rows of times. */
void pbk_code_words(struct coder *coder, uint64_t *words, uint32_t count);
/* A row of them that may be long, with coder_item in between. */
void pbk_code_word_row(struct coder *coder, uint64_t *words, uint32_t count);
static inline void pbk_code_time(struct coder *coder, int64_t *time) { pbk_code_words(coder, (uint64_t *)time, 1); }
/* A number below `limit`, or MAP_NONE. */
static inline void pbk_code_place(struct coder *coder, uint32_t *place, uint32_t limit) {
  uint32_t number = *place + 1; /* MAP_NONE becomes 0 */
  pbk_code_u32(coder, &number);
  if (coder_reads(coder) && number > limit) {
    coder_fail(coder);
    number = 0;
  }
  *place = number - 1;
}
/* The same where there must be one. */
static inline void pbk_code_index(struct coder *coder, uint32_t *index, uint32_t limit) {
  pbk_code_u32(coder, index);
  if (!coder_reads(coder) || *index < limit) return;
  coder_fail(coder);
  *index = 0;
}
/* A number of items, each of at least one byte: one that cannot be is refused before anything is taken for it. False: failed. */
bool pbk_refuse_count(struct coder *coder, uint32_t *count);
static inline bool pbk_code_count(struct coder *coder, uint32_t *count) {
  pbk_code_u32(coder, count);
  if (coder->writer) return true;
  bool fine = !coder->reader->failed && *count <= (uint64_t)(coder->reader->end - coder->reader->at);
  return fine || pbk_refuse_count(coder, count);
}
/* The same of a long row, with coder_item between its items: how many there can be is not known, so they are taken one by one. */
bool pbk_code_row_count(struct coder *coder, uint32_t *count);
/* For how many of the items of such a row, of at least `least` bytes each, room may be made ahead: never more than can come.
 */
static inline uint32_t coder_room_for(const struct coder *coder, uint32_t count, uint32_t least) {
  return coder_reads(coder) && count > coder->most / least ? (uint32_t)(coder->most / least) : count;
}
/* Whether something is there. */
bool pbk_code_presence(struct coder *coder, bool present);

/* Cleared memory in the arena, for what is read. */
void *pbk_code_room(struct coder *coder, size_t size);
/* The same for some items, and one more: never NULL. More than there is memory is refused, also where the size would not fit. */
void *pbk_code_rooms(struct coder *coder, uint32_t count, size_t size);
/* What may be absent: NULL. */
void pbk_code_duration_pointer(struct coder *coder, const pbk_duration **duration);

/* ---- rows of fixed width ----
 *
 * What there are many of is coded in one go: `size` bytes, taken at once, and in them one number behind the other. What is
 * read may be anything: whoever reads looks at it afterwards. */
struct row {
  unsigned char *at;
  bool reads;
};

/* False: it cannot be read. */
static inline bool coder_row(struct coder *coder, struct row *row, uint32_t size) {
  row->reads = coder->writer == NULL;
  row->at =
    coder->writer ? writer_room(coder->writer, size) : (unsigned char *)(uintptr_t)pbk_read_bytes(coder->reader, size);
  return row->at != NULL;
}
static inline void row_u8(struct row *row, uint8_t *value) {
  if (row->reads)
    *value = *row->at;
  else
    *row->at = *value;
  row->at++;
}
static inline void row_u32(struct row *row, uint32_t *value) {
  if (row->reads)
    *value = load_u32(row->at);
  else
    store_u32(row->at, *value);
  row->at += 4;
}
static inline void row_u64(struct row *row, uint64_t *value) {
  if (row->reads)
    *value = load_u64(row->at);
  else
    store_u64(row->at, *value);
  row->at += 8;
}
static inline void row_i64(struct row *row, int64_t *value) {
  uint64_t bits = (uint64_t)*value;
  row_u64(row, &bits);
  if (row->reads) *value = (int64_t)bits;
}
static inline void row_bytes(struct row *row, void *bytes, uint32_t size) {
  if (row->reads)
    memcpy(bytes, row->at, size);
  else
    memcpy(row->at, bytes, size);
  row->at += size;
}
/* What row_u32 has read: a number below `limit`, or MAP_NONE; a number below it. */
static inline bool place_fits(uint32_t place, uint32_t limit) {
  return place < limit || place == MAP_NONE;
}

/* ---- texts and values ---- */

/* Texts that are not given and empty ones are different things. Reading borrows from the input. */
void pbk_code_text(struct coder *coder, struct text *text);
void pbk_code_public(struct coder *coder, pbk_text *text);
/* Reading copies into memory of its own, nothing for an empty one. */
void pbk_code_owned_text(struct coder *coder, struct text *text);
/* Reading: lists and maps in the arena, texts borrowed. */
void pbk_code_value(struct coder *coder, pbk_value *value);

void pbk_code_value_pointer(struct coder *coder, const pbk_value **value);
void pbk_code_texts(struct coder *coder, const pbk_text **texts, uint32_t *count);

/* ---- frames ---- */

enum { CODER_FRAME = 1 << 18 };

/* Between two items of a long row. */
static inline void coder_item(struct coder *coder) {
  if (!coder->next_frame) return;
  if (coder->writer ? coder->writer->size >= CODER_FRAME : coder->reader->at == coder->reader->end) coder->next_frame(coder);
}

#endif
