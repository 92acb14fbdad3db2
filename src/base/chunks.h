/* base/chunks.h - blocks of all sizes out of a few large ones, with something put by.
 *
 * An engine's memory. Small blocks are cut from chunks and come back to lists of their size, of which smaller ones are cut where those are
 * out, so that a steady state asks the host for nothing, and all is given back at once in the end, whatever was under way. What is put by (reserve) serves where the host refuses:
 * so a command that has begun can be finished, and running out of memory is told before the next one begins. */
#ifndef PBK_BASE_CHUNKS_H
#define PBK_BASE_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory;
struct chunk;
struct chunk_block;
struct chunk_large;

enum { CHUNK_CLASSES = 84 };

struct chunks {
  struct chunk *newest;                    /* every chunk, the one put by too */
  unsigned char *at, *end;                 /* what is left of the one that is cut from */
  struct chunk_block *free[CHUNK_CLASSES]; /* given back, by size */
  uint64_t split;                          /* bits of the fine classes of which there may be some: larger ones are cut again */
  uint32_t coarse;                         /* the same of the others: cut again where there is nothing else */
  struct chunk_large *large;               /* blocks of their own */
  struct chunk *spare;                     /* put by; NULL: none, or it had to be used */
  size_t spare_size;                       /* bytes in it */
  uint64_t handed;                         /* bytes handed out now, as they were asked for */
  bool may_use_spare;
};

/* NULL where neither the host nor (if it may be used) what is put by has enough. Blocks are aligned for any object. */
void *pbk_chunks_allocate(struct memory *memory, size_t size);
void *pbk_chunks_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size);
void pbk_chunks_free(struct memory *memory, void *pointer, size_t size);
/* For what will grow: the size to ask for in place of `size`, a little larger where such a block was given back and would be cut. */
size_t pbk_chunks_handy(const struct memory *memory, size_t size);
/* Whether so much is put by, and not far too much. */
enum { CHUNKS_SPARE_KEPT = 1 << 18 };
static inline bool chunks_reserved(const struct chunks *chunks, uint64_t size) {
  return chunks->spare_size >= size && (chunks->spare_size <= CHUNKS_SPARE_KEPT || chunks->spare_size / 4 <= size);
}
/* Puts by at least so much in one piece. False: the host refuses; what was put by stays. */
bool pbk_chunks_reserve(struct memory *memory, size_t size);
/* Gives everything back to the host. */
void pbk_chunks_release(struct memory *memory);

#endif
