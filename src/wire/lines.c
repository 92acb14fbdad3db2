/* wire/lines.c - fact and control lines, member by member; see lines.h. */
#include "wire/lines.h"

#include "base/clock.h"
#include "wire/known_name.h"

/* ---- times ---- */

static bool read_time(struct reading_line *reading, const struct line_members *members, enum line_member member,
                      pbk_time *time) {
  const pbk_value *value = line_member(members, member);
  if (!value) return true;
  if (value->kind == PBK_INT && value->as.integer >= TIME_EARLIEST / 1000 && value->as.integer <= TIME_LATEST / 1000) {
    *time = value->as.integer * 1000;
    return true;
  }
  if (value->kind == PBK_STRING && pbk_parse_time(value_text(value), time)) return true;
  struct text name = text_from(pbk_line_member_name(member));
  pbk_problem_enter(reading->problem, name);
  return pbk_problem_set(reading->problem, PBK_CODE_BAD_TIMESTAMP, "", name, " must be an RFC 3339 time or whole milliseconds");
}

bool pbk_read_times(struct reading_line *reading, const struct line_members *members, const struct line_times *inherited,
                    struct line_times *times) {
  *times = inherited ? *inherited : (struct line_times){PBK_NO_TIME, PBK_NO_TIME};
  return read_time(reading, members, MEMBER_TIMESTAMP, &times->timestamp) &&
         read_time(reading, members, MEMBER_RECEIVED_AT, &times->received_at);
}

/* ---- members ---- */

static bool wrong(struct reading_line *reading, enum line_member member, const char *message) {
  return pbk_wrong(reading, pbk_line_member_name(member), message);
}

static inline bool read_text(struct reading_line *reading, const struct line_members *members, enum line_member member,
                             bool required, struct text *to) {
  const pbk_value *value = line_member(members, member);
  if (!value) return !required || wrong(reading, member, " is missing");
  if (value->kind != PBK_STRING) return wrong(reading, member, " must be text");
  *to = (struct text){value->size ? value->as.text : "", value->size};
  return true;
}

/* The same in an object within the line, where the member is known to be there. */
static bool read_text_below(struct reading_line *reading, const pbk_value *object, const char *name, struct text *to) {
  pbk_text text = {NULL, 0};
  if (!pbk_read_text_member(reading, object, name, &text)) return false;
  *to = private_text(text);
  return true;
}

/* Text, or null for none; must be there. */
static bool read_nullable(struct reading_line *reading, const struct line_members *members, enum line_member member,
                          struct text *to) {
  const pbk_value *value = line_member(members, member);
  if (value && value->kind == PBK_NULL) return true;
  return read_text(reading, members, member, true, to);
}

/* Clients send null for what they do not know. */
static inline const pbk_value *not_null(const pbk_value *value) {
  return value && value->kind != PBK_NULL ? value : NULL;
}

/* userId, or where it is absent anonymousId. */
static inline bool read_contact(struct reading_line *reading, const struct line_members *members, struct text *contact) {
  if (not_null(line_member(members, MEMBER_USER_ID))) return read_text(reading, members, MEMBER_USER_ID, true, contact);
  if (!not_null(line_member(members, MEMBER_ANONYMOUS_ID))) return true;
  return read_text(reading, members, MEMBER_ANONYMOUS_ID, true, contact);
}

static inline bool read_object(struct reading_line *reading, const struct line_members *members, enum line_member member,
                               const pbk_value **to) {
  *to = not_null(line_member(members, member));
  return !*to || (*to)->kind == PBK_MAP || wrong(reading, member, " must be an object");
}

static bool read_number(struct reading_line *reading, const struct line_members *members, enum line_member member,
                        uint64_t *to) {
  const pbk_value *value = line_member(members, member);
  if (!value) return wrong(reading, member, " is missing");
  if (value->kind != PBK_INT) return wrong(reading, member, " must be a whole number");
  *to = (uint64_t)value->as.integer; /* of a negative one, a number that nothing has */
  return true;
}

