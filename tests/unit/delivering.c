/* tests/unit/delivering.c - effects leave after what caused them is durable, each answer counts, callbacks may look but not
 * touch (SPEC O5, O6, O7, O8). */
#include "engine_support.h"

#define MAIL                                                                                          \
  "{'type':'define','kind':'playbook','key':'mail','active':true,'trigger':{'manual':true},'steps':[" \
  "{'actions':[{'email':{'template':'hello','approval':false}}]}]}"

static void prepare(struct rig *rig, uint32_t flags) {
  rig_open(rig, flags);
  define_usual(rig);
  TELL_ALL(rig, MAIL);
  for (uint32_t i = 1; i <= 5; i++) tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "'}", i);
  rig_take(rig);
  rig->order_size = 0;
  rig->order[0] = 0;
}

static pbk_status enroll(struct rig *rig, const char *contact) {
  return tell_format(rig, "{'type':'enroll','playbook':'mail','userId':'%s'}", contact);
}

static uint64_t drainable(struct rig *rig) {
  const char *text = rig_drain(rig);
  uint64_t lines = 0;
  for (; *text; text++) lines += *text == '\n';
  return lines;
}

/* ---- what comes first (O8) ---- */

static void without_at_once_effects_wait_for_the_commit(void) {
  struct rig rig;
  prepare(&rig, 0);
  size_t before = rig.synced;
  CHECK_EQUAL_INT(enroll(&rig, "u1"), PBK_OK);
  CHECK_EQUAL_INT(enroll(&rig, "u2"), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 0);
  CHECK_EQUAL_UINT(rig.objects[0].size, before); /* many causes, one sync */
  CHECK_EQUAL_UINT(drainable(&rig), 0);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK(rig.order_size >= 3 && memcmp(rig.order, "aso", 3) == 0);
  CHECK(rig.offered[0].synced > before);
  CHECK_EQUAL_UINT(rig.synced, rig.objects[0].size); /* the answers are durable too before outputs tell of them */
  CHECK(rig.order[rig.order_size - 1] == 's');
  CHECK_DRAINED(&rig,
                "enrolled #1 mail u1 v1\nstep #1.1 run\nmessage #1 sending hello to u1 from success attempt 1\n"
                "exited #1 completed\n"
                "enrolled #2 mail u2 v1\nstep #2.1 run\nmessage #2 sending hello to u2 from success attempt 1\n"
                "exited #2 completed\n"
                "message #1 sent hello to u1 from success attempt 1\n"
                "message #2 sent hello to u2 from success attempt 1\n");
  CHECK_EQUAL_UINT(rig.offered[0].message, 1);
  CHECK_EQUAL_UINT(rig.offered[1].message, 2);
  rig_close(&rig);
}

static void at_once_offers_within_the_call(void) {
  struct rig rig;
  prepare(&rig, PBK_DELIVER_AT_ONCE);
  size_t before = rig.synced;
  CHECK_EQUAL_INT(enroll(&rig, "u1"), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 1);
  CHECK_TEXT(text_from(rig.order), "aso"); /* appended and synced, then offered */
  CHECK(rig.offered[0].synced > before);
  CHECK_EQUAL_UINT(drainable(&rig), 0); /* outputs wait for the commit all the same */
  CHECK_OUTPUTS(&rig,
                "enrolled #1 mail u1 v1\nstep #1.1 run\nmessage #1 sending hello to u1 from success attempt 1\n"
                "exited #1 completed\nmessage #1 sent hello to u1 from success attempt 1\n");
  CHECK_TEXT(text_from(rig.order), "asoas");
  rig_close(&rig);
}

static void a_commit_of_nothing_stores_nothing(void) {
  struct rig rig;
  prepare(&rig, 0);
  CHECK_OUTPUTS(&rig, ""); /* what was drained before counts as taken now: that is news */
  uint32_t appends = rig.appends, syncs = rig.syncs;
  for (uint32_t i = 0; i < 3; i++) CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_UINT(rig.appends, appends);
  CHECK_EQUAL_UINT(rig.syncs, syncs);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 5, 0), PBK_OK); /* a clock tick is a command */
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_UINT(rig.appends, appends + 1);
  CHECK_EQUAL_UINT(rig.syncs, syncs + 1);
  rig_close(&rig);
}

/* Without storage everything else is the same. */
static void without_storage(void) {
  struct rig rig;
  prepare(&rig, RIG_WITHOUT_STORAGE);
  CHECK_EQUAL_INT(enroll(&rig, "u1"), PBK_OK);
  CHECK_EQUAL_UINT(drainable(&rig), 0);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 1);
  CHECK_EQUAL_UINT(drainable(&rig), 5);
  CHECK_EQUAL_UINT(rig.appends, 0);
  rig_close(&rig);
}

