/* bench/w1/floor.c - W1 by hand: what C written for exactly these rules takes. It is no engine: nothing in it can be changed
 * while it runs, and the clock is looked at once an hour, days are counted where the library counts exact times.
 *
 *   bench-w1_floor CONTACTS EVENTS [--journal none|FILE]
 *
 * With a journal every event is written to it, 16 bytes with a checksum, synced once an hour. Prints one line of JSON as
 * bench-w1_playbook does. */
#define _DEFAULT_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

/* All that is known of a contact, but for its events: a line of the cache. */
struct contact {
  int32_t last[3];      /* event of each kind that its personas of quiet ask for */
  uint32_t newest;      /* event of it in the log */
  uint8_t features[16]; /* how many a day, of days modulo 16 */
  uint8_t plan, country, role, score, stage;
  uint8_t sender;   /* who wrote to it, NO_SENDER */
  uint8_t personas; /* bits */
  uint8_t enrolled; /* bits */
  uint8_t unused[24];
};
_Static_assert(sizeof(struct contact) == 64, "a line of the cache");

struct logged {
  int32_t at;
  uint32_t before; /* the contact's event before this one, 0 for none */
  uint32_t contact;
  uint16_t kind;
  int16_t value;
};

enum { NO_SENDER = 255, HOURS = W1_SPAN / W1_HOUR, AHEAD = 14 };

static uint32_t contact_count;
static struct contact *contacts;
static uint8_t *tiers;
static struct logged *logged;
static uint32_t logged_count = 1;
static struct w1_counts counts;
static uint32_t turn; /* of the senders */

/* Zeroed, in huge pages where there are any. */
static void *take_memory(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) abort();
#ifdef MADV_HUGEPAGE
  madvise(memory, size, MADV_HUGEPAGE);
#endif
  return memory;
}

/* ---- what is to be done in some hour: rows of blocks, each block a list in the order it was written ---- */

enum { BLOCK = 62 };
struct block {
  struct block *next;
  uint64_t count;
  uint64_t entries[BLOCK];
};
struct list {
  struct block *first, *last;
};
static struct block *spare, *fresh;
static uint32_t fresh_count;
static uint64_t blocks_in_use;

static struct block *take_block(void) {
  struct block *block = spare;
  if (block) {
    spare = block->next;
  } else {
    if (fresh_count == 0) fresh = take_memory((size_t)4096 * sizeof *fresh), fresh_count = 4096;
    block = fresh++, fresh_count--;
  }
  blocks_in_use++;
  block->next = NULL;
  block->count = 0;
  return block;
}
static inline void put(struct list *list, uint64_t entry) {
  struct block *block = list->last;
  if (!block || block->count == BLOCK) {
    block = take_block();
    if (list->last)
      list->last->next = block;
    else
      list->first = block;
    list->last = block;
  }
  block->entries[block->count++] = entry;
}
static void clear(struct list *list) {
  for (struct block *block = list->first, *next; block; block = next) {
    next = block->next;
    block->next = spare;
    spare = block;
    blocks_in_use--;
  }
  *list = (struct list){NULL, NULL};
}

static struct list quiet[HOURS + 1], steps[HOURS + 1], active_days[16];

/* The tick at which something is seen to be due; what is due after the end is not kept. */
static inline int hour_of(int64_t due) {
  return (int)((due + W1_HOUR - 1) / W1_HOUR);
}
static inline void put_quiet(uint32_t contact, uint32_t which, int64_t due) {
  int hour = hour_of(due);
  if (hour <= HOURS) put(&quiet[hour], (uint64_t)contact << 2 | which);
}
/* A step: the second of its hour (0 for the full hour before, which is never used), then contact, playbook, step. */
static inline void put_step(uint32_t contact, uint32_t playbook, uint32_t step, int64_t due) {
  int hour = hour_of(due);
  if (hour > HOURS) return;
  uint64_t second = (uint64_t)(due - (int64_t)(hour - 1) * W1_HOUR);
  put(&steps[hour], second << 40 | (uint64_t)contact << 8 | playbook << 4 | step);
}

/* ---- rules ---- */

static inline int64_t exact(int32_t at) {
  return (int64_t)at * 1000000;
}

