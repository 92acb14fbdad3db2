/* tests/unit/calendar.c - what is due when: ascending by time, then by order, whatever is added meanwhile. */
#include "base/calendar.h"

#include "check.h"

static struct check_heap heap;
static struct memory memory;
static struct calendar calendar;

static void open_calendar(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_calendar_init(&calendar, &memory);
}

static void close_calendar(void) {
  pbk_calendar_release(&calendar);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* ---- the naive one: a sorted list ---- */

enum { LIST_MOST = 40000 };
static struct wake list[LIST_MOST];
static uint32_t list_count;

static bool comes_before(struct wake a, struct wake b) {
  return a.time != b.time ? a.time < b.time : a.order < b.order;
}

static void list_add(struct wake wake) {
  uint32_t at = list_count++;
  for (; at > 0 && comes_before(wake, list[at - 1]); at--) list[at] = list[at - 1];
  list[at] = wake;
}

static void add(pbk_time time, uint64_t order) {
  pbk_calendar_add(&calendar, time, order);
  list_add((struct wake){time, order});
}

/* Takes one from both; false when both are empty. */
static bool take(struct wake *wake) {
  bool any = calendar_peek(&calendar, wake);
  CHECK_EQUAL_INT(any, list_count > 0);
  if (!any || list_count == 0) return false;
  CHECK_EQUAL_INT(wake->time, list[0].time);
  CHECK_EQUAL_UINT(wake->order, list[0].order);
  struct wake again = {0, 0};
  calendar_peek(&calendar, &again); /* looking takes nothing */
  CHECK(again.time == wake->time && again.order == wake->order);
  pbk_calendar_pop(&calendar);
  memmove(list, list + 1, --list_count * sizeof *list);
  return true;
}

static void take_all(void) {
  struct wake wake = {0, 0};
  while (take(&wake)) continue;
  CHECK_EQUAL_UINT(list_count, 0);
}

/* ---- tests ---- */

static void empty(void) {
  struct wake wake = {0, 0};
  open_calendar();
  CHECK(!calendar_peek(&calendar, &wake));
  add(5, 1);
  take_all();
  CHECK(!calendar_peek(&calendar, &wake));
  close_calendar();
}

/* T6: kinds, then message or enrollment ids, memberships by audience and then subject. */
static void equal_times_by_order(void) {
  struct wake wake = {0, 0};
  open_calendar();
  uint64_t orders[] = {wake_order(DUE_STEP, 1),       wake_order(DUE_EXIT, 9), wake_membership(2, 1),
                       wake_membership(1, 7),         wake_membership(1, 2),   wake_order(DUE_RETRY, 3),
                       wake_order(DUE_APPROVAL, 900), wake_order(DUE_RETRY, 2)};
  static const uint32_t wanted[] = {6, 7, 5, 4, 3, 2, 1, 0};
  for (uint32_t i = 0; i < 8; i++) pbk_calendar_add(&calendar, 77, orders[i]);
  for (uint32_t i = 0; i < 8; i++) {
    check_note("%" PRIu32, i);
    CHECK(calendar_peek(&calendar, &wake));
    CHECK_EQUAL_UINT(wake.order, orders[wanted[i]]);
    pbk_calendar_pop(&calendar);
  }
  CHECK_EQUAL_INT(wake_kind((struct wake){0, orders[1]}), DUE_EXIT);
  CHECK_EQUAL_UINT(wake_id((struct wake){0, orders[1]}), 9);
  CHECK_EQUAL_INT(wake_kind((struct wake){0, orders[2]}), DUE_MEMBERSHIP);
  CHECK_EQUAL_UINT(wake_id((struct wake){0, orders[2]}), (uint64_t)2 << 32 | 1);
  CHECK_EQUAL_INT(wake_kind((struct wake){0, wake_membership((1u << 29) - 1, UINT32_MAX)}), DUE_MEMBERSHIP);
  close_calendar();
}

static void around_the_hour(void) {
  open_calendar();
  static const pbk_time times[] = {PBK_HOUR,      PBK_HOUR - 1, PBK_HOUR + 1, 0, -1,           -PBK_HOUR,
                                   -PBK_HOUR - 1, 1 - PBK_HOUR, 2 * PBK_HOUR, 1, PBK_HOUR * 3, -2 * PBK_HOUR};
  for (uint32_t i = 0; i < 12; i++) add(times[i], i);
  take_all();
  close_calendar();
}

static void far_times(void) {
  open_calendar();
  static const pbk_time times[] = {INT64_MAX,           INT64_MIN + 1, 0, INT64_MAX - 1, INT64_MIN, INT64_MAX - PBK_HOUR,
                                   INT64_MIN + PBK_HOUR};
  for (uint32_t i = 0; i < 7; i++) add(times[i], 7 - i);
  take_all();
  /* a sparse one: an hour each, centuries apart */
  for (int64_t i = 0; i < 1000; i++) add((i * 7919 % 1000 - 500) * 365 * PBK_DAY, (uint64_t)i);
  take_all();
  close_calendar();
}

/* Into the hour being walked, and before what came out last: the next to come out are these. */
static void into_the_hour_being_walked(void) {
  struct wake wake = {0, 0};
  open_calendar();
  for (uint32_t i = 0; i < 10; i++) add(PBK_HOUR + i * 10, i);
  for (uint32_t i = 0; i < 4; i++) take(&wake);
  add(PBK_HOUR + 35, 1);  /* between */
  add(PBK_HOUR + 30, 2);  /* the time that came out last, before its order */
  add(PBK_HOUR + 30, 3);  /* the very same again */
  add(PBK_HOUR + 500, 4); /* behind all */
  add(5, 5);              /* an hour earlier */
  add(-9 * PBK_HOUR, 6);
  take_all();
  add(PBK_HOUR + 7, 1); /* the hour is walked to its end */
  add(3 * PBK_HOUR, 1);
  add(2 * PBK_HOUR, 1);
  take_all();
  close_calendar();
}

/* As the engine does: takes, and adds a little later, mostly. */
static void random_work(void) {
  for (uint64_t seed = 1; seed <= 6; seed++) {
    uint64_t random = seed;
    struct wake wake = {0, 0};
    pbk_time now = seed % 2 ? 0 : -40 * PBK_DAY;
    open_calendar();
    check_note("seed %" PRIu64, seed);
    for (uint32_t round = 0; round < 4000; round++) {
      uint32_t what = check_random_below(&random, 10);
      static const pbk_duration spans[] = {1, PBK_SECOND, PBK_HOUR, PBK_DAY, 100 * PBK_DAY};
      pbk_duration span = spans[check_random_below(&random, 5)];
      uint32_t adds = what < 4 ? 1 + check_random_below(&random, 3) : 0;
      for (uint32_t i = 0; i < adds; i++) {
        pbk_time time = now + (pbk_time)(check_random(&random) % (uint64_t)span);
        if (what == 0) time -= span; /* what is due already */
        add(time, check_random_below(&random, 50));
      }
      if (what >= 4 && take(&wake)) now = wake.time > now ? wake.time : now;
      if (list_count > 3000) take_all();
    }
    take_all();
    close_calendar();
  }
}

/* Many in one hour, added in falling, rising and equal order. */
static void a_full_hour(void) {
  for (uint32_t way = 0; way < 3; way++) {
    open_calendar();
    check_note("way %" PRIu32, way);
    for (uint32_t i = 0; i < 3000; i++) add(way == 0 ? 3000 - (pbk_time)i : way == 1 ? (pbk_time)i : 5, i * 7 % 3000);
    take_all();
    close_calendar();
  }
}

static int compare_wakes(const void *a, const void *b) {
  return comes_before(*(const struct wake *)a, *(const struct wake *)b) ? -1 : 1;
}

/* Very many in one hour: few times and many orders, many times and few orders, all the same. */
static void a_busy_hour(void) {
  static const struct {
    uint64_t times, orders;
  } ways[] = {{3, UINT64_MAX}, {PBK_HOUR, 3}, {PBK_HOUR, UINT64_MAX}, {5 * PBK_HOUR, 1000}, {1, 1000}, {70000, 1}};
  for (uint32_t way = 0; way < 6; way++) {
    open_calendar();
    check_note("way %" PRIu32, way);
    uint64_t random = way + 1;
    for (uint32_t i = 0; i < LIST_MOST; i++) {
      struct wake wake = {-7 * PBK_HOUR + (pbk_time)(check_random(&random) % ways[way].times),
                          check_random(&random) % ways[way].orders};
      list[i] = wake;
      pbk_calendar_add(&calendar, wake.time, wake.order);
    }
    qsort(list, LIST_MOST, sizeof *list, compare_wakes);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < LIST_MOST; i++) {
      struct wake wake = {0, 0};
      wrong += !calendar_peek(&calendar, &wake) || wake.time != list[i].time || wake.order != list[i].order;
      pbk_calendar_pop(&calendar);
    }
    CHECK_EQUAL_UINT(wrong, 0);
    close_calendar();
  }
}

