/* cel/syntax.h - private to this floor: one compilation, its tokens, its syntax tree and its types.
 *
 * The stages run in this order over one tree in a temporary arena: lexer, parser (with the macros), checker (names and
 * types), moving (what moves with `now`, SPEC X6), cost, compiler. Whatever refuses a condition calls pbk_cel_refuse and
 * does not come back. */
#ifndef PBK_CEL_SYNTAX_H
#define PBK_CEL_SYNTAX_H

#include <setjmp.h>

#include "base/array.h"
#include "cel/program.h"

/* ---- tokens ---- */

enum cel_token_kind {
  TOKEN_END,
  TOKEN_IDENTIFIER, /* reserved words too: they may name fields */
  TOKEN_QUOTED,     /* `between backticks` */
  TOKEN_INT,
  TOKEN_UINT,
  TOKEN_DOUBLE,
  TOKEN_STRING,
  TOKEN_BYTES,
  TOKEN_TRUE,
  TOKEN_FALSE,
  TOKEN_NULL,
  TOKEN_IN,
  TOKEN_OPEN_PAREN,
  TOKEN_CLOSE_PAREN,
  TOKEN_OPEN_BRACKET,
  TOKEN_CLOSE_BRACKET,
  TOKEN_OPEN_BRACE,
  TOKEN_CLOSE_BRACE,
  TOKEN_DOT,
  TOKEN_COMMA,
  TOKEN_COLON,
  TOKEN_QUESTION,
  TOKEN_NOT,
  TOKEN_MINUS,
  TOKEN_PLUS,
  TOKEN_STAR,
  TOKEN_SLASH,
  TOKEN_PERCENT,
  TOKEN_AND,
  TOKEN_OR,
  TOKEN_EQUAL,
  TOKEN_NOT_EQUAL,
  TOKEN_LESS,
  TOKEN_LESS_EQUAL,
  TOKEN_GREATER,
  TOKEN_GREATER_EQUAL
};

struct cel_token {
  uint32_t kind;
  uint32_t offset, end; /* bytes of the source */
};

/* ---- types ---- */

/* A type as the checker knows it. Kinds as in declarations; CEL_DYN where nothing is known. */
struct cel_type {
  uint32_t kind;
  bool nullable;                       /* may be null as well */
  const struct cel_type *key;          /* CEL_MAP */
  const struct cel_type *element;      /* CEL_LIST, CEL_MAP */
  const struct cel_variable *variable; /* CEL_OBJECT */
};

/* ---- the tree ---- */

enum cel_syntax_kind {
  SYNTAX_LITERAL,
  SYNTAX_NAME,        /* `name` */
  SYNTAX_SELECT,      /* target.name */
  SYNTAX_HAS,         /* has(target.name) */
  SYNTAX_INDEX,       /* target[items[0]] */
  SYNTAX_CALL,        /* name(items) or target.name(items) */
  SYNTAX_LIST,        /* items */
  SYNTAX_MAP,         /* items: key, value, key, value, … */
  SYNTAX_NOT,         /* !target */
  SYNTAX_NEGATE,      /* -target */
  SYNTAX_AND,         /* items */
  SYNTAX_OR,          /* items */
  SYNTAX_CHAIN,       /* items[0] links[0] items[1] links[1] items[2] …, from the left, of one level of precedence */
  SYNTAX_CONDITIONAL, /* items: condition, value, condition, value, …, otherwise */
  SYNTAX_LOOP         /* a macro: target is the range, name the variable, items one or two bodies */
};

/* What a name turned out to mean. */
enum cel_meaning {
  MEANS_NOTHING, /* not a name, or an ordinary operation */
  MEANS_LOCAL,   /* number: the slot of a macro's variable */
  MEANS_NOW,
  MEANS_VARIABLE, /* number: the slot */
  MEANS_OBJECT,   /* variable: the whole object */
  MEANS_FIELD,    /* number: the slot of an object's field */
  MEANS_ENTRIES,  /* number: the slot of an open map */
  MEANS_ENTRY,    /* slot, number: one entry of an open map */
  MEANS_TYPE,     /* number: the kind named */
  MEANS_SERIES,   /* slot, number: a history, only ever the receiver of its methods */
  MEANS_MEMBER,   /* slot, number */
  MEANS_FUNCTION, /* number: enum cel_function */
  MEANS_HISTORY,  /* number: enum cel_operation of the method, the target is the series */
  MEANS_FAILURE   /* failure: an unknown name where the checker stands aside */
};

