/* tests/unit/cel_zones.c - named time zones in conditions: fields on both sides of every kind of change of the clock, until when they
 * hold over days of 23, 24 and 25 hours, and data that is not what it should be. */
#include "cel_support.h"
#include "cel_zone_data.h"

static struct test_world world;
static struct cel_machine *machine;
static struct cel_zones zones;

static struct cel_program *compile(const char *source, bool timed, struct cel_error *error) {
  struct cel_environment environment = test_environment(&world, timed);
  environment.zones = &zones;
  return pbk_cel_compile(&world.memory, text_from(source), &environment, error);
}

static pbk_time at(const char *text) {
  pbk_time time = 0;
  if (!pbk_parse_time(text_from(text), &time)) abort();
  return time;
}

static void expect(int line, const char *source, pbk_time now, int32_t state, pbk_time until) {
  struct cel_error error;
  struct cel_outcome outcome;
  struct cel_program *program = compile(source, true, &error);
  CHECK(program != NULL, "line %d: %s: %u: %s", line, source, (unsigned)error.column, error.message);
  if (!program) return;
  world.now = now;
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == state, "line %d: %s: state %d, not %d (%s)", line, source, (int)outcome.state, (int)state,
        outcome.error ? outcome.error : "");
  CHECK(outcome.until == until, "line %d: %s: until %lld, not %lld", line, source, (long long)outcome.until, (long long)until);
  pbk_cel_release(&world.memory, program);
}
#define UNTIL(source, now, state, until) expect(__LINE__, source, now, state, until)

/* What it is o'clock, as day * 10000 + hour * 100 + minute, at a time. */
static void clock_shows(const char *zone, const char *time, int64_t wanted) {
  char source[300];
  struct cel_error error;
  struct cel_outcome outcome;
  snprintf(source, sizeof source, "now.getDate('%s') * 10000 + now.getHours('%s') * 100 + now.getMinutes('%s')", zone, zone, zone);
  struct cel_program *program = compile(source, false, &error);
  CHECK(program != NULL, "%s: %s", source, error.message);
  if (!program) return;
  world.now = at(time);
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == CEL_OTHER && outcome.value.as.integer == wanted, "%s at %s: %lld, not %lld (%s)", zone, time,
        (long long)outcome.value.as.integer, (long long)wanted, outcome.error ? outcome.error : "");
  pbk_cel_release(&world.memory, program);
}

