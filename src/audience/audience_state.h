/* audience/audience_state.h - what snapshots hold of personas and segments (engine/snapshot.h has the whole). */
#ifndef PBK_AUDIENCE_AUDIENCE_STATE_H
#define PBK_AUDIENCE_AUDIENCE_STATE_H

#include "audience/audience.h"
#include "base/coder.h"

/* Time zones and definitions: before the facts. */
void pbk_code_audiences(struct coder *coder, struct audiences *audiences);
/* Who is in, and when that can next change: behind the facts. */
void pbk_code_memberships(struct coder *coder, struct audiences *audiences);

#endif
