/* tests/unit/line_members.c - the known members of a line: found whatever their order, and found as a map finds them. */
#include "wire/line_members.h"

#include "check.h"
#include "wire/json_reader.h"

static struct memory memory;
static struct arena arena;

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
}
static void end(void) {
  pbk_arena_release(&arena);
}

static void names(void) {
  for (int i = 0; i < MEMBER_COUNT; i++) {
    char name[32];
    enum line_member member = (enum line_member)i;
    struct text known = text_from(pbk_line_member_name(member));
    check_note("member %d", i);
    CHECK(known.size > 0);
    CHECK_EQUAL_INT(pbk_known_line_member(known), member);
    /* One letter more, less or other is another name, and known only where it is the name of another. */
    for (uint32_t size = 0; size <= known.size + 1; size++) {
      memcpy(name, known.bytes, known.size);
      name[known.size] = 'x';
      enum line_member found = pbk_known_line_member((struct text){name, size});
      if (found == MEMBER_UNKNOWN) continue;
      CHECK_EQUAL_TEXT(((struct text){name, size}), text_from(pbk_line_member_name(found)));
    }
    for (uint32_t place = 0; place < known.size; place++)
      for (int byte = 0; byte < 256; byte++) {
        memcpy(name, known.bytes, known.size);
        name[place] = (char)byte;
        enum line_member found = pbk_known_line_member((struct text){name, known.size});
        if (found != MEMBER_UNKNOWN)
          CHECK_EQUAL_TEXT(((struct text){name, known.size}), text_from(pbk_line_member_name(found)));
      }
  }
  CHECK_TEXT(text_from(pbk_line_member_name(MEMBER_USER_ID)), "userId");
  CHECK_TEXT(text_from(pbk_line_member_name(MEMBER_PREVIOUS_ID)), "previousId");
  CHECK_TEXT(text_from(pbk_line_member_name(MEMBER_UNKNOWN)), "");
  CHECK_EQUAL_INT(pbk_known_line_member(NO_TEXT), MEMBER_UNKNOWN);
  CHECK_EQUAL_INT(pbk_known_line_member(TEXT("USERID")), MEMBER_UNKNOWN);
  CHECK_EQUAL_INT(pbk_known_line_member(TEXT("integrations")), MEMBER_UNKNOWN);
}

static void few(void) {
  static const char text[] =
    "{\"user\\u0049d\":\"a\",\"type\":5,\"userId\":\"b\",\"event\":null,\"x\":1,\"t\\u0079pe\":\"track\"}";
  struct json_stack stack;
  struct json_error error;
  struct line_members members;
  pbk_value line;
  begin();
  if (CHECK(pbk_json_read_line(TEXT(text), &arena, &stack, &line, &error))) {
    CHECK_EQUAL_UINT(line.size, 6);
    pbk_find_line_members(&line, &members);
    CHECK_TEXT(value_text(line_member(&members, MEMBER_TYPE)), "track");
    CHECK_TEXT(value_text(line_member(&members, MEMBER_USER_ID)), "b");
    CHECK_EQUAL_INT(line_member(&members, MEMBER_EVENT)->kind, PBK_NULL);
    CHECK(line_member(&members, MEMBER_TIMESTAMP) == NULL);
  }
  static const char *const empty[] = {"{}", "[]", "5", "[{\"type\":\"track\"}]", "\"type\"", "null"};
  for (uint32_t i = 0; i < sizeof empty / sizeof *empty; i++) {
    check_note("%s", empty[i]);
    if (!CHECK(pbk_json_read_line(text_from(empty[i]), &arena, &stack, &line, &error))) continue;
    pbk_find_line_members(&line, &members);
    CHECK_EQUAL_UINT(members.given, 0);
  }
  end();
}

/* ---- random lines ---- */

struct line {
  char text[8000];
  uint32_t size;
};