static void both_sides(void) {
  clock_shows("Europe/Berlin", "2026-03-29T00:59:59.999999Z", 290159);
  clock_shows("Europe/Berlin", "2026-03-29T01:00:00Z", 290300);
  clock_shows("Europe/Berlin", "2026-10-25T00:59:59Z", 250259);
  clock_shows("Europe/Berlin", "2026-10-25T01:00:00Z", 250200);
  clock_shows("Europe/Berlin", "9998-07-01T12:00:00Z", 11400);
  clock_shows("America/New_York", "2026-03-08T06:59:59Z", 80159);
  clock_shows("America/New_York", "2026-03-08T07:00:00Z", 80300);
  clock_shows("America/New_York", "2026-11-01T05:59:00Z", 10159);
  clock_shows("America/New_York", "2026-11-01T06:00:00Z", 10100);
  clock_shows("Australia/Sydney", "2026-04-04T15:59:59Z", 50259);
  clock_shows("Australia/Sydney", "2026-04-04T16:00:00Z", 50200);
  clock_shows("Australia/Sydney", "2026-10-03T15:59:59Z", 40159);
  clock_shows("Australia/Sydney", "2026-10-03T16:00:00Z", 40300);
  clock_shows("Australia/Sydney", "2026-12-31T23:59:59Z", 11059);
  clock_shows("Australia/Lord_Howe", "2026-04-04T14:59:59Z", 50159);
  clock_shows("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 50130);
  clock_shows("Australia/Lord_Howe", "2026-10-03T15:29:59Z", 40159);
  clock_shows("Australia/Lord_Howe", "2026-10-03T15:30:00Z", 40230);
  clock_shows("Australia/Lord_Howe", "1900-01-01T00:00:00Z", 11036);
  clock_shows("Pacific/Apia", "2011-12-30T09:59:59Z", 292359);
  clock_shows("Pacific/Apia", "2011-12-30T10:00:00Z", 310000);
  clock_shows("Test/Always", "2026-01-01T04:30:00Z", 10030);
  clock_shows("Test/Always", "2026-01-01T03:30:00Z", 312330);
  clock_shows("Test/Always", "2026-07-01T04:30:00Z", 10030);
  clock_shows("Test/Days", "2024-01-02T00:59:00Z", 20059);
  clock_shows("Test/Days", "2024-01-02T01:00:00Z", 20230);
  clock_shows("Test/Days", "2024-01-03T00:29:00Z", 30159);
  clock_shows("Test/Days", "2024-01-03T00:30:00Z", 30030);
}

static void days_of_all_lengths(void) {
  UNTIL("now.getDate('Europe/Berlin') == 29", at("2026-03-28T23:00:00Z"), CEL_TRUE, at("2026-03-29T22:00:00Z"));
  UNTIL("now.getDate('Europe/Berlin') == 25", at("2026-10-24T22:00:00Z"), CEL_TRUE, at("2026-10-25T23:00:00Z"));
  UNTIL("now.getHours('Europe/Berlin') >= 9", at("2026-03-29T00:30:00Z"), CEL_FALSE, at("2026-03-29T07:00:00Z"));
  UNTIL("now.getHours('Europe/Berlin') == 2", at("2026-10-25T00:00:00Z"), CEL_TRUE, at("2026-10-25T02:00:00Z"));
  UNTIL("now.getHours('Europe/Berlin') == 2", at("2026-03-28T02:00:00Z"), CEL_FALSE, at("2026-03-30T00:00:00Z"));
  UNTIL("now.getHours('Australia/Sydney') < 3", at("2026-04-04T15:30:00Z"), CEL_TRUE, at("2026-04-04T17:00:00Z"));
  UNTIL("now.getHours('Australia/Lord_Howe') == 1", at("2026-04-04T14:00:00Z"), CEL_TRUE, at("2026-04-04T15:30:00Z"));
  UNTIL("now.getMinutes('Australia/Lord_Howe') >= 30", at("2026-04-04T14:30:00Z"), CEL_TRUE, at("2026-04-04T15:30:00Z"));
  UNTIL("now.getDayOfWeek('America/New_York') in [0, 6]", at("2026-03-07T05:00:00Z"), CEL_TRUE, at("2026-03-09T04:00:00Z"));
  UNTIL("now.getDate('Pacific/Apia') == 30", at("2011-12-29T12:00:00Z"), CEL_FALSE, at("2012-01-29T10:00:00Z"));
  UNTIL("now.getMonth('Europe/Berlin') == 11", at("2026-01-15T00:00:00Z"), CEL_FALSE, at("2026-11-30T23:00:00Z"));
  UNTIL("now.getFullYear('Australia/Sydney') > 2030", at("2026-01-15T00:00:00Z"), CEL_FALSE, at("2030-12-31T13:00:00Z"));
  UNTIL("(now + days(1)).getHours('Europe/Berlin') == 3", at("2026-03-28T00:30:00Z"), CEL_FALSE, at("2026-03-28T01:00:00Z"));
  UNTIL("(timestamp('2026-03-29T12:00:00Z') - (now - timestamp('2026-03-29T00:00:00Z'))).getHours('Europe/Berlin') == 1",
        at("2026-03-29T00:00:00Z"), CEL_FALSE, at("2026-03-29T11:00:00Z") + 1);
  world.x = test_text("Europe/Berlin");
  UNTIL("now.getHours(x) >= 9", at("2026-03-29T00:30:00Z"), CEL_FALSE, at("2026-03-29T07:00:00Z"));
  world.x = test_text("Europe/Berlon");
  UNTIL("now.getHours(x) >= 9", at("2026-03-29T00:30:00Z"), CEL_ERROR, CEL_FOREVER);
}

/* What can never be looks rarely, not at every step. */
static void never(void) {
  struct cel_error error;
  struct cel_outcome outcome;
  struct cel_program *program = compile("now.getSeconds('Europe/Berlin') == 60 || now.getHours('Test/Days') == 24", true, &error);
  CHECK(program != NULL, "%s", error.message);
  if (!program) return;
  world.now = at("2026-01-01T00:00:00Z");
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == CEL_FALSE && outcome.until > at("2030-01-01T00:00:00Z"), "until %lld", (long long)outcome.until);
  pbk_cel_release(&world.memory, program);
}

