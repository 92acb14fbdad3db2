/* tests/unit/cel_nanoseconds.c - times between two microseconds inside conditions: comparing, adding up, ranges, text, and
 * when what is compared with `now`, which has whole microseconds, changes. */
#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;

static void expect(int line, const char *source, bool timed, pbk_time now, int32_t state, pbk_time until) {
  struct cel_error error;
  struct cel_outcome outcome;
  struct cel_program *program = test_compile(&world, source, timed, &error);
  CHECK(program != NULL, "line %d: %s: %u: %s", line, source, (unsigned)error.column, error.message);
  if (!program) return;
  world.now = now;
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == state, "line %d: %s: state %d, not %d (%s)", line, source, (int)outcome.state, (int)state,
        outcome.error ? outcome.error : "");
  CHECK(!timed || outcome.until == until, "line %d: %s: until %lld, not %lld", line, source, (long long)outcome.until,
        (long long)until);
  pbk_cel_release(&world.memory, program);
}
#define HOLDS(source) expect(__LINE__, source, false, 0, CEL_TRUE, 0)
#define FAILS(source) expect(__LINE__, source, false, 0, CEL_ERROR, 0)
#define UNTIL(source, now, state, until) expect(__LINE__, source, true, now, state, until)

static void values(void) {
  HOLDS("duration('1ns') < duration('2ns') && duration('-1ns') < duration('0s')");
  HOLDS("duration('-1ns') > duration('-1us') && duration('-1ns') != duration('0')");
  HOLDS("duration('1ns') + duration('999ns') == duration('1us')");
  HOLDS("duration('1us') - duration('1ns') == duration('999ns')");
  HOLDS("duration('0s') - duration('1ns') == duration('-1ns')");
  HOLDS("timestamp('1970-01-01T00:00:00.000000001Z') - timestamp('1969-12-31T23:59:59.999999999Z') == duration('2ns')");
  HOLDS("timestamp('1970-01-01T00:00:00Z') - duration('1ns') == timestamp('1969-12-31T23:59:59.999999999Z')");
  HOLDS("string(timestamp('1969-12-31T23:59:59.999999999Z')) == '1969-12-31T23:59:59.999999999Z'");
  HOLDS("string(duration('-1.000000001s')) == '-1.000000001s'");
  HOLDS("int(timestamp('1969-12-31T23:59:59.999999999Z')) == -1");
  HOLDS("timestamp('1969-12-31T23:59:59.999999999Z').getMilliseconds() == 999");
  HOLDS("duration('-1ns').getSeconds() == 0 && duration('-1.000000001s').getSeconds() == -1");
  HOLDS("duration('-1000.000001ms').getSeconds() == -1 && duration('-999.999999ms').getSeconds() == 0");
  HOLDS("duration('1ns') in [duration('1ns')] && !(duration('1ns') in [duration('0s')])");
  HOLDS("duration('315576000000s') > duration('315575999999.999999999s')");
  HOLDS("duration('-315576000000s') + duration('1ns') < duration('0s')");
  HOLDS("timestamp('2262-04-11T23:47:16.854775807Z') - timestamp('1970-01-01T00:00:00Z') > duration('0s')");
  HOLDS("timestamp('1970-01-01T00:00:00Z') - timestamp('2262-04-11T23:47:16.854775808Z') < duration('0s')");
}

static void ranges(void) {
  FAILS("timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns') > timestamp(0)");
  FAILS("timestamp('0001-01-01T00:00:00Z') - duration('1ns') > timestamp(0)");
  FAILS("duration('315576000000s') + duration('1ns') > duration('0s')");
  FAILS("duration('-315576000000s') - duration('1ns') > duration('0s')");
  FAILS("timestamp('2262-04-11T23:47:16.854775808Z') - timestamp('1970-01-01T00:00:00Z') > duration('0s')");
  FAILS("timestamp('1970-01-01T00:00:00Z') - timestamp('2262-04-11T23:47:16.854775809Z') < duration('0s')");
}

static void crossings(void) {
  UNTIL("now > timestamp('1970-01-01T00:00:00.000000001Z')", 0, CEL_FALSE, 1);
  UNTIL("now >= timestamp('1970-01-01T00:00:00.000010500Z')", 0, CEL_FALSE, 11);
  UNTIL("now < timestamp('1970-01-01T00:00:00.000010500Z')", 10, CEL_TRUE, 11);
  UNTIL("now == timestamp('1970-01-01T00:00:00.000010500Z')", 0, CEL_FALSE, CEL_FOREVER);
  UNTIL("now != timestamp('1970-01-01T00:00:00.000010500Z')", 0, CEL_TRUE, CEL_FOREVER);
  UNTIL("timestamp('1970-01-01T00:00:00.000010500Z') - now > duration('500ns')", 0, CEL_TRUE, 10);
  UNTIL("timestamp('1970-01-01T00:00:00.000010500Z') - now >= duration('500ns')", 0, CEL_TRUE, 11);
  UNTIL("timestamp('1970-01-01T00:00:00.000010500Z') - now == duration('-500ns')", 0, CEL_FALSE, 11);
  UNTIL("(now - timestamp(0)) + (now - timestamp(0)) >= duration('3ns')", 0, CEL_FALSE, 1);
  UNTIL("(now - timestamp('1970-01-01T00:00:01.000000001Z')).getSeconds() == 0", 1, CEL_TRUE, 2000001);
  UNTIL("(timestamp('1970-01-01T00:00:01.000000001Z') - now).getSeconds() == 1", 0, CEL_TRUE, 1);
  UNTIL("(timestamp('1970-01-01T00:00:01.000000001Z') - now).getSeconds() == 0", 1, CEL_TRUE, 2000001);
  UNTIL("timestamp('9999-12-31T23:59:59.999999999Z') - duration('1ns') > now", 0, CEL_TRUE, INT64_C(253402300799999999) + 1);
}

static void windows(void) {
  world.times[0][0] = 100;
  world.time_count[0] = 1;
  world.since = 0;
  UNTIL("events('a').count(duration('10us')) == 1", 105, CEL_TRUE, 110);
  UNTIL("events('a').count(duration('9001ns')) == 1", 105, CEL_TRUE, 110);
  UNTIL("events('a').count(duration('10001ns')) == 1", 105, CEL_TRUE, 111);
  UNTIL("events('a').count(duration('20us'), duration('1500ns')) == 1", 100, CEL_FALSE, 102);
  UNTIL("events('a').quiet(duration('9001ns'))", 105, CEL_FALSE, 110);
  UNTIL("events('a').count(duration('-1ns')) == 0", 100, CEL_TRUE, CEL_FOREVER);
}

int main(void) {
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  values();
  ranges();
  crossings();
  windows();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
