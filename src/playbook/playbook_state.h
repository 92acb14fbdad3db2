/* playbook/playbook_state.h - what snapshots hold of playbooks and enrollments (engine/snapshot.h has the whole). */
#ifndef PBK_PLAYBOOK_PLAYBOOK_STATE_H
#define PBK_PLAYBOOK_PLAYBOOK_STATE_H

#include "base/coder.h"
#include "playbook/playbooks.h"

/* Definitions, pools, rotations: behind all that they name. */
void pbk_code_playbooks(struct coder *coder, struct playbooks *playbooks);
/* Who is in, and who has been: behind the facts. */
void pbk_code_enrollments(struct coder *coder, struct playbooks *playbooks);

#endif
