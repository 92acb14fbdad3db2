/* bench/w1/playbook.c - W1 through the library, as a host would run it: events in as they come, once an hour what is due,
 * the journal synced, messages delivered, outputs taken, and the mails that wait for approval approved.
 *
 *   bench-w1_playbook CONTACTS EVENTS [--by many|one|json] [--journal none|memory|FOLDER] [--recover]
 *
 *   --by many      facts as rows, an hour of them in a call, and approvals likewise; one: a call for each; json: lines, an
 * hour of them in a call
 *   --journal      where the engine is kept: nowhere, in memory, or in files of a folder that is made and removed
 *   --recover      afterwards opens it again from the journal, writes a snapshot, opens it again from that
 *
 * Lines and rows are made before the time that is measured. Prints one line of JSON: times, memory, counts. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <playbook/playbook.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "../huge_pages.h"
#include "../memory_storage.h"
#include "rules.h"
#ifdef WITH_FILESTORE
#include <playbook/filestore.h>
#endif

enum way { BY_MANY, BY_ONE, BY_JSON };
static const char *const way_names[] = {"many", "one", "json"};
static struct {
  uint32_t contacts;
  uint64_t events;
  enum way by;
  const char *journal;
  int recover;
} asked = {.by = BY_MANY, .journal = "none"};

static pbk_engine *engine;
static struct w1_counts counts;
static uint64_t outputs_taken;
static int counting; /* not what happens while the contacts become known */

/* The workload's start: what is before it has times too. */
static const pbk_time start = (pbk_time)20000 * 86400 * PBK_SECOND;
static pbk_time time_of(int64_t at) {
  return start + at * PBK_SECOND;
}

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK || status == PBK_MORE) return;
  pbk_error error = {.size = sizeof error};
  if (engine && pbk_engine_error(engine, &error) == PBK_OK && error.message.size)
    fprintf(stderr, "%.*s\n", (int)error.message.size, error.message.bytes);
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
}
static void *bigger(void *array, size_t size) {
  array = realloc(array, size);
  if (!array) abort();
  return array;
}

/* ---- keys ---- */

struct key {
  char bytes[15];
  unsigned char size;
};
static struct key key_of(char first, uint32_t number) {
  struct key key = {{first}, 1};
  char digits[10];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  while (count) key.bytes[key.size++] = digits[--count];
  return key;
}
static uint32_t number_of(pbk_text key) {
  uint32_t number = 0;
  for (size_t i = 1; i < key.size; i++) number = number * 10 + (uint32_t)(key.bytes[i] - '0');
  return number;
}

/* ---- the host's part ---- */

struct mail {
  uint64_t message;
  uint32_t contact;
  uint16_t playbook, step;
};
static struct {
  struct mail *mails; /* that wait for approval */
  uint64_t *messages; /* of them, those to be approved, and those taken back */
  size_t count, capacity;
} waiting;

static void deliver(void *context, pbk_engine *from, const pbk_offer *offer, pbk_answer *answer) {
  (void)context, (void)from, (void)offer, (void)answer;
  counts.delivered++;
}

static uint32_t digit(pbk_text key) {
  return (uint32_t)(key.bytes[1] - '0');
}

static void take(const pbk_output *output) {
  static uint32_t step; /* the one whose lines come */
  switch (output->type) {
    case PBK_OUTPUT_TAGGED:
    case PBK_OUTPUT_UNTAGGED:
      w1_count_membership(&counts, number_of(output->contact), digit(output->audience), output->type == PBK_OUTPUT_TAGGED,
                          output->at - start);
      break;
    case PBK_OUTPUT_ENROLLED: counts.enrolled[digit(output->playbook)]++; break;
    case PBK_OUTPUT_STEP:
      if (output->outcome.bytes[0] == 's')
        counts.filtered++;
      else
        step = output->step - 1;
      break;
    case PBK_OUTPUT_MESSAGE:
      if (output->state.bytes[0] == 'p') {
        struct mail mail = {output->message, number_of(output->contact), (uint16_t)digit(output->playbook), (uint16_t)step};
        w1_count_mail(&counts, mail.contact, mail.playbook, step, digit(output->sender), output->at - start);
        if (waiting.count == waiting.capacity) {
          waiting.capacity = waiting.capacity * 2 + 1024;
          waiting.mails = bigger(waiting.mails, waiting.capacity * sizeof *waiting.mails);
          waiting.messages = bigger(waiting.messages, waiting.capacity * sizeof *waiting.messages);
        }
        waiting.mails[waiting.count++] = mail;
      } else if (output->state.size == 7 && output->state.bytes[0] == 's') { /* sending */
        w1_count_release(&counts, number_of(output->contact), digit(output->playbook), output->at - start);
      }
      break;
    default: break;
  }
}
static void drain(void) {
  enum { DRAINED_AT_ONCE = 24 }; /* so that they are still in the nearest cache when they are looked at */
  static pbk_output outputs[DRAINED_AT_ONCE];
  uint32_t count = 1;
  while (count > 0) {
    need(pbk_drain(engine, outputs, sizeof *outputs, DRAINED_AT_ONCE, &count), "draining");
    outputs_taken += count;
    for (uint32_t i = 0; counting && i < count; i++) take(&outputs[i]);
  }
}

