/* tests/unit/engine_time_zones.c - time zones in an engine: what a zone says is a wake-up like any other, on days of 23, 24
 * and 25 hours (SPEC X6), and newer data is looked at again at once, with all that follows (pbk_set_time_zones). */
#include "base/clock.h"
#include "cel_zone_data.h"
#include "engine_support.h"

static pbk_time at(const char *text) {
  pbk_time time = 0;
  if (!pbk_parse_time(text_from(text), &time)) abort();
  return time;
}

/* ---- data: that of cel_zone_data.h, with another Berlin ---- */

enum { BERLIN_AS_IT_IS, BERLIN_STANDARD, BERLIN_EAST, BERLIN_GONE };

static pbk_status set_zones(struct rig *rig, int berlin) {
  static const char name[] = "Europe/Berlin";
  uint32_t size = test_zone_data(), found = 0;
  while (memcmp(test_zone_bytes + found, name, sizeof name - 1) != 0) found++;
  uint32_t zone = found + (uint32_t)sizeof name - 1, daylight = zone + 8, offset = zone + 12;
  if (berlin == BERLIN_STANDARD || berlin == BERLIN_EAST) test_zone_put(&daylight, 0, 4);
  if (berlin == BERLIN_EAST) test_zone_put(&offset, 5 * 3600, 4);
  if (berlin == BERLIN_GONE) test_zone_bytes[zone - 1] = 'x'; /* Europe/Berlix, in the same place of the order */
  return pbk_set_time_zones(rig->engine, test_zone_bytes, size);
}

static void open_with_zones(struct rig *rig) {
  rig_open(rig, RIG_WITHOUT_STORAGE);
  CHECK_EQUAL_INT(set_zones(rig, BERLIN_AS_IT_IS), PBK_OK);
}

static void advance(struct rig *rig, const char *to) {
  CHECK_EQUAL_INT(pbk_advance(rig->engine, at(to), 0), PBK_OK);
}

/* What changes until a time, each "time what": a host that sleeps until it is woken finds it all, and nothing a microsecond
 * before. */
static void check_changes(struct rig *rig, const char *to, const char *const *changes) {
  static char given[20000], wanted[20000];
  pbk_time end = at(to);
  given[0] = wanted[0] = 0;
  for (; *changes; changes++) {
    size_t size = strlen(wanted), time = (size_t)(strchr(*changes, ' ') - *changes);
    char text[40] = "";
    memcpy(text, *changes, time);
    snprintf(wanted + size, sizeof wanted - size, "%" PRId64 "%s\n", at(text), *changes + time);
  }
  rig->times = true;
  for (pbk_time due; (due = pbk_next_due(rig->engine)) != PBK_NO_TIME && due <= end;) {
    if (due > pbk_now(rig->engine)) {
      CHECK_EQUAL_INT(pbk_advance(rig->engine, due - 1, 0), PBK_OK);
      CHECK_OUTPUTS(rig, "");
    }
    CHECK_EQUAL_INT(pbk_advance(rig->engine, due, 0), PBK_OK);
    size_t size = strlen(given);
    snprintf(given + size, sizeof given - size, "%s", rig_take(rig)); /* it may wake for nothing, but never late */
  }
  CHECK_TEXT(text_from(given), wanted);
  CHECK_EQUAL_INT(pbk_advance(rig->engine, end, 0), PBK_OK);
  CHECK_OUTPUTS(rig, "");
  rig->times = false;
}
#define CHANGES(rig, to, ...) check_changes((rig), (to), (const char *const[]){__VA_ARGS__, NULL})

/* ---- boundaries are wake-ups ---- */

