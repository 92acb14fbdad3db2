/* tests/unit/number.c - numbers as text. Doubles are checked against exact decimal arithmetic written here plainly, since a
 * C library's own reading and printing need not be right. The portable paths run too, whatever this compiler has. */
#include "base/number.h"

#include "unit/check.h"

#ifndef PBK_PORTABLE
#define PBK_PORTABLE
#endif
#define pbk_parse_int portable_parse_int
#define pbk_parse_uint portable_parse_uint
#define pbk_parse_double portable_parse_double
#define pbk_print_int portable_print_int
#define pbk_print_uint portable_print_uint
#define pbk_print_double portable_print_double
#define pbk_checked_multiply portable_checked_multiply
#include "base/number.c"
#undef pbk_parse_int
#undef pbk_parse_uint
#undef pbk_parse_double
#undef pbk_print_int
#undef pbk_print_uint
#undef pbk_print_double
#undef pbk_checked_multiply

static double of_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* ---- integers ---- */

static void integers_read(void) {
  static const struct {
    const char *text;
    bool good;
    int64_t value;
  } cases[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"7", true, 7},
    {"-7", true, -7},
    {"007", true, 7},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"-9223372036854775807", true, -INT64_MAX},
    {"0000000000000000000000000000000000000042", true, 42},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"18446744073709551616", false, 0},
    {"99999999999999999999999999", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"+1", false, 0},
    {"--1", false, 0},
    {"1 ", false, 0},
    {" 1", false, 0},
    {"1.0", false, 0},
    {"1e3", false, 0},
    {"0x10", false, 0},
    {"1-", false, 0},
    {"/", false, 0},
    {":", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t value = 99;
    check_note("\"%s\"", cases[i].text);
    CHECK_EQUAL_INT(pbk_parse_int(text_from(cases[i].text), &value), cases[i].good);
    CHECK_EQUAL_INT(value, cases[i].good ? cases[i].value : 99);
  }
  int64_t value;
  uint64_t natural;
  CHECK(!pbk_parse_int(NO_TEXT, &value));
  CHECK(!pbk_parse_int((struct text){"1\0", 2}, &value));
  CHECK(pbk_parse_int((struct text){"123456", 3}, &value) && value == 123);
  CHECK(pbk_parse_uint(TEXT("18446744073709551615"), &natural) && natural == UINT64_MAX);
  CHECK(!pbk_parse_uint(TEXT("18446744073709551616"), &natural));
  CHECK(!pbk_parse_uint(TEXT("18446744073709551620"), &natural));
  CHECK(!pbk_parse_uint(TEXT("-1"), &natural));
  CHECK(!pbk_parse_uint(NO_TEXT, &natural));
}

static void integers_printed(void) {
  char text[NUMBER_TEXT_MOST];
  CHECK_TEXT(((struct text){text, pbk_print_int(text, INT64_MIN)}), "-9223372036854775808");
  CHECK_TEXT(((struct text){text, pbk_print_int(text, INT64_MAX)}), "9223372036854775807");
  CHECK_TEXT(((struct text){text, pbk_print_uint(text, UINT64_MAX)}), "18446744073709551615");
  CHECK_TEXT(((struct text){text, pbk_print_uint(text, 0)}), "0");
  CHECK_TEXT(((struct text){text, pbk_print_int(text, -1)}), "-1");
  uint64_t state = 5, power = 1;
  for (int digits = 1; digits <= 20; digits++, power *= 10) { /* every length at its ends */
    char last[24];
    memset(last, '9', sizeof last);
    uint32_t size = pbk_print_uint(text, power);
    CHECK(size == (uint32_t)digits && text[0] == '1' && text[size - 1] == (digits == 1 ? '1' : '0'));
    if (digits > 1)
      CHECK_EQUAL_TEXT(((struct text){text, pbk_print_uint(text, power - 1)}), ((struct text){last, (uint32_t)digits - 1}));
  }
  uint32_t wrong = 0;
  for (int i = 0; i < 100000; i++) {
    int64_t value = (int64_t)(check_random(&state) >> check_random_below(&state, 64)), back;
    if (i & 1) value = -value;
    wrong += !pbk_parse_int((struct text){text, pbk_print_int(text, value)}, &back) || back != value;
  }
  CHECK_EQUAL_UINT(wrong, 0);
}