static void approve(const uint64_t *messages, size_t count) {
  if (asked.by == BY_MANY) {
    if (count > 0) need(pbk_approve_many(engine, NULL, messages, (uint32_t)count, NULL), "approvals");
    return;
  }
  for (size_t i = 0; i < count; i++) need(pbk_approve(engine, NULL, messages[i]), "an approval");
}
/* All mails that wait, in their order; then some are taken back. */
static void approve_waiting(int32_t at) {
  for (size_t i = 0; i < waiting.count; i++) waiting.messages[i] = waiting.mails[i].message;
  approve(waiting.messages, waiting.count);
  for (size_t i = 0; i < waiting.count; i++) {
    const struct mail *mail = &waiting.mails[i];
    if (!w1_taken_back(mail->contact, mail->playbook, mail->step, (uint32_t)at)) continue;
    need(pbk_discard(engine, NULL, mail->message), "a discard");
    counts.taken_back++;
  }
  waiting.count = 0;
}

/* Everything until `at`, delivered and taken; then the mails that have come are approved. */
static void tick(int32_t at) {
  need(pbk_advance(engine, time_of(at), 0), "advancing");
  need(pbk_commit(engine), "a commit");
  drain();
  approve_waiting(at);
}

/* ---- facts ---- */

static pbk_envelope received(pbk_time at) {
  return (pbk_envelope){.size = sizeof(pbk_envelope), .received_at = at, .occurred_at = PBK_NO_TIME};
}
static const char stages[5][2] = {{'s', '0'}, {'s', '1'}, {'s', '2'}, {'s', '3'}, {'s', '4'}};
static int32_t *scores;

static void set_stage(const pbk_envelope *envelope, struct key key, int32_t stage) {
  pbk_subject subject = {sizeof subject, PBK_CONTACT, {key.bytes, key.size}};
  need(pbk_set_stage_and_health(engine, envelope, &subject, stages[stage], 2, NULL), "a stage");
}
static pbk_value one_trait(pbk_member *member, const char *name, int32_t value) {
  *member = (pbk_member){.name = name, .name_size = (uint32_t)strlen(name), .value = {.kind = PBK_INT, .as.integer = value}};
  return (pbk_value){.kind = PBK_MAP, .size = 1, .as.members = member};
}

static int by_created(const void *a, const void *b) {
  int32_t left = w1_contact_at(*(const uint32_t *)a).created, right = w1_contact_at(*(const uint32_t *)b).created;
  if (left != right) return left < right ? -1 : 1;
  return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}
static void know_contacts(void) {
  uint32_t *order = bigger(NULL, asked.contacts * sizeof *order);
  scores = bigger(NULL, asked.contacts * sizeof *scores);
  for (uint32_t i = 0; i < asked.contacts; i++) order[i] = i;
  qsort(order, asked.contacts, sizeof *order, by_created);
  for (uint32_t i = 0; i < asked.contacts; i++) {
    struct w1_contact contact = w1_contact_at(order[i]);
    pbk_envelope envelope = received(time_of(contact.created));
    struct key key = key_of('u', order[i]), account = key_of('a', order[i] / 10);
    pbk_member members[4], tier;
    one_trait(&members[0], "country", contact.country);
    one_trait(&members[1], "plan", contact.plan);
    one_trait(&members[2], "role", contact.role);
    one_trait(&members[3], "score", contact.score);
    pbk_value traits = {.kind = PBK_MAP, .size = 4, .as.members = members};
    scores[order[i]] = contact.score;
    need(pbk_identify(engine, &envelope, key.bytes, key.size, &traits), "a contact");
    traits = one_trait(&tier, "tier", w1_tier_at(order[i] / 10));
    need(pbk_group(engine, &envelope, key.bytes, key.size, account.bytes, account.size, &traits), "an account");
    set_stage(&envelope, key, contact.stage);
    if (i % 1000 == 0) {
      need(pbk_commit(engine), "a commit");
      drain();
    }
  }
  free(order);
}

