/* bench/costs.c - what single things cost an engine with many contacts: a tick with nothing due, a step that fires, defining
 * a persona, a burst under a work budget, explain.
 *
 *   bench-costs [--contacts N] [--wakeups N]
 *
 * CPU time. Prints one line of JSON: names, units, values. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <playbook/playbook.h>
#include <stdio.h>
#include <time.h>

#include "huge_pages.h"

static uint32_t contacts = 1000000;
static uint64_t wakeups = 1000000;

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
static double cpu(void) {
  return seconds(CLOCK_PROCESS_CPUTIME_ID);
}
/* What passed, which begins anew. */
static double passed_since(double *at) {
  double before = *at;
  *at = cpu();
  return *at - before;
}

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK || status == PBK_MORE) return;
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
}

static void print_measure(const char *name, uint64_t number, const char *unit, double value) {
  static const char *comma = "";
  printf("%s{\"name\":\"%s", comma, name);
  if (number > 0) printf(" %" PRIu64, number);
  printf("\",\"unit\":\"%s\",\"value\":%.6g}", unit, value);
  comma = ",";
}

/* ---- engines ---- */

static uint64_t delivered;
static void deliver(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  (void)context, (void)engine, (void)offer, (void)answer;
  delivered++;
}
static pbk_engine *make_in(uint32_t flags, pbk_allocate_function allocate) {
  pbk_config config = {
    .size = sizeof config, .engine_id = {"bench", 5}, .flags = flags, .allocate = allocate, .deliver = deliver};
  pbk_engine *engine;
  need(pbk_engine_create(&config, &engine), "making an engine");
  return engine;
}
static pbk_engine *make(uint32_t flags) {
  return make_in(flags, huge_pages);
}
static void feed(pbk_engine *engine, const char *lines) {
  uint64_t refused = 0;
  need(pbk_feed_json(engine, lines, strlen(lines), &refused), "defining");
  if (refused) fprintf(stderr, "refused: %s\n", lines), exit(1);
}
static uint64_t drain(pbk_engine *engine) {
  static pbk_output outputs[256];
  uint64_t all = 0;
  uint32_t count = 1;
  for (; count > 0; all += count) need(pbk_drain(engine, outputs, sizeof *outputs, 256, &count), "draining");
  return all;
}
static void commit(pbk_engine *engine) {
  need(pbk_commit(engine), "a commit");
  drain(engine);
}

static size_t key_of(char *key, uint32_t number) {
  return (size_t)snprintf(key, 16, "u%07" PRIu32, number);
}

/* Contacts with a few traits, all known at time 0, and with a login each where asked. */
static void know_contacts(pbk_engine *engine, uint32_t count, int with_login) {
  pbk_member members[3] = {
    {.name = "country", .name_size = 7}, {.name = "plan", .name_size = 4}, {.name = "score", .name_size = 5}};
  for (uint32_t i = 0; i < count; i++) {
    char key[16];
    size_t size = key_of(key, i);
    for (uint32_t j = 0; j < 3; j++)
      members[j].value = (pbk_value){.kind = PBK_INT, .as.integer = (int64_t)(i * 2654435761u >> 8) % (10 + j)};
    pbk_value traits = {.kind = PBK_MAP, .size = 3, .as.members = members};
    need(pbk_identify(engine, NULL, key, size, &traits), "a contact");
    if (with_login) need(pbk_track(engine, NULL, key, size, NULL, 0, "login", 5, NULL), "an event");
    if (i % 1000 == 999) commit(engine);
  }
  commit(engine);
}

/* ---- a tick with nothing due ---- */

static double idle_tick(uint64_t pending) {
  enum { PERSONAS = 10, TICKS = 20000 };
  uint32_t count = (uint32_t)((pending + PERSONAS - 1) / PERSONAS);
  pbk_engine *engine = make(0);
  know_contacts(engine, count, 0);
  for (int i = 0; i < PERSONAS; i++) { /* a wake-up for each contact, after four hundred days and more */
    char line[160];
    snprintf(line, sizeof line,
             "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"p%d\",\"when\":\"events('e%d').quiet(days(%d))\"}\n", i, i,
             400 + i);
    feed(engine, line);
  }
  commit(engine);
  double since = cpu();
  for (int i = 1; i <= TICKS; i++) {
    need(pbk_advance(engine, i * PBK_MINUTE, 0), "advancing");
    commit(engine);
  }
  double took = cpu() - since;
  pbk_engine_destroy(engine);
  return took * 1e9 / TICKS;
}

/* ---- steps that fire ---- */