static void office_hours(void) {
  struct rig rig;
  open_with_zones(&rig);
  advance(&rig, "2026-03-27T12:00:00Z");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}",
           "{'type':'define','kind':'persona','key':'late','when':'now.getHours(`Europe/Berlin`) >= 9'}");
  CHECK_OUTPUTS(&rig, "defined persona late =1\n");
  /* The 29th has 23 hours. */
  CHANGES(&rig, "2026-03-31T00:00:00Z", "2026-03-27T23:00:00Z untagged u1 late", "2026-03-28T08:00:00Z tagged u1 late",
          "2026-03-28T23:00:00Z untagged u1 late", "2026-03-29T07:00:00Z tagged u1 late",
          "2026-03-29T22:00:00Z untagged u1 late", "2026-03-30T07:00:00Z tagged u1 late",
          "2026-03-30T22:00:00Z untagged u1 late");
  advance(&rig, "2026-10-24T00:00:00Z");
  rig_take(&rig);
  /* The 25th of October has 25. */
  CHANGES(&rig, "2026-10-27T00:00:00Z", "2026-10-24T07:00:00Z tagged u1 late", "2026-10-24T22:00:00Z untagged u1 late",
          "2026-10-25T08:00:00Z tagged u1 late", "2026-10-25T23:00:00Z untagged u1 late",
          "2026-10-26T08:00:00Z tagged u1 late", "2026-10-26T23:00:00Z untagged u1 late");
  rig_close(&rig);
}

/* An hour that is left out is not waited for, and one that comes twice is one stretch of two. */
static void the_hour_of_the_change(void) {
  struct rig rig;
  open_with_zones(&rig);
  advance(&rig, "2026-03-28T12:00:00Z");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}",
           "{'type':'define','kind':'persona','key':'two','when':'now.getHours(`Europe/Berlin`) == 2'}");
  rig_take(&rig);
  CHANGES(&rig, "2026-03-30T12:00:00Z", "2026-03-30T00:00:00Z tagged u1 two", "2026-03-30T01:00:00Z untagged u1 two");
  advance(&rig, "2026-10-24T12:00:00Z");
  rig_take(&rig);
  CHANGES(&rig, "2026-10-26T12:00:00Z", "2026-10-25T00:00:00Z tagged u1 two", "2026-10-25T02:00:00Z untagged u1 two",
          "2026-10-26T01:00:00Z tagged u1 two", "2026-10-26T02:00:00Z untagged u1 two");
  rig_close(&rig);
}

/* Days and weeks of a zone, of what happened at another time than now, and south of the equator. */
static void other_fields(void) {
  struct rig rig;
  open_with_zones(&rig);
  advance(&rig, "2026-03-27T12:00:00Z");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}",
           "{'type':'define','kind':'persona','key':'sunday','when':'now.getDayOfWeek(`Europe/Berlin`) == 0'}",
           "{'type':'define','kind':'persona','key':'april','when':'now.getMonth(`Australia/Sydney`) == 3'}",
           "{'type':'define','kind':'persona','key':'second','when':'(now - days(1)).getDate(`Europe/Berlin`) == 29'}");
  rig_take(&rig);
  CHANGES(&rig, "2026-04-01T00:00:00Z", "2026-03-28T23:00:00Z tagged u1 sunday", "2026-03-29T22:00:00Z untagged u1 sunday",
          "2026-03-29T23:00:00Z tagged u1 second", "2026-03-30T22:00:00Z untagged u1 second",
          "2026-03-31T13:00:00Z tagged u1 april");
  /* There a month of 25 hours more, here not: from +11 to +10. */
  CHANGES(&rig, "2026-05-01T00:00:00Z", "2026-04-04T22:00:00Z tagged u1 sunday", "2026-04-05T22:00:00Z untagged u1 sunday",
          "2026-04-11T22:00:00Z tagged u1 sunday", "2026-04-12T22:00:00Z untagged u1 sunday",
          "2026-04-18T22:00:00Z tagged u1 sunday", "2026-04-19T22:00:00Z untagged u1 sunday",
          "2026-04-25T22:00:00Z tagged u1 sunday", "2026-04-26T22:00:00Z untagged u1 sunday",
          "2026-04-29T22:00:00Z tagged u1 second", "2026-04-30T14:00:00Z untagged u1 april",
          "2026-04-30T22:00:00Z untagged u1 second");
  rig_close(&rig);
}

