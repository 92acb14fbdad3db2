/* base/calendar.c - see calendar.h. */
#include "base/calendar.h"

#define NO_LANE UINT32_MAX

/* Wake-ups of an hour that has no more. */
enum { FEW_FIRST = 4, FEW_MOST = 32 };
struct calendar_few {
  uint32_t count, capacity;
  struct wake wakes[];
};
static size_t few_size(uint32_t capacity) {
  return sizeof(struct calendar_few) + capacity * sizeof(struct wake);
}

/* Times in an order without signs, from the earliest on. */
static uint64_t from_earliest(pbk_time time) {
  return (uint64_t)time ^ (uint64_t)1 << 63;
}
static pbk_time start_of(uint64_t hour) {
  return (pbk_time)(hour << 32 ^ (uint64_t)1 << 63);
}

static struct wake wake_of(uint64_t name, uint64_t key) {
  return (struct wake){(pbk_time)((name >> 32 << 32 | key >> 32) ^ (uint64_t)1 << 63), name << 32 | (uint32_t)key};
}

static inline bool wake_before(struct wake a, struct wake b) {
  return a.time != b.time ? a.time < b.time : a.order < b.order;
}

void pbk_calendar_init(struct calendar *calendar, struct memory *memory) {
  *calendar = (struct calendar){.memory = memory, .soonest = INT64_MAX};
}

static void few_release(struct calendar *calendar, struct calendar_part *hour) {
  if (hour->of.few) pbk_release(calendar->memory, hour->of.few, few_size(hour->of.few->capacity));
  hour->of.few = NULL;
}

