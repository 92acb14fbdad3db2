/* tests/unit/many_running.c - with hundreds of enrollments that come and go, what takes some of them out takes just those, by id (SPEC T7,
 * P9, P11, S7, A3, E9). */
#include "engine_support.h"

enum { MANY = 700 };

/* Takes the outputs: how many lines begin so, each followed by a number above that of the one before. */
static uint32_t count_ascending(struct rig *rig, const char *begins, const char *ends, const char **all) {
  const char *text = rig_take(rig);
  uint64_t last = 0;
  uint32_t count = 0;
  for (const char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
    if (strncmp(at, begins, strlen(begins)) != 0) continue;
    char *end;
    uint64_t id = strtoull(at + strlen(begins), &end, 10);
    CHECK(id > last);
    last = id;
    CHECK(strncmp(end, ends, strlen(ends)) == 0);
    count++;
  }
  if (all) *all = text;
  return count;
}

static void define(struct rig *rig, const char *key, const char *members) {
  CHECK_EQUAL_INT(tell_format(rig,
                              "{'type':'define','kind':'playbook','key':'%s','active':true,'trigger':{'manual':true},%s"
                              "'steps':[{'actions':[{'email':{'template':'hello','send_as':'pool'}},{'task':{'title':'t',"
                              "'assignee':{'sender':true}}}]},{'delay':'9d','actions':[{'task':{'title':'t'}}]}]}",
                              key, members),
                  PBK_OK);
}

static void enroll(struct rig *rig, const char *playbook, uint32_t subject) {
  CHECK_EQUAL_INT(tell_format(rig, "{'type':'enroll','playbook':'%s','userId':'u%" PRIu32 "'}", playbook, subject), PBK_OK);
}

/* Three playbooks with everybody in, but for those that went again. */
static void prepare(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  define_usual(rig);
  define(rig, "p", "'senders':{'pool':['ann','bob']},");
  define(rig, "q", "'senders':{'pool':['bob','ann','success']},");
  define(rig, "r", "'senders':{'pool':['success']},");
  for (uint32_t i = 0; i < MANY; i++) tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "'}", i);
  for (uint32_t i = 0; i < MANY; i++) {
    enroll(rig, "p", i);
    enroll(rig, "r", i);
    if (i % 2) enroll(rig, "q", i);
    if (i % 3 == 0) tell_format(rig, "{'type':'unenroll','playbook':'p','userId':'u%" PRIu32 "'}", i);
    if (i > 400 && i % 7) tell_format(rig, "{'type':'unenroll','playbook':'r','userId':'u%" PRIu32 "'}", i - 400);
  }
  rig_take(rig);
}

static uint64_t running(const struct rig *rig) {
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig->engine, &counts);
  return counts.enrollments_running;
}

static void archived_with_cancel(void) {
  struct rig rig;
  const char *text;
  prepare(&rig);
  uint64_t before = running(&rig);
  TELL_ALL(&rig, "{'type':'archive','playbook':'p','mode':'cancel'}");
  uint32_t expected = MANY - (MANY + 2) / 3;
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " archived", &text), expected);
  CHECK_EQUAL_UINT(before - running(&rig), expected);
  /* each exit, then its message, then its task */
  const char *exited = strstr(text, "exited #"), *message = strstr(text, "message #"), *task = strstr(text, "task #");
  CHECK(exited && message && task && exited < message && message < task && task < strstr(exited + 1, "exited #"));
  TELL_ALL(&rig, "{'type':'archive','playbook':'q','mode':'cancel'}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " archived", NULL), MANY / 2);
  TELL_ALL(&rig, "{'type':'archive','playbook':'q','mode':'cancel'}"); /* nobody is left */
  CHECK_OUTPUTS(&rig, "");
  rig_close(&rig);
}

static void removed_senders(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','playbook':'q','mode':'cancel'}");
  uint32_t of_one = count_ascending(&rig, "exited #", " sender_removed", NULL);
  CHECK(of_one > 100 && of_one < 130); /* a third */
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'ann','mode':'cancel'}");
  uint32_t of_all = count_ascending(&rig, "exited #", " sender_removed", NULL);
  CHECK(of_all > 100);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'remove_sender','sender':'ann','playbook':'q','mode':'cancel'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_STATE); /* it serves nobody there */
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'bob','mode':'cancel'}",
           "{'type':'remove_sender','sender':'success','mode':'cancel'}");
  rig_take(&rig);
  CHECK_EQUAL_UINT(running(&rig), 0);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.messages_open, 0);
  rig_close(&rig);
}

