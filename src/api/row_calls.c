/* api/row_calls.c - many inputs in one call: pbk_track_many, pbk_approve_many. */
#include "api/call.h"
#include "api/handle.h"
#include "base/clock.h"
#include "base/value.h"

struct rows {
  const pbk_row *rows;
  const pbk_text *names;
  uint32_t count, name_count, taken;
  struct event_use events[ROW_NAMES];
  pbk_value copy;                /* of a row's values, in order */
};

/* ---- names ---- */

/* A name that the list had in the same place the last time needs no looking up: a list is mostly given again and again. */
static bool had_name(const pbk_engine *engine, uint32_t place, pbk_text given, struct text *name) {
  uint32_t number = engine->row_names[place];
  if (number == 0 || number > engine->context.names.count || !given.bytes) return false;
  *name = pbk_names_text(&engine->context.names, number - 1);
  return name->size == given.size && bytes_equal(name->bytes, given.bytes, name->size);
}

static void keep_name(pbk_engine *engine, struct rows *rows, uint32_t place, uint32_t number) {
  engine->row_names[place] = number;
  rows->events[place] = number ? pbk_event_use(engine, number - 1) : (struct event_use){0};
}

SELDOM static bool look_up_name(pbk_engine *engine, struct rows *rows, uint32_t place, struct text *name, uint32_t *number) {
  if (place >= rows->name_count) return false;
  bool kept = place < ROW_NAMES;
  if (kept && had_name(engine, place, rows->names[place], name)) {
    *number = engine->row_names[place];
  } else {
    if (!pbk_take_text(rows->names[place].bytes, rows->names[place].size, name)) return false;
    *number = pbk_names_find(&engine->context.names, *name) + 1;
  }
  if (kept) keep_name(engine, rows, place, *number);
  return true;
}

/* False: it is no text. A number of 0: it is not known yet. */
static inline bool take_name(pbk_engine *engine, struct rows *rows, uint32_t place, struct text *name, uint32_t *number) {
  if (place >= ROW_NAMES || !rows->events[place].number) return look_up_name(engine, rows, place, name, number);
  *number = rows->events[place].number;
  *name = pbk_names_text(&engine->context.names, *number - 1);
  return true;
}

/* ---- one row as a command ---- */

static bool take_time(pbk_time time) { return time == PBK_NO_TIME || time_in_range(time); }

static pbk_status take_subject(const pbk_engine *engine, pbk_handle handle, pbk_handle_kind kind, struct text *key, uint32_t *number) {
  uint32_t index;
  *key = NO_TEXT;
  *number = 0;
  if (!handle) return PBK_OK;
  const struct subject *subject = pbk_open_subject(engine, handle, kind, &index);
  if (!subject) return PBK_ERR_HANDLE;
  *key = subject_key(subject);
  *number = index + 1;
  return PBK_OK;
}

/* What can be used as it lies: members in order, nothing below them. */
static bool in_order(const pbk_value *values) {
  for (uint32_t i = 0; i < values->size; i++) {
    const pbk_member *member = &values->as.members[i];
    if (member->value.kind == PBK_LIST || member->value.kind == PBK_MAP) return false;
    if (i > 0 && text_compare(member_name(member - 1), member_name(member)) >= 0) return false;
  }
  return true;
}

static bool take_values(pbk_engine *engine, struct rows *rows, const pbk_value *values, const pbk_value **to) {
  *to = NULL;
  if (!values) return true;
  if (values->kind != PBK_MAP || !pbk_fine_value(values, 0)) return false;
  *to = values;
  if (in_order(values)) return true;
  pbk_arena_reset(&engine->reading);
  rows->copy = pbk_value_copy(&engine->reading, values);
  pbk_value_normalize(&rows->copy);
  *to = &rows->copy;
  return true;
}

/* Sets all that a row can say: what an earlier row has set is gone. */
static pbk_status take_row(pbk_engine *engine, struct rows *rows, const pbk_row *row, struct command *command) {
  static const enum command_type types[] = {COMMAND_TRACK, COMMAND_IDENTIFY, COMMAND_GROUP, COMMAND_STAGE_AND_HEALTH};
  if (row->kind < PBK_ROW_TRACK || row->kind > PBK_ROW_STAGE) return PBK_ERR_ARGUMENT;
  if (!take_time(row->received_at) || !take_time(row->occurred_at)) return PBK_ERR_ARGUMENT;
  command->type = types[row->kind];
  command->received_at = row->received_at;
  command->occurred_at = row->occurred_at != PBK_NO_TIME ? row->occurred_at : row->received_at;
  if (!pbk_take_text(row->message_id.bytes, row->message_id.size, &command->message_id)) return PBK_ERR_ARGUMENT;
  pbk_status status = take_subject(engine, row->contact, PBK_HANDLE_CONTACT, &command->contact, &command->contact_number);
  if (status == PBK_OK)
    status = take_subject(engine, row->account, PBK_HANDLE_ACCOUNT, &command->account, &command->account_number);
  if (status != PBK_OK) return status;
  bool fine = true;
  command->name_number = 0;
  command->event = command->stage = NO_TEXT;
  command->traits = command->health = NULL;
  switch (row->kind) {
  case PBK_ROW_TRACK:
    fine = take_name(engine, rows, row->name, &command->event, &command->name_number) &&
           take_values(engine, rows, row->values, &command->traits);
    break;
  case PBK_ROW_STAGE:
    if (row->name != PBK_NO_NAME) fine = take_name(engine, rows, row->name, &command->stage, &command->name_number);
    if (row->values && !pbk_fine_value(row->values, 0)) fine = false;
    command->health = row->values;
    break;
  default: fine = take_values(engine, rows, row->values, &command->traits); break;
  }
  return fine ? PBK_OK : PBK_ERR_ARGUMENT;
}

