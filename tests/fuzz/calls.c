/* tests/fuzz/calls.c - any bytes as what a host does: definitions, lines, advances, commits, drains, snapshots, closing and
 * opening. It is done by the simulator (tests/sim), straight and through some crashes, and must come to the same in the end.
 */
#include "../sim/crashes.h"
#include "alone.h"

#include <stdarg.h>

struct run run;

void run_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("schedule %" PRIu64 " (%s): ", run.schedule, run.what);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
  abort();
}

void run_trace(const char *format, ...) {
  (void)format;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4 || size > 4000) return 0;
  struct tally tally = {0};
  struct crash_options options = {.bytes = data, .byte_count = size, .few = 40, .counted_memory = true};
  crash_seed(hash_bytes(0, data, size), &options, &tally);
  return 0;
}
