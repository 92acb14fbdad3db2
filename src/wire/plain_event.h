/* wire/plain_event.h - most lines by far: an event of a contact and nothing else, every text plain and no white space. They
 * are read in one pass, without a value being made of them. */
#ifndef PBK_WIRE_PLAIN_EVENT_H
#define PBK_WIRE_PLAIN_EVENT_H

#include <playbook/playbook.h>
#include "base/clock.h"
#include "base/map.h"

struct plain_event {
  struct text contact, event; /* neither is empty; borrowed */
  pbk_time timestamp, received_at;
  uint32_t contact_hash;
  uint32_t likely;     /* the contact's index, probably: where it is another's, it is looked for */
  uint32_t name_place; /* where the engine keeps the number of a name like this */
};

/* Reads such a line at `at`; `end` is that of all lines. Gives the place behind it and what ends it, or NULL: it is another,
 * or wrong, or too large, which is left to say to those who read any line. */
const char *pbk_read_plain_event(const char *at, const char *end, struct known_hour *hour, struct plain_event *event);

#endif
