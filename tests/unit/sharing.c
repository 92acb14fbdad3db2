/* tests/unit/sharing.c - events of contacts that count for their accounts (SPEC E6) against a plain list. */
#include "facts_support.h"

static void watch(int32_t kind, uint32_t event) {
  uint64_t budget = UINT64_MAX;
  pbk_want_event(&facts, kind, event);
  struct watching watching = pbk_watch_wanted(&facts);
  CHECK(pbk_watch_more(&facts, &watching, &budget));
}

static struct contact *member_of(struct account *account, const char *key) {
  struct contact *contact = pbk_need_contact(&facts, text_from(key));
  pbk_join_account(&facts, contact, account->subject.index);
  return contact;
}

/* The account keeps nothing itself until somebody asks. */
static void kept_once(void) {
  open_facts();
  uint32_t login = name_of("login"), other = name_of("other");
  struct account *account = pbk_need_account(&facts, TEXT("a1"));
  struct contact *contact = member_of(account, "u1"), *late = pbk_need_contact(&facts, TEXT("u2"));
  pbk_record_contact_event(&facts, late, MAP_NONE, login, 1);
  pbk_join_account(&facts, late, account->subject.index);
  CHECK(contact->subject.shares && !late->subject.shares);
  begin();
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 5);
  CHECK_TEXT(text_from(changed()), ""); /* nobody looks at it */
  pbk_record_contact_event(&facts, contact, account->subject.index, other, 6);
  CHECK(account->subject.history == NULL);
  pbk_record_contact_event(&facts, late, account->subject.index, login, 3);
  pbk_record_event(&facts, &account->subject, login, 4);
  CHECK(account->subject.history != NULL);
  watch(PBK_ACCOUNT, login);
  struct series series = pbk_subject_series(&account->subject, login);
  CHECK_EQUAL_UINT(series.count, 3);
  for (uint32_t i = 0; i < 3; i++) CHECK_EQUAL_INT(series.times[i], 3 + (pbk_time)i);
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 7);
  CHECK_EQUAL_UINT(pbk_subject_series(&account->subject, login).count, 4);
  watch(PBK_ACCOUNT, other); /* what was watched already is not counted again */
  CHECK_EQUAL_UINT(pbk_subject_series(&account->subject, login).count, 4);
  CHECK_EQUAL_UINT(pbk_subject_series(&account->subject, other).count, 1);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, login).count, 0);
  close_facts();
}

/* What nobody looks at is no change; but whoever is older by it is so, the account that keeps nothing of it too (SPEC E7).
 */
static void changes_of_both(void) {
  open_facts();
  uint32_t login = name_of("login");
  context.now = 100;
  struct account *account = pbk_need_account(&facts, TEXT("a1"));
  struct contact *contact = member_of(account, "u1");
  context.now = 200;
  begin();
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 200);
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 150);
  CHECK_TEXT(text_from(changed()), "");
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 90);
  CHECK_TEXT(text_from(changed()), "aa");
  CHECK_EQUAL_INT(contact->subject.created_at, 90);
  CHECK_EQUAL_INT(account->subject.created_at, 90);
  watch(PBK_ACCOUNT, login);
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 80);
  CHECK_TEXT(text_from(changed()), "aea");
  watch(PBK_CONTACT, login);
  pbk_record_contact_event(&facts, contact, account->subject.index, login, 200);
  CHECK_TEXT(text_from(changed()), "ee");
  close_facts();
}

/* An event in another account's name, leaving, going: the account keeps what was its own, and no more. */
static void parted(void) {
  open_facts();
  uint32_t login = name_of("login");
  struct account *first = pbk_need_account(&facts, TEXT("a1")), *second = pbk_need_account(&facts, TEXT("a2"));
  struct contact *elsewhere = member_of(first, "u1"), *leaving = member_of(first, "u2"), *going = member_of(first, "u3");
  pbk_time time = 0;
  struct contact *all[] = {elsewhere, leaving, going};
  for (uint32_t i = 0; i < 3; i++) pbk_record_contact_event(&facts, all[i], first->subject.index, login, ++time);
  CHECK_EQUAL_UINT(pbk_parting_growth(&facts, going->subject.index, first->subject.index), 0);
  CHECK(pbk_parting_growth(&facts, going->subject.index, MAP_NONE) > 0);
  pbk_record_contact_event(&facts, elsewhere, second->subject.index, login, ++time);
  CHECK(!elsewhere->subject.shares && elsewhere->subject.account == first->subject.index);
  pbk_record_contact_event(&facts, elsewhere, first->subject.index, login, ++time);
  pbk_join_account(&facts, leaving, second->subject.index);
  CHECK(!leaving->subject.shares);
  pbk_record_contact_event(&facts, leaving, second->subject.index, login, ++time);
  pbk_erase_subject(&facts, &going->subject);
  watch(PBK_ACCOUNT, login);
  CHECK_EQUAL_UINT(pbk_subject_series(&first->subject, login).count, 4);
  CHECK_EQUAL_UINT(pbk_subject_series(&second->subject, login).count, 2);
  pbk_erase_subject(&facts, &first->subject);
  CHECK(elsewhere->subject.account == MAP_NONE && !elsewhere->subject.shares && elsewhere->subject.history != NULL);
  close_facts();
}

