/* engine/define.c - definitions: all of a command or none; checked and proposed first, then installed in order (SPEC L, P12); see
 * engine.h. */
#include "engine/engine.h"

#include "audience/schema.h"
#include "base/sized.h"

/* One definition between check and install: where it goes, and what goes there. */
struct prepared {
  pbk_definition_kind kind;
  uint32_t place; /* MAP_NONE: settings */
  void *object;   /* NULL: undefined */
  bool undefine;
  uint32_t version; /* of a playbook, as it is told */
};

static const char *const kind_names[] = {NULL,     "settings", "channel", "template", "user",  "role",
                                         "sender", "persona",  "segment", "playbook", "schema"};
enum { FIRST_OF_REGISTRY = PBK_DEFINE_CHANNEL, LAST_OF_REGISTRY = PBK_DEFINE_SCHEMA };

static bool refuse(struct pbk_engine *engine, const char *member, const char *message) {
  if (member) pbk_problem_enter(&engine->problem, text_from(member));
  return pbk_problem_at(&engine->problem, PBK_CODE_BAD_DEFINITION, message);
}

static bool refuse_unknown(struct pbk_engine *engine, const char *member, const char *what, pbk_text key) {
  pbk_problem_enter(&engine->problem, text_from(member));
  return pbk_problem_set(&engine->problem, PBK_CODE_BAD_DEFINITION, what, private_text(key), "");
}

static struct registry *registry_of(struct pbk_engine *engine, pbk_definition_kind kind) {
  switch (kind) {
  case PBK_DEFINE_CHANNEL: return &engine->outbox.channels;
  case PBK_DEFINE_TEMPLATE: return &engine->outbox.templates;
  case PBK_DEFINE_USER: return &engine->facts.users;
  case PBK_DEFINE_ROLE: return &engine->facts.roles;
  case PBK_DEFINE_SENDER: return &engine->senders.registry;
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT: return &engine->audiences.registry;
  case PBK_DEFINE_SCHEMA: return &engine->audiences.schemas;
  default: return &engine->playbooks.registry;
  }
}

static uint32_t find_latest(struct pbk_engine *engine, pbk_definition_kind kind, struct text key) {
  if (kind == PBK_DEFINE_PERSONA || kind == PBK_DEFINE_SEGMENT) return pbk_find_audience_latest(&engine->audiences, kind, key);
  return pbk_registry_find_latest(registry_of(engine, kind), key);
}

/* ---- preparing ---- */

static struct text copy_public(struct pbk_engine *engine, pbk_text text) {
  if (!text.bytes || text.size == 0) return NO_TEXT;
  char *copy = pbk_allocate(&engine->memory, text.size);
  memcpy(copy, text.bytes, text.size);
  return (struct text){copy, (uint32_t)text.size};
}

static bool propose(struct pbk_engine *engine, struct prepared *prepared, pbk_text key, void *object) {
  struct text text = private_text(key);
  prepared->object = object;
  prepared->place = pbk_registry_propose(registry_of(engine, prepared->kind), text,
                                         pbk_names_intern(&engine->context.names, text), object);
  return true;
}

static bool check_settings(struct pbk_engine *engine, const pbk_settings *settings) {
  if (settings->default_sender.bytes) {
    uint32_t sender = pbk_registry_find_latest(&engine->senders.registry, private_text(settings->default_sender));
    if (sender == MAP_NONE) return refuse_unknown(engine, "default_sender", "unknown sender ", settings->default_sender);
    engine->senders.latest_default_sender = sender;
  }
  if (settings->approval_window && *settings->approval_window < 0)
    return refuse(engine, "approval_window", "a duration must not be negative");
  if (settings->dedupe_window && *settings->dedupe_window < 0)
    return refuse(engine, "dedupe_window", "a duration must not be negative");
  if (settings->retry_waits && settings->retry_wait_count > RETRY_WAITS_MOST)
    return refuse(engine, "retry_waits", "at most 100 waits");
  for (uint32_t i = 0; settings->retry_waits && i < settings->retry_wait_count; i++)
    if (settings->retry_waits[i] < 0) return refuse(engine, "retry_waits", "a duration must not be negative");
  return true;
}

