/* cel/parser.c - from tokens to the tree. Chains of operators of one precedence become one node, however long. */
#include "cel/syntax.h"

static struct cel_syntax *parser_expression(struct cel_compilation *compilation);

/* ---- tokens ---- */

static struct cel_token parser_take(struct cel_compilation *compilation) {
  struct cel_token token = compilation->token;
  compilation->previous_end = token.end;
  compilation->token = pbk_cel_next_token(compilation, token.end);
  return token;
}

static bool parser_take_if(struct cel_compilation *compilation, uint32_t kind) {
  if (compilation->token.kind != kind) return false;
  parser_take(compilation);
  return true;
}

_Noreturn static void parser_unexpected(struct cel_compilation *compilation, const char *expected) {
  struct cel_token token = compilation->token;
  uint32_t size = token.end - token.offset;
  if (token.kind == TOKEN_END)
    pbk_cel_refuse(compilation, token.offset, "expected %s, found the end of the condition", expected);
  if (size > 40)
    pbk_cel_refuse(compilation, token.offset, "expected %s, found %s", expected, pbk_cel_token_name(token.kind));
  pbk_cel_refuse(compilation, token.offset, "expected %s, found \"%.*s\"", expected, (int)size,
                 compilation->source.bytes + token.offset);
}

static struct cel_token parser_expect(struct cel_compilation *compilation, uint32_t kind) {
  if (compilation->token.kind != kind) parser_unexpected(compilation, pbk_cel_token_name(kind));
  return parser_take(compilation);
}

static struct text parser_text(const struct cel_compilation *compilation, struct cel_token token) {
  if (token.kind == TOKEN_QUOTED) {
    return (struct text){compilation->source.bytes + token.offset + 1, token.end - token.offset - 2};
  }
  return (struct text){compilation->source.bytes + token.offset, token.end - token.offset};
}

/* ---- nodes ---- */

struct cel_syntax *pbk_cel_syntax(struct cel_compilation *compilation, uint32_t kind, uint32_t offset) {
  struct cel_syntax *syntax = pbk_arena_allocate(&compilation->arena, sizeof *syntax);
  *syntax = (struct cel_syntax){.kind = (uint8_t)kind, .offset = offset, .depth = 1};
  return syntax;
}

void pbk_cel_deepen(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  uint32_t deepest = syntax->target ? syntax->target->depth : 0;
  for (uint32_t i = 0; i < syntax->count; i++) {
    if (syntax->items[i]->depth > deepest) deepest = syntax->items[i]->depth;
  }
  if (deepest >= CEL_MOST_DEPTH) {
    pbk_cel_refuse(compilation, syntax->offset, "nested deeper than %d", (int)CEL_MOST_DEPTH);
  }
  syntax->depth = (uint16_t)(deepest + 1);
}

/* A growing list of nodes in the arena. Old pieces are left behind there: it lives only as long as the compilation. */
struct parser_list {
  struct cel_syntax **items;
  struct cel_link *links;
  uint32_t count, capacity;
};

static void parser_append(struct cel_compilation *compilation, struct parser_list *list, struct cel_syntax *item,
                          struct cel_link link) {
  if (list->count == list->capacity) {
    uint32_t capacity = list->capacity ? list->capacity * 2 : 4;
    struct cel_syntax **items = pbk_arena_allocate(&compilation->arena, capacity * sizeof *items);
    struct cel_link *links = pbk_arena_allocate(&compilation->arena, capacity * sizeof *links);
    if (list->count) {
      memcpy(items, list->items, list->count * sizeof *items);
      memcpy(links, list->links, list->count * sizeof *links);
    }
    list->items = items;
    list->links = links;
    list->capacity = capacity;
  }
  /* A link stands between an item and the one before it. */
  if (list->count) list->links[list->count - 1] = link;
  list->items[list->count++] = item;
}

static struct cel_syntax *parser_node_of(struct cel_compilation *compilation, uint32_t kind, uint32_t offset,
                                         const struct parser_list *list) {
  struct cel_syntax *syntax = pbk_cel_syntax(compilation, kind, offset);
  syntax->items = list->items;
  syntax->links = list->links;
  syntax->count = list->count;
  return syntax;
}

/* ---- what stands alone ---- */

