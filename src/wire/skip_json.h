/* wire/skip_json.h - JSON that nobody asks for: checked, and passed over. Only as clients send it, without white space; what
 * is another is left to json_reader.c, which also says what is wrong. */
#ifndef PBK_WIRE_SKIP_JSON_H
#define PBK_WIRE_SKIP_JSON_H

#include "base/text.h"
#include "wire/plain_bytes.h"

/* Each begins at the first byte that it looks at, and gives the place behind what it read; NULL: it is another, or wrong, or
 * its end does not come. */
const char *pbk_skip_json(const char *at, const char *end);
/* The context of an event, from behind its brace on, and the account that it names; NO_TEXT: none. */
const char *pbk_skip_context(const char *at, const char *end, struct text *group);
/* A text from behind its quote on, past the one that ends it; it may hold letters of any script, and escapes where it may.
 */
const char *pbk_skip_rich_text(const char *at, const char *end, bool escapes);

/* To the quote that ends a plain text, or to what is not plain; NULL: its end does not come. */
static inline const char *plain_stop(const char *at, const char *end) {
#ifdef PLAIN_BY_SIXTEEN
  for (; end - at >= 16; at += 16) {
    uint32_t marks = plain_marks(at);
    if (marks) return at + (uint32_t)__builtin_ctz(marks);
  }
#endif
  for (; at < end; at++)
    if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ' || (unsigned char)*at >= 0x80) return at;
  return NULL;
}

#endif
