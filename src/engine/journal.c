/* engine/journal.c - see journal.h. */
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

void pbk_journal_add(struct journal *journal, const struct command *command) {
  if (!journal->storage.append) return;
  struct writer *buffer = &journal->buffer;
  uint32_t start = buffer->size;
  pbk_write_u64(buffer, 0);
  pbk_encode_command(buffer, command);
  uint32_t length = buffer->size - start - 8;
  put_u32(buffer->bytes + start, length);
  put_u32(buffer->bytes + start + 4, pbk_crc32c(0, buffer->bytes + start + 8, length));
}

bool pbk_journal_flush(struct journal *journal) {
  if (journal->buffer.size == 0) return true;
  const pbk_storage *storage = &journal->storage;
  if (storage->append(storage->context, PBK_OBJECT_JOURNAL_0, journal->buffer.bytes, journal->buffer.size) != 0) return false;
  journal->buffer.size = 0;
  return !storage->sync || storage->sync(storage->context, PBK_OBJECT_JOURNAL_0) == 0;
}
