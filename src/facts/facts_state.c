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

/* What is about to be written is fetched while others are: what hangs on subjects lies all over the memory. Each distance is that of what
 * hangs on what was fetched at the one above. */
enum { FETCH_ROW = 40, FETCH_BODY = 28, FETCH_REST = 20, FETCH_LOG = 14, FETCH_OLDER = 9, FETCH_OLDEST = 4 };

static void fetch_body(const struct subject *subject, const struct subjects *subjects) {
  const unsigned char *values = (const unsigned char *)subject->values;
  uint32_t count = trait_count(subject, subjects) + subject->has_health;
  prefetch(subject->history);
  prefetch(values);
  if (count > 1) prefetch(values + count * sizeof *subject->values - 1);
}

static void fetch_texts(const struct packed *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (packed_outside(values[i])) prefetch(packed_outside(values[i]));
}

/* Most histories take two or three lines: those without asking whether they are there. */
static void fetch_history(const struct history *history) {
  enum { USUAL = 3 * SHELF_LINE, LINES_MOST = 8 };
  if (!history) return;
  const unsigned char *bytes = (const unsigned char *)history;
  uint32_t last = history_size(history) - 1;
  prefetch(bytes + (last < SHELF_LINE ? last : SHELF_LINE));
  prefetch(bytes + (last < 2 * SHELF_LINE ? last : 2 * SHELF_LINE));
  prefetch(bytes + last);
  for (uint32_t at = USUAL; at < last && at < LINES_MOST * SHELF_LINE; at += SHELF_LINE) prefetch(bytes + at);
}

/* The subjects from the one that is written on to FETCH_ROW behind it; the last one stands for those that would come behind
 * it. */
enum { AHEAD = 64 };
struct fetching {
  const struct subjects *all;
  const struct subject *subjects[AHEAD];
};

static inline const struct subject *subject_ahead(const struct fetching *fetching, uint32_t at) {
  return fetching->subjects[at % AHEAD];
}

static inline void fetch_ahead(const struct fetching *fetching, uint32_t at) {
  const struct subject *subject = subject_ahead(fetching, at + FETCH_REST);
  fetch_body(subject_ahead(fetching, at + FETCH_BODY), fetching->all);
  fetch_texts(subject->values, trait_count(subject, fetching->all));
  fetch_history(subject->history);
  pbk_history_fetch_log(subject_ahead(fetching, at + FETCH_LOG)->history, 0);
  pbk_history_fetch_log(subject_ahead(fetching, at + FETCH_OLDER)->history, 1);
  pbk_history_fetch_log(subject_ahead(fetching, at + FETCH_OLDEST)->history, 2);
}

/* ---- values ----
 *
 * The eight bytes of each as packed.h packs them; behind all of them what stands elsewhere, in the same order: of a text u32 size and the
 * bytes, of what else there is as codec.c writes values. */

enum { VALUE_HEAD = 8 };

static SELDOM void write_outside(struct writer *writer, const struct packed *values, uint32_t count) {
  pbk_value room;
  for (uint32_t i = 0; i < count; i++) {
    if (!packed_outside(values[i])) continue;
    const pbk_value *value = packed_value(&values[i], &room);
    if (packed_kind(values[i]) == PACKED_BLOCK) {
      pbk_write_value(writer, value);
      continue;
    }
    pbk_write_u32(writer, value->size);
    pbk_write_bytes(writer, value->as.text, value->size);
  }
}

/* Goes on behind `at`, where is room for the heads of so many; tells where it ended. */
static inline unsigned char *put_values(struct writer *writer, unsigned char *at, const struct packed *values, uint32_t count) {
  bool outside = false;
  for (uint32_t i = 0; i < count; i++, at += VALUE_HEAD) {
    packed_store(at, values[i]);
    outside |= packed_kind(values[i]) <= PACKED_TEXT;
  }
  if (!outside) return at;
  writer_end(writer, at);
  write_outside(writer, values, count);
  return writer_begin(writer, 0);
}

