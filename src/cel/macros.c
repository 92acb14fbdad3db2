/* cel/macros.c - has(), all, exists, exists_one, map and filter: calls that are read as syntax of their own; and long argument lists. */
#include "cel/syntax.h"

static const struct {
  const char *name;
  uint8_t arguments;
  uint8_t operation;
} macro_table[] = {{"all", 2, OPERATION_ALL},
                   {"exists", 2, OPERATION_EXISTS},
                   {"exists_one", 2, OPERATION_EXISTS_ONE},
                   {"existsOne", 2, OPERATION_EXISTS_ONE},
                   {"map", 2, OPERATION_TRANSFORM},
                   {"map", 3, OPERATION_TRANSFORM},
                   {"filter", 2, OPERATION_FILTER}};

static struct cel_syntax *macro_has(struct cel_compilation *compilation, const struct cel_syntax *call) {
  struct cel_syntax *field = call->items[0];
  if (field->kind != SYNTAX_SELECT) {
    pbk_cel_refuse(compilation, field->offset, "expected a field in has(), such as has(contact.stage)");
  }
  struct cel_syntax *has = pbk_cel_syntax(compilation, SYNTAX_HAS, field->offset);
  has->target = field->target;
  has->name = field->name;
  return has;
}

/* math.greatest() and math.least() of more than two: as of a list. */
static void macro_list(struct cel_compilation *compilation, struct cel_syntax *call) {
  if (call->target->kind != SYNTAX_NAME || !text_equal(call->target->name, TEXT("math")) || call->count < 3) return;
  if (!text_equal(call->name, TEXT("greatest")) && !text_equal(call->name, TEXT("least"))) return;
  struct cel_syntax *list = pbk_cel_syntax(compilation, SYNTAX_LIST, call->items[0]->offset);
  list->items = call->items;
  list->count = call->count;
  pbk_cel_deepen(compilation, list);
  call->items = pbk_arena_allocate(&compilation->arena, sizeof *call->items);
  call->items[0] = list;
  call->count = 1;
}

struct cel_syntax *pbk_cel_macro(struct cel_compilation *compilation, struct cel_syntax *call) {
  if (!call->target) {
    return call->count == 1 && text_equal(call->name, TEXT("has")) ? macro_has(compilation, call) : NULL;
  }
  macro_list(compilation, call);
  for (uint32_t i = 0; i < sizeof macro_table / sizeof *macro_table; i++) {
    if (macro_table[i].arguments != call->count || !text_equal(call->name, text_from(macro_table[i].name))) continue;
    struct cel_syntax *variable = call->items[0];
    if (variable->kind != SYNTAX_NAME || variable->rooted) {
      pbk_cel_refuse(compilation, variable->offset, "expected a simple name for the variable of %s()", macro_table[i].name);
    }
    struct cel_syntax *loop = pbk_cel_syntax(compilation, SYNTAX_LOOP, call->offset);
    loop->loop = macro_table[i].operation;
    loop->target = call->target;
    loop->name = variable->name;
    loop->items = call->items + 1;
    loop->count = call->count - 1;
    return loop;
  }
  return NULL;
}
