/* tests/filestore/filestore.c - the file store: what it writes, in which order it syncs, and what it says when the system
 * says no. */
#include <playbook/filestore.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_control.h"
#include "unit/check.h"

static char place[4096]; /* a directory of the test's own */
static char directory[8192];

struct opened {
  pbk_filestore *store;
  pbk_storage storage;
  pbk_status status;
};

static struct opened open_store(uint32_t flags) {
  struct opened opened = {.storage = {.size = sizeof(pbk_storage)}};
  opened.status = pbk_filestore_open(directory, flags, &opened.store);
  if (opened.store) CHECK_EQUAL_INT(pbk_filestore_storage(opened.store, &opened.storage), PBK_OK);
  return opened;
}

static int32_t append(struct opened *opened, pbk_object object, const char *bytes) {
  return opened->storage.append(opened->store, object, bytes, strlen(bytes));
}
static int32_t sync_of(struct opened *opened, pbk_object object) {
  return opened->storage.sync(opened->store, object);
}
static int32_t cut(struct opened *opened, pbk_object object, uint64_t extent) {
  return opened->storage.truncate(opened->store, object, extent);
}

static uint64_t extent_of(struct opened *opened, pbk_object object) {
  uint64_t extent = UINT64_MAX;
  CHECK_EQUAL_INT(opened->storage.extent(opened->store, object, &extent), 0);
  return extent;
}

/* An object holds exactly this. */
static void check_holds(struct opened *opened, pbk_object object, const char *wanted) {
  char bytes[256];
  uint64_t extent = extent_of(opened, object);
  if (!CHECK_EQUAL_UINT(extent, strlen(wanted)) || extent > sizeof bytes) return;
  CHECK_EQUAL_INT(opened->storage.read(opened->store, object, 0, bytes, (size_t)extent), 0);
  CHECK_EQUAL_BYTES(bytes, wanted, (size_t)extent);
}

/* The error is `start`, and the path in brackets. */
static void check_error(const pbk_filestore *store, const char *start) {
  char wanted[9000];
  snprintf(wanted, sizeof wanted, "%s (%s)", start, directory);
  const char *given = pbk_filestore_error(store);
  CHECK_TEXT(((struct text){given, (uint32_t)strlen(given)}), wanted);
}

static void check_log(const char *wanted) {
  CHECK_TEXT(((struct text){faults.log, (uint32_t)strlen(faults.log)}), wanted);
}

/* ---- a fresh place for each test ---- */

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk) {
  (void)facts, (void)kind, (void)walk;
  return remove(path);
}

static void begin(void) {
  faults_clear();
  const char *base = getenv("TMPDIR");
  snprintf(place, sizeof place, "%s/filestore-XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(place)) {
    perror("mkdtemp");
    exit(2);
  }
  snprintf(directory, sizeof directory, "%s/store", place);
}

static void end(void) {
  faults_clear();
  nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void file_in_store(const char *name, const char *text) {
  char path[9000];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "w");
  CHECK(file != NULL && fputs(text, file) >= 0);
  if (file) fclose(file);
}

static bool exists(const char *name) {
  char path[9000];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return access(path, F_OK) == 0;
}

/* ---- what it does ---- */

