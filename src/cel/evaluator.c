/* cel/evaluator.c - walks a program's nodes. Every result is a term: a value, and how it goes on while only `now` moves. */
#include "cel/program.h"
#include "cel/regex.h"

static void evaluator_fail(struct cel_term *out, const char *message, uint32_t node, pbk_time until) {
  cel_stay(out, (struct cel_value){.kind = CEL_FAILED, .size = node, .as.bytes = message}, until);
}

/* Errors made where the node was not known get it here. */
static inline void evaluator_place(struct cel_term *out, uint32_t node) {
  if (out->value.kind == CEL_FAILED && out->value.size == NO_NODE) out->value.size = node;
}

/* && and ||. `absorbing` decides alone: false for &&, true for ||. The whole stays as long as one that decides does, so that
 * the longest of those counts; where none decides, it stays as long as all do. Where only matches count, what fails keeps the
 * whole condition from being true as well as what is false. */
static void evaluator_logic(struct cel_machine *machine, uint32_t at, struct cel_term *out, bool absorbing) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const uint32_t *links = machine->program->links.items + node->a;
  pbk_time all = CEL_FOREVER, decided_until = INT64_MIN;
  struct cel_value failure = {.kind = CEL_NULL};
  bool decided = false, prevents = !absorbing && at == machine->program->whole && machine->world->matches_only;
  pbk_time prevented_until = INT64_MIN;
  for (uint32_t i = 0; i < node->b; i++) {
    struct cel_aside aside;
    if (decided && !pbk_cel_aside_begin(machine, &aside)) break;
    pbk_cel_run_held(machine, links[i], out);
    if (decided && !pbk_cel_aside_end(machine, &aside)) break;
    if (machine->exhausted) return;
    if (out->value.kind == CEL_BOOL) {
      if ((out->value.as.integer != 0) == absorbing) {
        if (!machine->program->timed || out->until == CEL_FOREVER) {
          out->until = CEL_FOREVER;
          return;
        }
        machine->loose |= decided; /* the one may decide again by then */
        decided = true;
        if (out->until > decided_until) decided_until = out->until;
        continue;
      }
    } else if (failure.kind == CEL_NULL) {
      failure = out->value;
      if (failure.kind != CEL_FAILED) {
        failure = cel_failure(pbk_cel_no_such_overload);
        failure.size = links[i];
      }
    }
    if (prevents && out->value.kind != CEL_BOOL) {
      if (out->until > prevented_until) prevented_until = out->until;
      if (machine->program->timed && out->until != CEL_FOREVER) continue;
      cel_stay(out, decided ? cel_bool(absorbing) : failure, CEL_FOREVER);
      return;
    }
    all = cel_sooner(all, out->until);
  }
  if (prevented_until != INT64_MIN) {
    /* It can be true again, and no sooner, when the last of them is. */
    machine->loose = true;
    if (prevented_until < decided_until) prevented_until = decided_until;
    cel_stay(out, decided ? cel_bool(absorbing) : failure, prevented_until);
    return;
  }
  /* Others may decide by then, or an error may come out, which does not match either. */
  bool fails = failure.kind == CEL_FAILED;
  if (decided && (all <= decided_until || (fails && machine->world->matches_only))) machine->loose = true;
  if (decided)
    cel_stay(out, cel_bool(absorbing), decided_until);
  else if (failure.kind == CEL_FAILED)
    cel_stay(out, failure, cel_loosely(machine, all));
  else
    cel_stay(out, cel_bool(!absorbing), all);
}

static bool evaluator_is_time(const struct cel_term *term) {
  return term->value.kind == CEL_TIMESTAMP || term->value.kind == CEL_DURATION;
}

