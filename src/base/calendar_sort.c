/* base/calendar_sort.c - keys in order; declared in calendar.h.
 *
 * By digits, the most significant in which they differ first, each group sorted again, all in place: taking from the calendar must
 * never need memory. */
#include "base/calendar.h"

enum { DIGIT_BITS = 6, DIGITS = 1 << DIGIT_BITS, FEW = 24 };

static void sort_few(uint64_t *keys, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    uint32_t at = i;
    for (; at > 0 && key < keys[at - 1]; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

static uint32_t digit_of(uint64_t key, uint32_t shift) { return (uint32_t)(key >> shift) & (DIGITS - 1); }

/* Puts every key among those of its digit; `ends` become the ends of the digits' groups. */
static void group(uint64_t *keys, uint32_t count, uint32_t shift, uint32_t ends[DIGITS]) {
  uint32_t next[DIGITS], counts[DIGITS] = {0}, at = 0;
  for (uint32_t i = 0; i < count; i++) counts[digit_of(keys[i], shift)]++;
  for (uint32_t i = 0; i < DIGITS; i++) {
    next[i] = at;
    ends[i] = at += counts[i];
  }
  for (uint32_t i = 0; i < DIGITS; i++) {
    while (next[i] < ends[i]) {
      uint32_t of = digit_of(keys[next[i]], shift);
      if (of == i) {
        next[i]++;
        continue;
      }
      uint64_t moved = keys[next[of]];
      keys[next[of]++] = keys[next[i]];
      keys[next[i]] = moved;
    }
  }
}

static void sort_from(uint64_t *keys, uint32_t count) {
  uint32_t ends[DIGITS], at = 0, shift = 0;
  uint64_t differences = 0;
  if (count <= FEW) {
    sort_few(keys, count);
    return;
  }
  for (uint32_t i = 1; i < count; i++) differences |= keys[i] ^ keys[0];
  if (differences == 0) return;
  while (differences >> shift >> DIGIT_BITS != 0) shift++;
  group(keys, count, shift, ends);
  for (uint32_t i = 0; i < DIGITS && shift > 0; i++) {
    sort_from(keys + at, ends[i] - at);
    at = ends[i];
  }
}

void pbk_sort_keys(uint64_t *keys, uint32_t count) {
  bool sorted = true;
  for (uint32_t i = 1; i < count && sorted; i++) sorted = keys[i - 1] <= keys[i];
  if (!sorted) sort_from(keys, count);
}
