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
  struct map map, copy;
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
  CHECK(count > 0 && map.capacity / 4 * 3 >= count);
  pbk_map_copy(&memory, &copy, &map, &owner);
  for (uint32_t i = 0; i < TEXTS; i++) {
    wrong += pbk_map_find(&map, text_of(&owner, i)) != (in[i] ? i : MAP_NONE);
    wrong += pbk_map_find(&copy, text_of(&owner, i)) != (in[i] ? i : MAP_NONE);
    if (in[i]) pbk_map_remove(&map, text_of(&owner, i));
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(map.count, 0);
  CHECK_EQUAL_UINT(copy.count, count);
  pbk_map_release(&memory, &map);
  pbk_map_release(&memory, &copy);
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

/* Made as large as it will be: it never grows, is no larger than one that grew, and knows what it has. */
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
    uint32_t capacity = names.map.capacity;
    for (uint32_t i = 0; i < count; i++) {
      char bytes[8];
      struct text text = {bytes, (uint32_t)snprintf(bytes, sizeof bytes, "%" PRIu32, i)};
      pbk_names_intern(&grown, text);
      CHECK_EQUAL_UINT(pbk_names_intern(&names, text), i);
    }
    CHECK_EQUAL_UINT(names.map.count, count);
    CHECK_EQUAL_UINT(names.map.capacity, capacity);
    CHECK_EQUAL_UINT(names.map.capacity, grown.map.capacity);
    pbk_map_reserve(&memory, &names.map, count / 2); /* it is never made smaller */
    CHECK_EQUAL_UINT(names.map.capacity, capacity);
    if (count > 7)
      CHECK(!pbk_map_add_hashed(&memory, &names.map, TEXT("7"), pbk_hash_text(TEXT("7")), MANY)); /* it is there */
    CHECK_EQUAL_UINT(pbk_names_find(&names, TEXT("7")), count > 7 ? 7 : MAP_NONE);
    pbk_names_release(&names);
    pbk_names_release(&grown);
  }
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void refusal(void) {
  struct check_heap heap = {0};
  struct memory memory;
  struct map map;
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_map_init(&map, text_of, &owner);
  for (uint32_t i = 0; i < 12; i++) pbk_map_add(&memory, &map, text_of(&owner, i), i);
  heap.fail_at = heap.calls + 1;
  CHECK_REFUSED(&memory, pbk_map_add(&memory, &map, text_of(&owner, 12), 12));
  CHECK_EQUAL_UINT(map.count, 12);
  for (uint32_t i = 0; i < 12; i++) CHECK_EQUAL_UINT(pbk_map_find(&map, text_of(&owner, i)), i);
  CHECK_EQUAL_UINT(pbk_map_find(&map, text_of(&owner, 12)), MAP_NONE);
  pbk_map_release(&memory, &map);
  CHECK_EQUAL_UINT(heap.out, 0);
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
  CHECK_EQUAL_INT(pbk_names_text(&names, 1).bytes[6], 0); /* zero-terminated behind its size */
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
    for (uint32_t i = 0; i < 600; i += 7) CHECK_EQUAL_UINT(pbk_names_find(&names, text_of(&owner, i)), i < 20 ? i : MAP_NONE);
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
  RUN(hashes_do_not_change);
  RUN(empty);
  RUN(like_a_list);
  RUN(in_steps);
  RUN(reserved);
  RUN(refusal);
  RUN(names);
  RUN(names_forgotten);
  RUN(names_refusal);
  return check_report();
}
