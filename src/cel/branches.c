/* cel/branches.c - lays a compiled program out for the test-and-branch tier: see branches.h.
 *
 * Works on the program's nodes, where names are resolved and constants computed. */
#include "cel/branches.h"

enum { BRANCHES_TEST_COST = 24 };

struct branches {
  struct memory *memory;
  struct cel_program *program;
  uint32_t quick; /* tests that are not asked of the general evaluator */
};

static const struct cel_node *branches_node(const struct branches *branches, uint32_t at) {
  return &branches->program->nodes.items[at];
}

static const struct cel_value *branches_constant(const struct branches *branches, uint32_t at) {
  const struct cel_node *node = branches_node(branches, at);
  return node->operation == OPERATION_CONSTANT ? &branches->program->constants.items[node->a] : NULL;
}

static bool branches_is(const struct cel_value *constant, uint32_t kind) {
  return constant && constant->kind == kind;
}

/* The comparison that `b op a` is, for `a op b`. */
static uint8_t branches_turned(uint32_t binary) {
  switch (binary) {
    case BINARY_LESS: return BINARY_GREATER;
    case BINARY_LESS_EQUAL: return BINARY_GREATER_EQUAL;
    case BINARY_GREATER: return BINARY_LESS;
    case BINARY_GREATER_EQUAL: return BINARY_LESS_EQUAL;
    default: return (uint8_t)binary;
  }
}

static struct branch_text branches_text(const struct cel_value *constant) {
  struct branch_text text = {.bytes = constant->as.bytes, .size = constant->size};
  branch_text_ends(text.bytes, text.size, &text.head, &text.tail);
  return text;
}

static void branches_set_text(struct cel_branch *branch, const struct cel_value *constant) {
  pbk_value value = {.kind = PBK_STRING, .size = constant->size};
  branch->with.text = branches_text(constant);
  branch->shape = branch_shape(&value);
}

/* Where a value is to be loaded from, if it is one that can be. */
static bool branches_load(const struct branches *branches, uint32_t at, struct cel_branch *branch) {
  const struct cel_node *node = branches_node(branches, at);
  if (node->operation == OPERATION_SELECT) {
    branch->member = &branches->program->constants.items[node->c];
    at = node->a;
    node = branches_node(branches, at);
  }
  branch->read = at;
  branch->slot = node->a;
  switch (node->operation) {
    case OPERATION_ENTRY:
      branch->load = branch->member ? LOAD_ENTRY : LOAD_DIRECT;
      branch->number = node->b;
      return true;
    case OPERATION_FIELD: branch->load = LOAD_FIELD; return true;
    case OPERATION_LOCAL: branch->load = LOAD_LOCAL; return true;
    default: return false;
  }
}

/* ---- tests of one value ---- */

/* Comparisons of integers as ranges of them, or what is left out by one. */
static void branches_range(struct cel_branch *branch, uint8_t binary, int64_t constant) {
  bool least = binary == BINARY_GREATER_EQUAL || binary == BINARY_LESS;
  bool most = binary == BINARY_LESS_EQUAL || binary == BINARY_GREATER;
  int64_t low = most ? INT64_MIN : constant, high = least ? INT64_MAX : constant;
  branch->with.range.low = low;
  branch->with.range.span = (uint64_t)high - (uint64_t)low;
  branch->detail = binary == BINARY_NOT_EQUAL || binary == BINARY_LESS || binary == BINARY_GREATER;
}

static bool branches_compare(const struct branches *branches, uint32_t value, const struct cel_value *constant,
                             uint8_t binary, struct cel_branch *branch) {
  if (!branches_load(branches, value, branch)) return false;
  branch->detail = branch_orders(binary);
  switch (constant->kind) {
    case CEL_BOOL:
    case CEL_INT:
      branch->operation = BRANCH_WHOLE;
      branch->kind = constant->kind == CEL_INT ? PBK_INT : PBK_BOOL;
      branches_range(branch, binary, constant->as.integer);
      return true;
    case CEL_DOUBLE:
      branch->operation = BRANCH_DOUBLE;
      branch->with.number = constant->as.number;
      return true;
    case CEL_STRING:
      branch->operation = BRANCH_TEXT;
      branch->detail = binary == BINARY_EQUAL;
      branches_set_text(branch, constant);
      branch->cost += constant->size / 64;
      return binary <= BINARY_NOT_EQUAL;
    default: return false;
  }
}

