/* bench/w1/model.c - W1 in exact time, as simply as can be: what the library's counts and sums are checked against.
 *
 *   bench-w1_model CONTACTS EVENTS
 *
 * Nothing here is clever. Whoever did something is looked at again at every time at which a window that it opened could end,
 * and what a persona says is found by going through all the contact's events, by the words of its condition. Order is that
 * of the library's rules: at equal times releases by number, memberships by persona and then contact in the order they
 * became known, steps by enrollment; then inputs. The host's part is that of bench-w1_playbook: once an hour, after what is
 * due, messages are delivered and the waiting mails approved. Fit for ten thousand contacts. Prints one line of JSON. */
#include "workload.h"

#include <string.h>

enum kind { RELEASE, LOOK, STEP };
struct due {
  int64_t at;
  uint32_t kind;
  uint64_t first, second; /* order within the kind: message | persona, rank | enrollment */
};

struct history {
  struct w1_event *events;
  uint32_t count, capacity;
};
struct contact {
  struct w1_contact traits;
  struct history history;
  uint32_t rank;                   /* the how manieth to become known */
  unsigned personas;               /* bits */
  uint64_t enrolled[W1_PLAYBOOKS]; /* numbers of enrollments, 0 for none */
  int sender;                      /* of the last mail that was sent, -1 */
};
struct enrollment {
  uint32_t contact, playbook, step, sender;
};
struct message {
  uint32_t contact, playbook, step, sender;
  int discarded;
};

static uint32_t contact_count;
static struct contact *contacts;
static uint32_t *by_rank;
static int32_t *tiers;
static uint32_t turns[W1_PLAYBOOKS];
static struct w1_counts counts;
static int64_t now;

#define GROW(array, count, capacity)                                    \
  do {                                                                  \
    if ((count) == (capacity)) {                                        \
      (capacity) = (capacity)*2 + 16;                                   \
      (array) = realloc((array), (size_t)(capacity) * sizeof *(array)); \
      if (!(array)) abort();                                            \
    }                                                                   \
  } while (0)

static struct {
  struct enrollment *items;
  uint64_t count, capacity;
} enrollments;
static struct {
  struct message *items;
  uint64_t count, capacity;
} messages;
static struct {
  uint64_t *items;
  uint64_t count, capacity;
} pending, sending;

/* ---- what is due: a heap ---- */

static struct {
  struct due *items;
  uint64_t count, capacity;
} heap;

static int is_before(const struct due *a, const struct due *b) {
  if (a->at != b->at) return a->at < b->at;
  if (a->kind != b->kind) return a->kind < b->kind;
  if (a->first != b->first) return a->first < b->first;
  return a->second < b->second;
}
static void put(int64_t at, enum kind kind, uint64_t first, uint64_t second) {
  GROW(heap.items, heap.count, heap.capacity);
  struct due due = {at, (uint32_t)kind, first, second};
  uint64_t place = heap.count++;
  for (; place > 0 && is_before(&due, &heap.items[(place - 1) / 2]); place = (place - 1) / 2)
    heap.items[place] = heap.items[(place - 1) / 2];
  heap.items[place] = due;
}
static struct due take_first(void) {
  struct due first = heap.items[0], last = heap.items[--heap.count];
  uint64_t place = 0;
  for (uint64_t child; (child = place * 2 + 1) < heap.count; place = child) {
    if (child + 1 < heap.count && is_before(&heap.items[child + 1], &heap.items[child])) child++;
    if (!is_before(&heap.items[child], &last)) break;
    heap.items[place] = heap.items[child];
  }
  heap.items[place] = last;
  return first;
}

/* ---- personas, by the words ---- */

