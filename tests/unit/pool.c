/* tests/unit/pool.c - who of a pool serves: rotation, pinned and sticky choices, against a naive model (SPEC S3, S4, S6). */
#include "sender/pool.h"

#include "check.h"

enum { SENDERS = 12 };

static struct check_heap heap;
static struct memory memory;
static struct context context;
static struct facts facts;
static struct senders senders;
static struct contact *contact;

static void open_senders(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  context = (struct context){.memory = &memory};
  pbk_names_init(&context.names, &memory);
  pbk_facts_init(&facts, &context);
  pbk_senders_init(&senders, &context, &facts);
  for (uint32_t i = 0; i < SENDERS; i++) {
    char key[2] = {(char)('a' + i), 0};
    struct sender *sender = pbk_allocate(&memory, sizeof *sender);
    *sender = (struct sender){.user = MAP_NONE};
    uint32_t place =
      pbk_registry_propose(&senders.registry, text_from(key), pbk_names_intern(&context.names, text_from(key)), sender);
    pbk_registry_install(&senders.registry, place, sender);
  }
  contact = pbk_need_contact(&facts, TEXT("u1"));
}

static void close_senders(struct pool *pool) {
  array_release(&memory, &pool->senders);
  pbk_senders_release(&senders);
  pbk_facts_release(&facts);
  pbk_names_release(&context.names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static void set_active(uint32_t sender, bool active) {
  sender_at(&senders, sender)->removal = active ? SENDER_KEPT : SENDER_DRAINED;
}
static bool is_active(uint32_t sender) {
  return sender_at(&senders, sender)->removal == SENDER_KEPT;
}

static uint32_t next_in_rotation(struct pool *pool) {
  enum sender_choice how;
  uint32_t sender = pbk_pool_choose(&senders, pool, PBK_STICKY_POOL, NULL, &how);
  CHECK_EQUAL_INT(how, CHOSEN_ROTATION);
  if (sender != MAP_NONE) pbk_pool_pass_turn(pool, sender);
  return sender;
}

static void round_and_round(void) {
  struct pool pool = {0};
  open_senders();
  for (uint32_t i = 0; i < 3; i++) pbk_pool_add(&memory, &pool, i);
  for (uint32_t i = 0; i < 10; i++) CHECK_EQUAL_UINT(next_in_rotation(&pool), i % 3);
  /* choosing alone changes nothing */
  enum sender_choice how;
  for (uint32_t i = 0; i < 3; i++) CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_OFF, contact, &how), 1);
  close_senders(&pool);
}

static void nobody_active(void) {
  struct pool pool = {0};
  open_senders();
  CHECK_EQUAL_UINT(next_in_rotation(&pool), MAP_NONE); /* empty */
  pbk_pool_add(&memory, &pool, 0);
  set_active(0, false);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), MAP_NONE);
  set_active(0, true);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 0);
  close_senders(&pool);
}

/* S6: added ones go to the end, and the turn stays with whose turn it was; removing one skips nobody. */
static void added_and_removed(void) {
  struct pool pool = {0};
  open_senders();
  for (uint32_t i = 0; i < 3; i++) pbk_pool_add(&memory, &pool, i);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 0);
  pbk_pool_add(&memory, &pool, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 1);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 2);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 0);
  CHECK(pbk_pool_remove(&pool, 0)); /* before the turn: it is still 1's */
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 1);
  CHECK(pbk_pool_remove(&pool, 2)); /* whose turn it is: the one behind it */
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 3);
  CHECK(!pbk_pool_remove(&pool, 2));
  CHECK(!pbk_pool_has(&pool, 2));
  CHECK(pbk_pool_has(&pool, 3));
  close_senders(&pool);
}

/* The last one removed, whose turn it was: back to the first. */
static void the_turn_of_the_last(void) {
  struct pool pool = {0};
  open_senders();
  for (uint32_t i = 0; i < 3; i++) pbk_pool_add(&memory, &pool, i);
  next_in_rotation(&pool);
  next_in_rotation(&pool);
  CHECK(pbk_pool_remove(&pool, 2));
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 0);
  close_senders(&pool);
}

/* Added when the turn stands at the end of a round: it was the first one's, and stays so. */
static void added_at_the_end_of_a_round(void) {
  struct pool pool = {0};
  open_senders();
  for (uint32_t i = 0; i < 2; i++) pbk_pool_add(&memory, &pool, i);
  next_in_rotation(&pool);
  next_in_rotation(&pool);
  pbk_pool_add(&memory, &pool, 2);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 0);
  close_senders(&pool);
}

