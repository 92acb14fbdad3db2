/* cel/names.c - what names and fields mean, and which may have been meant where there is no such thing; see syntax.h. */
#include <stdio.h>

#include "cel/syntax.h"

enum { NAMES_MOST = 256 };

enum { NAMES_SHOWN = 60 }; /* bytes of a name in a message */

void pbk_cel_refuse_name(struct cel_compilation *compilation, uint32_t offset, const char *before,
                         const struct cel_suggestion *suggestion, const char *after) {
  struct text wanted = cel_cut(suggestion->wanted, NAMES_SHOWN), best = suggestion->best;
  if (best.bytes) {
    pbk_cel_refuse(compilation, offset, "%s `%.*s`; did you mean `%.*s`?", before, (int)wanted.size, wanted.bytes,
                   (int)best.size, best.bytes);
  }
  pbk_cel_refuse(compilation, offset, "%s `%.*s`%s", before, (int)wanted.size, wanted.bytes, after);
}

/* ---- names ---- */

/* "a.b.c" of a chain of selections that starts with a name which is no macro's variable; 0 when it is not one or too long.
 */
static uint32_t names_dotted(const struct cel_compilation *compilation, const struct cel_syntax *syntax, char *to,
                             uint32_t room) {
  uint32_t size = 0;
  if (syntax->kind == SYNTAX_NAME) {
    for (uint32_t i = 0; i < compilation->local_count && !syntax->rooted; i++) {
      if (text_equal(compilation->locals[i], syntax->name)) return 0;
    }
  } else if (syntax->kind == SYNTAX_SELECT) {
    size = names_dotted(compilation, syntax->target, to, room);
    if (!size || size + 1 > room) return 0;
    to[size++] = '.';
  } else {
    return 0;
  }
  if (syntax->name.size > room - size) return 0;
  memcpy(to + size, syntax->name.bytes, syntax->name.size);
  return size + syntax->name.size;
}

static bool names_variable(struct cel_compilation *compilation, struct cel_syntax *syntax, struct text name) {
  const struct cel_environment *environment = compilation->environment;
  for (uint32_t i = 0; i < environment->variable_count; i++) {
    const struct cel_variable *variable = &environment->variables[i];
    if (!text_equal(name, text_from(variable->name))) continue;
    syntax->variable = variable;
    if (variable->is_now) {
      cel_means(syntax, MEANS_NOW, 0, 0, pbk_cel_plain_type(CEL_TIMESTAMP));
    } else if (variable->kind == CEL_OBJECT) {
      cel_means(syntax, MEANS_OBJECT, 0, 0, pbk_cel_object_type(compilation, variable));
    } else if (variable->kind == CEL_ENTRIES) {
      cel_means(syntax, MEANS_ENTRIES, variable->slot, 0, pbk_cel_plain_type(CEL_ENTRIES));
    } else {
      cel_means(syntax, MEANS_VARIABLE, variable->slot, 0, pbk_cel_plain_type(variable->kind));
    }
    return true;
  }
  uint32_t kind = pbk_cel_type_named(name);
  if (kind == CEL_DYN) return false;
  cel_means(syntax, MEANS_TYPE, 0, kind, pbk_cel_plain_type(CEL_TYPE));
  return true;
}

bool pbk_cel_check_contained(struct cel_compilation *compilation, struct cel_syntax *syntax, struct text name, bool rooted) {
  struct text container = rooted ? NO_TEXT : text_from(compilation->environment->container);
  char whole[2 * NAMES_MOST];
  while (container.size) {
    if (container.size < NAMES_MOST && name.size < NAMES_MOST) {
      memcpy(whole, container.bytes, container.size);
      whole[container.size] = '.';
      memcpy(whole + container.size + 1, name.bytes, name.size);
      if (names_variable(compilation, syntax, (struct text){whole, container.size + 1 + name.size})) return true;
    }
    while (container.size && container.bytes[--container.size] != '.') continue;
  }
  return names_variable(compilation, syntax, name);
}

bool pbk_cel_check_qualified(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  char dotted[NAMES_MOST];
  uint32_t size = names_dotted(compilation, syntax, dotted, sizeof dotted);
  const struct cel_syntax *root = syntax;
  while (root->kind == SYNTAX_SELECT) root = root->target;
  return size && pbk_cel_check_contained(compilation, syntax, (struct text){dotted, size}, root->rooted);
}

static void names_unknown_name(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  const struct cel_environment *environment = compilation->environment;
  if (!cel_strict(compilation)) {
    syntax->failure = "unknown name";
    cel_means(syntax, MEANS_FAILURE, 0, 0, pbk_cel_plain_type(CEL_DYN));
    return;
  }
  static const char *const literals[] = {"true", "false", "null"};
  struct cel_suggestion suggestion = {.wanted = syntax->name};
  for (uint32_t i = 0; i < compilation->local_count; i++) pbk_cel_suggest(&suggestion, compilation->locals[i]);
  for (uint32_t i = 0; i < environment->variable_count; i++) {
    pbk_cel_suggest(&suggestion, text_from(environment->variables[i].name));
  }
  for (uint32_t i = 0; i < 3; i++) pbk_cel_suggest(&suggestion, text_from(literals[i]));
  pbk_cel_refuse_name(compilation, syntax->offset, "unknown name", &suggestion, "");
}

