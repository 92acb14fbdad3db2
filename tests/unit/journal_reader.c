/* tests/unit/journal_reader.c - reading a journal record by record, believing nothing. */
#include "engine/journal_reader.h"

#include "storage_support.h"

struct desk {
  struct rig rig;
  struct failing failing;
  pbk_storage storage;
  struct memory memory;
  struct journal journal;
  struct journal_reader reader;
};

static void begin(struct desk *desk) {
  memset(desk, 0, sizeof *desk);
  desk->failing.rig = &desk->rig;
  desk->storage = failing_storage(&desk->failing);
  pbk_memory_init(&desk->memory, NULL, NULL, UINT64_MAX);
  pbk_journal_init(&desk->journal, &desk->memory, &desk->storage);
}

static void end(struct desk *desk) {
  pbk_journal_release(&desk->journal);
  if (desk->reader.window.memory) pbk_close_reader(&desk->reader);
  CHECK_EQUAL_UINT(desk->memory.used, 0);
  rig_free(&desk->rig);
}

static const struct record_start start_of = {.semantics = SEMANTICS_VERSION,
                                             .engine_id = {"the engine", 10},
                                             .snapshot_checksum = 0x12345678,
                                             .snapshot_bytes = 77777,
                                             .definitions = 0xfedcba98,
                                             .digest = 0xffffffff,
                                             .last_output = UINT64_MAX};
static const struct record_commit commit_of = {.flags = COMMIT_HANDED_OVER, .lines = 300, .part = 2, .last_output = UINT64_MAX,
                                               .last_taken = 5, .digest = 0x80000001};

static void add_advance(struct desk *desk, pbk_time to) {
  struct command command = {.type = COMMAND_ADVANCE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = to};
  pbk_journal_add(&desk->journal, &command);
  pbk_journal_end_record(&desk->journal);
}

/* start, three advances, commit, an advance, sealed: of generation 6, in two writes. */
static void write_journal(struct desk *desk) {
  pbk_journal_begin(&desk->journal, 6, &start_of);
  for (pbk_time to = 1; to <= 3; to++) add_advance(desk, to);
  pbk_journal_commit(&desk->journal, RECORD_COMMIT, &commit_of);
  CHECK(pbk_journal_flush(&desk->journal));
  add_advance(desk, 4);
  pbk_journal_commit(&desk->journal, RECORD_SEALED, &commit_of);
  CHECK(pbk_journal_flush(&desk->journal));
}

static enum journal_header open_reader(struct desk *desk) {
  if (desk->reader.window.memory) pbk_close_reader(&desk->reader);
  CHECK(pbk_open_reader(&desk->reader, &desk->storage, &desk->memory, PBK_OBJECT_JOURNAL_0));
  return pbk_read_header(&desk->reader);
}

static uint32_t count_records(struct desk *desk) {
  struct record record;
  uint32_t count = 0;
  while (pbk_read_record(&desk->reader, &record)) count++;
  return count;
}

/* ---- headers ---- */

static void headers(void) {
  struct desk desk;
  begin(&desk);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_EMPTY);
  write_journal(&desk);
  struct stored fine = {{NULL}, {0}};
  store_keep(&desk.rig, &fine);
  unsigned char *header = desk.rig.objects[0].bytes;
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_FINE);
  CHECK_EQUAL_UINT(desk.reader.generation, 6);
  CHECK_EQUAL_UINT(desk.reader.at, JOURNAL_HEADER);
  header[10] = 9; /* a later minor version is read */
  seal_header(header);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_FINE);
  header[8] = 2;
  seal_header(header);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_NEWER);
  header[8] = 0;
  seal_header(header);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_NEWER);
  store_put(&desk.rig, &fine);
  for (int bit = 0; bit < 32; bit++) {
    put_u32(header + 12, (uint32_t)1 << bit);
    seal_header(header);
    CHECK_EQUAL_INT(open_reader(&desk), HEADER_NEWER);
  }
  store_put(&desk.rig, &fine);
  for (uint32_t at = 0; at < JOURNAL_HEADER; at++) { /* no byte of it can change */
    header[at] ^= 0x10;
    check_note("byte %u", at);
    CHECK_EQUAL_INT(open_reader(&desk), at < 8 ? HEADER_FOREIGN : HEADER_TORN);
    header[at] ^= 0x10;
  }
  for (size_t size = 1; size < JOURNAL_HEADER; size++) { /* a write cut short, with and without zeros behind it */
    check_note("%zu bytes", size);
    store_set(&desk.rig, 0, fine.bytes[0], size);
    CHECK_EQUAL_INT(open_reader(&desk), HEADER_TORN);
    memset(desk.rig.objects[0].bytes + size, 0, JOURNAL_HEADER - size);
    desk.rig.objects[0].size = JOURNAL_HEADER + 10;
    CHECK_EQUAL_INT(open_reader(&desk), HEADER_TORN);
  }
  store_set(&desk.rig, 0, "hello", 5);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_FOREIGN);
  store_set(&desk.rig, 0, "PBKSNAPS, or what else there is", 31);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_FOREIGN);
  stored_release(&fine);
  end(&desk);
}

