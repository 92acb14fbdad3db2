/* cel/strings.c - size(), contains(), startsWith(), endsWith(), and matches() with a pattern known only when it runs. */
#include "base/utf8.h"
#include "cel/program.h"
#include "cel/regex.h"

static struct cel_value string_size(struct cel_machine *machine, const struct cel_value *value) {
  uint32_t size;
  if (value->kind == CEL_STRING) {
    pbk_cel_burn(machine, value->size / 64);
    return cel_int(pbk_utf8_length(cel_text(value)));
  }
  if (value->kind == CEL_BYTES) return cel_int(value->size);
  if (pbk_cel_is_list(value)) return cel_int(pbk_cel_list_size(value));
  if (!pbk_cel_is_map(value)) return cel_failure(pbk_cel_no_such_overload);
  return pbk_cel_map_size(machine, value, &size) ? cel_int(size) : cel_failure(pbk_cel_no_such_key);
}

/* Linear in both texts however they repeat: candidates are found by their first byte, and a run of near misses is paid for
 * in fuel. */
static bool string_contains(struct cel_machine *machine, struct text text, struct text part) {
  if (part.size == 0) return true;
  if (part.size > text.size) return false;
  uint32_t last = text.size - part.size;
  for (uint32_t at = 0; at <= last; at++) {
    const char *next = memchr(text.bytes + at, part.bytes[0], (size_t)(last - at) + 1);
    if (!next) break;
    at = (uint32_t)(next - text.bytes);
    if (!pbk_cel_burn(machine, 1)) return false;
    if (memcmp(next, part.bytes, part.size) == 0) return true;
    if (!pbk_cel_burn(machine, part.size / 64)) return false;
  }
  pbk_cel_burn(machine, text.size / 64);
  return false;
}

static bool string_matches(struct cel_machine *machine, struct text text, struct text pattern, struct cel_value *failure) {
  uint32_t mark = machine->used, size, at;
  struct cel_regex_room room = {.size = machine->size - machine->used, .bytes = NULL};
  if (room.size > CEL_REGEX_ROOM) room.size = CEL_REGEX_ROOM;
  room.size &= ~(uint32_t)7;
  room.bytes = pbk_cel_scratch(machine, room.size);
  if (!room.bytes) return false;
  const char *message = NULL;
  pbk_cel_burn(machine, pattern.size);
  const struct cel_pattern *compiled = pbk_cel_regex_compile(pattern, &room, &size, &message, &at);
  bool found = false;
  if (compiled) {
    /* Only the pattern itself stays; the room it was made in is free for matching. */
    memmove(room.bytes, compiled, size);
    machine->used = mark + ((size + 7) & ~(uint32_t)7);
    pbk_cel_burn(machine, size / 16);
    found = pbk_cel_regex_search(machine, (const struct cel_pattern *)(const void *)room.bytes, text);
  } else {
    *failure = cel_failure(message);
  }
  machine->used = mark;
  return found;
}

struct cel_value pbk_cel_string_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                     uint32_t count) {
  if (function == FUNCTION_SIZE) return string_size(machine, &arguments[0]);
  if (count != 2 || arguments[0].kind != CEL_STRING || arguments[1].kind != CEL_STRING)
    return cel_failure(pbk_cel_no_such_overload);
  struct text text = cel_text(&arguments[0]), part = cel_text(&arguments[1]);
  switch (function) {
    case FUNCTION_CONTAINS: return cel_bool(string_contains(machine, text, part));
    case FUNCTION_STARTS_WITH:
      return cel_bool(part.size <= text.size && (part.size == 0 || memcmp(text.bytes, part.bytes, part.size) == 0));
    case FUNCTION_ENDS_WITH:
      return cel_bool(part.size <= text.size &&
                      (part.size == 0 || memcmp(text.bytes + (text.size - part.size), part.bytes, part.size) == 0));
    default: {
      struct cel_value failure = {.kind = CEL_NULL};
      bool found = string_matches(machine, text, part, &failure);
      return failure.kind == CEL_FAILED ? failure : cel_bool(found);
    }
  }
}
