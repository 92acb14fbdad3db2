/* cel/branch_counts.c - the test-and-branch tier's comparisons of counts of events, in windows or without, added up and multiplied by
 * constants: `2 * events("a").count(days(7)) < events("a").count(days(14), days(7))`. See branches.h.
 *
 * All of it is brought to one side: a sum of counts, each with a factor, compared with 0. As time goes on events enter windows that end
 * before now and leave windows at their older end, and each moves the sum by a known step; so the time at which the comparison comes out
 * differently is found by going from one such event to the next. */
#include "cel/branch_run.h"

enum { COUNTS_MOST_FACTOR = 1000000, COUNTS_MOST_STEPS = 128 };
#define COUNTS_MOST_WINDOW (INT64_MAX / 4) /* added to a time it stays in range */

/* ---- laying out ---- */

static const struct cel_value *counts_constant(const struct cel_program *program, uint32_t at, uint32_t kind) {
  const struct cel_node *node = &program->nodes.items[at];
  if (node->operation != OPERATION_CONSTANT) return NULL;
  const struct cel_value *constant = &program->constants.items[node->a];
  return constant->kind == kind ? constant : NULL;
}

static bool counts_small(int64_t number) { return number >= -COUNTS_MOST_FACTOR && number <= COUNTS_MOST_FACTOR; }

static bool counts_window(const struct cel_program *program, uint32_t at, int64_t *window) {
  const struct cel_value *constant = counts_constant(program, at, CEL_DURATION);
  if (!constant || constant->size) return false; /* no part of a microsecond */
  *window = constant->as.integer;
  return true;
}

static bool counts_tally(const struct cel_program *program, const struct cel_node *node, int64_t factor, struct branch_counts *counts) {
  if (counts->count == BRANCH_MOST_TALLIES) return false;
  struct branch_tally tally = {.slot = node->a, .number = node->b, .longer = BRANCH_ALL_EVENTS, .factor = factor};
  if (node->operation != OPERATION_COUNT && !counts_window(program, node->c, &tally.longer)) return false;
  if (node->operation == OPERATION_COUNT_BETWEEN && !counts_window(program, node->d, &tally.shorter)) return false;
  if (tally.shorter < 0 || tally.longer <= tally.shorter) return false;
  if (tally.longer > COUNTS_MOST_WINDOW && tally.longer != BRANCH_ALL_EVENTS) return false;
  counts->tallies[counts->count++] = tally;
  return true;
}

/* Adds what stands at a node, `factor` times. */
static bool counts_add(const struct cel_program *program, uint32_t at, int64_t factor, struct branch_counts *counts) {
  const struct cel_node *node = &program->nodes.items[at];
  const struct cel_value *constant = counts_constant(program, at, CEL_INT);
  if (!counts_small(factor)) return false;
  if (constant) {
    if (!counts_small(constant->as.integer)) return false;
    counts->rest += factor * constant->as.integer;
    return true;
  }
  switch (node->operation) {
    case OPERATION_COUNT:
    case OPERATION_COUNT_SINCE:
    case OPERATION_COUNT_BETWEEN: return counts_tally(program, node, factor, counts);
    case OPERATION_BINARY: break;
    default: return false;
  }
  const struct cel_value *left = counts_constant(program, node->a, CEL_INT), *right = counts_constant(program, node->b, CEL_INT);
  switch (node->detail) {
    case BINARY_ADD: return counts_add(program, node->a, factor, counts) && counts_add(program, node->b, factor, counts);
    case BINARY_SUBTRACT: return counts_add(program, node->a, factor, counts) && counts_add(program, node->b, -factor, counts);
    case BINARY_MULTIPLY:
      if (left && counts_small(left->as.integer)) return counts_add(program, node->b, factor * left->as.integer, counts);
      if (right && counts_small(right->as.integer)) return counts_add(program, node->a, factor * right->as.integer, counts);
      return false;
    default: return false;
  }
}

