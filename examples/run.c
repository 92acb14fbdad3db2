/* run.c - the command `run`: feeds lines to an engine and lets out what comes of them; with --store, to one that is kept. */
#include <playbook/playbook.h>

#include <errno.h>
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
#include "store.h"
#include "story.h"
#include "summary.h"
#include "time_text.h"
#include "zones.h"

enum {
  LINES_PER_COMMIT = 4096, /* of a kept engine: one sync for so many */
  DRAINED_AT_ONCE = 128,
  DUE_AT_ONCE = 4096,   /* things done between two looks at the outputs, when advancing at the end */
  MOST_EXPLAINED = 20,  /* refused lines that are explained one by one */
  LINES_PER_LOOK = 1024 /* lines between two looks at the clock */
};

struct run {
  /* As asked for. */
  bool quiet, summarize, progress;
  struct story *story;
  struct store *store; /* NULL: nothing is kept */
  uint64_t commit_every;
  /* How far it is. */
  pbk_engine *engine;
  struct part { /* a file of the input */
    const char *name;
    uint64_t before; /* lines of the input before it */
  } * parts;
  size_t part_count;
  uint64_t lines;       /* of all files */
  uint64_t begun_after; /* lines that the engine had taken where this input begins */
  uint64_t passed_over; /* lines of this input that are in from an earlier run */
  uint64_t uncommitted;
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

/* File and line of a line of the input, counted from 1 over all its files. */
static struct part place_of(const struct run *run, uint64_t line) {
  struct part place = {"earlier line", 0}; /* of an earlier input, or of a file not read yet */
  for (size_t at = 0; at < run->part_count && run->parts[at].before < line; at++) place = run->parts[at];
  return place;
}

static void explain(struct run *run, const pbk_output *error) {
  run->refused++;
  if (run->quiet || run->refused > MOST_EXPLAINED) return;
  clear_progress(run);
  uint64_t line = error->line > run->begun_after ? error->line - run->begun_after : 0;
  struct part place = place_of(run, line);
  fprintf(stderr, "%s:%" PRIu64 ": %s: %.*s", place.name, line ? line - place.before : error->line,
          pbk_code_name(error->code), (int)error->text.size, error->text.bytes ? error->text.bytes : "");
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

static bool cannot(struct run *run, const char *what, pbk_status status) {
  clear_progress(run);
  store_complain(run->store, what, status);
  return false;
}

/* Commits, and takes all outputs. Of a kept engine, what was taken before a commit is never given again: so it is put away
 * first. False where the run cannot go on. */
static bool let_out(struct run *run) {
  pbk_output outputs[DRAINED_AT_ONCE];
  uint32_t count = 0;
  pbk_status status = pbk_commit(run->engine);
  run->uncommitted = 0;
  do {
    if (status == PBK_OK) status = pbk_drain(run->engine, outputs, sizeof *outputs, DRAINED_AT_ONCE, &count);
    if (status != PBK_OK) return cannot(run, "cannot go on", status);
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
  if (!run->store) return !output_failed();
  if (!output_settle()) return false;
  status = store_snapshot_if_due(run->store, run->engine);
  return status == PBK_OK || cannot(run, "cannot make a snapshot", status);
}

/* The input has nothing for us yet. */
static bool before_wait(void *context) {
  struct run *run = context;
  if (run->store && run->uncommitted) return let_out(run);
  output_flush();
  return true;
}

/* ---- inputs ---- */

static bool feed(struct run *run, const char *line, size_t size) {
  run->lines++;
  if (run->lines <= run->passed_over) return true;
  pbk_status status = pbk_feed_line(run->engine, line, size);
  if (status < 0 && status != PBK_ERR_REFUSED) {
    struct part place = place_of(run, run->lines);
    char what[300];
    snprintf(what, sizeof what, "%.200s:%" PRIu64 ": cannot go on", place.name, run->lines - place.before);
    return cannot(run, what, status);
  }
  run->uncommitted++;
  if (run->story && status == PBK_OK) story_input(run->story, pbk_now(run->engine), (struct json_text){line, line + size});
  if (run->progress && run->lines % LINES_PER_LOOK == 0) show_progress(run);
  return run->uncommitted < run->commit_every || let_out(run);
}

static bool run_file(struct run *run, const char *file) {
  struct input *input = input_open(file, before_wait, run);
  if (!input) return false;
  const char *line;
  size_t size;
  int got;
  bool fine = true;
  run->parts = allocate(run->parts, (run->part_count + 1) * sizeof *run->parts);
  run->parts[run->part_count++] = (struct part){strcmp(file, "-") == 0 ? "stdin" : file, run->lines};
  while (fine && (got = input_line(input, &line, &size)) != 0) fine = got > 0 && feed(run, line, size);
  input_close(input);
  return fine;
}

static bool advance(struct run *run, pbk_time until) {
  pbk_status status;
  do {
    status = pbk_advance(run->engine, until, DUE_AT_ONCE);
    if (status < 0) return cannot(run, "cannot advance", status);
    if (!let_out(run)) return false;
  } while (status == PBK_MORE);
  return true;
}

static bool run_all(struct run *run, char **files, int count, const pbk_time *until) {
  for (int at = 0; at < count; at++)
    if (!run_file(run, files[at])) return false;
  if (run->lines < run->passed_over) {
    clear_progress(run);
    complain("the store has %" PRIu64 " lines of this input, which has only %" PRIu64 ": for a further one there is --more",
             run->passed_over, run->lines);
    return false;
  }
  if (until) return advance(run, *until);
  return (!run->store && !run->uncommitted) || let_out(run);
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

/* ---- the kept engine ---- */

struct keeping {
  const char *directory, *snapshot_every, *commit_every, *after;
  bool compress, more;
};

static bool read_number(const char *option, const char *text, uint64_t least, uint64_t *number) {
  char *end;
  if (!text) return true;
  errno = 0;
  *number = strtoull(text, &end, 10);
  if (*text >= '0' && *text <= '9' && !*end && errno == 0 && *number >= least) return true;
  complain("option %s needs a whole number, at least %" PRIu64, option, least);
  return false;
}

static bool read_keeping(const struct keeping *keeping, struct store *store, struct run *run, uint64_t *after) {
  if (!keeping->directory &&
      (keeping->snapshot_every || keeping->commit_every || keeping->after || keeping->compress || keeping->more)) {
    complain("without --store there is nothing to keep; see playbook run --help");
    return false;
  }
  if (keeping->directory && run->story) {
    complain("--story tells of outputs instead of giving them: it cannot go with --store");
    return false;
  }
  if (keeping->after && keeping->more) {
    complain("--more and --after exclude each other");
    return false;
  }
  if (keeping->compress) store->snapshot_flags = PBK_SNAPSHOT_COMPRESSED;
  if (keeping->directory) run->commit_every = LINES_PER_COMMIT;
  return read_number("--snapshot-every", keeping->snapshot_every, 1, &store->snapshot_every) &&
         read_number("--commit-every", keeping->commit_every, 1, &run->commit_every) &&
         read_number("--after", keeping->after, 0, after);
}

/* Says what opening found, and where the input goes on. */
static bool begin_kept(struct run *run, const struct keeping *keeping, const pbk_opening *opening, uint64_t after) {
  const char *directory = run->store->directory;
  uint64_t taken = pbk_lines_taken(run->engine);
  if (opening->torn_bytes)
    complain("%s: cut off %" PRIu64 " bytes of a write that had not been finished; nothing came of it", directory,
             opening->torn_bytes);
  if (opening->offered_again)
    complain("%s: %" PRIu64 " message%s offered before the crash, outcome not known: offered again, with the same key",
             directory, opening->offered_again, opening->offered_again == 1 ? "" : "s");
  if (opening->unknown_outcome)
    complain("%s: %" PRIu64 " message%s offered before the crash, outcome not known: failed as unknown_outcome", directory,
             opening->unknown_outcome, opening->unknown_outcome == 1 ? "" : "s");
  if (keeping->more) after = taken;
  if (after > taken) {
    complain("%s has taken %" PRIu64 " lines, fewer than --after %" PRIu64, directory, taken, after);
    return false;
  }
  run->begun_after = after;
  run->passed_over = taken - after;
  if (keeping->more)
    complain("%s: this input comes after line %" PRIu64 "; after a crash go on with --after %" PRIu64, directory, taken,
             taken);
  else if (run->passed_over)
    complain("%s: going on after line %" PRIu64, directory, run->passed_over);
  return true;
}

static bool begin(struct run *run, pbk_config *config, const struct keeping *keeping, uint64_t after, const char *zones) {
  bool is_begun = false; /* then it has its time zones: they are in its store */
  if (run->store) {
    pbk_opening opening;
    if (!store_open_files(run->store, keeping->directory, PBK_FILESTORE_CREATE)) return false;
    run->engine = store_open_engine(run->store, config, 0, &opening);
    if (!run->engine || !begin_kept(run, keeping, &opening, after)) return false;
    is_begun = opening.snapshot_sequence > 0 || opening.records > 0;
  } else {
    pbk_status status = pbk_engine_create(config, &run->engine);
    if (status != PBK_OK) return cannot(run, "cannot make an engine", status);
  }
  return (is_begun && !zones) || take_zones(run->engine, zones);
}

/* Marks a store as closed cleanly, all its outputs being put away. */
static bool end_kept(struct run *run) {
  pbk_status status = run->store ? pbk_close(run->engine) : PBK_OK;
  return status == PBK_OK || cannot(run, "cannot close the store", status);
}

/* ---- the command ---- */

static int run_command(struct run *run, char **files, int file_count, const pbk_time *until, const char *story_key) {
  static char *standard_input[] = {"-"};
  run->started = seconds_now();
  bool fine = run_all(run, file_count ? files : standard_input, file_count ? file_count : 1, until) && end_kept(run);
  bool stopped_by_reader = !fine && output_failed();
  if (!stopped_by_reader) finish(run, story_key);
  if (fine || stopped_by_reader) return output_end(run->refused ? STATUS_REFUSED : STATUS_FINE);
  output_flush();
  return STATUS_CANNOT_RUN;
}

int command_run(char **arguments, int count) {
  bool help = false;
  const char *deliver = "sent", *until_text = NULL, *engine_id = NULL, *story_key = NULL, *zones = NULL;
  struct keeping keeping = {0};
  struct store store = {0};
  struct run run = {.commit_every = 1};
  const struct option options[] = {
    {"--help", &help, NULL},
    {"--deliver", NULL, &deliver},
    {"--until", NULL, &until_text},
    {"--engine-id", NULL, &engine_id},
    {"--story", NULL, &story_key},
    {"--zones", NULL, &zones},
    {"--quiet", &run.quiet, NULL},
    {"--summary", &run.summarize, NULL},
    {"--store", NULL, &keeping.directory},
    {"--more", &keeping.more, NULL},
    {"--after", NULL, &keeping.after},
    {"--commit-every", NULL, &keeping.commit_every},
    {"--snapshot-every", NULL, &keeping.snapshot_every},
    {"--compress", &keeping.compress, NULL},
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
  uint64_t after = 0;
  struct deliveries deliveries;
  if (story_key) run.story = story_begin(story_key);
  if (!read_keeping(&keeping, &store, &run, &after) || !input_check(arguments, file_count) ||
      !deliveries_read(&deliveries, deliver)) {
    if (run.story) story_end(run.story);
    return STATUS_CANNOT_RUN;
  }
  pbk_config config = {
    .size = sizeof config, .flags = PBK_DELIVER_AT_ONCE, .deliver = deliveries_answer, .deliver_context = &deliveries};
  if (engine_id) config.engine_id = text_of(engine_id);
  if (keeping.directory) run.store = &store;
  run.summarize = run.summarize || run.quiet;
  /* Output lines on the same terminal show well enough how far it is. */
  run.progress = isatty(STDERR_FILENO) && (!isatty(STDOUT_FILENO) || run.quiet || story_key);
  run.text_capacity = 1 << 16;
  run.text = allocate(NULL, run.text_capacity);
  int status = begin(&run, &config, &keeping, after, zones)
                 ? run_command(&run, arguments, file_count, until_text ? &until : NULL, story_key)
                 : STATUS_CANNOT_RUN;
  if (run.story) story_end(run.story);
  summary_release(&run.summary);
  pbk_engine_destroy(run.engine);
  store_close_files(&store);
  deliveries_release(&deliveries);
  free(run.parts);
  free(run.text);
  return status;
}
