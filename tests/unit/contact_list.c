/* tests/unit/contact_list.c - few contacts and many of one account: they come and go in any order, and stand in that of their
 * indexes. */
#include "facts/contact_list.h"
#include "unit/check.h"

enum { MOST = 20000 };
static struct memory memory;
static struct contact_list *list;
static bool there[MOST];
static uint32_t there_are;

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  list = NULL;
  memset(there, 0, sizeof there);
  there_are = 0;
}

/* Nothing is kept of what was taken. */
static void end(void) {
  pbk_contact_list_release(&memory, &list);
  CHECK(!list);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static void add(uint32_t contact) {
  pbk_contact_list_add(&memory, &list, contact);
  there[contact] = true;
  there_are++;
}
static void drop(uint32_t contact) {
  pbk_contact_list_drop(&memory, &list, contact);
  there[contact] = false;
  there_are--;
}
static void turn(uint32_t contact) {
  if (there[contact])
    drop(contact);
  else
    add(contact);
}

static void check_list(void) {
  uint32_t next = 0, count = 0, wrong = 0, longest = 0;
  struct contact_row row;
  for (uint32_t part = 0; (row = contact_list_row(list, part)).count > 0; part++) {
    if (row.count > longest) longest = row.count;
    for (uint32_t i = 0; i < row.count; i++, count++, next++) {
      while (next < MOST && !there[next]) next++;
      wrong += row.items[i] != next;
    }
  }
  CHECK_EQUAL_UINT(wrong, 0);
  CHECK_EQUAL_UINT(count, there_are);
  CHECK_EQUAL_UINT(contact_list_count(list), there_are);
  CHECK(longest < 1024); /* so that none who comes or goes moves more */
}

static void nobody(void) {
  begin();
  check_list();
  CHECK_EQUAL_UINT(contact_list_row(list, 0).count, 0);
  CHECK_EQUAL_UINT(contact_list_row(list, 7).count, 0);
  add(5);
  check_list();
  drop(5);
  check_list();
  end();
}

/* As they are mostly made: full parts, little room beside them. */
static void in_order(void) {
  begin();
  for (uint32_t i = 0; i < MOST; i++) {
    add(i);
    if (i % 511 == 0) check_list();
  }
  check_list();
  CHECK(memory.used < MOST * sizeof(uint32_t) * 11 / 10);
  for (uint32_t i = 0; i < MOST; i++) {
    drop(i);
    if (i % 511 == 0) check_list();
  }
  check_list();
  end();
}

static void the_other_way(void) {
  begin();
  for (uint32_t i = MOST; i-- > 0;) add(i);
  check_list();
  CHECK(memory.used < MOST * sizeof(uint32_t) * 22 / 10); /* half of each part */
  for (uint32_t i = MOST; i-- > 0;) {
    drop(i);
    if (i % 511 == 0) check_list();
  }
  check_list();
  end();
}

/* Many come, stay about as many, then become few, in no order; and again. */
static void in_no_order(void) {
  uint64_t random = 5;
  begin();
  for (uint32_t round = 0; round < 200000; round++) {
    uint32_t contact = check_random_below(&random, MOST), wave = round / 20000 % 4;
    bool more = wave == 0 || (wave == 1 && there_are < MOST / 2), less = wave > 1;
    check_note("round %" PRIu32, round);
    if (more ? !there[contact] : less ? there[contact] : true) turn(contact);
    if (round % 997 == 0) check_list();
  }
  check_list();
  for (uint32_t i = 0; i < MOST; i++)
    if (there[(i * 7919) % MOST]) drop((i * 7919) % MOST);
  check_list();
  CHECK(memory.used <= 4096 + 64); /* what is left is one part */
  end();
}

/* Those in between go, and what is left stands closer; they come back where they were. */
static void a_stretch(void) {
  begin();
  for (uint32_t i = 0; i < MOST; i++) add(i);
  uint64_t full = memory.used;
  for (uint32_t i = 100; i < MOST; i++)
    if (i % 50) drop(i);
  check_list();
  CHECK(memory.used * 4 < full);
  for (uint32_t i = 100; i < MOST; i++)
    if (i % 50) add(i);
  check_list();
  end();
}

int main(void) {
  RUN(nobody);
  RUN(in_order);
  RUN(the_other_way);
  RUN(in_no_order);
  RUN(a_stretch);
  return check_report();
}
