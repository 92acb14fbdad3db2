/* tests/unit/brief.c - commands told briefly in a record: they come back as they were, and bytes that are none are refused.
 */
#include "base/clock.h"
#include "engine/journal.h"
#include "engine_support.h"

/* A journal that is written and never handed over. */
struct desk {
  struct rig rig;
  struct memory memory;
  struct journal journal;
};

static void begin(struct desk *desk) {
  memset(desk, 0, sizeof *desk);
  pbk_storage storage = rig_storage(&desk->rig);
  pbk_memory_init(&desk->memory, NULL, NULL, UINT64_MAX);
  pbk_journal_init(&desk->journal, &desk->memory, &storage);
}
static void end(struct desk *desk) {
  pbk_journal_release(&desk->journal);
  CHECK_EQUAL_UINT(desk->memory.used, 0);
}
static struct reader reader_of(const struct desk *desk) {
  const struct writer *buffer = &desk->journal.buffer;
  return (struct reader){buffer->bytes, buffer->bytes + buffer->size, false};
}

static struct command event_of(pbk_time at) {
  return (struct command){
    .type = COMMAND_TRACK, .received_at = at, .occurred_at = at, .contact = TEXT("u1"), .event = TEXT("login")};
}
static struct command approval_of(uint64_t message) {
  return (struct command){
    .type = COMMAND_APPROVE, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .number = message};
}

/* Of many sizes, some the same as the one before, some its beginning, or beginning with it. */
static struct text id_of(uint32_t number) {
  static char bytes[PBK_MAX_KEY];
  memset(bytes, 'x', sizeof bytes);
  bytes[number % 7 * 9] = (char)('a' + number % 3);
  return (struct text){bytes, number % 5 ? 1 + number * 37 % PBK_MAX_KEY : PBK_MAX_KEY};
}

/* ---- there and back ---- */

static void events(void) {
  static const pbk_time times[] = {0,           0,           1,     -1,   300, 255, PBK_DAY, TIME_LATEST, TIME_EARLIEST,
                                   TIME_LATEST, PBK_NO_TIME, 65536, 65535};
  static const uint32_t contacts[] = {1, 255, 256, 65535, 65536, 16777215, 16777216, UINT32_MAX};
  enum { TIMES = sizeof times / sizeof *times, CONTACTS = sizeof contacts / sizeof *contacts };
  struct desk desk;
  begin(&desk);
  for (uint32_t i = 0; i < TIMES; i++)
    for (uint32_t j = 0; j < CONTACTS; j++) {
      struct command command = event_of(times[i]);
      command.line = j % 2;
      if (i % 3 == 0) command.message_id = id_of(i * CONTACTS + j);
      CHECK(pbk_write_event(&desk.journal, &command, contacts[j], 1 + (i + j) % 3));
    }
  struct reader reader = reader_of(&desk);
  struct brief brief = {0};
  bool had[3] = {false};
  for (uint32_t i = 0; i < TIMES; i++)
    for (uint32_t j = 0; j < CONTACTS; j++) {
      struct brief_event event;
      uint32_t name = (i + j) % 3;
      check_note("%u of contact %u", i, j);
      CHECK_EQUAL_INT(*reader.at, BRIEF_EVENT + (had[name] ? 0 : BRIEF_NAMED) + (j % 2 ? BRIEF_LINE : 0) +
                                    (i % 3 == 0 ? BRIEF_ID : 0));
      if (!CHECK(pbk_read_brief_event(&reader, &brief, &event))) return;
      CHECK_EQUAL_INT(event.at, times[i]);
      CHECK_EQUAL_UINT(event.contact, contacts[j]);
      CHECK_EQUAL_UINT(event.place, name);
      CHECK(event.line == (j % 2 != 0));
      CHECK(had[name] ? !event.name.bytes : text_equal(event.name, TEXT("login")));
      CHECK(i % 3 == 0 ? text_equal(event.id, id_of(i * CONTACTS + j)) : !event.id.bytes);
      had[name] = true;
    }
  CHECK(reader.at == reader.end);
  end(&desk);
}

static void messages(void) {
  static const uint64_t numbers[] = {1, 2, 3, 3, 1, 100, 40, UINT64_MAX, 0, UINT64_MAX / 2, UINT64_MAX / 2 + 1};
  enum { NUMBERS = sizeof numbers / sizeof *numbers };
  struct desk desk;
  begin(&desk);
  for (uint32_t i = 0; i < NUMBERS; i++) {
    struct command command = approval_of(numbers[i]);
    if (i % 2)
      pbk_write_sent(&desk.journal, numbers[i]);
    else
      CHECK(pbk_write_approval(&desk.journal, &command));
  }
  struct reader reader = reader_of(&desk);
  struct brief brief = {0};
  for (uint32_t i = 0; i < NUMBERS; i++) {
    uint64_t message = 77;
    check_note("message %u", i);
    CHECK_EQUAL_INT(*reader.at, i % 2 ? BRIEF_SENT : BRIEF_APPROVAL);
    CHECK(pbk_read_brief_message(&reader, &brief, &message));
    CHECK_EQUAL_UINT(message, numbers[i]);
  }
  CHECK(reader.at == reader.end);
  end(&desk);
}

