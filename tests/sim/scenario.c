/* tests/sim/scenario.c - what a host does, made from a seed: definitions, then a few dozen inputs with advances, commits,
 * drains and snapshots among them; see sim.h. */
#include "sim.h"

#include <stdarg.h>

enum { START = 1767225600 }; /* 2026-01-01, in seconds */

struct writing {
  struct scenario *scenario;
  uint64_t random;
  const unsigned char *bytes, *end; /* given: what decides instead of random numbers; 0 behind their end */
  bool given;
  int64_t now; /* milliseconds */
  bool quiet;  /* since the last line there was a call already */
};

static uint32_t below(struct writing *writing, uint32_t count) {
  if (!writing->given) return random_below(&writing->random, count);
  uint32_t value = 0;
  for (uint32_t range = 1; range < count && range < UINT32_C(1) << 24; range <<= 8)
    value = value << 8 | (writing->bytes < writing->end ? *writing->bytes++ : 0);
  return value % count;
}
static bool one_in(struct writing *writing, uint32_t count) {
  return below(writing, count) == (writing->given ? count - 1 : 0); /* behind the end of what is given: no */
}

/* ---- steps ---- */

static struct step *add_step(struct writing *writing, enum step_kind kind) {
  struct scenario *scenario = writing->scenario;
  if (scenario->step_count == scenario->step_capacity) {
    scenario->step_capacity = scenario->step_capacity * 2 + 64;
    scenario->steps = realloc(scenario->steps, scenario->step_capacity * sizeof *scenario->steps);
    if (!scenario->steps) abort();
  }
  struct step *step = &scenario->steps[scenario->step_count++];
  *step = (struct step){.kind = kind};
  return step;
}

/* Begins a line; what is written goes on with it until the next begins. */
static void begin_line(struct writing *writing) {
  struct scenario *scenario = writing->scenario;
  struct step *step = add_step(writing, STEP_LINE);
  step->line = ++scenario->line_count;
  step->start = (uint32_t)scenario->text.size;
  writing->quiet = false;
}

/* ' stands for ", ` for '. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
write_text(struct writing *writing, const char *format, ...) {
  struct scenario *scenario = writing->scenario;
  va_list arguments;
  bytes_reserve(&scenario->text, scenario->text.size + 4096);
  char *at = (char *)scenario->text.at + scenario->text.size;
  va_start(arguments, format);
  int size = vsnprintf(at, 4096, format, arguments);
  va_end(arguments);
  if (size < 0 || size >= 4096) abort();
  for (int i = 0; i < size; i++) at[i] = (char)(at[i] == '\'' ? '"' : at[i] == '`' ? '\'' : at[i]);
  scenario->text.size += (size_t)size;
  struct step *step = &scenario->steps[scenario->step_count - 1];
  step->size += (uint32_t)size;
}

#define LINE(writing, ...) (begin_line(writing), write_text((writing), __VA_ARGS__))

/* ---- definitions ---- */

static void define_basics(struct writing *writing) {
  LINE(writing,
       "{'type':'batch','timestamp':%" PRId64
       ",'batch':[{'type':'define','kind':'channel','key':'email'},"
       "{'type':'define','kind':'channel','key':'slack'},{'type':'define','kind':'template','key':'hello-retried'},"
       "{'type':'define','kind':'template','key':'hello-held'},{'type':'define','kind':'template','key':'edited'},"
       "{'type':'define','kind':'template','key':'alert-retried','channel':'slack'},"
       "{'type':'define','kind':'template','key':'alert-held','channel':'slack'},"
       "{'type':'define','kind':'user','key':'john','email':'john@corp.example'},"
       "{'type':'define','kind':'user','key':'mary','email':'mary@corp.example'},"
       "{'type':'define','kind':'role','key':'CSM'},"
       "{'type':'define','kind':'sender','key':'success','address':'success@corp.example'},"
       "{'type':'define','kind':'sender','key':'ann','user':'john'},{'type':'define','kind':'sender','key':'bob','user':'"
       "mary'},"
       "{'type':'define','kind':'settings','default_sender':'success'}]}",
       writing->now);
  static const char *const waits[] = {"", ",'retry_waits':['30s','2h']", ",'retry_waits':['1m']", ",'retry_waits':[]"};
  static const uint32_t attempts[] = {5, 3, 2, 1};
  uint32_t which = one_in(writing, 8) ? 3 : below(writing, 3);
  writing->scenario->attempts = attempts[which];
  LINE(writing, "{'type':'define','kind':'settings','approval_window':'%um'%s}", 1 + below(writing, 3) * 30, waits[which]);
}