/* Very many at one time, set in order, in reverse and at random, while they come out too. */
static void one_instant(void) {
  enum { MANY = 100000 };
  for (uint32_t way = 0; way < 3; way++) {
    uint64_t random = 3, biggest = 0;
    struct wake wake = {0, 0};
    open_calendar();
    check_note("way %" PRIu32, way);
    for (uint32_t i = 0; i < MANY; i++) {
      uint32_t subject = way == 0 ? i : way == 1 ? MANY - 1 - i : (uint32_t)((uint64_t)i * 7919 % MANY);
      pbk_calendar_add(&calendar, PBK_DAY, wake_membership(3, subject));
      if (heap.out > biggest) biggest = heap.out;
    }
    CHECK(biggest < MANY * 12);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < MANY; i++) {
      wrong += !calendar_peek(&calendar, &wake) || wake.time != PBK_DAY || wake.order != wake_membership(3, i);
      pbk_calendar_pop(&calendar);
      if (check_random_below(&random, 4) == 0) { /* what has come out already, and a moment later */
        pbk_calendar_add(&calendar, PBK_DAY, wake.order);
        pbk_calendar_add(&calendar, PBK_DAY + 1, wake.order);
        wrong += !calendar_peek(&calendar, &wake) || wake.order != wake_membership(3, i);
        pbk_calendar_pop(&calendar);
      }
    }
    CHECK_EQUAL_UINT(wrong, 0);
    pbk_time last = PBK_DAY;
    uint32_t rest = 0;
    for (; calendar_peek(&calendar, &wake); rest++, pbk_calendar_pop(&calendar)) CHECK(wake.time == last + 1);
    CHECK(rest > MANY / 5 && rest < MANY / 3);
    close_calendar();
  }
}