/* Expressions up to a closing mark. */
static void parser_arguments(struct cel_compilation *compilation, uint32_t close, struct parser_list *list) {
  while (compilation->token.kind != close) {
    parser_append(compilation, list, parser_expression(compilation), (struct cel_link){0, 0});
    if (!parser_take_if(compilation, TOKEN_COMMA)) break;
    if (close == TOKEN_CLOSE_PAREN && compilation->token.kind == close) parser_unexpected(compilation, "an expression");
  }
  if (compilation->token.kind != close) {
    parser_unexpected(compilation, close == TOKEN_CLOSE_PAREN ? "\",\" or \")\"" : "\",\" or \"]\"");
  }
  parser_take(compilation);
}

static struct cel_syntax *parser_map(struct cel_compilation *compilation, uint32_t offset) {
  struct parser_list list = {0};
  while (compilation->token.kind != TOKEN_CLOSE_BRACE) {
    parser_append(compilation, &list, parser_expression(compilation), (struct cel_link){0, 0});
    parser_expect(compilation, TOKEN_COLON);
    parser_append(compilation, &list, parser_expression(compilation), (struct cel_link){0, 0});
    if (!parser_take_if(compilation, TOKEN_COMMA)) break;
  }
  if (compilation->token.kind != TOKEN_CLOSE_BRACE) parser_unexpected(compilation, "\",\" or \"}\"");
  parser_take(compilation);
  struct cel_syntax *syntax = parser_node_of(compilation, SYNTAX_MAP, offset, &list);
  pbk_cel_deepen(compilation, syntax);
  return syntax;
}

static struct cel_syntax *parser_call(struct cel_compilation *compilation, struct cel_syntax *target,
                                      struct cel_token name) {
  struct parser_list list = {0};
  parser_take(compilation);
  parser_arguments(compilation, TOKEN_CLOSE_PAREN, &list);
  struct cel_syntax *call = parser_node_of(compilation, SYNTAX_CALL, name.offset, &list);
  call->target = target;
  call->name = parser_text(compilation, name);
  struct cel_syntax *macro = pbk_cel_macro(compilation, call);
  if (macro) call = macro;
  pbk_cel_deepen(compilation, call);
  return call;
}

static struct cel_syntax *parser_name(struct cel_compilation *compilation, bool rooted) {
  struct cel_token token = parser_take(compilation);
  struct text name = parser_text(compilation, token);
  if (pbk_cel_reserved(name)) {
    pbk_cel_refuse(compilation, token.offset, "\"%.*s\" is a reserved word, not a name", (int)name.size, name.bytes);
  }
  if (compilation->token.kind == TOKEN_OPEN_PAREN) return parser_call(compilation, NULL, token);
  struct cel_syntax *syntax = pbk_cel_syntax(compilation, SYNTAX_NAME, token.offset);
  syntax->name = name;
  syntax->rooted = rooted;
  return syntax;
}

static struct cel_syntax *parser_primary(struct cel_compilation *compilation) {
  struct cel_token token = compilation->token;
  switch (token.kind) {
    case TOKEN_INT:
    case TOKEN_UINT:
    case TOKEN_DOUBLE:
    case TOKEN_STRING:
    case TOKEN_BYTES:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_NULL: {
      struct cel_syntax *literal = pbk_cel_syntax(compilation, SYNTAX_LITERAL, token.offset);
      literal->literal = pbk_cel_literal(compilation, token, false);
      parser_take(compilation);
      return literal;
    }
    case TOKEN_IDENTIFIER: return parser_name(compilation, false);
    case TOKEN_DOT:
      parser_take(compilation);
      if (compilation->token.kind != TOKEN_IDENTIFIER) parser_unexpected(compilation, "a name");
      return parser_name(compilation, true);
    case TOKEN_OPEN_PAREN: {
      parser_take(compilation);
      struct cel_syntax *inner = parser_expression(compilation);
      if (compilation->token.kind != TOKEN_CLOSE_PAREN) parser_unexpected(compilation, "an operator or \")\"");
      parser_take(compilation);
      return inner;
    }
    case TOKEN_OPEN_BRACKET: {
      struct parser_list list = {0};
      parser_take(compilation);
      parser_arguments(compilation, TOKEN_CLOSE_BRACKET, &list);
      struct cel_syntax *syntax = parser_node_of(compilation, SYNTAX_LIST, token.offset, &list);
      pbk_cel_deepen(compilation, syntax);
      return syntax;
    }
    case TOKEN_OPEN_BRACE: parser_take(compilation); return parser_map(compilation, token.offset);
    default: parser_unexpected(compilation, "an expression");
  }
}

