/* tests/unit/history.c - series and logs of events, against plain lists (SPEC E6, T5, X3). */
#include "facts/history.h"

#include "unit/check.h"

enum { EVENTS = 6, MOST = 6000 };

static struct check_heap heap;
static struct memory memory;
static struct history *history;

/* The same, plainly: as it came. */
static struct {
  uint32_t event;
  pbk_time time;
} told[MOST];
static uint32_t told_count;
static unsigned char watched[300];

static void open_history(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  history = NULL;
  told_count = 0;
  memset(watched, 0, sizeof watched);
}

static void close_history(void) {
  pbk_history_release(&history, &memory);
  CHECK(history == NULL);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void tell(uint32_t event, pbk_time time) {
  told[told_count].event = event;
  told[told_count++].time = time;
  if (watched[event])
    pbk_history_add(&history, &memory, event, time);
  else
    pbk_history_log(&history, &memory, event, time);
}

static int by_time(const void *a, const void *b) {
  pbk_time left = *(const pbk_time *)a, right = *(const pbk_time *)b;
  return left < right ? -1 : left > right;
}

static void compare_series(const struct history *of, uint32_t event) {
  static pbk_time times[MOST];
  uint32_t count = 0;
  struct series series = pbk_history_series(of, event);
  for (uint32_t i = 0; watched[event] && i < told_count; i++)
    if (told[i].event == event) times[count++] = told[i].time;
  if (count) qsort(times, count, sizeof *times, by_time);
  if (!CHECK_EQUAL_UINT(series.count, count) || !count) return;
  CHECK_EQUAL_BYTES(series.times, times, count * sizeof *times);
}

static void compare_log(const struct history *of) {
  static unsigned char bytes[MOST * 16];
  uint32_t size = pbk_history_log_size(of), at = told_count, event, wrong = 0;
  pbk_time time;
  if (!CHECK(size <= sizeof bytes)) return;
  pbk_history_copy_log(of, bytes);
  struct log_cursor cursor = {bytes, bytes + size, of ? history_logged_at(of) : 0};
  while (pbk_log_next(&cursor, &event, &time)) {
    while (at > 0 && watched[told[at - 1].event]) at--;
    if (!CHECK(at > 0)) return;
    at--;
    wrong += told[at].event != event || told[at].time != time;
  }
  while (at > 0 && watched[told[at - 1].event]) at--;
  CHECK_EQUAL_UINT(at, 0);
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(cursor.at == cursor.end);
}

static void compare_all(void) {
  for (uint32_t event = 0; event < EVENTS; event++) compare_series(history, event);
  compare_log(history);
}

static void none(void) {
  open_history();
  CHECK_EQUAL_UINT(pbk_history_series(NULL, 3).count, 0);
  CHECK_EQUAL_UINT(pbk_history_log_size(NULL), 0);
  pbk_history_watch(&history, &memory, (struct event_bits){watched, EVENTS}, 1, NULL, 0);
  CHECK(history == NULL);
  close_history();
}

/* All kinds watched, none, and some, which become more; times in order and not. */
static void random_work(void) {
  uint64_t random = 3;
  static const int64_t units[] = {1, 1000, 1000000, 86400000000};
  for (uint32_t round = 0; round < 60; round++) {
    open_history();
    pbk_time now = (pbk_time)check_random_below(&random, 2000) * 1000000;
    uint32_t count = round % 10 == 9 ? 3000 : check_random_below(&random, 120), late = check_random_below(&random, 20);
    for (uint32_t event = 0; event < EVENTS; event++)
      watched[event] = (round % 3 ? check_random_below(&random, 2) : round % 2) != 0;
    check_note("round %" PRIu32, round);
    for (uint32_t i = 0; i < count; i++) {
      now += (pbk_time)check_random_below(&random, 50) * units[check_random_below(&random, 4)];
      bool is_late = late && check_random_below(&random, late + 1) == 0;
      tell(check_random_below(&random, EVENTS),
           is_late ? now - (pbk_time)check_random_below(&random, 1000000000) * 77 : now);
      if (check_random_below(&random, 100)) continue;
      watched[check_random_below(&random, EVENTS)] = 1;
      pbk_history_watch(&history, &memory, (struct event_bits){watched, EVENTS}, 1, NULL, 0);
    }
    compare_all();
    memset(watched, 1, EVENTS);
    pbk_history_watch(&history, &memory, (struct event_bits){watched, EVENTS}, 1, NULL, 0);
    compare_all();
    CHECK_EQUAL_UINT(pbk_history_log_size(history), 0);
    close_history();
  }
}

/* The ends of time, and numbers of events that take more bytes. */
static void extremes(void) {
  static const pbk_time times[] = {INT64_MIN,
                                   INT64_MAX,
                                   INT64_MIN,
                                   0,
                                   -1,
                                   1,
                                   INT64_MAX,
                                   INT64_MAX,
                                   INT64_MAX - 1,
                                   -4611686018427387904,
                                   4611686018427387904,
                                   288230376151711743,
                                   0,
                                   288230376151711744};
  open_history();
  for (uint32_t i = 0; i < 14; i++) tell(i % 2 ? 127 + i : 0, times[i]);
  for (uint32_t i = 0; i < 300; i++) tell(i, (pbk_time)i * 1000);
  compare_log(history);
  watched[0] = watched[140] = watched[255] = 1;
  pbk_history_watch(&history, &memory, (struct event_bits){watched, 300}, 1, NULL, 0);
  compare_series(history, 0);
  compare_series(history, 140);
  compare_series(history, 255);
  compare_log(history);
  CHECK(history_size(history) < 4096);
  close_history();
  pbk_history_log(&history, &memory, UINT32_MAX - 1, 5);
  uint32_t event = 0;
  pbk_time time = 0;
  unsigned char bytes[16];
  pbk_history_copy_log(history, bytes);
  struct log_cursor cursor = {bytes, bytes + pbk_history_log_size(history), history_logged_at(history)};
  CHECK(pbk_log_next(&cursor, &event, &time));
  CHECK_EQUAL_UINT(event, UINT32_MAX - 1);
  CHECK_EQUAL_INT(time, 5);
  close_history();
}

/* So many kinds that their number does not stand with the size of the block: added in order, from the end, and mixed; written and read. */
static void many_kinds(void) {
  enum { KINDS = 600 };
  static unsigned char all[KINDS];
  memset(all, 1, sizeof all);
  for (uint32_t way = 0; way < 3; way++) {
    open_history();
    for (uint32_t i = 0; i < 9; i++) pbk_history_log(&history, &memory, KINDS, i);
    for (uint32_t round = 0; round < 20; round++) {
      uint32_t kinds = round == 0 ? KINDS : KINDS / 40;
      for (uint32_t i = 0; i < kinds; i++) {
        uint32_t event = way == 0 ? i : way == 1 ? KINDS - 1 - i : i * 7 % KINDS;
        pbk_history_add(&history, &memory, event, (pbk_time)event * 1000 + round);
        if (round == 0 && i >= 250 && i < 260) CHECK_EQUAL_UINT(pbk_history_times(history), i + 1);
      }
    }
    CHECK_EQUAL_UINT(pbk_history_times(history), KINDS + 19 * (KINDS / 40));
    struct writer writer = {.memory = &memory};
    struct history *copy = NULL;
    pbk_write_history(&writer, history);
    struct history_limits limits = pbk_history_limits(all, KINDS, KINDS + 1, 1);
    struct reader reader = {writer.bytes, writer.bytes + writer.size, false};
    CHECK(pbk_read_history(&reader, &memory, &limits, &copy) && reader.at == reader.end);
    pbk_writer_release(&writer);
    for (uint32_t event = 0; event < KINDS; event++) {
      uint32_t place = way == 0 ? event : way == 1 ? KINDS - 1 - event : event * 343 % KINDS, wrong = 0; /* 7 * 343 is 1 more than 4 * KINDS */
      uint32_t count = place < KINDS / 40 ? 20 : 1;
      for (const struct history *of = history; of; of = of == history ? copy : NULL) {
        struct series series = pbk_history_series(of, event);
        wrong += series.count != count;
        for (uint32_t i = 0; i < series.count; i++) wrong += series.times[i] != (pbk_time)event * 1000 + i;
      }
      CHECK_EQUAL_UINT(wrong, 0);
    }
    CHECK_EQUAL_UINT(pbk_history_log_size(copy), pbk_history_log_size(history));
    CHECK_EQUAL_UINT(pbk_history_series(history, KINDS).count, 0);
    CHECK_EQUAL_UINT(pbk_history_series(history, UINT32_MAX).count, 0);
    CHECK(pbk_history_bytes(copy) <= pbk_history_bytes(history));
    pbk_history_add(&copy, &memory, 3, 1);
    pbk_history_release(&copy, &memory);
    close_history();
  }
}

/* Only the kinds of the mask's bits. */
static void by_mask(void) {
  open_history();
  unsigned char care[3] = {1, 2, 3};
  for (uint32_t event = 0; event < 3; event++) pbk_history_log(&history, &memory, event, event);
  pbk_history_watch(&history, &memory, (struct event_bits){care, 3}, 2, NULL, 0);
  CHECK_EQUAL_UINT(pbk_history_series(history, 0).count, 0);
  CHECK_EQUAL_UINT(pbk_history_series(history, 1).count, 1);
  CHECK_EQUAL_UINT(pbk_history_series(history, 2).count, 1);
  close_history();
}

/* What is usual takes few bytes: a long log, and a short one. */
static void small(void) {
  open_history();
  for (uint32_t i = 0; i < 1000; i++) tell(i % 100, (pbk_time)i * 36000 * 1000000);
  CHECK(pbk_history_log_size(history) <= 4 * 1000 + 8);
  CHECK(heap.calls < 100);
  compare_log(history);
  close_history();
}

/* Written and read, as snapshots have it. */
static void restored(void) {
  uint64_t random = 8;
  for (uint32_t round = 0; round < 50; round++) {
    open_history();
    watched[1] = watched[2] = watched[4] = 1;
    uint32_t count = check_random_below(&random, round % 5 ? 60 : 1500);
    for (uint32_t i = 0; i < count; i++)
      tell(check_random_below(&random, EVENTS), (pbk_time)i * (1 + check_random_below(&random, 3)));
    check_note("round %" PRIu32, round);
    struct writer writer = {.memory = &memory};
    struct history *copy = NULL;
    pbk_write_history(&writer, history);
    struct history_limits limits = pbk_history_limits(watched, EVENTS, EVENTS, 1);
    struct reader reader = {writer.bytes, writer.bytes + writer.size, false};
    CHECK(pbk_read_history(&reader, &memory, &limits, &copy) && reader.at == reader.end);
    pbk_writer_release(&writer);
    for (uint32_t event = 0; event < EVENTS; event++) compare_series(copy, event);
    compare_log(copy);
    struct history *kept = history;
    history = copy;
    for (uint32_t i = 0; i < 100; i++) tell(i % EVENTS, count * 3 + (pbk_time)i);
    compare_all();
    pbk_history_release(&kept, &memory);
    close_history();
  }
}

/* Behind something else: what is written is what follows from the series and the log alone, and what stands before it stays.
 * Of every number of times and of logged events there can be in a block, and more. */
static void written_behind(void) {
  static unsigned char expected[4096], log[1024];
  for (uint32_t times = 0; times < 40; times++) {
    for (uint32_t logged = 0; logged < 60; logged++) {
      check_note("%" PRIu32 " times, %" PRIu32 " logged", times, logged);
      open_history();
      watched[1] = watched[2] = 1;
      for (uint32_t i = 0; i < times; i++) tell(1 + i % 2, (pbk_time)i << 32);
      for (uint32_t i = 0; i < logged; i++) tell(3, (pbk_time)i * (i % 3));
      uint32_t heads = times < 2 ? times : 2, size = pbk_history_log_size(history);
      pbk_history_copy_log(history, log);
      struct writer expecting = {.bytes = expected, .capacity = sizeof expected}, writer = {.memory = &memory};
      for (struct writer *to = &expecting; to; to = to == &expecting ? &writer : NULL) pbk_write_u8(to, 0xa5);
      pbk_write_u32(&expecting, size);
      pbk_write_u32(&expecting, heads);
      pbk_write_u64(&expecting, size ? (uint64_t)history_logged_at(history) : 0);
      for (uint32_t i = 1; i <= heads; i++) {
        pbk_write_u32(&expecting, i);
        pbk_write_u32(&expecting, (times + 2 - i) / 2);
      }
      for (uint32_t event = 1; event <= heads; event++)
        for (uint32_t i = event - 1; i < times; i += 2) pbk_write_u64(&expecting, (uint64_t)i << 32);
      pbk_write_bytes(&expecting, log, size);
      pbk_write_history(&writer, history);
      CHECK_EQUAL_UINT(writer.size, expecting.size);
      CHECK(memcmp(writer.bytes, expected, expecting.size) == 0);
      pbk_writer_release(&writer);
      close_history();
    }
  }
}

/* Each size of record on a log that is filled to each size. */
static void filled_to_the_brim(void) {
  static const struct {
    uint32_t event;
    pbk_time away;
  } larges[] = {{1, 1}, {1, 1000}, {200, 7 * PBK_DAY + 1}, {299, 300 * PBK_DAY + 1}, {200, -PBK_DAY - 3}, {1, INT64_C(1) << 59}, {299, -(INT64_C(1) << 59)}};
  for (uint32_t large = 0; large < sizeof larges / sizeof *larges; large++) {
    for (uint32_t step = 1; step <= 3; step++) { /* bytes of those before it: two, three and more */
      for (uint32_t count = 0; count < 60; count++) {
        pbk_time at = INT64_C(1) << 40;
        check_note("large %" PRIu32 " step %" PRIu32 " count %" PRIu32, large, step, count);
        open_history();
        for (uint32_t i = 0; i < count; i++) tell(step == 3 ? 150 : 2, at += step == 1 ? 1 : 77777);
        tell(larges[large].event, at + larges[large].away);
        for (uint32_t i = 0; i < 8; i++) tell(larges[large].event, at += i % 2 ? larges[large].away / 2 : -1);
        compare_all();
        close_history();
      }
    }
  }
}

/* Whatever bytes there are: an end, never past it. */
static void damaged(void) {
  uint64_t random = 17;
  open_history();
  for (uint32_t i = 0; i < 20000; i++) {
    unsigned char bytes[24];
    uint32_t size = 1 + check_random_below(&random, 24), event, steps = 0;
    pbk_time time;
    unsigned char *exact = pbk_allocate(&memory, size);
    for (uint32_t j = 0; j < size; j++)
      bytes[j] = (unsigned char)check_random(&random) | (check_random_below(&random, 3) ? 0 : 0x80);
    memcpy(exact, bytes, size);
    struct log_cursor cursor = {exact, exact + size, (pbk_time)check_random(&random)};
    while (pbk_log_next(&cursor, &event, &time)) steps++;
    if (steps > size / 2 || !(cursor.at == NULL || cursor.at == cursor.end)) CHECK(false);
    pbk_release(&memory, exact, size);
  }
  close_history();
}

/* ---- hostile bytes as snapshots have them ---- */

enum { KNOWN = 5 };

/* Whether bytes that stand alone in their block are a history; all memory is given back. */
static bool is_history(const unsigned char *bytes, uint32_t size) {
  struct history_limits limits = pbk_history_limits(watched, 3, KNOWN, 1);
  unsigned char *exact = pbk_allocate(&memory, size ? size : 1);
  if (size) memcpy(exact, bytes, size);
  struct reader reader = {exact, exact + size, false};
  struct history *read = NULL;
  bool fine = pbk_read_history(&reader, &memory, &limits, &read);
  if (fine == reader.failed || (!fine && read)) CHECK(false);
  struct writer writer = {.memory = &memory};
  pbk_write_history(&writer, read);
  if (fine && (writer.size != (size_t)(reader.at - exact) || memcmp(writer.bytes, exact, writer.size) != 0)) CHECK(false);
  pbk_writer_release(&writer);
  pbk_history_release(&read, &memory);
  pbk_release(&memory, exact, size ? size : 1);
  return fine;
}

/* One series, of event 1 at 5 and 9, and a log of events 4 (last, at 20) and 3. */
static const unsigned char sample[] = {4, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0,
                                       0, 0, 5, 0, 0, 0, 0, 0, 0,  0, 9, 0, 0, 0, 0, 0, 0, 0, 4, 2, 3, 0x22};

static void hostile(void) {
  uint64_t random = 23;
  open_history();
  watched[1] = 1;
  CHECK(is_history(sample, sizeof sample));
  for (uint32_t size = 0; size < sizeof sample; size++)
    if (is_history(sample, size)) CHECK(false);
  static const struct {
    const char *what;
    uint32_t at;
    unsigned char value;
  } cases[] = {{"a shorter log", 0, 3},
               {"a longer log", 0, 5},
               {"another series", 4, 2},
               {"a series too many", 7, 255},
               {"of what is logged", 16, 2},
               {"of what is not known", 16, 9},
               {"without times", 20, 0},
               {"with too many", 23, 255},
               {"a log of what is watched", 40, 1},
               {"of what is not known", 42, 5},
               {"a number that does not end", 42, 0x83},
               {"an age that is cut off", 43, 0x07}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    unsigned char bytes[sizeof sample];
    memcpy(bytes, sample, sizeof sample);
    bytes[cases[i].at] = cases[i].value;
    check_note("%s", cases[i].what);
    CHECK(!is_history(bytes, sizeof bytes));
  }
  unsigned char nothing[16] = {0};
  CHECK(is_history(nothing, sizeof nothing));
  nothing[8] = 1; /* a time of nothing */
  CHECK(!is_history(nothing, sizeof nothing));
  for (uint32_t i = 0; i < 20000; i++) {
    unsigned char bytes[sizeof sample + 40] = {0};
    memcpy(bytes, sample, sizeof sample);
    for (uint32_t left = 1 + check_random_below(&random, 3); left > 0; left--)
      bytes[check_random_below(&random, sizeof bytes)] = (unsigned char)check_random(&random);
    is_history(bytes, sizeof bytes);
  }
  close_history();
}

int main(void) {
  RUN(none);
  RUN(random_work);
  RUN(extremes);
  RUN(many_kinds);
  RUN(by_mask);
  RUN(small);
  RUN(restored);
  RUN(written_behind);
  RUN(filled_to_the_brim);
  RUN(damaged);
  RUN(hostile);
  return check_report();
}
