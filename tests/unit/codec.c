/* tests/unit/codec.c - bytes there and back, the bytes themselves, and every way they can be wrong. */
#include "base/codec.h"

#include "base/value.h"
#include "unit/check.h"

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
  CHECK_EQUAL_UINT(memory.used, 0);
}
static struct reader written(void) {
  return (struct reader){.at = out.bytes, .end = out.bytes + out.size};
}

static void the_bytes(void) {
  begin();
  pbk_write_u8(&out, 0xfe);
  pbk_write_u32(&out, 0x01020304);
  pbk_write_u64(&out, 0x0102030405060708);
  pbk_write_uint(&out, 0);
  pbk_write_uint(&out, 300);
  pbk_write_int(&out, -1);
  pbk_write_int(&out, 64);
  pbk_write_double(&out, 1.5);
  pbk_write_text(&out, TEXT("hi"));
  pbk_write_text(&out, NO_TEXT);
  pbk_write_bytes(&out, NULL, 0);
  pbk_write_bytes(&out, "!", 1);
  static const unsigned char wanted[] = {0xfe, 4,    3, 2, 1, 8, 7, 6, 5, 4,    3,    2, 1,   0,   0xac, 2,
                                         1,    0x80, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 2, 'h', 'i', 0,    '!'};
  CHECK_EQUAL_UINT(out.size, sizeof wanted);
  CHECK_EQUAL_BYTES(out.bytes, wanted, sizeof wanted);
  struct reader reader = written();
  CHECK_EQUAL_UINT(pbk_read_u8(&reader), 0xfe);
  CHECK_EQUAL_UINT(pbk_read_u32(&reader), 0x01020304);
  CHECK_EQUAL_UINT(pbk_read_u64(&reader), 0x0102030405060708);
  CHECK_EQUAL_UINT(pbk_read_uint(&reader), 0);
  CHECK_EQUAL_UINT(pbk_read_uint(&reader), 300);
  CHECK_EQUAL_INT(pbk_read_int(&reader), -1);
  CHECK_EQUAL_INT(pbk_read_int(&reader), 64);
  CHECK_EQUAL_DOUBLE(pbk_read_double(&reader), 1.5);
  CHECK_TEXT(pbk_read_text(&reader), "hi");
  CHECK_TEXT(pbk_read_text(&reader), "");
  CHECK_EQUAL_UINT(pbk_read_u8(&reader), '!');
  CHECK(!reader.failed && reader.at == reader.end);
  end();
}

static void integers_there_and_back(void) {
  begin();
  static const uint64_t edges[] = {
    0, 1, 127, 128, 16383, 16384, UINT32_MAX, (uint64_t)1 << 62, (uint64_t)1 << 63, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
  enum { EDGES = sizeof edges / sizeof *edges, RANDOM = 2000 };
  uint64_t state = 37, again = 37;
  for (int i = 0; i < EDGES + RANDOM; i++) {
    uint64_t value = i < EDGES ? edges[i] : check_random(&state) >> (i % 64);
    uint32_t before = out.size;
    pbk_write_uint(&out, value);
    uint32_t size = 1;
    for (uint64_t rest = value >> 7; rest; rest >>= 7) size++;
    CHECK_EQUAL_UINT(out.size - before, size);
    pbk_write_int(&out, (int64_t)(value >> 1));
    pbk_write_int(&out, -(int64_t)(value >> 1) - 1);
  }
  struct reader reader = written();
  for (int i = 0; i < EDGES + RANDOM; i++) {
    uint64_t value = i < EDGES ? edges[i] : check_random(&again) >> (i % 64);
    CHECK_EQUAL_UINT(pbk_read_uint(&reader), value);
    CHECK_EQUAL_INT(pbk_read_int(&reader), value >> 1);
    CHECK_EQUAL_INT(pbk_read_int(&reader), -(int64_t)(value >> 1) - 1);
  }
  CHECK(!reader.failed && reader.at == reader.end);
  end();
}

static void integers_malformed(void) {
  static const struct {
    unsigned char bytes[12];
    uint32_t size;
    bool good;
    uint64_t value;
  } cases[] = {
    {{0x80, 0x00}, 2, true, 0}, /* longer than needed is fine */
    {{0xff, 0x80, 0x80, 0x00}, 4, true, 127},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10, true, UINT64_MAX},
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 10, true, 0},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, 10, false, 0},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00}, 11, false, 0},
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 11, false, 0},
    {{0x80}, 1, false, 0},
    {{0}, 0, false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct reader reader = {.at = cases[i].bytes, .end = cases[i].bytes + cases[i].size};
    check_note("case %zu", i);
    CHECK_EQUAL_UINT(pbk_read_uint(&reader), cases[i].value);
    CHECK_EQUAL_INT(reader.failed, !cases[i].good);
  }
}

