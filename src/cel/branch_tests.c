/* cel/branch_tests.c - the test-and-branch tier's quickest tests: a small function for each way to load a value and to test it,
 * chosen when the condition is laid out, so that hardly anything is left to decide when it runs. */
#include "cel/branch_run.h"

/* ---- where values come from: false where that takes more ---- */

BRANCH_INLINE bool load_entry(const struct cel_branch *branch, const struct cel_world *world, const struct cel_machine *machine,
                              uint32_t shown, const pbk_value **json) {
  uint32_t place = machine->places[branch->place];
  if (place >= world->shown[shown].count || world->shown[shown].names[place] != branch->number) return false;
  *json = cel_shown_value(&world->shown[shown], place);
  return true;
}

/* ---- what is tested ---- */

BRANCH_INLINE uint32_t test_has(const struct cel_branch *branch, const pbk_value *json) {
  (void)branch;
  (void)json;
  return TRUTH_TRUE;
}

BRANCH_INLINE uint32_t test_bool(const struct cel_branch *branch, const pbk_value *json) {
  (void)branch;
  return json->kind == PBK_BOOL ? json->as.integer != 0 : TRUTH_UNFIT;
}

BRANCH_INLINE uint32_t test_whole(const struct cel_branch *branch, const pbk_value *json) {
  if (json->kind != branch->kind) return TRUTH_UNFIT;
  return ((uint64_t)json->as.integer - (uint64_t)branch->with.range.low <= branch->with.range.span) ^ branch->detail;
}

/* The rarer ones of a value in one function. */
BRANCH_INLINE uint32_t test_any(const struct cel_branch *branch, const pbk_value *json) {
  return branch_test_of_value(branch, json);
}

BRANCH_INLINE uint32_t test_at_least(const struct cel_branch *branch, const pbk_value *json) {
  if (json->kind == PBK_DOUBLE) return json->as.number >= branch->with.number;
  return json->kind == PBK_INT ? (double)json->as.integer >= branch->with.number : TRUTH_UNFIT;
}

BRANCH_INLINE uint32_t test_text(const struct cel_branch *branch, const pbk_value *json, uint32_t class) {
  if (branch_shape(json) != branch->shape) return json->kind == PBK_STRING ? !branch->detail : TRUTH_UNFIT;
  return branch_text_like(&branch->with.text, json->as.text, class) == branch->detail;
}
BRANCH_INLINE uint32_t test_text_of_two(const struct cel_branch *branch, const pbk_value *json) {
  return test_text(branch, json, 2);
}
BRANCH_INLINE uint32_t test_text_of_four(const struct cel_branch *branch, const pbk_value *json) {
  return test_text(branch, json, 4);
}
BRANCH_INLINE uint32_t test_text_of_eight(const struct cel_branch *branch, const pbk_value *json) {
  return test_text(branch, json, 8);
}

BRANCH_INLINE uint32_t test_among(const struct cel_branch *branch, const pbk_value *json) {
  return json->kind == PBK_STRING ? branch_among_texts(branch->with.texts, json->as.text, json->size) : TRUTH_UNFIT;
}

BRANCH_INLINE uint32_t test_tagged(const struct cel_branch *branch, const pbk_value *json, uint32_t class) {
  if (json->kind != PBK_LIST || json->size > BRANCH_MOST_ITEMS) return TRUTH_UNFIT;
  const pbk_value *item = json->as.items;
  for (uint32_t left = json->size; left > 0; left--, item++) {
    if (branch_shape(item) == branch->shape && branch_text_like(&branch->with.text, item->as.text, class)) return TRUTH_TRUE;
  }
  return TRUTH_FALSE;
}
BRANCH_INLINE uint32_t test_tagged_of_two(const struct cel_branch *branch, const pbk_value *json) {
  return test_tagged(branch, json, 2);
}
BRANCH_INLINE uint32_t test_tagged_of_four(const struct cel_branch *branch, const pbk_value *json) {
  return test_tagged(branch, json, 4);
}
BRANCH_INLINE uint32_t test_tagged_of_eight(const struct cel_branch *branch, const pbk_value *json) {
  return test_tagged(branch, json, 8);
}

BRANCH_INLINE uint32_t test_ends(const struct cel_branch *branch, const pbk_value *json) {
  uint32_t size = branch->with.text.size;
  if (json->kind != PBK_STRING) return TRUTH_UNFIT;
  return json->size >= size && branch_text_same(&branch->with.text, size, json->as.text + json->size - size);
}
BRANCH_INLINE uint32_t test_starts(const struct cel_branch *branch, const pbk_value *json) {
  uint32_t size = branch->with.text.size;
  if (json->kind != PBK_STRING) return TRUTH_UNFIT;
  return json->size >= size && branch_text_same(&branch->with.text, size, json->as.text);
}

/* ---- a function for each ---- */

#define OF_ENTRY(test)                                                                          \
  static void first_##test(BRANCH_TEST_ARGUMENTS) {                                             \
    const pbk_value *json;                                                                      \
    bool there = load_entry(branch, world, machine, 0, &json);                                  \
    branch_next(branch, world, machine, outcome, there ? test(branch, json) : TRUTH_UNFIT);     \
  }                                                                                             \
  static void second_##test(BRANCH_TEST_ARGUMENTS) {                                            \
    const pbk_value *json;                                                                      \
    bool there = load_entry(branch, world, machine, 1, &json);                                  \
    branch_next(branch, world, machine, outcome, there ? test(branch, json) : TRUTH_UNFIT);     \
  }
