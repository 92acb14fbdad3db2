/* tests/fuzz/journal.c - any bytes as a journal: refused, or opened and worked with.
 *
 * The first byte of an input says what is done with the rest: even, it is the object as it stands; odd, it is a header and
 * records whose lengths are kept and whose numbers and checksums are put right, so that what is in them is read. Its second
 * bit adds the same bytes as the other journal, its third salvages. */
#include "stored.h"

#include "alone.h"

enum { HEADER = 24, HEAD = 28, LEAST = 33 };

static void mend(unsigned char *bytes, size_t size) {
  if (size < HEADER) return;
  memcpy(bytes, "PBKJOURN\1\0\0\0\0\0\0\0\0\0\0\0", 20);
  stored_put(bytes + 20, stored_checksum(0, bytes, 20), 4);
  uint32_t before = (uint32_t)stored_get(bytes + 20, 4);
  uint64_t sequence = 1, durable = 0;
  for (size_t at = HEADER; size - at >= LEAST;) {
    uint64_t length = stored_get(bytes + at, 4);
    if (length < LEAST || length > size - at) length = size - at;
    stored_put(bytes + at, length, 4);
    stored_put(bytes + at + 4, 0, 4);
    stored_put(bytes + at + 8, sequence, 8);
    stored_put(bytes + at + 16, durable, 8);
    stored_put(bytes + at + 24, before, 4);
    before = stored_checksum(0, bytes + at, (size_t)length - 4);
    stored_put(bytes + at + length - 4, before, 4);
    if (bytes[at + HEAD] >= 100) durable = sequence;
    sequence++;
    at += (size_t)length;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct stored stored = {0};
  if (size < 1 || size > 60000) return 0;
  stored_append(&stored, PBK_OBJECT_JOURNAL_0, data + 1, size - 1);
  if (data[0] & 1) mend(stored.objects[PBK_OBJECT_JOURNAL_0].bytes, size - 1);
  if (data[0] & 2) stored_append(&stored, PBK_OBJECT_JOURNAL_1, data + 1, size - 1);
  if (data[0] & 4) stored_salvage(&stored);
  stored_try(&stored);
  stored_release(&stored);
  return 0;
}
