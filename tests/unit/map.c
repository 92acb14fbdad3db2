/* tests/unit/map.c - maps from text to number against a plain list, interned names, hashes that are the same everywhere. */
#include "base/map.h"

#include "base/checksum.h"

#include "unit/check.h"

enum { TEXTS = 3000 };

struct owner {
  char bytes[TEXTS][12];
};

static struct text text_of(const void *owner, uint32_t number) {
  return text_from(((const struct owner *)owner)->bytes[number]);
}

static void fill_owner(struct owner *owner) {
  for (uint32_t i = 0; i < TEXTS; i++) snprintf(owner->bytes[i], sizeof owner->bytes[i], "k%" PRIu32, i * 7919);
}

static struct owner owner;

/* In all parts, of which none is too full. */
static uint64_t slots_of(const struct map *map) {
  uint64_t slots = 0, texts = 0;
  for (uint32_t i = 0; i < map->part_count; i++) {
    const struct map_part *part = &map->parts[i];
    if (part->count * 5 > part->capacity * 4) CHECK(false);
    slots += part->capacity;
    texts += part->count;
  }
  CHECK_EQUAL_UINT(texts, map->count);
  return slots;
}

static void hashes_do_not_change(void) {
  /* Computed apart from this code. On every platform the same, big-endian ones too. */
  CHECK_EQUAL_UINT(pbk_hash_text(NO_TEXT), 0x3a0273e4u);
  CHECK_EQUAL_UINT(pbk_hash_text(TEXT("a")), 0xaa81598bu);
  CHECK_EQUAL_UINT(pbk_hash_text(TEXT("playbook")), 0x0ab974e8u);
  CHECK_EQUAL_UINT(pbk_hash_text(TEXT("customer-playbook\xc3\xa9")), 0xa9211c2du);
  CHECK(pbk_hash_text(TEXT("a")) != pbk_hash_text((struct text){"a\0", 2}));
}

static void empty(void) {
  struct map map;
  pbk_map_init(&map, text_of, &owner);
  CHECK_EQUAL_UINT(pbk_map_find(&map, TEXT("k0")), MAP_NONE);
  pbk_map_remove(&map, TEXT("k0"));
  CHECK_EQUAL_UINT(map.count, 0);
}

