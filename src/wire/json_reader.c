/* wire/json_reader.c - one pass over the text, by recursive descent. What a list or map holds is gathered on a stack and
 * moved to the arena in one piece when it closes. Where a function stands in the text is an argument, and what it returns:
 * the place behind what it read, NULL where it failed. */
#include "wire/json_reader.h"

#include "base/number.h"
#include "base/utf8.h"
#include "wire/plain_bytes.h"

#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(PBK_PORTABLE)
#define JSON_BY_WORD 1 /* digits read together */
#endif

/* What is not to be made a part of its callers, which are short without it. */
#if defined(__GNUC__)
#define APART __attribute__((noinline))
#else
#define APART
#endif

enum { JSON_SORTED_AT_ONCE = 16 }; /* larger maps wait for pbk_value_normalize, which is never quadratic */

struct json_reader {
  const char *start, *end;
  struct arena *arena;
  struct json_error *error;
  struct json_stack *stack; /* of a list's items only the values count */
  bool unsorted;            /* some map waits to be sorted */
};

static const char *json_fail(struct json_reader *reader, const char *at, const char *message) {
  reader->error->message = message;
  reader->error->offset = (uint32_t)(at - reader->start);
  return NULL;
}

/* Past white space; all that is above a space is none. */
static inline const char *json_skip_space(const struct json_reader *reader, const char *at) {
  while (at < reader->end && (unsigned char)*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

static inline bool json_is(const struct json_reader *reader, const char *at, char wanted) {
  return at < reader->end && *at == wanted;
}

/* ---- texts ---- */

/* Gives the first byte that is not plain, or the end. */
static const char *json_skip_plain(const struct json_reader *reader, const char *at) {
  const char *end = reader->end;
#ifdef PLAIN_BY_SIXTEEN
  for (; end - at >= 16; at += 16) {
    uint32_t marks = plain_marks(at);
    if (marks) return at + __builtin_ctz(marks);
  }
  if (at < end && end - reader->start >= 16) { /* the last sixteen, and those that are behind us are forgotten */
    uint32_t marks = plain_marks(end - 16) >> (16 - (end - at));
    return marks ? at + __builtin_ctz(marks) : end;
  }
#endif
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  while (end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    /* Not every mark is true, but where there is one to find there is a mark. */
    uint64_t marks = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word) | word;
    if (marks & tops) break;
    at += 8;
  }
  for (; at < end; at++) {
    unsigned char byte = (unsigned char)*at;
    if (byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80) break;
  }
  return at;
}

/* To the first quote, backslash or control character. */
static const char *json_skip_high(const struct json_reader *reader, const char *at) {
  while (at < reader->end && (unsigned char)*at >= 0x80) at = json_skip_plain(reader, at + 1);
  return at;
}

/* Only called where the text is not UTF-8: says where it stops being so. */
static const char *json_fail_utf8(struct json_reader *reader, const char *from, const char *to) {
  const char *at = from;
  while (at < to) {
    unsigned char lead = (unsigned char)*at;
    uint32_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (to - at < (ptrdiff_t)size || !pbk_utf8_valid((struct text){at, size})) break;
    at += size;
  }
  return json_fail(reader, at, "not UTF-8");
}

static bool json_hex(const char *at, const char *end, uint32_t *value) {
  *value = 0;
  if (end - at < 4) return false;
  for (int i = 0; i < 4; i++) {
    uint32_t byte = (unsigned char)at[i], letter = byte | 0x20;
    uint32_t digit = byte - '0' <= 9 ? byte - '0' : letter - 'a' <= 5 ? letter - 'a' + 10 : 16;
    if (digit == 16) return false;
    *value = *value << 4 | digit;
  }
  return true;
}

/* What follows the backslash at `escape`; writes it to *to. */
static const char *json_read_escape(struct json_reader *reader, const char *escape, const char *end, char **to) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  const char *at = escape + 2;
  char letter = escape[1];
  if (letter != 'u') {
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) return json_fail(reader, escape, "expected one of \" \\ / b f n r t u after a backslash");
    *(*to)++ = meanings[found - letters];
    return at;
  }
  uint32_t code, low;
  if (!json_hex(at, end, &code)) return json_fail(reader, escape, "expected four hexadecimal digits after \\u");
  at += 4;
  if (code >= 0xd800 && code < 0xe000) {
    bool pair = code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' && json_hex(at + 2, end, &low) &&
                low >= 0xdc00 && low < 0xe000;
    if (!pair) return json_fail(reader, escape, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  *to += pbk_utf8_put(*to, code);
  return at;
}

/* Writes out what stands between: no escape is shorter than what it stands for. */
static bool json_unescape(struct json_reader *reader, const char *at, const char *end, struct text *text) {
  char *bytes = pbk_arena_allocate(reader->arena, (size_t)(end - at)), *to = bytes;
  while (at < end) {
    const char *run = memchr(at, '\\', (size_t)(end - at));
    size_t size = (size_t)((run ? run : end) - at);
    if (size) memcpy(to, at, size);
    to += size;
    at += size;
    if (run && !(at = json_read_escape(reader, at, end, &to))) return false;
  }
  *text = (struct text){bytes, (uint32_t)(to - bytes)};
  return true;
}

/* A text of any size with anything in it. */
static const char *json_read_rich_text(struct json_reader *reader, const char *start, struct text *text) {
  const char *plain = json_skip_plain(reader, start), *end = json_skip_high(reader, plain);
  bool high = end > plain, escaped = json_is(reader, end, '\\');
  while (json_is(reader, end, '\\')) {
    if (reader->end - end < 2) return json_fail(reader, reader->end, "expected '\"' at the end of a text");
    /* What it escapes is looked at later: whatever it is, the text goes on behind it. */
    high = high || (unsigned char)end[1] >= 0x80;
    plain = json_skip_plain(reader, end + 2);
    end = json_skip_high(reader, plain);
    high = high || end > plain;
  }
  if (end == reader->end) return json_fail(reader, end, "expected '\"' at the end of a text");
  if (*end != '"') return json_fail(reader, end, "a control character in a text must be escaped");
  *text = (struct text){start, (uint32_t)(end - start)};
  if (high && !pbk_utf8_valid(*text)) return json_fail_utf8(reader, start, end);
  if (escaped && !json_unescape(reader, start, end, text)) return NULL;
  return end + 1;
}

/* Longer than a step, or not plain, or at the end of the whole. */
APART static const char *json_read_long_text(struct json_reader *reader, const char *at, struct text *text) {
#ifdef PLAIN_BY_SIXTEEN
  for (const char *from = at; reader->end - from >= 16; from += 16) {
    uint32_t marks = plain_marks(from);
    if (!marks) continue;
    const char *stop = from + (uint32_t)__builtin_ctz(marks);
    if (*stop != '"') break;
    *text = (struct text){at, (uint32_t)(stop - at)};
    return stop + 1;
  }
#endif
  return json_read_rich_text(reader, at, text);
}

/* The quote is behind us. */
static inline const char *json_read_text(struct json_reader *reader, const char *at, struct text *text) {
#ifdef PLAIN_BY_SIXTEEN
  if (reader->end - at >= 16) { /* most texts are short and plain */
    uint32_t marks = plain_marks(at), size = marks ? (uint32_t)__builtin_ctz(marks) : 0;
    if (at[size] == '"') {
      *text = (struct text){at, size};
      return at + size + 1;
    }
  }
#endif
  struct text longer;
  at = json_read_long_text(reader, at, &longer);
  if (at) *text = longer;
  return at;
}

/* ---- numbers ---- */

static inline bool json_digit(const struct json_reader *reader, const char *at) {
  return at < reader->end && *at >= '0' && *at <= '9';
}

static const char *json_skip_digits(const struct json_reader *reader, const char *at) {
  while (json_digit(reader, at)) at++;
  return at;
}

/* Past the digits. Their value is of use up to 18 of them. */
static inline const char *json_read_digits(const struct json_reader *reader, const char *at, uint64_t *value) {
  uint64_t sum = 0;
#ifdef JSON_BY_WORD
  while (reader->end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    word ^= 0x3030303030303030u;
    if ((word | (word + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) break;
    word = word * 10 + (word >> 8); /* pairs, in each second byte; then fours, then all eight */
    word = (word & 0x000000ff000000ffu) * (100 + (1000000ull << 32)) +
           (word >> 16 & 0x000000ff000000ffu) * (1 + (10000ull << 32));
    sum = sum * 100000000 + (word >> 32);
    at += 8;
  }
  if (reader->end - at >= 4) {
    uint32_t word;
    memcpy(&word, at, 4);
    word ^= 0x30303030u;
    if (!((word | (word + 0x06060606u)) & 0xf0f0f0f0u)) {
      word = word * 10 + (word >> 8);
      sum = sum * 10000 + (word & 0xff) * 100 + (word >> 16 & 0xff);
      at += 4;
    }
  }
#endif
  for (; json_digit(reader, at); at++) sum = sum * 10 + (uint64_t)(*at - '0');
  *value = sum;
  return at;
}

static const char *json_close_number(struct json_reader *reader, const char *start, const char *end, bool whole,
                                     pbk_value *value) {
  struct text text = {start, (uint32_t)(end - start)};
  int64_t integer;
  if (whole && pbk_parse_int(text, &integer)) {
    *value = value_int(integer);
    return end;
  }
  double number = 0;
  uint64_t bits = 0;
  if (pbk_parse_double(text, &number)) memcpy(&bits, &number, sizeof bits);
  if ((bits >> 52 & 0x7ff) == 0x7ff) return json_fail(reader, start, "a number too large");
  *value = value_double(number);
  return end;
}

APART static const char *json_read_number(struct json_reader *reader, const char *start, pbk_value *value) {
  bool negative = *start == '-';
  const char *digits = start + negative;
  uint64_t size;
  if (!json_digit(reader, digits)) return json_fail(reader, digits, "expected a digit after '-'");
  const char *at = json_read_digits(reader, digits, &size);
  ptrdiff_t count = at - digits;
  if (*digits == '0' && count > 1) return json_fail(reader, digits, "a number does not start with a zero");

  bool point = json_is(reader, at, '.');
  if (point) {
    if (!json_digit(reader, ++at)) return json_fail(reader, at, "expected a digit after the point");
    at = json_skip_digits(reader, at);
  }
  bool exponent = json_is(reader, at, 'e') || json_is(reader, at, 'E');
  if (exponent) {
    at++;
    if (json_is(reader, at, '+') || json_is(reader, at, '-')) at++;
    if (!json_digit(reader, at)) return json_fail(reader, at, "expected a digit in the exponent");
    at = json_skip_digits(reader, at);
  }
  if (point || exponent || count > 18) return json_close_number(reader, start, at, !point && !exponent, value);
  *value = value_int(negative ? -(int64_t)size : (int64_t)size);
  return at;
}

/* ---- lists and maps ---- */

static inline uint32_t json_four_bytes(const char *from) {
  const unsigned char *bytes = (const unsigned char *)from;
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The first seven bytes in the order of names, above a byte for the place. */
static uint64_t json_sort_key(const pbk_member *member) {
  const char *bytes = member->name;
  uint32_t size = member->name_size;
  if (size >= 7) return (uint64_t)json_four_bytes(bytes) << 32 | (json_four_bytes(bytes + 3) & 0xffffff) << 8;
  if (size >= 4)
    return (uint64_t)json_four_bytes(bytes) << 32 |
           (uint32_t)((uint64_t)json_four_bytes(bytes + size - 4) << (64 - 8 * size));
  uint64_t key = 0;
  for (uint32_t i = 0; i < size; i++) key |= (uint64_t)(unsigned char)bytes[i] << (56 - 8 * i);
  return key;
}

/* How the names of two keys compare. */
static inline int json_order(const pbk_member *from, uint64_t a, uint64_t b) {
  if ((a ^ b) > 0xff) return a < b ? -1 : 1;
  return text_compare(member_name(&from[a & 0xff]), member_name(&from[b & 0xff]));
}

/* Few members, sorted into `to`, of equal names the last. Returns how many are left. */
APART static uint32_t json_sort(const pbk_member *from, uint32_t count, pbk_member *to) {
  uint64_t keys[JSON_SORTED_AT_ONCE];
  bool equal = false;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t key = json_sort_key(&from[i]) | i;
    uint32_t at = i;
    int order;
    for (; at > 0 && (order = json_order(from, keys[at - 1], key)) >= 0; at--) {
      if (order == 0) { /* the later one stays behind the earlier */
        equal = true;
        break;
      }
      keys[at] = keys[at - 1];
    }
    keys[at] = key;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++)
    if (!equal || i + 1 == count || json_order(from, keys[i], keys[i + 1]) != 0) to[kept++] = from[keys[i] & 0xff];
  return kept;
}

/* A place on the stack, by number, since what is below a member may move the stack before its value is there. */
static inline uint32_t json_push(struct json_reader *reader) {
  struct json_stack *stack = reader->stack;
  if (stack->count == stack->capacity) {
    uint32_t capacity = stack->capacity * 2; /* every member takes bytes of the text, so that 32 bits suffice */
    pbk_member *larger = pbk_arena_allocate(reader->arena, (size_t)capacity * sizeof *larger);
    memcpy(larger, stack->members, stack->count * sizeof *larger);
    stack->members = larger;
    stack->capacity = capacity;
  }
  return stack->count++;
}

static pbk_value json_close_list(struct json_reader *reader, uint32_t base) {
  struct json_stack *stack = reader->stack;
  uint32_t count = stack->count - base;
  pbk_value *items = count ? pbk_arena_allocate(reader->arena, count * sizeof *items) : NULL;
  for (uint32_t i = 0; i < count; i++) items[i] = stack->members[base + i].value;
  stack->count = base;
  return (pbk_value){.kind = PBK_LIST, .size = count, .as.items = items};
}

static pbk_value json_close_map(struct json_reader *reader, uint32_t base) {
  struct json_stack *stack = reader->stack;
  uint32_t count = stack->count - base;
  const pbk_member *from = stack->members + base;
  pbk_member *members = count ? pbk_arena_allocate(reader->arena, count * sizeof *members) : NULL;
  stack->count = base;
  if (count > JSON_SORTED_AT_ONCE) {
    memcpy(members, from, count * sizeof *members);
    reader->unsorted = true;
  } else if (count == 1) {
    members[0] = from[0];
  } else {
    count = json_sort(from, count, members);
  }
  return (pbk_value){.kind = PBK_MAP, .size = count, .as.members = members};
}

static const char *json_read_value(struct json_reader *reader, const char *at, uint32_t depth, pbk_value *value);

/* The bracket is behind us. */
APART static const char *json_read_list(struct json_reader *reader, const char *at, uint32_t depth, pbk_value *value) {
  uint32_t base = reader->stack->count;
  at = json_skip_space(reader, at);
  if (!json_is(reader, at, ']')) {
    for (;;) {
      pbk_value item;
      at = json_read_value(reader, at, depth, &item);
      if (!at) return NULL;
      uint32_t place = json_push(reader);
      reader->stack->members[place].value = item;
      at = json_skip_space(reader, at);
      if (!json_is(reader, at, ',')) break;
      at++;
    }
    if (!json_is(reader, at, ']')) return json_fail(reader, at, "expected ',' or ']' after an item");
  }
  *value = json_close_list(reader, base);
  return at + 1;
}

/* From behind a name to its value. */
static const char *json_read_colon(struct json_reader *reader, const char *at) {
  at = json_skip_space(reader, at);
  if (!json_is(reader, at, ':')) return json_fail(reader, at, "expected ':' after a name");
  return json_skip_space(reader, at + 1);
}

/* From behind a value, or from where the first name should be, into the next name, past its quote; or behind the end of the
 * map. */
static const char *json_read_comma(struct json_reader *reader, const char *at, bool first, bool *end) {
  at = json_skip_space(reader, at);
  *end = json_is(reader, at, '}');
  if (*end) return at + 1;
  if (!first && !json_is(reader, at, ',')) return json_fail(reader, at, "expected ',' or '}' after a member");
  if (!first) at = json_skip_space(reader, at + 1);
  if (json_is(reader, at, '"')) return at + 1;
  return json_fail(reader, at, first ? "expected a name in quotes or '}'" : "expected a name in quotes after ','");
}

/* Past the brace at the end, all members on the stack; the one at the beginning is behind us. Most texts have no white space
 * between what counts, and so that is looked for first. */
static const char *json_read_members(struct json_reader *reader, const char *at, uint32_t depth) {
  bool end = false;
  if (json_is(reader, at, '"'))
    at++;
  else
    at = json_read_comma(reader, at, true, &end);
  while (at && !end) {
    struct text name;
    at = json_read_text(reader, at, &name);
    if (!at) return NULL;
    if (reader->end - at > 1 && *at == ':' && (unsigned char)at[1] > ' ')
      at++;
    else if (!(at = json_read_colon(reader, at)))
      return NULL;

    uint32_t place = json_push(reader);
    pbk_member *member = &reader->stack->members[place];
    member->name = name.bytes;
    member->name_size = name.size;
    member->reserved = 0;
    if (json_is(reader, at, '"')) {
      struct text text;
      at = json_read_text(reader, at + 1, &text);
      if (!at) return NULL;
      member->value = value_string(text);
    } else if (json_digit(reader, at)) {
      at = json_read_number(reader, at, &member->value);
      if (!at) return NULL;
    } else {
      pbk_value below;
      at = json_read_value(reader, at, depth, &below);
      if (!at) return NULL;
      reader->stack->members[place].value = below;
    }
    if (reader->end - at > 1 && *at == ',' && at[1] == '"')
      at += 2;
    else
      at = json_read_comma(reader, at, false, &end);
  }
  return at;
}

APART static const char *json_read_map(struct json_reader *reader, const char *at, uint32_t depth, pbk_value *value) {
  uint32_t base = reader->stack->count;
  if (json_is(reader, at, '}')) {
    *value = (pbk_value){.kind = PBK_MAP};
    return at + 1;
  }
  at = json_read_members(reader, at, depth);
  if (at) *value = json_close_map(reader, base);
  return at;
}

static const char *json_read_word(struct json_reader *reader, const char *at, const char *word, uint32_t size,
                                  pbk_value meaning, pbk_value *value) {
  if (reader->end - at < (ptrdiff_t)size || memcmp(at, word, size) != 0) return json_fail(reader, at, "expected a value");
  *value = meaning;
  return at + size;
}

/* `depth`: how many lists and maps may still open. */
static const char *json_read_value(struct json_reader *reader, const char *at, uint32_t depth, pbk_value *value) {
  at = json_skip_space(reader, at);
  if (at == reader->end) return json_fail(reader, at, "expected a value, found the end");
  switch (*at) {
    case '"': {
      struct text text;
      at = json_read_text(reader, at + 1, &text);
      if (at) *value = value_string(text);
      return at;
    }
    case '{':
    case '[':
      if (depth == 0) return json_fail(reader, at, "lists and maps nested too deeply");
      return *at == '{' ? json_read_map(reader, at + 1, depth - 1, value) : json_read_list(reader, at + 1, depth - 1, value);
    case 't': return json_read_word(reader, at, "true", 4, value_bool(true), value);
    case 'f': return json_read_word(reader, at, "false", 5, value_bool(false), value);
    case 'n': return json_read_word(reader, at, "null", 4, value_null(), value);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return json_read_number(reader, at, value);
    default: return json_fail(reader, at, "expected a value");
  }
}

/* ---- the whole ---- */

static struct json_reader json_begin(struct text text, struct arena *arena, struct json_stack *stack,
                                     struct json_error *error) {
  const char *start = text.size ? text.bytes : "";
  stack->members = stack->first; /* which stay as they are: nothing reads what was not pushed */
  stack->count = 0;
  stack->capacity = JSON_STACK_FIRST;
  return (struct json_reader){.start = start, .end = start + text.size, .arena = arena, .error = error, .stack = stack};
}

static bool json_end(struct json_reader *reader, const char *at) {
  if (!at) return false;
  at = json_skip_space(reader, at);
  return at == reader->end || json_fail(reader, at, "expected the end of the text");
}

bool pbk_json_read(struct text text, struct arena *arena, pbk_value *value, struct json_error *error) {
  struct json_stack stack;
  struct json_reader reader = json_begin(text, arena, &stack, error);
  pbk_value result;
  if (!json_end(&reader, json_read_value(&reader, reader.start, JSON_MOST_DEPTH, &result))) return false;
  if (reader.unsorted) pbk_value_normalize(&result);
  *value = result;
  return true;
}

bool pbk_json_read_line(struct text text, struct arena *arena, struct json_stack *stack, pbk_value *value,
                        struct json_error *error) {
  struct json_reader reader = json_begin(text, arena, stack, error);
  const char *at = json_skip_space(&reader, reader.start);
  if (!json_is(&reader, at, '{')) return pbk_json_read(text, arena, value, error);
  if (!json_end(&reader, json_read_members(&reader, at + 1, JSON_MOST_DEPTH - 1))) return false;
  if (reader.unsorted)
    for (uint32_t i = 0; i < stack->count; i++) pbk_value_normalize(&stack->members[i].value);
  *value = (pbk_value){.kind = PBK_MAP, .size = stack->count, .as.members = stack->members};
  return true;
}
