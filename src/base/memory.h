/* base/memory.h - the one door to the host's allocator: counted, limited by a budget, and never returning NULL.
 *
 * Code above this floor does not check allocations one by one. A call of the public API arms `on_failure`; an
 * allocation that the host or the budget refuses jumps there. */
#ifndef PBK_BASE_MEMORY_H
#define PBK_BASE_MEMORY_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chunks.h"

/* Asks for what is needed soon; any address will do. GCC takes a function that does nothing but that for one without effects, and leaves
 * its calls out: the empty statement tells it otherwise. */
#if defined(__GNUC__)
static inline void prefetch(const void *address) {
  __builtin_prefetch(address);
  __asm__ volatile("");
}
#else
#define prefetch(address) ((void)(address))
#endif

/* Of a function that is kept apart, so that what calls it stays short. */
#if defined(__GNUC__)
#define SELDOM __attribute__((noinline))
#else
#define SELDOM
#endif

/* realloc-like, with the old size: new_size 0 frees, pointer NULL allocates. Returns NULL when it cannot. */
typedef void *(*memory_function)(void *context, void *pointer, size_t old_size, size_t new_size);

struct memory {
  memory_function function;
  void *context;
  uint64_t used;   /* bytes taken from the host now */
  uint64_t budget; /* the most that may be taken; UINT64_MAX for no limit */
  jmp_buf *on_failure;
  bool in_chunks;  /* blocks are cut from chunks; else each is the host's own */
  struct chunks chunks;
};

/* With function NULL, the C library's allocator. */
void pbk_memory_init(struct memory *memory, memory_function function, void *context, uint64_t budget);

/* From now on blocks are cut from chunks, which pbk_memory_release gives back, whatever is out. */
void pbk_memory_use_chunks(struct memory *memory);
void pbk_memory_release(struct memory *memory);

/* Never NULL for size > 0: jumps to memory->on_failure instead (aborts when none is armed). Not cleared. */
void *pbk_allocate(struct memory *memory, size_t size);
void *pbk_allocate_cleared(struct memory *memory, size_t size);
/* Keeps the old block when it fails. */
void *pbk_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size);
/* The same, but NULL where it is refused. */
void *pbk_try_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size);
void pbk_release(struct memory *memory, void *pointer, size_t size);

/* An arena: many small pieces with one end. Pieces are 8-byte aligned. */
struct arena_block;
struct arena {
  struct memory *memory;
  struct arena_block *newest;
  size_t total; /* bytes handed out, alignment included */
};
void pbk_arena_init(struct arena *arena, struct memory *memory);
void *pbk_arena_allocate(struct arena *arena, size_t size);
/* Forgets every piece; keeps the largest block for the next use. */
void pbk_arena_reset(struct arena *arena);
void pbk_arena_release(struct arena *arena);

/* Where an arena stands, to forget what came after. */
struct arena_mark {
  struct arena_block *newest;
  size_t taken, total;
};
struct arena_mark pbk_arena_mark(const struct arena *arena);
void pbk_arena_return(struct arena *arena, struct arena_mark mark);

#endif
