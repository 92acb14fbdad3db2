/* output.h - standard output: buffered, and quiet about a reader that went away. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "program.h"

void output_bytes(const char *bytes, size_t size);
void output_text(const char *text);
void output_print(const char *format, ...) PRINTS(1, 2);
void output_flush(void);

/* The same, and makes it durable where it is a file. False: it failed. */
bool output_settle(void);

/* Whether writing has failed: nothing more will arrive, so the program can stop. */
bool output_failed(void);

/* Flushes, and gives the exit status: `status`, or STATUS_CANNOT_RUN, with a complaint, where something could not be
 * written. That the reader went away is no failure of the program. */
int output_end(int status);

#endif
