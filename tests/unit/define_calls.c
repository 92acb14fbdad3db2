/* tests/unit/define_calls.c - definitions as C structs: every size, pointer and text is checked before anything is done. */
#include "engine_support.h"

/* A playbook with one of everything; a case spoils one thing of it. */
struct whole {
  pbk_trigger triggers[2];
  pbk_text pooled[2], rotated[2];
  pbk_pool pool;
  pbk_branch branches[2];
  pbk_duration due;
  pbk_action actions[4];
  pbk_step steps[2];
  pbk_playbook playbook;
};

static void fill(struct whole *whole, bool branches) {
  memset(whole, 0, sizeof *whole);
  whole->triggers[0] = (pbk_trigger){
    .size = sizeof(pbk_trigger), .kind = PBK_TRIGGER_EVENT, .name = words("go"), .where = words("event.properties.n > 1")};
  whole->triggers[1] =
    (pbk_trigger){.size = sizeof(pbk_trigger), .kind = PBK_TRIGGER_STAGE, .name = words("trial"), .from = words("lead")};
  whole->pooled[0] = words("ann");
  whole->pooled[1] = words("bob");
  whole->pool = (pbk_pool){.size = sizeof(pbk_pool), .sender_count = 2, .senders = whole->pooled};
  whole->branches[0] = (pbk_branch){.size = sizeof(pbk_branch), .segment = words("eu"), .senders = &whole->pool};
  whole->branches[1] = (pbk_branch){.size = sizeof(pbk_branch), .segment = words("us"), .senders = &whole->pool};
  whole->due = PBK_DAY;
  whole->rotated[0] = words("john");
  whole->rotated[1] = words("mary");
  whole->actions[0] = (pbk_action){.size = sizeof(pbk_action),
                                   .kind = PBK_ACTION_TASK,
                                   .title = words("Call"),
                                   .due = &whole->due,
                                   .person = {sizeof(pbk_person), PBK_PERSON_ROLE, words("CSM")}};
  whole->actions[1] = (pbk_action){.size = sizeof(pbk_action),
                                   .kind = PBK_ACTION_EMAIL,
                                   .template_key = words("hello"),
                                   .send_as = {.size = sizeof(pbk_send_as), .kind = PBK_SEND_AS_POOL}};
  whole->actions[2] = (pbk_action){.size = sizeof(pbk_action),
                                   .kind = PBK_ACTION_ASSIGN,
                                   .role = words("CSM"),
                                   .rotate = whole->rotated,
                                   .rotate_count = 2};
  whole->actions[3] = (pbk_action){.size = sizeof(pbk_action),
                                   .kind = PBK_ACTION_NOTIFY,
                                   .channel = words("slack"),
                                   .template_key = words("alert"),
                                   .person = {sizeof(pbk_person), PBK_PERSON_PLACE, words("#cs")}};
  whole->steps[0] = (pbk_step){.size = sizeof(pbk_step), .actions = whole->actions, .action_count = 4};
  whole->steps[1] = (pbk_step){
    .size = sizeof(pbk_step), .delay = PBK_HOUR, .when = words("true"), .actions = whole->actions, .action_count = 1};
  whole->playbook = (pbk_playbook){.size = sizeof(pbk_playbook),
                                   .key = words("p"),
                                   .active = 1,
                                   .triggers = whole->triggers,
                                   .trigger_count = 2,
                                   .when = words("true"),
                                   .exit_when = words("false"),
                                   .steps = whole->steps,
                                   .step_count = 2};
  if (branches) {
    whole->playbook.branches = whole->branches;
    whole->playbook.branch_count = 2;
  } else {
    whole->playbook.senders = &whole->pool;
  }
}

static void prepare(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'segment','key':'eu','when':'contact.traits.eu == true'}",
           "{'type':'define','kind':'segment','key':'us','when':'contact.traits.us == true'}");
  rig_take(rig);
}

