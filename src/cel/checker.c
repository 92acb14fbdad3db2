/* cel/checker.c - what names mean and whether types fit: walks the tree from the leaves up, and refuses what cannot work.
 *
 * Where the environment says no_check, types are not looked at and an unknown name becomes an error of the evaluation. */
#include <stdio.h>

#include "base/clock.h"
#include "cel/syntax.h"

enum { CHECKER_TYPE_TEXT = 80 };

static const struct cel_type *checker_type(uint32_t kind) {
  return pbk_cel_plain_type(kind);
}

static bool checker_number(const struct cel_type *type) {
  return type->kind == CEL_INT || type->kind == CEL_UINT || type->kind == CEL_DOUBLE || type->kind == CEL_NUMBER;
}

static bool checker_is(const struct cel_type *type, uint32_t kind) {
  return type->kind == kind || type->kind == CEL_DYN;
}

/* A value of its own: an object or a history has no place there. */
static void checker_value(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  pbk_cel_check(compilation, syntax);
  if (syntax->meaning == MEANS_SERIES) {
    pbk_cel_refuse(compilation, syntax->offset,
                   "%.*s() gives a history: ask it for .count(), .count(w), .first(), .last() or .quiet(w)",
                   (int)syntax->name.size, syntax->name.bytes);
  }
}

/* ---- fields ---- */

static void checker_select(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  if (syntax->kind == SYNTAX_SELECT && pbk_cel_check_qualified(compilation, syntax)) return;
  checker_value(compilation, syntax->target);
  const struct cel_type *type = syntax->target->type;
  if (cel_strict(compilation)) {
    char text[CHECKER_TYPE_TEXT];
    pbk_cel_type_text(type, text, sizeof text);
    if (type->kind != CEL_DYN && !pbk_cel_type_is_map(type)) {
      pbk_cel_refuse(compilation, syntax->offset, "%s has no fields, expected a map", text);
    }
    if (pbk_cel_type_is_map(type) && !checker_is(type->key, CEL_STRING)) {
      pbk_cel_refuse(compilation, syntax->offset, "%s has no fields: its keys are not strings", text);
    }
  }
  pbk_cel_check_field(compilation, syntax, syntax->name);
  if (syntax->kind == SYNTAX_HAS) syntax->type = checker_type(CEL_BOOL);
}

static void checker_index(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  struct cel_syntax *key = syntax->items[0];
  checker_value(compilation, syntax->target);
  checker_value(compilation, key);
  const struct cel_type *type = syntax->target->type;
  char text[CHECKER_TYPE_TEXT], key_text[CHECKER_TYPE_TEXT];
  pbk_cel_type_text(type, text, sizeof text);
  pbk_cel_type_text(key->type, key_text, sizeof key_text);
  if (pbk_cel_type_is_map(type)) {
    if (cel_strict(compilation) && !pbk_cel_types_agree(type->key, key->type) &&
        !(checker_number(type->key) && checker_number(key->type))) {
      pbk_cel_refuse(compilation, key->offset, "no such overload: %s[%s]", text, key_text);
    }
    if (key->kind == SYNTAX_LITERAL && key->literal.kind == CEL_STRING) {
      pbk_cel_check_field(compilation, syntax, cel_text(&key->literal));
    } else {
      cel_means(syntax, MEANS_NOTHING, 0, 0, type->element);
    }
    return;
  }
  if (cel_strict(compilation) && type->kind != CEL_DYN && type->kind != CEL_LIST) {
    pbk_cel_refuse(compilation, syntax->offset, "%s cannot be indexed, expected a list or map", text);
  }
  if (cel_strict(compilation) && type->kind == CEL_LIST && key->type->kind != CEL_DYN && !checker_number(key->type)) {
    pbk_cel_refuse(compilation, key->offset, "no such overload: %s[%s]", text, key_text);
  }
  cel_means(syntax, MEANS_NOTHING, 0, 0, type->kind == CEL_LIST ? type->element : checker_type(CEL_DYN));
}

/* ---- calls ---- */

