/* base/outputs.h - outputs on their way to the host: numbered, kept, given out oldest first.
 *
 * On the lowest floor because every floor above makes outputs. What comes often is kept compactly (telling.h), the rest whole. An
 * output has no number of its own in the queue: it follows from its place. */
#ifndef PBK_BASE_OUTPUTS_H
#define PBK_BASE_OUTPUTS_H

#include "base/codec.h"
#include "base/letters.h"
#include "base/text.h"
#include <playbook/playbook.h>

struct output_block;
struct outputs {
  struct memory *memory;
  const struct names *names;
  struct letters letters; /* of the messages that are told of */
  struct output_block *oldest, *newest;
  char *room;         /* behind the newest record, in the newest block */
  uint32_t room_left; /* bytes of it */
  struct output_block *spare; /* empty ones, for the next */
  size_t spare_bytes;
  uint64_t last_seq;      /* of the newest output made */
  uint64_t drainable_seq; /* outputs up to this one may be given out */
  uint64_t drained_seq;   /* and up to this one have been */
  bool digested;          /* where there is a journal to tell it to */
  uint32_t digest;        /* of all outputs made; each goes in with what the host sees of it, however it is kept */
  struct writer digesting;
};

void pbk_outputs_init(struct outputs *outputs, struct memory *memory, const struct names *names);
void pbk_outputs_release(struct outputs *outputs);
/* Numbers and copies it; `at` and everything but `seq` as given. */
void pbk_outputs_add(struct outputs *outputs, const pbk_output *output);
/* The oldest drainable one not given out yet; false: none. Its texts are valid until pbk_outputs_tidy. */
bool pbk_outputs_peek(struct outputs *outputs, pbk_output *output);
void pbk_outputs_take(struct outputs *outputs); /* what peek gave */
/* Both, for at most so many, each into a struct of `each` bytes, those beyond an output cleared: how many there were. */
uint32_t pbk_outputs_give(struct outputs *outputs, void *to, size_t each, uint32_t capacity);
/* Frees what has been given out. */
void pbk_outputs_tidy(struct outputs *outputs);
/* Those up to a number have been taken in an earlier life: they are not given out again. */
void pbk_outputs_pass(struct outputs *outputs, uint64_t seq);
/* Puts back one that a snapshot kept: it is counted and digested already. */
void pbk_outputs_restore(struct outputs *outputs, const pbk_output *output);

/* Walks those that have not been given out; the caller knows how many there are. */
struct outputs_cursor {
  const struct outputs *outputs;
  struct output_block *block;
  uint32_t at;
  uint64_t seq;
};
struct outputs_cursor pbk_outputs_cursor(const struct outputs *outputs);
void pbk_outputs_next(struct outputs_cursor *cursor, pbk_output *output);

static inline pbk_text public_text(struct text text) { return (pbk_text){text.bytes, text.size}; }
static inline struct text private_text(pbk_text text) { return (struct text){text.bytes, (uint32_t)text.size}; }

#endif
