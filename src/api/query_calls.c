/* api/query_calls.c - <playbook/query.h>: looking at the state. */
#include "api/call.h"
#include "api/handle.h"

static const struct registry *registry_of_kind(const pbk_engine *engine, pbk_handle_kind kind) {
  switch (kind) {
  case PBK_HANDLE_PERSONA:
  case PBK_HANDLE_SEGMENT: return &engine->audiences.registry;
  case PBK_HANDLE_PLAYBOOK: return &engine->playbooks.registry;
  case PBK_HANDLE_SENDER: return &engine->senders.registry;
  case PBK_HANDLE_USER: return &engine->facts.users;
  default: return NULL;
  }
}

static bool is_subject(pbk_handle_kind kind) { return kind == PBK_HANDLE_CONTACT || kind == PBK_HANDLE_ACCOUNT; }
static int32_t subject_kind_of(pbk_handle_kind kind) { return kind == PBK_HANDLE_CONTACT ? PBK_CONTACT : PBK_ACCOUNT; }

/* Whether an index names something of a kind now. */
static bool names_something(const pbk_engine *engine, pbk_handle_kind kind, uint32_t index) {
  if (is_subject(kind))
    return index < pbk_subject_total(&engine->facts, subject_kind_of(kind)) &&
           !pbk_subject_at(&engine->facts, subject_kind_of(kind), index)->deleted;
  const struct registry *registry = registry_of_kind(engine, kind);
  void *object = registry ? registry_current(registry, index) : NULL;
  if (!object) return false;
  if (kind != PBK_HANDLE_PERSONA && kind != PBK_HANDLE_SEGMENT) return true;
  return ((const struct audience *)object)->kind ==
         (kind == PBK_HANDLE_PERSONA ? PBK_DEFINE_PERSONA : PBK_DEFINE_SEGMENT);
}

static bool open_handle(const pbk_engine *engine, pbk_handle handle, pbk_handle_kind *kind, uint32_t *index) {
  *kind = (pbk_handle_kind)(handle >> 56);
  *index = (uint32_t)handle;
  return handle == handle_of(*kind, *index) && names_something(engine, *kind, *index);
}

pbk_status pbk_find(const pbk_engine *engine, pbk_handle_kind kind, const char *key, size_t key_size, pbk_handle *handle) {
  struct text text;
  if (!engine || !handle || !key || !pbk_take_text(key, key_size, &text)) return PBK_ERR_ARGUMENT;
  uint32_t index = MAP_NONE;
  *handle = 0;
  if (is_subject(kind)) index = pbk_find_subject(&engine->facts, subject_kind_of(kind), text);
  else if (kind == PBK_HANDLE_PERSONA) index = pbk_find_audience(&engine->audiences, PBK_DEFINE_PERSONA, text);
  else if (kind == PBK_HANDLE_SEGMENT) index = pbk_find_audience(&engine->audiences, PBK_DEFINE_SEGMENT, text);
  else if (registry_of_kind(engine, kind)) index = pbk_registry_find(registry_of_kind(engine, kind), text);
  else return PBK_ERR_ARGUMENT;
  if (index == MAP_NONE) return PBK_ERR_HANDLE;
  *handle = handle_of(kind, index);
  return PBK_OK;
}

pbk_status pbk_key(const pbk_engine *engine, pbk_handle handle, pbk_text *key) {
  pbk_handle_kind kind;
  uint32_t index;
  if (!engine || !key) return PBK_ERR_ARGUMENT;
  if (!open_handle(engine, handle, &kind, &index)) return PBK_ERR_HANDLE;
  if (is_subject(kind)) *key = public_text(subject_key(pbk_subject_at(&engine->facts, subject_kind_of(kind), index)));
  else if (kind == PBK_HANDLE_PERSONA || kind == PBK_HANDLE_SEGMENT)
    *key = public_text(pbk_audience_key(&engine->audiences, index));
  else *key = name_public(&engine->context, registry_name(registry_of_kind(engine, kind), index));
  return PBK_OK;
}

pbk_status pbk_next(const pbk_engine *engine, pbk_handle_kind kind, uint64_t *cursor, pbk_handle *handle) {
  if (!engine || !cursor || !handle) return PBK_ERR_ARGUMENT;
  const struct registry *registry = registry_of_kind(engine, kind);
  if (!registry && !is_subject(kind)) return PBK_ERR_ARGUMENT;
  uint32_t total = registry ? registry->entries.count : pbk_subject_total(&engine->facts, subject_kind_of(kind));
  *handle = 0;
  while (*cursor < total && *handle == 0) {
    if (names_something(engine, kind, (uint32_t)*cursor)) *handle = handle_of(kind, (uint32_t)*cursor);
    ++*cursor;
  }
  return PBK_OK;
}

