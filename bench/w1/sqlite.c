/* bench/w1/sqlite.c - W1 on SQLite, as one would write it who knows SQLite: in process, statements prepared, an index for
 * each question, sets where sets do, one transaction an hour. As by hand, the clock is looked at once an hour and weeks are
 * counted by days.
 *
 *   bench-w1_sqlite CONTACTS EVENTS [--store memory|FILE] [--limit SECONDS]
 *
 * A file is kept with a write-ahead log and synchronous=NORMAL, and removed afterwards. With a limit the run ends early, and
 * the figures are of what was done until then. Prints one line of JSON as bench-w1_playbook does. */
#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "workload.h"

static sqlite3 *database;
static struct w1_counts counts;
static uint32_t turn; /* of the senders */

enum { NO_SENDER = -1 };

static void need(int result) {
  if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
  fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  exit(1);
}
static void execute(const char *text) {
  need(sqlite3_exec(database, text, NULL, NULL, NULL));
}

/* ---- statements ---- */

static const char *const tables =
  "CREATE TABLE accounts(id INTEGER PRIMARY KEY, tier INTEGER);"
  "CREATE TABLE contacts(id INTEGER PRIMARY KEY, account INTEGER, plan INTEGER, country INTEGER, role INTEGER, score "
  "INTEGER,"
  " stage INTEGER, last_login INTEGER, last_feature INTEGER, last_report INTEGER, sender INTEGER);"
  "CREATE TABLE events(contact INTEGER, kind INTEGER, at INTEGER, value INTEGER);"
  "CREATE TABLE members(contact INTEGER, persona INTEGER, PRIMARY KEY(contact, persona)) WITHOUT ROWID;"
  "CREATE TABLE enrollments(contact INTEGER, playbook INTEGER, step INTEGER, due INTEGER, PRIMARY KEY(contact, playbook)) "
  "WITHOUT ROWID;"
  "CREATE TABLE outbox(id INTEGER PRIMARY KEY, contact INTEGER, playbook INTEGER, step INTEGER, sender INTEGER, release "
  "INTEGER);";
/* Made after the contacts are in. */
static const char *const indexes =
  "CREATE INDEX contacts_account ON contacts(account);"
  "CREATE INDEX contacts_login ON contacts(last_login);"
  "CREATE INDEX contacts_feature ON contacts(last_feature);"
  "CREATE INDEX contacts_report ON contacts(last_report);"
  "CREATE INDEX events_of_contact ON events(contact, kind, at);"
  "CREATE INDEX features ON events(at, contact) WHERE kind = 1;"
  "CREATE INDEX enrollments_due ON enrollments(due);"
  "CREATE INDEX outbox_release ON outbox(release);";

