/* tests/sim/main.c - the simulator's program.
 *
 *   sim --runs N [--seed-from M] [--jobs J]   crash runs of the seeds from M on (1), on J processes at once (1)
 *   sim --seed N [--schedule K] [--trace]     all runs of one seed, or one of them, and what happens in it
 *   sim --storage N [--seed-from M]           every call of storage fails, for N seeds
 *   sim --memory N [--seed-from M]            every allocation fails and the engine is opened again, for N seeds
 *   sim --shortage N [--seed-from M]          every allocation fails and the call is repeated, for N seeds
 *   sim --damage N [--seed-from M] [--every K] journals and snapshots damaged everywhere, one bit of K, for N seeds
 *   sim --large N [--seed-from M]             the same for storages of some MiB
 *
 * A failure says which --schedule it was; with it and the same --storage, --shortage or --damage 1 it is run again alone.
 * --counted: each block of memory is one of malloc's, for sanitizers. The last line is: N passed, N failed. */
#define _POSIX_C_SOURCE 200809L
#include "crashes.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run run;

enum { FAILURES_SHOWN = 20 };

void run_fail(const char *format, ...) {
  static uint32_t shown;
  if (shown++ < FAILURES_SHOWN) {
    char message[4000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    printf("FAILED --seed %" PRIu64 " --schedule %" PRIu64 " (%s): %s\n", run.seed, run.schedule, run.what, message);
    fflush(stdout);
  }
  longjmp(run.end, 1);
}

void run_trace(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
}

/* The library aborted, or worse: which run it was must not be lost. */
static void tell_signal(int number) {
  char message[400];
  int size = snprintf(message, sizeof message, "FAILED --seed %" PRIu64 " --schedule %" PRIu64 " (%s): signal %d\n",
                      run.seed, run.schedule, run.what, number);
  ssize_t written = size > 0 ? write(STDOUT_FILENO, message, (size_t)size) : 0;
  (void)written;
  signal(number, SIG_DFL);
  raise(number);
}

struct arguments {
  uint64_t runs, seed, seed_from, jobs, storage, memory, shortage, damage, large;
  struct crash_options options;
};

static void work(const struct arguments *arguments, uint64_t job, struct tally *tally) {
  struct crash_options options = arguments->options;
  uint64_t step = arguments->jobs;
  if (arguments->seed) {
    crash_seed(arguments->seed, &options, tally);
  } else if (arguments->runs) {
    options.most = arguments->runs / step + (job < arguments->runs % step);
    for (uint64_t seed = arguments->seed_from + job; tally->passed + tally->failed < options.most; seed += step)
      crash_seed(seed, &options, tally);
  }
  for (uint64_t i = job; i < arguments->storage; i += step) crash_each_call(arguments->seed_from + i, &options, tally);
  for (uint64_t i = job; i < arguments->memory; i += step) crash_each_allocation(arguments->seed_from + i, &options, tally);
  for (uint64_t i = job; i < arguments->shortage; i += step) shortage_seed(arguments->seed_from + i, &options, tally);
  for (uint64_t i = job; i < arguments->damage; i += step) damage_seed(arguments->seed_from + i, &options, tally);
  for (uint64_t i = job; i < arguments->large; i += step) damage_large(arguments->seed_from + i, &options, tally);
  crash_release();
  shortage_release();
  damage_release();
}

static struct tally work_in_jobs(const struct arguments *arguments) {
  struct tally sum = {0};
  int *pipes = calloc((size_t)arguments->jobs, sizeof *pipes);
  if (!pipes) abort();
  for (uint64_t job = 0; job < arguments->jobs; job++) {
    int ends[2];
    if (pipe(ends) != 0) abort();
    fflush(stdout);
    pid_t process = fork();
    if (process < 0) abort();
    if (process == 0) {
      struct tally tally = {0};
      work(arguments, job, &tally);
      fflush(stdout);
      ssize_t written = write(ends[1], &tally, sizeof tally);
      _exit(written != (ssize_t)sizeof tally);
    }
    close(ends[1]);
    pipes[job] = ends[0];
  }
  for (uint64_t job = 0; job < arguments->jobs; job++) {
    struct tally tally;
    if (read(pipes[job], &tally, sizeof tally) == (ssize_t)sizeof tally) {
      sum.passed += tally.passed;
      sum.failed += tally.failed;
      sum.undecided += tally.undecided;
      sum.reordered += tally.reordered;
      sum.incomparable += tally.incomparable;
    } else {
      printf("FAILED: job %" PRIu64 " ended early\n", job);
      sum.failed++;
    }
    close(pipes[job]);
  }
  for (uint64_t job = 0; job < arguments->jobs; job++) wait(NULL);
  free(pipes);
  return sum;
}

static bool take_number(const char *name, uint64_t *to, int count, char **texts, int *at) {
  if (strcmp(texts[*at], name) != 0 || *at + 1 >= count) return false;
  *to = strtoull(texts[++*at], NULL, 10);
  return true;
}

int main(int count, char **texts) {
  struct arguments arguments = {.seed_from = 1, .jobs = 1};
  uint64_t every = 1;
  for (int i = 1; i < count; i++) {
    if (take_number("--runs", &arguments.runs, count, texts, &i) ||
        take_number("--seed", &arguments.seed, count, texts, &i) ||
        take_number("--seed-from", &arguments.seed_from, count, texts, &i) ||
        take_number("--jobs", &arguments.jobs, count, texts, &i) ||
        take_number("--schedule", &arguments.options.only_schedule, count, texts, &i) ||
        take_number("--storage", &arguments.storage, count, texts, &i) ||
        take_number("--memory", &arguments.memory, count, texts, &i) ||
        take_number("--large", &arguments.large, count, texts, &i) ||
        take_number("--shortage", &arguments.shortage, count, texts, &i) ||
        take_number("--every", &every, count, texts, &i) || take_number("--damage", &arguments.damage, count, texts, &i))
      continue;
    if (strcmp(texts[i], "--trace") == 0) {
      arguments.options.trace = true;
    } else if (strcmp(texts[i], "--counted") == 0) {
      arguments.options.counted_memory = true;
    } else {
      printf("unknown: %s; see the top of tests/sim/main.c\n", texts[i]);
      return 2;
    }
  }
  if (arguments.jobs == 0) arguments.jobs = 1;
  arguments.options.every = (uint32_t)every;
  signal(SIGABRT, tell_signal);
  signal(SIGSEGV, tell_signal);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  struct tally tally = {0};
  if (arguments.jobs == 1)
    work(&arguments, 0, &tally);
  else
    tally = work_in_jobs(&arguments);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  if (arguments.runs || arguments.seed)
    printf("%" PRIu64 " crashes with messages under way; %" PRIu64 " runs compared in any order, %" PRIu64
           " by their own rules alone\n",
           tally.undecided, tally.reordered, tally.incomparable);
  printf("%.0f runs a second\n", (double)(tally.passed + tally.failed) / (seconds > 0 ? seconds : 1));
  printf("%" PRIu64 " passed, %" PRIu64 " failed\n", tally.passed, tally.failed);
  return tally.failed > 0 || tally.passed == 0;
}