/* S7: what is left of a sender when its enrollments have ended: messages by id, then tasks by id. */
static void left_of_a_sender(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},"
                 "'senders':{'pool':['ann','bob']},'steps':[{'actions':[{'email':{'template':'hello','send_as':'pool'}},"
                 "{'task':{'title':'t','assignee':{'sender':true}}}]}]}");
  for (uint32_t i = 0; i < MANY; i++) {
    tell_format(&rig, "{'type':'identify','userId':'u%" PRIu32 "'}", i);
    enroll(&rig, "p", i);
    if (i % 5 == 4) tell_format(&rig, "{'type':'discard','message':%" PRIu32 "}", i - 3);
  }
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'remove_sender','sender':'bob','mode':'cancel'}");
  const char *text;
  uint32_t messages = count_ascending(&rig, "message #", " cancelled", &text);
  CHECK_EQUAL_UINT(messages, MANY / 2 - MANY / 10);
  uint32_t tasks = 0;
  const char *last_message = NULL, *first_task = strstr(text, "task #");
  for (const char *at = text; (at = strstr(at, "task #")) != NULL; at++) tasks++;
  for (const char *at = text; (at = strstr(at, "message #")) != NULL; at++) last_message = at;
  CHECK_EQUAL_UINT(tasks, MANY / 2);
  CHECK(last_message && first_task && last_message < first_task);
  rig_close(&rig);
}

/* A3: looked at again after a redefinition, over playbooks and versions, by id. */
static void reviewed(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n > 10000'}");
  define(&rig, "p", "'senders':{'pool':['ann']},'exit':{'when':'segment(`s`)'},");
  define(&rig, "q", "'senders':{'pool':['ann']},'exit':{'when':'segment(`s`) && contact.traits.n > 100'},");
  define(&rig, "r", "'senders':{'pool':['ann']},");
  for (uint32_t i = 0; i < MANY; i++) {
    tell_format(&rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'n':%" PRIu32 "}}", i, i);
    enroll(&rig, i % 2 ? "p" : "q", i);
    if (i == MANY / 2) define(&rig, "p", "'senders':{'pool':['ann']},'exit':{'when':'segment(`s`) || now < now'},");
    enroll(&rig, "r", i);
    enroll(&rig, i % 2 ? "q" : "p", i);
  }
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n >= 50'}");
  uint32_t expected = MANY - 50 + MANY - 101;
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " goal", NULL), expected);
  CHECK_EQUAL_UINT(running(&rig), (uint64_t)3 * MANY - expected);
  rig_close(&rig);
}

/* T7: an account's change or flip takes out those of its contacts whose exits turn on it, by id, and nobody else's. */
static void contacts_of_an_account(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'good','of':'account','when':'account.traits.tier == 1'}");
  define(&rig, "p", "'senders':{'pool':['ann']},'exit':{'when':'segment(`good`)'},");
  define(&rig, "q", "'senders':{'pool':['ann']},'exit':{'when':'account.stage == `done`'},");
  define(&rig, "r", "'senders':{'pool':['ann']},'exit':{'when':'contact.stage == `done`'},");
  for (uint32_t i = 0; i < MANY; i++) {
    uint32_t who = i * 37 % MANY; /* enrollments in another order than contacts */
    tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "'}", who, who % 3);
  }
  for (uint32_t i = 0; i < MANY; i++) {
    enroll(&rig, "q", i);
    enroll(&rig, "p", i);
    enroll(&rig, "r", i);
  }
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'group','groupId':'a1','traits':{'tier':2}}", "{'type':'stage','groupId':'a1','stage':'begun'}");
  CHECK_OUTPUTS(&rig, "");
  TELL_ALL(&rig, "{'type':'group','groupId':'a1','traits':{'tier':1}}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " goal", NULL), MANY / 3);
  TELL_ALL(&rig, "{'type':'stage','groupId':'a0','stage':'done'}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " goal", NULL), (MANY + 2) / 3);
  TELL_ALL(&rig, "{'type':'stage','userId':'u5','stage':'done'}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " goal", NULL), 1);
  rig_close(&rig);
}

/* T6, T7: at one time a membership comes before an exit, and takes with it those touched whose exit is due as well. */
static void exits_due_with_a_flip(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'old','of':'account','when':'now >= account.created_at + duration(`1h`)'}",
           "{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'group','userId':'u2','groupId':'a1'}",
           "{'type':'identify','userId':'u3'}");
  define(&rig, "p", "'senders':{'pool':['ann']},'exit':{'keep':['messages','tasks'],'when':'now >= enrollment.started_at + duration(`1h`)'},");
  for (uint32_t i = 3; i >= 1; i--) enroll(&rig, "p", i);
  rig_take(&rig);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'advance','timestamp':3600000}");
  /* #1 is not of the account: its turn comes after the flip's cause, in which #2 and #3 go */
  CHECK_OUTPUTS(&rig, "3600000000 entered a1 old\n3600000000 exited #2 goal\n3600000000 exited #3 goal\n3600000000 exited #1 goal\n");
  rig_close(&rig);
}

