/* tests/unit/define.c - definitions: all of a command or none, each seeing those before it; undefining (SPEC L, E3, A3). */
#include "engine_support.h"

/* Every kind tells what was defined. */
static void told(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(
    &rig, "{'type':'define','kind':'settings','retry_waits':['1s']}", "{'type':'define','kind':'channel','key':'email'}",
    "{'type':'define','kind':'template','key':'t'}", "{'type':'define','kind':'user','key':'u'}",
    "{'type':'define','kind':'role','key':'r'}", "{'type':'define','kind':'sender','key':'s','user':'u'}",
    "{'type':'define','kind':'persona','key':'p'}",
    "{'type':'define','kind':'segment','key':'g','of':'account','when':'true'}",
    "{'type':'define','kind':'playbook','key':'b','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
    "{'type':'undefine','kind':'sender','key':'s'}", "{'type':'undefine','kind':'user','key':'u'}");
  CHECK_OUTPUTS(
    &rig,
    "defined settings\ndefined channel email\ndefined template t\ndefined user u\ndefined role r\ndefined sender s\n"
    "defined persona p =0\ndefined segment g =0\ndefined playbook b v1\n");
  rig_close(&rig);
}

static void settings(void) {
  static const struct {
    const char *members, *path;
  } cases[] = {
    {"'default_sender':'none'", "/default_sender"}, {"'approval_window':'-1s'", "/approval_window"},
    {"'dedupe_window':'x'", "/dedupe_window"},      {"'retry_waits':['1s','-1s']", "/retry_waits/1"},
    {"'retry_waits':'1s'", "/retry_waits"},
  };
  struct rig rig;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < 5; i++) {
    check_note("%s", cases[i].members);
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'define','kind':'settings',%s}", cases[i].members), PBK_ERR_REFUSED);
    CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_DEFINITION);
    CHECK_TEXT(inner_text(rig_error(&rig).path), cases[i].path);
  }
  pbk_duration waits[101] = {0}, negative = -1;
  pbk_settings settings = {.size = sizeof settings, .retry_waits = waits, .retry_wait_count = 101};
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_ERR_REFUSED);
  settings.retry_wait_count = 100;
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_OK);
  settings = (pbk_settings){.size = sizeof settings, .approval_window = &negative};
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_ERR_REFUSED);
  settings = (pbk_settings){.size = sizeof settings, .dedupe_window = &negative};
  CHECK_EQUAL_INT(pbk_define_settings(rig.engine, NULL, &settings), PBK_ERR_REFUSED);
  rig_close(&rig);
}

/* What a batch may do within itself. */
static void batches(void) {
  static const struct {
    const char *what, *items;
    pbk_code code;
    const char *path, *wanted;
  } cases[] = {
    {"later see earlier", "{'type':'define','kind':'user','key':'u'},{'type':'define','kind':'sender','key':'s','user':'u'}",
     0, "", "defined user u\ndefined sender s\n"},
    {"earlier do not see later",
     "{'type':'define','kind':'sender','key':'s','user':'u'},{'type':'define','kind':'user','key':'u'}",
     PBK_CODE_BAD_DEFINITION, "/batch/0/user", ""},
    {"the last is refused", "{'type':'define','kind':'role','key':'r'},{'type':'define','kind':'role'}",
     PBK_CODE_BAD_DEFINITION, "/batch/1/key", ""},
    {"twice", "{'type':'define','kind':'role','key':'r'},{'type':'define','kind':'role','key':'r'}", 0, "",
     "defined role r\ndefined role r\n"},
    {"defined and undefined", "{'type':'define','kind':'role','key':'r'},{'type':'undefine','kind':'role','key':'r'}", 0, "",
     "defined role r\n"},
    {"undefined and defined",
     "{'type':'define','kind':'role','key':'r'},{'type':'undefine','kind':'role','key':'r'},{'type':'define','kind':'role','"
     "key':'r'}",
     0, "", "defined role r\ndefined role r\n"},
    {"undefined twice",
     "{'type':'define','kind':'role','key':'r'},{'type':'undefine','kind':'role','key':'r'},{'type':'undefine','kind':'role'"
     ",'key':'r'}",
     PBK_CODE_UNKNOWN_KEY, "/batch/2/key", ""},
    {"named when undefined",
     "{'type':'define','kind':'user','key':'u'},{'type':'define','kind':'sender','key':'s','user':'u'},{'type':'undefine','"
     "kind':'user','key':'u'}",
     PBK_CODE_IN_USE, "/batch/2", ""},
    {"not named any more",
     "{'type':'define','kind':'user','key':'u'},{'type':'define','kind':'sender','key':'s','user':'u'},{'type':'define','"
     "kind':'sender','key':'s'},{'type':'undefine','kind':'user','key':'u'}",
     0, "", "defined user u\ndefined sender s\ndefined sender s\n"},
    {"the user proposed as unlicensed",
     "{'type':'define','kind':'user','key':'u','licensed':false},{'type':'define','kind':'sender','key':'s','user':'u'},"
     "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'senders':{'pool':['s']},'steps':[{'actions':[{"
     "'task':{'title':'t'}}]}]}",
     PBK_CODE_BAD_DEFINITION, "/batch/2/senders/pool", ""},
    {"a whole playbook twice",
     "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'t'}}]}]}"
     ","
     "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'t'}}]}]"
     "}",
     0, "", "defined playbook p v1\ndefined playbook p v2\n"},
    {"a persona of a segment in the batch",
     "{'type':'define','kind':'segment','key':'s','when':'true'},{'type':'define','kind':'persona','key':'p','when':'"
     "segment(`s`)'}",
     0, "", "defined segment s =1\ndefined persona p =1\n"},
    {"a playbook undefined after its use",
     "{'type':'define','kind':'segment','key':'s','when':'true'},"
     "{'type':'define','kind':'playbook','key':'p','trigger':{'segment':'s'},'steps':[{'actions':[{'task':{'title':'t'}}]}]}"
     ","
     "{'type':'undefine','kind':'playbook','key':'p'},{'type':'undefine','kind':'segment','key':'s'}",
     0, "", "defined segment s =1\ndefined playbook p v1\n"},
    {"the default sender in the batch",
     "{'type':'define','kind':'sender','key':'s'},{'type':'define','kind':'settings','default_sender':'s'}", 0, "",
     "defined sender s\ndefined settings\n"},
    {"the default sender undefined in the batch",
     "{'type':'define','kind':'sender','key':'s'},{'type':'define','kind':'settings','default_sender':'s'},{'type':'"
     "undefine','kind':'sender','key':'s'}",
     PBK_CODE_IN_USE, "/batch/2", ""},
    {"another default sender in the batch",
     "{'type':'define','kind':'sender','key':'s'},{'type':'define','kind':'settings','default_sender':'s'},{'type':'define',"
     "'kind':'sender','key':'t'},"
     "{'type':'define','kind':'settings','default_sender':'t'},{'type':'undefine','kind':'sender','key':'s'}",
     0, "", "defined sender s\ndefined settings\ndefined sender t\ndefined settings\n"},
  };
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    rig_open(&rig, 0);
    check_note("%s", cases[i].what);
    TELL_ALL(&rig, "{'type':'identify','userId':'u1'}");
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'batch','batch':[%s]}", cases[i].items),
                    cases[i].code ? PBK_ERR_REFUSED : PBK_OK);
    CHECK_EQUAL_INT(rig_error(&rig).code, cases[i].code);
    CHECK_TEXT(inner_text(rig_error(&rig).path), cases[i].path);
    const char *text = rig_take(&rig);
    if (cases[i].code)
      CHECK(strncmp(text, "error 2 ", 8) == 0);
    else
      CHECK_TEXT(text_from(text), cases[i].wanted);
    pbk_handle handle;
    if (cases[i].code)
      CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_USER, "u", 1, &handle), PBK_ERR_HANDLE); /* nothing remains */
    rig_close(&rig);
  }
}

