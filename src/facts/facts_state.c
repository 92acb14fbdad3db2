/* facts/facts_state.c - see facts_state.h. */
#include "facts/facts_state.h"

#include "base/base_state.h"

/* ---- people ---- */

static void *code_user(struct coder *coder, void *owner, uint32_t place, void *object) {
  struct user *user = object;
  (void)owner;
  (void)place;
  if (!user) user = pbk_allocate_cleared(coder->memory, sizeof *user);
  pbk_code_bool(coder, &user->licensed);
  pbk_code_owned_text(coder, &user->email);
  return user;
}

static void *code_role(struct coder *coder, void *owner, uint32_t place, void *object) {
  (void)owner;
  (void)place;
  return object ? object : pbk_allocate_cleared(coder->memory, sizeof(struct role));
}

void pbk_code_people(struct coder *coder, struct facts *facts) {
  pbk_code_registry(coder, &facts->users, facts, code_user);
  pbk_code_registry(coder, &facts->roles, facts, code_role);
}

/* ---- subjects ---- */

/* Room for items that are to come, unless there cannot be so many. */
#define make_room(coder, array, count)                                                           \
  ((count) <= (uint64_t)((coder)->reader->end - (coder)->reader->at) ? array_reserve((coder)->memory, (array), (count)) \
                                                                     : coder_fail(coder))

/* What is about to be written is fetched while others are: subjects lie all over the memory. */
enum { FETCHED_AHEAD = 8 };
static void fetch_ahead(const struct coder *coder, const struct subject *const *subjects, uint32_t at, uint32_t count) {
  if (coder_reads(coder)) return;
  if (at + 3 * FETCHED_AHEAD < count) prefetch(subjects[at + 3 * FETCHED_AHEAD]);
  if (at + 2 * FETCHED_AHEAD < count) {
    const struct subject *subject = subjects[at + 2 * FETCHED_AHEAD];
    prefetch(subject->key);
    prefetch(subject->traits.items);
    prefetch(subject->series.items);
  }
  if (at + FETCHED_AHEAD >= count) return;
  const struct subject *subject = subjects[at + FETCHED_AHEAD];
  for (uint32_t i = 0; i < subject->traits.count; i++) prefetch(subject->traits.items[i].value.as.text);
  for (uint32_t i = 0; i < subject->series.count; i++) prefetch(subject->series.items[i].times.items);
}

static void code_trait(struct coder *coder, struct facts *facts, struct subject *subject, uint32_t at) {
  struct named_value trait = {0};
  if (!coder_reads(coder)) trait = subject->traits.items[at];
  pbk_code_index(coder, &trait.name, facts->context->names.count);
  pbk_code_value(coder, &trait.value);
  if (!coder_reads(coder) || coder_failed(coder)) return;
  size_t extent = pbk_value_extent(&trait.value);
  if (extent) trait.value = pbk_value_copy_into(pbk_allocate(coder->memory, extent), &trait.value);
  array_push(coder->memory, &subject->traits, trait);
}

static void code_series(struct coder *coder, struct facts *facts, struct subject *subject, uint32_t at) {
  struct series empty = {0};
  if (coder_reads(coder)) array_push(coder->memory, &subject->series, empty);
  struct series *series = &subject->series.items[at];
  uint32_t count = series->times.count;
  pbk_code_index(coder, &series->event, facts->context->names.count);
  if (!pbk_code_count(coder, &count)) return;
  if (coder_reads(coder)) {
    if (count > (uint64_t)(coder->reader->end - coder->reader->at) / 8) { /* before anything is taken for it */
      coder_fail(coder);
      return;
    }
    array_reserve(coder->memory, &series->times, count);
    series->times.count = count;
  }
  pbk_code_words(coder, (uint64_t *)series->times.items, count);
}

static void code_health(struct coder *coder, pbk_value *health) {
  pbk_code_value(coder, health);
  bool number = health->kind == PBK_NULL || health->kind == PBK_INT || health->kind == PBK_DOUBLE;
  if (number) return;
  coder_fail(coder);
  *health = value_null();
}

