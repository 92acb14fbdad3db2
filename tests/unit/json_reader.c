/* tests/unit/json_reader.c - what is JSON and what is not, where it goes wrong, and what the values are. */
#include "wire/json_reader.h"

#include "unit/check.h"
#include "wire/json_writer.h"

static struct check_heap heap;
static struct memory memory;
static struct arena arena;
static struct json_error error;

static void begin(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
}
static void end(void) {
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* As a line the same text gives the same error, or the same value once its own members are put in order. */
static bool same_as_line(struct text text, const pbk_value *value) {
  struct arena own;
  struct json_stack stack;
  struct json_error why = {NULL, 0};
  pbk_value line;
  bool same;
  pbk_arena_init(&own, &memory);
  if (pbk_json_read_line(text, &own, &stack, &line, &why)) {
    if (line.kind == PBK_MAP && line.size) {
      size_t size = line.size * sizeof(pbk_member);
      line.as.members = memcpy(pbk_arena_allocate(&own, size), line.as.members, size);
      pbk_value_normalize(&line);
    }
    same = value && pbk_value_equal(value, &line);
  } else {
    same = !value && strcmp(why.message, error.message) == 0 && why.offset == error.offset;
  }
  pbk_arena_release(&own);
  return same;
}

/* Reads from a copy of exactly that size, so that a sanitizer sees every step past it. */
static bool reads(struct text text, pbk_value *value) {
  static char *copy;
  free(copy);
  copy = malloc(text.size ? text.size : 1);
  if (!copy) return false;
  if (text.size) memcpy(copy, text.bytes, text.size);
  error = (struct json_error){NULL, 0};
  bool good = pbk_json_read((struct text){copy, text.size}, &arena, value, &error);
  CHECK_EQUAL_INT(error.message == NULL, good);
  CHECK(same_as_line((struct text){copy, text.size}, good ? value : NULL));
  if (!good) {
    free(copy);
    copy = NULL;
  }
  return good;
}

/* What was read, in the writer's spelling. */
static void reads_as(struct text text, const char *spelling) {
  pbk_value value;
  check_note("%.*s", (int)(text.size < 200 ? text.size : 200), text.size ? text.bytes : "");
  if (!reads(text, &value)) {
    CHECK_TEXT(text_from(error.message), "no error");
    return;
  }
  struct writer out = {.memory = &memory};
  pbk_json_write_value(&out, &value);
  CHECK_TEXT(((struct text){(const char *)out.bytes, out.size}), spelling);
  pbk_writer_release(&out);
}

static void good_texts(void) {
  static const struct {
    const char *text, *spelling;
  } cases[] = {
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {" \t\r\n1 \t\r\n", "1"},
    {"\"\"", "\"\""},
    {"[]", "[]"},
    {"{}", "{}"},
    {"[ ]", "[]"},
    {"{ }", "{}"},
    {"[1,2 , 3]", "[1,2,3]"},
    {"[[[[]]],[]]", "[[[[]]],[]]"},
    {"{\"a\":1}", "{\"a\":1}"},
    {" { \"a\" : 1 , \"b\" : [ true , false , null ] } ", "{\"a\":1,\"b\":[true,false,null]}"},
    {"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
    {"{\"a\":1,\"b\":2,\"a\":3,\"b\":4,\"a\":5}", "{\"a\":5,\"b\":4}"},
    {"{\"\":1,\" \":2}", "{\"\":1,\" \":2}"},
    {"{\"ab\":1,\"a\":2,\"b\":3,\"\":4}", "{\"\":4,\"a\":2,\"ab\":1,\"b\":3}"},
    {"{\"\\u0061\":1,\"a\":2}", "{\"a\":2}"},
    {"{\"x\":{\"x\":{\"x\":{}}}}", "{\"x\":{\"x\":{\"x\":{}}}}"},
    /* numbers */
    {"0", "0"},
    {"-0", "0"},
    {"-1", "-1"},
    {"0.0", "0.0"},
    {"-0.0", "-0.0"},
    {"1e0", "1.0"},
    {"1E+2", "100.0"},
    {"-1.5e-7", "-1.5e-7"},
    {"1.0", "1.0"},
    {"10", "10"},
    {"999999999999999999", "999999999999999999"},
    {"-999999999999999999", "-999999999999999999"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9223372036854776000.0"},
    {"-9223372036854775809", "-9223372036854776000.0"},
    {"100000000000000000000000", "1e+23"},
    {"1e-400", "0.0"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"0.1000000000000000055511151231257827021181583404541015625", "0.1"},
    {"123456789.123456789", "123456789.12345679"},
    {"-0e5", "-0.0"},
    {"0e0", "0.0"},
    {"[1.5,-2,3e3]", "[1.5,-2,3000.0]"},
    /* texts */
    {"\"plain\"", "\"plain\""},
    {"\"0123456789abcdef0123456789abcdef\"", "\"0123456789abcdef0123456789abcdef\""},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"", "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"\\u0000\"", "\"\\u0000\""},
    {"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\""},
    {"\"\\uDBFF\\uDFFF\\uD800\\uDC00\"", "\"\xf4\x8f\xbf\xbf\xf0\x90\x80\x80\""},
    {"\"h\xc3\xa9llo \xf0\x9f\x98\x80\"", "\"h\xc3\xa9llo \xf0\x9f\x98\x80\""},
    {"\"\xc3\xa9\\n\xc3\xa9\"", "\"\xc3\xa9\\n\xc3\xa9\""},
    {"\"a long text with its escape at the very end\\n\"", "\"a long text with its escape at the very end\\n\""},
    {"\"\x7f\"", "\"\x7f\""},
    {"\"\\u005C\\u0022\"", "\"\\\\\\\"\""},
    {"\"//\"", "\"//\""},
  };
  begin();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) reads_as(text_from(cases[i].text), cases[i].spelling);
  end();
}

static void bad_texts(void) {
  static const struct {
    const char *text;
    uint32_t offset;
    const char *message; /* a part of it */
  } cases[] = {
    {"", 0, "found the end"},
    {"  ", 2, "found the end"},
    {"nul", 0, "a value"},
    {"nulL", 0, "a value"},
    {"tru", 0, "a value"},
    {"True", 0, "a value"},
    {"falsch", 0, "a value"},
    {"nullx", 4, "the end of the text"},
    {"1 2", 2, "the end of the text"},
    {"{}{}", 2, "the end of the text"},
    {"'a'", 0, "a value"},
    {"NaN", 0, "a value"},
    {"Infinity", 0, "a value"},
    {"-Infinity", 1, "digit after '-'"},
    {"undefined", 0, "a value"},
    {"/* */1", 0, "a value"},
    {"\xef\xbb\xbf"
     "1",
     0, "a value"},
    {"\f1", 0, "a value"},
    {"\xc2\xa0"
     "1",
     0, "a value"},
    {"[", 1, "found the end"},
    {"[1", 2, "',' or ']'"},
    {"[1,", 3, "found the end"},
    {"[1,]", 3, "a value"},
    {"[,1]", 1, "a value"},
    {"[1 2]", 3, "',' or ']'"},
    {"[1}", 2, "',' or ']'"},
    {"]", 0, "a value"},
    {"[1]]", 3, "the end of the text"},
    {"{", 1, "a name in quotes or '}'"},
    {"{\"a\"", 4, "':' after a name"},
    {"{\"a\":", 5, "found the end"},
    {"{\"a\":1", 6, "',' or '}'"},
    {"{\"a\":1,", 7, "a name in quotes after ','"},
    {"{\"a\":1,}", 7, "a name in quotes after ','"},
    {"{a:1}", 1, "a name in quotes or '}'"},
    {"{\"a\" 1}", 5, "':' after a name"},
    {"{\"a\":1 \"b\":2}", 7, "',' or '}'"},
    {"{\"a\":1]", 6, "',' or '}'"},
    {"{\"a\":}", 5, "a value"},
    {"{1:2}", 1, "a name in quotes"},
    {"{\"a\"::1}", 5, "a value"},
    {"{,}", 1, "a name in quotes or '}'"},
    {"{null:1}", 1, "a name in quotes"},
    {"-", 1, "digit after '-'"},
    {"+1", 0, "a value"},
    {".5", 0, "a value"},
    {"1.", 2, "digit after the point"},
    {"1.e5", 2, "digit after the point"},
    {"-.5", 1, "digit after '-'"},
    {"01", 0, "start with a zero"},
    {"-01", 1, "start with a zero"},
    {"00", 0, "start with a zero"},
    {"-00.5", 1, "start with a zero"},
    {"1e", 2, "digit in the exponent"},
    {"1e+", 3, "digit in the exponent"},
    {"1e5.5", 3, "the end of the text"},
    {"1.5.5", 3, "the end of the text"},
    {"0x10", 1, "the end of the text"},
    {"1_000", 1, "the end of the text"},
    {"--1", 1, "digit after '-'"},
    {"1e400", 0, "too large"},
    {"[-1e400]", 1, "too large"},
    {"1.7976931348623159e308", 0, "too large"},
    {"1-", 1, "the end of the text"},
    {"\"", 1, "at the end of a text"},
    {"\"abc", 4, "at the end of a text"},
    {"\"abc\\", 5, "at the end of a text"},
    {"\"abc\\\"", 6, "at the end of a text"},
    {"\"0123456789abcdef", 17, "at the end of a text"},
    {"\"a\nb\"", 2, "control character"},
    {"\"\t\"", 1, "control character"},
    {"\"0123456789\x1f\"", 11, "control character"},
    {"\"\\n\n\"", 3, "control character"},
    {"\"\\x41\"", 1, "after a backslash"},
    {"\"a\\'\"", 2, "after a backslash"},
    {"\"\\U0041\"", 1, "after a backslash"},
    {"\"\\u12\"", 1, "four hexadecimal"},
    {"\"\\u123g\"", 1, "four hexadecimal"},
    {"\"\\u\"", 1, "four hexadecimal"},
    {"\"\\u 123\"", 1, "four hexadecimal"},
    {"\"\\u+123\"", 1, "four hexadecimal"},
    {"\"\\ud800\"", 1, "surrogate"},
    {"\"\\udc00\"", 1, "surrogate"},
    {"\"\\ud800\\ud800\"", 1, "surrogate"},
    {"\"\\ud800x\"", 1, "surrogate"},
    {"\"\\ud83d\\u0041\"", 1, "surrogate"},
    {"\"\\ud83d\\ude0\"", 1, "surrogate"},
    {"\"\\ud83d\\n\"", 1, "surrogate"},
    {"\"x\\ude00\\ud83d\"", 2, "surrogate"},
    {"\"\x80\"", 1, "UTF-8"},
    {"\"abc\xff\"", 4, "UTF-8"},
    {"\"\xc3\"", 1, "UTF-8"},
    {"\"\xc0\x80\"", 1, "UTF-8"},
    {"\"\xed\xa0\x80\"", 1, "UTF-8"},
    {"\"\xf4\x90\x80\x80\"", 1, "UTF-8"},
    {"\"\xc3\xa9\xc3\xa9 ok until here \xe2\x82\"", 20, "UTF-8"},
    {"\"\\n\xc3\xa9\xff\"", 5, "UTF-8"},
    {"\"\\\xff\"", 2, "UTF-8"}, /* before what stands behind a backslash */
    {"\"\xc3\xa9\\\xc3\xa9\"", 3, "after a backslash"},
    {"{\"\xff\":1}", 2, "UTF-8"},
    {"[\xc3\xa9]", 1, "a value"},
  };
  begin();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_value value = value_int(42);
    check_note("%s", cases[i].text);
    if (!CHECK(!reads(text_from(cases[i].text), &value))) continue;
    CHECK_EQUAL_UINT(error.offset, cases[i].offset);
    if (!strstr(error.message, cases[i].message)) CHECK_TEXT(text_from(error.message), cases[i].message);
    CHECK_EQUAL_INT(value.as.integer, 42); /* untouched */
  }
  pbk_value value;
  CHECK(!pbk_json_read(NO_TEXT, &arena, &value, &error));
  CHECK(!reads((struct text){"1\0", 2}, &value));
  CHECK(!reads((struct text){"\"\0\"", 3}, &value));
  CHECK(!reads((struct text){"\"\\\0\"", 4}, &value));
  CHECK(!reads((struct text){"\0", 1}, &value));
  end();
}

