/* tests/unit/encoding.c - commands to bytes and back: the same command comes back, and bytes that are none are refused
 * without harm. */
#include "base/value.h"
#include "check.h"
#include "engine/journal.h"

static struct memory memory;
static struct arena made;  /* what commands are made of */
static struct arena given; /* what decoding gives */
static uint64_t random_state;

static uint32_t below(uint32_t most) {
  return check_random_below(&random_state, most);
}
static bool rarely(void) {
  return below(4) == 0;
}

/* ---- making commands ---- */

static const char *random_bytes(uint32_t size) {
  char *bytes = pbk_arena_allocate(&made, size + 1);
  for (uint32_t i = 0; i < size; i++) bytes[i] = (char)check_random(&random_state);
  return bytes;
}

/* Not given, empty, short, or so long that its size takes two bytes. */
static struct text random_text(void) {
  static const uint32_t sizes[] = {0, 1, 3, 9, 127, 128, 300};
  if (below(3) == 0) return NO_TEXT;
  uint32_t size = sizes[below(7)];
  return (struct text){random_bytes(size), size};
}
static pbk_text random_public(void) {
  struct text text = random_text();
  return (pbk_text){text.bytes, text.size};
}

static int64_t random_int(void) {
  static const int64_t special[] = {0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN + 1, INT32_MAX, INT32_MIN, PBK_DAY};
  return rarely() ? (int64_t)(check_random(&random_state) >> below(64)) : special[below(12)];
}
static int32_t random_small(void) {
  return (int32_t)below(5) - 1;
}

static const pbk_duration *random_duration(void) {
  if (below(2)) return NULL;
  pbk_duration *duration = pbk_arena_allocate(&made, sizeof *duration);
  *duration = random_int();
  return duration;
}

static pbk_value random_value(uint32_t depth) {
  uint32_t kind = below(depth > 3 ? 5 : 7);
  if (kind == 0) return value_null();
  if (kind == 1) return value_bool(below(2) != 0);
  if (kind == 2) return value_int(random_int());
  if (kind == 3) return value_double((double)random_int() / 8);
  uint32_t size = below(4);
  if (kind == 4) return value_string((struct text){random_bytes(size), size});
  if (kind == 5) {
    pbk_value *items = pbk_arena_allocate(&made, (size + 1) * sizeof *items);
    for (uint32_t i = 0; i < size; i++) items[i] = random_value(depth + 1);
    return (pbk_value){.kind = PBK_LIST, .size = size, .as.items = items};
  }
  pbk_member *members = pbk_arena_allocate(&made, (size + 1) * sizeof *members);
  for (uint32_t i = 0; i < size; i++) {
    char *name = pbk_arena_allocate(&made, 1);
    name[0] = (char)('a' + i);
    members[i] = (pbk_member){.name = name, .name_size = 1, .value = random_value(depth + 1)};
  }
  return (pbk_value){.kind = PBK_MAP, .size = size, .as.members = members};
}

static const pbk_value *random_value_pointer(void) {
  if (below(2)) return NULL;
  pbk_value *value = pbk_arena_allocate(&made, sizeof *value);
  *value = random_value(0);
  return value;
}

static const pbk_text *random_texts(uint32_t *count) {
  *count = 0;
  if (rarely()) return NULL;
  *count = below(4);
  pbk_text *texts = pbk_arena_allocate(&made, (*count + 1) * sizeof *texts);
  for (uint32_t i = 0; i < *count; i++) {
    texts[i] = random_public();
    if (!texts[i].bytes) texts[i] = (pbk_text){"x", 1};
  }
  return texts;
}

static const pbk_pool *random_pool(void) {
  if (rarely()) return NULL;
  pbk_pool *pool = pbk_arena_allocate(&made, sizeof *pool);
  *pool = (pbk_pool){.size = sizeof *pool, .sticky = random_small()};
  pool->senders = random_texts(&pool->sender_count);
  return pool;
}

