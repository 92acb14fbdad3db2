/* cel/branch_jumps.c - the door's pbk_cel_evaluate: goes through the tests of the test-and-branch tier by jumps alone
 * (branches.h), first by the quickest way there is, which knows only the usual. */
#include "cel/branch_run.h"

BRANCH_INLINE const struct cel_branch *branch_at(const struct cel_branch *branch, int32_t step) {
  const void *at = (const char *)branch + step;
  return at;
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

void pbk_cel_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                      struct cel_outcome *outcome) {
  const struct cel_branch *branch = program->first_branch;
  pbk_time until = CEL_FOREVER;
  int32_t step;
  if (!branch) {
    pbk_cel_evaluate_generally(machine, program, world, outcome);
    return;
  }
  machine->looped = 0;
  for (;;) {
    uint32_t truth = branch->test(branch, world, machine);
    if (truth == branch->goes_on) {
      branch++; /* known before the answer is */
      continue;
    }
    if (truth <= TRUTH_TRUE) {
      if (truth == branch->decides) until = CEL_FOREVER;
    } else {
      if (truth < TRUTH_FALSE_FOR_NOW) break;
      truth -= TRUTH_FALSE_FOR_NOW;
      /* What decides may be outlasted by what stands behind it. */
      bool decides = truth == branch->decides;
      if (!branch->last && (decides || branch->decides == BRANCH_MANY)) break;
      if (decides || machine->holds_until < until) until = machine->holds_until;
    }
    step = branch->steps[truth];
    if (step < 0) {
      outcome->until = until;
      outcome->error = NULL;
      outcome->state = step == BRANCH_IS_TRUE; /* CEL_TRUE, CEL_FALSE */
      cel_set_bool(&outcome->value, step == BRANCH_IS_TRUE);
      return;
    }
    branch = branch_at(branch, step);
  }
  branch_go_on(machine, program, world, outcome, branch, until);
}
