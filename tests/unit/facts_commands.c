/* tests/unit/facts_commands.c - the inputs that tell facts: what each does, seen through conditions (SPEC E, L). */
#include "engine_support.h"

/* Lines, and whether a condition then holds for u1. */
static const struct {
  const char *lines[5], *condition;
  bool held;
} cases[] = {
  {{"{'type':'identify','userId':'u1','traits':{'a':1,'b':{'c':1}}}",
    "{'type':'identify','userId':'u1','traits':{'b':{'d':1}}}"},
   "contact.traits.a == 1 && !has(contact.traits.b.c) && contact.traits.b.d == 1",
   true}, /* E4: merged at the top level */
  {{"{'type':'identify','userId':'u1','traits':{'a':null}}"}, "has(contact.traits.a) && contact.traits.a == null", true},
  {{"{'type':'identify','userId':'u1','traits':{'a':1.0,'b':1,'c':1e0}}"},
   "type(contact.traits.a) == double && type(contact.traits.b) == int && type(contact.traits.c) == double",
   true},
  {{"{'type':'identify','anonymousId':'u1'}"}, "contact.id == `u1`", true},
  {{"{'type':'group','userId':'u1','groupId':'a1','traits':{'n':1}}"},
   "account.traits.n == 1 && !has(contact.traits.n)",
   true},
  {{"{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'group','userId':'u1','groupId':'a2'}"},
   "account.id == `a2`",
   true}, /* E2 */
  {{"{'type':'group','userId':'u1','groupId':'a1'}",
    "{'type':'track','userId':'u1','event':'e','context':{'groupId':'a2'}}"},
   "account.id == `a1` && account_events(`e`).count() == 0",
   true}, /* E6 */
  {{"{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'track','userId':'u1','event':'e'}"},
   "account_events(`e`).count() == 1",
   true},
  {{"{'type':'group','userId':'u1','groupId':'a1'}", "{'type':'track','event':'e','context':{'groupId':'a1'}}"},
   "account_events(`e`).count() == 1 && events(`e`).count() == 0",
   true},
  {{"{'type':'track','userId':'u1','event':'e'}", "{'type':'group','userId':'u1','groupId':'a1'}"},
   "account_events(`e`).count() == 0 && events(`e`).count() == 1",
   true},
  {{"{'type':'screen','userId':'u1','name':'home'}"}, "events(`home`).count() == 1", true},
  {{"{'type':'advance','timestamp':9000}", "{'type':'track','userId':'u1','event':'e','timestamp':4000}"},
   "contact.created_at == timestamp(`1970-01-01T00:00:04Z`)",
   true}, /* E7 */
  {{"{'type':'advance','timestamp':9000}", "{'type':'identify','userId':'u1','timestamp':4000}"},
   "contact.created_at == timestamp(`1970-01-01T00:00:09Z`)",
   true},
  {{"{'type':'stage','userId':'u1','stage':'s'}", "{'type':'health','userId':'u1','health':1}"},
   "contact.stage == `s` && contact.health == 1",
   true},
  {{"{'type':'health','userId':'u1','health':1,'stage':'s'}"}, "contact.stage == `s` && contact.health == 1", true},
  {{"{'type':'identify','userId':'u1'}"}, "has(contact.stage) || has(contact.health)", false}, /* E5 */
  {{"{'type':'track','userId':'old','event':'e'}", "{'type':'alias','previousId':'old','userId':'u1'}"},
   "events(`e`).count() == 1",
   true},
  {{"{'type':'track','userId':'u1','event':'e'}", "{'type':'delete','userId':'u1'}", "{'type':'identify','userId':'u1'}"},
   "events(`e`).count() == 0",
   true}, /* E9 */
};

static void what_each_does(void) {
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    pbk_handle persona, contact;
    int32_t member = -1;
    rig_open(&rig, RIG_WITHOUT_STORAGE);
    check_note("case %" PRIu32 ": %s", i, cases[i].condition);
    for (uint32_t j = 0; j < 5 && cases[i].lines[j]; j++) TELL_ALL(&rig, cases[i].lines[j]);
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'define','kind':'persona','key':'p','when':'%s'}", cases[i].condition),
                    PBK_OK);
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_PERSONA, "p", 1, &persona), PBK_OK);
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "u1", 2, &contact), PBK_OK);
    CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, contact, &member), PBK_OK);
    CHECK_EQUAL_INT(member, cases[i].held);
    rig_close(&rig);
  }
}

/* A refused input changes nothing, not even a part: no subject, no account. */
static void all_or_nothing(void) {
  static const char *const lines[] = {"{'type':'group','userId':'u1','groupId':'a1','traits':{'deep':[[[[[[[[[1]]]]]]]]]}}",
                                      "{'type':'group','userId':'','groupId':'a1'}",
                                      "{'type':'track','userId':'u1','event':''}",
                                      "{'type':'stage','userId':'u1','stage':'s','health':'x'}",
                                      "{'type':'stage','userId':'u1','groupId':'a1','stage':'s'}",
                                      "{'type':'assign','groupId':'a1','role':'none','user':null}",
                                      "{'type':'pin','userId':'u1','sender':'none'}",
                                      "{'type':'tag','userId':'u1','persona':'none'}",
                                      "{'type':'identify','userId':'u1','traits':[1]}"};
  struct rig rig;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    pbk_counts counts = {.size = sizeof counts};
    check_note("%s", lines[i]);
    CHECK_EQUAL_INT(tell(&rig, lines[i]), PBK_ERR_REFUSED);
    pbk_count(rig.engine, &counts);
    CHECK_EQUAL_UINT(counts.contacts + counts.accounts, 0);
  }
  rig_close(&rig);
}

/* S3, S8: pinned, and in contact. */
static void pins_and_interactions(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'senders':{'pool':['ann','"
           "bob']},'steps':[{'actions':[{'task':{'title':'t'}}]}]}");
  static const struct {
    const char *line, *wanted;
  } steps[] = {
    {"{'type':'identify','userId':'u1'}", "by ann rotation"},
    {"{'type':'interaction','userId':'u1','sender':'bob','timestamp':5000}", "by bob sticky"},
    {"{'type':'interaction','userId':'u1','sender':'ann','timestamp':4000}", "by bob sticky"},
    {"{'type':'interaction','userId':'u1','sender':'ann','timestamp':5000}", "by ann sticky"},
    {"{'type':'pin','userId':'u1','sender':'success'}", "by success pinned"},
    {"{'type':'pin','userId':'u1','sender':null}", "by ann sticky"},
    {"{'type':'delete','userId':'u1'}", "by bob rotation"},
  };
  for (uint32_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    check_note("%s", steps[i].line);
    TELL_ALL(&rig, steps[i].line, "{'type':'track','userId':'u1','event':'go'}");
    CHECK(strstr(rig_take(&rig), steps[i].wanted) != NULL);
  }
  rig_close(&rig);
}

int main(void) {
  RUN(what_each_does);
  RUN(all_or_nothing);
  RUN(pins_and_interactions);
  return check_report();
}
