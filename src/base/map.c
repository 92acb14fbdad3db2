/* base/map.c - open addressing with linear probing and backward-shift removal, in parts that are at most four fifths
 * full.
 *
 * The more texts, the more parts (linear hashing): whenever there are so many that it is too many for each on average, the
 * next one is divided into two. So no single text ever makes more move than are in one part, and no block is large. */
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

enum {
  PART_LEAST = 16,  /* slots */
  PART_SMALL = 512, /* slots; doubled until there are so many */
  PART_TEXTS = 640  /* for each part on average: so many, and the next is divided */
};

/* How many slots a part grows to from so many: by the four sizes for each doubling that blocks have. */
static uint64_t larger_part(uint64_t capacity) {
  if (capacity < PART_SMALL) return capacity == 0 ? PART_LEAST : capacity * 2;
  uint64_t step = PART_SMALL / 4;
  while (step * 8 <= capacity) step *= 2;
  return capacity + step;
}
static bool part_full(uint64_t capacity, uint64_t count) {
  return count * 5 > capacity * 4;
}
static uint64_t capacity_for(uint64_t count) {
  uint64_t capacity = larger_part(0);
  while (part_full(capacity, count)) capacity = larger_part(capacity);
  return capacity;
}

static struct map_part empty_part(struct map_slot *slots, uint64_t capacity) {
  memset(slots, 0xff, (size_t)capacity * sizeof *slots);
  return (struct map_part){slots, (uint32_t)capacity, 0};
}
static struct map_part new_part(struct memory *memory, uint64_t capacity) {
  if (capacity > UINT32_MAX || capacity > SIZE_MAX / sizeof(struct map_slot)) pbk_allocate(memory, SIZE_MAX); /* refused */
  return empty_part(pbk_allocate(memory, (size_t)capacity * sizeof(struct map_slot)), capacity);
}
static void release_part(struct memory *memory, struct map_part *part) {
  pbk_release(memory, part->slots, (size_t)part->capacity * sizeof *part->slots);
}

void pbk_map_release(struct memory *memory, struct map *map) {
  for (uint32_t i = 0; i < map->part_count; i++) release_part(memory, &map->parts[i]);
  pbk_release(memory, map->parts, (size_t)map->part_capacity * sizeof *map->parts);
  pbk_map_init(map, map->text_of, map->owner);
}

static inline uint32_t part_behind(const struct map_part *part, uint32_t at) {
  return at + 1 < part->capacity ? at + 1 : 0;
}

static inline uint32_t find_slot(const struct map *map, const struct map_part *part, struct text text, uint32_t hash) {
  for (uint32_t at = map_place(part, hash);; at = part_behind(part, at)) {
    const struct map_slot *slot = &part->slots[at];
    if (slot->number == MAP_NONE) return MAP_NONE;
    if (slot->hash == hash && text_equal(map->text_of(map->owner, slot->number), text)) return at;
  }
}

uint32_t pbk_map_find_hashed(const struct map *map, struct text text, uint32_t hash) {
  if (map->count == 0) return MAP_NONE;
  const struct map_part *part = map_part_of(map, hash);
  uint32_t at = find_slot(map, part, text, hash);
  return at == MAP_NONE ? MAP_NONE : part->slots[at].number;
}

uint32_t pbk_map_find(const struct map *map, struct text text) {
  return map->count == 0 ? MAP_NONE : pbk_map_find_hashed(map, text, pbk_hash_text(text));
}

uint32_t pbk_map_likely(const struct map *map, uint32_t hash) {
  if (map->count == 0) return MAP_NONE;
  const struct map_part *part = map_part_of(map, hash);
  uint32_t at = map_place(part, hash);
  while (part->slots[at].number != MAP_NONE && part->slots[at].hash != hash) at = part_behind(part, at);
  return part->slots[at].number;
}

static void part_put(struct map_part *part, uint32_t hash, uint32_t number) {
  uint32_t at = map_place(part, hash);
  while (part->slots[at].number != MAP_NONE) at = part_behind(part, at);
  part->slots[at] = (struct map_slot){hash, number};
  part->count++;
}

static void move_part(struct map_part *to, struct map_part *from) {
  for (const struct map_slot *slot = from->slots; slot < from->slots + from->capacity; slot++)
    if (slot->number != MAP_NONE) part_put(to, slot->hash, slot->number);
}

static void grow_part(struct memory *memory, struct map_part *part) {
  struct map_part larger = new_part(memory, larger_part(part->capacity));
  move_part(&larger, part);
  release_part(memory, part);
  *part = larger;
}

static void parts_room(struct memory *memory, struct map *map, uint32_t count) {
  if (map->part_capacity < count)
    map->parts = pbk_array_grow(memory, map->parts, &map->part_capacity, count, sizeof *map->parts);
}
static void count_parts(struct map *map, uint32_t count) {
  map->part_count = count;
  while (map->mask < count) map->mask = map->mask * 2 + 1;
}

