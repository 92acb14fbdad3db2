/* audience/vocabulary.c - see vocabulary.h. */
#include "audience/vocabulary.h"

#include "audience/audience.h"
#include "audience/schema.h"
#include "base/number.h"

#define SUBJECT_FIELDS(first)                                                                  \
  {{"id", CEL_STRING, (first)},                                                                \
   {"created_at", CEL_TIMESTAMP, (first) + SLOT_CONTACT_CREATED_AT},                           \
   {"stage", CEL_STRING, (first) + SLOT_CONTACT_STAGE},                                        \
   {"health", CEL_NUMBER, (first) + SLOT_CONTACT_HEALTH},                                      \
   {"traits", CEL_ENTRIES, (first) + SLOT_CONTACT_TRAITS}}

static const struct cel_field contact_fields[] = SUBJECT_FIELDS(SLOT_CONTACT_ID);
static const struct cel_field account_fields[] = SUBJECT_FIELDS(SLOT_ACCOUNT_ID);
static const struct cel_field event_fields[] = {{"name", CEL_STRING, SLOT_EVENT_NAME},
                                                {"occurred_at", CEL_TIMESTAMP, SLOT_EVENT_OCCURRED_AT},
                                                {"properties", CEL_MAP, SLOT_EVENT_PROPERTIES}};
static const struct cel_field enrollment_fields[] = {{"started_at", CEL_TIMESTAMP, SLOT_ENROLLMENT_STARTED_AT},
                                                     {"step_at", CEL_TIMESTAMP, SLOT_ENROLLMENT_STEP_AT}};

#define COUNT_OF(array) (uint32_t)(sizeof(array) / sizeof *(array))
#define OBJECT(name, fields) {name, CEL_OBJECT, false, 0, fields, COUNT_OF(fields)}

/* Ordered so that each use takes a run of them: now, account, contact, then at most one more. */
static const struct cel_variable contact_variables[] = {{"now", CEL_TIMESTAMP, true, SLOT_NOW, NULL, 0},
                                                        OBJECT("account", account_fields),
                                                        OBJECT("contact", contact_fields),
                                                        OBJECT("event", event_fields)};
static const struct cel_variable account_variables[] = {{"now", CEL_TIMESTAMP, true, SLOT_NOW, NULL, 0},
                                                        OBJECT("account", account_fields),
                                                        {"contact", CEL_OBJECT, false, 0, NULL, 0},
                                                        OBJECT("event", event_fields)};
static const struct cel_variable contact_enrollment_variables[] = {{"now", CEL_TIMESTAMP, true, SLOT_NOW, NULL, 0},
                                                                   OBJECT("account", account_fields),
                                                                   OBJECT("contact", contact_fields),
                                                                   OBJECT("enrollment", enrollment_fields)};
static const struct cel_variable account_enrollment_variables[] = {{"now", CEL_TIMESTAMP, true, SLOT_NOW, NULL, 0},
                                                                   OBJECT("account", account_fields),
                                                                   {"contact", CEL_OBJECT, false, 0, NULL, 0},
                                                                   OBJECT("enrollment", enrollment_fields)};

static const struct cel_lookup lookups[] = {{"events", CEL_SERIES, LOOKUP_EVENTS},
                                            {"account_events", CEL_SERIES, LOOKUP_ACCOUNT_EVENTS},
                                            {"segment", CEL_BOOL, LOOKUP_SEGMENT},
                                            {"persona", CEL_BOOL, LOOKUP_PERSONA}};

struct naming {
  struct audiences *audiences;
  enum condition_use use;
  int32_t subject_kind;
  uint32_t place;
};

static bool resolve_segment(const struct naming *naming, struct text literal, uint32_t *number, const char **reason) {
  *reason = "segment() cannot be used in a segment";
  if (naming->use == CONDITION_SEGMENT) return false;
  uint32_t place = pbk_find_audience_latest(naming->audiences, PBK_DEFINE_SEGMENT, literal);
  *reason = "unknown segment";
  if (place == MAP_NONE) return false;
  *reason = "a persona can only name segments defined before it";
  if (naming->use == CONDITION_PERSONA && place > naming->place) return false;
  const struct audience *segment = registry_latest(&naming->audiences->registry, place);
  *reason = "a segment of contacts cannot be asked about an account";
  if (naming->subject_kind == PBK_ACCOUNT && segment->of == PBK_CONTACT) return false;
  *number = place;
  return true;
}

static bool resolve_persona(const struct naming *naming, struct text literal, uint32_t *number, const char **reason) {
  *reason = "persona() can only be used in playbooks";
  if (naming->use == CONDITION_SEGMENT || naming->use == CONDITION_PERSONA) return false;
  *reason = "a persona cannot be asked about an account";
  if (naming->subject_kind == PBK_ACCOUNT) return false;
  uint32_t place = pbk_find_audience_latest(naming->audiences, PBK_DEFINE_PERSONA, literal);
  *reason = "unknown persona";
  if (place == MAP_NONE) return false;
  *number = place;
  return true;
}

static bool resolve(void *context, uint32_t slot, struct text literal, uint32_t *number, const char **reason) {
  const struct naming *naming = context;
  switch (slot) {
  case LOOKUP_SEGMENT: return resolve_segment(naming, literal, number, reason);
  case LOOKUP_PERSONA: return resolve_persona(naming, literal, number, reason);
  default:
    *reason = "an event's name has at least one byte";
    if (literal.size == 0) return false;
    *number = pbk_names_intern(&naming->audiences->context->names, literal);
    return true;
  }
}

