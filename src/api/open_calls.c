/* api/open_calls.c - <playbook/query.h>: what is open: messages, tasks, enrollments, of all or of one subject. */
#include "api/call.h"

/* Whose: kind 0 for everybody's. */
struct of_whom {
  int32_t kind;
  uint32_t index;
};

static pbk_status begin(const pbk_engine *engine, const pbk_subject *subject, const uint64_t *cursor, pbk_output *output,
                        struct of_whom *whom) {
  struct text key;
  *whom = (struct of_whom){0, MAP_NONE};
  if (!engine || !cursor || !output) return PBK_ERR_ARGUMENT;
  if (output->size < sizeof *output) return PBK_ERR_SIZE_TOO_SMALL;
  uint32_t size = output->size;
  memset(output, 0, size);
  output->size = size;
  if (!subject) return PBK_OK;
  pbk_status status = pbk_check_size(subject, sizeof *subject);
  if (status != PBK_OK) return status;
  if (!pbk_take_text(subject->key.bytes, subject->key.size, &key) ||
      (subject->kind != PBK_CONTACT && subject->kind != PBK_ACCOUNT))
    return PBK_ERR_ARGUMENT;
  *whom = (struct of_whom){subject->kind, pbk_find_subject(&engine->facts, subject->kind, key)};
  return whom->index == MAP_NONE ? PBK_ERR_HANDLE : PBK_OK;
}

static void give(pbk_output *to, const pbk_output *output) {
  uint32_t size = to->size;
  *to = *output;
  to->size = size;
}

/* The first open one above a number, of all or of one subject; 0: none. */
static uint64_t next_of(const struct table *table, const struct open_of *open, const struct of_whom *whom, uint64_t after) {
  if (whom->kind) return next_open(table, open, whom->kind, whom->index, after);
  return pbk_table_next(table, &after) ? after : 0;
}

pbk_status pbk_next_message(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *message) {
  struct of_whom whom;
  pbk_status status = begin(engine, subject, cursor, message, &whom);
  if (status != PBK_OK) return status;
  const struct outbox *outbox = &engine->outbox;
  const struct message *found = message_at(outbox, next_of(&outbox->messages, &outbox->open_messages, &whom, *cursor));
  *cursor = found ? found->told.message : UINT64_MAX;
  if (!found) return PBK_OK;
  pbk_output output = pbk_message_output(outbox, found);
  bool waits = found->state == MESSAGE_APPROVED || (found->state == MESSAGE_SENDING && found->waits);
  output.due = waits ? found->due : PBK_NO_TIME;
  give(message, &output);
  return PBK_OK;
}

pbk_status pbk_next_task(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *task) {
  struct of_whom whom;
  pbk_status status = begin(engine, subject, cursor, task, &whom);
  if (status != PBK_OK) return status;
  const struct outbox *outbox = &engine->outbox;
  const struct task *found = task_at(outbox, next_of(&outbox->tasks, &outbox->open_tasks, &whom, *cursor));
  *cursor = found ? found->id : UINT64_MAX;
  if (!found) return PBK_OK;
  pbk_output output = pbk_task_output(outbox, found);
  give(task, &output);
  return PBK_OK;
}

/* A subject's passages stand in no order of enrollments, and are as few as there are playbooks. */
static const struct enrollment *next_of_subject(const pbk_engine *engine, const struct of_whom *whom, uint64_t after) {
  const struct passages passages = passages_of(&engine->playbooks, whom->kind, whom->index);
  uint64_t next = 0;
  for (uint32_t i = 0; i < passages.count; i++) {
    const struct passage passage = passage_at(&passages, i);
    uint64_t id = passage.of.enrollment;
    if (passage.running && id > after && (!next || id < next)) next = id;
  }
  return enrollment_at(&engine->playbooks, next);
}

static const struct enrollment *next_of_all(const pbk_engine *engine, uint64_t after) {
  return pbk_table_next(&engine->playbooks.enrollments, &after);
}

pbk_status pbk_next_enrollment(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *enrollment) {
  struct of_whom whom;
  pbk_status status = begin(engine, subject, cursor, enrollment, &whom);
  if (status != PBK_OK) return status;
  const struct enrollment *found = whom.kind ? next_of_subject(engine, &whom, *cursor)
                                             : next_of_all(engine, *cursor);
  *cursor = found ? found->id : UINT64_MAX;
  if (!found) return PBK_OK;
  pbk_output output = pbk_enrollment_output(&engine->playbooks, found);
  output.at = found->started_at;
  output.step = found->next_step + 1;
  output.due = found->waiting ? PBK_NO_TIME : found->due;
  give(enrollment, &output);
  return PBK_OK;
}
