/* facts/shape.c - see shape.h. */
#include "facts/shape.h"

enum {
  SHAPE_REMEMBERED = 64, /* names at most of a shape that a step keeps */
  SHAPES_LEAST = 16
};

void pbk_shapes_init(struct shapes *shapes, struct context *context) {
  *shapes = (struct shapes){.context = context};
}

static size_t shape_size(uint32_t capacity) {
  if ((uint64_t)capacity * sizeof(uint32_t) > PTRDIFF_MAX / 2) return SIZE_MAX;
  return sizeof(struct shape) + (size_t)capacity * sizeof(uint32_t);
}

static uint32_t name_hash(uint32_t name) {
  uint32_t hash = (name + 1) * 0x9e3779b1u;
  hash ^= hash >> 15;
  return hash * 0x85ebca77u;
}

/* ---- the row of all ---- */

static struct shape **list_of(const struct shapes *shapes, uint32_t hash) {
  return &shapes->heads[(hash ^ hash >> 16) & (shapes->capacity - 1)];
}

static void list_shape(struct shapes *shapes, struct shape *shape) {
  struct shape **head = list_of(shapes, shape->hash);
  shape->next = *head;
  *head = shape;
  shapes->count++;
}

static void unlist_shape(struct shapes *shapes, const struct shape *shape) {
  struct shape **link = list_of(shapes, shape->hash);
  while (*link != shape) link = &(*link)->next;
  *link = shape->next;
  shapes->count--;
}

/* Makes room for one more. */
static void room_for_shape(struct shapes *shapes) {
  if (shapes->count < shapes->capacity) return;
  struct memory *memory = shapes->context->memory;
  uint32_t before = shapes->capacity, capacity = before ? before * 2 : SHAPES_LEAST;
  struct shape **heads = shapes->heads;
  if (!capacity || (uint64_t)capacity * sizeof *heads > SIZE_MAX) pbk_allocate(memory, SIZE_MAX); /* refused */
  shapes->heads = pbk_allocate_cleared(memory, (size_t)capacity * sizeof *heads);
  shapes->capacity = capacity;
  shapes->count = 0;
  for (uint32_t i = 0; i < before; i++) {
    for (struct shape *shape = heads[i], *next; shape; shape = next) {
      next = shape->next;
      list_shape(shapes, shape);
    }
  }
  pbk_release(memory, heads, (size_t)before * sizeof *heads);
}

/* A number for one more, which it has once it is listed. */
static uint32_t room_for_number(struct shapes *shapes) {
  if (shapes->first_free) return shapes->first_free;
  array_reserve(shapes->context->memory, &shapes->slots, shapes->slots.count + 1);
  return shapes->slots.count + 1;
}

static void take_number(struct shapes *shapes, struct shape *shape, uint32_t number) {
  if (number > shapes->slots.count)
    shapes->slots.count = number;
  else
    shapes->first_free = shapes->slots.items[number - 1].next_free;
  shapes->slots.items[number - 1].shape = shape;
  shape->number = number;
}

uint64_t pbk_shapes_growth(const struct shapes *shapes, uint32_t soon) {
  enum { MUCH = 1024 };
  uint64_t bytes = 0, slots = shapes->slots.capacity;
  if (shapes->capacity >= MUCH && (uint64_t)shapes->count + soon >= shapes->capacity)
    bytes += (uint64_t)shapes->capacity * 2 * sizeof *shapes->heads;
  if (slots >= MUCH && (uint64_t)shapes->count + soon >= slots) bytes += (slots + slots / 2) * sizeof *shapes->slots.items;
  return bytes;
}

static void free_shape(struct shapes *shapes, struct shape *shape) {
  unlist_shape(shapes, shape);
  shapes->slots.items[shape->number - 1].next_free = shapes->first_free;
  shapes->first_free = shape->number;
  pbk_release(shapes->context->memory, shape, shape_size(shape->capacity));
}

void pbk_shape_drop(struct shapes *shapes, struct shape *shape) {
  if (shape && --shape->users == 0) free_shape(shapes, shape);
}

void pbk_shapes_release(struct shapes *shapes) {
  for (uint32_t i = 0; i < SHAPE_STEPS; i++) {
    if (!shapes->steps[i].to) continue;
    pbk_shape_drop(shapes, shapes->steps[i].from);
    pbk_shape_drop(shapes, shapes->steps[i].to);
  }
  if (shapes->heads) pbk_release(shapes->context->memory, shapes->heads, (size_t)shapes->capacity * sizeof *shapes->heads);
  array_release(shapes->context->memory, &shapes->slots);
  pbk_shapes_init(shapes, shapes->context);
}

/* ---- finding ---- */

