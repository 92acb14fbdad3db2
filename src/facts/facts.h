/* facts/facts.h - what the engine knows: contacts, accounts, users, roles (SPEC E), and what an input changed of it. */
#ifndef PBK_FACTS_FACTS_H
#define PBK_FACTS_FACTS_H

#include "base/registry.h"
#include "base/shelf.h"
#include "base/telling.h"
#include "base/words.h"
#include "facts/contact_list.h"
#include "facts/dealings.h"
#include "facts/subject.h"

struct contact {
  struct subject subject;
  uint64_t dealings; /* with senders (dealings.h) */
};

/* Who holds a role at an account. */
struct holder {
  uint32_t role, user;
};

struct account {
  struct subject subject;
  struct contact_list *contacts;
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
  bool late; /* events: it happened before now */
};

/* A kind of event that conditions look at. */
struct wanted_event {
  int32_t subject_kind;
  uint32_t event;
};

struct facts {
  struct context *context;
  struct subjects subjects;
  struct shelf contacts, accounts; /* by index; deleted ones stay, emptied */
  struct words holders;  /* of the accounts: where their lists are (account.c) */
  struct map contact_keys, account_keys; /* of those not deleted */
  struct registry users, roles;
  uint64_t contact_count, account_count; /* not deleted */
  uint64_t contacted_order;
  struct dealings_since dealings_since;
  uint32_t largest_account; /* the most contacts any has had */
  ARRAY(struct change) changes; /* of the cause under way */
  ARRAY(struct wanted_event) wanted; /* that definitions which are being checked look at */
};

void pbk_facts_init(struct facts *facts, struct context *context);
void pbk_facts_release(struct facts *facts);

/* ---- subjects ---- */

enum { SUBJECT_ROW = SHELF_ROW(sizeof(struct contact)) };
_Static_assert(SHELF_ROW(sizeof(struct account)) == SHELF_ROW(sizeof(struct contact)), "rows of both are as large");

static inline struct contact *contact_at(const struct facts *facts, uint32_t index) {
  return shelf_row(&facts->contacts, index, SUBJECT_ROW);
}
static inline struct account *account_at(const struct facts *facts, uint32_t index) {
  return shelf_row(&facts->accounts, index, SUBJECT_ROW);
}
static inline struct subject *pbk_subject_at(const struct facts *facts, int32_t kind, uint32_t index) {
  return kind == PBK_CONTACT ? &contact_at(facts, index)->subject : &account_at(facts, index)->subject;
}
/* Indexes given out. */
static inline uint32_t pbk_subject_total(const struct facts *facts, int32_t kind) {
  return kind == PBK_CONTACT ? facts->contacts.count : facts->accounts.count;
}

/* MAP_NONE where there is none. */
uint32_t pbk_find_contact(const struct facts *facts, struct text key);
uint32_t pbk_find_account(const struct facts *facts, struct text key);
uint32_t pbk_find_subject(const struct facts *facts, int32_t kind, struct text key);
/* A new one, which cannot be found by its key yet. */
struct contact *pbk_new_contact(struct facts *facts, struct text key, pbk_time created_at);
struct account *pbk_new_account(struct facts *facts, struct text key, pbk_time created_at);
/* Found or created. */
struct contact *pbk_need_contact(struct facts *facts, struct text key);
struct account *pbk_need_account(struct facts *facts, struct text key);
struct subject *pbk_need_subject(struct facts *facts, int32_t kind, struct text key);

/* Whom an output is about. */
static inline struct told_subject told_subject(const struct facts *facts, int32_t kind, uint32_t index) {
  const struct subject *subject = pbk_subject_at(facts, kind, index);
  struct text key = subject_key(subject);
  return (struct told_subject){key.bytes, key.size, kind};
}
/* What is about to be needed is fetched ahead of time: first a subject itself, some time later what hangs on it. Two lines
 * of each: what is small mostly lies in these. */
static inline void prefetch_lines(const void *address) {
  uintptr_t at = (uintptr_t)address;
  if (!at) return;
  prefetch(address);
  prefetch((const void *)(at + SHELF_LINE - 1));
}
static inline void prefetch_values(const struct subject *subject) {
  prefetch_lines(subject->values);
}
static inline void prefetch_history(const struct subject *subject) {
  prefetch_lines(subject->history);
}
static inline void pbk_prefetch_contact(const struct facts *facts, uint32_t index) { prefetch(contact_at(facts, index)); }
static inline void pbk_prefetch_account(const struct facts *facts, uint32_t index) {
  prefetch(account_at(facts, index));
}
/* Events of most contacts do not touch their account's (sharing.c). */
static inline bool account_touched(const struct contact *contact) {
  return contact->subject.account != MAP_NONE && !contact->subject.shares;
}

/* What the rows over all subjects may take soon, where it is much, and what one input may take at most for the history of one. */
uint64_t pbk_facts_growth(const struct facts *facts, uint32_t subjects_soon);

/* Sets contact or account of an output. */
void pbk_output_subject(const struct facts *facts, pbk_output *output, int32_t kind, uint32_t index);

/* ---- what inputs do; each notes what it changed ---- */

void pbk_merge_traits(struct facts *facts, struct subject *subject, const pbk_value *traits);
void pbk_join_account(struct facts *facts, struct contact *contact, uint32_t account); /* MAP_NONE: leave */
void pbk_record_event(struct facts *facts, struct subject *subject, uint32_t event, pbk_time occurred_at);
/* Of a contact, which counts for an account too, or (MAP_NONE) for none. */
void pbk_record_contact_event(struct facts *facts, struct contact *contact, uint32_t account, uint32_t event, pbk_time occurred_at);
void pbk_rename_contact(struct facts *facts, struct contact *contact, struct text key);
void pbk_set_stage(struct facts *facts, struct subject *subject, uint32_t stage);
void pbk_set_health(struct facts *facts, struct subject *subject, const pbk_value *health);
/* Below, above or equal as numbers: -1, 0, 1; exact also between int and double. */
int pbk_compare_health(const pbk_value *a, const pbk_value *b);

