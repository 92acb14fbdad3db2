/* tests/sim/sim.h - the deterministic simulator: a host, its storage and its bad luck, all from one number.
 *
 * A seed makes a scenario: some definitions and a few dozen steps of a host (lines, advances, commits, drains, snapshots).
 * It is run once without a mishap, with the storage's calls recorded; then again and again with crashes and failures at
 * every call, each time to the end, and what came out is compared. A run that fails prints the seed and the schedule that
 * made it fail. */
#ifndef PBK_TESTS_SIM_SIM_H
#define PBK_TESTS_SIM_SIM_H

#include <playbook/playbook.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers that look random and are the same everywhere ---- */

static inline uint64_t random_next(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
  return mixed ^ mixed >> 31;
}
/* 0 to below - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t below) {
  return (uint32_t)((random_next(state) >> 32) * below >> 32);
}
static inline bool random_one_in(uint64_t *state, uint32_t count) {
  return random_below(state, count) == 0;
}
static inline uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t state = a * 0x2545f4914f6cdd1du + b;
  return random_next(&state);
}
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size);

/* ---- bytes that grow ---- */

struct bytes {
  unsigned char *at;
  size_t size, capacity;
};
void bytes_reserve(struct bytes *bytes, size_t capacity);
void bytes_add(struct bytes *bytes, const void *from, size_t size);
void bytes_copy(struct bytes *to, const struct bytes *from);
void bytes_release(struct bytes *bytes);

/* ---- failing ---- */

/* What goes wrong in a run ends it: prints why and jumps to where the run began. */
struct run {
  jmp_buf end;
  uint64_t seed, schedule; /* which of the seed's */
  char what[200];          /* the schedule in words */
  bool trace;
};
extern struct run run;
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2), noreturn))
#endif
void run_fail(const char *format, ...);
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void run_trace(const char *format, ...);
#define TRACE(...)                         \
  do {                                     \
    if (run.trace) run_trace(__VA_ARGS__); \
  } while (0)

/* ---- memory.c: what engines allocate from ---- */

/* In runs that nobody looks at the memory of, blocks are cut off one piece and never given back, and an engine that a crash
 * took is forgotten with the piece; otherwise each is a block of its own with its size, on a list. */
struct heap_block {
  struct heap_block *before, *after;
  size_t size, unused;
};
struct heap {
  bool counted; /* blocks of their own */
  unsigned char *piece;
  size_t used, capacity;
  struct heap_block *blocks;
  uint64_t calls;       /* that asked for memory */
  uint64_t fail_at;     /* this one gets none; 0: never */
  bool fail_after;      /* and all after it */
  size_t out;           /* bytes not given back */
  uint64_t wrong_sizes; /* given back with another size than they had */
};
void *heap_allocate(void *context, void *pointer, size_t old_size, size_t new_size);
void heap_forget(struct heap *heap); /* all that is out */
void heap_release(struct heap *heap);

/* ---- medium.c: storage that loses what was not synced ---- */

enum call { CALL_APPEND, CALL_SYNC, CALL_EXTENT, CALL_READ, CALL_TRUNCATE, CALL_DELIVER, CALL_STEP };
const char *call_name(enum call call);

struct change { /* not synced yet */
  bool truncate;
  uint64_t at; /* where it begins, or the extent that is left */
  size_t start, size;
};
enum { CHANGES_MOST = 64 };
struct object {
  struct bytes now;     /* as the process sees it */
  struct bytes safe;    /* as a loss of power leaves it at worst */
  struct bytes changed; /* the bytes of the changes */
  struct change changes[CHANGES_MOST];
  uint32_t change_count;
  uint64_t changed_from; /* where now and safe begin to differ */
};

enum fault { FAULT_NONE, FAULT_CRASH, FAULT_ONCE, FAULT_FOR_GOOD };
struct medium {
  struct object objects[PBK_OBJECTS];
  uint64_t calls;    /* of any kind; deliveries and steps count too */
  uint64_t fault_at; /* the call at which the fault happens; 0: never */
  enum fault fault;
  bool fault_after; /* the call has its effect all the same, or a part of it */
  bool failing;     /* FAULT_FOR_GOOD has happened */
  bool crashed;     /* nothing that the engine does now counts */
  bool failed;      /* a call was answered with failure since the engine was opened */
  bool read_only;   /* writing is a mistake */
  uint64_t random;
  uint64_t writes;     /* append, sync, truncate */
  bool journal_synced; /* since somebody looked */
  void (*note)(void *context, enum call call, pbk_object object, const void *bytes,
               uint64_t size); /* each that has its effect */
  void *note_context;
};
pbk_storage medium_storage(struct medium *medium);
/* Counts one call, which is no call of storage; false: the machine stopped before it, or (after) right behind it. */
bool medium_before(struct medium *medium);
bool medium_after(struct medium *medium);
/* One call of storage without faults, as the log of another run has it. */
void medium_repeat(struct medium *medium, enum call call, pbk_object object, const void *bytes, uint64_t size);
void medium_clear(struct medium *medium);
void medium_copy(struct medium *to, const struct medium *from);
void medium_release(struct medium *medium);
bool medium_has_changes(const struct medium *medium);
void object_set(struct object *object, const void *bytes, size_t size); /* as if always there and synced */

