/* engine/encoding.c - what a command is in a record of the journal; declared in journal.h.
 *
 * A record begins with the type and a mask of what is given; numbers are of variable length, texts carry their size. */
#include "base/sized.h"
#include "engine/journal.h"
#include "playbook/playbook_code.h"

/* ---- definitions ---- */

static void code_settings(struct coder *coder, pbk_settings *settings) {
  pbk_code_public(coder, &settings->default_sender);
  pbk_code_duration_pointer(coder, &settings->approval_window);
  pbk_code_duration_pointer(coder, &settings->dedupe_window);
  if (!pbk_code_presence(coder, settings->retry_waits != NULL) || !pbk_code_count(coder, &settings->retry_wait_count)) return;
  pbk_duration *copies =
      coder->writer ? NULL : pbk_code_rooms(coder, settings->retry_wait_count, sizeof *copies);
  for (uint32_t i = 0; i < settings->retry_wait_count; i++) {
    pbk_duration wait = coder->writer ? settings->retry_waits[i] : 0;
    pbk_code_i64(coder, &wait);
    if (copies) copies[i] = wait;
  }
  if (copies) settings->retry_waits = copies;
}

static void code_schema(struct coder *coder, pbk_schema *schema) {
  pbk_code_public(coder, &schema->key);
  pbk_code_i32(coder, &schema->open);
  if (!pbk_code_count(coder, &schema->trait_count)) return;
  pbk_trait *copies = coder->writer ? NULL : pbk_code_rooms(coder, schema->trait_count, sizeof *copies);
  for (uint32_t i = 0; i < schema->trait_count; i++) {
    pbk_trait trait = {0};
    if (coder->writer) pbk_read_sized(&trait, sizeof trait, pbk_sized_item(schema->traits, i));
    trait.size = sizeof trait;
    pbk_code_public(coder, &trait.name);
    pbk_code_public(coder, &trait.type);
    if (copies) copies[i] = trait;
  }
  if (copies) schema->traits = copies;
}

union definition {
  uint32_t size;
  pbk_settings settings;
  pbk_schema schema;
  pbk_channel channel;
  pbk_template template;
  pbk_user user;
  pbk_role role;
  pbk_sender sender;
  pbk_audience audience;
  pbk_playbook playbook;
};

static size_t code_definition_of(struct coder *coder, pbk_definition_kind kind, union definition *of) {
  switch (kind) {
  case PBK_DEFINE_SETTINGS: code_settings(coder, &of->settings); return sizeof of->settings;
  case PBK_DEFINE_CHANNEL:
    pbk_code_public(coder, &of->channel.key);
    pbk_code_i32(coder, &of->channel.connected);
    return sizeof of->channel;
  case PBK_DEFINE_TEMPLATE:
    pbk_code_public(coder, &of->template.key);
    pbk_code_public(coder, &of->template.channel);
    return sizeof of->template;
  case PBK_DEFINE_USER:
    pbk_code_public(coder, &of->user.key);
    pbk_code_public(coder, &of->user.email);
    pbk_code_i32(coder, &of->user.licensed);
    return sizeof of->user;
  case PBK_DEFINE_ROLE: pbk_code_public(coder, &of->role.key); return sizeof of->role;
  case PBK_DEFINE_SCHEMA: code_schema(coder, &of->schema); return sizeof of->schema;
  case PBK_DEFINE_SENDER:
    pbk_code_public(coder, &of->sender.key);
    pbk_code_public(coder, &of->sender.user);
    pbk_code_public(coder, &of->sender.address);
    return sizeof of->sender;
  case PBK_DEFINE_PERSONA:
  case PBK_DEFINE_SEGMENT:
    pbk_code_i32(coder, &of->audience.of);
    pbk_code_public(coder, &of->audience.key);
    pbk_code_public(coder, &of->audience.when);
    return sizeof of->audience;
  default: pbk_code_playbook(coder, &of->playbook); return sizeof of->playbook;
  }
}

static void code_definition(struct coder *coder, pbk_definition *definition) {
  union definition of;
  pbk_code_i32(coder, &definition->kind);
  pbk_code_i32(coder, &definition->undefine);
  pbk_code_public(coder, &definition->key);
  if (definition->undefine) return;
  memset(&of, 0, sizeof of);
  if (coder->writer) pbk_read_sized(&of, sizeof of, definition->of);
  size_t size = code_definition_of(coder, definition->kind, &of);
  if (coder->writer) return;
  of.size = (uint32_t)size;
  void *kept = pbk_code_room(coder, size);
  memcpy(kept, &of, size);
  definition->of = kept;
}

