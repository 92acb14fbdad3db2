/* tests/store/faults.c - put in front of the C library (LD_PRELOAD) of a program that keeps a store: at the n-th of its
 * storage calls it kills the program, or has the call fail.
 *
 *   STORE_FAULT=WHAT:CALL:N   CALL: any, openat, pwrite, fsync, fdatasync, ftruncate; N from 1
 *     kill     the program is killed instead of the call     killed   the program is killed right after the call
 *     torn     of a pwrite the first half is written, then the program is killed; killed otherwise
 *     short    every pwrite writes half, and goes on being asked for the rest
 *     5, 28 …  the call fails with this errno, once
 *   STORE_COUNT=FILE          at exit, writes there how many calls there were
 *
 * Only calls on files in a directory that is open count as openat, so that what the loader and the C library open does not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long calls, matching;

static void count_at_exit(void) {
  const char *path = getenv("STORE_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%lu\n", calls);
  fclose(file);
}

enum happening { NOTHING, KILL, KILL_AFTER, TEAR, SHORTEN, FAIL };

static enum happening happens(const char *call, int *number) {
  if (calls++ == 0) atexit(count_at_exit);
  const char *fault = getenv("STORE_FAULT");
  char what[16], which[16];
  unsigned long at;
  if (!fault || sscanf(fault, "%15[^:]:%15[^:]:%lu", what, which, &at) != 3) return NOTHING;
  if (strcmp(which, "any") != 0 && strcmp(which, call) != 0) return NOTHING;
  if (strcmp(what, "short") == 0) return SHORTEN;
  if (++matching != at) return NOTHING;
  if (strcmp(what, "kill") == 0) return KILL;
  if (strcmp(what, "killed") == 0) return KILL_AFTER;
  if (strcmp(what, "torn") == 0) return TEAR;
  *number = atoi(what);
  return FAIL;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* C has no cast from an object's address to a function's; POSIX has dlsym all the same. */
static void *next(const char *name, const char *other) {
  void *found = dlsym(RTLD_NEXT, name);
  return found ? found : dlsym(RTLD_NEXT, other);
}
#define NEXT(type, name, other)         \
  static type real;                     \
  if (!real) {                          \
    void *found = next(name, other);    \
    memcpy(&real, &found, sizeof real); \
  }

typedef int (*openat_function)(int, const char *, int, ...);
typedef ssize_t (*pwrite_function)(int, const void *, size_t, off_t);
typedef int (*sync_function)(int);
typedef int (*ftruncate_function)(int, off_t);

static int any_openat(int directory, const char *path, int flags, mode_t mode) {
  NEXT(openat_function, "openat64", "openat");
  int number = 0;
  enum happening happening = directory == AT_FDCWD ? NOTHING : happens("openat", &number);
  if (happening == KILL || happening == TEAR) die();
  if (happening == FAIL) return errno = number, -1;
  int result = real(directory, path, flags, mode);
  if (happening == KILL_AFTER) die();
  return result;
}

static ssize_t any_pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  NEXT(pwrite_function, "pwrite64", "pwrite");
  int number = 0;
  enum happening happening = happens("pwrite", &number);
  if (happening == KILL) die();
  if (happening == FAIL) return errno = number, -1;
  ssize_t result =
    real(descriptor, bytes, (happening == TEAR || happening == SHORTEN) && size > 1 ? size / 2 : size, offset);
  if (happening == KILL_AFTER || happening == TEAR) die();
  return result;
}

static int any_sync(const char *name, int descriptor, sync_function real) {
  int number = 0;
  enum happening happening = happens(name, &number);
  if (happening == KILL || happening == TEAR) die();
  if (happening == FAIL) return errno = number, -1;
  int result = real(descriptor);
  if (happening == KILL_AFTER) die();
  return result;
}

static int any_ftruncate(int descriptor, off_t size) {
  NEXT(ftruncate_function, "ftruncate64", "ftruncate");
  int number = 0;
  enum happening happening = happens("ftruncate", &number);
  if (happening == KILL || happening == TEAR) die();
  if (happening == FAIL) return errno = number, -1;
  int result = real(descriptor, size);
  if (happening == KILL_AFTER) die();
  return result;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & O_CREAT ? (mode_t)va_arg(arguments, unsigned) : 0;
}

#define OPENAT(name)                                          \
  int name(int directory, const char *path, int flags, ...);  \
  int name(int directory, const char *path, int flags, ...) { \
    va_list arguments;                                        \
    va_start(arguments, flags);                               \
    mode_t mode = mode_of(flags, arguments);                  \
    va_end(arguments);                                        \
    return any_openat(directory, path, flags, mode);          \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  return any_pwrite(descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t offset);
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t offset) {
  return any_pwrite(descriptor, bytes, size, offset);
}

int ftruncate(int descriptor, off_t size) {
  return any_ftruncate(descriptor, size);
}
int ftruncate64(int descriptor, off_t size);
int ftruncate64(int descriptor, off_t size) {
  return any_ftruncate(descriptor, size);
}

int fsync(int descriptor) {
  NEXT(sync_function, "fsync", "fsync");
  return any_sync("fsync", descriptor, real);
}
int fdatasync(int descriptor) {
  NEXT(sync_function, "fdatasync", "fdatasync");
  return any_sync("fdatasync", descriptor, real);
}
