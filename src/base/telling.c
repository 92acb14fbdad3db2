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

/* An output is half a kilobyte, nearly all of it empty. Every byte of it is written once, in order: members that are told,
 * and zeros between them. */
static inline void clear_bytes(char *at, size_t size) {
  enum { PIECE = 64 }; /* as much as compilers clear without calling anything; no loop, as the size is known to them */
  if (size > PIECE) memset(at, 0, PIECE), at += PIECE, size -= PIECE;
  if (size > PIECE) memset(at, 0, PIECE), at += PIECE, size -= PIECE;
  if (size > PIECE) memset(at, 0, PIECE), at += PIECE, size -= PIECE;
  memset(at, 0, size);
}
/* From one member to the one that is told next, or to the end. */
#define CLEAR(output, first, next) \
  clear_bytes((char *)(output) + offsetof(pbk_output, first), offsetof(pbk_output, next) - offsetof(pbk_output, first))
#define CLEAR_REST(output, first) \
  clear_bytes((char *)(output) + offsetof(pbk_output, first), sizeof *(output)-offsetof(pbk_output, first))

/* Where the texts of numbers are. */
struct sources {
  const struct name *names;
  const struct letter *letters;
};
static inline struct sources sources_of(const struct outputs *outputs) {
  return (struct sources){outputs->names->texts, outputs->letters.items.items};
}

static inline pbk_text name_told(struct sources sources, uint32_t name) {
  if (name == MAP_NONE) return (pbk_text){NULL, 0};
  return (pbk_text){sources.names[name].bytes, sources.names[name].size};
}
/* Without the mark in front. */
static inline pbk_text marked_told(struct sources sources, uint32_t name) {
  if (name == MAP_NONE) return (pbk_text){NULL, 0};
  return (pbk_text){sources.names[name].bytes + 1, sources.names[name].size - 1};
}

static inline void head_told(const struct output_record *record, pbk_output_type type, uint64_t seq, pbk_output *output) {
  output->size = sizeof *output;
  output->type = type;
  output->seq = seq;
  output->at = record->at;
}
static inline void subject_told(const struct output_record *record, const char *key, pbk_output *output) {
  if (record->flags & ABOUT_ACCOUNT) {
    CLEAR(output, contact, account);
    output->account.bytes = key;
    output->account.size = record->subject_size;
  } else {
    output->contact.bytes = key;
    output->contact.size = record->subject_size;
    CLEAR(output, account, playbook);
  }
}

static inline void membership_told(struct sources sources, const struct membership_record *record, uint64_t seq,
                                   pbk_output *output) {
  head_told(&record->head, record->head.type, seq, output);
  subject_told(&record->head, (const char *)(record + 1), output);
  CLEAR(output, playbook, audience);
  output->audience = marked_told(sources, record->audience);
  CLEAR(output, message_id, due);
  output->due = PBK_NO_TIME;
  CLEAR_REST(output, channel);
}

static inline void enrolled_told(struct sources sources, const struct enrolled_record *record, uint64_t seq,
                                 pbk_output *output) {
  const struct told_enrollment *told = &record->told;
  head_told(&record->head, PBK_OUTPUT_ENROLLED, seq, output);
  subject_told(&record->head, (const char *)(record + 1), output);
  output->playbook = name_told(sources, told->playbook);
  CLEAR(output, kind, enrollment);
  output->enrollment = told->enrollment;
  CLEAR(output, message, version);
  output->version = told->version;
  CLEAR(output, has_members, branch);
  output->branch = marked_told(sources, told->branch);
  output->sender = name_told(sources, told->sender);
  output->sender_by = pbk_words[record->head.word];
  CLEAR(output, outcome, due);
  output->due = PBK_NO_TIME;
  CLEAR_REST(output, channel);
}

static inline void step_told(const struct step_record *record, uint64_t seq, pbk_output *output) {
  head_told(&record->head, PBK_OUTPUT_STEP, seq, output);
  CLEAR(output, contact, enrollment);
  output->enrollment = record->enrollment;
  CLEAR(output, message, step);
  output->step = record->step;
  CLEAR(output, attempt, outcome);
  output->outcome = pbk_words[record->head.word];
  CLEAR(output, state, due);
  output->due = PBK_NO_TIME;
  CLEAR_REST(output, channel);
}

/* Of one that does not begin, and of one that ends, which has a number. */
static inline void ended_told(struct sources sources, const struct output_record *head, pbk_output_type type,
                              uint64_t enrollment, uint32_t playbook, const char *texts, uint32_t reason_size, uint64_t seq,
                              pbk_output *output) {
  head_told(head, type, seq, output);
  subject_told(head, texts, output);
  output->playbook = name_told(sources, playbook);
  CLEAR(output, kind, enrollment);
  output->enrollment = enrollment;
  CLEAR(output, message, reason);
  output->reason = (pbk_text){texts + head->subject_size, reason_size};
  CLEAR(output, title, due);
  output->due = PBK_NO_TIME;
  CLEAR_REST(output, channel);
}

