/* zones.c - see zones.h. Files as RFC 8536 has them: transitions in 64 bits, and a footer, a TZ text as POSIX has it, for what
 * comes after the last. */
#include "zones.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ZONE_HEAD = 48, MOST_FILE = 1 << 20, MOST_NAMES = 4096, MOST_CHANGES = 4096, MOST_DEPTH = 4, PATH_SIZE = 4096 };

struct buffer {
  unsigned char *bytes;
  size_t size, capacity;
  bool failed;
};

struct zone_name {
  char *name;
  size_t at, size; /* of its zone, in the zones so far */
};

struct zones {
  struct zone_name names[MOST_NAMES];
  size_t count;
  struct buffer zones;
};

/* ---- bytes ---- */

static unsigned char *grow(struct buffer *buffer, size_t size) {
  if (buffer->failed) return NULL;
  if (buffer->capacity - buffer->size < size) {
    size_t capacity = (buffer->capacity + size) * 2;
    unsigned char *bytes = realloc(buffer->bytes, capacity);
    if (!bytes) {
      buffer->failed = true;
      return NULL;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
  }
  buffer->size += size;
  return buffer->bytes + buffer->size - size;
}

static void store(unsigned char *to, uint64_t value, int size) {
  for (int i = 0; to && i < size; i++) to[i] = (unsigned char)(value >> 8 * i);
}

static void put(struct buffer *buffer, int64_t value, int size) {
  store(grow(buffer, (size_t)size), (uint64_t)value, size);
}

/* As files have them: the highest byte first. */
static int64_t fetch(const unsigned char *at, int size) {
  uint64_t value = size < 8 && at[0] >= 0x80 ? UINT64_MAX : 0;
  for (int i = 0; i < size; i++) value = value << 8 | at[i];
  return value >= (uint64_t)1 << 63 ? -(int64_t)~value - 1 : (int64_t)value;
}

/* ---- the footer: "EST5EDT,M3.2.0,M11.1.0/3" ---- */

struct date {
  int64_t kind, month, week, weekday, day, seconds;
};

struct rule {
  int64_t daylight, standard_offset, daylight_offset;
  struct date start, end;
};

static bool skip_name(const char **at) {
  const char *from = *at;
  if (**at == '<') {
    while (**at && **at != '>') ++*at;
    if (**at != '>') return false;
    ++*at;
    return true;
  }
  while ((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z')) ++*at;
  return *at - from >= 3;
}

static bool read_number(const char **at, int64_t *number) {
  const char *from = *at;
  *number = 0;
  while (**at >= '0' && **at <= '9' && *at - from < 4) *number = *number * 10 + (*(*at)++ - '0');
  return *at > from;
}

/* [+-]h[h[h]][:mm[:ss]] in seconds. */
static bool read_seconds(const char **at, int64_t *seconds) {
  int64_t part, unit = 3600;
  bool negative = **at == '-';
  if (**at == '-' || **at == '+') ++*at;
  *seconds = 0;
  for (;; unit /= 60, ++*at) {
    if (!read_number(at, &part)) return false;
    *seconds += part * unit;
    if (unit == 1 || **at != ':') break;
  }
  if (negative) *seconds = -*seconds;
  return true;
}

static bool read_date(const char **at, struct date *date) {
  *date = (struct date){.seconds = 7200};
  if (*(*at)++ != ',') return false;
  if (**at == 'M') {
    ++*at;
    if (!read_number(at, &date->month) || *(*at)++ != '.' || !read_number(at, &date->week) || *(*at)++ != '.' ||
        !read_number(at, &date->weekday))
      return false;
  } else {
    date->kind = **at == 'J' ? 1 : 2;
    if (**at == 'J') ++*at;
    if (!read_number(at, &date->day)) return false;
  }
  if (**at != '/') return true;
  ++*at;
  return read_seconds(at, &date->seconds);
}

static bool read_rule(const char *text, struct rule *rule) {
  const char *at = text;
  *rule = (struct rule){0};
  if (!skip_name(&at) || !read_seconds(&at, &rule->standard_offset)) return false;
  rule->standard_offset = -rule->standard_offset;
  if (!*at) return true;
  if (!skip_name(&at)) return false;
  rule->daylight = 1;
  rule->daylight_offset = rule->standard_offset + 3600;
  if (*at != ',') {
    if (!read_seconds(&at, &rule->daylight_offset)) return false;
    rule->daylight_offset = -rule->daylight_offset;
  }
  return read_date(&at, &rule->start) && read_date(&at, &rule->end) && !*at;
}

static void put_date(struct buffer *to, const struct date *date) {
  put(to, date->kind, 1);
  put(to, date->month, 1);
  put(to, date->week, 1);
  put(to, date->weekday, 1);
  put(to, date->day, 2);
  put(to, 0, 2);
  put(to, date->seconds, 4);
}

/* ---- one file ---- */

enum { TZIF_HEAD = 44 };

/* The counts of a header, in its order: whether UT, whether standard, leap seconds, transitions, types, characters. */
static bool read_head(const unsigned char *at, size_t room, int64_t counts[6], size_t *size, size_t time_size) {
  if (room < TZIF_HEAD || memcmp(at, "TZif", 4) != 0 || at[4] < '2') return false;
  for (int i = 0; i < 6; i++) {
    counts[i] = fetch(at + 20 + 4 * i, 4);
    if (counts[i] < 0 || counts[i] > MOST_FILE) return false;
  }
  *size = TZIF_HEAD + (size_t)counts[3] * (time_size + 1) + (size_t)counts[4] * 6 + (size_t)counts[5] +
          (size_t)counts[2] * (time_size + 4) + (size_t)counts[1] + (size_t)counts[0];
  return *size <= room;
}

static bool add_zone(struct buffer *to, const unsigned char *bytes, size_t size) {
  int64_t counts[6];
  size_t first, second;
  struct rule rule = {0};
  if (!read_head(bytes, size, counts, &first, 4) || !read_head(bytes + first, size - first, counts, &second, 8)) return false;
  const unsigned char *times = bytes + first + TZIF_HEAD, *types = times + 8 * counts[3], *infos = types + counts[3];
  int64_t changes = counts[3];
  if (changes > MOST_CHANGES || counts[4] < 1) return false;
  for (int64_t i = 0; i < changes; i++)
    if (types[i] >= counts[4]) return false;
  char footer[128] = "";
  size_t at = first + second + 1, length = 0;
  while (at + length < size && bytes[at + length] != '\n' && length + 1 < sizeof footer) length++;
  if (length) memcpy(footer, bytes + at, length);
  if (!length)
    rule.standard_offset = fetch(infos + 6 * (changes ? types[changes - 1] : 0), 4);
  else if (!read_rule(footer, &rule))
    return false;
  /* Transitions from before there was any time: the last of them is what was before. */
  int64_t skipped = 0, least = -((int64_t)1 << 40);
  while (skipped < changes && fetch(times + 8 * skipped, 8) <= least) skipped++;
  put(to, fetch(infos + 6 * (skipped ? types[skipped - 1] : 0), 4), 4);
  put(to, changes - skipped, 4);
  put(to, rule.daylight, 4);
  put(to, rule.standard_offset, 4);
  put(to, rule.daylight_offset, 4);
  put_date(to, &rule.start);
  put_date(to, &rule.end);
  put(to, 0, 4);
  for (int64_t i = skipped; i < changes; i++) put(to, fetch(times + 8 * i, 8), 8);
  for (int64_t i = skipped; i < changes; i++) put(to, fetch(infos + 6 * types[i], 4), 4);
  return !to->failed;
}

static void add_file(struct zones *zones, const char *path, const char *name) {
  static unsigned char bytes[MOST_FILE];
  FILE *file = fopen(path, "rb");
  if (!file) return;
  size_t size = fread(bytes, 1, sizeof bytes, file), at = zones->zones.size;
  fclose(file);
  if (!add_zone(&zones->zones, bytes, size)) {
    zones->zones.size = at;
    return;
  }
  size = zones->zones.size - at;
  /* Names of the same zone share it. */
  for (size_t i = 0; i < zones->count; i++) {
    const struct zone_name *other = &zones->names[i];
    if (other->size != size || memcmp(zones->zones.bytes + other->at, zones->zones.bytes + at, size) != 0) continue;
    zones->zones.size = at;
    at = other->at;
    break;
  }
  char *copy = malloc(strlen(name) + 1);
  if (!copy) {
    zones->zones.failed = true;
    return;
  }
  strcpy(copy, name);
  zones->names[zones->count++] = (struct zone_name){copy, at, size};
}

/* ---- all files ---- */

/* `name` is empty at the top, or "America/Argentina". "posix" and "right" hold everything once more. */
static void add_folder(struct zones *zones, const char *directory, const char *name, int depth) {
  char path[PATH_SIZE], inner[300];
  int length = snprintf(path, sizeof path, "%s/%s", directory, name);
  DIR *folder = length > 0 && (size_t)length < sizeof path ? opendir(path) : NULL;
  const struct dirent *entry;
  while (folder && (entry = readdir(folder))) {
    struct stat status;
    if (entry->d_name[0] == '.' || zones->count == MOST_NAMES || zones->zones.failed) continue;
    if (!*name && (strcmp(entry->d_name, "posix") == 0 || strcmp(entry->d_name, "right") == 0)) continue;
    length = snprintf(inner, sizeof inner, *name ? "%s/%s" : "%s%s", name, entry->d_name);
    if (length <= 0 || length > 255) continue;
    length = snprintf(path, sizeof path, "%s/%s", directory, inner);
    if (length <= 0 || (size_t)length >= sizeof path || stat(path, &status) != 0) continue;
    if (S_ISDIR(status.st_mode) && depth < MOST_DEPTH)
      add_folder(zones, directory, inner, depth + 1);
    else if (S_ISREG(status.st_mode))
      add_file(zones, path, inner);
  }
  if (folder) closedir(folder);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct zone_name *)a)->name, ((const struct zone_name *)b)->name);
}

