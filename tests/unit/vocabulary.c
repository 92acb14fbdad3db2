/* tests/unit/vocabulary.c - what conditions may name, and where (SPEC X2, X3, X6). */
#include "engine_support.h"

enum where {
  SEGMENT = 1,
  SEGMENT_OF_ACCOUNTS = 2,
  PERSONA = 4,
  FILTER = 8,
  FILTER_OF_ACCOUNTS = 16,
  WHERE = 32,
  STEP = 64,
  EXIT = 128
};
enum {
  PLAYBOOKS = FILTER | WHERE | STEP | EXIT,
  EVERYWHERE = SEGMENT | PERSONA | PLAYBOOKS | SEGMENT_OF_ACCOUNTS | FILTER_OF_ACCOUNTS
};

#define STEPS "'steps':[{'actions':[{'task':{'title':'t'}}]}]}"
static const struct {
  enum where where;
  const char *name, *before, *after;
} places[] = {
  {SEGMENT, "segment", "{'type':'define','kind':'segment','key':'tried','when':'", "'}"},
  {SEGMENT_OF_ACCOUNTS, "segment of accounts", "{'type':'define','kind':'segment','of':'account','key':'tried-too','when':'",
   "'}"},
  {PERSONA, "persona", "{'type':'define','kind':'persona','key':'tried','when':'", "'}"},
  {FILTER, "filter", "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'when':'", "'," STEPS},
  {FILTER_OF_ACCOUNTS, "filter of accounts",
   "{'type':'define','kind':'playbook','key':'q','subject':'account','trigger':{'manual':true},'when':'", "'," STEPS},
  {WHERE, "where", "{'type':'define','kind':'playbook','key':'p','trigger':{'event':'e','where':'", "'}," STEPS},
  {STEP, "step", "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'steps':[{'when':'",
   "','actions':[{'task':{'title':'t'}}]}]}"},
  {EXIT, "exit", "{'type':'define','kind':'playbook','key':'p','trigger':{'manual':true},'exit':{'when':'", "'}," STEPS},
};

static const struct {
  const char *condition;
  uint32_t where; /* fine there, refused elsewhere */
} conditions[] = {
  {"now > timestamp(`2020-01-01T00:00:00Z`)", EVERYWHERE},
  {"contact.id == `u1`", EVERYWHERE}, /* in an account's condition, contact is an empty map */
  {"contact.stage == `s` && contact.health > 3 && contact.created_at < now", EVERYWHERE},
  {"has(contact.traits.plan) && contact.traits[`x y`] == 1", EVERYWHERE},
  {"account.id == `a1` && account.stage == `s` && has(account.traits.n)", EVERYWHERE},
  {"has(account.id)", EVERYWHERE},
  {"contact.unknown == 1", SEGMENT_OF_ACCOUNTS | FILTER_OF_ACCOUNTS},
  {"account.contacts == 1", 0},
  {"user.id == `x`", 0},
  {"contact == {}", EVERYWHERE},
  {"event.name == `e` && event.occurred_at < now && event.properties.n == 1", WHERE},
  {"enrollment.started_at < now", STEP | EXIT},
  {"enrollment.step_at < now", STEP | EXIT},
  {"enrollment.id == 1", 0},
  {"events(`login`).count() > 1", EVERYWHERE},
  {"events(`login`).count(days(7)) > events(`login`).count(days(14), days(7))", EVERYWHERE},
  {"events(`login`).quiet(days(1)) || account_events(`login`).quiet(duration(`1h`))", EVERYWHERE},
  {"events(`login`).first() < account_events(`login`).last()", EVERYWHERE},
  {"events(``).count() > 1", 0},
  {"events(contact.id).count() > 1", 0}, /* names are literals */
  {"events(`login`)", 0},
  {"segment(`of-contacts`)", PERSONA | PLAYBOOKS},
  {"segment(`of-accounts`)", PERSONA | PLAYBOOKS | FILTER_OF_ACCOUNTS},
  {"segment(`none`)", 0},
  {"segment(`vip`)", 0}, /* a persona */
  {"segment(contact.id)", 0},
  {"persona(`vip`)", PLAYBOOKS},
  {"persona(`of-contacts`)", 0},
  {"string(now) == `x`", FILTER | FILTER_OF_ACCOUNTS | WHERE | STEP}, /* X6: not where it would have to be foreseen */
  {"now.getDayOfWeek() in [0, 6]", EVERYWHERE},
  {"days(3) == duration(`72h`)", EVERYWHERE},
};

static void each_in_its_place(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'of-contacts','when':'true'}",
           "{'type':'define','kind':'segment','key':'of-accounts','of':'account','when':'true'}",
           "{'type':'define','kind':'persona','key':'vip'}");
  for (uint32_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
    for (uint32_t j = 0; j < sizeof places / sizeof *places; j++) {
      bool fine = conditions[i].where & places[j].where;
      check_note("%s: %s", places[j].name, conditions[i].condition);
      pbk_status status = tell_format(&rig, "%s%s%s", places[j].before, conditions[i].condition, places[j].after);
      CHECK_EQUAL_INT(status, fine ? PBK_OK : PBK_ERR_REFUSED);
      if (!fine && status == PBK_ERR_REFUSED) CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_CONDITION);
    }
  rig_close(&rig);
}

int main(void) {
  RUN(each_in_its_place);
  return check_report();
}
