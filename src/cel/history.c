/* cel/history.c - what a subject's events say: count, first, last and quiet, over windows half open at their older end (SPEC
 * X3). */
#include "cel/program.h"

/* How many of the times are at or before `limit`. */
static uint32_t history_until(const pbk_time *times, uint32_t count, pbk_time limit) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (times[middle] <= limit)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int64_t history_back(pbk_time at, int64_t window) {
  int64_t result;
  if (checked_subtract(at, window, &result)) return result;
  return window > 0 ? INT64_MIN : INT64_MAX;
}

int64_t pbk_cel_window_count(const pbk_time *times, uint32_t count, pbk_time at, int64_t longer, int64_t shorter) {
  uint32_t older = history_until(times, count, history_back(at, longer));
  uint32_t newer =
    shorter == NO_SHORTER_WINDOW ? history_until(times, count, at) : history_until(times, count, history_back(at, shorter));
  return newer > older ? (int64_t)newer - older : 0;
}

static void history_quiet(struct cel_machine *machine, const struct cel_series *series, int64_t window,
                          struct cel_term *out) {
  pbk_time now = machine->world->now;
  if (series->since == INT64_MAX) {
    cel_stay(out, cel_bool(false), out->until);
    return;
  }
  /* Quiet from `since` and from the last event, each plus the window; a window of nothing has no event in it. */
  pbk_time from = saturating_add(series->since, window);
  if (window > 0 && series->count) {
    pbk_time last = saturating_add(series->times[series->count - 1], window);
    if (last > from) from = last;
  }
  bool quiet = from <= now;
  cel_stay(out, cel_bool(quiet), cel_note(machine, quiet ? out->until : cel_sooner(out->until, from)));
}

void pbk_cel_history(struct cel_machine *machine, const struct cel_node *node, const struct cel_value *windows,
                     struct cel_term *out) {
  const struct cel_world *world = machine->world;
  struct cel_series series = {.since = INT64_MAX};
  pbk_time until = out->until;
  bool between = node->operation == OPERATION_COUNT_BETWEEN;
  bool one = between || node->operation == OPERATION_COUNT_SINCE || node->operation == OPERATION_QUIET;
  if ((one && windows[0].kind != CEL_DURATION) || (between && windows[1].kind != CEL_DURATION)) {
    cel_stay(out, cel_failure(pbk_cel_no_such_overload), until);
    return;
  }
  world->series(world->context, node->a, node->b, &series);
  switch (node->operation) {
    case OPERATION_COUNT: cel_stay(out, cel_int(series.count), until); return;
    case OPERATION_FIRST:
    case OPERATION_LAST:
      if (!series.count)
        cel_stay(out, cel_failure("there is no such event"), until);
      else
        cel_stay(out, cel_time(CEL_TIMESTAMP, series.times[node->operation == OPERATION_FIRST ? 0 : series.count - 1]),
                 until);
      return;
    case OPERATION_QUIET: history_quiet(machine, &series, cel_window(&windows[0]), out); return;
    default: break;
  }
  int64_t longer = cel_window(&windows[0]), shorter = between ? cel_window(&windows[1]) : NO_SHORTER_WINDOW;
  cel_stay(out, cel_int(pbk_cel_window_count(series.times, series.count, world->now, longer, shorter)), until);
  if (!machine->program->timed || !series.count) return;
  out->step = STEP_WINDOW;
  out->times = series.times;
  out->time_count = series.count;
  out->base = longer;
  out->other = shorter;
}
