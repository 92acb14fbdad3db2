/* base/value.h - JSON values: copying, comparing, looking up. The type itself is the public pbk_value. */
#ifndef PBK_BASE_VALUE_H
#define PBK_BASE_VALUE_H

#include "base/memory.h"
#include "base/text.h"

/* How deep values are read at all, from JSON or from bytes: recursion stops there. */
enum { VALUE_MOST_DEPTH = 128 };

static inline struct text value_text(const pbk_value *value) {
  return (struct text){value->as.text, value->size};
}
static inline struct text member_name(const pbk_member *member) {
  return (struct text){member->name, member->name_size};
}

static inline pbk_value value_null(void) { return (pbk_value){.kind = PBK_NULL}; }
static inline pbk_value value_bool(bool is) { return (pbk_value){.kind = PBK_BOOL, .as.integer = is}; }
static inline pbk_value value_int(int64_t integer) { return (pbk_value){.kind = PBK_INT, .as.integer = integer}; }
static inline pbk_value value_double(double number) { return (pbk_value){.kind = PBK_DOUBLE, .as.number = number}; }
static inline pbk_value value_string(struct text text) {
  return (pbk_value){.kind = PBK_STRING, .size = text.size, .as.text = text.bytes};
}

/* Inside the library the members of a map are sorted by name and unique: the doors (wire, api) see to it. */
const pbk_value *pbk_value_member(const pbk_value *map, struct text name); /* NULL where there is none */
/* Sorts by name; of members with the same name the last is kept. In place; also in the maps below. */
void pbk_value_normalize(pbk_value *value);

/* Exactly the same: kinds too (1 is not 1.0), doubles by their bits. */
bool pbk_value_equal(const pbk_value *a, const pbk_value *b);
/* Nesting: 0 for a scalar, 1 for a list of scalars, … Does not go deeper than `most` + 1. */
uint32_t pbk_value_depth(const pbk_value *value, uint32_t most);

/* What a copy of everything below the value (texts, items, members) takes; 0 for a number. */
size_t pbk_value_extent(const pbk_value *value);
/* Copies everything below into one block of pbk_value_extent bytes (8-byte aligned) and points there. */
pbk_value pbk_value_copy_into(void *block, const pbk_value *value);
/* The same in an arena. */
pbk_value pbk_value_copy(struct arena *arena, const pbk_value *value);

#endif