/* The same over two commands: the settings of the batch count, not those before it. */
static void the_default_sender_of_a_batch(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  CHECK_EQUAL_INT(tell(&rig,
                       "{'type':'batch','batch':[{'type':'define','kind':'settings','default_sender':'ann'},"
                       "{'type':'undefine','kind':'sender','key':'success'}]}"),
                  PBK_OK);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'sender','key':'ann'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
  rig_close(&rig);
}

/* A refused batch leaves what was there, redefined or undefined in it, as it was. */
static void what_was_there_stays(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n == 1'}");
  CHECK_EQUAL_INT(tell(&rig,
                       "{'type':'batch','batch':[{'type':'define','kind':'user','key':'john','licensed':false},{'type':'"
                       "define','kind':'segment','key':'s','when':'true'},"
                       "{'type':'undefine','kind':'template','key':'hello'},{'type':'define','kind':'channel','key':'email',"
                       "'connected':false},"
                       "{'type':'define','kind':'role','key':''}]}"),
                  PBK_ERR_REFUSED);
  rig_take(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'segment':'s'},'steps':[{'actions':[{'"
           "email':{'template':'hello','send_as':{'user':'john'}}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u1','traits':{'n':1}}");
  CHECK_OUTPUTS(&rig,
                "defined playbook p v1\nentered u1 s\nenrolled #1 p u1 v1\nstep #1.1 run\nmessage #1 pending hello to u1 "
                "from ann\nexited #1 completed\n");
  rig_close(&rig);
}

/* What names an undefined key forgets it: roles and users at accounts, pins. */
static void forgotten(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'user','key':'gone'}", "{'type':'define','kind':'sender','key':'leaving'}",
           "{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'assign','groupId':'a1','role':'CSM','user':'gone'}",
           "{'type':'pin','userId':'u1','sender':'leaving'}", "{'type':'undefine','kind':'user','key':'gone'}",
           "{'type':'undefine','kind':'sender','key':'leaving'}", "{'type':'define','kind':'user','key':'gone'}",
           "{'type':'define','kind':'sender','key':'leaving'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'senders':{'pool':['ann']},'"
           "steps':[{'actions':[{'task':{'title':'t','assignee':{'role':'CSM'}}}]}]}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'go'}");
  CHECK_OUTPUTS(&rig, "enrolled #1 p u1 v1 by ann rotation\nstep #1.1 run\ntask #1 open t\nexited #1 completed\n");
  rig_close(&rig);
}

/* A3: exit.when conditions are looked at again when an audience is redefined. */
static void exits_are_looked_at_again(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'false'}", "{'type':'identify','userId':'u1'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'exit':{'when':'segment(`s`"
           ")'},'steps':[{'delay':'1d','actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'true'}");
  CHECK_OUTPUTS(&rig, "defined segment s =1\nexited #1 goal\n");
  rig_close(&rig);
}

int main(void) {
  RUN(told);
  RUN(settings);
  RUN(batches);
  RUN(the_default_sender_of_a_batch);
  RUN(what_was_there_stays);
  RUN(forgotten);
  RUN(exits_are_looked_at_again);
  return check_report();
}