static pbk_action random_action(void) {
  pbk_action action = {.size = sizeof action,
                       .kind = (pbk_action_kind)below(6),
                       .title = random_public(),
                       .person = {sizeof(pbk_person), (pbk_person_kind)below(5), random_public()},
                       .due = random_duration(),
                       .template_key = random_public(),
                       .approval = random_small(),
                       .policy = random_small(),
                       .send_as = {sizeof(pbk_send_as), (pbk_send_as_kind)below(4), random_public(), random_small(), 0},
                       .to = {sizeof(pbk_recipients), (pbk_recipients_kind)below(4), random_public()},
                       .channel = random_public(),
                       .role = random_public(),
                       .user = random_public()};
  action.rotate = random_texts(&action.rotate_count);
  return action;
}

static pbk_step random_step(void) {
  pbk_step step = {.size = sizeof step, .exit_on_skip = random_small(), .delay = random_int(), .when = random_public()};
  step.action_count = below(4);
  pbk_action *actions = pbk_arena_allocate(&made, (step.action_count + 1) * sizeof *actions);
  for (uint32_t i = 0; i < step.action_count; i++) actions[i] = random_action();
  step.actions = actions;
  return step;
}

static pbk_playbook random_playbook(void) {
  pbk_playbook playbook = {.size = sizeof playbook,
                           .subject = random_small(),
                           .key = random_public(),
                           .active = random_small(),
                           .reentry = random_small(),
                           .reentry_after = random_int(),
                           .trigger_count = below(4),
                           .exit_on_left = random_small(),
                           .segment = random_public(),
                           .when = random_public(),
                           .exit_when = random_public(),
                           .keep_tasks = random_small(),
                           .keep_messages = random_small(),
                           .approval_window = random_duration(),
                           .senders = random_pool(),
                           .branch_count = below(3),
                           .step_count = below(4)};
  pbk_trigger *triggers = pbk_arena_allocate(&made, (playbook.trigger_count + 1) * sizeof *triggers);
  pbk_branch *branches = pbk_arena_allocate(&made, (playbook.branch_count + 1) * sizeof *branches);
  pbk_step *steps = pbk_arena_allocate(&made, (playbook.step_count + 1) * sizeof *steps);
  for (uint32_t i = 0; i < playbook.trigger_count; i++)
    triggers[i] =
      (pbk_trigger){sizeof *triggers, random_small(), random_public(), random_public(), random_public(), random_public()};
  for (uint32_t i = 0; i < playbook.branch_count; i++)
    branches[i] = (pbk_branch){sizeof *branches, 0, random_public(), random_pool()};
  for (uint32_t i = 0; i < playbook.step_count; i++) steps[i] = random_step();
  playbook.triggers = triggers;
  playbook.branches = branches;
  playbook.steps = steps;
  return playbook;
}

static pbk_settings random_settings(void) {
  pbk_settings settings = {.size = sizeof settings,
                           .approval_window = random_duration(),
                           .dedupe_window = random_duration(),
                           .default_sender = random_public()};
  if (below(2)) return settings;
  settings.retry_wait_count = below(4);
  pbk_duration *waits = pbk_arena_allocate(&made, (settings.retry_wait_count + 1) * sizeof *waits);
  for (uint32_t i = 0; i < settings.retry_wait_count; i++) waits[i] = random_int();
  settings.retry_waits = waits;
  return settings;
}

static pbk_schema random_schema(void) {
  pbk_schema schema = {.size = sizeof schema, .trait_count = below(4), .key = random_public(), .open = random_small()};
  pbk_trait *traits = pbk_arena_allocate(&made, (schema.trait_count + 1) * sizeof *traits);
  for (uint32_t i = 0; i < schema.trait_count; i++)
    traits[i] = (pbk_trait){.size = sizeof *traits, .name = random_public(), .type = random_public()};
  schema.traits = traits;
  return schema;
}

#define KEPT(type, ...)                               \
  {                                                   \
    type *of = pbk_arena_allocate(&made, sizeof *of); \
    *of = (type)__VA_ARGS__;                          \
    return of;                                        \
  }