/* Nanoseconds a step: to let time pass, so that it fires; to deliver its mail; to take what is told of it. */
struct fired {
  double passing, delivering, taking;
};
static struct fired fire(uint32_t count) {
  enum { TICKS = 60 };
  pbk_engine *engine = make(0);
  feed(
    engine,
    "{\"type\":\"define\",\"kind\":\"channel\",\"key\":\"email\"}\n{\"type\":\"define\",\"kind\":\"template\",\"key\":"
    "\"mail\"}\n"
    "{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"ann\"}\n{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"bob\"}\n"
    "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"welcome\",\"active\":true,\"trigger\":{\"event\":\"trial\"},"
    "\"senders\":{\"pool\":[\"ann\",\"bob\"]},\"steps\":[{\"delay\":\"1d\",\"when\":\"contact.traits.plan < 100\","
    "\"actions\":[{\"email\":{\"template\":\"mail\",\"approval\":false,\"send_as\":\"pool\"}}]}]}\n");
  know_contacts(engine, count, 0);
  for (uint32_t i = 0; i < count; i++) { /* over an hour, not in the order of the contacts */
    char key[16];
    size_t size = key_of(key, (uint32_t)((uint64_t)i * 7919 % count));
    pbk_envelope envelope = {
      .size = sizeof envelope, .received_at = (pbk_time)((uint64_t)i * PBK_HOUR / count), .occurred_at = PBK_NO_TIME};
    need(pbk_track(engine, &envelope, key, size, NULL, 0, "trial", 5, NULL), "a trial");
  }
  need(pbk_advance(engine, PBK_DAY - 1, 0), "advancing");
  commit(engine);
  delivered = 0;
  struct fired fired = {0, 0, 0};
  double each = 1e9 / count, at = cpu();
  for (int i = 0; i <= TICKS; i++) {
    need(pbk_advance(engine, PBK_DAY + i * PBK_MINUTE, 0), "advancing");
    fired.passing += passed_since(&at) * each;
    need(pbk_commit(engine), "a commit");
    fired.delivering += passed_since(&at) * each;
    drain(engine);
    fired.taking += passed_since(&at) * each;
  }
  if (delivered != count && count % 7919 != 0)
    fprintf(stderr, "%" PRIu64 " mails instead of %" PRIu32 "\n", delivered, count), exit(1);
  pbk_engine_destroy(engine);
  return fired;
}

/* ---- a persona defined over everybody, and everybody's membership changed at once ---- */

enum { BUDGET = 1000 };
static double longest; /* of the calls since it was set to 0 */

static pbk_status timed(pbk_status (*call)(pbk_engine *, const void *), pbk_engine *engine, const void *argument) {
  double from = cpu();
  pbk_status status = call(engine, argument);
  double took = cpu() - from;
  if (took > longest) longest = took;
  need(status, "a call");
  return status;
}
static pbk_status define_persona(pbk_engine *engine, const void *persona) {
  return pbk_define_persona(engine, NULL, persona);
}
static pbk_status advance(pbk_engine *engine, const void *to) {
  return pbk_advance(engine, *(const pbk_time *)to, BUDGET);
}
static pbk_status commit_alone(pbk_engine *engine, const void *nothing) {
  (void)nothing;
  return pbk_commit(engine);
}

/* CPU seconds, in parts where the engine does that. */
static double define(pbk_engine *engine, const char *key, const char *when) {
  pbk_audience persona = {.size = sizeof persona, .key = {key, strlen(key)}, .when = {when, strlen(when)}};
  pbk_time now = pbk_now(engine);
  double since = cpu();
  pbk_status status = timed(define_persona, engine, &persona);
  while (status == PBK_MORE) status = timed(advance, engine, &now);
  double took = cpu() - since;
  commit(engine);
  return took;
}
/* Three personas, milliseconds each. */
static void define_personas(pbk_engine *engine, double took[3]) {
  took[0] = define(engine, "traits", "contact.traits.plan >= 2 && contact.traits.country <= 2");
  took[1] = define(engine, "quiet", "events('login').quiet(days(14))");
  took[2] = define(engine, "fewer", "2 * events('login').count(days(7)) < events('login').count(days(14), days(7))");
}
/* To a time, a call with its commit after the other; seconds in all. */
static double play_to(pbk_engine *engine, pbk_time then) {
  pbk_status status;
  double since = cpu();
  do {
    status = timed(advance, engine, &then);
    timed(commit_alone, engine, NULL);
    drain(engine);
  } while (status == PBK_MORE);
  return cpu() - since;
}
static void print_longest(const char *what) {
  print_measure(what, BUDGET, "ms", longest * 1e3);
  longest = 0;
}

