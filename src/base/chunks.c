/* base/chunks.c - see chunks.h. */
#include "base/chunks.h"

#include <string.h>

#include "base/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define CHUNKS_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNKS_CHECKED 1
#endif
#endif

enum {
  CHUNK_ALIGNMENT = 16,
  CHUNK_FINE_MOST = 1024, /* up to here a class every 16 bytes, then four for each doubling */
  CHUNK_FINE_CLASSES = CHUNK_FINE_MOST / CHUNK_ALIGNMENT,
#ifdef CHUNKS_CHECKED
  CHUNK_SMALL_MOST = 0, /* every block is the host's own, so that the sanitizer sees its edges */
#else
  CHUNK_SMALL_MOST = 32768,
#endif
  CHUNK_LEAST = 16384,
  CHUNK_MOST = 1 << 20,
  CHUNK_SHARE = 128 /* a chunk is that part of what was taken so far: as much may be unused */
};

struct chunk {
  struct chunk *older;
  size_t size; /* with this header */
};
struct chunk_block {
  struct chunk_block *next;
};
struct chunk_large {
  struct chunk_large *newer, *older;
  size_t size;   /* with this header */
  size_t inside; /* it was cut from a chunk */
};

static size_t aligned(size_t size) { return (size + CHUNK_ALIGNMENT - 1) & ~(size_t)(CHUNK_ALIGNMENT - 1); }
enum { CHUNK_HEADER = (sizeof(struct chunk) + CHUNK_ALIGNMENT - 1) / CHUNK_ALIGNMENT * CHUNK_ALIGNMENT };
enum { LARGE_HEADER = (sizeof(struct chunk_large) + CHUNK_ALIGNMENT - 1) / CHUNK_ALIGNMENT * CHUNK_ALIGNMENT };

/* ---- size classes ---- */

static uint32_t class_of(size_t size) {
  if (size <= CHUNK_FINE_MOST) return (uint32_t)((size - 1) / CHUNK_ALIGNMENT);
  uint32_t doubling = 0;
  size_t rest = (size - 1) / CHUNK_FINE_MOST;
  for (; rest > 1; rest /= 2) doubling++;
  size_t step = (size_t)CHUNK_FINE_MOST / 4 << doubling;
  return CHUNK_FINE_MOST / CHUNK_ALIGNMENT + doubling * 4 + (uint32_t)((size - 1) / step) - 4;
}

static size_t class_size(uint32_t class) {
  if (class < CHUNK_FINE_MOST / CHUNK_ALIGNMENT) return (size_t)(class + 1) * CHUNK_ALIGNMENT;
  uint32_t above = class - CHUNK_FINE_MOST / CHUNK_ALIGNMENT;
  return ((size_t)CHUNK_FINE_MOST / 4 << above / 4) * (above % 4 + 5);
}

#ifdef CHUNKS_CHECKED
static bool is_small(size_t size) {
  (void)size;
  return false;
}
#else
static bool is_small(size_t size) { return size <= CHUNK_SMALL_MOST; }
#endif

/* ---- the host ---- */

/* Blocks of the host are counted and limited by the budget. */
static void *take(struct memory *memory, void *pointer, size_t old_size, size_t new_size) {
  if (new_size > old_size && (memory->used > memory->budget || new_size - old_size > memory->budget - memory->used)) return NULL;
  void *block = memory->function(memory->context, pointer, old_size, new_size);
  if (block) memory->used = memory->used + new_size - old_size;
  return block;
}

static void give_back(struct memory *memory, void *pointer, size_t size) {
  memory->function(memory->context, pointer, size, 0);
  memory->used -= size;
}

/* ---- chunks ---- */

static void put_free(struct chunks *chunks, void *pointer, uint32_t class) {
  struct chunk_block *block = pointer;
  block->next = chunks->free[class];
  chunks->free[class] = block;
  if (class < CHUNK_FINE_CLASSES)
    chunks->split |= (uint64_t)1 << class;
  else
    chunks->coarse |= (uint32_t)1 << (class - CHUNK_FINE_CLASSES);
}

/* Cuts what is left of a piece of a chunk into blocks that can be used. */
static void donate(struct chunks *chunks, unsigned char *at, unsigned char *end) {
  while (CHUNK_SMALL_MOST > 0 && end - at >= CHUNK_ALIGNMENT) {
    size_t room = (size_t)(end - at);
    if (room > CHUNK_SMALL_MOST) room = CHUNK_SMALL_MOST;
    uint32_t class = class_of(room);
    if (class_size(class) > room) class--;
    put_free(chunks, at, class);
    at += class_size(class);
  }
}

