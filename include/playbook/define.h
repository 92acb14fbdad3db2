/* playbook/define.h - definitions: what an engine works with (SPEC L, Definitions). Defining a key again redefines it.
 *
 * Part of <playbook/playbook.h>. Everything is copied. Arrays of structs are walked by the `size` of their first element. Texts are
 * {NULL, 0} where not given. A refused definition leaves nothing behind: PBK_ERR_REFUSED, and pbk_engine_error gives code, JSON path and
 * column. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_DEFINE_H
#define PLAYBOOK_DEFINE_H

#include <playbook/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A yes or no that may be left open: the default is what SPEC L says. */
typedef int32_t pbk_choice;
enum { PBK_DEFAULT = 0, PBK_YES = 1, PBK_NO = -1 };

typedef int32_t pbk_subject_kind;
enum { PBK_SUBJECT_DEFAULT = 0, PBK_CONTACT = 1, PBK_ACCOUNT = 2 }; /* default: contact */

typedef int32_t pbk_definition_kind;
enum {
  PBK_DEFINE_SETTINGS = 1,
  PBK_DEFINE_CHANNEL = 2,
  PBK_DEFINE_TEMPLATE = 3,
  PBK_DEFINE_USER = 4,
  PBK_DEFINE_ROLE = 5,
  PBK_DEFINE_SENDER = 6,
  PBK_DEFINE_PERSONA = 7,
  PBK_DEFINE_SEGMENT = 8,
  PBK_DEFINE_PLAYBOOK = 9,
  PBK_DEFINE_SCHEMA = 10
};

/* Only what is given changes. */
typedef struct pbk_settings {
  uint32_t size;
  uint32_t retry_wait_count;
  const pbk_duration *retry_waits;      /* NULL: unchanged; count 0: a single attempt (SPEC O6) */
  const pbk_duration *approval_window;  /* NULL: unchanged; at first 10 minutes (SPEC O2) */
  const pbk_duration *dedupe_window;    /* NULL: unchanged; at first 24 hours (SPEC E8) */
  pbk_text default_sender;              /* SPEC S2 */
} pbk_settings;

typedef struct pbk_channel {
  uint32_t size;
  pbk_choice connected; /* default yes */
  pbk_text key;         /* "email", "slack", … */
} pbk_channel;

typedef struct pbk_template {
  uint32_t size;
  uint32_t reserved;
  pbk_text key;
  pbk_text channel; /* default "email" */
} pbk_template;

typedef struct pbk_user {
  uint32_t size;
  pbk_choice licensed; /* default yes */
  pbk_text key;
  pbk_text email;
} pbk_user;

typedef struct pbk_role {
  uint32_t size;
  uint32_t reserved;
  pbk_text key;
} pbk_role;

typedef struct pbk_sender {
  uint32_t size;
  uint32_t reserved;
  pbk_text key;
  pbk_text user; /* its owner, or none */
  pbk_text address;
} pbk_sender;

/* What a condition may cost (SPEC X5).
 *
 * When it is defined, a bound is worked out: each operator, call, literal and name counts 1, the body of a macro (all,
 * exists, …) as often as its list has items; a list whose length is not known then counts as 200 items. Above 10,000,000
 * the condition is refused: two macros over such lists within each other pass, three do not.
 *
 * When it is evaluated, it has fuel for 1,000,000 steps. A step is an operator, call, literal or name that is evaluated, an
 * item that is compared or copied, 64 bytes of a text that is compared (16 of one that is made), or 4 states of a pattern.
 * Running out aborts the condition as an error that nothing absorbs, neither || nor a macro: it does not match.
 * All fuel lasts 7 to 60 milliseconds on a busy 2.5 GHz Xeon (`bench-cel --fuel`, see bench/README.md), so that this is the longest
 * that one evaluation takes; an ordinary condition takes 10 to 100 nanoseconds. Working memory is 256 KiB, taken once for an
 * engine; needing more aborts likewise.
 *
 * Telling until when a condition holds has bounds of its own, past which the time told is early: then the condition is looked
 * at once for nothing, and nothing else is different. */

/* A persona or a segment (SPEC A1). */
typedef struct pbk_audience {
  uint32_t size;
  pbk_subject_kind of; /* segments only */
  pbk_text key;
  pbk_text when;       /* the condition; a persona without one is tagged by the host (SPEC A2) */
} pbk_audience;