static bool read_mode(struct reading_line *reading, const struct line_members *members, int32_t *mode) {
  struct text text = TEXT("drain");
  *mode = PBK_DRAIN;
  if (!read_text(reading, members, MEMBER_MODE, false, &text)) return false;
  if (text_equal(text, TEXT("cancel"))) *mode = PBK_CANCEL;
  else if (!text_equal(text, TEXT("drain"))) return wrong(reading, MEMBER_MODE, " must be \"drain\" or \"cancel\"");
  return true;
}

/* The subject of a line where either kind can be meant. */
static bool read_subject(struct reading_line *reading, const struct line_members *members, struct command *command) {
  return read_text(reading, members, MEMBER_USER_ID, false, &command->contact) &&
         read_text(reading, members, MEMBER_GROUP_ID, false, &command->account);
}

/* ---- facts ---- */

static bool read_identify(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_IDENTIFY;
  return read_contact(reading, members, &command->contact) && read_object(reading, members, MEMBER_TRAITS, &command->traits);
}

static bool read_group(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_GROUP;
  return read_contact(reading, members, &command->contact) && read_text(reading, members, MEMBER_GROUP_ID, true, &command->account) &&
         read_object(reading, members, MEMBER_TRAITS, &command->traits);
}

static bool read_event(struct reading_line *reading, const struct line_members *members, struct command *command) {
  const pbk_value *context;
  command->type = COMMAND_TRACK;
  if (!read_contact(reading, members, &command->contact) || !read_object(reading, members, MEMBER_PROPERTIES, &command->traits) ||
      !read_object(reading, members, MEMBER_CONTEXT, &context))
    return false;
  const pbk_value *group = context ? not_null(pbk_value_member(context, TEXT("groupId"))) : NULL;
  if (!group) return true;
  if (group->kind != PBK_STRING) pbk_problem_enter(reading->problem, TEXT("context"));
  return read_text_below(reading, context, "groupId", &command->account);
}

static bool read_track(struct reading_line *reading, const struct line_members *members, struct command *command) {
  return read_event(reading, members, command) && read_text(reading, members, MEMBER_EVENT, true, &command->event);
}

/* page and screen: some clients put the name among the properties only. */
static bool read_page(struct reading_line *reading, const struct line_members *members, struct command *command) {
  if (!read_event(reading, members, command)) return false;
  if (!line_member(members, MEMBER_NAME) && command->traits && pbk_value_member(command->traits, TEXT("name")))
    return read_text_below(reading, command->traits, "name", &command->event);
  return read_text(reading, members, MEMBER_NAME, true, &command->event);
}

static bool read_alias(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ALIAS;
  return read_text(reading, members, MEMBER_PREVIOUS_ID, true, &command->previous) &&
         read_text(reading, members, MEMBER_USER_ID, true, &command->contact);
}

/* ---- the CRM's own ---- */

static bool read_health_member(struct reading_line *reading, const struct line_members *members, struct command *command) {
  const pbk_value *health = line_member(members, MEMBER_HEALTH);
  command->health = health;
  if (!health || health->kind == PBK_INT || health->kind == PBK_DOUBLE) return true;
  return wrong(reading, MEMBER_HEALTH, " must be a number");
}

static bool read_stage(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_STAGE_AND_HEALTH;
  return read_subject(reading, members, command) && read_text(reading, members, MEMBER_STAGE, true, &command->stage) &&
         read_health_member(reading, members, command);
}

static bool read_health(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_STAGE_AND_HEALTH;
  if (!line_member(members, MEMBER_HEALTH)) return wrong(reading, MEMBER_HEALTH, " is missing");
  return read_subject(reading, members, command) && read_health_member(reading, members, command) &&
         read_text(reading, members, MEMBER_STAGE, false, &command->stage);
}

static bool read_assign(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ASSIGN;
  return read_text(reading, members, MEMBER_GROUP_ID, true, &command->account) &&
         read_text(reading, members, MEMBER_ROLE, true, &command->role) && read_nullable(reading, members, MEMBER_USER, &command->user);
}

static bool read_pin(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_PIN;
  return read_text(reading, members, MEMBER_USER_ID, true, &command->contact) &&
         read_nullable(reading, members, MEMBER_SENDER, &command->sender);
}

