/* tests/unit/sender.c - which senders are active, and who sends (SPEC E3, S1, S2, S7, O5). */
#include "facts_support.h"

#include "sender/sender.h"

static struct senders senders;
static struct user john, mary;

static void open_senders(void) {
  open_facts();
  pbk_senders_init(&senders, &context, &facts);
  john = mary = (struct user){.licensed = true};
  struct user *both[] = {&john, &mary};
  for (uint32_t i = 0; i < 2; i++) {
    struct text key = i ? TEXT("mary") : TEXT("john");
    pbk_registry_install(&facts.users,
                         pbk_registry_propose(&facts.users, key, pbk_names_intern(&context.names, key), both[i]), both[i]);
  }
}

static void close_senders(void) {
  pbk_senders_release(&senders);
  for (uint32_t i = 0; i < 2; i++)
    if (registry_current(&facts.users, i)) pbk_registry_install_removal(&facts.users, i); /* they are not the heap's */
  close_facts();
}

static uint32_t add(const char *key, uint32_t user) {
  struct sender *sender = pbk_allocate(&memory, sizeof *sender);
  *sender = (struct sender){.user = user};
  uint32_t place = pbk_registry_propose(&senders.registry, text_from(key), name_of(key), sender);
  pbk_release_sender(&senders, pbk_registry_install(&senders.registry, place, sender));
  return place;
}

/* E3: defined, not removed, and without a user or with a licensed one. */
static void active(void) {
  open_senders();
  uint32_t alone = add("alone", MAP_NONE), ann = add("ann", 0);
  CHECK(pbk_sender_active(&senders, alone));
  CHECK(pbk_sender_active(&senders, ann));
  CHECK(pbk_sender_active_latest(&senders, ann));
  CHECK(!pbk_sender_unavailable(&senders, ann));
  john.licensed = false;
  CHECK(!pbk_sender_active(&senders, ann));
  CHECK(pbk_sender_unavailable(&senders, ann)); /* O5 */
  CHECK(pbk_sender_active(&senders, alone));
  john.licensed = true;
  sender_at(&senders, ann)->removal = SENDER_DRAINED;
  CHECK(!pbk_sender_active(&senders, ann));
  CHECK(!pbk_sender_unavailable(&senders, ann)); /* what it serves goes on (S7) */
  sender_at(&senders, ann)->removal = SENDER_CANCELLED;
  CHECK(!pbk_sender_active(&senders, ann));
  CHECK(pbk_sender_unavailable(&senders, ann));
  add("ann", 0); /* defined again */
  CHECK(pbk_sender_active(&senders, ann));
  CHECK(!pbk_sender_active(&senders, MAP_NONE));
  CHECK(pbk_sender_unavailable(&senders, MAP_NONE));
  close_senders();
}

/* By the latest definitions, as a batch under way leaves them. */
static void active_by_the_latest(void) {
  open_senders();
  uint32_t ann = add("ann", 0);
  struct user unlicensed = {.licensed = false};
  pbk_registry_propose(&facts.users, TEXT("john"), name_of("john"), &unlicensed);
  CHECK(pbk_sender_active(&senders, ann));
  CHECK(!pbk_sender_active_latest(&senders, ann));
  pbk_registry_abandon(&facts.users);
  CHECK(pbk_sender_active_latest(&senders, ann));
  struct sender kept = {.user = MAP_NONE};
  uint32_t proposed = pbk_registry_propose(&senders.registry, TEXT("new"), name_of("new"), &kept);
  CHECK(pbk_sender_active_latest(&senders, proposed));
  CHECK(!pbk_sender_active(&senders, proposed));
  pbk_registry_abandon(&senders.registry);
  close_senders();
}

/* S2: the first-defined active sender of the user. */
static void of_a_user(void) {
  open_senders();
  add("other", 1);
  uint32_t first = add("first", 0), second = add("second", 0);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), first);
  sender_at(&senders, first)->removal = SENDER_DRAINED;
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), second);
  john.licensed = false;
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), MAP_NONE);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, MAP_NONE), MAP_NONE);
  close_senders();
}

/* Many of both; other users and others' senders by redefinition count at once. */
static void of_many_users(void) {
  enum { USERS = 40 };
  open_senders();
  for (uint32_t i = 0; i < 3 * USERS; i++) {
    char key[16];
    snprintf(key, sizeof key, "s%" PRIu32, i);
    CHECK_EQUAL_UINT(add(key, 1000 - i * 7 % USERS), i); /* users of no licence: nobody is active */
    if (i % 50 == 0) CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), MAP_NONE);
  }
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 1000), MAP_NONE);
  add("s77", 0);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), 77);
  add("s33", 1);
  add("s11", 0);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), 11);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 1), 33);
  add("s11", 1);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 0), 77);
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 1), 11);
  pbk_release_sender(&senders, pbk_registry_install_removal(&senders.registry, 11));
  CHECK_EQUAL_UINT(pbk_sender_of_user(&senders, 1), 33);
  close_senders();
}

static void the_default(void) {
  open_senders();
  CHECK_EQUAL_UINT(pbk_active_default_sender(&senders), MAP_NONE);
  senders.default_sender = add("success", 0);
  CHECK_EQUAL_UINT(pbk_active_default_sender(&senders), senders.default_sender);
  john.licensed = false;
  CHECK_EQUAL_UINT(pbk_active_default_sender(&senders), MAP_NONE);
  close_senders();
}

int main(void) {
  RUN(active);
  RUN(active_by_the_latest);
  RUN(of_a_user);
  RUN(of_many_users);
  RUN(the_default);
  return check_report();
}