static inline void enroll(uint32_t number, uint32_t playbook, int32_t at) {
  struct contact *contact = &contacts[number];
  if (contact->enrolled >> playbook & 1) return;
  contact->enrolled |= (uint8_t)(1u << playbook);
  counts.enrolled[playbook]++;
  put_step(number, playbook, 0, (int64_t)at + w1_delays[0]);
}
static inline void flip(uint32_t number, uint32_t persona, int32_t at) {
  struct contact *contact = &contacts[number];
  contact->personas ^= (uint8_t)(1u << persona);
  w1_count_membership(&counts, number, persona, contact->personas >> persona & 1, exact(at));
}
static inline void judge_traits(uint32_t number, int32_t at) {
  const struct contact *contact = &contacts[number];
  unsigned now = w1_trait_personas(contact->plan, contact->country, contact->score, contact->stage, tiers[number / 10]);
  unsigned changed = (now ^ contact->personas) & 15;
  for (uint32_t persona = 0; changed >> persona; persona++)
    if (changed >> persona & 1) flip(number, persona, at);
}
static inline int is_fading(const struct contact *contact, int32_t day) {
  int this_week = 0, week_before = 0;
  for (int32_t i = 0; i < 7; i++) this_week += contact->features[(day - i) & 15];
  for (int32_t i = 7; i < 14; i++) week_before += contact->features[(day - i) & 15];
  return w1_is_fading(this_week, week_before);
}

static inline void sign_of_life(uint32_t number, uint32_t which, int32_t at) {
  struct contact *contact = &contacts[number];
  contact->last[which] = at;
  if (contact->personas >> (4 + which) & 1) {
    flip(number, 4 + which, at);
    put_quiet(number, which, (int64_t)at + w1_quiet_spans[which]);
  }
  if (which != 1) return;
  int32_t day = at / W1_DAY;
  uint8_t *today = &contact->features[day & 15];
  if (*today == 0) put(&active_days[day & 15], number);
  if (*today < 255) ++*today;
  if (contact->personas >> 7 && !is_fading(contact, day)) flip(number, 7, at);
}

static inline void take(const struct w1_event *event) {
  uint32_t number = event->contact;
  struct contact *contact = &contacts[number];
  logged[logged_count] = (struct logged){event->at, contact->newest, number, event->kind, event->value};
  contact->newest = logged_count++;
  switch (event->kind) {
    case W1_LOGIN: sign_of_life(number, 0, event->at); break;
    case W1_FEATURE: sign_of_life(number, 1, event->at); break;
    case W1_REPORT: sign_of_life(number, 2, event->at); break;
    case W1_TRIAL: enroll(number, 0, event->at); break;
    case W1_TRY: enroll(number, 1, event->at); break;
    case W1_UPGRADE: enroll(number, 2, event->at); break;
    case W1_SCORE:
      contact->score = (uint8_t)w1_score_after(contact->score, event->value);
      judge_traits(number, event->at);
      break;
    case W1_PLAN:
      contact->plan = (uint8_t)event->value;
      judge_traits(number, event->at);
      break;
    case W1_TIER: {
      uint32_t first = number / 10 * 10;
      tiers[number / 10] = (uint8_t)event->value;
      for (uint32_t i = first; i < first + 10 && i < contact_count; i++) judge_traits(i, event->at);
      break;
    }
    case W1_STAGE: {
      int entered = contact->stage != 3 && event->value == 3;
      contact->stage = (uint8_t)event->value;
      judge_traits(number, event->at);
      if (entered) enroll(number, 5, event->at);
      break;
    }
    default: break;
  }
}

/* ---- once an hour ---- */

/* Mails that were approved an hour ago and not taken back. */
static struct {
  uint64_t *mails;
  size_t count, capacity;
} approved;

static void deliver(int32_t at) {
  for (size_t i = 0; i < approved.count; i++) {
    counts.delivered++;
    w1_count_release(&counts, (uint32_t)(approved.mails[i] >> 8), approved.mails[i] & 255, exact(at - W1_HOUR + W1_WINDOW));
  }
  approved.count = 0;
}

static void look_for_quiet(int32_t at) {
  struct list *list = &quiet[at / W1_HOUR];
  for (struct block *block = list->first; block; block = block->next)
    for (uint64_t i = 0; i < block->count; i++) {
      if (i + AHEAD < block->count) __builtin_prefetch(&contacts[block->entries[i + AHEAD] >> 2], 1);
      uint32_t number = (uint32_t)(block->entries[i] >> 2), which = block->entries[i] & 3;
      int32_t due = contacts[number].last[which] + w1_quiet_spans[which];
      if (due > at) {
        put_quiet(number, which, due);
        continue;
      }
      flip(number, 4 + which, at);
      if (which == 0) enroll(number, 3, at);
    }
  clear(list);
}

