/* tests/unit/shelf.c - rows in chunks: where they are, that they stay, what the next ones take. */
#include "base/shelf.h"

#include "unit/check.h"

struct row {
  uint64_t numbers[11];
};
enum { ROWS = 5000 };

static void rows_stay(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct shelf shelf;
  static struct row *rows[ROWS];
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_shelf_init(&shelf, SHELF_ROW(sizeof(struct row)));
  CHECK_EQUAL_UINT(shelf.row_size, 128);
  CHECK_EQUAL_UINT(SHELF_ROW(16), 16);
  CHECK_EQUAL_UINT(SHELF_ROW(24), 32);
  CHECK_EQUAL_UINT(SHELF_ROW(33), 64);
  CHECK_EQUAL_UINT(SHELF_ROW(64), 64);
  for (uint32_t i = 0; i < ROWS; i++) {
    struct row *row = rows[i] = pbk_shelf_add(&memory, &shelf);
    CHECK_EQUAL_UINT(shelf.count, i + 1);
    for (uint32_t j = 0; j < 11; j++) {
      if (row->numbers[j] != 0) CHECK(false);
      row->numbers[j] = i * 11 + j;
    }
  }
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < ROWS; i++) {
    const struct row *row = shelf_row(&shelf, i, SHELF_ROW(sizeof *row));
    wrong += row != rows[i];
    for (uint32_t j = 0; j < 11; j++) wrong += row->numbers[j] != i * 11 + j;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(heap.calls < 30);
  pbk_shelf_release(&memory, &shelf);
  CHECK_EQUAL_UINT(heap.out, 0);
  CHECK_EQUAL_UINT(shelf.count, 0);
  pbk_shelf_add(&memory, &shelf); /* it can be used anew */
  CHECK_EQUAL_UINT(shelf.count, 1);
  pbk_shelf_release(&memory, &shelf);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* What the next rows take is said before they do. */
static void growth(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct shelf shelf;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_shelf_init(&shelf, 64);
  CHECK_EQUAL_UINT(shelf_growth(&shelf, 1), 0); /* the first are few */
  for (uint32_t i = 0; i < 20000; i++) {
    uint64_t told = i ? shelf_growth(&shelf, 1) + 4096 : UINT64_MAX, before = memory.used; /* the row of blocks is little */
    pbk_shelf_add(&memory, &shelf);
    if (memory.used - before > told) CHECK(false);
  }
  CHECK(shelf_growth(&shelf, SHELF_CHUNK * 8) > 0);
  pbk_shelf_release(&memory, &shelf);
}

int main(void) {
  RUN(rows_stay);
  RUN(growth);
  return check_report();
}
