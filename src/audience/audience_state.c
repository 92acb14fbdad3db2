/* audience/audience_state.c - see audience_state.h. */
#include "audience/audience_state.h"

#include "audience/schema.h"
#include "base/base_state.h"
#include "base/table.h"

static void *code_audience(struct coder *coder, void *owner, uint32_t place, void *object) {
  struct audience *audience = object;
  struct text key = pbk_audience_key(owner, place);
  if (!audience) audience = pbk_allocate_cleared(coder->memory, sizeof *audience);
  if (key.size == 0) coder_fail(coder);
  pbk_code_i32(coder, &audience->kind);
  pbk_code_i32(coder, &audience->of);
  pbk_code_owned_text(coder, &audience->source);
  bool known = (audience->kind == PBK_DEFINE_PERSONA || audience->kind == PBK_DEFINE_SEGMENT) &&
               (audience->of == PBK_CONTACT || audience->of == PBK_ACCOUNT);
  if (!known) coder_fail(coder);
  if (coder_reads(coder) && !coder_failed(coder) && !pbk_restore_audience(owner, place, audience)) coder_fail(coder);
  return audience;
}

static void code_kept_text(struct coder *coder, struct arena *arena, struct text *text) {
  pbk_code_text(coder, text);
  if (!coder_reads(coder)) return;
  char *copy = pbk_arena_allocate(arena, (size_t)text->size + 1);
  if (text->size) memcpy(copy, text->bytes, text->size);
  text->bytes = copy;
}

static void *code_schema(struct coder *coder, void *owner, uint32_t place, void *object) {
  struct schema *schema = object;
  uint32_t count = schema ? schema->count : 0;
  const char *message;
  (void)owner, (void)place;
  if (!schema) {
    schema = pbk_allocate_cleared(coder->memory, sizeof *schema);
    pbk_arena_init(&schema->texts, coder->memory);
  }
  pbk_code_bool(coder, &schema->open);
  if (!pbk_code_count(coder, &count)) return schema;
  if (count > SCHEMA_MOST_TRAITS) {
    coder_fail(coder);
    return schema;
  }
  if (coder_reads(coder)) schema->traits = pbk_arena_allocate(&schema->texts, ((size_t)count + 1) * sizeof *schema->traits);
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct cel_declared trait = {0};
    if (!coder_reads(coder)) trait = schema->traits[i];
    code_kept_text(coder, &schema->texts, &trait.name);
    code_kept_text(coder, &schema->texts, &trait.type);
    if (!coder_reads(coder)) continue;
    if (!pbk_cel_declarable(trait.type, &message)) coder_fail(coder);
    schema->traits[i] = trait;
    schema->count = i + 1;
  }
  return schema;
}

void pbk_code_audiences(struct coder *coder, struct audiences *audiences) {
  struct text zones = {(const char *)audiences->zones.bytes, (uint32_t)audiences->zones.size};
  pbk_code_text(coder, &zones);
  if (coder_reads(coder) && zones.size && !pbk_restore_zones(audiences, zones)) coder_fail(coder);
  pbk_code_registry(coder, &audiences->registry, audiences, code_audience);
  pbk_code_registry(coder, &audiences->schemas, audiences, code_schema);
  if (!coder_reads(coder)) return;
  while (audiences->memberships.count < audiences->registry.entries.count) {
    struct membership empty = {0};
    array_push(coder->memory, &audiences->memberships, empty);
  }
  for (uint32_t i = 0; i < audiences->registry.entries.count && !coder_failed(coder); i++) pbk_index_reads(audiences, i);
}

static uint32_t used_words(const struct membership *membership) {
  uint32_t count = membership->bits.count;
  while (count > 0 && membership->bits.items[count - 1] == 0) count--;
  return count;
}

/* Up to the last one that is set: an armed word is not zero. */
static uint32_t used_wakes(const struct membership *membership) {
  for (uint32_t page = membership->armed.pages.count; page-- > 0;) {
    const uint64_t *words = membership->armed.pages.items[page];
    for (uint32_t i = words ? WORDS_PAGE : 0; i-- > 0;)
      if (words[i]) return (page << WORDS_PAGE_BITS) + i + 1;
  }
  return 0;
}

static void code_bits(struct coder *coder, struct membership *membership, uint32_t subjects) {
  uint32_t words = coder_reads(coder) ? 0 : used_words(membership);
  if (!pbk_code_row_count(coder, &words)) return;
  if (coder_reads(coder)) {
    if (words > subjects / 64 + (subjects % 64 != 0)) {
      coder_fail(coder);
      return;
    }
    array_reserve(coder->memory, &membership->bits, words);
    membership->bits.count = words;
  }
  pbk_code_word_row(coder, membership->bits.items, words);
  if (!coder_reads(coder) || coder_failed(coder)) return;
  for (uint32_t i = 0; i < words; i++)
    for (uint64_t word = membership->bits.items[i]; word; word &= word - 1) membership->count++;
  if (words && subjects % 64 && words > subjects / 64 && membership->bits.items[words - 1] >> subjects % 64) coder_fail(coder);
}

