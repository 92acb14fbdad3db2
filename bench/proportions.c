/* bench/proportions.c - whether cost stays in proportion to what changes: each thing is measured with little and with much
 * of what should not matter to it, or by the piece with few and with many pieces at once.
 *
 *   bench-proportions [--rounds N] [--only WORDS] [--at N]
 *
 * CPU time, the least of the rounds, in which all take turns. Prints one line of JSON: names, units, both sizes and values.
 * --only measures what has these words in its name; --at does it once, at that size, for those who count instructions. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <playbook/playbook.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "huge_pages.h"

static double cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void need(pbk_status status, const char *what) {
  if (status == PBK_OK || status == PBK_MORE) return;
  fprintf(stderr, "%s: %s\n", what, pbk_status_name(status));
  exit(1);
}

/* ---- an engine, and what is told it ---- */

static pbk_engine *engine;
static uint64_t outputs_of[32]; /* drained so far, by type */

static void begin(void) {
  pbk_config config = {.size = sizeof config, .engine_id = {"bench", 5}, .allocate = huge_pages};
  need(pbk_engine_create(&config, &engine), "making an engine");
  memset(outputs_of, 0, sizeof outputs_of);
}
static double end(double value) {
  pbk_engine_destroy(engine);
  engine = NULL;
  return value;
}

static void commit(void) {
  static pbk_output outputs[256];
  uint32_t count = 1;
  need(pbk_commit(engine), "a commit");
  while (count > 0) {
    need(pbk_drain(engine, outputs, sizeof *outputs, 256, &count), "draining");
    for (uint32_t i = 0; i < count; i++) outputs_of[outputs[i].type]++;
  }
}
/* What one thing came to: the seconds since then, in nanoseconds for each, if as many came of it as should. */
static double each(double since, double count, pbk_output_type type, uint64_t expected) {
  double took = cpu() - since;
  commit();
  if (type && outputs_of[type] != expected)
    fprintf(stderr, "%" PRIu64 " outputs of type %d, not %" PRIu64 "\n", outputs_of[type], type, expected), exit(1);
  return took * 1e9 / count;
}

static void say(const char *format, ...) {
  char line[4096];
  uint64_t refused = 0;
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  line[size++] = '\n';
  for (int i = 0; i < size; i++)
    if (line[i] == '\'') line[i] = '"'; /* lines are easier to read so; what is quoted in a condition stands in ` */
  for (int i = 0; i < size; i++)
    if (line[i] == '`') line[i] = '\'';
  need(pbk_feed_json(engine, line, (size_t)size, &refused), line);
  if (refused) fprintf(stderr, "refused: %.*s", size, line), exit(1);
}
static void say_persona(uint32_t number, const char *when) {
  say("{'type':'define','kind':'persona','key':'p%" PRIu32 "','when':'%s'}", number, when);
}
static void say_channel(void) {
  say("{'type':'define','kind':'channel','key':'email'}");
  say("{'type':'define','kind':'template','key':'mail'}");
}

static size_t key_of(char *key, char kind, uint32_t number) {
  return (size_t)snprintf(key, 16, "%c%07" PRIu32, kind, number);
}
static uint32_t mixed(uint32_t number) {
  return (number ^ number >> 7) * 2654435761u >> 8;
}

static pbk_envelope at(pbk_time received_at, pbk_time occurred_at) {
  return (pbk_envelope){.size = sizeof(pbk_envelope), .received_at = received_at, .occurred_at = occurred_at};
}
static void track_at(uint32_t contact, const char *event, pbk_time received_at, pbk_time occurred_at) {
  char key[16];
  pbk_envelope envelope = at(received_at, occurred_at);
  need(pbk_track(engine, &envelope, key, key_of(key, 'u', contact), NULL, 0, event, strlen(event), NULL), "an event");
}
static void track(uint32_t contact, const char *event) {
  track_at(contact, event, PBK_NO_TIME, PBK_NO_TIME);
}
static pbk_value trait_of(pbk_member *member, const char *name, int64_t value) {
  *member = (pbk_member){.name = name, .name_size = (uint32_t)strlen(name), .value = {.kind = PBK_INT, .as.integer = value}};
  return (pbk_value){.kind = PBK_MAP, .size = 1, .as.members = member};
}
static void set_trait(uint32_t contact, const char *name, int64_t value) {
  char key[16];
  pbk_member member;
  pbk_value traits = trait_of(&member, name, value);
  need(pbk_identify(engine, NULL, key, key_of(key, 'u', contact), &traits), "a trait");
}
static void set_account_trait(uint32_t account, const char *name, int64_t value) {
  char key[16];
  pbk_member member;
  pbk_value traits = trait_of(&member, name, value);
  need(pbk_group(engine, NULL, NULL, 0, key, key_of(key, 'a', account), &traits), "an account's trait");
}
static void join(uint32_t contact, uint32_t account) {
  char key[16], account_key[16];
  need(pbk_group(engine, NULL, key, key_of(key, 'u', contact), account_key, key_of(account_key, 'a', account), NULL),
       "joining");
}
static void know_contacts(uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    set_trait(i, "plan", mixed(i) % 10);
    if (i % 1000 == 999) commit();
  }
  commit();
}
static void know_account(uint32_t account, uint32_t from, uint32_t to) {
  set_account_trait(account, "plan", 0);
  for (uint32_t i = from; i < to; i++) {
    join(i, account);
    if (i % 1000 == 999) commit();
  }
  commit();
}
static void advance(pbk_time to) {
  need(pbk_advance(engine, to, 0), "advancing");
}

