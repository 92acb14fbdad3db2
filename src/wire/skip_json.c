/* wire/skip_json.c - see skip_json.h. */
#include "wire/skip_json.h"

#include "base/utf8.h"

enum { SKIP_DEPTH = 16, SKIP_DIGITS = 200 };

const char *pbk_skip_rich_text(const char *at, const char *end, bool escapes) {
  static const char letters[] = "\"\\/bfnrt";
  const char *start = at;
  bool high = false;
  while ((at = plain_stop(at, end)) && *at != '"') {
    if ((unsigned char)*at >= 0x80) {
      high = true;
      at++;
    } else if (*at == '\\' && escapes && end - at >= 2 && at[1] && strchr(letters, at[1])) {
      at += 2;
    } else {
      return NULL;
    }
  }
  if (!at || (high && !pbk_utf8_valid((struct text){start, (uint32_t)(at - start)}))) return NULL;
  return at + 1;
}

static inline const char *skip_text(const char *at, const char *end) {
  const char *stop = plain_stop(at, end);
  if (!stop) return NULL;
  return *stop == '"' ? stop + 1 : pbk_skip_rich_text(at, end, true);
}

static inline const char *skip_digits(const char *at, const char *end) {
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at;
}

/* None with an exponent, which might be too large for a double. */
static const char *skip_number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  const char *digits = at;
  at = skip_digits(at, end);
  if (at == digits || (*digits == '0' && at - digits > 1) || at - digits > SKIP_DIGITS) return NULL;
  if (at < end && *at == '.') {
    digits = at + 1;
    at = skip_digits(digits, end);
    if (at == digits) return NULL;
  }
  return at < end && (*at == 'e' || *at == 'E') ? NULL : at;
}

static const char *skip_value(const char *at, const char *end, uint32_t depth);

/* From behind the bracket. */
static const char *skip_list(const char *at, const char *end, uint32_t depth) {
  if (at < end && *at == ']') return at + 1;
  for (;; at++) {
    at = skip_value(at, end, depth);
    if (!at || at == end) return NULL;
    if (*at == ']') return at + 1;
    if (*at != ',') return NULL;
  }
}

/* From the quote of a name to behind its colon. */
static inline const char *skip_name(const char *at, const char *end, struct text *name) {
  if (at == end || *at != '"') return NULL;
  const char *stop = plain_stop(at + 1, end);
  if (!stop || *stop != '"' || end - stop < 2 || stop[1] != ':') return NULL;
  *name = (struct text){at + 1, (uint32_t)(stop - at - 1)};
  return stop + 2;
}

/* From behind the brace. */
static const char *skip_map(const char *at, const char *end, uint32_t depth) {
  struct text name;
  if (at < end && *at == '}') return at + 1;
  for (;; at++) {
    at = skip_name(at, end, &name);
    if (!at || at == end) return NULL;
    at = *at == '"' ? skip_text(at + 1, end) : skip_value(at, end, depth);
    if (!at || at == end) return NULL;
    if (*at == '}') return at + 1;
    if (*at != ',') return NULL;
  }
}

static inline const char *skip_word(const char *at, const char *end, const char *word, uint32_t size) {
  return end - at >= (ptrdiff_t)size && memcmp(at, word, size) == 0 ? at + size : NULL;
}

static const char *skip_value(const char *at, const char *end, uint32_t depth) {
  if (at == end) return NULL;
  switch (*at) {
    case '"': return skip_text(at + 1, end);
    case '{': return depth ? skip_map(at + 1, end, depth - 1) : NULL;
    case '[': return depth ? skip_list(at + 1, end, depth - 1) : NULL;
    case 't': return skip_word(at, end, "true", 4);
    case 'f': return skip_word(at, end, "false", 5);
    case 'n': return skip_word(at, end, "null", 4);
    default: return skip_number(at, end);
  }
}

const char *pbk_skip_json(const char *at, const char *end) {
  return skip_value(at, end, SKIP_DEPTH);
}

const char *pbk_skip_context(const char *at, const char *end, struct text *group) {
  static const char wanted[] = "groupId";
  struct text name;
  *group = NO_TEXT;
  if (at < end && *at == '}') return at + 1;
  for (;; at++) {
    at = skip_name(at, end, &name);
    if (!at || at == end) return NULL;
    if (name.size == sizeof wanted - 1 && memcmp(name.bytes, wanted, sizeof wanted - 1) == 0) {
      const char *quote = *at == '"' ? plain_stop(at + 1, end) : NULL;
      if (!quote || *quote != '"') return NULL;
      *group = (struct text){at + 1, (uint32_t)(quote - at - 1)};
      at = quote + 1;
    } else {
      at = skip_value(at, end, SKIP_DEPTH);
      if (!at) return NULL;
    }
    if (at == end) return NULL;
    if (*at == '}') return at + 1;
    if (*at != ',') return NULL;
  }
}
