/* cel/literals.c - what number, string and bytes literals stand for: digits, escapes, raw and triple-quoted forms. */
#include <math.h>

#include "base/utf8.h"
#include "cel/syntax.h"

static uint32_t literal_digit(char c) {
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
  if (c >= 'a' && c <= 'f') return (uint32_t)(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return (uint32_t)(c - 'A') + 10;
  return 99;
}

/* Digits of an integer literal, "0x" allowed; false when they do not fit 64 bits. */
static bool literal_natural(struct text digits, uint64_t *value) {
  uint32_t base = 10, at = 0;
  if (digits.size > 2 && digits.bytes[0] == '0' && (digits.bytes[1] == 'x' || digits.bytes[1] == 'X')) {
    base = 16;
    at = 2;
  }
  uint64_t result = 0;
  for (; at < digits.size; at++) {
    uint32_t digit = literal_digit(digits.bytes[at]);
    if (result > (UINT64_MAX - digit) / base) return false;
    result = result * base + digit;
  }
  *value = result;
  return true;
}

static struct cel_value literal_number(struct cel_compilation *compilation, struct cel_token token, bool negative) {
  struct text text = {compilation->source.bytes + token.offset, token.end - token.offset};
  if (token.kind == TOKEN_DOUBLE) {
    double number;
    if (!pbk_parse_double(text, &number)) pbk_cel_refuse(compilation, token.offset, "a malformed number");
    if (isinf(number)) pbk_cel_refuse(compilation, token.offset, "a number too large for a double");
    return cel_double(negative ? -number : number);
  }
  if (token.kind == TOKEN_UINT) text.size--;
  uint64_t natural = 0;
  bool fits = literal_natural(text, &natural);
  if (token.kind == TOKEN_UINT) {
    if (!fits) pbk_cel_refuse(compilation, token.offset, "a number too large for a uint");
    return cel_uint(natural);
  }
  uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
  if (!fits || natural > most) pbk_cel_refuse(compilation, token.offset, "a number too large for an int");
  if (negative) return cel_int(natural == most ? INT64_MIN : -(int64_t)natural);
  return cel_int((int64_t)natural);
}

/* `count` digits of a base, from `at`. */
static uint32_t literal_escape_digits(struct cel_compilation *compilation, uint32_t at, uint32_t end, uint32_t count,
                                      uint32_t base) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t digit = at + i < end ? literal_digit(compilation->source.bytes[at + i]) : 99;
    if (digit >= base) {
      pbk_cel_refuse(compilation, at + i < end ? at + i : end, "expected %u %s digits in this escape", (unsigned)count,
                     base == 8 ? "octal" : "hexadecimal");
    }
    value = value * base + digit;
  }
  return value;
}

/* One escape, the backslash at `at`. Writes to `to` and says how many bytes; *at moves past it. */
static uint32_t literal_escape(struct cel_compilation *compilation, uint32_t *at, uint32_t end, bool bytes, char *to) {
  uint32_t start = *at;
  char c = start + 1 < end ? compilation->source.bytes[start + 1] : '\0';
  static const char plain[] = "abfnrtv\\?\"'`";
  static const char means[] = "\a\b\f\n\r\t\v\\?\"'`";
  const char *found = c ? strchr(plain, c) : NULL;
  if (found) {
    *at = start + 2;
    to[0] = means[found - plain];
    return 1;
  }
  uint32_t code;
  if (c >= '0' && c <= '3') {
    code = literal_escape_digits(compilation, start + 1, end, 3, 8);
    *at = start + 4;
  } else if (c == 'x' || c == 'X') {
    code = literal_escape_digits(compilation, start + 2, end, 2, 16);
    *at = start + 4;
  } else if ((c == 'u' || c == 'U') && !bytes) {
    uint32_t count = c == 'u' ? 4 : 8;
    code = literal_escape_digits(compilation, start + 2, end, count, 16);
    *at = start + 2 + count;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      pbk_cel_refuse(compilation, start, "an escape that is no Unicode character");
    }
  } else {
    pbk_cel_refuse(compilation, start, "an unknown escape; a backslash itself is written \\\\");
  }
  if (bytes) {
    to[0] = (char)(unsigned char)code;
    return 1;
  }
  return pbk_utf8_put(to, code);
}

static struct cel_value literal_string(struct cel_compilation *compilation, struct cel_token token) {
  const char *source = compilation->source.bytes;
  bool raw = false;
  uint32_t at = token.offset, end = token.end;
  for (; source[at] != '"' && source[at] != '\''; at++) raw = raw || source[at] == 'r' || source[at] == 'R';
  char mark = source[at];
  bool triple = end - at >= 6 && source[at + 1] == mark && source[at + 2] == mark;
  at += triple ? 3 : 1;
  end -= triple ? 3 : 1;

  bool bytes = token.kind == TOKEN_BYTES;
  char *decoded = pbk_arena_allocate(&compilation->arena, (size_t)(end - at) + 4);
  uint32_t size = 0;
  while (at < end) {
    if (source[at] == '\\' && !raw) {
      size += literal_escape(compilation, &at, end, bytes, decoded + size);
    } else {
      decoded[size++] = source[at++];
    }
  }
  return (struct cel_value){.kind = bytes ? CEL_BYTES : CEL_STRING, .size = size, .as.bytes = decoded};
}

struct cel_value pbk_cel_literal(struct cel_compilation *compilation, struct cel_token token, bool negative) {
  switch (token.kind) {
    case TOKEN_TRUE: return cel_bool(true);
    case TOKEN_FALSE: return cel_bool(false);
    case TOKEN_NULL: return (struct cel_value){.kind = CEL_NULL};
    case TOKEN_STRING:
    case TOKEN_BYTES: return literal_string(compilation, token);
    default: return literal_number(compilation, token, negative);
  }
}
