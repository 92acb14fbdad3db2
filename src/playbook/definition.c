/* playbook/definition.c - from the public definition of a playbook to a version: every check of SPEC P12, every condition compiled. */
#include "audience/vocabulary.h"
#include "base/sized.h"
#include "base/utf8.h"
#include "playbook/playbook_code.h"
#include "playbook/playbooks.h"

/* What reading one definition needs along the way. */
struct reading {
  struct playbooks *playbooks;
  struct memory *memory;
  struct problem *problem;
  struct version *version;
  const pbk_playbook *definition;
  bool restoring; /* it was accepted once: what may have changed around it since is not asked */
};

/* ---- refusing ---- */

static bool refuse(struct reading *reading, const char *message) {
  return pbk_problem_at(reading->problem, PBK_CODE_BAD_DEFINITION, message);
}
static bool refuse_name(struct reading *reading, const char *before, pbk_text name, const char *after) {
  return pbk_problem_set(reading->problem, PBK_CODE_BAD_DEFINITION, before, private_text(name), after);
}
/* The same about a member of what is being read. */
static bool refuse_member(struct reading *reading, const char *member, const char *message) {
  pbk_problem_enter(reading->problem, text_from(member));
  return refuse(reading, message);
}

bool pbk_check_key(struct problem *problem, struct text member, pbk_text key) {
  const char *wrong = NULL;
  if (!key.bytes) wrong = " is missing";
  else if (key.size == 0 || key.size > PBK_MAX_KEY) wrong = " must have 1 to 255 bytes";
  else if (!pbk_utf8_valid(private_text(key))) wrong = " is not UTF-8";
  if (!wrong) return true;
  pbk_problem_enter(problem, member);
  return pbk_problem_set(problem, PBK_CODE_BAD_DEFINITION, "", member, wrong);
}

/* ---- names ---- */

/* The place of a key in a registry, as the latest definitions have it. */
static bool read_reference(struct reading *reading, const struct registry *registry, const char *member, const char *what,
                           pbk_text key, uint32_t *place) {
  *place = key.bytes ? pbk_registry_find_latest(registry, private_text(key)) : MAP_NONE;
  if (*place != MAP_NONE) return true;
  pbk_problem_enter(reading->problem, text_from(member));
  if (!key.bytes) return pbk_problem_set(reading->problem, PBK_CODE_BAD_DEFINITION, "", text_from(member), " is missing");
  return refuse_name(reading, what, key, "");
}

static bool read_user(struct reading *reading, const char *member, pbk_text key, uint32_t *place) {
  return read_reference(reading, &reading->playbooks->facts->users, member, "unknown user ", key, place);
}
static bool read_role(struct reading *reading, const char *member, pbk_text key, uint32_t *place) {
  return read_reference(reading, &reading->playbooks->facts->roles, member, "unknown role ", key, place);
}

static bool read_audience(struct reading *reading, const char *member, pbk_definition_kind kind, pbk_text key,
                          uint32_t *place) {
  *place = pbk_find_audience_latest(reading->playbooks->audiences, kind, private_text(key));
  if (*place != MAP_NONE) return true;
  pbk_problem_enter(reading->problem, text_from(member));
  return refuse_name(reading, kind == PBK_DEFINE_PERSONA ? "unknown persona " : "unknown segment ", key, "");
}

static int32_t audience_subjects(const struct reading *reading, uint32_t place) {
  const struct audience *audience = registry_latest(&reading->playbooks->audiences->registry, place);
  return audience->of;
}

/* A segment that a filter or branch may name: of the playbook's subjects, or of a contact's account (P1). */
static bool read_asked_segment(struct reading *reading, const char *member, pbk_text key, uint32_t *place) {
  if (!read_audience(reading, member, PBK_DEFINE_SEGMENT, key, place)) return false;
  if (reading->version->subject_kind == PBK_CONTACT || audience_subjects(reading, *place) == PBK_ACCOUNT) return true;
  return refuse_member(reading, member, "a segment of contacts cannot be asked about an account");
}

