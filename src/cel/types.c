/* cel/types.c - types as the checker knows them: dyn where nothing is known, element types of lists and maps. */
#include <stdio.h>

#include "cel/syntax.h"

static const struct cel_type type_table[] = {
  {.kind = CEL_NULL},
  {.kind = CEL_BOOL},
  {.kind = CEL_INT},
  {.kind = CEL_UINT},
  {.kind = CEL_DOUBLE},
  {.kind = CEL_STRING},
  {.kind = CEL_BYTES},
  {.kind = CEL_TIMESTAMP},
  {.kind = CEL_DURATION},
  {.kind = CEL_TYPE},
  {.kind = CEL_LIST, .element = &type_table[CEL_DYN]},
  {.kind = CEL_MAP, .key = &type_table[CEL_DYN], .element = &type_table[CEL_DYN]},
  {.kind = CEL_SERIES},
  {.kind = CEL_DYN},
  {.kind = CEL_DYN},
  {.kind = CEL_OBJECT},
  {.kind = CEL_ENTRIES, .key = &type_table[CEL_STRING], .element = &type_table[CEL_DYN]}};

/* CEL_JSON, a host's value of any kind, is dyn. */
const struct cel_type *pbk_cel_plain_type(uint32_t kind) {
  return kind < sizeof type_table / sizeof *type_table ? &type_table[kind] : &type_table[CEL_DYN];
}

static struct cel_type *type_new(struct cel_compilation *compilation, uint32_t kind) {
  struct cel_type *type = pbk_arena_allocate(&compilation->arena, sizeof *type);
  *type = (struct cel_type){.kind = kind};
  return type;
}

const struct cel_type *pbk_cel_list_type(struct cel_compilation *compilation, const struct cel_type *element) {
  struct cel_type *type = type_new(compilation, CEL_LIST);
  type->element = element;
  return type;
}

const struct cel_type *pbk_cel_map_type(struct cel_compilation *compilation, const struct cel_type *key,
                                        const struct cel_type *element) {
  struct cel_type *type = type_new(compilation, CEL_MAP);
  type->key = key;
  type->element = element;
  return type;
}

/* An object's fields are what its declaration says; as a map it goes from string to dyn. */
const struct cel_type *pbk_cel_object_type(struct cel_compilation *compilation, const struct cel_variable *variable) {
  struct cel_type *type = type_new(compilation, CEL_OBJECT);
  type->key = pbk_cel_plain_type(CEL_STRING);
  type->element = pbk_cel_plain_type(CEL_DYN);
  type->variable = variable;
  return type;
}

bool pbk_cel_type_is_map(const struct cel_type *type) {
  return type->kind == CEL_MAP || type->kind == CEL_OBJECT || type->kind == CEL_ENTRIES;
}

bool pbk_cel_types_agree(const struct cel_type *a, const struct cel_type *b) {
  if (a == b || a->kind == CEL_DYN || b->kind == CEL_DYN) return true;
  if (pbk_cel_type_is_map(a) && pbk_cel_type_is_map(b)) {
    return pbk_cel_types_agree(a->key, b->key) && pbk_cel_types_agree(a->element, b->element);
  }
  if (a->kind != b->kind) return false;
  return a->kind != CEL_LIST || pbk_cel_types_agree(a->element, b->element);
}

static bool type_same(const struct cel_type *a, const struct cel_type *b) {
  if (a == b) return true;
  if (a->kind != b->kind) return false;
  if (a->kind == CEL_LIST) return type_same(a->element, b->element);
  if (a->kind == CEL_MAP) return type_same(a->key, b->key) && type_same(a->element, b->element);
  return a->kind != CEL_OBJECT || a->variable == b->variable;
}

const struct cel_type *pbk_cel_types_join(const struct cel_type *a, const struct cel_type *b) {
  if (!a) return b;
  if (!b) return a;
  if (type_same(a, b)) return a;
  if (a->kind == CEL_LIST && b->kind == CEL_LIST) return pbk_cel_plain_type(CEL_LIST);
  if (pbk_cel_type_is_map(a) && pbk_cel_type_is_map(b)) return pbk_cel_plain_type(CEL_MAP);
  return pbk_cel_plain_type(CEL_DYN);
}

void pbk_cel_type_text(const struct cel_type *type, char *to, size_t room) {
  char first[64], second[64];
  if (type->kind == CEL_LIST && type->element->kind != CEL_DYN) {
    pbk_cel_type_text(type->element, first, sizeof first);
    snprintf(to, room, "list(%.60s)", first);
  } else if (type->kind == CEL_MAP && (type->key->kind != CEL_DYN || type->element->kind != CEL_DYN)) {
    pbk_cel_type_text(type->key, first, sizeof first);
    pbk_cel_type_text(type->element, second, sizeof second);
    snprintf(to, room, "map(%.30s, %.30s)", first, second);
  } else {
    snprintf(to, room, "%s", pbk_cel_kind_name(type->kind));
  }
}
