/* tests/unit/cel_tiers.c - the test-and-branch tier against the general evaluator: random conditions over random and hostile
 * data must come out the same in state, value, error and until-when. */
#include <math.h>

#include "base/memory.h"
#include "base/clock.h"
#include "cel/program.h"
#include "cel_support.h"

enum { PROGRAMS = 5000, WORLDS = 24, SHOWN_MOST = 12 };

static struct test_world world;
static struct cel_machine *machine;
static uint64_t random_state = 88172645463325252u;
static uint64_t quick_programs, comparisons;

static uint32_t pick(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 20) % below;
}

/* ---- conditions ---- */

static char condition[8000];
static size_t condition_size;

static void put(const char *text) {
  size_t size = strlen(text);
  if (condition_size + size + 1 > sizeof condition) abort();
  memcpy(condition + condition_size, text, size + 1);
  condition_size += size;
}

#define ONE_OF(...) put_one((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
static void put_one(const char *const *texts, size_t count) {
  put(texts[pick((uint32_t)count)]);
}

static uint32_t locals; /* macros around */

static void put_value(void) {
  if (locals && pick(2)) {
    ONE_OF("k", "k", "k", "k.name");
    return;
  }
  ONE_OF("contact.traits.a", "contact.traits.b", "contact.traits.c", "contact.traits.d", "contact.traits['e']",
         "contact.traits.none", "account.traits.a", "account.traits.c", "contact.health", "dyn(contact.stage)", "dyn(contact.id)", "x", "x.name",
         "contact.traits.d.name", "contact.traits.d.b");
}

static void put_constant(void) {
  ONE_OF("1", "0", "-3", "10", "9007199254740993", "9223372036854775807", "1.0", "2.5", "0.0", "3u", "'pro'", "''", "'a'",
         "'enterprise'", "'enterprise-eu'", "'longer than eight'", "true", "false", "null");
}

static void put_comparison(void) {
  ONE_OF(" == ", " == ", " != ", " < ", " <= ", " > ", " >= ");
}

static void put_span(void) {
  ONE_OF("duration('0s')", "duration('1500ns')", "duration('-300ns')", "duration('1us')", "duration('5us')", "duration('20us')", "duration('3600s')", "duration('-5us')",
         "days(1)", "days(3000000)");
}

static void put_moment(void) {
  ONE_OF("now", "now", "now", "contact.created_at", "enrollment.started_at", "events('a').last()", "events('b').first()",
         "timestamp('1970-01-01T00:00:00.000040Z')", "timestamp('1970-01-01T00:00:00.0000405Z')", "timestamp('2026-03-18T15:04:05Z')");
}

static void put_time_test(void) {
  switch (pick(4)) {
    case 0: put_moment(), put_comparison(), put_moment(); break;
    case 1: put_moment(), put(" - "), put_moment(), put_comparison(), put_span(); break;
    case 2: put_moment(), put(pick(2) ? " - " : " + "), put_span(), put_comparison(), put_moment(); break;
    default: put_span(), put_comparison(), put_moment(), put(" - "), put_moment(); break;
  }
}

static void put_clock(void) {
  put("now");
  ONE_OF(".getDayOfWeek()", ".getHours()", ".getMinutes()", ".getSeconds()", ".getDayOfWeek('UTC')", ".getHours('+02:00')",
         ".getMonth()");
  if (pick(2)) {
    ONE_OF(" in [0, 6]", " in [1, 2, 3, 4, 5]", " in [0, 1, 2, 3, 4, 5, 6]", " in [99]", " in [7.0, 2]");
  } else {
    put_comparison();
    ONE_OF("0", "3", "23", "-1", "2.5");
  }
}

/* Of sums of counts the general tier may tell an earlier time, and then look ahead, which settles otherwise what of several errors and
 * false operands a condition that does not match comes from; cel_timing.c compares their times with what really happens. */
