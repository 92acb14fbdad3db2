/* tests/unit/cel_hostile.c - conditions and worlds made to hurt: what takes too long or too much is an error that nothing
 * absorbs, what is garbage is refused, running out of memory loses nothing. */
#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;
static pbk_value numbers[20000], nested[100];

static int32_t run(const char *source, bool timed, const char **message, pbk_time *until) {
  struct cel_error error;
  struct cel_outcome outcome;
  static char text[400];
  struct cel_program *program = test_compile(&world, source, timed, &error);
  if (!program) {
    snprintf(text, sizeof text, "refused: %s", error.message);
    *message = text;
    return -1;
  }
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  snprintf(text, sizeof text, "%s", outcome.error ? outcome.error : "");
  *message = text;
  *until = outcome.until;
  pbk_cel_release(&world.memory, program);
  return outcome.state;
}

static void exhausts(const char *source, const char *says) {
  const char *message;
  pbk_time until = 0;
  for (int timed = 0; timed < 2; timed++) {
    int32_t state = run(source, timed, &message, &until);
    CHECK(state == CEL_ERROR && strstr(message, says), "%s: state %d, %s", source, (int)state, message);
    CHECK(until > world.now, "%s: until %lld", source, (long long)until);
  }
}

static void too_much(void) {
  static const char steps[] = "too many steps", room[] = "too much working memory";
  exhausts("x.all(a, x.all(b, a + b >= 0))", steps);
  exhausts("x.exists(a, x.exists(b, a + b < 0)) || now > timestamp(1)", steps);
  exhausts("x.exists(a, x.all(b, a + b >= 0) && false) || true", steps);
  exhausts("(x.all(a, x.all(b, a + b >= 0)) ? 1 : 2) == 1 || true", steps);
  exhausts("x.exists(a, a in x && false) || true", steps);
  exhausts("x.all(a, x.all(b, events('a').count(days(1)) >= 0 && a >= 0)) || true", steps);
  exhausts("x.exists(a, x.exists(b, events('a').count(days(2), days(1)) > b + 9 && events('a').quiet(days(1)))) || true", steps);
  exhausts("!(x.all(a, x.all(b, now - contact.created_at < days(1)))) || true", steps);
  exhausts("true && (x.all(a, x.all(b, a + b >= 0)) || true) && true", steps);
  exhausts("[x.all(a, x.all(b, a + b >= 0)), true][1] || true", steps);
  exhausts("x.exists_one(a, x.exists_one(b, a + b < 0)) || x == x", steps);
  exhausts("x.filter(a, a in x).size() == 1 || true", room);
  exhausts("x.map(a, x.map(b, a)).size() == 1 || true", room);
  exhausts("(x + x + x + x).size() > 1 || true", room);
  exhausts("x.all(a, [[x, x, x] == [x, x, x]].size() == 1) || true", steps);
  exhausts("x.map(a, string(a) + 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').size() > 1 || true", room);
}

