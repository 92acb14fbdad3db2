/* playbook/query.h - looking at the state; nothing here changes it. All but pbk_explain may be called from callbacks.
 *
 * Part of <playbook/playbook.h>. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_QUERY_H
#define PLAYBOOK_QUERY_H

#include <playbook/outbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles: what a key names now. PBK_ERR_HANDLE where it names nothing. */
typedef int32_t pbk_handle_kind;
enum {
  PBK_HANDLE_CONTACT = 1,
  PBK_HANDLE_ACCOUNT = 2,
  PBK_HANDLE_PERSONA = 3,
  PBK_HANDLE_SEGMENT = 4,
  PBK_HANDLE_PLAYBOOK = 5,
  PBK_HANDLE_SENDER = 6,
  PBK_HANDLE_USER = 7
};
PBK_API pbk_status pbk_find(const pbk_engine *engine, pbk_handle_kind kind, const char *key, size_t key_size, pbk_handle *handle);
/* The key of what a handle names; borrowed until the next call that changes state. */
PBK_API pbk_status pbk_key(const pbk_engine *engine, pbk_handle handle, pbk_text *key);

/* Visits all handles of a kind in their order (definition, creation): *cursor starts at 0; PBK_OK with *handle 0 at the end. */
PBK_API pbk_status pbk_next(const pbk_engine *engine, pbk_handle_kind kind, uint64_t *cursor, pbk_handle *handle);

/* Whether a subject is a member of a persona or segment: *member 0 or 1. */
PBK_API pbk_status pbk_is_member(const pbk_engine *engine, pbk_handle audience, pbk_handle subject, int32_t *member);
PBK_API pbk_status pbk_member_count(const pbk_engine *engine, pbk_handle audience, uint64_t *members);

/* What is open, lowest number first; `subject` (NULL: all) limits it to a contact or account, messages also to those that go to it.
 * *cursor starts at 0, and is good until the next call that changes state; PBK_OK with `type` 0 at the end. PBK_ERR_HANDLE: no such
 * subject. Members are those of the outputs (SPEC L), as they would be now, with `seq` 0, and texts are borrowed until the next call on
 * this engine. Beyond that:
 *
 *   a message     `due`: when its approval window ends or its next attempt is made; PBK_NO_TIME: it waits for somebody
 *   an enrollment `at`: when it began; `step`: the next one, from 1; `due`: when, PBK_NO_TIME: at the resume of its playbook
 *                 no `sender_by` */
PBK_API pbk_status pbk_next_message(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *message);
PBK_API pbk_status pbk_next_task(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *task);
PBK_API pbk_status pbk_next_enrollment(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *enrollment);

/* Counts of the whole engine. */
typedef struct pbk_counts {
  uint32_t size;
  uint32_t reserved;
  uint64_t contacts, accounts;
  uint64_t enrollments_running, enrollments_ever;
  uint64_t messages_open;  /* pending, approved, sending */
  uint64_t messages_ever;
  uint64_t tasks_open, tasks_ever;
  uint64_t commands;       /* inputs, clock ticks and delivery answers applied */
  uint64_t memory;         /* bytes taken from the allocator */
  uint64_t answers;        /* delivery attempts that were answered, and those given up as `unknown_outcome` */
} pbk_counts;
PBK_API pbk_status pbk_count(const pbk_engine *engine, pbk_counts *counts);

/* Why a subject would or would not be enrolled now (SPEC P4, L explain): an output of type PBK_OUTPUT_EXPLANATION with seq 0. Texts are
 * borrowed until the next call on this engine. Not from within callbacks. */
PBK_API pbk_status pbk_explain(pbk_engine *engine, const char *playbook, size_t playbook_size, const pbk_subject *subject,
                               pbk_output *explanation);

#ifdef __cplusplus
}
#endif
#endif
