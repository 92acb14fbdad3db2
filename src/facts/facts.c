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
  pbk_map_init(&facts->contact_keys, contact_key, facts);
  pbk_map_init(&facts->account_keys, account_key, facts);
  pbk_registry_init(&facts->users, context->memory, &context->names);
  pbk_registry_init(&facts->roles, context->memory, &context->names);
}

void pbk_facts_release(struct facts *facts) {
  struct memory *memory = facts->context->memory;
  for (uint32_t i = 0; i < facts->contacts.count; i++) {
    struct contact *contact = facts->contacts.items[i];
    pbk_subject_clear(&contact->subject, memory);
    pbk_release(memory, contact->subject.key, contact->subject.key_size);
    array_release(memory, &contact->contacted);
    pbk_release(memory, contact, sizeof *contact);
  }
  for (uint32_t i = 0; i < facts->accounts.count; i++) {
    struct account *account = facts->accounts.items[i];
    pbk_subject_clear(&account->subject, memory);
    pbk_release(memory, account->subject.key, account->subject.key_size);
    array_release(memory, &account->holders);
    array_release(memory, &account->contacts);
    pbk_release(memory, account, sizeof *account);
  }
  for (uint32_t i = 0; i < facts->users.entries.count; i++) {
    struct user *user = facts->users.entries.items[i].current;
    if (!user) continue;
    pbk_release(memory, (void *)(uintptr_t)user->email.bytes, user->email.size);
    pbk_release(memory, user, sizeof *user);
  }
  for (uint32_t i = 0; i < facts->roles.entries.count; i++)
    pbk_release(memory, facts->roles.entries.items[i].current, sizeof(struct role));
  array_release(memory, &facts->contacts);
  array_release(memory, &facts->accounts);
  array_release(memory, &facts->changes);
  pbk_map_release(memory, &facts->contact_keys);
  pbk_map_release(memory, &facts->account_keys);
  pbk_registry_release(&facts->users);
  pbk_registry_release(&facts->roles);
}

struct subject *pbk_subject_at(const struct facts *facts, int32_t kind, uint32_t index) {
  return kind == PBK_CONTACT ? &contact_at(facts, index)->subject : &account_at(facts, index)->subject;
}

uint32_t pbk_subject_total(const struct facts *facts, int32_t kind) {
  return kind == PBK_CONTACT ? facts->contacts.count : facts->accounts.count;
}

uint32_t pbk_find_contact(const struct facts *facts, struct text key) { return pbk_map_find(&facts->contact_keys, key); }
uint32_t pbk_find_account(const struct facts *facts, struct text key) { return pbk_map_find(&facts->account_keys, key); }
uint32_t pbk_find_subject(const struct facts *facts, int32_t kind, struct text key) {
  return kind == PBK_CONTACT ? pbk_find_contact(facts, key) : pbk_find_account(facts, key);
}

struct contact *pbk_need_contact(struct facts *facts, struct text key) {
  uint32_t index = pbk_find_contact(facts, key);
  if (index != MAP_NONE) return contact_at(facts, index);
  struct memory *memory = facts->context->memory;
  struct contact *contact = pbk_allocate_cleared(memory, sizeof *contact);
  index = facts->contacts.count;
  pbk_subject_init(&contact->subject, memory, PBK_CONTACT, index, key, facts->context->now);
  contact->account = contact->pinned = MAP_NONE;
  array_push(memory, &facts->contacts, contact);
  pbk_map_add(memory, &facts->contact_keys, key, index);
  facts->contact_count++;
  pbk_note_change(facts, CHANGED_CREATED, &contact->subject, 0);
  return contact;
}

struct account *pbk_need_account(struct facts *facts, struct text key) {
  uint32_t index = pbk_find_account(facts, key);
  if (index != MAP_NONE) return account_at(facts, index);
  struct memory *memory = facts->context->memory;
  struct account *account = pbk_allocate_cleared(memory, sizeof *account);
  index = facts->accounts.count;
  pbk_subject_init(&account->subject, memory, PBK_ACCOUNT, index, key, facts->context->now);
  array_push(memory, &facts->accounts, account);
  pbk_map_add(memory, &facts->account_keys, key, index);
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

void pbk_note_change(struct facts *facts, enum change_kind kind, const struct subject *subject, uint32_t number) {
  struct change change = {kind, subject->kind, subject->index, number};
  array_push(facts->context->memory, &facts->changes, change);
}

void pbk_erase_subject(struct facts *facts, struct subject *subject) {
  struct memory *memory = facts->context->memory;
  if (subject->kind == PBK_CONTACT) {
    struct contact *contact = contact_at(facts, subject->index);
    pbk_join_account(facts, contact, MAP_NONE);
    array_release(memory, &contact->contacted);
    pbk_map_remove(&facts->contact_keys, subject_key(subject));
    facts->contact_count--;
  } else {
    struct account *account = account_at(facts, subject->index);
    while (account->contacts.count > 0)
      pbk_join_account(facts, contact_at(facts, account->contacts.items[account->contacts.count - 1]), MAP_NONE);
    array_release(memory, &account->contacts);
    array_release(memory, &account->holders);
    pbk_map_remove(&facts->account_keys, subject_key(subject));
    facts->account_count--;
  }
  pbk_subject_clear(subject, memory);
  subject->deleted = true;
  pbk_note_change(facts, CHANGED_DELETED, subject, 0);
}
