/* cel/arithmetic.c - + - * / % and unary minus: checked, never wrapping around. */
#include "cel/program.h"

static struct cel_value arithmetic_int(uint32_t binary, int64_t a, int64_t b) {
  int64_t result = 0;
  bool fits = true;
  switch (binary) {
    case BINARY_ADD: fits = checked_add(a, b, &result); break;
    case BINARY_SUBTRACT: fits = checked_subtract(a, b, &result); break;
    case BINARY_MULTIPLY: fits = pbk_checked_multiply(a, b, &result); break;
    case BINARY_DIVIDE:
      if (b == 0) return cel_failure("division by zero");
      fits = !(a == INT64_MIN && b == -1);
      if (fits) result = a / b;
      break;
    default:
      if (b == 0) return cel_failure("modulus by zero");
      fits = !(a == INT64_MIN && b == -1);
      if (fits) result = a % b;
      break;
  }
  return fits ? cel_int(result) : cel_failure(pbk_cel_overflow);
}

static struct cel_value arithmetic_uint(uint32_t binary, uint64_t a, uint64_t b) {
  switch (binary) {
    case BINARY_ADD: return a > UINT64_MAX - b ? cel_failure(pbk_cel_overflow) : cel_uint(a + b);
    case BINARY_SUBTRACT: return a < b ? cel_failure(pbk_cel_overflow) : cel_uint(a - b);
    case BINARY_MULTIPLY: return b && a > UINT64_MAX / b ? cel_failure(pbk_cel_overflow) : cel_uint(a * b);
    case BINARY_DIVIDE: return b ? cel_uint(a / b) : cel_failure("division by zero");
    default: return b ? cel_uint(a % b) : cel_failure("modulus by zero");
  }
}

/* Division by zero gives an infinity or no number, as IEEE 754 has it. */
static struct cel_value arithmetic_double(uint32_t binary, double a, double b) {
  switch (binary) {
    case BINARY_ADD: return cel_double(a + b);
    case BINARY_SUBTRACT: return cel_double(a - b);
    case BINARY_MULTIPLY: return cel_double(a * b);
    case BINARY_DIVIDE: return cel_double(a / b);
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

/* Timestamps and durations. */
static struct cel_value arithmetic_time(uint32_t binary, const struct cel_value *a, const struct cel_value *b) {
  struct cel_time_sum sum;
  if (!pbk_cel_sum_times(binary, a, b, &sum)) return cel_failure(pbk_cel_no_such_overload);
  if (sum.microseconds < sum.least || sum.microseconds > sum.most) return cel_failure(pbk_cel_range);
  return (struct cel_value){.kind = sum.kind, .size = sum.nanoseconds, .as.integer = sum.microseconds};
}

struct cel_value pbk_cel_arithmetic(struct cel_machine *machine, uint32_t binary, const struct cel_value *a,
                                    const struct cel_value *b) {
  bool time = a->kind == CEL_TIMESTAMP || a->kind == CEL_DURATION;
  if (time && (b->kind == CEL_TIMESTAMP || b->kind == CEL_DURATION)) return arithmetic_time(binary, a, b);
  if (pbk_cel_is_list(a) && pbk_cel_is_list(b) && binary == BINARY_ADD) return pbk_cel_concatenate(machine, a, b);
  if (a->kind != b->kind) return cel_failure(pbk_cel_no_such_overload);
  switch (a->kind) {
    case CEL_INT: return arithmetic_int(binary, a->as.integer, b->as.integer);
    case CEL_UINT: return arithmetic_uint(binary, a->as.natural, b->as.natural);
    case CEL_DOUBLE: return arithmetic_double(binary, a->as.number, b->as.number);
    case CEL_STRING:
    case CEL_BYTES:
      if (binary == BINARY_ADD) return pbk_cel_concatenate(machine, a, b);
      return cel_failure(pbk_cel_no_such_overload);
    default: return cel_failure(pbk_cel_no_such_overload);
  }
}

struct cel_value pbk_cel_negate(const struct cel_value *value) {
  if (value->kind == CEL_DOUBLE) return cel_double(-value->as.number);
  if (value->kind != CEL_INT) return cel_failure(pbk_cel_no_such_overload);
  return value->as.integer == INT64_MIN ? cel_failure(pbk_cel_overflow) : cel_int(-value->as.integer);
}