/* `a` op `b`, both already evaluated and not yet held. The result may be written over `a`. */
static void evaluator_binary(struct cel_machine *machine, uint32_t binary, struct cel_term *a, struct cel_term *b,
                             struct cel_term *out) {
  if (a->value.kind == CEL_FAILED || b->value.kind == CEL_FAILED) {
    struct cel_term failed = a->value.kind == CEL_FAILED ? *a : *b;
    *out = failed;
    return;
  }
  if (binary <= BINARY_IN) {
    struct cel_value value = binary == BINARY_IN ? pbk_cel_contains(machine, &a->value, &b->value)
                                                 : pbk_cel_compare(machine, binary, &a->value, &b->value);
    pbk_time until = cel_sooner(a->until, b->until);
    /* Moments and spans leave their range when they do; what else is loose about them is known. */
    if (until != CEL_FOREVER && !(evaluator_is_time(a) && evaluator_is_time(b))) machine->loose = true;
    if ((a->step | b->step) || (a->slope | b->slope)) until = pbk_cel_stays(machine, binary, a, b);
    cel_stay(out, value, until);
    return;
  }
  if (a->step) pbk_cel_hold(machine, a);
  if (b->step) pbk_cel_hold(machine, b);
  if (a->slope || b->slope) {
    struct cel_term result;
    pbk_cel_time_arithmetic(machine, binary, a, b, &result);
    *out = result;
    return;
  }
  struct cel_value value = pbk_cel_arithmetic(machine, binary, &a->value, &b->value);
  cel_stay(out, value, cel_loosely(machine, cel_sooner(a->until, b->until)));
}

/* A field or an entry, straight from the world into the term. */
static inline void evaluator_read(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const struct cel_world *world = machine->world;
  const struct cel_shown *shown = node->operation == OPERATION_ENTRY ? cel_shown_at(world, node->a) : NULL;
  const pbk_value *field = node->operation == OPERATION_FIELD ? cel_shown_field(world, node->a) : NULL;
  bool there = true;
  if (field) {
    out->value.as.json = field;
    out->value.kind = CEL_JSON;
  } else if (shown) {
    out->value.as.json = cel_shown_entry(machine, shown, node->b);
    out->value.kind = CEL_JSON;
    there = out->value.as.json != NULL;
  } else if (node->operation == OPERATION_ENTRY) {
    there = world->entry(world->context, node->a, node->b, &out->value);
  } else {
    there = world->field(world->context, node->a, &out->value);
  }
  if (!there) {
    evaluator_fail(out, pbk_cel_no_such_key, at, CEL_FOREVER);
    return;
  }
  if (out->value.kind == CEL_JSON) out->value = pbk_cel_from_json(out->value.as.json);
  out->until = CEL_FOREVER;
  out->slope = 0;
  out->step = STEP_NONE;
}

/* The commonest of all: something that does not move compared with a constant of its own type. Does what evaluator_binary
 * would, with nothing in between. */
static inline bool evaluator_simple(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out) {
  const struct cel_node *right = &machine->program->nodes.items[node->b];
  if (right->operation != OPERATION_CONSTANT || node->detail >= BINARY_IN || out->step || out->slope) return false;
  const struct cel_value *constant = &machine->program->constants.items[right->a];
  if (constant->kind != out->value.kind) return false;
  int order;
  if (constant->kind == CEL_INT) {
    order = (out->value.as.integer > constant->as.integer) - (out->value.as.integer < constant->as.integer);
  } else if (constant->kind == CEL_STRING && node->detail <= BINARY_NOT_EQUAL) {
    order = out->value.size != constant->size ||
            (constant->size && memcmp(out->value.as.bytes, constant->as.bytes, constant->size) != 0);
  } else {
    return false;
  }
  machine->fuel--;
  cel_set_bool(&out->value, cel_holds(node->detail, order));
  return true;
}

static void evaluator_chain(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const uint32_t *links = machine->program->links.items + node->a;
  pbk_cel_run(machine, links[0], out);
  for (uint32_t i = 1; i + 1 < node->b && !machine->exhausted; i += 2) {
    struct cel_term next;
    pbk_cel_run(machine, links[i + 1], &next);
    pbk_cel_burn(machine, 1);
    evaluator_binary(machine, links[i], out, &next, out);
  }
}