#define OF_FIELD(test)                                                                          \
  static void field_##test(BRANCH_TEST_ARGUMENTS) {                                             \
    const pbk_value *json = cel_shown_field(world, branch->slot);                               \
    branch_next(branch, world, machine, outcome, json ? test(branch, json) : TRUTH_UNFIT);      \
  }
#define OF_ITEM(test)                                                                   \
  static uint32_t item_##test(const struct cel_branch *branch, const pbk_value *json) { \
    return test(branch, json);                                                          \
  }

OF_ENTRY(test_has)
OF_ENTRY(test_bool)
OF_ENTRY(test_whole)
OF_ENTRY(test_at_least)
OF_ENTRY(test_text_of_two)
OF_ENTRY(test_text_of_four)
OF_ENTRY(test_text_of_eight)
OF_ENTRY(test_among)
OF_ENTRY(test_tagged_of_two)
OF_ENTRY(test_tagged_of_four)
OF_ENTRY(test_tagged_of_eight)
OF_ENTRY(test_starts)
OF_ENTRY(test_ends)
OF_ENTRY(test_any)
OF_FIELD(test_whole)
OF_FIELD(test_any)
OF_ITEM(test_starts)
OF_ITEM(test_any)

/* all and exists over a list that is an entry, by a simple test. */
BRANCH_INLINE uint32_t branch_simple_loop(const struct cel_branch *loop, struct cel_machine *machine, const pbk_value *range) {
  const struct cel_branch *body = loop + 1;
  uint32_t absorbing = loop->operation == BRANCH_EXISTS;
  if (range->kind != PBK_LIST || range->size > BRANCH_MOST_ITEMS) return TRUTH_UNFIT;
  uint32_t looped = machine->looped + range->size * body->cost;
  if (looped > CEL_WALKS / 2) return TRUTH_UNFIT;
  machine->looped = looped;
  const pbk_value *item = range->as.items;
  for (uint32_t left = range->size; left > 0; left--, item++) {
    uint32_t truth = body->item_test(body, item);
    if (truth != !absorbing) return truth == absorbing ? absorbing : TRUTH_UNFIT;
  }
  return !absorbing;
}
static void first_loop(BRANCH_TEST_ARGUMENTS) {
  const pbk_value *json;
  bool there = load_entry(branch, world, machine, 0, &json);
  uint32_t truth = there ? branch_simple_loop(branch, machine, json) : TRUTH_UNFIT;
  branch_next(branch, world, machine, outcome, truth);
}
static void second_loop(BRANCH_TEST_ARGUMENTS) {
  const pbk_value *json;
  bool there = load_entry(branch, world, machine, 1, &json);
  uint32_t truth = there ? branch_simple_loop(branch, machine, json) : TRUTH_UNFIT;
  branch_next(branch, world, machine, outcome, truth);
}

/* The same test of an entry of the first map that is shown and of the second. */
struct tests_of_entry {
  branch_test *of[CEL_MOST_SHOWN];
};
#define BOTH(test) ((struct tests_of_entry){{first_##test, second_##test}})

/* By the size of the text: see branch_text_like. */
static struct tests_of_entry tests_by_size(uint32_t size, struct tests_of_entry two, struct tests_of_entry four,
                                           struct tests_of_entry eight) {
  if (size >= 8) return eight;
  if (size >= 4) return four;
  return size >= 2 ? two : BOTH(test_any);
}

static struct tests_of_entry tests_of_entry(const struct cel_branch *branch) {
  uint32_t size = branch->with.text.size;
  switch (branch->operation) {
    case BRANCH_HAS: return BOTH(test_has);
    case BRANCH_TRUE: return BOTH(test_bool);
    case BRANCH_WHOLE: return BOTH(test_whole);
    case BRANCH_DOUBLE:
      return branch->detail == branch_orders(BINARY_GREATER_EQUAL) ? BOTH(test_at_least) : BOTH(test_any);
    case BRANCH_TEXT: return tests_by_size(size, BOTH(test_text_of_two), BOTH(test_text_of_four), BOTH(test_text_of_eight));
    case BRANCH_AMONG_TEXTS: return BOTH(test_among);
    case BRANCH_TAGGED:
      return tests_by_size(size, BOTH(test_tagged_of_two), BOTH(test_tagged_of_four), BOTH(test_tagged_of_eight));
    case BRANCH_STARTS: return BOTH(test_starts);
    case BRANCH_ENDS: return BOTH(test_ends);
    default: return BOTH(test_any);
  }
}

branch_test *pbk_cel_branch_quickest(const struct cel_branch *branch, uint32_t shown, bool timed) {
  branch_test *test = NULL;
  if (branch->operation >= BRANCH_FIRST_OF_TIME && branch->operation < BRANCH_GENERAL) {
    test = pbk_cel_branch_quickest_of_time(branch, timed);
  } else if (branch->load == LOAD_DIRECT) {
    if (branch->simple) test = shown ? second_loop : first_loop;
    else if (branch->operation < BRANCH_FIRST_OF_TIME) test = tests_of_entry(branch).of[shown];
  } else if (branch->load == LOAD_FIELD && branch->operation < BRANCH_FIRST_OF_TIME && !branch->member) {
    test = branch->operation == BRANCH_WHOLE ? field_test_whole : field_test_any;
  }
  return test ? test : pbk_cel_branch_go_on;
}

branch_item_test *pbk_cel_branch_item_test(const struct cel_branch *branch) {
  return branch->operation == BRANCH_STARTS ? item_test_starts : item_test_any;
}
