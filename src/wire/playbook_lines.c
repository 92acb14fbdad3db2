/* wire/playbook_lines.c - see playbook_lines.h. */
#include "wire/playbook_lines.h"

static void *cleared(struct reading_line *reading, size_t size) {
  void *memory = pbk_arena_allocate(reading->arena, size);
  memset(memory, 0, size);
  return memory;
}

/* ---- triggers ---- */

static bool read_on(struct reading_line *reading, const pbk_value *object, const char *began, const char *ended, bool *end) {
  pbk_text on = {began, strlen(began)};
  if (!pbk_read_text_member(reading, object, "on", &on)) return false;
  *end = pbk_text_is(on, ended);
  if (*end || pbk_text_is(on, began)) return true;
  return pbk_wrong(reading, "on", began[0] == 'e' ? " must be \"entered\" or \"left\"" : " must be \"tagged\" or \"untagged\"");
}

static bool read_health_trigger(struct reading_line *reading, const pbk_value *object, pbk_trigger *trigger) {
  pbk_text moved = {NULL, 0};
  if (!ONLY_MEMBERS(reading, object, "health", "stage") || !pbk_read_text_member(reading, object, "health", &moved) ||
      !pbk_read_text_member(reading, object, "stage", &trigger->stage))
    return false;
  trigger->kind = pbk_text_is(moved, "declined") ? PBK_TRIGGER_HEALTH_FELL : PBK_TRIGGER_HEALTH_ROSE;
  if (pbk_text_is(moved, "progressed") || pbk_text_is(moved, "declined")) return true;
  return pbk_wrong(reading, "health", " must be \"progressed\" or \"declined\"");
}

static bool read_membership_trigger(struct reading_line *reading, const pbk_value *object, bool persona,
                                    pbk_trigger *trigger) {
  bool end;
  if (persona) {
    if (!ONLY_MEMBERS(reading, object, "persona", "on") ||
        !pbk_read_text_member(reading, object, "persona", &trigger->name) ||
        !read_on(reading, object, "tagged", "untagged", &end))
      return false;
    trigger->kind = end ? PBK_TRIGGER_PERSONA_UNTAGGED : PBK_TRIGGER_PERSONA_TAGGED;
    return true;
  }
  if (!ONLY_MEMBERS(reading, object, "segment", "on") || !pbk_read_text_member(reading, object, "segment", &trigger->name) ||
      !read_on(reading, object, "entered", "left", &end))
    return false;
  trigger->kind = end ? PBK_TRIGGER_SEGMENT_LEFT : PBK_TRIGGER_SEGMENT_ENTERED;
  return true;
}

static bool read_manual_trigger(struct reading_line *reading, const pbk_value *object, pbk_trigger *trigger) {
  bool manual = false;
  trigger->kind = PBK_TRIGGER_MANUAL;
  if (!ONLY_MEMBERS(reading, object, "manual") || !pbk_read_bool_member(reading, object, "manual", &manual)) return false;
  return manual || pbk_wrong(reading, "manual", " must be true");
}

static bool read_trigger(struct reading_line *reading, const pbk_value *object, pbk_trigger *trigger) {
  trigger->size = sizeof *trigger;
  if (object->kind != PBK_MAP) return pbk_wrong(reading, NULL, "a trigger must be an object");
  if (pbk_member_of(object, "event")) {
    trigger->kind = PBK_TRIGGER_EVENT;
    return ONLY_MEMBERS(reading, object, "event", "where") && pbk_read_text_member(reading, object, "event", &trigger->name) &&
           pbk_read_text_member(reading, object, "where", &trigger->where);
  }
  if (pbk_member_of(object, "health")) return read_health_trigger(reading, object, trigger);
  if (pbk_member_of(object, "segment")) return read_membership_trigger(reading, object, false, trigger);
  if (pbk_member_of(object, "persona")) return read_membership_trigger(reading, object, true, trigger);
  if (pbk_member_of(object, "manual")) return read_manual_trigger(reading, object, trigger);
  if (pbk_member_of(object, "stage")) {
    trigger->kind = PBK_TRIGGER_STAGE;
    return ONLY_MEMBERS(reading, object, "stage", "from") && pbk_read_text_member(reading, object, "stage", &trigger->name) &&
           pbk_read_text_member(reading, object, "from", &trigger->from);
  }
  if (!ONLY_MEMBERS(reading, object, "event")) return false; /* tells what is unknown */
  return pbk_wrong(reading, NULL, "a trigger names an event, stage, health, segment, persona or manual");
}

