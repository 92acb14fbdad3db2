/* base/number.c - see number.h. Integers only: no floating-point operation takes part, so neither the rounding mode nor
 * an x87's excess precision can change a digit.
 *
 * Doubles go both ways through a 128-bit approximation of a power of ten with a known error bound. Where the answer could
 * lie on either side of a boundary within that bound (ties, exact values), big integers decide. */
#include "base/number.h"

/* ---- integers ---- */

bool pbk_parse_uint(struct text text, uint64_t *value) {
  uint64_t sum = 0;
  if (text.size == 0) return false;
  for (uint32_t i = 0; i < text.size; i++) {
    uint32_t digit = (uint32_t)(unsigned char)text.bytes[i] - '0';
    if (digit > 9) return false;
    if (sum > UINT64_MAX / 10 || (sum == UINT64_MAX / 10 && digit > UINT64_MAX % 10)) return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

bool pbk_parse_int(struct text text, int64_t *value) {
  bool negative = text.size && text.bytes[0] == '-';
  uint64_t sum;
  if (negative) text = (struct text){text.bytes + 1, text.size - 1};
  if (!pbk_parse_uint(text, &sum)) return false;
  if (negative) {
    if (sum > (uint64_t)INT64_MAX + 1) return false;
    *value = sum ? -(int64_t)(sum - 1) - 1 : 0;
  } else {
    if (sum > (uint64_t)INT64_MAX) return false;
    *value = (int64_t)sum;
  }
  return true;
}

/* "00" to "99", one behind the other. */
static const char number_digit_pairs[] =
  "00010203040506070809101112131415161718192021222324"
  "25262728293031323334353637383940414243444546474849"
  "50515253545556575859606162636465666768697071727374"
  "75767778798081828384858687888990919293949596979899";

static inline uint32_t number_digits(uint64_t value) {
  uint32_t digits = 1;
  for (; value >= 10000; value /= 10000) digits += 4;
  return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

uint32_t pbk_print_uint(char *to, uint64_t value) {
  uint32_t size = number_digits(value);
  char *at = to + size;
  while (value > UINT32_MAX) {
    at -= 2;
    memcpy(at, number_digit_pairs + 2 * (value % 100), 2);
    value /= 100;
  }
  uint32_t rest = (uint32_t)value; /* shorter divisions */
  for (; rest >= 100; rest /= 100) {
    at -= 2;
    memcpy(at, number_digit_pairs + 2 * (rest % 100), 2);
  }
  if (rest >= 10)
    memcpy(to, number_digit_pairs + 2 * rest, 2);
  else
    *to = (char)('0' + rest);
  return size;
}

uint32_t pbk_print_int(char *to, int64_t value) {
  if (value >= 0) return pbk_print_uint(to, (uint64_t)value);
  *to = '-';
  return 1 + pbk_print_uint(to + 1, 0 - (uint64_t)value);
}

bool pbk_checked_multiply(int64_t a, int64_t b, int64_t *result) {
  if (a > 0 ? (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a) : (b > 0 ? a < INT64_MIN / b : a != 0 && b < INT64_MAX / a))
    return false;
  *result = a * b;
  return true;
}

/* ---- 64 and 128 bits ---- */

struct wide {
  uint64_t high, low;
};

static struct wide wide_multiply(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__) && !defined(PBK_PORTABLE)
  __extension__ typedef unsigned __int128 uint128;
  uint128 product = (uint128)a * b;
  return (struct wide){(uint64_t)(product >> 64), (uint64_t)product};
#else
  uint64_t a_low = a & UINT32_MAX, a_high = a >> 32, b_low = b & UINT32_MAX, b_high = b >> 32;
  uint64_t low = a_low * b_low;
  uint64_t cross = a_high * b_low + (low >> 32);
  uint64_t middle = a_low * b_high + (cross & UINT32_MAX);
  return (struct wide){a_high * b_high + (cross >> 32) + (middle >> 32), middle << 32 | (low & UINT32_MAX)};
#endif
}

/* high * 2^64 + low over a divisor whose top bit is set; high < divisor, so the quotient fits. Knuth's algorithm D with two
 * digits of 32 bits. */
static uint64_t wide_divide(struct wide value, uint64_t divisor, uint64_t *remainder) {
  uint64_t high = divisor >> 32, low = divisor & UINT32_MAX;
  uint64_t rest = value.high, quotient = 0;
  for (int step = 0; step < 2; step++) {
    uint64_t next = step == 0 ? value.low >> 32 : value.low & UINT32_MAX;
    uint64_t digit = rest / high, over = rest % high;
    while (digit > UINT32_MAX || digit * low > (over << 32 | next)) {
      digit--;
      over += high;
      if (over > UINT32_MAX) break;
    }
    rest = (rest << 32 | next) - digit * divisor; /* modulo 2^64, as the true difference is below it */
    quotient = quotient << 32 | digit;
  }
  *remainder = rest;
  return quotient;
}

static uint32_t number_leading_zeros(uint64_t value) { /* of a value > 0 */
#if defined(__GNUC__) && !defined(PBK_PORTABLE)
  return (uint32_t)__builtin_clzll(value);
#else
  uint32_t zeros = 0;
  for (uint32_t step = 32; step; step /= 2)
    if (!(value >> (64 - step))) {
      zeros += step;
      value <<= step;
    }
  return zeros;
#endif
}

/* ---- powers of ten ---- */

/* clang-format off */
static const uint64_t number_powers_of_five[] = {
  1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u, 244140625u, 1220703125u,
  6103515625u, 30517578125u, 152587890625u, 762939453125u, 3814697265625u, 19073486328125u, 95367431640625u,
  476837158203125u, 2384185791015625u, 11920928955078125u, 59604644775390625u, 298023223876953125u,
  1490116119384765625u, 7450580596923828125u,
};
/* clang-format on */

enum {
  NUMBER_POWER_STEP = 27, /* 5^27 is the largest power of five below 2^64 */
  NUMBER_POWER_FIRST = -13 * NUMBER_POWER_STEP,
  NUMBER_POWER_LAST = 13 * NUMBER_POWER_STEP - 1,
  NUMBER_POWER_EXACT_LAST = 55, /* 5^55 is the largest below 2^128 */
  NUMBER_POWER_ERROR = 3        /* what is missing in `low`, at most, where it is not exact */
};

/* The 128 leading bits of 5^(27 i), cut off. */
static const struct wide number_powers_by_step[] = {
  {0x8049a4ac0c5811ae, 0x205b896d777d6278}, /* 5^-351 */
  {0xcf42894a5dce35ea, 0x52064cac828675b9}, {0xa76c582338ed2621, 0xaf2af2b80af6f24e},
  {0x873e4f75e2224e68, 0x5a7744a6e804a291}, {0xda7f5bf590966848, 0xaf39a475506a899e},
  {0xb080392cc4349dec, 0xbd8d794d96aacfb3}, {0x8e938662882af53e, 0x547eb47b7282ee9c},
  {0xe65829b3046b0afa, 0x0cb4a5a3112a5112}, {0xba121a4650e4ddeb, 0x92f34d62616ce413},
  {0x964e858c91ba2655, 0x3a6a07f8d510f86f}, {0xf2d56790ab41c2a2, 0xfae27299423fb9c3},
  {0xc428d05aa4751e4c, 0xaa97e14c3c26b886}, {0x9e74d1b791e07e48, 0x775ea264cf55347d},
  {0x8000000000000000, 0x0000000000000000}, /* 5^0 */
  {0xcecb8f27f4200f3a, 0x0000000000000000}, {0xa70c3c40a64e6c51, 0x999090b65f67d924},
  {0x86f0ac99b4e8dafd, 0x69a028bb3ded71a3}, {0xda01ee641a708de9, 0xe80e6f4820cc9495},
  {0xb01ae745b101e9e4, 0x5ec05dcff72e7f8f}, {0x8e41ade9fbebc27d, 0x14588f13be847307},
  {0xe5d3ef282a242e81, 0x8f1668c8a86da5fa}, {0xb9a74a0637ce2ee1, 0x6d953e2bd7173692},
  {0x95f83d0a1fb69cd9, 0x4abdaf101564f98e}, {0xf24a01a73cf2dccf, 0xbc633b39673c8cec},
  {0xc3b8358109e84f07, 0x0a862f80ec4700c8}, {0x9e19db92b4e31ba9, 0x6c07a2c26a8346d1}, /* 5^324 */
};

/* floor(log2(10^exponent)) and floor(log10(2^exponent)), for all exponents a double has. Shifting a negative number is up to
 * the compiler, hence the offsets. */
static int32_t number_log2_of_power_of_ten(int32_t exponent) {
  return (int32_t)((uint32_t)(exponent * 217706 + (2048 << 16)) >> 16) - 2048;
}
static int32_t number_log10_of_power_of_two(int32_t exponent) {
  return (int32_t)((uint32_t)(exponent * 78913 + (1024 << 18)) >> 18) - 1024;
}

/* The 128 leading bits of 10^exponent, top bit set: 10^exponent = (it + less than NUMBER_POWER_ERROR) * 2^(log2 - 127);
 * exactly it for exponents 0 to NUMBER_POWER_EXACT_LAST. */
static struct wide number_power_of_ten(int32_t exponent) {
  uint32_t offset = (uint32_t)(exponent - NUMBER_POWER_FIRST);
  struct wide base = number_powers_by_step[offset / NUMBER_POWER_STEP];
  uint64_t factor = number_powers_of_five[offset % NUMBER_POWER_STEP];
  if (factor == 1) return base;
  factor <<= number_leading_zeros(factor);
  struct wide upper = wide_multiply(base.high, factor), lower = wide_multiply(base.low, factor);
  upper.low += lower.high;
  upper.high += upper.low < lower.high;
  if (!(upper.high >> 63)) {
    upper.high = upper.high << 1 | upper.low >> 63;
    upper.low = upper.low << 1 | lower.low >> 63;
  }
  return upper;
}

/* ---- big integers, as large as the longest number that matters ---- */

enum {
  NUMBER_DIGITS_MOST =
    770,         /* no halfway point between doubles has more than 767; one more tells that there was something behind */
  BIG_LIMBS = 92 /* 10^770 and 5^1112 have 2582 bits at most; shifted to the same length, and one more */
};

struct big {
  uint32_t count; /* without leading zeros */
  uint32_t limbs[BIG_LIMBS];
};

static void big_set(struct big *big, uint64_t value) {
  big->limbs[0] = (uint32_t)value;
  big->limbs[1] = (uint32_t)(value >> 32);
  big->count = value >> 32 ? 2 : value ? 1 : 0;
}

static void big_multiply_add(struct big *big, uint32_t factor, uint32_t added) {
  uint64_t carry = added;
  for (uint32_t i = 0; i < big->count; i++) {
    carry += (uint64_t)big->limbs[i] * factor;
    big->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry) big->limbs[big->count++] = (uint32_t)carry;
}

static void big_multiply_power_of_five(struct big *big, uint32_t exponent) {
  for (; exponent >= 13; exponent -= 13) big_multiply_add(big, 1220703125u, 0);
  if (exponent) big_multiply_add(big, (uint32_t)number_powers_of_five[exponent], 0);
}

static uint32_t big_bits(const struct big *big) {
  return big->count ? 32 * big->count + 32 - number_leading_zeros(big->limbs[big->count - 1]) : 0;
}

static void big_shift_left(struct big *big, uint32_t bits) {
  uint32_t limbs = bits / 32;
  bits %= 32;
  if (!big->count || !(limbs | bits)) return;
  big->limbs[big->count] = 0;
  for (uint32_t i = big->count + 1; i-- > 0;) {
    uint64_t pair = (uint64_t)big->limbs[i] << 32 | (i ? big->limbs[i - 1] : 0);
    big->limbs[i + limbs] = (uint32_t)(pair >> (32 - bits));
  }
  for (uint32_t i = 0; i < limbs; i++) big->limbs[i] = 0;
  big->count += limbs;
  if (big->limbs[big->count]) big->count++;
}

static int big_compare(const struct big *a, const struct big *b) {
  if (a->count != b->count) return a->count < b->count ? -1 : 1;
  for (uint32_t i = a->count; i-- > 0;)
    if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
  return 0;
}

static void big_subtract(struct big *from, const struct big *what) { /* what <= from */
  uint32_t borrow = 0;
  for (uint32_t i = 0; i < from->count; i++) {
    uint64_t taken = (uint64_t)(i < what->count ? what->limbs[i] : 0) + borrow;
    borrow = from->limbs[i] < taken;
    from->limbs[i] -= (uint32_t)taken;
  }
  while (from->count && !from->limbs[from->count - 1]) from->count--;
}

/* How a + b compares to c. */
static int big_compare_sum(const struct big *a, const struct big *b, const struct big *c) {
  struct big sum;
  uint32_t longer = a->count > b->count ? a->count : b->count;
  uint64_t carry = 0;
  for (uint32_t i = 0; i < longer; i++) {
    carry += (uint64_t)(i < a->count ? a->limbs[i] : 0) + (i < b->count ? b->limbs[i] : 0);
    sum.limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  sum.count = longer;
  if (carry) sum.limbs[sum.count++] = (uint32_t)carry;
  return big_compare(&sum, c);
}

/* ---- text to double ---- */

static double number_from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const uint64_t number_infinity = (uint64_t)0x7ff << 52;

/* The bits of the double nearest to (mantissa + something less than 1, if `more`) * 2^exponent, ties to even. The mantissa
 * has at least 55 significant bits where there is `more`. */
static uint64_t number_round(uint64_t mantissa, int32_t exponent, bool more) {
  uint32_t zeros = number_leading_zeros(mantissa);
  mantissa <<= zeros;
  exponent += 63 - (int32_t)zeros; /* of the leading bit now */
  if (exponent > 1023) return number_infinity;
  uint32_t dropped = exponent >= -1022 ? 11 : exponent < -1022 - 60 ? 71 : (uint32_t)(11 - 1022 - exponent);
  if (dropped > 64) return 0;
  uint64_t kept = dropped < 64 ? mantissa >> dropped : 0;
  uint64_t half = (uint64_t)1 << (dropped - 1);
  uint64_t rest = dropped < 64 ? mantissa & (2 * half - 1) : mantissa;
  if (rest > half || (rest == half && (more || (kept & 1)))) kept++;
  /* The leading bit of `kept` counts as 1 in the exponent, and so does a carry out of it. */
  return exponent >= -1022 ? ((uint64_t)(exponent + 1022) << 52) + kept : kept;
}

/* What a decimal number's text says: digits * 10^exponent. */
struct decimal {
  const char *digits; /* the first that is not zero, up to `end`, perhaps with a point in between */
  const char *end;
  uint64_t leading; /* the first 19 digits */
  int64_t exponent; /* of the last of the leading digits */
  int64_t count;    /* significant digits */
  bool negative;
};

static bool decimal_scan(struct text text, struct decimal *decimal) {
  *decimal = (struct decimal){.digits = NULL};
  if (text.size == 0) return false;
  const char *at = text.bytes, *end = at + text.size;
  if (*at == '-' || *at == '+') decimal->negative = *at++ == '-';

  const char *start = at, *point = NULL;
  uint64_t leading = 0;
  int64_t count = 0, fraction = 0;
  for (; at < end; at++) {
    uint32_t digit = (uint32_t)(unsigned char)*at - '0';
    if (digit <= 9) {
      if (count || digit) {
        if (!count) decimal->digits = at;
        if (count < 19) leading = leading * 10 + digit;
        count++;
      }
    } else if (*at == '.' && !point) {
      point = at;
    } else {
      break;
    }
  }
  if (at - start == (point != NULL)) return false; /* no digit at all */
  if (point) fraction = at - point - 1;
  decimal->end = at;

  int64_t exponent = 0;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    bool down = false;
    if (at < end && (*at == '-' || *at == '+')) down = *at++ == '-';
    if (at == end) return false;
    for (; at < end; at++) {
      uint32_t digit = (uint32_t)(unsigned char)*at - '0';
      if (digit > 9) return false;
      if (exponent < 100000000000) exponent = exponent * 10 + digit; /* far beyond what 2^32 digits could make up for */
    }
    if (down) exponent = -exponent;
  }
  if (at != end) return false;
  decimal->leading = leading;
  decimal->count = count;
  decimal->exponent = exponent - fraction + (count > 19 ? count - 19 : 0);
  return true;
}

/* By the 128 leading bits; false where they do not decide. For up to 19 digits. */
static bool decimal_round_fast(uint64_t digits, int32_t exponent, uint64_t *bits) {
  uint32_t zeros = number_leading_zeros(digits);
  digits <<= zeros;
  struct wide power = number_power_of_ten(exponent);
  struct wide upper = wide_multiply(digits, power.high), lower = wide_multiply(digits, power.low);
  upper.low += lower.high;
  upper.high += upper.low < lower.high;
  bool more;
  if (exponent >= 0 && exponent <= NUMBER_POWER_EXACT_LAST) {
    more = (upper.low | lower.low) != 0;
  } else {
    /* What is missing is less than NUMBER_POWER_ERROR + 1 in upper.low. */
    if (upper.low == 0 || upper.low >= UINT64_MAX - NUMBER_POWER_ERROR) return false;
    more = true;
  }
  *bits = number_round(upper.high, number_log2_of_power_of_ten(exponent) + 1 - (int32_t)zeros, more);
  return true;
}

/* digits / 10^divided, exact: 5^divided fits in 64 bits. Up to 19 digits. */
static uint64_t decimal_round_quotient(uint64_t digits, uint32_t divided) {
  uint64_t divisor = number_powers_of_five[divided], remainder;
  uint32_t zeros = number_leading_zeros(digits), divisor_zeros = number_leading_zeros(divisor);
  digits <<= zeros;
  struct wide numerator = {digits >> 1, digits << 63};
  uint64_t quotient = wide_divide(numerator, divisor << divisor_zeros, &remainder);
  return number_round(quotient, (int32_t)divisor_zeros - (int32_t)zeros - (int32_t)divided - 63, remainder != 0);
}

/* Exact, for any number of digits; the value is between 10^-330 and 10^311. */
static uint64_t decimal_round_exact(const struct decimal *decimal) {
  struct big value;
  int64_t exponent = decimal->exponent - (decimal->count < 19 ? 0 : decimal->count - 19);
  int64_t taken = 0;
  bool more = false;
  uint32_t chunk = 0, chunk_power = 1;
  big_set(&value, 0);
  for (const char *at = decimal->digits; at < decimal->end; at++) {
    if (*at == '.') continue;
    if (taken == NUMBER_DIGITS_MOST - 1) {
      if (*at == '0') continue;
      more = true;
      break;
    }
    chunk = chunk * 10 + (uint32_t)(*at - '0');
    chunk_power *= 10;
    taken++;
    if (chunk_power == 1000000000) {
      big_multiply_add(&value, chunk_power, chunk);
      chunk = 0;
      chunk_power = 1;
    }
  }
  if (more) {
    chunk = chunk * 10 + 1;
    chunk_power *= 10;
    taken++;
  }
  if (chunk_power > 1) big_multiply_add(&value, chunk_power, chunk);
  int32_t scale = (int32_t)(exponent + decimal->count - taken);

  struct big divisor;
  big_set(&divisor, 1);
  if (scale >= 0)
    big_multiply_power_of_five(&value, (uint32_t)scale);
  else
    big_multiply_power_of_five(&divisor, (uint32_t)-scale);
  int32_t longer = (int32_t)big_bits(&value) - (int32_t)big_bits(&divisor);
  if (longer < 0)
    big_shift_left(&value, (uint32_t)-longer);
  else
    big_shift_left(&divisor, (uint32_t)longer);
  uint64_t quotient = 0; /* between one half and two, times 2^63 */
  for (int i = 0; i < 64; i++) {
    quotient <<= 1;
    if (big_compare(&value, &divisor) >= 0) {
      big_subtract(&value, &divisor);
      quotient |= 1;
    }
    big_shift_left(&value, 1);
  }
  return number_round(quotient, scale + longer - 63, value.count != 0);
}

bool pbk_parse_double(struct text text, double *value) {
  struct decimal decimal;
  if (!decimal_scan(text, &decimal)) return false;
  uint64_t bits;
  int64_t exponent = decimal.exponent;
  int64_t magnitude = (decimal.count < 19 ? decimal.count : 19) + exponent; /* the value is below 10^magnitude */
  if (decimal.count == 0 || magnitude < -325)
    bits = 0;
  else if (magnitude > 310)
    bits = number_infinity;
  else if (decimal.count <= 19 && decimal_round_fast(decimal.leading, (int32_t)exponent, &bits))
    ;
  else if (decimal.count <= 19 && exponent < 0 && exponent >= -NUMBER_POWER_STEP)
    bits = decimal_round_quotient(decimal.leading, (uint32_t)-exponent);
  else
    bits = decimal_round_exact(&decimal);
  *value = number_from_bits(bits | (uint64_t)decimal.negative << 63);
  return true;
}

/* ---- double to text ---- */

/* A finite double that is not 0: mantissa * 2^exponent. Whatever lies between half the gap below and half the gap above
 * reads back as it, the ends too where the mantissa is even. */
struct binary {
  uint64_t mantissa;
  int32_t exponent;
  bool narrow_below; /* at a power of two the gap below is half the one above */
};

/* The shortest digits inside the gaps, of those the nearest to the value; digits * 10^*exponent. By the 128 leading bits: at
 * the scale where the gap is between 1 and 10, at most one multiple of ten lies in it. If there is one, it is the answer
 * (without its zeros); else the nearest integer is. False where an end of the gap is too near to call. */
static bool shortest_fast(const struct binary *binary, uint64_t *digits, int32_t *exponent) {
  enum { SLACK = 4 }; /* what is missing below in the low words, at most */
  int32_t scale = number_log10_of_power_of_two(binary->exponent);
  struct wide power = number_power_of_ten(-scale);
  uint32_t shift = (uint32_t)(binary->exponent + number_log2_of_power_of_ten(-scale)); /* 0 to 3 */
  uint64_t doubled = binary->mantissa << (shift + 1);

  /* The value, as an integer and 64 bits of fraction. */
  struct wide value = wide_multiply(doubled, power.high);
  uint64_t carried = wide_multiply(doubled, power.low).high;
  value.low += carried;
  value.high += value.low < carried;
  /* Half of the gap. */
  struct wide half = {shift ? power.high >> (64 - shift) : 0,
                      shift ? power.high << shift | power.low >> (64 - shift) : power.high};
  struct wide below = half;
  if (binary->narrow_below) below = (struct wide){half.high >> 1, half.high << 63 | half.low >> 1};
  struct wide least = {value.high - below.high - (value.low < below.low), value.low - below.low};
  struct wide most = {value.high + half.high, value.low + half.low};
  most.high += most.low < half.low;

  uint64_t ten = most.high + (most.low >= UINT64_MAX - SLACK);
  ten -= ten % 10;
  if (ten > most.high || (ten == most.high && most.low <= SLACK)) return false;
  if (ten == least.high && least.low <= SLACK) return false;
  if (ten == least.high + 1 && least.low >= UINT64_MAX - SLACK) return false;
  if (ten > least.high) {
    scale++;
    ten /= 10;
    while (ten % 10 == 0) {
      ten /= 10;
      scale++;
    }
    *digits = ten;
    *exponent = scale;
    return true;
  }
  if (value.low >= ((uint64_t)1 << 63) - SLACK && value.low <= ((uint64_t)1 << 63) + SLACK) return false;
  bool up = value.low >> 63;
  uint64_t nearest = value.high + up;
  /* Is it inside? Only where the gap below is narrow can it be outside. */
  if (up ? nearest > most.high || (nearest == most.high && most.low <= SLACK)
         : nearest <= least.high || (nearest == least.high + 1 && least.low >= UINT64_MAX - SLACK))
    return false;
  *digits = nearest;
  *exponent = scale;
  return true;
}

/* The same by big integers, digit by digit (Steele and White, with the final digit rounded to the nearest). */
static void shortest_exact(const struct binary *binary, uint64_t *digits, int32_t *exponent) {
  struct big rest, unit, below, above; /* value and the gaps' halves, all over `unit` */
  uint32_t extra = binary->narrow_below ? 2 : 1;
  uint32_t up = binary->exponent > 0 ? (uint32_t)binary->exponent : 0;
  uint32_t down = binary->exponent < 0 ? (uint32_t)-binary->exponent : 0;
  bool ends_count = !(binary->mantissa & 1);
  big_set(&rest, binary->mantissa);
  big_set(&unit, 1);
  big_set(&below, 1);
  int32_t bits = 63 - (int32_t)number_leading_zeros(binary->mantissa) + binary->exponent;
  int32_t scale = number_log10_of_power_of_two(bits) + 1; /* value < 2 * 10^scale */
  if (scale >= 0) {
    big_multiply_power_of_five(&unit, (uint32_t)scale);
    down += (uint32_t)scale;
  } else {
    big_multiply_power_of_five(&rest, (uint32_t)-scale);
    big_multiply_power_of_five(&below, (uint32_t)-scale);
    up += (uint32_t)-scale;
  }
  big_shift_left(&rest, up + extra);
  big_shift_left(&unit, down + extra);
  big_shift_left(&below, up);
  above = below;
  if (binary->narrow_below) big_shift_left(&above, 1);
  int over = big_compare_sum(&rest, &above, &unit);
  if (over > 0 || (over == 0 && ends_count)) {
    big_multiply_add(&unit, 10, 0);
    scale++;
  }
  *digits = 0;
  for (;;) {
    big_multiply_add(&rest, 10, 0);
    big_multiply_add(&below, 10, 0);
    big_multiply_add(&above, 10, 0);
    uint32_t digit = 0;
    while (big_compare(&rest, &unit) >= 0) {
      big_subtract(&rest, &unit);
      digit++;
    }
    scale--;
    int low = big_compare(&rest, &below), high = big_compare_sum(&rest, &above, &unit);
    bool may_stop = low < 0 || (low == 0 && ends_count);
    bool may_round_up = high > 0 || (high == 0 && ends_count);
    if (may_stop && may_round_up) {
      int nearer = big_compare_sum(&rest, &rest, &unit);
      if (nearer > 0 || (nearer == 0 && (digit & 1))) digit++;
    } else if (may_round_up) {
      digit++;
    }
    *digits = *digits * 10 + digit;
    if (may_stop || may_round_up) break;
  }
  *exponent = scale;
}

uint32_t pbk_print_double(char *to, double value) {
  char *start = to;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
  uint32_t biased = (uint32_t)(bits >> 52) & 0x7ff;
  if (biased == 0x7ff && fraction) {
    memcpy(to, "NaN", 3);
    return 3;
  }
  if (bits >> 63) *to++ = '-';
  if (biased == 0x7ff) {
    memcpy(to, "Infinity", 8);
    return (uint32_t)(to - start) + 8;
  }
  struct binary binary = {fraction, -1074, false};
  if (biased) binary = (struct binary){fraction | (uint64_t)1 << 52, (int32_t)biased - 1075, fraction == 0 && biased > 1};

  uint64_t digits;
  int32_t exponent;
  if (binary.exponent <= 0 && binary.exponent > -53 &&
      !(binary.mantissa & (((uint64_t)1 << -binary.exponent) - 1))) /* an integer that a double holds exactly */
    return (uint32_t)(to - start) + pbk_print_uint(to, binary.mantissa >> -binary.exponent);
  if (binary.mantissa == 0) {
    *to++ = '0';
    return (uint32_t)(to - start);
  }
  if (!shortest_fast(&binary, &digits, &exponent)) shortest_exact(&binary, &digits, &exponent);

  char text[20];
  int32_t count = (int32_t)pbk_print_uint(text, digits);
  int32_t point = count + exponent; /* digits before the point */
  if (point > 21 || point < -5) {
    *to++ = text[0];
    if (count > 1) {
      *to++ = '.';
      memcpy(to, text + 1, (size_t)count - 1);
      to += count - 1;
    }
    *to++ = 'e';
    *to++ = point > 0 ? '+' : '-';
    to += pbk_print_uint(to, (uint64_t)(point > 0 ? point - 1 : 1 - point));
  } else if (point >= count) {
    memcpy(to, text, (size_t)count);
    memset(to + count, '0', (size_t)(point - count));
    to += point;
  } else if (point > 0) {
    memcpy(to, text, (size_t)point);
    to[point] = '.';
    memcpy(to + point + 1, text + point, (size_t)(count - point));
    to += count + 1;
  } else {
    memcpy(to, "0.00000", (size_t)(2 - point));
    to += 2 - point;
    memcpy(to, text, (size_t)count);
    to += count;
  }
  return (uint32_t)(to - start);
}
