/* cel/format.c - "…".format([…]): %s %d %f %e %b %o %x %X and %%. Numbers are written from their exact decimal digits, so that
 * every platform gives the same. */
#include <math.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cel/syntax.h"

enum {
  FORMAT_MOST_PRECISION = 1000,
  FORMAT_WORDS = 84,  /* of 32 bits: the digits of the smallest double as a whole number */
  FORMAT_DIGITS = 800,
  FORMAT_DEPTH = 64   /* lists and maps within each other */
};

struct format {
  struct cel_machine *machine;
  char *bytes;
  uint32_t size, room;
  const char *failure;
};

static void format_put(struct format *format, struct text text) {
  if (text.size > format->room - format->size) {
    pbk_cel_exhaust(format->machine, "the condition needs too much working memory");
    return;
  }
  if (text.size) memcpy(format->bytes + format->size, text.bytes, text.size);
  format->size += text.size;
}

static void format_char(struct format *format, char c) {
  format_put(format, (struct text){&c, 1});
}

static void format_zeros(struct format *format, uint32_t count) {
  for (; count && !format->machine->exhausted; count--) format_char(format, '0');
}

/* ---- exact digits ---- */

/* A number as a run of decimal digits, the last `scale` of them behind the point. No leading zeros: none at all for zero. */
struct format_number {
  bool negative;
  uint32_t size, scale;
  char digits[FORMAT_DIGITS];
};

static void format_natural(struct format_number *number, uint64_t value) {
  number->size = value ? pbk_print_uint(number->digits, value) : 0;
  number->scale = 0;
}

static void format_double(struct format_number *number, double value) {
  uint32_t words[FORMAT_WORDS] = {0}, used = 2;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  number->negative = bits >> 63 != 0;
  int32_t exponent = (int32_t)(bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
  if (exponent) mantissa |= (uint64_t)1 << 52;
  exponent = (exponent ? exponent : 1) - 1075;
  while (exponent < 0 && mantissa && mantissa % 2 == 0) {
    mantissa /= 2;
    exponent++;
  }
  words[0] = (uint32_t)mantissa;
  words[1] = (uint32_t)(mantissa >> 32);
  if (mantissa == 0) exponent = 0;
  /* Times 2 for each power of two above zero; below, times 5, and a tenth of it all. */
  number->scale = exponent < 0 ? (uint32_t)-exponent : 0;
  for (uint32_t times = exponent < 0 ? number->scale : (uint32_t)exponent; times; times--) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < used; i++) {
      carry += (uint64_t)words[i] * (exponent < 0 ? 5 : 2);
      words[i] = (uint32_t)carry;
      carry >>= 32;
    }
    if (carry && used < FORMAT_WORDS) words[used++] = (uint32_t)carry;
  }
  /* Nine digits at a time, from the last. */
  uint32_t at = FORMAT_DIGITS;
  for (;;) {
    while (used && words[used - 1] == 0) used--;
    if (!used) break;
    uint64_t rest = 0;
    for (uint32_t i = used; i-- > 0;) {
      rest = rest << 32 | words[i];
      words[i] = (uint32_t)(rest / 1000000000);
      rest %= 1000000000;
    }
    for (uint32_t i = 0; i < 9 && at; i++, rest /= 10) number->digits[--at] = (char)('0' + rest % 10);
  }
  while (at < FORMAT_DIGITS && number->digits[at] == '0') at++;
  number->size = FORMAT_DIGITS - at;
  memmove(number->digits, number->digits + at, number->size);
}

/* Keeps the first `kept` digits, rounding to the nearest, halves to even. True when a digit came in front. */
static bool format_round(struct format_number *number, uint32_t kept) {
  uint32_t size = number->size;
  char next = number->digits[kept];
  bool more = false;
  for (uint32_t i = kept + 1; i < size; i++) more = more || number->digits[i] != '0';
  bool odd = kept && (number->digits[kept - 1] - '0') % 2;
  number->size = kept;
  number->scale -= size - kept < number->scale ? size - kept : number->scale;
  if (next < '5' || (next == '5' && !more && !odd)) return false;
  for (uint32_t i = kept; i-- > 0;) {
    if (number->digits[i] != '9') {
      number->digits[i]++;
      return false;
    }
    number->digits[i] = '0';
  }
  memmove(number->digits + 1, number->digits, kept);
  number->digits[0] = '1';
  number->size++;
  return true;
}

