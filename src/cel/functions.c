/* cel/functions.c - the functions and methods there are: names, parameters, results. What they do is elsewhere. */
#include "cel/syntax.h"

#define PLAIN(name, function, result, ...) \
  { name, function, CALLED_PLAIN, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, result }
#define ON(name, function, result, ...) \
  { name, function, CALLED_ON, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, result }
#define GETTER(name, function) \
  ON(name, function, CEL_INT, CEL_TIMESTAMP), ON(name, function, CEL_INT, CEL_TIMESTAMP, CEL_STRING)
#define NUMBERS(name, function)                                                            \
  PLAIN(name, function, CEL_INT, CEL_INT), PLAIN(name, function, CEL_UINT, CEL_UINT), \
    PLAIN(name, function, CEL_DOUBLE, CEL_DOUBLE)
#define BITS(name, function) \
  PLAIN(name, function, CEL_INT, CEL_INT, CEL_INT), PLAIN(name, function, CEL_UINT, CEL_UINT, CEL_UINT)
#define SHIFT(name, function) \
  PLAIN(name, function, CEL_INT, CEL_INT, CEL_INT), PLAIN(name, function, CEL_UINT, CEL_UINT, CEL_INT)
/* One or two numbers, or a list of them, which more than two arguments are read as (macros.c). */
#define EXTREME(name, function)                                                                                  \
  NUMBERS(name, function), PLAIN(name, function, CEL_DYN, CEL_LIST), BITS(name, function),                       \
    PLAIN(name, function, CEL_DOUBLE, CEL_DOUBLE, CEL_DOUBLE), PLAIN(name, function, CEL_DYN, CEL_INT, CEL_UINT), \
    PLAIN(name, function, CEL_DYN, CEL_INT, CEL_DOUBLE), PLAIN(name, function, CEL_DYN, CEL_UINT, CEL_INT),       \
    PLAIN(name, function, CEL_DYN, CEL_UINT, CEL_DOUBLE), PLAIN(name, function, CEL_DYN, CEL_DOUBLE, CEL_INT),    \
    PLAIN(name, function, CEL_DYN, CEL_DOUBLE, CEL_UINT)