static bool read_template(struct reading *reading, pbk_text key, struct text channel, uint32_t *name) {
  uint32_t place;
  const struct outbox *outbox = reading->playbooks->outbox;
  if (!read_reference(reading, &outbox->templates, "template", "unknown template ", key, &place)) return false;
  const struct template *template = registry_latest(&outbox->templates, place);
  *name = registry_name(&outbox->templates, place);
  struct text of = name_text(reading->playbooks->context, template->channel);
  if (text_equal(of, channel) || reading->restoring) return true;
  pbk_problem_enter(reading->problem, TEXT("template"));
  return pbk_problem_set(reading->problem, PBK_CODE_BAD_DEFINITION, "the template is for the channel ", of, "");
}

static uint32_t intern(struct reading *reading, pbk_text text) {
  return text.bytes ? pbk_names_intern(&reading->playbooks->context->names, private_text(text)) : MAP_NONE;
}

/* ---- conditions ---- */

static bool read_condition_of(struct reading *reading, const char *member, enum condition_use use, int32_t subject_kind,
                              pbk_text source, struct cel_program **program) {
  if (!source.bytes) return true;
  struct cel_error error = {0};
  *program =
      pbk_compile_condition(reading->playbooks->audiences, use, subject_kind, MAP_NONE, private_text(source), &error);
  return *program || pbk_refuse_condition(reading->problem, member, &error);
}

static bool read_condition(struct reading *reading, const char *member, enum condition_use use, pbk_text source,
                           struct cel_program **program) {
  return read_condition_of(reading, member, use, reading->version->subject_kind, source, program);
}

static bool read_duration(struct reading *reading, const char *member, pbk_duration duration) {
  return duration >= 0 || refuse_member(reading, member, "a duration must not be negative");
}

/* ---- triggers ---- */

static bool read_membership_trigger(struct reading *reading, const pbk_trigger *given, struct trigger *trigger) {
  bool persona = given->kind == PBK_TRIGGER_PERSONA_TAGGED || given->kind == PBK_TRIGGER_PERSONA_UNTAGGED;
  const char *member = persona ? "persona" : "segment";
  pbk_definition_kind kind = persona ? PBK_DEFINE_PERSONA : PBK_DEFINE_SEGMENT;
  if (!read_audience(reading, member, kind, given->name, &trigger->name)) return false;
  if (audience_subjects(reading, trigger->name) == reading->version->subject_kind) return true;
  return refuse_member(reading, member, "its members are not of the playbook's kind of subject");
}

static bool read_trigger(struct reading *reading, const pbk_trigger *given, struct trigger *trigger) {
  *trigger = (struct trigger){.kind = given->kind, .name = MAP_NONE, .from = MAP_NONE, .stage = MAP_NONE};
  switch (given->kind) {
  case PBK_TRIGGER_EVENT:
    if (!given->name.bytes || given->name.size == 0) return refuse_member(reading, "event", "an event's name is missing");
    trigger->name = intern(reading, given->name);
    return read_condition(reading, "where", CONDITION_WHERE, given->where, &trigger->where);
  case PBK_TRIGGER_STAGE:
    if (!given->name.bytes) return refuse_member(reading, "stage", "the stage is missing");
    trigger->name = intern(reading, given->name);
    trigger->from = intern(reading, given->from);
    return true;
  case PBK_TRIGGER_HEALTH_ROSE:
  case PBK_TRIGGER_HEALTH_FELL: trigger->stage = intern(reading, given->stage); return true;
  case PBK_TRIGGER_SEGMENT_ENTERED:
  case PBK_TRIGGER_SEGMENT_LEFT:
  case PBK_TRIGGER_PERSONA_TAGGED:
  case PBK_TRIGGER_PERSONA_UNTAGGED: return read_membership_trigger(reading, given, trigger);
  case PBK_TRIGGER_MANUAL: return true;
  default: return refuse(reading, "unknown kind of trigger");
  }
}

