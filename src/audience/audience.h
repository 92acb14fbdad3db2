/* audience/audience.h - personas and segments: who is in, and when that can next change (SPEC A). */
#ifndef PBK_AUDIENCE_AUDIENCE_H
#define PBK_AUDIENCE_AUDIENCE_H

#include "audience/readers.h"
#include "base/problem.h"
#include "base/words.h"
#include "cel/cel.h"
#include "facts/facts.h"

/* A definition. */
struct audience {
  int32_t kind; /* PBK_DEFINE_PERSONA, PBK_DEFINE_SEGMENT */
  int32_t of;   /* PBK_CONTACT, PBK_ACCOUNT */
  struct cel_program *program; /* NULL: tagged by the host (A2) */
  struct text source;          /* owned */
};

/* What a condition is that says nothing but quiet() of the subject's own events: who is not in it comes in at a time that is known, and
 * until then there is nothing that an event could change but that time, which is looked at when the wake-up comes out. */
struct quiet {
  int64_t window; /* 0: it is another condition */
  uint32_t event;
};

/* Who is in, by subject index; stays over redefinitions. */
struct membership {
  uint64_t count;
  ARRAY(uint64_t) bits;
  struct words armed;    /* the wake-up set for each subject (armed_at); of a quiet one nothing */
  bool asks_creation;    /* its condition hangs on when a subject was created */
  bool of_account;       /* it is one on contacts that reads something of their account */
  bool of_account_alone; /* and nothing of them: it is the same for all contacts of that */
  struct cel_program *gate; /* of one that reads more, the parts that do not, where they must hold; NULL: none */
  bool rest_hangs_on_time;  /* the other parts, then */
  struct words alike;       /* of both, by account: alike.c */
  bool needs_something;  /* of a subject of which nothing is known it is false, until something is */
  struct quiet quiet;
  struct words signs; /* of a quiet one, eight to a word: a sign of the wake-up set for who is not in, 0: none (quiet.c) */
};

/* One membership that changed in the cause under way, in order (T7). */
struct flip {
  uint32_t audience, subject;
  bool entered;
  bool quiet; /* of a deleted subject: no triggers (E9) */
};

/* Where what a condition reads of one subject is read into: it lasts until the next evaluation. */
struct shown_values {
  ARRAY(pbk_value) traits; /* a room for each */
  pbk_value health, stage;
};
enum { FIELDS_SHOWN = 10 }; /* the slots of both subjects */

struct audiences {
  struct context *context;
  struct facts *facts;
  struct cel_machine *machine;
  struct cel_world world; /* for one evaluation after the other: world.c */
  struct shown_values shown[CEL_MOST_SHOWN];
  const pbk_value *fields[FIELDS_SHOWN]; /* by slot; NULL: not shown */
  struct registry registry;             /* personas and segments in one order; keys are marked with their kind */
  struct registry schemas; /* of traits (schema.h): what was defined before and is only compiled again goes without */
  ARRAY(struct membership) memberships; /* by place */
  struct readers readers;
  bool account_events_read; /* by any condition: else the events of accounts concern none */
  bool memberships_read;    /* by any condition of an audience: else nobody follows */
  /* Places, ascending, of those with a condition: */
  ARRAY(uint32_t) of_new;      /* that may hold of a subject of which nothing is known, or want to be woken for it */
  ARRAY(uint32_t) of_creation; /* that hang on when a subject was created */
  ARRAY(uint32_t) of_account;  /* on contacts, that read something of their account */
  /* What must be looked at in the cause under way: audience << 32 | subject, ascending from `pending_next` on as long as
   * they come in that order (of one audience, all contacts of an account do), else a heap. */
  number_list pending;
  uint32_t pending_next;
  bool pending_heap;
  ARRAY(struct flip) flips; /* by audience, then by subject */
  bool restoring;          /* conditions are compiled that were accepted once */
  struct cel_zones zones;  /* what conditions may name; the bytes are owned */
  struct flip tag; /* what the host asks for in the cause under way; audience MAP_NONE: nothing */
};

void pbk_audiences_init(struct audiences *audiences, struct context *context, struct facts *facts);
void pbk_audiences_release(struct audiences *audiences);

