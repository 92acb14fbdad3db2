/* tests/unit/recovery.c - what a crash leaves undecided (SPEC O8): messages that were offered without a durable outcome, outputs that
 * were not taken, lines that are in the engine in part. */
#include "storage_support.h"

/* ---- a crash in the middle of something ---- */

static struct stored frozen;
static uint32_t freeze_at; /* at this offer; 0: never */

/* Keeps what is stored as it stands when an offer comes: what a crash in the callback would leave. */
static void freeze(struct rig *rig, char where) {
  if (where == 'o' && rig->offers == freeze_at) store_keep(rig, &frozen);
}

/* What was kept is all that is left. */
static pbk_status thaw(struct rig *rig, uint32_t flags, pbk_opening *opening) {
  rig_crash(rig);
  store_put(rig, &frozen);
  freeze_at = 0;
  return rig_reopen(rig, flags, opening);
}

static void define(struct rig *rig) {
  define_usual(rig);
  TELL_ALL(rig,
           "{'type':'define','kind':'playbook','key':'again','active':true,'trigger':{'event':'again'},'steps':[{'actions':[{'email':{"
           "'template':'hello','approval':false}}]}]}",
           "{'type':'define','kind':'playbook','key':'held','active':true,'trigger':{'event':'held'},'steps':[{'actions':[{'email':{"
           "'template':'again','approval':false,'policy':'hold'}}]}]}");
}

static const struct rig_offer *offer_at(const struct rig *rig, uint32_t number) { return &rig->offered[(number - 1) % 64]; }

/* ---- messages ---- */

/* Three are ready; the process is gone while the first, the second or the third is with the host, whose answers are nowhere yet. All three
 * are in doubt: the next attempt under the same key for `retry`, `unknown_outcome` for `hold`. */
static void by_policy(void) {
  for (freeze_at = 1; freeze_at <= 3; freeze_at++) {
    struct rig rig;
    pbk_opening opening;
    uint32_t at = freeze_at;
    rig_open(&rig, 0);
    rig.inside = freeze;
    define(&rig);
    rig_take(&rig);
    TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}", "{'type':'track','userId':'u1','event':'held'}",
             "{'type':'track','userId':'u2','event':'again'}");
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_UINT(rig.offers, 3);
    check_note("crash at offer %u", at);
    CHECK_EQUAL_INT(thaw(&rig, 0, &opening), PBK_OK);
    freeze_at = at;
    CHECK_EQUAL_UINT(opening.offered_again, 2);
    CHECK_EQUAL_UINT(opening.unknown_outcome, 1);
    CHECK_EQUAL_UINT(rig.offers, 3); /* not before the host asks for it */
    CHECK_OUTPUTS(&rig,
                  "enrolled #1 again u1 v1\nstep #1.1 run\nmessage #1 sending hello to u1 from success attempt 1\nexited #1 completed\n"
                  "enrolled #2 held u1 v1\nstep #2.1 run\nmessage #2 sending again to u1 from success attempt 1\nexited #2 completed\n"
                  "enrolled #3 again u2 v1\nstep #3.1 run\nmessage #3 sending hello to u2 from success attempt 1\nexited #3 completed\n"
                  "message #2 failed again to u1 from success attempt 1: unknown_outcome\n" /* as if answered so, the others to retry */
                  "message #1 sending hello to u1 from success attempt 2\n"
                  "message #3 sending hello to u2 from success attempt 2\n"
                  "message #1 sent hello to u1 from success attempt 2\nmessage #3 sent hello to u2 from success attempt 2\n");
    CHECK_EQUAL_UINT(rig.offers, 5);
    CHECK_EQUAL_UINT(offer_at(&rig, 4)->attempt, 2);
    CHECK_EQUAL_UINT(offer_at(&rig, 4)->message, 1);
    CHECK_TEXT(text_from(offer_at(&rig, 4)->key), offer_at(&rig, 1)->key);
    CHECK_TEXT(text_from(offer_at(&rig, 5)->key), offer_at(&rig, 3)->key);
    CHECK_EQUAL_UINT(offer_at(&rig, 5)->attempt, 2);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK); /* now their outcomes are durable */
    CHECK_EQUAL_UINT(opening.offered_again + opening.unknown_outcome, 0);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_UINT(rig.offers, 5);
    rig_close(&rig);
  }
  freeze_at = 0;
}