static void the_end(void) {
  static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7};
  struct reader reader = {.at = bytes, .end = bytes + 7};
  CHECK_EQUAL_UINT(pbk_read_u64(&reader), 0);
  CHECK(reader.failed);
  CHECK_EQUAL_UINT(pbk_read_u8(&reader), 0); /* failed stays failed, though seven bytes are left */
  CHECK_EQUAL_UINT(pbk_read_uint(&reader), 0);
  CHECK_EQUAL_INT(pbk_read_int(&reader), 0);
  CHECK_EQUAL_DOUBLE(pbk_read_double(&reader), 0.0);
  CHECK_EQUAL_UINT(pbk_read_text(&reader).size, 0);
  CHECK(reader.failed);
  reader = (struct reader){.at = bytes, .end = bytes + 3};
  CHECK_EQUAL_UINT(pbk_read_u32(&reader), 0);
  CHECK(reader.failed);
  reader = (struct reader){.at = NULL, .end = NULL};
  CHECK_EQUAL_UINT(pbk_read_u8(&reader), 0);
  CHECK(reader.failed);
  reader = (struct reader){.at = bytes + 6, .end = bytes + 7}; /* a text of seven bytes, none there */
  CHECK_EQUAL_UINT(pbk_read_text(&reader).size, 0);
  CHECK(reader.failed);
  static const unsigned char huge[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'a', 'b'};
  reader = (struct reader){.at = huge, .end = huge + sizeof huge};
  CHECK_EQUAL_UINT(pbk_read_text(&reader).size, 0);
  CHECK(reader.failed);
}

/* A value of every kind, maps within lists within maps. */
static const pbk_value scalars[] = {
  {.kind = PBK_NULL},
  {.kind = PBK_BOOL, .as.integer = 1},
  {.kind = PBK_INT, .as.integer = INT64_MIN},
  {.kind = PBK_DOUBLE, .as.number = -0.0},
  {.kind = PBK_STRING, .size = 3, .as.text = "a\0b"},
  {.kind = PBK_STRING, .size = 0, .as.text = ""},
  {.kind = PBK_LIST, .size = 0},
  {.kind = PBK_MAP, .size = 0},
};
static const pbk_member members[] = {
  {.name = "", .name_size = 0, .value = {.kind = PBK_BOOL}},
  {.name = "a", .name_size = 1, .value = {.kind = PBK_LIST, .size = 8, .as.items = scalars}},
  {.name = "ab", .name_size = 2, .value = {.kind = PBK_INT, .as.integer = 7}},
};
static const pbk_value tree = {.kind = PBK_MAP, .size = 3, .as.members = members};

static void values_there_and_back(void) {
  begin();
  pbk_write_value(&out, &tree);
  static const unsigned char wanted[] = {6,    3,    0,    1,    0,    1,    'a', 5, 8, 0, 1, 1, 2,   0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,   3, 0, 0, 0, 0, 0,   0,    0,    0x80,
                                         4,    3,    'a',  0,    'b',  4,    0,   5, 0, 6, 0, 2, 'a', 'b',  2,    14};
  CHECK_EQUAL_UINT(out.size, sizeof wanted);
  CHECK_EQUAL_BYTES(out.bytes, wanted, sizeof wanted);
  struct reader reader = written();
  pbk_value back = pbk_read_value(&reader, &arena);
  CHECK(!reader.failed && reader.at == reader.end);
  CHECK(pbk_value_equal(&back, &tree));
  const pbk_value *text = &pbk_value_member(&back, TEXT("a"))->as.items[4];
  CHECK((const unsigned char *)text->as.text > out.bytes &&
        (const unsigned char *)text->as.text < out.bytes + out.size); /* borrowed */

  for (uint32_t size = 0; size < sizeof wanted; size++) { /* cut anywhere, it fails and gives null */
    unsigned char *cut = malloc(size ? size : 1);         /* so that a sanitizer sees a step too far */
    if (!cut) break;
    memcpy(cut, wanted, size);
    reader = (struct reader){.at = cut, .end = cut + size};
    back = pbk_read_value(&reader, &arena);
    check_note("cut at %" PRIu32, size);
    CHECK(reader.failed && back.kind == PBK_NULL);
    free(cut);
  }
  end();
}

static void values_malformed(void) {
  static const struct {
    const char *what;
    unsigned char bytes[16];
    uint32_t size;
  } cases[] = {
    {"an unknown kind", {7}, 1},
    {"an unknown kind", {0xff}, 1},
    {"a bool of 2", {1, 2}, 2},
    {"an infinity", {3, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}, 9},
    {"a NaN", {3, 1, 0, 0, 0, 0, 0, 0xf0, 0xff}, 9},
    {"members out of order", {6, 2, 1, 'b', 0, 1, 'a', 0}, 8},
    {"members twice", {6, 2, 1, 'a', 0, 1, 'a', 0}, 8},
    {"a list longer than its bytes", {5, 4, 0, 0, 0}, 5},
    {"a map longer than its bytes", {6, 2, 0, 0, 0}, 5},
    {"a list of 2^32", {5, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0}, 8},
    {"a list of 2^63", {5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0}, 12},
    {"a text past the end", {4, 5, 'a', 'b'}, 4},
  };
  begin();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct reader reader = {.at = cases[i].bytes, .end = cases[i].bytes + cases[i].size};
    check_note("%s", cases[i].what);
    pbk_value value = pbk_read_value(&reader, &arena);
    CHECK(reader.failed && value.kind == PBK_NULL);
  }
  CHECK(heap.most < 10000); /* no count was believed */
  end();
}

