/* outbox/message_key.h - the idempotency keys of messages (SPEC O7): sixteen bytes, told as 32 digits.
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
#include "base/text.h"

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
void pbk_hash_message_key(const struct message_keys *keys, struct key_parts parts, unsigned char key[16]);

/* How many bits of them fit, the recipient's 32 not counted. */
enum { KEY_KIND_BITS = 2, KEY_ACTION_BITS = 9, KEY_STEP_BITS = 20 };

static inline uint64_t key_stir(uint64_t word) {
  word *= 0xcd326213f27dc1c1u;
  word ^= word >> 32;
  word *= 0x9ebb9fa2b8e30037u;
  return word ^ word >> 32;
}

static inline void make_message_key(const struct message_keys *keys, struct key_parts parts, unsigned char key[16]) {
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
  store_u64(key, left);
  store_u64(key + 8, right);
}

#endif
