/* tests/unit/pass.c - which memberships a cause looks at, in which order, and when they wake (SPEC T6, T7, A1, X6). */
#include "engine_support.h"

/* Definition order, then the order of the subjects' creation; personas that name a segment follow in the same pass. */
static void in_order(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'big','of':'account','when':'account.traits.n > 5'}",
           "{'type':'define','kind':'persona','key':'of-big','when':'segment(`big`)'}",
           "{'type':'define','kind':'segment','key':'direct','when':'account.traits.n > 5'}",
           "{'type':'group','userId':'u2','groupId':'a1','traits':{'n':1}}",
           "{'type':'group','userId':'u1','groupId':'a1'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'group','groupId':'a1','traits':{'n':9}}");
  CHECK_OUTPUTS(&rig, "entered a1 big\ntagged u2 of-big\ntagged u1 of-big\nentered u2 direct\nentered u1 direct\n");
  TELL_ALL(&rig, "{'type':'group','userId':'u1','groupId':'a2'}"); /* moved: what it read of its account is another */
  CHECK_OUTPUTS(&rig, "untagged u1 of-big\nleft u1 direct\n");
  TELL_ALL(&rig, "{'type':'delete','groupId':'a1'}"); /* E9 */
  CHECK_OUTPUTS(&rig, "left a1 big\nuntagged u2 of-big\nleft u2 direct\n");
  rig_close(&rig);
}

/* What is read decides what is looked at: each kind of change reaches its readers. */
static void each_change_reaches_its_readers(void) {
  static const struct {
    const char *condition, *change, *wanted;
  } cases[] = {
    {"contact.id == `u9`", "{'type':'alias','previousId':'u1','userId':'u9'}", "tagged u9 tried\n"},
    {"contact.stage == `s`", "{'type':'stage','userId':'u1','stage':'s'}", "tagged u1 tried\n"},
    {"contact.health < 5", "{'type':'health','userId':'u1','health':4.5}", "tagged u1 tried\n"},
    {"contact.traits.n == 1", "{'type':'identify','userId':'u1','traits':{'m':0,'n':1}}", "tagged u1 tried\n"},
    {"contact.traits.size() > 0", "{'type':'identify','userId':'u1','traits':{'x':0}}", "tagged u1 tried\n"},
    {"events(`e`).count() > 0", "{'type':'track','userId':'u1','event':'e'}", "tagged u1 tried\n"},
    {"account_events(`e`).count() > 0", "{'type':'track','userId':'u2','event':'e'}", "tagged u1 tried\ntagged u2 tried\n"},
    {"account.stage == `s`", "{'type':'stage','groupId':'a1','stage':'s'}", "tagged u1 tried\ntagged u2 tried\n"},
    {"account.health > 5", "{'type':'health','groupId':'a1','health':6}", "tagged u1 tried\ntagged u2 tried\n"},
    {"account.traits.n == 1", "{'type':'group','groupId':'a1','traits':{'n':1}}", "tagged u1 tried\ntagged u2 tried\n"},
    {"!has(account.id)", "{'type':'delete','groupId':'a1'}", "tagged u1 tried\ntagged u2 tried\n"},
    {"account.id == `a2`", "{'type':'group','userId':'u2','groupId':'a2'}", "tagged u2 tried\n"},
    {"contact.created_at < timestamp(`1970-01-01T00:00:05Z`)",
     "{'type':'track','userId':'u1','event':'other','timestamp':1000}", "tagged u1 tried\n"},
    {"account.created_at < timestamp(`1970-01-01T00:00:05Z`)",
     "{'type':'track','userId':'u1','event':'other','timestamp':1000}", "tagged u1 tried\ntagged u2 tried\n"},
    {"account_events(`e`).quiet(duration(`2s`))", "{'type':'track','userId':'u1','event':'other','timestamp':1000}",
     "tagged u1 tried\ntagged u2 tried\n"},
    {"events(`e`).quiet(duration(`2s`)) && has(account.id)", "{'type':'track','userId':'u1','event':'other','timestamp':1000}",
     "tagged u1 tried\n"},
    {"events(`e`).quiet(duration(`2s`))", "{'type':'track','userId':'u1','event':'other','timestamp':1000}", "tagged u1 tried\n"},
    {"contact.id == `u3`", "{'type':'identify','userId':'u3'}", "tagged u3 tried\n"},
    /* and what does not concern it does not */
    {"events(`e`).count() > 0", "{'type':'track','groupId':'a1','context':{'groupId':'a1'},'event':'e'}", ""},
    {"contact.traits.n == 1", "{'type':'group','groupId':'a1','traits':{'n':1}}", ""},
  };
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig rig;
    rig_open(&rig, RIG_WITHOUT_STORAGE);
    check_note("%s", cases[i].condition);
    TELL_ALL(&rig, "{'type':'advance','timestamp':10000}", "{'type':'group','userId':'u1','groupId':'a1'}",
             "{'type':'group','userId':'u2','groupId':'a1'}");
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'define','kind':'persona','key':'tried','when':'%s'}", cases[i].condition),
                    PBK_OK);
    rig_take(&rig);
    CHECK_EQUAL_INT(tell(&rig, cases[i].change), PBK_OK);
    CHECK_OUTPUTS(&rig, cases[i].wanted);
    rig_close(&rig);
  }
}

