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

/* ---- ahead of time ---- */

/* What is about to be written is fetched while others are: what hangs on subjects lies all over the memory. */
enum { FETCHED_AHEAD = 8 };

static void fetch_ahead(const struct subject *next, const struct subject *soon) {
  if (next) {
    prefetch(next->values);
    prefetch(next->history);
  }
  if (!soon) return;
  for (uint32_t i = 0; i < trait_count(soon); i++)
    if (soon->values[i].kind >= PBK_STRING) prefetch(soon->values[i].as.text);
  const unsigned char *history = (const unsigned char *)soon->history;
  for (uint32_t at = SHELF_LINE; history && at < soon->history->size && at < 8 * SHELF_LINE; at += SHELF_LINE)
    prefetch(history + at);
}

/* ---- subjects ---- */

/* As pbk_code_place reads it. */
static void write_place(struct writer *writer, uint32_t place) {
  pbk_write_uint(writer, (uint32_t)(place + 1));
}

static void write_traits(struct coder *coder, const struct subject *subject) {
  uint32_t count = trait_count(subject);
  pbk_write_uint(coder->writer, count);
  for (uint32_t i = 0; i < count; i++) {
    pbk_write_uint(coder->writer, subject->shape->names[i]);
    pbk_write_value(coder->writer, &subject->values[i]);
  }
  if (subject->has_health) pbk_write_value(coder->writer, &subject->values[count]);
}

static pbk_value read_kept_value(struct coder *coder) {
  pbk_value value = pbk_read_value(coder->reader, coder->arena);
  size_t extent = coder_failed(coder) ? 0 : pbk_value_extent(&value);
  if (coder_failed(coder)) return value_null();
  return extent ? pbk_value_copy_into(pbk_allocate(coder->memory, extent), &value) : value;
}

/* Traits come in the order of their names' texts, each once. */
static void read_traits(struct coder *coder, struct facts *facts, struct subject *subject, bool has_health) {
  uint32_t count = 0, known = facts->context->names.count;
  if (!pbk_code_count(coder, &count)) return;
  if ((uint64_t)count + has_health == 0) return;
  struct arena_mark mark = pbk_arena_mark(coder->arena);
  uint32_t *names = pbk_code_rooms(coder, count, sizeof *names), got = 0;
  pbk_value *values = pbk_code_rooms(coder, count, sizeof *values);
  for (; got < count && !coder_failed(coder); got++) {
    pbk_code_index(coder, &names[got], known);
    bool behind =
      got == 0 || text_compare(name_text(facts->context, names[got - 1]), name_text(facts->context, names[got])) < 0;
    if (coder_failed(coder) || !behind) {
      coder_fail(coder);
      break;
    }
    values[got] = read_kept_value(coder);
  }
  subject->shape = pbk_shape_of(&facts->subjects.shapes, names, got);
  if (has_health) values[got] = read_kept_value(coder);
  uint32_t kind = (uint32_t)values[got].kind;
  if (has_health && kind != PBK_INT && kind != PBK_DOUBLE) coder_fail(coder);
  subject->has_health = has_health && (kind == PBK_INT || kind == PBK_DOUBLE);
  size_t size = ((size_t)got + subject->has_health) * sizeof *values;
  if (size) {
    subject->values = pbk_allocate(coder->memory, size);
    memcpy(subject->values, values, size);
  }
  pbk_arena_return(coder->arena, mark);
}

static void write_history(struct coder *coder, const struct history *history) {
  struct writer *writer = coder->writer;
  uint32_t log_size = pbk_history_log_size(history), heads = history_head_count(history);
  pbk_write_uint(writer, log_size);
  if (log_size) {
    pbk_write_u64(writer, (uint64_t)history->logged_at);
    pbk_history_copy_log(history, pbk_write_room(writer, log_size));
  }
  pbk_write_uint(writer, heads);
  for (uint32_t i = 0; i < heads; i++) {
    const struct series_head *head = &history_heads(history)[i];
    struct series series = pbk_history_series(history, head->event);
    pbk_write_uint(writer, head->event);
    pbk_write_uint(writer, head->count);
    pbk_write_words(writer, (const uint64_t *)(const void *)series.times, head->count);
  }
}

/* Whether it is one, of events that are known and not watched. */
static bool log_fits(const struct facts *facts, const struct subject *subject, struct log_cursor cursor) {
  uint32_t event;
  pbk_time time;
  while (pbk_log_next(&cursor, &event, &time))
    if (event >= facts->context->names.count || event_watched(&facts->subjects, subject->kind, event)) return false;
  return cursor.at == cursor.end;
}

