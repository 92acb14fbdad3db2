/* tests/unit/lines.c - fact and control lines to commands, member by member (SPEC L). */
#include "wire/lines.h"

#include "check.h"
#include "wire/json_reader.h"

static struct memory memory;
static struct arena arena;
static struct problem problem;

/* Reads a line as the feed does; false when it is refused. */
static bool read_line(const char *text, struct command *command) {
  static char json[1024];
  size_t size = strlen(text);
  for (size_t i = 0; i <= size; i++) json[i] = text[i] == '\'' ? '"' : text[i];
  struct reading_line reading = {&arena, &problem, PBK_CODE_BAD_INPUT};
  struct json_error error;
  struct line_times times;
  struct line_members members;
  pbk_value object;
  pbk_arena_reset(&arena);
  pbk_problem_clear(&problem);
  *command = (struct command){.received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .to = PBK_NO_TIME};
  if (!pbk_json_read((struct text){json, (uint32_t)size}, &arena, &object, &error)) abort();
  pbk_find_line_members(&object, &members);
  if (!pbk_read_times(&reading, &members, NULL, &times)) return false;
  command->to = times.timestamp;
  return pbk_read_line_command(&reading, &members, value_text(pbk_member_of(&object, "type")), command);
}

static void check_text_is(struct text given, const char *wanted) {
  CHECK_EQUAL_INT(given.bytes != NULL, wanted != NULL);
  if (wanted) CHECK_TEXT(given, wanted);
}

