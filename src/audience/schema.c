/* audience/schema.c - see schema.h. */
#include "audience/schema.h"

#include "base/map.h"
#include "base/outputs.h"
#include "base/sized.h"

int32_t pbk_schema_subject(struct text key) {
  if (text_equal(key, TEXT("contact"))) return PBK_CONTACT;
  return text_equal(key, TEXT("account")) ? PBK_ACCOUNT : 0;
}

static struct text name_of(const void *owner, uint32_t number) {
  const struct schema *schema = owner;
  return schema->traits[number].name;
}

static struct text copy_of(struct arena *arena, pbk_text text) {
  char *copy = pbk_arena_allocate(arena, text.size + 1);
  if (text.size) memcpy(copy, text.bytes, text.size);
  return (struct text){copy, (uint32_t)text.size};
}

/* Reads the traits one by one; false with *problem set. */
static bool read_traits(struct schema *schema, struct map *names, struct memory *memory, const pbk_schema *definition,
                        struct problem *problem) {
  for (; schema->count < definition->trait_count; schema->count++) {
    pbk_trait given;
    const char *message;
    struct cel_declared *trait = &schema->traits[schema->count];
    pbk_read_sized(&given, sizeof given, pbk_sized_item(definition->traits, schema->count));
    struct text name = private_text(given.name);
    uint32_t before = pbk_problem_enter(problem, name);
    if (pbk_map_find(names, name) != MAP_NONE)
      return pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, "this trait comes twice");
    if (!pbk_cel_declarable(private_text(given.type), &message))
      return pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, message);
    pbk_problem_leave(problem, before);
    *trait = (struct cel_declared){copy_of(&schema->texts, given.name), copy_of(&schema->texts, given.type)};
    pbk_map_add(memory, names, name, schema->count);
  }
  return true;
}

struct schema *pbk_schema_create(struct memory *memory, const pbk_schema *definition, struct problem *problem) {
  if (!pbk_schema_subject(private_text(definition->key))) {
    pbk_problem_enter(problem, TEXT("key"));
    pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, "the key of a schema is \"contact\" or \"account\"");
    return NULL;
  }
  uint32_t before = pbk_problem_enter(problem, TEXT("traits"));
  if (definition->trait_count > SCHEMA_MOST_TRAITS) {
    pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, "at most 10000 traits");
    return NULL;
  }
  struct schema *schema = pbk_allocate_cleared(memory, sizeof *schema);
  struct map names;
  schema->open = definition->open != 0;
  pbk_arena_init(&schema->texts, memory);
  schema->traits = pbk_arena_allocate(&schema->texts, ((size_t)definition->trait_count + 1) * sizeof *schema->traits);
  pbk_map_init(&names, name_of, schema);
  bool read = read_traits(schema, &names, memory, definition, problem);
  pbk_map_release(memory, &names);
  pbk_problem_leave(problem, before);
  if (read) return schema;
  pbk_schema_release(memory, schema);
  return NULL;
}

void pbk_schema_release(struct memory *memory, struct schema *schema) {
  if (!schema) return;
  pbk_arena_release(&schema->texts);
  pbk_release(memory, schema, sizeof *schema);
}
