/* base/checksum.c - see checksum.h. CRC-32C by table, or by the processor's own instruction where it has one: the same
 * result. */
#include "base/checksum.h"

#include <string.h>

static inline void checksum_store64(unsigned char *bytes, uint64_t word) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  memcpy(bytes, &word, 8);
#else
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(word >> (8 * i));
#endif
}

static uint64_t checksum_load64(const unsigned char *bytes) {
  uint64_t word = 0;
  for (int i = 0; i < 8; i++) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}

/* ---- CRC-32C, portable: eight bytes a step ---- */

/* crc_tables[k][b] is what byte b does to the remainder, k bytes later. The remainder of a sum is the sum of the remainders,
 * so a row of 256 follows from its entries for the eight powers of two, a to h. */
#define CRC_BIT(byte, bit, entry) (((byte) >> (bit)&1u) ? entry : 0u)
#define CRC_1(n, a, b, c, d, e, f, g, h)                                                                             \
  (CRC_BIT(n, 0, a) ^ CRC_BIT(n, 1, b) ^ CRC_BIT(n, 2, c) ^ CRC_BIT(n, 3, d) ^ CRC_BIT(n, 4, e) ^ CRC_BIT(n, 5, f) ^ \
   CRC_BIT(n, 6, g) ^ CRC_BIT(n, 7, h))
#define CRC_4(n, ...) \
  CRC_1((n), __VA_ARGS__), CRC_1((n) + 1, __VA_ARGS__), CRC_1((n) + 2, __VA_ARGS__), CRC_1((n) + 3, __VA_ARGS__)
#define CRC_16(n, ...) \
  CRC_4((n), __VA_ARGS__), CRC_4((n) + 4, __VA_ARGS__), CRC_4((n) + 8, __VA_ARGS__), CRC_4((n) + 12, __VA_ARGS__)
#define CRC_64(n, ...) \
  CRC_16((n), __VA_ARGS__), CRC_16((n) + 16, __VA_ARGS__), CRC_16((n) + 32, __VA_ARGS__), CRC_16((n) + 48, __VA_ARGS__)
#define CRC_256(...) \
  { CRC_64(0u, __VA_ARGS__), CRC_64(64u, __VA_ARGS__), CRC_64(128u, __VA_ARGS__), CRC_64(192u, __VA_ARGS__) }

static const uint32_t crc_tables[8][256] = {
  CRC_256(0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu, 0x417b1dbcu, 0x82f63b78u),
  CRC_256(0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u, 0xff17c604u, 0xfbc3faf9u),
  CRC_256(0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u, 0xc76580d9u, 0x8b277743u),
  CRC_256(0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu, 0xaba65fe7u, 0x52a0c93fu),
  CRC_256(0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u, 0x37516aaeu, 0x6ea2d55cu),
  CRC_256(0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du, 0x0e045bebu, 0x1c08b7d6u),
  CRC_256(0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu, 0x7ab7077au, 0xf56e0ef4u),
  CRC_256(0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u, 0x1a00cb32u, 0x34019664u),
};

static uint32_t crc_by_table(uint32_t crc, const unsigned char *bytes, size_t size) {
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word = checksum_load64(bytes) ^ crc;
    crc = crc_tables[7][word & 255] ^ crc_tables[6][word >> 8 & 255] ^ crc_tables[5][word >> 16 & 255] ^
          crc_tables[4][word >> 24 & 255] ^ crc_tables[3][word >> 32 & 255] ^ crc_tables[2][word >> 40 & 255] ^
          crc_tables[1][word >> 48 & 255] ^ crc_tables[0][word >> 56];
  }
  for (; size; bytes++, size--) crc = crc >> 8 ^ crc_tables[0][(crc ^ *bytes) & 255];
  return crc;
}

/* ---- CRC-32C by instruction ---- */

#if defined(__GNUC__) && defined(__x86_64__) && !defined(PBK_PORTABLE)
#define CRC_HAS_INSTRUCTION 1

/* What CRC_BLOCK zero bytes make of a remainder, by the remainder's bytes. Three runs of CRC_BLOCK bytes go side by side, as
 * the instruction takes three cycles but can start in each. */
enum { CRC_BLOCK = 512 };
static const uint32_t crc_block_shift[4][256] = {
  CRC_256(0xbd6f81f8u, 0x7f337501u, 0xfe66ea02u, 0xf921a2f5u, 0xf7af331bu, 0xeab210c7u, 0xd088577fu, 0xa4fcd80fu),
  CRC_256(0x4c15c6efu, 0x982b8ddeu, 0x35bb6d4du, 0x6b76da9au, 0xd6edb534u, 0xa8371c99u, 0x55824fc3u, 0xab049f86u),
  CRC_256(0x53e549fdu, 0xa7ca93fau, 0x4a795105u, 0x94f2a20au, 0x2c0932e5u, 0x581265cau, 0xb024cb94u, 0x65a5e1d9u),
  CRC_256(0xcb4bc3b2u, 0x937bf195u, 0x231b95dbu, 0x46372bb6u, 0x8c6e576cu, 0x1d30d829u, 0x3a61b052u, 0x74c360a4u),
};

