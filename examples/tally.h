/* tally.h - counts by two names, such as messages by sender and state. */
#ifndef TALLY_H
#define TALLY_H

#include <stdio.h>

#include "names.h"

/* Zero-initialised is empty. Rows and columns stand in the order in which they first came. */
struct tally {
  struct names rows, columns;
  uint64_t *counts; /* row * column_capacity + column */
  uint32_t row_capacity, column_capacity;
};

/* A place in it, good for as long as the tally is. */
struct tally_cell {
  uint32_t row, column;
};
struct tally_cell tally_cell(struct tally *tally, pbk_text row, pbk_text column);

void tally_add(struct tally *tally, struct tally_cell cell, int64_t change);
uint64_t tally_count(const struct tally *tally, struct tally_cell cell);

/* The sum of a row; 0 for NO_NAME. */
uint64_t tally_row_sum(const struct tally *tally, uint32_t row);

/* Writes a row as "3 sent, 1 pending", leaving out zeros. */
void tally_write_row(const struct tally *tally, uint32_t row, FILE *file);

void tally_release(struct tally *tally);

/* A text that lives as long as the program. */
pbk_text text_of(const char *text);

#endif