static void keeps_what_is_appended(void) {
  begin();
  struct opened first = open_store(PBK_FILESTORE_CREATE);
  CHECK_EQUAL_INT(first.status, PBK_OK);
  for (pbk_object object = 0; object < PBK_OBJECTS; object++) check_holds(&first, object, "");
  CHECK(!exists("journal.0")); /* made when first written */
  CHECK_EQUAL_INT(append(&first, PBK_OBJECT_JOURNAL_0, "one"), 0);
  CHECK_EQUAL_INT(append(&first, PBK_OBJECT_JOURNAL_0, "two"), 0);
  CHECK_EQUAL_INT(append(&first, PBK_OBJECT_SNAPSHOT_1, "snap"), 0);
  CHECK_EQUAL_INT(sync_of(&first, PBK_OBJECT_JOURNAL_0), 0);
  check_holds(&first, PBK_OBJECT_JOURNAL_0, "onetwo");
  CHECK_EQUAL_INT(cut(&first, PBK_OBJECT_JOURNAL_0, 4), 0);
  CHECK_EQUAL_INT(append(&first, PBK_OBJECT_JOURNAL_0, "!"), 0);
  check_holds(&first, PBK_OBJECT_JOURNAL_0, "onet!");
  CHECK_EQUAL_INT(cut(&first, PBK_OBJECT_JOURNAL_1, 0), 0); /* there is none, and it is empty */
  CHECK_EQUAL_INT(sync_of(&first, PBK_OBJECT_JOURNAL_1), 0);
  CHECK_TEXT(text_from(pbk_filestore_error(first.store)), "");
  CHECK_EQUAL_INT(pbk_filestore_system_error(first.store), 0);
  pbk_filestore_close(first.store);

  struct opened second = open_store(0);
  CHECK_EQUAL_INT(second.status, PBK_OK);
  check_holds(&second, PBK_OBJECT_JOURNAL_0, "onet!");
  check_holds(&second, PBK_OBJECT_SNAPSHOT_1, "snap");
  CHECK_EQUAL_INT(append(&second, PBK_OBJECT_JOURNAL_0, "?"), 0);
  check_holds(&second, PBK_OBJECT_JOURNAL_0, "onet!?");
  char byte;
  CHECK(second.storage.read(second.store, PBK_OBJECT_JOURNAL_0, 5, &byte, 1) == 0 && byte == '?');
  CHECK_EQUAL_INT(second.storage.read(second.store, PBK_OBJECT_JOURNAL_0, 6, &byte, 0), 0);
  CHECK(second.storage.read(second.store, PBK_OBJECT_JOURNAL_0, 6, &byte, 1) != 0);
  check_error(second.store, "read journal.0: beyond its end");
  check_holds(&second, PBK_OBJECT_JOURNAL_0, "onet!?"); /* a read that fails stops nothing */
  pbk_filestore_close(second.store);
  end();
}

static void files_are_their_owners(void) {
  begin();
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  append(&opened, PBK_OBJECT_JOURNAL_0, "x");
  struct stat facts;
  CHECK(stat(directory, &facts) == 0 && (facts.st_mode & 0777 & ~(mode_t)0700) == 0);
  char path[9000];
  snprintf(path, sizeof path, "%s/journal.0", directory);
  CHECK(stat(path, &facts) == 0 && (facts.st_mode & 0777 & ~(mode_t)0600) == 0);
  CHECK_EQUAL_UINT(faults.left_open_on_exec, 0);
  pbk_filestore_close(opened.store);
  end();
}

static void syncs_in_order(void) {
  begin();
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  /* The directory, the lock, the four that are not there, and then the parent, in which the directory's entry is. */
  const char *parent = strrchr(place, '/') + 1;
  char wanted[512];
  snprintf(wanted, sizeof wanted, "mkdir, openat, openat, flock, openat, openat, openat, openat, openat, sync %.31s",
           parent);
  check_log(wanted);
  faults_clear();
  append(&opened, PBK_OBJECT_JOURNAL_0, "one");
  append(&opened, PBK_OBJECT_JOURNAL_0, "two");
  sync_of(&opened, PBK_OBJECT_JOURNAL_0);
  append(&opened, PBK_OBJECT_JOURNAL_0, "three");
  sync_of(&opened, PBK_OBJECT_JOURNAL_0);
  check_log("openat, pwrite journal.0, pwrite journal.0, sync journal.0, sync store, pwrite journal.0, datasync journal.0");
  faults_clear();
  append(&opened, PBK_OBJECT_SNAPSHOT_1, "snap");
  sync_of(&opened, PBK_OBJECT_SNAPSHOT_1);
  cut(&opened, PBK_OBJECT_JOURNAL_0, 0);
  sync_of(&opened, PBK_OBJECT_JOURNAL_0);
  check_log("openat, pwrite snapshot.1, sync snapshot.1, sync store, ftruncate journal.0, sync journal.0");
  pbk_filestore_close(opened.store);

  /* What a crash left behind is synced before it is believed, and so are the entries. */
  faults_clear();
  opened = open_store(0);
  check_log("openat, openat, flock, openat, sync journal.0, openat, openat, openat, sync snapshot.1");
  faults_clear();
  sync_of(&opened, PBK_OBJECT_JOURNAL_0);
  check_log("datasync journal.0, sync store");
  pbk_filestore_close(opened.store);
  end();
}

