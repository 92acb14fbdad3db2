/* tests/unit/plain_line.c - events, traits, stages and approvals read in one pass: which lines are such, and that what they
 * do is what they do when they are read as any other line is. */
#include "wire/plain_line.h"

#include "storage_support.h"
#include "wire/lines.h"

/* In memory of just its size, so that a sanitizer sees who reads past the end. */
static const char *copy_of(const char *text, size_t size) {
  char *bytes = malloc(size + 1);
  if (!bytes) abort();
  memcpy(bytes + 1, text, size);
  return bytes + 1;
}
static void drop(const char *copy) {
  free((void *)(uintptr_t)(copy - 1));
}

struct read_line {
  struct plain_line line;
  char contact[300], name[300];
  size_t size; /* 0: it is not plain */
};
static struct read_line read_line(const char *text, size_t size) {
  struct read_line read = {0};
  struct known_lines known = {0};
  const char *bytes = copy_of(text, size), *end = pbk_read_plain_line(bytes, bytes + size, &known, &read.line);
  if (end) {
    read.size = (size_t)(end - bytes);
    if (read.line.type == COMMAND_TRACK) {
      snprintf(read.contact, sizeof read.contact, "%.*s", (int)read.line.contact.size, read.line.contact.bytes);
      snprintf(read.name, sizeof read.name, "%.*s", (int)read.line.event.size, read.line.event.bytes);
    }
  }
  drop(bytes);
  return read;
}

static void what_is_plain(void) {
  static const struct {
    const char *line, *contact, *event;
    pbk_time timestamp, received_at;
  } plain[] = {
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"event\":\"e\",\"userId\":\"u1\",\"type\":\"track\"}\n", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\r\n", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\r", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"a name of more than sixteen "
     "bytes\",\"timestamp\":\"1970-01-01T00:00:01Z\"}",
     "u1", "a name of more than sixteen bytes", 1000000, PBK_NO_TIME},
    {"{\"type\":\"track\",\"timestamp\":\"1970-01-01T00:00:01.5+00:00\",\"receivedAt\":\"1970-01-01T00:00:02.250Z\","
     "\"userId\":\"u\",\"event\":\"e\"}",
     "u", "e", 1500000, 2250000},
    {"{\"type\":\"track\",\"userId\":\"a\",\"userId\":\"b\",\"event\":\"e\",\"event\":\"f\",\"type\":\"track\"}\n", "b", "f",
     PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"messageId\":\"m\"}", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"properties\":{}}", "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"type\":\"track\",\"anonymousId\":\"a\",\"event\":\"e\",\"groupId\":\"g\",\"name\":[1,2.5,{\"\":[]},\"\xc3\xa9\\n\","
     "true,false,"
     "null,-0.1]}",
     "a", "e", PBK_NO_TIME, PBK_NO_TIME},
    {"{\"messageId\":\"m\",\"context\":{\"library\":{\"name\":\"x\"},\"groupId\":\"g\",\"ip\":null},\"type\":\"track\","
     "\"userId\":\"u1\","
     "\"anonymousId\":\"a\",\"event\":\"e\",\"message\":5,\"sentAt\":\"now\"}\n",
     "u1", "e", PBK_NO_TIME, PBK_NO_TIME},
  };
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    struct read_line read = read_line(plain[i].line, strlen(plain[i].line));
    check_note("%s", plain[i].line);
    CHECK_EQUAL_UINT(read.size, strlen(plain[i].line));
    CHECK_TEXT(text_from(read.contact), plain[i].contact);
    CHECK_TEXT(text_from(read.name), plain[i].event);
    CHECK_EQUAL_INT(read.line.timestamp, plain[i].timestamp);
    CHECK_EQUAL_INT(read.line.received_at, plain[i].received_at);
    for (size_t size = 0; size + 2 < strlen(plain[i].line); size++) CHECK_EQUAL_UINT(read_line(plain[i].line, size).size, 0);
  }
  static const char *const others[] = {
    "\n",
    "{}\n",
    " {\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"} ",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\r ",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"\"}",
    "{\"type\":\"track\",\"userId\":\"\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"u1\"}",
    "{\"type\":\"track\",\"event\":\"e\"}",
    "{\"userId\":\"u1\",\"event\":\"e\"}",
    "{\"type\":\"tracks\",\"userId\":\"u1\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"u\\u0031\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"\xc3\xa9\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"u\t1\",\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":null,\"event\":\"e\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"messageId\":\"\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"messageId\":\"m\\n\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"messageId\":null}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"properties\":{}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"properties\":5}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"properties\":{\"a\":1,}}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"context\":{\"groupId\":5}}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"context\":{\"group\\u0049d\":\"g\"}}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"context\":[]}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"user\\u0049d\":\"u2\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"x\":1e400}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"x\":01}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"x\":\"\xc3\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
    "{\"type\":\"identify\",\"event\":\"e\"}",
    "{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"a\":1.5}}",
    "{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"a\":[]}}",
    "{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"a\":-9223372036854775808}}",
    "{\"type\":\"health\",\"userId\":\"u1\",\"health\":-9223372036854775808123}",
    "{\"type\":\"health\",\"userId\":\"u1\",\"health\":-}",
    ("{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
     "\"h\":1,\"i\":1}}"),
    "{\"type\":\"identify\",\"type\":\"group\",\"userId\":\"u1\",\"groupId\":\"g\"}",
    "{\"type\":\"group\",\"userId\":\"u1\"}",
    "{\"type\":\"stage\",\"userId\":\"u1\"}",
    "{\"type\":\"stage\",\"userId\":\"u1\",\"groupId\":\"g\",\"stage\":\"s\"}",
    "{\"type\":\"stage\",\"anonymousId\":\"u1\",\"stage\":\"s\"}",
    "{\"type\":\"health\",\"userId\":\"u1\",\"stage\":\"s\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"timestamp\":\"1970-01-01T00:00:60Z\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"timestamp\":\"\"}",
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\",\"timestamp\":5}",
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    check_note("%s", others[i]);
    CHECK_EQUAL_UINT(read_line(others[i], strlen(others[i])).size, 0);
  }
}