static bool sums;
static void put_sum(void) {
  sums = true;
  ONE_OF("2 * ", "", "-1 * ", "1 + "), put("events('a').count(days(1)"), ONE_OF(")", ", duration('5us'))", ", duration('0s'))");
  ONE_OF(" - ", " + "), put("events('b').count("), put_span(), put(")");
  put_comparison();
  ONE_OF("0", "1", "2", "events('a').count()", "3 * events('b').count(duration('4us'))", "1.5");
}

static void put_count(void) {
  if (pick(4) == 0) {
    put_sum();
    return;
  }
  ONE_OF("events('a')", "events('b')", "events('c')");
  switch (pick(5)) {
    case 0: put(".count()"); break;
    case 1: put(".count(days(1), duration('5us'))"); break;
    default: put(".count("), put_span(), put(")"); break;
  }
  put_comparison();
  ONE_OF("0", "1", "2", "3", "-1", "1.5", "100");
}

static void put_condition(uint32_t depth);

static void put_macro(uint32_t depth) {
  ONE_OF("contact.traits.c", "contact.traits.d", "contact.traits.e", "x", "contact.traits.none", "['pro', 'a']");
  if (locals || pick(20) == 0) {
    put(".exists(k, k == 'a')");
    return;
  }
  put(pick(2) ? ".exists(k, " : ".all(k, ");
  locals++;
  put_condition(depth);
  locals--;
  put(")");
}

static void put_test(uint32_t depth) {
  switch (pick(16)) {
    case 0:
    case 1: put_value(), put_comparison(), put_constant(); break;
    case 2: put_constant(), put_comparison(), put_value(); break;
    case 3:
      put_value();
      ONE_OF(" in ['pro', 'a', 'enterprise-eu']", " in [1, 2, 10, -3]", " in [1, 'pro']",
             " in ['longer than eight', 'longer than nine!']", " in []");
      break;
    case 4: ONE_OF("'pro'", "'a'", "'enterprise-eu'", "1"), put(" in "), put_value(); break;
    case 5:
      put_value(), put(pick(2) ? ".startsWith(" : ".endsWith("), ONE_OF("'pro'", "''", "'enterprise'", "'-eu'", "'o'"),
        put(")");
      break;
    case 6:
      ONE_OF("has(contact.traits.a)", "has(contact.traits.none)", "has(account.traits.a)", "has(contact.stage)",
             "has(contact.health)", "has(contact.traits.d.name)", "has(x.name)", "has(contact.traits)", "has(account.id)");
      break;
    case 7: put_value(); break;
    case 8:
    case 9: put_time_test(); break;
    case 10: put_clock(); break;
    case 11: put_count(); break;
    case 12: ONE_OF("events('a')", "events('b')"), put(".quiet("), put_span(), put(")"); break;
    case 13: ONE_OF("segment('a')", "segment('b')", "contact.stage == 'pro'", "contact.traits.a == contact.traits.b"); break;
    case 14:
      ONE_OF("size(contact.traits.c) > 1", "(x ? true : contact.traits.a)", "contact.traits.a + 1 > 2",
             "contact.id.matches('u+')");
      break;
    default: put_macro(depth); break;
  }
}

static void put_condition(uint32_t depth) {
  uint32_t choice = depth ? pick(8) : 7;
  if (choice >= 5) {
    put_test(depth ? depth - 1 : 0);
    return;
  }
  if (choice == 4) {
    put("!("), put_condition(depth - 1), put(")");
    return;
  }
  put("("), put_condition(depth - 1);
  for (uint32_t more = 1 + pick(3); more > 0; more--) put(choice & 1 ? " && " : " || "), put_condition(depth - 1);
  put(")");
}

/* ---- data ---- */

static pbk_value json_text(const char *text) {
  return (pbk_value){.kind = PBK_STRING, .size = (uint32_t)strlen(text), .as.text = text};
}

