/* tests/unit/salvage.c - what can be trusted of a damaged storage, into another one: up to the first damaged record, or the generation before. */
#include "engine/opening.h"

#include "storage_support.h"

static void live(struct rig *rig, uint32_t day) {
  tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'go','timestamp':%" PRIu64 "}", day, day * UINT64_C(86400000));
  tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'n':%" PRIu32 "}}", day, day);
  CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_OK); /* nothing is drained: all outputs are to be there afterwards */
}

/* `snapshots` generations of two days each, and two days more; the digest after each day. */
static void open_lived(struct rig *rig, uint32_t snapshots, struct digest *digests) {
  rig_open(rig, 0);
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'task':{"
                "'title':'Call'}},{'email':{'template':'hello','approval':false}}]}]}");
  rig_take(rig);
  digests[0] = rig_digest(rig);
  for (uint32_t day = 1; day <= snapshots * 2 + 2; day++) {
    live(rig, day);
    digests[day] = rig_digest(rig);
    if (day % 2 == 0 && day / 2 <= snapshots) CHECK_EQUAL_INT(pbk_snapshot(rig->engine, 0), PBK_OK);
  }
  rig_crash(rig);
}

/* Salvages into a new rig; the damaged one must stay as it is. */
static pbk_status salvage(struct rig *from, struct rig *to, pbk_opening *opening) {
  struct stored before = {{NULL}, {0}};
  memset(to, 0, sizeof *to);
  to->wait = PBK_WAIT_DEFAULT;
  pbk_storage from_storage = rig_storage(from), to_storage = rig_storage(to);
  pbk_config config = {.size = sizeof config, .allocate = rig_allocate, .allocate_context = from, .memory_budget = from->budget};
  store_keep(from, &before);
  opening->size = sizeof *opening;
  pbk_status status = pbk_salvage(&config, &from_storage, &to_storage, opening);
  CHECK_EQUAL_INT(opening->status, status);
  CHECK(store_is(from, &before));
  CHECK_EQUAL_UINT(from->out, 0);
  stored_release(&before);
  return status;
}

/* Opens what was salvaged. */
static void check_salvaged(struct rig *to, struct digest wanted) {
  pbk_opening opening;
  if (!CHECK_EQUAL_INT(rig_reopen(to, PBK_OPEN_EXISTING, &opening), PBK_OK)) return;
  CHECK_DIGEST(to, wanted);
  CHECK_EQUAL_UINT(opening.torn_bytes, 0);
  live(to, 50);
  CHECK_EQUAL_INT(rig_reopen(to, PBK_OPEN_EXISTING, NULL), PBK_OK);
}

/* ---- damaged records ---- */

/* The first day's commit is damaged: nobody knows any more what it said, nor whether what is behind it hangs together. */
static void up_to_the_damage(void) {
  struct rig rig, to;
  struct digest digests[20];
  pbk_opening opening;
  open_lived(&rig, 0, digests);
  struct rig_object *journal = &rig.objects[0];
  uint32_t count = record_count(journal), commits = 0, damaged = count;
  while (commits < 4) /* two for a day: before its message is offered, and behind the answer */
    commits += journal->bytes[record_place(journal, --damaged) + RECORD_HEAD] == RECORD_COMMIT;
  size_t damage = record_place(journal, damaged);
  journal->bytes[damage + 30] ^= 1;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.dropped_records, count - opening.sequence - 1); /* but the damaged one */
  CHECK(opening.dropped_bytes > journal->size - damage);
  CHECK(opening.generation == 0);
  CHECK_MESSAGE(&opening, "generation 0 up to record ");
  CHECK_MESSAGE(&opening, "; dropped behind it: ");
  CHECK_EQUAL_INT(rig_reopen(&to, PBK_OPEN_EXISTING, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.generation, 1); /* a snapshot, with nothing behind it */
  CHECK_EQUAL_UINT(to.objects[0].size, 0);
  check_salvaged(&to, digests[0]);
  rig_close(&to);
  rig_close(&rig);
}

static bool is_answer(int type) { return type == COMMAND_ANSWER || type == BRIEF_SENT; }