static void borrowed(void) {
  static const char text[] = "{\"name\":\"borrowed\",\"other\":\"not\\u0020so\"}";
  pbk_value value;
  begin();
  if (CHECK(pbk_json_read(text_from(text), &arena, &value, &error))) {
    CHECK(value.as.members[0].name == text + 2);
    CHECK(value.as.members[0].value.as.text == text + 9);
    const pbk_value *other = pbk_value_member(&value, TEXT("other"));
    CHECK(other->as.text < text || other->as.text >= text + sizeof text);
    CHECK_TEXT(value_text(other), "not so");
  }
  end();
}

static void depth(void) {
  pbk_value value;
  begin();
  for (uint32_t deep = JSON_MOST_DEPTH - 1; deep <= JSON_MOST_DEPTH + 2; deep++)
    for (int map = 0; map < 2; map++) {
      char text[6 * (JSON_MOST_DEPTH + 2) + 8];
      uint32_t size = 0;
      for (uint32_t i = 0; i < deep; i++) size += (uint32_t)sprintf(text + size, map ? "{\"a\":" : "[");
      size += (uint32_t)sprintf(text + size, "1");
      for (uint32_t i = 0; i < deep; i++) text[size++] = map ? '}' : ']';
      check_note("depth %" PRIu32 ", maps %d", deep, map);
      bool good = reads((struct text){text, size}, &value);
      CHECK_EQUAL_INT(good, deep <= JSON_MOST_DEPTH);
      if (good) CHECK_EQUAL_UINT(pbk_value_depth(&value, 1000), deep);
      if (!good) CHECK(strstr(error.message, "nested") != NULL);
    }
  /* Very deep: refused without having gone there. */
  enum { DEEP = 1000000 };
  char *brackets = malloc(DEEP);
  if (brackets) {
    memset(brackets, '[', DEEP);
    CHECK(!pbk_json_read((struct text){brackets, DEEP}, &arena, &value, &error));
    CHECK_EQUAL_UINT(error.offset, JSON_MOST_DEPTH);
    free(brackets);
  }
  end();
}