enum statement {
  BEGIN,
  COMMIT,
  ADD_ACCOUNT,
  ADD_CONTACT,
  ADD_MEMBER,
  REMOVE_MEMBER,
  IS_MEMBER,
  MEMBERSHIPS,
  ADD_EVENT,
  SET_LOGIN,
  SET_FEATURE,
  SET_REPORT,
  SET_SCORE,
  SET_PLAN,
  SET_STAGE,
  SET_TIER,
  SET_SENDER,
  CONTACT,
  COLLEAGUES,
  COUNT_FEATURES,
  QUIET_LOGIN,
  QUIET_FEATURE,
  QUIET_REPORT,
  ACTIVE_ON_DAYS,
  ENROLL,
  DUE_STEPS,
  NEXT_STEP,
  END_ENROLLMENT,
  ADD_MAIL,
  RELEASED,
  REMOVE_RELEASED,
  STATEMENTS
};
static const char *const texts[STATEMENTS] = {
  [BEGIN] = "BEGIN",
  [COMMIT] = "COMMIT",
  [ADD_ACCOUNT] = "INSERT INTO accounts VALUES(?1, ?2)",
  [ADD_CONTACT] = "INSERT INTO contacts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, -1)",
  [ADD_MEMBER] = "INSERT OR IGNORE INTO members VALUES(?1, ?2)",
  [REMOVE_MEMBER] = "DELETE FROM members WHERE contact = ?1 AND persona = ?2",
  [IS_MEMBER] = "SELECT 1 FROM members WHERE contact = ?1 AND persona = ?2",
  [MEMBERSHIPS] = "SELECT persona FROM members WHERE contact = ?1 AND persona < 4",
  [ADD_EVENT] = "INSERT INTO events VALUES(?1, ?2, ?3, ?4)",
  [SET_LOGIN] = "UPDATE contacts SET last_login = ?2 WHERE id = ?1",
  [SET_FEATURE] = "UPDATE contacts SET last_feature = ?2 WHERE id = ?1",
  [SET_REPORT] = "UPDATE contacts SET last_report = ?2 WHERE id = ?1",
  [SET_SCORE] = "UPDATE contacts SET score = max(0, min(100, score + ?2)) WHERE id = ?1",
  [SET_PLAN] = "UPDATE contacts SET plan = ?2 WHERE id = ?1",
  [SET_STAGE] = "UPDATE contacts SET stage = ?2 WHERE id = ?1",
  [SET_TIER] = "UPDATE accounts SET tier = ?2 WHERE id = ?1",
  [SET_SENDER] = "UPDATE contacts SET sender = ?2 WHERE id = ?1",
  [CONTACT] =
    "SELECT plan, country, score, stage, sender, tier FROM contacts JOIN accounts ON accounts.id = account WHERE "
    "contacts.id = ?1",
  [COLLEAGUES] = "SELECT id FROM contacts WHERE account = ?1 ORDER BY id",
  [COUNT_FEATURES] =
    "SELECT count(*) FILTER (WHERE at >= ?3), count(*) FILTER (WHERE at < ?3) FROM events"
    " WHERE contact = ?1 AND kind = 1 AND at >= ?2",
  [QUIET_LOGIN] = "SELECT id FROM contacts WHERE last_login > ?1 AND last_login <= ?2",
  [QUIET_FEATURE] = "SELECT id FROM contacts WHERE last_feature > ?1 AND last_feature <= ?2",
  [QUIET_REPORT] = "SELECT id FROM contacts WHERE last_report > ?1 AND last_report <= ?2",
  [ACTIVE_ON_DAYS] =
    "SELECT contact FROM events WHERE kind = 1 AND at >= ?1 AND at < ?1 + 86400"
    " UNION SELECT contact FROM events WHERE kind = 1 AND at >= ?2 AND at < ?2 + 86400",
  [ENROLL] = "INSERT OR IGNORE INTO enrollments VALUES(?1, ?2, 0, ?3)",
  [DUE_STEPS] = "SELECT contact, playbook, step, due FROM enrollments WHERE due <= ?1 ORDER BY due",
  [NEXT_STEP] = "UPDATE enrollments SET step = ?3, due = ?4 WHERE contact = ?1 AND playbook = ?2",
  [END_ENROLLMENT] = "DELETE FROM enrollments WHERE contact = ?1 AND playbook = ?2",
  [ADD_MAIL] = "INSERT INTO outbox(contact, playbook, step, sender, release) VALUES(?1, ?2, ?3, ?4, ?5)",
  [RELEASED] = "SELECT contact, playbook, release FROM outbox WHERE release <= ?1 ORDER BY id",
  [REMOVE_RELEASED] = "DELETE FROM outbox WHERE release <= ?1",
};
static sqlite3_stmt *statements[STATEMENTS];