/* A1, X6: to the microsecond, and only when it changes. */
static void wakes(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'quiet','when':'events(`e`).quiet(duration(`1h`))'}",
           "{'type':'define','kind':'persona','key':'three','when':'events(`e`).count(duration(`10m`)) >= 3'}",
           "{'type':'track','userId':'u1','event':'e'}", "{'type':'track','userId':'u1','event':'e','timestamp':60000}",
           "{'type':'track','userId':'u1','event':'e','timestamp':120000}");
  CHECK_OUTPUTS(&rig, "0 defined persona quiet =0\n0 defined persona three =0\n120000000 tagged u1 three\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_MINUTE - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 10 * PBK_MINUTE, 0), PBK_OK); /* the first is no longer within (now-10m, now] */
  CHECK_OUTPUTS(&rig, "600000000 untagged u1 three\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "3720000000 tagged u1 quiet\n");
  CHECK_EQUAL_INT(pbk_next_due(rig.engine), PBK_NO_TIME);
  rig_close(&rig);
}

/* A login does not move the timer; when it fires, it looks and sets the next. */
static void lazy_wakes(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'quiet','when':'events(`e`).quiet(duration(`1h`))'}");
  for (uint32_t i = 0; i < 30; i++)
    tell_format(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':%" PRIu32 "}", i * 1800000);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 3 * PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "0 defined persona quiet =0\n55800000000 tagged u1 quiet\n");
  TELL_ALL(
    &rig,
    "{'type':'track','userId':'u1','event':'e','receivedAt':260000000,'timestamp':259200000}"); /* late: still quiet since */
  CHECK_OUTPUTS(&rig, "260000000000 untagged u1 quiet\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 4 * PBK_DAY, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "262800000000 tagged u1 quiet\n");
  rig_close(&rig);
}

/* T6: at equal due times by definition order, then subject creation order. */
static void equal_times(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'z','when':'now >= timestamp(`1970-01-01T01:00:00Z`)'}",
           "{'type':'define','kind':'segment','key':'a','when':'now >= timestamp(`1970-01-01T01:00:00Z`)'}",
           "{'type':'identify','userId':'u2'}", "{'type':'identify','userId':'u1'}");
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "tagged u2 z\ntagged u1 z\nentered u2 a\nentered u1 a\n");
  rig_close(&rig);
}

/* What became of one persona: its lines, without its name at their end. */
static void keep_lines(char *kept, size_t capacity, const char *outputs, const char *name) {
  size_t name_size = strlen(name), used = strlen(kept);
  for (const char *end; (end = strchr(outputs, '\n')); outputs = end + 1) {
    size_t size = (size_t)(end - outputs);
    if (size <= name_size || memcmp(end - name_size, name, name_size) != 0) continue;
    if (used + size >= capacity) abort();
    memcpy(kept + used, outputs, size - name_size);
    used += size - name_size;
    kept[used++] = '\n';
  }
  kept[used] = 0;
}

/* A condition on nothing but the account is the same for all its contacts; so are they, whoever came when, as with one that
 * is asked for each of them. */
static void of_the_account_alone(void) {
  enum { CAPACITY = 1 << 18, WHO = 30 };
  static char alone[CAPACITY], asked[CAPACITY];
  for (uint64_t seed = 1; seed <= 6; seed++) {
    struct rig rig;
    uint64_t random = seed, now = 10000000;
    rig_open(&rig, RIG_WITHOUT_STORAGE);
    rig.times = true;
    alone[0] = asked[0] = 0;
    TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'s','of':'account','when':'account.traits.n > 7'}",
             "{'type':'define','kind':'persona','key':'alone','when':'segment(`s`) || account.traits.m == 1 || "
             "account_events(`e`).count(duration(`1h`)) >= 3'}",
             "{'type':'define','kind':'persona','key':'asked','when':'contact.id != `x` && (segment(`s`) || account.traits.m == 1 || "
             "account_events(`e`).count(duration(`1h`)) >= 3)'}");
    for (uint32_t step = 0; step < 500; step++) {
      uint32_t who = check_random_below(&random, WHO), what = check_random_below(&random, 100), number = check_random_below(&random, 10);
      now += check_random_below(&random, 900) * 1000;
      if (what < 40)
        tell_format(&rig, "{'type':'track','userId':'u%" PRIu32 "','event':'e','timestamp':%" PRIu64 "}", who, now);
      else if (what < 60)
        tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", who, number % 3, now);
      else if (what < 90)
        tell_format(&rig, "{'type':'group','groupId':'a%" PRIu32 "','traits':{'%s':%" PRIu32 "},'timestamp':%" PRIu64 "}", who % 3,
                    what < 75 ? "n" : "m", number, now);
      else if (what < 93)
        tell_format(&rig, "{'type':'delete','userId':'u%" PRIu32 "','timestamp':%" PRIu64 "}", who, now);
      else if (what < 94)
        tell_format(&rig, "{'type':'delete','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", who % 3, now);
      const char *outputs = rig_take(&rig);
      keep_lines(alone, CAPACITY, outputs, " alone");
      keep_lines(asked, CAPACITY, outputs, " asked");
    }
    CHECK(strlen(alone) > 3000);
    CHECK_TEXT(text_from(alone), asked);
    rig_close(&rig);
  }
}

int main(void) {
  RUN(in_order);
  RUN(each_change_reaches_its_readers);
  RUN(wakes);
  RUN(lazy_wakes);
  RUN(equal_times);
  RUN(of_the_account_alone);
  return check_report();
}
