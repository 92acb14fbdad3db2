/* facts/shape.h - sets of trait names, each kept once for all the subjects that have just these traits.
 *
 * A subject keeps the values alone, in the order of its shape's names: that of their texts. Which shape is found does not
 * depend on the order in which traits came. A shape lives as long as something uses it; as long it has its number, by which
 * subjects keep it. */
#ifndef PBK_FACTS_SHAPE_H
#define PBK_FACTS_SHAPE_H

#include "base/array.h"
#include "base/context.h"

struct shape {
  struct shape *next; /* with the same place in the row of all */
  uint32_t users;
  uint32_t count, capacity;
  uint32_t hash; /* of the set */
  uint32_t number;
  uint32_t names[];
};

/* What adding a name to a shape gave. It uses both shapes, so that they stay what they are. */
struct shape_step {
  struct shape *from, *to; /* `to` NULL: nothing is remembered here */
  uint32_t name, place;
};
enum { SHAPE_STEPS = 64 };

/* By number, the first one's is 1: a shape, or where none is, the next number that is free. */
union shape_slot {
  struct shape *shape;
  uint32_t next_free;
};

struct shapes {
  struct context *context;
  ARRAY(union shape_slot) slots;
  uint32_t first_free;  /* number; 0: none */
  struct shape **heads; /* a power of two of lists */
  uint32_t capacity, count;
  struct shape_step steps[SHAPE_STEPS];
};

void pbk_shapes_init(struct shapes *shapes, struct context *context);
/* Nothing uses one any more. */
void pbk_shapes_release(struct shapes *shapes);

/* No number, 0, is no shape, NULL. */
static inline struct shape *shape_at(const struct shapes *shapes, uint32_t number) {
  return number ? shapes->slots.items[number - 1].shape : NULL;
}
static inline uint32_t shape_number(const struct shape *shape) {
  return shape ? shape->number : 0;
}

static inline uint32_t shape_count(const struct shape *shape) {
  return shape ? shape->count : 0;
}

/* Where a name stands; MAP_NONE where it does not. No shape: no names. */
static inline uint32_t shape_place(const struct shape *shape, uint32_t name) {
  uint32_t count = shape_count(shape);
  for (uint32_t i = 0; i < count; i++)
    if (shape->names[i] == name) return i;
  return MAP_NONE;
}

/* The shape with one name more, which must not be in it, and where that stands. The use of the old shape becomes one of the
 * new. */
struct shape *pbk_shape_with(struct shapes *shapes, struct shape *shape, uint32_t name, uint32_t *place);
/* The shape of names that are in order, with one use more; NULL for none. */
struct shape *pbk_shape_of(struct shapes *shapes, const uint32_t *names, uint32_t count);
/* What the row of all may take for so many more, where it is much. */
uint64_t pbk_shapes_growth(const struct shapes *shapes, uint32_t soon);
/* One use less. NULL will do. */
void pbk_shape_drop(struct shapes *shapes, struct shape *shape);

#endif