/* ---- what follows: .name, .name(…), […] ---- */

static struct cel_syntax *parser_postfix(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  for (;;) {
    if (parser_take_if(compilation, TOKEN_DOT)) {
      uint32_t kind = compilation->token.kind;
      if (kind != TOKEN_IDENTIFIER && kind != TOKEN_QUOTED) parser_unexpected(compilation, "a field's or method's name");
      struct cel_token name = parser_take(compilation);
      if (kind == TOKEN_IDENTIFIER && compilation->token.kind == TOKEN_OPEN_PAREN) {
        syntax = parser_call(compilation, syntax, name);
        continue;
      }
      struct cel_syntax *select = pbk_cel_syntax(compilation, SYNTAX_SELECT, name.offset);
      select->target = syntax;
      select->name = parser_text(compilation, name);
      pbk_cel_deepen(compilation, select);
      syntax = select;
    } else if (compilation->token.kind == TOKEN_OPEN_BRACKET) {
      struct parser_list list = {0};
      uint32_t offset = parser_take(compilation).offset;
      parser_append(compilation, &list, parser_expression(compilation), (struct cel_link){0, 0});
      if (compilation->token.kind != TOKEN_CLOSE_BRACKET) parser_unexpected(compilation, "an operator or \"]\"");
      parser_take(compilation);
      struct cel_syntax *index = parser_node_of(compilation, SYNTAX_INDEX, offset, &list);
      index->target = syntax;
      pbk_cel_deepen(compilation, index);
      syntax = index;
    } else {
      if (compilation->token.kind == TOKEN_OPEN_BRACE && (syntax->kind == SYNTAX_NAME || syntax->kind == SYNTAX_SELECT)) {
        pbk_cel_refuse(compilation, compilation->token.offset,
                       "expected an operator, found \"{\": there are no message types here");
      }
      return syntax;
    }
  }
}

/* ---- operators ---- */

/* Any number of one prefix operator counts as one or two: !!!x is !x, and !!x is kept, as x must still be a bool. */
static struct cel_syntax *parser_unary(struct cel_compilation *compilation) {
  uint32_t mark = compilation->token.kind, offset = compilation->token.offset, times = 0;
  if (mark != TOKEN_NOT && mark != TOKEN_MINUS) return parser_postfix(compilation, parser_primary(compilation));
  while (parser_take_if(compilation, mark)) times++;
  struct cel_syntax *syntax;
  uint32_t kind = compilation->token.kind;
  if (mark == TOKEN_MINUS && (kind == TOKEN_INT || kind == TOKEN_DOUBLE)) {
    /* The minus belongs to the number: the smallest int has no positive counterpart. */
    syntax = pbk_cel_syntax(compilation, SYNTAX_LITERAL, offset);
    syntax->literal = pbk_cel_literal(compilation, compilation->token, true);
    parser_take(compilation);
    syntax = parser_postfix(compilation, syntax);
    times--;
  } else if (compilation->token.kind == TOKEN_NOT || compilation->token.kind == TOKEN_MINUS) {
    /* The other prefix: !-x is never right, -!x neither, but that is for the checker to say. */
    if (compilation->nesting >= CEL_MOST_DEPTH) {
      pbk_cel_refuse(compilation, offset, "nested deeper than %d", (int)CEL_MOST_DEPTH);
    }
    compilation->nesting++;
    syntax = parser_unary(compilation);
    compilation->nesting--;
  } else {
    syntax = parser_postfix(compilation, parser_primary(compilation));
  }
  if (times > 2) times = times % 2 ? 1 : 2;
  for (; times; times--) {
    struct cel_syntax *outer = pbk_cel_syntax(compilation, mark == TOKEN_NOT ? SYNTAX_NOT : SYNTAX_NEGATE, offset);
    outer->target = syntax;
    pbk_cel_deepen(compilation, outer);
    syntax = outer;
  }
  return syntax;
}

