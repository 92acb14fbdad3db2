/* outbox/outbox.h - messages and tasks on their way: approval, attempts, outcomes (SPEC O). */
#ifndef PBK_OUTBOX_OUTBOX_H
#define PBK_OUTBOX_OUTBOX_H

#include "base/clock.h"
#include "base/roll.h"
#include "base/sparse.h"
#include "outbox/message_key.h"
#include "sender/sender.h"

struct channel {
  bool connected;
};
struct template {
  uint32_t channel; /* name */
};

enum message_state { MESSAGE_PENDING, MESSAGE_APPROVED, MESSAGE_SENDING, MESSAGE_SENT, MESSAGE_FAILED, MESSAGE_CANCELLED };

struct message {
  struct told_message
    told;           /* its id, enrollment, letter, attempts, key; `to` too: of PBK_TO_CONTACT the index, else a name */
  pbk_time due;     /* end of the approval window, or the next attempt */
  const char *note; /* owned */
  uint32_t note_size;
  uint32_t subject;
  uint32_t sender;               /* place, or MAP_NONE; its name is told */
  uint8_t subject_kind, to_kind; /* to_kind 0: nobody */
  uint8_t state;                 /* enum message_state */
  bool own : 1;                  /* to the contact that it is about */
  bool waits : 1;                /* sending, for a retry */
};

enum task_state { TASK_OPEN, TASK_COMPLETED, TASK_CANCELLED };

struct task {
  uint64_t id, enrollment;
  uint32_t playbook; /* name */
  uint32_t subject;
  uint32_t assignee; /* name of the user's key, or MAP_NONE */
  uint32_t sender;   /* of a task for the sender: place; else MAP_NONE */
  int32_t subject_kind;
  pbk_time due;      /* PBK_NO_TIME: none */
  struct text title; /* owned */
};

/* What is open about or to each subject, by its index: rolls. Most have nothing open. */
struct open_of {
  struct sparse contacts, accounts;
};

enum { RETRY_WAITS_MOST = 100 };

struct outbox {
  struct context *context;
  struct facts *facts;
  struct senders *senders;
  struct registry channels, templates;
  pbk_duration approval_window; /* settings */
  ARRAY(pbk_duration) retry_waits;
  struct message_keys keys;
  uint32_t channel_hints[8]; /* where channels were found, by name: they are few */
  struct table messages, tasks; /* what is open, by id */
  struct open_of open_messages, open_tasks;
  sender_counts messages_of, tasks_of;
  ARRAY(uint64_t) ready; /* messages to be offered, in the order they turned sending */
  uint32_t ready_next;
  uint32_t offered;      /* those before it are under a commit: they may have been offered (O8) */
};

void pbk_outbox_init(struct outbox *outbox, struct context *context, struct facts *facts, struct senders *senders,
                     struct text engine_id);
void pbk_outbox_release(struct outbox *outbox);
/* Message keys are the engine's own (O7). */
void pbk_set_engine_id(struct outbox *outbox, struct text engine_id);

static inline struct message *message_at(const struct outbox *outbox, uint64_t id) {
  return table_at(&outbox->messages, id, sizeof(struct message));
}
/* To a contact, not the subject it is about. */
static inline bool message_to_another(const struct message *message) {
  return message->to_kind == PBK_TO_CONTACT && !message->own;
}
static inline struct text message_note(const struct message *message) {
  return (struct text){message->note, message->note_size};
}
/* Sets what the rest of a message says again: for the quick ways. */
static inline void settle_message(const struct outbox *outbox, struct message *message) {
  message->own =
    message->to_kind == PBK_TO_CONTACT && message->subject_kind == PBK_CONTACT && message->told.to == message->subject;
  message->told.sender = registry_name(&outbox->senders->registry, message->sender);
}
static inline const struct letter *letter_of(const struct outbox *outbox, const struct message *message) {
  return letter_at(&outbox->context->outputs.letters, message->told.letter);
}
static inline struct task *task_at(const struct outbox *outbox, uint64_t id) {
  return table_at(&outbox->tasks, id, sizeof(struct task));
}

/* The roll of what is open about or to a subject. */
static inline const struct sparse *open_of_kind(const struct open_of *open, int32_t kind) {
  return kind == PBK_CONTACT ? &open->contacts : &open->accounts;
}
/* The first messages or tasks above a number that are about or to a subject, at most so many: how many. */
static inline uint32_t read_open(const struct table *table, const struct open_of *open, int32_t kind, uint32_t subject,
                                 uint64_t after, uint64_t *numbers, uint32_t most) {
  roll word = sparse_word(open_of_kind(open, kind), subject);
  return pbk_roll_read(&word, table, after, numbers, most);
}
/* The first of them; 0: none. */
static inline uint64_t next_open(const struct table *table, const struct open_of *open, int32_t kind, uint32_t subject,
                                 uint64_t after) {
  uint64_t next;
  return read_open(table, open, kind, subject, after, &next, 1) ? next : 0;
}

/* For those who know what comes next: the message, and later, when that is there, its subject; of one that may end, what hangs on that
 * too. */
static inline void prefetch_message(const struct outbox *outbox, uint64_t id) {
  table_prefetch(&outbox->messages, id, sizeof(struct message));
}
void pbk_prefetch_subject_of(const struct outbox *outbox, uint64_t id);
void pbk_prefetch_end_of(const struct outbox *outbox, uint64_t id);

/* ---- making ---- */

