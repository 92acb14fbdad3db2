/* tests/sim/crashes.h - what main.c runs: crashes.c, shortage.c, damage.c. */
#ifndef PBK_TESTS_SIM_CRASHES_H
#define PBK_TESTS_SIM_CRASHES_H

#include "sim.h"

struct tally {
  uint64_t passed, failed;
};
struct crash_options {
  uint64_t only_schedule; /* 0: all */
  uint64_t most;          /* runs; 0: no limit */
  bool trace;
  bool counted_memory;    /* engines in blocks of their own */
};
/* All crashes of a seed. */
void crash_seed(uint64_t seed, const struct crash_options *options, struct tally *tally);
void crash_release(void);

/* Every allocation of a scenario fails, once and for good; every call of storage fails. */
void shortage_seed(uint64_t seed, struct tally *tally);
/* A journal and a snapshot damaged in every way. */
void damage_seed(uint64_t seed, struct tally *tally);

#endif
