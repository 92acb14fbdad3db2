/* tests/unit/checksum.c - CRC-32C against the definition bit by bit, both of its ways; SipHash against published values. */
#include "base/checksum.h"

#include "unit/check.h"

#ifndef PBK_PORTABLE
#define PBK_PORTABLE
#endif
#define pbk_crc32c portable_crc32c
#define pbk_siphash128_words portable_siphash128_words
#define pbk_siphash128 portable_siphash128
#include "base/checksum.c"
#undef pbk_crc32c
#undef pbk_siphash128

static uint32_t crc_by_definition(const unsigned char *bytes, size_t size) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

static unsigned char bytes[20000];

static void fill(void) {
  uint64_t state = 31;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)check_random(&state);
}

static void known_crcs(void) {
  unsigned char run[32];
  CHECK_EQUAL_UINT(pbk_crc32c(0, "123456789", 9), 0xe3069283); /* the check value of the definition */
  CHECK_EQUAL_UINT(pbk_crc32c(0, NULL, 0), 0);
  CHECK_EQUAL_UINT(pbk_crc32c(77, NULL, 0), 77);
  memset(run, 0, sizeof run); /* and those of RFC 3720, B.4 */
  CHECK_EQUAL_UINT(pbk_crc32c(0, run, 32), 0x8a9136aa);
  memset(run, 0xff, sizeof run);
  CHECK_EQUAL_UINT(pbk_crc32c(0, run, 32), 0x62a8ab43);
  for (int i = 0; i < 32; i++) run[i] = (unsigned char)i;
  CHECK_EQUAL_UINT(pbk_crc32c(0, run, 32), 0x46dd794e);
  for (int i = 0; i < 32; i++) run[i] = (unsigned char)(31 - i);
  CHECK_EQUAL_UINT(pbk_crc32c(0, run, 32), 0x113fdb5c);
}

static void every_size_and_alignment(void) {
  uint32_t wrong = 0;
  for (size_t size = 0; size < 4000; size += size < 40 ? 1 : 37)
    for (size_t from = 0; from < 9; from++) {
      uint32_t crc = crc_by_definition(bytes + from, size);
      wrong += pbk_crc32c(0, bytes + from, size) != crc;
      wrong += portable_crc32c(0, bytes + from, size) != crc;
    }
  for (size_t size = 1530; size < 1545; size++) { /* around three blocks at once */
    uint32_t crc = crc_by_definition(bytes, size);
    wrong += pbk_crc32c(0, bytes, size) != crc || portable_crc32c(0, bytes, size) != crc;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  uint32_t whole = crc_by_definition(bytes, sizeof bytes);
  CHECK_EQUAL_UINT(pbk_crc32c(0, bytes, sizeof bytes), whole);
  CHECK_EQUAL_UINT(portable_crc32c(0, bytes, sizeof bytes), whole);
  for (size_t cut = 0; cut <= sizeof bytes; cut += 613) { /* in two parts */
    wrong += pbk_crc32c(pbk_crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut) != whole;
    wrong += portable_crc32c(portable_crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut) != whole;
  }
  CHECK_EQUAL_UINT(wrong, 0);
}

/* Key 00 01 … 0f, message 00 01 … of that size: from the reference implementation's table. */
static void known_hashes(void) {
  static const struct {
    size_t size;
    unsigned char hash[16];
  } cases[] = {
    {0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
    {1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
    {7, {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39}},
    {8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
    {15, {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}},
    {16, {0x6e, 0xe2, 0xa4, 0xca, 0x67, 0xb0, 0x54, 0xbb, 0xfd, 0x33, 0x15, 0xbf, 0x85, 0x23, 0x05, 0x77}},
    {63, {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c}},
  };
  unsigned char key[16], message[65], hash[16];
  for (int i = 0; i < 16; i++) key[i] = (unsigned char)i;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%zu bytes", cases[i].size);
    for (size_t from = 0; from < 2; from++) {
      for (size_t j = 0; j < 64; j++) message[from + j] = (unsigned char)j;
      pbk_siphash128(key, message + from, cases[i].size, hash);
      CHECK_EQUAL_BYTES(hash, cases[i].hash, 16);
    }
  }
  pbk_siphash128(key, NULL, 0, hash);
  CHECK_EQUAL_BYTES(hash, cases[0].hash, 16);
  unsigned char other[16];
  key[15] ^= 0x80;
  pbk_siphash128(key, NULL, 0, other);
  CHECK(memcmp(hash, other, 16) != 0);
}

int main(void) {
  fill();
  RUN(known_crcs);
  RUN(every_size_and_alignment);
  RUN(known_hashes);
  return check_report();
}
