/* tests/unit/alike.c - conditions that read nothing but the account, and those that are false of who is unknown: they hold
 * exactly when others do that say the same but are asked for each contact, whatever happens (SPEC A1, A4, T7). */
#include "storage_support.h"

enum { CHANGES_MOST = 1 << 19, WHO = 90, ACCOUNTS = 3 };

/* A condition; the other says the same and reads a contact's key, so that it is asked for everybody. */
static const char *const conditions[] = {
  "account.traits.t > 4 ? account_events(`e`).count(duration(`1h`)) >= 1 : account_events(`e`).count(duration(`1h`)) >= 3",
  "now < account.created_at + duration(`9h`) && (account.traits.t < 5 || now < account.created_at + duration(`4h`))",
  "account_events(`e`).count(duration(`1h`)) >= 2",
  "account.traits.t > 2 && !account_events(`e`).quiet(duration(`90m`))",
  "segment(`s`) && account.traits.t < 8",
  "now < account.created_at + duration(`3h`) || account.stage == `s1`",
  "contact.traits.t == 1 && account_events(`e`).count(duration(`1h`)) >= 2",
  ("account.traits.t > 2 && !account_events(`e`).quiet(duration(`90m`)) && contact.traits.t < 2 && "
   "now < contact.created_at + duration(`9h`)"),
  "events(`e`).count(duration(`2h`)) >= 1 && segment(`s`) && account.traits.t < 8",
  ("account.traits.t > 4 && has(contact.traits.t) && now < account.created_at + duration(`9h`) && "
   "(account.traits.t < 8 || now < account.created_at + duration(`4h`))"),
  "account.traits.t > 4 && contact.traits.t == 1 ? account.traits.t < 7 : account.stage == `s1`",
  "account.traits.t > 6 || contact.traits.t == 1 && account.traits.t > 2",
  "contact.stage != `&& (` && account.traits.t > 3 && account.traits.t != 5",
  "events(`e`).count(duration(`1h`)) >= 2 || contact.traits.t == 1 || contact.stage == `s1`",
  "!has(contact.traits.t) && contact.created_at < now",
  "account_events(`e`).count(duration(`1h`)) >= 3 && events(`e`).quiet(duration(`20m`))",
  ("events(`e`).quiet(duration(`10m`)) && account_events(`e`).count(duration(`20m`)) < 4 && "
   "!account_events(`e`).quiet(duration(`15m`))"),
  "account_events(`e`).count(duration(`30m`)) >= 2 && contact.created_at + duration(`5h`) < now",
  "account.traits.t > 4 && !account_events(`e`).quiet(duration(`20m`)) && events(`e`).count(duration(`30m`)) >= 1",
};
enum { PAIRS = sizeof conditions / sizeof *conditions };

/* What became of one persona: the lines that end with its name, without it. */
struct changes {
  char text[CHANGES_MOST];
  size_t size;
};
static struct changes alone[PAIRS], among[PAIRS];

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

static void take(struct rig *rig) {
  const char *outputs = rig_take(rig);
  for (uint32_t i = 0; i < PAIRS; i++) {
    char name[16];
    snprintf(name, sizeof name, " p%" PRIu32, i);
    collect(&alone[i], outputs, name);
    name[1] = 'q';
    collect(&among[i], outputs, name);
  }
}

static void define_segment(struct rig *rig, uint32_t most) {
  tell_format(rig,
              "{'type':'define','kind':'segment','key':'s','of':'account','when':'account.traits.t > 1 && "
              "events(`e`).count(duration(`30m`)) < %" PRIu32 "'}",
              most);
}
static void define_pair(struct rig *rig, uint32_t pair) {
  const char *when = conditions[pair];
  CHECK_EQUAL_INT(tell_format(rig, "{'type':'define','kind':'persona','key':'p%" PRIu32 "','when':'%s'}", pair, when),
                  PBK_OK);
  CHECK_EQUAL_INT(
    tell_format(rig, "{'type':'define','kind':'persona','key':'q%" PRIu32 "','when':'contact.id != `x` && (%s)'}", pair,
                when),
    PBK_OK);
}

