/* api/define_calls.c - <playbook/define.h>: every text and every struct's size checked, then one command. */
#include "api/call.h"
#include "base/sized.h"

static pbk_status fine(bool is) { return is ? PBK_OK : PBK_ERR_ARGUMENT; }

/* Walks an array of structs by the size of its first; each must be as large as this build knows it. */
typedef pbk_status (*check_item)(const void *item);
static pbk_status check_array(const void *array, uint32_t count, size_t known, check_item check) {
  if (count == 0) return PBK_OK;
  if (!array) return PBK_ERR_ARGUMENT;
  for (uint32_t i = 0; i < count; i++) {
    const void *item = pbk_sized_item(array, i);
    pbk_status status = pbk_check_size(item, known);
    if (status == PBK_OK) status = check(item);
    if (status != PBK_OK) return status;
  }
  return PBK_OK;
}

static pbk_status check_texts(const pbk_text *texts, uint32_t count) {
  if (count && !texts) return PBK_ERR_ARGUMENT;
  for (uint32_t i = 0; i < count; i++)
    if (!texts[i].bytes || !pbk_fine_text(texts[i])) return PBK_ERR_ARGUMENT;
  return PBK_OK;
}

static pbk_status check_trigger(const void *item) {
  const pbk_trigger *trigger = item;
  return fine(pbk_fine_text(trigger->name) && pbk_fine_text(trigger->where) && pbk_fine_text(trigger->from) &&
              pbk_fine_text(trigger->stage));
}

static pbk_status check_pool(const pbk_pool *pool) {
  if (!pool) return PBK_OK;
  pbk_status status = pbk_check_size(pool, sizeof *pool);
  return status == PBK_OK ? check_texts(pool->senders, pool->sender_count) : status;
}

static pbk_status check_branch(const void *item) {
  const pbk_branch *branch = item;
  return pbk_fine_text(branch->segment) ? check_pool(branch->senders) : PBK_ERR_ARGUMENT;
}

static pbk_status check_action(const void *item) {
  const pbk_action *action = item;
  if (!pbk_fine_text(action->title) || !pbk_fine_text(action->person.key) || !pbk_fine_text(action->template_key) ||
      !pbk_fine_text(action->send_as.key) || !pbk_fine_text(action->to.text) || !pbk_fine_text(action->channel) ||
      !pbk_fine_text(action->role) || !pbk_fine_text(action->user))
    return PBK_ERR_ARGUMENT;
  return check_texts(action->rotate, action->rotate_count);
}

static pbk_status check_step(const void *item) {
  const pbk_step *step = item;
  if (!pbk_fine_text(step->when)) return PBK_ERR_ARGUMENT;
  return check_array(step->actions, step->action_count, sizeof(pbk_action), check_action);
}

static pbk_status check_playbook(const pbk_playbook *playbook) {
  if (!pbk_fine_text(playbook->key) || !pbk_fine_text(playbook->segment) || !pbk_fine_text(playbook->when) ||
      !pbk_fine_text(playbook->exit_when))
    return PBK_ERR_ARGUMENT;
  pbk_status status = check_array(playbook->triggers, playbook->trigger_count, sizeof(pbk_trigger), check_trigger);
  if (status == PBK_OK) status = check_pool(playbook->senders);
  if (status == PBK_OK) status = check_array(playbook->branches, playbook->branch_count, sizeof(pbk_branch), check_branch);
  if (status == PBK_OK) status = check_array(playbook->steps, playbook->step_count, sizeof(pbk_step), check_step);
  return status;
}

static pbk_status check_trait(const void *item) {
  const pbk_trait *trait = item;
  return fine(trait->name.bytes && trait->type.bytes && pbk_fine_text(trait->name) && pbk_fine_text(trait->type));
}

static pbk_status check_schema(const pbk_schema *schema) {
  if (!pbk_fine_text(schema->key)) return PBK_ERR_ARGUMENT;
  return check_array(schema->traits, schema->trait_count, sizeof(pbk_trait), check_trait);
}

static size_t size_of_kind(pbk_definition_kind kind) {
  static const size_t sizes[] = {0,
                                 sizeof(pbk_settings),
                                 sizeof(pbk_channel),
                                 sizeof(pbk_template),
                                 sizeof(pbk_user),
                                 sizeof(pbk_role),
                                 sizeof(pbk_sender),
                                 sizeof(pbk_audience),
                                 sizeof(pbk_audience),
                                 sizeof(pbk_playbook),
                                 sizeof(pbk_schema)};
  return kind >= PBK_DEFINE_SETTINGS && kind <= PBK_DEFINE_SCHEMA ? sizes[kind] : 0;
}

static pbk_status check_of(pbk_definition_kind kind, const void *of) {
  switch (kind) {
  case PBK_DEFINE_SETTINGS: {
    const pbk_settings *settings = of;
    return fine(pbk_fine_text(settings->default_sender) && (settings->retry_waits || settings->retry_wait_count == 0));
  }
  case PBK_DEFINE_CHANNEL: return fine(pbk_fine_text(((const pbk_channel *)of)->key));
  case PBK_DEFINE_TEMPLATE: {
    const pbk_template *template = of;
    return fine(pbk_fine_text(template->key) && pbk_fine_text(template->channel));
  }
  case PBK_DEFINE_USER: {
    const pbk_user *user = of;
    return fine(pbk_fine_text(user->key) && pbk_fine_text(user->email));
  }
  case PBK_DEFINE_ROLE: return fine(pbk_fine_text(((const pbk_role *)of)->key));
  case PBK_DEFINE_SENDER: {
    const pbk_sender *sender = of;
    return fine(pbk_fine_text(sender->key) && pbk_fine_text(sender->user) && pbk_fine_text(sender->address));
  }
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT: {
    const pbk_audience *audience = of;
    return fine(pbk_fine_text(audience->key) && pbk_fine_text(audience->when));
  }
  case PBK_DEFINE_SCHEMA: return check_schema(of);
  default: return check_playbook(of);
  }
}

