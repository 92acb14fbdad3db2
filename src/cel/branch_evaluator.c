/* cel/branch_evaluator.c - runs the test-and-branch tier: see branches.h.
 *
 * Every test answers true, false or failed, and until when. A test that meets what it does not expect asks the general
 * evaluator about its node; what may come out differently there gives the whole evaluation up. */
#include "base/clock.h"
#include "base/value.h"
#include "cel/branch_run.h"

void pbk_cel_branch_begin(struct branch_run *run, struct cel_machine *machine, const struct cel_program *program,
                          const struct cel_world *world) {
  run->machine = machine;
  run->world = world;
  run->program = program;
  run->timed = program->timed;
  run->prepared = run->aside = run->loose = false;
  const struct cel_branch *root = program->branches.items;
  run->prevents = world->matches_only && root->operation == BRANCH_AND && !root->inverted;
  run->known = NULL;
  run->spent = 0;
  run->loops = 0;
}

void pbk_cel_branch_prepare(struct branch_run *run) {
  if (run->prepared) return;
  run->prepared = true;
  pbk_cel_prepare(run->machine, run->program, run->world);
  run->machine->fuel -= (int64_t)run->program->branches.items->cost + run->spent;
  run->machine->walks -= run->spent;
}

static struct branch_answer branch_fails(struct branch_run *run, const char *message, uint32_t node, pbk_time until) {
  run->failed_message = message;
  run->failed_node = node;
  return (struct branch_answer){until, TRUTH_FAILED};
}

BRANCH_SELDOM struct branch_answer branch_general(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_term term;
  if (run->aside) return branch_stays(TRUTH_UNSURE); /* its fuel is not counted there */
  pbk_cel_branch_prepare(run);
  for (uint32_t i = 0; run->loops >> i; i++) {
    if (run->loops >> i & 1) run->machine->locals[i] = pbk_cel_from_json(run->items[i]);
  }
  pbk_cel_run_held(run->machine, branch->node, &term);
  if (run->machine->exhausted) return branch_stays(TRUTH_UNSURE);
  if (term.value.kind == CEL_BOOL) return (struct branch_answer){term.until, term.value.as.integer != 0};
  if (term.value.kind == CEL_FAILED) return branch_fails(run, term.value.as.bytes, term.value.size, term.until);
  return branch_fails(run, pbk_cel_no_such_overload, branch->blame, term.until);
}

/* ---- loading ---- */

/* Whatever is loaded is looked at as JSON. What has no form there is for the general evaluator. */
enum branch_absence { NOTHING_THERE, NOTHING_FIT };

static const pbk_value *branch_as_json(struct branch_run *run, const struct cel_value *value) {
  pbk_value *json = &run->fetched;
  json->size = value->size;
  switch (value->kind) {
    case CEL_JSON: return value->as.json;
    case CEL_NULL: json->kind = PBK_NULL; break;
    case CEL_BOOL: json->kind = PBK_BOOL; break;
    case CEL_INT: json->kind = PBK_INT; break;
    case CEL_DOUBLE: json->kind = PBK_DOUBLE; break;
    case CEL_STRING: json->kind = PBK_STRING; break;
    default: return NULL;
  }
  memcpy(&json->as, &value->as, sizeof json->as);
  return json;
}

/* NULL where there is nothing to look at. */
static const pbk_value *branch_load(struct branch_run *run, const struct cel_branch *branch,
                                    enum branch_absence *absence) {
  const struct cel_world *world = run->world;
  const struct cel_shown *shown;
  const pbk_value *json = NULL;
  struct cel_value value;
  *absence = NOTHING_THERE;
  switch (branch->load) {
    case LOAD_DIRECT:
    case LOAD_ENTRY:
      shown = cel_shown_at(world, branch->slot);
      if (shown) {
        json = cel_shown_entry(run->machine, shown, branch->number);
        if (!json) return NULL;
      } else {
        if (!world->entry(world->context, branch->slot, branch->number, &value)) return NULL;
        json = branch_as_json(run, &value);
      }
      break;
    case LOAD_FIELD:
      json = cel_shown_field(world, branch->slot);
      if (json) break;
      if (!world->field(world->context, branch->slot, &value)) return NULL;
      json = branch_as_json(run, &value);
      break;
    default: json = run->items[branch->slot]; break;
  }
  *absence = NOTHING_FIT;
  if (!json || !branch->member) return json;
  return json->kind == PBK_MAP ? pbk_value_member(json, cel_text(branch->member)) : NULL;
}

