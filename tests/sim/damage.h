/* tests/sim/damage.h - what journal_model.c tells damage.c. */
#ifndef PBK_TESTS_SIM_DAMAGE_H
#define PBK_TESTS_SIM_DAMAGE_H

#include "crashes.h"

enum { JOURNAL_HEADER = 24, RECORD_HEAD = 28, RECORD_LEAST = RECORD_HEAD + 1 + 4, FIRST_MARK = 100 };

struct journal_record {
  size_t at, size;
  uint32_t generation, before, checksum;
  uint64_t sequence, durable;
  uint8_t type; /* FIRST_MARK and above end what is taken whole or not at all */
};
bool journal_record_at(const struct bytes *journal, size_t at, struct journal_record *record);

struct journal_said {
  bool header;  /* is whole */
  bool damaged; /* something that was durable does not follow what does */
  uint32_t commits;
  size_t end;        /* of what is taken; the rest is torn off unless it is damaged */
  uint64_t sequence; /* of the last record taken */
};
struct journal_said journal_read(const struct bytes *journal, uint32_t generation, uint64_t start_sequence);

/* Puts the checksums of a snapshot's frames right; false where they do not end where it does. */
bool snapshot_mend(struct bytes *snapshot);

#endif