static void goes_on_when_interrupted_or_cut_short(void) {
  begin();
  faults.interrupt_each = true;
  faults.short_by = 3;
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  /* mkdir is not one of the calls that a signal interrupts: a store that is there is opened all the same. */
  if (opened.status != PBK_OK) {
    CHECK_EQUAL_INT(pbk_filestore_system_error(opened.store), EINTR);
    pbk_filestore_close(opened.store);
    CHECK(mkdir(directory, 0700) == 0);
    opened = open_store(0);
  }
  CHECK_EQUAL_INT(opened.status, PBK_OK);
  CHECK_EQUAL_INT(append(&opened, PBK_OBJECT_JOURNAL_1, "seventeen letters"), 0);
  CHECK_EQUAL_INT(sync_of(&opened, PBK_OBJECT_JOURNAL_1), 0);
  CHECK_EQUAL_INT(cut(&opened, PBK_OBJECT_JOURNAL_1, 9), 0);
  CHECK_EQUAL_INT(append(&opened, PBK_OBJECT_JOURNAL_1, " and more"), 0);
  check_holds(&opened, PBK_OBJECT_JOURNAL_1, "seventeen and more");
  pbk_filestore_close(opened.store);
  end();
}

/* ---- what it says ---- */

static void cannot_be_opened(void) {
  begin();
  pbk_filestore *store;
  CHECK_EQUAL_INT(pbk_filestore_open(directory, 0, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_filestore_open(NULL, 0, &store), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_filestore_open("", 0, &store), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_filestore_open(directory, 4, &store), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_filestore_open(directory, PBK_FILESTORE_CREATE | PBK_FILESTORE_READ_ONLY, &store), PBK_ERR_ARGUMENT);
  CHECK(store == NULL);
  pbk_filestore_close(NULL);

  for (uint32_t flags = 0; flags <= PBK_FILESTORE_READ_ONLY; flags += PBK_FILESTORE_READ_ONLY) {
    struct opened opened = open_store(flags);
    CHECK_EQUAL_INT(opened.status, PBK_ERR_STORAGE);
    check_error(opened.store, "open: No such file or directory");
    CHECK_EQUAL_INT(pbk_filestore_system_error(opened.store), ENOENT);
    uint64_t bytes;
    CHECK(opened.storage.extent(opened.store, 0, &bytes) != 0 && append(&opened, 0, "x") != 0 && sync_of(&opened, 0) != 0);
    pbk_filestore_close(opened.store);
  }
  snprintf(directory, sizeof directory, "%s/not/there", place);
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  CHECK_EQUAL_INT(opened.status, PBK_ERR_STORAGE);
  check_error(opened.store, "mkdir: No such file or directory");
  pbk_filestore_close(opened.store);

  snprintf(directory, sizeof directory, "%s/file", place);
  int file = open(directory, O_CREAT | O_WRONLY, 0600);
  CHECK(file >= 0 && close(file) == 0);
  opened = open_store(PBK_FILESTORE_CREATE);
  CHECK_EQUAL_INT(opened.status, PBK_ERR_STORAGE);
  check_error(opened.store, "open: Not a directory");
  pbk_filestore_close(opened.store);

  snprintf(directory, sizeof directory, "%s/store", place);
  CHECK(mkdir(directory, 0700) == 0);
  char path[9000];
  snprintf(path, sizeof path, "%s/journal.1", directory);
  CHECK(mkfifo(path, 0600) == 0);
  opened = open_store(PBK_FILESTORE_READ_ONLY);
  CHECK_EQUAL_INT(opened.status, PBK_ERR_STORAGE);
  check_error(opened.store, "open journal.1: not a regular file");
  pbk_filestore_close(opened.store);
  end();
}

static void paths_of_any_form(void) {
  begin();
  char before[4096];
  CHECK(getcwd(before, sizeof before) != NULL && chdir(place) == 0);
  const char *const forms[] = {"plain", "with/", "./two//", "deep///er"};
  CHECK(mkdir("deep", 0700) == 0);
  for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
    snprintf(directory, sizeof directory, "%s", forms[form]);
    struct opened opened = open_store(PBK_FILESTORE_CREATE);
    CHECK_EQUAL_INT(opened.status, PBK_OK);
    CHECK_EQUAL_INT(append(&opened, 0, "x"), 0);
    pbk_filestore_close(opened.store);
    CHECK(exists("journal.0"));
  }
  CHECK(chdir(before) == 0);
  end();
}

