/* base/sparse.c - see sparse.h. */
#include "base/sparse.h"

enum { GROUPS = SPARSE_PAGE / SPARSE_GROUP, ROW_SIZE = SPARSE_GROUP * sizeof(uint64_t) };

static void need_group(struct memory *memory, struct sparse *sparse, uint32_t index) {
  uint32_t page = index >> SPARSE_PAGE_BITS, before = sparse->pages.count;
  if (page >= before) {
    array_reserve(memory, &sparse->pages, page + 1);
    memset(sparse->pages.items + before, 0, (page + 1 - before) * sizeof *sparse->pages.items);
    sparse->pages.count = page + 1;
  }
  struct sparse_group **groups = &sparse->pages.items[page];
  if (!*groups) *groups = pbk_allocate_cleared(memory, GROUPS * sizeof **groups);
}

static void enter_row(struct memory *memory, struct sparse_group *group) {
  uint64_t *row = pbk_allocate_cleared(memory, ROW_SIZE);
  for (uint32_t i = 0; i < SPARSE_FEW; i++) row[group->whose[i]] = group->of.words[i];
  group->of.row = row;
  group->has_row = true;
}

void pbk_sparse_leave_row(struct memory *memory, struct sparse_group *group) {
  uint64_t *row = group->of.row;
  uint32_t which = 0;
  while (!row[which]) which++;
  *group = (struct sparse_group){.count = 1, .whose = {(uint8_t)which}, .of.words = {row[which]}};
  pbk_release(memory, row, ROW_SIZE);
}

/* Where there is no group yet, or no room in it. */
uint64_t *pbk_sparse_add(struct memory *memory, struct sparse *sparse, uint32_t index) {
  struct sparse_group *group = sparse_group(sparse, index);
  if (!group) {
    need_group(memory, sparse, index);
    return sparse_need(memory, sparse, index);
  }
  if (!group->has_row) enter_row(memory, group);
  group->count++;
  return &group->of.row[index & (SPARSE_GROUP - 1)];
}

/* Of a group, from one of them on; SPARSE_GROUP: none. */
static uint32_t next_of_group(const struct sparse_group *group, uint32_t which) {
  uint32_t next = SPARSE_GROUP;
  for (; group->has_row && which < SPARSE_GROUP; which++)
    if (group->of.row[which]) return which;
  for (uint32_t i = 0; i < group->count && !group->has_row; i++)
    if (group->whose[i] >= which && group->whose[i] < next) next = group->whose[i];
  return next;
}

uint32_t pbk_sparse_next(const struct sparse *sparse, uint32_t index) {
  while (index >> SPARSE_PAGE_BITS < sparse->pages.count) {
    const struct sparse_group *group = sparse_group(sparse, index);
    uint32_t step = group ? SPARSE_GROUP : SPARSE_PAGE;
    uint32_t which = group ? next_of_group(group, index & (SPARSE_GROUP - 1)) : SPARSE_GROUP;
    if (which < SPARSE_GROUP) return (index & ~(uint32_t)(SPARSE_GROUP - 1)) | which;
    index = (index | (step - 1)) + 1;
    if (index == 0) break;
  }
  return UINT32_MAX;
}

void pbk_sparse_release(struct memory *memory, struct sparse *sparse) {
  for (uint32_t i = 0; i < sparse->pages.count; i++) {
    struct sparse_group *groups = sparse->pages.items[i];
    for (uint32_t j = 0; groups && j < GROUPS; j++)
      if (groups[j].has_row) pbk_release(memory, groups[j].of.row, ROW_SIZE);
    pbk_release(memory, groups, GROUPS * sizeof *groups);
  }
  array_release(memory, &sparse->pages);
}

uint64_t pbk_sparse_growth(const struct sparse *sparse, uint32_t count) {
  enum { SMALL = 1 << 14 };
  uint64_t pages = ((uint64_t)count + SPARSE_PAGE - 1) >> SPARSE_PAGE_BITS;
  uint64_t larger = sparse->pages.capacity + (uint64_t)sparse->pages.capacity / 2;
  uint64_t bytes = (pages > larger ? pages : larger) * sizeof *sparse->pages.items;
  return pages <= sparse->pages.capacity || bytes < SMALL ? 0 : bytes;
}