static void cut_from(struct chunks *chunks, unsigned char *at, unsigned char *end) {
  donate(chunks, chunks->at, chunks->end);
  chunks->at = at;
  chunks->end = end;
}

static struct chunk *new_chunk(struct memory *memory, size_t size) {
  struct chunks *chunks = &memory->chunks;
  if (size > PTRDIFF_MAX - CHUNK_HEADER) return NULL;
  struct chunk *chunk = take(memory, NULL, 0, size + CHUNK_HEADER);
  if (!chunk) return NULL;
  *chunk = (struct chunk){chunks->newest, size + CHUNK_HEADER};
  chunks->newest = chunk;
  return chunk;
}

static unsigned char *contents(struct chunk *chunk) { return (unsigned char *)chunk + CHUNK_HEADER; }

/* What was put by is cut from now on. */
static bool use_spare(struct chunks *chunks, size_t size) {
  if (!chunks->spare || !chunks->may_use_spare || chunks->spare_size < size) return false;
  cut_from(chunks, contents(chunks->spare), contents(chunks->spare) + chunks->spare_size);
  chunks->spare = NULL;
  chunks->spare_size = 0;
  return true;
}

/* Cuts the smallest of the blocks given back that are too large to be split. */
static bool cut_coarse(struct chunks *chunks, size_t size) {
  uint32_t class = class_of(size);
  for (class = class < CHUNK_FINE_CLASSES ? CHUNK_FINE_CLASSES : class + 1; class < CHUNK_CLASSES; class ++) {
    struct chunk_block *block = chunks->free[class];
    if (!(chunks->coarse >> (class - CHUNK_FINE_CLASSES) & 1)) continue;
    if (block) {
      chunks->free[class] = block->next;
      cut_from(chunks, (unsigned char *)block, (unsigned char *)block + class_size(class));
      return true;
    }
    chunks->coarse &= ~((uint32_t)1 << (class - CHUNK_FINE_CLASSES));
  }
  return false;
}

/* Makes room for `size` bytes to be cut. */
static bool make_room(struct memory *memory, size_t size) {
  struct chunks *chunks = &memory->chunks;
  if (cut_coarse(chunks, size)) return true;
  uint64_t share = memory->used / CHUNK_SHARE;
  size_t wanted = share < CHUNK_LEAST ? CHUNK_LEAST : share > CHUNK_MOST ? CHUNK_MOST : (size_t)share;
  if (wanted < size) wanted = size;
  struct chunk *chunk = new_chunk(memory, wanted);
  if (!chunk && wanted > size) chunk = new_chunk(memory, wanted = aligned(size));
  if (!chunk) return use_spare(chunks, size);
  cut_from(chunks, contents(chunk), contents(chunk) + wanted);
  return true;
}

/* ---- large blocks ---- */

static void link_large(struct chunks *chunks, struct chunk_large *large) {
  large->newer = NULL;
  large->older = chunks->large;
  if (chunks->large) chunks->large->newer = large;
  chunks->large = large;
}

static void unlink_large(struct chunks *chunks, struct chunk_large *large) {
  if (large->newer) large->newer->older = large->older;
  else chunks->large = large->older;
  if (large->older) large->older->newer = large->newer;
}

static void *allocate_large(struct memory *memory, size_t size) {
  struct chunks *chunks = &memory->chunks;
  size_t total = aligned(size) + LARGE_HEADER;
  struct chunk_large *large = take(memory, NULL, 0, total);
  if (large) {
    large->inside = 0;
  } else {
    bool room = chunks->may_use_spare && ((size_t)(chunks->end - chunks->at) >= total || use_spare(chunks, total));
    if (!room) return NULL;
    large = (struct chunk_large *)(void *)chunks->at;
    chunks->at += total;
    large->inside = 1;
  }
  large->size = total;
  link_large(chunks, large);
  return (unsigned char *)large + LARGE_HEADER;
}

static void free_large(struct memory *memory, void *pointer) {
  struct chunk_large *large = (struct chunk_large *)(void *)((unsigned char *)pointer - LARGE_HEADER);
  unlink_large(&memory->chunks, large);
  if (large->inside) donate(&memory->chunks, (unsigned char *)large, (unsigned char *)large + large->size);
  else give_back(memory, large, large->size);
}

static void *grow_large(struct memory *memory, void *pointer, size_t size) {
  struct chunks *chunks = &memory->chunks;
  struct chunk_large *large = (struct chunk_large *)(void *)((unsigned char *)pointer - LARGE_HEADER), *moved;
  size_t total = aligned(size) + LARGE_HEADER;
  if (large->inside) return NULL;
  unlink_large(chunks, large);
  moved = take(memory, large, large->size, total);
  if (moved) moved->size = total;
  link_large(chunks, moved ? moved : large);
  return moved ? (unsigned char *)moved + LARGE_HEADER : NULL;
}