static void code_subject(struct coder *coder, struct facts *facts, struct subject *subject) {
  struct text key = subject_key(subject);
  pbk_code_owned_text(coder, &key);
  if (coder_reads(coder)) {
    subject->key = (char *)(uintptr_t)key.bytes;
    subject->key_size = key.size;
    if (key.size == 0 || key.size > PBK_MAX_KEY) coder_fail(coder);
  }
  pbk_code_bool(coder, &subject->deleted);
  pbk_code_time(coder, &subject->created_at);
  pbk_code_place(coder, &subject->stage, facts->context->names.count);
  code_health(coder, &subject->health);
  uint32_t traits = subject->traits.count, series = subject->series.count;
  if (!pbk_code_count(coder, &traits)) return;
  if (coder_reads(coder)) make_room(coder, &subject->traits, traits);
  for (uint32_t i = 0; i < traits && !coder_failed(coder); i++) code_trait(coder, facts, subject, i);
  if (!pbk_code_count(coder, &series)) return;
  if (coder_reads(coder)) make_room(coder, &subject->series, series);
  for (uint32_t i = 0; i < series && !coder_failed(coder); i++) code_series(coder, facts, subject, i);
}

static void keep_key(struct coder *coder, struct map *keys, const struct subject *subject, uint64_t *count) {
  if (subject->deleted || coder_failed(coder)) return;
  if (pbk_map_add_new(coder->memory, keys, subject_key(subject), subject->index)) ++*count;
  else coder_fail(coder);
}

static void code_contacted(struct coder *coder, struct contact *contact, uint32_t at, uint32_t senders) {
  struct contacted contacted = {0};
  if (!coder_reads(coder)) contacted = contact->contacted.items[at];
  pbk_code_index(coder, &contacted.sender, senders);
  pbk_code_time(coder, &contacted.occurred_at);
  pbk_code_u64(coder, &contacted.order);
  if (coder_reads(coder)) array_push(coder->memory, &contact->contacted, contacted);
}

static void code_contact(struct coder *coder, struct facts *facts, struct contact *contact, uint32_t senders) {
  code_subject(coder, facts, &contact->subject);
  pbk_code_place(coder, &contact->account, facts->accounts.count);
  pbk_code_place(coder, &contact->pinned, senders);
  pbk_code_bool(coder, &contact->suppressed);
  uint32_t count = contact->contacted.count;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) code_contacted(coder, contact, i, senders);
  if (!coder_reads(coder) || contact->account == MAP_NONE || coder_failed(coder)) return;
  struct account *account = account_at(facts, contact->account); /* contacts come in order: ascending */
  if (account->subject.deleted) coder_fail(coder);
  else array_push(coder->memory, &account->contacts, contact->subject.index);
  if (account->contacts.count > facts->largest_account) facts->largest_account = account->contacts.count;
}

static void code_account(struct coder *coder, struct facts *facts, struct account *account) {
  code_subject(coder, facts, &account->subject);
  uint32_t count = account->holders.count;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct holder holder = {0};
    if (!coder_reads(coder)) holder = account->holders.items[i];
    pbk_code_index(coder, &holder.role, facts->roles.entries.count);
    pbk_code_index(coder, &holder.user, facts->users.entries.count);
    if (coder_reads(coder)) array_push(coder->memory, &account->holders, holder);
  }
}

static void code_accounts(struct coder *coder, struct facts *facts) {
  uint32_t count = facts->accounts.count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    fetch_ahead(coder, (const struct subject *const *)(const void *)facts->accounts.items, i, count);
    if (coder_reads(coder)) {
      struct account *account = pbk_allocate_cleared(coder->memory, sizeof *account);
      account->subject = (struct subject){.kind = PBK_ACCOUNT, .index = i, .stage = MAP_NONE};
      array_push(coder->memory, &facts->accounts, account);
    }
    code_account(coder, facts, account_at(facts, i));
    if (coder_reads(coder)) keep_key(coder, &facts->account_keys, &account_at(facts, i)->subject, &facts->account_count);
  }
}

void pbk_code_facts(struct coder *coder, struct facts *facts, uint32_t senders) {
  uint32_t count = facts->contacts.count;
  pbk_code_u64(coder, &facts->contacted_order);
  code_accounts(coder, facts);
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    fetch_ahead(coder, (const struct subject *const *)(const void *)facts->contacts.items, i, count);
    if (coder_reads(coder)) {
      struct contact *contact = pbk_allocate_cleared(coder->memory, sizeof *contact);
      contact->subject = (struct subject){.kind = PBK_CONTACT, .index = i, .stage = MAP_NONE};
      contact->account = contact->pinned = MAP_NONE;
      array_push(coder->memory, &facts->contacts, contact);
    }
    code_contact(coder, facts, contact_at(facts, i), senders);
    if (coder_reads(coder)) keep_key(coder, &facts->contact_keys, &contact_at(facts, i)->subject, &facts->contact_count);
  }
}
