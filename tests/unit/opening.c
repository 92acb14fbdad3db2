/* tests/unit/opening.c - opening what a storage holds: new, by replay, by snapshot, over generations, sealed, read only, after crashes. What is
 * refused stands in opening_refused.c, messages and outputs of the life before in recovery.c. */
#include "engine/opening.h"

#include "storage_support.h"

static void define(struct rig *rig) {
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'persona':'dormant'},{'event':'go'}],'senders':{'pool':["
           "'ann','bob']},'steps':[{'actions':[{'email':{'template':'hello','approval':false,'send_as':'pool'}},{'task':{'title':'Call'}}]},"
           "{'delay':'3h','actions':[{'email':{'template':'again'}}]}]}");
}

/* A day with somebody new in it. */
static void live(struct rig *rig, uint32_t day) {
  tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'go','timestamp':%" PRIu64 "}", day, day * UINT64_C(86400000));
  tell_format(rig, "{'type':'track','userId':'u1','event':'login','messageId':'m%" PRIu32 "'}", day);
  CHECK_EQUAL_INT(pbk_advance(rig->engine, (pbk_time)day * PBK_DAY + PBK_HOUR, 0), PBK_OK);
  rig_take(rig);
}

static void open_lived(struct rig *rig, uint32_t days) {
  rig_open(rig, 0);
  define(rig);
  for (uint32_t day = 1; day <= days; day++) live(rig, day);
}

/* ---- new ones ---- */

static void new_ones(void) {
  struct rig rig;
  pbk_opening opening;
  memset(&rig, 0, sizeof rig);
  rig.wait = PBK_WAIT_DEFAULT;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.is_new, 1);
  CHECK_EQUAL_UINT(opening.generation + opening.sequence + opening.records + opening.torn_bytes, 0);
  CHECK(!opening.sealed && !opening.has_place && opening.message_size == 0);
  CHECK_EQUAL_UINT(rig.appends, 0); /* it begins with its first commit */
  CHECK_EQUAL_UINT(pbk_durable_sequence(rig.engine), 0);
  CHECK(pbk_journal_bytes(rig.engine) > JOURNAL_HEADER);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_TEXT(text_from(rig.order), "as");
  CHECK_EQUAL_UINT(pbk_durable_sequence(rig.engine), 2);
  CHECK_EQUAL_UINT(pbk_journal_bytes(rig.engine), rig.objects[0].size);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK); /* nothing new */
  CHECK_TEXT(text_from(rig.order), "as");
  CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.is_new, 0);
  CHECK_EQUAL_UINT(opening.sequence, 2);
  rig_close(&rig);
}

/* Never committed: nothing is there, and it is new again. */
static void never_committed(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  tell(&rig, "{'type':'identify','userId':'u1'}");
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.is_new, 1);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, 0);
  CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), 0);
  rig_close(&rig);
}

static void options(void) {
  struct rig rig;
  pbk_opening opening;
  memset(&rig, 0, sizeof rig);
  CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, &opening), PBK_ERR_CORRUPT);
  CHECK_MESSAGE(&opening, "empty");
  CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING | PBK_OPEN_READ_ONLY, &opening), PBK_ERR_CORRUPT);
  pbk_open_options options = {.size = sizeof options, .flags = 4};
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_ERR_ARGUMENT);
  options.flags = 0;
  options.size--;
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_ERR_SIZE_TOO_SMALL);
  options.size++;
  opening.size = sizeof opening - 1;
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, &opening), PBK_ERR_SIZE_TOO_SMALL);
  CHECK(rig.engine == NULL);
  rig.flags = RIG_WITHOUT_STORAGE;
  options.flags = PBK_OPEN_EXISTING;
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_ERR_ARGUMENT);
  options.flags = PBK_OPEN_READ_ONLY;
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_ERR_ARGUMENT);
  options.flags = 0;
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_OK);
  CHECK_EQUAL_UINT(rig.appends, 0);
  rig_close(&rig);
}

/* ---- again ---- */

