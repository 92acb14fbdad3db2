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

void pbk_join_account(struct facts *facts, struct contact *contact, uint32_t account) {
  struct subject *subject = &contact->subject;
  if (subject->account == account) return;
  pbk_part_histories(facts, contact);
  if (account != MAP_NONE) pbk_add_account_contact(facts, account_at(facts, account), subject->index);
  if (subject->account != MAP_NONE)
    pbk_contact_list_drop(facts->context->memory, &account_at(facts, subject->account)->contacts, subject->index);
  subject->account = account;
  subject->shares = account != MAP_NONE && !subject->history;
  pbk_note_change(facts, CHANGED_ACCOUNT, subject, 0);
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
  const pbk_value *before = subject_health(subject, &facts->subjects, &room);
  if (before && pbk_value_equal(before, health)) return;
  pbk_subject_set_health(subject, &facts->subjects, health);
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
