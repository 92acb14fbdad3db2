/* cel/branches.h - private to this floor: the test-and-branch tier, a second form of a program for quick evaluation.
 *
 * A condition is most often && and || over tests that are known when it is compiled: a trait against a constant, a tag in a
 * list, `now` against a time, a count of events against a number. Such a condition is laid out as one flat run of fixed
 * instructions. A test that fits none of them is an instruction that asks the general evaluator, and so is any test whose
 * data turn out otherwise than it expects; so what comes out is always what the general evaluator gives, in value, error and
 * until-when. Where even that is not certain (fuel or walks might run out) this tier gives up and the other one starts
 * again.
 *
 * There are three ways through the tests. The quickest (branch_tests.c) is a function for each, chosen beforehand, that ends by
 * calling the next; it knows what is shown and of the usual kind. By jumps (branch_jumps.c) whatever a test meets is looked
 * into, but still each says by itself which comes next when it is false and when it is true: that goes as long as answers hold
 * for ever, or one && or || is all there is. Else, where something fails, or a decision may be put off by what stands behind
 * it, all is gone through again group by group (branch_evaluator.c).
 *
 * Fuel is not counted test by test. `cost` is more than the general evaluator takes for what is below an instruction, and is
 * taken in one piece beforehand: who still has fuel then would have had it there too. */
#ifndef PBK_CEL_BRANCHES_H
#define PBK_CEL_BRANCHES_H

#include <stddef.h>

#include "cel/program.h"

enum cel_branch_operation {
  /* tests of a value that is loaded */
  BRANCH_TRUE,        /* itself */
  BRANCH_HAS,         /* whether there is something to load */
  BRANCH_WHOLE,       /* in with.range, of the kind `kind`, which is compared as an integer; or not in it, as `detail` says */
  BRANCH_DOUBLE,      /* compared by `detail` with with.number */
  BRANCH_TEXT,        /* == with.text, or != where `detail` says so */
  BRANCH_AMONG_TEXTS, /* in with.texts */
  BRANCH_AMONG_WHOLE, /* in with.integers */
  BRANCH_TAGGED,      /* with.text in it */
  BRANCH_STARTS,      /* startsWith(with.text) */
  BRANCH_ENDS,
  /* tests of time and events */
  BRANCH_NOW,    /* now `detail` with.integer */
  BRANCH_TIMES,  /* with.times: two moments or spans compared by `detail` */
  BRANCH_COUNT,  /* events of slot, number, compared by `detail` with with.integer */
  BRANCH_WINDOW, /* the same of those in the last `window` */
  BRANCH_QUIET,  /* window in with.integer */
  BRANCH_COUNTS, /* with.counts: sums of counts compared by `detail`: branch_counts.c */
  BRANCH_CLOCK,  /* a field `detail` of now: with.steps */
  BRANCH_MEMBER, /* slot, number */
  /* others */
  BRANCH_GENERAL, /* ask the general evaluator */
  BRANCH_AND,     /* what stands up to `next` */
  BRANCH_OR,
  BRANCH_ALL, /* what stands below for every item of what is loaded, which is the local with.local */
  BRANCH_EXISTS
};
enum { BRANCH_FIRST_OF_TIME = BRANCH_NOW };

enum { BRANCH_IS_FALSE = -1, BRANCH_IS_TRUE = -2, BRANCH_MANY = 2, BRANCH_NO_ANSWER = 255 };

/* The most that a program of this tier costs, and the most items of a list that are gone through for one test. */
enum { BRANCH_MOST_COST = 8000, BRANCH_MOST_ITEMS = 1000, BRANCH_SIMPLE_COST = 64 };

enum cel_branch_load {
  LOAD_NOTHING,
  LOAD_DIRECT, /* an entry itself, not a member of it: slot, number */
  LOAD_ENTRY,
  LOAD_FIELD, /* slot */
  LOAD_LOCAL  /* slot */
};

/* A text as it is compared: its two ends, which overlap where it is short (branch_text_ends), and the whole. */
struct branch_text {
  uint64_t head, tail;
  const char *bytes;
  uint32_t size;
};

/* Texts by hash: a power of two of places, at least half of them empty (size BRANCH_NO_TEXT). */
struct branch_texts {
  uint32_t mask;
  struct branch_text places[];
};
#define BRANCH_NO_TEXT UINT32_MAX

enum branch_moment_kind { MOMENT_CONSTANT, MOMENT_NOW, MOMENT_FIELD, MOMENT_FIRST, MOMENT_LAST };

struct branch_moment {
  uint32_t kind; /* enum branch_moment_kind */
  uint32_t slot, number;
  struct cel_value constant;
};

/* One moment or span, or the sum or difference of two. */
struct branch_side {
  uint32_t binary; /* BINARY_ADD, BINARY_SUBTRACT, or neither: `left` alone */
  struct branch_moment left, right;
};

struct branch_times {
  struct branch_side left, right;
};

/* The events of one kind that happened in (now - longer, now - shorter], `factor` times. */
struct branch_tally {
  uint32_t slot, number;
  int64_t longer;  /* BRANCH_ALL_EVENTS: without an end */
  int64_t shorter; /* 0: up to now */
  int64_t factor;
};
#define BRANCH_ALL_EVENTS INT64_MAX
enum { BRANCH_MOST_TALLIES = 4 };
/* Their sum and `rest` are compared with 0. */
struct branch_counts {
  struct branch_tally tallies[BRANCH_MOST_TALLIES];
  uint32_t count;
  int64_t rest;
};

struct cel_branch;
/* A test in the quickest way there is, and all that comes after it: ends with the next one's call, so that a compiler makes jumps
 * of them; without that they are nested as deep as a program has tests. The second, for the body of a simple loop, is handed
 * the item and gives an enum branch_truth. */
