/* cel/program.h - private to this floor: compiled programs, the machine that runs them, and the terms they compute with. */
#ifndef PBK_CEL_PROGRAM_H
#define PBK_CEL_PROGRAM_H

#include "base/array.h"
#include "base/memory.h"
#include "base/number.h"
#include "cel/cel.h"

/* ---- programs ---- */

enum cel_operation {
  OPERATION_NONE,
  OPERATION_CONSTANT, /* a: constant */
  OPERATION_NOW,
  OPERATION_LOCAL,       /* a: local */
  OPERATION_FIELD,       /* a: slot, b: constant with the name */
  OPERATION_ENTRY,       /* a: slot, b: number, c: constant with the name */
  OPERATION_ENTRIES,     /* a: slot */
  OPERATION_OBJECT,      /* a: object */
  OPERATION_HAS_FIELD,   /* a: slot */
  OPERATION_HAS_ENTRY,   /* a: slot, b: number, c: constant with the name */
  OPERATION_HAS_ENTRIES, /* a: slot */
  OPERATION_HAS,         /* a: node, c: constant with the name */
  OPERATION_SELECT,      /* a: node, c: constant with the name */
  OPERATION_INDEX,       /* a, b: nodes */
  OPERATION_NOT,         /* a: node */
  OPERATION_NEGATE,      /* a: node */
  OPERATION_AND,         /* a: first link, b: how many */
  OPERATION_OR,
  OPERATION_BINARY,      /* detail: enum cel_binary, a, b: nodes */
  OPERATION_CHAIN,       /* a: first link, b: how many: operand, binary, operand, binary, … operand */
  OPERATION_CONDITIONAL, /* a: first link, b: how many: condition, value, …, otherwise */
  OPERATION_LIST,        /* a: first link, b: how many */
  OPERATION_MAP,         /* a: first link, b: how many: key, value, … */
  OPERATION_ALL,         /* detail: local, a: range, b: body */
  OPERATION_EXISTS,
  OPERATION_EXISTS_ONE,
  OPERATION_FILTER,
  OPERATION_TRANSFORM,     /* c: what to give; b: which to take, or NO_NODE */
  OPERATION_CALL,          /* detail: enum cel_function, a: first link, b: how many */
  OPERATION_MATCHES,       /* a: node, b: pattern */
  OPERATION_MEMBER,        /* a: slot, b: number */
  OPERATION_COUNT,         /* a: slot, b: number */
  OPERATION_COUNT_SINCE,   /* c: node of the window */
  OPERATION_COUNT_BETWEEN, /* c, d: nodes of the windows */
  OPERATION_FIRST,
  OPERATION_LAST,
  OPERATION_QUIET,  /* c: node of the window */
  OPERATION_FAILURE /* a: failure */
};

enum cel_binary {
  BINARY_EQUAL,
  BINARY_NOT_EQUAL,
  BINARY_LESS,
  BINARY_LESS_EQUAL,
  BINARY_GREATER,
  BINARY_GREATER_EQUAL,
  BINARY_IN,
  BINARY_ADD,
  BINARY_SUBTRACT,
  BINARY_MULTIPLY,
  BINARY_DIVIDE,
  BINARY_MODULO
};

