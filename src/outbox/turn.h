/* outbox/turn.h - changing a message's state within this floor: one `message` line for each change (SPEC O1). */
#ifndef PBK_OUTBOX_TURN_H
#define PBK_OUTBOX_TURN_H

#include "base/message_record.h"
#include "outbox/outbox.h"

/* Notes that something open is about a subject, or to it: found when the subject is deleted (E9). */
void pbk_note_message(struct outbox *outbox, const struct message *message);
void pbk_note_task(struct outbox *outbox, const struct task *task);

/* The words of the states stand in the order of the states. */
static inline enum word message_word(uint32_t state) {
  return (enum word)(WORD_PENDING + state);
}
_Static_assert(WORD_CANCELLED - WORD_PENDING == MESSAGE_CANCELLED - MESSAGE_PENDING, "a word for each state");
_Static_assert((int)PLAIN_KEY == (int)SUBJECT_KEY_HERE, "a key that stands in its subject");

void pbk_tell_any_message(struct outbox *outbox, const struct message *message, struct text reason);
/* Tells of the state that a message has now. */
static inline void tell_message(struct outbox *outbox, const struct message *message, struct text reason) {
  const struct subject *subject = message->own ? &contact_at(outbox->facts, message->subject)->subject : NULL;
  if (!subject || reason.bytes || subject->key_size > PLAIN_KEY) {
    pbk_tell_any_message(outbox, message, reason);
    return;
  }
  tell_plain_message(outbox->context, &message->told, message_word(message->state), subject->key, subject->key_size);
}

static inline void turn_message(struct outbox *outbox, struct message *message, enum message_state state,
                                struct text reason) {
  message->state = (uint8_t)state;
  tell_message(outbox, message, reason);
}
/* What an ended message leaves behind: nothing. */
void pbk_drop_message(struct outbox *outbox, const struct message *ended);

#endif
