/* playbook/facts.h - what happened: the inputs of Segment's vocabulary, and the CRM's own (SPEC E, L).
 *
 * Part of <playbook/playbook.h>. Every call is one input: the engine first advances to its time, then applies it, then does what is due
 * (SPEC T4). All texts and values are copied. Subjects that are not known yet are created, except by pbk_delete. Returns PBK_OK,
 * PBK_DUPLICATE, PBK_ERR_REFUSED (pbk_engine_error says why) or another error. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_FACTS_H
#define PLAYBOOK_FACTS_H

#include <playbook/define.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A contact or an account by its key. */
typedef struct pbk_subject {
  uint32_t size;
  pbk_subject_kind kind; /* PBK_CONTACT, PBK_ACCOUNT */
  pbk_text key;
} pbk_subject;

/* Traits are a PBK_MAP or NULL; merged key by key (SPEC E4). */
PBK_API pbk_status pbk_identify(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                                const pbk_value *traits);
/* Contact NULL: only the account's traits. */
PBK_API pbk_status pbk_group(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                             const char *account, size_t account_size, const pbk_value *traits);
/* An event of a contact (account NULL: it counts for the account the contact has; else for that one, SPEC E6), or of an account alone
 * (contact NULL). Properties are a PBK_MAP or NULL. */
PBK_API pbk_status pbk_track(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                             const char *account, size_t account_size, const char *event, size_t event_size,
                             const pbk_value *properties);
PBK_API pbk_status pbk_alias(pbk_engine *engine, const pbk_envelope *envelope, const char *previous, size_t previous_size,
                             const char *contact, size_t contact_size);

/* Stage (bytes NULL: unchanged) and health (NULL: unchanged; PBK_INT or PBK_DOUBLE) of a subject, as one input (SPEC P2). */
PBK_API pbk_status pbk_set_stage_and_health(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject,
                                            const char *stage, size_t stage_size, const pbk_value *health);
/* User NULL: unassigned. */
PBK_API pbk_status pbk_assign(pbk_engine *engine, const pbk_envelope *envelope, const char *account, size_t account_size,
                              const char *role, size_t role_size, const char *user, size_t user_size);
/* Sender NULL: cleared (SPEC S3). */
PBK_API pbk_status pbk_pin(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                           const char *sender, size_t sender_size);
PBK_API pbk_status pbk_interaction(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                                   const char *sender, size_t sender_size);
PBK_API pbk_status pbk_tag(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                           const char *persona, size_t persona_size);
PBK_API pbk_status pbk_untag(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                             const char *persona, size_t persona_size);
PBK_API pbk_status pbk_suppress(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                                int32_t suppressed);
PBK_API pbk_status pbk_delete(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject);

#ifdef __cplusplus
}
#endif
#endif
