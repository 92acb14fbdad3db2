/* tests/unit/cel_timing.c - SPEC X6: until when a condition's value holds. Known answers, refusals, and random conditions
 * against evaluating at every instant at which anything could change. */
#include "cel_support.h"
#include "cel_zone_data.h"

static struct test_world world;
static struct cel_machine *machine;
static bool matches_only; /* of an outcome only whether it is true counts */

static void evaluate_at(const struct cel_program *program, pbk_time now, struct cel_outcome *outcome) {
  world.now = now;
  struct cel_world table = test_table(&world);
  table.matches_only = matches_only;
  pbk_cel_evaluate(machine, program, &table, outcome);
}

/* ---- known answers ---- */

static void expect_until(int line, const char *source, pbk_time now, int32_t state, pbk_time until) {
  struct cel_error error;
  struct cel_outcome outcome;
  struct cel_program *program = test_compile(&world, source, true, &error);
  CHECK(program != NULL, "line %d: %s: %u: %s", line, source, (unsigned)error.column, error.message);
  if (!program) return;
  evaluate_at(program, now, &outcome);
  CHECK(outcome.state == state, "line %d: %s: state %d, not %d (%s)", line, source, (int)outcome.state, (int)state,
        outcome.error ? outcome.error : "");
  CHECK(outcome.until == until, "line %d: %s: until %lld, not %lld", line, source, (long long)outcome.until,
        (long long)until);
  pbk_cel_release(&world.memory, program);
}
#define UNTIL(source, now, state, until) expect_until(__LINE__, source, now, state, until)

static pbk_time at(const char *text) {
  pbk_time time = 0;
  if (!pbk_parse_time(text_from(text), &time)) abort();
  return time;
}

static void known_lines(void) {
  world.created = 1000;
  UNTIL("now > contact.created_at", 10, CEL_FALSE, 1001);
  UNTIL("now >= contact.created_at", 10, CEL_FALSE, 1000);
  UNTIL("now < contact.created_at", 10, CEL_TRUE, 1000);
  UNTIL("now <= contact.created_at", 10, CEL_TRUE, 1001);
  UNTIL("now == contact.created_at", 10, CEL_FALSE, 1000);
  UNTIL("now == contact.created_at", 1000, CEL_TRUE, 1001);
  UNTIL("now == contact.created_at", 1001, CEL_FALSE, CEL_FOREVER);
  UNTIL("now != contact.created_at", 1000, CEL_FALSE, 1001);
  UNTIL("now - contact.created_at > duration('1s')", 2000, CEL_FALSE, 1001001);
  UNTIL("now - contact.created_at >= duration('1s')", 2000, CEL_FALSE, 1001000);
  UNTIL("contact.created_at - now < duration('-1s')", 2000, CEL_FALSE, 1001001);
  UNTIL("now - (contact.created_at - now) >= timestamp('1970-01-01T00:00:01Z')", 0, CEL_FALSE, 500500);
  UNTIL("(now - contact.created_at) + (now - contact.created_at) == duration('1us')", 1000, CEL_FALSE,
        1000 + INT64_C(9223372036854775) + 1); /* then the difference is out of range */
  UNTIL("now + days(1) > now", 5, CEL_TRUE, at("9999-12-31T00:00:00Z"));
  UNTIL("now > timestamp('2026-01-01T00:00:00Z') || now < contact.created_at", 10, CEL_TRUE, 1000);
  UNTIL("contact.traits.none == 1 || now >= contact.created_at", 10, CEL_ERROR, 1000);
  UNTIL("now < contact.created_at && now < contact.created_at + duration('1s')", 5000, CEL_FALSE, CEL_FOREVER);
  UNTIL("now > contact.created_at + duration('1s') && now > contact.created_at + duration('5s')", 5000, CEL_FALSE, 5001001);
  UNTIL("(now > contact.created_at ? now : contact.created_at) >= timestamp('1970-01-01T00:00:01Z')", 5000, CEL_TRUE - 1,
        1000000);
  UNTIL("[1, 2].exists(i, now > contact.created_at + days(i))", 5000, CEL_FALSE, PBK_DAY + 1001);
  UNTIL("[1, 2].all(i, now > contact.created_at + days(i))", 5000, CEL_FALSE, 2 * PBK_DAY + 1001);
  UNTIL("[1, 2].filter(i, now > contact.created_at + days(i)).size() == 1", 5000, CEL_FALSE, PBK_DAY + 1001);
  UNTIL("now", 5000, CEL_OTHER, CEL_FOREVER);
  UNTIL("timestamp('9999-12-31T23:00:00Z') - now > days(1)", 5000, CEL_ERROR,
        at("9999-12-31T23:00:00Z") - INT64_C(9223372036854775));
}

