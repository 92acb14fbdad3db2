/* tests/unit/changes.c - what inputs do to subjects, and what they note of it (SPEC E4 to E7, T7). */
#include "facts_support.h"

#include <float.h>

static struct contact *contact;
static struct account *account;

static void open_both(void) {
  open_facts();
  context.now = 1000;
  contact = pbk_need_contact(&facts, TEXT("u1"));
  account = pbk_need_account(&facts, TEXT("a1"));
  begin();
}

/* E4: merged key by key; only what differs is a change. */
static void traits(void) {
  open_both();
  pbk_member members[] = {{"a", 1, 0, value_int(1)}, {"b", 1, 0, value_int(2)}};
  pbk_value traits = {.kind = PBK_MAP, .size = 2, .as.members = members};
  pbk_merge_traits(&facts, &contact->subject, &traits);
  CHECK_TEXT(text_from(changed()), "tt");
  pbk_merge_traits(&facts, &contact->subject, &traits);
  CHECK_TEXT(text_from(changed()), "");
  members[1].value = value_int(3);
  pbk_merge_traits(&facts, &contact->subject, &traits);
  CHECK_EQUAL_UINT(facts.changes.items[0].number, name_of("b"));
  CHECK_TEXT(text_from(changed()), "t");
  pbk_value empty = {.kind = PBK_MAP};
  pbk_merge_traits(&facts, &contact->subject, &empty);
  CHECK_TEXT(text_from(changed()), "");
  CHECK_EQUAL_UINT(trait_count(&contact->subject, &facts.subjects), 2);
  close_facts();
}

/* E2: at most one account; its contacts stand in the order of their creation. */
static void accounts(void) {
  open_both();
  struct account *other = pbk_need_account(&facts, TEXT("a2"));
  struct contact *second = pbk_need_contact(&facts, TEXT("u2")), *third = pbk_need_contact(&facts, TEXT("u3"));
  begin();
  pbk_join_account(&facts, third, account->subject.index);
  pbk_join_account(&facts, contact, account->subject.index);
  pbk_join_account(&facts, second, account->subject.index);
  CHECK_TEXT(text_from(changed()), "jjj");
  CHECK_EQUAL_UINT(contact_list_count(account->contacts), 3);
  for (uint32_t i = 0; i < 3; i++) CHECK_EQUAL_UINT(contact_list_row(account->contacts, 0).items[i], i);
  pbk_join_account(&facts, second, account->subject.index);
  CHECK_TEXT(text_from(changed()), "");
  pbk_join_account(&facts, second, other->subject.index);
  CHECK_EQUAL_UINT(contact_list_count(account->contacts), 2);
  CHECK_EQUAL_UINT(contact_list_count(other->contacts), 1);
  CHECK_EQUAL_UINT(second->subject.account, other->subject.index);
  pbk_join_account(&facts, second, MAP_NONE);
  CHECK_EQUAL_UINT(contact_list_count(other->contacts), 0);
  CHECK_EQUAL_UINT(second->subject.account, MAP_NONE);
  close_facts();
}

/* E7: an event that occurred before it was created makes a subject older. */
static void events(void) {
  open_both();
  uint32_t login = name_of("login");
  pbk_watch_event(&facts.subjects, PBK_CONTACT, login);
  pbk_record_event(&facts, &contact->subject, login, 1000);
  CHECK_TEXT(text_from(changed()), "e");
  pbk_record_event(&facts, &contact->subject, login, 900);
  CHECK_TEXT(text_from(changed()), "ea");
  CHECK_EQUAL_INT(contact->subject.created_at, 900);
  pbk_record_event(&facts, &contact->subject, login, 950);
  CHECK_TEXT(text_from(changed()), "e");
  CHECK_EQUAL_INT(contact->subject.created_at, 900);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, login).count, 3);
  close_facts();
}

static void stage_and_health(void) {
  open_both();
  uint32_t trial = name_of("trial");
  pbk_set_stage(&facts, &contact->subject, trial);
  CHECK_TEXT(text_from(changed()), "s");
  pbk_set_stage(&facts, &contact->subject, trial); /* P2: again is no change */
  CHECK_TEXT(text_from(changed()), "");
  pbk_value whole = value_int(70), real = value_double(70);
  pbk_set_health(&facts, &contact->subject, &whole);
  CHECK_TEXT(text_from(changed()), "h");
  pbk_set_health(&facts, &contact->subject, &whole);
  CHECK_TEXT(text_from(changed()), "");
  pbk_set_health(&facts, &contact->subject, &real); /* another value, though neither more nor less */
  CHECK_TEXT(text_from(changed()), "h");
  close_facts();
}