static void define_audiences(struct writing *writing) {
  LINE(writing, "{'type':'define','kind':'persona','key':'vip'}");
  LINE(writing, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(%u))'}",
       1 + below(writing, 3));
  LINE(writing, "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}");
  if (one_in(writing, 2))
    LINE(writing, "{'type':'define','kind':'segment','key':'keen','when':'events(`login`).count(days(1)) >= 2'}");
  else
    LINE(writing,
         "{'type':'define','kind':'segment','key':'keen','when':'contact.traits.n > 20 || now.getDayOfWeek() == 0'}");
  if (one_in(writing, 2))
    LINE(writing, "{'type':'define','kind':'persona','key':'both','when':'segment(`pro`) && segment(`keen`)'}");
}

static void write_email(struct writing *writing, bool pool, bool account) {
  static const char *const ways[] = {"", ",'send_as':'default'", ",'send_as':{'user':'john'}", ",'send_as':{'role':'CSM'}"};
  bool hold = one_in(writing, 3);
  write_text(writing, "{'email':{'template':'%s'%s%s%s}}", hold ? "hello-held','policy':'hold" : "hello-retried",
             one_in(writing, 2) ? "" : ",'approval':false",
             pool && one_in(writing, 2) ? ",'send_as':'pool'" : ways[below(writing, 4)], account ? ",'to':'all'" : "");
}

static void write_action(struct writing *writing, bool pool, bool account) {
  switch (below(writing, 8)) {
    case 0:
      write_text(writing, "{'task':{'title':'Call','assignee':{'%s':%s},'due':'1d'}}", pool ? "sender" : "role",
                 pool ? "true" : "'CSM'");
      break;
    case 1: write_text(writing, "{'assign':{'role':'CSM','rotate':['john','mary']}}"); break;
    case 2:
      write_text(writing, "{'notify':{'channel':'slack','to':'#cs','template':'%s'}}",
                 one_in(writing, 3) ? "alert-held','policy':'hold" : "alert-retried");
      break;
    case 3: write_text(writing, "{'notify':{'to':{'user':'mary'},'template':'hello-retried'}}"); break;
    default: write_email(writing, pool, account); break;
  }
}

static void write_steps(struct writing *writing, bool pool, bool account) {
  static const char *const delays[] = {"", "'delay':'5m',", "'delay':'6h',", "'delay':'1d',"};
  static const char *const conditions[] = {"", "", "", "'when':'contact.traits.n > 3',",
                                           "'when':'has(contact.traits.n)','on_skip':'exit',"};
  write_text(writing, "'steps':[");
  for (uint32_t i = 0, count = 1 + below(writing, 3); i < count; i++) {
    write_text(writing, "%s{%s%s'actions':[", i ? "," : "", delays[i ? below(writing, 4) : below(writing, 6) == 0],
               i ? conditions[below(writing, 5)] : "");
    for (uint32_t j = 0, actions = 1 + below(writing, 2); j < actions; j++) {
      if (j) write_text(writing, ",");
      write_action(writing, pool, account);
    }
    write_text(writing, "]}");
  }
  write_text(writing, "]");
}

static void define_playbook(struct writing *writing, uint32_t which) {
  static const char *const keys[] = {"win-back", "welcome", "growth", "care"};
  static const char *const triggers[][3] = {
    {"{'persona':'dormant'}", "[{'persona':'dormant'},{'event':'signup'}]", "{'persona':'dormant','on':'untagged'}"},
    {"{'event':'signup'}", "[{'event':'signup'},{'event':'login','where':'event.properties.n > 4'}]",
     "[{'manual':true},{'persona':'vip'}]"},
    {"{'segment':'pro'}", "[{'segment':'pro'},{'health':'declined'}]", "[{'stage':'trial'},{'health':'progressed'}]"},
    {"{'segment':'keen'}", "[{'event':'login'},{'segment':'keen','on':'left'}]",
     "[{'manual':true},{'stage':'trial','from':'lead'}]"}};
  static const char *const reentry[] = {"", "", "'reentry':'once',", "'reentry':{'after':'12h'},"};
  static const char *const exits[] = {"", "", "'exit':{'when':'events(`login`).last() > enrollment.started_at'},",
                                      "'exit':{'when':'contact.traits.n == 7','keep':['tasks']},"};
  bool account = which == 2, pool = !account && one_in(writing, 2);
  begin_line(writing);
  write_text(writing, "{'type':'define','kind':'playbook','key':'%s','active':%s,'trigger':%s,%s%s%s", keys[which],
             one_in(writing, 8) ? "false" : "true", triggers[which][below(writing, 3)],
             account ? "'subject':'account'," : "", reentry[below(writing, 4)], account ? "" : exits[below(writing, 4)]);
  if (pool)
    write_text(writing, "'senders':{'pool':['ann','bob'%s]%s},", one_in(writing, 2) ? ",'success'" : "",
               one_in(writing, 2) ? ",'sticky':'any'" : "");
  write_steps(writing, pool, account);
  write_text(writing, "}");
}

