/* base/outputs.h - outputs on their way to the host: numbered, copied whole, given out oldest first.
 *
 * On the lowest floor because every floor above makes outputs; the record is the public pbk_output. */
#ifndef PBK_BASE_OUTPUTS_H
#define PBK_BASE_OUTPUTS_H

#include "base/memory.h"
#include "base/text.h"
#include <playbook/playbook.h>

struct output_block;
struct outputs {
  struct memory *memory;
  struct output_block *oldest, *newest;
  uint64_t last_seq;      /* of the newest output made */
  uint64_t drainable_seq; /* outputs up to this one may be given out */
  uint64_t drained_seq;   /* and up to this one have been */
};

void pbk_outputs_init(struct outputs *outputs, struct memory *memory);
void pbk_outputs_release(struct outputs *outputs);
/* Numbers and copies it; `at` and everything but `seq` as given. */
void pbk_outputs_add(struct outputs *outputs, const pbk_output *output);
/* The oldest drainable one not given out yet, or NULL; valid until pbk_outputs_tidy. */
const pbk_output *pbk_outputs_peek(struct outputs *outputs);
void pbk_outputs_take(struct outputs *outputs); /* what peek gave */
/* Frees what has been given out. */
void pbk_outputs_tidy(struct outputs *outputs);

static inline pbk_text public_text(struct text text) { return (pbk_text){text.bytes, text.size}; }
static inline struct text private_text(pbk_text text) { return (struct text){text.bytes, (uint32_t)text.size}; }

#endif