static bool branches_list_of(const struct cel_value *list, uint32_t kind) {
  const struct cel_value *items = list->as.other;
  for (uint32_t i = 0; i < list->size; i++) {
    if (items[i].kind != kind) return false;
  }
  return list->size > 0;
}

static struct branch_texts *branches_texts(struct branches *branches, const struct cel_value *items, uint32_t count) {
  uint32_t size = 4;
  while (size < count * 2) size *= 2;
  struct branch_texts *texts =
    pbk_arena_allocate(&branches->program->arena, sizeof *texts + size * sizeof texts->places[0]);
  texts->mask = size - 1;
  for (uint32_t i = 0; i < size; i++) texts->places[i] = (struct branch_text){.size = BRANCH_NO_TEXT};
  for (uint32_t i = 0; i < count; i++) {
    struct branch_text text = branches_text(&items[i]);
    uint32_t place = branch_text_hash(text.head, text.tail, text.size) & texts->mask;
    while (texts->places[place].size != BRANCH_NO_TEXT) place = (place + 1) & texts->mask;
    texts->places[place] = text;
  }
  return texts;
}

static bool branches_among(struct branches *branches, uint32_t value, const struct cel_value *list,
                           struct cel_branch *branch) {
  const struct cel_value *items = list->as.other;
  if (!branches_load(branches, value, branch)) return false;
  branch->count = list->size;
  branch->cost += list->size;
  if (branches_list_of(list, CEL_STRING)) {
    for (uint32_t i = 0; i < list->size; i++) branch->cost += items[i].size / 64;
    branch->operation = BRANCH_AMONG_TEXTS;
    branch->with.texts = branches_texts(branches, items, list->size);
    return true;
  }
  if (!branches_list_of(list, CEL_INT)) return false;
  int64_t *integers = pbk_arena_allocate(&branches->program->arena, list->size * sizeof *integers);
  for (uint32_t i = 0; i < list->size; i++) integers[i] = items[i].as.integer;
  branch->operation = BRANCH_AMONG_WHOLE;
  branch->with.integers = integers;
  return true;
}

static bool branches_call(const struct branches *branches, const struct cel_node *node, struct cel_branch *branch) {
  if (node->detail != FUNCTION_STARTS_WITH && node->detail != FUNCTION_ENDS_WITH) return false;
  const uint32_t *links = branches->program->links.items + node->a;
  const struct cel_value *part = branches_constant(branches, links[1]);
  if (!branches_is(part, CEL_STRING) || !branches_load(branches, links[0], branch)) return false;
  branch->operation = node->detail == FUNCTION_STARTS_WITH ? BRANCH_STARTS : BRANCH_ENDS;
  branches_set_text(branch, part);
  return true;
}

static bool branches_has(const struct branches *branches, const struct cel_node *node, struct cel_branch *branch) {
  branch->operation = BRANCH_HAS;
  branch->slot = node->a;
  switch (node->operation) {
    case OPERATION_HAS_ENTRY:
      branch->load = LOAD_DIRECT;
      branch->number = node->b;
      return true;
    case OPERATION_HAS_FIELD: branch->load = LOAD_FIELD; return true;
    default:
      if (!branches_load(branches, node->a, branch) || branch->member) return false;
      branch->member = &branches->program->constants.items[node->c];
      if (branch->load == LOAD_DIRECT) branch->load = LOAD_ENTRY;
      return true;
  }
}

/* ---- tests of time ---- */

