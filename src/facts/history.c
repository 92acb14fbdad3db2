/* facts/history.c - see history.h. */
#include "facts/history.h"

#include <string.h>

#include "base/codec.h"

enum {
  HEADS_MOST = (1 << 24) - 1,
  SERIES_MOST_HERE = 16, /* times that stand in the block itself; with more the series is one of its own */
  LONG_LEAST = 23,       /* with its head whole steps */
  HISTORY_LEAST = 64,
  HISTORY_SMALL = 256, /* up to here a block grows by no more than it must */
  HISTORY_STEP = 16,
  LOGGED_MOST = 16, /* bytes one event may take in the log, at least */
  SEGMENT_BYTES = 56,
  LOG_MOST_HERE = SEGMENT_BYTES + LOGGED_MOST /* so that where one finds no room, there is enough for a segment */
};

/* An older part of the log. So a long log does not move as it grows. */
struct log_segment {
  struct log_segment *older;
  unsigned char bytes[SEGMENT_BYTES];
};

/* Times that are a block of their own; the word in the history is where it is. */
struct long_series {
  uint32_t capacity;
  pbk_time times[];
};

/* ---- the block ---- */

static pbk_time *words_of(const struct history *history) {
  return (pbk_time *)(void *)(history_heads(history) + history->heads);
}
static uint32_t words_for(uint32_t count) {
  return count > SERIES_MOST_HERE ? 1 : count;
}

/* What stands at the end: the log, and where its older part is. */
static size_t tail_of(const struct history *history) {
  return history->log_size + (history->has_older ? sizeof(struct log_segment *) : 0);
}
static inline size_t used_with(const struct history *history, uint32_t words) {
  return sizeof *history + (size_t)history->heads * sizeof(struct series_head) + (size_t)words * sizeof(pbk_time) + tail_of(history);
}

/* LOG_MOST_HERE at most. */
static void set_log_size(struct history *history, uint32_t size) { history->log_size = size & 0x7f; }

static unsigned char *log_of(const struct history *history) {
  return (unsigned char *)(uintptr_t)history + history->size - tail_of(history);
}