/* Many members, in the order given by `step`; each name twice, the second time with the value that stays. */
static void large_maps(void) {
  enum { MEMBERS = 20000 };
  char *text = malloc(2 * MEMBERS * 24);
  pbk_value value;
  if (!text) return;
  begin();
  for (uint32_t count = 1; count <= MEMBERS; count = count < 60 ? count + 1 : count * 7) {
    uint32_t size = 0, wrong = 0;
    text[size++] = '{';
    for (uint32_t i = 0; i < 2 * count; i++)
      size += (uint32_t)sprintf(text + size, "%s\"%" PRIu32 "\":[%" PRIu32 "]", i ? "," : "",
                                (uint32_t)((uint64_t)i * 7919 % count), i);
    text[size++] = '}';
    check_note("%" PRIu32 " members", count);
    if (!CHECK(reads((struct text){text, size}, &value))) break;
    CHECK_EQUAL_UINT(value.size, count);
    for (uint32_t i = 0; i < value.size; i++) {
      const pbk_member *member = &value.as.members[i];
      wrong += i && text_compare(member_name(member - 1), member_name(member)) >= 0;
      wrong += member->reserved != 0 || member->value.size != 1;
      uint32_t last = 0; /* the last i that gives this name */
      last = (uint32_t)member->value.as.items[0].as.integer;
      char name[12];
      sprintf(name, "%" PRIu32, (uint32_t)((uint64_t)last * 7919 % count));
      wrong += last < count || !text_equal(member_name(member), text_from(name));
    }
    CHECK_EQUAL_UINT(wrong, 0);
    pbk_arena_reset(&arena);
  }
  free(text);
  end();
}

