/* playbook.c - the program `playbook`: its commands, their options, its help. */
#include <playbook/playbook.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "program.h"

const char help_text[] =
  "usage: playbook run [OPTION]... [FILE]...   runs playbooks over definitions and events\n"
  "       playbook check FILE...               checks definitions\n"
  "       playbook show [OPTION]... DIR        prints what is in a store, which `run --store DIR` keeps\n"
  "       playbook verify DIR                  checks a store whole\n"
  "       playbook salvage DIR OUT             copies what can be trusted of a damaged store into a new one\n"
  "       playbook --help | --version\n"
  "\n"
  "playbook COMMAND --help tells more about a command.\n"
  "Exit status: 0; 1 when some line was refused, or something is damaged; 2 when it could not run.\n";

const char run_help_text[] =
  "usage: playbook run [OPTION]... [FILE]...\n"
  "\n"
  "Reads lines of the protocol (one JSON object a line) from the files in the order given, or from standard input\n"
  "without a file or for `-`, and prints the outputs, one JSON object a line, on standard output. Definitions and\n"
  "events may come in separate files. Gzipped input is unpacked, where the program was built with zlib.\n"
  "\n"
  "  --deliver LIST    how deliveries are answered: comma separated, one answer per attempt, round and round:\n"
  "                    sent (the default), accepted, retry[:WAIT], failed[:REASON]; WAIT as in 90s, 1h30m, 2d\n"
  "  --until TIME      advances to TIME at the end: RFC 3339, or milliseconds since 1970\n"
  "  --engine-id ID    the engine's id, part of every message's key\n"
  "  --zones DIR       time zones for conditions, from the zone files in DIR (/usr/share/zoneinfo where it is there)\n"
  "  --story KEY       instead of the outputs, tells what happened to the contact or account KEY, a dated line each\n"
  "  --quiet           prints no outputs, only a summary\n"
  "  --summary         prints, at the end and on standard error: inputs and inputs a second, members of personas and\n"
  "                    segments, enrollments by playbook and how they ended, messages by state and by sender, tasks,\n"
  "                    errors by code\n"
  "  --help\n"
  "\n"
  "Each refused line is an `error` output, and is explained on standard error. While standard error is a terminal, it\n"
  "shows how far the run is.\n"
  "\n"
  "Keeping it:\n"
  "  --store DIR       keeps the engine in DIR, which is made where it is missing. However the run ends, kill -9\n"
  "                    included, the same command with the same input goes on where it was: lines that are in are passed\n"
  "                    over. Outputs that may not have been read are printed again, with the same `seq`; a message whose\n"
  "                    outcome was not yet stored is offered again under the same key, as a further attempt (by its policy\n"
  "                    it fails as unknown_outcome instead). --deliver goes on where it was in its LIST, as that\n"
  "                    follows from how many attempts have been answered; one that was cut off gets the answer it\n"
  "                    would have had.\n"
  "  --more            the input is a further one: all its lines are new. Says how many lines are in before it\n"
  "  --after LINES     the input is the one that began when LINES lines were in: to go on with a --more after a crash\n"
  "  --commit-every N  lines for one sync, when the input does not make it wait: 4096. Each time something is delivered is\n"
  "                    one more: no message leaves before what caused it is stored\n"
  "  --snapshot-every BYTES\n"
  "                    of journal make a snapshot worth it: 64 MiB, or as much as the last snapshot has\n"
  "  --compress        compresses snapshots\n"
  "A kept engine has its --engine-id and time zones from the start; --zones again gives newer ones. --summary tells of\n"
  "this run alone. When standard output is a file, it is synced before the engine forgets what it has printed.\n"
  "\n"
  "Exit status: 0; 1 when some line was refused; 2 when it could not run, or could not go on: standard error says why.\n"
  "After a write or sync that failed it stops, and the same command goes on once the cause is mended.\n";

const char check_help_text[] =
  "usage: playbook check FILE...\n"
  "\n"
  "Checks the definitions in the files (`-`: standard input), in the order given; later ones may name earlier ones.\n"
  "Lines of other types are skipped. Each error is shown with its file and line, the JSON path and, for a condition,\n"
  "its text with a caret under the column. Ends with the line `N definitions, M errors`.\n"
  "\n"
  "  --help\n"
  "\n"
  "Exit status: 0; 1 when there is an error; 2 when it could not run.\n";

