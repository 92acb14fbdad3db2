/* bench/lines.c - what a line costs beside the plainest, by what clients send with it: an id to be told apart by,
 * properties, context, traits. Each kind of line on an engine of its own, with a few conditions that read what is sent.
 *
 *   bench-lines KIND CONTACTS LINES [--journal]
 *
 * Prints nanoseconds of CPU time a line and, where a journal is kept, its bytes a line and how long repeating it takes.
 * KIND `all` runs one behind the other. Instructions: callgrind with --toggle-collect='feed_lines*'. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <playbook/playbook.h>
#include "memory_storage.h"

static double seconds(void) {
  struct timespec at;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK) return;
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
}

/* ---- lines ---- */

static uint64_t mixed(uint64_t number) {
  number = (number ^ number >> 31) * 0x9e3779b97f4a7c15u;
  number = (number ^ number >> 29) * 0xbf58476d1ce4e5b9u;
  return number ^ number >> 32;
}

/* What stands for a number in the text: u contact, g account, e event, t time, m an id nobody else has, n a number, p a
 * plan. */
static const struct {
  const char *name, *text;
} kinds[] = {
  {"plain", "{'type':'track','userId':'contact-#u','event':'event-#e','timestamp':'#t'}"},
  {"id", "{'type':'track','userId':'contact-#u','event':'event-#e','timestamp':'#t','messageId':'#m'}"},
  {"context",
   "{'type':'track','userId':'contact-#u','event':'event-#e','timestamp':'#t','messageId':'#m',"
   "'context':{'library':{'name':'@some/analytics-node','version':'3.1.0'}}}"},
  {"properties",
   "{'type':'track','userId':'contact-#u','event':'event-#e','timestamp':'#t','messageId':'#m',"
   "'properties':{'plan':'#p','rows':#n,'format':'csv'}}"},
  {"client",
   "{'timestamp':'#t','integrations':{},'event':'event-#e','type':'track','properties':{'method':'sso','rows':#n},"
   "'context':{'library':{'name':'@some/analytics-node','version':'3.1.0'}},'userId':'contact-#u','messageId':'#m',"
   "'_metadata':{'nodeVersion':'v20.20.2','jsRuntime':'node'}}"},
  {"grouped",
   "{'timestamp':'#t','event':'event-#e','type':'track','properties':{},'context':{'groupId':'account-#g',"
   "'library':{'name':'@some/analytics-node','version':'3.1.0'}},'userId':'contact-#u','messageId':'#m'}"},
  {"traits",
   "{'type':'identify','userId':'contact-#u','timestamp':'#t','traits':{'email':'contact-#u@corp.example','plan':'#p',"
   "'logins':#n,'country':'CH'}}"},
  {"identify",
   "{'timestamp':'#t','integrations':{},'type':'identify','userId':'contact-#u','traits':{'email':'contact-#u@corp.example',"
   "'plan':'#p','logins':#n,'country':'CH'},'context':{'library':{'name':'@some/analytics-node','version':'3.1.0'}},"
   "'messageId':'#m','_metadata':{'nodeVersion':'v20.20.2','jsRuntime':'node'}}"},
  {"group",
   "{'type':'group','userId':'contact-#u','groupId':'account-#g','timestamp':'#t','traits':{'name':'Account "
   "#g','seats':#n}}"},
  {"stage", "{'type':'stage','userId':'contact-#u','stage':'stage-#e','timestamp':'#t'}"},
  {"health", "{'type':'health','userId':'contact-#u','health':#n,'timestamp':'#t'}"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct {
  char *bytes;
  size_t size, capacity;
} lines;

static void put(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lines.size += (size_t)vsnprintf(lines.bytes + lines.size, lines.capacity - lines.size, format, arguments);
  va_end(arguments);
}

static void put_line(const char *text, uint64_t number, uint64_t contacts) {
  static const char *const plans[] = {"free", "pro", "team", "pro", "free"};
  uint64_t chance = mixed(number + 1), contact = chance % contacts, at = 1769853600 + number * 60;
  for (; *text; text++) {
    if (*text != '#') {
      lines.bytes[lines.size++] = *text == '\'' ? '"' : *text;
      continue;
    }
    time_t when = (time_t)at;
    struct tm day;
    switch (*++text) {
      case 'u': put("%" PRIu64, contact); break;
      case 'g': put("%" PRIu64, contact / 10); break;
      case 'e': put("%u", (unsigned)(chance >> 32) % 20); break;
      case 'n': put("%u", (unsigned)(chance >> 40) % 1000); break;
      case 'p': put("%s", plans[(chance >> 50) % 5]); break;
      case 'm':
        put("node-next-%" PRIu64 "-%08x-d467-4f90-a113-%012" PRIx64, 1795318350000 + number, (unsigned)mixed(number),
            number);
        break;
      default: gmtime_r(&when, &day); lines.size += strftime(lines.bytes + lines.size, 40, "%Y-%m-%dT%H:%M:%SZ", &day);
    }
  }
  lines.bytes[lines.size++] = '\n';
}

__attribute__((noinline)) static void feed_lines(pbk_engine *engine, const char *bytes, size_t size) {
  uint64_t refused = 0;
  need(pbk_feed_json(engine, bytes, size, &refused), "feeding lines");
  if (refused) fprintf(stderr, "%" PRIu64 " lines were refused\n", refused), exit(1);
}

static void take_outputs(pbk_engine *engine) {
  static pbk_output outputs[256];
  uint32_t count = 1;
  while (count > 0) need(pbk_drain(engine, outputs, sizeof *outputs, 256, &count), "taking outputs");
}

static void define(pbk_engine *engine) {
  static const char definitions[] =
    "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"often\",\"when\":\"events('event-0').count(days(30)) > 2\"}\n"
    "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"quiet\",\"when\":\"events('event-1').quiet(days(3))\"}\n"
    "{\"type\":\"define\",\"kind\":\"segment\",\"key\":\"pro\",\"when\":\"contact.traits.plan == 'pro'\"}\n"
    "{\"type\":\"define\",\"kind\":\"segment\",\"key\":\"many\",\"of\":\"account\",\"when\":\"account.traits.seats > "
    "500\"}\n"
    "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"late\",\"when\":\"contact.stage == 'stage-3'\"}\n";
  feed_lines(engine, definitions, sizeof definitions - 1);
}

__attribute__((noinline)) static void open_again(const pbk_config *config, pbk_engine **engine) {
  need(pbk_engine_create(config, engine), "opening it again");
}

static void measure(int kind, uint64_t contacts, uint64_t count, bool kept) {
  enum { TOGETHER = 500 };
  struct memory_storage storage = {0};
  pbk_storage callbacks = memory_callbacks(&storage);
  pbk_config config = {.size = sizeof config, .engine_id = {"lines", 5}, .storage = kept ? &callbacks : NULL};
  pbk_engine *engine;
  need(pbk_engine_create(&config, &engine), "making an engine");
  define(engine);
  for (uint64_t i = 0; i < contacts; i++) {
    char line[200];
    int size =
      snprintf(line, sizeof line,
               "{\"type\":\"group\",\"userId\":\"contact-%" PRIu64 "\",\"groupId\":\"account-%" PRIu64 "\"}", i, i / 10);
    need(pbk_feed_line(engine, line, (size_t)size), "a contact");
  }
  need(pbk_commit(engine), "committing");
  take_outputs(engine);
  double spent = 0;
  const size_t before = storage.objects[PBK_OBJECT_JOURNAL_0].size;
  for (uint64_t done = 0; done < count; done += TOGETHER) {
    lines.size = 0;
    for (uint64_t i = done; i < done + TOGETHER && i < count; i++) put_line(kinds[kind].text, i, contacts);
    double from = seconds();
    feed_lines(engine, lines.bytes, lines.size);
    spent += seconds() - from;
    need(pbk_commit(engine), "committing");
    take_outputs(engine);
  }
  printf("%-12s %8.1f ns", kinds[kind].name, spent * 1e9 / (double)count);
  pbk_engine_destroy(engine);
  if (kept) {
    const double bytes = (double)(storage.objects[PBK_OBJECT_JOURNAL_0].size - before), from = seconds();
    open_again(&config, &engine);
    printf(" %8.1f ns repeated %6.1f bytes", (seconds() - from) * 1e9 / (double)count, bytes / (double)count);
    pbk_engine_destroy(engine);
  }
  printf("\n");
  memory_release(&storage);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "bench-lines KIND CONTACTS LINES [--journal]\n");
    return 1;
  }
  lines.capacity = 1 << 20;
  lines.bytes = malloc(lines.capacity);
  if (!lines.bytes) return 1;
  for (int i = 0; i < KINDS; i++)
    if (strcmp(arguments[1], "all") == 0 || strcmp(arguments[1], kinds[i].name) == 0)
      measure(i, strtoull(arguments[2], NULL, 10), strtoull(arguments[3], NULL, 10), count > 4);
  free(lines.bytes);
  return 0;
}