/* Events of a kind that occurred in (after, until]. */
static int count_events(const struct contact *contact, uint16_t kind, int64_t after, int64_t until) {
  int count = 0;
  for (uint32_t i = 0; i < contact->history.count; i++) {
    const struct w1_event *event = &contact->history.events[i];
    count += event->kind == kind && event->at > after && event->at <= until;
  }
  return count;
}
static int is_quiet(const struct contact *contact, uint16_t kind, int64_t span) {
  return contact->traits.created <= now - span && count_events(contact, kind, now - span, now) == 0;
}
static int belongs(const struct contact *contact, uint32_t persona) {
  const struct w1_contact *traits = &contact->traits;
  int before, week;
  switch (persona) {
    case 0: return traits->plan >= 2 && traits->country <= 2;
    case 1: return traits->score >= 80;
    case 2: return traits->stage == 2 && traits->score < 20;
    case 3: return tiers[(contact - contacts) / 10] == 2 && traits->plan == 0;
    case 4: return is_quiet(contact, W1_LOGIN, 14 * W1_DAY);
    case 5: return is_quiet(contact, W1_FEATURE, 7 * W1_DAY);
    case 6: return is_quiet(contact, W1_REPORT, 30 * W1_DAY);
    default:
      before = count_events(contact, W1_FEATURE, now - 14 * W1_DAY, now - 7 * W1_DAY);
      week = count_events(contact, W1_FEATURE, now - 7 * W1_DAY, now);
      return before >= 3 && 2 * week < before;
  }
}

/* ---- playbooks ---- */

static void enroll(uint32_t number, uint32_t playbook) {
  struct contact *contact = &contacts[number];
  if (contact->enrolled[playbook]) return;
  GROW(enrollments.items, enrollments.count, enrollments.capacity);
  uint32_t sender = contact->sender >= 0 ? (uint32_t)contact->sender : turns[playbook]++ % W1_SENDERS;
  enrollments.items[enrollments.count++] = (struct enrollment){number, playbook, 0, sender};
  contact->enrolled[playbook] = enrollments.count;
  counts.enrolled[playbook]++;
  put(now + w1_delays[0], STEP, enrollments.count, 0);
}

/* Looks at a contact's personas from `first` to `last`; gives those that it has come into as bits. */
static unsigned look(uint32_t number, uint32_t first, uint32_t last) {
  struct contact *contact = &contacts[number];
  unsigned came = 0;
  for (uint32_t persona = first; persona <= last; persona++) {
    int is = belongs(contact, persona), was = contact->personas >> persona & 1;
    if (is == was) continue;
    contact->personas ^= 1u << persona;
    w1_count_membership(&counts, number, persona, is, now * 1000000);
    if (is) came |= 1u << persona;
  }
  return came;
}
static void look_and_trigger(uint32_t number, uint32_t first, uint32_t last) {
  unsigned came = look(number, first, last);
  if (came >> 4 & 1) enroll(number, 3);
  if (came >> 7 & 1) enroll(number, 4);
}

static void run_step(uint64_t number) {
  struct enrollment *enrollment = &enrollments.items[number - 1];
  struct contact *contact = &contacts[enrollment->contact];
  const struct w1_contact *traits = &contact->traits;
  if (!w1_filter(enrollment->playbook, traits->plan, traits->country, traits->score, traits->stage,
                 contact->personas >> 4 & 1)) {
    counts.filtered++;
    contact->enrolled[enrollment->playbook] = 0;
    return;
  }
  GROW(messages.items, messages.count, messages.capacity);
  GROW(pending.items, pending.count, pending.capacity);
  messages.items[messages.count] =
    (struct message){enrollment->contact, enrollment->playbook, enrollment->step, enrollment->sender, 0};
  pending.items[pending.count++] = messages.count++;
  w1_count_mail(&counts, enrollment->contact, enrollment->playbook, enrollment->step, enrollment->sender, now * 1000000);
  if (++enrollment->step < W1_STEPS)
    put(now + w1_delays[enrollment->step], STEP, number, 0);
  else
    contact->enrolled[enrollment->playbook] = 0;
}

/* ---- time and inputs ---- */

static void advance(int64_t to) {
  while (heap.count > 0 && heap.items[0].at <= to) {
    struct due due = take_first();
    now = due.at;
    switch (due.kind) {
      case RELEASE:
        if (messages.items[due.first].discarded) break;
        GROW(sending.items, sending.count, sending.capacity);
        sending.items[sending.count++] = due.first;
        w1_count_release(&counts, messages.items[due.first].contact, messages.items[due.first].playbook, now * 1000000);
        break;
      case LOOK: look_and_trigger(by_rank[due.second], (uint32_t)due.first, (uint32_t)due.first); break;
      default: run_step(due.first); break;
    }
  }
  now = to;
}