static void code_definitions(struct coder *coder, struct command *command) {
  if (!pbk_code_count(coder, &command->definition_count)) return;
  pbk_definition *copies =
      coder->writer ? NULL : pbk_code_rooms(coder, command->definition_count, sizeof *copies);
  for (uint32_t i = 0; i < command->definition_count; i++) {
    pbk_definition definition = {.size = sizeof definition};
    if (coder->writer) definition = command->definitions[i];
    code_definition(coder, &definition);
    if (copies) {
      definition.size = sizeof definition;
      copies[i] = definition;
    }
  }
  if (copies) command->definitions = copies;
}

/* ---- problems ---- */

static void code_problem(struct coder *coder, const struct problem **problem) {
  if (!pbk_code_presence(coder, *problem != NULL)) return;
  struct problem *copy = NULL;
  struct problem given = {0};
  if (coder->writer) given = **problem;
  else copy = pbk_code_room(coder, sizeof *copy);
  struct text message = {given.message, given.message_size}, path = {given.path, given.path_size};
  pbk_code_i32(coder, &given.code);
  pbk_code_u32(coder, &given.line);
  pbk_code_u32(coder, &given.column);
  pbk_code_u32(coder, &given.offset);
  pbk_code_text(coder, &message);
  pbk_code_text(coder, &path);
  if (!copy) return;
  if (message.size > PROBLEM_MESSAGE_MOST || path.size > PROBLEM_PATH_MOST) {
    coder_fail(coder);
    return;
  }
  *copy = given;
  copy->message_size = message.size;
  copy->path_size = path.size;
  if (message.size) memcpy(copy->message, message.bytes, message.size);
  if (path.size) memcpy(copy->path, path.bytes, path.size);
  *problem = copy;
}

/* ---- commands ---- */

/* The members that are texts, each with its bit in the mask: the order is part of the format. */
static const size_t command_texts[] = {
    offsetof(struct command, message_id), offsetof(struct command, path),    offsetof(struct command, contact),
    offsetof(struct command, account),    offsetof(struct command, previous), offsetof(struct command, event),
    offsetof(struct command, stage),      offsetof(struct command, role),    offsetof(struct command, user),
    offsetof(struct command, sender),     offsetof(struct command, persona), offsetof(struct command, playbook),
    offsetof(struct command, branch),     offsetof(struct command, template), offsetof(struct command, note),
    offsetof(struct command, reason)};
enum {
  TEXT_CONTACT = 1 << 2, /* their places above */
  TEXT_ACCOUNT = 1 << 3,
  TEXT_EVENT = 1 << 5,
  TEXT_STAGE = 1 << 6,
  TEXT_REASON = 1 << 15,
  COMMAND_TEXTS = sizeof command_texts / sizeof *command_texts,
  HAS_RECEIVED = 1 << COMMAND_TEXTS,
  HAS_OCCURRED = 2 << COMMAND_TEXTS,
  HAS_LINE = 4 << COMMAND_TEXTS,
  HAS_TRAITS = 8 << COMMAND_TEXTS,
  HAS_HEALTH = 16 << COMMAND_TEXTS,
  HAS_FLAG = 32 << COMMAND_TEXTS,
  HAS_NUMBER = 64 << COMMAND_TEXTS,
  HAS_WAIT = 128 << COMMAND_TEXTS,
  HAS_TO = 256 << COMMAND_TEXTS,
  HAS_DEFINITIONS = 512 << COMMAND_TEXTS,
  HAS_PROBLEM = 1024 << COMMAND_TEXTS,
  HAS_ZONES = 2048 << COMMAND_TEXTS,
  IS_ALONE = 4096 << COMMAND_TEXTS,
  HAS_CONTACT_NUMBER = 8192 << COMMAND_TEXTS, /* instead of the key */
  HAS_ACCOUNT_NUMBER = 16384 << COMMAND_TEXTS
};

static struct text *command_text(struct command *command, uint32_t at) {
  return (struct text *)(void *)((char *)command + command_texts[at]);
}

