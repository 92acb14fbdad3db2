/* tests/unit/world.c - what a condition sees of its subject, the account, an event, an enrollment (SPEC X2, X3, X4). */
#include "engine_support.h"

/* Each condition over one contact with an account, and whether it holds. */
static const struct {
  const char *condition;
  bool held;
} with_account[] = {
  {"contact.id == `u1`", true},
  {"contact.created_at == timestamp(`1970-01-01T00:00:05Z`)", true},
  {"contact.stage == `trial`", true},
  {"contact.health == 70", true},
  {"type(contact.health) == int", true},
  {"type(account.health) == double", true},
  {"contact.traits.plan == `pro`", true},
  {"contact.traits.nested.list[1].x == 2", true},
  {"contact.traits.none == null", true},
  {"has(contact.traits.none)", true},
  {"has(contact.traits.missing)", false},
  {"contact.traits.missing == null", false}, /* an error is not matched */
  {"contact.traits.missing == null || true", true},
  {"size(contact.traits) == 3", true},
  {"contact.traits.exists(k, k == `plan`)", true},
  {"account.id == `a1` && has(account.id)", true},
  {"account.stage == `live`", true},
  {"account.health == 2.5", true},
  {"account.traits.size == 10", true},
  {"events(`login`).count() == 2", true},
  {"events(`login`).first() == timestamp(`1970-01-01T00:00:06Z`)", true},
  {"events(`login`).last() == timestamp(`1970-01-01T00:00:07Z`)", true},
  {"events(`none`).last() < now", false},
  {"events(`none`).count() == 0", true},
  {"account_events(`login`).count() == 1", true}, /* one was before it had the account */
  {"segment(`all-accounts`)", true},
  {"segment(`no-accounts`)", false},
  {"segment(`all-contacts`)", true},
};
static const struct {
  const char *condition;
  bool held;
} without_account[] = {
  {"has(account.id)", false},
  {"account.id == `a1`", false},
  {"has(account.stage)", false},
  {"has(contact.stage)", false},
  {"has(contact.health)", false},
  {"contact.health > 0", false},
  {"has(contact.traits.plan)", false},
  {"size(contact.traits) == 0", true},
  {"account_events(`login`).count() == 0", true},
  {"account_events(`login`).quiet(duration(`1us`))", false}, /* never quiet where there is none */
  {"segment(`all-accounts`)", false},
  {"segment(`all-contacts`)", true},
  {"events(`login`).quiet(duration(`3s`))", true},
  {"events(`login`).quiet(duration(`4s`))", false},
};

static void prepare(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(
    rig, "{'type':'define','kind':'segment','key':'all-accounts','of':'account','when':'true'}",
    "{'type':'define','kind':'segment','key':'no-accounts','of':'account','when':'false'}",
    "{'type':'define','kind':'segment','key':'all-contacts','when':'true'}",
    "{'type':'identify','userId':'u1','timestamp':5000,'traits':{'plan':'pro','none':null,'nested':{'list':[1,{'x':2}]}}}",
    "{'type':'track','userId':'u1','event':'login','timestamp':6000}",
    "{'type':'group','userId':'u1','groupId':'a1','traits':{'size':10}}",
    "{'type':'track','userId':'u1','event':'login','timestamp':7000}", "{'type':'identify','userId':'u2'}",
    "{'type':'stage','userId':'u1','stage':'trial','health':70}",
    "{'type':'stage','groupId':'a1','stage':'live','health':2.5}", "{'type':'advance','timestamp':10000}");
}

static void check_condition_of(struct rig *rig, const char *contact, const char *condition, bool held) {
  pbk_handle persona, subject;
  int32_t member = -1;
  check_note("%s of %s", condition, contact);
  CHECK_EQUAL_INT(tell_format(rig, "{'type':'define','kind':'persona','key':'tried','when':'%s'}", condition), PBK_OK);
  CHECK_EQUAL_INT(pbk_find(rig->engine, PBK_HANDLE_PERSONA, "tried", 5, &persona), PBK_OK);
  CHECK_EQUAL_INT(pbk_find(rig->engine, PBK_HANDLE_CONTACT, contact, strlen(contact), &subject), PBK_OK);
  CHECK_EQUAL_INT(pbk_is_member(rig->engine, persona, subject, &member), PBK_OK);
  CHECK_EQUAL_INT(member, held);
}

