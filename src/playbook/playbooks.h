/* playbook/playbooks.h - playbooks: versions of definitions, enrollments, and what a cause does with them (SPEC P).
 *
 * The floor's one header: the structures, and what its files offer each other and the engine. */
#ifndef PBK_PLAYBOOK_PLAYBOOK_H
#define PBK_PLAYBOOK_PLAYBOOK_H

#include "audience/world.h"
#include "base/words.h"
#include "outbox/outbox.h"
#include "playbook/passage.h"
#include "sender/pool.h"

/* ---- a version of a definition (definition.c); never changes ---- */

struct trigger {
  pbk_trigger_kind kind;
  uint32_t name;  /* event or stage: name; segment or persona: place */
  uint32_t from, stage; /* names, or MAP_NONE */
  struct cel_program *where;
};

struct person {
  pbk_person_kind kind;
  uint32_t who; /* user or role: place; a place on a channel: name */
};

struct action {
  bool own_mail; /* an e-mail to the subject, a contact, from the sender of its pool */
  bool approval;
  uint32_t letter; /* of its messages, in the outputs' letters, and 1; 0: not asked for yet */
  pbk_action_kind kind;
  struct text title; /* owned */
  struct person person;
  pbk_duration due; /* -1: none */
  uint32_t channel, template; /* names */
  pbk_policy policy;
  pbk_send_as_kind send_as;
  uint32_t send_as_who; /* user or role: place */
  bool fail_without;
  pbk_recipients_kind to;
  uint32_t to_persona;
  struct cel_program *to_when;
  uint32_t role, user;  /* assign: places; user MAP_NONE: rotate */
  ARRAY(uint32_t) rotate;
  uint32_t rotation;    /* the playbook's rotation, set when installed */
};

struct step {
  pbk_duration delay;
  struct cel_program *when;
  uint32_t member; /* where that is only whether the subject is in an audience: which; else MAP_NONE */
  bool member_not; /* it must not be */
  bool exit_on_skip;
  struct action *actions;
  uint32_t action_count;
};

struct branch {
  uint32_t segment; /* place; MAP_NONE: the one pool of a playbook without branches */
  pbk_sticky sticky;
  ARRAY(uint32_t) senders; /* as listed */
};

struct version {
  uint32_t references; /* being current, and running enrollments */
  uint32_t watchers;   /* running enrollments, where there is an exit to watch for */
  uint32_t watched_at; /* its place among those with watchers */
  uint64_t stirred;    /* the last stir that may have made its exit true (run.c) */
  uint32_t place, number;
  int32_t subject_kind;
  struct trigger *triggers;
  uint32_t trigger_count;
  uint32_t segment; /* MAP_NONE: none */
  struct cel_program *when, *exit_when;
  bool exit_on_left, exit_reads_step, keep_tasks, keep_messages;
  bool starts_active;
  pbk_reentry reentry;
  pbk_duration reentry_after;
  pbk_duration window; /* -1: the engine's */
  struct branch *branches; /* none: no senders */
  uint32_t branch_count;
  struct step *steps;
  uint32_t step_count;
  struct text source; /* the definition as playbook_code.h writes it, owned: what snapshots keep */
};

/* ---- what runs ---- */

struct enrollment {
  uint64_t id;
  struct version *version;
  uint32_t playbook; /* place */
  uint32_t subject;  /* of the kind of the version's */
  uint32_t audience; /* whose entering or tagging triggered it (P9), or MAP_NONE */
  uint32_t branch;   /* segment of the branch, or MAP_NONE */
  uint32_t sender;   /* place, or MAP_NONE */
  uint32_t next_step;
  bool waiting;      /* its step fell due while the playbook was paused */
  pbk_time started_at, step_at;
  pbk_time due;        /* of the next step */
  pbk_time exit_armed; /* the wake-up set for exit.when; INT64_MAX: none */
};

enum playbook_status { PLAYBOOK_NEVER, PLAYBOOK_ACTIVE, PLAYBOOK_PAUSED, PLAYBOOK_ARCHIVED };

/* The next user of an assign action (C1): belongs to the action and its list, over versions. */
struct rotation {
  uint32_t step, action;
  uint32_t next;
  ARRAY(uint32_t) users;
};

struct branch_pool {
  uint32_t segment; /* as in struct branch */
  struct pool pool;
};