static bool prepare_channel(struct pbk_engine *engine, const pbk_channel *given, struct prepared *prepared) {
  struct channel *channel = pbk_allocate(&engine->memory, sizeof *channel);
  channel->connected = given->connected != PBK_NO;
  return propose(engine, prepared, given->key, channel);
}

static bool prepare_template(struct pbk_engine *engine, const pbk_template *given, struct prepared *prepared) {
  if (given->channel.bytes && !pbk_check_key(&engine->problem, TEXT("channel"), given->channel)) return false;
  struct text channel = given->channel.bytes ? private_text(given->channel) : TEXT("email");
  struct template *template = pbk_allocate(&engine->memory, sizeof *template);
  template->channel = pbk_names_intern(&engine->context.names, channel);
  return propose(engine, prepared, given->key, template);
}

static bool prepare_user(struct pbk_engine *engine, const pbk_user *given, struct prepared *prepared) {
  struct user *user = pbk_allocate(&engine->memory, sizeof *user);
  *user = (struct user){given->licensed != PBK_NO, copy_public(engine, given->email)};
  return propose(engine, prepared, given->key, user);
}

static bool prepare_role(struct pbk_engine *engine, const pbk_role *given, struct prepared *prepared) {
  return propose(engine, prepared, given->key, pbk_allocate_cleared(&engine->memory, sizeof(struct role)));
}

static bool prepare_sender(struct pbk_engine *engine, const pbk_sender *given, struct prepared *prepared) {
  uint32_t user = MAP_NONE;
  if (given->user.bytes) {
    user = pbk_registry_find_latest(&engine->facts.users, private_text(given->user));
    if (user == MAP_NONE) return refuse_unknown(engine, "user", "unknown user ", given->user);
  }
  struct sender *sender = pbk_allocate(&engine->memory, sizeof *sender);
  *sender = (struct sender){user, copy_public(engine, given->address), SENDER_KEPT};
  return propose(engine, prepared, given->key, sender);
}

static bool prepare_audience(struct pbk_engine *engine, const pbk_audience *given, struct prepared *prepared) {
  struct audience *audience = NULL;
  prepared->place = pbk_propose_audience(&engine->audiences, prepared->kind, given, &audience, &engine->problem);
  prepared->object = audience;
  return audience != NULL;
}

static bool prepare_schema(struct pbk_engine *engine, const pbk_schema *given, struct prepared *prepared) {
  struct schema *schema = pbk_schema_create(&engine->memory, given, &engine->problem);
  return schema && propose(engine, prepared, given->key, schema);
}

static bool prepare_playbook(struct pbk_engine *engine, const pbk_playbook *given, struct prepared *prepared) {
  struct version *version = NULL;
  prepared->place = pbk_propose_playbook(&engine->playbooks, given, &version, &engine->problem);
  prepared->object = version;
  return version != NULL;
}

/* ---- undefining ---- */

static bool named_by_sender(struct pbk_engine *engine, uint32_t user) {
  const struct registry *senders = &engine->senders.registry;
  for (uint32_t i = 0; i < senders->entries.count; i++) {
    const struct sender *sender = registry_latest(senders, i);
    if (sender && sender->user == user) return true;
  }
  return false;
}

static bool named_by_template(struct pbk_engine *engine, uint32_t channel) {
  const struct registry *templates = &engine->outbox.templates;
  for (uint32_t i = 0; i < templates->entries.count; i++) {
    const struct template *template = registry_latest(templates, i);
    if (template && template->channel == channel) return true;
  }
  return false;
}

static bool in_use(struct pbk_engine *engine, pbk_definition_kind kind, uint32_t place) {
  const struct playbooks *playbooks = &engine->playbooks;
  uint32_t name = registry_name(registry_of(engine, kind), place);
  switch (kind) {
  case PBK_DEFINE_CHANNEL: return named_by_template(engine, name);
  case PBK_DEFINE_TEMPLATE: return pbk_playbooks_name(playbooks, NAMED_TEMPLATE, place, name);
  case PBK_DEFINE_USER: return named_by_sender(engine, place) || pbk_playbooks_name(playbooks, NAMED_USER, place, name);
  case PBK_DEFINE_ROLE: return pbk_playbooks_name(playbooks, NAMED_ROLE, place, name);
  case PBK_DEFINE_SENDER:
    return engine->senders.latest_default_sender == place || pbk_playbooks_name(playbooks, NAMED_SENDER, place, name);
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT:
    return pbk_audience_named(&engine->audiences, place) || pbk_playbooks_name(playbooks, NAMED_AUDIENCE, place, name);
  case PBK_DEFINE_SCHEMA: return false; /* conditions are checked against it once, and stay as they are */
  default: return place < playbooks->states.count && playbooks->states.items[place].running > 0;
  }
}

