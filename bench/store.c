/* bench/store.c - what keeping an engine costs: the journal beside nothing kept, replay beside first execution, snapshots beside memcpy,
 * commits beside bare writes.
 *
 *   bench-store [--contacts N] [--events N] [--json FILE] [--folder DIR]
 *
 * Storage is memory, but for the commits, which go to files in DIR (default: the current folder) where the build has the file store.
 * CPU time, medians of five rounds; in each round all candidates take turns. */
#include <fcntl.h>
#include <playbook/playbook.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "memory_storage.h"
#ifdef WITH_FILESTORE
#include <playbook/filestore.h>
#endif

enum { ROUNDS = 5, MEASURES = 12 };

static uint32_t contacts = 50000, events = 500000;
static const char *folder = ".";

static double seconds(clockid_t which) {
  struct timespec time;
  clock_gettime(which, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
static double cpu(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK || status == PBK_MORE) return;
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
}

/* ---- the work ---- */

static pbk_engine *make(const pbk_storage *storage) {
  pbk_config config = {.size = sizeof config, .engine_id = {"bench", 5}, .storage = storage};
  pbk_engine *engine;
  need(pbk_engine_create(&config, &engine), "making an engine");
  return engine;
}

static const char definitions[] =
  "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"dormant\",\"when\":\"events('login').quiet(days(14))\"}\n"
  "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"busy\",\"when\":\"events('login').count(days(7)) >= 5\"}\n"
  "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"call\",\"active\":true,\"trigger\":{\"persona\":\"busy\"},"
  "\"steps\":[{\"actions\":[{\"task\":{\"title\":\"Call\"}}]}]}\n";

static void drain(pbk_engine *engine) {
  static pbk_output outputs[256];
  uint32_t count = 1;
  while (count > 0) need(pbk_drain(engine, outputs, sizeof *outputs, 256, &count), "draining");
}

static void know_contacts(pbk_engine *engine) {
  need(pbk_feed_json(engine, definitions, sizeof definitions - 1, NULL), "defining");
  pbk_member members[4] = {{.name = "country", .name_size = 7}, {.name = "name", .name_size = 4},
                           {.name = "plan", .name_size = 4},    {.name = "seats", .name_size = 5}};
  for (uint32_t i = 0; i < contacts; i++) {
    char key[16], name[24];
    int size = snprintf(key, sizeof key, "u%07u", i), length = snprintf(name, sizeof name, "Contact number %u", i);
    members[0].value = (pbk_value){.kind = PBK_STRING, .size = 2, .as.text = i % 3 ? "DE" : "FR"};
    members[1].value = (pbk_value){.kind = PBK_STRING, .size = (uint32_t)length, .as.text = name};
    members[2].value = (pbk_value){.kind = PBK_STRING, .size = 3, .as.text = i % 5 ? "pro" : "max"};
    members[3].value = (pbk_value){.kind = PBK_INT, .as.integer = i % 100};
    pbk_value traits = {.kind = PBK_MAP, .size = 4, .as.members = members};
    need(pbk_identify(engine, NULL, key, (size_t)size, &traits), "a contact");
  }
  need(pbk_commit(engine), "a commit");
  drain(engine);
}

/* Events in the order of time, contacts at random; one commit each `batch` events. */
static void track(pbk_engine *engine, uint32_t count, uint32_t batch) {
  uint64_t random = 12345;
  for (uint32_t i = 0; i < count; i++) {
    char key[16];
    random = random * 6364136223846793005u + 1442695040888963407u;
    int size = snprintf(key, sizeof key, "u%07u", (unsigned)((random >> 33) % contacts));
    pbk_envelope envelope = {.size = sizeof envelope, .received_at = (pbk_time)(i + 1) * PBK_SECOND, .occurred_at = PBK_NO_TIME};
    need(pbk_track(engine, &envelope, key, (size_t)size, NULL, 0, "login", 5, NULL), "an event");
    if (i % batch == batch - 1) {
      need(pbk_commit(engine), "a commit");
      drain(engine);
    }
  }
  need(pbk_commit(engine), "a commit");
  drain(engine);
}

/* ---- measuring ---- */

static struct {
  const char *name, *unit;
  double rounds[ROUNDS];
} measures[MEASURES];

static void note(uint32_t measure, uint32_t round, const char *name, const char *unit, double value) {
  measures[measure].name = name;
  measures[measure].unit = unit;
  measures[measure].rounds[round] = value;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static double median(uint32_t measure) {
  double sorted[ROUNDS];
  memcpy(sorted, measures[measure].rounds, sizeof sorted);
  qsort(sorted, ROUNDS, sizeof *sorted, compare);
  return sorted[ROUNDS / 2];
}

static void run_round(uint32_t round) {
  struct memory_storage storage = {0};
  pbk_storage kept = memory_callbacks(&storage);

  pbk_engine *engine = make(NULL);
  know_contacts(engine);
  double start = cpu();
  track(engine, events, 1000);
  note(0, round, "an event, nothing kept", "ns", (cpu() - start) / events * 1e9);
  pbk_engine_destroy(engine);

  engine = make(&kept);
  know_contacts(engine);
  size_t before = storage.objects[0].size;
  uint64_t appends = storage.appends;
  start = cpu();
  track(engine, events, 1000);
  double first = cpu() - start;
  note(1, round, "an event, journal in memory", "ns", first / events * 1e9);
  note(2, round, "an event's record", "bytes", (double)(storage.objects[0].size - before) / events);
  note(3, round, "appends for a commit of 1000 events", "", (double)(storage.appends - appends) / (events / 1000.0));
  pbk_engine_destroy(engine);

  start = cpu();
  engine = make(&kept);
  double replay = cpu() - start; /* the contacts too: they count as events here */
  note(4, round, "a record repeated when opening", "ns", replay / (events + contacts) * 1e9);
  note(5, round, "speed of that beside first execution", "x", first / events / (replay / (events + contacts)));

  size_t size = 0;
  /* The third one goes where the first one was: into memory that has been touched, like that of the memcpy beside it. */
  need(pbk_snapshot(engine, 0), "a snapshot");
  need(pbk_snapshot(engine, 0), "a snapshot");
  start = cpu();
  need(pbk_snapshot(engine, 0), "a snapshot");
  double took = cpu() - start;
  size = storage.objects[PBK_OBJECT_SNAPSHOT_1].size;
  note(6, round, "snapshot written", "MB/s", (double)size / took / 1e6);
  pbk_engine_destroy(engine);
  start = cpu();
  engine = make(&kept);
  took = cpu() - start;
  note(7, round, "snapshot read", "MB/s", (double)size / took / 1e6);
  pbk_engine_destroy(engine);
  note(8, round, "its size", "MB", (double)size / 1e6);
  unsigned char *copy = malloc(size);
  if (!copy) abort();
  memset(copy, 1, size);
  start = cpu();
  memcpy(copy, storage.objects[PBK_OBJECT_SNAPSHOT_1].bytes, size);
  took = cpu() - start;
  note(9, round, "memcpy of it", "MB/s", (double)size / took / 1e6 + (copy[size / 2] == 255));
  free(copy);
  memory_release(&storage);
}

/* ---- commits to files: wall clock, since they wait ---- */

enum { COMMITS = 300, COMMIT_BYTES = 150 };

static double bare_commits(void) {
  char path[4096], bytes[COMMIT_BYTES] = {1};
  snprintf(path, sizeof path, "%s/bench-store.bare", folder);
  int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (file < 0) return 0;
  double start = seconds(CLOCK_MONOTONIC);
  for (int i = 0; i < COMMITS; i++)
    if (write(file, bytes, sizeof bytes) != sizeof bytes || fdatasync(file) != 0) exit(1);
  double took = seconds(CLOCK_MONOTONIC) - start;
  close(file);
  unlink(path);
  return COMMITS / took;
}

#ifdef WITH_FILESTORE
static double kept_commits(void) {
  char path[4096], command[4200];
  snprintf(path, sizeof path, "%s/bench-store.kept", folder);
  pbk_filestore *store = NULL;
  pbk_storage storage = {.size = sizeof storage};
  if (pbk_filestore_open(path, PBK_FILESTORE_CREATE, &store) != 0) return 0;
  pbk_filestore_storage(store, &storage);
  pbk_engine *engine = make(&storage);
  need(pbk_identify(engine, NULL, "u1", 2, NULL), "a contact");
  need(pbk_commit(engine), "a commit");
  double start = seconds(CLOCK_MONOTONIC);
  for (int i = 0; i < COMMITS; i++) {
    need(pbk_track(engine, NULL, "u1", 2, NULL, 0, "login", 5, NULL), "an event");
    need(pbk_commit(engine), "a commit");
  }
  double took = seconds(CLOCK_MONOTONIC) - start;
  pbk_engine_destroy(engine);
  pbk_filestore_close(store);
  snprintf(command, sizeof command, "rm -r '%s'", path);
  if (system(command) != 0) fprintf(stderr, "%s is left behind\n", path);
  return COMMITS / took;
}
#endif

/* ---- the program ---- */

static void write_json(const char *path) {
  FILE *file = fopen(path, "w");
  if (!file) {
    perror(path);
    exit(1);
  }
  fprintf(file, "{\"contacts\":%u,\"events\":%u,\"measures\":[", contacts, events);
  const char *comma = "";
  for (uint32_t i = 0; i < MEASURES; i++) {
    if (!measures[i].name) continue;
    fprintf(file, "%s{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.4g}", comma, measures[i].name, measures[i].unit, median(i));
    comma = ",";
  }
  fprintf(file, "]}\n");
  fclose(file);
}

int main(int count, char **arguments) {
  const char *json = NULL;
  for (int i = 1; i + 1 < count; i += 2) {
    if (strcmp(arguments[i], "--contacts") == 0) contacts = (uint32_t)strtoul(arguments[i + 1], NULL, 10);
    else if (strcmp(arguments[i], "--events") == 0) events = (uint32_t)strtoul(arguments[i + 1], NULL, 10);
    else if (strcmp(arguments[i], "--json") == 0) json = arguments[i + 1];
    else if (strcmp(arguments[i], "--folder") == 0) folder = arguments[i + 1];
    else count = 0;
  }
  if (count % 2 == 0 || contacts == 0 || events < 1000) {
    fprintf(stderr, "usage: bench-store [--contacts N] [--events N, at least 1000] [--json FILE] [--folder DIR]\n");
    return 2;
  }
  for (uint32_t round = 0; round < ROUNDS; round++) {
    run_round(round);
    note(10, round, "bare write and fdatasync", "/s", bare_commits());
#ifdef WITH_FILESTORE
    note(11, round, "commit of one event to files", "/s", kept_commits());
#endif
  }
  printf("%u contacts, %u events\n\n", contacts, events);
  for (uint32_t i = 0; i < MEASURES; i++)
    if (measures[i].name) printf("%-40s %10.4g %s\n", measures[i].name, median(i), measures[i].unit);
  if (json) write_json(json);
  return 0;
}
