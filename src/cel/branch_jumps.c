/* cel/branch_jumps.c - the door's pbk_cel_evaluate: goes through the tests of the test-and-branch tier by jumps alone
 * (branches.h), first by the quickest way there is, which knows only the usual. */
#include "cel/branch_run.h"

BRANCH_INLINE const struct cel_branch *branch_at(const struct cel_branch *branch, int32_t step) {
  const void *at = (const char *)branch + step;
  return at;
}

/* all and exists over a list, by a simple test. */
BRANCH_INLINE uint32_t branch_simple_loop(struct cel_machine *machine, const struct cel_branch *loop,
                                          const pbk_value *range) {
  const struct cel_branch *body = loop + 1;
  uint32_t absorbing = loop->operation == BRANCH_EXISTS;
  if (!loop->simple || range->kind != PBK_LIST || range->size > BRANCH_MOST_ITEMS) return TRUTH_UNFIT;
  uint32_t looped = machine->looped + range->size * body->cost;
  if (looped > CEL_WALKS / 2) return TRUTH_UNFIT;
  machine->looped = looped;
  const pbk_value *item = range->as.items, *end = item + range->size;
  for (; item < end; item++) {
    uint32_t truth = branch_test_of_value(body, item);
    if (truth == !absorbing) continue;
    return truth == absorbing ? absorbing : TRUTH_UNFIT;
  }
  return !absorbing;
}

/* Goes on from a test in a way that takes whatever comes: fetches what is not shown, goes on behind what fails, asks the
 * general evaluator about single tests. */
BRANCH_SELDOM void branch_go_on(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                                struct cel_outcome *outcome, const struct cel_branch *branch, pbk_time until) {
  const char *failed_message = NULL;
  uint32_t failed_node = NO_NODE;
  struct branch_run run;
  if (!time_in_range(world->now)) {
    pbk_cel_evaluate_generally(machine, program, world, outcome);
    return;
  }
  pbk_cel_branch_begin(&run, machine, program, world);
  run.spent = machine->looped;
  for (int32_t step;; branch = branch_at(branch, step)) {
    struct branch_answer answer = pbk_cel_branch_test(&run, branch);
    bool decides = answer.truth == branch->decides, many = branch->decides == BRANCH_MANY;
    if (answer.truth == TRUTH_UNSURE || (answer.truth == TRUTH_FAILED && many)) break;
    if (answer.until != CEL_FOREVER) {
      /* What decides may be outlasted by what stands behind it. */
      if (answer.truth != TRUTH_FAILED && (!run.timed || (!branch->last && (decides || many)))) break;
      if (decides || answer.until < until) until = answer.until;
    } else if (decides) {
      until = CEL_FOREVER;
    }
    step = branch->steps[answer.truth == TRUTH_FAILED ? !branch->decides : answer.truth];
    if (answer.truth == TRUTH_FAILED && !failed_message) {
      failed_message = run.failed_message;
      failed_node = run.failed_node;
    }
    if (step >= 0) continue;
    if (run.prepared && (machine->fuel < 0 || machine->walks < CEL_WALKS_ASIDE + BRANCH_MOST_COST)) break;
    outcome->until = until;
    if (failed_message && !decides) {
      pbk_cel_branch_prepare(&run);
      outcome->state = CEL_ERROR;
      outcome->error = pbk_cel_explain(machine, failed_message, failed_node);
      outcome->value = (struct cel_value){.kind = CEL_NULL};
    } else {
      outcome->state = step == BRANCH_IS_TRUE ? CEL_TRUE : CEL_FALSE;
      outcome->error = NULL;
      cel_set_bool(&outcome->value, step == BRANCH_IS_TRUE);
    }
    return;
  }
  pbk_cel_branch_by_groups(&run, outcome);
}

/* The usual needs no call but of what goes on otherwise, and so hardly any registers saved. */
void pbk_cel_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                      struct cel_outcome *outcome) {
  const struct cel_branch *branch = program->first_branch;
  const struct named_value *entries = NULL;
  pbk_time until = CEL_FOREVER;
  uint32_t count = 0;
  int32_t step;
  if (!branch) {
    pbk_cel_evaluate_generally(machine, program, world, outcome);
    return;
  }
  if (world->shown_count && world->shown->slot == program->shown_slot) {
    entries = world->shown->entries;
    count = world->shown->count;
  }
  machine->looped = 0;
  for (;;) {
    struct branch_answer answer;
    const pbk_value *json;
    if (branch->load == LOAD_DIRECT) {
      uint32_t place = machine->places[branch->place];
      if (place >= count || entries[place].name != branch->number) goto unusual;
      json = &entries[place].value;
    } else if (branch->load == LOAD_FIELD) {
      json = cel_shown_field(world, branch->slot);
      if (!json || branch->member) goto unusual;
    } else {
      bool clock = branch->operation == BRANCH_CLOCK;
      if (!(clock || branch->operation == BRANCH_NOW) || !time_in_range(world->now)) goto unusual;
      answer = clock ? branch_clock(branch, world->now, program->timed) : branch_now(branch, world->now, program->timed);
      bool decides = answer.truth == branch->decides;
      if (answer.until != CEL_FOREVER) {
        if (!program->timed || (!branch->last && (decides || branch->decides == BRANCH_MANY))) goto unusual;
        if (decides || answer.until < until) until = answer.until;
      } else if (decides) {
        until = CEL_FOREVER;
      }
      step = branch->steps[answer.truth];
      if (step < 0) break;
      branch = branch_at(branch, step);
      continue;
    }
    answer.truth = branch->operation < BRANCH_FIRST_OF_TIME ? branch_test_of_value(branch, json)
                                                            : branch_simple_loop(machine, branch, json);
    if (answer.truth == branch->goes_on) {
      branch++; /* known before the answer is */
      continue;
    }
    if (answer.truth > TRUTH_TRUE) goto unusual;
    step = branch->steps[answer.truth];
    if (step < 0) {
      if (answer.truth == branch->decides) until = CEL_FOREVER;
      break;
    }
    branch = branch_at(branch, step);
  }
  outcome->state = step == BRANCH_IS_TRUE; /* CEL_TRUE, CEL_FALSE */
  outcome->until = until;
  outcome->error = NULL;
  cel_set_bool(&outcome->value, step == BRANCH_IS_TRUE);
  return;
unusual:
  branch_go_on(machine, program, world, outcome, branch, until);
}
