/* filestore/filestore.h - what the parts of the file store share. */
#ifndef PBK_FILESTORE_FILESTORE_H
#define PBK_FILESTORE_FILESTORE_H

#include <playbook/filestore.h>

#include <stdbool.h>

struct object {
  int descriptor; /* -1: the file is not there */
  uint64_t extent;
  bool resized; /* cut since the last sync: more than the data has to be synced */
};

enum { ERROR_SIZE = 640, SHOWN_PATH = 400 };

struct pbk_filestore {
  char *path;
  int directory, lock; /* -1: none */
  bool read_only;
  bool broken;        /* a change failed: nothing more is done */
  bool entries_dirty; /* the directory has to be synced too */
  struct object objects[PBK_OBJECTS];
  int system_error;
  char error[ERROR_SIZE];
};

/* Notes what went wrong: "CALL NAME: why (path)"; `number` is errno, or 0 with `why` of our own. */
void pbk_file_failure(pbk_filestore *store, const char *call, const char *name, int number, const char *why);

/* Syncs a descriptor, with all its metadata or with what reading it needs. 0, or -1 with errno. */
int pbk_file_sync(int descriptor, bool whole);
/* The same for a directory. False: it failed, with errno. */
bool pbk_directory_sync(int descriptor);
/* openat, tried again when interrupted; always closed on exec. */
int pbk_file_open(int directory, const char *path, int flags);

/* lock.c: takes the lock of a directory that is open. */
pbk_status pbk_filestore_lock(pbk_filestore *store);

/* object.c: opens what is there of the four objects, and the callbacks over them. */
bool pbk_objects_open(pbk_filestore *store);
void pbk_objects_close(pbk_filestore *store);
bool pbk_objects_any(const pbk_filestore *store);
extern const pbk_storage pbk_object_callbacks;

#endif