static void track_one(const struct w1_event *event) {
  struct key contact = key_of('u', event->contact), name = key_of('e', event->kind);
  pbk_envelope envelope = received(time_of(event->at));
  pbk_member member;
  pbk_value traits;
  need(pbk_track(engine, &envelope, contact.bytes, contact.size, NULL, 0, name.bytes, name.size, NULL), "an event");
  switch (event->kind) {
    case W1_SCORE:
      scores[event->contact] = w1_score_after(scores[event->contact], event->value);
      traits = one_trait(&member, "score", scores[event->contact]);
      need(pbk_identify(engine, &envelope, contact.bytes, contact.size, &traits), "a score");
      break;
    case W1_PLAN:
      traits = one_trait(&member, "plan", event->value);
      need(pbk_identify(engine, &envelope, contact.bytes, contact.size, &traits), "a plan");
      break;
    case W1_TIER: {
      struct key account = key_of('a', event->contact / 10);
      traits = one_trait(&member, "tier", event->value);
      need(pbk_group(engine, &envelope, NULL, 0, account.bytes, account.size, &traits), "a tier");
      break;
    }
    case W1_STAGE: set_stage(&envelope, contact, event->value); break;
    default: break;
  }
}

/* ---- facts as rows, made beforehand ---- */

static pbk_handle *contact_handles, *account_handles;
static pbk_text row_names[W1_KINDS + 5]; /* events, then stages */

struct row_value {
  pbk_member member;
  pbk_value traits;
};
static struct {
  pbk_row *rows;
  struct row_value *values;
  size_t count, capacity; /* of values as many as rows */
} hour;

static pbk_handle find(pbk_handle_kind kind, struct key key) {
  pbk_handle handle;
  need(pbk_find(engine, kind, key.bytes, key.size, &handle), "a handle");
  return handle;
}
static void learn_handles(void) {
  static const char *const events[W1_KINDS] = {"e0",  "e1",  "e2",  "e3",  "e4",  "e5",  "e6",  "e7",  "e8",  "e9",
                                               "e10", "e11", "e12", "e13", "e14", "e15", "e16", "e17", "e18", "e19"};
  for (int i = 0; i < W1_KINDS; i++) row_names[i] = (pbk_text){events[i], strlen(events[i])};
  for (int i = 0; i < 5; i++) row_names[W1_KINDS + i] = (pbk_text){stages[i], 2};
  contact_handles = bigger(NULL, asked.contacts * sizeof *contact_handles);
  account_handles = bigger(NULL, (asked.contacts / 10 + 1) * sizeof *account_handles);
  for (uint32_t i = 0; i < asked.contacts; i++) {
    contact_handles[i] = find(PBK_HANDLE_CONTACT, key_of('u', i));
    if (i % 10 == 0) account_handles[i / 10] = find(PBK_HANDLE_ACCOUNT, key_of('a', i / 10));
  }
}
static pbk_row *add_row(pbk_row_kind kind, uint32_t name, int32_t at) {
  hour.rows[hour.count] = (pbk_row){.kind = kind, .name = name, .received_at = time_of(at), .occurred_at = PBK_NO_TIME};
  return &hour.rows[hour.count++];
}
static void give_trait(pbk_row *row, const char *name, int32_t number) {
  struct row_value *value = &hour.values[row - hour.rows];
  value->traits = one_trait(&value->member, name, number);
  row->values = &value->traits;
}
static void make_rows(const struct w1_event *events, uint64_t count) {
  hour.count = 0;
  if (hour.capacity < count * 2) {
    hour.capacity = count * 4;
    hour.rows = bigger(hour.rows, hour.capacity * sizeof *hour.rows);
    hour.values = bigger(hour.values, hour.capacity * sizeof *hour.values);
  }
  for (const struct w1_event *event = events; event < events + count; event++) {
    uint32_t number = event->contact;
    add_row(PBK_ROW_TRACK, event->kind, event->at)->contact = contact_handles[number];
    pbk_row *row;
    switch (event->kind) {
      case W1_SCORE:
      case W1_PLAN:
        if (event->kind == W1_SCORE) scores[number] = w1_score_after(scores[number], event->value);
        row = add_row(PBK_ROW_IDENTIFY, 0, event->at);
        row->contact = contact_handles[number];
        give_trait(row, event->kind == W1_SCORE ? "score" : "plan", event->kind == W1_SCORE ? scores[number] : event->value);
        break;
      case W1_TIER:
        row = add_row(PBK_ROW_GROUP, 0, event->at);
        row->account = account_handles[number / 10];
        give_trait(row, "tier", event->value);
        break;
      case W1_STAGE:
        add_row(PBK_ROW_STAGE, W1_KINDS + (uint32_t)event->value, event->at)->contact = contact_handles[number];
        break;
      default: break;
    }
  }
}
static void track_many(void) {
  uint32_t count = (uint32_t)hour.count;
  if (count > 0) need(pbk_track_many(engine, hour.rows, sizeof *hour.rows, count, row_names, W1_KINDS + 5, NULL), "rows");
}

