/* base/telling.c - see telling.h. */
#include "base/telling.h"

#include "base/checksum.h"
#include "base/codec.h"
#include "base/message_record.h"

#define WORD(literal) \
  { literal, sizeof(literal) - 1 }
const pbk_text pbk_words[WORDS] = {{NULL, 0},       WORD("pinned"),  WORD("sticky"),  WORD("rotation"),
                                   WORD("run"),     WORD("skipped"), WORD("pending"), WORD("approved"),
                                   WORD("sending"), WORD("sent"),    WORD("failed"),  WORD("cancelled")};

/* ---- records ---- */

/* Behind each, without a gap: the subject's key, of a message its recipient's, the reason, and zeros up to the next eight
 * bytes. */
struct membership_record {
  struct output_record head;
  uint32_t audience, unused;
};
struct enrolled_record {
  struct output_record head;
  struct told_enrollment told;
};
struct not_enrolled_record {
  struct output_record head;
  uint32_t playbook, reason_size;
};
struct step_record {
  struct output_record head;
  uint64_t enrollment;
  uint32_t step, unused;
};
struct exited_record {
  struct output_record head;
  uint64_t enrollment;
  uint32_t playbook, reason_size;
};
/* ---- the digest ---- */

/* Of what a host sees, and the same everywhere: from numbers, not from how they lie in memory, and with the texts of names,
 * whose numbers may be others after a crash. */
static inline uint64_t pair(uint32_t low, uint32_t high) {
  return (uint64_t)high << 32 | low;
}
static inline uint32_t name_sum(const struct names *names, uint32_t name) {
  return name == MAP_NONE ? UINT32_MAX : names->texts[name].checksum;
}

static inline struct message_sizes sizes_of(const struct message_record *record) {
  struct message_sizes sizes = {0, 0};
  if (record->head.flags & (TO_KEY | HAS_REASON)) memcpy(&sizes, record + 1, sizeof sizes);
  return sizes;
}
static inline const char *texts_of(const struct message_record *record) {
  return (const char *)(record + 1) + (record->head.flags & (TO_KEY | HAS_REASON) ? sizeof(struct message_sizes) : 0);
}

/* Each output has a sum of its own, so that none waits for the one before. */
static inline uint64_t begin_sum(const struct output_record *record, uint32_t number) {
  uint64_t head = (uint32_t)record->type | (uint32_t)record->word << 8 | (uint32_t)record->flags << 16 |
                  (uint32_t)record->subject_size << 24;
  return digest_mix(head | (uint64_t)number << 32, (uint64_t)record->at);
}
static inline void end_sum(struct outputs *outputs, uint64_t sum) {
  sum = digest_mix(outputs->digest, sum);
  outputs->digest = (uint32_t)(sum >> 32 ^ sum);
}

static inline uint64_t mix_message(const struct outputs *outputs, const struct message_record *record) {
  const struct told_message *told = &record->told;
  uint64_t sum = begin_sum(&record->head, told->attempt);
  sum = digest_mix(sum, told->message);
  sum = digest_mix(sum, told->enrollment);
  sum = digest_mix(sum, letter_at(&outputs->letters, told->letter)->sum);
  sum = digest_mix(sum, name_sum(outputs->names, told->sender));
  for (uint32_t i = 0; i < MESSAGE_KEY_TEXT; i += 8) sum = digest_mix(sum, load_u64((const unsigned char *)told->key + i));
  return sum;
}

void pbk_digest_plain_message(struct outputs *outputs, const struct message_record *record) {
  const unsigned char *text = (const unsigned char *)(record + 1);
  uint64_t sum = mix_message(outputs, record);
  if (record->head.subject_size > 0) sum = digest_mix(sum, load_u64(text));
  if (record->head.subject_size > 8) sum = digest_mix(sum, load_u64(text + 8));
  end_sum(outputs, sum);
}

