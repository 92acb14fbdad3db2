/* tests/unit/object.c - members of a JSON object by name and kind, each mistake told with its path. */
#include "wire/object.h"

#include "check.h"
#include "wire/json_reader.h"

static struct memory memory;
static struct arena arena;
static struct problem problem;
static struct reading_line reading;
static pbk_value object;

static void open_object(const char *text) {
  char json[512];
  size_t size = strlen(text);
  for (size_t i = 0; i <= size; i++) json[i] = text[i] == '\'' ? '"' : text[i];
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  pbk_problem_clear(&problem);
  reading = (struct reading_line){&arena, &problem, PBK_CODE_BAD_DEFINITION};
  char *kept = pbk_arena_allocate(&arena, size + 1);
  memcpy(kept, json, size + 1);
  struct json_error error;
  if (!pbk_json_read((struct text){kept, (uint32_t)size}, &arena, &object, &error)) abort();
}
static void close_object(void) {
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(memory.used, 0);
}
static void check_wrong(pbk_code code, const char *path) {
  CHECK_EQUAL_INT(problem.code, code);
  CHECK_EQUAL_TEXT(((struct text){problem.path, problem.path_size}), text_from(path));
  CHECK(problem.message_size > 0);
  pbk_problem_clear(&problem);
}

static void right_kinds(void) {
  pbk_text text = {NULL, 0};
  bool is = false;
  const pbk_duration *duration = NULL;
  const pbk_value *map = NULL, *list = NULL;
  const pbk_text *texts = NULL;
  uint32_t count = 0;
  open_object("{'t':'x','e':'','b':true,'d':'90s','w':'2w','m':{},'l':[],'ts':['a','']}");
  CHECK(pbk_read_text_member(&reading, &object, "t", &text));
  CHECK(text.size == 1 && text.bytes[0] == 'x');
  CHECK(pbk_read_text_member(&reading, &object, "e", &text)); /* empty is given */
  CHECK(text.size == 0 && text.bytes != NULL);
  CHECK(pbk_read_bool_member(&reading, &object, "b", &is) && is);
  CHECK(pbk_read_duration_member(&reading, &object, "d", &duration) && *duration == 90 * PBK_SECOND);
  CHECK(pbk_read_duration_member(&reading, &object, "w", &duration) && *duration == 14 * PBK_DAY);
  CHECK(pbk_read_object_member(&reading, &object, "m", &map) && map);
  CHECK(pbk_read_list_member(&reading, &object, "l", &list) && list);
  CHECK(pbk_read_texts_member(&reading, &object, "ts", &texts, &count) && count == 2);
  CHECK(texts[1].bytes != NULL && texts[1].size == 0);
  CHECK(pbk_read_texts_member(&reading, &object, "l", &texts, &count) && count == 0 && texts);
  CHECK_EQUAL_INT(problem.code, PBK_CODE_NONE);
  close_object();
}

/* Absent ones leave what was there. */
static void absent(void) {
  pbk_text text = {"was", 3};
  bool is = true;
  const pbk_duration *duration = NULL;
  const pbk_value *value = NULL;
  const pbk_text *texts = NULL;
  uint32_t count = 7;
  open_object("{}");
  CHECK(pbk_read_text_member(&reading, &object, "x", &text) && text.size == 3);
  CHECK(pbk_read_bool_member(&reading, &object, "x", &is) && is);
  CHECK(pbk_read_duration_member(&reading, &object, "x", &duration) && !duration);
  CHECK(pbk_read_object_member(&reading, &object, "x", &value) && !value);
  CHECK(pbk_read_list_member(&reading, &object, "x", &value) && !value);
  CHECK(pbk_read_texts_member(&reading, &object, "x", &texts, &count) && !texts && count == 7);
  CHECK(pbk_member_of(&object, "x") == NULL);
  close_object();
}

static void wrong_kinds(void) {
  pbk_text text;
  bool is;
  const pbk_duration *duration;
  const pbk_value *value;
  const pbk_text *texts;
  uint32_t count;
  open_object("{'n':1,'null':null,'d':'soon','neg':'-1s','ts':['a',1],'s':'x'}");
  CHECK(!pbk_read_text_member(&reading, &object, "n", &text));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/n");
  CHECK(!pbk_read_text_member(&reading, &object, "null", &text));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/null");
  CHECK(!pbk_read_bool_member(&reading, &object, "n", &is));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/n");
  CHECK(!pbk_read_duration_member(&reading, &object, "d", &duration));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/d");
  CHECK(!pbk_read_duration_member(&reading, &object, "neg", &duration));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/neg");
  CHECK(!pbk_read_duration_member(&reading, &object, "n", &duration));
  check_wrong(PBK_CODE_BAD_DEFINITION, "/n");
  reading.code = PBK_CODE_BAD_INPUT;
  CHECK(!pbk_read_object_member(&reading, &object, "s", &value));
  check_wrong(PBK_CODE_BAD_INPUT, "/s");
  CHECK(!pbk_read_list_member(&reading, &object, "s", &value));
  check_wrong(PBK_CODE_BAD_INPUT, "/s");
  CHECK(!pbk_read_texts_member(&reading, &object, "ts", &texts, &count));
  check_wrong(PBK_CODE_BAD_INPUT, "/ts/1");
  CHECK(!pbk_wrong(&reading, NULL, "about the whole"));
  check_wrong(PBK_CODE_BAD_INPUT, "");
  close_object();
}

static void only_members(void) {
  open_object("{'b':1,'a':2}");
  CHECK(ONLY_MEMBERS(&reading, &object, "a", "b", "c"));
  CHECK(!ONLY_MEMBERS(&reading, &object, "a"));
  check_wrong(PBK_CODE_UNKNOWN_MEMBER, "/b");
  close_object();
  open_object("{'x/y~':1}");
  CHECK(!ONLY_MEMBERS(&reading, &object, "a"));
  check_wrong(PBK_CODE_UNKNOWN_MEMBER, "/x~1y~0");
  close_object();
  open_object("{}");
  CHECK(ONLY_MEMBERS(&reading, &object, "a"));
  close_object();
}

int main(void) {
  RUN(right_kinds);
  RUN(absent);
  RUN(wrong_kinds);
  RUN(only_members);
  return check_report();
}
