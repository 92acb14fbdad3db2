/* tests/unit/output_line.c - each kind of output as a line: its members, in one order, those not given left out (SPEC L,
 * Outputs). */
#include "wire/output_line.h"

#include "base/value.h"
#include "check.h"

static pbk_text words(const char *text) {
  return (pbk_text){text, strlen(text)};
}

static void check_line(pbk_output output, const char *wanted) {
  struct memory memory;
  char expected[1024];
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  struct writer writer = {.memory = &memory};
  size_t size = strlen(wanted);
  for (size_t i = 0; i <= size; i++) expected[i] = wanted[i] == '\'' ? '"' : wanted[i];
  output.size = sizeof output;
  output.seq = 7;
  output.at = 1500000;
  pbk_write_output_line(&writer, &output);
  char whole[1200];
  snprintf(whole, sizeof whole, "{\"seq\":7,\"at\":\"1970-01-01T00:00:01.5Z\",\"type\":%s}\n", expected);
  CHECK_EQUAL_TEXT(((struct text){(char *)writer.bytes, writer.size}), text_from(whole));
  pbk_writer_release(&writer);
}

static void definitions_and_inputs(void) {
  check_line((pbk_output){.type = PBK_OUTPUT_DEFINED, .kind = words("settings")}, "'defined','kind':'settings'");
  check_line((pbk_output){.type = PBK_OUTPUT_DEFINED, .kind = words("playbook"), .key = words("p"), .version = 2},
             "'defined','kind':'playbook','key':'p','version':2");
  check_line((pbk_output){.type = PBK_OUTPUT_DEFINED, .kind = words("persona"), .key = words("p"), .has_members = 1},
             "'defined','kind':'persona','key':'p','members':0");
  check_line((pbk_output){.type = PBK_OUTPUT_DUPLICATE, .message_id = words("m")}, "'duplicate','messageId':'m'");
  check_line((pbk_output){.type = PBK_OUTPUT_ERROR, .line = 3, .code = PBK_CODE_BAD_STATE, .text = words("no")},
             "'error','line':3,'code':'bad_state','message':'no'");
  check_line((pbk_output){.type = PBK_OUTPUT_ERROR,
                          .line = 3,
                          .code = PBK_CODE_BAD_CONDITION,
                          .text = words("no"),
                          .path = words("/when"),
                          .column = 4},
             "'error','line':3,'code':'bad_condition','message':'no','path':'/when','column':4");
}

static void memberships(void) {
  check_line((pbk_output){.type = PBK_OUTPUT_TAGGED, .contact = words("u"), .audience = words("p")},
             "'tagged','userId':'u','persona':'p'");
  check_line((pbk_output){.type = PBK_OUTPUT_UNTAGGED, .contact = words("u"), .audience = words("p")},
             "'untagged','userId':'u','persona':'p'");
  check_line((pbk_output){.type = PBK_OUTPUT_ENTERED, .account = words("a"), .audience = words("s")},
             "'entered','segment':'s','groupId':'a'");
  check_line((pbk_output){.type = PBK_OUTPUT_LEFT, .contact = words("u"), .audience = words("s")},
             "'left','segment':'s','userId':'u'");
}

static void enrollments(void) {
  check_line(
    (pbk_output){.type = PBK_OUTPUT_ENROLLED, .enrollment = 4, .playbook = words("p"), .version = 1, .contact = words("u")},
    "'enrolled','enrollment':4,'playbook':'p','version':1,'userId':'u'");
  check_line(
    (pbk_output){.type = PBK_OUTPUT_ENROLLED,
                 .enrollment = 4,
                 .playbook = words("p"),
                 .version = 1,
                 .account = words("a"),
                 .branch = words("b"),
                 .sender = words("s"),
                 .sender_by = words("rotation")},
    "'enrolled','enrollment':4,'playbook':'p','version':1,'groupId':'a','branch':'b','sender':'s','sender_by':'rotation'");
  check_line(
    (pbk_output){.type = PBK_OUTPUT_NOT_ENROLLED, .playbook = words("p"), .contact = words("u"), .reason = words("paused")},
    "'not_enrolled','playbook':'p','userId':'u','reason':'paused'");
  check_line((pbk_output){.type = PBK_OUTPUT_STEP, .enrollment = 4, .step = 2, .outcome = words("run")},
             "'step','enrollment':4,'step':2,'outcome':'run'");
  check_line(
    (pbk_output){
      .type = PBK_OUTPUT_EXITED, .enrollment = 4, .playbook = words("p"), .contact = words("u"), .reason = words("goal")},
    "'exited','enrollment':4,'playbook':'p','userId':'u','reason':'goal'");
}