/* Crash after crash: the attempt goes on counting, and beyond the last one it fails like any other. */
static void again_and_again(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  rig.inside = freeze;
  define(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','retry_waits':['1m','1m']}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}");
  for (uint32_t life = 1; life <= 5; life++) {
    freeze_at = rig.offers + 1;
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    check_note("life %u", life);
    CHECK_EQUAL_UINT(rig.offers, life);
    CHECK_EQUAL_UINT(offer_at(&rig, life)->attempt, life);
    CHECK_TEXT(text_from(offer_at(&rig, life)->key), offer_at(&rig, 1)->key);
    CHECK_EQUAL_INT(thaw(&rig, 0, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.offered_again, 1);
  }
  rig.answers[0] = PBK_DELIVERY_RETRY; /* attempts that a crash took count, and those allowed are used up */
  rig.answer_count = 1;
  rig_drain(&rig);
  CHECK_OUTPUTS(&rig, "message #1 sending hello to u1 from success attempt 6\n"
                      "message #1 failed hello to u1 from success attempt 6: attempts_exhausted\n");
  rig_close(&rig);
}

/* What the host had answered with `retry` or `accepted` before the crash, durably, is not in doubt. */
static void not_in_doubt(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  define(&rig);
  rig.answers[0] = PBK_DELIVERY_RETRY, rig.answers[1] = PBK_DELIVERY_ACCEPTED, rig.answers[2] = PBK_DELIVERY_SENT;
  rig.answer_count = 3;
  rig.wait = PBK_HOUR;
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}", "{'type':'track','userId':'u2','event':'held'}");
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again + opening.unknown_outcome, 0);
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_HOUR);
  TELL_ALL(&rig, "{'type':'report','message':2,'outcome':'sent'}", "{'type':'advance','timestamp':3600000}");
  CHECK_OUTPUTS(&rig, "message #2 sent again to u2 from success attempt 1\nmessage #1 sending hello to u1 from success attempt 2\n"
                      "message #1 sent hello to u1 from success attempt 2\n");
  rig_close(&rig);
}

/* Ready, and committed without being offered: the commit broke between. Nobody had it, nothing is in doubt... but nobody can know. */
static void committed_and_not_offered(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  define(&rig);
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}");
  rig_crash(&rig); /* never committed: it did not happen */
  CHECK_EQUAL_INT(rig_open_stored(&rig, NULL, &(pbk_opening){.size = sizeof opening}), PBK_OK);
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 0);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}");
  rig.fail_sync_at = rig.syncs + 1; /* what the storage took is not known */
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_STORAGE);
  CHECK_EQUAL_UINT(rig.offers, 0);
  rig.fail_sync_at = 0;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 1);
  rig_take(&rig);
  CHECK_EQUAL_UINT(offer_at(&rig, 1)->attempt, 2);
  rig_close(&rig);
}

/* Read only: what is in doubt stays so. */
static void read_only(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  rig.inside = freeze;
  define(&rig);
  rig_take(&rig);
  freeze_at = 1;
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_INT(thaw(&rig, PBK_OPEN_READ_ONLY, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 0);
  CHECK_DRAINED(&rig, "enrolled #1 again u1 v1\nstep #1.1 run\nmessage #1 sending hello to u1 from success attempt 1\nexited #1 completed\n");
  CHECK(store_is(&rig, &frozen));
  rig_close(&rig);
}

/* Nobody delivers: what is ready is in the host's hands with the outputs, and is not offered again by itself. */
static void handed_over(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, RIG_WITHOUT_DELIVERY);
  define(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}", "{'type':'track','userId':'u1','event':'held'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again + opening.unknown_outcome, 0);
  rig_drain(&rig);
  TELL_ALL(&rig, "{'type':'report','message':1,'outcome':'sent'}", "{'type':'report','message':2,'outcome':'failed','reason':'x'}");
  CHECK_OUTPUTS(&rig, "message #1 sent hello to u1 from success attempt 1\nmessage #2 failed again to u1 from success attempt 1: x\n");
  rig_close(&rig);
}

/* In doubt, and a snapshot before anything is offered: it does not make a doubt of a certainty, nor forget the message. */
static void snapshot_in_doubt(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  rig.inside = freeze;
  define(&rig);
  rig_take(&rig);
  freeze_at = 1;
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'again'}");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_INT(thaw(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 1);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK); /* commits, and so offers */
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 0);
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 2);
  rig_close(&rig);
}

