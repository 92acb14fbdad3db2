/* tests/filestore/faults.h - put in front of the file store's sources: its calls of the system go through functions of the
 * test, which count them, note them, and make them fail, stop short or be interrupted. */
#ifndef PBK_TESTS_FILESTORE_FAULTS_H
#define PBK_TESTS_FILESTORE_FAULTS_H

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

int fault_openat(int directory, const char *path, int flags, mode_t mode);
int fault_mkdir(const char *path, mode_t mode);
int fault_flock(int descriptor, int operation);
ssize_t fault_pread(int descriptor, void *bytes, size_t size, off_t offset);
ssize_t fault_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);
int fault_fsync(int descriptor);
int fault_fdatasync(int descriptor);
int fault_ftruncate(int descriptor, off_t size);

#ifndef FAULTS_THEMSELVES
#define openat fault_openat
#define mkdir fault_mkdir
#define flock fault_flock
#define pread fault_pread
#define pwrite fault_pwrite
#define fsync fault_fsync
#define fdatasync fault_fdatasync
#define ftruncate fault_ftruncate
#endif

#endif
