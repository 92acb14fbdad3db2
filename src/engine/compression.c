/* engine/compression.c - see compression.h. */
#include "engine/compression.h"

#ifdef PBK_WITH_ZLIB

#include <zlib.h>

enum { COMPRESSION_LEVEL = 1 }; /* snapshots are written often and read seldom: a little packing at little cost */

bool pbk_has_compression(void) { return true; }

/* zlib's own memory comes from the engine's; each block remembers its size. Where there is none zlib says so. */
static voidpf take(voidpf context, uInt items, uInt size) {
  size_t total = (size_t)items * size + 16;
  size_t *block = pbk_try_reallocate(context, NULL, 0, total);
  if (!block) return Z_NULL;
  *block = total;
  return (char *)block + 16;
}

/* Only when nothing of zlib's is out any more. */
static void refuse_for_memory(struct memory *memory) { pbk_allocate(memory, SIZE_MAX); }

static void give_back(voidpf context, voidpf address) {
  if (!address) return;
  size_t *block = (size_t *)(void *)((char *)address - 16);
  pbk_release(context, block, *block);
}

void pbk_compress(struct writer *to, const void *bytes, uint32_t size) {
  z_stream stream = {.zalloc = take, .zfree = give_back, .opaque = to->memory};
  if (deflateInit(&stream, COMPRESSION_LEVEL) != Z_OK) refuse_for_memory(to->memory);
  uint32_t room = (uint32_t)deflateBound(&stream, size);
  if (!pbk_writer_prepare(to, room)) {
    deflateEnd(&stream);
    refuse_for_memory(to->memory);
  }
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
  if (inflateInit(&stream) != Z_OK) refuse_for_memory(to->memory);
  if (!pbk_writer_prepare(to, content)) {
    inflateEnd(&stream);
    refuse_for_memory(to->memory);
  }
  stream.next_out = pbk_write_room(to, content);
  stream.avail_out = content;
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = size;
  int status = inflate(&stream, Z_FINISH);
  bool fine = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (status == Z_MEM_ERROR) refuse_for_memory(to->memory);
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