/* One advance over both changes gives what small ones give. */
static void in_one_go(void) {
  struct rig one, other;
  static char kept[200000];
  for (int small = 0; small < 2; small++) {
    struct rig *rig = small ? &other : &one;
    open_with_zones(rig);
    rig->times = true;
    advance(rig, "2026-03-01T00:00:00Z");
    TELL_ALL(
      rig, "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2','traits':{'open':8}}",
      "{'type':'define','kind':'persona','key':'late','when':'now.getHours(`Europe/Berlin`) >= (has(contact.traits.open) ? "
      "contact.traits.open : 9)'}",
      "{'type':'define','kind':'persona','key':'half','when':'now.getMinutes(`Australia/Lord_Howe`) < 30 && "
      "now.getDate(`America/New_York`) == 1'}");
    pbk_time end = at("2026-12-01T00:00:00Z");
    for (pbk_time now = small ? pbk_now(rig->engine) : end; now <= end; now += 7 * PBK_HOUR + 13)
      CHECK_EQUAL_INT(pbk_advance(rig->engine, now, 0), PBK_OK);
    CHECK_EQUAL_INT(pbk_advance(rig->engine, end, 0), PBK_OK);
    const char *text = rig_take(rig);
    if (small) CHECK_TEXT(text_from(text), kept);
    CHECK(strlen(text) > 10000 && strlen(text) < sizeof kept);
    snprintf(kept, sizeof kept, "%s", text);
  }
  rig_close(&one);
  rig_close(&other);
}

/* ---- newer data ---- */

/* Steps, exits and triggers that hang on a zone follow newer data at once, in one cause. */
static void newer_data(void) {
  struct rig rig;
  open_with_zones(&rig);
  define_usual(&rig);
  advance(&rig, "2026-07-01T06:30:00Z"); /* 8:30 in Berlin */
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}", "{'type':'identify','userId':'u2'}",
           "{'type':'define','kind':'persona','key':'late','when':'now.getHours(`Europe/Berlin`) >= 9'}",
           "{'type':'define','kind':'segment','key':'morning','when':'now.getHours(`Europe/Berlin`) == 8'}",
           "{'type':'define','kind':'playbook','key':'greet','active':true,'trigger':{'persona':'late'},"
           "'steps':[{'when':'now.getHours(`Europe/Berlin`) == 11','actions':[{'task':{'title':'Eleven'}}]},"
           "{'delay':'1d','actions':[{'task':{'title':'Call'}}]}]}",
           "{'type':'define','kind':'playbook','key':'wait','trigger':{'manual':true},'exit':{'when':'now.getHours("
           "`Europe/Berlin`) >= 9'},'steps':[{'delay':'9d','actions':[{'task':{'title':'Never'}}]}]}",
           "{'type':'activate','playbook':'wait'}", "{'type':'enroll','playbook':'wait','userId':'u2'}");
  CHECK_OUTPUTS(&rig,
                "defined persona late =0\ndefined segment morning =2\ndefined playbook greet v1\ndefined playbook wait v1\n"
                "enrolled #1 wait u2 v1\n");
  /* No daylight time any more: 7:30; nothing of it is due before 8. */
  CHECK_EQUAL_INT(set_zones(&rig, BERLIN_STANDARD), PBK_OK);
  CHECK_OUTPUTS(&rig, "left u1 morning\nleft u2 morning\n");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, at("2026-07-01T06:59:59.999999Z"), 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  advance(&rig, "2026-07-01T07:00:00Z");
  CHECK_OUTPUTS(&rig, "entered u1 morning\nentered u2 morning\n");
  /* Far in the east: 12:00; memberships, then exits, then triggers. */
  CHECK_EQUAL_INT(set_zones(&rig, BERLIN_EAST), PBK_OK);
  CHECK_OUTPUTS(&rig,
                "tagged u1 late\ntagged u2 late\nleft u1 morning\nleft u2 morning\nexited #1 goal\n"
                "enrolled #2 greet u1 v1\nstep #2.1 skipped\nenrolled #3 greet u2 v1\nstep #3.1 skipped\n");
  /* The same again changes nothing. */
  CHECK_EQUAL_INT(set_zones(&rig, BERLIN_EAST), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  rig.times = true;
  advance(&rig, "2026-07-01T19:00:00Z"); /* midnight there */
  char wanted[200];
  snprintf(wanted, sizeof wanted, "%" PRId64 " untagged u1 late\n%" PRId64 " untagged u2 late\n", at("2026-07-01T19:00:00Z"),
           at("2026-07-01T19:00:00Z"));
  CHECK_OUTPUTS(&rig, wanted);
  rig_close(&rig);
}