/* ---- failing storage ---- */

static void everything_is_refused(struct rig *rig) {
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("u1")};
  pbk_role role = {.size = sizeof role, .key = words("AE")};
  pbk_output explanation = {.size = sizeof explanation};
  pbk_counts counts = {.size = sizeof counts};
  uint64_t refused;
  CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_advance(rig->engine, PBK_DAY, 0), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_identify(rig->engine, NULL, "u9", 2, NULL), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_define_role(rig->engine, NULL, &role), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_delete(rig->engine, NULL, &subject), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_approve(rig->engine, NULL, 1), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_feed_line(rig->engine, "{}", 2), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_feed_json(rig->engine, "{}", 2, &refused), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_explain(rig->engine, "mail", 4, &subject, &explanation), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_next_due(rig->engine), PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_count(rig->engine, &counts), PBK_OK); /* looking is fine */
  CHECK_EQUAL_UINT(counts.contacts, 5);
}

static void a_failing_append_or_sync(void) {
  for (uint32_t kind = 0; kind < 4; kind++) {
    bool at_once = kind & 1, sync = kind & 2;
    struct rig rig;
    check_note("%s, %s", at_once ? "at once" : "at the commit", sync ? "sync" : "append");
    prepare(&rig, at_once ? PBK_DELIVER_AT_ONCE : 0);
    if (sync)
      rig.fail_sync_at = rig.syncs + 1;
    else
      rig.fail_append_at = rig.appends + 1;
    CHECK_EQUAL_INT(enroll(&rig, "u1"), at_once ? PBK_ERR_STORAGE : PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_STORAGE);
    CHECK_EQUAL_UINT(rig.offers, 0); /* nothing left before it was durable */
    CHECK_EQUAL_UINT(drainable(&rig), 0);
    rig.fail_sync_at = rig.fail_append_at = 0; /* well again, but it does not go on */
    everything_is_refused(&rig);
    CHECK_EQUAL_UINT(rig.offers, 0);
    CHECK_EQUAL_UINT(drainable(&rig), 0);
    rig_close(&rig);
  }
}

/* The answer could not be stored: the message left, but no output tells of its outcome. */
static void a_failure_after_the_offer(void) {
  struct rig rig;
  prepare(&rig, 0);
  rig.fail_append_at = rig.appends + 2;
  CHECK_EQUAL_INT(enroll(&rig, "u1"), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_STORAGE);
  CHECK_EQUAL_UINT(rig.offers, 1);
  CHECK(strstr(rig_drain(&rig), "sent") == NULL);
  everything_is_refused(&rig);
  rig_close(&rig);
}

/* An advance that meets a failing storage on its way says so. */
static void a_failure_in_the_middle_of_an_advance(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'later','active':true,'trigger':{'manual':true},'steps':["
           "{'delay':'1h','actions':[{'email':{'template':'hello','approval':false}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}",
           "{'type':'enroll','playbook':'later','userId':'u1'}", "{'type':'enroll','playbook':'later','userId':'u2'}");
  rig_take(&rig);
  rig.fail_sync_at = rig.syncs + 2;
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_ERR_STORAGE);
  CHECK_EQUAL_UINT(rig.offers, 1);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_ERR_STORAGE);
  CHECK_EQUAL_UINT(rig.offers, 1);
  rig_close(&rig);
}

/* ---- the answers (O6) ---- */

static void answer(struct rig *rig, int32_t outcome) {
  rig->answers[0] = outcome;
  rig->answer_count = 1;
}

static void failed_with_a_reason(void) {
  struct rig rig;
  prepare(&rig, 0);
  answer(&rig, PBK_DELIVERY_FAILED);
  rig.reason = "bounced";
  enroll(&rig, "u1");
  CHECK(strstr(rig_take(&rig), "message #1 failed hello to u1 from success attempt 1: bounced\n") != NULL);
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_STATE);
  rig_close(&rig);
}

static void accepted_and_reported(void) {
  struct rig rig;
  prepare(&rig, 0);
  answer(&rig, PBK_DELIVERY_ACCEPTED);
  enroll(&rig, "u1");
  enroll(&rig, "u2");
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 9 * PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_UINT(rig.offers, 2); /* under way: not offered again */
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_RETRY, NULL, 0), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_INPUT);
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 2, PBK_DELIVERY_FAILED, "full", 4), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "message #1 sent hello to u1 from success attempt 1\n"
                "message #2 failed hello to u2 from success attempt 1: full\n");
  rig_close(&rig);
}

