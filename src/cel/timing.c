/* cel/timing.c - how terms go on while only `now` moves, and when what is asked of them changes next (SPEC X6).
 *
 * What moves continuously is a straight line, so that a comparison of two lines is solved for where they cross. What goes in
 * steps is walked from step to step, or searched where it only falls. Answers may be early, after TIMING_MOST_STEPS say, but
 * never late. */
#include "base/clock.h"
#include "cel/program.h"
#include "cel/zones.h"

enum { TIMING_MOST_STEPS = 1024, TIMING_MOST_EVENTS = 8192 };

static pbk_time timing_after(pbk_time at, uint64_t wait) {
  return wait > (uint64_t)INT64_MAX ? INT64_MAX : saturating_add(at, (int64_t)wait);
}

/* Microseconds until something that has `distance` to go, at `speed` a microsecond, is there. Both positive. */
static uint64_t timing_travel(uint64_t distance, uint64_t speed) {
  return distance / speed + (distance % speed != 0);
}

static uint64_t timing_distance(int64_t from, int64_t to) {
  return (uint64_t)to - (uint64_t)from;
}

static uint64_t timing_speed(int32_t slope) {
  return slope < 0 ? (uint64_t)(-(int64_t)slope) : (uint64_t)slope;
}

/* On which side of zero something is that is at `level`, or less than a microsecond above it. */
static int timing_level(int64_t level, bool between) {
  return level < 0 ? -1 : level > 0 || between;
}

static int64_t timing_difference(int64_t a, int64_t b) {
  int64_t result;
  if (checked_subtract(a, b, &result)) return result;
  return b < 0 ? INT64_MAX : INT64_MIN;
}

/* ---- lines ---- */

/* A line through `start` at `now`, in microseconds, and `between` two of them or not: when a comparison of it with zero comes
 * out differently. */
static pbk_time timing_crossing(pbk_time now, uint32_t binary, int64_t start, bool between, int32_t slope) {
  int direction = slope > 0 ? 1 : -1;
  uint64_t speed = timing_speed(slope);
  /* Turned so that it rises. What is between two microseconds stays so: it is never zero, and above it from zero on. */
  int64_t level = slope > 0 ? start : between ? -1 - start : start == INT64_MIN ? INT64_MAX : -start;
  bool holds = cel_holds(binary, timing_level(level, between) * direction);
  pbk_time at = now;
  while (timing_level(level, between) <= 0) {
    uint64_t wait = level == 0 ? 1 : timing_travel(timing_distance(level, 0), speed);
    if (wait > (uint64_t)INT64_MAX) return CEL_FOREVER;
    level += (int64_t)(wait * speed); /* from at most 0 to less than `speed` */
    at = timing_after(at, wait);
    if (cel_holds(binary, timing_level(level, between) * direction) != holds) return at;
  }
  return CEL_FOREVER;
}

void pbk_cel_time_arithmetic(struct cel_machine *machine, uint32_t binary, const struct cel_term *a,
                             const struct cel_term *b, struct cel_term *out) {
  pbk_time now = machine->world->now, until = cel_sooner(a->until, b->until);
  struct cel_time_sum sum;
  if (!pbk_cel_sum_times(binary, &a->value, &b->value, &sum)) {
    cel_stay(out, cel_failure(pbk_cel_no_such_overload), until);
    return;
  }
  int64_t least = sum.least, most = sum.most, result = sum.microseconds;
  int32_t slope = binary == BINARY_ADD ? a->slope + b->slope : a->slope - b->slope;
  uint64_t speed = timing_speed(slope);
  if (result < least || result > most) {
    /* It may come into range later. */
    pbk_time enters = CEL_FOREVER;
    if (slope > 0 && result < least) enters = timing_after(now, timing_travel(timing_distance(result, least), speed));
    if (slope < 0 && result > most) enters = timing_after(now, timing_travel(timing_distance(most, result), speed));
    cel_stay(out, cel_failure(pbk_cel_range), cel_note(machine, cel_loosely(machine, cel_sooner(until, enters))));
    return;
  }
  if (slope > 0) until = cel_sooner(until, timing_after(now, timing_distance(result, most) / speed + 1));
  if (slope < 0) until = cel_sooner(until, timing_after(now, timing_distance(least, result) / speed + 1));
  cel_stay(out, cel_time(sum.kind, result), cel_note(machine, until));
  out->value.size = sum.nanoseconds;
  out->slope = slope;
}

/* ---- steps ---- */

/* Where what a field is asked of stands at a later time; false when out of every range. */
static bool timing_base(const struct cel_term *term, pbk_time now, pbk_time at, int64_t *base) {
  int64_t moved;
  return pbk_checked_multiply(timing_difference(at, now), term->slope, &moved) && checked_add(term->base, moved, base);
}