/* The very same thousands of times comes out at least once, and takes little room. */
static void the_very_same(void) {
  struct wake wake = {0, 0};
  open_calendar();
  for (uint32_t i = 0; i < 20000; i++) pbk_calendar_add(&calendar, PBK_DAY, 7);
  pbk_calendar_add(&calendar, PBK_DAY, 8);
  CHECK(heap.out < 20000);
  uint32_t count = 0;
  for (; calendar_peek(&calendar, &wake) && wake.order == 7; count++) pbk_calendar_pop(&calendar);
  CHECK(count >= 1 && count <= 512);
  CHECK_EQUAL_UINT(wake.order, 8);
  for (uint32_t i = 0; i < 20000; i++) pbk_calendar_add(&calendar, PBK_DAY, 7); /* into the hour being walked */
  CHECK(calendar_peek(&calendar, &wake) && wake.order == 7);
  while (calendar_peek(&calendar, &wake)) pbk_calendar_pop(&calendar);
  CHECK_EQUAL_UINT(wake.order, 8);
  close_calendar();
}

/* Any number of lanes that have come, fewer and fewer, and then more again. */
static void many_lanes(void) {
  static const uint32_t counts[] = {1, 2, 15, 16, 17, 18, 40};
  struct wake wake = {0, 0};
  for (uint32_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    open_calendar();
    for (uint32_t lane = 0; lane < counts[i]; lane++)
      for (uint32_t j = 0; j < 40; j++) add((pbk_time)(lane * j * 7919 % 1000), wake_membership(lane, j));
    for (uint32_t j = 0; take(&wake); j++) {
      if (j % 5 || list_count > 300) continue;
      add(wake.time + j % 3, wake_membership(j % (counts[i] + 3), 1000 + j));
      if (j > 4000) break;
    }
    take_all();
    close_calendar();
  }
}

/* What comes behind in the same lane. */
static void looking_ahead(void) {
  struct wake wake = {0, 0};
  const uint64_t *keys = NULL;
  open_calendar();
  CHECK_EQUAL_UINT(calendar_ahead(&calendar, &keys), 0);
  for (uint32_t i = 0; i < 50; i++) {
    pbk_calendar_add(&calendar, 10 + i, wake_membership(4, 90 - i));
    pbk_calendar_add(&calendar, 10 + i, wake_order(DUE_STEP, i));
  }
  for (uint32_t i = 0; i < 50; i++) {
    CHECK(calendar_peek(&calendar, &wake) && wake.order == wake_membership(4, 90 - i));
    pbk_calendar_pop(&calendar);
    CHECK_EQUAL_UINT(calendar_ahead(&calendar, &keys), 49 - i);
    if (i + 3 < 50) CHECK_EQUAL_UINT((uint32_t)keys[2], 90 - i - 3);
    CHECK(calendar_peek(&calendar, &wake) && wake_kind(wake) == DUE_STEP);
    pbk_calendar_pop(&calendar);
    if (i < 49) CHECK(calendar_ahead(&calendar, &keys) > 0 && (uint32_t)keys[0] == i + 1);
  }
  CHECK_EQUAL_UINT(calendar_ahead(&calendar, &keys), 0);
  close_calendar();
}