/* ---- records ---- */

static void in_order(void) {
  struct desk desk;
  struct record record;
  begin(&desk);
  write_journal(&desk);
  CHECK_EQUAL_INT(open_reader(&desk), HEADER_FINE);
  static const struct {
    int type;
    uint64_t durable;
    bool ends;
  } wanted[] = {{RECORD_START, 0, true},     {COMMAND_ADVANCE, 0, false}, {COMMAND_ADVANCE, 0, false}, {COMMAND_ADVANCE, 0, false},
                {RECORD_COMMIT, 0, true}, {COMMAND_ADVANCE, 5, false}, {RECORD_SEALED, 5, true}};
  uint64_t at = JOURNAL_HEADER;
  for (uint32_t i = 0; i < 7; i++) {
    check_note("record %u", i);
    if (!CHECK(pbk_read_record(&desk.reader, &record))) break;
    CHECK_EQUAL_INT(record.type, wanted[i].type);
    CHECK_EQUAL_UINT(record.sequence, i + 1);
    CHECK_EQUAL_UINT(record.durable, wanted[i].durable);
    CHECK(record_ends_commit(&record) == wanted[i].ends);
    CHECK_EQUAL_UINT(record.at, at);
    CHECK_EQUAL_UINT(record.end - record.body, record.size - RECORD_HEAD - 4);
    at += record.size;
    struct record_start start;
    struct record_commit commit;
    if (i == 0 && CHECK(pbk_read_start(&record, &start))) {
      CHECK_EQUAL_UINT(start.semantics, SEMANTICS_VERSION);
      CHECK_TEXT(start.engine_id, "the engine");
      CHECK_EQUAL_UINT(start.snapshot_checksum, 0x12345678);
      CHECK_EQUAL_UINT(start.snapshot_bytes, 77777);
      CHECK_EQUAL_UINT(start.definitions, 0xfedcba98);
      CHECK_EQUAL_UINT(start.digest, 0xffffffff);
      CHECK_EQUAL_UINT(start.last_output, UINT64_MAX);
    }
    if (i > 0) CHECK(!pbk_read_start(&record, &start));
    if ((i == 4 || i == 6) && CHECK(pbk_read_commit(&record, &commit))) {
      CHECK_EQUAL_UINT(commit.flags, COMMIT_HANDED_OVER);
      CHECK_EQUAL_UINT(commit.lines, 300);
      CHECK_EQUAL_UINT(commit.part, 2);
      CHECK_EQUAL_UINT(commit.last_output, UINT64_MAX);
      CHECK_EQUAL_UINT(commit.last_taken, 5);
      CHECK_EQUAL_UINT(commit.digest, 0x80000001);
    }
  }
  CHECK(!pbk_read_record(&desk.reader, &record));
  CHECK(!pbk_read_record(&desk.reader, &record));
  CHECK(!desk.reader.window.failed);
  CHECK_EQUAL_UINT(desk.reader.at, desk.rig.objects[0].size);
  CHECK_EQUAL_UINT(desk.reader.sequence, 7);
  end(&desk);
}