struct cel_link {
  uint32_t operation; /* enum cel_binary */
  uint32_t offset;
};

struct cel_syntax {
  uint8_t kind;    /* enum cel_syntax_kind */
  uint8_t meaning; /* enum cel_meaning, set by the checker */
  uint8_t moves;   /* MOVES_…, set by moving.c */
  uint8_t loop;    /* SYNTAX_LOOP: enum cel_operation */
  bool rooted;     /* a name with a leading dot: never a macro's variable */
  uint16_t depth;
  uint32_t offset; /* where to point */
  uint32_t count;
  uint32_t slot, number;
  struct text name;
  struct cel_value literal;
  struct cel_syntax *target;
  struct cel_syntax **items;
  struct cel_link *links; /* SYNTAX_CHAIN: count - 1 of them */
  const struct cel_type *type;
  const struct cel_variable *variable;
  const char *failure;
};

/* ---- one compilation ---- */

enum { CEL_MOST_LOCALS = CEL_MOST_DEPTH };

struct cel_compilation {
  struct memory *memory;
  struct text source;
  const struct cel_environment *environment;
  struct cel_error *error;
  struct arena arena; /* the tree, types, decoded literals */
  struct cel_program *program;
  jmp_buf *refused;
  struct cel_token token; /* the parser's next */
  uint32_t previous_end;
  uint32_t nesting;                    /* of the parser's brackets */
  struct text locals[CEL_MOST_LOCALS]; /* macro variables in force, the checker's */
  const struct cel_type *local_types[CEL_MOST_LOCALS];
  uint32_t local_count;
};

/* Fills *error (format as printf, texts with %.*s) and leaves the compilation. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
_Noreturn void
pbk_cel_refuse(struct cel_compilation *compilation, uint32_t offset, const char *format, ...);

/* lexer.c */
struct cel_token pbk_cel_next_token(struct cel_compilation *compilation, uint32_t from);
const char *pbk_cel_token_name(uint32_t kind);
bool pbk_cel_reserved(struct text name);

/* literals.c: the value of a literal token, texts in the compilation's arena. `negative`: a minus stands before an integer.
 */
struct cel_value pbk_cel_literal(struct cel_compilation *compilation, struct cel_token token, bool negative);

/* parser.c */
struct cel_syntax *pbk_cel_parse(struct cel_compilation *compilation);
struct cel_syntax *pbk_cel_syntax(struct cel_compilation *compilation, uint32_t kind, uint32_t offset);
/* Sets the depth from the children; refuses past CEL_MOST_DEPTH. */
void pbk_cel_deepen(struct cel_compilation *compilation, struct cel_syntax *syntax);

/* macros.c: the macro that a call is, or NULL when it is an ordinary call. */
struct cel_syntax *pbk_cel_macro(struct cel_compilation *compilation, struct cel_syntax *call);

/* types.c */
const struct cel_type *pbk_cel_plain_type(uint32_t kind);
const struct cel_type *pbk_cel_list_type(struct cel_compilation *compilation, const struct cel_type *element);
const struct cel_type *pbk_cel_map_type(struct cel_compilation *compilation, const struct cel_type *key,
                                        const struct cel_type *element);
const struct cel_type *pbk_cel_object_type(struct cel_compilation *compilation, const struct cel_variable *variable);
/* The type that a declaration says (pbk_cel_declarable). */
const struct cel_type *pbk_cel_declared_type(struct cel_compilation *compilation, struct text type);
/* Whether a value of one may be where the other is wanted; dyn goes with everything. */
bool pbk_cel_types_agree(const struct cel_type *a, const struct cel_type *b);
/* The type of either of two. */
const struct cel_type *pbk_cel_types_join(const struct cel_type *a, const struct cel_type *b);
bool pbk_cel_type_is_map(const struct cel_type *type); /* dyn is not */
/* At most `room` bytes with the closing zero. */
void pbk_cel_type_text(const struct cel_type *type, char *to, size_t room);

