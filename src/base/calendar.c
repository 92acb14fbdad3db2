/* base/calendar.c - see calendar.h. */
#include "base/calendar.h"

#define NO_LANE UINT32_MAX

/* Times in an order without signs, from the earliest on. */
static uint64_t from_earliest(pbk_time time) { return (uint64_t)time ^ (uint64_t)1 << 63; }
static pbk_time start_of(uint64_t hour) { return (pbk_time)(hour << 32 ^ (uint64_t)1 << 63); }

static struct wake wake_of(uint64_t name, uint64_t key) {
  return (struct wake){(pbk_time)((name >> 32 << 32 | key >> 32) ^ (uint64_t)1 << 63), name << 32 | (uint32_t)key};
}

static inline bool wake_before(struct wake a, struct wake b) { return a.time != b.time ? a.time < b.time : a.order < b.order; }

void pbk_calendar_init(struct calendar *calendar, struct memory *memory) {
  *calendar = (struct calendar){.memory = memory, .soonest = INT64_MAX};
}

void pbk_calendar_release(struct calendar *calendar) {
  struct memory *memory = calendar->memory;
  for (uint32_t i = 0; i < calendar->slot_capacity; i++) pbk_part_release(calendar, &calendar->slots[i].part);
  for (uint32_t i = 0; i < calendar->lanes.count; i++) {
    struct calendar_lane *lane = &calendar->lanes.items[i];
    keys_release(calendar, lane->keys, lane->capacity);
    pbk_part_release(calendar, &lane->rest);
  }
  pbk_part_release(calendar, &calendar->half_done);
  pbk_release(memory, calendar->slots, (size_t)calendar->slot_capacity * sizeof *calendar->slots);
  array_release(memory, &calendar->lanes);
  array_release(memory, &calendar->heads);
  array_release(memory, &calendar->hours);
}

/* ---- lanes and hours by name ---- */

static uint64_t hour_name(uint64_t hour) { return hour << 32 | NO_LANE; }

static uint32_t slot_home(uint64_t name, uint32_t mask) { return (uint32_t)(name * 0x9e3779b97f4a7c15u >> 32) & mask; }

static struct calendar_slot *slot_find(const struct calendar *calendar, uint64_t name) {
  uint32_t mask = calendar->slot_capacity - 1;
  uint32_t at = slot_home(name, mask);
  while (calendar->slots[at].part.kind != PART_EMPTY && calendar->slots[at].name != name) at = (at + 1) & mask;
  return &calendar->slots[at];
}

static SELDOM void slots_grow(struct calendar *calendar) {
  struct calendar_slot *old = calendar->slots;
  uint32_t old_capacity = calendar->slot_capacity;
  uint32_t capacity = old_capacity ? old_capacity * 2 : 64;
  calendar->slots = pbk_allocate_cleared(calendar->memory, (size_t)capacity * sizeof *old);
  calendar->slot_capacity = capacity;
  for (uint32_t i = 0; i < old_capacity; i++)
    if (old[i].part.kind != PART_EMPTY) *slot_find(calendar, old[i].name) = old[i];
  pbk_release(calendar->memory, old, (size_t)old_capacity * sizeof *old);
}

/* Frees a place and moves those behind it, so that each is found from its home. */
static void slot_vacate(struct calendar *calendar, struct calendar_slot *slot) {
  uint32_t mask = calendar->slot_capacity - 1;
  uint32_t at = (uint32_t)(slot - calendar->slots);
  for (uint32_t next = (at + 1) & mask; calendar->slots[next].part.kind != PART_EMPTY; next = (next + 1) & mask) {
    uint32_t home = slot_home(calendar->slots[next].name, mask);
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    calendar->slots[at] = calendar->slots[next];
    at = next;
  }
  memset(&calendar->slots[at], 0, sizeof *calendar->slots);
  calendar->slot_count--;
}

/* ---- the heap of the first wakes of open lanes ---- */