static void by_replay(void) {
  struct rig rig;
  pbk_opening opening;
  open_lived(&rig, 6);
  struct digest digest = rig_digest(&rig);
  pbk_time now = pbk_now(rig.engine);
  uint64_t lines = pbk_lines_taken(rig.engine), sequence = pbk_durable_sequence(rig.engine);
  uint32_t offers = rig.offers;
  CHECK_EQUAL_UINT(lines, 16 + 6 * 2);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_INT(pbk_now(rig.engine), now);
  CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), lines);
  CHECK_EQUAL_UINT(pbk_durable_sequence(rig.engine), sequence);
  CHECK_EQUAL_UINT(opening.sequence, sequence);
  CHECK_EQUAL_UINT(opening.records + 1, record_count(&rig.objects[0])); /* but the first */
  CHECK_EQUAL_UINT(opening.records + 1, sequence);
  CHECK_EQUAL_UINT(opening.offered_again + opening.unknown_outcome + opening.torn_bytes, 0);
  CHECK_EQUAL_UINT(rig.offers, offers); /* nothing is offered by a replay */
  live(&rig, 7);
  CHECK(rig.offers > offers);
  rig_close(&rig);
}

/* Crashed and opened after each day, with and without snapshots between: the same engine as one that was never closed. */
static void over_generations(void) {
  struct rig rig, straight;
  pbk_opening opening;
  open_lived(&straight, 12);
  open_lived(&rig, 0);
  uint32_t generation = 0;
  for (uint32_t day = 1; day <= 12; day++) {
    live(&rig, day);
    check_note("day %u", day);
    if (day % 3 != 1) {
      uint64_t before = pbk_journal_bytes(rig.engine);
      bool packed = day % 2 == 0 && pbk_snapshot(rig.engine, PBK_SNAPSHOT_COMPRESSED) == PBK_OK;
      if (!packed) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
      CHECK(pbk_journal_bytes(rig.engine) < before);
      generation++;
    }
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.generation, generation);
    CHECK(generation == 0 || opening.snapshot_sequence > 0);
    if (generation) CHECK_EQUAL_UINT(opening.snapshot_sequence + opening.records + 1, opening.sequence);
    CHECK_EQUAL_UINT(opening.sequence, pbk_durable_sequence(rig.engine));
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), 16 + day * 2);
  }
  CHECK_EQUAL_UINT(generation, 8);
  CHECK_EQUAL_UINT(rig.offers, straight.offers);
  CHECK_DIGEST(&rig, rig_digest(&straight));
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), pbk_next_due(straight.engine));
  rig_close(&straight);
  rig_close(&rig);
}

static void sealed(void) {
  struct rig rig;
  pbk_opening opening;
  open_lived(&rig, 3);
  tell(&rig, "{'type':'identify','userId':'last'}");
  struct digest digest = rig_digest(&rig);
  CHECK_EQUAL_INT(pbk_close(rig.engine), PBK_OK); /* commits */
  CHECK_EQUAL_INT(pbk_close(rig.engine), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','userId':'later'}"), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_ERR_CLOSED);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.sealed, 1);
  CHECK_DIGEST(&rig, digest);
  live(&rig, 4);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.sealed, 0);
  CHECK_EQUAL_INT(pbk_close(rig.engine), PBK_OK); /* nothing new, and sealed all the same */
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_INT(opening.sealed, 1);
  rig_close(&rig);
}

/* Opens with another storage in front of the rig's own. */
static pbk_status open_failing(struct rig *rig, struct failing *failing, uint32_t flags, pbk_opening *opening) {
  pbk_storage storage = failing_storage(failing);
  pbk_config config = {.size = sizeof config, .engine_id = words("engine"), .storage = &storage, .deliver = rig_deliver,
                       .deliver_context = rig};
  pbk_open_options options = {.size = sizeof options, .flags = flags};
  failing->rig = rig;
  rig_crash(rig);
  opening->size = sizeof *opening;
  return pbk_engine_open(&config, &options, opening, &rig->engine);
}

