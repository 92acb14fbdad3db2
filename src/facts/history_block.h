/* facts/history_block.h - how a history lies in memory: for those who change it (history.c), and who keep it and bring it
 * back (history_state.c). */
#ifndef PBK_FACTS_HISTORY_BLOCK_H
#define PBK_FACTS_HISTORY_BLOCK_H

#include "facts/history.h"

enum {
  HEAD_BITS = 6,
  HEAD_WORDS = 31,       /* of a head: how many words it has in the block */
  HEAD_LONG = 32,        /* its one word is where its times are */
  SERIES_MOST_HERE = 16, /* times that stand in the block itself; with more the series is one of its own */
  EVENTS_MOST = UINT32_MAX >> HEAD_BITS,
  HEADS_MOST = (1 << 24) - 1,
  MANY_BEHIND = 2, /* words behind the structure that come before the heads where there are many */
  LONG_LEAST = 23, /* with its head whole steps */
  HISTORY_LEAST = 64,
  HISTORY_SMALL = 256, /* up to here a block grows by no more than it must */
  LOGGED_MOST = 16,    /* bytes one event may take in the log, at least */
  SEGMENT_BYTES = 56,
  LOG_MOST_HERE = SEGMENT_BYTES + LOGGED_MOST /* so that where one finds no room, there is enough for a segment */
};

/* Blocks without many heads are not larger than their steps can tell. */
_Static_assert((size_t)HISTORY_MANY *(sizeof(series_head) + SERIES_MOST_HERE * sizeof(pbk_time)) / 8 * 10 +
                   4 * LOG_MOST_HERE <
                 (size_t)UINT16_MAX * HISTORY_STEP,
               "as many steps as there are bits for");

/* An older part of the log. So a long log does not move as it grows. */
struct log_segment {
  struct log_segment *older;
  unsigned char bytes[SEGMENT_BYTES];
};

/* Times that are a block of their own; the word in the history is where it is. */
struct long_series {
  uint32_t capacity, count;
  pbk_time times[];
};

/* ---- the block ---- */

static inline uint32_t head_event(series_head head) {
  return head >> HEAD_BITS;
}
static inline uint32_t head_words(series_head head) {
  return head & HEAD_WORDS;
}
static inline bool is_long(series_head head) {
  return (head & HEAD_LONG) != 0;
}

static inline bool has_many(const struct history *history) {
  return history->heads == HISTORY_MANY;
}
static inline uint32_t head_count(const struct history *history) {
  return has_many(history) ? history_behind(history)[0] : history->heads;
}
static inline series_head *heads_of(const struct history *history) {
  return (series_head *)(uintptr_t)history_behind(history) + (has_many(history) ? MANY_BEHIND : 0);
}
static inline uint32_t log_here(const struct history *history) {
  return history->log & (HISTORY_OLDER - 1);
}
static inline bool has_older(const struct history *history) {
  return history->log >= HISTORY_OLDER;
}

/* Where the words begin behind so many heads, or what comes before them. */
static inline size_t words_at(uint32_t behind) {
  return (sizeof(struct history) + (size_t)behind * sizeof(series_head) + sizeof(pbk_time) - 1) / sizeof(pbk_time) *
         sizeof(pbk_time);
}
static inline uint32_t behind_of(const struct history *history) {
  return has_many(history) ? head_count(history) + MANY_BEHIND : history->heads;
}
static inline pbk_time *words_of(const struct history *history) {
  return (pbk_time *)(void *)((unsigned char *)(uintptr_t)history + words_at(behind_of(history)));
}

/* What stands at the end: the log, and where its older part is. */
static inline size_t tail_of(const struct history *history) {
  return log_here(history) + (has_older(history) ? sizeof(struct log_segment *) : 0);
}
static inline size_t used_with(const struct history *history, uint32_t words) {
  return words_at(behind_of(history)) + (size_t)words * sizeof(pbk_time) + tail_of(history);
}

/* Of few heads fewer than HISTORY_MANY. */
static inline void set_heads(struct history *history, uint32_t heads) {
  if (has_many(history))
    ((uint32_t *)(history + 1))[0] = heads;
  else
    history->heads = (uint8_t)heads;
}
static inline void set_size(struct history *history, size_t size) {
  if (has_many(history))
    ((uint32_t *)(history + 1))[1] = (uint32_t)size;
  else
    history->steps = (uint16_t)(size / HISTORY_STEP);
}
/* LOG_MOST_HERE at most. */
static inline void set_log_size(struct history *history, uint32_t size) {
  history->log = (uint8_t)((history->log & HISTORY_OLDER) | size);
}
static inline void set_logged_at(struct history *history, pbk_time time) {
  memcpy(history->logged_at, &time, sizeof time);
}

static inline unsigned char *log_of(const struct history *history) {
  return (unsigned char *)(uintptr_t)history + history_size(history) - tail_of(history);
}

static inline size_t rounded(size_t size) {
  if (size < HISTORY_LEAST) size = HISTORY_LEAST;
  return (size + HISTORY_STEP - 1) / HISTORY_STEP * HISTORY_STEP;
}

/* ---- series of their own ---- */

static inline struct long_series *long_at(const pbk_time *word) {
  struct long_series *series;
  memcpy(&series, word, sizeof series);
  return series;
}
static inline void set_long(pbk_time *word, struct long_series *series) {
  *word = 0;
  memcpy(word, &series, sizeof series);
}
static inline size_t long_size(uint32_t capacity) {
  return sizeof(struct long_series) + (size_t)capacity * sizeof(pbk_time);
}

static inline struct long_series *new_long(struct memory *memory, uint32_t capacity) {
  struct long_series *series = pbk_allocate(memory, long_size(capacity));
  *series = (struct long_series){.capacity = capacity};
  return series;
}

static inline struct series series_at(series_head head, const pbk_time *words) {
  if (!is_long(head)) return (struct series){words, head_words(head)};
  const struct long_series *series = long_at(words);
  return (struct series){series->times, series->count};
}

/* Whether it is one of those that a mask tells. */
static inline bool has_bit(struct event_bits of, unsigned char mask, uint32_t event) {
  return event < of.count && (of.bits[event] & mask);
}

/* ---- the log ----
 *
 * An event is its number, in bytes of seven bits, and how much older the one logged before it is: a first byte with the unit
 * in which that is told (two bits), how many bytes follow (three), and what does not go into those. */
enum log_unit { LOG_SECONDS, LOG_MILLISECONDS, LOG_MICROSECONDS, LOG_OTHERWISE };
/* LOG_OTHERWISE: it is younger, by that many microseconds; or (0) nothing is told, and eight bytes are its time. */

static inline struct log_segment *older_of(const struct history *history) {
  struct log_segment *older = NULL;
  if (has_older(history))
    memcpy(&older, (const unsigned char *)history + history_size(history) - sizeof older, sizeof older);
  return older;
}

static inline void set_older(struct history *history, struct log_segment *older) {
  history->log |= HISTORY_OLDER;
  memcpy((unsigned char *)history + history_size(history) - sizeof older, &older, sizeof older);
}

#endif
