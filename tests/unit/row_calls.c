/* tests/unit/row_calls.c - many inputs in one call give what the single calls give. */
#include "storage_support.h"

enum { CONTACTS = 40, ACCOUNTS = 4, ROWS = 600 };

static void define(struct rig *rig) {
  TELL_ALL(
    rig, "{'type':'define','kind':'persona','key':'keen','when':'events(`login`).count(days(2)) >= 2'}",
    "{'type':'define','kind':'persona','key':'rich','when':'account.traits.tier > 1 && contact.traits.plan == `pro`'}",
    "{'type':'define','kind':'persona','key':'silent','when':'events(`login`).quiet(days(1))'}",
    "{'type':'define','kind':'persona','key':'busy','when':'account_events(`report`).count(days(9)) > 2'}",
    "{'type':'define','kind':'channel','key':'email'}", "{'type':'define','kind':'template','key':'hello'}",
    "{'type':'define','kind':'sender','key':'ann'}", "{'type':'define','kind':'settings','default_sender':'ann'}",
    "{'type':'define','kind':'playbook','key':'care','active':true,'trigger':[{'persona':'keen'},{'stage':'trial'},{'health'"
    ":'declined'}],"
    "'steps':[{'actions':[{'email':{'template':'hello'}}]}]}",
    "{'type':'define','kind':'playbook','key':'thanks','active':true,'trigger':{'event':'report'},'exit':{'when':"
    "'events(`login`).last() > enrollment.started_at'},'steps':[{'delay':'9h','when':'contact.traits.tier > 0',"
    "'actions':[{'task':{'title':'Call'}}]}]}");
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char line[200];
    snprintf(line, sizeof line, "{'type':'group','userId':'u%u','groupId':'a%u','traits':{'tier':0}}", i, i % ACCOUNTS);
    tell(rig, line);
  }
}

#define LONG_NAME "a name longer than keys may be, " /* eight times */
static const char *const texts[] = {"login",
                                    "report",
                                    "trial",
                                    "grown",
                                    "a name that is not known before",
                                    LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME};
enum { TEXTS = sizeof texts / sizeof *texts };

static pbk_handle handle_of(struct rig *rig, pbk_handle_kind kind, const char *key) {
  pbk_handle handle = 0;
  CHECK_EQUAL_INT(pbk_find(rig->engine, kind, key, strlen(key), &handle), PBK_OK);
  return handle;
}

/* What a row says, with keys instead of handles. */
struct fact {
  pbk_row row;
  char contact[8], account[8], id[12];
  pbk_member members[2];
  pbk_value values;
};

static struct fact make_fact(uint64_t *random, uint32_t number) {
  struct fact fact = {.row = {.received_at = (pbk_time)number * PBK_HOUR, .occurred_at = PBK_NO_TIME}};
  fact.row.kind = (pbk_row_kind)check_random_below(random, 4);
  fact.row.name = check_random_below(random, TEXTS);
  snprintf(fact.contact, sizeof fact.contact, "u%u", check_random_below(random, CONTACTS));
  if (check_random_below(random, 5) == 0) fact.row.received_at = PBK_NO_TIME;
  if (check_random_below(random, 5) == 0) fact.row.occurred_at = (pbk_time)number * PBK_HOUR - PBK_DAY;
  if (check_random_below(random, 10) == 0) snprintf(fact.id, sizeof fact.id, "m%u", check_random_below(random, 20));
  bool account = fact.row.kind == PBK_ROW_GROUP || (fact.row.kind == PBK_ROW_TRACK && check_random_below(random, 4) == 0);
  if (account) snprintf(fact.account, sizeof fact.account, "a%u", check_random_below(random, ACCOUNTS));
  if (account && check_random_below(random, 2)) fact.contact[0] = 0;
  bool other_way = check_random_below(random, 2);
  fact.members[0] = (pbk_member){.name = "tier", .name_size = 4, .value = {.kind = PBK_INT, .as.integer = check_random_below(random, 4)}};
  fact.members[1] = (pbk_member){.name = other_way ? "plan" : "tier2", .name_size = other_way ? 4 : 5, .value = {.kind = PBK_STRING, .size = 3, .as.text = "pro"}};
  fact.values = (pbk_value){.kind = PBK_MAP, .size = check_random_below(random, 3)};
  if (fact.row.kind == PBK_ROW_STAGE) {
    fact.values = (pbk_value){.kind = PBK_INT, .as.integer = check_random_below(random, 100)};
    if (check_random_below(random, 3) == 0) fact.row.name = PBK_NO_NAME;
  }
  return fact;
}

static bool has_values(const struct fact *fact) {
  return fact->values.size || (fact->row.kind == PBK_ROW_STAGE && fact->values.as.integer % 2);
}