static void read_log(struct coder *coder, struct facts *facts, struct subject *subject) {
  uint32_t size = 0;
  if (!pbk_code_count(coder, &size) || size == 0) return;
  pbk_time logged_at = (pbk_time)pbk_read_u64(coder->reader);
  const unsigned char *bytes = pbk_read_bytes(coder->reader, size);
  if (!bytes) return;
  if (!log_fits(facts, subject, (struct log_cursor){bytes, bytes + size, logged_at})) {
    coder_fail(coder);
    return;
  }
  subject->history = pbk_history_of_log(coder->memory, bytes, size, logged_at);
  facts->subjects.log_bytes += size;
}

static void read_history(struct coder *coder, struct facts *facts, struct subject *subject) {
  uint32_t heads = 0;
  read_log(coder, facts, subject);
  if (!pbk_code_count(coder, &heads)) return;
  for (uint32_t i = 0, least = 0; i < heads; i++) {
    uint32_t event = 0, count = 0;
    pbk_code_index(coder, &event, facts->context->names.count);
    if (!pbk_code_count(coder, &count)) return;
    bool fits = event >= least && event_watched(&facts->subjects, subject->kind, event) && count > 0 &&
                count <= (uint64_t)(coder->reader->end - coder->reader->at) / 8; /* before anything is taken for it */
    if (!fits) {
      coder_fail(coder);
      return;
    }
    pbk_time *times = pbk_history_restore(&subject->history, coder->memory, event, count);
    pbk_read_words(coder->reader, (uint64_t *)(void *)times, count);
    facts->subjects.series_times += count;
    least = event + 1;
  }
  if (subject->history && subject->history->size > facts->subjects.largest_history)
    facts->subjects.largest_history = subject->history->size;
}

enum subject_mark { MARK_DELETED = 1, MARK_HEALTH = 2, MARKS = 4 };

static void write_subject(struct coder *coder, const struct subject *subject) {
  struct writer *writer = coder->writer;
  pbk_write_text(writer, subject_key(subject));
  pbk_write_u8(writer, (uint8_t)((subject->deleted ? MARK_DELETED : 0) | (subject->has_health ? MARK_HEALTH : 0)));
  pbk_write_u64(writer, (uint64_t)subject->created_at);
  write_place(writer, subject->stage);
  write_traits(coder, subject);
  write_history(coder, subject->history);
}

/* A new one, or NULL. */
static struct subject *read_subject(struct coder *coder, struct facts *facts, int32_t kind) {
  struct text key = pbk_read_text(coder->reader);
  uint8_t marks = pbk_read_u8(coder->reader);
  pbk_time created_at = (pbk_time)pbk_read_u64(coder->reader);
  if (key.size == 0 || key.size > PBK_MAX_KEY || marks >= MARKS) coder_fail(coder);
  if (coder_failed(coder)) return NULL;
  struct subject *subject = kind == PBK_CONTACT ? &pbk_new_contact(facts, key, created_at)->subject
                                                : &pbk_new_account(facts, key, created_at)->subject;
  subject->deleted = (marks & MARK_DELETED) != 0;
  pbk_code_place(coder, &subject->stage, facts->context->names.count);
  read_traits(coder, facts, subject, (marks & MARK_HEALTH) != 0);
  if (!coder_failed(coder)) read_history(coder, facts, subject);
  return coder_failed(coder) ? NULL : subject;
}

static bool keep_key(struct coder *coder, struct map *keys, const struct subject *subject, uint64_t *count) {
  if (subject->deleted) return true;
  if (!pbk_map_add_new(coder->memory, keys, subject_key(subject), subject->index)) return false;
  ++*count;
  return true;
}

/* ---- contacts ---- */

enum contact_mark { MARK_SUPPRESSED = 1, MARK_SHARES = 2, CONTACT_MARKS = 4 };

static void write_contact(struct coder *coder, const struct facts *facts, const struct contact *contact) {
  struct writer *writer = coder->writer;
  uint32_t count = contacted_count(facts, contact);
  write_subject(coder, &contact->subject);
  write_place(writer, contact->account);
  write_place(writer, pinned_sender(facts, contact));
  pbk_write_u8(writer, (uint8_t)((contact->suppressed ? MARK_SUPPRESSED : 0) | (contact->shares ? MARK_SHARES : 0)));
  pbk_write_uint(writer, count);
  for (uint32_t i = 0; i < count; i++) {
    struct contacted contacted = pbk_contacted_at(facts, contact, i);
    pbk_write_uint(writer, contacted.sender);
    pbk_write_u64(writer, (uint64_t)contacted.occurred_at);
    pbk_write_uint(writer, contacted.order);
  }
}

