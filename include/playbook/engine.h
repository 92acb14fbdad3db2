/* playbook/engine.h - the engine: making one, moving its time, letting effects out, taking outputs.
 *
 * Part of <playbook/playbook.h>. Structs that the caller fills start with `size` = sizeof the struct; all other members may be
 * left zero unless said otherwise. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_ENGINE_H
#define PLAYBOOK_ENGINE_H

#include <playbook/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pbk_engine pbk_engine;

/* ---- what the host lends ----
 *
 * Contexts are handed back as they are and never looked into. A callback may call the getters of query.h on the engine that calls
 * it; every call that changes state is answered PBK_ERR_REENTRANT. Callbacks run in the thread of the call that caused them. */

/* The library takes memory in large blocks and keeps some in reserve: what an input may need is put by before it begins, so that running
 * out of memory never leaves it half done. Where the reserve turns out too small (an input that makes many thousand contacts enroll at once,
 * while there is no more memory to be had), the engine answers PBK_ERR_NO_MEMORY to everything from then on; what was committed is
 * safe, and opening it again goes on from there.
 *
 * Like realloc, with the old size: `pointer` NULL allocates, `new_size` 0 frees (and returns NULL). Blocks are aligned for any
 * object of C. NULL for new_size > 0 means no memory. */
typedef void *(*pbk_allocate_function)(void *context, void *pointer, size_t old_size, size_t new_size);

/* Where an engine is kept: four objects, each a row of bytes that grows at its end. <playbook/storage.h> says what is in them. All
 * callbacks return 0, or anything else for failure, after which the engine refuses everything until it is opened again; a failed `sync`
 * is never tried again. Bytes are borrowed until the callback returns. */
typedef int32_t pbk_object;
enum {
  PBK_OBJECT_JOURNAL_0 = 0, /* of even generations */
  PBK_OBJECT_JOURNAL_1 = 1, /* of odd ones */
  PBK_OBJECT_SNAPSHOT_0 = 2,
  PBK_OBJECT_SNAPSHOT_1 = 3,
  PBK_OBJECTS = 4
};
typedef struct pbk_storage {
  uint32_t size;
  uint32_t reserved;
  void *context;
  /* Adds bytes at the end of an object; one that was never written is empty. */
  int32_t (*append)(void *context, pbk_object object, const void *bytes, size_t size);
  /* Returns when all that was done to the object is durable. */
  int32_t (*sync)(void *context, pbk_object object);
  /* How many bytes it holds. */
  int32_t (*extent)(void *context, pbk_object object, uint64_t *bytes);
  /* Reads `size` bytes from `offset`, all of them within its extent. */
  int32_t (*read)(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size);
  /* Forgets everything from `extent` on, which is at most what it holds; durable after the next sync of the object. */
  int32_t (*truncate)(void *context, pbk_object object, uint64_t extent);
} pbk_storage;

/* One attempt to deliver one message (SPEC O6). Texts are borrowed until the callback returns. */
typedef struct pbk_offer {
  uint32_t size;
  uint32_t attempt;     /* from 1 */
  uint64_t message;     /* number of the message, as in outputs */
  uint64_t enrollment;
  pbk_text key;         /* idempotency key, the same in every attempt (SPEC O7) */
  pbk_text playbook;
  pbk_text contact;     /* the enrollment's subject: one of contact, account is given */
  pbk_text account;
  pbk_text channel;
  pbk_text template_key;
  pbk_text to;          /* key of a contact or of a user, or the name of a place on the channel */
  int32_t to_kind;      /* PBK_TO_CONTACT, PBK_TO_USER, PBK_TO_PLACE */
  uint32_t reserved;
  pbk_text to_address;  /* a user's e-mail address, where `to` is a user */
  pbk_text sender;      /* key of the sender profile; empty for notifications */
  pbk_text sender_address;
  pbk_text note;        /* what the host left with pbk_edit */
} pbk_offer;

enum { PBK_TO_CONTACT = 1, PBK_TO_USER = 2, PBK_TO_PLACE = 3 };

/* How it went. An outcome that is none of these counts as failed with the reason `unknown_answer`. The engine fills `outcome` = PBK_DELIVERY_SENT, `wait` = PBK_WAIT_DEFAULT beforehand. */
enum {
  PBK_DELIVERY_SENT = 1,     /* done */
  PBK_DELIVERY_ACCEPTED = 2, /* under way: the host tells the outcome later with pbk_report */
  PBK_DELIVERY_RETRY = 3,    /* not now: again after `wait`, or after the time that retry_waits gives */
  PBK_DELIVERY_FAILED = 4    /* never: `reason` says why */
};
#define PBK_WAIT_DEFAULT ((pbk_duration)-1)
typedef struct pbk_answer {
  uint32_t size;
  int32_t outcome;
  pbk_duration wait; /* PBK_DELIVERY_RETRY: 0 or more, or PBK_WAIT_DEFAULT */
  pbk_text reason;   /* PBK_DELIVERY_FAILED: UTF-8, at most 255 bytes of it are used; must live until the callback's next call or
                        its engine's end */
} pbk_answer;
typedef void (*pbk_deliver_function)(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer);

