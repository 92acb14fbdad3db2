/* tests/fuzz/snapshot.c - any bytes as a snapshot: refused, or opened and worked with.
 *
 * An input is: u16 where the content is cut into two frames, past its end for one | u32 checksum of the definitions | u32
 * digest of the outputs | u64 last output | u64 last sequence | the content of the frames. Headers, frames, checksums and
 * the journal that goes on from it are put around it. What is read so was never written by an engine. */
#include "stored.h"

#include "alone.h"

#define ENGINE_ID "simulated"
enum { GIVEN = 26 }; /* bytes before the content */

static void put_frame(struct stored *stored, uint32_t *sum, const uint8_t *bytes, size_t size) {
  unsigned char head[8];
  stored_put(head, size, 4);
  stored_put(head + 4, size, 4);
  stored_append(stored, PBK_OBJECT_SNAPSHOT_1, head, 8);
  *sum = stored_checksum(*sum, head, 8);
  if (size) stored_append(stored, PBK_OBJECT_SNAPSHOT_1, bytes, size);
  if (size) *sum = stored_checksum(*sum, bytes, size);
  stored_put(head, *sum, 4);
  stored_append(stored, PBK_OBJECT_SNAPSHOT_1, head, 4);
}

/* The size of a number in LEB128. */
static size_t put_number(unsigned char *at, uint64_t number) {
  size_t size = 0;
  for (; number >= 128; number >>= 7) at[size++] = (unsigned char)(number | 128);
  at[size++] = (unsigned char)number;
  return size;
}

/* A journal of generation 1 whose first record goes on from the snapshot. */
static void put_journal(struct stored *stored, uint32_t sum, const uint8_t *given) {
  uint64_t sequence = stored_get(given + 16, 8) & UINT32_MAX;
  unsigned char bytes[200] = {0};
  memcpy(bytes, "PBKJOURN\1", 9);
  bytes[16] = 1;
  stored_put(bytes + 20, stored_checksum(0, bytes, 20), 4);
  unsigned char *record = bytes + 24;
  size_t size = 28;
  stored_put(record + 4, 1, 4);
  stored_put(record + 8, sequence + 1, 8);
  stored_put(record + 16, sequence, 8);
  memcpy(record + 24, bytes + 20, 4);
  record[size++] = 100;
  record[size++] = 1;                                  /* semantics */
  size += put_number(record + size, sizeof ENGINE_ID - 1); /* engine id */
  memcpy(record + size, ENGINE_ID, sizeof ENGINE_ID - 1), size += sizeof ENGINE_ID - 1;
  stored_put(record + size, sum, 4), size += 4;
  size += put_number(record + size, stored->objects[PBK_OBJECT_SNAPSHOT_1].size);
  memcpy(record + size, given, 8), size += 8;
  size += put_number(record + size, stored_get(given + 8, 8));
  stored_put(record, size + 4, 4);
  stored_put(record + size, stored_checksum(0, record, size), 4);
  stored_append(stored, PBK_OBJECT_JOURNAL_1, bytes, 24 + size + 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct stored stored = {0};
  if (size < GIVEN || size > 60000) return 0;
  size_t place = (size_t)(data[0] | data[1] << 8);
  const uint8_t *given = data + 2;
  data += GIVEN, size -= GIVEN;
  if (place > size) place = size;
  unsigned char header[24] = "PBKSNAPS\1";
  header[16] = 1;
  stored_put(header + 20, stored_checksum(0, header, 20), 4);
  stored_append(&stored, PBK_OBJECT_SNAPSHOT_1, header, 24);
  uint32_t sum = stored_checksum(0, header, 20);
  if (place) put_frame(&stored, &sum, data, place);
  if (size > place) put_frame(&stored, &sum, data + place, size - place);
  put_frame(&stored, &sum, NULL, 0);
  put_journal(&stored, sum, given);
  stored_salvage(&stored);
  stored_try(&stored);
  stored_release(&stored);
  return 0;
}