/* What a test says whose value did not come. */
BRANCH_SELDOM struct branch_answer branch_without(struct branch_run *run, const struct cel_branch *branch,
                                                  enum branch_absence absence) {
  if (branch->operation == BRANCH_HAS && absence == NOTHING_THERE && !branch->member) {
    const struct cel_world *world = run->world;
    bool there = branch->load == LOAD_FIELD || cel_shown_at(world, branch->slot) ||
                 world->entry_count(world->context, branch->slot) != UINT32_MAX;
    if (there) return branch_stays(TRUTH_FALSE);
  } else if (branch->operation != BRANCH_HAS && absence == NOTHING_THERE) {
    return branch_fails(run, pbk_cel_no_such_key, branch->read, CEL_FOREVER);
  }
  return branch_general(run, branch);
}

/* ---- any test ---- */

static struct branch_answer branch_loop(struct branch_run *run, const struct cel_branch *loop);

/* What the value is that is tested, and the test of it. */
static struct branch_answer branch_loaded(struct branch_run *run, const struct cel_branch *branch) {
  enum branch_absence absence;
  const pbk_value *json = branch_load(run, branch, &absence);
  if (!json) return branch_without(run, branch, absence);
  uint32_t truth = branch_test_of_value(branch, json);
  return truth == TRUTH_UNFIT ? branch_general(run, branch) : branch_stays(truth);
}

struct branch_answer pbk_cel_branch_test(struct branch_run *run, const struct cel_branch *branch) {
  if (branch->operation < BRANCH_FIRST_OF_TIME) return branch_loaded(run, branch);
  if (branch->operation > BRANCH_GENERAL) return branch_loop(run, branch);
  struct branch_answer answer = {.truth = TRUTH_UNFIT};
  if (branch->operation < BRANCH_GENERAL) answer = pbk_cel_branch_test_of_time(run->world, branch, run->timed);
  return answer.truth == TRUTH_UNFIT ? branch_general(run, branch) : answer;
}

static struct branch_answer branch_group(struct branch_run *run, const struct cel_branch *group);

static struct branch_answer branch_look(struct branch_run *run, const struct cel_branch *branch) {
  bool group = branch->operation == BRANCH_AND || branch->operation == BRANCH_OR;
  struct branch_answer answer = branch == run->known ? run->known_answer
                                : group              ? branch_group(run, branch)
                                                     : pbk_cel_branch_test(run, branch);
  if (answer.truth <= TRUTH_TRUE) answer.truth ^= branch->inverted;
  return answer;
}

/* What comes after a decision is looked at only to tell until when it holds, with what pbk_cel_aside_begin allows. A single
 * test takes less than that. */
BRANCH_SELDOM struct branch_answer branch_look_aside(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_machine *machine = run->machine;
  struct cel_aside aside;
  struct branch_answer answer;
  if (branch->operation < BRANCH_GENERAL) {
    bool outer = run->aside;
    run->aside = true;
    answer = branch_look(run, branch);
    run->aside = outer;
    return answer;
  }
  pbk_cel_branch_prepare(run);
  if (!pbk_cel_aside_begin(machine, &aside)) return branch_stays(TRUTH_UNSURE);
  machine->fuel -= branch->cost;
  answer = branch_look(run, branch);
  if (machine->fuel < 0) answer.truth = TRUTH_UNSURE;
  if (!pbk_cel_aside_end(machine, &aside)) answer.truth = TRUTH_UNSURE;
  return answer;
}

/* ---- && and ||, all and exists: see evaluator_logic ---- */

BRANCH_INLINE const struct cel_branch *branch_after(const struct cel_branch *branch) {
  const void *after = (const char *)branch + branch->extent;
  return after;
}

