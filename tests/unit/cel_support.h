/* tests/unit/cel_support.h - what the tests of conditions share: a small world of traits, fields, events and memberships,
 * and checks that count. */
#ifndef PBK_TESTS_CEL_SUPPORT_H
#define PBK_TESTS_CEL_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/value.h"
#include "cel/cel.h"

static uint32_t passed_count, failed_count;

#define CHECK(condition, ...)                \
  do {                                       \
    if (condition) {                         \
      passed_count++;                        \
    } else {                                 \
      failed_count++;                        \
      printf("%s:%d: ", __FILE__, __LINE__); \
      printf(__VA_ARGS__);                   \
      printf("\n");                          \
    }                                        \
  } while (0)

static int test_result(void) {
  printf("%u passed, %u failed\n", (unsigned)passed_count, (unsigned)failed_count);
  return failed_count ? 1 : 0;
}

/* Slots of the world's fields and maps. */
enum {
  SLOT_ID = 1,
  SLOT_CREATED,
  SLOT_STAGE,
  SLOT_HEALTH,
  SLOT_TRAITS,
  SLOT_ACCOUNT_ID,
  SLOT_ACCOUNT_TRAITS,
  SLOT_STARTED,
  SLOT_X,
  SLOT_Y
};
enum { LOOKUP_EVENTS = 1, LOOKUP_SEGMENT };
enum { MOST_SERIES = 4, MOST_TIMES = 32, MOST_TRAITS = 12 };

struct test_world {
  struct memory memory;
  struct names names;
  pbk_time now;
  bool has_account;
  const char *stage;       /* NULL: unset */
  struct cel_value health; /* CEL_DYN: unset */
  pbk_time created, started;
  struct cel_value x, y;
  struct {
    const char *name;
    struct cel_value value;
  } traits[MOST_TRAITS]; /* ordered by name */
  uint32_t trait_count;
  pbk_time times[MOST_SERIES][MOST_TIMES];
  uint32_t time_count[MOST_SERIES];
  pbk_time since;
  bool member[4];
  const struct cel_zones *zones;
  uint32_t field_reads, entry_reads;
};

static inline struct cel_value test_time(pbk_time time) {
  return (struct cel_value){.kind = CEL_TIMESTAMP, .as.integer = time};
}
static inline struct cel_value test_int(int64_t value) {
  return (struct cel_value){.kind = CEL_INT, .as.integer = value};
}
static inline struct cel_value test_text(const char *text) {
  return (struct cel_value){.kind = CEL_STRING, .size = (uint32_t)strlen(text), .as.bytes = text};
}

static bool test_field(void *context, uint32_t slot, struct cel_value *value) {
  struct test_world *world = context;
  world->field_reads++;
  switch (slot) {
    case SLOT_ID: *value = test_text("u1"); return true;
    case SLOT_CREATED: *value = test_time(world->created); return true;
    case SLOT_STAGE:
      if (world->stage) *value = test_text(world->stage);
      return world->stage != NULL;
    case SLOT_HEALTH: *value = world->health; return world->health.kind != CEL_DYN;
    case SLOT_ACCOUNT_ID:
      if (world->has_account) *value = test_text("acme");
      return world->has_account;
    case SLOT_STARTED: *value = test_time(world->started); return true;
    case SLOT_X: *value = world->x; return world->x.kind != CEL_DYN;
    case SLOT_Y: *value = world->y; return world->y.kind != CEL_DYN;
    default: return false;
  }
}

static bool test_entry(void *context, uint32_t slot, uint32_t name, struct cel_value *value) {
  struct test_world *world = context;
  world->entry_reads++;
  if (slot == SLOT_ACCOUNT_TRAITS && !world->has_account) return false;
  for (uint32_t i = 0; i < world->trait_count; i++) {
    if (!text_equal(text_from(world->traits[i].name), pbk_names_text(&world->names, name))) continue;
    *value = world->traits[i].value;
    return true;
  }
  return false;
}

static uint32_t test_entry_count(void *context, uint32_t slot) {
  struct test_world *world = context;
  return slot == SLOT_ACCOUNT_TRAITS && !world->has_account ? UINT32_MAX : world->trait_count;
}