/* A line and the texts that it sets. */
static const struct {
  const char *line;
  enum command_type type;
  const char *contact, *account, *event, *other; /* other: stage, role, sender, persona, playbook, previous, template */
} fine[] = {
  {"{'type':'identify','userId':'u'}", COMMAND_IDENTIFY, "u", NULL, NULL, NULL},
  {"{'type':'identify','anonymousId':'a'}", COMMAND_IDENTIFY, "a", NULL, NULL, NULL},
  {"{'type':'identify','userId':null,'anonymousId':'a'}", COMMAND_IDENTIFY, "a", NULL, NULL, NULL},
  {"{'type':'identify','userId':'u','anonymousId':'a'}", COMMAND_IDENTIFY, "u", NULL, NULL, NULL},
  {"{'type':'identify','userId':'u','traits':null,'integrations':{'any':true}}", COMMAND_IDENTIFY, "u", NULL, NULL, NULL},
  {"{'type':'group','groupId':'g'}", COMMAND_GROUP, NULL, "g", NULL, NULL},
  {"{'type':'group','userId':'u','groupId':'g'}", COMMAND_GROUP, "u", "g", NULL, NULL},
  {"{'type':'track','userId':'u','event':'e'}", COMMAND_TRACK, "u", NULL, "e", NULL},
  {"{'type':'track','event':'e','context':{'groupId':'g'}}", COMMAND_TRACK, NULL, "g", "e", NULL},
  {"{'type':'track','userId':'u','event':'e','context':{'groupId':null}}", COMMAND_TRACK, "u", NULL, "e", NULL},
  {"{'type':'page','userId':'u','name':'n'}", COMMAND_TRACK, "u", NULL, "n", NULL},
  {"{'type':'screen','userId':'u','properties':{'name':'p'}}", COMMAND_TRACK, "u", NULL, "p", NULL},
  {"{'type':'page','userId':'u','name':'n','properties':{'name':'p'}}", COMMAND_TRACK, "u", NULL, "n", NULL},
  {"{'type':'alias','previousId':'p','userId':'u'}", COMMAND_ALIAS, "u", NULL, NULL, "p"},
  {"{'type':'stage','userId':'u','stage':'s'}", COMMAND_STAGE_AND_HEALTH, "u", NULL, NULL, "s"},
  {"{'type':'stage','groupId':'g','stage':'s'}", COMMAND_STAGE_AND_HEALTH, NULL, "g", NULL, "s"},
  {"{'type':'assign','groupId':'g','role':'r','user':'j'}", COMMAND_ASSIGN, NULL, "g", NULL, "r"},
  {"{'type':'pin','userId':'u','sender':'s'}", COMMAND_PIN, "u", NULL, NULL, "s"},
  {"{'type':'pin','userId':'u','sender':null}", COMMAND_PIN, "u", NULL, NULL, NULL},
  {"{'type':'interaction','userId':'u','sender':'s'}", COMMAND_INTERACTION, "u", NULL, NULL, "s"},
  {"{'type':'tag','userId':'u','persona':'p'}", COMMAND_TAG, "u", NULL, NULL, "p"},
  {"{'type':'untag','userId':'u','persona':'p'}", COMMAND_UNTAG, "u", NULL, NULL, "p"},
  {"{'type':'suppress','userId':'u','suppressed':false}", COMMAND_SUPPRESS, "u", NULL, NULL, NULL},
  {"{'type':'delete','groupId':'g'}", COMMAND_DELETE, NULL, "g", NULL, NULL},
  {"{'type':'activate','playbook':'p'}", COMMAND_ACTIVATE, NULL, NULL, NULL, "p"},
  {"{'type':'pause','playbook':'p'}", COMMAND_PAUSE, NULL, NULL, NULL, "p"},
  {"{'type':'resume','playbook':'p'}", COMMAND_RESUME, NULL, NULL, NULL, "p"},
  {"{'type':'archive','playbook':'p'}", COMMAND_ARCHIVE, NULL, NULL, NULL, "p"},
  {"{'type':'enroll','playbook':'p','groupId':'g'}", COMMAND_ENROLL, NULL, "g", NULL, "p"},
  {"{'type':'unenroll','playbook':'p','userId':'u'}", COMMAND_UNENROLL, "u", NULL, NULL, "p"},
  {"{'type':'explain','playbook':'p','userId':'u'}", COMMAND_EXPLAIN, "u", NULL, NULL, "p"},
  {"{'type':'approve','message':3}", COMMAND_APPROVE, NULL, NULL, NULL, NULL},
  {"{'type':'unapprove','message':3}", COMMAND_UNAPPROVE, NULL, NULL, NULL, NULL},
  {"{'type':'discard','message':3}", COMMAND_DISCARD, NULL, NULL, NULL, NULL},
  {"{'type':'edit','message':3,'template':'t'}", COMMAND_EDIT, NULL, NULL, NULL, "t"},
  {"{'type':'complete','task':3}", COMMAND_COMPLETE, NULL, NULL, NULL, NULL},
  {"{'type':'cancel','task':3}", COMMAND_CANCEL, NULL, NULL, NULL, NULL},
};

static void members(void) {
  struct command command;
  for (uint32_t i = 0; i < sizeof fine / sizeof *fine; i++) {
    check_note("%s", fine[i].line);
    if (!CHECK(read_line(fine[i].line, &command))) continue;
    CHECK_EQUAL_INT(command.type, fine[i].type);
    check_text_is(command.contact, fine[i].contact);
    check_text_is(command.account, fine[i].account);
    check_text_is(command.event, fine[i].event);
    const struct text others[] = {command.stage,    command.role,     command.sender,  command.persona,
                                  command.playbook, command.previous, command.template};
    struct text other = NO_TEXT;
    for (uint32_t j = 0; j < 7; j++)
      if (others[j].bytes) other = others[j];
    check_text_is(other, fine[i].other);
    if (strstr(fine[i].line, "':3")) CHECK_EQUAL_UINT(command.number, 3);
  }
}

