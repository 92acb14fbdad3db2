/* bench/huge_pages.h - memory as a host that cares about speed lends it: large blocks out of huge pages.
 *
 * With pages of 4 KiB most accesses to a large state miss the table of pages as well as the cache. The blocks are cut one
 * after the other from one reserved range of addresses, so that they lie in whole huge pages; what is given back waits in
 * lists by size. Where the system knows nothing of this, all is the C library's. One thread, one of these in a program. */
#ifndef BENCH_HUGE_PAGES_H
#define BENCH_HUGE_PAGES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(MADV_HUGEPAGE) && defined(MAP_NORESERVE) && UINTPTR_MAX > UINT32_MAX

enum { HUGE_LEAST = 64 << 10, HUGE_CLASSES = 128 };
static struct {
  unsigned char *at, *end;
  void *free[HUGE_CLASSES];
} huge_range;

/* Four sizes for each doubling. */
static size_t huge_size(size_t size, unsigned *class_of) {
  size_t step = HUGE_LEAST / 4;
  unsigned number = 0;
  while (size > step * 8) step *= 2, number += 4;
  size_t steps = (size + step - 1) / step;
  *class_of = number + (unsigned)(steps > 4 ? steps - 4 : 0);
  return (steps > 4 ? steps : 4) * step;
}
static void *huge_take(size_t size) {
  /* Addresses only, as many as are to be had: memory is taken when it is written to. */
  for (size_t range = (size_t)1 << 36; !huge_range.at && range > HUGE_LEAST; range /= 2) {
    void *start = mmap(NULL, range, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) continue;
    madvise(start, range, MADV_HUGEPAGE);
    huge_range.at = start;
    huge_range.end = huge_range.at + range;
  }
  unsigned class_of;
  size = huge_size(size, &class_of);
  void *block = class_of < HUGE_CLASSES ? huge_range.free[class_of] : NULL;
  if (block) {
    memcpy(&huge_range.free[class_of], block, sizeof block);
  } else if (class_of < HUGE_CLASSES && size <= (size_t)(huge_range.end - huge_range.at)) {
    block = huge_range.at;
    huge_range.at += size;
  }
  return block;
}
static void huge_give_back(void *block, size_t size) {
  unsigned class_of;
  huge_size(size, &class_of);
  memcpy(block, &huge_range.free[class_of], sizeof block);
  huge_range.free[class_of] = block;
}

static void *huge_pages(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)context;
  int was_huge = pointer && old_size >= HUGE_LEAST, is_huge = new_size >= HUGE_LEAST;
  if (!was_huge && !is_huge) {
    if (new_size > 0) return realloc(pointer, new_size);
    free(pointer);
    return NULL;
  }
  unsigned before, after;
  if (was_huge && is_huge && huge_size(old_size, &before) == huge_size(new_size, &after)) return pointer;
  void *block = new_size == 0 ? NULL : is_huge ? huge_take(new_size) : malloc(new_size);
  if (new_size > 0 && !block) return NULL;
  if (block && pointer) memcpy(block, pointer, old_size < new_size ? old_size : new_size);
  if (was_huge)
    huge_give_back(pointer, old_size);
  else
    free(pointer);
  return block;
}

#else
static void *huge_pages(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)context, (void)old_size;
  if (new_size > 0) return realloc(pointer, new_size);
  free(pointer);
  return NULL;
}
#endif

#endif