static void evaluator_conditional(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const uint32_t *links = machine->program->links.items + node->a;
  pbk_time until = CEL_FOREVER;
  uint32_t i = 0;
  for (; i + 1 < node->b; i += 2) {
    pbk_cel_run_held(machine, links[i], out);
    if (machine->exhausted) return;
    until = cel_loosely(machine, cel_sooner(until, out->until));
    if (out->value.kind != CEL_BOOL) {
      if (out->value.kind != CEL_FAILED) evaluator_fail(out, pbk_cel_no_such_overload, at, until);
      out->until = until;
      return;
    }
    if (out->value.as.integer) {
      i++;
      break;
    }
  }
  pbk_cel_run(machine, links[i], out);
  out->until = cel_sooner(until, out->until);
}

/* Items of a list or map literal into the scratch; NULL when one is an error, which is then in `out`, or room ran out. */
static struct cel_value *evaluator_items(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out,
                                         pbk_time *until) {
  struct cel_value *items = pbk_cel_scratch(machine, (uint64_t)node->b * sizeof *items);
  *until = CEL_FOREVER;
  cel_stay(out, (struct cel_value){.kind = CEL_NULL}, CEL_FOREVER);
  for (uint32_t i = 0; items && i < node->b; i++) {
    pbk_cel_run_held(machine, machine->program->links.items[node->a + i], out);
    if (machine->exhausted || out->value.kind == CEL_FAILED) return NULL;
    *until = cel_loosely(machine, cel_sooner(*until, out->until));
    items[i] = out->value;
  }
  return items;
}

static void evaluator_list(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out) {
  pbk_time until;
  struct cel_value *items = evaluator_items(machine, node, out, &until);
  if (items) cel_stay(out, (struct cel_value){.kind = CEL_LIST, .size = node->b, .as.other = items}, until);
}

static void evaluator_map(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out) {
  pbk_time until;
  struct cel_value *items = evaluator_items(machine, node, out, &until);
  if (!items) return;
  /* A run of key, value, key, value is a run of pairs. */
  cel_stay(out, pbk_cel_make_map(machine, (const struct cel_pair *)(const void *)items, node->b / 2), until);
}

static void evaluator_call(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out) {
  struct cel_value arguments[4];
  pbk_time until = CEL_FOREVER;
  const uint32_t *links = machine->program->links.items + node->a;
  if (node->detail >= FUNCTION_GET_FULL_YEAR) {
    struct cel_term zone;
    pbk_cel_run(machine, links[0], out);
    if (out->step) pbk_cel_hold(machine, out);
    if (machine->exhausted || out->value.kind == CEL_FAILED) return;
    if (node->b > 1) {
      pbk_cel_run_held(machine, links[1], &zone);
      if (machine->exhausted || zone.value.kind == CEL_FAILED) {
        *out = zone;
        return;
      }
      out->until = cel_sooner(out->until, zone.until);
    }
    struct cel_term of = *out;
    pbk_cel_getter(machine, node->detail, &of, node->b > 1 ? &zone.value : NULL, out);
    return;
  }
  for (uint32_t i = 0; i < node->b; i++) {
    pbk_cel_run_held(machine, links[i], out);
    if (machine->exhausted || out->value.kind == CEL_FAILED) return;
    until = cel_loosely(machine, cel_sooner(until, out->until));
    arguments[i] = out->value;
  }
  struct cel_value value;
  if (node->detail <= FUNCTION_MATCHES)
    value = pbk_cel_string_call(machine, node->detail, arguments, node->b);
  else if (node->detail >= FUNCTION_CHAR_AT)
    value = pbk_cel_extension_call(machine, node->detail, arguments, node->b);
  else
    value = pbk_cel_convert(machine, node->detail, &arguments[0]);
  cel_stay(out, value, until);
}

