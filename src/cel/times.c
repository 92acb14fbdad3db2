/* cel/times.c - calendar fields of timestamps and parts of durations, the zones they are asked in. */
#include "base/clock.h"
#include "cel/program.h"

/* ---- calendar fields ---- */

static int64_t times_floor(int64_t value, int64_t unit) {
  int64_t quotient = value / unit;
  return value % unit < 0 ? quotient - 1 : quotient;
}

static int64_t times_modulo(int64_t value, int64_t unit) {
  int64_t rest = value % unit;
  return rest < 0 ? rest + unit : rest;
}

int64_t pbk_cel_calendar_field(uint32_t getter, pbk_time local) {
  struct civil civil;
  switch (getter) {
    case FUNCTION_GET_DAY_OF_WEEK: return times_modulo(times_floor(local, PBK_DAY) + 4, 7); /* 1970 began on a Thursday */
    case FUNCTION_GET_HOURS: return times_modulo(local, PBK_DAY) / PBK_HOUR;
    case FUNCTION_GET_MINUTES: return times_modulo(local, PBK_HOUR) / PBK_MINUTE;
    case FUNCTION_GET_SECONDS: return times_modulo(local, PBK_MINUTE) / PBK_SECOND;
    case FUNCTION_GET_MILLISECONDS: return times_modulo(local, PBK_SECOND) / 1000;
    default: break;
  }
  pbk_civil_from_time(local, &civil);
  switch (getter) {
    case FUNCTION_GET_FULL_YEAR: return civil.year;
    case FUNCTION_GET_MONTH: return civil.month - 1;
    case FUNCTION_GET_DATE: return civil.day;
    case FUNCTION_GET_DAY_OF_MONTH: return civil.day - 1;
    default: return civil.day_of_year;
  }
}

/* The multiple of a unit at or before a time; the very ends of the range, where there is none, stand for themselves. */
static void times_unit_span(pbk_time local, int64_t unit, int64_t *first, int64_t *past) {
  int64_t into = times_modulo(local, unit);
  *first = local < INT64_MIN + into ? INT64_MIN : local - into;
  *past = saturating_add(local, unit - into);
}

void pbk_cel_calendar_span(uint32_t getter, pbk_time local, int64_t *first, int64_t *past) {
  switch (getter) {
    case FUNCTION_GET_HOURS: times_unit_span(local, PBK_HOUR, first, past); return;
    case FUNCTION_GET_MINUTES: times_unit_span(local, PBK_MINUTE, first, past); return;
    case FUNCTION_GET_SECONDS: times_unit_span(local, PBK_SECOND, first, past); return;
    case FUNCTION_GET_MILLISECONDS: times_unit_span(local, 1000, first, past); return;
    case FUNCTION_GET_FULL_YEAR:
    case FUNCTION_GET_MONTH: break;
    default: times_unit_span(local, PBK_DAY, first, past); return;
  }
  struct civil civil;
  pbk_civil_from_time(local, &civil);
  bool year = getter == FUNCTION_GET_FULL_YEAR;
  struct civil start = {.year = civil.year, .month = year ? 1 : civil.month, .day = 1};
  struct civil next = start;
  if (year || next.month == 12) {
    next.year++;
    next.month = 1;
  } else {
    next.month++;
  }
  if (!pbk_time_from_civil(&start, first)) *first = INT64_MIN;
  if (!pbk_time_from_civil(&next, past)) *past = INT64_MAX;
}

/* ---- parts of durations: the whole of them in a unit, toward zero; only the milliseconds are those within a second ---- */

static int64_t times_part_unit(uint32_t getter) {
  return getter == FUNCTION_GET_HOURS     ? PBK_HOUR
         : getter == FUNCTION_GET_MINUTES ? PBK_MINUTE
         : getter == FUNCTION_GET_SECONDS ? PBK_SECOND
                                          : 1000;
}