static bool read_triggers(struct reading *reading) {
  const pbk_playbook *given = reading->definition;
  struct version *version = reading->version;
  if (given->trigger_count == 0) return refuse_member(reading, "trigger", "a playbook needs a trigger");
  version->triggers = pbk_allocate_cleared(reading->memory, given->trigger_count * sizeof *version->triggers);
  version->trigger_count = given->trigger_count;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("trigger"));
  for (uint32_t i = 0; i < given->trigger_count; i++) {
    uint32_t list = reading->problem->path_size;
    if (given->trigger_count > 1) pbk_problem_enter_item(reading->problem, i);
    pbk_trigger trigger;
    pbk_read_sized(&trigger, sizeof trigger, pbk_sized_item(given->triggers, i));
    if (!read_trigger(reading, &trigger, &version->triggers[i])) return false;
    pbk_problem_leave(reading->problem, list);
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

/* ---- senders ---- */

static bool read_pool(struct reading *reading, const pbk_pool *given, struct branch *branch) {
  const struct senders *senders = reading->playbooks->senders;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("senders"));
  branch->sticky = given->sticky;
  if (given->sticky < PBK_STICKY_POOL || given->sticky > PBK_STICKY_OFF)
    return refuse_member(reading, "sticky", "expected \"pool\", \"any\" or \"off\"");
  uint32_t list = pbk_problem_enter(reading->problem, TEXT("pool"));
  bool active = false;
  for (uint32_t i = 0; i < given->sender_count; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i), place;
    place = pbk_registry_find_latest(&senders->registry, private_text(given->senders[i]));
    if (place == MAP_NONE) return refuse_name(reading, "unknown sender ", given->senders[i], "");
    for (uint32_t j = 0; j < branch->senders.count; j++)
      if (branch->senders.items[j] == place) return refuse_name(reading, "", given->senders[i], " is listed twice");
    array_push(reading->memory, &branch->senders, place);
    active = active || pbk_sender_active_latest(senders, place);
    pbk_problem_leave(reading->problem, item);
  }
  if (!active && !reading->restoring) return refuse(reading, "the pool has no active sender");
  pbk_problem_leave(reading->problem, list);
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_branches(struct reading *reading) {
  const pbk_playbook *given = reading->definition;
  struct version *version = reading->version;
  if (given->senders && given->branch_count > 0)
    return refuse_member(reading, "branches", "a playbook has either senders or branches");
  uint32_t count = given->senders ? 1 : given->branch_count;
  if (count == 0) return true;
  version->branches = pbk_allocate_cleared(reading->memory, count * sizeof *version->branches);
  version->branch_count = count;
  for (uint32_t i = 0; i < count; i++) version->branches[i].segment = MAP_NONE;
  if (given->senders) return read_pool(reading, given->senders, &version->branches[0]);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("branches"));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    pbk_branch branch;
    pbk_read_sized(&branch, sizeof branch, pbk_sized_item(given->branches, i));
    if (!branch.segment.bytes) return refuse_member(reading, "segment", "a branch needs a segment");
    uint32_t segment;
    if (!read_asked_segment(reading, "segment", branch.segment, &segment)) return false;
    for (uint32_t j = 0; j < i; j++)
      if (version->branches[j].segment == segment)
        return refuse_member(reading, "segment", "each branch needs a segment of its own");
    version->branches[i].segment = segment;
    if (!branch.senders) return refuse_member(reading, "senders", "a branch needs senders");
    if (!read_pool(reading, branch.senders, &version->branches[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

/* ---- actions ---- */

static bool read_person(struct reading *reading, const char *member, const pbk_person *given, struct person *person) {
  uint32_t before = pbk_problem_enter(reading->problem, text_from(member));
  *person = (struct person){given->kind, MAP_NONE};
  switch (given->kind) {
  case PBK_PERSON_USER:
    if (!read_user(reading, "user", given->key, &person->who)) return false;
    break;
  case PBK_PERSON_ROLE:
    if (!read_role(reading, "role", given->key, &person->who)) return false;
    break;
  case PBK_PERSON_PLACE:
    if (!given->key.bytes || given->key.size == 0) return refuse(reading, "the place to notify is empty");
    person->who = intern(reading, given->key);
    break;
  case PBK_NOBODY:
  case PBK_PERSON_SENDER: break;
  default: return refuse(reading, "unknown kind of person");
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool email_connected(const struct reading *reading) {
  const struct registry *channels = &reading->playbooks->outbox->channels;
  uint32_t place = pbk_registry_find_latest(channels, TEXT("email"));
  const struct channel *channel = place != MAP_NONE ? registry_latest(channels, place) : NULL;
  return reading->restoring || (channel && channel->connected);
}

static bool read_task(struct reading *reading, const pbk_action *given, struct action *action) {
  if (!given->title.bytes) return refuse_member(reading, "title", "a task needs a title");
  if (given->title.size) {
    char *copy = pbk_allocate(reading->memory, given->title.size);
    memcpy(copy, given->title.bytes, given->title.size);
    action->title = (struct text){copy, (uint32_t)given->title.size};
  }
  if (given->person.kind == PBK_PERSON_PLACE) return refuse_member(reading, "assignee", "a task is for a teammate");
  if (!read_person(reading, "assignee", &given->person, &action->person)) return false;
  action->due = given->due ? *given->due : -1;
  return !given->due || read_duration(reading, "due", *given->due);
}

static bool read_send_as(struct reading *reading, const pbk_send_as *given, struct action *action) {
  action->send_as = given->kind;
  action->fail_without = given->fail_without != 0;
  action->send_as_who = MAP_NONE;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("send_as"));
  switch (given->kind) {
  case PBK_SEND_AS_USER: {
    if (!read_user(reading, "user", given->key, &action->send_as_who)) return false;
    const struct user *user = registry_latest(&reading->playbooks->facts->users, action->send_as_who);
    if (user->licensed || reading->restoring) break;
    pbk_problem_enter(reading->problem, TEXT("user"));
    return refuse_name(reading, "the user ", given->key, " has no licence to send");
  }
  case PBK_SEND_AS_ROLE:
    if (!read_role(reading, "role", given->key, &action->send_as_who)) return false;
    break;
  case PBK_SEND_AS_POOL:
    if (reading->version->branch_count == 0) return refuse(reading, "the playbook has no pool of senders");
    break;
  case PBK_SEND_AS_DEFAULT: break;
  default: return refuse(reading, "unknown kind of sender");
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_recipients(struct reading *reading, const pbk_recipients *given, struct action *action) {
  bool account = reading->version->subject_kind == PBK_ACCOUNT;
  action->to = given->kind;
  if (account && given->kind == PBK_TO_NONE)
    return refuse_member(reading, "to", "an e-mail of an account playbook needs 'to'");
  if (!account && given->kind != PBK_TO_NONE)
    return refuse_member(reading, "to", "an e-mail of a contact playbook goes to the contact: 'to' is not allowed");
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("to"));
  switch (given->kind) {
  case PBK_TO_NONE:
  case PBK_TO_ALL: break;
  case PBK_TO_PERSONA:
    if (!read_audience(reading, "persona", PBK_DEFINE_PERSONA, given->text, &action->to_persona)) return false;
    break;
  case PBK_TO_WHEN:
    if (!given->text.bytes) return refuse_member(reading, "when", "the condition is missing");
    if (!read_condition_of(reading, "when", CONDITION_STEP, PBK_CONTACT, given->text, &action->to_when)) return false;
    break;
  default: return refuse(reading, "unknown choice of recipients");
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_policy(struct reading *reading, pbk_policy policy) {
  if (policy == PBK_POLICY_RETRY || policy == PBK_POLICY_HOLD) return true;
  return refuse_member(reading, "policy", "expected \"retry\" or \"hold\"");
}

static bool read_email(struct reading *reading, const pbk_action *given, struct action *action) {
  action->channel = pbk_names_intern(&reading->playbooks->context->names, TEXT("email"));
  action->approval = given->approval != PBK_NO;
  action->policy = given->policy;
  if (!email_connected(reading)) return refuse(reading, "no e-mail channel is connected");
  return read_template(reading, given->template_key, TEXT("email"), &action->template) &&
         read_policy(reading, given->policy) && read_send_as(reading, &given->send_as, action) &&
         read_recipients(reading, &given->to, action);
}
static bool mails_own(const struct reading *reading, const struct action *action) {
  return action->kind == PBK_ACTION_EMAIL && action->send_as == PBK_SEND_AS_POOL &&
         reading->version->subject_kind == PBK_CONTACT;
}

static bool read_assign(struct reading *reading, const pbk_action *given, struct action *action) {
  action->user = MAP_NONE;
  if (!read_role(reading, "role", given->role, &action->role)) return false;
  if (given->user.bytes && given->rotate) return refuse(reading, "expected either 'user' or 'rotate'");
  if (given->user.bytes) return read_user(reading, "user", given->user, &action->user);
  if (!given->rotate || given->rotate_count == 0) return refuse(reading, "expected 'user', or 'rotate' with at least one");
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("rotate"));
  for (uint32_t i = 0; i < given->rotate_count; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    uint32_t place = pbk_registry_find_latest(&reading->playbooks->facts->users, private_text(given->rotate[i]));
    if (place == MAP_NONE) return refuse_name(reading, "unknown user ", given->rotate[i], "");
    array_push(reading->memory, &action->rotate, place);
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_notify(struct reading *reading, const pbk_action *given, struct action *action) {
  struct text channel = given->channel.bytes ? private_text(given->channel) : TEXT("email");
  bool email = text_equal(channel, TEXT("email"));
  if (!email && !pbk_check_key(reading->problem, TEXT("channel"), given->channel)) return false;
  action->channel = pbk_names_intern(&reading->playbooks->context->names, channel);
  action->policy = given->policy;
  if (email && !email_connected(reading)) return refuse(reading, "no e-mail channel is connected");
  if (given->person.kind == PBK_NOBODY) return refuse_member(reading, "to", "whom to notify is missing");
  if (email && given->person.kind == PBK_PERSON_PLACE)
    return refuse_member(reading, "to", "an e-mail notification goes to a teammate: expected user, role or sender");
  if (!email && given->person.kind != PBK_PERSON_PLACE)
    return refuse_member(reading, "to", "a notification on this channel goes to a place on it: expected text");
  return read_person(reading, "to", &given->person, &action->person) &&
         read_template(reading, given->template_key, channel, &action->template) && read_policy(reading, given->policy);
}

static bool read_action(struct reading *reading, const pbk_action *given, struct action *action) {
  static const char *const members[] = {NULL, "task", "email", "assign", "notify"};
  action->kind = given->kind;
  if (given->kind < PBK_ACTION_TASK || given->kind > PBK_ACTION_NOTIFY) return refuse(reading, "unknown kind of action");
  uint32_t before = pbk_problem_enter(reading->problem, text_from(members[given->kind]));
  bool read = given->kind == PBK_ACTION_TASK     ? read_task(reading, given, action)
              : given->kind == PBK_ACTION_EMAIL  ? read_email(reading, given, action)
              : given->kind == PBK_ACTION_ASSIGN ? read_assign(reading, given, action)
                                                 : read_notify(reading, given, action);
  action->own_mail = mails_own(reading, action);
  pbk_problem_leave(reading->problem, before);
  return read;
}

/* ---- steps ---- */

enum { ACTIONS_MOST = 100 };

static void note_member(struct step *step) {
  uint32_t slot;
  if (!step->when || !pbk_cel_is_member(step->when, &slot, &step->member, &step->member_not)) step->member = MAP_NONE;
}

static bool read_step(struct reading *reading, const pbk_step *given, struct step *step) {
  if (!read_duration(reading, "delay", given->delay)) return false;
  step->delay = given->delay;
  step->exit_on_skip = given->exit_on_skip != 0;
  if (!read_condition(reading, "when", CONDITION_STEP, given->when, &step->when)) return false;
  note_member(step);
  if (given->action_count == 0) return refuse_member(reading, "actions", "a step needs at least one action");
  if (given->action_count > ACTIONS_MOST) return refuse_member(reading, "actions", "a step has at most 100 actions");
  step->actions = pbk_allocate_cleared(reading->memory, given->action_count * sizeof *step->actions);
  step->action_count = given->action_count;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("actions"));
  for (uint32_t i = 0; i < given->action_count; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    pbk_action action;
    pbk_read_sized(&action, sizeof action, pbk_sized_item(given->actions, i));
    if (!read_action(reading, &action, &step->actions[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_steps(struct reading *reading) {
  const pbk_playbook *given = reading->definition;
  struct version *version = reading->version;
  if (given->step_count == 0) return refuse_member(reading, "steps", "a playbook needs at least one step");
  version->steps = pbk_allocate_cleared(reading->memory, given->step_count * sizeof *version->steps);
  version->step_count = given->step_count;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("steps"));
  for (uint32_t i = 0; i < given->step_count; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    pbk_step step;
    pbk_read_sized(&step, sizeof step, pbk_sized_item(given->steps, i));
    if (!read_step(reading, &step, &version->steps[i])) return false;
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  return true;
}

/* ---- the whole ---- */

static bool reads_step_at(const struct cel_program *program) {
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    if (read.kind == CEL_READS_FIELD && read.slot == SLOT_ENROLLMENT_STEP_AT) return true;
  }
  return false;
}

static bool read_exit(struct reading *reading) {
  const pbk_playbook *given = reading->definition;
  struct version *version = reading->version;
  version->exit_on_left = given->exit_on_left != 0;
  version->keep_tasks = given->keep_tasks != 0;
  version->keep_messages = given->keep_messages != 0;
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("exit"));
  if (!read_condition(reading, "when", CONDITION_EXIT, given->exit_when, &version->exit_when)) return false;
  version->exit_reads_step = version->exit_when && reads_step_at(version->exit_when);
  pbk_problem_leave(reading->problem, before);
  return true;
}

static bool read_playbook(struct reading *reading) {
  const pbk_playbook *given = reading->definition;
  struct version *version = reading->version;
  version->starts_active = given->active != 0;
  version->reentry = given->reentry;
  version->reentry_after = given->reentry_after;
  version->window = given->approval_window ? *given->approval_window : -1;
  if (given->reentry < PBK_REENTRY_ALWAYS || given->reentry > PBK_REENTRY_AFTER)
    return refuse_member(reading, "reentry", "expected \"always\", \"once\" or {\"after\": duration}");
  if (!read_duration(reading, "reentry", given->reentry == PBK_REENTRY_AFTER ? given->reentry_after : 0)) return false;
  if (given->approval_window && !read_duration(reading, "approval_window", *given->approval_window)) return false;
  if (!read_triggers(reading)) return false;
  if (given->segment.bytes && !read_asked_segment(reading, "segment", given->segment, &version->segment)) return false;
  return read_condition(reading, "when", CONDITION_FILTER, given->when, &version->when) && read_exit(reading) &&
         read_branches(reading) && read_steps(reading);
}

static void release_program(struct memory *memory, struct cel_program *program) {
  if (program) pbk_cel_release(memory, program);
}

void pbk_release_version(struct playbooks *playbooks, struct version *version) {
  struct memory *memory = playbooks->context->memory;
  for (uint32_t i = 0; i < version->trigger_count; i++) release_program(memory, version->triggers[i].where);
  pbk_release(memory, version->triggers, version->trigger_count * sizeof *version->triggers);
  release_program(memory, version->when);
  release_program(memory, version->exit_when);
  for (uint32_t i = 0; i < version->branch_count; i++) array_release(memory, &version->branches[i].senders);
  pbk_release(memory, version->branches, version->branch_count * sizeof *version->branches);
  for (uint32_t i = 0; i < version->step_count; i++) {
    struct step *step = &version->steps[i];
    release_program(memory, step->when);
    for (uint32_t j = 0; j < step->action_count; j++) {
      struct action *action = &step->actions[j];
      release_program(memory, action->to_when);
      pbk_release(memory, (void *)(uintptr_t)action->title.bytes, action->title.size);
      array_release(memory, &action->rotate);
    }
    pbk_release(memory, step->actions, step->action_count * sizeof *step->actions);
  }
  pbk_release(memory, version->steps, version->step_count * sizeof *version->steps);
  pbk_release(memory, (void *)(uintptr_t)version->source.bytes, version->source.size);
  pbk_release(memory, version, sizeof *version);
}

void pbk_leave_version(struct playbooks *playbooks, struct version *version) {
  if (--version->references > 0) return;
  for (uint32_t i = playbooks->old.count; i-- > 0;)
    if (playbooks->old.items[i] == version) array_remove(&playbooks->old, i);
  pbk_forget_exit_reads(playbooks, version);
  pbk_release_version(playbooks, version);
}

static struct version *new_version(struct playbooks *playbooks, const pbk_playbook *definition) {
  struct version *version = pbk_allocate_cleared(playbooks->context->memory, sizeof *version);
  version->segment = MAP_NONE;
  version->subject_kind = definition->subject == PBK_ACCOUNT ? PBK_ACCOUNT : PBK_CONTACT;
  return version;
}

static struct text copy_source(struct memory *memory, const void *bytes, uint32_t size) {
  char *copy = pbk_allocate(memory, size);
  memcpy(copy, bytes, size);
  return (struct text){copy, size};
}

/* Keeps the definition with the version, as bytes. */
static void keep_source(struct memory *memory, struct version *version, const pbk_playbook *definition) {
  struct writer writer = {.memory = memory};
  struct coder coder = {.writer = &writer};
  pbk_playbook copy = *definition;
  pbk_code_playbook(&coder, &copy);
  version->source = copy_source(memory, writer.bytes, writer.size);
  pbk_writer_release(&writer);
}

uint32_t pbk_propose_playbook(struct playbooks *playbooks, const pbk_playbook *definition, struct version **proposed,
                              struct problem *problem) {
  struct memory *memory = playbooks->context->memory;
  struct text key = private_text(definition->key);
  struct version *version = new_version(playbooks, definition);
  struct reading reading = {playbooks, memory, problem, version, definition, false};
  uint32_t place = pbk_registry_find_latest(&playbooks->registry, key);
  const struct version *before = place != MAP_NONE ? registry_latest(&playbooks->registry, place) : NULL;
  bool fine = true;
  if (before && before->subject_kind != version->subject_kind)
    fine = refuse_member(&reading, "subject", "the kind of subject of a playbook cannot change");
  if (!fine || !read_playbook(&reading)) {
    pbk_release_version(playbooks, version);
    return MAP_NONE;
  }
  keep_source(memory, version, definition);
  *proposed = version;
  return pbk_registry_propose(&playbooks->registry, key, pbk_names_intern(&playbooks->context->names, key), version);
}

struct version *pbk_restore_version(struct playbooks *playbooks, struct text source, struct arena *arena) {
  struct reader reader = {(const unsigned char *)source.bytes, (const unsigned char *)source.bytes + source.size, false};
  struct coder coder = {.reader = &reader, .arena = arena, .memory = playbooks->context->memory};
  pbk_playbook definition = {.size = sizeof definition};
  struct problem problem;
  pbk_problem_clear(&problem);
  pbk_code_playbook(&coder, &definition);
  if (reader.failed || reader.at != reader.end) return NULL;
  struct version *version = new_version(playbooks, &definition);
  struct reading reading = {playbooks, playbooks->context->memory, &problem, version, &definition, true};
  playbooks->audiences->restoring = true;
  bool fine = read_playbook(&reading);
  playbooks->audiences->restoring = false;
  if (!fine) {
    pbk_release_version(playbooks, version);
    return NULL;
  }
  version->source = copy_source(playbooks->context->memory, source.bytes, source.size);
  return version;
}

/* ---- what a version names ---- */

static bool action_names(const struct action *action, enum named_kind kind, uint32_t place, uint32_t name) {
  bool message = action->kind == PBK_ACTION_EMAIL || action->kind == PBK_ACTION_NOTIFY;
  switch (kind) {
  case NAMED_USER:
    if (action->kind == PBK_ACTION_EMAIL) return action->send_as == PBK_SEND_AS_USER && action->send_as_who == place;
    if (action->kind != PBK_ACTION_ASSIGN) return action->person.kind == PBK_PERSON_USER && action->person.who == place;
    for (uint32_t i = 0; i < action->rotate.count; i++)
      if (action->rotate.items[i] == place) return true;
    return action->user == place;
  case NAMED_ROLE:
    if (action->kind == PBK_ACTION_EMAIL) return action->send_as == PBK_SEND_AS_ROLE && action->send_as_who == place;
    if (action->kind == PBK_ACTION_ASSIGN) return action->role == place;
    return action->person.kind == PBK_PERSON_ROLE && action->person.who == place;
  case NAMED_AUDIENCE:
    if (action->kind != PBK_ACTION_EMAIL) return false;
    return (action->to == PBK_TO_PERSONA && action->to_persona == place) || pbk_program_names(action->to_when, place);
  case NAMED_TEMPLATE: return message && action->template == name;
  default: return false;
  }
}

static bool audience_in_version(const struct version *version, uint32_t place) {
  for (uint32_t i = 0; i < version->trigger_count; i++) {
    const struct trigger *trigger = &version->triggers[i];
    bool membership = trigger->kind >= PBK_TRIGGER_SEGMENT_ENTERED && trigger->kind <= PBK_TRIGGER_PERSONA_UNTAGGED;
    if ((membership && trigger->name == place) || pbk_program_names(trigger->where, place)) return true;
  }
  for (uint32_t i = 0; i < version->branch_count; i++)
    if (version->branches[i].segment == place) return true;
  for (uint32_t i = 0; i < version->step_count; i++)
    if (pbk_program_names(version->steps[i].when, place)) return true;
  return version->segment == place || pbk_program_names(version->when, place) ||
         pbk_program_names(version->exit_when, place);
}

static bool version_names(const struct version *version, enum named_kind kind, uint32_t place, uint32_t name) {
  if (kind == NAMED_AUDIENCE && audience_in_version(version, place)) return true;
  for (uint32_t i = 0; i < version->step_count; i++)
    for (uint32_t j = 0; j < version->steps[i].action_count; j++)
      if (action_names(&version->steps[i].actions[j], kind, place, name)) return true;
  return false;
}

static bool lists_sender(const struct version *version, uint32_t sender) {
  for (uint32_t i = 0; i < version->branch_count; i++)
    for (uint32_t j = 0; j < version->branches[i].senders.count; j++)
      if (version->branches[i].senders.items[j] == sender) return true;
  return false;
}

/* A sender is named by the pools as they are now, or by a list that is about to replace them. */
static bool sender_named(const struct playbooks *playbooks, uint32_t place, uint32_t sender) {
  const struct version *proposed = playbooks->registry.entries.items[place].proposed;
  if (proposed) return lists_sender(proposed, sender);
  const struct playbook *playbook = &playbooks->states.items[place];
  for (uint32_t i = 0; i < playbook->pools.count; i++)
    if (pbk_pool_has(&playbook->pools.items[i].pool, sender)) return true;
  return false;
}

static bool names(const struct version *version, enum named_kind kind, uint32_t place, uint32_t name) {
  return kind == NAMED_SENDER ? lists_sender(version, place) : version_names(version, kind, place, name);
}

bool pbk_playbooks_name(const struct playbooks *playbooks, enum named_kind kind, uint32_t place, uint32_t name) {
  for (uint32_t i = 0; i < playbooks->registry.entries.count; i++) {
    const struct version *latest = registry_latest(&playbooks->registry, i), *current = version_at(playbooks, i);
    if (latest && (kind == NAMED_SENDER ? sender_named(playbooks, i, place) : names(latest, kind, place, name))) return true;
    bool entered = current && current->references > 1; /* by running enrollments */
    if (entered && names(current, kind, place, name)) return true;
  }
  for (uint32_t i = 0; i < playbooks->old.count; i++)
    if (names(playbooks->old.items[i], kind, place, name)) return true;
  return false;
}
