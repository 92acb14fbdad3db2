/* wire/json_reader.c - one pass over the text, by recursive descent. What a list or map holds is gathered on a stack and
 * moved to the arena in one piece when it closes. */
#include "wire/json_reader.h"

#include "base/number.h"
#include "base/utf8.h"

#if defined(__GNUC__) && defined(__SSE2__) && !defined(PBK_PORTABLE)
#include <emmintrin.h>
#define JSON_BY_SIXTEEN 1 /* bytes looked at together */
#endif

enum {
  JSON_STACK_FIRST = 48,   /* members gathered before the stack moves to the arena */
  JSON_SORTED_AT_ONCE = 16 /* larger maps wait for pbk_value_normalize, which is never quadratic */
};

struct json_reader {
  const char *start, *at, *end;
  struct arena *arena;
  struct json_error *error;
  pbk_member *stack; /* of a list's items only the values count */
  uint32_t count, capacity;
  bool unsorted; /* some map waits to be sorted */
  pbk_member first[JSON_STACK_FIRST];
};

static bool json_fail(struct json_reader *reader, const char *at, const char *message) {
  reader->error->message = message;
  reader->error->offset = (uint32_t)(at - reader->start);
  return false;
}

static void json_skip_space(struct json_reader *reader) {
  while (reader->at < reader->end &&
         (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t'))
    reader->at++;
}

static bool json_take_after_space(struct json_reader *reader, char wanted) {
  json_skip_space(reader);
  if (reader->at == reader->end || *reader->at != wanted) return false;
  reader->at++;
  return true;
}

/* True, and past it, where the next byte (white space skipped) is the wanted one. */
static inline bool json_take(struct json_reader *reader, char wanted) {
  if (reader->at == reader->end || *reader->at != wanted) return json_take_after_space(reader, wanted);
  reader->at++;
  return true;
}

/* ---- texts ---- */

/* To the first quote, backslash or control character; *high: something near may be other than ASCII. */
static inline const char *json_skip_plain(const char *at, const char *end, bool *high) {
#ifdef JSON_BY_SIXTEEN
  while (end - at >= 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    uint32_t marks = (uint32_t)_mm_movemask_epi8(_mm_or_si128(stops, control));
    if (_mm_movemask_epi8(bytes)) *high = true;
    if (marks) return at + __builtin_ctz(marks);
    at += 16;
  }
#endif
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  while (end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    /* Not every mark is true, but where there is one to find there is a mark. */
    uint64_t marks = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word);
    if (marks & tops) break;
    *high |= (word & tops) != 0;
    at += 8;
  }
  for (; at < end; at++) {
    unsigned char byte = (unsigned char)*at;
    if (byte == '"' || byte == '\\' || byte < 0x20) break;
    *high |= byte >= 0x80;
  }
  return at;
}

/* Only called where the text is not UTF-8: says where it stops being so. */
static bool json_fail_utf8(struct json_reader *reader, const char *from, const char *to) {
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

/* What follows the backslash at *at, which moves past it; writes it to *to. */
static bool json_read_escape(struct json_reader *reader, const char **at, const char *end, char **to) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  const char *escape = *at;
  char letter = escape[1];
  *at += 2;
  if (letter != 'u') {
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) return json_fail(reader, escape, "expected one of \" \\ / b f n r t u after a backslash");
    *(*to)++ = meanings[found - letters];
    return true;
  }
  uint32_t code, low;
  if (!json_hex(*at, end, &code)) return json_fail(reader, escape, "expected four hexadecimal digits after \\u");
  *at += 4;
  if (code >= 0xd800 && code < 0xe000) {
    bool pair = code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' && json_hex(*at + 2, end, &low) &&
                low >= 0xdc00 && low < 0xe000;
    if (!pair) return json_fail(reader, escape, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    *at += 6;
  }
  *to += pbk_utf8_put(*to, code);
  return true;
}

/* From a text's first backslash on: finds its end, then writes it out. No escape is shorter than what it stands for. */
static bool json_read_escaped(struct json_reader *reader, const char *backslash, bool high, struct text *text) {
  const char *start = reader->at, *end = backslash;
  while (end < reader->end && *end == '\\') {
    if (reader->end - end < 2) return json_fail(reader, reader->end, "expected '\"' at the end of a text");
    end = json_skip_plain(end + 2, reader->end, &high);
  }
  if (end == reader->end) return json_fail(reader, end, "expected '\"' at the end of a text");
  if (*end != '"') return json_fail(reader, end, "a control character in a text must be escaped");
  if (high && !pbk_utf8_valid((struct text){start, (uint32_t)(end - start)})) return json_fail_utf8(reader, start, end);

  char *bytes = pbk_arena_allocate(reader->arena, (size_t)(end - start)), *to = bytes;
  const char *at = start;
  while (at < end) {
    const char *run = memchr(at, '\\', (size_t)(end - at));
    size_t size = (size_t)((run ? run : end) - at);
    if (size) memcpy(to, at, size);
    to += size;
    at += size;
    if (run && !json_read_escape(reader, &at, end, &to)) return false;
  }
  *text = (struct text){bytes, (uint32_t)(to - bytes)};
  reader->at = end + 1;
  return true;
}

/* The quote is behind us. */
static inline bool json_read_text(struct json_reader *reader, struct text *text) {
  bool high = false;
  const char *start = reader->at, *end = json_skip_plain(start, reader->end, &high);
  if (end == reader->end) return json_fail(reader, end, "expected '\"' at the end of a text");
  if (*end == '\\') return json_read_escaped(reader, end, high, text);
  if (*end != '"') return json_fail(reader, end, "a control character in a text must be escaped");
  *text = (struct text){start, (uint32_t)(end - start)};
  if (high && !pbk_utf8_valid(*text)) return json_fail_utf8(reader, start, end);
  reader->at = end + 1;
  return true;
}

/* ---- numbers ---- */

static bool json_digit(const struct json_reader *reader) {
  return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

static bool json_read_number(struct json_reader *reader, pbk_value *value) {
  const char *start = reader->at;
  bool negative = *start == '-';
  reader->at += negative;
  if (!json_digit(reader)) return json_fail(reader, reader->at, "expected a digit after '-'");
  const char *digits = reader->at;
  uint64_t size = 0;
  for (; json_digit(reader); reader->at++) size = size * 10 + (uint64_t)(*reader->at - '0'); /* of use up to 18 digits */
  ptrdiff_t count = reader->at - digits;
  if (*digits == '0' && count > 1) return json_fail(reader, digits, "a number does not start with a zero");

  bool whole = true;
  if (reader->at < reader->end && *reader->at == '.') {
    whole = false;
    reader->at++;
    if (!json_digit(reader)) return json_fail(reader, reader->at, "expected a digit after the point");
    while (json_digit(reader)) reader->at++;
  }
  if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E')) {
    whole = false;
    reader->at++;
    if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-')) reader->at++;
    if (!json_digit(reader)) return json_fail(reader, reader->at, "expected a digit in the exponent");
    while (json_digit(reader)) reader->at++;
  }

  struct text text = {start, (uint32_t)(reader->at - start)};
  int64_t integer = negative ? -(int64_t)(size & INT64_MAX) : (int64_t)(size & INT64_MAX);
  if (whole && (count <= 18 || pbk_parse_int(text, &integer))) {
    *value = value_int(integer);
    return true;
  }
  double number = 0;
  uint64_t bits = 0;
  if (pbk_parse_double(text, &number)) memcpy(&bits, &number, sizeof bits);
  if ((bits >> 52 & 0x7ff) == 0x7ff) return json_fail(reader, start, "a number too large");
  *value = value_double(number);
  return true;
}

/* ---- lists and maps ---- */

/* The first four bytes in the order of names. While members are sorted it stands in `reserved`, and mostly decides. */
static uint32_t json_first_bytes(struct text name) {
  const unsigned char *bytes = (const unsigned char *)name.bytes;
  if (name.size >= 4) return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
  uint32_t first = 0;
  for (uint32_t i = 0; i < name.size; i++) first |= (uint32_t)bytes[i] << (24 - 8 * i);
  return first;
}

static int json_order(const pbk_member *a, const pbk_member *b) {
  if (a->reserved != b->reserved) return a->reserved < b->reserved ? -1 : 1;
  return text_compare(member_name(a), member_name(b));
}

/* A place on the stack, by number, since what is below a member may move the stack before its value is there. */
static inline uint32_t json_push(struct json_reader *reader) {
  if (reader->count == reader->capacity) {
    uint32_t capacity = reader->capacity * 2; /* every member takes bytes of the text, so that 32 bits suffice */
    pbk_member *larger = pbk_arena_allocate(reader->arena, (size_t)capacity * sizeof *larger);
    memcpy(larger, reader->stack, reader->count * sizeof *larger);
    reader->stack = larger;
    reader->capacity = capacity;
  }
  return reader->count++;
}

static pbk_value json_close_list(struct json_reader *reader, uint32_t base) {
  uint32_t count = reader->count - base;
  pbk_value *items = count ? pbk_arena_allocate(reader->arena, count * sizeof *items) : NULL;
  for (uint32_t i = 0; i < count; i++) items[i] = reader->stack[base + i].value;
  reader->count = base;
  return (pbk_value){.kind = PBK_LIST, .size = count, .as.items = items};
}

/* Puts one more member into a sorted run, over one of the same name. Returns the run's new length. */
static uint32_t json_insert(pbk_member *members, uint32_t count, const pbk_member *member) {
  uint32_t at = count;
  int order = -1;
  while (at > 0 && (order = json_order(&members[at - 1], member)) > 0) at--;
  if (at > 0 && order == 0) {
    members[at - 1] = *member;
    return count;
  }
  if (at < count) memmove(members + at + 1, members + at, (count - at) * sizeof *members);
  members[at] = *member;
  return count + 1;
}

static pbk_value json_close_map(struct json_reader *reader, uint32_t base) {
  uint32_t count = reader->count - base;
  pbk_member *from = reader->stack + base;
  pbk_member *members = count ? pbk_arena_allocate(reader->arena, count * sizeof *members) : NULL;
  reader->count = base;
  if (count > JSON_SORTED_AT_ONCE) {
    memcpy(members, from, count * sizeof *members);
    reader->unsorted = true;
  } else {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) kept = json_insert(members, kept, &from[i]);
    count = kept;
  }
  for (uint32_t i = 0; i < count; i++) members[i].reserved = 0;
  return (pbk_value){.kind = PBK_MAP, .size = count, .as.members = members};
}

