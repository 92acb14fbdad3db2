/* tests/unit/trigger.c - what triggers what, and in which order (SPEC P1, P2, P3, T7). */
#include "engine_support.h"

#define STEPS "'steps':[{'actions':[{'task':{'title':'t'}}]}]}"

/* A playbook with one trigger, lines before it counts, a line, and whether that triggers. */
static const struct {
  const char *what, *trigger, *before, *line;
  bool met;
} cases[] = {
  {"event", "{'event':'go'}", NULL, "{'type':'track','userId':'u1','event':'go'}", true},
  {"another event", "{'event':'go'}", NULL, "{'type':'track','userId':'u1','event':'stop'}", false},
  {"where", "{'event':'go','where':'event.properties.n > 1'}", NULL,
   "{'type':'track','userId':'u1','event':'go','properties':{'n':2}}", true},
  {"where not", "{'event':'go','where':'event.properties.n > 1'}", NULL,
   "{'type':'track','userId':'u1','event':'go','properties':{'n':1}}", false},
  {"where in error", "{'event':'go','where':'event.properties.n > 1'}", NULL, "{'type':'track','userId':'u1','event':'go'}",
   false},
  {"page", "{'event':'home'}", NULL, "{'type':'page','userId':'u1','name':'home'}", true},
  {"stage", "{'stage':'trial'}", NULL, "{'type':'stage','userId':'u1','stage':'trial'}", true},
  {"stage again", "{'stage':'trial'}", "{'type':'stage','userId':'u1','stage':'trial'}",
   "{'type':'stage','userId':'u1','stage':'trial'}", false},
  {"from", "{'stage':'trial','from':'lead'}", "{'type':'stage','userId':'u1','stage':'lead'}",
   "{'type':'stage','userId':'u1','stage':'trial'}", true},
  {"from another", "{'stage':'trial','from':'lead'}", "{'type':'stage','userId':'u1','stage':'won'}",
   "{'type':'stage','userId':'u1','stage':'trial'}", false},
  {"from none", "{'stage':'trial','from':'lead'}", NULL, "{'type':'stage','userId':'u1','stage':'trial'}", false},
  {"health first", "{'health':'progressed'}", NULL, "{'type':'health','userId':'u1','health':5}", false}, /* P2 */
  {"health rose", "{'health':'progressed'}", "{'type':'health','userId':'u1','health':5}",
   "{'type':'health','userId':'u1','health':5.5}", true},
  {"health fell", "{'health':'progressed'}", "{'type':'health','userId':'u1','health':5}",
   "{'type':'health','userId':'u1','health':4}", false},
  {"declined", "{'health':'declined'}", "{'type':'health','userId':'u1','health':5}",
   "{'type':'health','userId':'u1','health':4}", true},
  {"health the same", "{'health':'declined'}", "{'type':'health','userId':'u1','health':5}",
   "{'type':'health','userId':'u1','health':5.0}", false},
  {"with a change of stage", "{'health':'declined'}", "{'type':'stage','userId':'u1','stage':'a','health':5}",
   "{'type':'stage','userId':'u1','stage':'b','health':4}", false},
  {"with the same stage", "{'health':'declined'}", "{'type':'stage','userId':'u1','stage':'a','health':5}",
   "{'type':'stage','userId':'u1','stage':'a','health':4}", true},
  {"in one stage", "{'health':'declined','stage':'a'}", "{'type':'stage','userId':'u1','stage':'a','health':5}",
   "{'type':'health','userId':'u1','health':4}", true},
  {"in another stage", "{'health':'declined','stage':'b'}", "{'type':'stage','userId':'u1','stage':'a','health':5}",
   "{'type':'health','userId':'u1','health':4}", false},
  {"entered", "{'segment':'s'}", NULL, "{'type':'identify','userId':'u1','traits':{'n':1}}", true},
  {"left", "{'segment':'s','on':'left'}", "{'type':'identify','userId':'u1','traits':{'n':1}}",
   "{'type':'identify','userId':'u1','traits':{'n':2}}", true},
  {"not entered", "{'segment':'s'}", "{'type':'identify','userId':'u1','traits':{'n':1}}",
   "{'type':'identify','userId':'u1','traits':{'n':2}}", false},
  {"tagged", "{'persona':'vip'}", NULL, "{'type':'tag','userId':'u1','persona':'vip'}", true},
  {"untagged", "{'persona':'vip','on':'untagged'}", "{'type':'tag','userId':'u1','persona':'vip'}",
   "{'type':'untag','userId':'u1','persona':'vip'}", true},
  {"a member already", "{'persona':'vip'}", "{'type':'tag','userId':'u1','persona':'vip'}",
   "{'type':'tag','userId':'u1','persona':'vip'}", false},
  {"by hand only", "{'manual':true}", NULL, "{'type':'track','userId':'u1','event':'go'}", false},
  {"deleted", "{'segment':'s','on':'left'}", "{'type':'identify','userId':'u1','traits':{'n':1}}",
   "{'type':'delete','userId':'u1'}", false}, /* E9 */
};