static pbk_status check_definition(const void *item) {
  const pbk_definition *definition = item;
  size_t known = size_of_kind(definition->kind);
  if (known == 0 || !pbk_fine_text(definition->key)) return PBK_ERR_ARGUMENT;
  if (definition->undefine) return PBK_OK;
  if (!definition->of) return PBK_ERR_ARGUMENT;
  pbk_status status = pbk_check_size(definition->of, known);
  return status == PBK_OK ? check_of(definition->kind, definition->of) : status;
}

/* Inside, definitions are an array of structs as this build knows them. */
struct given {
  struct command *command;
  const pbk_definition *definitions;
};

static pbk_status define_body(pbk_engine *engine, void *argument) {
  struct given *given = argument;
  uint32_t count = given->command->definition_count;
  pbk_arena_reset(&engine->reading);
  pbk_definition *definitions = pbk_arena_allocate(&engine->reading, ((size_t)count + 1) * sizeof *definitions);
  for (uint32_t i = 0; i < count; i++)
    pbk_read_sized(&definitions[i], sizeof definitions[i], pbk_sized_item(given->definitions, i));
  given->command->definitions = definitions;
  engine->in_parts = (engine->flags & PBK_DEFINE_IN_PARTS) != 0;
  pbk_status status = pbk_submit(engine, given->command);
  engine->in_parts = false;
  return status;
}

pbk_status pbk_define(pbk_engine *engine, const pbk_envelope *envelope, const pbk_definition *definitions, uint32_t count) {
  struct command command = {.type = COMMAND_DEFINE, .definition_count = count, .batch = count > 1};
  pbk_status status = check_array(definitions, count, sizeof(pbk_definition), check_definition);
  if (status == PBK_OK) status = pbk_may_change(engine);
  if (status == PBK_OK) status = pbk_take_envelope(envelope, &command);
  struct given given = {&command, definitions};
  return status == PBK_OK ? pbk_change(engine, define_body, &given) : status;
}

static pbk_status define_one(pbk_engine *engine, const pbk_envelope *envelope, pbk_definition_kind kind, const void *of) {
  pbk_definition definition = {.size = sizeof definition, .kind = kind, .of = of};
  return pbk_define(engine, envelope, &definition, 1);
}

pbk_status pbk_define_settings(pbk_engine *engine, const pbk_envelope *envelope, const pbk_settings *settings) {
  return define_one(engine, envelope, PBK_DEFINE_SETTINGS, settings);
}
pbk_status pbk_define_channel(pbk_engine *engine, const pbk_envelope *envelope, const pbk_channel *channel) {
  return define_one(engine, envelope, PBK_DEFINE_CHANNEL, channel);
}
pbk_status pbk_define_template(pbk_engine *engine, const pbk_envelope *envelope, const pbk_template *definition) {
  return define_one(engine, envelope, PBK_DEFINE_TEMPLATE, definition);
}
pbk_status pbk_define_user(pbk_engine *engine, const pbk_envelope *envelope, const pbk_user *user) {
  return define_one(engine, envelope, PBK_DEFINE_USER, user);
}
pbk_status pbk_define_role(pbk_engine *engine, const pbk_envelope *envelope, const pbk_role *role) {
  return define_one(engine, envelope, PBK_DEFINE_ROLE, role);
}
pbk_status pbk_define_sender(pbk_engine *engine, const pbk_envelope *envelope, const pbk_sender *sender) {
  return define_one(engine, envelope, PBK_DEFINE_SENDER, sender);
}
pbk_status pbk_define_persona(pbk_engine *engine, const pbk_envelope *envelope, const pbk_audience *persona) {
  return define_one(engine, envelope, PBK_DEFINE_PERSONA, persona);
}
pbk_status pbk_define_segment(pbk_engine *engine, const pbk_envelope *envelope, const pbk_audience *segment) {
  return define_one(engine, envelope, PBK_DEFINE_SEGMENT, segment);
}
pbk_status pbk_define_playbook(pbk_engine *engine, const pbk_envelope *envelope, const pbk_playbook *playbook) {
  return define_one(engine, envelope, PBK_DEFINE_PLAYBOOK, playbook);
}
pbk_status pbk_define_schema(pbk_engine *engine, const pbk_envelope *envelope, const pbk_schema *schema) {
  return define_one(engine, envelope, PBK_DEFINE_SCHEMA, schema);
}

pbk_status pbk_undefine(pbk_engine *engine, const pbk_envelope *envelope, pbk_definition_kind kind, const char *key,
                        size_t key_size) {
  pbk_definition definition = {.size = sizeof definition, .kind = kind, .undefine = 1, .key = {key, key_size}};
  return pbk_define(engine, envelope, &definition, 1);
}
