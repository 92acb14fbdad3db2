/* tests/unit/value.c - looking up, sorting, comparing and copying JSON values. */
#include "base/value.h"

#include "unit/check.h"

static pbk_member member(const char *name, pbk_value value) {
  return (pbk_member){.name = name, .name_size = (uint32_t)strlen(name), .value = value};
}
static pbk_value map_of(pbk_member *members, uint32_t count) {
  return (pbk_value){.kind = PBK_MAP, .size = count, .as.members = members};
}
static pbk_value list_of(pbk_value *items, uint32_t count) {
  return (pbk_value){.kind = PBK_LIST, .size = count, .as.items = items};
}

static void lookups(void) {
  char names[100][8];
  pbk_member members[100];
  pbk_value map;
  for (uint32_t count = 0; count <= 100; count += count < 10 ? 1 : 30) {
    for (uint32_t i = 0; i < count; i++) {
      snprintf(names[i], sizeof names[i], "n%03u", 2 * i);
      members[i] = member(names[i], value_int(i));
    }
    map = map_of(members, count);
    for (uint32_t i = 0; i < count; i++) {
      const pbk_value *found = pbk_value_member(&map, text_from(names[i]));
      if (CHECK(found != NULL)) CHECK_EQUAL_INT(found->as.integer, i);
      char other[8];
      snprintf(other, sizeof other, "n%03u", 2 * i + 1);
      CHECK(pbk_value_member(&map, text_from(other)) == NULL);
    }
    CHECK(pbk_value_member(&map, TEXT("")) == NULL);
    CHECK(pbk_value_member(&map, TEXT("a")) == NULL);
    CHECK(pbk_value_member(&map, TEXT("z")) == NULL);
  }
  pbk_value number = value_int(1);
  CHECK(pbk_value_member(&number, TEXT("a")) == NULL);
}

/* Against the plain way: for each name the last of it, names in order. */
static void normalizing(void) {
  enum { MOST = 3000 };
  static pbk_member members[MOST], original[MOST];
  static char names[MOST][8];
  static const uint32_t counts[] = {0, 1, 2, 3, 5, 15, 16, 17, 18, 33, 100, 1000, MOST};
  uint64_t state = 43;
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
    for (uint32_t kind = 0; kind < 5; kind++) {
      uint32_t count = counts[c];
      check_note("%" PRIu32 " members, kind %" PRIu32, count, kind);
      for (uint32_t i = 0; i < count; i++) {
        uint32_t number = kind == 0   ? i                                          /* in order */
                          : kind == 1 ? count - i                                  /* the wrong way round */
                          : kind == 2 ? check_random_below(&state, count)          /* some twice */
                          : kind == 3 ? check_random_below(&state, count / 10 + 1) /* most many times */
                                      : 0;                                         /* all the same */
        snprintf(names[i], sizeof names[i], "%" PRIu32, number);
        members[i] = original[i] = member(names[i], value_int(i));
      }
      pbk_value map = map_of(members, count);
      pbk_value_normalize(&map);
      uint32_t wrong = 0, different = 0;
      for (uint32_t i = 0; i < map.size; i++) {
        wrong += i && text_compare(member_name(&members[i - 1]), member_name(&members[i])) >= 0;
        wrong += members[i].reserved != 0;
      }
      for (uint32_t i = 0; i < count; i++) {
        bool last = true;
        for (uint32_t j = i + 1; j < count && last; j++)
          last = !text_equal(member_name(&original[i]), member_name(&original[j]));
        if (!last) continue;
        different++;
        const pbk_value *found = pbk_value_member(&map, member_name(&original[i]));
        wrong += !found || found->as.integer != (int64_t)i;
      }
      CHECK_EQUAL_UINT(map.size, different);
      CHECK_EQUAL_UINT(wrong, 0);
    }
}

static void normalizing_below(void) {
  pbk_member inner[] = {member("b", value_int(1)), member("a", value_int(2)), member("b", value_int(3))};
  pbk_value items[] = {value_null(), map_of(inner, 3)};
  pbk_member outer[] = {member("z", list_of(items, 2)), member("y", value_int(9))};
  pbk_value map = map_of(outer, 2);
  pbk_value_normalize(&map);
  CHECK_TEXT(member_name(&outer[0]), "y");
  CHECK_EQUAL_UINT(items[1].size, 2);
  CHECK_TEXT(member_name(&inner[0]), "a");
  CHECK_EQUAL_INT(pbk_value_member(&items[1], TEXT("b"))->as.integer, 3);
  pbk_value number = value_double(1.5);
  pbk_value_normalize(&number);
  CHECK_EQUAL_DOUBLE(number.as.number, 1.5);
}

