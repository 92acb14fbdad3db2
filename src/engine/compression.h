/* engine/compression.h - packing frames of a snapshot with zlib, where the library was built with it. */
#ifndef PBK_ENGINE_COMPRESSION_H
#define PBK_ENGINE_COMPRESSION_H

#include "base/codec.h"

bool pbk_has_compression(void);
/* Appends the packed bytes. */
void pbk_compress(struct writer *to, const void *bytes, uint32_t size);
/* Appends `content` unpacked bytes; false where they are not just that, or there is no zlib. */
bool pbk_decompress(struct writer *to, const void *bytes, uint32_t size, uint32_t content);

#endif