/* The rest of a group where one test has decided, until a time that others may put off. */
BRANCH_SELDOM struct branch_answer branch_decided(struct branch_run *run, const struct cel_branch *branch,
                                                  const struct cel_branch *end, bool absorbing, bool prevents,
                                                  bool failed, pbk_time until, pbk_time all) {
  for (; branch < end; branch = branch_after(branch)) {
    struct branch_answer answer = branch_look_aside(run, branch);
    if (answer.truth == TRUTH_UNSURE) return answer;
    if (answer.truth == (uint32_t)absorbing) {
      run->loose |= answer.until != CEL_FOREVER; /* the one may decide again by then */
      if (answer.until > until) until = answer.until;
    } else if (answer.truth == TRUTH_FAILED && prevents) {
      run->loose |= answer.until != CEL_FOREVER;
      if (answer.until > until) until = answer.until;
    } else if (answer.until < all) {
      all = answer.until;
    }
    failed |= answer.truth == TRUTH_FAILED;
    if (until == CEL_FOREVER) return branch_stays(absorbing);
  }
  /* Others may decide by then, or an error may come out, which does not match either. */
  if (all <= until || (failed && run->world->matches_only)) run->loose = true;
  return (struct branch_answer){until, absorbing};
}

static struct branch_answer branch_group(struct branch_run *run, const struct cel_branch *group) {
  const struct cel_branch *branch = group + 1, *end = branch_after(group), *next;
  const char *message = NULL;
  uint32_t node = NO_NODE, absorbing = group->operation == BRANCH_OR;
  pbk_time until = CEL_FOREVER, prevented_until = INT64_MIN;
  bool prevents = run->prevents && group == run->program->branches.items;
  for (; branch < end; branch = next) {
    struct branch_answer answer = branch_look(run, branch);
    next = branch_after(branch);
    if (answer.truth == absorbing) {
      if (answer.until == CEL_FOREVER || !run->timed) return branch_stays(absorbing);
      if (prevented_until != INT64_MIN) run->loose = true;
      if (answer.until < prevented_until) answer.until = prevented_until;
      return branch_decided(run, next, end, absorbing, prevents, message != NULL, answer.until, until);
    }
    if (answer.truth == TRUTH_UNSURE) return answer;
    if (answer.truth == TRUTH_FAILED) {
      if (!message) {
        message = run->failed_message;
        node = run->failed_node;
      }
      if (prevents) {
        if (answer.until == CEL_FOREVER || !run->timed) return branch_fails(run, message, node, CEL_FOREVER);
        if (answer.until > prevented_until) prevented_until = answer.until;
        continue;
      }
    }
    if (answer.until < until) until = answer.until;
  }
  if (prevented_until != INT64_MIN) {
    run->loose = true;
    return branch_fails(run, message, node, prevented_until);
  }
  if (message && until != CEL_FOREVER) run->loose = true;
  if (message) return branch_fails(run, message, node, until);
  return (struct branch_answer){until, !absorbing};
}

