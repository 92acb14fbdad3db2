/* check.c - the command `check`: definitions alone, with every error shown where it stands. */
#include <playbook/playbook.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "json_text.h"
#include "output.h"
#include "program.h"

/* Of a long line, the part around the caret is shown. */
enum { SHOWN_BEFORE = 70, SHOWN_AFTER = 30 };

struct check {
  pbk_engine *engine;
  uint64_t definitions, skipped, errors;
};

static bool is_definition(struct json_text line) {
  struct json_text type;
  return json_member(line, "type", &type) && (json_is(type, "define") || json_is(type, "undefine"));
}

/* How many definitions a line holds; -1 where it holds none and is of another, readable type. */
static int64_t count_definitions(struct json_text line) {
  struct json_text type, batch, item;
  if (!json_member(line, "type", &type)) return 0; /* not a line at all, which is for the engine to say */
  if (is_definition(line)) return 1;
  if (!json_is(type, "batch")) return -1;
  int64_t count = 0;
  const char *cursor = NULL;
  if (json_member(line, "batch", &batch))
    while (json_next_item(batch, &cursor, &item)) count += is_definition(item);
  return count ? count : -1;
}

static bool starts_character(char byte) {
  return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Shows line `line` of a text, and a caret under its column; both count from 1, columns in characters. */
static void show(const char *text, size_t size, uint32_t line, uint32_t column) {
  const char *end = text + size;
  for (; line > 1; line--) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    if (!newline) return;
    text = newline + 1;
  }
  const char *newline = memchr(text, '\n', (size_t)(end - text));
  if (newline) end = newline;
  if (end > text && end[-1] == '\r') end--;
  const char *caret = text;
  for (uint32_t passed = 1; caret < end && (passed < column || !starts_character(*caret)); caret++)
    if (caret + 1 == end || starts_character(caret[1])) passed++;
  const char *from = caret, *to = caret;
  for (int characters = 0; from > text && characters < SHOWN_BEFORE;) characters += starts_character(*--from);
  for (int characters = 0; to < end && (characters < SHOWN_AFTER || !starts_character(*to)); to++)
    characters += starts_character(*to);
  const char *dots = from > text ? "..." : "";
  output_text("  ");
  output_text(dots);
  output_bytes(from, (size_t)(to - from));
  if (to < end) output_text("...");
  output_text("\n  ");
  for (; *dots; dots++) output_text(" ");
  /* A tab stays a tab, so that the caret ends up below its character. */
  for (; from < caret; from++)
    if (starts_character(*from)) output_text(*from == '\t' ? "\t" : " ");
  output_text("^\n");
}

static void print(const char *format, unsigned long long number) {
  char text[128];
  snprintf(text, sizeof text, format, number);
  output_text(text);
}

static void show_error(struct check *check, const char *file, uint64_t number, struct json_text line) {
  pbk_error error = {.size = sizeof error};
  if (pbk_engine_error(check->engine, &error) != PBK_OK) return;
  check->errors++;
  output_text(file);
  print(":%llu: ", number);
  output_text(pbk_code_name(error.code));
  output_text(": ");
  output_bytes(error.message.bytes ? error.message.bytes : "", error.message.size);
  if (error.path.size || error.column) {
    output_text(" (");
    if (error.path.size) {
      output_text("at ");
      output_bytes(error.path.bytes, error.path.size);
    }
    if (error.path.size && error.column) output_text(", ");
    if (error.line > 1) print("line %llu, ", error.line);
    if (error.column) print("column %llu", error.column);
    output_text(")");
  }
  output_text("\n");
  if (!error.column) return;
  struct json_text place;
  if (!error.path.size) {
    show(line.start, (size_t)(line.end - line.start), 1, error.column);
  } else if (json_at(line, error.path.bytes, error.path.size, &place)) {
    char *text = allocate(NULL, (size_t)(place.end - place.start) + 1);
    size_t size;
    if (json_string(place, text, &size)) show(text, size, error.line ? error.line : 1, error.column);
    free(text);
  }
}

/* PBK_OK, or what stops the engine. */
static pbk_status check_line(struct check *check, const char *file, uint64_t number, const char *bytes, size_t size) {
  struct json_text line = {bytes, bytes + size};
  int64_t definitions = count_definitions(line);
  if (size == 0) return PBK_OK;
  if (definitions < 0) {
    check->skipped++;
    return PBK_OK;
  }
  check->definitions += (uint64_t)definitions;
  pbk_status status = pbk_feed_line(check->engine, bytes, size);
  if (status == PBK_ERR_REFUSED) {
    show_error(check, file, number, line);
  } else if (status < 0) {
    return status;
  }
  status = pbk_commit(check->engine);
  pbk_output outputs[16];
  uint32_t count = 1;
  while (status == PBK_OK && count > 0) status = pbk_drain(check->engine, outputs, sizeof *outputs, 16, &count);
  return status;
}

static bool flush_before_wait(void *context) {
  (void)context;
  output_flush();
  return true;
}

/* False, with a complaint, where it could not go on. */
static bool check_file(struct check *check, const char *file) {
  struct input *input = input_open(file, flush_before_wait, NULL);
  if (!input) return false;
  const char *line;
  size_t size;
  int got;
  pbk_status status = PBK_OK;
  for (uint64_t number = 1; (got = input_line(input, &line, &size)) > 0 && !output_failed(); number++) {
    status = check_line(check, input_name(input), number, line, size);
    if (status == PBK_OK) continue;
    complain("%s:%llu: cannot go on: %s", input_name(input), (unsigned long long)number, pbk_status_name(status));
    break;
  }
  input_close(input);
  return got >= 0 && status == PBK_OK;
}

int command_check(char **arguments, int count) {
  bool help = false;
  const struct option options[] = {{"--help", &help, NULL}, {NULL, NULL, NULL}};
  int file_count;
  if (!read_options("check", options, arguments, count, &file_count)) return STATUS_CANNOT_RUN;
  if (help) {
    output_text(check_help_text);
    return output_end(STATUS_FINE);
  }
  if (!file_count) {
    complain("check needs a file; see playbook check --help");
    return STATUS_CANNOT_RUN;
  }
  if (!input_check(arguments, file_count)) return STATUS_CANNOT_RUN;
  struct check check = {0};
  const pbk_config config = {.size = sizeof config};
  pbk_status status = pbk_engine_create(&config, &check.engine);
  if (status != PBK_OK) {
    complain("cannot make an engine: %s", pbk_status_name(status));
    return STATUS_CANNOT_RUN;
  }
  bool fine = take_zones(check.engine, NULL);
  for (int at = 0; at < file_count && fine && !output_failed(); at++) fine = check_file(&check, arguments[at]);
  if (check.skipped) print("%llu other lines skipped\n", check.skipped);
  print("%llu definitions, ", check.definitions);
  print("%llu errors\n", check.errors);
  pbk_engine_destroy(check.engine);
  return output_end(!fine ? STATUS_CANNOT_RUN : check.errors ? STATUS_REFUSED : STATUS_FINE);
}
