/* facts/history_state.c - histories in snapshots; see history.h. */
#include "facts/history_block.h"

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
  const series_head *heads = heads_of(history);
  const pbk_time *words = words_of(history);
  for (uint32_t i = 0; i < head_count(history); words += head_words(heads[i]), i++, at += SERIES_HEAD) {
    store_u32(at, head_event(heads[i]));
    store_u32(at + 4, series_at(heads[i], words).count);
  }
  return at;
}

/* Parts of it are blocks of their own. */
static SELDOM void write_scattered(struct writer *writer, const struct history *history) {
  const series_head *heads = heads_of(history);
  const pbk_time *words = words_of(history);
  uint32_t count = head_count(history);
  uint64_t size = HISTORY_HEAD + (uint64_t)count * SERIES_HEAD + pbk_history_times(history) * 8,
           log = pbk_history_log_size(history);
  if (size + log > UINT32_MAX) pbk_allocate(writer->memory, SIZE_MAX); /* more than a writer holds: refused */
  unsigned char *at = writer_room(writer, (uint32_t)(size + log));
  store_u32(at, (uint32_t)log);
  store_u32(at + 4, count);
  store_u64(at + 8, log ? (uint64_t)history_logged_at(history) : 0);
  at = put_heads(at + HISTORY_HEAD, history);
  for (uint32_t i = 0; i < count; words += head_words(heads[i]), i++) {
    struct series series = series_at(heads[i], words);
    at = put_words(at, series.times, series.count);
  }
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
  const series_head *heads = heads_of(history);
  uint32_t count = head_count(history), times = 0;
  bool scattered = has_older(history);
  for (uint32_t i = 0; i < count; i++) {
    times += head_words(heads[i]);
    scattered |= is_long(heads[i]);
  }
  if (scattered) {
    write_scattered(writer, history);
    return;
  }
  uint32_t log = log_here(history), before = HISTORY_HEAD + count * SERIES_HEAD; /* it stands in the block, all of it */
  unsigned char *head = writer_begin(writer, before + history_size(history)), *at = head + before;
  copy_backward(at + times * 8, log_of(history), log);
#ifdef NUMBERS_ARE_LITTLE
  copy_backward(at, (const unsigned char *)words_of(history), times * 8);
#else
  put_words(at, words_of(history), times);
#endif
  for (uint32_t i = 0; i < count; i++) {
    store_u32(head + HISTORY_HEAD + (size_t)i * SERIES_HEAD, head_event(heads[i]));
    store_u32(head + HISTORY_HEAD + (size_t)i * SERIES_HEAD + 4, head_words(heads[i]));
  }
  store_u32(head, log);
  store_u32(head + 4, count);
  store_u64(head + 8, log ? (uint64_t)history_logged_at(history) : 0);
  writer_end(writer, at + times * 8 + log);
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

/* Nearly all are of an event with a short number and tell in how much older the next is: how long they are stands in two
 * bytes. */
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
  *bytes = (struct history_bytes){
    .log_size = load_u32(head), .head_count = load_u32(head + 4), .logged_at = (pbk_time)load_u64(head + 8)};
  bytes->heads = bytes->head_count <= HEADS_MOST ? pbk_read_bytes(reader, (uint64_t)bytes->head_count * SERIES_HEAD) : NULL;
  if (!bytes->heads || (bytes->log_size == 0 && bytes->logged_at != 0)) return false;
  uint64_t times = 0, words = 0, least = 0;
  for (uint32_t i = 0; i < bytes->head_count; i++) {
    uint32_t event = load_u32(bytes->heads + (size_t)i * SERIES_HEAD),
             count = load_u32(bytes->heads + (size_t)i * SERIES_HEAD + 4);
    if (event < least || event >= limits->known || event > EVENTS_MOST || !is_watched(limits, event) || count == 0)
      return false;
    least = (uint64_t)event + 1;
    times += count;
    words += count > SERIES_MOST_HERE ? 1 : count;
  }
  bytes->times = pbk_read_bytes(reader, times * sizeof(pbk_time));
  bytes->log = bytes->times ? pbk_read_bytes(reader, bytes->log_size) : NULL;
  if (!bytes->log || words > UINT32_MAX) return false;
  bytes->words = (uint32_t)words;
  bytes->together = words == times;
  return log_fits(bytes, limits);
}

static void put_series(struct history *history, struct memory *memory, const struct history_bytes *bytes) {
  series_head *heads = heads_of(history);
  struct reader times = {bytes->times, bytes->log, false};
  set_heads(history, bytes->head_count);
  for (uint32_t i = 0; i < bytes->head_count; i++) heads[i] = load_u32(bytes->heads + (size_t)i * SERIES_HEAD) << HEAD_BITS;
  pbk_time *words = words_of(history);
  if (bytes->together) pbk_read_words(&times, (uint64_t *)(void *)words, bytes->words);
  for (uint32_t i = 0; i < bytes->head_count; i++) {
    uint32_t count = load_u32(bytes->heads + (size_t)i * SERIES_HEAD + 4);
    if (count > SERIES_MOST_HERE) {
      struct long_series *series = new_long(memory, count);
      pbk_read_words(&times, (uint64_t *)(void *)series->times, count);
      series->count = count;
      set_long(words, series);
      heads[i] |= HEAD_LONG | 1; /* as soon as they are there: whatever is refused, it can be released */
    } else {
      if (!bytes->together) pbk_read_words(&times, (uint64_t *)(void *)words, count);
      heads[i] |= count;
    }
    words += head_words(heads[i]);
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
  set_logged_at(history, bytes->logged_at);
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
  bool many = bytes.head_count >= HISTORY_MANY;
  uint64_t used = words_at(bytes.head_count + (many ? MANY_BEHIND : 0)) + (uint64_t)bytes.words * sizeof(pbk_time) +
                  bytes.log_size - segments * SEGMENT_BYTES + (segments ? sizeof(struct log_segment *) : 0);
  if (used > UINT32_MAX / 2) pbk_allocate(memory, SIZE_MAX); /* refused */
  size_t size = rounded((size_t)used);
  *history = pbk_allocate(memory, size);
  **history = (struct history){.heads = many ? HISTORY_MANY : 0};
  if (many) set_heads(*history, 0);
  set_size(*history, size);
  if (bytes.head_count) put_series(*history, memory, &bytes);
  if (bytes.log_size) put_log(*history, memory, &bytes, segments);
  return true;
}
