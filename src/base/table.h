/* base/table.h - rows of structs that are found by index and never move, in lines of the processor's cache where they fit.
 *
 * Rows stand in chunks of a fixed count; a row of pointers finds them. A table starts with one small block and then takes
 * several chunks at a time. */
#ifndef PBK_BASE_TABLE_H
#define PBK_BASE_TABLE_H

#include "base/array.h"

enum { TABLE_CHUNK = 256, TABLE_LINE = 64 };

struct table_block {
  void *bytes;
  size_t size;
};

struct table {
  unsigned char **chunks;
  uint32_t count; /* rows given out */
  uint32_t row_size;
  uint32_t chunk_count, chunk_capacity;
  ARRAY(struct table_block) blocks; /* what the chunks stand in */
};

/* How far rows are apart: whole lines, or whole parts of one. */
#define TABLE_ROW(size) ((size) <= TABLE_LINE / 2 ? TABLE_LINE / 2 : ((size) + TABLE_LINE - 1) / TABLE_LINE * TABLE_LINE)

void pbk_table_init(struct table *table, uint32_t row_size);
void pbk_table_release(struct memory *memory, struct table *table);
/* A new row, cleared: that of the index that was the count. */
void *pbk_table_add(struct memory *memory, struct table *table);
/* What the next `rows` rows may take, where it is more than a little. */
uint64_t pbk_table_next(const struct table *table);
static inline uint64_t table_growth(const struct table *table, uint32_t rows) {
  bool room = (uint64_t)table->count + rows <= (uint64_t)table->chunk_count * TABLE_CHUNK;
  return room || table->chunk_count == 0 ? 0 : pbk_table_next(table);
}

static inline void *table_row(const struct table *table, uint32_t index, size_t row_size) {
  return table->chunks[index / TABLE_CHUNK] + index % TABLE_CHUNK * row_size;
}

#endif