static void each_trigger(void) {
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    rig_open(&rig, RIG_WITHOUT_STORAGE);
    check_note("%s", cases[i].what);
    TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n == 1'}",
             "{'type':'define','kind':'persona','key':'vip'}", "{'type':'identify','userId':'u1'}");
    if (cases[i].before) TELL_ALL(&rig, cases[i].before);
    CHECK_EQUAL_INT(
      tell_format(&rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':%s," STEPS, cases[i].trigger),
      PBK_OK);
    rig_take(&rig);
    TELL_ALL(&rig, cases[i].line);
    CHECK_EQUAL_INT(strstr(rig_take(&rig), "enrolled #1 p u1") != NULL, cases[i].met);
    rig_close(&rig);
  }
}

/* T7: direct triggers in definition order, then membership triggers in the order of the changes; one cause goes through all.
 */
static void in_order(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'late','when':'events(`go`).count() > 0'}",
           "{'type':'define','kind':'persona','key':'later','when':'events(`go`).count() > 0'}",
           "{'type':'define','kind':'playbook','key':'z','active':true,'trigger':{'persona':'later'}," STEPS,
           "{'type':'define','kind':'playbook','key':'y','active':true,'trigger':{'event':'go'}," STEPS,
           "{'type':'define','kind':'playbook','key':'x','active':true,'trigger':{'persona':'late'}," STEPS,
           "{'type':'define','kind':'playbook','key':'w','active':true,'trigger':{'event':'go'}," STEPS);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}");
  CHECK_OUTPUTS(&rig,
                "tagged u1 late\ntagged u1 later\n"
                "enrolled #1 y u1 v1\nstep #1.1 run\ntask #1 open t\nexited #1 completed\n"
                "enrolled #2 w u1 v1\nstep #2.1 run\ntask #2 open t\nexited #2 completed\n"
                "enrolled #3 x u1 v1\nstep #3.1 run\ntask #3 open t\nexited #3 completed\n"
                "enrolled #4 z u1 v1\nstep #4.1 run\ntask #4 open t\nexited #4 completed\n");
  rig_close(&rig);
}

/* An event of a contact counts for the account it has, or that of its own context (E6). */
static void events_for_accounts(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','subject':'account','active':true,'trigger':{'event':'go'}," STEPS,
           "{'type':'group','userId':'u1','groupId':'a1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}",
           "{'type':'track','userId':'u1','event':'go','context':{'groupId':'a2'}}",
           "{'type':'track','event':'go','context':{'groupId':'a3'}}", "{'type':'track','userId':'u2','event':'go'}");
  const char *text = rig_take(&rig);
  CHECK(strstr(text, "#1 p a1") && strstr(text, "#2 p a2") && strstr(text, "#3 p a3") && !strstr(text, "#4"));
  rig_close(&rig);
}

/* P3: not before the activation, however late it arrives; a pause does not move that time. */
static void not_retroactive(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'playbook','key':'p','trigger':{'event':'go'}," STEPS,
           "{'type':'activate','playbook':'p','timestamp':10000}", "{'type':'pause','playbook':'p','timestamp':20000}",
           "{'type':'resume','playbook':'p','timestamp':30000}",
           "{'type':'define','kind':'playbook','key':'p','trigger':{'event':'go'}," STEPS);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go','timestamp':9999}");
  CHECK_OUTPUTS(&rig, "");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go','timestamp':10000}");
  CHECK(strstr(rig_take(&rig), "enrolled #1 p u1 v2") != NULL);
  rig_close(&rig);
}

/* Routes follow the versions: what a new one does not name does not trigger. */
static void redefined(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'event':'a'},{'event':'b'},{'event':'a'}]"
           "," STEPS,
           "{'type':'define','kind':'playbook','key':'p','trigger':[{'event':'b'},{'event':'c'}]," STEPS);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'a'}");
  CHECK_OUTPUTS(&rig, "");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'b'}", "{'type':'track','userId':'u1','event':'c'}");
  CHECK(strstr(rig_take(&rig), "enrolled #2 p u1 v2") != NULL);
  TELL_ALL(&rig, "{'type':'undefine','kind':'playbook','key':'p'}", "{'type':'track','userId':'u1','event':'b'}");
  CHECK_OUTPUTS(&rig, "");
  rig_close(&rig);
}

int main(void) {
  RUN(each_trigger);
  RUN(in_order);
  RUN(events_for_accounts);
  RUN(not_retroactive);
  RUN(redefined);
  return check_report();
}
