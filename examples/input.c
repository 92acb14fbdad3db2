/* input.c - see input.h. */
#include "input.h"

#include <playbook/playbook.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef WITH_ZLIB
#include <zlib.h>
#endif

#include "program.h"

enum {
  FIRST_SIZE = 1 << 18,
  /* Lines up to here are fed whole. Of longer ones only as much is kept as shows that they are too long. */
  MOST_SIZE = 4 << 20,
  CUT_SIZE = PBK_MAX_LINE + 1
};

struct input {
  const char *name;
  int descriptor;
  bool may_wait;
  bool (*before_wait)(void *context);
  void *context;
  bool begun, ended;
  char *text; /* text[start .. end) is read and not yet given out */
  size_t start, end, capacity;
  size_t searched; /* no newline before it, counted from start */
  bool skipping;   /* the rest of a line that was cut */
  bool packed;
#ifdef WITH_ZLIB
  z_stream stream;
  unsigned char *packed_bytes; /* FIRST_SIZE */
  bool between_members;        /* of a gzip file, which may have several */
#endif
};

bool input_check(char **files, int count) {
  for (int at = 0; at < count; at++) {
    struct stat facts;
    if (strcmp(files[at], "-") == 0) continue;
    int failure = stat(files[at], &facts) != 0 || access(files[at], R_OK) != 0 ? errno : S_ISDIR(facts.st_mode) ? EISDIR : 0;
    if (failure) {
      complain("cannot read %s: %s", files[at], strerror(failure));
      return false;
    }
  }
  return true;
}

struct input *input_open(const char *file, bool (*before_wait)(void *context), void *context) {
  bool standard = strcmp(file, "-") == 0;
  int descriptor = standard ? STDIN_FILENO : open(file, O_RDONLY);
  if (descriptor < 0) {
    complain("cannot read %s: %s", file, strerror(errno));
    return NULL;
  }
  struct input *input = allocate(NULL, sizeof *input);
  memset(input, 0, sizeof *input);
  input->name = standard ? "stdin" : file;
  input->descriptor = descriptor;
  struct stat facts;
  input->may_wait = fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode);
  input->before_wait = before_wait;
  input->context = context;
  input->capacity = FIRST_SIZE;
  input->text = allocate(NULL, input->capacity);
  return input;
}

void input_close(struct input *input) {
  if (!input) return;
#ifdef WITH_ZLIB
  if (input->packed) {
    inflateEnd(&input->stream);
    free(input->packed_bytes);
  }
#endif
  if (input->descriptor != STDIN_FILENO) close(input->descriptor);
  free(input->text);
  free(input);
}

const char *input_name(const struct input *input) {
  return input->name;
}

/* Whether there is something to read, be it the end. */
static bool is_ready(int descriptor) {
  struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
  return poll(&waiting, 1, 0) > 0;
}

/* Bytes read, 0 at the end, -1 with a complaint. */
static ptrdiff_t read_bytes(struct input *input, void *bytes, size_t size) {
  if (input->may_wait && !is_ready(input->descriptor) && !input->before_wait(input->context)) return -1;
  for (;;) {
    ssize_t got = read(input->descriptor, bytes, size);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    complain("cannot read %s: %s", input->name, strerror(errno));
    return -1;
  }
}

#ifdef WITH_ZLIB

static bool start_unpacking(struct input *input, const char *bytes, size_t size) {
  input->packed_bytes = allocate(NULL, FIRST_SIZE);
  memcpy(input->packed_bytes, bytes, size);
  enum { GZIP_WITH_THE_WIDEST_WINDOW = 16 + 15 };
  if (inflateInit2(&input->stream, GZIP_WITH_THE_WIDEST_WINDOW) != Z_OK) {
    complain("out of memory");
    free(input->packed_bytes);
    return false;
  }
  input->packed = true;
  input->stream.next_in = input->packed_bytes;
  input->stream.avail_in = (uInt)size;
  return true;
}

static ptrdiff_t unpack(struct input *input, char *bytes, size_t size) {
  z_stream *stream = &input->stream;
  stream->next_out = (unsigned char *)bytes;
  stream->avail_out = (uInt)size;
  while (stream->avail_out == size) {
    if (stream->avail_in == 0) {
      ptrdiff_t got = read_bytes(input, input->packed_bytes, FIRST_SIZE);
      if (got < 0) return -1;
      if (got == 0) {
        if (input->between_members) return 0;
        complain("cannot unpack %s: it ends early", input->name);
        return -1;
      }
      stream->next_in = input->packed_bytes;
      stream->avail_in = (uInt)got;
    }
    if (input->between_members) {
      /* Zero bytes after the last member are padding. */
      while (stream->avail_in && *stream->next_in == 0) stream->next_in++, stream->avail_in--;
      if (stream->avail_in == 0) continue;
      inflateReset(stream);
      input->between_members = false;
    }
    int result = inflate(stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      input->between_members = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      complain("cannot unpack %s: %s", input->name, stream->msg ? stream->msg : "bad data");
      return -1;
    }
  }
  return (ptrdiff_t)(size - stream->avail_out);
}

#else

static bool start_unpacking(struct input *input, const char *bytes, size_t size) {
  (void)bytes;
  (void)size;
  complain("cannot unpack %s: this program was built without zlib", input->name);
  return false;
}

static ptrdiff_t unpack(struct input *input, char *bytes, size_t size) {
  (void)input;
  (void)bytes;
  (void)size;
  return -1;
}

#endif

/* Reads on behind text[.. end), where there is room. Whether it is gzipped shows in the first two bytes. */
static ptrdiff_t fill(struct input *input) {
  char *bytes = input->text + input->end;
  size_t room = input->capacity - input->end;
  if (input->packed) return unpack(input, bytes, room);
  ptrdiff_t got = read_bytes(input, bytes, room);
  if (input->begun || got <= 0) return got;
  input->begun = true;
  while (got == 1 && bytes[0] == '\x1f') {
    ptrdiff_t more = read_bytes(input, bytes + 1, 1);
    if (more <= 0) return more < 0 ? more : got;
    got += more;
  }
  if (got < 2 || bytes[0] != '\x1f' || bytes[1] != '\x8b') return got;
  return start_unpacking(input, bytes, (size_t)got) ? unpack(input, bytes, room) : -1;
}

int input_line(struct input *input, const char **line, size_t *size) {
  for (;;) {
    char *from = input->text + input->start;
    size_t held = input->end - input->start;
    char *newline = held > input->searched ? memchr(from + input->searched, '\n', held - input->searched) : NULL;
    if (newline || (input->ended && held)) {
      *line = from;
      *size = newline ? (size_t)(newline - from) : held;
      input->start += *size + (newline != NULL);
      input->searched = 0;
      if (!input->skipping) return 1;
      input->skipping = false; /* that was the end of a line already given out */
      continue;
    }
    if (input->ended) return 0;
    input->searched = held;
    if (input->skipping) {
      input->start = input->end = input->searched = 0;
    } else if (held >= MOST_SIZE) {
      *line = from;
      *size = CUT_SIZE;
      /* The text stays where it is until the next call, which throws it away. */
      input->start = input->end;
      input->searched = 0;
      input->skipping = true;
      return 1;
    } else if (input->start) {
      memmove(input->text, from, held);
      input->start = 0;
      input->end = held;
    } else if (input->end == input->capacity) {
      input->capacity *= 2;
      input->text = allocate(input->text, input->capacity);
    }
    ptrdiff_t got = fill(input);
    if (got < 0) return -1;
    input->end += (size_t)got;
    input->ended = got == 0;
  }
}
