/* tests/unit/cel_allocation.c - evaluating takes no memory: an allocator that counts is not asked, whatever the condition.
 */
#include "cel/program.h"
#include "cel_support.h"

static uint64_t allocations;

static void *counting(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  allocations++;
  if (new_size) return realloc(pointer, new_size);
  free(pointer);
  return NULL;
}

static const char *const sources[] = {"contact.traits.plan == 'pro' && contact.traits.seats > 10",
                                      "contact.traits.plan in ['a', 'pro'] && has(contact.traits.none)",
                                      "contact.traits.none == 1 || contact.health > 3",
                                      "contact.traits.tags.exists(k, k == 'a') && events('a').count(days(1)) > 1",
                                      "contact.traits.tags.map(k, k + k).size() > 1 || contact.id.matches('(a+)+$')",
                                      "contact.id.matches(string(contact.traits.plan))",
                                      "{'a': [1, 2, 3], 'b': contact.traits.tags}",
                                      "contact.traits",
                                      "contact",
                                      "string(contact.created_at) + 'a' == 'b'",
                                      "now > contact.created_at || events('a').quiet(days(1))",
                                      "now.getDayOfWeek() in [0, 6] ? events('a').last() > now : contact.health > 3"};

int main(void) {
  static const pbk_value tags[] = {{.kind = PBK_STRING, .size = 1, .as.text = "b"},
                                   {.kind = PBK_STRING, .size = 1, .as.text = "a"}};
  static const pbk_value list = {.kind = PBK_LIST, .size = 2, .as.items = tags};
  struct test_world world;
  struct cel_error error;
  test_world_init(&world);
  pbk_memory_init(&world.memory, counting, NULL, UINT64_MAX);
  struct cel_machine *machine = pbk_cel_machine_create(&world.memory);
  world.traits[0].name = "plan";
  world.traits[0].value = test_text("pro");
  world.traits[1].name = "seats";
  world.traits[1].value = test_int(11);
  world.traits[2].name = "tags";
  world.traits[2].value = (struct cel_value){.kind = CEL_JSON, .as.json = &list};
  world.time_count[0] = 3;
  for (uint32_t s = 0; s < sizeof sources / sizeof *sources; s++) {
    for (int timed = 0; timed < 2; timed++) {
      struct cel_program *program = test_compile(&world, sources[s], timed, &error);
      CHECK(program || timed, "%s: %s", sources[s], error.message);
      for (uint32_t i = 0; program && i < 32; i++) {
        struct cel_outcome outcome;
        world.trait_count = i % 4;
        world.now = i * (PBK_DAY / 4);
        struct cel_world table = test_table(&world);
        uint64_t before = allocations;
        pbk_cel_evaluate(machine, program, &table, &outcome);
        pbk_cel_evaluate_generally(machine, program, &table, &outcome);
        CHECK(allocations == before, "%s: took memory", sources[s]);
      }
      pbk_cel_release(&world.memory, program);
    }
  }
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  CHECK(allocations > 0, "the allocator is not asked at all");
  return test_result();
}
