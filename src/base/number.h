/* base/number.h - numbers as text, both ways, the same on every platform, locale never asked; and checked arithmetic. */
#ifndef PBK_BASE_NUMBER_H
#define PBK_BASE_NUMBER_H

#include "base/text.h"

/* Decimal integers, the whole text: optional '-', then digits. False when it is not one or does not fit. */
bool pbk_parse_int(struct text text, int64_t *value);
bool pbk_parse_uint(struct text text, uint64_t *value); /* no sign */

/* A decimal number, the whole text: optional sign, digits with optional fraction, optional exponent (at least one digit
 * before or after the point). Correctly rounded (nearest, ties to even) for any number of digits. Overflow gives an infinity
 * and true; "inf" and "nan" are false: callers that take them say so. */
bool pbk_parse_double(struct text text, double *value);

enum { NUMBER_TEXT_MOST = 32 };

/* Each writes at most NUMBER_TEXT_MOST bytes, no zero byte; returns how many. */
uint32_t pbk_print_int(char *to, int64_t value);
uint32_t pbk_print_uint(char *to, uint64_t value);
/* The shortest digits that read back as the same double, in JavaScript's layout: 0.1, 100, 1e+21, 1.5e-7; -0 is "-0".
 * "NaN", "Infinity", "-Infinity". */
uint32_t pbk_print_double(char *to, double value);

/* False on overflow; *result is then untouched. */
static inline bool checked_add(int64_t a, int64_t b, int64_t *result) {
  if ((b > 0 && a > INT64_MAX - b) || (b < 0 && a < INT64_MIN - b)) return false;
  *result = a + b;
  return true;
}
static inline bool checked_subtract(int64_t a, int64_t b, int64_t *result) {
  if ((b < 0 && a > INT64_MAX + b) || (b > 0 && a < INT64_MIN + b)) return false;
  *result = a - b;
  return true;
}
bool pbk_checked_multiply(int64_t a, int64_t b, int64_t *result);

/* Clamped at the ends of the range. */
static inline int64_t saturating_add(int64_t a, int64_t b) {
  int64_t result;
  if (checked_add(a, b, &result)) return result;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

#endif