static bool checker_lookup(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  const struct cel_environment *environment = compilation->environment;
  for (uint32_t i = 0; i < environment->lookup_count; i++) {
    const struct cel_lookup *lookup = &environment->lookups[i];
    if (!text_equal(syntax->name, text_from(lookup->name))) continue;
    if (syntax->count != 1 || syntax->items[0]->kind != SYNTAX_LITERAL || syntax->items[0]->literal.kind != CEL_STRING) {
      uint32_t offset = syntax->count ? syntax->items[0]->offset : syntax->offset;
      pbk_cel_refuse(compilation, offset, "expected one string literal in %.60s()", lookup->name);
    }
    uint32_t number = 0;
    const char *reason = NULL;
    struct text literal = cel_text(&syntax->items[0]->literal);
    if (!environment->resolve(environment->context, lookup->slot, literal, &number, &reason)) {
      struct text nearest =
        environment->nearest ? environment->nearest(environment->context, lookup->slot, literal) : NO_TEXT;
      struct text shown = cel_cut(literal, 60), meant = cel_cut(nearest, 60);
      pbk_cel_refuse(compilation, syntax->items[0]->offset, "%.100s: \"%.*s\"%s%.*s%s", reason ? reason : "not known",
                     (int)shown.size, shown.bytes, meant.size ? "; did you mean \"" : "", (int)meant.size,
                     meant.size ? meant.bytes : "", meant.size ? "\"?" : "");
    }
    if (lookup->kind == CEL_SERIES) {
      cel_means(syntax, MEANS_SERIES, lookup->slot, number, checker_type(CEL_SERIES));
    } else {
      cel_means(syntax, MEANS_MEMBER, lookup->slot, number, checker_type(CEL_BOOL));
    }
    return true;
  }
  return false;
}

static void checker_unknown_function(struct cel_compilation *compilation, struct cel_syntax *syntax, uint32_t style) {
  if (!cel_strict(compilation)) {
    syntax->failure = "unknown function";
    cel_means(syntax, MEANS_FAILURE, 0, 0, checker_type(CEL_DYN));
    return;
  }
  uint32_t other, size = syntax->name.size < 60 ? syntax->name.size : 60;
  if (pbk_cel_function_find(syntax->name, style == CALLED_ON ? CALLED_PLAIN : CALLED_ON, &other)) {
    pbk_cel_refuse(
      compilation, syntax->offset,
      style == CALLED_ON ? "unknown method; it is written %.*s(x)" : "unknown function; it is written x.%.*s(…)", (int)size,
      syntax->name.bytes);
  }
  struct cel_suggestion suggestion = {.wanted = syntax->name};
  for (uint32_t i = 0; i < pbk_cel_overload_count; i++) {
    if (pbk_cel_overloads[i].style == style) pbk_cel_suggest(&suggestion, text_from(pbk_cel_overloads[i].name));
  }
  static const char *const macros[] = {"all", "exists", "exists_one", "map", "filter"};
  for (uint32_t i = 0; i < 5 && style == CALLED_ON; i++) pbk_cel_suggest(&suggestion, text_from(macros[i]));
  for (uint32_t i = 0; i < compilation->environment->lookup_count && style == CALLED_PLAIN; i++) {
    pbk_cel_suggest(&suggestion, text_from(compilation->environment->lookups[i].name));
  }
  if (style == CALLED_PLAIN) pbk_cel_suggest(&suggestion, TEXT("has"));
  if (text_equal(suggestion.best, syntax->name)) {
    pbk_cel_refuse(compilation, syntax->offset, "wrong number of arguments for %.*s()", (int)size, syntax->name.bytes);
  }
  pbk_cel_refuse_name(compilation, syntax->offset, style == CALLED_ON ? "unknown method" : "unknown function", &suggestion,
                      "");
}

