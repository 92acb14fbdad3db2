/* tests/unit/facts_support.h - facts without an engine, for the tests of the floor itself. */
#ifndef PBK_TESTS_UNIT_FACTS_SUPPORT_H
#define PBK_TESTS_UNIT_FACTS_SUPPORT_H

#include "facts/facts.h"

#include "check.h"

static struct check_heap heap;
static struct memory memory;
static struct context context;
static struct facts facts;

static inline void open_facts(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  context = (struct context){.memory = &memory};
  pbk_names_init(&context.names, &memory);
  pbk_facts_init(&facts, &context);
}

static inline void close_facts(void) {
  pbk_facts_release(&facts);
  pbk_names_release(&context.names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static inline uint32_t name_of(const char *text) {
  return pbk_names_intern(&context.names, text_from(text));
}

/* Forgets what changed so far. */
static inline void begin(void) {
  facts.changes.count = 0;
}

/* The changes since, one letter for each kind: created, id, (a)t, stage, health, trait, events, (j)oined, deleted. */
static inline const char *changed(void) {
  static char letters[64];
  static const char of_kind[] = "ciashtejd";
  uint32_t count = facts.changes.count < 63 ? facts.changes.count : 63;
  for (uint32_t i = 0; i < count; i++) letters[i] = of_kind[facts.changes.items[i].kind];
  letters[count] = 0;
  facts.changes.count = 0;
  return letters;
}

#endif