static void a_whole_playbook(void) {
  struct rig rig;
  struct whole whole;
  prepare(&rig);
  fill(&whole, false);
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &whole.playbook), PBK_OK);
  memset(&whole, 0xee, sizeof whole); /* everything is copied */
  pbk_member traits[] = {{"n", 1, 0, {.kind = PBK_INT, .as.integer = 2}}};
  pbk_value properties = {.kind = PBK_MAP, .size = 1, .as.members = traits};
  CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u1", 2, NULL, 0, "go", 2, &properties), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "defined playbook p v1\n"
                "enrolled #1 p u1 v1 by ann rotation\nstep #1.1 run\ntask #1 open Call due 86400000000\n"
                "message #1 pending hello to u1 from ann\nmessage #2 sending alert to #cs attempt 1\n"
                "message #2 sent alert to #cs attempt 1\n");
  fill(&whole, true);
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &whole.playbook), PBK_OK);
  CHECK_OUTPUTS(&rig, "defined playbook p v2\n");
  rig_close(&rig);
}

/* One thing of the whole is spoiled at a time. */
static const pbk_text broken = {"\xc3", 1}, missing = {NULL, 2};

static void spoiled_structs(void) {
  struct rig rig;
  struct whole whole;
  prepare(&rig);
  uint32_t spoilt = 0;
#define SPOILED(with_branches, spoil, wanted)                                        \
  do {                                                                               \
    fill(&whole, (with_branches));                                                   \
    spoil;                                                                           \
    check_note("%s", #spoil);                                                        \
    CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &whole.playbook), wanted); \
    spoilt++;                                                                        \
  } while (0)
#define SMALL(what) SPOILED(false, what.size -= 8, PBK_ERR_SIZE_TOO_SMALL)
#define TEXTS(what)                                \
  SPOILED(false, what = broken, PBK_ERR_ARGUMENT); \
  SPOILED(false, what = missing, PBK_ERR_ARGUMENT)
  SMALL(whole.playbook);
  SMALL(whole.triggers[0]); /* the second then stands elsewhere */
  SMALL(whole.triggers[1]);
  SMALL(whole.pool);
  SMALL(whole.steps[1]);
  SMALL(whole.actions[3]);
  SPOILED(true, whole.branches[1].size -= 8, PBK_ERR_SIZE_TOO_SMALL);
  SPOILED(true, whole.pool.size -= 8, PBK_ERR_SIZE_TOO_SMALL);
  TEXTS(whole.playbook.key);
  TEXTS(whole.playbook.segment);
  TEXTS(whole.playbook.when);
  TEXTS(whole.playbook.exit_when);
  TEXTS(whole.triggers[1].name);
  TEXTS(whole.triggers[0].where);
  TEXTS(whole.triggers[1].from);
  TEXTS(whole.triggers[1].stage);
  TEXTS(whole.pooled[1]);
  TEXTS(whole.steps[1].when);
  TEXTS(whole.actions[0].title);
  TEXTS(whole.actions[0].person.key);
  TEXTS(whole.actions[1].template_key);
  TEXTS(whole.actions[1].send_as.key);
  TEXTS(whole.actions[1].to.text);
  TEXTS(whole.actions[3].channel);
  TEXTS(whole.actions[2].role);
  TEXTS(whole.actions[2].user);
  TEXTS(whole.rotated[1]);
  SPOILED(true, whole.branches[1].segment = broken, PBK_ERR_ARGUMENT);
  SPOILED(false, whole.pooled[0] = ((pbk_text){NULL, 0}), PBK_ERR_ARGUMENT);
  SPOILED(false, whole.rotated[0] = ((pbk_text){NULL, 0}), PBK_ERR_ARGUMENT);
  SPOILED(false, whole.playbook.triggers = NULL, PBK_ERR_ARGUMENT);
  SPOILED(false, whole.playbook.steps = NULL, PBK_ERR_ARGUMENT);
  SPOILED(true, whole.playbook.branches = NULL, PBK_ERR_ARGUMENT);
  SPOILED(false, whole.steps[0].actions = NULL, PBK_ERR_ARGUMENT);
  SPOILED(false, whole.pool.senders = NULL, PBK_ERR_ARGUMENT);
  SPOILED(false, whole.actions[2].rotate = NULL, PBK_ERR_ARGUMENT);
  /* what is not there and not counted is fine at the door, and refused behind it where it is needed */
  SPOILED(false, (whole.playbook.triggers = NULL, whole.playbook.trigger_count = 0), PBK_ERR_REFUSED);
  SPOILED(false, (whole.playbook.senders = NULL), PBK_ERR_REFUSED); /* send_as names the pool */
  SPOILED(false, (void)0, PBK_OK);
  CHECK(spoilt > 50);
  rig_close(&rig);
}

