/* cel/times.c - calendar fields of timestamps and parts of durations, the zones they are asked in. */
#include "base/clock.h"
#include "cel/program.h"
#include "cel/zones.h"

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

bool pbk_cel_zone(const struct cel_zones *zones, struct text text, uint32_t *named, int64_t *offset, const char **message) {
  uint32_t sign = text.size && (text.bytes[0] == '+' || text.bytes[0] == '-') ? 1 : 0;
  int64_t hours, minutes;
  *named = 0;
  *offset = 0;
  if (text.size == sign + 5 && text.bytes[sign + 2] == ':') {
    if (!times_digits(text, sign, &hours) || !times_digits(text, sign + 3, &minutes) || hours > 23 || minutes > 59) {
      *message = "expected a zone such as 'UTC', '+02:00' or 'Europe/Berlin'";
      return false;
    }
    *offset = hours * PBK_HOUR + minutes * PBK_MINUTE;
    if (sign && text.bytes[0] == '-') *offset = -*offset;
    return true;
  }
  if (text_equal(text, TEXT("UTC")) || text_equal(text, TEXT("GMT")) || text_equal(text, TEXT("Etc/UTC"))) return true;
  *named = pbk_cel_zone_find(zones, text);
  if (*named) return true;
  *message = zones && zones->count ? "unknown time zone"
                                   : "a named time zone, but there is no zone data; use UTC or an offset such as '+02:00'";
  return false;
}

static pbk_time times_local(const struct cel_zones *zones, uint32_t zone, int64_t base, int64_t *first, int64_t *past) {
  int64_t from, to, offset = pbk_cel_zone_offset(zones, zone, times_floor(base, PBK_SECOND), &from, &to);
  /* Ends that 64 bits do not hold in microseconds are no ends. */
  if (!pbk_checked_multiply(from, PBK_SECOND, first)) *first = INT64_MIN;
  if (!pbk_checked_multiply(to, PBK_SECOND, past)) *past = INT64_MAX;
  return saturating_add(base, offset * PBK_SECOND);
}

int64_t pbk_cel_zoned_field(const struct cel_zones *zones, uint32_t zone, uint32_t getter, int64_t base) {
  int64_t first, past;
  return pbk_cel_calendar_field(getter, zone ? times_local(zones, zone, base, &first, &past) : base);
}

void pbk_cel_zoned_span(const struct cel_zones *zones, uint32_t zone, uint32_t getter, int64_t base, int64_t *first,
                        int64_t *past) {
  if (!zone) {
    pbk_cel_calendar_span(getter, base, first, past);
    return;
  }
  int64_t zone_first, zone_past;
  pbk_time local = times_local(zones, zone, base, &zone_first, &zone_past);
  pbk_cel_calendar_span(getter, local, first, past);
  /* Back to UTC, with the offset that holds between the zone's own ends. */
  if (*first != INT64_MIN) *first = saturating_add(base, *first - local);
  if (*past != INT64_MAX) *past = saturating_add(base, *past - local);
  if (zone_first > *first) *first = zone_first;
  if (zone_past < *past) *past = zone_past;
}

/* ---- the call ---- */

void pbk_cel_getter(struct cel_machine *machine, uint32_t getter, const struct cel_term *of, const struct cel_value *zone,
                    struct cel_term *out) {
  const struct cel_zones *zones = machine->program->zones;
  uint32_t named = 0;
  pbk_time until = of->until, base = of->value.as.integer;
  int32_t slope = of->slope;
  bool calendar = of->value.kind == CEL_TIMESTAMP;
  bool part = of->value.kind == CEL_DURATION && !zone && getter >= FUNCTION_GET_HOURS;
  if ((!calendar && !part) || (zone && zone->kind != CEL_STRING)) {
    cel_stay(out, cel_failure(pbk_cel_no_such_overload), until);
    return;
  }
  const char *message;
  int64_t offset = 0;
  if (zone && !pbk_cel_zone(zones, cel_text(zone), &named, &offset, &message)) {
    cel_stay(out, cel_failure(message), until);
    return;
  }
  base = saturating_add(base, offset);
  bool more = of->value.size != 0;
  int64_t field =
    calendar ? pbk_cel_zoned_field(zones, named, getter, base) : pbk_cel_duration_part(getter, base, more);
  cel_stay(out, cel_int(field), until);
  if (!slope) return;
  out->step = calendar ? STEP_CALENDAR : STEP_PART;
  out->slope = slope;
  out->getter = (uint8_t)getter;
  out->more = more;
  out->zone = named;
  out->zones = zones;
  out->base = base;
}
