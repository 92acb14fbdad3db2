/* cel/cel.h - the door of this floor: conditions in the Common Expression Language, compiled once, evaluated often.
 *
 * This floor knows nothing of customers or playbooks. Whoever compiles says which names exist (struct cel_environment);
 * whoever evaluates hands over the world as a small table of functions (struct cel_world). Every evaluation also says until
 * when its value holds if nothing in that world changes but `now` (SPEC X6). */
#ifndef PBK_CEL_CEL_H
#define PBK_CEL_CEL_H

#include "base/memory.h"
#include "base/packed.h"
#include "base/value.h"

/* ---- values ---- */

enum cel_kind {
  CEL_NULL,
  CEL_BOOL,      /* as.integer 0 or 1 */
  CEL_INT,       /* as.integer */
  CEL_UINT,      /* as.natural */
  CEL_DOUBLE,    /* as.number */
  CEL_STRING,    /* as.bytes, size */
  CEL_BYTES,     /* as.bytes, size */
  CEL_TIMESTAMP, /* as.integer: microseconds since 1970; size: nanoseconds from there, 0 to 999; 0 in all that a world gives */
  CEL_DURATION,  /* as.integer: microseconds, those at or before; size: nanoseconds from there, 0 to 999 */
  CEL_TYPE,      /* as.integer: an enum cel_kind (CEL_DYN for `type`'s own kinds is never seen) */
  CEL_LIST,
  CEL_MAP,
  CEL_SERIES,    /* what events("name") gives: no CEL type of its own, only its methods */
  CEL_JSON,      /* as.json: a host's value, of any JSON kind; behaves as the CEL value it stands for */
  CEL_DYN,       /* in declarations: any type */
  CEL_OBJECT,    /* in declarations: a fixed set of fields; behaves as a map from string */
  CEL_ENTRIES,   /* in declarations: a map from name to dyn, read entry by entry through the world */
  CEL_NUMBER     /* in declarations: int or double */
};

struct cel_value {
  uint32_t kind;
  uint32_t size;
  union {
    int64_t integer;
    uint64_t natural;
    double number;
    const char *bytes;
    const pbk_value *json;
    const void *other; /* private to this floor */
  } as;
};

/* ---- declaring what a condition may name ---- */

struct cel_field {
  const char *name;
  uint8_t kind;    /* of its value; CEL_DYN, CEL_ENTRIES, CEL_NUMBER allowed; not CEL_OBJECT */
  uint32_t slot;   /* for the world */
};

struct cel_variable {
  const char *name;
  uint8_t kind;    /* CEL_OBJECT: `fields`; CEL_TIMESTAMP with is_now: the world's `now`; any other: one slot */
  bool is_now;
  uint32_t slot;
  const struct cel_field *fields; /* borrowed for the life of the programs; field_count 0: an empty map */
  uint32_t field_count;
};

/* A function of one string literal, resolved when compiled: events("login"), segment("pro"). */
struct cel_lookup {
  const char *name;
  uint8_t kind;  /* CEL_SERIES or CEL_BOOL (a membership) */
  uint32_t slot; /* for the world: which kind of series or membership */
};

/* What a host says of the entries of one CEL_ENTRIES. It counts when conditions are checked; what an evaluation meets may be
 * otherwise, and is then what it is. An entry may be null whatever its type. */
struct cel_declared {
  struct text name;
  struct text type; /* one that pbk_cel_declarable takes */
};
struct cel_schema {
  const char *name; /* what messages call the map: "contact.traits" */
  uint32_t slot;    /* of the CEL_ENTRIES */
  bool open;        /* what is not declared is dyn, and not refused */
  const struct cel_declared *entries;
  uint32_t count;
};
/* Whether a text is a type: bool, int, double, number (int or double), string, list, map, any (or dyn); list(T) and
 * map(string, T) of one of them. If not, *message says what is. */
bool pbk_cel_declarable(struct text type, const char **message);

/* Named time zones, in bytes that a host hands over (layout: <playbook/engine.h>, pbk_set_time_zones). All zero: none. */
struct cel_zones {
  const unsigned char *bytes; /* borrowed */
  uint32_t size, count;
};
enum { CEL_MOST_ZONES = 16 * 1024 * 1024 };
/* Looks over the bytes, of which nothing is believed; false with *message when they are not what they should be, *zones then stays. */
bool pbk_cel_zones_read(struct cel_zones *zones, const void *bytes, size_t size, const char **message);

enum { CEL_MOST_SHOWN = 2 };

