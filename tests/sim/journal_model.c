/* tests/sim/journal_model.c - what a journal says, read naively: as its description in src/engine/journal.h has it, one byte
 * after the other, with a checksum bit by bit. See damage.h. */
#include "damage.h"

static uint32_t checksum_on(uint32_t before, const unsigned char *bytes, size_t size) {
  static uint32_t table[256];
  if (!table[1]) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0x82f63b78u : 0);
      table[i] = value;
    }
  }
  uint32_t sum = ~before;
  for (size_t i = 0; i < size; i++) sum = table[(sum ^ bytes[i]) & 255] ^ sum >> 8;
  return ~sum;
}

static uint32_t checksum_of(const unsigned char *bytes, size_t size) { return checksum_on(0, bytes, size); }

static uint64_t number_at(const unsigned char *at, int bytes) {
  uint64_t number = 0;
  for (int i = bytes - 1; i >= 0; i--) number = number << 8 | at[i];
  return number;
}

/* A record that is whole in itself. */
bool journal_record_at(const struct bytes *journal, size_t at, struct journal_record *record) {
  if (at + RECORD_LEAST > journal->size) return false;
  const unsigned char *bytes = journal->at + at;
  uint64_t size = number_at(bytes, 4);
  if (size < RECORD_LEAST || size > journal->size - at) return false;
  *record = (struct journal_record){.at = at,
                                    .size = (size_t)size,
                                    .generation = (uint32_t)number_at(bytes + 4, 4),
                                    .sequence = number_at(bytes + 8, 8),
                                    .durable = number_at(bytes + 16, 8),
                                    .before = (uint32_t)number_at(bytes + 24, 4),
                                    .type = bytes[RECORD_HEAD],
                                    .checksum = (uint32_t)number_at(bytes + size - 4, 4)};
  /* what cannot be a sequence need not be summed: most bytes are no record */
  if (record->sequence == 0 || record->sequence > UINT32_MAX || record->durable >= record->sequence) return false;
  return checksum_of(bytes, (size_t)size - 4) == record->checksum;
}

struct journal_said journal_read(const struct bytes *journal, uint32_t generation, uint64_t start_sequence) {
  struct journal_said said = {0};
  struct journal_record record;
  if (journal->size < JOURNAL_HEADER ||
      checksum_of(journal->at, JOURNAL_HEADER - 4) != number_at(journal->at + JOURNAL_HEADER - 4, 4))
    return said;
  said.header = true;
  uint32_t before = (uint32_t)number_at(journal->at + JOURNAL_HEADER - 4, 4);
  uint64_t next = start_sequence;
  size_t at = JOURNAL_HEADER;
  while (journal_record_at(journal, at, &record) && record.generation == generation && record.sequence == next &&
         record.before == before) {
    at += record.size;
    next++;
    before = record.checksum;
    if (record.type < FIRST_MARK) continue;
    said.end = at; /* taken whole or not at all */
    said.sequence = record.sequence;
    said.commits++;
  }
  for (at = said.end ? said.end : JOURNAL_HEADER; at < journal->size; at++)
    if (journal_record_at(journal, at, &record) && record.generation == generation && record.sequence >= next &&
        record.durable > said.sequence)
      said.damaged = true;
  return said;
}

bool snapshot_mend(struct bytes *snapshot) {
  enum { HEADER = 24 };
  /* each frame's checksum is over all before it, from the header on, but the checksums */
  uint32_t sum = checksum_of(snapshot->at, HEADER - 4);
  for (size_t at = HEADER; snapshot->size - at >= 12;) {
    uint64_t size = number_at(snapshot->at + at + 4, 4);
    if (size > snapshot->size - at - 12) return false;
    sum = checksum_on(sum, snapshot->at + at, 8 + (size_t)size);
    at += 8 + (size_t)size;
    for (int i = 0; i < 4; i++) snapshot->at[at + i] = (unsigned char)(sum >> (8 * i));
    at += 4;
    if (size == 0) return at == snapshot->size;
    if (at > snapshot->size) return false;
  }
  return false;
}
