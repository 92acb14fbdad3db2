/* playbook/passage.h - what one subject is in and has been through, by playbook, in as few bytes as it takes (SPEC P4).
 *
 * A word of its own for each subject. One passage stands in the word itself; more stand in a block, whose kind the word's
 * lowest bits tell. Nearly always a passage takes eight bytes:
 *
 *   10 bits the playbook's place | 1: it runs | 52 bits the enrollment, or when it was left | 1: the last of all
 *
 * That is room for 1,024 playbooks and for times from 1970 to 2112. A subject with anything beyond has all of them in the
 * wide form. */
#ifndef PBK_PLAYBOOK_PASSAGE_H
#define PBK_PLAYBOOK_PASSAGE_H

#include "base/clock.h"

/* One subject in one playbook, any version: it is in it, or has been. Also as the wide form has it. */
struct passage {
  union {
    uint64_t enrollment; /* that runs */
    pbk_time last_exit;
  } of;
  uint32_t playbook;
  bool there; /* false: it never came by */
  bool running;
};

static inline struct passage no_passage(uint32_t playbook) {
  return (struct passage){.playbook = playbook};
}
static inline struct passage passage_running(uint32_t playbook, uint64_t enrollment) {
  return (struct passage){.of.enrollment = enrollment, .playbook = playbook, .there = true, .running = true};
}
static inline struct passage passage_left(uint32_t playbook, pbk_time at) {
  return (struct passage){.of.last_exit = at, .playbook = playbook, .there = true};
}

/* ---- in eight bytes ---- */

enum { PASSAGE_NUMBER_BITS = 52, PASSAGE_RUNS_BIT = PASSAGE_NUMBER_BITS + 1, PASSAGE_PLAYBOOK_BIT = PASSAGE_RUNS_BIT + 1 };

static inline bool passage_fits(const struct passage *passage) {
  return (passage->of.enrollment >> PASSAGE_NUMBER_BITS | passage->playbook >> (64 - PASSAGE_PLAYBOOK_BIT)) == 0;
}
static inline uint64_t passage_packed(struct passage passage) {
  return (uint64_t)passage.playbook << PASSAGE_PLAYBOOK_BIT | (uint64_t)passage.running << PASSAGE_RUNS_BIT |
         passage.of.enrollment << 1;
}
static inline struct passage passage_unpacked(uint64_t packed) {
  return (struct passage){.of.enrollment = packed >> 1 & (((uint64_t)1 << PASSAGE_NUMBER_BITS) - 1),
                          .playbook = (uint32_t)(packed >> PASSAGE_PLAYBOOK_BIT),
                          .there = true,
                          .running = packed >> PASSAGE_RUNS_BIT & 1};
}

/* ---- all of a subject ---- */

enum {
  PASSAGES_ONE = 1,  /* the word is itself the last of all; it is zero where there is none */
  PASSAGES_FEW = 2,  /* in eight bytes each, up to the last */
  PASSAGES_MANY = 4, /* the same, behind their count */
  PASSAGES_WIDE = 6, /* in the wide form, behind their count */
  PASSAGES_FORM = 7,
  PASSAGES_FEW_MOST = 8
};

/* By playbook. */
struct passages {
  void *items;
  uint32_t count;
  bool wide;
};

static inline void *passages_block(uint64_t word) {
  return (void *)(uintptr_t)(word & ~(uint64_t)PASSAGES_FORM);
}

/* Of a word that is not zero: one of them, or few. */
static inline bool passages_short(uint64_t word) {
  return word & PASSAGES_ONE || (word & PASSAGES_FORM) == PASSAGES_FEW;
}

/* Those of a subject, from where its word stands; NULL: it has none. */
static inline struct passages passages_at(uint64_t *word) {
  if (!word || *word == 0) return (struct passages){NULL, 0, false};
  if (*word & PASSAGES_ONE) return (struct passages){word, 1, false};
  uint64_t *block = passages_block(*word);
  uint32_t form = *word & PASSAGES_FORM, count = 1;
  if (form != PASSAGES_FEW) return (struct passages){block + 1, (uint32_t)*block, form == PASSAGES_WIDE};
  for (const uint64_t *at = block; !(*at & PASSAGES_ONE); at++) count++;
  return (struct passages){block, count, false};
}

static inline uint32_t passage_playbook(const struct passages *passages, uint32_t place) {
  if (passages->wide) return ((const struct passage *)passages->items)[place].playbook;
  return (uint32_t)(((const uint64_t *)passages->items)[place] >> PASSAGE_PLAYBOOK_BIT);
}
static inline struct passage passage_at(const struct passages *passages, uint32_t place) {
  if (passages->wide) return ((const struct passage *)passages->items)[place];
  return passage_unpacked(((const uint64_t *)passages->items)[place]);
}
/* It fits, or they are in the wide form. */
static inline void write_passage(struct passages *passages, uint32_t place, struct passage passage) {
  if (passages->wide)
    ((struct passage *)passages->items)[place] = passage;
  else
    ((uint64_t *)passages->items)[place] = passage_packed(passage) | (place + 1 == passages->count);
}

#endif
