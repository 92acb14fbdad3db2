/* tests/unit/roll.c - numbers that belong to something: added, dropped, read in order. */
#include "base/roll.h"
#include "unit/check.h"

static struct memory memory;
static struct table table;

static uint64_t state;
static uint64_t random_number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 33;
}

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  pbk_table_init(&table, sizeof(uint64_t));
  state = 11;
}

static uint64_t add(roll *to) {
  uint64_t *item = table_add(&memory, &table, sizeof(uint64_t));
  *item = table.last;
  if (to) pbk_roll_add(&memory, to, table.last);
  return table.last;
}

static void drop(roll *from, uint64_t id) {
  pbk_table_remove(&memory, &table, id);
  pbk_roll_drop(&memory, from, &table, id);
}

/* Read as wide as told, from the start, against flags. */
static void check_read(const roll *word, const bool *in, uint64_t last, uint32_t most) {
  uint64_t numbers[200], after = 0, at = 0;
  for (uint32_t count; (count = pbk_roll_read(word, &table, after, numbers, most)) > 0; after = numbers[count - 1])
    for (uint32_t i = 0; i < count; i++) {
      at++;
      while (at <= last && !in[at]) at++;
      CHECK_EQUAL_UINT(numbers[i], at);
    }
  at++;
  while (at <= last && !in[at]) at++;
  CHECK_EQUAL_UINT(at, last + 1);
}

/* From anywhere, as who reads on does: the next one. */
static void check_next(const roll *word, const bool *in, uint64_t last, uint64_t after) {
  uint64_t next, wanted = after + 1;
  while (wanted <= last && !in[wanted]) wanted++;
  uint32_t count = pbk_roll_read(word, &table, after, &next, 1);
  CHECK_EQUAL_UINT(count, wanted <= last);
  if (count) CHECK_EQUAL_UINT(next, wanted);
}

static void few(void) {
  begin();
  roll word = 0;
  uint64_t numbers[4];
  CHECK_EQUAL_UINT(pbk_roll_read(&word, &table, 0, numbers, 4), 0);
  uint64_t first = add(&word);
  CHECK_EQUAL_UINT(pbk_roll_read(&word, &table, 0, numbers, 4), 1);
  CHECK_EQUAL_UINT(numbers[0], first);
  CHECK_EQUAL_UINT(pbk_roll_read(&word, &table, first, numbers, 4), 0);
  drop(&word, first);
  CHECK_EQUAL_UINT(word, 0);
  uint64_t held = memory.used, second = add(&word), third = add(&word);
  CHECK_EQUAL_UINT(pbk_roll_read(&word, &table, 0, numbers, 4), 2);
  CHECK_EQUAL_UINT(numbers[1], third);
  drop(&word, second);
  CHECK_EQUAL_UINT(pbk_roll_read(&word, &table, 0, numbers, 4), 1);
  CHECK_EQUAL_UINT(numbers[0], third);
  CHECK_EQUAL_UINT(memory.used, held); /* one number needs no room */
  drop(&word, third);
  CHECK_EQUAL_UINT(word, 0);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(memory.used, 0);
}

/* Several rolls over one table, items going in any order. */
static void many(void) {
  enum { ROLLS = 5, MOST = 20000 };
  static bool in[ROLLS][MOST + 1];
  static uint8_t whose[MOST + 1];
  begin();
  memset(in, 0, sizeof in);
  roll rolls[ROLLS] = {0};
  for (uint64_t id = 1; id <= MOST; id++) {
    uint32_t at = (uint32_t)(random_number() % 16);
    at = at < ROLLS ? at : 0; /* the first has most of them */
    CHECK_EQUAL_UINT(add(&rolls[at]), id);
    in[at][id] = true;
    whose[id] = (uint8_t)at;
    uint64_t gone = id % 3 ? id - random_number() % (id < 4000 ? id : 4000) : random_number() % id + 1;
    if (in[whose[gone]][gone]) {
      drop(&rolls[whose[gone]], gone);
      in[whose[gone]][gone] = false;
    }
    if (id % 7 == 0) check_next(&rolls[at], in[at], id, random_number() % id);
    if (id % 4999 == 0)
      for (uint32_t i = 0; i < ROLLS; i++) check_read(&rolls[i], in[i], MOST, i == 0 ? 1 : i * 50);
  }
  for (uint64_t id = 1; id <= MOST; id++)
    if (in[whose[id]][id] && id % 2) {
      drop(&rolls[whose[id]], id);
      in[whose[id]][id] = false;
    }
  for (uint32_t i = 0; i < ROLLS; i++) check_read(&rolls[i], in[i], MOST, 64);
  for (uint64_t id = MOST; id >= 1; id--)
    if (in[whose[id]][id]) drop(&rolls[whose[id]], id);
  for (uint32_t i = 0; i < ROLLS; i++) CHECK_EQUAL_UINT(rolls[i], 0);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(memory.used, 0);
}

/* Ended while it is read: what is read goes on behind the last number. */
static void ended_while_read(void) {
  begin();
  roll word = 0;
  for (uint32_t i = 0; i < 3000; i++) add(i % 3 ? &word : NULL);
  uint64_t numbers[7], last = 0, seen = 0;
  for (uint32_t count; (count = pbk_roll_read(&word, &table, last, numbers, 7)) > 0; last = numbers[count - 1])
    for (uint32_t i = 0; i < count; i++) {
      CHECK(numbers[i] > last || i > 0);
      CHECK(numbers[i] % 3 != 1);
      drop(&word, numbers[i]);
      seen++;
    }
  CHECK_EQUAL_UINT(seen, 2000);
  CHECK_EQUAL_UINT(word, 0);
  for (uint32_t i = 0; i < 700; i++) add(&word);
  pbk_roll_release(&memory, &word);
  CHECK_EQUAL_UINT(word, 0);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(memory.used, 0);
}

/* A long one, dropped from in any order: what is gone goes little by little, and no more room is kept than it takes. */
static void a_long_one(void) {
  enum { MOST = 60000 };
  static bool in[MOST + 1];
  for (uint32_t way = 0; way < 3; way++) {
    begin();
    roll word = 0;
    for (uint64_t id = 1; id <= MOST; id++) in[add(&word)] = true;
    for (uint32_t i = 0; i < MOST; i++) {
      uint64_t id = way == 0 ? i + 1 : way == 1 ? MOST - i : (uint64_t)i * 7919 % MOST + 1;
      drop(&word, id);
      in[id] = false;
      if (i % 97 == 0) check_next(&word, in, MOST, i % 2 ? id : random_number() % MOST);
      if (i == MOST / 3 || i == MOST / 2 || i == MOST - 5000) check_read(&word, in, MOST, 100);
    }
    CHECK_EQUAL_UINT(word, 0);
    pbk_table_release(&memory, &table);
    CHECK_EQUAL_UINT(memory.used, 0);
  }
  begin(); /* a queue: some come, the oldest go */
  roll word = 0;
  uint64_t most = 0;
  for (uint64_t id = 1; id <= MOST * 3; id++) {
    add(&word);
    if (id <= MOST / 4) continue;
    drop(&word, id - MOST / 4);
    if (memory.used > most) most = memory.used;
  }
  CHECK(most < MOST / 4 * 32);
  pbk_roll_release(&memory, &word);
  pbk_table_release(&memory, &table);
  CHECK_EQUAL_UINT(memory.used, 0);
}

int main(void) {
  RUN(few);
  RUN(many);
  RUN(ended_while_read);
  RUN(a_long_one);
  return check_report();
}