/* What may be left of what was not synced. */
enum loss { LOSS_OF_PROCESS, LOSS_OF_ALL, LOSS_OF_NOTHING, LOSS_OF_END, LOSS_OF_SECTORS, LOSS_OF_SOME, LOSSES };
const char *loss_name(enum loss loss);
void medium_lose(struct medium *medium, enum loss loss, uint64_t *random);

/* ---- scenario.c: what a host does ---- */

enum step_kind { STEP_LINE, STEP_ADVANCE, STEP_CALL, STEP_COMMIT, STEP_DRAIN, STEP_SNAPSHOT, STEP_CLOSE };
struct step {
  enum step_kind kind;
  uint32_t line;        /* STEP_LINE: its number, from 1 */
  uint32_t start, size; /* of its text */
  pbk_time to;          /* STEP_ADVANCE */
  uint32_t choice;      /* STEP_CALL: which and of whom; STEP_DRAIN: bytes of the buffer; STEP_SNAPSHOT: flags */
};
struct scenario {
  uint64_t seed;
  const char *engine_id;
  bool at_once;
  bool nobody_delivers; /* messages wait for reports */
  bool zero_waits;      /* an answer may be to try again at once */
  uint32_t attempts;    /* of a message at most */
  struct bytes text;
  struct step *steps;
  uint32_t step_count, step_capacity, line_count;
  uint32_t *step_of_line; /* by line; 0 stands for the start, so it is the step after the line */
};
void scenario_make(struct scenario *scenario, uint64_t seed, uint32_t inputs);
/* The same, where bytes decide. */
void scenario_decode(struct scenario *scenario, const unsigned char *bytes, size_t size, uint32_t inputs);
void scenario_release(struct scenario *scenario);

/* ---- host.c: a host at work ---- */

struct offered {
  uint64_t message;
  uint32_t attempt;
  uint64_t print; /* of everything else in the offer */
  uint64_t key;
};
struct undecided { /* an attempt of which nobody knows how it went */
  uint64_t message;
  uint32_t attempt;
  bool hold;
};
enum { UNDECIDED_MOST = 400 };
struct recovery {  /* outputs that tell of them, when they come */
  uint64_t before; /* the output before them */
  uint32_t count;
  uint32_t durable_offers; /* at the time of the crash */
};

enum driving { DRIVE_PLAINLY, DRIVE_IN_CUTS, DRIVE_IN_ONES };
struct host {
  const struct scenario *scenario;
  struct medium *medium; /* NULL: nothing is kept */
  struct heap *heap;
  pbk_engine *engine;
  enum driving driving;
  uint64_t random;
  bool recovering; /* opened, and no output given since */
  /* what the host knows for good */
  uint32_t step;         /* the next one */
  uint32_t rows_step, rows_taken; /* of the step of that number plus one, if it is a call of many rows: those taken */
  uint32_t acknowledged; /* steps before it need not be done again */
  uint64_t durable_sequence;
  uint64_t taken_least, taken_most; /* outputs that the engine must, and may, know to be taken */
  uint64_t given;                   /* by this engine: the last output */
  struct bytes outputs;             /* lines, by seq */
  size_t *starts;
  uint32_t output_count, output_capacity;
  struct offered *offers;
  uint32_t offer_count, offer_capacity;
  uint32_t durable_offers; /* those before it have durable outcomes */
  /* what became of attempts under way at crashes; where `substituted`, what they are answered */
  struct undecided undecided[UNDECIDED_MOST];
  uint32_t undecided_count;
  struct recovery recovery;
  bool substituted, substituted_now;
  bool reordered;               /* what was undecided came out in another order than a run without crashes could give it */
  bool incomparable;            /* or cannot come out of one at all */
  bool varied;                  /* does what makes no difference otherwise now and then */
  unsigned char digest[16];     /* at the end */
  unsigned char (*digests)[16]; /* in a run to compare with: behind each step */
  uint32_t digest_capacity;
};
void host_begin(struct host *host, const struct scenario *scenario, struct medium *medium, struct heap *heap);
void host_release(struct host *host);
/* The first outputs and offers are those of another host, of the same scenario. */
void host_take_over(struct host *host, const struct host *from, uint32_t outputs, uint32_t offers);
/* Does one step. PBK_OK, or what stopped the engine: PBK_ERR_STORAGE, PBK_ERR_NO_MEMORY. */
pbk_status host_do(struct host *host);
/* The same without saying that it is done. */
pbk_status host_call(struct host *host, const struct step *step);
/* Opens what the medium holds, finds out what is there and where to go on. */
pbk_status host_open(struct host *host);
/* After the last step: takes the digest. */
pbk_status host_finish(struct host *host);
pbk_status host_drain(struct host *host, size_t capacity); /* 0: all there is */
pbk_config host_config(struct host *host, pbk_storage *storage);
pbk_text host_output(const struct host *host, uint64_t seq);
bool text_has(pbk_text line, const char *part);
void host_close(struct host *host); /* destroys the engine */
/* Opens for reading only, and looks. */
pbk_status host_look(struct host *host, pbk_opening *opening);

#endif