/* Each record damaged in turn: what is salvaged is what was committed before it, and can be worked with. */
static void any_record(void) {
  struct rig rig, to;
  struct stored fine = {{NULL}, {0}};
  struct digest digests[20];
  pbk_opening opening;
  open_lived(&rig, 1, digests);
  store_keep(&rig, &fine);
  struct rig_object *journal = &rig.objects[1];
  uint32_t count = record_count(journal), days = 2;
  for (uint32_t i = 1; i < count; i++) {
    store_put(&rig, &fine);
    size_t at = record_place(journal, i);
    int type = journal->bytes[at + RECORD_HEAD];
    journal->bytes[at + 9] ^= 0x80;
    check_note("record %u", i);
    CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.generation, 1);
    CHECK_EQUAL_UINT(opening.dropped_records, (uint64_t)count + opening.snapshot_sequence - opening.sequence - 1);
    pbk_opening found;
    CHECK_EQUAL_INT(rig_reopen(&to, 0, &found), PBK_OK);
    pbk_counts counts = {.size = sizeof counts};
    pbk_count(to.engine, &counts);
    CHECK_EQUAL_UINT(counts.contacts, days);
    if (counts.messages_open == 0 && found.offered_again == 0 && opening.offered_again + opening.unknown_outcome == 0)
      CHECK_DIGEST(&to, digests[days]);
    rig_close(&to);
    if (is_answer(type)) continue;
    if (type == RECORD_COMMIT && i + 1 < count && is_answer(journal->bytes[record_place(journal, i + 1) + RECORD_HEAD])) days++;
  }
  CHECK_EQUAL_UINT(days, 4);
  stored_release(&fine);
  rig_close(&rig);
}

/* Nothing is wrong: a copy. */
static void nothing_damaged(void) {
  struct rig rig, to;
  struct digest digests[20];
  pbk_opening opening;
  for (uint32_t snapshots = 0; snapshots < 3; snapshots++) {
    open_lived(&rig, snapshots, digests);
    CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.dropped_records + opening.dropped_bytes, 0);
    CHECK_EQUAL_UINT(opening.generation, snapshots);
    CHECK_EQUAL_INT(rig_reopen(&to, 0, NULL), PBK_OK);
    const char *text = rig_drain(&to); /* outputs that nobody had taken are there too */
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    CHECK_TEXT(text_from(rig_drain(&rig)), text);
    CHECK_EQUAL_UINT(pbk_lines_taken(to.engine), pbk_lines_taken(rig.engine));
    check_salvaged(&to, digests[snapshots * 2 + 2]);
    rig_close(&to);
    rig_close(&rig);
  }
}

/* ---- damaged generations ---- */

/* The newest generation is lost, with its snapshot, its journal, or both: the one before, to its end. */
static void the_one_before(void) {
  for (int lost = 0; lost < 4; lost++) {
    struct rig rig, to;
    struct digest digests[20];
    pbk_opening opening;
    open_lived(&rig, 2, digests);
    check_note("case %d", lost);
    if (lost == 0) rig.objects[PBK_OBJECT_SNAPSHOT_0].bytes[200] ^= 1;
    if (lost == 1) rig.objects[PBK_OBJECT_SNAPSHOT_0].size = 0;
    if (lost == 2) rig.objects[PBK_OBJECT_JOURNAL_0].size = 0;
    if (lost == 3) rig.objects[PBK_OBJECT_JOURNAL_0].bytes[12] ^= 1;
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
    CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
    CHECK_EQUAL_UINT(opening.generation, 1);
    CHECK_MESSAGE(&opening, "generation 1, as the newer one cannot be read");
    check_salvaged(&to, digests[4]);
    rig_close(&to);
    rig_close(&rig);
  }
}

static void nothing_left(void) {
  struct rig rig, to;
  struct digest digests[20];
  pbk_opening opening;
  open_lived(&rig, 2, digests);
  rig.objects[PBK_OBJECT_SNAPSHOT_0].bytes[200] ^= 1;
  rig.objects[PBK_OBJECT_SNAPSHOT_1].bytes[200] ^= 1;
  CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_ERR_CORRUPT);
  CHECK(opening.has_place);
  for (int i = 0; i < PBK_OBJECTS; i++) CHECK_EQUAL_UINT(to.objects[i].size, 0);
  rig_free(&to);
  for (int i = 0; i < PBK_OBJECTS; i++) rig.objects[i].size = 0;
  CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_ERR_CORRUPT);
  CHECK_MESSAGE(&opening, "no generation of it can be read");
  rig_free(&to);
  rig_close(&rig);
}

/* ---- what belongs to the engine ---- */

