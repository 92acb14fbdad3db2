/* audience/pass.c - which memberships a cause must look at, and looking at them in order (SPEC T7); declared in audience.h. */
#include "audience/audience.h"
#include "audience/vocabulary.h"
#include "audience/world.h"
#include "base/number.h"

/* ---- marking ---- */

void pbk_mark_membership(struct audiences *audiences, uint32_t place, uint32_t subject) {
  uint64_t mark = (uint64_t)place << 32 | subject;
  struct memory *memory = audiences->context->memory;
  number_list *pending = &audiences->pending;
  if (!audiences->pending_heap && (pending->count == 0 || pending->items[pending->count - 1] <= mark)) {
    array_push(memory, pending, mark);
    return;
  }
  if (audiences->pending_next) { /* ascending, the rest is a heap, too */
    pending->count -= audiences->pending_next;
    memmove(pending->items, pending->items + audiences->pending_next, pending->count * sizeof *pending->items);
    audiences->pending_next = 0;
  }
  audiences->pending_heap = true;
  pbk_heap_push(memory, pending, mark);
}

/* False: there is no more. */
static bool take_mark(struct audiences *audiences, uint64_t *mark) {
  number_list *pending = &audiences->pending;
  if (audiences->pending_heap && pending->count) {
    *mark = pbk_heap_pop(pending);
    return true;
  }
  if (audiences->pending_next < pending->count) {
    *mark = pending->items[audiences->pending_next++];
    return true;
  }
  pending->count = audiences->pending_next = 0;
  audiences->pending_heap = false;
  return false;
}

static void mark_contacts_of(struct audiences *audiences, uint32_t place, uint32_t account) {
  if (pbk_alike_stays(audiences, place, account)) return;
  const struct contact_list *contacts = account_at(audiences->facts, account)->contacts;
  struct contact_row row;
  for (uint32_t part = 0; (row = contact_list_row(contacts, part)).count > 0; part++)
    for (uint32_t i = 0; i < row.count; i++) pbk_mark_membership(audiences, place, row.items[i]);
}

/* Whether an event leaves a membership as it is: not a member, and then none of quiet, or none for so long after an event of now that the
 * wake-up that is set comes first. */
static bool stays_out(const struct audiences *audiences, const struct read_by *reader, uint32_t subject, bool late) {
  if (reader->quiet_for == 0) return false;
  const struct membership *membership = &audiences->memberships.items[reader->audience];
  if (pbk_is_in(audiences, reader->audience, subject)) return false;
  if (audience_is_quiet(membership)) return true;
  return !late && armed_at(membership, subject) <= saturating_add(audiences->context->now, reader->quiet_for);
}

/* The readers of a subject's own event. */
static inline void mark_readers_of_event(struct audiences *audiences, int32_t subject_kind, uint32_t subject, uint32_t event,
                                         bool late) {
  struct readers_of readers = readers_of(&audiences->readers, (struct cel_read){CEL_READS_SERIES, LOOKUP_EVENTS, event});
  for (uint32_t i = 0; i < readers.count; i++) {
    const struct read_by *reader = &readers.first[i];
    if (reader->of == subject_kind && !stays_out(audiences, reader, subject, late))
      pbk_mark_membership(audiences, reader->audience, subject);
  }
}

/* Marks the readers of one thing about a subject: for the subject itself, or for the contacts of an account. */
static void mark_readers(struct audiences *audiences, struct cel_read read, int32_t subject_kind, uint32_t subject) {
  /* events() is the subject's own history: an account's does not concern its contacts */
  bool own = read.kind == CEL_READS_SERIES && read.slot == LOOKUP_EVENTS;
  struct readers_of readers = readers_of(&audiences->readers, read);
  for (uint32_t i = 0; i < readers.count; i++) {
    struct read_by reader = readers.first[i];
    if (reader.of == subject_kind) pbk_mark_membership(audiences, reader.audience, subject);
    else if (subject_kind == PBK_ACCOUNT && !own) mark_contacts_of(audiences, reader.audience, subject);
  }
}

void pbk_prefetch_event_readers(const struct audiences *audiences, uint32_t event, uint32_t contact) {
  struct readers_of readers = readers_of(&audiences->readers, (struct cel_read){CEL_READS_SERIES, LOOKUP_EVENTS, event});
  for (uint32_t i = 0; i < readers.count; i++)
    if (readers.first[i].of == PBK_CONTACT) pbk_prefetch_membership(audiences, readers.first[i].audience, contact);
}