static void grow(struct history **history, struct memory *memory, uint32_t words, uint32_t more) {
  struct history *old = *history;
  size_t used = old ? used_with(old, words) : sizeof *old, size = old ? old->size : 0;
  size_t wanted = used + more + (used > HISTORY_SMALL ? used / 8 : 0);
  if (wanted < HISTORY_LEAST) wanted = HISTORY_LEAST;
  wanted = (wanted + HISTORY_STEP - 1) / HISTORY_STEP * HISTORY_STEP;
  if (wanted > UINT32_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
  struct history *grown = pbk_reallocate(memory, old, size, wanted);
  if (!old) *grown = (struct history){.size = 0};
  unsigned char *bytes = (unsigned char *)grown;
  size_t tail = tail_of(grown);
  if (tail) memmove(bytes + wanted - tail, bytes + size - tail, tail);
  grown->size = (uint32_t)wanted;
  *history = grown;
}

/* Makes room for `more` bytes between times, of which there are so many words, and log. */
static inline void need_room(struct history **history, struct memory *memory, uint32_t words, uint32_t more) {
  if (!*history || used_with(*history, words) + more > (*history)->size) grow(history, memory, words, more);
}

/* ---- series ---- */

static struct long_series *long_at(const pbk_time *word) {
  struct long_series *series;
  memcpy(&series, word, sizeof series);
  return series;
}
static void set_long(pbk_time *word, struct long_series *series) {
  *word = 0;
  memcpy(word, &series, sizeof series);
}
static size_t long_size(uint32_t capacity) {
  return sizeof(struct long_series) + (size_t)capacity * sizeof(pbk_time);
}

/* Where a kind of event stands in the directory, or would stand, and where its words do. */
static inline uint32_t find_head(const struct history *history, uint32_t event, uint32_t *word) {
  const struct series_head *heads = history_heads(history);
  uint32_t at = 0, words = 0;
  for (; at < history->heads && heads[at].event < event; at++) words += words_for(heads[at].count);
  *word = words;
  return at;
}
/* How many words there are in all, of which so many are of the series before `at`. */
static inline uint32_t words_from(const struct history *history, uint32_t at, uint32_t words) {
  const struct series_head *heads = history_heads(history);
  for (; at < history->heads; at++) words += words_for(heads[at].count);
  return words;
}

struct series pbk_history_series(const struct history *history, uint32_t event) {
  uint32_t word;
  if (!history) return (struct series){NULL, 0};
  uint32_t at = find_head(history, event, &word);
  const struct series_head *head = history_heads(history) + at;
  if (at == history->heads || head->event != event) return (struct series){NULL, 0};
  const pbk_time *words = words_of(history) + word;
  return (struct series){head->count > SERIES_MOST_HERE ? long_at(words)->times : words, head->count};
}

/* Behind all that happened at or before it. */
static uint32_t time_place(const pbk_time *times, uint32_t count, pbk_time time) {
  if (count == 0 || times[count - 1] <= time) return count;
  uint32_t low = 0, high = count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (times[middle] > time)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void put_time(pbk_time *times, uint32_t count, pbk_time time) {
  uint32_t place = time_place(times, count, time);
  if (place < count) memmove(times + place + 1, times + place, (count - place) * sizeof *times);
  times[place] = time;
}

static struct long_series *new_long(struct memory *memory, uint32_t capacity) {
  struct long_series *series = pbk_allocate(memory, long_size(capacity));
  series->capacity = capacity;
  return series;
}

/* `word` holds where it is, and is told where it goes. */
static void add_to_long(struct memory *memory, pbk_time *word, uint32_t count, pbk_time time) {
  struct long_series *series = long_at(word);
  if (count == series->capacity) {
    uint32_t capacity = (count + count / 8 + 3) | 1;
    if (capacity < count || (uint64_t)capacity * sizeof time > PTRDIFF_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
    series = pbk_reallocate(memory, series, long_size(series->capacity), long_size(capacity));
    series->capacity = capacity;
    set_long(word, series);
  }
  put_time(series->times, count, time);
}

/* Moves what stands behind `word`, of `all`, by so many words. */
static inline void move_words(struct history *history, uint32_t all, uint32_t word, uint32_t from, uint32_t to) {
  pbk_time *words = words_of(history) + word;
  uint32_t behind = all - word - from;
  if (behind) memmove(words + to, words + from, behind * sizeof *words);
}

static void add_head(struct history **history, struct memory *memory, uint32_t all, uint32_t at, uint32_t word, uint32_t event) {
  if ((*history)->heads == HEADS_MOST) pbk_allocate(memory, SIZE_MAX); /* refused */
  need_room(history, memory, all, sizeof(struct series_head) + sizeof(pbk_time));
  struct series_head *head = history_heads(*history) + at;
  pbk_time *words = words_of(*history);
  memmove(words + word + 2, words + word,
          (all - word) * sizeof *words); /* the head and the time: a word each */
  unsigned char *from = (unsigned char *)head;
  memmove(from + sizeof *head, from, (size_t)((unsigned char *)(words + word) - from));
  *head = (struct series_head){event, 0};
  (*history)->heads++;
}

void pbk_history_add(struct history **history, struct memory *memory, uint32_t event, pbk_time time) {
  if (!*history) grow(history, memory, 0, sizeof(struct series_head) + sizeof(pbk_time));
  uint32_t word, at = find_head(*history, event, &word), all = words_from(*history, at, word);
  bool known = at < (*history)->heads && history_heads(*history)[at].event == event;
  uint32_t count = known ? history_heads(*history)[at].count : 0;
  if (!known) {
    add_head(history, memory, all, at, word, event);
    words_of(*history)[word] = time;
  } else if (count < SERIES_MOST_HERE) {
    need_room(history, memory, all, sizeof time);
    move_words(*history, all, word, count, count + 1);
    put_time(words_of(*history) + word, count, time);
  } else if (count == SERIES_MOST_HERE) {
    struct long_series *series = new_long(memory, LONG_LEAST);
    pbk_time *words = words_of(*history) + word;
    memcpy(series->times, words, SERIES_MOST_HERE * sizeof *words);
    put_time(series->times, count, time);
    move_words(*history, all, word, count, 1);
    set_long(words, series);
  } else {
    add_to_long(memory, words_of(*history) + word, count, time);
  }
  history_heads(*history)[at].count = count + 1;
}

/* ---- the log ----
 *
 * An event is its number, in bytes of seven bits, and how much older the one logged before it is: a first byte with the unit
 * in which that is told (two bits), how many bytes follow (three), and what does not go into those. */
enum log_unit { LOG_SECONDS, LOG_MILLISECONDS, LOG_MICROSECONDS, LOG_OTHERWISE };
/* LOG_OTHERWISE: it is younger, by that many microseconds; or (0) nothing is told, and eight bytes follow that are its time.
 */

static uint32_t put_event(unsigned char *at, uint32_t event) {
  uint32_t size = 0;
  for (; event >= 0x80; event >>= 7) at[size++] = (unsigned char)(event | 0x80);
  at[size++] = (unsigned char)event;
  return size;
}

/* Always all eight, of which those that count come first. */
static inline void put_eight(unsigned char *at, uint64_t number) {
#ifdef NUMBERS_ARE_LITTLE
  memcpy(at, &number, 8);
#else
  for (int i = 0; i < 8; i++) at[i] = (unsigned char)(number >> (8 * i));
#endif
}

static uint32_t put_told(unsigned char *at, enum log_unit unit, uint64_t number) {
  uint32_t count = number < 1 << 11             ? number > 7
                   : number < 1 << 19           ? 2
                   : number < 1 << 27           ? 3
                   : number < (uint64_t)1 << 35 ? 4
                                                : 7;
  at[0] = (unsigned char)((uint32_t)unit | count << 2 | (uint32_t)(number >> (8 * count)) << 5);
  put_eight(at + 1, number);
  return 1 + count;
}

static uint32_t put_age(unsigned char *at, pbk_time time, pbk_time before) {
  const uint64_t most = (uint64_t)1 << 58;
  uint64_t age = (uint64_t)time - (uint64_t)before;
  if (time >= before && age < most) {
    uint64_t milliseconds = age / 1000, seconds = milliseconds / 1000;
    if (milliseconds * 1000 != age) return put_told(at, LOG_MICROSECONDS, age);
    if (seconds * 1000 != milliseconds) return put_told(at, LOG_MILLISECONDS, milliseconds);
    return put_told(at, LOG_SECONDS, seconds);
  }
  if (time < before && -age < most) return put_told(at, LOG_OTHERWISE, -age);
  at[0] = LOG_OTHERWISE;
  put_eight(at + 1, (uint64_t)before);
  return 9;
}

/* The same as below for what is usual and finds room: 0 where something else is the case. */
static inline uint32_t log_usual(struct history *history, uint32_t event, pbk_time time) {
  uint64_t age = (uint64_t)time - (uint64_t)history->logged_at, seconds = age / 1000000;
  if (event >= 0x80 || seconds * 1000000 != age || seconds >= 1 << 27 || time < history->logged_at) return 0;
  uint32_t count = seconds < 1 << 11 ? seconds > 7 : seconds < 1 << 19 ? 2 : 3;
  if (history->log_size + 2 + count > LOG_MOST_HERE || used_with(history, words_from(history, 0, 0)) + 2 + count > history->size) return 0;
  set_log_size(history, history->log_size + 2 + count);
  history->logged_at = time;
  unsigned char *at = log_of(history);
  at[0] = (unsigned char)event;
  at[1] = (unsigned char)(LOG_SECONDS | count << 2 | seconds >> (8 * count) << 5);
  if (count > 0) at[2] = (unsigned char)seconds;
  if (count > 1) at[3] = (unsigned char)(seconds >> 8);
  if (count > 2) at[4] = (unsigned char)(seconds >> 16);
  return 2 + count;
}

static struct log_segment *older_of(const struct history *history) {
  struct log_segment *older = NULL;
  if (history->has_older) memcpy(&older, (const unsigned char *)history + history->size - sizeof older, sizeof older);
  return older;
}

static void set_older(struct history *history, struct log_segment *older) {
  history->has_older = true;
  memcpy((unsigned char *)history + history->size - sizeof older, &older, sizeof older);
}

/* Moves the oldest of what is here into a segment. */
static void move_out(struct history *history, struct memory *memory) {
  struct log_segment *segment = pbk_allocate(memory, sizeof *segment);
  const unsigned char *from = log_of(history);
  uint32_t left = (uint32_t)history->log_size - SEGMENT_BYTES;
  unsigned char kept[LOG_MOST_HERE];
  segment->older = older_of(history);
  memcpy(segment->bytes, from + left, SEGMENT_BYTES);
  memcpy(kept, from, left);
  set_log_size(history, left);
  set_older(history, segment);
  memcpy(log_of(history), kept, left);
}

SELDOM static uint32_t log_any(struct history **history, struct memory *memory, uint32_t event, pbk_time time) {
  unsigned char bytes[LOGGED_MOST];
  pbk_time before = *history ? (*history)->logged_at : 0;
  uint32_t size = put_event(bytes, event);
  size += put_age(bytes + size, time, before);
  if (*history && (*history)->log_size + size > LOG_MOST_HERE) move_out(*history, memory);
  need_room(history, memory, *history ? words_from(*history, 0, 0) : 0, size);
  set_log_size(*history, (*history)->log_size + size);
  memcpy(log_of(*history), bytes, size);
  (*history)->logged_at = time;
  return size;
}

uint32_t pbk_history_log(struct history **history, struct memory *memory, uint32_t event, pbk_time time) {
  uint32_t size = *history ? log_usual(*history, event, time) : 0;
  return size ? size : log_any(history, memory, event, time);
}

uint32_t pbk_history_log_size(const struct history *history) {
  if (!history) return 0;
  uint32_t size = history->log_size;
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older) size += SEGMENT_BYTES;
  return size;
}

void pbk_history_copy_log(const struct history *history, unsigned char *to) {
  if (!history) return;
  memcpy(to, log_of(history), history->log_size);
  to += history->log_size;
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older, to += SEGMENT_BYTES)
    memcpy(to, segment->bytes, SEGMENT_BYTES);
}

static void release_log(struct history *history, struct memory *memory) {
  for (struct log_segment *segment = older_of(history), *older; segment; segment = older) {
    older = segment->older;
    pbk_release(memory, segment, sizeof *segment);
  }
  history->has_older = false;
  history->log_size = 0;
}

static bool take_event(struct log_cursor *cursor, uint32_t *event) {
  *event = 0;
  for (uint32_t shift = 0; shift < 32 && cursor->at < cursor->end; shift += 7) {
    uint32_t byte = *cursor->at++;
    if (shift == 28 && byte > 15) break;
    *event |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  cursor->at = NULL;
  return false;
}

static bool take_bytes(struct log_cursor *cursor, uint32_t count, uint64_t *number) {
  if ((size_t)(cursor->end - cursor->at) < count) {
    cursor->at = NULL;
    return false;
  }
  for (uint32_t i = 0; i < count; i++) *number |= (uint64_t)*cursor->at++ << (8 * i);
  return true;
}

/* The time of the one before. */
static bool take_age(struct log_cursor *cursor) {
  if (cursor->at == cursor->end) {
    cursor->at = NULL;
    return false;
  }
  uint32_t first = *cursor->at++, count = first >> 2 & 7;
  uint64_t told = (uint64_t)(first >> 5) << (8 * count), time = (uint64_t)cursor->time;
  if (!take_bytes(cursor, count, &told)) return false;
  switch (first & 3) {
    case LOG_SECONDS: time -= told * 1000000; break;
    case LOG_MILLISECONDS: time -= told * 1000; break;
    case LOG_MICROSECONDS: time -= told; break;
    default:
      if (told == 0) time = 0;
      if (told == 0 && !take_bytes(cursor, 8, &time)) return false;
      time += told;
      break;
  }
  cursor->time = (pbk_time)time;
  return true;
}

bool pbk_log_next(struct log_cursor *cursor, uint32_t *event, pbk_time *time) {
  if (cursor->at == cursor->end) return false;
  *time = cursor->time;
  return take_event(cursor, event) && take_age(cursor);
}

/* ---- watching ---- */

static bool has_bit(struct event_bits of, unsigned char mask, uint32_t event) {
  return event < of.count && (of.bits[event] & mask);
}

static bool logged_before(const struct logged *a, const struct logged *b) {
  return a->time != b->time ? a->time < b->time : a->event < b->event;
}

static void sift_down(struct logged *logged, uint32_t at, uint32_t count) {
  struct logged moved = logged[at];
  for (;;) {
    uint64_t child = (uint64_t)at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && logged_before(&logged[child], &logged[child + 1])) child++;
    if (!logged_before(&moved, &logged[child])) break;
    logged[at] = logged[child];
    at = (uint32_t)child;
  }
  logged[at] = moved;
}

void pbk_sort_logged(struct logged *logged, uint32_t count) {
  uint32_t sorted = 1;
  while (sorted < count && !logged_before(&logged[sorted], &logged[sorted - 1])) sorted++;
  if (sorted >= count) return;
  for (uint32_t i = count / 2; i-- > 0;) sift_down(logged, i, count);
  for (uint32_t left = count - 1; left > 0; left--) {
    struct logged latest = logged[0];
    logged[0] = logged[left];
    logged[left] = latest;
    sift_down(logged, 0, left);
  }
}

/* A log in one row; NULL where nothing is logged. */
static unsigned char *row_of_log(const struct history *history, struct memory *memory, uint32_t size) {
  unsigned char *bytes = size ? pbk_allocate(memory, size) : NULL;
  if (bytes) pbk_history_copy_log(history, bytes);
  return bytes;
}
static struct log_cursor cursor_at(const struct history *history, const unsigned char *bytes, uint32_t size) {
  return (struct log_cursor){bytes, size ? bytes + size : bytes, history ? history->logged_at : 0};
}

uint32_t pbk_history_list(const struct history *history, struct memory *memory, struct event_bits of, unsigned char mask, bool set,
                          struct logged *to) {
  uint32_t count = 0, size = pbk_history_log_size(history);
  for (uint32_t i = 0; i < history_head_count(history); i++) {
    struct series_head head = history_heads(history)[i];
    if (has_bit(of, mask, head.event) != set) continue;
    struct series series = pbk_history_series(history, head.event);
    for (uint32_t j = 0; to && j < head.count; j++) to[count + j] = (struct logged){series.times[j], head.event};
    count += head.count;
  }
  unsigned char *bytes = row_of_log(history, memory, size);
  struct log_cursor cursor = cursor_at(history, bytes, size);
  struct logged next;
  while (pbk_log_next(&cursor, &next.event, &next.time)) {
    if (has_bit(of, mask, next.event) != set) continue;
    if (to) to[count] = next;
    count++;
  }
  pbk_release(memory, bytes, size);
  return count;
}

void pbk_history_watch(struct history **history, struct memory *memory, struct event_bits watched, unsigned char mask,
                       const struct logged *more, uint32_t more_count) {
  uint32_t size = pbk_history_log_size(*history), all = 0, found = more_count;
  unsigned char *bytes = row_of_log(*history, memory, size);
  struct log_cursor begin = cursor_at(*history, bytes, size), cursor = begin;
  struct logged next;
  for (; pbk_log_next(&cursor, &next.event, &next.time); all++) found += has_bit(watched, mask, next.event);
  if (found) {
    size_t room = ((size_t)all + more_count) * sizeof(struct logged);
    struct logged *logged = pbk_allocate(memory, room);
    for (uint32_t at = all; at-- > 0 && pbk_log_next(&begin, &next.event, &next.time);) logged[at] = next;
    if (more_count) {
      memcpy(logged + all, more, more_count * sizeof *more);
      pbk_sort_logged(logged, all + more_count); /* so that nothing is put between others */
    }
    if (*history) {
      release_log(*history, memory);
      (*history)->logged_at = 0;
    }
    for (uint32_t i = 0; i < all + more_count; i++) {
      if (has_bit(watched, mask, logged[i].event))
        pbk_history_add(history, memory, logged[i].event, logged[i].time);
      else
        pbk_history_log(history, memory, logged[i].event, logged[i].time);
    }
    pbk_release(memory, logged, room);
  }
  pbk_release(memory, bytes, size);
}

/* ---- the whole ---- */

uint64_t pbk_history_bytes(const struct history *history) {
  if (!history) return 0;
  uint64_t bytes = history->size;
  const struct series_head *heads = history_heads(history);
  const pbk_time *words = words_of(history);
  for (uint32_t i = 0; i < history->heads; words += words_for(heads[i].count), i++)
    if (heads[i].count > SERIES_MOST_HERE) bytes += long_size(long_at(words)->capacity);
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older) bytes += sizeof *segment;
  return bytes;
}

