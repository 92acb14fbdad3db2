/* tests/unit/action.c - what actions make: for whom, from whom, to whom (SPEC C1 to C3, S1, S2). */
#include "engine_support.h"

/* Runs one action for u1 of a1, whose CSM is mary; gives what it made. */
static void check_action(const char *subject, const char *action, const char *before, const char *wanted) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_DELIVERY);
  define_usual(&rig);
  check_note("%s", action);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}", "{'type':'define','kind':'user','key':'bare'}",
           "{'type':'group','userId':'u2','groupId':'a1'}", "{'type':'group','userId':'u1','groupId':'a1'}",
           "{'type':'identify','userId':'alone'}", "{'type':'tag','userId':'u1','persona':'vip'}",
           "{'type':'identify','userId':'u1','traits':{'n':1}}");
  CHECK_EQUAL_INT(
    tell_format(&rig,
                "{'type':'define','kind':'playbook','key':'p','subject':'%s','active':true,'trigger':{'manual':true},"
                "'senders':{'pool':['ann']},'steps':[{'actions':[%s]}]}",
                subject[0] == 'a' && subject[1] == '1' ? "account" : "contact", action),
    PBK_OK);
  if (before) TELL_ALL(&rig, before);
  rig_take(&rig);
  CHECK_EQUAL_INT(tell_format(&rig, "{'type':'enroll','playbook':'p','%s':'%s'}",
                              subject[0] == 'a' && subject[1] == '1' ? "groupId" : "userId", subject),
                  PBK_OK);
  const char *made = strstr(rig_take(&rig), "run\n"), *end = made ? strstr(made, "exited") : NULL;
  if (CHECK(made && end)) CHECK_EQUAL_TEXT(((struct text){made + 4, (uint32_t)(end - made - 4)}), text_from(wanted));
  rig_close(&rig);
}

#define CSM_IS_MARY "{'type':'assign','groupId':'a1','role':'CSM','user':'mary'}"

/* C2: a user, the holder of a role at the subject's account, the owner of the sender; none: unassigned. */
static void tasks(void) {
  check_action("u1", "{'task':{'title':'t'}}", NULL, "task #1 open t\n");
  check_action("u1", "{'task':{'title':'t','assignee':{'user':'idle'},'due':'0s'}}", NULL,
               "task #1 open t for idle due 0\n");
  check_action("u1", "{'task':{'title':'t','assignee':{'role':'CSM'}}}", CSM_IS_MARY, "task #1 open t for mary\n");
  check_action("a1", "{'task':{'title':'t','assignee':{'role':'CSM'}}}", CSM_IS_MARY, "task #1 open t for mary\n");
  check_action("u1", "{'task':{'title':'t','assignee':{'role':'CSM'}}}", NULL, "task #1 open t\n");
  check_action("alone", "{'task':{'title':'t','assignee':{'role':'CSM'}}}", CSM_IS_MARY, "task #1 open t\n");
  check_action("u1", "{'task':{'title':'t','assignee':{'sender':true}}}", NULL, "task #1 open t for john\n");
}

/* S1, S2. */
static void who_sends(void) {
  check_action("u1", "{'email':{'template':'hello'}}", NULL, "message #1 pending hello to u1 from success\n");
  check_action("u1", "{'email':{'template':'hello','send_as':'default','approval':false}}", NULL,
               "message #1 sending hello to u1 from success attempt 1\n");
  check_action("u1", "{'email':{'template':'hello','send_as':{'user':'mary'}}}", NULL,
               "message #1 pending hello to u1 from bob\n");
  check_action("u1", "{'email':{'template':'hello','send_as':{'user':'bare'}}}", NULL,
               "message #1 pending hello to u1 from success\n");
  check_action("u1", "{'email':{'template':'hello','send_as':{'user':'bare','fallback':'fail'}}}", NULL,
               "message #1 failed hello to u1: no_sender\n");
  check_action("u1", "{'email':{'template':'hello','send_as':{'role':'CSM'}}}", CSM_IS_MARY,
               "message #1 pending hello to u1 from bob\n");
  check_action("u1", "{'email':{'template':'hello','send_as':{'role':'CSM'}}}", NULL,
               "message #1 pending hello to u1 from success\n");
  check_action("alone", "{'email':{'template':'hello','send_as':{'role':'CSM','fallback':'fail'}}}", CSM_IS_MARY,
               "message #1 failed hello to alone: no_sender\n");
  check_action("u1", "{'email':{'template':'hello','send_as':'pool'}}", NULL, "message #1 pending hello to u1 from ann\n");
  check_action("u1", "{'email':{'template':'hello'}}", "{'type':'remove_sender','sender':'success'}",
               "message #1 failed hello to u1: no_sender\n");
  check_action("u1", "{'email':{'template':'hello','approval':false}}", "{'type':'remove_sender','sender':'success'}",
               "message #1 failed hello to u1: no_sender\n");
}

