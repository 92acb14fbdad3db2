/* base/map.c - open addressing with linear probing and backward-shift removal, at most three quarters full, and where it is
 * large at least three fifths. */
#include "base/map.h"

#include "base/array.h"
#include "base/checksum.h"
#include "base/codec.h"

/* Bytes as numbers, the same on every byte order. */
static inline uint64_t eight_at(const unsigned char *at) {
  uint64_t word = 0;
#ifdef NUMBERS_ARE_LITTLE
  memcpy(&word, at, 8);
#else
  for (int i = 0; i < 8; i++) word |= (uint64_t)at[i] << (8 * i);
#endif
  return word;
}
static inline uint64_t four_at(const unsigned char *at) {
  uint32_t word = 0;
#ifdef NUMBERS_ARE_LITTLE
  memcpy(&word, at, 4);
#else
  for (int i = 0; i < 4; i++) word |= (uint32_t)at[i] << (8 * i);
#endif
  return word;
}
/* Of less than eight: what is read twice says the same twice. */
static inline uint64_t fewer_at(const unsigned char *at, uint32_t size) {
  if (size >= 4) return four_at(at) | four_at(at + size - 4) << (8 * (size - 4));
  if (size == 0) return 0;
  return at[0] | (uint64_t)at[size / 2] << (8 * (size / 2)) | (uint64_t)at[size - 1] << (8 * (size - 1));
}