static uint32_t mask_of(struct command *command) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < COMMAND_TEXTS; i++)
    if (command_text(command, i)->bytes) mask |= (uint32_t)1 << i;
  if (command->received_at != PBK_NO_TIME) mask |= HAS_RECEIVED;
  if (command->occurred_at != PBK_NO_TIME && command->occurred_at != command->received_at) mask |= HAS_OCCURRED;
  if (command->line) mask |= HAS_LINE;
  if (command->traits) mask |= HAS_TRAITS;
  if (command->health) mask |= HAS_HEALTH;
  if (command->flag) mask |= HAS_FLAG;
  if (command->number) mask |= HAS_NUMBER;
  if (command->wait) mask |= HAS_WAIT;
  if (command->type == COMMAND_ADVANCE) mask |= HAS_TO;
  if (command->type == COMMAND_DEFINE) mask |= HAS_DEFINITIONS;
  if (command->problem) mask |= HAS_PROBLEM;
  if (command->zones.bytes) mask |= HAS_ZONES;
  if (command->alone) mask |= IS_ALONE;
  if (command->contact_number) mask = (mask & ~(uint32_t)TEXT_CONTACT) | HAS_CONTACT_NUMBER;
  if (command->account_number) mask = (mask & ~(uint32_t)TEXT_ACCOUNT) | HAS_ACCOUNT_NUMBER;
  return mask;
}

static void code_command(struct coder *coder, struct command *command) {
  uint32_t type = (uint32_t)command->type, mask = coder->writer ? mask_of(command) : 0;
  pbk_code_u32(coder, &type);
  pbk_code_u32(coder, &mask);
  command->type = (enum command_type)type;
  if (mask & HAS_RECEIVED) pbk_code_i64(coder, &command->received_at);
  if (mask & HAS_OCCURRED) pbk_code_i64(coder, &command->occurred_at);
  else command->occurred_at = command->received_at; /* the usual case */
  if (mask & HAS_LINE) pbk_code_u64(coder, &command->line);
  for (uint32_t i = 0; i < COMMAND_TEXTS; i++)
    if (mask >> i & 1) pbk_code_text(coder, command_text(command, i));
  if (mask & HAS_CONTACT_NUMBER) pbk_code_u32(coder, &command->contact_number);
  if (mask & HAS_ACCOUNT_NUMBER) pbk_code_u32(coder, &command->account_number);
  if (mask & HAS_TRAITS) pbk_code_value_pointer(coder, &command->traits);
  if (mask & HAS_HEALTH) pbk_code_value_pointer(coder, &command->health);
  if (mask & HAS_FLAG) pbk_code_i32(coder, &command->flag);
  if (mask & HAS_NUMBER) pbk_code_u64(coder, &command->number);
  if (mask & HAS_WAIT) pbk_code_i64(coder, &command->wait);
  if (mask & HAS_TO) pbk_code_i64(coder, &command->to);
  if (mask & HAS_DEFINITIONS) {
    uint32_t batch = command->batch;
    pbk_code_u32(coder, &batch);
    command->batch = batch != 0;
    code_definitions(coder, command);
  }
  if (mask & HAS_PROBLEM) code_problem(coder, &command->problem);
  if (mask & HAS_ZONES) pbk_code_text(coder, &command->zones);
  command->alone = (mask & IS_ALONE) != 0;
}

/* ---- commands that hold little ---- */

/* Those that come by the million tell of an event, a message, an answer, and hold nothing of what most members are for. */
static bool holds_little(const struct command *command) {
#define ADDRESS(pointer) ((uintptr_t)(const void *)(pointer))
#define TEXT_ADDRESS(member) ADDRESS(command->member.bytes)
  uintptr_t others = TEXT_ADDRESS(message_id) | TEXT_ADDRESS(path) | TEXT_ADDRESS(previous) | TEXT_ADDRESS(role) | TEXT_ADDRESS(user) | TEXT_ADDRESS(sender) | TEXT_ADDRESS(persona) |
                     TEXT_ADDRESS(playbook) | TEXT_ADDRESS(branch) | TEXT_ADDRESS(template) | TEXT_ADDRESS(note) |
                     TEXT_ADDRESS(zones) | ADDRESS(command->health) | ADDRESS(command->problem);
#undef TEXT_ADDRESS
#undef ADDRESS
  return !others && !command->alone && command->type != COMMAND_ADVANCE && command->type != COMMAND_DEFINE;
}

enum { NUMBERS_MOST = 128 }; /* bytes of all of them, at their longest */

