/* base/calendar_part.c - keys in no order, in parts by their digits; declared in calendar.h.
 *
 * A part that has become too large is divided by the first digit in which its keys differ; what all have in common is kept once, with
 * the fork. So keys that come in any order lie in parts that are in order, and none is ever moved more often than it has digits. */
#include "base/calendar.h"

enum { DIGIT_BITS = 4, DIGITS = 1 << DIGIT_BITS, FIRST_CAPACITY = 8 };

/* Its keys are equal to `common` before the digit. */
struct calendar_fork {
  uint64_t common;
  uint32_t shift; /* bits behind the digit */
  struct calendar_part parts[DIGITS];
};

static uint32_t digit_of(uint64_t key, uint32_t shift) { return (uint32_t)(key >> shift) & (DIGITS - 1); }

/* 8, 12, 16, 24, 32 … */
static uint32_t next_capacity(uint32_t capacity) {
  if (capacity == 0) return FIRST_CAPACITY;
  return (capacity & (capacity - 1)) == 0 ? capacity + capacity / 2 : capacity / 3 * 4;
}

uint32_t pbk_keys_grow(struct calendar *calendar, uint64_t **keys, uint32_t capacity) {
  uint32_t larger = next_capacity(capacity);
  *keys = pbk_reallocate(calendar->memory, *keys, (size_t)capacity * sizeof **keys, (size_t)larger * sizeof **keys);
  return larger;
}

void pbk_part_release(struct calendar *calendar, struct calendar_part *part) {
  if (part->kind == PART_KEYS) keys_release(calendar, part->of.keys, part->capacity);
  if (part->kind == PART_FORK) {
    struct calendar_fork *fork = part->of.fork;
    for (uint32_t i = 0; i < DIGITS; i++) pbk_part_release(calendar, &fork->parts[i]);
    pbk_release(calendar->memory, fork, sizeof *fork);
  }
  part->kind = PART_EMPTY;
  part->count = part->capacity = 0;
}

/* ---- dividing ---- */

/* The bits behind the first digit in which any of these differs from another; the digits begin at the top. */
static uint32_t shift_of(uint64_t differences) {
  uint32_t shift = 64 - DIGIT_BITS;
  while (shift > 0 && differences >> shift == 0) shift -= DIGIT_BITS;
  return shift;
}

static struct calendar_fork *make_fork(struct calendar *calendar, uint64_t common, uint64_t differences) {
  struct calendar_fork *fork = pbk_allocate_cleared(calendar->memory, sizeof *fork);
  fork->common = common;
  fork->shift = shift_of(differences);
  return fork;
}

static void become_fork(struct calendar_part *part, struct calendar_fork *fork) {
  part->kind = PART_FORK;
  part->count = part->capacity = 0;
  part->of.fork = fork;
}

/* Divides a full part. Where all its keys are equal, one of them is kept. */
static void divide(struct calendar *calendar, struct calendar_part *part) {
  uint64_t *keys = part->of.keys;
  uint64_t differences = 0;
  uint32_t counts[DIGITS] = {0};
  for (uint32_t i = 1; i < part->count; i++) differences |= keys[i] ^ keys[0];
  if (differences == 0) {
    part->count = 1;
    return;
  }
  pbk_part_release(calendar, &calendar->half_done);
  struct calendar_fork *fork = make_fork(calendar, keys[0], differences);
  become_fork(&calendar->half_done, fork);
  for (uint32_t i = 0; i < part->count; i++) counts[digit_of(keys[i], fork->shift)]++;
  for (uint32_t i = 0; i < DIGITS; i++) {
    if (counts[i] == 0) continue;
    uint32_t capacity = FIRST_CAPACITY;
    while (capacity < counts[i]) capacity = next_capacity(capacity);
    fork->parts[i].of.keys = pbk_allocate(calendar->memory, (size_t)capacity * sizeof *keys);
    fork->parts[i].kind = PART_KEYS;
    fork->parts[i].capacity = capacity & 4095;
  }
  for (uint32_t i = 0; i < part->count; i++) {
    struct calendar_part *to = &fork->parts[digit_of(keys[i], fork->shift)];
    to->of.keys[to->count++] = keys[i];
  }
  keys_release(calendar, keys, part->capacity);
  become_fork(part, fork);
  calendar->half_done.kind = PART_EMPTY;
}

/* The part of a fork where the key belongs; a fork is put above it where the key differs before its digit. */
static struct calendar_part *descend(struct calendar *calendar, struct calendar_part *part, uint64_t key) {
  struct calendar_fork *fork = part->of.fork;
  uint64_t differences = key ^ fork->common;
  if (differences >> fork->shift >> DIGIT_BITS != 0) {
    struct calendar_fork *above = make_fork(calendar, key, differences);
    become_fork(&above->parts[digit_of(fork->common, above->shift)], fork);
    part->of.fork = fork = above;
  }
  return &fork->parts[digit_of(key, fork->shift)];
}

void pbk_part_add(struct calendar *calendar, struct calendar_part *part, uint64_t key) {
  for (;;) {
    while (part->kind == PART_FORK) part = descend(calendar, part, key);
    if (part->count < part->capacity) break;
    if (part->capacity == PART_MOST) {
      divide(calendar, part);
      continue;
    }
    uint64_t *keys = part->kind == PART_KEYS ? part->of.keys : NULL;
    part->capacity = pbk_keys_grow(calendar, &keys, part->capacity) & 4095;
    part->of.keys = keys;
    part->kind = PART_KEYS;
  }
  part->of.keys[part->count++] = key;
}

/* ---- taking ---- */

bool pbk_part_take(struct calendar *calendar, struct calendar_part *part, struct calendar_part *taken, uint64_t *last) {
  *last = UINT64_MAX;
  struct calendar_part *at = part;
  while (at->kind == PART_FORK) {
    struct calendar_fork *fork = at->of.fork;
    uint32_t digit = 0;
    while (digit < DIGITS && fork->parts[digit].kind == PART_EMPTY) digit++;
    if (digit == DIGITS) { /* all of it has been taken */
      pbk_release(calendar->memory, fork, sizeof *fork);
      at->kind = PART_EMPTY;
      at = part;
      *last = UINT64_MAX;
      continue;
    }
    uint64_t before = fork->common >> fork->shift >> DIGIT_BITS << DIGIT_BITS | digit;
    *last = before << fork->shift | (((uint64_t)1 << fork->shift) - 1);
    at = &fork->parts[digit];
  }
  if (at->kind == PART_EMPTY) return false;
  *taken = *at;
  at->kind = PART_EMPTY;
  at->count = at->capacity = 0;
  return true;
}
