/* tests/unit/journal.c - commands on their way to storage: records, their checksums, one append and one sync (SPEC O8). */
#include "engine/journal.h"
#include "base/checksum.h"
#include "engine_support.h"

static uint32_t read_u32(const unsigned char *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Walks the records; gives how many commands there are, or stops the test where one is broken. */
static uint32_t walk(const unsigned char *bytes, size_t size, enum command_type *types, uint32_t most) {
  struct memory memory;
  struct arena arena;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  uint32_t count = 0, checksum, *previous = NULL;
  for (size_t at = 0; at < size;) {
    if (!CHECK(size - at >= RECORD_LEAST)) break;
    uint32_t length = read_u32(bytes + at);
    if (!CHECK(length <= size - at)) break;
    CHECK_EQUAL_UINT(read_u32(bytes + at + length - 4), pbk_crc32c(0, bytes + at, length - 4));
    if (previous) CHECK_EQUAL_UINT(read_u32(bytes + at + 24), *previous);
    checksum = read_u32(bytes + at + length - 4);
    previous = &checksum;
    struct reader reader = {.at = bytes + at + RECORD_HEAD, .end = bytes + at + length - 4};
    at += length;
    if (*reader.at >= RECORD_START) continue;
    struct brief brief = {0};
    for (; reader.at < reader.end; count++) {
      struct command command = {.type = COMMAND_ANSWER};
      bool fine = *reader.at == BRIEF_SENT ? pbk_read_brief_message(&reader, &brief, &command.number)
                                           : pbk_decode_command(&reader, &arena, &command);
      if (!CHECK(fine)) break;
      if (count < most) types[count] = command.type;
    }
    CHECK(reader.at == reader.end);
  }
  pbk_arena_release(&arena);
  return count;
}

static void records(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  define_usual(&rig);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  size_t before = rig.objects[0].size;
  pbk_counts counts = {.size = sizeof counts}, after = {.size = sizeof after};
  pbk_count(rig.engine, &counts);
  TELL_ALL(&rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'go'},'steps':[{'actions':[{'"
           "email':{'template':'hello','approval':false}}]}]}",
           "{'type':'track','userId':'u1','event':'go'}");
  tell(&rig, "not json");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 5, 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "", 0, NULL), PBK_ERR_REFUSED); /* refused ones too: they move time */
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  pbk_count(rig.engine, &after);
  static const enum command_type wanted[] = {COMMAND_DEFINE,  COMMAND_TRACK,   COMMAND_ANSWER,
                                             COMMAND_REFUSED, COMMAND_ADVANCE, COMMAND_IDENTIFY};
  enum command_type types[6] = {COMMAND_NONE};
  CHECK_EQUAL_UINT(walk(rig.objects[0].bytes + before, rig.objects[0].size - before, types, 6), 6);
  CHECK_EQUAL_UINT(after.commands - counts.commands, 6);
  for (uint32_t i = 0; i < 6; i++) CHECK_EQUAL_INT(types[i], wanted[i]);
  rig_close(&rig);
}

static void nothing_without_storage(void) {
  struct memory memory;
  struct journal journal;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_journal_init(&journal, &memory, NULL);
  struct command command = {.type = COMMAND_ADVANCE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = 5};
  pbk_journal_add(&journal, &command);
  CHECK_EQUAL_UINT(journal.buffer.size, 0);
  CHECK(pbk_journal_flush(&journal));
  pbk_journal_release(&journal);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void one_append_and_one_sync(void) {
  struct rig rig;
  memset(&rig, 0, sizeof rig);
  struct memory memory;
  struct journal journal;
  pbk_storage storage = rig_storage(&rig);
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_journal_init(&journal, &memory, &storage);
  memset(&storage, 0, sizeof storage); /* it was copied */
  CHECK(pbk_journal_flush(&journal));
  CHECK_EQUAL_UINT(rig.appends + rig.syncs, 0);
  struct command command = {.type = COMMAND_ADVANCE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME};
  for (command.to = 0; command.to < 1000; command.to++) pbk_journal_add(&journal, &command);
  CHECK_EQUAL_UINT(rig.appends, 0);
  CHECK(pbk_journal_flush(&journal));
  CHECK_TEXT(text_from(rig.order), "as");
  CHECK_EQUAL_UINT(walk(rig.objects[0].bytes, rig.synced, NULL, 0), 1000);
  CHECK(pbk_journal_flush(&journal));
  CHECK_TEXT(text_from(rig.order), "as");
  uint64_t records = journal.sequence;
  CHECK(records < 10); /* many commands in each */
  pbk_journal_add(&journal, &command);
  rig.fail_sync_at = 2;
  CHECK(!pbk_journal_flush(&journal));
  pbk_journal_add(&journal, &command);
  rig.fail_append_at = 3;
  CHECK(!pbk_journal_flush(&journal));
  CHECK_TEXT(text_from(rig.order), "asasa"); /* no sync after a failed append */
  pbk_journal_release(&journal);
  CHECK_EQUAL_UINT(memory.used, 0);
  free(rig.objects[0].bytes);
}

int main(void) {
  RUN(records);
  RUN(nothing_without_storage);
  RUN(one_append_and_one_sync);
  return check_report();
}