/* Each call of the system fails in its turn, once: the store says which, and takes no change after it. */
static void each_failure_is_said_and_final(void) {
  static const struct {
    const char *call;
    unsigned at;
    int number;
    const char *error; /* NULL: at opening */
  } cases[] = {
    {"pwrite", 1, ENOSPC, "write journal.0: No space left on device"},
    {"pwrite", 2, EIO, "write journal.0: Input/output error"},
    {"pwrite", 3, EDQUOT, "write snapshot.1: Disk quota exceeded"},
    {"sync", 2, EIO, "fsync journal.0: Input/output error"},
    {"sync", 3, EIO, "fsync the directory: Input/output error"},
    {"datasync", 1, ENOSPC, "fsync journal.0: No space left on device"},
    {"ftruncate", 1, EIO, "ftruncate journal.0: Input/output error"},
    {"openat", 8, ENOSPC, "create journal.0: No space left on device"},
    {"openat", 9, EMFILE, "create snapshot.1: Too many open files"},
    {"mkdir", 1, ENOSPC, NULL},
    {"sync", 1, EIO, NULL},
    {"openat", 1, EACCES, NULL},
    {"openat", 2, EMFILE, NULL},
    {"openat", 3, EACCES, NULL},
    {"openat", 7, EACCES, NULL},
    {"flock", 1, ENOLCK, NULL},
  };
  for (size_t number = 0; number < sizeof cases / sizeof *cases; number++) {
    begin();
    check_note("%s %u", cases[number].call, cases[number].at);
    faults.call = cases[number].call;
    faults.at = cases[number].at;
    faults.number = cases[number].number;
    struct opened opened = open_store(PBK_FILESTORE_CREATE);
    CHECK_EQUAL_INT(opened.status, cases[number].error ? PBK_OK : PBK_ERR_STORAGE);
    int failed = 0;
    for (int step = 0; step < 7; step++) {
      int32_t result = step == 0   ? append(&opened, PBK_OBJECT_JOURNAL_0, "one")
                       : step == 1 ? sync_of(&opened, PBK_OBJECT_JOURNAL_0)
                       : step == 2 ? append(&opened, PBK_OBJECT_JOURNAL_0, "two")
                       : step == 3 ? sync_of(&opened, PBK_OBJECT_JOURNAL_0)
                       : step == 4 ? append(&opened, PBK_OBJECT_SNAPSHOT_1, "snap")
                       : step == 5 ? cut(&opened, PBK_OBJECT_JOURNAL_0, 0)
                                   : sync_of(&opened, PBK_OBJECT_JOURNAL_0);
      CHECK(result == 0 ? failed == 0 : true); /* nothing is taken after the first failure */
      failed += result != 0;
    }
    CHECK(failed > 0);
    CHECK_EQUAL_UINT(faults.hit, 1);
    CHECK_EQUAL_INT(pbk_filestore_system_error(opened.store), cases[number].number);
    if (cases[number].error) check_error(opened.store, cases[number].error);
    unsigned calls = faults.calls;
    CHECK(sync_of(&opened, PBK_OBJECT_JOURNAL_0) != 0);
    CHECK_EQUAL_UINT(faults.calls, calls); /* and the system is not asked again */
    pbk_filestore_close(opened.store);
    faults_clear();
    opened = open_store(PBK_FILESTORE_CREATE);
    CHECK_EQUAL_INT(opened.status, PBK_OK);
    pbk_filestore_close(opened.store);
    end();
  }
}