/* Random work against a list of who did what for whom. */
enum { EVENTS = 4, CONTACTS = 6, ACCOUNTS = 3, DEEDS = 4000 };
static struct deed {
  uint32_t account, event;
  pbk_time time;
} deeds[DEEDS];
static uint32_t deed_count;

static void check_account(uint32_t account, const uint32_t *events, const bool *watched) {
  for (uint32_t event = 0; event < EVENTS; event++) {
    if (!watched[event]) continue;
    struct series series = pbk_subject_series(&account_at(&facts, account)->subject, events[event]);
    uint32_t count = 0;
    uint64_t sum = 0, wanted = 0;
    for (uint32_t i = 0; i < deed_count; i++) {
      if (deeds[i].account != account || deeds[i].event != event) continue;
      count++;
      wanted += (uint64_t)deeds[i].time;
    }
    for (uint32_t i = 0; i < series.count; i++) {
      sum += (uint64_t)series.times[i];
      CHECK(i == 0 || series.times[i - 1] <= series.times[i]);
    }
    CHECK_EQUAL_UINT(series.count, count);
    CHECK_EQUAL_UINT(sum, wanted);
  }
}

static void random_deeds(uint64_t random) {
  uint32_t events[EVENTS], index[CONTACTS], born = 0;
  bool watched[EVENTS] = {false};
  char key[12];
  open_facts();
  deed_count = 0;
  for (uint32_t i = 0; i < EVENTS; i++) {
    snprintf(key, sizeof key, "e%" PRIu32, i);
    events[i] = name_of(key);
  }
  for (uint32_t i = 0; i < ACCOUNTS; i++) {
    snprintf(key, sizeof key, "a%" PRIu32, i);
    pbk_need_account(&facts, text_from(key));
  }
  for (uint32_t i = 0; i < CONTACTS; i++) index[i] = MAP_NONE;
  for (uint32_t round = 0; round < DEEDS; round++) {
    uint32_t number = check_random_below(&random, CONTACTS), event = check_random_below(&random, EVENTS);
    uint32_t account = check_random_below(&random, ACCOUNTS + 1), what = check_random_below(&random, 1000);
    if (account == ACCOUNTS) account = MAP_NONE;
    if (index[number] == MAP_NONE) {
      snprintf(key, sizeof key, "u%" PRIu32, born++);
      index[number] = pbk_need_contact(&facts, text_from(key))->subject.index;
      if (what % 2) pbk_join_account(&facts, contact_at(&facts, index[number]), account);
    }
    struct contact *contact = contact_at(&facts, index[number]);
    if (what < 10) {
      pbk_join_account(&facts, contact, account);
    } else if (what < 15) {
      pbk_erase_subject(&facts, &contact->subject);
      index[number] = MAP_NONE;
    } else if (what < 17) {
      watch(what == 15 ? PBK_ACCOUNT : PBK_CONTACT, events[event]);
      if (what == 15) watched[event] = true;
      for (uint32_t i = 0; i < ACCOUNTS; i++) check_account(i, events, watched);
    } else {
      if (what < 980) account = contact->subject.account;
      pbk_time time = (pbk_time)check_random_below(&random, 1000) + (what % 3 ? round * (pbk_time)1000000 : 0);
      pbk_record_contact_event(&facts, contact, account, events[event], time);
      if (account != MAP_NONE) deeds[deed_count++] = (struct deed){account, event, time};
    }
    begin();
  }
  for (uint32_t i = 0; i < EVENTS; i++) watch(PBK_ACCOUNT, events[i]), watched[i] = true;
  for (uint32_t i = 0; i < ACCOUNTS; i++) check_account(i, events, watched);
  close_facts();
}
static void random_work(void) {
  for (uint64_t seed = 1; seed <= 12; seed++) random_deeds(seed * 77);
}

int main(void) {
  RUN(kept_once);
  RUN(changes_of_both);
  RUN(parted);
  RUN(random_work);
  return check_report();
}
