/* base/message_record.h - the compact record of a message's change of state, and the quick way to tell of one.
 *
 * Half of all outputs are these, so that the commonest of them is told in line where it comes about: by outbox/outbox.c. The
 * other compact records are telling.c's own. */
#ifndef PBK_BASE_MESSAGE_RECORD_H
#define PBK_BASE_MESSAGE_RECORD_H

#include "base/output_record.h"
#include "base/telling.h"

enum {
  ABOUT_ACCOUNT = 1, /* the subject is one */
  /* Of a message: */
  TO_SUBJECT = 2,
  TO_KEY = 4, /* stands behind the subject's */
  HAS_REASON = 8
};

struct message_record {
  struct output_record head;
  struct told_message told;
};

/* Behind that, where there is a recipient's key or a reason. */
struct message_sizes {
  uint32_t to, reason;
};

/* What stands in the head of a record. */
struct heading {
  uint8_t type, word, flags, subject_size;
};
static inline struct heading heading_of(pbk_output_type type, enum word word, struct told_subject subject) {
  return (struct heading){(uint8_t)type, (uint8_t)word, subject.kind == PBK_CONTACT ? 0 : ABOUT_ACCOUNT,
                          (uint8_t)subject.key_size};
}

/* With `fixed` bytes and some text behind. */
static inline uint32_t record_size(uint32_t fixed, uint32_t text) {
  return (fixed + text + 7) & ~(uint32_t)7;
}
/* A record for which there is room, its last eight bytes cleared. */
static inline void *record_put(struct context *context, struct heading heading, uint32_t size) {
  struct output_record *record = output_put(&context->outputs, size);
  memset((char *)record + size - 8, 0, 8);
  *record = (struct output_record){size, heading.type, heading.word, heading.flags, heading.subject_size, context->now};
  return record;
}
static inline void *record_begin(struct context *context, struct heading heading, uint32_t fixed, uint32_t text) {
  uint32_t size = record_size(fixed, text);
  if (!output_fits(&context->outputs, size)) pbk_outputs_new_block(&context->outputs, size);
  return record_put(context, heading, size);
}

static inline char *put_text(char *to, const char *bytes, uint32_t size) {
  copy_bytes((unsigned char *)to, (const unsigned char *)bytes, size);
  return to + size;
}

/* What a host sees of it goes into the digest. */
void pbk_digest_told(struct outputs *outputs, const struct output_record *record);
/* The same of one made by tell_plain_message. */
void pbk_digest_plain_message(struct outputs *outputs, const struct message_record *record);

static inline void record_end(struct context *context, const struct output_record *record) {
  context->outputs.last_seq++;
  if (context->outputs.digested) pbk_digest_told(&context->outputs, record);
}

/* The text behind a record of the commonest kind: it goes to its subject, whose key is as short as this, and has no reason.
 */
enum { PLAIN_KEY = 12, PLAIN_TEXT = 16 };

/* Whether there is room for one of those. */
static inline bool plain_message_fits(const struct context *context) {
  return output_fits(&context->outputs, sizeof(struct message_record) + PLAIN_TEXT);
}
/* Then it is put there, and not digested yet: `key` has zeros behind the subject's key. */
static inline struct message_record *put_plain_message(struct context *context, const struct told_message *told,
                                                       enum word state, const char key[PLAIN_KEY], uint8_t key_size) {
  struct message_record *record =
    (struct message_record *)(void *)output_put(&context->outputs, sizeof *record + PLAIN_TEXT);
  record->head = (struct output_record){
    sizeof *record + PLAIN_TEXT, PBK_OUTPUT_MESSAGE, (uint8_t)state, TO_SUBJECT, key_size, context->now};
  record->told = *told;
  memcpy(record + 1, key, PLAIN_KEY);
  memset((char *)(record + 1) + PLAIN_KEY, 0, PLAIN_TEXT - PLAIN_KEY);
  context->outputs.last_seq++;
  return record;
}

/* All of that. */
static inline void tell_plain_message(struct context *context, const struct told_message *told, enum word state,
                                      const char key[PLAIN_KEY], uint8_t key_size) {
  if (!plain_message_fits(context)) pbk_outputs_new_block(&context->outputs, sizeof(struct message_record) + PLAIN_TEXT);
  const struct message_record *record = put_plain_message(context, told, state, key, key_size);
  if (context->outputs.digested) pbk_digest_plain_message(&context->outputs, record);
}

#endif
