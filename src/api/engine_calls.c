/* api/engine_calls.c - <playbook/engine.h> and <playbook/version.h>: making an engine, time, committing, outputs, errors. */
#include <assert.h>

#include "api/call.h"
#include "base/clock.h"

const char *pbk_version_text(void) { return PBK_VERSION_TEXT; }
uint32_t pbk_version_number(void) {
  return PBK_VERSION_MAJOR * 1000000u + PBK_VERSION_MINOR * 1000u + PBK_VERSION_PATCH;
}

const char *pbk_status_name(pbk_status status) {
  switch (status) {
  case PBK_OK: return "PBK_OK";
  case PBK_MORE: return "PBK_MORE";
  case PBK_DUPLICATE: return "PBK_DUPLICATE";
  case PBK_ERR_ARGUMENT: return "PBK_ERR_ARGUMENT";
  case PBK_ERR_SIZE_TOO_SMALL: return "PBK_ERR_SIZE_TOO_SMALL";
  case PBK_ERR_SIZE_TOO_LARGE: return "PBK_ERR_SIZE_TOO_LARGE";
  case PBK_ERR_NO_MEMORY: return "PBK_ERR_NO_MEMORY";
  case PBK_ERR_REENTRANT: return "PBK_ERR_REENTRANT";
  case PBK_ERR_STORAGE: return "PBK_ERR_STORAGE";
  case PBK_ERR_BUFFER: return "PBK_ERR_BUFFER";
  case PBK_ERR_HANDLE: return "PBK_ERR_HANDLE";
  case PBK_ERR_REFUSED: return "PBK_ERR_REFUSED";
  case PBK_ERR_DIVERGED: return "PBK_ERR_DIVERGED";
  case PBK_ERR_UNSUPPORTED: return "PBK_ERR_UNSUPPORTED";
  case PBK_ERR_CORRUPT: return "PBK_ERR_CORRUPT";
  case PBK_ERR_CLOSED: return "PBK_ERR_CLOSED";
  default: return "unknown status";
  }
}

const char *pbk_code_name(pbk_code code) {
  static const char *const names[] = {"none",          "bad_json",       "bad_input",       "bad_timestamp",
                                      "unknown_type",  "unknown_subject", "unknown_key",    "unknown_message",
                                      "unknown_task",  "unknown_member", "bad_definition",  "bad_condition",
                                      "bad_state",     "in_use",         "exists",          "too_large"};
  return code >= 0 && code <= PBK_CODE_TOO_LARGE ? names[code] : "unknown code";
}

/* ---- making ---- */

static pbk_status check_config(const pbk_config *config) {
  pbk_status status = pbk_check_size(config, sizeof *config);
  if (status != PBK_OK) return status;
  if (config->storage) {
    status = pbk_check_size(config->storage, sizeof *config->storage);
    if (status != PBK_OK) return status;
    const pbk_storage *storage = config->storage;
    if (!storage->append || !storage->sync || !storage->extent || !storage->read || !storage->truncate) return PBK_ERR_ARGUMENT;
  }
  bool fine = pbk_fine_text(config->engine_id) && config->engine_id.size <= PBK_MAX_KEY &&
              (config->flags & ~(uint32_t)(PBK_DELIVER_AT_ONCE | PBK_DEFINE_IN_PARTS)) == 0;
  return fine ? PBK_OK : PBK_ERR_ARGUMENT;
}

static pbk_status make_body(pbk_engine *engine, void *argument) {
  pbk_engine_init(engine, argument);
  return PBK_OK;
}

pbk_status pbk_make_engine(const pbk_config *config, pbk_engine **engine) {
  *engine = NULL;
  pbk_status status = check_config(config);
  if (status != PBK_OK) return status;
  struct memory memory;
  pbk_memory_init(&memory, config->allocate, config->allocate_context,
                  config->memory_budget ? config->memory_budget : UINT64_MAX);
  if (sizeof(pbk_engine) > memory.budget) return PBK_ERR_NO_MEMORY;
  pbk_engine *made = memory.function(memory.context, NULL, 0, sizeof *made);
  if (!made) return PBK_ERR_NO_MEMORY;
  memory.used = sizeof *made;
  memset(made, 0, sizeof *made);
  made->memory = memory;
  pbk_memory_use_chunks(&made->memory);
  pbk_config copy = *config;
  status = pbk_guarded(made, make_body, &copy);
  if (status == PBK_OK) *engine = made;
  else pbk_engine_destroy(made);
  return status;
}

