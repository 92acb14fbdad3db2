/* outbox/message_key.h - the idempotency keys of messages (SPEC O7): sixteen bytes, as 32 digits.
 *
 * A key follows from the engine's id and from what makes a message this one and no other: its enrollment, the place in its
 * playbook, and whom it goes to. So it is the same in every attempt and after every crash.
 *
 * What makes a message fits into 127 bits but for playbooks of a million steps. Those bits are stirred in a way that can be
 * undone: two messages of one engine cannot have one key. What does not fit is hashed. The highest bit of the last byte says
 * which, so that neither meets the other. How things are stirred, and the hash, depend on the id, so that keys of
 * other engines are met by chance only, as those of a hash of 127 bits. */
#ifndef PBK_OUTBOX_MESSAGE_KEY_H
#define PBK_OUTBOX_MESSAGE_KEY_H

#include "base/codec.h"
#include "base/telling.h"

#if defined(__GNUC__) && defined(__SSE2__) && !defined(PBK_PORTABLE)
#include <emmintrin.h>
#endif

/* All that depends on the engine's id. */
struct message_keys {
  uint64_t rounds[4], hash[2];
};
void pbk_message_keys_init(struct message_keys *keys, struct text engine_id);

/* Of a message: step and action from 0; of a contact its index, which no alias changes, else 0: one for each action. */
struct key_parts {
  uint64_t enrollment;
  uint32_t step, action, to_kind, to;
};
void pbk_hash_message_key(const struct message_keys *keys, struct key_parts parts, char key[MESSAGE_KEY_TEXT]);

/* ---- sixteen bytes, in two words, and their digits ---- */

/* Four bytes, the lowest first, as eight digits, in one word. */
static inline uint64_t eight_digits(uint32_t bytes) {
  uint64_t fours = (bytes | (uint64_t)bytes << 16) & 0x0000ffff0000ffffu;
  fours = (fours | fours << 8) & 0x00ff00ff00ff00ffu;
  fours = (fours >> 4 | fours << 8) & 0x0f0f0f0f0f0f0f0fu;
  uint64_t above_nine = (fours + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
  return fours + 0x3030303030303030u + above_nine * ('a' - '9' - 1);
}
static inline void write_key_by_words(char to[MESSAGE_KEY_TEXT], uint64_t left, uint64_t right) {
  unsigned char *at = (unsigned char *)to;
  store_u64(at, eight_digits((uint32_t)left));
  store_u64(at + 8, eight_digits((uint32_t)(left >> 32)));
  store_u64(at + 16, eight_digits((uint32_t)right));
  store_u64(at + 24, eight_digits((uint32_t)(right >> 32)));
}

#if defined(__GNUC__) && defined(__SSE2__) && !defined(PBK_PORTABLE)
static inline __m128i sixteen_digits(__m128i fours) {
  __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(fours, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '9' - 1));
  return _mm_add_epi8(_mm_add_epi8(fours, _mm_set1_epi8('0')), letters);
}
static inline void write_key(char to[MESSAGE_KEY_TEXT], uint64_t left, uint64_t right) {
  __m128i bytes = _mm_set_epi64x((long long)right, (long long)left), fifteen = _mm_set1_epi8(15);
  __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), fifteen), low = _mm_and_si128(bytes, fifteen);
  _mm_storeu_si128((__m128i *)(void *)to, sixteen_digits(_mm_unpacklo_epi8(high, low)));
  _mm_storeu_si128((__m128i *)(void *)(to + 16), sixteen_digits(_mm_unpackhi_epi8(high, low)));
}
#else
static inline void write_key(char to[MESSAGE_KEY_TEXT], uint64_t left, uint64_t right) {
  write_key_by_words(to, left, right);
}
#endif
/* Back again. */
void pbk_read_key(unsigned char bytes[16], const char key[MESSAGE_KEY_TEXT]);

/* ---- making ---- */

/* How many bits of them fit, the recipient's 32 not counted. */
enum { KEY_KIND_BITS = 2, KEY_ACTION_BITS = 9, KEY_STEP_BITS = 20 };

static inline uint64_t key_stir(uint64_t word) {
  word *= 0xcd326213f27dc1c1u;
  word ^= word >> 32;
  word *= 0x9ebb9fa2b8e30037u;
  return word ^ word >> 32;
}

static inline void make_message_key(const struct message_keys *keys, struct key_parts parts, char key[MESSAGE_KEY_TEXT]) {
  if (parts.step >> KEY_STEP_BITS | parts.action >> KEY_ACTION_BITS | parts.to_kind >> KEY_KIND_BITS) {
    pbk_hash_message_key(keys, parts, key);
    return;
  }
  uint32_t place = (parts.step << KEY_ACTION_BITS | parts.action) << KEY_KIND_BITS | parts.to_kind;
  uint64_t left = parts.enrollment, right = (uint64_t)place << 32 | parts.to; /* of 63 bits, and so it stays */
  right ^= key_stir(left ^ keys->rounds[0]) >> 1;
  left ^= key_stir(right ^ keys->rounds[1]);
  right ^= key_stir(left ^ keys->rounds[2]) >> 1;
  left ^= key_stir(right ^ keys->rounds[3]);
  write_key(key, left, right);
}

#endif