static void checker_history(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  uint32_t operation = pbk_cel_history_method(syntax->name, syntax->count);
  if (!operation) {
    static const char *const methods[] = {"count", "first", "last", "quiet"};
    struct cel_suggestion suggestion = {.wanted = syntax->name};
    for (uint32_t i = 0; i < 4; i++) pbk_cel_suggest(&suggestion, text_from(methods[i]));
    if (!text_equal(suggestion.best, syntax->name)) {
      pbk_cel_refuse_name(compilation, syntax->offset, "a history has no method", &suggestion,
                          "; it has .count(), .count(w), .count(w1, w2), .first(), .last() and .quiet(w)");
    }
    pbk_cel_refuse(
      compilation, syntax->offset,
      "a history has .count(), .count(w), .count(w1, w2), .first(), .last() and .quiet(w), not .%.*s() with %u argument%s",
      (int)syntax->name.size, syntax->name.bytes, (unsigned)syntax->count, syntax->count == 1 ? "" : "s");
  }
  for (uint32_t i = 0; i < syntax->count; i++) {
    if (!cel_strict(compilation) || checker_is(syntax->items[i]->type, CEL_DURATION)) continue;
    char text[CHECKER_TYPE_TEXT];
    pbk_cel_type_text(syntax->items[i]->type, text, sizeof text);
    pbk_cel_refuse(compilation, syntax->items[i]->offset, "expected a duration such as days(14), found %s", text);
  }
  uint32_t result = operation == OPERATION_QUIET                                  ? CEL_BOOL
                    : operation == OPERATION_FIRST || operation == OPERATION_LAST ? CEL_TIMESTAMP
                                                                                  : CEL_INT;
  cel_means(syntax, MEANS_HISTORY, 0, operation, checker_type(result));
}

/* Literals that stand for a time, a duration or a zone, and do not, are refused here rather than failing at every
 * evaluation. */
static void checker_literal_argument(struct cel_compilation *compilation, const struct cel_syntax *syntax) {
  const struct cel_syntax *argument = syntax->count ? syntax->items[0] : NULL;
  if (!argument || argument->kind != SYNTAX_LITERAL || argument->literal.kind != CEL_STRING) return;
  struct text text = cel_text(&argument->literal);
  struct cel_value value;
  int64_t offset;
  uint32_t named;
  const char *message;
  if (syntax->number == FUNCTION_DURATION && !(pbk_cel_parse_time(CEL_DURATION, text, &value) && pbk_cel_time_fits(&value))) {
    pbk_cel_refuse(compilation, argument->offset,
                   "expected a duration such as '36h' or '90m' (h, m, s, ms, us, ns); for days use days(n)");
  }
  if (syntax->number == FUNCTION_TIMESTAMP && !(pbk_cel_parse_time(CEL_TIMESTAMP, text, &value) && pbk_cel_time_fits(&value))) {
    pbk_cel_refuse(compilation, argument->offset, "expected a time such as '2026-01-31T10:00:00Z'");
  }
  if (syntax->number >= FUNCTION_GET_FULL_YEAR && !compilation->environment->trusted &&
      !pbk_cel_zone(compilation->environment->zones, text, &named, &offset, &message)) {
    pbk_cel_refuse(compilation, argument->offset, "%s", message);
  }
}

/* The same for a literal format: its clauses, how many values there are, and their types as far as they are known. */
static void checker_format(struct cel_compilation *compilation, const struct cel_syntax *syntax) {
  const struct cel_syntax *template = syntax->target, *values = syntax->items[0];
  if (!template || template->kind != SYNTAX_LITERAL || template->literal.kind != CEL_STRING) return;
  struct text text = cel_text(&template->literal);
  bool known = values->kind == SYNTAX_LIST;
  uint32_t taken = 0, at = 0;
  for (;;) {
    struct cel_format_clause found = pbk_cel_format_clause(text, &at);
    char clause = found.letter;
    if (found.failure) pbk_cel_refuse(compilation, template->offset, "%s", found.failure);
    if (!clause) break;
    if (clause == '%' || !known) continue;
    if (taken >= values->count) {
      pbk_cel_refuse(compilation, values->offset, "the format has more clauses than there are values, which are %u",
                     (unsigned)values->count);
    }
    const struct cel_syntax *value = values->items[taken++];
    uint32_t kind = value->type->kind;
    bool takes_text = clause == 'x' || clause == 'X', takes_double = clause == 'd' || clause == 'f' || clause == 'e';
    if (clause == 's' || kind == CEL_DYN || kind == CEL_NUMBER || kind == CEL_INT || kind == CEL_UINT) continue;
    if ((takes_double && kind == CEL_DOUBLE) || (clause == 'b' && kind == CEL_BOOL)) continue;
    if (takes_text && (kind == CEL_STRING || kind == CEL_BYTES)) continue;
    char type[CHECKER_TYPE_TEXT];
    pbk_cel_type_text(value->type, type, sizeof type);
    pbk_cel_refuse(compilation, value->offset, "no such overload: %%%c of %s", clause, type);
  }
  if (known && taken < values->count) {
    pbk_cel_refuse(compilation, values->items[taken]->offset, "the format has no clause for this value, only %u",
                   (unsigned)taken);
  }
}