/* Random additions and removals; what is in is known from `in`. */
static void like_a_list(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct map map;
  static bool in[TEXTS];
  uint64_t state = 1;
  uint32_t count = 0, wrong = 0;
  memset(in, 0, sizeof in);
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_map_init(&map, text_of, &owner);
  for (uint32_t step = 0; step < 200000; step++) {
    /* Grows for a while, shrinks for a while, so that removals meet full and empty neighbourhoods. */
    bool growing = step / 20000 % 2 == 0;
    uint32_t i = check_random_below(&state, TEXTS);
    bool add = check_random_below(&state, 10) < (growing ? 7u : 3u);
    if (add && !in[i]) {
      pbk_map_add(&memory, &map, text_of(&owner, i), i);
      in[i] = true;
      count++;
    } else if (!add && in[i]) {
      pbk_map_remove(&map, text_of(&owner, i));
      in[i] = false;
      count--;
    }
    uint32_t other = check_random_below(&state, TEXTS);
    wrong += pbk_map_find(&map, text_of(&owner, other)) != (in[other] ? other : MAP_NONE);
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(map.count, count);
  CHECK(count > 0 && slots_of(&map) / 5 * 4 >= count);
  for (uint32_t i = 0; i < TEXTS; i++) {
    wrong += pbk_map_find(&map, text_of(&owner, i)) != (in[i] ? i : MAP_NONE);
    if (in[i]) pbk_map_remove(&map, text_of(&owner, i));
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(map.count, 0);
  pbk_map_release(&memory, &map);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* In steps: what is there is likely, whatever else is; texts of every length are told apart. */
static void in_steps(void) {
  enum { LENGTHS = 41 };
  struct check_heap heap = {0};
  struct memory memory;
  struct names names;
  static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDE";
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  map_prefetch(&names.map, 7);
  CHECK_EQUAL_UINT(pbk_map_likely(&names.map, 7), MAP_NONE);
  CHECK_EQUAL_UINT(pbk_map_find_hashed(&names.map, TEXT("a"), 7), MAP_NONE);
  for (uint32_t size = 0; size < LENGTHS; size++) CHECK_EQUAL_UINT(pbk_names_intern(&names, (struct text){all, size}), size);
  for (uint32_t size = 0; size < LENGTHS; size++) {
    struct text text = {all, size};
    uint32_t hash = pbk_hash_text(text);
    map_prefetch(&names.map, hash);
    CHECK_EQUAL_UINT(pbk_map_likely(&names.map, hash), size);
    CHECK_EQUAL_UINT(pbk_map_find_hashed(&names.map, text, hash), size);
    for (uint32_t at = 0; at < size; at++) { /* one byte is another */
      char other[LENGTHS];
      memcpy(other, all, size);
      other[at] ^= 1;
      if (text_equal(text, (struct text){other, size})) CHECK(false);
      if (pbk_map_find_hashed(&names.map, (struct text){other, size}, hash) != MAP_NONE) CHECK(false);
    }
  }
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* Made as large as it will be: it hardly grows, is hardly larger than one that grew, and knows what it has. */
static void reserved(void) {
  enum { MANY = 14000 };
  struct check_heap heap = {0};
  struct memory memory;
  struct names grown, names;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  for (uint32_t count = 0; count <= MANY; count += count < 30 ? 1 : count < 1000 ? 97 : 2311) {
    pbk_names_init(&grown, &memory);
    pbk_names_init(&names, &memory);
    pbk_map_reserve(&memory, &names.map, count);
    uint64_t parts = names.map.part_count, slots = slots_of(&names.map);
    for (uint32_t i = 0; i < count; i++) {
      char bytes[8];
      struct text text = {bytes, (uint32_t)snprintf(bytes, sizeof bytes, "%" PRIu32, i)};
      pbk_names_intern(&grown, text);
      CHECK_EQUAL_UINT(pbk_names_intern(&names, text), i);
    }
    CHECK_EQUAL_UINT(names.map.count, count);
    CHECK_EQUAL_UINT(names.map.part_count, parts);
    CHECK_EQUAL_UINT(names.map.part_count, grown.map.part_count);
    CHECK(slots_of(&names.map) <= slots + slots / 16);
    CHECK(slots_of(&names.map) / 4 <= slots_of(&grown.map) / 3 + 4);
    slots = slots_of(&names.map);
    pbk_map_reserve(&memory, &names.map, count / 2); /* one that has something stays as it is */
    CHECK(count < 2 || slots_of(&names.map) == slots);
    if (count > 7)
      CHECK(!pbk_map_add_hashed(&memory, &names.map, TEXT("7"), pbk_hash_text(TEXT("7")), MANY)); /* it is there */
    CHECK_EQUAL_UINT(pbk_names_find(&names, TEXT("7")), count > 7 ? 7 : MAP_NONE);
    pbk_names_release(&names);
    pbk_names_release(&grown);
  }
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* Four bytes that say a number. */
static struct text number_text(const void *texts, uint32_t number) {
  return (struct text){(const char *)texts + (size_t)number * 4, 4};
}
enum { NUMBERS = 60000 };
static unsigned char numbers[NUMBERS * 4];

/* However many there are, one more moves no more than are in a part, and takes no more than was foretold. */
static void a_part_at_a_time(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct map map;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_map_init(&map, number_text, numbers);
  size_t most = 0;
  uint32_t beyond = 0, largest = 0;
  for (uint32_t i = 0; i < NUMBERS; i++) {
    uint64_t foretold = pbk_map_growth(&map);
    size_t before = heap.out;
    heap.most = heap.out;
    pbk_map_add(&memory, &map, number_text(numbers, i), i);
    if (heap.most - before > most) most = heap.most - before;
    beyond += map.part_count > 2 && heap.most - before > foretold;
  }
  for (uint32_t i = 0; i < map.part_count; i++)
    if (map.parts[i].capacity > largest) largest = map.parts[i].capacity;
  CHECK(most <= 65536);
  CHECK_EQUAL_UINT(beyond, 0);
  CHECK(largest <= 2048);
  CHECK(slots_of(&map) <= (uint64_t)NUMBERS * 8 / 5);
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < NUMBERS; i++) wrong += pbk_map_find(&map, number_text(numbers, i)) != i;
  for (uint32_t i = 0; i < NUMBERS; i += 2) pbk_map_remove(&map, number_text(numbers, i));
  for (uint32_t i = 0; i < NUMBERS; i++) wrong += pbk_map_find(&map, number_text(numbers, i)) != (i % 2 ? i : MAP_NONE);
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(map.count, NUMBERS / 2);
  pbk_map_release(&memory, &map);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* All in one part, as somebody might choose the keys: slow, but found. */
static void one_part_has_all(void) {
  enum { MANY = 6000, ALIKE = 0x3f };
  struct check_heap heap = {0};
  struct memory memory;
  struct map map;
  static uint32_t chosen[MANY];
  uint32_t count = 0, wrong = 0;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_map_init(&map, number_text, numbers);
  for (uint32_t i = 0; i < NUMBERS && count < MANY; i++)
    if ((pbk_hash_text(number_text(numbers, i)) & ALIKE) == 0) chosen[count++] = i;
  CHECK(count > 500);
  for (uint32_t i = 0; i < count; i++) pbk_map_add(&memory, &map, number_text(numbers, chosen[i]), chosen[i]);
  for (uint32_t i = 0; i < count; i++) wrong += pbk_map_find(&map, number_text(numbers, chosen[i])) != chosen[i];
  for (uint32_t i = 0; i < NUMBERS; i += 7)
    wrong += (pbk_hash_text(number_text(numbers, i)) & ALIKE) && pbk_map_find(&map, number_text(numbers, i)) != MAP_NONE;
  slots_of(&map);
  CHECK_EQUAL_UINT(wrong, 0);
  pbk_map_release(&memory, &map);
  CHECK_EQUAL_UINT(heap.out, 0);
}

struct adding {
  struct map *map;
  uint32_t number;
};
static void add_number(struct memory *memory, void *context) {
  struct adding *adding = context;
  pbk_map_add(memory, adding->map, number_text(numbers, adding->number), adding->number);
}

/* Refused anywhere, it is what it was before. */
static void refusal(void) {
  static const uint32_t sizes[] = {0, 12, 639, 640, 1279, 1280, 4000};
  for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (uint32_t failing = 1;; failing++) {
      struct check_heap heap = {0};
      struct memory memory;
      struct map map;
      uint32_t count = 0, wrong = 0;
      pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
      pbk_map_init(&map, number_text, numbers);
      for (; count < sizes[i]; count++) pbk_map_add(&memory, &map, number_text(numbers, count), count);
      uint64_t calls = heap.calls;
      heap.fail_at = calls + failing;
      while (count < NUMBERS && heap.calls < heap.fail_at) {
        struct adding adding = {&map, count};
        if (!check_comes_through(add_number, &memory, &adding)) break;
        count = map.count;
      }
      CHECK_EQUAL_UINT(map.count, count);
      for (uint32_t j = 0; j < count + 50; j++)
        wrong += pbk_map_find(&map, number_text(numbers, j)) != (j < count ? j : MAP_NONE);
      heap.fail_at = 0;
      pbk_map_add(&memory, &map, number_text(numbers, count), count);
      for (uint32_t j = 0; j <= count; j++) wrong += pbk_map_find(&map, number_text(numbers, j)) != j;
      CHECK_EQUAL_UINT(wrong, 0);
      slots_of(&map);
      pbk_map_release(&memory, &map);
      CHECK_EQUAL_UINT(heap.out, 0);
      if (failing == 8) break;
    }
}

static void names(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct names names;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  CHECK_EQUAL_UINT(pbk_names_find(&names, TEXT("login")), MAP_NONE);
  char name[] = "login";
  CHECK_EQUAL_UINT(pbk_names_intern(&names, text_from(name)), 0);
  name[0] = 'x'; /* the names keep their own copy */
  CHECK_EQUAL_UINT(pbk_names_intern(&names, TEXT("logout")), 1);
  CHECK_EQUAL_UINT(pbk_names_intern(&names, NO_TEXT), 2);
  CHECK_EQUAL_UINT(pbk_names_intern(&names, TEXT("login")), 0);
  CHECK_TEXT(pbk_names_text(&names, 0), "login");
  CHECK_TEXT(pbk_names_text(&names, 2), "");
  CHECK_EQUAL_UINT(names.texts[0].checksum, pbk_crc32c(0, "login", 5)); /* of its text, whatever its number */
  CHECK_EQUAL_INT(pbk_names_text(&names, 1).bytes[6], 0);               /* zero-terminated behind its size */
  for (uint32_t i = 0; i < TEXTS; i++) pbk_names_intern(&names, text_of(&owner, i));
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < TEXTS; i++)
    wrong +=
      pbk_names_find(&names, text_of(&owner, i)) != i + 3 || !text_equal(pbk_names_text(&names, i + 3), text_of(&owner, i));
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(names.count, TEXTS + 3);
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

/* What came after a mark is forgotten, with its memory, and can come again. */
static void names_forgotten(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct names names;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  struct names_mark none = pbk_names_mark(&names);
  pbk_names_return(&names, none);
  for (uint32_t i = 0; i < 20; i++) pbk_names_intern(&names, text_of(&owner, i));
  struct names_mark mark = pbk_names_mark(&names);
  size_t out = 0;
  for (int round = 0; round < 50; round++) {
    for (uint32_t i = 10; i < 600; i++) CHECK_EQUAL_UINT(pbk_names_intern(&names, text_of(&owner, i)), i);
    pbk_names_return(&names, mark);
    CHECK_EQUAL_UINT(names.count, 20);
    for (uint32_t i = 0; i < 600; i += 7)
      CHECK_EQUAL_UINT(pbk_names_find(&names, text_of(&owner, i)), i < 20 ? i : MAP_NONE);
    if (round == 0) out = heap.out;
    CHECK_EQUAL_UINT(heap.out, out);
  }
  for (uint32_t i = 0; i < 20; i++) CHECK_EQUAL_TEXT(pbk_names_text(&names, i), text_of(&owner, i));
  pbk_names_return(&names, none);
  CHECK_EQUAL_UINT(pbk_names_intern(&names, TEXT("first")), 0);
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void intern_some(struct memory *memory, void *context) {
  struct names *names = context;
  pbk_names_init(names, memory);
  for (uint32_t i = 0; i < 300; i++) pbk_names_intern(names, text_of(&owner, i));
}
static void release_names(struct memory *memory, void *context) {
  struct names *names = context;
  (void)memory;
  for (uint32_t i = 0; i < names->count; i++) CHECK_EQUAL_UINT(pbk_names_find(names, text_of(&owner, i)), i);
  pbk_names_release(names);
}
static void names_refusal(void) {
  struct names names;
  CHECK(check_each_failure(intern_some, release_names, &names) > 10);
}

int main(void) {
  fill_owner(&owner);
  for (uint32_t i = 0; i < NUMBERS; i++)
    for (uint32_t at = 0; at < 4; at++) numbers[i * 4 + at] = (unsigned char)(i >> 8 * at);
  RUN(hashes_do_not_change);
  RUN(empty);
  RUN(like_a_list);
  RUN(in_steps);
  RUN(reserved);
  RUN(a_part_at_a_time);
  RUN(one_part_has_all);
  RUN(refusal);
  RUN(names);
  RUN(names_forgotten);
  RUN(names_refusal);
  return check_report();
}
