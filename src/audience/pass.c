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
  const struct account *of = account_at(audiences->facts, account);
  for (uint32_t i = 0; i < of->contacts.count; i++) pbk_mark_membership(audiences, place, of->contacts.items[i]);
}

/* Whether an event leaves a membership as it is: not a member, and then none of quiet, or none for so long after an event of now that the
 * wake-up that is set comes first. */
static bool stays_out(const struct audiences *audiences, const struct read_by *reader, uint32_t subject, bool late) {
  const struct membership *membership = &audiences->memberships.items[reader->audience];
  if (reader->quiet_for == 0 || pbk_is_in(audiences, reader->audience, subject)) return false;
  if (audience_is_quiet(membership)) return true;
  if (late || subject >= membership->armed.count) return false;
  return membership->armed.items[subject] <= saturating_add(audiences->context->now, reader->quiet_for);
}

/* The readers of a subject's own event. */
static void mark_readers_of_event(struct audiences *audiences, int32_t subject_kind, uint32_t subject, uint32_t event, bool late) {
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

/* Whether a condition on contacts looks at their account to read something. */
static bool is_of_account(const struct audiences *audiences, struct cel_read read) {
  const struct audience *named;
  switch (read.kind) {
  case CEL_READS_FIELD:
  case CEL_READS_ENTRY:
  case CEL_READS_ENTRIES: return read.slot >= SLOT_ACCOUNT_ID && read.slot <= SLOT_ACCOUNT_TRAITS;
  case CEL_READS_SERIES: return read.slot == LOOKUP_ACCOUNT_EVENTS;
  case CEL_READS_MEMBER: named = audience_at(audiences, read.number); return named && named->of == PBK_ACCOUNT;
  default: return false;
  }
}

/* What the condition of an audience reads at all. */
static void note_reads(const struct audiences *audiences, const struct audience *audience, struct membership *membership) {
  bool others = false;
  membership->asks_creation = membership->of_account = membership->of_account_alone = false;
  if (!audience || !audience->program) return;
  membership->asks_creation = pbk_cel_asks_quiet(audience->program);
  for (uint32_t i = 0; i < pbk_cel_read_count(audience->program); i++) {
    struct cel_read read = pbk_cel_read_at(audience->program, i);
    bool field = read.kind == CEL_READS_FIELD, of_time = read.kind == CEL_READS_NOW || read.kind == CEL_READS_ZONES;
    if (field && (read.slot == SLOT_CONTACT_CREATED_AT || read.slot == SLOT_ACCOUNT_CREATED_AT)) membership->asks_creation = true;
    if (is_of_account(audiences, read)) membership->of_account = audience->of == PBK_CONTACT;
    else if (!of_time) others = true;
  }
  membership->of_account_alone = membership->of_account && !others;
}

void pbk_index_reads(struct audiences *audiences, uint32_t place) {
  struct memory *memory = audiences->context->memory;
  const struct audience *audience = audience_at(audiences, place);
  pbk_readers_remove(&audiences->readers, place);
  if (audience && audience->program) pbk_readers_add(memory, &audiences->readers, audience->program, audience->of, place);
  pbk_note_quiet(audiences, place);
  note_reads(audiences, audience, &audiences->memberships.items[place]);
  audiences->account_events_read = audiences->memberships_read = false;
  for (uint32_t i = 0; i < audiences->readers.items.count; i++) {
    struct cel_read read = audiences->readers.reads.items[i];
    if (read.kind == CEL_READS_MEMBER) audiences->memberships_read = true;
    if (read.kind == CEL_READS_SERIES && (read.slot == LOOKUP_ACCOUNT_EVENTS || audiences->readers.items.items[i].of == PBK_ACCOUNT))
      audiences->account_events_read = true;
  }
}

/* Everything that is about a subject, and (of an account) what its contacts read of it: or only what hangs on its creation. */
static void mark_all(struct audiences *audiences, int32_t subject_kind, uint32_t subject, bool creation) {
  for (uint32_t i = 0; i < audiences->memberships.count; i++) {
    const struct audience *audience = audience_at(audiences, i);
    const struct membership *membership = &audiences->memberships.items[i];
    if (!audience || !audience->program || (creation && !membership->asks_creation)) continue;
    if (audience->of == subject_kind) pbk_mark_membership(audiences, i, subject);
    else if (subject_kind == PBK_ACCOUNT && membership->of_account) mark_contacts_of(audiences, i, subject);
  }
}

static void mark_account_readers(struct audiences *audiences, uint32_t contact) {
  for (uint32_t i = 0; i < audiences->memberships.count; i++)
    if (audiences->memberships.items[i].of_account) pbk_mark_membership(audiences, i, contact);
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

static void mark_change(struct audiences *audiences, const struct change *change) {
  struct cel_read reads[CHANGE_READS_MOST];
  uint32_t count;
  switch (change->kind) {
  case CHANGED_EVENTS:
    if (change->subject_kind == PBK_ACCOUNT && !audiences->account_events_read) return;
    mark_readers_of_event(audiences, change->subject_kind, change->subject, change->number, change->late);
    if (change->subject_kind == PBK_CONTACT) return;
    mark_readers(audiences, (struct cel_read){CEL_READS_SERIES, LOOKUP_ACCOUNT_EVENTS, change->number}, PBK_ACCOUNT, change->subject);
    return;
  case CHANGED_ACCOUNT: mark_account_readers(audiences, change->subject); return;
  case CHANGED_DELETED: mark_memberships_of(audiences, change->subject_kind, change->subject); return;
  default: break;
  }
  count = pbk_reads_of_change(*change, reads);
  if (count == CHANGE_READS_ALL) { /* it is new, or created_at moved */
    mark_all(audiences, change->subject_kind, change->subject, change->kind == CHANGED_CREATED_AT);
    return;
  }
  for (uint32_t i = 0; i < count; i++) mark_readers(audiences, reads[i], change->subject_kind, change->subject);
}

void pbk_mark_changes_there_are(struct audiences *audiences) {
  const struct change *change = audiences->facts->changes.items, *end = change + audiences->facts->changes.count;
  for (; change < end; change++) mark_change(audiences, change);
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
static void arm(struct audiences *audiences, uint32_t place, uint32_t subject, pbk_time until) {
  struct membership *membership = &audiences->memberships.items[place];
  if (until == CEL_FOREVER) return;
  if (membership->armed.count <= subject) {
    array_reserve(audiences->context->memory, &membership->armed,
                  pbk_subject_total(audiences->facts, audience_at(audiences, place)->of));
    while (membership->armed.count <= subject) membership->armed.items[membership->armed.count++] = INT64_MAX;
  }
  if (membership->armed.items[subject] <= until) return;
  membership->armed.items[subject] = until;
  pbk_calendar_add(&audiences->context->calendar, until, wake_membership(place, subject));
}

/* What came out for one contact of an account, and does for all of it in this pass. */
struct shared {
  uint32_t audience, account;
  bool matches;
  pbk_time until;
};

/* Evaluates, and sets the wake-up. */
static bool matches(struct audiences *audiences, uint32_t place, uint32_t subject, struct shared *shared) {
  const struct audience *audience = audience_at(audiences, place);
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t account = MAP_NONE;
  if (shared && membership->of_account_alone) account = contact_at(audiences->facts, subject)->account;
  if (account == MAP_NONE || shared->audience != place || shared->account != account) {
    struct view view = pbk_view_of(audiences, audience->of, subject);
    if (subject < membership->armed.count) view.armed = membership->armed.items[subject];
    struct cel_outcome outcome;
    pbk_evaluate(&view, audience->program, &outcome);
    if (account == MAP_NONE) {
      arm(audiences, place, subject, outcome.until);
      return outcome.state == CEL_TRUE;
    }
    *shared = (struct shared){place, account, outcome.state == CEL_TRUE, outcome.until};
  }
  arm(audiences, place, subject, shared->until);
  return shared->matches;
}

static bool look(struct audiences *audiences, uint32_t place, uint32_t subject, struct shared *shared) {
  const struct audience *audience = audience_at(audiences, place);
  const struct membership *membership = &audiences->memberships.items[place];
  const struct subject *about = pbk_subject_at(audiences->facts, audience->of, subject);
  bool was = pbk_is_in(audiences, place, subject), is = was;
  if (about->deleted) {
    is = false;
  } else if (audience_is_quiet(membership)) {
    is = pbk_look_quiet(audiences, place, about);
  } else if (audience->program) {
    is = matches(audiences, place, subject, shared);
  } else if (audiences->tag.audience == place && audiences->tag.subject == subject) {
    is = audiences->tag.entered;
  }
  if (is == was) return false;
  pbk_set_member(audiences, place, subject, is);
  return true;
}

bool pbk_settle_membership(struct audiences *audiences, uint32_t place, uint32_t subject) {
  return look(audiences, place, subject, NULL);
}

static void note_flip(struct audiences *audiences, uint32_t place, uint32_t subject) {
  const struct audience *audience = audience_at(audiences, place);
  bool persona = audience->kind == PBK_DEFINE_PERSONA;
  const struct subject *about = pbk_subject_at(audiences->facts, audience->of, subject);
  struct flip flip = {place, subject, pbk_is_in(audiences, place, subject), about->deleted};
  array_push(audiences->context->memory, &audiences->flips, flip);
  pbk_output_type type = persona ? (flip.entered ? PBK_OUTPUT_TAGGED : PBK_OUTPUT_UNTAGGED)
                                 : (flip.entered ? PBK_OUTPUT_ENTERED : PBK_OUTPUT_LEFT);
  pbk_tell_membership(audiences->context, type, told_subject(audiences->facts, audience->of, subject),
                      registry_name(&audiences->registry, place));
  pbk_mark_followers(audiences, place, subject);
}

void pbk_look_at_marked(struct audiences *audiences) {
  uint64_t last = UINT64_MAX, mark;
  struct shared shared = {MAP_NONE, MAP_NONE, false, CEL_FOREVER};
  while (take_mark(audiences, &mark)) {
    if (mark == last) continue;
    last = mark;
    if (look(audiences, (uint32_t)(mark >> 32), (uint32_t)mark, &shared)) note_flip(audiences, (uint32_t)(mark >> 32), (uint32_t)mark);
  }
  audiences->tag.audience = MAP_NONE;
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
    pbk_set_member(audiences, place, subject, true);
    note_flip(audiences, place, subject);
    return true;
  }
  if (subject >= membership->armed.count || membership->armed.items[subject] != time) return false;
  membership->armed.items[subject] = INT64_MAX;
  if (about->deleted) return false;
  pbk_mark_membership(audiences, place, subject);
  return true;
}
