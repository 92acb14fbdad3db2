/* facts/subject.c - see subject.h. */
#include "facts/subject.h"

void pbk_subjects_init(struct subjects *subjects, struct context *context) {
  *subjects = (struct subjects){.context = context};
  pbk_shapes_init(&subjects->shapes, context);
}

void pbk_subjects_release(struct subjects *subjects) {
  array_release(subjects->context->memory, &subjects->watched);
  pbk_shapes_release(&subjects->shapes);
}

/* ---- keys ---- */

static void set_key(struct subject *subject, struct memory *memory, struct text key) {
  if (key.size > SUBJECT_KEY_HERE) {
    char *copy = pbk_allocate(memory, key.size);
    memcpy(copy, key.bytes, key.size);
    memcpy(subject->key, &copy, sizeof copy);
  } else {
    memset(subject->key, 0, sizeof subject->key); /* behind it too: it is copied as a whole */
    if (key.size) memcpy(subject->key, key.bytes, key.size);
  }
  subject->key_size = (uint8_t)key.size;
}

void pbk_subject_free_key(struct subject *subject, struct memory *memory) {
  struct text key = subject_key(subject);
  if (key.size > SUBJECT_KEY_HERE) pbk_release(memory, (void *)(uintptr_t)key.bytes, key.size);
  subject->key_size = 0;
}

void pbk_subject_init(struct subject *subject, struct subjects *subjects, int32_t kind, uint32_t index, struct text key,
                      pbk_time created_at) {
  *subject = (struct subject){
    .kind = (uint8_t)kind, .index = index, .created_at = created_at, .stage = MAP_NONE, .account = MAP_NONE};
  set_key(subject, subjects->context->memory, key);
}

void pbk_subject_rename(struct subject *subject, struct memory *memory, struct text key) {
  struct subject before = *subject;
  set_key(subject, memory, key);
  pbk_subject_free_key(&before, memory);
}

/* ---- traits and health ---- */

static uint32_t value_count(const struct subject *subject, const struct subjects *subjects) {
  return trait_count(subject, subjects) + subject->has_health;
}

void pbk_subject_clear(struct subject *subject, struct subjects *subjects) {
  struct memory *memory = subjects->context->memory;
  uint32_t count = value_count(subject, subjects);
  for (uint32_t i = 0; i < count; i++) pbk_packed_release(memory, subject->values[i]);
  pbk_release(memory, subject->values, count * sizeof *subject->values);
  pbk_shape_drop(&subjects->shapes, subject_shape(subject, subjects));
  subjects->log_bytes -= pbk_history_log_size(subject->history);
  subjects->series_times -= pbk_history_times(subject->history);
  pbk_history_release(&subject->history, memory);
  subject->values = NULL;
  subject->shape = 0;
  subject->has_health = false;
}

/* Room for one value more. */
static void room_for_value(struct subject *subject, struct memory *memory, uint32_t count) {
  size_t size = count * sizeof *subject->values;
  subject->values = pbk_reallocate(memory, subject->values, size, size + sizeof *subject->values);
}

bool pbk_subject_set_trait(struct subject *subject, struct subjects *subjects, uint32_t name, const pbk_value *value) {
  struct memory *memory = subjects->context->memory;
  struct shape *shape = subject_shape(subject, subjects);
  uint32_t place = shape_place(shape, name), count = shape_count(shape) + subject->has_health;
  if (place != MAP_NONE) {
    struct packed *kept = &subject->values[place];
    if (pbk_packed_equal(*kept, value)) return false;
    struct packed copy = pbk_pack(memory, value);
    pbk_packed_release(memory, *kept);
    *kept = copy;
    return true;
  }
  struct packed copy = pbk_pack(memory, value);
  room_for_value(subject, memory, count);
  subject->shape = pbk_shape_with(&subjects->shapes, shape, name, &place)->number;
  memmove(subject->values + place + 1, subject->values + place, (count - place) * sizeof *subject->values);
  subject->values[place] = copy;
  return true;
}

void pbk_subject_set_health(struct subject *subject, struct subjects *subjects, const pbk_value *health) {
  struct memory *memory = subjects->context->memory;
  struct packed copy = pbk_pack(memory, health);
  uint32_t place = trait_count(subject, subjects);
  if (subject->has_health) pbk_packed_release(memory, subject->values[place]);
  else
    room_for_value(subject, memory, place);
  subject->has_health = true;
  subject->values[place] = copy;
}

/* ---- events ---- */

bool pbk_watch_event(struct subjects *subjects, int32_t kind, uint32_t event) {
  if (event_watched(subjects, kind, event)) return false;
  while (subjects->watched.count <= event) array_push(subjects->context->memory, &subjects->watched, 0);
  subjects->watched.items[event] |= (unsigned char)(watched_of(kind) | (kind == PBK_ACCOUNT ? WATCHED_ANEW : 0));
  return true;
}

static void note_size(struct subjects *subjects, const struct history *history) {
  uint32_t size = history_size(history);
  if (size > subjects->largest_history) subjects->largest_history = size;
}

void pbk_watched_anew_done(struct subjects *subjects) {
  for (uint32_t i = 0; i < subjects->watched.count; i++) subjects->watched.items[i] &= (unsigned char)~WATCHED_ANEW;
}

void pbk_watch_history(struct subjects *subjects, struct subject *subject, const struct logged *more, uint32_t more_count) {
  uint32_t before = pbk_history_log_size(subject->history);
  uint64_t times = pbk_history_times(subject->history);
  if (before == 0 && more_count == 0) return;
  struct event_bits watched = {subjects->watched.items, subjects->watched.count};
  pbk_history_watch(&subject->history, subjects->context->memory, watched, watched_of(subject->kind), more, more_count);
  subjects->log_bytes = subjects->log_bytes - before + pbk_history_log_size(subject->history);
  subjects->series_times = subjects->series_times - times + pbk_history_times(subject->history);
  note_size(subjects, subject->history);
}

bool pbk_subject_add_event(struct subject *subject, struct subjects *subjects, uint32_t event, pbk_time occurred_at) {
  struct memory *memory = subjects->context->memory;
  bool watched = event_watched(subjects, subject->kind, event);
  if (watched) {
    pbk_history_add(&subject->history, memory, event, occurred_at);
    subjects->series_times++;
  } else {
    subjects->log_bytes += pbk_history_log(&subject->history, memory, event, occurred_at);
  }
  note_size(subjects, subject->history);
  return watched;
}
