/* cel/branch_times.c - the test-and-branch tier's tests of time, events and membership: see branches.h. */
#include "cel/branch_run.h"

/* `now` against a constant, which is behind it or not for ever. */
BRANCH_INLINE struct branch_answer branch_now(const struct cel_branch *branch, pbk_time now, bool timed) {
  pbk_time other = branch->with.integer;
  bool holds = branch_holds(branch->detail, (now > other) - (now < other));
  if (now > other || !timed) return branch_stays(holds);
  if (now < other && branch_holds(branch->detail, 0) != holds) return (struct branch_answer){other, holds};
  if (branch_holds(branch->detail, 1) != holds) return (struct branch_answer){saturating_add(other, 1), holds};
  return branch_stays(holds);
}

/* A field of `now` in UTC. */
BRANCH_INLINE struct branch_answer branch_clock_of(const struct cel_branch *branch, uint32_t getter, pbk_time now,
                                                   bool timed) {
  /* Made not negative by whole weeks, which change nothing of what day of the week or hour it is. */
  const int64_t past = INT64_C(604800000000) * 103000;
  uint64_t time = (uint64_t)(now + past), count, units;
  int64_t unit;
  switch (getter) {
    case FUNCTION_GET_DAY_OF_WEEK:
      unit = INT64_C(86400000000);
      units = time / UINT64_C(86400000000);
      count = (units + 4) % 7; /* 1970 began on a Thursday */
      break;
    case FUNCTION_GET_HOURS:
      unit = INT64_C(3600000000);
      units = time / UINT64_C(3600000000);
      count = units % 24;
      break;
    case FUNCTION_GET_MINUTES:
      unit = INT64_C(60000000);
      units = time / UINT64_C(60000000);
      count = units % 60;
      break;
    default:
      unit = INT64_C(1000000);
      units = time / UINT64_C(1000000);
      count = units % 60;
      break;
  }
  uint32_t step = branch->with.steps[count];
  if (step < 2 || !timed) return branch_stays(step & 1);
  return (struct branch_answer){(int64_t)(units + step / 2) * unit - past, step & 1};
}

/* A moment or span that moves by `slope`, until it leaves the range of its kind. */
struct branch_term {
  uint32_t kind;
  int32_t slope;
  int64_t value;
  pbk_time until;
};

static bool branch_moment(const struct cel_world *world, const struct branch_moment *moment, struct branch_term *term) {
  struct cel_value value;
  struct cel_series series = {.since = INT64_MAX};
  term->until = CEL_FOREVER;
  term->slope = 0;
  switch (moment->kind) {
    case MOMENT_NOW:
      term->kind = CEL_TIMESTAMP;
      term->value = world->now;
      term->slope = 1;
      return true;
    case MOMENT_CONSTANT:
      term->kind = moment->constant.kind;
      term->value = moment->constant.as.integer;
      return true;
    case MOMENT_FIELD:
      if (!world->field(world->context, moment->slot, &value)) return false;
      term->kind = value.kind;
      term->value = value.as.integer;
      return (value.kind == CEL_TIMESTAMP || value.kind == CEL_DURATION) && value.size == 0;
    default:
      world->series(world->context, moment->slot, moment->number, &series);
      if (!series.count) return false;
      term->kind = CEL_TIMESTAMP;
      term->value = series.times[moment->kind == MOMENT_FIRST ? 0 : series.count - 1];
      return true;
  }
}

/* As pbk_cel_time_arithmetic and its like without motion have it; false for whatever fails there. */
static bool branch_side(const struct cel_world *world, const struct branch_side *side, struct branch_term *term) {
  if (!branch_moment(world, &side->left, term)) return false;
  if (side->binary == BINARY_EQUAL) return true;
  struct branch_term right;
  if (!branch_moment(world, &side->right, &right)) return false;
  struct cel_value first = cel_time(term->kind, term->value), second = cel_time(right.kind, right.value);
  struct cel_time_sum sum;
  if (!pbk_cel_sum_times(side->binary, &first, &second, &sum)) return false;
  int64_t result = sum.microseconds, least = sum.least, most = sum.most;
  bool add = side->binary == BINARY_ADD;
  if (result < least || result > most) return false;
  term->slope += add ? right.slope : -right.slope;
  pbk_time now = world->now;
  if (term->slope > 0) term->until = saturating_add(now, most - result + 1);
  if (term->slope < 0) term->until = saturating_add(now, result - least + 1);
  term->value = result;
  term->kind = sum.kind;
  return term->slope >= -1 && term->slope <= 1;
}

