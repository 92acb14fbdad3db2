/* tests/fuzz/cel_source.c - any bytes as a condition: refused, or compiled and run in a small world. A schema may refuse more,
 * and changes nothing else. */
#include "../unit/cel_support.h"
#include "../unit/cel_zone_data.h"
#include "alone.h"

static void try_source(struct test_world *world, struct cel_machine *machine, struct text source, bool timed, bool no_check) {
  struct cel_error error;
  struct cel_environment environment = test_environment(world, timed);
  environment.no_check = no_check;
  struct cel_program *program = pbk_cel_compile(&world->memory, source, &environment, &error);
  if (!program) {
    if (!error.message[0] || !error.line || !error.column || error.offset > source.size) abort();
    return;
  }
  struct cel_world table = test_table(world);
  struct cel_outcome outcome;
  pbk_cel_evaluate(machine, program, &table, &outcome);
  if (timed && outcome.until <= world->now) abort();
  if (outcome.state == CEL_ERROR ? !outcome.error || !*outcome.error : outcome.error != NULL) abort();
  pbk_cel_release(&world->memory, program);
}

static const struct cel_declared declared[] = {{{"a", 1}, {"int", 3}},          {{"b", 1}, {"number", 6}},
                                               {{"c", 1}, {"string", 6}},       {{"d", 1}, {"bool", 4}},
                                               {{"e", 1}, {"list(string)", 12}}, {{"f", 1}, {"map(string, list(int))", 22}}};

static void try_schema(struct test_world *world, struct cel_machine *machine, struct text source) {
  struct cel_error error;
  struct cel_schema schema = {.name = "contact.traits", .slot = SLOT_TRAITS, .entries = declared, .count = 6};
  struct cel_environment environment = test_environment(world, false);
  struct cel_program *without = pbk_cel_compile(&world->memory, source, &environment, &error);
  environment.schemas = &schema;
  environment.schema_count = 1;
  struct cel_program *with = pbk_cel_compile(&world->memory, source, &environment, &error);
  if (with) {
    if (!without) abort();
    struct cel_world table = test_table(world);
    struct cel_outcome outcome;
    pbk_cel_evaluate(machine, without, &table, &outcome);
    int32_t state = outcome.state;
    pbk_cel_evaluate(machine, with, &table, &outcome);
    if (outcome.state != state) abort();
  }
  pbk_cel_release(&world->memory, with);
  pbk_cel_release(&world->memory, without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct test_world world;
  struct cel_zones zones = {0};
  const char *message;
  if (size > 20000) return 0;
  test_world_init(&world);
  if (!pbk_cel_zones_read(&zones, test_zone_bytes, test_zone_data(), &message)) abort();
  world.zones = &zones;
  world.now = INT64_C(1770000000000000);
  world.created = INT64_C(1760000000000000);
  world.stage = "trial";
  world.health = test_int(70);
  world.x = test_text("ta©o");
  world.y = test_int(-1);
  static const char *const names[] = {"a", "c", "e"};
  for (uint32_t i = 0; i < 3; i++) {
    world.traits[i].name = names[i];
    world.traits[i].value = i == 1 ? test_text("pro") : test_int(5);
  }
  world.trait_count = 3;
  struct cel_machine *machine = pbk_cel_machine_create(&world.memory);
  struct text source = {(const char *)data, (uint32_t)size};
  try_source(&world, machine, source, false, false);
  try_source(&world, machine, source, true, false);
  try_source(&world, machine, source, false, true);
  try_schema(&world, machine, source);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  if (world.memory.used) abort();
  (void)test_result;
  return 0;
}
