/* tests/unit/utf8.c - checking, walking and writing UTF-8: every code point, and every way to be wrong. */
#include "base/utf8.h"

#include "unit/check.h"

/* The definition, byte by byte: decodes and asks whether the result is what it should be. */
static bool plainly_valid(const unsigned char *bytes, uint32_t size) {
  for (uint32_t at = 0; at < size;) {
    uint32_t lead = bytes[at], length, code, least;
    if (lead < 0x80) {
      at++;
      continue;
    }
    if ((lead & 0xe0) == 0xc0) {
      length = 2, code = lead & 0x1f, least = 0x80;
    } else if ((lead & 0xf0) == 0xe0) {
      length = 3, code = lead & 0x0f, least = 0x800;
    } else if ((lead & 0xf8) == 0xf0) {
      length = 4, code = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (size - at < length) return false;
    for (uint32_t i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) return false;
      code = code << 6 | (bytes[at + i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    at += length;
  }
  return true;
}

static void empty(void) {
  CHECK(pbk_utf8_valid(NO_TEXT));
  CHECK_EQUAL_UINT(pbk_utf8_length(NO_TEXT), 0);
  CHECK(pbk_utf8_valid(TEXT("")));
}

static void every_code_point(void) {
  for (uint32_t code = 0; code <= 0x10ffff; code++) {
    if (code == 0xd800) code = 0xe000;
    char bytes[4];
    uint32_t size = pbk_utf8_put(bytes, code), at = 0;
    struct text text = {bytes, size};
    bool good = size == (code < 0x80      ? 1u
                         : code < 0x800   ? 2u
                         : code < 0x10000 ? 3u
                                          : 4u) &&
                pbk_utf8_valid(text) && pbk_utf8_length(text) == 1 && pbk_utf8_next(text, &at) == code && at == size;
    for (uint32_t shorter = 1; shorter < size; shorter++) good = good && !pbk_utf8_valid((struct text){bytes, shorter});
    if (!good) {
      check_note("U+%04X", code);
      CHECK(good);
    }
  }
  CHECK(true);
}

/* All one-, two- and three-byte texts, and four-byte ones around every lead; each also behind and before ASCII. */
static void every_start(void) {
  unsigned char bytes[4];
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < 1u << 24; i += 1) {
    bytes[0] = (unsigned char)(i >> 16), bytes[1] = (unsigned char)(i >> 8), bytes[2] = (unsigned char)i;
    wrong += pbk_utf8_valid((struct text){(char *)bytes, 3}) != plainly_valid(bytes, 3);
  }
  CHECK_EQUAL_UINT(wrong, 0);
  static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
  for (uint32_t lead = 0xe0; lead < 256; lead++)
    for (uint32_t i = 0; i < 1000; i++) {
      unsigned char padded[24];
      memset(padded, 'a', sizeof padded);
      uint32_t at = i % 17;
      padded[at] = (unsigned char)lead;
      padded[at + 1] = edges[i % 10], padded[at + 2] = edges[i / 10 % 10], padded[at + 3] = edges[i / 100];
      wrong += pbk_utf8_valid((struct text){(char *)padded, 24}) != plainly_valid(padded, 24);
      wrong += pbk_utf8_valid((struct text){(char *)padded, at + 4}) != plainly_valid(padded, at + 4);
    }
  CHECK_EQUAL_UINT(wrong, 0);
}

static void known_cases(void) {
  CHECK(pbk_utf8_valid(TEXT("h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80")));
  CHECK_EQUAL_UINT(pbk_utf8_length(TEXT("h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80")), 9);
  CHECK(!pbk_utf8_valid(TEXT("\xc0\x80")));         /* overlong */
  CHECK(!pbk_utf8_valid(TEXT("\xe0\x9f\xbf")));     /* overlong */
  CHECK(!pbk_utf8_valid(TEXT("\xf0\x8f\xbf\xbf"))); /* overlong */
  CHECK(!pbk_utf8_valid(TEXT("\xed\xa0\x80")));     /* a surrogate */
  CHECK(!pbk_utf8_valid(TEXT("\xf4\x90\x80\x80"))); /* past U+10FFFF */
  CHECK(!pbk_utf8_valid(TEXT("\x80")));
  CHECK(!pbk_utf8_valid(TEXT("0123456789abcdef\xff")));
  CHECK(!pbk_utf8_valid(TEXT("0123456\xe2\x82")));
  CHECK(pbk_utf8_valid((struct text){"a\0b", 3}));
}

int main(void) {
  RUN(empty);
  RUN(every_code_point);
  RUN(every_start);
  RUN(known_cases);
  return check_report();
}
