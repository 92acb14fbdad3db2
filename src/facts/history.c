/* facts/history.c - see history.h. */
#include "facts/history_block.h"

static void grow(struct history **history, struct memory *memory, uint32_t words, uint32_t more) {
  struct history *old = *history;
  size_t used = old ? used_with(old, words) : words_at(0), size = old ? history_size(old) : 0;
  size_t wanted = rounded(used + more + (used > HISTORY_SMALL ? used / 8 : 0));
  if (wanted > UINT32_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
  wanted = pbk_chunks_handy(memory, wanted);
  struct history *grown = pbk_reallocate(memory, old, size, wanted);
  if (!old) *grown = (struct history){.steps = 0};
  unsigned char *bytes = (unsigned char *)grown;
  size_t tail = tail_of(grown);
  if (tail) memmove(bytes + wanted - tail, bytes + size - tail, tail);
  set_size(grown, wanted);
  *history = grown;
}

/* Makes room for `more` bytes between times, of which there are so many words, and log. */
static inline void need_room(struct history **history, struct memory *memory, uint32_t words, uint32_t more) {
  if (!*history || used_with(*history, words) + more > history_size(*history)) grow(history, memory, words, more);
}

/* ---- series ---- */

/* The directory, and where a kind of event stands in it or would stand. */
struct place {
  series_head *heads, *head, *end;
  pbk_time *words;
  uint32_t word; /* of its first, behind those of others */
};
static SELDOM struct place many_heads(const struct history *history) {
  series_head *heads = heads_of(history);
  return (struct place){.heads = heads, .head = heads, .end = heads + head_count(history), .words = words_of(history)};
}
static inline struct place directory_of(const struct history *history) {
  if (has_many(history)) return many_heads(history);
  series_head *heads = (series_head *)(uintptr_t)history_behind(history);
  pbk_time *words = (pbk_time *)(void *)((unsigned char *)(uintptr_t)history + words_at(history->heads));
  return (struct place){.heads = heads, .head = heads, .end = heads + history->heads, .words = words};
}
static inline struct place find_head(const struct history *history, uint32_t event) {
  struct place place = directory_of(history);
  uint64_t least = (uint64_t)event << HEAD_BITS;
  for (; place.head < place.end && *place.head < least; place.head++) place.word += head_words(*place.head);
  return place;
}
static inline bool stands_here(const struct place *place, uint32_t event) {
  return place->head < place->end && head_event(*place->head) == event;
}
/* How many words there are in all. */
static inline uint32_t words_from(const struct place *place) {
  uint32_t words = place->word;
  for (const series_head *head = place->head; head < place->end; head++) words += head_words(*head);
  return words;
}
static inline uint32_t words_in(const struct history *history) {
  struct place place = directory_of(history);
  return words_from(&place);
}

struct series pbk_history_series(const struct history *history, uint32_t event) {
  if (!history) return (struct series){NULL, 0};
  struct place place = find_head(history, event);
  if (!stands_here(&place, event)) return (struct series){NULL, 0};
  return series_at(*place.head, place.words + place.word);
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

/* `word` holds where it is, and is told where it goes. */
static void add_to_long(struct memory *memory, pbk_time *word, pbk_time time) {
  struct long_series *series = long_at(word);
  uint32_t count = series->count;
  if (count == series->capacity) {
    uint32_t capacity = (count + count / 8 + 3) | 1;
    if (capacity < count || (uint64_t)capacity * sizeof time > PTRDIFF_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
    series = pbk_reallocate(memory, series, long_size(count), long_size(capacity));
    series->capacity = capacity;
    set_long(word, series);
  }
  put_time(series->times, count, time);
  series->count = count + 1;
}

/* Lets two words come before the heads. */
static SELDOM void begin_many(struct history **history, struct memory *memory, uint32_t all) {
  need_room(history, memory, all, MANY_BEHIND * sizeof(uint32_t));
  struct history *of = *history;
  uint32_t heads = head_count(of), size = history_size(of), *behind = (uint32_t *)(of + 1);
  memmove(behind + MANY_BEHIND, behind, (size_t)((unsigned char *)(words_of(of) + all) - (unsigned char *)behind));
  of->heads = HISTORY_MANY;
  set_heads(of, heads);
  set_size(of, size);
}

/* With one time. */
static void add_head(struct history **history, struct memory *memory, uint32_t all, uint32_t at, uint32_t word,
                     uint32_t event, pbk_time time) {
  if (event > EVENTS_MOST || head_count(*history) == HEADS_MOST) pbk_allocate(memory, SIZE_MAX); /* refused */
  if ((*history)->heads == HISTORY_MANY - 1) begin_many(history, memory, all);
  uint32_t behind = behind_of(*history), further = (uint32_t)(words_at(behind + 1) - words_at(behind));
  need_room(history, memory, all, further + sizeof time);
  pbk_time *words = words_of(*history), *moved = words + further / sizeof *words;
  memmove(moved + word + 1, words + word, (all - word) * sizeof *words);
  if (further) memmove(moved, words, word * sizeof *words);
  moved[word] = time;
  uint32_t heads = head_count(*history);
  series_head *head = heads_of(*history) + at;
  memmove(head + 1, head, (heads - at) * sizeof *head);
  *head = event << HEAD_BITS | 1;
  set_heads(*history, heads + 1);
}

/* Its times leave the block. */
static SELDOM void make_long(struct memory *memory, struct place *place, uint32_t all, pbk_time time) {
  struct long_series *series = new_long(memory, LONG_LEAST);
  pbk_time *words = place->words + place->word;
  memcpy(series->times, words, SERIES_MOST_HERE * sizeof *words);
  put_time(series->times, SERIES_MOST_HERE, time);
  series->count = SERIES_MOST_HERE + 1;
  uint32_t behind = all - place->word - SERIES_MOST_HERE;
  if (behind) memmove(words + 1, words + SERIES_MOST_HERE, behind * sizeof *words);
  set_long(words, series);
  *place->head = head_event(*place->head) << HEAD_BITS | HEAD_LONG | 1;
}

void pbk_history_add(struct history **history, struct memory *memory, uint32_t event, pbk_time time) {
  if (!*history) grow(history, memory, 0, sizeof time);
  struct place place = find_head(*history, event);
  uint32_t all = words_from(&place), at = (uint32_t)(place.head - place.heads);
  if (!stands_here(&place, event)) {
    add_head(history, memory, all, at, place.word, event, time);
    return;
  }
  uint32_t count = head_words(*place.head);
  if (is_long(*place.head)) {
    add_to_long(memory, place.words + place.word, time);
  } else if (count == SERIES_MOST_HERE) {
    make_long(memory, &place, all, time);
  } else {
    size_t used = (size_t)((unsigned char *)(place.words + all) - (unsigned char *)*history) + tail_of(*history);
    if (used + sizeof time > history_size(*history)) {
      grow(history, memory, all, sizeof time);
      place = find_head(*history, event);
    }
    pbk_time *words = place.words + place.word;
    uint32_t behind = all - place.word - count;
    if (behind) memmove(words + count + 1, words + count, behind * sizeof *words);
    put_time(words, count, time);
    ++*place.head;
  }
}

/* ---- the log ---- */

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
  uint64_t age = (uint64_t)time - (uint64_t)history_logged_at(history), seconds = age / 1000000;
  if (event >= 0x80 || seconds * 1000000 != age || seconds >= 1 << 27 || time < history_logged_at(history)) return 0;
  uint32_t count = seconds < 1 << 11 ? seconds > 7 : seconds < 1 << 19 ? 2 : 3;
  if (log_here(history) + 2 + count > LOG_MOST_HERE) return 0;
  struct place place = directory_of(history);
  uint32_t size = history_size(history);
  unsigned char *at = (unsigned char *)history + size - tail_of(history) - 2 - count;
  if (at < (unsigned char *)(place.words + words_from(&place))) return 0;
  history->log = (uint8_t)(history->log + 2 + count);
  set_logged_at(history, time);
  at[0] = (unsigned char)event;
  at[1] = (unsigned char)(LOG_SECONDS | count << 2 | seconds >> (8 * count) << 5);
  if (count > 0) at[2] = (unsigned char)seconds;
  if (count > 1) at[3] = (unsigned char)(seconds >> 8);
  if (count > 2) at[4] = (unsigned char)(seconds >> 16);
  return 2 + count;
}

/* Moves the oldest of what is here into a segment. */
static void move_out(struct history *history, struct memory *memory) {
  struct log_segment *segment = pbk_allocate(memory, sizeof *segment);
  const unsigned char *from = log_of(history);
  uint32_t left = (uint32_t)log_here(history) - SEGMENT_BYTES;
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
  pbk_time before = *history ? history_logged_at(*history) : 0;
  uint32_t size = put_event(bytes, event);
  size += put_age(bytes + size, time, before);
  if (*history && log_here(*history) + size > LOG_MOST_HERE) move_out(*history, memory);
  need_room(history, memory, *history ? words_in(*history) : 0, size);
  set_log_size(*history, log_here(*history) + size);
  memcpy(log_of(*history), bytes, size);
  set_logged_at(*history, time);
  return size;
}

uint32_t pbk_history_log(struct history **history, struct memory *memory, uint32_t event, pbk_time time) {
  uint32_t size = *history ? log_usual(*history, event, time) : 0;
  return size ? size : log_any(history, memory, event, time);
}

uint32_t pbk_history_log_size(const struct history *history) {
  if (!history) return 0;
  uint32_t size = log_here(history);
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older) size += SEGMENT_BYTES;
  return size;
}

void pbk_history_copy_log(const struct history *history, unsigned char *to) {
  if (!history) return;
  memcpy(to, log_of(history), log_here(history));
  to += log_here(history);
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older, to += SEGMENT_BYTES)
    memcpy(to, segment->bytes, SEGMENT_BYTES);
}