uint64_t pbk_history_times(const struct history *history) {
  uint64_t times = 0;
  for (uint32_t i = 0; i < history_head_count(history); i++) times += history_heads(history)[i].count;
  return times;
}

void pbk_history_release(struct history **history, struct memory *memory) {
  if (!*history) return;
  const struct series_head *heads = history_heads(*history);
  const pbk_time *words = words_of(*history);
  for (uint32_t i = 0; i < (*history)->heads; words += words_for(heads[i].count), i++) {
    if (heads[i].count <= SERIES_MOST_HERE) continue;
    struct long_series *series = long_at(words);
    pbk_release(memory, series, long_size(series->capacity));
  }
  release_log(*history, memory);
  pbk_release(memory, *history, (*history)->size);
  *history = NULL;
}

/* ---- for snapshots ---- */

enum { HISTORY_HEAD = 16, SERIES_HEAD = 8 };

static unsigned char *put_words(unsigned char *at, const pbk_time *words, uint32_t count) {
#ifdef NUMBERS_ARE_LITTLE
  memcpy(at, words, (size_t)count * 8);
#else
  for (uint32_t i = 0; i < count; i++) store_u64(at + (size_t)i * 8, (uint64_t)words[i]);
#endif
  return at + (size_t)count * 8;
}

static unsigned char *put_heads(unsigned char *at, const struct history *history) {
  const struct series_head *heads = history_heads(history);
  for (uint32_t i = 0; i < history->heads; i++, at += SERIES_HEAD) {
    store_u32(at, heads[i].event);
    store_u32(at + 4, heads[i].count);
  }
  return at;
}

