/* verify.c - the commands `verify` and `salvage`: whether a store is whole, and what can be had of one that is not. */
#include <playbook/filestore.h>
#include <playbook/playbook.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "program.h"
#include "store.h"

/* What there is of a store: "generation 2, 812 records repeated behind sequence 400, up to 1212, closed cleanly". */
static void print_extent(const pbk_opening *opening) {
  output_print("generation %" PRIu32 ", ", opening->generation);
  if (opening->snapshot_sequence) output_print("snapshot of sequence %" PRIu64 ", ", opening->snapshot_sequence);
  output_print("%" PRIu64 " records repeated, up to sequence %" PRIu64 ", %s\n", opening->records, opening->sequence,
               opening->sealed ? "closed cleanly" : "not closed");
}

/* ---- verify ---- */

static int verify(const char *directory) {
  struct store store = {0};
  pbk_config config = {.size = sizeof config};
  const pbk_open_options options = {.size = sizeof options, .flags = PBK_OPEN_READ_ONLY | PBK_OPEN_EXISTING};
  pbk_opening opening = {.size = sizeof opening};
  pbk_engine *engine = NULL;
  unsigned char digest[16];
  if (!store_open_files(&store, directory, PBK_FILESTORE_READ_ONLY)) {
    store_close_files(&store);
    return STATUS_CANNOT_RUN;
  }
  config.storage = &store.storage;
  pbk_status status = pbk_engine_open(&config, &options, &opening, &engine);
  if (status == PBK_OK) status = pbk_state_digest(engine, digest);
  int result = STATUS_FINE;
  if (status == PBK_OK) {
    output_print("%s: whole: ", directory);
    print_extent(&opening);
    if (opening.torn_bytes)
      output_print("%s: %" PRIu64
                   " bytes at the end are of a write that had not been finished; the next run drops them, nothing came of"
                   " them\n",
                   directory, opening.torn_bytes);
    output_print("digest ");
    for (size_t at = 0; at < sizeof digest; at++) output_print("%02x", digest[at]);
    output_print("\n");
  } else if (status == PBK_ERR_STORAGE || status == PBK_ERR_NO_MEMORY || status == PBK_ERR_ARGUMENT) {
    store_complain(&store, "cannot verify the store", status);
    result = STATUS_CANNOT_RUN;
  } else {
    output_print("%s: %s\n", directory, store_opening_text(&opening, status));
    if (opening.sequence) output_print("up to sequence %" PRIu64 " it could be read\n", opening.sequence);
    result = STATUS_REFUSED;
  }
  pbk_engine_destroy(engine);
  store_close_files(&store);
  return output_end(result);
}

/* ---- salvage ---- */

static int salvage(const char *directory, const char *into) {
  struct store from = {0}, to = {0};
  pbk_config config = {.size = sizeof config};
  pbk_opening opening = {.size = sizeof opening};
  int result = STATUS_CANNOT_RUN;
  if (store_open_files(&from, directory, PBK_FILESTORE_READ_ONLY) && store_open_files(&to, into, PBK_FILESTORE_CREATE)) {
    pbk_status status = pbk_salvage(&config, &from.storage, &to.storage, &opening);
    if (status == PBK_OK) {
      output_print("%s: ", into);
      print_extent(&opening);
      if (opening.message_size) output_print("%.*s\n", (int)opening.message_size, opening.message);
      result = STATUS_FINE;
    } else if (status == PBK_ERR_STORAGE) {
      const char *words = pbk_filestore_error(from.files);
      complain("cannot salvage: %s", *words ? words : pbk_filestore_error(to.files));
    } else {
      complain("cannot salvage %s: %s", directory, store_opening_text(&opening, status));
      result = status == PBK_ERR_CORRUPT ? STATUS_REFUSED : STATUS_CANNOT_RUN;
    }
  }
  store_close_files(&to);
  store_close_files(&from);
  return output_end(result);
}

/* ---- the commands ---- */

/* Reads a command that takes so many places and no other option; the exit status where that is all there is to do, else -1.
 */
static int read_places(const char *command, const char *help_of, char **arguments, int count, int wanted) {
  bool help = false;
  int places;
  const struct option options[] = {{"--help", &help, NULL}, {NULL, NULL, NULL}};
  if (!read_options(command, options, arguments, count, &places)) return STATUS_CANNOT_RUN;
  if (help) {
    output_text(help_of);
    return output_end(STATUS_FINE);
  }
  if (places == wanted) return -1;
  complain("%s needs %s; see playbook %s --help", command, wanted == 1 ? "a directory" : "two directories", command);
  return STATUS_CANNOT_RUN;
}

int command_verify(char **arguments, int count) {
  int status = read_places("verify", verify_help_text, arguments, count, 1);
  return status >= 0 ? status : verify(arguments[0]);
}

int command_salvage(char **arguments, int count) {
  int status = read_places("salvage", salvage_help_text, arguments, count, 2);
  return status >= 0 ? status : salvage(arguments[0], arguments[1]);
}