/* Whether a condition is false, and stays so, of a subject of which nothing is known but that it is there: who is new need
 * not be looked at for that. */
static bool needs_something(struct audiences *audiences, const struct audience *audience) {
  const struct account account = {.subject = {.kind = PBK_ACCOUNT, .index = UINT32_MAX, .stage = MAP_NONE}};
  const struct contact contact = {
    .subject = {.kind = PBK_CONTACT, .index = UINT32_MAX, .stage = MAP_NONE, .account = MAP_NONE}};
  uint32_t id = audience->of == PBK_CONTACT ? SLOT_CONTACT_ID : SLOT_ACCOUNT_ID;
  if (pbk_cel_asks_quiet(audience->program)) return false;
  for (uint32_t i = 0; i < pbk_cel_read_count(audience->program); i++) {
    struct cel_read read = pbk_cel_read_at(audience->program, i);
    bool own = read.kind == CEL_READS_FIELD && (read.slot == id || read.slot == id + SLOT_CONTACT_CREATED_AT);
    if (own || read.kind == CEL_READS_ZONES) return false;
  }
  struct view view = {.audiences = audiences, .armed = INT64_MAX};
  if (audience->of == PBK_CONTACT)
    view.contact = &contact;
  else
    view.account = &account;
  struct cel_outcome outcome;
  pbk_evaluate(&view, audience->program, &outcome);
  return outcome.state != CEL_TRUE && outcome.until == CEL_FOREVER;
}

/* What the condition of an audience reads at all. */
static void note_reads(struct audiences *audiences, uint32_t place) {
  const struct audience *audience = audience_at(audiences, place);
  struct membership *membership = &audiences->memberships.items[place];
  bool others;
  membership->asks_creation = membership->of_account = membership->of_account_alone = membership->needs_something = false;
  if (!audience || !audience->program) return;
  membership->asks_creation = pbk_cel_asks_quiet(audience->program);
  for (uint32_t i = 0; i < pbk_cel_read_count(audience->program); i++) {
    struct cel_read read = pbk_cel_read_at(audience->program, i);
    bool created = read.slot == SLOT_CONTACT_CREATED_AT || read.slot == SLOT_ACCOUNT_CREATED_AT;
    if (read.kind == CEL_READS_FIELD && created) membership->asks_creation = true;
  }
  membership->of_account = pbk_reads_account(audiences, audience->program, &others) && audience->of == PBK_CONTACT;
  membership->of_account_alone = membership->of_account && !others;
  membership->needs_something = needs_something(audiences, audience);
}

/* The lists of those who are asked at other occasions than that something they read has changed. */
static void list_by_reads(struct audiences *audiences) {
  struct memory *memory = audiences->context->memory;
  audiences->of_new.count = audiences->of_creation.count = audiences->of_account.count = 0;
  for (uint32_t i = 0; i < audiences->memberships.count; i++) {
    const struct audience *audience = audience_at(audiences, i);
    const struct membership *membership = &audiences->memberships.items[i];
    if (!audience || !audience->program) continue;
    if (!membership->needs_something) array_push(memory, &audiences->of_new, i);
    if (membership->asks_creation) array_push(memory, &audiences->of_creation, i);
    if (membership->of_account) array_push(memory, &audiences->of_account, i);
  }
}

void pbk_index_reads(struct audiences *audiences, uint32_t place) {
  struct memory *memory = audiences->context->memory;
  const struct audience *audience = audience_at(audiences, place);
  pbk_readers_remove(&audiences->readers, place);
  if (audience && audience->program) pbk_readers_add(memory, &audiences->readers, audience->program, audience->of, place);
  pbk_note_quiet(audiences, place);
  pbk_forget_alike(audiences, place);
  note_reads(audiences, place);
  pbk_note_gate(audiences, place);
  list_by_reads(audiences);
  audiences->account_events_read = audiences->memberships_read = false;
  for (uint32_t i = 0; i < audiences->readers.items.count; i++) {
    struct cel_read read = audiences->readers.reads.items[i];
    if (read.kind == CEL_READS_MEMBER) audiences->memberships_read = true;
    if (read.kind == CEL_READS_SERIES && (read.slot == LOOKUP_ACCOUNT_EVENTS || audiences->readers.items.items[i].of == PBK_ACCOUNT))
      audiences->account_events_read = true;
  }
}

/* A new subject, for those that may hold of it as it is; what came with it is a change of its own, that it has an account
 * too. */