/* What lasts over versions, by place in the registry (whose objects are versions). */
struct playbook {
  enum playbook_status status;
  pbk_time activated_at;
  uint32_t versions; /* defined so far */
  uint64_t running;
  roll enrollments; /* those that run */
  ARRAY(struct branch_pool) pools;
  ARRAY(struct rotation) rotations;
  ARRAY(uint64_t) waiting; /* enrollments whose step waits for the resume */
};

/* From what happens to the playbooks that may be triggered by it. */
enum route_kind { ROUTE_EVENT, ROUTE_STAGE, ROUTE_HEALTH, ROUTE_AUDIENCE, ROUTE_KINDS };
struct route {
  enum route_kind kind;
  uint32_t name; /* event, stage: name; audience: place; health: 0 */
  uint32_t playbook;
};

/* The versions whose exits read one thing of the world: ordered by what they read. That somebody leaves the audience by
 * which they entered is one, too. */
struct exit_read {
  struct cel_read read;
  struct version *version;
};
static inline struct cel_read leaving_of(uint32_t audience) {
  return (struct cel_read){CEL_READS_MEMBER, UINT8_MAX, audience};
}

/* Who was judged in the cause under way (P5): a set, whose entries of other causes are free. */
struct judged {
  uint64_t cause; /* 0: free */
  uint32_t playbook, subject;
};

struct playbooks {
  struct context *context;
  struct facts *facts;
  struct audiences *audiences;
  struct senders *senders;
  struct outbox *outbox;
  struct registry registry;
  ARRAY(struct playbook) states;          /* by place */
  ARRAY(struct route) routes;             /* ordered */
  ARRAY(uint32_t) first_routes[ROUTE_KINDS]; /* by name: the place of its first route, and 1; 0: none */
  struct table enrollments;               /* those that run, by id */
  sender_counts served;                   /* how many of them by each sender */
  struct words of_contacts, of_accounts;  /* by subject index: its passages (passage.h) */
  ARRAY(struct version *) watched; /* versions with watchers */
  ARRAY(struct exit_read) exit_reads;
  ARRAY(struct version *) stirred; /* those whose exits the change that is looked at may have made true */
  uint64_t armed; /* running enrollments with a wake-up for their exit */
  uint64_t stir;  /* number of the change that is looked at */
  const void *zones_seen; /* the time zone data that exits were last looked at with */
  ARRAY(struct version *) old;     /* versions that are not current any more, but that running enrollments entered with */
  uint64_t cause;    /* number of the cause under way */
  struct judged *judged;
  uint32_t judged_capacity, judged_count; /* the count is of judged_cause */
  uint64_t judged_cause;
  struct judged judged_first; /* of a cause, mostly the only one: not in the set */
};

void pbk_playbooks_init(struct playbooks *playbooks, struct context *context, struct facts *facts, struct audiences *audiences,
                        struct senders *senders, struct outbox *outbox);
void pbk_playbooks_release(struct playbooks *playbooks);

static inline struct version *version_at(const struct playbooks *playbooks, uint32_t place) {
  return registry_current(&playbooks->registry, place);
}
static inline struct enrollment *enrollment_at(const struct playbooks *playbooks, uint64_t id) {
  return table_at(&playbooks->enrollments, id, sizeof(struct enrollment));
}
static inline uint32_t playbook_name(const struct playbooks *playbooks, uint32_t place) {
  return registry_name(&playbooks->registry, place);
}

/* ---- definition.c ---- */

/* Checks a definition and proposes it: its place, or MAP_NONE with *problem set. */
uint32_t pbk_propose_playbook(struct playbooks *playbooks, const pbk_playbook *definition, struct version **proposed,
                              struct problem *problem);
/* A version from the bytes of its definition, which was accepted once: what has changed since around it does not refuse it. NULL where
 * it cannot be. It is not in any registry. */
struct version *pbk_restore_version(struct playbooks *playbooks, struct text source, struct arena *arena);
void pbk_release_version(struct playbooks *playbooks, struct version *version);
/* Gives back one reference. */
void pbk_leave_version(struct playbooks *playbooks, struct version *version);
/* A key as SPEC E1 has it; the member's name goes into the path. */
bool pbk_check_key(struct problem *problem, struct text member, pbk_text key);

/* What a latest definition or the version of a running enrollment names (undefine). */
enum named_kind { NAMED_USER, NAMED_ROLE, NAMED_SENDER, NAMED_AUDIENCE, NAMED_TEMPLATE };
bool pbk_playbooks_name(const struct playbooks *playbooks, enum named_kind kind, uint32_t place, uint32_t name);

/* ---- status.c: versions counting, activating, pausing, archiving; pools ---- */

