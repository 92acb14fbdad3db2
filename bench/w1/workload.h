/* bench/w1/workload.h - W1, the workload of the comparisons: its contacts, its events, its rules as numbers.
 *
 * Contacts C, accounts C/10; E events evenly spaced over 60 days, half of them on the tenth of the contacts whose number ends in 0; 20 kinds of
 * event, the k-th with weight 1/k. All is computed from the numbers alone, so that every engine gets the same. Times are seconds from the start. */
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
static inline int32_t w1_tier_at(uint32_t account) { return (int32_t)(w1_hash((uint64_t)account + 0x5bd1e995u) % 3); }

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
  event.contact = second >> 63 ? 10 * (uint32_t)(high * (source->contacts / 10) >> 32) : (uint32_t)(high * source->contacts >> 32);
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
/* Whether the host takes back its approval of a mail, which it gives in the hour from `at`. */
static inline int w1_taken_back(uint32_t contact, uint32_t playbook, uint32_t step, uint32_t at) {
  return (contact * 7 + playbook * 13 + step * 29 + at / W1_HOUR) % 100 == 0;
}

/* What every engine counts, to be compared. */
struct w1_counts {
  uint64_t entered[W1_PERSONAS], left[W1_PERSONAS], enrolled[W1_PLAYBOOKS];
  uint64_t filtered, mails, taken_back, delivered;
};
static inline void w1_print_counts(const struct w1_counts *counts) {
  printf("{\"entered\":[");
  for (int i = 0; i < W1_PERSONAS; i++) printf("%s%llu", i ? "," : "", (unsigned long long)counts->entered[i]);
  printf("],\"left\":[");
  for (int i = 0; i < W1_PERSONAS; i++) printf("%s%llu", i ? "," : "", (unsigned long long)counts->left[i]);
  printf("],\"enrolled\":[");
  for (int i = 0; i < W1_PLAYBOOKS; i++) printf("%s%llu", i ? "," : "", (unsigned long long)counts->enrolled[i]);
  printf("],\"filtered\":%llu,\"mails\":%llu,\"taken_back\":%llu,\"delivered\":%llu}", (unsigned long long)counts->filtered,
         (unsigned long long)counts->mails, (unsigned long long)counts->taken_back, (unsigned long long)counts->delivered);
}

static inline double w1_cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}
static inline double w1_wall_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#endif
