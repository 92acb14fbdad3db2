/* cel/mathematics.c - the functions math.…(): the greatest and least, rounding, signs, bits. Exact operations only, so that
 * the answers are the same everywhere. */
#include <math.h>

#include "cel/program.h"

static uint64_t mathematics_bits(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static double mathematics_number(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

#define MATHEMATICS_SIGN ((uint64_t)1 << 63)

static double mathematics_signed(double number, double as) {
  return mathematics_number((mathematics_bits(number) & ~MATHEMATICS_SIGN) | (mathematics_bits(as) & MATHEMATICS_SIGN));
}

/* Toward zero; what has no fraction, is infinite or no number stays. */
static double mathematics_truncate(double number) {
  if (!(number > -4503599627370496.0 && number < 4503599627370496.0)) return number;
  return mathematics_signed((double)(int64_t)number, number);
}

static double mathematics_round(uint32_t function, double number) {
  double whole = mathematics_truncate(number), rest = number - whole;
  if (!isfinite(number)) return number;
  switch (function) {
    case FUNCTION_MATH_CEIL: return rest > 0 ? whole + 1 : whole;
    case FUNCTION_MATH_FLOOR: return rest < 0 ? whole - 1 : whole;
    case FUNCTION_MATH_ROUND: /* halves away from zero */
      if (rest >= 0.5) whole += 1;
      if (rest <= -0.5) whole -= 1;
      return whole;
    default: return whole;
  }
}

/* The nearest double to the root, digit by digit: 54 binary digits and whether anything is left over. */
static double mathematics_root(double number) {
  if (number < 0) return (double)NAN;
  if (!isfinite(number) || !(number > 0)) return number;
  int32_t exponent = 0;
  while (number < 4503599627370496.0) { /* 2^52 */
    number *= 4;
    exponent--;
  }
  while (number >= 18014398509481984.0) { /* 2^54 */
    number /= 4;
    exponent++;
  }
  uint64_t digits = (uint64_t)number, root = 0, rest = 0;
  for (int32_t pair = 53; pair >= 0; pair--) {
    rest = rest << 2 | (pair >= 27 ? digits >> (2 * (pair - 27)) & 3 : 0);
    root <<= 1;
    if (rest >= (root << 1 | 1)) {
      rest -= root << 1 | 1;
      root |= 1;
    }
  }
  /* The root of digits times 2^54. Its last digit rounds; it is never exactly in the middle, as a square has no odd end. */
  double result = (double)((root >> 1) + (root & 1));
  for (exponent -= 26; exponent < 0; exponent++) result /= 2;
  for (; exponent > 0; exponent--) result *= 2;
  return result;
}

/* Of one list, or of the arguments themselves. */
static struct cel_value mathematics_extreme(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                            uint32_t count) {
  bool list = count == 1 && pbk_cel_is_list(&arguments[0]);
  if (list) count = pbk_cel_list_size(&arguments[0]);
  if (count == 0) return cel_failure("the greatest or least of nothing");
  struct cel_value best = {.kind = CEL_NULL};
  for (uint32_t i = 0; i < count; i++) {
    struct cel_value value = list ? pbk_cel_list_at(&arguments[0], i) : arguments[i];
    if (!cel_is_number(&value)) return cel_failure(pbk_cel_no_such_overload);
    if (!pbk_cel_burn(machine, 1)) return value;
    if (i == 0 || pbk_cel_compare_numbers(&value, &best) == (function == FUNCTION_MATH_GREATEST ? 1 : -1)) best = value;
  }
  return best;
}

static struct cel_value mathematics_absolute(const struct cel_value *value) {
  switch (value->kind) {
    case CEL_INT:
      if (value->as.integer == INT64_MIN) return cel_failure(pbk_cel_overflow);
      return cel_int(value->as.integer < 0 ? -value->as.integer : value->as.integer);
    case CEL_UINT: return *value;
    case CEL_DOUBLE: return cel_double(mathematics_signed(value->as.number, 0.0));
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

static struct cel_value mathematics_sign(const struct cel_value *value) {
  double number = value->as.number;
  switch (value->kind) {
    case CEL_INT: return cel_int((value->as.integer > 0) - (value->as.integer < 0));
    case CEL_UINT: return cel_uint(value->as.natural > 0);
    case CEL_DOUBLE: return cel_double(number > 0 ? 1.0 : number < 0 ? -1.0 : number);
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

/* An int's bits are those of its two's complement. */
static struct cel_value mathematics_of_bits(uint32_t kind, uint64_t bits) {
  struct cel_value value = {.kind = kind};
  if (kind == CEL_UINT)
    value.as.natural = bits;
  else
    memcpy(&value.as.integer, &bits, sizeof bits);
  return value;
}

static struct cel_value mathematics_bitwise(uint32_t function, const struct cel_value *a, const struct cel_value *b) {
  if (a->kind != CEL_INT && a->kind != CEL_UINT) return cel_failure(pbk_cel_no_such_overload);
  uint64_t left = a->kind == CEL_INT ? (uint64_t)a->as.integer : a->as.natural;
  if (function == FUNCTION_MATH_BIT_NOT) return mathematics_of_bits(a->kind, ~left);
  if (function == FUNCTION_MATH_BIT_SHIFT_LEFT || function == FUNCTION_MATH_BIT_SHIFT_RIGHT) {
    if (b->kind != CEL_INT) return cel_failure(pbk_cel_no_such_overload);
    if (b->as.integer < 0) return cel_failure("a shift by less than nothing");
    uint32_t by = b->as.integer < 64 ? (uint32_t)b->as.integer : 64;
    if (by == 64) return mathematics_of_bits(a->kind, 0);
    return mathematics_of_bits(a->kind, function == FUNCTION_MATH_BIT_SHIFT_LEFT ? left << by : left >> by);
  }
  if (b->kind != a->kind) return cel_failure(pbk_cel_no_such_overload);
  uint64_t right = b->kind == CEL_INT ? (uint64_t)b->as.integer : b->as.natural;
  switch (function) {
    case FUNCTION_MATH_BIT_AND: return mathematics_of_bits(a->kind, left & right);
    case FUNCTION_MATH_BIT_OR: return mathematics_of_bits(a->kind, left | right);
    default: return mathematics_of_bits(a->kind, left ^ right);
  }
}

struct cel_value pbk_cel_math_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                   uint32_t count) {
  const struct cel_value *of = &arguments[0];
  switch (function) {
    case FUNCTION_MATH_GREATEST:
    case FUNCTION_MATH_LEAST: return mathematics_extreme(machine, function, arguments, count);
    case FUNCTION_MATH_ABS: return mathematics_absolute(of);
    case FUNCTION_MATH_SIGN: return mathematics_sign(of);
    case FUNCTION_MATH_SQRT:
      if (of->kind == CEL_INT) return cel_double(mathematics_root((double)of->as.integer));
      if (of->kind == CEL_UINT) return cel_double(mathematics_root((double)of->as.natural));
      return of->kind == CEL_DOUBLE ? cel_double(mathematics_root(of->as.number)) : cel_failure(pbk_cel_no_such_overload);
    case FUNCTION_MATH_BIT_NOT: return mathematics_bitwise(function, of, of);
    case FUNCTION_MATH_BIT_AND:
    case FUNCTION_MATH_BIT_OR:
    case FUNCTION_MATH_BIT_XOR:
    case FUNCTION_MATH_BIT_SHIFT_LEFT:
    case FUNCTION_MATH_BIT_SHIFT_RIGHT: return mathematics_bitwise(function, of, &arguments[1]);
    default: break;
  }
  if (of->kind != CEL_DOUBLE) return cel_failure(pbk_cel_no_such_overload);
  switch (function) {
    case FUNCTION_MATH_IS_NAN: return cel_bool(isnan(of->as.number));
    case FUNCTION_MATH_IS_INF: return cel_bool(isinf(of->as.number));
    case FUNCTION_MATH_IS_FINITE: return cel_bool(isfinite(of->as.number));
    default: return cel_double(mathematics_round(function, of->as.number));
  }
}
