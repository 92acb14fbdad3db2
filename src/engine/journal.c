/* engine/journal.c - writing the journal; see journal.h. */
#include "engine/journal.h"

#include "base/checksum.h"
#include "base/sized.h"

void pbk_journal_init(struct journal *journal, struct memory *memory, const pbk_storage *storage) {
  *journal = (struct journal){.buffer.memory = memory};
  if (storage) pbk_read_sized(&journal->storage, sizeof journal->storage, storage);
}

void pbk_journal_release(struct journal *journal) { pbk_writer_release(&journal->buffer); }

static void put_u32(unsigned char *at, uint32_t value) {
  for (uint32_t i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i));
}

/* ---- records ---- */

static void put_u64(unsigned char *at, uint64_t value) {
  put_u32(at, (uint32_t)value);
  put_u32(at + 4, (uint32_t)(value >> 32));
}

static void end_record(struct journal *journal, uint32_t start) {
  struct writer *buffer = &journal->buffer;
  uint32_t size = buffer->size - start;
  put_u32(buffer->bytes + start, size + 4);
  uint32_t checksum = pbk_crc32c(0, buffer->bytes + start, size);
  pbk_write_u32(buffer, checksum);
  journal->checksum = checksum;
  journal->sequence++;
}

void pbk_journal_end_record(struct journal *journal) {
  if (!journal->open) return;
  end_record(journal, journal->open - 1);
  journal->open = 0;
}

void pbk_journal_forget(struct journal *journal) { journal->buffer.size = journal->open = 0; }

static uint32_t begin_record(struct journal *journal) {
  struct writer *buffer = &journal->buffer;
  unsigned char head[RECORD_HEAD] = {0};
  pbk_journal_end_record(journal);
  uint32_t start = buffer->size;
  put_u32(head + 4, journal->generation);
  put_u64(head + 8, journal->sequence + 1);
  put_u64(head + 16, journal->durable);
  put_u32(head + 24, journal->checksum);
  pbk_write_bytes(buffer, head, sizeof head);
  journal->brief = (struct brief){0};
  return start;
}

void pbk_journal_begin(struct journal *journal, uint32_t generation, const struct record_start *start) {
  struct writer *buffer = &journal->buffer;
  if (!journal_kept(journal)) return;
  pbk_journal_end_record(journal);
  uint32_t header = buffer->size;
  pbk_write_bytes(buffer, JOURNAL_MAGIC, 8);
  pbk_write_u32(buffer, JOURNAL_MAJOR | (uint32_t)JOURNAL_MINOR << 16);
  pbk_write_u32(buffer, JOURNAL_FEATURES);
  pbk_write_u32(buffer, generation);
  journal->checksum = pbk_crc32c(0, buffer->bytes + header, buffer->size - header);
  pbk_write_u32(buffer, journal->checksum);
  journal->generation = generation;
  memset(journal->names, 0, sizeof journal->names);
  uint32_t at = begin_record(journal);
  pbk_write_u8(buffer, RECORD_START);
  pbk_write_uint(buffer, start->semantics);
  pbk_write_text(buffer, start->engine_id);
  pbk_write_u32(buffer, start->snapshot_checksum);
  pbk_write_uint(buffer, start->snapshot_bytes);
  pbk_write_u32(buffer, start->definitions);
  pbk_write_u32(buffer, start->digest);
  pbk_write_uint(buffer, start->last_output);
  end_record(journal, at);
}

static inline void begin_command(struct journal *journal) {
  if (!journal->open) journal->open = begin_record(journal) + 1;
}
static inline void end_command(struct journal *journal) {
  enum { RECORD_FULL = 16384 };
  if (journal->buffer.size - journal->open > RECORD_FULL) pbk_journal_end_record(journal);
}

void pbk_journal_add(struct journal *journal, const struct command *command) {
  if (!journal_kept(journal)) return;
  begin_command(journal);
  if (!pbk_write_approval(journal, command)) pbk_encode_command(&journal->buffer, command);
  end_command(journal);
}

void pbk_journal_add_event(struct journal *journal, const struct command *command, uint32_t contact, uint32_t name) {
  if (!journal_kept(journal)) return;
  begin_command(journal);
  if (!pbk_write_event(journal, command, contact, name)) pbk_encode_command(&journal->buffer, command);
  end_command(journal);
}

void pbk_journal_add_sent(struct journal *journal, uint64_t message) {
  if (!journal_kept(journal)) return;
  begin_command(journal);
  pbk_write_sent(journal, message);
  end_command(journal);
}

void pbk_journal_commit(struct journal *journal, enum record_type type, const struct record_commit *commit) {
  struct writer *buffer = &journal->buffer;
  if (!journal_kept(journal)) return;
  uint32_t start = begin_record(journal);
  pbk_write_u8(buffer, (uint8_t)type);
  pbk_write_uint(buffer, commit->flags);
  pbk_write_uint(buffer, commit->lines);
  pbk_write_uint(buffer, commit->part);
  pbk_write_uint(buffer, commit->last_output);
  pbk_write_uint(buffer, commit->last_taken);
  pbk_write_u32(buffer, commit->digest);
  end_record(journal, start);
  journal->part = commit->part;
  journal->taken = commit->last_taken;
}

void pbk_journal_handover(struct journal *journal) {
  if (!journal_kept(journal)) return;
  uint32_t start = begin_record(journal);
  pbk_write_u8(&journal->buffer, RECORD_HANDOVER);
  pbk_write_uint(&journal->buffer, (uint64_t)journal->generation + 1);
  end_record(journal, start);
}

/* ---- handing over ---- */

bool pbk_journal_flush(struct journal *journal) {
  pbk_journal_end_record(journal);
  if (journal->buffer.size == 0) return true;
  const pbk_storage *storage = &journal->storage;
  pbk_object object = journal_object(journal->generation);
  if (storage->append(storage->context, object, journal->buffer.bytes, journal->buffer.size) != 0) return false;
  journal->bytes += journal->buffer.size;
  journal->buffer.size = 0;
  if (storage->sync(storage->context, object) != 0) return false;
  journal->durable = journal->sequence;
  return true;
}
