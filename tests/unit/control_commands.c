/* tests/unit/control_commands.c - the lines that steer: defaults, refusals with code, what they leave unsaid (SPEC L,
 * Control). */
#include "engine_support.h"

static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'segment','key':'eu','when':'contact.traits.eu == true'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'senders':{'pool':['ann']},"
           "'steps':[{'actions':[{'email':{'template':'hello'}},{'task':{'title':'t'}}]},{'delay':'1d','actions':[{'task':{'"
           "title':'u'}}]}]}",
           "{'type':'define','kind':'playbook','key':'branched','active':true,'trigger':{'manual':true},'branches':[{'"
           "segment':'eu','senders':{'pool':['ann']}}],"
           "'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(rig);
}

static const struct {
  const char *line;
  pbk_code code;
} cases[] = {
  {"{'type':'advance'}", PBK_CODE_BAD_INPUT},
  {"{'type':'activate'}", PBK_CODE_BAD_INPUT},
  {"{'type':'activate','playbook':''}", PBK_CODE_BAD_INPUT},
  {"{'type':'activate','playbook':'none'}", PBK_CODE_UNKNOWN_KEY},
  {"{'type':'activate','playbook':5}", PBK_CODE_BAD_INPUT},
  {"{'type':'archive','playbook':'p','mode':'now'}", PBK_CODE_BAD_INPUT},
  {"{'type':'enroll','playbook':'p'}", PBK_CODE_BAD_INPUT},
  {"{'type':'enroll','playbook':'p','userId':'u1','groupId':'a1'}", PBK_CODE_BAD_INPUT},
  {"{'type':'enroll','playbook':'p','userId':'none'}", PBK_CODE_UNKNOWN_SUBJECT},
  {"{'type':'unenroll','playbook':'branched','userId':'u1'}", PBK_CODE_BAD_STATE},
  {"{'type':'explain','playbook':'p','groupId':'a1'}", PBK_CODE_BAD_INPUT},
  {"{'type':'explain','playbook':'p','userId':'none'}", PBK_CODE_UNKNOWN_SUBJECT},
  {"{'type':'add_sender','playbook':'p'}", PBK_CODE_BAD_INPUT},
  {"{'type':'add_sender','sender':'ann'}", PBK_CODE_BAD_INPUT},
  {"{'type':'add_sender','sender':'bob','playbook':'branched'}", PBK_CODE_BAD_INPUT},
  {"{'type':'add_sender','sender':'bob','playbook':'branched','branch':'none'}", PBK_CODE_UNKNOWN_KEY},
  {"{'type':'add_sender','sender':'ann','playbook':'branched','branch':'eu'}", PBK_CODE_EXISTS},
  {"{'type':'remove_sender','sender':'bob','playbook':'p'}", PBK_CODE_BAD_STATE},
  {"{'type':'remove_sender','sender':'bob','branch':'eu'}", PBK_CODE_BAD_INPUT},
  {"{'type':'remove_sender','sender':'bob','mode':5}", PBK_CODE_BAD_INPUT},
  {"{'type':'approve'}", PBK_CODE_BAD_INPUT},
  {"{'type':'approve','message':'1'}", PBK_CODE_BAD_INPUT},
  {"{'type':'approve','message':1.0}", PBK_CODE_BAD_INPUT},
  {"{'type':'approve','message':0}", PBK_CODE_UNKNOWN_MESSAGE},
  {"{'type':'approve','message':-1}", PBK_CODE_UNKNOWN_MESSAGE},
  {"{'type':'approve','message':9223372036854775807}", PBK_CODE_UNKNOWN_MESSAGE},
  {"{'type':'unapprove','message':1}", PBK_CODE_BAD_STATE},
  {"{'type':'edit','message':1}", PBK_CODE_BAD_INPUT},
  {"{'type':'edit','message':1,'template':'none'}", PBK_CODE_UNKNOWN_KEY},
  {"{'type':'report','message':1,'outcome':'sent'}", PBK_CODE_BAD_STATE},
  {"{'type':'report','message':1,'outcome':'lost'}", PBK_CODE_BAD_INPUT},
  {"{'type':'report','message':1}", PBK_CODE_BAD_INPUT},
  {"{'type':'complete','task':9}", PBK_CODE_UNKNOWN_TASK},
  {"{'type':'complete','message':1}", PBK_CODE_BAD_INPUT},
  {"{'type':'cancel','task':9}", PBK_CODE_UNKNOWN_TASK},
};

