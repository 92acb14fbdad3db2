/* engine/facts_commands.c - the inputs that tell facts (SPEC E, L): checked, then applied as a cause; declared in engine.h. */
#include "engine/engine.h"

/* ---- checks ---- */

static bool check_contact(struct pbk_engine *engine, const struct command *command) {
  return pbk_command_key(engine, "userId", command->contact);
}

static bool check_object(struct pbk_engine *engine, const pbk_value *object, const char *member) {
  if (!object || object->kind == PBK_MAP) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "", text_from(member), " must be an object");
}

static inline bool has_depth(const pbk_value *value) { return value->kind == PBK_LIST || value->kind == PBK_MAP; }

/* E4: each trait is at most so deep. Properties are looked at and forgotten: any depth will do. */
static bool check_traits(struct pbk_engine *engine, const pbk_value *traits) {
  if (!check_object(engine, traits, "traits")) return false;
  for (uint32_t i = 0; traits && i < traits->size; i++)
    if (has_depth(&traits->as.members[i].value) && pbk_value_depth(&traits->as.members[i].value, PBK_MAX_DEPTH + 1) > PBK_MAX_DEPTH)
      return pbk_problem_set(&engine->problem, PBK_CODE_BAD_INPUT, "the trait ", member_name(&traits->as.members[i]),
                             " is nested deeper than 8");
  return true;
}

static bool check_identify(struct pbk_engine *engine, const struct command *command) {
  return check_contact(engine, command) && check_traits(engine, command->traits);
}

static bool check_group(struct pbk_engine *engine, const struct command *command) {
  if (command->contact.bytes && !check_contact(engine, command)) return false;
  return pbk_command_key(engine, "groupId", command->account) && check_traits(engine, command->traits);
}

static bool check_track(struct pbk_engine *engine, const struct command *command) {
  if (!command->contact.bytes && !command->account.bytes)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "userId, anonymousId or context.groupId is missing");
  if (command->contact.bytes && !check_contact(engine, command)) return false;
  if (command->account.bytes && !pbk_command_key(engine, "groupId", command->account)) return false;
  if (!command->event.bytes || command->event.size == 0)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "the event's name is missing");
  return check_object(engine, command->traits, "properties");
}

static bool check_alias(struct pbk_engine *engine, const struct command *command) {
  if (!pbk_command_key(engine, "previousId", command->previous) || !check_contact(engine, command)) return false;
  if (pbk_find_contact(&engine->facts, command->previous) == MAP_NONE)
    return pbk_unknown(engine, PBK_CODE_UNKNOWN_SUBJECT, "unknown contact ", command->previous);
  if (pbk_find_contact(&engine->facts, command->contact) == MAP_NONE) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_EXISTS, "the contact ", command->contact, " exists already");
}

static bool check_stage_and_health(struct pbk_engine *engine, const struct command *command) {
  int32_t kind;
  struct text key;
  if (!pbk_command_subject(engine, command, &kind, &key)) return false;
  if (!command->stage.bytes && !command->health)
    return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "stage or health is missing");
  if (!command->health || command->health->kind == PBK_INT || command->health->kind == PBK_DOUBLE) return true;
  return pbk_problem_at(&engine->problem, PBK_CODE_BAD_INPUT, "health must be a number");
}

static bool check_known(struct pbk_engine *engine, const struct registry *registry, const char *member, const char *unknown,
                        struct text key) {
  if (!pbk_command_key(engine, member, key)) return false;
  if (pbk_registry_find(registry, key) != MAP_NONE) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, unknown, key);
}

static bool check_assign(struct pbk_engine *engine, const struct command *command) {
  return pbk_command_key(engine, "groupId", command->account) &&
         check_known(engine, &engine->facts.roles, "role", "unknown role ", command->role) &&
         (!command->user.bytes || check_known(engine, &engine->facts.users, "user", "unknown user ", command->user));
}

static bool check_pin(struct pbk_engine *engine, const struct command *command) {
  return check_contact(engine, command) &&
         (!command->sender.bytes ||
          check_known(engine, &engine->senders.registry, "sender", "unknown sender ", command->sender));
}

static bool check_interaction(struct pbk_engine *engine, const struct command *command) {
  return check_contact(engine, command) &&
         check_known(engine, &engine->senders.registry, "sender", "unknown sender ", command->sender);
}

