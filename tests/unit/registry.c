/* tests/unit/registry.c - definitions by key, changed all at once or not at all (SPEC L, batch; P10: places stay). */
#include "base/registry.h"

#include "check.h"

static struct check_heap heap;
static struct memory memory;
static struct names names;
static struct registry registry;
static int objects[64]; /* what is registered: only their addresses count */

static void open_registry(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  pbk_registry_init(&registry, &memory, &names);
}

static void close_registry(void) {
  pbk_registry_release(&registry);
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static uint32_t propose(const char *key, int *object) {
  return pbk_registry_propose(&registry, text_from(key), pbk_names_intern(&names, text_from(key)), object);
}
static uint32_t find(const char *key) {
  return pbk_registry_find(&registry, text_from(key));
}
static uint32_t find_latest(const char *key) {
  return pbk_registry_find_latest(&registry, text_from(key));
}

static void a_proposal_does_not_count_yet(void) {
  open_registry();
  uint32_t place = propose("a", &objects[0]);
  CHECK_EQUAL_UINT(place, 0);
  CHECK_EQUAL_UINT(find("a"), MAP_NONE);
  CHECK_EQUAL_UINT(find_latest("a"), 0);
  CHECK(registry_current(&registry, 0) == NULL);
  CHECK(registry_latest(&registry, 0) == &objects[0]);
  CHECK(pbk_registry_install(&registry, place, &objects[0]) == NULL);
  CHECK_EQUAL_UINT(find("a"), 0);
  CHECK(registry_current(&registry, 0) == &objects[0]);
  CHECK_EQUAL_UINT(find("b"), MAP_NONE);
  CHECK_EQUAL_UINT(find_latest("b"), MAP_NONE);
  CHECK(registry_current(&registry, 7) == NULL); /* no such place */
  CHECK_EQUAL_UINT(registry_name(&registry, MAP_NONE), MAP_NONE);
  CHECK_TEXT(pbk_names_text(&names, registry_name(&registry, 0)), "a");
  close_registry();
}

static void redefined_in_place(void) {
  open_registry();
  pbk_registry_install(&registry, propose("a", &objects[0]), &objects[0]);
  pbk_registry_install(&registry, propose("b", &objects[1]), &objects[1]);
  uint32_t place = propose("a", &objects[2]);
  CHECK_EQUAL_UINT(place, 0); /* the same place of the definition order */
  CHECK(registry_current(&registry, 0) == &objects[0]);
  CHECK(registry_latest(&registry, 0) == &objects[2]);
  CHECK(pbk_registry_install(&registry, place, &objects[2]) == &objects[0]); /* for the caller to free */
  CHECK(registry_current(&registry, 0) == &objects[2]);
  CHECK_EQUAL_UINT(find("b"), 1);
  close_registry();
}

static void abandoned(void) {
  open_registry();
  pbk_registry_install(&registry, propose("a", &objects[0]), &objects[0]);
  propose("a", &objects[1]);
  propose("b", &objects[2]);
  propose("c", &objects[3]);
  pbk_registry_propose_removal(&registry, 0);
  CHECK_EQUAL_UINT(find_latest("a"), MAP_NONE);
  pbk_registry_abandon(&registry);
  CHECK_EQUAL_UINT(registry.entries.count, 1);
  CHECK(registry_latest(&registry, 0) == &objects[0]);
  CHECK_EQUAL_UINT(find_latest("a"), 0);
  CHECK_EQUAL_UINT(find_latest("b"), MAP_NONE);
  CHECK_EQUAL_UINT(propose("c", &objects[3]), 1); /* the places of what was abandoned are free */
  pbk_registry_abandon(&registry);
  close_registry();
}

static void removed(void) {
  open_registry();
  pbk_registry_install(&registry, propose("a", &objects[0]), &objects[0]);
  pbk_registry_install(&registry, propose("b", &objects[1]), &objects[1]);
  pbk_registry_propose_removal(&registry, 0);
  CHECK_EQUAL_UINT(find("a"), 0); /* still counts */
  CHECK_EQUAL_UINT(find_latest("a"), MAP_NONE);
  CHECK(registry_latest(&registry, 0) == NULL);
  CHECK(pbk_registry_install_removal(&registry, 0) == &objects[0]);
  CHECK_EQUAL_UINT(find("a"), MAP_NONE);
  CHECK(registry_current(&registry, 0) == NULL);
  CHECK_EQUAL_UINT(find("b"), 1);
  /* defined anew: a place of its own, at the end */
  uint32_t place = propose("a", &objects[2]);
  CHECK_EQUAL_UINT(place, 2);
  pbk_registry_install(&registry, place, &objects[2]);
  CHECK_EQUAL_UINT(find("a"), 2);
  pbk_registry_abandon(&registry); /* places that were taken stay */
  CHECK_EQUAL_UINT(registry.entries.count, 3);
  close_registry();
}

/* One batch: redefine, remove, define anew. Each proposal sees those before it. */
static void all_in_one_batch(void) {
  open_registry();
  pbk_registry_install(&registry, propose("a", &objects[0]), &objects[0]);
  uint32_t first = propose("a", &objects[1]);
  pbk_registry_propose_removal(&registry, find_latest("a"));
  CHECK_EQUAL_UINT(find_latest("a"), MAP_NONE);
  uint32_t second = propose("a", &objects[2]);
  CHECK_EQUAL_UINT(first, 0);
  CHECK_EQUAL_UINT(second, 1);
  CHECK_EQUAL_UINT(find_latest("a"), 1);
  CHECK_EQUAL_UINT(find("a"), 0);
  CHECK(pbk_registry_install(&registry, first, &objects[1]) == &objects[0]);
  CHECK(pbk_registry_install_removal(&registry, first) == &objects[1]);
  CHECK(pbk_registry_install(&registry, second, &objects[2]) == NULL);
  CHECK_EQUAL_UINT(find("a"), 1);
  CHECK_EQUAL_UINT(find_latest("a"), 1);
  close_registry();
}

/* The same key twice in a batch: installed one after the other, the last counts. */
static void twice_in_one_batch(void) {
  open_registry();
  uint32_t place = propose("a", &objects[0]);
  CHECK_EQUAL_UINT(propose("a", &objects[1]), place);
  CHECK(registry_latest(&registry, place) == &objects[1]);
  CHECK(pbk_registry_install(&registry, place, &objects[0]) == NULL);
  CHECK(registry_latest(&registry, place) == &objects[1]);
  CHECK(pbk_registry_install(&registry, place, &objects[1]) == &objects[0]);
  CHECK(registry_current(&registry, place) == &objects[1]);
  CHECK(registry_latest(&registry, place) == &objects[1]);
  close_registry();
}

/* Against a naive model: random batches, installed or abandoned. */
static void random_batches(void) {
  enum { KEYS = 8 };
  int *current[KEYS] = {NULL};
  uint32_t place_of[KEYS], places = 0;
  uint64_t random = 11;
  open_registry();
  for (uint32_t batch = 0; batch < 600; batch++) {
    int *latest[KEYS], *proposed[6];
    uint32_t latest_place[KEYS], proposed_place[6], proposed_key[6], count = check_random_below(&random, 6), next = places;
    memcpy(latest, current, sizeof latest);
    memcpy(latest_place, place_of, sizeof latest_place);
    bool settles = check_random_below(&random, 3) != 0;
    check_note("batch %" PRIu32, batch);
    uint32_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t key = check_random_below(&random, KEYS);
      char text[2] = {(char)('a' + key), 0};
      CHECK_EQUAL_UINT(find_latest(text), latest[key] ? latest_place[key] : MAP_NONE);
      bool removes = check_random_below(&random, 3) == 0;
      if (removes && !latest[key]) continue;
      int *object = removes ? NULL : &objects[check_random_below(&random, 64)];
      if (removes)
        pbk_registry_propose_removal(&registry, latest_place[key]);
      else {
        if (!latest[key]) latest_place[key] = next++;
        CHECK_EQUAL_UINT(propose(text, object), latest_place[key]);
      }
      proposed[done] = object;
      proposed_key[done] = key;
      proposed_place[done++] = latest_place[key];
      latest[key] = object;
    }
    if (settles) {
      for (uint32_t i = 0; i < done; i++) {
        void *before = proposed[i] ? pbk_registry_install(&registry, proposed_place[i], proposed[i])
                                   : pbk_registry_install_removal(&registry, proposed_place[i]);
        CHECK(before == current[proposed_key[i]]);
        current[proposed_key[i]] = proposed[i];
        place_of[proposed_key[i]] = proposed_place[i];
      }
      pbk_registry_settle(&registry);
      places = next;
    } else {
      pbk_registry_abandon(&registry);
    }
    CHECK_EQUAL_UINT(registry.entries.count, places);
    for (uint32_t key = 0; key < KEYS; key++) {
      char text[2] = {(char)('a' + key), 0};
      CHECK_EQUAL_UINT(find(text), current[key] ? place_of[key] : MAP_NONE);
      CHECK_EQUAL_UINT(find_latest(text), current[key] ? place_of[key] : MAP_NONE);
      if (current[key]) CHECK(registry_current(&registry, place_of[key]) == current[key]);
    }
  }
  close_registry();
}

int main(void) {
  RUN(a_proposal_does_not_count_yet);
  RUN(redefined_in_place);
  RUN(abandoned);
  RUN(removed);
  RUN(all_in_one_batch);
  RUN(twice_in_one_batch);
  RUN(random_batches);
  return check_report();
}