static void read_contact(struct coder *coder, struct facts *facts, uint32_t senders) {
  struct subject *subject = read_subject(coder, facts, PBK_CONTACT);
  if (!subject) return;
  struct contact *contact = contact_at(facts, subject->index);
  struct dealings *dealings = dealings_at(facts, subject->index);
  uint32_t count = 0;
  pbk_code_place(coder, &contact->account, facts->accounts.count);
  pbk_code_place(coder, &dealings->pinned, senders);
  uint8_t marks = pbk_read_u8(coder->reader);
  contact->suppressed = (marks & MARK_SUPPRESSED) != 0;
  bool shares = (marks & MARK_SHARES) != 0;
  if (marks >= CONTACT_MARKS || (shares && contact->account == MAP_NONE)) coder_fail(coder);
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct contacted contacted = {0};
    pbk_code_index(coder, &contacted.sender, senders);
    pbk_code_time(coder, &contacted.occurred_at);
    pbk_code_u64(coder, &contacted.order);
    pbk_add_contacted(facts, contact, contacted);
  }
  if (coder_failed(coder)) {
    contact->account = MAP_NONE;
    return;
  }
  contact->shares = shares;
  if (!keep_key(coder, &facts->contact_keys, subject, &facts->contact_count)) coder_fail(coder);
  if (contact->account == MAP_NONE) return;
  struct account *account = account_at(facts, contact->account); /* contacts come in order: ascending */
  if (account->subject.deleted)
    coder_fail(coder);
  else
    array_push(coder->memory, &account->contacts, subject->index);
  if (account->contacts.count > facts->largest_account) facts->largest_account = account->contacts.count;
}

/* ---- accounts ---- */

static void write_account(struct coder *coder, const struct account *account) {
  write_subject(coder, &account->subject);
  pbk_write_uint(coder->writer, account->holders.count);
  for (uint32_t i = 0; i < account->holders.count; i++) {
    pbk_write_uint(coder->writer, account->holders.items[i].role);
    pbk_write_uint(coder->writer, account->holders.items[i].user);
  }
}

static void read_account(struct coder *coder, struct facts *facts) {
  struct subject *subject = read_subject(coder, facts, PBK_ACCOUNT);
  uint32_t count = 0;
  if (!subject || !pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct holder holder = {0};
    pbk_code_index(coder, &holder.role, facts->roles.entries.count);
    pbk_code_index(coder, &holder.user, facts->users.entries.count);
    array_push(coder->memory, &account_at(facts, subject->index)->holders, holder);
  }
  if (!coder_failed(coder) && !keep_key(coder, &facts->account_keys, subject, &facts->account_count)) coder_fail(coder);
}

/* ---- the rows ---- */

static void code_watched(struct coder *coder, struct facts *facts) {
  uint32_t count = facts->subjects.watched.count;
  if (!pbk_code_count(coder, &count)) return;
  if (coder_reads(coder) && count > facts->context->names.count) {
    coder_fail(coder);
    return;
  }
  if (coder_reads(coder)) {
    array_reserve(coder->memory, &facts->subjects.watched, count);
    facts->subjects.watched.count = count;
  }
  pbk_code_bytes(coder, facts->subjects.watched.items, count);
  for (uint32_t i = 0; coder_reads(coder) && i < count && !coder_failed(coder); i++)
    if (facts->subjects.watched.items[i] >= WATCHED_ANEW) coder_fail(coder);
}

static void code_accounts(struct coder *coder, struct facts *facts) {
  uint32_t count = facts->accounts.count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    if (coder_reads(coder)) {
      read_account(coder, facts);
      continue;
    }
    fetch_ahead(i + 2 * FETCHED_AHEAD < count ? &account_at(facts, i + 2 * FETCHED_AHEAD)->subject : NULL,
                i + FETCHED_AHEAD < count ? &account_at(facts, i + FETCHED_AHEAD)->subject : NULL);
    write_account(coder, account_at(facts, i));
  }
}

void pbk_code_facts(struct coder *coder, struct facts *facts, uint32_t senders) {
  uint32_t count = facts->contacts.count;
  pbk_code_u64(coder, &facts->contacted_order);
  code_watched(coder, facts);
  code_accounts(coder, facts);
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    if (coder_reads(coder)) {
      read_contact(coder, facts, senders);
      continue;
    }
    fetch_ahead(i + 2 * FETCHED_AHEAD < count ? &contact_at(facts, i + 2 * FETCHED_AHEAD)->subject : NULL,
                i + FETCHED_AHEAD < count ? &contact_at(facts, i + FETCHED_AHEAD)->subject : NULL);
    write_contact(coder, facts, contact_at(facts, i));
  }
}