static void head_rise(struct calendar *calendar, uint32_t at, struct calendar_head head) {
  struct calendar_head *heap = calendar->heads.items;
  while (at > 0 && wake_before(head.wake, heap[(at - 1) / 2].wake)) {
    heap[at] = heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap[at] = head;
}

/* Puts another in the place of the first. */
static void head_sink(struct calendar *calendar, struct calendar_head head) {
  struct calendar_head *heap = calendar->heads.items;
  uint32_t count = calendar->heads.count, at = 0;
  for (;;) {
    uint32_t child = at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && wake_before(heap[child + 1].wake, heap[child].wake)) child++;
    if (!wake_before(heap[child].wake, head.wake)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = head;
}

/* ---- open lanes ---- */

/* The next part of a lane becomes its sorted keys. */
static void lane_refill(struct calendar *calendar, struct calendar_lane *lane) {
  struct calendar_part taken;
  lane->next = lane->count = 0;
  if (!pbk_part_take(calendar, &lane->rest, &taken, &lane->last)) return;
  keys_release(calendar, lane->keys, lane->capacity);
  lane->keys = taken.of.keys;
  lane->count = taken.count;
  lane->capacity = taken.capacity;
  pbk_sort_keys(lane->keys, lane->count);
}

static struct calendar_head lane_head(const struct calendar *calendar, uint32_t number) {
  const struct calendar_lane *lane = &calendar->lanes.items[number];
  return (struct calendar_head){wake_of(lane->name, lane->keys[lane->next]), number};
}

/* Room for one more among the sorted keys: the earlier half stays where they are too many. */
static void lane_make_room(struct calendar *calendar, struct calendar_lane *lane) {
  uint32_t left = lane->count - lane->next;
  if (lane->next > 0 && lane->next >= lane->count / 4) {
    memmove(lane->keys, lane->keys + lane->next, left * sizeof *lane->keys);
    lane->next = 0;
    lane->count = left;
  } else if (lane->capacity < PART_MOST) {
    lane->capacity = pbk_keys_grow(calendar, &lane->keys, lane->capacity);
  } else {
    uint32_t kept = lane->next + left / 2;
    while (lane->count > kept) {
      lane->last = lane->keys[lane->count - 1];
      pbk_part_add(calendar, &lane->rest, lane->last);
      lane->count--;
    }
  }
}

static void lane_add(struct calendar *calendar, uint32_t number, uint64_t key) {
  struct calendar_lane *lane = &calendar->lanes.items[number];
  array_reserve(calendar->memory, &calendar->heads, calendar->heads.count + 1);
  if (lane->count == lane->capacity && key <= lane->last) lane_make_room(calendar, lane);
  if (key > lane->last) {
    pbk_part_add(calendar, &lane->rest, key);
    return;
  }
  uint32_t at = lane->count;
  for (; at > lane->next && key < lane->keys[at - 1]; at--) lane->keys[at] = lane->keys[at - 1];
  lane->keys[at] = key;
  lane->count++;
  if (at != lane->next) return;
  uint32_t place = calendar->heads.count;
  if (lane->count - lane->next > 1)
    for (place = 0; calendar->heads.items[place].lane != number;) place++;
  else calendar->heads.count++;
  head_rise(calendar, place, lane_head(calendar, number));
}

/* Gives back those of the first lanes so many that are empty. */
static void close_lanes(struct calendar *calendar) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < calendar->lanes.count; i++) {
    struct calendar_lane *lane = &calendar->lanes.items[i];
    struct calendar_slot *slot = slot_find(calendar, lane->name);
    if (lane->next < lane->count) {
      slot->part.number = kept;
      calendar->lanes.items[kept++] = *lane;
      continue;
    }
    keys_release(calendar, lane->keys, lane->capacity);
    slot_vacate(calendar, slot);
  }
  calendar->lanes.count = kept;
  for (uint32_t i = 0; i < calendar->heads.count; i++) {
    struct calendar_head *head = &calendar->heads.items[i];
    head->lane = slot_find(calendar, from_earliest(head->wake.time) >> 32 << 32 | head->wake.order >> 32)->part.number;
  }
  calendar->taken_from = 0;
}

/* ---- adding ---- */

