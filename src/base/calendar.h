/* base/calendar.h - what is due when: a queue of (time, order) pairs that come out ascending.
 *
 * A bucket an hour, unsorted until its hour comes; then it is sorted once and walked. Nothing is ever removed: whoever set a wake-up
 * looks, when it comes out, whether it still stands. It lives on the lowest floor because every floor above sets wake-ups. */
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
static inline uint64_t wake_id(struct wake wake) { return wake.order & (((uint64_t)1 << 61) - 1); }

struct calendar_bucket {
  int64_t hour;
  ARRAY(struct wake) wakes;
};

struct calendar {
  struct memory *memory;
  pbk_time soonest; /* nothing stands before it */
  /* The hour being walked, sorted; and what was set into it or before it since: those that came in ascending order one behind the
   * other (what is set for a fixed time from now does), the others in a heap. */
  struct calendar_bucket open;
  uint32_t next;
  ARRAY(struct wake) late;
  uint32_t late_next;
  ARRAY(struct wake) early;
  /* The later hours: buckets found by hour, and a heap of their numbers. */
  struct calendar_bucket *buckets;
  uint32_t bucket_capacity, bucket_count; /* open addressing; a bucket without wakes is free */
  number_list hours;
};

void pbk_calendar_init(struct calendar *calendar, struct memory *memory);
void pbk_calendar_release(struct calendar *calendar);
void pbk_calendar_add(struct calendar *calendar, pbk_time time, uint64_t order);
/* The earliest, or false when there is none. */
bool pbk_calendar_peek(struct calendar *calendar, struct wake *wake);
void pbk_calendar_pop(struct calendar *calendar); /* what peek gave */
/* Whether anything may be due by then: false is certain. */
static inline bool calendar_may_be_due(const struct calendar *calendar, pbk_time by) { return calendar->soonest <= by; }
/* What is likely to come out so many pops from now, for those who want to have it near: false when that is not known. */
static inline bool calendar_ahead(const struct calendar *calendar, uint32_t pops, struct wake *wake) {
  if (calendar->open.wakes.count - calendar->next > pops) *wake = calendar->open.wakes.items[calendar->next + pops];
  else if (calendar->late.count - calendar->late_next > pops) *wake = calendar->late.items[calendar->late_next + pops];
  else return false;
  return true;
}

/* calendar_sort.c: ascending, in place; all of one hour, which begins at `start`. */
void pbk_sort_wakes(struct wake *wakes, uint32_t count, pbk_time start);
static inline bool wake_before(struct wake a, struct wake b) { return a.time != b.time ? a.time < b.time : a.order < b.order; }

#endif
