/* tests/unit/status.c - what lasts over versions: status, pools, enrollments of older versions; what a removed sender leaves
 * (SPEC P10, P11, S4, S6, S7). */
#include "engine_support.h"

#define DEFINE(pool, title)                                                                        \
  "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'senders':{'pool':" pool \
  "},"                                                                                             \
  "'steps':[{'delay':'1h','actions':[{'task':{'title':'" title "','assignee':{'sender':true}}}]}]}"

static void enroll_many(struct rig *rig, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "'}", i);
    CHECK_EQUAL_INT(tell_format(rig, "{'type':'enroll','playbook':'p','userId':'u%" PRIu32 "'}", i), PBK_OK);
  }
}

/* P10: who is enrolled stays on the version they entered with; the status stays. */
static void versions(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, DEFINE("['ann']", "old"));
  enroll_many(&rig, 0, 1);
  TELL_ALL(&rig, "{'type':'activate','playbook':'p'}");
  enroll_many(&rig, 1, 2);
  TELL_ALL(&rig, DEFINE("['ann']", "new"));
  enroll_many(&rig, 2, 3);
  CHECK_OUTPUTS(
    &rig,
    "defined playbook p v1\nnot_enrolled p u0 inactive\nenrolled #1 p u1 v1 by ann rotation\ndefined playbook p v2\n"
    "enrolled #2 p u2 v2 by ann rotation\n");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'playbook','key':'p'}"), PBK_ERR_REFUSED); /* somebody is in it */
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "step #1.1 run\ntask #1 open old for john\nexited #1 completed\nstep #2.1 run\ntask #2 open new for "
                "john\nexited #2 completed\n");
  TELL_ALL(&rig, "{'type':'undefine','kind':'playbook','key':'p'}", DEFINE("['ann']", "anew"));
  CHECK_OUTPUTS(&rig, "defined playbook p v1\n");
  rig_close(&rig);
}

/* S4: pools go on where they were, branch by branch. */
static void pools_over_versions(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, DEFINE("['ann','bob','success']", "t"), "{'type':'activate','playbook':'p'}");
  enroll_many(&rig, 0, 1);
  TELL_ALL(&rig, DEFINE("['ann','bob','success']", "u"));
  enroll_many(&rig, 1, 2);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p'}",
           DEFINE("['bob','success']", "v")); /* the present order */
  enroll_many(&rig, 2, 3);
  TELL_ALL(&rig, DEFINE("['bob','ann']", "w"));
  enroll_many(&rig, 3, 4);
  CHECK_OUTPUTS(&rig,
                "defined playbook p v1\nenrolled #1 p u0 v1 by ann rotation\ndefined playbook p v2\nenrolled #2 p u1 v2 by "
                "bob rotation\n"
                "defined playbook p v3\nenrolled #3 p u2 v3 by success rotation\ndefined playbook p v4\nenrolled #4 p u3 v4 "
                "by bob rotation\n");
  rig_close(&rig);
}

/* P11: drain ends a pause, those inside finish; cancel takes them out by id. */
static void archived(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, DEFINE("['ann']", "t"), "{'type':'activate','playbook':'p'}");
  enroll_many(&rig, 0, 3);
  TELL_ALL(&rig, "{'type':'pause','playbook':'p'}", "{'type':'advance','timestamp':7200000}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'archive','playbook':'p'}");
  CHECK_OUTPUTS(&rig,
                "step #1.1 run\ntask #1 open t for john\nexited #1 completed\nstep #2.1 run\ntask #2 open t for "
                "john\nexited #2 completed\n"
                "step #3.1 run\ntask #3 open t for john\nexited #3 completed\n");
  TELL_ALL(&rig, "{'type':'activate','playbook':'p'}");
  enroll_many(&rig, 0, 2);
  TELL_ALL(&rig, "{'type':'pause','playbook':'p'}", "{'type':'advance','timestamp':14400000}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'archive','playbook':'p','mode':'cancel'}");
  CHECK_OUTPUTS(&rig, "exited #4 archived\nexited #5 archived\n");
  rig_close(&rig);
}

/* S7: from one playbook, or from the engine. */
static void removed_senders(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, DEFINE("['ann','bob']", "t"), "{'type':'activate','playbook':'p'}");
  enroll_many(&rig, 0, 4);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'bob','playbook':'p','mode':'cancel'}");
  CHECK_OUTPUTS(&rig, "exited #2 sender_removed\nexited #4 sender_removed\n");
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','mode':'drain'}");
  enroll_many(&rig, 4, 5);
  CHECK_OUTPUTS(&rig, "not_enrolled p u4 no_sender\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK); /* what it serves goes on to the end */
  CHECK_OUTPUTS(&rig,
                "step #1.1 run\ntask #1 open t for john\nexited #1 completed\nstep #3.1 run\ntask #2 open t for "
                "john\nexited #3 completed\n");
  TELL_ALL(&rig, "{'type':'define','kind':'sender','key':'ann','user':'john'}"); /* again: active, in no pool */
  enroll_many(&rig, 4, 5);
  CHECK_OUTPUTS(&rig, "defined sender ann\nnot_enrolled p u4 no_sender\n");
  TELL_ALL(&rig, "{'type':'add_sender','sender':'ann','playbook':'p'}");
  enroll_many(&rig, 4, 5);
  CHECK_OUTPUTS(&rig, "enrolled #5 p u4 v1 by ann rotation\n");
  rig_close(&rig);
}

int main(void) {
  RUN(versions);
  RUN(pools_over_versions);
  RUN(archived);
  RUN(removed_senders);
  return check_report();
}
