/* tests/unit/problem.c - the first problem is the one told, with a JSON pointer, and never half a character. */
#include "base/problem.h"

#include "base/utf8.h"
#include "check.h"

static struct problem problem;

static struct text path(void) {
  return (struct text){problem.path, problem.path_size};
}
static struct text message(void) {
  return (struct text){problem.message, problem.message_size};
}

static void open_problem(void) {
  memset(&problem, 0xee, sizeof problem);
  pbk_problem_clear(&problem);
}

static void cleared(void) {
  open_problem();
  CHECK_EQUAL_INT(problem.code, PBK_CODE_NONE);
  CHECK_EQUAL_UINT(problem.line + problem.column + problem.offset, 0);
  CHECK_TEXT(path(), "");
  CHECK_TEXT(message(), "");
}

static void the_first_is_told(void) {
  open_problem();
  CHECK(!pbk_problem_set(&problem, PBK_CODE_IN_USE, "the ", TEXT("name"), " is in use"));
  CHECK(!pbk_problem_at(&problem, PBK_CODE_BAD_INPUT, "another"));
  CHECK_EQUAL_INT(problem.code, PBK_CODE_IN_USE);
  CHECK_TEXT(message(), "the 'name' is in use");
  open_problem();
  pbk_problem_at(&problem, PBK_CODE_BAD_INPUT, "only this");
  CHECK_TEXT(message(), "only this");
  open_problem();
  pbk_problem_set(&problem, PBK_CODE_BAD_INPUT, "", TEXT(""), " is empty"); /* given, and empty */
  CHECK_TEXT(message(), "'' is empty");
}

static void paths(void) {
  open_problem();
  uint32_t outer = pbk_problem_enter(&problem, TEXT("steps"));
  uint32_t item = pbk_problem_enter_item(&problem, 12);
  uint32_t inner = pbk_problem_enter(&problem, TEXT("when"));
  CHECK_TEXT(path(), "/steps/12/when");
  pbk_problem_leave(&problem, inner);
  CHECK_TEXT(path(), "/steps/12");
  pbk_problem_leave(&problem, item);
  CHECK_TEXT(path(), "/steps");
  pbk_problem_leave(&problem, outer);
  CHECK_TEXT(path(), "");
}

/* With a problem set, the path stays where it was found. */
static void frozen_paths(void) {
  open_problem();
  uint32_t outer = pbk_problem_enter(&problem, TEXT("a"));
  uint32_t inner = pbk_problem_enter(&problem, TEXT("b"));
  pbk_problem_at(&problem, PBK_CODE_BAD_INPUT, "wrong");
  pbk_problem_leave(&problem, inner);
  pbk_problem_enter(&problem, TEXT("c"));
  pbk_problem_leave(&problem, outer);
  CHECK_TEXT(path(), "/a/b");
}

/* RFC 6901: ~ and / in a member's name. */
static void escapes(void) {
  open_problem();
  pbk_problem_enter(&problem, TEXT("a/b~c~1"));
  pbk_problem_enter(&problem, TEXT(""));
  pbk_problem_enter_item(&problem, UINT32_MAX);
  CHECK_TEXT(path(), "/a~1b~0c~01//4294967295");
}

/* Whatever is cut off, what is left is UTF-8 and within its bounds. */
static void never_half_a_character(void) {
  char name[700];
  static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  for (uint32_t width = 1; width <= 4; width++)
    for (uint32_t shift = 0; shift < 8; shift++) {
      uint32_t size = 0;
      memset(name, 'x', shift);
      for (size = shift; size + width < sizeof name; size += width) memcpy(name + size, characters[width - 1], width);
      struct text text = {name, size};
      check_note("width %" PRIu32 ", shift %" PRIu32, width, shift);
      open_problem();
      pbk_problem_set(&problem, PBK_CODE_BAD_INPUT, "before ", text, " after");
      CHECK(problem.message_size <= PROBLEM_MESSAGE_MOST);
      CHECK(pbk_utf8_valid(message()));
      CHECK(problem.message_size > 60);
      open_problem();
      name[size] = 0;
      pbk_problem_at(&problem, PBK_CODE_BAD_INPUT, name);
      CHECK(pbk_utf8_valid(message()));
      CHECK(problem.message_size <= PROBLEM_MESSAGE_MOST && problem.message_size > PROBLEM_MESSAGE_MOST - 4);
      open_problem();
      for (uint32_t i = 0; i < 3; i++) pbk_problem_enter(&problem, text);
      CHECK(problem.path_size <= PROBLEM_PATH_MOST);
      CHECK(pbk_utf8_valid(path()));
    }
}

/* Of a long name its beginning is shown. */
static void long_names_are_shortened(void) {
  char name[200];
  memset(name, 'n', sizeof name);
  open_problem();
  pbk_problem_set(&problem, PBK_CODE_UNKNOWN_KEY, "unknown ", (struct text){name, 80}, "!");
  CHECK_EQUAL_UINT(problem.message_size, 8 + 82 + 1);
  open_problem();
  pbk_problem_set(&problem, PBK_CODE_UNKNOWN_KEY, "unknown ", (struct text){name, 81}, "!");
  CHECK_EQUAL_UINT(problem.message_size, 8 + 82 + 3 + 1);
  CHECK(memcmp(problem.message + problem.message_size - 5, "...'!", 5) == 0);
}

/* A path that is full stays so, and can still be left. */
static void full_paths(void) {
  open_problem();
  for (uint32_t i = 0; i < 500; i++) pbk_problem_enter(&problem, TEXT("abcdefg"));
  CHECK_EQUAL_UINT(problem.path_size, PROBLEM_PATH_MOST);
  CHECK_EQUAL_BYTES(problem.path + PROBLEM_PATH_MOST - 8, "/abcdefg", 8);
  pbk_problem_leave(&problem, 8);
  CHECK_TEXT(path(), "/abcdefg");
}

int main(void) {
  RUN(cleared);
  RUN(the_first_is_told);
  RUN(paths);
  RUN(frozen_paths);
  RUN(escapes);
  RUN(never_half_a_character);
  RUN(long_names_are_shortened);
  RUN(full_paths);
  return check_report();
}