static void known_events(void) {
  pbk_time times[] = {100, 200, 200, 300};
  memcpy(world.times[0], times, sizeof times);
  world.time_count[0] = 4;
  world.time_count[1] = 0;
  world.since = 50;
  UNTIL("events('a').count(duration('1ms')) >= 1", 300, CEL_TRUE, 1300);
  UNTIL("events('a').count(duration('1ms')) >= 2", 300, CEL_TRUE, 1200);
  UNTIL("events('a').count(duration('1ms')) > 3", 300, CEL_TRUE, 1100);
  UNTIL("events('a').count(duration('1ms')) == 3", 300, CEL_FALSE, 1100);
  UNTIL("events('a').count(duration('1ms')) == 3", 1100, CEL_TRUE, 1200);
  UNTIL("events('a').count(duration('1ms')) == 2", 300, CEL_FALSE, CEL_FOREVER);
  UNTIL("events('a').count(duration('1ms')) == 0", 300, CEL_FALSE, 1300);
  UNTIL("events('a').count(duration('1ms')) > 7", 300, CEL_FALSE, CEL_FOREVER);
  UNTIL("2.5 < events('a').count(duration('1ms'))", 300, CEL_TRUE, 1200);
  UNTIL("events('a').count(duration('1ms')) + 1 >= 1", 300, CEL_TRUE, CEL_FOREVER);
  UNTIL("events('a').count(duration('1ms')) in [1, 3]", 300, CEL_FALSE, 1100);
  UNTIL("events('a').count(duration('2ms'), duration('1ms')) >= 3", 300, CEL_FALSE, 1200);
  UNTIL("events('a').count(duration('2ms'), duration('1ms')) >= 3", 1200, CEL_TRUE, 2200);
  UNTIL("events('a').count(duration('2ms'), duration('1ms')) < events('a').count(duration('1ms'))", 300, CEL_TRUE, 1200);
  UNTIL("events('a').quiet(duration('1ms'))", 300, CEL_FALSE, 1300);
  UNTIL("events('a').quiet(duration('1ms'))", 1300, CEL_TRUE, CEL_FOREVER);
  UNTIL("events('b').quiet(duration('1ms'))", 300, CEL_FALSE, 1050);
  UNTIL("events('a').count() == 4", 300, CEL_TRUE, CEL_FOREVER);
  UNTIL("events('b').last() > now", 300, CEL_ERROR, CEL_FOREVER);
  UNTIL("now - events('a').last() > duration('1ms')", 300, CEL_FALSE, 1301);
  world.since = INT64_MAX;
  UNTIL("events('b').quiet(duration('1ms'))", 300, CEL_FALSE, CEL_FOREVER);
}