/* S4: the same list goes on, any other starts at its first. */
static void replaced(void) {
  struct pool pool = {0};
  open_senders();
  static const uint32_t list[] = {4, 5, 6}, turned[] = {5, 4, 6}, longer[] = {4, 5, 6, 7};
  pbk_pool_replace(&memory, &pool, list, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 4);
  pbk_pool_replace(&memory, &pool, list, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 5);
  pbk_pool_replace(&memory, &pool, turned, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 5);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 4);
  pbk_pool_replace(&memory, &pool, longer, 4);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 4);
  pbk_pool_replace(&memory, &pool, NULL, 0);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), MAP_NONE);
  pbk_pool_replace(&memory, &pool, NULL, 0);
  close_senders(&pool);
}

/* The present order counts, added and removed ones included. */
static void replaced_by_the_present_order(void) {
  struct pool pool = {0};
  open_senders();
  static const uint32_t list[] = {1, 2, 3}, present[] = {2, 3, 9};
  pbk_pool_replace(&memory, &pool, list, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 1);
  pbk_pool_remove(&pool, 1);
  pbk_pool_add(&memory, &pool, 9);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 2);
  pbk_pool_replace(&memory, &pool, present, 3);
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 3);
  pbk_pool_replace(&memory, &pool, list, 3); /* as it once was: another list */
  CHECK_EQUAL_UINT(next_in_rotation(&pool), 1);
  close_senders(&pool);
}

/* S3: pinned, then sticky, then rotation; the first two do not move the turn (S4). */
static void pinned_then_sticky_then_rotation(void) {
  struct pool pool = {0};
  enum sender_choice how;
  open_senders();
  for (uint32_t i = 0; i < 3; i++) pbk_pool_add(&memory, &pool, i);
  pbk_pin_sender(&facts, contact, 7); /* not in the pool */
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 7);
  CHECK_EQUAL_INT(how, CHOSEN_PINNED);
  set_active(7, false);
  pbk_record_contact(&facts, contact, 2, 100);
  pbk_record_contact(&facts, contact, 1, 50);
  pbk_record_contact(&facts, contact, 8, 200); /* of another pool */
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 2);
  CHECK_EQUAL_INT(how, CHOSEN_STICKY);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_ANY, contact, &how), 8);
  CHECK_EQUAL_INT(how, CHOSEN_STICKY);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_OFF, contact, &how), 0);
  CHECK_EQUAL_INT(how, CHOSEN_ROTATION);
  set_active(2, false);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 1);
  set_active(1, false);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 0);
  CHECK_EQUAL_INT(how, CHOSEN_ROTATION);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, NULL, &how), 0); /* an account */
  close_senders(&pool);
}

/* A sender that is not defined any more is nobody, wherever it still stands; under its key comes another one. */
static void undefined(void) {
  struct pool pool = {0};
  enum sender_choice how;
  open_senders();
  for (uint32_t i = 0; i < 3; i++) pbk_pool_add(&memory, &pool, i);
  pbk_pin_sender(&facts, contact, 8);
  pbk_record_contact(&facts, contact, 1, 100);
  pbk_record_contact(&facts, contact, 7, 200);
  for (uint32_t gone = 7; gone < 9; gone++) {
    pbk_registry_propose_removal(&senders.registry, gone);
    pbk_release_sender(&senders, pbk_registry_install_removal(&senders.registry, gone));
    pbk_registry_settle(&senders.registry);
  }
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_ANY, contact, &how), 1);
  CHECK_EQUAL_INT(how, CHOSEN_STICKY);
  struct sender *sender = pbk_allocate_cleared(&memory, sizeof *sender);
  sender->user = MAP_NONE;
  uint32_t place = pbk_registry_propose(&senders.registry, TEXT("h"), pbk_names_intern(&context.names, TEXT("h")), sender);
  pbk_registry_install(&senders.registry, place, sender);
  pbk_registry_settle(&senders.registry);
  CHECK_EQUAL_UINT(place, SENDERS);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_ANY, contact, &how), 1);
  close_senders(&pool);
}

