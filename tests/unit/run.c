/* tests/unit/run.c - steps when they are due, exits when they are met (SPEC P7, P8, P9, P11). */
#include "engine_support.h"

static void define_and_enroll(struct rig *rig, const char *members) {
  rig_open(rig, 0);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'vip'}", "{'type':'identify','userId':'u1'}");
  CHECK_EQUAL_INT(
    tell_format(
      rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'manual':true},{'persona':'vip'}],%s}",
      members),
    PBK_OK);
  TELL_ALL(rig, "{'type':'tag','userId':'u1','persona':'vip'}");
  rig_take(rig);
  rig->times = true;
}

#define TASK(title) "'actions':[{'task':{'title':'" title "'}}]"

/* P7: a delay counts from the due time of the step before, skipped or run. */
static void delays(void) {
  struct rig rig;
  define_and_enroll(&rig, "'steps':[{'delay':'1h'," TASK("one") "},{'delay':'30m','when':'false'," TASK("two") "},{" TASK(
                            "three") "},{'delay':'1us'," TASK("four") "}]");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "3600000000 step #1.1 run\n3600000000 task #1 open one\n"
                "5400000000 step #1.2 skipped\n5400000000 step #1.3 run\n5400000000 task #2 open three\n"
                "5400000001 step #1.4 run\n5400000001 task #3 open four\n5400000001 exited #1 completed\n");
  rig_close(&rig);
}

static void on_skip_exit(void) {
  struct rig rig;
  define_and_enroll(
    &rig, "'steps':[{'delay':'1h','when':'contact.traits.n == 1','on_skip':'exit'," TASK("one") "},{" TASK("two") "}]");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(
    &rig, "3600000000 step #1.1 skipped\n3600000000 exited #1 skipped\n"); /* an error in the condition is not matched */
  rig_close(&rig);
}

/* P9: watched all the time; goal goes before left; what the exit cancels. */
static void goal_and_left(void) {
  struct rig rig;
  define_and_enroll(&rig, "'exit':{'when':'contact.traits.done == true','on_left':true},'steps':[{" TASK(
                            "open") "},{'delay':'1d'," TASK("two") "}]");
  rig.times = false;
  TELL_ALL(&rig, "{'type':'untag','userId':'u1','persona':'vip'}");
  CHECK_OUTPUTS(&rig, "untagged u1 vip\nexited #1 left\ntask #1 cancelled open\n");
  TELL_ALL(&rig, "{'type':'tag','userId':'u1','persona':'vip'}", "{'type':'identify','userId':'u1','traits':{'done':true}}");
  CHECK_OUTPUTS(
    &rig, "tagged u1 vip\nenrolled #2 p u1 v1\nstep #2.1 run\ntask #2 open open\nexited #2 goal\ntask #2 cancelled open\n");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'done':false}}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'untag','userId':'u1','persona':'vip'}"); /* entered by hand: no audience to leave */
  CHECK_OUTPUTS(&rig, "untagged u1 vip\n");
  rig_close(&rig);
}

static void keep(void) {
  static const struct {
    const char *keep, *line, *wanted;
  } cases[] = {
    {"[]", "{'type':'unenroll','playbook':'p','userId':'u1'}",
     "exited #1 unenrolled\nmessage #1 cancelled hello to u1 from success: unenrolled\ntask #1 cancelled t\n"},
    {"['tasks']", "{'type':'unenroll','playbook':'p','userId':'u1'}",
     "exited #1 unenrolled\nmessage #1 cancelled hello to u1 from success: unenrolled\n"},
    {"['messages']", "{'type':'unenroll','playbook':'p','userId':'u1'}", "exited #1 unenrolled\ntask #1 cancelled t\n"},
    {"['tasks','messages']", "{'type':'archive','playbook':'p','mode':'cancel'}", "exited #1 archived\n"},
    {"['tasks','messages']", "{'type':'delete','userId':'u1'}",
     "exited #1 deleted\nmessage #1 cancelled hello to u1 from success: deleted\ntask #1 cancelled t\n"},
    {"['tasks','messages']", "{'type':'remove_sender','sender':'ann','mode':'cancel'}",
     "exited #1 sender_removed\nmessage #1 cancelled hello to u1 from success: sender_removed\ntask #1 cancelled t\n"},
  };
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    rig_open(&rig, 0);
    define_usual(&rig);
    check_note("case %" PRIu32, i);
    CHECK_EQUAL_INT(
      tell_format(&rig,
                  "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'exit':{'keep':%s},"
                  "'senders':{'pool':['ann']},'steps':[{'actions':[{'email':{'template':'hello'}},{'task':{'title':'t'}}]},"
                  "{'delay':'1d'," TASK("two") "}]}",
                  cases[i].keep),
      PBK_OK);
    TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
    rig_take(&rig);
    TELL_ALL(&rig, cases[i].line);
    CHECK_OUTPUTS(&rig, cases[i].wanted);
    rig_close(&rig);
  }
}