static void known_calendar(void) {
  pbk_time saturday = at("2026-01-31T10:30:00Z");
  UNTIL("now.getDayOfWeek() in [0, 6]", saturday, CEL_TRUE, at("2026-02-02T00:00:00Z"));
  UNTIL("now.getDayOfWeek() in [0, 6]", at("2026-02-02T00:00:00Z"), CEL_FALSE, at("2026-02-07T00:00:00Z"));
  UNTIL("now.getHours() >= 9", saturday, CEL_TRUE, at("2026-02-01T00:00:00Z"));
  UNTIL("now.getHours('+02:00') >= 9", saturday, CEL_TRUE, at("2026-01-31T22:00:00Z"));
  UNTIL("now.getHours() < 24", saturday, CEL_TRUE, CEL_FOREVER);
  UNTIL("now.getMilliseconds() >= 0", saturday, CEL_TRUE, CEL_FOREVER);
  UNTIL("now.getMonth() == 1", saturday, CEL_FALSE, at("2026-02-01T00:00:00Z"));
  UNTIL("now.getDate() == 31", saturday, CEL_TRUE, at("2026-02-01T00:00:00Z"));
  UNTIL("now.getDate() == 31", at("2026-02-01T00:00:00Z"), CEL_FALSE, at("2026-03-31T00:00:00Z"));
  UNTIL("now.getFullYear() > 2030", saturday, CEL_FALSE, at("2031-01-01T00:00:00Z"));
  UNTIL("(now + days(1)).getDayOfWeek() == 0", saturday, CEL_TRUE, at("2026-02-01T00:00:00Z"));
  UNTIL("(now - timestamp('2026-01-31T10:00:00Z')).getHours() >= 5", saturday, CEL_FALSE, at("2026-01-31T15:00:00Z"));
  UNTIL("(timestamp('2026-01-31T12:00:00Z') - now).getMinutes() < 60", saturday, CEL_FALSE, at("2026-01-31T11:00:00Z") + 1);
  UNTIL("now.getHours() == now.getMinutes()", saturday, CEL_FALSE, at("2026-01-31T11:11:00Z"));
  UNTIL("(contact.stage == 'x' ? now.getHours() : now.getMonth()) == 12", saturday, CEL_ERROR, CEL_FOREVER);
  world.stage = "x";
  UNTIL("(contact.stage == 'x' ? now.getHours() : now.getMonth()) == 12", saturday, CEL_FALSE, at("2026-01-31T12:00:00Z"));
  world.stage = NULL;
}

/* Times at which something changes that changes nothing. */
static void known_looking_ahead(void) {
  pbk_time saturday = at("2026-01-31T10:30:00Z");
  /* No further than 32 of them: two a day. */
  UNTIL("(now.getHours() == 5 ? days(1) : days(2)) > days(0)", saturday, CEL_TRUE, at("2026-02-17T05:00:00Z"));
  UNTIL("(now.getMonth() == 5 ? now : timestamp('2020-01-01T00:00:00Z')) < timestamp('2030-01-01T00:00:00Z')", saturday,
        CEL_TRUE, at("2030-06-01T00:00:00Z"));
  UNTIL("now.getHours() == 3 && now.getHours() == 4", saturday, CEL_FALSE, at("2026-02-17T04:00:00Z"));
  UNTIL("now < timestamp('2026-03-01T00:00:00Z') && now > timestamp('2026-04-01T00:00:00Z')", saturday, CEL_FALSE,
        CEL_FOREVER);
  UNTIL("[1, 2].exists_one(k, now.getDayOfWeek() == k) == false", at("2026-02-01T00:00:00Z"), CEL_TRUE,
        at("2026-02-02T00:00:00Z"));
  /* An error and false are the same to who asks for matches. */
  UNTIL("now.getMilliseconds() == 5 && events('b').last() < now", saturday, CEL_FALSE, saturday + 5000);
  matches_only = true;
  UNTIL("now.getMilliseconds() == 5 && events('d').last() < now", saturday, CEL_FALSE, CEL_FOREVER);
  UNTIL("events('d').last() < now && now.getMilliseconds() == 5", saturday, CEL_ERROR, CEL_FOREVER);
  UNTIL("!!(now.getMilliseconds() == 5 && events('d').last() < now)", saturday, CEL_FALSE, CEL_FOREVER);
  UNTIL("now.getHours() == 12 && now - timestamp('2026-01-31T10:00:00Z') > days(1)", saturday, CEL_FALSE,
        at("2026-02-01T12:00:00Z"));
  matches_only = false;
}

