/* tests/unit/json_writer.c - values to JSON text: one spelling for each, and it reads back as the same value. */
#include "wire/json_writer.h"

#include "unit/check.h"
#include "wire/json_reader.h"

static struct check_heap heap;
static struct memory memory;
static struct writer out;
static struct arena arena;

static void begin(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  out = (struct writer){.memory = &memory};
  pbk_arena_init(&arena, &memory);
}
static void end(void) {
  pbk_writer_release(&out);
  pbk_arena_release(&arena);
  CHECK_EQUAL_UINT(heap.out, 0);
}
/* What was written since the last time. */
static struct text taken(void) {
  struct text text = {(const char *)out.bytes, out.size};
  out.size = 0;
  return text;
}

static void texts(void) {
  begin();
  static const struct {
    struct text text;
    const char *json;
  } cases[] = {
    {{NULL, 0}, "\"\""},
    {{"plain", 5}, "\"plain\""},
    {{"\"\\/", 3}, "\"\\\"\\\\/\""},
    {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
    {{"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\""},
    {{"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 12}, "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
    {{"a\"b\"c", 5}, "\"a\\\"b\\\"c\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_json_write_text(&out, cases[i].text);
    CHECK_TEXT(taken(), cases[i].json);
  }
  end();
}

static void numbers(void) {
  begin();
  static const struct {
    double number;
    const char *json;
  } cases[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {-100.0, "-100.0"},
    {0.1, "0.1"},
    {1e21, "1e+21"},
    {1e20, "100000000000000000000.0"},
    {1.5e-7, "1.5e-7"},
    {9223372036854775808.0, "9223372036854776000.0"},
    {1e-6, "0.000001"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {-123456789012345680000.0, "-123456789012345680000.0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_value value = value_double(cases[i].number);
    pbk_json_write_value(&out, &value);
    CHECK_TEXT(taken(), cases[i].json);
  }
  pbk_json_write_int(&out, INT64_MIN);
  CHECK_TEXT(taken(), "-9223372036854775808");
  pbk_json_write_time(&out, 1769853600500000);
  CHECK_TEXT(taken(), "\"2026-01-31T10:00:00.5Z\"");
  end();
}

static void objects(void) {
  begin();
  pbk_json_open(&out);
  pbk_json_close(&out);
  CHECK_TEXT(taken(), "{}");
  pbk_json_open(&out);
  pbk_json_name(&out, JSON_NAME("seq"));
  pbk_json_write_int(&out, 1);
  pbk_json_name(&out, JSON_NAME("brace"));
  pbk_json_write_text(&out, TEXT("{"));
  pbk_json_name(&out, JSON_NAME("inner"));
  pbk_json_open(&out);
  pbk_json_name(&out, JSON_NAME("a"));
  pbk_json_open(&out);
  pbk_json_close(&out);
  pbk_json_name(&out, JSON_NAME("b"));
  pbk_json_write_time(&out, 0);
  pbk_json_close(&out);
  pbk_json_int_member(&out, JSON_NAME("last"), -2);
  pbk_json_text_member(&out, JSON_NAME("text"), TEXT("a\nb"));
  pbk_json_close(&out);
  CHECK_TEXT(taken(), "{\"seq\":1,\"brace\":\"{\",\"inner\":{\"a\":{},\"b\":\"1970-01-01T00:00:00Z\"},\"last\":-2,\"text\":\"a\\nb\"}");
  end();
}

/* A byte that needs an escape, and ones that do not, at each place of texts of each size. */
static void places(void) {
  static const unsigned char bytes[] = {'"', '\\', 0, 1, 0x1f, ' ', '!', '#', '[', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff};
  begin();
  for (uint32_t size = 0; size < 40; size++)
    for (uint32_t place = 0; place <= size; place++)
      for (uint32_t i = 0; i < sizeof bytes; i++) {
        char text[40], wanted[64];
        uint32_t at = 0;
        memset(text, 'a', sizeof text);
        if (place < size) text[place] = (char)bytes[i];
        wanted[at++] = '"';
        for (uint32_t j = 0; j < size; j++) {
          if (j != place || (bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\')) wanted[at++] = text[j];
          else if (bytes[i] >= ' ') at += (uint32_t)snprintf(wanted + at, 8, "\\%c", bytes[i]);
          else at += (uint32_t)snprintf(wanted + at, 8, "\\u%04x", bytes[i]);
        }
        wanted[at++] = '"';
        check_note("byte %u at %u of %u", (unsigned)bytes[i], (unsigned)place, (unsigned)size);
        pbk_json_write_text(&out, (struct text){text, size});
        CHECK_EQUAL_TEXT(taken(), ((struct text){wanted, at}));
      }
  end();
}

static void values(void) {
  begin();
  pbk_value items[] = {value_null(),  value_bool(true),  value_bool(false),
                       value_int(-7), value_double(7.0), value_string(TEXT("x"))};
  pbk_member members[] = {{.name = "", .name_size = 0, .value = {.kind = PBK_LIST}},
                          {.name = "a\n", .name_size = 2, .value = {.kind = PBK_LIST, .size = 6, .as.items = items}},
                          {.name = "m", .name_size = 1, .value = {.kind = PBK_MAP}}};
  pbk_value map = {.kind = PBK_MAP, .size = 3, .as.members = members};
  pbk_json_write_value(&out, &map);
  CHECK_TEXT(taken(), "{\"\":[],\"a\\n\":[null,true,false,-7,7.0,\"x\"],\"m\":{}}");
  end();
}

/* ---- there and back, for values made at random ---- */

static pbk_value random_value(uint64_t *state, uint32_t depth) {
  switch (check_random_below(state, depth ? 7 : 5)) {
    case 0: return check_random_below(state, 2) ? value_null() : value_bool(check_random_below(state, 2));
    case 1: return value_int((int64_t)check_random(state) >> check_random_below(state, 64));
    case 2: {
      uint64_t bits = check_random(state);
      double number;
      if ((bits >> 52 & 0x7ff) == 0x7ff) bits = 0;
      memcpy(&number, &bits, sizeof number);
      return value_double(number);
    }
    case 3: return value_double((double)check_random_below(state, 1000) / 4);
    case 4: {
      static const char *const pieces[] = {"a",           "\"", "\\",  "\n", "\x01", "\xc3\xa9", "\xf0\x9f\x98\x80",
                                           "plain text ", "/",  "\x7f"};
      uint32_t count = check_random_below(state, 12), size = 0;
      char *bytes = pbk_arena_allocate(&arena, 12 * 12);
      for (uint32_t i = 0; i < count; i++) {
        const char *piece = pieces[check_random_below(state, 10)];
        memcpy(bytes + size, piece, strlen(piece));
        size += (uint32_t)strlen(piece);
      }
      return value_string((struct text){bytes, size});
    }
    case 5: {
      uint32_t count = check_random_below(state, 5);
      pbk_value *items = pbk_arena_allocate(&arena, 5 * sizeof *items);
      for (uint32_t i = 0; i < count; i++) items[i] = random_value(state, depth - 1);
      return (pbk_value){.kind = PBK_LIST, .size = count, .as.items = items};
    }
    default: {
      uint32_t count = check_random_below(state, check_random_below(state, 10) ? 6 : 60);
      pbk_member *members = pbk_arena_allocate(&arena, 60 * sizeof *members);
      for (uint32_t i = 0; i < count; i++) {
        char *name = pbk_arena_allocate(&arena, 8);
        snprintf(name, 8, "%" PRIu32, check_random_below(state, 100));
        members[i] = (pbk_member){
          .name = name, .name_size = (uint32_t)strlen(name), .value = random_value(state, depth > 3 ? 3 : depth - 1)};
      }
      return (pbk_value){.kind = PBK_MAP, .size = count, .as.members = members};
    }
  }
}

static void there_and_back(void) {
  begin();
  uint64_t state = 47;
  for (int i = 0; i < 3000; i++) {
    pbk_value value = random_value(&state, 5), back;
    struct json_error error = {"", 0};
    pbk_value_normalize(&value);
    pbk_json_write_value(&out, &value);
    struct text text = taken();
    bool read = pbk_json_read(text, &arena, &back, &error);
    if (!read || !pbk_value_equal(&value, &back)) {
      check_note("%.*s: %s at %" PRIu32, (int)text.size, text.bytes, error.message, error.offset);
      CHECK(read && pbk_value_equal(&value, &back));
    }
    pbk_arena_reset(&arena);
  }
  CHECK(true);
  end();
}

static void write_some(struct memory *limited, void *context) {
  struct writer *writer = context;
  *writer = (struct writer){.memory = limited};
  for (int i = 0; i < 300; i++) {
    pbk_json_open(writer);
    pbk_json_name(writer, JSON_NAME("name"));
    pbk_json_write_text(writer, TEXT("a text with \"quotes\" in it"));
    pbk_json_close(writer);
  }
}
static void release_writer(struct memory *limited, void *context) {
  (void)limited;
  pbk_writer_release(context);
}
static void refusal(void) {
  struct writer writer;
  CHECK(check_each_failure(write_some, release_writer, &writer) > 5);
}

int main(void) {
  RUN(texts);
  RUN(numbers);
  RUN(objects);
  RUN(places);
  RUN(values);
  RUN(there_and_back);
  RUN(refusal);
  return check_report();
}