/* ---- personas ---- */

enum { CONTACTS = 1000 };

/* Traits, times and counts; two of them are of what happens. */
static void many_personas(uint32_t count) {
  for (uint32_t i = 2; i < count; i++) {
    char when[80];
    if (i % 4 == 0) snprintf(when, sizeof when, "contact.traits.t%" PRIu32 " > 3", i);
    if (i % 4 == 1) snprintf(when, sizeof when, "events(`e%" PRIu32 "`).quiet(days(14))", i);
    if (i % 4 == 2) snprintf(when, sizeof when, "events(`e%" PRIu32 "`).count(days(7)) >= 2", i);
    if (i % 4 == 3) snprintf(when, sizeof when, "contact.traits.t%" PRIu32 " == 1 && contact.stage == `on`", i);
    say_persona(i, when);
  }
  say_persona(0, "events(`login`).count(days(7)) >= 3");
  say_persona(1, "events(`login`).quiet(days(14))");
}
static double event_among_personas(uint32_t personas) {
  enum { EVENTS = 20000 };
  begin();
  know_contacts(0, CONTACTS);
  many_personas(personas);
  for (uint32_t i = 0; i < CONTACTS; i++) track(i, "login");
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track(mixed(i) % CONTACTS, "login");
  return end(each(since, EVENTS, 0, 0));
}
static double trait_among_personas(uint32_t personas) {
  enum { CHANGES = 20000 };
  begin();
  many_personas(personas);
  say_persona(personas, "contact.traits.score > 500");
  know_contacts(0, CONTACTS);
  double since = cpu();
  for (uint32_t i = 0; i < CHANGES; i++) set_trait(mixed(i) % CONTACTS, "score", i % 1000);
  return end(each(since, CHANGES, 0, 0));
}
static double new_contact_among_personas(uint32_t personas) {
  enum { NEW = 2000 };
  begin();
  for (uint32_t i = 0; i < personas; i++) {
    char when[80];
    snprintf(when, sizeof when, "contact.traits.t%" PRIu32 " > 3 || events(`e%" PRIu32 "`).count(days(7)) >= 2", i, i);
    say_persona(i, when);
  }
  know_contacts(0, CONTACTS);
  double since = cpu();
  for (uint32_t i = 0; i < NEW; i++) set_trait(CONTACTS + i, "t1", 4);
  return end(each(since, NEW, PBK_OUTPUT_TAGGED, NEW));
}
/* A look at one of the personas that read an event, each with a window of its own. */
static double event_in_windows(uint32_t personas) {
  uint32_t events = 400000 / personas;
  if (events > 20000) events = 20000;
  begin();
  for (uint32_t i = 0; i < personas; i++) {
    char when[80];
    snprintf(when, sizeof when, "events(`login`).count(days(%" PRIu32 ")) >= %" PRIu32, i + 1, i % 10 + 1);
    say_persona(i, when);
  }
  know_contacts(0, CONTACTS);
  double since = cpu();
  for (uint32_t i = 0; i < events; i++) track_at(mixed(i) % CONTACTS, "login", (pbk_time)i * PBK_HOUR, PBK_NO_TIME);
  return end(each(since, (double)events * personas, 0, 0));
}

/* ---- one contact with much ---- */