/* ---- facts as lines, made beforehand ---- */

static struct {
  char *bytes;
  size_t size, capacity;
} lines;

static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lines.size += (size_t)vsnprintf(lines.bytes + lines.size, lines.capacity - lines.size, format, arguments);
  va_end(arguments);
}
static void make_lines(const struct w1_event *events, uint64_t count) {
  enum { LONGEST = 512 }; /* an event and what it changes */
  lines.size = 0;
  if (lines.capacity < count * LONGEST + LONGEST) {
    lines.capacity = count * LONGEST * 2 + LONGEST;
    lines.bytes = bigger(lines.bytes, lines.capacity);
  }
  for (uint64_t i = 0; i < count; i++) {
    const struct w1_event *event = &events[i];
    char when[32];
    time_t seconds = (time_t)(time_of(event->at) / PBK_SECOND);
    struct tm broken;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &broken));
    say("{\"type\":\"track\",\"userId\":\"u%" PRIu32 "\",\"event\":\"e%d\",\"timestamp\":\"%s\"}\n", event->contact,
        event->kind, when);
    switch (event->kind) {
      case W1_SCORE:
        scores[event->contact] = w1_score_after(scores[event->contact], event->value);
        say("{\"type\":\"identify\",\"userId\":\"u%" PRIu32 "\",\"traits\":{\"score\":%" PRId32 "},\"timestamp\":\"%s\"}\n",
            event->contact, scores[event->contact], when);
        break;
      case W1_PLAN:
        say("{\"type\":\"identify\",\"userId\":\"u%" PRIu32 "\",\"traits\":{\"plan\":%d},\"timestamp\":\"%s\"}\n",
            event->contact, event->value, when);
        break;
      case W1_TIER:
        say("{\"type\":\"group\",\"groupId\":\"a%" PRIu32 "\",\"traits\":{\"tier\":%d},\"timestamp\":\"%s\"}\n",
            event->contact / 10, event->value, when);
        break;
      case W1_STAGE:
        say("{\"type\":\"stage\",\"userId\":\"u%" PRIu32 "\",\"stage\":\"s%d\",\"timestamp\":\"%s\"}\n", event->contact,
            event->value, when);
        break;
      default: break;
    }
  }
}
static void feed(const char *bytes, size_t size) {
  uint64_t refused = 0;
  need(pbk_feed_json(engine, bytes, size, &refused), "feeding lines");
  if (refused) fprintf(stderr, "%" PRIu64 " lines were refused\n", refused), exit(1);
}

/* ---- where the engine is kept ---- */

static struct memory_storage memory_storage;
static pbk_storage storage = {.size = sizeof storage};
#ifdef WITH_FILESTORE
static pbk_filestore *files;
#endif

static int is_kept(void) {
  return strcmp(asked.journal, "none") != 0;
}
static int is_in_files(void) {
  return is_kept() && strcmp(asked.journal, "memory") != 0;
}

