/* engine/seen.c - messageIds seen before (SPEC E8); declared in engine.h. */
#include "base/number.h"
#include "engine/engine.h"

static struct text seen_id(const void *owner, uint32_t number) {
  const struct seen *seen = owner;
  return seen_text(&seen->items.items[number - seen->offset]);
}

void pbk_seen_init(struct pbk_engine *engine) {
  pbk_map_init(&engine->seen.map, seen_id, &engine->seen);
  engine->seen.kept_for = PBK_DAY;
}

static void drop_oldest(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  struct seen_block *block = seen->oldest;
  seen->oldest = block->next;
  if (!seen->oldest) seen->newest = NULL;
  pbk_release(&engine->memory, block, sizeof *block);
}

void pbk_seen_release(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  while (seen->oldest) drop_oldest(engine);
  array_release(&engine->memory, &seen->items);
  pbk_map_release(&engine->memory, &seen->map);
}

SELDOM static struct seen_block *begin_block(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  struct seen_block *block = pbk_allocate(&engine->memory, sizeof *block);
  block->next = NULL;
  block->used = 0;
  if (seen->newest)
    seen->newest->next = block;
  else
    seen->oldest = block;
  return seen->newest = block;
}

static inline const char *keep_bytes(struct pbk_engine *engine, struct text id, uint32_t number) {
  struct seen_block *block = engine->seen.newest;
  if (!block || id.size > SEEN_BLOCK - block->used) block = begin_block(engine);
  char *copy = block->bytes + block->used;
  copy_bytes((unsigned char *)copy, (const unsigned char *)id.bytes, id.size);
  block->used += id.size;
  block->last = number;
  return copy;
}

static void forget_id(struct seen *seen, uint32_t place) {
  struct seen_message *message = &seen->items.items[place];
  if (!message->bytes) return; /* accepted again since */
  pbk_map_remove_number(&seen->map, message->hash, seen->offset + place);
  message->bytes = NULL;
  message->size = 0;
}

SELDOM static void forget_places(struct seen *seen) {
  memmove(seen->items.items, seen->items.items + seen->first, (seen->items.count - seen->first) * sizeof *seen->items.items);
  seen->items.count -= seen->first;
  seen->offset += seen->first;
  seen->first = 0;
}

static inline void forget_first(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  forget_id(seen, seen->first);
  if (seen->oldest->last == seen->offset + seen->first) drop_oldest(engine);
  seen->first++;
}

/* Ids are kept for longer than a short window asks, so that lengthening it does not depend on what was forgotten meanwhile.
 */
static inline void forget_old(struct pbk_engine *engine) {
  enum { FORGOTTEN_LEAST = 1024 };
  struct seen *seen = &engine->seen;
  while (seen->first < seen->items.count &&
         engine->context.now >= saturating_add(seen->items.items[seen->first].accepted_at, seen->kept_for))
    forget_first(engine);
  if (seen->first >= FORGOTTEN_LEAST && seen->first >= seen->items.count / 2) forget_places(seen);
}

void pbk_set_dedupe_window(struct pbk_engine *engine, pbk_duration window) {
  forget_old(engine);
  engine->dedupe_window = window;
  if (window > engine->seen.kept_for) engine->seen.kept_for = window;
}

bool pbk_seen_before(struct pbk_engine *engine, struct message_id id, uint32_t *kept) {
  forget_old(engine); /* accepted in the order of time, so the oldest come first */
  struct seen *seen = &engine->seen;
  uint32_t number = *kept = pbk_map_find_hashed(&seen->map, id.text, id.hash);
  if (number == MAP_NONE) return false;
  return engine->context.now < saturating_add(seen->items.items[number - seen->offset].accepted_at, engine->dedupe_window);
}

void pbk_keep_message(struct pbk_engine *engine, struct message_id id, pbk_time accepted_at) {
  struct seen *seen = &engine->seen;
  const uint32_t number = seen->offset + seen->items.count;
  struct seen_message message = {accepted_at, keep_bytes(engine, id.text, number), id.text.size, id.hash};
  array_push(&engine->memory, &seen->items, message);
  pbk_map_add_absent(&engine->memory, &seen->map, id.hash, number);
}

void pbk_remember_message(struct pbk_engine *engine, struct message_id id, uint32_t kept) {
  struct seen *seen = &engine->seen;
  if (kept != MAP_NONE) forget_id(seen, kept - seen->offset); /* past its window, which may be shorter than ids are kept */
  pbk_keep_message(engine, id, engine->context.now);
}

uint64_t pbk_seen_growth(const struct seen *seen, uint32_t soon) {
  enum { SMALL = 1024 };
  const uint32_t items = seen->items.capacity;
  uint64_t bytes = pbk_map_growth(&seen->map);
  if (items >= SMALL && items - seen->items.count <= soon)
    bytes += ((uint64_t)items + items / 2) * sizeof *seen->items.items;
  return bytes;
}

void pbk_fetch_seen(const struct pbk_engine *engine, uint32_t hash) {
  enum { LATER = 16 };
  const struct seen *seen = &engine->seen;
  map_prefetch(&seen->map, hash);
  if (seen->items.count - seen->first > LATER) map_prefetch(&seen->map, seen->items.items[seen->first + LATER].hash);
}
