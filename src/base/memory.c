/* base/memory.c - see memory.h. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void *memory_from_libc(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size == 0) {
    free(pointer);
    return NULL;
  }
  return realloc(pointer, new_size);
}

void pbk_memory_init(struct memory *memory, memory_function function, void *context, uint64_t budget) {
  memory->function = function ? function : memory_from_libc;
  memory->context = context;
  memory->used = 0;
  memory->budget = budget;
  memory->on_failure = NULL;
  memory->in_chunks = false;
  memset(&memory->chunks, 0, sizeof memory->chunks);
}

void pbk_memory_use_chunks(struct memory *memory) { memory->in_chunks = true; }

void pbk_memory_release(struct memory *memory) { pbk_chunks_release(memory); }

static void memory_refuse(struct memory *memory) {
  if (memory->on_failure) longjmp(*memory->on_failure, 1);
  abort();
}

void *pbk_try_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size) {
  if (memory->in_chunks)
    return pointer && old_size ? pbk_chunks_reallocate(memory, pointer, old_size, new_size)
                               : pbk_chunks_allocate(memory, new_size);
  /* No object is larger than PTRDIFF_MAX; a host's allocator that adds a header to SIZE_MAX would wrap. */
  if (new_size > PTRDIFF_MAX) return NULL;
  if (new_size > old_size && (memory->used > memory->budget || new_size - old_size > memory->budget - memory->used)) return NULL;
  void *result = memory->function(memory->context, pointer, old_size, new_size);
  if (!result) return NULL;
  memory->used += (uint64_t)new_size;
  memory->used -= (uint64_t)old_size;
  return result;
}

void *pbk_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size) {
  if (new_size == 0) {
    pbk_release(memory, pointer, old_size);
    return NULL;
  }
  void *result = pbk_try_reallocate(memory, pointer, old_size, new_size);
  if (!result) memory_refuse(memory);
  return result;
}

void *pbk_allocate(struct memory *memory, size_t size) {
  return pbk_reallocate(memory, NULL, 0, size);
}

void *pbk_allocate_cleared(struct memory *memory, size_t size) {
  void *result = pbk_allocate(memory, size);
  if (size) memset(result, 0, size);
  return result;
}

void pbk_release(struct memory *memory, void *pointer, size_t size) {
  if (!pointer) return;
  if (memory->in_chunks) {
    if (size) pbk_chunks_free(memory, pointer, size);
    return;
  }
  memory->function(memory->context, pointer, size, 0);
  memory->used -= (uint64_t)size;
}

struct arena_block {
  struct arena_block *older;
  size_t size; /* of the whole block */
  size_t taken;
};

enum { ARENA_FIRST = 1024, ARENA_MOST = 1 << 20 };

void pbk_arena_init(struct arena *arena, struct memory *memory) {
  arena->memory = memory;
  arena->newest = NULL;
  arena->total = 0;
}

void *pbk_arena_allocate(struct arena *arena, size_t size) {
  struct arena_block *block = arena->newest;
  size_t header = (sizeof *block + 7) & ~(size_t)7;
  if (size > SIZE_MAX - header - 7) memory_refuse(arena->memory); /* more than the address space: rounding up would wrap */
  size = (size + 7) & ~(size_t)7;
  if (!block || block->size - block->taken < size) {
    size_t wanted = block ? block->size * 2 : ARENA_FIRST;
    if (wanted > ARENA_MOST) wanted = ARENA_MOST;
    if (wanted < size + header) wanted = size + header;
    block = pbk_allocate(arena->memory, wanted);
    block->older = arena->newest;
    block->size = wanted;
    block->taken = header;
    arena->newest = block;
  }
  void *piece = (char *)block + block->taken;
  block->taken += size;
  arena->total += size;
  return piece;
}

static void arena_release_blocks(struct arena *arena, struct arena_block *block) {
  while (block) {
    struct arena_block *older = block->older;
    pbk_release(arena->memory, block, block->size);
    block = older;
  }
}

void pbk_arena_reset(struct arena *arena) {
  struct arena_block *kept = arena->newest;
  arena->total = 0;
  if (!kept) return;
  /* Not always the newest: a block made for one large piece may be followed by ordinary ones. */
  for (struct arena_block *block = kept->older; block; block = block->older)
    if (block->size > kept->size) kept = block;
  for (struct arena_block *block = arena->newest; block;) {
    struct arena_block *older = block->older;
    if (block != kept) pbk_release(arena->memory, block, block->size);
    block = older;
  }
  arena->newest = kept;
  kept->older = NULL;
  kept->taken = (sizeof *kept + 7) & ~(size_t)7;
}

void pbk_arena_release(struct arena *arena) {
  arena_release_blocks(arena, arena->newest);
  arena->newest = NULL;
  arena->total = 0;
}

struct arena_mark pbk_arena_mark(const struct arena *arena) {
  return (struct arena_mark){arena->newest, arena->newest ? arena->newest->taken : 0, arena->total};
}

void pbk_arena_return(struct arena *arena, struct arena_mark mark) {
  while (arena->newest != mark.newest) {
    struct arena_block *block = arena->newest;
    arena->newest = block->older;
    pbk_release(arena->memory, block, block->size);
  }
  if (mark.newest) mark.newest->taken = mark.taken;
  arena->total = mark.total;
}
