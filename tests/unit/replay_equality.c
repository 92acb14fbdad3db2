/* tests/unit/replay_equality.c - the same inputs give the same outputs, byte for byte: however the advances are cut, the
 * outputs drained, the memory laid out (SPEC T1, T3, T8). */
#include "engine_support.h"

static void define_all(struct rig *rig) {
  define_usual(rig);
  TELL_ALL(
    rig, "{'type':'define','kind':'persona','key':'vip'}",
    "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
    "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}",
    "{'type':'define','kind':'segment','key':'keen','when':'events(`login`).count(days(1)) >= 2'}",
    "{'type':'define','kind':'persona','key':'both','when':'segment(`pro`) && segment(`keen`)'}",
    "{'type':'define','kind':'playbook','key':'win-back','active':true,'trigger':{'persona':'dormant'},"
    "'reentry':{'after':'1d'},'exit':{'when':'events(`login`).last() > enrollment.started_at'},"
    "'senders':{'pool':['ann','bob','success']},'steps':[{'actions':[{'email':{'template':'hello','approval':false,'send_as'"
    ":'pool'}}]},"
    "{'delay':'20h','actions':[{'task':{'title':'Call','assignee':{'sender':true},'due':'1d'}}]},"
    "{'delay':'3d','actions':[{'notify':{'channel':'slack','to':'#cs','template':'alert'}}]}]}",
    "{'type':'define','kind':'playbook','key':'welcome','active':true,'trigger':[{'event':'signup'},{'persona':'both'}],"
    "'exit':{'on_left':true,'keep':['tasks']},'branches':[{'segment':'keen','senders':{'pool':['bob','ann']}},"
    "{'segment':'pro','senders':{'pool':['ann'],'sticky':'any'}}],'steps':[{'actions':[{'email':{'template':'again','send_"
    "as':'pool'}}]},"
    "{'delay':'6h','when':'contact.traits.n > 3','actions':[{'task':{'title':'Look'}}]}]}",
    "{'type':'define','kind':'playbook','key':'growth','subject':'account','active':true,'trigger':[{'segment':'pro'},{'"
    "health':'declined'}],"
    "'steps':[{'actions':[{'assign':{'role':'CSM','rotate':['john','mary']}},{'email':{'template':'hello','to':'all','send_"
    "as':{'role':'CSM'}}}]},"
    "{'delay':'2d','actions':[{'task':{'title':'Review','assignee':{'role':'CSM'}}}]}]}");
}

