/* audience/readers.c - see readers.h. */
#include "audience/readers.h"

static int compare_reads(struct cel_read a, struct cel_read b) {
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.slot != b.slot) return a.slot < b.slot ? -1 : 1;
  return a.number < b.number ? -1 : a.number > b.number;
}

/* Builds the table anew. Room for it is made before anything changes. */
static void index_things(struct readers *readers) {
  memset(readers->table.items, 0, readers->table.count * sizeof *readers->table.items);
  for (uint32_t i = 0, next; i < readers->items.count; i = next) {
    uint64_t thing = thing_of(readers->reads.items[i]);
    uint32_t mask = readers->table.count - 1, at = thing_home(thing, mask);
    for (next = i + 1; next < readers->items.count && thing_of(readers->reads.items[next]) == thing;) next++;
    while (readers->table.items[at].count) at = (at + 1) & mask;
    readers->table.items[at] = (struct read_thing){thing, i, next - i};
  }
}

/* Where a reader stands, or would stand. */
static uint32_t place_of(const struct readers *readers, struct cel_read read, uint32_t audience) {
  uint32_t low = 0, high = readers->items.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare_reads(readers->reads.items[middle], read);
    if (order < 0 || (order == 0 && readers->items.items[middle].audience < audience)) low = middle + 1;
    else high = middle;
  }
  return low;
}

void pbk_readers_add(struct memory *memory, struct readers *readers, const struct cel_program *program, int32_t of, uint32_t audience) {
  uint32_t count = pbk_cel_read_count(program), places = 16;
  while (places < 2 * (readers->items.count + count)) places *= 2;
  array_reserve(memory, &readers->table, places);
  array_reserve(memory, &readers->items, readers->items.count + count);
  array_reserve(memory, &readers->reads, readers->items.count + count);
  for (uint32_t i = 0; i < count; i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    int64_t quiet_for = read.kind == CEL_READS_SERIES ? pbk_cel_quiet_for(program, read.slot, read.number) : 0;
    struct read_by reader = {audience, of, quiet_for > 0 ? quiet_for : 0};
    uint32_t at = place_of(readers, read, audience);
    array_insert(memory, &readers->items, at, reader);
    array_insert(memory, &readers->reads, at, read);
  }
  if (readers->table.count < places) readers->table.count = places;
  index_things(readers);
}

void pbk_readers_remove(struct readers *readers, uint32_t audience) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < readers->items.count; i++) {
    if (readers->items.items[i].audience == audience) continue;
    readers->reads.items[kept] = readers->reads.items[i];
    readers->items.items[kept++] = readers->items.items[i];
  }
  if (kept == readers->items.count) return;
  readers->items.count = readers->reads.count = kept;
  index_things(readers);
}

void pbk_readers_release(struct memory *memory, struct readers *readers) {
  array_release(memory, &readers->items);
  array_release(memory, &readers->reads);
  array_release(memory, &readers->table);
}