enum cel_function {
  FUNCTION_SIZE,
  FUNCTION_CONTAINS,
  FUNCTION_STARTS_WITH,
  FUNCTION_ENDS_WITH,
  FUNCTION_MATCHES,
  FUNCTION_INT,
  FUNCTION_UINT,
  FUNCTION_DOUBLE,
  FUNCTION_STRING,
  FUNCTION_BYTES,
  FUNCTION_BOOL,
  FUNCTION_TIMESTAMP,
  FUNCTION_DURATION,
  FUNCTION_TYPE,
  FUNCTION_DYN,
  FUNCTION_DAYS,
  /* texts.c, format.c */
  FUNCTION_CHAR_AT,
  FUNCTION_INDEX_OF,
  FUNCTION_LAST_INDEX_OF,
  FUNCTION_SUBSTRING,
  FUNCTION_REPLACE,
  FUNCTION_SPLIT,
  FUNCTION_JOIN,
  FUNCTION_TRIM,
  FUNCTION_REVERSE,
  FUNCTION_LOWER_ASCII,
  FUNCTION_UPPER_ASCII,
  FUNCTION_QUOTE,
  FUNCTION_FORMAT,
  /* mathematics.c */
  FUNCTION_MATH_GREATEST,
  FUNCTION_MATH_LEAST,
  FUNCTION_MATH_CEIL,
  FUNCTION_MATH_FLOOR,
  FUNCTION_MATH_ROUND,
  FUNCTION_MATH_TRUNC,
  FUNCTION_MATH_ABS,
  FUNCTION_MATH_SIGN,
  FUNCTION_MATH_SQRT,
  FUNCTION_MATH_IS_NAN,
  FUNCTION_MATH_IS_INF,
  FUNCTION_MATH_IS_FINITE,
  FUNCTION_MATH_BIT_AND,
  FUNCTION_MATH_BIT_OR,
  FUNCTION_MATH_BIT_XOR,
  FUNCTION_MATH_BIT_NOT,
  FUNCTION_MATH_BIT_SHIFT_LEFT,
  FUNCTION_MATH_BIT_SHIFT_RIGHT,
  /* the getters, together and last */
  FUNCTION_GET_FULL_YEAR,
  FUNCTION_GET_MONTH,
  FUNCTION_GET_DATE,
  FUNCTION_GET_DAY_OF_MONTH,
  FUNCTION_GET_DAY_OF_WEEK,
  FUNCTION_GET_DAY_OF_YEAR,
  FUNCTION_GET_HOURS,
  FUNCTION_GET_MINUTES,
  FUNCTION_GET_SECONDS,
  FUNCTION_GET_MILLISECONDS,
  FUNCTION_COUNT
};

enum { NO_NODE = UINT32_MAX };

struct cel_node {
  uint8_t operation;
  uint8_t detail;
  uint16_t reserved;
  uint32_t offset; /* in the source, for messages */
  uint32_t a, b, c, d;
};

struct cel_pair {
  struct cel_value key, value;
};

struct cel_pattern; /* regex.h */
struct cel_branch;  /* branches.h */

struct cel_program {
  struct cel_program_head head; /* what it reads of what is shown: pbk_cel_shown_read */
  bool timed;
  const struct cel_branch *first_branch; /* the test that is looked at first, or NULL */
  struct arena arena; /* holds everything below but the arrays */
  ARRAY(struct cel_node) nodes;
  ARRAY(uint32_t) links;
  ARRAY(struct cel_value) constants;
  ARRAY(struct cel_read) reads;
  ARRAY(const struct cel_pattern *) patterns;
  ARRAY(struct cel_variable) objects;
  ARRAY(const char *) failures;
  ARRAY(struct cel_branch) branches; /* the test-and-branch tier; empty where it has nothing to gain */
  struct text source; /* a copy */
  uint32_t root, whole;          /* where it starts; the same without a ! of a ! before it */
  const struct cel_zones *zones; /* the environment's */
};

/* ---- terms ---- */

/* What an evaluation computes with is a value and how it goes on while only `now` moves.
 *
 * slope 0, step STEP_NONE: the value stays until `until`.
 * slope not 0, step STEP_NONE: a timestamp or duration that grows by `slope` microseconds in each microsecond, until
 * `until`. any other step: an int that goes in steps, described until `until`: a calendar field or a part of something that
 * moves (`base` with `slope`), or the number of times in a window. */
enum cel_step { STEP_NONE, STEP_CALENDAR, STEP_PART, STEP_WINDOW };

struct cel_term {
  struct cel_value value;
  pbk_time until;
  int32_t slope;
  uint8_t step;
  uint8_t getter;        /* STEP_CALENDAR, STEP_PART: enum cel_function */
  bool more;             /* STEP_PART: the duration has nanoseconds */
  union {
    uint32_t time_count; /* STEP_WINDOW */
    uint32_t zone;       /* STEP_CALENDAR: a named zone, 0: none */
  };
  union {
    const pbk_time *times;         /* STEP_WINDOW */
    const struct cel_zones *zones; /* STEP_CALENDAR */
  };
  int64_t base;  /* STEP_CALENDAR: local time at `now`, UTC with a named zone; STEP_PART: the duration at `now`; STEP_WINDOW: longer window */
  int64_t other; /* STEP_WINDOW: the shorter window, or NO_SHORTER_WINDOW */
};
#define NO_SHORTER_WINDOW INT64_MIN

