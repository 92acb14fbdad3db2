/* tests/unit/repeating.c - a journal of events in rows, approvals and answers, repeated: the same engine, whatever stands
 * between them and however many lives it took to write. */
#include "engine/journal.h"
#include "storage_support.h"

enum { CONTACTS = 100, NAMES = JOURNAL_NAMES + 20 };

static void define(struct rig *rig) {
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'keen','when':'events(`e1`).count(days(2)) >= 2'}",
           "{'type':'define','kind':'persona','key':'lost','when':'events(`e2`).quiet(days(1))'}",
           "{'type':'define','kind':'channel','key':'email'}", "{'type':'define','kind':'template','key':'hello'}",
           "{'type':'define','kind':'sender','key':'ann'}", "{'type':'define','kind':'settings','default_sender':'ann'}",
           "{'type':'define','kind':'playbook','key':'care','active':true,'reentry':'always','trigger':[{'persona':'keen'},{"
           "'event':'e3'}],"
           "'steps':[{'actions':[{'email':{'template':'hello'}}]}]}");
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char line[80];
    snprintf(line, sizeof line, "{'type':'identify','userId':'u%u'}", i);
    tell(rig, line);
  }
}

/* A day of one life: rows of an hour, what became ready, and approvals of what waits. */
struct life {
  struct rig *rig;
  uint64_t random;
  pbk_time now;
  uint64_t approved; /* up to this message */
  uint32_t gone;     /* contacts below it are deleted */
};

static void live(struct life *life, uint32_t hours, uint32_t names) {
  enum { ROWS = 150 };
  struct rig *rig = life->rig;
  static char texts[NAMES][8];
  pbk_text given[NAMES];
  pbk_row rows[ROWS];
  for (uint32_t i = 0; i < NAMES; i++) {
    snprintf(texts[i], sizeof texts[i], "e%u", i);
    given[i] = words(texts[i]);
  }
  for (uint32_t hour = 0; hour < hours; hour++) {
    uint32_t count = check_random_below(&life->random, ROWS);
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < count; i++) {
      char key[8];
      snprintf(key, sizeof key, "u%u", life->gone + check_random_below(&life->random, CONTACTS - life->gone));
      rows[i].kind = check_random_below(&life->random, 20) ? PBK_ROW_TRACK : PBK_ROW_STAGE;
      rows[i].name = check_random_below(&life->random, names);
      rows[i].received_at = life->now + (pbk_time)i * PBK_SECOND - (check_random_below(&life->random, 9) ? 0 : PBK_MINUTE);
      rows[i].occurred_at = check_random_below(&life->random, 9) ? PBK_NO_TIME : life->now - PBK_DAY;
      CHECK_EQUAL_INT(pbk_find(rig->engine, PBK_HANDLE_CONTACT, key, strlen(key), &rows[i].contact), PBK_OK);
    }
    CHECK_EQUAL_INT(pbk_track_many(rig->engine, rows, sizeof *rows, count, given, names, NULL), PBK_OK);
    for (uint32_t i = 0; i < 6;
         i++) { /* by a call and by a line: of contacts that are new, and that are not; a refused one between */
      char key[16], line[120];
      int size = snprintf(key, sizeof key, "n%u", check_random_below(&life->random, 50));
      const pbk_text *name = &given[check_random_below(&life->random, names)];
      CHECK_EQUAL_INT(pbk_track(rig->engine, NULL, key, (size_t)size, NULL, 0, name->bytes, name->size, NULL), PBK_OK);
      CHECK_EQUAL_INT(pbk_track(rig->engine, NULL, key, (size_t)size, NULL, 0, "", 0, NULL), PBK_ERR_REFUSED);
      snprintf(line, sizeof line, "{'type':'track','userId':'l%u','event':'e%u'}", check_random_below(&life->random, 50),
               check_random_below(&life->random, names));
      tell(rig, line);
      tell(rig, "{'type':'track','userId':'u1'}");
    }
    life->now += PBK_HOUR;
    CHECK_EQUAL_INT(pbk_advance(rig->engine, life->now, 0), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_OK);
    pbk_counts counts = {.size = sizeof counts};
    pbk_count(rig->engine, &counts);
    uint64_t open[ROWS * 4];
    uint32_t waiting = 0;
    for (uint64_t message = life->approved + 1; message <= life->approved + ROWS; message++) {
      pbk_envelope none = {.size = sizeof none, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME};
      if (pbk_approve_many(rig->engine, &none, &message, 1, NULL) != PBK_OK) continue;
      open[waiting++] = message;
    }
    if (waiting) life->approved = open[waiting - 1];
    if (waiting > 3) CHECK_EQUAL_INT(pbk_approve_many(rig->engine, NULL, open, waiting, NULL), PBK_OK); /* once more */
    if (hour % 5 == 4) {
      char line[60];
      snprintf(line, sizeof line, "{'type':'delete','userId':'u%u'}", life->gone++);
      tell(rig, line);
    }
  }
  CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_OK);
}

