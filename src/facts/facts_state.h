/* facts/facts_state.h - what snapshots hold of the facts (engine/snapshot.h has the whole). */
#ifndef PBK_FACTS_FACTS_STATE_H
#define PBK_FACTS_FACTS_STATE_H

#include "base/coder.h"
#include "facts/facts.h"

/* Users and roles: before everything that names them. */
void pbk_code_people(struct coder *coder, struct facts *facts);
/* Contacts and accounts. `senders`: places given out on the floor above. */
void pbk_code_facts(struct coder *coder, struct facts *facts, uint32_t senders);

#endif