int64_t pbk_cel_duration_part(uint32_t getter, pbk_duration duration, bool more) {
  int64_t whole = (duration + (more && duration < 0)) / times_part_unit(getter);
  return getter == FUNCTION_GET_MILLISECONDS ? whole % 1000 : whole;
}

void pbk_cel_part_span(uint32_t getter, pbk_duration duration, bool more, int64_t *first, int64_t *past) {
  int64_t unit = times_part_unit(getter), whole = (duration + (more && duration < 0)) / unit;
  *first = whole > 0 ? whole * unit : saturating_add((whole - 1) * unit, 1);
  *past = whole < 0 ? whole * unit + 1 : saturating_add(whole * unit, unit);
  /* Below zero the nanoseconds lead on toward it. */
  if (more && whole <= 0) *first = saturating_add(*first, -1);
  if (more && whole < 0) --*past;
}

/* ---- zones ---- */

static bool times_digits(struct text text, uint32_t at, int64_t *number) {
  if (text.bytes[at] < '0' || text.bytes[at] > '9' || text.bytes[at + 1] < '0' || text.bytes[at + 1] > '9') return false;
  *number = (text.bytes[at] - '0') * 10 + (text.bytes[at + 1] - '0');
  return true;
}

/* What a named zone is ahead of UTC at a time, in microseconds. The one place that zone data of a host will come in: until
 * then no name but UTC is known. */
static bool times_named_zone(struct text zone, pbk_time time, int64_t *offset, const char **message) {
  (void)time;
  if (text_equal(zone, TEXT("UTC")) || text_equal(zone, TEXT("GMT")) || text_equal(zone, TEXT("Etc/UTC"))) {
    *offset = 0;
    return true;
  }
  *message = "a named time zone, but there is no zone data; use UTC or an offset such as '+02:00'";
  return false;
}

bool pbk_cel_zone(struct text zone, pbk_time time, pbk_time *local, const char **message) {
  uint32_t sign = zone.size && (zone.bytes[0] == '+' || zone.bytes[0] == '-') ? 1 : 0;
  int64_t offset, hours, minutes;
  if (zone.size == sign + 5 && zone.bytes[sign + 2] == ':') {
    if (!times_digits(zone, sign, &hours) || !times_digits(zone, sign + 3, &minutes) || hours > 23 || minutes > 59) {
      *message = "expected a zone such as 'UTC' or '+02:00'";
      return false;
    }
    offset = hours * PBK_HOUR + minutes * PBK_MINUTE;
    if (sign && zone.bytes[0] == '-') offset = -offset;
  } else if (!times_named_zone(zone, time, &offset, message)) {
    return false;
  }
  *local = saturating_add(time, offset);
  return true;
}

/* ---- the call ---- */

void pbk_cel_getter(struct cel_machine *machine, uint32_t getter, const struct cel_term *of, const struct cel_value *zone,
                    struct cel_term *out) {
  (void)machine;
  pbk_time until = of->until, base = of->value.as.integer;
  int32_t slope = of->slope;
  bool calendar = of->value.kind == CEL_TIMESTAMP;
  bool part = of->value.kind == CEL_DURATION && !zone && getter >= FUNCTION_GET_HOURS;
  if ((!calendar && !part) || (zone && zone->kind != CEL_STRING)) {
    cel_stay(out, cel_failure(pbk_cel_no_such_overload), until);
    return;
  }
  const char *message;
  if (zone && !pbk_cel_zone(cel_text(zone), base, &base, &message)) {
    cel_stay(out, cel_failure(message), until);
    return;
  }
  bool more = of->value.size != 0;
  cel_stay(out, cel_int(calendar ? pbk_cel_calendar_field(getter, base) : pbk_cel_duration_part(getter, base, more)), until);
  if (!slope) return;
  out->step = calendar ? STEP_CALENDAR : STEP_PART;
  out->slope = slope;
  out->getter = (uint8_t)getter;
  out->more = more;
  out->base = base;
}