static struct branch_answer branch_times(const struct cel_world *world, const struct cel_branch *branch, bool timed) {
  struct branch_term left, right;
  const struct branch_times *times = branch->with.times;
  if (!branch_side(world, &times->left, &left) || !branch_side(world, &times->right, &right) || left.kind != right.kind)
    return branch_stays(TRUTH_UNFIT);
  int64_t ahead;
  int32_t slope = left.slope - right.slope;
  if (slope > 1 || slope < -1 || !checked_subtract(left.value, right.value, &ahead) || ahead == INT64_MIN)
    return branch_stays(TRUTH_UNFIT);
  bool holds = cel_holds(branch->detail, (ahead > 0) - (ahead < 0));
  pbk_time until = cel_sooner(left.until, right.until), now = world->now;
  /* On its way to nothing, it is there first, and past it a microsecond later. */
  int64_t away = slope > 0 ? -ahead : ahead;
  if (timed && slope && away >= 0) {
    if (away > 0 && cel_holds(branch->detail, 0) != holds)
      until = cel_sooner(until, saturating_add(now, away));
    else if (cel_holds(branch->detail, slope) != holds)
      until = cel_sooner(until, saturating_add(saturating_add(now, away), 1));
  }
  return (struct branch_answer){until, holds};
}

static struct branch_answer branch_count(const struct cel_world *world, const struct cel_branch *branch) {
  struct cel_series series = {.since = INT64_MAX};
  world->series(world->context, branch->slot, branch->number, &series);
  int64_t count = series.count, other = branch->with.integer;
  return branch_stays(branch_holds(branch->detail, (count > other) - (count < other)));
}

/* The events of a window can only leave it: which of them will take the count to `other`, and which below, is known. */
static struct branch_answer branch_window(const struct cel_world *world, const struct cel_branch *branch, bool timed) {
  struct cel_series series = {.since = INT64_MAX};
  pbk_time now = world->now, limit;
  world->series(world->context, branch->slot, branch->number, &series);
  const pbk_time *times = series.times;
  uint32_t total = series.count;
  if (!checked_subtract(now, branch->window, &limit) || (total && times[total - 1] > now))
    return branch_stays(TRUTH_UNFIT);
  uint32_t gone = branch_events_until(times, total, limit);
  int64_t count = (int64_t)total - gone, other = branch->with.integer;
  int order = (count > other) - (count < other);
  bool holds = branch_holds(branch->detail, order);
  if (!timed || count == 0 || other < 0 || order < 0) return branch_stays(holds);
  if (order > 0) {
    /* The event whose leaving takes the count to `other`, or below it together with others of its time. */
    uint32_t last = total - (uint32_t)other - 1;
    pbk_time leaves = times[last];
    while (last + 1 < total && times[last + 1] == leaves) last++;
    order = (int64_t)total - last - 1 == other ? 0 : -1;
    if (branch_holds(branch->detail, order) != holds)
      return (struct branch_answer){saturating_add(leaves, branch->window), holds};
    gone = last + 1;
    if (order < 0 || gone == total) return branch_stays(holds);
  }
  if (branch_holds(branch->detail, -1) == holds) return branch_stays(holds);
  return (struct branch_answer){saturating_add(times[gone], branch->window), holds};
}

