/* engine/journal_reader.c - see journal_reader.h. */
#include "engine/journal_reader.h"

#include "base/checksum.h"

bool pbk_open_reader(struct journal_reader *reader, const pbk_storage *storage, struct memory *memory, pbk_object object) {
  *reader = (struct journal_reader){0};
  return pbk_open_window(&reader->window, storage, memory, object);
}

void pbk_close_reader(struct journal_reader *reader) { pbk_close_window(&reader->window); }

/* ---- the header ---- */

/* The first bytes of a write that a crash cut short: what was to be there, zeros behind it. */
static bool begins_like_ours(const unsigned char *bytes, uint64_t size) {
  uint32_t at = 0;
  while (at < 8 && at < size && bytes[at] == (unsigned char)JOURNAL_MAGIC[at]) at++;
  for (; at < 8 && at < size; at++)
    if (bytes[at] != 0) return false;
  return true;
}

enum journal_header pbk_read_header(struct journal_reader *reader) {
  uint32_t size = reader->window.extent < JOURNAL_HEADER ? (uint32_t)reader->window.extent : JOURNAL_HEADER;
  if (size == 0) return HEADER_EMPTY;
  const unsigned char *bytes = pbk_look(&reader->window, 0, size);
  if (!bytes) return HEADER_TORN;
  if (!begins_like_ours(bytes, size)) return HEADER_FOREIGN;
  if (size < JOURNAL_HEADER || pbk_crc32c(0, bytes, JOURNAL_HEADER - 4) != bytes_u32(bytes + 20)) return HEADER_TORN;
  if ((bytes_u32(bytes + 8) & 0xffff) != JOURNAL_MAJOR || (bytes_u32(bytes + 12) & ~(uint32_t)JOURNAL_FEATURES) != 0)
    return HEADER_NEWER;
  reader->generation = bytes_u32(bytes + 16);
  reader->checksum = bytes_u32(bytes + 20);
  reader->at = JOURNAL_HEADER;
  return HEADER_FINE;
}

/* ---- records ---- */

/* A whole record of the generation at a place, whatever stands before it. */
static bool record_at(struct journal_reader *reader, uint64_t at, uint64_t least, uint64_t most, struct record *record) {
  const unsigned char *bytes = pbk_look(&reader->window, at, RECORD_HEAD);
  if (!bytes) return false;
  uint32_t size = bytes_u32(bytes);
  uint64_t sequence = bytes_u64(bytes + 8), durable = bytes_u64(bytes + 16);
  if (size < RECORD_LEAST || size > reader->window.extent - at ||
      (!reader->any_generation && bytes_u32(bytes + 4) != reader->generation))
    return false;
  if (sequence < least || sequence > most || durable >= sequence) return false;
  bytes = pbk_look(&reader->window, at, size);
  if (!bytes || pbk_crc32c(0, bytes, size - 4) != bytes_u32(bytes + size - 4)) return false;
  *record = (struct record){.at = at,
                            .size = size,
                            .sequence = sequence,
                            .durable = durable,
                            .type = (enum record_type)bytes[RECORD_HEAD],
                            .body = bytes + RECORD_HEAD,
                            .end = bytes + size - 4};
  return true;
}

bool pbk_read_record(struct journal_reader *reader, struct record *record) {
  uint64_t least = reader->sequence ? reader->sequence + 1 : 1, most = reader->sequence ? least : UINT64_MAX;
  if (!record_at(reader, reader->at, least, most, record)) return false;
  const unsigned char *head = record->body - RECORD_HEAD;
  if (bytes_u32(head + 24) != reader->checksum) return false;
  reader->checksum = bytes_u32(record->end);
  reader->sequence = record->sequence;
  reader->at += record->size;
  return true;
}

bool pbk_scan_records(struct journal_reader *reader, uint64_t at, uint64_t sequence, uint64_t *durable, uint64_t *count) {
  struct record record;
  *durable = *count = 0;
  for (; reader->window.extent - at >= RECORD_LEAST && !reader->window.failed; at++) {
    if (!record_at(reader, at, sequence + 1, UINT64_MAX, &record)) continue;
    ++*count;
    if (record.durable > *durable) *durable = record.durable;
    at += record.size - 1;
  }
  return !reader->window.failed;
}

bool pbk_ends_with_handover(struct journal_reader *reader) {
  struct record record;
  uint64_t next = (uint64_t)reader->generation + 1;
  uint32_t size = RECORD_LEAST + 1;
  for (uint64_t rest = next; rest >= 0x80; rest >>= 7) size++;
  if (reader->window.extent < JOURNAL_HEADER + size) return false;
  uint64_t at = reader->window.extent - size;
  if (!record_at(reader, at, 1, UINT64_MAX, &record) || record.size != size || record.type != RECORD_HANDOVER) return false;
  struct reader body = {record.body + 1, record.end, false};
  uint32_t before = bytes_u32(record.body - 4);
  if (pbk_read_uint(&body) != next || body.failed || body.at != body.end) return false;
  const unsigned char *checksum = pbk_look(&reader->window, at - 4, 4); /* that of the record before */
  return checksum && bytes_u32(checksum) == before;
}

/* ---- what is in them ---- */

bool pbk_read_start(const struct record *record, struct record_start *start) {
  struct reader reader = {record->body, record->end, false};
  if (pbk_read_u8(&reader) != RECORD_START) return false;
  uint64_t semantics = pbk_read_uint(&reader);
  start->semantics = semantics > UINT32_MAX ? UINT32_MAX : (uint32_t)semantics;
  start->engine_id = pbk_read_text(&reader);
  start->snapshot_checksum = pbk_read_u32(&reader);
  start->snapshot_bytes = pbk_read_uint(&reader);
  start->definitions = pbk_read_u32(&reader);
  start->digest = pbk_read_u32(&reader);
  start->last_output = pbk_read_uint(&reader);
  return !reader.failed && reader.at == reader.end;
}

bool pbk_read_commit(const struct record *record, struct record_commit *commit) {
  struct reader reader = {record->body, record->end, false};
  (void)pbk_read_u8(&reader);
  commit->flags = pbk_read_uint(&reader);
  commit->lines = pbk_read_uint(&reader);
  commit->part = pbk_read_uint(&reader);
  commit->last_output = pbk_read_uint(&reader);
  commit->last_taken = pbk_read_uint(&reader);
  commit->digest = pbk_read_u32(&reader);
  return !reader.failed && reader.at == reader.end;
}