/* The wake-ups of quiet ones are what they must be. Of all of them together, for so many subjects at a time: what is looked at of those
 * stays near, and what comes next is fetched meanwhile. */
enum { QUIET_TOGETHER = 64 };

static void fetch_subjects(const struct audiences *audiences, int32_t of, uint32_t from, uint32_t total, bool history) {
  for (uint32_t i = from; i < total && i < from + QUIET_TOGETHER; i++) {
    const struct subject *subject = pbk_subject_at(audiences->facts, of, i);
    if (history) prefetch_history(subject);
    else prefetch(subject);
  }
}

/* Those of one, who is not in, among the subjects that a word of bits tells of. */
static void set_quiet_wakes(struct audiences *audiences, uint32_t place, int32_t of, uint32_t from, uint32_t total) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t word = from / QUIET_TOGETHER;
  uint64_t left = word < membership->bits.count ? ~membership->bits.items[word] : UINT64_MAX;
  if (total - from < QUIET_TOGETHER) left &= ((uint64_t)1 << (total - from)) - 1;
  for (; left; left &= left - 1) {
    const struct subject *subject = pbk_subject_at(audiences->facts, of, from + table_bits((left & (0 - left)) - 1));
    if (!subject->deleted) pbk_wake_quiet(audiences, place, subject);
  }
}

static void set_all_quiet_wakes(struct coder *coder, struct audiences *audiences, int32_t of) {
  uint32_t total = pbk_subject_total(audiences->facts, of), count = 0, all = audiences->registry.entries.count;
  uint32_t *quiet = pbk_code_rooms(coder, all, sizeof *quiet);
  for (uint32_t i = 0; i < all; i++) {
    const struct audience *audience = audience_at(audiences, i);
    if (audience && audience->of == of && audience_is_quiet(&audiences->memberships.items[i])) quiet[count++] = i;
  }
  for (uint32_t from = 0; count > 0 && from < total; from += QUIET_TOGETHER) {
    fetch_subjects(audiences, of, from + 2 * QUIET_TOGETHER, total, false);
    fetch_subjects(audiences, of, from + QUIET_TOGETHER, total, true);
    for (uint32_t i = 0; i < count; i++) set_quiet_wakes(audiences, quiet[i], of, from, total);
  }
}

static void set_wakes(struct audiences *audiences, uint32_t place, uint32_t from, const uint64_t *times, uint32_t count) {
  struct membership *membership = &audiences->memberships.items[place];
  for (uint32_t i = 0; i < count; i++) {
    if (times[i] == INT64_MAX) continue;
    set_armed(pbk_words_need(audiences->context->memory, &membership->armed, from + i), (pbk_time)times[i]);
    pbk_calendar_add(&audiences->context->calendar, (pbk_time)times[i], wake_membership(place, from + i));
  }
}

static void code_wakes(struct coder *coder, struct audiences *audiences, uint32_t place, uint32_t subjects) {
  struct membership *membership = &audiences->memberships.items[place];
  uint32_t count = coder_reads(coder) ? 0 : used_wakes(membership);
  if (!pbk_code_row_count(coder, &count)) return;
  if (coder_reads(coder)) {
    if (count > (audience_is_quiet(membership) ? 0 : subjects)) {
      coder_fail(coder);
      return;
    }
  }
  uint64_t times[WORDS_PAGE];
  for (uint32_t from = 0; from < count && !coder_failed(coder); from += WORDS_PAGE) {
    uint32_t some = count - from < WORDS_PAGE ? count - from : WORDS_PAGE;
    const uint64_t *armed = words_at(&membership->armed, from); /* a page of them */
    if (!coder_reads(coder))
      for (uint32_t i = 0; i < some; i++) times[i] = (uint64_t)armed_of_word(armed ? armed[i] : 0);
    coder_item(coder);
    pbk_code_words(coder, times, some);
    if (coder_reads(coder) && !coder_failed(coder)) set_wakes(audiences, place, from, times, some);
  }
}

void pbk_code_memberships(struct coder *coder, struct audiences *audiences) {
  for (uint32_t i = 0; i < audiences->registry.entries.count && !coder_failed(coder); i++) {
    const struct audience *audience = audience_at(audiences, i);
    if (!audience) continue;
    uint32_t subjects = pbk_subject_total(audiences->facts, audience->of);
    coder_item(coder);
    code_bits(coder, &audiences->memberships.items[i], subjects);
    coder_item(coder);
    code_wakes(coder, audiences, i, subjects);
  }
  if (!coder_reads(coder) || coder_failed(coder)) return;
  set_all_quiet_wakes(coder, audiences, PBK_CONTACT);
  set_all_quiet_wakes(coder, audiences, PBK_ACCOUNT);
}
