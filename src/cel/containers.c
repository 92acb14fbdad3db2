/* cel/containers.c - lists and maps, whatever they are made of: literals, a host's JSON, or objects and traits read through
 * the world.
 *
 * Maps keep the order they are made in; JSON maps, objects and traits go by name. Nothing is copied to look inside. */
#include "base/value.h"
#include "cel/program.h"

struct cel_value pbk_cel_from_json(const pbk_value *json) {
  switch (json->kind) {
    case PBK_BOOL: return cel_bool(json->as.integer != 0);
    case PBK_INT: return cel_int(json->as.integer);
    case PBK_DOUBLE: return cel_double(json->as.number);
    case PBK_STRING: return cel_string(value_text(json));
    case PBK_LIST:
    case PBK_MAP: return (struct cel_value){.kind = CEL_JSON, .size = json->size, .as.json = json};
    default: return (struct cel_value){.kind = CEL_NULL};
  }
}

bool pbk_cel_is_list(const struct cel_value *value) {
  return value->kind == CEL_LIST || (value->kind == CEL_JSON && value->as.json->kind == PBK_LIST);
}

bool pbk_cel_is_map(const struct cel_value *value) {
  return value->kind == CEL_MAP || value->kind == CEL_OBJECT || value->kind == CEL_ENTRIES ||
         (value->kind == CEL_JSON && value->as.json->kind == PBK_MAP);
}

uint32_t pbk_cel_list_size(const struct cel_value *list) {
  return list->kind == CEL_JSON ? list->as.json->size : list->size;
}

struct cel_value pbk_cel_list_at(const struct cel_value *list, uint32_t at) {
  if (list->kind == CEL_JSON) return pbk_cel_from_json(&list->as.json->as.items[at]);
  return ((const struct cel_value *)list->as.other)[at];
}

/* ---- objects: a few fields, some of them absent ---- */

static bool container_field(struct cel_machine *machine, const struct cel_field *field, struct cel_value *value) {
  const struct cel_world *world = machine->world;
  if (field->kind == CEL_ENTRIES) {
    if (world->entry_count(world->context, field->slot) == UINT32_MAX) return false;
    *value = (struct cel_value){.kind = CEL_ENTRIES, .as.integer = field->slot};
    return true;
  }
  if (!world->field(world->context, field->slot, value)) return false;
  *value = cel_unwrap(*value);
  return true;
}

static uint32_t container_object_size(struct cel_machine *machine, const struct cel_variable *object) {
  uint32_t size = 0;
  struct cel_value ignored;
  for (uint32_t i = 0; i < object->field_count; i++) size += container_field(machine, &object->fields[i], &ignored);
  return size;
}

/* The at-th of the fields that are there, by name. */
static void container_object_at(struct cel_machine *machine, const struct cel_variable *object, uint32_t at,
                                struct cel_value *key, struct cel_value *value) {
  for (uint32_t i = 0; i < object->field_count; i++) {
    struct text name = text_from(object->fields[i].name);
    if (!container_field(machine, &object->fields[i], value)) continue;
    uint32_t before = 0;
    struct cel_value ignored;
    for (uint32_t j = 0; j < object->field_count; j++) {
      if (text_compare(text_from(object->fields[j].name), name) < 0)
        before += container_field(machine, &object->fields[j], &ignored);
    }
    if (before != at) continue;
    *key = cel_string(name);
    container_field(machine, &object->fields[i], value);
    return;
  }
  *key = *value = (struct cel_value){.kind = CEL_NULL};
}

/* ---- maps of every kind ---- */

bool pbk_cel_map_size(struct cel_machine *machine, const struct cel_value *map, uint32_t *size) {
  switch (map->kind) {
    case CEL_OBJECT: *size = container_object_size(machine, map->as.other); return true;
    case CEL_ENTRIES:
      *size = machine->world->entry_count(machine->world->context, (uint32_t)map->as.integer);
      return *size != UINT32_MAX;
    case CEL_JSON: *size = map->as.json->size; return true;
    default: *size = map->size; return true;
  }
}

void pbk_cel_map_at(struct cel_machine *machine, const struct cel_value *map, uint32_t at, struct cel_value *key,
                    struct cel_value *value) {
  pbk_cel_burn(machine, 1);
  if (map->kind == CEL_OBJECT) {
    container_object_at(machine, map->as.other, at, key, value);
  } else if (map->kind == CEL_ENTRIES) {
    struct text name = NO_TEXT;
    machine->world->entry_at(machine->world->context, (uint32_t)map->as.integer, at, &name, value);
    *key = cel_string(name);
    *value = cel_unwrap(*value);
  } else if (map->kind == CEL_JSON) {
    const pbk_member *member = &map->as.json->as.members[at];
    *key = cel_string(member_name(member));
    *value = pbk_cel_from_json(&member->value);
  } else {
    const struct cel_pair *pair = (const struct cel_pair *)map->as.other + at;
    *key = pair->key;
    *value = pair->value;
  }
}

