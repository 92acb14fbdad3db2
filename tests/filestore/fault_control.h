/* tests/filestore/fault_control.h - what calls of the system do in a test of the file store. */
#ifndef PBK_TESTS_FILESTORE_FAULT_CONTROL_H
#define PBK_TESTS_FILESTORE_FAULT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct faults {
  const char *call; /* the `at`-th call of this name fails with errno `number`; NULL: none does */
  unsigned at;
  int number;
  bool interrupt_each; /* each call is interrupted once before it comes through */
  size_t short_by;     /* reads and writes move at most so many bytes; 0: all */
  /* What happened. */
  unsigned calls, seen, hit, left_open_on_exec;
  bool interrupted;
  char log[8192]; /* the calls in order: "openat, pwrite journal.0, sync journal.0" */
};
extern struct faults faults;

void faults_clear(void);

#endif