static void read_only(void) {
  struct rig rig;
  struct stored stored = {{NULL}, {0}};
  pbk_opening opening;
  struct failing failing = {.calls = 0};
  open_lived(&rig, 2);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  live(&rig, 3);
  struct digest digest = rig_digest(&rig);
  rig_crash(&rig);
  rig_append(&rig, PBK_OBJECT_JOURNAL_1, "torn", 4);
  store_keep(&rig, &stored);
  CHECK_EQUAL_INT(open_failing(&rig, &failing, PBK_OPEN_READ_ONLY, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.torn_bytes, 4);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','userId':'u1'}"), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 100 * PBK_DAY, 0), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_close(rig.engine), PBK_ERR_CLOSED);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_ERR_CLOSED);
  pbk_counts counts = {.size = sizeof counts};
  CHECK_EQUAL_INT(pbk_count(rig.engine, &counts), PBK_OK);
  CHECK_EQUAL_UINT(counts.contacts, 3);
  CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), 22);
  rig_crash(&rig);
  CHECK_EQUAL_UINT(failing.writes, 0);
  CHECK(store_is(&rig, &stored));
  for (int i = 0; i < PBK_OBJECTS; i++) rig.objects[i].size = 0;
  CHECK_EQUAL_INT(open_failing(&rig, &failing, PBK_OPEN_READ_ONLY, &opening), PBK_OK); /* nothing to be read */
  CHECK_EQUAL_INT(opening.is_new, 1);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_CLOSED);
  CHECK_EQUAL_UINT(failing.writes, 0);
  stored_release(&stored);
  rig_close(&rig);
}

/* ---- ids and sequences ---- */

static void engine_ids(void) {
  struct rig rig;
  pbk_opening opening;
  struct stored stored = {{NULL}, {0}};
  open_lived(&rig, 1);
  char key[64];
  memcpy(key, rig.offered[0].key, sizeof key);
  store_keep(&rig, &stored);
  for (int round = 0; round < 2; round++) { /* from a journal alone, then from a snapshot */
    rig.engine_id = "other";
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_REFUSED);
    CHECK_MESSAGE(&opening, "`engine`, not to `other`");
    rig.engine_id = "enginf";
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_READ_ONLY, &opening), PBK_ERR_REFUSED);
    CHECK(round || store_is(&rig, &stored));
    rig.engine_id = ""; /* words: {"", 0} is as good as none */
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
    tell(&rig, "{'type':'track','userId':'somebody','event':'go'}");
    rig_take(&rig);
    rig.engine_id = NULL;
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK); /* it is still the old one's */
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  }
  rig_close(&rig);
  /* The same inputs without a crash between: the same keys. */
  struct rig straight;
  open_lived(&straight, 1);
  CHECK_TEXT(text_from(straight.offered[0].key), key);
  tell(&straight, "{'type':'track','userId':'somebody','event':'go'}");
  rig_take(&straight);
  CHECK_TEXT(text_from(rig.offered[1].key), straight.offered[1].key);
  CHECK(strcmp(straight.offered[0].key, straight.offered[1].key) != 0);
  stored_release(&stored);
  rig_close(&straight);
}

static void durable_sequence(void) {
  struct rig rig;
  pbk_opening opening;
  open_lived(&rig, 2);
  uint64_t earlier = pbk_durable_sequence(rig.engine);
  struct stored stored = {{NULL}, {0}};
  store_keep(&rig, &stored);
  live(&rig, 3);
  uint64_t sequence = pbk_durable_sequence(rig.engine);
  CHECK(sequence > earlier);
  for (int kept = 1; kept >= 0; kept--) {
    if (!kept) store_put(&rig, &stored); /* a disk that lost what it had said to have */
    pbk_open_options options = {.size = sizeof options, .durable_sequence = sequence};
    rig_crash(&rig);
    opening.size = sizeof opening;
    CHECK_EQUAL_INT(rig_open_stored(&rig, &options, &opening), kept ? PBK_OK : PBK_ERR_CORRUPT);
    CHECK_EQUAL_UINT(opening.sequence, kept ? sequence : earlier);
    if (!kept) CHECK_MESSAGE(&opening, "but the host knows of record");
  }
  CHECK(store_is(&rig, &stored));
  for (int i = 0; i < PBK_OBJECTS; i++) rig.objects[i].size = 0; /* or lost all */
  pbk_open_options options = {.size = sizeof options, .durable_sequence = 1};
  CHECK_EQUAL_INT(rig_open_stored(&rig, &options, NULL), PBK_ERR_CORRUPT);
  stored_release(&stored);
  rig_close(&rig);
}

/* ---- torn ends ---- */

