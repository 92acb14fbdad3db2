/* tests/unit/cause.c - one cause worked through to its end before the next (SPEC T7, E9). */
#include "engine_support.h"

#define STEPS "'steps':[{'actions':[{'task':{'title':'t'}}]},{'delay':'1d','actions':[{'task':{'title':'u'}}]}]}"

/* Facts, memberships, exits, direct triggers, membership triggers: so one cause may end an enrollment and start the next. */
static void ends_one_and_starts_the_next(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'active','when':'events(`go`).count() > 1'}",
           "{'type':'define','kind':'playbook','key':'by-persona','active':true,'trigger':{'persona':'active'}," STEPS,
           "{'type':'define','kind':'playbook','key':'by-event','active':true,'trigger':{'event':'go'},'exit':{'when':'"
           "events(`go`).last() > enrollment.started_at'}," STEPS,
           "{'type':'track','userId':'u1','event':'go'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go','timestamp':1000}");
  CHECK_OUTPUTS(&rig,
                "tagged u1 active\nexited #1 goal\ntask #1 cancelled t\n"
                "enrolled #2 by-event u1 v1\nstep #2.1 run\ntask #2 open t\n"
                "enrolled #3 by-persona u1 v1\nstep #3.1 run\ntask #3 open t\n");
  rig_close(&rig);
}

/* Contacts of a touched account are touched: their exits come by enrollment id. */
static void contacts_of_an_account(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'exit':{'when':'account."
           "stage == `won`'}," STEPS,
           "{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'group','userId':'u2','groupId':'a1'}",
           "{'type':'group','userId':'u3','groupId':'a2'}", "{'type':'enroll','playbook':'p','userId':'u2'}",
           "{'type':'enroll','playbook':'p','userId':'u3'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'stage','groupId':'a1','stage':'won'}");
  CHECK_OUTPUTS(&rig, "exited #1 goal\ntask #1 cancelled t\nexited #3 goal\ntask #3 cancelled t\n");
  TELL_ALL(&rig, "{'type':'group','userId':'u3','groupId':'a1'}");
  CHECK_OUTPUTS(&rig, "exited #2 goal\ntask #2 cancelled t\n");
  rig_close(&rig);
}

/* E9: audiences, its enrollments, what is open about it, then everybody else's exits and triggers. */
static void a_deletion(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(
    &rig, "{'type':'define','kind':'segment','key':'big','of':'account','when':'account.traits.n > 1'}",
    "{'type':'define','kind':'segment','key':'of-big','when':'account.traits.n > 1'}",
    "{'type':'define','kind':'playbook','key':'accounts','subject':'account','active':true,'trigger':{'manual':true}," STEPS,
    "{'type':'define','kind':'playbook','key':'contacts','active':true,'trigger':{'manual':true},'exit':{'when':'!has("
    "account.id)'}," STEPS,
    "{'type':'define','kind':'playbook','key':'orphans','active':true,'trigger':{'segment':'of-big','on':'left'}," STEPS,
    "{'type':'define','kind':'playbook','key':'never','subject':'account','active':true,'trigger':{'segment':'big','on':'"
    "left'}," STEPS,
    "{'type':'group','userId':'u1','groupId':'a1','traits':{'n':5}}",
    "{'type':'enroll','playbook':'contacts','userId':'u1'}", "{'type':'enroll','playbook':'accounts','groupId':'a1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'delete','groupId':'a1'}");
  CHECK_OUTPUTS(&rig,
                "left a1 big\nleft u1 of-big\nexited #2 deleted\ntask #2 cancelled t\nexited #1 goal\ntask #1 cancelled t\n"
                "enrolled #3 orphans u1 v1\nstep #3.1 run\ntask #3 open t\n");
  rig_close(&rig);
}

/* A due membership flips that one and those of personas that name it; others are as last changed. */
static void a_due_membership(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'one','when':'now >= contact.created_at + duration(`1h`)'}",
           "{'type':'define','kind':'segment','key':'two','when':'now >= contact.created_at + duration(`1h`)'}",
           "{'type':'define','kind':'persona','key':'follows','when':'segment(`one`)'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'segment':'one'},'when':'persona(`follows`"
           ") && !segment(`two`)',"
           "'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'identify','userId':'u1'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "entered u1 one\ntagged u1 follows\nenrolled #1 p u1 v1\nstep #1.1 run\ntask #1 open t\nexited #1 "
                "completed\nentered u1 two\n");
  rig_close(&rig);
}

int main(void) {
  RUN(ends_one_and_starts_the_next);
  RUN(contacts_of_an_account);
  RUN(a_deletion);
  RUN(a_due_membership);
  return check_report();
}
