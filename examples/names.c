/* names.c - see names.h. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "program.h"

static uint32_t hash(const char *bytes, size_t size) {
  uint32_t value = 2166136261u;
  for (size_t at = 0; at < size; at++) value = (value ^ (unsigned char)bytes[at]) * 16777619u;
  return value;
}

static uint32_t *find_slot(const struct names *names, const char *bytes, size_t size) {
  uint32_t at = hash(bytes, size) & (names->slot_count - 1);
  for (;; at = (at + 1) & (names->slot_count - 1)) {
    uint32_t *slot = &names->slots[at];
    if (!*slot || (names->sizes[*slot - 1] == size && memcmp(names->texts[*slot - 1], bytes, size) == 0)) return slot;
  }
}

static void grow(struct names *names) {
  names->capacity = names->capacity ? names->capacity * 2 : 32;
  names->texts = allocate(names->texts, names->capacity * sizeof *names->texts);
  names->sizes = allocate(names->sizes, names->capacity * sizeof *names->sizes);
  free(names->slots);
  names->slot_count = names->capacity * 2;
  names->slots = allocate(NULL, names->slot_count * sizeof *names->slots);
  memset(names->slots, 0, names->slot_count * sizeof *names->slots);
  for (uint32_t number = 0; number < names->count; number++)
    *find_slot(names, names->texts[number], names->sizes[number]) = number + 1;
}

uint32_t names_number(struct names *names, pbk_text text) {
  const char *bytes = text.bytes ? text.bytes : "";
  if (names->count == names->capacity) grow(names);
  uint32_t *slot = find_slot(names, bytes, text.size);
  if (!*slot) {
    char *copy = allocate(NULL, text.size + 1);
    memcpy(copy, bytes, text.size);
    copy[text.size] = 0;
    names->texts[names->count] = copy;
    names->sizes[names->count] = text.size;
    *slot = ++names->count;
  }
  return *slot - 1;
}

uint32_t names_find(const struct names *names, pbk_text text) {
  return names->count ? *find_slot(names, text.bytes ? text.bytes : "", text.size) - 1 : NO_NAME;
}

void names_release(struct names *names) {
  for (uint32_t number = 0; number < names->count; number++) free(names->texts[number]);
  free(names->texts);
  free(names->sizes);
  free(names->slots);
  *names = (struct names){0};
}