static void format_fixed(struct format *format, struct format_number *number, uint32_t precision) {
  if (number->scale > precision) {
    uint32_t drop = number->scale - precision;
    if (drop > number->size) {
      number->size = 0;
      number->scale = precision;
    } else {
      format_round(number, number->size - drop);
      number->scale = precision;
    }
  }
  if (number->negative) format_char(format, '-');
  uint32_t whole = number->size > number->scale ? number->size - number->scale : 0;
  if (whole == 0) format_char(format, '0');
  format_put(format, (struct text){number->digits, whole});
  if (precision == 0) return;
  format_char(format, '.');
  uint32_t behind = number->size - whole;
  format_zeros(format, number->scale - behind);
  format_put(format, (struct text){number->digits + whole, behind});
  format_zeros(format, precision - number->scale);
}

static void format_scientific(struct format *format, struct format_number *number, uint32_t precision) {
  char text[NUMBER_TEXT_MOST];
  int32_t exponent = number->size ? (int32_t)number->size - 1 - (int32_t)number->scale : 0;
  if (number->size > precision + 1 && format_round(number, precision + 1)) exponent++;
  if (number->negative) format_char(format, '-');
  uint32_t shown = number->size < precision + 1 ? number->size : precision + 1;
  format_char(format, shown ? number->digits[0] : '0');
  if (precision) format_char(format, '.');
  if (shown > 1) format_put(format, (struct text){number->digits + 1, shown - 1});
  format_zeros(format, precision - (shown > 1 ? shown - 1 : 0));
  format_put(format, exponent < 0 ? TEXT("e-") : TEXT("e+"));
  uint32_t size = pbk_print_int(text, exponent < 0 ? -exponent : exponent);
  if (size < 2) format_char(format, '0');
  format_put(format, (struct text){text, size});
}

/* ---- the clauses ---- */

static void format_refuse(struct format *format, const char *why) {
  if (!format->failure) format->failure = why;
}

static bool format_special(struct format *format, const struct cel_value *value) {
  char text[NUMBER_TEXT_MOST];
  if (value->kind != CEL_DOUBLE || isfinite(value->as.number)) return false;
  format_put(format, (struct text){text, pbk_print_double(text, value->as.number)});
  return true;
}

static void format_decimal(struct format *format, const struct cel_value *value) {
  char text[NUMBER_TEXT_MOST];
  uint32_t size = 0;
  if (value->kind == CEL_INT)
    size = pbk_print_int(text, value->as.integer);
  else if (value->kind == CEL_UINT)
    size = pbk_print_uint(text, value->as.natural);
  else if (value->kind == CEL_DOUBLE)
    size = pbk_print_double(text, value->as.number);
  else
    format_refuse(format, "%d takes a number");
  format_put(format, (struct text){text, size});
}

static void format_point(struct format *format, const struct cel_value *value, char clause, uint32_t precision) {
  struct format_number number = {.negative = false};
  if (format_special(format, value)) return;
  if (value->kind == CEL_INT) {
    number.negative = value->as.integer < 0;
    format_natural(&number, number.negative ? 0 - (uint64_t)value->as.integer : (uint64_t)value->as.integer);
  } else if (value->kind == CEL_UINT) {
    format_natural(&number, value->as.natural);
  } else if (value->kind == CEL_DOUBLE) {
    format_double(&number, value->as.number);
  } else {
    format_refuse(format, clause == 'f' ? "%f takes a number" : "%e takes a number");
    return;
  }
  pbk_cel_burn(format->machine, 64);
  if (clause == 'f')
    format_fixed(format, &number, precision);
  else
    format_scientific(format, &number, precision);
}

