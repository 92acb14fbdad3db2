/* tests/sim/memory.c - what the simulator's engines allocate from, and bytes that grow; see sim.h. */
#include "sim.h"

/* ---- bytes ---- */

void bytes_reserve(struct bytes *bytes, size_t capacity) {
  if (capacity <= bytes->capacity) return;
  bytes->capacity = capacity * 2 + 256;
  bytes->at = realloc(bytes->at, bytes->capacity);
  if (!bytes->at) abort();
}

void bytes_add(struct bytes *bytes, const void *from, size_t size) {
  if (size == 0) return;
  bytes_reserve(bytes, bytes->size + size);
  memcpy(bytes->at + bytes->size, from, size);
  bytes->size += size;
}

void bytes_copy(struct bytes *to, const struct bytes *from) {
  to->size = 0;
  bytes_add(to, from->at, from->size);
}

void bytes_release(struct bytes *bytes) {
  free(bytes->at);
  *bytes = (struct bytes){0};
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint64_t hash = seed ^ 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ at[i]) * 0x100000001b3u;
  return mix(hash, size);
}

/* ---- blocks ---- */

static void *allocate_counted(struct heap *heap, void *pointer, size_t old_size, size_t new_size) {
  struct heap_block *block = pointer ? (struct heap_block *)pointer - 1 : NULL, *moved = NULL;
  size_t known = block ? block->size : 0;
  if (known != old_size) heap->wrong_sizes++;
  if (new_size > 0) {
    moved = malloc(sizeof *moved + new_size); /* always another place, so that a pointer kept over a move is seen */
    if (!moved) abort();
    *moved = (struct heap_block){.after = heap->blocks, .size = new_size};
    if (heap->blocks) heap->blocks->before = moved;
    heap->blocks = moved;
    memset(moved + 1, 0xa5, new_size);
    if (block) memcpy(moved + 1, block + 1, known < new_size ? known : new_size);
    heap->out += new_size;
  }
  if (block) {
    if (block->before)
      block->before->after = block->after;
    else
      heap->blocks = block->after;
    if (block->after) block->after->before = block->before;
    free(block);
    heap->out -= known;
  }
  return moved ? moved + 1 : NULL;
}

static void *allocate_piecemeal(struct heap *heap, void *pointer, size_t old_size, size_t new_size) {
  if (new_size <= old_size) return new_size ? pointer : NULL;
  size_t size = (new_size + 15) & ~(size_t)15;
  if (heap->capacity - heap->used < size) run_fail("an engine needs more than %zu bytes", heap->capacity);
  void *moved = heap->piece + heap->used;
  heap->used += size;
  if (old_size) memcpy(moved, pointer, old_size);
  return moved;
}

void *heap_allocate(void *context, void *pointer, size_t old_size, size_t new_size) {
  struct heap *heap = context;
  if (new_size > 0) {
    heap->calls++;
    if (heap->fail_at && (heap->fail_after ? heap->calls >= heap->fail_at : heap->calls == heap->fail_at)) return NULL;
  }
  if (heap->counted) return allocate_counted(heap, pointer, old_size, new_size);
  if (!heap->piece) {
    heap->capacity = (size_t)64 << 20; /* only what is touched counts */
    heap->piece = malloc(heap->capacity);
    if (!heap->piece) abort();
  }
  return allocate_piecemeal(heap, pointer, old_size, new_size);
}

void heap_forget(struct heap *heap) {
  heap->used = 0;
  while (heap->blocks) {
    struct heap_block *block = heap->blocks;
    heap->blocks = block->after;
    free(block);
  }
  heap->out = 0;
}

void heap_release(struct heap *heap) {
  heap_forget(heap);
  free(heap->piece);
  *heap = (struct heap){0};
}