void pbk_install_playbook(struct playbooks *playbooks, uint32_t place, struct version *version);
/* The rotations of a version's assign actions: those of the same action and list, or new ones. */
void pbk_set_rotations(struct playbooks *playbooks, uint32_t place, struct version *version);
void pbk_install_playbook_removal(struct playbooks *playbooks, uint32_t place);
void pbk_activate_playbook(struct playbooks *playbooks, uint32_t place);
void pbk_pause_playbook(struct playbooks *playbooks, uint32_t place);
void pbk_resume_playbook(struct playbooks *playbooks, uint32_t place);
void pbk_archive_playbook(struct playbooks *playbooks, uint32_t place, bool cancel);
/* The first running enrollment of a playbook above an id; 0: none. */
uint64_t pbk_next_of_playbook(const struct playbooks *playbooks, uint32_t place, uint64_t after);
struct pool *pbk_pool_of(const struct playbooks *playbooks, uint32_t place, uint32_t segment); /* NULL: none */
/* Whether a running enrollment is served by a sender: in one playbook (and branch), or MAP_NONE: any. */
bool pbk_sender_serves(struct playbooks *playbooks, uint32_t sender, uint32_t place, uint32_t segment, bool any_branch);
void pbk_exit_served(struct playbooks *playbooks, uint32_t sender, uint32_t place, uint32_t segment, bool any_branch);

/* ---- passage.c: what subjects are in and have been through ---- */

static inline const struct words *passages_of_kind(const struct playbooks *playbooks, int32_t kind) {
  return kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts;
}
static inline struct passages passages_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  return passages_at(words_at(passages_of_kind(playbooks, kind), subject));
}
struct passage pbk_passage_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook);
/* Says of one playbook what is so from now on, in place of what was. */
void pbk_set_passage(struct playbooks *playbooks, int32_t kind, uint32_t subject, struct passage passage);
/* Room for so many, of a subject that has none: to be written with write_passage, each. */
struct passages pbk_make_passages(struct memory *memory, uint64_t *word, uint32_t count, bool wide);
/* The enrollment that runs; NULL: none. */
struct enrollment *pbk_running_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook);
/* Forgets what a subject has been through: its key may be used anew, without history. */
void pbk_forget_passages(struct playbooks *playbooks, int32_t kind, uint32_t subject);
void pbk_passages_release(struct playbooks *playbooks);
/* Whether the cause under way judges this for the first time (P5). */
bool pbk_judge_once(struct playbooks *playbooks, uint32_t playbook, uint32_t subject);
static inline bool judge_once(struct playbooks *playbooks, uint32_t playbook, uint32_t subject) {
  struct judged *first = &playbooks->judged_first;
  if (first->cause == playbooks->cause) {
    bool again = first->playbook == playbook && first->subject == subject;
    return !again && pbk_judge_once(playbooks, playbook, subject);
  }
  *first = (struct judged){playbooks->cause, playbook, subject};
  return true;
}
/* For those who know whom something happens to next; and later, when that is there. */
static inline void prefetch_passages(const struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  const uint64_t *word = words_at(passages_of_kind(playbooks, kind), subject);
  if (word) prefetch(word);
}
static inline void prefetch_passages_rest(const struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  uint64_t word = word_at(passages_of_kind(playbooks, kind), subject);
  if (word && !(word & PASSAGES_ONE)) prefetch(passages_block(word));
}
/* For those who know what is due next: the enrollment, and later, when that is there, its subject. */
void pbk_prefetch_enrollment(const struct playbooks *playbooks, uint64_t id);
void pbk_prefetch_enrolled(const struct playbooks *playbooks, uint64_t id);

/* ---- enroll.c: P4 to P6, and explain ---- */

/* A trigger was met (audience: of a membership trigger that began; else MAP_NONE). */
void pbk_judge(struct playbooks *playbooks, uint32_t playbook, int32_t kind, uint32_t subject, uint32_t audience, bool by_hand);
/* What an output tells of a running enrollment, but for how its sender was chosen. */
pbk_output pbk_enrollment_output(const struct playbooks *playbooks, const struct enrollment *enrollment);
enum { CHECK_COUNT = 10 };
/* Fills all checks of P4; true when it would enroll. Values and errors go into the arena. */
bool pbk_explain_checks(struct playbooks *playbooks, uint32_t playbook, int32_t kind, uint32_t subject, struct arena *arena,
                        pbk_check checks[CHECK_COUNT]);

/* ---- trigger.c ---- */

