/* wire/lines_ahead.h - many lines given together, one after the other, while what the next ones are about is fetched into
 * the processor's cache. Changes nothing about what a line does. */
#ifndef PBK_WIRE_LINES_AHEAD_H
#define PBK_WIRE_LINES_AHEAD_H

#include "engine/engine.h"

enum { LINES_AHEAD = 32 }; /* a power of two */

struct line_ahead {
  const char *bytes;
  size_t size; /* with what ends it */
  uint32_t hash, contact;
  bool named; /* whose it is was found */
};
struct lines_ahead {
  const char *bytes; /* of those not looked at */
  size_t size;
  size_t key_at; /* where the one before named its contact */
  struct line_ahead lines[LINES_AHEAD];
  uint32_t first, end; /* those looked at and not given */
};

/* `bytes` are borrowed for as long as lines are asked for. */
void pbk_begin_lines(struct lines_ahead *ahead, const char *bytes, size_t size);
/* The next one, or NULL where there is none. */
const struct line_ahead *pbk_next_line(struct lines_ahead *ahead, const struct pbk_engine *engine);

#endif
