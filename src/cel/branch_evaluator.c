/* cel/branch_evaluator.c - runs the test-and-branch tier: see branches.h.
 *
 * Every test answers true, false or failed, and until when. A test that meets what it does not expect asks the general
 * evaluator about its node; what may come out differently there gives the whole evaluation up. */
#include "base/clock.h"
#include "base/value.h"
#include "cel/branches.h"

enum branch_truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_FAILED, TRUTH_UNSURE };

struct branch_answer {
  pbk_time until;
  uint32_t truth; /* enum branch_truth */
};

struct branch_run {
  struct cel_machine *machine;
  const struct cel_world *world;
  const struct cel_branch *branches;
  const struct cel_program *program;
  const struct cel_shown *shown; /* the first, or an empty one */
  bool timed;
  bool prepared;        /* the machine, which most evaluations have no use for */
  bool aside;           /* a single test is looked at only to tell until when */
  uint32_t failed_node; /* of the newest answer that failed */
  const char *failed_message;
  uint32_t spent;                         /* what loops cost so far, which is not known beforehand */
  uint64_t loops;                         /* the locals in use, as bits */
  pbk_value fetched;                      /* what a call of the world's gave */
  const pbk_value *items[CEL_MOST_DEPTH]; /* the locals, by number */
};

/* What is worth having in one piece with its caller, where the compiler can be told so. */
#if defined(__GNUC__)
#define BRANCH_INLINE static inline __attribute__((always_inline))
#define BRANCH_SELDOM static __attribute__((noinline))
#else
#define BRANCH_INLINE static inline
#define BRANCH_SELDOM static
#endif

BRANCH_SELDOM void branch_prepare(struct branch_run *run) {
  if (run->prepared) return;
  run->prepared = true;
  pbk_cel_prepare(run->machine, run->program, run->world);
  run->machine->fuel -= (int64_t)run->branches->cost + run->spent;
  run->machine->walks -= run->spent;
}

BRANCH_INLINE struct branch_answer branch_stays(uint32_t truth) {
  return (struct branch_answer){CEL_FOREVER, truth};
}

static struct branch_answer branch_fails(struct branch_run *run, const char *message, uint32_t node, pbk_time until) {
  run->failed_message = message;
  run->failed_node = node;
  return (struct branch_answer){until, TRUTH_FAILED};
}