static const void *random_definition_of(pbk_definition_kind kind) {
  switch (kind) {
    case PBK_DEFINE_SETTINGS: {
      pbk_settings *of = pbk_arena_allocate(&made, sizeof *of);
      *of = random_settings();
      return of;
    }
    case PBK_DEFINE_CHANNEL: KEPT(pbk_channel, {sizeof(pbk_channel), random_small(), random_public()})
    case PBK_DEFINE_TEMPLATE: KEPT(pbk_template, {sizeof(pbk_template), 0, random_public(), random_public()})
    case PBK_DEFINE_USER: KEPT(pbk_user, {sizeof(pbk_user), random_small(), random_public(), random_public()})
    case PBK_DEFINE_ROLE: KEPT(pbk_role, {sizeof(pbk_role), 0, random_public()})
    case PBK_DEFINE_SENDER: KEPT(pbk_sender, {sizeof(pbk_sender), 0, random_public(), random_public(), random_public()})
    case PBK_DEFINE_PERSONA:
    case PBK_DEFINE_SEGMENT: KEPT(pbk_audience, {sizeof(pbk_audience), random_small(), random_public(), random_public()})
    case PBK_DEFINE_SCHEMA: {
      pbk_schema *of = pbk_arena_allocate(&made, sizeof *of);
      *of = random_schema();
      return of;
    }
    default: {
      pbk_playbook *of = pbk_arena_allocate(&made, sizeof *of);
      *of = random_playbook();
      return of;
    }
  }
}

static const struct problem *random_problem(void) {
  struct problem *problem = pbk_arena_allocate(&made, sizeof *problem);
  pbk_problem_clear(problem);
  for (uint32_t i = below(5); i > 0; i--) pbk_problem_enter(problem, TEXT("member"));
  pbk_problem_set(problem, (pbk_code)(1 + below(15)), "message ", TEXT("name"), " after");
  problem->line = below(300);
  problem->column = below(300);
  problem->offset = below(3000000);
  return problem;
}

static struct command random_command(void) {
  struct command command = {.type = (enum command_type)(1 + below(COMMAND_COUNT - 1)),
                            .received_at = below(3) ? random_int() : PBK_NO_TIME};
  /* as the doors make them: what occurred at no time of its own occurred when it was received */
  command.occurred_at = below(2) ? command.received_at : random_int();
  command.to = command.type == COMMAND_ADVANCE ? random_int() : PBK_NO_TIME;
  if (below(2)) command.line = check_random(&random_state) >> below(64);
  struct text *texts[] = {&command.message_id, &command.path,     &command.contact, &command.account,
                          &command.previous,   &command.event,    &command.stage,   &command.role,
                          &command.user,       &command.sender,   &command.persona, &command.playbook,
                          &command.branch,     &command.template, &command.note,    &command.reason};
  for (uint32_t i = 0; i < 16; i++)
    if (rarely()) *texts[i] = random_text();
  command.traits = random_value_pointer();
  command.health = random_value_pointer();
  command.flag = (int32_t)random_int();
  command.number = rarely() ? (uint64_t)random_int() : below(300);
  command.wait = rarely() ? random_int() : PBK_WAIT_DEFAULT;
  if (rarely()) command.zones = random_text();
  if (rarely()) command.problem = random_problem();
  if (command.type != COMMAND_DEFINE) return command;
  command.batch = below(2);
  command.definition_count = below(5);
  pbk_definition *definitions = pbk_arena_allocate(&made, (command.definition_count + 1) * sizeof *definitions);
  for (uint32_t i = 0; i < command.definition_count; i++) {
    pbk_definition_kind kind = (pbk_definition_kind)(1 + below(10));
    definitions[i] =
      (pbk_definition){.size = sizeof *definitions, .kind = kind, .undefine = rarely(), .key = random_public()};
    if (!definitions[i].undefine) definitions[i].of = random_definition_of(kind);
  }
  command.definitions = definitions;
  return command;
}

/* ---- comparing ---- */

