/* base/letters.h - what the messages of one action have in common, kept once: messages and outputs hold its number.
 *
 * A message changes its state four times and each change is told with playbook, channel and template. Numbers are given out
 * from 0 and kept for the owner's life, as those of names are; they are no part of the state, and may be others in another
 * run. */
#ifndef PBK_BASE_LETTERS_H
#define PBK_BASE_LETTERS_H

#include <playbook/playbook.h>
#include "base/array.h"
#include "base/map.h"

/* By what letters differ. All of its bytes count: those unused are zero. */
struct letter_kind {
  uint32_t playbook, channel, template; /* names */
  uint8_t policy;                       /* pbk_policy */
  bool email;                           /* to a contact: counts as contact with the sender */
  uint8_t unused[2];
  pbk_duration window; /* of approval, if fixed by the playbook, else -1 */
};

struct letter {
  pbk_text playbook, channel, template; /* as outputs and offers have them */
  struct letter_kind kind;
  uint64_t sum; /* of the three texts, for the digest of outputs */
};

struct letters {
  struct memory *memory;
  const struct names *names;
  ARRAY(struct letter) items;
  struct map map; /* by kind */
};

void pbk_letters_init(struct letters *letters, struct memory *memory, const struct names *names);
void pbk_letters_release(struct letters *letters);
/* The number of a kind, a new one where there was none. */
uint32_t pbk_letters_intern(struct letters *letters, const struct letter_kind *kind);

static inline const struct letter *letter_at(const struct letters *letters, uint32_t number) {
  return &letters->items.items[number];
}

#endif