/* Past the public kinds: an error. as.bytes is a static text; size the node it came from, NO_NODE when not known. */
enum { CEL_FAILED = 64 };

/* ---- the machine ---- */

/* Walks are steps taken to tell until when; what is evaluated aside takes at most CEL_WALKS_ASIDE of them. */
enum { CEL_SCRATCH = 256 * 1024, CEL_ERROR_TEXT = 320, CEL_WALKS = 100000, CEL_WALKS_ASIDE = 10000, CEL_PLACES = 64 };

struct cel_machine {
  const struct cel_program *program;
  const struct cel_world *world;
  int64_t fuel;
  const char *exhausted; /* not NULL: an error that nothing absorbs */
  pbk_time soonest;      /* the first time at which any step of this evaluation may go otherwise */
  uint32_t walks;        /* steps left for telling until when; without them answers are early */
  bool loose;            /* nothing may change at that time (look_ahead.c) */
  bool silent;           /* errors get no text */
  uint32_t looped;       /* what simple loops of the test-and-branch tier cost so far */
  pbk_time holds_until;  /* of that tier's answers so far */
  struct cel_value locals[CEL_MOST_DEPTH];
  uint16_t places[CEL_PLACES]; /* where entries stood last, by name: only a guess, so that looking is quick */
  char error_text[CEL_ERROR_TEXT];
  uint32_t used, size; /* of the scratch */
  unsigned char *scratch;
};

/* machine.c */
struct cel_machine *pbk_cel_machine_of(struct memory *memory, uint32_t scratch);
/* 8-byte aligned, in the scratch; NULL when it is used up (the machine is then exhausted). */
void *pbk_cel_scratch(struct cel_machine *machine, uint64_t size);
void pbk_cel_exhaust(struct cel_machine *machine, const char *message);
/* Takes fuel; false when it ran out. */
static inline bool pbk_cel_burn(struct cel_machine *machine, uint64_t steps) {
  if (steps > (uint64_t)INT32_MAX) steps = (uint64_t)INT32_MAX;
  machine->fuel -= (int64_t)steps;
  if (machine->fuel >= 0) return true;
  pbk_cel_exhaust(machine, "the condition took too many steps");
  return false;
}
/* Around what is evaluated only to tell until when something holds that is decided already: it takes of the walks, not of
 * the fuel, and where it comes to no end that is no error. pbk_cel_aside_end is false then. */
struct cel_aside {
  int64_t fuel, allowed;
  uint32_t used;
};
bool pbk_cel_aside_begin(struct cel_machine *machine, struct cel_aside *aside);
bool pbk_cel_aside_end(struct cel_machine *machine, const struct cel_aside *aside);
static inline void pbk_cel_prepare(struct cel_machine *machine, const struct cel_program *program,
                                   const struct cel_world *world) {
  machine->program = program;
  machine->world = world;
  machine->fuel = CEL_FUEL;
  machine->soonest = CEL_FOREVER;
  machine->walks = CEL_WALKS;
  machine->loose = false;
  machine->exhausted = NULL;
  machine->used = 0;
}
/* Runs a program from its start, in a machine that is prepared. */
void pbk_cel_evaluate_prepared(struct cel_machine *machine, struct cel_outcome *outcome);
/* The text of an error, with the column of its node. */
const char *pbk_cel_explain(struct cel_machine *machine, const char *message, uint32_t node);
/* pbk_cel_evaluate without the test-and-branch tier (branches.h): what that must agree with. */
void pbk_cel_evaluate_generally(struct cel_machine *machine, const struct cel_program *program,
                                const struct cel_world *world, struct cel_outcome *outcome);

/* ---- entries that the world shows ---- */