static void several_lives(void) {
  for (uint64_t seed = 1; seed <= 6; seed++) {
    struct rig rig, whole;
    check_note("seed %" PRIu64, seed);
    rig_open(&rig, 0);
    rig_open(&whole, 0);
    define(&rig);
    define(&whole);
    struct life life = {.rig = &rig, .random = seed}, other = {.rig = &whole, .random = seed};
    for (uint32_t turn = 0; turn < 4; turn++) {
      uint32_t names = turn % 2 ? NAMES : 6;
      live(&life, 12, names);
      live(&other, 12, names);
      CHECK_EQUAL_UINT(life.approved, other.approved);
      CHECK(life.approved > 0);
      CHECK_DIGEST(&whole, rig_digest(&rig));
      if (turn == 2) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK); /* a new list of names */
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      CHECK_DIGEST(&whole, rig_digest(&rig));
    }
    rig_close(&rig);
    rig_close(&whole);
  }
}

/* Events with messageIds, some seen before, and with properties, which only one trigger looks at; facts between them. */
static void lines_of_clients(void) {
  for (uint64_t seed = 1; seed <= 4; seed++) {
    struct rig rig, whole, *rigs[2] = {&rig, &whole};
    uint64_t random = seed;
    uint32_t duplicates = 0;
    for (int i = 0; i < 2; i++) {
      rig_open(rigs[i], 0);
      define(rigs[i]);
      TELL_ALL(rigs[i], "{'type':'define','kind':'settings','dedupe_window':'40s'}",
               "{'type':'define','kind':'playbook','key':'asks','active':true,'trigger':{'event':'e2','where':'event."
               "properties.n > 2'},"
               "'reentry':'always','steps':[{'actions':[{'task':{'title':'Call'}}]}]}");
    }
    for (uint32_t line = 1; line <= 400; line++) {
      uint32_t contact = check_random_below(&random, 4), name = check_random_below(&random, 5),
               id = check_random_below(&random, 60);
      bool traits = check_random_below(&random, 6) == 0;
      for (int i = 0; i < 2; i++) {
        pbk_status status =
          traits
            ? tell_format(rigs[i],
                          "{'type':'identify','userId':'u%u','messageId':'node-next-%u','timestamp':%u,'traits':{'n':%u}}",
                          contact, id, line * 1000, name)
            : tell_format(rigs[i],
                          "{'type':'track','userId':'u%u','event':'e%u','messageId':'node-next-%u-%u','properties':{'n':%u},"
                          "'timestamp':'2026-01-31T10:%02u:%02uZ'}",
                          contact, name, id, id * 7, line % 5, line / 60, line % 60);
        duplicates += status == PBK_DUPLICATE;
      }
      if (line % 50) continue;
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
      CHECK_EQUAL_INT(pbk_commit(whole.engine), PBK_OK);
      if (line == 200) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      CHECK_DIGEST(&whole, rig_digest(&rig));
    }
    CHECK(duplicates > 50);
    for (int i = 0; i < 2; i++) rig_close(rigs[i]);
  }
}