/* ---- outputs ---- */

static uint64_t first_seq(struct rig *rig) {
  pbk_output output;
  uint32_t count;
  CHECK_EQUAL_INT(pbk_drain(rig->engine, &output, sizeof output, 1, &count), PBK_OK);
  return count ? output.seq : 0;
}

/* Given again until a commit after they were drained, by replay and by snapshot. */
static void outputs_until_taken(void) {
  for (int snapshot = 0; snapshot < 2; snapshot++) {
    struct rig rig;
    rig_open(&rig, 0);
    TELL_ALL(&rig, "{'type':'define','kind':'role','key':'a'}", "{'type':'define','kind':'role','key':'b'}",
             "{'type':'define','kind':'role','key':'c'}");
    check_note("snapshot %d", snapshot);
    CHECK_EQUAL_UINT(first_seq(&rig), 0); /* nothing before the commit */
    CHECK_EQUAL_INT(snapshot ? pbk_snapshot(rig.engine, 0) : pbk_commit(rig.engine), PBK_OK);
    for (int life = 0; life < 3; life++) {
      CHECK_EQUAL_UINT(first_seq(&rig), 1);
      CHECK_EQUAL_UINT(first_seq(&rig), 2);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    }
    CHECK_EQUAL_UINT(first_seq(&rig), 1);
    CHECK_EQUAL_UINT(first_seq(&rig), 2);
    CHECK_EQUAL_INT(snapshot ? pbk_snapshot(rig.engine, 0) : pbk_commit(rig.engine), PBK_OK); /* those two are taken */
    for (int life = 0; life < 2; life++) {
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      CHECK_DRAINED(&rig, "defined role c\n");
    }
    CHECK_EQUAL_INT(pbk_close(rig.engine), PBK_OK); /* and all of them */
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    CHECK_EQUAL_UINT(first_seq(&rig), 0);
    TELL_ALL(&rig, "{'type':'define','kind':'role','key':'d'}");
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_UINT(first_seq(&rig), 4); /* none is skipped, none comes twice */
    rig_close(&rig);
  }
}

/* Explanations hold values of their own; all of an output is the same when it comes again. */
static void whole_outputs(void) {
  struct rig rig;
  char *before, *after;
  rig_open(&rig, 0);
  define(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'when':'contact.traits.list','steps':["
                 "{'actions':[{'task':{'title':'Ü','due':'1d','assignee':{'user':'john'}}}]}]}",
           "{'type':'identify','userId':'u1','traits':{'list':[1,0.5,{'a':null}]}}", "{'type':'explain','playbook':'p','userId':'u1'}",
           "{'type':'enroll','playbook':'p','userId':'u1'}");
  tell(&rig, "{'type':'track','userId':'u1','event':5}");
  rig.text_size = 0;
  rig_collect(&rig, 1 << 20);
  before = malloc(rig.text_size + 1);
  if (!before) abort();
  memcpy(before, rig.text, rig.text_size + 1);
  for (int snapshot = 0; snapshot < 2; snapshot++) {
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    if (snapshot) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
    if (snapshot) CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    static char text[1 << 16];
    size_t size;
    CHECK_EQUAL_INT(pbk_drain_json(rig.engine, text, sizeof text - 1, &size), PBK_OK);
    text[size] = 0;
    after = text;
    CHECK_TEXT(text_from(after), before);
  }
  free(before);
  rig_close(&rig);
}

/* ---- lines ---- */

static const char batch[] = "{'type':'batch','timestamp':1000000,'batch':[{'type':'identify','userId':'u1','traits':{'n':1}},"
                            "{'type':'track','userId':'u1','event':'again'},{'type':'track','userId':'u2','event':'again'},"
                            "{'type':'identify','userId':'u1','traits':{'n':2}},{'type':'track','userId':'u3','event':'again'}]}";

/* Offered at once, in the middle of a batch, and the process gone: the line is not taken, though its first items are; it is fed again, and
 * what is there of it is passed over. */
static void in_the_middle_of_a_batch(void) {
  struct rig straight;
  rig_open(&straight, PBK_DELIVER_AT_ONCE);
  define(&straight);
  CHECK_EQUAL_INT(tell(&straight, batch), PBK_OK);
  rig_take(&straight);
  for (uint32_t at = 1; at <= 3; at++) {
    struct rig rig;
    pbk_opening opening;
    rig_open(&rig, PBK_DELIVER_AT_ONCE);
    rig.inside = freeze;
    define(&rig);
    rig_take(&rig);
    uint64_t lines = pbk_lines_taken(rig.engine);
    freeze_at = at;
    CHECK_EQUAL_INT(tell(&rig, batch), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines + 1);
    check_note("at offer %u", at);
    CHECK_EQUAL_INT(thaw(&rig, 0, &opening), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines);
    CHECK_EQUAL_UINT(opening.offered_again, 1);
    for (int life = 0; life < 2; life++) { /* however many lives come between */
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
      CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines);
    }
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines);
    CHECK_EQUAL_INT(tell(&rig, batch), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines + 1);
    pbk_counts counts = {.size = sizeof counts}, wanted = {.size = sizeof wanted};
    pbk_count(rig.engine, &counts);
    pbk_count(straight.engine, &wanted);
    CHECK_EQUAL_UINT(counts.contacts, wanted.contacts);
    CHECK_EQUAL_UINT(counts.enrollments_ever, wanted.enrollments_ever);
    CHECK_EQUAL_UINT(counts.messages_ever, wanted.messages_ever);
    CHECK_EQUAL_UINT(counts.messages_open, 0);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines + 1);
    rig_close(&rig);
  }
  rig_close(&straight);
  freeze_at = 0;
}

