/* audience/world.c - see world.h. */
#include "audience/world.h"

#include "audience/vocabulary.h"

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
  const struct account *account = account_in(view);
  return account ? &account->subject : NULL;
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
  const struct account *account = NULL;
  if (slot == LOOKUP_EVENTS && view->contact) subject = &view->contact->subject;
  else if ((account = account_in(view)) != NULL)
    subject = &account->subject;
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
  const struct account *account = account_in(view);
  return account && pbk_is_in(view->audiences, number, account->subject.index);
}

void pbk_world_init(struct audiences *audiences) {
  audiences->world = (struct cel_world){
    .field = world_field,
    .entry = world_entry,
    .entry_count = world_entry_count,
    .entry_at = world_entry_at,
    .series = world_series,
    .member = world_member,
    .shown = {[SHOWN_CONTACT] = {.slot = SLOT_CONTACT_TRAITS}, [SHOWN_ACCOUNT] = {.slot = SLOT_ACCOUNT_TRAITS}},
    .value_count = FIELDS_SHOWN,
    .values = audiences->fields};
}

/* ---- what conditions may read without a call ---- */

static inline bool has_room(const struct audiences *audiences, uint32_t at, const struct subject *subject) {
  return trait_count(subject, &audiences->facts->subjects) <= audiences->shown[at].traits.capacity;
}

static inline void show_traits(struct audiences *audiences, uint32_t at, const struct subject *subject) {
  struct cel_shown *shown = &audiences->world.shown[at];
  static const uint32_t none = 0;
  const struct shape *shape = subject->shape ? subject_shape(subject, &audiences->facts->subjects) : NULL;
  shown->values = subject->values;
  shown->names = shape ? shape->names : &none;
  shown->count = shape ? shape->count : 0;
  shown->room = audiences->shown[at].traits.items;
}
static inline void show_no_traits(struct cel_shown *shown) {
  shown->names = NULL;
  shown->count = 0;
}

/* A stage, and a health, which few have. */
static inline void show_fields(struct audiences *audiences, uint32_t at, const struct subject *subject) {
  struct shown_values *room = &audiences->shown[at];
  const pbk_value **values = audiences->fields + (at == SHOWN_CONTACT ? SLOT_CONTACT_ID : SLOT_ACCOUNT_ID);
  values[SLOT_CONTACT_STAGE] = values[SLOT_CONTACT_HEALTH] = NULL;
  if (!subject) return;
  if (subject->stage != MAP_NONE) {
    struct text stage = pbk_names_text(&audiences->context->names, subject->stage);
    room->stage = (pbk_value){.kind = PBK_STRING, .size = stage.size, .as.text = stage.bytes};
    values[SLOT_CONTACT_STAGE] = &room->stage;
  }
  if (subject->has_health) values[SLOT_CONTACT_HEALTH] = subject_health(subject, &audiences->facts->subjects, &room->health);
}

/* ---- evaluating ---- */

static inline void set_world(const struct view *view, bool matches_only) {
  struct cel_world *world = &view->audiences->world;
  world->context = (void *)(uintptr_t)view;
  world->now = view->audiences->context->now;
  world->armed = view->armed != INT64_MAX;
  world->armed_at = view->armed;
  world->matches_only = matches_only;
}

/* Shows no more than the program reads: what is elsewhere need not be fetched, and what was shown before does not matter.
 * False: there is no room for that. */
static inline bool show_subject(struct audiences *audiences, uint32_t at, const struct subject *subject) {
  if (!subject)
    show_no_traits(&audiences->world.shown[at]);
  else if (has_room(audiences, at, subject))
    show_traits(audiences, at, subject);
  else
    return false;
  return true;
}

static inline bool show(const struct view *view, uint32_t reads) {
  struct audiences *audiences = view->audiences;
  const struct subject *contact = view->contact ? &view->contact->subject : NULL;
  const struct account *of = reads & 1 << SHOWN_ACCOUNT || !contact ? account_in(view) : NULL;
  const struct subject *account = of ? &of->subject : NULL;
  if (reads & 1 << SHOWN_CONTACT && !show_subject(audiences, SHOWN_CONTACT, contact)) return false;
  if (reads & 1 << SHOWN_ACCOUNT && !show_subject(audiences, SHOWN_ACCOUNT, account)) return false;
  if (reads & CEL_SHOWN_FIELDS) {
    show_fields(audiences, SHOWN_CONTACT, contact);
    show_fields(audiences, SHOWN_ACCOUNT, account);
  }
  return true;
}

/* Anything. */
static SELDOM void show_any(const struct view *view, uint32_t reads) {
  if (show(view, reads)) return;
  const struct subjects *subjects = &view->audiences->facts->subjects;
  const struct account *account = account_in(view);
  if (view->contact) need_room(view->audiences, SHOWN_CONTACT, trait_count(&view->contact->subject, subjects));
  if (account) need_room(view->audiences, SHOWN_ACCOUNT, trait_count(&account->subject, subjects));
  show(view, reads);
}
static SELDOM void evaluate_any(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome) {
  show_any(view, pbk_cel_shown_read(program));
  pbk_cel_evaluate(view->audiences->machine, program, &view->audiences->world, outcome);
}

/* The commonest reads traits of a contact, or nothing that is shown, and takes no call but the last, so that nothing is put
 * away for one. */
void pbk_evaluate(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome) {
  enum { FIRST = 1 << SHOWN_CONTACT };
  struct audiences *audiences = view->audiences;
  uint32_t reads = pbk_cel_shown_read(program) & ~CEL_SHOWN_SERIES;
  set_world(view, true);
  if (reads & ~(uint32_t)FIRST ||
      (reads && !(view->contact && show_subject(audiences, SHOWN_CONTACT, &view->contact->subject)))) {
    evaluate_any(view, program, outcome);
    return;
  }
  pbk_cel_evaluate(audiences->machine, program, &audiences->world, outcome);
}

void pbk_evaluate_to_explain(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome) {
  set_world(view, false);
  show_any(view, pbk_cel_shown_read(program));
  pbk_cel_evaluate(view->audiences->machine, program, &view->audiences->world, outcome);
}
