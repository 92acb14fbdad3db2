/* tests/golden/store.c - makes the golden stores and checks them: whatever was written once, anywhere, is opened again to the same state.
 *
 *   store make FOLDER        runs FOLDER/scenario.ndjson and keeps it in each way, in FOLDER/KIND, with `figures` of what must be found there
 *   store check FOLDER...    opens each store of the folders, lets the rest of the scenario run, and compares the figures
 *
 * The public API only, so that the same program says the same on every platform. */
#define _POSIX_C_SOURCE 200809L
#include <playbook/playbook.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what there is ---- */

enum { SNAPSHOT_AT_0 = 1, SNAPSHOT_AT_1 = 2, SNAPSHOT_AT_2 = 4 };
enum store_end { END_KEPT, END_SEALED, END_TORN, END_WHILE_OFFERING, END_WITHIN_BATCH };
static const struct kind {
  const char *name;
  uint32_t snapshots;
  bool compressed, at_once, handed_over;
  enum store_end end;
} kinds[] = {{.name = "journal"},
             {.name = "snapshot", .snapshots = SNAPSHOT_AT_1},
             {.name = "compressed", .snapshots = SNAPSHOT_AT_2, .compressed = true},
             {.name = "generations", .snapshots = SNAPSHOT_AT_0 | SNAPSHOT_AT_1 | SNAPSHOT_AT_2},
             {.name = "sealed", .snapshots = SNAPSHOT_AT_0, .end = END_SEALED},
             {.name = "torn", .snapshots = SNAPSHOT_AT_0 | SNAPSHOT_AT_1, .end = END_TORN},
             {.name = "in-doubt", .end = END_WHILE_OFFERING},
             {.name = "within-batch", .at_once = true, .end = END_WITHIN_BATCH},
             {.name = "handed-over", .snapshots = SNAPSHOT_AT_2, .handed_over = true}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- bytes and text ---- */

struct bytes {
  char *at;
  size_t size, capacity;
};

static void give_up(const char *what, const char *name) {
  fprintf(stderr, "%s: %s\n", what, name);
  exit(2);
}

static void add(struct bytes *bytes, const void *more, size_t size) {
  if (bytes->size + size + 1 > bytes->capacity) {
    bytes->capacity = (bytes->size + size + 1) * 2;
    bytes->at = realloc(bytes->at, bytes->capacity);
    if (!bytes->at) give_up("no memory", "");
  }
  if (size) memcpy(bytes->at + bytes->size, more, size);
  bytes->size += size;
  bytes->at[bytes->size] = 0;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void say(struct bytes *text, const char *format, ...) {
  char line[600];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (size < 0 || (size_t)size >= sizeof line) give_up("too long", format);
  add(text, line, (size_t)size);
}

/* False where there is no such file. */
static bool read_file(const char *folder, const char *name, struct bytes *bytes) {
  char path[1000], piece[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  bytes->size = 0;
  FILE *file = fopen(path, "rb");
  if (!file && errno != ENOENT) give_up("cannot be read", path);
  if (!file) return false;
  for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;) add(bytes, piece, size);
  if (ferror(file)) give_up("cannot be read", path);
  fclose(file);
  add(bytes, "", 0);
  return true;
}

static void write_file(const char *folder, const char *name, const struct bytes *bytes) {
  char path[1000];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (bytes->size == 0) {
    remove(path);
    return;
  }
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes->at, 1, bytes->size, file) != bytes->size || fclose(file) != 0) give_up("cannot be written", path);
}

/* Tells apart what is too long to be compared by eye (FNV-1a). */
static uint64_t hash(uint64_t so_far, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < size; i++) so_far = (so_far ^ at[i]) * UINT64_C(0x100000001b3);
  return so_far;
}
static const uint64_t no_hash = UINT64_C(0xcbf29ce484222325);

/* ---- the host ---- */

struct host {
  const struct kind *kind;
  pbk_engine *engine;
  struct bytes objects[PBK_OBJECTS];
  bool making, keeping;
  bool frozen; /* the process is gone: nothing reaches the storage any more */
  uint64_t outputs, offers;
  uint64_t output_hash, offer_hash;
};

