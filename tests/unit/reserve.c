/* tests/unit/reserve.c - running out of memory is told before anything is done: whatever the host refuses, and whenever, what a call had
 * begun is done to its end, what it had not begun can be asked for again, and the state is that of an engine that never lacked any. */
#include "engine/engine.h"

#include "storage_support.h"

#if defined(__SANITIZE_ADDRESS__)
enum { EVERY = 23 }; /* each block is an allocation there: not every one can fail in turn */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { EVERY = 23 };
#else
enum { EVERY = 1 };
#endif
#else
enum { EVERY = 1 };
#endif

static const char *const lines[] = {
  "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
  "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}",
  "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'persona':'dormant'},{'event':'go'}],'senders':{'pool':['ann',"
  "'bob']},'steps':[{'actions':[{'email':{'template':'hello','approval':false,'send_as':'pool'}},{'task':{'title':'Call'}}]},{'delay':'1h',"
  "'actions':[{'notify':{'channel':'slack','to':'#cs','template':'alert'}}]}]}",
  "{'type':'define','kind':'playbook','key':'q','subject':'account','active':true,'trigger':{'segment':'pro'},'steps':[{'actions':[{'email':{"
  "'template':'again','to':'all','approval':false}}]}]}",
  "{'type':'batch','timestamp':1000,'batch':[{'type':'group','userId':'u1','groupId':'acme','traits':{'plan':'free'}},{'type':'group',"
  "'userId':'u2','groupId':'acme'},{'type':'identify','userId':'u3','traits':{'list':[1,2,{'a':'b'}]}},{'type':'track','userId':'u1','event':"
  "'go'},{'type':'track','userId':'u3','event':'go','messageId':'m'}]}",
  "{'type':'group','groupId':'acme','traits':{'plan':'pro'},'timestamp':5000}",
  "not a line",
  "{'type':'track','userId':'u2','event':'login','timestamp':3600000}",
  "{'type':'advance','timestamp':400000000}",
  "{'type':'explain','playbook':'p','userId':'u1'}",
  "{'type':'define','kind':'segment','key':'late','when':'events(`login`).count() > 0'}",
  "{'type':'delete','groupId':'acme'}",
  "{'type':'advance','timestamp':4000000000}"};
enum { LINES = sizeof lines / sizeof *lines };

/* Feeds until it is taken; memory is back after the first refusal. */
static void feed(struct rig *rig, const char *line, uint32_t *refusals) {
  for (int attempt = 0; attempt < 3; attempt++) {
    pbk_status status = tell(rig, line);
    if (status != PBK_ERR_NO_MEMORY) {
      CHECK(status == PBK_OK || status == PBK_ERR_REFUSED);
      return;
    }
    ++*refusals;
    rig->fail_at = 0;
  }
  CHECK(false);
}

static void commit(struct rig *rig, uint32_t *refusals) {
  pbk_status status = pbk_commit(rig->engine);
  if (status == PBK_ERR_NO_MEMORY) {
    ++*refusals;
    rig->fail_at = 0;
    status = pbk_commit(rig->engine);
  }
  CHECK_EQUAL_INT(status, PBK_OK);
}

struct outcome {
  struct digest digest, reopened;
  uint64_t allocations, lines, outputs;
  uint32_t refusals, offers;
};

/* The whole script, with memory missing from the `fail_at`th allocation on, or just then (`once`). */
static struct outcome run(uint32_t flags, uint64_t fail_at, bool once) {
  struct rig rig;
  struct outcome outcome = {.refusals = 0};
  rig_open(&rig, flags);
  define_usual(&rig);
  uint64_t before = rig.allocations;
  rig.fail_at = fail_at ? before + fail_at : 0;
  rig.fail_once = once;
  for (uint32_t i = 0; i < LINES; i++) {
    feed(&rig, lines[i], &outcome.refusals);
    if (i % 3 == 2 || i + 1 == LINES) commit(&rig, &outcome.refusals);
  }
  outcome.allocations = rig.allocations - before;
  rig.fail_at = 0;
  commit(&rig, &outcome.refusals);
  outcome.digest = rig_digest(&rig);
  outcome.lines = pbk_lines_taken(rig.engine);
  outcome.offers = rig.offers;
  outcome.outputs = rig.engine->context.outputs.last_seq;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  outcome.reopened = rig_digest(&rig);
  rig_close(&rig);
  return outcome;
}

