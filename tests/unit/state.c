/* tests/unit/state.c - the digest of the state: equal along every way that leads to the same state, different wherever anything differs. */
#include "engine/state.h"

#include "storage_support.h"

static void base(struct rig *rig) {
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'vip'}",
           "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}",
           "{'type':'define','kind':'schema','key':'contact','traits':{'n':'int'},'open':true}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'event':'go'},{'persona':'dormant'}],'senders':{'pool':["
           "'ann','bob']},'exit':{'when':'contact.traits.n > 9'},'steps':[{'actions':[{'email':{'template':'hello','send_as':'pool'}},{'task':"
           "{'title':'Call','assignee':{'sender':true}}}]},{'delay':'3d','actions':[{'email':{'template':'again'}}]}]}",
           "{'type':'define','kind':'playbook','key':'q','subject':'account','active':true,'trigger':{'segment':'pro'},'steps':[{'actions':[{'"
           "assign':{'role':'CSM','rotate':['john','mary']}}]},{'delay':'2d','actions':[{'task':{'title':'Look'}}]}]}",
           "{'type':'group','userId':'u1','groupId':'acme','traits':{'plan':'pro'},'timestamp':1000}",
           "{'type':'identify','userId':'u1','traits':{'n':1}}", "{'type':'identify','userId':'u2','traits':{'n':2}}",
           "{'type':'track','userId':'u1','event':'login','messageId':'one'}", "{'type':'track','userId':'u1','event':'go'}",
           "{'type':'track','userId':'u2','event':'go'}", "{'type':'approve','message':1}", "{'type':'tag','userId':'u2','persona':'vip'}");
}

static struct digest digest_after(const char *line, const char *then) {
  struct rig rig;
  rig_open(&rig, 0);
  base(&rig);
  rig_take(&rig);
  if (line) TELL_ALL(&rig, line);
  if (then) TELL_ALL(&rig, then);
  struct digest digest = rig_digest(&rig);
  CHECK_DIGEST(&rig, digest); /* to ask changes nothing */
  rig_close(&rig);
  return digest;
}

/* ---- different ---- */

static bool same(struct digest a, struct digest b) { return memcmp(a.bytes, b.bytes, 16) == 0; }