/* What it points to is borrowed. */
static pbk_value read_outside(struct coder *coder, enum packed_kind kind) {
  if (kind == PACKED_BLOCK) {
    pbk_value value = pbk_read_value(coder->reader, coder->arena);
    if (value.kind != PBK_STRING) return value;
    coder_fail(coder);
    return value_null();
  }
  uint32_t size = pbk_read_u32(coder->reader);
  const unsigned char *bytes = pbk_read_bytes(coder->reader, size);
  if (!bytes) return value_null();
  return value_string((struct text){(const char *)bytes, size});
}

/* ---- traits: a byte that says which shape, maybe its names, and the values ---- */

/* The shapes of the subjects so far, by a part of their hash: those that share a place take it from each other. */
enum { SHAPE_NONE, SHAPE_FOLLOWS, SHAPE_KNOWN, SHAPES_KNOWN = 64 };
struct known_shapes {
  struct shape *shapes[SHAPES_KNOWN];
  struct history_limits limits; /* reading: of the histories of all of them */
};

static SELDOM unsigned char *put_names(struct writer *writer, unsigned char *at, const struct shape *shape, uint32_t most) {
  uint32_t count = shape_count(shape);
  writer_end(writer, at);
  pbk_write_u32(writer, count);
  for (uint32_t i = 0; i < count; i++) pbk_write_u32(writer, shape->names[i]);
  return writer_begin(writer, most);
}

static uint8_t shape_byte(const struct known_shapes *known, const struct shape *shape) {
  if (shape_count(shape) == 0) return SHAPE_NONE;
  uint32_t place = shape->hash % SHAPES_KNOWN;
  return known->shapes[place] == shape ? (uint8_t)(SHAPE_KNOWN + place) : SHAPE_FOLLOWS;
}

static void know_shape(struct known_shapes *known, struct shape *shape) {
  if (shape_count(shape) > 0) known->shapes[shape->hash % SHAPES_KNOWN] = shape;
}

/* Names that come in the order of their texts, each once. */
static struct shape *read_new_shape(struct coder *coder, struct facts *facts) {
  uint32_t count = pbk_read_u32(coder->reader), names_known = facts->context->names.count;
  const unsigned char *bytes = pbk_read_bytes(coder->reader, (uint64_t)count * 4);
  if (!bytes || count == 0) {
    coder_fail(coder);
    return NULL;
  }
  struct arena_mark mark = pbk_arena_mark(coder->arena);
  uint32_t *names = pbk_code_rooms(coder, count, sizeof *names);
  bool fits = true;
  for (uint32_t i = 0; i < count && fits; i++) {
    names[i] = load_u32(bytes + (size_t)i * 4);
    fits = names[i] < names_known &&
           (i == 0 || text_compare(name_text(facts->context, names[i - 1]), name_text(facts->context, names[i])) < 0);
  }
  struct shape *shape = fits ? pbk_shape_of(&facts->subjects.shapes, names, count) : NULL;
  if (!fits) coder_fail(coder);
  pbk_arena_return(coder->arena, mark);
  return shape;
}

static struct shape *read_shape(struct coder *coder, struct facts *facts, const struct known_shapes *known, uint8_t byte) {
  if (byte == SHAPE_NONE) return NULL;
  if (byte == SHAPE_FOLLOWS) return read_new_shape(coder, facts);
  struct shape *shape = byte < SHAPE_KNOWN + SHAPES_KNOWN ? known->shapes[byte - SHAPE_KNOWN] : NULL;
  if (shape) shape->users++;
  else coder_fail(coder);
  return shape;
}