void pbk_index_routes(struct playbooks *playbooks, uint32_t place);
/* Notes what the exit of a version reads, from when it is current until it is left. */
void pbk_index_exit_reads(struct playbooks *playbooks, struct version *version);
void pbk_forget_exit_reads(struct playbooks *playbooks, const struct version *version);
/* The first reader at or behind a read. */
uint32_t pbk_exit_read_place(const struct playbooks *playbooks, struct cel_read read);
int pbk_compare_reads(struct cel_read a, struct cel_read b);
/* What an input directly did, for triggers. */
struct happening {
  const struct event_view *event;
  uint32_t contact, account; /* subjects of the event, or MAP_NONE */
  int32_t subject_kind;      /* of stage and health */
  uint32_t subject;
  uint32_t stage_before, stage_after; /* names; equal: no change */
  int health_moved;          /* -1 fell, 1 rose, 0 neither */
};
/* The place of the first route, or behind the last. */
static inline uint32_t first_route(const struct playbooks *playbooks, enum route_kind kind, uint32_t name) {
  uint32_t first = name < playbooks->first_routes[kind].count ? playbooks->first_routes[kind].items[name] : 0;
  return first ? first - 1 : UINT32_MAX;
}
void pbk_follow_happening(struct playbooks *playbooks, const struct happening *happening);
void pbk_follow_flip(struct playbooks *playbooks, struct flip flip);

/* One input is an event, or a stage and a health. */
static inline void run_direct_triggers(struct playbooks *playbooks, const struct happening *happening) {
  bool heard;
  if (happening->event) heard = first_route(playbooks, ROUTE_EVENT, happening->event->name) != UINT32_MAX;
  else heard = happening->stage_after != happening->stage_before || happening->health_moved;
  if (heard) pbk_follow_happening(playbooks, happening);
}
/* All flips of the cause, in order. */
static inline void run_membership_triggers(struct playbooks *playbooks) {
  for (uint32_t i = 0; i < playbooks->audiences->flips.count; i++) {
    const struct flip *flip = &playbooks->audiences->flips.items[i];
    if (first_route(playbooks, ROUTE_AUDIENCE, flip->audience) != UINT32_MAX && !flip->quiet) pbk_follow_flip(playbooks, *flip);
  }
}

/* ---- run.c: steps and exits ---- */

/* An enrollment begins to be watched, where its version has an exit to watch for. */
void pbk_begin_watch(struct playbooks *playbooks, struct version *version);
void pbk_start_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, const struct cel_outcome *exit_outcome);
void pbk_exit_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, struct text reason);
/* T7: exits of those whose subject was touched, by enrollment id. */
void pbk_run_touched_exits(struct playbooks *playbooks);
static inline void run_exits(struct playbooks *playbooks) {
  if (playbooks->watched.count > 0) pbk_run_touched_exits(playbooks);
}
/* All running enrollments, after an audience was defined (A3) or other time zone data came. */
void pbk_review_exits(struct playbooks *playbooks);
/* E9: those of a deleted subject. */
void pbk_exit_deleted(struct playbooks *playbooks, int32_t kind, uint32_t subject);
/* Wake-ups out of the calendar: do what is due, if it still stands. True when it did. */
bool pbk_exit_due(struct playbooks *playbooks, uint64_t id, pbk_time time);
bool pbk_step_due(struct playbooks *playbooks, uint64_t id, pbk_time time);

/* ---- action.c ---- */

void pbk_run_any_action(struct playbooks *playbooks, struct enrollment *enrollment, uint32_t step, uint32_t number);
/* The letter of an action's messages, and 1. */
uint32_t pbk_make_letter(const struct playbooks *playbooks, const struct enrollment *enrollment, struct action *action);
static inline uint32_t letter_for(const struct playbooks *playbooks, const struct enrollment *enrollment,
                                  struct action *action) {
  return (action->letter ? action->letter : pbk_make_letter(playbooks, enrollment, action)) - 1;
}
/* Whether an audience holds a subject; of a contact, one of accounts asks its account (P1). */
bool pbk_account_is_in(const struct playbooks *playbooks, uint32_t audience, int32_t kind, uint32_t subject);
static inline bool audience_holds(const struct playbooks *playbooks, uint32_t place, int32_t kind, uint32_t subject) {
  const struct audience *audience = audience_at(playbooks->audiences, place);
  if (audience && audience->of == kind) return pbk_is_in(playbooks->audiences, place, subject);
  return audience && pbk_account_is_in(playbooks, place, kind, subject);
}

#endif