static void evaluator_has(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  pbk_cel_run_held(machine, node->a, out);
  if (machine->exhausted || out->value.kind == CEL_FAILED) return;
  if (!pbk_cel_is_map(&out->value)) {
    evaluator_fail(out, pbk_cel_no_such_overload, at, out->until);
    return;
  }
  struct cel_value found;
  int has = pbk_cel_map_find(machine, &out->value, &machine->program->constants.items[node->c], &found);
  if (has < 0)
    evaluator_fail(out, pbk_cel_no_such_key, at, out->until);
  else
    cel_stay(out, cel_bool(has), out->until);
}

static void evaluator_select(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  pbk_cel_run_held(machine, node->a, out);
  if (machine->exhausted || out->value.kind == CEL_FAILED) return;
  if (!pbk_cel_is_map(&out->value)) {
    evaluator_fail(out, pbk_cel_no_such_overload, at, out->until);
    return;
  }
  struct cel_value found;
  if (pbk_cel_map_find(machine, &out->value, &machine->program->constants.items[node->c], &found) == 1)
    out->value = found;
  else
    evaluator_fail(out, pbk_cel_no_such_key, at, out->until);
}

static void evaluator_history(struct cel_machine *machine, const struct cel_node *node, struct cel_term *out) {
  struct cel_value windows[2] = {{.kind = CEL_NULL}, {.kind = CEL_NULL}};
  pbk_time until = CEL_FOREVER;
  uint32_t nodes[2] = {node->c, node->d};
  for (uint32_t i = 0; i < 2 && nodes[i] != NO_NODE; i++) {
    pbk_cel_run_held(machine, nodes[i], out);
    if (machine->exhausted || out->value.kind == CEL_FAILED) return;
    windows[i] = out->value;
    until = cel_loosely(machine, cel_sooner(until, out->until));
  }
  out->until = until;
  pbk_cel_history(machine, node, windows, out);
}

/* An entry that is not there: whether its map is, decides what has() says. */
static void evaluator_has_entry(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const struct cel_world *world = machine->world;
  const struct cel_shown *shown = cel_shown_at(world, node->a);
  struct cel_value found;
  if (shown) {
    cel_stay(out, cel_bool(cel_shown_entry(machine, shown, node->b) != NULL), CEL_FOREVER);
  } else if (world->entry(world->context, node->a, node->b, &found)) {
    cel_stay(out, cel_bool(true), CEL_FOREVER);
  } else if (world->entry_count(world->context, node->a) == UINT32_MAX) {
    evaluator_fail(out, pbk_cel_no_such_key, at, CEL_FOREVER);
  } else {
    cel_stay(out, cel_bool(false), CEL_FOREVER);
  }
}