static void approvals(void) {
  static const struct {
    const char *line;
    bool plain;
    uint64_t message;
  } cases[] = {
    {"{\"type\":\"approve\",\"message\":0}", true, 0},
    {"{\"type\":\"approve\",\"message\":17}\n", true, 17},
    {"{\"message\":17,\"type\":\"approve\",\"timestamp\":\"2026-01-31T10:00:00Z\"}\r\n", true, 17},
    {"{\"type\":\"approve\",\"message\":999999999999999999}", true, 999999999999999999u},
    {"{\"type\":\"approve\",\"message\":1000000000000000000}", false, 0},
    {"{\"type\":\"approve\",\"message\":01}", false, 0},
    {"{\"type\":\"approve\",\"message\":-1}", false, 0},
    {"{\"type\":\"approve\",\"message\":1.0}", false, 0},
    {"{\"type\":\"approve\",\"message\":1e1}", false, 0},
    {"{\"type\":\"approve\",\"message\":}", false, 0},
    {"{\"type\":\"approve\",\"message\":\"1\"}", false, 0},
    {"{\"type\":\"approve\"}", false, 0},
    {"{\"type\":\"approve\",\"message\":1,\"userId\":\"u\",\"context\":{}}", true, 1},
    {"{\"type\":\"approve\",\"message\":1,\"messageId\":\"m\"}", false, 0},
    {"{\"type\":\"track\",\"type\":\"approve\",\"message\":1}", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct read_line read = read_line(cases[i].line, strlen(cases[i].line));
    check_note("%s", cases[i].line);
    CHECK_EQUAL_UINT(read.size, cases[i].plain ? strlen(cases[i].line) : 0);
    if (!cases[i].plain) continue;
    CHECK_EQUAL_INT(read.line.type, COMMAND_APPROVE);
    CHECK_EQUAL_UINT(read.line.message, cases[i].message);
  }
}

/* Keys have 255 bytes at most, lines about a million. */
static void long_ones(void) {
  static const char begin[] = "{\"type\":\"track\",\"userId\":\"", middle[] = "\",\"event\":\"", end[] = "\"}\n";
  enum { LONGEST = PBK_MAX_LINE };
  for (size_t key = 250; key <= 260; key++) {
    char line[400];
    size_t size = (size_t)snprintf(line, sizeof line, "%s%0*d%se%s", begin, (int)key, 7, middle, end);
    CHECK_EQUAL_UINT(read_line(line, size).size, key <= PBK_MAX_KEY ? size : 0);
  }
  char *line = malloc(LONGEST + 8);
  if (!line) abort();
  memset(line, 'x', LONGEST + 8);
  for (size_t size = LONGEST - 2; size <= LONGEST + 2; size++) {
    size_t used = (size_t)snprintf(line, 100, "%su%s", begin, middle);
    line[used] = 'x';
    memcpy(line + size - 3, end, 3);
    CHECK_EQUAL_UINT(read_line(line, size).size, size <= LONGEST ? size : 0);
    memset(line + size - 3, 'x', 3);
  }
  free(line);
}

/* What the line before had is passed over without another look, where it is the same; what only begins so is not. */
static void what_was_there_before(void) {
  static const struct {
    const char *context, *group; /* "": the line is not plain */
  } cases[] = {{"{\"groupId\":\"g\",\"a\":[1]}", "g"},
               {"{\"groupId\":\"g\",\"a\":[1]}", "g"},
               {"{\"groupId\":\"g\",\"a\":[2]}", "g"},
               {"{\"groupId\":\"g\",\"a\":[2]", ""},
               {"{\"groupId\":\"g\",\"a\":[2]}", "g"},
               {"{\"groupId\":5}", ""},
               {"{}", NULL},
               {"{}", NULL},
               {"{\"a\":{}}", NULL},
               {"{}}", ""},
               {"{}x", ""},
               {"{\"a\":{}", ""},
               {"{\"groupId\":\"h\"}", "h"},
               {"{\"groupId\":\"h\"}", "h"}};
  enum { CASES = sizeof cases / sizeof *cases };
  char lines[CASES][200];
  struct known_lines known = {0};
  for (uint32_t i = 0; i < CASES; i++) {
    struct plain_line line;
    int size =
      snprintf(lines[i], sizeof lines[i], "{\"type\":\"track\",\"context\":%s,\"x\":%s,\"userId\":\"u\",\"event\":\"e\"}",
               cases[i].context, cases[i].context);
    const char *end = pbk_read_plain_line(lines[i], lines[i] + size, &known, &line);
    check_note("%s", lines[i]);
    if (cases[i].group && !*cases[i].group)
      CHECK(!end);
    else if (CHECK(end == lines[i] + size))
      CHECK(cases[i].group ? text_equal(line.account, text_from(cases[i].group)) : !line.account.bytes);
  }
}

/* Sorted by name, of equal names the last. */
static void traits(void) {
  static const char text[] =
    "{\"type\":\"group\",\"groupId\":\"g\",\"traits\":{\"b\":1,\"ab\":-2,\"\":null,\"a\":\"\xc3\xa9\",\"b\":false,\"\xf0\":"
    "3},"
    "\"traits\":{\"b\":1,\"ab\":-2,\"\":null,\"a\":\"\xc3\xa9\",\"b\":false,\"~\":999999999999999999}}";
  struct known_lines known = {0};
  struct plain_line line;
  CHECK(!pbk_read_plain_line(text, text + sizeof text - 1, &known, &line)); /* a name that is not plain */
  char plain[sizeof text];
  memcpy(plain, text, sizeof text);
  *strchr(plain, '\xf0') = 'z';
  if (!CHECK(pbk_read_plain_line(plain, plain + sizeof text - 1, &known, &line) == plain + sizeof text - 1)) return;
  CHECK_EQUAL_INT(line.type, COMMAND_GROUP);
  CHECK_EQUAL_UINT(line.trait_count, 5);
  const pbk_member *at = line.traits;
  CHECK(at[0].name_size == 0 && at[0].value.kind == PBK_NULL);
  CHECK(text_equal(member_name(&at[1]), TEXT("a")) && text_equal(value_text(&at[1].value), TEXT("\xc3\xa9")));
  CHECK(text_equal(member_name(&at[2]), TEXT("ab")) && at[2].value.kind == PBK_INT && at[2].value.as.integer == -2);
  CHECK(text_equal(member_name(&at[3]), TEXT("b")) && at[3].value.kind == PBK_BOOL && at[3].value.as.integer == 0);
  CHECK(at[4].value.kind == PBK_INT && at[4].value.as.integer == 999999999999999999);
}

/* ---- the same as any other line ---- */

/* Each %u is a small number. */
static const char *const members[] = {
  "\"userId\":\"u%u\"",
  "\"event\":\"e%u\"",
  "\"timestamp\":\"2026-01-31T10:%02u:00Z\"",
  "\"timestamp\":\"2026-01-31T10:00:%02u.500Z\"",
  "\"receivedAt\":\"2026-01-31T1%u:00:00Z\"",
  "\"event\":\"a name that is longer than sixteen bytes %u\"",
  "\"userId\":\"a key that is longer than sixteen bytes %u\"",
  "\"properties\":{\"n\":%u}",
  "\"properties\":{}",
  "\"properties\":{\"name\":\"Zo\xc3\xab\",\"list\":[1,2,{\"a\":null}],\"n\":%u.50,\"big\":-1e%u}",
  "\"properties\":null",
  "\"messageId\":\"m%u\"",
  "\"messageId\":\"an id that is longer than sixteen bytes %u\"",
  "\"anonymousId\":\"u%u\"",
  "\"anonymousId\":null",
  "\"groupId\":\"g%u\"",
  "\"context\":{\"library\":{\"name\":\"@a\\/b\",\"version\":\"3.%u\"},\"ip\":[]}",
  "\"context\":{\"groupId\":\"g%u\",\"library\":{}}",
  "\"context\":{\"groupId\":\"g%u\",\"groupId\":null}",
  "\"context\":{\"group\\u0049d\":\"g%u\"}",
  "\"context\":%u",
  "\"traits\":{\"plan\":\"p%u\",\"seats\":%u,\"name\":\"\",\"ok\":true}",
  "\"traits\":{\"seats\":-%u,\"seats\":7,\"nil\":null,\"no\":false}",
  "\"traits\":{\"z\":%u,\"y\":2,\"x\":3,\"w\":\"\xe2\x98\x83\",\"v\":5,\"u\":6,\"t\":7,\"s\":8}",
  "\"traits\":{\"z\":%u,\"y\":2,\"x\":3,\"w\":4,\"v\":5,\"u\":6,\"t\":7,\"s\":8,\"r\":9}",
  "\"traits\":{\"a\":[%u],\"b\":{}}",
  "\"traits\":{\"a\":%u.0,\"b\":12345678901234567%u,\"c\":\"\\t\"}",
  "\"traits\":{}",
  "\"traits\":\"%u\"",
  "\"stage\":\"s%u\"",
  "\"stage\":\"\"",
  "\"health\":%u",
  "\"health\":-%u.5",
  "\"health\":null",
  "\"type\":\"identify\"",
  "\"message\":%u",
  "\"timestamp\":17698536%02u000",
  "\"integrations\":{\"All\":false,\"n\":%u}",
  "\"_metadata\":[[[[[[[[[[[[[[[[[[%u]]]]]]]]]]]]]]]]]]",
  "\"sentAt\":\"\xc3\xa9\\n%u\"",
};
enum { MEMBERS = sizeof members / sizeof *members };

static size_t add_member(char *line, size_t size, size_t capacity, const char *member, uint32_t number) {
  line[size++] = ',';
  for (; *member && size + 12 < capacity; member++) {
    if (*member != '%') {
      line[size++] = *member;
      continue;
    }
    bool two = member[1] == '0';
    member += two ? 3 : 1;
    size += (size_t)snprintf(line + size, 12, two ? "%02u" : "%u", number);
  }
  return size;
}

static size_t make_line(uint64_t *state, char *line, size_t capacity) {
  static const struct {
    const char *name;
    uint32_t members[2]; /* what it cannot be without, mostly */
  } types[] = {{"track", {0, 1}},   {"track", {0, 1}},  {"track", {13, 1}},   {"identify", {0, 21}}, {"identify", {0, 22}},
               {"group", {15, 21}}, {"stage", {29, 0}}, {"health", {31, 15}}, {"page", {0, 9}}};
  static const uint32_t usual[] = {0, 1, 11, 21, 15, 29, 31, 16}; /* what lines have most often */
  static uint32_t pending;                                        /* messages come about one by one */
  bool approval = check_random_below(state, 5) == 0;
  uint32_t type = check_random_below(state, sizeof types / sizeof *types);
  size_t size = (size_t)snprintf(line, capacity, "{\"type\":\"%s\"", approval ? "approve" : types[type].name);
  if (approval) size += (size_t)snprintf(line + size, capacity - size, ",\"message\":%u", pending++ / 2 % 12);
  uint32_t most = approval ? check_random_below(state, 2) : 2 + check_random_below(state, 6);
  for (uint32_t i = 0; i < most; i++) {
    uint32_t which = check_random_below(state, 4) ? usual[check_random_below(state, 8)] : check_random_below(state, MEMBERS);
    if (i < 2 && check_random_below(state, 8)) which = types[type].members[i];
    if (approval && check_random_below(state, 3)) which = 2;
    size = add_member(line, size, capacity, members[which], check_random_below(state, 9));
  }
  line[size++] = '}';
  if (check_random_below(state, 3)) return size;
  for (uint32_t changes = 1 + check_random_below(state, 3); changes > 0 && size > 0;
       changes--) { /* and so it is wrong, mostly */
    static const char bytes[] = " \"\\{}[],:e.-0u\x01\x80\xc3\xa9\r";
    size_t at = check_random_below(state, (uint32_t)size);
    switch (check_random_below(state, 4)) {
      case 0: line[at] = bytes[check_random_below(state, sizeof bytes - 1)]; break;
      case 1: memmove(line + at, line + at + 1, --size - at); break;
      case 2: size = at; break;
      default: memmove(line + at + 1, line + at, size++ - at); line[at] = bytes[check_random_below(state, sizeof bytes - 1)];
    }
  }
  return size;
}

static void check_same_error(struct rig *a, struct rig *b) {
  pbk_error first = rig_error(a), second = rig_error(b);
  CHECK_EQUAL_INT(first.status, second.status);
  CHECK_EQUAL_INT(first.code, second.code);
  CHECK_EQUAL_UINT(first.offset, second.offset);
  CHECK(text_equal(private_text(first.message), private_text(second.message)));
  CHECK(text_equal(private_text(first.path), private_text(second.path)));
}

/* Each line as it comes, as any line, and together with others. */
static void the_same(void) {
  enum { ROUNDS = 120, LINES = 60 };
  uint64_t state = 3;
  uint32_t plain = 0, approved = 0, types[COMMAND_COUNT] = {0}, duplicates = 0;
  for (int round = 0; round < ROUNDS; round++) {
    static char all[LINES * 1000];
    struct rig rigs[3];
    size_t size = 0;
    uint64_t refused = 0, told = 0;
    for (int i = 0; i < 3; i++) {
      rig_open(&rigs[i], round % 2 ? PBK_DELIVER_AT_ONCE : 0);
      define_usual(&rigs[i]);
      CHECK_EQUAL_INT(tell(&rigs[i], "{'type':'define','kind':'persona','key':'many','when':'events(`e1`).count() > 2'}"),
                      PBK_OK);
      TELL_ALL(
        &rigs[i], "{'type':'identify','userId':'u1'}",
        "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'event':'e2'},'reentry':'always','steps':["
        "{'actions':[{'email':{'template':'hello'}}]}]}",
        "{'type':'define','kind':'playbook','key':'q','active':true,'trigger':{'event':'e3','where':'event.properties.n > "
        "3'},"
        "'reentry':'always','steps':[{'actions':[{'task':{'title':'Call'}}]}]}",
        "{'type':'define','kind':'segment','key':'pro','when':'contact.traits.plan == `p1` || contact.stage == `s2`'}",
        "{'type':'define','kind':'segment','key':'many','of':'account','when':'account.traits.seats > 3 || account.health > "
        "4'}",
        "{'type':'group','userId':'u1','groupId':'g1'}", "{'type':'group','userId':'u6','groupId':'g2'}",
        "{'type':'batch','batch':[{'type':'track','userId':'u2','event':'e2'},{'type':'track','userId':'u3','event':'e2'},"
        "{'type':'track','userId':'u4','event':'e2'},{'type':'track','userId':'u5','event':'e2'}]}");
    }
    for (int i = 0; i < LINES; i++) {
      size_t length = make_line(&state, all + size, 1000);
      const char *line = copy_of(all + size, length);
      check_note("%.*s", (int)length, line);
      struct read_line read = read_line(line, length);
      plain += read.size > 0;
      if (read.size > 0) types[read.line.type]++;
      pbk_status status = pbk_feed_line(rigs[0].engine, line, length);
      rigs[1].engine->last = pbk_feed_text(rigs[1].engine, (struct text){line, (uint32_t)length});
      CHECK_EQUAL_INT(status, rigs[1].engine->last);
      check_same_error(&rigs[0], &rigs[1]);
      refused += status == PBK_ERR_REFUSED;
      duplicates += status == PBK_DUPLICATE;
      approved += read.size > 0 && read.line.type == COMMAND_APPROVE && status == PBK_OK;
      drop(line);
      size += length;
      all[size++] = '\n';
    }
    const char *bytes = copy_of(all, size);
    CHECK_EQUAL_INT(pbk_feed_json(rigs[2].engine, bytes, size, &told), PBK_OK);
    CHECK_EQUAL_UINT(told, refused);
    drop(bytes);
    CHECK_DIGEST(&rigs[1], rig_digest(&rigs[0]));
    CHECK_DIGEST(&rigs[2], rig_digest(&rigs[0]));
    for (int i = 0; i < 3; i++) CHECK_EQUAL_INT(pbk_commit(rigs[i].engine), PBK_OK);
    const char *outputs[3];
    for (int i = 0; i < 3; i++) outputs[i] = rig_take(&rigs[i]);
    CHECK_TEXT(text_from(outputs[1]), outputs[0]);
    CHECK_TEXT(text_from(outputs[2]), outputs[0]);
    for (int i = 0; i < 3; i++) rig_close(&rigs[i]);
  }
  CHECK(plain > ROUNDS * LINES / 5);
  CHECK(approved > ROUNDS / 2);
  CHECK(duplicates > ROUNDS);
  for (uint32_t type = COMMAND_IDENTIFY; type <= COMMAND_STAGE_AND_HEALTH; type++)
    CHECK(type == COMMAND_ALIAS || types[type] > ROUNDS);
}

/* Whom a line is about may be another one when its turn comes, and its event's name another's. */
static void what_changes_meanwhile(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  static const char lines[] =
    "{\"type\":\"identify\",\"userId\":\"u1\"}\n"
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\n"
    "{\"type\":\"delete\",\"userId\":\"u1\"}\n"
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\n"
    "{\"type\":\"alias\",\"previousId\":\"u1\",\"userId\":\"u2\"}\n"
    "{\"type\":\"track\",\"userId\":\"u2\",\"event\":\"e\"}\n"
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"e\"}\n"
    "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"p\",\"when\":\"events('new').count() > 0 && 1\"}\n"
    "{\"type\":\"track\",\"userId\":\"u2\",\"event\":\"newer\"}\n"
    "{\"type\":\"track\",\"userId\":\"u2\",\"event\":\"new\"}\n"
    "{\"type\":\"track\",\"userId\":\"u2\",\"event\":\"newer\"}\n";
  struct rig other;
  uint64_t refused;
  rig_open(&other, 0);
  define_usual(&other);
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, lines, sizeof lines - 1, &refused), PBK_OK);
  CHECK_EQUAL_UINT(refused, 1);
  for (const char *at = lines, *end; at < lines + sizeof lines - 1; at = end) {
    end = strchr(at, '\n') + 1;
    pbk_feed_text(other.engine, (struct text){at, (uint32_t)(end - at)});
  }
  CHECK_DIGEST(&rig, rig_digest(&other));
  CHECK_EQUAL_UINT(rig.engine->facts.contact_count, 2);
  rig_close(&rig);
  rig_close(&other);
}

int main(void) {
  RUN(what_is_plain);
  RUN(approvals);
  RUN(long_ones);
  RUN(what_was_there_before);
  RUN(traits);
  RUN(the_same);
  RUN(what_changes_meanwhile);
  return check_report();
}