/* ---- accounts ---- */

/* One who is not there: what pbk_join_account does to the account that it joins. */
void pbk_add_account_contact(struct facts *facts, struct account *account, uint32_t contact);

void pbk_set_holder(struct facts *facts, const struct account *account, uint32_t role, uint32_t user); /* MAP_NONE: nobody */
uint32_t pbk_holder_of(const struct facts *facts, uint32_t account, uint32_t role); /* a defined user, or MAP_NONE */
/* All of them, whatever is defined. */
uint32_t pbk_holder_count(const struct facts *facts, uint32_t account);
struct holder pbk_holder_at(const struct facts *facts, uint32_t account, uint32_t at);

void pbk_add_holder(struct facts *facts, uint32_t account, struct holder holder); /* of a role that nobody holds there */

/* Frees the lists of an account. */
void pbk_clear_account(struct facts *facts, struct account *account);

/* ---- contacts and senders ---- */

void pbk_pin_sender(struct facts *facts, struct contact *contact, uint32_t sender); /* MAP_NONE: nobody */
uint32_t pbk_listed_pinned(const struct contact *contact);
static inline uint32_t pinned_sender(const struct contact *contact) {
  uint64_t word = contact->dealings;
  if (word & DEALINGS_ONE) return word & DEALINGS_PINNED ? dealings_sender(word) : MAP_NONE;
  return word ? pbk_listed_pinned(contact) : MAP_NONE;
}
void pbk_record_contact(struct facts *facts, struct contact *contact, uint32_t sender, pbk_time occurred_at);
/* How many senders were in contact, and each in the order in which they first were. */
uint32_t pbk_listed_count(const struct contact *contact);
struct contacted pbk_listed_at(const struct contact *contact, uint32_t at);
static inline uint32_t contacted_count(const struct contact *contact) {
  uint64_t word = contact->dealings;
  return word & DEALINGS_ONE || !word ? word >> DEALINGS_TIME_AT != 0 : pbk_listed_count(contact);
}
static inline struct contacted contacted_at(const struct facts *facts, const struct contact *contact, uint32_t at) {
  uint64_t word = contact->dealings;
  if (!(word & DEALINGS_ONE)) return pbk_listed_at(contact, at);
  return (struct contacted){dealings_sender(word), dealings_time(facts->dealings_since, word), 0};
}
/* Of one that was not in contact yet. */
void pbk_add_contacted(struct facts *facts, struct contact *contact, struct contacted contacted);
/* So many are about to be added to none. */
void pbk_expect_contacted(struct facts *facts, struct contact *contact, uint32_t count);
void pbk_clear_dealings(struct facts *facts, struct contact *contact); /* but for who is pinned */
void pbk_free_dealings(struct facts *facts, struct contact *contact);

/* Empties a subject, forgets its key, parts it from its account or contacts. What refers to its index finds it deleted. */
void pbk_erase_subject(struct facts *facts, struct subject *subject);

/* What contacts share with their accounts. Before such a contact has another account, or an event counts elsewhere, the account is given
 * what is its own: what that takes, about. */
void pbk_part_histories(struct facts *facts, struct contact *contact);
uint64_t pbk_parting_growth(const struct facts *facts, uint32_t contact, uint32_t account);
void pbk_watch_account(struct facts *facts, struct account *account);

/* Whose times conditions may ask for: said when a condition is accepted; from the time at which it counts the times are kept as they are
 * read, and those so far are made so, for all subjects. */
void pbk_want_event(struct facts *facts, int32_t subject_kind, uint32_t event);
void pbk_forget_wanted(struct facts *facts);
/* Which kinds of subjects' histories must be made so, and how far that is. */
struct watching {
  unsigned char kinds; /* bits of watched_of */
  uint32_t subject;
};
struct watching pbk_watch_wanted(struct facts *facts);
/* Makes at most *budget histories so, and takes them off it. True when all are. */
bool pbk_watch_more(struct facts *facts, struct watching *watching, uint64_t *budget);
/* What that may take at most, about. */
uint64_t pbk_watching_growth(const struct facts *facts);

static inline void pbk_note_change(struct facts *facts, enum change_kind kind, const struct subject *subject, uint32_t number) {
  struct change change = {kind, subject->kind, subject->index, number, false};
  array_push(facts->context->memory, &facts->changes, change);
}
/* E7: an event that occurred before it was created makes a subject older. */
static inline void note_age(struct facts *facts, struct subject *subject, pbk_time occurred_at) {
  if (occurred_at >= subject->created_at) return;
  subject->created_at = occurred_at;
  pbk_note_change(facts, CHANGED_CREATED_AT, subject, 0);
}
/* An event that is not watched changes nothing that a condition could read. */
static inline void record_event(struct facts *facts, struct subject *subject, uint32_t event, pbk_time occurred_at) {
  if (pbk_subject_add_event(subject, &facts->subjects, event, occurred_at)) {
    struct change change = {CHANGED_EVENTS, subject->kind, subject->index, event, occurred_at < facts->context->now};
    array_push(facts->context->memory, &facts->changes, change);
  }
  note_age(facts, subject, occurred_at);
}

#endif
