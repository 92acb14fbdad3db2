/* tests/unit/query_calls.c - looking: handles found, stale, of the wrong kind; walking; membership; counts; explain (SPEC
 * P4). */
#include "engine_support.h"

static const pbk_handle_kind kinds[] = {PBK_HANDLE_CONTACT,  PBK_HANDLE_ACCOUNT, PBK_HANDLE_PERSONA, PBK_HANDLE_SEGMENT,
                                        PBK_HANDLE_PLAYBOOK, PBK_HANDLE_SENDER,  PBK_HANDLE_USER};
enum { KINDS = 7 };
/* One key in all kinds: they do not meet. */
static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'segment','key':'same','of':'account','when':'account.traits.n == 1'}",
           "{'type':'define','kind':'persona','key':'same'}", "{'type':'define','kind':'user','key':'same'}",
           "{'type':'define','kind':'sender','key':'same'}",
           "{'type':'define','kind':'playbook','key':'same','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':"
           "'t'}}]}]}",
           "{'type':'group','userId':'same','groupId':'same','traits':{'n':1}}", "{'type':'identify','userId':'other'}");
  rig_take(rig);
}

static pbk_handle find(struct rig *rig, pbk_handle_kind kind, const char *key) {
  pbk_handle handle = 77;
  pbk_status status = pbk_find(rig->engine, kind, key, strlen(key), &handle);
  CHECK_EQUAL_INT(status == PBK_OK, handle != 0);
  return handle;
}

static void found_by_key(void) {
  struct rig rig;
  prepare(&rig);
  pbk_text key;
  for (uint32_t i = 0; i < KINDS; i++) {
    pbk_handle handle = find(&rig, kinds[i], "same");
    check_note("kind %" PRId32, kinds[i]);
    CHECK(handle != 0);
    for (uint32_t j = 0; j < i; j++) CHECK(find(&rig, kinds[j], "same") != handle);
    CHECK_EQUAL_INT(pbk_key(rig.engine, handle, &key), PBK_OK);
    CHECK_TEXT(inner_text(key), "same");
    CHECK_EQUAL_UINT(find(&rig, kinds[i], "same"), handle);
    CHECK_EQUAL_INT(pbk_find(rig.engine, kinds[i], "none", 4, &handle), PBK_ERR_HANDLE);
    CHECK_EQUAL_UINT(handle, 0);
    CHECK_EQUAL_INT(pbk_find(rig.engine, kinds[i], "", 0, &handle), PBK_ERR_HANDLE);
    char long_key[300];
    memset(long_key, 'k', sizeof long_key);
    CHECK_EQUAL_INT(pbk_find(rig.engine, kinds[i], long_key, sizeof long_key, &handle), PBK_ERR_HANDLE);
  }
  rig_close(&rig);
}