static bool branches_moment(const struct branches *branches, uint32_t at, struct branch_moment *moment) {
  const struct cel_node *node = branches_node(branches, at);
  moment->slot = node->a;
  moment->number = node->b;
  switch (node->operation) {
    case OPERATION_NOW: moment->kind = MOMENT_NOW; return true;
    case OPERATION_FIELD: moment->kind = MOMENT_FIELD; return true;
    case OPERATION_FIRST: moment->kind = MOMENT_FIRST; return true;
    case OPERATION_LAST: moment->kind = MOMENT_LAST; return true;
    case OPERATION_CONSTANT:
      moment->kind = MOMENT_CONSTANT;
      moment->constant = branches->program->constants.items[node->a];
      return (moment->constant.kind == CEL_TIMESTAMP || moment->constant.kind == CEL_DURATION) && moment->constant.size == 0;
    default: return false;
  }
}

static bool branches_side(const struct branches *branches, uint32_t at, struct branch_side *side) {
  const struct cel_node *node = branches_node(branches, at);
  side->binary = BINARY_EQUAL;
  if (node->operation != OPERATION_BINARY) return branches_moment(branches, at, &side->left);
  if (node->detail != BINARY_ADD && node->detail != BINARY_SUBTRACT) return false;
  side->binary = node->detail;
  return branches_moment(branches, node->a, &side->left) && branches_moment(branches, node->b, &side->right);
}

static bool branches_side_is(const struct branch_side *side, uint32_t kind) {
  return side->left.kind == kind || (side->binary != BINARY_EQUAL && side->right.kind == kind);
}

/* Only what has to do with time for certain: two fields compared may be anything. */
static bool branches_times(struct branches *branches, const struct cel_node *node, struct cel_branch *branch) {
  struct branch_times times;
  memset(&times, 0, sizeof times);
  if (!branches_side(branches, node->a, &times.left) || !branches_side(branches, node->b, &times.right)) return false;
  bool timely = false;
  for (uint32_t kind = MOMENT_CONSTANT; kind <= MOMENT_LAST; kind++) {
    if (kind != MOMENT_FIELD) timely = timely || branches_side_is(&times.left, kind) || branches_side_is(&times.right, kind);
  }
  if (!timely) return false;
  bool now_first = times.left.binary == BINARY_EQUAL && times.left.left.kind == MOMENT_NOW;
  const struct branch_side *other = now_first ? &times.right : &times.left;
  bool now_last = !now_first && times.right.binary == BINARY_EQUAL && times.right.left.kind == MOMENT_NOW;
  if ((now_first || now_last) && other->binary == BINARY_EQUAL && other->left.kind == MOMENT_CONSTANT &&
      other->left.constant.kind == CEL_TIMESTAMP) {
    branch->operation = BRANCH_NOW;
    branch->detail = branch_orders(now_first ? node->detail : branches_turned(node->detail));
    branch->with.integer = other->left.constant.as.integer;
    return true;
  }
  struct branch_times *kept = pbk_arena_allocate(&branches->program->arena, sizeof *kept);
  *kept = times;
  branch->operation = BRANCH_TIMES;
  branch->detail = node->detail;
  branch->with.times = kept;
  return true;
}

static bool branches_count(const struct branches *branches, uint32_t at, const struct cel_value *constant, uint8_t binary,
                           struct cel_branch *branch) {
  const struct cel_node *node = branches_node(branches, at);
  if (constant->kind != CEL_INT) return false;
  if (node->operation == OPERATION_COUNT) {
    branch->operation = BRANCH_COUNT;
  } else if (node->operation == OPERATION_COUNT_SINCE) {
    const struct cel_value *window = branches_constant(branches, node->c);
    if (!branches_is(window, CEL_DURATION) || window->as.integer <= 0 || window->size) return false;
    branch->operation = BRANCH_WINDOW;
    branch->window = window->as.integer;
  } else {
    return false;
  }
  branch->slot = node->a;
  branch->number = node->b;
  branch->detail = branch_orders(binary);
  branch->with.integer = constant->as.integer;
  return true;
}

