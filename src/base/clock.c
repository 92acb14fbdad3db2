/* base/clock.c - see clock.h. */
#include "base/clock.h"

#include "base/codec.h"
#include "base/number.h"

/* ---- the calendar ---- */

enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 }; /* 400 years; from 0000-03-01 */

static bool civil_leap_year(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t civil_days_in_month(int64_t year, int32_t month) {
  static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && civil_leap_year(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day is a year's last. */
static int64_t civil_to_days(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

void pbk_civil_from_time(pbk_time time, struct civil *civil) {
  int64_t days = time / PBK_DAY, rest = time % PBK_DAY;
  if (rest < 0) {
    rest += PBK_DAY;
    days--;
  }
  int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
  civil->weekday = (int32_t)(weekday < 0 ? weekday + 7 : weekday);

  int64_t shifted = days + DAYS_TO_1970;
  int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
  int32_t day_of_era = (int32_t)(shifted - era * DAYS_PER_ERA);
  int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
  int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100); /* from March 1st */
  int32_t month = (5 * day_of_year + 2) / 153;
  civil->day = day_of_year - (153 * month + 2) / 5 + 1;
  civil->month = month < 10 ? month + 3 : month - 9;
  civil->year = year_of_era + era * 400 + (civil->month <= 2);
  civil->day_of_year = month < 10 ? day_of_year + 59 + civil_leap_year(civil->year) : day_of_year - 306;

  int32_t seconds = (int32_t)(rest / PBK_SECOND);
  civil->microsecond = (int32_t)(rest % PBK_SECOND);
  civil->hour = seconds / 3600;
  civil->minute = seconds / 60 % 60;
  civil->second = seconds % 60;
}

bool pbk_time_from_civil(const struct civil *civil, pbk_time *time) {
  enum { YEAR_MOST = 300000 }; /* more than fits, less than would overflow on the way */
  if (civil->year < -YEAR_MOST || civil->year > YEAR_MOST) return false;
  if (civil->month < 1 || civil->month > 12) return false;
  if (civil->day < 1 || civil->day > civil_days_in_month(civil->year, civil->month)) return false;
  if (civil->hour < 0 || civil->hour > 23 || civil->minute < 0 || civil->minute > 59) return false;
  if (civil->second < 0 || civil->second > 59 || civil->microsecond < 0 || civil->microsecond > 999999) return false;
  int64_t days = civil_to_days(civil->year, civil->month, civil->day);
  int64_t rest = (civil->hour * 3600 + civil->minute * 60 + civil->second) * PBK_SECOND + civil->microsecond;
  if (days < 0) { /* the first day of all is cut in two by INT64_MIN: count down from the day's end */
    days++;
    rest -= PBK_DAY;
  }
  return pbk_checked_multiply(days, PBK_DAY, &days) && checked_add(days, rest, time);
}

/* ---- times as text ---- */

/* Exactly `count` digits. */
static bool clock_digits(struct text text, uint32_t at, uint32_t count, int32_t *value) {
  if (text.size < at || text.size - at < count) return false;
  *value = 0;
  for (uint32_t i = at; i < at + count; i++) {
    uint32_t digit = (uint32_t)(unsigned char)text.bytes[i] - '0';
    if (digit > 9) return false;
    *value = *value * 10 + (int32_t)digit;
  }
  return true;
}

#ifdef NUMBERS_ARE_LITTLE
/* Most times are "2026-01-31T10:00:00Z" or "2026-01-31T10:00:00.000Z": of these sizes, eight bytes at a time. */
enum { CLOCK_SECONDS_SIZE = 20, CLOCK_THOUSANDTHS_SIZE = 24 };

/* Bytes as in a pattern, which has zeros for digits: what they are more than it. False: not all are. `over` brings a byte that is too
 * large past 0x7f: 0x76 that of a digit, 0x7f that of any other. */
static inline bool clock_match(uint64_t *word, const char pattern[9], uint64_t over) {
  uint64_t wanted;
  memcpy(&wanted, pattern, 8);
  *word ^= wanted;
  return !(((*word + over) | *word) & 0x8080808080808080u);
}
/* Two digits from a byte on. */
static inline uint32_t clock_pair(uint64_t pairs, uint32_t byte) { return (uint32_t)(pairs >> (8 * byte)) & 0xff; }

/* False: it is another one, or none. */
static inline bool clock_parse_usual(struct text text, pbk_time *time) {
  const bool fine = text.size == CLOCK_THOUSANDTHS_SIZE;
  uint64_t date, hours, rest = 0;
  if (!fine && text.size != CLOCK_SECONDS_SIZE) return false;
  memcpy(&date, text.bytes, 8);
  memcpy(&hours, text.bytes + 8, 8);
  memcpy(&rest, text.bytes + 16, fine ? 8 : 4);
  if (!fine) rest = (rest & 0xffffff) | (rest & 0xff000000) << 32 | (uint64_t)0x3030302e << 24;
  if (!clock_match(&date, "0000-00-", 0x7f76767f76767676u) || !clock_match(&hours, "00T00:00", 0x76767f76767f7676u) ||
      !clock_match(&rest, ":00.000Z", 0x7f7676767f76767fu))
    return false;
  date = date * 10 + (date >> 8);
  hours = hours * 10 + (hours >> 8);
  uint32_t thousandths = (uint32_t)(rest >> 32 & 0xff) * 100 + (uint32_t)(rest >> 40 & 0xff) * 10 + (uint32_t)(rest >> 48 & 0xff);
  rest = rest * 10 + (rest >> 8);
  uint32_t year = clock_pair(date, 0) * 100 + clock_pair(date, 2), month = clock_pair(date, 5), day = clock_pair(hours, 0);
  uint32_t hour = clock_pair(hours, 3), minute = clock_pair(hours, 6), second = clock_pair(rest, 1);
  if (year - 1 >= 9999 || month - 1 >= 12 || day - 1 >= 31 || hour >= 24 || minute >= 60 || second >= 60) return false;
  if (day > 28 && (int32_t)day > civil_days_in_month(year, (int32_t)month)) return false;
  uint32_t years = year - (month <= 2); /* as in civil_to_days */
  int32_t days = (int32_t)(years * 365 + years / 4 - years / 100 + years / 400 +
                           (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1) - DAYS_TO_1970;
  int64_t seconds = (int64_t)days * (PBK_DAY / PBK_SECOND) + (int64_t)(hour * 3600 + minute * 60 + second);
  *time = seconds * PBK_SECOND + thousandths * (PBK_SECOND / 1000);
  return true;
}
#endif

bool pbk_parse_time(struct text text, pbk_time *time) {
#ifdef NUMBERS_ARE_LITTLE
  if (clock_parse_usual(text, time)) return true;
#endif
  uint32_t nanoseconds;
  return pbk_parse_fine_time(text, time, &nanoseconds);
}

bool pbk_parse_time_near(struct text text, struct known_hour *hour, pbk_time *time) {
#ifdef NUMBERS_ARE_LITTLE
  if (text.size != CLOCK_SECONDS_SIZE) return pbk_parse_time(text, time);
  if (memcmp(text.bytes, hour->text, sizeof hour->text) == 0) {
    uint64_t rest;
    memcpy(&rest, text.bytes + 12, 8);
    if (clock_match(&rest, "0:00:00Z", 0x7f76767f76767f76u)) {
      rest = rest * 10 + (rest >> 8);
      uint32_t minute = clock_pair(rest, 2), second = clock_pair(rest, 5);
      if (minute < 60 && second < 60) {
        *time = hour->start + (int64_t)(minute * 60 + second) * PBK_SECOND;
        return true;
      }
    }
  }
  if (!clock_parse_usual(text, time)) return pbk_parse_time(text, time);
  memcpy(hour->text, text.bytes, sizeof hour->text);
  pbk_time within = *time % PBK_HOUR;
  hour->start = *time - (within < 0 ? within + PBK_HOUR : within);
  return true;
#else
  (void)hour;
  return pbk_parse_time(text, time);
#endif
}

bool pbk_parse_fine_time(struct text text, pbk_time *time, uint32_t *nanoseconds) {
  struct civil civil = {0};
  int32_t year;
  if (text.size < sizeof "2026-01-31T10:00:00Z" - 1) return false;
  const char *bytes = text.bytes;
  if (!clock_digits(text, 0, 4, &year) || bytes[4] != '-' || !clock_digits(text, 5, 2, &civil.month) || bytes[7] != '-' ||
      !clock_digits(text, 8, 2, &civil.day) || (bytes[10] != 'T' && bytes[10] != 't' && bytes[10] != ' ') ||
      !clock_digits(text, 11, 2, &civil.hour) || bytes[13] != ':' || !clock_digits(text, 14, 2, &civil.minute) ||
      bytes[16] != ':' || !clock_digits(text, 17, 2, &civil.second))
    return false;
  civil.year = year;

  uint32_t at = 19;
  int32_t fraction = 0; /* nanoseconds */
  if (bytes[at] == '.') {
    uint32_t start = ++at;
    int32_t weight = 100000000;
    for (; at < text.size; at++) {
      uint32_t digit = (uint32_t)(unsigned char)bytes[at] - '0';
      if (digit > 9) break;
      fraction += (int32_t)digit * weight;
      weight /= 10;
    }
    if (at == start) return false;
  }
  civil.microsecond = fraction / 1000;

  if (at == text.size) return false;
  int64_t offset = 0;
  if (bytes[at] == 'Z' || bytes[at] == 'z') {
    at++;
  } else {
    int32_t hours, minutes;
    bool east = bytes[at] == '+';
    if (!east && bytes[at] != '-') return false;
    if (!clock_digits(text, at + 1, 2, &hours) || !clock_digits(text, at + 4, 2, &minutes) || bytes[at + 3] != ':')
      return false;
    if (hours > 23 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * PBK_MINUTE;
    if (!east) offset = -offset;
    at += 6;
  }
  if (at != text.size || year == 0) return false;
  pbk_time local;
  if (!pbk_time_from_civil(&civil, &local)) return false;
  local -= offset; /* far from the ends of the range */
  /* The year in UTC counts too: what is read can be written again. */
  if (local < (civil_to_days(1, 1, 1)) * PBK_DAY || local >= civil_to_days(10000, 1, 1) * PBK_DAY) return false;
  *time = local;
  *nanoseconds = (uint32_t)(fraction % 1000);
  return true;
}

/* A number with at least `width` digits. */
static uint32_t clock_print_padded(char *to, uint64_t value, uint32_t width) {
  char digits[NUMBER_TEXT_MOST];
  uint32_t count = pbk_print_uint(digits, value), zeros = count < width ? width - count : 0;
  memset(to, '0', zeros);
  memcpy(to + zeros, digits, count);
  return zeros + count;
}

/* ".5" of 500000 microseconds; nothing of 0. */
static uint32_t clock_print_fraction(char *to, uint32_t microseconds, uint32_t nanoseconds) {
  if (!microseconds && !nanoseconds) return 0;
  *to = '.';
  uint32_t size = 1 + clock_print_padded(to + 1, microseconds * 1000 + nanoseconds, 9);
  while (to[size - 1] == '0') size--;
  return size;
}

uint32_t pbk_print_time(char *to, pbk_time time) {
  return pbk_print_fine_time(to, time, 0);
}

/* A mark and two digits. */
static inline char *clock_print_part(char *to, char mark, int32_t part) {
  to[0] = mark;
  to[1] = (char)('0' + part / 10);
  to[2] = (char)('0' + part % 10);
  return to + 3;
}

uint32_t pbk_print_fine_time(char *to, pbk_time time, uint32_t nanoseconds) {
  char *start = to;
  struct civil civil;
  pbk_civil_from_time(time, &civil);
  if (civil.year >= 0 && civil.year <= 9999) {
    int32_t year = (int32_t)civil.year;
    to = clock_print_part(to, (char)('0' + year / 1000), year / 10 % 100);
    *to++ = (char)('0' + year % 10);
  } else {
    *to++ = civil.year < 0 ? '-' : '+';
    to += clock_print_padded(to, (uint64_t)(civil.year < 0 ? -civil.year : civil.year), 4);
  }
  to = clock_print_part(to, '-', civil.month);
  to = clock_print_part(to, '-', civil.day);
  to = clock_print_part(to, 'T', civil.hour);
  to = clock_print_part(to, ':', civil.minute);
  to = clock_print_part(to, ':', civil.second);
  to += clock_print_fraction(to, (uint32_t)civil.microsecond, nanoseconds);
  *to++ = 'Z';
  return (uint32_t)(to - start);
}

/* ---- durations as text ---- */

/* A unit is `factor` times 10^zeros nanoseconds. */
struct duration_unit {
  char name[3];
  uint8_t size, zeros;
  uint16_t factor;
};
static const struct duration_unit duration_units[] = {
  {"ns", 2, 0, 1}, {"us", 2, 3, 1}, {"ms", 2, 6, 1}, {"s", 1, 9, 1}, {"m", 1, 9, 60}, {"h", 1, 9, 3600},
};

/* A sum that loses nothing below the microsecond until its end: "0.5us0.5us" is one. */
struct duration_sum {
  uint64_t microseconds, nanoseconds; /* nanoseconds: 0 to 999 */
  uint64_t below;                     /* 10^-18 nanoseconds, below 10^18; what is finer is cut off in each number */
};

static bool duration_add(struct duration_sum *sum, uint64_t microseconds, uint64_t nanoseconds, uint64_t below) {
  sum->below += below;
  if (sum->below >= 1000000000000000000u) {
    sum->below -= 1000000000000000000u;
    nanoseconds++;
  }
  nanoseconds += sum->nanoseconds;
  sum->nanoseconds = nanoseconds % 1000;
  nanoseconds /= 1000;
  if (microseconds > UINT64_MAX - nanoseconds) return false;
  microseconds += nanoseconds;
  if (sum->microseconds > UINT64_MAX - microseconds) return false;
  sum->microseconds += microseconds;
  return true;
}

static bool duration_add_whole(struct duration_sum *sum, const char *digits, const char *end,
                               const struct duration_unit *unit) {
  uint64_t value = 0, thousandths = 0; /* thousandths: where the unit is the nanosecond */
  for (; digits < end; digits++) {
    uint64_t digit = (uint64_t)(*digits - '0');
    if (unit->zeros == 0) {
      thousandths = thousandths * 10 + digit;
      digit = thousandths / 1000;
      thousandths %= 1000;
    }
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  uint64_t scale = unit->factor;
  for (uint8_t i = 3; i < unit->zeros; i++) scale *= 10;
  if (value > UINT64_MAX / scale) return false;
  return duration_add(sum, value * scale, thousandths, 0);
}

/* The fraction's digits times the unit's factor, from the last digit up: what is behind the 18th digit below the nanosecond
 * only counts for what it carries. */
static bool duration_add_fraction(struct duration_sum *sum, const char *digits, const char *end,
                                  const struct duration_unit *unit) {
  uint64_t nanoseconds = 0, below = 0, weight = 1;
  uint32_t carry = 0;
  int64_t place = end - digits; /* of the digit, from 1 after the point */
  int64_t last_below = unit->zeros + 18;
  for (int64_t fill = place; fill < last_below && fill >= unit->zeros; fill++) weight *= 10;
  for (; place > unit->zeros; place--) {
    uint32_t product = (uint32_t)(digits[place - 1] - '0') * unit->factor + carry;
    carry = product / 10;
    if (place > last_below) continue;
    below += product % 10 * weight;
    weight *= 10;
  }
  weight = 1;
  for (int64_t fill = place; fill < unit->zeros; fill++) weight *= 10;
  for (; place > 0; place--) {
    uint32_t product = (uint32_t)(digits[place - 1] - '0') * unit->factor + carry;
    carry = product / 10;
    nanoseconds += product % 10 * weight;
    weight *= 10;
  }
  nanoseconds += carry * weight;
  return duration_add(sum, 0, nanoseconds, below);
}

/* The sum without its sign. */
static bool duration_read(struct text text, bool *is_negative, struct duration_sum *result) {
  if (text.size == 0) return false;
  const char *at = text.bytes, *end = at + text.size;
  bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  if (at == end) return false;
  struct duration_sum sum = {0, 0, 0};
  *is_negative = negative;
  *result = sum;
  if (end - at == 1 && *at == '0') return true;
  while (at < end) {
    const char *whole = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    const char *whole_end = at, *fraction = at;
    if (at < end && *at == '.') {
      fraction = ++at;
      while (at < end && *at >= '0' && *at <= '9') at++;
    }
    const char *fraction_end = at;
    if (whole == whole_end && fraction == fraction_end) return false;
    while (at < end && *at >= 'a' && *at <= 'z') at++;
    size_t size = (size_t)(at - fraction_end);
    const struct duration_unit *unit = NULL;
    for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units && !unit; i++)
      if (duration_units[i].size == size && memcmp(duration_units[i].name, fraction_end, size) == 0)
        unit = &duration_units[i];
    if (!unit) return false;
    if (!duration_add_whole(&sum, whole, whole_end, unit)) return false;
    if (!duration_add_fraction(&sum, fraction, fraction_end, unit)) return false;
  }
  if (sum.microseconds > (uint64_t)INT64_MAX + negative) return false;
  *result = sum;
  return true;
}

/* Without what is below the microsecond. */
static pbk_duration duration_signed(bool negative, const struct duration_sum *sum) {
  if (!negative) return (int64_t)sum->microseconds;
  return sum->microseconds ? -(int64_t)(sum->microseconds - 1) - 1 : 0;
}

bool pbk_parse_cel_duration(struct text text, pbk_duration *duration) {
  bool negative;
  struct duration_sum sum;
  if (!duration_read(text, &negative, &sum)) return false;
  *duration = duration_signed(negative, &sum);
  return true;
}

bool pbk_parse_fine_duration(struct text text, pbk_duration *duration, uint32_t *nanoseconds) {
  bool negative;
  struct duration_sum sum;
  if (!duration_read(text, &negative, &sum)) return false;
  *duration = duration_signed(negative, &sum);
  *nanoseconds = (uint32_t)sum.nanoseconds;
  if (!negative || sum.nanoseconds == 0) return true;
  /* Down to the microsecond before, and up from there. */
  if (*duration == INT64_MIN) return false;
  --*duration;
  *nanoseconds = 1000 - *nanoseconds;
  return true;
}

bool pbk_parse_duration(struct text text, pbk_duration *duration) {
  if (text.size == 0 || text.bytes[0] == '-') return false;
  char unit = text.bytes[text.size - 1];
  if (unit != 'd' && unit != 'w') return pbk_parse_cel_duration(text, duration);
  uint64_t count, scale = (uint64_t)(unit == 'd' ? PBK_DAY : 7 * PBK_DAY);
  if (!pbk_parse_uint((struct text){text.bytes, text.size - 1}, &count) || count > (uint64_t)INT64_MAX / scale) return false;
  *duration = (int64_t)(count * scale);
  return true;
}

uint32_t pbk_print_duration(char *to, pbk_duration duration) {
  return pbk_print_fine_duration(to, duration, 0);
}

uint32_t pbk_print_fine_duration(char *to, pbk_duration duration, uint32_t nanoseconds) {
  char *start = to;
  if (duration < 0) {
    *to++ = '-';
    if (nanoseconds) {
      duration++;
      nanoseconds = 1000 - nanoseconds;
    }
  }
  uint64_t size = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;
  to += pbk_print_uint(to, size / (uint64_t)PBK_SECOND);
  to += clock_print_fraction(to, (uint32_t)(size % (uint64_t)PBK_SECOND), nanoseconds);
  *to++ = 's';
  return (uint32_t)(to - start);
}
