/* tests/unit/engine_budget.c - an advance in portions of any size does what one without a limit does (SPEC T8). */
#include "storage_support.h"

/* Everything that can be due: memberships, exits, steps, approval windows, retries, at equal times too. */
static void prepare(struct rig *rig) {
  define_usual(rig);
  rig->answers[0] = PBK_DELIVERY_RETRY;
  rig->answers[1] = PBK_DELIVERY_SENT;
  rig->answers[2] = PBK_DELIVERY_RETRY;
  rig->answer_count = 3;
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'persona','key':'weekend','when':'now.getDayOfWeek() in [0, 6]'}",
           "{'type':'define','kind':'segment','key':'young','when':'now < contact.created_at + days(3)'}",
           "{'type':'define','kind':'playbook','key':'win-back','active':true,'trigger':{'persona':'dormant'},"
           "'senders':{'pool':['ann','bob']},'exit':{'when':'now > enrollment.started_at + days(4)'},'steps':["
           "{'actions':[{'email':{'template':'hello','approval':false,'send_as':'pool'}}]},"
           "{'delay':'1d','actions':[{'task':{'title':'Call','assignee':{'sender':true}}}]},"
           "{'delay':'1d','actions':[{'notify':{'channel':'slack','to':'#cs','template':'alert'}}]},"
           "{'delay':'9d','actions':[{'task':{'title':'Never'}}]}]}",
           "{'type':'define','kind':'playbook','key':'rest','active':true,'trigger':{'persona':'weekend','on':'untagged'},"
           "'steps':[{'delay':'1h','actions':[{'task':{'title':'Monday'}}]}]}",
           "{'type':'define','kind':'playbook','key':'by-hand','active':true,'trigger':{'manual':true},"
           "'steps':[{'actions':[{'email':{'template':'hello'}}]}]}");
  for (uint32_t i = 0; i < 12; i++) {
    tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','timestamp':%" PRIu32 "}", i, i / 3 * 3600000);
    tell_format(rig, "{'type':'enroll','playbook':'by-hand','userId':'u%" PRIu32 "'}", i);
    tell_format(rig, "{'type':'approve','message':%" PRIu32 "}", i + 1);
  }
}

static const pbk_time END = 15 * PBK_DAY;

static void finish(struct rig *rig, struct text wanted) {
  rig_collect(rig, 65536);
  CHECK_EQUAL_TEXT(((struct text){rig->text, (uint32_t)rig->text_size}), wanted);
}

static void budgets_do_not_show(void) {
  struct rig whole;
  rig_open(&whole, PBK_DELIVER_AT_ONCE);
  prepare(&whole);
  CHECK_EQUAL_INT(pbk_advance(whole.engine, END, 0), PBK_OK);
  whole.text_size = 0;
  rig_collect(&whole, 65536);
  CHECK(whole.text_size > 10000);
  struct text wanted = {whole.text, (uint32_t)whole.text_size};

  static const uint64_t budgets[] = {1, 2, 3, 5, 7, 64, 1000, UINT64_MAX};
  for (uint32_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
    struct rig rig;
    pbk_status status;
    uint32_t calls = 0;
    pbk_time before = 0;
    check_note("budget %" PRIu64, budgets[i]);
    rig_open(&rig, PBK_DELIVER_AT_ONCE);
    prepare(&rig);
    while ((status = pbk_advance(rig.engine, END, budgets[i])) == PBK_MORE) {
      calls++;
      CHECK(pbk_now(rig.engine) >= before && pbk_now(rig.engine) <= END);
      CHECK(pbk_next_due(rig.engine) <= END); /* what is left is what it says next */
      before = pbk_now(rig.engine);
    }
    CHECK_EQUAL_INT(status, PBK_OK);
    CHECK_EQUAL_INT(pbk_now(rig.engine), END);
    if (budgets[i] == 1) CHECK(calls > 50);
    if (budgets[i] >= 1000) CHECK_EQUAL_UINT(calls, 0);
    rig.text_size = 0;
    finish(&rig, wanted);
    rig_close(&rig);
  }
  check_note("without a limit");
  rig_close(&whole);
}