/* Most rows by far: an event of a contact and nothing else, whose name is known. False: it is another one. */
static inline bool take_event(pbk_engine *engine, struct rows *rows, const pbk_row *row, struct plain_event *event) {
  bool bare = !row->account && !row->values && !row->message_id.bytes && !row->message_id.size;
  struct text name;
  if (row->kind != PBK_ROW_TRACK || !bare || row->name >= ROW_NAMES) return false;
  const struct event_use *known = &rows->events[row->name];
  if (!known->number && !look_up_name(engine, rows, row->name, &name, &event->name)) return false;
  if (!known->plain) return false;
  if (!take_time(row->received_at) || !take_time(row->occurred_at)) return false;
  if (!pbk_open_subject(engine, row->contact, PBK_HANDLE_CONTACT, &event->contact)) return false;
  event->name = known->number - 1;
  event->received_at = row->received_at;
  event->occurred_at = row->occurred_at != PBK_NO_TIME ? row->occurred_at : row->received_at;
  event->line = 0;
  return true;
}

/* ---- the calls ---- */

static pbk_status rows_body(pbk_engine *engine, void *argument) {
  struct rows *rows = argument;
  struct plain_event event;
  struct command other = {.type = COMMAND_NONE};
  for (; rows->taken < rows->count; rows->taken++) {
    const pbk_row *row = &rows->rows[rows->taken];
    pbk_fetch_rows(engine, row, rows->count - rows->taken, rows->events);
    pbk_status status;
    if (take_event(engine, rows, row, &event)) {
      status = pbk_submit_event(engine, &event);
    } else {
      status = take_row(engine, rows, row, &other);
      if (status == PBK_OK) status = pbk_submit(engine, &other);
    }
    if (status != PBK_OK && status != PBK_DUPLICATE) return status;
  }
  return PBK_OK;
}

pbk_status pbk_track_many(pbk_engine *engine, const pbk_row *rows, size_t row_size, uint32_t count, const pbk_text *names,
                          uint32_t name_count, uint32_t *taken) {
  struct rows call = {.rows = rows, .names = names, .count = count, .name_count = name_count};
  if (taken) *taken = 0;
  pbk_status status = pbk_may_change(engine);
  if (status != PBK_OK) return status;
  if (row_size != sizeof *rows) return row_size < sizeof *rows ? PBK_ERR_SIZE_TOO_SMALL : PBK_ERR_SIZE_TOO_LARGE;
  if ((count && !rows) || (name_count && !names)) return PBK_ERR_ARGUMENT;
  status = pbk_change(engine, rows_body, &call);
  if (taken) *taken = call.taken;
  return status;
}

struct approvals {
  struct command command;
  const uint64_t *messages;
  uint32_t count, taken;
};

static pbk_status approvals_body(pbk_engine *engine, void *argument) {
  struct approvals *approvals = argument;
  while (approvals->taken < approvals->count) {
    const uint64_t *left = approvals->messages + approvals->taken;
    approvals->taken += pbk_approve_quickly(engine, &approvals->command, left, approvals->count - approvals->taken);
    if (approvals->taken == approvals->count) break;
    approvals->command.number = approvals->messages[approvals->taken];
    pbk_status status = pbk_submit(engine, &approvals->command);
    if (status != PBK_OK && status != PBK_DUPLICATE) return status;
    approvals->taken++;
  }
  return PBK_OK;
}

pbk_status pbk_approve_many(pbk_engine *engine, const pbk_envelope *envelope, const uint64_t *messages, uint32_t count,
                            uint32_t *taken) {
  struct approvals call = {.command = {.type = COMMAND_APPROVE}, .messages = messages, .count = count};
  if (taken) *taken = 0;
  pbk_status status = pbk_may_change(engine);
  if (status == PBK_OK) status = pbk_take_envelope(envelope, &call.command);
  if (status != PBK_OK) return status;
  if ((count && !messages) || call.command.message_id.bytes) return PBK_ERR_ARGUMENT;
  status = pbk_change(engine, approvals_body, &call);
  if (taken) *taken = call.taken;
  return status;
}
