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

static void by_playbook(void) {
  begin();
  CHECK(pbk_passage_of(&playbooks, PBK_CONTACT, 3, 0) == NULL);
  CHECK(pbk_running_of(&playbooks, PBK_CONTACT, 3, 0) == NULL);
  pbk_forget_passages(&playbooks, PBK_CONTACT, 3);
  for (uint32_t i = 0; i < 100; i++) {
    uint32_t playbook = i * 37 % 100;
    struct passage *passage = pbk_need_passage(&playbooks, PBK_CONTACT, 3, playbook);
    CHECK(!passage->running);
    passage->of.last_exit = playbook * 10;
    CHECK(pbk_need_passage(&playbooks, PBK_CONTACT, 3, playbook)->of.last_exit == playbook * 10);
  }
  CHECK_EQUAL_UINT(passages_of(&playbooks, PBK_CONTACT, 3).count, 100);
  for (uint32_t i = 0; i < 100; i++) CHECK_EQUAL_INT(pbk_passage_of(&playbooks, PBK_CONTACT, 3, i)->of.last_exit, i * 10);
  CHECK(pbk_passage_of(&playbooks, PBK_CONTACT, 3, 100) == NULL);
  CHECK(pbk_passage_of(&playbooks, PBK_CONTACT, 2, 5) == NULL);
  CHECK(pbk_passage_of(&playbooks, PBK_ACCOUNT, 3, 5) == NULL);
  pbk_need_passage(&playbooks, PBK_ACCOUNT, 70000, 5);
  CHECK(pbk_passage_of(&playbooks, PBK_ACCOUNT, 70000, 5) != NULL);
  pbk_forget_passages(&playbooks, PBK_CONTACT, 3);
  CHECK(pbk_passage_of(&playbooks, PBK_CONTACT, 3, 5) == NULL);
  end();
}

static void running(void) {
  begin();
  struct enrollment *enrollment = table_add(&memory, &playbooks.enrollments, sizeof(struct enrollment));
  *enrollment = (struct enrollment){.id = 1};
  struct passage *passage = pbk_need_passage(&playbooks, PBK_ACCOUNT, 1, 2);
  CHECK(pbk_running_of(&playbooks, PBK_ACCOUNT, 1, 2) == NULL);
  passage->running = true;
  passage->of.enrollment = 1;
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
  RUN(running);
  RUN(judged_once);
  RUN(judged_first);
  return check_report();
}
