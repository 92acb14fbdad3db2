/* tests/unit/delivery.c - what stands in the way of an attempt, in its order; retries while the world changes (SPEC O5, O6,
 * S8). */
#include "engine_support.h"

/* Each way of spoiling the attempt that the end of the window makes. */
static void obstacles(void) {
  static const struct {
    const char *spoil[3];
    const char *wanted;
  } cases[] = {
    {{"{'type':'suppress','userId':'u1','suppressed':true}"}, "cancelled hello to u1 from ann: suppressed\n"},
    {{"{'type':'define','kind':'user','key':'john','licensed':false}"}, "failed hello to u1 from ann: sender_unavailable\n"},
    {{"{'type':'define','kind':'channel','key':'email','connected':false}"},
     "failed hello to u1 from ann: channel_disconnected\n"},
    /* of several, the first of O5's order */
    {{"{'type':'define','kind':'channel','key':'email','connected':false}",
      "{'type':'define','kind':'user','key':'john','licensed':false}"},
     "failed hello to u1 from ann: sender_unavailable\n"},
    {{"{'type':'define','kind':'channel','key':'email','connected':false}",
      "{'type':'define','kind':'user','key':'john','licensed':false}",
      "{'type':'suppress','userId':'u1','suppressed':true}"},
     "cancelled hello to u1 from ann: suppressed\n"},
    /* S7, drain: what it serves goes on */
    {{"{'type':'remove_sender','sender':'ann'}"}, "sent hello to u1 from ann attempt 1\n"},
    {{"{'type':'suppress','userId':'u1','suppressed':true}", "{'type':'suppress','userId':'u1','suppressed':false}"},
     "sent hello to u1 from ann attempt 1\n"},
  };
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    rig_open(&rig, PBK_DELIVER_AT_ONCE);
    define_usual(&rig);
    check_note("case %" PRIu32, i);
    TELL_ALL(&rig,
             "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
             "{'actions':[{'email':{'template':'hello','send_as':{'user':'john'}}}]}]}",
             "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}",
             "{'type':'approve','message':1}");
    for (uint32_t j = 0; j < 3 && cases[i].spoil[j]; j++) TELL_ALL(&rig, cases[i].spoil[j]);
    rig_take(&rig);
    CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
    const char *text = rig_take(&rig), *last = strstr(text, "message #1 sent");
    CHECK_TEXT(text_from((last ? last : text) + strlen("message #1 ")), cases[i].wanted);
    CHECK_EQUAL_UINT(rig.offers, strstr(cases[i].wanted, "attempt") != NULL);
    rig_close(&rig);
  }
}

static void prepare(struct rig *rig) {
  rig_open(rig, PBK_DELIVER_AT_ONCE);
  define_usual(rig);
  TELL_ALL(rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'senders':{'pool':['bob','"
           "ann']},'steps':["
           "{'actions':[{'email':{'template':'hello','approval':false,'send_as':'pool'}}]},{'delay':'9d','actions':[{'task':"
           "{'title':'t'}}]}]}",
           "{'type':'identify','userId':'u1'}");
  rig->answers[0] = PBK_DELIVERY_RETRY;
  rig->answer_count = 1;
  TELL_ALL(rig, "{'type':'enroll','playbook':'p','userId':'u1'}");
  rig_take(rig);
}

/* Looked at before each attempt: the number of attempts stays what was really tried. */
static void spoiled_while_it_waits(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'channel','key':'email','connected':false}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 failed hello to u1 from bob attempt 1: channel_disconnected\n");
  CHECK_EQUAL_UINT(rig.offers, 1);
  rig_close(&rig);
}

/* While it waits for a retry it is unsent: an exit cancels it (P9). */
static void cancelled_while_it_waits(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'unenroll','playbook':'p','userId':'u1'}", "{'type':'advance','timestamp':100000000}");
  CHECK_OUTPUTS(&rig, "exited #1 unenrolled\nmessage #1 cancelled hello to u1 from bob attempt 1: unenrolled\n");
  CHECK_EQUAL_UINT(rig.offers, 1);
  rig_close(&rig);
}

/* Accepted and under way, it is not. */
static void not_cancelled_under_way(void) {
  struct rig rig;
  prepare(&rig);
  rig.answers[0] = PBK_DELIVERY_ACCEPTED;
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_MINUTE, 0), PBK_OK);
  TELL_ALL(&rig, "{'type':'unenroll','playbook':'p','userId':'u1'}", "{'type':'report','message':1,'outcome':'sent'}");
  CHECK_OUTPUTS(&rig,
                "message #1 sending hello to u1 from bob attempt 2\nexited #1 unenrolled\nmessage #1 sent hello to u1 from "
                "bob attempt 2\n");
  rig_close(&rig);
}

/* S8: sent counts as contact with the sender, at the time it is known. */
static void sent_is_a_contact(void) {
  struct rig rig;
  prepare(&rig);
  rig.answers[0] = PBK_DELIVERY_SENT;
  TELL_ALL(&rig, "{'type':'advance','timestamp':60000}", "{'type':'unenroll','playbook':'p','userId':'u1'}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK(strstr(rig_take(&rig), "enrolled #2 p u1 v1 by bob sticky\n") != NULL);
  rig_close(&rig);
}

/* New waits count for messages that are on their way. */
static void fewer_attempts(void) {
  struct rig rig;
  prepare(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','retry_waits':['1s']}", "{'type':'advance','timestamp':60000}");
  CHECK_OUTPUTS(&rig,
                "defined settings\nmessage #1 sending hello to u1 from bob attempt 2\n"
                "message #1 failed hello to u1 from bob attempt 2: attempts_exhausted\n");
  rig_close(&rig);
}

int main(void) {
  RUN(obstacles);
  RUN(spoiled_while_it_waits);
  RUN(cancelled_while_it_waits);
  RUN(not_cancelled_under_way);
  RUN(sent_is_a_contact);
  RUN(fewer_attempts);
  return check_report();
}
