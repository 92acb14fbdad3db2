/* tests/unit/table.c - rows in chunks: where they are, that they stay, what the next ones take. */
#include "base/table.h"

#include "unit/check.h"

struct row {
  uint64_t numbers[11];
};
enum { ROWS = 5000 };

static void rows_stay(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct table table;
  static struct row *rows[ROWS];
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_table_init(&table, TABLE_ROW(sizeof(struct row)));
  CHECK_EQUAL_UINT(table.row_size, 128);
  CHECK_EQUAL_UINT(TABLE_ROW(24), 32);
  CHECK_EQUAL_UINT(TABLE_ROW(33), 64);
  CHECK_EQUAL_UINT(TABLE_ROW(64), 64);
  for (uint32_t i = 0; i < ROWS; i++) {
    struct row *row = rows[i] = pbk_table_add(&memory, &table);
    CHECK_EQUAL_UINT(table.count, i + 1);
    for (uint32_t j = 0; j < 11; j++) {
      if (row->numbers[j] != 0) CHECK(false);
      row->numbers[j] = i * 11 + j;
    }
  }
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < ROWS; i++) {
    const struct row *row = table_row(&table, i, TABLE_ROW(sizeof *row));
    wrong += row != rows[i];
    for (uint32_t j = 0; j < 11; j++) wrong += row->numbers[j] != i * 11 + j;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(heap.calls < 30);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(heap.out, 0);
  CHECK_EQUAL_UINT(table.count, 0);
  pbk_table_add(&memory, &table); /* it can be used anew */
  CHECK_EQUAL_UINT(table.count, 1);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* What the next rows take is said before they do. */
static void growth(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct table table;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_table_init(&table, 64);
  CHECK_EQUAL_UINT(table_growth(&table, 1), 0); /* the first are few */
  for (uint32_t i = 0; i < 20000; i++) {
    uint64_t told = i ? table_growth(&table, 1) + 4096 : UINT64_MAX, before = memory.used; /* the row of blocks is little */
    pbk_table_add(&memory, &table);
    if (memory.used - before > told) CHECK(false);
  }
  CHECK(table_growth(&table, TABLE_CHUNK * 8) > 0);
  pbk_table_release(&memory, &table);
}

int main(void) {
  RUN(rows_stay);
  RUN(growth);
  return check_report();
}