static double event_of_long_history(uint32_t before) {
  enum { EVENTS = 20000 };
  begin();
  say_persona(0, "events(`login`).count(days(7)) >= 3");
  for (uint32_t i = 0; i < before; i++) {
    track_at(0, "login", (pbk_time)i * 5 * PBK_MINUTE, PBK_NO_TIME);
    if (i % 1000 == 999) commit();
  }
  commit();
  pbk_time now = pbk_now(engine);
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track_at(0, "login", now + i * PBK_MINUTE, PBK_NO_TIME);
  return end(each(since, EVENTS, 0, 0));
}
/* Weeks late, a whole burst of it. */
static double late_events_of_long_history(uint32_t before) {
  enum { EVENTS = 5000 };
  begin();
  say_persona(0, "events(`login`).count(days(7)) >= 3");
  for (uint32_t i = 0; i < before; i++) {
    track_at(0, "login", (pbk_time)i * 20 * PBK_DAY / before, PBK_NO_TIME);
    if (i % 1000 == 999) commit();
  }
  advance(30 * PBK_DAY);
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track_at(0, "login", PBK_NO_TIME, PBK_DAY + mixed(i) % 1000 * PBK_MINUTE);
  return end(each(since, EVENTS, 0, 0));
}
static double event_among_kinds(uint32_t kinds) {
  enum { EVENTS = 20000 };
  begin();
  for (uint32_t i = 0; i < kinds; i++) {
    char when[80];
    snprintf(when, sizeof when, "events(`e%" PRIu32 "`).count(days(7)) >= 2", i);
    say_persona(i, when);
  }
  know_contacts(0, 100);
  for (uint32_t i = 0; i < 100 * kinds; i++) {
    char event[16];
    snprintf(event, sizeof event, "e%" PRIu32, i % kinds);
    track(i / kinds, event);
    if (i % 1000 == 999) commit();
  }
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) {
    char event[16];
    snprintf(event, sizeof event, "e%" PRIu32, mixed(i) % kinds);
    track_at(mixed(i) % 100, event, (pbk_time)i * PBK_HOUR, PBK_NO_TIME);
  }
  return end(each(since, EVENTS, 0, 0));
}
static void know_traits(uint32_t traits) {
  char names[1000][8];
  pbk_member members[1000];
  pbk_value all = {.kind = PBK_MAP, .size = traits, .as.members = members};
  for (uint32_t j = 0; j < traits; j++)
    members[j] = (pbk_member){.name = names[j], .name_size = (uint32_t)snprintf(names[j], 8, "t%03" PRIu32, j)};
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char key[16];
    for (uint32_t j = 0; j < traits; j++) members[j].value = (pbk_value){.kind = PBK_INT, .as.integer = (int64_t)i + j};
    need(pbk_identify(engine, NULL, key, key_of(key, 'u', i), &all), "traits");
    if (i % 1000 == 999) commit();
  }
  commit();
}
static double trait_among_traits(uint32_t traits) {
  enum { CHANGES = 40000 };
  char name[16];
  begin();
  snprintf(name, sizeof name, "t%03" PRIu32, traits - 1);
  say_persona(0, traits > 9 ? "contact.traits.t099 > 500" : "contact.traits.t001 > 500");
  know_traits(traits);
  double since = cpu();
  for (uint32_t i = 0; i < CHANGES; i++) set_trait(mixed(i) % CONTACTS, name, i % 1000);
  return end(each(since, CHANGES, 0, 0));
}
/* All traits said again, of which one has changed. */
static double traits_said_again(uint32_t traits) {
  enum { AGAIN = 3 };
  begin();
  say_persona(0, "contact.traits.t001 > 500");
  know_traits(traits);
  double since = cpu();
  for (uint32_t i = 0; i < AGAIN; i++) know_traits(traits);
  return end(each(since, (double)AGAIN * CONTACTS * traits, 0, 0));
}

/* ---- accounts ---- */