static void put(struct line *line, const char *text) {
  size_t size = strlen(text);
  memcpy(line->text + line->size, text, size);
  line->size += (uint32_t)size;
}

static void put_name(struct line *line, uint64_t *state) {
  static const char *const others[] = {"",        "a",    "integrations", "_metadata", "Type",  "typ",
                                       "user_id", "kind", "key",          "tYpe",      "eventt"};
  const char *name = check_random_below(state, 4)
                       ? pbk_line_member_name((enum line_member)check_random_below(state, MEMBER_COUNT))
                       : others[check_random_below(state, 11)];
  bool escaped = check_random_below(state, 6) == 0;
  put(line, "\"");
  for (; *name; name++) {
    char letter[8];
    snprintf(letter, sizeof letter, escaped && check_random_below(state, 3) == 0 ? "\\u%04x" : "%c", *name);
    put(line, letter);
  }
  put(line, "\"");
}

static void put_value(struct line *line, uint64_t *state) {
  static const char *const values[] = {"null",
                                       "true",
                                       "5",
                                       "1728000000000",
                                       "-1.5",
                                       "\"u1\"",
                                       "\"track\"",
                                       "\"\"",
                                       "\"2024-03-01T09:00:00.000Z\"",
                                       "{\"b\":1,\"a\":2,\"b\":3}",
                                       "[1,{\"type\":1}]",
                                       "{}",
                                       "\"\\u0041\\n\"",
                                       "\"Zo\xc3\xab\"",
                                       "{\"type\":\"inner\",\"userId\":7}"};
  put(line, values[check_random_below(state, sizeof values / sizeof *values)]);
}

static void put_space(struct line *line, uint64_t *state) {
  static const char *const spaces[] = {" ", "\t", "\r", "  "};
  if (check_random_below(state, 8) == 0) put(line, spaces[check_random_below(state, 4)]);
}

static void random_lines(void) {
  uint64_t state = 7;
  uint32_t found_all = 0, wrong = 0;
  begin();
  for (int i = 0; i < 20000; i++) {
    static struct line line;
    struct json_stack stack;
    struct json_error error;
    struct line_members members;
    pbk_value slow, quick;
    line.size = 0;
    put_space(&line, &state);
    put(&line, "{");
    uint32_t count = check_random_below(&state, check_random_below(&state, 10) ? 10 : 120);
    for (uint32_t j = 0; j < count; j++) {
      if (j) put(&line, ",");
      put_space(&line, &state);
      put_name(&line, &state);
      put_space(&line, &state);
      put(&line, ":");
      put_space(&line, &state);
      put_value(&line, &state);
      put_space(&line, &state);
    }
    put(&line, "}");
    char *copy = malloc(line.size);
    if (!copy) break;
    struct text text = {memcpy(copy, line.text, line.size), line.size};
    check_note("%.*s", (int)(line.size < 200 ? line.size : 200), line.text);
    if (CHECK(pbk_json_read(text, &arena, &slow, &error)) &&
        CHECK(pbk_json_read_line(text, &arena, &stack, &quick, &error))) {
      pbk_find_line_members(&quick, &members);
      for (int j = 0; j < MEMBER_COUNT; j++) {
        const pbk_value *wanted = pbk_value_member(&slow, text_from(pbk_line_member_name((enum line_member)j)));
        const pbk_value *given = line_member(&members, (enum line_member)j);
        wrong += wanted ? !given || !pbk_value_equal(given, wanted) : given != NULL;
        found_all += wanted != NULL;
      }
      struct line_members sorted;
      pbk_find_line_members(&slow, &sorted);
      CHECK_EQUAL_UINT(sorted.given, members.given);
      CHECK_EQUAL_UINT(wrong, 0);
    }
    free(copy);
    pbk_arena_reset(&arena);
  }
  CHECK(found_all > 50000);
  end();
}

int main(void) {
  RUN(names);
  RUN(few);
  RUN(random_lines);
  return check_report();
}
