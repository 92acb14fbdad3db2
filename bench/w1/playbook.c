/* bench/w1/playbook.c - W1 through the library, as a host would run it: events in as they come, once an hour what is due, the journal
 * synced, messages delivered, outputs taken, and the mails that wait for approval approved.
 *
 *   bench-w1 CONTACTS EVENTS [--by many|one|json] [--journal none|memory|FOLDER]
 *
 * Prints one line of JSON: times, memory, counts. */
#include "workload.h"

#include <inttypes.h>
#include <playbook/playbook.h>
#include <string.h>

static struct {
  uint32_t contacts;
  uint64_t events;
  const char *by, *journal;
} asked = {.by = "many", .journal = "none"};

static pbk_engine *engine;
static struct w1_counts counts;
static uint64_t outputs_taken, rows_given;
static int counting; /* not what happens while the contacts become known */

/* The workload's start: what is before it has times too. */
static const pbk_time start = (pbk_time)20000 * 86400 * PBK_SECOND;
static pbk_time time_of(int64_t at) { return start + at * PBK_SECOND; }

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK || status == PBK_MORE) return;
  pbk_error error = {.size = sizeof error};
  if (engine && pbk_engine_error(engine, &error) == PBK_OK && error.message.size)
    fprintf(stderr, "%.*s\n", (int)error.message.size, error.message.bytes);
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
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

/* ---- definitions ---- */

static const char *const persona_conditions[W1_PERSONAS] = {
  "contact.traits.plan >= 2 && contact.traits.country <= 2",
  "contact.traits.score >= 80",
  "contact.stage == 's2' && contact.traits.score < 20",
  "account.traits.tier == 2 && contact.traits.plan == 0",
  "events('e0').quiet(days(14))",
  "events('e1').quiet(days(7))",
  "events('e3').quiet(days(30))",
  "events('e1').count(days(14), days(7)) >= 3 && 2 * events('e1').count(days(7)) < events('e1').count(days(14), days(7))"};
static const char *const triggers[W1_PLAYBOOKS] = {"{\"event\":\"e4\"}",   "{\"event\":\"e7\"}",   "{\"event\":\"e11\"}",
                                                   "{\"persona\":\"p4\"}", "{\"persona\":\"p7\"}", "{\"stage\":\"s3\"}"};
static const char *const filters[W1_PLAYBOOKS] = {"contact.traits.plan < 2", "!persona('p4')",
                                                  "contact.traits.score >= 20", "persona('p4')",
                                                  "contact.traits.country != 9", "contact.stage == 's3'"};
static const char *const delays[W1_STEPS] = {"3600s", "1d", "3d"};

static char text[1 << 16];
static size_t text_size;
static void put(const char *format, const char *one, const char *two, const char *three, int number) {
  text_size += (size_t)snprintf(text + text_size, sizeof text - text_size, format, number, one, two, three);
}

static void define_senders(void) {
  put("{\"type\":\"define\",\"kind\":\"channel\",\"key\":\"email\"}\n%.0d%s%s%s", "", "", "", 0);
  put("{\"type\":\"define\",\"kind\":\"template\",\"key\":\"mail\"}\n%.0d%s%s%s", "", "", "", 0);
  for (int i = 0; i < W1_SENDERS; i++) put("{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"s%d\"}\n%s%s%s", "", "", "", i);
}
static void define_rules(void) {
  for (int i = 0; i < W1_PERSONAS; i++)
    put("{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"p%d\",\"when\":\"%s\"}\n%s%s", persona_conditions[i], "", "", i);
  for (int i = 0; i < W1_PLAYBOOKS; i++) {
    put("{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"b%d\",\"active\":true,\"trigger\":%s,\"senders\":{\"sticky\":\"any\",\"pool\":["
        "%s%s", triggers[i], "", "", i);
    for (int j = 0; j < W1_SENDERS; j++) put("\"s%d\"%s%s%s", j + 1 < W1_SENDERS ? "," : "]},\"steps\":[", "", "", j);
    for (int j = 0; j < W1_STEPS; j++)
      put("{%.0d\"delay\":\"%s\",\"when\":\"%s\",\"on_skip\":\"exit\",\"actions\":[{\"email\":{\"template\":\"mail\",\"send_as\":\"pool\"}}]}%s",
          delays[j], filters[i], j + 1 < W1_STEPS ? "," : "]}\n", 0);
  }
}
static void feed_text(void) {
  uint64_t refused = 0;
  need(pbk_feed_json(engine, text, text_size, &refused), "defining");
  if (refused) fprintf(stderr, "%" PRIu64 " definitions were refused\n", refused), exit(1);
  text_size = 0;
}

/* ---- the host's part ---- */

/* Mails that wait for approval. */
static struct {
  uint64_t *messages;
  uint32_t count, capacity;
} waiting;

struct enrolled { /* what the host remembers of an enrollment, by its number */
  uint32_t contact;
  unsigned char playbook, step;
};
static struct {
  struct enrolled *items;
  uint64_t capacity;
} enrolled;

static void deliver(void *context, pbk_engine *from, const pbk_offer *offer, pbk_answer *answer) {
  (void)context, (void)from, (void)offer, (void)answer;
  counts.delivered++;
}