static double event_of_account(uint32_t contacts, const char *when) {
  enum { EVENTS = 2000 };
  begin();
  say_persona(0, when);
  know_account(0, 0, contacts);
  for (uint32_t i = 0; i < 10; i++) track(i, "login");
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track_at(i % contacts, "login", (i + 1) * PBK_MINUTE, PBK_NO_TIME);
  return end(each(since, EVENTS, 0, 0));
}
static double event_counted_for_account(uint32_t contacts) {
  return event_of_account(contacts, "account_events(`login`).count(days(7)) >= 3");
}
static double event_quiet_of_account(uint32_t contacts) {
  return event_of_account(contacts, "!account_events(`login`).quiet(days(7)) && account.traits.plan == 0");
}
static double event_of_account_and_contact(uint32_t contacts) {
  return event_of_account(contacts, "account_events(`login`).count(days(7)) >= 3 && contact.traits.plan > 3");
}
static double account_trait_not_read(uint32_t contacts) {
  enum { CHANGES = 2000 };
  begin();
  say_persona(0, "account.traits.plan > 500");
  know_account(0, 0, contacts);
  double since = cpu();
  for (uint32_t i = 0; i < CHANGES; i++) set_account_trait(0, "other", i);
  return end(each(since, CHANGES, 0, 0));
}
static double account_trait_without_effect(uint32_t contacts) {
  enum { CHANGES = 2000 };
  begin();
  say_persona(0, "account.traits.plan > 500000");
  know_account(0, 0, contacts);
  set_account_trait(0, "plan", 7);
  double since = cpu();
  for (uint32_t i = 0; i < CHANGES; i++) set_account_trait(0, "plan", i);
  return end(each(since, CHANGES, 0, 0));
}
static double account_memberships(uint32_t contacts) {
  uint32_t rounds = 400000 / contacts;
  if (rounds > 500) rounds = 500;
  begin();
  say_persona(0, "account.traits.plan > 500");
  say_persona(1, "account.traits.plan > 600 && contact.created_at < now");
  know_account(0, 0, contacts);
  advance(PBK_DAY);
  double since = cpu();
  for (uint32_t i = 0; i < rounds; i++) {
    set_account_trait(0, "plan", 700);
    set_account_trait(0, "plan", 0);
    commit();
  }
  return end(each(since, 4.0 * rounds * contacts, PBK_OUTPUT_UNTAGGED, 2 * (uint64_t)rounds * contacts));
}
/* All leave what they entered by: enrollments that end for that. */
static double account_leaves(uint32_t contacts) {
  begin();
  say_persona(0, "account.traits.plan > 500");
  say(
    "{'type':'define','kind':'playbook','key':'b','active':true,'trigger':{'persona':'p0'},'exit':{'on_left':true},"
    "'steps':[{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]}");
  know_account(0, 0, contacts);
  set_account_trait(0, "plan", 700);
  commit();
  double since = cpu();
  set_account_trait(0, "plan", 0);
  return end(each(since, contacts, PBK_OUTPUT_EXITED, contacts));
}
/* A few of an account are enrolled, whose exit reads it. */
static double account_exits(uint32_t contacts) {
  enum { CHANGES = 500, FEW = 10 };
  begin();
  say(
    "{'type':'define','kind':'playbook','key':'b','active':true,'trigger':{'event':'trial'},"
    "'exit':{'when':'account.traits.plan > 100000'},'steps':[{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]}");
  know_account(0, 0, contacts);
  for (uint32_t i = 0; i < FEW; i++) track(i, "trial");
  double since = cpu();
  for (uint32_t i = 0; i < CHANGES; i++) set_account_trait(0, "plan", i);
  return end(each(since, CHANGES * FEW, 0, 0));
}
static double account_joined(uint32_t contacts) {
  enum { MOVED = 200 };
  begin();
  know_contacts(0, contacts);
  know_account(0, 0, contacts);
  set_account_trait(1, "plan", 0);
  double since = cpu();
  for (uint32_t i = 0; i < MOVED; i++) join(i % contacts, 1 - i / contacts % 2);
  return end(each(since, MOVED, 0, 0));
}
/* The same contact's, each of another account. */
static double event_for_many_accounts(uint32_t accounts) {
  enum { EVENTS = 20000 };
  begin();
  say_persona(0, "account_events(`login`).count(days(7)) >= 3");
  say_persona(1, "events(`login`).count(days(7)) >= 3");
  for (uint32_t i = 0; i < accounts; i++) join(i, i);
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) {
    char key[16], account[16];
    size_t size = key_of(key, 'u', i % 10), account_size = key_of(account, 'a', mixed(i) % accounts);
    need(pbk_track(engine, NULL, key, size, account, account_size, "login", 5, NULL), "an event");
  }
  return end(each(since, EVENTS, 0, 0));
}
/* Whose own traits decide, too: each may change. */
static double looks_at_contacts(uint32_t contacts) {
  uint32_t events = 200000 / contacts;
  begin();
  say_persona(0, "contact.traits.plan > 3 || account_events(`login`).count(days(7)) >= 3");
  know_contacts(0, contacts);
  know_account(0, 0, contacts);
  double since = cpu();
  for (uint32_t i = 0; i < events; i++) track_at(i % contacts, "login", (i + 1) * PBK_MINUTE, PBK_NO_TIME);
  return end(each(since, (double)events * contacts, 0, 0));
}
static double events_of_accounts(uint32_t accounts) {
  enum { EVENTS = 20000 };
  begin();
  say_persona(0, "account_events(`login`).count(days(7)) >= 3");
  for (uint32_t i = 0; i < accounts; i++) join(i, i);
  commit();
  for (uint32_t i = 0; i < accounts; i++) track(i, "login");
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track(mixed(i) % 10, "login");
  return end(each(since, EVENTS, 0, 0));
}

/* ---- playbooks ---- */

