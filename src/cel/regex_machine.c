/* cel/regex_machine.c - runs a compiled pattern over a text: all states it may be in at once, one character at a time. */
#include "base/utf8.h"
#include "cel/regex.h"

/* The states reached, without repetition, in the order of arrival; `where` says at which place a state stands, if it does.
 */
struct regex_set {
  uint16_t *states, *where; /* CEL_REGEX_STATES fit */
  uint32_t count;
};

struct regex_run {
  const struct cel_regex_state *states;
  const struct cel_regex_range *ranges;
  uint16_t *stack;
  uint32_t before, after; /* the code points around the place, REGEX_NOTHING at the ends */
  uint64_t work;
};

enum { REGEX_NOTHING = 0x110000 };

static bool regex_has(const struct regex_set *set, uint32_t state) {
  return set->where[state] < set->count && set->states[set->where[state]] == state;
}

static bool regex_word(uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool regex_place(const struct regex_run *run, uint32_t place) {
  bool edge = regex_word(run->before) != regex_word(run->after);
  switch (place) {
    case REGEX_TEXT_START: return run->before == REGEX_NOTHING;
    case REGEX_TEXT_END: return run->after == REGEX_NOTHING;
    case REGEX_LINE_START: return run->before == REGEX_NOTHING || run->before == '\n';
    case REGEX_LINE_END: return run->after == REGEX_NOTHING || run->after == '\n';
    case REGEX_WORD_EDGE: return edge;
    default: return !edge;
  }
}

/* Adds a state and all it leads to without a character. True when that is the end of the pattern. */
static bool regex_add(struct regex_run *run, struct regex_set *set, uint32_t state) {
  uint32_t depth = 0;
  run->stack[depth++] = (uint16_t)state;
  while (depth) {
    state = run->stack[--depth];
    if (regex_has(set, state)) continue;
    set->where[state] = (uint16_t)set->count;
    set->states[set->count++] = (uint16_t)state;
    run->work++;
    const struct cel_regex_state *at = &run->states[state];
    /* A state is pushed at most once by each that leads to it: two for a split, so that the stack of twice the states
     * suffices. */
    switch (at->code) {
      case REGEX_MATCH: return true;
      case REGEX_JUMP: run->stack[depth++] = (uint16_t)at->first; break;
      case REGEX_SPLIT:
        run->stack[depth++] = (uint16_t)at->count;
        run->stack[depth++] = (uint16_t)at->first;
        break;
      case REGEX_EMPTY:
        if (regex_place(run, at->first)) run->stack[depth++] = (uint16_t)(state + 1);
        break;
      default: break;
    }
  }
  return false;
}

static bool regex_takes(const struct regex_run *run, const struct cel_regex_state *state, uint32_t c) {
  const struct cel_regex_range *ranges = run->ranges + state->first;
  uint32_t low = 0, high = state->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (ranges[middle].to < c)
      low = middle + 1;
    else
      high = middle;
  }
  bool within = low < state->count && ranges[low].from <= c;
  return within != (state->negated != 0);
}

/* States gone through for one step of fuel, so that a pattern uses up fuel not much slower than anything else does. */
enum { REGEX_WORK = 4 };

static bool regex_literal(struct cel_machine *machine, const struct cel_pattern *pattern, struct text text) {
  const char *part = (const char *)(regex_ranges(pattern) + pattern->range_count);
  if (pattern->literal == 0) return true;
  if (pattern->literal > text.size) return false;
  uint32_t last = text.size - pattern->literal;
  pbk_cel_burn(machine, text.size / 64);
  for (uint32_t at = 0; at <= last; at++) {
    const char *next = memchr(text.bytes + at, part[0], (size_t)(last - at) + 1);
    if (!next) return false;
    if (memcmp(next, part, pattern->literal) == 0) return true;
    if (!pbk_cel_burn(machine, 1 + pattern->literal / 64)) return false;
    at = (uint32_t)(next - text.bytes);
  }
  return false;
}

bool pbk_cel_regex_search(struct cel_machine *machine, const struct cel_pattern *pattern, struct text text) {
  if (pattern->literal != UINT32_MAX) return regex_literal(machine, pattern, text);
  uint32_t mark = machine->used, count = pattern->state_count;
  uint16_t *room = pbk_cel_scratch(machine, (uint64_t)count * 6 * sizeof *room + 8);
  if (!room) return false;
  struct regex_run run = {.states = regex_states(pattern), .ranges = regex_ranges(pattern), .before = REGEX_NOTHING};
  struct regex_set now = {room, room + count, 0}, next = {room + 2 * count, room + 3 * count, 0};
  run.stack = room + 4 * count;
  memset(room, 0, (size_t)count * 4 * sizeof *room);

  bool found = false;
  uint32_t at = 0, following = 0;
  uint32_t c = at < text.size ? pbk_utf8_next(text, &following) : REGEX_NOTHING;
  for (;;) {
    run.after = c;
    /* A match may begin anywhere. States that wait for a character came in when it was consumed. */
    found = regex_add(&run, &now, 0);
    if (found || c == REGEX_NOTHING) break;
    at = following;
    uint32_t after = at < text.size ? pbk_utf8_next(text, &following) : REGEX_NOTHING;
    run.before = c;
    run.after = after;
    next.count = 0;
    for (uint32_t i = 0; i < now.count && !found; i++) {
      const struct cel_regex_state *state = &run.states[now.states[i]];
      if (state->code == REGEX_RANGES && regex_takes(&run, state, c)) found = regex_add(&run, &next, now.states[i] + 1);
    }
    run.work += now.count;
    if (found) break;
    struct regex_set other = now;
    now = next;
    next = other;
    c = after;
    if (run.work >= 256) {
      if (!pbk_cel_burn(machine, run.work / REGEX_WORK)) break;
      run.work %= REGEX_WORK;
    }
  }
  pbk_cel_burn(machine, run.work / REGEX_WORK);
  machine->used = mark;
  return found && !machine->exhausted;
}