const char show_help_text[] =
  "usage: playbook show [OPTION]... DIR\n"
  "\n"
  "Prints what is in a store: how far it is, counts, and the messages and tasks that are open. Changes nothing.\n"
  "\n"
  "  --contact KEY     of a contact instead: its personas and segments, running enrollments, open messages and tasks\n"
  "  --account KEY     the same of an account\n"
  "  --json            as lines of JSON: one of type store, contact or account, then the open things as outputs have them,\n"
  "                    an enrollment with its next `step`, and `due` for when something goes on by itself\n"
  "  --help\n"
  "\n"
  "Exit status: 0; 2 when it could not look, also because a run has the store open.\n";

const char verify_help_text[] =
  "usage: playbook verify DIR\n"
  "\n"
  "Reads a store whole, the newest snapshot and all of the journal behind it, repeats what is in it, and prints the\n"
  "state's digest; where it is damaged, where and what. Changes nothing.\n"
  "\n"
  "Exit status: 0 when it is whole; 1 when it is not; 2 when it could not look, also because a run has the store open.\n";

const char salvage_help_text[] =
  "usage: playbook salvage DIR OUT\n"
  "\n"
  "Copies what can be trusted of a damaged store into OUT, a new directory: the newest generation whose snapshot is\n"
  "whole, and its journal up to the first damage. Says what was dropped. DIR stays as it is. What was dropped had\n"
  "happened: messages that were sent then may be sent again.\n"
  "\n"
  "Exit status: 0; 1 when nothing could be trusted; 2 when it could not run.\n";

void complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("playbook: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

void *allocate(void *pointer, size_t size) {
  void *result = realloc(pointer, size);
  if (!result) {
    complain("out of memory");
    exit(STATUS_CANNOT_RUN);
  }
  return result;
}

static const struct option *find_option(const struct option *options, const char *name, size_t size) {
  for (const struct option *option = options; option->name; option++)
    if (strlen(option->name) == size && memcmp(option->name, name, size) == 0) return option;
  return NULL;
}

bool read_options(const char *command, const struct option *options, char **arguments, int count, int *file_count) {
  *file_count = 0;
  for (int at = 0; at < count; at++) {
    char *argument = arguments[at];
    if (strcmp(argument, "--") == 0) {
      for (at++; at < count; at++) arguments[(*file_count)++] = arguments[at];
      break;
    }
    if (argument[0] != '-' || argument[1] == 0) { /* a file; a single `-` is standard input */
      arguments[(*file_count)++] = argument;
      continue;
    }
    const char *name = strcmp(argument, "-h") == 0 ? "--help" : argument;
    const char *equals = strchr(name, '=');
    const struct option *option = find_option(options, name, equals ? (size_t)(equals - name) : strlen(name));
    if (!option) {
      complain("unknown option %s; see playbook %s --help", argument, command);
      return false;
    }
    if (option->flag) {
      if (equals) {
        complain("option %s takes no value", option->name);
        return false;
      }
      *option->flag = true;
    } else if (equals) {
      *option->value = equals + 1;
    } else if (at + 1 < count) {
      *option->value = arguments[++at];
    } else {
      complain("option %s needs a value; see playbook %s --help", option->name, command);
      return false;
    }
  }
  return true;
}

int main(int count, char **arguments) {
#ifdef SIGPIPE
  /* A reader that goes away is noticed by the failing write, and ends the run quietly. */
  signal(SIGPIPE, SIG_IGN);
#endif
  if (count < 2) {
    fputs(help_text, stderr);
    return STATUS_CANNOT_RUN;
  }
  const char *command = arguments[1];
  if (strcmp(command, "run") == 0) return command_run(arguments + 2, count - 2);
  if (strcmp(command, "check") == 0) return command_check(arguments + 2, count - 2);
  if (strcmp(command, "show") == 0) return command_show(arguments + 2, count - 2);
  if (strcmp(command, "verify") == 0) return command_verify(arguments + 2, count - 2);
  if (strcmp(command, "salvage") == 0) return command_salvage(arguments + 2, count - 2);
  if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
    output_text(help_text);
    return output_end(STATUS_FINE);
  }
  if (strcmp(command, "--version") == 0) {
    output_text("playbook ");
    output_text(pbk_version_text());
    output_text("\n");
    return output_end(STATUS_FINE);
  }
  complain("unknown %s %s; see playbook --help", command[0] == '-' ? "option" : "command", command);
  return STATUS_CANNOT_RUN;
}
