/* tests/unit/definition_lines_support.h - a define line read into its struct, without an engine. */
#ifndef PBK_TESTS_UNIT_DEFINITION_LINES_SUPPORT_H
#define PBK_TESTS_UNIT_DEFINITION_LINES_SUPPORT_H

#include "base/outputs.h"
#include "check.h"
#include "wire/definition_lines.h"
#include "wire/json_reader.h"

static struct memory memory;
static struct arena arena;
static struct problem problem;

/* NULL where it is refused. */
static inline const void *read_definition(const char *text) {
  char *json;
  size_t size = strlen(text);
  pbk_arena_reset(&arena);
  pbk_problem_clear(&problem);
  json = pbk_arena_allocate(&arena, size + 1);
  for (size_t i = 0; i <= size; i++) json[i] = text[i] == '\'' ? '"' : text[i];
  struct reading_line reading = {&arena, &problem, PBK_CODE_BAD_INPUT};
  struct json_error error;
  pbk_value object;
  static pbk_definition definition;
  if (!pbk_json_read((struct text){json, (uint32_t)size}, &arena, &object, &error)) abort();
  return pbk_read_definition(&reading, &object, false, &definition) ? definition.of : NULL;
}

static inline void check_refused(const char *text, pbk_code code, const char *path) {
  check_note("%s", text);
  CHECK(read_definition(text) == NULL);
  CHECK_EQUAL_INT(problem.code, code);
  CHECK_EQUAL_TEXT(((struct text){problem.path, problem.path_size}), text_from(path));
  check_note("%s", "");
}

static inline void check_words(pbk_text given, const char *wanted) {
  CHECK_EQUAL_INT(given.bytes != NULL, wanted != NULL);
  if (wanted) CHECK_TEXT(private_text(given), wanted);
}

static inline void open_definitions(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
}
static inline void close_definitions(void) {
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(memory.used, 0);
}

#endif