static void check_outcomes(uint32_t flags) {
  struct outcome wanted = run(flags, 0, false);
  uint32_t refusals = 0;
  CHECK_EQUAL_UINT(wanted.refusals, 0);
  CHECK(wanted.offers >= 6);
  CHECK_EQUAL_BYTES(wanted.reopened.bytes, wanted.digest.bytes, 16);
  for (int once = 0; once < 2; once++)
    for (uint64_t fail_at = 1; fail_at <= wanted.allocations; fail_at += EVERY) {
      struct outcome outcome = run(flags, fail_at, once);
      check_note("flags %u, allocation %" PRIu64 " of %" PRIu64 "%s", flags, fail_at, wanted.allocations, once ? " alone" : " and on");
      CHECK_EQUAL_BYTES(outcome.digest.bytes, wanted.digest.bytes, 16);
      CHECK_EQUAL_BYTES(outcome.reopened.bytes, wanted.digest.bytes, 16);
      CHECK_EQUAL_UINT(outcome.lines, wanted.lines);
      CHECK_EQUAL_UINT(outcome.outputs, wanted.outputs);
      CHECK_EQUAL_UINT(outcome.offers, wanted.offers);
      refusals += outcome.refusals;
    }
  CHECK(refusals > 0);
}

static void at_any_allocation(void) { check_outcomes(0); }
static void at_any_allocation_offering_at_once(void) { check_outcomes(PBK_DELIVER_AT_ONCE); }

/* A refused line has changed nothing, however large: the same digest, and no record of it. */
static void large_ones(void) {
  struct rig rig;
  char *text = malloc(600000);
  if (!text) abort();
  memset(text, 'x', 600000);
  rig_open(&rig, 0);
  define_usual(&rig);
  rig_take(&rig);
  struct digest digest = rig_digest(&rig);
  uint64_t journal = pbk_journal_bytes(rig.engine);
  pbk_member member = {.name = "large", .name_size = 5, .value = {.kind = PBK_STRING, .size = 600000, .as.text = text}};
  pbk_value traits = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  rig.fail_at = rig.allocations + 1;
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_ERR_NO_MEMORY);
  rig.fail_at = 0;
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_UINT(pbk_journal_bytes(rig.engine), journal);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_OK);
  CHECK(pbk_journal_bytes(rig.engine) > journal + 600000);
  free(text);
  rig_close(&rig);
}

/* ---- an advance ---- */