SELDOM static void mark_new(struct audiences *audiences, int32_t subject_kind, uint32_t subject) {
  for (uint32_t i = 0; i < audiences->of_new.count; i++) {
    uint32_t place = audiences->of_new.items[i];
    if (audience_at(audiences, place)->of == subject_kind) pbk_mark_membership(audiences, place, subject);
  }
}

/* What hangs on the creation of a subject, and of an account what its contacts read of it. */
SELDOM static void mark_creation(struct audiences *audiences, int32_t subject_kind, uint32_t subject) {
  for (uint32_t i = 0; i < audiences->of_creation.count; i++) {
    uint32_t place = audiences->of_creation.items[i];
    if (audience_at(audiences, place)->of == subject_kind)
      pbk_mark_membership(audiences, place, subject);
    else if (subject_kind == PBK_ACCOUNT && audiences->memberships.items[place].of_account)
      mark_contacts_of(audiences, place, subject);
  }
}

SELDOM static void mark_account_readers(struct audiences *audiences, uint32_t contact) {
  for (uint32_t i = 0; i < audiences->of_account.count; i++)
    pbk_mark_membership(audiences, audiences->of_account.items[i], contact);
}

static void mark_memberships_of(struct audiences *audiences, int32_t kind, uint32_t subject) {
  for (uint32_t i = 0; i < audiences->registry.entries.count; i++) {
    const struct audience *audience = audience_at(audiences, i);
    if (audience && audience->of == kind && pbk_is_in(audiences, i, subject)) pbk_mark_membership(audiences, i, subject);
  }
}

uint32_t pbk_reads_of_change(struct change change, struct cel_read reads[CHANGE_READS_MOST]) {
  uint32_t first = change.subject_kind == PBK_CONTACT ? SLOT_CONTACT_ID : SLOT_ACCOUNT_ID;
  reads[0] = (struct cel_read){CEL_READS_FIELD, first, 0};
  switch (change.kind) {
  case CHANGED_ID: reads[0].slot = first + SLOT_CONTACT_ID; return 1;
  case CHANGED_STAGE: reads[0].slot = first + SLOT_CONTACT_STAGE; return 1;
  case CHANGED_HEALTH: reads[0].slot = first + SLOT_CONTACT_HEALTH; return 1;
  case CHANGED_TRAIT:
    reads[0] = (struct cel_read){CEL_READS_ENTRIES, first + SLOT_CONTACT_TRAITS, 0};
    reads[1] = (struct cel_read){CEL_READS_ENTRY, first + SLOT_CONTACT_TRAITS, change.number};
    return 2;
  case CHANGED_EVENTS:
    reads[0] = (struct cel_read){CEL_READS_SERIES, LOOKUP_EVENTS, change.number};
    reads[1] = (struct cel_read){CEL_READS_SERIES, LOOKUP_ACCOUNT_EVENTS, change.number};
    return change.subject_kind == PBK_CONTACT ? 1 : 2;
  default: return CHANGE_READS_ALL;
  }
}

static SELDOM void mark_change(struct audiences *audiences, const struct change *change) {
  struct cel_read reads[CHANGE_READS_MOST];
  uint32_t count;
  switch (change->kind) {
    case CHANGED_EVENTS: /* of an account */
      if (!audiences->account_events_read) return;
      mark_readers_of_event(audiences, PBK_ACCOUNT, change->subject, change->number, change->late);
      mark_readers(audiences, (struct cel_read){CEL_READS_SERIES, LOOKUP_ACCOUNT_EVENTS, change->number}, PBK_ACCOUNT,
                   change->subject);
      return;
    case CHANGED_ACCOUNT: mark_account_readers(audiences, change->subject); return;
    case CHANGED_DELETED: mark_memberships_of(audiences, change->subject_kind, change->subject); return;
    default: break;
  }
  count = pbk_reads_of_change(*change, reads);
  if (count == CHANGE_READS_ALL) { /* it is new, or created_at moved */
    if (change->kind == CHANGED_CREATED_AT)
      mark_creation(audiences, change->subject_kind, change->subject);
    else
      mark_new(audiences, change->subject_kind, change->subject);
    return;
  }
  for (uint32_t i = 0; i < count; i++) mark_readers(audiences, reads[i], change->subject_kind, change->subject);
}

void pbk_mark_changes_there_are(struct audiences *audiences) {
  const struct change *change = audiences->facts->changes.items, *end = change + audiences->facts->changes.count;
  for (; change < end; change++) {
    bool own = change->kind == CHANGED_EVENTS && change->subject_kind == PBK_CONTACT; /* nearly all */
    if (own)
      mark_readers_of_event(audiences, PBK_CONTACT, change->subject, change->number, change->late);
    else
      mark_change(audiences, change);
  }
}

