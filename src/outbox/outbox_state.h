/* outbox/outbox_state.h - what snapshots hold of messages and tasks (engine/snapshot.h has the whole). */
#ifndef PBK_OUTBOX_OUTBOX_STATE_H
#define PBK_OUTBOX_OUTBOX_STATE_H

#include "base/coder.h"
#include "outbox/outbox.h"

/* Channels, templates, settings: before the playbooks. */
void pbk_code_channels(struct coder *coder, struct outbox *outbox);
/* What is open: behind the facts. */
void pbk_code_outbox(struct coder *coder, struct outbox *outbox);

#endif