static void many_playbooks(uint32_t from, uint32_t to, const char *rest) {
  for (uint32_t i = from; i < to; i++)
    say("{'type':'define','kind':'playbook','key':'b%" PRIu32
        "','active':true,%s,"
        "'steps':[{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]}",
        i, rest);
}
static double event_among_playbooks(uint32_t playbooks) {
  enum { EVENTS = 20000 };
  begin();
  say_persona(0, "events(`login`).quiet(days(14))");
  for (uint32_t i = 1; i < playbooks; i++) {
    char rest[160];
    snprintf(rest, sizeof rest,
             "'trigger':[{'event':'e%" PRIu32 "'},{'stage':'s%" PRIu32 "'}],'exit':{'when':'events(`x%" PRIu32
             "`).count() > 0'}",
             i, i, i);
    many_playbooks(i, i + 1, rest);
  }
  many_playbooks(0, 1, "'trigger':{'persona':'p0'},'exit':{'when':'events(`login`).count() > 100000'}");
  know_contacts(0, CONTACTS);
  advance(15 * PBK_DAY); /* all are in one */
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track(mixed(i) % CONTACTS, "login");
  return end(each(since, EVENTS, 0, 0));
}
static double playbooks_of_one_event(uint32_t playbooks) {
  uint32_t events = 100000 / playbooks;
  if (events > CONTACTS) events = CONTACTS;
  begin();
  many_playbooks(0, playbooks, "'trigger':{'event':'trial'},'when':'contact.traits.plan >= 0'");
  know_contacts(0, CONTACTS);
  double since = cpu();
  for (uint32_t i = 0; i < events; i++) track(i, "trial");
  return end(each(since, (double)events * playbooks, PBK_OUTPUT_ENROLLED, (uint64_t)events * playbooks));
}
static double playbooks_of_one_persona(uint32_t playbooks) {
  uint32_t changes = 100000 / playbooks;
  if (changes > CONTACTS) changes = CONTACTS;
  begin();
  say_persona(0, "contact.traits.score > 500");
  many_playbooks(0, playbooks, "'trigger':{'persona':'p0'},'exit':{'when':'!persona(`p0`)'}");
  know_contacts(0, CONTACTS);
  double since = cpu();
  for (uint32_t i = 0; i < changes; i++) set_trait(i, "score", 600);
  for (uint32_t i = 0; i < changes; i++) set_trait(i, "score", 0);
  return end(each(since, (double)changes * playbooks, PBK_OUTPUT_EXITED, (uint64_t)changes * playbooks));
}
/* All contacts enter what their trial triggers, and one more playbook, whose exit asks for each of the logins that are
 * measured. */
static double logins_of_enrolled(void) {
  enum { EVENTS = 40000, IN = 100 };
  many_playbooks(0, 1, "'trigger':{'event':'trial'},'exit':{'when':'events(`login`).count() > 100000'}");
  know_contacts(0, IN);
  for (uint32_t i = 0; i < IN; i++) track(i, "trial");
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < EVENTS; i++) track(i % IN, "login");
  return end(each(since, EVENTS, 0, 0));
}
/* One playbook out of many a contact is in asks for what happens. */
static double exit_among_enrollments(uint32_t playbooks) {
  begin();
  for (uint32_t i = 1; i < playbooks; i++) {
    char rest[160];
    snprintf(rest, sizeof rest, "'trigger':{'event':'trial'},'exit':{'when':'events(`x%" PRIu32 "`).count() > 0'}", i);
    many_playbooks(i, i + 1, rest);
  }
  return logins_of_enrolled();
}
/* As many are in it, but have been in many others. */
static double exit_among_ended(uint32_t playbooks) {
  begin();
  for (uint32_t i = 1; i < playbooks; i++)
    say("{'type':'define','kind':'playbook','key':'b%" PRIu32
        "','active':true,'trigger':{'event':'trial'},"
        "'steps':[{'actions':[{'task':{'title':'Call'}}]}]}",
        i);
  return logins_of_enrolled();
}
/* A playbook that has gone on for long: as many have been in it. */
static double enrolled_after_many(uint32_t ended) {
  enum { IN = 10000 };
  begin();
  say(
    "{'type':'define','kind':'playbook','key':'b','active':true,'trigger':{'event':'trial'},"
    "'steps':[{'when':'contact.traits.plan > 100','actions':[{'task':{'title':'Call'}}]}]}");
  know_contacts(0, CONTACTS);
  for (uint32_t i = 0; i < ended; i++) {
    track(i % CONTACTS, "trial");
    if (i % 1000 == 999) commit();
  }
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < IN; i++) track(mixed(i) % CONTACTS, "trial");
  return end(each(since, IN, PBK_OUTPUT_EXITED, ended + IN));
}
/* One enrollment ends before its time, while others of its subject have messages that wait. */
static double exit_among_messages(uint32_t messages) {
  enum { ENDED = 200 };
  begin();
  say_channel();
  say("{'type':'define','kind':'sender','key':'ann'}");
  say("{'type':'define','kind':'settings','default_sender':'ann'}");
  say(
    "{'type':'define','kind':'playbook','key':'all','subject':'account','active':true,'trigger':{'event':'trial'},"
    "'steps':[{'actions':[{'email':{'template':'mail','to':'all'}}]},{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]"
    "}");
  say(
    "{'type':'define','kind':'playbook','key':'one','subject':'account','active':true,'trigger':{'event':'buy'},"
    "'exit':{'when':'events(`goal`).last() >= "
    "enrollment.started_at'},'steps':[{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]}");
  know_account(0, 0, messages);
  track(0, "trial");
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < ENDED; i++) {
    track(0, "buy");
    track(0, "goal");
    advance(pbk_now(engine) + PBK_MINUTE);
  }
  return end(each(since, ENDED, PBK_OUTPUT_EXITED, ENDED));
}
/* Defining an audience looks at all exits that ask for one. */
static double exits_reviewed(uint32_t enrolled) {
  enum { DEFINED = 5 };
  begin();
  say_persona(0, "contact.traits.score > 500");
  many_playbooks(0, 1, "'trigger':{'event':'trial'},'exit':{'when':'persona(`p0`)'}");
  know_contacts(0, enrolled);
  for (uint32_t i = 0; i < enrolled; i++) {
    track(i, "trial");
    if (i % 1000 == 999) commit();
  }
  double since = cpu();
  for (uint32_t i = 0; i < DEFINED; i++) say_persona(0, "contact.traits.score > 600");
  return end(each(since, (double)DEFINED * enrolled, 0, 0));
}
/* All that waits about one subject, asked for one after the other. */
static double messages_listed(uint32_t messages) {
  begin();
  say_channel();
  say("{'type':'define','kind':'sender','key':'ann'}");
  say("{'type':'define','kind':'settings','default_sender':'ann'}");
  say(
    "{'type':'define','kind':'playbook','key':'all','subject':'account','active':true,'trigger':{'event':'trial'},"
    "'steps':[{'actions':[{'email':{'template':'mail','to':'all'}}]}]}");
  know_account(0, 0, messages);
  track(0, "trial");
  commit();
  pbk_subject account = {.size = sizeof account, .kind = PBK_ACCOUNT, .key = {"a0000000", 8}};
  pbk_output message = {.size = sizeof message};
  uint64_t count = 0;
  double since = cpu();
  for (uint64_t cursor = 0; cursor != UINT64_MAX; count++)
    need(pbk_next_message(engine, &account, &cursor, &message), "a message");
  double value = each(since, messages, 0, 0);
  if (count != messages + 1u) fprintf(stderr, "%" PRIu64 " messages\n", count), exit(1);
  return end(value);
}
static double archived_among_others(uint32_t others) {
  enum { IN = 1000 };
  begin();
  many_playbooks(0, 1, "'trigger':{'event':'buy'}");
  many_playbooks(1, 2, "'trigger':{'event':'trial'}");
  know_contacts(0, others);
  for (uint32_t i = 0; i < others; i++) {
    if (i < IN) track(i, "buy");
    track(i, "trial");
    if (i % 1000 == 999) commit();
  }
  commit();
  double since = cpu();
  say("{'type':'archive','playbook':'b0','mode':'cancel'}");
  return end(each(since, IN, PBK_OUTPUT_EXITED, IN));
}