static void refused(void) {
  struct rig rig;
  prepare(&rig);
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s", cases[i].line);
    CHECK_EQUAL_INT(tell(&rig, cases[i].line), PBK_ERR_REFUSED);
    CHECK_EQUAL_INT(rig_error(&rig).code, cases[i].code);
    const char *text = rig_take(&rig);
    CHECK(strncmp(text, "error ", 6) == 0 && strchr(text, '\n') == strrchr(text, '\n')); /* one error, nothing else */
  }
  rig_close(&rig);
}

/* Other control lines give no line of their own. */
static void silent(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'pause','playbook':'branched'}", "{'type':'resume','playbook':'branched'}",
           "{'type':'archive','playbook':'branched'}", "{'type':'activate','playbook':'branched'}",
           "{'type':'add_sender','sender':'bob','playbook':'branched','branch':'eu'}",
           "{'type':'remove_sender','sender':'bob','playbook':'branched','branch':'eu','mode':'drain'}",
           "{'type':'edit','message':1,'note':'n'}", "{'type':'advance','timestamp':1}",
           "{'type':'remove_sender','sender':'bob'}");
  CHECK_OUTPUTS(&rig, "");
  rig_close(&rig);
}

/* Removed from a playbook without naming the branch: from all its branches. */
static void from_all_branches(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'a','when':'contact.id == `u1`'}",
           "{'type':'define','kind':'segment','key':'b','when':'contact.id == `u2`'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'branches':[{'segment':'a','"
           "senders':{'pool':['ann','bob']}},"
           "{'segment':'b','senders':{'pool':['ann','bob']}}],'steps':[{'delay':'1d','actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'track','userId':'u1','event':'go'}", "{'type':'track','userId':'u2','event':'go'}",
           "{'type':'remove_sender','sender':'ann','playbook':'p','branch':'b','mode':'cancel'}");
  CHECK(strstr(rig_take(&rig), "exited #2 sender_removed\n") != NULL);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p','mode':'cancel'}");
  CHECK_OUTPUTS(&rig, "exited #1 sender_removed\n");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p'}"), PBK_ERR_REFUSED);
  rig_close(&rig);
}

/* Drained first, it still serves: cancel reaches whom it serves (S7). */
static void drained_then_cancelled(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p'}");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p'}"), PBK_ERR_REFUSED);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p','mode':'cancel'}");
  CHECK_OUTPUTS(
    &rig, "exited #1 sender_removed\nmessage #1 cancelled hello to u1 from success: sender_removed\ntask #1 cancelled t\n");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'remove_sender','sender':'ann','playbook':'p','mode':'cancel'}"), PBK_ERR_REFUSED);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann'}", "{'type':'remove_sender','sender':'ann','mode':'cancel'}");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'remove_sender','sender':'ann','mode':'cancel'}"), PBK_ERR_REFUSED);
  rig_close(&rig);
}

/* Explaining changes nothing, whatever it meets. */
static void explained(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'explain','playbook':'p','userId':'u1'}", "{'type':'explain','playbook':'branched','userId':'u1'}",
           "{'type':'identify','userId':'u1','traits':{'eu':true}}",
           "{'type':'explain','playbook':'branched','userId':'u1'}", "{'type':'pause','playbook':'branched'}",
           "{'type':'suppress','userId':'u1','suppressed':true}", "{'type':'explain','playbook':'branched','userId':'u1'}");
  CHECK_OUTPUTS(&rig,
                "explanation u1 does not already_enrolled\nexplanation u1 does not no_branch\nentered u1 eu\n"
                "explanation u1 enrolls\nexplanation u1 does not paused suppressed\n");
  rig_close(&rig);
}

int main(void) {
  RUN(refused);
  RUN(silent);
  RUN(from_all_branches);
  RUN(drained_then_cancelled);
  RUN(explained);
  return check_report();
}
