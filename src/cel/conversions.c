/* cel/conversions.c - int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration(), days(), type() and dyn().
 */
#include <math.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cel/program.h"

uint32_t pbk_cel_kind_of(const struct cel_value *value) {
  if (pbk_cel_is_list(value)) return CEL_LIST;
  if (pbk_cel_is_map(value)) return CEL_MAP;
  return value->kind;
}

const char *pbk_cel_kind_name(uint32_t kind) {
  static const char *const names[] = {"null_type",
                                      "bool",
                                      "int",
                                      "uint",
                                      "double",
                                      "string",
                                      "bytes",
                                      "google.protobuf.Timestamp",
                                      "google.protobuf.Duration",
                                      "type",
                                      "list",
                                      "map",
                                      "history",
                                      "dyn",
                                      "dyn",
                                      "map",
                                      "map",
                                      "number"};
  return kind < sizeof names / sizeof *names ? names[kind] : "dyn";
}

static struct cel_value convert_int(const struct cel_value *value) {
  int64_t integer;
  switch (value->kind) {
    case CEL_INT: return *value;
    case CEL_UINT: return value->as.natural > INT64_MAX ? cel_failure(pbk_cel_range) : cel_int((int64_t)value->as.natural);
    case CEL_DOUBLE:
      /* Both ends excluded: a double that prints as the smallest int may stand for many numbers. */
      if (!(value->as.number > -9223372036854775808.0 && value->as.number < 9223372036854775808.0))
        return cel_failure(pbk_cel_range);
      return cel_int((int64_t)value->as.number);
    case CEL_STRING: return pbk_parse_int(cel_text(value), &integer) ? cel_int(integer) : cel_failure("this text is no int");
    case CEL_TIMESTAMP:
      integer = value->as.integer / PBK_SECOND;
      return cel_int(value->as.integer % PBK_SECOND < 0 ? integer - 1 : integer);
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

static struct cel_value convert_uint(const struct cel_value *value) {
  uint64_t natural;
  switch (value->kind) {
    case CEL_UINT: return *value;
    case CEL_INT: return value->as.integer < 0 ? cel_failure(pbk_cel_range) : cel_uint((uint64_t)value->as.integer);
    case CEL_DOUBLE:
      if (!(value->as.number >= 0 && value->as.number < 18446744073709551616.0)) return cel_failure(pbk_cel_range);
      return cel_uint((uint64_t)value->as.number);
    case CEL_STRING:
      return pbk_parse_uint(cel_text(value), &natural) ? cel_uint(natural) : cel_failure("this text is no uint");
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

static struct cel_value convert_double(const struct cel_value *value) {
  double number;
  switch (value->kind) {
    case CEL_DOUBLE: return *value;
    case CEL_INT: return cel_double((double)value->as.integer);
    case CEL_UINT: return cel_double((double)value->as.natural);
    case CEL_STRING: {
      struct text text = cel_text(value);
      bool sign = text.size && (text.bytes[0] == '-' || text.bytes[0] == '+');
      struct text rest = sign ? (struct text){text.bytes + 1, text.size - 1} : text;
      bool negative = sign && text.bytes[0] == '-';
      if (text_equal(rest, TEXT("NaN"))) return cel_double((double)NAN);
      if (text_equal(rest, TEXT("Infinity")) || text_equal(rest, TEXT("Inf"))) {
        return cel_double(negative ? -(double)INFINITY : (double)INFINITY);
      }
      return pbk_parse_double(text, &number) ? cel_double(number) : cel_failure("this text is no number");
    }
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

static struct cel_value convert_string(struct cel_machine *machine, const struct cel_value *value) {
  char text[NUMBER_TEXT_MOST + TIME_TEXT_MOST + DURATION_TEXT_MOST];
  uint32_t size;
  switch (value->kind) {
    case CEL_STRING: return *value;
    case CEL_BOOL: return cel_string(value->as.integer ? TEXT("true") : TEXT("false"));
    case CEL_BYTES:
      if (!pbk_utf8_valid(cel_text(value))) return cel_failure("these bytes are no UTF-8 text");
      return cel_string(cel_text(value));
    case CEL_INT: size = pbk_print_int(text, value->as.integer); break;
    case CEL_UINT: size = pbk_print_uint(text, value->as.natural); break;
    case CEL_DOUBLE: size = pbk_print_double(text, value->as.number); break;
    case CEL_TIMESTAMP:
    case CEL_DURATION: size = pbk_cel_print_time(text, value); break;
    default: return cel_failure(pbk_cel_no_such_overload);
  }
  char *kept = pbk_cel_scratch(machine, size);
  if (!kept) return *value;
  memcpy(kept, text, size);
  return cel_string((struct text){kept, size});
}

static struct cel_value convert_bool(const struct cel_value *value) {
  static const char *const yes[] = {"1", "t", "true", "TRUE", "True", "T"};
  static const char *const no[] = {"0", "f", "false", "FALSE", "False", "F"};
  if (value->kind == CEL_BOOL) return *value;
  if (value->kind != CEL_STRING) return cel_failure(pbk_cel_no_such_overload);
  for (uint32_t i = 0; i < 6; i++) {
    if (text_equal(cel_text(value), text_from(yes[i]))) return cel_bool(true);
    if (text_equal(cel_text(value), text_from(no[i]))) return cel_bool(false);
  }
  return cel_failure("this text is no bool");
}

/* timestamp() and duration(). */
static struct cel_value convert_time(uint32_t kind, const struct cel_value *value) {
  struct cel_value time;
  if (value->kind == kind) return *value;
  if (value->kind == CEL_INT && kind == CEL_TIMESTAMP) {
    int64_t microseconds;
    if (!pbk_checked_multiply(value->as.integer, PBK_SECOND, &microseconds)) return cel_failure(pbk_cel_range);
    time = cel_time(kind, microseconds);
  } else if (value->kind != CEL_STRING) {
    return cel_failure(pbk_cel_no_such_overload);
  } else if (!pbk_cel_parse_time(kind, cel_text(value), &time)) {
    return cel_failure(kind == CEL_TIMESTAMP ? "this text is no time" : "this text is no duration");
  }
  return pbk_cel_time_fits(&time) ? time : cel_failure(pbk_cel_range);
}

static struct cel_value convert_days(const struct cel_value *value) {
  int64_t microseconds;
  if (value->kind != CEL_INT) return cel_failure(pbk_cel_no_such_overload);
  if (!pbk_checked_multiply(value->as.integer, PBK_DAY, &microseconds)) return cel_failure(pbk_cel_range);
  struct cel_value duration = cel_time(CEL_DURATION, microseconds);
  return pbk_cel_time_fits(&duration) ? duration : cel_failure(pbk_cel_range);
}

struct cel_value pbk_cel_convert(struct cel_machine *machine, uint32_t function, const struct cel_value *value) {
  switch (function) {
    case FUNCTION_INT: return convert_int(value);
    case FUNCTION_UINT: return convert_uint(value);
    case FUNCTION_DOUBLE: return convert_double(value);
    case FUNCTION_STRING: return convert_string(machine, value);
    case FUNCTION_BOOL: return convert_bool(value);
    case FUNCTION_TIMESTAMP: return convert_time(CEL_TIMESTAMP, value);
    case FUNCTION_DURATION: return convert_time(CEL_DURATION, value);
    case FUNCTION_DAYS: return convert_days(value);
    case FUNCTION_DYN: return *value;
    case FUNCTION_TYPE: return (struct cel_value){.kind = CEL_TYPE, .as.integer = pbk_cel_kind_of(value)};
    default: {
      if (value->kind != CEL_STRING && value->kind != CEL_BYTES) return cel_failure(pbk_cel_no_such_overload);
      struct cel_value bytes = *value;
      bytes.kind = CEL_BYTES;
      return bytes;
    }
  }
}