static bool same_text(struct text a, struct text b) {
  return (a.bytes != NULL) == (b.bytes != NULL) && text_equal(a, b);
}
static bool same_public(pbk_text a, pbk_text b) {
  return same_text((struct text){a.bytes, (uint32_t)a.size}, (struct text){b.bytes, (uint32_t)b.size});
}
static bool same_texts(const pbk_text *a, uint32_t a_count, const pbk_text *b, uint32_t b_count) {
  if ((a != NULL) != (b != NULL) || a_count != b_count) return false;
  for (uint32_t i = 0; i < a_count; i++)
    if (!same_public(a[i], b[i])) return false;
  return true;
}
static bool same_duration(const pbk_duration *a, const pbk_duration *b) {
  return a && b ? *a == *b : a == b;
}
static bool same_value(const pbk_value *a, const pbk_value *b) {
  return a && b ? pbk_value_equal(a, b) : a == b;
}
static bool same_pool(const pbk_pool *a, const pbk_pool *b) {
  if (!a || !b) return a == b;
  return a->size == b->size && a->sticky == b->sticky &&
         same_texts(a->senders, a->sender_count, b->senders, b->sender_count);
}

static bool same_action(const pbk_action *a, const pbk_action *b) {
  return a->size == b->size && a->kind == b->kind && same_public(a->title, b->title) && a->person.size == b->person.size &&
         a->person.kind == b->person.kind && same_public(a->person.key, b->person.key) && same_duration(a->due, b->due) &&
         same_public(a->template_key, b->template_key) && a->approval == b->approval && a->policy == b->policy &&
         a->send_as.size == b->send_as.size && a->send_as.kind == b->send_as.kind &&
         same_public(a->send_as.key, b->send_as.key) && a->send_as.fail_without == b->send_as.fail_without &&
         a->to.size == b->to.size && a->to.kind == b->to.kind && same_public(a->to.text, b->to.text) &&
         same_public(a->channel, b->channel) && same_public(a->role, b->role) && same_public(a->user, b->user) &&
         same_texts(a->rotate, a->rotate_count, b->rotate, b->rotate_count);
}

static bool same_playbook(const pbk_playbook *a, const pbk_playbook *b) {
  bool same = a->size == b->size && a->subject == b->subject && same_public(a->key, b->key) && a->active == b->active &&
              a->reentry == b->reentry && a->reentry_after == b->reentry_after && a->trigger_count == b->trigger_count &&
              a->exit_on_left == b->exit_on_left && same_public(a->segment, b->segment) && same_public(a->when, b->when) &&
              same_public(a->exit_when, b->exit_when) && a->keep_tasks == b->keep_tasks &&
              a->keep_messages == b->keep_messages && same_duration(a->approval_window, b->approval_window) &&
              same_pool(a->senders, b->senders) && a->branch_count == b->branch_count && a->step_count == b->step_count;
  for (uint32_t i = 0; same && i < a->trigger_count; i++) {
    const pbk_trigger *left = &a->triggers[i], *right = &b->triggers[i];
    same = left->size == right->size && left->kind == right->kind && same_public(left->name, right->name) &&
           same_public(left->where, right->where) && same_public(left->from, right->from) &&
           same_public(left->stage, right->stage);
  }
  for (uint32_t i = 0; same && i < a->branch_count; i++)
    same = a->branches[i].size == b->branches[i].size && same_public(a->branches[i].segment, b->branches[i].segment) &&
           same_pool(a->branches[i].senders, b->branches[i].senders);
  for (uint32_t i = 0; same && i < a->step_count; i++) {
    const pbk_step *left = &a->steps[i], *right = &b->steps[i];
    same = left->size == right->size && left->delay == right->delay && same_public(left->when, right->when) &&
           left->exit_on_skip == right->exit_on_skip && left->action_count == right->action_count;
    for (uint32_t j = 0; same && j < left->action_count; j++) same = same_action(&left->actions[j], &right->actions[j]);
  }
  return same;
}

static bool same_settings(const pbk_settings *a, const pbk_settings *b) {
  bool same = a->size == b->size && same_public(a->default_sender, b->default_sender) &&
              same_duration(a->approval_window, b->approval_window) && same_duration(a->dedupe_window, b->dedupe_window) &&
              (a->retry_waits != NULL) == (b->retry_waits != NULL) && a->retry_wait_count == b->retry_wait_count;
  for (uint32_t i = 0; same && i < a->retry_wait_count; i++) same = a->retry_waits[i] == b->retry_waits[i];
  return same;
}