static void refusal(const char *source, uint32_t column) {
  struct cel_error error;
  struct cel_program *program = test_compile(&world, source, true, &error);
  CHECK(!program, "%s: taken", source);
  CHECK(program || error.column == column, "%s: column %u, not %u: %s", source, (unsigned)error.column, (unsigned)column,
        error.message);
  if (program) pbk_cel_release(&world.memory, program);
  program = test_compile(&world, source, false, &error);
  CHECK(program != NULL, "%s: refused without timing: %s", source, error.message);
  if (program) pbk_cel_release(&world.memory, program);
}

static void refusals(void) {
  refusal("string(now) == ''", 8);
  refusal("[now].size() == 1", 2);
  refusal("{'a': now}.a > now", 7);
  refusal("events('a').count(now - contact.created_at) > 1", 23);
  refusal("now.getHours() + 1 > 2", 5);
  refusal("1 + now.getHours() > 2", 9);
  refusal("now in [now]", 9);
  refusal("now in [timestamp(1)]", 1);
  refusal("now.getHours() in x", 5);
  refusal("now.getHours() in [y]", 5);
  refusal("[1].map(i, now).size() == 1", 12);
  refusal("int(now) > 3", 5);
  refusal("(x ? now : contact.created_at).getHours() * 2 == 1", 32);
  refusal("x[now] == 1", 3);
  refusal("size(string(now.getHours())) > 1", 17);
  refusal("type(now) == type(now)", 6);
}

/* ---- random conditions ---- */

static uint64_t random_state = 88172645463325252u;

static uint32_t pick(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 20) % below;
}

static char text_of_condition[8000];
static size_t text_size;

static void put(const char *text) {
  size_t size = strlen(text);
  if (text_size + size + 1 > sizeof text_of_condition) abort();
  memcpy(text_of_condition + text_size, text, size + 1);
  text_size += size;
}

/* Windows and offsets, in microseconds, from a small set so that boundaries meet. */
static const int64_t spans[] = {0, 1, 2, 3, 5, 8, 13, 21, 34, 1000, 1000000, 3600000000, -1, -5};

static void put_span(void) {
  static const int64_t between[] = {1, 500, 999, 1500, -1, -1500, 1000000250};
  char text[40];
  if (pick(8))
    snprintf(text, sizeof text, "duration('%lldus')", (long long)spans[pick(sizeof spans / sizeof *spans)]);
  else
    snprintf(text, sizeof text, "duration('%lldns')", (long long)between[pick(sizeof between / sizeof *between)]);
  put(text);
}

static void put_time(uint32_t depth);

static void put_gap(uint32_t depth) {
  switch (pick(depth ? 4 : 2)) {
    case 0: put_span(); break;
    case 1: put_span(); break;
    case 2: put("("), put_time(depth - 1), put(" - "), put_time(depth - 1), put(")"); break;
    default: put("("), put_gap(depth - 1), put(pick(2) ? " + " : " - "), put_gap(depth - 1), put(")"); break;
  }
}

static void put_condition(uint32_t depth);

static void put_time(uint32_t depth) {
  static const char *const plain[] = {"now",
                                      "now",
                                      "now",
                                      "contact.created_at",
                                      "contact.traits.t",
                                      "enrollment.started_at",
                                      "events('a').last()",
                                      "events('b').first()",
                                      "timestamp('1970-01-01T00:00:00.000040Z')",
                                      "timestamp('1970-01-01T00:00:00.000040250Z')",
                                      "x"};
  switch (pick(depth ? 4 : 1)) {
    case 0: put(plain[pick(sizeof plain / sizeof *plain)]); break;
    case 1: put("("), put_time(depth - 1), put(pick(2) ? " + " : " - "), put_gap(depth - 1), put(")"); break;
    case 2: put("("), put_gap(depth - 1), put(" + "), put_time(depth - 1), put(")"); break;
    default:
      put("("), put_condition(depth - 1), put(" ? "), put_time(depth - 1), put(" : "), put_time(depth - 1), put(")");
      break;
  }
}