/* Of a message, but for its subject, its reason and whom it goes to. */
static inline void message_told(struct sources sources, const struct message_record *record, uint64_t seq,
                                pbk_output *output) {
  const struct told_message *told = &record->told;
  const struct letter *letter = &sources.letters[told->letter];
  head_told(&record->head, PBK_OUTPUT_MESSAGE, seq, output);
  output->playbook = letter->playbook;
  CLEAR(output, kind, key);
  output->key.bytes = told->key;
  output->key.size = MESSAGE_KEY_TEXT;
  CLEAR(output, audience, enrollment);
  output->enrollment = told->enrollment;
  output->message = told->message;
  CLEAR(output, task, attempt);
  output->attempt = told->attempt;
  CLEAR(output, branch, sender);
  output->sender = name_told(sources, told->sender);
  CLEAR(output, sender_by, state);
  output->state = pbk_words[record->head.word];
  CLEAR(output, title, due);
  output->due = PBK_NO_TIME;
  output->channel = letter->channel;
  output->template_key = letter->template;
  CLEAR_REST(output, role);
}

/* Of one to its subject, without a reason. */
static inline void plain_message_told(struct sources sources, const struct message_record *record, uint64_t seq,
                                      pbk_output *output) {
  const char *subject = (const char *)(record + 1);
  size_t size = record->head.subject_size;
  message_told(sources, record, seq, output);
  output->contact.bytes = subject;
  output->contact.size = size;
  CLEAR(output, account, playbook);
  CLEAR(output, reason, title);
  output->to.bytes = subject;
  output->to.size = size;
}

static inline void other_message_told(struct sources sources, const struct message_record *record, uint64_t seq,
                                      pbk_output *output) {
  uint32_t flags = record->head.flags;
  const char *at = texts_of(record);
  struct message_sizes sizes = sizes_of(record);
  message_told(sources, record, seq, output);
  subject_told(&record->head, at, output);
  if (flags & TO_SUBJECT)
    output->to = flags & ABOUT_ACCOUNT ? output->account : output->contact;
  else if (flags & TO_KEY)
    output->to = (pbk_text){at + record->head.subject_size, sizes.to};
  else
    output->to = name_told(sources, record->told.to);
  output->reason = (pbk_text){NULL, 0};
  if (flags & HAS_REASON) output->reason = (pbk_text){at + record->head.subject_size + sizes.to, sizes.reason};
}

static SELDOM void expand(struct sources sources, const struct output_record *record, uint64_t seq, pbk_output *output) {
  switch (record->type) {
    case PBK_OUTPUT_MESSAGE: other_message_told(sources, (const struct message_record *)record, seq, output); break;
    case PBK_OUTPUT_STEP: step_told((const struct step_record *)record, seq, output); break;
    case PBK_OUTPUT_ENROLLED: enrolled_told(sources, (const struct enrolled_record *)record, seq, output); break;
    case PBK_OUTPUT_NOT_ENROLLED: {
      const struct not_enrolled_record *told = (const struct not_enrolled_record *)record;
      ended_told(sources, record, PBK_OUTPUT_NOT_ENROLLED, 0, told->playbook, (const char *)(told + 1), told->reason_size,
                 seq, output);
      break;
    }
    case PBK_OUTPUT_EXITED: {
      const struct exited_record *told = (const struct exited_record *)record;
      ended_told(sources, record, PBK_OUTPUT_EXITED, told->enrollment, told->playbook, (const char *)(told + 1),
                 told->reason_size, seq, output);
      break;
    }
    default: membership_told(sources, (const struct membership_record *)record, seq, output);
  }
}

void pbk_expand_told(const struct outputs *outputs, const struct output_record *record, uint64_t seq, pbk_output *output) {
  expand(sources_of(outputs), record, seq, output);
}

uint32_t pbk_expand_row(const struct outputs *outputs, struct output_block *block, uint64_t seq, char *to, size_t each,
                        uint32_t count) {
  struct sources sources = sources_of(outputs);
  const char *at = output_block_bytes(block) + block->taken;
  const char *end = output_block_bytes(block) + output_block_filled(outputs, block);
  char *next = to;
  uint32_t left = count;
  for (; left > 0 && at < end; left--, next += each) {
    const struct output_record *record = (const struct output_record *)(const void *)at;
    pbk_output *output = (pbk_output *)(void *)next;
    if (record->type == PBK_OUTPUT_MESSAGE && record->flags == TO_SUBJECT)
      plain_message_told(sources, (const struct message_record *)record, seq++, output);
    else if (record->type != OUTPUT_WHOLE)
      expand(sources, record, seq++, output);
    else
      break;
    at += record->size;
  }
  block->taken = (uint32_t)(at - output_block_bytes(block));
  if (each > sizeof(pbk_output))
    for (; to < next; to += each) memset(to + sizeof(pbk_output), 0, each - sizeof(pbk_output));
  return count - left;
}
