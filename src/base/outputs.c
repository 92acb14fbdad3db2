/* base/outputs.c - see outputs.h. A chain of blocks; each output is one record with its texts behind it. */
#include "base/outputs.h"

#include "base/checksum.h"
#include "base/output_code.h"
#include "base/value.h"

struct output_record {
  uint32_t size; /* with texts and alignment */
  uint32_t unused;
  pbk_output output;
};

struct output_block {
  struct output_block *newer;
  uint32_t size, filled, taken; /* bytes of records */
  uint32_t unused;
};

enum { OUTPUT_BLOCK = 32768 };

static char *block_bytes(struct output_block *block) { return (char *)(block + 1); }

void pbk_outputs_init(struct outputs *outputs, struct memory *memory) {
  *outputs = (struct outputs){.memory = memory};
  outputs->digesting.memory = memory;
}

static void release_block(struct outputs *outputs, struct output_block *block) {
  pbk_release(outputs->memory, block, sizeof *block + block->size);
}

void pbk_outputs_release(struct outputs *outputs) {
  while (outputs->oldest) {
    struct output_block *block = outputs->oldest;
    outputs->oldest = block->newer;
    release_block(outputs, block);
  }
  outputs->newest = NULL;
  pbk_writer_release(&outputs->digesting);
}

static void *make_room(struct outputs *outputs, uint32_t size) {
  struct output_block *block = outputs->newest;
  if (!block || block->size - block->filled < size) {
    uint32_t wanted = size > OUTPUT_BLOCK ? size : OUTPUT_BLOCK;
    block = pbk_allocate(outputs->memory, sizeof *block + wanted);
    *block = (struct output_block){.size = wanted};
    if (outputs->newest) outputs->newest->newer = block;
    else outputs->oldest = block;
    outputs->newest = block;
  }
  void *room = block_bytes(block) + block->filled;
  block->filled += size;
  return room;
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
  struct output_record *record;
  pbk_output copy = *output;
  size_t bytes = 0, values = 0;
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++) bytes += pbk_output_text(&copy, i)->size;
  for (uint32_t i = 0; i < copy.check_count; i++) {
    bytes += copy.checks[i].name.size + copy.checks[i].error.size;
    values += sizeof(pbk_check) + aligned(pbk_value_extent(&copy.checks[i].value));
  }
  uint32_t size = aligned(sizeof *record + values + bytes);
  record = make_room(outputs, size);
  record->size = size;
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

struct outputs_cursor pbk_outputs_cursor(const struct outputs *outputs) {
  return (struct outputs_cursor){outputs->oldest, outputs->oldest ? outputs->oldest->taken : 0};
}

const pbk_output *pbk_outputs_next(struct outputs_cursor *cursor) {
  while (cursor->at == cursor->block->filled) {
    cursor->block = cursor->block->newer;
    cursor->at = cursor->block->taken;
  }
  struct output_record *record = (struct output_record *)(void *)(block_bytes(cursor->block) + cursor->at);
  cursor->at += record->size;
  return &record->output;
}

const pbk_output *pbk_outputs_peek(struct outputs *outputs) {
  if (outputs->drained_seq >= outputs->drainable_seq) return NULL;
  struct output_block *block = outputs->oldest;
  while (block->taken == block->filled) block = block->newer;
  return &((struct output_record *)(void *)(block_bytes(block) + block->taken))->output;
}

void pbk_outputs_take(struct outputs *outputs) {
  struct output_block *block = outputs->oldest;
  while (block->taken == block->filled) block = block->newer;
  block->taken += ((struct output_record *)(void *)(block_bytes(block) + block->taken))->size;
  outputs->drained_seq++;
}

void pbk_outputs_tidy(struct outputs *outputs) {
  while (outputs->oldest && outputs->oldest->taken == outputs->oldest->filled) {
    struct output_block *block = outputs->oldest;
    if (block == outputs->newest) {
      block->filled = block->taken = 0;
      break;
    }
    outputs->oldest = block->newer;
    release_block(outputs, block);
  }
}
