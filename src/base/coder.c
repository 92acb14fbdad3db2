/* base/coder.c - see coder.h. */
#include "base/coder.h"

void pbk_code_i64(struct coder *coder, int64_t *value) {
  if (coder->writer) pbk_write_int(coder->writer, *value);
  else *value = pbk_read_int(coder->reader);
}

void pbk_code_i32(struct coder *coder, int32_t *value) {
  int64_t wide = *value;
  pbk_code_i64(coder, &wide);
  if (wide != (int32_t)wide) coder_fail(coder);
  *value = (int32_t)wide;
}

void pbk_code_bytes(struct coder *coder, void *bytes, uint32_t size) {
  if (coder->writer) {
    pbk_write_bytes(coder->writer, bytes, size);
    return;
  }
  const unsigned char *from = pbk_read_bytes(coder->reader, size);
  if (size == 0) return;
  if (from) memcpy(bytes, from, size);
  else memset(bytes, 0, size);
}

void pbk_code_words(struct coder *coder, uint64_t *words, uint32_t count) {
  if (coder->writer) {
    pbk_write_words(coder->writer, words, count);
    return;
  }
  pbk_read_words(coder->reader, words, count);
}

void pbk_code_word_row(struct coder *coder, uint64_t *words, uint32_t count) {
  enum { WORDS_TOGETHER = 4096 };
  for (uint32_t at = 0, more; at < count && !coder_failed(coder); at += more) {
    more = count - at < WORDS_TOGETHER ? count - at : WORDS_TOGETHER;
    coder_item(coder);
    pbk_code_words(coder, words + at, more);
  }
}

bool pbk_code_row_count(struct coder *coder, uint32_t *count) {
  pbk_code_u32(coder, count);
  if (!coder_failed(coder)) return true;
  *count = 0;
  return false;
}

bool pbk_refuse_count(struct coder *coder, uint32_t *count) {
  coder_fail(coder);
  *count = 0;
  return false;
}

bool pbk_code_presence(struct coder *coder, bool present) {
  pbk_code_bool(coder, &present);
  return present && !coder_failed(coder);
}

void *pbk_code_room(struct coder *coder, size_t size) {
  void *memory = pbk_arena_allocate(coder->arena, size);
  memset(memory, 0, size);
  return memory;
}

void *pbk_code_rooms(struct coder *coder, uint32_t count, size_t size) {
  uint64_t items = (uint64_t)count + 1;
  if (items > PTRDIFF_MAX / size) pbk_allocate(coder->arena->memory, SIZE_MAX); /* refused */
  return pbk_code_room(coder, (size_t)items * size);
}

void pbk_code_duration_pointer(struct coder *coder, const pbk_duration **duration) {
  pbk_duration value = *duration ? **duration : 0;
  if (!pbk_code_presence(coder, *duration != NULL)) return;
  pbk_code_i64(coder, &value);
  if (coder->writer) return;
  pbk_duration *copy = pbk_code_room(coder, sizeof *copy);
  *copy = value;
  *duration = copy;
}

/* ---- texts and values ---- */

void pbk_code_text(struct coder *coder, struct text *text) {
  uint64_t size = text->bytes ? (uint64_t)text->size + 1 : 0;
  pbk_code_u64(coder, &size);
  if (coder->writer) {
    if (size > 1) pbk_write_bytes(coder->writer, text->bytes, text->size);
    return;
  }
  *text = NO_TEXT;
  if (size == 0) return;
  if (size - 1 > UINT32_MAX) {
    coder_fail(coder);
    return;
  }
  const unsigned char *bytes = pbk_read_bytes(coder->reader, size - 1);
  if (bytes) *text = (struct text){(const char *)bytes, (uint32_t)(size - 1)};
}

void pbk_code_public(struct coder *coder, pbk_text *text) {
  struct text inner = {text->bytes, (uint32_t)text->size};
  pbk_code_text(coder, &inner);
  *text = (pbk_text){inner.bytes, inner.size};
}

void pbk_code_owned_text(struct coder *coder, struct text *text) {
  struct text inner = *text;
  pbk_code_text(coder, &inner);
  if (coder->writer) return;
  *text = NO_TEXT;
  if (inner.size == 0) return;
  char *copy = pbk_allocate(coder->memory, inner.size);
  memcpy(copy, inner.bytes, inner.size);
  *text = (struct text){copy, inner.size};
}

void pbk_code_value(struct coder *coder, pbk_value *value) {
  if (coder->writer) pbk_write_value(coder->writer, value);
  else *value = pbk_read_value(coder->reader, coder->arena);
}

void pbk_code_value_pointer(struct coder *coder, const pbk_value **value) {
  if (!pbk_code_presence(coder, *value != NULL)) return;
  if (coder->writer) {
    pbk_write_value(coder->writer, *value);
    return;
  }
  pbk_value *copy = pbk_code_room(coder, sizeof *copy);
  *copy = pbk_read_value(coder->reader, coder->arena);
  *value = copy;
}

void pbk_code_texts(struct coder *coder, const pbk_text **texts, uint32_t *count) {
  if (!pbk_code_presence(coder, *texts != NULL) || !pbk_code_count(coder, count)) return;
  pbk_text *copies = coder->writer ? NULL : pbk_code_rooms(coder, *count, sizeof *copies);
  for (uint32_t i = 0; i < *count; i++) {
    pbk_text text = {NULL, 0};
    if (coder->writer) text = (*texts)[i];
    pbk_code_public(coder, &text);
    if (copies) copies[i] = text;
  }
  if (copies) *texts = copies;
}