/* Before a step: what became true since, at its very time, comes first; exits go before steps (T6). */
static void exits_before_steps(void) {
  struct rig rig;
  define_and_enroll(
    &rig, "'exit':{'when':'now >= enrollment.started_at + duration(`1h`)'},'steps':[{'delay':'1h'," TASK("one") "}]");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "3600000000 exited #1 goal\n");
  rig_close(&rig);
  /* a step moves step_at; what that makes true is due at once */
  define_and_enroll(&rig, "'exit':{'when':'enrollment.step_at > enrollment.started_at'},'steps':[{'delay':'1h'," TASK(
                            "one") "},{'delay':'1h'," TASK("two") "}]");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(
    &rig,
    "3600000000 step #1.1 run\n3600000000 task #1 open one\n3600000000 exited #1 goal\n3600000000 task #1 cancelled one\n");
  rig_close(&rig);
}

/* P11: steps that fall due in a pause run at the resume, by enrollment id; later delays count from then. */
static void paused(void) {
  struct rig rig;
  define_and_enroll(&rig, "'steps':[{'delay':'1h'," TASK("one") "},{'delay':'1h'," TASK("two") "}]");
  TELL_ALL(&rig, "{'type':'tag','userId':'u2','persona':'vip','timestamp':1}",
           "{'type':'tag','userId':'u3','persona':'vip','timestamp':7200000}");
  rig_take(&rig);
  rig_close(&rig);
  define_and_enroll(&rig, "'steps':[{'delay':'1h'," TASK("one") "},{'delay':'1h'," TASK("two") "}]");
  TELL_ALL(&rig, "{'type':'tag','userId':'u2','persona':'vip'}", "{'type':'pause','playbook':'p'}",
           "{'type':'advance','timestamp':10000000}");
  CHECK_OUTPUTS(&rig, "0 tagged u2 vip\n0 enrolled #2 p u2 v1\n");
  TELL_ALL(&rig, "{'type':'unenroll','playbook':'p','userId':'u2'}", "{'type':'resume','playbook':'p'}");
  CHECK_OUTPUTS(&rig, "10000000000 exited #2 unenrolled\n10000000000 step #1.1 run\n10000000000 task #1 open one\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 20000 * PBK_SECOND, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "13600000000 step #1.2 run\n13600000000 task #2 open two\n13600000000 exited #1 completed\n");
  rig_close(&rig);
}

/* Deep chains without delay are one cause, and no recursion. */
static void many_steps_at_once(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  enum { STEPS = 2000 };
  pbk_trigger trigger = {.size = sizeof trigger, .kind = PBK_TRIGGER_MANUAL};
  pbk_action action = {.size = sizeof action, .kind = PBK_ACTION_TASK, .title = words("t")};
  pbk_step *steps = malloc(STEPS * sizeof *steps);
  if (!steps) abort();
  for (uint32_t i = 0; i < STEPS; i++) steps[i] = (pbk_step){.size = sizeof *steps, .actions = &action, .action_count = 1};
  pbk_playbook playbook = {.size = sizeof playbook,
                           .key = words("p"),
                           .active = 1,
                           .triggers = &trigger,
                           .trigger_count = 1,
                           .steps = steps,
                           .step_count = STEPS};
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook), PBK_OK);
  free(steps);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.tasks_ever, STEPS);
  CHECK_EQUAL_UINT(counts.enrollments_running, 0);
  rig_close(&rig);
}

/* A condition that is only a persona or a segment, of the contact itself or of its account, as it stands at the step. */
static void memberships(void) {
  static const struct {
    const char *when;
    bool before, after; /* it is tagged, and has an account */
  } cases[] = {{"persona(`vip`)", false, true},    {"!persona(`vip`)", true, false},
               {"!!persona(`vip`)", false, true},  {"segment(`big`)", false, true},
               {"!segment(`big`)", true, false},   {"segment(`big`) && persona(`vip`)", false, true},
               {"segment(`small`)", false, false}, {"!segment(`small`)", true, true}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    check_note("case %" PRIu32, i);
    rig_open(&rig, 0);
    TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}",
             "{'type':'define','kind':'segment','key':'big','of':'account','when':'account.traits.n > 1'}",
             "{'type':'define','kind':'segment','key':'small','of':'account','when':'account.traits.n < 1'}");
    CHECK_EQUAL_INT(
      tell_format(&rig,
                  "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
                  "{'when':'%s'," TASK("one") "},{'delay':'1h','when':'%s'," TASK("two") "}]}",
                  cases[i].when, cases[i].when),
      PBK_OK);
    TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
    CHECK(strstr(rig_take(&rig), cases[i].before ? "step #1.1 run" : "step #1.1 skipped") != NULL);
    TELL_ALL(&rig, "{'type':'tag','userId':'u1','persona':'vip'}",
             "{'type':'group','userId':'u1','groupId':'a1','traits':{'n':2}}");
    CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
    CHECK(strstr(rig_take(&rig), cases[i].after ? "step #1.2 run" : "step #1.2 skipped") != NULL);
    rig_close(&rig);
  }
}

int main(void) {
  RUN(delays);
  RUN(memberships);
  RUN(on_skip_exit);
  RUN(goal_and_left);
  RUN(keep);
  RUN(exits_before_steps);
  RUN(paused);
  RUN(many_steps_at_once);
  return check_report();
}