static void reads_and_refusals(void) {
  struct cel_error error;
  struct cel_program *program = compile("now.getHours('Europe/Paris') == 1", true, &error);
  CHECK(!program && strcmp(error.message, "unknown time zone") == 0 && error.column == 14, "%u: %s", (unsigned)error.column,
        error.message);
  program = compile("timestamp(0).getHours('Europe/Berlin') == 1", true, &error);
  bool found = false;
  for (uint32_t i = 0; program && i < pbk_cel_read_count(program); i++)
    found = found || pbk_cel_read_at(program, i).kind == CEL_READS_ZONES;
  CHECK(program && found, "what depends on zones does not say so");
  /* Other data takes effect in the program that is there. */
  struct cel_zones kept = zones;
  struct cel_world table = test_table(&world);
  struct cel_outcome outcome;
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == CEL_TRUE, "state %d", (int)outcome.state);
  zones = (struct cel_zones){0};
  pbk_cel_evaluate(machine, program, &table, &outcome);
  CHECK(outcome.state == CEL_ERROR, "state %d", (int)outcome.state);
  zones = kept;
  pbk_cel_release(&world.memory, program);
}

/* Cut anywhere, and with any byte another: refused, or taken and then read without harm. */
static void damaged(uint32_t size) {
  static unsigned char copy[sizeof test_zone_bytes];
  const char *message;
  uint32_t refused = 0;
  for (uint32_t i = 0; i < size; i++) {
    struct cel_zones read = {0};
    unsigned char *exact = malloc(i + 1);
    memcpy(exact, test_zone_bytes, i);
    CHECK(!pbk_cel_zones_read(&read, exact, i, &message) && message, "%u bytes are taken", (unsigned)i);
    free(exact);
  }
  for (uint32_t i = 0; i < size * 6; i++) {
    static const unsigned char other[] = {0, 1, 0x7f, 0x80, 0xff, 0x2a};
    memcpy(copy, test_zone_bytes, size);
    copy[i / 6] = other[i % 6];
    struct cel_zones read = {0};
    if (!pbk_cel_zones_read(&read, copy, size, &message)) {
      refused++;
      continue;
    }
    struct cel_zones kept = zones;
    zones = read;
    for (uint32_t j = 0; j < TEST_ZONES; j++) {
      struct cel_error error;
      struct cel_outcome outcome;
      char source[80];
      snprintf(source, sizeof source, "now.getHours('%s') == 3", test_zones[j].name);
      struct cel_program *program = compile(source, true, &error);
      if (!program) continue;
      world.now = at("2026-03-29T00:30:00Z");
      struct cel_world table = test_table(&world);
      pbk_cel_evaluate(machine, program, &table, &outcome);
      CHECK(outcome.until > world.now, "byte %u: until %lld", (unsigned)i / 6, (long long)outcome.until);
      pbk_cel_release(&world.memory, program);
    }
    zones = kept;
  }
  CHECK(refused > size / 4, "%u damages found", (unsigned)refused);
}

int main(void) {
  const char *message;
  uint32_t size = test_zone_data();
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  CHECK(pbk_cel_zones_read(&zones, test_zone_bytes, size, &message), "%s", message);
  CHECK(zones.count == TEST_ZONES, "%u zones", (unsigned)zones.count);
  both_sides();
  days_of_all_lengths();
  never();
  reads_and_refusals();
  damaged(size);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
