/* base/calendar.h - what is due when: a queue of (time, order) pairs that come out ascending.
 *
 * Wake-ups that share the upper halves of time (so, an hour) and of order (so, a kind and an audience) form a lane, and take eight bytes
 * each in it: the lower halves. A lane is unsorted until its hour comes, but kept in small parts by their digits, each before the
 * next, so that never more than a part is sorted or moved at once; then the lanes of the hour are merged. Nothing is ever removed:
 * whoever set a wake-up looks, when it comes out, whether it still stands. What is set twice for the same time may come out
 * once. It lives on the lowest floor because every floor above sets wake-ups. */
#ifndef PBK_BASE_CALENDAR_H
#define PBK_BASE_CALENDAR_H

#include "base/heap.h"
#include <playbook/types.h>

/* What is due, in the order of SPEC T6 for equal times. */
enum due_kind {
  DUE_APPROVAL = 0,   /* message id */
  DUE_RETRY = 1,      /* message id */
  DUE_MEMBERSHIP = 2, /* audience, subject */
  DUE_EXIT = 3,       /* enrollment id */
  DUE_STEP = 4        /* enrollment id */
};

struct wake {
  pbk_time time;
  uint64_t order; /* kind in the top 3 bits, then what decides among equals */
};

static inline uint64_t wake_order(enum due_kind kind, uint64_t id) { return (uint64_t)kind << 61 | id; }
static inline uint64_t wake_membership(uint32_t audience, uint32_t subject) {
  return (uint64_t)DUE_MEMBERSHIP << 61 | (uint64_t)audience << 32 | subject;
}
static inline enum due_kind wake_kind(struct wake wake) { return (enum due_kind)(wake.order >> 61); }
static inline uint64_t wake_order_id(uint64_t order) { return order & (((uint64_t)1 << 61) - 1); }
static inline uint64_t wake_id(struct wake wake) { return wake_order_id(wake.order); }

/* Keys in no order, or parts of them (calendar_part.c). */
enum part_kind { PART_EMPTY = 0, PART_KEYS, PART_FORK, PART_OPEN, PART_HOUR };
struct calendar_fork;
struct calendar_part {
  union {
    uint64_t *keys;
    struct calendar_fork *fork;
    uint32_t lanes; /* of an hour */
  } of;
  uint32_t number; /* of a lane: the next of its hour; of one that is open: where; of an hour: its first lane */
  unsigned count : 12, capacity : 12, kind : 8;
};
enum { PART_MOST = 512 };

/* A lane or an hour, by name: the hour, counted from the earliest time there is, above the upper half of the order. */
struct calendar_slot {
  uint64_t name;
  struct calendar_part part;
};

/* A lane whose hour has come: its first keys, sorted, and those behind them. */
struct calendar_lane {
  uint64_t name;
  uint64_t *keys;
  uint32_t next, count, capacity;
  uint64_t last; /* no later key stands among the sorted, no earlier one in the rest */
  struct calendar_part rest;
};
struct calendar_head {
  struct wake wake; /* the first of its lane */
  uint32_t lane;
};

struct calendar {
  struct memory *memory;
  pbk_time soonest; /* nothing stands before it */
  /* The lanes of the hours that have come, the empty ones too, and a heap of the others' first wakes. */
  ARRAY(struct calendar_lane) lanes; /* with room for those of any hour, so that taking needs no memory; the heads too */
  ARRAY(struct calendar_head) heads;
  uint64_t opened; /* every earlier hour has come */
  uint32_t taken_from;
  /* All lanes and hours by name, and a heap of the hours to come. */
  struct calendar_slot *slots;
  uint32_t slot_capacity, slot_count; /* open addressing */
  number_list hours;
  struct calendar_part half_done; /* what a lack of memory has left of a part's division */
};

void pbk_calendar_init(struct calendar *calendar, struct memory *memory);
void pbk_calendar_release(struct calendar *calendar);
void pbk_calendar_add(struct calendar *calendar, pbk_time time, uint64_t order);
/* Whether anything may be due by then: false is certain. */
static inline bool calendar_may_be_due(const struct calendar *calendar, pbk_time by) { return calendar->soonest <= by; }
/* The earliest, or false when there is none. */
bool pbk_calendar_open(struct calendar *calendar);
static inline bool calendar_peek(struct calendar *calendar, struct wake *wake) {
  if (calendar->heads.count == 0 && !pbk_calendar_open(calendar)) return false;
  *wake = calendar->heads.items[0].wake;
  return true;
}
void pbk_calendar_pop(struct calendar *calendar); /* what peek gave */
/* What is to come out so many pops behind the one taken last, of its lane, for those who want to have it near: false when that is not
 * known. */
static inline bool calendar_ahead(const struct calendar *calendar, uint32_t pops, uint64_t *order) {
  if (calendar->taken_from >= calendar->lanes.count) return false;
  const struct calendar_lane *lane = &calendar->lanes.items[calendar->taken_from];
  if (lane->count - lane->next < pops) return false;
  *order = lane->name << 32 | (uint32_t)lane->keys[lane->next + pops - 1];
  return true;
}

/* ---- calendar_part.c ---- */

/* Changes nothing where memory is refused. */
void pbk_part_add(struct calendar *calendar, struct calendar_part *part, uint64_t key);
/* Takes the first keys, in no order, at most PART_MOST and as a block of their own; every key that is left is greater than *last. False:
 * there were none, and the part is empty. */
bool pbk_part_take(struct calendar *calendar, struct calendar_part *part, struct calendar_part *taken, uint64_t *last);
void pbk_part_release(struct calendar *calendar, struct calendar_part *part);
/* The next larger block; returns its capacity. */
uint32_t pbk_keys_grow(struct calendar *calendar, uint64_t **keys, uint32_t capacity);
static inline void keys_release(struct calendar *calendar, uint64_t *keys, uint32_t capacity) {
  pbk_release(calendar->memory, keys, (size_t)capacity * sizeof *keys);
}

/* calendar_sort.c: ascending, in place. */
void pbk_sort_keys(uint64_t *keys, uint32_t count);

#endif