/* Whether a shape is another and one name more, at its place. */
static bool is_with(const struct shape *shape, const struct shape *other, uint32_t name, uint32_t place) {
  uint32_t before = shape_count(other);
  if (shape->count != before + 1 || shape->names[place] != name) return false;
  if (!other) return true;
  return memcmp(shape->names, other->names, place * sizeof *shape->names) == 0 &&
         memcmp(shape->names + place + 1, other->names + place, (before - place) * sizeof *shape->names) == 0;
}

static uint32_t place_of_text(const struct shapes *shapes, const struct shape *shape, uint32_t name) {
  struct text text = name_text(shapes->context, name);
  uint32_t low = 0, high = shape_count(shape);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (text_compare(name_text(shapes->context, shape->names[middle]), text) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct shape *new_shape(struct shapes *shapes, uint32_t count, uint32_t hash) {
  uint32_t number = room_for_number(shapes);
  struct shape *shape = pbk_allocate(shapes->context->memory, shape_size(count));
  *shape = (struct shape){.users = 1, .count = count, .capacity = count, .hash = hash};
  take_number(shapes, shape, number);
  return shape;
}

/* Nobody else uses it: it is what changes. */
static struct shape *extend(struct shapes *shapes, struct shape *shape, uint32_t name, uint32_t place, uint32_t hash) {
  uint32_t capacity = shape->capacity;
  if (shape->count == capacity) capacity += capacity / 2 + 4;
  unlist_shape(shapes, shape);
  shape = pbk_reallocate(shapes->context->memory, shape, shape_size(shape->capacity), shape_size(capacity));
  shapes->slots.items[shape->number - 1].shape = shape;
  shape->capacity = capacity;
  memmove(shape->names + place + 1, shape->names + place, (shape->count - place) * sizeof *shape->names);
  shape->names[place] = name;
  shape->count++;
  shape->hash = hash;
  list_shape(shapes, shape);
  return shape;
}

static struct shape *copy_with(struct shapes *shapes, const struct shape *shape, uint32_t name, uint32_t place,
                               uint32_t hash) {
  uint32_t before = shape_count(shape);
  struct shape *copy = new_shape(shapes, before + 1, hash);
  for (uint32_t i = 0; i < place; i++) copy->names[i] = shape->names[i];
  copy->names[place] = name;
  for (uint32_t i = place; i < before; i++) copy->names[i + 1] = shape->names[i];
  list_shape(shapes, copy);
  return copy;
}

static void remember(struct shapes *shapes, struct shape_step *step, struct shape *from, struct shape *to, uint32_t name,
                     uint32_t place) {
  struct shape_step before = *step;
  *step = (struct shape_step){from, to, name, place};
  if (from) from->users++;
  to->users++;
  if (!before.to) return;
  pbk_shape_drop(shapes, before.from);
  pbk_shape_drop(shapes, before.to);
}

struct shape *pbk_shape_with(struct shapes *shapes, struct shape *shape, uint32_t name, uint32_t *place) {
  uint32_t hash = (shape ? shape->hash : 0) + name_hash(name);
  struct shape_step *step = &shapes->steps[(hash ^ hash >> 16) % SHAPE_STEPS];
  if (step->to && step->from == shape && step->name == name) {
    *place = step->place;
    step->to->users++;
    if (shape) shape->users--; /* the step uses it too */
    return step->to;
  }
  room_for_shape(shapes);
  *place = place_of_text(shapes, shape, name);
  struct shape *with = *list_of(shapes, hash);
  while (with && !(with->hash == hash && is_with(with, shape, name, *place))) with = with->next;
  if (with)
    with->users++;
  else if (shape && shape->users == 1)
    return extend(shapes, shape, name, *place, hash);
  else
    with = copy_with(shapes, shape, name, *place, hash);
  if (with->count <= SHAPE_REMEMBERED) remember(shapes, step, shape, with, name, *place);
  pbk_shape_drop(shapes, shape);
  return with;
}

struct shape *pbk_shape_of(struct shapes *shapes, const uint32_t *names, uint32_t count) {
  if (count == 0) return NULL;
  uint32_t hash = 0;
  for (uint32_t i = 0; i < count; i++) hash += name_hash(names[i]);
  room_for_shape(shapes);
  struct shape *shape = *list_of(shapes, hash);
  size_t size = count * sizeof *names;
  while (shape && !(shape->hash == hash && shape->count == count && memcmp(shape->names, names, size) == 0))
    shape = shape->next;
  if (shape) {
    shape->users++;
    return shape;
  }
  shape = new_shape(shapes, count, hash);
  memcpy(shape->names, names, size);
  list_shape(shapes, shape);
  return shape;
}
