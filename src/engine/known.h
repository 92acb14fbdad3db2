/* engine/known.h - names of events and keys of contacts that are known, found quickly: most inputs name nothing new. */
#ifndef PBK_ENGINE_KNOWN_H
#define PBK_ENGINE_KNOWN_H

#include "engine/engine.h"

/* The number of an event's name, plus one; 0: it is not known yet. `place` is that of the name, which is not empty. */
static inline uint32_t known_event(struct pbk_engine *engine, struct text name, uint32_t place) {
  const struct names *names = &engine->context.names;
  uint32_t *kept = &engine->line_names[place];
  if (*kept == 0 || *kept > names->count || !text_equal(pbk_names_text(names, *kept - 1), name))
    *kept = pbk_names_find(names, name) + 1;
  return *kept;
}

/* The same of a contact. `likely` is its index, probably, or MAP_NONE: it was not looked for. */
static inline uint32_t known_contact(const struct facts *facts, struct text key, uint32_t hash, uint32_t likely) {
  if (likely == MAP_NONE) likely = pbk_map_likely(&facts->contact_keys, hash);
  if (likely < pbk_subject_total(facts, PBK_CONTACT)) {
    const struct subject *subject = &contact_at(facts, likely)->subject;
    if (!subject->deleted && text_equal(subject_key(subject), key)) return likely + 1;
  }
  return pbk_map_find_hashed(&facts->contact_keys, key, hash) + 1;
}

/* Whether what triggers on such an event looks at its properties; else nobody ever does. */
static inline bool looks_into_event(const struct playbooks *playbooks, uint32_t name) {
  for (uint32_t at = first_route(playbooks, ROUTE_EVENT, name); at < playbooks->routes.count; at++) {
    const struct route *route = &playbooks->routes.items[at];
    if (route->kind != ROUTE_EVENT || route->name != name) break;
    const struct version *version = version_at(playbooks, route->playbook);
    for (uint32_t i = 0; i < version->trigger_count; i++)
      if (version->triggers[i].kind == PBK_TRIGGER_EVENT && version->triggers[i].where) return true;
  }
  return false;
}

#endif