static void something(struct rig *rig, uint64_t *random, uint64_t *now) {
  uint32_t who = check_random_below(random, WHO), account = check_random_below(random, ACCOUNTS);
  uint32_t what = check_random_below(random, 100), value = check_random_below(random, 10);
  uint64_t late = check_random_below(random, 3) ? 0 : check_random_below(random, 8000000);
  *now += check_random_below(random, 200) * (check_random_below(random, 4) ? 1000 : 7001);
  if (what < 45)
    tell_format(rig,
                "{'type':'track','userId':'u%" PRIu32 "','event':'%s','receivedAt':%" PRIu64 ",'timestamp':%" PRIu64 "}",
                who, what < 35 ? "e" : "other", *now, *now - late);
  else if (what < 50)
    tell_format(rig, "{'type':'track','context':{'groupId':'a%" PRIu32 "'},'event':'e','timestamp':%" PRIu64 "}", account,
                *now);
  else if (what < 60) /* somebody moves, while the account changes */
    tell_format(rig,
                "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "','traits':{'t':%" PRIu32
                "},'timestamp':%" PRIu64 "}",
                who, account, value, *now);
  else if (what < 70)
    tell_format(rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", who,
                who % ACCOUNTS, *now);
  else if (what < 78)
    tell_format(rig,
                "{'type':'group','groupId':'a%" PRIu32 "','traits':{'t':%" PRIu32 ",'other':1},'timestamp':%" PRIu64 "}",
                account, value, *now);
  else if (what < 82)
    tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'t':%" PRIu32 "},'timestamp':%" PRIu64 "}", who,
                value % 3, *now);
  else if (what < 84)
    tell_format(rig, "{'type':'stage','%s':'%c%" PRIu32 "','stage':'s%" PRIu32 "','timestamp':%" PRIu64 "}",
                value % 2 ? "userId" : "groupId", value % 2 ? 'u' : 'a', value % 2 ? who : account, value % 3, *now);
  else if (what < 87)
    tell_format(rig, "{'type':'delete','userId':'u%" PRIu32 "','timestamp':%" PRIu64 "}", who, *now);
  else if (what < 88)
    tell_format(rig, "{'type':'delete','groupId':'a%" PRIu32 "','timestamp':%" PRIu64 "}", account, *now);
  else if (what < 90)
    define_pair(rig, value % PAIRS);
  else if (what < 91)
    define_segment(rig, value % 4);
  else if (what < 95)
    tell_format(rig, "{'type':'advance','timestamp':%" PRIu64 "}", *now += 1500000);
  else if (what < 97) {
    take(rig);
    if (what < 96) CHECK_EQUAL_INT(pbk_snapshot(rig->engine, 0), PBK_OK);
    CHECK_EQUAL_INT(rig_reopen(rig, 0, NULL), PBK_OK);
  }
}

static void as_asked_for_everybody(void) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    struct rig rig;
    uint64_t random = seed, now = 50000000;
    rig_open(&rig, 0);
    rig.times = true;
    for (uint32_t i = 0; i < PAIRS; i++) alone[i].size = among[i].size = 0;
    tell_format(&rig, "{'type':'advance','timestamp':%" PRIu64 "}", now);
    define_segment(&rig, 3);
    for (uint32_t i = 0; i < PAIRS; i++) define_pair(&rig, i);
    for (uint32_t i = 0; i < WHO; i++)
      tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "'}", i, i % ACCOUNTS);
    for (uint32_t step = 0; step < 800; step++) {
      something(&rig, &random, &now);
      take(&rig);
    }
    tell_format(&rig, "{'type':'advance','timestamp':%" PRIu64 "}", now + 100000000);
    take(&rig);
    for (uint32_t i = 0; i < PAIRS; i++) {
      check_note("condition %" PRIu32 ", seed %" PRIu64, i, seed);
      alone[i].text[alone[i].size] = among[i].text[among[i].size] = 0;
      CHECK(alone[i].size > 0);
      CHECK_TEXT(text_from(alone[i].text), among[i].text);
    }
    rig_close(&rig);
  }
}

/* Wake-ups to the microsecond, for those who joined later too. */
static void wakes(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  rig.times = true;
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'p','when':'account_events(`e`).count(duration(`1h`)) >= 1'}",
           "{'type':'advance','timestamp':1000}");
  for (uint32_t i = 0; i < 20; i++) tell_format(&rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a'}", i);
  TELL_ALL(&rig, "{'type':'track','userId':'u3','event':'e','timestamp':2000}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'group','userId':'u20','groupId':'a','timestamp':3000}");
  CHECK_OUTPUTS(&rig, "3000000 tagged u20 p\n");
  TELL_ALL(&rig, "{'type':'track','userId':'u1','event':'e','timestamp':4000}");
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 4 * PBK_SECOND + PBK_HOUR - 1, 0), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  CHECK_EQUAL_INT(pbk_advance(rig.engine, 4 * PBK_SECOND + PBK_HOUR, 0), PBK_OK);
  char wanted[1024] = "";
  for (uint32_t i = 0, size = 0; i <= 20; i++)
    size += (uint32_t)snprintf(wanted + size, sizeof wanted - size, "3604000000 untagged u%" PRIu32 " p\n", i);
  CHECK_OUTPUTS(&rig, wanted);
  rig_close(&rig);
}

int main(void) {
  RUN(as_asked_for_everybody);
  RUN(wakes);
  return check_report();
}
