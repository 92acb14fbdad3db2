/* wire/lines_ahead.h - many lines given together, one after the other, while what the next ones are about is fetched into
 * the processor's cache. Changes nothing about what a line does. */
#ifndef PBK_WIRE_LINES_AHEAD_H
#define PBK_WIRE_LINES_AHEAD_H

#include "engine/engine.h"
#include "wire/plain_line.h"

enum { LINES_AHEAD = 32 }; /* a power of two */
enum { ABOUT_NOTHING, ABOUT_CONTACT, ABOUT_MESSAGE };

struct line_ahead {
  const char *bytes;
  size_t size; /* with what ends it */
  bool plain;  /* what it is was read */
  struct plain_line read;
  struct line_places places;
};
struct lines_ahead {
  const char *bytes; /* of those not looked at */
  size_t size;
  size_t key_at;          /* where the one before named its contact */
  struct known_lines known;
  uint32_t first, end;    /* those looked at and not given */
  struct line_ahead lines[LINES_AHEAD];
  struct line_places
    places[LINES_AHEAD];            /* of a line that is not plain what can be told; together, as they are looked at often */
  unsigned char about[LINES_AHEAD]; /* the same: what is known of it */
};

/* `bytes` are borrowed for as long as lines are asked for. */
void pbk_begin_lines(struct lines_ahead *ahead, const char *bytes, size_t size);
/* The next one, or NULL where there is none. It is there until the one after it is asked for. */
const struct line_ahead *pbk_next_line(struct lines_ahead *ahead, const struct pbk_engine *engine);

#endif
