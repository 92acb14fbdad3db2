/* summary.c - see summary.h. */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "time_text.h"

static const struct tally_cell nowhere = {UINT32_MAX, UINT32_MAX};

static struct tally_cell *place_of(struct summary_places *places, uint64_t number) {
  if (number >= places->capacity) {
    places->capacity = number * 2 > 1024 ? number * 2 : 1024;
    places->cells = allocate(places->cells, places->capacity * sizeof *places->cells);
  }
  for (; places->count <= number; places->count++) places->cells[places->count] = nowhere;
  return &places->cells[number];
}

/* Counts a thing with a state where it is now, and no longer where it was. */
static void move(struct tally *tally, struct summary_places *places, uint64_t number, pbk_text row, pbk_text column) {
  struct tally_cell *place = place_of(places, number);
  if (place->row != UINT32_MAX) tally_add(tally, *place, -1);
  *place = tally_cell(tally, row, column);
  tally_add(tally, *place, 1);
}

void summary_note(struct summary *summary, const pbk_output *output) {
  static const char *const nobody = "(no sender)";
  switch (output->type) {
    case PBK_OUTPUT_DUPLICATE: summary->duplicates++; break;
    case PBK_OUTPUT_ERROR:
      tally_add(&summary->errors, tally_cell(&summary->errors, text_of(""), text_of(pbk_code_name(output->code))), 1);
      break;
    case PBK_OUTPUT_ENROLLED:
      tally_add(&summary->entries, tally_cell(&summary->entries, output->playbook, text_of("enrolled")), 1);
      break;
    case PBK_OUTPUT_EXITED:
      tally_add(&summary->ends, tally_cell(&summary->ends, output->playbook, output->reason), 1);
      break;
    case PBK_OUTPUT_NOT_ENROLLED:
      tally_add(&summary->refusals, tally_cell(&summary->refusals, output->playbook, output->reason), 1);
      break;
    case PBK_OUTPUT_MESSAGE:
      move(&summary->messages, &summary->message_places, output->message,
           output->sender.size ? output->sender : text_of(nobody), output->state);
      break;
    case PBK_OUTPUT_TASK: move(&summary->tasks, &summary->task_places, output->task, text_of(""), output->state); break;
    default: break;
  }
}

/* A name padded to a column, by characters. */
static void write_name(const char *name, size_t size, FILE *file) {
  int characters = 0;
  for (size_t at = 0; at < size; at++) characters += ((unsigned char)name[at] & 0xc0) != 0x80;
  fprintf(file, "  %.*s%*s ", (int)size, name, characters < 28 ? 28 - characters : 0, "");
}

static void write_title(const char *title, FILE *file) {
  write_name(title, strlen(title), file);
}

static void write_members(const pbk_engine *engine, pbk_handle_kind kind, const char *title, FILE *file) {
  uint64_t cursor = 0, count = 0;
  pbk_handle handle;
  while (pbk_next(engine, kind, &cursor, &handle) == PBK_OK && handle) {
    pbk_text key;
    uint64_t members;
    if (pbk_key(engine, handle, &key) != PBK_OK || pbk_member_count(engine, handle, &members) != PBK_OK) continue;
    if (!count++) fprintf(file, "%s, members\n", title);
    write_name(key.bytes, key.size, file);
    fprintf(file, "%llu\n", (unsigned long long)members);
  }
}

static void write_row(const struct tally *tally, pbk_text row, const char *before, FILE *file) {
  uint32_t number = names_find(&tally->rows, row);
  if (!tally_row_sum(tally, number)) return;
  fputs(before, file);
  tally_write_row(tally, number, file);
}

