/* tests/unit/clock.c - the calendar over the whole range, times and durations as text. */
#include "base/clock.h"

#include "unit/check.h"

/* ---- the calendar ---- */

static bool leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Every day of 1,300 years on both sides of 1970, counted one by one. */
static void every_day(void) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t year = 1970, day_count = 0;
  int32_t month = 1, day = 1, day_of_year = 0;
  uint32_t wrong = 0;
  for (; day_count < 1300 * 366; day_count++) {
    struct civil civil;
    pbk_time time = day_count * PBK_DAY, back;
    pbk_civil_from_time(time + PBK_DAY - 1, &civil);
    wrong += civil.year != year || civil.month != month || civil.day != day || civil.day_of_year != day_of_year ||
             civil.weekday != (day_count + 4) % 7 || civil.hour != 23 || civil.minute != 59 || civil.second != 59 ||
             civil.microsecond != 999999;
    wrong += !pbk_time_from_civil(&civil, &back) || back != time + PBK_DAY - 1;
    day_of_year++;
    if (++day > lengths[month - 1] + (month == 2 && leap(year))) {
      day = 1;
      if (++month > 12) {
        month = 1;
        year++;
        day_of_year = 0;
      }
    }
  }
  CHECK_EQUAL_UINT(wrong, 0);
  year = 1969, month = 12, day = 31;
  for (day_count = -1; day_count > -2200 * 366; day_count--) {
    struct civil civil;
    pbk_time time = day_count * PBK_DAY, back;
    pbk_civil_from_time(time, &civil);
    wrong += civil.year != year || civil.month != month || civil.day != day ||
             civil.weekday != ((day_count + 4) % 7 + 7) % 7 || civil.hour || civil.minute || civil.second ||
             civil.microsecond;
    wrong += !pbk_time_from_civil(&civil, &back) || back != time;
    if (--day == 0) {
      if (--month == 0) {
        month = 12;
        year--;
      }
      day = lengths[month - 1] + (month == 2 && leap(year));
    }
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(year < 0);
}

