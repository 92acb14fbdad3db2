/* tests/unit/passage.c - what subjects have been through, found again; judged once in a cause (SPEC P4, P5). */
#include "playbook/playbooks.h"
#include "unit/check.h"

static struct memory memory;
static struct context context;
static struct playbooks playbooks;

static void begin(void) {
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  context = (struct context){.memory = &memory};
  playbooks = (struct playbooks){.context = &context};
  pbk_table_init(&playbooks.enrollments, sizeof(struct enrollment));
}

static void end(void) {
  pbk_passages_release(&playbooks);
  pbk_table_release(&memory, &playbooks.enrollments);
  CHECK_EQUAL_UINT(memory.used, 0);
}

static struct passage passage_of(uint32_t subject, uint32_t playbook) {
  return pbk_passage_of(&playbooks, PBK_CONTACT, subject, playbook);
}
static void leave(uint32_t subject, uint32_t playbook, pbk_time at) {
  pbk_set_passage(&playbooks, PBK_CONTACT, subject, passage_left(playbook, at));
}
static void enter(uint32_t subject, uint32_t playbook, uint64_t enrollment) {
  pbk_set_passage(&playbooks, PBK_CONTACT, subject, passage_running(playbook, enrollment));
}
static struct passages of_contact(uint32_t subject) {
  return passages_of(&playbooks, PBK_CONTACT, subject);
}
static bool left(uint32_t subject, uint32_t playbook, pbk_time at) {
  struct passage passage = passage_of(subject, playbook);
  return passage.there && !passage.running && passage.playbook == playbook && passage.of.last_exit == at;
}
static bool runs(uint32_t subject, uint32_t playbook, uint64_t enrollment) {
  struct passage passage = passage_of(subject, playbook);
  return passage.there && passage.running && passage.playbook == playbook && passage.of.enrollment == enrollment;
}

static void by_playbook(void) {
  begin();
  CHECK(!passage_of(3, 0).there);
  CHECK(pbk_running_of(&playbooks, PBK_CONTACT, 3, 0) == NULL);
  pbk_forget_passages(&playbooks, PBK_CONTACT, 3);
  for (uint32_t i = 0; i < 100; i++) {
    uint32_t playbook = i * 37 % 100;
    CHECK(!passage_of(3, playbook).there);
    enter(3, playbook, i + 1);
    CHECK(runs(3, playbook, i + 1));
    leave(3, playbook, playbook * 10);
    CHECK(left(3, playbook, playbook * 10));
    CHECK_EQUAL_UINT(of_contact(3).count, i + 1);
    for (uint32_t j = 0; j <= i; j++) CHECK(left(3, j * 37 % 100, j * 37 % 100 * 10));
  }
  for (uint32_t i = 0; i < 100; i++) {
    const struct passages passages = of_contact(3);
    CHECK_EQUAL_UINT(passage_at(&passages, i).playbook, i);
    CHECK_EQUAL_INT(passage_at(&passages, i).of.last_exit, i * 10);
  }
  CHECK(!of_contact(3).wide);
  CHECK(!passage_of(3, 100).there);
  CHECK(!passage_of(2, 5).there);
  CHECK(!pbk_passage_of(&playbooks, PBK_ACCOUNT, 3, 5).there);
  pbk_set_passage(&playbooks, PBK_ACCOUNT, 70000, passage_left(5, 1));
  CHECK(pbk_passage_of(&playbooks, PBK_ACCOUNT, 70000, 5).there);
  pbk_forget_passages(&playbooks, PBK_CONTACT, 3);
  CHECK(!passage_of(3, 5).there);
  CHECK_EQUAL_UINT(of_contact(3).count, 0);
  end();
}