static void arithmetic(void) {
  static const int64_t ends[] = {
    INT64_MIN,  INT64_MIN + 1, -4294967297, -4294967296,   -3037000500,   -3,       -2, -1, 0, 1, 2, 3, 3037000499,
    3037000500, 4294967296,    4294967297,  INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};
  enum { ENDS = sizeof ends / sizeof *ends };
  for (int i = 0; i < ENDS; i++)
    for (int j = 0; j < ENDS; j++) {
      int64_t a = ends[i], b = ends[j], result = 77;
      check_note("%" PRId64 " and %" PRId64, a, b);
      bool fits = b >= 0 ? a <= INT64_MAX - b : a >= INT64_MIN - b;
      CHECK_EQUAL_INT(checked_add(a, b, &result), fits);
      CHECK_EQUAL_INT(result, fits ? a + b : 77);
      CHECK_EQUAL_INT(saturating_add(a, b), fits ? a + b : b > 0 ? INT64_MAX : INT64_MIN);
      result = 77;
      fits = b >= 0 ? a >= INT64_MIN + b : a <= INT64_MAX + b;
      CHECK_EQUAL_INT(checked_subtract(a, b, &result), fits);
      CHECK_EQUAL_INT(result, fits ? a - b : 77);
      /* The product's size in 128 bits, by the portable multiplication. */
      struct wide product = wide_multiply(a < 0 ? 0 - (uint64_t)a : (uint64_t)a, b < 0 ? 0 - (uint64_t)b : (uint64_t)b);
      bool negative = (a < 0) != (b < 0);
      fits = product.high == 0 && product.low <= (uint64_t)INT64_MAX + negative;
      result = 77;
      CHECK_EQUAL_INT(pbk_checked_multiply(a, b, &result), fits);
      if (fits) CHECK_EQUAL_UINT((uint64_t)result, negative ? 0 - product.low : product.low);
      if (!fits) CHECK_EQUAL_INT(result, 77);
    }
}

/* ---- doubles: exact decimals, the plain way ---- */

/* A number without sign, with room for 2^1024 and for all digits of the least halfway point, 2^-1075. */
enum { BEFORE = 320, BEHIND = 1100, PLACES = BEFORE + BEHIND };
struct plain {
  unsigned char digits[PLACES]; /* the most significant first */
};

static void plain_double(struct plain *plain) {
  unsigned carry = 0;
  for (int i = PLACES; i-- > 0;) {
    unsigned sum = plain->digits[i] * 2u + carry;
    plain->digits[i] = (unsigned char)(sum % 10);
    carry = sum / 10;
  }
}
static void plain_halve(struct plain *plain) {
  unsigned rest = 0;
  for (int i = 0; i < PLACES; i++) {
    unsigned digit = rest * 10 + plain->digits[i];
    plain->digits[i] = (unsigned char)(digit / 2);
    rest = digit % 2;
  }
}

/* mantissa * 2^exponent. */
static void plain_from(struct plain *plain, uint64_t mantissa, int exponent) {
  memset(plain, 0, sizeof *plain);
  for (int i = BEFORE; mantissa; mantissa /= 10) plain->digits[--i] = (unsigned char)(mantissa % 10);
  for (; exponent > 0; exponent--) plain_double(plain);
  for (; exponent < 0; exponent++) plain_halve(plain);
}

