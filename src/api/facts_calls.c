/* api/facts_calls.c - <playbook/facts.h>: arguments checked, commands made. */
#include "api/call.h"
#include "base/value.h"
#include "engine/known.h"

/* Inside, maps are sorted by name: a copy of the caller's is. */
struct with_traits {
  struct command *command;
  const pbk_value *traits;
};

static pbk_status traits_body(pbk_engine *engine, void *argument) {
  struct with_traits *call = argument;
  pbk_value copy;
  pbk_arena_reset(&engine->reading);
  if (call->traits) {
    copy = pbk_value_copy(&engine->reading, call->traits);
    pbk_value_normalize(&copy);
    call->command->traits = &copy;
  }
  return pbk_submit(engine, call->command);
}

static pbk_status call_with_traits(pbk_engine *engine, const pbk_envelope *envelope, struct command *command,
                                   const pbk_value *traits) {
  pbk_status status = pbk_may_change(engine);
  if (status == PBK_OK) status = pbk_take_envelope(envelope, command);
  if (status != PBK_OK) return status;
  if (traits && (traits->kind != PBK_MAP || !pbk_fine_value(traits, 0))) return PBK_ERR_ARGUMENT;
  struct with_traits call = {command, traits};
  return pbk_change(engine, traits_body, &call);
}

pbk_status pbk_identify(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                        const pbk_value *traits) {
  struct command command = {.type = COMMAND_IDENTIFY};
  if (!TAKE_TEXTS({contact, contact_size, &command.contact})) return PBK_ERR_ARGUMENT;
  return call_with_traits(engine, envelope, &command, traits);
}

pbk_status pbk_group(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                     const char *account, size_t account_size, const pbk_value *traits) {
  struct command command = {.type = COMMAND_GROUP};
  if (!TAKE_TEXTS({contact, contact_size, &command.contact}, {account, account_size, &command.account})) return PBK_ERR_ARGUMENT;
  return call_with_traits(engine, envelope, &command, traits);
}

static pbk_status event_body(pbk_engine *engine, void *argument) {
  return pbk_submit_event(engine, argument);
}

/* Most calls by far: an event of a contact, both known, and nothing else. What is known is fine text. False: it is another
 * call, or wrong. */
static bool take_event(pbk_engine *engine, const pbk_envelope *envelope, struct text contact, struct text name,
                       struct plain_event *event) {
  struct command command = {.type = COMMAND_TRACK};
  if (contact.size == 0 || name.size == 0 || pbk_may_change(engine) != PBK_OK) return false;
  uint32_t name_number = known_event(engine, name, line_name_place(name));
  uint32_t contact_number = known_contact(&engine->facts, contact, pbk_hash_text(contact), MAP_NONE);
  if (!name_number || !contact_number || pbk_take_envelope(envelope, &command) != PBK_OK) return false;
  *event = (struct plain_event){command.received_at, command.occurred_at, contact_number - 1, name_number - 1, 0};
  return !command.message_id.bytes;
}

pbk_status pbk_track(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                     const char *account, size_t account_size, const char *event, size_t event_size,
                     const pbk_value *properties) {
  bool plain = engine && contact && event && !account && !account_size && !properties;
  if (plain && contact_size <= PBK_MAX_KEY && event_size <= PBK_MAX_KEY) {
    struct text key = {contact, (uint32_t)contact_size}, name = {event, (uint32_t)event_size};
    struct plain_event plain_event;
    if (take_event(engine, envelope, key, name, &plain_event)) return pbk_change(engine, event_body, &plain_event);
  }
  struct command command = {.type = COMMAND_TRACK};
  if (!TAKE_TEXTS({contact, contact_size, &command.contact}, {account, account_size, &command.account},
            {event, event_size, &command.event}))
    return PBK_ERR_ARGUMENT;
  return call_with_traits(engine, envelope, &command, properties);
}

