/* engine/state.h - the whole state of an engine as bytes: what snapshots hold and digests run over. */
#ifndef PBK_ENGINE_STATE_H
#define PBK_ENGINE_STATE_H

#include "base/coder.h"
#include "engine/engine.h"

/* What the inputs have made: equal states, equal bytes. Reading: into an engine that has just been made; nothing is believed of the
 * bytes. */
void pbk_code_state(struct coder *coder, struct pbk_engine *engine);
/* Where the host stands: lines taken, outputs not given out. */
void pbk_code_position(struct coder *coder, struct pbk_engine *engine);
/* CRC-32C of all definitions, as they stand in the state. */
uint32_t pbk_definitions_checksum(struct pbk_engine *engine);
/* SipHash-2-4 of the state. */
void pbk_digest_state(struct pbk_engine *engine, unsigned char digest[16]);

#endif
