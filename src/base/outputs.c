/* base/outputs.c - see outputs.h. A chain of blocks of records; an output kept whole is one with its texts behind it. */
#include "base/outputs.h"

#include "base/checksum.h"
#include "base/output_code.h"
#include "base/output_record.h"
#include "base/value.h"

struct whole_record {
  struct output_record head;
  pbk_output output;
};

enum { OUTPUT_BLOCK = 32768 };

void pbk_outputs_init(struct outputs *outputs, struct memory *memory, const struct names *names) {
  *outputs = (struct outputs){.memory = memory, .names = names};
  outputs->digesting.memory = memory;
  pbk_letters_init(&outputs->letters, memory, names);
}

static void release_block(struct outputs *outputs, struct output_block *block) {
  pbk_release(outputs->memory, block, sizeof *block + block->size);
}

static void release_blocks(struct outputs *outputs, struct output_block *block) {
  while (block) {
    struct output_block *newer = block->newer;
    release_block(outputs, block);
    block = newer;
  }
}

void pbk_outputs_release(struct outputs *outputs) {
  release_blocks(outputs, outputs->oldest);
  release_blocks(outputs, outputs->spare);
  outputs->oldest = outputs->newest = outputs->spare = NULL;
  outputs->room_left = 0;
  outputs->spare_bytes = 0;
  pbk_writer_release(&outputs->digesting);
  pbk_letters_release(&outputs->letters);
}

static struct output_block *take_spare(struct outputs *outputs) {
  struct output_block *block = outputs->spare;
  outputs->spare = block->newer;
  outputs->spare_bytes -= block->size;
  return block;
}

/* All of the newest block is room. */
static void empty_newest(struct outputs *outputs) {
  outputs->newest->taken = 0;
  outputs->room = output_block_bytes(outputs->newest);
  outputs->room_left = outputs->newest->size;
}

void pbk_outputs_new_block(struct outputs *outputs, uint32_t size) {
  struct output_block *block;
  if (outputs->spare && size <= OUTPUT_BLOCK) {
    block = take_spare(outputs);
  } else {
    uint32_t wanted = size > OUTPUT_BLOCK ? size : OUTPUT_BLOCK;
    block = pbk_allocate(outputs->memory, sizeof *block + wanted);
    block->size = wanted;
  }
  block->newer = NULL;
  if (outputs->newest) {
    outputs->newest->filled = output_block_filled(outputs, outputs->newest);
    outputs->newest->newer = block;
  } else {
    outputs->oldest = block;
  }
  outputs->newest = block;
  empty_newest(outputs);
}

/* Some blocks wait for the next outputs, in proportion to what the engine has. */
static void put_by(struct outputs *outputs, struct output_block *block) {
  enum { SHARE = 16 };
  if (block->size != OUTPUT_BLOCK) {
    release_block(outputs, block);
    return;
  }
  block->newer = outputs->spare;
  outputs->spare = block;
  outputs->spare_bytes += block->size;
  while (outputs->spare && outputs->spare_bytes > outputs->memory->used / SHARE) release_block(outputs, take_spare(outputs));
}

static uint32_t aligned(size_t size) { return (uint32_t)((size + 7) & ~(size_t)7); }

static void copy_text(char **at, pbk_text *text) {
  if (!text->bytes) return;
  if (text->size) memcpy(*at, text->bytes, text->size);
  text->bytes = *at;
  *at += text->size;
}

/* Copies it whole; `seq` as given. */
static const pbk_output *keep(struct outputs *outputs, const pbk_output *output) {
  struct whole_record *record;
  pbk_output copy = *output;
  size_t bytes = 0, values = 0;
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++) bytes += pbk_output_text(&copy, i)->size;
  for (uint32_t i = 0; i < copy.check_count; i++) {
    bytes += copy.checks[i].name.size + copy.checks[i].error.size;
    values += sizeof(pbk_check) + aligned(pbk_value_extent(&copy.checks[i].value));
  }
  uint32_t size = aligned(sizeof *record + values + bytes);
  record = (struct whole_record *)output_room(outputs, size);
  record->head = (struct output_record){.size = size, .type = OUTPUT_WHOLE, .at = copy.at};
  record->output = copy;
  char *at = (char *)(record + 1);
  if (copy.check_count) {
    pbk_check *checks = (pbk_check *)(void *)at;
    memcpy(checks, copy.checks, copy.check_count * sizeof *checks);
    record->output.checks = checks;
    at += copy.check_count * sizeof *checks;
    for (uint32_t i = 0; i < copy.check_count; i++) {
      uint32_t extent = aligned(pbk_value_extent(&checks[i].value));
      checks[i].value = pbk_value_copy_into(at, &checks[i].value);
      at += extent;
    }
    for (uint32_t i = 0; i < copy.check_count; i++) {
      copy_text(&at, &checks[i].name);
      copy_text(&at, &checks[i].error);
    }
  }
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++) copy_text(&at, pbk_output_text(&record->output, i));
  record->output.size = sizeof record->output;
  return &record->output;
}