/* Parts of it are blocks of their own. */
static SELDOM void write_scattered(struct writer *writer, const struct history *history, uint64_t times) {
  const struct series_head *heads = history_heads(history);
  const pbk_time *words = words_of(history);
  uint64_t size = HISTORY_HEAD + (uint64_t)history->heads * SERIES_HEAD + times * 8, log = pbk_history_log_size(history);
  if (size + log > UINT32_MAX) pbk_allocate(writer->memory, SIZE_MAX); /* more than a writer holds: refused */
  unsigned char *at = writer_room(writer, (uint32_t)(size + log));
  store_u32(at, (uint32_t)log);
  store_u32(at + 4, history->heads);
  store_u64(at + 8, log ? (uint64_t)history->logged_at : 0);
  at = put_heads(at + HISTORY_HEAD, history);
  for (uint32_t i = 0; i < history->heads; words += words_for(heads[i].count), i++)
    at = put_words(at, heads[i].count > SERIES_MOST_HERE ? long_at(words)->times : words, heads[i].count);
  pbk_history_copy_log(history, at);
}

/* In pieces from the end on: what stands in a block has a piece's bytes before it there, and so has the place where it goes,
 * which are written over. */
enum { COPIED_AT_ONCE = 16 };
static inline void copy_backward(unsigned char *to, const unsigned char *from, uint32_t size) {
  for (int64_t at = size; at > 0; at -= COPIED_AT_ONCE)
    memcpy(to + at - COPIED_AT_ONCE, from + at - COPIED_AT_ONCE, COPIED_AT_ONCE);
}

