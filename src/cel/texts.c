/* cel/texts.c - the methods of strings beyond the standard ones: charAt, indexOf, lastIndexOf, substring, replace, split, join,
 * trim, reverse, lowerAscii, upperAscii, and strings.quote(). Positions count code points. */
#include "base/utf8.h"
#include "cel/program.h"

static const char texts_outside[] = "index out of bounds";

/* Where in its bytes the position is; false when the text is shorter. */
static bool texts_offset(struct text text, int64_t position, uint32_t *offset) {
  uint32_t at = 0;
  if (position < 0) return false;
  for (; position > 0; position--) {
    if (at >= text.size) return false;
    pbk_utf8_next(text, &at);
  }
  *offset = at;
  return true;
}

static int64_t texts_position(struct text text, uint32_t offset) {
  return pbk_utf8_length((struct text){text.bytes, offset});
}

static struct text texts_slice(struct text text, uint32_t from, uint32_t to) {
  return (struct text){text.bytes + from, to - from};
}

/* The first occurrence at or after a byte; false when there is none. */
static bool texts_find(struct cel_machine *machine, struct text text, struct text part, uint32_t from, uint32_t *found) {
  if (part.size == 0) {
    *found = from;
    return true;
  }
  for (uint32_t at = from; at < text.size && part.size <= text.size - at; at++) {
    const char *next = memchr(text.bytes + at, part.bytes[0], (size_t)(text.size - part.size - at) + 1);
    if (!next) break;
    at = (uint32_t)(next - text.bytes);
    if (!pbk_cel_burn(machine, 1 + part.size / 64)) return false;
    if (memcmp(next, part.bytes, part.size) != 0) continue;
    *found = at;
    return true;
  }
  return false;
}

static struct cel_value texts_index_of(struct cel_machine *machine, struct text text, struct text part, int64_t from) {
  uint32_t offset, found;
  if (!texts_offset(text, from, &offset)) return cel_failure(texts_outside);
  return cel_int(texts_find(machine, text, part, offset, &found) ? texts_position(text, found) : -1);
}

static struct cel_value texts_last_index_of(struct cel_machine *machine, struct text text, struct text part, uint32_t last) {
  if (part.size > text.size) return cel_int(-1);
  if (last > text.size - part.size) last = text.size - part.size;
  for (uint32_t at = last + 1; at-- > 0;) {
    if (!pbk_cel_burn(machine, 1)) return cel_int(-1);
    if (part.size && (text.bytes[at] != part.bytes[0] || memcmp(text.bytes + at, part.bytes, part.size) != 0)) continue;
    return cel_int(texts_position(text, at));
  }
  return cel_int(-1);
}

static struct cel_value texts_last_from(struct cel_machine *machine, struct text text, struct text part, int64_t from) {
  uint32_t offset;
  if (!texts_offset(text, from, &offset)) return cel_failure(texts_outside);
  return texts_last_index_of(machine, text, part, offset);
}

static struct cel_value texts_char_at(struct text text, int64_t position) {
  uint32_t from, to;
  if (!texts_offset(text, position, &from)) return cel_failure(texts_outside);
  to = from;
  if (to < text.size) pbk_utf8_next(text, &to);
  return cel_string(texts_slice(text, from, to));
}

static struct cel_value texts_substring(struct text text, int64_t from, int64_t to) {
  uint32_t start, end = text.size;
  if (from > to || !texts_offset(text, from, &start) || (to != INT64_MAX && !texts_offset(text, to, &end)))
    return cel_failure(texts_outside);
  return cel_string(texts_slice(text, start, end));
}

/* ---- what gives new texts ---- */

/* Text under construction, in what is left of the scratch; taken for good at the end. */
struct texts_builder {
  struct cel_machine *machine;
  char *bytes;
  uint32_t size, room;
};

static struct texts_builder texts_begin(struct cel_machine *machine) {
  struct texts_builder builder = {.machine = machine, .room = machine->size - machine->used};
  builder.bytes = (char *)machine->scratch + machine->used;
  return builder;
}

static bool texts_put(struct texts_builder *builder, struct text text) {
  if (text.size > builder->room - builder->size) {
    pbk_cel_exhaust(builder->machine, "the condition needs too much working memory");
    return false;
  }
  if (text.size) memcpy(builder->bytes + builder->size, text.bytes, text.size);
  builder->size += text.size;
  return true;
}

