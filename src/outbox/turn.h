/* outbox/turn.h - changing a message's state within this floor: one `message` line for each change (SPEC O1). */
#ifndef PBK_OUTBOX_TURN_H
#define PBK_OUTBOX_TURN_H

#include "outbox/outbox.h"

void pbk_turn_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason);

#endif
