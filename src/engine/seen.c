/* engine/seen.c - messageIds seen before (SPEC E8); declared in engine.h. */
#include "base/number.h"
#include "engine/engine.h"

static struct text seen_id(const void *owner, uint32_t number) {
  const struct seen *seen = owner;
  return seen->items.items[number - seen->offset].id;
}

void pbk_seen_init(struct pbk_engine *engine) {
  pbk_map_init(&engine->seen.map, seen_id, &engine->seen);
  engine->seen.kept_for = PBK_DAY;
}

void pbk_seen_release(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  for (uint32_t i = seen->first; i < seen->items.count; i++)
    pbk_release(&engine->memory, (void *)(uintptr_t)seen->items.items[i].id.bytes, seen->items.items[i].id.size);
  array_release(&engine->memory, &seen->items);
  pbk_map_release(&engine->memory, &seen->map);
}

static void forget_id(struct pbk_engine *engine, struct seen_message *message) {
  if (!message->id.bytes) return; /* accepted again since */
  pbk_map_remove(&engine->seen.map, message->id);
  pbk_release(&engine->memory, (void *)(uintptr_t)message->id.bytes, message->id.size);
  message->id = NO_TEXT;
}

/* Ids are kept for longer than a short window asks, so that lengthening it does not depend on what was forgotten meanwhile. */
static void forget_old(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  while (seen->first < seen->items.count &&
         engine->context.now >= saturating_add(seen->items.items[seen->first].accepted_at, seen->kept_for))
    forget_id(engine, &seen->items.items[seen->first++]);
  if (seen->first < 1024 || seen->first < seen->items.count / 2) return;
  memmove(seen->items.items, seen->items.items + seen->first,
          (seen->items.count - seen->first) * sizeof *seen->items.items);
  seen->items.count -= seen->first;
  seen->offset += seen->first;
  seen->first = 0;
}

void pbk_set_dedupe_window(struct pbk_engine *engine, pbk_duration window) {
  forget_old(engine);
  engine->dedupe_window = window;
  if (window > engine->seen.kept_for) engine->seen.kept_for = window;
}

bool pbk_seen_before(struct pbk_engine *engine, struct text id) {
  forget_old(engine); /* accepted in the order of time, so the oldest come first */
  struct seen *seen = &engine->seen;
  uint32_t number = pbk_map_find(&seen->map, id);
  if (number == MAP_NONE) return false;
  struct seen_message *message = &seen->items.items[number - seen->offset];
  return engine->context.now < saturating_add(message->accepted_at, engine->dedupe_window);
}

void pbk_remember_message(struct pbk_engine *engine, struct text id) {
  struct seen *seen = &engine->seen;
  uint32_t before = pbk_map_find(&seen->map, id);
  if (before != MAP_NONE) forget_id(engine, &seen->items.items[before - seen->offset]); /* past its window */
  char *copy = pbk_allocate(&engine->memory, id.size);
  memcpy(copy, id.bytes, id.size);
  struct seen_message message = {engine->context.now, {copy, id.size}};
  array_push(&engine->memory, &seen->items, message);
  pbk_map_add(&engine->memory, &seen->map, message.id, seen->offset + seen->items.count - 1);
}
