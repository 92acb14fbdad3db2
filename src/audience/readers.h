/* audience/readers.h - who reads what of the world: from one thing to the audiences whose conditions read it. */
#ifndef PBK_AUDIENCE_READERS_H
#define PBK_AUDIENCE_READERS_H

#include "base/array.h"
#include "cel/cel.h"

struct read_by {
  uint32_t audience;
  int32_t of; /* the kind of its subjects */
};

/* The readers of one thing, by audience. */
struct readers_of {
  const struct read_by *first;
  uint32_t count;
};

/* One thing that is read, and where its readers begin. */
struct read_thing {
  struct cel_read read;
  uint32_t first, count;
};

struct readers {
  ARRAY(struct read_by) items;       /* those of one thing together */
  ARRAY(struct cel_read) reads;     /* of each, what it reads: in the same order */
  ARRAY(struct read_thing) table;   /* open addressing, a power of two of places; count 0: free */
};

void pbk_readers_release(struct memory *memory, struct readers *readers);
void pbk_readers_add(struct memory *memory, struct readers *readers, const struct cel_program *program, int32_t of, uint32_t audience);
void pbk_readers_remove(struct readers *readers, uint32_t audience);
/* Borrowed until the readers change. */
struct readers_of pbk_readers_of(const struct readers *readers, struct cel_read read);

#endif