static void release_log(struct history *history, struct memory *memory) {
  for (struct log_segment *segment = older_of(history), *older; segment; segment = older) {
    older = segment->older;
    pbk_release(memory, segment, sizeof *segment);
  }
  history->log = 0;
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
  return (struct log_cursor){bytes, size ? bytes + size : bytes, history ? history_logged_at(history) : 0};
}

uint32_t pbk_history_list(const struct history *history, struct memory *memory, struct event_bits of, unsigned char mask,
                          bool set, struct logged *to) {
  uint32_t count = 0, size = pbk_history_log_size(history);
  const pbk_time *words = history ? words_of(history) : NULL;
  for (uint32_t i = 0, heads = history ? head_count(history) : 0; i < heads; i++) {
    series_head head = heads_of(history)[i];
    struct series series = series_at(head, words);
    words += head_words(head);
    if (has_bit(of, mask, head_event(head)) != set) continue;
    for (uint32_t j = 0; to && j < series.count; j++) to[count + j] = (struct logged){series.times[j], head_event(head)};
    count += series.count;
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
      set_logged_at(*history, 0);
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
  uint64_t bytes = history_size(history);
  const series_head *heads = heads_of(history);
  const pbk_time *words = words_of(history);
  for (uint32_t i = 0; i < head_count(history); words += head_words(heads[i]), i++)
    if (is_long(heads[i])) bytes += long_size(long_at(words)->capacity);
  for (const struct log_segment *segment = older_of(history); segment; segment = segment->older) bytes += sizeof *segment;
  return bytes;
}

uint64_t pbk_history_times(const struct history *history) {
  if (!history) return 0;
  uint64_t times = 0;
  const series_head *heads = heads_of(history);
  const pbk_time *words = words_of(history);
  for (uint32_t i = 0; i < head_count(history); words += head_words(heads[i]), i++)
    times += series_at(heads[i], words).count;
  return times;
}

void pbk_history_release(struct history **history, struct memory *memory) {
  if (!*history) return;
  const series_head *heads = heads_of(*history);
  const pbk_time *words = words_of(*history);
  for (uint32_t i = 0; i < head_count(*history); words += head_words(heads[i]), i++) {
    if (!is_long(heads[i])) continue;
    struct long_series *series = long_at(words);
    pbk_release(memory, series, long_size(series->capacity));
  }
  release_log(*history, memory);
  pbk_release(memory, *history, history_size(*history));
  *history = NULL;
}

void pbk_fetch_log_part(const struct history *history, uint32_t number) {
  const struct log_segment *segment = older_of(history);
  for (; segment && number > 0; number--) segment = segment->older;
  if (!segment) return;
  prefetch(segment);
  prefetch(segment->bytes + SEGMENT_BYTES - 1);
}
