/* tests/unit/definition.c - every refusal of a playbook's definition, with its code and JSON path (SPEC P12, P1, P7, S5, C1
 * to C3). */
#include "engine_support.h"

/* A playbook that is fine, in parts that a case may put others for. */
struct parts {
  const char *subject, *trigger, *filter, *more, *steps;
};
static const char *const fine_trigger = "{'manual':true}";
static const char *const fine_steps = "[{'actions':[{'task':{'title':'t'}}]}]";

static pbk_status define(struct rig *rig, struct parts parts) {
  return tell_format(rig, "{'type':'define','kind':'playbook','key':'p','subject':'%s','trigger':%s%s%s,'steps':%s}",
                     parts.subject ? parts.subject : "contact", parts.trigger ? parts.trigger : fine_trigger,
                     parts.filter ? parts.filter : "", parts.more ? parts.more : "", parts.steps ? parts.steps : fine_steps);
}

static void prepare(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'vip'}",
           "{'type':'define','kind':'segment','key':'eu','when':'contact.traits.eu == true'}",
           "{'type':'define','kind':'segment','key':'us','when':'contact.traits.us == true'}",
           "{'type':'define','kind':'segment','key':'big','of':'account','when':'account.traits.size > 100'}",
           "{'type':'define','kind':'template','key':'note','channel':'sms'}");
  rig_take(rig);
}

#define STEP(action) "[{'actions':[" action "]}]"
#define EMAIL(members) STEP("{'email':{'template':'hello'" members "}}")

