/* base/utf8.h - checking and walking UTF-8. */
#ifndef PBK_BASE_UTF8_H
#define PBK_BASE_UTF8_H

#include "base/text.h"

/* True for well-formed UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool pbk_utf8_valid(struct text text);

/* The code point at *at, which moves past it. The text must be well formed and *at < text.size. */
uint32_t pbk_utf8_next(struct text text, uint32_t *at);

/* Writes 1 to 4 bytes; returns how many. The code point must be one that UTF-8 can carry. */
uint32_t pbk_utf8_put(char *to, uint32_t code_point);

/* Code points in a well-formed text. */
uint32_t pbk_utf8_length(struct text text);

#endif