static int32_t append(void *context, pbk_object object, const void *bytes, size_t size) {
  struct host *host = context;
  if (!host->frozen) add(&host->objects[object], bytes, size);
  return 0;
}
static int32_t settle(void *context, pbk_object object) {
  (void)context, (void)object;
  return 0;
}
static int32_t extent(void *context, pbk_object object, uint64_t *size) {
  const struct host *host = context;
  *size = host->objects[object].size;
  return 0;
}
static int32_t read_object(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size) {
  const struct host *host = context;
  memcpy(bytes, host->objects[object].at + offset, size);
  return 0;
}
static int32_t cut(void *context, pbk_object object, uint64_t size) {
  struct host *host = context;
  if (!host->frozen) host->objects[object].size = (size_t)size;
  return 0;
}

static bool text_is(pbk_text text, const char *wanted) {
  return text.size == strlen(wanted) && memcmp(text.bytes, wanted, text.size) == 0;
}

/* The answer depends on the offer alone, so that it is the same in every life. */
static void deliver(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  static const int32_t answers[] = {PBK_DELIVERY_SENT, PBK_DELIVERY_ACCEPTED, PBK_DELIVERY_RETRY, PBK_DELIVERY_SENT,
                                    PBK_DELIVERY_FAILED, PBK_DELIVERY_SENT, PBK_DELIVERY_RETRY};
  struct host *host = context;
  char line[200];
  (void)engine;
  host->offers++;
  if (host->keeping && host->kind->end == END_WHILE_OFFERING) host->frozen = true;
  if (host->making && host->kind->end == END_WITHIN_BATCH && offer->contact.bytes && text_is(offer->contact, "hal"))
    host->frozen = true;
  int size = snprintf(line, sizeof line, "%" PRIu64 " %" PRIu32 " %.*s %.*s\n", offer->message, offer->attempt,
                      (int)offer->key.size, offer->key.bytes, (int)offer->to.size, offer->to.size ? offer->to.bytes : "");
  host->offer_hash = hash(host->offer_hash, line, (size_t)size);
  answer->outcome = answers[(offer->message + offer->attempt * 2) % 7];
  if (answer->outcome == PBK_DELIVERY_RETRY && offer->message % 2) answer->wait = 90 * PBK_SECOND;
  if (answer->outcome == PBK_DELIVERY_FAILED) answer->reason = (pbk_text){"bounced", 7};
}

static pbk_status open_store(struct host *host, pbk_opening *opening) {
  pbk_storage storage = {.size = sizeof storage, .context = host, .append = append, .sync = settle,
                         .extent = extent, .read = read_object, .truncate = cut};
  pbk_config config = {.size = sizeof config,
                       .flags = host->kind->at_once ? PBK_DELIVER_AT_ONCE : 0,
                       .engine_id = {"golden", 6},
                       .storage = &storage,
                       .deliver = host->kind->handed_over ? NULL : deliver,
                       .deliver_context = host};
  opening->size = sizeof *opening;
  return pbk_engine_open(&config, NULL, opening, &host->engine);
}

static void must(pbk_status status, const char *what) {
  if (status < 0 && status != PBK_ERR_REFUSED) give_up(what, pbk_status_name(status));
}

static void drain(struct host *host) {
  static char buffer[1 << 16];
  size_t size;
  for (;;) {
    must(pbk_drain_json(host->engine, buffer, sizeof buffer, &size), "drain");
    if (size == 0) return;
    for (size_t i = 0; i < size; i++) host->outputs += buffer[i] == '\n';
    host->output_hash = hash(host->output_hash, buffer, size);
  }
}

/* ---- inputs that no line makes ---- */

static void put(struct bytes *data, uint64_t value, int size) {
  for (int i = 0; i < size; i++) {
    char byte = (char)(value >> (8 * i) & 0xff);
    add(data, &byte, 1);
  }
}

