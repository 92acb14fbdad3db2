/* cel/suggest.c - "did you mean": the nearest of the names that exist, if it is near enough. */
#include "cel/cel.h"

enum { SUGGEST_MOST_NAME = 40 };

static char suggest_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool suggest_same(char a, char b) {
  return suggest_lower(a) == suggest_lower(b);
}

/* Edits (insert, remove, replace, two neighbours swapped) from one name to the other, letters' case ignored. */
static uint32_t suggest_distance(struct text a, struct text b) {
  uint32_t rows[3][SUGGEST_MOST_NAME + 1];
  uint32_t *before = rows[0], *last = rows[1], *row = rows[2];
  for (uint32_t j = 0; j <= b.size; j++) row[j] = j;
  for (uint32_t i = 1; i <= a.size; i++) {
    uint32_t *free_row = before;
    before = last;
    last = row;
    row = free_row;
    row[0] = i;
    for (uint32_t j = 1; j <= b.size; j++) {
      char one = a.bytes[i - 1], other = b.bytes[j - 1];
      uint32_t best = last[j - 1] + !suggest_same(one, other);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && suggest_same(one, b.bytes[j - 2]) && suggest_same(a.bytes[i - 2], other);
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
  }
  return row[b.size];
}

void pbk_cel_suggest(struct cel_suggestion *suggestion, struct text candidate) {
  struct text wanted = suggestion->wanted;
  if (wanted.size > SUGGEST_MOST_NAME || candidate.size > SUGGEST_MOST_NAME || !candidate.size) return;
  uint32_t distance = suggest_distance(wanted, candidate);
  uint32_t longer = wanted.size > candidate.size ? wanted.size : candidate.size;
  if (distance > 3 || distance * 2 > longer) return;
  if (suggestion->best.bytes && distance >= suggestion->distance) return;
  suggestion->best = candidate;
  suggestion->distance = distance;
}