struct cel_environment {
  const struct cel_variable *variables;
  uint32_t variable_count;
  const struct cel_lookup *lookups;
  uint32_t lookup_count;
  void *context;
  /* The number of a literal for a lookup (an event's name, an audience's key). False: not allowed; *reason (static or living
   * until the compile call returns) says why: "unknown segment", "persona() is for playbooks only". */
  bool (*resolve)(void *context, uint32_t lookup_slot, struct text literal, uint32_t *number, const char **reason);
  /* The literal that may have been meant by one that `resolve` did not know; NO_TEXT: none. NULL: never any. */
  struct text (*nearest)(void *context, uint32_t lookup_slot, struct text literal);
  /* The number of a name within CEL_ENTRIES (traits). Always succeeds: names are interned. */
  uint32_t (*entry_name)(void *context, struct text name);
  const struct cel_schema *schemas; /* at most one for a slot; needed until the compile call returns */
  uint32_t schema_count;
  bool timed;       /* SPEC X6: refuse what cannot be timed, so that `until` is exact */
  bool no_check;    /* leave out the type checker (conformance cases with disable_check) */
  const char *container; /* NULL, or "a.b": a name is looked for as a.b.name, then as a.name, then as it stands */
  bool wants_bool; /* refuse what is known to give another type (SPEC X5) */
  bool trusted; /* the source was accepted once: what has gone since, such as a time zone, is not refused but an error when it is asked */
  void *room;       /* as pbk_cel_machine_room gives it, aligned for anything, to work in; NULL: taken from memory while it is needed */
  uint32_t shown_slots[CEL_MOST_SHOWN]; /* the CEL_ENTRIES that worlds show, each where it stands in their `shown` */
  uint32_t shown_count;
  const struct cel_zones *zones; /* NULL: none; read by programs whenever they run, so that other bytes may be put there meanwhile */
};

/* ---- compiling ---- */

struct cel_error {
  uint32_t line, column; /* from 1; column in code points */
  uint32_t offset;       /* bytes from the start of the source */
  char message[256];     /* what was expected or is wrong; complete text, zero-terminated */
};

/* "Did you mean": takes candidates and keeps the nearest, if it is near enough. Starts with best.bytes NULL. */
struct cel_suggestion {
  struct text wanted, best;
  uint32_t distance;
};
void pbk_cel_suggest(struct cel_suggestion *suggestion, struct text candidate);

/* Limits of SPEC X5, documented where they are used. */
enum {
  CEL_MOST_SOURCE = PBK_MAX_CONDITION,
  CEL_MOST_DEPTH = 64,
  CEL_MOST_COST = 10000000, /* static worst-case bound, in evaluation steps */
  CEL_FUEL = 1000000        /* evaluation steps a run may take */
};

struct cel_program;

/* NULL when refused, *error then says why. Everything the program needs is copied, but for the tables of the environment. */
struct cel_program *pbk_cel_compile(struct memory *memory, struct text source, const struct cel_environment *environment,
                                    struct cel_error *error);
void pbk_cel_release(struct memory *memory, struct cel_program *program);

/* What a program reads of the world, each once: so that an input wakes only those that read what changed. */
enum cel_read_kind {
  CEL_READS_FIELD,   /* slot */
  CEL_READS_ENTRY,   /* slot, number of the name */
  CEL_READS_ENTRIES, /* slot: the whole map (iterated, compared, an index that is not a literal) */
  CEL_READS_SERIES,  /* lookup slot, number */
  CEL_READS_MEMBER,  /* lookup slot, number */
  CEL_READS_NOW,
  CEL_READS_ZONES /* what is ahead of UTC in some zone */
};
struct cel_read {
  uint32_t kind, slot, number;
};
uint32_t pbk_cel_read_count(const struct cel_program *program);
struct cel_read pbk_cel_read_at(const struct cel_program *program, uint32_t at);
/* What a world need not show a program as it does not read it: bit i is set where it reads entries of the environment's
 * shown_slots[i], CEL_SHOWN_FIELDS where it reads a field, CEL_SHOWN_SERIES where it reads the times of events. */
#define CEL_SHOWN_FIELDS (UINT32_C(1) << CEL_MOST_SHOWN)
#define CEL_SHOWN_SERIES (UINT32_C(2) << CEL_MOST_SHOWN)
struct cel_program_head { /* how a program begins */
  uint32_t shown;
};
static inline uint32_t pbk_cel_shown_read(const struct cel_program *program) {
  return ((const struct cel_program_head *)(const void *)program)->shown;
}
/* How long a program is false for certain after an event of that lookup and number: the window of a quiet() that is all of it, or a part
 * of the && that is. 0: not certain at all. */