pbk_status pbk_alias(pbk_engine *engine, const pbk_envelope *envelope, const char *previous, size_t previous_size,
                     const char *contact, size_t contact_size) {
  struct command command = {.type = COMMAND_ALIAS};
  if (!TAKE_TEXTS({previous, previous_size, &command.previous}, {contact, contact_size, &command.contact}))
    return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

/* Sets contact or account. */
static pbk_status take_subject(const pbk_subject *subject, struct command *command) {
  if (!subject) return PBK_ERR_ARGUMENT;
  pbk_status status = pbk_check_size(subject, sizeof *subject);
  if (status != PBK_OK) return status;
  if (subject->kind != PBK_CONTACT && subject->kind != PBK_ACCOUNT) return PBK_ERR_ARGUMENT;
  struct text *to = subject->kind == PBK_CONTACT ? &command->contact : &command->account;
  return TAKE_TEXTS({subject->key.bytes, subject->key.size, to}) && to->bytes ? PBK_OK : PBK_ERR_ARGUMENT;
}

pbk_status pbk_call_subject(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject,
                            struct command *command) {
  pbk_status status = take_subject(subject, command);
  return status == PBK_OK ? pbk_call(engine, envelope, command) : status;
}

pbk_status pbk_set_stage_and_health(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject,
                                    const char *stage, size_t stage_size, const pbk_value *health) {
  struct command command = {.type = COMMAND_STAGE_AND_HEALTH, .health = health};
  if (!TAKE_TEXTS({stage, stage_size, &command.stage}) || (health && !pbk_fine_value(health, 0))) return PBK_ERR_ARGUMENT;
  return pbk_call_subject(engine, envelope, subject, &command);
}

pbk_status pbk_assign(pbk_engine *engine, const pbk_envelope *envelope, const char *account, size_t account_size,
                      const char *role, size_t role_size, const char *user, size_t user_size) {
  struct command command = {.type = COMMAND_ASSIGN};
  if (!TAKE_TEXTS({account, account_size, &command.account}, {role, role_size, &command.role}, {user, user_size, &command.user}))
    return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

/* The calls about a contact and one more text. */
static pbk_status call_contact(pbk_engine *engine, const pbk_envelope *envelope, struct command *command, const char *contact,
                               size_t contact_size, const char *other, size_t other_size, struct text *to) {
  if (!TAKE_TEXTS({contact, contact_size, &command->contact}, {other, other_size, to})) return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, command);
}

pbk_status pbk_pin(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                   const char *sender, size_t sender_size) {
  struct command command = {.type = COMMAND_PIN};
  return call_contact(engine, envelope, &command, contact, contact_size, sender, sender_size, &command.sender);
}

pbk_status pbk_interaction(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                           const char *sender, size_t sender_size) {
  struct command command = {.type = COMMAND_INTERACTION};
  return call_contact(engine, envelope, &command, contact, contact_size, sender, sender_size, &command.sender);
}

pbk_status pbk_tag(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                   const char *persona, size_t persona_size) {
  struct command command = {.type = COMMAND_TAG};
  return call_contact(engine, envelope, &command, contact, contact_size, persona, persona_size, &command.persona);
}

pbk_status pbk_untag(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                     const char *persona, size_t persona_size) {
  struct command command = {.type = COMMAND_UNTAG};
  return call_contact(engine, envelope, &command, contact, contact_size, persona, persona_size, &command.persona);
}

pbk_status pbk_suppress(pbk_engine *engine, const pbk_envelope *envelope, const char *contact, size_t contact_size,
                        int32_t suppressed) {
  struct command command = {.type = COMMAND_SUPPRESS, .flag = suppressed != 0};
  if (!TAKE_TEXTS({contact, contact_size, &command.contact})) return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

pbk_status pbk_delete(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject) {
  struct command command = {.type = COMMAND_DELETE};
  return pbk_call_subject(engine, envelope, subject, &command);
}