static struct cel_value timing_value(const struct cel_term *term, pbk_time now, pbk_time at) {
  int64_t base;
  switch (term->step) {
    case STEP_CALENDAR:
      return timing_base(term, now, at, &base) ? cel_int(pbk_cel_zoned_field(term->zones, term->zone, term->getter, base))
                                               : term->value;
    case STEP_PART:
      return timing_base(term, now, at, &base) ? cel_int(pbk_cel_duration_part(term->getter, base, term->more)) : term->value;
    case STEP_WINDOW: return cel_int(pbk_cel_window_count(term->times, term->time_count, at, term->base, term->other));
    default: return term->value;
  }
}

/* The first time after `at` that is some event plus a window. */
static pbk_time timing_next_event(const struct cel_term *term, pbk_time at, int64_t window) {
  uint32_t low = 0, high = term->time_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (saturating_add(term->times[middle], window) <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low < term->time_count ? saturating_add(term->times[low], window) : CEL_FOREVER;
}

/* When a term that goes in steps takes the next one. */
static pbk_time timing_next(const struct cel_term *term, pbk_time now, pbk_time at) {
  if (term->step == STEP_NONE) return CEL_FOREVER;
  if (term->step == STEP_WINDOW) {
    if (term->other == NO_SHORTER_WINDOW) return term->base > 0 ? timing_next_event(term, at, term->base) : CEL_FOREVER;
    if (term->other >= term->base) return CEL_FOREVER;
    return cel_sooner(timing_next_event(term, at, term->base), timing_next_event(term, at, term->other));
  }
  int64_t base, first, past;
  if (!timing_base(term, now, at, &base)) return CEL_FOREVER;
  if (term->step == STEP_CALENDAR)
    pbk_cel_zoned_span(term->zones, term->zone, term->getter, base, &first, &past);
  else
    pbk_cel_part_span(term->getter, base, term->more, &first, &past);
  uint64_t speed = timing_speed(term->slope);
  if (term->slope > 0)
    return past == INT64_MAX ? CEL_FOREVER : timing_after(at, timing_travel(timing_distance(base, past), speed));
  return first == INT64_MIN ? CEL_FOREVER : timing_after(at, timing_travel(timing_distance(first, base) + 1, speed));
}

void pbk_cel_hold(struct cel_machine *machine, struct cel_term *term) {
  pbk_time now = machine->world ? machine->world->now : 0;
  if (term->step) {
    if (machine->program->timed) term->until = cel_sooner(term->until, timing_next(term, now, now));
  } else if (term->slope) {
    /* Used where nothing is known of how it goes on: any microsecond may change what comes of it. */
    term->until = cel_sooner(term->until, saturating_add(now, 1));
  }
  term->step = STEP_NONE;
  term->slope = 0;
  cel_note(machine, cel_loosely(machine, term->until));
}

static bool timing_truth(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b,
                         pbk_time at) {
  pbk_time now = machine->world->now;
  struct cel_value left = timing_value(a, now, at);
  if (binary == BINARY_IN) {
    int64_t fuel = machine->fuel; /* telling when is not what the condition pays for */
    machine->fuel = CEL_FUEL;
    bool in = pbk_cel_contains(machine, &left, &b->value).as.integer != 0;
    machine->fuel = fuel;
    return in;
  }
  struct cel_value right = timing_value(b, now, at);
  return cel_holds(binary, pbk_cel_compare_numbers(&left, &right));
}

/* A count in one window against what stays: it only falls, so that its order against that is searched, not walked. When the
 * event at index i has left, time_count - i - 1 are still in the window, or fewer where others happened at the same time. */
static pbk_time timing_falling(uint32_t binary, const struct cel_term *a, const struct cel_term *b) {
  const struct cel_term *count = a->step ? a : b;
  const struct cel_value *other = a->step ? &b->value : &a->value;
  /* Turned so that the count stands on the left. */
  int turn = a->step ? 1 : -1;
  int order = pbk_cel_compare_numbers(&count->value, other);
  bool holds = cel_holds(binary, order == 2 ? 2 : order * turn);
  uint32_t left = count->time_count - (uint32_t)count->value.as.integer;
  while (left < count->time_count) {
    uint32_t low = left, high = count->time_count;
    while (low < high) {
      uint32_t middle = low + (high - low) / 2;
      struct cel_value value = cel_int((int64_t)count->time_count - middle - 1);
      if (pbk_cel_compare_numbers(&value, other) == order)
        low = middle + 1;
      else
        high = middle;
    }
    if (low == count->time_count) return CEL_FOREVER;
    left = low + 1;
    while (left < count->time_count && count->times[left] == count->times[low]) left++;
    struct cel_value value = cel_int((int64_t)count->time_count - left);
    order = pbk_cel_compare_numbers(&value, other);
    if (cel_holds(binary, order == 2 ? 2 : order * turn) != holds) return saturating_add(count->times[low], count->base);
  }
  return CEL_FOREVER;
}

/* When the zone of a calendar field next changes what it is ahead of UTC. */
static pbk_time timing_zone_end(const struct cel_term *term, pbk_time now, pbk_time at) {
  int64_t base, first, past;
  if (!term->zone || !timing_base(term, now, at, &base)) return CEL_FOREVER;
  pbk_cel_zone_offset(term->zones, term->zone, base / PBK_SECOND - (base % PBK_SECOND < 0), &first, &past);
  /* Only for what moves as fast as time. */
  if (term->slope > 0)
    return pbk_checked_multiply(past, PBK_SECOND, &past) ? timing_after(at, timing_distance(base, past)) : CEL_FOREVER;
  return pbk_checked_multiply(first, PBK_SECOND, &first) ? timing_after(at, timing_distance(first, base) + 1) : CEL_FOREVER;
}

/* After how many steps a field of something that moves as fast as time has had all its values; 0 when that is not fixed. */
static uint32_t timing_round(const struct cel_term *term) {
  if (term->step != STEP_CALENDAR || timing_speed(term->slope) != 1) return 0;
  switch (term->getter) {
    case FUNCTION_GET_MONTH: return 12;
    case FUNCTION_GET_DAY_OF_WEEK: return 7;
    case FUNCTION_GET_HOURS: return 24;
    case FUNCTION_GET_MINUTES:
    case FUNCTION_GET_SECONDS: return 60;
    case FUNCTION_GET_MILLISECONDS: return 1000;
    default: return 0;
  }
}

static pbk_time timing_walk(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b,
                            pbk_time until) {
  pbk_time now = machine->world->now, at = now;
  bool holds = timing_truth(machine, binary, a, b, now);
  /* Against what does not change any more, once round is enough. */
  bool left_stays = timing_next(a, now, now) >= until, right_stays = timing_next(b, now, now) >= until;
  uint32_t round = right_stays ? timing_round(a) : left_stays ? timing_round(b) : 0;
  uint32_t most = a->step == STEP_WINDOW || b->step == STEP_WINDOW ? TIMING_MOST_EVENTS : TIMING_MOST_STEPS;
  const struct cel_term *moving = right_stays ? a : b;
  bool zoned = round && moving->zone;
  if (round && !zoned) most = round;
  uint32_t turned = 0;
  pbk_time zone_end = zoned ? timing_zone_end(moving, now, now) : CEL_FOREVER;
  for (uint32_t i = 0; i < most; i++) {
    /* In a zone, once round is enough until its clock is put forward or back. */
    at = zoned && turned++ == round ? zone_end : cel_sooner(timing_next(a, now, at), timing_next(b, now, at));
    if (zoned && at >= zone_end) {
      zone_end = timing_zone_end(moving, now, at);
      turned = 0;
    }
    if (at >= until) return until;
    if (machine->walks == 0) return cel_loosely(machine, at);
    machine->walks--;
    if (timing_truth(machine, binary, a, b, at) != holds) return at;
  }
  return round && !zoned ? until : cel_loosely(machine, at);
}

static pbk_time timing_stays(struct cel_machine *machine, uint32_t binary, const struct cel_term *a,
                             const struct cel_term *b) {
  pbk_time until = cel_sooner(a->until, b->until);
  if (!machine->program->timed) return until;
  pbk_time now = machine->world->now;
  if (a->step || b->step) {
    bool moves = (!a->step && a->slope) || (!b->step && b->slope);
    if (binary == BINARY_IN) {
      if (b->step || moves || !(pbk_cel_is_list(&b->value) || pbk_cel_is_map(&b->value))) return until;
    } else if (moves || !cel_is_number(&a->value) || !cel_is_number(&b->value)) {
      return until; /* of different types, now and later */
    } else if (pbk_cel_windows_stay(machine, binary, a, b, &until)) {
      return until;
    } else {
      const struct cel_term *step = a->step ? a : b, *other = a->step ? b : a;
      if (!other->step && step->step == STEP_WINDOW && step->other == NO_SHORTER_WINDOW) {
        if (step->base <= 0) return until;
        if (step->times[step->time_count - 1] <= now) return cel_sooner(until, timing_falling(binary, a, b));
      }
    }
    return timing_walk(machine, binary, a, b, until);
  }
  if (binary == BINARY_IN) return cel_loosely(machine, cel_sooner(until, saturating_add(now, 1)));
  if (a->value.kind != b->value.kind || a->slope == b->slope) return until;
  int64_t start = timing_difference(a->value.as.integer, b->value.as.integer);
  if (a->value.size < b->value.size) start = saturating_add(start, -1);
  bool between = a->value.size != b->value.size;
  return cel_sooner(until, timing_crossing(now, binary, start, between, a->slope - b->slope));
}

pbk_time pbk_cel_stays(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b) {
  return cel_note(machine, timing_stays(machine, binary, a, b));
}