uint32_t pbk_hash_text(struct text text) {
  uint64_t hash = 0x9e3779b97f4a7c15u ^ text.size;
  const unsigned char *at = (const unsigned char *)text.bytes;
  uint32_t left = text.size;
  for (; left >= 8; at += 8, left -= 8) {
    hash = (hash ^ eight_at(at)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  hash = (hash ^ fewer_at(at, left)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 29;
  hash *= 0xff51afd7ed558ccdu;
  return (uint32_t)(hash >> 32);
}

void pbk_map_init(struct map *map, struct text (*text_of)(const void *owner, uint32_t number), const void *owner) {
  *map = (struct map){.text_of = text_of, .owner = owner};
}

void pbk_map_release(struct memory *memory, struct map *map) {
  pbk_release(memory, map->slots, (size_t)map->capacity * sizeof *map->slots);
  map->slots = NULL;
  map->capacity = map->count = 0;
}

static inline uint32_t map_behind(const struct map *map, uint32_t at) {
  return at + 1 < map->capacity ? at + 1 : 0;
}

static uint32_t map_find_slot(const struct map *map, struct text text, uint32_t hash) {
  for (uint32_t at = map_place(map, hash);; at = map_behind(map, at)) {
    const struct map_slot *slot = &map->slots[at];
    if (slot->number == MAP_NONE) return MAP_NONE;
    if (slot->hash == hash && text_equal(map->text_of(map->owner, slot->number), text)) return at;
  }
}

uint32_t pbk_map_find_hashed(const struct map *map, struct text text, uint32_t hash) {
  if (map->count == 0) return MAP_NONE;
  uint32_t at = map_find_slot(map, text, hash);
  return at == MAP_NONE ? MAP_NONE : map->slots[at].number;
}

uint32_t pbk_map_find(const struct map *map, struct text text) {
  return map->count == 0 ? MAP_NONE : pbk_map_find_hashed(map, text, pbk_hash_text(text));
}

uint32_t pbk_map_likely(const struct map *map, uint32_t hash) {
  if (map->count == 0) return MAP_NONE;
  uint32_t at = map_place(map, hash);
  while (map->slots[at].number != MAP_NONE && map->slots[at].hash != hash) at = map_behind(map, at);
  return map->slots[at].number;
}

static void map_put(struct map *map, uint32_t hash, uint32_t number) {
  uint32_t at = map_place(map, hash);
  while (map->slots[at].number != MAP_NONE) at = map_behind(map, at);
  map->slots[at] = (struct map_slot){hash, number};
}

static void map_grow(struct memory *memory, struct map *map, uint64_t capacity) {
  struct map larger = *map;
  if (capacity > UINT32_MAX || capacity * sizeof *larger.slots > SIZE_MAX) pbk_allocate(memory, SIZE_MAX); /* refused */
  larger.capacity = (uint32_t)capacity;
  larger.slots = pbk_allocate(memory, (size_t)larger.capacity * sizeof *larger.slots);
  memset(larger.slots, 0xff, (size_t)larger.capacity * sizeof *larger.slots);
  for (uint32_t i = 0; i < map->capacity; i++)
    if (map->slots[i].number != MAP_NONE) map_put(&larger, map->slots[i].hash, map->slots[i].number);
  pbk_release(memory, map->slots, (size_t)map->capacity * sizeof *map->slots);
  *map = larger;
}

static bool map_full(uint64_t capacity, uint64_t count) {
  return count * 4 > capacity * 3;
}

static void map_room(struct memory *memory, struct map *map) {
  if (map_full(map->capacity, (uint64_t)map->count + 1)) map_grow(memory, map, map_larger(map->capacity));
}

void pbk_map_add(struct memory *memory, struct map *map, struct text text, uint32_t number) {
  pbk_map_add_absent(memory, map, pbk_hash_text(text), number);
}

void pbk_map_add_absent(struct memory *memory, struct map *map, uint32_t hash, uint32_t number) {
  map_room(memory, map);
  map_put(map, hash, number);
  map->count++;
}

void pbk_map_reserve(struct memory *memory, struct map *map, uint32_t count) {
  uint64_t capacity = map_larger(0);
  while (capacity <= UINT32_MAX && map_full(capacity, count)) capacity = map_larger((uint32_t)capacity);
  if (count > 0 && capacity > map->capacity) map_grow(memory, map, capacity);
}

bool pbk_map_add_new(struct memory *memory, struct map *map, struct text text, uint32_t number) {
  return pbk_map_add_hashed(memory, map, text, pbk_hash_text(text), number);
}

bool pbk_map_add_hashed(struct memory *memory, struct map *map, struct text text, uint32_t hash, uint32_t number) {
  map_room(memory, map);
  if (map_find_slot(map, text, hash) != MAP_NONE) return false;
  map_put(map, hash, number);
  map->count++;
  return true;
}

static uint32_t map_distance(const struct map *map, uint32_t from, uint32_t to) {
  return to >= from ? to - from : to - from + map->capacity;
}

static void map_empty(struct map *map, uint32_t at) {
  map->slots[at].number = MAP_NONE;
  map->count--;
  for (uint32_t next = map_behind(map, at); map->slots[next].number != MAP_NONE; next = map_behind(map, next)) {
    uint32_t home = map_place(map, map->slots[next].hash);
    if (map_distance(map, home, next) < map_distance(map, at, next)) continue; /* it would move before its home */
    map->slots[at] = map->slots[next];
    map->slots[next].number = MAP_NONE;
    at = next;
  }
}

void pbk_map_remove(struct map *map, struct text text) {
  uint32_t at = map->count ? map_find_slot(map, text, pbk_hash_text(text)) : MAP_NONE;
  if (at != MAP_NONE) map_empty(map, at);
}

void pbk_map_remove_number(struct map *map, uint32_t hash, uint32_t number) {
  if (map->count == 0) return;
  uint32_t at = map_place(map, hash);
  while (map->slots[at].number != number) {
    if (map->slots[at].number == MAP_NONE) return;
    at = map_behind(map, at);
  }
  map_empty(map, at);
}

void pbk_map_copy(struct memory *memory, struct map *to, const struct map *from, const void *owner) {
  *to = *from;
  to->owner = owner;
  to->slots = NULL;
  if (!from->capacity) return;
  to->slots = pbk_allocate(memory, (size_t)from->capacity * sizeof *to->slots);
  memcpy(to->slots, from->slots, (size_t)from->capacity * sizeof *to->slots);
}

static struct text names_text_of(const void *owner, uint32_t number) {
  return pbk_names_text(owner, number);
}

void pbk_names_init(struct names *names, struct memory *memory) {
  *names = (struct names){.memory = memory};
  pbk_map_init(&names->map, names_text_of, names);
  pbk_arena_init(&names->arena, memory);
}

void pbk_names_release(struct names *names) {
  pbk_map_release(names->memory, &names->map);
  pbk_release(names->memory, names->texts, (size_t)names->capacity * sizeof *names->texts);
  pbk_arena_release(&names->arena);
}

uint32_t pbk_names_find(const struct names *names, struct text text) {
  return pbk_map_find(&names->map, text);
}

static inline uint32_t recent_place(struct text text) {
  const unsigned char *bytes = (const unsigned char *)text.bytes;
  uint32_t mixed = text.size ? bytes[0] + 3u * bytes[text.size / 2] + 7u * bytes[text.size - 1] : 0;
  return (mixed + 17 * text.size) % NAMES_RECENT;
}

static uint32_t intern_name(struct names *names, struct text text);

uint32_t pbk_names_intern(struct names *names, struct text text) {
  uint32_t *recent = &names->recent[recent_place(text)];
  if (*recent == 0 || *recent > names->count || !text_equal(pbk_names_text(names, *recent - 1), text))
    *recent = intern_name(names, text) + 1;
  return *recent - 1;
}

static SELDOM uint32_t intern_name(struct names *names, struct text text) {
  uint32_t number = pbk_map_find(&names->map, text);
  if (number != MAP_NONE) return number;
  number = names->count;
  if (number == names->capacity)
    names->texts = pbk_array_grow(names->memory, names->texts, &names->capacity, number + 1, sizeof *names->texts);
  char *bytes = pbk_arena_allocate(&names->arena, (size_t)text.size + 1);
  if (text.size) memcpy(bytes, text.bytes, text.size);
  bytes[text.size] = 0;
  names->texts[number] = (struct name){bytes, text.size, pbk_crc32c(0, bytes, text.size)};
  pbk_map_add(names->memory, &names->map, text, number);
  names->count++;
  return number;
}

struct names_mark pbk_names_mark(const struct names *names) {
  return (struct names_mark){names->count, pbk_arena_mark(&names->arena)};
}

void pbk_names_return(struct names *names, struct names_mark mark) {
  while (names->count > mark.count) {
    pbk_map_remove(&names->map, pbk_names_text(names, names->count - 1));
    names->count--;
  }
  pbk_arena_return(&names->arena, mark.texts);
}