/* Wherever the last write is cut, with zeros, other bytes or nothing behind: what was committed before is there, the rest is cut off. */
static void torn_ends(void) {
  struct rig rig;
  struct stored before = {{NULL}, {0}}, after = {{NULL}, {0}};
  pbk_opening opening;
  open_lived(&rig, 2);
  struct digest digest = rig_digest(&rig), later;
  store_keep(&rig, &before);
  tell(&rig, "{'type':'identify','userId':'last','traits':{'n':1}}");
  tell(&rig, "{'type':'identify','userId':'last','traits':{'n':2}}");
  rig_take(&rig);
  later = rig_digest(&rig);
  rig_crash(&rig);
  store_keep(&rig, &after);
  size_t from = before.sizes[0], to = after.sizes[0];
  CHECK(to - from > 100);
  for (size_t size = from; size <= to; size++)
    for (int fill = 0; fill < 3; fill++) {
      store_put(&rig, &after);
      rig.objects[0].size = size;
      if (fill) memset(rig.objects[0].bytes + size, fill == 1 ? 0 : 0xc5, to - size), rig.objects[0].size = to;
      size_t torn = size == to ? 0 : rig.objects[0].size - from;
      check_note("%zu of %zu bytes, %d", size - from, to - from, fill);
      if (!CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK)) continue;
      CHECK_EQUAL_UINT(opening.torn_bytes, torn);
      CHECK_DIGEST(&rig, size == to ? later : digest);
      CHECK(store_is(&rig, size == to ? &after : &before));
    }
  store_put(&rig, &after); /* what follows goes on behind the cut */
  rig.objects[0].size = to - 5;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  tell(&rig, "{'type':'identify','userId':'last','traits':{'n':1}}");
  tell(&rig, "{'type':'identify','userId':'last','traits':{'n':2}}");
  rig_take(&rig);
  CHECK_DIGEST(&rig, later);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.torn_bytes, 0);
  CHECK_DIGEST(&rig, later);
  stored_release(&before);
  stored_release(&after);
  rig_close(&rig);
}

/* The parts of a write may reach the disk in any order: what is valid behind a gap was not durable either, as it says itself. */
static void torn_within(void) {
  struct rig rig;
  struct stored before = {{NULL}, {0}}, after = {{NULL}, {0}};
  pbk_opening opening;
  open_lived(&rig, 2);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  struct digest digest = rig_digest(&rig);
  store_keep(&rig, &before);
  for (int i = 0; i < 3; i++) {
    tell_format(&rig, "{'type':'identify','userId':'last','traits':{'n':%d}}", i);
    pbk_journal_end_record(&rig.engine->journal); /* as where they are many */
  }
  rig_take(&rig);
  rig_crash(&rig);
  store_keep(&rig, &after);
  uint32_t count = record_count(&rig.objects[0]);
  for (uint32_t i = count - 4; i < count; i++) {
    store_put(&rig, &after);
    size_t at = record_place(&rig.objects[0], i);
    memset(rig.objects[0].bytes + at, 0, read_u32(rig.objects[0].bytes + at));
    check_note("record %u of %u", i, count);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.torn_bytes, after.sizes[0] - before.sizes[0]);
    CHECK_DIGEST(&rig, digest);
    CHECK(store_is(&rig, &before));
  }
  stored_release(&before);
  stored_release(&after);
  rig_close(&rig);
}

/* The very first commit, cut short: nothing was ever durable, and it is new. */
static void torn_beginning(void) {
  struct rig rig;
  struct stored after = {{NULL}, {0}};
  pbk_opening opening;
  rig_open(&rig, 0);
  tell(&rig, "{'type':'identify','userId':'u1'}");
  rig_take(&rig);
  rig_crash(&rig);
  store_keep(&rig, &after);
  size_t started = record_place(&rig.objects[0], 1);
  for (size_t size = 1; size < after.sizes[0]; size++) {
    store_put(&rig, &after);
    rig.objects[0].size = size;
    check_note("%zu bytes", size);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
    CHECK((opening.is_new != 0) == (size < started)); /* with its first record it is there, though empty */
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), 0);
    tell(&rig, "{'type':'identify','userId':'u1'}");
    rig_take(&rig);
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, NULL), PBK_OK);
    CHECK_EQUAL_UINT(pbk_lines_taken(rig.engine), 1);
  }
  stored_release(&after);
  rig_close(&rig);
}

