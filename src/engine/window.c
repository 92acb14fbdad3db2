/* engine/window.c - see window.h. */
#include "engine/window.h"

#include <string.h>

enum { WINDOW_SIZE = 1 << 20 };

bool pbk_open_window(struct window *window, const pbk_storage *storage, struct memory *memory, pbk_object object) {
  *window = (struct window){.storage = storage, .memory = memory, .object = object};
  window->failed = storage->extent(storage->context, object, &window->extent) != 0;
  return !window->failed;
}

void pbk_close_window(struct window *window) {
  pbk_release(window->memory, window->bytes, window->capacity);
  window->bytes = NULL;
  window->capacity = window->size = 0;
}

const unsigned char *pbk_look(struct window *window, uint64_t at, uint32_t size) {
  if (window->failed || at > window->extent || size > window->extent - at) return NULL;
  if (at >= window->at && at - window->at + size <= window->size) return window->bytes + (at - window->at);
  uint64_t rest = window->extent - at;
  uint32_t wanted = size > WINDOW_SIZE ? size : rest < WINDOW_SIZE ? (uint32_t)rest : (uint32_t)WINDOW_SIZE;
  if (wanted > window->capacity) {
    pbk_close_window(window);
    window->bytes = pbk_allocate(window->memory, wanted);
    window->capacity = wanted;
  }
  uint32_t kept = 0; /* bytes that are in memory already, and move to the front */
  if (window->size > 0 && at >= window->at && at - window->at < window->size) {
    kept = window->size - (uint32_t)(at - window->at);
    if (kept > wanted) kept = wanted;
    memmove(window->bytes, window->bytes + (at - window->at), kept);
  }
  window->at = at;
  window->size = 0;
  if (wanted > kept && window->storage->read(window->storage->context, window->object, at + kept, window->bytes + kept, wanted - kept) != 0) {
    window->failed = true;
    return NULL;
  }
  window->size = wanted;
  return window->bytes;
}
