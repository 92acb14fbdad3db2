/* tests/unit/skip_json.c - JSON that is passed over: what is taken for JSON is such, and what clients send is taken. */
#include "wire/skip_json.h"

#include "base/memory.h"
#include "check.h"
#include "wire/json_reader.h"

/* In memory of just its size, so that a sanitizer sees who reads past the end. */
static char *copy_of(const char *text, size_t size) {
  char *bytes = malloc(size + 1);
  if (!bytes) abort();
  memcpy(bytes + 1, text, size);
  return bytes;
}

/* How much of it is passed over; 0: it is not. */
static size_t skipped(const char *text, size_t size) {
  char *bytes = copy_of(text, size);
  const char *end = pbk_skip_json(bytes + 1, bytes + 1 + size);
  size_t result = end ? (size_t)(end - bytes - 1) : 0;
  free(bytes);
  return result;
}

static bool is_json(const char *text, size_t size) {
  struct memory memory;
  struct arena arena;
  pbk_value value;
  struct json_error error;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  bool fine = pbk_json_read((struct text){text, (uint32_t)size}, &arena, &value, &error);
  pbk_arena_release(&arena);
  return fine;
}

static const char *const usual[] = {
  "\"\"",
  "\"text\"",
  "\"a text that is longer than sixteen bytes\"",
  "0",
  "-1",
  "12.50",
  "-0.0",
  "true",
  "false",
  "null",
  "{}",
  "[]",
  "{\"a\":1}",
  "[1,\"x\",[],{}]",
  "{\"library\":{\"name\":\"@some\\/node\",\"version\":\"3.1.0\"},\"ip\":\"127.0.0.1\"}",
  "{\"title\":\"Zo\xc3\xab \xe2\x80\x93 \xe2\x98\x83 \xf0\x9f\x98\x80\",\"line\":\"a\\nb\\t\\\"c\\\"\\\\\"}",
  "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"};
static const char *const unusual[] = {"",
                                      " 1",
                                      "01",
                                      "1e5",
                                      "1.",
                                      "-",
                                      "+1",
                                      ".5",
                                      "tru",
                                      "nul",
                                      "True",
                                      "\"",
                                      "\"\\\"",
                                      "\"\\u0041\"",
                                      "\"\\x\"",
                                      "\"\x01\"",
                                      "\"\xff\"",
                                      "\"\xed\xa0\x80\"",
                                      "{",
                                      "[",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{a:1}",
                                      "{\"a\" :1}",
                                      "[1,]",
                                      "[1 ]",
                                      "[,]",
                                      "{\"\\n\":1}",
                                      "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"};

static void what_is_passed_over(void) {
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
    size_t size = strlen(usual[i]);
    check_note("%s", usual[i]);
    CHECK(is_json(usual[i], size));
    CHECK_EQUAL_UINT(skipped(usual[i], size), size);
    char longer[200];
    memcpy(longer, usual[i], size);
    memcpy(longer + size, ",x", 2);
    CHECK_EQUAL_UINT(skipped(longer, size + 2), size);
    if (usual[i][0] != '"' && usual[i][0] != '{' && usual[i][0] != '[') continue;
    for (size_t cut = 0; cut < size; cut++) CHECK_EQUAL_UINT(skipped(usual[i], cut), 0);
  }
  for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++) {
    check_note("%s", unusual[i]);
    CHECK_EQUAL_UINT(skipped(unusual[i], strlen(unusual[i])), 0);
  }
}

/* Whatever is changed in it, what is passed over is JSON. */
static void mutated(void) {
  static const char bytes[] = " \"\\{}[],:e.-01u\x01\x80\xc3\xa9nt";
  enum { ROUNDS = 30000 };
  uint64_t state = 5;
  uint32_t passed = 0;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    char text[300];
    const char *from = usual[check_random_below(&state, sizeof usual / sizeof *usual)];
    size_t size = strlen(from);
    memcpy(text, from, size);
    for (uint32_t changes = 1 + check_random_below(&state, 3); changes > 0; changes--) {
      size_t at = check_random_below(&state, (uint32_t)size + 1);
      char byte = bytes[check_random_below(&state, sizeof bytes - 1)];
      if (at < size && check_random_below(&state, 2)) {
        text[at] = byte;
      } else {
        memmove(text + at + 1, text + at, size++ - at);
        text[at] = byte;
      }
    }
    size_t end = skipped(text, size);
    check_note("%.*s", (int)size, text);
    if (end) CHECK(is_json(text, end));
    passed += end > 0;
  }
  CHECK(passed > ROUNDS / 10);
}

static void the_account_of_a_context(void) {
  static const struct {
    const char *context, *group; /* NULL: it names none; "": it is not passed over */
  } cases[] = {
    {"}", NULL},
    {"\"groupId\":\"g\"}", "g"},
    {"\"library\":{\"groupId\":\"no\"},\"ip\":[1]}", NULL},
    {"\"groupid\":\"a\",\"a\":1,\"groupId\":\"b\",\"b\":{}}", "b"},
    {"\"groupId\":\"a\",\"groupId\":\"b\"}", "b"},
    {"\"groupId\":null}", ""},
    {"\"groupId\":5}", ""},
    {"\"groupId\":\"\\n\"}", ""},
    {"\"group\\u0049d\":\"a\"}", ""},
    {"\"groupId\":\"a\"", ""},
    {"\"groupId\":\"a\",}", ""},
    {"\"a\":}", ""},
    {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t size = strlen(cases[i].context);
    char *bytes = copy_of(cases[i].context, size);
    struct text group;
    check_note("%s", cases[i].context);
    const char *end = pbk_skip_context(bytes + 1, bytes + 1 + size, &group);
    if (cases[i].group && !*cases[i].group)
      CHECK(!end);
    else if (CHECK(end == bytes + 1 + size))
      CHECK(cases[i].group ? text_equal(group, text_from(cases[i].group)) : !group.bytes);
    free(bytes);
  }
}

int main(void) {
  RUN(what_is_passed_over);
  RUN(mutated);
  RUN(the_account_of_a_context);
  return check_report();
}
