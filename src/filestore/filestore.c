/* filestore/filestore.c - <playbook/filestore.h>: opening a directory, closing it, saying what went wrong. */
#include "filestore/filestore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what the parts share ---- */

void pbk_file_failure(pbk_filestore *store, const char *call, const char *name, int number, const char *why) {
  char text[160];
  if (number) {
    if (strerror_r(number, text, sizeof text) != 0) snprintf(text, sizeof text, "error %d", number);
    why = text;
  }
  store->system_error = number;
  snprintf(store->error, sizeof store->error, "%s%s%s: %s (%.*s)", call, *name ? " " : "", name, why, (int)SHOWN_PATH,
           store->path);
}

int pbk_file_sync(int descriptor, bool whole) {
  int result;
  /* Interrupted is not failed: nothing was reported, so nothing is lost by asking again. Any other answer is final. */
  do {
#if defined(F_FULLFSYNC)
    (void)whole;
    result = fcntl(descriptor, F_FULLFSYNC); /* there fsync leaves the drive's own cache unwritten */
#elif defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
    result = whole ? fsync(descriptor) : fdatasync(descriptor);
#else
    (void)whole;
    result = fsync(descriptor);
#endif
  } while (result != 0 && errno == EINTR);
  return result;
}

bool pbk_directory_sync(int descriptor) {
  /* Some file systems cannot sync a directory, and say so: their entries are as durable as they get. */
  return pbk_file_sync(descriptor, true) == 0 || errno == EINVAL;
}

int pbk_file_open(int directory, const char *path, int flags) {
  int descriptor;
  do descriptor = openat(directory, path, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/* ---- the directory ---- */

/* The entry of the store's directory lies in its parent. One that was there before us may have a parent that we may not
 * read: whoever made it had the care of it. */
static bool sync_parent(pbk_filestore *store, bool made) {
  size_t size = strlen(store->path);
  while (size > 1 && store->path[size - 1] == '/') size--;
  while (size > 0 && store->path[size - 1] != '/') size--;
  while (size > 1 && store->path[size - 1] == '/') size--;
  char *parent = malloc(size + 2);
  if (!parent) {
    pbk_file_failure(store, "open", "the directory above", ENOMEM, NULL);
    return false;
  }
  memcpy(parent, size ? store->path : ".", size ? size : 1);
  parent[size ? size : 1] = 0;
  int descriptor = pbk_file_open(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
  free(parent);
  bool fine = descriptor >= 0 || (!made && errno == EACCES);
  if (!fine) pbk_file_failure(store, "open", "the directory above", errno, NULL);
  if (descriptor < 0) return fine;
  if (!pbk_directory_sync(descriptor)) {
    pbk_file_failure(store, "fsync", "the directory above", errno, NULL);
    fine = false;
  }
  close(descriptor);
  return fine;
}

static pbk_status open_directory(pbk_filestore *store, bool create) {
  bool made = false;
  if (create) {
    made = mkdir(store->path, S_IRWXU) == 0;
    /* On read-only media and where we have no right, what matters is whether the directory is there: opening it tells. */
    if (!made && errno != EEXIST && errno != EROFS && errno != EACCES) {
      pbk_file_failure(store, "mkdir", "", errno, NULL);
      return PBK_ERR_STORAGE;
    }
  }
  int refusal = errno;
  store->directory = pbk_file_open(AT_FDCWD, store->path, O_RDONLY | O_DIRECTORY);
  if (store->directory < 0) {
    bool not_made = create && !made && errno == ENOENT && refusal != EEXIST;
    pbk_file_failure(store, not_made ? "mkdir" : "open", "", not_made ? refusal : errno, NULL);
    return PBK_ERR_STORAGE;
  }
  pbk_status status = pbk_filestore_lock(store);
  if (status != PBK_OK) return status;
  if (!pbk_objects_open(store)) return PBK_ERR_STORAGE;
  /* A directory without objects may be one that a crash kept from being synced where it was made. */
  if (!store->read_only && (made || !pbk_objects_any(store)) && !sync_parent(store, made)) return PBK_ERR_STORAGE;
  return PBK_OK;
}

/* ---- the calls ---- */

pbk_status pbk_filestore_open(const char *directory, uint32_t flags, pbk_filestore **store) {
  if (!store) return PBK_ERR_ARGUMENT;
  *store = NULL;
  if (!directory || !*directory || (flags & ~(uint32_t)(PBK_FILESTORE_CREATE | PBK_FILESTORE_READ_ONLY)) ||
      flags == (PBK_FILESTORE_CREATE | PBK_FILESTORE_READ_ONLY))
    return PBK_ERR_ARGUMENT;
  pbk_filestore *made = calloc(1, sizeof *made);
  size_t size = strlen(directory) + 1;
  char *path = malloc(size);
  if (!made || !path) {
    free(made);
    free(path);
    return PBK_ERR_NO_MEMORY;
  }
  memcpy(path, directory, size);
  made->path = path;
  made->directory = made->lock = -1;
  made->read_only = (flags & PBK_FILESTORE_READ_ONLY) != 0;
  made->entries_dirty = true; /* a crash may have kept from being synced what is there */
  for (int object = 0; object < PBK_OBJECTS; object++) made->objects[object].descriptor = -1;
  pbk_status status = open_directory(made, (flags & PBK_FILESTORE_CREATE) != 0);
  made->broken = status != PBK_OK;
  *store = made;
  return status;
}

pbk_status pbk_filestore_storage(pbk_filestore *store, pbk_storage *storage) {
  if (!store || !storage) return PBK_ERR_ARGUMENT;
  if (storage->size < sizeof *storage) return PBK_ERR_SIZE_TOO_SMALL;
  uint32_t size = storage->size;
  memset(storage, 0, size);
  *storage = pbk_object_callbacks;
  storage->size = size;
  storage->context = store;
  return PBK_OK;
}

const char *pbk_filestore_error(const pbk_filestore *store) {
  return store ? store->error : "";
}

int32_t pbk_filestore_system_error(const pbk_filestore *store) {
  return store ? store->system_error : 0;
}

void pbk_filestore_close(pbk_filestore *store) {
  if (!store) return;
  pbk_objects_close(store);
  if (store->directory >= 0) close(store->directory);
  if (store->lock >= 0) close(store->lock); /* last: nobody else comes in before all is closed */
  free(store->path);
  free(store);
}
