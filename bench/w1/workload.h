/* bench/w1/workload.h - W1, the workload of the comparisons: its contacts, its events, its rules as numbers.
 *
 * Contacts C, accounts C/10; E events evenly spaced over 60 days, half of them on the tenth of the contacts whose number
 * ends in 0; 20 kinds of event, the k-th with weight 1/k. All is computed from the numbers alone, so that every engine gets
 * the same. Times are seconds from the start. */
#ifndef BENCH_W1_WORKLOAD_H
#define BENCH_W1_WORKLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
  W1_HOUR = 3600,
  W1_DAY = 24 * W1_HOUR,
  W1_SPAN = 60 * W1_DAY,
  W1_KINDS = 20,
  W1_PERSONAS = 8,
  W1_PLAYBOOKS = 6,
  W1_STEPS = 3,
  W1_SENDERS = 10
};
/* Kinds of event that do something. */
enum {
  W1_LOGIN = 0,
  W1_FEATURE = 1,
  W1_REPORT = 3,
  W1_TRIAL = 4,
  W1_TRY = 7,
  W1_UPGRADE = 11,
  W1_SCORE = 13,
  W1_PLAN = 14,
  W1_TIER = 15,
  W1_STAGE = 16
};

struct w1_event {
  int32_t at;
  uint32_t contact;
  uint16_t kind;
  int16_t value;
};
struct w1_contact {
  int32_t plan, country, role, score, stage;
  int32_t created; /* -30 days to 0 */
};