static pbk_status call(struct rig *rig, const struct fact *fact) {
  pbk_envelope envelope = {.size = sizeof envelope, .received_at = fact->row.received_at, .occurred_at = fact->row.occurred_at};
  if (fact->id[0]) envelope.message_id = words(fact->id);
  const char *contact = fact->contact[0] ? fact->contact : NULL, *account = fact->account[0] ? fact->account : NULL;
  const char *name = fact->row.name == PBK_NO_NAME ? NULL : texts[fact->row.name];
  size_t contact_size = contact ? strlen(contact) : 0, account_size = account ? strlen(account) : 0, name_size = name ? strlen(name) : 0;
  pbk_value values = fact->values;
  if (fact->row.kind != PBK_ROW_STAGE) values.as.members = fact->members;
  const pbk_value *given = has_values(fact) ? &values : NULL;
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = words(contact)};
  switch (fact->row.kind) {
  case PBK_ROW_TRACK:
    return pbk_track(rig->engine, &envelope, contact, contact_size, account, account_size, name, name_size, given);
  case PBK_ROW_IDENTIFY: return pbk_identify(rig->engine, &envelope, contact, contact_size, given);
  case PBK_ROW_GROUP: return pbk_group(rig->engine, &envelope, contact, contact_size, account, account_size, given);
  default: return pbk_set_stage_and_health(rig->engine, &envelope, &subject, name, name_size, given);
  }
}

static pbk_text names[TEXTS];
static struct fact facts[ROWS];
static pbk_row rows[ROWS];

static void fill_rows(struct rig *rig) {
  for (uint32_t i = 0; i < TEXTS; i++) names[i] = words(texts[i]);
  for (uint32_t i = 0; i < ROWS; i++) {
    struct fact *fact = &facts[i];
    if (fact->row.kind != PBK_ROW_STAGE) fact->values.as.members = fact->members;
    rows[i] = fact->row;
    if (fact->contact[0]) rows[i].contact = handle_of(rig, PBK_HANDLE_CONTACT, fact->contact);
    if (fact->account[0]) rows[i].account = handle_of(rig, PBK_HANDLE_ACCOUNT, fact->account);
    if (fact->id[0]) rows[i].message_id = words(fact->id);
    if (has_values(fact)) rows[i].values = &fact->values;
  }
}

/* The same facts one by one and in rows, which stop at each that is refused. */
static void the_same_as_calls(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    struct rig single, many;
    uint64_t random = seed;
    check_note("seed %" PRIu64, seed);
    uint32_t flags = seed % 3 == 0 ? PBK_DELIVER_AT_ONCE : 0; /* which is done in another way */
    rig_open(&single, flags);
    rig_open(&many, flags);
    define(&single);
    define(&many);
    uint32_t refused = 0, again = 0;
    for (uint32_t i = 0; i < ROWS; i++) facts[i] = make_fact(&random, i);
    for (uint32_t i = 0; i < ROWS; i++) refused += call(&single, &facts[i]) == PBK_ERR_REFUSED;
    fill_rows(&many);
    for (uint32_t at = 0, taken; at < ROWS; at += taken) {
      uint32_t count = ROWS - at < 97 ? ROWS - at : 97;
      pbk_status status = pbk_track_many(many.engine, rows + at, sizeof *rows, count, names, TEXTS, &taken);
      if (status == PBK_ERR_REFUSED) {
        CHECK(taken < count);
        taken++;
        again++;
      } else {
        CHECK_EQUAL_INT(status, PBK_OK);
        CHECK_EQUAL_UINT(taken, count);
      }
    }
    CHECK_EQUAL_UINT(again, refused);
    CHECK_EQUAL_INT(pbk_commit(single.engine), PBK_OK);
    CHECK_EQUAL_INT(pbk_commit(many.engine), PBK_OK);
    rig_take(&single);
    CHECK_OUTPUTS(&many, single.text);
    struct digest digest = rig_digest(&single);
    CHECK_DIGEST(&many, digest);
    CHECK_EQUAL_INT(rig_reopen(&many, 0, NULL), PBK_OK); /* the journal has numbers instead of keys */
    CHECK_DIGEST(&many, digest);
    rig_close(&single);
    rig_close(&many);
  }
}

/* What a list of names had where is remembered from call to call, but it is the text that counts. */
static void lists_of_names_may_change(void) {
  static const char *const lists[][2] = {{"login", "logout"},   {"logout", "login"},     {"logout", "a new one"},
                                         {"login", "a new on"}, {"a new one", "logout"}, {"trial", "logouts"}};
  struct rig single, many;
  rig_open(&single, 0);
  rig_open(&many, 0);
  define(&single);
  define(&many);
  pbk_row row = {
    .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .contact = handle_of(&many, PBK_HANDLE_CONTACT, "u1")};
  for (uint32_t i = 0; i < 18; i++) {
    pbk_text given[2] = {words(lists[i % 6][0]), words(lists[i % 6][1])};
    pbk_row three[3] = {row, row, row};
    check_note("list %" PRIu32, i);
    three[1].name = 1;
    CHECK_EQUAL_INT(pbk_track_many(many.engine, three, sizeof *three, 3, given, 2, NULL), PBK_OK);
    for (uint32_t j = 0; j < 3; j++) {
      pbk_text name = given[three[j].name];
      CHECK_EQUAL_INT(pbk_track(single.engine, NULL, "u1", 2, NULL, 0, name.bytes, name.size, NULL), PBK_OK);
    }
    CHECK_DIGEST(&many, rig_digest(&single));
  }
  /* an empty name, and one that is no text, where a fine one was */
  pbk_text wrong[3] = {{"", 0}, {"\xff", 1}, {NULL, 3}};
  pbk_status statuses[3] = {PBK_ERR_REFUSED, PBK_ERR_ARGUMENT, PBK_ERR_ARGUMENT};
  for (uint32_t i = 0; i < 3; i++)
    CHECK_EQUAL_INT(pbk_track_many(many.engine, &row, sizeof row, 1, &wrong[i], 1, NULL), statuses[i]);
  rig_close(&single);
  rig_close(&many);
}

