/* base/shelf.h - rows of structs that are found by index and never move, in lines of the processor's cache where they fit.
 *
 * Rows stand in chunks of a fixed count; a row of pointers finds them. A shelf starts with one small block and then takes
 * several chunks at a time. */
#ifndef PBK_BASE_SHELF_H
#define PBK_BASE_SHELF_H

#include "base/array.h"

enum { SHELF_CHUNK = 256, SHELF_LINE = 64 };

struct shelf_block {
  void *bytes;
  size_t size;
};

struct shelf {
  unsigned char **chunks;
  uint32_t count; /* rows given out */
  uint32_t row_size;
  uint32_t chunk_count, chunk_capacity;
  ARRAY(struct shelf_block) blocks; /* what the chunks stand in */
};

/* How far rows are apart: whole lines, or whole parts of one. */
#define SHELF_ROW(size)                              \
  ((size) <= SHELF_LINE / 4   ? SHELF_LINE / 4       \
   : (size) <= SHELF_LINE / 2 ? SHELF_LINE / 2       \
                              : ((size) + SHELF_LINE - 1) / SHELF_LINE * SHELF_LINE)

void pbk_shelf_init(struct shelf *shelf, uint32_t row_size);
void pbk_shelf_release(struct memory *memory, struct shelf *shelf);
/* A new row, cleared: that of the index that was the count. */
void *pbk_shelf_add(struct memory *memory, struct shelf *shelf);
/* What the next `rows` rows may take, where it is more than a little. */
uint64_t pbk_shelf_next(const struct shelf *shelf);
static inline uint64_t shelf_growth(const struct shelf *shelf, uint32_t rows) {
  bool room = (uint64_t)shelf->count + rows <= (uint64_t)shelf->chunk_count * SHELF_CHUNK;
  return room || shelf->chunk_count == 0 ? 0 : pbk_shelf_next(shelf);
}

static inline void *shelf_row(const struct shelf *shelf, uint32_t index, size_t row_size) {
  return shelf->chunks[index / SHELF_CHUNK] + index % SHELF_CHUNK * row_size;
}

#endif
