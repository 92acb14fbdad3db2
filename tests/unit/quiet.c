/* tests/unit/quiet.c - audiences that are nothing but quiet(): they come and go exactly as those do that say the same among
 * other things, whatever happens to their subjects, their definitions and the engine (SPEC A1, X3, X6). */
#include "storage_support.h"

enum { CHANGES_MOST = 1 << 17, WHO = 12 };

/* What became of one persona or segment: the lines that end with its name, without it. */
struct changes {
  char text[CHANGES_MOST];
  size_t size;
};

static void collect(struct changes *changes, const char *outputs, const char *name) {
  size_t name_size = strlen(name);
  for (const char *end; (end = strchr(outputs, '\n')); outputs = end + 1) {
    size_t size = (size_t)(end - outputs);
    if (size <= name_size || memcmp(end - name_size, name, name_size) != 0) continue;
    if (changes->size + size + 1 >= CHANGES_MOST) abort();
    memcpy(changes->text + changes->size, outputs, size - name_size);
    changes->size += size - name_size;
    changes->text[changes->size++] = '\n';
  }
}

static struct changes alone, among, alone_of_accounts, among_of_accounts;

static void check_same(struct changes *a, struct changes *b) {
  a->text[a->size] = b->text[b->size] = 0;
  CHECK_TEXT(text_from(a->text), b->text);
}

static void take(struct rig *rig) {
  const char *outputs = rig_take(rig);
  collect(&alone, outputs, " alone");
  collect(&among, outputs, " among");
  collect(&alone_of_accounts, outputs, " alone-a");
  collect(&among_of_accounts, outputs, " among-a");
}

static void define_both(struct rig *rig, const char *window) {
  CHECK_EQUAL_INT(
    tell_format(rig, "{'type':'define','kind':'persona','key':'alone','when':'events(`e`).quiet(duration(`%s`))'}", window),
    PBK_OK);
  CHECK_EQUAL_INT(
    tell_format(
      rig,
      "{'type':'define','kind':'persona','key':'among','when':'contact.id != `x` && events(`e`).quiet(duration(`%s`))'}",
      window),
    PBK_OK);
  CHECK_EQUAL_INT(
    tell_format(
      rig, "{'type':'define','kind':'segment','key':'alone-a','of':'account','when':'events(`e`).quiet(duration(`%s`))'}",
      window),
    PBK_OK);
  CHECK_EQUAL_INT(tell_format(rig,
                              "{'type':'define','kind':'segment','key':'among-a','of':'account',"
                              "'when':'account.id != `x` && events(`e`).quiet(duration(`%s`))'}",
                              window),
                  PBK_OK);
}

static uint64_t members_of(const struct rig *rig, pbk_definition_kind kind, const char *key) {
  pbk_handle handle;
  uint64_t members = UINT64_MAX;
  CHECK_EQUAL_INT(pbk_find(rig->engine, kind, key, strlen(key), &handle), PBK_OK);
  CHECK_EQUAL_INT(pbk_member_count(rig->engine, handle, &members), PBK_OK);
  return members;
}

/* Events of now and late ones, some before all else, creations, deletions, redefinitions, snapshots and crashes. */
static void as_among_others(void) {
  static const char *const windows[] = {"1h", "90m", "10s"};
  for (uint64_t seed = 1; seed <= 12; seed++) {
    struct rig rig;
    uint64_t random = seed, now = 50000000;
    rig_open(&rig, 0);
    rig.times = true;
    alone.size = among.size = alone_of_accounts.size = among_of_accounts.size = 0;
    tell_format(&rig, "{'type':'advance','timestamp':%" PRIu64 "}", now);
    define_both(&rig, "1h");
    for (uint32_t step = 0; step < 600; step++) {
      uint32_t who = check_random_below(&random, WHO), what = check_random_below(&random, 100);
      uint64_t late = check_random_below(&random, 3) ? 0 : check_random_below(&random, 8000000);
      now += check_random_below(&random, 900) * (check_random_below(&random, 4) ? 1000 : 7000);
      if (what < 70)
        tell_format(&rig,
                    "{'type':'track','userId':'u%" PRIu32 "','event':'%s','receivedAt':%" PRIu64 ",'timestamp':%" PRIu64 "}",
                    who, what < 50 ? "e" : "other", now, now - late);
      else if (what < 84)
        tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", who,
                    who % 3, now);
      else if (what < 88)
        tell_format(&rig, "{'type':'delete','userId':'u%" PRIu32 "','timestamp':%" PRIu64 "}", who, now);
      else if (what < 89)
        tell_format(&rig, "{'type':'delete','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", who % 3, now);
      else if (what < 91)
        define_both(&rig, windows[check_random_below(&random, 3)]);
      else if (what < 94)
        tell_format(&rig, "{'type':'advance','timestamp':%" PRIu64 "}", now += 3000000);
      else if (what < 97) {
        take(&rig);
        if (what < 96) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
        CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      }
      take(&rig);
      CHECK_EQUAL_UINT(members_of(&rig, PBK_HANDLE_PERSONA, "alone"), members_of(&rig, PBK_HANDLE_PERSONA, "among"));
    }
    tell_format(&rig, "{'type':'advance','timestamp':%" PRIu64 "}", now + 100000000);
    take(&rig);
    CHECK(alone.size > 2000 && alone_of_accounts.size > 500);
    check_same(&alone, &among);
    check_same(&alone_of_accounts, &among_of_accounts);
    rig_close(&rig);
  }
}

/* What is not only quiet, or of nothing or of something else, is as ever. */
static void edges(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'advance','timestamp':1000000}",
           "{'type':'define','kind':'persona','key':'nothing','when':'events(`e`).quiet(duration(`0s`))'}",
           "{'type':'define','kind':'persona','key':'less','when':'events(`e`).quiet(duration(`-1s`))'}",
           "{'type':'define','kind':'persona','key':'not','when':'!events(`e`).quiet(duration(`1m`))'}",
           "{'type':'define','kind':'persona','key':'account','when':'account_events(`e`).quiet(duration(`1m`))'}",
           "{'type':'define','kind':'persona','key':'long','when':'events(`e`).quiet(duration(`2500000h`))'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e'}");
  CHECK_OUTPUTS(&rig, "1000000000 tagged u1 nothing\n1000000000 tagged u1 less\n1000000000 tagged u1 not\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 1000000000 + PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "1060000000 untagged u1 not\n");
  rig_close(&rig);
}

/* The next time at which anything can be due, and nothing once all is quiet. */
static void next_due(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'q','when':'events(`e`).quiet(duration(`1h`))'}",
           "{'type':'track','userId':'u1','event':'e','timestamp':5000}");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), 5 * PBK_SECOND + PBK_HOUR);
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':9000}");
  CHECK(pbk_next_due(rig.engine) <= 9 * PBK_SECOND + PBK_HOUR);
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 9 * PBK_SECOND + PBK_HOUR - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 9 * PBK_SECOND + PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u1 q\n");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  rig_close(&rig);
}

int main(void) {
  RUN(as_among_others);
  RUN(edges);
  RUN(next_due);
  return check_report();
}
