/* base/sparse.h - one word for some of many indexes, where at any time only few have one: half a byte for each index, and
 * nothing large ever grows.
 *
 * Sixty-four indexes share a group, in which there is room for the words of three; where more have one, they get a row of
 * their own until that is over. A word of zero is none. */
#ifndef PBK_BASE_SPARSE_H
#define PBK_BASE_SPARSE_H

#include "base/array.h"

enum {
  SPARSE_GROUP_BITS = 6,
  SPARSE_GROUP = 1 << SPARSE_GROUP_BITS,
  SPARSE_PAGE_BITS = 12,
  SPARSE_PAGE = 1 << SPARSE_PAGE_BITS,
  SPARSE_FEW = 3
};

struct sparse_group {
  uint32_t count;            /* words there are */
  uint8_t whose[SPARSE_FEW]; /* of which of the group; of no meaning where there is a row */
  bool has_row;
  union {
    uint64_t words[SPARSE_FEW];
    uint64_t *row;
  } of;
};

struct sparse {
  ARRAY(struct sparse_group *) pages; /* NULL: no index has a word */
};

static inline struct sparse_group *sparse_group(const struct sparse *sparse, uint32_t index) {
  uint32_t page = index >> SPARSE_PAGE_BITS;
  if (page >= sparse->pages.count || !sparse->pages.items[page]) return NULL;
  return &sparse->pages.items[page][(index & (SPARSE_PAGE - 1)) >> SPARSE_GROUP_BITS];
}

/* Where the word of an index stands, until another comes or goes; NULL: it is zero. */
static inline uint64_t *sparse_in(struct sparse_group *group, uint32_t index) {
  uint32_t which = index & (SPARSE_GROUP - 1);
  if (!group) return NULL;
  if (group->has_row) return group->of.row[which] ? &group->of.row[which] : NULL;
  for (uint32_t i = 0; i < group->count; i++)
    if (group->whose[i] == which) return &group->of.words[i];
  return NULL;
}
static inline uint64_t *sparse_at(const struct sparse *sparse, uint32_t index) {
  return sparse_in(sparse_group(sparse, index), index);
}
static inline uint64_t sparse_word(const struct sparse *sparse, uint32_t index) {
  const uint64_t *at = sparse_at(sparse, index);
  return at ? *at : 0;
}

/* Where it stands, to be set: what is zero must be set to something else. */
uint64_t *pbk_sparse_add(struct memory *memory, struct sparse *sparse, uint32_t index);
static inline uint64_t *sparse_need(struct memory *memory, struct sparse *sparse, uint32_t index) {
  struct sparse_group *group = sparse_group(sparse, index);
  uint64_t *at = sparse_in(group, index);
  if (at) return at;
  if (!group || group->has_row || group->count == SPARSE_FEW) return pbk_sparse_add(memory, sparse, index);
  group->whose[group->count] = index & (SPARSE_GROUP - 1);
  at = &group->of.words[group->count++];
  *at = 0;
  return at;
}

/* To be told of each word that has been set to zero, where it stands. Never fails. */
void pbk_sparse_leave_row(struct memory *memory, struct sparse_group *group);
static inline void sparse_drop(struct memory *memory, struct sparse_group *group, const uint64_t *at) {
  uint32_t last = --group->count;
  if (group->has_row) {
    if (last == 1) pbk_sparse_leave_row(memory, group);
    return;
  }
  size_t place = (size_t)(at - group->of.words);
  group->of.words[place] = group->of.words[last];
  group->whose[place] = group->whose[last];
}

/* The first index from `index` on that has a word; UINT32_MAX: none. */
uint32_t pbk_sparse_next(const struct sparse *sparse, uint32_t index);
void pbk_sparse_release(struct memory *memory, struct sparse *sparse);
/* Bytes that a word of one of `count` indexes may take, where it is much. */
uint64_t pbk_sparse_growth(const struct sparse *sparse, uint32_t count);
static inline uint64_t sparse_growth(const struct sparse *sparse, uint32_t count) {
  enum { FEW = 1 << 20 };
  return count < FEW || count >> SPARSE_PAGE_BITS < sparse->pages.capacity ? 0 : pbk_sparse_growth(sparse, count);
}

#endif