static void test_entry_at(void *context, uint32_t slot, uint32_t at, struct text *name, struct cel_value *value) {
  struct test_world *world = context;
  (void)slot;
  *name = text_from(world->traits[at].name);
  *value = world->traits[at].value;
}

static void test_series(void *context, uint32_t slot, uint32_t number, struct cel_series *series) {
  struct test_world *world = context;
  (void)slot;
  *series = (struct cel_series){world->times[number], world->time_count[number], world->since};
}

static bool test_member(void *context, uint32_t slot, uint32_t number) {
  struct test_world *world = context;
  (void)slot;
  return world->member[number];
}

/* Events a to d, segments a to d. */
static bool test_resolve(void *context, uint32_t slot, struct text literal, uint32_t *number, const char **reason) {
  (void)context;
  *reason = slot == LOOKUP_SEGMENT ? "unknown segment" : "unknown event";
  if (literal.size != 1 || literal.bytes[0] < 'a' || literal.bytes[0] > 'd') return false;
  *number = (uint32_t)(literal.bytes[0] - 'a');
  return true;
}

static uint32_t test_entry_name(void *context, struct text name) {
  struct test_world *world = context;
  return pbk_names_intern(&world->names, name);
}

static const struct cel_field test_contact_fields[] = {{"id", CEL_STRING, SLOT_ID},
                                                       {"created_at", CEL_TIMESTAMP, SLOT_CREATED},
                                                       {"stage", CEL_STRING, SLOT_STAGE},
                                                       {"health", CEL_DYN, SLOT_HEALTH},
                                                       {"traits", CEL_ENTRIES, SLOT_TRAITS}};
static const struct cel_field test_account_fields[] = {{"id", CEL_STRING, SLOT_ACCOUNT_ID},
                                                       {"traits", CEL_ENTRIES, SLOT_ACCOUNT_TRAITS}};
static const struct cel_field test_enrollment_fields[] = {{"started_at", CEL_TIMESTAMP, SLOT_STARTED}};
static const struct cel_variable test_variables[] = {
  {.name = "now", .kind = CEL_TIMESTAMP, .is_now = true},
  {.name = "contact", .kind = CEL_OBJECT, .fields = test_contact_fields, .field_count = 5},
  {.name = "account", .kind = CEL_OBJECT, .fields = test_account_fields, .field_count = 2},
  {.name = "enrollment", .kind = CEL_OBJECT, .fields = test_enrollment_fields, .field_count = 1},
  {.name = "nobody", .kind = CEL_OBJECT},
  {.name = "x", .kind = CEL_DYN, .slot = SLOT_X},
  {.name = "y", .kind = CEL_INT, .slot = SLOT_Y}};
static const struct cel_lookup test_lookups[] = {{"events", CEL_SERIES, LOOKUP_EVENTS},
                                                 {"segment", CEL_BOOL, LOOKUP_SEGMENT}};

static struct cel_environment test_environment(struct test_world *world, bool timed) {
  return (struct cel_environment){.variables = test_variables,
                                  .variable_count = sizeof test_variables / sizeof *test_variables,
                                  .lookups = test_lookups,
                                  .lookup_count = 2,
                                  .context = world,
                                  .resolve = test_resolve,
                                  .entry_name = test_entry_name,
                                  .timed = timed,
                                  .shown_slots = {SLOT_TRAITS, SLOT_ACCOUNT_TRAITS},
                                  .shown_count = 2,
                                  .zones = world->zones};
}

static void test_world_init(struct test_world *world) {
  memset(world, 0, sizeof *world);
  pbk_memory_init(&world->memory, NULL, NULL, UINT64_MAX);
  pbk_names_init(&world->names, &world->memory);
  world->health.kind = CEL_DYN;
  world->x.kind = CEL_DYN;
  world->y.kind = CEL_DYN;
}

static inline struct cel_world test_table(struct test_world *world) {
  return (struct cel_world){.context = world,
                            .now = world->now,
                            .field = test_field,
                            .entry = test_entry,
                            .entry_count = test_entry_count,
                            .entry_at = test_entry_at,
                            .series = test_series,
                            .member = test_member};
}

static inline struct cel_program *test_compile(struct test_world *world, const char *source, bool timed,
                                               struct cel_error *error) {
  struct cel_environment environment = test_environment(world, timed);
  return pbk_cel_compile(&world->memory, text_from(source), &environment, error);
}

#endif