static bool prepare_removal(struct pbk_engine *engine, pbk_text key, struct prepared *prepared) {
  if (prepared->kind == PBK_DEFINE_SETTINGS) return refuse(engine, "kind", "settings cannot be undefined");
  struct text text = private_text(key);
  prepared->place = find_latest(engine, prepared->kind, text);
  struct text kind = text_from(kind_names[prepared->kind]);
  if (prepared->place == MAP_NONE) {
    pbk_problem_enter(&engine->problem, TEXT("key"));
    return pbk_problem_set(&engine->problem, PBK_CODE_UNKNOWN_KEY, "there is no such definition: ", text, "");
  }
  if (in_use(engine, prepared->kind, prepared->place))
    return pbk_problem_set(&engine->problem, PBK_CODE_IN_USE, "the ", kind, " is in use");
  pbk_registry_propose_removal(registry_of(engine, prepared->kind), prepared->place);
  return true;
}

/* ---- the public structs, whatever their size ---- */

union definition_of {
  pbk_settings settings;
  pbk_channel channel;
  pbk_template template;
  pbk_user user;
  pbk_role role;
  pbk_sender sender;
  pbk_audience audience;
  pbk_playbook playbook;
  pbk_schema schema;
};

static pbk_text key_of(pbk_definition_kind kind, const union definition_of *of) {
  switch (kind) {
  case PBK_DEFINE_CHANNEL: return of->channel.key;
  case PBK_DEFINE_TEMPLATE: return of->template.key;
  case PBK_DEFINE_USER: return of->user.key;
  case PBK_DEFINE_ROLE: return of->role.key;
  case PBK_DEFINE_SENDER: return of->sender.key;
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT: return of->audience.key;
  case PBK_DEFINE_SCHEMA: return of->schema.key;
  default: return of->playbook.key;
  }
}

static bool prepare(struct pbk_engine *engine, const pbk_definition *definition, struct prepared *prepared) {
  union definition_of of;
  *prepared = (struct prepared){.kind = definition->kind, .place = MAP_NONE};
  if (definition->kind < PBK_DEFINE_SETTINGS || definition->kind > PBK_DEFINE_SCHEMA)
    return refuse(engine, "kind", "unknown kind of definition");
  if (definition->undefine)
    return (definition->kind == PBK_DEFINE_SETTINGS || pbk_check_key(&engine->problem, TEXT("key"), definition->key)) &&
           prepare_removal(engine, definition->key, prepared);
  pbk_read_sized(&of, sizeof of, definition->of);
  if (definition->kind == PBK_DEFINE_SETTINGS) return check_settings(engine, &of.settings);
  if (!pbk_check_key(&engine->problem, TEXT("key"), key_of(definition->kind, &of))) return false;
  switch (definition->kind) {
  case PBK_DEFINE_CHANNEL: return prepare_channel(engine, &of.channel, prepared);
  case PBK_DEFINE_TEMPLATE: return prepare_template(engine, &of.template, prepared);
  case PBK_DEFINE_USER: return prepare_user(engine, &of.user, prepared);
  case PBK_DEFINE_ROLE: return prepare_role(engine, &of.role, prepared);
  case PBK_DEFINE_SENDER: return prepare_sender(engine, &of.sender, prepared);
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT: return prepare_audience(engine, &of.audience, prepared);
  case PBK_DEFINE_SCHEMA: return prepare_schema(engine, &of.schema, prepared);
  default: return prepare_playbook(engine, &of.playbook, prepared);
  }
}

/* ---- releasing ---- */

