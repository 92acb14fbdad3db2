/* facts/subject.c - see subject.h. */
#include "facts/subject.h"

static char *copy_key(struct memory *memory, struct text key) {
  char *copy = pbk_allocate(memory, key.size);
  memcpy(copy, key.bytes, key.size);
  return copy;
}

void pbk_subject_init(struct subject *subject, struct memory *memory, int32_t kind, uint32_t index, struct text key,
                      pbk_time created_at) {
  *subject = (struct subject){.kind = kind, .index = index, .created_at = created_at, .stage = MAP_NONE};
  subject->key = copy_key(memory, key);
  subject->key_size = key.size;
}

static void release_value(struct memory *memory, const pbk_value *value) {
  size_t extent = pbk_value_extent(value);
  if (extent) pbk_release(memory, (void *)(uintptr_t)value->as.text, extent);
}

void pbk_subject_clear(struct subject *subject, struct memory *memory) {
  for (uint32_t i = 0; i < subject->traits.count; i++) release_value(memory, &subject->traits.items[i].value);
  array_release(memory, &subject->traits);
  for (uint32_t i = 0; i < subject->series.count; i++) array_release(memory, &subject->series.items[i].times);
  array_release(memory, &subject->series);
}

void pbk_subject_rename(struct subject *subject, struct memory *memory, struct text key) {
  char *copy = copy_key(memory, key);
  pbk_release(memory, subject->key, subject->key_size);
  subject->key = copy;
  subject->key_size = key.size;
}

const pbk_value *pbk_subject_trait(const struct subject *subject, uint32_t name) {
  for (uint32_t i = 0; i < subject->traits.count; i++)
    if (subject->traits.items[i].name == name) return &subject->traits.items[i].value;
  return NULL;
}

bool pbk_subject_set_trait(struct subject *subject, struct context *context, uint32_t name, const pbk_value *value) {
  struct text text = name_text(context, name);
  uint32_t low = 0, high = subject->traits.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (text_compare(name_text(context, subject->traits.items[middle].name), text) < 0) low = middle + 1;
    else high = middle;
  }
  bool known = low < subject->traits.count && subject->traits.items[low].name == name;
  if (known && pbk_value_equal(&subject->traits.items[low].value, value)) return false;
  size_t extent = pbk_value_extent(value);
  pbk_value copy = *value;
  if (extent) copy = pbk_value_copy_into(pbk_allocate(context->memory, extent), value);
  struct named_value trait = {name, copy};
  if (known) {
    release_value(context->memory, &subject->traits.items[low].value);
    subject->traits.items[low] = trait;
  } else {
    array_insert(context->memory, &subject->traits, low, trait);
  }
  return true;
}

/* Where a kind of event stands, or would stand. */
static uint32_t series_place(const struct subject *subject, uint32_t event) {
  uint32_t low = 0, high = subject->series.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (subject->series.items[middle].event < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

const struct series *pbk_subject_series(const struct subject *subject, uint32_t event) {
  uint32_t place = series_place(subject, event);
  if (place == subject->series.count || subject->series.items[place].event != event) return NULL;
  return &subject->series.items[place];
}

void pbk_subject_add_event(struct subject *subject, struct context *context, uint32_t event, pbk_time occurred_at) {
  uint32_t place = series_place(subject, event);
  if (place == subject->series.count || subject->series.items[place].event != event) {
    struct series empty = {.event = event};
    array_insert(context->memory, &subject->series, place, empty);
  }
  struct series *series = &subject->series.items[place];
  uint32_t at = series->times.count, low = 0;
  if (at > 0 && series->times.items[at - 1] > occurred_at) { /* late: behind all that happened at or before it */
    while (low < at) {
      uint32_t middle = low + (at - low) / 2;
      if (series->times.items[middle] > occurred_at) at = middle;
      else low = middle + 1;
    }
  }
  array_insert(context->memory, &series->times, at, occurred_at);
}