/* functions.c */
struct cel_overload {
  const char *name;
  uint8_t function; /* enum cel_function */
  uint8_t style;    /* CALLED_… */
  uint8_t count;    /* of parameters, a method's receiver is the first */
  uint8_t parameters[4];
  uint8_t result;
};
enum { CALLED_PLAIN = 1, CALLED_ON = 2 };
extern const struct cel_overload pbk_cel_overloads[];
extern const uint32_t pbk_cel_overload_count;
/* math.abs(…) and such: functions with a dot in their name, as the tree has them a method of a name. */
bool pbk_cel_namespace(struct text name);
/* The function of that name callable so; false when there is none. */
bool pbk_cel_function_find(struct text name, uint32_t style, uint32_t *function);
/* A history's method with so many arguments: its operation, or 0. */
uint32_t pbk_cel_history_method(struct text name, uint32_t arguments);
uint32_t pbk_cel_type_named(struct text name); /* the kind, or CEL_DYN when it names no type */

/* format.c: the next clause of a template from *at on, which is moved behind it; one without a letter at the end. */
struct cel_format_clause {
  struct text before;  /* what stands before it */
  char letter;         /* %: itself */
  uint32_t precision;
  const char *failure; /* what is wrong with it; NULL: nothing */
};
struct cel_format_clause pbk_cel_format_clause(struct text template, uint32_t *at);

/* A text for a message: at most so many bytes of it, whole characters. */
static inline struct text cel_cut(struct text text, uint32_t most) {
  if (text.size <= most) return text;
  while (most && ((unsigned char)text.bytes[most] & 0xc0) == 0x80) most--;
  return (struct text){text.bytes, most};
}

/* names.c: the checker's, for what names and fields mean. */
static inline bool cel_strict(const struct cel_compilation *compilation) {
  return !compilation->environment->no_check;
}
static inline void cel_means(struct cel_syntax *syntax, uint32_t meaning, uint32_t slot, uint32_t number,
                             const struct cel_type *type) {
  syntax->meaning = (uint8_t)meaning;
  syntax->slot = slot;
  syntax->number = number;
  syntax->type = type;
}
void pbk_cel_check_name(struct cel_compilation *compilation, struct cel_syntax *syntax);
/* A whole chain of selections that is one name; false when it is none. */
bool pbk_cel_check_qualified(struct cel_compilation *compilation, struct cel_syntax *syntax);
/* Whether a name is a variable or type in the environment's container, in those around it, or as it stands. */
bool pbk_cel_check_contained(struct cel_compilation *compilation, struct cel_syntax *syntax, struct text name, bool rooted);
/* `syntax` asks its target, already checked, for a field of that name: by selection, has() or a literal index. */
void pbk_cel_check_field(struct cel_compilation *compilation, struct cel_syntax *syntax, struct text name);
/* The type of an entry of an open map; refuses one that its schema does not have. */
const struct cel_type *pbk_cel_check_entry(struct cel_compilation *compilation, uint32_t slot, struct text name,
                                           uint32_t offset);
/* Refuses a name that is not known: before, the name, and then what may have been meant or, without that, `after`. */
_Noreturn void pbk_cel_refuse_name(struct cel_compilation *compilation, uint32_t offset, const char *before,
                                   const struct cel_suggestion *suggestion, const char *after);

/* checker.c, moving.c, cost.c */
void pbk_cel_check(struct cel_compilation *compilation, struct cel_syntax *syntax);
void pbk_cel_check_moving(struct cel_compilation *compilation, struct cel_syntax *syntax);
uint64_t pbk_cel_cost(struct cel_compilation *compilation, const struct cel_syntax *syntax);

#endif
