/* base/sized.h - public structs that begin with their size, which may be another than this build's. */
#ifndef PBK_BASE_SIZED_H
#define PBK_BASE_SIZED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies a struct into `to`, which is as this build knows it: what the caller's has more is left out, what it lacks is zero. */
static inline void pbk_read_sized(void *to, size_t to_size, const void *from) {
  uint32_t size;
  memcpy(&size, from, sizeof size);
  memset(to, 0, to_size);
  memcpy(to, from, size < to_size ? size : to_size);
}

/* The item at `at` of an array of such structs, which is walked by the size of its first. */
static inline const void *pbk_sized_item(const void *array, uint32_t at) {
  uint32_t stride;
  memcpy(&stride, array, sizeof stride);
  return (const unsigned char *)array + (size_t)stride * at;
}

#endif