/* ---- what cannot be repeated ---- */

/* Where the last record begins whose first byte is this one; 0: there is none. */
static size_t last_record(const struct rig_object *journal, int type) {
  size_t found = 0;
  for (size_t at = JOURNAL_HEADER; at < journal->size; at += read_u32(journal->bytes + at))
    if (journal->bytes[at + RECORD_HEAD] == type) found = at;
  return found;
}

/* A record that is changed so that it is valid, but says something else; its successors hold its checksum. */
static void reseal_from(struct rig_object *journal, size_t at) {
  for (; at < journal->size; at += read_u32(journal->bytes + at)) {
    seal_record(journal->bytes + at);
    size_t next = at + read_u32(journal->bytes + at);
    if (next < journal->size) put_u32(journal->bytes + next + 24, read_u32(journal->bytes + next - 4));
  }
}

static void what_is_refused(void) {
  static const struct {
    int type;
    uint32_t at;
    unsigned char byte;
    pbk_status status;
  } cases[] = {{BRIEF_EVENT + BRIEF_NAMED, 1, 0xff, PBK_ERR_CORRUPT},
               {BRIEF_EVENT + BRIEF_NAMED, 0, BRIEF_EVENT, PBK_ERR_CORRUPT}, /* a place without a name */
               {BRIEF_SENT, 1, 100, PBK_ERR_DIVERGED},                       /* another message than the one that is ready */
               {BRIEF_SENT, 1, 0x80, PBK_ERR_CORRUPT}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    pbk_opening opening;
    pbk_handle contact;
    uint64_t message = 1;
    pbk_text name = words("e9");
    check_note("case %u", i);
    rig_open(&rig, 0);
    define(&rig);
    CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u2", 2, NULL, 0, "e3", 2, NULL), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_INT(pbk_approve_many(rig.engine, NULL, &message, 1, NULL), PBK_OK);
    CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_DAY, 0), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "u1", 2, &contact), PBK_OK);
    pbk_row row = {.received_at = 50, .occurred_at = PBK_NO_TIME, .contact = contact};
    CHECK_EQUAL_INT(pbk_track_many(rig.engine, &row, sizeof row, 1, &name, 1, NULL), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    size_t at = last_record(&rig.objects[0], cases[i].type);
    if (CHECK(at > 0)) {
      rig.objects[0].bytes[at + RECORD_HEAD + cases[i].at] = cases[i].byte;
      reseal_from(&rig.objects[0], at);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), cases[i].status);
      CHECK_EQUAL_UINT(opening.offset, at);
    }
    rig_close(&rig);
  }
}

/* An event of a contact that is not there, or is there no more. */
static void unknown_contacts(void) {
  for (uint32_t i = 0; i < 2; i++) {
    struct rig rig;
    pbk_opening opening;
    pbk_handle contact;
    pbk_text name = words("e9");
    rig_open(&rig, 0);
    define(&rig);
    tell(&rig, "{'type':'delete','userId':'u3'}");
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "u1", 2, &contact), PBK_OK);
    pbk_row row = {.received_at = 1, .occurred_at = PBK_NO_TIME, .contact = contact};
    CHECK_EQUAL_INT(pbk_track_many(rig.engine, &row, sizeof row, 1, &name, 1, NULL), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    size_t at = last_record(&rig.objects[0], BRIEF_EVENT + BRIEF_NAMED);
    if (CHECK(at > 0)) {
      CHECK_EQUAL_UINT(rig.objects[0].bytes[at + RECORD_HEAD + 3], 2);
      rig.objects[0].bytes[at + RECORD_HEAD + 3] = i ? 4 : CONTACTS + 1;
      reseal_from(&rig.objects[0], at);
      CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_DIVERGED);
      CHECK_EQUAL_UINT(opening.offset, at);
    }
    rig_close(&rig);
  }
}

int main(void) {
  RUN(several_lives);
  RUN(lines_of_clients);
  RUN(what_is_refused);
  RUN(unknown_contacts);
  return check_report();
}
