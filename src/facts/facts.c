/* facts/facts.c - subjects found, created, erased; see facts.h. What inputs do to them stands in changes.c. */
#include "facts/facts.h"

static struct text contact_key(const void *owner, uint32_t index) {
  return subject_key(&contact_at(owner, index)->subject);
}
static struct text account_key(const void *owner, uint32_t index) {
  return subject_key(&account_at(owner, index)->subject);
}

void pbk_facts_init(struct facts *facts, struct context *context) {
  *facts = (struct facts){.context = context};
  pbk_subjects_init(&facts->subjects, context);
  pbk_shelf_init(&facts->contacts, SUBJECT_ROW);
  pbk_shelf_init(&facts->accounts, SUBJECT_ROW);
  pbk_map_init(&facts->contact_keys, contact_key, facts);
  pbk_map_init(&facts->account_keys, account_key, facts);
  pbk_registry_init(&facts->users, context->memory, &context->names);
  pbk_registry_init(&facts->roles, context->memory, &context->names);
}

static void release_subject(struct facts *facts, struct subject *subject) {
  pbk_subject_clear(subject, &facts->subjects);
  pbk_subject_free_key(subject, facts->context->memory);
}

void pbk_facts_release(struct facts *facts) {
  struct memory *memory = facts->context->memory;
  for (uint32_t i = 0; i < facts->contacts.count; i++) {
    struct contact *contact = contact_at(facts, i);
    pbk_free_dealings(facts, contact);
    release_subject(facts, &contact->subject);
  }
  for (uint32_t i = 0; i < facts->accounts.count; i++) {
    struct account *account = account_at(facts, i);
    release_subject(facts, &account->subject);
    pbk_clear_account(facts, account);
  }
  for (uint32_t i = 0; i < facts->users.entries.count; i++) {
    struct user *user = facts->users.entries.items[i].current;
    if (!user) continue;
    pbk_release(memory, (void *)(uintptr_t)user->email.bytes, user->email.size);
    pbk_release(memory, user, sizeof *user);
  }
  for (uint32_t i = 0; i < facts->roles.entries.count; i++)
    pbk_release(memory, facts->roles.entries.items[i].current, sizeof(struct role));
  pbk_shelf_release(memory, &facts->contacts);
  pbk_shelf_release(memory, &facts->accounts);
  pbk_words_release(memory, &facts->holders);
  array_release(memory, &facts->changes);
  array_release(memory, &facts->wanted);
  pbk_subjects_release(&facts->subjects);
  pbk_map_release(memory, &facts->contact_keys);
  pbk_map_release(memory, &facts->account_keys);
  pbk_registry_release(&facts->users);
  pbk_registry_release(&facts->roles);
}

uint32_t pbk_find_contact(const struct facts *facts, struct text key) { return pbk_map_find(&facts->contact_keys, key); }
uint32_t pbk_find_account(const struct facts *facts, struct text key) { return pbk_map_find(&facts->account_keys, key); }
uint32_t pbk_find_subject(const struct facts *facts, int32_t kind, struct text key) {
  return kind == PBK_CONTACT ? pbk_find_contact(facts, key) : pbk_find_account(facts, key);
}

struct contact *pbk_new_contact(struct facts *facts, struct text key, pbk_time created_at) {
  uint32_t index = facts->contacts.count;
  struct contact *contact = pbk_shelf_add(facts->context->memory, &facts->contacts);
  pbk_subject_init(&contact->subject, &facts->subjects, PBK_CONTACT, index, key, created_at);
  return contact;
}

struct account *pbk_new_account(struct facts *facts, struct text key, pbk_time created_at) {
  uint32_t index = facts->accounts.count;
  struct account *account = pbk_shelf_add(facts->context->memory, &facts->accounts);
  pbk_subject_init(&account->subject, &facts->subjects, PBK_ACCOUNT, index, key, created_at);
  return account;
}

struct contact *pbk_need_contact(struct facts *facts, struct text key) {
  uint32_t index = pbk_find_contact(facts, key);
  if (index != MAP_NONE) return contact_at(facts, index);
  struct contact *contact = pbk_new_contact(facts, key, facts->context->now);
  pbk_map_add(facts->context->memory, &facts->contact_keys, key, contact->subject.index);
  facts->contact_count++;
  pbk_note_change(facts, CHANGED_CREATED, &contact->subject, 0);
  return contact;
}

struct account *pbk_need_account(struct facts *facts, struct text key) {
  uint32_t index = pbk_find_account(facts, key);
  if (index != MAP_NONE) return account_at(facts, index);
  struct account *account = pbk_new_account(facts, key, facts->context->now);
  pbk_map_add(facts->context->memory, &facts->account_keys, key, account->subject.index);
  facts->account_count++;
  pbk_note_change(facts, CHANGED_CREATED, &account->subject, 0);
  return account;
}

