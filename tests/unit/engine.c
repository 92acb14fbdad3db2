/* tests/unit/engine.c - taking commands and moving time: each thing at its own time, in its order (SPEC T2 to T6). */
#include "engine_support.h"

/* T3: due things happen at their own time, and now is that time. */
static void each_at_its_own_time(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answers[1] = PBK_DELIVERY_SENT;
  rig.answer_count = 2;
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'delay':'1s','actions':[{'email':{'template':'hello','approval':false}}]},{'delay':'10s','actions':[{'task':{'"
           "title':'t'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(&rig);
  rig.times = true;
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "1000000 step #1.1 run\n1000000 message #1 sending hello to u1 from success attempt 1\n"
                "11000000 step #1.2 run\n11000000 task #1 open t\n11000000 exited #1 completed\n"
                "61000000 message #1 sending hello to u1 from success attempt 2\n61000000 message #1 sent hello to u1 from "
                "success attempt 2\n");
  CHECK_EQUAL_INT(pbk_now(rig.engine), PBK_DAY);
  rig_close(&rig);
}

/* T6: at one time messages' windows, retries, memberships, exits, steps, whatever the order in which they were set. */
static void order_of_equal_times(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answers[1] = PBK_DELIVERY_SENT;
  rig.answer_count = 2;
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'step','active':true,'trigger':{'manual':true},'steps':[{'delay':'1m','"
           "actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'define','kind':'playbook','key':'exit','active':true,'trigger':{'manual':true},"
           "'exit':{'when':'now >= enrollment.started_at + "
           "duration(`1m`)'},'steps':[{'delay':'1h','actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'define','kind':'persona','key':'minute','when':'now >= contact.created_at + duration(`1m`)'}",
           "{'type':'define','kind':'playbook','key':'retry','active':true,'trigger':{'manual':true},'steps':[{'actions':[{'"
           "email':{'template':'hello','approval':false}}]}]}",
           "{'type':'define','kind':'playbook','key':'window','active':true,'approval_window':'1m','trigger':{'manual':true}"
           ",'steps':[{'actions':[{'email':{'template':'again'}}]}]}",
           "{'type':'identify','userId':'u1'}");
  static const char *const keys[] = {"step", "exit", "retry", "window"};
  for (uint32_t i = 0; i < 4; i++) tell_format(&rig, "{'type':'enroll','playbook':'%s','userId':'u1'}", keys[i]);
  TELL_ALL(&rig, "{'type':'approve','message':2}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_MINUTE, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "message #2 sending again to u1 from success attempt 1\nmessage #2 sent again to u1 from success attempt 1\n"
                "message #1 sending hello to u1 from success attempt 2\n"
                "tagged u1 minute\nexited #2 goal\nstep #1.1 run\ntask #1 open t\nexited #1 completed\n");
  rig_close(&rig);
}

/* T4: first up to the time of the input, then the input, then what that made due. */
static void an_input_advances_first(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'quiet','when':'events(`e`).quiet(duration(`1m`))'}",
           "{'type':'track','userId':'u1','event':'e'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':60000}"); /* exactly then: first quiet, then not */
  CHECK_OUTPUTS(&rig, "60000000 tagged u1 quiet\n60000000 untagged u1 quiet\n");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':119999}"); /* in time */
  CHECK_OUTPUTS(&rig, "");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','timestamp':1}"); /* before now: applied at now */
  CHECK_EQUAL_INT(pbk_now(rig.engine), 119999000);
  rig_close(&rig);
}

/* T4: what is refused or a duplicate advances too, if its type and times could be read. */
static void what_is_refused_advances(void) {
  static const struct {
    const char *line;
    pbk_time now;
  } cases[] = {
    {"{'type':'identify','timestamp':1000}", 1000000},
    {"{'type':'nonsense','timestamp':2000}", 2000000},
    {"{'type':'identify','userId':'u1','messageId':'m','timestamp':3000}", 3000000},
    {"{'type':'identify','userId':'u1','messageId':'m','timestamp':4000}", 4000000},
    {"{'type':5,'timestamp':5000}", 4000000},
    {"{'timestamp':5000}", 4000000},
    {"{'type':'identify','timestamp':'yesterday'}", 4000000},
    {"{'type':'identify','timestamp':5000,'receivedAt':'x'}", 4000000},
    {"{'type':'identify','timestamp':9000,'receivedAt':6000}", 6000000},
    {"{'type':'define','kind':'role','timestamp':7000}", 7000000},
    {"{'type':'approve','message':77,'timestamp':8000}", 8000000},
    {"not json", 8000000},
  };
  struct rig rig;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s", cases[i].line);
    tell(&rig, cases[i].line);
    CHECK_EQUAL_INT(pbk_now(rig.engine), cases[i].now);
  }
  rig_close(&rig);
}

/* The error of a line has its number; a C call has none, and gives no line. */
static void errors_of_lines_and_calls(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "", 0, NULL), PBK_ERR_REFUSED);
  CHECK_OUTPUTS(&rig, "");
  tell(&rig, "");
  tell(&rig, "{'type':'identify','userId':''}");
  CHECK_OUTPUTS(&rig, "error 2 bad_input\n");
  tell(&rig, "{'type':'define','kind':'persona','key':'p','when':'1 + nobody'}");
  CHECK_OUTPUTS(&rig, "error 3 bad_condition /when:5\n");
  rig_close(&rig);
}

/* T5: an event that is late is corrected at once, and triggers now. */
static void late_events(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'quiet','when':'events(`e`).quiet(duration(`1h`))'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'e'},'steps':[{'delay':'1h','"
           "actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'advance','timestamp':3600000}");
  CHECK_OUTPUTS(&rig, "0 defined persona quiet =0\n0 defined playbook p v1\n3600000000 tagged u1 quiet\n");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':1800000}");
  CHECK_OUTPUTS(&rig, "3600000000 untagged u1 quiet\n3600000000 enrolled #1 p u1 v1\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(
    &rig,
    "5400000000 tagged u1 quiet\n7200000000 step #1.1 run\n7200000000 task #1 open t\n7200000000 exited #1 completed\n");
  rig_close(&rig);
}

/* What would be due after the end of 9999 is due then. */
static void the_end_of_time(void) {
  struct rig rig;
  static const pbk_time latest = 253402300799999999;
  rig_open(&rig, 0);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':[{'delay':'"
           "100000000d','actions':[{'task':{'title':'t','due':'1d'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), latest);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, latest, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "step #1.1 run\ntask #1 open t due 253402300799999999\nexited #1 completed\n");
  rig_close(&rig);
}

/* Every input, tick and answer is a command. */
static void commands_are_counted(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  pbk_counts counts = {.size = sizeof counts};
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "");
  tell(&rig, "not json");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 5, 0), PBK_OK);
  pbk_commit(rig.engine);
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.commands, 3);
  rig_close(&rig);
}

int main(void) {
  RUN(each_at_its_own_time);
  RUN(order_of_equal_times);
  RUN(an_input_advances_first);
  RUN(what_is_refused_advances);
  RUN(errors_of_lines_and_calls);
  RUN(late_events);
  RUN(the_end_of_time);
  RUN(commands_are_counted);
  return check_report();
}
