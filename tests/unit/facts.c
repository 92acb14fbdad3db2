/* tests/unit/facts.c - subjects found, created, erased (SPEC E1, E2, E7, E9). */
#include "facts_support.h"

static pbk_value room; /* what is read goes there */
static void created_once(void) {
  open_facts();
  context.now = 50;
  begin();
  struct contact *contact = pbk_need_contact(&facts, TEXT("u1"));
  struct account *account = pbk_need_account(&facts, TEXT("u1")); /* E1: unique within a kind */
  CHECK_TEXT(text_from(changed()), "cc");
  CHECK(pbk_need_contact(&facts, TEXT("u1")) == contact);
  CHECK(pbk_need_account(&facts, TEXT("u1")) == account);
  CHECK_TEXT(text_from(changed()), "");
  CHECK_EQUAL_INT(contact->subject.created_at, 50);
  CHECK_EQUAL_INT(contact->subject.kind, PBK_CONTACT);
  CHECK_EQUAL_INT(account->subject.kind, PBK_ACCOUNT);
  CHECK_EQUAL_UINT(contact->subject.account, MAP_NONE);
  CHECK_EQUAL_UINT(pinned_sender(contact), MAP_NONE);
  CHECK(!contact->subject.suppressed);
  CHECK_EQUAL_UINT(facts.contact_count, 1);
  CHECK_EQUAL_UINT(facts.account_count, 1);
  CHECK_EQUAL_UINT(pbk_find_subject(&facts, PBK_CONTACT, TEXT("u1")), 0);
  CHECK_EQUAL_UINT(pbk_find_subject(&facts, PBK_ACCOUNT, TEXT("u2")), MAP_NONE);
  CHECK(pbk_need_subject(&facts, PBK_ACCOUNT, TEXT("u1")) == &account->subject);
  CHECK(pbk_subject_at(&facts, PBK_CONTACT, 0) == &contact->subject);
  CHECK_EQUAL_UINT(pbk_subject_total(&facts, PBK_CONTACT), 1);
  close_facts();
}

/* E9: the key may be used anew, without history; contacts of a deleted account have none. */
static void erased(void) {
  open_facts();
  struct account *account = pbk_need_account(&facts, TEXT("a1"));
  struct contact *contacts[3];
  static const char *const keys[] = {"u1", "u2", "u3"};
  for (uint32_t i = 0; i < 3; i++) {
    contacts[i] = pbk_need_contact(&facts, text_from(keys[i]));
    pbk_join_account(&facts, contacts[i], account->subject.index);
  }
  pbk_value value = value_string(TEXT("pro"));
  pbk_subject_set_trait(&contacts[1]->subject, &facts.subjects, name_of("plan"), &value);
  pbk_record_event(&facts, &contacts[1]->subject, name_of("login"), 5);
  pbk_record_contact(&facts, contacts[1], 0, 5);
  begin();
  pbk_erase_subject(&facts, &contacts[1]->subject);
  CHECK_TEXT(text_from(changed()), "jd");
  CHECK(contacts[1]->subject.deleted);
  CHECK_TEXT(subject_key(&contacts[1]->subject), "u2"); /* outputs still name it */
  CHECK_EQUAL_UINT(trait_count(&contacts[1]->subject, &facts.subjects), 0);
  CHECK(contacts[1]->subject.history == NULL);
  CHECK_EQUAL_UINT(contacted_count(contacts[1]), 0);
  CHECK_EQUAL_UINT(contact_list_count(account->contacts), 2);
  CHECK_EQUAL_UINT(pbk_find_contact(&facts, TEXT("u2")), MAP_NONE);
  CHECK_EQUAL_UINT(facts.contact_count, 2);
  struct contact *anew = pbk_need_contact(&facts, TEXT("u2"));
  CHECK_EQUAL_UINT(anew->subject.index, 3); /* an index is never used again */
  CHECK_EQUAL_UINT(pbk_subject_series(&anew->subject, name_of("login")).count, 0);
  begin();
  pbk_erase_subject(&facts, &account->subject);
  CHECK_TEXT(text_from(changed()), "jjd");
  CHECK_EQUAL_UINT(contacts[0]->subject.account, MAP_NONE);
  CHECK_EQUAL_UINT(contacts[2]->subject.account, MAP_NONE);
  CHECK_EQUAL_UINT(pbk_find_account(&facts, TEXT("a1")), MAP_NONE);
  CHECK_EQUAL_UINT(facts.account_count, 0);
  close_facts();
}

