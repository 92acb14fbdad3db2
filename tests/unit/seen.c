/* tests/unit/seen.c - messageIds seen before (SPEC E8). */
#include "engine_support.h"

static pbk_status tell_id(struct rig *rig, const char *id, int64_t seconds) {
  return tell_format(rig, "{'type':'identify','userId':'u1','messageId':'%s','timestamp':%" PRId64 "}", id, seconds * 1000);
}

/* Before (time first accepted + window), and not at it; a duplicate does not renew the window. */
static void the_window(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'10s'}");
  CHECK_EQUAL_INT(tell_id(&rig, "m", 5), PBK_OK);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 5), PBK_DUPLICATE);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 14), PBK_DUPLICATE);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','userId':'u1','messageId':'m','timestamp':14999}"), PBK_DUPLICATE);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 15), PBK_OK);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 24), PBK_DUPLICATE);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 25), PBK_OK);
  rig_close(&rig);
}

static void the_default_is_a_day(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 0), PBK_OK);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 86399), PBK_DUPLICATE);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 86400), PBK_OK);
  rig_close(&rig);
}

/* Another window counts at once, for those seen already too. */
static void another_window(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 0), PBK_OK);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'5s','timestamp':5000}");
  CHECK_EQUAL_INT(tell_id(&rig, "m", 5), PBK_OK);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'0s'}");
  CHECK_EQUAL_INT(tell_id(&rig, "m", 5), PBK_OK); /* none at all */
  CHECK_EQUAL_INT(tell_id(&rig, "m", 5), PBK_OK);
  rig_close(&rig);
}

/* A longer one too, whatever was asked for in between. */
static void a_longer_window(void) {
  for (uint32_t asked = 0; asked < 2; asked++) {
    struct rig rig;
    rig_open(&rig, 0);
    TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'5s'}");
    CHECK_EQUAL_INT(tell_id(&rig, "m", 0), PBK_OK);
    if (asked) CHECK_EQUAL_INT(tell_id(&rig, "other", 10), PBK_OK);
    TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'1h','timestamp':20000}");
    CHECK_EQUAL_INT(tell_id(&rig, "m", 30), PBK_DUPLICATE);
    rig_close(&rig);
  }
}

static void what_is_refused_is_not_remembered(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','messageId':'m'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'nonsense','messageId':'m'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(tell_id(&rig, "m", 0), PBK_OK);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'identify','messageId':'m'}"), PBK_DUPLICATE); /* a duplicate before it is wrong */
  rig_close(&rig);
}

/* Many, over a window that moves, against a list; what is forgotten is given back. */
static void many(void) {
  struct rig rig;
  enum { IDS = 400, WINDOW = 100 };
  static int64_t accepted[IDS];
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'settings','dedupe_window':'100s'}");
  for (uint32_t i = 0; i < IDS; i++) accepted[i] = -1000;
  uint64_t random = 6, half = 0;
  int64_t now = 0;
  pbk_counts counts = {.size = sizeof counts};
  for (uint32_t round = 0; round < 12000; round++) {
    char id[16];
    uint32_t number = check_random_below(&random, IDS);
    now += check_random_below(&random, 3) == 0;
    snprintf(id, sizeof id, "m%" PRIu32, number);
    bool seen = now < accepted[number] + WINDOW;
    check_note("round %" PRIu32 " at %" PRId64, round, now);
    CHECK_EQUAL_INT(tell_id(&rig, id, now), seen ? PBK_DUPLICATE : PBK_OK);
    if (!seen) accepted[number] = now;
    if (round % 100 == 0) rig_take(&rig);
    if (round == 6000) {
      pbk_count(rig.engine, &counts);
      half = counts.memory;
    }
  }
  rig_take(&rig);
  pbk_count(rig.engine, &counts);
  CHECK(counts.memory < half * 2 + 65536);
  rig_close(&rig);
}

int main(void) {
  RUN(the_window);
  RUN(the_default_is_a_day);
  RUN(another_window);
  RUN(a_longer_window);
  RUN(what_is_refused_is_not_remembered);
  RUN(many);
  return check_report();
}