/* A write that stops in the middle leaves no hole: the rest is never written, and what is behind is cut by who opens it. */
static void a_write_that_stops_in_the_middle(void) {
  begin();
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  faults = (struct faults){.call = "pwrite", .at = 2, .number = ENOSPC, .short_by = 4};
  CHECK(append(&opened, PBK_OBJECT_JOURNAL_0, "ten letters") != 0);
  check_error(opened.store, "write journal.0: No space left on device");
  faults_clear();
  CHECK(append(&opened, PBK_OBJECT_JOURNAL_0, "later") != 0);
  CHECK_EQUAL_UINT(faults.calls, 0);
  pbk_filestore_close(opened.store);
  opened = open_store(0);
  check_holds(&opened, PBK_OBJECT_JOURNAL_0, "ten ");
  pbk_filestore_close(opened.store);
  end();
}

static void a_file_that_shrinks_under_us(void) {
  begin();
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  append(&opened, PBK_OBJECT_JOURNAL_0, "something");
  file_in_store("journal.0", "some");
  char bytes[9];
  CHECK(opened.storage.read(opened.store, PBK_OBJECT_JOURNAL_0, 0, bytes, 9) != 0);
  check_error(opened.store, "read journal.0: shorter than it was");
  CHECK(cut(&opened, PBK_OBJECT_JOURNAL_0, 10) != 0);
  check_error(opened.store, "ftruncate journal.0: Invalid argument");
  CHECK(append(&opened, PBK_OBJECTS, "x") != 0 && append(&opened, -1, "x") != 0);
  pbk_filestore_close(opened.store);
  end();
}

/* ---- reading only ---- */

static void reads_only(void) {
  begin();
  struct opened writer = open_store(PBK_FILESTORE_CREATE);
  append(&writer, PBK_OBJECT_JOURNAL_0, "kept");
  pbk_filestore_close(writer.store);
  char path[9000];
  snprintf(path, sizeof path, "%s/journal.0", directory);
  CHECK(chmod(path, 0400) == 0 && chmod(directory, 0500) == 0);
  faults_clear();
  struct opened reader = open_store(PBK_FILESTORE_READ_ONLY);
  CHECK_EQUAL_INT(reader.status, PBK_OK);
  check_log("openat, openat, flock, openat, openat, openat, openat"); /* nothing is made, cut or synced */
  check_holds(&reader, PBK_OBJECT_JOURNAL_0, "kept");
  CHECK(append(&reader, PBK_OBJECT_JOURNAL_0, "x") != 0);
  check_error(reader.store, "write journal.0: open for reading only");
  CHECK(cut(&reader, PBK_OBJECT_JOURNAL_0, 0) != 0 && sync_of(&reader, PBK_OBJECT_JOURNAL_0) != 0);
  check_holds(&reader, PBK_OBJECT_JOURNAL_0, "kept");
  pbk_filestore_close(reader.store);
  if (geteuid() != 0) { /* for root all is allowed */
    writer = open_store(0);
    CHECK_EQUAL_INT(writer.status, PBK_ERR_STORAGE);
    check_error(writer.store, "open journal.0: Permission denied");
    pbk_filestore_close(writer.store);
  }
  CHECK(chmod(directory, 0700) == 0);
  snprintf(path, sizeof path, "%s/lock", directory);
  CHECK(remove(path) == 0); /* as in a copy of the files alone */
  reader = open_store(PBK_FILESTORE_READ_ONLY);
  CHECK_EQUAL_INT(reader.status, PBK_OK);
  CHECK(!exists("lock"));
  pbk_filestore_close(reader.store);
  end();
}