/* Two zones, one with daylight time and a transition, one without. */
static void hand_zones_over(struct host *host) {
  static const char names[] = "Asia/TokyoEurope/Berlin";
  struct bytes data = {NULL, 0, 0};
  add(&data, "PBKZ", 4);
  put(&data, 1, 4), put(&data, 2, 4);
  uint32_t text = 12 + 2 * 12, tokyo = text + 23, berlin = tokyo + 48;
  put(&data, text, 4), put(&data, 10, 4), put(&data, tokyo, 4);
  put(&data, text + 10, 4), put(&data, 13, 4), put(&data, berlin, 4);
  add(&data, names, 23);
  put(&data, 9 * 3600, 4), put(&data, 0, 4), put(&data, 0, 4), put(&data, 9 * 3600, 4), put(&data, 9 * 3600, 4);
  for (int i = 0; i < 2; i++) put(&data, 0, 8), put(&data, 0, 4);
  put(&data, 0, 4);
  put(&data, 3208, 4), put(&data, 1, 4), put(&data, 1, 4), put(&data, 3600, 4), put(&data, 7200, 4);
  put(&data, 0, 1), put(&data, 3, 1), put(&data, 5, 1), put(&data, 0, 1), put(&data, 0, 4), put(&data, 7200, 4);
  put(&data, 0, 1), put(&data, 10, 1), put(&data, 5, 1), put(&data, 0, 1), put(&data, 0, 4), put(&data, 10800, 4);
  put(&data, 0, 4);
  put(&data, (uint64_t)INT64_C(-2422054408), 8), put(&data, 3600, 4);
  must(pbk_set_time_zones(host->engine, data.at, data.size), "zones");
  free(data.at);
}

static pbk_text text(const char *of) { return (pbk_text){of, strlen(of)}; }

static void call(struct host *host) {
  pbk_engine *engine = host->engine;
  pbk_time now = pbk_now(engine);
  pbk_envelope envelope = {.size = sizeof envelope, .received_at = now + PBK_HOUR, .occurred_at = now - PBK_HOUR,
                           .message_id = text("by call")};
  pbk_value items[3] = {{.kind = PBK_INT, .as.integer = INT64_MIN}, {.kind = PBK_NULL}, {.kind = PBK_BOOL, .as.integer = 1}};
  pbk_member members[2] = {{.name = "", .value = {.kind = PBK_LIST, .size = 3, .as.items = items}},
                           {.name = "π", .name_size = 2, .value = {.kind = PBK_DOUBLE, .as.number = 3.141592653589793}}};
  pbk_value map = {.kind = PBK_MAP, .size = 2, .as.members = members};
  pbk_subject lia = {.size = sizeof lia, .kind = PBK_CONTACT, .key = text("lia")};
  pbk_value health = {.kind = PBK_DOUBLE, .as.number = -1.5};
  must(pbk_identify(engine, NULL, "lia", 3, &map), "identify");
  must(pbk_track(engine, &envelope, "lia", 3, "acme", 4, "login", 5, &map), "track");
  must(pbk_track(engine, &envelope, "lia", 3, "acme", 4, "login", 5, &map), "track, the same");
  must(pbk_set_stage_and_health(engine, NULL, &lia, "lead", 4, &health), "stage");
  must(pbk_interaction(engine, NULL, "lia", 3, "ann", 3), "interaction");
  must(pbk_identify(engine, NULL, "", 0, NULL), "a refused one");
  while (pbk_advance(engine, now + 2 * PBK_HOUR, 1) == PBK_MORE) continue;
  must(pbk_advance(engine, now + 14 * PBK_HOUR, 2), "a part of an advance");
  pbk_user user = {.size = sizeof user, .key = text("una"), .email = text("una@corp.example"), .licensed = PBK_YES};
  pbk_sender sender = {.size = sizeof sender, .key = text("una"), .user = text("una"), .address = text("")};
  pbk_definition definitions[2] = {{.size = sizeof *definitions, .kind = PBK_DEFINE_USER, .of = &user},
                                   {.size = sizeof *definitions, .kind = PBK_DEFINE_SENDER, .of = &sender}};
  must(pbk_define(engine, NULL, definitions, 2), "define");
}

/* ---- the scenario ---- */

static void mark(struct host *host, uint32_t number) {
  const struct kind *kind = host->kind;
  must(pbk_commit(host->engine), "commit");
  drain(host);
  must(pbk_commit(host->engine), "commit"); /* what was drained counts as taken */
  if (host->making && number < 3 && (kind->snapshots >> number & 1))
    must(pbk_snapshot(host->engine, kind->compressed ? PBK_SNAPSHOT_COMPRESSED : 0), "snapshot");
}

