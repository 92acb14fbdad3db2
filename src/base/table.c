/* base/table.c - see table.h. */
#include "base/table.h"

enum { CHUNKS_AT_ONCE = 4 };

void pbk_table_init(struct table *table, uint32_t row_size) {
  *table = (struct table){.row_size = row_size};
}

void pbk_table_release(struct memory *memory, struct table *table) {
  for (uint32_t i = 0; i < table->blocks.count; i++)
    pbk_release(memory, table->blocks.items[i].bytes, table->blocks.items[i].size);
  array_release(memory, &table->blocks);
  pbk_release(memory, table->chunks, (size_t)table->chunk_capacity * sizeof *table->chunks);
  pbk_table_init(table, table->row_size);
}

static size_t block_size(const struct table *table, uint32_t chunks) {
  return (size_t)chunks * TABLE_CHUNK * table->row_size + TABLE_LINE - 16; /* blocks are aligned to 16 already */
}

static uint32_t next_chunks(const struct table *table) {
  return table->chunk_count ? CHUNKS_AT_ONCE : 1;
}

static void add_chunks(struct memory *memory, struct table *table) {
  uint32_t chunks = next_chunks(table), wanted = table->chunk_count + chunks;
  struct table_block block = {.size = block_size(table, chunks)};
  array_reserve(memory, &table->blocks, table->blocks.count + 1);
  if (wanted > table->chunk_capacity)
    table->chunks = pbk_array_grow(memory, table->chunks, &table->chunk_capacity, wanted, sizeof *table->chunks);
  block.bytes = pbk_allocate(memory, block.size);
  table->blocks.items[table->blocks.count++] = block;
  size_t past = (size_t)((uintptr_t)block.bytes % TABLE_LINE), left = past ? TABLE_LINE - past : 0;
  unsigned char *rows = (unsigned char *)block.bytes + (left <= TABLE_LINE - 16 ? left : 0);
  for (; table->chunk_count < wanted; rows += (size_t)TABLE_CHUNK * table->row_size)
    table->chunks[table->chunk_count++] = rows;
}

void *pbk_table_add(struct memory *memory, struct table *table) {
  if (table->count == UINT32_MAX - TABLE_CHUNK) pbk_allocate(memory, SIZE_MAX); /* refused: no index is left */
  if (table->count == table->chunk_count * TABLE_CHUNK) add_chunks(memory, table);
  void *row = table_row(table, table->count++, table->row_size);
  memset(row, 0, table->row_size);
  return row;
}

uint64_t pbk_table_next(const struct table *table) {
  uint64_t bytes = block_size(table, next_chunks(table));
  if (table->chunk_count + CHUNKS_AT_ONCE > table->chunk_capacity)
    bytes += ((uint64_t)table->chunk_capacity + table->chunk_capacity / 2) * sizeof *table->chunks;
  return bytes;
}