/* math.abs(x), which reads as a method of `math`, becomes a call of the function of that whole name. Not where a macro's variable
 * is called so; nor where another name is and there is no such function. */
static void checker_namespace(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  const struct cel_syntax *space = syntax->target;
  uint32_t function;
  if (space->kind != SYNTAX_NAME || !pbk_cel_namespace(space->name)) return;
  for (uint32_t i = 0; i < compilation->local_count && !space->rooted; i++) {
    if (text_equal(compilation->locals[i], space->name)) return;
  }
  uint32_t size = space->name.size + 1 + syntax->name.size;
  char *whole = pbk_arena_allocate(&compilation->arena, size);
  memcpy(whole, space->name.bytes, space->name.size);
  whole[space->name.size] = '.';
  memcpy(whole + space->name.size + 1, syntax->name.bytes, syntax->name.size);
  struct text name = {whole, size};
  struct cel_syntax variable = *space;
  if (!pbk_cel_function_find(name, CALLED_PLAIN, &function) &&
      pbk_cel_check_contained(compilation, &variable, space->name, space->rooted))
    return;
  syntax->name = name;
  syntax->target = NULL;
}

static void checker_call(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  if (syntax->target) checker_namespace(compilation, syntax);
  uint32_t style = syntax->target ? CALLED_ON : CALLED_PLAIN;
  if (!syntax->target && checker_lookup(compilation, syntax)) return;
  if (syntax->target) pbk_cel_check(compilation, syntax->target);
  for (uint32_t i = 0; i < syntax->count; i++) checker_value(compilation, syntax->items[i]);
  if (syntax->target && syntax->target->meaning == MEANS_SERIES) {
    checker_history(compilation, syntax);
    return;
  }
  uint32_t function;
  if (!pbk_cel_function_find(syntax->name, style, &function)) {
    checker_unknown_function(compilation, syntax, style);
    return;
  }
  cel_means(syntax, MEANS_FUNCTION, 0, function, checker_type(CEL_DYN));

  const struct cel_type *arguments[5]; /* one more than any function takes */
  uint32_t count = 0;
  if (syntax->target) arguments[count++] = syntax->target->type;
  for (uint32_t i = 0; i < syntax->count && count < 5; i++) arguments[count++] = syntax->items[i]->type;
  const struct cel_type *result = NULL;
  bool right_count = false;
  for (uint32_t i = 0; i < pbk_cel_overload_count; i++) {
    const struct cel_overload *overload = &pbk_cel_overloads[i];
    if (overload->function != function || overload->style != style || overload->count != count) continue;
    right_count = true;
    bool fits = true;
    for (uint32_t j = 0; j < count; j++) {
      fits = fits && (pbk_cel_types_agree(checker_type(overload->parameters[j]), arguments[j]));
    }
    if (fits) result = pbk_cel_types_join(result, checker_type(overload->result));
  }
  if (!result && cel_strict(compilation)) {
    uint32_t size = syntax->name.size;
    if (!right_count)
      pbk_cel_refuse(compilation, syntax->offset, "wrong number of arguments for %.*s()", (int)size, syntax->name.bytes);
    char text[2][CHECKER_TYPE_TEXT] = {"", ""};
    for (uint32_t i = 0; i < count && i < 2; i++) pbk_cel_type_text(arguments[i], text[i], CHECKER_TYPE_TEXT);
    if (style == CALLED_ON) {
      pbk_cel_refuse(compilation, syntax->offset, "no such overload: %s.%.*s(%s)", text[0], (int)size, syntax->name.bytes,
                     text[1]);
    }
    pbk_cel_refuse(compilation, syntax->offset, "no such overload: %.*s(%s%s%s)", (int)size, syntax->name.bytes, text[0],
                   count > 1 ? ", " : "", text[1]);
  }
  if (!result && !right_count) {
    syntax->failure = pbk_cel_no_such_overload;
    syntax->meaning = MEANS_FAILURE;
  }
  if (result) syntax->type = result;
  if (function == FUNCTION_DYN) syntax->type = checker_type(CEL_DYN);
  if (!cel_strict(compilation)) return;
  checker_literal_argument(compilation, syntax);
  if (function == FUNCTION_FORMAT) checker_format(compilation, syntax);
}

