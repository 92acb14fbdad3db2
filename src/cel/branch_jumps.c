/* cel/branch_jumps.c - the door's pbk_cel_evaluate: goes through the tests of the test-and-branch tier by jumps alone
 * (branches.h), first by the quickest way there is, which knows only the usual. */
#include "cel/branch_run.h"

/* Goes on from a test in a way that takes whatever comes: fetches what is not shown, goes on behind what fails, asks the
 * general evaluator about single tests. */
void pbk_cel_branch_go_on(const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,
                          struct cel_outcome *outcome) {
  const struct cel_program *program = machine->program;
  pbk_time until = machine->holds_until;
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
    bool ends = answer.truth == TRUTH_FAILED && run.prevents;
    if (ends && run.timed && answer.until != CEL_FOREVER) break;
    if (answer.until != CEL_FOREVER) {
      /* What decides may be outlasted by what stands behind it. */
      if (answer.truth != TRUTH_FAILED && (!run.timed || (!branch->last && (decides || many)))) break;
      /* What stands before it may decide by then; or an error may come out, which does not match either. */
      if (decides && (until <= answer.until || (failed_message && world->matches_only))) run.loose = true;
      if (decides || answer.until < until) until = answer.until;
    } else if (decides) {
      until = CEL_FOREVER;
    }
    step = branch->steps[answer.truth == TRUTH_FAILED ? !branch->decides : answer.truth];
    if (answer.truth == TRUTH_FAILED && !failed_message) {
      failed_message = run.failed_message;
      failed_node = run.failed_node;
    }
    if (ends) until = CEL_FOREVER;
    else if (step >= 0) continue;
    if (run.prepared && (machine->fuel < 0 || machine->walks < CEL_WALKS_ASIDE + BRANCH_MOST_COST)) break;
    outcome->until = until;
    if (failed_message && !decides) {
      run.loose = true;
      pbk_cel_branch_prepare(&run);
      outcome->state = CEL_ERROR;
      outcome->error = pbk_cel_explain(machine, failed_message, failed_node);
      outcome->value = (struct cel_value){.kind = CEL_NULL};
    } else {
      outcome->state = step == BRANCH_IS_TRUE ? CEL_TRUE : CEL_FALSE;
      outcome->error = NULL;
      cel_set_bool(&outcome->value, step == BRANCH_IS_TRUE);
    }
    pbk_cel_branch_look_ahead(&run, outcome);
    return;
  }
  pbk_cel_branch_begin(&run, machine, program, world);
  pbk_cel_branch_by_groups(&run, outcome);
}

/* From a test of time that has decided until a time, with others behind it that may put that off. */
BRANCH_SELDOM void branch_put_off(const struct cel_branch *branch, const struct cel_world *world,
                                  struct cel_machine *machine, struct cel_outcome *outcome, struct branch_answer answer) {
  struct branch_run run;
  pbk_cel_branch_begin(&run, machine, machine->program, world);
  run.known = branch;
  run.known_answer = answer;
  pbk_cel_branch_by_groups(&run, outcome);
}

static void branch_end(struct cel_outcome *outcome, int32_t step, pbk_time until) {
  uint32_t is = (uint32_t)(BRANCH_IS_FALSE - step); /* CEL_FALSE, CEL_TRUE */
  outcome->state = (int32_t)is;
  outcome->until = until;
  outcome->error = NULL;
  cel_set_bool(&outcome->value, is);
}

void pbk_cel_branch_answered(const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,
                             struct cel_outcome *outcome, uint32_t truth) {
  if (truth > TRUTH_TRUE) {
    pbk_cel_branch_go_on(branch, world, machine, outcome);
    return;
  }
  int32_t step = branch->steps[truth];
  if (step < 0) {
    branch_end(outcome, step, truth == branch->decides ? CEL_FOREVER : machine->holds_until);
    return;
  }
  branch = branch_at(branch, step);
  branch->test(branch, world, machine, outcome);
}

void pbk_cel_branch_answered_for_now(const struct cel_branch *branch, const struct cel_world *world,
                                     struct cel_machine *machine, struct cel_outcome *outcome, struct branch_answer answer) {
  bool decides = answer.truth == branch->decides;
  /* What decides may be outlasted by what stands behind it, and what stands before it may decide by then. */
  bool loose = decides && machine->holds_until <= answer.until && machine->holds_until != CEL_FOREVER;
  /* As sharp as anybody wants it. */
  bool sharp = decides && (answer.until == CEL_FOREVER || (world->armed && answer.until >= world->armed_at));
  bool behind = !branch->last && (decides || branch->decides == BRANCH_MANY);
  if (answer.truth > TRUTH_TRUE || (loose && !sharp && !behind)) {
    pbk_cel_branch_go_on(branch, world, machine, outcome);
    return;
  }
  if (behind && !sharp) {
    if (answer.until == CEL_FOREVER)
      pbk_cel_branch_go_on(branch, world, machine, outcome);
    else
      branch_put_off(branch, world, machine, outcome, answer);
    return;
  }
  int32_t step = branch->steps[answer.truth];
  pbk_time until = decides ? answer.until : cel_sooner(answer.until, machine->holds_until);
  if (step < 0) {
    branch_end(outcome, step, until);
    return;
  }
  machine->holds_until = until;
  branch = branch_at(branch, step);
  branch->test(branch, world, machine, outcome);
}

void pbk_cel_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                      struct cel_outcome *outcome) {
  const struct cel_branch *branch = program->first_branch;
  if (!branch) {
    pbk_cel_evaluate_generally(machine, program, world, outcome);
    return;
  }
  machine->program = program;
  machine->looped = 0;
  machine->holds_until = CEL_FOREVER;
  branch->test(branch, world, machine, outcome);
}