static void odd_arguments(void) {
  struct rig rig;
  prepare(&rig);
  pbk_handle handle;
  pbk_text key;
  uint64_t cursor = 0, members;
  int32_t member;
  CHECK_EQUAL_INT(pbk_find(NULL, PBK_HANDLE_CONTACT, "same", 4, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, NULL, 0, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "\xff", 1, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "same", 4, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_find(rig.engine, 0, "same", 4, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_find(rig.engine, 8, "same", 4, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_key(NULL, 1, &key), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_key(rig.engine, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_next(NULL, PBK_HANDLE_CONTACT, &cursor, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_next(rig.engine, 0, &cursor, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_next(rig.engine, PBK_HANDLE_CONTACT, NULL, &handle), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_is_member(NULL, 1, 1, &member), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, 1, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_member_count(NULL, 1, &members), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_count(NULL, NULL), PBK_ERR_ARGUMENT);
  cursor = UINT64_MAX;
  CHECK_EQUAL_INT(pbk_next(rig.engine, PBK_HANDLE_CONTACT, &cursor, &handle), PBK_OK);
  CHECK_EQUAL_UINT(handle, 0);
  rig_close(&rig);
}

/* Numbers that are no handles never crash and never name anything. */
static void forged_handles(void) {
  struct rig rig;
  prepare(&rig);
  pbk_text key;
  uint64_t random = 3, members;
  int32_t member;
  pbk_handle contact = find(&rig, PBK_HANDLE_CONTACT, "same"), persona = find(&rig, PBK_HANDLE_PERSONA, "same");
  for (uint32_t i = 0; i < 5000; i++) {
    pbk_handle handle = check_random(&random);
    if (i % 3 == 0) handle = contact ^ (uint64_t)1 << (i / 3 % 64);
    if (i % 3 == 1) handle = persona ^ (uint64_t)1 << (i / 3 % 64);
    pbk_status status = pbk_key(rig.engine, handle, &key);
    CHECK(status == PBK_ERR_HANDLE || status == PBK_OK);
    if (status == PBK_OK) CHECK((handle >> 56) >= 1 && (handle >> 56) <= KINDS && key.size > 0);
    pbk_is_member(rig.engine, handle, contact, &member);
    pbk_is_member(rig.engine, persona, handle, &member);
    pbk_member_count(rig.engine, handle, &members);
  }
  CHECK_EQUAL_INT(pbk_key(rig.engine, 0, &key), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_key(rig.engine, UINT64_MAX, &key), PBK_ERR_HANDLE);
  rig_close(&rig);
}

/* What is gone is not named by its handle any more, nor by what comes after under the same key. */
static void stale_handles(void) {
  struct rig rig;
  prepare(&rig);
  pbk_handle before[KINDS];
  pbk_text key;
  for (uint32_t i = 0; i < KINDS; i++) before[i] = find(&rig, kinds[i], "same");
  TELL_ALL(&rig, "{'type':'delete','userId':'same'}", "{'type':'delete','groupId':'same'}",
           "{'type':'undefine','kind':'persona','key':'same'}", "{'type':'undefine','kind':'segment','key':'same'}",
           "{'type':'undefine','kind':'playbook','key':'same'}", "{'type':'undefine','kind':'sender','key':'same'}",
           "{'type':'undefine','kind':'user','key':'same'}");
  for (uint32_t i = 0; i < KINDS; i++) {
    check_note("kind %" PRId32, kinds[i]);
    CHECK_EQUAL_INT(pbk_key(rig.engine, before[i], &key), PBK_ERR_HANDLE);
    CHECK_EQUAL_UINT(find(&rig, kinds[i], "same"), 0);
  }
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'same','when':'true'}",
           "{'type':'define','kind':'persona','key':'same'}", "{'type':'define','kind':'user','key':'same'}",
           "{'type':'define','kind':'sender','key':'same'}",
           "{'type':'define','kind':'playbook','key':'same','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':"
           "'t'}}]}]}",
           "{'type':'group','userId':'same','groupId':'same'}");
  for (uint32_t i = 0; i < KINDS; i++) {
    check_note("kind %" PRId32 " anew", kinds[i]);
    CHECK(find(&rig, kinds[i], "same") != before[i]);
    CHECK_EQUAL_INT(pbk_key(rig.engine, before[i], &key), PBK_ERR_HANDLE);
  }
  uint64_t members;
  int32_t member;
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, before[2], &members), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, before[2], find(&rig, PBK_HANDLE_CONTACT, "same"), &member), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, find(&rig, PBK_HANDLE_PERSONA, "same"), before[0], &member), PBK_ERR_HANDLE);
  rig_close(&rig);
}

/* A handle survives a redefinition and an alias: it is still the same thing. */
static void lasting_handles(void) {
  struct rig rig;
  prepare(&rig);
  pbk_text key;
  pbk_handle contact = find(&rig, PBK_HANDLE_CONTACT, "same"), persona = find(&rig, PBK_HANDLE_PERSONA, "same");
  TELL_ALL(&rig, "{'type':'alias','previousId':'same','userId':'renamed'}",
           "{'type':'define','kind':'persona','key':'same','when':'true'}");
  CHECK_EQUAL_INT(pbk_key(rig.engine, contact, &key), PBK_OK);
  CHECK_TEXT(inner_text(key), "renamed");
  CHECK_EQUAL_UINT(find(&rig, PBK_HANDLE_CONTACT, "renamed"), contact);
  CHECK_EQUAL_UINT(find(&rig, PBK_HANDLE_PERSONA, "same"), persona);
  CHECK_EQUAL_INT(pbk_key(rig.engine, persona, &key), PBK_OK);
  rig_close(&rig);
}