static void release_object(struct pbk_engine *engine, pbk_definition_kind kind, void *object) {
  if (!object) return;
  struct memory *memory = &engine->memory;
  switch (kind) {
  case PBK_DEFINE_CHANNEL: pbk_release(memory, object, sizeof(struct channel)); break;
  case PBK_DEFINE_TEMPLATE: pbk_release(memory, object, sizeof(struct template)); break;
  case PBK_DEFINE_USER: {
    struct user *user = object;
    pbk_release(memory, (void *)(uintptr_t)user->email.bytes, user->email.size);
    pbk_release(memory, user, sizeof *user);
    break;
  }
  case PBK_DEFINE_ROLE: pbk_release(memory, object, sizeof(struct role)); break;
  case PBK_DEFINE_SENDER: pbk_release_sender(&engine->senders, object); break;
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT: pbk_release_audience(&engine->audiences, object); break;
  case PBK_DEFINE_SCHEMA: pbk_schema_release(memory, object); break;
  default: pbk_release_version(&engine->playbooks, object); break;
  }
}

static void abandon(struct pbk_engine *engine, struct prepared *prepared, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) release_object(engine, prepared[i].kind, prepared[i].object);
  engine->senders.latest_default_sender = engine->senders.default_sender;
  for (pbk_definition_kind kind = FIRST_OF_REGISTRY; kind <= LAST_OF_REGISTRY; kind++)
    pbk_registry_abandon(registry_of(engine, kind));
}

/* ---- checking all ---- */

bool pbk_check_definitions(struct pbk_engine *engine, const struct command *command) {
  struct problem *problem = &engine->problem;
  uint32_t count = command->definition_count;
  struct prepared *prepared = pbk_allocate(&engine->memory, (count + 1) * sizeof *prepared);
  struct names_mark names = pbk_names_mark(&engine->context.names);
  bool fine = true;
  uint32_t done = 0;
  pbk_forget_wanted(&engine->facts);
  for (; done < count && fine; done++) {
    uint32_t before = problem->path_size;
    if (command->batch) {
      pbk_problem_enter(problem, TEXT("batch"));
      pbk_problem_enter_item(problem, done);
    }
    fine = prepare(engine, &command->definitions[done], &prepared[done]);
    pbk_problem_leave(problem, before);
  }
  if (fine && command->problem) {
    *problem = *command->problem;
    fine = false;
  }
  if (!fine) {
    abandon(engine, prepared, done);
    pbk_forget_wanted(&engine->facts);
    pbk_names_return(&engine->context.names, names); /* nothing of it remains (P12), in the state neither */
    pbk_release(&engine->memory, prepared, (count + 1) * sizeof *prepared);
    return false;
  }
  engine->prepared = prepared;
  engine->prepared_count = count;
  return true;
}

/* ---- installing ---- */

static bool is_audience(pbk_definition_kind kind) { return kind == PBK_DEFINE_PERSONA || kind == PBK_DEFINE_SEGMENT; }

static void tell_defined(struct pbk_engine *engine, const struct prepared *prepared) {
  pbk_output output = output_of(&engine->context, PBK_OUTPUT_DEFINED);
  output.kind = public_text(text_from(kind_names[prepared->kind]));
  if (is_audience(prepared->kind)) {
    output.key = public_text(pbk_audience_key(&engine->audiences, prepared->place));
    output.has_members = 1;
    output.members = engine->audiences.memberships.items[prepared->place].count;
  } else if (prepared->place != MAP_NONE) {
    output.key = name_public(&engine->context, registry_name(registry_of(engine, prepared->kind), prepared->place));
  }
  output.version = prepared->version;
  emit(&engine->context, &output);
}

static void install_settings(struct pbk_engine *engine, const pbk_definition *definition) {
  union definition_of of;
  pbk_read_sized(&of, sizeof of, definition->of);
  const pbk_settings *settings = &of.settings;
  struct outbox *outbox = &engine->outbox;
  if (settings->default_sender.bytes)
    engine->senders.default_sender = pbk_registry_find(&engine->senders.registry, private_text(settings->default_sender));
  if (settings->approval_window) outbox->approval_window = *settings->approval_window;
  if (settings->dedupe_window) pbk_set_dedupe_window(engine, *settings->dedupe_window);
  if (!settings->retry_waits) return;
  outbox->retry_waits.count = 0;
  for (uint32_t i = 0; i < settings->retry_wait_count; i++)
    array_push(&engine->memory, &outbox->retry_waits, settings->retry_waits[i]);
}

