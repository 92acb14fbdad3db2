/* tests/unit/approval.c - windows of approval, to the microsecond; editing (SPEC O2, O4). */
#include "engine_support.h"

static void prepare(struct rig *rig, const char *more) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  CHECK_EQUAL_INT(
    tell_format(rig,
                "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true}%s,'steps':["
                "{'actions':[{'email':{'template':'hello'}}]}]}",
                more),
    PBK_OK);
  TELL_ALL(rig, "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(rig);
}

#define SENT "message #1 sending hello to u1 from success attempt 1\nmessage #1 sent hello to u1 from success attempt 1\n"

static void the_window(void) {
  static const struct {
    const char *settings, *playbook;
    pbk_duration window;
  } cases[] = {{"", "", 10 * PBK_MINUTE},
               {"{'type':'define','kind':'settings','approval_window':'3us'}", "", 3},
               {"{'type':'define','kind':'settings','approval_window':'3us'}", ",'approval_window':'1h'", PBK_HOUR},
               {"", ",'approval_window':'0s'", 0}};
  for (uint32_t i = 0; i < 4; i++) {
    struct rig rig;
    check_note("case %" PRIu32, i);
    prepare(&rig, cases[i].playbook);
    if (cases[i].settings[0]) TELL_ALL(&rig, cases[i].settings);
    rig_take(&rig);
    CHECK_EQUAL_INT(pbk_advance(rig.engine, 1000, 0), PBK_OK);
    CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
    if (cases[i].window) {
      CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\n");
      CHECK_EQUAL_INT(pbk_advance(rig.engine, 1000 + cases[i].window - 1, 0), PBK_OK);
      CHECK_OUTPUTS(&rig, "");
      CHECK_EQUAL_INT(pbk_advance(rig.engine, 1000 + cases[i].window, 0), PBK_OK);
      CHECK_OUTPUTS(&rig, SENT);
    } else {
      CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\n" SENT);
    }
    rig_close(&rig);
  }
}

/* The window is fixed at approval: another setting later does not move it. */
static void fixed_at_approval(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','approval_window':'1s'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_MINUTE - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_MINUTE, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, SENT);
  rig_close(&rig);
}

static void unapproved(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_MINUTE - 1, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_unapprove(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_unapprove(rig.engine, NULL, 1), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\nmessage #1 pending hello to u1 from success\n");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY + 10 * PBK_MINUTE, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\n" SENT);
  CHECK_EQUAL_INT(pbk_unapprove(rig.engine, NULL, 1), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_STATE);
  rig_close(&rig);
}

/* At t + window it goes, before an input of that very time. */
static void unapproved_too_late(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'unapprove','message':1,'timestamp':600000}"), PBK_ERR_REFUSED);
  const char *text = rig_take(&rig);
  CHECK(strstr(text, SENT) != NULL);
  CHECK(strstr(text, "bad_state") != NULL);
  rig_close(&rig);
}

/* Approved again: a new window, no line; the old one's end does nothing. */
static void approved_again(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 4 * PBK_MINUTE, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 14 * PBK_MINUTE - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 14 * PBK_MINUTE, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, SENT);
  rig_close(&rig);
}

static void edited(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, NULL, 0, "first", 5), PBK_OK);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, "again", 5, "second note", 11), PBK_OK);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, "hello", 5, NULL, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, ""); /* an edit is no change of state */
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, NULL, 0, "third", 5), PBK_OK); /* approved ones too */
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 approved hello to u1 from success\n" SENT);
  CHECK_TEXT(text_from(rig.offered[0].note), "third");
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, NULL, 0, "x", 1), PBK_ERR_REFUSED);
  rig_close(&rig);
}

/* A note is taken away by an empty one. */
static void an_empty_note(void) {
  struct rig rig;
  prepare(&rig, "");
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, NULL, 0, "note", 4), PBK_OK);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, NULL, 0, "", 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_TEXT(text_from(rig.offered[0].note), "");
  rig_close(&rig);
}

int main(void) {
  RUN(the_window);
  RUN(fixed_at_approval);
  RUN(unapproved);
  RUN(unapproved_too_late);
  RUN(approved_again);
  RUN(edited);
  RUN(an_empty_note);
  return check_report();
}