static void put_count(void) {
  static const char *const names[] = {"events('a')", "events('b')", "events('c')"};
  put(names[pick(3)]);
  switch (pick(4)) {
    case 0: put(".count()"); break;
    case 1: put(".count("), put_span(), put(", "), put_span(), put(")"); break;
    default: put(".count("), put_span(), put(")"); break;
  }
}

static void put_getter(uint32_t depth) {
  static const char *const names[] = {".getMilliseconds()",  ".getSeconds()",          ".getMinutes()", ".getHours()",
                                      ".getHours('+05:30')", ".getDayOfWeek()",        ".getDate()",    ".getMonth()",
                                      ".getFullYear()",      ".getDayOfYear('-08:00')",
                                      ".getHours('Test/Near')", ".getMinutes('Test/Days')", ".getSeconds('Test/Near')",
                                      ".getDate('Test/Near')", ".getDayOfWeek('Test/Days')"};
  static const char *const parts[] = {".getMilliseconds()", ".getSeconds()", ".getMinutes()", ".getHours()"};
  if (pick(3))
    put("("), put_time(depth), put(")"), put(names[pick(15)]);
  else
    put("("), put_gap(depth ? depth : 1), put(")"), put(parts[pick(4)]);
}

/* Counts added up, each perhaps some times. */
static void put_sum(void) {
  static const char *const factors[] = {"", "2 * ", "3 * ", "-1 * ", ""};
  uint32_t terms = 1 + pick(3);
  put("(");
  for (uint32_t i = 0; i < terms; i++) {
    if (i) put(pick(2) ? " + " : " - ");
    if (pick(5) == 0) put("1");
    else put(factors[pick(5)]), put_count();
  }
  put(")");
}

static void put_number(uint32_t depth) {
  char text[20];
  switch (pick(6)) {
    case 5: put_sum(); break;
    case 0: put_count(); break;
    case 1: put_getter(depth); break;
    case 2: put_count(); break;
    case 3: put("contact.traits.n"); break;
    default: snprintf(text, sizeof text, "%u", (unsigned)pick(6)), put(text); break;
  }
}

static void put_condition(uint32_t depth) {
  static const char *const comparisons[] = {" < ", " <= ", " > ", " >= ", " == ", " != "};
  uint32_t choice = pick(depth ? 16 : 9);
  switch (choice) {
    case 0:
    case 1:
    case 2: put_time(depth), put(comparisons[pick(6)]), put_time(depth); break;
    case 3: put_gap(depth), put(comparisons[pick(6)]), put_gap(depth); break;
    case 4:
    case 5: put_number(depth), put(comparisons[pick(6)]), put_number(depth); break;
    case 6: put("events('"), put(pick(2) ? "a" : "b"), put("').quiet("), put_span(), put(")"); break;
    case 7: put_getter(depth), put(" in [0, 3, 6]"); break;
    case 8: put(pick(2) ? "segment('a')" : "contact.traits.flag"); break;
    case 9:
    case 10: put("("), put_condition(depth - 1), put(" && "), put_condition(depth - 1), put(")"); break;
    case 11:
    case 12: put("("), put_condition(depth - 1), put(" || "), put_condition(depth - 1), put(")"); break;
    case 13: put("!("), put_condition(depth - 1), put(")"); break;
    case 14:
      put("("), put_condition(depth - 1), put(" ? "), put_condition(depth - 1), put(" : "), put_condition(depth - 1),
        put(")");
      break;
    default: {
      static const char *const macros[] = {".all(k, ", ".exists(k, ", ".exists_one(k, "};
      uint32_t which = pick(5);
      put(pick(2) ? "[1, 2, 7]" : "['a', 'n']");
      if (which < 3)
        put(macros[which]), put("k != 7 && "), put_condition(depth - 1), put(")");
      else if (which == 3)
        put(".filter(k, "), put_condition(depth - 1), put(").size() == 1");
      else
        put(".map(k, "), put_condition(depth - 1), put(", k).size() >= 2");
      break;
    }
  }
}