static void install_removal(struct pbk_engine *engine, const struct prepared *prepared) {
  struct registry *registry = registry_of(engine, prepared->kind);
  if (prepared->kind == PBK_DEFINE_PLAYBOOK) {
    pbk_install_playbook_removal(&engine->playbooks, prepared->place);
  } else if (prepared->kind == PBK_DEFINE_PERSONA || prepared->kind == PBK_DEFINE_SEGMENT) {
    pbk_install_audience_removal(&engine->audiences, prepared->place);
  } else {
    release_object(engine, prepared->kind, pbk_registry_install_removal(registry, prepared->place));
  }
}

static void install(struct pbk_engine *engine, const struct prepared *prepared) {
  if (prepared->kind == PBK_DEFINE_PLAYBOOK) {
    pbk_install_playbook(&engine->playbooks, prepared->place, prepared->object);
  } else if (prepared->kind == PBK_DEFINE_PERSONA || prepared->kind == PBK_DEFINE_SEGMENT) {
    pbk_install_audience(&engine->audiences, prepared->place, prepared->object);
  } else {
    struct registry *registry = registry_of(engine, prepared->kind);
    release_object(engine, prepared->kind, pbk_registry_install(registry, prepared->place, prepared->object));
  }
}

/* ---- settling who is in ---- */

/* Personas and segments are installed one after the other, each with its members: a batch may define one twice. */
static bool settle(struct pbk_engine *engine, const struct prepared *prepared, uint64_t *budget) {
  struct defining *defining = &engine->defining;
  if (!defining->installed) {
    if (prepared->undefine) install_removal(engine, prepared);
    else install(engine, prepared);
    defining->installed = true;
  }
  if (!prepared->undefine && !pbk_settle_audience(&engine->audiences, prepared->place, &defining->settling, budget)) return false;
  defining->installed = false;
  defining->settling = (struct settling){MAP_NONE, 0};
  defining->audiences = defining->audiences || !prepared->undefine;
  return true;
}

void pbk_apply_definitions(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at) {
  (void)occurred_at;
  struct watching watching = pbk_watch_wanted(&engine->facts);
  for (uint32_t i = 0; i < command->definition_count; i++) {
    struct prepared *prepared = &engine->prepared[i];
    prepared->undefine = command->definitions[i].undefine != 0;
    if (is_audience(prepared->kind)) continue;
    if (prepared->undefine) install_removal(engine, prepared);
    else if (prepared->kind == PBK_DEFINE_SETTINGS) install_settings(engine, &command->definitions[i]);
    else install(engine, prepared);
    if (prepared->kind == PBK_DEFINE_PLAYBOOK && !prepared->undefine)
      prepared->version = engine->playbooks.states.items[prepared->place].versions;
  }
  engine->defining = (struct defining){.under_way = true, .watching = watching, .settling = {MAP_NONE, 0}};
  uint64_t budget = engine->in_parts && !engine->replaying ? 0 : UINT64_MAX;
  pbk_define_more(engine, &budget);
}

bool pbk_define_more(struct pbk_engine *engine, uint64_t *budget) {
  struct defining *defining = &engine->defining;
  if (!pbk_watch_more(&engine->facts, &defining->watching, budget)) return false;
  for (; defining->item < engine->prepared_count; defining->item++) {
    const struct prepared *prepared = &engine->prepared[defining->item];
    if (is_audience(prepared->kind) && !settle(engine, prepared, budget)) return false;
    if (!prepared->undefine) tell_defined(engine, prepared);
  }
  pbk_release(&engine->memory, engine->prepared, (engine->prepared_count + 1) * sizeof *engine->prepared);
  engine->prepared = NULL;
  for (pbk_definition_kind kind = FIRST_OF_REGISTRY; kind <= LAST_OF_REGISTRY; kind++)
    pbk_registry_settle(registry_of(engine, kind));
  if (defining->audiences) pbk_review_exits(&engine->playbooks); /* A3 */
  defining->under_way = false;
  return true;
}

void pbk_release_definitions(struct pbk_engine *engine) {
  if (!engine->prepared) return;
  for (uint32_t i = engine->defining.item; i < engine->prepared_count; i++) {
    struct prepared *prepared = &engine->prepared[i];
    bool kept = !is_audience(prepared->kind) || (i == engine->defining.item && engine->defining.installed);
    if (!kept) release_object(engine, prepared->kind, prepared->object);
  }
  pbk_release(&engine->memory, engine->prepared, (engine->prepared_count + 1) * sizeof *engine->prepared);
  engine->prepared = NULL;
}
