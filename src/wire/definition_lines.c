/* wire/definition_lines.c - see definition_lines.h. Playbooks stand in playbook_lines.c. */
#include "wire/definition_lines.h"

#include "base/clock.h"
#include "wire/playbook_lines.h"

/* What every line may carry. */
#define ENVELOPE "type", "messageId", "timestamp", "receivedAt", "kind"

static const char *const definition_kinds[] = {NULL,     "settings", "channel", "template", "user",  "role",
                                               "sender", "persona",  "segment", "playbook", "schema"};

static bool read_choice(struct reading_line *reading, const pbk_value *object, const char *name, pbk_choice *choice) {
  bool is = true;
  if (!pbk_member_of(object, name)) return true;
  if (!pbk_read_bool_member(reading, object, name, &is)) return false;
  *choice = is ? PBK_YES : PBK_NO;
  return true;
}

static bool read_waits(struct reading_line *reading, const pbk_value *object, pbk_settings *settings) {
  const pbk_value *list = NULL;
  if (!pbk_read_list_member(reading, object, "retry_waits", &list)) return false;
  if (!list) return true;
  pbk_duration *waits = pbk_arena_allocate(reading->arena, ((size_t)list->size + 1) * sizeof *waits);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("retry_waits"));
  for (uint32_t i = 0; i < list->size; i++) {
    uint32_t item = pbk_problem_enter_item(reading->problem, i);
    const pbk_value *value = &list->as.items[i];
    if (value->kind != PBK_STRING || !pbk_parse_duration(value_text(value), &waits[i]))
      return pbk_wrong(reading, NULL, "expected a duration such as \"90s\", \"1h30m\" or \"3d\"");
    pbk_problem_leave(reading->problem, item);
  }
  pbk_problem_leave(reading->problem, before);
  settings->retry_waits = waits;
  settings->retry_wait_count = list->size;
  return true;
}

static bool read_settings(struct reading_line *reading, const pbk_value *object, pbk_settings *settings) {
  settings->size = sizeof *settings;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "default_sender", "approval_window", "dedupe_window", "retry_waits") &&
         pbk_read_text_member(reading, object, "default_sender", &settings->default_sender) &&
         pbk_read_duration_member(reading, object, "approval_window", &settings->approval_window) &&
         pbk_read_duration_member(reading, object, "dedupe_window", &settings->dedupe_window) &&
         read_waits(reading, object, settings);
}

static bool read_channel(struct reading_line *reading, const pbk_value *object, pbk_channel *channel) {
  channel->size = sizeof *channel;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "connected") &&
         pbk_read_text_member(reading, object, "key", &channel->key) &&
         read_choice(reading, object, "connected", &channel->connected);
}

static bool read_template(struct reading_line *reading, const pbk_value *object, pbk_template *template) {
  template->size = sizeof *template;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "channel") &&
         pbk_read_text_member(reading, object, "key", &template->key) &&
         pbk_read_text_member(reading, object, "channel", &template->channel);
}

static bool read_user(struct reading_line *reading, const pbk_value *object, pbk_user *user) {
  user->size = sizeof *user;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "email", "licensed") &&
         pbk_read_text_member(reading, object, "key", &user->key) &&
         pbk_read_text_member(reading, object, "email", &user->email) &&
         read_choice(reading, object, "licensed", &user->licensed);
}

static bool read_role(struct reading_line *reading, const pbk_value *object, pbk_role *role) {
  role->size = sizeof *role;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key") && pbk_read_text_member(reading, object, "key", &role->key);
}

static bool read_sender(struct reading_line *reading, const pbk_value *object, pbk_sender *sender) {
  sender->size = sizeof *sender;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "user", "address") &&
         pbk_read_text_member(reading, object, "key", &sender->key) &&
         pbk_read_text_member(reading, object, "user", &sender->user) &&
         pbk_read_text_member(reading, object, "address", &sender->address);
}

static bool read_persona(struct reading_line *reading, const pbk_value *object, pbk_audience *persona) {
  persona->size = sizeof *persona;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "when") &&
         pbk_read_text_member(reading, object, "key", &persona->key) &&
         pbk_read_text_member(reading, object, "when", &persona->when);
}

static bool read_segment(struct reading_line *reading, const pbk_value *object, pbk_audience *segment) {
  segment->size = sizeof *segment;
  return ONLY_MEMBERS(reading, object, ENVELOPE, "key", "of", "when") &&
         pbk_read_text_member(reading, object, "key", &segment->key) &&
         pbk_read_subject_kind(reading, object, "of", &segment->of) &&
         pbk_read_text_member(reading, object, "when", &segment->when);
}