enum {
  /* Offer each message as soon as the cause that made it ready is done, within the call that caused it: exact to the microsecond, answer
   * by answer, for backtests and tests. Without this flag messages are offered by pbk_commit, many causes at once. */
  PBK_DELIVER_AT_ONCE = 1,
  /* Defining a persona or segment looks at every subject that there is. With this flag pbk_define and its like (not lines) do that in parts: they answer PBK_MORE
   * when the definitions are accepted but not all subjects are looked at, and calls of pbk_advance with a work budget go on, each
   * membership counting as one of it, until it answers PBK_OK; any other call that changes state or commits first brings them to their end.
   * Outputs are the same; until the end members of what is being defined are not all known. */
  PBK_DEFINE_IN_PARTS = 2
};

typedef struct pbk_config {
  uint32_t size;
  uint32_t flags;
  pbk_text engine_id;              /* part of every idempotency key (SPEC O7); copied; at most 255 bytes */
  pbk_allocate_function allocate;  /* NULL: the C library's */
  void *allocate_context;
  uint64_t memory_budget;          /* bytes taken from the allocator at any time, some 500 KB at least; 0: no limit */
  const pbk_storage *storage;      /* the struct is copied; NULL: nothing is kept */
  pbk_deliver_function deliver;    /* NULL: messages wait in `sending` until pbk_report */
  void *deliver_context;
} pbk_config;

/* A new, empty engine: `now` is 0, nothing is defined. With storage it is pbk_engine_open (<playbook/storage.h>) without options: what
 * the storage holds is opened. PBK_ERR_ARGUMENT, PBK_ERR_NO_MEMORY, and what pbk_engine_open answers. */
PBK_API pbk_status pbk_engine_create(const pbk_config *config, pbk_engine **engine);
/* Gives all memory back. NULL is fine. Not from within a callback. */
PBK_API void pbk_engine_destroy(pbk_engine *engine);

/* ---- time ---- */

PBK_API pbk_time pbk_now(const pbk_engine *engine);
/* The next time at which anything can be due (SPEC T9), PBK_NO_TIME if nothing is: until then the host may sleep. */
PBK_API pbk_time pbk_next_due(pbk_engine *engine);
/* Does everything due at or before `to`, each thing at its own time, and then sets `now` to it (SPEC T3); a time before `now` counts
 * as `now`. At most `budget` due things are done, 0 for no limit: PBK_MORE when some are left, or when very many turned out not to
 * stand any more (SPEC T8); then call again. */
PBK_API pbk_status pbk_advance(pbk_engine *engine, pbk_time to, uint64_t budget);

/* Named time zones for conditions: now.getHours("Europe/Berlin"). The library knows none of itself, as it reads no files; the host
 * hands them over, at the start and again when there is newer data, and they are an input like any other, kept in the journal. What is
 * there already is looked at again at once. Until then, and for names that are not among them, a condition that names a zone is refused
 * when it is defined (a name that is not a literal, or is gone in newer data, is an error of the evaluation). The bytes are copied, at most
 * 16 MiB; size 0: none any more. PBK_ERR_REFUSED where they are not what follows.
 *
 * All numbers are little-endian; u and i are unsigned and signed, with their bits; offsets into the data count from its start.
 *
 *   4 bytes "PBKZ" | u32 version, 1 | u32 names (at most 4096) | then for each name, ordered by its bytes, without repetition:
 *     u32 where its text is | u32 its size, 1 to 255 bytes of UTF-8 | u32 where its zone is (several names may share one)
 *   A zone:
 *     i32 seconds ahead of UTC before the first transition | u32 transitions (at most 4096)
 *     what holds after the last transition, or always where there is none:
 *     u32 1 with daylight time, else 0 | i32 seconds ahead of UTC in standard time | i32 the same in daylight time
 *     when daylight time begins, and when it ends, each (zero without daylight time):
 *       u8 0: a weekday of a month; 1: a day of the year from 1, leap days not counted; 2: a day of the year from 0, counted
 *       | u8 month, 1 to 12 | u8 week, 1 to 5 for the last | u8 weekday, 0 for Sunday | u16 day of the year | u16 zero
 *       | i32 seconds after that day's midnight, on the clock in force before, at most 168 hours either way
 *     u32 zero
 *     i64 for each transition, rising: seconds since 1970 | i32 for each: seconds ahead of UTC from there on, at most 26 hours
 */
PBK_API pbk_status pbk_set_time_zones(pbk_engine *engine, const void *bytes, size_t size);

