/* bench/cel.c - what an evaluation of a condition costs, until-when included, beside the same in C written by hand.
 *
 *   bench-cel                       the table, as text
 *   bench-cel --json FILE           the same into a file too
 *   bench-cel --run NAME COUNT      evaluates one condition so many times and says nothing: for callgrind
 *   bench-cel --run NAME COUNT general|hand    the same in the general evaluator, or by hand
 *   bench-cel --fuel                how long conditions take that use all their fuel
 *
 * The row is a contact with 16 traits and 20 events of a kind; several rows are gone through in turn, most of which match,
 * so that a condition is evaluated to its end. Times are CPU time, medians of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cel/program.h"

enum { ROWS = 8, TRAITS = 16, EVENTS = 20, ROUNDS = 15, ROUND_MICROSECONDS = 20000 };

/* ---- the row ---- */

enum { SLOT_CREATED = 1, SLOT_STAGE, SLOT_HEALTH, SLOT_TRAITS };
enum {
  TRAIT_BETA,
  TRAIT_CITY,
  TRAIT_COMPANY,
  TRAIT_COUNTRY,
  TRAIT_CURRENCY,
  TRAIT_EMAIL,
  TRAIT_INDUSTRY,
  TRAIT_LANGUAGE,
  TRAIT_MRR,
  TRAIT_NAME,
  TRAIT_NEWSLETTER,
  TRAIT_PLAN,
  TRAIT_REFERRER,
  TRAIT_SEATS,
  TRAIT_SOURCE,
  TRAIT_TAGS
};
static const char *const trait_names[TRAITS] = {"beta",     "city",     "company", "country", "currency",   "email",
                                                "industry", "language", "mrr",     "name",    "newsletter", "plan",
                                                "referrer", "seats",    "source",  "tags"};

static uint32_t trait_numbers[TRAITS];
struct row {
  pbk_time created_at;
  pbk_value health;
  pbk_value traits[TRAITS];
  pbk_value tags[3];
  pbk_time logins[EVENTS];
};

static struct row rows[ROWS];
static pbk_time bench_now;

static pbk_value value_of_text(const char *text) {
  return (pbk_value){.kind = PBK_STRING, .size = (uint32_t)strlen(text), .as.text = text};
}

static void make_rows(void) {
  static const char *const countries[ROWS] = {"DE", "AT", "FR", "NL", "US", "CH", "IT", "ES"};
  struct text today = TEXT("2026-03-18T15:04:05Z");
  if (!pbk_parse_time(today, &bench_now)) abort();
  for (uint32_t i = 0; i < ROWS; i++) {
    struct row *row = &rows[i];
    row->created_at = bench_now - (pbk_time)(i + 1) * 30 * 86400000000;
    row->health = (pbk_value){.kind = PBK_INT, .as.integer = 70 + (int64_t)i};
    for (uint32_t t = 0; t < TRAITS; t++) row->traits[t] = value_of_text("something else"), trait_numbers[t] = t;
    row->tags[0] = value_of_text("newcomer");
    row->tags[1] = value_of_text(i == 3 ? "partner" : "vip");
    row->tags[2] = value_of_text("enterprise-eu");
    row->traits[TRAIT_TAGS] = (pbk_value){.kind = PBK_LIST, .size = 3, .as.items = row->tags};
    row->traits[TRAIT_COUNTRY] = value_of_text(countries[i]);
    row->traits[TRAIT_PLAN] = value_of_text(i == 5 ? "free" : "pro");
    row->traits[TRAIT_EMAIL] = value_of_text("somebody.or.other@example.com");
    row->traits[TRAIT_SEATS] = (pbk_value){.kind = PBK_INT, .as.integer = 11 + (int64_t)i};
    row->traits[TRAIT_MRR] = (pbk_value){.kind = PBK_DOUBLE, .as.number = 120.5 + i};
    row->traits[TRAIT_NEWSLETTER] = (pbk_value){.kind = PBK_BOOL, .as.integer = 1};
    for (uint32_t e = 0; e < EVENTS; e++) row->logins[e] = bench_now - (pbk_time)(EVENTS - e) * (86400000000 + i * 1000000);
  }
}

static bool row_field(void *context, uint32_t slot, struct cel_value *value) {
  const struct row *row = context;
  switch (slot) {
    case SLOT_CREATED: *value = (struct cel_value){.kind = CEL_TIMESTAMP, .as.integer = row->created_at}; return true;
    case SLOT_HEALTH: *value = (struct cel_value){.kind = CEL_JSON, .as.json = &row->health}; return true;
    default: return false;
  }
}

