/* wire/lines.c - fact and control lines, member by member; see lines.h. */
#include "wire/lines.h"

#include "base/clock.h"

/* ---- times ---- */

static bool read_time(struct reading_line *reading, const pbk_value *object, const char *name, pbk_time *time) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  if (value->kind == PBK_STRING && pbk_parse_time(value_text(value), time)) return true;
  if (value->kind == PBK_INT && value->as.integer >= TIME_EARLIEST / 1000 && value->as.integer <= TIME_LATEST / 1000) {
    *time = value->as.integer * 1000;
    return true;
  }
  pbk_problem_enter(reading->problem, text_from(name));
  return pbk_problem_set(reading->problem, PBK_CODE_BAD_TIMESTAMP, "", text_from(name),
                         " must be an RFC 3339 time or whole milliseconds");
}

bool pbk_read_times(struct reading_line *reading, const pbk_value *object, const struct line_times *inherited,
                    struct line_times *times) {
  *times = inherited ? *inherited : (struct line_times){PBK_NO_TIME, PBK_NO_TIME};
  return read_time(reading, object, "timestamp", &times->timestamp) &&
         read_time(reading, object, "receivedAt", &times->received_at);
}

/* ---- members ---- */

static bool read_text(struct reading_line *reading, const pbk_value *object, const char *name, bool required,
                      struct text *to) {
  pbk_text text = {NULL, 0};
  if (!pbk_read_text_member(reading, object, name, &text)) return false;
  *to = private_text(text);
  return text.bytes || !required || pbk_wrong(reading, name, " is missing");
}

/* Text, or null for none; must be there. */
static bool read_nullable(struct reading_line *reading, const pbk_value *object, const char *name, struct text *to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (value && value->kind == PBK_NULL) return true;
  return read_text(reading, object, name, true, to);
}

/* Clients send null for what they do not know. */
static const pbk_value *not_null(const pbk_value *value) { return value && value->kind != PBK_NULL ? value : NULL; }

/* userId, or where it is absent anonymousId. */
static bool read_contact(struct reading_line *reading, const pbk_value *object, struct text *contact) {
  const char *name = not_null(pbk_member_of(object, "userId")) || !not_null(pbk_member_of(object, "anonymousId"))
                         ? "userId"
                         : "anonymousId";
  if (!not_null(pbk_member_of(object, name))) return true;
  return read_text(reading, object, name, true, contact);
}

static bool read_object(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_value **to) {
  *to = not_null(pbk_member_of(object, name));
  return !*to || (*to)->kind == PBK_MAP || pbk_wrong(reading, name, " must be an object");
}

static bool read_number(struct reading_line *reading, const pbk_value *object, const char *name, uint64_t *to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return pbk_wrong(reading, name, " is missing");
  if (value->kind != PBK_INT) return pbk_wrong(reading, name, " must be a whole number");
  *to = (uint64_t)value->as.integer; /* of a negative one, a number that nothing has */
  return true;
}

static bool read_mode(struct reading_line *reading, const pbk_value *object, int32_t *mode) {
  struct text text = TEXT("drain");
  *mode = PBK_DRAIN;
  if (!pbk_member_of(object, "mode")) return true;
  if (!read_text(reading, object, "mode", true, &text)) return false;
  if (text_equal(text, TEXT("cancel"))) *mode = PBK_CANCEL;
  else if (!text_equal(text, TEXT("drain"))) return pbk_wrong(reading, "mode", " must be \"drain\" or \"cancel\"");
  return true;
}

/* The subject of a line where either kind can be meant. */
static bool read_subject(struct reading_line *reading, const pbk_value *object, struct command *command) {
  return read_text(reading, object, "userId", false, &command->contact) &&
         read_text(reading, object, "groupId", false, &command->account);
}

/* ---- facts ---- */

static bool read_identify(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_IDENTIFY;
  return read_contact(reading, object, &command->contact) && read_object(reading, object, "traits", &command->traits);
}

static bool read_group(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_GROUP;
  return read_contact(reading, object, &command->contact) && read_text(reading, object, "groupId", true, &command->account) &&
         read_object(reading, object, "traits", &command->traits);
}