/* ---- senders ---- */

static void many_senders(uint32_t senders, char *list, size_t size) {
  size_t used = 0;
  for (uint32_t i = 0; i < senders; i++) {
    say("{'type':'define','kind':'sender','key':'s%" PRIu32 "'}", i);
    used += (size_t)snprintf(list + used, size - used, "%s's%" PRIu32 "'", i ? "," : "", i);
  }
}
static double enrolled_from_pool(uint32_t senders) {
  enum { IN = 20000 };
  static char list[16384], line[20000];
  uint64_t refused = 0;
  begin();
  many_senders(senders, list, sizeof list);
  int size = snprintf(
    line, sizeof line,
    "{'type':'define','kind':'playbook','key':'b','active':true,'trigger':{'event':'trial'},'senders':{'pool':[%s]},"
    "'steps':[{'delay':'9d','actions':[{'task':{'title':'Call'}}]}]}\n",
    list);
  for (int i = 0; i < size; i++)
    if (line[i] == '\'') line[i] = '"';
  need(pbk_feed_json(engine, line, (size_t)size, &refused), "a playbook");
  know_contacts(0, IN);
  for (uint32_t i = 0; i < IN; i++) { /* half were written to by someone */
    char key[16], sender[16];
    int sender_size = snprintf(sender, sizeof sender, "s%" PRIu32, mixed(i) % senders);
    if (i % 2) need(pbk_interaction(engine, NULL, key, key_of(key, 'u', i), sender, (size_t)sender_size), "an interaction");
  }
  commit();
  double since = cpu();
  for (uint32_t i = 0; i < IN; i++) track(i, "trial");
  return end(each(since, IN, PBK_OUTPUT_ENROLLED, IN));
}
static double sender_undefined(uint32_t contacts) {
  enum { UNDEFINED = 50 };
  begin();
  for (uint32_t i = 0; i < UNDEFINED; i++) say("{'type':'define','kind':'sender','key':'s%" PRIu32 "'}", i);
  know_contacts(0, contacts);
  for (uint32_t i = 0; i < contacts; i++) {
    char key[16];
    need(pbk_interaction(engine, NULL, key, key_of(key, 'u', i), "s0", 2), "an interaction");
  }
  double since = cpu();
  for (uint32_t i = UNDEFINED; i-- > 0;) say("{'type':'undefine','kind':'sender','key':'s%" PRIu32 "'}", i);
  return end(each(since, UNDEFINED, 0, 0));
}
static double user_undefined(uint32_t accounts) {
  enum { UNDEFINED = 50 };
  begin();
  say("{'type':'define','kind':'role','key':'CSM'}");
  for (uint32_t i = 0; i < UNDEFINED; i++)
    say("{'type':'define','kind':'user','key':'n%" PRIu32 "','email':'n@x.example'}", i);
  for (uint32_t i = 0; i < accounts; i++) {
    char key[16];
    need(pbk_assign(engine, NULL, key, key_of(key, 'a', i), "CSM", 3, "n0", 2), "an assignment");
  }
  commit();
  double since = cpu();
  for (uint32_t i = UNDEFINED; i-- > 0;) say("{'type':'undefine','kind':'user','key':'n%" PRIu32 "'}", i);
  return end(each(since, UNDEFINED, 0, 0));
}
static double sender_cancelled(uint32_t others) {
  enum { IN = 10 };
  begin();
  say("{'type':'define','kind':'sender','key':'ann'}");
  say("{'type':'define','kind':'sender','key':'bob'}");
  many_playbooks(0, 1, "'trigger':{'event':'trial'},'senders':{'pool':['ann']}");
  many_playbooks(1, 2, "'trigger':{'event':'buy'},'senders':{'pool':['bob']}");
  know_contacts(0, others);
  for (uint32_t i = 0; i < others; i++) {
    track(i, "trial");
    if (i % 1000 == 999) commit();
  }
  for (uint32_t i = 0; i < IN; i++) track(others - 1 - i, "buy");
  commit();
  double since = cpu();
  say("{'type':'remove_sender','sender':'bob','mode':'cancel'}");
  return end(each(since, 1, PBK_OUTPUT_EXITED, IN));
}