static void depth(void) {
  begin();
  unsigned char bytes[4 * VALUE_MOST_DEPTH + 1];
  for (uint32_t deep = 0; deep <= 2 * VALUE_MOST_DEPTH; deep++) {
    for (uint32_t i = 0; i < deep; i++) bytes[2 * i] = PBK_LIST, bytes[2 * i + 1] = 1;
    bytes[2 * deep] = PBK_NULL;
    struct reader reader = {.at = bytes, .end = bytes + 2 * deep + 1};
    check_note("depth %" PRIu32, deep);
    pbk_value value = pbk_read_value(&reader, &arena);
    CHECK_EQUAL_INT(reader.failed, deep > VALUE_MOST_DEPTH);
    CHECK_EQUAL_UINT(pbk_value_depth(&value, 1000), deep > VALUE_MOST_DEPTH ? 0 : deep);
  }
  end();
}

/* Lists in lists that each claim all the bytes behind them: what they take is a factor of the bytes, not of the depth, too.
 */
static void claims(void) {
  enum { SIZE = 100000 };
  begin();
  for (int map = 0; map < 2; map++) {
    for (uint32_t deep = 1; deep <= VALUE_MOST_DEPTH; deep += 30) {
      unsigned char *bytes = calloc(SIZE, 1);
      if (!bytes) break;
      struct writer claim = {.memory = &memory};
      for (uint32_t i = 0; i < deep; i++) {
        pbk_write_u8(&claim, map ? PBK_MAP : PBK_LIST);
        pbk_write_uint(&claim, (SIZE - 1000) / (map ? 2 : 1));
        if (map) pbk_write_text(&claim, NO_TEXT);
      }
      memcpy(bytes, claim.bytes, claim.size);
      pbk_writer_release(&claim);
      struct reader reader = {.at = bytes, .end = bytes + SIZE};
      heap.most = 0;
      check_note("%" PRIu32 " claims, maps %d", deep, map);
      pbk_read_value(&reader, &arena);
      CHECK_EQUAL_INT(reader.failed, map || deep > 1); /* a list of nulls is one */
      CHECK(heap.most < 32 * SIZE);
      pbk_arena_release(&arena);
      free(bytes);
    }
  }
  end();
}

/* Bytes changed at random: whatever is read is a proper value, and nothing is read past the end. */
static void damaged(void) {
  begin();
  pbk_write_value(&out, &tree);
  uint64_t state = 41;
  uint32_t good = 0;
  for (int i = 0; i < 50000; i++) {
    unsigned char *copy = malloc(out.size);
    if (!copy) break;
    memcpy(copy, out.bytes, out.size);
    for (uint32_t changes = 1 + check_random_below(&state, 3); changes > 0; changes--)
      copy[check_random_below(&state, out.size)] = (unsigned char)check_random(&state);
    struct reader reader = {.at = copy, .end = copy + out.size};
    pbk_value value = pbk_read_value(&reader, &arena);
    if (!reader.failed) {
      struct writer again = {.memory = &memory};
      pbk_write_value(&again, &value); /* walks all of it */
      good++;
      pbk_writer_release(&again);
    }
    pbk_arena_reset(&arena);
    free(copy);
  }
  CHECK(good > 0 && good < 50000);
  end();
}

static void write_much(struct memory *limited, void *context) {
  struct writer *writer = context;
  *writer = (struct writer){.memory = limited};
  for (uint32_t i = 0; i < 1000; i++) {
    pbk_write_uint(writer, i);
    pbk_write_value(writer, &tree);
  }
}
static void release_writer(struct memory *limited, void *context) {
  struct writer *writer = context;
  (void)limited;
  pbk_writer_release(writer);
}
static void refusal(void) {
  struct writer writer;
  CHECK(check_each_failure(write_much, release_writer, &writer) > 5);
  begin();
  out.size = UINT32_MAX - 10; /* as if it were nearly full: refused, not wrapped around */
  out.capacity = UINT32_MAX - 10;
  CHECK_REFUSED(&memory, pbk_write_bytes(&out, "0123456789abcdef", 16));
  CHECK_EQUAL_UINT(out.size, UINT32_MAX - 10);
  out = (struct writer){.memory = &memory};
  end();
}

int main(void) {
  RUN(the_bytes);
  RUN(integers_there_and_back);
  RUN(integers_malformed);
  RUN(the_end);
  RUN(values_there_and_back);
  RUN(values_malformed);
  RUN(depth);
  RUN(claims);
  RUN(damaged);
  RUN(refusal);
  return check_report();
}
