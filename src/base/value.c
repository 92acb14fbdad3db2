/* base/value.c - see value.h. */
#include "base/value.h"

const pbk_value *pbk_value_member(const pbk_value *map, struct text name) {
  enum { FEW = 16 }; /* gone through one by one: most differ in size */
  if (map->kind != PBK_MAP || map->size == 0) return NULL; /* the members of an empty one may be nowhere */
  uint32_t from = 0, to = map->size;
  if (to <= FEW) {
    for (const pbk_member *member = map->as.members, *end = member + to; member < end; member++)
      if (member->name_size == name.size && (name.size == 0 || memcmp(member->name, name.bytes, name.size) == 0))
        return &member->value;
    return NULL;
  }
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    int order = text_compare(member_name(&map->as.members[middle]), name);
    if (order == 0) return &map->as.members[middle].value;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return NULL;
}

/* ---- order ---- */

/* By name, then by place (kept in `reserved` while sorting), so that the order is total. */
static int value_member_order(const pbk_member *a, const pbk_member *b) {
  int order = text_compare(member_name(a), member_name(b));
  return order ? order : (a->reserved > b->reserved) - (a->reserved < b->reserved);
}

static void value_insertion_sort(pbk_member *members, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    if (text_compare(member_name(&members[i - 1]), member_name(&members[i])) <= 0) continue;
    pbk_member moved = members[i];
    uint32_t at = i;
    for (; at > 0 && text_compare(member_name(&members[at - 1]), member_name(&moved)) > 0; at--)
      members[at] = members[at - 1];
    members[at] = moved;
  }
}

static void value_sift_down(pbk_member *members, uint32_t at, uint32_t count) {
  pbk_member moved = members[at];
  for (;;) {
    uint64_t child = (uint64_t)at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && value_member_order(&members[child], &members[child + 1]) < 0) child++;
    if (value_member_order(&moved, &members[child]) >= 0) break;
    members[at] = members[child];
    at = (uint32_t)child;
  }
  members[at] = moved;
}

/* In place, without memory, never quadratic. */
static void value_heap_sort(pbk_member *members, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) members[i].reserved = i;
  for (uint32_t i = count / 2; i-- > 0;) value_sift_down(members, i, count);
  for (uint32_t left = count - 1; left > 0; left--) {
    pbk_member largest = members[0];
    members[0] = members[left];
    members[left] = largest;
    value_sift_down(members, 0, left);
  }
  for (uint32_t i = 0; i < count; i++) members[i].reserved = 0;
}

/* Sorts by name, keeps the last of equal names; returns how many are left. */
static uint32_t value_sort_members(pbk_member *members, uint32_t count) {
  enum { FEW = 16 };
  uint32_t sorted = 1;
  while (sorted < count && text_compare(member_name(&members[sorted - 1]), member_name(&members[sorted])) < 0) sorted++;
  if (sorted >= count) return count;
  if (count <= FEW)
    value_insertion_sort(members, count);
  else
    value_heap_sort(members, count);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++)
    if (i + 1 == count || !text_equal(member_name(&members[i]), member_name(&members[i + 1]))) members[kept++] = members[i];
  return kept;
}

void pbk_value_normalize(pbk_value *value) {
  /* What a value points to is const for its readers; here its owner puts it in order. */
  if (value->kind == PBK_LIST) {
    pbk_value *items = (pbk_value *)value->as.items;
    for (uint32_t i = 0; i < value->size; i++) pbk_value_normalize(&items[i]);
  } else if (value->kind == PBK_MAP && value->size) {
    pbk_member *members = (pbk_member *)value->as.members;
    value->size = value_sort_members(members, value->size);
    for (uint32_t i = 0; i < value->size; i++) pbk_value_normalize(&members[i].value);
  }
}

/* ---- comparing ---- */

bool pbk_value_equal(const pbk_value *a, const pbk_value *b) {
  if (a->kind != b->kind || a->size != b->size) return false;
  switch (a->kind) {
    case PBK_BOOL:
    case PBK_INT: return a->as.integer == b->as.integer;
    case PBK_DOUBLE: return memcmp(&a->as.number, &b->as.number, sizeof a->as.number) == 0;
    case PBK_STRING: return text_equal(value_text(a), value_text(b));
    case PBK_LIST:
      for (uint32_t i = 0; i < a->size; i++)
        if (!pbk_value_equal(&a->as.items[i], &b->as.items[i])) return false;
      return true;
    case PBK_MAP:
      for (uint32_t i = 0; i < a->size; i++) {
        const pbk_member *left = &a->as.members[i], *right = &b->as.members[i];
        if (!text_equal(member_name(left), member_name(right)) || !pbk_value_equal(&left->value, &right->value))
          return false;
      }
      return true;
    default: return true;
  }
}

