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

static void release_id(struct pbk_engine *engine, const struct seen_message *message) {
  pbk_release(&engine->memory, (void *)(uintptr_t)message->bytes, message->size);
}

void pbk_seen_release(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  for (uint32_t i = seen->first; i < seen->items.count; i++) release_id(engine, &seen->items.items[i]);
  array_release(&engine->memory, &seen->items);
  pbk_map_release(&engine->memory, &seen->map);
}

static void forget_id(struct pbk_engine *engine, uint32_t place) {
  struct seen *seen = &engine->seen;
  struct seen_message *message = &seen->items.items[place];
  if (!message->bytes) return; /* accepted again since */
  pbk_map_remove_number(&seen->map, message->hash, seen->offset + place);
  release_id(engine, message);
  message->bytes = NULL;
  message->size = 0;
}

SELDOM static void forget_places(struct seen *seen) {
  memmove(seen->items.items, seen->items.items + seen->first, (seen->items.count - seen->first) * sizeof *seen->items.items);
  seen->items.count -= seen->first;
  seen->offset += seen->first;
  seen->first = 0;
}

/* Ids are kept for longer than a short window asks, so that lengthening it does not depend on what was forgotten meanwhile.
 */
static inline void forget_old(struct pbk_engine *engine) {
  enum { FORGOTTEN_LEAST = 1024 };
  struct seen *seen = &engine->seen;
  while (seen->first < seen->items.count &&
         engine->context.now >= saturating_add(seen->items.items[seen->first].accepted_at, seen->kept_for))
    forget_id(engine, seen->first++);
  if (seen->first >= FORGOTTEN_LEAST && seen->first >= seen->items.count / 2) forget_places(seen);
}

void pbk_set_dedupe_window(struct pbk_engine *engine, pbk_duration window) {
  forget_old(engine);
  engine->dedupe_window = window;
  if (window > engine->seen.kept_for) engine->seen.kept_for = window;
}

bool pbk_seen_before(struct pbk_engine *engine, struct message_id id) {
  forget_old(engine); /* accepted in the order of time, so the oldest come first */
  struct seen *seen = &engine->seen;
  uint32_t number = pbk_map_find_hashed(&seen->map, id.text, id.hash);
  if (number == MAP_NONE) return false;
  return engine->context.now < saturating_add(seen->items.items[number - seen->offset].accepted_at, engine->dedupe_window);
}

/* One that is past its window, which may be shorter than ids are kept, gives its place to itself. */
SELDOM static void replace_id(struct pbk_engine *engine, struct message_id id, uint32_t number) {
  struct seen *seen = &engine->seen;
  forget_id(engine, pbk_map_find_hashed(&seen->map, id.text, id.hash) - seen->offset);
  pbk_map_add_hashed(&engine->memory, &seen->map, id.text, id.hash, number);
}

void pbk_remember_message(struct pbk_engine *engine, struct message_id id) {
  struct seen *seen = &engine->seen;
  char *copy = pbk_allocate(&engine->memory, id.text.size);
  memcpy(copy, id.text.bytes, id.text.size);
  struct seen_message message = {engine->context.now, copy, id.text.size, id.hash};
  array_push(&engine->memory, &seen->items, message);
  const uint32_t number = seen->offset + seen->items.count - 1;
  if (!pbk_map_add_hashed(&engine->memory, &seen->map, id.text, id.hash, number)) replace_id(engine, id, number);
}

void pbk_fetch_seen(const struct pbk_engine *engine, uint32_t hash) {
  enum { LATER = 16 };
  const struct seen *seen = &engine->seen;
  map_prefetch(&seen->map, hash);
  if (seen->items.count - seen->first > LATER) map_prefetch(&seen->map, seen->items.items[seen->first + LATER].hash);
}