static void walking(void) {
  struct rig rig;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < 20; i++) {
    tell_format(&rig, "{'type':'identify','userId':'u%" PRIu32 "'}", 20 - i);
    tell_format(&rig, "{'type':'define','kind':'persona','key':'p%" PRIu32 "'}", 20 - i);
    tell_format(&rig, "{'type':'define','kind':'segment','key':'s%" PRIu32 "','when':'true'}", 20 - i);
  }
  TELL_ALL(&rig, "{'type':'delete','userId':'u20'}", "{'type':'delete','userId':'u7'}", "{'type':'delete','userId':'u1'}",
           "{'type':'undefine','kind':'persona','key':'p3'}");
  static const struct {
    pbk_handle_kind kind;
    const char *prefix;
    uint32_t without[3];
  } walks[] = {{PBK_HANDLE_CONTACT, "u", {20, 7, 1}},
               {PBK_HANDLE_PERSONA, "p", {3, 0, 0}},
               {PBK_HANDLE_SEGMENT, "s", {0, 0, 0}},
               {PBK_HANDLE_SENDER, "x", {0, 0, 0}}};
  for (uint32_t w = 0; w < 4; w++) {
    uint64_t cursor = 0;
    pbk_handle handle;
    for (uint32_t i = 20; i > 0 && w < 3; i--) { /* in the order of creation, or definition */
      if (i == walks[w].without[0] || i == walks[w].without[1] || i == walks[w].without[2]) continue;
      char wanted[8];
      pbk_text key = {NULL, 0};
      snprintf(wanted, sizeof wanted, "%s%" PRIu32, walks[w].prefix, i);
      CHECK_EQUAL_INT(pbk_next(rig.engine, walks[w].kind, &cursor, &handle), PBK_OK);
      CHECK_EQUAL_INT(pbk_key(rig.engine, handle, &key), PBK_OK);
      CHECK_TEXT(inner_text(key), wanted);
    }
    for (uint32_t i = 0; i < 2; i++) {
      CHECK_EQUAL_INT(pbk_next(rig.engine, walks[w].kind, &cursor, &handle), PBK_OK);
      CHECK_EQUAL_UINT(handle, 0);
    }
  }
  rig_close(&rig);
}

static void memberships(void) {
  struct rig rig;
  prepare(&rig);
  int32_t member = 9;
  uint64_t members = 9;
  pbk_handle persona = find(&rig, PBK_HANDLE_PERSONA, "same"), segment = find(&rig, PBK_HANDLE_SEGMENT, "same");
  pbk_handle contact = find(&rig, PBK_HANDLE_CONTACT, "same"), account = find(&rig, PBK_HANDLE_ACCOUNT, "same");
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, segment, account, &member), PBK_OK);
  CHECK_EQUAL_INT(member, 1);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, contact, &member), PBK_OK);
  CHECK_EQUAL_INT(member, 0);
  TELL_ALL(&rig, "{'type':'tag','userId':'same','persona':'same'}", "{'type':'tag','userId':'other','persona':'same'}");
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, contact, &member), PBK_OK);
  CHECK_EQUAL_INT(member, 1);
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, persona, &members), PBK_OK);
  CHECK_EQUAL_UINT(members, 2);
  TELL_ALL(&rig, "{'type':'delete','userId':'other'}");
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, persona, &members), PBK_OK);
  CHECK_EQUAL_UINT(members, 1);
  /* the wrong kinds */
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, segment, contact, &member), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, account, &member), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, contact, persona, &member), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_is_member(rig.engine, persona, segment, &member), PBK_ERR_HANDLE);
  CHECK_EQUAL_INT(pbk_member_count(rig.engine, contact, &members), PBK_ERR_HANDLE);
  rig_close(&rig);
}

