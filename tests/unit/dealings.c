/* tests/unit/dealings.c - which senders were in contact with a contact, and which is pinned (SPEC S8): most stand in a word,
 * which nobody may notice. */
#include "facts_support.h"

static struct contact *contact;

static void open_one(void) {
  open_facts();
  contact = pbk_need_contact(&facts, TEXT("u1"));
}

/* S8: a later occurrence wins; of equal ones, the one recorded later; one entry for each sender. */
static void last_contact(void) {
  open_one();
  pbk_record_contact(&facts, contact, 1, 10);
  pbk_record_contact(&facts, contact, 2, 10);
  CHECK_EQUAL_UINT(contacted_count(contact), 2);
  CHECK(contacted_at(&facts, contact, 1).order > contacted_at(&facts, contact, 0).order);
  pbk_record_contact(&facts, contact, 1, 5);
  CHECK_EQUAL_INT(contacted_at(&facts, contact, 0).occurred_at, 10);
  CHECK(contacted_at(&facts, contact, 1).order > contacted_at(&facts, contact, 0).order);
  pbk_record_contact(&facts, contact, 1, 10);
  CHECK(contacted_at(&facts, contact, 0).order > contacted_at(&facts, contact, 1).order);
  pbk_record_contact(&facts, contact, 2, 11);
  CHECK_EQUAL_INT(contacted_at(&facts, contact, 1).occurred_at, 11);
  pbk_pin_sender(&facts, contact, 2);
  pbk_clear_dealings(&facts, contact);
  CHECK_EQUAL_UINT(contacted_count(contact), 0);
  CHECK_EQUAL_UINT(pinned_sender(contact), 2);
  close_facts();
}

/* Many senders, and again after they were forgotten. */
static void many_contacted(void) {
  enum { SENDERS = 20 };
  open_one();
  for (uint32_t round = 0; round < 3; round++) {
    for (uint32_t i = 0; i < SENDERS; i++) {
      pbk_record_contact(&facts, contact, i, 100 + (pbk_time)i);
      CHECK_EQUAL_UINT(contacted_count(contact), i + 1);
    }
    for (uint32_t i = 0; i < SENDERS; i++) {
      CHECK_EQUAL_UINT(contacted_at(&facts, contact, i).sender, i);
      CHECK_EQUAL_INT(contacted_at(&facts, contact, i).occurred_at, 100 + (pbk_time)i);
    }
    if (round == 2) break;
    pbk_clear_dealings(&facts, contact);
    CHECK_EQUAL_UINT(contacted_count(contact), 0);
  }
  close_facts();
}

/* What a word has no room for: senders of large numbers, and times far from the first. */
static void outside_a_word(void) {
  static const pbk_time times[] = {0,
                                   1,
                                   -1,
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_MAX / 2,
                                   (pbk_time)1 << 48,
                                   -((pbk_time)1 << 48),
                                   ((pbk_time)1 << 48) * 3,
                                   ((pbk_time)1 << 48) * 3 - 1};
  static const uint32_t senders[] = {0, DEALINGS_SENDERS - 1, DEALINGS_SENDERS, MAP_NONE - 1};
  enum { TIMES = sizeof times / sizeof *times, SENDERS = sizeof senders / sizeof *senders };
  for (uint32_t first = 0; first < TIMES; first++) {
    open_one();
    struct contact *other = pbk_need_contact(&facts, TEXT("u2"));
    pbk_record_contact(&facts, other, 1, times[first]); /* from now on times are counted from there */
    for (uint32_t i = 0; i < TIMES * SENDERS; i++) {
      uint32_t sender = senders[i / TIMES], pinned = senders[i % SENDERS];
      check_note("first %" PRIu32 ", case %" PRIu32, first, i);
      if (i & 1) pbk_pin_sender(&facts, contact, pinned);
      pbk_record_contact(&facts, contact, sender, times[i % TIMES]);
      if (!(i & 1)) pbk_pin_sender(&facts, contact, pinned);
      CHECK_EQUAL_UINT(contacted_count(contact), 1);
      CHECK_EQUAL_UINT(contacted_at(&facts, contact, 0).sender, sender);
      CHECK_EQUAL_INT(contacted_at(&facts, contact, 0).occurred_at, times[i % TIMES]);
      CHECK_EQUAL_UINT(pinned_sender(contact), pinned);
      pbk_clear_dealings(&facts, contact);
      CHECK_EQUAL_UINT(contacted_count(contact), 0);
      CHECK_EQUAL_UINT(pinned_sender(contact), pinned);
      pbk_pin_sender(&facts, contact, MAP_NONE);
      CHECK_EQUAL_UINT(pinned_sender(contact), MAP_NONE);
    }
    CHECK_EQUAL_INT(contacted_at(&facts, other, 0).occurred_at, times[first]);
    close_facts();
  }
}

/* The same as a plain list of all senders and one that is pinned. */
static void random_dealings(void) {
  enum { CONTACTS = 40, SENDERS = 6, ROUNDS = 30000 };
  static const uint32_t senders[SENDERS] = {0, 1, 2, 77, DEALINGS_SENDERS - 1, DEALINGS_SENDERS};
  static struct {
    struct contacted of[SENDERS];
    uint32_t count, pinned;
  } plain[CONTACTS];
  uint64_t random = 6, order = 0;
  open_facts();
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char key[8];
    snprintf(key, sizeof key, "u%" PRIu32, i);
    pbk_need_contact(&facts, text_from(key));
    plain[i].count = 0;
    plain[i].pinned = MAP_NONE;
  }
  for (uint32_t round = 0; round < ROUNDS; round++) {
    uint32_t index = check_random_below(&random, CONTACTS), what = check_random_below(&random, 40);
    uint32_t sender = senders[check_random_below(&random, index % 2 ? SENDERS : 2)];
    struct contact *of = contact_at(&facts, index);
    pbk_time time = (pbk_time)check_random_below(&random, 50) << (check_random_below(&random, 20) == 0 ? 46 : 3);
    if (what < 2) {
      pbk_clear_dealings(&facts, of);
      plain[index].count = 0;
    } else if (what < 10) {
      plain[index].pinned = what < 5 ? MAP_NONE : sender;
      pbk_pin_sender(&facts, of, plain[index].pinned);
    } else {
      uint32_t at = 0;
      struct contacted contacted = {sender, time, ++order};
      pbk_record_contact(&facts, of, sender, time);
      while (at < plain[index].count && plain[index].of[at].sender != sender) at++;
      if (at == plain[index].count) {
        if (at == 1) plain[index].of[0].order = 0; /* wherever it stood, so that an engine opened again has the same */
        plain[index].of[plain[index].count++] = contacted;
      } else if (time >= plain[index].of[at].occurred_at)
        plain[index].of[at] = contacted;
    }
    check_note("round %" PRIu32, round);
    CHECK_EQUAL_UINT(pinned_sender(of), plain[index].pinned);
    uint32_t count = contacted_count(of), wrong = 0;
    if (!CHECK_EQUAL_UINT(count, plain[index].count)) break;
    for (uint32_t i = 0; i < count; i++) {
      struct contacted is = contacted_at(&facts, of, i);
      wrong += is.sender != plain[index].of[i].sender || is.occurred_at != plain[index].of[i].occurred_at;
      wrong += count > 1 && is.order != plain[index].of[i].order;
    }
    if (!CHECK_EQUAL_UINT(wrong, 0)) break;
  }
  close_facts();
}

int main(void) {
  RUN(last_contact);
  RUN(many_contacted);
  RUN(outside_a_word);
  RUN(random_dealings);
  return check_report();
}