pbk_status pbk_engine_create(const pbk_config *config, pbk_engine **engine) {
  return pbk_engine_open(config, NULL, NULL, engine);
}

void pbk_engine_destroy(pbk_engine *engine) {
  if (!engine || engine->in_callback) return;
#ifndef NDEBUG
  /* All of it is given back at once below; this is to see that nothing was lost on the way. */
  if (engine->context.memory && (engine->broken == PBK_OK || engine->broken == PBK_ERR_CLOSED)) {
    pbk_engine_release(engine);
    assert(engine->memory.chunks.handed == 0);
  }
#endif
  pbk_memory_release(&engine->memory);
  engine->memory.function(engine->memory.context, engine, sizeof *engine, 0);
}

/* ---- time ---- */

pbk_time pbk_now(const pbk_engine *engine) { return engine ? engine->context.now : PBK_NO_TIME; }

static pbk_status next_due_body(pbk_engine *engine, void *argument) {
  struct wake wake;
  if (!pbk_prepare(engine, NULL, 0)) return engine->stopped;
  *(pbk_time *)argument = calendar_peek(&engine->context.calendar, &wake) ? wake.time : PBK_NO_TIME;
  pbk_unprepare(engine);
  return PBK_OK;
}

pbk_time pbk_next_due(pbk_engine *engine) {
  pbk_time time = PBK_NO_TIME;
  if (!engine || engine->broken || engine->in_callback) return time;
  pbk_guarded(engine, next_due_body, &time);
  return time;
}

pbk_status pbk_advance(pbk_engine *engine, pbk_time to, uint64_t budget) {
  if (!time_in_range(to)) return PBK_ERR_ARGUMENT;
  struct command command = {.type = COMMAND_ADVANCE, .to = to, .number = budget};
  pbk_status status = pbk_call(engine, NULL, &command);
  return status == PBK_OK && engine->more ? PBK_MORE : status;
}

pbk_status pbk_set_time_zones(pbk_engine *engine, const void *bytes, size_t size) {
  if ((!bytes && size) || size > CEL_MOST_ZONES) return PBK_ERR_ARGUMENT;
  struct command command = {.type = COMMAND_ZONES, .zones = {size ? bytes : "", (uint32_t)size}};
  return pbk_call(engine, NULL, &command);
}

/* ---- letting effects out ---- */

static pbk_status commit_body(pbk_engine *engine, void *argument) {
  (void)argument;
  if (!pbk_commit_all(engine)) return halt_status(engine);
  engine->context.outputs.drainable_seq = engine->context.outputs.last_seq;
  return PBK_OK;
}

pbk_status pbk_commit(pbk_engine *engine) {
  pbk_status status = pbk_may_change(engine);
  return status == PBK_OK ? pbk_change(engine, commit_body, NULL) : status;
}

pbk_status pbk_drain(pbk_engine *engine, pbk_output *outputs, size_t output_size, uint32_t capacity, uint32_t *count) {
  if (!engine || !count || (capacity && !outputs)) return PBK_ERR_ARGUMENT;
  if (output_size < sizeof *outputs) return PBK_ERR_SIZE_TOO_SMALL;
  if (engine->in_callback) return PBK_ERR_REENTRANT;
  pbk_outputs_tidy(&engine->context.outputs);
  *count = pbk_outputs_give(&engine->context.outputs, outputs, output_size, capacity);
  return PBK_OK;
}

pbk_status pbk_engine_error(const pbk_engine *engine, pbk_error *error) {
  if (!engine || !error) return PBK_ERR_ARGUMENT;
  if (error->size < sizeof *error) return PBK_ERR_SIZE_TOO_SMALL;
  const struct problem *problem = &engine->problem;
  uint32_t size = error->size;
  memset(error, 0, size);
  error->size = size;
  error->status = engine->last;
  if (engine->last != PBK_ERR_REFUSED) return PBK_OK;
  error->code = problem->code;
  error->line = problem->line;
  error->column = problem->column;
  error->offset = problem->offset;
  error->message = (pbk_text){problem->message, problem->message_size};
  if (problem->path_size) error->path = (pbk_text){problem->path, problem->path_size};
  return PBK_OK;
}