static void retried_until_attempts_are_exhausted(void) {
  struct rig rig;
  prepare(&rig, PBK_DELIVER_AT_ONCE);
  answer(&rig, PBK_DELIVERY_RETRY);
  rig.times = true;
  enroll(&rig, "u1");
  rig_take(&rig);
  static const pbk_duration waits[] = {PBK_MINUTE, 4 * PBK_MINUTE, 16 * PBK_MINUTE, PBK_HOUR};
  char key[64];
  memcpy(key, rig.offered[0].key, sizeof key);
  for (uint32_t i = 0; i < 4; i++) {
    pbk_time due = pbk_now(rig.engine) + waits[i];
    check_note("retry %" PRIu32, i + 1);
    CHECK_EQUAL_INT(pbk_advance(rig.engine, due - 1, 0), PBK_OK);
    CHECK_OUTPUTS(&rig, "");
    CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_ERR_REFUSED); /* it waits */
    CHECK_EQUAL_INT(pbk_advance(rig.engine, due, 0), PBK_OK);
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%" PRId64 " message #1 sending hello to u1 from success attempt %" PRIu32 "\n", due,
             i + 2);
    if (i == 3)
      snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted),
               "%" PRId64 " message #1 failed hello to u1 from success attempt 5: attempts_exhausted\n", due);
    CHECK_OUTPUTS(&rig, wanted);
    CHECK_EQUAL_UINT(rig.offered[i + 1].attempt, i + 2);
    CHECK_TEXT(text_from(rig.offered[i + 1].key), key); /* O7: the same in every attempt */
  }
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  rig_close(&rig);
}

/* A wait of the answer's own; none at all; and negative ones are the default. */
static void waits_of_answers(void) {
  struct rig rig;
  prepare(&rig, PBK_DELIVER_AT_ONCE);
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answers[1] = PBK_DELIVERY_SENT;
  rig.answer_count = 2;
  rig.wait = 0;
  enroll(&rig, "u1");
  CHECK_EQUAL_UINT(rig.offers, 2); /* at the same now */
  rig.wait = 3;
  enroll(&rig, "u2");
  CHECK_EQUAL_UINT(rig.offers, 3);
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), pbk_now(rig.engine) + 3);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 3, 0), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 4);
  rig.wait = -5;
  enroll(&rig, "u3");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), pbk_now(rig.engine) + PBK_MINUTE);
  rig_close(&rig);
}

/* Delivered by commits, an answer counts when it comes. */
static void answers_through_commits(void) {
  struct rig rig;
  prepare(&rig, 0);
  rig.answers[0] = PBK_DELIVERY_RETRY;
  rig.answers[1] = PBK_DELIVERY_SENT;
  rig.answer_count = 2;
  enroll(&rig, "u1");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  rig.times = true;
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK); /* the wait counts from now, not from when it was ready */
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_HOUR + PBK_MINUTE);
  rig_drain(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "3660000000 message #1 sending hello to u1 from success attempt 2\n"
                "7200000000 message #1 sent hello to u1 from success attempt 2\n");
  rig_close(&rig);
}

/* Answers that are none: told as failures. Reasons are made fit for outputs. */
static void odd_answers(void) {
  static char longer[301];
  for (uint32_t i = 0; i < 300; i += 2) memcpy(longer + i, "\xc3\xa9", 2);
  static const struct {
    int32_t outcome;
    const char *reason, *wanted;
  } cases[] = {{99, "x", ": unknown_answer\n"},
               {0, NULL, ": unknown_answer\n"},
               {-1, NULL, ": unknown_answer\n"},
               {PBK_DELIVERY_FAILED, NULL, "attempt 1\n"},
               {PBK_DELIVERY_FAILED, "", "attempt 1\n"},
               {PBK_DELIVERY_FAILED, "\xff\xfe", "attempt 1\n"},
               {PBK_DELIVERY_FAILED, "\xc3\xa9", ": \xc3\xa9\n"},
               {PBK_DELIVERY_FAILED, longer, "\xc3\xa9\n"}}; /* cut between characters */
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    prepare(&rig, PBK_DELIVER_AT_ONCE);
    check_note("case %" PRIu32, i);
    answer(&rig, cases[i].outcome);
    rig.reason = cases[i].reason;
    enroll(&rig, "u1");
    const char *last = strstr(rig_take(&rig), "message #1 failed");
    if (!CHECK(last != NULL)) continue;
    size_t size = strlen(last), end = strlen(cases[i].wanted);
    CHECK(size > end);
    CHECK_TEXT(text_from(last + size - end), cases[i].wanted);
    if (cases[i].reason == longer)
      CHECK_EQUAL_UINT(size, strlen("message #1 failed hello to u1 from success attempt 1: \n") + 254);
    rig_close(&rig);
  }
}

