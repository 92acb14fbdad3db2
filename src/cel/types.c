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
  {.kind = CEL_ENTRIES, .key = &type_table[CEL_STRING], .element = &type_table[CEL_DYN]},
  {.kind = CEL_NUMBER}};

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

static bool type_of_number(const struct cel_type *type) {
  return type->kind == CEL_NUMBER || type->kind == CEL_INT || type->kind == CEL_DOUBLE;
}

bool pbk_cel_types_agree(const struct cel_type *a, const struct cel_type *b) {
  if (a == b || a->kind == CEL_DYN || b->kind == CEL_DYN) return true;
  if ((a->nullable && b->kind == CEL_NULL) || (b->nullable && a->kind == CEL_NULL)) return true;
  if (a->kind == CEL_NUMBER || b->kind == CEL_NUMBER) return type_of_number(a) && type_of_number(b);
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
  if (type_same(a, b)) return a->nullable ? a : b;
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

/* ---- types as a host declares them ---- */

static const char *const type_wrong =
  "expected bool, int, double, number, string, list, map or any; or list(string), map(string, int)";
static const char *const type_of_time =
  "times and durations are text here: declare string, and use timestamp() or duration()";

static bool type_take(struct text *rest, const char *word) {
  uint32_t size = (uint32_t)strlen(word);
  while (rest->size && *rest->bytes == ' ') *rest = (struct text){rest->bytes + 1, rest->size - 1};
  if (rest->size < size || memcmp(rest->bytes, word, size) != 0) return false;
  *rest = (struct text){rest->bytes + size, rest->size - size};
  return true;
}

/* Takes one type off the front. Types are made where there is a compilation; NULL when there is none in the text. */
static const struct cel_type *type_read(struct cel_compilation *compilation, struct text *rest, uint32_t depth,
                                        const char **message) {
  static const struct {
    const char *name;
    uint32_t kind;
  } types[] = {{"bool", CEL_BOOL},     {"int", CEL_INT},   {"double", CEL_DOUBLE}, {"number", CEL_NUMBER},
               {"string", CEL_STRING}, {"list", CEL_LIST}, {"map", CEL_MAP},       {"any", CEL_DYN},
               {"dyn", CEL_DYN}};
  *message = type_wrong;
  if (type_take(rest, "timestamp") || type_take(rest, "duration")) {
    *message = type_of_time;
    return NULL;
  }
  uint32_t at = 0;
  while (at < sizeof types / sizeof *types && !type_take(rest, types[at].name)) at++;
  if (at == sizeof types / sizeof *types) return NULL;
  uint32_t kind = types[at].kind;
  const struct cel_type *type = pbk_cel_plain_type(kind), *element = NULL;
  if ((kind == CEL_LIST || kind == CEL_MAP) && type_take(rest, "(")) {
    if (depth == PBK_MAX_DEPTH) {
      *message = "lists and maps within each other deeper than 8, which no trait is";
      return NULL;
    }
    if (kind == CEL_MAP && !(type_take(rest, "string") && type_take(rest, ","))) {
      *message = "expected map(string, …): the names in a map are text";
      return NULL;
    }
    element = type_read(compilation, rest, depth + 1, message);
    if (!element) return NULL;
    *message = type_wrong;
    if (!type_take(rest, ")")) return NULL;
  }
  if (!compilation || kind == CEL_DYN) return type;
  struct cel_type *made = type_new(compilation, kind);
  made->nullable = true;
  made->key = kind == CEL_MAP ? pbk_cel_plain_type(CEL_STRING) : NULL;
  made->element = element ? element : type->element;
  return made;
}

bool pbk_cel_declarable(struct text type, const char **message) {
  if (!type_read(NULL, &type, 0, message)) return false;
  type_take(&type, "");
  return type.size == 0;
}

const struct cel_type *pbk_cel_declared_type(struct cel_compilation *compilation, struct text type) {
  const char *message;
  const struct cel_type *read = type_read(compilation, &type, 0, &message);
  return read ? read : pbk_cel_plain_type(CEL_DYN);
}
