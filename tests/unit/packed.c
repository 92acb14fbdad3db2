/* tests/unit/packed.c - values in eight bytes: what is packed comes out again, and is freed. */
#include "base/packed.h"

#include "unit/check.h"

static struct memory memory;
static struct check_heap heap;

static void begin(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
}

static double double_of(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* Packed, it is the same, takes that many blocks and gives them back. */
static void same(pbk_value value, uint32_t blocks) {
  uint64_t before = heap.calls;
  pbk_value room, other = value_string(TEXT("another one"));
  struct packed packed = pbk_pack(&memory, &value);
  CHECK_EQUAL_UINT(heap.calls - before, blocks);
  CHECK_EQUAL_INT(packed_outside(packed) != NULL, blocks > 0);
  CHECK(pbk_value_equal(packed_value(&packed, &room), &value));
  CHECK(pbk_packed_equal(packed, &value));
  CHECK(!pbk_packed_equal(packed, &other));
  pbk_packed_release(&memory, packed);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void numbers(void) {
  static const int64_t integers[] = {0, 1, -1, 7, 8, -8, INT32_MAX, INT32_MIN, (INT64_C(1) << 60) - 1, -(INT64_C(1) << 60)};
  static const int64_t large[] = {INT64_C(1) << 60, -(INT64_C(1) << 60) - 1, INT64_MAX, INT64_MIN};
  static const double doubles[] = {0.0, -0.0, 1.0, -2.5, 120.5, 1e300, -1e-300};
  begin();
  for (uint32_t i = 0; i < sizeof integers / sizeof *integers; i++) same(value_int(integers[i]), 0);
  for (uint32_t i = 0; i < sizeof large / sizeof *large; i++) same(value_int(large[i]), 1);
  for (uint32_t bit = 0; bit < 63; bit++) {
    same(value_int(INT64_C(1) << bit), bit >= 60);
    same(value_int(-(INT64_C(1) << bit)), bit > 60);
    uint64_t bits = UINT64_C(0x3ff0000000000000) ^ UINT64_C(1) << bit;
    if ((bits >> 52 & 0x7ff) != 0x7ff) same(value_double(double_of(bits)), bit < 3);
  }
  for (uint32_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
    uint64_t bits;
    memcpy(&bits, &doubles[i], sizeof bits);
    same(value_double(doubles[i]), (bits & 7) != 0);
  }
  same(value_double(0.1), 1);
  same(value_null(), 0);
  same(value_bool(true), 0);
  same(value_bool(false), 0);
  pbk_value odd = {.kind = PBK_BOOL, .as.integer = 5};
  CHECK(pbk_packed_equal(pbk_pack(&memory, &odd), &odd));
  pbk_value one = value_int(1), real = value_double(1), truth = value_bool(true);
  CHECK(!pbk_packed_equal(pbk_pack(&memory, &one), &real));
  CHECK(!pbk_packed_equal(pbk_pack(&memory, &one), &truth));
  CHECK(!pbk_packed_equal(pbk_pack(&memory, &truth), &one));
}

static void texts(void) {
  char bytes[64];
  begin();
  for (uint32_t size = 0; size <= sizeof bytes; size++) {
    memset(bytes, 'a' + (int)size % 26, sizeof bytes);
    if (size) bytes[size - 1] = (char)0xff;
    same(value_string((struct text){bytes, size}), size > 7);
  }
  /* It is a copy. */
  pbk_value room;
  struct packed packed[2];
  for (uint32_t i = 0; i < 2; i++) {
    memcpy(bytes, "something long", 14);
    pbk_value value = value_string((struct text){bytes, i ? 14 : 4});
    packed[i] = pbk_pack(&memory, &value);
    memset(bytes, '?', sizeof bytes);
  }
  CHECK_TEXT(value_text(packed_value(&packed[0], &room)), "some");
  CHECK_TEXT(value_text(packed_value(&packed[1], &room)), "something long");
  for (uint32_t i = 0; i < 2; i++) pbk_packed_release(&memory, packed[i]);
  pbk_value none = value_string(NO_TEXT);
  struct packed empty = pbk_pack(&memory, &none);
  CHECK(value_text(packed_value(&empty, &room)).bytes != NULL);
}

static void nested(void) {
  begin();
  pbk_value items[] = {value_int(1), value_string(TEXT("two and more than seven")), value_null()};
  pbk_value list = {.kind = PBK_LIST, .size = 3, .as.items = items};
  pbk_member members[] = {{.name = "a", .name_size = 1, .value = list},
                          {.name = "", .name_size = 0, .value = value_bool(true)}};
  pbk_value map = {.kind = PBK_MAP, .size = 2, .as.members = members};
  same(list, 1);
  same(map, 1);
  same((pbk_value){.kind = PBK_LIST}, 1);
  same((pbk_value){.kind = PBK_MAP}, 1);
  /* What comes out lies in the block. */
  pbk_value room;
  struct packed packed = pbk_pack(&memory, &list);
  items[0] = value_int(9);
  CHECK(packed_value(&packed, &room) == packed_outside(packed));
  CHECK_EQUAL_INT(packed_value(&packed, &room)->as.items[0].as.integer, 1);
  pbk_packed_release(&memory, packed);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* ---- as eight bytes ---- */

static bool loads(uint64_t word, uint64_t *again) {
  unsigned char bytes[8], stored[8];
  struct packed packed;
  enum packed_kind kind;
  store_u64(bytes, word);
  bool fits = pbk_packed_load(bytes, &packed, &kind);
  if (fits && kind > PACKED_TEXT) {
    packed_store(stored, packed);
    CHECK_EQUAL_BYTES(stored, bytes, 8);
  }
  if (fits && kind <= PACKED_TEXT) CHECK_EQUAL_INT(packed_kind(packed), PACKED_NULL);
  *again = packed.word;
  return fits;
}

/* What is packed without a block is stored and loaded as it is. */
static void stored(pbk_value value) {
  unsigned char bytes[8];
  struct packed packed = pbk_pack(&memory, &value), loaded;
  enum packed_kind kind;
  packed_store(bytes, packed);
  CHECK(pbk_packed_load(bytes, &loaded, &kind));
  CHECK_EQUAL_INT(kind, packed_kind(packed));
  if (packed_outside(packed)) {
    CHECK_EQUAL_UINT(load_u64(bytes), (uint64_t)kind);
    CHECK_EQUAL_INT(packed_kind(loaded), PACKED_NULL);
  } else {
    CHECK_EQUAL_UINT(loaded.word, packed.word);
  }
  pbk_packed_release(&memory, packed);
}

static void as_bytes(void) {
  static const char letters[] = "abcdefgh";
  begin();
  for (uint32_t size = 0; size <= 8; size++) stored(value_string((struct text){letters, size}));
  for (uint32_t bit = 0; bit < 63; bit++) {
    stored(value_int(INT64_C(1) << bit));
    stored(value_int(-(INT64_C(1) << bit)));
  }
  stored(value_int(0));
  stored(value_double(-2.5));
  stored(value_double(0.1));
  stored(value_null());
  stored(value_bool(true));
  stored(value_bool(false));
  stored((pbk_value){.kind = PBK_LIST});
  unsigned char bytes[8];
  pbk_value value = value_string(TEXT("abc"));
  packed_store(bytes, pbk_pack(&memory, &value));
  CHECK_EQUAL_BYTES(bytes, "\x1a" "abc\0\0\0", 8);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void wrong_bytes(void) {
  uint64_t word;
  begin();
  CHECK(loads(PACKED_BLOCK, &word));
  CHECK(loads(PACKED_TEXT, &word));
  CHECK(!loads(PACKED_BLOCK | 16, &word)); /* an address */
  CHECK(!loads(PACKED_TEXT | UINT64_C(1) << 63, &word));
  CHECK(!loads(7, &word));
  CHECK(loads(PACKED_BOOL | 8, &word));
  CHECK(!loads(PACKED_BOOL | 16, &word));
  CHECK(loads(PACKED_NULL, &word));
  CHECK(!loads(PACKED_NULL | 8, &word));
  CHECK(loads(PACKED_DOUBLE | UINT64_C(0x7fe) << 52, &word));
  CHECK(!loads(PACKED_DOUBLE | UINT64_C(0x7ff) << 52, &word));
  CHECK(!loads(PACKED_DOUBLE | UINT64_C(0xfff) << 52 | 1 << 20, &word));
  CHECK(loads(PACKED_INT | UINT64_MAX << PACKED_BITS, &word));
  for (uint32_t size = 0; size <= PACKED_SHORT_MOST; size++) {
    uint64_t head = PACKED_SHORT | (uint64_t)size << PACKED_BITS;
    CHECK(loads(head, &word));
    if (size > 0) CHECK(loads(head | UINT64_C(0xff) << (8 * size), &word));
    if (size < PACKED_SHORT_MOST) CHECK(!loads(head | UINT64_C(1) << (8 * size + 8), &word));
    CHECK(!loads(head | 1 << 6, &word)); /* more than seven */
  }
  CHECK_EQUAL_UINT(heap.calls, 0);
}

int main(void) {
  RUN(as_bytes);
  RUN(wrong_bytes);
  RUN(numbers);
  RUN(texts);
  RUN(nested);
  return check_report();
}