/* Ready together, made durable together: the storage is asked as often for many as for one. */
static void one_sync_for_many_messages(void) {
  uint32_t syncs[2], number[2] = {1, 5};
  for (uint32_t i = 0; i < 2; i++) {
    struct rig rig;
    prepare(&rig, 0);
    uint32_t before = rig.syncs;
    for (uint32_t j = 1; j <= number[i]; j++)
      CHECK_EQUAL_INT(tell_format(&rig, "{'type':'enroll','playbook':'mail','userId':'u%" PRIu32 "'}", j), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_UINT(rig.offers, number[i]);
    syncs[i] = rig.syncs - before;
    rig_close(&rig);
  }
  CHECK_EQUAL_UINT(syncs[1], syncs[0]);
}

static void a_single_attempt(void) {
  struct rig rig;
  prepare(&rig, PBK_DELIVER_AT_ONCE);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','retry_waits':[]}");
  answer(&rig, PBK_DELIVERY_RETRY);
  enroll(&rig, "u1");
  CHECK(strstr(rig_take(&rig), "message #1 failed hello to u1 from success attempt 1: attempts_exhausted\n") != NULL);
  rig_close(&rig);
}

/* Without a delivery callback messages wait in `sending` for a report. */
static void without_delivery(void) {
  struct rig rig;
  prepare(&rig, RIG_WITHOUT_DELIVERY | PBK_DELIVER_AT_ONCE);
  enroll(&rig, "u1");
  CHECK(strstr(rig_take(&rig), "message #1 sending hello to u1 from success attempt 1\n") != NULL);
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "message #1 sent hello to u1 from success attempt 1\n");
  rig_close(&rig);
}

/* A message reported before it was offered is not offered any more. */
static void reported_before_it_was_offered(void) {
  struct rig rig;
  prepare(&rig, 0);
  enroll(&rig, "u1");
  enroll(&rig, "u2");
  CHECK_EQUAL_INT(pbk_report(rig.engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_OK);
  rig_take(&rig);
  CHECK_EQUAL_UINT(rig.offers, 1);
  CHECK_EQUAL_UINT(rig.offered[0].message, 2);
  rig_close(&rig);
}

/* ---- what an offer says ---- */

static void offers_say_what_there_is(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'actions':[{'email':{'template':'hello','policy':'hold'}},"
           "{'notify':{'to':{'user':'mary'},'template':'again','policy':'retry'}},"
           "{'notify':{'channel':'slack','to':'#cs','template':'alert'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}");
  CHECK_EQUAL_UINT(rig.offers, 2);
  CHECK_TEXT(text_from(rig.offered[0].to), "mary");
  CHECK_TEXT(text_from(rig.offered[0].address), "mary@corp.example");
  CHECK_TEXT(text_from(rig.offered[0].sender), "");
  CHECK_TEXT(text_from(rig.offered[1].to), "#cs");
  CHECK(strcmp(rig.offered[0].key, rig.offered[1].key) != 0);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 1, "again", 5, "dear", 4), PBK_OK);
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 3);
  CHECK_TEXT(text_from(rig.offered[2].to), "u1");
  CHECK_TEXT(text_from(rig.offered[2].sender), "success");
  CHECK_TEXT(text_from(rig.offered[2].note), "dear");
  rig_close(&rig);
}

/* O7: another engine's keys are others, the same engine's are the same again. */
static void keys_are_of_the_engine(void) {
  char keys[3][64];
  static const char *const ids[] = {"one", "two", "one"};
  for (uint32_t i = 0; i < 3; i++) {
    struct rig rig;
    memset(&rig, 0, sizeof rig);
    rig.flags = PBK_DELIVER_AT_ONCE;
    rig.engine_id = ids[i];
    CHECK_EQUAL_INT(rig_create(&rig), PBK_OK);
    define_usual(&rig);
    TELL_ALL(&rig, MAIL, "{'type':'identify','userId':'u1'}");
    enroll(&rig, "u1");
    memcpy(keys[i], rig.offered[0].key, sizeof keys[i]);
    rig_close(&rig);
  }
  CHECK(strcmp(keys[0], keys[1]) != 0);
  CHECK_TEXT(text_from(keys[2]), keys[0]);
}

/* ---- callbacks may look, not touch ---- */

