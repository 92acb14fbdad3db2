/* sender/pool.h - pools of senders: who serves an enrollment, pinned, sticky or in rotation (SPEC S3, S4, S6). */
#ifndef PBK_SENDER_POOL_H
#define PBK_SENDER_POOL_H

#include "sender/sender.h"

struct pool {
  ARRAY(uint32_t) senders; /* in listed order */
  uint32_t turn;           /* whose turn it is: an index into senders */
};

enum sender_choice { CHOSEN_PINNED, CHOSEN_STICKY, CHOSEN_ROTATION };

/* Who serves, for a contact or (NULL) an account; MAP_NONE where nobody is active. Changes nothing. */
uint32_t pbk_pool_choose(const struct senders *senders, const struct pool *pool, pbk_sticky sticky,
                         const struct contact *contact, enum sender_choice *how);
/* The turn passes on from a sender chosen by rotation. */
void pbk_pool_pass_turn(struct pool *pool, uint32_t sender);
bool pbk_pool_has(const struct pool *pool, uint32_t sender);
void pbk_pool_add(struct memory *memory, struct pool *pool, uint32_t sender);
/* False when it is not in the pool. */
bool pbk_pool_remove(struct pool *pool, uint32_t sender);
/* Takes a new list over: the same in the same order goes on, any other starts at its first (S4). */
void pbk_pool_replace(struct memory *memory, struct pool *pool, const uint32_t *senders, uint32_t count);

#endif
