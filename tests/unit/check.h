/* tests/unit/check.h - what every unit test is written with.
 *
 *   static void adds_up(void) {
 *     CHECK(sum(1, 2) > 0);
 *     CHECK_EQUAL_INT(sum(1, 2), 3);       // what it gives, then what it should give
 *   }
 *   int main(void) {
 *     RUN(adds_up);
 *     return check_report();
 *   }
 *
 * A failed check prints where, what, and both values, and the test goes on; each check gives whether it held, for
 * `if (!CHECK(…)) return;`. In a loop over cases, check_note("case %u", i) goes before the checks and is printed with
 * those that fail. check_report() prints `N passed, N failed` and gives main's answer.
 *
 * For allocations there is struct check_heap (counts what is out, fails when told) and check_each_failure, which
 * runs something with the first, the second, … allocation failing, until it comes through. */
#ifndef PBK_TESTS_UNIT_CHECK_H
#define PBK_TESTS_UNIT_CHECK_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static struct {
  unsigned long passed, failed;
  const char *test; /* which RUN runs */
  char note[256];
} check_state;

enum { CHECK_SHOWN_MOST = 50 }; /* of a test gone wrong altogether, the first say enough */

/* ---- notes and the frame ---- */

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static inline void
check_note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(check_state.note, sizeof check_state.note, format, arguments);
  va_end(arguments);
}

#define RUN(function)             \
  do {                            \
    check_state.test = #function; \
    check_state.note[0] = 0;      \
    function();                   \
    check_state.note[0] = 0;      \
    check_state.test = NULL;      \
  } while (0)

static inline int check_report(void) {
  printf("%lu passed, %lu failed\n", check_state.passed, check_state.failed);
  return check_state.failed || !check_state.passed;
}

/* ---- checks ---- */

/* Counts; true where the caller should print what was wrong after "file:line: test: ". */
static inline bool check_failed(bool held, const char *file, int line) {
  if (held) {
    check_state.passed++;
    return false;
  }
  check_state.failed++;
  if (check_state.failed > CHECK_SHOWN_MOST) return false;
  printf("%s:%d: ", file, line);
  if (check_state.test) printf("%s: ", check_state.test);
  if (check_state.note[0]) printf("[%s] ", check_state.note);
  return true;
}

static inline void check_print_text(const char *bytes, size_t size) {
  putchar('"');
  for (size_t i = 0; i < size && i < 400; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte < 0x20 || byte == 0x7f)
      printf("\\x%02x", byte);
    else
      putchar(byte);
  }
  printf(size > 400 ? "…\" (%zu bytes)" : "\"", size);
}

static inline void check_print_bytes(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size && i < 64; i++) printf("%02x", bytes[i]);
  if (size > 64) printf("… (%zu bytes)", size);
}

static inline bool check_condition(bool held, const char *what, const char *file, int line) {
  if (check_failed(held, file, line)) printf("not so: %s\n", what);
  return held;
}

static inline bool check_int(int64_t given, int64_t wanted, const char *what, const char *file, int line) {
  if (check_failed(given == wanted, file, line)) printf("%s is %" PRId64 ", not %" PRId64 "\n", what, given, wanted);
  return given == wanted;
}

static inline bool check_uint(uint64_t given, uint64_t wanted, const char *what, const char *file, int line) {
  if (check_failed(given == wanted, file, line))
    printf("%s is %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")\n", what, given, given, wanted, wanted);
  return given == wanted;
}

static inline bool check_double(double given, double wanted, const char *what, const char *file, int line) {
  bool held = memcmp(&given, &wanted, sizeof given) == 0;
  if (check_failed(held, file, line)) printf("%s is %.17g (%a), not %.17g (%a)\n", what, given, given, wanted, wanted);
  return held;
}

static inline bool check_text(struct text given, struct text wanted, const char *what, const char *file, int line) {
  bool held = text_equal(given, wanted);
  if (check_failed(held, file, line)) {
    printf("%s is ", what);
    check_print_text(given.bytes, given.size);
    printf(", not ");
    check_print_text(wanted.bytes, wanted.size);
    putchar('\n');
  }
  return held;
}

static inline bool check_bytes(const void *given, const void *wanted, size_t size, const char *what, const char *file,
                               int line) {
  bool held = size == 0 || memcmp(given, wanted, size) == 0;
  if (check_failed(held, file, line)) {
    printf("%s is ", what);
    check_print_bytes(given, size);
    printf(", not ");
    check_print_bytes(wanted, size);
    putchar('\n');
  }
  return held;
}