/* All its digits, "123.456"; without a point for a whole number. */
static uint32_t plain_print(const struct plain *plain, char *to) {
  int from = 0, end = PLACES;
  while (from < BEFORE - 1 && !plain->digits[from]) from++;
  while (end > BEFORE && !plain->digits[end - 1]) end--;
  uint32_t size = 0;
  for (int i = from; i < end; i++) {
    if (i == BEFORE) to[size++] = '.';
    to[size++] = (char)('0' + plain->digits[i]);
  }
  return size;
}

/* Both versions read it, to the same. */
static uint64_t read_bits(const char *text, uint32_t size) {
  double value = 0, portable = 0;
  if (!pbk_parse_double((struct text){text, size}, &value)) return UINT64_MAX;
  if (!portable_parse_double((struct text){text, size}, &portable)) return UINT64_MAX;
  return bits_of(value) == bits_of(portable) ? bits_of(value) : UINT64_MAX - 1;
}

/* The point halfway above a double is read as the even one of the two; a digit more, and it is the upper; a little less, the
 * lower. */
static uint32_t halfway_wrong(uint64_t bits) {
  char text[PLACES + 32] = "";
  struct plain plain;
  uint64_t biased = bits >> 52, mantissa = bits & (((uint64_t)1 << 52) - 1);
  if (biased) mantissa |= (uint64_t)1 << 52;
  plain_from(&plain, 2 * mantissa + 1, (biased ? (int)biased : 1) - 1076);
  uint32_t size = plain_print(&plain, text), wrong = 0;
  wrong += read_bits(text, size) != bits + (bits & 1);
  if (!memchr(text, '.', size)) text[size++] = '.';
  memcpy(text + size, "0000000000000001", 16);
  wrong += read_bits(text, size + 16) != bits + 1;
  memcpy(text + size, "0000000000000000", 16);
  wrong += read_bits(text, size + 16) != bits + (bits & 1);
  /* One less at the last place: borrow through the zeros. */
  uint32_t last = size;
  while (text[last - 1] == '.' || text[last - 1] == '0') {
    if (text[last - 1] == '0') text[last - 1] = '9';
    last--;
  }
  text[last - 1]--;
  wrong += read_bits(text, size) != bits;
  return wrong;
}

static void halfway_points(void) {
  uint64_t state = 3;
  static const uint64_t edges[] = {0,
                                   1,
                                   2,
                                   3,
                                   0xffffffffffffe,
                                   0xfffffffffffff,
                                   0x10000000000000,
                                   0x10000000000001,
                                   0x1fffffffffffff,
                                   0x20000000000000,
                                   0x3ff0000000000000,
                                   0x3fefffffffffffff,
                                   0x4340000000000000,
                                   0x433fffffffffffff,
                                   0x7fe0000000000000,
                                   0x7feffffffffffffe,
                                   0x7fefffffffffffff};
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
    check_note("bits %016" PRIx64, edges[i]);
    CHECK_EQUAL_UINT(halfway_wrong(edges[i]), 0); /* above the largest: infinity, which is one more in bits */
  }
  uint32_t wrong = 0;
  for (int i = 0; i < 1500; i++) {
    uint64_t bits = check_random(&state) >> 1;
    if (i % 4 == 0) bits >>= check_random_below(&state, 52) + 11; /* subnormal */
    if (bits >= (uint64_t)0x7ff << 52) continue;
    wrong += halfway_wrong(bits);
  }
  check_note("random halfway points");
  CHECK_EQUAL_UINT(wrong, 0);
}

