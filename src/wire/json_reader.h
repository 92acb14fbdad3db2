/* wire/json_reader.h - JSON text to values, strict (RFC 8259), with where it went wrong. */
#ifndef PBK_WIRE_JSON_READER_H
#define PBK_WIRE_JSON_READER_H

#include "base/value.h"

struct json_error {
  const char *message; /* static text, what was expected */
  uint32_t offset;     /* in bytes, from 0 */
};

enum { JSON_MOST_DEPTH = VALUE_MOST_DEPTH };

/* Reads one value that is the whole text (white space around it allowed). Lists, maps and texts go to the arena (texts without an
 * escape are borrowed from `text`). Members of maps come sorted by name, of equal names the last. Numbers as SPEC E4: without fraction or
 * exponent and fitting int64 → PBK_INT, else PBK_DOUBLE; a number too large for a double is an error. Checks UTF-8 and escapes: a lone
 * surrogate (\ud800) is an error, \u0000 is allowed. Depth at most JSON_MOST_DEPTH. False: *error says why; the arena may hold leftovers. */
bool pbk_json_read(struct text text, struct arena *arena, pbk_value *value, struct json_error *error);

enum { JSON_STACK_FIRST = 48 }; /* members gathered before they move to the arena */
struct json_stack {
  pbk_member *members;
  uint32_t count, capacity;
  pbk_member first[JSON_STACK_FIRST];
};

/* The same, but the members of a map that is the whole text come as they stand in it, neither sorted nor unique, and lie on the
 * stack (no need to initialise it): for those who sort the few that they know. */
bool pbk_json_read_line(struct text text, struct arena *arena, struct json_stack *stack, pbk_value *value,
                        struct json_error *error);

#endif
