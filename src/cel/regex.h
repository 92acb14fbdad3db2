/* cel/regex.h - private to this floor: patterns in RE2 syntax, matched in time linear in the text.
 *
 * A pattern is compiled into one block without pointers, so that it can be copied; the block is made in a room that the
 * caller provides, as patterns known only when a condition runs are compiled in the machine's scratch. */
#ifndef PBK_CEL_REGEX_H
#define PBK_CEL_REGEX_H

#include "cel/program.h"

/* What compiling a pattern may take, working memory included, and how many states it may have. */
enum { CEL_REGEX_ROOM = 160 * 1024 /* at most CEL_SCRATCH */, CEL_REGEX_STATES = 4000 };

struct cel_regex_room {
  unsigned char *bytes; /* 8-byte aligned */
  uint32_t size, used;
};

enum cel_regex_code {
  REGEX_MATCH,
  REGEX_RANGES, /* a code point within one of `count` ranges from `first`; `negated` */
  REGEX_SPLIT,  /* go on at `first` and at `count` */
  REGEX_JUMP,   /* go on at `first` */
  REGEX_EMPTY   /* go on at the next if `first`, an enum cel_regex_place, holds here */
};

enum cel_regex_place {
  REGEX_TEXT_START,
  REGEX_TEXT_END,
  REGEX_LINE_START,
  REGEX_LINE_END,
  REGEX_WORD_EDGE,
  REGEX_NOT_WORD_EDGE
};

struct cel_regex_state {
  uint16_t code, negated;
  uint32_t first, count;
};

struct cel_regex_range {
  uint32_t from, to; /* code points, both included */
};

struct cel_pattern {
  uint32_t state_count, range_count;
  uint32_t literal; /* the pattern is plain text of so many bytes, after the ranges; UINT32_MAX when it is not */
  uint32_t reserved;
  /* then the states, the ranges, the literal's bytes */
};

static inline const struct cel_regex_state *regex_states(const struct cel_pattern *pattern) {
  return (const struct cel_regex_state *)(const void *)(pattern + 1);
}
static inline const struct cel_regex_range *regex_ranges(const struct cel_pattern *pattern) {
  return (const struct cel_regex_range *)(const void *)(regex_states(pattern) + pattern->state_count);
}

/* NULL with *message (static) and *at (code points into the pattern) when it is none. The block starts at the result. */
const struct cel_pattern *pbk_cel_regex_compile(struct text pattern, struct cel_regex_room *room, uint32_t *size,
                                                const char **message, uint32_t *at);
/* Whether the pattern matches anywhere in the text. Works in the machine's scratch and takes its fuel. */
bool pbk_cel_regex_search(struct cel_machine *machine, const struct cel_pattern *pattern, struct text text);

#endif
