/* outbox/message_key.c - see message_key.h: what depends on the engine's id, and the keys that come seldom. */
#include "outbox/message_key.h"

#include "base/checksum.h"

static const uint64_t hashed = (uint64_t)1 << 63;

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

void pbk_hash_message_key(const struct message_keys *keys, struct key_parts parts, char key[MESSAGE_KEY_TEXT]) {
  unsigned char bytes[16];
  uint64_t words[4] = {parts.enrollment, (uint64_t)parts.step << 32 | parts.action, parts.to_kind, parts.to};
  pbk_siphash128_words(keys->hash, words, 4, bytes);
  write_key(key, load_u64(bytes), load_u64(bytes + 8) | hashed);
}

static uint32_t digit_of(char digit) {
  return (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}
void pbk_read_key(unsigned char bytes[16], const char key[MESSAGE_KEY_TEXT]) {
  for (uint32_t i = 0; i < 16; i++) bytes[i] = (unsigned char)(digit_of(key[i * 2]) << 4 | digit_of(key[i * 2 + 1]));
}
