/* cel/suggest.c - "did you mean": the nearest of the names that exist, if it is near enough. */
#include "cel/syntax.h"

enum { SUGGEST_MOST_NAME = 40 };

static char suggest_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Edits (insert, remove, replace) from one name to the other, letters' case ignored. */
static uint32_t suggest_distance(struct text a, struct text b) {
  uint32_t row[SUGGEST_MOST_NAME + 1];
  for (uint32_t j = 0; j <= b.size; j++) row[j] = j;
  for (uint32_t i = 1; i <= a.size; i++) {
    uint32_t diagonal = row[0];
    row[0] = i;
    for (uint32_t j = 1; j <= b.size; j++) {
      uint32_t replaced = diagonal + (suggest_lower(a.bytes[i - 1]) != suggest_lower(b.bytes[j - 1]));
      uint32_t best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
      diagonal = row[j];
      row[j] = best < replaced ? best : replaced;
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