/* Those that stand elsewhere, packed as they were. */
static SELDOM void read_all_outside(struct coder *coder, struct packed *values, const unsigned char *words, uint32_t count) {
  struct arena_mark mark = pbk_arena_mark(coder->arena);
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct packed none;
    enum packed_kind kind;
    pbk_packed_load(words + (size_t)i * VALUE_HEAD, &none, &kind);
    if (kind > PACKED_TEXT) continue;
    pbk_value value = read_outside(coder, kind);
    if (coder_failed(coder)) break;
    values[i] = pbk_pack(coder->memory, &value);
    if (packed_kind(values[i]) != kind) coder_fail(coder);
    if (kind == PACKED_BLOCK) pbk_arena_return(coder->arena, mark);
  }
}

static bool is_number(const struct packed *packed) {
  pbk_value room;
  int32_t kind = packed_value(packed, &room)->kind;
  return kind == PBK_INT || kind == PBK_DOUBLE;
}

static void read_values(struct coder *coder, struct subject *subject, const struct shape *shape, bool has_health) {
  uint32_t count = shape_count(shape) + has_health;
  if (count == 0) return;
  const unsigned char *words = pbk_read_bytes(coder->reader, (uint64_t)count * VALUE_HEAD);
  if (!words) return;
  subject->values = pbk_allocate(coder->memory, (size_t)count * sizeof *subject->values);
  subject->has_health = has_health;
  bool fits = true, outside = false;
  for (uint32_t i = 0; i < count; i++) {
    enum packed_kind kind;
    fits &= pbk_packed_load(words + (size_t)i * VALUE_HEAD, &subject->values[i], &kind);
    outside |= kind <= PACKED_TEXT;
  }
  if (!fits) {
    memset(subject->values, 0, (size_t)count * sizeof *subject->values);
    coder_fail(coder);
    return;
  }
  if (outside) read_all_outside(coder, subject->values, words, count);
  if (has_health && !is_number(&subject->values[count - 1])) coder_fail(coder);
}

/* ---- subjects ---- */

/* u8 size of the key | u8 marks | u8 shape | u8 0 | u32 stage | i64 when it was created; behind it the key, the names of a new shape, the
 * values, the history. What may be absent is MAP_NONE. */
enum { SUBJECT_HEAD = 16 };
enum subject_mark { MARK_DELETED = 1, MARK_HEALTH = 2, MARK_SUPPRESSED = 4, MARK_SHARES = 8 };

/* A copy of what stands in the subject is of all that could: what is too much is written over. */
static inline unsigned char *put_key(unsigned char *at, const struct subject *subject) {
  struct text key = subject_key(subject);
  if (key.size > SUBJECT_KEY_HERE)
    memcpy(at, key.bytes, key.size);
  else
    memcpy(at, subject->key, SUBJECT_KEY_HERE);
  return at + key.size;
}

static inline void write_subject(struct writer *writer, const struct subjects *subjects, const struct subject *subject,
                                 struct known_shapes *known) {
  struct shape *names = subject_shape(subject, subjects);
  uint32_t count = shape_count(names) + subject->has_health, heads = count * VALUE_HEAD;
  unsigned char *at = writer_begin(writer, SUBJECT_HEAD + UINT8_MAX + heads);
  uint8_t shape = shape_byte(known, names);
  at[0] = subject->key_size;
  at[1] = (unsigned char)((subject->deleted ? MARK_DELETED : 0) | (subject->has_health ? MARK_HEALTH : 0) |
                          (subject->suppressed ? MARK_SUPPRESSED : 0) | (subject->shares ? MARK_SHARES : 0));
  at[2] = shape;
  at[3] = 0;
  store_u32(at + 4, subject->stage);
  store_u64(at + 8, (uint64_t)subject->created_at);
  at = put_key(at + SUBJECT_HEAD, subject);
  if (shape == SHAPE_FOLLOWS) {
    at = put_names(writer, at, names, heads);
    know_shape(known, names);
  }
  at = put_values(writer, at, subject->values, count);
  writer_end(writer, at);
  pbk_write_history(writer, subject->history);
}

