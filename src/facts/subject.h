/* facts/subject.h - what contacts and accounts have in common: key, traits, stage, health, history of events (SPEC E2..E7).
 */
#ifndef PBK_FACTS_SUBJECT_H
#define PBK_FACTS_SUBJECT_H

#include "base/packed.h"
#include "facts/history.h"
#include "facts/shape.h"

enum { SUBJECT_KEY_HERE = 12 };

/* What nearly every input needs comes in one line of the cache, which what only contacts or only accounts have fills up: so
 * what is small of a contact stands here. */
struct subject {
  struct packed *values; /* of its traits, in the order of the shape's names; then its health, where it has one */
  struct history *history;
  pbk_time created_at;
  uint32_t index;
  uint32_t stage;             /* name, or MAP_NONE */
  uint32_t shape;             /* number, or 0: no traits */
  uint32_t account;           /* of a contact: index, or MAP_NONE */
  char key[SUBJECT_KEY_HERE]; /* or, of a longer one, where it is */
  uint8_t key_size;
  uint8_t kind; /* PBK_CONTACT, PBK_ACCOUNT */
  bool deleted : 1;
  bool has_health : 1;
  bool suppressed : 1; /* of a contact */
  bool shares : 1;     /* of a contact: its whole history with its account (sharing.c) */
};

/* What all subjects of an engine share. */
struct subjects {
  struct context *context;
  struct shapes shapes;
  ARRAY(unsigned char) watched; /* by event: bits of watched_of; what is not there is only logged */
  uint64_t log_bytes;           /* in all histories, not less */
  uint64_t series_times;        /* in all histories */
  uint32_t largest_history;     /* the largest block that any has had */
};
void pbk_subjects_init(struct subjects *subjects, struct context *context);
void pbk_subjects_release(struct subjects *subjects);

/* An event may be watched of contacts and only logged of accounts. Anew: it was not watched of accounts so far, and their histories are
 * about to follow. */
enum { WATCHED_ANEW = 4 };
static inline unsigned char watched_of(int32_t kind) {
  return kind == PBK_CONTACT ? 1 : 2;
}
static inline bool event_watched(const struct subjects *subjects, int32_t kind, uint32_t event) {
  return event < subjects->watched.count && (subjects->watched.items[event] & watched_of(kind));
}
/* From now on, which the histories there are do not follow by themselves. False: it is already. */
bool pbk_watch_event(struct subjects *subjects, int32_t kind, uint32_t event);

static inline struct text subject_key(const struct subject *subject) {
  const char *bytes = subject->key;
  if (subject->key_size > SUBJECT_KEY_HERE) memcpy(&bytes, subject->key, sizeof bytes);
  return (struct text){bytes, subject->key_size};
}

void pbk_subject_init(struct subject *subject, struct subjects *subjects, int32_t kind, uint32_t index, struct text key,
                      pbk_time created_at);
/* Frees what it holds, but for the key. */
void pbk_subject_clear(struct subject *subject, struct subjects *subjects);
void pbk_subject_free_key(struct subject *subject, struct memory *memory);
void pbk_subject_rename(struct subject *subject, struct memory *memory, struct text key);

/* Traits, ordered by the text of their names. They are read into the caller's room (packed.h). */
static inline struct shape *subject_shape(const struct subject *subject, const struct subjects *subjects) {
  return shape_at(&subjects->shapes, subject->shape);
}
static inline uint32_t trait_count(const struct subject *subject, const struct subjects *subjects) {
  return shape_count(subject_shape(subject, subjects));
}
/* NULL: absent. */
static inline const pbk_value *pbk_subject_trait(const struct subject *subject, const struct subjects *subjects,
                                                 uint32_t name, pbk_value *room) {
  uint32_t place = shape_place(subject_shape(subject, subjects), name);
  return place == MAP_NONE ? NULL : packed_value(&subject->values[place], room);
}
/* True when it differs from before. */
bool pbk_subject_set_trait(struct subject *subject, struct subjects *subjects, uint32_t name, const pbk_value *value);

/* NULL: unset. */
static inline const pbk_value *subject_health(const struct subject *subject, const struct subjects *subjects,
                                              pbk_value *room) {
  return subject->has_health ? packed_value(&subject->values[trait_count(subject, subjects)], room) : NULL;
}
void pbk_subject_set_health(struct subject *subject, struct subjects *subjects, const pbk_value *health);

/* The times of an event that is watched: of others none are shown. */
static inline struct series pbk_subject_series(const struct subject *subject, uint32_t event) {
  return pbk_history_series(subject->history, event);
}
/* Makes series of what is logged and is watched now, and of more of that. */
void pbk_watch_history(struct subjects *subjects, struct subject *subject, const struct logged *more, uint32_t more_count);
/* What was watched anew is now as the rest. */
void pbk_watched_anew_done(struct subjects *subjects);
/* True where it is watched. */
bool pbk_subject_add_event(struct subject *subject, struct subjects *subjects, uint32_t event, pbk_time occurred_at);

#endif
