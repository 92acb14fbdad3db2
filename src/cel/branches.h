/* cel/branches.h - private to this floor: the test-and-branch tier, a second form of a program for quick evaluation.
 *
 * A condition is most often && and || over tests that are known when it is compiled: a trait against a constant, a tag in a
 * list, `now` against a time, a count of events against a number. Such a condition is laid out as one flat run of fixed
 * instructions. A test that fits none of them is an instruction that asks the general evaluator, and so is any test whose
 * data turn out otherwise than it expects; so what comes out is always what the general evaluator gives, in value, error and
 * until-when. Where even that is not certain (fuel or walks might run out) this tier gives up and the other one starts
 * again.
 *
 * Tests are first gone through by jumps alone: each says which comes next when it is false and when it is true. That goes as
 * long as answers hold for ever, or one && or || is all there is. Where something fails, or a decision may be put off by
 * what stands behind it, the same run is gone through group by group.
 *
 * Fuel is not counted test by test. `cost` is more than the general evaluator takes for what is below an instruction, and is
 * taken in one piece beforehand: who still has fuel then would have had it there too. */
#ifndef PBK_CEL_BRANCHES_H
#define PBK_CEL_BRANCHES_H

#include "cel/program.h"

enum cel_branch_operation {
  /* tests of a value that is loaded */
  BRANCH_TRUE,        /* itself */
  BRANCH_HAS,         /* whether there is something to load */
  BRANCH_WHOLE,       /* `detail` with.integer, of the kind `kind`, which is compared as an integer */
  BRANCH_DOUBLE,      /* `detail` with.number */
  BRANCH_TEXT,        /* == text, or != where `detail` says so */
  BRANCH_AMONG_TEXTS, /* in with.texts */
  BRANCH_AMONG_WHOLE, /* in with.integers */
  BRANCH_TAGGED,      /* text in it */
  BRANCH_STARTS,      /* startsWith(text) */
  BRANCH_ENDS,
  /* tests of time and events */
  BRANCH_NOW,    /* now `detail` with.integer */
  BRANCH_TIMES,  /* with.times: two moments or spans compared by `detail` */
  BRANCH_COUNT,  /* events of slot, number, compared by `detail` with with.integer */
  BRANCH_WINDOW, /* the same of those in the last `window` */
  BRANCH_QUIET,  /* window in with.integer */
  BRANCH_CLOCK,  /* a field `detail` of now: with.steps */
  /* others */
  BRANCH_GENERAL, /* ask the general evaluator */
  BRANCH_AND,     /* what stands up to `next` */
  BRANCH_OR,
  BRANCH_ALL, /* what stands below for every item of what is loaded, which is the local with.local */
  BRANCH_EXISTS,
  BRANCH_MEMBER /* slot, number */
};
enum { BRANCH_FIRST_OF_TIME = BRANCH_NOW };

enum { BRANCH_IS_FALSE = -1, BRANCH_IS_TRUE = -2, BRANCH_MANY = 2, BRANCH_NO_ANSWER = 255 };

/* The most that a program of this tier costs, and the most items of a list that are gone through for one test. */
enum { BRANCH_MOST_COST = 8000, BRANCH_MOST_ITEMS = 1000 };

enum cel_branch_load {
  LOAD_NOTHING,
  LOAD_ENTRY, /* slot, number */
  LOAD_FIELD, /* slot */
  LOAD_LOCAL  /* slot */
};

/* A text as it is compared: its size, its first eight bytes (all of it, up to that size) and the whole. */
struct branch_text {
  uint64_t head;
  const char *bytes;
  uint32_t size;
};

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

struct cel_branch {
  uint8_t operation; /* enum cel_branch_operation */
  bool direct;       /* an entry itself is loaded, not a member of it */
  uint8_t detail;    /* of numbers compared: branch_orders; BRANCH_TEXT: 1 for ==, 0 for !=; BRANCH_TIMES: enum cel_binary;
                        BRANCH_CLOCK: enum cel_function */
  uint8_t inverted;  /* a ! stands before it */
  int32_t steps[2];  /* a test that is false or true: bytes to the next to look at, or BRANCH_IS_FALSE, BRANCH_IS_TRUE */
  uint32_t slot, number;
  struct branch_text text;
  uint32_t extent; /* bytes of it and of all that is below it: where the next one is */
  uint32_t count;  /* of texts or integers */
  uint8_t kind;    /* pbk_value_kind */
  uint8_t
    goes_on; /* the answer with which the next test in order is looked at, `on` bytes further; BRANCH_NO_ANSWER: none does */
  uint8_t decides; /* the answer of a test that settles the one && or || there is; BRANCH_MANY where there are several */
  bool last;       /* no test stands behind it */
  union {
    int64_t integer;
    double number;
    uint32_t local;
    const struct branch_text *texts;
    const int64_t *integers;
    const struct branch_times *times;
    const uint8_t *steps; /* for each value of the field: twice the steps until the test comes out differently, 0 never; plus
                             1 where it holds */
  } with;
  uint32_t on;
  /* Seldom needed. */
  int64_t window;
  const struct cel_value *member; /* of what is loaded, where it is a map: the entry of this name; or NULL */
  uint32_t load;                  /* enum cel_branch_load */
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

/* The first eight bytes of a text, or all it has: equal for texts of equal size that begin so. Only ever compared. */
static inline uint64_t branch_head(const char *bytes, uint32_t size) {
  uint64_t head = 0;
  if (size >= 8) {
    memcpy(&head, bytes, 8);
  } else if (size >= 4) {
    uint32_t first, last;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + size - 4, 4);
    head = (uint64_t)first << 32 | last;
  } else if (size) {
    head = (uint64_t)(unsigned char)bytes[0] << 16 | (uint64_t)(unsigned char)bytes[size / 2] << 8 |
           (unsigned char)bytes[size - 1];
  }
  return head;
}

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
void pbk_cel_branch_compile(struct memory *memory, struct cel_program *program);
/* branch_evaluator.c: where this tier gives up, the other one gives the outcome. */
void pbk_cel_branch_evaluate(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                             struct cel_outcome *outcome);

#endif