static bool same_schema(const pbk_schema *a, const pbk_schema *b) {
  bool same = a->size == b->size && same_public(a->key, b->key) && a->open == b->open && a->trait_count == b->trait_count;
  for (uint32_t i = 0; same && i < a->trait_count; i++)
    same = a->traits[i].size == b->traits[i].size && same_public(a->traits[i].name, b->traits[i].name) &&
           same_public(a->traits[i].type, b->traits[i].type);
  return same;
}

static bool same_of(pbk_definition_kind kind, const void *a, const void *b) {
  switch (kind) {
    case PBK_DEFINE_SETTINGS: return same_settings(a, b);
    case PBK_DEFINE_CHANNEL: {
      const pbk_channel *left = a, *right = b;
      return left->size == right->size && left->connected == right->connected && same_public(left->key, right->key);
    }
    case PBK_DEFINE_TEMPLATE: {
      const pbk_template *left = a, *right = b;
      return left->size == right->size && same_public(left->key, right->key) && same_public(left->channel, right->channel);
    }
    case PBK_DEFINE_USER: {
      const pbk_user *left = a, *right = b;
      return left->size == right->size && left->licensed == right->licensed && same_public(left->key, right->key) &&
             same_public(left->email, right->email);
    }
    case PBK_DEFINE_ROLE: {
      const pbk_role *left = a, *right = b;
      return left->size == right->size && same_public(left->key, right->key);
    }
    case PBK_DEFINE_SENDER: {
      const pbk_sender *left = a, *right = b;
      return left->size == right->size && same_public(left->key, right->key) && same_public(left->user, right->user) &&
             same_public(left->address, right->address);
    }
    case PBK_DEFINE_PERSONA:
    case PBK_DEFINE_SEGMENT: {
      const pbk_audience *left = a, *right = b;
      return left->size == right->size && left->of == right->of && same_public(left->key, right->key) &&
             same_public(left->when, right->when);
    }
    case PBK_DEFINE_SCHEMA: return same_schema(a, b);
    default: return same_playbook(a, b);
  }
}

static bool same_problem(const struct problem *a, const struct problem *b) {
  if (!a || !b) return a == b;
  return a->code == b->code && a->line == b->line && a->column == b->column && a->offset == b->offset &&
         text_equal((struct text){a->message, a->message_size}, (struct text){b->message, b->message_size}) &&
         text_equal((struct text){a->path, a->path_size}, (struct text){b->path, b->path_size});
}

static void check_same(const struct command *a, const struct command *b) {
  CHECK_EQUAL_INT(b->type, a->type);
  CHECK_EQUAL_INT(b->received_at, a->received_at);
  CHECK_EQUAL_INT(b->occurred_at, a->occurred_at);
  CHECK_EQUAL_UINT(b->line, a->line);
  const struct text left[] = {a->message_id, a->path,     a->contact, a->account, a->previous, a->event,
                              a->stage,      a->role,     a->user,    a->sender,  a->persona,  a->playbook,
                              a->branch,     a->template, a->note,    a->reason};
  const struct text right[] = {b->message_id, b->path,     b->contact, b->account, b->previous, b->event,
                               b->stage,      b->role,     b->user,    b->sender,  b->persona,  b->playbook,
                               b->branch,     b->template, b->note,    b->reason};
  for (uint32_t i = 0; i < 16; i++) CHECK(same_text(left[i], right[i]));
  CHECK(same_value(a->traits, b->traits));
  CHECK(same_value(a->health, b->health));
  CHECK_EQUAL_INT(b->flag, a->flag);
  CHECK_EQUAL_UINT(b->number, a->number);
  CHECK_EQUAL_INT(b->wait, a->wait);
  CHECK_EQUAL_INT(b->to, a->to);
  CHECK(same_text(a->zones, b->zones));
  CHECK(same_problem(a->problem, b->problem));
  CHECK_EQUAL_INT(b->batch, a->batch);
  if (!CHECK_EQUAL_UINT(b->definition_count, a->definition_count)) return;
  for (uint32_t i = 0; i < a->definition_count; i++) {
    const pbk_definition *one = &a->definitions[i], *other = &b->definitions[i];
    CHECK_EQUAL_UINT(other->size, one->size);
    CHECK_EQUAL_INT(other->undefine, one->undefine);
    CHECK(same_public(one->key, other->key));
    if (!CHECK_EQUAL_INT(other->kind, one->kind) || one->undefine) continue;
    CHECK(same_of(one->kind, one->of, other->of));
  }
}

