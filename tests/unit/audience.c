/* tests/unit/audience.c - definitions and members of personas and segments (SPEC A1 to A3, X3). */
#include "engine_support.h"

static void definitions_are_checked(void) {
  static const struct {
    const char *line;
    pbk_code code;
    const char *path;
  } cases[] = {
    {"{'type':'define','kind':'segment','key':'s'}", PBK_CODE_BAD_DEFINITION, ""},
    {"{'type':'define','kind':'segment','key':'s','when':''}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'segment','key':'s','when':'contact.nothing'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'segment','key':'s','when':'segment(`first`)'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'segment','key':'s','when':'persona(`vip`)'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'persona','key':'p','when':'persona(`vip`)'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'persona','key':'p','when':'segment(`none`)'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'persona','key':'vip','when':'segment(`first`)'}", PBK_CODE_BAD_CONDITION,
     "/when"}, /* its place is before it */
    {"{'type':'define','kind':'persona','key':'p','when':'string(now) == ``'}", PBK_CODE_BAD_CONDITION, "/when"},
    {"{'type':'define','kind':'segment','key':'first','of':'account','when':'true'}", PBK_CODE_BAD_DEFINITION, "/of"},
    {"{'type':'define','kind':'persona','key':'p','when':'segment(`first`)'}", 0, ""},
    {"{'type':'define','kind':'segment','key':'vip','when':'true'}", 0, ""}, /* a persona of that name is another thing */
  };
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}",
           "{'type':'define','kind':'segment','key':'first','when':'true'}");
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s", cases[i].line);
    CHECK_EQUAL_INT(tell(&rig, cases[i].line), cases[i].code ? PBK_ERR_REFUSED : PBK_OK);
    CHECK_EQUAL_INT(rig_error(&rig).code, cases[i].code);
    CHECK_TEXT(inner_text(rig_error(&rig).path), cases[i].path);
  }
  rig_close(&rig);
}

/* A3: who is in at the definition joins silently; so at a redefinition, and those of personas that name it follow. */
static void silent_at_definition(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'n':1}}", "{'type':'identify','userId':'u2','traits':{'n':2}}",
           "{'type':'identify','userId':'u3','traits':{'n':3}}",
           "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n >= 2'}",
           "{'type':'define','kind':'persona','key':'p','when':'segment(`s`) && contact.traits.n < 3'}");
  CHECK_OUTPUTS(&rig, "defined segment s =2\ndefined persona p =1\n");
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n <= 1'}");
  CHECK_OUTPUTS(&rig, "defined segment s =1\n");
  pbk_handle persona, contact;
  int32_t member;
  uint64_t members;
  pbk_find(rig.engine, PBK_HANDLE_PERSONA, "p", 1, &persona);
  pbk_find(rig.engine, PBK_HANDLE_CONTACT, "u1", 2, &contact);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, contact, &member), PBK_OK);
  CHECK_EQUAL_INT(member, 1);
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, persona, &members), PBK_OK);
  CHECK_EQUAL_UINT(members, 1);
  /* the new definition counts from then on */
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'n':7}}");
  CHECK_OUTPUTS(&rig, "left u1 s\nuntagged u1 p\n");
  rig_close(&rig);
}

/* A2: a persona without a condition keeps what the host tagged, also when a condition comes or goes. */
static void tagged_by_the_host(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}", "{'type':'tag','userId':'u1','persona':'vip'}",
           "{'type':'tag','userId':'u1','persona':'vip'}", "{'type':'tag','userId':'u2','persona':'vip'}",
           "{'type':'untag','userId':'u2','persona':'vip'}", "{'type':'untag','userId':'u2','persona':'vip'}");
  CHECK_OUTPUTS(&rig, "defined persona vip =0\ntagged u1 vip\ntagged u2 vip\nuntagged u2 vip\n");
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip','when':'contact.id == `u2`'}",
           "{'type':'define','kind':'persona','key':'vip'}");
  CHECK_OUTPUTS(&rig, "defined persona vip =1\ndefined persona vip =1\n");
  CHECK_EQUAL_INT(pbk_tag(rig.engine, NULL, "u1", 2, "vip", 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_untag(rig.engine, NULL, "u2", 2, "vip", 3), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u1 vip\nuntagged u2 vip\n");
  rig_close(&rig);
}

/* Undefined: it goes without left lines; defined anew, it is another one at the end of the order. */
static void undefined(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'a','when':'has(contact.traits.n)'}",
           "{'type':'define','kind':'segment','key':'b','when':'has(contact.traits.n)'}",
           "{'type':'define','kind':'persona','key':'p','when':'segment(`a`)'}",
           "{'type':'identify','userId':'u1','traits':{'n':1}}");
  rig_take(&rig);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'segment','key':'a'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_IN_USE);
  TELL_ALL(&rig, "{'type':'undefine','kind':'persona','key':'p'}", "{'type':'undefine','kind':'segment','key':'a'}",
           "{'type':'define','kind':'segment','key':'a','when':'has(contact.traits.n)'}",
           "{'type':'identify','userId':'u2','traits':{'n':1}}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'identify','userId':'u3','traits':{'n':1}}");
  CHECK_OUTPUTS(&rig, "entered u3 b\nentered u3 a\n");
  rig_close(&rig);
}

/* Counts and membership of many, against what the condition says. */
static void many_members(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  uint64_t random = 8, members = 0, count;
  int32_t values[200], member;
  pbk_handle segment, handle;
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','when':'contact.traits.n % 3 == 0'}");
  for (uint32_t i = 0; i < 200; i++) values[i] = -1;
  for (uint32_t round = 0; round < 1500; round++) {
    uint32_t who = check_random_below(&random, 200), value = check_random_below(&random, 9);
    members -= values[who] >= 0 && values[who] % 3 == 0;
    members += value % 3 == 0;
    values[who] = (int32_t)value;
    tell_format(&rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'n':%" PRIu32 "}}", who, value);
  }
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_SEGMENT, "s", 1, &segment), PBK_OK);
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, segment, &count), PBK_OK);
  CHECK_EQUAL_UINT(count, members);
  for (uint32_t i = 0; i < 200; i++) {
    char key[8];
    snprintf(key, sizeof key, "u%" PRIu32, i);
    if (pbk_find(rig.engine, PBK_HANDLE_CONTACT, key, strlen(key), &handle) != PBK_OK) continue;
    CHECK_EQUAL_INT(pbk_is_member(rig.engine, segment, handle, &member), PBK_OK);
    CHECK_EQUAL_INT(member, values[i] % 3 == 0);
  }
  rig_close(&rig);
}

int main(void) {
  RUN(definitions_are_checked);
  RUN(silent_at_definition);
  RUN(tagged_by_the_host);
  RUN(undefined);
  RUN(many_members);
  return check_report();
}
