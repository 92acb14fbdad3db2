/* facts/history.h - which events happened to a subject, and when (SPEC E6, X3).
 *
 * Of a kind of event that is watched (some condition looks at it) the times stand in a series, as conditions read them. Of
 * all others only a log is kept, a few bytes for each, from which a series is made when the kind is first watched. All this
 * is one block; a series that has grown long is one of its own. */
#ifndef PBK_FACTS_HISTORY_H
#define PBK_FACTS_HISTORY_H

#include "base/context.h"

/* When one kind of event happened: ascending, equal times allowed. */
struct series {
  const pbk_time *times;
  uint32_t count;
};

/* A series in the directory of a history. */
struct series_head {
  uint32_t event, count;
};

/* Behind this stand the heads, ordered by event; their times, or where these are; room; the log, which grows towards the
 * front. */
struct history {
  uint32_t size; /* of the block */
  uint32_t heads;
  uint32_t words; /* eight bytes each, of all series */
  uint32_t log_size;
  pbk_time logged_at; /* of the event logged last: the first in the log, where each says how much older the next is */
};

/* NULL is a history without events. */
struct series pbk_history_series(const struct history *history, uint32_t event);
void pbk_history_add(struct history **history, struct memory *memory, uint32_t event, pbk_time time);
void pbk_history_log(struct history **history, struct memory *memory, uint32_t event, pbk_time time);
void pbk_history_release(struct history **history, struct memory *memory);

/* From the newest to the oldest, as they were logged. */
struct history_cursor {
  const unsigned char *at, *end;
  pbk_time time;
};
struct history_cursor pbk_history_cursor(const struct history *history);
/* False: there is no more, or (cursor->at is NULL then) the log is not one. */
bool pbk_history_next(struct history_cursor *cursor, uint32_t *event, pbk_time *time);

/* Makes series of what is logged of the kinds for which `watched` has a bit of the mask, by number of the event. */
void pbk_history_watch(struct history **history, struct memory *memory, const unsigned char *watched, uint32_t count,
                       unsigned char mask);

/* ---- for snapshots ---- */

static inline struct series_head *history_heads(const struct history *history) {
  return (struct series_head *)(uintptr_t)(history + 1);
}
static inline uint32_t history_head_count(const struct history *history) {
  return history ? history->heads : 0;
}
static inline const unsigned char *history_log(const struct history *history) {
  return (const unsigned char *)history + history->size - history->log_size;
}
/* A history without series in which `size` bytes of a log are to be written, at history_log. */
struct history *pbk_history_of_log(struct memory *memory, uint32_t size, pbk_time logged_at);
/* Room for a new series, behind all others, whose `count` > 0 times the caller writes. */
pbk_time *pbk_history_restore(struct history **history, struct memory *memory, uint32_t event, uint32_t count);

#endif
