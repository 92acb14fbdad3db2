/* facts/facts.h - what the engine knows: contacts, accounts, users, roles (SPEC E), and what an input changed of it. */
#ifndef PBK_FACTS_FACTS_H
#define PBK_FACTS_FACTS_H

#include "base/registry.h"
#include "base/telling.h"
#include "facts/subject.h"

/* When a sender was last in contact with a contact (SPEC S8): of equal times the one recorded later counts. */
struct contacted {
  uint32_t sender;
  pbk_time occurred_at;
  uint64_t order;
};

struct contact {
  struct subject subject;
  uint32_t account; /* index, or MAP_NONE */
  uint32_t pinned;  /* sender, or MAP_NONE */
  bool suppressed;
  ARRAY(struct contacted) contacted;
};

/* Who holds a role at an account. */
struct holder {
  uint32_t role, user;
};

struct account {
  struct subject subject;
  ARRAY(struct holder) holders;
  ARRAY(uint32_t) contacts; /* indexes, ascending: creation order */
};

struct user {
  bool licensed;
  struct text email; /* owned */
};

struct role {
  char unused; /* a role is its key */
};

/* What a cause changed of one subject, for those whose conditions read it. */
enum change_kind {
  CHANGED_CREATED,    /* the subject is new: everything */
  CHANGED_ID,         /* its key */
  CHANGED_CREATED_AT,
  CHANGED_STAGE,
  CHANGED_HEALTH,
  CHANGED_TRAIT,      /* number: name */
  CHANGED_EVENTS,     /* number: event */
  CHANGED_ACCOUNT,    /* a contact has another account, or none: everything it reads of it */
  CHANGED_DELETED
};
struct change {
  enum change_kind kind;
  int32_t subject_kind;
  uint32_t subject, number;
};

struct facts {
  struct context *context;
  ARRAY(struct contact *) contacts; /* by index; deleted ones stay, emptied */
  ARRAY(struct account *) accounts;
  struct map contact_keys, account_keys; /* of those not deleted */
  struct registry users, roles;
  uint64_t contact_count, account_count; /* not deleted */
  uint64_t contacted_order;
  uint32_t largest_account; /* the most contacts any has had */
  ARRAY(struct change) changes; /* of the cause under way */
};

void pbk_facts_init(struct facts *facts, struct context *context);
void pbk_facts_release(struct facts *facts);

/* ---- subjects ---- */

static inline struct contact *contact_at(const struct facts *facts, uint32_t index) { return facts->contacts.items[index]; }
static inline struct account *account_at(const struct facts *facts, uint32_t index) { return facts->accounts.items[index]; }
struct subject *pbk_subject_at(const struct facts *facts, int32_t kind, uint32_t index);
uint32_t pbk_subject_total(const struct facts *facts, int32_t kind); /* indexes given out */

/* MAP_NONE where there is none. */
uint32_t pbk_find_contact(const struct facts *facts, struct text key);
uint32_t pbk_find_account(const struct facts *facts, struct text key);
uint32_t pbk_find_subject(const struct facts *facts, int32_t kind, struct text key);
/* Found or created. */
struct contact *pbk_need_contact(struct facts *facts, struct text key);
struct account *pbk_need_account(struct facts *facts, struct text key);
struct subject *pbk_need_subject(struct facts *facts, int32_t kind, struct text key);

/* Whom an output is about. */
static inline struct told_subject told_subject(const struct facts *facts, int32_t kind, uint32_t index) {
  const struct subject *subject =
      kind == PBK_CONTACT ? &contact_at(facts, index)->subject : &account_at(facts, index)->subject;
  return (struct told_subject){subject->key, subject->key_size, kind};
}
/* Sets contact or account of an output. */
void pbk_output_subject(const struct facts *facts, pbk_output *output, int32_t kind, uint32_t index);

/* ---- what inputs do; each notes what it changed ---- */

void pbk_merge_traits(struct facts *facts, struct subject *subject, const pbk_value *traits);
void pbk_join_account(struct facts *facts, struct contact *contact, uint32_t account); /* MAP_NONE: leave */
void pbk_record_event(struct facts *facts, struct subject *subject, uint32_t event, pbk_time occurred_at);
void pbk_rename_contact(struct facts *facts, struct contact *contact, struct text key);
void pbk_set_stage(struct facts *facts, struct subject *subject, uint32_t stage);
void pbk_set_health(struct facts *facts, struct subject *subject, const pbk_value *health);
/* Below, above or equal as numbers: -1, 0, 1; exact also between int and double. */
int pbk_compare_health(const pbk_value *a, const pbk_value *b);

void pbk_set_holder(struct facts *facts, struct account *account, uint32_t role, uint32_t user); /* MAP_NONE: nobody */
uint32_t pbk_holder_of(const struct facts *facts, uint32_t account, uint32_t role);              /* a defined user, or MAP_NONE */
void pbk_record_contact(struct facts *facts, struct contact *contact, uint32_t sender, pbk_time occurred_at);
/* A sender is not defined any more: nothing refers to it. */
void pbk_forget_sender(struct facts *facts, uint32_t sender);
void pbk_forget_role_or_user(struct facts *facts, uint32_t role, uint32_t user);

/* Empties a subject, forgets its key, parts it from its account or contacts. What refers to its index finds it deleted. */
void pbk_erase_subject(struct facts *facts, struct subject *subject);

void pbk_note_change(struct facts *facts, enum change_kind kind, const struct subject *subject, uint32_t number);

#endif
