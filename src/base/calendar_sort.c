/* base/calendar_sort.c - keys in order; declared in calendar.h.
 *
 * By digits, the most significant in which they differ first, each group sorted again, all in place: taking from the
 * calendar must never need memory. */
#include "base/calendar.h"

enum { DIGIT_BITS_MOST = 6, DIGITS_MOST = 1 << DIGIT_BITS_MOST, FEW = 24 };

static void sort_few(uint64_t *keys, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    uint32_t at = i;
    for (; at > 0 && key < keys[at - 1]; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

/* Puts every key among those of its digit; `ends` become the ends of the digits' groups. */
static void group(uint64_t *keys, uint32_t count, uint32_t shift, uint32_t digits, uint32_t ends[DIGITS_MOST]) {
  uint32_t next[DIGITS_MOST], at = 0;
  for (uint32_t i = 0; i < digits; i++) ends[i] = 0;
  for (uint32_t i = 0; i < count; i++) ends[keys[i] >> shift & (digits - 1)]++;
  for (uint32_t i = 0; i < digits; i++) {
    next[i] = at;
    ends[i] = at += ends[i];
  }
  for (uint32_t i = 0; i < digits; i++) {
    while (next[i] < ends[i]) {
      uint64_t key = keys[next[i]];
      uint32_t of = (uint32_t)(key >> shift) & (digits - 1);
      if (of == i) {
        next[i]++;
        continue;
      }
      keys[next[i]] = keys[next[of]];
      keys[next[of]++] = key;
    }
  }
}

static void sort_from(uint64_t *keys, uint32_t count) {
  uint32_t ends[DIGITS_MOST], at = 0, shift = 0, bits = 1;
  uint64_t differences = 0;
  if (count <= FEW) {
    sort_few(keys, count);
    return;
  }
  for (uint32_t i = 1; i < count; i++) differences |= keys[i] ^ keys[0];
  if (differences == 0) return;
  while (bits < DIGIT_BITS_MOST && count >> bits > 4) bits++; /* a few in each group */
  for (uint32_t half = 32; half > 0; half /= 2)
    if (differences >> shift >> bits >> (half - 1) != 0) shift += half;
  group(keys, count, shift, (uint32_t)1 << bits, ends);
  for (uint32_t i = 0; i < (uint32_t)1 << bits && shift > 0; i++) {
    if (ends[i] - at > 1) sort_from(keys + at, ends[i] - at);
    at = ends[i];
  }
}

void pbk_sort_keys(uint64_t *keys, uint32_t count) {
  bool sorted = true;
  for (uint32_t i = 1; i < count && sorted; i++) sorted = keys[i - 1] <= keys[i];
  if (!sorted) sort_from(keys, count);
}