/* The end of what is stored. */
static void keep(struct host *host) {
  if (!host->making) return;
  host->keeping = true;
  must(host->kind->end == END_SEALED ? pbk_close(host->engine) : pbk_commit(host->engine), "commit");
}

/* From behind line `taken` on; true where it came to its end, false where the store is kept. */
static bool run(struct host *host, const struct bytes *scenario, uint64_t taken) {
  uint64_t number = 0;
  for (const char *line = scenario->at, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    size_t size = (size_t)(end - line);
    if (*line != '#') {
      if (++number > taken) must(pbk_feed_line(host->engine, line, size), "line");
      if (host->frozen) return false;
      continue;
    }
    if (number < taken) continue;
    if (strncmp(line, "# zones\n", 8) == 0) hand_zones_over(host);
    if (strncmp(line, "# calls\n", 8) == 0) call(host);
    if (strncmp(line, "# mark ", 7) == 0) mark(host, (uint32_t)(line[7] - '0'));
    if (strncmp(line, "# keep\n", 7) == 0) {
      keep(host);
      if (host->making) return false;
    }
  }
  return true;
}

/* ---- figures ---- */

static void say_state(struct host *host, struct bytes *figures, const char *when) {
  pbk_counts counts = {.size = sizeof counts};
  unsigned char digest[16];
  must(pbk_count(host->engine, &counts), "count");
  must(pbk_state_digest(host->engine, digest), "digest");
  say(figures, "%s: now %" PRId64 ", lines %" PRIu64 "\n", when, pbk_now(host->engine), pbk_lines_taken(host->engine));
  say(figures, "%s: contacts %" PRIu64 ", accounts %" PRIu64 "\n", when, counts.contacts, counts.accounts);
  say(figures, "%s: enrollments %" PRIu64 " of %" PRIu64 ", messages %" PRIu64 " of %" PRIu64 ", tasks %" PRIu64 " of %" PRIu64
      "\n", when, counts.enrollments_running, counts.enrollments_ever, counts.messages_open, counts.messages_ever,
      counts.tasks_open, counts.tasks_ever);
  say(figures, "%s: digest ", when);
  for (int i = 0; i < 16; i++) say(figures, "%02x", digest[i]);
  say(figures, "\n");
}

static void say_outputs(struct host *host, struct bytes *figures, const char *when) {
  host->outputs = 0;
  host->output_hash = no_hash;
  drain(host);
  say(figures, "%s: outputs %" PRIu64 ", %016" PRIx64 "\n", when, host->outputs, host->output_hash);
}

static void free_host(struct host *host) {
  pbk_engine_destroy(host->engine);
  for (int i = 0; i < PBK_OBJECTS; i++) free(host->objects[i].at);
  memset(host, 0, sizeof *host);
}

/* Opens what the host's objects hold, lets the rest of the scenario run, and says what is found on the way. */
static void look(struct host *host, const struct bytes *scenario, struct bytes *figures) {
  pbk_opening opening = {.size = sizeof opening};
  pbk_status status = open_store(host, &opening);
  host->offers = 0;
  host->offer_hash = no_hash;
  say(figures, "opening: %s", pbk_status_name(status));
  if (status != PBK_OK) {
    say(figures, ", %.*s\n", (int)opening.message_size, opening.message);
    return;
  }
  say(figures, ", generation %" PRIu32 ", new %" PRId32 ", sealed %" PRId32 "\n", opening.generation, opening.is_new,
      opening.sealed);
  say(figures, "opening: sequence %" PRIu64 ", snapshot %" PRIu64 ", records %" PRIu64 ", torn bytes %" PRIu64 "\n",
      opening.sequence, opening.snapshot_sequence, opening.records, opening.torn_bytes);
  say(figures, "opening: offered again %" PRIu64 ", unknown outcome %" PRIu64 "\n", opening.offered_again,
      opening.unknown_outcome);
  say_state(host, figures, "opened");
  say_outputs(host, figures, "opened"); /* those that were not taken */
  run(host, scenario, pbk_lines_taken(host->engine));
  say_state(host, figures, "gone on");
  say(figures, "gone on: outputs %" PRIu64 ", %016" PRIx64 "\n", host->outputs, host->output_hash);
  say(figures, "gone on: offers %" PRIu64 ", %016" PRIx64 "\n", host->offers, host->offer_hash);
}