void pbk_write_history(struct writer *writer, const struct history *history) {
  if (!history) {
    memset(writer_room(writer, HISTORY_HEAD), 0, HISTORY_HEAD);
    return;
  }
  const struct series_head *heads = history_heads(history);
  uint64_t times = 0;
  bool scattered = history->has_older;
  for (uint32_t i = 0; i < history->heads; i++) {
    times += heads[i].count;
    scattered |= heads[i].count > SERIES_MOST_HERE;
  }
  if (scattered) {
    write_scattered(writer, history, times);
    return;
  }
  unsigned char *head = writer_begin(writer, history->size),
                *at = head + HISTORY_HEAD; /* it stands in the block, all of it */
  uint32_t log = history->log_size, size = (uint32_t)(history->heads * SERIES_HEAD + times * 8);
  copy_backward(at + size, log_of(history), log);
#ifdef NUMBERS_ARE_LITTLE
  copy_backward(at, (const unsigned char *)heads, size);
#else
  put_words(put_heads(at, history), words_of(history), (uint32_t)times);
#endif
  store_u32(head, log);
  store_u32(head + 4, history->heads);
  store_u64(head + 8, log ? (uint64_t)history->logged_at : 0);
  writer_end(writer, at + size + log);
}

/* What is read, borrowed from the input. */
struct history_bytes {
  const unsigned char *heads, *times, *log;
  uint32_t head_count, words, log_size;
  bool together;
  pbk_time logged_at;
};