static void whole_range(void) {
  uint64_t state = 17;
  uint32_t wrong = 0;
  for (int i = 0; i < 200000; i++) {
    struct civil civil;
    pbk_time time = (pbk_time)check_random(&state), back = 0;
    if (i == 0) time = INT64_MIN;
    if (i == 1) time = INT64_MAX;
    if (i == 2) time = INT64_MIN + 1;
    pbk_civil_from_time(time, &civil);
    wrong += civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31 || civil.weekday < 0 ||
             civil.weekday > 6 || civil.day_of_year < 0 || civil.day_of_year > 365;
    wrong += !pbk_time_from_civil(&civil, &back) || back != time;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  char text[TIME_TEXT_MOST];
  CHECK_TEXT(((struct text){text, pbk_print_time(text, INT64_MIN)}), "-290308-12-21T19:59:05.224192Z");
  CHECK_TEXT(((struct text){text, pbk_print_time(text, INT64_MAX)}), "+294247-01-10T04:00:54.775807Z");
}

static void fields_out_of_range(void) {
  static const struct civil good = {.year = 2024,
                                    .month = 2,
                                    .day = 29,
                                    .hour = 23,
                                    .minute = 59,
                                    .second = 59,
                                    .microsecond = 999999,
                                    .weekday = 99,
                                    .day_of_year = -7};
  pbk_time time = 42;
  struct civil civil = good;
  CHECK(pbk_time_from_civil(&civil, &time));
  time = 42;
#define REFUSED(field, value)                   \
  do {                                          \
    civil = good;                               \
    civil.field = (value);                      \
    CHECK(!pbk_time_from_civil(&civil, &time)); \
    CHECK_EQUAL_INT(time, 42);                  \
  } while (0)
  REFUSED(year, 2023);
  REFUSED(year, 1900);
  REFUSED(year, 300000);
  REFUSED(year, -300000);
  REFUSED(year, INT64_MAX);
  REFUSED(year, INT64_MIN);
  REFUSED(month, 0);
  REFUSED(month, 13);
  REFUSED(month, INT32_MIN);
  REFUSED(day, 0);
  REFUSED(day, 30);
  REFUSED(hour, -1);
  REFUSED(hour, 24);
  REFUSED(minute, 60);
  REFUSED(minute, -1);
  REFUSED(second, 60);
  REFUSED(second, -1);
  REFUSED(microsecond, 1000000);
  REFUSED(microsecond, -1);
  /* One microsecond past either end. */
  pbk_civil_from_time(INT64_MAX, &civil);
  civil.microsecond++;
  CHECK(!pbk_time_from_civil(&civil, &time));
  pbk_civil_from_time(INT64_MIN, &civil);
  civil.microsecond--;
  CHECK(!pbk_time_from_civil(&civil, &time));
}

/* ---- times as text ---- */

static void times_read(void) {
  static const struct {
    const char *text;
    pbk_time time;
  } cases[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-01-31T10:00:00Z", 1769853600000000},
    {"2026-01-31t10:00:00z", 1769853600000000},
    {"2026-01-31 10:00:00Z", 1769853600000000},
    {"2026-01-31T11:30:00+01:30", 1769853600000000},
    {"2026-01-31T08:30:00-01:30", 1769853600000000},
    {"2026-01-31T10:00:00-00:00", 1769853600000000},
    {"2026-02-01T09:59:00+23:59", 1769853600000000},
    {"1970-01-01T00:00:00.5Z", 500000},
    {"1970-01-01T00:00:00.000001Z", 1},
    {"1970-01-01T00:00:00.0000019999999999999999999999999Z", 1},
    {"1970-01-01T00:00:00.123456789+00:00", 123456},
    {"1969-12-31T23:59:59.9999999Z", -1}, /* the text's digits are cut off, not the count's */
    {"1969-12-31T23:59:59.9999990Z", -1},
    {"1969-12-31T23:59:59.0000001Z", -1000000},
    {"2000-02-29T00:00:00Z", 951782400000000},
    {"0001-01-01T00:00:00Z", -62135596800000000},
    {"9999-12-31T23:59:59.999999Z", 253402300799999999},
    {"0001-01-01T01:00:00+01:00", -62135596800000000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_time time = 42;
    check_note("%s", cases[i].text);
    CHECK(pbk_parse_time(text_from(cases[i].text), &time));
    CHECK_EQUAL_INT(time, cases[i].time);
  }
}

static void times_refused(void) {
  static const char *const cases[] = {
    "",
    "2026-01-31",
    "2026-01-31T10:00Z",
    "2026-01-31T10:00:00",
    "2026-01-31T10:00:00.Z",
    "2026-01-31T10:00:00,5Z",
    "2026-01-31T10:00:00.5",
    "2026-01-31T10:00:00+1:00",
    "2026-01-31T10:00:00+0100",
    "2026-01-31T10:00:00+01",
    "2026-01-31T10:00:00+24:00",
    "2026-01-31T10:00:00+01:60",
    "2026-01-31T10:00:00+01:00Z",
    "2026-01-31T10:00:00ZZ",
    "2026-01-31T10:00:00Z ",
    " 2026-01-31T10:00:00Z",
    "2026-01-31_10:00:00Z",
    "2026/01/31T10:00:00Z",
    "2026-01-31T10.00.00Z",
    "2026-00-31T10:00:00Z",
    "2026-13-31T10:00:00Z",
    "2026-01-32T10:00:00Z",
    "2026-01-00T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2026-04-31T10:00:00Z",
    "1900-02-29T10:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T10:60:00Z",
    "2026-01-31T10:00:60Z",
    "2026-01-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "0000-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "12026-01-31T10:00:00Z",
    "-026-01-31T10:00:00Z",
    "+2026-01-31T10:00:00Z",
    "2026-1-31T10:00:00.0Z",
    "2026-01-31T10:00:00+-1:00",
    "2026-01-31T1 :00:00Z",
    "2026-01-31T10:00:00.5+",
    "now",
    "2026-01-31T10:00:00-",
    "2026-01-31T10:00:00+01:0",
    "2026-01-31T10:00:00\xe2\x88\x92 01:00",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_time time = 42;
    check_note("\"%s\"", cases[i]);
    CHECK(!pbk_parse_time(text_from(cases[i]), &time));
    CHECK_EQUAL_INT(time, 42);
  }
  pbk_time time;
  CHECK(!pbk_parse_time(NO_TEXT, &time));
  CHECK(!pbk_parse_time((struct text){"2026-01-31T10:00:00Z\0", 21}, &time));
  for (uint32_t size = 0; size < 20; size++) CHECK(!pbk_parse_time((struct text){"2026-01-31T10:00:00Z", size}, &time));
}

static void times_printed(void) {
  static const struct {
    pbk_time time;
    const char *text;
  } cases[] = {
    {0, "1970-01-01T00:00:00Z"},
    {1769853600000000, "2026-01-31T10:00:00Z"},
    {1769853600500000, "2026-01-31T10:00:00.5Z"},
    {1769853600000001, "2026-01-31T10:00:00.000001Z"},
    {1769853600120000, "2026-01-31T10:00:00.12Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {-62135596800000000, "0001-01-01T00:00:00Z"},
    {-62135596800000001, "0000-12-31T23:59:59.999999Z"},
    {-62167219200000001, "-0001-12-31T23:59:59.999999Z"},
    {253402300799999999, "9999-12-31T23:59:59.999999Z"},
    {253402300800000000, "+10000-01-01T00:00:00Z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[TIME_TEXT_MOST];
    CHECK_TEXT(((struct text){text, pbk_print_time(text, cases[i].time)}), cases[i].text);
  }
  uint64_t state = 23;
  uint32_t wrong = 0;
  for (int i = 0; i < 100000; i++) { /* within the years that can be read, there and back */
    char text[TIME_TEXT_MOST];
    pbk_time time = (pbk_time)(check_random(&state) % 315537897600000000u) - 62135596800000000, back;
    if (i % 3) time -= time % 1000;
    wrong += !pbk_parse_time((struct text){text, pbk_print_time(text, time)}, &back) || back != time;
  }
  CHECK_EQUAL_UINT(wrong, 0);
}

/* ---- durations as text ---- */

static void durations_read(void) {
  static const struct {
    const char *text;
    pbk_duration duration;
  } cases[] = {
    {"0", 0},
    {"-0", 0},
    {"+0", 0},
    {"0s", 0},
    {"1s", 1000000},
    {"1m", 60000000},
    {"1h", 3600000000},
    {"1ms", 1000},
    {"1us", 1},
    {"1ns", 0},
    {"1h30m", 5400000000},
    {"1.5h", 5400000000},
    {"-1.5s", -1500000},
    {".5s", 500000},
    {"5.s", 5000000},
    {"+5m", 300000000},
    {"1h1h", 7200000000},
    {"1s1h", 3601000000},
    {"1h2m3s4ms5us6ns", 3723004005},
    {"999ns", 0},
    {"-999ns", 0},
    {"1000ns", 1},
    {"-1001ns", -1},
    {"500ns500ns", 1},
    {"0.5us0.5us", 1},
    {"0.5us0.4999us", 0},
    {"-0.5us0.5us", -1},
    {"0.0000000000000000005us0.9999999999999999995us", 1},
    {"0.1h", 360000000},
    {"0.3333333333333333333333333333h", 1199999999},
    {"0.000277777777777777777777777777777777777777777777777777777777777777h", 999999},
    {"0.00027777777777777777777777777777777777777777777777777777777777777778h", 1000000},
    {"0.99999999999999999999999999999999999999999999999s", 999999},
    {"1.0000009s", 1000000},
    {"0.000001s", 1},
    {"0.0000009s", 0},
    {"00000000000000000000000000000000000001s", 1000000},
    {"1.50000000000000000000000000000000000000000000000000000000000000000000s", 1500000},
    {"9223372036854775807us", INT64_MAX},
    {"-9223372036854775808us", INT64_MIN},
    {"9223372036854775807999ns", INT64_MAX},
    {"-9223372036854775808999ns", INT64_MIN},
    {"9223372036854.775807s", INT64_MAX},
    {"9223372036854.7758079999999s", INT64_MAX},
    {"2562047788h0m54.775807s", INT64_MAX},
    {"2562047788.0152155019444444h", 9223372036854775806},
    {"0.0h", 0},
    {"1us999ns", 1},
    {"1us999.9999ns0.0001ns", 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_duration duration = 42;
    check_note("\"%s\"", cases[i].text);
    CHECK(pbk_parse_cel_duration(text_from(cases[i].text), &duration));
    CHECK_EQUAL_INT(duration, cases[i].duration);
    duration = 42;
    bool minus = cases[i].text[0] == '-';
    CHECK_EQUAL_INT(pbk_parse_duration(text_from(cases[i].text), &duration), !minus);
    CHECK_EQUAL_INT(duration, minus ? 42 : cases[i].duration);
  }
}

static void durations_refused(void) {
  static const char *const cases[] = {
    "",
    "-",
    "+",
    "s",
    ".s",
    "-.s",
    "1",
    "1.5",
    "00",
    "0.0",
    "1x",
    "1S",
    "1H",
    "1 s",
    " 1s",
    "1s ",
    "1d",
    "1w",
    "1y",
    "1mo",
    "1min",
    "1sec",
    "1e3s",
    "--1s",
    "+-1s",
    "1s-1s",
    "1..5s",
    "1.5.5s",
    "1h30",
    "0x1s",
    "infs",
    "1,5s",
    "9223372036854775808us",
    "-9223372036854775809us",
    "9223372036854775808000ns",
    "9223372036854775807us1us",
    "9223372036854775807us1000ns",
    "9223372036854775807us0.5us0.5us",
    "18446744073709551616us",
    "99999999999999999999999999999h",
    "18446744073709551615us18446744073709551615us",
    "5124095577h",
    "1\xc2\xb5s",
    "1h1d",
    "1nss",
    "1us1",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_duration duration = 42;
    check_note("\"%s\"", cases[i]);
    CHECK(!pbk_parse_cel_duration(text_from(cases[i]), &duration));
    CHECK_EQUAL_INT(duration, 42);
  }
  pbk_duration duration;
  CHECK(!pbk_parse_cel_duration(NO_TEXT, &duration));
  CHECK(!pbk_parse_cel_duration((struct text){"1s\0", 3}, &duration));
}

static void days_and_weeks(void) {
  pbk_duration duration = 42;
  CHECK(pbk_parse_duration(TEXT("3d"), &duration) && duration == 3 * PBK_DAY);
  CHECK(pbk_parse_duration(TEXT("2w"), &duration) && duration == 14 * PBK_DAY);
  CHECK(pbk_parse_duration(TEXT("0d"), &duration) && duration == 0);
  CHECK(pbk_parse_duration(TEXT("106751991d"), &duration) && duration == 106751991 * PBK_DAY);
  CHECK(pbk_parse_duration(TEXT("15250284w"), &duration) && duration == 7 * 15250284 * PBK_DAY);
  static const char *const cases[] = {"",     "d",     "w",          "-3d",       "+3d",
                                      "1.5d", "1d12h", "12h1d",      "1d1d",      "1w1d",
                                      "3D",   "3 d",   "106751992d", "15250285w", "99999999999999999999999999d",
                                      "-1s",  "-0s",   "3days",      "1e2d",      "-0.0000001s",
                                      "-0"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    duration = 42;
    check_note("\"%s\"", cases[i]);
    CHECK(!pbk_parse_duration(text_from(cases[i]), &duration));
    CHECK_EQUAL_INT(duration, 42);
  }
  CHECK(!pbk_parse_duration(NO_TEXT, &duration));
}

static void durations_printed(void) {
  static const struct {
    pbk_duration duration;
    const char *text;
  } cases[] = {
    {0, "0s"},
    {5400000000, "5400s"},
    {-1500000, "-1.5s"},
    {1, "0.000001s"},
    {-1, "-0.000001s"},
    {1000000, "1s"},
    {1200000, "1.2s"},
    {INT64_MAX, "9223372036854.775807s"},
    {INT64_MIN, "-9223372036854.775808s"},
  };
  uint64_t state = 29;
  uint32_t wrong = 0;
  char text[DURATION_TEXT_MOST];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    CHECK_TEXT(((struct text){text, pbk_print_duration(text, cases[i].duration)}), cases[i].text);
  for (int i = 0; i < 100000; i++) {
    pbk_duration duration = (pbk_duration)check_random(&state) >> check_random_below(&state, 63), back;
    wrong += !pbk_parse_cel_duration((struct text){text, pbk_print_duration(text, duration)}, &back) || back != duration;
  }
  CHECK_EQUAL_UINT(wrong, 0);
}

/* ---- nanoseconds ---- */

static void fine_times(void) {
  static const struct {
    const char *text, *printed;
    int64_t microseconds;
    uint32_t nanoseconds;
  } cases[] = {{"1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.000000001Z", 0, 1},
               {"1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z", -1, 999},
               {"9999-12-31T23:59:59.9999999999Z", "9999-12-31T23:59:59.999999999Z", INT64_C(253402300799999999), 999},
               {"1970-01-01T00:00:01.5000Z", "1970-01-01T00:00:01.5Z", 1500000, 0},
               {"1970-01-01T01:00:00.0000120340+01:00", "1970-01-01T00:00:00.000012034Z", 12, 34}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_time time;
    uint32_t nanoseconds;
    char text[TIME_TEXT_MOST];
    check_note("%s", cases[i].text);
    if (!CHECK(pbk_parse_fine_time(text_from(cases[i].text), &time, &nanoseconds))) continue;
    CHECK_EQUAL_INT(time, cases[i].microseconds);
    CHECK_EQUAL_UINT(nanoseconds, cases[i].nanoseconds);
    CHECK_TEXT(((struct text){text, pbk_print_fine_time(text, time, nanoseconds)}), cases[i].printed);
  }
}

static void fine_durations(void) {
  static const struct {
    const char *text, *printed;
    int64_t microseconds;
    uint32_t nanoseconds;
  } cases[] = {{"1ns", "0.000000001s", 0, 1},
               {"-1ns", "-0.000000001s", -1, 999},
               {"-1000ns", "-0.000001s", -1, 0},
               {"-1.000000001s", "-1.000000001s", -1000001, 999},
               {"-0.9ns", "0s", 0, 0},
               {"999.9ns", "0.000000999s", 0, 999},
               {"0.5us0.25us1ns", "0.000000751s", 0, 751},
               {"0", "0s", 0, 0}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_duration duration;
    uint32_t nanoseconds;
    char text[DURATION_TEXT_MOST];
    check_note("%s", cases[i].text);
    if (!CHECK(pbk_parse_fine_duration(text_from(cases[i].text), &duration, &nanoseconds))) continue;
    CHECK_EQUAL_INT(duration, cases[i].microseconds);
    CHECK_EQUAL_UINT(nanoseconds, cases[i].nanoseconds);
    CHECK_TEXT(((struct text){text, pbk_print_fine_duration(text, duration, nanoseconds)}), cases[i].printed);
  }
  pbk_duration duration;
  uint32_t nanoseconds;
  CHECK(!pbk_parse_fine_duration(TEXT("-9223372036854775808001ns"), &duration, &nanoseconds));
}

/* Times of the usual forms, and what is nearly such, are what the longer way says. */
static void usual_times(void) {
  uint64_t state = 21;
  struct known_hour hour = {0};
  uint32_t good = 0;
  for (int i = 0; i < 200000; i++) {
    char text[40];
    uint32_t year = check_random_below(&state, 4) ? 2026 : check_random_below(&state, 10001), month = check_random_below(&state, 14);
    uint32_t day = 25 + check_random_below(&state, 8), at = check_random_below(&state, 62);
    if (check_random_below(&state, 4)) month = 1, day = 31; /* most are of the same hours */
    int size = snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u", year, month, day, 9 + check_random_below(&state, 17) / 8,
                        at, (at * 7) % 62);
    if (check_random_below(&state, 3)) text[size++] = 'Z';
    else size += snprintf(text + size, sizeof text - (size_t)size, ".%03uZ", check_random_below(&state, 1000));
    if (check_random_below(&state, 4) == 0) text[check_random_below(&state, (uint32_t)size)] = "09:-TZtz .+/\x80"[check_random_below(&state, 13)];
    pbk_time wanted = 0, time = 0, near = 0;
    uint32_t nanoseconds;
    struct text given = {text, (uint32_t)size};
    check_note("%s", text);
    bool fine = pbk_parse_fine_time(given, &wanted, &nanoseconds);
    CHECK_EQUAL_INT(pbk_parse_time(given, &time), fine);
    CHECK_EQUAL_INT(pbk_parse_time_near(given, &hour, &near), fine);
    if (!fine) continue;
    good++;
    CHECK_EQUAL_INT(time, wanted);
    CHECK_EQUAL_INT(near, wanted);
  }
  CHECK(good > 50000 && good < 190000);
}

int main(void) {
  RUN(fine_times);
  RUN(fine_durations);
  RUN(every_day);
  RUN(whole_range);
  RUN(fields_out_of_range);
  RUN(times_read);
  RUN(times_refused);
  RUN(times_printed);
  RUN(durations_read);
  RUN(durations_refused);
  RUN(days_and_weeks);
  RUN(durations_printed);
  RUN(usual_times);
  return check_report();
}
