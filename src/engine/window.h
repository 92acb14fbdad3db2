/* engine/window.h - reading an object of a storage: a piece of it in memory at a time. */
#ifndef PBK_ENGINE_WINDOW_H
#define PBK_ENGINE_WINDOW_H

#include "base/memory.h"
#include <playbook/playbook.h>

struct window {
  const pbk_storage *storage;
  struct memory *memory;
  pbk_object object;
  uint64_t extent;
  unsigned char *bytes;
  uint64_t at; /* of the first byte in memory */
  uint32_t size, capacity;
  bool failed; /* the storage failed */
};

/* False: the storage failed. */
bool pbk_open_window(struct window *window, const pbk_storage *storage, struct memory *memory, pbk_object object);
void pbk_close_window(struct window *window);
/* `size` bytes from `at` on, until the next look; NULL where the object ends before, or the storage fails. */
const unsigned char *pbk_look(struct window *window, uint64_t at, uint32_t size);

static inline uint32_t bytes_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static inline uint64_t bytes_u64(const unsigned char *at) { return bytes_u32(at) | (uint64_t)bytes_u32(at + 4) << 32; }

#endif