/* A tick asks for no more than a comparison: nothing is due before `soonest`, whatever has been taken. */
static void soonest(void) {
  struct wake wake = {0, 0};
  open_calendar();
  CHECK(!calendar_may_be_due(&calendar, PBK_DAY));
  add(3 * PBK_HOUR, 1);
  add(9 * PBK_DAY, 1);
  CHECK(!calendar_may_be_due(&calendar, 3 * PBK_HOUR - 1) && calendar_may_be_due(&calendar, 3 * PBK_HOUR));
  take(&wake);
  CHECK(!calendar_may_be_due(&calendar, 8 * PBK_DAY) && calendar_may_be_due(&calendar, 9 * PBK_DAY));
  CHECK(calendar_peek(&calendar, &wake)); /* the hour is opened */
  add(5 * PBK_DAY, 2);                    /* long before it */
  CHECK(!calendar_may_be_due(&calendar, 5 * PBK_DAY - 1) && calendar_may_be_due(&calendar, 5 * PBK_DAY));
  take_all();
  CHECK(!calendar_may_be_due(&calendar, PBK_DAY * 1000));
  close_calendar();
}

/* Many hours before one that has been looked at long ago: their lanes do not stay. */
static void before_the_open_hour(void) {
  struct wake wake = {0, 0};
  open_calendar();
  add(1000 * PBK_DAY, 1);
  CHECK(calendar_peek(&calendar, &wake));
  for (uint32_t i = 0; i < 5000; i++) {
    for (uint32_t j = 0; j < 4; j++) add(i * 2 * PBK_HOUR, wake_order(DUE_STEP, 1) + ((uint64_t)j << 32));
    for (uint32_t j = 0; j < 4; j++) take(&wake);
  }
  CHECK(heap.out < 20000);
  take_all();
  close_calendar();
}

/* What is set for a fixed time from now, always some waiting: the room for it does not grow. */
static void a_steady_queue(void) {
  open_calendar();
  struct wake wake = {0, 0};
  pbk_calendar_add(&calendar, 0, 0);
  calendar_peek(&calendar, &wake); /* this hour is being walked */
  for (uint32_t i = 1; i < 20; i++) pbk_calendar_add(&calendar, i, i);
  for (uint32_t i = 20; i < 20000; i++) {
    CHECK(calendar_peek(&calendar, &wake) && wake.order == i - 20);
    pbk_calendar_pop(&calendar);
    pbk_calendar_add(&calendar, i, i);
  }
  CHECK(heap.out < 4000);
  close_calendar();
}

/* Taking never allocates: what was added comes out when no memory is left. */
static void taking_never_allocates(void) {
  struct wake wake = {0, 0};
  open_calendar();
  uint64_t random = 5;
  for (uint32_t i = 0; i < 2000; i++) add((pbk_time)(check_random(&random) % (uint64_t)(40 * PBK_DAY)), i);
  uint64_t calls = heap.calls;
  while (take(&wake)) continue;
  CHECK_EQUAL_UINT(heap.calls, calls);
  close_calendar();
}

static void add_some(struct memory *of, void *context) {
  struct calendar *failing = context;
  pbk_calendar_init(failing, of);
  struct wake wake = {0, 0};
  for (uint32_t i = 0; i < 1200; i++) pbk_calendar_add(failing, 300 * PBK_DAY, i * 7 % 1200);
  for (uint32_t i = 0; i < 200; i++) {
    pbk_calendar_add(failing, (pbk_time)(i * 37 % 200) * PBK_HOUR / 2, i);
    if (i % 3 == 0 && calendar_peek(failing, &wake)) pbk_calendar_pop(failing);
  }
}
static void release_some(struct memory *of, void *context) {
  (void)of;
  pbk_calendar_release(context);
}
static void failing_memory(void) {
  struct calendar failing;
  CHECK(check_each_failure(add_some, release_some, &failing) > 20);
}

int main(void) {
  RUN(empty);
  RUN(equal_times_by_order);
  RUN(around_the_hour);
  RUN(far_times);
  RUN(into_the_hour_being_walked);
  RUN(random_work);
  RUN(a_full_hour);
  RUN(a_busy_hour);
  RUN(one_instant);
  RUN(the_very_same);
  RUN(many_lanes);
  RUN(looking_ahead);
  RUN(soonest);
  RUN(before_the_open_hour);
  RUN(a_steady_queue);
  RUN(taking_never_allocates);
  RUN(failing_memory);
  return check_report();
}