static bool json_read_value(struct json_reader *reader, uint32_t depth, pbk_value *value);

static bool json_read_list(struct json_reader *reader, uint32_t depth, pbk_value *value) {
  uint32_t base = reader->count;
  if (!json_take(reader, ']')) {
    do {
      pbk_value item;
      if (!json_read_value(reader, depth, &item)) return false;
      uint32_t place = json_push(reader);
      reader->stack[place].value = item;
    } while (json_take(reader, ','));
    if (!json_take(reader, ']')) return json_fail(reader, reader->at, "expected ',' or ']' after an item");
  }
  *value = json_close_list(reader, base);
  return true;
}

static bool json_read_map(struct json_reader *reader, uint32_t depth, pbk_value *value) {
  uint32_t base = reader->count;
  if (!json_take(reader, '}')) {
    do {
      struct text name;
      pbk_value below;
      if (!json_take(reader, '"'))
        return json_fail(reader, reader->at,
                         reader->count == base ? "expected a name in quotes or '}'" : "expected a name in quotes after ','");
      if (!json_read_text(reader, &name)) return false;
      if (!json_take(reader, ':')) return json_fail(reader, reader->at, "expected ':' after a name");
      uint32_t place = json_push(reader);
      pbk_member *member = &reader->stack[place];
      member->name = name.bytes;
      member->name_size = name.size;
      member->reserved = json_first_bytes(name);
      if (!json_read_value(reader, depth, &below)) return false;
      reader->stack[place].value = below;
    } while (json_take(reader, ','));
    if (!json_take(reader, '}')) return json_fail(reader, reader->at, "expected ',' or '}' after a member");
  }
  *value = json_close_map(reader, base);
  return true;
}