static bool read_event(struct reading_line *reading, const pbk_value *object, struct command *command) {
  const pbk_value *context;
  command->type = COMMAND_TRACK;
  if (!read_contact(reading, object, &command->contact) || !read_object(reading, object, "properties", &command->traits) ||
      !read_object(reading, object, "context", &context))
    return false;
  const pbk_value *group = context ? not_null(pbk_member_of(context, "groupId")) : NULL;
  if (!group) return true;
  pbk_problem_enter(reading->problem, TEXT("context"));
  if (!read_text(reading, context, "groupId", true, &command->account)) return false;
  reading->problem->path_size -= (uint32_t)sizeof("/context") - 1;
  return true;
}

static bool read_track(struct reading_line *reading, const pbk_value *object, struct command *command) {
  return read_event(reading, object, command) && read_text(reading, object, "event", true, &command->event);
}

/* page and screen: some clients put the name among the properties only. */
static bool read_page(struct reading_line *reading, const pbk_value *object, struct command *command) {
  if (!read_event(reading, object, command)) return false;
  bool among = !pbk_member_of(object, "name") && command->traits && pbk_member_of(command->traits, "name");
  return read_text(reading, among ? command->traits : object, "name", true, &command->event);
}

static bool read_alias(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ALIAS;
  return read_text(reading, object, "previousId", true, &command->previous) &&
         read_text(reading, object, "userId", true, &command->contact);
}

/* ---- the CRM's own ---- */

static bool read_health_member(struct reading_line *reading, const pbk_value *object, struct command *command) {
  const pbk_value *health = pbk_member_of(object, "health");
  command->health = health;
  if (!health || health->kind == PBK_INT || health->kind == PBK_DOUBLE) return true;
  return pbk_wrong(reading, "health", " must be a number");
}

static bool read_stage(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_STAGE_AND_HEALTH;
  return read_subject(reading, object, command) && read_text(reading, object, "stage", true, &command->stage) &&
         read_health_member(reading, object, command);
}

static bool read_health(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_STAGE_AND_HEALTH;
  if (!pbk_member_of(object, "health")) return pbk_wrong(reading, "health", " is missing");
  return read_subject(reading, object, command) && read_health_member(reading, object, command) &&
         read_text(reading, object, "stage", false, &command->stage);
}

static bool read_assign(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ASSIGN;
  return read_text(reading, object, "groupId", true, &command->account) &&
         read_text(reading, object, "role", true, &command->role) && read_nullable(reading, object, "user", &command->user);
}

static bool read_pin(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_PIN;
  return read_text(reading, object, "userId", true, &command->contact) &&
         read_nullable(reading, object, "sender", &command->sender);
}

static bool read_interaction(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_INTERACTION;
  return read_text(reading, object, "userId", true, &command->contact) &&
         read_text(reading, object, "sender", true, &command->sender);
}

static bool read_tag(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_TAG;
  return read_text(reading, object, "userId", true, &command->contact) &&
         read_text(reading, object, "persona", true, &command->persona);
}

static bool read_untag(struct reading_line *reading, const pbk_value *object, struct command *command) {
  if (!read_tag(reading, object, command)) return false;
  command->type = COMMAND_UNTAG;
  return true;
}

static bool read_suppress(struct reading_line *reading, const pbk_value *object, struct command *command) {
  bool suppressed = false;
  command->type = COMMAND_SUPPRESS;
  if (!pbk_member_of(object, "suppressed")) return pbk_wrong(reading, "suppressed", " is missing");
  if (!read_text(reading, object, "userId", true, &command->contact) ||
      !pbk_read_bool_member(reading, object, "suppressed", &suppressed))
    return false;
  command->flag = suppressed;
  return true;
}

static bool read_delete(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_DELETE;
  return read_subject(reading, object, command);
}

/* ---- control ---- */

static bool read_advance(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ADVANCE;
  if (command->to == PBK_NO_TIME) return pbk_wrong(reading, "timestamp", " is missing");
  (void)object;
  return true;
}

static bool read_playbook(struct reading_line *reading, const pbk_value *object, struct command *command) {
  return read_text(reading, object, "playbook", true, &command->playbook);
}