/* ---- inputs ---- */

static void write_times(struct writing *writing) {
  switch (below(writing, 6)) {
    case 0: break; /* at now */
    case 1:        /* late */
      write_text(writing, ",'receivedAt':%" PRId64 ",'timestamp':%" PRId64, writing->now,
                 writing->now - (int64_t)below(writing, 200000000));
      break;
    default: write_text(writing, ",'timestamp':%" PRId64, writing->now); break;
  }
  if (one_in(writing, 6)) write_text(writing, ",'messageId':'m%u'", below(writing, 12));
}

static void write_fact(struct writing *writing) {
  uint32_t who = below(writing, 6), other = below(writing, 3), number = below(writing, 40);
  switch (below(writing, 9)) {
    case 0:
    case 1:
    case 2:
      write_text(writing, "{'type':'track','userId':'u%u','event':'login','properties':{'n':%u}", who, number % 10);
      break;
    case 3:
    case 4: write_text(writing, "{'type':'track','userId':'u%u','event':'signup'", who); break;
    case 5: write_text(writing, "{'type':'identify','userId':'u%u','traits':{'n':%u,'name':'Ann'}", who, number); break;
    case 6:
      write_text(writing, "{'type':'group','userId':'u%u','groupId':'a%u','traits':{'plan':'%s'}", who, other,
                 number % 3 ? "pro" : "free");
      break;
    case 7:
      write_text(writing, "{'type':'stage','%s':'%c%u','stage':'%s'%s", number % 2 ? "userId" : "groupId",
                 number % 2 ? 'u' : 'a', other, number % 3 ? "trial" : "lead", one_in(writing, 3) ? ",'health':50" : "");
      break;
    default: write_text(writing, "{'type':'health','groupId':'a%u','health':%u", other, number); break;
  }
  write_times(writing);
  write_text(writing, "}");
}

static void write_control(struct writing *writing) {
  static const char *const playbooks[] = {"win-back", "welcome", "growth", "care"};
  const char *playbook = playbooks[below(writing, 4)];
  uint32_t who = below(writing, 6), number = 1 + below(writing, one_in(writing, 3) ? 30 : 12);
  switch (below(writing, 30)) {
    case 0:
    case 1:
    case 2:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28: write_text(writing, "{'type':'approve','message':%u", number); break;
    case 3: write_text(writing, "{'type':'unapprove','message':%u", number); break;
    case 4: write_text(writing, "{'type':'discard','message':%u", number); break;
    case 5:
    case 6:
      write_text(writing, "{'type':'report','message':%u,'outcome':'%s'", number,
                 number % 3 ? "sent" : "failed','reason':'no such box");
      break;
    case 7: write_text(writing, "{'type':'complete','task':%u", number % 6 + 1); break;
    case 8: write_text(writing, "{'type':'cancel','task':%u", number % 6 + 1); break;
    case 9: write_text(writing, "{'type':'edit','message':%u,'template':'edited','note':'be kind'", number); break;
    case 10: write_text(writing, "{'type':'pause','playbook':'%s'", playbook); break;
    case 11:
    case 12: write_text(writing, "{'type':'resume','playbook':'%s'", playbook); break;
    case 13:
    case 14:
    case 15:
      write_text(writing, "{'type':'enroll','playbook':'%s','%s':'%c%u'", playbook,
                 playbook[0] == 'g' ? "groupId" : "userId", playbook[0] == 'g' ? 'a' : 'u',
                 playbook[0] == 'g' ? who % 3 : who);
      break;
    case 16: write_text(writing, "{'type':'unenroll','playbook':'%s','userId':'u%u'", playbook, who); break;
    case 17:
      write_text(writing, "{'type':'delete','%s':'%c%u'", number % 4 ? "userId" : "groupId", number % 4 ? 'u' : 'a',
                 who % 4);
      break;
    case 18: write_text(writing, "{'type':'%s','userId':'u%u','persona':'vip'", number % 3 ? "tag" : "untag", who); break;
    case 19:
      write_text(writing, "{'type':'suppress','userId':'u%u','suppressed':%s", who, number % 2 ? "true" : "false");
      break;
    case 20: write_text(writing, "{'type':'pin','userId':'u%u','sender':'%s'", who, number % 2 ? "bob" : "ann"); break;
    case 21: write_text(writing, "{'type':'interaction','userId':'u%u','sender':'ann'", who); break;
    case 22:
      write_text(writing, "{'type':'remove_sender','sender':'bob','mode':'%s'%s", number % 2 ? "cancel" : "drain",
                 number % 3 ? ",'playbook':'welcome'" : "");
      break;
    default:
      write_text(writing, "{'type':'assign','groupId':'a%u','role':'CSM','user':'%s'", who % 3,
                 number % 2 ? "john" : "mary");
      break;
  }
  write_times(writing);
  write_text(writing, "}");
}

