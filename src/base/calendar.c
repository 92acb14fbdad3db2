/* base/calendar.c - see calendar.h. */
#include "base/calendar.h"

#define CALENDAR_HOUR PBK_HOUR
#define CALENDAR_NO_HOUR INT64_MIN

static int64_t hour_of(pbk_time time) {
  int64_t hour = time / CALENDAR_HOUR;
  return time % CALENDAR_HOUR < 0 ? hour - 1 : hour;
}

void pbk_calendar_init(struct calendar *calendar, struct memory *memory) {
  *calendar = (struct calendar){.memory = memory, .soonest = INT64_MAX, .open.hour = CALENDAR_NO_HOUR};
}

void pbk_calendar_release(struct calendar *calendar) {
  for (uint32_t i = 0; i < calendar->bucket_capacity; i++) array_release(calendar->memory, &calendar->buckets[i].wakes);
  pbk_release(calendar->memory, calendar->buckets, (size_t)calendar->bucket_capacity * sizeof *calendar->buckets);
  array_release(calendar->memory, &calendar->open.wakes);
  array_release(calendar->memory, &calendar->late);
  array_release(calendar->memory, &calendar->early);
  array_release(calendar->memory, &calendar->hours);
}

/* ---- the heap of early wakes ---- */

static void early_push(struct calendar *calendar, struct wake wake) {
  array_push(calendar->memory, &calendar->early, wake);
  struct wake *heap = calendar->early.items;
  uint32_t at = calendar->early.count - 1;
  while (at > 0) {
    uint32_t parent = (at - 1) / 2;
    if (!wake_before(wake, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = wake;
}

static void early_pop(struct calendar *calendar) {
  struct wake *heap = calendar->early.items;
  uint32_t count = --calendar->early.count;
  struct wake last = heap[count];
  uint32_t at = 0;
  for (;;) {
    uint32_t child = at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && wake_before(heap[child + 1], heap[child])) child++;
    if (!wake_before(heap[child], last)) break;
    heap[at] = heap[child];
    at = child;
  }
  if (count > 0) heap[at] = last;
}

static void late_push(struct calendar *calendar, struct wake wake) {
  if (calendar->late.count == calendar->late.capacity && calendar->late_next > calendar->late.count / 2) {
    calendar->late.count -= calendar->late_next;
    memmove(calendar->late.items, calendar->late.items + calendar->late_next, calendar->late.count * sizeof wake);
    calendar->late_next = 0;
  }
  array_push(calendar->memory, &calendar->late, wake);
}

/* ---- the buckets of later hours ---- */

static uint32_t bucket_home(int64_t hour, uint32_t mask) {
  uint64_t hash = (uint64_t)hour * 0x9e3779b97f4a7c15u;
  return (uint32_t)(hash >> 32) & mask;
}

static struct calendar_bucket *bucket_find(struct calendar *calendar, int64_t hour) {
  uint32_t mask = calendar->bucket_capacity - 1;
  uint32_t at = bucket_home(hour, mask);
  while (calendar->buckets[at].wakes.count > 0 && calendar->buckets[at].hour != hour) at = (at + 1) & mask;
  return &calendar->buckets[at];
}

static void buckets_grow(struct calendar *calendar) {
  struct calendar_bucket *old = calendar->buckets;
  uint32_t old_capacity = calendar->bucket_capacity;
  uint32_t capacity = old_capacity ? old_capacity * 2 : 64;
  calendar->buckets = pbk_allocate_cleared(calendar->memory, (size_t)capacity * sizeof *old);
  calendar->bucket_capacity = capacity;
  for (uint32_t i = 0; i < old_capacity; i++) {
    if (old[i].wakes.count > 0) *bucket_find(calendar, old[i].hour) = old[i];
    else array_release(calendar->memory, &old[i].wakes);
  }
  pbk_release(calendar->memory, old, (size_t)old_capacity * sizeof *old);
}

/* Frees the place of an emptied bucket and moves those behind it, so that every bucket is found from its home. */
static void bucket_vacate(struct calendar *calendar, struct calendar_bucket *bucket) {
  uint32_t mask = calendar->bucket_capacity - 1;
  uint32_t at = (uint32_t)(bucket - calendar->buckets);
  for (uint32_t next = (at + 1) & mask; calendar->buckets[next].wakes.count > 0; next = (next + 1) & mask) {
    uint32_t home = bucket_home(calendar->buckets[next].hour, mask);
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    calendar->buckets[at] = calendar->buckets[next];
    memset(&calendar->buckets[next], 0, sizeof calendar->buckets[next]);
    at = next;
  }
  calendar->bucket_count--;
}

void pbk_calendar_add(struct calendar *calendar, pbk_time time, uint64_t order) {
  struct wake wake = {time, order};
  int64_t hour = hour_of(time);
  if (time < calendar->soonest) calendar->soonest = time;
  if (calendar->open.hour != CALENDAR_NO_HOUR && hour <= calendar->open.hour) {
    bool behind = calendar->late.count == calendar->late_next || wake_before(calendar->late.items[calendar->late.count - 1], wake);
    if (behind) late_push(calendar, wake);
    else early_push(calendar, wake);
    return;
  }
  if ((calendar->bucket_count + 1) * 2 > calendar->bucket_capacity) buckets_grow(calendar);
  struct calendar_bucket *bucket = bucket_find(calendar, hour);
  if (bucket->wakes.count == 0) {
    bucket->hour = hour;
    array_reserve(calendar->memory, &bucket->wakes, 1);
    calendar->bucket_count++;
    pbk_heap_push(calendar->memory, &calendar->hours, heap_of_signed(hour));
  }
  array_push(calendar->memory, &bucket->wakes, wake);
}

/* ---- taking ---- */

static void open_next_hour(struct calendar *calendar) {
  struct calendar_bucket *bucket = bucket_find(calendar, signed_of_heap(pbk_heap_pop(&calendar->hours)));
  array_release(calendar->memory, &calendar->open.wakes);
  calendar->open = *bucket;
  memset(bucket, 0, sizeof *bucket);
  bucket_vacate(calendar, bucket);
  pbk_sort_wakes(calendar->open.wakes.items, calendar->open.wakes.count, (pbk_time)((uint64_t)calendar->open.hour * (uint64_t)CALENDAR_HOUR));
  calendar->next = 0;
}

/* The earliest of the hour's sorted wakes and the two kinds that came later; NULL: none of this hour. */
static struct wake *earliest(struct calendar *calendar) {
  struct wake *best = NULL;
  if (calendar->next < calendar->open.wakes.count) best = &calendar->open.wakes.items[calendar->next];
  if (calendar->late_next < calendar->late.count) {
    struct wake *late = &calendar->late.items[calendar->late_next];
    if (!best || wake_before(*late, *best)) best = late;
  }
  if (calendar->early.count > 0 && (!best || wake_before(calendar->early.items[0], *best))) best = calendar->early.items;
  return best;
}

bool pbk_calendar_peek(struct calendar *calendar, struct wake *wake) {
  struct wake *best = earliest(calendar);
  if (!best) {
    if (calendar->hours.count == 0) {
      calendar->soonest = INT64_MAX;
      return false;
    }
    open_next_hour(calendar);
    best = calendar->open.wakes.items;
  }
  *wake = *best;
  calendar->soonest = wake->time;
  return true;
}

void pbk_calendar_pop(struct calendar *calendar) {
  struct wake *best = earliest(calendar);
  if (best == calendar->early.items && calendar->early.count > 0) early_pop(calendar);
  else if (calendar->next < calendar->open.wakes.count && best == &calendar->open.wakes.items[calendar->next]) calendar->next++;
  else if (++calendar->late_next == calendar->late.count) calendar->late.count = calendar->late_next = 0;
}