void pbk_digest_told(struct outputs *outputs, const struct output_record *record) {
  const struct names *names = outputs->names;
  uint64_t sum = record->type == PBK_OUTPUT_MESSAGE ? 0 : begin_sum(record, 0);
  uint32_t at, end = record->size;
  switch (record->type) {
    case PBK_OUTPUT_ENROLLED: {
      const struct told_enrollment *told = &((const struct enrolled_record *)record)->told;
      sum = digest_mix(sum, told->enrollment);
      sum = digest_mix(sum, pair(name_sum(names, told->playbook), told->version));
      sum = digest_mix(sum, pair(name_sum(names, told->branch), name_sum(names, told->sender)));
      at = sizeof(struct enrolled_record);
      break;
    }
    case PBK_OUTPUT_NOT_ENROLLED: {
      const struct not_enrolled_record *told = (const struct not_enrolled_record *)record;
      sum = digest_mix(sum, pair(name_sum(names, told->playbook), told->reason_size));
      at = sizeof *told;
      break;
    }
    case PBK_OUTPUT_STEP: {
      const struct step_record *told = (const struct step_record *)record;
      sum = digest_mix(digest_mix(sum, told->enrollment), told->step);
      at = sizeof *told;
      break;
    }
    case PBK_OUTPUT_EXITED: {
      const struct exited_record *told = (const struct exited_record *)record;
      sum = digest_mix(digest_mix(sum, told->enrollment), pair(name_sum(names, told->playbook), told->reason_size));
      at = sizeof *told;
      break;
    }
    case PBK_OUTPUT_MESSAGE: {
      const struct message_record *message = (const struct message_record *)record;
      struct message_sizes sizes = sizes_of(message);
      sum = mix_message(outputs, message);
      uint32_t to = record->flags & TO_KEY ? MAP_NONE : message->told.to;
      if (!(record->flags & TO_SUBJECT)) sum = digest_mix(sum, pair(name_sum(names, to), sizes.to));
      if (record->flags & HAS_REASON) sum = digest_mix(sum, sizes.reason);
      at = (uint32_t)(texts_of(message) - (const char *)record);
      end = at + record->subject_size + sizes.to + sizes.reason; /* there may be more room */
      break;
    }
    default:
      sum = digest_mix(sum, name_sum(names, ((const struct membership_record *)record)->audience));
      at = sizeof(struct membership_record);
  }
  for (; at < end; at += 8) sum = digest_mix(sum, load_u64((const unsigned char *)record + at));
  end_sum(outputs, sum);
}

/* ---- telling ---- */

/* The commonest are told without calling anything, so that nothing need be kept over a call: in a block that has room, of a
 * subject whose key is short. What is not so is first made so, or told at length. */
enum { SHORT_KEY = 16 };

static SELDOM void tell_membership_at_length(struct context *context, pbk_output_type type, struct told_subject subject,
                                             uint32_t audience) {
  struct heading heading = heading_of(type, WORD_NONE, subject);
  struct membership_record *record = record_begin(context, heading, sizeof *record, heading.subject_size);
  record->audience = audience;
  record->unused = 0;
  put_text((char *)(record + 1), subject.key, heading.subject_size);
  record_end(context, &record->head);
}

void pbk_tell_membership(struct context *context, pbk_output_type type, struct told_subject subject, uint32_t audience) {
  if (subject.key_size > SHORT_KEY || !output_fits(&context->outputs, sizeof(struct membership_record) + SHORT_KEY)) {
    tell_membership_at_length(context, type, subject, audience);
    return;
  }
  struct heading heading = heading_of(type, WORD_NONE, subject);
  struct membership_record *record = record_put(context, heading, record_size(sizeof *record, subject.key_size));
  record->audience = audience;
  record->unused = 0;
  put_text((char *)(record + 1), subject.key, subject.key_size);
  record_end(context, &record->head);
}

static SELDOM void tell_enrolled_at_length(struct context *context, struct told_subject subject,
                                           const struct told_enrollment *told, enum word sender_by) {
  struct heading heading = heading_of(PBK_OUTPUT_ENROLLED, sender_by, subject);
  struct enrolled_record *record = record_begin(context, heading, sizeof *record, heading.subject_size);
  record->told = *told;
  put_text((char *)(record + 1), subject.key, heading.subject_size);
  record_end(context, &record->head);
}

void pbk_tell_enrolled(struct context *context, struct told_subject subject, const struct told_enrollment *told,
                       enum word sender_by) {
  if (subject.key_size > SHORT_KEY || !output_fits(&context->outputs, sizeof(struct enrolled_record) + SHORT_KEY)) {
    tell_enrolled_at_length(context, subject, told, sender_by);
    return;
  }
  struct heading heading = heading_of(PBK_OUTPUT_ENROLLED, sender_by, subject);
  struct enrolled_record *record = record_put(context, heading, record_size(sizeof *record, subject.key_size));
  record->told = *told;
  put_text((char *)(record + 1), subject.key, subject.key_size);
  record_end(context, &record->head);
}

void pbk_tell_not_enrolled(struct context *context, struct told_subject subject, uint32_t playbook, struct text reason) {
  struct heading heading = heading_of(PBK_OUTPUT_NOT_ENROLLED, WORD_NONE, subject);
  struct not_enrolled_record *record = record_begin(context, heading, sizeof *record, heading.subject_size + reason.size);
  record->playbook = playbook;
  record->reason_size = reason.size;
  char *at = put_text((char *)(record + 1), subject.key, heading.subject_size);
  put_text(at, reason.bytes, reason.size);
  record_end(context, &record->head);
}