static bool read_interaction(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_INTERACTION;
  return read_text(reading, members, MEMBER_USER_ID, true, &command->contact) &&
         read_text(reading, members, MEMBER_SENDER, true, &command->sender);
}

static bool read_tag(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_TAG;
  return read_text(reading, members, MEMBER_USER_ID, true, &command->contact) &&
         read_text(reading, members, MEMBER_PERSONA, true, &command->persona);
}

static bool read_untag(struct reading_line *reading, const struct line_members *members, struct command *command) {
  if (!read_tag(reading, members, command)) return false;
  command->type = COMMAND_UNTAG;
  return true;
}

static bool read_suppress(struct reading_line *reading, const struct line_members *members, struct command *command) {
  const pbk_value *suppressed = line_member(members, MEMBER_SUPPRESSED);
  command->type = COMMAND_SUPPRESS;
  if (!suppressed) return wrong(reading, MEMBER_SUPPRESSED, " is missing");
  if (!read_text(reading, members, MEMBER_USER_ID, true, &command->contact)) return false;
  if (suppressed->kind != PBK_BOOL) return wrong(reading, MEMBER_SUPPRESSED, " must be true or false");
  command->flag = suppressed->as.integer != 0;
  return true;
}

static bool read_delete(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_DELETE;
  return read_subject(reading, members, command);
}

/* ---- control ---- */

static bool read_advance(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ADVANCE;
  if (command->to == PBK_NO_TIME) return wrong(reading, MEMBER_TIMESTAMP, " is missing");
  (void)members;
  return true;
}

static bool read_playbook(struct reading_line *reading, const struct line_members *members, struct command *command) {
  return read_text(reading, members, MEMBER_PLAYBOOK, true, &command->playbook);
}

static bool read_activate(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ACTIVATE;
  return read_playbook(reading, members, command);
}
static bool read_pause(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_PAUSE;
  return read_playbook(reading, members, command);
}
static bool read_resume(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_RESUME;
  return read_playbook(reading, members, command);
}
static bool read_archive(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ARCHIVE;
  return read_playbook(reading, members, command) && read_mode(reading, members, &command->flag);
}
static bool read_enroll(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ENROLL;
  return read_playbook(reading, members, command) && read_subject(reading, members, command);
}
static bool read_unenroll(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_UNENROLL;
  return read_playbook(reading, members, command) && read_subject(reading, members, command);
}
static bool read_explain(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_EXPLAIN;
  return read_playbook(reading, members, command) && read_subject(reading, members, command);
}

static bool read_add_sender(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_ADD_SENDER;
  return read_text(reading, members, MEMBER_SENDER, true, &command->sender) && read_playbook(reading, members, command) &&
         read_text(reading, members, MEMBER_BRANCH, false, &command->branch);
}
static bool read_remove_sender(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_REMOVE_SENDER;
  return read_text(reading, members, MEMBER_SENDER, true, &command->sender) &&
         read_text(reading, members, MEMBER_PLAYBOOK, false, &command->playbook) &&
         read_text(reading, members, MEMBER_BRANCH, false, &command->branch) && read_mode(reading, members, &command->flag);
}

static bool read_message(struct reading_line *reading, const struct line_members *members, struct command *command) {
  return read_number(reading, members, MEMBER_MESSAGE, &command->number);
}
static bool read_approve(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_APPROVE;
  return read_message(reading, members, command);
}
static bool read_unapprove(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_UNAPPROVE;
  return read_message(reading, members, command);
}
static bool read_discard(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_DISCARD;
  return read_message(reading, members, command);
}
static bool read_edit(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_EDIT;
  return read_message(reading, members, command) && read_text(reading, members, MEMBER_TEMPLATE, false, &command->template) &&
         read_text(reading, members, MEMBER_NOTE, false, &command->note);
}
static bool read_report(struct reading_line *reading, const struct line_members *members, struct command *command) {
  struct text outcome = NO_TEXT;
  command->type = COMMAND_REPORT;
  if (!read_message(reading, members, command) || !read_text(reading, members, MEMBER_OUTCOME, true, &outcome) ||
      !read_text(reading, members, MEMBER_REASON, false, &command->reason))
    return false;
  if (text_equal(outcome, TEXT("sent"))) command->flag = PBK_DELIVERY_SENT;
  else if (text_equal(outcome, TEXT("failed"))) command->flag = PBK_DELIVERY_FAILED;
  else return wrong(reading, MEMBER_OUTCOME, " must be \"sent\" or \"failed\"");
  return true;
}
static bool read_complete(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_COMPLETE;
  return read_number(reading, members, MEMBER_TASK, &command->number);
}
static bool read_cancel(struct reading_line *reading, const struct line_members *members, struct command *command) {
  command->type = COMMAND_CANCEL;
  return read_number(reading, members, MEMBER_TASK, &command->number);
}