static char inside_where; /* in which callback to try */
static uint32_t inside_tries;

static void try_everything(struct rig *rig, char where) {
  if (where != inside_where) return;
  inside_tries++;
  void (*inside)(struct rig *, char) = rig->inside;
  rig->inside = NULL;
  pbk_engine *engine = rig->engine;
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words("u1")};
  pbk_role role = {.size = sizeof role, .key = words("AE")};
  pbk_output output = {.size = sizeof output};
  pbk_counts counts = {.size = sizeof counts};
  pbk_text key;
  pbk_handle handle;
  uint64_t cursor = 0, refused;
  size_t size;
  uint32_t count;
  char buffer[256];
  check_note("inside %c", where);
  if (!CHECK_EQUAL_INT(pbk_identify(engine, NULL, "u9", 2, NULL), PBK_ERR_REENTRANT)) {
    rig->inside = inside; /* the others would do more harm than show */
    return;
  }
  CHECK_EQUAL_INT(pbk_track(engine, NULL, "u1", 2, NULL, 0, "e", 1, NULL), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_delete(engine, NULL, &subject), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_define_role(engine, NULL, &role), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_report(engine, NULL, 1, PBK_DELIVERY_SENT, NULL, 0), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_enroll(engine, NULL, "mail", 4, &subject), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_advance(engine, PBK_DAY, 0), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_commit(engine), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_feed_line(engine, "{}", 2), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_feed_json(engine, "{}", 2, &refused), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_explain(engine, "mail", 4, &subject, &output), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_drain(engine, &output, sizeof output, 1, &count), PBK_ERR_REENTRANT);
  CHECK_EQUAL_INT(pbk_drain_json(engine, buffer, sizeof buffer, &size), PBK_ERR_REENTRANT);
  pbk_engine_destroy(engine); /* does nothing */
  /* the getters work */
  CHECK_EQUAL_INT(pbk_count(engine, &counts), PBK_OK);
  CHECK_EQUAL_UINT(counts.contacts, 5);
  CHECK_EQUAL_INT(pbk_find(engine, PBK_HANDLE_CONTACT, "u1", 2, &handle), PBK_OK);
  CHECK_EQUAL_INT(pbk_key(engine, handle, &key), PBK_OK);
  CHECK_TEXT(inner_text(key), "u1");
  CHECK_EQUAL_INT(pbk_next(engine, PBK_HANDLE_PLAYBOOK, &cursor, &handle), PBK_OK);
  CHECK(handle != 0);
  CHECK_EQUAL_INT(pbk_now(engine), 0);
  check_note("outside");
  rig->inside = inside;
}

static void from_within(char where, uint32_t flags) {
  struct rig rig;
  prepare(&rig, flags);
  inside_where = where;
  inside_tries = 0;
  rig.inside = try_everything;
  CHECK_EQUAL_INT(enroll(&rig, "u1"), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK(inside_tries >= 1);
  rig.inside = NULL;
  CHECK(strstr(rig_drain(&rig), "message #1 sent hello to u1 from success attempt 1\n") != NULL);
  CHECK_EQUAL_INT(enroll(&rig, "u2"), PBK_OK); /* and the engine goes on */
  CHECK(strstr(rig_take(&rig), "message #2 sent hello to u2 from success attempt 1\n") != NULL);
  rig_close(&rig);
}

static void from_within_delivery(void) {
  from_within('o', 0);
  from_within('o', PBK_DELIVER_AT_ONCE);
}

static void from_within_storage(void) {
  from_within('a', 0);
  from_within('a', PBK_DELIVER_AT_ONCE);
  from_within('s', 0);
  from_within('s', PBK_DELIVER_AT_ONCE);
}

int main(void) {
  RUN(without_at_once_effects_wait_for_the_commit);
  RUN(at_once_offers_within_the_call);
  RUN(a_commit_of_nothing_stores_nothing);
  RUN(without_storage);
  RUN(a_failing_append_or_sync);
  RUN(a_failure_after_the_offer);
  RUN(a_failure_in_the_middle_of_an_advance);
  RUN(failed_with_a_reason);
  RUN(accepted_and_reported);
  RUN(retried_until_attempts_are_exhausted);
  RUN(waits_of_answers);
  RUN(answers_through_commits);
  RUN(odd_answers);
  RUN(one_sync_for_many_messages);
  RUN(a_single_attempt);
  RUN(without_delivery);
  RUN(reported_before_it_was_offered);
  RUN(offers_say_what_there_is);
  RUN(keys_are_of_the_engine);
  RUN(from_within_delivery);
  RUN(from_within_storage);
  return check_report();
}