static bool row_entry(void *context, uint32_t slot, uint32_t name, struct cel_value *value) {
  const struct row *row = context;
  (void)slot;
  for (uint32_t i = 0; i < TRAITS; i++) {
    if (trait_numbers[i] != name) continue;
    *value = (struct cel_value){.kind = CEL_JSON, .as.json = &row->traits[i]};
    return true;
  }
  return false;
}

static uint32_t row_entry_count(void *context, uint32_t slot) {
  (void)context;
  (void)slot;
  return TRAITS;
}

static void row_entry_at(void *context, uint32_t slot, uint32_t at, struct text *name, struct cel_value *value) {
  const struct row *row = context;
  (void)slot;
  *name = text_from(trait_names[at]);
  *value = (struct cel_value){.kind = CEL_JSON, .as.json = &row->traits[at]};
}

static void row_series(void *context, uint32_t slot, uint32_t number, struct cel_series *series) {
  const struct row *row = context;
  (void)slot;
  (void)number;
  *series = (struct cel_series){row->logins, EVENTS, row->created_at};
}

static bool row_member(void *context, uint32_t slot, uint32_t number) {
  (void)context;
  (void)slot;
  return number != 0;
}

static bool row_resolve(void *context, uint32_t slot, struct text literal, uint32_t *number, const char **reason) {
  (void)context;
  (void)slot;
  (void)literal;
  (void)reason;
  *number = 0;
  return true;
}

static uint32_t row_entry_name(void *context, struct text name) {
  (void)context;
  for (uint32_t i = 0; i < TRAITS; i++) {
    if (text_equal(name, text_from(trait_names[i]))) return i;
  }
  return TRAITS;
}

static const struct cel_field row_fields[] = {{"created_at", CEL_TIMESTAMP, SLOT_CREATED},
                                              {"stage", CEL_STRING, SLOT_STAGE},
                                              {"health", CEL_DYN, SLOT_HEALTH},
                                              {"traits", CEL_ENTRIES, SLOT_TRAITS}};
static const struct cel_variable row_variables[] = {
  {.name = "now", .kind = CEL_TIMESTAMP, .is_now = true},
  {.name = "contact", .kind = CEL_OBJECT, .fields = row_fields, .field_count = 4}};
static const struct cel_lookup row_lookups[] = {{"events", CEL_SERIES, 1}};

/* What a row shows of itself, as the engine does. */
struct shown_row {
  const pbk_value *fields[SLOT_TRAITS];
  struct packed traits[TRAITS];
  pbk_value room[TRAITS];
};
static struct shown_row shown_rows[ROWS + 1];

/* What is packed stays until the end. */
static struct cel_world world_of(struct memory *memory, struct row *row, struct shown_row *shown) {
  for (uint32_t i = 0; i < TRAITS; i++) shown->traits[i] = pbk_pack(memory, &row->traits[i]);
  shown->fields[SLOT_HEALTH] = &row->health;
  return (struct cel_world){.context = row,
                            .now = bench_now,
                            .field = row_field,
                            .entry = row_entry,
                            .entry_count = row_entry_count,
                            .entry_at = row_entry_at,
                            .series = row_series,
                            .member = row_member,
                            .shown = {{SLOT_TRAITS, TRAITS, trait_numbers, shown->traits, shown->room}},
                            .value_count = SLOT_TRAITS,
                            .values = shown->fields,
                            .matches_only = true};
}

/* ---- the same by hand ---- */

struct hand_answer {
  bool is;
  pbk_time until;
};

static bool hand_equal(const pbk_value *value, const char *text, uint32_t size) {
  return value->kind == PBK_STRING && value->size == size && memcmp(value->as.text, text, size) == 0;
}

static bool hand_above(const pbk_value *value, double limit, bool equal) {
  double number = value->kind == PBK_INT ? (double)value->as.integer : value->kind == PBK_DOUBLE ? value->as.number : -1;
  return equal ? number >= limit : number > limit;
}

static struct hand_answer hand_a(const struct row *row) {
  const pbk_value *seats = &row->traits[TRAIT_SEATS];
  bool is = hand_equal(&row->traits[TRAIT_PLAN], "pro", 3) && seats->kind == PBK_INT && seats->as.integer > 10;
  return (struct hand_answer){is, CEL_FOREVER};
}

