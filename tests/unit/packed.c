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

int main(void) {
  RUN(numbers);
  RUN(texts);
  RUN(nested);
  return check_report();
}