static struct branch_answer branch_quiet(const struct cel_world *world, const struct cel_branch *branch) {
  struct cel_series series = {.since = INT64_MAX};
  world->series(world->context, branch->slot, branch->number, &series);
  if (series.since == INT64_MAX) return branch_stays(TRUTH_FALSE);
  pbk_time from = saturating_add(series.since, branch->window);
  if (branch->window > 0 && series.count) {
    pbk_time last = saturating_add(series.times[series.count - 1], branch->window);
    if (last > from) from = last;
  }
  if (from <= world->now) return branch_stays(TRUTH_TRUE);
  return (struct branch_answer){from, TRUTH_FALSE};
}

/* ---- any of them ---- */

struct branch_answer pbk_cel_branch_test_of_time(const struct cel_world *world, const struct cel_branch *branch, bool timed) {
  switch (branch->operation) {
    case BRANCH_NOW: return branch_now(branch, world->now, timed);
    case BRANCH_TIMES: return branch_times(world, branch, timed);
    case BRANCH_COUNT: return branch_count(world, branch);
    case BRANCH_WINDOW: return branch_window(world, branch, timed);
    case BRANCH_QUIET: return branch_quiet(world, branch);
    case BRANCH_COUNTS: return pbk_cel_branch_counts(world, branch, timed);
    case BRANCH_CLOCK: return branch_clock_of(branch, branch->detail, world->now, timed);
    default: return branch_stays(world->member(world->context, branch->slot, branch->number)); /* BRANCH_MEMBER */
  }
}

/* ---- the quickest ways ---- */

/* `now` past what it is compared with stays so. */
static void quick_now(BRANCH_TEST_ARGUMENTS) {
  pbk_time now = world->now;
  if (!time_in_range(now)) pbk_cel_branch_go_on(branch, world, machine, outcome);
  else if (now > branch->with.integer) branch_next(branch, world, machine, outcome, branch_holds(branch->detail, 1));
  else pbk_cel_branch_answered_for_now(branch, world, machine, outcome, branch_now(branch, now, true));
}

static void quick_weekday(BRANCH_TEST_ARGUMENTS) {
  if (!time_in_range(world->now)) pbk_cel_branch_go_on(branch, world, machine, outcome);
  else pbk_cel_branch_answered_for_now(branch, world, machine, outcome,
                                       branch_clock_of(branch, FUNCTION_GET_DAY_OF_WEEK, world->now, true));
}

static void quick_window(BRANCH_TEST_ARGUMENTS) {
  if (!time_in_range(world->now)) pbk_cel_branch_go_on(branch, world, machine, outcome);
  else pbk_cel_branch_answered_for_now(branch, world, machine, outcome, branch_window(world, branch, true));
}

static void quick_time(BRANCH_TEST_ARGUMENTS) {
  if (!time_in_range(world->now)) pbk_cel_branch_go_on(branch, world, machine, outcome);
  else pbk_cel_branch_answered_for_now(branch, world, machine, outcome, pbk_cel_branch_test_of_time(world, branch, true));
}

static void quick_member(BRANCH_TEST_ARGUMENTS) {
  branch_next(branch, world, machine, outcome, world->member(world->context, branch->slot, branch->number));
}

/* Where nobody asks until when. */
static void quick_whether(BRANCH_TEST_ARGUMENTS) {
  struct branch_answer answer = {CEL_FOREVER, TRUTH_UNFIT};
  if (time_in_range(world->now)) answer = pbk_cel_branch_test_of_time(world, branch, false);
  if (answer.until != CEL_FOREVER) pbk_cel_branch_go_on(branch, world, machine, outcome);
  else branch_next(branch, world, machine, outcome, answer.truth);
}

branch_test *pbk_cel_branch_quickest_of_time(const struct cel_branch *branch, bool timed) {
  if (branch->operation == BRANCH_MEMBER) return quick_member;
  if (!timed) return quick_whether;
  switch (branch->operation) {
    case BRANCH_NOW: return quick_now;
    case BRANCH_CLOCK: return branch->detail == FUNCTION_GET_DAY_OF_WEEK ? quick_weekday : quick_time;
    case BRANCH_WINDOW: return quick_window;
    default: return quick_time;
  }
}
