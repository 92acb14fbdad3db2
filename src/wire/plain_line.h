/* wire/plain_line.h - most lines by far: an event of a contact and nothing else, or an approval, every text plain and no
 * white space. They are read in one pass, without a value being made of them. */
#ifndef PBK_WIRE_PLAIN_LINE_H
#define PBK_WIRE_PLAIN_LINE_H

#include "base/clock.h"
#include "engine/engine.h"

struct plain_line {
  enum command_type type; /* COMMAND_TRACK, COMMAND_APPROVE */
  pbk_time timestamp, received_at;
  struct text contact, event; /* of an event; neither is empty; borrowed */
  uint64_t message;           /* of an approval */
};

/* Where what it is about is found, or probably is. */
struct line_places {
  uint32_t contact_hash;
  uint32_t contact; /* its index, probably: where it is another's, it is looked for; MAP_NONE: it was not looked for */
  uint32_t name;    /* where the engine keeps the number of a name like this; LINE_NAMES: it has none */
};
static const struct line_places no_places = {0, MAP_NONE, LINE_NAMES};
static inline struct line_places line_places(const struct plain_line *line) {
  if (line->type != COMMAND_TRACK) return no_places;
  return (struct line_places){pbk_hash_text(line->contact), MAP_NONE, line_name_place(line->event)};
}

/* Reads such a line at `at`; `end` is that of all lines. Gives the place behind it and what ends it, or NULL: it is another,
 * or wrong, or too large, which is left to say to those who read any line. */
const char *pbk_read_plain_line(const char *at, const char *end, struct known_hour *hour, struct plain_line *line);

#endif