static bool is_watched(const struct history_limits *limits, uint32_t event) {
  return has_bit((struct event_bits){limits->watched, limits->count}, limits->mask, event);
}

struct history_limits pbk_history_limits(const unsigned char *watched, uint32_t count, uint32_t known, unsigned char mask) {
  struct history_limits limits = {watched, count, known, mask, {0}};
  for (uint32_t i = 0; i < LOGGED_SHORT; i++) limits.refused[i] = i >= known || is_watched(&limits, i);
  return limits;
}

/* Whether the log is one from a place on; its times may be anything. */
static SELDOM bool log_fits_from(const struct history_bytes *bytes, uint32_t at, const struct history_limits *limits) {
  struct log_cursor cursor = {bytes->log + at, bytes->log + bytes->log_size, 0};
  uint32_t event;
  pbk_time time;
  while (pbk_log_next(&cursor, &event, &time))
    if (event >= limits->known || is_watched(limits, event)) return false;
  return cursor.at != NULL;
}

/* Nearly all are of an event with a short number and tell in how much older the next is: how long they are stands in two bytes. */
static bool log_fits(const struct history_bytes *bytes, const struct history_limits *limits) {
  const unsigned char *log = bytes->log;
  uint64_t at = 0, size = bytes->log_size;
  uint32_t refused = 0;
  while (at + 2 <= size) {
    uint32_t event = log[at], told = log[at + 1];
    if (event >= LOGGED_SHORT || (told & 3) == LOG_OTHERWISE) return !refused && log_fits_from(bytes, (uint32_t)at, limits);
    refused |= limits->refused[event];
    at += 2 + (told >> 2 & 7);
  }
  return at == size && !refused;
}

