/* sender/sender_state.c - see sender_state.h. */
#include "sender/sender_state.h"

#include "base/base_state.h"

static void *code_sender(struct coder *coder, void *owner, uint32_t place, void *object) {
  const struct senders *senders = owner;
  struct sender *sender = object;
  (void)place;
  if (!sender) sender = pbk_allocate_cleared(coder->memory, sizeof *sender);
  uint32_t removal = (uint32_t)sender->removal;
  pbk_code_place(coder, &sender->user, senders->facts->users.entries.count);
  pbk_code_owned_text(coder, &sender->address);
  pbk_code_index(coder, &removal, SENDER_CANCELLED + 1);
  sender->removal = (enum sender_removal)removal;
  return sender;
}

void pbk_code_senders(struct coder *coder, struct senders *senders) {
  pbk_code_registry(coder, &senders->registry, senders, code_sender);
  pbk_code_place(coder, &senders->default_sender, senders->registry.entries.count);
  senders->latest_default_sender = senders->default_sender;
}

void pbk_code_pool(struct coder *coder, struct pool *pool, uint32_t senders) {
  uint32_t count = pool->senders.count;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    uint32_t sender = coder_reads(coder) ? 0 : pool->senders.items[i];
    pbk_code_index(coder, &sender, senders);
    if (coder_reads(coder)) array_push(coder->memory, &pool->senders, sender);
  }
  pbk_code_index(coder, &pool->turn, count + 1);
}