static sqlite3_stmt *bind(enum statement which, const int64_t *values, int count) {
  for (int i = 0; i < count; i++) sqlite3_bind_int64(statements[which], i + 1, values[i]);
  return statements[which];
}
#define BIND(which, ...) \
  bind(which, (const int64_t[]){__VA_ARGS__}, (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
static void run(sqlite3_stmt *statement) {
  need(sqlite3_step(statement));
  sqlite3_reset(statement);
}
static int32_t column(sqlite3_stmt *statement, int number) {
  return (int32_t)sqlite3_column_int64(statement, number);
}

/* Rows of up to four numbers, collected before anything is changed. */
static struct {
  int32_t (*rows)[4];
  size_t count, capacity;
} found;
static void collect(sqlite3_stmt *statement, int columns) {
  found.count = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    if (found.count == found.capacity) {
      found.capacity = found.capacity * 2 + 1024;
      found.rows = realloc(found.rows, found.capacity * sizeof *found.rows);
      if (!found.rows) abort();
    }
    for (int i = 0; i < columns; i++) found.rows[found.count][i] = column(statement, i);
    found.count++;
  }
  need(sqlite3_reset(statement));
}

/* ---- rules ---- */

static int64_t exact(int32_t at) {
  return (int64_t)at * 1000000;
}

static void enter(uint32_t contact, uint32_t persona, int32_t at) {
  run(BIND(ADD_MEMBER, contact, persona));
  if (sqlite3_changes(database)) w1_count_membership(&counts, contact, persona, 1, exact(at));
}
static void leave(uint32_t contact, uint32_t persona, int32_t at) {
  run(BIND(REMOVE_MEMBER, contact, persona));
  if (sqlite3_changes(database)) w1_count_membership(&counts, contact, persona, 0, exact(at));
}
static int is_member(uint32_t contact, uint32_t persona) {
  sqlite3_stmt *statement = BIND(IS_MEMBER, contact, persona);
  int result = sqlite3_step(statement) == SQLITE_ROW;
  sqlite3_reset(statement);
  return result;
}
static void enroll(uint32_t contact, uint32_t playbook, int32_t at) {
  run(BIND(ENROLL, contact, playbook, at + w1_delays[0]));
  if (sqlite3_changes(database)) counts.enrolled[playbook]++;
}

struct traits {
  int plan, country, score, stage, sender, tier;
};
static struct traits read_contact(uint32_t contact) {
  sqlite3_stmt *statement = BIND(CONTACT, contact);
  need(sqlite3_step(statement));
  struct traits traits = {column(statement, 0), column(statement, 1), column(statement, 2),
                          column(statement, 3), column(statement, 4), column(statement, 5)};
  sqlite3_reset(statement);
  return traits;
}
static void judge_traits(uint32_t contact, int32_t at) {
  struct traits traits = read_contact(contact);
  unsigned now = w1_trait_personas(traits.plan, traits.country, traits.score, traits.stage, traits.tier), before = 0;
  sqlite3_stmt *statement = BIND(MEMBERSHIPS, contact);
  while (sqlite3_step(statement) == SQLITE_ROW) before |= 1u << column(statement, 0);
  sqlite3_reset(statement);
  for (uint32_t persona = 0; persona < 4; persona++)
    if ((now ^ before) >> persona & 1) {
      if (now >> persona & 1)
        enter(contact, persona, at);
      else
        leave(contact, persona, at);
    }
}
static int is_fading(uint32_t contact, int32_t day) {
  sqlite3_stmt *statement = BIND(COUNT_FEATURES, contact, (day - 13) * W1_DAY, (day - 6) * W1_DAY);
  need(sqlite3_step(statement));
  int result = w1_is_fading(column(statement, 0), column(statement, 1));
  sqlite3_reset(statement);
  return result;
}

static void take(const struct w1_event *event) {
  uint32_t contact = event->contact;
  run(BIND(ADD_EVENT, contact, event->kind, event->at, event->value));
  switch (event->kind) {
    case W1_LOGIN:
      run(BIND(SET_LOGIN, contact, event->at));
      leave(contact, 4, event->at);
      break;
    case W1_FEATURE:
      run(BIND(SET_FEATURE, contact, event->at));
      leave(contact, 5, event->at);
      if (is_member(contact, 7) && !is_fading(contact, event->at / W1_DAY)) leave(contact, 7, event->at);
      break;
    case W1_REPORT:
      run(BIND(SET_REPORT, contact, event->at));
      leave(contact, 6, event->at);
      break;
    case W1_TRIAL: enroll(contact, 0, event->at); break;
    case W1_TRY: enroll(contact, 1, event->at); break;
    case W1_UPGRADE: enroll(contact, 2, event->at); break;
    case W1_SCORE:
      run(BIND(SET_SCORE, contact, event->value));
      judge_traits(contact, event->at);
      break;
    case W1_PLAN:
      run(BIND(SET_PLAN, contact, event->value));
      judge_traits(contact, event->at);
      break;
    case W1_TIER:
      run(BIND(SET_TIER, contact / 10, event->value));
      collect(BIND(COLLEAGUES, contact / 10), 1);
      for (size_t i = 0; i < found.count; i++) judge_traits((uint32_t)found.rows[i][0], event->at);
      break;
    case W1_STAGE: {
      int before = read_contact(contact).stage;
      run(BIND(SET_STAGE, contact, event->value));
      judge_traits(contact, event->at);
      if (before != 3 && event->value == 3) enroll(contact, 5, event->at);
      break;
    }
    default: break;
  }
}

/* ---- once an hour ---- */

static void deliver(int32_t at) {
  sqlite3_stmt *statement = BIND(RELEASED, at);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    counts.delivered++;
    w1_count_release(&counts, (uint32_t)column(statement, 0), (uint32_t)column(statement, 1), exact(column(statement, 2)));
  }
  need(sqlite3_reset(statement));
  run(BIND(REMOVE_RELEASED, at));
}
static void look_for_quiet(int32_t at) {
  for (uint32_t which = 0; which < 3; which++) {
    collect(BIND(QUIET_LOGIN + which, at - w1_quiet_spans[which] - W1_HOUR, at - w1_quiet_spans[which]), 1);
    for (size_t i = 0; i < found.count; i++) {
      enter((uint32_t)found.rows[i][0], 4 + which, at);
      if (which == 0) enroll((uint32_t)found.rows[i][0], 3, at);
    }
  }
}
static void begin_day(int32_t at) {
  int32_t day = at / W1_DAY;
  collect(BIND(ACTIVE_ON_DAYS, (day - 7) * W1_DAY, (day - 14) * W1_DAY), 1);
  for (size_t i = 0; i < found.count; i++) {
    uint32_t contact = (uint32_t)found.rows[i][0];
    int fading = is_fading(contact, day);
    if (fading == is_member(contact, 7)) continue;
    if (fading) {
      enter(contact, 7, at);
      enroll(contact, 4, at);
    } else {
      leave(contact, 7, at);
    }
  }
}
static void run_steps(int32_t at) {
  collect(BIND(DUE_STEPS, at), 4);
  for (size_t i = 0; i < found.count; i++) {
    uint32_t contact = (uint32_t)found.rows[i][0], playbook = (uint32_t)found.rows[i][1], step = (uint32_t)found.rows[i][2];
    int32_t due = found.rows[i][3];
    struct traits traits = read_contact(contact);
    int asks_for_dormant = playbook == 1 || playbook == 3;
    if (!w1_filter(playbook, traits.plan, traits.country, traits.score, traits.stage,
                   asks_for_dormant && is_member(contact, 4))) {
      counts.filtered++;
      run(BIND(END_ENROLLMENT, contact, playbook));
      continue;
    }
    if (traits.sender == NO_SENDER) {
      traits.sender = (int)(turn++ % W1_SENDERS);
      run(BIND(SET_SENDER, contact, traits.sender));
    }
    w1_count_mail(&counts, contact, playbook, step, (uint32_t)traits.sender, exact(due));
    if (w1_taken_back(contact, playbook, step, (uint32_t)at))
      counts.taken_back++;
    else
      run(BIND(ADD_MAIL, contact, playbook, step, traits.sender, at + W1_WINDOW));
    if (step + 1 < W1_STEPS)
      run(BIND(NEXT_STEP, contact, playbook, step + 1, due + w1_delays[step + 1]));
    else
      run(BIND(END_ENROLLMENT, contact, playbook));
  }
}

