/* base/checksum.h - CRC-32C for what is stored, SipHash-2-4 with 128 bits for the state and for what message
 * keys follow from (SPEC O7), and a sum of words. */
#ifndef PBK_BASE_CHECKSUM_H
#define PBK_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of `size` bytes going on from `crc`, 0 at the start. */
uint32_t pbk_crc32c(uint32_t crc, const void *bytes, size_t size);

/* SipHash-2-4, 128-bit output, under a 16-byte key. */
void pbk_siphash128(const unsigned char key[16], const void *bytes, size_t size, unsigned char out[16]);
/* The same of words, each of eight bytes, the lowest first; so is the key. */
void pbk_siphash128_words(const uint64_t key[2], const uint64_t *words, size_t count, unsigned char out[16]);

/* The digest of outputs, or of a part of them, and what comes next. Each step can be undone, so that one difference is never
 * lost on the way. */
static inline uint64_t digest_mix(uint64_t sum, uint64_t word) {
  return ((sum << 23 | sum >> 41) ^ word) * 0x9fb21c651e98df25u;
}

#endif