/* What the traits of contacts, or of accounts, are, so that mistakes in conditions are found when they are defined: a trait
 * that is not in the schema is refused ("contact.traits has no field `plna`; did you mean `plan`?"), by name, has() or `in`,
 * and so is what cannot be done with its type ("no such overload: string > int"). Without a schema every trait may be there
 * and be anything.
 *
 * It counts for the conditions that are defined after it, in the same batch or later; those defined before stay as they are
 * when it is defined anew or undefined, which is never refused. Facts are not checked against it: a trait may be missing or
 * null, or of another type than is said here, and what a condition then gives is the same as without a schema (SPEC X4).
 *
 * A type is bool, int, double, number (int or double), string, list, map or any; or list(T), map(string, T) of such a type.
 * Numbers of JSON are int where they are written without fraction and exponent: say number where both may come. Times are
 * strings, for timestamp(). */
typedef struct pbk_trait {
  uint32_t size;
  uint32_t reserved;
  pbk_text name;
  pbk_text type; /* "string", "list(string)", … */
} pbk_trait;
typedef struct pbk_schema {
  uint32_t size;
  uint32_t trait_count;
  pbk_text key;            /* "contact" or "account": whose traits */
  const pbk_trait *traits; /* all of them, at most 10000; those of a schema before do not count any more */
  int32_t open;            /* 1: traits that are not here may be there too, and be anything */
  uint32_t reserved;
} pbk_schema;

typedef int32_t pbk_trigger_kind;
enum {
  PBK_TRIGGER_EVENT = 1,           /* name, where */
  PBK_TRIGGER_STAGE = 2,           /* name: the stage entered; from */
  PBK_TRIGGER_HEALTH_ROSE = 3,     /* stage */
  PBK_TRIGGER_HEALTH_FELL = 4,     /* stage */
  PBK_TRIGGER_SEGMENT_ENTERED = 5, /* name: the segment */
  PBK_TRIGGER_SEGMENT_LEFT = 6,
  PBK_TRIGGER_PERSONA_TAGGED = 7,  /* name: the persona */
  PBK_TRIGGER_PERSONA_UNTAGGED = 8,
  PBK_TRIGGER_MANUAL = 9
};
typedef struct pbk_trigger {
  uint32_t size;
  pbk_trigger_kind kind;
  pbk_text name;
  pbk_text where; /* a condition on the event */
  pbk_text from;  /* the stage before */
  pbk_text stage; /* the stage after the input, for health */
} pbk_trigger;

typedef int32_t pbk_sticky;
enum { PBK_STICKY_POOL = 0, PBK_STICKY_ANY = 1, PBK_STICKY_OFF = 2 }; /* SPEC S3 */
typedef struct pbk_pool {
  uint32_t size;
  pbk_sticky sticky;
  uint32_t sender_count;
  uint32_t reserved;
  const pbk_text *senders;
} pbk_pool;

typedef struct pbk_branch {
  uint32_t size;
  uint32_t reserved;
  pbk_text segment;
  const pbk_pool *senders;
} pbk_branch;

typedef int32_t pbk_person_kind;
enum { PBK_NOBODY = 0, PBK_PERSON_USER = 1, PBK_PERSON_ROLE = 2, PBK_PERSON_SENDER = 3, PBK_PERSON_PLACE = 4 };
/* Whom a task is for, or who is notified (SPEC C2): a user, the holder of a role at the subject's account, the owner of the
 * enrollment's sender; or a place such as "#cs" on a channel that is not e-mail. */
typedef struct pbk_person {
  uint32_t size;
  pbk_person_kind kind;
  pbk_text key;
} pbk_person;

typedef int32_t pbk_send_as_kind;
enum { PBK_SEND_AS_DEFAULT = 0, PBK_SEND_AS_USER = 1, PBK_SEND_AS_ROLE = 2, PBK_SEND_AS_POOL = 3 }; /* SPEC S1 */
typedef struct pbk_send_as {
  uint32_t size;
  pbk_send_as_kind kind;
  pbk_text key;
  int32_t fail_without; /* 1: "fallback": "fail" */
  uint32_t reserved;
} pbk_send_as;

typedef int32_t pbk_recipients_kind;
enum { PBK_TO_NONE = 0, PBK_TO_ALL = 1, PBK_TO_PERSONA = 2, PBK_TO_WHEN = 3 }; /* SPEC C3, account playbooks only */
typedef struct pbk_recipients {
  uint32_t size;
  pbk_recipients_kind kind;
  pbk_text text; /* a persona's key, or a condition over contacts */
} pbk_recipients;

typedef int32_t pbk_policy;
enum { PBK_POLICY_RETRY = 0, PBK_POLICY_HOLD = 1 }; /* SPEC O8 */