static void random_world(void) {
  static const char *const names[] = {"flag", "n", "t"};
  for (uint32_t i = 0; i < 3; i++) world.traits[i].name = names[i];
  world.trait_count = 3;
  world.traits[0].value = (struct cel_value){.kind = CEL_BOOL, .as.integer = pick(2)};
  world.traits[1].value = pick(4) ? test_int(pick(4)) : (struct cel_value){.kind = CEL_DOUBLE, .as.number = 1.5};
  world.traits[2].value = pick(6) ? test_time(pick(60)) : test_text("no time");
  world.created = pick(50);
  world.started = pick(80);
  world.x = pick(3) ? test_time(pick(100)) : (struct cel_value){.kind = CEL_DYN};
  world.since = pick(5) ? (pbk_time)pick(40) : INT64_MAX;
  world.member[0] = pick(2);
  for (uint32_t s = 0; s < 3; s++) {
    pbk_time time = 0;
    world.time_count[s] = pick(6);
    for (uint32_t i = 0; i < world.time_count[s]; i++) world.times[s][i] = time += pick(12);
  }
}

/* Instants at which something may change: every time there is plus and minus every span and pair of spans, the calendar's
 * boundaries, and two microseconds around each. */
static pbk_time instants[80000];
static uint32_t instant_count;

static void add_instant(pbk_time time) {
  for (int d = -2; d <= 2; d++) {
    if (instant_count < sizeof instants / sizeof *instants) instants[instant_count++] = time + d;
  }
}

static int by_time(const void *a, const void *b) {
  pbk_time left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left > right) - (left < right);
}

static void collect_instants(pbk_time from) {
  pbk_time bases[40];
  uint32_t count = 0, kept = 0;
  bases[count++] = world.created;
  bases[count++] = world.started;
  bases[count++] = world.since == INT64_MAX ? 0 : world.since;
  bases[count++] = 40;
  if (world.traits[2].value.kind == CEL_TIMESTAMP) bases[count++] = world.traits[2].value.as.integer;
  if (world.x.kind == CEL_TIMESTAMP) bases[count++] = world.x.as.integer;
  for (uint32_t s = 0; s < 3; s++) {
    for (uint32_t i = 0; i < world.time_count[s]; i++) bases[count++] = world.times[s][i];
  }
  instant_count = 0;
  for (pbk_time i = 0; i < 150; i++) add_instant(from + i);
  for (uint32_t b = 0; b < count; b++) {
    for (uint32_t i = 0; i < sizeof spans / sizeof *spans; i++) {
      for (uint32_t j = 0; j < 9; j++) add_instant(bases[b] + spans[i] + spans[j]);
      add_instant(bases[b] - spans[i]);
    }
  }
  static const pbk_time units[] = {1000, 1000000, 60000000, 3600000000, 86400000000};
  for (uint32_t u = 0; u < 5; u++) {
    for (pbk_time i = 1; i < 70; i++) add_instant(i * units[u]);
  }
  for (pbk_time i = 1; i < 80; i++) add_instant(i * 1800 * PBK_SECOND);
  for (pbk_time i = 0; i < 120; i++) add_instant(90001 * PBK_SECOND + i * 1800 * PBK_SECOND + PBK_SECOND);
  qsort(instants, instant_count, sizeof *instants, by_time);
  for (uint32_t i = 0; i < instant_count; i++) {
    if (instants[i] > from && (!kept || instants[kept - 1] != instants[i])) instants[kept++] = instants[i];
  }
  instant_count = kept;
}

