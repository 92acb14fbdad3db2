/* filestore/object.c - the four files: opening them, and the callbacks of pbk_storage. */
#include "filestore/filestore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[PBK_OBJECTS] = {"journal.0", "journal.1", "snapshot.0", "snapshot.1"};

/* One call of the system moves at most so much: some refuse what does not fit an int. */
enum { MOST_AT_ONCE = 1 << 30 };

/* ---- opening ---- */

static bool measure(pbk_filestore *store, int number) {
  struct object *object = &store->objects[number];
  struct stat facts;
  if (fstat(object->descriptor, &facts) != 0) {
    pbk_file_failure(store, "fstat", names[number], errno, NULL);
    return false;
  }
  if (!S_ISREG(facts.st_mode)) {
    pbk_file_failure(store, "open", names[number], 0, "not a regular file");
    return false;
  }
  object->extent = (uint64_t)facts.st_size;
  return true;
}

/* What a crashed process wrote may be in memory only, or, after a sync that failed, look as if it were on the disk. Once
 * this is through, what is read comes from there. */
static bool settle(pbk_filestore *store, int number) {
  int descriptor = store->objects[number].descriptor;
  if (pbk_file_sync(descriptor, true) != 0) {
    pbk_file_failure(store, "fsync", names[number], errno, NULL);
    return false;
  }
#if defined(POSIX_FADV_DONTNEED)
  (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED); /* helps where it can */
#endif
  return true;
}

bool pbk_objects_open(pbk_filestore *store) {
  for (int number = 0; number < PBK_OBJECTS; number++) {
    struct object *object = &store->objects[number];
    /* Without O_NONBLOCK a pipe of that name would wait for its other end. */
    object->descriptor = pbk_file_open(store->directory, names[number], (store->read_only ? O_RDONLY : O_RDWR) | O_NONBLOCK);
    if (object->descriptor < 0) {
      if (errno == ENOENT) continue;
      pbk_file_failure(store, "open", names[number], errno, NULL);
      return false;
    }
    if (!measure(store, number) || (!store->read_only && !settle(store, number))) return false;
  }
  return true;
}

void pbk_objects_close(pbk_filestore *store) {
  for (int number = 0; number < PBK_OBJECTS; number++)
    if (store->objects[number].descriptor >= 0) close(store->objects[number].descriptor);
}

bool pbk_objects_any(const pbk_filestore *store) {
  for (int number = 0; number < PBK_OBJECTS; number++)
    if (store->objects[number].descriptor >= 0) return true;
  return false;
}

/* ---- the callbacks ---- */

enum { FINE = 0, FAILED = -1 };

static int32_t broke(pbk_filestore *store, const char *call, pbk_object number) {
  pbk_file_failure(store, call, names[number], errno, NULL);
  store->broken = true;
  return FAILED;
}

/* The object of a number, where the store takes calls at all; a change is noted in words where it is not allowed. */
static struct object *usable(pbk_filestore *store, pbk_object number, const char *change) {
  if (store->broken || number < 0 || number >= PBK_OBJECTS) return NULL;
  if (change && store->read_only) {
    pbk_file_failure(store, change, names[number], 0, "open for reading only");
    return NULL;
  }
  return &store->objects[number];
}

static int32_t append(void *context, pbk_object number, const void *bytes, size_t size) {
  pbk_filestore *store = context;
  struct object *object = usable(store, number, "write");
  if (!object) return FAILED;
  if (size > (uint64_t)INT64_MAX - object->extent) {
    errno = EFBIG;
    return broke(store, "write", number);
  }
  if (size == 0) return FINE;
  if (object->descriptor < 0) {
    object->descriptor = pbk_file_open(store->directory, names[number], O_RDWR | O_CREAT | O_EXCL);
    if (object->descriptor < 0) return broke(store, "create", number);
    store->entries_dirty = object->resized = true;
  }
  /* Always at the end that is known, never where the file's end happens to be: what a failed write left there is not ours.
   */
  for (const char *from = bytes; size > 0;) {
    ssize_t written = pwrite(object->descriptor, from, size < MOST_AT_ONCE ? size : MOST_AT_ONCE, (off_t)object->extent);
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC; /* so some systems say it */
    if (written <= 0) return broke(store, "write", number);
    from += written;
    size -= (size_t)written;
    object->extent += (uint64_t)written;
  }
  return FINE;
}

static int32_t sync_object(void *context, pbk_object number) {
  pbk_filestore *store = context;
  struct object *object = usable(store, number, "fsync");
  if (!object) return FAILED;
  if (object->descriptor < 0) return FINE;
  if (pbk_file_sync(object->descriptor, object->resized) != 0) return broke(store, "fsync", number);
  object->resized = false;
  if (store->entries_dirty) {
    if (!pbk_directory_sync(store->directory)) {
      pbk_file_failure(store, "fsync", "the directory", errno, NULL);
      store->broken = true;
      return FAILED;
    }
    store->entries_dirty = false;
  }
  return FINE;
}

static int32_t extent_of(void *context, pbk_object number, uint64_t *bytes) {
  const struct object *object = usable(context, number, NULL);
  if (!object) return FAILED;
  *bytes = object->extent;
  return FINE;
}

static int32_t read_object(void *context, pbk_object number, uint64_t offset, void *bytes, size_t size) {
  pbk_filestore *store = context;
  const struct object *object = usable(store, number, NULL);
  if (!object) return FAILED;
  if (offset > object->extent || size > object->extent - offset) {
    pbk_file_failure(store, "read", names[number], 0, "beyond its end");
    return FAILED;
  }
  for (char *to = bytes; size > 0;) {
    ssize_t got = pread(object->descriptor, to, size < MOST_AT_ONCE ? size : MOST_AT_ONCE, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      pbk_file_failure(store, "read", names[number], got < 0 ? errno : 0, "shorter than it was");
      return FAILED;
    }
    to += got;
    size -= (size_t)got;
    offset += (uint64_t)got;
  }
  return FINE;
}

static int32_t truncate_object(void *context, pbk_object number, uint64_t extent) {
  pbk_filestore *store = context;
  struct object *object = usable(store, number, "ftruncate");
  if (!object) return FAILED;
  if (extent > object->extent) {
    errno = EINVAL;
    return broke(store, "ftruncate", number);
  }
  if (extent == object->extent) return FINE;
  int result;
  do result = ftruncate(object->descriptor, (off_t)extent);
  while (result != 0 && errno == EINTR);
  if (result != 0) return broke(store, "ftruncate", number);
  object->extent = extent;
  object->resized = true;
  return FINE;
}

const pbk_storage pbk_object_callbacks = {
  .size = sizeof(pbk_storage),
  .append = append,
  .sync = sync_object,
  .extent = extent_of,
  .read = read_object,
  .truncate = truncate_object,
};