/* ---- tests ---- */

static void open_arenas(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&made, &memory);
  pbk_arena_init(&given, &memory);
}
static void close_arenas(void) {
  pbk_arena_release(&made);
  pbk_arena_release(&given);
  CHECK_EQUAL_UINT(memory.used, 0);
}

/* Bytes in a block of exactly their size, so that reading past the end is seen. */
static bool decode(const unsigned char *bytes, uint32_t size, struct command *command, bool *all) {
  unsigned char *block = malloc(size ? size : 1);
  if (!block) abort();
  if (size) memcpy(block, bytes, size);
  struct reader reader = {.at = block, .end = block + size};
  pbk_arena_reset(&given);
  bool fine = pbk_decode_command(&reader, &given, command);
  *all = reader.at == reader.end;
  CHECK(reader.at >= block && reader.at <= reader.end);
  free(block);
  return fine;
}

static void come_back_the_same(void) {
  open_arenas();
  struct writer writer = {.memory = &memory};
  for (random_state = 1; random_state < 1500000; random_state += 997) {
    uint64_t seed = random_state;
    check_note("seed %" PRIu64, seed);
    pbk_arena_reset(&made);
    pbk_arena_reset(&given);
    struct command command = random_command(), back;
    writer.size = 0;
    pbk_encode_command(&writer, &command);
    struct reader reader = {.at = writer.bytes, .end = writer.bytes + writer.size};
    if (CHECK(pbk_decode_command(&reader, &given, &back))) {
      CHECK(reader.at == reader.end);
      check_same(&command, &back);
      /* and encoded again it is the same bytes */
      struct writer again = {.memory = &memory};
      pbk_encode_command(&again, &back);
      CHECK_EQUAL_UINT(again.size, writer.size);
      if (again.size == writer.size) CHECK_EQUAL_BYTES(again.bytes, writer.bytes, again.size);
      pbk_writer_release(&again);
    }
    random_state = seed;
  }
  pbk_writer_release(&writer);
  close_arenas();
}

/* Those that come by the million are written in a shorter way, which must give the very same bytes: an empty path is no more
 * than its own bit and byte, and takes the command the long way. */
