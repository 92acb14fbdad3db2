/* playbook/playbook_state.c - see playbook_state.h. */
#include "playbook/playbook_state.h"

#include "base/base_state.h"
#include "sender/sender_state.h"

/* ---- versions ---- */

/* Writes a version, or (NULL) reads one; NULL when it failed. */
static struct version *code_version(struct coder *coder, struct playbooks *playbooks, struct version *version) {
  struct text source = version ? version->source : NO_TEXT;
  uint32_t number = version ? version->number : 0;
  pbk_code_u32(coder, &number);
  pbk_code_text(coder, &source);
  if (!coder_reads(coder)) return version;
  if (coder_failed(coder) || source.size == 0) return NULL;
  version = pbk_restore_version(playbooks, source, coder->arena);
  if (!version) return NULL;
  version->number = number;
  return version;
}

static void *code_current(struct coder *coder, void *owner, uint32_t place, void *object) {
  struct version *version = code_version(coder, owner, object);
  if (!version || !coder_reads(coder)) return version;
  version->place = place;
  version->references = 1;
  return version;
}

static void code_old_versions(struct coder *coder, struct playbooks *playbooks) {
  uint32_t count = playbooks->old.count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct version *version = coder_reads(coder) ? NULL : playbooks->old.items[i];
    uint32_t place = version ? version->place : 0;
    coder_item(coder);
    pbk_code_index(coder, &place, playbooks->states.count);
    version = code_version(coder, playbooks, version);
    if (!coder_reads(coder)) continue;
    if (!version) {
      coder_fail(coder);
      return;
    }
    version->place = place;
    array_push(coder->memory, &playbooks->old, version);
  }
}

/* ---- what lasts over versions ---- */

static void code_rotation(struct coder *coder, struct playbooks *playbooks, struct playbook *playbook, uint32_t at) {
  struct rotation empty = {0};
  if (coder_reads(coder)) array_push(coder->memory, &playbook->rotations, empty);
  struct rotation *rotation = &playbook->rotations.items[at];
  pbk_code_u32(coder, &rotation->step);
  pbk_code_u32(coder, &rotation->action);
  place_list users = {rotation->users.items, rotation->users.count, rotation->users.capacity};
  pbk_code_places(coder, &users, playbooks->facts->users.entries.count);
  if (coder_reads(coder)) {
    rotation->users.items = users.items;
    rotation->users.count = users.count;
    rotation->users.capacity = users.capacity;
    if (users.count == 0) coder_fail(coder);
  }
  pbk_code_index(coder, &rotation->next, users.count ? users.count : 1);
}

static void code_branch_pool(struct coder *coder, struct playbooks *playbooks, struct playbook *playbook, uint32_t at) {
  struct branch_pool empty = {.segment = MAP_NONE};
  if (coder_reads(coder)) array_push(coder->memory, &playbook->pools, empty);
  struct branch_pool *pool = &playbook->pools.items[at];
  pbk_code_place(coder, &pool->segment, playbooks->audiences->registry.entries.count);
  pbk_code_pool(coder, &pool->pool, playbooks->senders->registry.entries.count);
}

static void code_state(struct coder *coder, struct playbooks *playbooks, uint32_t place) {
  struct playbook empty = {0};
  if (coder_reads(coder)) array_push(coder->memory, &playbooks->states, empty);
  struct playbook *playbook = &playbooks->states.items[place];
  uint32_t status = (uint32_t)playbook->status, pools = playbook->pools.count, rotations = playbook->rotations.count;
  pbk_code_index(coder, &status, PLAYBOOK_ARCHIVED + 1);
  playbook->status = (enum playbook_status)status;
  pbk_code_time(coder, &playbook->activated_at);
  pbk_code_u32(coder, &playbook->versions);
  if (!pbk_code_count(coder, &pools)) return;
  for (uint32_t i = 0; i < pools && !coder_failed(coder); i++) code_branch_pool(coder, playbooks, playbook, i);
  if (!pbk_code_count(coder, &rotations)) return;
  for (uint32_t i = 0; i < rotations && !coder_failed(coder); i++) code_rotation(coder, playbooks, playbook, i);
}

