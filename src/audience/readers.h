/* audience/readers.h - who reads what of the world: from one thing to the audiences whose conditions read it. */
#ifndef PBK_AUDIENCE_READERS_H
#define PBK_AUDIENCE_READERS_H

#include "base/array.h"
#include "cel/cel.h"

struct read_by {
  uint32_t audience;
  int32_t of; /* the kind of its subjects */
  int64_t quiet_for; /* of an event: so long after it the condition is false for certain; 0: who knows */
};

/* The readers of one thing, by audience. */
struct readers_of {
  const struct read_by *first;
  uint32_t count;
};

/* One thing that is read, as one number, and where its readers begin. */
struct read_thing {
  uint64_t thing;
  uint32_t first, count;
};
static inline uint64_t thing_of(struct cel_read read) { return (uint64_t)read.number << 32 | read.slot << 8 | read.kind; }

struct readers {
  ARRAY(struct read_by) items;       /* those of one thing together */
  ARRAY(struct cel_read) reads;     /* of each, what it reads: in the same order */
  ARRAY(struct read_thing) table;   /* open addressing, a power of two of places; count 0: free */
};

void pbk_readers_release(struct memory *memory, struct readers *readers);
void pbk_readers_add(struct memory *memory, struct readers *readers, const struct cel_program *program, int32_t of, uint32_t audience);
void pbk_readers_remove(struct readers *readers, uint32_t audience);

static inline uint32_t thing_home(uint64_t thing, uint32_t mask) {
  return (uint32_t)(thing * 0x9e3779b97f4a7c15u >> 32) & mask;
}
/* Borrowed until the readers change. */
static inline struct readers_of readers_of(const struct readers *readers, struct cel_read read) {
  uint64_t thing = thing_of(read);
  uint32_t mask = readers->table.count - 1;
  if (readers->table.count == 0) return (struct readers_of){NULL, 0};
  for (uint32_t at = thing_home(thing, mask);; at = (at + 1) & mask) {
    const struct read_thing *found = &readers->table.items[at];
    if (found->count == 0) return (struct readers_of){NULL, 0};
    if (found->thing == thing) return (struct readers_of){readers->items.items + found->first, found->count};
  }
}

#endif