static void many_due(struct rig *rig, uint32_t count) {
  rig_open(rig, RIG_WITHOUT_DELIVERY);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'persona':'dormant'},'steps':[{'actions':[{'email':{'template':"
           "'hello'}},{'task':{'title':'A task with a title of some length, so that there is something to be kept'}}]}]}");
  for (uint32_t i = 0; i < count; i++)
    tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','timestamp':%" PRIu32 "}", i, i / 10 * 1000);
  rig_take(rig);
}

/* It stops between two things when memory is missing, says so, and goes on when asked again. */
static void between_two_things(void) {
  enum { COUNT = 3000 };
  struct rig straight, rig;
  many_due(&straight, COUNT);
  CHECK_EQUAL_INT(pbk_advance(straight.engine, 5 * PBK_DAY, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(straight.engine), PBK_OK);
  struct digest wanted = rig_digest(&straight);
  rig_close(&straight);
  many_due(&rig, COUNT);
  uint32_t stops = 0;
  pbk_time before = pbk_now(rig.engine);
  for (pbk_status status = PBK_ERR_NO_MEMORY; status != PBK_OK && stops < 5000;) {
    rig.fail_at = rig.allocations + 3; /* a few, and then none */
    status = pbk_advance(rig.engine, 5 * PBK_DAY, 0);
    rig.fail_at = 0;
    if (status == PBK_OK) break;
    CHECK_EQUAL_INT(status, PBK_ERR_NO_MEMORY);
    CHECK(pbk_now(rig.engine) >= before && pbk_now(rig.engine) < 5 * PBK_DAY);
    before = pbk_now(rig.engine);
    if (stops++ == 1) { /* what it has done is there: it can be committed, and is in the next life */
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
      struct digest digest = rig_digest(&rig);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      CHECK_DIGEST(&rig, digest);
    }
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    rig_drain(&rig);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  }
  CHECK(stops >= 2);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 5 * PBK_DAY);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_DIGEST(&rig, wanted);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DIGEST(&rig, wanted);
  rig_close(&rig);
}

/* ---- a batch ---- */

/* A batch of facts is many commands. Cut short in the middle it is not taken; it is fed again, in this life or the next, and what is there
 * of it is passed over. */
static void batch_cut_short(void) {
  enum { ITEMS = 300, ROOM = 120000 };
  char *line = malloc(ROOM);
  if (!line) abort();
  int size = snprintf(line, ROOM, "{\"type\":\"batch\",\"timestamp\":1000,\"batch\":[");
  for (uint32_t i = 0; i < ITEMS; i++)
    size += snprintf(line + size, (size_t)(ROOM - size), "%s{\"type\":\"track\",\"userId\":\"u%" PRIu32 "\",\"event\":\"go\",\"properties\":{\"text\":"
                     "\"some text that is part of every item of it, and a number: %" PRIu32 "\"}}", i ? "," : "", i, i);
  size += snprintf(line + size, (size_t)(ROOM - size), "]}");
  struct digest wanted = {{0}};
  for (uint32_t way = 0; way < 4; way++) { /* none missing; fed again; after a crash; after a snapshot and a crash */
    struct rig rig;
    rig_open(&rig, 0);
    define_usual(&rig);
    TELL_ALL(&rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'task':{'title':"
                   "'Call'}},{'email':{'template':'hello'}}]}]}");
    rig_take(&rig);
    uint64_t taken = pbk_lines_taken(rig.engine);
    check_note("way %u", way);
    uint32_t refusals = 0;
    for (pbk_status status = PBK_ERR_NO_MEMORY; status == PBK_ERR_NO_MEMORY && refusals < 1000;) {
      if (way) rig.fail_at = rig.allocations + 3 + (uint64_t)refusals * (EVERY > 1 ? 300 : 1); /* a little more each time: so it ends */
      status = pbk_feed_line(rig.engine, line, (size_t)size);
      rig.fail_at = 0;
      if (status != PBK_ERR_NO_MEMORY) {
        CHECK_EQUAL_INT(status, PBK_OK);
        break;
      }
      refusals++;
      CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), taken);
      CHECK_EQUAL_INT(way == 3 ? pbk_snapshot(rig.engine, 0) : pbk_commit(rig.engine), PBK_OK);
      if (way >= 2) CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), taken);
    }
    CHECK(way == 0 || refusals > 0);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), taken + 1);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    pbk_counts counts = {.size = sizeof counts};
    pbk_count(rig.engine, &counts);
    CHECK_EQUAL_UINT(counts.enrollments_ever, ITEMS);
    if (way == 0) wanted = rig_digest(&rig);
    CHECK_DIGEST(&rig, wanted);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    CHECK_DIGEST(&rig, wanted);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), taken + 1);
    rig_close(&rig);
  }
  free(line);
}

/* ---- commits, snapshots, closing ---- */

static pbk_status snapshot(pbk_engine *engine) { return pbk_snapshot(engine, 0); }
static pbk_status packed(pbk_engine *engine) {
  pbk_status status = pbk_snapshot(engine, PBK_SNAPSHOT_COMPRESSED);
  return status == PBK_ERR_UNSUPPORTED ? pbk_snapshot(engine, 0) : status;
}