static void digest(struct outputs *outputs, const pbk_output *output) {
  struct coder coder = {.writer = &outputs->digesting};
  pbk_output copy = *output;
  outputs->digesting.size = 0;
  pbk_code_output(&coder, &copy);
  outputs->digest = pbk_crc32c(outputs->digest, outputs->digesting.bytes, outputs->digesting.size);
}

void pbk_outputs_add(struct outputs *outputs, const pbk_output *output) {
  pbk_output numbered = *output;
  numbered.seq = outputs->last_seq + 1;
  const pbk_output *kept = keep(outputs, &numbered);
  if (outputs->digested) digest(outputs, kept);
  outputs->last_seq++;
}

void pbk_outputs_restore(struct outputs *outputs, const pbk_output *output) { keep(outputs, output); }

void pbk_outputs_pass(struct outputs *outputs, uint64_t seq) {
  if (seq > outputs->drainable_seq) outputs->drainable_seq = seq;
  while (outputs->drained_seq < seq && outputs->drained_seq < outputs->last_seq) pbk_outputs_take(outputs);
  pbk_outputs_tidy(outputs);
}

static inline void expand(const struct outputs *outputs, const struct output_record *record, uint64_t seq,
                          pbk_output *output) {
  if (record->type != OUTPUT_WHOLE) {
    pbk_expand_told(outputs, record, seq, output);
    return;
  }
  *output = ((const struct whole_record *)record)->output;
  output->seq = seq;
}

struct outputs_cursor pbk_outputs_cursor(const struct outputs *outputs) {
  uint32_t at = outputs->oldest ? outputs->oldest->taken : 0;
  return (struct outputs_cursor){outputs, outputs->oldest, at, outputs->drained_seq};
}

void pbk_outputs_next(struct outputs_cursor *cursor, pbk_output *output) {
  while (cursor->at == output_block_filled(cursor->outputs, cursor->block)) {
    cursor->block = cursor->block->newer;
    cursor->at = cursor->block->taken;
  }
  const struct output_record *record =
    (const struct output_record *)(const void *)(output_block_bytes(cursor->block) + cursor->at);
  cursor->at += record->size;
  expand(cursor->outputs, record, ++cursor->seq, output);
}

/* The block of the oldest record; there is one. */
static inline struct output_block *oldest_block(const struct outputs *outputs) {
  struct output_block *block = outputs->oldest;
  while (block->taken == output_block_filled(outputs, block)) block = block->newer;
  return block;
}

bool pbk_outputs_peek(struct outputs *outputs, pbk_output *output) {
  if (outputs->drained_seq >= outputs->drainable_seq) return false;
  expand(outputs, output_block_oldest(oldest_block(outputs)), outputs->drained_seq + 1, output);
  return true;
}

void pbk_outputs_take(struct outputs *outputs) {
  struct output_block *block = oldest_block(outputs);
  block->taken += output_block_oldest(block)->size;
  outputs->drained_seq++;
}

uint32_t pbk_outputs_give(struct outputs *outputs, void *to, size_t each, uint32_t capacity) {
  if (outputs->drained_seq >= outputs->drainable_seq) return 0;
  uint64_t seq = outputs->drained_seq + 1, waiting = outputs->drainable_seq - outputs->drained_seq;
  uint32_t count = waiting < capacity ? (uint32_t)waiting : capacity, given = 0;
  struct output_block *block = outputs->oldest;
  while (given < count) {
    char *at = (char *)to + given * each;
    while (block->taken == output_block_filled(outputs, block)) block = block->newer;
    uint32_t row = pbk_expand_row(outputs, block, seq + given, at, each, count - given);
    given += row;
    if (row > 0) continue;
    const struct output_record *record = output_block_oldest(block);
    memset(at + sizeof(pbk_output), 0, each - sizeof(pbk_output));
    expand(outputs, record, seq + given++, (pbk_output *)(void *)at);
    block->taken += record->size;
  }
  outputs->drained_seq += given;
  return given;
}

void pbk_outputs_tidy(struct outputs *outputs) {
  while (outputs->oldest && outputs->oldest->taken == output_block_filled(outputs, outputs->oldest)) {
    struct output_block *block = outputs->oldest;
    if (block == outputs->newest) {
      empty_newest(outputs);
      break;
    }
    outputs->oldest = block->newer;
    put_by(outputs, block);
  }
}
