/* sender/pool.c - see pool.h. */
#include "sender/pool.h"

bool pbk_pool_has(const struct pool *pool, uint32_t sender) {
  for (uint32_t i = 0; i < pool->senders.count; i++)
    if (pool->senders.items[i] == sender) return true;
  return false;
}

/* The active sender that was last in contact, of this pool or of all (S8). */
static uint32_t last_in_contact(const struct senders *senders, const struct pool *pool, pbk_sticky sticky,
                                const struct contact *contact) {
  struct contacted last = {.sender = MAP_NONE};
  uint32_t count = contacted_count(contact);
  for (uint32_t i = 0; i < count; i++) {
    struct contacted contacted = contacted_at(senders->facts, contact, i);
    if (!pbk_sender_active(senders, contacted.sender)) continue;
    if (sticky == PBK_STICKY_POOL && !pbk_pool_has(pool, contacted.sender)) continue;
    if (last.sender == MAP_NONE || contacted.occurred_at > last.occurred_at ||
        (contacted.occurred_at == last.occurred_at && contacted.order > last.order))
      last = contacted;
  }
  return last.sender;
}

uint32_t pbk_pool_choose(const struct senders *senders, const struct pool *pool, pbk_sticky sticky,
                         const struct contact *contact, enum sender_choice *how) {
  uint32_t pinned = contact ? pinned_sender(contact) : MAP_NONE;
  if (pinned != MAP_NONE && pbk_sender_active(senders, pinned)) {
    *how = CHOSEN_PINNED;
    return pinned;
  }
  if (contact && sticky != PBK_STICKY_OFF) {
    *how = CHOSEN_STICKY;
    uint32_t last = last_in_contact(senders, pool, sticky, contact);
    if (last != MAP_NONE) return last;
  }
  *how = CHOSEN_ROTATION;
  uint32_t count = pool->senders.count;
  for (uint32_t i = 0, at = pool->turn; i < count; i++, at = at + 1 == count ? 0 : at + 1)
    if (pbk_sender_active(senders, pool->senders.items[at])) return pool->senders.items[at];
  return MAP_NONE;
}

void pbk_pool_pass_turn(struct pool *pool, uint32_t sender) {
  uint32_t count = pool->senders.count, at = pool->turn;
  for (uint32_t i = 0; i < count; i++) { /* mostly the one whose turn it is */
    uint32_t next = at + 1 == count ? 0 : at + 1;
    if (pool->senders.items[at] == sender) {
      pool->turn = next;
      return;
    }
    at = next;
  }
}

void pbk_pool_add(struct memory *memory, struct pool *pool, uint32_t sender) {
  array_push(memory, &pool->senders, sender);
}

bool pbk_pool_remove(struct pool *pool, uint32_t sender) {
  for (uint32_t i = 0; i < pool->senders.count; i++) {
    if (pool->senders.items[i] != sender) continue;
    array_remove(&pool->senders, i);
    if (pool->turn > i) pool->turn--; /* S6: it skips nobody */
    if (pool->turn >= pool->senders.count) pool->turn = 0;
    return true;
  }
  return false;
}

void pbk_pool_replace(struct memory *memory, struct pool *pool, const uint32_t *senders, uint32_t count) {
  if (count == pool->senders.count && (count == 0 || memcmp(senders, pool->senders.items, count * sizeof *senders) == 0))
    return;
  pool->senders.count = 0;
  for (uint32_t i = 0; i < count; i++) array_push(memory, &pool->senders, senders[i]);
  pool->turn = 0;
}