void pbk_code_playbooks(struct coder *coder, struct playbooks *playbooks) {
  uint32_t count = playbooks->states.count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    code_state(coder, playbooks, i);
  }
  pbk_code_registry(coder, &playbooks->registry, playbooks, code_current);
  if (coder_failed(coder)) return;
  if (playbooks->registry.entries.count != playbooks->states.count) coder_fail(coder);
  code_old_versions(coder, playbooks);
  if (!coder_reads(coder) || coder_failed(coder)) return;
  for (uint32_t i = 0; i < playbooks->old.count; i++)
    pbk_set_rotations(playbooks, playbooks->old.items[i]->place, playbooks->old.items[i]);
  for (uint32_t i = 0; i < playbooks->old.count; i++) pbk_index_exit_reads(playbooks, playbooks->old.items[i]);
  for (uint32_t i = 0; i < playbooks->registry.entries.count; i++) {
    struct version *version = version_at(playbooks, i);
    if (!version) continue;
    pbk_set_rotations(playbooks, i, version);
    pbk_index_routes(playbooks, i);
    pbk_index_exit_reads(playbooks, version);
    for (uint32_t j = 0; j < version->branch_count; j++)
      if (!pbk_pool_of(playbooks, i, version->branches[j].segment)) coder_fail(coder);
  }
}

/* ---- enrollments ---- */

static struct version *version_of(const struct playbooks *playbooks, uint32_t place, uint32_t number) {
  struct version *current = version_at(playbooks, place);
  if (current && current->number == number) return current;
  for (uint32_t i = 0; i < playbooks->old.count; i++)
    if (playbooks->old.items[i]->place == place && playbooks->old.items[i]->number == number) return playbooks->old.items[i];
  return NULL;
}

/* u64 number | u32 playbook | u32 version | u32 subject | u32 audience | u32 branch | u32 sender | u32 next step | u32 1: it
 * waits | i64 when it started, i64 its last step, i64 the next one, i64 the wake-up for its exit. What may be absent is
 * MAP_NONE. */
enum { ENROLLMENT_ROW = 72 };

/* False: it cannot be read. */
static bool code_enrollment(struct coder *coder, struct enrollment *enrollment, uint32_t *place, uint32_t *number) {
  struct row row;
  uint32_t waiting = enrollment->waiting;
  if (!coder_row(coder, &row, ENROLLMENT_ROW)) return false;
  row_u64(&row, &enrollment->id);
  row_u32(&row, place);
  row_u32(&row, number);
  row_u32(&row, &enrollment->subject);
  row_u32(&row, &enrollment->audience);
  row_u32(&row, &enrollment->branch);
  row_u32(&row, &enrollment->sender);
  row_u32(&row, &enrollment->next_step);
  row_u32(&row, &waiting);
  row_i64(&row, &enrollment->started_at);
  row_i64(&row, &enrollment->step_at);
  row_i64(&row, &enrollment->due);
  row_i64(&row, &enrollment->exit_armed);
  enrollment->waiting = waiting != 0;
  return waiting <= 1;
}

/* Whether all that it names is there. */
static bool enrollment_fits(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  uint32_t audiences = playbooks->audiences->registry.entries.count;
  const struct version *version = enrollment->version;
  return version && enrollment->subject < pbk_subject_total(playbooks->facts, version->subject_kind) &&
         place_fits(enrollment->audience, audiences) && place_fits(enrollment->branch, audiences) &&
         place_fits(enrollment->sender, playbooks->senders->registry.entries.count) &&
         enrollment->next_step < version->step_count;
}

/* Those that were read and wait until their passages are near. */
enum { PLACED_TOGETHER = 16 };
struct placing {
  uint32_t count;
  struct enrollment waiting[PLACED_TOGETHER];
};

/* What follows from an enrollment that was read; it counts from now on. False: its subject is not in the playbook with it.
 */