static void read_own_history(struct coder *coder, struct subjects *subjects, struct subject *subject, const struct history_limits *limits) {
  if (!pbk_read_history(coder->reader, coder->memory, limits, &subject->history) || !subject->history) return;
  subjects->log_bytes += pbk_history_log_size(subject->history);
  subjects->series_times += pbk_history_times(subject->history);
  uint32_t size = history_size(subject->history);
  if (size > subjects->largest_history) subjects->largest_history = size;
}

/* A new one, or NULL; *marks those that are not every subject's. */
static struct subject *read_subject(struct coder *coder, struct facts *facts, int32_t kind, struct known_shapes *known, uint8_t *marks) {
  const unsigned char *at = pbk_read_bytes(coder->reader, SUBJECT_HEAD);
  const unsigned char *key = at ? pbk_read_bytes(coder->reader, at[0]) : NULL;
  bool fits = key && at[0] > 0 && at[3] == 0 && place_fits(load_u32(at + 4), facts->context->names.count);
  if (!fits) {
    coder_fail(coder);
    return NULL;
  }
  struct text text = {(const char *)key, at[0]};
  pbk_time created_at = (pbk_time)load_u64(at + 8);
  struct subject *subject = kind == PBK_CONTACT ? &pbk_new_contact(facts, text, created_at)->subject
                                                : &pbk_new_account(facts, text, created_at)->subject;
  *marks = at[1] & (uint8_t)~(MARK_DELETED | MARK_HEALTH);
  subject->deleted = (at[1] & MARK_DELETED) != 0;
  subject->stage = load_u32(at + 4);
  struct shape *shape = read_shape(coder, facts, known, at[2]);
  subject->shape = shape_number(shape);
  know_shape(known, shape);
  if (!coder_failed(coder)) read_values(coder, subject, shape, (at[1] & MARK_HEALTH) != 0);
  if (!coder_failed(coder)) read_own_history(coder, &facts->subjects, subject, &known->limits);
  return coder_failed(coder) ? NULL : subject;
}

/* ---- what many subjects that were read wait for together: a place in the map of keys, one in their account's list ---- */

enum { PLACED_TOGETHER = 32 };
struct placing {
  struct map *keys;
  uint64_t *number; /* of those with a key */
  uint32_t count;
  struct {
    const struct subject *subject;
    uint32_t hash, account;
  } waiting[PLACED_TOGETHER];
};

/* Contacts come in order: those of an account ascend. */
static bool join(struct facts *facts, uint32_t contact, uint32_t index) {
  struct account *account = account_at(facts, index);
  if (account->subject.deleted) return false;
  pbk_add_account_contact(facts, account, contact);
  return true;
}

static void place_waiting(struct coder *coder, struct facts *facts, struct placing *placing) {
  for (uint32_t i = 0; i < placing->count; i++) {
    uint32_t index = placing->waiting[i].account;
    if (index == MAP_NONE) continue;
    const struct contact_list *contacts = account_at(facts, index)->contacts;
    if (contacts) prefetch(contacts);
  }
  for (uint32_t i = 0; i < placing->count && !coder_failed(coder); i++) {
    const struct subject *subject = placing->waiting[i].subject;
    uint32_t account = placing->waiting[i].account, hash = placing->waiting[i].hash;
    if (account != MAP_NONE && !join(facts, subject->index, account)) coder_fail(coder);
    if (subject->deleted) continue;
    if (!pbk_map_add_hashed(coder->memory, placing->keys, subject_key(subject), hash, subject->index)) coder_fail(coder);
    ++*placing->number;
  }
  placing->count = 0;
}

static void place_subject(struct coder *coder, struct facts *facts, struct placing *placing, const struct subject *subject, uint32_t account) {
  uint32_t hash = subject->deleted ? 0 : pbk_hash_text(subject_key(subject));
  if (!subject->deleted) map_prefetch(placing->keys, hash);
  if (account != MAP_NONE) pbk_prefetch_account(facts, account);
  placing->waiting[placing->count].subject = subject;
  placing->waiting[placing->count].hash = hash;
  placing->waiting[placing->count].account = account;
  if (++placing->count == PLACED_TOGETHER) place_waiting(coder, facts, placing);
}