static void what_can_be_wrong(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define(&rig);
  struct digest before = rig_digest(&rig);
  names[0] = words("login");
  pbk_text bad = {"\xff", 1};
  pbk_value list = {.kind = PBK_LIST}, text = {.kind = PBK_STRING, .size = 1, .as.text = "x"};
  pbk_handle contact = handle_of(&rig, PBK_HANDLE_CONTACT, "u1"), account = handle_of(&rig, PBK_HANDLE_ACCOUNT, "a1");
  pbk_row fine = {.received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .contact = contact};
  struct {
    pbk_row row;
    pbk_status status;
  } cases[12];
  for (uint32_t i = 0; i < 12; i++) cases[i].row = fine, cases[i].status = PBK_ERR_ARGUMENT;
  cases[0].row.kind = 4;
  cases[1].row.kind = -1;
  cases[2].row.name = 1; /* behind the list */
  cases[3].row.name = PBK_NO_NAME;
  cases[4].row.values = &list;
  cases[5].row.message_id = bad;
  cases[6].row.received_at = INT64_MAX;
  cases[7].row.contact = account, cases[7].status = PBK_ERR_HANDLE;
  cases[8].row.contact = contact + 1000, cases[8].status = PBK_ERR_HANDLE;
  cases[9].row.contact = 0, cases[9].status = PBK_ERR_REFUSED; /* neither */
  cases[10].row.kind = PBK_ROW_STAGE, cases[10].row.values = &text, cases[10].status = PBK_ERR_REFUSED;
  cases[11].row.kind = PBK_ROW_STAGE, cases[11].row.account = account, cases[11].status = PBK_ERR_REFUSED; /* both */
  for (uint32_t i = 0; i < 12; i++) {
    uint32_t taken = 99;
    pbk_row two[2] = {cases[i].row, fine};
    check_note("case %" PRIu32, i);
    CHECK_EQUAL_INT(pbk_track_many(rig.engine, two, sizeof *two, 2, names, 1, &taken), cases[i].status);
    CHECK_EQUAL_UINT(taken, 0);
    CHECK_DIGEST(&rig, before);
  }
  check_note("all");
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, &fine, sizeof fine - 1, 1, names, 1, NULL), PBK_ERR_SIZE_TOO_SMALL);
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, &fine, sizeof fine + 8, 1, names, 1, NULL), PBK_ERR_SIZE_TOO_LARGE);
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, NULL, sizeof fine, 1, names, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, &fine, sizeof fine, 1, NULL, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_track_many(NULL, &fine, sizeof fine, 1, names, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, NULL, sizeof fine, 0, NULL, 0, NULL), PBK_OK);
  tell(&rig, "{'type':'delete','userId':'u1'}");
  CHECK_EQUAL_INT(pbk_track_many(rig.engine, &fine, sizeof fine, 1, names, 1, NULL), PBK_ERR_HANDLE);
  rig_close(&rig);
}

static void many_approvals(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define(&rig);
  TELL_ALL(&rig, "{'type':'stage','userId':'u1','stage':'trial'}", "{'type':'stage','userId':'u2','stage':'trial'}",
           "{'type':'stage','userId':'u3','stage':'trial'}");
  uint64_t ids[] = {1, 3, 7, 2};
  uint32_t taken = 0;
  CHECK_EQUAL_INT(pbk_approve_many(rig.engine, NULL, ids, 4, &taken), PBK_ERR_REFUSED);
  CHECK_EQUAL_UINT(taken, 2);
  CHECK_EQUAL_INT(pbk_approve_many(rig.engine, NULL, ids + 3, 1, &taken), PBK_OK);
  CHECK_EQUAL_UINT(taken, 1);
  CHECK_EQUAL_INT(pbk_approve_many(rig.engine, NULL, NULL, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_advance(rig.engine, PBK_HOUR, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_UINT(rig.offers, 3);
  rig_close(&rig);
}

int main(void) {
  RUN(the_same_as_calls);
  RUN(lists_of_names_may_change);
  RUN(what_can_be_wrong);
  RUN(many_approvals);
  return check_report();
}
