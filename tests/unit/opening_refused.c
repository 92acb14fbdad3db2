/* tests/unit/opening_refused.c - what opening refuses: damage where something was durable, missing generations, foreign files, newer versions.
 * It says where and why, and changes nothing. */
#include "engine/opening.h"

#include "storage_support.h"

static void live(struct rig *rig, uint32_t day) {
  tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'go','timestamp':%" PRIu64 "}", day, day * UINT64_C(86400000));
  tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'n':%" PRIu32 "}}", day, day);
  rig_take(rig);
}

/* Three commits after the definitions, and where the journal stands after each. */
static void open_lived(struct rig *rig, struct stored *stored) {
  rig_open(rig, 0);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'task':{"
                "'title':'Call'}}]}]}");
  for (uint32_t day = 1; day <= 3; day++) live(rig, day);
  if (stored) store_keep(rig, stored);
}

/* Opening what stands there is refused so, and leaves it as it is. */
static bool refused(struct rig *rig, pbk_status wanted, pbk_object object, uint64_t offset, const char *says) {
  struct stored before = {{NULL}, {0}};
  pbk_opening opening;
  store_keep(rig, &before);
  bool held = CHECK_EQUAL_INT(rig_reopen(rig, 0, &opening), wanted);
  CHECK(rig->engine == NULL);
  held = CHECK(store_is(rig, &before)) && held;
  held = CHECK_MESSAGE(&opening, says) && held;
  held = CHECK(opening.has_place) && CHECK_EQUAL_INT(opening.object, object) && CHECK_EQUAL_UINT(opening.offset, offset) && held;
  CHECK_EQUAL_INT(rig_reopen(rig, PBK_OPEN_READ_ONLY, &opening), wanted);
  stored_release(&before);
  return held;
}

/* ---- damage ---- */

/* Every record before the last commit is durable, as those behind it say: no byte of it can change. */
static void any_record(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  open_lived(&rig, &fine);
  rig_crash(&rig);
  struct rig_object *journal = &rig.objects[0];
  uint32_t count = record_count(journal), last = count - 2; /* commands and a commit */
  CHECK(read_u32(journal->bytes + record_place(journal, last) + 16) == last); /* what it says is durable */
  for (uint32_t i = 1; i < last; i++) {
    size_t from = record_place(journal, i), size = read_u32(journal->bytes + from);
    for (size_t at = 0; at < size; at += at < RECORD_HEAD || at + 5 > size ? 1 : 7) {
      journal->bytes[from + at] ^= 0x41;
      check_note("record %u, byte %zu", i, at);
      bool held = refused(&rig, PBK_ERR_CORRUPT, 0, from, "a record is damaged that was durable");
      journal->bytes[from + at] ^= 0x41;
      if (!held) return;
    }
  }
  /* Zeros over any part of it, or a piece that is missing. */
  for (size_t from = record_place(journal, 1); from + 60 < record_place(journal, last); from += 97) {
    check_note("from %zu", from);
    store_put(&rig, &fine);
    memset(journal->bytes + from, 0, 50);
    pbk_opening opening;
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
    CHECK(opening.has_place && opening.offset <= from && opening.dropped_records >= 3);
    store_put(&rig, &fine);
    memmove(journal->bytes + from, journal->bytes + from + 50, journal->size - from - 50);
    journal->size -= 50;
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
    CHECK(opening.has_place && opening.offset <= from);
  }
  store_put(&rig, &fine);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  stored_release(&fine);
  rig_close(&rig);
}

/* A commit that only tells what was taken, damaged: it too was durable, as the next one says. */
static void lone_commit(void) {
  struct rig rig;
  open_lived(&rig, NULL);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  tell(&rig, "{'type':'identify','userId':'u1'}");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  rig_crash(&rig);
  struct rig_object *journal = &rig.objects[0];
  size_t at = record_place(journal, record_count(journal) - 3);
  CHECK_EQUAL_INT(journal->bytes[at + RECORD_HEAD], RECORD_COMMIT);
  journal->bytes[at + 30] ^= 1;
  refused(&rig, PBK_ERR_CORRUPT, 0, at, "a record is damaged that was durable");
  rig_close(&rig);
}