bool pbk_restore_zones(struct audiences *audiences, struct text bytes) {
  struct memory *memory = audiences->context->memory;
  struct cel_zones zones = {0};
  const char *message;
  if (bytes.size) {
    char *copy = pbk_allocate(memory, bytes.size);
    memcpy(copy, bytes.bytes, bytes.size);
    if (!pbk_cel_zones_read(&zones, copy, bytes.size, &message)) {
      pbk_release(memory, copy, bytes.size);
      return false;
    }
  }
  pbk_release(memory, (void *)(uintptr_t)audiences->zones.bytes, audiences->zones.size);
  audiences->zones = zones;
  return true;
}

void pbk_set_zones(struct audiences *audiences, struct text bytes) {
  pbk_restore_zones(audiences, bytes);
  struct cel_read read = {CEL_READS_ZONES, 0, 0};
  struct readers_of readers = readers_of(&audiences->readers, read);
  for (uint32_t i = 0; i < readers.count; i++) {
    uint32_t place = readers.first[i].audience;
    uint32_t count = pbk_subject_total(audiences->facts, readers.first[i].of);
    for (uint32_t subject = 0; subject < count; subject++) pbk_mark_membership(audiences, place, subject);
  }
}

void pbk_mark_followers(struct audiences *audiences, uint32_t place, uint32_t subject) {
  if (!audiences->memberships_read) return;
  struct cel_read read = {CEL_READS_MEMBER, LOOKUP_SEGMENT, place};
  mark_readers(audiences, read, audience_at(audiences, place)->of, subject);
}

/* ---- looking ---- */

/* Sets a wake-up unless an earlier one is set already: that one looks, and sets the next (a login does not move a timer). */
static SELDOM void arm(struct audiences *audiences, uint32_t place, uint32_t subject, pbk_time until) {
  struct membership *membership = &audiences->memberships.items[place];
  if (until == CEL_FOREVER) return;
  uint64_t *word = words_at(&membership->armed, subject);
  if (!word) word = pbk_words_need(audiences->context->memory, &membership->armed, subject);
  if (armed_of_word(*word) <= until) return;
  set_armed(word, until);
  pbk_calendar_add(&audiences->context->calendar, until, wake_membership(place, subject));
}

/* What came out for an account, of a condition that reads nothing else or of its gate, and does for all of it in this pass.
 */
struct shared {
  uint32_t audience, account;
  bool matches;
  pbk_time until;
};

static inline void share(struct shared *shared, uint32_t place, uint32_t account, const struct view *view,
                         const struct cel_program *program) {
  struct cel_outcome outcome;
  if (shared->audience == place && shared->account == account) return;
  pbk_evaluate(view, program, &outcome);
  *shared = (struct shared){place, account, outcome.state == CEL_TRUE, outcome.until};
}

/* Where something is known for the account of a contact: evaluates, as far as need be, and sets the wake-up. */
static SELDOM bool matches_of_account(struct audiences *audiences, uint32_t place, const struct view *view,
                                      struct shared *shared) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t subject = view->contact->subject.index, account = view->contact->subject.account;
  const struct cel_program *program = audience_at(audiences, place)->program;
  if (membership->of_account_alone) {
    share(shared, place, account, view, program);
    arm(audiences, place, subject, shared->until);
    pbk_time armed = armed_at(membership, subject);
    pbk_alike_looked(audiences, place, account, shared->matches, armed);
    return shared->matches;
  }
  struct cel_outcome outcome;
  pbk_evaluate(view, program, &outcome);
  arm(audiences, place, subject, outcome.until);
  struct view whole = *view;
  whole.armed = INT64_MAX; /* that is the wake-up of one of them */
  share(shared, place, account, &whole, membership->gate);
  pbk_alike_looked(audiences, place, account, shared->matches, shared->until);
  return outcome.state == CEL_TRUE;
}

/* Evaluates, and sets the wake-up. */
static inline bool matches(struct audiences *audiences, uint32_t place, const struct audience *audience,
                           const struct subject *about, struct shared *shared) {
  const struct membership *membership = &audiences->memberships.items[place];
  struct view view = view_about(audiences, about);
  view.armed = armed_at(membership, about->index);
  if (membership->of_account && shared && view.contact->subject.account != MAP_NONE &&
      alike_known(membership, view.contact->subject.account))
    return matches_of_account(audiences, place, &view, shared);
  struct cel_outcome outcome;
  pbk_evaluate(&view, audience->program, &outcome);
  if (outcome.until != CEL_FOREVER) arm(audiences, place, about->index, outcome.until);
  return outcome.state == CEL_TRUE;
}

