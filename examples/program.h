/* program.h - what the parts of the program share: its exit statuses, its way to complain, its options. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <playbook/playbook.h>

#include <stdbool.h>
#include <stddef.h>

enum { STATUS_FINE = 0, STATUS_REFUSED = 1, STATUS_CANNOT_RUN = 2 };

#if defined(__GNUC__)
#define PRINTS(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTS(text, first)
#endif

/* One line on standard error, with the program's name in front. */
void complain(const char *format, ...) PRINTS(1, 2);

/* Ends the program where there is no memory: nothing of use can be done then. */
void *allocate(void *pointer, size_t size);

/* An option of a command: a flag, or one that takes a value as `--name VALUE` or `--name=VALUE`. */
struct option {
  const char *name;
  bool *flag;
  const char **value;
};

/* Sorts the arguments of a command into options and files, which end up in arguments[0 .. *file_count). Complains and
 * returns false for an option that is not in the list, which ends with a name of NULL. */
bool read_options(const char *command, const struct option *options, char **arguments, int count, int *file_count);

/* Hands the time zones of a directory to an engine; NULL: those of the system, where it has any. Complains and returns false
 * where there are none, or they cannot be used. */
bool take_zones(pbk_engine *engine, const char *directory);

/* The commands: `arguments` are those after the command's name. They return the exit status. */
int command_run(char **arguments, int count);
int command_check(char **arguments, int count);
int command_show(char **arguments, int count);
int command_verify(char **arguments, int count);
int command_salvage(char **arguments, int count);

extern const char help_text[], run_help_text[], check_help_text[], show_help_text[], verify_help_text[], salvage_help_text[];

#endif
