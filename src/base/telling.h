/* base/telling.h - the outputs that come often, told as numbers and names, and kept so until the host takes them.
 *
 * An output of the public form is half a kilobyte, nearly all of it empty. Those made by the thousand are kept as what they
 * tell: numbers, names by their numbers in the engine's, fixed words, and as bytes only what may have changed before they
 * are taken: keys of subjects, reasons. The rare ones go whole through emit. */
#ifndef PBK_BASE_TELLING_H
#define PBK_BASE_TELLING_H

#include "base/context.h"

/* Words that say how things stand. Their numbers go into the digest of outputs. */
enum word {
  WORD_NONE,
  WORD_PINNED,
  WORD_STICKY,
  WORD_ROTATION,
  WORD_RUN,
  WORD_SKIPPED,
  WORD_PENDING,
  WORD_APPROVED,
  WORD_SENDING,
  WORD_SENT,
  WORD_FAILED,
  WORD_CANCELLED,
  WORDS
};
extern const pbk_text pbk_words[WORDS];

/* Whom it is about: small enough to go in registers. Keys have at most PBK_MAX_KEY bytes. */
struct told_subject {
  const char *key;
  uint32_t key_size;
  int32_t kind; /* PBK_CONTACT, PBK_ACCOUNT */
};

/* Names are numbers in the context's names, or MAP_NONE where there may be none. Those of audiences and branches have one
 * byte in front that is not told: it keeps two kinds of key apart. */

/* tagged, untagged, entered, left */
void pbk_tell_membership(struct context *context, pbk_output_type type, struct told_subject subject, uint32_t audience);

struct told_enrollment {
  uint64_t enrollment;
  uint32_t playbook, version;
  uint32_t branch, sender; /* or MAP_NONE */
};
void pbk_tell_enrolled(struct context *context, struct told_subject subject, const struct told_enrollment *told,
                       enum word sender_by);
void pbk_tell_not_enrolled(struct context *context, struct told_subject subject, uint32_t playbook, struct text reason);
void pbk_tell_step(struct context *context, uint64_t enrollment, uint32_t step, enum word outcome);
void pbk_tell_exited(struct context *context, struct told_subject subject, uint64_t enrollment, uint32_t playbook,
                     struct text reason);

/* What a change of a message's state tells, beside the state and whom it is about; told by message_record.h. Messages keep
 * it just so: there is nothing to be gathered when one is told of. */
enum { MESSAGE_KEY_TEXT = 32 };
struct told_message {
  uint64_t enrollment, message;
  uint32_t letter; /* in the outputs' letters: playbook, channel, template */
  uint32_t sender; /* or MAP_NONE */
  uint32_t to;     /* the name of whom it goes to, or MAP_NONE: nobody; unread where that is a contact */
  uint32_t attempt;
  char key[MESSAGE_KEY_TEXT];
};
/* `to`: the key of a contact it goes to; the very bytes of the subject's key cost nothing. Most are told more quickly
 * (message_record.h). */
void pbk_tell_message(struct context *context, const struct told_message *told, enum word state, struct told_subject subject,
                      struct text to, struct text reason);

#endif