/* E9: a deleted contact takes out what is its own, however much else is open. */
static void deleted(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'delete','userId':'u401'}");
  const char *text;
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " deleted", &text), 3);
  uint32_t cancelled = 0;
  for (const char *at = text; (at = strstr(at, " cancelled ")) != NULL; at++) cancelled++;
  CHECK_EQUAL_UINT(cancelled, 6);
  TELL_ALL(&rig, "{'type':'identify','userId':'u401'}");
  enroll(&rig, "p", 401); /* anew, without history */
  CHECK_EQUAL_UINT(count_ascending(&rig, "enrolled #", " p u401 v1", NULL), 1);
  rig_close(&rig);
}

/* Who is in many playbooks leaves the one whose exit is met, and no other. */
static void one_of_many_playbooks(void) {
  enum { PLAYBOOKS = 40 };
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.t > 3'}",
           "{'type':'define','kind':'segment','key':'s','of':'account','when':'account.traits.t > 3'}");
  for (uint32_t i = 0; i < PLAYBOOKS; i++) {
    char when[120];
    snprintf(when, sizeof when, "events(`x%" PRIu32 "`).last() >= enrollment.started_at", i);
    if (i == 38) snprintf(when, sizeof when, "segment(`s`)");
    if (i == 39) snprintf(when, sizeof when, "now >= enrollment.started_at + duration(`1h`)");
    tell_format(&rig,
                "{'type':'define','kind':'playbook','key':'b%" PRIu32
                "','active':true,'trigger':{'persona':'p'},'exit':{'when':'%s'%s},"
                "'steps':[{'delay':'9d','actions':[{'task':{'title':'t'}}]}]}",
                i, when, i == 20 ? ",'on_left':true" : "");
  }
  for (uint32_t i = 0; i < 3; i++) tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a'}", i);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'t':5}}");
  rig_take(&rig);
  for (uint32_t i = 0; i < 37; i += 3) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "exited #%" PRIu32 " goal\n", i + 1);
    tell_format(&rig, "{'type':'track','userId':'u1','event':'x%" PRIu32 "'}", i);
    CHECK_OUTPUTS(&rig, wanted);
  }
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'t':1}}");
  CHECK_OUTPUTS(&rig, "untagged u1 p\nexited #21 left\n");
  TELL_ALL(&rig, "{'type':'group','groupId':'a','traits':{'t':5}}");
  CHECK_OUTPUTS(&rig, "entered a s\nexited #39 goal\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "exited #40 goal\n");
  rig_close(&rig);
}

/* Of an account's contacts, those who are in leave with it: few, all, and by leaving what they entered by. */
static void those_of_an_account(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'p','when':'account.traits.t > 3'}",
           "{'type':'define','kind':'playbook','key':'few','active':true,'trigger':{'manual':true},'exit':{'when':'account."
           "traits.t > 7'},"
           "'steps':[{'delay':'9d','actions':[{'task':{'title':'t'}}]}]}",
           "{'type':'define','kind':'playbook','key':'all','active':true,'trigger':{'persona':'p'},'exit':{'on_left':true},"
           "'steps':[{'delay':'9d','actions':[{'task':{'title':'t'}}]}]}");
  for (uint32_t i = 0; i < MANY; i++)
    tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "'}", i, i % 7 == 0);
  for (uint32_t i = 0; i < 70; i += 10) enroll(&rig, "few", i); /* one of them of the other account */
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'group','groupId':'a0','traits':{'t':5}}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "enrolled #", "", NULL), MANY / 7 * 6);
  TELL_ALL(&rig, "{'type':'group','groupId':'a0','traits':{'t':8}}");
  CHECK_OUTPUTS(&rig,
                "exited #2 goal\nexited #3 goal\nexited #4 goal\nexited #5 goal\n"
                "exited #6 goal\nexited #7 goal\n");
  TELL_ALL(&rig, "{'type':'group','groupId':'a1','traits':{'t':8}}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " goal", NULL), 1);
  TELL_ALL(&rig, "{'type':'group','groupId':'a0','traits':{'t':1}}");
  CHECK_EQUAL_UINT(count_ascending(&rig, "exited #", " left", NULL), MANY / 7 * 6);
  CHECK_EQUAL_UINT(running(&rig), MANY / 7);
  rig_close(&rig);
}

int main(void) {
  RUN(one_of_many_playbooks);
  RUN(those_of_an_account);
  RUN(archived_with_cancel);
  RUN(removed_senders);
  RUN(left_of_a_sender);
  RUN(reviewed);
  RUN(contacts_of_an_account);
  RUN(exits_due_with_a_flip);
  RUN(deleted);
  return check_report();
}