/* Refused, with the path of the line; code 0: fine. */
static const struct refusal {
  const char *what;
  struct parts parts;
  pbk_code code;
  const char *path;
} refusals[] = {
  {"fine", {.subject = NULL}, 0, ""},
  /* triggers (P1) */
  {"no trigger", {.trigger = "[]"}, PBK_CODE_BAD_DEFINITION, "/trigger"},
  {"event without a name", {.trigger = "{'event':''}"}, PBK_CODE_BAD_DEFINITION, "/trigger/event"},
  {"unknown segment", {.trigger = "{'segment':'none'}"}, PBK_CODE_BAD_DEFINITION, "/trigger/segment"},
  {"unknown persona", {.trigger = "{'persona':'none'}"}, PBK_CODE_BAD_DEFINITION, "/trigger/persona"},
  {"a persona is no segment", {.trigger = "{'segment':'vip'}"}, PBK_CODE_BAD_DEFINITION, "/trigger/segment"},
  {"of another kind of subject", {.trigger = "{'segment':'big'}"}, PBK_CODE_BAD_DEFINITION, "/trigger/segment"},
  {"personas are of contacts",
   {.subject = "account", .trigger = "{'persona':'vip'}"},
   PBK_CODE_BAD_DEFINITION,
   "/trigger/persona"},
  {"the second trigger",
   {.trigger = "[{'manual':true},{'segment':'none','on':'left'}]"},
   PBK_CODE_BAD_DEFINITION,
   "/trigger/1/segment"},
  {"where does not parse", {.trigger = "{'event':'e','where':'event.'}"}, PBK_CODE_BAD_CONDITION, "/trigger/where"},
  {"where asks for the enrollment",
   {.trigger = "[{'manual':true},{'event':'e','where':'enrollment.started_at < now'}]"},
   PBK_CODE_BAD_CONDITION,
   "/trigger/1/where"},
  {"event in where", {.trigger = "{'event':'e','where':'event.properties.n > 1'}"}, 0, ""},
  /* filters */
  {"filter on an unknown segment", {.filter = ",'segment':'none'"}, PBK_CODE_BAD_DEFINITION, "/segment"},
  {"the contact's account counts", {.filter = ",'segment':'big'"}, 0, ""},
  {"contacts asked about an account",
   {.subject = "account", .filter = ",'segment':'eu'"},
   PBK_CODE_BAD_DEFINITION,
   "/segment"},
  {"when does not parse", {.filter = ",'when':'1 +'"}, PBK_CODE_BAD_CONDITION, "/when"},
  {"when is of the wrong type", {.filter = ",'when':'1 + true'"}, PBK_CODE_BAD_CONDITION, "/when"},
  {"event in a filter", {.filter = ",'when':'event.name == `e`'"}, PBK_CODE_BAD_CONDITION, "/when"},
  {"unknown persona in when", {.filter = ",'when':'persona(`none`)'"}, PBK_CODE_BAD_CONDITION, "/when"},
  {"exit does not parse", {.more = ",'exit':{'when':'('}"}, PBK_CODE_BAD_CONDITION, "/exit/when"},
  {"exit that cannot be foreseen", {.more = ",'exit':{'when':'string(now) == ``'}"}, PBK_CODE_BAD_CONDITION, "/exit/when"},
  /* senders (S5) */
  {"an empty pool", {.more = ",'senders':{'pool':[]}"}, PBK_CODE_BAD_DEFINITION, "/senders/pool"},
  {"unknown sender", {.more = ",'senders':{'pool':['ann','none']}"}, PBK_CODE_BAD_DEFINITION, "/senders/pool/1"},
  {"a sender twice", {.more = ",'senders':{'pool':['ann','bob','ann']}"}, PBK_CODE_BAD_DEFINITION, "/senders/pool/2"},
  {"no active sender", {.more = ",'senders':{'pool':['out']}"}, PBK_CODE_BAD_DEFINITION, "/senders/pool"},
  {"one active is enough", {.more = ",'senders':{'pool':['out','bob']}"}, 0, ""},
  {"senders and branches",
   {.more = ",'senders':{'pool':['ann']},'branches':[{'segment':'eu','senders':{'pool':['ann']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches"},
  {"branch without segment",
   {.more = ",'branches':[{'senders':{'pool':['ann']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/0/segment"},
  {"branch of an unknown segment",
   {.more = ",'branches':[{'segment':'none','senders':{'pool':['ann']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/0/segment"},
  {"two branches of one segment",
   {.more = ",'branches':[{'segment':'eu','senders':{'pool':['ann']}},{'segment':'eu','senders':{'pool':['bob']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/1/segment"},
  {"branch without senders",
   {.more = ",'branches':[{'segment':'eu','senders':{'pool':['ann']}},{'segment':'us'}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/1/senders"},
  {"branch without an active sender",
   {.more = ",'branches':[{'segment':'eu','senders':{'pool':['out']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/0/senders/pool"},
  {"an account's branch of contacts",
   {.subject = "account", .more = ",'branches':[{'segment':'eu','senders':{'pool':['ann']}}]"},
   PBK_CODE_BAD_DEFINITION,
   "/branches/0/segment"},
  {"branches by the contact's account", {.more = ",'branches':[{'segment':'big','senders':{'pool':['ann']}}]"}, 0, ""},
  /* steps (P7) */
  {"no step", {.steps = "[]"}, PBK_CODE_BAD_DEFINITION, "/steps"},
  {"no action", {.steps = "[{'actions':[]}]"}, PBK_CODE_BAD_DEFINITION, "/steps/0/actions"},
  {"no action in the second",
   {.steps = "[{'actions':[{'task':{'title':'t'}}]},{'delay':'1d'}]"},
   PBK_CODE_BAD_DEFINITION,
   "/steps/1/actions"},
  {"when of a step",
   {.steps = "[{'when':'contact.','actions':[{'task':{'title':'t'}}]}]"},
   PBK_CODE_BAD_CONDITION,
   "/steps/0/when"},
  {"step_at in a step", {.steps = "[{'when':'enrollment.step_at < now','actions':[{'task':{'title':'t'}}]}]"}, 0, ""},
  /* tasks */
  {"task without title", {.steps = STEP("{'task':{}}")}, PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/task/title"},
  {"task for an unknown user",
   {.steps = STEP("{'task':{'title':'t','assignee':{'user':'none'}}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/task/assignee/user"},
  {"task for an unknown role",
   {.steps = STEP("{'task':{'title':'t','assignee':{'role':'none'}}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/task/assignee/role"},
  {"task for the unlicensed", {.steps = STEP("{'task':{'title':'t','assignee':{'user':'idle'}}}")}, 0, ""},
  /* e-mails (C3, S1) */
  {"unknown template",
   {.steps = STEP("{'email':{'template':'none'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/template"},
  {"no template", {.steps = STEP("{'email':{}}")}, PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/email/template"},
  {"template of another channel",
   {.steps = STEP("{'email':{'template':'alert'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/template"},
  {"as an unknown user",
   {.steps = EMAIL(",'send_as':{'user':'none'}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/send_as/user"},
  {"as an unlicensed user",
   {.steps = EMAIL(",'send_as':{'user':'idle'}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/send_as/user"},
  {"as an unknown role",
   {.steps = EMAIL(",'send_as':{'role':'none'}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/send_as/role"},
  {"as a pool that is not there",
   {.steps = EMAIL(",'send_as':'pool'")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/send_as"},
  {"as a licensed user", {.steps = EMAIL(",'send_as':{'user':'john'}")}, 0, ""},
  {"to, for a contact", {.steps = EMAIL(",'to':'all'")}, PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/email/to"},
  {"no to, for an account",
   {.subject = "account", .steps = EMAIL("")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/to"},
  {"to an unknown persona",
   {.subject = "account", .steps = EMAIL(",'to':{'persona':'none'}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/email/to/persona"},
  {"to a condition that does not parse",
   {.subject = "account", .steps = EMAIL(",'to':{'when':'contact.'}")},
   PBK_CODE_BAD_CONDITION,
   "/steps/0/actions/0/email/to/when"},
  {"to a persona", {.subject = "account", .steps = EMAIL(",'to':{'persona':'vip'}")}, 0, ""},
  {"the third action",
   {.steps = STEP("{'task':{'title':'t'}},{'email':{'template':'hello'}},{'email':{'template':'none'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/2/email/template"},
  /* assignments (C1) */
  {"assign without role",
   {.steps = STEP("{'assign':{'user':'john'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign/role"},
  {"assign an unknown role",
   {.steps = STEP("{'assign':{'role':'none','user':'john'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign/role"},
  {"assign an unknown user",
   {.steps = STEP("{'assign':{'role':'CSM','user':'none'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign/user"},
  {"assign nobody", {.steps = STEP("{'assign':{'role':'CSM'}}")}, PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/assign"},
  {"rotate nobody",
   {.steps = STEP("{'assign':{'role':'CSM','rotate':[]}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign"},
  {"user and rotate",
   {.steps = STEP("{'assign':{'role':'CSM','user':'john','rotate':['mary']}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign"},
  {"rotate to an unknown user",
   {.steps = STEP("{'assign':{'role':'CSM','rotate':['john','none']}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/assign/rotate/1"},
  /* notifications (C1, C2) */
  {"notify nobody",
   {.steps = STEP("{'notify':{'template':'hello'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/notify/to"},
  {"notify a place by e-mail",
   {.steps = STEP("{'notify':{'to':'#cs','template':'hello'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/notify/to"},
  {"notify a user on slack",
   {.steps = STEP("{'notify':{'channel':'slack','to':{'user':'john'},'template':'alert'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/notify/to"},
  {"notify an unknown user",
   {.steps = STEP("{'notify':{'to':{'user':'none'},'template':'hello'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/notify/to/user"},
  {"notify on slack with an e-mail's template",
   {.steps = STEP("{'notify':{'channel':'slack','to':'#cs','template':'hello'}}")},
   PBK_CODE_BAD_DEFINITION,
   "/steps/0/actions/0/notify/template"},
  {"notify on slack", {.steps = STEP("{'notify':{'channel':'slack','to':'#cs','template':'alert'}}")}, 0, ""},
};

static void refused_with_code_and_path(void) {
  struct rig rig;
  prepare(&rig);
  for (uint32_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    const struct refusal *refusal = &refusals[i];
    check_note("%s", refusal->what);
    pbk_status status = define(&rig, refusal->parts);
    pbk_error error = rig_error(&rig);
    CHECK_EQUAL_INT(status, refusal->code ? PBK_ERR_REFUSED : PBK_OK);
    CHECK_EQUAL_INT(error.code, refusal->code);
    CHECK_TEXT(inner_text(error.path), refusal->path);
    CHECK_EQUAL_INT(error.message.size > 0, refusal->code != 0);
    if (refusal->code == PBK_CODE_BAD_CONDITION)
      CHECK(error.line >= 1 && error.column >= 1);
    else
      CHECK_EQUAL_UINT(error.column, 0);
    /* nothing of what is refused remains, and what is fine counts */
    pbk_handle handle;
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_PLAYBOOK, "p", 1, &handle), refusal->code ? PBK_ERR_HANDLE : PBK_OK);
    if (!refusal->code) CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_PLAYBOOK, "p", 1), PBK_OK);
  }
  rig_close(&rig);
}

/* The same table as a redefinition: the version before goes on. */
static void a_refused_redefinition_changes_nothing(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'task'"
           ":{'title':'first'}}]}]}");
  rig_take(&rig);
  for (uint32_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    if (!refusals[i].code) continue;
    check_note("%s", refusals[i].what);
    CHECK_EQUAL_INT(define(&rig, refusals[i].parts), PBK_ERR_REFUSED);
  }
  rig_take(&rig);
  check_note("afterwards");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}");
  CHECK_OUTPUTS(&rig, "enrolled #1 p u1 v1\nstep #1.1 run\ntask #1 open first\nexited #1 completed\n");
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','trigger':{'event':'go'},'steps':[{'actions':[{'task':{'title':'"
           "second'}}]}]}");
  CHECK_OUTPUTS(&rig, "defined playbook p v2\n"); /* versions of refused definitions are not counted (P10) */
  rig_close(&rig);
}

/* P12: no e-mail without a connected channel; a proposed one counts, a disconnected one does not. */
static void email_needs_a_connected_channel(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  struct parts email = {.steps = EMAIL("")},
               notify = {.steps = STEP("{'notify':{'to':{'sender':true},'template':'hello'}}")};
  TELL_ALL(&rig, "{'type':'define','kind':'template','key':'hello'}");
  for (uint32_t round = 0; round < 2; round++) {
    CHECK_EQUAL_INT(define(&rig, email), PBK_ERR_REFUSED);
    CHECK_TEXT(inner_text(rig_error(&rig).path), "/steps/0/actions/0/email");
    CHECK_EQUAL_INT(define(&rig, notify), PBK_ERR_REFUSED);
    CHECK_TEXT(inner_text(rig_error(&rig).path), "/steps/0/actions/0/notify");
    TELL_ALL(&rig, "{'type':'define','kind':'channel','key':'email','connected':false}");
  }
  CHECK_EQUAL_INT(tell(&rig,
                       "{'type':'batch','batch':[{'type':'define','kind':'channel','key':'email'},"
                       "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'steps':"
                       "[{'actions':[{'email':{'template':'hello'}}]}]}]}"),
                  PBK_OK);
  CHECK_EQUAL_INT(tell(&rig,
                       "{'type':'batch','batch':[{'type':'define','kind':'channel','key':'email','connected':false},"
                       "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'steps':"
                       "[{'actions':[{'email':{'template':'hello'}}]}]}]}"),
                  PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/batch/1/steps/0/actions/0/email");
  CHECK_EQUAL_INT(define(&rig, email), PBK_OK); /* the channel of the refused batch is still connected */
  rig_close(&rig);
}

/* What only the C structs can say: values that the line protocol has no words for. */
static pbk_status define_struct(struct rig *rig, const pbk_playbook *playbook) {
  return pbk_define_playbook(rig->engine, NULL, playbook);
}

static void refused_structs(void) {
  struct rig rig;
  prepare(&rig);
  pbk_trigger trigger = {.size = sizeof trigger, .kind = PBK_TRIGGER_MANUAL};
  pbk_action action = {.size = sizeof action, .kind = PBK_ACTION_TASK, .title = words("t")};
  pbk_step step = {.size = sizeof step, .actions = &action, .action_count = 1};
  const pbk_playbook fine = {
    .size = sizeof fine, .key = words("p"), .triggers = &trigger, .trigger_count = 1, .steps = &step, .step_count = 1};
  pbk_playbook playbook = fine;
  pbk_duration negative = -1;
#define REFUSED(wanted_path)                                          \
  do {                                                                \
    CHECK_EQUAL_INT(define_struct(&rig, &playbook), PBK_ERR_REFUSED); \
    CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_DEFINITION);   \
    CHECK_TEXT(inner_text(rig_error(&rig).path), wanted_path);        \
    playbook = fine;                                                  \
  } while (0)
  CHECK_EQUAL_INT(define_struct(&rig, &playbook), PBK_OK);
  trigger.kind = 99;
  REFUSED("/trigger");
  trigger.kind = PBK_TRIGGER_STAGE;
  REFUSED("/trigger/stage");
  trigger.kind = PBK_TRIGGER_SEGMENT_LEFT;
  REFUSED("/trigger/segment");
  trigger.kind = PBK_TRIGGER_MANUAL;
  playbook.trigger_count = 0;
  REFUSED("/trigger");
  playbook.reentry = 3;
  REFUSED("/reentry");
  playbook.reentry = PBK_REENTRY_AFTER;
  playbook.reentry_after = -1;
  REFUSED("/reentry");
  playbook.approval_window = &negative;
  REFUSED("/approval_window");
  step.delay = -1;
  REFUSED("/steps/0/delay");
  step.delay = 0;
  action.due = &negative;
  REFUSED("/steps/0/actions/0/task/due");
  action.due = NULL;
  action.kind = 0;
  REFUSED("/steps/0/actions/0");
  action.kind = 5;
  REFUSED("/steps/0/actions/0");
  action.kind = PBK_ACTION_TASK;
  action.person = (pbk_person){.size = sizeof action.person, .kind = PBK_PERSON_PLACE, .key = words("#cs")};
  REFUSED("/steps/0/actions/0/task/assignee");
  action.person.kind = 77;
  REFUSED("/steps/0/actions/0/task/assignee");
  action = (pbk_action){.size = sizeof action, .kind = PBK_ACTION_EMAIL, .template_key = words("hello"), .policy = 2};
  REFUSED("/steps/0/actions/0/email/policy");
  action.policy = PBK_POLICY_HOLD;
  action.send_as.kind = 9;
  REFUSED("/steps/0/actions/0/email/send_as");
  action.send_as.kind = PBK_SEND_AS_DEFAULT;
  CHECK_EQUAL_INT(define_struct(&rig, &playbook), PBK_OK);
  pbk_text senders[] = {words("ann")};
  pbk_pool pool = {.size = sizeof pool, .sticky = 5, .senders = senders, .sender_count = 1};
  playbook.senders = &pool;
  REFUSED("/senders/sticky");
#undef REFUSED
  rig_close(&rig);
}

/* P7: 1 to 100 actions. */
static void at_most_a_hundred_actions(void) {
  struct rig rig;
  prepare(&rig);
  pbk_trigger trigger = {.size = sizeof trigger, .kind = PBK_TRIGGER_MANUAL};
  pbk_action actions[101];
  for (uint32_t i = 0; i < 101; i++)
    actions[i] = (pbk_action){.size = sizeof actions[i], .kind = PBK_ACTION_TASK, .title = words("t")};
  pbk_step step = {.size = sizeof step, .actions = actions, .action_count = 101};
  pbk_playbook playbook = {.size = sizeof playbook,
                           .key = words("p"),
                           .active = 1,
                           .triggers = &trigger,
                           .trigger_count = 1,
                           .steps = &step,
                           .step_count = 1};
  CHECK_EQUAL_INT(define_struct(&rig, &playbook), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/steps/0/actions");
  step.action_count = 100;
  CHECK_EQUAL_INT(define_struct(&rig, &playbook), PBK_OK);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.tasks_ever, 100);
  rig_close(&rig);
}

/* P10: the kind of subject may not change. */
static void the_kind_of_subject_stays(void) {
  struct rig rig;
  prepare(&rig);
  CHECK_EQUAL_INT(define(&rig, (struct parts){0}), PBK_OK);
  CHECK_EQUAL_INT(define(&rig, (struct parts){.subject = "account"}), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/subject");
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_PLAYBOOK, "p", 1), PBK_OK);
  CHECK_EQUAL_INT(define(&rig, (struct parts){.subject = "account"}), PBK_OK); /* anew */
  rig_close(&rig);
}

/* E1: keys have 1 to 255 bytes. */
static void keys(void) {
  struct rig rig;
  prepare(&rig);
  char key[257];
  memset(key, 'k', sizeof key);
  static const struct {
    size_t size;
    bool fine;
  } cases[] = {{0, false}, {1, true}, {255, true}, {256, false}};
  for (uint32_t i = 0; i < 4; i++) {
    pbk_role role = {.size = sizeof role, .key = {key, cases[i].size}};
    check_note("%zu bytes", cases[i].size);
    CHECK_EQUAL_INT(pbk_define_role(rig.engine, NULL, &role), cases[i].fine ? PBK_OK : PBK_ERR_REFUSED);
    if (!cases[i].fine) CHECK_TEXT(inner_text(rig_error(&rig).path), "/key");
  }
  pbk_role role = {.size = sizeof role};
  CHECK_EQUAL_INT(pbk_define_role(rig.engine, NULL, &role), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/key");
  rig_close(&rig);
}

/* What a definition names cannot be undefined, whichever way it is named (SPEC L, undefine). */
static void what_is_named_is_in_use(void) {
  static const struct {
    const char *more, *steps, *kind, *key;
    bool account;
  } cases[] = {
    {NULL, STEP("{'task':{'title':'t','assignee':{'user':'mary'}}}"), "user", "mary", false},
    {NULL, STEP("{'task':{'title':'t','assignee':{'role':'CSM'}}}"), "role", "CSM", false},
    {NULL, EMAIL(",'send_as':{'user':'john'}"), "user", "john", false},
    {NULL, EMAIL(",'send_as':{'role':'CSM'}"), "role", "CSM", false},
    {NULL, EMAIL(""), "template", "hello", false},
    {NULL, STEP("{'notify':{'channel':'slack','to':'#cs','template':'alert'}}"), "template", "alert", false},
    {NULL, STEP("{'notify':{'to':{'user':'mary'},'template':'again'}}"), "user", "mary", false},
    {NULL, STEP("{'notify':{'to':{'role':'CSM'},'template':'again'}}"), "role", "CSM", false},
    {NULL, STEP("{'assign':{'role':'CSM','user':'mary'}}"), "user", "mary", false},
    {NULL, STEP("{'assign':{'role':'CSM','rotate':['john','idle']}}"), "user", "idle", false},
    {NULL, STEP("{'assign':{'role':'CSM','user':'mary'}}"), "role", "CSM", false},
    {",'senders':{'pool':['bob','ann']}", NULL, "sender", "ann", false},
    {",'branches':[{'segment':'eu','senders':{'pool':['bob']}}]", NULL, "segment", "eu", false},
    {",'branches':[{'segment':'eu','senders':{'pool':['bob']}}]", NULL, "sender", "bob", false},
    {",'segment':'big'", NULL, "segment", "big", false},
    {",'when':'segment(`eu`)'", NULL, "segment", "eu", false},
    {",'when':'persona(`vip`)'", NULL, "persona", "vip", false},
    {",'exit':{'when':'segment(`us`)'}", NULL, "segment", "us", false},
    {NULL, "[{'when':'persona(`vip`)','actions':[{'task':{'title':'t'}}]}]", "persona", "vip", false},
    {NULL, EMAIL(",'to':{'persona':'vip'}"), "persona", "vip", true},
    {NULL, EMAIL(",'to':{'when':'segment(`eu`)'}"), "segment", "eu", true},
  };
  struct rig rig;
  prepare(&rig);
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s %s (case %" PRIu32 ")", cases[i].kind, cases[i].key, i);
    struct parts parts = {.subject = cases[i].account ? "account" : NULL, .more = cases[i].more, .steps = cases[i].steps};
    CHECK_EQUAL_INT(define(&rig, parts), PBK_OK);
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'undefine','kind':'%s','key':'%s'}", cases[i].kind, cases[i].key),
                    PBK_ERR_REFUSED);
    CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
    CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_PLAYBOOK, "p", 1), PBK_OK);
  }
  /* a trigger names its audience */
  CHECK_EQUAL_INT(define(&rig, (struct parts){.trigger = "{'segment':'us','on':'left'}"}), PBK_OK);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'segment','key':'us'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(define(&rig, (struct parts){0}), PBK_OK); /* the new version does not */
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'segment','key':'us'}"), PBK_OK);
  rig_close(&rig);
}

int main(void) {
  RUN(refused_with_code_and_path);
  RUN(a_refused_redefinition_changes_nothing);
  RUN(email_needs_a_connected_channel);
  RUN(refused_structs);
  RUN(at_most_a_hundred_actions);
  RUN(the_kind_of_subject_stays);
  RUN(keys);
  RUN(what_is_named_is_in_use);
  return check_report();
}