static double of_bits(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static void comparing(void) {
  pbk_value items[] = {value_int(1), value_int(2)}, other_items[] = {value_int(1), value_int(3)};
  pbk_member members[] = {member("a", value_int(1))}, renamed[] = {member("b", value_int(1))},
             changed[] = {member("a", value_bool(true))};
  const pbk_value different[] = {
    value_null(),
    value_bool(false),
    value_bool(true),
    value_int(0),
    value_int(1),
    value_int(INT64_MIN),
    value_double(0.0),
    value_double(-0.0),
    value_double(1.0),
    value_double(of_bits(0x7ff8000000000000)),
    value_double(of_bits(0x7ff8000000000001)),
    value_string(TEXT("")),
    value_string(TEXT("a")),
    value_string(TEXT("b")),
    value_string(TEXT("a\0")),
    list_of(items, 0),
    list_of(items, 1),
    list_of(items, 2),
    list_of(other_items, 2),
    map_of(members, 0),
    map_of(members, 1),
    map_of(renamed, 1),
    map_of(changed, 1),
  };
  enum { COUNT = sizeof different / sizeof *different };
  for (uint32_t i = 0; i < COUNT; i++)
    for (uint32_t j = 0; j < COUNT; j++) {
      check_note("%" PRIu32 " and %" PRIu32, i, j);
      CHECK_EQUAL_INT(pbk_value_equal(&different[i], &different[j]), i == j);
    }
  pbk_value nothing = {.kind = PBK_STRING, .size = 0, .as.text = NULL};
  CHECK(pbk_value_equal(&nothing, &different[11]));
}

static void depths(void) {
  pbk_value chain[20];
  pbk_member members[20];
  chain[0] = value_int(1);
  for (uint32_t i = 1; i < 20; i++) {
    members[i] = member("m", chain[i - 1]);
    chain[i] = i & 1 ? list_of(&chain[i - 1], 1) : map_of(&members[i], 1);
  }
  for (uint32_t i = 0; i < 20; i++)
    for (uint32_t most = 0; most < 25; most++)
      CHECK_EQUAL_UINT(pbk_value_depth(&chain[i], most), i < most + 1 ? i : most + 1);
  pbk_value empty = list_of(NULL, 0);
  CHECK_EQUAL_UINT(pbk_value_depth(&empty, 8), 1);
  pbk_value mixed[] = {value_int(1), chain[3], value_null()};
  pbk_value list = list_of(mixed, 3);
  CHECK_EQUAL_UINT(pbk_value_depth(&list, 8), 4);

  /* A list that holds itself: seen, not followed for ever. */
  pbk_value loop[1];
  loop[0] = list_of(loop, 1);
  CHECK_EQUAL_UINT(pbk_value_depth(loop, 8), 9);
}

/* A value with all kinds, built on static ground. */
static pbk_value sample(void) {
  static pbk_value items[6];
  static pbk_member inner[2], outer[3];
  items[0] = value_string(TEXT("one"));
  items[1] = value_string(NO_TEXT);
  items[2] = value_double(2.5);
  items[3] = value_null();
  inner[0] = member("", value_string(TEXT("no name")));
  inner[1] = member("deep", list_of(items, 3));
  items[4] = map_of(inner, 2);
  items[5] = map_of(NULL, 0);
  outer[0] = member("list", list_of(items, 6));
  outer[1] = member("text", value_string(TEXT("a longer text, of 34 bytes in all\n")));
  outer[2] = member("yes", value_bool(true));
  return map_of(outer, 3);
}

static void copying(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct arena arena;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&arena, &memory);
  pbk_value value = sample();
  size_t extent = pbk_value_extent(&value);
  size_t arrays = (6 + 3) * sizeof(pbk_value) + (3 + 2) * sizeof(pbk_member);
  CHECK_EQUAL_UINT(extent, arrays + 3 + 7 + 4 + 3 + 34 + 4 + 4 + 3);

  /* In a block of exactly that size, away from the original. */
  void *block = malloc(extent);
  if (!CHECK(block != NULL)) return;
  pbk_value copy = pbk_value_copy_into(block, &value);
  CHECK(pbk_value_equal(&copy, &value));
  const char *text = pbk_value_member(&copy, TEXT("text"))->as.text;
  CHECK(text >= (char *)block && text < (char *)block + extent);
  CHECK_EQUAL_UINT(pbk_value_extent(&copy), extent);
  pbk_value in_arena = pbk_value_copy(&arena, &copy);
  memset(block, 0xee, extent); /* and the copy of the copy does not rest on it */
  free(block);
  CHECK(pbk_value_equal(&in_arena, &value));
  pbk_arena_release(&arena);

  pbk_value scalars[] = {value_null(),          value_bool(true), value_int(5),   value_double(0.5),
                         value_string(NO_TEXT), list_of(NULL, 0), map_of(NULL, 0)};
  for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
    CHECK_EQUAL_UINT(pbk_value_extent(&scalars[i]), 0);
    copy = pbk_value_copy_into(NULL, &scalars[i]);
    CHECK(pbk_value_equal(&copy, &scalars[i]));
    copy = pbk_value_copy(&arena, &scalars[i]);
    CHECK(pbk_value_equal(&copy, &scalars[i]));
  }
  CHECK_EQUAL_UINT(heap.out, 0); /* nothing was needed */
}

/* A list of a list of a list … each named many times: the size stops at the largest there is, and the copy is refused. */
static void copying_too_much(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct arena arena;
  static char text[1];
  pbk_value big = {.kind = PBK_STRING, .size = UINT32_MAX, .as.text = text};
  static pbk_value level[4][16];
  pbk_memory_init(&memory, check_allocate, &heap, sizeof(void *) == 4 ? UINT64_MAX : (uint64_t)1 << 40);
  pbk_arena_init(&arena, &memory);
  for (int i = 0; i < 16; i++) level[0][i] = big;
  for (int l = 1; l < 4; l++)
    for (int i = 0; i < 16; i++) level[l][i] = list_of(level[l - 1], 16);
  pbk_value top = list_of(level[3], 16);
  CHECK(pbk_value_extent(&top) == SIZE_MAX || pbk_value_extent(&top) > (uint64_t)UINT32_MAX * 65536);
  CHECK_REFUSED(&memory, pbk_value_copy(&arena, &top));
  CHECK_EQUAL_UINT(heap.calls, 0);
}

int main(void) {
  RUN(lookups);
  RUN(normalizing);
  RUN(normalizing_below);
  RUN(comparing);
  RUN(depths);
  RUN(copying);
  RUN(copying_too_much);
  return check_report();
}