static inline const struct cel_shown *cel_shown_at(const struct cel_world *world, uint32_t slot) {
  for (uint32_t i = 0; i < CEL_MOST_SHOWN; i++) {
    if (world->shown[i].slot == slot && world->shown[i].names) return &world->shown[i];
  }
  return NULL;
}
static inline const pbk_value *cel_shown_value(const struct cel_shown *shown, uint32_t place) {
  return packed_value(&shown->values[place], &shown->room[place]);
}
/* machine.c */
const pbk_value *pbk_cel_shown_search(struct cel_machine *machine, const struct cel_shown *shown, uint32_t name);
/* NULL: no such entry. */
static inline const pbk_value *cel_shown_entry(struct cel_machine *machine, const struct cel_shown *shown, uint32_t name) {
  uint32_t place = machine->places[name % CEL_PLACES];
  if (place < shown->count && shown->names[place] == name) return cel_shown_value(shown, place);
  return pbk_cel_shown_search(machine, shown, name);
}
/* A field that the world shows; NULL: it has to be asked. */
static inline const pbk_value *cel_shown_field(const struct cel_world *world, uint32_t slot) {
  return slot < world->value_count ? world->values[slot] : NULL;
}

/* ---- values ---- */

static inline struct cel_value cel_bool(bool is) {
  return (struct cel_value){.kind = CEL_BOOL, .as.integer = is};
}
/* Member by member, so that what reads them next need not wait for a whole that was written in parts. */
static inline void cel_set_bool(struct cel_value *value, bool is) {
  value->kind = CEL_BOOL;
  value->size = 0;
  value->as.integer = is;
}
static inline struct cel_value cel_int(int64_t integer) {
  return (struct cel_value){.kind = CEL_INT, .as.integer = integer};
}
static inline struct cel_value cel_uint(uint64_t natural) {
  return (struct cel_value){.kind = CEL_UINT, .as.natural = natural};
}
static inline struct cel_value cel_double(double number) {
  return (struct cel_value){.kind = CEL_DOUBLE, .as.number = number};
}
static inline struct cel_value cel_time(uint32_t kind, int64_t microseconds) {
  return (struct cel_value){.kind = kind, .as.integer = microseconds};
}
static inline struct cel_value cel_string(struct text text) {
  return (struct cel_value){.kind = CEL_STRING, .size = text.size, .as.bytes = text.bytes};
}
static inline struct cel_value cel_failure(const char *message) {
  return (struct cel_value){.kind = CEL_FAILED, .size = NO_NODE, .as.bytes = message};
}
static inline struct text cel_text(const struct cel_value *value) {
  return (struct text){value->as.bytes, value->size};
}
static inline bool cel_is_number(const struct cel_value *value) {
  return value->kind == CEL_INT || value->kind == CEL_UINT || value->kind == CEL_DOUBLE;
}

extern const char pbk_cel_no_such_overload[];
extern const char pbk_cel_no_such_key[];
extern const char pbk_cel_overflow[];
extern const char pbk_cel_range[];

/* containers.c: lists and maps, whatever they are made of. A host's scalar JSON values become plain values when read. */
struct cel_value pbk_cel_from_json(const pbk_value *json);
static inline struct cel_value cel_unwrap(struct cel_value value) {
  return value.kind == CEL_JSON ? pbk_cel_from_json(value.as.json) : value;
}
bool pbk_cel_is_list(const struct cel_value *value);
bool pbk_cel_is_map(const struct cel_value *value);
uint32_t pbk_cel_list_size(const struct cel_value *list);
struct cel_value pbk_cel_list_at(const struct cel_value *list, uint32_t at);
/* False: the map itself is absent. */
bool pbk_cel_map_size(struct cel_machine *machine, const struct cel_value *map, uint32_t *size);
void pbk_cel_map_at(struct cel_machine *machine, const struct cel_value *map, uint32_t at, struct cel_value *key,
                    struct cel_value *value);
/* 1 found, 0 no such key, -1 the map itself is absent. */
int pbk_cel_map_find(struct cel_machine *machine, const struct cel_value *map, const struct cel_value *key,
                     struct cel_value *value);