/* S8: a later occurrence wins, of equal ones the one recorded later; an earlier one does not take it back. */
static void the_last_in_contact(void) {
  struct pool pool = {0};
  enum sender_choice how;
  open_senders();
  for (uint32_t i = 0; i < 4; i++) pbk_pool_add(&memory, &pool, i);
  pbk_record_contact(&facts, contact, 0, 10);
  pbk_record_contact(&facts, contact, 1, 10);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 1);
  pbk_record_contact(&facts, contact, 0, 10); /* again, later */
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 0);
  pbk_record_contact(&facts, contact, 0, 5);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 0);
  pbk_record_contact(&facts, contact, 2, 9);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 0);
  pbk_record_contact(&facts, contact, 2, 11);
  CHECK_EQUAL_UINT(pbk_pool_choose(&senders, &pool, PBK_STICKY_POOL, contact, &how), 2);
  close_senders(&pool);
}

/* ---- against a model that keeps the pool as a list with whose turn it is in front ---- */

static uint32_t model[SENDERS], model_count; /* in the order of their turns */
static uint32_t model_first;                 /* where in it the listed first stands */

static void model_rotate(uint32_t by) {
  uint32_t turned[SENDERS];
  for (uint32_t i = 0; i < model_count; i++) turned[i] = model[(i + by) % model_count];
  memcpy(model, turned, sizeof turned);
  if (model_count) model_first = (model_first + model_count - by % model_count) % model_count;
}

static uint32_t model_next(void) {
  for (uint32_t i = 0; i < model_count; i++) {
    if (!is_active(model[i])) continue;
    uint32_t sender = model[i];
    model_rotate(i + 1);
    return sender;
  }
  return MAP_NONE;
}

static void model_add(uint32_t sender) { /* the listed end is before the listed first */
  if (model_count == 0 || model_first == 0) {
    model[model_count++] = sender;
    return;
  }
  for (uint32_t i = model_count; i > model_first; i--) model[i] = model[i - 1];
  model[model_first++] = sender;
  model_count++;
}

static bool model_remove(uint32_t sender) {
  uint32_t at = 0;
  while (at < model_count && model[at] != sender) at++;
  if (at == model_count) return false;
  for (uint32_t i = at; i + 1 < model_count; i++) model[i] = model[i + 1];
  model_count--;
  if (model_first > at) model_first--;
  if (model_first >= model_count) model_first = 0;
  return true;
}

static void random_work(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    struct pool pool = {0};
    uint64_t random = seed;
    uint32_t served[SENDERS] = {0};
    model_count = model_first = 0;
    open_senders();
    for (uint32_t round = 0; round < 2000; round++) {
      uint32_t sender = check_random_below(&random, SENDERS);
      check_note("seed %" PRIu64 ", round %" PRIu32, seed, round);
      switch (check_random_below(&random, 12)) {
        case 0:
          if (pbk_pool_has(&pool, sender)) break;
          pbk_pool_add(&memory, &pool, sender);
          model_add(sender);
          memset(served, 0, sizeof served);
          break;
        case 1:
          CHECK_EQUAL_INT(pbk_pool_remove(&pool, sender), model_remove(sender));
          memset(served, 0, sizeof served);
          break;
        case 2:
          if (check_random_below(&random, 3)) break;
          set_active(sender, !is_active(sender));
          memset(served, 0, sizeof served);
          break;
        default: {
          uint32_t chosen = next_in_rotation(&pool);
          CHECK_EQUAL_UINT(chosen, model_next());
          if (chosen == MAP_NONE) break;
          served[chosen]++;
          /* S4: between changes the counts never differ by more than one */
          uint32_t least = UINT32_MAX, most = 0;
          for (uint32_t i = 0; i < pool.senders.count; i++) {
            uint32_t of = pool.senders.items[i];
            if (!is_active(of)) continue;
            if (served[of] < least) least = served[of];
            if (served[of] > most) most = served[of];
          }
          CHECK(most - least <= 1);
          break;
        }
      }
      CHECK_EQUAL_UINT(pool.senders.count, model_count);
    }
    close_senders(&pool);
  }
}

int main(void) {
  RUN(round_and_round);
  RUN(nobody_active);
  RUN(added_and_removed);
  RUN(the_turn_of_the_last);
  RUN(added_at_the_end_of_a_round);
  RUN(replaced);
  RUN(replaced_by_the_present_order);
  RUN(pinned_then_sticky_then_rotation);
  RUN(undefined);
  RUN(the_last_in_contact);
  RUN(random_work);
  return check_report();
}
