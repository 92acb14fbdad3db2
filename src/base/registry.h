/* base/registry.h - definitions of one kind by key, in definition order, changed all at once or not at all.
 *
 * Changes are first proposed, each seeing those before it, and then installed one by one, or abandoned together: so a batch of
 * definitions is all or nothing (SPEC L). A place is never used again: a key that is undefined and defined anew gets a new one. */
#ifndef PBK_BASE_REGISTRY_H
#define PBK_BASE_REGISTRY_H

#include "base/array.h"
#include "base/map.h"

struct registry_entry {
  uint32_t name;      /* of the key, in the engine's names */
  void *current;      /* what counts; NULL: not defined (yet, or any more) */
  void *proposed;     /* what shall count */
  bool removal;       /* shall not be defined any more */
  bool settled;       /* has been current: the place stays taken */
};

struct registry {
  struct memory *memory;
  const struct names *names;
  ARRAY(struct registry_entry) entries;
  ARRAY(uint32_t) touched; /* places with a proposal or a removal */
  struct map by_key; /* of what is current */
  uint32_t installs; /* so far, removals too: whoever keeps something made of all objects sees when to make it anew */
};

void pbk_registry_init(struct registry *registry, struct memory *memory, const struct names *names);
void pbk_registry_release(struct registry *registry); /* not the objects */

/* The place of a key: among what is current, or (latest) as the proposals leave it. MAP_NONE where there is none. */
uint32_t pbk_registry_find(const struct registry *registry, struct text key);
uint32_t pbk_registry_find_latest(const struct registry *registry, struct text key);

static inline void *registry_current(const struct registry *registry, uint32_t place) {
  return place < registry->entries.count ? registry->entries.items[place].current : NULL;
}
static inline void *registry_latest(const struct registry *registry, uint32_t place) {
  const struct registry_entry *entry = &registry->entries.items[place];
  return entry->removal ? NULL : entry->proposed ? entry->proposed : entry->current;
}
static inline uint32_t registry_name(const struct registry *registry, uint32_t place) {
  return place == MAP_NONE ? MAP_NONE : registry->entries.items[place].name;
}

/* Proposes an object under a key; gives its place, a new one at the end for a new key. */
uint32_t pbk_registry_propose(struct registry *registry, struct text key, uint32_t name, void *object);
void pbk_registry_propose_removal(struct registry *registry, uint32_t place);
/* Makes the object of a place current; gives the one before, which the caller frees. */
void *pbk_registry_install(struct registry *registry, uint32_t place, void *object);
void *pbk_registry_install_removal(struct registry *registry, uint32_t place);
/* All proposals have been installed. */
void pbk_registry_settle(struct registry *registry);
/* Forgets all proposals, and places that exist for them only. */
void pbk_registry_abandon(struct registry *registry);

#endif