/* A zone that is gone makes an error of what names it, and new conditions cannot. */
static void a_zone_that_is_gone(void) {
  struct rig rig;
  open_with_zones(&rig);
  advance(&rig, "2026-07-01T10:00:00Z");
  TELL_ALL(
    &rig, "{'type':'identify','userId':'u1'}",
    "{'type':'define','kind':'persona','key':'late','when':'now.getHours(`Europe/Berlin`) >= 9'}",
    "{'type':'define','kind':'persona','key':'either','when':'now.getHours(`Europe/Berlin`) >= 9 || contact.id == `u1`'}",
    "{'type':'define','kind':'persona','key':'named','when':'now.getHours(contact.traits.zone) >= 9'}",
    "{'type':'identify','userId':'u1','traits':{'zone':'Europe/Berlin'}}");
  CHECK_OUTPUTS(&rig, "defined persona late =1\ndefined persona either =1\ndefined persona named =0\ntagged u1 named\n");
  for (int none = 0; none < 2; none++) {
    CHECK_EQUAL_INT(none ? pbk_set_time_zones(rig.engine, NULL, 0) : set_zones(&rig, BERLIN_GONE), PBK_OK);
    CHECK_OUTPUTS(&rig, "untagged u1 late\nuntagged u1 named\n");
    CHECK_EQUAL_INT(tell(&rig, "{'type':'define','kind':'persona','key':'new','when':'now.getHours(`Europe/Berlin`) >= 9'}"),
                    PBK_ERR_REFUSED);
    CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_CONDITION);
    CHECK_EQUAL_UINT(rig_error(&rig).column, 14);
    advance(&rig, none ? "2026-07-09T10:00:00Z" : "2026-07-05T10:00:00Z"); /* days go by without it */
    rig_take(&rig);
    CHECK_EQUAL_INT(set_zones(&rig, BERLIN_AS_IT_IS), PBK_OK);
    CHECK_OUTPUTS(&rig, "tagged u1 late\ntagged u1 named\n");
  }
  CHANGES(&rig, "2026-07-09T23:00:00Z", "2026-07-09T22:00:00Z untagged u1 late", "2026-07-09T22:00:00Z untagged u1 named");
  rig_close(&rig);
}

/* Data that are none change nothing; nor can a callback hand any over. */
static struct rig *inside_rig;
static pbk_status inside_status;
static void hand_over(struct rig *rig, char where) {
  (void)where;
  if (rig == inside_rig) inside_status = set_zones(rig, BERLIN_GONE);
}

static void refused(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(set_zones(&rig, BERLIN_AS_IT_IS), PBK_OK);
  advance(&rig, "2026-07-01T10:00:00Z");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1'}",
           "{'type':'define','kind':'persona','key':'late','when':'now.getHours(`Europe/Berlin`) >= 9'}");
  rig_take(&rig);
  uint32_t size = test_zone_data();
  CHECK_EQUAL_INT(pbk_set_time_zones(rig.engine, test_zone_bytes, size - 1), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_INPUT);
  CHECK_EQUAL_INT(pbk_set_time_zones(rig.engine, NULL, 5), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_set_time_zones(NULL, test_zone_bytes, size), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_set_time_zones(rig.engine, test_zone_bytes, ((size_t)1 << 24) + 1), PBK_ERR_ARGUMENT);
  CHECK_OUTPUTS(&rig, "");
  inside_rig = &rig;
  rig.inside = hand_over;
  TELL_ALL(&rig, "{'type':'identify','userId':'u2'}");
  CHECK_OUTPUTS(&rig, "tagged u2 late\n");
  CHECK_EQUAL_INT(inside_status, PBK_ERR_REENTRANT);
  rig.inside = NULL;
  advance(&rig, "2026-07-01T22:00:00Z");
  CHECK_OUTPUTS(&rig, "untagged u1 late\nuntagged u2 late\n");
  rig_close(&rig);
}

int main(void) {
  RUN(office_hours);
  RUN(the_hour_of_the_change);
  RUN(other_fields);
  RUN(in_one_go);
  RUN(newer_data);
  RUN(a_zone_that_is_gone);
  RUN(refused);
  return check_report();
}
