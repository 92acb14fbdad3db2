/* playbook/outbox.h - playbooks at work: switching them, enrolling by hand, senders, the outbox, tasks (SPEC P, S, O).
 *
 * Part of <playbook/playbook.h>. Every call is one input, as in facts.h. Messages and tasks are named by their numbers, as outputs give
 * them. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_OUTBOX_H
#define PLAYBOOK_OUTBOX_H

#include <playbook/facts.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t pbk_removal;
enum { PBK_DRAIN = 0, PBK_CANCEL = 1 }; /* SPEC P11, S7 */

PBK_API pbk_status pbk_activate(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size);
PBK_API pbk_status pbk_pause(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size);
PBK_API pbk_status pbk_resume(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size);
PBK_API pbk_status pbk_archive(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                               pbk_removal mode);
/* By hand (SPEC P6). */
PBK_API pbk_status pbk_enroll(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                              const pbk_subject *subject);
PBK_API pbk_status pbk_unenroll(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                                const pbk_subject *subject);

/* To the end of a playbook's pool; `branch` (its segment) where the playbook has branches, else NULL (SPEC S6). */
PBK_API pbk_status pbk_add_sender(pbk_engine *engine, const pbk_envelope *envelope, const char *sender, size_t sender_size,
                                  const char *playbook, size_t playbook_size, const char *branch, size_t branch_size);
/* From one playbook or branch, or, playbook NULL, from the engine (SPEC S7). */
PBK_API pbk_status pbk_remove_sender(pbk_engine *engine, const pbk_envelope *envelope, const char *sender, size_t sender_size,
                                     const char *playbook, size_t playbook_size, const char *branch, size_t branch_size,
                                     pbk_removal mode);

PBK_API pbk_status pbk_approve(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message);
/* Many at once, each an input of its own. *taken (may be NULL) is how many were approved; less than `count` where one could not be, whose
 * status is the answer. The numbers are borrowed until the call returns. The envelope must not have a message_id. */
PBK_API pbk_status pbk_approve_many(pbk_engine *engine, const pbk_envelope *envelope, const uint64_t *messages, uint32_t count,
                                    uint32_t *taken);
PBK_API pbk_status pbk_unapprove(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message);
PBK_API pbk_status pbk_discard(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message);
/* Template and note: NULL leaves as it is (SPEC O4). */
PBK_API pbk_status pbk_edit(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message, const char *template_key,
                            size_t template_size, const char *note, size_t note_size);
/* The outcome of a message that delivery had accepted: PBK_DELIVERY_SENT or PBK_DELIVERY_FAILED. */
PBK_API pbk_status pbk_report(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message, int32_t outcome,
                              const char *reason, size_t reason_size);

PBK_API pbk_status pbk_complete_task(pbk_engine *engine, const pbk_envelope *envelope, uint64_t task);
PBK_API pbk_status pbk_cancel_task(pbk_engine *engine, const pbk_envelope *envelope, uint64_t task);

#ifdef __cplusplus
}
#endif
#endif