static struct cel_value texts_end(struct texts_builder *builder) {
  pbk_cel_burn(builder->machine, builder->size / 64);
  if (builder->machine->exhausted || !pbk_cel_scratch(builder->machine, builder->size)) builder->size = 0;
  return cel_string((struct text){builder->bytes, builder->size});
}

static struct cel_value texts_replace(struct cel_machine *machine, struct text text, struct text old, struct text new_text,
                                      int64_t limit) {
  struct texts_builder builder = texts_begin(machine);
  uint32_t at = 0, found;
  while (limit != 0 && pbk_cel_burn(machine, 1) && texts_find(machine, text, old, at, &found)) {
    texts_put(&builder, texts_slice(text, at, found));
    texts_put(&builder, new_text);
    at = found + old.size;
    if (limit > 0) limit--;
    if (old.size) continue;
    /* The empty text stands before each code point and at the end. */
    if (at >= text.size) break;
    uint32_t next = at;
    pbk_utf8_next(text, &next);
    texts_put(&builder, texts_slice(text, at, next));
    at = next;
  }
  texts_put(&builder, texts_slice(text, at, text.size));
  return texts_end(&builder);
}

static struct cel_value texts_split(struct cel_machine *machine, struct text text, struct text separator, int64_t limit) {
  /* Counted first, then taken. */
  struct cel_value *items = NULL;
  uint32_t count = 0;
  for (int pass = 0; pass < 2; pass++) {
    uint32_t at = 0, found;
    bool rest = separator.size || text.size;
    if (pass && !(items = pbk_cel_scratch(machine, (uint64_t)count * sizeof *items))) break;
    count = 0;
    while (limit != 0 && rest) {
      if (!pbk_cel_burn(machine, 1)) return cel_int(0);
      uint32_t end = text.size, next = text.size;
      bool last = limit > 0 && count + 1 >= limit;
      rest = false;
      if (!last && separator.size && texts_find(machine, text, separator, at, &found)) {
        end = found;
        next = found + separator.size;
        rest = true;
      } else if (!last && !separator.size) {
        end = at;
        pbk_utf8_next(text, &end);
        next = end;
        rest = next < text.size;
      }
      if (items) items[count] = cel_string(texts_slice(text, at, end));
      count++;
      at = next;
    }
  }
  if (machine->exhausted) count = 0;
  return (struct cel_value){.kind = CEL_LIST, .size = count, .as.other = items};
}

static struct cel_value texts_join(struct cel_machine *machine, const struct cel_value *list, struct text separator) {
  struct texts_builder builder = texts_begin(machine);
  uint32_t size = pbk_cel_list_size(list);
  for (uint32_t i = 0; i < size && pbk_cel_burn(machine, 1); i++) {
    struct cel_value item = pbk_cel_list_at(list, i);
    if (item.kind != CEL_STRING) return cel_failure("only texts can be joined");
    if (i) texts_put(&builder, separator);
    texts_put(&builder, cel_text(&item));
  }
  return texts_end(&builder);
}