/* One input brings about several things that are due, with offers and answers between them: it is repeated in the same order. */
static void answers_between(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'later','active':true,'trigger':{'event':'go'},'steps':[{'delay':'1h','actions':[{'email':"
           "{'template':'hello','approval':false}}]},{'delay':'1h','actions':[{'task':{'title':'Call'}}]}]}",
           "{'type':'track','userId':'u1','event':'go','timestamp':1000}", "{'type':'track','userId':'u2','event':'go'}",
           "{'type':'track','userId':'u3','event':'go'}", "{'type':'pause','playbook':'later'}",
           "{'type':'advance','timestamp':7200000}", "{'type':'resume','playbook':'later'}");
  CHECK_EQUAL_UINT(rig.offers, 3);
  CHECK_OUTPUTS(&rig, "defined playbook later v1\nenrolled #1 later u1 v1\nenrolled #2 later u2 v1\nenrolled #3 later u3 v1\n"
                "step #1.1 run\nmessage #1 sending hello to u1 from success attempt 1\n"
                "message #1 sent hello to u1 from success attempt 1\n"
                "step #2.1 run\nmessage #2 sending hello to u2 from success attempt 1\n"
                "message #2 sent hello to u2 from success attempt 1\n"
                "step #3.1 run\nmessage #3 sending hello to u3 from success attempt 1\n"
                "message #3 sent hello to u3 from success attempt 1\n");
  struct digest digest = rig_digest(&rig);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_UINT(rig.offers, 3);
  rig_close(&rig);
}

/* Errors carry the number of their line, also in the next life. */
static void numbers_of_lines(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}");
  tell(&rig, "nonsense");
  CHECK_OUTPUTS(&rig, "error 3 bad_json\n");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  for (uint64_t line = 4; line <= 6; line++) {
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), line - 1);
    tell(&rig, "nonsense");
    char wanted[40];
    snprintf(wanted, sizeof wanted, "error %" PRIu64 " bad_json\n", line);
    CHECK_OUTPUTS(&rig, wanted);
    CHECK_EQUAL_INT(line == 5 ? pbk_snapshot(rig.engine, 0) : pbk_commit(rig.engine), PBK_OK);
  }
  rig_close(&rig);
}

int main(void) {
  RUN(by_policy);
  RUN(again_and_again);
  RUN(not_in_doubt);
  RUN(committed_and_not_offered);
  RUN(read_only);
  RUN(handed_over);
  RUN(snapshot_in_doubt);
  RUN(outputs_until_taken);
  RUN(whole_outputs);
  RUN(in_the_middle_of_a_batch);
  RUN(answers_between);
  RUN(numbers_of_lines);
  stored_release(&frozen);
  return check_report();
}
