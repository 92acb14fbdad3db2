/* audience/world.c - see world.h. */
#include "audience/world.h"

#include "audience/vocabulary.h"

struct view pbk_view_of(struct audiences *audiences, int32_t kind, uint32_t index) {
  struct view view = {.audiences = audiences, .armed = INT64_MAX};
  if (kind == PBK_CONTACT) {
    view.contact = contact_at(audiences->facts, index);
    if (view.contact->subject.account != MAP_NONE)
      view.account = account_at(audiences->facts, view.contact->subject.account);
  } else {
    view.account = account_at(audiences->facts, index);
  }
  return view;
}

static struct cel_value text_value(struct text text) {
  return (struct cel_value){.kind = CEL_STRING, .size = text.size, .as.bytes = text.bytes};
}
static struct cel_value time_value(pbk_time time) {
  return (struct cel_value){.kind = CEL_TIMESTAMP, .as.integer = time};
}

/* The subject that a slot is about, and which of a subject's slots it is. */
static const struct subject *slot_subject(const struct view *view, uint32_t slot, uint32_t *field) {
  *field = slot < SLOT_ACCOUNT_ID ? slot : slot - SLOT_ACCOUNT_ID;
  if (slot < SLOT_ACCOUNT_ID) return view->contact ? &view->contact->subject : NULL;
  return view->account ? &view->account->subject : NULL;
}

/* Where what is read of it goes. */
static struct shown_values *slot_room(const struct view *view, uint32_t slot) {
  return &view->audiences->shown[slot < SLOT_ACCOUNT_ID ? SHOWN_CONTACT : SHOWN_ACCOUNT];
}

static bool subject_field(const struct view *view, uint32_t slot, struct cel_value *value) {
  uint32_t field;
  const struct subject *subject = slot_subject(view, slot, &field);
  if (!subject) return false;
  switch (field) {
  case SLOT_CONTACT_ID: *value = text_value(subject_key(subject)); return true;
  case SLOT_CONTACT_CREATED_AT: *value = time_value(subject->created_at); return true;
  case SLOT_CONTACT_STAGE:
    if (subject->stage == MAP_NONE) return false;
    *value = text_value(name_text(view->audiences->context, subject->stage));
    return true;
  default:
    if (!subject->has_health) return false;
    *value = (struct cel_value){
      .kind = CEL_JSON,
      .as.json = subject_health(subject, &view->audiences->facts->subjects, &slot_room(view, slot)->health)};
    return true;
  }
}

static const pbk_value no_properties = {.kind = PBK_MAP};

static bool world_field(void *context, uint32_t slot, struct cel_value *value) {
  const struct view *view = context;
  switch (slot) {
  case SLOT_EVENT_NAME: *value = text_value(name_text(view->audiences->context, view->event->name)); return true;
  case SLOT_EVENT_OCCURRED_AT: *value = time_value(view->event->occurred_at); return true;
  case SLOT_EVENT_PROPERTIES:
    *value = (struct cel_value){.kind = CEL_JSON,
                                .as.json = view->event->properties ? view->event->properties : &no_properties};
    return true;
  case SLOT_ENROLLMENT_STARTED_AT: *value = time_value(view->started_at); return true;
  case SLOT_ENROLLMENT_STEP_AT: *value = time_value(view->step_at); return true;
  default: return subject_field(view, slot, value);
  }
}

static inline pbk_value *need_room(struct audiences *audiences, uint32_t shown, uint32_t count) {
  struct shown_values *room = &audiences->shown[shown];
  array_reserve(audiences->context->memory, &room->traits, count);
  return room->traits.items;
}

static const struct shape *shape_of(const struct view *view, const struct subject *subject) {
  return subject_shape(subject, &view->audiences->facts->subjects);
}

static const pbk_value *trait_at(const struct view *view, uint32_t slot, const struct subject *subject, uint32_t place) {
  uint32_t shown = slot < SLOT_ACCOUNT_ID ? SHOWN_CONTACT : SHOWN_ACCOUNT;
  pbk_value *room = need_room(view->audiences, shown, shape_count(shape_of(view, subject)));
  return packed_value(&subject->values[place], &room[place]);
}

static bool world_entry(void *context, uint32_t slot, uint32_t name, struct cel_value *value) {
  uint32_t field;
  const struct subject *subject = slot_subject(context, slot, &field);
  uint32_t place = subject ? shape_place(shape_of(context, subject), name) : MAP_NONE;
  if (place == MAP_NONE) return false;
  *value = (struct cel_value){.kind = CEL_JSON, .as.json = trait_at(context, slot, subject, place)};
  return true;
}

static uint32_t world_entry_count(void *context, uint32_t slot) {
  uint32_t field;
  const struct subject *subject = slot_subject(context, slot, &field);
  return subject ? shape_count(shape_of(context, subject)) : UINT32_MAX;
}