/* ---- crashes and failures within ---- */

/* A snapshot during which the storage fails, at each of its calls: the engine refuses everything, and opening finds the state. */
static void failing_snapshots(void) {
  uint32_t fail_at = 1;
  for (bool failed = true; failed; fail_at++) {
    struct rig rig;
    pbk_opening opening;
    open_lived(&rig, 2);
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
    live(&rig, 3);
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
    live(&rig, 4);
    struct digest digest = rig_digest(&rig);
    struct failing failing = {.for_ever = true};
    CHECK_EQUAL_INT(open_failing(&rig, &failing, 0, &opening), PBK_OK);
    check_note("call %u", fail_at);
    failing.fail_at = failing.calls + fail_at;
    pbk_status status = pbk_snapshot(rig.engine, 0);
    failed = status != PBK_OK;
    if (failed) {
      CHECK_EQUAL_INT(status, PBK_ERR_STORAGE);
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_STORAGE);
      CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','userId':'u1'}"), PBK_ERR_STORAGE);
    }
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, &opening), PBK_OK);
    CHECK(opening.generation == 3 || (failed && opening.generation == 2));
    CHECK(fail_at > 1 || opening.generation == 2);
    CHECK_DIGEST(&rig, digest);
    live(&rig, 5);
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_EXISTING, NULL), PBK_OK);
    rig_close(&rig);
  }
  CHECK(fail_at > 12);
}

/* Opening itself, with something to cut off, at each of its calls. */
static void failing_openings(void) {
  struct rig rig;
  struct stored stored = {{NULL}, {0}};
  pbk_opening opening;
  open_lived(&rig, 2);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  live(&rig, 3);
  struct digest digest = rig_digest(&rig);
  rig_crash(&rig);
  rig_append(&rig, PBK_OBJECT_JOURNAL_1, "torn", 4);
  store_keep(&rig, &stored);
  uint32_t fail_at = 1;
  for (;; fail_at++) {
    struct failing failing = {.fail_at = fail_at};
    store_put(&rig, &stored);
    check_note("call %u", fail_at);
    pbk_status status = open_failing(&rig, &failing, 0, &opening);
    if (status == PBK_OK) break;
    CHECK_EQUAL_INT(status, PBK_ERR_STORAGE);
    CHECK_EQUAL_INT(opening.status, PBK_ERR_STORAGE);
    CHECK_MESSAGE(&opening, "the storage failed");
    CHECK(opening.has_place);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK); /* nothing was lost by it */
    CHECK_DIGEST(&rig, digest);
  }
  CHECK(fail_at > 9);
  stored_release(&stored);
  rig_close(&rig);
}

/* A snapshot is durable before anything says that it is there, and the journal behind it before the old one ends; what a process left that
 * was killed is made durable before anything is built on it. */
static void orders(void) {
  struct rig rig;
  open_lived(&rig, 1);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  rig.order_size = 0;
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  CHECK_TEXT(text_from(rig.order), "aaasasas"); /* header, frame and end of it; the new journal; the old one */
  rig.order_size = 0;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_TEXT(text_from(rig.order), "s");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK); /* nothing new: nothing is written */
  CHECK_TEXT(text_from(rig.order), "s");
  rig_close(&rig);
}

/* A crash before the old journal is told that it has ended: on opening it is emptied, so that it never passes for the newest. */
static void not_handed_over(void) {
  struct rig rig;
  struct stored before = {{NULL}, {0}};
  pbk_opening opening;
  open_lived(&rig, 2);
  store_keep(&rig, &before);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  struct digest digest = rig_digest(&rig);
  rig_crash(&rig);
  rig.objects[0].size = before.sizes[0];
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.generation, 1);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_UINT(rig.objects[0].size, 0);
  stored_release(&before);
  rig_close(&rig);
}

int main(void) {
  RUN(new_ones);
  RUN(never_committed);
  RUN(options);
  RUN(by_replay);
  RUN(over_generations);
  RUN(sealed);
  RUN(read_only);
  RUN(engine_ids);
  RUN(durable_sequence);
  RUN(torn_ends);
  RUN(torn_within);
  RUN(torn_beginning);
  RUN(failing_snapshots);
  RUN(failing_openings);
  RUN(orders);
  RUN(not_handed_over);
  return check_report();
}
