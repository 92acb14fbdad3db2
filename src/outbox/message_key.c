/* outbox/message_key.c - see message_key.h: what depends on the engine's id, and the keys that come seldom. */
#include "outbox/message_key.h"

#include "base/checksum.h"

enum { HASHED = 0x80 };

void pbk_message_keys_init(struct message_keys *keys, struct text engine_id) {
  static const unsigned char zero[16] = {0};
  unsigned char bytes[16];
  pbk_siphash128(zero, engine_id.bytes, engine_id.size, bytes);
  keys->hash[0] = load_u64(bytes);
  keys->hash[1] = load_u64(bytes + 8);
  for (uint64_t i = 0; i < 4; i += 2) {
    pbk_siphash128_words(keys->hash, &i, 1, bytes);
    keys->rounds[i] = load_u64(bytes);
    keys->rounds[i + 1] = load_u64(bytes + 8);
  }
}

void pbk_hash_message_key(const struct message_keys *keys, struct key_parts parts, unsigned char key[16]) {
  uint64_t words[4] = {parts.enrollment, (uint64_t)parts.step << 32 | parts.action, parts.to_kind, parts.to};
  pbk_siphash128_words(keys->hash, words, 4, key);
  key[15] |= HASHED;
}
