/* base/utf8.c - see utf8.h. */
#include "base/utf8.h"

/* The size of the well-formed sequence at `at`, which has `left` > 0 bytes; 0 where there is none. The table is the
 * Unicode standard's (3-7): only the second byte's range depends on the first. */
static uint32_t utf8_sequence(const unsigned char *at, uint32_t left) {
  unsigned lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  uint32_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (left < size) return 0;
  unsigned lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at[1] < lowest || at[1] > highest) return 0;
  for (uint32_t i = 2; i < size; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  return size;
}

bool pbk_utf8_valid(struct text text) {
  const unsigned char *bytes = (const unsigned char *)text.bytes;
  uint32_t at = 0;
  while (at < text.size) {
    /* Most text is ASCII: eight bytes a step. */
    while (text.size - at >= 8) {
      uint64_t word;
      memcpy(&word, bytes + at, 8);
      if (word & 0x8080808080808080u) break;
      at += 8;
    }
    while (at < text.size && bytes[at] < 0x80) at++;
    /* Other scripts come in runs, too. */
    while (at < text.size && bytes[at] >= 0x80) {
      uint32_t size = utf8_sequence(bytes + at, text.size - at);
      if (!size) return false;
      at += size;
    }
  }
  return true;
}

uint32_t pbk_utf8_next(struct text text, uint32_t *at) {
  const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
  uint32_t lead = bytes[0];
  if (lead < 0x80) {
    *at += 1;
    return lead;
  }
  if (lead < 0xe0) {
    *at += 2;
    return (lead & 0x1f) << 6 | (bytes[1] & 0x3fu);
  }
  if (lead < 0xf0) {
    *at += 3;
    return (lead & 0x0f) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
  }
  *at += 4;
  return (lead & 0x07) << 18 | (bytes[1] & 0x3fu) << 12 | (bytes[2] & 0x3fu) << 6 | (bytes[3] & 0x3fu);
}

uint32_t pbk_utf8_put(char *to, uint32_t code_point) {
  if (code_point < 0x80) {
    to[0] = (char)code_point;
    return 1;
  }
  if (code_point < 0x800) {
    to[0] = (char)(0xc0 | code_point >> 6);
    to[1] = (char)(0x80 | (code_point & 0x3f));
    return 2;
  }
  if (code_point < 0x10000) {
    to[0] = (char)(0xe0 | code_point >> 12);
    to[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
    to[2] = (char)(0x80 | (code_point & 0x3f));
    return 3;
  }
  to[0] = (char)(0xf0 | code_point >> 18);
  to[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
  to[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
  to[3] = (char)(0x80 | (code_point & 0x3f));
  return 4;
}

uint32_t pbk_utf8_length(struct text text) {
  uint32_t length = 0;
  for (uint32_t i = 0; i < text.size; i++) length += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
  return length;
}
