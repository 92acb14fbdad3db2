/* cel/loops.c - the macros: one body run for every item of a list, or every key of a map. */
#include "cel/program.h"

struct loop_range {
  struct cel_value value;
  uint32_t size;
  bool map;
};

/* Evaluates the range; false when it is an error, which is then in `out`. */
static bool loop_begin(struct cel_machine *machine, const struct cel_node *node, struct loop_range *range,
                       struct cel_term *out) {
  pbk_cel_run_held(machine, node->a, out);
  if (machine->exhausted || out->value.kind == CEL_FAILED) return false;
  range->value = out->value;
  range->map = pbk_cel_is_map(&out->value);
  if (range->map) {
    if (pbk_cel_map_size(machine, &out->value, &range->size)) return true;
    out->value = cel_failure(pbk_cel_no_such_key);
    return false;
  }
  if (!pbk_cel_is_list(&out->value)) {
    out->value = cel_failure(pbk_cel_no_such_overload);
    return false;
  }
  range->size = pbk_cel_list_size(&out->value);
  return true;
}

static struct cel_value loop_item(struct cel_machine *machine, const struct loop_range *range, uint32_t at) {
  if (!range->map) return pbk_cel_list_at(&range->value, at);
  struct cel_value key, value;
  pbk_cel_map_at(machine, &range->value, at, &key, &value);
  return key;
}

/* all and exists are && and || over the items: see evaluator_logic. Bodies give bools, so that their scratch can be taken
 * back. */
static void loop_logic(struct cel_machine *machine, const struct cel_node *node, const struct loop_range *range,
                       struct cel_term *out, bool absorbing) {
  pbk_time range_until = out->until, all = CEL_FOREVER, decided_until = INT64_MIN;
  struct cel_value failure = {.kind = CEL_NULL};
  bool decided = false;
  uint32_t mark = machine->used;
  for (uint32_t i = 0; i < range->size; i++) {
    struct cel_aside aside;
    if (decided && !pbk_cel_aside_begin(machine, &aside)) break;
    machine->locals[node->detail] = loop_item(machine, range, i);
    pbk_cel_run_held(machine, node->b, out);
    if (decided && !pbk_cel_aside_end(machine, &aside)) break;
    if (machine->exhausted) return;
    machine->used = mark;
    if (out->value.kind == CEL_BOOL) {
      if ((out->value.as.integer != 0) == absorbing) {
        if (decided && out->until != CEL_FOREVER) machine->loose = true;
        decided = true;
        if (out->until > decided_until) decided_until = out->until;
        if (!machine->program->timed || decided_until >= range_until) break;
        continue;
      }
    } else if (failure.kind == CEL_NULL) {
      failure = out->value;
      if (failure.kind != CEL_FAILED) failure = cel_failure(pbk_cel_no_such_overload);
    }
    all = cel_sooner(all, out->until);
  }
  cel_loosely(machine, range_until);
  bool fails = failure.kind == CEL_FAILED;
  bool others = all <= decided_until || (fails && machine->world->matches_only);
  if (decided && decided_until != CEL_FOREVER && others) machine->loose = true;
  if (decided)
    cel_stay(out, cel_bool(absorbing), cel_sooner(range_until, decided_until));
  else if (failure.kind == CEL_FAILED)
    cel_stay(out, failure, cel_loosely(machine, cel_sooner(range_until, all)));
  else
    cel_stay(out, cel_bool(!absorbing), cel_sooner(range_until, all));
}

/* A predicate's answer: 1, 0, or -1 for an error, which is then in `out`. */
static int loop_test(struct cel_machine *machine, uint32_t body, struct cel_term *out) {
  pbk_cel_run_held(machine, body, out);
  if (machine->exhausted) return -1;
  if (out->value.kind == CEL_BOOL) return out->value.as.integer != 0;
  if (out->value.kind != CEL_FAILED) out->value = cel_failure(pbk_cel_no_such_overload);
  return -1;
}

static void loop_exists_one(struct cel_machine *machine, const struct cel_node *node, const struct loop_range *range,
                            struct cel_term *out) {
  pbk_time until = out->until;
  uint32_t found = 0, mark = machine->used;
  for (uint32_t i = 0; i < range->size; i++) {
    machine->locals[node->detail] = loop_item(machine, range, i);
    int test = loop_test(machine, node->b, out);
    if (machine->exhausted) return;
    machine->used = mark;
    if (test < 0) {
      out->until = cel_sooner(until, out->until);
      return;
    }
    until = cel_sooner(until, out->until);
    found += (uint32_t)test;
  }
  cel_stay(out, cel_bool(found == 1), cel_loosely(machine, until));
}

/* filter, and map with two or three arguments. What predicates leave in the scratch is taken back; what a transformation
 * gives stays. */
static void loop_build(struct cel_machine *machine, const struct cel_node *node, const struct loop_range *range,
                       struct cel_term *out) {
  pbk_time until = out->until;
  bool filter = node->operation == OPERATION_FILTER;
  struct cel_value *items = pbk_cel_scratch(machine, (uint64_t)range->size * sizeof *items);
  uint32_t count = 0;
  if (!items) return;
  for (uint32_t i = 0; i < range->size; i++) {
    struct cel_value item = loop_item(machine, range, i);
    machine->locals[node->detail] = item;
    if (node->b != NO_NODE) {
      uint32_t mark = machine->used;
      int test = loop_test(machine, node->b, out);
      if (machine->exhausted) return;
      machine->used = mark;
      if (test < 0) {
        out->until = cel_sooner(until, out->until);
        return;
      }
      until = cel_sooner(until, out->until);
      if (!test) continue;
    }
    if (!filter) {
      pbk_cel_run_held(machine, node->c, out);
      if (machine->exhausted) return;
      until = cel_sooner(until, out->until);
      if (out->value.kind == CEL_FAILED) {
        out->until = until;
        return;
      }
      item = out->value;
    }
    items[count++] = item;
  }
  cel_stay(out, (struct cel_value){.kind = CEL_LIST, .size = count, .as.other = items}, cel_loosely(machine, until));
}

void pbk_cel_loop(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  struct loop_range range;
  if (!loop_begin(machine, node, &range, out)) return;
  switch (node->operation) {
    case OPERATION_ALL: loop_logic(machine, node, &range, out, false); break;
    case OPERATION_EXISTS: loop_logic(machine, node, &range, out, true); break;
    case OPERATION_EXISTS_ONE: loop_exists_one(machine, node, &range, out); break;
    default: loop_build(machine, node, &range, out); break;
  }
}
