/* playbook/filestore.h - keeping an engine in files: the callbacks of pbk_storage over one directory.
 *
 * A library of its own, playbook-filestore (`pkg-config --libs playbook-filestore playbook`), for POSIX systems. It needs nothing but
 * libc, and not the engine either: a host that stores elsewhere leaves it out, and may take its source as a pattern.
 *
 *   pbk_filestore *store;
 *   pbk_storage storage = {.size = sizeof storage};
 *   if (pbk_filestore_open("/var/lib/crm/playbooks", PBK_FILESTORE_CREATE, &store) != PBK_OK)
 *     … pbk_filestore_error(store) says why; pbk_filestore_close(store) …
 *   pbk_filestore_storage(store, &storage);
 *   config.storage = &storage;
 *   … pbk_engine_open, work, pbk_close, pbk_engine_destroy …
 *   pbk_filestore_close(store);
 *
 * The directory holds `journal.0` `journal.1` `snapshot.0` `snapshot.1`, made when first written, and `lock`. Nothing else in it is
 * looked at. Copy it while no writer has it open. Files are made for their owner alone (0600, the directory 0700), as customers' data
 * is in them; what is there keeps the rights it has.
 *
 * What is promised:
 *  - `append` writes at the end the store knows, in pieces if need be; `sync` returns when the object's bytes, its size and its
 *    entry in the directory, and that of a directory made by the store in its parent, are durable.
 *  - After a write, cut or sync that failed the store refuses everything: what the disk then holds is not known, and asking
 *    again would be answered too well. A failed sync is never tried again. Close it, mend the cause, open it anew.
 *  - Opening for writing first syncs what is there and has the system forget its copies of it, so that what is read is what the
 *    disk has, not what a crashed process had hoped for.
 *  - One writer at a time: a second one is refused, in another process or the same one; so is a reader while there is a writer,
 *    and a writer while there are readers. The system drops the lock with its process, however that ends. `lock` is never
 *    removed; do not remove it by hand either. (It is flock(2): in a network file system as good as that system's.) A
 *    directory without `lock`, such as a copy of the other files alone, is read without one.
 *
 * One store is used by one thread at a time, that of its engine. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_FILESTORE_H
#define PLAYBOOK_FILESTORE_H

#include <playbook/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pbk_filestore pbk_filestore;

enum {
  /* Makes the directory where it is missing; its parent must be there. */
  PBK_FILESTORE_CREATE = 1,
  /* Changes nothing, and works on media and in directories that cannot be written. For PBK_OPEN_READ_ONLY and for salvage. */
  PBK_FILESTORE_READ_ONLY = 2
};

/* Opens a directory (a path that ends in a zero byte; copied) and takes its lock.
 *
 *   PBK_ERR_REFUSED      somebody else has it open
 *   PBK_ERR_STORAGE      the system said no
 *   PBK_ERR_ARGUMENT     no path, unknown flags, or both of them
 *   PBK_ERR_NO_MEMORY
 *
 * After PBK_ERR_REFUSED and PBK_ERR_STORAGE there is a *store too: for pbk_filestore_error, and to be closed; else it is NULL. */
PBK_API pbk_status pbk_filestore_open(const char *directory, uint32_t flags, pbk_filestore **store);

/* Fills the callbacks, for pbk_config; storage->size must be set. They work until the store is closed. */
PBK_API pbk_status pbk_filestore_storage(pbk_filestore *store, pbk_storage *storage);

/* What went wrong first, such as "fsync journal.0: No space left on device (/var/lib/crm/playbooks)", one line that ends in a zero byte;
 * empty where nothing did. Borrowed until the store is closed. A read that fails does not stop the store: then it is the last one. */
PBK_API const char *pbk_filestore_error(const pbk_filestore *store);
/* The system's number (errno) of that error; 0 where it was not the system that complained. */
PBK_API int32_t pbk_filestore_system_error(const pbk_filestore *store);

/* Closes the files and gives the lock back, after the engine's end. Adds nothing to what is durable: that is what `sync` is for. NULL is
 * fine. */
PBK_API void pbk_filestore_close(pbk_filestore *store);

#ifdef __cplusplus
}
#endif
#endif