uint32_t pbk_value_depth(const pbk_value *value, uint32_t most) {
  if (value->kind != PBK_LIST && value->kind != PBK_MAP) return 0;
  uint32_t deepest = 0;
  if (most == 0) return 1;
  for (uint32_t i = 0; i < value->size && deepest < most; i++) {
    const pbk_value *below = value->kind == PBK_LIST ? &value->as.items[i] : &value->as.members[i].value;
    uint32_t depth = pbk_value_depth(below, most - 1);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

/* ---- copying: first all lists and maps, then all texts, so that texts need no padding ---- */

struct value_extent {
  size_t arrays, texts;
};

/* Stops growing at SIZE_MAX: a host's value may name the same list many times, and no allocator has that much. */
static void value_extent_add(size_t *sum, size_t count, size_t size) {
  *sum = count > (SIZE_MAX - *sum) / size ? SIZE_MAX : *sum + count * size;
}

static void value_extent_measure(struct value_extent *extent, const pbk_value *value) {
  if (value->kind == PBK_STRING) {
    value_extent_add(&extent->texts, value->size, 1);
  } else if (value->kind == PBK_LIST) {
    value_extent_add(&extent->arrays, value->size, sizeof(pbk_value));
    for (uint32_t i = 0; i < value->size; i++) value_extent_measure(extent, &value->as.items[i]);
  } else if (value->kind == PBK_MAP) {
    value_extent_add(&extent->arrays, value->size, sizeof(pbk_member));
    for (uint32_t i = 0; i < value->size; i++) {
      value_extent_add(&extent->texts, value->as.members[i].name_size, 1);
      value_extent_measure(extent, &value->as.members[i].value);
    }
  }
}

size_t pbk_value_extent(const pbk_value *value) {
  struct value_extent extent = {0, 0};
  value_extent_measure(&extent, value);
  value_extent_add(&extent.arrays, extent.texts, 1);
  return extent.arrays;
}

struct value_copy {
  unsigned char *arrays, *texts; /* where the next goes */
};

static const char *value_copy_text(struct value_copy *copy, const char *bytes, uint32_t size) {
  if (!size) return "";
  char *to = (char *)copy->texts;
  memcpy(to, bytes, size);
  copy->texts += size;
  return to;
}

static void *value_copy_room(struct value_copy *copy, size_t size) {
  void *room = copy->arrays;
  copy->arrays += size;
  return room;
}

static pbk_value value_copy_below(struct value_copy *copy, const pbk_value *value) {
  pbk_value result = *value;
  if (value->kind == PBK_STRING) {
    result.as.text = value_copy_text(copy, value->as.text, value->size);
  } else if (value->kind == PBK_LIST) {
    pbk_value *items = value->size ? value_copy_room(copy, value->size * sizeof *items) : NULL;
    for (uint32_t i = 0; i < value->size; i++) items[i] = value_copy_below(copy, &value->as.items[i]);
    result.as.items = items;
  } else if (value->kind == PBK_MAP) {
    pbk_member *members = value->size ? value_copy_room(copy, value->size * sizeof *members) : NULL;
    for (uint32_t i = 0; i < value->size; i++) {
      const pbk_member *member = &value->as.members[i];
      members[i].name = value_copy_text(copy, member->name, member->name_size);
      members[i].name_size = member->name_size;
      members[i].reserved = 0;
      members[i].value = value_copy_below(copy, &member->value);
    }
    result.as.members = members;
  }
  return result;
}

pbk_value pbk_value_copy_into(void *block, const pbk_value *value) {
  struct value_extent extent = {0, 0};
  value_extent_measure(&extent, value);
  unsigned char *start = block;
  struct value_copy copy = {start, extent.arrays ? start + extent.arrays : start};
  return value_copy_below(&copy, value);
}

pbk_value pbk_value_copy(struct arena *arena, const pbk_value *value) {
  size_t extent = pbk_value_extent(value);
  return pbk_value_copy_into(extent ? pbk_arena_allocate(arena, extent) : NULL, value);
}