static void take(const pbk_output *output) {
  switch (output->type) {
  case PBK_OUTPUT_TAGGED: counts.entered[output->audience.bytes[1] - '0']++; break;
  case PBK_OUTPUT_UNTAGGED: counts.left[output->audience.bytes[1] - '0']++; break;
  case PBK_OUTPUT_ENROLLED:
    counts.enrolled[output->playbook.bytes[1] - '0']++;
    if (output->enrollment >= enrolled.capacity) {
      enrolled.capacity = output->enrollment * 2 + 1024;
      enrolled.items = realloc(enrolled.items, enrolled.capacity * sizeof *enrolled.items);
    }
    enrolled.items[output->enrollment] = (struct enrolled){number_of(output->contact), (unsigned char)(output->playbook.bytes[1] - '0'), 0};
    break;
  case PBK_OUTPUT_STEP:
    if (output->outcome.bytes[0] == 's') counts.filtered++;
    else enrolled.items[output->enrollment].step = (unsigned char)(output->step - 1);
    break;
  case PBK_OUTPUT_MESSAGE:
    if (output->state.bytes[0] != 'p') break;
    counts.mails++;
    if (waiting.count == waiting.capacity) {
      waiting.capacity = waiting.capacity * 2 + 1024;
      waiting.messages = realloc(waiting.messages, waiting.capacity * 2 * sizeof *waiting.messages);
    }
    waiting.messages[waiting.count * 2] = output->message;
    waiting.messages[waiting.count++ * 2 + 1] = output->enrollment;
    break;
  default: break;
  }
}
static void drain(void) {
  static pbk_output outputs[64];
  uint32_t count = 1;
  while (count > 0) {
    need(pbk_drain(engine, outputs, sizeof *outputs, 64, &count), "draining");
    outputs_taken += count;
    for (uint32_t i = 0; counting && i < count; i++) take(&outputs[i]);
  }
}

/* Everything until `at`, delivered and taken; then the mails that have come are approved. */
static void tick(int32_t at) {
  need(pbk_advance(engine, time_of(at), 0), "advancing");
  need(pbk_commit(engine), "a commit");
  drain();
  for (uint32_t i = 0; i < waiting.count; i++) {
    uint64_t message = waiting.messages[i * 2];
    const struct enrolled *of = &enrolled.items[waiting.messages[i * 2 + 1]];
    need(pbk_approve(engine, NULL, message), "an approval");
    if (!w1_taken_back(of->contact, of->playbook, of->step, (uint32_t)at)) continue;
    need(pbk_discard(engine, NULL, message), "a discard");
    counts.taken_back++;
  }
  waiting.count = 0;
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
  uint32_t *order = malloc(asked.contacts * sizeof *order);
  scores = malloc(asked.contacts * sizeof *scores);
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
  rows_given++;
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

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "bench-w1 CONTACTS EVENTS [--by many|one|json] [--journal none|memory|FOLDER]\n"), 2;
  asked.contacts = (uint32_t)strtoul(argv[1], NULL, 10);
  asked.events = strtoull(argv[2], NULL, 10);
  for (int i = 3; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--by")) asked.by = argv[i + 1];
    if (!strcmp(argv[i], "--journal")) asked.journal = argv[i + 1];
  }
  pbk_config config = {.size = sizeof config, .engine_id = {"w1", 2}, .deliver = deliver};
  need(pbk_engine_create(&config, &engine), "making an engine");
  double loading = w1_cpu_seconds();
  define_senders();
  feed_text();
  know_contacts();
  need(pbk_advance(engine, time_of(0), 0), "advancing");
  define_rules();
  feed_text();
  need(pbk_commit(engine), "a commit");
  drain();
  counting = 1;
  struct w1_source source;
  w1_source_begin(&source, asked.contacts, asked.events);
  struct w1_event *events = malloc(asked.events * sizeof *events);
  for (uint64_t i = 0; i < asked.events; i++) events[i] = w1_source_next(&source);
  double begin = w1_cpu_seconds(), begin_wall = w1_wall_seconds();
  outputs_taken = 0;
  uint64_t next = 0;
  for (int32_t at = W1_HOUR; at <= W1_SPAN; at += W1_HOUR) {
    for (; next < asked.events && events[next].at < at; next++) track_one(&events[next]);
    tick(at);
  }
  double cpu = w1_cpu_seconds() - begin, wall = w1_wall_seconds() - begin_wall;
  pbk_counts state = {.size = sizeof state};
  need(pbk_count(engine, &state), "counting");
  printf("{\"contacts\":%u,\"events\":%" PRIu64 ",\"by\":\"%s\",\"journal\":\"%s\",\"load_cpu_s\":%.3f,\"cpu_s\":%.3f,\"wall_s\":%.3f,"
         "\"ns_per_event\":%.1f,\"bytes_per_contact\":%.1f,\"outputs\":%" PRIu64 ",\"counts\":",
         asked.contacts, asked.events, asked.by, asked.journal, begin - loading, cpu, wall, cpu * 1e9 / (double)asked.events,
         (double)state.memory / asked.contacts, outputs_taken);
  w1_print_counts(&counts);
  printf("}\n");
  pbk_engine_destroy(engine);
  return 0;
}