/* ---- operators ---- */

_Noreturn static void checker_no_operator(struct cel_compilation *compilation, struct cel_link link,
                                          const struct cel_type *a, const struct cel_type *b) {
  static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"};
  char left[CHECKER_TYPE_TEXT], right[CHECKER_TYPE_TEXT];
  pbk_cel_type_text(a, left, sizeof left);
  pbk_cel_type_text(b, right, sizeof right);
  pbk_cel_refuse(compilation, link.offset, "no such overload: %s %s %s", left, signs[link.operation], right);
}

/* What comes of two numbers of which one is int or double, one cannot know: no int is added to a double. NULL for others. */
static const struct cel_type *checker_numbers(const struct cel_type *a, const struct cel_type *b) {
  if (a->kind != CEL_NUMBER && b->kind != CEL_NUMBER) return NULL;
  const struct cel_type *other = a->kind == CEL_NUMBER ? b : a;
  return pbk_cel_types_agree(a, b) && checker_number(other) ? checker_type(other->kind) : NULL;
}

static const struct cel_type *checker_sum(struct cel_compilation *compilation, const struct cel_type *a,
                                          const struct cel_type *b, bool subtract) {
  uint32_t left = a->kind, right = b->kind;
  if (left == CEL_DYN && right == CEL_DYN) return a;
  if (left == CEL_DYN || right == CEL_DYN) {
    uint32_t known = left == CEL_DYN ? right : left;
    if (checker_number(checker_type(known))) return checker_type(known);
    if (known == CEL_TIMESTAMP)
      return subtract ? checker_type(left == CEL_DYN ? CEL_DURATION : CEL_DYN) : checker_type(CEL_TIMESTAMP);
    if (known == CEL_DURATION) return checker_type(CEL_DYN);
    if (subtract) return NULL;
    return known == CEL_STRING || known == CEL_BYTES || known == CEL_LIST ? checker_type(known) : NULL;
  }
  if (left == CEL_TIMESTAMP && right == CEL_DURATION) return a;
  if (left == CEL_TIMESTAMP && right == CEL_TIMESTAMP && subtract) return checker_type(CEL_DURATION);
  if (left == CEL_DURATION && right == CEL_TIMESTAMP && !subtract) return b;
  if (left != right) return checker_numbers(a, b);
  /* Of the kind alone: a sum is not null where what is added may be. */
  if (checker_number(a) || left == CEL_DURATION) return checker_type(left);
  if (subtract) return NULL;
  if (left == CEL_LIST) return pbk_cel_list_type(compilation, pbk_cel_types_join(a->element, b->element));
  return left == CEL_STRING || left == CEL_BYTES ? checker_type(left) : NULL;
}

/* The type of `a binary b`, NULL when there is no such thing. */
static const struct cel_type *checker_binary(struct cel_compilation *compilation, uint32_t binary, const struct cel_type *a,
                                             const struct cel_type *b) {
  bool numbers = checker_number(a) && checker_number(b);
  switch (binary) {
    case BINARY_EQUAL:
    case BINARY_NOT_EQUAL: return numbers || pbk_cel_types_agree(a, b) ? checker_type(CEL_BOOL) : NULL;
    case BINARY_LESS:
    case BINARY_LESS_EQUAL:
    case BINARY_GREATER:
    case BINARY_GREATER_EQUAL: {
      const struct cel_type *known = a->kind == CEL_DYN ? b : a;
      bool ordered = checker_number(known) || known->kind == CEL_DYN || known->kind == CEL_BOOL ||
                     known->kind == CEL_STRING || known->kind == CEL_BYTES || known->kind == CEL_TIMESTAMP ||
                     known->kind == CEL_DURATION;
      return ordered && (numbers || pbk_cel_types_agree(a, b)) ? checker_type(CEL_BOOL) : NULL;
    }
    case BINARY_IN: {
      if (b->kind == CEL_DYN) return checker_type(CEL_BOOL);
      const struct cel_type *among = b->kind == CEL_LIST ? b->element : pbk_cel_type_is_map(b) ? b->key : NULL;
      if (!among) return NULL;
      return pbk_cel_types_agree(a, among) || (checker_number(a) && checker_number(among)) ? checker_type(CEL_BOOL) : NULL;
    }
    case BINARY_ADD: return checker_sum(compilation, a, b, false);
    case BINARY_SUBTRACT: return checker_sum(compilation, a, b, true);
    default: {
      const struct cel_type *known = a->kind == CEL_DYN ? b : a;
      if (!pbk_cel_types_agree(a, b)) return NULL;
      if (a->kind == CEL_NUMBER && b->kind != CEL_DYN) known = b;
      if (binary == BINARY_MODULO && known->kind == CEL_DOUBLE) return NULL;
      return checker_number(known) || known->kind == CEL_DYN ? checker_type(known->kind) : NULL;
    }
  }
}

