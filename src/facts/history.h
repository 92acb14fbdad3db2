/* facts/history.h - which events happened to a subject, and when (SPEC E6, X3).
 *
 * Of a kind of event that is watched (some condition looks at it) the times stand in a series, as conditions read them. Of
 * all others only a log is kept, a few bytes for each, from which a series is made when the kind is first watched. All this
 * is one block; a series that has grown long is one of its own. */
#ifndef PBK_FACTS_HISTORY_H
#define PBK_FACTS_HISTORY_H

#include <string.h>

#include "base/codec.h"
#include "base/context.h"

/* When one kind of event happened: ascending, equal times allowed. */
struct series {
  const pbk_time *times;
  uint32_t count;
};

/* A series in the directory of a history: its event above six bits that tell how its times stand. */
typedef uint32_t series_head;

/* Behind this stand the heads, ordered by event; their times, or where these are; room; the newest part of the log, which
 * grows towards the front; and, where there is an older part, where that is: in segments that never change. */
struct history {
  uint16_t steps; /* of HISTORY_STEP bytes, of the block */
  uint8_t heads;  /* HISTORY_MANY: two words stand before the heads, how many there are and the bytes of the block */
  uint8_t log;    /* bytes of it here; HISTORY_OLDER where there is an older part */
  uint32_t
    logged_at[2]; /* when the event was logged last: the first in the log, where each says how much older the next is */
};
enum { HISTORY_STEP = 16, HISTORY_MANY = UINT8_MAX, HISTORY_OLDER = 0x80 };

static inline const uint32_t *history_behind(const struct history *history) {
  return (const uint32_t *)(history + 1);
}
static inline uint32_t history_size(const struct history *history) {
  return history->heads == HISTORY_MANY ? history_behind(history)[1] : (uint32_t)history->steps * HISTORY_STEP;
}
static inline pbk_time history_logged_at(const struct history *history) {
  pbk_time time;
  memcpy(&time, history->logged_at, sizeof time);
  return time;
}

/* NULL is a history without events. */
struct series pbk_history_series(const struct history *history, uint32_t event);
void pbk_history_add(struct history **history, struct memory *memory, uint32_t event, pbk_time time);
/* The bytes that it takes. */
uint32_t pbk_history_log(struct history **history, struct memory *memory, uint32_t event, pbk_time time);
void pbk_history_release(struct history **history, struct memory *memory);

/* The whole log as one row of bytes: how many, and they. */
uint32_t pbk_history_log_size(const struct history *history);
void pbk_history_copy_log(const struct history *history, unsigned char *to);

/* Such a row from the newest event to the oldest, as they were logged. */
struct log_cursor {
  const unsigned char *at, *end;
  pbk_time time;
};
/* False: there is no more, or (cursor->at is NULL then) this is no log. */
bool pbk_log_next(struct log_cursor *cursor, uint32_t *event, pbk_time *time);

/* One event by itself. */
struct logged {
  pbk_time time;
  uint32_t event;
};
/* By time, of equal ones by event. */
void pbk_sort_logged(struct logged *logged, uint32_t count);
/* Bits by number of the event; those that are not there have none. */
struct event_bits {
  const unsigned char *bits;
  uint32_t count;
};
/* The events whose bits of the mask are set (or are not), in any order, written to where that is not NULL: how many. */
uint32_t pbk_history_list(const struct history *history, struct memory *memory, struct event_bits of, unsigned char mask,
                          bool set, struct logged *to);
/* Makes series of what is logged of the events that have a bit of the mask, and of more of those. */
void pbk_history_watch(struct history **history, struct memory *memory, struct event_bits watched, unsigned char mask,
                       const struct logged *more, uint32_t more_count);
/* All that it takes, and how many times stand in series. */
uint64_t pbk_history_bytes(const struct history *history);
uint64_t pbk_history_times(const struct history *history);

/* ---- for snapshots ---- */

/* What a history may hold: events below `known`, in series those that are watched, in the log the others. */
enum { LOGGED_SHORT = 128 }; /* whose number takes one byte in the log */
struct history_limits {
  const unsigned char *watched; /* by number of the event, `count` of them: those with a bit of the mask are watched */
  uint32_t count, known;
  unsigned char mask;
  unsigned char refused[LOGGED_SHORT]; /* 1: it may not stand in the log */
};
struct history_limits pbk_history_limits(const unsigned char *watched, uint32_t count, uint32_t known, unsigned char mask);
/* u32 bytes of the log | u32 series | i64 when the event logged last happened (0: none) | of each series u32 event, u32
 * times | all times, 8 bytes each | the log, from the newest event to the oldest. */
void pbk_write_history(struct writer *writer, const struct history *history);
/* Into none. False, with the reader failed: it is none, and nothing was taken for it. */
bool pbk_read_history(struct reader *reader, struct memory *memory, const struct history_limits *limits,
                      struct history **history);
/* Fetches an older part of the log, where there is one: the newest of them is number 0. */
void pbk_fetch_log_part(const struct history *history, uint32_t number);
static inline void pbk_history_fetch_log(const struct history *history, uint32_t number) {
  if (history && history->log >= HISTORY_OLDER) pbk_fetch_log_part(history, number);
}

#endif
