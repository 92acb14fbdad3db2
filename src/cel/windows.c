/* cel/windows.c - when counts over windows next compare differently, without walking from event to event (SPEC X6).
 *
 * An event enters a window that ends before `now`, and leaves every window at its older end. Each moves the count by one, so
 * that a comparison that hangs on a difference of `d` cannot come out differently before `d` events have moved it; then the
 * counts are looked at again. */
#include "cel/program.h"

/* Events that pass one end of a window as time goes on. */
struct windows_stream {
  const pbk_time *times;
  uint32_t count;
  int64_t behind; /* an event passes this long after it happened */
};

/* Those that raise the difference of two counts, and those that lower it. */
struct windows_flow {
  struct windows_stream streams[2];
  uint32_t count;
};

static void windows_add(struct windows_flow *flow, const struct cel_term *term, int64_t behind) {
  flow->streams[flow->count++] = (struct windows_stream){term->times, term->time_count, behind};
}

/* How many of a stream have passed at a time. */
static uint32_t windows_passed(const struct windows_stream *stream, pbk_time at) {
  uint32_t low = 0, high = stream->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (saturating_add(stream->times[middle], stream->behind) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* A time before which no `needed` events of a flow can have passed since `at`: one of its streams has to bring its share. */
static pbk_time windows_soonest(const struct windows_flow *flow, pbk_time at, uint64_t needed) {
  pbk_time soonest = CEL_FOREVER;
  if (needed == 0 || flow->count == 0) return soonest;
  uint64_t share = (needed + flow->count - 1) / flow->count;
  for (uint32_t i = 0; i < flow->count; i++) {
    const struct windows_stream *stream = &flow->streams[i];
    uint64_t place = windows_passed(stream, at) + share - 1;
    if (place < stream->count) soonest = cel_sooner(soonest, saturating_add(stream->times[place], stream->behind));
  }
  return soonest;
}

/* How far a difference has to rise (direction 1) or fall (-1) for the comparison to come out differently; 0: it cannot. */
static uint64_t windows_needed(uint32_t binary, int64_t difference, int direction) {
  bool holds = cel_holds(binary, (difference > 0) - (difference < 0));
  uint64_t away = difference < 0 ? (uint64_t)-difference : (uint64_t)difference;
  bool toward = difference != 0 && (difference < 0) == (direction > 0);
  if (toward && cel_holds(binary, 0) != holds) return away;
  if ((toward || difference == 0) && cel_holds(binary, direction) != holds) return away + 1;
  return 0;
}

static int64_t windows_value(const struct cel_term *term, pbk_time at) {
  if (term->step != STEP_WINDOW) return term->value.as.integer;
  return pbk_cel_window_count(term->times, term->time_count, at, term->base, term->other);
}

static bool windows_plain(const struct cel_term *term, pbk_time now) {
  if (term->value.kind != CEL_INT) return false;
  if (term->step != STEP_WINDOW) return !term->step && !term->slope;
  bool ordered = term->other == NO_SHORTER_WINDOW ? term->base > 0 : term->other >= 0 && term->base > term->other;
  return ordered && term->times[term->time_count - 1] <= now; /* what has not happened yet would enter, too */
}

bool pbk_cel_windows_stay(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b,
                          pbk_time *until) {
  pbk_time now = machine->world->now, at = now;
  int64_t difference;
  if (!windows_plain(a, now) || !windows_plain(b, now)) return false;
  if (!checked_subtract(a->value.as.integer, b->value.as.integer, &difference) || difference == INT64_MIN) return false;
  bool holds = cel_holds(binary, (difference > 0) - (difference < 0));
  struct windows_flow rising = {.count = 0}, falling = {.count = 0};
  if (a->step && a->other != NO_SHORTER_WINDOW) windows_add(&rising, a, a->other);
  if (b->step) windows_add(&rising, b, b->base);
  if (a->step) windows_add(&falling, a, a->base);
  if (b->step && b->other != NO_SHORTER_WINDOW) windows_add(&falling, b, b->other);
  for (;;) {
    at = cel_sooner(windows_soonest(&rising, at, windows_needed(binary, difference, 1)),
                    windows_soonest(&falling, at, windows_needed(binary, difference, -1)));
    if (at >= *until) return true;
    if (machine->walks == 0) {
      machine->loose = true;
      break;
    }
    machine->walks--;
    if (!checked_subtract(windows_value(a, at), windows_value(b, at), &difference) || difference == INT64_MIN) break;
    if (cel_holds(binary, (difference > 0) - (difference < 0)) != holds) break;
  }
  *until = at;
  return true;
}
