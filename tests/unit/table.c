/* tests/unit/table.c - items by ascending numbers: found, walked in order, gone without leaving room behind. */
#include "base/table.h"
#include "unit/check.h"

struct item {
  uint64_t id, other;
  uint32_t third;
};

static struct memory memory;
static struct table table;

static uint64_t state;
static uint64_t random_number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 33;
}

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_table_init(&table, sizeof(struct item));
  state = 5;
}

static void end(void) {
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static struct item *item_at(uint64_t id) { return table_at(&table, id, sizeof(struct item)); }

static void fill(struct item *item, uint64_t id) { *item = (struct item){id, id * 3, (uint32_t)id ^ 5}; }

static void add(void) {
  struct item *item = table_add(&memory, &table, sizeof(struct item));
  fill(item, table.last);
}

static bool right(const struct item *item, uint64_t id) {
  return item->id == id && item->other == id * 3 && item->third == ((uint32_t)id ^ 5);
}

/* The whole of it against a row of flags. */
static void check_all(const bool *there, uint64_t last) {
  uint64_t count = 0, walked = 0, number = 0;
  for (uint64_t id = 1; id <= last; id++) {
    const struct item *item = item_at(id);
    CHECK_EQUAL_INT(item != NULL, there[id]);
    CHECK_EQUAL_INT(table_has(&table, id), there[id]);
    if (item) CHECK(right(item, id));
    count += there[id];
  }
  for (const struct item *item; (item = pbk_table_next(&table, &number)) != NULL; walked++) {
    CHECK(number >= 1 && number <= last && there[number]);
    CHECK(right(item, number));
  }
  CHECK_EQUAL_UINT(table.count, count);
  CHECK_EQUAL_UINT(walked, count); /* none left out: each walked is there, and numbers ascend */
}

static void nothing(void) {
  begin();
  uint64_t number = 0;
  CHECK(pbk_table_next(&table, &number) == NULL);
  CHECK(!item_at(0));
  CHECK(!item_at(1));
  CHECK(!item_at(UINT64_MAX));
  table_prefetch(&table, 1, sizeof(struct item));
  add();
  CHECK(item_at(1) && !item_at(0) && !item_at(2) && !item_at(UINT64_MAX) && !item_at((uint64_t)1 << 40));
  number = UINT64_MAX;
  CHECK(pbk_table_next(&table, &number) == NULL);
  end();
}

/* Every way for items to go: in order, backwards, at random, each at once. */
static void come_and_go(void) {
  enum { MOST = 50000 };
  static bool there[MOST + 1];
  for (uint32_t way = 0; way < 4; way++) {
    begin();
    memset(there, 0, sizeof there);
    uint64_t oldest = 1;
    for (uint64_t id = 1; id <= MOST; id++) {
      add();
      CHECK_EQUAL_UINT(table.last, id);
      there[id] = true;
      uint64_t gone = 0;
      if (way == 0 && id > 300) gone = oldest++;
      if (way == 1) gone = id; /* at once */
      if (way == 2) gone = random_number() % id + 1;
      if (way == 3 && id % 100) gone = id - random_number() % (id < 200 ? id : 200);
      if (gone && there[gone]) {
        pbk_table_remove(&memory, &table, gone);
        there[gone] = false;
      }
      if (id % 9973 == 0) check_all(there, id);
    }
    check_all(there, MOST);
    for (uint64_t id = MOST; id >= 1; id--)
      if (there[id]) {
        pbk_table_remove(&memory, &table, id);
        there[id] = false;
        if (id % 5003 == 0) check_all(there, MOST);
      }
    CHECK_EQUAL_UINT(table.count, 0);
    CHECK_EQUAL_UINT(table.last, MOST);
    CHECK(!item_at(0) && !item_at(1) && !item_at(MOST));
    add(); /* numbers are not used again */
    CHECK(right(item_at(MOST + 1), MOST + 1));
    end();
  }
}

/* What is gone leaves no room behind: one in a thousand that stays costs little more than itself. */
static void room(void) {
  begin();
  for (uint32_t i = 0; i < 200000; i++) {
    add();
    if (table.last > 100 && (table.last - 100) % 1000) pbk_table_remove(&memory, &table, table.last - 100);
  }
  CHECK_EQUAL_UINT(table.count, 299);
  CHECK(memory.used < 299 * (sizeof(struct item) + sizeof(struct table_leaf)) + 64 * 64 * 1024);
  uint64_t before = memory.used;
  for (uint32_t i = 0; i < 200000; i++) {
    add();
    pbk_table_remove(&memory, &table, table.last);
  }
  CHECK(memory.used < before + 8192); /* numbers alone cost next to nothing */
  end();
}

/* As a snapshot gives them: with holes between, and more numbers given out than the last that is there. */
static void with_holes(void) {
  static bool there[300001];
  begin();
  memset(there, 0, sizeof there);
  for (uint64_t id = 1; id <= 300000; id += random_number() % (id % 7 ? 3 : 20000) + 1) {
    fill(pbk_table_put(&memory, &table, id), id);
    there[id] = true;
  }
  check_all(there, 300000);
  table.last = 1000000;
  CHECK(!item_at(999999));
  uint64_t number = 300000;
  CHECK(pbk_table_next(&table, &number) == NULL);
  add();
  CHECK(right(item_at(1000001), 1000001));
  CHECK(pbk_table_next(&table, &number) == item_at(1000001) && number == 1000001);
  pbk_table_remove(&memory, &table, 1000001);
  check_all(there, 300000);
  end();
}

static void *refuse_small(void *context, void *pointer, size_t old_size, size_t new_size) {
  (void)old_size;
  if (new_size && *(bool *)context) return NULL;
  if (new_size) return realloc(pointer, new_size);
  free(pointer);
  return NULL;
}

/* Removing never fails, whether memory is given or not. */
static void no_memory_to_remove(void) {
  static bool there[1001];
  bool refuse = false;
  pbk_memory_init(&memory, refuse_small, &refuse, UINT64_MAX);
  pbk_table_init(&table, sizeof(struct item));
  for (uint64_t id = 1; id <= 1000; id++) {
    add();
    there[id] = true;
  }
  refuse = true;
  for (uint64_t id = 1; id <= 1000; id++) {
    if (id % 7 == 0) continue;
    pbk_table_remove(&memory, &table, id);
    there[id] = false;
    if (id % 97 == 0) check_all(there, 1000);
  }
  check_all(there, 1000);
  end();
}

static void bits(void) {
  CHECK_EQUAL_UINT(table_bits(0), 0);
  CHECK_EQUAL_UINT(table_bits(UINT64_MAX), 64);
  for (uint32_t i = 0; i < 64; i++) {
    CHECK_EQUAL_UINT(table_bits((uint64_t)1 << i), 1);
    CHECK_EQUAL_UINT(table_bits(((uint64_t)1 << i) - 1), i);
  }
}

int main(void) {
  RUN(bits);
  RUN(nothing);
  RUN(come_and_go);
  RUN(room);
  RUN(with_holes);
  RUN(no_memory_to_remove);
  return check_report();
}