static void begin_day(int32_t at) {
  int32_t day = at / W1_DAY;
  for (int32_t back = 7; back <= 14; back += 7) { /* days that leave this week, and the week before */
    if (day < back) continue;
    struct list *list = &active_days[(day - back) & 15];
    for (struct block *block = list->first; block; block = block->next)
      for (uint64_t i = 0; i < block->count; i++) {
        if (i + AHEAD < block->count) __builtin_prefetch(&contacts[block->entries[i + AHEAD]], 1);
        uint32_t number = (uint32_t)block->entries[i];
        struct contact *contact = &contacts[number];
        if (back == 14) contact->features[(day - back) & 15] = 0;
        int fading = is_fading(contact, day);
        if (fading == contact->personas >> 7) continue;
        flip(number, 7, at);
        if (fading) enroll(number, 4, at);
      }
    if (back == 14) clear(list);
  }
}

/* This hour's steps in the order of their times: counted by the second they are due. */
static uint64_t *sort_steps(struct list *list, size_t *count) {
  static uint32_t places[W1_HOUR + 2];
  static uint64_t *sorted;
  static size_t capacity;
  size_t all = 0;
  memset(places, 0, sizeof places);
  for (struct block *block = list->first; block; block = block->next) {
    for (uint64_t i = 0; i < block->count; i++) places[(block->entries[i] >> 40) + 1]++;
    all += block->count;
  }
  *count = all;
  if (all == 0) return NULL;
  if (all > capacity) {
    capacity = all * 2;
    free(sorted);
    sorted = malloc(capacity * sizeof *sorted);
    if (!sorted) abort();
  }
  for (int i = 0; i <= W1_HOUR; i++) places[i + 1] += places[i];
  for (struct block *block = list->first; block; block = block->next)
    for (uint64_t i = 0; i < block->count; i++) sorted[places[block->entries[i] >> 40]++] = block->entries[i];
  return sorted;
}

static void run_steps(int32_t at) {
  size_t count;
  uint64_t *due = sort_steps(&steps[at / W1_HOUR], &count);
  clear(&steps[at / W1_HOUR]);
  if (approved.capacity < count) {
    approved.capacity = count * 2;
    approved.mails = realloc(approved.mails, approved.capacity * sizeof *approved.mails);
    if (!approved.mails) abort();
  }
  for (size_t i = 0; i < count; i++) {
    if (i + AHEAD < count) __builtin_prefetch(&contacts[(uint32_t)(due[i + AHEAD] >> 8)], 1);
    uint32_t number = (uint32_t)(due[i] >> 8), playbook = due[i] >> 4 & 15, step = due[i] & 15;
    int32_t time = at - W1_HOUR + (int32_t)(due[i] >> 40);
    struct contact *contact = &contacts[number];
    if (!w1_filter(playbook, contact->plan, contact->country, contact->score, contact->stage, contact->personas >> 4 & 1)) {
      counts.filtered++;
      contact->enrolled &= (uint8_t) ~(1u << playbook);
      continue;
    }
    if (contact->sender == NO_SENDER) contact->sender = (uint8_t)(turn++ % W1_SENDERS);
    w1_count_mail(&counts, number, playbook, step, contact->sender, exact(time));
    if (w1_taken_back(number, playbook, step, (uint32_t)at))
      counts.taken_back++;
    else
      approved.mails[approved.count++] = (uint64_t)number << 8 | playbook;
    if (step + 1 < W1_STEPS)
      put_step(number, playbook, step + 1, (int64_t)time + w1_delays[step + 1]);
    else
      contact->enrolled &= (uint8_t) ~(1u << playbook);
  }
}

/* ---- journal ---- */

enum { JOURNAL_BUFFER = 1 << 16 };
static int journal = -1;
static unsigned char journal_bytes[JOURNAL_BUFFER];
static size_t journal_size;

#ifdef __SSE4_2__
static inline uint32_t checksum(const unsigned char *bytes) {
  uint64_t first;
  uint32_t second;
  memcpy(&first, bytes, 8);
  memcpy(&second, bytes + 8, 4);
  return _mm_crc32_u32((uint32_t)_mm_crc32_u64(UINT32_MAX, first), second);
}
#else
static uint32_t checksum(const unsigned char *bytes) { /* as strong, and slower */
  static uint32_t table[256];
  uint32_t sum = UINT32_MAX;
  if (!table[1])
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t entry = i;
      for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (entry & 1 ? 0x82f63b78u : 0);
      table[i] = entry;
    }
  for (int i = 0; i < 12; i++) sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 255];
  return sum;
}
#endif

