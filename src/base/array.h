/* base/array.h - growable arrays of one type. Zero-initialised is empty. Counts are 32-bit on every platform. */
#ifndef PBK_BASE_ARRAY_H
#define PBK_BASE_ARRAY_H

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#define ARRAY(type)    \
  struct {             \
    type *items;       \
    uint32_t count;    \
    uint32_t capacity; \
  }

/* Makes room for `wanted` items in all; grows by half, so that pushing is linear. */
void *pbk_array_grow(struct memory *memory, void *items, uint32_t *capacity, uint32_t wanted, size_t item_size);

/* Room for at least one item more, growing by a quarter, in a block with a head before them: as many as fill a size in which memory is
 * cut. */
uint32_t pbk_more_room(struct memory *memory, uint32_t capacity, size_t head_size, size_t item_size);

#define array_reserve(memory, array, wanted)                                                              \
  ((wanted) > (array)->capacity                                                                           \
       ? (void)((array)->items = pbk_array_grow((memory), (array)->items, &(array)->capacity, (wanted),   \
                                                sizeof *(array)->items))                                  \
       : (void)0)

#define array_push(memory, array, item) \
  (array_reserve((memory), (array), (array)->count + 1), (array)->items[(array)->count++] = (item))

/* Moves what stands at `at` and behind it up by one. The arguments are evaluated more than once: variables only. */
#define array_insert(memory, array, at, item)                        \
  (array_reserve((memory), (array), (array)->count + 1),             \
   memmove((array)->items + (at) + 1, (array)->items + (at),         \
           ((array)->count - (at)) * sizeof *(array)->items),        \
   (array)->count++, (array)->items[at] = (item))

#define array_remove(array, at)                                           \
  (memmove((array)->items + (at), (array)->items + (at) + 1,              \
           ((array)->count - (at)-1) * sizeof *(array)->items),           \
   (array)->count--)

#define array_release(memory, array)                                                                    \
  (pbk_release((memory), (array)->items, (size_t)(array)->capacity * sizeof *(array)->items),           \
   (array)->items = NULL, (array)->count = 0, (array)->capacity = 0)

#endif
