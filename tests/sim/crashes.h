/* tests/sim/crashes.h - what main.c runs: crashes.c, shortage.c, damage.c. */
#ifndef PBK_TESTS_SIM_CRASHES_H
#define PBK_TESTS_SIM_CRASHES_H

#include "sim.h"

struct tally {
  uint64_t passed, failed;
  /* of crashes */
  uint64_t undecided;    /* that came while messages were under way */
  uint64_t reordered;    /* and were compared without regard to the order */
  uint64_t incomparable; /* or not with another run at all */
};
struct crash_options {
  uint64_t only_schedule; /* 0: all */
  uint64_t most;          /* runs; 0: no limit */
  bool trace;
  const unsigned char *bytes; /* NULL, or what decides about the scenario */
  size_t byte_count;
  uint64_t few;        /* of the schedules, about one in so many is run; 0: all */
  uint32_t every;      /* of the bits, one in so many is flipped; 0: all */
  bool counted_memory; /* engines in blocks of their own */
};
/* All crashes of a seed. */
void crash_seed(uint64_t seed, const struct crash_options *options, struct tally *tally);
void crash_release(void);

/* Every call of storage fails, once and for good. */
void crash_each_call(uint64_t seed, const struct crash_options *options, struct tally *tally);

/* Every allocation fails, once and for good; then the engine is destroyed, and opened with what was durable. */
void crash_each_allocation(uint64_t seed, const struct crash_options *options, struct tally *tally);

/* shortage.c: every allocation of a scenario fails, once and for good. */
void shortage_seed(uint64_t seed, const struct crash_options *options, struct tally *tally);
void shortage_release(void);
/* damage.c: a journal and a snapshot damaged in every way. */
void damage_seed(uint64_t seed, const struct crash_options *options, struct tally *tally);
/* The same near the borders of what is read at a time. */
void damage_large(uint64_t seed, const struct crash_options *options, struct tally *tally);
void damage_release(void);

#endif
