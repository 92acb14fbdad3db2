/* tests/fuzz/cel_evaluate.c - conditions over hostile worlds. An input is a condition, a zero byte and a world; where the condition is
 * empty, its first byte after that chooses one of those below. What is true now must stay so until the time that is said. */
#include "../unit/cel_support.h"
#include "../unit/cel_zone_data.h"
#include "alone.h"

static const char *const conditions[] = {
  "x == contact.traits.a", "x in contact.traits.a || x < contact.traits.a", "x + contact.traits.a == x", "contact.traits.a[x] == 1",
  "x.size() > 1 || x.all(k, k == contact.traits.a)", "now - x > contact.traits.a", "now.getHours(x) == 3 || now.getDate(x) == 1",
  "(now + contact.traits.a).getDayOfWeek('Test/Near') in [1, 2]", "events('a').count(x, contact.traits.a) > 1", "events('b').quiet(x)",
  "x.matches(contact.traits.a)", "x.format(contact.traits.a) == ''", "'%s %e %f'.format([x, x, x]) == ''", "math.greatest(x) == 1",
  "math.bitShiftLeft(x, contact.traits.a) == 1 || math.round(x) == 1.0", "x.replace(contact.traits.a, 'b').split('') == []",
  "x.indexOf(contact.traits.a, 1) == x.lastIndexOf(contact.traits.a, 2)", "string(timestamp(x)) == '' || string(duration(x)) == ''",
  "timestamp(x) - now < duration(contact.traits.a)", "contact.traits.map(k, contact.traits[k]).exists(v, v == x)",
  "int(x) == 1 || uint(x) == 1u || double(x) == 1.0", "(x - now).getMilliseconds() == 7 && now > contact.traits.a"};

struct input {
  const uint8_t *at, *end;
};

static uint8_t take(struct input *input) {
  return input->at < input->end ? *input->at++ : 0;
}

static uint64_t take_number(struct input *input) {
  uint64_t number = 0;
  uint32_t count = take(input) % 9;
  for (uint32_t i = 0; i < count; i++) number = number << 8 | take(input);
  return number;
}

/* What a value points to; conditions hold a few only. */
static char texts[16][200];
static pbk_value items[8];
static uint32_t text_count;

static struct cel_value take_value(struct input *input) {
  struct cel_value value = {.kind = CEL_NULL};
  uint64_t number;
  switch (take(input) % 8) {
    case 0: value.kind = CEL_BOOL; value.as.integer = take(input) & 1; break;
    case 1: value = test_int((int64_t)take_number(input)); break;
    case 2:
      value.kind = CEL_DOUBLE;
      number = take_number(input);
      memcpy(&value.as.number, &number, sizeof number);
      break;
    case 3:
    case 4: {
      static const char *const pieces[] = {"a", "b", "%", "s", "f", ".", "9", "1", "-", ":", "T", "Z", "h", "(", "*", "[", "\\",
                                           "\xc3\xa9", "\xf0\x9f\x98\x80", "Europe/Berlin", "2026-01-01T00:00:00Z", " ", "n", "+"};
      char *text = texts[text_count++ % 16];
      uint32_t size = 0;
      for (uint32_t count = take(input) % 12; count; count--) {
        const char *piece = pieces[take(input) % (sizeof pieces / sizeof *pieces)];
        memcpy(text + size, piece, strlen(piece));
        size += (uint32_t)strlen(piece);
      }
      value = (struct cel_value){.kind = CEL_STRING, .size = size, .as.bytes = text};
      break;
    }
    case 5: /* within the range that a host's times have */
      value = test_time((int64_t)(take_number(input) % UINT64_C(315000000000000000)) - INT64_C(62000000000000000));
      break;
    case 6: {
      static pbk_value list;
      list = (pbk_value){.kind = PBK_LIST, .size = take(input) % 8, .as.items = items};
      value = (struct cel_value){.kind = CEL_JSON, .as.json = &list};
      break;
    }
    default: break;
  }
  return value;
}

static void take_world(struct input *input, struct test_world *world) {
  for (uint32_t i = 0; i < 8; i++) {
    items[i] = take(input) & 1 ? (pbk_value){.kind = PBK_INT, .as.integer = (int64_t)take_number(input)}
                               : (pbk_value){.kind = PBK_STRING, .size = 1, .as.text = "a"};
  }
  world->x = take_value(input);
  world->trait_count = 1;
  world->traits[0].name = "a";
  world->traits[0].value = take_value(input);
  world->now = (pbk_time)(take_number(input) % UINT64_C(253402300799999999));
  world->created = (pbk_time)(take_number(input) % (uint64_t)(world->now + 1));
  world->since = take(input) & 1 ? world->created : INT64_MAX;
  for (uint32_t s = 0; s < 2; s++) {
    world->time_count[s] = take(input) % MOST_TIMES;
    for (uint32_t i = 0; i < world->time_count[s]; i++) {
      pbk_time before = i ? world->times[s][i - 1] : 0;
      world->times[s][i] = before + (pbk_time)(take_number(input) % (uint64_t)(world->now - before + 1));
    }
  }
}

static void try_condition(struct test_world *world, struct cel_machine *machine, struct text source, bool timed, uint64_t step) {
  struct cel_error error;
  struct cel_environment environment = test_environment(world, timed);
  struct cel_program *program = pbk_cel_compile(&world->memory, source, &environment, &error);
  if (!program) return;
  struct cel_world table = test_table(world);
  struct cel_outcome outcome, later;
  pbk_cel_evaluate(machine, program, &table, &outcome);
  if (timed && outcome.until <= table.now) abort();
  if (timed) {
    /* Some time before it is due, and just before. */
    int32_t state = outcome.state;
    pbk_time until = outcome.until, most = until == CEL_FOREVER ? INT64_C(253402300799999999) : until - 1;
    pbk_time times[2] = {most, table.now + (pbk_time)(most > table.now ? step % (uint64_t)(most - table.now + 1) : 0)};
    for (uint32_t i = 0; i < 2; i++) {
      if (times[i] < table.now || times[i] >= until) continue;
      struct cel_world then = table;
      then.now = times[i];
      pbk_cel_evaluate(machine, program, &then, &later);
      /* Fuel is what an evaluation takes, and may take it another way. */
      if (later.state != state && later.state != CEL_ERROR && state != CEL_ERROR) abort();
    }
  }
  pbk_cel_release(&world->memory, program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct test_world world;
  struct cel_zones zones = {0};
  const char *message;
  if (size > 5000) return 0;
  const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
  struct text source = {(const char *)data, zero ? (uint32_t)(zero - data) : (uint32_t)size};
  struct input input = {zero ? zero + 1 : data + size, data + size};
  if (!source.size) source = text_from(conditions[take(&input) % (sizeof conditions / sizeof *conditions)]);
  text_count = 0;
  test_world_init(&world);
  if (!pbk_cel_zones_read(&zones, test_zone_bytes, test_zone_data(), &message)) abort();
  world.zones = &zones;
  take_world(&input, &world);
  struct cel_machine *machine = pbk_cel_machine_create(&world.memory);
  uint64_t step = take_number(&input);
  try_condition(&world, machine, source, false, step);
  try_condition(&world, machine, source, true, step);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  if (world.memory.used) abort();
  (void)test_result;
  return 0;
}