/* The longest call of each, in memory of the C library: a system that hands out huge pages clears two megabytes in one go,
 * which takes longer than anything here. */
static void pauses(void) {
  pbk_engine *engine = make_in(PBK_DEFINE_IN_PARTS, NULL);
  double took[3];
  know_contacts(engine, contacts, 1);
  longest = 0;
  define_personas(engine, took);
  print_longest("the longest call while they are defined, work budget:");
  play_to(engine, 7 * PBK_DAY + PBK_HOUR);
  print_longest("the longest call while all memberships change, work budget:");
  feed(engine,
       "{\"type\":\"define\",\"kind\":\"channel\",\"key\":\"email\"}\n"
       "{\"type\":\"define\",\"kind\":\"template\",\"key\":\"mail\"}\n"
       "{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"ann\"}\n"
       "{\"type\":\"define\",\"kind\":\"settings\",\"default_sender\":\"ann\"}\n"
       "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"back\",\"active\":true,"
       "\"trigger\":{\"persona\":\"quiet\"},\"steps\":[{\"delay\":\"10m\",\"actions\":"
       "[{\"email\":{\"template\":\"mail\"}}]},{\"delay\":\"1d\",\"actions\":"
       "[{\"email\":{\"template\":\"mail\",\"approval\":false}}]}]}\n");
  commit(engine);
  longest = 0;
  play_to(engine, 14 * PBK_DAY);
  print_longest("the longest call while all are enrolled, work budget:");
  play_to(engine, 15 * PBK_DAY + PBK_HOUR);
  print_longest("the longest call while all get mails, work budget:");
  pbk_engine_destroy(engine);
}

static void everybody(void) {
  enum { EXPLAINED = 20000 };
  pbk_engine *engine = make(PBK_DEFINE_IN_PARTS);
  double took[3];
  know_contacts(engine, contacts, 1);
  define_personas(engine, took);
  print_measure("a persona on traits defined, contacts:", contacts, "ms", took[0] * 1e3);
  print_measure("a persona on the time since an event defined, contacts:", contacts, "ms", took[1] * 1e3);
  print_measure("a persona on counts of two weeks defined, contacts:", contacts, "ms", took[2] * 1e3);

  /* Seven days later all counts change, and seven days after that all are quiet. */
  print_measure("a membership looked at when time has come for it", 0, "ns",
                play_to(engine, 15 * PBK_DAY) * 1e9 / (3.0 * contacts));

  feed(engine,
       "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"call\",\"active\":true,\"trigger\":{\"persona\":\"traits\"},"
       "\"when\":\"contact.traits.score > 3 && "
       "persona('quiet')\",\"steps\":[{\"actions\":[{\"task\":{\"title\":\"Call\"}}]}]}\n");
  commit(engine);
  double since = cpu();
  for (uint32_t i = 0; i < EXPLAINED; i++) {
    char key[16];
    pbk_subject subject = {
      .size = sizeof subject, .kind = PBK_CONTACT, .key = {key, key_of(key, (uint32_t)((uint64_t)i * 7919 % contacts))}};
    pbk_output explanation = {.size = sizeof explanation};
    need(pbk_explain(engine, "call", 4, &subject, &explanation), "an explanation");
  }
  print_measure("explain", 0, "ns", (cpu() - since) * 1e9 / EXPLAINED);
  pbk_engine_destroy(engine);
}

int main(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--contacts"))
      contacts = (uint32_t)strtoul(argv[i + 1], NULL, 10);
    else if (!strcmp(argv[i], "--wakeups"))
      wakeups = strtoull(argv[i + 1], NULL, 10);
    else
      argc = 0;
  }
  if (argc % 2 == 0 || contacts < 1000 || wakeups < 1000)
    return fprintf(stderr, "bench-costs [--contacts N] [--wakeups N]\n"), 2;
  printf("{\"contacts\":%" PRIu32 ",\"measures\":[", contacts);
  print_measure("a tick with nothing due, wake-ups pending:", 1000, "ns", idle_tick(1000));
  print_measure("a tick with nothing due, wake-ups pending:", wakeups, "ns", idle_tick(wakeups));
  struct fired fired = fire(contacts / 5);
  print_measure("a step with filter, sender and mail, in all", 0, "ns", fired.passing + fired.delivering + fired.taking);
  print_measure("of it, the step fires", 0, "ns", fired.passing);
  print_measure("of it, the mail is delivered", 0, "ns", fired.delivering);
  print_measure("of it, the four outputs are taken", 0, "ns", fired.taking);
  everybody();
  pauses();
  printf("]}\n");
  return 0;
}