/* All times and numbers come back as they were, in whatever form they stand, beside whatever else there is. */
static void any_value(void) {
  static const pbk_time times[] = {0,
                                   1,
                                   -1,
                                   INT64_MIN,
                                   INT64_MAX,
                                   INT64_C(-62135596800000000),
                                   INT64_C(253402300799999999),
                                   (INT64_C(1) << 52) - 1,
                                   INT64_C(1) << 52,
                                   INT64_C(1700000000123457)};
  static const uint64_t numbers[] = {1, 2, (UINT64_C(1) << 52) - 1, UINT64_C(1) << 52, UINT64_MAX >> 3};
  static const uint32_t places[] = {0, 1, 1023, 1024, 70000, INT32_MAX};
  enum {
    TIMES = sizeof times / sizeof *times,
    NUMBERS = sizeof numbers / sizeof *numbers,
    PLACES = sizeof places / sizeof *places
  };
  begin();
  for (uint32_t others = 0; others < 12; others++)
    for (uint32_t place = 0; place < PLACES; place++)
      for (uint32_t i = 0; i < TIMES + NUMBERS; i++) {
        for (uint32_t other = 0; other < others; other++) leave(7, other * 2 + 2, other + INT64_C(1600000000000000));
        for (uint32_t again = 0; again < 2; again++) {
          enter(7, places[place], 5 + again);
          CHECK(runs(7, places[place], 5 + again));
          if (i < TIMES)
            leave(7, places[place], times[i]);
          else
            enter(7, places[place], numbers[i - TIMES]);
          CHECK(i < TIMES ? left(7, places[place], times[i]) : runs(7, places[place], numbers[i - TIMES]));
          CHECK_EQUAL_UINT(of_contact(7).count, others + 1);
        }
        bool fits = places[place] < 1024 && ((i < TIMES ? (uint64_t)times[i] : numbers[i - TIMES]) >> 52) == 0;
        CHECK_EQUAL_INT(of_contact(7).wide, !fits);
        for (uint32_t other = 0; other < others; other++) CHECK(left(7, other * 2 + 2, other + INT64_C(1600000000000000)));
        CHECK(!passage_of(7, 3).there && !passage_of(7, 1025).there);
        pbk_forget_passages(&playbooks, PBK_CONTACT, 7);
      }
  end();
}

/* One takes its word alone, a few eight bytes each. */
static void room(void) {
  begin();
  leave(1, 5, 10);
  uint64_t before = memory.used;
  leave(2, 5, 10);
  CHECK_EQUAL_UINT(memory.used, before);
  for (uint32_t i = 2; i <= PASSAGES_FEW_MOST; i++) {
    leave(2, i * 3 % 17, 10);
    CHECK_EQUAL_UINT(of_contact(2).count, i);
    CHECK_EQUAL_UINT(memory.used, before + i * sizeof(uint64_t));
  }
  leave(2, 16, 10);
  CHECK_EQUAL_UINT(memory.used, before + (PASSAGES_FEW_MOST + 2) * sizeof(uint64_t));
  leave(2, 16, -10);
  CHECK_EQUAL_UINT(memory.used, before + (PASSAGES_FEW_MOST + 1) * sizeof(struct passage) + sizeof(uint64_t));
  end();
}

static void running(void) {
  begin();
  struct enrollment *enrollment = table_add(&memory, &playbooks.enrollments, sizeof(struct enrollment));
  *enrollment = (struct enrollment){.id = 1};
  pbk_set_passage(&playbooks, PBK_ACCOUNT, 1, passage_left(2, 0));
  CHECK(pbk_running_of(&playbooks, PBK_ACCOUNT, 1, 2) == NULL);
  pbk_set_passage(&playbooks, PBK_ACCOUNT, 1, passage_running(2, 1));
  CHECK(pbk_running_of(&playbooks, PBK_ACCOUNT, 1, 2) == enrollment_at(&playbooks, 1));
  CHECK(pbk_running_of(&playbooks, PBK_ACCOUNT, 1, 3) == NULL);
  pbk_table_remove(&memory, &playbooks.enrollments, 1);
  end();
}

static void judged_once(void) {
  begin();
  for (uint32_t cause = 1; cause <= 50; cause++) {
    playbooks.cause = cause;
    uint32_t many = cause % 10 == 0 ? 5000 : 3;
    for (uint32_t i = 0; i < many; i++) {
      CHECK(pbk_judge_once(&playbooks, i % 7, i / 7));
      CHECK(!pbk_judge_once(&playbooks, i % 7, i / 7));
    }
    for (uint32_t i = 0; i < many; i++) CHECK(!pbk_judge_once(&playbooks, i % 7, i / 7));
    CHECK(pbk_judge_once(&playbooks, 7, 0));
  }
  end();
}

/* Most causes judge one, which stands outside the set. */
static void judged_first(void) {
  begin();
  for (uint32_t cause = 1; cause <= 3; cause++) {
    playbooks.cause = cause;
    CHECK(judge_once(&playbooks, 0, 0));
    CHECK(!judge_once(&playbooks, 0, 0));
    if (cause == 2) continue;
    CHECK(judge_once(&playbooks, 0, 1));
    CHECK(judge_once(&playbooks, 1, 0));
    CHECK(!judge_once(&playbooks, 0, 0));
    CHECK(!judge_once(&playbooks, 0, 1));
    CHECK(!judge_once(&playbooks, 1, 0));
  }
  end();
}

int main(void) {
  RUN(by_playbook);
  RUN(any_value);
  RUN(room);
  RUN(running);
  RUN(judged_once);
  RUN(judged_first);
  return check_report();
}