static inline void fill_step(struct step_record *record, uint64_t enrollment, uint32_t step) {
  record->enrollment = enrollment;
  record->step = step;
  record->unused = 0;
}

static SELDOM void tell_step_in_new_block(struct context *context, uint64_t enrollment, uint32_t step, enum word outcome) {
  struct heading heading = {PBK_OUTPUT_STEP, (uint8_t)outcome, 0, 0};
  struct step_record *record = record_begin(context, heading, sizeof *record, 0);
  fill_step(record, enrollment, step);
  record_end(context, &record->head);
}

void pbk_tell_step(struct context *context, uint64_t enrollment, uint32_t step, enum word outcome) {
  if (!output_fits(&context->outputs, sizeof(struct step_record))) {
    tell_step_in_new_block(context, enrollment, step, outcome);
    return;
  }
  struct heading heading = {PBK_OUTPUT_STEP, (uint8_t)outcome, 0, 0};
  struct step_record *record = record_put(context, heading, sizeof *record);
  fill_step(record, enrollment, step);
  record_end(context, &record->head);
}

void pbk_tell_exited(struct context *context, struct told_subject subject, uint64_t enrollment, uint32_t playbook,
                     struct text reason) {
  struct heading heading = heading_of(PBK_OUTPUT_EXITED, WORD_NONE, subject);
  struct exited_record *record = record_begin(context, heading, sizeof *record, heading.subject_size + reason.size);
  record->enrollment = enrollment;
  record->playbook = playbook;
  record->reason_size = reason.size;
  char *at = put_text((char *)(record + 1), subject.key, heading.subject_size);
  put_text(at, reason.bytes, reason.size);
  record_end(context, &record->head);
}

void pbk_tell_message(struct context *context, const struct told_message *told, enum word state, struct told_subject subject,
                      struct text to, struct text reason) {
  struct heading heading = heading_of(PBK_OUTPUT_MESSAGE, state, subject);
  bool own = to.bytes == subject.key;
  struct message_sizes sizes = {to.bytes && !own ? to.size : 0, reason.size};
  heading.flags |= (uint8_t)((own ? TO_SUBJECT : to.bytes ? TO_KEY : 0) | (reason.bytes ? HAS_REASON : 0));
  bool sized = heading.flags & (TO_KEY | HAS_REASON);
  uint32_t fixed = (uint32_t)(sizeof(struct message_record) + (sized ? sizeof sizes : 0));
  uint32_t text = (uint32_t)heading.subject_size + sizes.to + sizes.reason;
  struct message_record *record = record_begin(context, heading, fixed, text);
  record->told = *told;
  if (sized) memcpy(record + 1, &sizes, sizeof sizes);
  char *at = put_text((char *)record + fixed, subject.key, heading.subject_size);
  at = put_text(at, to.bytes, sizes.to);
  put_text(at, reason.bytes, sizes.reason);
  record_end(context, &record->head);
}

/* ---- expanding ---- */

static inline pbk_text name_told(const struct names *names, uint32_t name) {
  if (name == MAP_NONE) return (pbk_text){NULL, 0};
  return (pbk_text){names->texts[name].bytes, names->texts[name].size};
}
/* Without the mark in front. */
static inline pbk_text marked_told(const struct names *names, uint32_t name) {
  if (name == MAP_NONE) return (pbk_text){NULL, 0};
  return (pbk_text){names->texts[name].bytes + 1, names->texts[name].size - 1};
}
static inline pbk_text word_told(const struct output_record *record) {
  return pbk_words[record->word];
}

/* What stands behind the fixed part, one text after the other. */
static inline pbk_text next_text(const char **at, size_t size) {
  pbk_text text = {*at, size};
  *at += size;
  return text;
}
static inline void subject_told(const struct output_record *record, const char **at, pbk_output *output) {
  pbk_text key = next_text(at, record->subject_size);
  if (record->flags & ABOUT_ACCOUNT)
    output->account = key;
  else
    output->contact = key;
}