/* Memory is missing from any allocation on: it is said, and either it can be asked again or opening finds everything. */
static void other_calls(void) {
  static pbk_status (*const calls[])(pbk_engine *engine) = {pbk_commit, snapshot, packed, pbk_close};
  for (uint32_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    bool refused = true;
    for (uint64_t fail_at = 1; refused; fail_at++) {
      struct rig rig;
      rig_open(&rig, 0);
      define_usual(&rig);
      for (uint32_t j = 0; j < LINES; j++) tell(&rig, lines[j]);
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
      uint64_t taken = pbk_lines_taken(rig.engine);
      struct digest before = rig_digest(&rig), after;
      TELL_ALL(&rig, "{'type':'identify','userId':'another'}");
      after = rig_digest(&rig);
      rig.fail_at = rig.allocations + fail_at;
      pbk_status status = calls[i](rig.engine);
      refused = status != PBK_OK;
      rig.fail_at = 0;
      check_note("call %u, allocation %" PRIu64, i, fail_at);
      if (refused) CHECK_EQUAL_INT(status, PBK_ERR_NO_MEMORY);
      CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, NULL), PBK_OK);
      bool there = pbk_lines_taken(rig.engine) > taken;
      CHECK(there || refused);
      CHECK_DIGEST(&rig, there ? after : before);
      rig_close(&rig);
      if (EVERY > 1) fail_at += 4;
    }
  }
}

/* ---- what is put by ---- */

static void how_much(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  const struct chunks *chunks = &rig.engine->memory.chunks;
  CHECK(chunks->spare_size >= 1 << 17);
  CHECK(!chunks->may_use_spare); /* between calls nothing uses it */
  CHECK(pbk_prepare(rig.engine, NULL, 0));
  CHECK(chunks->may_use_spare);
  pbk_unprepare(rig.engine);
  CHECK(!chunks->may_use_spare);
  for (uint32_t i = 0; i < 1000; i++) tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'large'}", i);
  CHECK(pbk_prepare(rig.engine, NULL, 0)); /* everybody in it may be touched at once */
  CHECK(chunks->spare_size >= (1 << 17) + 1000 * 512);
  pbk_unprepare(rig.engine);
  rig.fail_at = rig.allocations + 1;
  CHECK(pbk_prepare(rig.engine, NULL, 0)); /* it is there already */
  struct command command = {.type = COMMAND_IDENTIFY, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .contact = TEXT("u1")};
  CHECK(!pbk_prepare(rig.engine, &command, 100 << 20));
  CHECK_EQUAL_INT(rig.engine->stopped, PBK_ERR_NO_MEMORY);
  CHECK(!chunks->may_use_spare);
  rig.fail_at = 0;
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  rig_close(&rig);
}

/* A budget is a host that refuses. */
static void budget(void) {
  struct rig rig;
  memset(&rig, 0, sizeof rig);
  rig.budget = 3 << 20;
  rig.wait = PBK_WAIT_DEFAULT;
  CHECK_EQUAL_INT(rig_create(&rig), PBK_OK);
  define_usual(&rig);
  uint32_t taken = 0;
  while (taken < 100000 && tell_format(&rig, "{'type':'identify','userId':'contact %" PRIu32 "','traits':{'a':'some text'}}", taken) == PBK_OK) taken++;
  CHECK(taken > 500 && taken < 100000);
  CHECK_EQUAL_INT(rig_error(&rig).status, PBK_ERR_NO_MEMORY);
  CHECK(rig.most <= 3 << 20);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, taken);
  CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), taken + 14);
  rig_close(&rig);
}

int main(void) {
  RUN(at_any_allocation);
  RUN(at_any_allocation_offering_at_once);
  RUN(large_ones);
  RUN(between_two_things);
  RUN(batch_cut_short);
  RUN(other_calls);
  RUN(how_much);
  RUN(budget);
  return check_report();
}