static int container_find_entry(struct cel_machine *machine, uint32_t slot, struct text name, struct cel_value *value) {
  const struct cel_world *world = machine->world;
  uint32_t low = 0, high = world->entry_count(world->context, slot);
  if (high == UINT32_MAX) return -1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    struct text at = NO_TEXT;
    world->entry_at(world->context, slot, middle, &at, value);
    int order = text_compare(at, name);
    if (order == 0) {
      *value = cel_unwrap(*value);
      return 1;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

static bool container_find_pair(struct cel_machine *machine, const struct cel_value *map, const struct cel_value *key,
                                struct cel_value *value) {
  const struct cel_pair *pairs = map->as.other;
  for (uint32_t i = 0; i < map->size; i++) {
    if (!pbk_cel_equal(machine, &pairs[i].key, key)) continue;
    *value = pairs[i].value;
    return true;
  }
  return false;
}

int pbk_cel_map_find(struct cel_machine *machine, const struct cel_value *map, const struct cel_value *key,
                     struct cel_value *value) {
  if (map->kind == CEL_MAP) return container_find_pair(machine, map, key, value);
  if (map->kind == CEL_ENTRIES) {
    if (key->kind == CEL_STRING) return container_find_entry(machine, (uint32_t)map->as.integer, cel_text(key), value);
    return machine->world->entry_count(machine->world->context, (uint32_t)map->as.integer) == UINT32_MAX ? -1 : 0;
  }
  if (key->kind != CEL_STRING) return 0;
  if (map->kind == CEL_JSON) {
    const pbk_value *found = pbk_value_member(map->as.json, cel_text(key));
    if (found) *value = pbk_cel_from_json(found);
    return found != NULL;
  }
  const struct cel_variable *object = map->as.other;
  for (uint32_t i = 0; i < object->field_count; i++) {
    if (text_equal(text_from(object->fields[i].name), cel_text(key)))
      return container_field(machine, &object->fields[i], value);
  }
  return 0;
}

/* ---- what conditions do with them ---- */

/* A number as a list's index: any type of number that is whole. */
static bool container_position(const struct cel_value *key, uint32_t size, uint32_t *at) {
  uint64_t position;
  if (key->kind == CEL_INT && key->as.integer >= 0)
    position = (uint64_t)key->as.integer;
  else if (key->kind == CEL_UINT)
    position = key->as.natural;
  else if (key->kind == CEL_DOUBLE && key->as.number >= 0 && key->as.number < 4294967296.0) {
    position = (uint64_t)key->as.number;
    if ((double)position < key->as.number) return false;
  } else {
    return false;
  }
  if (position >= size) return false;
  *at = (uint32_t)position;
  return true;
}

struct cel_value pbk_cel_index(struct cel_machine *machine, const struct cel_value *container, const struct cel_value *key) {
  if (pbk_cel_is_list(container)) {
    uint32_t at;
    if (!cel_is_number(key)) return cel_failure(pbk_cel_no_such_overload);
    if (!container_position(key, pbk_cel_list_size(container), &at)) return cel_failure("index out of bounds");
    return pbk_cel_list_at(container, at);
  }
  if (!pbk_cel_is_map(container)) return cel_failure(pbk_cel_no_such_overload);
  struct cel_value found;
  return pbk_cel_map_find(machine, container, key, &found) == 1 ? found : cel_failure(pbk_cel_no_such_key);
}

/* An int in a list of plain values: what pbk_cel_equal does, a step of fuel an item, without a call for ints. */
static bool container_holds_int(struct cel_machine *machine, const struct cel_value *value,
                                const struct cel_value *list) {
  const struct cel_value *items = list->as.other;
  for (uint32_t i = 0; i < list->size && !machine->exhausted; i++) {
    if (items[i].kind != CEL_INT) {
      if (pbk_cel_equal(machine, &items[i], value)) return true;
    } else if (pbk_cel_burn(machine, 1) && items[i].as.integer == value->as.integer) {
      return true;
    }
  }
  return false;
}

struct cel_value pbk_cel_contains(struct cel_machine *machine, const struct cel_value *value,
                                  const struct cel_value *container) {
  if (value->kind == CEL_INT && container->kind == CEL_LIST) return cel_bool(container_holds_int(machine, value, container));
  if (pbk_cel_is_list(container)) {
    uint32_t size = pbk_cel_list_size(container);
    for (uint32_t i = 0; i < size && !machine->exhausted; i++) {
      struct cel_value item = pbk_cel_list_at(container, i);
      if (pbk_cel_equal(machine, &item, value)) return cel_bool(true);
    }
    return cel_bool(false);
  }
  if (!pbk_cel_is_map(container)) return cel_failure(pbk_cel_no_such_overload);
  struct cel_value found;
  int there = pbk_cel_map_find(machine, container, value, &found);
  return there < 0 ? cel_failure(pbk_cel_no_such_key) : cel_bool(there);
}

struct cel_value pbk_cel_make_map(struct cel_machine *machine, const struct cel_pair *pairs, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t kind = pairs[i].key.kind;
    if (kind != CEL_STRING && kind != CEL_INT && kind != CEL_UINT && kind != CEL_BOOL)
      return cel_failure("unsupported key type");
    for (uint32_t j = 0; j < i && !machine->exhausted; j++) {
      if (pbk_cel_equal(machine, &pairs[i].key, &pairs[j].key)) return cel_failure("repeated key");
    }
  }
  return (struct cel_value){.kind = CEL_MAP, .size = count, .as.other = pairs};
}

struct cel_value pbk_cel_concatenate(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b) {
  if (a->kind == CEL_STRING || a->kind == CEL_BYTES) {
    if (b->size == 0) return *a;
    if (a->size == 0) return *b;
    char *joined = pbk_cel_scratch(machine, (uint64_t)a->size + b->size);
    pbk_cel_burn(machine, ((uint64_t)a->size + b->size) / 64);
    if (!joined) return *a;
    memcpy(joined, a->as.bytes, a->size);
    memcpy(joined + a->size, b->as.bytes, b->size);
    return (struct cel_value){.kind = a->kind, .size = a->size + b->size, .as.bytes = joined};
  }
  uint32_t left = pbk_cel_list_size(a), right = pbk_cel_list_size(b);
  struct cel_value *items = pbk_cel_scratch(machine, ((uint64_t)left + right) * sizeof *items);
  if (!items || !pbk_cel_burn(machine, (uint64_t)left + right)) return *a;
  for (uint32_t i = 0; i < left; i++) items[i] = pbk_cel_list_at(a, i);
  for (uint32_t i = 0; i < right; i++) items[left + i] = pbk_cel_list_at(b, i);
  return (struct cel_value){.kind = CEL_LIST, .size = left + right, .as.other = items};
}

/* ---- results that outlive the evaluation ---- */

enum { CONTAINER_MOST_DEPTH = 256 };

struct cel_value pbk_cel_settle_value(struct cel_machine *machine, struct cel_value value, uint32_t depth) {
  if (depth > CONTAINER_MOST_DEPTH) {
    pbk_cel_exhaust(machine, "the result is nested too deeply");
    return value;
  }
  if (value.kind == CEL_LIST) {
    struct cel_value *items = pbk_cel_scratch(machine, (uint64_t)value.size * sizeof *items);
    for (uint32_t i = 0; items && i < value.size && !machine->exhausted; i++) {
      items[i] = pbk_cel_settle_value(machine, pbk_cel_list_at(&value, i), depth + 1);
    }
    return (struct cel_value){.kind = CEL_LIST, .size = value.size, .as.other = items};
  }
  if (value.kind != CEL_MAP && value.kind != CEL_OBJECT && value.kind != CEL_ENTRIES) return value;
  uint32_t size;
  if (!pbk_cel_map_size(machine, &value, &size)) size = 0;
  struct cel_pair *pairs = pbk_cel_scratch(machine, (uint64_t)size * sizeof *pairs);
  for (uint32_t i = 0; pairs && i < size && !machine->exhausted; i++) {
    pbk_cel_map_at(machine, &value, i, &pairs[i].key, &pairs[i].value);
    pairs[i].value = pbk_cel_settle_value(machine, pairs[i].value, depth + 1);
  }
  return (struct cel_value){.kind = CEL_MAP, .size = size, .as.other = pairs};
}

struct cel_value pbk_cel_copy_value(struct arena *arena, const struct cel_value *value) {
  struct cel_value copy = *value;
  if (value->kind == CEL_STRING || value->kind == CEL_BYTES) {
    char *bytes = pbk_arena_allocate(arena, (size_t)value->size + 1);
    if (value->size) memcpy(bytes, value->as.bytes, value->size);
    bytes[value->size] = '\0';
    copy.as.bytes = bytes;
  } else if (value->kind == CEL_LIST || value->kind == CEL_MAP) {
    /* A map is a run of keys and values. */
    uint32_t count = value->kind == CEL_MAP ? value->size * 2 : value->size;
    struct cel_value *items = pbk_arena_allocate(arena, (count + 1) * sizeof *items);
    for (uint32_t i = 0; i < count; i++) items[i] = pbk_cel_copy_value(arena, (const struct cel_value *)value->as.other + i);
    copy.as.other = items;
  }
  return copy;
}