static void doubles_read(void) {
  static const struct {
    const char *text;
    uint64_t bits;
  } cases[] = {
    {"0", 0},
    {"-0", (uint64_t)1 << 63},
    {"+0", 0},
    {"0.0", 0},
    {"0e999999999999999999999", 0},
    {"-0e-5", (uint64_t)1 << 63},
    {"1", 0x3ff0000000000000},
    {"+1", 0x3ff0000000000000},
    {"1.", 0x3ff0000000000000},
    {"0.5", 0x3fe0000000000000},
    {".5", 0x3fe0000000000000},
    {"5E-1", 0x3fe0000000000000},
    {"0.1", 0x3fb999999999999a},
    {"1e0", 0x3ff0000000000000},
    {"1e+00000000000000000000000000000", 0x3ff0000000000000},
    {"12.5", 0x4029000000000000},
    {"9007199254740993", 0x4340000000000000},
    {"9007199254740993.0000000000000000000000001", 0x4340000000000001},
    {"9007199254740991", 0x433fffffffffffff},
    {"9007199254740995", 0x4340000000000002},
    {"1e23", 0x44b52d02c7e14af6},
    {"9.999999999999999e22", 0x44b52d02c7e14af6},
    {"1e22", 0x4480f0cf064dd592},
    {"1.7976931348623157e308", 0x7fefffffffffffff},
    {"1.7976931348623158e308", 0x7fefffffffffffff},
    {"1.7976931348623159e308", 0x7ff0000000000000},
    {"1e309", 0x7ff0000000000000},
    {"-1e400", 0xfff0000000000000},
    {"1e99999999999999999999", 0x7ff0000000000000},
    {"1e-99999999999999999999", 0},
    {"2.2250738585072014e-308", 0x0010000000000000},
    {"2.2250738585072011e-308", 0x000fffffffffffff},
    {"2.2250738585072012e-308", 0x0010000000000000}, /* once hung PHP and Java */
    {"5e-324", 1},
    {"4.9406564584124654e-324", 1},
    {"2.4703282292062328e-324", 1},
    {"2.4703282292062327e-324", 0},
    {"2e-324", 0},
    {"1e-400", 0},
    {"3e-324", 1},
    {"6.631236846766476e-316", 0x0000000008000000},
    {"3.237883913302901e-319", 0x000000000000ffff},
    /* hard cases of Paxson's and Clinger's papers, and others */
    {"5e125", 0x5a07a2ecc414a03f},
    {"69e267", 0x77c0b7cb60c994da},
    {"999e-026", 0x3b282782afe1869e},
    {"7861e-034", 0x39afe3544145e9d8},
    {"75569e-254", 0x0c35a462d91c6ab3},
    {"928609e-261", 0x0afbe2dd66200bef},
    {"9210917080e-140", 0x24f0584831f8d5c2},
    {"84863171e114", 0x59406e98f5ec8f37},
    {"653777767e273", 0x7a720223f2b3a881},
    {"5232604057e-298", 0x041465b896c24520},
    {"27235667517e-109", 0x2b77d41824d64fb2},
    {"653532977297e-123", 0x28d925a0aabcdc68},
    {"3142213164987e-294", 0x057d3409dfbca26f},
    {"46202199371337e-072", 0x33d28f9edfbd341f},
    {"231010996856685e-073", 0x33c28f9edfbd341f},
    {"9324754620109615e212", 0x6f43ae60753af6ca},
    {"78459735791271921e049", 0x4d9dcd0089c1314e},
    {"272104041512242479e200", 0x6d13bbb4bf05f087},
    {"6802601037806061975e198", 0x6cf3bbb4bf05f087},
    {"20505426358836677347e-221", 0x161012954b6aabba},
    {"836168422905420598437e-234", 0x13b20403a628a9ca},
    {"4891559871276714924261e222", 0x7286ecaf7694a3c7},
    {"9e-265", 0x091d05244fe5066a},
    {"85e-037", 0x38a698ccdc60015a},
    {"623e100", 0x554640a62f3a83df},
    {"3571e263", 0x77462644c61d41aa},
    {"81661e153", 0x60b7ca8e3d68578e},
    {"920657e-023", 0x3c653a9985dbde6c},
    {"4603285e-024", 0x3c553a9985dbde6c},
    {"87575437e-309", 0x016e07320602056c},
    {"245540327e122", 0x5b01b6231e18c5cb},
    {"6138508175e120", 0x5ae1b6231e18c5cb},
    {"83356057653e193", 0x6a4544e6daee2a18},
    {"619534293513e124", 0x5c210c20303fe0f1},
    {"2335141086879e218", 0x6fc340a1c932c1ee},
    {"36167929443327e-159", 0x21bce77c2b3328fc},
    {"609610927149051e-255", 0x0e104273b18918b1},
    {"3743626360493413e-165", 0x20e8823a57adbef9},
    {"94080055902682397e-242", 0x11364981e39e66ca},
    {"899810892172646163e283", 0x7e6adf51fa055e03},
    {"7120190517612959703e120", 0x5cc3220dcd5899fd},
    {"25188282901709339043e-252", 0x0fa4059af3db2a84},
    {"308984926168550152811e-052", 0x39640de48676653b},
    {"6372891218502368041059e064", 0x51c067047dbb38fe},
    {"1.00000000000000011102230246251565404236316680908203125", 0x3ff0000000000000},
    {"1.00000000000000011102230246251565404236316680908203124", 0x3ff0000000000000},
    {"1.00000000000000011102230246251565404236316680908203126", 0x3ff0000000000001},
    {"123456789012345678901234567890", 0x45f8ee90ff6c373e},
    {"1448997445238699", 0x4314976c0803feac},
    {"8.589973428413488e9", 0x42000004bda34ed3},
    {"72057594037927945", 0x4370000000000001},
    {"9223372036854775807", 0x43e0000000000000},
    {"18446744073709551616", 0x43f0000000000000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s", cases[i].text);
    CHECK_EQUAL_UINT(read_bits(cases[i].text, (uint32_t)strlen(cases[i].text)), cases[i].bits);
  }
}

static void doubles_malformed(void) {
  static const char *const cases[] = {"",      "+",    "-",        ".",   "e",   "e5",    ".e5",   "1e",      "1e+",  "1e-",
                                      "1.5.2", "1..2", "--1",      "+-1", "1 ",  " 1",    "1e5.5", "1e5e5",   "0x10", "1f",
                                      "inf",   "nan",  "Infinity", "NaN", "1,5", "1_000", "-.",    "\xd9\xa1"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double value = 42;
    check_note("\"%s\"", cases[i]);
    CHECK(!pbk_parse_double(text_from(cases[i]), &value));
    CHECK_EQUAL_DOUBLE(value, 42.0);
  }
  double value;
  CHECK(!pbk_parse_double(NO_TEXT, &value));
  CHECK(!pbk_parse_double((struct text){"1\0", 2}, &value));
  CHECK(pbk_parse_double((struct text){"1234", 2}, &value));
  CHECK_EQUAL_DOUBLE(value, 12.0);
}

/* What a hundred thousand zeros shift, an exponent takes back. */
static void doubles_huge_texts(void) {
  enum { ZEROS = 100000 };
  char *text = malloc(3 * ZEROS);
  if (!text) return;
  memset(text, '0', 3 * ZEROS);
  text[1] = '.';
  memcpy(text + ZEROS, "125e+99998", 10); /* 0.00…0125e+99998 */
  CHECK_EQUAL_UINT(read_bits(text, ZEROS + 10), bits_of(0.125));
  memcpy(text + ZEROS, "125e+99300", 10);
  CHECK_EQUAL_UINT(read_bits(text, ZEROS + 10), 0);
  memset(text, '0', 3 * ZEROS);
  text[0] = '5'; /* 500…0e-100001 */
  memcpy(text + ZEROS + 1, "e-100001", 8);
  CHECK_EQUAL_UINT(read_bits(text, ZEROS + 9), bits_of(0.5));
  CHECK_EQUAL_UINT(read_bits(text, ZEROS + 1), 0x7ff0000000000000);
  memset(text, '9', 3 * ZEROS); /* 0.99…9 is 1, but not above */
  text[0] = '0', text[1] = '.';
  CHECK_EQUAL_UINT(read_bits(text, 3 * ZEROS), bits_of(1.0));
  memset(text, '0', 3 * ZEROS); /* just above a tie, seen only by the last digit of all */
  memcpy(text, "9007199254740993.", 17);
  CHECK_EQUAL_UINT(read_bits(text, 3 * ZEROS), 0x4340000000000000);
  text[3 * ZEROS - 1] = '1';
  CHECK_EQUAL_UINT(read_bits(text, 3 * ZEROS), 0x4340000000000001);
  free(text);
}

static void doubles_printed(void) {
  static const struct {
    uint64_t bits;
    const char *text;
  } cases[] = {
    {0, "0"},
    {(uint64_t)1 << 63, "-0"},
    {0x7ff0000000000000, "Infinity"},
    {0xfff0000000000000, "-Infinity"},
    {0x7ff8000000000000, "NaN"},
    {0xfff8000000000000, "NaN"},
    {0x7ff0000000000001, "NaN"},
    {0x3ff0000000000000, "1"},
    {0xbff0000000000000, "-1"},
    {0x3fb999999999999a, "0.1"},
    {0x3fd3333333333334, "0.30000000000000004"},
    {0x4059000000000000, "100"},
    {0x405edd2f1a9fbe77, "123.456"},
    {0x4340000000000000, "9007199254740992"},
    {0x4340000000000001, "9007199254740994"},
    {0x433fffffffffffff, "9007199254740991"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x4415af1d78b58c40, "100000000000000000000"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x3e7ad7f29abcaf48, "1e-7"},
    {0x3e8421f5f40d8376, "1.5e-7"},
    {0xbe8421f5f40d8376, "-1.5e-7"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {1, "5e-324"},
    {2, "1e-323"},
    {3, "1.5e-323"},
    {0x000fffffffffffff, "2.225073858507201e-308"},
    {0x0010000000000000, "2.2250738585072014e-308"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x3e70000000000000,
     "5.960464477539063e-8"}, /* a power of two: the nearest 16 digits lie outside the narrow gap below */
    {0x44e56789abcdef01, "8.08637048231082e+23"},
    {0x3ff0000000000001, "1.0000000000000002"},
    {0x3fefffffffffffff, "0.9999999999999999"},
    {0x4330000000000001, "4503599627370497"},
    {0x4330000000000000, "4503599627370496"},
    {0x4320000000000001, "2251799813685248.5"},
    {0x42374876e8000000, "100000000000"},
    {0x43e0000000000000, "9223372036854776000"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[NUMBER_TEXT_MOST];
    check_note("bits %016" PRIx64, cases[i].bits);
    CHECK_TEXT(((struct text){text, pbk_print_double(text, of_bits(cases[i].bits))}), cases[i].text);
    CHECK_TEXT(((struct text){text, portable_print_double(text, of_bits(cases[i].bits))}), cases[i].text);
  }
}

/* digits * 10^exponent reads back as these bits. */
static bool reads_back(uint64_t digits, int32_t exponent, uint64_t bits) {
  char text[64];
  int size = snprintf(text, sizeof text, "%" PRIu64 "e%" PRId32, digits, exponent);
  return read_bits(text, (uint32_t)size) == bits;
}

/* Reads back; no digit can be spared; both ways of finding the digits agree, and so does the portable arithmetic. */
static uint32_t shortest_wrong(uint64_t bits) {
  char text[NUMBER_TEXT_MOST], portable[NUMBER_TEXT_MOST];
  uint32_t size = pbk_print_double(text, of_bits(bits)), wrong = 0;
  wrong += size > NUMBER_TEXT_MOST || read_bits(text, size) != bits;
  wrong += portable_print_double(portable, of_bits(bits)) != size || memcmp(text, portable, size) != 0;
  bits &= UINT64_MAX >> 1;
  if (!bits) return wrong;
  struct binary binary = {bits & (((uint64_t)1 << 52) - 1), -1074, false};
  uint32_t biased = (uint32_t)(bits >> 52);
  if (biased)
    binary =
      (struct binary){binary.mantissa | (uint64_t)1 << 52, (int32_t)biased - 1075, binary.mantissa == 0 && biased > 1};
  uint64_t digits, other;
  int32_t exponent, other_exponent;
  shortest_exact(&binary, &digits, &exponent);
  if (shortest_fast(&binary, &other, &other_exponent)) wrong += digits != other || exponent != other_exponent;
  wrong += digits % 10 == 0 || !reads_back(digits, exponent, bits);
  if (digits >= 10) wrong += reads_back(digits / 10, exponent + 1, bits) || reads_back(digits / 10 + 1, exponent + 1, bits);
  return wrong;
}

static void doubles_round_trip(void) {
  uint64_t state = 11;
  uint32_t wrong = 0;
  for (int i = 0; i < 1000000; i++) {
    uint64_t bits = check_random(&state);
    char text[NUMBER_TEXT_MOST];
    double back;
    if ((bits >> 52 & 0x7ff) == 0x7ff) continue;
    uint32_t size = pbk_print_double(text, of_bits(bits));
    wrong += !pbk_parse_double((struct text){text, size}, &back) || bits_of(back) != bits;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = check_random(&state);
    switch (i % 4) {
      case 0: break;
      case 1: bits >>= 12 + check_random_below(&state, 52); break;                      /* subnormal */
      case 2: bits = bits_of((double)check_random_below(&state, 1000000) / 100); break; /* money */
      default: bits = bits_of((double)(bits >> check_random_below(&state, 20))); break; /* large integers */
    }
    if ((bits >> 52 & 0x7ff) != 0x7ff) wrong += shortest_wrong(bits);
  }
  CHECK_EQUAL_UINT(wrong, 0);
  for (uint64_t exponent = 0; exponent < 0x7ff; exponent++) /* around every power of two */
    for (uint64_t less = 0; less < 4; less++) {
      uint64_t bits = (exponent << 52) + 2 - less;
      if (bits >> 63 || bits >> 52 == 0x7ff) continue;
      check_note("bits %016" PRIx64, bits);
      if (shortest_wrong(bits)) CHECK_EQUAL_UINT(shortest_wrong(bits), 0);
    }
}

/* The powers of ten, each ten times the one before: give or take what both are short of. */
static void powers(void) {
  CHECK(number_power_of_ten(0).high == (uint64_t)1 << 63 && number_power_of_ten(0).low == 0);
  for (int32_t exponent = NUMBER_POWER_FIRST; exponent < NUMBER_POWER_LAST; exponent++) {
    if (exponent == -1) continue; /* what is cut off of 0.1 keeps ten of it just below 1 */
    struct wide power = number_power_of_ten(exponent), next = number_power_of_ten(exponent + 1);
    struct wide high = wide_multiply(power.high, 10), low = wide_multiply(power.low, 10);
    uint64_t middle = high.low + low.high;
    high.high += middle < high.low;
    uint32_t down = high.high >> 3 ? 4 : 3; /* the bits that do not fit */
    uint64_t tenfold_high = high.high << (64 - down) | middle >> down, tenfold_low = middle << (64 - down) | low.low >> down;
    check_note("10^%" PRId32, exponent);
    CHECK_EQUAL_UINT(power.high >> 63, 1);
    CHECK_EQUAL_UINT(next.high, tenfold_high); /* none of them lies at a carry */
    CHECK(next.low - tenfold_low + 2 * NUMBER_POWER_ERROR < 4 * NUMBER_POWER_ERROR);
    CHECK_EQUAL_INT(number_log2_of_power_of_ten(exponent + 1) - number_log2_of_power_of_ten(exponent), down);
  }
}

int main(void) {
  RUN(integers_read);
  RUN(integers_printed);
  RUN(arithmetic);
  RUN(doubles_read);
  RUN(doubles_malformed);
  RUN(doubles_huge_texts);
  RUN(halfway_points);
  RUN(doubles_printed);
  RUN(doubles_round_trip);
  RUN(powers);
  return check_report();
}