static void tick(int32_t at) {
  deliver(at);
  look_for_quiet(at);
  if (at % W1_DAY == 0) begin_day(at);
  run_steps(at);
  run(statements[COMMIT]);
  run(statements[BEGIN]);
}

/* ---- the run ---- */

static void remove_file(const char *path) {
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
  char name[4200];
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    snprintf(name, sizeof name, "%s%s", path, endings[i]);
    unlink(name);
  }
}

static void prepare(enum statement first, enum statement last) {
  for (enum statement i = first; i <= last; i++)
    if (!statements[i]) need(sqlite3_prepare_v3(database, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL));
}

static void know_contacts(uint32_t contact_count) {
  execute(tables);
  prepare(BEGIN, ADD_MEMBER);
  run(statements[BEGIN]);
  for (uint32_t i = 0; i <= (contact_count - 1) / 10; i++) run(BIND(ADD_ACCOUNT, i, w1_tier_at(i)));
  for (uint32_t i = 0; i < contact_count; i++) {
    struct w1_contact contact = w1_contact_at(i);
    run(BIND(ADD_CONTACT, i, i / 10, contact.plan, contact.country, contact.role, contact.score, contact.stage,
             contact.created));
    unsigned personas = w1_trait_personas(contact.plan, contact.country, contact.score, contact.stage, w1_tier_at(i / 10));
    for (uint32_t which = 0; which < 3; which++)
      if (contact.created + w1_quiet_spans[which] <= 0) personas |= 16u << which;
    for (uint32_t persona = 0; persona < W1_PERSONAS; persona++)
      if (personas >> persona & 1) run(BIND(ADD_MEMBER, i, persona));
  }
  execute(indexes);
  run(statements[COMMIT]);
  prepare(BEGIN, STATEMENTS - 1);
}