static void world_entry_at(void *context, uint32_t slot, uint32_t at, struct text *name, struct cel_value *value) {
  const struct view *view = context;
  uint32_t field;
  const struct subject *subject = slot_subject(view, slot, &field);
  *name = name_text(view->audiences->context, shape_of(view, subject)->names[at]);
  *value = (struct cel_value){.kind = CEL_JSON, .as.json = trait_at(view, slot, subject, at)};
}

static void world_series(void *context, uint32_t slot, uint32_t number, struct cel_series *series) {
  const struct view *view = context;
  const struct subject *subject = NULL;
  if (slot == LOOKUP_EVENTS && view->contact) subject = &view->contact->subject;
  else if (view->account) subject = &view->account->subject;
  *series = (struct cel_series){.since = INT64_MAX}; /* X3: without an account, empty and never quiet */
  if (!subject) return;
  series->since = subject->created_at;
  struct series found = pbk_subject_series(subject, number);
  series->times = found.times;
  series->count = found.count;
}

static bool world_member(void *context, uint32_t slot, uint32_t number) {
  const struct view *view = context;
  (void)slot;
  const struct audience *audience = registry_current(&view->audiences->registry, number);
  if (!audience) return false;
  if (audience->of == PBK_CONTACT) return view->contact && pbk_is_in(view->audiences, number, view->contact->subject.index);
  return view->account && pbk_is_in(view->audiences, number, view->account->subject.index);
}

void pbk_world_init(struct cel_world *world) {
  *world = (struct cel_world){.field = world_field,
                              .entry = world_entry,
                              .entry_count = world_entry_count,
                              .entry_at = world_entry_at,
                              .series = world_series,
                              .member = world_member,
                              .shown = {[SHOWN_CONTACT] = {.slot = SLOT_CONTACT_TRAITS}, [SHOWN_ACCOUNT] = {.slot = SLOT_ACCOUNT_TRAITS}}};
}

/* The traits that a condition may read of a subject without a call. */
static void show_traits(struct audiences *audiences, uint32_t at, const struct subject *subject) {
  struct cel_shown *shown = &audiences->world.shown[at];
  static const uint32_t none = 0;
  shown->values = subject->values;
  if (!subject->shape) {
    shown->names = &none;
    shown->count = 0;
    return;
  }
  const struct shape *shape = subject_shape(subject, &audiences->facts->subjects);
  shown->names = shape->names;
  shown->count = shape->count;
  shown->room = need_room(audiences, at, shown->count);
}
static void show_no_traits(struct cel_shown *shown) {
  shown->names = NULL;
  shown->count = 0;
}

enum { VALUES_SHOWN = SLOT_ACCOUNT_HEALTH + 1 };

/* The fields likewise: a health, which few have. */
static void show_values(struct cel_world *world, const struct view *view, const pbk_value *values[VALUES_SHOWN]) {
  struct shown_values *rooms = view->audiences->shown;
  const struct subjects *subjects = &view->audiences->facts->subjects;
  const struct subject *contact = view->contact ? &view->contact->subject : NULL;
  const struct subject *account = view->account ? &view->account->subject : NULL;
  bool of_contact = contact && contact->has_health, of_account = account && account->has_health;
  if (!of_contact && !of_account) return;
  for (uint32_t i = 0; i < VALUES_SHOWN; i++) values[i] = NULL;
  if (of_contact) values[SLOT_CONTACT_HEALTH] = subject_health(contact, subjects, &rooms[SHOWN_CONTACT].health);
  if (of_account) values[SLOT_ACCOUNT_HEALTH] = subject_health(account, subjects, &rooms[SHOWN_ACCOUNT].health);
  world->value_count = VALUES_SHOWN;
  world->values = values;
}

/* Shows no more than the program reads: what is elsewhere need not be fetched. */
static inline void evaluate(const struct view *view, const struct cel_program *program, bool matches_only,
                            struct cel_outcome *outcome) {
  const pbk_value *values[VALUES_SHOWN];
  struct cel_world *world = &view->audiences->world;
  uint32_t reads = pbk_cel_shown_read(program);
  world->context = (void *)(uintptr_t)view;
  world->now = view->audiences->context->now;
  world->armed = view->armed != INT64_MAX;
  world->armed_at = view->armed;
  world->matches_only = matches_only;
  if (reads & 1 << SHOWN_CONTACT && view->contact) show_traits(view->audiences, SHOWN_CONTACT, &view->contact->subject);
  else show_no_traits(&world->shown[SHOWN_CONTACT]);
  if (reads & 1 << SHOWN_ACCOUNT && view->account) show_traits(view->audiences, SHOWN_ACCOUNT, &view->account->subject);
  else show_no_traits(&world->shown[SHOWN_ACCOUNT]);
  world->value_count = 0;
  if (reads & CEL_SHOWN_FIELDS) show_values(world, view, values);
  pbk_cel_evaluate(view->audiences->machine, program, world, outcome);
}

void pbk_evaluate(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome) {
  evaluate(view, program, true, outcome);
}

void pbk_evaluate_to_explain(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome) {
  evaluate(view, program, false, outcome);
}