/* White space as Unicode has it. */
static bool texts_blank(uint32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static struct cel_value texts_trim(struct text text) {
  uint32_t from = text.size, to = text.size, at = 0;
  bool any = false;
  while (at < text.size) {
    uint32_t start = at;
    if (texts_blank(pbk_utf8_next(text, &at))) continue;
    if (!any) from = start;
    any = true;
    to = at;
  }
  return cel_string(texts_slice(text, from, to));
}

static struct cel_value texts_reverse(struct cel_machine *machine, struct text text) {
  char *bytes = pbk_cel_scratch(machine, text.size);
  if (!bytes) return cel_string(NO_TEXT);
  for (uint32_t at = 0; at < text.size;) {
    uint32_t start = at;
    pbk_utf8_next(text, &at);
    memcpy(bytes + (text.size - at), text.bytes + start, at - start);
  }
  return cel_string((struct text){bytes, text.size});
}

static struct cel_value texts_case(struct cel_machine *machine, struct text text, char first) {
  char *bytes = pbk_cel_scratch(machine, text.size);
  if (!bytes) return cel_string(NO_TEXT);
  for (uint32_t i = 0; i < text.size; i++) {
    char c = text.bytes[i];
    bytes[i] = c >= first && c < first + 26 ? (char)(c ^ 0x20) : c;
  }
  return cel_string((struct text){bytes, text.size});
}

static struct cel_value texts_quote(struct cel_machine *machine, struct text text) {
  static const char plain[] = "\a\b\f\n\r\t\v\\\"", means[] = "abfnrtv\\\"";
  struct texts_builder builder = texts_begin(machine);
  texts_put(&builder, TEXT("\""));
  for (uint32_t i = 0; i < text.size; i++) {
    const char *found = text.bytes[i] ? strchr(plain, text.bytes[i]) : NULL;
    if (found) {
      char escape[2] = {'\\', means[found - plain]};
      if (!texts_put(&builder, (struct text){escape, 2})) break;
    } else if (!texts_put(&builder, texts_slice(text, i, i + 1))) {
      break;
    }
  }
  texts_put(&builder, TEXT("\""));
  return texts_end(&builder);
}

/* ---- the calls ---- */

/* Whether the arguments are of these kinds: 's' string, 'i' int. */
static bool texts_are(const struct cel_value *arguments, uint32_t count, const char *kinds) {
  if (strlen(kinds) != count) return false;
  for (uint32_t i = 0; i < count; i++)
    if (arguments[i].kind != (kinds[i] == 's' ? CEL_STRING : CEL_INT)) return false;
  return true;
}

static struct cel_value texts_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                   uint32_t count) {
  struct text text = cel_text(&arguments[0]);
  struct text part = count > 1 && arguments[1].kind == CEL_STRING ? cel_text(&arguments[1]) : NO_TEXT;
  bool one = texts_are(arguments, count, "s"), with_text = texts_are(arguments, count, "ss");
  bool with_both = texts_are(arguments, count, "ssi"), with_int = texts_are(arguments, count, "si");
  switch (function) {
    case FUNCTION_CHAR_AT:
      if (with_int) return texts_char_at(text, arguments[1].as.integer);
      break;
    case FUNCTION_INDEX_OF:
      if (with_text) return texts_index_of(machine, text, part, 0);
      if (with_both) return texts_index_of(machine, text, part, arguments[2].as.integer);
      break;
    case FUNCTION_LAST_INDEX_OF:
      if (with_text) return texts_last_index_of(machine, text, part, text.size);
      if (with_both) return texts_last_from(machine, text, part, arguments[2].as.integer);
      break;
    case FUNCTION_SUBSTRING:
      if (with_int) return texts_substring(text, arguments[1].as.integer, INT64_MAX);
      if (texts_are(arguments, count, "sii")) return texts_substring(text, arguments[1].as.integer, arguments[2].as.integer);
      break;
    case FUNCTION_REPLACE:
      if (texts_are(arguments, count, "sss")) return texts_replace(machine, text, part, cel_text(&arguments[2]), -1);
      if (texts_are(arguments, count, "sssi"))
        return texts_replace(machine, text, part, cel_text(&arguments[2]), arguments[3].as.integer);
      break;
    case FUNCTION_SPLIT:
      if (with_text) return texts_split(machine, text, part, -1);
      if (with_both) return texts_split(machine, text, part, arguments[2].as.integer);
      break;
    case FUNCTION_JOIN:
      if (!pbk_cel_is_list(&arguments[0]) || count > 2 || (count == 2 && arguments[1].kind != CEL_STRING)) break;
      return texts_join(machine, &arguments[0], part);
    case FUNCTION_TRIM:
      if (one) return texts_trim(text);
      break;
    case FUNCTION_REVERSE:
      if (one) return texts_reverse(machine, text);
      break;
    case FUNCTION_LOWER_ASCII:
      if (one) return texts_case(machine, text, 'A');
      break;
    case FUNCTION_UPPER_ASCII:
      if (one) return texts_case(machine, text, 'a');
      break;
    case FUNCTION_QUOTE:
      if (one) return texts_quote(machine, text);
      break;
    default:
      if (count == 2 && arguments[0].kind == CEL_STRING && pbk_cel_is_list(&arguments[1]))
        return pbk_cel_format(machine, text, &arguments[1]);
      break;
  }
  return cel_failure(pbk_cel_no_such_overload);
}

struct cel_value pbk_cel_extension_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                        uint32_t count) {
  if (function >= FUNCTION_MATH_GREATEST) return pbk_cel_math_call(machine, function, arguments, count);
  if (arguments[0].kind == CEL_STRING) pbk_cel_burn(machine, arguments[0].size / 16);
  return texts_call(machine, function, arguments, count);
}