static struct hand_answer hand_b(const struct row *row) {
  static const char countries[8][3] = {"AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL"};
  const pbk_value *country = &row->traits[TRAIT_COUNTRY], *flag = &row->traits[TRAIT_NEWSLETTER],
                  *email = &row->traits[TRAIT_EMAIL];
  bool is = false;
  for (uint32_t i = 0; i < 8 && !is; i++) is = hand_equal(country, countries[i], 2);
  is = is && flag->kind == PBK_BOOL && flag->as.integer && email->kind == PBK_STRING && email->size >= 12 &&
       memcmp(email->as.text + email->size - 12, "@example.com", 12) == 0;
  return (struct hand_answer){is, CEL_FOREVER};
}

static struct hand_answer hand_c(const struct row *row) {
  bool is = trait_numbers[TRAIT_COMPANY] == TRAIT_COMPANY && hand_above(&row->traits[TRAIT_MRR], 99.5, true) &&
            hand_above(&row->health, 60, false);
  bool tagged = false;
  for (uint32_t i = 0; is && i < 3 && !tagged; i++) tagged = hand_equal(&row->tags[i], "vip", 3);
  return (struct hand_answer){is && tagged, CEL_FOREVER};
}

static struct hand_answer hand_d(const struct row *row) {
  bool found = false;
  for (uint32_t i = 0; i < 3 && !found; i++) {
    const pbk_value *tag = &row->tags[i];
    found = tag->kind == PBK_STRING && tag->size >= 10 && memcmp(tag->as.text, "enterprise", 10) == 0;
  }
  if (!found) return (struct hand_answer){false, CEL_FOREVER};
  uint32_t first = EVENTS;
  while (first > 0 && row->logins[first - 1] > bench_now - 7 * 86400000000) first--;
  uint32_t count = EVENTS - first;
  if (count < 3) return (struct hand_answer){false, CEL_FOREVER};
  return (struct hand_answer){true, row->logins[EVENTS - 3] + 7 * 86400000000};
}

static struct hand_answer hand_e(const struct row *row) {
  (void)row;
  const pbk_time start = INT64_C(1767225600000000); /* 2026-01-01T00:00:00Z */
  if (bench_now < start) return (struct hand_answer){false, start};
  int64_t day = bench_now / 86400000000;
  int64_t weekday = (day + 4) % 7;
  bool is = weekday >= 1 && weekday <= 5;
  int64_t days = is ? 6 - weekday : weekday == 6 ? 2 : 1;
  return (struct hand_answer){is, (day + days) * 86400000000};
}

/* ---- the conditions ---- */

static const struct {
  const char *name, *what, *source;
  double most; /* nanoseconds */
  struct hand_answer (*hand)(const struct row *row);
} conditions[] = {
  {"A", "two traits", "contact.traits.plan == 'pro' && contact.traits.seats > 10", 15, hand_a},
  {"B", "a list of 8, a flag, endsWith",
   "contact.traits.country in ['AT', 'BE', 'CH', 'DE', 'ES', 'FR', 'IT', 'NL'] && contact.traits.newsletter && "
   "contact.traits.email.endsWith('@example.com')",
   30, hand_b},
  {"C", "has(), a number, health, a tag",
   "has(contact.traits.company) && contact.traits.mrr >= 99.5 && contact.health > 60 && 'vip' in contact.traits.tags", 15,
   hand_c},
  {"D", "a macro and a windowed count",
   "contact.traits.tags.exists(tag, tag.startsWith('enterprise')) && events('login').count(days(7)) >= 3", 100, hand_d},
  {"E", "now and the weekday", "now >= timestamp('2026-01-01T00:00:00Z') && now.getDayOfWeek() in [1, 2, 3, 4, 5]", 15,
   hand_e}};
enum { CONDITIONS = sizeof conditions / sizeof *conditions };

enum { RUN_FAST, RUN_GENERAL, RUN_HAND, RUNS };

struct bench {
  struct memory memory;
  struct cel_machine *machine;
  struct cel_program *programs[CONDITIONS];
  struct cel_world worlds[ROWS];
};

static uint64_t sum; /* of all answers, so that none is left out */