/* Arrays of structs that a later header made larger are walked by the size of their first. */
static void larger_structs(void) {
  struct rig rig;
  struct whole whole;
  prepare(&rig);
  struct larger_trigger {
    pbk_trigger known;
    uint64_t later;
  } triggers[2];
  struct larger_action {
    pbk_action known;
    uint64_t later;
  } actions[2];
  struct larger_step {
    pbk_step known;
    uint64_t later;
  } steps[2];
  struct {
    pbk_playbook known;
    uint64_t later;
  } playbook;
  fill(&whole, false);
  for (uint32_t i = 0; i < 2; i++) {
    triggers[i] = (struct larger_trigger){.known = whole.triggers[i]};
    actions[i] = (struct larger_action){.known = whole.actions[i]};
    steps[i] = (struct larger_step){.known = whole.steps[i]};
    triggers[i].known.size = sizeof triggers[i];
    actions[i].known.size = sizeof actions[i];
    steps[i].known.size = sizeof steps[i];
    steps[i].known.actions = &actions[0].known;
    steps[i].known.action_count = 2;
  }
  playbook.known = whole.playbook;
  playbook.later = 0;
  playbook.known.size = sizeof playbook;
  playbook.known.triggers = &triggers[0].known;
  playbook.known.steps = &steps[0].known;
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook.known), PBK_OK);
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("u1")};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_enroll(rig.engine, NULL, "p", 1, &subject), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "defined playbook p v1\nenrolled #1 p u1 v1 by ann rotation\nstep #1.1 run\n"
                "task #1 open Call due 86400000000\nmessage #1 pending hello to u1 from ann\n");
  actions[1].later = 1;
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook.known), PBK_ERR_SIZE_TOO_LARGE);
  actions[1].later = 0;
  triggers[1].later = 1;
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook.known), PBK_ERR_SIZE_TOO_LARGE);
  triggers[1].later = 0;
  playbook.later = 1;
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook.known), PBK_ERR_SIZE_TOO_LARGE);
  rig_close(&rig);
}

/* The same of the definitions of a batch themselves. */
static void a_batch_of_larger_structs(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_role roles[2] = {{.size = sizeof roles[0], .key = words("CSM")}, {.size = sizeof roles[1], .key = words("AE")}};
  struct larger_definition {
    pbk_definition known;
    uint64_t later;
  } definitions[2];
  for (uint32_t i = 0; i < 2; i++)
    definitions[i] =
      (struct larger_definition){.known = {.size = sizeof definitions[i], .kind = PBK_DEFINE_ROLE, .of = &roles[i]}};
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definitions[0].known, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definitions[0].known, 2), PBK_OK);
  CHECK_OUTPUTS(&rig, "defined role CSM\ndefined role CSM\ndefined role AE\n");
  definitions[1].later = 1;
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definitions[0].known, 2), PBK_ERR_SIZE_TOO_LARGE);
  rig_close(&rig);
}

