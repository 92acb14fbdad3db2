/* engine/compression.c - see compression.h. */
#include "engine/compression.h"

#ifdef PBK_WITH_ZLIB

#include <zlib.h>

enum { COMPRESSION_LEVEL = 1 }; /* snapshots are written often and read seldom: a little packing at little cost */

bool pbk_has_compression(void) { return true; }

/* zlib's own memory comes from the engine's; each block remembers its size. */
static voidpf take(voidpf context, uInt items, uInt size) {
  size_t total = (size_t)items * size + 16;
  size_t *block = pbk_allocate(context, total);
  *block = total;
  return (char *)block + 16;
}

static void give_back(voidpf context, voidpf address) {
  if (!address) return;
  size_t *block = (size_t *)(void *)((char *)address - 16);
  pbk_release(context, block, *block);
}

void pbk_compress(struct writer *to, const void *bytes, uint32_t size) {
  z_stream stream = {.zalloc = take, .zfree = give_back, .opaque = to->memory};
  deflateInit(&stream, COMPRESSION_LEVEL);
  uint32_t room = (uint32_t)deflateBound(&stream, size);
  unsigned char *at = pbk_write_room(to, room);
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = size;
  stream.next_out = at;
  stream.avail_out = room;
  deflate(&stream, Z_FINISH); /* into enough room: it ends in one call */
  to->size -= stream.avail_out;
  deflateEnd(&stream);
}

bool pbk_decompress(struct writer *to, const void *bytes, uint32_t size, uint32_t content) {
  z_stream stream = {.zalloc = take, .zfree = give_back, .opaque = to->memory};
  if (inflateInit(&stream) != Z_OK) return false;
  stream.next_out = pbk_write_room(to, content);
  stream.avail_out = content;
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = size;
  int status = inflate(&stream, Z_FINISH);
  bool fine = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  return fine;
}

#else

bool pbk_has_compression(void) { return false; }

void pbk_compress(struct writer *to, const void *bytes, uint32_t size) { pbk_write_bytes(to, bytes, size); }

bool pbk_decompress(struct writer *to, const void *bytes, uint32_t size, uint32_t content) {
  (void)to;
  (void)bytes;
  (void)size;
  (void)content;
  return false;
}

#endif
