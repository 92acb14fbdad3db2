/* run.c - the command `run`: feeds lines to an engine and lets out what comes of them. */
#include <playbook/playbook.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deliver.h"
#include "input.h"
#include "output.h"
#include "program.h"
#include "story.h"
#include "summary.h"
#include "time_text.h"
#include "zones.h"

enum {
  DRAINED_AT_ONCE = 128,
  DUE_AT_ONCE = 4096,   /* things done between two looks at the outputs, when advancing at the end */
  MOST_EXPLAINED = 20,  /* refused lines that are explained one by one */
  LINES_PER_LOOK = 1024 /* lines between two looks at the clock */
};

struct run {
  /* As asked for. */
  bool quiet, summarize, progress;
  struct story *story;
  /* How far it is. */
  pbk_engine *engine;
  const char *file;
  uint64_t line;    /* of that file */
  uint64_t lines;   /* of all files */
  uint64_t refused; /* inputs */
  struct summary summary;
  double started, shown;
  char *text; /* an output as a line */
  size_t text_capacity;
};

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the progress line ---- */

static void show_progress(struct run *run) {
  double now = seconds_now();
  if (now - run->shown < 0.2) return;
  run->shown = now;
  char text[TIME_TEXT_SIZE];
  time_write(pbk_now(run->engine), text);
  fprintf(stderr, "\r%" PRIu64 " lines, %.0f a second, now %s\033[K", run->lines, (double)run->lines / (now - run->started),
          text);
}

static void clear_progress(const struct run *run) {
  if (run->progress && run->shown > 0) fputs("\r\033[K", stderr);
}

/* ---- outputs ---- */

static void explain(struct run *run, const pbk_output *error) {
  run->refused++;
  if (run->quiet || run->refused > MOST_EXPLAINED) return;
  clear_progress(run);
  fprintf(stderr, "%s:%" PRIu64 ": %s: %.*s", run->file, run->line, pbk_code_name(error->code), (int)error->text.size,
          error->text.bytes ? error->text.bytes : "");
  if (error->path.size || error->column) {
    fprintf(stderr, " (%s%.*s%s", error->path.size ? "at " : "", (int)error->path.size,
            error->path.bytes ? error->path.bytes : "", error->path.size && error->column ? ", " : "");
    if (error->column) fprintf(stderr, "column %" PRIu32, error->column);
    fputc(')', stderr);
  }
  fputc('\n', stderr);
}

static bool print_output(struct run *run, const pbk_output *output) {
  size_t size;
  pbk_status status = pbk_output_json(output, run->text, run->text_capacity, &size);
  if (status == PBK_ERR_BUFFER) {
    run->text_capacity = size * 2;
    run->text = allocate(run->text, run->text_capacity);
    status = pbk_output_json(output, run->text, run->text_capacity, &size);
  }
  if (status != PBK_OK) {
    complain("cannot write an output: %s", pbk_status_name(status));
    return false;
  }
  output_bytes(run->text, size);
  return !output_failed();
}

/* Commits, and takes all outputs. False where the run cannot go on. */
static bool let_out(struct run *run) {
  pbk_output outputs[DRAINED_AT_ONCE];
  uint32_t count = 0;
  pbk_status status = pbk_commit(run->engine);
  do {
    if (status == PBK_OK) status = pbk_drain(run->engine, outputs, sizeof *outputs, DRAINED_AT_ONCE, &count);
    if (status != PBK_OK) {
      clear_progress(run);
      complain("cannot go on: %s", pbk_status_name(status));
      return false;
    }
    for (uint32_t at = 0; at < count; at++) {
      const pbk_output *output = &outputs[at];
      if (output->type == PBK_OUTPUT_ERROR) explain(run, output);
      if (run->summarize) summary_note(&run->summary, output);
      if (run->story) {
        story_note(run->story, output);
      } else if (!run->quiet && !print_output(run, output)) {
        return false;
      }
    }
  } while (count == DRAINED_AT_ONCE);
  return !output_failed();
}

/* ---- inputs ---- */

static bool feed(struct run *run, const char *line, size_t size) {
  run->line++;
  run->lines++;
  pbk_status status = pbk_feed_line(run->engine, line, size);
  if (status < 0 && status != PBK_ERR_REFUSED) {
    clear_progress(run);
    complain("%s:%" PRIu64 ": cannot go on: %s", run->file, run->line, pbk_status_name(status));
    return false;
  }
  if (run->story && status == PBK_OK) story_input(run->story, pbk_now(run->engine), (struct json_text){line, line + size});
  if (run->progress && run->lines % LINES_PER_LOOK == 0) show_progress(run);
  return let_out(run);
}

static bool run_file(struct run *run, const char *file) {
  struct input *input = input_open(file, output_flush);
  if (!input) return false;
  const char *line;
  size_t size;
  int got;
  bool fine = true;
  run->file = input_name(input);
  run->line = 0;
  while (fine && (got = input_line(input, &line, &size)) != 0) fine = got > 0 && feed(run, line, size);
  input_close(input);
  return fine;
}

