/* tests/unit/engine_next_due.c - the engine tells when something can be due, and until then nothing is (SPEC T9). */
#include "engine_support.h"

static void prepare(struct rig *rig) {
  define_usual(rig);
  rig->answers[0] = PBK_DELIVERY_RETRY;
  rig->answers[1] = PBK_DELIVERY_SENT;
  rig->answer_count = 2;
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'persona','key':'keen','when':'events(`login`).count(days(1)) >= 2'}",
           "{'type':'define','kind':'persona','key':'noon','when':'now.getHours() == 12'}",
           "{'type':'define','kind':'playbook','key':'win-back','active':true,'trigger':{'persona':'dormant'},"
           "'exit':{'when':'now > enrollment.started_at + days(3)'},'steps':["
           "{'actions':[{'email':{'template':'hello','approval':false}},{'task':{'title':'Look'}}]},"
           "{'delay':'36h','actions':[{'task':{'title':'Call','due':'2d'}}]},"
           "{'delay':'9d','actions':[{'task':{'title':'Never'}}]}]}",
           "{'type':'define','kind':'playbook','key':'by-hand','active':true,'trigger':{'manual':true},"
           "'steps':[{'actions':[{'email':{'template':'hello'}}]}]}");
  for (uint32_t i = 0; i < 6; i++) {
    tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','timestamp':%" PRIu32 "}", i, i * 1700123);
    tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login'}", i);
    tell_format(rig, "{'type':'enroll','playbook':'by-hand','userId':'u%" PRIu32 "'}", i);
    tell_format(rig, "{'type':'approve','message':%" PRIu32 "}", i + 1);
  }
}

static const pbk_time END = 6 * PBK_DAY;

static void sleeping_until_next_due(void) {
  struct rig whole, sleeper;
  rig_open(&whole, PBK_DELIVER_AT_ONCE);
  prepare(&whole);
  CHECK_EQUAL_INT(pbk_advance(whole.engine, END, 0), PBK_OK);
  whole.text_size = 0;
  rig_collect(&whole, 65536);

  rig_open(&sleeper, PBK_DELIVER_AT_ONCE);
  prepare(&sleeper);
  sleeper.text_size = 0;
  rig_collect(&sleeper, 4096);
  uint32_t naps = 0;
  for (pbk_time due; (due = pbk_next_due(sleeper.engine)) != PBK_NO_TIME && due <= END; naps++) {
    check_note("nap %" PRIu32, naps);
    if (!CHECK(due > pbk_now(sleeper.engine))) break; /* inputs have left nothing due */
    /* just before it: nothing new */
    size_t before = sleeper.text_size;
    CHECK_EQUAL_INT(pbk_advance(sleeper.engine, due - 1, 0), PBK_OK);
    rig_collect(&sleeper, 4096);
    CHECK_EQUAL_UINT(sleeper.text_size, before);
    CHECK_EQUAL_INT(pbk_next_due(sleeper.engine), due);
    CHECK_EQUAL_INT(pbk_advance(sleeper.engine, due, 0), PBK_OK);
    rig_collect(&sleeper, 4096);
  }
  CHECK(naps > 30);
  check_note("the whole");
  CHECK_EQUAL_TEXT(((struct text){sleeper.text, (uint32_t)sleeper.text_size}),
                   ((struct text){whole.text, (uint32_t)whole.text_size}));
  rig_close(&whole);
  rig_close(&sleeper);
}

static void nothing_is_due(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'pro','when':'contact.traits.plan == `pro`'}",
           "{'type':'identify','userId':'u1','traits':{'plan':'pro'},'timestamp':1000}");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 100 * PBK_DAY, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_next_due(NULL), PBK_NO_TIME);
  rig_close(&rig);
}

/* Each kind of due thing is told, to the microsecond. */
static void each_kind_is_told(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'delay':'90s','actions':[{'email':{'template':'hello'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 90 * PBK_SECOND); /* a step */
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 90 * PBK_SECOND, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME); /* waits for approval */
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 90 * PBK_SECOND + 10 * PBK_MINUTE); /* the window */
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answer_count = 1;
  rig.wait = 7;
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 90 * PBK_SECOND + 10 * PBK_MINUTE, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 90 * PBK_SECOND + 10 * PBK_MINUTE + 7); /* the retry */
  rig.wait = PBK_WAIT_DEFAULT;
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 90 * PBK_SECOND + 10 * PBK_MINUTE + 7, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 90 * PBK_SECOND + 14 * PBK_MINUTE + 7); /* retry_waits: the second */
  rig_close(&rig);
}

/* A membership, and the exit of an enrollment. */
static void conditions_are_told(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'old','when':'now >= contact.created_at + duration(`3us`)'}",
           "{'type':'identify','userId':'u1'}");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 3);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 3, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},"
           "'exit':{'when':'now >= enrollment.started_at + duration(`5s`)'},"
           "'steps':[{'delay':'1d','actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 3 + 5 * PBK_SECOND);
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 3 + 5 * PBK_SECOND, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "exited #1 goal\n");
  rig_close(&rig);
}

int main(void) {
  RUN(sleeping_until_next_due);
  RUN(nothing_is_due);
  RUN(each_kind_is_told);
  RUN(conditions_are_told);
  return check_report();
}