static bool branches_quiet(const struct branches *branches, const struct cel_node *node, struct cel_branch *branch) {
  const struct cel_value *window = branches_constant(branches, node->c);
  if (!branches_is(window, CEL_DURATION) || window->size) return false;
  branch->operation = BRANCH_QUIET;
  branch->slot = node->a;
  branch->number = node->b;
  branch->window = window->as.integer;
  return true;
}

static bool branches_clock_holds(uint8_t binary, const struct cel_value *other, int64_t value) {
  if (binary != BINARY_IN) return cel_holds(binary, (value > other->as.integer) - (value < other->as.integer));
  const struct cel_value *items = other->as.other;
  for (uint32_t i = 0; i < other->size; i++) {
    if (items[i].as.integer == value) return true;
  }
  return false;
}

/* A field of `now` in UTC that goes round: whether the test holds for each value, and for how many steps on. */
static bool branches_clock(struct branches *branches, uint32_t at, const struct cel_value *other, uint8_t binary,
                           struct cel_branch *branch) {
  const struct cel_node *node = branches_node(branches, at);
  uint32_t values;
  if (node->operation != OPERATION_CALL || !branch_clock_unit(node->detail, &values)) return false;
  const uint32_t *links = branches->program->links.items + node->a;
  if (branches_node(branches, links[0])->operation != OPERATION_NOW) return false;
  if (node->b > 1) {
    const struct cel_value *zone = branches_constant(branches, links[1]);
    if (!branches_is(zone, CEL_STRING) || !text_equal(cel_text(zone), TEXT("UTC"))) return false;
  }
  bool whole = binary == BINARY_IN ? other->kind == CEL_LIST && branches_list_of(other, CEL_INT) : other->kind == CEL_INT;
  if (!whole) return false;
  uint8_t *steps = pbk_arena_allocate(&branches->program->arena, values);
  for (uint32_t i = 0; i < values; i++) {
    bool holds = branches_clock_holds(binary, other, i);
    uint32_t step = 1;
    while (step < values && branches_clock_holds(binary, other, (i + step) % values) == holds) step++;
    if (step == values) step = 0;
    steps[i] = (uint8_t)(step * 2 + holds);
  }
  branch->operation = BRANCH_CLOCK;
  branch->detail = node->detail;
  branch->with.steps = steps;
  if (binary == BINARY_IN) branch->cost += other->size;
  return true;
}

/* ---- any test ---- */

static bool branches_binary(struct branches *branches, const struct cel_node *node, struct cel_branch *branch) {
  const struct cel_value *left = branches_constant(branches, node->a), *right = branches_constant(branches, node->b);
  if (node->detail == BINARY_IN) {
    if (branches_is(right, CEL_LIST)) {
      return branches_clock(branches, node->a, right, BINARY_IN, branch) || branches_among(branches, node->a, right, branch);
    }
    if (!branches_is(left, CEL_STRING) || !branches_load(branches, node->b, branch)) return false;
    branch->operation = BRANCH_TAGGED;
    branches_set_text(branch, left);
    branch->cost += BRANCH_MOST_ITEMS;
    return left->size < 64;
  }
  if (node->detail > BINARY_IN) return false;
  const struct cel_value *constant = right ? right : left;
  if (constant) {
    uint32_t value = right ? node->a : node->b;
    uint8_t binary = right ? node->detail : branches_turned(node->detail);
    struct cel_branch untouched = *branch;
    if (branches_compare(branches, value, constant, binary, branch)) return true;
    *branch = untouched;
    if (branches_count(branches, value, constant, binary, branch)) return true;
    if (branches_clock(branches, value, constant, binary, branch)) return true;
    *branch = untouched;
  }
  return branches_times(branches, node, branch) || pbk_cel_branch_counts_compile(branches->program, node, branch);
}

