/* cel/branch_run.h - private to the test-and-branch tier (branches.h): what both ways through it share, that by jumps and that
 * group by group: the answers, and the tests of one value. */
#ifndef PBK_CEL_BRANCH_RUN_H
#define PBK_CEL_BRANCH_RUN_H

#include "base/clock.h"
#include "cel/branches.h"

/* TRUTH_UNSURE: the whole evaluation is to be given up; TRUTH_UNFIT: the value is none that the test knows, and the general
 * evaluator is to be asked. */
enum branch_truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_FAILED, TRUTH_UNSURE, TRUTH_UNFIT };

struct branch_answer {
  pbk_time until;
  uint32_t truth; /* enum branch_truth */
};

struct branch_run {
  struct cel_machine *machine;
  const struct cel_world *world;
  const struct cel_program *program;
  bool timed;
  bool prepared;        /* the machine, which most evaluations have no use for */
  bool loose;           /* as in the machine */
  bool prevents;        /* what fails in the && that is the whole keeps it from matching: see evaluator_logic */
  bool aside;           /* a single test is looked at only to tell until when */
  const struct cel_branch *known; /* a test of time that has been answered already, or NULL */
  struct branch_answer known_answer;
  uint32_t failed_node; /* of the newest answer that failed */
  const char *failed_message;
  uint32_t spent;                         /* what loops cost so far, which is not known beforehand */
  uint64_t loops;                         /* the locals in use, as bits */
  pbk_value fetched;                      /* what a call of the world's gave */
  const pbk_value *items[CEL_MOST_DEPTH]; /* the locals, by number; not cleared: written before they are read */
};

/* What is worth having in one piece with its caller, where the compiler can be told so. */
#if defined(__GNUC__)
#define BRANCH_INLINE static inline __attribute__((always_inline))
#define BRANCH_SELDOM static __attribute__((noinline))
#else
#define BRANCH_INLINE static inline
#define BRANCH_SELDOM static
#endif

BRANCH_INLINE const struct cel_branch *branch_at(const struct cel_branch *branch, int32_t step) {
  const void *at = (const char *)branch + step;
  return at;
}

BRANCH_INLINE struct branch_answer branch_stays(uint32_t truth) {
  return (struct branch_answer){CEL_FOREVER, truth};
}

/* branch_times.c: from BRANCH_NOW to BRANCH_MEMBER; `now` is in range. */
struct branch_answer pbk_cel_branch_test_of_time(const struct cel_world *world, const struct cel_branch *branch, bool timed);

/* branch_counts.c. `now` is in range. */
struct branch_answer pbk_cel_branch_counts(const struct cel_world *world, const struct cel_branch *branch, bool timed);

/* The same as the quickest way has it; NULL: not at all. */
branch_test *pbk_cel_branch_quickest_of_time(const struct cel_branch *branch, bool timed);

/* branch_jumps.c: goes on behind a test that the quickest way has answered: for ever, or until a time; or from one that it has
 * no answer for. */
void pbk_cel_branch_answered(const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,
                             struct cel_outcome *outcome, uint32_t truth);
void pbk_cel_branch_answered_for_now(const struct cel_branch *branch, const struct cel_world *world,
                                     struct cel_machine *machine, struct cel_outcome *outcome, struct branch_answer answer);
void pbk_cel_branch_go_on(const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,
                          struct cel_outcome *outcome);

#define BRANCH_TEST_ARGUMENTS                                                                        \
  const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,       \
    struct cel_outcome *outcome
/* Goes on behind a test with an answer that holds for ever: where that leads mostly is known before the answer is. */
BRANCH_INLINE void branch_next(BRANCH_TEST_ARGUMENTS, uint32_t truth) {
  if (truth == branch->goes_on) branch[1].test(branch + 1, world, machine, outcome);
  else pbk_cel_branch_answered(branch, world, machine, outcome, truth);
}

/* branch_evaluator.c */
void pbk_cel_branch_begin(struct branch_run *run, struct cel_machine *machine, const struct cel_program *program,
                          const struct cel_world *world);
void pbk_cel_branch_prepare(struct branch_run *run);
void pbk_cel_branch_look_ahead(struct branch_run *run, struct cel_outcome *outcome);
/* Any test, before a ! is looked at. */
struct branch_answer pbk_cel_branch_test(struct branch_run *run, const struct cel_branch *branch);
/* The whole again, group by group, in a run that has just begun. */
void pbk_cel_branch_by_groups(struct branch_run *run, struct cel_outcome *outcome);

/* ---- events ---- */

/* How many events are at or before `limit`. */
BRANCH_INLINE uint32_t branch_events_until(const pbk_time *times, uint32_t count, pbk_time limit) {
  uint32_t first = 0;
  while (count > 1) {
    uint32_t half = count / 2;
    first += times[first + half - 1] <= limit ? half : 0;
    count -= half;
  }
  return first + (count && times[first] <= limit);
}

/* ---- tests of one value ---- */

