/* wire/plain_line.h - most lines by far: an event of a contact, a few traits, a stage, an approval, as clients send them: no white space
 * and every text that counts plain. They are read in one pass, without a value being made of them but for the traits. */
#ifndef PBK_WIRE_PLAIN_LINE_H
#define PBK_WIRE_PLAIN_LINE_H

#include "base/clock.h"
#include "engine/engine.h"

enum { PLAIN_TRAITS = 8 }; /* so many at most, none of them a list or a map */

struct plain_line {
  enum command_type type; /* COMMAND_TRACK, COMMAND_IDENTIFY, COMMAND_GROUP, COMMAND_STAGE_AND_HEALTH, COMMAND_APPROVE */
  pbk_time timestamp, received_at;
  struct text contact, event; /* of an event, where neither is empty; or whom it is about, and its stage; borrowed */
  struct text account;        /* of an event, what its context names; else the account itself; NO_TEXT: none */
  struct text message_id;     /* NO_TEXT: none */
  uint64_t message;           /* of an approval */
  pbk_value health;           /* of a stage line; null: not given */
  bool properties;            /* an event has some, which may be looked at */
  bool has_traits;            /* perhaps none */
  uint32_t trait_count;       /* sorted by name, each once */
  pbk_member traits[PLAIN_TRAITS];
};

/* Where what it is about is found, or probably is. */
struct line_places {
  uint32_t contact_hash;
  uint32_t contact; /* its index, probably: where it is another's, it is looked for; MAP_NONE: it was not looked for */
  uint32_t name;    /* where the engine keeps the number of a name like this; LINE_NAMES: it has none */
  uint32_t id_hash; /* of the messageId, where there is one */
};
static const struct line_places no_places = {0, MAP_NONE, LINE_NAMES, 0};
static inline struct line_places line_places(const struct plain_line *line) {
  struct line_places places = no_places;
  if (line->contact.bytes) places.contact_hash = pbk_hash_text(line->contact);
  if (line->type == COMMAND_TRACK) places.name = line_name_place(line->event);
  if (line->message_id.bytes) places.id_hash = pbk_hash_text(line->message_id);
  return places;
}

/* What lines before had, at first none, as most lines of a client have it too: the hour, and byte for byte what nobody asks for. It was
 * found to be JSON, and its bytes are still there. */
struct known_json {
  struct text json, group; /* the account that a context names */
};
struct known_lines {
  struct known_hour hour;
  struct known_json context, others[2];
};

/* Reads such a line at `at`; `end` is that of all lines. Gives the place behind it and what ends it, or NULL: it is another,
 * or wrong, or too large, which is left to say to those who read any line. */
const char *pbk_read_plain_line(const char *at, const char *end, struct known_lines *known, struct plain_line *line);

#endif