static bool branches_test(struct branches *branches, uint32_t at, struct cel_branch *branch) {
  const struct cel_node *node = branches_node(branches, at);
  switch (node->operation) {
    case OPERATION_FIELD:
    case OPERATION_ENTRY:
    case OPERATION_LOCAL:
    case OPERATION_SELECT: branch->operation = BRANCH_TRUE; return branches_load(branches, at, branch);
    case OPERATION_HAS_FIELD:
    case OPERATION_HAS_ENTRY:
    case OPERATION_HAS: return branches_has(branches, node, branch);
    case OPERATION_BINARY: return branches_binary(branches, node, branch);
    case OPERATION_CALL: return branches_call(branches, node, branch);
    case OPERATION_QUIET: return branches_quiet(branches, node, branch);
    case OPERATION_MEMBER:
      branch->operation = BRANCH_MEMBER;
      branch->slot = node->a;
      branch->number = node->b;
      return true;
    default: return false;
  }
}

/* Lays out what stands at a node and gives what it costs. */
static uint32_t branches_emit(struct branches *branches, uint32_t at, uint32_t blame, bool inverted) {
  struct cel_program *program = branches->program;
  while (branches_node(branches, at)->operation == OPERATION_NOT) {
    blame = at;
    at = branches_node(branches, at)->a;
    inverted = !inverted;
  }
  const struct cel_node *node = branches_node(branches, at);
  struct cel_branch plain = {.node = at, .read = at, .blame = blame, .inverted = inverted, .cost = BRANCHES_TEST_COST};
  struct cel_branch branch = plain;
  uint32_t place = program->branches.count, cost;
  bool loop = node->operation == OPERATION_ALL || node->operation == OPERATION_EXISTS;
  if (node->operation == OPERATION_AND || node->operation == OPERATION_OR) {
    branch.operation = node->operation == OPERATION_AND ? BRANCH_AND : BRANCH_OR;
    array_push(branches->memory, &program->branches, branch);
    cost = BRANCHES_TEST_COST;
    for (uint32_t i = 0; i < node->b; i++) {
      uint32_t item = program->links.items[node->a + i];
      cost += branches_emit(branches, item, item, false);
    }
  } else if (loop && branches_load(branches, node->a, &branch)) {
    branch.operation = node->operation == OPERATION_ALL ? BRANCH_ALL : BRANCH_EXISTS;
    branch.with.local = node->detail;
    array_push(branches->memory, &program->branches, branch);
    cost = BRANCHES_TEST_COST + branches_emit(branches, node->b, at, false);
    const struct cel_branch *body = &program->branches.items[place + 1];
    program->branches.items[place].simple = body->operation < BRANCH_FIRST_OF_TIME && body->load == LOAD_LOCAL &&
                                            body->slot == node->detail && !body->member && !body->inverted &&
                                            body->cost <= BRANCH_SIMPLE_COST;
    branches->quick++;
  } else {
    if (branches_test(branches, at, &branch)) {
      branches->quick++;
    } else {
      branch = plain;
      branch.operation = BRANCH_GENERAL;
    }
    cost = branch.cost;
    array_push(branches->memory, &program->branches, branch);
  }
  program->branches.items[place].cost = cost;
  program->branches.items[place].extent = (uint32_t)((program->branches.count - place) * sizeof branch);
  return cost;
}

static struct cel_branch *branches_at(const struct branches *branches, int64_t offset) {
  void *branch = (char *)branches->program->branches.items + offset;
  return branch;
}

static bool branches_is_group(const struct cel_branch *branch) {
  return branch->operation == BRANCH_AND || branch->operation == BRANCH_OR;
}

/* The first test of what stands at an offset. */
static int64_t branches_first(const struct branches *branches, int64_t offset) {
  while (branches_is_group(branches_at(branches, offset))) offset += (int64_t)sizeof(struct cel_branch);
  return offset;
}