static void evaluate_many(struct bench *bench, uint32_t which, uint32_t how, uint64_t count) {
  const struct cel_program *program = bench->programs[which];
  if (how == RUN_HAND) {
    struct hand_answer (*volatile hand)(const struct row *row) = conditions[which].hand;
    for (uint64_t i = 0; i < count; i++) {
      struct hand_answer answer = hand(&rows[i % ROWS]);
      sum += (uint64_t)answer.is + (uint64_t)answer.until;
    }
    return;
  }
  for (uint64_t i = 0; i < count; i++) {
    struct cel_outcome outcome;
    if (how == RUN_FAST)
      pbk_cel_evaluate(bench->machine, program, &bench->worlds[i % ROWS], &outcome);
    else
      pbk_cel_evaluate_generally(bench->machine, program, &bench->worlds[i % ROWS], &outcome);
    sum += (uint64_t)outcome.state + (uint64_t)outcome.until;
  }
}

static int by_number(const void *a, const void *b) {
  double left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left > right) - (left < right);
}

static double round_nanoseconds(struct bench *bench, uint32_t which, uint32_t how, uint64_t count) {
  clock_t start = clock();
  evaluate_many(bench, which, how, count);
  return (double)(clock() - start) * (1e9 / CLOCKS_PER_SEC) / (double)count;
}

/* By hand and in both tiers they must agree, or there is nothing to compare. */
static void compare_answers(struct bench *bench, uint32_t which) {
  for (uint32_t i = 0; i < ROWS; i++) {
    struct cel_outcome fast, general;
    pbk_cel_evaluate(bench->machine, bench->programs[which], &bench->worlds[i], &fast);
    pbk_cel_evaluate_generally(bench->machine, bench->programs[which], &bench->worlds[i], &general);
    struct hand_answer hand = conditions[which].hand(&rows[i]);
    if (fast.state != general.state || fast.until != general.until || (fast.state == CEL_TRUE) != hand.is ||
        fast.until != hand.until) {
      fprintf(stderr, "%s, row %u: %d until %lld, generally %d until %lld, by hand %d until %lld\n", conditions[which].name,
              (unsigned)i, (int)fast.state, (long long)fast.until, (int)general.state, (long long)general.until,
              (int)hand.is, (long long)hand.until);
      exit(1);
    }
  }
}

static void measure(struct bench *bench, FILE *json) {
  printf("%-34s %9s %9s %9s %9s %7s %6s\n", "condition, ns an evaluation", "goal", "this", "general", "by hand", "ratio",
         "");
  if (json) fprintf(json, "{\"conditions\": [");
  for (uint32_t c = 0; c < CONDITIONS; c++) {
    double times[RUNS][ROUNDS];
    uint64_t counts[RUNS];
    compare_answers(bench, c);
    for (uint32_t how = 0; how < RUNS; how++) {
      counts[how] = 20000;
      double first = round_nanoseconds(bench, c, how, counts[how]);
      counts[how] = (uint64_t)(ROUND_MICROSECONDS * 1000.0 / (first > 0.2 ? first : 0.2));
    }
    /* In turn, so that a slow moment of the machine meets all of them. */
    for (uint32_t r = 0; r < ROUNDS; r++) {
      for (uint32_t how = 0; how < RUNS; how++) times[how][r] = round_nanoseconds(bench, c, how, counts[how]);
    }
    for (uint32_t how = 0; how < RUNS; how++) qsort(times[how], ROUNDS, sizeof **times, by_number);
    double fast = times[RUN_FAST][ROUNDS / 2], general = times[RUN_GENERAL][ROUNDS / 2], hand = times[RUN_HAND][ROUNDS / 2];
    char label[64];
    snprintf(label, sizeof label, "%s  %s", conditions[c].name, conditions[c].what);
    printf("%-34s %9.0f %9.1f %9.1f %9.1f %6.1fx %6s\n", label, conditions[c].most, fast, general, hand, fast / hand,
           fast <= conditions[c].most ? "" : "OVER");
    if (json) {
      fprintf(json,
              "%s\n  {\"name\": \"%s\", \"source\": \"%s\", \"goal_ns\": %.0f, \"ns\": %.2f, \"general_ns\": %.2f, "
              "\"hand_ns\": %.2f}",
              c ? "," : "", conditions[c].name, conditions[c].source, conditions[c].most, fast, general, hand);
    }
  }
}

/* ---- patterns that elsewhere take forever ---- */