static int64_t ask(const char *text) {
  sqlite3_stmt *statement;
  need(sqlite3_prepare_v2(database, text, -1, &statement, NULL));
  need(sqlite3_step(statement));
  int64_t result = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return result;
}

int main(int argc, char **argv) {
  const char *store = "memory";
  double limit = 1e9;
  if (argc < 3) return fprintf(stderr, "bench-w1_sqlite CONTACTS EVENTS [--store memory|FILE] [--limit SECONDS]\n"), 2;
  uint32_t contact_count = (uint32_t)strtoul(argv[1], NULL, 10);
  uint64_t event_count = strtoull(argv[2], NULL, 10);
  for (int i = 3; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--store")) store = argv[i + 1];
    if (!strcmp(argv[i], "--limit")) limit = strtod(argv[i + 1], NULL);
  }
  int is_file = strcmp(store, "memory") != 0;
  if (is_file) remove_file(store);
  need(sqlite3_open(is_file ? store : ":memory:", &database));
  execute(is_file ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16384;"
                  : "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;");
  execute("PRAGMA cache_size=-4000000; PRAGMA temp_store=MEMORY; PRAGMA locking_mode=EXCLUSIVE;");
  struct w1_event *events = w1_make_events(contact_count, event_count);
  double loading = w1_cpu_seconds();
  know_contacts(contact_count);
  if (is_file) execute("PRAGMA wal_checkpoint(TRUNCATE)");
  double begin = w1_cpu_seconds(), begin_wall = w1_wall_seconds();
  uint64_t next = 0;
  int32_t at = W1_HOUR;
  run(statements[BEGIN]);
  for (; at <= W1_SPAN && w1_wall_seconds() - begin_wall < limit; at += W1_HOUR) {
    for (; next < event_count && events[next].at < at; next++) take(&events[next]);
    tick(at);
  }
  run(statements[COMMIT]);
  double cpu = w1_cpu_seconds() - begin, wall = w1_wall_seconds() - begin_wall;
  int64_t pages = ask("SELECT page_count FROM pragma_page_count") - ask("SELECT freelist_count FROM pragma_freelist_count");
  printf("{\"engine\":\"sqlite\",\"version\":\"%s\",\"contacts\":%" PRIu32 ",\"events\":%" PRIu64
         ",\"journal\":\"%s\",\"days\":%.1f,",
         sqlite3_libversion(), contact_count, next, is_file ? "file" : "memory", (double)(at - W1_HOUR) / W1_DAY);
  printf("\"load_cpu_s\":%.3f,\"cpu_s\":%.3f,\"wall_s\":%.3f,\"ns_per_event\":%.1f,\"bytes_per_contact\":%.1f,\"counts\":",
         begin - loading, cpu, wall, cpu * 1e9 / (double)next, (double)pages * 4096 / contact_count);
  w1_print_counts(&counts);
  printf("}\n");
  for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(statements[i]);
  sqlite3_close(database);
  if (is_file) remove_file(store);
  return 0;
}