static bool json_read_word(struct json_reader *reader, const char *word, uint32_t size, pbk_value meaning,
                           pbk_value *value) {
  if (reader->end - reader->at < (ptrdiff_t)size || memcmp(reader->at, word, size) != 0)
    return json_fail(reader, reader->at, "expected a value");
  reader->at += size;
  *value = meaning;
  return true;
}

/* `depth`: how many lists and maps may still open. */
static bool json_read_value(struct json_reader *reader, uint32_t depth, pbk_value *value) {
  json_skip_space(reader);
  if (reader->at == reader->end) return json_fail(reader, reader->at, "expected a value, found the end");
  switch (*reader->at) {
    case '"': {
      struct text text;
      reader->at++;
      if (!json_read_text(reader, &text)) return false;
      *value = value_string(text);
      return true;
    }
    case '{':
    case '[': {
      if (depth == 0) return json_fail(reader, reader->at, "lists and maps nested too deeply");
      bool map = *reader->at++ == '{';
      return map ? json_read_map(reader, depth - 1, value) : json_read_list(reader, depth - 1, value);
    }
    case 't': return json_read_word(reader, "true", 4, value_bool(true), value);
    case 'f': return json_read_word(reader, "false", 5, value_bool(false), value);
    case 'n': return json_read_word(reader, "null", 4, value_null(), value);
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
    case '9': return json_read_number(reader, value);
    default: return json_fail(reader, reader->at, "expected a value");
  }
}

bool pbk_json_read(struct text text, struct arena *arena, pbk_value *value, struct json_error *error) {
  struct json_reader reader; /* `first` stays as it is: nothing reads what was not pushed */
  reader.start = reader.at = text.size ? text.bytes : "";
  reader.end = reader.start + text.size;
  reader.arena = arena;
  reader.error = error;
  reader.stack = reader.first;
  reader.count = 0;
  reader.capacity = JSON_STACK_FIRST;
  reader.unsorted = false;

  pbk_value result;
  if (!json_read_value(&reader, JSON_MOST_DEPTH, &result)) return false;
  json_skip_space(&reader);
  if (reader.at != reader.end) return json_fail(&reader, reader.at, "expected the end of the text");
  if (reader.unsorted) pbk_value_normalize(&result);
  *value = result;
  return true;
}
