/* cel/nanoseconds.c - timestamps and durations as conditions have them: microseconds, as everywhere in the engine, and the
 * nanoseconds between one microsecond and the next; what range they have, how they add up, their text. */
#include "base/clock.h"
#include "cel/program.h"

/* Years 0001 to 9999; what is between two microseconds never leads out of them. */
#define TIMESTAMP_LEAST INT64_C(-62135596800000000)
#define TIMESTAMP_MOST INT64_C(253402300799999999)
/* 10,000 years, to the nanosecond. */
#define DURATION_MOST INT64_C(315576000000000000)

/* The microseconds that a value with so many nanoseconds may have. What may lie between two timestamps is less than what a
 * duration may be: CEL counts it in nanoseconds of 64 bits, -9223372036854775808 to 9223372036854775807. */
static void nanoseconds_limits(uint32_t kind, bool difference, uint32_t nanoseconds, int64_t *least, int64_t *most) {
  if (kind == CEL_TIMESTAMP) {
    *least = TIMESTAMP_LEAST;
    *most = TIMESTAMP_MOST;
  } else if (difference) {
    *least = INT64_C(-9223372036854776) + (nanoseconds < 192);
    *most = INT64_C(9223372036854775) - (nanoseconds > 807);
  } else {
    *least = -DURATION_MOST;
    *most = DURATION_MOST - (nanoseconds > 0);
  }
}

bool pbk_cel_time_fits(const struct cel_value *value) {
  int64_t least, most;
  nanoseconds_limits(value->kind, false, value->size, &least, &most);
  return value->as.integer >= least && value->as.integer <= most;
}

static bool nanoseconds_is_time(uint32_t kind) {
  return kind == CEL_TIMESTAMP || kind == CEL_DURATION;
}

bool pbk_cel_sum_times(uint32_t binary, const struct cel_value *a, const struct cel_value *b, struct cel_time_sum *sum) {
  bool add = binary == BINARY_ADD, left = a->kind == CEL_TIMESTAMP, right = b->kind == CEL_TIMESTAMP;
  if (!nanoseconds_is_time(a->kind) || !nanoseconds_is_time(b->kind)) return false;
  if (add ? left && right : binary != BINARY_SUBTRACT || (right && !left)) return false;
  sum->kind = left != right ? CEL_TIMESTAMP : CEL_DURATION;
  int64_t carry = 0;
  if (add) {
    sum->nanoseconds = a->size + b->size;
    if (sum->nanoseconds >= 1000) {
      sum->nanoseconds -= 1000;
      carry = 1;
    }
    sum->microseconds = saturating_add(saturating_add(a->as.integer, b->as.integer), carry);
  } else {
    carry = a->size < b->size;
    sum->nanoseconds = a->size + (carry ? 1000 : 0) - b->size;
    int64_t difference;
    if (!checked_subtract(a->as.integer, b->as.integer, &difference))
      difference = b->as.integer < 0 ? INT64_MAX : INT64_MIN;
    sum->microseconds = saturating_add(difference, -carry);
  }
  nanoseconds_limits(sum->kind, left && right, sum->nanoseconds, &sum->least, &sum->most);
  return true;
}

/* ---- text ---- */

bool pbk_cel_parse_time(uint32_t kind, struct text text, struct cel_value *value) {
  int64_t microseconds = 0;
  uint32_t nanoseconds = 0;
  bool is = kind == CEL_TIMESTAMP ? pbk_parse_fine_time(text, &microseconds, &nanoseconds)
                                  : pbk_parse_fine_duration(text, &microseconds, &nanoseconds);
  *value = cel_time(kind, microseconds);
  value->size = nanoseconds;
  return is;
}

uint32_t pbk_cel_print_time(char *to, const struct cel_value *value) {
  return value->kind == CEL_TIMESTAMP ? pbk_print_fine_time(to, value->as.integer, value->size)
                                      : pbk_print_fine_duration(to, value->as.integer, value->size);
}