/* The engine's id is kept, and so are the keys of messages; what was in doubt is decided. */
static void ids_and_doubts(void) {
  struct rig rig, to;
  struct digest digests[20];
  pbk_opening opening;
  open_lived(&rig, 0, digests);
  char key[64];
  memcpy(key, rig.offered[1].key, sizeof key);
  struct rig_object *journal = &rig.objects[0];
  uint32_t count = record_count(journal);
  journal->size = record_place(journal, count - 2); /* the last answer and its commit are gone: offered, and no outcome */
  CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 1);
  to.engine_id = "other";
  CHECK_EQUAL_INT(rig_reopen(&to, 0, NULL), PBK_ERR_REFUSED);
  to.engine_id = NULL;
  CHECK_EQUAL_INT(rig_reopen(&to, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.offered_again, 0);
  rig_drain(&to);
  CHECK_EQUAL_INT(pbk_commit(to.engine), PBK_OK);
  CHECK_EQUAL_UINT(to.offers, 1);
  CHECK_EQUAL_UINT(to.offered[0].attempt, 2);
  CHECK_TEXT(text_from(to.offered[0].key), key);
  rig_close(&to);
  rig_close(&rig);
}

/* ---- what can be wrong with the call ---- */

static void arguments(void) {
  struct rig rig, to;
  struct digest digests[20];
  pbk_opening opening = {.size = sizeof opening};
  open_lived(&rig, 0, digests);
  memset(&to, 0, sizeof to);
  pbk_storage from_storage = rig_storage(&rig), to_storage = rig_storage(&to), part = to_storage;
  pbk_config config = {.size = sizeof config};
  CHECK_EQUAL_INT(pbk_salvage(NULL, &from_storage, &to_storage, &opening), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_salvage(&config, NULL, &to_storage, &opening), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, NULL, &opening), PBK_ERR_ARGUMENT);
  part.truncate = NULL;
  CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, &part, &opening), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_salvage(&config, &part, &to_storage, &opening), PBK_ERR_ARGUMENT);
  opening.size = 4;
  CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, &to_storage, &opening), PBK_ERR_SIZE_TOO_SMALL);
  opening.size = sizeof opening;
  for (int i = 0; i < PBK_OBJECTS; i++) { /* it is not written over */
    store_set(&to, i, "x", 1);
    CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, &to_storage, &opening), PBK_ERR_ARGUMENT);
    CHECK_MESSAGE(&opening, "not empty");
    CHECK_EQUAL_UINT(to.objects[i].size, 1);
    to.objects[i].size = 0;
  }
  CHECK_EQUAL_INT(pbk_salvage(&config, &from_storage, &to_storage, NULL), PBK_OK);
  rig_free(&to);
  rig_close(&rig);
}

/* Either storage fails at any of its calls: it is said, and tried again into an empty one it succeeds. */
static void failing_calls(void) {
  for (int side = 0; side < 2; side++) {
    uint32_t fail_at = 1;
    for (pbk_status status = PBK_ERR_STORAGE; status != PBK_OK; fail_at++) {
      struct rig rig, to;
      struct digest digests[20];
      pbk_opening opening = {.size = sizeof opening};
      open_lived(&rig, 1, digests);
      memset(&to, 0, sizeof to);
      struct failing failing = {.rig = side ? &to : &rig, .fail_at = fail_at};
      pbk_storage fails = failing_storage(&failing), other = rig_storage(side ? &rig : &to);
      pbk_config config = {.size = sizeof config, .allocate = rig_allocate, .allocate_context = &rig};
      check_note("side %d, call %u", side, fail_at);
      status = side ? pbk_salvage(&config, &other, &fails, &opening) : pbk_salvage(&config, &fails, &other, &opening);
      if (status != PBK_OK) CHECK_EQUAL_INT(status, PBK_ERR_STORAGE);
      if (status != PBK_OK) CHECK_MESSAGE(&opening, "failed");
      CHECK_EQUAL_UINT(rig.out, 0);
      rig_free(&to);
      CHECK_EQUAL_INT(salvage(&rig, &to, &opening), PBK_OK);
      rig_free(&to);
      rig_close(&rig);
    }
    CHECK(fail_at > 5);
  }
}

int main(void) {
  RUN(up_to_the_damage);
  RUN(any_record);
  RUN(nothing_damaged);
  RUN(the_one_before);
  RUN(nothing_left);
  RUN(ids_and_doubts);
  RUN(arguments);
  RUN(failing_calls);
  return check_report();
}
