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
/* Tells of the state that a message has now, of one to its own subject and without a reason: half of all that is told. */
static inline void tell_own_message(struct outbox *outbox, const struct message *message, const struct subject *subject) {
  if (subject->key_size > PLAIN_KEY) {
    pbk_tell_any_message(outbox, message, NO_TEXT);
    return;
  }
  tell_plain_message(outbox->context, &message->told, message_word(message->state), subject->key, subject->key_size);
}

/* The same of any. */
static inline void tell_message(struct outbox *outbox, const struct message *message) {
  if (message->own)
    tell_own_message(outbox, message, &contact_at(outbox->facts, message->subject)->subject);
  else
    pbk_tell_any_message(outbox, message, NO_TEXT);
}

static inline void turn_message(struct outbox *outbox, struct message *message, enum message_state state) {
  message->state = (uint8_t)state;
  tell_message(outbox, message);
}

/* What was noted is not open any more. */
static inline void drop_open(struct outbox *outbox, const struct open_of *open, int32_t kind, uint32_t subject,
                             const struct table *table, uint64_t id) {
  struct sparse_group *group = sparse_group(open_of_kind(open, kind), subject);
  roll *word = sparse_in(group, subject);
  roll_drop(outbox->context->memory, word, table, id);
  if (*word == 0) sparse_drop(outbox->context->memory, group, word);
}

/* What an ended message leaves behind: nothing. */
void pbk_drop_any_message(struct outbox *outbox, const struct message *ended);
static inline void drop_message(struct outbox *outbox, const struct message *ended) {
  if (!ended->own || ended->note) {
    pbk_drop_any_message(outbox, ended);
    return;
  }
  uint64_t id = ended->told.message;
  uint32_t subject = ended->subject;
  count_out(&outbox->messages_of, ended->sender);
  pbk_table_remove(outbox->context->memory, &outbox->messages, id);
  drop_open(outbox, &outbox->open_messages, PBK_CONTACT, subject, &outbox->messages, id);
}

#endif