/* ---- time ---- */

static double late_burst(uint32_t events, int in_order) {
  uint32_t rounds = events > 20000 ? 1 : 20000 / events;
  begin();
  say_persona(0, "events(`login`).count(days(7)) >= 3");
  say_persona(1, "events(`login`).quiet(days(14))");
  know_contacts(0, CONTACTS);
  advance(60 * PBK_DAY);
  commit();
  double since = cpu();
  for (uint32_t round = 0; round < rounds; round++)
    for (uint32_t i = 0; i < events; i++) {
      uint32_t number = in_order ? i : mixed(i) % events;
      track_at(mixed(i) % CONTACTS, "login", PBK_NO_TIME, 30 * PBK_DAY + (pbk_time)number * 7 * PBK_DAY / events);
      if (i % 1000 == 999) commit();
    }
  return end(each(since, (double)rounds * events, 0, 0));
}
static double late_in_order(uint32_t events) {
  return late_burst(events, 1);
}
static double late_in_no_order(uint32_t events) {
  return late_burst(events, 0);
}
/* The longest call while they are made. */
static double longest_call(uint32_t contacts) {
  double longest = 0;
  begin();
  say_persona(0, "events(`login`).quiet(days(14))");
  for (uint32_t i = 0; i < contacts; i++) {
    char key[16];
    size_t size = key_of(key, 'u', i);
    double since = cpu();
    need(pbk_identify(engine, NULL, key, size, NULL), "a contact");
    double took = cpu() - since;
    if (took > longest) longest = took;
    if (i % 1000 == 999) commit();
  }
  return end(longest * 1e9);
}
static double wakes_at_once(uint32_t contacts) {
  uint32_t rounds = 100000 / contacts;
  double took = 0;
  for (uint32_t round = 0; round < rounds; round++) {
    begin();
    say_persona(0, "events(`login`).quiet(days(14))");
    say_persona(1, "contact.traits.plan >= 0 && now >= timestamp(`1970-01-10T00:00:00Z`)");
    know_contacts(0, contacts);
    double since = cpu();
    advance(20 * PBK_DAY);
    took += end(each(since, 2.0 * contacts, PBK_OUTPUT_TAGGED, 2 * contacts));
  }
  return took / rounds;
}

/* ---- all of them ---- */

