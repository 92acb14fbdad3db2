/* tests/fuzz/cel_source.c - any bytes as a condition: refused, or compiled and run in a small world. */
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
  struct cel_machine *machine = pbk_cel_machine_create(&world.memory);
  struct text source = {(const char *)data, (uint32_t)size};
  try_source(&world, machine, source, false, false);
  try_source(&world, machine, source, true, false);
  try_source(&world, machine, source, false, true);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  if (world.memory.used) abort();
  (void)test_result;
  return 0;
}