/* A new message, of which nothing is said but its number: enrollment, letter, subject, sender and recipient are the caller's
 * to say. */
static inline struct message *begin_message(struct outbox *outbox) {
  struct message *message = table_add(outbox->context->memory, &outbox->messages, sizeof(struct message));
  *message = (struct message){.told = {.message = outbox->messages.last}};
  return message;
}
/* Then it is there: of an action of a step, both from 0. Without approval it goes to its first attempt; with a failure
 * (no_sender, no_recipient; NULL: none) it fails at once. */
void pbk_make_message(struct outbox *outbox, struct message *message, uint32_t step, uint32_t action, bool approval,
                      const char *failure);

/* The commonest, in one: of a contact to itself, from a sender. */
struct own_message {
  uint64_t enrollment;
  uint32_t letter, contact, sender;
  uint32_t step, action; /* from 0 */
  bool approval;
};
void pbk_make_own_message(struct outbox *outbox, const struct own_message *made);

struct task_request {
  uint64_t enrollment;
  uint32_t playbook;
  int32_t subject_kind;
  uint32_t subject, assignee, sender;
  pbk_time due;
  struct text title;
};
uint64_t pbk_make_task(struct outbox *outbox, const struct task_request *request);

/* ---- the host's hands; false: *problem says why ---- */

bool pbk_check_message(const struct outbox *outbox, uint64_t id, const struct message **message, struct problem *problem);
bool pbk_check_task(const struct outbox *outbox, uint64_t id, struct problem *problem);
/* The states in which each makes sense. */
bool pbk_can_approve(const struct outbox *outbox, uint64_t id, struct problem *problem);
bool pbk_can_unapprove(const struct outbox *outbox, uint64_t id, struct problem *problem);
bool pbk_can_edit(const struct outbox *outbox, uint64_t id, struct problem *problem);
bool pbk_can_report(const struct outbox *outbox, uint64_t id, struct problem *problem);

/* When the approval window would end, were it to begin now (O2). */
static inline pbk_time approved_until(const struct outbox *outbox, const struct message *message) {
  pbk_duration window = letter_of(outbox, message)->kind.window;
  return time_after(outbox->context->now, window >= 0 ? window : outbox->approval_window);
}
void pbk_approve_message(struct outbox *outbox, struct message *message, pbk_time until);
void pbk_unapprove_message(struct outbox *outbox, uint64_t id);
void pbk_edit_message(struct outbox *outbox, uint64_t id, uint32_t template, struct text note); /* MAP_NONE, no bytes: as it is */
void pbk_complete_open_task(struct outbox *outbox, uint64_t id, pbk_time occurred_at);
void pbk_cancel_open_task(struct outbox *outbox, uint64_t id);

/* ---- attempts and outcomes ---- */

/* A wake-up came out of the calendar: the next attempt. False: it does not stand any more. */
bool pbk_message_due(struct outbox *outbox, enum due_kind kind, uint64_t id, pbk_time time);
/* O5 and O6: one attempt: ends the message, or turns it sending and makes it ready. */
void pbk_attempt_message(struct outbox *outbox, struct message *message);
/* Behind the last that was offered. */
void pbk_skip_ended(struct outbox *outbox);
/* The next message to offer, or NULL. */
static inline struct message *ready_message(struct outbox *outbox) {
  struct message *message = NULL;
  if (outbox->ready_next < outbox->ready.count) message = message_at(outbox, outbox->ready.items[outbox->ready_next]);
  if (message) return message;
  pbk_skip_ended(outbox);
  return outbox->ready_next < outbox->ready.count ? message_at(outbox, outbox->ready.items[outbox->ready_next]) : NULL;
}
static inline void offered_message(struct outbox *outbox) {
  outbox->ready_next++;
}
/* All that is ready has gone out with the outputs: nobody delivers here. */
void pbk_hand_over_ready(struct outbox *outbox);
/* O8, after a crash: what may have been offered is offered again, or given up, by its policy. */
uint32_t pbk_recover_messages(struct outbox *outbox); /* how many have failed as unknown_outcome */
/* What delivery answered (O6). */
void pbk_answer_message(struct outbox *outbox, struct message *message, int32_t outcome, pbk_duration wait,
                        struct text reason, pbk_time occurred_at);
/* The commonest answer. */
void pbk_answer_sent(struct outbox *outbox, struct message *message, pbk_time occurred_at);

static inline bool message_unsent(const struct message *message) { return message->state != MESSAGE_SENDING || message->waits; }
/* Cancels if unsent; no message of that number any more is fine. */
void pbk_cancel_message(struct outbox *outbox, uint64_t id, struct text reason);
void pbk_end_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason);

/* P9: the unsent messages and open tasks that one enrollment of a subject made. */
void pbk_cancel_messages_of(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject, struct text reason);
void pbk_cancel_tasks_of(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject);

/* All that is open about or to a subject (E9), or of a sender (S7). */
void pbk_cancel_open_of_subject(struct outbox *outbox, int32_t kind, uint32_t subject);
void pbk_cancel_open_of_sender(struct outbox *outbox, uint32_t sender);

/* The key of whom a message goes to, now. */
struct text pbk_message_to(const struct outbox *outbox, const struct message *message);

/* What an output tells of one that is open; the texts are the engine's. */
pbk_output pbk_message_output(const struct outbox *outbox, const struct message *message);
pbk_output pbk_task_output(const struct outbox *outbox, const struct task *task);

#endif
