/* base/registry.c - see registry.h. */
#include "base/registry.h"

static struct text key_of(const void *owner, uint32_t place) {
  const struct registry *registry = owner;
  return pbk_names_text(registry->names, registry->entries.items[place].name);
}

void pbk_registry_init(struct registry *registry, struct memory *memory, const struct names *names) {
  *registry = (struct registry){.memory = memory, .names = names};
  pbk_map_init(&registry->by_key, key_of, registry);
}

void pbk_registry_release(struct registry *registry) {
  pbk_map_release(registry->memory, &registry->by_key);
  array_release(registry->memory, &registry->entries);
  array_release(registry->memory, &registry->touched);
}

uint32_t pbk_registry_find(const struct registry *registry, struct text key) {
  return pbk_map_find(&registry->by_key, key);
}

uint32_t pbk_registry_find_latest(const struct registry *registry, struct text key) {
  uint32_t name = pbk_names_find(registry->names, key);
  if (name == MAP_NONE) return MAP_NONE;
  for (uint32_t i = registry->touched.count; i-- > 0;) {
    uint32_t place = registry->touched.items[i];
    if (registry->entries.items[place].name == name && registry_latest(registry, place)) return place;
  }
  uint32_t place = pbk_registry_find(registry, key);
  return place != MAP_NONE && registry_latest(registry, place) ? place : MAP_NONE;
}

static void registry_touch(struct registry *registry, uint32_t place) {
  const struct registry_entry *entry = &registry->entries.items[place];
  if (!entry->proposed && !entry->removal) array_push(registry->memory, &registry->touched, place);
}

uint32_t pbk_registry_propose(struct registry *registry, struct text key, uint32_t name, void *object) {
  uint32_t place = pbk_registry_find_latest(registry, key);
  if (place == MAP_NONE) {
    place = registry->entries.count;
    struct registry_entry entry = {.name = name};
    array_push(registry->memory, &registry->entries, entry);
  }
  registry_touch(registry, place);
  registry->entries.items[place].proposed = object;
  return place;
}

void pbk_registry_propose_removal(struct registry *registry, uint32_t place) {
  registry_touch(registry, place);
  registry->entries.items[place].removal = true;
}

void *pbk_registry_install(struct registry *registry, uint32_t place, void *object) {
  registry->installs++;
  struct registry_entry *entry = &registry->entries.items[place];
  void *before = entry->current;
  if (!before) pbk_map_add(registry->memory, &registry->by_key, key_of(registry, place), place);
  entry->current = object;
  entry->settled = true;
  if (entry->proposed == object) entry->proposed = NULL;
  return before;
}

void *pbk_registry_install_removal(struct registry *registry, uint32_t place) {
  registry->installs++;
  struct registry_entry *entry = &registry->entries.items[place];
  void *before = entry->current;
  pbk_map_remove(&registry->by_key, key_of(registry, place));
  entry->current = NULL;
  entry->removal = false;
  return before;
}

void pbk_registry_abandon(struct registry *registry) {
  for (uint32_t i = 0; i < registry->touched.count; i++) {
    struct registry_entry *entry = &registry->entries.items[registry->touched.items[i]];
    entry->proposed = NULL;
    entry->removal = false;
  }
  pbk_registry_settle(registry);
  while (registry->entries.count > 0 && !registry->entries.items[registry->entries.count - 1].settled)
    registry->entries.count--;
}

void pbk_registry_settle(struct registry *registry) { registry->touched.count = 0; }