/* Whether a subject is in as things are. */
static inline bool belongs(struct audiences *audiences, uint32_t place, const struct audience *audience,
                           const struct subject *about, bool was, struct shared *shared) {
  if (about->deleted) return false;
  if (audience_is_quiet(&audiences->memberships.items[place])) return pbk_look_quiet(audiences, place, about);
  if (audience->program) return matches(audiences, place, audience, about, shared);
  bool tagged = audiences->tag.audience == place && audiences->tag.subject == about->index;
  return tagged ? audiences->tag.entered : was;
}

bool pbk_settle_membership(struct audiences *audiences, uint32_t place, uint32_t subject) {
  const struct audience *audience = audience_at(audiences, place);
  const struct subject *about = pbk_subject_at(audiences->facts, audience->of, subject);
  bool was = pbk_is_in(audiences, place, subject), is = belongs(audiences, place, audience, about, was, NULL);
  if (is != was) pbk_set_member(audiences, place, subject, is);
  return is != was;
}

/* A membership changes, and is told of. */
static inline void flip_member(struct audiences *audiences, uint32_t place, const struct audience *audience,
                               const struct subject *about, bool entered) {
  uint32_t subject = about->index;
  bool persona = audience->kind == PBK_DEFINE_PERSONA;
  struct flip flip = {place, subject, entered, about->deleted};
  struct text key = subject_key(about);
  change_member(audiences, place, subject, entered);
  array_push(audiences->context->memory, &audiences->flips, flip);
  pbk_output_type type =
    persona ? (entered ? PBK_OUTPUT_TAGGED : PBK_OUTPUT_UNTAGGED) : (entered ? PBK_OUTPUT_ENTERED : PBK_OUTPUT_LEFT);
  pbk_tell_membership(audiences->context, type, (struct told_subject){key.bytes, key.size, audience->of},
                      registry_name(&audiences->registry, place));
  if (audiences->memberships_read) pbk_mark_followers(audiences, place, subject);
}

void pbk_look_at_marked(struct audiences *audiences) {
  uint64_t last = UINT64_MAX, mark;
  struct shared shared = {MAP_NONE, MAP_NONE, false, CEL_FOREVER};
  while (take_mark(audiences, &mark)) {
    if (mark == last) continue;
    last = mark;
    uint32_t place = (uint32_t)(mark >> 32), subject = (uint32_t)mark;
    const struct audience *audience = audience_at(audiences, place);
    const struct subject *about = pbk_subject_at(audiences->facts, audience->of, subject);
    bool was = pbk_is_in(audiences, place, subject), is = belongs(audiences, place, audience, about, was, &shared);
    if (is != was) flip_member(audiences, place, audience, about, is);
  }
  audiences->tag.audience = MAP_NONE;
}

/* What is marked is looked at in that order, and once: who names an audience comes behind it. */
const struct flip *pbk_flip_of(const struct audiences *audiences, uint32_t place, uint32_t subject) {
  uint64_t wanted = (uint64_t)place << 32 | subject;
  uint32_t low = 0, high = audiences->flips.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const struct flip *flip = &audiences->flips.items[middle];
    uint64_t mark = (uint64_t)flip->audience << 32 | flip->subject;
    if (mark == wanted) return flip;
    if (mark < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

void pbk_tag_contact(struct audiences *audiences, uint32_t place, uint32_t contact, bool tagged) {
  audiences->tag = (struct flip){place, contact, tagged, false};
  pbk_mark_membership(audiences, place, contact);
}

bool pbk_membership_due(struct audiences *audiences, uint32_t place, uint32_t subject, pbk_time time) {
  const struct audience *audience = audience_at(audiences, place);
  if (!audience || !audience->program) return false;
  struct membership *membership = &audiences->memberships.items[place];
  const struct subject *about = pbk_subject_at(audiences->facts, audience->of, subject);
  if (audience_is_quiet(membership)) {
    if (!pbk_quiet_due(audiences, place, about, time)) return false;
    if (pbk_is_in(audiences, place, subject)) return true;
    flip_member(audiences, place, audience, about, true);
    return true;
  }
  uint64_t *word = words_at(&membership->armed, subject);
  if (!word || armed_of_word(*word) != time) return false;
  *word = 0;
  if (about->deleted) return false;
  pbk_mark_membership(audiences, place, subject);
  return true;
}