struct subject *pbk_need_subject(struct facts *facts, int32_t kind, struct text key) {
  return kind == PBK_CONTACT ? &pbk_need_contact(facts, key)->subject : &pbk_need_account(facts, key)->subject;
}

void pbk_output_subject(const struct facts *facts, pbk_output *output, int32_t kind, uint32_t index) {
  pbk_text key = public_text(subject_key(pbk_subject_at(facts, kind, index)));
  if (kind == PBK_CONTACT) output->contact = key;
  else output->account = key;
}

void pbk_erase_subject(struct facts *facts, struct subject *subject) {
  if (subject->kind == PBK_CONTACT) {
    struct contact *contact = contact_at(facts, subject->index);
    pbk_join_account(facts, contact, MAP_NONE);
    pbk_clear_dealings(facts, contact);
    pbk_map_remove(&facts->contact_keys, subject_key(subject));
    facts->contact_count--;
  } else {
    struct account *account = account_at(facts, subject->index);
    for (struct contact_row row; (row = contact_list_row(account->contacts, 0)).count > 0;) {
      struct contact *contact = contact_at(facts, row.items[row.count - 1]);
      contact->subject.shares = false; /* nobody will ask for it */
      pbk_join_account(facts, contact, MAP_NONE);
    }
    pbk_clear_account(facts, account);
    pbk_map_remove(&facts->account_keys, subject_key(subject));
    facts->account_count--;
  }
  pbk_subject_clear(subject, &facts->subjects);
  subject->deleted = true;
  pbk_note_change(facts, CHANGED_DELETED, subject, 0);
}

/* ---- watching ---- */

void pbk_want_event(struct facts *facts, int32_t subject_kind, uint32_t event) {
  struct wanted_event wanted = {subject_kind, event};
  array_push(facts->context->memory, &facts->wanted, wanted);
}

void pbk_forget_wanted(struct facts *facts) { facts->wanted.count = 0; }

struct watching pbk_watch_wanted(struct facts *facts) {
  struct subjects *subjects = &facts->subjects;
  struct watching watching = {0};
  for (uint32_t i = 0; i < facts->wanted.count; i++) {
    struct wanted_event wanted = facts->wanted.items[i];
    if (pbk_watch_event(subjects, wanted.subject_kind, wanted.event)) watching.kinds |= watched_of(wanted.subject_kind);
  }
  facts->wanted.count = 0;
  return watching;
}

bool pbk_watch_more(struct facts *facts, struct watching *watching, uint64_t *budget) {
  for (int32_t kind = PBK_CONTACT; kind <= PBK_ACCOUNT; kind++) {
    if (!(watching->kinds & watched_of(kind))) continue;
    for (; watching->subject < pbk_subject_total(facts, kind); watching->subject++) {
      if (*budget == 0) return false;
      --*budget;
      if (kind == PBK_CONTACT) {
        pbk_watch_history(&facts->subjects, &contact_at(facts, watching->subject)->subject, NULL, 0);
        continue;
      }
      struct account *account = account_at(facts, watching->subject);
      uint32_t contacts = contact_list_count(account->contacts);
      *budget -= contacts < *budget ? contacts : *budget; /* they are looked at again */
      pbk_watch_account(facts, account);
    }
    if (kind == PBK_ACCOUNT) pbk_watched_anew_done(&facts->subjects);
    watching->kinds &= (unsigned char)~watched_of(kind);
    watching->subject = 0;
  }
  return true;
}

uint64_t pbk_watching_growth(const struct facts *facts) {
  /* An event takes four bytes in a log and eight to sixteen in a series; what is in one may come into one of the account. */
  enum { FOR_EACH_BYTE = 8, FOR_EACH_TIME = 32, MOST = 1 << 26 };
  uint64_t bytes = facts->subjects.log_bytes * FOR_EACH_BYTE + facts->subjects.series_times * FOR_EACH_TIME;
  return bytes < MOST ? bytes : MOST;
}

uint64_t pbk_facts_growth(const struct facts *facts, uint32_t subjects_soon) {
  uint64_t bytes = shelf_growth(&facts->contacts, subjects_soon) + shelf_growth(&facts->accounts, subjects_soon) +
                   words_growth(&facts->holders, facts->accounts.count + subjects_soon) +
                   pbk_shapes_growth(&facts->subjects.shapes, subjects_soon);
  uint32_t history = facts->subjects.largest_history;
  return bytes + (uint64_t)history + history / 4;
}
