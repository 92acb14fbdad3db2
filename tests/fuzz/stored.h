/* tests/fuzz/stored.h - a storage in memory made of hostile bytes, and what must hold of any engine that is opened from one.
 */
#ifndef PBK_TESTS_FUZZ_STORED_H
#define PBK_TESTS_FUZZ_STORED_H

#include <playbook/playbook.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct stored {
  struct {
    unsigned char *bytes;
    size_t size, capacity;
  } objects[PBK_OBJECTS];
  size_t out; /* bytes that engines have from us */
};

static inline void stored_reserve(struct stored *stored, pbk_object object, size_t capacity) {
  if (capacity <= stored->objects[object].capacity) return;
  stored->objects[object].capacity = capacity * 2;
  stored->objects[object].bytes = realloc(stored->objects[object].bytes, capacity * 2);
  if (!stored->objects[object].bytes) abort();
}

static inline int32_t stored_append(void *context, pbk_object object, const void *bytes, size_t size) {
  struct stored *stored = context;
  size_t at = stored->objects[object].size;
  stored_reserve(stored, object, at + size);
  memcpy(stored->objects[object].bytes + at, bytes, size);
  stored->objects[object].size += size;
  return 0;
}

static inline int32_t stored_sync(void *context, pbk_object object) {
  (void)context;
  (void)object;
  return 0;
}

static inline int32_t stored_extent(void *context, pbk_object object, uint64_t *bytes) {
  *bytes = ((struct stored *)context)->objects[object].size;
  return 0;
}

static inline int32_t stored_read(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size) {
  struct stored *stored = context;
  if (offset > stored->objects[object].size || size > stored->objects[object].size - offset) abort();
  if (size) memcpy(bytes, stored->objects[object].bytes + offset, size);
  return 0;
}

static inline int32_t stored_truncate(void *context, pbk_object object, uint64_t extent) {
  struct stored *stored = context;
  if (extent > stored->objects[object].size) abort();
  stored->objects[object].size = (size_t)extent;
  return 0;
}

static inline void *stored_allocate(void *context, void *pointer, size_t old_size, size_t new_size) {
  struct stored *stored = context;
  stored->out += new_size - old_size;
  if (new_size == 0) {
    free(pointer);
    return NULL;
  }
  void *moved = realloc(pointer, new_size);
  if (!moved) abort();
  return moved;
}

static inline pbk_storage stored_callbacks(struct stored *stored) {
  return (pbk_storage){.size = sizeof(pbk_storage),
                       .context = stored,
                       .append = stored_append,
                       .sync = stored_sync,
                       .extent = stored_extent,
                       .read = stored_read,
                       .truncate = stored_truncate};
}

static inline void stored_release(struct stored *stored) {
  for (int i = 0; i < PBK_OBJECTS; i++) free(stored->objects[i].bytes);
  memset(stored, 0, sizeof *stored);
}

static inline pbk_status stored_open(struct stored *stored, uint32_t flags, pbk_engine **engine) {
  pbk_storage storage = stored_callbacks(stored);
  pbk_config config = {.size = sizeof config,
                       .allocate = stored_allocate,
                       .allocate_context = stored,
                       .memory_budget = UINT64_C(1) << 28,
                       .storage = &storage};
  pbk_open_options options = {.size = sizeof options, .flags = flags};
  pbk_opening opening = {.size = sizeof opening};
  *engine = NULL;
  pbk_status status = pbk_engine_open(&config, &options, &opening, engine);
  if (status != opening.status || (status == PBK_OK) != (*engine != NULL)) abort();
  if (status != PBK_OK && (stored->out || !opening.message_size || opening.message_size > PBK_OPENING_MESSAGE)) abort();
  return status;
}

/* Drains everything; seq must have no holes. */
static inline void stored_drain(pbk_engine *engine) {
  pbk_output outputs[8];
  uint32_t count = 0;
  uint64_t last = 0;
  while (pbk_drain(engine, outputs, sizeof outputs[0], 8, &count) == PBK_OK && count > 0) {
    for (uint32_t i = 0; i < count; i++) {
      if (last && outputs[i].seq != last + 1) abort();
      last = outputs[i].seq;
    }
  }
}

/* Whatever is opened, works, and is the same when it is opened again. */
static inline void stored_try(struct stored *stored) {
  static const char *const lines[] = {
    "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"login\"}",
    "{\"type\":\"identify\",\"userId\":\"u9\",\"traits\":{\"n\":4}}", "{\"type\":\"delete\",\"userId\":\"u1\"}",
    "{\"type\":\"approve\",\"message\":1}",
    "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"p\",\"when\":\"contact.traits.n > 3\"}"};
  pbk_engine *engine;
  if (stored_open(stored, PBK_OPEN_READ_ONLY, &engine) == PBK_OK) {
    if (pbk_commit(engine) != PBK_ERR_CLOSED) abort();
    stored_drain(engine);
    pbk_engine_destroy(engine);
    if (stored->out) abort();
  }
  if (stored_open(stored, 0, &engine) != PBK_OK) return;
  unsigned char before[16], after[16];
  for (uint32_t life = 0; life < 2; life++) {
    stored_drain(engine);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
      pbk_status status = pbk_feed_line(engine, lines[i], strlen(lines[i]));
      if (status == PBK_ERR_NO_MEMORY) goto end;
      if (status < 0 && status != PBK_ERR_REFUSED) abort();
    }
    pbk_time due = pbk_next_due(engine);
    if (due != PBK_NO_TIME && pbk_advance(engine, due, 1000) < 0) goto end;
    pbk_status status = life ? pbk_snapshot(engine, 0) : pbk_commit(engine);
    if (status == PBK_ERR_NO_MEMORY) goto end;
    if (status != PBK_OK || pbk_state_digest(engine, before) != PBK_OK) abort();
    pbk_engine_destroy(engine);
    if (stored->out) abort();
    status = stored_open(stored, PBK_OPEN_EXISTING, &engine);
    if (status == PBK_ERR_NO_MEMORY) return;
    if (status != PBK_OK || pbk_state_digest(engine, after) != PBK_OK || memcmp(before, after, sizeof before) != 0) abort();
  }
end:
  pbk_engine_destroy(engine);
  if (stored->out) abort();
}

/* Copies what can be trusted; what comes of it can be opened. */
static inline void stored_salvage(struct stored *from) {
  struct stored to = {0};
  pbk_storage source = stored_callbacks(from), target = stored_callbacks(&to);
  pbk_config config = {
    .size = sizeof config, .allocate = stored_allocate, .allocate_context = &to, .memory_budget = UINT64_C(1) << 28};
  pbk_opening opening = {.size = sizeof opening};
  pbk_engine *engine;
  pbk_status status = pbk_salvage(&config, &source, &target, &opening);
  if (status != opening.status || to.out) abort();
  if (status == PBK_OK) {
    if (stored_open(&to, 0, &engine) == PBK_ERR_CORRUPT) abort();
    pbk_engine_destroy(engine);
  }
  stored_release(&to);
}

/* ---- checksums put right, so that the bytes behind them are looked at ---- */

static inline uint32_t stored_checksum(uint32_t before, const unsigned char *bytes, size_t size) {
  uint32_t sum = ~before;
  for (size_t i = 0; i < size; i++) {
    sum ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78u : 0);
  }
  return ~sum;
}

static inline void stored_put(unsigned char *at, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(number >> (8 * i));
}

static inline uint64_t stored_get(const unsigned char *at, int bytes) {
  uint64_t number = 0;
  for (int i = bytes - 1; i >= 0; i--) number = number << 8 | at[i];
  return number;
}

#endif