/* Whatever bit is wrong, the record it stands in is not read, nor any behind it; those before it are. */
static void any_bit(void) {
  struct desk desk;
  begin(&desk);
  write_journal(&desk);
  struct rig_object *object = &desk.rig.objects[0];
  for (uint32_t i = 0; i < 7; i++) {
    size_t from = record_place(object, i), size = read_u32(object->bytes + from);
    for (size_t bit = 0; bit < size * 8; bit++) {
      object->bytes[from + bit / 8] ^= (unsigned char)(1 << bit % 8);
      open_reader(&desk);
      uint32_t count = count_records(&desk);
      check_note("record %u, bit %zu", i, bit);
      if (count != i || desk.reader.at != from) CHECK_EQUAL_UINT(count, i);
      object->bytes[from + bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
  }
  open_reader(&desk);
  CHECK_EQUAL_UINT(count_records(&desk), 7);
  size_t whole = object->size, last = record_place(object, 6);
  for (object->size = last; object->size < whole; object->size++) {
    open_reader(&desk);
    if (count_records(&desk) != 6) CHECK(false);
  }
  end(&desk);
}

/* Right checksums, and yet not the record that comes next. */
static void not_the_next(void) {
  struct desk desk;
  begin(&desk);
  write_journal(&desk);
  struct rig_object *object = &desk.rig.objects[0];
  struct stored fine = {{NULL}, {0}};
  store_keep(&desk.rig, &fine);
  size_t third = record_place(object, 2), fourth = record_place(object, 3);
  static const struct {
    const char *what;
    uint32_t at;
    unsigned char value;
  } cases[] = {{"another generation", 4, 5},  {"a later sequence", 8, 4}, {"the same sequence", 8, 2},
               {"durable before it was there", 16, 3}, {"not behind the one before", 24, 0}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    store_put(&desk.rig, &fine);
    object->bytes[third + cases[i].at] = cases[i].value;
    if (cases[i].at == 24) object->bytes[third + 24] = (unsigned char)(fine.bytes[0][third + 24] + 1);
    seal_record(object->bytes + third);
    open_reader(&desk);
    check_note("%s", cases[i].what);
    CHECK_EQUAL_UINT(count_records(&desk), 2);
  }
  store_put(&desk.rig, &fine); /* one that is missing altogether */
  memmove(object->bytes + third, object->bytes + fourth, object->size - fourth);
  object->size -= fourth - third;
  open_reader(&desk);
  CHECK_EQUAL_UINT(count_records(&desk), 2);
  store_put(&desk.rig, &fine); /* sizes that cannot be */
  static const uint32_t sizes[] = {0, 1, RECORD_LEAST - 1, 0x7fffffff, 0xffffffff, 0xfffffffc};
  for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    put_u32(object->bytes + third, sizes[i]);
    open_reader(&desk);
    CHECK_EQUAL_UINT(count_records(&desk), 2);
    CHECK(!desk.reader.window.failed);
  }
  stored_release(&fine);
  end(&desk);
}

/* The last record tells that the journal was handed over, and nothing else does. */
static void handed_over(void) {
  static const uint32_t generations[] = {0, 6, 126, 127, 300, UINT32_MAX};
  for (uint32_t i = 0; i < sizeof generations / sizeof *generations; i++) {
    struct desk desk;
    begin(&desk);
    pbk_journal_begin(&desk.journal, generations[i], &start_of);
    add_advance(&desk, 1);
    CHECK(pbk_journal_flush(&desk.journal));
    struct rig_object *object = &desk.rig.objects[generations[i] % 2];
    size_t before = object->size;
    pbk_journal_handover(&desk.journal);
    CHECK(pbk_journal_flush(&desk.journal));
    desk.reader = (struct journal_reader){0};
    check_note("generation %" PRIu32, generations[i]);
    for (uint32_t whole = 0; whole < 2; whole++) {
      CHECK(pbk_open_reader(&desk.reader, &desk.storage, &desk.memory,
                            generations[i] % 2 ? PBK_OBJECT_JOURNAL_1 : PBK_OBJECT_JOURNAL_0));
      CHECK(pbk_read_header(&desk.reader) == HEADER_FINE);
      CHECK(pbk_ends_with_handover(&desk.reader) == !whole);
      pbk_close_reader(&desk.reader);
      object->bytes[before - 1] ^= 1; /* the record before is another one */
    }
    for (size_t at = before; at < object->size; at++) {
      object->bytes[at] ^= 4;
      CHECK(pbk_open_reader(&desk.reader, &desk.storage, &desk.memory,
                            generations[i] % 2 ? PBK_OBJECT_JOURNAL_1 : PBK_OBJECT_JOURNAL_0));
      CHECK(pbk_read_header(&desk.reader) == HEADER_FINE && !pbk_ends_with_handover(&desk.reader));
      pbk_close_reader(&desk.reader);
      object->bytes[at] ^= 4;
    }
    object->size = before;
    CHECK(pbk_open_reader(&desk.reader, &desk.storage, &desk.memory,
                          generations[i] % 2 ? PBK_OBJECT_JOURNAL_1 : PBK_OBJECT_JOURNAL_0));
    CHECK(pbk_read_header(&desk.reader) == HEADER_FINE && !pbk_ends_with_handover(&desk.reader));
    end(&desk);
  }
}

/* Starts and commits whose bytes are not such, under right checksums. */
static void hostile_bodies(void) {
  struct writer writer = {.memory = NULL};
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  writer.memory = &memory;
  struct desk desk;
  begin(&desk);
  write_journal(&desk);
  struct rig_object *object = &desk.rig.objects[0];
  for (uint32_t number = 0; number < 5; number += 4) {
    const unsigned char *bytes = object->bytes + record_place(object, number);
    uint32_t size = read_u32(bytes) - RECORD_HEAD - 4;
    for (uint32_t cut = 0; cut <= size + 1; cut++) {
      unsigned char *body = malloc(size + 2);
      if (!body) abort();
      memcpy(body, bytes + RECORD_HEAD, size);
      body[size] = 0;
      struct record record = {.body = body, .end = body + cut};
      struct record_start start;
      struct record_commit commit;
      check_note("record %u, %u of %u bytes", number, cut, size);
      CHECK((number == 0 ? pbk_read_start(&record, &start) : pbk_read_commit(&record, &commit)) == (cut == size));
      free(body);
    }
  }
  struct record_start start;
  pbk_write_u8(&writer, RECORD_START);
  pbk_write_uint(&writer, UINT64_C(1) << 40); /* semantics far ahead are not taken for ours */
  pbk_write_text(&writer, TEXT(""));
  pbk_write_u32(&writer, 0);
  pbk_write_uint(&writer, 0);
  pbk_write_u32(&writer, 0);
  pbk_write_u32(&writer, 0);
  pbk_write_uint(&writer, 0);
  struct record record = {.body = writer.bytes, .end = writer.bytes + writer.size};
  CHECK(pbk_read_start(&record, &start));
  CHECK_EQUAL_UINT(start.semantics, UINT32_MAX);
  pbk_writer_release(&writer);
  end(&desk);
}

/* ---- scanning ---- */

static void scanning(void) {
  struct desk desk;
  uint64_t durable, count;
  begin(&desk);
  write_journal(&desk);
  struct rig_object *object = &desk.rig.objects[0];
  struct stored fine = {{NULL}, {0}};
  store_keep(&desk.rig, &fine);
  open_reader(&desk);
  CHECK(pbk_scan_records(&desk.reader, 0, 0, &durable, &count));
  CHECK_EQUAL_UINT(count, 7);
  CHECK_EQUAL_UINT(durable, 5);
  CHECK(pbk_scan_records(&desk.reader, 0, 5, &durable, &count)); /* past the fifth only */
  CHECK_EQUAL_UINT(count, 2);
  CHECK(pbk_scan_records(&desk.reader, record_place(object, 3) + 1, 0, &durable, &count));
  CHECK_EQUAL_UINT(count, 3);
  CHECK(pbk_scan_records(&desk.reader, object->size, 0, &durable, &count));
  CHECK_EQUAL_UINT(count + durable, 0);
  object->bytes[record_place(object, 5) + 30] ^= 1; /* the last but one is damaged, the last is found behind it */
  open_reader(&desk);
  CHECK(pbk_scan_records(&desk.reader, record_place(object, 5), 5, &durable, &count));
  CHECK_EQUAL_UINT(count, 1);
  CHECK_EQUAL_UINT(durable, 5);
  store_put(&desk.rig, &fine); /* bytes are missing: nothing stands where it was */
  memmove(object->bytes + 70, object->bytes + 75, object->size - 75);
  object->size -= 5;
  open_reader(&desk);
  CHECK(pbk_scan_records(&desk.reader, 60, 1, &durable, &count));
  CHECK(count >= 4);
  CHECK_EQUAL_UINT(durable, 5);
  store_put(&desk.rig, &fine); /* another generation's do not count, unless nobody knows which it is */
  open_reader(&desk);
  desk.reader.generation = 8;
  CHECK(pbk_scan_records(&desk.reader, 0, 0, &durable, &count));
  CHECK_EQUAL_UINT(count, 0);
  desk.reader.any_generation = true;
  CHECK(pbk_scan_records(&desk.reader, 0, 0, &durable, &count));
  CHECK_EQUAL_UINT(count, 7);
  stored_release(&fine);
  end(&desk);
}

/* ---- storage ---- */

/* A record larger than what is in memory at a time, with small ones around it. */
static void large_records(void) {
  enum { SIZE = 3 << 20 };
  struct desk desk;
  struct record record;
  begin(&desk);
  char *bytes = malloc(SIZE);
  if (!bytes) abort();
  for (uint32_t i = 0; i < SIZE; i++) bytes[i] = (char)(i * 7 + (i >> 11));
  struct command zones = {.type = COMMAND_ZONES, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .zones = {bytes, SIZE}};
  pbk_journal_begin(&desk.journal, 0, &start_of);
  for (uint32_t i = 0; i < 3000; i++) add_advance(&desk, i);
  pbk_journal_add(&desk.journal, &zones);
  for (uint32_t i = 0; i < 30000; i++) add_advance(&desk, i);
  CHECK(pbk_journal_flush(&desk.journal));
  open_reader(&desk);
  uint32_t count = 0;
  while (pbk_read_record(&desk.reader, &record)) {
    count++;
    if ((int)record.type != COMMAND_ZONES) continue;
    CHECK_EQUAL_UINT(count, 3002);
    CHECK(memcmp(record.end - SIZE, bytes, SIZE) == 0);
  }
  CHECK_EQUAL_UINT(count, 33002);
  CHECK(desk.failing.calls < 100); /* pieces of a MiB, not one for each record */
  free(bytes);
  end(&desk);
}

static void failing_calls(void) {
  struct desk desk;
  struct record record;
  uint64_t durable, count;
  begin(&desk);
  write_journal(&desk);
  for (uint32_t i = 0; i < 50000; i++) add_advance(&desk, i); /* more than is in memory at a time */
  CHECK(pbk_journal_flush(&desk.journal));
  desk.failing.fail_at = ++desk.failing.calls + 1;
  CHECK(!pbk_open_reader(&desk.reader, &desk.storage, &desk.memory, PBK_OBJECT_JOURNAL_0));
  CHECK(desk.reader.window.failed);
  CHECK(pbk_open_reader(&desk.reader, &desk.storage, &desk.memory, PBK_OBJECT_JOURNAL_0));
  desk.failing.fail_at = desk.failing.calls + 1;
  pbk_read_header(&desk.reader);
  CHECK(desk.reader.window.failed);
  CHECK(!pbk_read_record(&desk.reader, &record)); /* not again */
  CHECK(!pbk_scan_records(&desk.reader, 0, 0, &durable, &count));
  pbk_close_reader(&desk.reader);
  CHECK(pbk_open_reader(&desk.reader, &desk.storage, &desk.memory, PBK_OBJECT_JOURNAL_0));
  CHECK_EQUAL_INT(pbk_read_header(&desk.reader), HEADER_FINE);
  CHECK(pbk_read_record(&desk.reader, &record));
  desk.failing.fail_at = desk.failing.calls + 1;
  while (pbk_read_record(&desk.reader, &record)) continue;
  CHECK(desk.reader.window.failed);
  CHECK(!pbk_scan_records(&desk.reader, 0, 0, &durable, &count));
  end(&desk);
}

int main(void) {
  RUN(headers);
  RUN(in_order);
  RUN(any_bit);
  RUN(not_the_next);
  RUN(handed_over);
  RUN(hostile_bodies);
  RUN(scanning);
  RUN(large_records);
  RUN(failing_calls);
  return check_report();
}
