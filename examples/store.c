/* store.c - see store.h. */
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

enum { LEAST_SNAPSHOT_EVERY = 64 << 20 };

bool store_open_files(struct store *store, const char *directory, uint32_t flags) {
  store->directory = directory;
  store->storage = (pbk_storage){.size = sizeof store->storage};
  pbk_status status = pbk_filestore_open(directory, flags, &store->files);
  if (status == PBK_OK) {
    pbk_filestore_storage(store->files, &store->storage);
    return true;
  }
  if (store->files)
    complain("cannot open the store: %s", pbk_filestore_error(store->files));
  else
    complain("cannot open the store %s: %s", directory, *directory ? pbk_status_name(status) : "no directory is named");
  return false;
}

void store_close_files(struct store *store) {
  pbk_filestore_close(store->files);
  store->files = NULL;
}

void store_complain(const struct store *store, const char *what, pbk_status status) {
  const char *words = status == PBK_ERR_STORAGE && store ? pbk_filestore_error(store->files) : "";
  complain("%s: %s", what, *words ? words : pbk_status_name(status));
}

const char *store_opening_text(const pbk_opening *opening, pbk_status status) {
  static char text[PBK_OPENING_MESSAGE + 64];
  int size = opening->message_size < PBK_OPENING_MESSAGE ? (int)opening->message_size : PBK_OPENING_MESSAGE;
  snprintf(text, sizeof text, "%s%s%.*s", pbk_status_name(status), size ? ": " : "", size, opening->message);
  return text;
}

pbk_engine *store_open_engine(struct store *store, pbk_config *config, uint32_t flags, pbk_opening *opening) {
  const pbk_open_options options = {.size = sizeof options, .flags = flags};
  pbk_engine *engine = NULL;
  *opening = (pbk_opening){.size = sizeof *opening};
  config->storage = &store->storage;
  pbk_status status = pbk_engine_open(config, &options, opening, &engine);
  if (status == PBK_OK) return engine;
  if (status == PBK_ERR_STORAGE && *pbk_filestore_error(store->files))
    complain("cannot open the store: %s", pbk_filestore_error(store->files));
  else
    complain("cannot open the store %s: %s", store->directory, store_opening_text(opening, status));
  return NULL;
}

static uint64_t worth_a_snapshot(const struct store *store) {
  uint64_t most = LEAST_SNAPSHOT_EVERY;
  if (store->snapshot_every) return store->snapshot_every;
  for (pbk_object object = PBK_OBJECT_SNAPSHOT_0; object <= PBK_OBJECT_SNAPSHOT_1; object++) {
    uint64_t bytes = 0;
    if (store->storage.extent(store->storage.context, object, &bytes) == 0 && bytes > most) most = bytes;
  }
  return most;
}

pbk_status store_snapshot_if_due(struct store *store, pbk_engine *engine) {
  if (pbk_journal_bytes(engine) < worth_a_snapshot(store)) return PBK_OK;
  return pbk_snapshot(engine, store->snapshot_flags);
}