static bool check_tag(struct pbk_engine *engine, const struct command *command) {
  if (!check_contact(engine, command) || !pbk_command_key(engine, "persona", command->persona)) return false;
  uint32_t place = pbk_find_audience(&engine->audiences, PBK_DEFINE_PERSONA, command->persona);
  if (place == MAP_NONE) return pbk_unknown(engine, PBK_CODE_UNKNOWN_KEY, "unknown persona ", command->persona);
  if (!audience_at(&engine->audiences, place)->program) return true;
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_STATE, "the persona ", command->persona,
                         " has a condition: the host cannot tag it");
}

static bool check_delete(struct pbk_engine *engine, const struct command *command) {
  int32_t kind;
  struct text key;
  if (!pbk_command_subject(engine, command, &kind, &key)) return false;
  if (pbk_find_subject(&engine->facts, kind, key) != MAP_NONE) return true;
  return pbk_unknown(engine, PBK_CODE_UNKNOWN_SUBJECT, kind == PBK_CONTACT ? "unknown contact " : "unknown account ", key);
}

/* ---- applying ---- */

/* Whom a command is about, found or created. */
static struct contact *contact_of(struct pbk_engine *engine, const struct command *command) {
  if (command->contact_number) return contact_at(&engine->facts, command->contact_number - 1);
  return pbk_need_contact(&engine->facts, command->contact);
}
static struct account *account_of(struct pbk_engine *engine, const struct command *command) {
  if (command->account_number) return account_at(&engine->facts, command->account_number - 1);
  return pbk_need_account(&engine->facts, command->account);
}
static uint32_t name_of(struct pbk_engine *engine, const struct command *command, struct text name) {
  return command->name_number ? command->name_number - 1 : pbk_names_intern(&engine->context.names, name);
}

static void run_facts(struct pbk_engine *engine) {
  pbk_run_cause(engine, &pbk_no_happening, NULL);
}

static void apply_identify(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct contact *contact = contact_of(engine, command);
  if (command->traits) pbk_merge_traits(&engine->facts, &contact->subject, command->traits);
  run_facts(engine);
}

static void apply_group(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct account *account = account_of(engine, command);
  if (command->traits) pbk_merge_traits(&engine->facts, &account->subject, command->traits);
  if (command->contact.bytes)
    pbk_join_account(&engine->facts, contact_of(engine, command), account->subject.index);
  run_facts(engine);
}

/* Every member is set, one by one: this is done for each event. */
static inline void begin_event(struct happening *happening, const struct event_view *event) {
  happening->event = event;
  happening->contact = happening->account = happening->subject = MAP_NONE;
  happening->subject_kind = happening->health_moved = 0;
  happening->stage_before = happening->stage_after = MAP_NONE;
}

static void apply_track(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  struct facts *facts = &engine->facts;
  struct happening happening;
  uint32_t event = name_of(engine, command, command->event);
  struct event_view view = {event, occurred_at, command->traits};
  begin_event(&happening, &view);
  if (command->account.bytes) happening.account = account_of(engine, command)->subject.index;
  if (command->contact.bytes) {
    uint32_t known = facts->contacts.count;
    struct contact *contact = contact_of(engine, command);
    happening.contact = contact->subject.index;
    if (happening.contact < known) engine->tracked = (struct tracked){happening.contact + 1, event + 1};
    if (!command->account.bytes) happening.account = contact->subject.account; /* E6 */
    pbk_record_contact_event(facts, contact, happening.account, event, occurred_at);
  } else if (happening.account != MAP_NONE) {
    pbk_record_event(facts, &account_at(facts, happening.account)->subject, event, occurred_at);
  }
  pbk_run_cause(engine, &happening, NULL);
}

/* The same of a contact and its account, both known. */
void pbk_apply_event(struct pbk_engine *engine, const struct plain_event *event, pbk_time occurred_at) {
  struct contact *contact = contact_at(&engine->facts, event->contact);
  uint32_t account = contact->subject.account; /* E6 */
  pbk_record_contact_event(&engine->facts, contact, account, event->name, occurred_at);
  pbk_mark_changes(&engine->audiences);
  pbk_run_pass(&engine->audiences);
  run_exits(&engine->playbooks);
  if (first_route(&engine->playbooks, ROUTE_EVENT, event->name) != UINT32_MAX) {
    struct event_view view = {event->name, occurred_at, NULL};
    struct happening happening;
    begin_event(&happening, &view);
    happening.contact = event->contact;
    happening.account = account;
    pbk_follow_happening(&engine->playbooks, &happening);
  }
  run_membership_triggers(&engine->playbooks);
}