/* Exact, also where an int does not fit a double. */
static void comparing_health(void) {
  static const struct {
    bool a_real, b_real;
    int64_t a_int;
    double a_double;
    int64_t b_int;
    double b_double;
    int wanted;
  } cases[] = {
    {false, false, 1, 0, 2, 0, -1},
    {false, false, 2, 0, 2, 0, 0},
    {true, true, 0, 1.5, 0, 1.25, 1},
    {true, true, 0, -0.0, 0, 0.0, 0},
    {false, true, 1, 0, 0, 1.0, 0},
    {false, true, 1, 0, 0, 1.5, -1},
    {false, true, 2, 0, 0, 1.5, 1},
    {false, true, -1, 0, 0, -1.5, 1},
    {false, true, -2, 0, 0, -1.5, -1},
    {false, true, INT64_MAX, 0, 0, 9223372036854775808.0, -1},
    {false, true, INT64_MAX, 0, 0, 9223372036854774784.0, 1},
    {false, true, INT64_MIN, 0, 0, -9223372036854775808.0, 0},
    {false, true, INT64_MIN, 0, 0, -9223372036854777856.0, 1},
    {false, true, 9007199254740993, 0, 0, 9007199254740992.0, 1},
    {false, true, INT64_MAX, 0, 0, DBL_MAX, -1},
    {false, true, INT64_MIN, 0, 0, -DBL_MAX, 1},
    {false, true, 0, 0, 0, DBL_MIN, -1},
    {false, true, 0, 0, 0, -DBL_MIN, 1},
  };
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pbk_value a = cases[i].a_real ? value_double(cases[i].a_double) : value_int(cases[i].a_int);
    pbk_value b = cases[i].b_real ? value_double(cases[i].b_double) : value_int(cases[i].b_int);
    check_note("case %" PRIu32, i);
    CHECK_EQUAL_INT(pbk_compare_health(&a, &b), cases[i].wanted);
    CHECK_EQUAL_INT(pbk_compare_health(&b, &a), -cases[i].wanted);
    CHECK_EQUAL_INT(pbk_compare_health(&a, &a), 0);
  }
}

static void define_user(const char *key) {
  struct user *user = pbk_allocate_cleared(&memory, sizeof *user);
  uint32_t place = pbk_registry_propose(&facts.users, text_from(key), name_of(key), user);
  pbk_registry_install(&facts.users, place, user);
  pbk_registry_settle(&facts.users);
}
static void undefine_user(const char *key) {
  uint32_t place = pbk_registry_find(&facts.users, text_from(key));
  pbk_registry_propose_removal(&facts.users, place);
  pbk_release(&memory, pbk_registry_install_removal(&facts.users, place), sizeof(struct user));
  pbk_registry_settle(&facts.users);
}

/* One user per role, who is defined. */
static void holders(void) {
  open_both();
  for (char key[2] = "a"; key[0] <= 'i'; key[0]++) define_user(key);
  pbk_set_holder(&facts, account, 0, 5);
  pbk_set_holder(&facts, account, 1, 6);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 0), 5);
  pbk_set_holder(&facts, account, 0, 7);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 0), 7);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 2), MAP_NONE);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, MAP_NONE, 0), MAP_NONE);
  pbk_set_holder(&facts, account, 0, MAP_NONE);
  pbk_set_holder(&facts, account, 3, MAP_NONE);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 0), MAP_NONE);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 1), 6);
  undefine_user("g"); /* 6 */
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 1), MAP_NONE);
  define_user("g"); /* another one */
  CHECK_EQUAL_UINT(pbk_registry_find(&facts.users, TEXT("g")), 9);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 1), MAP_NONE);
  pbk_set_holder(&facts, account, 1, 9);
  CHECK_EQUAL_UINT(pbk_holder_count(&facts, account->subject.index), 1);
  CHECK_EQUAL_UINT(pbk_holder_of(&facts, account->subject.index, 1), 9);
  close_facts();
}

int main(void) {
  RUN(traits);
  RUN(accounts);
  RUN(events);
  RUN(stage_and_health);
  RUN(comparing_health);
  RUN(holders);
  return check_report();
}