struct cel_value pbk_cel_index(struct cel_machine *machine, const struct cel_value *container, const struct cel_value *key);
struct cel_value pbk_cel_contains(struct cel_machine *machine, const struct cel_value *value,
                                  const struct cel_value *container);
/* Builds a map value in place of `count` pairs: refuses keys of a wrong type and repeated ones. */
struct cel_value pbk_cel_make_map(struct cel_machine *machine, const struct cel_pair *pairs, uint32_t count);
struct cel_value pbk_cel_concatenate(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b);
/* Replaces what is read through the world by copies in the scratch, so that a value outlives the evaluation. */
struct cel_value pbk_cel_settle_value(struct cel_machine *machine, struct cel_value value, uint32_t depth);
/* A copy with everything below it, in an arena. Only of plain values. */
struct cel_value pbk_cel_copy_value(struct arena *arena, const struct cel_value *value);

/* comparing.c */
bool pbk_cel_equal(struct cel_machine *machine, const struct cel_value *a, const struct cel_value *b);
/* Numbers of any two types: -1, 0, 1; 2 when one is not a number. */
int pbk_cel_compare_numbers(const struct cel_value *a, const struct cel_value *b);
/* As a CEL value: bool or an error. `binary` is one of the six comparisons. */
struct cel_value pbk_cel_compare(struct cel_machine *machine, uint32_t binary, const struct cel_value *a,
                                 const struct cel_value *b);
static inline bool cel_holds(uint32_t binary, int order) {
  switch (binary) {
    case BINARY_EQUAL: return order == 0;
    case BINARY_NOT_EQUAL: return order != 0;
    case BINARY_LESS: return order == -1;
    case BINARY_LESS_EQUAL: return order == -1 || order == 0;
    case BINARY_GREATER: return order == 1;
    default: return order == 1 || order == 0;
  }
}

/* arithmetic.c: without regard to time. */
struct cel_value pbk_cel_arithmetic(struct cel_machine *machine, uint32_t binary, const struct cel_value *a,
                                    const struct cel_value *b);
struct cel_value pbk_cel_negate(const struct cel_value *value);

/* conversions.c */
struct cel_value pbk_cel_convert(struct cel_machine *machine, uint32_t function, const struct cel_value *value);
uint32_t pbk_cel_kind_of(const struct cel_value *value); /* as type() sees it */
const char *pbk_cel_kind_name(uint32_t kind);

/* strings.c */
struct cel_value pbk_cel_string_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                     uint32_t count);

/* texts.c, format.c, mathematics.c: the functions from FUNCTION_CHAR_AT to the getters. */
struct cel_value pbk_cel_extension_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                        uint32_t count);
struct cel_value pbk_cel_format(struct cel_machine *machine, struct text template, const struct cel_value *arguments);
struct cel_value pbk_cel_math_call(struct cel_machine *machine, uint32_t function, const struct cel_value *arguments,
                                   uint32_t count);

/* nanoseconds.c: timestamps and durations. */
static inline int cel_compare_times(const struct cel_value *a, const struct cel_value *b) {
  if (a->as.integer != b->as.integer) return a->as.integer < b->as.integer ? -1 : 1;
  return (a->size > b->size) - (a->size < b->size);
}
/* A window's microseconds, where only whole ones can lie in it or not: rounded up. */
static inline int64_t cel_window(const struct cel_value *duration) {
  return duration->as.integer + (duration->size != 0);
}
bool pbk_cel_time_fits(const struct cel_value *value);
/* A sum or difference, and the microseconds that it has to have to be in range with its nanoseconds. */
struct cel_time_sum {
  uint32_t kind, nanoseconds;
  int64_t microseconds; /* clamped where 64 bits do not hold it */
  int64_t least, most;
};
/* False: no such overload. */
bool pbk_cel_sum_times(uint32_t binary, const struct cel_value *a, const struct cel_value *b, struct cel_time_sum *sum);
/* The text of a timestamp or duration, not yet looked at for its range. */
bool pbk_cel_parse_time(uint32_t kind, struct text text, struct cel_value *value);
uint32_t pbk_cel_print_time(char *to, const struct cel_value *value);

