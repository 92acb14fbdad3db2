/* wire/line_members.c - names in a table without collisions: a name is in its place, or not known; see line_members.h. */
#include "wire/line_members.h"

enum { NAME_LEAST = 4, NAME_MOST = 11, NAME_PLACES = 64 };

#define NAME_PLACE(first, third, size) (((uint32_t)(first) + 2 * (uint32_t)(third) + 4 * (uint32_t)(size)) % NAME_PLACES)
#define KNOWN(member, first, third, name) \
  [NAME_PLACE(first, third, sizeof name - 1)] = {name, sizeof name - 1, MEMBER_##member}

/* Two names in one place are a warning of the compiler: one of the two is overwritten. */
static const struct known_name {
  char name[NAME_MOST + 1];
  uint8_t size, member; /* size 0: nobody's place */
} known_names[NAME_PLACES] = {
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
  for (uint32_t i = 0; i < NAME_PLACES; i++)
    if (known_names[i].size && known_names[i].member == member) return known_names[i].name;
  return "";
}

/* Four bytes at a time, of which some are compared twice. */
static inline enum line_member known_line_member(const char *name, uint32_t size) {
  if (size < NAME_LEAST || size > NAME_MOST) return MEMBER_UNKNOWN;
  const struct known_name *known = &known_names[NAME_PLACE((unsigned char)name[0], (unsigned char)name[2], size)];
  if (known->size != size || memcmp(name, known->name, 4) != 0 || memcmp(name + size - 4, known->name + size - 4, 4) != 0)
    return MEMBER_UNKNOWN;
  if (size > 8 && memcmp(name + 4, known->name + 4, 4) != 0) return MEMBER_UNKNOWN;
  return (enum line_member)known->member;
}

enum line_member pbk_known_line_member(struct text name) {
  return known_line_member(name.bytes, name.size);
}

void pbk_find_line_members(const pbk_value *object, struct line_members *members) {
  members->given = 0;
  if (object->kind != PBK_MAP) return;
  for (const pbk_member *member = object->as.members, *end = member + object->size; member < end; member++) {
    enum line_member known = known_line_member(member->name, member->name_size);
    if (known == MEMBER_UNKNOWN) continue;
    members->given |= 1u << known;
    members->at[known] = &member->value;
  }
}
