/* base/map.h - from text to a 32-bit number. The map keeps hashes and numbers only; whoever owns the texts says what
 * text a number has. Never iterated, so that nothing depends on the order of hashes. */
#ifndef PBK_BASE_MAP_H
#define PBK_BASE_MAP_H

#include "base/memory.h"
#include "base/text.h"

#define MAP_NONE UINT32_MAX

struct map_slot {
  uint32_t hash;
  uint32_t number; /* MAP_NONE: free */
};

/* A table of its own, with its share of the texts. */
struct map_part {
  struct map_slot *slots;
  uint32_t capacity;
  uint32_t count;
};

struct map {
  struct map_part *parts;
  uint32_t part_count, part_capacity;
  uint32_t mask; /* of hashes: as many parts as it can tell, of which the last may not be there yet */
  uint32_t count;
  struct text (*text_of)(const void *owner, uint32_t number);
  const void *owner;
};

void pbk_map_init(struct map *map, struct text (*text_of)(const void *owner, uint32_t number), const void *owner);
void pbk_map_release(struct memory *memory, struct map *map);
/* MAP_NONE where there is none. */
uint32_t pbk_map_find(const struct map *map, struct text text);
/* The text must not be in the map, and `number`'s text may be set afterwards. */
void pbk_map_add(struct memory *memory, struct map *map, struct text text, uint32_t number);
/* The same for a text that may be in the map already; false then, and nothing is added. */
bool pbk_map_add_new(struct memory *memory, struct map *map, struct text text, uint32_t number);
/* The same of a text whose hash is known: for many at once, whose places are fetched before. */
bool pbk_map_add_hashed(struct memory *memory, struct map *map, struct text text, uint32_t hash, uint32_t number);
/* And of one of which it is known that it is not there. */
void pbk_map_add_absent(struct memory *memory, struct map *map, uint32_t hash, uint32_t number);
/* Makes an empty one as large as it would grow to with so many texts. */
void pbk_map_reserve(struct memory *memory, struct map *map, uint32_t count);
/* Bytes that one more text may ask for at most, of one that is not small. */
uint64_t pbk_map_growth(const struct map *map);
/* Forgets a text that is in the map. Frees nothing, cannot fail. */
void pbk_map_remove(struct map *map, struct text text);
/* The same where its hash and number are known, so that no text is looked at. */
void pbk_map_remove_number(struct map *map, uint32_t hash, uint32_t number);

uint32_t pbk_hash_text(struct text text);

/* The part in which a hash belongs: by its last digits, so that one part is divided after the other as the map grows. */
static inline struct map_part *map_part_of(const struct map *map, uint32_t hash) {
  uint32_t part = hash & map->mask;
  return &map->parts[part < map->part_count ? part : part & map->mask >> 1];
}
/* And where in there: in the order of hashes, so a part that grows is gone through from front to back, the old one and the
 * new. */
static inline uint32_t map_place(const struct map_part *part, uint32_t hash) {
  return (uint32_t)((uint64_t)hash * part->capacity >> 32);
}

/* The same in steps, for many texts at once: each step is taken for all of them before the next, so that what one waits for
 * is there. Which number it probably is needs no text of the owner's; it may be one of another text, or MAP_NONE. */
static inline void map_prefetch(const struct map *map, uint32_t hash) {
  if (map->count == 0) return;
  const struct map_part *part = map_part_of(map, hash);
  prefetch(&part->slots[map_place(part, hash)]);
}
uint32_t pbk_map_likely(const struct map *map, uint32_t hash);
uint32_t pbk_map_find_hashed(const struct map *map, struct text text, uint32_t hash);

/* Interned names: each text once, numbered from 0 in the order of arrival, kept for the owner's life. */
struct name {
  const char *bytes;
  uint32_t size;
  uint32_t checksum; /* CRC-32C: a name is the same in every run, its number may not be */
};
enum { NAMES_RECENT = 64 };
struct names {
  struct memory *memory;
  uint32_t recent[NAMES_RECENT]; /* the last one interned with such bytes, plus one: most are asked for again and again */
  struct map map;
  struct name *texts;
  uint32_t count, capacity;
  struct arena arena;
};
void pbk_names_init(struct names *names, struct memory *memory);
void pbk_names_release(struct names *names);
uint32_t pbk_names_intern(struct names *names, struct text text);
uint32_t pbk_names_find(const struct names *names, struct text text); /* MAP_NONE where there is none */
static inline struct text pbk_names_text(const struct names *names, uint32_t number) {
  return (struct text){names->texts[number].bytes, names->texts[number].size};
}

/* How far they go, to forget those that came after and that nothing holds. */
struct names_mark {
  uint32_t count;
  struct arena_mark texts;
};
struct names_mark pbk_names_mark(const struct names *names);
void pbk_names_return(struct names *names, struct names_mark mark);

#endif