static void little_comes_back_the_same(void) {
  static const enum command_type types[] = {COMMAND_TRACK, COMMAND_APPROVE, COMMAND_ANSWER, COMMAND_DELETE};
  enum { PATH = 1 << 1 }; /* its bit in the mask */
  open_arenas();
  struct writer little = {.memory = &memory}, full = {.memory = &memory};
  for (random_state = 3; random_state < 900000; random_state += 991) {
    uint64_t seed = random_state;
    check_note("seed %" PRIu64, seed);
    pbk_arena_reset(&made);
    pbk_arena_reset(&given);
    struct command command = {.type = types[below(4)], .received_at = below(3) ? random_int() : PBK_NO_TIME}, back;
    command.occurred_at = below(2) ? command.received_at : random_int();
    command.to = PBK_NO_TIME;
    struct text *texts[] = {&command.contact, &command.account, &command.event, &command.reason};
    for (uint32_t i = 0; i < 4; i++)
      if (below(2)) *texts[i] = random_text();
    if (rarely()) command.line = check_random(&random_state) >> below(64);
    if (rarely()) command.flag = (int32_t)random_int();
    if (below(2)) command.number = rarely() ? (uint64_t)random_int() : below(300);
    if (rarely()) command.wait = random_int();
    if (below(2)) command.contact_number = (uint32_t)check_random(&random_state) >> below(32);
    if (rarely()) command.account_number = (uint32_t)check_random(&random_state) >> below(32);
    if (command.contact_number) command.contact = NO_TEXT;
    if (command.account_number) command.account = NO_TEXT;
    little.size = full.size = 0;
    pbk_encode_command(&little, &command);
    struct reader reader = {.at = little.bytes, .end = little.bytes + little.size};
    if (CHECK(pbk_decode_command(&reader, &given, &back))) {
      CHECK(reader.at == reader.end);
      check_same(&command, &back);
      CHECK_EQUAL_UINT(back.contact_number, command.contact_number);
      CHECK_EQUAL_UINT(back.account_number, command.account_number);
    }
    command.path = TEXT("");
    pbk_encode_command(&full, &command);
    struct reader one = {.at = little.bytes, .end = little.bytes + little.size};
    struct reader other = {.at = full.bytes, .end = full.bytes + full.size};
    CHECK_EQUAL_UINT(pbk_read_uint(&other), pbk_read_uint(&one));
    CHECK_EQUAL_UINT(pbk_read_uint(&other), pbk_read_uint(&one) | PATH);
    uint32_t left = (uint32_t)(one.end - one.at);
    CHECK(other.end - other.at == (ptrdiff_t)left + 1);
    uint32_t before = 0; /* the path comes behind the times and the line */
    while (before < left && one.at[before] == other.at[before]) before++;
    CHECK(memcmp(one.at + before, other.at + before + 1, left - before) == 0);
    random_state = seed;
  }
  pbk_writer_release(&little);
  pbk_writer_release(&full);
  close_arenas();
}

/* One after another in one buffer, as a journal has them. */
static void one_after_another(void) {
  open_arenas();
  struct writer writer = {.memory = &memory};
  random_state = 42;
  struct command commands[50];
  for (uint32_t i = 0; i < 50; i++) {
    commands[i] = random_command();
    pbk_encode_command(&writer, &commands[i]);
  }
  struct reader reader = {.at = writer.bytes, .end = writer.bytes + writer.size};
  for (uint32_t i = 0; i < 50; i++) {
    struct command back;
    check_note("command %" PRIu32, i);
    CHECK(pbk_decode_command(&reader, &given, &back));
    check_same(&commands[i], &back);
  }
  CHECK(reader.at == reader.end);
  pbk_writer_release(&writer);
  close_arenas();
}

static void every_type_alone(void) {
  open_arenas();
  for (uint32_t type = 0; type < COMMAND_COUNT + 3; type++) {
    struct writer writer = {.memory = &memory};
    struct command command = {.type = (enum command_type)type,
                              .received_at = PBK_NO_TIME,
                              .occurred_at = PBK_NO_TIME,
                              .to = PBK_NO_TIME},
                   back;
    bool all;
    check_note("type %" PRIu32, type);
    pbk_encode_command(&writer, &command);
    CHECK_EQUAL_INT(decode(writer.bytes, writer.size, &back, &all), type >= 1 && type < COMMAND_COUNT);
    if (type >= 1 && type < COMMAND_COUNT) check_same(&command, &back);
    pbk_writer_release(&writer);
  }
  close_arenas();
}

static void truncated_bytes_are_refused(void) {
  open_arenas();
  struct writer writer = {.memory = &memory};
  for (random_state = 7; random_state < 90000; random_state += 1009) {
    uint64_t seed = random_state;
    pbk_arena_reset(&made);
    struct command command = random_command(), back;
    writer.size = 0;
    pbk_encode_command(&writer, &command);
    uint32_t step = writer.size > 400 ? writer.size / 200 : 1;
    for (uint32_t size = 0; size < writer.size; size += step) {
      bool all;
      check_note("seed %" PRIu64 ", %" PRIu32 " of %" PRIu32 " bytes", seed, size, writer.size);
      CHECK(!decode(writer.bytes, size, &back, &all));
    }
    random_state = seed;
  }
  pbk_writer_release(&writer);
  close_arenas();
}