/* One thing more each, none of which gives an output where it need not: every two of these states differ. */
static void any_difference(void) {
  static const char *const lines[] = {
    NULL,
    "{'type':'advance','timestamp':1001}",
    "{'type':'identify','userId':'u1','traits':{'m':null}}",
    "{'type':'identify','userId':'u1','traits':{'m':false}}",
    "{'type':'identify','userId':'u1','traits':{'m':0}}",
    "{'type':'identify','userId':'u1','traits':{'m':0.0}}",
    "{'type':'identify','userId':'u1','traits':{'m':-0.0}}",
    "{'type':'identify','userId':'u1','traits':{'m':''}}",
    "{'type':'identify','userId':'u1','traits':{'m':[]}}",
    "{'type':'identify','userId':'u1','traits':{'m':{}}}",
    "{'type':'identify','userId':'u1','traits':{'m':[[]]}}",
    "{'type':'identify','userId':'u1','traits':{'m':[0,1]}}",
    "{'type':'identify','userId':'u1','traits':{'m':[1,0]}}",
    "{'type':'identify','userId':'u1','traits':{'m':{'a':1}}}",
    "{'type':'identify','userId':'u1','traits':{'m':{'b':1}}}",
    "{'type':'identify','userId':'u1','traits':{'k':0}}",
    "{'type':'identify','userId':'u2','traits':{'m':0}}",
    "{'type':'group','groupId':'acme','traits':{'m':0}}",
    "{'type':'identify','userId':'u3'}",
    "{'type':'group','groupId':'bits','traits':{}}",
    "{'type':'group','userId':'u2','groupId':'acme'}",
    "{'type':'track','userId':'u1','event':'login'}",
    "{'type':'track','userId':'u1','event':'login','messageId':'two'}",
    "{'type':'track','userId':'u1','event':'login','messageId':'three'}",
    "{'type':'track','userId':'u1','event':'login','timestamp':999,'receivedAt':1000}",
    "{'type':'track','userId':'u1','event':'logout'}",
    "{'type':'track','event':'login','context':{'groupId':'acme'}}",
    "{'type':'stage','userId':'u1','stage':'a'}",
    "{'type':'stage','userId':'u1','stage':'b'}",
    "{'type':'stage','groupId':'acme','stage':'a'}",
    "{'type':'health','userId':'u1','health':1}",
    "{'type':'health','userId':'u1','health':1.0}",
    "{'type':'pin','userId':'u1','sender':'ann'}",
    "{'type':'pin','userId':'u1','sender':'bob'}",
    "{'type':'interaction','userId':'u1','sender':'ann'}",
    "{'type':'interaction','userId':'u1','sender':'bob'}",
    "{'type':'assign','groupId':'acme','role':'CSM','user':'mary'}",
    "{'type':'suppress','userId':'u1','suppressed':true}",
    "{'type':'tag','userId':'u1','persona':'vip'}",
    "{'type':'untag','userId':'u2','persona':'vip'}",
    "{'type':'delete','userId':'u2'}",
    "{'type':'approve','message':2}",
    "{'type':'unapprove','message':1}",
    "{'type':'discard','message':2}",
    "{'type':'edit','message':2,'note':'x'}",
    "{'type':'edit','message':2,'note':'y'}",
    "{'type':'edit','message':2,'template':'again'}",
    "{'type':'complete','task':1}",
    "{'type':'cancel','task':1}",
    "{'type':'pause','playbook':'p'}",
    "{'type':'archive','playbook':'p'}",
    "{'type':'add_sender','sender':'success','playbook':'p'}",
    "{'type':'remove_sender','sender':'bob','playbook':'p'}",
    "{'type':'remove_sender','sender':'bob'}",
    "{'type':'unenroll','playbook':'p','userId':'u1'}",
    "{'type':'define','kind':'channel','key':'slack','connected':false}",
    "{'type':'define','kind':'template','key':'alert','channel':'email'}",
    "{'type':'define','kind':'user','key':'john','email':'other@corp.example'}",
    "{'type':'define','kind':'user','key':'john','email':'john@corp.example','licensed':false}",
    "{'type':'define','kind':'sender','key':'ann'}",
    "{'type':'define','kind':'sender','key':'ann','user':'john','address':'x'}",
    "{'type':'define','kind':'role','key':'AE'}",
    "{'type':'define','kind':'settings','default_sender':'ann'}",
    "{'type':'define','kind':'settings','approval_window':'1m'}",
    "{'type':'define','kind':'settings','dedupe_window':'1m'}",
    "{'type':'define','kind':'settings','retry_waits':[]}",
    "{'type':'define','kind':'schema','key':'contact','traits':{'n':'int'}}",
    "{'type':'define','kind':'schema','key':'contact','traits':{'n':'number'},'open':true}",
    "{'type':'define','kind':'schema','key':'account','traits':{'n':'int'},'open':true}",
    "{'type':'undefine','kind':'schema','key':'contact'}",
    "{'type':'undefine','kind':'template','key':'alert'}",
    "{'type':'undefine','kind':'persona','key':'vip'}",
    "{'type':'define','kind':'persona','key':'vip','when':'false'}",
    "{'type':'define','kind':'persona','key':'vip','when':'1 > 2'}",
    "{'type':'define','kind':'segment','key':'vip','when':'false'}",
    "{'type':'define','kind':'segment','key':'some','when':'contact.traits.n == 1'}",
    "{'type':'define','kind':'playbook','key':'q','subject':'account','trigger':{'segment':'pro'},'steps':[{'actions':[{'task':{'title':'Look'}}]}]}",
    "{'type':'define','kind':'playbook','key':'r','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'a'}}]}]}",
    "{'type':'define','kind':'playbook','key':'r','trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'b'}}]}]}",
    "{'type':'define','kind':'playbook','key':'r','active':true,'trigger':{'manual':true},'steps':[{'actions':[{'task':{'title':'a'}}]}]}"};
  enum { LINES = sizeof lines / sizeof *lines };
  static struct digest digests[LINES];
  for (uint32_t i = 0; i < LINES; i++) digests[i] = digest_after(lines[i], NULL);
  for (uint32_t i = 0; i < LINES; i++)
    for (uint32_t j = 0; j < i; j++) {
      check_note("%.90s | %.90s", lines[j] ? lines[j] : "nothing", lines[i]);
      CHECK(!same(digests[i], digests[j]));
    }
}