static void values(void) {
  struct command command;
  CHECK(read_line("{'type':'identify','userId':'u','traits':{'b':1,'a':2}}", &command));
  CHECK(command.traits && command.traits->size == 2);
  CHECK(read_line("{'type':'track','userId':'u','event':'e','properties':{}}", &command));
  CHECK(command.traits && command.traits->size == 0);
  CHECK(read_line("{'type':'health','userId':'u','health':72.5,'stage':'s'}", &command));
  CHECK(command.health && command.health->kind == PBK_DOUBLE);
  check_text_is(command.stage, "s");
  CHECK(read_line("{'type':'stage','userId':'u','health':7,'stage':'s'}", &command));
  CHECK(command.health && command.health->kind == PBK_INT);
  CHECK(read_line("{'type':'stage','userId':'u','stage':'s'}", &command));
  CHECK(command.health == NULL);
  CHECK(read_line("{'type':'suppress','userId':'u','suppressed':true}", &command));
  CHECK_EQUAL_INT(command.flag, 1);
  CHECK(read_line("{'type':'archive','playbook':'p','mode':'cancel'}", &command));
  CHECK_EQUAL_INT(command.flag, PBK_CANCEL);
  CHECK(read_line("{'type':'remove_sender','sender':'s','mode':'drain'}", &command));
  CHECK_EQUAL_INT(command.flag, PBK_DRAIN);
  check_text_is(command.playbook, NULL);
  CHECK(read_line("{'type':'add_sender','sender':'s','playbook':'p','branch':'b'}", &command));
  check_text_is(command.branch, "b");
  CHECK(read_line("{'type':'report','message':5,'outcome':'failed','reason':'bounced'}", &command));
  CHECK_EQUAL_INT(command.flag, PBK_DELIVERY_FAILED);
  check_text_is(command.reason, "bounced");
  CHECK(read_line("{'type':'edit','message':5,'note':''}", &command));
  CHECK(command.note.bytes && command.note.size == 0);
  check_text_is(command.template, NULL);
  CHECK(read_line("{'type':'assign','groupId':'g','role':'r','user':null}", &command));
  check_text_is(command.user, NULL);
  CHECK(read_line("{'type':'approve','message':-3}", &command));
  CHECK(command.number == 0 || command.number > INT64_MAX); /* nothing has such a number */
}

static const struct {
  const char *line;
  pbk_code code;
  const char *path;
} wrong[] = {
  {"{'type':'nonsense'}", PBK_CODE_UNKNOWN_TYPE, "/type"},
  {"{'type':'identify','userId':5}", PBK_CODE_BAD_INPUT, "/userId"},
  {"{'type':'identify','anonymousId':5}", PBK_CODE_BAD_INPUT, "/anonymousId"},
  {"{'type':'identify','userId':'u','traits':[]}", PBK_CODE_BAD_INPUT, "/traits"},
  {"{'type':'group','userId':'u'}", PBK_CODE_BAD_INPUT, "/groupId"},
  {"{'type':'track','userId':'u'}", PBK_CODE_BAD_INPUT, "/event"},
  {"{'type':'track','userId':'u','event':'e','context':{'groupId':5}}", PBK_CODE_BAD_INPUT, "/context/groupId"},
  {"{'type':'track','userId':'u','event':'e','context':5}", PBK_CODE_BAD_INPUT, "/context"},
  {"{'type':'track','userId':'u','event':5,'context':{'groupId':'g'}}", PBK_CODE_BAD_INPUT, "/event"},
  {"{'type':'track','userId':'u','event':'e','properties':'p'}", PBK_CODE_BAD_INPUT, "/properties"},
  {"{'type':'page','userId':'u'}", PBK_CODE_BAD_INPUT, "/name"},
  {"{'type':'alias','userId':'u'}", PBK_CODE_BAD_INPUT, "/previousId"},
  {"{'type':'stage','userId':'u'}", PBK_CODE_BAD_INPUT, "/stage"},
  {"{'type':'health','userId':'u'}", PBK_CODE_BAD_INPUT, "/health"},
  {"{'type':'health','userId':'u','health':null}", PBK_CODE_BAD_INPUT, "/health"},
  {"{'type':'assign','groupId':'g','role':'r'}", PBK_CODE_BAD_INPUT, "/user"},
  {"{'type':'pin','userId':'u'}", PBK_CODE_BAD_INPUT, "/sender"},
  {"{'type':'interaction','userId':'u','sender':null}", PBK_CODE_BAD_INPUT, "/sender"},
  {"{'type':'suppress','userId':'u'}", PBK_CODE_BAD_INPUT, "/suppressed"},
  {"{'type':'suppress','userId':'u','suppressed':1}", PBK_CODE_BAD_INPUT, "/suppressed"},
  {"{'type':'advance'}", PBK_CODE_BAD_INPUT, "/timestamp"},
  {"{'type':'advance','receivedAt':5}", PBK_CODE_BAD_INPUT, "/timestamp"},
  {"{'type':'archive','playbook':'p','mode':'x'}", PBK_CODE_BAD_INPUT, "/mode"},
  {"{'type':'report','message':5,'outcome':'x'}", PBK_CODE_BAD_INPUT, "/outcome"},
  {"{'type':'approve','message':1.5}", PBK_CODE_BAD_INPUT, "/message"},
  {"{'type':'complete'}", PBK_CODE_BAD_INPUT, "/task"},
  {"{'type':'identify','timestamp':'x'}", PBK_CODE_BAD_TIMESTAMP, "/timestamp"},
  {"{'type':'identify','timestamp':1.5}", PBK_CODE_BAD_TIMESTAMP, "/timestamp"},
  {"{'type':'identify','receivedAt':true}", PBK_CODE_BAD_TIMESTAMP, "/receivedAt"},
  {"{'type':'identify','timestamp':9223372036854775807}", PBK_CODE_BAD_TIMESTAMP, "/timestamp"},
  {"{'type':'identify','timestamp':253402300800000}", PBK_CODE_BAD_TIMESTAMP, "/timestamp"},
  {"{'type':'identify','receivedAt':-62135596800001}", PBK_CODE_BAD_TIMESTAMP, "/receivedAt"},
};