static inline uint64_t w1_hash(uint64_t number) { /* splitmix64 */
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

static inline struct w1_contact w1_contact_at(uint32_t number) {
  uint64_t hash = w1_hash((uint64_t)number + 1);
  return (struct w1_contact){.plan = (int32_t)(hash & 3),
                             .country = (int32_t)((hash >> 8) % 10),
                             .role = (int32_t)((hash >> 16) % 5),
                             .score = (int32_t)((hash >> 24) % 101),
                             .stage = (int32_t)((hash >> 32) % 5),
                             .created = -(int32_t)((hash >> 40) % (30 * W1_DAY))};
}
static inline int32_t w1_tier_at(uint32_t account) {
  return (int32_t)(w1_hash((uint64_t)account + 0x5bd1e995u) % 3);
}

/* The events, one after the other. */
struct w1_source {
  uint64_t state, next, count;
  uint32_t contacts;
  uint32_t thresholds[W1_KINDS];
};
static inline void w1_source_begin(struct w1_source *source, uint32_t contacts, uint64_t count) {
  double sums[W1_KINDS], sum = 0;
  for (int kind = 0; kind < W1_KINDS; kind++) sums[kind] = sum += 1.0 / (kind + 1);
  *source = (struct w1_source){.state = 0x2545f4914f6cdd1du, .count = count, .contacts = contacts};
  for (int kind = 0; kind < W1_KINDS; kind++) source->thresholds[kind] = (uint32_t)(sums[kind] / sum * 4294967295.0);
}
static inline uint64_t w1_random(struct w1_source *source) { /* xorshift64* */
  source->state ^= source->state >> 12;
  source->state ^= source->state << 25;
  source->state ^= source->state >> 27;
  return source->state * 0x2545f4914f6cdd1du;
}
static inline struct w1_event w1_source_next(struct w1_source *source) {
  uint64_t first = w1_random(source), second = w1_random(source);
  uint32_t low = (uint32_t)first, value = (uint32_t)(second >> 20) & 0xffff;
  uint64_t high = first >> 32;
  struct w1_event event = {.at = (int32_t)(source->next++ * (uint64_t)W1_SPAN / source->count)};
  event.contact =
    second >> 63 ? 10 * (uint32_t)(high * (source->contacts / 10) >> 32) : (uint32_t)(high * source->contacts >> 32);
  while (event.kind < W1_KINDS - 1 && low > source->thresholds[event.kind]) event.kind++;
  switch (event.kind) {
    case W1_SCORE: event.value = (int16_t)((int32_t)(value % 41) - 20); break;
    case W1_PLAN: event.value = (int16_t)(value % 4); break;
    case W1_TIER: event.value = (int16_t)(value % 3); break;
    case W1_STAGE: event.value = (int16_t)(value % 5); break;
    default: event.value = (int16_t)(value % 100); break;
  }
  return event;
}

static inline int32_t w1_score_after(int32_t score, int32_t change) {
  score += change;
  return score < 0 ? 0 : score > 100 ? 100 : score;
}
/* The rules, for the programs that have them in C: personas 0 to 3 as bits, persona 7, and what each step of a playbook
 * asks. */
static inline unsigned w1_trait_personas(int plan, int country, int score, int stage, int tier) {
  return (unsigned)(plan >= 2 && country <= 2) | (unsigned)(score >= 80) << 1 | (unsigned)(stage == 2 && score < 20) << 2 |
         (unsigned)(tier == 2 && plan == 0) << 3;
}
static inline int w1_is_fading(int this_week, int week_before) {
  return week_before >= 3 && 2 * this_week < week_before;
}
static inline int w1_filter(uint32_t playbook, int plan, int country, int score, int stage, int is_dormant) {
  switch (playbook) {
    case 0: return plan < 2;
    case 1: return !is_dormant;
    case 2: return score >= 20;
    case 3: return is_dormant;
    case 4: return country != 9;
    default: return stage == 3;
  }
}
/* Personas 4, 5 and 6: no event of this kind for so long. */
static const int32_t w1_quiet_kinds[3] = {W1_LOGIN, W1_FEATURE, W1_REPORT};
static const int32_t w1_quiet_spans[3] = {14 * W1_DAY, 7 * W1_DAY, 30 * W1_DAY};
static const int32_t w1_delays[W1_STEPS] = {W1_HOUR, W1_DAY, 3 * W1_DAY};
enum { W1_WINDOW = 600 }; /* in which an approval can be taken back */

/* Whether the host takes back its approval of a mail, which it gives in the hour from `at`. */
static inline int w1_taken_back(uint32_t contact, uint32_t playbook, uint32_t step, uint32_t at) {
  return (contact * 7 + playbook * 13 + step * 29 + at / W1_HOUR) % 100 == 0;
}

/* What every engine counts, to be compared: how often, and sums over all of (who, what, when), in which every single one
 * shows whatever the order they come in. Engines that look at the clock once an hour have other times than exact ones. */
struct w1_counts {
  uint64_t entered[W1_PERSONAS], left[W1_PERSONAS], enrolled[W1_PLAYBOOKS];
  uint64_t filtered, mails, taken_back, delivered;
  uint64_t membership_sum, mail_sum, release_sum;
};
static inline uint64_t w1_mark(uint32_t contact, uint32_t what, int64_t microseconds) {
  return w1_hash((uint64_t)microseconds * 0xd6e8feb86659fd93u + ((uint64_t)contact << 8 | what));
}
static inline void w1_count_membership(struct w1_counts *counts, uint32_t contact, uint32_t persona, int is_in,
                                       int64_t microseconds) {
  ++*(is_in ? &counts->entered[persona] : &counts->left[persona]);
  counts->membership_sum += w1_mark(contact, persona * 2 + !is_in, microseconds);
}
/* A mail that waits for its approval. */
static inline void w1_count_mail(struct w1_counts *counts, uint32_t contact, uint32_t playbook, uint32_t step,
                                 uint32_t sender, int64_t microseconds) {
  counts->mails++;
  counts->mail_sum += w1_mark(contact, (playbook * W1_STEPS + step) * W1_SENDERS + sender, microseconds);
}
/* A mail whose approval can no longer be taken back. */
static inline void w1_count_release(struct w1_counts *counts, uint32_t contact, uint32_t playbook, int64_t microseconds) {
  counts->release_sum += w1_mark(contact, playbook, microseconds);
}
static inline void w1_print_array(const char *name, const uint64_t *numbers, int count) {
  printf("\"%s\":[", name);
  for (int i = 0; i < count; i++) printf("%s%llu", i ? "," : "", (unsigned long long)numbers[i]);
  printf("],");
}
static inline void w1_print_counts(const struct w1_counts *counts) {
  printf("{");
  w1_print_array("entered", counts->entered, W1_PERSONAS);
  w1_print_array("left", counts->left, W1_PERSONAS);
  w1_print_array("enrolled", counts->enrolled, W1_PLAYBOOKS);
  printf("\"filtered\":%llu,\"mails\":%llu,\"taken_back\":%llu,\"delivered\":%llu,", (unsigned long long)counts->filtered,
         (unsigned long long)counts->mails, (unsigned long long)counts->taken_back, (unsigned long long)counts->delivered);
  printf("\"membership_sum\":\"%016llx\",\"mail_sum\":\"%016llx\",\"release_sum\":\"%016llx\"}",
         (unsigned long long)counts->membership_sum, (unsigned long long)counts->mail_sum,
         (unsigned long long)counts->release_sum);
}

static inline double w1_seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
static inline double w1_cpu_seconds(void) {
  return w1_seconds(CLOCK_PROCESS_CPUTIME_ID);
}
static inline double w1_wall_seconds(void) {
  return w1_seconds(CLOCK_MONOTONIC);
}
/* The most memory the process ever had, in bytes. */
static inline double w1_peak_memory(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss * 1024;
}

/* All events, made beforehand. */
static inline struct w1_event *w1_make_events(uint32_t contacts, uint64_t count) {
  struct w1_source source;
  struct w1_event *events = malloc((count + 1) * sizeof *events);
  if (!events) abort();
  w1_source_begin(&source, contacts, count);
  for (uint64_t i = 0; i < count; i++) events[i] = w1_source_next(&source);
  return events;
}

#endif