bool pbk_cel_branch_counts_compile(struct cel_program *program, const struct cel_node *node, struct cel_branch *branch) {
  struct branch_counts counts = {.count = 0};
  if (!counts_add(program, node->a, 1, &counts) || !counts_add(program, node->b, -1, &counts) || counts.count == 0) return false;
  struct branch_counts *kept = pbk_arena_allocate(&program->arena, sizeof *kept);
  *kept = counts;
  branch->operation = BRANCH_COUNTS;
  branch->detail = branch_orders(node->detail);
  branch->with.counts = kept;
  branch->cost += 24 * counts.count;
  return true;
}

/* ---- testing ---- */

/* Events that pass one end of a window, the next of them first. */
struct counts_end {
  const pbk_time *next, *past;
  int64_t behind; /* an event passes this long after it happened */
  int64_t step;   /* what its passing does to the sum */
};

static const pbk_time *counts_after(const pbk_time *times, uint32_t count, pbk_time limit) {
  return times + branch_events_until(times, count, limit);
}

static bool counts_holds(const struct cel_branch *branch, int64_t sum) { return branch_holds(branch->detail, (sum > 0) - (sum < 0)); }

/* When the comparison next comes out differently; or a time before that, if it takes long to find. */
static pbk_time counts_until(const struct cel_branch *branch, struct counts_end *ends, uint32_t count, int64_t sum, pbk_time enough) {
  bool holds = counts_holds(branch, sum);
  for (uint32_t steps = 0;; steps++) {
    pbk_time at = CEL_FOREVER;
    for (uint32_t i = 0; i < count; i++)
      if (ends[i].next < ends[i].past) at = cel_sooner(at, *ends[i].next + ends[i].behind);
    if (at == CEL_FOREVER || at >= enough || steps == COUNTS_MOST_STEPS) return at;
    for (uint32_t i = 0; i < count; i++)
      for (; ends[i].next < ends[i].past && *ends[i].next + ends[i].behind <= at; ends[i].next++) sum += ends[i].step;
    if (counts_holds(branch, sum) != holds) return at;
  }
}

struct branch_answer pbk_cel_branch_counts(const struct cel_world *world, const struct cel_branch *branch, bool timed) {
  const struct branch_counts *counts = branch->with.counts;
  struct counts_end ends[BRANCH_MOST_TALLIES * 2];
  uint32_t count = 0;
  int64_t sum = counts->rest, least = sum, most = sum; /* what it may come to */
  pbk_time now = world->now;
  struct cel_series series = {.since = INT64_MAX};
  for (uint32_t i = 0; i < counts->count; i++) {
    const struct branch_tally *tally = &counts->tallies[i];
    bool known = i > 0 && tally->slot == tally[-1].slot && tally->number == tally[-1].number;
    if (!known) {
      series = (struct cel_series){.since = INT64_MAX};
      world->series(world->context, tally->slot, tally->number, &series);
    }
    if (series.count == 0) continue;
    const pbk_time *past = series.times + series.count, *older = series.times, *newer = past;
    if (past[-1] > now || !time_in_range(series.times[0])) return branch_stays(TRUTH_UNFIT);
    if (counts->count == 1) { /* no window holds more than all */
      int64_t all = sum + tally->factor * series.count;
      if ((sum < 0 && all < 0) || (sum > 0 && all > 0)) return branch_stays(counts_holds(branch, sum));
    }
    if (tally->longer != BRANCH_ALL_EVENTS) {
      older = counts_after(series.times, series.count, now - tally->longer);
      ends[count++] = (struct counts_end){older, past, tally->longer, -tally->factor};
    }
    if (tally->shorter > 0) {
      newer = counts_after(older, (uint32_t)(past - older), now - tally->shorter);
      ends[count++] = (struct counts_end){newer, past, tally->shorter, tally->factor};
    }
    sum += tally->factor * (newer - older);
    /* None to all of those that have not left it yet. */
    if (tally->factor > 0) most += tally->factor * (past - older);
    else least += tally->factor * (past - older);
  }
  bool holds = counts_holds(branch, sum);
  if (!timed || count == 0 || least > 0 || most < 0) return branch_stays(holds);
  pbk_time enough = world->armed ? world->armed_at : CEL_FOREVER;
  return (struct branch_answer){counts_until(branch, ends, count, sum, enough), holds};
}
