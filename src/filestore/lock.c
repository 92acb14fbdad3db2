/* filestore/lock.c - one writer, or some readers, and what a killed process leaves behind: nothing.
 *
 * POSIX's own record locks are of no use here: they are the process's, so that two stores of one process would both have
 * them, and closing either would give both back. */
#include "filestore/filestore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char name[] = "lock";

/* Whether the file that is locked is still the one of that name: it may have been removed between opening and locking it. */
static bool is_current(const pbk_filestore *store) {
  struct stat held, named;
  return fstat(store->lock, &held) == 0 && fstatat(store->directory, name, &named, 0) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

pbk_status pbk_filestore_lock(pbk_filestore *store) {
  for (;;) {
    store->lock = pbk_file_open(store->directory, name, store->read_only ? O_RDONLY : O_RDWR | O_CREAT);
    if (store->lock < 0) {
      if (store->read_only && errno == ENOENT) return PBK_OK; /* a copy without it */
      pbk_file_failure(store, "open", name, errno, NULL);
      return PBK_ERR_STORAGE;
    }
    int result;
    do result = flock(store->lock, (store->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB);
    while (result != 0 && errno == EINTR);
    if (result != 0) {
      bool taken = errno == EWOULDBLOCK;
      if (taken)
        pbk_file_failure(store, name, "", 0,
                         store->read_only ? "in use by a writer" : "in use by another writer or by a reader");
      else
        pbk_file_failure(store, "flock", name, errno, NULL);
      return taken ? PBK_ERR_REFUSED : PBK_ERR_STORAGE;
    }
    if (is_current(store)) return PBK_OK;
    close(store->lock);
    store->lock = -1;
  }
}
