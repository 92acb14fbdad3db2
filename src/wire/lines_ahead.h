/* wire/lines_ahead.h - many lines given together, one after the other, while what the next ones are about is fetched into
 * the processor's cache. Changes nothing about what a line does. */
#ifndef PBK_WIRE_LINES_AHEAD_H
#define PBK_WIRE_LINES_AHEAD_H

#include "engine/engine.h"
#include "wire/plain_event.h"

enum { LINES_AHEAD = 32 }; /* a power of two */

struct line_ahead {
  const char *bytes;
  size_t size; /* with what ends it */
  bool plain;  /* it was read: event says what it is */
  bool named;  /* whose it is was found, in any case: hash and contact of the event are set */
  struct plain_event event;
};
struct lines_ahead {
  const char *bytes; /* of those not looked at */
  size_t size;
  size_t key_at;          /* where the one before named its contact */
  struct known_hour hour; /* of the last time read */
  struct line_ahead lines[LINES_AHEAD];
  uint32_t first, end; /* those looked at and not given */
};

/* `bytes` are borrowed for as long as lines are asked for. */
void pbk_begin_lines(struct lines_ahead *ahead, const char *bytes, size_t size);
/* The next one, or NULL where there is none. */
const struct line_ahead *pbk_next_line(struct lines_ahead *ahead, const struct pbk_engine *engine);

#endif