/* Definitions that change, lines that are refused, and what else is seldom. */
static void write_seldom(struct writing *writing) {
  switch (below(writing, 15)) {
    case 0:
      write_text(writing, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(%u))'}",
                 1 + below(writing, 4));
      break;
    case 1:
      write_text(writing, "{'type':'define','kind':'user','key':'mary','licensed':%s}",
                 one_in(writing, 2) ? "true" : "false");
      break;
    case 2:
      write_text(writing, "{'type':'define','kind':'channel','key':'email','connected':%s}",
                 one_in(writing, 5) ? "false" : "true");
      break;
    case 3:
      write_text(writing,
                 "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan != `free`'}");
      break;
    case 4:
      write_text(writing, "{'type':'undefine','kind':'%s','key':'%s'}", one_in(writing, 2) ? "playbook" : "persona",
                 one_in(writing, 2) ? "care" : "both");
      break;
    case 5: write_text(writing, "{'type':'define','kind':'persona','key':'odd','when':'events(`login`'}"); break;
    case 6: write_text(writing, "{'type':'track','userId':'u1','event':'login','timestamp':'soon'}"); break;
    case 7: write_text(writing, "not JSON"); break;
    case 8: writing->quiet = true; break; /* an empty line, which a host may have to feed again */
    case 9: write_text(writing, "{'type':'dance','timestamp':%" PRId64 "}", writing->now); break;
    case 10: write_text(writing, "{'type':'explain','playbook':'welcome','userId':'u%u'}", below(writing, 6)); break;
    case 11:
      write_text(writing, "{'type':'alias','previousId':'u%u','userId':'w%u'}", below(writing, 6), below(writing, 3));
      break;
    case 12:
      write_text(writing, "{'type':'archive','playbook':'welcome','mode':'%s'}", one_in(writing, 2) ? "cancel" : "drain");
      break;
    case 13: write_text(writing, "{'type':'add_sender','sender':'success','playbook':'win-back'}"); break;
    default: write_text(writing, "{'type':'activate','playbook':'welcome'}"); break;
  }
}

static void write_batch(struct writing *writing) {
  write_text(writing, "{'type':'batch','timestamp':%" PRId64 "%s,'batch':[", writing->now,
             one_in(writing, 3) ? ",'messageId':'b1'" : "");
  for (uint32_t i = 0, count = below(writing, 5); i < count; i++) {
    if (i) write_text(writing, ",");
    if (one_in(writing, 6))
      write_text(writing, "{'type':'track','userId':7}");
    else
      write_fact(writing);
  }
  write_text(writing, "]}");
}

static void add_input(struct writing *writing) {
  uint32_t kind = below(writing, 40);
  if (kind == 0) {
    define_playbook(writing, below(writing, 4));
    return;
  }
  begin_line(writing);
  if (kind < 4)
    write_seldom(writing);
  else if (kind < 7)
    write_batch(writing);
  else if (kind < 22)
    write_control(writing);
  else
    write_fact(writing);
}

