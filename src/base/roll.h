/* base/roll.h - which items of a table (table.h) belong to something: their numbers, ascending.
 *
 * One word where there is one number or none; more stand in blocks, in which those that are gone are dropped when they are the
 * half; of a long list in a block after the other, while others go. */
#ifndef PBK_BASE_ROLL_H
#define PBK_BASE_ROLL_H

#include "base/table.h"

/* 0: empty; odd: twice the one number, and 1; else the address of a list of blocks. */
typedef uint64_t roll;

/* A number above all that were added before. */
void pbk_roll_add(struct memory *memory, roll *word, uint64_t number);
/* A number that was added has been removed from the table: once for each. Never fails. */
void pbk_roll_drop(struct memory *memory, roll *word, const struct table *table, uint64_t number);
/* Both, quick for the only one. */
static inline void roll_add(struct memory *memory, roll *word, uint64_t number) {
  if (*word)
    pbk_roll_add(memory, word, number);
  else
    *word = number << 1 | 1;
}
static inline void roll_drop(struct memory *memory, roll *word, const struct table *table, uint64_t number) {
  if (*word == (number << 1 | 1))
    *word = 0;
  else
    pbk_roll_drop(memory, word, table, number);
}
/* The next numbers above `after` of items that are there: how many, 0 at the end. */
uint32_t pbk_roll_read(const roll *word, const struct table *table, uint64_t after, uint64_t *numbers, uint32_t most);
void pbk_roll_release(struct memory *memory, roll *word);

#endif
