/* tests/unit/account.c - the contacts of accounts, and who holds roles there (SPEC E2, E3). */
#include "facts_support.h"

enum { ACCOUNTS = 3, CONTACTS = 400 };
static struct account *accounts[ACCOUNTS];
static uint32_t account_of[CONTACTS]; /* place in `accounts`, or ACCOUNTS: none */

static void open_accounts(void) {
  static const char *const keys[ACCOUNTS] = {"a0", "a1", "a2"};
  open_facts();
  for (uint32_t i = 0; i < ACCOUNTS; i++) accounts[i] = pbk_need_account(&facts, text_from(keys[i]));
}

static void open_with_contacts(void) {
  open_accounts();
  for (uint32_t i = 0; i < CONTACTS; i++) {
    char key[8];
    snprintf(key, sizeof key, "u%" PRIu32, i);
    pbk_need_contact(&facts, text_from(key));
    account_of[i] = ACCOUNTS;
  }
}

static void check_contacts(void) {
  for (uint32_t at = 0; at < ACCOUNTS; at++) {
    struct contact_row row = contact_list_row(accounts[at]->contacts, 0);
    uint32_t count = 0, wrong = 0;
    for (uint32_t i = 0; i < CONTACTS; i++) {
      if (account_of[i] != at) continue;
      wrong += count >= row.count || row.items[count] != i;
      count++;
    }
    CHECK_EQUAL_UINT(row.count, count);
    CHECK_EQUAL_UINT(wrong, 0);
  }
}

/* In the order of their creation, whatever the order in which they join and leave. */
static void contacts_come_and_go(void) {
  enum { ROUNDS = 4000, LOOK_EVERY = 97 };
  uint64_t random = 3;
  uint32_t most = 0;
  open_with_contacts();
  CHECK_EQUAL_UINT(contact_list_count(accounts[0]->contacts), 0);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    uint32_t contact = check_random_below(&random, CONTACTS), to = check_random_below(&random, ACCOUNTS + 1);
    if (round > ROUNDS / 2 && check_random_below(&random, 3)) to = ACCOUNTS; /* they become few again */
    pbk_join_account(&facts, contact_at(&facts, contact), to == ACCOUNTS ? MAP_NONE : accounts[to]->subject.index);
    account_of[contact] = to;
    for (uint32_t at = 0; at < ACCOUNTS; at++)
      if (contact_list_count(accounts[at]->contacts) > most) most = contact_list_count(accounts[at]->contacts);
    check_note("round %" PRIu32, round);
    if (round % LOOK_EVERY == 0) check_contacts();
  }
  check_contacts();
  CHECK_EQUAL_UINT(facts.largest_account, most);
  pbk_erase_subject(&facts, &accounts[1]->subject);
  CHECK_EQUAL_UINT(contact_list_count(accounts[1]->contacts), 0);
  for (uint32_t i = 0; i < CONTACTS; i++)
    if (account_of[i] == 1) account_of[i] = ACCOUNTS;
  check_contacts();
  close_facts();
}

/* Any number of roles, each with the user set last; other accounts have their own. */
static void many_holders(void) {
  enum { ROLES = 30, ROUNDS = 2000, USERS = 50 };
  uint32_t wanted[ACCOUNTS][ROLES];
  uint64_t random = 8;
  open_accounts();
  for (uint32_t at = 0; at < ACCOUNTS; at++)
    for (uint32_t role = 0; role < ROLES; role++) wanted[at][role] = MAP_NONE;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    uint32_t at = 1 + check_random_below(&random, ACCOUNTS - 1), role = check_random_below(&random, ROLES);
    uint32_t user = check_random_below(&random, USERS), held[ROLES], wrong = 0, count = 0;
    if (user % 3 == 0) user = MAP_NONE;
    pbk_set_holder(&facts, accounts[at], role, user);
    wanted[at][role] = user;
    for (uint32_t i = 0; i < ROLES; i++) count += wanted[at][i] != MAP_NONE, held[i] = MAP_NONE;
    for (uint32_t i = 0; i < pbk_holder_count(&facts, at); i++) {
      struct holder holder = pbk_holder_at(&facts, at, i);
      wrong += held[holder.role] != MAP_NONE;
      held[holder.role] = holder.user;
    }
    check_note("round %" PRIu32, round);
    CHECK_EQUAL_UINT(pbk_holder_count(&facts, at), count);
    CHECK_EQUAL_UINT(wrong, 0);
    if (!CHECK_EQUAL_BYTES(held, wanted[at], sizeof held)) break;
  }
  CHECK_EQUAL_UINT(pbk_holder_count(&facts, 0), 0);
  pbk_erase_subject(&facts, &accounts[1]->subject);
  CHECK_EQUAL_UINT(pbk_holder_count(&facts, 1), 0);
  CHECK(pbk_holder_count(&facts, 2) > 0);
  close_facts();
}

int main(void) {
  RUN(contacts_come_and_go);
  RUN(many_holders);
  return check_report();
}
