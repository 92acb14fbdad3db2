/* tally.c - see tally.h. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "program.h"

static uint64_t *place(const struct tally *tally, struct tally_cell cell) {
  return &tally->counts[(size_t)cell.row * tally->column_capacity + cell.column];
}

struct tally_cell tally_cell(struct tally *tally, pbk_text row, pbk_text column) {
  struct tally_cell cell = {names_number(&tally->rows, row), names_number(&tally->columns, column)};
  if (cell.row < tally->row_capacity && cell.column < tally->column_capacity) return cell;
  struct tally larger = *tally;
  larger.row_capacity = tally->rows.capacity;
  larger.column_capacity = tally->columns.capacity;
  size_t size = (size_t)larger.row_capacity * larger.column_capacity * sizeof *larger.counts;
  larger.counts = allocate(NULL, size);
  memset(larger.counts, 0, size);
  for (uint32_t old = 0; old < tally->row_capacity; old++)
    memcpy(place(&larger, (struct tally_cell){old, 0}), place(tally, (struct tally_cell){old, 0}),
           tally->column_capacity * sizeof *tally->counts);
  free(tally->counts);
  *tally = larger;
  return cell;
}

void tally_add(struct tally *tally, struct tally_cell cell, int64_t change) {
  *place(tally, cell) += (uint64_t)change;
}

uint64_t tally_count(const struct tally *tally, struct tally_cell cell) {
  return *place(tally, cell);
}

uint64_t tally_row_sum(const struct tally *tally, uint32_t row) {
  uint64_t sum = 0;
  if (row == NO_NAME) return 0;
  for (uint32_t column = 0; column < tally->columns.count; column++)
    sum += tally_count(tally, (struct tally_cell){row, column});
  return sum;
}

void tally_write_row(const struct tally *tally, uint32_t row, FILE *file) {
  bool first = true;
  for (uint32_t column = 0; column < tally->columns.count; column++) {
    uint64_t count = tally_count(tally, (struct tally_cell){row, column});
    if (!count) continue;
    fprintf(file, "%s%llu %s", first ? "" : ", ", (unsigned long long)count, tally->columns.texts[column]);
    first = false;
  }
}

void tally_release(struct tally *tally) {
  names_release(&tally->rows);
  names_release(&tally->columns);
  free(tally->counts);
  *tally = (struct tally){0};
}

pbk_text text_of(const char *text) {
  return (pbk_text){text, strlen(text)};
}
