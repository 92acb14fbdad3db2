/* api/json_calls.c - <playbook/json.h>: the line protocol in and out. */
#include "api/call.h"
#include "wire/lines.h"
#include "wire/lines_ahead.h"
#include "wire/output_line.h"

static pbk_status feed_body(pbk_engine *engine, void *argument) {
  const struct text line = *(struct text *)argument;
  const char *end = line.size > 0 ? line.bytes + line.size : NULL;
  struct known_lines known = {0};
  struct plain_line plain;
  if (!end || pbk_read_plain_line(line.bytes, end, &known, &plain) != end) return pbk_feed_text(engine, line);
  struct plain_commands commands;
  pbk_begin_plain(&commands);
  return pbk_feed_plain(engine, line, &plain, line_places(&plain), &commands);
}

/* All that are longer are refused alike. */
static struct text line_of(const char *bytes, size_t size) {
  return (struct text){bytes, size > UINT32_MAX ? UINT32_MAX : (uint32_t)size};
}

pbk_status pbk_feed_line(pbk_engine *engine, const char *line, size_t size) {
  pbk_status status = pbk_may_change(engine);
  if (status != PBK_OK) return status;
  if (!line && size) return PBK_ERR_ARGUMENT;
  struct text text = line_of(line, size);
  return pbk_change(engine, feed_body, &text);
}

struct feeding {
  struct lines_ahead ahead;
  struct plain_commands commands;
  uint64_t refused;
};

/* Line by line, each behind the one before. */
static pbk_status feed_all(pbk_engine *engine, void *argument) {
  struct feeding *feeding = argument;
  for (const struct line_ahead *line; (line = pbk_next_line(&feeding->ahead, engine));) {
    if (engine->broken) return engine->broken;
    struct text text = line_of(line->bytes, line->size);
    pbk_status status = line->plain ? pbk_feed_plain(engine, text, &line->read, line->places, &feeding->commands)
                                    : pbk_feed_text(engine, text);
    engine->last = status;
    if (status == PBK_ERR_REFUSED) feeding->refused++;
    else if (status != PBK_OK && status != PBK_DUPLICATE) return status;
  }
  return PBK_OK;
}

pbk_status pbk_feed_json(pbk_engine *engine, const char *bytes, size_t size, uint64_t *refused) {
  pbk_status status = pbk_may_change(engine);
  if (status != PBK_OK) return status;
  if (!bytes && size) return PBK_ERR_ARGUMENT;
  struct feeding feeding;
  pbk_begin_lines(&feeding.ahead, bytes, size);
  pbk_begin_plain(&feeding.commands);
  feeding.refused = 0;
  status = pbk_guarded(engine, feed_all, &feeding);
  if (refused) *refused = feeding.refused;
  return status;
}

struct draining {
  char *buffer;
  size_t capacity, *size;
};

static pbk_status drain_body(pbk_engine *engine, void *argument) {
  struct draining *draining = argument;
  struct outputs *outputs = &engine->context.outputs;
  struct writer *line = &engine->line;
  pbk_outputs_tidy(outputs);
  *draining->size = 0;
  for (;;) {
    pbk_output output = {0};
    if (!pbk_outputs_peek(outputs, &output)) return PBK_OK;
    line->size = 0;
    pbk_write_output_line(line, &output);
    if (line->size > draining->capacity - *draining->size) {
      if (*draining->size > 0) return PBK_OK;
      *draining->size = line->size;
      return PBK_ERR_BUFFER;
    }
    memcpy(draining->buffer + *draining->size, line->bytes, line->size);
    *draining->size += line->size;
    pbk_outputs_take(outputs);
  }
}

pbk_status pbk_drain_json(pbk_engine *engine, char *buffer, size_t capacity, size_t *size) {
  if (!engine || !size || (capacity && !buffer)) return PBK_ERR_ARGUMENT;
  if (engine->in_callback) return PBK_ERR_REENTRANT;
  if (engine->broken == PBK_ERR_NO_MEMORY) return engine->broken;
  struct draining draining = {buffer, capacity, size};
  *size = 0;
  pbk_status status = pbk_guarded(engine, drain_body, &draining);
  /* Memory ended behind some lines: they are taken, and so they are given. */
  return status == PBK_ERR_NO_MEMORY && *size > 0 ? PBK_OK : status;
}

/* Writes the line, or says that memory ran out. The writer lives in the caller's frame, so that the jump leaves it as it is. */
static bool write_line(struct writer *writer, const pbk_output *output) {
  jmp_buf on_failure;
  if (setjmp(on_failure)) return false;
  writer->memory->on_failure = &on_failure;
  pbk_write_output_line(writer, output);
  return true;
}

pbk_status pbk_output_json(const pbk_output *output, char *buffer, size_t capacity, size_t *size) {
  if (!output || !size || (capacity && !buffer)) return PBK_ERR_ARGUMENT;
  if (output->size < sizeof *output) return PBK_ERR_SIZE_TOO_SMALL;
  if (output->type < PBK_OUTPUT_DEFINED || output->type > PBK_OUTPUT_EXPLANATION) return PBK_ERR_ARGUMENT;
  struct memory memory;
  pbk_memory_init(&memory, NULL, NULL, UINT64_MAX);
  struct writer writer = {.memory = &memory};
  pbk_status status = PBK_ERR_NO_MEMORY;
  if (write_line(&writer, output)) {
    *size = writer.size;
    status = writer.size > capacity ? PBK_ERR_BUFFER : PBK_OK;
    if (status == PBK_OK) memcpy(buffer, writer.bytes, writer.size);
  }
  pbk_writer_release(&writer);
  return status;
}