static void large_lists(void) {
  enum { ITEMS = 100000 };
  char *text = malloc(ITEMS * 8 + 2);
  pbk_value value;
  if (!text) return;
  begin();
  uint32_t size = 0, wrong = 0;
  text[size++] = '[';
  for (uint32_t i = 0; i < ITEMS; i++) size += (uint32_t)sprintf(text + size, "%s%" PRIu32, i ? "," : "", i);
  text[size++] = ']';
  if (CHECK(reads((struct text){text, size}, &value))) {
    CHECK_EQUAL_UINT(value.size, ITEMS);
    for (uint32_t i = 0; i < value.size; i++)
      wrong += value.as.items[i].kind != PBK_INT || value.as.items[i].as.integer != i;
  }
  CHECK_EQUAL_UINT(wrong, 0);
  free(text);
  end();
}

/* Every place where the quote, the escape or the odd byte can stand in the eight bytes looked at together. */
static void alignments(void) {
  begin();
  for (uint32_t before = 0; before < 20; before++)
    for (uint32_t after = 0; after < 20; after++)
      for (int kind = 0; kind < 6; kind++) {
        static const char *const pieces[] = {"", "\\n", "\xc3\xa9", "\x01", "\xff", "\\u00e9"};
        char text[64], wanted[64];
        pbk_value value;
        int size = sprintf(text, "\"%.*s%s%.*s\"", (int)before, "abcdefghijklmnopqrst", pieces[kind], (int)after,
                           "ABCDEFGHIJKLMNOPQRST");
        sprintf(wanted, "%.*s%s%.*s", (int)before, "abcdefghijklmnopqrst",
                kind == 1   ? "\n"
                : kind == 5 ? "\xc3\xa9"
                            : pieces[kind],
                (int)after, "ABCDEFGHIJKLMNOPQRST");
        check_note("%s", text);
        bool good = reads((struct text){text, (uint32_t)size}, &value);
        CHECK_EQUAL_INT(good, kind != 3 && kind != 4);
        if (good) CHECK_TEXT(value_text(&value), wanted);
        if (!good) CHECK_EQUAL_UINT(error.offset, before + 1);
      }
  end();
}