static uint32_t crc_shift_block(uint32_t crc) {
  return crc_block_shift[0][crc & 255] ^ crc_block_shift[1][crc >> 8 & 255] ^ crc_block_shift[2][crc >> 16 & 255] ^
         crc_block_shift[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(uint32_t crc, const unsigned char *bytes, size_t size) {
  uint64_t word, sum = crc;
  for (; size >= 3 * CRC_BLOCK; bytes += 3 * CRC_BLOCK, size -= 3 * CRC_BLOCK) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < CRC_BLOCK; i += 8) {
      memcpy(&word, bytes + i, 8);
      sum = __builtin_ia32_crc32di(sum, word);
      memcpy(&word, bytes + CRC_BLOCK + i, 8);
      second = __builtin_ia32_crc32di(second, word);
      memcpy(&word, bytes + 2 * CRC_BLOCK + i, 8);
      third = __builtin_ia32_crc32di(third, word);
    }
    sum = crc_shift_block((uint32_t)sum) ^ second;
    sum = crc_shift_block((uint32_t)sum) ^ third;
  }
  for (; size >= 8; bytes += 8, size -= 8) {
    memcpy(&word, bytes, 8);
    sum = __builtin_ia32_crc32di(sum, word);
  }
  crc = (uint32_t)sum;
  for (; size; bytes++, size--) crc = __builtin_ia32_crc32qi(crc, *bytes);
  return crc;
}
#endif

uint32_t pbk_crc32c(uint32_t crc, const void *bytes, size_t size) {
#ifdef CRC_HAS_INSTRUCTION
  if (__builtin_cpu_supports("sse4.2")) return ~crc_by_instruction(~crc, bytes, size);
#endif
  return ~crc_by_table(~crc, bytes, size);
}

/* ---- SipHash-2-4 (Aumasson and Bernstein), 128 bits out ---- */

static inline uint64_t sip_rotate(uint64_t word, int bits) {
  return word << bits | word >> (64 - bits);
}

struct sip {
  uint64_t a, b, c, d;
};

static inline struct sip sip_round(struct sip v) {
  v.a += v.b;
  v.c += v.d;
  v.b = sip_rotate(v.b, 13) ^ v.a;
  v.d = sip_rotate(v.d, 16) ^ v.c;
  v.a = sip_rotate(v.a, 32);
  v.c += v.b;
  v.a += v.d;
  v.b = sip_rotate(v.b, 17) ^ v.c;
  v.d = sip_rotate(v.d, 21) ^ v.a;
  v.c = sip_rotate(v.c, 32);
  return v;
}

static inline struct sip sip_begin(uint64_t low, uint64_t high) {
  return (struct sip){low ^ 0x736f6d6570736575u, high ^ 0x646f72616e646f6du ^ 0xee, low ^ 0x6c7967656e657261u,
                      high ^ 0x7465646279746573u};
}

static inline struct sip sip_take(struct sip v, uint64_t word) {
  v.d ^= word;
  v = sip_round(sip_round(v));
  v.a ^= word;
  return v;
}

static inline void sip_end(struct sip v, uint64_t last, unsigned char out[16]) {
  v = sip_take(v, last);
  v.c ^= 0xee;
  v = sip_round(sip_round(sip_round(sip_round(v))));
  uint64_t low = v.a ^ v.b ^ v.c ^ v.d;
  v.b ^= 0xdd;
  v = sip_round(sip_round(sip_round(sip_round(v))));
  uint64_t high = v.a ^ v.b ^ v.c ^ v.d;
  checksum_store64(out, low);
  checksum_store64(out + 8, high);
}

void pbk_siphash128(const unsigned char key[16], const void *bytes, size_t size, unsigned char out[16]) {
  const unsigned char *at = bytes;
  uint64_t last = (uint64_t)size << 56;
  struct sip v = sip_begin(checksum_load64(key), checksum_load64(key + 8));
  for (; size >= 8; at += 8, size -= 8) v = sip_take(v, checksum_load64(at));
  for (size_t i = 0; i < size; i++) last |= (uint64_t)at[i] << (8 * i);
  sip_end(v, last, out);
}

void pbk_siphash128_words(const uint64_t key[2], const uint64_t *words, size_t count, unsigned char out[16]) {
  struct sip v = sip_begin(key[0], key[1]);
  for (size_t i = 0; i < count; i++) v = sip_take(v, words[i]);
  sip_end(v, (uint64_t)count << 59, out);
}