/* X3: a condition that comes later sees all that happened before; of contacts, of accounts, and of neither. */
static void watch_wanted(void) {
  struct watching watching = pbk_watch_wanted(&facts);
  uint64_t budget = 1, calls = 1;
  for (; !pbk_watch_more(&facts, &watching, &budget); budget = 1) calls++; /* one by one */
  CHECK(calls <= (uint64_t)facts.contacts.count + facts.accounts.count + 1);
}

static void watched_later(void) {
  open_facts();
  struct contact *contact = pbk_need_contact(&facts, TEXT("u1"));
  struct account *account = pbk_need_account(&facts, TEXT("a1"));
  uint32_t login = name_of("login"), other = name_of("other");
  for (uint32_t i = 0; i < 200; i++) {
    pbk_record_event(&facts, &contact->subject, i % 3 ? login : other, (pbk_time)i * 1000);
    pbk_record_event(&facts, &account->subject, i % 3 ? login : other, (pbk_time)i * 1000);
  }
  pbk_record_event(&facts, &contact->subject, login, 500); /* late */
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, login).count, 0);
  uint64_t logged = facts.subjects.log_bytes;
  CHECK(logged > 0 && pbk_watching_growth(&facts) >= logged);
  pbk_want_event(&facts, PBK_CONTACT, other);
  pbk_forget_wanted(&facts); /* the definition was refused */
  pbk_want_event(&facts, PBK_CONTACT, login);
  pbk_want_event(&facts, PBK_CONTACT, login);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, login).count, 0);
  watch_wanted();
  struct series series = pbk_subject_series(&contact->subject, login);
  CHECK_EQUAL_UINT(series.count, 134);
  CHECK_EQUAL_INT(series.times[0], 500);
  CHECK_EQUAL_INT(series.times[133], 199000);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, other).count, 0);
  CHECK_EQUAL_UINT(pbk_subject_series(&account->subject, login).count, 0);
  CHECK(facts.subjects.log_bytes < logged);
  pbk_record_event(&facts, &contact->subject, login, 300000);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, login).count, 135);
  pbk_want_event(&facts, PBK_ACCOUNT, other);
  watch_wanted();
  CHECK_EQUAL_UINT(pbk_subject_series(&account->subject, other).count, 67);
  CHECK_EQUAL_UINT(pbk_subject_series(&contact->subject, other).count, 0);
  pbk_erase_subject(&facts, &contact->subject);
  pbk_erase_subject(&facts, &account->subject);
  CHECK_EQUAL_UINT(facts.subjects.log_bytes, 0);
  close_facts();
}

/* Keys in the row and out of it, up to the longest; health beside traits. */
static void long_keys(void) {
  char key[PBK_MAX_KEY];
  memset(key, 'k', sizeof key);
  open_facts();
  for (uint32_t size = 1; size <= PBK_MAX_KEY; size++) {
    struct text text = {key, size};
    struct contact *contact = pbk_need_contact(&facts, text);
    CHECK_EQUAL_UINT(contact->subject.index, size - 1);
    CHECK_EQUAL_TEXT(subject_key(&contact->subject), text);
    CHECK(pbk_find_contact(&facts, text) == size - 1);
  }
  struct subject *subject = &contact_at(&facts, 0)->subject;
  pbk_value health = value_int(7), plan = value_string(TEXT("a text of its own"));
  CHECK(subject_health(subject, &facts.subjects, &room) == NULL);
  pbk_set_health(&facts, subject, &health);
  pbk_subject_set_trait(subject, &facts.subjects, name_of("plan"), &plan);
  pbk_subject_set_trait(subject, &facts.subjects, name_of("age"), &health);
  CHECK_EQUAL_INT(subject_health(subject, &facts.subjects, &room)->as.integer, 7);
  CHECK_TEXT(value_text(pbk_subject_trait(subject, &facts.subjects, name_of("plan"), &room)), "a text of its own");
  health = value_double(2.5);
  pbk_set_health(&facts, subject, &health);
  CHECK_EQUAL_DOUBLE(subject_health(subject, &facts.subjects, &room)->as.number, 2.5);
  CHECK_EQUAL_INT(pbk_subject_trait(subject, &facts.subjects, name_of("age"), &room)->as.integer, 7);
  CHECK_EQUAL_UINT(trait_count(subject, &facts.subjects), 2);
  close_facts();
}

