/* tests/filestore/faults.c - see faults.h; what the test turns is in fault_control.h. */
#define FAULTS_THEMSELVES
#include "faults.h"

#include "fault_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct faults faults;

void faults_clear(void) {
  memset(&faults, 0, sizeof faults);
}

/* Notes a call. True where it is to fail, with errno. */
static bool comes(const char *call, const char *what) {
  size_t used = strlen(faults.log);
  snprintf(faults.log + used, sizeof faults.log - used, "%s%s%s%s", used ? ", " : "", call, *what ? " " : "", what);
  faults.calls++;
  if (faults.interrupt_each && !faults.interrupted) {
    faults.interrupted = true;
    errno = EINTR;
    return true;
  }
  faults.interrupted = false;
  if (!faults.call || strcmp(faults.call, call) != 0 || ++faults.seen != faults.at) return false;
  faults.hit++;
  errno = faults.number;
  return true;
}

/* The names of the descriptors that were opened, for the log. */
static char opened[1024][32];
static const char *name_of(int descriptor) {
  return descriptor >= 0 && descriptor < 1024 ? opened[descriptor] : "?";
}

int fault_openat(int directory, const char *path, int flags, mode_t mode) {
  if (comes("openat", "")) return -1;
  int descriptor = openat(directory, path, flags, mode);
  if (descriptor >= 0 && descriptor < 1024)
    snprintf(opened[descriptor], sizeof opened[descriptor], "%.31s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
  if (descriptor >= 0 && (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0) faults.left_open_on_exec++;
  return descriptor;
}

int fault_mkdir(const char *path, mode_t mode) {
  if (comes("mkdir", "")) return -1;
  return mkdir(path, mode);
}

int fault_flock(int descriptor, int operation) {
  return comes("flock", "") ? -1 : flock(descriptor, operation);
}

ssize_t fault_pread(int descriptor, void *bytes, size_t size, off_t offset) {
  if (comes("pread", name_of(descriptor))) return -1;
  if (faults.short_by && size > faults.short_by) size = faults.short_by;
  return pread(descriptor, bytes, size, offset);
}

ssize_t fault_pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  if (comes("pwrite", name_of(descriptor))) return -1;
  if (faults.short_by && size > faults.short_by) size = faults.short_by;
  return pwrite(descriptor, bytes, size, offset);
}

int fault_fsync(int descriptor) {
  return comes("sync", name_of(descriptor)) ? -1 : fsync(descriptor);
}
int fault_fdatasync(int descriptor) {
  return comes("datasync", name_of(descriptor)) ? -1 : fdatasync(descriptor);
}
int fault_ftruncate(int descriptor, off_t size) {
  return comes("ftruncate", name_of(descriptor)) ? -1 : ftruncate(descriptor, size);
}