static void apply_alias(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  uint32_t contact = pbk_find_contact(&engine->facts, command->previous);
  pbk_rename_contact(&engine->facts, contact_at(&engine->facts, contact), command->contact);
  run_facts(engine);
}

static void apply_stage_and_health(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  int32_t kind = command->contact.bytes ? PBK_CONTACT : PBK_ACCOUNT;
  struct subject *subject = kind == PBK_CONTACT ? &contact_of(engine, command)->subject : &account_of(engine, command)->subject;
  struct happening happening = pbk_no_happening;
  happening.subject_kind = kind;
  happening.subject = subject->index;
  happening.stage_before = happening.stage_after = subject->stage;
  if (command->stage.bytes) {
    happening.stage_after = name_of(engine, command, command->stage);
    pbk_set_stage(&engine->facts, subject, happening.stage_after);
  }
  if (command->health) {
    pbk_value room;
    const pbk_value *before = subject_health(subject, &engine->facts.subjects, &room);
    bool counts = happening.stage_after == happening.stage_before && before; /* P2 */
    if (counts) happening.health_moved = pbk_compare_health(command->health, before);
    pbk_set_health(&engine->facts, subject, command->health);
  }
  pbk_run_cause(engine, &happening, NULL);
}

static void apply_assign(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct account *account = account_of(engine, command);
  uint32_t user = command->user.bytes ? pbk_registry_find(&engine->facts.users, command->user) : MAP_NONE;
  pbk_set_holder(&engine->facts, account, pbk_registry_find(&engine->facts.roles, command->role), user);
  run_facts(engine);
}

static void apply_pin(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct contact *contact = contact_of(engine, command);
  pbk_pin_sender(&engine->facts, contact,
                 command->sender.bytes ? pbk_registry_find(&engine->senders.registry, command->sender) : MAP_NONE);
  run_facts(engine);
}

static void apply_interaction(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  struct contact *contact = contact_of(engine, command);
  uint32_t sender = pbk_registry_find(&engine->senders.registry, command->sender);
  pbk_record_contact(&engine->facts, contact, sender, occurred_at);
  run_facts(engine);
}

static void apply_tag(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct contact *contact = contact_of(engine, command);
  uint32_t place = pbk_find_audience(&engine->audiences, PBK_DEFINE_PERSONA, command->persona);
  pbk_tag_contact(&engine->audiences, place, contact->subject.index, command->type == COMMAND_TAG);
  run_facts(engine);
}

static void apply_suppress(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  contact_of(engine, command)->subject.suppressed = command->flag != 0;
  run_facts(engine);
}

static void apply_delete(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  int32_t kind = command->contact.bytes ? PBK_CONTACT : PBK_ACCOUNT;
  struct text key = kind == PBK_CONTACT ? command->contact : command->account;
  struct subject *subject = pbk_subject_at(&engine->facts, kind, pbk_find_subject(&engine->facts, kind, key));
  pbk_erase_subject(&engine->facts, subject);
  pbk_run_cause(engine, &pbk_no_happening, subject);
}

struct handler pbk_facts_handler(enum command_type type) {
  static const struct handler handlers[COMMAND_COUNT] = {
    [COMMAND_IDENTIFY] = {check_identify, apply_identify},
    [COMMAND_GROUP] = {check_group, apply_group},
    [COMMAND_TRACK] = {check_track, apply_track},
    [COMMAND_ALIAS] = {check_alias, apply_alias},
    [COMMAND_STAGE_AND_HEALTH] = {check_stage_and_health, apply_stage_and_health},
    [COMMAND_ASSIGN] = {check_assign, apply_assign},
    [COMMAND_PIN] = {check_pin, apply_pin},
    [COMMAND_INTERACTION] = {check_interaction, apply_interaction},
    [COMMAND_TAG] = {check_tag, apply_tag},
    [COMMAND_UNTAG] = {check_tag, apply_tag},
    [COMMAND_SUPPRESS] = {check_contact, apply_suppress},
    [COMMAND_DELETE] = {check_delete, apply_delete},
  };
  return handlers[type];
}
