/* sender/sender_state.h - what snapshots hold of sender profiles and pools (engine/snapshot.h has the whole). */
#ifndef PBK_SENDER_SENDER_STATE_H
#define PBK_SENDER_SENDER_STATE_H

#include "base/coder.h"
#include "sender/pool.h"

void pbk_code_senders(struct coder *coder, struct senders *senders);
void pbk_code_pool(struct coder *coder, struct pool *pool, uint32_t senders);

#endif
