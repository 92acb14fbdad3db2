/* summary.h - what a run came to, put together from its outputs. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <playbook/playbook.h>

#include <stdio.h>

#include "tally.h"

/* Zero-initialised is empty. */
struct summary {
  uint64_t duplicates;
  struct tally entries;  /* playbook: "enrolled" */
  struct tally ends;     /* playbook: reason */
  struct tally refusals; /* playbook: reason */
  struct tally messages; /* sender: state */
  struct tally tasks;    /* one row: state */
  struct tally errors;   /* one row: code */
  /* Where the last line of each message and task was counted, by its number. */
  struct summary_places {
    struct tally_cell *cells;
    uint64_t count, capacity;
  } message_places, task_places;
};

void summary_note(struct summary *summary, const pbk_output *output);

/* `lines` were read and `refused` of them refused, in `seconds`. */
void summary_write(const struct summary *summary, const pbk_engine *engine, uint64_t lines, uint64_t refused, double seconds,
                   FILE *file);

void summary_release(struct summary *summary);

#endif