/* More names than there are places: each is told again where another one took its place. */
static void places_change_hands(void) {
  struct desk desk;
  begin(&desk);
  for (uint32_t turn = 0; turn < 2; turn++)
    for (uint32_t name = 1; name <= JOURNAL_NAMES + 5; name++) {
      struct command command = event_of(5);
      CHECK(pbk_write_event(&desk.journal, &command, 1, name));
    }
  struct reader reader = reader_of(&desk);
  struct brief brief = {0};
  uint32_t told = 0;
  for (uint32_t i = 0; i < 2 * (JOURNAL_NAMES + 5); i++) {
    struct brief_event event;
    if (!CHECK(pbk_read_brief_event(&reader, &brief, &event))) return;
    CHECK_EQUAL_UINT(event.place, i % (JOURNAL_NAMES + 5) % JOURNAL_NAMES);
    told += event.name.bytes != NULL;
  }
  CHECK_EQUAL_UINT(told, JOURNAL_NAMES + 5 + 10);
  end(&desk);
}

/* ---- what cannot be told so ---- */

static void others_are_not(void) {
  static const pbk_value values = {.kind = PBK_MAP};
  struct command cases[16];
  uint32_t count = 0;
  for (uint32_t i = 0; i < 6; i++) cases[i] = event_of(5);
  static const char bytes[PBK_MAX_KEY + 1];
  cases[count++].message_id = (struct text){bytes, sizeof bytes};
  cases[count++].alone = true;
  cases[count++].account = TEXT("a");
  cases[count++].traits = &values;
  cases[count++].occurred_at = 4;
  cases[count++].received_at = PBK_NO_TIME;
  for (uint32_t i = count; i < count + 5; i++) cases[i] = approval_of(1);
  cases[count++].message_id = TEXT("m");
  cases[count++].line = 1;
  cases[count++].alone = true;
  cases[count++].received_at = 1;
  cases[count++].type = COMMAND_DISCARD;
  struct desk desk;
  begin(&desk);
  for (uint32_t i = 0; i < count; i++) {
    check_note("case %u", i);
    if (cases[i].type == COMMAND_TRACK)
      CHECK(!pbk_write_event(&desk.journal, &cases[i], 1, 1));
    else
      CHECK(!pbk_write_approval(&desk.journal, &cases[i]));
    CHECK_EQUAL_UINT(desk.journal.buffer.size, 0);
  }
  end(&desk);
}

static bool reads(const unsigned char *bytes, size_t size) {
  unsigned char *copy = malloc(size + 1); /* where reading beyond it is seen */
  if (!copy) abort();
  memcpy(copy, bytes, size);
  struct reader reader = {copy, copy + size, false};
  struct brief brief = {0};
  struct brief_event event;
  uint64_t message;
  bool fine = *bytes < BRIEF_APPROVAL ? pbk_read_brief_event(&reader, &brief, &event)
                                      : pbk_read_brief_message(&reader, &brief, &message);
  free(copy);
  return fine;
}

static void bytes_that_are_none(void) {
  static const unsigned char named[] = {BRIEF_EVENT + BRIEF_NAMED, 0x12, 1, 2, 9, 3, 2, 'a', 'b'};
  static const unsigned char sent[] = {BRIEF_SENT, 0x80, 1};
  unsigned char changed[32] = {0};
  CHECK(reads(named, sizeof named));
  for (size_t size = 1; size < sizeof named; size++) CHECK(!reads(named, size));
  CHECK(reads(sent, sizeof sent));
  for (size_t size = 1; size < sizeof sent; size++) CHECK(!reads(sent, size));
  memcpy(changed, named, sizeof named);
  changed[1] = 0x02; /* no contact */
  CHECK(!reads(changed, sizeof changed));
  changed[1] = 0x12, changed[4] = 0;
  CHECK(!reads(changed, sizeof changed));
  changed[4] = 9, changed[5] = JOURNAL_NAMES; /* no such place */
  CHECK(!reads(changed, sizeof changed));
  changed[5] = 3, changed[6] = 0; /* an empty name */
  CHECK(!reads(changed, sizeof changed));
  changed[6] = 2;
  CHECK(reads(changed, sizeof changed));
  changed[1] = 0x52; /* five bytes of a contact, nine of a time */
  CHECK(!reads(changed, sizeof changed));
  changed[1] = 0x19;
  CHECK(!reads(changed, sizeof changed));
  static const unsigned char with_id[] = {BRIEF_EVENT + BRIEF_ID, 0x12, 1, 2, 9, 3, 0, 2, 'a', 'b'};
  CHECK(reads(with_id, sizeof with_id));
  for (size_t size = 1; size < sizeof with_id; size++) CHECK(!reads(with_id, size));
  memcpy(changed, with_id, sizeof with_id);
  changed[6] = 1; /* begins as one that was not there */
  CHECK(!reads(changed, sizeof changed));
  changed[6] = 0, changed[7] = 0; /* is empty */
  CHECK(!reads(changed, sizeof changed));
  memset(changed, 0xff, sizeof changed); /* a time that is none */
  changed[0] = BRIEF_EVENT, changed[1] = 0x18, changed[11] = 0;
  CHECK(!reads(changed, sizeof changed));
}

int main(void) {
  RUN(events);
  RUN(messages);
  RUN(places_change_hands);
  RUN(others_are_not);
  RUN(bytes_that_are_none);
  return check_report();
}
