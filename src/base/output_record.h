/* base/output_record.h - how the queue of outputs lies in memory: blocks of records, each as long as it must be.
 *
 * Between outputs.c, which owns the queue and the outputs kept whole, and telling.c, which owns the compact ones. */
#ifndef PBK_BASE_OUTPUT_RECORD_H
#define PBK_BASE_OUTPUT_RECORD_H

#include "base/outputs.h"

/* Every record begins so, at a multiple of eight bytes. */
struct output_record {
  uint32_t size; /* of the whole record, a multiple of eight */
  uint8_t type;  /* OUTPUT_WHOLE, or the type of a compact one, to which the rest belongs */
  uint8_t word;
  uint8_t flags;
  uint8_t subject_size;
  pbk_time at;
};
enum { OUTPUT_WHOLE = 0 };

struct output_block {
  _Alignas(uint64_t) struct output_block *newer; /* so that what follows is aligned for records */
  uint32_t size, filled, taken;                  /* bytes of records; `filled` is not kept up in the newest block */
};
static inline char *output_block_bytes(struct output_block *block) {
  return (char *)(block + 1);
}

static inline struct output_record *output_block_oldest(struct output_block *block) {
  return (struct output_record *)(void *)(output_block_bytes(block) + block->taken);
}

static inline uint32_t output_block_filled(const struct outputs *outputs, const struct output_block *block) {
  return block == outputs->newest ? block->size - outputs->room_left : block->filled;
}

/* The newest block has not so much room: begins one that has. */
void pbk_outputs_new_block(struct outputs *outputs, uint32_t size);

static inline bool output_fits(const struct outputs *outputs, uint32_t size) {
  return outputs->room_left >= size;
}
/* Where it fits. */
static inline struct output_record *output_put(struct outputs *outputs, uint32_t size) {
  struct output_record *record = (struct output_record *)(void *)outputs->room;
  outputs->room += size;
  outputs->room_left -= size;
  return record;
}
static inline struct output_record *output_room(struct outputs *outputs, uint32_t size) {
  if (!output_fits(outputs, size)) pbk_outputs_new_block(outputs, size);
  return output_put(outputs, size);
}

/* Makes an output of a compact record, every byte of it. The texts lie in the record, in the names and in the letters. */
void pbk_expand_told(const struct outputs *outputs, const struct output_record *record, uint64_t seq, pbk_output *output);
/* The same for the compact records that come next in a block, at most `count`, each into `each` bytes at `to`, those beyond
 * an output cleared; they are taken. How many there were. */
uint32_t pbk_expand_row(const struct outputs *outputs, struct output_block *block, uint64_t seq, char *to, size_t each,
                        uint32_t count);

#endif
