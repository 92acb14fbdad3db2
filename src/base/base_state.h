/* base/base_state.h - what snapshots hold of the lowest floor: names, registries, outputs (engine/snapshot.h has the whole). */
#ifndef PBK_BASE_BASE_STATE_H
#define PBK_BASE_BASE_STATE_H

#include "base/coder.h"
#include "base/outputs.h"
#include "base/registry.h"

/* Names in the order of their numbers; reading: into none. */
void pbk_code_names(struct coder *coder, struct names *names);

/* Writes an object, or (NULL) reads one: the new object, NULL when it failed. */
typedef void *(*code_object)(struct coder *coder, void *owner, uint32_t place, void *object);
/* Places in definition order, those that nobody defines any more too. Reading: each can be found as soon as it is read. */
void pbk_code_registry(struct coder *coder, struct registry *registry, void *owner, code_object code);

/* Numbers of one list, each below `limit`. */
typedef ARRAY(uint32_t) place_list;
void pbk_code_places(struct coder *coder, place_list *list, uint32_t limit);
/* Ids, any. */
typedef ARRAY(uint64_t) id_list;
void pbk_code_ids(struct coder *coder, id_list *list);

/* Outputs that have not been given out. */
void pbk_code_outputs(struct coder *coder, struct outputs *outputs);

#endif