#define CHECK(condition) check_condition((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL_INT(given, wanted) check_int((int64_t)(given), (int64_t)(wanted), #given, __FILE__, __LINE__)
#define CHECK_EQUAL_UINT(given, wanted) check_uint((uint64_t)(given), (uint64_t)(wanted), #given, __FILE__, __LINE__)
/* By the bits: -0 is not 0, and a NaN is itself. */
#define CHECK_EQUAL_DOUBLE(given, wanted) check_double((given), (wanted), #given, __FILE__, __LINE__)
/* A struct text against another, or against a zero-terminated string. */
#define CHECK_EQUAL_TEXT(given, wanted) check_text((given), (wanted), #given, __FILE__, __LINE__)
#define CHECK_TEXT(given, wanted) check_text((given), text_from(wanted), #given, __FILE__, __LINE__)
#define CHECK_EQUAL_BYTES(given, wanted, size) check_bytes((given), (wanted), (size), #given, __FILE__, __LINE__)

/* ---- numbers that look random and are the same everywhere ---- */

static inline uint64_t check_random(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
  return mixed ^ mixed >> 31;
}

/* 0 to below - 1. */
static inline uint32_t check_random_below(uint64_t *state, uint32_t below) {
  return (uint32_t)((check_random(state) >> 32) * below >> 32);
}

/* ---- allocations ---- */

/* Hand it out with pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX). */
struct check_heap {
  uint64_t calls;   /* that asked for memory */
  uint64_t fail_at; /* this call and all after it get none; 0: never */
  size_t out;       /* bytes not given back */
  size_t most;      /* the most that were out at once */
};

static inline void *check_allocate(void *context, void *pointer, size_t old_size, size_t new_size) {
  struct check_heap *heap = context;
  if (new_size == 0) {
    free(pointer);
    heap->out -= old_size;
    return NULL;
  }
  heap->calls++;
  if (heap->fail_at && heap->calls >= heap->fail_at) return NULL;
  /* Always another place, so that a pointer kept over a reallocation is seen. */
  void *moved = malloc(new_size);
  if (!moved) return NULL;
  memset(moved, 0xa5, new_size);
  if (pointer) memcpy(moved, pointer, old_size < new_size ? old_size : new_size);
  free(pointer);
  heap->out += new_size;
  heap->out -= old_size;
  if (heap->out > heap->most) heap->most = heap->out;
  return moved;
}

/* True where `run` comes through, false where an allocation fails. In a frame of its own: what a caller of setjmp changes in
 * its own variables is lost when the jump comes. */
static inline bool check_comes_through(void (*run)(struct memory *memory, void *context), struct memory *memory,
                                       void *context) {
  jmp_buf on_failure;
  memory->on_failure = &on_failure;
  if (setjmp(on_failure) != 0) return false;
  run(memory, context);
  return true;
}

/* Runs `run` with its first allocation failing, then with its second, and so on until it comes through; after each,
 * `release` gives back what `run` left in its context, and nothing may be out. Gives how many allocations the whole takes.
 */
static inline uint64_t check_each_failure(void (*run)(struct memory *memory, void *context),
                                          void (*release)(struct memory *memory, void *context), void *context) {
  for (uint64_t fail_at = 1;; fail_at++) {
    struct check_heap heap = {.fail_at = fail_at};
    struct memory memory;
    pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
    bool through = check_comes_through(run, &memory, context);
    memory.on_failure = NULL;
    release(&memory, context);
    check_note("allocation %" PRIu64 " failing", fail_at);
    CHECK_EQUAL_UINT(heap.out, 0);
    CHECK_EQUAL_UINT(memory.used, 0);
    check_state.note[0] = 0;
    if (through) return fail_at - 1;
  }
}

/* Whether `statement` jumps to the memory's on_failure. It should not assign to variables of the function it stands in. */
#define CHECK_REFUSED(memory, statement)                                  \
  do {                                                                    \
    jmp_buf check_jump;                                                   \
    (memory)->on_failure = &check_jump;                                   \
    if (setjmp(check_jump) == 0) {                                        \
      statement;                                                          \
      check_condition(false, "refused: " #statement, __FILE__, __LINE__); \
    } else {                                                              \
      check_state.passed++;                                               \
    }                                                                     \
    (memory)->on_failure = NULL;                                          \
  } while (0)

#endif