/* What may come with every input. NULL for any call that takes one: no time, no id. */
typedef struct pbk_envelope {
  uint32_t size;
  uint32_t reserved;
  pbk_time received_at;  /* when the input was received (SPEC T4); PBK_NO_TIME: at `now` */
  pbk_time occurred_at;  /* when it happened (SPEC T5); PBK_NO_TIME: when received */
  pbk_text message_id;   /* for deduplication (SPEC E8); {NULL, 0}: none; at most 255 bytes */
} pbk_envelope;

/* Makes the commands so far durable (one append, one sync; none where there is nothing new), then lets their effects out: offers the
 * messages that are ready, makes the answers durable in the same way, and makes outputs drainable (SPEC O8).
 *
 * What was drained before a commit counts as taken by the host, so it should have been put away safely by then; what was drained since
 * the last commit is given again, with the same `seq`, when the engine is opened after a crash. */
PBK_API pbk_status pbk_commit(pbk_engine *engine);

/* ---- outputs (SPEC L) ---- */

typedef int32_t pbk_output_type;
enum {
  PBK_OUTPUT_DEFINED = 1,
  PBK_OUTPUT_DUPLICATE = 2,
  PBK_OUTPUT_ERROR = 3,
  PBK_OUTPUT_TAGGED = 4,
  PBK_OUTPUT_UNTAGGED = 5,
  PBK_OUTPUT_ENTERED = 6,
  PBK_OUTPUT_LEFT = 7,
  PBK_OUTPUT_ENROLLED = 8,
  PBK_OUTPUT_NOT_ENROLLED = 9,
  PBK_OUTPUT_STEP = 10,
  PBK_OUTPUT_TASK = 11,
  PBK_OUTPUT_MESSAGE = 12,
  PBK_OUTPUT_ASSIGNED = 13,
  PBK_OUTPUT_EXITED = 14,
  PBK_OUTPUT_EXPLANATION = 15
};

typedef struct pbk_check {
  pbk_text name;    /* "inactive", "paused", … (SPEC P4) */
  int32_t result;   /* 1: does not stop it */
  int32_t has_value;
  pbk_value value;  /* what the condition gave */
  pbk_text error;   /* why it gave none */
} pbk_check;

/* One output. Which members are set depends on `type`, as SPEC L lists them; all others are zero. */
typedef struct pbk_output {
  uint32_t size;
  pbk_output_type type;
  uint64_t seq;              /* from 1, without holes */
  pbk_time at;
  pbk_text contact, account; /* the subject: at most one of them is given */
  pbk_text playbook;
  pbk_text kind;             /* defined: "persona", … */
  pbk_text key;              /* defined: the key; message: the idempotency key */
  pbk_text audience;         /* tagged, untagged, entered, left: the persona or segment */
  pbk_text message_id;       /* duplicate */
  uint64_t enrollment;
  uint64_t message;
  uint64_t task;
  uint64_t line;             /* error: number of the input line */
  uint32_t version;          /* defined, enrolled: of the playbook */
  int32_t has_members;       /* defined: of a persona or segment */
  uint64_t members;
  uint32_t step;             /* step: from 1 */
  uint32_t attempt;          /* message: from 1; 0: none yet */
  pbk_text branch, sender, sender_by;
  pbk_text outcome;          /* step: run, skipped */
  pbk_text state;            /* task, message */
  pbk_text reason;           /* not_enrolled, exited, message */
  pbk_text title, assignee;  /* task */
  pbk_time due;              /* task: PBK_NO_TIME: none */
  pbk_text channel, template_key, to;
  pbk_text role, user;       /* assigned */
  pbk_code code;             /* error */
  uint32_t column;           /* error: from 1; 0: none */
  pbk_text text;             /* error: the message */
  pbk_text path;             /* error: JSON path */
  int32_t enrolls;           /* explanation */
  uint32_t check_count;
  const pbk_check *checks;
} pbk_output;

/* Takes outputs that are drainable, oldest first, at most `capacity` of them, into `outputs` (each of `output_size` = sizeof(pbk_output)
 * bytes). Their texts are borrowed until the next call of pbk_drain, pbk_drain_json or any call that changes state. With some twenty at a
 * time, which are 10 KB, what is written is still in the processor's nearest cache when the host reads it. */
PBK_API pbk_status pbk_drain(pbk_engine *engine, pbk_output *outputs, size_t output_size, uint32_t capacity, uint32_t *count);

/* ---- errors ---- */

/* Why the last call on this engine was refused. Texts are borrowed until the next call that changes state. */
typedef struct pbk_error {
  uint32_t size;
  pbk_status status;
  pbk_code code;
  uint32_t line, column; /* within a condition: from 1; 0: none */
  uint32_t offset;       /* bytes into the condition or the line */
  pbk_text message;
  pbk_text path;         /* JSON path in a definition or batch: "/steps/0/when" */
} pbk_error;
PBK_API pbk_status pbk_engine_error(const pbk_engine *engine, pbk_error *error);

#ifdef __cplusplus
}
#endif
#endif