void pbk_calendar_release(struct calendar *calendar) {
  struct memory *memory = calendar->memory;
  for (uint32_t i = 0; i < calendar->slot_capacity; i++) {
    struct calendar_part *part = &calendar->slots[i].part;
    if (part->kind == PART_HOUR)
      few_release(calendar, part);
    else
      pbk_part_release(calendar, part);
  }
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

static uint64_t hour_name(uint64_t hour) {
  return hour << 32 | NO_LANE;
}

static uint32_t slot_home(uint64_t name, uint32_t mask) {
  return (uint32_t)(name * 0x9e3779b97f4a7c15u >> 32) & mask;
}

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

/* ---- the heap of the first wakes of open lanes ----
 * Few, as mostly, stand in order, which is a heap too: one that is put in the place of the first has not far to go. Of more,
 * four are below each. */

enum { BELOW = 4, IN_ORDER = 16 };

static void head_rise(struct calendar *calendar, uint32_t at, struct calendar_head head) {
  struct calendar_head *heap = calendar->heads.items;
  uint32_t step = calendar->heads.count > IN_ORDER ? BELOW : 1;
  while (at > 0 && wake_before(head.wake, heap[(at - 1) / step].wake)) {
    heap[at] = heap[(at - 1) / step];
    at = (at - 1) / step;
  }
  heap[at] = head;
}

/* Puts another in the place of the first, of many. */
static SELDOM void head_sink_far(struct calendar *calendar, struct calendar_head head) {
  struct calendar_head *heap = calendar->heads.items;
  uint32_t count = calendar->heads.count, at = 0;
  for (uint32_t child = 1; child < count; child = at * BELOW + 1) {
    uint32_t best = child, end = child + BELOW < count ? child + BELOW : count;
    struct wake first = heap[child].wake;
    for (uint32_t next = child + 1; next < end; next++) {
      if (heap[next].wake.time > first.time || !wake_before(heap[next].wake, first)) continue;
      best = next;
      first = heap[next].wake;
    }
    if (!wake_before(first, head.wake)) break;
    heap[at] = heap[best];
    at = best;
  }
  heap[at] = head;
}

static inline void head_sink(struct calendar *calendar, struct calendar_head head) {
  struct calendar_head *at = calendar->heads.items, *last = at + calendar->heads.count - 1;
  if (calendar->heads.count > IN_ORDER) {
    head_sink_far(calendar, head);
    return;
  }
  for (; at < last && wake_before(at[1].wake, head.wake); at++) *at = at[1];
  *at = head;
}

/* The first goes; so few may be left that they stand in order from now on. */
static void head_drop(struct calendar *calendar) {
  struct calendar_head *heap = calendar->heads.items, last = heap[--calendar->heads.count];
  uint32_t count = calendar->heads.count;
  if (count == 0) return;
  if (count != IN_ORDER) {
    head_sink(calendar, last);
    return;
  }
  head_sink_far(calendar, last);
  for (uint32_t i = 1; i < count; i++) head_rise(calendar, i, heap[i]);
}

static uint32_t head_place(const struct calendar *calendar, uint32_t lane) {
  uint32_t place = 0;
  while (calendar->heads.items[place].lane != lane) place++;
  return place;
}

/* Among the few, which have room: where. */
static uint32_t near_insert(struct calendar *calendar, struct wake wake) {
  uint32_t at = calendar->near_count++;
  for (; at > calendar->near_next && wake_before(wake, calendar->near[at - 1]); at--)
    calendar->near[at] = calendar->near[at - 1];
  calendar->near[at] = wake;
  return at;
}

/* ---- open lanes ---- */

/* The next part of a lane becomes its sorted keys. */
static SELDOM void lane_refill(struct calendar *calendar, struct calendar_lane *lane) {
  struct calendar_part taken;
  lane->next = lane->count = 0;
  lane->last = UINT64_MAX;
  if (lane->rest.kind == PART_EMPTY) return;
  if (!pbk_part_take(calendar, &lane->rest, &taken, &lane->last)) return;
  keys_release(calendar, lane->keys, lane->capacity);
  lane->keys = taken.of.keys;
  lane->count = taken.count;
  lane->capacity = part_capacity(&taken);
  pbk_sort_keys(lane->keys, lane->count);
}

static struct calendar_head lane_head(const struct calendar *calendar, uint32_t number) {
  const struct calendar_lane *lane = &calendar->lanes.items[number];
  return (struct calendar_head){wake_of(lane->name, lane->keys[lane->next]), number};
}

/* Room for one more among the sorted keys: the earlier half stays where they are too many. */
static SELDOM void lane_make_room(struct calendar *calendar, struct calendar_lane *lane) {
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

/* The first of a lane has changed, or is its first at all. */
static SELDOM void lane_put_head(struct calendar *calendar, uint32_t number) {
  const struct calendar_lane *lane = &calendar->lanes.items[number];
  bool first = lane->count - lane->next == 1;
  uint32_t place = first ? calendar->heads.count++ : head_place(calendar, number);
  head_rise(calendar, place, lane_head(calendar, number));
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
  if (at == lane->next) lane_put_head(calendar, number);
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
    if (head->lane == NO_LANE) continue;
    head->lane = slot_find(calendar, from_earliest(head->wake.time) >> 32 << 32 | head->wake.order >> 32)->part.number;
  }
  calendar->taken_from = 0;
}

/* ---- adding ---- */

/* A lane of an hour that has come. */
static SELDOM void open_new(struct calendar *calendar, uint64_t name, uint64_t key) {
  enum { SOME = 16 };
  if (calendar->lanes.count >= SOME && calendar->lanes.count / 2 > calendar->heads.count) close_lanes(calendar);
  if ((calendar->slot_count + 1) * 4 > calendar->slot_capacity * 3) slots_grow(calendar);
  struct calendar_lane lane = {.name = name, .last = UINT64_MAX};
  array_push(calendar->memory, &calendar->lanes, lane);
  struct calendar_slot *slot = slot_find(calendar, name);
  slot->name = name;
  slot->part = (struct calendar_part){.kind = PART_OPEN, .number = calendar->lanes.count - 1};
  calendar->slot_count++;
  lane_add(calendar, calendar->lanes.count - 1, key);
}

/* Into an hour that has come. */
static void add_to_opened(struct calendar *calendar, uint64_t name, uint64_t key) {
  if (calendar->near_count - calendar->near_next >= FEW_MOST) {
    open_new(calendar, name, key);
    return;
  }
  array_reserve(calendar->memory, &calendar->heads, calendar->heads.count + 1);
  if (calendar->near_count == CALENDAR_NEAR) {
    calendar->near_count -= calendar->near_next;
    memmove(calendar->near, calendar->near + calendar->near_next, calendar->near_count * sizeof *calendar->near);
    calendar->near_next = 0;
  }
  if (near_insert(calendar, wake_of(name, key)) != calendar->near_next) return;
  bool first = calendar->near_count - calendar->near_next == 1;
  uint32_t place = first ? calendar->heads.count++ : head_place(calendar, NO_LANE);
  head_rise(calendar, place, (struct calendar_head){calendar->near[calendar->near_next], NO_LANE});
}

static uint32_t lanes_of(const struct calendar_part *hour) {
  return (uint32_t)hour->fours << 16 | hour->count;
}

/* Into its lane of an hour to come. There is room for another slot. */
static void add_to_lane(struct calendar *calendar, struct calendar_part *hour, uint64_t name, uint64_t key) {
  struct calendar_slot *slot = slot_find(calendar, name);
  if (slot->part.kind != PART_EMPTY) {
    pbk_part_add(calendar, &slot->part, key);
    return;
  }
  uint32_t lanes = lanes_of(hour) + 1;
  array_reserve(calendar->memory, &calendar->lanes, lanes);
  array_reserve(calendar->memory, &calendar->heads, lanes);
  struct calendar_part part = {.kind = PART_EMPTY};
  pbk_part_add(calendar, &part, key);
  part.number = hour->number;
  hour->number = (uint32_t)name;
  hour->count = (uint16_t)lanes;
  hour->fours = (uint8_t)(lanes >> 16);
  *slot = (struct calendar_slot){name, part};
  calendar->slot_count++;
}

static void add_to_few(struct calendar *calendar, struct calendar_part *hour, struct wake wake) {
  struct calendar_few *few = hour->of.few;
  if (few->count == few->capacity) {
    uint32_t larger = few->capacity * 2;
    few = pbk_reallocate(calendar->memory, few, few_size(few->capacity), few_size(larger));
    few->capacity = larger;
    hour->of.few = few;
  }
  few->wakes[few->count++] = wake;
}

/* An hour that has none yet. */
static void begin_hour(struct calendar *calendar, struct calendar_slot *slot, uint64_t hour) {
  array_reserve(calendar->memory, &calendar->hours, calendar->hours.count + 1);
  array_reserve(calendar->memory, &calendar->heads, 1);
  struct calendar_few *few = pbk_allocate(calendar->memory, few_size(FEW_FIRST));
  few->count = 0;
  few->capacity = FEW_FIRST;
  pbk_heap_push(calendar->memory, &calendar->hours, hour);
  *slot = (struct calendar_slot){hour_name(hour), {.of.few = few, .number = NO_LANE, .kind = PART_HOUR}};
  calendar->slot_count++;
}

/* The few have become too many. */
static void spread(struct calendar *calendar, struct calendar_part *hour) {
  struct calendar_few *few = hour->of.few;
  for (; few->count > 0; few->count--) {
    struct wake wake = few->wakes[few->count - 1];
    uint64_t biased = from_earliest(wake.time);
    add_to_lane(calendar, hour, biased >> 32 << 32 | wake.order >> 32, biased << 32 | (uint32_t)wake.order);
  }
  few_release(calendar, hour);
}

static SELDOM void add_otherwise(struct calendar *calendar, uint64_t name, uint64_t key) {
  if (name >> 32 < calendar->opened) {
    add_to_opened(calendar, name, key);
    return;
  }
  if ((calendar->slot_count + FEW_MOST + 2) * 4 > calendar->slot_capacity * 3) slots_grow(calendar);
  struct calendar_slot *slot = slot_find(calendar, hour_name(name >> 32));
  if (slot->part.kind == PART_EMPTY) begin_hour(calendar, slot, name >> 32);
  if (slot->part.of.few && slot->part.of.few->count == FEW_MOST) spread(calendar, &slot->part);
  if (slot->part.of.few)
    add_to_few(calendar, &slot->part, wake_of(name, key));
  else
    add_to_lane(calendar, &slot->part, name, key);
}

/* Mostly the key goes to the end of a part, or of an open lane. */
void pbk_calendar_add(struct calendar *calendar, pbk_time time, uint64_t order) {
  uint64_t biased = from_earliest(time);
  uint64_t name = biased >> 32 << 32 | order >> 32, key = biased << 32 | (uint32_t)order;
  struct calendar_part *part = calendar->slot_count > 0 ? &slot_find(calendar, name)->part : NULL;
  if (part && part->kind == PART_KEYS && part->count < part_capacity(part)) {
    part->of.keys[part->count++] = key;
  } else if (part && part->kind == PART_OPEN) {
    struct calendar_lane *lane = &calendar->lanes.items[part->number];
    bool behind = lane->next < lane->count && lane->count < lane->capacity && key >= lane->keys[lane->count - 1];
    if (behind && key <= lane->last)
      lane->keys[lane->count++] = key;
    else
      lane_add(calendar, part->number, key);
  } else {
    add_otherwise(calendar, name, key);
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
  const struct calendar_few *few = slot->part.of.few;
  calendar->near_next = calendar->near_count = 0;
  for (uint32_t i = 0; few && i < few->count; i++) near_insert(calendar, few->wakes[i]);
  if (few) head_rise(calendar, calendar->heads.count++, (struct calendar_head){calendar->near[0], NO_LANE});
  few_release(calendar, &slot->part);
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

/* The last of its sorted keys has been taken from the first lane. */
static SELDOM void pop_last(struct calendar *calendar, struct calendar_lane *lane) {
  lane_refill(calendar, lane);
  if (lane->next < lane->count)
    head_sink(calendar, lane_head(calendar, calendar->taken_from));
  else
    head_drop(calendar);
}

void pbk_calendar_pop(struct calendar *calendar) {
  uint32_t number = calendar->heads.items[0].lane;
  calendar->taken_from = number;
  if (number != NO_LANE) {
    struct calendar_lane *lane = &calendar->lanes.items[number];
    if (++lane->next == lane->count)
      pop_last(calendar, lane);
    else
      head_sink(calendar, (struct calendar_head){wake_of(lane->name, lane->keys[lane->next]), number});
  } else if (++calendar->near_next < calendar->near_count) {
    head_sink(calendar, (struct calendar_head){calendar->near[calendar->near_next], NO_LANE});
  } else {
    head_drop(calendar);
  }
  if (calendar->heads.count > 0)
    calendar->soonest = calendar->heads.items[0].wake.time;
  else
    calendar->soonest = calendar->hours.count > 0 ? start_of(calendar->hours.items[0]) : INT64_MAX;
}