/* How often the library asks for memory, or for more of it. */
static uint64_t requests;
static void *counted_pages(void *context, void *pointer, size_t old_size, size_t new_size) {
  requests += new_size > old_size;
  return huge_pages(context, pointer, old_size, new_size);
}

static void open_engine(void) {
  if (is_in_files()) {
#ifdef WITH_FILESTORE
    if (pbk_filestore_open(asked.journal, PBK_FILESTORE_CREATE, &files) != PBK_OK)
      fprintf(stderr, "%s\n", files ? pbk_filestore_error(files) : "no memory"), exit(1);
    need(pbk_filestore_storage(files, &storage), "the file store");
#else
    fprintf(stderr, "this build has no file store\n"), exit(1);
#endif
  } else {
    storage = memory_callbacks(&memory_storage);
  }
  pbk_config config = {.size = sizeof config,
                       .engine_id = {"w1", 2},
                       .deliver = deliver,
                       .allocate = counted_pages,
                       .storage = is_kept() ? &storage : NULL};
  engine = NULL;
  need(pbk_engine_create(&config, &engine), "opening the engine");
}
static void close_engine(void) {
  pbk_engine_destroy(engine);
#ifdef WITH_FILESTORE
  pbk_filestore_close(files);
  files = NULL;
#endif
}
static void remove_files(void) {
  static const char *const names[] = {"journal.0", "journal.1", "snapshot.0", "snapshot.1", "lock"};
  char path[4200];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", asked.journal, names[i]);
    unlink(path);
  }
  rmdir(asked.journal);
}

struct spent {
  double cpu, wall;
};
static struct spent spent_until_now(void) {
  return (struct spent){w1_cpu_seconds(), w1_wall_seconds()};
}
static void print_spent(const char *what, struct spent since) {
  printf("\"%s_cpu_s\":%.4f,\"%s_wall_s\":%.4f,", what, w1_cpu_seconds() - since.cpu, what, w1_wall_seconds() - since.wall);
}

/* Copies as many bytes, and writes and syncs as many, to stand beside a snapshot. */
static void print_bare(size_t size) {
  char *from = bigger(NULL, size), *to = bigger(NULL, size);
  memset(from, 1, size);
  memset(to, 2, size);
  struct spent since = spent_until_now();
  memcpy(to, from, size);
  print_spent("memcpy", since);
  if (is_in_files()) {
    char path[4200];
    snprintf(path, sizeof path, "%s/bare", asked.journal);
    since = spent_until_now();
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    size_t written = 0;
    while (file >= 0 && written < size) {
      ssize_t count = write(file, to + written, size - written < 1 << 20 ? size - written : 1 << 20);
      if (count <= 0) break;
      written += (size_t)count;
    }
    if (file < 0 || written < size || fdatasync(file) != 0) perror(path), exit(1);
    close(file);
    print_spent("bare_write", since);
    unlink(path);
  }
  free(from);
  free(to);
}
static void need_same(const unsigned char *before) {
  unsigned char after[16];
  need(pbk_state_digest(engine, after), "a digest");
  if (memcmp(before, after, sizeof after) != 0) fprintf(stderr, "the engine is another one after it was opened\n"), exit(1);
}
static void recover(void) {
  unsigned char digest[16];
  uint64_t bytes = 0;
  need(pbk_commit(engine), "a commit");
  need(pbk_state_digest(engine, digest), "a digest");
  printf("\"journal_bytes\":%" PRIu64 ",", pbk_journal_bytes(engine));
  close_engine();
  struct spent since = spent_until_now();
  open_engine();
  print_spent("replay", since);
  need_same(digest);
  since = spent_until_now();
  need(pbk_snapshot(engine, 0), "a snapshot");
  print_spent("snapshot", since);
  if (storage.extent(storage.context, PBK_OBJECT_SNAPSHOT_1, &bytes) != 0) exit(1);
  printf("\"snapshot_bytes\":%" PRIu64 ",", bytes);
  close_engine();
  print_bare((size_t)bytes);
  since = spent_until_now();
  open_engine();
  print_spent("open", since);
  need_same(digest);
}

/* ---- the run ---- */