/* times.c */
int64_t pbk_cel_calendar_field(uint32_t getter, pbk_time local);
/* Of a duration with nanoseconds or without. */
int64_t pbk_cel_duration_part(uint32_t getter, pbk_duration duration, bool more);
/* The span [*first, *past) around a local time or duration within which the getter gives the same. */
void pbk_cel_calendar_span(uint32_t getter, pbk_time local, int64_t *first, int64_t *past);
void pbk_cel_part_span(uint32_t getter, pbk_duration duration, bool more, int64_t *first, int64_t *past);
/* A zone given as text: a fixed offset ("UTC", "+02:00"), then *named is 0, or one of the named ones. False, with *message, when it is
 * not known. */
bool pbk_cel_zone(const struct cel_zones *zones, struct text text, uint32_t *named, int64_t *offset, const char **message);
/* What a field is at a time that is local already (zone 0) or UTC, and the span [*first, *past) around it, on the same clock, in which
 * it stays the same; the span may be shorter than that. */
int64_t pbk_cel_zoned_field(const struct cel_zones *zones, uint32_t zone, uint32_t getter, int64_t base);
void pbk_cel_zoned_span(const struct cel_zones *zones, uint32_t zone, uint32_t getter, int64_t base, int64_t *first,
                        int64_t *past);
/* A getter's call, with its zone if count is 2. */
void pbk_cel_getter(struct cel_machine *machine, uint32_t getter, const struct cel_term *of, const struct cel_value *zone,
                    struct cel_term *out);

/* timing.c: how terms go on. `now` is the world's. */
static inline pbk_time cel_note(struct cel_machine *machine, pbk_time until) {
  if (until < machine->soonest) machine->soonest = until;
  return until;
}
/* A time at which something may change that need not matter. */
static inline pbk_time cel_loosely(struct cel_machine *machine, pbk_time until) {
  if (until != CEL_FOREVER) machine->loose = true;
  return until;
}
/* look_ahead.c: puts off until when a loose outcome holds, as far as nothing changes. */
enum { LOOK_AHEAD_TURNS = 32 };
void pbk_cel_look_ahead(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                        struct cel_outcome *outcome);
/* Turns whatever moves into a value that stays until its next change. */
void pbk_cel_hold(struct cel_machine *machine, struct cel_term *term);
/* Adds or subtracts two terms of time, at least one of which moves. */
void pbk_cel_time_arithmetic(struct cel_machine *machine, uint32_t binary, const struct cel_term *a,
                             const struct cel_term *b, struct cel_term *out);
/* Until when `a binary b`, a comparison or `in`, stays what it is now. */
pbk_time pbk_cel_stays(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b);
/* windows.c: until when whole counts over windows compare as they do, at the latest *until; false: they are not such. */
bool pbk_cel_windows_stay(struct cel_machine *machine, uint32_t binary, const struct cel_term *a, const struct cel_term *b,
                          pbk_time *until);
int64_t pbk_cel_window_count(const pbk_time *times, uint32_t count, pbk_time at, int64_t longer, int64_t shorter);

/* history.c: the methods of events("…"). */
void pbk_cel_history(struct cel_machine *machine, const struct cel_node *node, const struct cel_value *windows,
                     struct cel_term *out);

/* loops.c: the macros. */
void pbk_cel_loop(struct cel_machine *machine, uint32_t at, struct cel_term *out);

/* evaluator.c */
void pbk_cel_run(struct cel_machine *machine, uint32_t at, struct cel_term *out);
static inline void pbk_cel_run_held(struct cel_machine *machine, uint32_t at, struct cel_term *out) {
  pbk_cel_run(machine, at, out);
  if (out->step || out->slope) pbk_cel_hold(machine, out);
}

static inline void cel_stay(struct cel_term *term, struct cel_value value, pbk_time until) {
  term->value = value;
  term->until = until;
  term->slope = 0;
  term->step = STEP_NONE;
}
static inline pbk_time cel_sooner(pbk_time a, pbk_time b) {
  return a < b ? a : b;
}

#endif
