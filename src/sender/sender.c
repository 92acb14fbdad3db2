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
  if (!senders->context) return; /* memory ran out before it was made */
  for (uint32_t i = 0; i < senders->registry.entries.count; i++) pbk_release_sender(senders, sender_at(senders, i));
  pbk_registry_release(&senders->registry);
  array_release(senders->context->memory, &senders->by_user);
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

/* Senders by their users, made anew after definitions. */
static void index_users(struct senders *senders) {
  const struct registry *registry = &senders->registry;
  if (senders->indexed_installs == registry->installs && senders->indexed_entries == registry->entries.count) return;
  senders->by_user.count = 0;
  for (uint32_t i = 0; i < registry->entries.count; i++) {
    const struct sender *sender = sender_at(senders, i);
    if (!sender || sender->user == MAP_NONE) continue;
    uint64_t entry = (uint64_t)sender->user << 32 | i;
    uint32_t at = senders->by_user.count;
    while (at > 0 && senders->by_user.items[at - 1] > entry) at--; /* mostly its place: users come as their senders do */
    array_insert(senders->context->memory, &senders->by_user, at, entry);
  }
  senders->indexed_installs = registry->installs;
  senders->indexed_entries = registry->entries.count;
}

uint32_t pbk_sender_of_user(struct senders *senders, uint32_t user) {
  if (user == MAP_NONE) return MAP_NONE;
  index_users(senders);
  uint64_t first = (uint64_t)user << 32;
  uint32_t low = 0, high = senders->by_user.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (senders->by_user.items[middle] < first) low = middle + 1;
    else high = middle;
  }
  for (; low < senders->by_user.count && senders->by_user.items[low] >> 32 == user; low++)
    if (pbk_sender_active(senders, (uint32_t)senders->by_user.items[low])) return (uint32_t)senders->by_user.items[low];
  return MAP_NONE;
}

uint32_t pbk_active_default_sender(const struct senders *senders) {
  uint32_t place = senders->default_sender;
  return place != MAP_NONE && pbk_sender_active(senders, place) ? place : MAP_NONE;
}

void pbk_count_first(struct memory *memory, sender_counts *counts, uint32_t sender) {
  while (counts->count <= sender) array_push(memory, counts, 0);
  counts->items[sender]++;
}