/* Alone in a function, so that a profiler can be told to look at nothing else. */
__attribute__((noinline)) static void play_hour(const struct w1_event *events, uint64_t count, int32_t at) {
  switch (asked.by) {
    case BY_MANY: track_many(); break;
    case BY_ONE:
      for (uint64_t i = 0; i < count; i++) track_one(&events[i]);
      break;
    default: feed(lines.bytes, lines.size); break;
  }
  tick(at);
}

static void know_world(void) {
  static struct w1_text text;
  w1_say_senders(&text);
  feed(text.bytes, text.size);
  know_contacts();
  need(pbk_advance(engine, time_of(0), 0), "advancing");
  text.size = 0;
  for (int i = 0; i < W1_PERSONAS; i++) w1_say_persona(&text, i);
  for (int i = 0; i < W1_PLAYBOOKS; i++) w1_say_playbook(&text, i);
  feed(text.bytes, text.size);
  need(pbk_commit(engine), "a commit");
  drain();
}

static int read_arguments(int argc, char **argv) {
  if (argc < 3) return 0;
  asked.contacts = (uint32_t)strtoul(argv[1], NULL, 10);
  asked.events = strtoull(argv[2], NULL, 10);
  for (int i = 3; i < argc; i++) {
    if (!strcmp(argv[i], "--recover")) {
      asked.recover = 1;
    } else if (i + 1 < argc && !strcmp(argv[i], "--by")) {
      int by = 0;
      i++;
      while (by < 3 && strcmp(argv[i], way_names[by]) != 0) by++;
      if (by == 3) return 0;
      asked.by = (enum way)by;
    } else if (i + 1 < argc && !strcmp(argv[i], "--journal")) {
      asked.journal = argv[++i];
    } else {
      return 0;
    }
  }
  return asked.contacts > 0 && asked.events > 0 && (!asked.recover || is_kept());
}

int main(int argc, char **argv) {
  if (!read_arguments(argc, argv))
    return fprintf(stderr,
                   "bench-w1_playbook CONTACTS EVENTS [--by many|one|json] [--journal none|memory|FOLDER] [--recover]\n"),
           2;
  if (is_in_files()) remove_files();
  struct w1_event *events = w1_make_events(asked.contacts, asked.events);
  open_engine();
  struct spent loading = spent_until_now();
  know_world();
  double load = w1_cpu_seconds() - loading.cpu, cpu = 0, wall = 0;
  if (asked.by == BY_MANY) learn_handles();
  counting = 1;
  outputs_taken = 0;
  uint64_t next = 0, late_events = 0, late_requests = 0; /* of the second half of the days */
  for (int32_t at = W1_HOUR; at <= W1_SPAN; at += W1_HOUR) {
    uint64_t first = next;
    while (next < asked.events && events[next].at < at) next++;
    if (asked.by == BY_JSON) make_lines(events + first, next - first);
    if (asked.by == BY_MANY) make_rows(events + first, next - first);
    struct spent since = spent_until_now();
    uint64_t before = requests;
    play_hour(events + first, next - first, at);
    cpu += w1_cpu_seconds() - since.cpu;
    wall += w1_wall_seconds() - since.wall;
    if (at <= W1_SPAN / 2) continue;
    late_events += next - first;
    late_requests += requests - before;
  }
  pbk_counts state = {.size = sizeof state};
  need(pbk_count(engine, &state), "counting");
  printf("{\"engine\":\"playbook\",\"contacts\":%" PRIu32 ",\"events\":%" PRIu64 ",\"by\":\"%s\",\"journal\":\"%s\",",
         asked.contacts, asked.events, way_names[asked.by], is_in_files() ? "file" : asked.journal);
  printf(
    "\"load_cpu_s\":%.3f,\"cpu_s\":%.4f,\"wall_s\":%.4f,\"ns_per_event\":%.1f,\"bytes_per_contact\":%.1f,\"outputs\":"
    "%" PRIu64 ",\"allocations_per_1000_events\":%.2f,",
    load, cpu, wall, cpu * 1e9 / (double)asked.events, (double)state.memory / asked.contacts, outputs_taken,
    late_events > 0 ? 1000.0 * (double)late_requests / (double)late_events : 0.0);
  if (asked.recover) recover();
  printf("\"counts\":");
  w1_print_counts(&counts);
  printf("}\n");
  close_engine();
  memory_release(&memory_storage);
  if (is_in_files()) remove_files();
  return 0;
}