static bool take_history(struct reader *reader, const struct history_limits *limits, struct history_bytes *bytes) {
  const unsigned char *head = pbk_read_bytes(reader, HISTORY_HEAD);
  if (!head) return false;
  *bytes = (struct history_bytes){.log_size = load_u32(head), .head_count = load_u32(head + 4), .logged_at = (pbk_time)load_u64(head + 8)};
  bytes->heads = bytes->head_count <= HEADS_MOST ? pbk_read_bytes(reader, (uint64_t)bytes->head_count * SERIES_HEAD) : NULL;
  if (!bytes->heads || (bytes->log_size == 0 && bytes->logged_at != 0)) return false;
  uint64_t times = 0, words = 0, least = 0;
  for (uint32_t i = 0; i < bytes->head_count; i++) {
    uint32_t event = load_u32(bytes->heads + (size_t)i * SERIES_HEAD),
             count = load_u32(bytes->heads + (size_t)i * SERIES_HEAD + 4);
    if (event < least || event >= limits->known || !is_watched(limits, event) || count == 0) return false;
    least = (uint64_t)event + 1;
    times += count;
    words += words_for(count);
  }
  bytes->times = pbk_read_bytes(reader, times * sizeof(pbk_time));
  bytes->log = bytes->times ? pbk_read_bytes(reader, bytes->log_size) : NULL;
  if (!bytes->log || words > UINT32_MAX) return false;
  bytes->words = (uint32_t)words;
  bytes->together = words == times;
  return log_fits(bytes, limits);
}