static void format_in_base(struct format *format, const struct cel_value *value, uint32_t shift, const char *digits) {
  uint64_t natural = value->as.natural;
  if (value->kind == CEL_INT) {
    natural = value->as.integer < 0 ? 0 - (uint64_t)value->as.integer : (uint64_t)value->as.integer;
    if (value->as.integer < 0) format_char(format, '-');
  } else if (value->kind == CEL_BOOL && shift == 1) {
    natural = value->as.integer != 0;
  } else if (value->kind != CEL_UINT) {
    format_refuse(format, shift == 1   ? "%b takes an int, uint or bool"
                          : shift == 3 ? "%o takes an int or uint"
                                       : "%x takes an int, uint, string or bytes");
    return;
  }
  char text[64];
  uint32_t at = sizeof text;
  do {
    text[--at] = digits[natural & (((uint64_t)1 << shift) - 1)];
    natural >>= shift;
  } while (natural);
  format_put(format, (struct text){text + at, (uint32_t)sizeof text - at});
}

static void format_hexadecimal(struct format *format, const struct cel_value *value, const char *digits) {
  if (value->kind != CEL_STRING && value->kind != CEL_BYTES) {
    format_in_base(format, value, 4, digits);
    return;
  }
  pbk_cel_burn(format->machine, value->size / 16);
  for (uint32_t i = 0; i < value->size && !format->machine->exhausted; i++) {
    unsigned char byte = (unsigned char)value->as.bytes[i];
    format_char(format, digits[byte >> 4]);
    format_char(format, digits[byte & 15]);
  }
}

static void format_any(struct format *format, const struct cel_value *value, uint32_t depth);

/* A map's entries stand in the order of their keys' text. Each is found anew among those that are left, its key written where it will
 * stand: that takes no memory, and maps here are small; the fuel sees to the others. */
static void format_map(struct format *format, const struct cel_value *map, uint32_t depth) {
  uint32_t size = 0, last = format->size, last_size = 0;
  bool any = false;
  if (!pbk_cel_map_size(format->machine, map, &size)) {
    format_refuse(format, pbk_cel_no_such_key);
    return;
  }
  format_char(format, '{');
  uint32_t chosen_before = UINT32_MAX;
  for (uint32_t done = 0; done < size && !format->machine->exhausted && !format->failure; done++) {
    uint32_t best = UINT32_MAX, mark = format->size, best_at = mark, best_size = 0;
    for (uint32_t i = 0; i < size && !format->machine->exhausted && !format->failure; i++) {
      struct cel_value key, item;
      pbk_cel_map_at(format->machine, map, i, &key, &item);
      uint32_t at = format->size;
      format_any(format, &key, depth + 1);
      struct text text = {format->bytes + at, format->size - at};
      struct text before = {format->bytes + last, last_size}, least = {format->bytes + best_at, best_size};
      int after = any ? text_compare(text, before) : 1;
      bool later = after > 0 || (after == 0 && i > chosen_before);
      if (later && (best == UINT32_MAX || text_compare(text, least) < 0)) {
        memmove(format->bytes + mark, text.bytes, text.size);
        best = i;
        best_at = mark;
        best_size = text.size;
        format->size = mark + text.size;
      } else {
        format->size = at;
      }
    }
    if (best == UINT32_MAX) break;
    chosen_before = best;
    /* The key stands at the mark, the separator goes before it. */
    if (any) {
      format_put(format, TEXT("  "));
      if (format->machine->exhausted) return;
      memmove(format->bytes + mark + 2, format->bytes + mark, best_size);
      memcpy(format->bytes + mark, ", ", 2);
      mark += 2;
    }
    format->size = mark + best_size;
    last = mark;
    last_size = best_size;
    any = true;
    struct cel_value key, item;
    pbk_cel_map_at(format->machine, map, best, &key, &item);
    format_put(format, TEXT(": "));
    format_any(format, &item, depth + 1);
  }
  format_char(format, '}');
}

static void format_list(struct format *format, const struct cel_value *list, uint32_t depth) {
  uint32_t size = pbk_cel_list_size(list);
  format_char(format, '[');
  for (uint32_t i = 0; i < size && !format->machine->exhausted && !format->failure; i++) {
    struct cel_value item = pbk_cel_list_at(list, i);
    if (i) format_put(format, TEXT(", "));
    format_any(format, &item, depth + 1);
  }
  format_char(format, ']');
}

