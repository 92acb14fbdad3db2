/* base/clock.h - times and durations as text, and the calendar, in UTC. Nothing here reads a clock. */
#ifndef PBK_BASE_CLOCK_H
#define PBK_BASE_CLOCK_H

#include "base/text.h"

/* Proleptic Gregorian. month 1..12, day 1..31, weekday 0 = Sunday, day_of_year 0..365. Leap seconds do not exist. */
struct civil {
  int64_t year;
  int32_t month, day, hour, minute, second, microsecond, weekday, day_of_year;
};
void pbk_civil_from_time(pbk_time time, struct civil *civil);
/* Fields as given, no normalising; false when a field is out of range or the time does not fit. weekday, day_of_year unread. */
bool pbk_time_from_civil(const struct civil *civil, pbk_time *time);

/* RFC 3339 date-time, the whole text: "2026-01-31T10:00:00Z", any number of fraction digits (past six cut off, SPEC T2), 'T' and 'Z'
 * in either case, a space for 'T', "+01:00" offsets. Years 0001 to 9999. A second of 60 is refused. */
bool pbk_parse_time(struct text text, pbk_time *time);
/* The same of times that come in order, most of which are of one hour: the one that was read last is remembered, at first none. */
struct known_hour {
  char text[14]; /* "2026-01-31T10:" */
  pbk_time start;
};
bool pbk_parse_time_near(struct text text, struct known_hour *hour, pbk_time *time);

/* The times that RFC 3339 can write: years 0001 to 9999. */
#define TIME_EARLIEST ((pbk_time)-62135596800000000)
#define TIME_LATEST ((pbk_time)253402300799999999)

static inline bool time_in_range(pbk_time time) { return time >= TIME_EARLIEST && time <= TIME_LATEST; }

/* The time a duration of 0 or more after another, at the latest the latest there is. */
static inline pbk_time time_after(pbk_time time, pbk_duration duration) {
  return duration > TIME_LATEST - time ? TIME_LATEST : time + duration;
}

enum { TIME_TEXT_MOST = 40, DURATION_TEXT_MOST = 40 };

/* "2026-01-31T10:00:00Z", a fraction only where it is not zero, without trailing zeros (SPEC L). Any time; years outside 0..9999
 * are printed with a sign and at least four digits. Returns the bytes written, no zero byte. */
uint32_t pbk_print_time(char *to, pbk_time time);

/* CEL's duration() text: one or more of number and unit (h m s ms us ns), optional fraction and sign: "1h30m", "-1.5s", "0".
 * Exact; digits below a microsecond are cut off toward zero. False when it is none or does not fit. */
bool pbk_parse_cel_duration(struct text text, pbk_duration *duration);
/* The same, or a whole number with 'd' or 'w'; not negative (SPEC L, Durations). */
bool pbk_parse_duration(struct text text, pbk_duration *duration);
/* CEL's string(duration): seconds with the fraction where it is not zero, and 's': "5400s", "-1.5s". */
uint32_t pbk_print_duration(char *to, pbk_duration duration);

/* The same four with what lies between two microseconds: `nanoseconds`, 0 to 999, count up from the microsecond at or before, also below
 * zero (-1ns is -1 microsecond and 999). Digits below the nanosecond are cut off, a duration's toward zero. */
bool pbk_parse_fine_time(struct text text, pbk_time *time, uint32_t *nanoseconds);
uint32_t pbk_print_fine_time(char *to, pbk_time time, uint32_t nanoseconds);
bool pbk_parse_fine_duration(struct text text, pbk_duration *duration, uint32_t *nanoseconds);
uint32_t pbk_print_fine_duration(char *to, pbk_duration duration, uint32_t nanoseconds);

#endif