const struct cel_overload pbk_cel_overloads[] = {
  PLAIN("size", FUNCTION_SIZE, CEL_INT, CEL_STRING),
  PLAIN("size", FUNCTION_SIZE, CEL_INT, CEL_BYTES),
  PLAIN("size", FUNCTION_SIZE, CEL_INT, CEL_LIST),
  PLAIN("size", FUNCTION_SIZE, CEL_INT, CEL_MAP),
  ON("size", FUNCTION_SIZE, CEL_INT, CEL_STRING),
  ON("size", FUNCTION_SIZE, CEL_INT, CEL_BYTES),
  ON("size", FUNCTION_SIZE, CEL_INT, CEL_LIST),
  ON("size", FUNCTION_SIZE, CEL_INT, CEL_MAP),
  ON("contains", FUNCTION_CONTAINS, CEL_BOOL, CEL_STRING, CEL_STRING),
  ON("startsWith", FUNCTION_STARTS_WITH, CEL_BOOL, CEL_STRING, CEL_STRING),
  ON("endsWith", FUNCTION_ENDS_WITH, CEL_BOOL, CEL_STRING, CEL_STRING),
  ON("matches", FUNCTION_MATCHES, CEL_BOOL, CEL_STRING, CEL_STRING),
  PLAIN("matches", FUNCTION_MATCHES, CEL_BOOL, CEL_STRING, CEL_STRING),
  PLAIN("int", FUNCTION_INT, CEL_INT, CEL_INT),
  PLAIN("int", FUNCTION_INT, CEL_INT, CEL_UINT),
  PLAIN("int", FUNCTION_INT, CEL_INT, CEL_DOUBLE),
  PLAIN("int", FUNCTION_INT, CEL_INT, CEL_STRING),
  PLAIN("int", FUNCTION_INT, CEL_INT, CEL_TIMESTAMP),
  PLAIN("uint", FUNCTION_UINT, CEL_UINT, CEL_UINT),
  PLAIN("uint", FUNCTION_UINT, CEL_UINT, CEL_INT),
  PLAIN("uint", FUNCTION_UINT, CEL_UINT, CEL_DOUBLE),
  PLAIN("uint", FUNCTION_UINT, CEL_UINT, CEL_STRING),
  PLAIN("double", FUNCTION_DOUBLE, CEL_DOUBLE, CEL_DOUBLE),
  PLAIN("double", FUNCTION_DOUBLE, CEL_DOUBLE, CEL_INT),
  PLAIN("double", FUNCTION_DOUBLE, CEL_DOUBLE, CEL_UINT),
  PLAIN("double", FUNCTION_DOUBLE, CEL_DOUBLE, CEL_STRING),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_STRING),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_BOOL),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_INT),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_UINT),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_DOUBLE),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_BYTES),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_TIMESTAMP),
  PLAIN("string", FUNCTION_STRING, CEL_STRING, CEL_DURATION),
  PLAIN("bytes", FUNCTION_BYTES, CEL_BYTES, CEL_BYTES),
  PLAIN("bytes", FUNCTION_BYTES, CEL_BYTES, CEL_STRING),
  PLAIN("bool", FUNCTION_BOOL, CEL_BOOL, CEL_BOOL),
  PLAIN("bool", FUNCTION_BOOL, CEL_BOOL, CEL_STRING),
  PLAIN("timestamp", FUNCTION_TIMESTAMP, CEL_TIMESTAMP, CEL_TIMESTAMP),
  PLAIN("timestamp", FUNCTION_TIMESTAMP, CEL_TIMESTAMP, CEL_STRING),
  PLAIN("timestamp", FUNCTION_TIMESTAMP, CEL_TIMESTAMP, CEL_INT),
  PLAIN("duration", FUNCTION_DURATION, CEL_DURATION, CEL_DURATION),
  PLAIN("duration", FUNCTION_DURATION, CEL_DURATION, CEL_STRING),
  PLAIN("type", FUNCTION_TYPE, CEL_TYPE, CEL_DYN),
  PLAIN("dyn", FUNCTION_DYN, CEL_DYN, CEL_DYN),
  PLAIN("days", FUNCTION_DAYS, CEL_DURATION, CEL_INT),
  ON("charAt", FUNCTION_CHAR_AT, CEL_STRING, CEL_STRING, CEL_INT),
  ON("indexOf", FUNCTION_INDEX_OF, CEL_INT, CEL_STRING, CEL_STRING),
  ON("indexOf", FUNCTION_INDEX_OF, CEL_INT, CEL_STRING, CEL_STRING, CEL_INT),
  ON("lastIndexOf", FUNCTION_LAST_INDEX_OF, CEL_INT, CEL_STRING, CEL_STRING),
  ON("lastIndexOf", FUNCTION_LAST_INDEX_OF, CEL_INT, CEL_STRING, CEL_STRING, CEL_INT),
  ON("substring", FUNCTION_SUBSTRING, CEL_STRING, CEL_STRING, CEL_INT),
  ON("substring", FUNCTION_SUBSTRING, CEL_STRING, CEL_STRING, CEL_INT, CEL_INT),
  ON("replace", FUNCTION_REPLACE, CEL_STRING, CEL_STRING, CEL_STRING, CEL_STRING),
  ON("replace", FUNCTION_REPLACE, CEL_STRING, CEL_STRING, CEL_STRING, CEL_STRING, CEL_INT),
  ON("split", FUNCTION_SPLIT, CEL_LIST, CEL_STRING, CEL_STRING),
  ON("split", FUNCTION_SPLIT, CEL_LIST, CEL_STRING, CEL_STRING, CEL_INT),
  ON("join", FUNCTION_JOIN, CEL_STRING, CEL_LIST),
  ON("join", FUNCTION_JOIN, CEL_STRING, CEL_LIST, CEL_STRING),
  ON("trim", FUNCTION_TRIM, CEL_STRING, CEL_STRING),
  ON("reverse", FUNCTION_REVERSE, CEL_STRING, CEL_STRING),
  ON("lowerAscii", FUNCTION_LOWER_ASCII, CEL_STRING, CEL_STRING),
  ON("upperAscii", FUNCTION_UPPER_ASCII, CEL_STRING, CEL_STRING),
  PLAIN("strings.quote", FUNCTION_QUOTE, CEL_STRING, CEL_STRING),
  ON("format", FUNCTION_FORMAT, CEL_STRING, CEL_STRING, CEL_LIST),
  EXTREME("math.greatest", FUNCTION_MATH_GREATEST),
  EXTREME("math.least", FUNCTION_MATH_LEAST),
  PLAIN("math.ceil", FUNCTION_MATH_CEIL, CEL_DOUBLE, CEL_DOUBLE),
  PLAIN("math.floor", FUNCTION_MATH_FLOOR, CEL_DOUBLE, CEL_DOUBLE),
  PLAIN("math.round", FUNCTION_MATH_ROUND, CEL_DOUBLE, CEL_DOUBLE),
  PLAIN("math.trunc", FUNCTION_MATH_TRUNC, CEL_DOUBLE, CEL_DOUBLE),
  NUMBERS("math.abs", FUNCTION_MATH_ABS),
  NUMBERS("math.sign", FUNCTION_MATH_SIGN),
  PLAIN("math.sqrt", FUNCTION_MATH_SQRT, CEL_DOUBLE, CEL_DOUBLE),
  PLAIN("math.sqrt", FUNCTION_MATH_SQRT, CEL_DOUBLE, CEL_INT),
  PLAIN("math.sqrt", FUNCTION_MATH_SQRT, CEL_DOUBLE, CEL_UINT),
  PLAIN("math.isNaN", FUNCTION_MATH_IS_NAN, CEL_BOOL, CEL_DOUBLE),
  PLAIN("math.isInf", FUNCTION_MATH_IS_INF, CEL_BOOL, CEL_DOUBLE),
  PLAIN("math.isFinite", FUNCTION_MATH_IS_FINITE, CEL_BOOL, CEL_DOUBLE),
  BITS("math.bitAnd", FUNCTION_MATH_BIT_AND),
  BITS("math.bitOr", FUNCTION_MATH_BIT_OR),
  BITS("math.bitXor", FUNCTION_MATH_BIT_XOR),
  PLAIN("math.bitNot", FUNCTION_MATH_BIT_NOT, CEL_INT, CEL_INT),
  PLAIN("math.bitNot", FUNCTION_MATH_BIT_NOT, CEL_UINT, CEL_UINT),
  SHIFT("math.bitShiftLeft", FUNCTION_MATH_BIT_SHIFT_LEFT),
  SHIFT("math.bitShiftRight", FUNCTION_MATH_BIT_SHIFT_RIGHT),
  GETTER("getFullYear", FUNCTION_GET_FULL_YEAR),
  GETTER("getMonth", FUNCTION_GET_MONTH),
  GETTER("getDate", FUNCTION_GET_DATE),
  GETTER("getDayOfMonth", FUNCTION_GET_DAY_OF_MONTH),
  GETTER("getDayOfWeek", FUNCTION_GET_DAY_OF_WEEK),
  GETTER("getDayOfYear", FUNCTION_GET_DAY_OF_YEAR),
  GETTER("getHours", FUNCTION_GET_HOURS),
  GETTER("getMinutes", FUNCTION_GET_MINUTES),
  GETTER("getSeconds", FUNCTION_GET_SECONDS),
  GETTER("getMilliseconds", FUNCTION_GET_MILLISECONDS),
  ON("getHours", FUNCTION_GET_HOURS, CEL_INT, CEL_DURATION),
  ON("getMinutes", FUNCTION_GET_MINUTES, CEL_INT, CEL_DURATION),
  ON("getSeconds", FUNCTION_GET_SECONDS, CEL_INT, CEL_DURATION),
  ON("getMilliseconds", FUNCTION_GET_MILLISECONDS, CEL_INT, CEL_DURATION),
};