static void contacts(void) {
  struct rig rig;
  prepare(&rig);
  for (uint32_t i = 0; i < sizeof with_account / sizeof *with_account; i++)
    check_condition_of(&rig, "u1", with_account[i].condition, with_account[i].held);
  for (uint32_t i = 0; i < sizeof without_account / sizeof *without_account; i++)
    check_condition_of(&rig, "u2", without_account[i].condition, without_account[i].held);
  rig_close(&rig);
}

/* In an account's condition: contact is empty, events() and account_events() are its own. */
static void accounts(void) {
  struct rig rig;
  prepare(&rig);
  static const struct {
    const char *condition;
    bool held;
  } conditions[] = {{"contact == {}", true},
                    {"has(contact.id)", false},
                    {"account.id == `a1`", true},
                    {"events(`login`).count() == 1", true},
                    {"account_events(`login`).count() == 1", true},
                    {"events(`login`).last() == timestamp(`1970-01-01T00:00:07Z`)", true}};
  pbk_handle segment, account;
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_ACCOUNT, "a1", 2, &account), PBK_OK);
  for (uint32_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
    int32_t member = -1;
    check_note("%s", conditions[i].condition);
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'define','kind':'segment','of':'account','key':'tried','when':'%s'}",
                                conditions[i].condition),
                    PBK_OK);
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_SEGMENT, "tried", 5, &segment), PBK_OK);
    CHECK_EQUAL_INT(pbk_is_member(rig.engine, segment, account, &member), PBK_OK);
    CHECK_EQUAL_INT(member, conditions[i].held);
  }
  rig_close(&rig);
}

/* The event of a trigger, with its own time of occurrence; no properties are an empty map. */
static void events(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'e','where':'event.name == `e` &&"
           " event.occurred_at == timestamp(`1970-01-01T00:00:01Z`) && event.properties == {} && contact.id == `u1`'},"
           "'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'advance','timestamp':4000}", "{'type':'track','userId':'u1','event':'e','timestamp':2000}",
           "{'type':'track','userId':'u2','event':'e','timestamp':1000}",
           "{'type':'track','userId':'u1','event':'e','timestamp':1000,'properties':{'n':1}}");
  CHECK_OUTPUTS(&rig, "defined playbook p v1\n");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':1000}");
  CHECK_OUTPUTS(&rig, "enrolled #1 p u1 v1\nstep #1.1 run\ntask #1 open t\nexited #1 completed\n");
  rig_close(&rig);
}

/* step_at is the due time of the last step run or skipped, started_at before the first. */
static void enrollments(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(
    &rig,
    "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
    "{'when':'enrollment.started_at == now && enrollment.step_at == now','actions':[{'task':{'title':'one'}}]},"
    "{'delay':'1h','when':'enrollment.step_at == now - duration(`1h`)','actions':[{'task':{'title':'two'}}]},"
    "{'delay':'1h','when':'false','actions':[{'task':{'title':'three'}}]},"
    "{'delay':'1h','when':'enrollment.step_at == now - duration(`1h`) && enrollment.started_at == now - duration(`3h`)',"
    "'actions':[{'task':{'title':'four'}}]}]}",
    "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}",
    "{'type':'advance','timestamp':90000000}");
  CHECK_OUTPUTS(
    &rig,
    "defined playbook p v1\nenrolled #1 p u1 v1\nstep #1.1 run\ntask #1 open one\nstep #1.2 run\ntask #2 open two\n"
    "step #1.3 skipped\nstep #1.4 run\ntask #3 open four\nexited #1 completed\n");
  rig_close(&rig);
}

int main(void) {
  RUN(contacts);
  RUN(accounts);
  RUN(events);
  RUN(enrollments);
  return check_report();
}