/* One input, the same for every engine that is given the same state of the random numbers. */
static void random_input(struct rig *rig, uint64_t *random, pbk_time now) {
  uint32_t who = check_random_below(random, 12), other = check_random_below(random, 4),
           number = 1 + check_random_below(random, 40);
  uint32_t late = check_random_below(random, 3) ? 0 : check_random_below(random, 200000);
  int64_t received = now / 1000, occurred = received - late;
  switch (check_random_below(random, 20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      tell_format(
        rig, "{'type':'track','userId':'u%" PRIu32 "','event':'login','receivedAt':%" PRId64 ",'timestamp':%" PRId64 "}",
        who, received, occurred);
      break;
    case 5:
      tell_format(rig, "{'type':'track','userId':'u%" PRIu32 "','event':'signup','timestamp':%" PRId64 "}", who, received);
      break;
    case 6:
      tell_format(rig, "{'type':'identify','userId':'u%" PRIu32 "','traits':{'n':%" PRIu32 "},'timestamp':%" PRId64 "}", who,
                  number, received);
      break;
    case 7:
      tell_format(rig, "{'type':'group','userId':'u%" PRIu32 "','groupId':'a%" PRIu32 "','traits':{'plan':'%s'}}", who,
                  other, number % 2 ? "pro" : "free");
      break;
    case 8: tell_format(rig, "{'type':'health','groupId':'a%" PRIu32 "','health':%" PRIu32 "}", other, number); break;
    case 9:
      tell_format(rig, "{'type':'%s','message':%" PRIu32 ",'timestamp':%" PRId64 "}", number % 4 ? "approve" : "unapprove",
                  number, received);
      break;
    case 10: tell_format(rig, "{'type':'%s','task':%" PRIu32 "}", number % 3 ? "complete" : "cancel", number); break;
    case 11:
      tell_format(rig, "{'type':'pin','userId':'u%" PRIu32 "','sender':'%s'}", who, number % 2 ? "bob" : "ann");
      break;
    case 12:
      tell_format(rig, "{'type':'interaction','userId':'u%" PRIu32 "','sender':'ann','timestamp':%" PRId64 "}", who,
                  occurred);
      break;
    case 13:
      tell_format(rig, "{'type':'suppress','userId':'u%" PRIu32 "','suppressed':%s}", who, number % 2 ? "true" : "false");
      break;
    case 14:
      tell_format(rig, "{'type':'%s','playbook':'win-back','timestamp':%" PRId64 "}", number % 2 ? "pause" : "resume",
                  received);
      break;
    case 15:
      if (number > 30) tell_format(rig, "{'type':'delete','userId':'u%" PRIu32 "'}", who);
      break;
    case 16:
      tell_format(rig, "{'type':'define','kind':'user','key':'mary','licensed':%s}", number % 2 ? "true" : "false");
      break;
    case 17:
      tell_format(rig, "{'type':'enroll','playbook':'welcome','userId':'u%" PRIu32 "','messageId':'m%" PRIu32 "'}", who,
                  number);
      break;
    case 18: tell_format(rig, "{'type':'report','message':%" PRIu32 ",'outcome':'sent'}", number); break;
    default: tell_format(rig, "{'type':'explain','playbook':'welcome','userId':'u%" PRIu32 "'}", who); break;
  }
}

/* How an engine is driven: what may differ without showing. */
struct style {
  const char *name;
  uint64_t budget;    /* of each advance */
  uint32_t cuts;      /* advances for one */
  bool next_due;      /* sleeps from one due time to the next */
  size_t capacity;    /* of the buffer that outputs are drained into */
  uint32_t commit_by; /* a commit every so many inputs */
  uint32_t flags;
};

static void advance(struct rig *rig, const struct style *style, pbk_time to) {
  pbk_time from = pbk_now(rig->engine);
  for (uint32_t i = 1; i <= style->cuts; i++) {
    pbk_time cut = from + (to - from) / style->cuts * i;
    while (pbk_advance(rig->engine, i == style->cuts ? to : cut, style->budget) == PBK_MORE) continue;
  }
  if (pbk_now(rig->engine) != to) CHECK_EQUAL_INT(pbk_now(rig->engine), to);
}

static void sleep_and_advance(struct rig *rig, pbk_time to) {
  for (pbk_time due; (due = pbk_next_due(rig->engine)) != PBK_NO_TIME && due <= to;)
    CHECK_EQUAL_INT(pbk_advance(rig->engine, due, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_advance(rig->engine, to, 0), PBK_OK);
}

static void run(struct rig *rig, const struct style *style, uint64_t seed) {
  uint64_t random = seed;
  rig_open(rig, PBK_DELIVER_AT_ONCE | style->flags);
  static const int32_t answers[] = {PBK_DELIVERY_SENT, PBK_DELIVERY_RETRY, PBK_DELIVERY_ACCEPTED, PBK_DELIVERY_SENT,
                                    PBK_DELIVERY_FAILED};
  memcpy(rig->answers, answers, sizeof answers);
  rig->answer_count = 5;
  rig->reason = "bounced";
  define_all(rig);
  rig->text_size = 0;
  pbk_time now = 0;
  for (uint32_t i = 0; i < 150; i++) {
    now += check_random_below(&random, 3) ? check_random_below(&random, 20000) * PBK_SECOND : 0;
    if (check_random_below(&random, 2)) {
      if (style->next_due)
        sleep_and_advance(rig, now);
      else
        advance(rig, style, now);
    }
    random_input(rig, &random, now);
    if (i % style->commit_by == 0) rig_collect(rig, style->capacity);
  }
  if (style->next_due)
    sleep_and_advance(rig, now + 20 * PBK_DAY);
  else
    advance(rig, style, now + 20 * PBK_DAY);
  rig_collect(rig, style->capacity);
}

static void however_it_is_driven(void) {
  static const struct style plain = {"plain", 0, 1, false, 1 << 20, 1000, 0};
  static const struct style styles[] = {
    {"again", 0, 1, false, 1 << 20, 1000, 0},       {"one at a time", 1, 1, false, 4096, 1, 0},
    {"in small advances", 0, 7, false, 1000, 3, 0}, {"small advances, small budgets", 2, 3, false, 8192, 10, 0},
    {"sleeping", 0, 1, true, 2048, 7, 0},           {"without storage", 5, 2, false, 1 << 16, 50, RIG_WITHOUT_STORAGE}};
  for (uint64_t seed = 1; seed <= 12; seed++) {
    struct rig first;
    run(&first, &plain, seed);
    if (seed == 1) CHECK(first.text_size > 20000);
    for (uint32_t i = 0; i < 6; i++) {
      struct rig second;
      run(&second, &styles[i], seed);
      check_note("seed %" PRIu64 ", %s", seed, styles[i].name);
      if (first.text_size == second.text_size && memcmp(first.text, second.text, first.text_size) == 0)
        CHECK(true);
      else {
        size_t at = 0;
        while (at < first.text_size && at < second.text_size && first.text[at] == second.text[at]) at++;
        while (at > 0 && first.text[at - 1] != '\n') at--;
        CHECK_EQUAL_TEXT(((struct text){second.text + at, (uint32_t)(second.text_size - at)}),
                         ((struct text){first.text + at, (uint32_t)(first.text_size - at)}));
      }
      CHECK_EQUAL_UINT(second.offers, first.offers);
      rig_close(&second);
    }
    rig_close(&first);
  }
}

/* What a journal holds is the same too, for the same calls. */
static void the_same_journal(void) {
  struct rig one, two;
  static const struct style plain = {"plain", 0, 1, false, 1 << 20, 1, 0},
                            drained = {"drained otherwise", 0, 1, false, 700, 1, 0};
  run(&one, &plain, 5);
  run(&two, &drained, 5);
  CHECK(one.objects[0].size > 5000);
  if (CHECK_EQUAL_UINT(two.objects[0].size, one.objects[0].size)) CHECK(memcmp(one.objects[0].bytes, two.objects[0].bytes, one.objects[0].size) == 0);
  rig_close(&one);
  rig_close(&two);
}

int main(void) {
  RUN(however_it_is_driven);
  RUN(the_same_journal);
  return check_report();
}