/* The next one into two: of one digit more of the hash, those without it stay, the others go behind the last part. */
static void divide_part(struct memory *memory, struct map *map) {
  parts_room(memory, map, map->part_count + 1);
  uint32_t digit = map->mask / 2 + 1, with_digit = 0;
  struct map_part *part = &map->parts[map->part_count - digit], *added = &map->parts[map->part_count];
  for (const struct map_slot *slot = part->slots; slot < part->slots + part->capacity; slot++)
    with_digit += slot->number != MAP_NONE && (slot->hash & digit);
  uint64_t capacity = capacity_for(part->count - with_digit);
  *added = new_part(memory, capacity_for(with_digit));
  struct map_slot *slots = pbk_try_reallocate(memory, NULL, 0, (size_t)capacity * sizeof *slots);
  if (!slots) {
    release_part(memory, added);
    pbk_allocate(memory, SIZE_MAX); /* refused */
  }
  struct map_part rest = empty_part(slots, capacity);
  for (const struct map_slot *slot = part->slots; slot < part->slots + part->capacity; slot++)
    if (slot->number != MAP_NONE) part_put(slot->hash & digit ? added : &rest, slot->hash, slot->number);
  release_part(memory, part);
  *part = rest;
  count_parts(map, map->part_count + 1);
}

static void add_first_part(struct memory *memory, struct map *map, uint64_t capacity) {
  parts_room(memory, map, 1);
  map->parts[0] = new_part(memory, capacity);
  count_parts(map, 1);
}

/* The part, with room for one more. */
static inline struct map_part *room_for(struct memory *memory, struct map *map, uint32_t hash) {
  if (map->part_count == 0) add_first_part(memory, map, larger_part(0));
  if (map->count / PART_TEXTS >= map->part_count) divide_part(memory, map);
  struct map_part *part = map_part_of(map, hash);
  if (part_full(part->capacity, (uint64_t)part->count + 1)) grow_part(memory, part);
  return part;
}

void pbk_map_add(struct memory *memory, struct map *map, struct text text, uint32_t number) {
  pbk_map_add_absent(memory, map, pbk_hash_text(text), number);
}

void pbk_map_add_absent(struct memory *memory, struct map *map, uint32_t hash, uint32_t number) {
  part_put(room_for(memory, map, hash), hash, number);
  map->count++;
}

void pbk_map_reserve(struct memory *memory, struct map *map, uint32_t count) {
  if (map->part_count > 0 || count == 0) return;
  uint32_t parts = (count - 1) / PART_TEXTS + 1;
  parts_room(memory, map, parts);
  count_parts(map, parts);
  map->part_count = 0; /* as many as there are, should the memory not last */
  for (uint32_t i = 0; i < parts; i++) {
    bool divided = i < parts - (map->mask / 2 + 1) || i > map->mask / 2;
    uint64_t expected = (uint64_t)count / (map->mask / 2 + 1) / (divided ? 2 : 1);
    map->parts[i] = new_part(memory, capacity_for(parts > 1 ? expected + expected / 16 : expected));
    map->part_count++;
  }
}

uint64_t pbk_map_growth(const struct map *map) {
  enum { MOVED = 3, LARGEST = 4 * PART_TEXTS }; /* of one divided, and one that grows; slots, by far */
  if (map->part_count <= 1) return 0;
  uint64_t more = map->part_count == map->part_capacity ? (uint64_t)map->part_capacity / 2 * 3 * sizeof *map->parts : 0;
  return more + MOVED * LARGEST * sizeof(struct map_slot);
}

bool pbk_map_add_new(struct memory *memory, struct map *map, struct text text, uint32_t number) {
  return pbk_map_add_hashed(memory, map, text, pbk_hash_text(text), number);
}

bool pbk_map_add_hashed(struct memory *memory, struct map *map, struct text text, uint32_t hash, uint32_t number) {
  struct map_part *part = room_for(memory, map, hash);
  if (find_slot(map, part, text, hash) != MAP_NONE) return false;
  part_put(part, hash, number);
  map->count++;
  return true;
}

static uint32_t part_distance(const struct map_part *part, uint32_t from, uint32_t to) {
  return to >= from ? to - from : to - from + part->capacity;
}

static void part_empty(struct map *map, struct map_part *part, uint32_t at) {
  part->slots[at].number = MAP_NONE;
  part->count--;
  map->count--;
  for (uint32_t next = part_behind(part, at); part->slots[next].number != MAP_NONE; next = part_behind(part, next)) {
    uint32_t home = map_place(part, part->slots[next].hash);
    if (part_distance(part, home, next) < part_distance(part, at, next)) continue; /* it would move before its home */
    part->slots[at] = part->slots[next];
    part->slots[next].number = MAP_NONE;
    at = next;
  }
}

void pbk_map_remove(struct map *map, struct text text) {
  if (map->count == 0) return;
  uint32_t hash = pbk_hash_text(text);
  struct map_part *part = map_part_of(map, hash);
  uint32_t at = find_slot(map, part, text, hash);
  if (at != MAP_NONE) part_empty(map, part, at);
}

void pbk_map_remove_number(struct map *map, uint32_t hash, uint32_t number) {
  if (map->count == 0) return;
  struct map_part *part = map_part_of(map, hash);
  uint32_t at = map_place(part, hash);
  while (part->slots[at].number != number) {
    if (part->slots[at].number == MAP_NONE) return;
    at = part_behind(part, at);
  }
  part_empty(map, part, at);
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
