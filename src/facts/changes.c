/* facts/changes.c - what inputs do to subjects, each noting what it changed (SPEC E); declared in facts.h. */
#include "facts/facts.h"

void pbk_merge_traits(struct facts *facts, struct subject *subject, const pbk_value *traits) {
  for (uint32_t i = 0; i < traits->size; i++) {
    const pbk_member *member = &traits->as.members[i];
    uint32_t name = pbk_names_intern(&facts->context->names, member_name(member));
    if (pbk_subject_set_trait(subject, &facts->subjects, name, &member->value))
      pbk_note_change(facts, CHANGED_TRAIT, subject, name);
  }
}

/* Where a contact stands among the ascending contacts of an account, or would stand. */
static uint32_t contact_place(const struct account *account, uint32_t contact) {
  uint32_t low = 0, high = account->contacts.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (account->contacts.items[middle] < contact) low = middle + 1;
    else high = middle;
  }
  return low;
}

void pbk_join_account(struct facts *facts, struct contact *contact, uint32_t account) {
  if (contact->account == account) return;
  pbk_part_histories(facts, contact);
  uint32_t index = contact->subject.index;
  if (account != MAP_NONE) {
    struct account *joined = account_at(facts, account);
    uint32_t place = contact_place(joined, index);
    array_insert(facts->context->memory, &joined->contacts, place, index);
    if (joined->contacts.count > facts->largest_account) facts->largest_account = joined->contacts.count;
  }
  if (contact->account != MAP_NONE) {
    struct account *left = account_at(facts, contact->account);
    array_remove(&left->contacts, contact_place(left, index));
  }
  contact->account = account;
  contact->shares = account != MAP_NONE && !contact->subject.history;
  pbk_note_change(facts, CHANGED_ACCOUNT, &contact->subject, 0);
}

void pbk_record_event(struct facts *facts, struct subject *subject, uint32_t event, pbk_time occurred_at) {
  record_event(facts, subject, event, occurred_at);
}

void pbk_rename_contact(struct facts *facts, struct contact *contact, struct text key) {
  pbk_map_remove(&facts->contact_keys, subject_key(&contact->subject));
  pbk_subject_rename(&contact->subject, facts->context->memory, key);
  pbk_map_add(facts->context->memory, &facts->contact_keys, key, contact->subject.index);
  pbk_note_change(facts, CHANGED_ID, &contact->subject, 0);
}

void pbk_set_stage(struct facts *facts, struct subject *subject, uint32_t stage) {
  if (subject->stage == stage) return;
  subject->stage = stage;
  pbk_note_change(facts, CHANGED_STAGE, subject, 0);
}

void pbk_set_health(struct facts *facts, struct subject *subject, const pbk_value *health) {
  pbk_value room;
  const pbk_value *before = subject_health(subject, &room);
  if (before && pbk_value_equal(before, health)) return;
  pbk_subject_set_health(subject, facts->context->memory, health);
  pbk_note_change(facts, CHANGED_HEALTH, subject, 0);
}

static int compare_int_double(int64_t integer, double number) {
  if (number >= 9223372036854775808.0) return -1;
  if (number < -9223372036854775808.0) return 1;
  int64_t whole = (int64_t)number; /* toward zero, exact in this range */
  if (integer != whole) return integer < whole ? -1 : 1;
  double rest = number - (double)whole;
  return rest > 0 ? -1 : rest < 0;
}

int pbk_compare_health(const pbk_value *a, const pbk_value *b) {
  if (a->kind == PBK_INT && b->kind == PBK_INT)
    return (a->as.integer > b->as.integer) - (a->as.integer < b->as.integer);
  if (a->kind == PBK_INT) return compare_int_double(a->as.integer, b->as.number);
  if (b->kind == PBK_INT) return -compare_int_double(b->as.integer, a->as.number);
  return (a->as.number > b->as.number) - (a->as.number < b->as.number);
}

void pbk_set_holder(struct facts *facts, struct account *account, uint32_t role, uint32_t user) {
  for (uint32_t i = 0; i < account->holders.count; i++) {
    if (account->holders.items[i].role != role) continue;
    if (user == MAP_NONE) array_remove(&account->holders, i);
    else account->holders.items[i].user = user;
    return;
  }
  if (user == MAP_NONE) return;
  struct holder holder = {role, user};
  array_push(facts->context->memory, &account->holders, holder);
}

/* Users and roles that are not defined any more may still stand there: their places are never another's. */
uint32_t pbk_holder_of(const struct facts *facts, uint32_t account, uint32_t role) {
  if (account == MAP_NONE) return MAP_NONE;
  const struct account *holding = account_at(facts, account);
  for (uint32_t i = 0; i < holding->holders.count; i++) {
    uint32_t user = holding->holders.items[i].user;
    if (holding->holders.items[i].role == role) return registry_current(&facts->users, user) ? user : MAP_NONE;
  }
  return MAP_NONE;
}