static void damaged_beginning(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  open_lived(&rig, &fine);
  rig_crash(&rig);
  for (size_t at = 0; at < record_place(&rig.objects[0], 1); at++) {
    store_put(&rig, &fine);
    rig.objects[0].bytes[at] ^= 0x20;
    check_note("byte %zu", at);
    if (!refused(&rig, PBK_ERR_CORRUPT, 0, 0, at < 8 ? "this is not a journal of libplaybook" : "the journal's beginning is damaged")) break;
  }
  store_put(&rig, &fine);
  memset(rig.objects[0].bytes, 0, 60);
  refused(&rig, PBK_ERR_CORRUPT, 0, 0, "the journal's beginning is damaged");
  stored_release(&fine);
  rig_close(&rig);
}

/* Records that read well and cannot be repeated. */
static void not_repeatable(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  open_lived(&rig, &fine);
  rig_crash(&rig);
  struct rig_object *journal = &rig.objects[0];
  size_t start = record_place(journal, 0);
  uint32_t count = record_count(journal);
  size_t commit = record_place(journal, count - 1), command = record_place(journal, count - 2);
  journal->bytes[commit + read_u32(journal->bytes + commit) - 6] ^= 1; /* the digest of the outputs */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_DIVERGED, 0, commit, "gave other outputs");
  store_put(&rig, &fine);
  journal->bytes[command + read_u32(journal->bytes + command) - 5] ^= 1; /* n is another number: no output of it */
  reseal_journal(journal);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  store_put(&rig, &fine);
  journal->bytes[command + RECORD_HEAD] = 99; /* no command */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_CORRUPT, 0, command, "a command that cannot be read");
  store_put(&rig, &fine);
  journal->bytes[command + RECORD_HEAD] = COMMAND_ANSWER; /* nothing was offered */
  reseal_journal(journal);
  pbk_opening opening;
  pbk_status status = rig_reopen(&rig, 0, &opening);
  CHECK(status == PBK_ERR_DIVERGED || status == PBK_ERR_CORRUPT);
  store_put(&rig, &fine);
  journal->bytes[commit + RECORD_HEAD + 1] = 0x80; /* its flags take another byte: one is missing at the end */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_CORRUPT, 0, commit, "a commit that cannot be read");
  store_put(&rig, &fine);
  journal->bytes[start + read_u32(journal->bytes + start) - 10] ^= 1; /* definitions that no new engine has */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_DIVERGED, 0, JOURNAL_HEADER, "gave other outputs");
  store_put(&rig, &fine);
  journal->bytes[start + read_u32(journal->bytes + start) - 6] ^= 1; /* a digest of outputs that no new engine has */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_DIVERGED, 0, JOURNAL_HEADER, "gave other outputs");
  stored_release(&fine);
  rig_close(&rig);
}

/* A commit says that more outputs were taken than were made. */
static void more_taken_than_made(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'define','kind':'role','key':'r'}"), PBK_OK);
  rig_take(&rig); /* flags 0, one line, no part, one output, none taken, its digest */
  rig_crash(&rig);
  struct rig_object *journal = &rig.objects[0];
  size_t commit = record_place(journal, 2);
  CHECK_EQUAL_UINT(journal->bytes[commit + RECORD_HEAD + 4], 1);
  CHECK_EQUAL_UINT(journal->bytes[commit + RECORD_HEAD + 5], 0);
  journal->bytes[commit + RECORD_HEAD + 5] = 1;
  reseal_journal(journal);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DRAINED(&rig, "");
  rig_crash(&rig);
  journal->bytes[commit + RECORD_HEAD + 5] = 2;
  reseal_journal(journal);
  refused(&rig, PBK_ERR_DIVERGED, 0, commit, "gave other outputs");
  rig_close(&rig);
}

/* ---- generations ---- */

static void missing_generations(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  pbk_opening opening;
  open_lived(&rig, NULL);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  live(&rig, 4);
  store_keep(&rig, &fine);
  rig_crash(&rig);
  size_t handed_over = rig.objects[0].size;
  rig.objects[1].size = 0; /* the newest journal is gone */
  refused(&rig, PBK_ERR_CORRUPT, 0, handed_over, "handed over to the next generation, which is missing or damaged");
  store_put(&rig, &fine);
  rig.objects[1].bytes[3] ^= 1; /* or something else stands in its place */
  refused(&rig, PBK_ERR_CORRUPT, 0, handed_over, "handed over");
  store_put(&rig, &fine);
  rig.objects[1].bytes[JOURNAL_HEADER + 40] ^= 1; /* or its first record is damaged */
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  CHECK(opening.has_place);
  store_put(&rig, &fine);
  rig.objects[PBK_OBJECT_SNAPSHOT_1].size = 0; /* its snapshot is gone: the one before does not serve */
  refused(&rig, PBK_ERR_CORRUPT, PBK_OBJECT_SNAPSHOT_1, 0, "the snapshot is damaged");
  store_put(&rig, &fine);
  rig.objects[0].size = 0; /* the generation before is not needed */
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  rig_crash(&rig);
  rig.objects[1].size = 0; /* both journals are gone */
  refused(&rig, PBK_ERR_CORRUPT, 0, 0, "the journal that belongs to it is missing");
  stored_release(&fine);
  rig_close(&rig);
}