/* Whom a message is about and goes to, and why it ended, where that is more than its subject. */
static SELDOM void others_told(const struct outputs *outputs, const struct message_record *record, pbk_output *output) {
  uint32_t flags = record->head.flags;
  const char *at = texts_of(record);
  struct message_sizes sizes = sizes_of(record);
  pbk_text subject = next_text(&at, record->head.subject_size);
  if (flags & ABOUT_ACCOUNT)
    output->account = subject;
  else
    output->contact = subject;
  if (flags & TO_SUBJECT)
    output->to = subject;
  else if (flags & TO_KEY)
    output->to = next_text(&at, sizes.to);
  else
    output->to = name_told(outputs->names, record->told.to);
  if (flags & HAS_REASON) output->reason = next_text(&at, sizes.reason);
}

static inline void message_told(const struct outputs *outputs, struct message_record *record, pbk_output *output) {
  const struct told_message *told = &record->told;
  const struct letter *letter = letter_at(&outputs->letters, told->letter);
  uint32_t flags = record->head.flags;
  if (flags == TO_SUBJECT) {
    /* Each by itself: what has just been written in halves is slow to be read whole. */
    const char *subject = (const char *)(record + 1);
    size_t size = record->head.subject_size;
    output->contact.bytes = subject;
    output->contact.size = size;
    output->to.bytes = subject;
    output->to.size = size;
  } else {
    others_told(outputs, record, output);
  }
  output->playbook = letter->playbook;
  output->message = told->message;
  output->enrollment = told->enrollment;
  output->attempt = told->attempt;
  output->sender = name_told(outputs->names, told->sender);
  output->state = word_told(&record->head);
  output->channel = letter->channel;
  output->template_key = letter->template;
  output->key = (pbk_text){told->key, MESSAGE_KEY_TEXT};
}

static inline void expand(const struct outputs *outputs, struct output_record *record, uint64_t seq, pbk_output *output) {
  const struct names *names = outputs->names;
  output->size = sizeof *output;
  output->type = record->type;
  output->seq = seq;
  output->at = record->at;
  output->due = PBK_NO_TIME;
  if (record->type == PBK_OUTPUT_MESSAGE) {
    message_told(outputs, (struct message_record *)record, output);
    return;
  }
  if (record->type == PBK_OUTPUT_STEP) {
    const struct step_record *told = (const struct step_record *)record;
    output->enrollment = told->enrollment;
    output->step = told->step;
    output->outcome = word_told(record);
    return;
  }
  const char *at;
  switch (record->type) {
    case PBK_OUTPUT_ENROLLED: {
      const struct enrolled_record *enrolled = (const struct enrolled_record *)record;
      const struct told_enrollment *told = &enrolled->told;
      at = (const char *)(enrolled + 1);
      subject_told(record, &at, output);
      output->enrollment = told->enrollment;
      output->playbook = name_told(names, told->playbook);
      output->version = told->version;
      output->branch = marked_told(names, told->branch);
      output->sender = name_told(names, told->sender);
      output->sender_by = word_told(record);
      break;
    }
    case PBK_OUTPUT_NOT_ENROLLED: {
      const struct not_enrolled_record *told = (const struct not_enrolled_record *)record;
      at = (const char *)(told + 1);
      subject_told(record, &at, output);
      output->playbook = name_told(names, told->playbook);
      output->reason = next_text(&at, told->reason_size);
      break;
    }
    case PBK_OUTPUT_EXITED: {
      const struct exited_record *told = (const struct exited_record *)record;
      at = (const char *)(told + 1);
      subject_told(record, &at, output);
      output->enrollment = told->enrollment;
      output->playbook = name_told(names, told->playbook);
      output->reason = next_text(&at, told->reason_size);
      break;
    }
    default: {
      const struct membership_record *told = (const struct membership_record *)record;
      at = (const char *)(told + 1);
      subject_told(record, &at, output);
      output->audience = marked_told(names, told->audience);
    }
  }
}

void pbk_expand_told(const struct outputs *outputs, struct output_record *record, uint64_t seq, pbk_output *output) {
  expand(outputs, record, seq, output);
}

uint32_t pbk_expand_row(const struct outputs *outputs, struct output_block *block, uint64_t seq, char *to, size_t each,
                        uint32_t count) {
  enum { FEW = 4 }; /* cleared together, which takes little longer than one, and still near when they are filled */
  char *at = output_block_bytes(block) + block->taken, *end = output_block_bytes(block) + block->filled;
  uint32_t done = 0;
  for (; done < count && at < end; done++, to += each) {
    struct output_record *record = (struct output_record *)(void *)at;
    if (record->type == OUTPUT_WHOLE) break;
    if (done % FEW == 0) memset(to, 0, (count - done < FEW ? count - done : FEW) * each);
    at += record->size;
    expand(outputs, record, seq + done, (pbk_output *)(void *)to);
  }
  block->taken = (uint32_t)(at - output_block_bytes(block));
  return done;
}