static void measure_patterns(struct bench *bench, FILE *json) {
  static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){12}", "([a-z]+)*[0-9]"};
  enum { PATTERNS = sizeof patterns / sizeof *patterns, SIZES = 4, SMALLEST = 250 };
  printf("\n%-34s %9s %9s %9s %9s   nanoseconds a character\n", "pattern on a…ab, characters", "250", "500", "1000", "2000");
  if (json) fprintf(json, "\n], \"patterns\": [");
  static char text[SMALLEST << (SIZES - 1)];
  memset(text, 'a', sizeof text);
  for (uint32_t p = 0; p < PATTERNS; p++) {
    char source[100];
    snprintf(source, sizeof source, "contact.traits.city.matches('%s')", patterns[p]);
    struct cel_environment environment = {.variables = row_variables,
                                          .variable_count = 2,
                                          .resolve = row_resolve,
                                          .entry_name = row_entry_name,
                                          .shown_slots = {SLOT_TRAITS},
                                          .shown_count = 1};
    struct cel_error error;
    struct cel_program *program = pbk_cel_compile(&bench->memory, text_from(source), &environment, &error);
    if (!program) {
      fprintf(stderr, "%s: %s\n", source, error.message);
      exit(1);
    }
    struct row row = rows[0];
    struct cel_world world = world_of(&bench->memory, &row, &shown_rows[ROWS]);
    printf("%-34s", patterns[p]);
    if (json) fprintf(json, "%s\n  {\"pattern\": \"%s\", \"ns_a_character\": [", p ? "," : "", patterns[p]);
    for (uint32_t s = 0; s < SIZES; s++) {
      uint32_t size = (uint32_t)SMALLEST << s;
      text[size - 1] = 'b';
      row.traits[TRAIT_CITY] = (pbk_value){.kind = PBK_STRING, .size = size, .as.text = text};
      shown_rows[ROWS].traits[TRAIT_CITY] = pbk_pack(&bench->memory, &row.traits[TRAIT_CITY]);
      double times[ROUNDS];
      for (uint32_t r = 0; r < ROUNDS; r++) {
        clock_t start = clock();
        uint32_t count = 4u << (SIZES - 1 - s);
        for (uint32_t i = 0; i < count; i++) {
          struct cel_outcome outcome;
          pbk_cel_evaluate(bench->machine, program, &world, &outcome);
          sum += (uint64_t)outcome.state;
        }
        times[r] = (double)(clock() - start) * (1e9 / CLOCKS_PER_SEC) / count / size;
      }
      qsort(times, ROUNDS, sizeof *times, by_number);
      text[size - 1] = 'a';
      printf(" %9.1f", times[ROUNDS / 2]);
      if (json) fprintf(json, "%s%.2f", s ? ", " : "", times[ROUNDS / 2]);
    }
    printf("\n");
    if (json) fprintf(json, "]}");
    pbk_cel_release(&bench->memory, program);
  }
}

/* ---- conditions that use all their fuel ---- */