/* Sets where to go on from each test: to an offset, or to an end. Gives the last test. */
static struct cel_branch *branches_join(const struct branches *branches, int64_t offset, int64_t if_false, int64_t if_true,
                                        uint32_t decides) {
  struct cel_branch *branch = branches_at(branches, offset), *last = branch;
  int64_t whether[2] = {branch->inverted ? if_true : if_false, branch->inverted ? if_false : if_true};
  if (!branches_is_group(branch)) {
    branch->decides = (uint8_t)(decides == BRANCH_MANY ? decides : decides ^ branch->inverted);
    for (uint32_t i = 0; i < 2; i++) branch->steps[i] = (int32_t)(whether[i] >= 0 ? whether[i] - offset : whether[i]);
    return branch;
  }
  bool any = branch->operation == BRANCH_OR;
  int64_t end = offset + branch->extent;
  for (int64_t item = offset + (int64_t)sizeof *branch, next; item < end; item = next) {
    next = item + branches_at(branches, item)->extent;
    int64_t go_on = next < end ? branches_first(branches, next) : whether[!any];
    last = branches_join(branches, item, any ? go_on : whether[0], any ? whether[1] : go_on, decides);
  }
  return last;
}

/* BRANCH_MANY, or what an answer must be to settle the only group. */
static uint32_t branches_decides(const struct branches *branches) {
  const struct cel_branch *root = branches->program->branches.items;
  if (!branches_is_group(root)) return 0;
  for (uint32_t i = 1; i < branches->program->branches.count; i++) {
    if (branches_is_group(&root[i])) return BRANCH_MANY;
  }
  return root->operation == BRANCH_OR;
}

/* The tests give nothing but true, false or an error. */
static bool branches_give_bool(const struct branches *branches, uint32_t at) {
  const struct cel_node *node = branches_node(branches, at);
  switch (node->operation) {
    case OPERATION_NOT:
    case OPERATION_AND:
    case OPERATION_OR:
    case OPERATION_HAS_FIELD:
    case OPERATION_HAS_ENTRY:
    case OPERATION_HAS:
    case OPERATION_ALL:
    case OPERATION_EXISTS:
    case OPERATION_MEMBER:
    case OPERATION_QUIET: return true;
    case OPERATION_BINARY: return node->detail <= BINARY_IN;
    case OPERATION_CALL: return node->detail == FUNCTION_STARTS_WITH || node->detail == FUNCTION_ENDS_WITH;
    default: return false;
  }
}

void pbk_cel_branch_compile(struct memory *memory, struct cel_program *program,
                            const struct cel_environment *environment) {
  struct branches branches = {.memory = memory, .program = program};
  if (!branches_give_bool(&branches, program->root)) return;
  uint32_t cost = branches_emit(&branches, program->root, program->root, false);
  if (!branches.quick || cost > BRANCH_MOST_COST) {
    array_release(memory, &program->branches);
    return;
  }
  branches_join(&branches, 0, BRANCH_IS_FALSE, BRANCH_IS_TRUE, branches_decides(&branches))->last = true;
  for (uint32_t i = 0; i < program->branches.count; i++) {
    struct cel_branch *branch = &program->branches.items[i];
    branch->goes_on = BRANCH_NO_ANSWER;
    for (uint32_t truth = 0; truth < 2; truth++) {
      if (branch->steps[truth] == (int32_t)sizeof *branch) branch->goes_on = (uint8_t)truth;
    }
    uint32_t shown = 0;
    while (shown < environment->shown_count && environment->shown_slots[shown] != branch->slot) shown++;
    if (branch->load == LOAD_DIRECT && shown == environment->shown_count) branch->load = LOAD_ENTRY;
    branch->place = (uint8_t)(branch->number % CEL_PLACES);
    branch->test = pbk_cel_branch_quickest(branch, shown, program->timed);
    branch->item_test = pbk_cel_branch_item_test(branch);
  }
  program->first_branch = branches_at(&branches, branches_first(&branches, 0));
}