static void big_but_fine(void) {
  const char *message;
  pbk_time until;
  CHECK(run("x.all(a, a >= 0)", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("x.exists(a, a == 19999) && 19999 in x && !(20000 in x)", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("x == x", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("x.all(a, string(a).size() < 6 && [a, a].size() == 2)", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("x.exists(a, now > timestamp(a))", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("contact.traits.nested == contact.traits.nested", true, &message, &until) == CEL_TRUE, "%s", message);
  CHECK(run("[contact.traits.nested]", true, &message, &until) == CEL_OTHER, "%s", message);
}

/* What decides already is not undone by how long the rest takes, though the rest may be looked at to tell until when. */
static void decided(void) {
  static const char heavy[] = "x.all(a, x.all(b, a + b >= 0))", large[] = "(x + x + x).size() > 1";
  const char *message, *rest[] = {heavy, large};
  char source[200];
  pbk_time until;
  for (int i = 0; i < 2; i++) {
    snprintf(source, sizeof source, "now < timestamp(1) || %s", rest[i]);
    CHECK(run(source, true, &message, &until) == CEL_TRUE && until == PBK_SECOND, "%s: %s", source, message);
    snprintf(source, sizeof source, "now > timestamp(1) && (now < timestamp(2) || %s)", rest[i]);
    CHECK(run(source, true, &message, &until) == CEL_FALSE && until == PBK_SECOND + 1, "%s: %s", source, message);
    if (i == 0) continue;
    snprintf(source, sizeof source, "x.exists(k, now < timestamp(1 + k) || (k > 3 && %s))", rest[i]);
    CHECK(run(source, true, &message, &until) == CEL_TRUE && until >= PBK_SECOND, "%s: %s", source, message);
  }
}

/* The ends of time. */
static void edges(void) {
  static const pbk_time times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  static const char *const sources[] = {"now > contact.created_at",
                                        "now - contact.created_at > days(1)",
                                        "contact.created_at - now == days(1)",
                                        "now + days(100000000) > now || now - days(1) < now",
                                        "events('a').count(days(1)) > 0",
                                        "events('a').quiet(days(1))",
                                        "events('a').count(days(2), days(1)) == 1",
                                        "now.getFullYear() == 1970 || now.getMonth() == 3 || now.getDate() == 31",
                                        "now.getHours('+14:00') == 3 && now.getDayOfWeek('-12:00') < 3",
                                        "(now - contact.created_at).getHours() > 5",
                                        "now.getMilliseconds() == 999",
                                        "now.getDayOfYear() == 365",
                                        "now == contact.created_at || now != contact.created_at"};
  const char *message;
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    for (size_t j = 0; j < sizeof times / sizeof *times; j++) {
      world.created = times[j];
      world.since = times[j];
      world.now = times[i];
      world.times[0][0] = times[j] < times[i] ? times[j] : times[i];
      world.time_count[0] = 1;
      for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
        pbk_time until = INT64_MIN;
        CHECK(run(sources[k], true, &message, &until) >= 0, "%s: %s", sources[k], message);
        CHECK(until > world.now || until == CEL_FOREVER, "%s at %lld: until %lld", sources[k], (long long)world.now,
              (long long)until);
      }
    }
  }
  world.now = 1000;
}

/* Anything as a condition. */
static void random_sources(void) {
  static const char *const words[] = {"now",
                                      "contact",
                                      ".",
                                      "traits",
                                      "x",
                                      "y",
                                      "(",
                                      ")",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      ",",
                                      ":",
                                      "?",
                                      "+",
                                      "-",
                                      "*",
                                      "/",
                                      "%",
                                      "&&",
                                      "||",
                                      "!",
                                      "==",
                                      "!=",
                                      "<",
                                      ">",
                                      "<=",
                                      ">=",
                                      "in",
                                      "1",
                                      "2u",
                                      "1.5",
                                      "'a'",
                                      "b'a'",
                                      "true",
                                      "null",
                                      "has",
                                      ".all(i, ",
                                      ".map(i, ",
                                      ".size()",
                                      "events('a')",
                                      ".count(",
                                      "days(1)",
                                      ".quiet(",
                                      "timestamp(",
                                      "duration(",
                                      "'1h'",
                                      ".getHours()",
                                      "string(",
                                      "i",
                                      "\"",
                                      "'''",
                                      "\\",
                                      "`",
                                      "\n",
                                      "//",
                                      "é",
                                      "\xff",
                                      "matches",
                                      ".matches('a*')",
                                      "int("};
  uint64_t state = 99;
  uint32_t taken = 0;
  const char *message;
  pbk_time until;
  for (int round = 0; round < 60000; round++) {
    char source[400] = "";
    state = state * 6364136223846793005u + 1442695040888963407u;
    uint32_t count = 1 + (uint32_t)(state >> 40) % 9;
    for (uint32_t i = 0; i < count; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      strcat(source, words[(uint32_t)(state >> 33) % (sizeof words / sizeof *words)]);
      if (state >> 63) strcat(source, " ");
    }
    taken += run(source, state >> 62 & 1, &message, &until) >= 0;
  }
  CHECK(taken > 100, "only %u random conditions compile", (unsigned)taken);
}

/* Every allocation of a compilation fails once: nothing is lost. */
struct scarce {
  uint64_t left;
};

static void *scarce_function(void *context, void *pointer, size_t old_size, size_t new_size) {
  struct scarce *scarce = context;
  (void)old_size;
  if (new_size == 0) {
    free(pointer);
    return NULL;
  }
  if (scarce->left-- == 0) return NULL;
  return realloc(pointer, new_size);
}

static void memory_runs_out(void) {
  static const char source[] =
    "contact.traits.plan in ['pro', 'team'] && events('a').count(days(14)) > 2 && [1, 2].map(i, i * 2) == [2, 4]"
    " && contact.id.matches('^(a|b)+$') && {'a': [1]}.a[0] == 1";
  static uint64_t allowed;
  for (; allowed < 200; allowed++) {
    static struct scarce scarce;
    static struct memory memory;
    static struct cel_program *volatile program;
    struct cel_error error;
    struct cel_environment environment = test_environment(&world, true);
    jmp_buf failure;
    scarce.left = allowed;
    program = NULL;
    pbk_memory_init(&memory, scarce_function, &scarce, UINT64_MAX);
    memory.on_failure = &failure;
    if (setjmp(failure) == 0) program = pbk_cel_compile(&memory, TEXT(source), &environment, &error);
    if (program) pbk_cel_release(&memory, program);
    CHECK(memory.used == 0, "%llu bytes lost after %llu allocations", (unsigned long long)memory.used,
          (unsigned long long)allowed);
    if (program) return;
  }
  CHECK(false, "never compiled");
}

int main(void) {
  static const pbk_value list = {.kind = PBK_LIST, .size = 20000, .as.items = numbers};
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  for (int i = 0; i < 20000; i++) numbers[i] = (pbk_value){.kind = PBK_INT, .as.integer = i};
  for (int i = 1; i < 100; i++) nested[i] = (pbk_value){.kind = PBK_LIST, .size = 1, .as.items = &nested[i - 1]};
  world.trait_count = 1;
  world.traits[0].name = "nested";
  world.traits[0].value = (struct cel_value){.kind = CEL_JSON, .as.json = &nested[99]};
  world.x = (struct cel_value){.kind = CEL_JSON, .as.json = &list};
  world.y = test_int(3);
  world.now = 1000;
  too_much();
  big_but_fine();
  decided();
  edges();
  random_sources();
  memory_runs_out();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