static void work(void) {
  check_line((pbk_output){.type = PBK_OUTPUT_TASK,
                          .task = 5,
                          .enrollment = 4,
                          .playbook = words("p"),
                          .contact = words("u"),
                          .state = words("open"),
                          .title = words("t"),
                          .due = PBK_NO_TIME},
             "'task','task':5,'enrollment':4,'playbook':'p','userId':'u','state':'open','title':'t'");
  check_line((pbk_output){.type = PBK_OUTPUT_TASK,
                          .task = 5,
                          .enrollment = 4,
                          .playbook = words("p"),
                          .account = words("a"),
                          .state = words("open"),
                          .assignee = words("j"),
                          .due = 0},
             "'task','task':5,'enrollment':4,'playbook':'p','groupId':'a','state':'open','title':'','assignee':'j','due':'"
             "1970-01-01T00:00:00Z'");
  check_line((pbk_output){.type = PBK_OUTPUT_MESSAGE,
                          .message = 6,
                          .enrollment = 4,
                          .playbook = words("p"),
                          .contact = words("u"),
                          .state = words("pending"),
                          .channel = words("email"),
                          .template_key = words("t"),
                          .to = words("u"),
                          .sender = words("s"),
                          .key = words("k")},
             "'message','message':6,'enrollment':4,'playbook':'p','userId':'u','state':'pending','channel':'email','"
             "template':'t','to':'u','sender':'s','key':'k'");
  check_line((pbk_output){.type = PBK_OUTPUT_MESSAGE,
                          .message = 6,
                          .enrollment = 4,
                          .playbook = words("p"),
                          .contact = words("u"),
                          .state = words("failed"),
                          .channel = words("email"),
                          .template_key = words("t"),
                          .key = words("k"),
                          .attempt = 2,
                          .reason = words("r")},
             "'message','message':6,'enrollment':4,'playbook':'p','userId':'u','state':'failed','channel':'email','template'"
             ":'t','key':'k','attempt':2,'reason':'r'");
  check_line((pbk_output){.type = PBK_OUTPUT_ASSIGNED, .account = words("a"), .role = words("r"), .user = words("j")},
             "'assigned','groupId':'a','role':'r','user':'j'");
}

static void explanations(void) {
  pbk_check checks[] = {{words("paused"), 1, 0, value_null(), {NULL, 0}},
                        {words("filtered"), 0, 1, value_bool(false), {NULL, 0}},
                        {words("exit_met"), 1, 0, value_null(), words("why")},
                        {words("x"), 0, 1, value_null(), {NULL, 0}}};
  check_line(
    (pbk_output){
      .type = PBK_OUTPUT_EXPLANATION, .playbook = words("p"), .contact = words("u"), .checks = checks, .check_count = 4},
    "'explanation','playbook':'p','userId':'u','enrolls':false,'checks':[{'check':'paused','result':true},{'check':'"
    "filtered','result':false,'value':false},"
    "{'check':'exit_met','result':true,'error':'why'},{'check':'x','result':false,'value':null}]");
  check_line((pbk_output){.type = PBK_OUTPUT_EXPLANATION, .playbook = words("p"), .account = words("a"), .enrolls = 1},
             "'explanation','playbook':'p','groupId':'a','enrolls':true,'checks':[]");
}

/* Texts are escaped as JSON wants. */
static void escaped(void) {
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  struct writer writer = {.memory = &memory};
  pbk_output output = {
    .size = sizeof output, .type = PBK_OUTPUT_DUPLICATE, .seq = 1, .message_id = {"a\"\\\n\x01\xc3\xa9\0b", 9}};
  pbk_write_output_line(&writer, &output);
  CHECK_EQUAL_TEXT(((struct text){(char *)writer.bytes, writer.size}),
                   TEXT("{\"seq\":1,\"at\":\"1970-01-01T00:00:00Z\",\"type\":\"duplicate\",\"messageId\":"
                        "\"a\\\"\\\\\\n\\u0001\xc3\xa9\\u0000b\"}\n"));
  pbk_writer_release(&writer);
}

int main(void) {
  RUN(definitions_and_inputs);
  RUN(memberships);
  RUN(enrollments);
  RUN(work);
  RUN(explanations);
  RUN(escaped);
  return check_report();
}
