/* tests/unit/open_calls.c - what is open: messages, tasks and enrollments, of all and of one subject. */
#include "engine_support.h"

typedef pbk_status (*next_function)(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *output);

/* All that `next` gives, as short lines; of `key` where it is given. */
static const char *walk(struct rig *rig, next_function next, pbk_subject_kind kind, const char *key) {
  rig->text_size = 0;
  rig_write(rig, "%s", "");
  pbk_subject subject = {.size = sizeof subject, .kind = kind, .key = words(key ? key : "")};
  uint64_t cursor = 0;
  for (;;) {
    pbk_output output = {.size = sizeof output};
    if (!CHECK_EQUAL_INT(next(rig->engine, key ? &subject : NULL, &cursor, &output), PBK_OK) || output.type == 0) break;
    CHECK_EQUAL_UINT(output.seq, 0);
    rig_describe(rig, &output);
    rig->text_size--; /* its newline: more comes */
    if (output.type == PBK_OUTPUT_ENROLLED)
      rig_write(rig, " next %" PRIu32 " from %" PRId64, output.step, output.at / PBK_DAY);
    if (output.type != PBK_OUTPUT_TASK && output.due != PBK_NO_TIME)
      rig_write(rig, " due %" PRId64, output.due / PBK_MINUTE);
    rig_write(rig, "\n");
  }
  return rig->text;
}

static void check_walk(struct rig *rig, next_function next, pbk_subject_kind kind, const char *key, const char *wanted) {
  check_note("%s", key ? key : "all");
  CHECK_TEXT(text_from(walk(rig, next, kind, key)), wanted);
}

static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(
    rig,
    "{'type':'define','kind':'playbook','key':'two','active':true,'trigger':{'manual':true},'senders':{'pool':['ann']},'"
    "steps':["
    "{'actions':[{'email':{'template':'hello','send_as':'pool'}},{'task':{'title':'Call','due':'1d','assignee':{'user':'"
    "john'}}}]},"
    "{'delay':'2d','actions':[{'task':{'title':'Again'}}]}]}",
    "{'type':'define','kind':'playbook','key':'firm','subject':'account','active':true,'trigger':{'manual':true},'steps':["
    "{'delay':'1d','actions':[{'email':{'template':'hello','to':'all'}}]}]}",
    "{'type':'group','userId':'ada','groupId':'acme'}", "{'type':'group','userId':'ben','groupId':'acme'}",
    "{'type':'enroll','playbook':'two','userId':'ada'}", "{'type':'enroll','playbook':'firm','groupId':'acme'}",
    "{'type':'enroll','playbook':'two','userId':'ben'}");
  rig_take(rig);
}

static void messages(void) {
  struct rig rig;
  prepare(&rig);
  check_walk(&rig, pbk_next_message, 0, NULL,
             "message #1 pending hello to ada from ann\n"
             "message #2 pending hello to ben from ann\n");
  TELL_ALL(&rig, "{'type':'approve','message':1}", "{'type':'advance','timestamp':86400000}");
  check_walk(&rig, pbk_next_message, 0, NULL,
             "message #2 pending hello to ben from ann\n"
             "message #3 pending hello to ada from success\n"
             "message #4 pending hello to ben from success\n");
  TELL_ALL(&rig, "{'type':'approve','message':4}");
  check_walk(&rig, pbk_next_message, PBK_CONTACT, "ada", "message #3 pending hello to ada from success\n");
  check_walk(&rig, pbk_next_message, PBK_ACCOUNT, "acme",
             "message #3 pending hello to ada from success\n"
             "message #4 approved hello to ben from success due 1450\n");
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answer_count = 1;
  TELL_ALL(&rig, "{'type':'advance','timestamp':87000000}");
  check_walk(&rig, pbk_next_message, PBK_CONTACT, "ben",
             "message #2 pending hello to ben from ann\n"
             "message #4 sending hello to ben from success attempt 1 due 1451\n");
  pbk_output output = {.size = sizeof output};
  uint64_t cursor = 0;
  CHECK_EQUAL_INT(pbk_next_message(rig.engine, NULL, &cursor, &output), PBK_OK);
  CHECK_EQUAL_UINT(output.key.size, 32);
  pbk_counts counts = {.size = sizeof counts};
  CHECK_EQUAL_INT(pbk_count(rig.engine, &counts), PBK_OK);
  CHECK_EQUAL_UINT(counts.answers, 2);
  rig_close(&rig);
}