static const pbk_value *hostile_value(void) {
  static pbk_value scalars[24], lists[4][3], nested[8];
  static pbk_member members[2];
  static const char *const texts[] = {
    "", "a", "pro", "enterprise", "enterprise-eu", "longer than eight", "longer than nine!"};
  static const int64_t wholes[] = {0, 1, 2, -3, 10, 11, INT64_MAX, INT64_MIN, INT64_C(9007199254740993)};
  if (!members[0].name) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < 7; i++) scalars[at++] = json_text(texts[i]);
    for (uint32_t i = 0; i < 9; i++) scalars[at++] = (pbk_value){.kind = PBK_INT, .as.integer = wholes[i]};
    scalars[at++] = (pbk_value){.kind = PBK_DOUBLE, .as.number = (double)NAN};
    scalars[at++] = (pbk_value){.kind = PBK_DOUBLE, .as.number = (double)INFINITY};
    scalars[at++] = (pbk_value){.kind = PBK_DOUBLE, .as.number = 2.5};
    scalars[at++] = (pbk_value){.kind = PBK_DOUBLE, .as.number = 9007199254740992.0};
    scalars[at++] = (pbk_value){.kind = PBK_DOUBLE, .as.number = -0.0};
    scalars[at++] = (pbk_value){.kind = PBK_BOOL};
    scalars[at++] = (pbk_value){.kind = PBK_BOOL, .as.integer = 1};
    scalars[at++] = (pbk_value){.kind = PBK_NULL};
    members[0] = (pbk_member){.name = "b", .name_size = 1, .value = scalars[22]};
    members[1] = (pbk_member){.name = "name", .name_size = 4, .value = scalars[2]};
    for (uint32_t i = 0; i < 4; i++) {
      for (uint32_t j = 0; j < 3; j++) lists[i][j] = scalars[(i * 7 + j * 5) % 24];
      nested[i] = (pbk_value){.kind = PBK_LIST, .size = i, .as.items = lists[i]};
    }
    nested[4] = nested[5] = (pbk_value){.kind = PBK_MAP, .size = 2, .as.members = members};
    lists[3][2] = nested[4];
    nested[6] = (pbk_value){.kind = PBK_MAP};
    nested[7] = (pbk_value){.kind = PBK_LIST, .size = 3, .as.items = lists[0]};
  }
  return pick(3) ? &scalars[pick(24)] : &nested[pick(8)];
}

static uint32_t shown_names[SHOWN_MOST];
static struct packed shown_values[SHOWN_MOST];
static pbk_value shown_room[2][SHOWN_MOST];

static void random_world(void) {
  static const char *const names[] = {"a", "b", "c", "d", "e"};
  world.trait_count = 0;
  for (uint32_t i = 0; i < 5; i++) {
    if (pick(6) == 0) continue;
    const pbk_value *json = hostile_value();
    shown_names[world.trait_count] = pbk_names_intern(&world.names, text_from(names[i]));
    pbk_packed_release(&world.memory, shown_values[world.trait_count]);
    shown_values[world.trait_count] = pbk_pack(&world.memory, json);
    world.traits[world.trait_count].name = names[i];
    world.traits[world.trait_count++].value = (struct cel_value){.kind = CEL_JSON, .as.json = json};
  }
  world.has_account = pick(2);
  world.stage = pick(3) ? "pro" : NULL;
  world.health =
    pick(3) ? (struct cel_value){.kind = CEL_JSON, .as.json = hostile_value()} : (struct cel_value){.kind = CEL_DYN};
  switch (pick(5)) {
    case 0: world.x = (struct cel_value){.kind = CEL_DYN}; break;
    case 1: world.x = test_time(pick(100)); break;
    case 2: world.x = (struct cel_value){.kind = CEL_UINT, .as.natural = UINT64_MAX - pick(2)}; break;
    default: world.x = (struct cel_value){.kind = CEL_JSON, .as.json = hostile_value()}; break;
  }
  pbk_time day = pick(2) ? 0 : INT64_C(1773846245000000) + (pbk_time)pick(7) * PBK_DAY;
  world.now = day + 30 + pick(60);
  if (pick(30) == 0) world.now = pick(2) ? TIME_LATEST - pick(3) : TIME_EARLIEST + pick(3);
  if (pick(60) == 0) world.now = pick(2) ? INT64_MAX - 1 - pick(3) : INT64_MIN + pick(3);
  world.created = pick(40) ? day + pick(100) : pick(2) ? INT64_MAX : INT64_MIN;
  world.started = day + pick(100);
  world.since = pick(5) ? day + pick(60) : INT64_MAX;
  world.member[0] = pick(2);
  world.member[1] = pick(2);
  for (uint32_t s = 0; s < 3; s++) {
    pbk_time time = day;
    world.time_count[s] = pick(8);
    for (uint32_t i = 0; i < world.time_count[s]; i++) world.times[s][i] = time += pick(pick(4) ? 8 : 1);
    bool later = pick(8) == 0;
    while (!later && world.time_count[s] && world.times[s][world.time_count[s] - 1] > world.now) world.time_count[s]--;
  }
}