/* Every kind: the size of its struct, its texts, no pointer. */
static void every_kind(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_duration hour = PBK_HOUR;
  pbk_settings settings = {.size = sizeof settings, .approval_window = &hour};
  pbk_channel channel = {.size = sizeof channel, .key = words("email")};
  pbk_template template = {.size = sizeof template, .key = words("hello")};
  pbk_user user = {.size = sizeof user, .key = words("john"), .email = words("john@corp.example")};
  pbk_role role = {.size = sizeof role, .key = words("CSM")};
  pbk_sender sender = {.size = sizeof sender, .key = words("ann"), .user = words("john")};
  pbk_audience persona = {.size = sizeof persona, .key = words("vip")};
  pbk_audience segment = {.size = sizeof segment, .key = words("eu"), .when = words("true")};
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_channel(rig.engine, NULL, &channel), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_template(rig.engine, NULL, &template), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_user(rig.engine, NULL, &user), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_role(rig.engine, NULL, &role), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_sender(rig.engine, NULL, &sender), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_persona(rig.engine, NULL, &persona), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_segment(rig.engine, NULL, &segment), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "defined settings\ndefined channel email\ndefined template hello\ndefined user john\ndefined role CSM\n"
                "defined sender ann\ndefined persona vip =0\ndefined segment eu =0\n");
  pbk_schema schema = {.size = sizeof schema, .key = words("contact")};
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_OK);
  CHECK_OUTPUTS(&rig, "defined schema contact\n");
  const void *structs[] = {&settings, &channel, &template, &user, &role, &sender, &persona, &segment, &schema};
  pbk_text *const texts[] = {&settings.default_sender, &channel.key,  &template.channel, &user.email, &role.key,
                             &sender.address,          &persona.when, &segment.key,      &schema.key};
  for (uint32_t i = 0; i < 9; i++) {
    pbk_definition_kind kind = i < 8 ? (pbk_definition_kind)(i + 1) : PBK_DEFINE_SCHEMA; /* playbooks are above */
    pbk_definition definition = {.size = sizeof definition, .kind = kind, .of = structs[i]};
    check_note("kind %" PRIu32, i + 1);
    pbk_text was = *texts[i];
    *texts[i] = broken;
    CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_ARGUMENT);
    *texts[i] = missing;
    CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_ARGUMENT);
    *texts[i] = was;
    CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_OK);
    uint32_t *size = (uint32_t *)(uintptr_t)structs[i], known = *size;
    *size = known - 4;
    CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_SIZE_TOO_SMALL);
    *size = known;
    definition.of = NULL;
    CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_ARGUMENT);
  }
  settings.retry_wait_count = 2;
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, NULL), PBK_ERR_ARGUMENT);
  pbk_definition definition = {.size = sizeof definition, .kind = 0, .of = &role};
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_ARGUMENT);
  definition.kind = PBK_DEFINE_SCHEMA + 1;
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_ARGUMENT);
  definition.kind = PBK_DEFINE_ROLE;
  definition.size -= 4;
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, &definition, 1), PBK_ERR_SIZE_TOO_SMALL);
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, NULL, 1), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_role(NULL, NULL, &role), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

/* All or none; paths say which. */
static void a_batch(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_user user = {.size = sizeof user, .key = words("john")};
  pbk_sender sender = {.size = sizeof sender, .key = words("ann"), .user = words("john")};
  pbk_sender other = {.size = sizeof other, .key = words("bob"), .user = words("none")};
  pbk_definition definitions[] = {{.size = sizeof *definitions, .kind = PBK_DEFINE_USER, .of = &user},
                                  {.size = sizeof *definitions, .kind = PBK_DEFINE_SENDER, .of = &sender},
                                  {.size = sizeof *definitions, .kind = PBK_DEFINE_SENDER, .of = &other}};
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, definitions, 3), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/batch/2/user");
  pbk_handle handle;
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_USER, "john", 4, &handle), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_SENDER, "ann", 3, &handle), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, definitions, 2), PBK_OK); /* the sender sees the user before it */
  definitions[0] =
    (pbk_definition){.size = sizeof *definitions, .kind = PBK_DEFINE_SENDER, .undefine = 1, .key = words("ann")};
  definitions[1] =
    (pbk_definition){.size = sizeof *definitions, .kind = PBK_DEFINE_USER, .undefine = 1, .key = words("john")};
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, definitions, 2), PBK_OK);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_USER, "john", 4, &handle), PBK_ERR_HANDLE);
  CHECK_OUTPUTS(&rig, "defined user john\ndefined sender ann\n");
  rig_close(&rig);
}

static void undefining(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_USER, "john", 4), PBK_ERR_REFUSED); /* ann's */
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_CHANNEL, "email", 5), PBK_ERR_REFUSED);  /* hello's */
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_SENDER, "success", 7), PBK_ERR_REFUSED); /* the default */
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_SENDER, "ann", 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_USER, "john", 4), PBK_OK);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_USER, "john", 4), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_UNKNOWN_KEY);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_SETTINGS, NULL, 0), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_ROLE, NULL, 0), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/key");
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_ROLE, "\xff", 1), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, 99, "CSM", 3), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_undefine(NULL, NULL, PBK_DEFINE_ROLE, "CSM", 3), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

int main(void) {
  RUN(a_whole_playbook);
  RUN(spoiled_structs);
  RUN(larger_structs);
  RUN(a_batch_of_larger_structs);
  RUN(every_kind);
  RUN(a_batch);
  RUN(undefining);
  return check_report();
}