enum { LEVEL_OR, LEVEL_AND, LEVEL_RELATION, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

/* The level of a binary operator and what it does; LEVEL_UNARY when the token is none. */
static uint32_t parser_level(uint32_t token, uint32_t *binary) {
  *binary = 0;
  switch (token) {
    case TOKEN_OR: return LEVEL_OR;
    case TOKEN_AND: return LEVEL_AND;
    case TOKEN_EQUAL: *binary = BINARY_EQUAL; return LEVEL_RELATION;
    case TOKEN_NOT_EQUAL: *binary = BINARY_NOT_EQUAL; return LEVEL_RELATION;
    case TOKEN_LESS: *binary = BINARY_LESS; return LEVEL_RELATION;
    case TOKEN_LESS_EQUAL: *binary = BINARY_LESS_EQUAL; return LEVEL_RELATION;
    case TOKEN_GREATER: *binary = BINARY_GREATER; return LEVEL_RELATION;
    case TOKEN_GREATER_EQUAL: *binary = BINARY_GREATER_EQUAL; return LEVEL_RELATION;
    case TOKEN_IN: *binary = BINARY_IN; return LEVEL_RELATION;
    case TOKEN_PLUS: *binary = BINARY_ADD; return LEVEL_SUM;
    case TOKEN_MINUS: *binary = BINARY_SUBTRACT; return LEVEL_SUM;
    case TOKEN_STAR: *binary = BINARY_MULTIPLY; return LEVEL_PRODUCT;
    case TOKEN_SLASH: *binary = BINARY_DIVIDE; return LEVEL_PRODUCT;
    case TOKEN_PERCENT: *binary = BINARY_MODULO; return LEVEL_PRODUCT;
    default: return LEVEL_UNARY;
  }
}

static struct cel_syntax *parser_binary(struct cel_compilation *compilation, uint32_t level) {
  if (level == LEVEL_UNARY) return parser_unary(compilation);
  struct cel_syntax *first = parser_binary(compilation, level + 1);
  uint32_t binary;
  if (parser_level(compilation->token.kind, &binary) != level) return first;
  struct parser_list list = {0};
  uint32_t offset = compilation->token.offset;
  parser_append(compilation, &list, first, (struct cel_link){0, 0});
  while (parser_level(compilation->token.kind, &binary) == level) {
    struct cel_link link = {binary, parser_take(compilation).offset};
    parser_append(compilation, &list, parser_binary(compilation, level + 1), link);
  }
  uint32_t kind = level == LEVEL_OR ? SYNTAX_OR : level == LEVEL_AND ? SYNTAX_AND : SYNTAX_CHAIN;
  struct cel_syntax *syntax = parser_node_of(compilation, kind, offset, &list);
  pbk_cel_deepen(compilation, syntax);
  return syntax;
}

/* a ? b : c ? d : e is one node, so that long lists of cases do not nest. */
static struct cel_syntax *parser_expression(struct cel_compilation *compilation) {
  if (compilation->nesting >= CEL_MOST_DEPTH) {
    pbk_cel_refuse(compilation, compilation->token.offset, "nested deeper than %d", (int)CEL_MOST_DEPTH);
  }
  compilation->nesting++;
  struct cel_syntax *syntax = parser_binary(compilation, LEVEL_OR);
  if (compilation->token.kind == TOKEN_QUESTION) {
    struct parser_list list = {0};
    uint32_t offset = compilation->token.offset;
    while (compilation->token.kind == TOKEN_QUESTION) {
      parser_append(compilation, &list, syntax, (struct cel_link){0, 0});
      parser_take(compilation);
      parser_append(compilation, &list, parser_binary(compilation, LEVEL_OR), (struct cel_link){0, 0});
      if (compilation->token.kind == TOKEN_QUESTION) {
        parser_unexpected(compilation, "\":\" (a ?: in the middle of another stands in parentheses)");
      }
      parser_expect(compilation, TOKEN_COLON);
      syntax = parser_binary(compilation, LEVEL_OR);
    }
    parser_append(compilation, &list, syntax, (struct cel_link){0, 0});
    syntax = parser_node_of(compilation, SYNTAX_CONDITIONAL, offset, &list);
    pbk_cel_deepen(compilation, syntax);
  }
  compilation->nesting--;
  return syntax;
}

struct cel_syntax *pbk_cel_parse(struct cel_compilation *compilation) {
  compilation->nesting = 0;
  compilation->token = pbk_cel_next_token(compilation, 0);
  if (compilation->token.kind == TOKEN_END) pbk_cel_refuse(compilation, 0, "expected an expression, found nothing");
  struct cel_syntax *syntax = parser_expression(compilation);
  if (compilation->token.kind != TOKEN_END) parser_unexpected(compilation, "an operator or the end");
  return syntax;
}