/* What is asked for ahead of time need not be there. */
static void ahead(void) {
  open_facts();
  struct contact *contact = pbk_need_contact(&facts, TEXT("u1"));
  uint32_t index = contact->subject.index;
  pbk_prefetch_contact(&facts, index);
  prefetch_values(&contact->subject);
  prefetch_history(&contact->subject);
  pbk_join_account(&facts, contact, pbk_need_account(&facts, TEXT("a1"))->subject.index);
  pbk_record_event(&facts, &contact->subject, name_of("login"), 5);
  pbk_prefetch_account(&facts, contact->subject.account);
  prefetch_values(&contact->subject);
  prefetch_history(&contact->subject);
  CHECK_EQUAL_UINT(pbk_facts_growth(&facts, 1), facts.subjects.largest_history * 5 / 4);
  close_facts();
}

static void in_outputs(void) {
  open_facts();
  pbk_need_contact(&facts, TEXT("u1"));
  pbk_need_account(&facts, TEXT("a1"));
  pbk_output contact = {.size = sizeof contact}, account = {.size = sizeof account};
  pbk_output_subject(&facts, &contact, PBK_CONTACT, 0);
  pbk_output_subject(&facts, &account, PBK_ACCOUNT, 0);
  CHECK_TEXT(private_text(contact.contact), "u1");
  CHECK(contact.account.bytes == NULL);
  CHECK_TEXT(private_text(account.account), "a1");
  CHECK(account.contact.bytes == NULL);
  close_facts();
}

/* Random creating, erasing and renaming against a list. */
static void random_work(void) {
  enum { KEYS = 30 };
  uint32_t index_of[KEYS], count = 0;
  for (uint32_t i = 0; i < KEYS; i++) index_of[i] = MAP_NONE;
  uint64_t random = 21;
  open_facts();
  for (uint32_t round = 0; round < 3000; round++) {
    char key[8], other[8];
    uint32_t number = check_random_below(&random, KEYS), second = check_random_below(&random, KEYS);
    snprintf(key, sizeof key, "u%" PRIu32, number);
    snprintf(other, sizeof other, "u%" PRIu32, second);
    check_note("round %" PRIu32, round);
    CHECK_EQUAL_UINT(pbk_find_contact(&facts, text_from(key)), index_of[number]);
    switch (check_random_below(&random, 3)) {
      case 0: {
        uint32_t before = pbk_subject_total(&facts, PBK_CONTACT);
        uint32_t index = pbk_need_contact(&facts, text_from(key))->subject.index;
        CHECK_EQUAL_UINT(index, index_of[number] == MAP_NONE ? before : index_of[number]);
        if (index_of[number] == MAP_NONE) count++;
        index_of[number] = index;
        break;
      }
      case 1:
        if (index_of[number] == MAP_NONE) break;
        pbk_erase_subject(&facts, &contact_at(&facts, index_of[number])->subject);
        index_of[number] = MAP_NONE;
        count--;
        break;
      default:
        if (index_of[number] == MAP_NONE || index_of[second] != MAP_NONE) break;
        pbk_rename_contact(&facts, contact_at(&facts, index_of[number]), text_from(other));
        index_of[second] = index_of[number];
        index_of[number] = MAP_NONE;
        CHECK_TEXT(subject_key(&contact_at(&facts, index_of[second])->subject), other);
        break;
    }
    CHECK_EQUAL_UINT(facts.contact_count, count);
  }
  close_facts();
}

int main(void) {
  RUN(created_once);
  RUN(erased);
  RUN(watched_later);
  RUN(long_keys);
  RUN(ahead);
  RUN(in_outputs);
  RUN(random_work);
  return check_report();
}