static const struct shape {
  const char *name, *of; /* what is measured, and of what there is little and much */
  const char *unit;
  uint32_t little, much;
  double (*measure)(uint32_t number);
} shapes[] = {
  {"an event that two personas read", "personas", "ns", 10, 1000, event_among_personas},
  {"a trait that one persona reads", "personas", "ns", 10, 1000, trait_among_personas},
  {"a new contact with a trait that one persona reads", "personas", "ns", 10, 1000, new_contact_among_personas},
  {"a look of one of many personas at an event, each with its window", "personas", "ns", 2, 200, event_in_windows},
  {"an event of a contact with many before", "events", "ns", 100, 100000, event_of_long_history},
  {"an event three weeks late of such a contact", "events", "ns", 100, 100000, late_events_of_long_history},
  {"an event of a contact with many kinds, all read", "kinds", "ns", 2, 200, event_among_kinds},
  {"a trait of a contact with many", "traits", "ns", 2, 100, trait_among_traits},
  {"a trait said again, of all of a contact", "traits", "ns", 2, 100, traits_said_again},
  {"an event that is counted for an account", "contacts", "ns", 20, 20000, event_counted_for_account},
  {"an event that ends nothing quiet of an account", "contacts", "ns", 20, 20000, event_quiet_of_account},
  {"the same where contacts' traits count, too", "contacts", "ns", 20, 20000, event_of_account_and_contact},
  {"an account's trait that none reads", "contacts", "ns", 10, 20000, account_trait_not_read},
  {"an account's trait that changes nothing", "contacts", "ns", 20, 20000, account_trait_without_effect},
  {"a membership that changes with an account's trait", "contacts", "ns", 100, 100000, account_memberships},
  {"an enrollment that ends with an account's trait", "contacts", "ns", 100, 20000, account_leaves},
  {"an exit that reads an account's trait, ten enrolled", "contacts", "ns", 10, 20000, account_exits},
  {"a look at a contact with its account's event", "contacts", "ns", 100, 20000, looks_at_contacts},
  {"an event of a contact with many accounts", "accounts", "ns", 2, 2000, event_for_many_accounts},
  {"a contact that moves to another account", "contacts", "ns", 100, 100000, account_joined},
  {"an event of one of many accounts", "accounts", "ns", 10, 10000, events_of_accounts},
  {"an event that one playbook's exit reads", "playbooks", "ns", 2, 200, event_among_playbooks},
  {"an enrollment of those that an event triggers", "playbooks", "ns", 2, 200, playbooks_of_one_event},
  {"an enrollment by a persona, and its end", "playbooks", "ns", 2, 200, playbooks_of_one_persona},
  {"an event that one exit reads, of a contact in many playbooks", "playbooks", "ns", 2, 200, exit_among_enrollments},
  {"the same of a contact that was in many", "playbooks", "ns", 2, 200, exit_among_ended},
  {"an enrollment in a playbook that many have been in", "ended", "ns", 1000, 100000, enrolled_after_many},
  {"an exit of a subject about which messages wait", "messages", "ns", 10, 20000, exit_among_messages},
  {"a message of those that wait about a subject", "messages", "ns", 100, 100000, messages_listed},
  {"an exit looked at as an audience is defined", "enrolled", "ns", 1000, 100000, exits_reviewed},
  {"an exit of those of an archived playbook", "others enrolled", "ns", 1000, 100000, archived_among_others},
  {"an enrollment with a sender of a pool", "senders", "ns", 10, 1000, enrolled_from_pool},
  {"a sender undefined", "contacts", "ns", 1000, 100000, sender_undefined},
  {"a user undefined", "accounts", "ns", 1000, 100000, user_undefined},
  {"a sender removed who serves ten", "others enrolled", "ns", 1000, 100000, sender_cancelled},
  {"a late event of a burst, in order", "events", "ns", 1000, 100000, late_in_order},
  {"a late event of a burst, in no order", "events", "ns", 1000, 100000, late_in_no_order},
  {"the longest call while contacts are made", "contacts", "ns", 10000, 500000, longest_call},
  {"a membership that changes with all others", "contacts", "ns", 1000, 100000, wakes_at_once},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, ROUNDS_MOST = 9 };

int main(int argc, char **argv) {
  uint32_t rounds = 3, size = 0;
  const char *only = "";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--rounds"))
      rounds = (uint32_t)strtoul(argv[i + 1], NULL, 10);
    else if (!strcmp(argv[i], "--only"))
      only = argv[i + 1];
    else if (!strcmp(argv[i], "--at"))
      size = (uint32_t)strtoul(argv[i + 1], NULL, 10);
    else
      argc = 0;
  }
  if (argc % 2 == 0 || rounds < 1 || rounds > ROUNDS_MOST)
    return fprintf(stderr, "bench-proportions [--rounds N] [--only WORDS] [--at N]\n"), 2;
  double least[SHAPES][2];
  for (uint32_t round = 0; round < rounds; round++)
    for (uint32_t i = 0; i < SHAPES; i++)
      for (uint32_t much = 0; much < 2; much++) {
        if (!strstr(shapes[i].name, only) || (size && much)) continue;
        double value = shapes[i].measure(size ? size : much ? shapes[i].much : shapes[i].little);
        if (round == 0 || value < least[i][much]) least[i][much] = value;
      }
  const char *comma = "";
  printf("{\"proportions\":[");
  for (uint32_t i = 0; i < SHAPES; i++) {
    if (!strstr(shapes[i].name, only)) continue;
    if (size) least[i][1] = least[i][0];
    printf("%s{\"name\":\"%s\",\"of\":\"%s\",\"unit\":\"%s\",\"little\":%" PRIu32 ",\"much\":%" PRIu32
           ",\"at_little\":%.6g,\"at_much\":%.6g}",
           comma, shapes[i].name, shapes[i].of, shapes[i].unit, size ? size : shapes[i].little, size ? size : shapes[i].much,
           least[i][0], least[i][1]);
    comma = ",";
  }
  printf("]}\n");
  return 0;
}
