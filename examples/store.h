/* store.h - an engine that is kept in a directory: opening it, saying what was found, snapshots when they are worth it. */
#ifndef STORE_H
#define STORE_H

#include <playbook/filestore.h>
#include <playbook/playbook.h>

#include <stdbool.h>

struct store {
  const char *directory;
  pbk_filestore *files;
  pbk_storage storage;
  uint64_t snapshot_every; /* bytes of journal; 0: as much as the last snapshot has, at least 64 MiB */
  uint32_t snapshot_flags;
};

/* Opens the files, with flags of PBK_FILESTORE_…; complains and returns false where they cannot be opened. Either way they
 * are closed by store_close_files. */
bool store_open_files(struct store *store, const char *directory, uint32_t flags);
void store_close_files(struct store *store);

/* Opens the engine in it, or complains and returns NULL. *opening says what was found, also then. */
pbk_engine *store_open_engine(struct store *store, pbk_config *config, uint32_t flags, pbk_opening *opening);

/* One line: why a call failed, in the store's words where it was the storage. `store` may be NULL. */
void store_complain(const struct store *store, const char *what, pbk_status status);

/* What opening says, as one text: the status, and why and where. Borrowed until the next call. */
const char *store_opening_text(const pbk_opening *opening, pbk_status status);

/* After a commit whose outputs are put away: makes a snapshot if the journal has become long. */
pbk_status store_snapshot_if_due(struct store *store, pbk_engine *engine);

#endif