/* ---- contacts ---- */

/* u32 account | u32 who is pinned | u32 senders that were in contact; of each u32 sender, i64 when, u64 order. */
enum { CONTACT_HEAD = 12, CONTACTED_ROW = 20 };

static inline unsigned char *put_contacted(unsigned char *at, struct contacted contacted) {
  store_u32(at, contacted.sender);
  store_u64(at + 4, (uint64_t)contacted.occurred_at);
  store_u64(at + 12, contacted.order);
  return at + CONTACTED_ROW;
}

static void write_contact(struct coder *coder, const struct facts *facts, const struct contact *contact, struct known_shapes *known) {
  struct writer *writer = coder->writer;
  uint32_t count = contacted_count(contact);
  write_subject(writer, &facts->subjects, &contact->subject, known);
  unsigned char *at = writer_begin(writer, CONTACT_HEAD + CONTACTED_ROW);
  store_u32(at, contact->subject.account);
  store_u32(at + 4, pinned_sender(contact));
  store_u32(at + 8, count);
  at += CONTACT_HEAD;
  if (count == 1) {
    at = put_contacted(at, contacted_at(facts, contact, 0));
    store_u64(at - 8, 0); /* whoever else comes is recorded later */
    count = 0;
  }
  writer_end(writer, at);
  for (uint32_t i = 0; i < count; i++) {
    at = writer_room(writer, CONTACTED_ROW);
    put_contacted(at, contacted_at(facts, contact, i));
  }
}

static void read_contact(struct coder *coder, struct facts *facts, uint32_t senders, struct known_shapes *known, struct placing *placing) {
  uint8_t marks;
  struct subject *subject = read_subject(coder, facts, PBK_CONTACT, known, &marks);
  const unsigned char *at = subject ? pbk_read_bytes(coder->reader, CONTACT_HEAD) : NULL;
  if (!at) return;
  uint32_t account = load_u32(at), pinned = load_u32(at + 4), count = load_u32(at + 8);
  const unsigned char *rows = pbk_read_bytes(coder->reader, (uint64_t)count * CONTACTED_ROW);
  bool fits = rows && (marks & ~(MARK_SUPPRESSED | MARK_SHARES)) == 0 && place_fits(account, facts->accounts.count) &&
              place_fits(pinned, senders) && !((marks & MARK_SHARES) && account == MAP_NONE);
  struct contact *contact = contact_at(facts, subject->index);
  if (fits) pbk_expect_contacted(facts, contact, count);
  for (uint32_t i = 0; i < count && fits; i++, rows += CONTACTED_ROW) {
    struct contacted contacted = {load_u32(rows), (pbk_time)load_u64(rows + 4), load_u64(rows + 12)};
    fits = contacted.sender < senders;
    if (fits) pbk_add_contacted(facts, contact, contacted);
  }
  if (!fits) {
    coder_fail(coder);
    return;
  }
  subject->account = account;
  subject->suppressed = (marks & MARK_SUPPRESSED) != 0;
  subject->shares = (marks & MARK_SHARES) != 0;
  pbk_pin_sender(facts, contact, pinned);
  place_subject(coder, facts, placing, subject, account);
}

/* ---- accounts ---- */

/* u32 roles that are held; of each u32 role, u32 user. */
enum { HOLDER_ROW = 8 };

static void write_account(struct coder *coder, const struct facts *facts, const struct account *account, struct known_shapes *known) {
  struct writer *writer = coder->writer;
  uint32_t count = pbk_holder_count(facts, account->subject.index);
  write_subject(writer, &facts->subjects, &account->subject, known);
  pbk_write_u32(writer, count);
  for (uint32_t i = 0; i < count; i++) {
    struct holder holder = pbk_holder_at(facts, account->subject.index, i);
    pbk_write_u32(writer, holder.role);
    pbk_write_u32(writer, holder.user);
  }
}