/* What lies between the ends of two texts of the same size. No call of memcmp, which would cost all tests registers. */
BRANCH_INLINE bool branch_middle_same(const char *a, const char *b, uint32_t size) {
  for (uint32_t at = 8; at + 8 < size; at += 8) {
    if (branch_eight(a + at) != branch_eight(b + at)) return false;
  }
  return true;
}

/* Texts of the same size, which is of a class that is known: 8 and more, 4 to 7, 2 and 3, or less. */
BRANCH_INLINE bool branch_text_like(const struct branch_text *text, const char *bytes, uint32_t class) {
  uint32_t size = text->size;
  switch (class) {
    case 8:
      return branch_eight(bytes) == text->head && branch_eight(bytes + size - 8) == text->tail &&
             branch_middle_same(text->bytes, bytes, size);
    case 4: return branch_four(bytes) == text->head && branch_four(bytes + size - 4) == text->tail;
    case 2: return branch_two(bytes) == text->head && (unsigned char)bytes[size - 1] == text->tail;
    default: return size == 0 || (unsigned char)bytes[0] == text->head;
  }
}
BRANCH_INLINE bool branch_text_same(const struct branch_text *text, uint32_t size, const char *bytes) {
  if (size >= 8) return branch_text_like(text, bytes, 8);
  if (size >= 4) return branch_text_like(text, bytes, 4);
  return branch_text_like(text, bytes, size >= 2 ? 2 : 0);
}

BRANCH_INLINE bool branch_among_texts(const struct branch_texts *texts, const char *bytes, uint32_t size) {
  uint64_t head, tail;
  branch_text_ends(bytes, size, &head, &tail);
  for (uint32_t place = branch_text_hash(head, tail, size);; place++) {
    const struct branch_text *text = &texts->places[place & texts->mask];
    if (text->head == head && text->tail == tail && text->size == size &&
        branch_middle_same(text->bytes, bytes, size))
      return true;
    if (text->size == BRANCH_NO_TEXT) return false;
  }
}

BRANCH_INLINE bool branch_among_whole(const struct cel_branch *branch, int64_t whole) {
  for (uint32_t i = 0; i < branch->count; i++) {
    if (branch->with.integers[i] == whole) return true;
  }
  return false;
}

BRANCH_INLINE uint32_t branch_tagged(const struct cel_branch *branch, const pbk_value *list) {
  if (list->kind != PBK_LIST) return TRUTH_UNFIT;
  if (list->size > BRANCH_MOST_ITEMS) return TRUTH_UNSURE;
  const pbk_value *item = list->as.items;
  for (uint32_t left = list->size; left > 0; left--, item++) {
    if (branch_shape(item) == branch->shape && branch_text_same(&branch->with.text, item->size, item->as.text))
      return TRUTH_TRUE;
  }
  return TRUTH_FALSE;
}

/* Whether a comparison that holds for these orders does so for one: see branch_orders. */
BRANCH_INLINE bool branch_holds(uint32_t orders, int order) {
  return orders >> (order + 1) & 1;
}

/* A test of a value, whether it holds; TRUTH_UNSURE, TRUTH_UNFIT. */
BRANCH_INLINE uint32_t branch_test_of_value(const struct cel_branch *branch, const pbk_value *json) {
  double number;
  uint32_t size;
  switch (branch->operation) {
    case BRANCH_HAS: return TRUTH_TRUE;
    case BRANCH_TRUE: return json->kind == PBK_BOOL ? json->as.integer != 0 : TRUTH_UNFIT;
    case BRANCH_WHOLE:
      if (json->kind != branch->kind) return TRUTH_UNFIT;
      return ((uint64_t)json->as.integer - (uint64_t)branch->with.range.low <= branch->with.range.span) ^ branch->detail;
    case BRANCH_DOUBLE:
      if (json->kind == PBK_DOUBLE) number = json->as.number;
      else if (json->kind == PBK_INT) number = (double)json->as.integer;
      else return TRUTH_UNFIT;
      /* Without jumps; an order of 2 where one is no number. */
      return branch->detail >> (3 - (number < branch->with.number) * 3 - (number == branch->with.number) * 2 -
                                (number > branch->with.number)) & 1;
    case BRANCH_TEXT:
      if (branch_shape(json) == branch->shape)
        return branch_text_same(&branch->with.text, json->size, json->as.text) == branch->detail;
      return json->kind == PBK_STRING ? !branch->detail : TRUTH_UNFIT;
    case BRANCH_AMONG_TEXTS:
      return json->kind == PBK_STRING ? branch_among_texts(branch->with.texts, json->as.text, json->size) : TRUTH_UNFIT;
    case BRANCH_AMONG_WHOLE: return json->kind == PBK_INT ? branch_among_whole(branch, json->as.integer) : TRUTH_UNFIT;
    case BRANCH_TAGGED: return branch_tagged(branch, json);
    default: /* BRANCH_STARTS, BRANCH_ENDS */
      if (json->kind != PBK_STRING) return TRUTH_UNFIT;
      size = branch->with.text.size;
      return json->size >= size &&
             branch_text_same(&branch->with.text, size,
                              json->as.text + (branch->operation == BRANCH_ENDS ? json->size - size : 0));
  }
}

#endif
