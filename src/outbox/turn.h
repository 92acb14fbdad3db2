/* outbox/turn.h - changing a message's state within this floor: one `message` line for each change (SPEC O1). */
#ifndef PBK_OUTBOX_TURN_H
#define PBK_OUTBOX_TURN_H

#include "outbox/outbox.h"

void pbk_turn_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason);
/* Notes that something open is about a subject, or to it: found when the subject is deleted (E9). */
void pbk_note_message(struct outbox *outbox, const struct message *message);
void pbk_note_task(struct outbox *outbox, const struct task *task);

#endif
