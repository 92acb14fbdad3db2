/* engine/seen.c - messageIds seen before (SPEC E8); declared in engine.h. */
#include "engine/engine.h"

static struct text seen_id(const void *owner, uint32_t number) {
  const struct seen *seen = owner;
  return seen->items.items[number - seen->offset].id;
}

void pbk_seen_init(struct pbk_engine *engine) { pbk_map_init(&engine->seen.map, seen_id, &engine->seen); }

void pbk_seen_release(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  for (uint32_t i = seen->first; i < seen->items.count; i++)
    pbk_release(&engine->memory, (void *)(uintptr_t)seen->items.items[i].id.bytes, seen->items.items[i].id.size);
  array_release(&engine->memory, &seen->items);
  pbk_map_release(&engine->memory, &seen->map);
}

static bool counts(const struct pbk_engine *engine, const struct seen_message *message) {
  return engine->context.now < saturating_add(message->accepted_at, engine->dedupe_window);
}

static void forget_old(struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  while (seen->first < seen->items.count && !counts(engine, &seen->items.items[seen->first])) {
    struct text id = seen->items.items[seen->first].id;
    pbk_map_remove(&seen->map, id);
    pbk_release(&engine->memory, (void *)(uintptr_t)id.bytes, id.size);
    seen->first++;
  }
  if (seen->first < 1024 || seen->first < seen->items.count / 2) return;
  memmove(seen->items.items, seen->items.items + seen->first,
          (seen->items.count - seen->first) * sizeof *seen->items.items);
  seen->items.count -= seen->first;
  seen->offset += seen->first;
  seen->first = 0;
}

bool pbk_seen_before(struct pbk_engine *engine, struct text id) {
  forget_old(engine); /* accepted in the order of time, so the oldest come first */
  return pbk_map_find(&engine->seen.map, id) != MAP_NONE;
}

void pbk_remember_message(struct pbk_engine *engine, struct text id) {
  struct seen *seen = &engine->seen;
  char *copy = pbk_allocate(&engine->memory, id.size);
  memcpy(copy, id.bytes, id.size);
  struct seen_message message = {engine->context.now, {copy, id.size}};
  array_push(&engine->memory, &seen->items, message);
  pbk_map_add(&engine->memory, &seen->map, message.id, seen->offset + seen->items.count - 1);
}