unsigned char *zones_read(const char *directory, size_t *size) {
  struct buffer all = {0};
  struct zones *zones = calloc(1, sizeof *zones);
  if (!zones) return NULL;
  add_folder(zones, directory, "", 0);
  qsort(zones->names, zones->count, sizeof *zones->names, by_name);
  size_t text = 12 + 12 * zones->count, start = text;
  for (size_t i = 0; i < zones->count; i++) start += strlen(zones->names[i].name);
  start = (start + 7) & ~(size_t)7;
  put(&all, 'P' | 'B' << 8 | 'K' << 16 | 'Z' << 24, 4);
  put(&all, 1, 4);
  put(&all, (int64_t)zones->count, 4);
  for (size_t i = 0; i < zones->count; i++) {
    put(&all, (int64_t)text, 4);
    put(&all, (int64_t)strlen(zones->names[i].name), 4);
    put(&all, (int64_t)(start + zones->names[i].at), 4);
    text += strlen(zones->names[i].name);
  }
  for (size_t i = 0; i < zones->count; i++) {
    size_t length = strlen(zones->names[i].name);
    unsigned char *to = grow(&all, length);
    if (to) memcpy(to, zones->names[i].name, length);
  }
  while (!all.failed && all.size < start) put(&all, 0, 1);
  unsigned char *to = grow(&all, zones->zones.size);
  if (to && zones->zones.size) memcpy(to, zones->zones.bytes, zones->zones.size);
  bool good = zones->count && !all.failed && !zones->zones.failed;
  for (size_t i = 0; i < zones->count; i++) free(zones->names[i].name);
  free(zones->zones.bytes);
  free(zones);
  if (!good) {
    free(all.bytes);
    return NULL;
  }
  *size = all.size;
  return all.bytes;
}
