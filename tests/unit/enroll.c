/* tests/unit/enroll.c - who enters: the checks in their order, once in a cause, by hand (SPEC P4, P5, P6). */
#include "engine_support.h"

static void prepare(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'segment','key':'eu','when':'contact.traits.eu == true'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'when':'contact.traits.fine "
           "== true',"
           "'exit':{'when':'contact.traits.done == "
           "true'},'reentry':{'after':'1h'},'branches':[{'segment':'eu','senders':{'pool':['ann']}}],"
           "'steps':[{'delay':'1d','actions':[{'task':{'title':'t'}}]}]}");
  rig_take(rig);
}

/* Each check that is put right shows the next: the first that stops it is told. */
static void in_their_order(void) {
  static const struct {
    const char *before, *wanted;
  } cases[] = {
    {"{'type':'identify','userId':'u1'}", "not_enrolled p u1 paused\n"}, /* everything is wrong */
    {"{'type':'resume','playbook':'p'}", "not_enrolled p u1 suppressed\n"},
    {"{'type':'suppress','userId':'u1','suppressed':false}", "not_enrolled p u1 filtered\n"},
    {"{'type':'identify','userId':'u1','traits':{'fine':true}}", "not_enrolled p u1 exit_met\n"},
    {"{'type':'identify','userId':'u1','traits':{'done':false}}", "not_enrolled p u1 no_branch\n"},
    {"{'type':'identify','userId':'u1','traits':{'eu':true}}", "not_enrolled p u1 no_sender\n"},
    {"{'type':'define','kind':'user','key':'john','licensed':true}", "enrolled #1 p u1 v1 in eu by ann rotation\n"},
    {"{'type':'identify','userId':'u1','traits':{'fine':false}}", "not_enrolled p u1 already_enrolled\n"},
    {"{'type':'unenroll','playbook':'p','userId':'u1'}", "not_enrolled p u1 reentry\n"},
    {"{'type':'advance','timestamp':3599999}", "not_enrolled p u1 reentry\n"},
    {"{'type':'advance','timestamp':3600000}", "not_enrolled p u1 filtered\n"}, /* from exactly last exit + d */
    {"{'type':'identify','userId':'u1','traits':{'fine':true}}", "enrolled #2 p u1 v1 in eu by ann rotation\n"},
    {"{'type':'archive','playbook':'p'}", ""}, /* says nothing */
  };
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'suppress','userId':'u1','suppressed':true}",
           "{'type':'identify','userId':'u1','traits':{'done':true}}",
           "{'type':'define','kind':'user','key':'john','licensed':false}", "{'type':'pause','playbook':'p'}");
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("case %" PRIu32, i);
    TELL_ALL(&rig, cases[i].before);
    rig_take(&rig);
    TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}");
    CHECK_OUTPUTS(&rig, cases[i].wanted);
  }
  rig_close(&rig);
}

/* P6: by hand skips triggers and filters, nothing else; for one not active it says why. */
static void by_hand(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'eu':true}}", "{'type':'identify','userId':'u2'}",
           "{'type':'define','kind':'playbook','key':'asleep','trigger':{'manual':true},'steps':[{'actions':[{'task':{'"
           "title':'t'}}]}]}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'enroll','playbook':'p','userId':'u2'}", "{'type':'enroll','playbook':'p','userId':'u1'}",
           "{'type':'enroll','playbook':'p','userId':'u1'}", "{'type':'enroll','playbook':'asleep','userId':'u1'}",
           "{'type':'archive','playbook':'asleep'}", "{'type':'enroll','playbook':'asleep','userId':'u1'}",
           "{'type':'pause','playbook':'p'}", "{'type':'enroll','playbook':'p','userId':'u2'}");
  CHECK_OUTPUTS(
    &rig,
    "not_enrolled p u2 no_branch\nenrolled #1 p u1 v1 in eu by ann rotation\nnot_enrolled p u1 already_enrolled\n"
    "not_enrolled asleep u1 inactive\nnot_enrolled asleep u1 archived\nnot_enrolled p u2 paused\n");
  rig_close(&rig);
}

/* P5: judged once in a cause, whatever triggers it, and not again because the first answer was no. */
static void once_in_a_cause(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(
    &rig, "{'type':'define','kind':'persona','key':'a','when':'events(`go`).count() > 0'}",
    "{'type':'define','kind':'persona','key':'b','when':'events(`go`).count() > 0'}",
    "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'persona':'a'},{'event':'go'},{'persona':'b'}],"
    "'when':'contact.id != `u1`','steps':[{'actions':[{'task':{'title':'t'}}]}]}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}", "{'type':'track','userId':'u2','event':'go'}");
  CHECK_OUTPUTS(&rig,
                "tagged u1 a\ntagged u1 b\nnot_enrolled p u1 filtered\n"
                "tagged u2 a\ntagged u2 b\nenrolled #1 p u2 v1\nstep #1.1 run\ntask #1 open t\nexited #1 completed\n");
  rig_close(&rig);
}

/* P4: X times met are X enrollments, if out in between; once means once, whatever version. */
static void reentry(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'always','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'"
           "task':{'title':'t'}}]}]}",
           "{'type':'define','kind':'playbook','key':'once','active':true,'reentry':'once','trigger':{'event':'go'},'steps':"
           "[{'actions':[{'task':{'title':'t'}}]}]}");
  rig_take(&rig);
  for (uint32_t i = 0; i < 3; i++) TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}");
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'once','reentry':'once','trigger':{'event':'go'},'steps':[{'actions':[{"
           "'task':{'title':'u'}}]}]}",
           "{'type':'track','userId':'u1','event':'go'}");
  const char *text = rig_take(&rig);
  uint32_t enrolled = 0, refused = 0;
  for (const char *at = text; (at = strstr(at, "\nenrolled #")); at++) enrolled++;
  for (const char *at = text; (at = strstr(at, "not_enrolled once u1 reentry")); at++) refused++;
  CHECK_EQUAL_UINT(enrolled + (strncmp(text, "enrolled", 8) == 0), 5);
  CHECK_EQUAL_UINT(refused, 3);
  /* E9: a deleted one's key may be used anew */
  TELL_ALL(&rig, "{'type':'delete','userId':'u1'}", "{'type':'track','userId':'u1','event':'go'}");
  CHECK(strstr(rig_take(&rig), "once u1 v2") != NULL);
  rig_close(&rig);
}

/* An account's own checks: nothing is suppressed, nobody pinned. */
static void accounts(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','subject':'account','active':true,'trigger':{'stage':'live','from':"
           "'trial'},"
           "'senders':{'pool':['ann','bob'],'sticky':'any'},'steps':[{'delay':'1d','actions':[{'task':{'title':'t'}}]}]}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'stage','groupId':'a1','stage':'live'}", "{'type':'stage','groupId':'a1','stage':'trial'}",
           "{'type':'stage','groupId':'a1','stage':'live'}", "{'type':'stage','groupId':'a2','stage':'trial'}",
           "{'type':'stage','groupId':'a2','stage':'live'}");
  CHECK_OUTPUTS(&rig, "enrolled #1 p a1 v1 by ann rotation\nenrolled #2 p a2 v1 by bob rotation\n");
  rig_close(&rig);
}

int main(void) {
  RUN(in_their_order);
  RUN(by_hand);
  RUN(once_in_a_cause);
  RUN(reentry);
  RUN(accounts);
  return check_report();
}