static inline unsigned char *put_uint(unsigned char *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (unsigned char)(value | 0x80);
  *at++ = (unsigned char)value;
  return at;
}
static unsigned char *put_int(unsigned char *at, int64_t value) {
  return put_uint(at, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}
static unsigned char *put_text(unsigned char *at, struct text text) {
  at = put_uint(at, (uint64_t)text.size + 1);
  if (text.size) copy_bytes(at, (const unsigned char *)text.bytes, text.size);
  return at + text.size;
}

/* They take what they need; behind them there is room for numbers again. */
static unsigned char *put_traits(struct writer *writer, unsigned char *at, const pbk_value *traits) {
  *at++ = true; /* they are there */
  writer->size = (uint32_t)(at - writer->bytes);
  pbk_write_value(writer, traits);
  uint32_t size = writer->size;
  writer_room(writer, NUMBERS_MOST);
  return writer->bytes + size;
}

/* As code_command writes it, with room made once. */
static void encode_little(struct writer *writer, const struct command *command) {
  const struct text contact = command->contact_number ? NO_TEXT : command->contact;
  const struct text account = command->account_number ? NO_TEXT : command->account;
  uint64_t room =
    (uint64_t)NUMBERS_MOST + contact.size + account.size + command->event.size + command->stage.size + command->reason.size;
  uint32_t mask = 0;
  if (contact.bytes) mask |= TEXT_CONTACT;
  if (account.bytes) mask |= TEXT_ACCOUNT;
  if (command->event.bytes) mask |= TEXT_EVENT;
  if (command->stage.bytes) mask |= TEXT_STAGE;
  if (command->reason.bytes) mask |= TEXT_REASON;
  if (command->traits) mask |= HAS_TRAITS;
  if (command->received_at != PBK_NO_TIME) mask |= HAS_RECEIVED;
  if (command->occurred_at != PBK_NO_TIME && command->occurred_at != command->received_at) mask |= HAS_OCCURRED;
  if (command->line) mask |= HAS_LINE;
  if (command->flag) mask |= HAS_FLAG;
  if (command->number) mask |= HAS_NUMBER;
  if (command->wait) mask |= HAS_WAIT;
  if (command->contact_number) mask |= HAS_CONTACT_NUMBER;
  if (command->account_number) mask |= HAS_ACCOUNT_NUMBER;
  unsigned char *at = pbk_write_room(writer, room > UINT32_MAX ? UINT32_MAX : (uint32_t)room);
  at = put_uint(at, (uint32_t)command->type);
  at = put_uint(at, mask);
  if (mask & HAS_RECEIVED) at = put_int(at, command->received_at);
  if (mask & HAS_OCCURRED) at = put_int(at, command->occurred_at);
  if (mask & HAS_LINE) at = put_uint(at, command->line);
  if (mask & TEXT_CONTACT) at = put_text(at, contact);
  if (mask & TEXT_ACCOUNT) at = put_text(at, account);
  if (mask & TEXT_EVENT) at = put_text(at, command->event);
  if (mask & TEXT_STAGE) at = put_text(at, command->stage);
  if (mask & TEXT_REASON) at = put_text(at, command->reason);
  if (mask & HAS_CONTACT_NUMBER) at = put_uint(at, command->contact_number);
  if (mask & HAS_ACCOUNT_NUMBER) at = put_uint(at, command->account_number);
  if (mask & HAS_TRAITS) at = put_traits(writer, at, command->traits);
  if (mask & HAS_FLAG) at = put_int(at, command->flag);
  if (mask & HAS_NUMBER) at = put_uint(at, command->number);
  if (mask & HAS_WAIT) at = put_int(at, command->wait);
  writer->size = (uint32_t)(at - writer->bytes);
}

void pbk_encode_command(struct writer *writer, const struct command *command) {
  if (holds_little(command)) {
    encode_little(writer, command);
    return;
  }
  struct coder coder = {.writer = writer};
  struct command copy = *command;
  code_command(&coder, &copy);
}

bool pbk_decode_command(struct reader *reader, struct arena *arena, struct command *command) {
  struct coder coder = {.reader = reader, .arena = arena};
  *command = (struct command){.received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = PBK_NO_TIME};
  code_command(&coder, command);
  return !reader->failed && command->type > COMMAND_NONE && command->type < COMMAND_COUNT;
}