/* ---- making and checking ---- */

static const char *const object_names[PBK_OBJECTS] = {"journal.0", "journal.1", "snapshot.0", "snapshot.1"};

static void make(struct host *host, const struct bytes *scenario) {
  pbk_opening opening;
  must(open_store(host, &opening), "a new engine");
  host->making = true;
  run(host, scenario, 0);
  host->frozen = true; /* what destroying would still do must not show */
  pbk_engine_destroy(host->engine);
  host->engine = NULL;
  host->making = host->keeping = host->frozen = false;
  if (host->kind->end == END_TORN) { /* the first half of a record that a crash cut short, and zeros behind it */
    static const char zeros[40];
    struct bytes *journal = &host->objects[PBK_OBJECT_JOURNAL_0];
    char head[20];
    memcpy(head, journal->at + 24, sizeof head);
    add(journal, head, sizeof head);
    add(journal, zeros, sizeof zeros);
  }
}

/* Whether this library knows compressed snapshots. */
static bool with_zlib(void) {
  struct host host = {.kind = &kinds[0]};
  pbk_opening opening;
  must(open_store(&host, &opening), "a new engine");
  bool can = pbk_snapshot(host.engine, PBK_SNAPSHOT_COMPRESSED) == PBK_OK;
  free_host(&host);
  return can;
}

static void make_all(const char *folder, const struct bytes *scenario) {
  for (uint32_t i = 0; i < KINDS; i++) {
    char path[500];
    struct host host = {.kind = &kinds[i]};
    struct bytes figures = {NULL, 0, 0};
    if (kinds[i].compressed && !with_zlib()) continue;
    make(&host, scenario);
    snprintf(path, sizeof path, "%s/%s", folder, kinds[i].name);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) give_up("cannot be made", path);
    for (int j = 0; j < PBK_OBJECTS; j++) write_file(path, object_names[j], &host.objects[j]);
    look(&host, scenario, &figures);
    write_file(path, "figures", &figures);
    free(figures.at);
    free_host(&host);
  }
}

static bool check(const char *folder, const struct kind *kind, const struct bytes *scenario) {
  static const char without[] =
    "opening: PBK_ERR_UNSUPPORTED, snapshot 1, byte 0: the snapshot is compressed, and this library was built without zlib\n";
  char path[500];
  struct host host = {.kind = kind};
  struct bytes figures = {NULL, 0, 0}, wanted = {NULL, 0, 0};
  snprintf(path, sizeof path, "%s/%s", folder, kind->name);
  if (!read_file(path, "figures", &wanted)) {
    printf("%s has no figures\n", path);
    return false;
  }
  for (int j = 0; j < PBK_OBJECTS; j++) read_file(path, object_names[j], &host.objects[j]);
  look(&host, scenario, &figures);
  const char *expected = kind->compressed && !with_zlib() ? without : wanted.at;
  bool fine = strcmp(figures.at, expected) == 0;
  if (!fine) printf("%s gives\n%sand should give\n%s", path, figures.at, expected);
  free(figures.at);
  free(wanted.at);
  free_host(&host);
  return fine;
}

int main(int count, char **arguments) {
  unsigned passed = 0, failed = 0;
  bool making = count == 3 && strcmp(arguments[1], "make") == 0;
  if (!making && (count < 3 || strcmp(arguments[1], "check") != 0)) give_up("usage", "store make FOLDER | check FOLDER...");
  for (int i = 2; i < count; i++) {
    struct bytes scenario = {NULL, 0, 0};
    if (!read_file(arguments[i], "scenario.ndjson", &scenario)) give_up("there is no scenario", arguments[i]);
    if (making) make_all(arguments[i], &scenario);
    for (uint32_t j = 0; !making && j < KINDS; j++) {
      if (check(arguments[i], &kinds[j], &scenario)) passed++;
      else failed++;
    }
    free(scenario.at);
  }
  if (!making) printf("%u passed, %u failed\n", passed, failed);
  return failed > 0;
}
