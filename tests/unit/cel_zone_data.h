/* tests/unit/cel_zone_data.h - a few time zones as a host would hand them over, written here so that no test needs the system's. */
#ifndef PBK_TESTS_CEL_ZONE_DATA_H
#define PBK_TESTS_CEL_ZONE_DATA_H

#include <stdint.h>
#include <string.h>

struct test_date {
  uint8_t kind, month, week, weekday;
  uint16_t day;
  int32_t second;
};

struct test_change {
  int64_t second;
  int32_t offset;
};

struct test_zone {
  const char *name;
  int32_t before, standard, daylight;
  int has_daylight;
  struct test_date start, end;
  struct test_change changes[4];
  uint32_t change_count;
};

/* By name. The Test/ ones change near 1970, in odd ways. */
static const struct test_zone test_zones[] = {
  {"America/New_York", -18000, -18000, -14400, 1, {0, 3, 2, 0, 0, 7200}, {0, 11, 1, 0, 0, 7200}, {{0, 0}}, 0},
  {"Australia/Lord_Howe", 38180, 37800, 39600, 1, {0, 10, 1, 0, 0, 7200}, {0, 4, 1, 0, 0, 7200}, {{1207407600, 37800}}, 1},
  {"Australia/Sydney", 36292, 36000, 39600, 1, {0, 10, 1, 0, 0, 7200}, {0, 4, 1, 0, 0, 10800}, {{1207411200, 36000}}, 1},
  {"Europe/Berlin", 3600, 3600, 7200, 1, {0, 3, 5, 0, 0, 7200}, {0, 10, 5, 0, 0, 10800}, {{0, 0}}, 0},
  {"Pacific/Apia", -36000, 46800, 46800, 0, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {{1325239200, 50400}, {1333202400, 46800}}, 2},
  {"Test/Always", 0, -18000, -14400, 1, {2, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 365, 90000}, {{0, 0}}, 0},
  {"Test/Days", 0, 0, 5400, 1, {1, 0, 0, 0, 2, 3600}, {2, 0, 0, 0, 2, 7200}, {{0, 0}}, 0},
  {"Test/Near", 3600, 1800, 1800, 0, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0},
   {{5400, 7200}, {90000, -11700}, {90001, -11701}, {200000, 46800}}, 4}};
enum { TEST_ZONES = sizeof test_zones / sizeof *test_zones };

static unsigned char test_zone_bytes[4096];

static void test_zone_put(uint32_t *at, int64_t value, int size) {
  for (int i = 0; i < size; i++) test_zone_bytes[(*at)++] = (unsigned char)((uint64_t)value >> 8 * i);
}

static void test_zone_put_date(uint32_t *at, const struct test_date *date) {
  test_zone_put(at, date->kind, 1);
  test_zone_put(at, date->month, 1);
  test_zone_put(at, date->week, 1);
  test_zone_put(at, date->weekday, 1);
  test_zone_put(at, date->day, 4);
  test_zone_put(at, date->second, 4);
}

/* Into test_zone_bytes; the size. */
static uint32_t test_zone_data(void) {
  uint32_t at = 12 + 12 * TEST_ZONES, entry = 12, head = 4;
  memcpy(test_zone_bytes, "PBKZ", 4);
  test_zone_put(&head, 1, 4);
  test_zone_put(&head, TEST_ZONES, 4);
  for (uint32_t i = 0; i < TEST_ZONES; i++) {
    const struct test_zone *zone = &test_zones[i];
    uint32_t size = (uint32_t)strlen(zone->name);
    test_zone_put(&entry, at, 4);
    test_zone_put(&entry, size, 4);
    memcpy(test_zone_bytes + at, zone->name, size);
    at += size;
    test_zone_put(&entry, at, 4);
    test_zone_put(&at, zone->before, 4);
    test_zone_put(&at, zone->change_count, 4);
    test_zone_put(&at, zone->has_daylight, 4);
    test_zone_put(&at, zone->standard, 4);
    test_zone_put(&at, zone->daylight, 4);
    test_zone_put_date(&at, &zone->start);
    test_zone_put_date(&at, &zone->end);
    test_zone_put(&at, 0, 4);
    for (uint32_t j = 0; j < zone->change_count; j++) test_zone_put(&at, zone->changes[j].second, 8);
    for (uint32_t j = 0; j < zone->change_count; j++) test_zone_put(&at, zone->changes[j].offset, 4);
  }
  return at;
}

#endif