/* A lane of an hour that has come. */
static void open_new(struct calendar *calendar, uint64_t name, uint64_t key) {
  enum { SOME = 16 };
  if (calendar->lanes.count >= SOME && calendar->lanes.count / 2 > calendar->heads.count) close_lanes(calendar);
  struct calendar_lane lane = {.name = name, .last = UINT64_MAX};
  array_push(calendar->memory, &calendar->lanes, lane);
  struct calendar_slot *slot = slot_find(calendar, name);
  slot->name = name;
  slot->part = (struct calendar_part){.kind = PART_OPEN, .number = calendar->lanes.count - 1};
  calendar->slot_count++;
  lane_add(calendar, calendar->lanes.count - 1, key);
}

/* A lane of an hour to come. */
static void add_new(struct calendar *calendar, uint64_t name, uint64_t key) {
  struct calendar_slot *hour = slot_find(calendar, hour_name(name >> 32));
  uint32_t lanes = hour->part.kind == PART_HOUR ? hour->part.of.lanes : 0;
  array_reserve(calendar->memory, &calendar->lanes, lanes + 1);
  array_reserve(calendar->memory, &calendar->heads, lanes + 1);
  array_reserve(calendar->memory, &calendar->hours, calendar->hours.count + 1);
  struct calendar_part part = {.kind = PART_EMPTY};
  pbk_part_add(calendar, &part, key);
  if (lanes == 0) {
    pbk_heap_push(calendar->memory, &calendar->hours, name >> 32);
    hour->name = hour_name(name >> 32);
    hour->part = (struct calendar_part){.kind = PART_HOUR, .number = NO_LANE};
    calendar->slot_count++;
  }
  part.number = hour->part.number;
  hour->part.number = (uint32_t)name;
  hour->part.of.lanes = lanes + 1;
  *slot_find(calendar, name) = (struct calendar_slot){name, part};
  calendar->slot_count++;
}

void pbk_calendar_add(struct calendar *calendar, pbk_time time, uint64_t order) {
  uint64_t biased = from_earliest(time);
  uint64_t name = biased >> 32 << 32 | order >> 32, key = biased << 32 | (uint32_t)order;
  if ((calendar->slot_count + 2) * 4 > calendar->slot_capacity * 3) slots_grow(calendar);
  struct calendar_slot *slot = slot_find(calendar, name);
  switch (slot->part.kind) {
  case PART_KEYS:
  case PART_FORK: pbk_part_add(calendar, &slot->part, key); break;
  case PART_OPEN: lane_add(calendar, slot->part.number, key); break;
  default:
    if (name >> 32 < calendar->opened) open_new(calendar, name, key);
    else add_new(calendar, name, key);
  }
  if (time < calendar->soonest) calendar->soonest = time;
}

/* ---- taking ---- */

bool pbk_calendar_open(struct calendar *calendar) {
  if (calendar->hours.count == 0) return false;
  close_lanes(calendar);
  uint64_t hour = pbk_heap_pop(&calendar->hours);
  struct calendar_slot *slot = slot_find(calendar, hour_name(hour));
  uint32_t next = slot->part.number;
  slot_vacate(calendar, slot);
  while (next != NO_LANE) {
    uint32_t number = calendar->lanes.count++;
    struct calendar_lane *lane = &calendar->lanes.items[number];
    slot = slot_find(calendar, hour << 32 | next);
    *lane = (struct calendar_lane){.name = slot->name, .rest = slot->part};
    next = slot->part.number;
    slot->part = (struct calendar_part){.kind = PART_OPEN, .number = number};
    lane_refill(calendar, lane);
    head_rise(calendar, calendar->heads.count++, lane_head(calendar, number));
  }
  calendar->opened = hour + 1;
  calendar->soonest = calendar->heads.items[0].wake.time;
  return true;
}

void pbk_calendar_pop(struct calendar *calendar) {
  uint32_t number = calendar->heads.items[0].lane;
  struct calendar_lane *lane = &calendar->lanes.items[number];
  calendar->taken_from = number;
  if (++lane->next == lane->count) lane_refill(calendar, lane);
  if (lane->next < lane->count) head_sink(calendar, lane_head(calendar, number));
  else if (--calendar->heads.count > 0) head_sink(calendar, calendar->heads.items[calendar->heads.count]);
  if (calendar->heads.count > 0) calendar->soonest = calendar->heads.items[0].wake.time;
  else calendar->soonest = calendar->hours.count > 0 ? start_of(calendar->hours.items[0]) : INT64_MAX;
}