/* A C call. Doing it twice is doing it once, as a host that only knows its lines does after a crash; so there is at most one
 * between two lines, and behind it a line that does nothing: of one that does something a crash may leave a part, which the
 * call would then be done behind. */
static void add_call(struct writing *writing) {
  if (writing->quiet || writing->scenario->line_count == 0) return;
  writing->quiet = true;
  add_step(writing, STEP_CALL)->choice = below(writing, 1 << 16);
  LINE(writing, "{'type':'batch','batch':[]}");
}

static void move_time(struct writing *writing) {
  switch (below(writing, 8)) {
    case 0:
    case 1:
    case 2: break; /* equal times */
    case 3:
    case 4: writing->now += 1 + below(writing, 90000); break;
    case 5: writing->now += 600000; break; /* what is due in ten minutes is due then */
    case 6: writing->now += below(writing, 20000000); break;
    default: writing->now += 43200000 + below(writing, 100000000); break;
  }
}

/* ---- the whole ---- */

static void index_lines(struct scenario *scenario) {
  scenario->step_of_line = realloc(scenario->step_of_line, (scenario->line_count + 1) * sizeof *scenario->step_of_line);
  if (!scenario->step_of_line) abort();
  scenario->step_of_line[0] = 0;
  for (uint32_t i = 0; i < scenario->step_count; i++)
    if (scenario->steps[i].kind == STEP_LINE) scenario->step_of_line[scenario->steps[i].line] = i + 1;
}

static void write_scenario(struct writing *begun, uint32_t inputs) {
  struct writing writing = *begun;
  struct scenario *scenario = writing.scenario;
  writing.now = (int64_t)START * 1000;
  scenario->engine_id = "simulated";
  scenario->text.size = 0;
  scenario->step_count = scenario->line_count = 0;
  scenario->at_once = one_in(&writing, 3);
  scenario->nobody_delivers = one_in(&writing, 8);
  scenario->zero_waits = one_in(&writing, 16);
  /* how often a commit comes: after each line, or after many */
  uint32_t commits = 1 + below(&writing, 8), snapshots = 6 + below(&writing, 40);
  define_basics(&writing);
  define_audiences(&writing);
  for (uint32_t i = 0; i < 4; i++)
    if (!one_in(&writing, 3)) define_playbook(&writing, i);
  for (uint32_t i = 0; i < inputs && (!writing.given || writing.bytes < writing.end); i++) {
    move_time(&writing);
    add_input(&writing);
    if (one_in(&writing, 5)) {
      if (one_in(&writing, 2)) move_time(&writing);
      add_step(&writing, STEP_ADVANCE)->to = writing.now * 1000 + below(&writing, 2);
    }
    if (one_in(&writing, 8)) add_call(&writing);
    if (one_in(&writing, commits)) add_step(&writing, STEP_COMMIT);
    if (one_in(&writing, commits + 1)) add_step(&writing, STEP_DRAIN)->choice = one_in(&writing, 3) ? 700 : 0;
    if (one_in(&writing, snapshots))
      add_step(&writing, STEP_SNAPSHOT)->choice = one_in(&writing, 2) ? PBK_SNAPSHOT_COMPRESSED : 0;
    if (one_in(&writing, 60)) add_step(&writing, STEP_CLOSE);
  }
  writing.now += 86400000 * (int64_t)below(&writing, 4);
  add_step(&writing, STEP_ADVANCE)->to = writing.now * 1000;
  add_step(&writing, STEP_COMMIT);
  add_step(&writing, STEP_DRAIN);
  add_step(&writing, STEP_COMMIT); /* so that all is known to be taken */
  index_lines(scenario);
}

void scenario_make(struct scenario *scenario, uint64_t seed, uint32_t inputs) {
  struct writing writing = {.scenario = scenario, .random = mix(seed, 1)};
  scenario->seed = seed;
  write_scenario(&writing, inputs);
}

void scenario_decode(struct scenario *scenario, const unsigned char *bytes, size_t size, uint32_t inputs) {
  struct writing writing = {.scenario = scenario, .bytes = bytes, .end = bytes + size, .given = true};
  scenario->seed = hash_bytes(1, bytes, size);
  write_scenario(&writing, inputs);
}

void scenario_release(struct scenario *scenario) {
  bytes_release(&scenario->text);
  free(scenario->steps);
  free(scenario->step_of_line);
  *scenario = (struct scenario){0};
}