/* ---- blocks ---- */

/* Cut from the smallest of the larger ones that were given back, however little is left of it: what is new is for what finds room
 * nowhere else. NULL: there is none. */
static struct chunk_block *split_free(struct chunks *chunks, uint32_t class) {
  uint32_t from = class + 1;
  if (from >= CHUNK_FINE_CLASSES) return NULL;
  for (uint64_t left = chunks->split >> from; left; left >>= 1, from++) {
    if (!(left & 1)) continue;
    struct chunk_block *block = chunks->free[from];
    if (!block) {
      chunks->split &= ~((uint64_t)1 << from);
      continue;
    }
    chunks->free[from] = block->next;
    put_free(chunks, (unsigned char *)block + class_size(class), from - class - 1);
    return block;
  }
  return NULL;
}

static void *allocate(struct memory *memory, size_t size) {
  struct chunks *chunks = &memory->chunks;
  if (size > PTRDIFF_MAX - 2 * LARGE_HEADER) return NULL;
  if (!is_small(size)) return allocate_large(memory, size);
  uint32_t class = class_of(size);
  struct chunk_block *block = chunks->free[class];
  if (block) {
    chunks->free[class] = block->next;
    return block;
  }
  block = split_free(chunks, class);
  if (block) return block;
  size_t cut = class_size(class);
  if ((size_t)(chunks->end - chunks->at) < cut && !make_room(memory, cut)) return NULL;
  block = (struct chunk_block *)(void *)chunks->at;
  chunks->at += cut;
  return block;
}

void *pbk_chunks_allocate(struct memory *memory, size_t size) {
  void *pointer = allocate(memory, size);
  if (pointer) memory->chunks.handed += size;
  return pointer;
}

size_t pbk_chunks_handy(const struct memory *memory, size_t size) {
  const struct chunks *chunks = &memory->chunks;
  if (!memory->in_chunks || CHUNK_SMALL_MOST == 0 || size == 0 || size > CHUNK_FINE_MOST - CHUNK_ALIGNMENT) return size;
  uint32_t class = class_of(size);
  return !chunks->free[class] && chunks->free[class + 1] ? class_size(class + 1) : size;
}

void pbk_chunks_free(struct memory *memory, void *pointer, size_t size) {
  memory->chunks.handed -= size;
  if (is_small(size)) put_free(&memory->chunks, pointer, class_of(size));
  else free_large(memory, pointer);
}

void *pbk_chunks_reallocate(struct memory *memory, void *pointer, size_t old_size, size_t new_size) {
  struct chunks *chunks = &memory->chunks;
  if (is_small(old_size) && is_small(new_size) && class_of(old_size) == class_of(new_size)) {
    chunks->handed = chunks->handed + new_size - old_size;
    return pointer;
  }
  if (!is_small(old_size) && !is_small(new_size) && new_size <= PTRDIFF_MAX - 2 * LARGE_HEADER) {
    void *grown = grow_large(memory, pointer, new_size);
    if (grown) {
      chunks->handed = chunks->handed + new_size - old_size;
      return grown;
    }
  }
  void *moved = pbk_chunks_allocate(memory, new_size);
  if (!moved) return NULL;
  memcpy(moved, pointer, old_size < new_size ? old_size : new_size);
  pbk_chunks_free(memory, pointer, old_size);
  return moved;
}

/* ---- what is put by ---- */

static void drop_chunk(struct memory *memory, struct chunk *chunk) {
  struct chunk **link = &memory->chunks.newest;
  while (*link != chunk) link = &(*link)->older;
  *link = chunk->older;
  give_back(memory, chunk, chunk->size);
}

bool pbk_chunks_reserve(struct memory *memory, size_t size) {
  struct chunks *chunks = &memory->chunks;
  size = aligned(size);
  if (chunks_reserved(chunks, size)) return true;
  struct chunk *chunk = new_chunk(memory, size);
  if (!chunk) return chunks->spare_size >= size;
  if (chunks->spare) drop_chunk(memory, chunks->spare);
  chunks->spare = chunk;
  chunks->spare_size = size;
  return true;
}

void pbk_chunks_release(struct memory *memory) {
  struct chunks *chunks = &memory->chunks;
  for (struct chunk_large *large = chunks->large, *older; large; large = older) {
    older = large->older;
    if (!large->inside) give_back(memory, large, large->size);
  }
  for (struct chunk *chunk = chunks->newest, *older; chunk; chunk = older) {
    older = chunk->older;
    give_back(memory, chunk, chunk->size);
  }
  memset(chunks, 0, sizeof *chunks);
}
