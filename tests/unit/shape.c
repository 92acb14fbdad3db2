/* tests/unit/shape.c - sets of trait names: one for each set, whatever the order in which names came. */
#include "facts/shape.h"

#include "unit/check.h"

static struct check_heap heap;
static struct memory memory;
static struct context context;
static struct shapes shapes;

static void open_shapes(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  context = (struct context){.memory = &memory};
  pbk_names_init(&context.names, &memory);
  pbk_shapes_init(&shapes, &context);
}

static void close_shapes(void) {
  pbk_shapes_release(&shapes);
  pbk_names_release(&context.names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static uint32_t name_of(uint32_t number) {
  char text[8];
  snprintf(text, sizeof text, "n%" PRIu32, number);
  return pbk_names_intern(&context.names, text_from(text));
}

static struct shape *with(struct shape *shape, uint32_t number) {
  uint32_t place;
  shape = pbk_shape_with(&shapes, shape, name_of(number), &place);
  CHECK_EQUAL_UINT(place, shape_place(shape, name_of(number)));
  return shape;
}

static void in_any_order(void) {
  open_shapes();
  struct shape *one = with(with(with(NULL, 3), 1), 2), *two = with(with(with(NULL, 2), 3), 1), *less = with(NULL, 3);
  CHECK(one == two);
  CHECK(less != one);
  CHECK_EQUAL_UINT(one->count, 3);
  CHECK_EQUAL_UINT(shape_place(one, name_of(1)), 0);
  CHECK_EQUAL_UINT(shape_place(one, name_of(3)), 2);
  CHECK_EQUAL_UINT(shape_place(one, name_of(4)), MAP_NONE);
  CHECK_EQUAL_UINT(shape_place(NULL, name_of(1)), MAP_NONE);
  uint32_t names[] = {name_of(1), name_of(2), name_of(3)};
  struct shape *three = pbk_shape_of(&shapes, names, 3);
  CHECK(three == one);
  CHECK(pbk_shape_of(&shapes, names, 0) == NULL);
  CHECK(shape_number(NULL) == 0 && shape_at(&shapes, 0) == NULL);
  CHECK(shape_number(less) != 0 && shape_at(&shapes, shape_number(less)) == less);
  less = with(with(less, 2), 1);
  CHECK(less == one);
  pbk_shape_drop(&shapes, one);
  pbk_shape_drop(&shapes, two);
  pbk_shape_drop(&shapes, three);
  pbk_shape_drop(&shapes, less);
  pbk_shape_drop(&shapes, NULL);
  close_shapes();
}

/* Many subjects get names in random order: equal sets are one shape, and none changes under those who use it; nor does its
 * number. */
static void random_work(void) {
  enum { SUBJECTS = 60, NAMES = 9, ROUNDS = 6000 };
  struct shape *of[SUBJECTS] = {NULL};
  uint32_t sets[SUBJECTS] = {0};
  uint64_t random = 5;
  open_shapes();
  for (uint32_t round = 0; round < ROUNDS; round++) {
    uint32_t subject = check_random_below(&random, SUBJECTS), number = check_random_below(&random, NAMES);
    if (check_random_below(&random, 12) == 0) {
      pbk_shape_drop(&shapes, of[subject]);
      of[subject] = NULL;
      sets[subject] = 0;
    } else if (!(sets[subject] >> number & 1)) {
      of[subject] = with(of[subject], number);
      sets[subject] |= 1u << number;
    }
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < SUBJECTS; i++) {
      for (uint32_t n = 0; n < NAMES; n++) wrong += (shape_place(of[i], name_of(n)) != MAP_NONE) != (sets[i] >> n & 1);
      wrong += shape_at(&shapes, shape_number(of[i])) != of[i];
      for (uint32_t j = 0; j < i; j++) wrong += (of[i] == of[j]) != (sets[i] == sets[j]);
      for (uint32_t n = 1; n < shape_count(of[i]); n++)
        wrong += text_compare(name_text(&context, of[i]->names[n - 1]), name_text(&context, of[i]->names[n])) >= 0;
    }
    check_note("round %" PRIu32, round);
    if (!CHECK_EQUAL_UINT(wrong, 0)) break;
  }
  for (uint32_t i = 0; i < SUBJECTS; i++) pbk_shape_drop(&shapes, of[i]);
  close_shapes();
}

/* One subject with very many names, and many sets that nobody shares: all is given back. */
static void many(void) {
  enum { NAMES = 3000 };
  open_shapes();
  struct shape *wide = NULL, *own[200];
  for (uint32_t i = 0; i < NAMES; i++) wide = with(wide, i * 7919 % NAMES);
  CHECK_EQUAL_UINT(wide->count, NAMES);
  for (uint32_t i = 0; i < 200; i++) own[i] = with(with(NULL, i), i + 1000);
  CHECK(shapes.count >= 201);
  pbk_shape_drop(&shapes, wide);
  for (uint32_t i = 0; i < 200; i++) pbk_shape_drop(&shapes, own[i]);
  CHECK(shapes.count <= 2 * SHAPE_STEPS); /* what the steps use */
  uint32_t numbers = shapes.slots.count;
  for (uint32_t i = 0; i < 100; i++) own[i] = with(with(NULL, i + 500), i + 1500);
  CHECK_EQUAL_UINT(shapes.slots.count, numbers); /* those given back come first */
  for (uint32_t i = 0; i < 100; i++) pbk_shape_drop(&shapes, own[i]);
  close_shapes();
}

int main(void) {
  RUN(in_any_order);
  RUN(random_work);
  RUN(many);
  return check_report();
}