typedef int32_t pbk_action_kind;
enum { PBK_ACTION_TASK = 1, PBK_ACTION_EMAIL = 2, PBK_ACTION_ASSIGN = 3, PBK_ACTION_NOTIFY = 4 };
/* One action (SPEC C1); which members count depends on the kind. */
typedef struct pbk_action {
  uint32_t size;
  pbk_action_kind kind;
  pbk_text title;                 /* task */
  pbk_person person;              /* task: assignee; notify: to */
  const pbk_duration *due;        /* task: after the step; NULL: none */
  pbk_text template_key;          /* email, notify */
  pbk_choice approval;            /* email: default yes */
  pbk_policy policy;              /* email, notify */
  pbk_send_as send_as;            /* email */
  pbk_recipients to;              /* email */
  pbk_text channel;               /* notify: default "email" */
  pbk_text role;                  /* assign */
  pbk_text user;                  /* assign: this one, or … */
  const pbk_text *rotate;         /* … the next of these */
  uint32_t rotate_count;
  uint32_t reserved;
} pbk_action;

typedef struct pbk_step {
  uint32_t size;
  int32_t exit_on_skip;      /* 1: "on_skip": "exit" (SPEC P7) */
  pbk_duration delay;        /* 0 or more */
  pbk_text when;
  const pbk_action *actions; /* 1 to 100 */
  uint32_t action_count;
  uint32_t reserved;
} pbk_step;

typedef int32_t pbk_reentry;
enum { PBK_REENTRY_ALWAYS = 0, PBK_REENTRY_ONCE = 1, PBK_REENTRY_AFTER = 2 };

typedef struct pbk_playbook {
  uint32_t size;
  pbk_subject_kind subject;
  pbk_text key;
  int32_t active;             /* 1: active from the start; counts when the key is new */
  pbk_reentry reentry;        /* SPEC P4 */
  pbk_duration reentry_after; /* with PBK_REENTRY_AFTER */
  const pbk_trigger *triggers;
  uint32_t trigger_count;     /* 1 or more */
  int32_t exit_on_left;       /* SPEC P9 */
  pbk_text segment;           /* filters */
  pbk_text when;
  pbk_text exit_when;
  int32_t keep_tasks, keep_messages;
  const pbk_duration *approval_window; /* NULL: the engine's */
  const pbk_pool *senders;             /* a pool, or … */
  const pbk_branch *branches;          /* … branches, or neither */
  uint32_t branch_count;
  uint32_t step_count;
  const pbk_step *steps;               /* 1 or more */
} pbk_playbook;

/* One definition of any kind; `of` points to the struct of its kind. With `undefine` only its key counts. */
typedef struct pbk_definition {
  uint32_t size;
  pbk_definition_kind kind;
  int32_t undefine;
  uint32_t reserved;
  pbk_text key; /* undefine only */
  const void *of;
} pbk_definition;

/* All of them or none; each sees those before it (SPEC L, batch). PBK_MORE with PBK_DEFINE_IN_PARTS (engine.h). Errors carry the path /batch/i/… when there is more than one. */
PBK_API pbk_status pbk_define(pbk_engine *engine, const pbk_envelope *envelope, const pbk_definition *definitions, uint32_t count);

PBK_API pbk_status pbk_define_settings(pbk_engine *engine, const pbk_envelope *envelope, const pbk_settings *settings);
PBK_API pbk_status pbk_define_channel(pbk_engine *engine, const pbk_envelope *envelope, const pbk_channel *channel);
PBK_API pbk_status pbk_define_template(pbk_engine *engine, const pbk_envelope *envelope, const pbk_template *definition);
PBK_API pbk_status pbk_define_user(pbk_engine *engine, const pbk_envelope *envelope, const pbk_user *user);
PBK_API pbk_status pbk_define_role(pbk_engine *engine, const pbk_envelope *envelope, const pbk_role *role);
PBK_API pbk_status pbk_define_sender(pbk_engine *engine, const pbk_envelope *envelope, const pbk_sender *sender);
PBK_API pbk_status pbk_define_persona(pbk_engine *engine, const pbk_envelope *envelope, const pbk_audience *persona);
PBK_API pbk_status pbk_define_segment(pbk_engine *engine, const pbk_envelope *envelope, const pbk_audience *segment);
PBK_API pbk_status pbk_define_playbook(pbk_engine *engine, const pbk_envelope *envelope, const pbk_playbook *playbook);
PBK_API pbk_status pbk_define_schema(pbk_engine *engine, const pbk_envelope *envelope, const pbk_schema *schema);
/* Refused with PBK_CODE_IN_USE while something names it. */
PBK_API pbk_status pbk_undefine(pbk_engine *engine, const pbk_envelope *envelope, pbk_definition_kind kind, const char *key,
                                size_t key_size);

#ifdef __cplusplus
}
#endif
#endif
