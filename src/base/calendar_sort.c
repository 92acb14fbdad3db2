/* base/calendar_sort.c - the wake-ups of an hour in order; declared in calendar.h.
 *
 * By digits, the most significant first, each group sorted again by the next digit, all in place: taking from the calendar must never
 * need memory. */
#include "base/calendar.h"

enum { TIME_DIGITS = 4, DIGITS = TIME_DIGITS + 8, FEW = 24 };

static uint32_t digit_of(struct wake wake, pbk_time start, uint32_t digit) {
  if (digit < TIME_DIGITS) return (uint32_t)((uint64_t)wake.time - (uint64_t)start) >> (24 - 8 * digit) & 255;
  return (uint32_t)(wake.order >> (56 - 8 * (digit - TIME_DIGITS))) & 255;
}

static void sort_few(struct wake *wakes, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    struct wake wake = wakes[i];
    uint32_t at = i;
    for (; at > 0 && wake_before(wake, wakes[at - 1]); at--) wakes[at] = wakes[at - 1];
    wakes[at] = wake;
  }
}

/* Puts every wake among those of its digit. `ends` become the ends of the digits' groups. False: they all have the same digit. */
static bool group(struct wake *wakes, uint32_t count, pbk_time start, uint32_t digit, uint32_t ends[256]) {
  uint32_t next[256], counts[256] = {0}, at = 0;
  for (uint32_t i = 0; i < count; i++) counts[digit_of(wakes[i], start, digit)]++;
  if (counts[digit_of(wakes[0], start, digit)] == count) return false;
  for (uint32_t i = 0; i < 256; i++) {
    next[i] = at;
    ends[i] = at += counts[i];
  }
  for (uint32_t i = 0; i < 256; i++) {
    while (next[i] < ends[i]) {
      uint32_t of = digit_of(wakes[next[i]], start, digit);
      if (of == i) {
        next[i]++;
        continue;
      }
      struct wake moved = wakes[next[of]];
      wakes[next[of]++] = wakes[next[i]];
      wakes[next[i]] = moved;
    }
  }
  return true;
}

static void sort_from(struct wake *wakes, uint32_t count, pbk_time start, uint32_t digit) {
  uint32_t ends[256], at = 0;
  if (count <= FEW) {
    sort_few(wakes, count);
    return;
  }
  while (digit < DIGITS && !group(wakes, count, start, digit, ends)) digit++;
  if (digit == DIGITS) return;
  for (uint32_t i = 0; i < 256; i++) {
    if (ends[i] - at > 1 && digit + 1 < DIGITS) sort_from(wakes + at, ends[i] - at, start, digit + 1);
    at = ends[i];
  }
}

void pbk_sort_wakes(struct wake *wakes, uint32_t count, pbk_time start) {
  bool sorted = true;
  for (uint32_t i = 1; i < count && sorted; i++) sorted = !wake_before(wakes[i], wakes[i - 1]);
  if (!sorted) sort_from(wakes, count, start, 0);
}