/* Playbooks in their order; those that are no longer defined after them. */
static void write_playbooks(const struct summary *summary, const pbk_engine *engine, FILE *file) {
  struct names playbooks = {0};
  uint64_t cursor = 0;
  pbk_handle handle;
  pbk_text key;
  while (pbk_next(engine, PBK_HANDLE_PLAYBOOK, &cursor, &handle) == PBK_OK && handle)
    if (pbk_key(engine, handle, &key) == PBK_OK) names_number(&playbooks, key);
  const struct names *more[] = {&summary->entries.rows, &summary->refusals.rows};
  for (size_t at = 0; at < sizeof more / sizeof *more; at++)
    for (uint32_t number = 0; number < more[at]->count; number++)
      names_number(&playbooks, (pbk_text){more[at]->texts[number], more[at]->sizes[number]});
  if (playbooks.count) fputs("playbooks, enrollments\n", file);
  for (uint32_t number = 0; number < playbooks.count; number++) {
    key = (pbk_text){playbooks.texts[number], playbooks.sizes[number]};
    uint64_t entered = tally_row_sum(&summary->entries, names_find(&summary->entries.rows, key));
    uint64_t ended = tally_row_sum(&summary->ends, names_find(&summary->ends.rows, key));
    write_name(key.bytes, key.size, file);
    fprintf(file, "%llu", (unsigned long long)entered);
    if (entered > ended) fprintf(file, ", %llu running", (unsigned long long)(entered - ended));
    write_row(&summary->ends, key, "; ended: ", file);
    write_row(&summary->refusals, key, "; not enrolled: ", file);
    fputc('\n', file);
  }
  names_release(&playbooks);
}

static void write_messages(const struct tally *messages, FILE *file) {
  uint64_t all = 0;
  for (uint32_t row = 0; row < messages->rows.count; row++) all += tally_row_sum(messages, row);
  if (!all) return;
  fputs("messages by state\n", file);
  for (uint32_t column = 0; column < messages->columns.count; column++) {
    uint64_t count = 0;
    for (uint32_t row = 0; row < messages->rows.count; row++)
      count += tally_count(messages, (struct tally_cell){row, column});
    if (!count) continue;
    write_name(messages->columns.texts[column], messages->columns.sizes[column], file);
    fprintf(file, "%llu\n", (unsigned long long)count);
  }
  fputs("messages by sender\n", file);
  for (uint32_t row = 0; row < messages->rows.count; row++) {
    write_name(messages->rows.texts[row], messages->rows.sizes[row], file);
    fprintf(file, "%llu: ", (unsigned long long)tally_row_sum(messages, row));
    tally_write_row(messages, row, file);
    fputc('\n', file);
  }
}

static void write_line(const char *title, const struct tally *tally, FILE *file) {
  if (!tally->rows.count) return;
  write_title(title, file);
  fprintf(file, "%llu: ", (unsigned long long)tally_row_sum(tally, 0));
  tally_write_row(tally, 0, file);
  fputc('\n', file);
}

void summary_write(const struct summary *summary, const pbk_engine *engine, uint64_t lines, uint64_t refused, double seconds,
                   FILE *file) {
  pbk_counts counts = {.size = sizeof counts};
  char now[TIME_TEXT_SIZE];
  time_write(pbk_now(engine), now);
  fputs("the run\n", file);
  write_title("inputs", file);
  fprintf(file, "%llu lines, %llu refused, %llu duplicate\n", (unsigned long long)lines, (unsigned long long)refused,
          (unsigned long long)summary->duplicates);
  write_title("time", file);
  fprintf(file, "%.3f s, %.0f lines a second\n", seconds, seconds > 0 ? (double)lines / seconds : 0.0);
  write_title("now", file);
  fprintf(file, "%s\n", now);
  if (pbk_count(engine, &counts) == PBK_OK) {
    write_title("subjects", file);
    fprintf(file, "%llu contacts, %llu accounts\n", (unsigned long long)counts.contacts,
            (unsigned long long)counts.accounts);
  }
  write_line("tasks", &summary->tasks, file);
  write_line("errors", &summary->errors, file);
  write_members(engine, PBK_HANDLE_PERSONA, "personas", file);
  write_members(engine, PBK_HANDLE_SEGMENT, "segments", file);
  write_playbooks(summary, engine, file);
  write_messages(&summary->messages, file);
}

void summary_release(struct summary *summary) {
  tally_release(&summary->entries);
  tally_release(&summary->ends);
  tally_release(&summary->refusals);
  tally_release(&summary->messages);
  tally_release(&summary->tasks);
  tally_release(&summary->errors);
  free(summary->message_places.cells);
  free(summary->task_places.cells);
  *summary = (struct summary){0};
}
