/* base/shelf.c - see shelf.h. */
#include "base/shelf.h"

enum { BLOCK_BYTES = 1 << 16 }; /* about: blocks of all shelves are as large */

void pbk_shelf_init(struct shelf *shelf, uint32_t row_size) {
  *shelf = (struct shelf){.row_size = row_size};
}

void pbk_shelf_release(struct memory *memory, struct shelf *shelf) {
  for (uint32_t i = 0; i < shelf->blocks.count; i++)
    pbk_release(memory, shelf->blocks.items[i].bytes, shelf->blocks.items[i].size);
  array_release(memory, &shelf->blocks);
  pbk_release(memory, shelf->chunks, (size_t)shelf->chunk_capacity * sizeof *shelf->chunks);
  pbk_shelf_init(shelf, shelf->row_size);
}

static size_t block_size(const struct shelf *shelf, uint32_t chunks) {
  return (size_t)chunks * SHELF_CHUNK * shelf->row_size + SHELF_LINE - 16; /* blocks are aligned to 16 already */
}

static uint32_t next_chunks(const struct shelf *shelf) {
  uint32_t chunks = BLOCK_BYTES / SHELF_CHUNK / shelf->row_size;
  return shelf->chunk_count == 0 || chunks == 0 ? 1 : chunks;
}

static void add_chunks(struct memory *memory, struct shelf *shelf) {
  uint32_t chunks = next_chunks(shelf), wanted = shelf->chunk_count + chunks;
  struct shelf_block block = {.size = block_size(shelf, chunks)};
  array_reserve(memory, &shelf->blocks, shelf->blocks.count + 1);
  if (wanted > shelf->chunk_capacity)
    shelf->chunks = pbk_array_grow(memory, shelf->chunks, &shelf->chunk_capacity, wanted, sizeof *shelf->chunks);
  block.bytes = pbk_allocate(memory, block.size);
  shelf->blocks.items[shelf->blocks.count++] = block;
  size_t past = (size_t)((uintptr_t)block.bytes % SHELF_LINE), left = past ? SHELF_LINE - past : 0;
  unsigned char *rows = (unsigned char *)block.bytes + (left <= SHELF_LINE - 16 ? left : 0);
  for (; shelf->chunk_count < wanted; rows += (size_t)SHELF_CHUNK * shelf->row_size)
    shelf->chunks[shelf->chunk_count++] = rows;
}

void *pbk_shelf_add(struct memory *memory, struct shelf *shelf) {
  if (shelf->count == UINT32_MAX - SHELF_CHUNK) pbk_allocate(memory, SIZE_MAX); /* refused: no index is left */
  if (shelf->count == shelf->chunk_count * SHELF_CHUNK) add_chunks(memory, shelf);
  void *row = shelf_row(shelf, shelf->count++, shelf->row_size);
  memset(row, 0, shelf->row_size);
  return row;
}

uint64_t pbk_shelf_next(const struct shelf *shelf) {
  uint64_t bytes = block_size(shelf, next_chunks(shelf));
  if (shelf->chunk_count + next_chunks(shelf) > shelf->chunk_capacity)
    bytes += ((uint64_t)shelf->chunk_capacity + shelf->chunk_capacity / 2) * sizeof *shelf->chunks;
  return bytes;
}