static bool advance(struct run *run, pbk_time until) {
  pbk_status status;
  do {
    status = pbk_advance(run->engine, until, DUE_AT_ONCE);
    if (status < 0) {
      complain("cannot advance: %s", pbk_status_name(status));
      return false;
    }
    if (!let_out(run)) return false;
  } while (status == PBK_MORE);
  return true;
}

static bool run_all(struct run *run, char **files, int count, const pbk_time *until) {
  for (int at = 0; at < count; at++)
    if (!run_file(run, files[at])) return false;
  return !until || advance(run, *until);
}

static void finish(struct run *run, const char *story_key) {
  clear_progress(run);
  if (run->refused > MOST_EXPLAINED && !run->quiet) fprintf(stderr, "and %" PRIu64 " more\n", run->refused - MOST_EXPLAINED);
  if (run->story) {
    if (!story_end(run->story)) complain("nothing happened to %s", story_key);
    output_flush();
  }
  run->story = NULL;
  if (run->summarize)
    summary_write(&run->summary, run->engine, run->lines, run->refused, seconds_now() - run->started, stderr);
}

bool take_zones(pbk_engine *engine, const char *directory) {
  size_t size;
  unsigned char *bytes = zones_read(directory ? directory : ZONES_DIRECTORY, &size);
  if (!bytes) {
    if (directory) complain("there are no time zone files in %s", directory);
    return !directory;
  }
  pbk_status status = pbk_set_time_zones(engine, bytes, size);
  free(bytes);
  if (status != PBK_OK) complain("cannot use the time zones: %s", pbk_status_name(status));
  return status == PBK_OK;
}

int command_run(char **arguments, int count) {
  bool help = false;
  const char *deliver = "sent", *until_text = NULL, *engine_id = NULL, *story_key = NULL, *zones = NULL;
  struct run run = {0};
  const struct option options[] = {
    {"--help", &help, NULL},
    {"--deliver", NULL, &deliver},
    {"--until", NULL, &until_text},
    {"--engine-id", NULL, &engine_id},
    {"--story", NULL, &story_key},
    {"--zones", NULL, &zones},
    {"--quiet", &run.quiet, NULL},
    {"--summary", &run.summarize, NULL},
    {NULL, NULL, NULL},
  };
  int file_count;
  if (!read_options("run", options, arguments, count, &file_count)) return STATUS_CANNOT_RUN;
  if (help) {
    output_text(run_help_text);
    return output_end(STATUS_FINE);
  }
  pbk_time until = 0;
  if (until_text && !time_read(until_text, &until)) {
    complain("bad --until time %s: RFC 3339 (2026-03-01T00:00:00Z) or milliseconds since 1970", until_text);
    return STATUS_CANNOT_RUN;
  }
  struct deliveries deliveries;
  if (!input_check(arguments, file_count) || !deliveries_read(&deliveries, deliver)) return STATUS_CANNOT_RUN;

  pbk_config config = {
    .size = sizeof config, .flags = PBK_DELIVER_AT_ONCE, .deliver = deliveries_answer, .deliver_context = &deliveries};
  if (engine_id) config.engine_id = text_of(engine_id);
  pbk_status status = pbk_engine_create(&config, &run.engine);
  if (status != PBK_OK) {
    complain("cannot make an engine: %s", pbk_status_name(status));
    deliveries_release(&deliveries);
    return STATUS_CANNOT_RUN;
  }
  if (!take_zones(run.engine, zones)) {
    pbk_engine_destroy(run.engine);
    deliveries_release(&deliveries);
    return STATUS_CANNOT_RUN;
  }
  run.summarize = run.summarize || run.quiet;
  /* Output lines on the same terminal show well enough how far it is. */
  run.progress = isatty(STDERR_FILENO) && (!isatty(STDOUT_FILENO) || run.quiet || story_key);
  run.text_capacity = 1 << 16;
  run.text = allocate(NULL, run.text_capacity);
  if (story_key) run.story = story_begin(story_key);
  run.started = seconds_now();
  static char *standard_input[] = {"-"};
  bool fine =
    run_all(&run, file_count ? arguments : standard_input, file_count ? file_count : 1, until_text ? &until : NULL);
  bool stopped_by_reader = !fine && output_failed();
  if (!stopped_by_reader) finish(&run, story_key);
  if (run.story) story_end(run.story);

  summary_release(&run.summary);
  pbk_engine_destroy(run.engine);
  deliveries_release(&deliveries);
  free(run.text);
  if (!fine && !stopped_by_reader) {
    output_flush();
    return STATUS_CANNOT_RUN;
  }
  return output_end(run.refused ? STATUS_REFUSED : STATUS_FINE);
}