/* Journals in each other's places are not taken. */
static void swapped_journals(void) {
  struct rig rig;
  open_lived(&rig, NULL);
  rig_crash(&rig);
  struct rig_object even = rig.objects[0];
  rig.objects[0] = rig.objects[1];
  rig.objects[1] = even;
  refused(&rig, PBK_ERR_CORRUPT, 1, 0, "no beginning that can be read");
  rig_close(&rig);
}

/* ---- what is not ours, or of another version ---- */

static void foreign_files(void) {
  struct rig rig;
  memset(&rig, 0, sizeof rig);
  static const char text[] = "Dear diary, today I was mistaken for a journal.";
  store_set(&rig, 0, text, sizeof text);
  refused(&rig, PBK_ERR_CORRUPT, 0, 0, "this is not a journal of libplaybook");
  store_set(&rig, 0, "x", 1);
  refused(&rig, PBK_ERR_CORRUPT, 0, 0, "this is not a journal of libplaybook");
  rig.objects[0].size = 0;
  store_set(&rig, 1, text, sizeof text);
  refused(&rig, PBK_ERR_CORRUPT, 1, 0, "no beginning");
  rig.objects[1].size = 0;
  store_set(&rig, PBK_OBJECT_SNAPSHOT_0, text, sizeof text);
  refused(&rig, PBK_ERR_CORRUPT, 0, 0, "there is a snapshot");
  rig_close(&rig);
}

static void newer_versions(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  open_lived(&rig, &fine);
  rig_crash(&rig);
  struct rig_object *journal = &rig.objects[0];
  journal->bytes[8] = JOURNAL_MAJOR + 1;
  reseal_journal(journal);
  refused(&rig, PBK_ERR_UNSUPPORTED, 0, 8, "written by a newer version");
  store_put(&rig, &fine);
  journal->bytes[12] = 1; /* a feature */
  reseal_journal(journal);
  refused(&rig, PBK_ERR_UNSUPPORTED, 0, 8, "written by a newer version");
  store_put(&rig, &fine);
  journal->bytes[JOURNAL_HEADER + RECORD_HEAD + 1] = SEMANTICS_VERSION + 1;
  reseal_journal(journal);
  refused(&rig, PBK_ERR_UNSUPPORTED, 0, JOURNAL_HEADER, "other semantics");
  pbk_opening opening = {.size = sizeof opening};
  struct rig to; /* nor is it salvaged: repeating it would give another state */
  memset(&to, 0, sizeof to);
  pbk_storage from_storage = rig_storage(&rig), to_storage = rig_storage(&to);
  pbk_config config = {.size = sizeof config};
  CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, &to_storage, &opening), PBK_ERR_UNSUPPORTED);
  CHECK_EQUAL_UINT(to.objects[0].size + to.objects[1].size, 0);
  rig_free(&to);
  store_put(&rig, &fine);
  journal->bytes[10] = 77; /* a later minor version is read */
  reseal_journal(journal);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  stored_release(&fine);
  rig_close(&rig);
}

/* A newer version in the other slot: it is not written over, though this one could be read. */
static void newer_in_the_other(void) {
  struct rig rig;
  open_lived(&rig, NULL);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  rig_crash(&rig);
  rig.objects[1].bytes[8] = JOURNAL_MAJOR + 1;
  seal_header(rig.objects[1].bytes);
  refused(&rig, PBK_ERR_UNSUPPORTED, 1, 8, "written by a newer version");
  rig_close(&rig);
}

int main(void) {
  RUN(any_record);
  RUN(lone_commit);
  RUN(damaged_beginning);
  RUN(not_repeatable);
  RUN(more_taken_than_made);
  RUN(missing_generations);
  RUN(swapped_journals);
  RUN(foreign_files);
  RUN(newer_versions);
  RUN(newer_in_the_other);
  return check_report();
}