/* Texts cut and changed at random: an answer, no more; and what reads well is written and read as the same again. */
static void damaged(void) {
  static const char line[] =
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"log\\u0069n\",\"properties\":{\"n\":-1.5e3,\"s\":[true,null,"
    "\"\xc3\xa9\\ud83d\\ude00\"]},\"x\":12}";
  uint64_t state = 53;
  uint32_t good = 0, wrong = 0;
  begin();
  for (int i = 0; i < 100000; i++) {
    static const char likely[] = "{}[]\",:\\u0019eE+-. tfn\n\xc3\xff";
    char text[sizeof line];
    uint32_t size = sizeof line - 1;
    pbk_value value, back;
    memcpy(text, line, size);
    for (uint32_t changes = check_random_below(&state, 4); changes > 0; changes--)
      text[check_random_below(&state, size)] = likely[check_random_below(&state, sizeof likely - 1)];
    if (check_random_below(&state, 4) == 0) size = check_random_below(&state, size);
    error = (struct json_error){NULL, 0};
    char *copy = malloc(size ? size : 1);
    if (!copy) break;
    memcpy(copy, text, size);
    if (pbk_json_read((struct text){copy, size}, &arena, &value, &error)) {
      struct writer out = {.memory = &memory};
      pbk_json_write_value(&out, &value);
      wrong += !pbk_json_read((struct text){(const char *)out.bytes, out.size}, &arena, &back, &error) ||
               !pbk_value_equal(&value, &back);
      pbk_writer_release(&out);
      wrong += !same_as_line((struct text){copy, size}, &value);
      good++;
    } else {
      wrong += !error.message || error.offset > size || !same_as_line((struct text){copy, size}, NULL);
    }
    free(copy);
    pbk_arena_reset(&arena);
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK(good > 1000 && good < 99000);
  end();
}

/* Integers of every width, with anything behind: digits are read together. */
static void integers(void) {
  uint64_t state = 11;
  begin();
  for (int i = 0; i < 20000; i++) {
    char text[64];
    int64_t wanted = (int64_t)(check_random(&state) >> check_random_below(&state, 64));
    if (check_random_below(&state, 3) == 0 && wanted != INT64_MIN) wanted = -wanted;
    static const char *const behind[] = {"", " ", ",1]", "]", ",12345678]", ",\"a\"]"};
    uint32_t which = check_random_below(&state, 6);
    int size = snprintf(text, sizeof text, "%s%" PRId64 "%s", which > 1 ? "[" : "", wanted, behind[which]);
    pbk_value value;
    check_note("%s", text);
    if (!CHECK(reads((struct text){text, (uint32_t)size}, &value))) break;
    const pbk_value *number = which > 1 ? &value.as.items[0] : &value;
    CHECK_EQUAL_INT(number->kind, PBK_INT);
    CHECK_EQUAL_INT(number->as.integer, wanted);
    pbk_arena_reset(&arena);
  }
  /* A byte that is no digit at each place of eight. */
  for (uint32_t place = 0; place < 20; place++)
    for (uint32_t byte = 1; byte < 256; byte++) {
      char text[] = "[12345678901234567890]";
      pbk_value value;
      text[1 + place] = (char)byte;
      bool number = (byte >= '0' && byte <= '9' && !(place == 0 && byte == '0')) || (place == 0 && byte == '-') ||
                    (place == 0 && strchr(" \t\r\n", (int)byte)) || (place == 19 && strchr(" \t\r\n]", (int)byte)) ||
                    (place > 0 && byte == ',' && !(place == 19)) || (place > 0 && place < 19 && strchr(".eE", (int)byte));
      if (byte == ',' && place == 8) number = false; /* a zero in front */
      check_note("%s", text);
      bool fine = reads((struct text){text, sizeof text - 1}, &value);
      if (place == 19 && byte == ']') number = false; /* two of them */
      if (strchr("eE", (int)byte)) { /* the exponent may be too large */
        if (!fine) CHECK(strstr(error.message, "too large") || place == 0 || place == 19);
      } else {
        CHECK_EQUAL_INT(fine, number);
      }
      pbk_arena_reset(&arena);
    }
  end();
}

static void read_much(struct memory *limited, void *context) {
  static const char text[] =
    "[\"\\n\",{\"a\":[1,2,3],\"b\":\"\\u0041\"},[[],[[]]],1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
    "26,"
    "27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60]";
  pbk_value value;
  struct json_error why;
  pbk_arena_init(context, limited);
  CHECK(pbk_json_read(text_from(text), context, &value, &why));
}
static void release_arena(struct memory *limited, void *context) {
  (void)limited;
  pbk_arena_release(context);
}
static void refusal(void) {
  struct arena limited;
  CHECK(check_each_failure(read_much, release_arena, &limited) > 2);
}

int main(void) {
  RUN(good_texts);
  RUN(bad_texts);
  RUN(borrowed);
  RUN(depth);
  RUN(large_maps);
  RUN(large_lists);
  RUN(alignments);
  RUN(integers);
  RUN(damaged);
  RUN(refusal);
  return check_report();
}