BRANCH_SELDOM struct branch_answer branch_general(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_term term;
  if (run->aside) return branch_stays(TRUTH_UNSURE); /* its fuel is not counted there */
  branch_prepare(run);
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

/* From where only a call of the world's, or a search, leads. NULL where there is nothing to look at. */
BRANCH_SELDOM const pbk_value *branch_fetch(struct branch_run *run, const struct cel_branch *branch,
                                            enum branch_absence *absence) {
  const struct cel_world *world = run->world;
  const struct cel_shown *shown;
  const pbk_value *json = NULL;
  struct cel_value value;
  *absence = NOTHING_THERE;
  switch (branch->load) {
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
      if (!world->field(world->context, branch->slot, &value)) return NULL;
      json = branch_as_json(run, &value);
      break;
    default: json = run->items[branch->slot]; break;
  }
  *absence = NOTHING_FIT;
  if (!json || !branch->member) return json;
  return json->kind == PBK_MAP ? pbk_value_member(json, cel_text(branch->member)) : NULL;
}

/* What lies where it lay in the last map that was looked at. */
BRANCH_INLINE const pbk_value *branch_load(struct branch_run *run, const struct cel_branch *branch,
                                           enum branch_absence *absence) {
  if (branch->direct) {
    const struct cel_shown *shown = run->shown;
    uint32_t place = run->machine->places[branch->number % CEL_PLACES];
    if (shown->slot == branch->slot && place < shown->count && cel_shown_name(shown, place) == branch->number)
      return cel_shown_value(shown, place);
  }
  return branch_fetch(run, branch, absence);
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

/* ---- tests of one value ---- */

BRANCH_INLINE bool branch_text_equal(const struct branch_text *text, const char *bytes, uint32_t size) {
  return text->size == size && branch_head(bytes, size) == text->head &&
         (size <= 8 || memcmp(bytes + 8, text->bytes + 8, size - 8) == 0);
}

static struct branch_answer branch_tagged(struct branch_run *run, const struct cel_branch *branch, const pbk_value *list) {
  if (list->kind != PBK_LIST) return branch_general(run, branch);
  const pbk_value *items = list->as.items;
  uint32_t count = list->size;
  if (count > BRANCH_MOST_ITEMS) return branch_stays(TRUTH_UNSURE);
  for (uint32_t i = 0; i < count; i++) {
    if (items[i].size == branch->text.size && items[i].kind == PBK_STRING &&
        branch_text_equal(&branch->text, items[i].as.text, items[i].size))
      return branch_stays(TRUTH_TRUE);
  }
  return branch_stays(TRUTH_FALSE);
}

BRANCH_INLINE bool branch_among_texts(const struct cel_branch *branch, const char *bytes, uint32_t size) {
  const struct branch_text *text = branch->with.texts, *end = text + branch->count;
  uint64_t head = branch_head(bytes, size);
  for (; text < end; text++) {
    if (text->head == head && text->size == size && (size <= 8 || memcmp(text->bytes + 8, bytes + 8, size - 8) == 0))
      return true;
  }
  return false;
}

BRANCH_INLINE bool branch_among_whole(const struct cel_branch *branch, int64_t whole) {
  for (uint32_t i = 0; i < branch->count; i++) {
    if (branch->with.integers[i] == whole) return true;
  }
  return false;
}

BRANCH_INLINE bool branch_starts_or_ends(const struct cel_branch *branch, const char *bytes, uint32_t size) {
  uint32_t part = branch->text.size;
  return part <= size &&
         branch_text_equal(&branch->text, bytes + (branch->operation == BRANCH_STARTS ? 0 : size - part), part);
}

/* Whether a comparison that holds for these orders does so for one: see branch_orders. */
BRANCH_INLINE bool branch_holds(uint32_t orders, int order) {
  return orders >> (order + 1) & 1;
}

/* -1, 0, 1, or 2 where one is no number. */
BRANCH_INLINE int branch_order(double left, double right) {
  return left < right ? -1 : left > right ? 1 : left == right ? 0 : 2;
}

/* ---- tests of time ---- */

/* A moment or span that moves by `slope`, until it leaves the range of its kind. */
struct branch_term {
  uint32_t kind;
  int32_t slope;
  int64_t value;
  pbk_time until;
};

static bool branch_moment(struct branch_run *run, const struct branch_moment *moment, struct branch_term *term) {
  const struct cel_world *world = run->world;
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
static bool branch_side(struct branch_run *run, const struct branch_side *side, struct branch_term *term) {
  if (!branch_moment(run, &side->left, term)) return false;
  if (side->binary == BINARY_EQUAL) return true;
  struct branch_term right;
  if (!branch_moment(run, &side->right, &right)) return false;
  struct cel_value first = cel_time(term->kind, term->value), second = cel_time(right.kind, right.value);
  struct cel_time_sum sum;
  if (!pbk_cel_sum_times(side->binary, &first, &second, &sum)) return false;
  int64_t result = sum.microseconds, least = sum.least, most = sum.most;
  bool add = side->binary == BINARY_ADD;
  if (result < least || result > most) return false;
  term->slope += add ? right.slope : -right.slope;
  pbk_time now = run->world->now;
  if (term->slope > 0) term->until = saturating_add(now, most - result + 1);
  if (term->slope < 0) term->until = saturating_add(now, result - least + 1);
  term->value = result;
  term->kind = sum.kind;
  return term->slope >= -1 && term->slope <= 1;
}

/* `now` against a constant, which is behind it or not for ever. */
BRANCH_INLINE struct branch_answer branch_now(const struct branch_run *run, const struct cel_branch *branch) {
  pbk_time now = run->world->now, other = branch->with.integer;
  bool holds = branch_holds(branch->detail, (now > other) - (now < other));
  if (now > other || !run->timed) return branch_stays(holds);
  if (now < other && branch_holds(branch->detail, 0) != holds) return (struct branch_answer){other, holds};
  if (branch_holds(branch->detail, 1) != holds) return (struct branch_answer){saturating_add(other, 1), holds};
  return branch_stays(holds);
}

static struct branch_answer branch_times(struct branch_run *run, const struct cel_branch *branch) {
  struct branch_term left, right;
  const struct branch_times *times = branch->with.times;
  if (!branch_side(run, &times->left, &left) || !branch_side(run, &times->right, &right) || left.kind != right.kind)
    return branch_general(run, branch);
  int64_t ahead;
  int32_t slope = left.slope - right.slope;
  if (slope > 1 || slope < -1 || !checked_subtract(left.value, right.value, &ahead) || ahead == INT64_MIN)
    return branch_general(run, branch);
  bool holds = cel_holds(branch->detail, (ahead > 0) - (ahead < 0));
  pbk_time until = cel_sooner(left.until, right.until), now = run->world->now;
  /* On its way to nothing, it is there first, and past it a microsecond later. */
  int64_t away = slope > 0 ? -ahead : ahead;
  if (run->timed && slope && away >= 0) {
    if (away > 0 && cel_holds(branch->detail, 0) != holds)
      until = cel_sooner(until, saturating_add(now, away));
    else if (cel_holds(branch->detail, slope) != holds)
      until = cel_sooner(until, saturating_add(saturating_add(now, away), 1));
  }
  return (struct branch_answer){until, holds};
}

static struct branch_answer branch_count(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_series series = {.since = INT64_MAX};
  const struct cel_world *world = run->world;
  world->series(world->context, branch->slot, branch->number, &series);
  int64_t count = series.count, other = branch->with.integer;
  return branch_stays(branch_holds(branch->detail, (count > other) - (count < other)));
}

/* How many events are at or before `limit`. */
static inline uint32_t branch_events_until(const pbk_time *times, uint32_t count, pbk_time limit) {
  uint32_t first = 0;
  while (count > 1) {
    uint32_t half = count / 2;
    first += times[first + half - 1] <= limit ? half : 0;
    count -= half;
  }
  return first + (count && times[first] <= limit);
}

/* The events of a window can only leave it: which of them will take the count to `other`, and which below, is known. */
static struct branch_answer branch_window(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_series series = {.since = INT64_MAX};
  const struct cel_world *world = run->world;
  pbk_time now = world->now, limit;
  world->series(world->context, branch->slot, branch->number, &series);
  const pbk_time *times = series.times;
  uint32_t total = series.count;
  if (!checked_subtract(now, branch->window, &limit) || (total && times[total - 1] > now))
    return branch_general(run, branch);
  uint32_t gone = branch_events_until(times, total, limit);
  int64_t count = (int64_t)total - gone, other = branch->with.integer;
  int order = (count > other) - (count < other);
  bool holds = branch_holds(branch->detail, order);
  if (!run->timed || count == 0 || other < 0 || order < 0) return branch_stays(holds);
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

static struct branch_answer branch_quiet(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_series series = {.since = INT64_MAX};
  const struct cel_world *world = run->world;
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

static struct branch_answer branch_clock(struct branch_run *run, const struct cel_branch *branch) {
  /* Made not negative by whole weeks, which change nothing of what day of the week or hour it is. */
  const int64_t past = INT64_C(604800000000) * 103000;
  uint64_t time = (uint64_t)(run->world->now + past), count, into;
  switch (branch->detail) {
    case FUNCTION_GET_DAY_OF_WEEK:
      count = (time / 86400000000 + 4) % 7; /* 1970 began on a Thursday */
      into = time % 86400000000;
      break;
    case FUNCTION_GET_HOURS:
      count = time / 3600000000 % 24;
      into = time % 3600000000;
      break;
    case FUNCTION_GET_MINUTES:
      count = time / 60000000 % 60;
      into = time % 60000000;
      break;
    default:
      count = time / 1000000 % 60;
      into = time % 1000000;
      break;
  }
  uint32_t values, step = branch->with.steps[count];
  if (step < 2 || !run->timed) return branch_stays(step & 1);
  int64_t unit = branch_clock_unit(branch->detail, &values);
  return (struct branch_answer){run->world->now + (int64_t)(step / 2) * unit - (int64_t)into, step & 1};
}

/* ---- any test ---- */

static struct branch_answer branch_group(struct branch_run *run, const struct cel_branch *group);
static struct branch_answer branch_loop(struct branch_run *run, const struct cel_branch *loop);

BRANCH_INLINE struct branch_answer branch_test_of_time(struct branch_run *run, const struct cel_branch *branch) {
  switch (branch->operation) {
    case BRANCH_NOW: return branch_now(run, branch);
    case BRANCH_TIMES: return branch_times(run, branch);
    case BRANCH_COUNT: return branch_count(run, branch);
    case BRANCH_WINDOW: return branch_window(run, branch);
    case BRANCH_QUIET: return branch_quiet(run, branch);
    default: return branch_clock(run, branch);
  }
}

BRANCH_INLINE struct branch_answer branch_test_of_value(struct branch_run *run, const struct cel_branch *branch) {
  enum branch_absence absence;
  const pbk_value *json = branch_load(run, branch, &absence);
  if (!json) return branch_without(run, branch, absence);
  bool is = true;
  switch (branch->operation) {
    case BRANCH_HAS: break;
    case BRANCH_TRUE:
      if (json->kind != PBK_BOOL) return branch_general(run, branch);
      is = json->as.integer != 0;
      break;
    case BRANCH_WHOLE:
      if (json->kind != branch->kind) return branch_general(run, branch);
      is =
        branch_holds(branch->detail, (json->as.integer > branch->with.integer) - (json->as.integer < branch->with.integer));
      break;
    case BRANCH_DOUBLE:
      if (json->kind != PBK_DOUBLE && json->kind != PBK_INT) return branch_general(run, branch);
      is = branch_holds(branch->detail, branch_order(json->kind == PBK_INT ? (double)json->as.integer : json->as.number,
                                                     branch->with.number));
      break;
    case BRANCH_TAGGED: return branch_tagged(run, branch, json);
    case BRANCH_AMONG_WHOLE:
      if (json->kind != PBK_INT) return branch_general(run, branch);
      is = branch_among_whole(branch, json->as.integer);
      break;
    case BRANCH_TEXT:
      if (json->kind != PBK_STRING) return branch_general(run, branch);
      is = branch_text_equal(&branch->text, json->as.text, json->size) == branch->detail;
      break;
    case BRANCH_AMONG_TEXTS:
      if (json->kind != PBK_STRING) return branch_general(run, branch);
      is = branch_among_texts(branch, json->as.text, json->size);
      break;
    default:
      if (json->kind != PBK_STRING) return branch_general(run, branch);
      is = branch_starts_or_ends(branch, json->as.text, json->size);
      break;
  }
  return branch_stays(is);
}

/* A test, before a ! is looked at. */
BRANCH_SELDOM struct branch_answer branch_look_plain(struct branch_run *run, const struct cel_branch *branch) {
  if (branch->operation < BRANCH_GENERAL) return branch_test_of_time(run, branch);
  if (branch->operation == BRANCH_MEMBER)
    return branch_stays(run->world->member(run->world->context, branch->slot, branch->number));
  if (branch->operation == BRANCH_GENERAL) return branch_general(run, branch);
  return branch_loop(run, branch);
}

BRANCH_INLINE struct branch_answer branch_look(struct branch_run *run, const struct cel_branch *branch) {
  struct branch_answer answer;
  if (branch->operation < BRANCH_FIRST_OF_TIME)
    answer = branch_test_of_value(run, branch);
  else if (branch->operation == BRANCH_AND || branch->operation == BRANCH_OR)
    answer = branch_group(run, branch);
  else
    answer = branch_look_plain(run, branch);
  if (answer.truth <= TRUTH_TRUE) answer.truth ^= branch->inverted;
  return answer;
}

/* By jumps alone, as far as that goes; TRUTH_UNSURE where it goes no further. What is unusual is found in the answers'
 * times, as those that hold for ever need no more thought. */
BRANCH_INLINE struct branch_answer branch_jump(struct branch_run *run, const struct cel_branch *branch) {
  pbk_time until = CEL_FOREVER;
  for (;;) {
    struct branch_answer answer;
    if (branch->operation < BRANCH_FIRST_OF_TIME) {
      answer = branch_test_of_value(run, branch);
    } else if (branch->operation == BRANCH_NOW) {
      answer = branch_now(run, branch);
    } else {
      answer = branch_look_plain(run, branch);
    }
    if (answer.truth == branch->goes_on && answer.until == CEL_FOREVER) {
      /* The usual way: where it leads is known before the answer is. */
      const void *next = (const char *)branch + branch->on;
      branch = next;
      continue;
    }
    if (answer.truth > TRUTH_TRUE) return branch_stays(TRUTH_UNSURE);
    int32_t step = branch->steps[answer.truth];
    if (answer.until != CEL_FOREVER) {
      bool decides = answer.truth == branch->decides;
      if (!run->timed || (!branch->last && (decides || branch->decides == BRANCH_MANY))) return branch_stays(TRUTH_UNSURE);
      if (decides || answer.until < until) until = answer.until;
    } else if (step < 0 && answer.truth == branch->decides) {
      until = CEL_FOREVER;
    }
    if (step < 0) return (struct branch_answer){until, step == BRANCH_IS_TRUE};
    const void *next = (const char *)branch + step;
    branch = next;
  }
}

/* What comes after a decision is looked at only to tell until when it holds, with what pbk_cel_aside_begin allows. A single
 * test takes less than that. */
BRANCH_SELDOM struct branch_answer branch_look_aside(struct branch_run *run, const struct cel_branch *branch) {
  struct cel_machine *machine = run->machine;
  struct cel_aside aside;
  struct branch_answer answer;
  if (branch->operation < BRANCH_GENERAL || branch->operation == BRANCH_MEMBER) {
    bool outer = run->aside;
    run->aside = true;
    answer = branch_look(run, branch);
    run->aside = outer;
    return answer;
  }
  branch_prepare(run);
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
                                                  const struct cel_branch *end, bool absorbing, pbk_time until) {
  for (; branch < end; branch = branch_after(branch)) {
    struct branch_answer answer = branch_look_aside(run, branch);
    if (answer.truth == TRUTH_UNSURE) return answer;
    if (answer.truth == (uint32_t)absorbing && answer.until > until) until = answer.until;
    if (until == CEL_FOREVER) break;
  }
  return (struct branch_answer){until, absorbing};
}

static struct branch_answer branch_group(struct branch_run *run, const struct cel_branch *group) {
  const struct cel_branch *branch = group + 1, *end = branch_after(group), *next;
  const char *message = NULL;
  uint32_t node = NO_NODE, absorbing = group->operation == BRANCH_OR;
  pbk_time until = CEL_FOREVER;
  for (; branch < end; branch = next) {
    struct branch_answer answer = branch_look(run, branch);
    next = branch_after(branch);
    if (answer.truth == absorbing) {
      if (answer.until == CEL_FOREVER || !run->timed) return branch_stays(absorbing);
      return branch_decided(run, next, end, absorbing, answer.until);
    }
    if (answer.until < until) until = answer.until;
    if (answer.truth <= TRUTH_TRUE) continue;
    if (answer.truth == TRUTH_UNSURE) return answer;
    if (!message) {
      message = run->failed_message;
      node = run->failed_node;
    }
  }
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
  if (decided) return (struct branch_answer){decided_until, absorbing};
  if (message) return branch_fails(run, message, node, until);
  return (struct branch_answer){until, !absorbing};
}

BRANCH_SELDOM void branch_unusual(struct branch_run *run, struct cel_outcome *outcome) {
  run->prepared = run->aside = false;
  run->spent = 0;
  run->loops = 0;
  struct branch_answer answer = branch_look(run, run->branches);
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
    branch_prepare(run);
    outcome->state = CEL_ERROR;
    outcome->error = pbk_cel_explain(run->machine, run->failed_message, run->failed_node);
    outcome->value = (struct cel_value){.kind = CEL_NULL};
  }
}

void pbk_cel_branch_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                             struct cel_outcome *outcome) {
  static const struct cel_shown nothing_shown = {.slot = UINT32_MAX};
  struct branch_run run; /* not cleared: what is large is written before it is read */
  if (!time_in_range(world->now)) {
    pbk_cel_evaluate_generally(machine, program, world, outcome);
    return;
  }
  run.machine = machine;
  run.world = world;
  run.branches = program->branches.items;
  run.program = program;
  run.shown = world->shown_count ? world->shown : &nothing_shown;
  run.timed = program->timed;
  run.prepared = run.aside = false;
  run.spent = 0;
  run.loops = 0;
  struct branch_answer answer = branch_jump(&run, run.branches + program->branch_start);
  if (answer.truth > TRUTH_TRUE ||
      (run.prepared && (machine->fuel < 0 || machine->walks < CEL_WALKS_ASIDE + BRANCH_MOST_COST))) {
    branch_unusual(&run, outcome);
    return;
  }
  outcome->state = (int32_t)answer.truth; /* CEL_FALSE, CEL_TRUE */
  outcome->until = answer.until;
  outcome->error = NULL;
  cel_set_bool(&outcome->value, answer.truth != 0);
}
