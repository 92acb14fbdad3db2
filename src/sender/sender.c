/* sender/sender.c - see sender.h. */
#include "sender/sender.h"

void pbk_senders_init(struct senders *senders, struct context *context, struct facts *facts) {
  *senders = (struct senders){.context = context, .facts = facts, .default_sender = MAP_NONE,
                              .latest_default_sender = MAP_NONE};
  pbk_registry_init(&senders->registry, context->memory, &context->names);
}

void pbk_release_sender(struct senders *senders, struct sender *sender) {
  if (!sender) return;
  pbk_release(senders->context->memory, (void *)(uintptr_t)sender->address.bytes, sender->address.size);
  pbk_release(senders->context->memory, sender, sizeof *sender);
}

void pbk_senders_release(struct senders *senders) {
  for (uint32_t i = 0; i < senders->registry.entries.count; i++) pbk_release_sender(senders, sender_at(senders, i));
  pbk_registry_release(&senders->registry);
}

static bool user_licensed(const struct user *user) { return user && user->licensed; }

bool pbk_sender_active(const struct senders *senders, uint32_t place) {
  const struct sender *sender = sender_at(senders, place);
  if (!sender || sender->removal != SENDER_KEPT) return false;
  return sender->user == MAP_NONE || user_licensed(registry_current(&senders->facts->users, sender->user));
}

bool pbk_sender_active_latest(const struct senders *senders, uint32_t place) {
  const struct sender *sender = registry_latest(&senders->registry, place);
  if (!sender || sender->removal != SENDER_KEPT) return false;
  return sender->user == MAP_NONE || user_licensed(registry_latest(&senders->facts->users, sender->user));
}

bool pbk_sender_unavailable(const struct senders *senders, uint32_t place) {
  const struct sender *sender = sender_at(senders, place);
  if (!sender || sender->removal == SENDER_CANCELLED) return true;
  return sender->user != MAP_NONE && !user_licensed(registry_current(&senders->facts->users, sender->user));
}

uint32_t pbk_sender_of_user(const struct senders *senders, uint32_t user) {
  if (user == MAP_NONE) return MAP_NONE;
  for (uint32_t i = 0; i < senders->registry.entries.count; i++) {
    const struct sender *sender = sender_at(senders, i);
    if (sender && sender->user == user && pbk_sender_active(senders, i)) return i;
  }
  return MAP_NONE;
}

uint32_t pbk_active_default_sender(const struct senders *senders) {
  uint32_t place = senders->default_sender;
  return place != MAP_NONE && pbk_sender_active(senders, place) ? place : MAP_NONE;
}