static void checker_chain(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  checker_value(compilation, syntax->items[0]);
  const struct cel_type *type = syntax->items[0]->type;
  for (uint32_t i = 1; i < syntax->count; i++) {
    struct cel_link link = syntax->links[i - 1];
    checker_value(compilation, syntax->items[i]);
    const struct cel_type *result = checker_binary(compilation, link.operation, type, syntax->items[i]->type);
    if (!result && cel_strict(compilation)) checker_no_operator(compilation, link, type, syntax->items[i]->type);
    const struct cel_syntax *left = syntax->items[i - 1];
    if (link.operation == BINARY_IN && i == 1 && syntax->items[1]->meaning == MEANS_ENTRIES &&
        left->kind == SYNTAX_LITERAL && left->literal.kind == CEL_STRING)
      pbk_cel_check_entry(compilation, syntax->items[1]->slot, cel_text(&left->literal), left->offset);
    type = result ? result : checker_type(CEL_DYN);
  }
  syntax->type = type;
}

static void checker_bool(struct cel_compilation *compilation, struct cel_syntax *syntax, const char *where) {
  checker_value(compilation, syntax);
  if (!cel_strict(compilation) || checker_is(syntax->type, CEL_BOOL)) return;
  char text[CHECKER_TYPE_TEXT];
  pbk_cel_type_text(syntax->type, text, sizeof text);
  pbk_cel_refuse(compilation, syntax->offset, "expected bool %s, found %s", where, text);
}

static void checker_conditional(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  const struct cel_type *type = NULL;
  for (uint32_t i = 0; i < syntax->count; i++) {
    struct cel_syntax *item = syntax->items[i];
    if (i % 2 == 0 && i + 1 < syntax->count) {
      checker_bool(compilation, item, "before ?");
      continue;
    }
    checker_value(compilation, item);
    if (type && cel_strict(compilation) && !pbk_cel_types_agree(type, item->type)) {
      char left[CHECKER_TYPE_TEXT], right[CHECKER_TYPE_TEXT];
      pbk_cel_type_text(type, left, sizeof left);
      pbk_cel_type_text(item->type, right, sizeof right);
      pbk_cel_refuse(compilation, item->offset, "expected %s, the type of the other choice, found %s", left, right);
    }
    type = pbk_cel_types_join(type, item->type);
  }
  syntax->type = type;
}

static void checker_map(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  const struct cel_type *key = NULL, *element = NULL;
  for (uint32_t i = 0; i < syntax->count; i += 2) {
    checker_value(compilation, syntax->items[i]);
    checker_value(compilation, syntax->items[i + 1]);
    const struct cel_type *type = syntax->items[i]->type;
    if (cel_strict(compilation) && !checker_is(type, CEL_INT) && type->kind != CEL_NUMBER && type->kind != CEL_UINT &&
        type->kind != CEL_BOOL && type->kind != CEL_STRING) {
      char text[CHECKER_TYPE_TEXT];
      pbk_cel_type_text(type, text, sizeof text);
      pbk_cel_refuse(compilation, syntax->items[i]->offset,
                     "expected a string, int, uint or bool as the key of a map, found %s", text);
    }
    key = pbk_cel_types_join(key, type);
    element = pbk_cel_types_join(element, syntax->items[i + 1]->type);
  }
  syntax->type = pbk_cel_map_type(compilation, key ? key : checker_type(CEL_DYN), element ? element : checker_type(CEL_DYN));
}