static bool read_activate(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ACTIVATE;
  return read_playbook(reading, object, command);
}
static bool read_pause(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_PAUSE;
  return read_playbook(reading, object, command);
}
static bool read_resume(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_RESUME;
  return read_playbook(reading, object, command);
}
static bool read_archive(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ARCHIVE;
  return read_playbook(reading, object, command) && read_mode(reading, object, &command->flag);
}
static bool read_enroll(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ENROLL;
  return read_playbook(reading, object, command) && read_subject(reading, object, command);
}
static bool read_unenroll(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_UNENROLL;
  return read_playbook(reading, object, command) && read_subject(reading, object, command);
}
static bool read_explain(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_EXPLAIN;
  return read_playbook(reading, object, command) && read_subject(reading, object, command);
}

static bool read_add_sender(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_ADD_SENDER;
  return read_text(reading, object, "sender", true, &command->sender) && read_playbook(reading, object, command) &&
         read_text(reading, object, "branch", false, &command->branch);
}
static bool read_remove_sender(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_REMOVE_SENDER;
  return read_text(reading, object, "sender", true, &command->sender) &&
         read_text(reading, object, "playbook", false, &command->playbook) &&
         read_text(reading, object, "branch", false, &command->branch) && read_mode(reading, object, &command->flag);
}

static bool read_message(struct reading_line *reading, const pbk_value *object, struct command *command) {
  return read_number(reading, object, "message", &command->number);
}
static bool read_approve(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_APPROVE;
  return read_message(reading, object, command);
}
static bool read_unapprove(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_UNAPPROVE;
  return read_message(reading, object, command);
}
static bool read_discard(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_DISCARD;
  return read_message(reading, object, command);
}
static bool read_edit(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_EDIT;
  return read_message(reading, object, command) && read_text(reading, object, "template", false, &command->template) &&
         read_text(reading, object, "note", false, &command->note);
}
static bool read_report(struct reading_line *reading, const pbk_value *object, struct command *command) {
  struct text outcome = NO_TEXT;
  command->type = COMMAND_REPORT;
  if (!read_message(reading, object, command) || !read_text(reading, object, "outcome", true, &outcome) ||
      !read_text(reading, object, "reason", false, &command->reason))
    return false;
  if (text_equal(outcome, TEXT("sent"))) command->flag = PBK_DELIVERY_SENT;
  else if (text_equal(outcome, TEXT("failed"))) command->flag = PBK_DELIVERY_FAILED;
  else return pbk_wrong(reading, "outcome", " must be \"sent\" or \"failed\"");
  return true;
}
static bool read_complete(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_COMPLETE;
  return read_number(reading, object, "task", &command->number);
}
static bool read_cancel(struct reading_line *reading, const pbk_value *object, struct command *command) {
  command->type = COMMAND_CANCEL;
  return read_number(reading, object, "task", &command->number);
}

/* ---- by type ---- */

static const struct line_type {
  const char *name;
  bool (*read)(struct reading_line *reading, const pbk_value *object, struct command *command);
} line_types[] = {
    {"track", read_track},
    {"identify", read_identify},
    {"group", read_group},
    {"page", read_page},
    {"screen", read_page},
    {"alias", read_alias},
    {"stage", read_stage},
    {"health", read_health},
    {"assign", read_assign},
    {"pin", read_pin},
    {"interaction", read_interaction},
    {"tag", read_tag},
    {"untag", read_untag},
    {"suppress", read_suppress},
    {"delete", read_delete},
    {"advance", read_advance},
    {"activate", read_activate},
    {"pause", read_pause},
    {"resume", read_resume},
    {"archive", read_archive},
    {"enroll", read_enroll},
    {"unenroll", read_unenroll},
    {"explain", read_explain},
    {"add_sender", read_add_sender},
    {"remove_sender", read_remove_sender},
    {"approve", read_approve},
    {"unapprove", read_unapprove},
    {"discard", read_discard},
    {"edit", read_edit},
    {"report", read_report},
    {"complete", read_complete},
    {"cancel", read_cancel},
};

bool pbk_read_line_command(struct reading_line *reading, const pbk_value *object, struct text type, struct command *command) {
  for (uint32_t i = 0; i < sizeof line_types / sizeof *line_types; i++)
    if (text_equal(type, text_from(line_types[i].name))) return line_types[i].read(reading, object, command);
  pbk_problem_enter(reading->problem, TEXT("type"));
  return pbk_problem_set(reading->problem, PBK_CODE_UNKNOWN_TYPE, "unknown type ", type, "");
}