/* What is gone again leaves nothing, beyond the numbers that were given out. */
static void nothing_is_left(void) {
  CHECK(same(digest_after("{'type':'pin','userId':'u1','sender':'ann'}", "{'type':'pin','userId':'u1','sender':null}"),
             digest_after(NULL, NULL)));
  CHECK(same(digest_after("{'type':'suppress','userId':'u1','suppressed':true}", "{'type':'suppress','userId':'u1','suppressed':false}"),
             digest_after(NULL, NULL)));
  /* A messageId counts for a day, and is forgotten then. */
  static const char *const ways[2][3] = {{"{'type':'identify','userId':'u1','messageId':'m'}", "{'type':'advance','timestamp':86400999}", "="},
                                         {"{'type':'identify','userId':'u1','messageId':'m'}", "{'type':'advance','timestamp':86401000}", "!"}};
  for (int i = 0; i < 2; i++)
    CHECK(same(digest_after(ways[i][0], ways[i][1]), digest_after("{'type':'identify','userId':'u1'}", ways[i][1])) == (i == 1));
}

/* ---- equal ---- */

/* How the engine is driven does not show: drained or not, committed or not, kept or not, in small advances, closed, opened, snapshots. */
static void ways(void) {
  struct rig straight;
  rig_open(&straight, RIG_WITHOUT_STORAGE | RIG_WITHOUT_DELIVERY);
  base(&straight);
  CHECK_EQUAL_INT(pbk_advance(straight.engine, 5 * PBK_DAY, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(straight.engine), PBK_OK);
  struct digest wanted = rig_digest(&straight);
  rig_close(&straight);
  for (uint32_t way = 0; way < 8; way++) {
    struct rig rig;
    rig_open(&rig, RIG_WITHOUT_DELIVERY);
    base(&rig);
    check_note("way %u", way);
    for (pbk_time day = 1; day <= 5; day++) {
      if (way & 1) {
        for (pbk_time hour = 1; hour < 24; hour++)
          while (pbk_advance(rig.engine, (day - 1) * PBK_DAY + hour * PBK_HOUR, 1) == PBK_MORE) continue;
      }
      CHECK_EQUAL_INT(pbk_advance(rig.engine, day * PBK_DAY, 0), PBK_OK);
      if (way & 2) {
        rig_take(&rig);
        CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
      }
      if (way & 4) CHECK_EQUAL_INT(pbk_snapshot(rig.engine, day % 2 ? PBK_SNAPSHOT_COMPRESSED : 0) == PBK_ERR_UNSUPPORTED
                                     ? pbk_snapshot(rig.engine, 0) : PBK_OK, PBK_OK);
    }
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    CHECK_DIGEST(&rig, wanted);
    CHECK_EQUAL_INT(rig_reopen(&rig, PBK_OPEN_READ_ONLY, NULL), PBK_OK);
    CHECK_DIGEST(&rig, wanted);
    rig_close(&rig);
  }
}

/* A call that is refused has changed nothing: no name, no number, no half of a definition. */
static void refused_calls(void) {
  struct rig rig;
  rig_open(&rig, 0);
  base(&rig);
  rig_take(&rig);
  struct digest digest = rig_digest(&rig);
  pbk_subject nobody = {.size = sizeof nobody, .kind = PBK_CONTACT, .key = words("nobody")};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "", 0, NULL), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u1", 2, NULL, 0, "", 0, NULL), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &nobody), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_pin(rig.engine, NULL, "new one", 7, "no sender", 9), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_interaction(rig.engine, NULL, "new one", 7, "no sender", 9), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_assign(rig.engine, NULL, "new one", 7, "no role", 7, "john", 4), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_tag(rig.engine, NULL, "new one", 7, "dormant", 7), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_enroll(rig.engine, NULL, "p", 1, &nobody), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_approve(rig.engine, NULL, 77), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_edit(rig.engine, NULL, 2, "no template", 11, "note", 4), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_TEMPLATE, "hello", 5), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_add_sender(rig.engine, NULL, "nobody", 6, "p", 1, NULL, 0), PBK_ERR_REFUSED);
  pbk_audience wrong = {.size = sizeof wrong, .key = words("wrong"), .when = words("events('never named').count() > 1 && nothing")};
  CHECK_EQUAL_INT(pbk_define_persona(rig.engine, NULL, &wrong), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_define_segment(rig.engine, NULL, &wrong), PBK_ERR_REFUSED);
  pbk_trigger trigger = {.size = sizeof trigger, .kind = PBK_TRIGGER_EVENT, .name = words("an event of its own")};
  pbk_action action = {.size = sizeof action, .kind = PBK_ACTION_EMAIL, .template_key = words("no such template")};
  pbk_step step = {.size = sizeof step, .actions = &action, .action_count = 1};
  pbk_playbook playbook = {.size = sizeof playbook, .key = words("refused"), .triggers = &trigger, .trigger_count = 1, .steps = &step,
                           .step_count = 1};
  CHECK_EQUAL_INT(pbk_define_playbook(rig.engine, NULL, &playbook), PBK_ERR_REFUSED);
  pbk_role role = {.size = sizeof role, .key = words("a role of its own")};
  pbk_sender sender = {.size = sizeof sender, .key = words("of nobody"), .user = words("no user")};
  pbk_definition both[2] = {{.size = sizeof *both, .kind = PBK_DEFINE_ROLE, .of = &role},
                            {.size = sizeof *both, .kind = PBK_DEFINE_SENDER, .of = &sender}};
  CHECK_EQUAL_INT(pbk_define(rig.engine, NULL, both, 2), PBK_ERR_REFUSED);
  CHECK_DIGEST(&rig, digest);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DIGEST(&rig, digest);
  rig_close(&rig);
}

/* ---- asking ---- */

static pbk_status status_inside;
static void ask_inside(struct rig *rig, char where) {
  unsigned char digest[16];
  if (where == 'a') status_inside = pbk_state_digest(rig->engine, digest);
}

static void asking(void) {
  struct rig rig;
  unsigned char digest[16];
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(pbk_state_digest(NULL, digest), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_state_digest(rig.engine, NULL), PBK_ERR_ARGUMENT);
  base(&rig);
  rig.inside = ask_inside;
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_INT(status_inside, PBK_ERR_REENTRANT);
  rig.fail_append_at = rig.appends + 1;
  tell(&rig, "{'type':'identify','userId':'u9'}");
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_ERR_STORAGE);
  CHECK_EQUAL_INT(pbk_state_digest(rig.engine, digest), PBK_ERR_STORAGE); /* what it would tell of is not known to be kept */
  rig_close(&rig);
}

int main(void) {
  RUN(any_difference);
  RUN(nothing_is_left);
  RUN(ways);
  RUN(refused_calls);
  RUN(asking);
  return check_report();
}
