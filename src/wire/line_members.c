/* wire/line_members.c - see line_members.h. */
#include "wire/line_members.h"

#include "wire/known_name.h"

enum { MEMBER_NAME_LEAST = 4, MEMBER_NAME_MOST = 11, MEMBER_NAME_PLACES = 64 };

/* The least that keeps all apart: first letter, third letter, size. Two in one place are a warning of the compiler. */
#define MEMBER_NAME_PLACE(first, third, size) (((first) + 2 * (third) + 4 * (size)) % MEMBER_NAME_PLACES)
#define KNOWN(member, first, third, name) \
  [MEMBER_NAME_PLACE(first, third, sizeof name - 1)] = {name, sizeof name - 1, MEMBER_##member}

static const struct known_name member_names[MEMBER_NAME_PLACES] = {
  KNOWN(TYPE, 't', 'p', "type"),
  KNOWN(USER_ID, 'u', 'e', "userId"),
  KNOWN(TIMESTAMP, 't', 'm', "timestamp"),
  KNOWN(EVENT, 'e', 'e', "event"),
  KNOWN(PROPERTIES, 'p', 'o', "properties"),
  KNOWN(MESSAGE_ID, 'm', 's', "messageId"),
  KNOWN(RECEIVED_AT, 'r', 'c', "receivedAt"),
  KNOWN(ANONYMOUS_ID, 'a', 'o', "anonymousId"),
  KNOWN(CONTEXT, 'c', 'n', "context"),
  KNOWN(GROUP_ID, 'g', 'o', "groupId"),
  KNOWN(TRAITS, 't', 'a', "traits"),
  KNOWN(NAME, 'n', 'm', "name"),
  KNOWN(BATCH, 'b', 't', "batch"),
  KNOWN(PREVIOUS_ID, 'p', 'e', "previousId"),
  KNOWN(STAGE, 's', 'a', "stage"),
  KNOWN(HEALTH, 'h', 'a', "health"),
  KNOWN(ROLE, 'r', 'l', "role"),
  KNOWN(USER, 'u', 'e', "user"),
  KNOWN(SENDER, 's', 'n', "sender"),
  KNOWN(PERSONA, 'p', 'r', "persona"),
  KNOWN(SUPPRESSED, 's', 'p', "suppressed"),
  KNOWN(PLAYBOOK, 'p', 'a', "playbook"),
  KNOWN(MODE, 'm', 'd', "mode"),
  KNOWN(BRANCH, 'b', 'a', "branch"),
  KNOWN(MESSAGE, 'm', 's', "message"),
  KNOWN(TEMPLATE, 't', 'm', "template"),
  KNOWN(NOTE, 'n', 't', "note"),
  KNOWN(OUTCOME, 'o', 't', "outcome"),
  KNOWN(REASON, 'r', 'a', "reason"),
  KNOWN(TASK, 't', 's', "task"),
};

const char *pbk_line_member_name(enum line_member member) {
  for (uint32_t i = 0; i < MEMBER_NAME_PLACES; i++)
    if (member_names[i].size && member_names[i].value == member) return member_names[i].name;
  return "";
}

static inline enum line_member known_member(struct text name) {
  if (name.size < MEMBER_NAME_LEAST || name.size > MEMBER_NAME_MOST) return MEMBER_UNKNOWN;
  uint32_t place = MEMBER_NAME_PLACE(KNOWN_NAME_LETTER(name, 0), KNOWN_NAME_LETTER(name, 2), name.size);
  const struct known_name *known = known_name_at(&member_names[place], name);
  return known ? (enum line_member)known->value : MEMBER_UNKNOWN;
}

enum line_member pbk_known_line_member(struct text name) {
  return known_member(name);
}

void pbk_find_line_members(const pbk_value *object, struct line_members *members) {
  uint32_t given = 0;
  if (object->kind == PBK_MAP && object->size > 0)
    for (const pbk_member *member = object->as.members, *end = member + object->size; member < end; member++) {
      enum line_member known = known_member(member_name(member));
      if (known == MEMBER_UNKNOWN) continue;
      given |= 1u << known;
      members->at[known] = &member->value;
    }
  members->given = given;
}