/* Of those that could stand there, the one with the nearest key. */
static struct text nearest(void *context, uint32_t slot, struct text literal) {
  const struct naming *naming = context;
  const struct audiences *audiences = naming->audiences;
  struct cel_suggestion suggestion = {.wanted = literal};
  if (slot != LOOKUP_SEGMENT && slot != LOOKUP_PERSONA) return NO_TEXT;
  int32_t kind = slot == LOOKUP_SEGMENT ? PBK_DEFINE_SEGMENT : PBK_DEFINE_PERSONA;
  for (uint32_t i = 0; i < audiences->registry.entries.count; i++) {
    const struct audience *audience = registry_latest(&audiences->registry, i);
    struct text key = pbk_audience_key(audiences, i);
    uint32_t number;
    const char *reason;
    if (audience && audience->kind == kind && resolve(context, slot, key, &number, &reason)) pbk_cel_suggest(&suggestion, key);
  }
  return suggestion.best;
}

static uint32_t trait_name(void *context, struct text name) {
  const struct naming *naming = context;
  return pbk_names_intern(&naming->audiences->context->names, name);
}

/* Adds the schema of one kind of subject, as the latest definitions have it. */
static void add_schema(const struct audiences *audiences, struct text key, const char *name, uint32_t slot,
                       struct cel_schema *schemas, uint32_t *count) {
  uint32_t place = pbk_registry_find_latest(&audiences->schemas, key);
  const struct schema *schema = place == MAP_NONE ? NULL : registry_latest(&audiences->schemas, place);
  if (schema) schemas[(*count)++] = (struct cel_schema){name, slot, schema->open, schema->traits, schema->count};
}

/* What a condition looks at is kept so that it can be (restored facts are so already). */
static void want_events(struct facts *facts, const struct cel_program *program, int32_t subject_kind) {
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    if (read.kind != CEL_READS_SERIES) continue;
    pbk_want_event(facts, read.slot == LOOKUP_EVENTS ? subject_kind : PBK_ACCOUNT, read.number);
  }
}

struct cel_program *pbk_compile_condition(struct audiences *audiences, enum condition_use use, int32_t subject_kind,
                                          uint32_t place, struct text source, struct cel_error *error) {
  struct naming naming = {audiences, use, subject_kind, place};
  struct cel_schema schemas[2];
  uint32_t schema_count = 0;
  if (!audiences->restoring) { /* what was accepted once may have been so before there was a schema */
    add_schema(audiences, TEXT("contact"), "contact.traits", SLOT_CONTACT_TRAITS, schemas, &schema_count);
    add_schema(audiences, TEXT("account"), "account.traits", SLOT_ACCOUNT_TRAITS, schemas, &schema_count);
  }
  struct cel_environment environment = {.lookups = lookups,
                                        .lookup_count = COUNT_OF(lookups),
                                        .schemas = schemas,
                                        .schema_count = schema_count,
                                        .context = &naming,
                                        .resolve = resolve,
                                        .nearest = nearest,
                                        .entry_name = trait_name,
                                        .wants_bool = true,
                                        .trusted = audiences->restoring,
                                        .room = pbk_cel_machine_room(audiences->machine),
                                        .shown_slots = {[SHOWN_CONTACT] = SLOT_CONTACT_TRAITS,
                                                        [SHOWN_ACCOUNT] = SLOT_ACCOUNT_TRAITS},
                                        .shown_count = SHOWN_COUNT,
                                        .zones = &audiences->zones};
  bool enrolled = use == CONDITION_STEP || use == CONDITION_EXIT;
  bool contact = subject_kind == PBK_CONTACT;
  if (enrolled) environment.variables = contact ? contact_enrollment_variables : account_enrollment_variables;
  else environment.variables = contact ? contact_variables : account_variables;
  environment.variable_count = enrolled || use == CONDITION_WHERE ? 4 : 3;
  environment.timed = use == CONDITION_SEGMENT || use == CONDITION_PERSONA || use == CONDITION_EXIT;
  struct cel_program *program = pbk_cel_compile(audiences->context->memory, source, &environment, error);
  if (program && !audiences->restoring) want_events(audiences->facts, program, subject_kind);
  return program;
}

bool pbk_refuse_condition(struct problem *problem, const char *member, const struct cel_error *error) {
  char digits[NUMBER_TEXT_MOST];
  struct text line = {digits, pbk_print_uint(digits, error->line)};
  pbk_problem_enter(problem, text_from(member));
  if (error->line > 1) { /* an error output has room for the column only */
    char message[sizeof error->message + sizeof ", in line  of the condition" + NUMBER_TEXT_MOST];
    struct text parts[] = {text_from(error->message), TEXT(", in line "), line, TEXT(" of the condition")};
    size_t size = 0;
    for (uint32_t i = 0; i < 4; i++) {
      memcpy(message + size, parts[i].bytes, parts[i].size);
      size += parts[i].size;
    }
    message[size] = 0;
    pbk_problem_at(problem, PBK_CODE_BAD_CONDITION, message);
  } else {
    pbk_problem_at(problem, PBK_CODE_BAD_CONDITION, error->message);
  }
  problem->line = error->line;
  problem->column = error->column;
  problem->offset = error->offset;
  return false;
}