static void put_series(struct history *history, struct memory *memory, const struct history_bytes *bytes) {
  struct series_head *heads = history_heads(history);
  for (uint32_t i = 0; i < bytes->head_count; i++) {
    const unsigned char *head = bytes->heads + (size_t)i * SERIES_HEAD;
    heads[i] = (struct series_head){load_u32(head), bytes->together ? load_u32(head + 4) : 0};
  }
  struct reader times = {bytes->times, bytes->log, false};
  history->heads = bytes->head_count & HEADS_MOST;
  if (bytes->together) {
    pbk_read_words(&times, (uint64_t *)(void *)words_of(history), bytes->words);
    return;
  }
  for (uint32_t i = 0, put = 0; i < bytes->head_count; i++) {
    uint32_t count = load_u32(bytes->heads + (size_t)i * SERIES_HEAD + 4);
    pbk_time *words = words_of(history) + put;
    struct long_series *series = count > SERIES_MOST_HERE ? new_long(memory, count) : NULL;
    pbk_read_words(&times, (uint64_t *)(void *)(series ? series->times : words), count);
    if (series) set_long(words, series);
    heads[i].count = count; /* as soon as they are there: whatever is refused, it can be released */
    put += words_for(count);
  }
}

static void put_log(struct history *history, struct memory *memory, const struct history_bytes *bytes, uint32_t segments) {
  uint32_t here = bytes->log_size - segments * SEGMENT_BYTES;
  for (uint32_t i = segments; i-- > 0;) {
    struct log_segment *segment = pbk_allocate(memory, sizeof *segment);
    segment->older = older_of(history);
    memcpy(segment->bytes, bytes->log + here + (size_t)i * SEGMENT_BYTES, SEGMENT_BYTES);
    set_older(history, segment);
  }
  set_log_size(history, here);
  history->logged_at = bytes->logged_at;
  if (here) memcpy(log_of(history), bytes->log, here);
}

bool pbk_read_history(struct reader *reader, struct memory *memory, const struct history_limits *limits,
                      struct history **history) {
  struct history_bytes bytes;
  if (!take_history(reader, limits, &bytes)) {
    reader->failed = true;
    return false;
  }
  if (bytes.head_count == 0 && bytes.log_size == 0) return true;
  uint32_t segments =
    bytes.log_size > LOG_MOST_HERE ? (bytes.log_size - LOG_MOST_HERE + SEGMENT_BYTES - 1) / SEGMENT_BYTES : 0;
  uint64_t size = sizeof **history + (uint64_t)bytes.head_count * sizeof(struct series_head) +
                  (uint64_t)bytes.words * sizeof(pbk_time) + bytes.log_size - segments * SEGMENT_BYTES +
                  (segments ? sizeof(struct log_segment *) : 0);
  if (size < HISTORY_LEAST) size = HISTORY_LEAST;
  size = (size + HISTORY_STEP - 1) / HISTORY_STEP * HISTORY_STEP;
  if (size > UINT32_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
  *history = pbk_allocate(memory, (size_t)size);
  **history = (struct history){.size = (uint32_t)size};
  if (bytes.head_count) put_series(*history, memory, &bytes);
  if (bytes.log_size) put_log(*history, memory, &bytes, segments);
  return true;
}

void pbk_fetch_log_part(const struct history *history, uint32_t number) {
  const struct log_segment *segment = older_of(history);
  for (; segment && number > 0; number--) segment = segment->older;
  if (!segment) return;
  prefetch(segment);
  prefetch(segment->bytes + SEGMENT_BYTES - 1);
}