/* ---- definitions ---- */

uint32_t pbk_find_audience(const struct audiences *audiences, pbk_definition_kind kind, struct text key);
uint32_t pbk_find_audience_latest(const struct audiences *audiences, pbk_definition_kind kind, struct text key);
struct text pbk_audience_key(const struct audiences *audiences, uint32_t place);
static inline const struct audience *audience_at(const struct audiences *audiences, uint32_t place) {
  return registry_current(&audiences->registry, place);
}

/* Checks a definition and proposes it (base/registry.h): its place, or MAP_NONE with *problem set. */
uint32_t pbk_propose_audience(struct audiences *audiences, pbk_definition_kind kind, const pbk_audience *definition,
                              struct audience **proposed, struct problem *problem);
/* Makes it count; who is in is to be settled after it. */
void pbk_install_audience(struct audiences *audiences, uint32_t place, struct audience *audience);
/* Where settling stands: with audience MAP_NONE and subject 0 it begins. */
struct settling {
  uint32_t audience, subject;
};
/* Members join and leave silently, and those of personas that name it (A3): at most *budget memberships are looked at and taken off it.
 * True when all is done; else another call goes on. */
bool pbk_settle_audience(struct audiences *audiences, uint32_t defined, struct settling *settling, uint64_t *budget);
void pbk_install_audience_removal(struct audiences *audiences, uint32_t place);
/* Compiles the source of a definition that was accepted once, whatever has gone since: false where it cannot be. */
bool pbk_restore_audience(struct audiences *audiences, uint32_t place, struct audience *audience);
void pbk_release_audience(struct audiences *audiences, struct audience *audience);
/* Whether the latest definition of some persona names it. */
bool pbk_audience_named(const struct audiences *audiences, uint32_t place);
/* Whether a program asks for membership of an audience. */
bool pbk_program_names(const struct cel_program *program, uint32_t place);

/* ---- members ---- */

static inline bool pbk_is_in(const struct audiences *audiences, uint32_t place, uint32_t subject) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t word = subject / 64;
  return word < membership->bits.count && (membership->bits.items[word] >> (subject % 64) & 1);
}
void pbk_set_member(struct audiences *audiences, uint32_t place, uint32_t subject, bool member);
/* The same where it is known to be a change. */
static inline void change_member(struct audiences *audiences, uint32_t place, uint32_t subject, bool member) {
  struct membership *membership = &audiences->memberships.items[place];
  if (subject / 64 >= membership->bits.count) {
    pbk_set_member(audiences, place, subject, member);
    return;
  }
  membership->bits.items[subject / 64] ^= (uint64_t)1 << (subject % 64);
  membership->count += member ? 1 : UINT64_MAX;
}
/* By the host (A2): takes its turn in the next pass, as every membership does. */
void pbk_tag_contact(struct audiences *audiences, uint32_t place, uint32_t contact, bool tagged);

/* The wake-up that is set for a subject; INT64_MAX: none. That is what a word says which is zero. */
static inline pbk_time armed_of_word(uint64_t word) {
  return (pbk_time)(word ^ INT64_MAX);
}
static inline pbk_time armed_at(const struct membership *membership, uint32_t subject) {
  return armed_of_word(word_at(&membership->armed, subject));
}
static inline void set_armed(uint64_t *word, pbk_time time) {
  *word = (uint64_t)time ^ INT64_MAX;
}

/* Where the sign of a subject is; NULL: it is 0. */
static inline unsigned char *sign_at(const struct membership *membership, uint32_t subject) {
  uint64_t *word = words_at(&membership->signs, subject / sizeof *word);
  return word ? (unsigned char *)word + subject % sizeof *word : NULL;
}

/* What is about to be needed of a membership is fetched ahead of time: of one, and of all that read an event. */
static inline void pbk_prefetch_membership(const struct audiences *audiences, uint32_t place, uint32_t subject) {
  const struct membership *membership = &audiences->memberships.items[place];
  const void *armed = words_at(&membership->armed, subject), *sign = sign_at(membership, subject);
  if (armed) prefetch(armed);
  if (sign) prefetch(sign);
  if (subject / 64 < membership->bits.count) prefetch(&membership->bits.items[subject / 64]);
}
void pbk_prefetch_event_readers(const struct audiences *audiences, uint32_t event, uint32_t contact);