/* ---- by type ---- */

typedef bool (*read_function)(struct reading_line *reading, const struct line_members *members, struct command *command);

enum { TYPE_NAME_MOST = 13, TYPE_NAME_PLACES = 128 };

/* First and third letter keep all apart. Two in one place are a warning of the compiler. */
#define TYPE_NAME_PLACE(first, third) ((8 * (first) + 5 * (third)) % TYPE_NAME_PLACES)
#define KNOWN(first, third, name, read) \
  [TYPE_NAME_PLACE(first, third)] = {{name, sizeof name - 1, 0}, read}

static const struct line_type {
  struct known_name name;
  read_function read;
} line_types[TYPE_NAME_PLACES] = {
  KNOWN('t', 'a', "track", read_track),
  KNOWN('i', 'e', "identify", read_identify),
  KNOWN('g', 'o', "group", read_group),
  KNOWN('p', 'g', "page", read_page),
  KNOWN('s', 'r', "screen", read_page),
  KNOWN('a', 'i', "alias", read_alias),
  KNOWN('s', 'a', "stage", read_stage),
  KNOWN('h', 'a', "health", read_health),
  KNOWN('a', 's', "assign", read_assign),
  KNOWN('p', 'n', "pin", read_pin),
  KNOWN('i', 't', "interaction", read_interaction),
  KNOWN('t', 'g', "tag", read_tag),
  KNOWN('u', 't', "untag", read_untag),
  KNOWN('s', 'p', "suppress", read_suppress),
  KNOWN('d', 'l', "delete", read_delete),
  KNOWN('a', 'v', "advance", read_advance),
  KNOWN('a', 't', "activate", read_activate),
  KNOWN('p', 'u', "pause", read_pause),
  KNOWN('r', 's', "resume", read_resume),
  KNOWN('a', 'c', "archive", read_archive),
  KNOWN('e', 'r', "enroll", read_enroll),
  KNOWN('u', 'e', "unenroll", read_unenroll),
  KNOWN('e', 'p', "explain", read_explain),
  KNOWN('a', 'd', "add_sender", read_add_sender),
  KNOWN('r', 'm', "remove_sender", read_remove_sender),
  KNOWN('a', 'p', "approve", read_approve),
  KNOWN('u', 'a', "unapprove", read_unapprove),
  KNOWN('d', 's', "discard", read_discard),
  KNOWN('e', 'i', "edit", read_edit),
  KNOWN('r', 'p', "report", read_report),
  KNOWN('c', 'm', "complete", read_complete),
  KNOWN('c', 'n', "cancel", read_cancel),
};

bool pbk_read_line_command(struct reading_line *reading, const struct line_members *members, struct text type,
                           struct command *command) {
  if (type.size >= KNOWN_NAME_LEAST && type.size <= TYPE_NAME_MOST) {
    const struct line_type *known = &line_types[TYPE_NAME_PLACE(KNOWN_NAME_LETTER(type, 0), KNOWN_NAME_LETTER(type, 2))];
    if (known_name_at(&known->name, type)) return known->read(reading, members, command);
  }
  pbk_problem_enter(reading->problem, TEXT("type"));
  return pbk_problem_set(reading->problem, PBK_CODE_UNKNOWN_TYPE, "unknown type ", type, "");
}
