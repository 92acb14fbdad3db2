/* cel/comparing.c - equality of any two values, and the order of those that have one. Numbers compare by what they are
 * worth, whatever their types; with a double, as doubles, as CEL has it. */
#include "cel/program.h"

static int comparing_doubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  return a == b ? 0 : 2; /* not a number: neither equal nor in order */
}

int pbk_cel_compare_numbers(const struct cel_value *a, const struct cel_value *b) {
  if (a->kind == CEL_INT) {
    int64_t left = a->as.integer;
    if (b->kind == CEL_INT) return (left > b->as.integer) - (left < b->as.integer);
    if (b->kind == CEL_UINT) {
      if (left < 0) return -1;
      return ((uint64_t)left > b->as.natural) - ((uint64_t)left < b->as.natural);
    }
    return comparing_doubles((double)left, b->as.number);
  }
  if (a->kind == CEL_UINT && b->kind == CEL_UINT) return (a->as.natural > b->as.natural) - (a->as.natural < b->as.natural);
  if (a->kind == CEL_UINT && b->kind == CEL_DOUBLE) return comparing_doubles((double)a->as.natural, b->as.number);
  if (a->kind == CEL_DOUBLE && b->kind == CEL_DOUBLE) return comparing_doubles(a->as.number, b->as.number);
  int order = pbk_cel_compare_numbers(b, a);
  return order == 2 ? 2 : -order;
}

static bool comparing_lists(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b) {
  uint32_t size = pbk_cel_list_size(a);
  if (size != pbk_cel_list_size(b)) return false;
  for (uint32_t i = 0; i < size; i++) {
    struct cel_value left = pbk_cel_list_at(a, i), right = pbk_cel_list_at(b, i);
    if (!pbk_cel_equal(machine, &left, &right)) return false;
  }
  return true;
}

static bool comparing_maps(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b) {
  uint32_t left_size, right_size;
  bool left_there = pbk_cel_map_size(machine, a, &left_size), right_there = pbk_cel_map_size(machine, b, &right_size);
  if (!left_there || !right_there || left_size != right_size) return false;
  for (uint32_t i = 0; i < left_size; i++) {
    struct cel_value key, left, right;
    pbk_cel_map_at(machine, a, i, &key, &left);
    if (machine->exhausted || pbk_cel_map_find(machine, b, &key, &right) != 1 || !pbk_cel_equal(machine, &left, &right))
      return false;
  }
  return true;
}

bool pbk_cel_equal(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b) {
  if (!pbk_cel_burn(machine, 1)) return false;
  if (cel_is_number(a)) return cel_is_number(b) && pbk_cel_compare_numbers(a, b) == 0;
  if (pbk_cel_is_list(a)) return pbk_cel_is_list(b) && comparing_lists(machine, a, b);
  if (pbk_cel_is_map(a)) return pbk_cel_is_map(b) && comparing_maps(machine, a, b);
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case CEL_NULL: return true;
    case CEL_STRING:
    case CEL_BYTES: return pbk_cel_burn(machine, a->size / 64) && text_equal(cel_text(a), cel_text(b));
    case CEL_TIMESTAMP:
    case CEL_DURATION: return cel_compare_times(a, b) == 0;
    default: return a->as.integer == b->as.integer;
  }
}

struct cel_value pbk_cel_compare(struct cel_machine *machine, uint32_t binary, const struct cel_value *a,
                                 const struct cel_value *b) {
  if (binary <= BINARY_NOT_EQUAL) return cel_bool(pbk_cel_equal(machine, a, b) == (binary == BINARY_EQUAL));
  int order;
  if (cel_is_number(a) && cel_is_number(b)) {
    order = pbk_cel_compare_numbers(a, b);
  } else if (a->kind != b->kind) {
    return cel_failure(pbk_cel_no_such_overload);
  } else if (a->kind == CEL_STRING || a->kind == CEL_BYTES) {
    pbk_cel_burn(machine, (a->size < b->size ? a->size : b->size) / 64);
    int bytes = text_compare(cel_text(a), cel_text(b));
    order = (bytes > 0) - (bytes < 0);
  } else if (a->kind == CEL_TIMESTAMP || a->kind == CEL_DURATION) {
    order = cel_compare_times(a, b);
  } else if (a->kind == CEL_BOOL) {
    order = (a->as.integer > b->as.integer) - (a->as.integer < b->as.integer);
  } else {
    return cel_failure(pbk_cel_no_such_overload);
  }
  return cel_bool(cel_holds(binary, order));
}