static void read_account(struct coder *coder, struct facts *facts, struct known_shapes *known, struct placing *placing) {
  uint8_t marks;
  struct subject *subject = read_subject(coder, facts, PBK_ACCOUNT, known, &marks);
  if (!subject) return;
  uint32_t count = pbk_read_u32(coder->reader);
  const unsigned char *rows = pbk_read_bytes(coder->reader, (uint64_t)count * HOLDER_ROW);
  bool fits = rows && marks == 0;
  for (uint32_t i = 0; i < count && fits; i++, rows += HOLDER_ROW) {
    struct holder holder = {load_u32(rows), load_u32(rows + 4)};
    fits = holder.role < facts->roles.entries.count && holder.user < facts->users.entries.count;
    if (fits) pbk_add_holder(facts, subject->index, holder);
  }
  if (fits) place_subject(coder, facts, placing, subject, MAP_NONE);
  else coder_fail(coder);
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

/* Bytes of a subject at least: what a count can be true of. */
enum { SUBJECT_LEAST = SUBJECT_HEAD + 1 };

static void write_subjects(struct coder *coder, struct facts *facts, int32_t kind) {
  uint32_t count = pbk_subject_total(facts, kind);
  struct known_shapes known = {.shapes = {NULL}};
  struct fetching fetching = {.all = &facts->subjects};
  if (!pbk_code_row_count(coder, &count) || count == 0) return;
  for (uint32_t i = 0; i < FETCH_ROW; i++) fetching.subjects[i] = pbk_subject_at(facts, kind, i < count ? i : count - 1);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t ahead = i + FETCH_ROW < count ? i + FETCH_ROW : count - 1;
    const struct subject *subject = pbk_subject_at(facts, kind, ahead);
    prefetch(subject);
    fetching.subjects[(i + FETCH_ROW) % AHEAD] = subject;
    fetch_ahead(&fetching, i);
    coder_item(coder);
    subject = subject_ahead(&fetching, i);
    if (kind == PBK_CONTACT)
      write_contact(coder, facts, (const struct contact *)(const void *)subject, &known);
    else
      write_account(coder, facts, (const struct account *)(const void *)subject, &known);
  }
}

static void read_subjects(struct coder *coder, struct facts *facts, int32_t kind, uint32_t senders) {
  uint32_t count = 0, names = facts->context->names.count;
  const struct subjects *subjects = &facts->subjects;
  struct known_shapes known = {
    .limits = pbk_history_limits(subjects->watched.items, subjects->watched.count, names, watched_of(kind))};
  struct placing placing = {.keys = kind == PBK_CONTACT ? &facts->contact_keys : &facts->account_keys,
                            .number = kind == PBK_CONTACT ? &facts->contact_count : &facts->account_count};
  if (!pbk_code_row_count(coder, &count)) return;
  pbk_map_reserve(coder->memory, placing.keys, coder_room_for(coder, count, SUBJECT_LEAST));
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    if (kind == PBK_CONTACT) read_contact(coder, facts, senders, &known, &placing);
    else read_account(coder, facts, &known, &placing);
  }
  if (!coder_failed(coder)) place_waiting(coder, facts, &placing);
}

void pbk_code_facts(struct coder *coder, struct facts *facts, uint32_t senders) {
  pbk_code_u64(coder, &facts->contacted_order);
  code_watched(coder, facts);
  for (int32_t i = 0; i < 2 && !coder_failed(coder); i++) {
    int32_t kind = i == 0 ? PBK_ACCOUNT : PBK_CONTACT;
    if (coder_reads(coder)) read_subjects(coder, facts, kind, senders);
    else write_subjects(coder, facts, kind);
  }
}