static void compare(const struct cel_program *program, bool shown, bool matches_only) {
  struct cel_outcome fast, general;
  char error[400] = "";
  struct cel_world table = test_table(&world);
  const pbk_value *values[SLOT_HEALTH + 1] = {NULL};
  table.matches_only = matches_only;
  if (shown) {
    table.shown[0] = (struct cel_shown){SLOT_TRAITS, world.trait_count, shown_names, shown_values, shown_room[0]};
    if (world.has_account) table.shown[1] = (struct cel_shown){SLOT_ACCOUNT_TRAITS, world.trait_count, shown_names, shown_values, shown_room[1]};
    if (world.health.kind == CEL_JSON) values[SLOT_HEALTH] = world.health.as.json;
    table.values = values;
    table.value_count = SLOT_HEALTH + 1;
  }
  pbk_cel_evaluate(machine, program, &table, &fast);
  if (fast.error) snprintf(error, sizeof error, "%s", fast.error);
  struct cel_value value = fast.value;
  pbk_cel_evaluate_generally(machine, program, &table, &general);
  bool same = fast.state == general.state && (sums || fast.until == general.until) &&
              (fast.error == NULL) == (general.error == NULL) && (!general.error || strcmp(error, general.error) == 0) &&
              value.kind == general.value.kind;
  if (same && value.kind == CEL_BOOL) same = value.as.integer == general.value.as.integer;
  if (sums && matches_only) same = (fast.state == CEL_TRUE) == (general.state == CEL_TRUE);
  comparisons++;
  CHECK(same, "%s: now %lld: %d until %lld %s, generally %d until %lld %s", condition, (long long)world.now, (int)fast.state,
        (long long)fast.until, error, (int)general.state, (long long)general.until, general.error ? general.error : "");
}

static void random_program(void) {
  struct cel_error error;
  condition_size = 0;
  sums = false;
  locals = 0;
  put_condition(pick(4));
  bool timed = pick(4) != 0;
  struct cel_program *program = test_compile(&world, condition, timed, &error);
  if (!program) return; /* types that do not fit */
  quick_programs += program->branches.count > 0;
  for (uint32_t i = 0; i < WORLDS; i++) {
    random_world();
    compare(program, pick(3) != 0, pick(3) == 0);
  }
  pbk_cel_release(&world.memory, program);
}

int main(int count, char **arguments) {
  uint32_t programs = count > 1 ? (uint32_t)atoi(arguments[1]) : PROGRAMS;
  if (count > 2) random_state = (uint64_t)atoi(arguments[2]) * 2654435761u + 1;
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  while (comparisons < (uint64_t)programs * WORLDS && failed_count < 20) random_program();
  CHECK(quick_programs * 2 > comparisons / WORLDS, "only %llu programs in the quick tier",
        (unsigned long long)quick_programs);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  for (uint32_t i = 0; i < SHOWN_MOST; i++) pbk_packed_release(&world.memory, shown_values[i]);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  printf("%llu comparisons\n", (unsigned long long)comparisons);
  return test_result();
}
