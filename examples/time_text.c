/* time_text.c - see time_text.h. */
#include "time_text.h"

#include <stdio.h>
#include <string.h>

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar; years are counted from March, so that a leap day ends
 * one. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int64_t *year, int *month, int *day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  *year = year_of_era + era * 400 + (*month <= 2);
}

/* Reads exactly `digits` digits; -1 where there are none. */
static int read_digits(const char **text, int digits) {
  int value = 0;
  for (int at = 0; at < digits; at++, (*text)++) {
    if (**text < '0' || **text > '9') return -1;
    value = value * 10 + (**text - '0');
  }
  return value;
}

static bool read_milliseconds(const char *text, pbk_time *time) {
  bool negative = *text == '-';
  if (negative) text++;
  if (!*text) return false;
  int64_t value = 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || value > INT64_MAX / 10000 - 1) return false;
    value = value * 10 + (*text - '0');
  }
  *time = (negative ? -value : value) * 1000;
  return true;
}

bool time_read(const char *text, pbk_time *time) {
  if (strlen(text) < 5 || text[4] != '-') return read_milliseconds(text, time);
  int year = read_digits(&text, 4);
  if (year < 0 || *text++ != '-') return false;
  int month = read_digits(&text, 2);
  if (month < 1 || month > 12 || *text++ != '-') return false;
  int day = read_digits(&text, 2);
  static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > month_days[month - 1] + (month == 2 && leap)) return false;
  if (*text != 'T' && *text != 't') return false;
  text++;
  int hour = read_digits(&text, 2);
  if (hour < 0 || hour > 23 || *text++ != ':') return false;
  int minute = read_digits(&text, 2);
  if (minute < 0 || minute > 59 || *text++ != ':') return false;
  int second = read_digits(&text, 2);
  if (second < 0 || second > 59) return false;
  int64_t fraction = 0;
  if (*text == '.') {
    text++;
    int digits = 0;
    for (; *text >= '0' && *text <= '9'; text++, digits++)
      if (digits < 6) fraction = fraction * 10 + (*text - '0');
    if (digits == 0) return false;
    for (; digits < 6; digits++) fraction *= 10;
  }
  int64_t shift = 0;
  if (*text == '+' || *text == '-') {
    bool west = *text++ == '-';
    int hours = read_digits(&text, 2);
    if (hours < 0 || hours > 23 || *text++ != ':') return false;
    int minutes = read_digits(&text, 2);
    if (minutes < 0 || minutes > 59) return false;
    shift = (hours * 60 + minutes) * (west ? -60 : 60);
  } else if (*text == 'Z' || *text == 'z') {
    text++;
  } else {
    return false;
  }
  if (*text) return false;
  *time =
    ((days_from_date(year, month, day) * 24 + hour) * 60 + minute) * PBK_MINUTE + (second - shift) * PBK_SECOND + fraction;
  return true;
}

bool duration_read(const char *text, size_t size, pbk_duration *duration) {
  static const struct {
    const char *name;
    pbk_duration length;
  } units[] = {{"h", PBK_HOUR}, {"ms", 1000},   {"m", PBK_MINUTE}, {"s", PBK_SECOND},
               {"us", 1},       {"d", PBK_DAY}, {"w", 7 * PBK_DAY}};
  const char *end = text + size;
  if (size == 1 && *text == '0') {
    *duration = 0;
    return true;
  }
  pbk_duration sum = 0;
  for (bool first = true; text < end || first; first = false) {
    int64_t whole = 0, fraction = 0, scale = 1;
    const char *start = text;
    for (; text < end && *text >= '0' && *text <= '9'; text++) {
      if (whole > 100000000) return false;
      whole = whole * 10 + (*text - '0');
    }
    if (text == start) return false;
    bool whole_only = first;
    if (text < end && *text == '.') {
      whole_only = false;
      for (text++; text < end && *text >= '0' && *text <= '9'; text++) {
        if (scale >= 1000000) continue;
        fraction = fraction * 10 + (*text - '0');
        scale *= 10;
      }
    }
    pbk_duration length = 0;
    for (size_t unit = 0; unit < sizeof units / sizeof *units && !length; unit++) {
      size_t name_size = strlen(units[unit].name);
      if ((size_t)(end - text) < name_size || memcmp(text, units[unit].name, name_size) != 0) continue;
      text += name_size;
      length = units[unit].length;
    }
    /* Days and weeks stand alone and are whole, as in the line protocol. */
    if (!length || (length >= PBK_DAY && (!whole_only || text < end))) return false;
    if (whole > INT64_MAX / 4 / length) return false;
    sum += whole * length + fraction * length / scale;
    if (sum > INT64_MAX / 4) return false;
  }
  *duration = sum;
  return true;
}

struct clock_time {
  int64_t year;
  int month, day, second; /* of the day */
  int fraction;           /* of the second */
};

static struct clock_time clock_time_of(pbk_time time) {
  struct clock_time clock;
  int64_t seconds = time / PBK_SECOND - (time % PBK_SECOND < 0);
  int64_t days = seconds / 86400 - (seconds % 86400 < 0);
  date_from_days(days, &clock.year, &clock.month, &clock.day);
  clock.second = (int)(seconds - days * 86400);
  clock.fraction = (int)(time - seconds * PBK_SECOND);
  return clock;
}

void time_write(pbk_time time, char *text) {
  struct clock_time clock = clock_time_of(time);
  int size = snprintf(text, TIME_TEXT_SIZE, "%04lld-%02d-%02d %02d:%02d", (long long)clock.year, clock.month, clock.day,
                      clock.second / 3600, clock.second / 60 % 60);
  if (clock.second % 60) snprintf(text + size, (size_t)(TIME_TEXT_SIZE - size), ":%02d", clock.second % 60);
}

void time_write_exact(pbk_time time, char *text) {
  struct clock_time clock = clock_time_of(time);
  int size = snprintf(text, TIME_TEXT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)clock.year, clock.month, clock.day,
                      clock.second / 3600, clock.second / 60 % 60, clock.second % 60);
  if (clock.fraction) {
    size += snprintf(text + size, (size_t)(TIME_TEXT_SIZE - size), ".%06d", clock.fraction);
    while (text[size - 1] == '0') size--;
  }
  text[size] = 'Z';
  text[size + 1] = 0;
}
