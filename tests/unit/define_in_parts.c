/* tests/unit/define_in_parts.c - PBK_DEFINE_IN_PARTS: definitions that look at every subject, a few at a time; nothing else differs. */
#include "storage_support.h"

enum { CONTACTS = 300 };

static void know_contacts(struct rig *rig) {
  pbk_member members[2] = {{.name = "n", .name_size = 1}, {.name = "plan", .name_size = 4}};
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char key[8];
    int size = snprintf(key, sizeof key, "u%u", i);
    members[0].value = (pbk_value){.kind = PBK_INT, .as.integer = i};
    members[1].value = (pbk_value){.kind = PBK_STRING, .size = 3, .as.text = i % 3 ? "pro" : "max"};
    pbk_value traits = {.kind = PBK_MAP, .size = 2, .as.members = members};
    pbk_envelope envelope = {.size = sizeof envelope, .received_at = (pbk_time)i * PBK_MINUTE, .occurred_at = PBK_NO_TIME};
    CHECK_EQUAL_INT(pbk_identify(rig->engine, &envelope, key, (size_t)size, &traits), PBK_OK);
  }
  CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_OK);
}

static pbk_audience audience(const char *key, const char *when) {
  return (pbk_audience){.size = sizeof(pbk_audience), .of = PBK_CONTACT, .key = words(key), .when = words(when)};
}

/* A batch in which one thing builds on another, and one is defined twice. */
static pbk_status define_all(pbk_engine *engine) {
  pbk_audience segment = audience("low", "contact.traits.n < 100"), persona = audience("quiet", "events('login').quiet(days(1))"),
               both = audience("both", "segment('low') && contact.traits.plan == 'max'"), again = audience("low", "contact.traits.n < 50");
  pbk_duration window = PBK_HOUR;
  pbk_settings settings = {.size = sizeof settings, .approval_window = &window};
  pbk_definition definitions[] = {{.size = sizeof(pbk_definition), .kind = PBK_DEFINE_SEGMENT, .of = &segment},
                                  {.size = sizeof(pbk_definition), .kind = PBK_DEFINE_PERSONA, .of = &persona},
                                  {.size = sizeof(pbk_definition), .kind = PBK_DEFINE_PERSONA, .of = &both},
                                  {.size = sizeof(pbk_definition), .kind = PBK_DEFINE_SETTINGS, .of = &settings},
                                  {.size = sizeof(pbk_definition), .kind = PBK_DEFINE_SEGMENT, .of = &again}};
  return pbk_define(engine, NULL, definitions, 5);
}

static const char defined[] = "defined segment low =100\ndefined persona quiet =0\ndefined persona both =34\n"
                              "defined settings\ndefined segment low =50\n";

/* The same with one look. */
static struct digest digest_of_whole(bool then_late) {
  struct rig rig;
  rig_open(&rig, 0);
  know_contacts(&rig);
  CHECK_EQUAL_INT(define_all(rig.engine), PBK_OK);
  CHECK_OUTPUTS(&rig, defined);
  if (then_late) {
    CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_DAY, 0), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    rig_take(&rig);
  }
  struct digest digest = rig_digest(&rig);
  rig_close(&rig);
  return digest;
}

static void by_budgets(void) {
  static const uint64_t budgets[] = {1, 7, 299, 300, 301, 1000, 100000};
  struct digest wanted = digest_of_whole(false);
  for (uint32_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
    struct rig rig;
    check_note("budget %u", (unsigned)budgets[i]);
    rig_open(&rig, PBK_DEFINE_IN_PARTS);
    know_contacts(&rig);
    pbk_time now = pbk_now(rig.engine);
    CHECK_EQUAL_INT(define_all(rig.engine), PBK_MORE);
    uint64_t calls = 1;
    pbk_status status;
    while ((status = pbk_advance(rig.engine, now, budgets[i])) == PBK_MORE) calls++;
    CHECK_EQUAL_INT(status, PBK_OK);
    /* The histories for quiet; low, quiet, both, low again and both with it. A budget just used up tells nothing. */
    uint64_t looks = 6 * CONTACTS;
    CHECK(calls >= looks / budgets[i] && calls <= looks / budgets[i] + 1);
    CHECK_OUTPUTS(&rig, defined);
    CHECK_DIGEST(&rig, wanted);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK); /* what was recorded gives the same */
    CHECK_DIGEST(&rig, wanted);
    rig_close(&rig);
  }
}

/* Everything but an advance with a budget brings it to its end first. */
static void ended_by_others(void) {
  struct digest wanted = digest_of_whole(false), late = digest_of_whole(true);
  for (uint32_t way = 0; way < 5; way++) {
    struct rig rig;
    check_note("way %" PRIu32, way);
    rig_open(&rig, PBK_DEFINE_IN_PARTS);
    know_contacts(&rig);
    CHECK_EQUAL_INT(define_all(rig.engine), PBK_MORE);
    CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_DAY, 40), PBK_MORE); /* time waits too */
    CHECK_EQUAL_INT(pbk_now(rig.engine), (CONTACTS - 1) * PBK_MINUTE);
    switch (way) {
    case 0: CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK); break;
    case 1: CHECK_DIGEST(&rig, wanted); break;
    case 2: CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK); break;
    case 3: CHECK_EQUAL_INT(pbk_advance(rig.engine, 2 * PBK_DAY, 0), PBK_OK); break;
    default: CHECK_EQUAL_INT(define_all(rig.engine), PBK_MORE); break; /* the second waits in its turn */
    }
    if (way < 3) CHECK_DIGEST(&rig, wanted);
    if (way == 3) {
      CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
      rig_take(&rig);
      CHECK_DIGEST(&rig, late);
    } else if (way < 4) {
      CHECK_OUTPUTS(&rig, defined);
    }
    rig_close(&rig); /* with the second under way, in the last way */
  }
}

/* A crash before the end: it was never there. One that is refused is answered at once. */
static void not_there_until_done(void) {
  struct rig rig;
  rig_open(&rig, PBK_DEFINE_IN_PARTS);
  know_contacts(&rig);
  struct digest before = rig_digest(&rig);
  pbk_audience wrong = audience("wrong", "contact.traits.");
  CHECK_EQUAL_INT(pbk_define_persona(rig.engine, NULL, &wrong), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(define_all(rig.engine), PBK_MORE);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, pbk_now(rig.engine), 500), PBK_MORE);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DIGEST(&rig, before);
  rig_close(&rig);
}

/* Nothing to look at: done at once. */
static void without_subjects(void) {
  struct rig rig;
  rig_open(&rig, PBK_DEFINE_IN_PARTS);
  pbk_audience segment = audience("low", "contact.traits.n < 100"), persona = audience("by-hand", NULL);
  CHECK_EQUAL_INT(pbk_define_segment(rig.engine, NULL, &segment), PBK_OK);
  know_contacts(&rig);
  CHECK_EQUAL_INT(pbk_define_persona(rig.engine, NULL, &persona), PBK_OK);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_SEGMENT, "low", 3), PBK_OK);
  rig_close(&rig);
}

int main(void) {
  RUN(by_budgets);
  RUN(ended_by_others);
  RUN(not_there_until_done);
  RUN(without_subjects);
  return check_report();
}
