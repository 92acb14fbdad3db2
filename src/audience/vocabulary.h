/* audience/vocabulary.h - what conditions may name, and where (SPEC X2, X3). */
#ifndef PBK_AUDIENCE_VOCABULARY_H
#define PBK_AUDIENCE_VOCABULARY_H

#include "base/problem.h"
#include "cel/cel.h"
#include <playbook/playbook.h>

enum slot {
  SLOT_CONTACT_ID,
  SLOT_CONTACT_CREATED_AT,
  SLOT_CONTACT_STAGE,
  SLOT_CONTACT_HEALTH,
  SLOT_CONTACT_TRAITS,
  SLOT_ACCOUNT_ID, /* the same five of the account, in the same order */
  SLOT_ACCOUNT_CREATED_AT,
  SLOT_ACCOUNT_STAGE,
  SLOT_ACCOUNT_HEALTH,
  SLOT_ACCOUNT_TRAITS,
  SLOT_EVENT_NAME,
  SLOT_EVENT_OCCURRED_AT,
  SLOT_EVENT_PROPERTIES,
  SLOT_ENROLLMENT_STARTED_AT,
  SLOT_ENROLLMENT_STEP_AT,
  SLOT_NOW
};

/* Where a world shows the traits of each. */
enum shown_place { SHOWN_CONTACT, SHOWN_ACCOUNT, SHOWN_COUNT };

enum lookup_slot { LOOKUP_EVENTS, LOOKUP_ACCOUNT_EVENTS, LOOKUP_SEGMENT, LOOKUP_PERSONA };

/* Where a condition stands decides what it may name. */
enum condition_use {
  CONDITION_SEGMENT,
  CONDITION_PERSONA,
  CONDITION_FILTER, /* a playbook's `when` */
  CONDITION_WHERE,  /* a trigger's, with `event` */
  CONDITION_STEP,   /* a step's, and the choice of recipients: with `enrollment` */
  CONDITION_EXIT    /* the same, watched */
};

struct audiences;

/* Compiles a condition over a kind of subject. `place`: of the audience that it is for (a persona names only segments before its own),
 * MAP_NONE elsewhere. NULL when refused: *error says why. */
struct cel_program *pbk_compile_condition(struct audiences *audiences, enum condition_use use, int32_t subject_kind,
                                          uint32_t place, struct text source, struct cel_error *error);

/* Tells why a condition was refused, at a member of its definition. Always false. */
bool pbk_refuse_condition(struct problem *problem, const char *member, const struct cel_error *error);

#endif