static void take(const struct w1_event *event) {
  advance(event->at);
  uint32_t number = event->contact;
  struct contact *contact = &contacts[number];
  struct history *history = &contact->history;
  GROW(history->events, history->count, history->capacity);
  history->events[history->count++] = *event;
  for (uint32_t which = 0; which < 3; which++)
    if (event->kind == w1_quiet_kinds[which]) put(now + w1_quiet_spans[which], LOOK, 4 + which, contact->rank);
  if (event->kind == W1_FEATURE)
    put(now + 7 * W1_DAY, LOOK, 7, contact->rank), put(now + 14 * W1_DAY, LOOK, 7, contact->rank);
  look(number, 4, 7); /* the event itself makes nobody quiet */
  if (event->kind == W1_TRIAL) enroll(number, 0);
  if (event->kind == W1_TRY) enroll(number, 1);
  if (event->kind == W1_UPGRADE) enroll(number, 2);
  int32_t stage = contact->traits.stage;
  switch (event->kind) {
    case W1_SCORE: contact->traits.score = w1_score_after(contact->traits.score, event->value); break;
    case W1_PLAN: contact->traits.plan = event->value; break;
    case W1_STAGE: contact->traits.stage = event->value; break;
    case W1_TIER:
      tiers[number / 10] = event->value;
      for (uint32_t i = number / 10 * 10; i < contact_count && i < number / 10 * 10 + 10; i++) look(i, 0, 3);
      return;
    default: return;
  }
  look(number, 0, 3);
  if (stage != 3 && contact->traits.stage == 3) enroll(number, 5);
}

static void tick(int32_t at) {
  advance(at);
  for (uint64_t i = 0; i < sending.count; i++) {
    const struct message *message = &messages.items[sending.items[i]];
    counts.delivered++;
    contacts[message->contact].sender = (int)message->sender;
  }
  sending.count = 0;
  for (uint64_t i = 0; i < pending.count; i++) {
    struct message *message = &messages.items[pending.items[i]];
    message->discarded = w1_taken_back(message->contact, message->playbook, message->step, (uint32_t)at);
    counts.taken_back += (uint64_t)message->discarded;
    put(at + W1_WINDOW, RELEASE, pending.items[i], 0);
  }
  pending.count = 0;
}

static int by_created(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  int32_t difference = contacts[left].traits.created - contacts[right].traits.created;
  return difference != 0 ? difference : left < right ? -1 : 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "bench-w1_model CONTACTS EVENTS\n"), 2;
  contact_count = (uint32_t)strtoul(argv[1], NULL, 10);
  uint64_t event_count = strtoull(argv[2], NULL, 10), next = 0;
  contacts = calloc(contact_count, sizeof *contacts);
  by_rank = malloc(contact_count * sizeof *by_rank);
  tiers = malloc((contact_count / 10 + 1) * sizeof *tiers);
  struct w1_event *events = w1_make_events(contact_count, event_count);
  if (!contacts || !by_rank || !tiers) abort();
  for (uint32_t i = 0; i <= contact_count / 10; i++) tiers[i] = w1_tier_at(i);
  for (uint32_t i = 0; i < contact_count; i++) {
    contacts[i].traits = w1_contact_at(i);
    contacts[i].sender = -1;
    by_rank[i] = i;
  }
  qsort(by_rank, contact_count, sizeof *by_rank, by_created);
  for (uint32_t rank = 0; rank < contact_count; rank++) {
    struct contact *contact = &contacts[by_rank[rank]];
    contact->rank = rank;
    for (uint32_t persona = 0; persona < W1_PERSONAS; persona++)
      contact->personas |= (unsigned)belongs(contact, persona) << persona;
    for (uint32_t which = 0; which < 3; which++)
      if (contact->traits.created + w1_quiet_spans[which] > 0)
        put(contact->traits.created + w1_quiet_spans[which], LOOK, 4 + which, rank);
  }
  double begin = w1_cpu_seconds();
  for (int32_t at = W1_HOUR; at <= W1_SPAN; at += W1_HOUR) {
    for (; next < event_count && events[next].at < at; next++) take(&events[next]);
    tick(at);
  }
  printf("{\"engine\":\"model\",\"contacts\":%u,\"events\":%llu,\"cpu_s\":%.3f,\"counts\":", contact_count,
         (unsigned long long)event_count, w1_cpu_seconds() - begin);
  w1_print_counts(&counts);
  printf("}\n");
  return 0;
}
