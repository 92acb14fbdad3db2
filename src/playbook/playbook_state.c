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

/* Whom it is about and where it stands; its version is known. */
static void code_enrollment(struct coder *coder, const struct playbooks *playbooks, struct enrollment *enrollment) {
  uint32_t audiences = playbooks->audiences->registry.entries.count;
  pbk_code_index(coder, &enrollment->subject, pbk_subject_total(playbooks->facts, enrollment->version->subject_kind));
  pbk_code_place(coder, &enrollment->audience, audiences);
  pbk_code_place(coder, &enrollment->branch, audiences);
  pbk_code_place(coder, &enrollment->sender, playbooks->senders->registry.entries.count);
  pbk_code_index(coder, &enrollment->next_step, enrollment->version->step_count);
  pbk_code_bool(coder, &enrollment->waiting);
  pbk_code_time(coder, &enrollment->started_at);
  pbk_code_time(coder, &enrollment->step_at);
  pbk_code_time(coder, &enrollment->due);
  pbk_code_time(coder, &enrollment->exit_armed);
}

static struct version *code_version_of(struct coder *coder, const struct playbooks *playbooks, struct version *version) {
  uint32_t place = version ? version->place : 0, number = version ? version->number : 0;
  pbk_code_index(coder, &place, playbooks->states.count);
  pbk_code_u32(coder, &number);
  if (!coder_reads(coder)) return version;
  version = coder_failed(coder) ? NULL : version_of(playbooks, place, number);
  if (!version) coder_fail(coder);
  return version;
}

/* What follows from an enrollment that was read; it counts from now on. */
static void place_enrollment(struct coder *coder, struct playbooks *playbooks, const struct enrollment *read) {
  struct calendar *calendar = &playbooks->context->calendar;
  struct playbook *playbook = &playbooks->states.items[read->playbook];
  struct passage *passage = pbk_need_passage(playbooks, read->version->subject_kind, read->subject, read->playbook);
  if (passage->running) {
    coder_fail(coder);
    return;
  }
  passage->running = true;
  passage->of.enrollment = read->id;
  struct enrollment *enrollment = pbk_table_put(coder->memory, &playbooks->enrollments, read->id);
  *enrollment = *read;
  playbook->running++;
  pbk_roll_add(coder->memory, &playbook->enrollments, enrollment->id);
  enrollment->version->references++;
  pbk_begin_watch(playbooks, enrollment->version);
  if (enrollment->waiting) array_push(coder->memory, &playbook->waiting, enrollment->id);
  else pbk_calendar_add(calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
  if (enrollment->exit_armed == INT64_MAX) return;
  playbooks->armed++;
  pbk_calendar_add(calendar, enrollment->exit_armed, wake_order(DUE_EXIT, enrollment->id));
}

static void code_running(struct coder *coder, struct playbooks *playbooks) {
  uint64_t total = playbooks->enrollments.last, running = playbooks->enrollments.count, last = 0, at = 0;
  pbk_code_u64(coder, &total);
  pbk_code_u64(coder, &running);
  if (running > total || total > UINT64_MAX >> 3) coder_fail(coder); /* wake-ups keep three bits for themselves */
  for (uint64_t i = 0; i < running && !coder_failed(coder); i++) {
    struct enrollment read = {0}, *enrollment = &read;
    if (!coder_reads(coder)) enrollment = pbk_table_next(&playbooks->enrollments, &at);
    coder_item(coder);
    uint64_t step = at - last;
    pbk_code_u64(coder, &step);
    if (step == 0 || step > total - last) coder_fail(coder);
    if (coder_failed(coder)) return;
    last += step;
    struct version *version = code_version_of(coder, playbooks, enrollment->version);
    if (!version) return;
    if (coder_reads(coder)) read = (struct enrollment){.id = last, .version = version, .playbook = version->place};
    code_enrollment(coder, playbooks, enrollment);
    if (coder_reads(coder) && !coder_failed(coder)) place_enrollment(coder, playbooks, enrollment);
  }
  if (coder_reads(coder) && !coder_failed(coder)) playbooks->enrollments.last = total;
}

/* ---- passages ---- */

/* Only of those that are out again: who is in follows from the enrollments. */
static void code_passages_of(struct coder *coder, struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  const struct passages passages = passages_of(playbooks, kind, subject);
  uint32_t count = 0;
  for (uint32_t i = 0; i < passages.count; i++) count += !passages.items[i].running;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0, at = 0; i < count && !coder_failed(coder); i++, at++) {
    struct passage passage = {.of.last_exit = 0};
    while (!coder_reads(coder) && passages.items[at].running) at++;
    if (!coder_reads(coder)) passage = passages.items[at];
    pbk_code_index(coder, &passage.playbook, playbooks->states.count);
    pbk_code_time(coder, &passage.of.last_exit);
    if (coder_reads(coder) && !coder_failed(coder))
      pbk_need_passage(playbooks, kind, subject, passage.playbook)->of.last_exit = passage.of.last_exit;
  }
}

/* Up to the last subject with anything to keep. */
static uint32_t used_passages(const struct playbooks *playbooks, int32_t kind) {
  const struct words *words = kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts;
  uint32_t used = 0;
  for (uint32_t i = pbk_words_skip(words, 0); i != UINT32_MAX; i = pbk_words_skip(words, i + 1)) {
    const struct passages passages = passages_of(playbooks, kind, i);
    for (uint32_t j = 0; j < passages.count; j++)
      if (!passages.items[j].running) used = i + 1;
  }
  return used;
}

static void code_passages(struct coder *coder, struct playbooks *playbooks, int32_t kind) {
  uint32_t count = coder_reads(coder) ? 0 : used_passages(playbooks, kind);
  pbk_code_u32(coder, &count);
  if (count > pbk_subject_total(playbooks->facts, kind)) coder_fail(coder);
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    coder_item(coder);
    code_passages_of(coder, playbooks, kind, i);
  }
}

void pbk_code_enrollments(struct coder *coder, struct playbooks *playbooks) {
  code_passages(coder, playbooks, PBK_CONTACT);
  code_passages(coder, playbooks, PBK_ACCOUNT);
  code_running(coder, playbooks);
}