static bool read_traits(struct reading_line *reading, const pbk_value *object, pbk_schema *schema) {
  const pbk_value *map = NULL;
  if (!pbk_read_object_member(reading, object, "traits", &map)) return false;
  if (!map) return pbk_wrong(reading, "traits", " is missing");
  pbk_trait *traits = pbk_arena_allocate(reading->arena, ((size_t)map->size + 1) * sizeof *traits);
  uint32_t before = pbk_problem_enter(reading->problem, TEXT("traits"));
  for (uint32_t i = 0; i < map->size; i++) {
    const pbk_member *member = &map->as.members[i];
    uint32_t item = pbk_problem_enter(reading->problem, member_name(member));
    if (member->value.kind != PBK_STRING) return pbk_wrong(reading, NULL, "expected a type such as \"string\" or \"list(int)\"");
    pbk_problem_leave(reading->problem, item);
    struct text type = value_text(&member->value);
    traits[i] = (pbk_trait){.size = sizeof traits[i],
                            .name = {member->name_size ? member->name : "", member->name_size},
                            .type = {type.size ? type.bytes : "", type.size}};
  }
  pbk_problem_leave(reading->problem, before);
  schema->traits = traits;
  schema->trait_count = map->size;
  return true;
}

static bool read_schema(struct reading_line *reading, const pbk_value *object, pbk_schema *schema) {
  bool open = false;
  schema->size = sizeof *schema;
  if (!ONLY_MEMBERS(reading, object, ENVELOPE, "key", "traits", "open") ||
      !pbk_read_text_member(reading, object, "key", &schema->key) || !read_traits(reading, object, schema) ||
      !pbk_read_bool_member(reading, object, "open", &open))
    return false;
  schema->open = open;
  return true;
}

bool pbk_read_subject_kind(struct reading_line *reading, const pbk_value *object, const char *name, pbk_subject_kind *kind) {
  pbk_text text = {"contact", 7};
  if (!pbk_read_text_member(reading, object, name, &text)) return false;
  if (pbk_text_is(text, "contact")) *kind = PBK_CONTACT;
  else if (pbk_text_is(text, "account")) *kind = PBK_ACCOUNT;
  else return pbk_wrong(reading, name, " must be \"contact\" or \"account\"");
  return true;
}

static bool read_kind(struct reading_line *reading, const pbk_value *object, pbk_definition_kind *kind) {
  pbk_text text = {NULL, 0};
  if (!pbk_read_text_member(reading, object, "kind", &text)) return false;
  if (!text.bytes) return pbk_wrong(reading, "kind", " is missing");
  for (*kind = PBK_DEFINE_SETTINGS; *kind <= PBK_DEFINE_SCHEMA; ++*kind)
    if (pbk_text_is(text, definition_kinds[*kind])) return true;
  return pbk_wrong(reading, "kind",
                   " must be settings, channel, template, user, role, sender, persona, segment, playbook or schema");
}

#define READ_AS(type, read)                                                          \
  {                                                                                  \
    type *of = pbk_arena_allocate(reading->arena, sizeof *of);                       \
    memset(of, 0, sizeof *of);                                                       \
    definition->of = of;                                                             \
    return read(reading, object, of);                                                \
  }

bool pbk_read_definition(struct reading_line *reading, const pbk_value *object, bool undefine, pbk_definition *definition) {
  *definition = (pbk_definition){.size = sizeof *definition, .undefine = undefine};
  reading->code = PBK_CODE_BAD_DEFINITION;
  if (!read_kind(reading, object, &definition->kind)) return false;
  if (undefine)
    return ONLY_MEMBERS(reading, object, ENVELOPE, "key") && pbk_read_text_member(reading, object, "key", &definition->key);
  switch (definition->kind) {
  case PBK_DEFINE_SETTINGS: READ_AS(pbk_settings, read_settings)
  case PBK_DEFINE_CHANNEL: READ_AS(pbk_channel, read_channel)
  case PBK_DEFINE_TEMPLATE: READ_AS(pbk_template, read_template)
  case PBK_DEFINE_USER: READ_AS(pbk_user, read_user)
  case PBK_DEFINE_ROLE: READ_AS(pbk_role, read_role)
  case PBK_DEFINE_SENDER: READ_AS(pbk_sender, read_sender)
  case PBK_DEFINE_PERSONA: READ_AS(pbk_audience, read_persona)
  case PBK_DEFINE_SEGMENT: READ_AS(pbk_audience, read_segment)
  case PBK_DEFINE_SCHEMA: READ_AS(pbk_schema, read_schema)
  default: READ_AS(pbk_playbook, pbk_read_playbook)
  }
}
