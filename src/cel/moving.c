/* cel/moving.c - SPEC X6 when a condition is defined: what moves with `now` may go only where its next change can be told.
 *
 * A timestamp or duration that depends on `now` moves continuously; a calendar field of one goes in steps. Both may be
 * compared and chosen by ?:, the first also added, subtracted and asked for fields, the second looked up in a constant list.
 * Whatever comes out of a comparison is an ordinary value again. */
#include "cel/syntax.h"

enum { MOVES_NOT = 0, MOVES_ON = 1, MOVES_BY_FIELD = 2 };

static void moving_inspect(struct cel_compilation *compilation, struct cel_syntax *syntax);

_Noreturn static void moving_refuse(struct cel_compilation *compilation, const struct cel_syntax *syntax) {
  if (syntax->moves & MOVES_ON) {
    pbk_cel_refuse(
      compilation, syntax->offset,
      "what moves with now can only be added, subtracted, compared, chosen by ?: or asked for calendar fields here");
  }
  pbk_cel_refuse(compilation, syntax->offset,
                 "a calendar field of what moves with now can only be compared or looked up in a constant list here");
}

/* Inspects, and refuses unless it moves in allowed ways at most. */
static void moving_allow(struct cel_compilation *compilation, struct cel_syntax *syntax, uint32_t allowed) {
  moving_inspect(compilation, syntax);
  if (syntax->moves & ~allowed) moving_refuse(compilation, syntax);
}

static bool moving_constant_list(const struct cel_syntax *syntax) {
  if (syntax->kind != SYNTAX_LIST) return false;
  for (uint32_t i = 0; i < syntax->count; i++) {
    const struct cel_syntax *item = syntax->items[i];
    while (item->kind == SYNTAX_NEGATE) item = item->target;
    if (item->kind != SYNTAX_LITERAL) return false;
  }
  return true;
}

static void moving_chain(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  struct cel_syntax *first = syntax->items[0];
  moving_inspect(compilation, first);
  uint32_t moves = first->moves;
  for (uint32_t i = 1; i < syntax->count; i++) {
    struct cel_syntax *item = syntax->items[i];
    struct cel_link link = syntax->links[i - 1];
    moving_inspect(compilation, item);
    uint32_t left = moves, right = item->moves, allowed_left = MOVES_NOT, allowed_right = MOVES_NOT;
    if (link.operation <= BINARY_GREATER_EQUAL) {
      allowed_left = allowed_right = MOVES_ON | MOVES_BY_FIELD;
      moves = MOVES_NOT;
    } else if (link.operation == BINARY_IN) {
      if (moving_constant_list(item)) allowed_left = MOVES_BY_FIELD;
      moves = MOVES_NOT;
    } else if (link.operation == BINARY_ADD || link.operation == BINARY_SUBTRACT) {
      allowed_left = allowed_right = MOVES_ON;
      moves = left | right;
    } else {
      moves = MOVES_NOT;
    }
    if (right & ~allowed_right) moving_refuse(compilation, item);
    if (left & ~allowed_left) {
      if (i == 1) moving_refuse(compilation, first);
      pbk_cel_refuse(compilation, link.offset, "what moves with now can only be added, subtracted or compared here");
    }
  }
  syntax->moves = (uint8_t)moves;
}

static void moving_call(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  bool getter = syntax->meaning == MEANS_FUNCTION && syntax->number >= FUNCTION_GET_FULL_YEAR;
  if (syntax->target) {
    moving_allow(compilation, syntax->target, getter ? MOVES_ON : MOVES_NOT);
    if (getter && syntax->target->moves) syntax->moves = MOVES_BY_FIELD;
  }
  for (uint32_t i = 0; i < syntax->count; i++) moving_allow(compilation, syntax->items[i], MOVES_NOT);
}

static void moving_inspect(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  switch (syntax->kind) {
    case SYNTAX_CHAIN: moving_chain(compilation, syntax); return;
    case SYNTAX_CALL: moving_call(compilation, syntax); return;
    case SYNTAX_CONDITIONAL:
      for (uint32_t i = 0; i < syntax->count; i++) {
        bool condition = i % 2 == 0 && i + 1 < syntax->count;
        moving_allow(compilation, syntax->items[i], condition ? MOVES_NOT : MOVES_ON | MOVES_BY_FIELD);
        if (!condition) syntax->moves |= syntax->items[i]->moves;
      }
      return;
    default: break;
  }
  if (syntax->meaning == MEANS_NOW) {
    syntax->moves = MOVES_ON;
    return;
  }
  if (syntax->target) moving_allow(compilation, syntax->target, MOVES_NOT);
  for (uint32_t i = 0; i < syntax->count; i++) moving_allow(compilation, syntax->items[i], MOVES_NOT);
}

void pbk_cel_check_moving(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  moving_inspect(compilation, syntax);
}