static void counts(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'actions':[{'email':{'template':'hello'}},{'task':{'title':'t'}}]},{'delay':'1d','actions':[{'task':{'title':'"
           "t'}}]}]}",
           "{'type':'enroll','playbook':'p','userId':'same'}", "{'type':'enroll','playbook':'p','userId':'other'}",
           "{'type':'unenroll','playbook':'p','userId':'other'}");
  struct {
    pbk_counts known;
    unsigned char later[8];
  } larger;
  memset(&larger, 0xff, sizeof larger);
  larger.known.size = sizeof larger;
  CHECK_EQUAL_INT(pbk_count(rig.engine, &larger.known), PBK_OK);
  static const unsigned char zero[8];
  CHECK_EQUAL_BYTES(larger.later, zero, 8);
  CHECK_EQUAL_UINT(larger.known.size, sizeof larger);
  CHECK_EQUAL_UINT(larger.known.contacts, 2);
  CHECK_EQUAL_UINT(larger.known.accounts, 1);
  CHECK_EQUAL_UINT(larger.known.enrollments_running, 1);
  CHECK_EQUAL_UINT(larger.known.enrollments_ever, 2);
  CHECK_EQUAL_UINT(larger.known.messages_open, 1);
  CHECK_EQUAL_UINT(larger.known.messages_ever, 2);
  CHECK_EQUAL_UINT(larger.known.tasks_open, 1);
  CHECK_EQUAL_UINT(larger.known.tasks_ever, 2);
  CHECK_EQUAL_UINT(larger.known.memory, rig.out);
  CHECK(larger.known.commands >= 20);
  larger.known.size = sizeof larger.known - 8;
  CHECK_EQUAL_INT(pbk_count(rig.engine, &larger.known), PBK_ERR_SIZE_TOO_SMALL);
  rig_close(&rig);
}

/* P4: all checks in their order, with what the conditions gave. */
static void explaining(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(
    &rig,
    "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'when':'contact.traits.n > 1',"
    "'exit':{'when':'events(`done`).count() > 0'},'steps':[{'actions':[{'task':{'title':'t'}}]}]}");
  rig_take(&rig);
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("same")};
  pbk_output explanation = {.size = sizeof explanation};
  static const char *const names[] = {"inactive", "archived", "paused",   "suppressed", "already_enrolled",
                                      "reentry",  "filtered", "exit_met", "no_branch",  "no_sender"};
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_OK);
  CHECK_EQUAL_INT(explanation.type, PBK_OUTPUT_EXPLANATION);
  CHECK_EQUAL_UINT(explanation.seq, 0);
  CHECK_EQUAL_INT(explanation.enrolls, 0);
  CHECK_TEXT(inner_text(explanation.playbook), "p");
  CHECK_TEXT(inner_text(explanation.contact), "same");
  if (CHECK_EQUAL_UINT(explanation.check_count, 10))
    for (uint32_t i = 0; i < 10; i++) {
      const pbk_check *check = &explanation.checks[i];
      check_note("%s", names[i]);
      CHECK_TEXT(inner_text(check->name), names[i]);
      CHECK_EQUAL_INT(check->result, i != 6);
      CHECK_EQUAL_INT(check->error.size > 0, i == 6); /* there is no trait n */
      CHECK_EQUAL_INT(check->has_value, i == 7);
      if (i == 7) CHECK(check->value.kind == PBK_BOOL && check->value.as.integer == 0);
    }
  CHECK_OUTPUTS(&rig, ""); /* only looking */
  TELL_ALL(&rig, "{'type':'identify','userId':'same','traits':{'n':2}}");
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_OK);
  CHECK_EQUAL_INT(explanation.enrolls, 1);

  CHECK_EQUAL_INT(pbk_explain(rig.engine, "none", 4, &subject, &explanation), PBK_ERR_HANDLE);
  subject.key = words("nobody");
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_ERR_HANDLE);
  subject = (pbk_subject){.size = sizeof subject, .kind = PBK_ACCOUNT, .key = words("same")};
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_ERR_HANDLE);
  subject.key = words("\xff");
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, NULL, &explanation), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_explain(rig.engine, NULL, 0, &subject, &explanation), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_explain(NULL, "p", 1, &subject, &explanation), PBK_ERR_ARGUMENT);
  subject.size = 4;
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_ERR_SIZE_TOO_SMALL);
  explanation.size = 8;
  CHECK_EQUAL_INT(pbk_explain(rig.engine, "p", 1, &subject, &explanation), PBK_ERR_SIZE_TOO_SMALL);
  rig_close(&rig);
}

int main(void) {
  RUN(found_by_key);
  RUN(odd_arguments);
  RUN(forged_handles);
  RUN(stale_handles);
  RUN(lasting_handles);
  RUN(walking);
  RUN(memberships);
  RUN(counts);
  RUN(explaining);
  return check_report();
}
