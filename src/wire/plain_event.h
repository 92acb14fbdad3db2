/* wire/plain_event.h - most lines by far: an event of a contact and nothing else, every text plain and no white space. They
 * are read in one pass, without a value being made of them. */
#ifndef PBK_WIRE_PLAIN_EVENT_H
#define PBK_WIRE_PLAIN_EVENT_H

#include "base/clock.h"
#include "engine/engine.h"

struct plain_event {
  struct text contact, event; /* neither is empty; borrowed */
  pbk_time timestamp, received_at;
};

/* Where what it is about is found, or probably is. */
struct event_places {
  uint32_t contact_hash;
  uint32_t contact; /* its index, probably: where it is another's, it is looked for; MAP_NONE: it was not looked for */
  uint32_t name;    /* where the engine keeps the number of a name like this; LINE_NAMES: it has none */
};
static inline struct event_places event_places(const struct plain_event *event) {
  return (struct event_places){pbk_hash_text(event->contact), MAP_NONE, line_name_place(event->event)};
}

/* Reads such a line at `at`; `end` is that of all lines. Gives the place behind it and what ends it, or NULL: it is another,
 * or wrong, or too large, which is left to say to those who read any line. */
const char *pbk_read_plain_event(const char *at, const char *end, struct known_hour *hour, struct plain_event *event);

#endif