#undef PLAIN
#undef ON
#undef GETTER
#undef NUMBERS
#undef BITS
#undef SHIFT
#undef EXTREME

const uint32_t pbk_cel_overload_count = sizeof pbk_cel_overloads / sizeof *pbk_cel_overloads;

bool pbk_cel_function_find(struct text name, uint32_t style, uint32_t *function) {
  for (uint32_t i = 0; i < pbk_cel_overload_count; i++) {
    if (pbk_cel_overloads[i].style != style || !text_equal(name, text_from(pbk_cel_overloads[i].name))) continue;
    *function = pbk_cel_overloads[i].function;
    return true;
  }
  return false;
}

bool pbk_cel_namespace(struct text name) {
  return text_equal(name, TEXT("math")) || text_equal(name, TEXT("strings"));
}

uint32_t pbk_cel_history_method(struct text name, uint32_t arguments) {
  static const struct {
    const char *name;
    uint32_t arguments, operation;
  } methods[] = {{"count", 0, OPERATION_COUNT}, {"count", 1, OPERATION_COUNT_SINCE}, {"count", 2, OPERATION_COUNT_BETWEEN},
                 {"first", 0, OPERATION_FIRST}, {"last", 0, OPERATION_LAST},         {"quiet", 1, OPERATION_QUIET}};
  for (uint32_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (methods[i].arguments == arguments && text_equal(name, text_from(methods[i].name))) return methods[i].operation;
  }
  return OPERATION_NONE;
}

uint32_t pbk_cel_type_named(struct text name) {
  static const struct {
    const char *name;
    uint32_t kind;
  } types[] = {{"int", CEL_INT},
               {"uint", CEL_UINT},
               {"double", CEL_DOUBLE},
               {"bool", CEL_BOOL},
               {"string", CEL_STRING},
               {"bytes", CEL_BYTES},
               {"list", CEL_LIST},
               {"map", CEL_MAP},
               {"null_type", CEL_NULL},
               {"type", CEL_TYPE},
               {"google.protobuf.Timestamp", CEL_TIMESTAMP},
               {"google.protobuf.Duration", CEL_DURATION}};
  for (uint32_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (text_equal(name, text_from(types[i].name))) return types[i].kind;
  }
  return CEL_DYN;
}