void pbk_cel_check_name(struct cel_compilation *compilation, struct cel_syntax *syntax) {
  for (uint32_t i = compilation->local_count; i-- > 0 && !syntax->rooted;) {
    if (!text_equal(compilation->locals[i], syntax->name)) continue;
    cel_means(syntax, MEANS_LOCAL, 0, i, compilation->local_types[i]);
    return;
  }
  if (!pbk_cel_check_contained(compilation, syntax, syntax->name, syntax->rooted)) names_unknown_name(compilation, syntax);
}

/* ---- fields ---- */

/* At most so many bytes of the names that are listed, and of each. */
enum { NAMES_LISTED = 120, NAMES_LISTED_EACH = 30 };

struct names_list {
  uint32_t size, count;
  char text[NAMES_LISTED];
};

static void names_add(struct names_list *list, struct text name) {
  name = cel_cut(name, NAMES_LISTED_EACH);
  uint32_t comma = list->size ? 2 : 0;
  if (list->count && sizeof list->text - list->size < comma + name.size + sizeof ", …") return;
  memcpy(list->text + list->size, ", ", comma);
  memcpy(list->text + list->size + comma, name.bytes, name.size);
  list->size += comma + name.size;
  list->count++;
}

_Noreturn static void names_unknown_field(struct cel_compilation *compilation, uint32_t offset, const char *of,
                                          const struct cel_suggestion *suggestion, const struct names_list *list,
                                          bool more) {
  char before[80], after[NAMES_LISTED + 40] = "; there is none";
  snprintf(before, sizeof before, "%.60s has no field", of);
  if (list->size) snprintf(after, sizeof after, "; it has %.*s%s", (int)list->size, list->text, more ? ", …" : "");
  pbk_cel_refuse_name(compilation, offset, before, suggestion, after);
}

static void names_field(struct cel_compilation *compilation, struct cel_syntax *syntax, const struct cel_variable *variable,
                        struct text name) {
  for (uint32_t i = 0; i < variable->field_count; i++) {
    const struct cel_field *field = &variable->fields[i];
    if (!text_equal(name, text_from(field->name))) continue;
    cel_means(syntax, field->kind == CEL_ENTRIES ? MEANS_ENTRIES : MEANS_FIELD, field->slot, 0,
              pbk_cel_plain_type(field->kind));
    return;
  }
  cel_means(syntax, MEANS_NOTHING, 0, 0, pbk_cel_plain_type(CEL_DYN));
  if (!cel_strict(compilation)) return;
  struct cel_suggestion suggestion = {.wanted = name};
  struct names_list list = {.size = 0};
  for (uint32_t i = 0; i < variable->field_count; i++) {
    pbk_cel_suggest(&suggestion, text_from(variable->fields[i].name));
    names_add(&list, text_from(variable->fields[i].name));
  }
  names_unknown_field(compilation, syntax->offset, variable->name, &suggestion, &list, list.count < variable->field_count);
}

const struct cel_type *pbk_cel_check_entry(struct cel_compilation *compilation, uint32_t slot, struct text name,
                                           uint32_t offset) {
  const struct cel_environment *environment = compilation->environment;
  const struct cel_schema *schema = NULL;
  for (uint32_t i = 0; i < environment->schema_count; i++) {
    if (environment->schemas[i].slot == slot) schema = &environment->schemas[i];
  }
  for (uint32_t i = 0; schema && i < schema->count; i++) {
    if (text_equal(name, schema->entries[i].name)) return pbk_cel_declared_type(compilation, schema->entries[i].type);
  }
  if (!schema || schema->open || !cel_strict(compilation)) return pbk_cel_plain_type(CEL_DYN);
  struct cel_suggestion suggestion = {.wanted = name};
  struct names_list list = {.size = 0};
  for (uint32_t i = 0; i < schema->count; i++) {
    pbk_cel_suggest(&suggestion, schema->entries[i].name);
    names_add(&list, schema->entries[i].name);
  }
  names_unknown_field(compilation, offset, schema->name, &suggestion, &list, list.count < schema->count);
}

void pbk_cel_check_field(struct cel_compilation *compilation, struct cel_syntax *syntax, struct text name) {
  const struct cel_syntax *target = syntax->target;
  const struct cel_type *type = target->type;
  if (target->meaning == MEANS_OBJECT && type->variable->field_count) {
    names_field(compilation, syntax, type->variable, name);
  } else if (target->meaning == MEANS_ENTRIES) {
    const struct cel_environment *environment = compilation->environment;
    const struct cel_type *entry = pbk_cel_check_entry(compilation, target->slot, name, syntax->offset);
    cel_means(syntax, MEANS_ENTRY, target->slot, environment->entry_name(environment->context, name), entry);
  } else {
    cel_means(syntax, MEANS_NOTHING, 0, 0, pbk_cel_type_is_map(type) ? type->element : pbk_cel_plain_type(CEL_DYN));
  }
}
