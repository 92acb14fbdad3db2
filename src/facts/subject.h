/* facts/subject.h - what contacts and accounts have in common: key, traits, stage, health, history of events (SPEC E2..E7). */
#ifndef PBK_FACTS_SUBJECT_H
#define PBK_FACTS_SUBJECT_H

#include "base/context.h"
#include "base/value.h"

/* When one kind of event happened to one subject: ascending, equal times allowed. */
struct series {
  uint32_t event;
  ARRAY(pbk_time) times;
};

struct subject {
  int32_t kind; /* PBK_CONTACT, PBK_ACCOUNT */
  uint32_t index;
  bool deleted;
  uint32_t key_size;
  char *key;
  pbk_time created_at;
  uint32_t stage;   /* name, or MAP_NONE */
  pbk_value health; /* PBK_NULL: unset */
  ARRAY(struct named_value) traits; /* ordered by the text of the name; what lies below a value is a block of its own */
  ARRAY(struct series) series; /* ordered by event */
};

static inline struct text subject_key(const struct subject *subject) {
  return (struct text){subject->key, subject->key_size};
}

void pbk_subject_init(struct subject *subject, struct memory *memory, int32_t kind, uint32_t index, struct text key,
                      pbk_time created_at);
/* Frees what it holds, but for the key. */
void pbk_subject_clear(struct subject *subject, struct memory *memory);
void pbk_subject_rename(struct subject *subject, struct memory *memory, struct text key);

const pbk_value *pbk_subject_trait(const struct subject *subject, uint32_t name); /* NULL: absent */
/* True when it differs from before. */
bool pbk_subject_set_trait(struct subject *subject, struct context *context, uint32_t name, const pbk_value *value);

const struct series *pbk_subject_series(const struct subject *subject, uint32_t event); /* NULL: none */
void pbk_subject_add_event(struct subject *subject, struct context *context, uint32_t event, pbk_time occurred_at);

#endif