typedef void branch_test(const struct cel_branch *branch, const struct cel_world *world, struct cel_machine *machine,
                         struct cel_outcome *outcome);
typedef uint32_t branch_item_test(const struct cel_branch *branch, const pbk_value *item);

struct cel_branch {
  branch_test *test;
  uint8_t operation; /* enum cel_branch_operation */
  uint8_t load;      /* enum cel_branch_load */
  uint8_t detail;    /* of doubles and times compared: branch_orders; BRANCH_WHOLE: 1 for not in the range; BRANCH_TEXT: 1 for ==,
                        0 for !=; BRANCH_TIMES: enum cel_binary; BRANCH_CLOCK: enum cel_function */
  uint8_t kind;      /* pbk_value_kind */
  uint8_t goes_on;   /* the answer with which the very next instruction is looked at; BRANCH_NO_ANSWER: none */
  uint8_t decides;   /* the answer of a test that settles the one && or || there is; BRANCH_MANY where there are several */
  bool last;         /* no test stands behind it */
  uint8_t inverted;  /* a ! stands before it */
  uint8_t place;     /* LOAD_DIRECT: where the machine keeps its guess */
  bool simple;       /* a loop whose body is a single cheap test of the item's value */
  int32_t steps[2];  /* a test that is false or true: bytes to the next to look at, or BRANCH_IS_FALSE, BRANCH_IS_TRUE */
  uint32_t slot, number;
  uint32_t count; /* of integers */
  uint64_t shape; /* of a string as long as with.text: branch_shape */
  union {
    struct branch_text text;
    struct {
      int64_t low;
      uint64_t span; /* from there to the highest */
    } range;
    int64_t integer;
    double number;
    uint32_t local;
    const struct branch_texts *texts;
    const int64_t *integers;
    const struct branch_times *times;
    const struct branch_counts *counts;
    const uint8_t *steps; /* for each value of the field: twice the steps until the test comes out differently, 0 never; plus
                             1 where it holds */
  } with;
  int64_t window;
  branch_item_test *item_test; /* of a simple loop's body */
  /* Seldom needed. */
  const struct cel_value *member; /* of what is loaded, where it is a map: the entry of this name; or NULL */
  uint32_t extent;                /* bytes of it and of all that is below it: where the next one is */
  uint32_t node;                  /* the same in the general evaluator */
  uint32_t read;                  /* the node that an absent value is the fault of */
  uint32_t blame;                 /* the node that a value which is no bool is the fault of */
  uint32_t cost;
};

/* The orders -1, 0, 1 and 2 (one is not a number) for which a comparison holds, as bits from the lowest. */
static inline uint8_t branch_orders(uint32_t binary) {
  uint32_t orders = 0;
  for (int order = -1; order <= 2; order++) orders |= (uint32_t)cel_holds(binary, order) << (order + 1);
  return (uint8_t)orders;
}

/* Eight, four or two bytes as a number, which is only ever compared with another of this machine's. */
static inline uint64_t branch_eight(const char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}
static inline uint32_t branch_four(const char *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}
static inline uint16_t branch_two(const char *bytes) {
  uint16_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

/* The ends of a text: the whole of it up to 16 bytes. */
static inline void branch_text_ends(const char *bytes, uint32_t size, uint64_t *head, uint64_t *tail) {
  if (size >= 8) {
    *head = branch_eight(bytes);
    *tail = branch_eight(bytes + size - 8);
  } else if (size >= 4) {
    *head = branch_four(bytes);
    *tail = branch_four(bytes + size - 4);
  } else if (size >= 2) {
    *head = branch_two(bytes);
    *tail = (unsigned char)bytes[size - 1];
  } else {
    *head = size ? (unsigned char)bytes[0] : 0;
    *tail = 0;
  }
}
/* Where a search for a text with these ends begins. */
static inline uint32_t branch_text_hash(uint64_t head, uint64_t tail, uint32_t size) {
  uint64_t hash = (head + tail * 31 + size) * UINT64_C(0x9e3779b97f4a7c15);
  return (uint32_t)(hash >> 40);
}

/* Kind and size of a value in one number. */
static inline uint64_t branch_shape(const pbk_value *value) {
  uint64_t shape;
  memcpy(&shape, value, sizeof shape);
  return shape;
}
_Static_assert(offsetof(pbk_value, kind) == 0 && offsetof(pbk_value, size) == 4, "kind and size stand first");

/* What a clock's field counts, in microseconds, and how many values it has; 0 where not every value lasts as long. */
static inline int64_t branch_clock_unit(uint32_t getter, uint32_t *values) {
  switch (getter) {
    case FUNCTION_GET_DAY_OF_WEEK: *values = 7; return INT64_C(86400000000);
    case FUNCTION_GET_HOURS: *values = 24; return INT64_C(3600000000);
    case FUNCTION_GET_MINUTES: *values = 60; return INT64_C(60000000);
    case FUNCTION_GET_SECONDS: *values = 60; return INT64_C(1000000);
    default: return 0;
  }
}

/* branches.c: lays the program out; none where nothing would be gained. Into the program's arena and arrays. */
void pbk_cel_branch_compile(struct memory *memory, struct cel_program *program,
                            const struct cel_environment *environment);
/* branch_counts.c: whether a comparison is one of BRANCH_COUNTS, and then as which. */
bool pbk_cel_branch_counts_compile(struct cel_program *program, const struct cel_node *node, struct cel_branch *branch);
/* branch_tests.c: the quickest test for an instruction that is laid out. */
branch_test *pbk_cel_branch_quickest(const struct cel_branch *branch, uint32_t shown, bool timed);
branch_item_test *pbk_cel_branch_item_test(const struct cel_branch *branch);

#endif