static void format_any(struct format *format, const struct cel_value *value, uint32_t depth) {
  char text[TIME_TEXT_MOST + DURATION_TEXT_MOST];
  if (!pbk_cel_burn(format->machine, 1)) return;
  if (depth > FORMAT_DEPTH) {
    format_refuse(format, "nested too deeply to be written");
    return;
  }
  if (pbk_cel_is_list(value)) {
    format_list(format, value, depth);
    return;
  }
  if (pbk_cel_is_map(value)) {
    format_map(format, value, depth);
    return;
  }
  switch (value->kind) {
    case CEL_NULL: format_put(format, TEXT("null")); return;
    case CEL_BOOL: format_put(format, value->as.integer ? TEXT("true") : TEXT("false")); return;
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE: format_decimal(format, value); return;
    case CEL_BYTES:
      if (!pbk_utf8_valid(cel_text(value))) format_refuse(format, "these bytes are no UTF-8 text");
      format_put(format, cel_text(value));
      return;
    case CEL_STRING: format_put(format, cel_text(value)); return;
    case CEL_TYPE: format_put(format, text_from(pbk_cel_kind_name((uint32_t)value->as.integer))); return;
    case CEL_TIMESTAMP:
    case CEL_DURATION: format_put(format, (struct text){text, pbk_cel_print_time(text, value)}); return;
    default: format_refuse(format, pbk_cel_no_such_overload); return;
  }
}

static const char *const format_unknown = "an unknown clause; there are %s %d %f %e %b %o %x %X and %%";

static void format_clause(struct format *format, char clause, uint32_t precision, const struct cel_value *value) {
  switch (clause) {
    case 's': format_any(format, value, 0); return;
    case 'd': format_decimal(format, value); return;
    case 'f':
    case 'e': format_point(format, value, clause, precision); return;
    case 'b': format_in_base(format, value, 1, "01"); return;
    case 'o': format_in_base(format, value, 3, "01234567"); return;
    case 'x': format_hexadecimal(format, value, "0123456789abcdef"); return;
    case 'X': format_hexadecimal(format, value, "0123456789ABCDEF"); return;
    default: format_refuse(format, format_unknown);
  }
}

struct cel_format_clause pbk_cel_format_clause(struct text template, uint32_t *at) {
  struct cel_format_clause clause = {.precision = 6};
  const char *bytes = template.bytes, *mark = *at < template.size ? memchr(bytes + *at, '%', template.size - *at) : NULL;
  uint32_t next = mark ? (uint32_t)(mark - bytes) : template.size;
  clause.before = (struct text){bytes + *at, next - *at};
  *at = next;
  if (!mark) return clause;
  next++;
  if (next < template.size && bytes[next] == '.') {
    uint32_t digits = ++next;
    clause.precision = 0;
    while (next < template.size && bytes[next] >= '0' && bytes[next] <= '9') {
      clause.precision = clause.precision * 10 + (uint32_t)(bytes[next++] - '0');
      clause.failure = "a precision of more than 1000";
      if (clause.precision > FORMAT_MOST_PRECISION) return clause;
    }
    clause.failure = "a point without a precision in the format";
    if (next == digits) return clause;
  }
  clause.failure = "a % at the end of the format";
  if (next >= template.size) return clause;
  clause.failure = memchr("%sdfeboxX", bytes[next], 9) ? NULL : format_unknown;
  clause.letter = bytes[next++];
  *at = next;
  return clause;
}

struct cel_value pbk_cel_format(struct cel_machine *machine, struct text template, const struct cel_value *arguments) {
  struct format format = {.machine = machine, .room = machine->size - machine->used};
  format.bytes = (char *)machine->scratch + machine->used;
  uint32_t taken = 0, count = pbk_cel_list_size(arguments), at = 0;
  while (!machine->exhausted && !format.failure) {
    struct cel_format_clause clause = pbk_cel_format_clause(template, &at);
    format_put(&format, clause.before);
    if (clause.failure) return cel_failure(clause.failure);
    if (!clause.letter) break;
    if (clause.letter == '%') {
      format_char(&format, '%');
      continue;
    }
    if (taken >= count) return cel_failure("the format has more clauses than there are values");
    struct cel_value value = pbk_cel_list_at(arguments, taken++);
    format_clause(&format, clause.letter, clause.precision, &value);
  }
  if (format.failure) return cel_failure(format.failure);
  pbk_cel_burn(machine, format.size / 64);
  if (machine->exhausted || !pbk_cel_scratch(machine, format.size)) return cel_string(NO_TEXT);
  return cel_string((struct text){format.bytes, format.size});
}
