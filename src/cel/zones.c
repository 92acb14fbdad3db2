/* cel/zones.c - time zones out of the bytes that a host hands over: checked once, then read in place. */
#include "cel/zones.h"

#include "base/clock.h"
#include "base/utf8.h"

enum {
  ZONES_HEAD = 12,       /* magic, version, how many */
  ZONES_ENTRY = 12,      /* of a name: where it is, its size, where its zone is */
  ZONES_ZONE = 48,       /* of a zone, before its transitions */
  ZONES_MOST = 4096,     /* names */
  ZONES_MOST_CHANGES = 4096,
  ZONES_MOST_OFFSET = 26 * 3600,
  ZONES_MOST_HOUR = 168 * 3600 /* of the time of day of a rule, which may lie on other days */
};
#define ZONES_MOST_SECOND ((int64_t)1 << 42)

enum { DATE_OF_MONTH, DATE_WITHOUT_LEAP_DAY, DATE_OF_YEAR };

/* ---- bytes ---- */

static uint32_t zones_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int32_t zones_i32(const unsigned char *at) {
  uint32_t value = zones_u32(at);
  int32_t result;
  memcpy(&result, &value, sizeof result);
  return result;
}

static int64_t zones_i64(const unsigned char *at) {
  uint64_t value = zones_u32(at) | (uint64_t)zones_u32(at + 4) << 32;
  int64_t result;
  memcpy(&result, &value, sizeof result);
  return result;
}

/* ---- looking over what the host gives ---- */

static bool zones_offset_fits(int32_t offset) {
  return offset >= -ZONES_MOST_OFFSET && offset <= ZONES_MOST_OFFSET;
}

static bool zones_check_date(const unsigned char *at) {
  uint32_t day = at[4] | (uint32_t)at[5] << 8;
  int32_t second = zones_i32(at + 8);
  if (second < -ZONES_MOST_HOUR || second > ZONES_MOST_HOUR) return false;
  switch (at[0]) {
    case DATE_OF_MONTH: return at[1] >= 1 && at[1] <= 12 && at[2] >= 1 && at[2] <= 5 && at[3] <= 6;
    case DATE_WITHOUT_LEAP_DAY: return day >= 1 && day <= 365;
    case DATE_OF_YEAR: return day <= 365;
    default: return false;
  }
}

static bool zones_check_zone(const unsigned char *at, uint32_t room) {
  if (room < ZONES_ZONE) return false;
  uint32_t changes = zones_u32(at + 4), daylight = zones_u32(at + 8);
  if (changes > ZONES_MOST_CHANGES || daylight > 1) return false;
  if (!zones_offset_fits(zones_i32(at)) || !zones_offset_fits(zones_i32(at + 12)) || !zones_offset_fits(zones_i32(at + 16)))
    return false;
  if (daylight && !(zones_check_date(at + 20) && zones_check_date(at + 32))) return false;
  if (room - ZONES_ZONE < changes * 12) return false;
  int64_t before = -ZONES_MOST_SECOND;
  for (uint32_t i = 0; i < changes; i++) {
    int64_t second = zones_i64(at + ZONES_ZONE + 8 * i);
    if (second <= before || second > ZONES_MOST_SECOND) return false;
    if (!zones_offset_fits(zones_i32(at + ZONES_ZONE + 8 * changes + 4 * i))) return false;
    before = second;
  }
  return true;
}

static struct text zones_name(const struct cel_zones *zones, uint32_t at) {
  const unsigned char *entry = zones->bytes + ZONES_HEAD + ZONES_ENTRY * at;
  return (struct text){(const char *)zones->bytes + zones_u32(entry), zones_u32(entry + 4)};
}

bool pbk_cel_zones_read(struct cel_zones *zones, const void *bytes, size_t size, const char **message) {
  struct cel_zones read = {.bytes = bytes, .size = (uint32_t)size};
  *message = "this is no time zone data";
  if (size < ZONES_HEAD || size > CEL_MOST_ZONES || memcmp(bytes, "PBKZ", 4) != 0) return false;
  *message = "time zone data of a version that is not known";
  if (zones_u32(read.bytes + 4) != 1) return false;
  *message = "damaged time zone data";
  read.count = zones_u32(read.bytes + 8);
  if (read.count > ZONES_MOST || (read.size - ZONES_HEAD) / ZONES_ENTRY < read.count) return false;
  struct text before = NO_TEXT;
  for (uint32_t i = 0; i < read.count; i++) {
    const unsigned char *entry = read.bytes + ZONES_HEAD + ZONES_ENTRY * i;
    uint32_t name = zones_u32(entry), name_size = zones_u32(entry + 4), zone = zones_u32(entry + 8);
    if (name > read.size || name_size > read.size - name || name_size == 0 || name_size > PBK_MAX_KEY) return false;
    struct text text = zones_name(&read, i);
    if (!pbk_utf8_valid(text) || (i && text_compare(before, text) >= 0)) return false;
    before = text;
    if (zone > read.size || !zones_check_zone(read.bytes + zone, read.size - zone)) return false;
  }
  *message = NULL;
  *zones = read;
  return true;
}

