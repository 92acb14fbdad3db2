/* sender/sender.h - sender profiles: who owns them, which are active (SPEC E3), and who sends a message (SPEC S1, S2). */
#ifndef PBK_SENDER_SENDER_H
#define PBK_SENDER_SENDER_H

#include "base/problem.h"
#include "facts/facts.h"

enum sender_removal { SENDER_KEPT, SENDER_DRAINED, SENDER_CANCELLED };

struct sender {
  uint32_t user;       /* its owner, or MAP_NONE */
  struct text address; /* owned */
  enum sender_removal removal; /* from the engine (S7) */
};

/* How many things are of each sender, by place: who looks for all of one sender's knows when to stop. */
typedef ARRAY(uint32_t) sender_counts;

struct senders {
  struct context *context;
  struct facts *facts;
  struct registry registry;
  number_list by_user; /* user << 32 | sender, ascending */
  uint32_t indexed_installs, indexed_entries; /* of the registry, when it was made */
  uint32_t default_sender; /* MAP_NONE: none */
  uint32_t latest_default_sender; /* the same, as the settings under check leave it */
};

void pbk_senders_init(struct senders *senders, struct context *context, struct facts *facts);
void pbk_senders_release(struct senders *senders);
void pbk_release_sender(struct senders *senders, struct sender *sender);

static inline struct sender *sender_at(const struct senders *senders, uint32_t place) {
  return registry_current(&senders->registry, place);
}

/* Defined, not removed, and without a user or with a licensed one. */
bool pbk_sender_active(const struct senders *senders, uint32_t place);
/* The same by the latest definitions, for checking new ones. */
bool pbk_sender_active_latest(const struct senders *senders, uint32_t place);
/* O5: removed with cancel, or its user without a licence. */
bool pbk_sender_unavailable(const struct senders *senders, uint32_t place);

/* The first-defined active sender of a user; MAP_NONE where there is none (S2). */
uint32_t pbk_sender_of_user(struct senders *senders, uint32_t user);
uint32_t pbk_active_default_sender(const struct senders *senders);

/* One more, one less; MAP_NONE is nobody. */
void pbk_count_first(struct memory *memory, sender_counts *counts, uint32_t sender);
static inline void count_in(struct memory *from, sender_counts *counts, uint32_t sender) {
  if (sender < counts->count)
    counts->items[sender]++;
  else if (sender != MAP_NONE)
    pbk_count_first(from, counts, sender);
}
static inline void count_out(sender_counts *counts, uint32_t sender) {
  if (sender != MAP_NONE) counts->items[sender]--;
}
static inline uint32_t count_of_sender(const sender_counts *counts, uint32_t sender) {
  return sender < counts->count ? counts->items[sender] : 0;
}

#endif
