/* api/call.c - see call.h. */
#include "api/call.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/value.h"

bool pbk_take_text(const char *bytes, size_t size, struct text *text) {
  *text = (struct text){bytes, 0};
  if (!bytes) return size == 0;
  if (size > PBK_MAX_LINE) return false;
  text->size = (uint32_t)size;
  return pbk_utf8_valid(*text);
}

bool pbk_take_texts(const struct text_argument *arguments, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!pbk_take_text(arguments[i].bytes, arguments[i].size, arguments[i].to)) return false;
  return true;
}

bool pbk_fine_text(pbk_text text) {
  struct text unused;
  return pbk_take_text(text.bytes, text.size, &unused);
}

pbk_status pbk_check_size(const void *structure, size_t known) {
  uint32_t size;
  memcpy(&size, structure, sizeof size);
  if (size < known) return PBK_ERR_SIZE_TOO_SMALL;
  const unsigned char *bytes = structure;
  for (size_t i = known; i < size; i++)
    if (bytes[i]) return PBK_ERR_SIZE_TOO_LARGE;
  return PBK_OK;
}

static bool fine_members(const pbk_value *value, uint32_t depth) {
  if (value->size && !value->as.members) return false;
  for (uint32_t i = 0; i < value->size; i++) {
    struct text name;
    const pbk_member *member = &value->as.members[i];
    if (!pbk_take_text(member->name, member->name_size, &name) || !name.bytes) return false;
    if (!pbk_fine_value(&member->value, depth + 1)) return false;
  }
  return true;
}

bool pbk_fine_value(const pbk_value *value, uint32_t depth) {
  struct text unused;
  if (depth > VALUE_MOST_DEPTH) return false;
  switch (value->kind) {
  case PBK_NULL: return true;
  case PBK_BOOL: return value->as.integer == 0 || value->as.integer == 1;
  case PBK_INT: return true;
  case PBK_DOUBLE: return value->as.number - value->as.number == 0; /* finite */
  case PBK_STRING: return pbk_take_text(value->as.text, value->size, &unused);
  case PBK_LIST:
    if (value->size && !value->as.items) return false;
    for (uint32_t i = 0; i < value->size; i++)
      if (!pbk_fine_value(&value->as.items[i], depth + 1)) return false;
    return true;
  case PBK_MAP: return fine_members(value, depth);
  default: return false;
  }
}

pbk_status pbk_take_envelope(const pbk_envelope *envelope, struct command *command) {
  command->received_at = command->occurred_at = PBK_NO_TIME;
  if (!envelope) return PBK_OK;
  pbk_status status = pbk_check_size(envelope, sizeof *envelope);
  if (status != PBK_OK) return status;
  if (envelope->received_at != PBK_NO_TIME && !time_in_range(envelope->received_at)) return PBK_ERR_ARGUMENT;
  if (envelope->occurred_at != PBK_NO_TIME && !time_in_range(envelope->occurred_at)) return PBK_ERR_ARGUMENT;
  command->received_at = envelope->received_at;
  command->occurred_at = envelope->occurred_at != PBK_NO_TIME ? envelope->occurred_at : envelope->received_at;
  if (!pbk_take_text(envelope->message_id.bytes, envelope->message_id.size, &command->message_id)) return PBK_ERR_ARGUMENT;
  return PBK_OK;
}

pbk_status pbk_may_change(const pbk_engine *engine) {
  if (!engine) return PBK_ERR_ARGUMENT;
  return engine->in_callback ? PBK_ERR_REENTRANT : engine->broken;
}

pbk_status pbk_guarded(pbk_engine *engine, pbk_status (*body)(pbk_engine *engine, void *argument), void *argument) {
  jmp_buf on_failure;
  if (setjmp(on_failure)) {
    engine->memory.on_failure = NULL;
    engine->in_callback = engine->in_parts = false;
    /* In the middle of a command, more than was put by: nothing can be relied on. */
    if (engine->memory.chunks.may_use_spare) engine->broken = PBK_ERR_NO_MEMORY;
    else if (engine->lines.under_way) pbk_abandon_line(engine);
    pbk_unprepare(engine);
    return engine->last = PBK_ERR_NO_MEMORY;
  }
  engine->memory.on_failure = &on_failure;
  pbk_status status = body(engine, argument);
  engine->memory.on_failure = NULL;
  return status;
}

pbk_status pbk_change(pbk_engine *engine, pbk_status (*body)(pbk_engine *engine, void *argument), void *argument) {
  return engine->last = pbk_guarded(engine, body, argument);
}

static pbk_status submit_body(pbk_engine *engine, void *argument) { return pbk_submit(engine, argument); }

pbk_status pbk_call(pbk_engine *engine, const pbk_envelope *envelope, struct command *command) {
  pbk_status status = pbk_may_change(engine);
  if (status == PBK_OK) status = pbk_take_envelope(envelope, command);
  return status == PBK_OK ? pbk_change(engine, submit_body, command) : status;
}
