/* cel/json.c - what a condition gave, as JSON, for explain. */
#include <math.h>

#include "base/clock.h"
#include "base/value.h"
#include "cel/program.h"

static pbk_value json_copy(const char *bytes, uint32_t size, struct arena *arena) {
  char *copy = pbk_arena_allocate(arena, (size_t)size + 1);
  if (size) memcpy(copy, bytes, size);
  copy[size] = '\0';
  return value_string((struct text){copy, size});
}

static pbk_value json_base64(struct text bytes, struct arena *arena) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *to = pbk_arena_allocate(arena, ((size_t)bytes.size + 2) / 3 * 4 + 1);
  uint32_t size = 0;
  for (uint32_t i = 0; i < bytes.size; i += 3) {
    uint32_t left = bytes.size - i, group = (uint32_t)(unsigned char)bytes.bytes[i] << 16;
    if (left > 1) group |= (uint32_t)(unsigned char)bytes.bytes[i + 1] << 8;
    if (left > 2) group |= (uint32_t)(unsigned char)bytes.bytes[i + 2];
    to[size++] = digits[group >> 18];
    to[size++] = digits[group >> 12 & 63];
    to[size++] = left > 1 ? digits[group >> 6 & 63] : '=';
    to[size++] = left > 2 ? digits[group & 63] : '=';
  }
  to[size] = '\0';
  return value_string((struct text){to, size});
}

static pbk_value json_number(double number, struct arena *arena) {
  char text[NUMBER_TEXT_MOST];
  if (isfinite(number)) return value_double(number);
  return json_copy(text, pbk_print_double(text, number), arena);
}

/* A map's key: strings as they are, all others as they print. */
static pbk_value json_key(const struct cel_value *key, struct arena *arena) {
  char text[NUMBER_TEXT_MOST];
  switch (key->kind) {
    case CEL_STRING: return json_copy(key->as.bytes, key->size, arena);
    case CEL_BOOL: return key->as.integer ? value_string(TEXT("true")) : value_string(TEXT("false"));
    case CEL_UINT: return json_copy(text, pbk_print_uint(text, key->as.natural), arena);
    default: return json_copy(text, pbk_print_int(text, key->as.integer), arena);
  }
}

static pbk_value json_map(const struct cel_value *value, struct arena *arena) {
  const struct cel_pair *pairs = value->as.other;
  pbk_member *members = pbk_arena_allocate(arena, (value->size + 1) * sizeof *members);
  uint32_t count = 0;
  for (uint32_t i = 0; i < value->size; i++) {
    pbk_value name = json_key(&pairs[i].key, arena);
    if (name.size == 0) continue; /* JSON values here have no members without a name */
    members[count++] =
      (pbk_member){.name = name.as.text, .name_size = name.size, .value = pbk_cel_to_json(&pairs[i].value, arena)};
  }
  pbk_value map = {.kind = PBK_MAP, .size = count, .as.members = members};
  pbk_value_normalize(&map);
  return map;
}

static pbk_value json_list(const struct cel_value *value, struct arena *arena) {
  const struct cel_value *from = value->as.other;
  pbk_value *items = pbk_arena_allocate(arena, (value->size + 1) * sizeof *items);
  for (uint32_t i = 0; i < value->size; i++) items[i] = pbk_cel_to_json(&from[i], arena);
  return (pbk_value){.kind = PBK_LIST, .size = value->size, .as.items = items};
}

pbk_value pbk_cel_to_json(const struct cel_value *value, struct arena *arena) {
  char text[TIME_TEXT_MOST + DURATION_TEXT_MOST];
  switch (value->kind) {
    case CEL_BOOL: return value_bool(value->as.integer != 0);
    case CEL_INT: return value_int(value->as.integer);
    case CEL_UINT:
      return value->as.natural <= INT64_MAX ? value_int((int64_t)value->as.natural)
                                            : value_double((double)value->as.natural);
    case CEL_DOUBLE: return json_number(value->as.number, arena);
    case CEL_STRING: return json_copy(value->as.bytes, value->size, arena);
    case CEL_BYTES: return json_base64((struct text){value->as.bytes, value->size}, arena);
    case CEL_TIMESTAMP:
    case CEL_DURATION: return json_copy(text, pbk_cel_print_time(text, value), arena);
    case CEL_TYPE: return value_string(text_from(pbk_cel_kind_name((uint32_t)value->as.integer)));
    case CEL_LIST: return json_list(value, arena);
    case CEL_MAP: return json_map(value, arena);
    case CEL_JSON: return pbk_value_copy(arena, value->as.json);
    default: return value_null();
  }
}
