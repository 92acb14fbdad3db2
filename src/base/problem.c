/* base/problem.c - see problem.h. */
#include "base/problem.h"

#include "base/number.h"

void pbk_problem_clear(struct problem *problem) {
  problem->code = PBK_CODE_NONE;
  problem->line = problem->column = problem->offset = 0;
  problem->message_size = problem->path_size = 0;
}

/* As much as there is room for, never half a character. */
static void append(char *to, uint32_t *size, uint32_t most, const char *bytes, uint32_t count) {
  if (count > most - *size) {
    count = most - *size;
    while (count > 0 && ((unsigned char)bytes[count] & 0xc0) == 0x80) count--;
  }
  if (count) memcpy(to + *size, bytes, count);
  *size += count;
}

static void say(struct problem *problem, const char *bytes, uint32_t count) {
  append(problem->message, &problem->message_size, PROBLEM_MESSAGE_MOST, bytes, count);
}

/* Of a long name its first bytes, cut between characters. */
static struct text shortened(struct text name) {
  enum { NAME_MOST = 80 };
  if (name.size <= NAME_MOST) return name;
  name.size = NAME_MOST;
  while (name.size > 0 && ((unsigned char)name.bytes[name.size] & 0xc0) == 0x80) name.size--;
  return name;
}

bool pbk_problem_set(struct problem *problem, pbk_code code, const char *before, struct text name, const char *after) {
  if (problem->code != PBK_CODE_NONE) return false;
  problem->code = code;
  problem->message_size = 0;
  say(problem, before, (uint32_t)strlen(before));
  if (name.bytes) {
    struct text shown = shortened(name);
    say(problem, "'", 1);
    say(problem, shown.bytes, shown.size);
    if (shown.size < name.size) say(problem, "...", 3);
    say(problem, "'", 1);
  }
  say(problem, after, (uint32_t)strlen(after));
  return false;
}

bool pbk_problem_at(struct problem *problem, pbk_code code, const char *message) {
  return pbk_problem_set(problem, code, message, NO_TEXT, "");
}

uint32_t pbk_problem_enter(struct problem *problem, struct text member) {
  uint32_t before = problem->path_size;
  if (problem->code != PBK_CODE_NONE) return before;
  char *path = problem->path;
  uint32_t *size = &problem->path_size, start = 0;
  append(path, size, PROBLEM_PATH_MOST, "/", 1);
  for (uint32_t i = 0; i < member.size; i++) { /* RFC 6901 */
    char byte = member.bytes[i];
    if (byte != '~' && byte != '/') continue;
    append(path, size, PROBLEM_PATH_MOST, member.bytes + start, i - start);
    append(path, size, PROBLEM_PATH_MOST, byte == '~' ? "~0" : "~1", 2);
    start = i + 1;
  }
  append(path, size, PROBLEM_PATH_MOST, member.bytes + start, member.size - start);
  return before;
}

uint32_t pbk_problem_enter_item(struct problem *problem, uint32_t number) {
  char digits[NUMBER_TEXT_MOST];
  return pbk_problem_enter(problem, (struct text){digits, pbk_print_uint(digits, number)});
}

void pbk_problem_leave(struct problem *problem, uint32_t before) {
  if (problem->code == PBK_CODE_NONE) problem->path_size = before;
}