static struct branch_answer branch_loop(struct branch_run *run, const struct cel_branch *loop) {
  struct cel_machine *machine = run->machine;
  const struct cel_branch *body = loop + 1;
  enum branch_absence absence;
  const char *message = NULL;
  uint32_t node = NO_NODE, absorbing = loop->operation == BRANCH_EXISTS;
  pbk_time until = CEL_FOREVER, decided_until = INT64_MIN;
  bool decided = false;
  const pbk_value *range = branch_load(run, loop, &absence);
  if (!range) return branch_without(run, loop, absence);
  if (range->kind != PBK_LIST) return branch_general(run, loop);
  const pbk_value *items = range->as.items; /* `range` may be run->fetched */
  uint32_t count = range->size, local = loop->with.local;
  uint64_t cost = (uint64_t)count * body->cost, outer = run->loops;
  if (cost > CEL_WALKS_ASIDE || run->spent + cost > CEL_WALKS / 2) return branch_stays(TRUTH_UNSURE);
  run->spent += (uint32_t)cost;
  if (run->prepared) {
    machine->fuel -= (int64_t)cost;
    machine->walks -= (uint32_t)(cost < machine->walks ? cost : machine->walks);
  }
  uint32_t mark = run->prepared ? machine->used : 0; /* as it will be when it is */
  run->loops |= UINT64_C(1) << local;
  for (uint32_t i = 0; i < count; i++) {
    run->items[local] = &items[i];
    struct branch_answer answer = decided ? branch_look_aside(run, body) : branch_look(run, body);
    machine->used = mark;
    if (answer.truth == absorbing) {
      run->loose |= decided && answer.until != CEL_FOREVER;
      decided = true;
      if (answer.until > decided_until) decided_until = answer.until;
      if (decided_until == CEL_FOREVER || !run->timed) break;
      continue;
    }
    if (answer.truth == TRUTH_UNSURE) return answer;
    if (answer.until < until) until = answer.until;
    if (answer.truth == TRUTH_FAILED && !message) {
      message = run->failed_message;
      node = run->failed_node;
    }
  }
  run->loops = outer;
  bool others = until <= decided_until || (message && run->world->matches_only);
  if (decided ? decided_until != CEL_FOREVER && others : message && until != CEL_FOREVER) run->loose = true;
  if (decided) return (struct branch_answer){decided_until, absorbing};
  if (message) return branch_fails(run, message, node, until);
  return (struct branch_answer){until, !absorbing};
}

/* ---- looking ahead: see look_ahead.c, which goes on where a test asks the general evaluator ---- */

/* False: it does not come to an end here. */
BRANCH_SELDOM bool branch_looks_ahead(const struct branch_run *run, struct cel_outcome *outcome) {
  const struct cel_world *world = run->world;
  struct cel_world later = *world;
  struct branch_run then;
  for (uint32_t turn = 0; turn < LOOK_AHEAD_TURNS; turn++) {
    if (world->armed && outcome->until >= world->armed_at) return true;
    if (outcome->until <= later.now || !time_in_range(outcome->until)) return true;
    later.now = outcome->until;
    pbk_cel_branch_begin(&then, run->machine, run->program, &later);
    struct branch_answer answer = branch_look(&then, run->program->branches.items);
    if (then.prepared || answer.truth > TRUTH_TRUE) return false;
    if ((answer.truth == TRUTH_TRUE) != (outcome->state == CEL_TRUE) || answer.until <= later.now) return true;
    outcome->until = answer.until;
    if (!then.loose || answer.until == CEL_FOREVER) return true;
  }
  return true;
}

void pbk_cel_branch_look_ahead(struct branch_run *run, struct cel_outcome *outcome) {
  if (outcome->until == CEL_FOREVER || !(run->loose || (run->prepared && run->machine->loose))) return;
  bool here = run->timed && !run->prepared && outcome->state <= CEL_TRUE;
  if (here && branch_looks_ahead(run, outcome)) return;
  pbk_cel_look_ahead(run->machine, run->program, run->world, outcome);
}

void pbk_cel_branch_by_groups(struct branch_run *run, struct cel_outcome *outcome) {
  struct branch_answer answer = branch_look(run, run->program->branches.items);
  const struct cel_machine *machine = run->machine;
  bool sure = !run->prepared || (machine->fuel >= 0 && machine->walks >= CEL_WALKS_ASIDE + BRANCH_MOST_COST);
  if (!sure || answer.truth == TRUTH_UNSURE) {
    pbk_cel_evaluate_generally(run->machine, run->program, run->world, outcome);
    return;
  }
  outcome->until = answer.until;
  if (answer.truth <= TRUTH_TRUE) {
    outcome->state = answer.truth ? CEL_TRUE : CEL_FALSE;
    outcome->error = NULL;
    cel_set_bool(&outcome->value, answer.truth != 0);
  } else {
    pbk_cel_branch_prepare(run);
    outcome->state = CEL_ERROR;
    outcome->error = pbk_cel_explain(run->machine, run->failed_message, run->failed_node);
    outcome->value = (struct cel_value){.kind = CEL_NULL};
  }
  pbk_cel_branch_look_ahead(run, outcome);
}