static void mistakes(void) {
  struct command command;
  for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    check_note("%s", wrong[i].line);
    CHECK(!read_line(wrong[i].line, &command));
    CHECK_EQUAL_INT(problem.code, wrong[i].code);
    CHECK_EQUAL_TEXT(((struct text){problem.path, problem.path_size}), text_from(wrong[i].path));
  }
}

/* Milliseconds or RFC 3339; what is inherited stands in for what is lacking. */
static void times(void) {
  static const struct {
    const char *object;
    pbk_time timestamp, received_at;
  } cases[] = {
    {"{}", 7, 9},
    {"{\"timestamp\":1500}", 1500000, 9},
    {"{\"receivedAt\":-1}", 7, -1000},
    {"{\"timestamp\":\"1970-01-01T00:00:01.0000019Z\",\"receivedAt\":\"1970-01-01T01:00:00+01:00\"}", 1000001, 0},
    {"{\"timestamp\":253402300799999}", 253402300799999000, 9}, /* the years 0001 to 9999 */
    {"{\"timestamp\":-62135596800000}", -62135596800000000, 9},
  };
  struct reading_line reading = {&arena, &problem, PBK_CODE_BAD_INPUT};
  const struct line_times inherited = {7, 9};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct json_error error;
    struct line_times given;
    struct line_members members;
    pbk_value object;
    check_note("%s", cases[i].object);
    if (!pbk_json_read(text_from(cases[i].object), &arena, &object, &error)) abort();
    pbk_find_line_members(&object, &members);
    CHECK(pbk_read_times(&reading, &members, &inherited, &given));
    CHECK_EQUAL_INT(given.timestamp, cases[i].timestamp);
    CHECK_EQUAL_INT(given.received_at, cases[i].received_at);
  }
  CHECK_EQUAL_INT(times_received((struct line_times){5, PBK_NO_TIME}), 5);
  CHECK_EQUAL_INT(times_received((struct line_times){5, 6}), 6);
  CHECK_EQUAL_INT(times_received((struct line_times){PBK_NO_TIME, PBK_NO_TIME}), PBK_NO_TIME);
}

int main(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  RUN(members);
  RUN(values);
  RUN(mistakes);
  RUN(times);
  pbk_arena_release(&arena);
  return check_report();
}