static void checker_loop(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  checker_value(compilation, syntax->target);
  const struct cel_type *range = syntax->target->type, *variable = checker_type(CEL_DYN);
  if (range->kind == CEL_LIST)
    variable = range->element;
  else if (pbk_cel_type_is_map(range))
    variable = range->key;
  else if (range->kind != CEL_DYN && cel_strict(compilation)) {
    char text[CHECKER_TYPE_TEXT];
    pbk_cel_type_text(range, text, sizeof text);
    pbk_cel_refuse(compilation, syntax->target->offset, "expected a list or map to go through, found %s", text);
  }
  if (compilation->local_count >= CEL_MOST_LOCALS)
    pbk_cel_refuse(compilation, syntax->offset, "too many macros within each other");
  uint32_t local = compilation->local_count++;
  compilation->locals[local] = syntax->name;
  compilation->local_types[local] = variable;
  syntax->number = local;
  for (uint32_t i = 0; i < syntax->count; i++) {
    bool transform = syntax->loop == OPERATION_TRANSFORM && i + 1 == syntax->count;
    if (transform)
      checker_value(compilation, syntax->items[i]);
    else
      checker_bool(compilation, syntax->items[i], "in this macro");
  }
  compilation->local_count--;
  if (syntax->loop == OPERATION_TRANSFORM) {
    syntax->type = pbk_cel_list_type(compilation, syntax->items[syntax->count - 1]->type);
  } else if (syntax->loop == OPERATION_FILTER) {
    syntax->type = range->kind == CEL_LIST ? range : pbk_cel_list_type(compilation, variable);
  } else {
    syntax->type = checker_type(CEL_BOOL);
  }
}

void pbk_cel_check(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  switch (syntax->kind) {
    case SYNTAX_LITERAL: syntax->type = checker_type(syntax->literal.kind); break;
    case SYNTAX_NAME: pbk_cel_check_name(compilation, syntax); break;
    case SYNTAX_SELECT:
    case SYNTAX_HAS: checker_select(compilation, syntax); break;
    case SYNTAX_INDEX: checker_index(compilation, syntax); break;
    case SYNTAX_CALL: checker_call(compilation, syntax); break;
    case SYNTAX_LIST: {
      const struct cel_type *element = NULL;
      for (uint32_t i = 0; i < syntax->count; i++) {
        checker_value(compilation, syntax->items[i]);
        element = pbk_cel_types_join(element, syntax->items[i]->type);
      }
      syntax->type = pbk_cel_list_type(compilation, element ? element : checker_type(CEL_DYN));
      break;
    }
    case SYNTAX_MAP: checker_map(compilation, syntax); break;
    case SYNTAX_NOT:
      checker_bool(compilation, syntax->target, "after !");
      syntax->type = checker_type(CEL_BOOL);
      break;
    case SYNTAX_NEGATE: {
      checker_value(compilation, syntax->target);
      const struct cel_type *type = syntax->target->type;
      if (cel_strict(compilation) && !checker_is(type, CEL_INT) && type->kind != CEL_DOUBLE && type->kind != CEL_NUMBER) {
        char text[CHECKER_TYPE_TEXT];
        pbk_cel_type_text(type, text, sizeof text);
        pbk_cel_refuse(compilation, syntax->offset, "no such overload: -%s", text);
      }
      syntax->type = checker_type(type->kind);
      break;
    }
    case SYNTAX_AND:
    case SYNTAX_OR:
      for (uint32_t i = 0; i < syntax->count; i++) {
        checker_bool(compilation, syntax->items[i],
                     syntax->kind == SYNTAX_AND ? "on either side of &&" : "on either side of ||");
      }
      syntax->type = checker_type(CEL_BOOL);
      break;
    case SYNTAX_CHAIN: checker_chain(compilation, syntax); break;
    case SYNTAX_CONDITIONAL: checker_conditional(compilation, syntax); break;
    case SYNTAX_LOOP: checker_loop(compilation, syntax); break;
    default: break;
  }
}
