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

/* ---- many at once ----
 *
 * Rows of one width, for bindings and for speed: what takes time for each call is paid once, subjects are named by their handles
 * (pbk_find, pbk_next), names by their place in a list given beside, and the engine fetches what the next rows need while it works on one.
 * Each row is an input of its own, exactly as the call of its kind above would be: pbk_track, pbk_identify, pbk_group,
 * pbk_set_stage_and_health. */
typedef int32_t pbk_row_kind;
enum {
  PBK_ROW_TRACK = 0,    /* `name`: the event; `values`: its properties, a PBK_MAP or NULL */
  PBK_ROW_IDENTIFY = 1, /* `values`: traits of the contact, a PBK_MAP or NULL */
  PBK_ROW_GROUP = 2,    /* `values`: traits of the account; with a contact, it joins the account */
  PBK_ROW_STAGE = 3     /* of the contact or the account; `name`: the stage; `values`: the health, PBK_INT or PBK_DOUBLE, or NULL */
};
#define PBK_NO_NAME UINT32_MAX /* PBK_ROW_STAGE: the stage stays as it is */

typedef struct pbk_row {
  pbk_row_kind kind;
  uint32_t name;           /* place in `names`, from 0 */
  pbk_time received_at;    /* as in an envelope */
  pbk_time occurred_at;
  pbk_handle contact;      /* 0: none */
  pbk_handle account;      /* 0: none */
  const pbk_value *values;
  pbk_text message_id;     /* {NULL, 0}: none */
} pbk_row;

/* Applies rows in their order. Rows, names and values are borrowed until the call returns; `row_size` is sizeof(pbk_row). *taken (may be
 * NULL) is how many rows were applied, duplicates counted; less than `count` where one could not be, whose status is the answer: PBK_ERR_REFUSED
 * (pbk_engine_error says why), PBK_ERR_HANDLE, PBK_ERR_ARGUMENT, PBK_ERR_NO_MEMORY … The rows before it stay, and a next call may go on behind it or try it again. */
PBK_API pbk_status pbk_track_many(pbk_engine *engine, const pbk_row *rows, size_t row_size, uint32_t count, const pbk_text *names,
                                  uint32_t name_count, uint32_t *taken);

#ifdef __cplusplus
}
#endif
#endif