static bool read_triggers(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  const pbk_value *value = pbk_member_of(object, "trigger");
  if (!value) return true;
  bool list = value->kind == PBK_LIST;
  uint32_t count = list ? value->size : 1;
  pbk_trigger *triggers = cleared(reading, ((size_t)count + 1) * sizeof *triggers);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("trigger"));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t item = reading->problem->path_size;
    if (list) pbk_problem_enter_item(reading->problem, i);
    if (!read_trigger(reading, list ? &value->as.items[i] : value, &triggers[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  playbook->triggers = triggers;
  playbook->trigger_count = count;
  return true;
}

/* ---- senders ---- */

static bool read_pool(struct reading_line *reading, const pbk_value *object, const pbk_pool **to) {
  const pbk_value *value = NULL;
  if (!pbk_read_object_member(reading, object, "senders", &value)) return false;
  if (!value) return true;
  pbk_pool *pool = cleared(reading, sizeof *pool);
  pbk_text sticky = {"pool", 4};
  pool->size = sizeof *pool;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("senders"));
  if (!ONLY_MEMBERS(reading, value, "pool", "sticky") ||
      !pbk_read_texts_member(reading, value, "pool", &pool->senders, &pool->sender_count) ||
      !pbk_read_text_member(reading, value, "sticky", &sticky))
    return false;
  if (pbk_text_is(sticky, "pool")) pool->sticky = PBK_STICKY_POOL;
  else if (pbk_text_is(sticky, "any")) pool->sticky = PBK_STICKY_ANY;
  else if (pbk_text_is(sticky, "off")) pool->sticky = PBK_STICKY_OFF;
  else return pbk_wrong(reading, "sticky", " must be \"pool\", \"any\" or \"off\"");
  if (!pool->senders) return pbk_wrong(reading, "pool", " is missing");
  pbk_problem_leave(reading->problem, before);
  *to = pool;
  return true;
}

static bool read_branches(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  const pbk_value *list = NULL;
  if (!pbk_read_list_member(reading, object, "branches", &list)) return false;
  if (!list) return true;
  if (list->size == 0) return pbk_wrong(reading, "branches", " must not be empty");
  pbk_branch *branches = cleared(reading, list->size * sizeof *branches);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("branches"));
  for (uint32_t i = 0; i < list->size; i++) {
    const pbk_value *value = &list->as.items[i];
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    branches[i].size = sizeof branches[i];
    if (value->kind != PBK_MAP) return pbk_wrong(reading, NULL, "a branch must be an object");
    if (!ONLY_MEMBERS(reading, value, "segment", "senders") ||
        !pbk_read_text_member(reading, value, "segment", &branches[i].segment) ||
        !read_pool(reading, value, &branches[i].senders))
      return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  playbook->branches = branches;
  playbook->branch_count = list->size;
  return true;
}

/* ---- actions ---- */

/* {"user":…}, {"role":…} or {"sender":true}; where `place` allows it, text. */
static bool read_person(struct reading_line *reading, const pbk_value *object, const char *name, bool place,
                        pbk_person *person) {
  const pbk_value *value = pbk_member_of(object, name);
  person->size = sizeof *person;
  if (!value) return true;
  if (place && value->kind == PBK_STRING) {
    person->kind = PBK_PERSON_PLACE;
    return pbk_read_text_member(reading, object, name, &person->key);
  }
  uint32_t before = pbk_problem_enter(reading->problem, text_from(name));
  if (value->kind != PBK_MAP) return pbk_wrong(reading, NULL, "expected {\"user\":…}, {\"role\":…} or {\"sender\":true}");
  if (!ONLY_MEMBERS(reading, value, "user", "role", "sender")) return false;
  if (value->size != 1) return pbk_wrong(reading, NULL, "expected one of user, role and sender");
  bool sender = true;
  if (!pbk_read_bool_member(reading, value, "sender", &sender)) return false;
  if (!sender) return pbk_wrong(reading, "sender", " must be true");
  person->kind = pbk_member_of(value, "user")   ? PBK_PERSON_USER
                 : pbk_member_of(value, "role") ? PBK_PERSON_ROLE
                                                : PBK_PERSON_SENDER;
  if (!pbk_read_text_member(reading, value, "user", &person->key) ||
      !pbk_read_text_member(reading, value, "role", &person->key))
    return false;
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_task(struct reading_line *reading, const pbk_value *value, pbk_action *action) {
  return ONLY_MEMBERS(reading, value, "title", "assignee", "due") &&
         pbk_read_text_member(reading, value, "title", &action->title) &&
         read_person(reading, value, "assignee", false, &action->person) &&
         pbk_read_duration_member(reading, value, "due", &action->due);
}

static bool read_policy(struct reading_line *reading, const pbk_value *value, pbk_policy *policy) {
  pbk_text text = {"retry", 5};
  if (!pbk_read_text_member(reading, value, "policy", &text)) return false;
  *policy = pbk_text_is(text, "hold") ? PBK_POLICY_HOLD : PBK_POLICY_RETRY;
  if (pbk_text_is(text, "hold") || pbk_text_is(text, "retry")) return true;
  return pbk_wrong(reading, "policy", " must be \"retry\" or \"hold\"");
}

static bool read_fallback(struct reading_line *reading, const pbk_value *value, pbk_send_as *send_as) {
  pbk_text fallback = {"default", 7};
  if (!pbk_read_text_member(reading, value, "fallback", &fallback)) return false;
  send_as->fail_without = pbk_text_is(fallback, "fail");
  if (pbk_text_is(fallback, "fail") || pbk_text_is(fallback, "default")) return true;
  return pbk_wrong(reading, "fallback", " must be \"fail\" or \"default\"");
}

static bool read_send_as(struct reading_line *reading, const pbk_value *object, pbk_send_as *send_as) {
  const pbk_value *value = pbk_member_of(object, "send_as");
  send_as->size = sizeof *send_as;
  if (!value) return true;
  if (value->kind == PBK_STRING) {
    pbk_text text = {value->as.text, value->size};
    send_as->kind = pbk_text_is(text, "pool") ? PBK_SEND_AS_POOL : PBK_SEND_AS_DEFAULT;
    if (pbk_text_is(text, "pool") || pbk_text_is(text, "default")) return true;
  }
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("send_as"));
  if (value->kind != PBK_MAP)
    return pbk_wrong(reading, NULL, "expected \"default\", \"pool\", {\"user\":…} or {\"role\":…}");
  if (!ONLY_MEMBERS(reading, value, "user", "role", "fallback")) return false;
  bool user = pbk_member_of(value, "user") != NULL, role = pbk_member_of(value, "role") != NULL;
  if (user == role) return pbk_wrong(reading, NULL, "expected either user or role");
  send_as->kind = user ? PBK_SEND_AS_USER : PBK_SEND_AS_ROLE;
  if (!pbk_read_text_member(reading, value, "user", &send_as->key) ||
      !pbk_read_text_member(reading, value, "role", &send_as->key) || !read_fallback(reading, value, send_as))
    return false;
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_recipients(struct reading_line *reading, const pbk_value *object, pbk_recipients *to) {
  const pbk_value *value = pbk_member_of(object, "to");
  to->size = sizeof *to;
  if (!value) return true;
  if (value->kind == PBK_STRING && pbk_text_is((pbk_text){value->as.text, value->size}, "all")) {
    to->kind = PBK_TO_ALL;
    return true;
  }
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("to"));
  if (value->kind != PBK_MAP) return pbk_wrong(reading, NULL, "expected \"all\", {\"persona\":…} or {\"when\":…}");
  if (!ONLY_MEMBERS(reading, value, "persona", "when")) return false;
  if (value->size != 1) return pbk_wrong(reading, NULL, "expected either persona or when");
  to->kind = pbk_member_of(value, "persona") ? PBK_TO_PERSONA : PBK_TO_WHEN;
  if (!pbk_read_text_member(reading, value, "persona", &to->text) || !pbk_read_text_member(reading, value, "when", &to->text))
    return false;
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_email(struct reading_line *reading, const pbk_value *value, pbk_action *action) {
  bool approval = true;
  if (!ONLY_MEMBERS(reading, value, "template", "approval", "send_as", "to", "policy") ||
      !pbk_read_text_member(reading, value, "template", &action->template_key) ||
      !pbk_read_bool_member(reading, value, "approval", &approval) || !read_send_as(reading, value, &action->send_as) ||
      !read_recipients(reading, value, &action->to) || !read_policy(reading, value, &action->policy))
    return false;
  action->approval = approval ? PBK_YES : PBK_NO;
  return true;
}

static bool read_assign(struct reading_line *reading, const pbk_value *value, pbk_action *action) {
  return ONLY_MEMBERS(reading, value, "role", "user", "rotate") &&
         pbk_read_text_member(reading, value, "role", &action->role) &&
         pbk_read_text_member(reading, value, "user", &action->user) &&
         pbk_read_texts_member(reading, value, "rotate", &action->rotate, &action->rotate_count);
}

static bool read_notify(struct reading_line *reading, const pbk_value *value, pbk_action *action) {
  return ONLY_MEMBERS(reading, value, "channel", "to", "template", "policy") &&
         pbk_read_text_member(reading, value, "channel", &action->channel) &&
         read_person(reading, value, "to", true, &action->person) &&
         pbk_read_text_member(reading, value, "template", &action->template_key) &&
         read_policy(reading, value, &action->policy);
}

static bool read_action(struct reading_line *reading, const pbk_value *object, pbk_action *action) {
  static const char *const names[] = {NULL, "task", "email", "assign", "notify"};
  action->size = sizeof *action;
  if (object->kind != PBK_MAP) return pbk_wrong(reading, NULL, "an action must be an object");
  if (!ONLY_MEMBERS(reading, object, "task", "email", "assign", "notify")) return false;
  if (object->size != 1) return pbk_wrong(reading, NULL, "an action is one of task, email, assign and notify");
  for (action->kind = PBK_ACTION_TASK; !pbk_member_of(object, names[action->kind]);) action->kind++;
  const pbk_value *value = NULL;
  if (!pbk_read_object_member(reading, object, names[action->kind], &value)) return false;
  uint32_t before = pbk_problem_enter(reading->problem, text_from(names[action->kind]));
  bool read = action->kind == PBK_ACTION_TASK     ? read_task(reading, value, action)
              : action->kind == PBK_ACTION_EMAIL  ? read_email(reading, value, action)
              : action->kind == PBK_ACTION_ASSIGN ? read_assign(reading, value, action)
                                                  : read_notify(reading, value, action);
  pbk_problem_leave(reading->problem, before);
  return read;
}

/* ---- steps ---- */

static bool read_actions(struct reading_line *reading, const pbk_value *object, pbk_step *step) {
  const pbk_value *list = NULL;
  if (!pbk_read_list_member(reading, object, "actions", &list)) return false;
  if (!list) return true;
  pbk_action *actions = cleared(reading, ((size_t)list->size + 1) * sizeof *actions);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("actions"));
  for (uint32_t i = 0; i < list->size; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    if (!read_action(reading, &list->as.items[i], &actions[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  step->actions = actions;
  step->action_count = list->size;
  return true;
}

static bool read_step(struct reading_line *reading, const pbk_value *object, pbk_step *step) {
  const pbk_duration *delay = NULL;
  pbk_text on_skip = {"continue", 8};
  step->size = sizeof *step;
  if (object->kind != PBK_MAP) return pbk_wrong(reading, NULL, "a step must be an object");
  if (!ONLY_MEMBERS(reading, object, "delay", "when", "on_skip", "actions") ||
      !pbk_read_duration_member(reading, object, "delay", &delay) ||
      !pbk_read_text_member(reading, object, "when", &step->when) ||
      !pbk_read_text_member(reading, object, "on_skip", &on_skip))
    return false;
  step->delay = delay ? *delay : 0;
  step->exit_on_skip = pbk_text_is(on_skip, "exit");
  if (!step->exit_on_skip && !pbk_text_is(on_skip, "continue"))
    return pbk_wrong(reading, "on_skip", " must be \"exit\" or \"continue\"");
  return read_actions(reading, object, step);
}

static bool read_steps(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  const pbk_value *list = NULL;
  if (!pbk_read_list_member(reading, object, "steps", &list)) return false;
  if (!list) return true;
  pbk_step *steps = cleared(reading, ((size_t)list->size + 1) * sizeof *steps);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("steps"));
  for (uint32_t i = 0; i < list->size; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    if (!read_step(reading, &list->as.items[i], &steps[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  playbook->steps = steps;
  playbook->step_count = list->size;
  return true;
}

/* ---- the whole ---- */

static bool read_reentry(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  const pbk_value *value = pbk_member_of(object, "reentry");
  if (!value) return true;
  if (value->kind == PBK_STRING) {
    pbk_text text = {value->as.text, value->size};
    playbook->reentry = pbk_text_is(text, "once") ? PBK_REENTRY_ONCE : PBK_REENTRY_ALWAYS;
    if (pbk_text_is(text, "once") || pbk_text_is(text, "always")) return true;
  }
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("reentry"));
  if (value->kind != PBK_MAP) return pbk_wrong(reading, NULL, "expected \"always\", \"once\" or {\"after\": duration}");
  const pbk_duration *after = NULL;
  if (!ONLY_MEMBERS(reading, value, "after") || !pbk_read_duration_member(reading, value, "after", &after)) return false;
  if (!after) return pbk_wrong(reading, "after", " is missing");
  pbk_problem_leave(reading->problem, before);
  playbook->reentry = PBK_REENTRY_AFTER;
  playbook->reentry_after = *after;
  return true;
}

static bool read_exit(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  const pbk_value *value = NULL;
  if (!pbk_read_object_member(reading, object, "exit", &value)) return false;
  if (!value) return true;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("exit"));
  bool on_left = false;
  const pbk_text *keep = NULL;
  uint32_t keep_count = 0;
  if (!ONLY_MEMBERS(reading, value, "when", "on_left", "keep") ||
      !pbk_read_text_member(reading, value, "when", &playbook->exit_when) ||
      !pbk_read_bool_member(reading, value, "on_left", &on_left) ||
      !pbk_read_texts_member(reading, value, "keep", &keep, &keep_count))
    return false;
  playbook->exit_on_left = on_left;
  for (uint32_t i = 0; i < keep_count; i++) {
    if (pbk_text_is(keep[i], "tasks")) playbook->keep_tasks = 1;
    else if (pbk_text_is(keep[i], "messages")) playbook->keep_messages = 1;
    else return pbk_wrong(reading, "keep", " may hold \"tasks\" and \"messages\"");
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

bool pbk_read_playbook(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook) {
  bool active = false;
  playbook->size = sizeof *playbook;
  if (!ONLY_MEMBERS(reading, object, "type", "messageId", "timestamp", "receivedAt", "kind", "key", "subject", "active",
                    "trigger", "segment", "when", "reentry", "exit", "approval_window", "senders", "branches", "steps") ||
      !pbk_read_text_member(reading, object, "key", &playbook->key) ||
      !pbk_read_subject_kind(reading, object, "subject", &playbook->subject) ||
      !pbk_read_bool_member(reading, object, "active", &active) || !read_triggers(reading, object, playbook) ||
      !pbk_read_text_member(reading, object, "segment", &playbook->segment) ||
      !pbk_read_text_member(reading, object, "when", &playbook->when) || !read_reentry(reading, object, playbook) ||
      !read_exit(reading, object, playbook) ||
      !pbk_read_duration_member(reading, object, "approval_window", &playbook->approval_window) ||
      !read_pool(reading, object, &playbook->senders) || !read_branches(reading, object, playbook))
    return false;
  playbook->active = active;
  return read_steps(reading, object, playbook);
}