static void read_only_media(void) {
  begin();
  pbk_filestore_close(open_store(PBK_FILESTORE_CREATE).store);
  faults.call = "openat";
  faults.at = 2; /* the lock, for writing */
  faults.number = EROFS;
  struct opened opened = open_store(PBK_FILESTORE_CREATE);
  CHECK_EQUAL_INT(opened.status, PBK_ERR_STORAGE);
  check_error(opened.store, "open lock: Read-only file system");
  pbk_filestore_close(opened.store);
  end();
}

/* ---- the lock ---- */

static void one_writer(void) {
  begin();
  struct opened first = open_store(PBK_FILESTORE_CREATE);
  struct opened second = open_store(PBK_FILESTORE_CREATE);
  CHECK_EQUAL_INT(second.status, PBK_ERR_REFUSED);
  check_error(second.store, "lock: in use by another writer or by a reader");
  struct opened reader = open_store(PBK_FILESTORE_READ_ONLY);
  CHECK_EQUAL_INT(reader.status, PBK_ERR_REFUSED);
  check_error(reader.store, "lock: in use by a writer");
  pbk_filestore_close(second.store);
  pbk_filestore_close(reader.store);
  /* Closing those that were refused gives nothing back. */
  second = open_store(0);
  CHECK_EQUAL_INT(second.status, PBK_ERR_REFUSED);
  pbk_filestore_close(second.store);
  pbk_filestore_close(first.store);

  reader = open_store(PBK_FILESTORE_READ_ONLY);
  struct opened other = open_store(PBK_FILESTORE_READ_ONLY);
  CHECK_EQUAL_INT(reader.status, PBK_OK);
  CHECK_EQUAL_INT(other.status, PBK_OK);
  first = open_store(0);
  CHECK_EQUAL_INT(first.status, PBK_ERR_REFUSED);
  pbk_filestore_close(first.store);
  pbk_filestore_close(reader.store);
  pbk_filestore_close(other.store);
  first = open_store(0);
  CHECK_EQUAL_INT(first.status, PBK_OK);
  pbk_filestore_close(first.store);
  end();
}

static void a_killed_writer_leaves_no_lock(void) {
  begin();
  int ready[2];
  CHECK(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct opened opened = open_store(PBK_FILESTORE_CREATE);
    char answer = opened.status == PBK_OK && append(&opened, PBK_OBJECT_JOURNAL_0, "x") == 0 ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char answer = 0;
  CHECK(child > 0 && read(ready[0], &answer, 1) == 1 && answer == 'y');
  struct opened opened = open_store(0);
  CHECK_EQUAL_INT(opened.status, PBK_ERR_REFUSED);
  pbk_filestore_close(opened.store);
  int status;
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  opened = open_store(0);
  CHECK_EQUAL_INT(opened.status, PBK_OK);
  check_holds(&opened, PBK_OBJECT_JOURNAL_0, "x");
  pbk_filestore_close(opened.store);
  close(ready[0]);
  close(ready[1]);
  end();
}

int main(void) {
  RUN(keeps_what_is_appended);
  RUN(files_are_their_owners);
  RUN(syncs_in_order);
  RUN(goes_on_when_interrupted_or_cut_short);
  RUN(cannot_be_opened);
  RUN(paths_of_any_form);
  RUN(each_failure_is_said_and_final);
  RUN(a_write_that_stops_in_the_middle);
  RUN(a_file_that_shrinks_under_us);
  RUN(reads_only);
  RUN(read_only_media);
  RUN(one_writer);
  RUN(a_killed_writer_leaves_no_lock);
  return check_report();
}