/* At most `budget` things are done: nothing of a later one shows. */
static void a_budget_of_one_does_one_thing(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'old','when':'now >= contact.created_at + duration(`1h`)'}",
           "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}", "{'type':'identify','userId':'u3'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 1), PBK_MORE);
  CHECK_OUTPUTS(&rig, "tagged u1 old\n");
  CHECK_EQUAL_INT(pbk_now(rig.engine), PBK_HOUR);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 1), PBK_MORE);
  CHECK_OUTPUTS(&rig, "tagged u2 old\n");
  CHECK_EQUAL_INT(pbk_now(rig.engine), PBK_HOUR);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 1), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u3 old\n");
  CHECK_EQUAL_INT(pbk_now(rig.engine), PBK_DAY);
  rig_close(&rig);
}

/* The state is consistent in between: inputs may come, and first do what was left at or before their time (T4). */
static void inputs_between_portions(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'old','when':'now >= contact.created_at + duration(`1h`)'}",
           "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 1), PBK_MORE);
  pbk_handle persona, contact;
  int32_t member;
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_PERSONA, "old", 3, &persona), PBK_OK);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "u2", 2, &contact), PBK_OK);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, contact, &member), PBK_OK);
  CHECK_EQUAL_INT(member, 0);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','userId':'u3','timestamp':3600000}"), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u1 old\ntagged u2 old\n");
  CHECK_EQUAL_INT(pbk_now(rig.engine), PBK_HOUR);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_HOUR, 1), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u3 old\n");
  rig_close(&rig);
}

/* What turned out not to stand any more is nothing done. */
static void what_does_not_stand_costs_nothing(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'actions':[{'email':{'template':'hello'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  for (uint32_t i = 0; i < 40; i++) {
    CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK); /* each opens a new window */
    CHECK_EQUAL_INT(pbk_advance(rig.engine, (i + 1) * PBK_SECOND, 0), PBK_OK);
  }
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 1), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "message #1 sending hello to u1 from success attempt 1\n"
                "message #1 sent hello to u1 from success attempt 1\n");
  rig_close(&rig);
}

/* But very much of it ends a portion, which is told of as any other, wherever the engine is opened again. */
static void very_much_that_does_not_stand(void) {
  enum { CONTACTS = 5000 };
  struct rig rigs[2];
  for (int i = 0; i < 2; i++) {
    struct rig *rig = &rigs[i];
    rig_open(rig, 0);
    CHECK_EQUAL_INT(rig_reopen(rig, 0, NULL), PBK_OK);
    TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}");
    for (uint32_t u = 0; u < CONTACTS; u++)
      tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','timestamp':0}", u);
    for (uint32_t u = 1; u < CONTACTS; u++) /* who wakes after two days finds a later login */
      tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','timestamp':3600000}", u);
    rig_take(rig);
  }
  CHECK_EQUAL_INT(pbk_advance(rigs[0].engine, 2 * PBK_DAY, 0), PBK_OK);
  uint32_t calls = 1;
  for (pbk_status status; (status = pbk_advance(rigs[1].engine, 2 * PBK_DAY, 10)) != PBK_OK; calls++) {
    if (!CHECK_EQUAL_INT(status, PBK_MORE) || !CHECK(calls < 100)) break;
    CHECK_EQUAL_INT(pbk_commit(rigs[1].engine), PBK_OK);
    struct digest digest = rig_digest(&rigs[1]);
    CHECK_EQUAL_INT(rig_reopen(&rigs[1], 0, NULL), PBK_OK); /* begins with what does not stand again */
    CHECK_DIGEST(&rigs[1], digest);
    if (calls > 3) break;
  }
  CHECK(calls > 2);
  CHECK_EQUAL_INT(pbk_advance(rigs[1].engine, 2 * PBK_DAY, 0), PBK_OK);
  rig_collect(&rigs[0], 65536);
  rig_collect(&rigs[1], 65536);
  CHECK(rigs[0].text_size > 0);
  for (int i = 0; i < 2; i++) rig_close(&rigs[i]);
}

/* An advance back in time counts as one to now; a time that is none is an argument. */
static void odd_times(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 5, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 10);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_NO_TIME, 0), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_advance(NULL, 5, 0), PBK_ERR_ARGUMENT);
  static const pbk_time latest = 253402300799999999; /* the end of 9999 */
  CHECK_EQUAL_INT(pbk_advance(rig.engine, latest + 1, 0), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, INT64_MAX, 0), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 10);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, latest, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), latest);
  rig_close(&rig);
}

int main(void) {
  RUN(budgets_do_not_show);
  RUN(a_budget_of_one_does_one_thing);
  RUN(inputs_between_portions);
  RUN(what_does_not_stand_costs_nothing);
  RUN(very_much_that_does_not_stand);
  RUN(odd_times);
  return check_report();
}
