/* cel/cost.c - how many steps a condition can take at most, told before it runs. A list whose size is not known counts as
 * COST_UNKNOWN_SIZE items; what an evaluation really takes is bounded by CEL_FUEL. */
#include "cel/syntax.h"

enum { COST_UNKNOWN_SIZE = 200 };

static uint64_t cost_add(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t cost_multiply(uint64_t a, uint64_t b) {
  return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* The most items a macro goes through. */
static uint64_t cost_size(const struct cel_syntax *range) {
  switch (range->kind) {
    case SYNTAX_LIST: return range->count;
    case SYNTAX_MAP: return range->count / 2;
    case SYNTAX_LOOP: return cost_size(range->target);
    case SYNTAX_CHAIN: {
      uint64_t size = 0;
      for (uint32_t i = 0; i < range->count; i++) size = cost_add(size, cost_size(range->items[i]));
      return size;
    }
    default: return COST_UNKNOWN_SIZE;
  }
}

uint64_t pbk_cel_cost(struct cel_compilation *compilation, const struct cel_syntax *syntax) {
  uint64_t cost = 1, items = 0;
  if (syntax->target) cost = cost_add(cost, pbk_cel_cost(compilation, syntax->target));
  for (uint32_t i = 0; i < syntax->count; i++) items = cost_add(items, pbk_cel_cost(compilation, syntax->items[i]));
  if (syntax->kind == SYNTAX_LOOP) items = cost_multiply(cost_add(items, 1), cost_size(syntax->target));
  return cost_add(cost, items);
}
