/* output.c - see output.h. */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 18 };

static char buffer[BUFFER_SIZE];
static bool prepared;
static int failure; /* errno of the first write that failed */

void output_bytes(const char *bytes, size_t size) {
  if (!prepared) {
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    prepared = true;
  }
  if (!failure && fwrite(bytes, 1, size, stdout) != size) failure = errno ? errno : EIO;
}

void output_text(const char *text) {
  output_bytes(text, strlen(text));
}

void output_print(const char *format, ...) {
  char some[512], *text = some;
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(some, sizeof some, format, arguments);
  va_end(arguments);
  if (size >= (int)sizeof some) {
    text = allocate(NULL, (size_t)size + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
  }
  if (size > 0) output_bytes(text, (size_t)size);
  if (text != some) free(text);
}

void output_flush(void) {
  if (!failure && fflush(stdout) != 0) failure = errno ? errno : EIO;
}

bool output_settle(void) {
  struct stat facts;
  output_flush();
  /* A pipe's reader has it now; a file's must not lose it in a power cut after the engine has forgotten it. */
  if (!failure && fstat(STDOUT_FILENO, &facts) == 0 && S_ISREG(facts.st_mode) && fsync(STDOUT_FILENO) != 0) failure = errno;
  return !failure;
}

bool output_failed(void) {
  return failure != 0;
}

int output_end(int status) {
  output_flush();
  if (failure == 0 || failure == EPIPE) return status;
  complain("cannot write: %s", strerror(failure));
  return STATUS_CANNOT_RUN;
}