void pbk_cel_run(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  const struct cel_node *node = &machine->program->nodes.items[at];
  const struct cel_world *world = machine->world;
  if (--machine->fuel < 0) {
    pbk_cel_burn(machine, 0);
    evaluator_fail(out, "the condition took too many steps", at, CEL_FOREVER);
    return;
  }
  switch (node->operation) {
    case OPERATION_CONSTANT: cel_stay(out, machine->program->constants.items[node->a], CEL_FOREVER); return;
    case OPERATION_NOW:
      cel_stay(out, cel_time(CEL_TIMESTAMP, world->now), CEL_FOREVER);
      out->slope = 1;
      return;
    case OPERATION_LOCAL: cel_stay(out, machine->locals[node->a], CEL_FOREVER); return;
    case OPERATION_FIELD:
    case OPERATION_ENTRY: evaluator_read(machine, at, out); return;
    case OPERATION_ENTRIES:
      if (world->entry_count(world->context, node->a) == UINT32_MAX) {
        evaluator_fail(out, pbk_cel_no_such_key, at, CEL_FOREVER);
      } else {
        cel_stay(out, (struct cel_value){.kind = CEL_ENTRIES, .as.integer = node->a}, CEL_FOREVER);
      }
      return;
    case OPERATION_OBJECT:
      cel_stay(out, (struct cel_value){.kind = CEL_OBJECT, .as.other = &machine->program->objects.items[node->a]},
               CEL_FOREVER);
      return;
    case OPERATION_HAS_FIELD: {
      struct cel_value ignored;
      cel_stay(out, cel_bool(world->field(world->context, node->a, &ignored)), CEL_FOREVER);
      return;
    }
    case OPERATION_HAS_ENTRY: evaluator_has_entry(machine, at, out); return;
    case OPERATION_HAS_ENTRIES:
      cel_stay(out, cel_bool(world->entry_count(world->context, node->a) != UINT32_MAX), CEL_FOREVER);
      return;
    case OPERATION_HAS: evaluator_has(machine, at, out); return;
    case OPERATION_SELECT: evaluator_select(machine, at, out); return;
    case OPERATION_INDEX: {
      struct cel_term key;
      pbk_cel_run_held(machine, node->a, out);
      if (machine->exhausted || out->value.kind == CEL_FAILED) return;
      pbk_cel_run_held(machine, node->b, &key);
      if (machine->exhausted) return;
      pbk_time until = cel_loosely(machine, cel_sooner(out->until, key.until));
      if (key.value.kind == CEL_FAILED)
        cel_stay(out, key.value, key.until);
      else
        cel_stay(out, pbk_cel_index(machine, &out->value, &key.value), until);
      break;
    }
    case OPERATION_NOT:
      pbk_cel_run_held(machine, node->a, out);
      if (out->value.kind == CEL_BOOL)
        out->value.as.integer = !out->value.as.integer;
      else if (out->value.kind != CEL_FAILED)
        evaluator_fail(out, pbk_cel_no_such_overload, at, out->until);
      return;
    case OPERATION_NEGATE:
      pbk_cel_run_held(machine, node->a, out);
      if (out->value.kind != CEL_FAILED) out->value = pbk_cel_negate(&out->value);
      break;
    case OPERATION_AND: evaluator_logic(machine, at, out, false); return;
    case OPERATION_OR: evaluator_logic(machine, at, out, true); return;
    case OPERATION_BINARY: {
      struct cel_term right;
      uint32_t first = machine->program->nodes.items[node->a].operation;
      if (first == OPERATION_ENTRY || first == OPERATION_FIELD) {
        machine->fuel--;
        evaluator_read(machine, node->a, out);
      } else {
        pbk_cel_run(machine, node->a, out);
      }
      if (out->value.kind == CEL_FAILED) return;
      if (evaluator_simple(machine, node, out)) return;
      pbk_cel_run(machine, node->b, &right);
      evaluator_binary(machine, node->detail, out, &right, out);
      break;
    }
    case OPERATION_CHAIN: evaluator_chain(machine, at, out); break;
    case OPERATION_CONDITIONAL: evaluator_conditional(machine, at, out); return;
    case OPERATION_LIST: evaluator_list(machine, node, out); break;
    case OPERATION_MAP: evaluator_map(machine, node, out); break;
    case OPERATION_ALL:
    case OPERATION_EXISTS:
    case OPERATION_EXISTS_ONE:
    case OPERATION_FILTER:
    case OPERATION_TRANSFORM: pbk_cel_loop(machine, at, out); break;
    case OPERATION_CALL: evaluator_call(machine, node, out); break;
    case OPERATION_MATCHES:
      pbk_cel_run_held(machine, node->a, out);
      if (out->value.kind == CEL_FAILED) return;
      if (out->value.kind != CEL_STRING) {
        evaluator_fail(out, pbk_cel_no_such_overload, at, out->until);
      } else {
        out->value =
          cel_bool(pbk_cel_regex_search(machine, machine->program->patterns.items[node->b], cel_text(&out->value)));
      }
      return;
    case OPERATION_MEMBER: cel_stay(out, cel_bool(world->member(world->context, node->a, node->b)), CEL_FOREVER); return;
    case OPERATION_COUNT:
    case OPERATION_COUNT_SINCE:
    case OPERATION_COUNT_BETWEEN:
    case OPERATION_FIRST:
    case OPERATION_LAST:
    case OPERATION_QUIET: evaluator_history(machine, node, out); break;
    default: evaluator_fail(out, machine->program->failures.items[node->a], at, CEL_FOREVER); return;
  }
  evaluator_place(out, at);
}