static void write_journal(void) {
  if (write(journal, journal_bytes, journal_size) != (ssize_t)journal_size) perror("the journal"), exit(1);
  journal_size = 0;
}
static inline void note(const struct w1_event *event) {
  unsigned char *record = journal_bytes + journal_size;
  memcpy(record, event, 12);
  uint32_t sum = checksum(record);
  memcpy(record + 12, &sum, 4);
  journal_size += 16;
  if (journal_size == JOURNAL_BUFFER) write_journal();
}
static void sync_journal(void) {
  if (journal_size > 0) write_journal();
  if (fdatasync(journal) != 0) perror("the journal"), exit(1);
}

/* ---- the run ---- */

static void tick(int32_t at) {
  deliver(at);
  look_for_quiet(at);
  if (at % W1_DAY == 0) begin_day(at);
  run_steps(at);
  if (journal >= 0) sync_journal();
}

static void know_contacts(uint64_t events) {
  contacts = take_memory((size_t)contact_count * sizeof *contacts);
  tiers = take_memory((size_t)contact_count / 10 + 1);
  logged = take_memory((events + 1) * sizeof *logged);
  for (uint32_t i = 0; i <= contact_count / 10; i++) tiers[i] = (uint8_t)w1_tier_at(i);
  for (uint32_t i = 0; i < contact_count; i++) {
    struct w1_contact start = w1_contact_at(i);
    struct contact *contact = &contacts[i];
    contact->plan = (uint8_t)start.plan;
    contact->country = (uint8_t)start.country;
    contact->role = (uint8_t)start.role;
    contact->score = (uint8_t)start.score;
    contact->stage = (uint8_t)start.stage;
    contact->sender = NO_SENDER;
    contact->personas = (uint8_t)w1_trait_personas(start.plan, start.country, start.score, start.stage, tiers[i / 10]);
    for (uint32_t which = 0; which < 3; which++) {
      contact->last[which] = start.created;
      int32_t due = start.created + w1_quiet_spans[which];
      if (due <= 0)
        contact->personas |= (uint8_t)(16u << which);
      else
        put_quiet(i, which, due);
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "bench-w1_floor CONTACTS EVENTS [--journal none|FILE]\n"), 2;
  contact_count = (uint32_t)strtoul(argv[1], NULL, 10);
  uint64_t event_count = strtoull(argv[2], NULL, 10);
  const char *path = argc > 4 && !strcmp(argv[3], "--journal") ? argv[4] : "none";
  if (strcmp(path, "none") != 0) {
    journal = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (journal < 0) return perror(path), 1;
  }
  struct w1_event *events = w1_make_events(contact_count, event_count);
  double loading = w1_cpu_seconds();
  know_contacts(event_count);
  memset(logged, 0, (event_count + 1) * sizeof *logged); /* its pages are there */
  double begin = w1_cpu_seconds(), begin_wall = w1_wall_seconds();
  uint64_t next = 0;
  for (int32_t at = W1_HOUR; at <= W1_SPAN; at += W1_HOUR) {
    for (; next < event_count && events[next].at < at; next++) {
      __builtin_prefetch(&contacts[events[next + AHEAD < event_count ? next + AHEAD : next].contact], 1);
      if (journal >= 0) note(&events[next]);
      take(&events[next]);
    }
    tick(at);
  }
  double cpu = w1_cpu_seconds() - begin, wall = w1_wall_seconds() - begin_wall;
  uint64_t memory =
    (uint64_t)contact_count * sizeof *contacts + event_count * sizeof *logged + blocks_in_use * sizeof(struct block);
  printf("{\"engine\":\"floor\",\"contacts\":%u,\"events\":%" PRIu64
         ",\"journal\":\"%s\",\"load_cpu_s\":%.3f,\"cpu_s\":%.4f,\"wall_s\":%.4f,"
         "\"ns_per_event\":%.1f,\"bytes_per_contact\":%.1f,\"counts\":",
         contact_count, event_count, journal < 0 ? "none" : "file", begin - loading, cpu, wall,
         cpu * 1e9 / (double)event_count, (double)memory / contact_count);
  w1_print_counts(&counts);
  printf("}\n");
  return 0;
}