/* Flipped bits may give another command; they never crash, read past the end, or take more memory than the bytes can ask
 * for. */
static void flipped_bits_do_no_harm(void) {
  open_arenas();
  struct writer writer = {.memory = &memory};
  uint32_t refused = 0;
  for (uint64_t seed = 1; seed < 60; seed++) {
    random_state = seed * 7919;
    pbk_arena_reset(&made);
    struct command command = random_command(), back;
    writer.size = 0;
    pbk_encode_command(&writer, &command);
    for (uint32_t i = 0; i < 120; i++) {
      uint32_t at = below(writer.size), bit = below(8);
      bool all;
      check_note("seed %" PRIu64 ", bit %" PRIu32 " of byte %" PRIu32, seed, bit, at);
      writer.bytes[at] ^= (unsigned char)(1u << bit);
      refused += !decode(writer.bytes, writer.size, &back, &all);
      CHECK(given.total < 4096 + (size_t)writer.size * 400);
      writer.bytes[at] ^= (unsigned char)(1u << bit);
    }
  }
  CHECK(refused > 100);
  pbk_writer_release(&writer);
  close_arenas();
}

static void random_bytes_do_no_harm(void) {
  open_arenas();
  for (random_state = 1; random_state < 400000; random_state += 101) {
    uint64_t seed = random_state;
    unsigned char bytes[64];
    uint32_t size = below(64);
    struct command back;
    bool all;
    for (uint32_t i = 0; i < size; i++)
      bytes[i] = rarely() ? (unsigned char)check_random(&random_state) : (unsigned char)below(8);
    if (size) bytes[0] = (unsigned char)(1 + below(COMMAND_COUNT - 1));
    check_note("seed %" PRIu64, seed);
    decode(bytes, size, &back, &all);
    random_state = seed;
  }
  close_arenas();
}

/* Structs that are larger than this build knows them are walked by the size of their first. */
static void larger_structs(void) {
  struct larger_trigger {
    pbk_trigger known;
    uint64_t later;
  } triggers[2] = {{{sizeof triggers[0], PBK_TRIGGER_EVENT, {"a", 1}, {0}, {0}, {0}}, 0},
                   {{sizeof triggers[0], PBK_TRIGGER_STAGE, {"b", 1}, {0}, {0}, {0}}, 0}};
  struct {
    pbk_playbook known;
    uint64_t later;
  } playbook = {.known = {.size = sizeof playbook, .key = {"p", 1}, .triggers = &triggers[0].known, .trigger_count = 2}};
  pbk_definition definition = {.size = sizeof definition, .kind = PBK_DEFINE_PLAYBOOK, .of = &playbook};
  struct command command = {.type = COMMAND_DEFINE,
                            .received_at = PBK_NO_TIME,
                            .occurred_at = PBK_NO_TIME,
                            .definitions = &definition,
                            .definition_count = 1},
                 back;
  open_arenas();
  struct writer writer = {.memory = &memory};
  pbk_encode_command(&writer, &command);
  struct reader reader = {.at = writer.bytes, .end = writer.bytes + writer.size};
  if (CHECK(pbk_decode_command(&reader, &given, &back))) {
    const pbk_playbook *of = back.definitions[0].of;
    CHECK_EQUAL_UINT(of->size, sizeof *of);
    CHECK_EQUAL_UINT(of->triggers[0].size, sizeof *of->triggers);
    CHECK_EQUAL_INT(of->triggers[1].kind, PBK_TRIGGER_STAGE);
    CHECK(same_public(of->triggers[1].name, (pbk_text){"b", 1}));
  }
  pbk_writer_release(&writer);
  close_arenas();
}

int main(void) {
  RUN(come_back_the_same);
  RUN(little_comes_back_the_same);
  RUN(one_after_another);
  RUN(every_type_alone);
  RUN(truncated_bytes_are_refused);
  RUN(flipped_bits_do_no_harm);
  RUN(random_bytes_do_no_harm);
  RUN(larger_structs);
  return check_report();
}