static bool place_enrollment(struct coder *coder, struct playbooks *playbooks, const struct enrollment *read) {
  struct calendar *calendar = &playbooks->context->calendar;
  struct playbook *playbook = &playbooks->states.items[read->playbook];
  const struct passage passage = pbk_passage_of(playbooks, read->version->subject_kind, read->subject, read->playbook);
  if (!passage.running || passage.of.enrollment != read->id) return false;
  struct enrollment *enrollment = pbk_table_put(coder->memory, &playbooks->enrollments, read->id);
  *enrollment = *read;
  playbook->running++;
  count_in(coder->memory, &playbooks->served, enrollment->sender);
  roll_add(coder->memory, &playbook->enrollments, enrollment->id);
  enrollment->version->references++;
  pbk_begin_watch(playbooks, enrollment->version);
  if (enrollment->waiting) array_push(coder->memory, &playbook->waiting, enrollment->id);
  else pbk_calendar_add(calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
  if (enrollment->exit_armed == INT64_MAX) return true;
  playbooks->armed++;
  pbk_calendar_add(calendar, enrollment->exit_armed, wake_order(DUE_EXIT, enrollment->id));
  return true;
}

static void place_waiting(struct coder *coder, struct playbooks *playbooks, struct placing *placing) {
  for (uint32_t i = 0; i < placing->count; i++) {
    const struct enrollment *read = &placing->waiting[i];
    prefetch_passages_rest(playbooks, read->version->subject_kind, read->subject);
  }
  for (uint32_t i = 0; i < placing->count && !coder_failed(coder); i++)
    if (!place_enrollment(coder, playbooks, &placing->waiting[i])) coder_fail(coder);
  placing->count = 0;
}

static bool read_enrollment(struct coder *coder, struct playbooks *playbooks, struct placing *placing, uint64_t last,
                            uint64_t total) {
  struct enrollment *read = &placing->waiting[placing->count];
  uint32_t place = 0, number = 0;
  *read = (struct enrollment){.id = 0};
  if (!code_enrollment(coder, read, &place, &number) || read->id <= last || read->id > total) return false;
  if (place >= playbooks->states.count) return false;
  read->version = version_of(playbooks, place, number);
  read->playbook = place;
  if (!enrollment_fits(playbooks, read)) return false;
  prefetch_passages(playbooks, read->version->subject_kind, read->subject);
  if (++placing->count == PLACED_TOGETHER) place_waiting(coder, playbooks, placing);
  return true;
}

static void read_running(struct coder *coder, struct playbooks *playbooks, uint64_t running, uint64_t total) {
  struct placing placing = {.count = 0};
  uint64_t last = 0;
  for (uint64_t i = 0; i < running && !coder_failed(coder); i++) {
    coder_item(coder);
    uint32_t at = placing.count;
    if (coder_failed(coder)) return;
    if (read_enrollment(coder, playbooks, &placing, last, total))
      last = placing.waiting[at].id;
    else
      coder_fail(coder);
  }
  if (!coder_failed(coder)) place_waiting(coder, playbooks, &placing);
  if (!coder_failed(coder)) playbooks->enrollments.last = total;
}

/* As many as subjects are in playbooks with: each finds its passage, so none is left over. */
static void code_running(struct coder *coder, struct playbooks *playbooks, uint64_t passages) {
  uint64_t total = playbooks->enrollments.last, running = playbooks->enrollments.count, at = 0;
  pbk_code_u64(coder, &total);
  pbk_code_u64(coder, &running);
  if (running > total || running != passages || total > UINT64_MAX >> 3)
    coder_fail(coder); /* wake-ups keep three bits for themselves */
  if (coder_reads(coder)) {
    read_running(coder, playbooks, running, total);
    return;
  }
  for (uint64_t i = 0; i < running; i++) {
    struct enrollment *enrollment = pbk_table_next(&playbooks->enrollments, &at);
    uint32_t place = enrollment->version->place, number = enrollment->version->number;
    coder_item(coder);
    code_enrollment(coder, enrollment, &place, &number);
  }
}

/* ---- passages: of each subject how many, and of each u32 twice the playbook, and 1: it is in | u64 the enrollment, or when
 * it left ---- */

enum { PASSAGE_ROW = 12 };

static inline void write_passages_of(struct writer *writer, const struct passages *passages) {
  pbk_write_uint(writer, passages->count);
  if (passages->count == 0) return;
  unsigned char *at = writer_begin(writer, passages->count * PASSAGE_ROW);
  for (uint32_t i = 0; i < passages->count; i++, at += PASSAGE_ROW) {
    const struct passage passage = passage_at(passages, i);
    store_u32(at, passage.playbook << 1 | passage.running);
    store_u64(at + 4, passage.of.enrollment);
  }
  writer_end(writer, at);
}

static struct passage load_passage(const unsigned char *row) {
  uint32_t playbook = load_u32(row) >> 1;
  uint64_t number = load_u64(row + 4);
  return load_u32(row) & 1 ? passage_running(playbook, number) : passage_left(playbook, (pbk_time)number);
}

/* How many of them are in. */
static uint32_t read_passages_of(struct coder *coder, struct playbooks *playbooks, struct words *words, uint32_t subject) {
  uint64_t count = pbk_read_uint(coder->reader), least = 0;
  if (count == 0) return 0;
  const unsigned char *at = count <= INT32_MAX ? pbk_read_bytes(coder->reader, count * PASSAGE_ROW) : NULL;
  uint32_t running = 0;
  if (!at) {
    coder_fail(coder);
    return 0;
  }
  bool wide = false;
  for (uint32_t i = 0; i < count; i++) {
    const struct passage passage = load_passage(at + (size_t)i * PASSAGE_ROW);
    if (passage.playbook >= playbooks->states.count || passage.playbook < least) coder_fail(coder);
    least = (uint64_t)passage.playbook + 1;
    wide = wide || !passage_fits(&passage);
    running += passage.running;
  }
  if (coder_failed(coder)) return 0;
  uint64_t *word = pbk_words_need(coder->memory, words, subject);
  struct passages passages = pbk_make_passages(coder->memory, word, (uint32_t)count, wide);
  for (uint32_t i = 0; i < count; i++, at += PASSAGE_ROW) write_passage(&passages, i, load_passage(at));
  return running;
}

/* Up to the last subject with any. */
static uint32_t used_passages(const struct words *words, uint32_t subjects) {
  while (subjects > 0 && word_at(words, subjects - 1) == 0) subjects--;
  return subjects;
}

static void write_passages(struct coder *coder, const struct words *words, uint32_t count) {
  enum { FETCHED_AHEAD = 32 };
  for (uint32_t i = 0; i < count; i++) {
    const struct passages passages = passages_at(words_at(words, i));
    if (i + FETCHED_AHEAD < count) prefetch(passages_block(word_at(words, i + FETCHED_AHEAD)));
    coder_item(coder);
    write_passages_of(coder->writer, &passages);
  }
}

/* How many of all are in. */
static uint64_t code_passages(struct coder *coder, struct playbooks *playbooks, int32_t kind) {
  struct words *words = kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts;
  uint32_t subjects = pbk_subject_total(playbooks->facts, kind),
           count = coder_reads(coder) ? 0 : used_passages(words, subjects);
  uint64_t running = 0;
  pbk_code_u32(coder, &count);
  if (count > subjects) coder_fail(coder);
  if (!coder_reads(coder)) {
    write_passages(coder, words, count);
    return 0;
  }
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return 0;
    running += read_passages_of(coder, playbooks, words, i);
  }
  return running;
}

void pbk_code_enrollments(struct coder *coder, struct playbooks *playbooks) {
  uint64_t running = code_passages(coder, playbooks, PBK_CONTACT);
  running += code_passages(coder, playbooks, PBK_ACCOUNT);
  code_running(coder, playbooks, coder_reads(coder) ? running : playbooks->enrollments.count);
}