/* What a condition can take at most before it is aborted, over lists as long as need be. */
static void measure_fuel(struct bench *bench, FILE *json) {
  static const struct {
    const char *what, *source;
  } heavy[] = {
    {"a macro in a macro, sums", "contact.traits.tags.all(a, contact.traits.tags.all(b, a + b >= 0)) || true"},
    {"a macro in a macro, events", "contact.traits.tags.all(a, contact.traits.tags.all(b, events('login').count(days(7)) >= 0))"},
    {"the same, told until when", "contact.traits.tags.all(a, contact.traits.tags.all(b, now - contact.created_at > days(1)))"},
    {"a list in itself", "contact.traits.tags.all(a, a in contact.traits.tags)"},
    {"texts made and compared", "contact.traits.tags.all(a, contact.traits.tags.all(b, string(a) + 'x' != string(b)))"},
    {"a pattern over and over", "contact.traits.tags.all(a, contact.traits.city.matches('(a|a?)+$') || true)"}};
  enum { HEAVY = sizeof heavy / sizeof *heavy, NUMBERS = 20000, TIMES = 9 };
  static pbk_value numbers[NUMBERS];
  static char text[2000];
  memset(text, 'a', sizeof text);
  text[sizeof text - 1] = 'b';
  for (uint32_t i = 0; i < NUMBERS; i++) numbers[i] = (pbk_value){.kind = PBK_INT, .as.integer = i};
  printf("\n%-34s %9s\n", "all fuel used up", "ms");
  if (json) fprintf(json, "\n], \"fuel\": [");
  for (uint32_t h = 0; h < HEAVY; h++) {
    for (uint32_t timed = 0; timed < 2; timed++) {
      struct cel_environment environment = {.variables = row_variables, .variable_count = 2, .lookups = row_lookups,
                                            .lookup_count = 1, .resolve = row_resolve, .entry_name = row_entry_name,
                                            .shown_slots = {SLOT_TRAITS}, .shown_count = 1, .timed = timed};
      struct cel_error error;
      struct cel_program *program = pbk_cel_compile(&bench->memory, text_from(heavy[h].source), &environment, &error);
      if (!program) {
        fprintf(stderr, "%s: %s\n", heavy[h].source, error.message);
        exit(1);
      }
      struct row row = rows[0];
      row.traits[TRAIT_TAGS] = (pbk_value){.kind = PBK_LIST, .size = NUMBERS, .as.items = numbers};
      row.traits[TRAIT_CITY] = (pbk_value){.kind = PBK_STRING, .size = sizeof text, .as.text = text};
      struct cel_world world = world_of(&bench->memory, &row, &shown_rows[ROWS]);
      double times[TIMES];
      struct cel_outcome outcome = {.state = CEL_TRUE};
      for (uint32_t t = 0; t < TIMES; t++) {
        clock_t start = clock();
        pbk_cel_evaluate(bench->machine, program, &world, &outcome);
        times[t] = (double)(clock() - start) * (1e3 / CLOCKS_PER_SEC);
      }
      if (outcome.state != CEL_ERROR) {
        fprintf(stderr, "%s: came to an end\n", heavy[h].source);
        exit(1);
      }
      qsort(times, TIMES, sizeof *times, by_number);
      if (timed) printf(" %9.1f timed\n", times[TIMES / 2]);
      else printf("%-34s %9.1f", heavy[h].what, times[TIMES / 2]);
      if (json) {
        fprintf(json, "%s\n  {\"what\": \"%s\", \"timed\": %s, \"ms\": %.2f}", h || timed ? "," : "", heavy[h].what,
                timed ? "true" : "false", times[TIMES / 2]);
      }
      pbk_cel_release(&bench->memory, program);
    }
  }
  if (json) fprintf(json, "\n]}\n");
}

static void prepare(struct bench *bench) {
  make_rows();
  pbk_memory_init(&bench->memory, NULL, NULL, UINT64_MAX);
  bench->machine = pbk_cel_machine_create(&bench->memory);
  for (uint32_t i = 0; i < ROWS; i++) bench->worlds[i] = world_of(&bench->memory, &rows[i], &shown_rows[i]);
  for (uint32_t c = 0; c < CONDITIONS; c++) {
    struct cel_environment environment = {.variables = row_variables,
                                          .variable_count = 2,
                                          .lookups = row_lookups,
                                          .lookup_count = 1,
                                          .resolve = row_resolve,
                                          .entry_name = row_entry_name,
                                          .shown_slots = {SLOT_TRAITS},
                                          .shown_count = 1,
                                          .timed = true};
    struct cel_error error;
    bench->programs[c] = pbk_cel_compile(&bench->memory, text_from(conditions[c].source), &environment, &error);
    if (!bench->programs[c]) {
      fprintf(stderr, "%s: column %u: %s\n", conditions[c].name, (unsigned)error.column, error.message);
      exit(1);
    }
  }
}

int main(int count, char **arguments) {
  static struct bench bench;
  prepare(&bench);
  FILE *json = NULL;
  if (count >= 4 && strcmp(arguments[1], "--run") == 0) {
    const char *tier = count < 5 ? "fast" : arguments[4];
    uint32_t how = strcmp(tier, "hand") == 0 ? RUN_HAND : strcmp(tier, "general") == 0 ? RUN_GENERAL : RUN_FAST;
    for (uint32_t c = 0; c < CONDITIONS; c++) {
      if (strcmp(arguments[2], conditions[c].name) == 0) evaluate_many(&bench, c, how, strtoull(arguments[3], NULL, 10));
    }
  } else if (count == 2 && strcmp(arguments[1], "--fuel") == 0) {
    measure_fuel(&bench, NULL);
  } else {
    if (count >= 3 && strcmp(arguments[1], "--json") == 0 && !(json = fopen(arguments[2], "w"))) {
      perror(arguments[2]);
      return 1;
    }
    measure(&bench, json);
    measure_patterns(&bench, json);
    measure_fuel(&bench, json);
    if (json) fclose(json);
  }
  for (uint32_t c = 0; c < CONDITIONS; c++) pbk_cel_release(&bench.memory, bench.programs[c]);
  pbk_cel_machine_release(&bench.memory, bench.machine);
  return sum == 1; /* never, as good as */
}
