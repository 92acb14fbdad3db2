/* json_text.h - finding one's way in the text of a line: which type it has, what stands at a path.
 *
 * This only looks; whether a line is right is for the engine to say. Where the text is not JSON, things are just not found.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The text of one value, with spaces around it perhaps. */
struct json_text {
  const char *start;
  const char *end;
};

/* The member of an object. Of several of the same name, the first. */
bool json_member(struct json_text object, const char *name, struct json_text *value);

/* Visits the items of a list: `*cursor` starts as NULL. */
bool json_next_item(struct json_text list, const char **cursor, struct json_text *item);

/* What stands at a JSON pointer such as "/steps/0/when". */
bool json_at(struct json_text value, const char *path, size_t path_size, struct json_text *found);

/* Writes the bytes that a string stands for into `bytes`, which has room for as many as its text has; false where it is no
 * string. */
bool json_string(struct json_text value, char *bytes, size_t *size);

/* Whether a value is this string. */
bool json_is(struct json_text value, const char *text);

#endif
