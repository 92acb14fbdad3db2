/* wire/line_members.h - the members of a line that the protocol knows (SPEC L), each found once. */
#ifndef PBK_WIRE_LINE_MEMBERS_H
#define PBK_WIRE_LINE_MEMBERS_H

#include "base/value.h"

/* Those of fact and control lines and of batches; definitions know their own. */
enum line_member {
  MEMBER_TYPE,
  MEMBER_USER_ID,
  MEMBER_TIMESTAMP,
  MEMBER_EVENT,
  MEMBER_PROPERTIES,
  MEMBER_MESSAGE_ID,
  MEMBER_RECEIVED_AT,
  MEMBER_ANONYMOUS_ID,
  MEMBER_CONTEXT,
  MEMBER_GROUP_ID,
  MEMBER_TRAITS,
  MEMBER_NAME,
  MEMBER_BATCH,
  MEMBER_PREVIOUS_ID,
  MEMBER_STAGE,
  MEMBER_HEALTH,
  MEMBER_ROLE,
  MEMBER_USER,
  MEMBER_SENDER,
  MEMBER_PERSONA,
  MEMBER_SUPPRESSED,
  MEMBER_PLAYBOOK,
  MEMBER_MODE,
  MEMBER_BRANCH,
  MEMBER_MESSAGE,
  MEMBER_TEMPLATE,
  MEMBER_NOTE,
  MEMBER_OUTCOME,
  MEMBER_REASON,
  MEMBER_TASK,
  MEMBER_COUNT, /* at most 32 */
  MEMBER_UNKNOWN = MEMBER_COUNT
};

struct line_members {
  uint32_t given;                    /* a bit for each */
  const pbk_value *at[MEMBER_COUNT]; /* of those that are given */
};

/* NULL where it is absent. */
static inline const pbk_value *line_member(const struct line_members *members, enum line_member member) {
  return members->given >> member & 1 ? members->at[member] : NULL;
}

const char *pbk_line_member_name(enum line_member member);
enum line_member pbk_known_line_member(struct text name);

/* The members of a map, in any order; of those with the same name the last counts. What is no map has none. */
void pbk_find_line_members(const pbk_value *object, struct line_members *members);

#endif