/* C3: in creation order. */
static void to_whom(void) {
  check_action("a1", "{'email':{'template':'hello','to':'all'}}", NULL,
               "message #1 pending hello to u2 from success\nmessage #2 pending hello to u1 from success\n");
  check_action("a1", "{'email':{'template':'hello','to':{'persona':'vip'}}}", NULL,
               "message #1 pending hello to u1 from success\n");
  check_action("a1", "{'email':{'template':'hello','to':{'when':'contact.traits.n == 1 && enrollment.started_at == now'}}}",
               NULL, "message #1 pending hello to u1 from success\n");
  check_action("a1", "{'email':{'template':'hello','to':{'when':'false'}}}", NULL, "");
}

static void notifications(void) {
  check_action("u1", "{'notify':{'to':{'user':'mary'},'template':'hello'}}", NULL,
               "message #1 sending hello to mary attempt 1\n");
  check_action("u1", "{'notify':{'to':{'role':'CSM'},'template':'hello'}}", CSM_IS_MARY,
               "message #1 sending hello to mary attempt 1\n");
  check_action("u1", "{'notify':{'to':{'role':'CSM'},'template':'hello'}}", NULL, "message #1 failed hello: no_recipient\n");
  check_action("u1", "{'notify':{'to':{'sender':true},'template':'hello'}}", NULL,
               "message #1 sending hello to john attempt 1\n");
  check_action("u1", "{'notify':{'channel':'slack','to':'#cs','template':'alert'}}", NULL,
               "message #1 sending alert to #cs attempt 1\n");
  check_action("u1", "{'notify':{'channel':'slack','to':'#cs','template':'alert'}}",
               "{'type':'define','kind':'channel','key':'slack','connected':false}",
               "message #1 failed alert to #cs: channel_disconnected\n");
}

static void assignments(void) {
  check_action("u1", "{'assign':{'role':'CSM','user':'john'}}", CSM_IS_MARY, "assigned a1 CSM john\n");
  check_action("a1", "{'assign':{'role':'CSM','user':'john'}},{'task':{'title':'t','assignee':{'role':'CSM'}}}", NULL,
               "assigned a1 CSM john\ntask #1 open t for john\n");
  check_action("alone", "{'assign':{'role':'CSM','user':'john'}},{'task':{'title':'t'}}", NULL, "task #1 open t\n");
  check_action("u1", "{'assign':{'role':'CSM','rotate':['mary','john']}},{'assign':{'role':'CSM','rotate':['mary','john']}}",
               NULL, "assigned a1 CSM mary\nassigned a1 CSM mary\n"); /* each action its own rotation */
}

/* C1: a rotation belongs to its action and its list, over versions. */
static void rotations(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  static const char *const lists[] = {"['john','mary','idle']", "['john','mary','idle']", "['mary','john']",
                                      "['john','mary','idle']"};
  static const char *const wanted[] = {"john", "mary", "idle", "john", "mary", "john", "mary", "idle"};
  for (uint32_t i = 0; i < 4; i++) {
    CHECK_EQUAL_INT(
      tell_format(&rig,
                  "{'type':'define','kind':'playbook','key':'p','subject':'account','active':true,'trigger':{'event':'go'},"
                  "'steps':[{'actions':[{'assign':{'role':'CSM','rotate':%s}}]}]}",
                  lists[i]),
      PBK_OK);
    rig_take(&rig);
    for (uint32_t j = 0; j < 2; j++) {
      char line[64];
      check_note("version %" PRIu32 ", %" PRIu32, i + 1, j);
      TELL_ALL(&rig, "{'type':'track','event':'go','context':{'groupId':'a1'}}");
      /* the third list is another one; the fourth is the first again, and goes on */
      const char *user = i < 2 ? wanted[i * 2 + j] : i == 2 ? wanted[4 + j] : wanted[(4 + j) % 3];
      snprintf(line, sizeof line, "assigned a1 CSM %s\n", user);
      CHECK(strstr(rig_take(&rig), line) != NULL);
    }
  }
  rig_close(&rig);
}

int main(void) {
  RUN(tasks);
  RUN(who_sends);
  RUN(to_whom);
  RUN(notifications);
  RUN(assignments);
  RUN(rotations);
  return check_report();
}