int64_t pbk_cel_quiet_for(const struct cel_program *program, uint32_t lookup_slot, uint32_t number);
/* Whether there is a quiet() in it, which hangs on since when there is a history (struct cel_series), too. */
bool pbk_cel_asks_quiet(const struct cel_program *program);
/* Whether a program is one quiet() and nothing else, of a window that is constant and longer than nothing: its lookup, number and window. */
bool pbk_cel_is_quiet(const struct cel_program *program, uint32_t *lookup_slot, uint32_t *number, int64_t *window);
/* Whether a program says nothing but that somebody is in something, or is not, which is `inverted`: the lookup and number.
 */
bool pbk_cel_is_member(const struct cel_program *program, uint32_t *lookup_slot, uint32_t *number, bool *inverted);

/* ---- evaluating ---- */

struct cel_series {
  const pbk_time *times; /* ascending, equal times allowed */
  uint32_t count;
  pbk_time since;        /* quiet(w) needs since <= now - w; INT64_MAX: never quiet */
};

/* The entries of one CEL_ENTRIES where they lie in memory, names and values in the same order; `names` NULL: not shown. No name stands
 * twice. Each that is read is read into its room, of which there is as much. */
struct cel_shown {
  uint32_t slot, count;
  const uint32_t *names;
  const struct packed *values;
  pbk_value *room;
};

struct cel_world {
  void *context;
  pbk_time now;
  /* A variable's or field's value. False: absent (has() is false, use is the error "no such key"). Never asked for
   * CEL_ENTRIES, CEL_OBJECT. What a value points to must live until the evaluation is over, and as long as its outcome. */
  bool (*field)(void *context, uint32_t slot, struct cel_value *value);
  /* One entry of CEL_ENTRIES by the number of its name; false: absent. */
  bool (*entry)(void *context, uint32_t slot, uint32_t name, struct cel_value *value);
  /* All entries, ordered by name: how many (UINT32_MAX: the map itself is absent), and one of them. */
  uint32_t (*entry_count)(void *context, uint32_t slot);
  void (*entry_at)(void *context, uint32_t slot, uint32_t at, struct text *name, struct cel_value *value);
  void (*series)(void *context, uint32_t lookup_slot, uint32_t number, struct cel_series *series);
  bool (*member)(void *context, uint32_t lookup_slot, uint32_t number);
  /* Maps whose entries may be read without asking `entry`, which gives the same; in the order of the environment's
   * `shown_slots`, with gaps where one is not shown. */
  struct cel_shown shown[CEL_MOST_SHOWN];
  /* Fields that may be read without asking `field`, which gives the same, by slot; NULL: ask. */
  uint32_t value_count;
  const pbk_value *const *values;
  /* A look at that time is arranged already: a time at or past it need not be told sharply. */
  bool armed;
  pbk_time armed_at;
  bool matches_only; /* of the outcome only whether it is CEL_TRUE is wanted, and until when that holds; texts of errors are "" */
};

#define CEL_FOREVER INT64_MAX

enum cel_outcome_state {
  CEL_FALSE,
  CEL_TRUE,
  CEL_OTHER, /* a value that is not bool */
  CEL_ERROR
};

struct cel_outcome {
  int32_t state;
  pbk_time until;         /* > now: the first time at which state could differ if only `now` moves (with matches_only: whether
                             it is CEL_TRUE); CEL_FOREVER: never. Meaningful for timed programs; never too late, and exact for
                             single comparisons */
  struct cel_value value; /* unless CEL_ERROR; borrowed until the machine runs again */
  const char *error;      /* with CEL_ERROR: the text, borrowed until the machine runs again */
};

/* The working memory of evaluations: a fixed size, taken once; evaluating never allocates. */
struct cel_machine;
struct cel_machine *pbk_cel_machine_create(struct memory *memory);
/* Room for compiling (cel_environment), which lasts until the next evaluation. */
void *pbk_cel_machine_room(struct cel_machine *machine);
void pbk_cel_machine_release(struct memory *memory, struct cel_machine *machine);

void pbk_cel_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                      struct cel_outcome *outcome);

/* As JSON, for explain: timestamps and durations as their strings, bytes as base64, uint as int or double, types by name,
 * map keys as strings. In the arena. */
pbk_value pbk_cel_to_json(const struct cel_value *value, struct arena *arena);

#endif