uint32_t pbk_cel_zone_find(const struct cel_zones *zones, struct text name) {
  uint32_t low = 0, high = zones ? zones->count : 0;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = text_compare(zones_name(zones, middle), name);
    if (order == 0) return middle + 1;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

/* ---- the rule for after the last transition ---- */

/* The second, in local time, at which a rule's date and time of day come in a year; false past the end of time. */
static bool zones_date(const unsigned char *date, int64_t year, int64_t *second) {
  struct civil civil = {.year = year, .month = date[0] == DATE_OF_MONTH ? date[1] : 1, .day = 1};
  pbk_time start, next;
  if (!pbk_time_from_civil(&civil, &start)) return false;
  int64_t days = start / PBK_DAY - (start % PBK_DAY < 0), day = date[4] | (int64_t)date[5] << 8;
  if (date[0] == DATE_OF_MONTH) {
    /* The week's number, from 1, of that weekday; the fifth is the last. */
    int64_t weekday = ((days + 4) % 7 + 7) % 7;
    int64_t into = (date[3] - weekday + 7) % 7 + 7 * (date[2] - 1);
    if (civil.month++ == 12) {
      civil.month = 1;
      civil.year++;
    }
    if (!pbk_time_from_civil(&civil, &next)) return false;
    if (into >= (next - start) / PBK_DAY) into -= 7;
    days += into;
  } else if (date[0] == DATE_OF_YEAR) {
    days += day;
  } else {
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    days += day - 1 + (leap && day >= 60);
  }
  *second = days * 86400 + zones_i32(date + 8);
  return true;
}

static int32_t zones_by_rule(const unsigned char *zone, int64_t second, int64_t *first, int64_t *past) {
  int32_t standard = zones_i32(zone + 12), daylight = zones_i32(zone + 16), offset = standard;
  *first = INT64_MIN;
  *past = INT64_MAX;
  if (!zones_u32(zone + 8)) return standard;
  struct civil civil;
  /* Far out the year is that of the end of the range, where times are anyway. */
  int64_t most = INT64_MAX / PBK_SECOND - 86400;
  pbk_civil_from_time((second > most ? most : second < -most ? -most : second) * PBK_SECOND, &civil);
  for (int64_t year = civil.year - 1; year <= civil.year + 1; year++) {
    /* The end first: where both come at once, it is daylight time all along. */
    for (int start = 0; start < 2; start++) {
      int64_t at;
      if (!zones_date(zone + (start ? 20 : 32), year, &at)) continue;
      at -= start ? standard : daylight;
      if (at > second) {
        if (at < *past) *past = at;
      } else if (at >= *first) {
        *first = at;
        offset = start ? daylight : standard;
      }
    }
  }
  return offset;
}

int32_t pbk_cel_zone_offset(const struct cel_zones *zones, uint32_t zone, int64_t second, int64_t *first, int64_t *past) {
  const unsigned char *entry = zones->bytes + ZONES_HEAD + ZONES_ENTRY * (zone - 1);
  const unsigned char *at = zones->bytes + zones_u32(entry + 8), *times = at + ZONES_ZONE;
  uint32_t count = zones_u32(at + 4), low = 0, high = count;
  while (low < high) { /* how many transitions are at or before the second */
    uint32_t middle = low + (high - low) / 2;
    if (zones_i64(times + 8 * middle) <= second)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == count) {
    int32_t offset = zones_by_rule(at, second, first, past);
    if (count && zones_i64(times + 8 * (count - 1)) > *first) *first = zones_i64(times + 8 * (count - 1));
    return offset;
  }
  *first = low ? zones_i64(times + 8 * (low - 1)) : INT64_MIN;
  *past = zones_i64(times + 8 * low);
  return low ? zones_i32(times + 8 * count + 4 * (low - 1)) : zones_i32(at);
}
