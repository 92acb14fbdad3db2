/* tests/unit/outbox_calls.c - playbooks, senders, messages and tasks as C calls: arguments checked, refusals with their
 * codes (SPEC L). */
#include "engine_support.h"

static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(
    rig, "{'type':'define','kind':'segment','key':'eu','when':'contact.traits.eu == true'}",
    "{'type':'define','kind':'segment','key':'us','when':'contact.traits.us == true'}",
    "{'type':'define','kind':'playbook','key':'mail','active':true,'trigger':{'manual':true},"
    "'senders':{'pool':['ann','bob']},'steps':[{'actions':[{'email':{'template':'hello'}},{'task':{'title':'Call'}}]},"
    "{'delay':'1d','actions':[{'task':{'title':'Again'}}]}]}",
    "{'type':'define','kind':'playbook','key':'split','trigger':{'manual':true},'branches':["
    "{'segment':'eu','senders':{'pool':['ann']}}],'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
    "{'type':'define','kind':'playbook','key':'of-accounts','subject':'account','active':true,'trigger':{'manual':true},"
    "'steps':[{'actions':[{'task':{'title':'t'}}]}]}",
    "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}",
    "{'type':'enroll','playbook':'mail','userId':'u1'}");
  rig_take(rig);
}

#define REFUSED(call, wanted)                        \
  do {                                               \
    check_note("%s", #call);                         \
    CHECK_EQUAL_INT(call, PBK_ERR_REFUSED);          \
    CHECK_EQUAL_INT(rig_error(&rig).code, (wanted)); \
    CHECK(rig_error(&rig).message.size > 0);         \
  } while (0)
#define ARGUMENT(call)                       \
  do {                                       \
    check_note("%s", #call);                 \
    CHECK_EQUAL_INT(call, PBK_ERR_ARGUMENT); \
  } while (0)

static void arguments(void) {
  struct rig rig;
  prepare(&rig);
  pbk_engine *engine = rig.engine;
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("u1")};
  pbk_subject broken = {.size = sizeof broken, .kind = PBK_CONTACT, .key = words("\xff")};
  pbk_subject small = {.size = 4, .kind = PBK_CONTACT, .key = words("u1")};
  ARGUMENT(pbk_activate(engine, NULL, "\xff", 1));
  ARGUMENT(pbk_activate(engine, NULL, NULL, 1));
  ARGUMENT(pbk_pause(engine, NULL, "\xff", 1));
  ARGUMENT(pbk_resume(engine, NULL, "\xff", 1));
  ARGUMENT(pbk_archive(engine, NULL, "\xff", 1, PBK_DRAIN));
  ARGUMENT(pbk_archive(engine, NULL, "mail", 4, 2));
  ARGUMENT(pbk_archive(engine, NULL, "mail", 4, -1));
  ARGUMENT(pbk_enroll(engine, NULL, "mail", 4, NULL));
  ARGUMENT(pbk_enroll(engine, NULL, "\xff", 1, &subject));
  ARGUMENT(pbk_enroll(engine, NULL, "mail", 4, &broken));
  ARGUMENT(pbk_unenroll(engine, NULL, "mail", 4, &broken));
  CHECK_EQUAL_INT(pbk_unenroll(engine, NULL, "mail", 4, &small), PBK_ERR_SIZE_TOO_SMALL);
  ARGUMENT(pbk_add_sender(engine, NULL, "\xff", 1, "mail", 4, NULL, 0));
  ARGUMENT(pbk_add_sender(engine, NULL, "ann", 3, "\xff", 1, NULL, 0));
  ARGUMENT(pbk_add_sender(engine, NULL, "ann", 3, "mail", 4, "\xff", 1));
  ARGUMENT(pbk_remove_sender(engine, NULL, "ann", 3, NULL, 0, NULL, 0, 7));
  ARGUMENT(pbk_remove_sender(engine, NULL, "ann", 3, NULL, 4, NULL, 0, PBK_DRAIN));
  ARGUMENT(pbk_edit(engine, NULL, 1, "\xff", 1, NULL, 0));
  ARGUMENT(pbk_edit(engine, NULL, 1, NULL, 0, "\xff", 1));
  ARGUMENT(pbk_edit(engine, NULL, 1, NULL, 1, NULL, 0));
  ARGUMENT(pbk_report(engine, NULL, 1, PBK_DELIVERY_FAILED, "\xff", 1));
  ARGUMENT(pbk_activate(NULL, NULL, "mail", 4));
  ARGUMENT(pbk_enroll(NULL, NULL, "mail", 4, &subject));
  ARGUMENT(pbk_add_sender(NULL, NULL, "ann", 3, "mail", 4, NULL, 0));
  ARGUMENT(pbk_remove_sender(NULL, NULL, "ann", 3, NULL, 0, NULL, 0, PBK_DRAIN));
  ARGUMENT(pbk_approve(NULL, NULL, 1));
  ARGUMENT(pbk_unapprove(NULL, NULL, 1));
  ARGUMENT(pbk_discard(NULL, NULL, 1));
  ARGUMENT(pbk_edit(NULL, NULL, 1, NULL, 0, "n", 1));
  ARGUMENT(pbk_report(NULL, NULL, 1, PBK_DELIVERY_SENT, NULL, 0));
  ARGUMENT(pbk_complete_task(NULL, NULL, 1));
  ARGUMENT(pbk_cancel_task(NULL, NULL, 1));
  check_note("after all");
  CHECK_OUTPUTS(&rig, "");
  rig_close(&rig);
}

/* P11: what can follow what; P6. */
static void playbooks(void) {
  struct rig rig;
  prepare(&rig);
  pbk_engine *engine = rig.engine;
  pbk_subject first = {.size = sizeof first, .kind = PBK_CONTACT, .key = words("u1")};
  pbk_subject second = {.size = sizeof second, .kind = PBK_CONTACT, .key = words("u2")};
  pbk_subject nobody = {.size = sizeof nobody, .kind = PBK_CONTACT, .key = words("nobody")};
  pbk_subject account = {.size = sizeof account, .kind = PBK_ACCOUNT, .key = words("a1")};
  REFUSED(pbk_activate(engine, NULL, "none", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_activate(engine, NULL, NULL, 0), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_activate(engine, NULL, "mail", 4), PBK_CODE_BAD_STATE);
  REFUSED(pbk_resume(engine, NULL, "mail", 4), PBK_CODE_BAD_STATE);
  REFUSED(pbk_pause(engine, NULL, "split", 5), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_pause(engine, NULL, "mail", 4), PBK_OK);
  REFUSED(pbk_pause(engine, NULL, "mail", 4), PBK_CODE_BAD_STATE);
  REFUSED(pbk_activate(engine, NULL, "mail", 4), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_resume(engine, NULL, "mail", 4), PBK_OK);
  REFUSED(pbk_enroll(engine, NULL, "none", 4, &first), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_enroll(engine, NULL, "mail", 4, &nobody), PBK_CODE_UNKNOWN_SUBJECT);
  REFUSED(pbk_enroll(engine, NULL, "mail", 4, &account), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_unenroll(engine, NULL, "mail", 4, &second), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_enroll(engine, NULL, "split", 5, &first), PBK_OK);
  CHECK_EQUAL_INT(pbk_unenroll(engine, NULL, "mail", 4, &first), PBK_OK);
  CHECK_EQUAL_INT(pbk_enroll(engine, NULL, "mail", 4, &second), PBK_OK);
  CHECK_EQUAL_INT(pbk_archive(engine, NULL, "mail", 4, PBK_CANCEL), PBK_OK);
  CHECK_EQUAL_INT(pbk_archive(engine, NULL, "mail", 4, PBK_DRAIN), PBK_OK);
  CHECK_EQUAL_INT(pbk_enroll(engine, NULL, "mail", 4, &first), PBK_OK);
  CHECK_EQUAL_INT(pbk_activate(engine, NULL, "mail", 4), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "not_enrolled split u1 inactive\n"
                "exited #1 unenrolled\nmessage #1 cancelled hello to u1 from success: unenrolled\ntask #1 cancelled Call\n"
                "enrolled #2 mail u2 v1 by bob rotation\nstep #2.1 run\nmessage #2 pending hello to u2 from success\n"
                "task #2 open Call\n"
                "exited #2 archived\nmessage #2 cancelled hello to u2 from success: archived\ntask #2 cancelled Call\n"
                "not_enrolled mail u1 archived\n");
  rig_close(&rig);
}

static void pools(void) {
  struct rig rig;
  prepare(&rig);
  pbk_engine *engine = rig.engine;
  REFUSED(pbk_add_sender(engine, NULL, "none", 4, "mail", 4, NULL, 0), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_add_sender(engine, NULL, "ann", 3, "none", 4, NULL, 0), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_add_sender(engine, NULL, "ann", 3, "mail", 4, NULL, 0), PBK_CODE_EXISTS);
  REFUSED(pbk_add_sender(engine, NULL, "success", 7, "mail", 4, "eu", 2), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_add_sender(engine, NULL, "bob", 3, "split", 5, NULL, 0), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_add_sender(engine, NULL, "bob", 3, "split", 5, "us", 2), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_add_sender(engine, NULL, "bob", 3, "of-accounts", 11, NULL, 0), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_add_sender(engine, NULL, "bob", 3, "split", 5, "eu", 2), PBK_OK);
  CHECK_EQUAL_INT(pbk_add_sender(engine, NULL, "success", 7, "mail", 4, NULL, 0), PBK_OK);
  REFUSED(pbk_remove_sender(engine, NULL, "none", 4, NULL, 0, NULL, 0, PBK_DRAIN), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_remove_sender(engine, NULL, "out", 3, "mail", 4, NULL, 0, PBK_DRAIN), PBK_CODE_BAD_STATE);
  REFUSED(pbk_remove_sender(engine, NULL, "bob", 3, NULL, 0, "eu", 2, PBK_DRAIN), PBK_CODE_BAD_INPUT);
  CHECK_EQUAL_INT(pbk_remove_sender(engine, NULL, "bob", 3, "split", 5, "eu", 2, PBK_DRAIN), PBK_OK);
  REFUSED(pbk_remove_sender(engine, NULL, "bob", 3, "split", 5, "eu", 2, PBK_DRAIN), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_remove_sender(engine, NULL, "bob", 3, NULL, 0, NULL, 0, PBK_CANCEL), PBK_OK);
  REFUSED(pbk_remove_sender(engine, NULL, "bob", 3, NULL, 0, NULL, 0, PBK_CANCEL), PBK_CODE_BAD_STATE);
  rig_close(&rig);
}

static void messages_and_tasks(void) {
  struct rig rig;
  prepare(&rig);
  pbk_engine *engine = rig.engine;
  static const uint64_t unknown[] = {0, 2, UINT64_MAX};
  for (uint32_t i = 0; i < 3; i++) {
    REFUSED(pbk_approve(engine, NULL, unknown[i]), PBK_CODE_UNKNOWN_MESSAGE);
    REFUSED(pbk_unapprove(engine, NULL, unknown[i]), PBK_CODE_UNKNOWN_MESSAGE);
    REFUSED(pbk_discard(engine, NULL, unknown[i]), PBK_CODE_UNKNOWN_MESSAGE);
    REFUSED(pbk_edit(engine, NULL, unknown[i], NULL, 0, "n", 1), PBK_CODE_UNKNOWN_MESSAGE);
    REFUSED(pbk_report(engine, NULL, unknown[i], PBK_DELIVERY_SENT, NULL, 0), PBK_CODE_UNKNOWN_MESSAGE);
    REFUSED(pbk_complete_task(engine, NULL, unknown[i]), PBK_CODE_UNKNOWN_TASK);
    REFUSED(pbk_cancel_task(engine, NULL, unknown[i]), PBK_CODE_UNKNOWN_TASK);
  }
  REFUSED(pbk_unapprove(engine, NULL, 1), PBK_CODE_BAD_STATE);
  REFUSED(pbk_edit(engine, NULL, 1, NULL, 0, NULL, 0), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_edit(engine, NULL, 1, "none", 4, NULL, 0), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_edit(engine, NULL, 1, "alert", 5, NULL, 0), PBK_CODE_BAD_INPUT); /* another channel's */
  REFUSED(pbk_report(engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_edit(engine, NULL, 1, "again", 5, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_discard(engine, NULL, 1), PBK_OK);
  REFUSED(pbk_discard(engine, NULL, 1), PBK_CODE_BAD_STATE);
  REFUSED(pbk_approve(engine, NULL, 1), PBK_CODE_BAD_STATE);
  CHECK_EQUAL_INT(pbk_complete_task(engine, NULL, 1), PBK_OK);
  REFUSED(pbk_complete_task(engine, NULL, 1), PBK_CODE_BAD_STATE);
  REFUSED(pbk_cancel_task(engine, NULL, 1), PBK_CODE_BAD_STATE);
  CHECK_OUTPUTS(&rig, "message #1 cancelled again to u1 from success: discarded\ntask #1 completed Call\n");
  rig_close(&rig);
}

int main(void) {
  RUN(arguments);
  RUN(playbooks);
  RUN(pools);
  RUN(messages_and_tasks);
  return check_report();
}