static bool open_audience(const pbk_engine *engine, pbk_handle handle, uint32_t *place) {
  pbk_handle_kind kind;
  return open_handle(engine, handle, &kind, place) && (kind == PBK_HANDLE_PERSONA || kind == PBK_HANDLE_SEGMENT);
}

pbk_status pbk_is_member(const pbk_engine *engine, pbk_handle audience, pbk_handle subject, int32_t *member) {
  pbk_handle_kind kind;
  uint32_t place, index;
  if (!engine || !member) return PBK_ERR_ARGUMENT;
  if (!open_audience(engine, audience, &place) || !open_handle(engine, subject, &kind, &index) || !is_subject(kind) ||
      audience_at(&engine->audiences, place)->of != subject_kind_of(kind))
    return PBK_ERR_HANDLE;
  *member = pbk_is_in(&engine->audiences, place, index);
  return PBK_OK;
}

pbk_status pbk_member_count(const pbk_engine *engine, pbk_handle audience, uint64_t *members) {
  uint32_t place;
  if (!engine || !members) return PBK_ERR_ARGUMENT;
  if (!open_audience(engine, audience, &place)) return PBK_ERR_HANDLE;
  *members = engine->audiences.memberships.items[place].count;
  return PBK_OK;
}

pbk_status pbk_count(const pbk_engine *engine, pbk_counts *counts) {
  if (!engine || !counts) return PBK_ERR_ARGUMENT;
  if (counts->size < sizeof *counts) return PBK_ERR_SIZE_TOO_SMALL;
  uint32_t size = counts->size;
  memset(counts, 0, size);
  *counts = (pbk_counts){.size = size,
                         .contacts = engine->facts.contact_count,
                         .accounts = engine->facts.account_count,
                         .enrollments_running = engine->playbooks.enrollments.count,
                         .enrollments_ever = engine->playbooks.enrollments.last,
                         .messages_open = engine->outbox.messages.count,
                         .messages_ever = engine->outbox.messages.last,
                         .tasks_open = engine->outbox.tasks.count,
                         .tasks_ever = engine->outbox.tasks.last,
                         .commands = engine->commands,
                         .memory = engine->memory.used,
                         .answers = engine->answers};
  return PBK_OK;
}

/* ---- explaining ---- */

struct explaining {
  uint32_t playbook;
  int32_t kind;
  uint32_t subject;
  pbk_output *explanation;
};

static pbk_status explain_body(pbk_engine *engine, void *argument) {
  struct explaining *explaining = argument;
  pbk_arena_reset(&engine->scratch);
  pbk_check *checks = pbk_arena_allocate(&engine->scratch, CHECK_COUNT * sizeof *checks);
  pbk_output output = output_of(&engine->context, PBK_OUTPUT_EXPLANATION);
  output.playbook = name_public(&engine->context, playbook_name(&engine->playbooks, explaining->playbook));
  pbk_output_subject(&engine->facts, &output, explaining->kind, explaining->subject);
  output.enrolls = pbk_explain_checks(&engine->playbooks, explaining->playbook, explaining->kind, explaining->subject,
                                      &engine->scratch, checks);
  output.checks = checks;
  output.check_count = CHECK_COUNT;
  output.size = explaining->explanation->size;
  *explaining->explanation = output;
  return PBK_OK;
}

pbk_status pbk_explain(pbk_engine *engine, const char *playbook, size_t playbook_size, const pbk_subject *subject,
                       pbk_output *explanation) {
  struct text key, of;
  pbk_status status = pbk_may_change(engine);
  if (status != PBK_OK) return status;
  if (!subject || !explanation || !playbook || !pbk_take_text(playbook, playbook_size, &key)) return PBK_ERR_ARGUMENT;
  if (explanation->size < sizeof *explanation) return PBK_ERR_SIZE_TOO_SMALL;
  status = pbk_check_size(subject, sizeof *subject);
  if (status != PBK_OK) return status;
  if (!pbk_take_text(subject->key.bytes, subject->key.size, &of)) return PBK_ERR_ARGUMENT;
  struct explaining explaining = {pbk_registry_find(&engine->playbooks.registry, key), subject->kind, MAP_NONE, explanation};
  if (explaining.playbook == MAP_NONE || version_at(&engine->playbooks, explaining.playbook)->subject_kind != subject->kind)
    return PBK_ERR_HANDLE;
  explaining.subject = pbk_find_subject(&engine->facts, subject->kind, of);
  return explaining.subject == MAP_NONE ? PBK_ERR_HANDLE : pbk_guarded(engine, explain_body, &explaining);
}