static void tasks(void) {
  struct rig rig;
  prepare(&rig);
  check_walk(&rig, pbk_next_task, 0, NULL,
             "task #1 open Call for john due 86400000000\n"
             "task #2 open Call for john due 86400000000\n");
  TELL_ALL(&rig, "{'type':'complete','task':1}", "{'type':'advance','timestamp':172800000}");
  check_walk(&rig, pbk_next_task, 0, NULL,
             "task #2 open Call for john due 86400000000\n"
             "task #3 open Again\n"
             "task #4 open Again\n");
  check_walk(&rig, pbk_next_task, PBK_CONTACT, "ada", "task #3 open Again\n");
  check_walk(&rig, pbk_next_task, PBK_ACCOUNT, "acme", "");
  rig_close(&rig);
}

static void enrollments(void) {
  struct rig rig;
  prepare(&rig);
  check_walk(&rig, pbk_next_enrollment, 0, NULL,
             "enrolled #1 two ada v1 by ann next 2 from 0 due 2880\n"
             "enrolled #2 firm acme v1 next 1 from 0 due 1440\n"
             "enrolled #3 two ben v1 by ann next 2 from 0 due 2880\n");
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'first','trigger':{'manual':true},'active':true,'steps':[{'delay':'1d',"
           "'actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'enroll','playbook':'first','userId':'ada'}", "{'type':'pause','playbook':'first'}",
           "{'type':'advance','timestamp':86400000}");
  check_walk(&rig, pbk_next_enrollment, PBK_CONTACT, "ada",
             "enrolled #1 two ada v1 by ann next 2 from 0 due 2880\n"
             "enrolled #4 first ada v1 next 1 from 0\n");
  check_walk(&rig, pbk_next_enrollment, PBK_ACCOUNT, "acme", "");
  check_walk(&rig, pbk_next_enrollment, 0, NULL,
             "enrolled #1 two ada v1 by ann next 2 from 0 due 2880\n"
             "enrolled #3 two ben v1 by ann next 2 from 0 due 2880\n"
             "enrolled #4 first ada v1 next 1 from 0\n");
  rig_close(&rig);
}

static void odd_arguments(void) {
  struct rig rig;
  prepare(&rig);
  static const next_function functions[] = {pbk_next_message, pbk_next_task, pbk_next_enrollment};
  for (uint32_t i = 0; i < 3; i++) {
    next_function next = functions[i];
    pbk_output output = {.size = sizeof output};
    uint64_t cursor = 0;
    pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("nobody")};
    check_note("function %" PRIu32, i);
    CHECK_EQUAL_INT(next(NULL, NULL, &cursor, &output), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(next(rig.engine, NULL, NULL, &output), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(next(rig.engine, NULL, &cursor, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(next(rig.engine, &subject, &cursor, &output), PBK_ERR_HANDLE);
    subject.kind = 9;
    CHECK_EQUAL_INT(next(rig.engine, &subject, &cursor, &output), PBK_ERR_ARGUMENT);
    subject.kind = PBK_CONTACT;
    subject.key = words("\xff");
    CHECK_EQUAL_INT(next(rig.engine, &subject, &cursor, &output), PBK_ERR_ARGUMENT);
    subject.size = 4;
    CHECK_EQUAL_INT(next(rig.engine, &subject, &cursor, &output), PBK_ERR_SIZE_TOO_SMALL);
    output.size = 4;
    CHECK_EQUAL_INT(next(rig.engine, NULL, &cursor, &output), PBK_ERR_SIZE_TOO_SMALL);
  }
  rig_close(&rig);
}

int main(void) {
  RUN(messages);
  RUN(tasks);
  RUN(enrollments);
  RUN(odd_arguments);
  return check_report();
}
