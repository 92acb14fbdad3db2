/* tests/unit/outbox.c - messages and tasks made, told, cancelled; their keys (SPEC O1, O7, O9, O10, E9, S7). */
#include "engine_support.h"

static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(
    rig,
    "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'senders':{'pool':['ann','bob']},'"
    "steps':["
    "{'actions':[{'email':{'template':'hello','send_as':'pool'}},{'email':{'template':'hello'}},"
    "{'task':{'title':'Call','assignee':{'sender':true},'due':'1h'}},{'task':{'title':'Look','assignee':{'user':'mary'}}}]},"
    "{'delay':'1d','actions':[{'email':{'template':'again','send_as':'pool'}}]}]}",
    "{'type':'define','kind':'playbook','key':'accounts','subject':'account','active':true,'trigger':{'manual':true},'steps'"
    ":["
    "{'actions':[{'email':{'template':'hello','to':'all'}}]}]}",
    "{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'group','userId':'u2','groupId':'a1'}");
  rig_take(rig);
}

/* O7: unique over enrollments, steps, actions and recipients; the same when made again in the same engine's life. */
static void keys_are_unique(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'enroll','playbook':'p','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u2'}",
           "{'type':'enroll','playbook':'accounts','groupId':'a1'}", "{'type':'advance','timestamp':100000000}",
           "{'type':'enroll','playbook':'p','userId':'u1'}", "{'type':'enroll','playbook':'accounts','groupId':'a1'}");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  pbk_output output;
  uint32_t count, messages = 0;
  char keys[64][33];
  while (pbk_drain(rig.engine, &output, sizeof output, 1, &count) == PBK_OK && count == 1) {
    if (output.type != PBK_OUTPUT_MESSAGE || messages == 64) continue;
    CHECK_EQUAL_UINT(output.key.size, 32);
    for (uint32_t i = 0; i < 32; i++) CHECK(strchr("0123456789abcdef", output.key.bytes[i]) != NULL);
    memcpy(keys[messages], output.key.bytes, 32);
    keys[messages][32] = 0;
    for (uint32_t i = 0; i < messages; i++) CHECK(strcmp(keys[i], keys[messages]) != 0);
    messages++;
  }
  CHECK_EQUAL_UINT(messages, 12);
  rig_close(&rig);
}

/* O9, O10: what is open is cancelled with its reason, messages first; what has ended stays as it is. */
static void cancelled_with_the_subject(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'enroll','playbook':'accounts','groupId':'a1'}", "{'type':'enroll','playbook':'p','userId':'u1'}",
           "{'type':'complete','task':2}", "{'type':'discard','message':3}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'delete','userId':'u1'}"); /* the message to u1 about a1 too */
  CHECK_OUTPUTS(&rig,
                "exited #2 deleted\nmessage #4 cancelled hello to u1 from success: deleted\ntask #1 cancelled Call for john "
                "due 3600000000\n"
                "message #1 cancelled hello to u1 from success: deleted\n");
  TELL_ALL(&rig, "{'type':'delete','groupId':'a1'}");
  CHECK_OUTPUTS(&rig, "message #2 cancelled hello to u2 from success: deleted\n");
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.messages_open, 0);
  CHECK_EQUAL_UINT(counts.tasks_open, 0);
  CHECK_EQUAL_UINT(counts.messages_ever, 4);
  rig_close(&rig);
}

/* S7: the other unsent messages and open tasks of a sender that is removed with cancel. */
static void cancelled_with_the_sender(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'once','active':true,'trigger':{'manual':true},'senders':{'pool':['bob'"
           "]},'steps':["
           "{'actions':[{'email':{'template':'hello','send_as':'pool'}},{'task':{'title':'Theirs','assignee':{'sender':true}"
           "}},{'task':{'title':'Own'}}]}]}",
           "{'type':'enroll','playbook':'once','userId':'u1'}", "{'type':'approve','message':1}",
           "{'type':'enroll','playbook':'p','userId':'u2'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'bob','mode':'cancel'}");
  CHECK_OUTPUTS(&rig, "message #1 cancelled hello to u1 from bob: sender_removed\ntask #1 cancelled Theirs for mary\n");
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','mode':'cancel'}"); /* serves an enrollment: that goes first */
  CHECK_OUTPUTS(&rig,
                "exited #2 sender_removed\nmessage #2 cancelled hello to u2 from ann: sender_removed\n"
                "message #3 cancelled hello to u2 from success: sender_removed\ntask #3 cancelled Call for john due "
                "3600000000\ntask #4 cancelled Look for mary\n");
  rig_close(&rig);
}

static void tasks(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'enroll','playbook':'p','userId':'u1','timestamp':1000}", "{'type':'complete','task':1}",
           "{'type':'cancel','task':2}");
  const char *text = rig_take(&rig);
  CHECK(strstr(text, "task #1 open Call for john due 3601000000\ntask #2 open Look for mary\n") != NULL);
  CHECK(strstr(text, "task #1 completed Call for john due 3601000000\ntask #2 cancelled Look for mary\n") != NULL);
  rig_close(&rig);
}

/* S8: a completed task of the sender is a contact with it, at the time of its line. */
static void a_completed_task_is_a_contact(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'advance','timestamp':50000}",
           "{'type':'interaction','userId':'u1','sender':'bob','timestamp':40000}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK(strstr(rig_take(&rig), "enrolled #1 p u1 v1 by bob sticky\n") != NULL);
  TELL_ALL(&rig, "{'type':'pin','userId':'u1','sender':'ann'}", "{'type':'unenroll','playbook':'p','userId':'u1'}",
           "{'type':'enroll','playbook':'p','userId':'u1'}", "{'type':'complete','task':3,'timestamp':45000}",
           "{'type':'pin','userId':'u1','sender':null}", "{'type':'unenroll','playbook':'p','userId':'u1'}");
  CHECK(strstr(rig_take(&rig), "enrolled #2 p u1 v1 by ann pinned\n") != NULL);
  TELL_ALL(&rig, "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK(strstr(rig_take(&rig), "enrolled #3 p u1 v1 by ann sticky\n") != NULL);
  rig_close(&rig);
}

int main(void) {
  RUN(keys_are_unique);
  RUN(cancelled_with_the_subject);
  RUN(cancelled_with_the_sender);
  RUN(tasks);
  RUN(a_completed_task_is_a_contact);
  return check_report();
}