/* Wake-ups, and how many of them found a change; in all, and of the first of each condition. */
struct wakes {
  uint64_t all, changes, first, first_changes;
};

/* What has to hold as long as was said. */
static int32_t state_of(const struct cel_outcome *outcome) {
  return matches_only ? outcome->state == CEL_TRUE : outcome->state;
}

static void random_condition(uint32_t round, uint32_t *late, struct wakes *wakes) {
  struct cel_error error;
  text_size = 0;
  put_condition(1 + pick(3));
  random_world();
  struct cel_program *program = test_compile(&world, text_of_condition, true, &error);
  if (!program) {
    /* Types that do not fit, or what the generator should not have made. */
    CHECK(strstr(error.message, "no such overload") || strstr(error.message, "expected"), "round %u: %s: %s",
          (unsigned)round, text_of_condition, error.message);
    return;
  }
  /* The same without timing tells what is true at a time, and no more. */
  struct cel_program *plain = test_compile(&world, text_of_condition, false, &error);
  matches_only = round % 2;
  pbk_time start = pick(3) ? 60 + (pbk_time)pick(120) : (pbk_time)pick(50) * 3600 * PBK_SECOND + pick(3);
  for (uint32_t s = 0; s < 3; s++) {
    while (world.time_count[s] && world.times[s][world.time_count[s] - 1] > start) world.time_count[s]--;
  }
  collect_instants(start);
  struct cel_outcome first, now;
  evaluate_at(program, start, &first);
  int32_t state = state_of(&first);
  pbk_time until = first.until, said = start, wrong = 0;
  uint32_t woken = 0;
  bool good = until > start;
  for (uint32_t i = 0; i < instant_count && good; i++) {
    /* Wakes as an engine would; when that is often, goes on from here. */
    while (until <= instants[i] && good) {
      said = ++woken % 64 ? until : instants[i];
      evaluate_at(program, said, &now);
      bool changed = state_of(&now) != state;
      wakes->all++;
      wakes->changes += changed;
      if (woken < 64) {
        wakes->first++;
        wakes->first_changes += changed;
      }
      state = state_of(&now);
      until = now.until;
      good = until > said;
    }
    evaluate_at(plain, instants[i], &now);
    good = good && state_of(&now) == state;
    wrong = instants[i];
  }
  *late += !good;
  CHECK(good, "round %u: %s: at %lld said state %d until %lld, at %lld it is %d", (unsigned)round, text_of_condition,
        (long long)said, (int)state, (long long)until, (long long)wrong, (int)now.state);
  pbk_cel_release(&world.memory, program);
  pbk_cel_release(&world.memory, plain);
}

int main(int count, char **arguments) {
  uint32_t rounds = count > 1 ? (uint32_t)atoi(arguments[1]) : 150, late = 0;
  struct wakes wakes = {0};
  if (count > 2) random_state = (uint64_t)atoi(arguments[2]) * 2654435761u + 1;
  struct cel_zones zones = {0};
  const char *message;
  test_world_init(&world);
  if (!pbk_cel_zones_read(&zones, test_zone_bytes, test_zone_data(), &message)) abort();
  world.zones = &zones;
  machine = pbk_cel_machine_create(&world.memory);
  known_lines();
  known_events();
  known_calendar();
  known_looking_ahead();
  refusals();
  for (uint32_t i = 0; i < rounds; i++) random_condition(i, &late, &wakes);
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  printf("%llu wakes, %llu changes (%.2f wakes a change); of each condition's first 63: %llu, %llu (%.2f)\n",
         (unsigned long long)wakes.all, (unsigned long long)wakes.changes, (double)wakes.all / (double)wakes.changes,
         (unsigned long long)wakes.first, (unsigned long long)wakes.first_changes,
         (double)wakes.first / (double)wakes.first_changes);
  return test_result();
}