/* ---- the memberships of a cause (pass.c) ---- */

/* What a condition may read of a change: how many reads, or CHANGE_READS_ALL: any of the subject. */
enum { CHANGE_READS_MOST = 2 };
#define CHANGE_READS_ALL UINT32_MAX
uint32_t pbk_reads_of_change(struct change change, struct cel_read reads[CHANGE_READS_MOST]);

/* Marks what the changes of facts make necessary to look at. */
void pbk_mark_changes_there_are(struct audiences *audiences);
static inline void pbk_mark_changes(struct audiences *audiences) {
  if (audiences->facts->changes.count && audiences->registry.entries.count) pbk_mark_changes_there_are(audiences);
}
/* Other time zone data (checked already; copied): marks all that reads zones. */
void pbk_set_zones(struct audiences *audiences, struct text bytes);
/* The same data as a snapshot kept it, nothing marked: false where it is not what it should be. */
bool pbk_restore_zones(struct audiences *audiences, struct text bytes);
void pbk_mark_membership(struct audiences *audiences, uint32_t place, uint32_t subject);
/* Marks those who read the membership of an audience for a subject. */
void pbk_mark_followers(struct audiences *audiences, uint32_t place, uint32_t subject);
/* Looks at all that is marked, in order; flips are noted in audiences->flips and told. */
void pbk_look_at_marked(struct audiences *audiences);
static inline void pbk_run_pass(struct audiences *audiences) {
  if (audiences->pending.count) pbk_look_at_marked(audiences);
}
/* What the cause under way made of a membership; NULL: it did not change. */
const struct flip *pbk_flip_of(const struct audiences *audiences, uint32_t place, uint32_t subject);
/* A wake-up came out of the calendar: true when it still stands; then the membership is marked, or, where it is known, has
 * changed. */
bool pbk_membership_due(struct audiences *audiences, uint32_t place, uint32_t subject, pbk_time time);
/* Looks at one membership silently. True when it changed. */
bool pbk_settle_membership(struct audiences *audiences, uint32_t place, uint32_t subject);
/* Notes what the current definition of an audience reads. */
void pbk_index_reads(struct audiences *audiences, uint32_t place);

/* ---- what is the same for all contacts of an account (alike.c) ---- */

/* Whether a condition on contacts reads something of their account, and something else but the time. */
bool pbk_reads_account(const struct audiences *audiences, const struct cel_program *program, bool *others);
/* Makes the gate of the current definition, where it has one. */
void pbk_note_gate(struct audiences *audiences, uint32_t place);
/* Something that a condition on contacts reads of an account has changed: whether it can be told without them that nothing
 * changes for them, or they are marked already. Else they must be marked, all of them. */
bool pbk_alike_stays(struct audiences *audiences, uint32_t place, uint32_t account);
/* Whether looks at an account's contacts must be told: what it says for the account, or its gate does, and until when at
 * most somebody relies on that. */
static inline bool alike_known(const struct membership *membership, uint32_t account) {
  return word_at(&membership->alike, account) != 0;
}
void pbk_alike_looked(struct audiences *audiences, uint32_t place, uint32_t account, bool matches, pbk_time by);
void pbk_forget_alike(struct audiences *audiences, uint32_t place);

/* ---- what is only quiet (quiet.c) ---- */

static inline bool audience_is_quiet(const struct membership *membership) { return membership->quiet.window > 0; }
/* What the current definition of an audience is, and no wake-ups of a kind that it has no use for. */
void pbk_note_quiet(struct audiences *audiences, uint32_t place);
/* Sets the wake-up of who is not in. */
void pbk_wake_quiet(struct audiences *audiences, uint32_t place, const struct subject *subject);
/* Whether it is quiet now; if not, a wake-up is set. */
bool pbk_look_quiet(struct audiences *audiences, uint32_t place, const struct subject *subject);
/* A wake-up came out: true when it stands and quiet has come; else the next is set, if it stood. */
bool pbk_quiet_due(struct audiences *audiences, uint32_t place, const struct subject *subject, pbk_time time);

#endif
