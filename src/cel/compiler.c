/* cel/compiler.c - from the checked tree to a program: nodes with everything resolved, constants computed once, the list of
 * what is read. Also the door's pbk_cel_compile. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "cel/branches.h"
#include "cel/regex.h"
#include "cel/syntax.h"

enum { COMPILER_FOLD_SCRATCH = 32 * 1024 };

struct compiler {
  struct cel_compilation *compilation;
  struct memory *memory;
  struct cel_program *program;
  struct cel_machine *machine; /* for constants; made when first needed */
  unsigned char *room;         /* for patterns; likewise */
};

static uint32_t compiler_emit(struct compiler *compiler, struct cel_syntax *syntax);

#define compiler_fit(memory, array)                                                                      \
  ((array)->items = pbk_reallocate((memory), (array)->items, (array)->capacity * sizeof *(array)->items, \
                                   (array)->count * sizeof *(array)->items),                             \
   (array)->capacity = (array)->count)

/* ---- pieces of the program ---- */

static uint32_t compiler_node(struct compiler *compiler, uint32_t operation, uint32_t offset, uint32_t a, uint32_t b,
                              uint32_t c) {
  struct cel_node node = {.operation = (uint8_t)operation, .offset = offset, .a = a, .b = b, .c = c};
  array_push(compiler->memory, &compiler->program->nodes, node);
  return compiler->program->nodes.count - 1;
}

/* What a constant points to is in the compilation's arena until compiler_finish. */
static uint32_t compiler_constant(struct compiler *compiler, const struct cel_value *value) {
  array_push(compiler->memory, &compiler->program->constants, *value);
  return compiler->program->constants.count - 1;
}

static uint32_t compiler_name(struct compiler *compiler, struct text name) {
  struct cel_value value = cel_string(name);
  return compiler_constant(compiler, &value);
}

static void compiler_reads(struct compiler *compiler, uint32_t kind, uint32_t slot, uint32_t number) {
  struct cel_program *program = compiler->program;
  for (uint32_t i = 0; i < program->reads.count; i++) {
    const struct cel_read *read = &program->reads.items[i];
    if (read->kind == kind && read->slot == slot && read->number == number) return;
  }
  struct cel_read read = {kind, slot, number};
  array_push(compiler->memory, &program->reads, read);
}

/* Children's nodes as a run of links. They are emitted first, as they bring links of their own. */
static uint32_t compiler_links(struct compiler *compiler, const uint32_t *nodes, uint32_t count) {
  uint32_t first = compiler->program->links.count;
  array_reserve(compiler->memory, &compiler->program->links, first + count);
  if (count) memcpy(compiler->program->links.items + first, nodes, count * sizeof *nodes);
  compiler->program->links.count += count;
  return first;
}

/* ---- constants ---- */

static bool compiler_is_constant(const struct compiler *compiler, uint32_t node) {
  return compiler->program->nodes.items[node].operation == OPERATION_CONSTANT;
}

struct compiler_mark {
  uint32_t nodes, links, constants;
};

static struct compiler_mark compiler_mark(const struct compiler *compiler) {
  return (struct compiler_mark){compiler->program->nodes.count, compiler->program->links.count,
                                compiler->program->constants.count};
}

/* The node just emitted has only constants below it: puts its value in place of all that was emitted since `mark`. An error
 * stays, for the evaluation to give. */
static uint32_t compiler_fold(struct compiler *compiler, uint32_t node, struct compiler_mark mark) {
  struct cel_program *program = compiler->program;
  uint32_t offset = program->nodes.items[node].offset;
  if (!compiler->machine) compiler->machine = pbk_cel_machine_of(compiler->memory, COMPILER_FOLD_SCRATCH);
  struct cel_term term;
  pbk_cel_prepare(compiler->machine, program, NULL);
  compiler->machine->fuel = COMPILER_FOLD_SCRATCH;
  pbk_cel_run(compiler->machine, node, &term);
  if (compiler->machine->exhausted || term.value.kind == CEL_FAILED) return node;
  struct cel_value value = pbk_cel_copy_value(&compiler->compilation->arena, &term.value);
  program->nodes.count = mark.nodes;
  program->links.count = mark.links;
  program->constants.count = mark.constants;
  array_push(compiler->memory, &program->constants, value);
  return compiler_node(compiler, OPERATION_CONSTANT, offset, program->constants.count - 1, 0, 0);
}

/* ---- names and fields ---- */

static uint32_t compiler_object(struct compiler *compiler, const struct cel_variable *variable) {
  struct cel_program *program = compiler->program;
  for (uint32_t i = 0; i < variable->field_count; i++) {
    const struct cel_field *field = &variable->fields[i];
    compiler_reads(compiler, field->kind == CEL_ENTRIES ? CEL_READS_ENTRIES : CEL_READS_FIELD, field->slot, 0);
  }
  for (uint32_t i = 0; i < program->objects.count; i++) {
    if (program->objects.items[i].fields == variable->fields &&
        program->objects.items[i].field_count == variable->field_count)
      return i;
  }
  array_push(compiler->memory, &program->objects, *variable);
  return program->objects.count - 1;
}

static uint32_t compiler_failure(struct compiler *compiler, uint32_t offset, const char *message) {
  array_push(compiler->memory, &compiler->program->failures, message);
  return compiler_node(compiler, OPERATION_FAILURE, offset, compiler->program->failures.count - 1, 0, 0);
}

/* A name, a selection, has() or an index whose meaning is settled; NO_NODE when it is to be worked out in the evaluation. */
static uint32_t compiler_meaning(struct compiler *compiler, const struct cel_syntax *syntax, bool has) {
  uint32_t offset = syntax->offset;
  struct text name = syntax->kind == SYNTAX_INDEX ? cel_text(&syntax->items[0]->literal) : syntax->name;
  switch (syntax->meaning) {
    case MEANS_LOCAL: return compiler_node(compiler, OPERATION_LOCAL, offset, syntax->number, 0, 0);
    case MEANS_NOW:
      compiler_reads(compiler, CEL_READS_NOW, 0, 0);
      return compiler_node(compiler, OPERATION_NOW, offset, 0, 0, 0);
    case MEANS_OBJECT:
      return compiler_node(compiler, OPERATION_OBJECT, offset, compiler_object(compiler, syntax->variable), 0, 0);
    case MEANS_TYPE: {
      struct cel_value type = {.kind = CEL_TYPE, .as.integer = syntax->number};
      return compiler_node(compiler, OPERATION_CONSTANT, offset, compiler_constant(compiler, &type), 0, 0);
    }
    case MEANS_VARIABLE:
    case MEANS_FIELD:
      compiler_reads(compiler, CEL_READS_FIELD, syntax->slot, 0);
      return compiler_node(compiler, has ? OPERATION_HAS_FIELD : OPERATION_FIELD, offset, syntax->slot,
                           compiler_name(compiler, name), 0);
    case MEANS_ENTRIES:
      compiler_reads(compiler, CEL_READS_ENTRIES, syntax->slot, 0);
      return compiler_node(compiler, has ? OPERATION_HAS_ENTRIES : OPERATION_ENTRIES, offset, syntax->slot, 0, 0);
    case MEANS_ENTRY:
      compiler_reads(compiler, CEL_READS_ENTRY, syntax->slot, syntax->number);
      return compiler_node(compiler, has ? OPERATION_HAS_ENTRY : OPERATION_ENTRY, offset, syntax->slot, syntax->number,
                           compiler_name(compiler, name));
    case MEANS_MEMBER:
      compiler_reads(compiler, CEL_READS_MEMBER, syntax->slot, syntax->number);
      return compiler_node(compiler, OPERATION_MEMBER, offset, syntax->slot, syntax->number, 0);
    case MEANS_FAILURE: return compiler_failure(compiler, offset, syntax->failure);
    default: return NO_NODE;
  }
}

/* ---- what has children ---- */

static uint32_t compiler_history(struct compiler *compiler, const struct cel_syntax *syntax) {
  const struct cel_syntax *series = syntax->target;
  uint32_t windows[2] = {NO_NODE, NO_NODE};
  for (uint32_t i = 0; i < syntax->count; i++) windows[i] = compiler_emit(compiler, syntax->items[i]);
  compiler_reads(compiler, CEL_READS_SERIES, series->slot, series->number);
  if (syntax->count) compiler_reads(compiler, CEL_READS_NOW, 0, 0);
  uint32_t node = compiler_node(compiler, syntax->number, syntax->offset, series->slot, series->number, windows[0]);
  compiler->program->nodes.items[node].d = windows[1];
  return node;
}

/* matches() with a constant pattern: compiled here, refused here when it does not parse. */
static uint32_t compiler_matches(struct compiler *compiler, const struct cel_syntax *syntax, uint32_t of,
                                 uint32_t pattern_node) {
  struct cel_program *program = compiler->program;
  const struct cel_value *pattern = &program->constants.items[program->nodes.items[pattern_node].a];
  if (pattern->kind != CEL_STRING) return NO_NODE;
  struct cel_regex_room room = {.size = CEL_REGEX_ROOM};
  if (!compiler->room) compiler->room = compiler->compilation->environment->room;
  if (!compiler->room) compiler->room = pbk_arena_allocate(&compiler->compilation->arena, room.size);
  room.bytes = compiler->room;
  const char *message = NULL;
  uint32_t at = 0, size = 0;
  const struct cel_pattern *compiled = pbk_cel_regex_compile(cel_text(pattern), &room, &size, &message, &at);
  const struct cel_syntax *argument = syntax->items[syntax->count - 1];
  if (!compiled) {
    pbk_cel_refuse(compiler->compilation, argument->offset, "in this pattern, at character %u: %s", (unsigned)at + 1,
                   message);
  }
  void *kept = pbk_arena_allocate(&program->arena, size);
  memcpy(kept, compiled, size);
  const struct cel_pattern *pointer = kept;
  array_push(compiler->memory, &program->patterns, pointer);
  return compiler_node(compiler, OPERATION_MATCHES, syntax->offset, of, program->patterns.count - 1, 0);
}

static uint32_t compiler_call(struct compiler *compiler, const struct cel_syntax *syntax) {
  struct compiler_mark mark = compiler_mark(compiler);
  uint32_t nodes[4] = {0}, count = 0;
  bool constant = true;
  if (syntax->target) nodes[count++] = compiler_emit(compiler, syntax->target);
  for (uint32_t i = 0; i < syntax->count && count < 4; i++) nodes[count++] = compiler_emit(compiler, syntax->items[i]);
  for (uint32_t i = 0; i < count; i++) constant = constant && compiler_is_constant(compiler, nodes[i]);
  if (syntax->number == FUNCTION_MATCHES && count == 2 && compiler_is_constant(compiler, nodes[1])) {
    uint32_t matches = compiler_matches(compiler, syntax, nodes[0], nodes[1]);
    if (matches != NO_NODE) return matches;
  }
  if (syntax->number >= FUNCTION_GET_FULL_YEAR && count == 2) {
    /* Other zone data may come while the program lives. */
    compiler_reads(compiler, CEL_READS_ZONES, 0, 0);
    constant = false;
  }
  uint32_t first = compiler_links(compiler, nodes, count);
  uint32_t node = compiler_node(compiler, OPERATION_CALL, syntax->offset, first, count, 0);
  compiler->program->nodes.items[node].detail = (uint8_t)syntax->number;
  return constant ? compiler_fold(compiler, node, mark) : node;
}

/* 'name' in an object or open map asks for that one entry only. */
static uint32_t compiler_in(struct compiler *compiler, const struct cel_syntax *syntax) {
  const struct cel_syntax *key = syntax->items[0], *container = syntax->items[1];
  if (key->kind != SYNTAX_LITERAL || key->literal.kind != CEL_STRING) return NO_NODE;
  struct cel_syntax asked = {.kind = SYNTAX_HAS, .offset = syntax->offset, .name = cel_text(&key->literal)};
  const struct cel_environment *environment = compiler->compilation->environment;
  if (container->meaning == MEANS_ENTRIES) {
    asked.meaning = MEANS_ENTRY;
    asked.slot = container->slot;
    asked.number = environment->entry_name(environment->context, asked.name);
    return compiler_meaning(compiler, &asked, true);
  }
  if (container->meaning != MEANS_OBJECT) return NO_NODE;
  for (uint32_t i = 0; i < container->variable->field_count; i++) {
    const struct cel_field *field = &container->variable->fields[i];
    if (!text_equal(asked.name, text_from(field->name))) continue;
    asked.meaning = field->kind == CEL_ENTRIES ? MEANS_ENTRIES : MEANS_FIELD;
    asked.slot = field->slot;
    return compiler_meaning(compiler, &asked, true);
  }
  return NO_NODE;
}

static uint32_t compiler_chain(struct compiler *compiler, const struct cel_syntax *syntax) {
  struct compiler_mark mark = compiler_mark(compiler);
  if (syntax->count == 2 && syntax->links[0].operation == BINARY_IN) {
    uint32_t in = compiler_in(compiler, syntax);
    if (in != NO_NODE) return in;
  }
  uint32_t total = syntax->count * 2 - 1;
  uint32_t *parts = pbk_arena_allocate(&compiler->compilation->arena, total * sizeof *parts);
  bool constant = true;
  for (uint32_t i = 0; i < syntax->count; i++) {
    parts[2 * i] = compiler_emit(compiler, syntax->items[i]);
    constant = constant && compiler_is_constant(compiler, parts[2 * i]);
    if (i + 1 < syntax->count) parts[2 * i + 1] = syntax->links[i].operation;
  }
  uint32_t node;
  if (syntax->count == 2) {
    node = compiler_node(compiler, OPERATION_BINARY, syntax->offset, parts[0], parts[2], 0);
    compiler->program->nodes.items[node].detail = (uint8_t)parts[1];
  } else {
    node = compiler_node(compiler, OPERATION_CHAIN, syntax->offset, compiler_links(compiler, parts, total), total, 0);
  }
  return constant ? compiler_fold(compiler, node, mark) : node;
}

static uint32_t compiler_run(struct compiler *compiler, const struct cel_syntax *syntax, uint32_t operation, bool foldable) {
  struct compiler_mark mark = compiler_mark(compiler);
  uint32_t *parts = pbk_arena_allocate(&compiler->compilation->arena, (syntax->count + 1) * sizeof *parts);
  for (uint32_t i = 0; i < syntax->count; i++) {
    parts[i] = compiler_emit(compiler, syntax->items[i]);
    foldable = foldable && compiler_is_constant(compiler, parts[i]);
  }
  uint32_t first = compiler_links(compiler, parts, syntax->count);
  uint32_t node = compiler_node(compiler, operation, syntax->offset, first, syntax->count, 0);
  return foldable ? compiler_fold(compiler, node, mark) : node;
}

static uint32_t compiler_loop(struct compiler *compiler, const struct cel_syntax *syntax) {
  uint32_t range = compiler_emit(compiler, syntax->target), first = compiler_emit(compiler, syntax->items[0]);
  uint32_t second = syntax->count > 1 ? compiler_emit(compiler, syntax->items[1]) : NO_NODE;
  uint32_t node = compiler_node(compiler, syntax->loop, syntax->offset, range, first, second);
  struct cel_node *loop = &compiler->program->nodes.items[node];
  loop->detail = (uint8_t)syntax->number;
  if (syntax->loop == OPERATION_TRANSFORM && syntax->count == 1) {
    loop->b = NO_NODE;
    loop->c = first;
  }
  return node;
}

static uint32_t compiler_unary(struct compiler *compiler, const struct cel_syntax *syntax, uint32_t operation) {
  struct compiler_mark mark = compiler_mark(compiler);
  uint32_t inner = compiler_emit(compiler, syntax->target);
  uint32_t node = compiler_node(compiler, operation, syntax->offset, inner, 0, 0);
  return compiler_is_constant(compiler, inner) ? compiler_fold(compiler, node, mark) : node;
}

static uint32_t compiler_select(struct compiler *compiler, const struct cel_syntax *syntax) {
  bool has = syntax->kind == SYNTAX_HAS;
  uint32_t node = compiler_meaning(compiler, syntax, has);
  if (node != NO_NODE) return node;
  uint32_t inner = compiler_emit(compiler, syntax->target);
  uint32_t name = compiler_name(compiler, syntax->name);
  return compiler_node(compiler, has ? OPERATION_HAS : OPERATION_SELECT, syntax->offset, inner, 0, name);
}

static uint32_t compiler_index(struct compiler *compiler, const struct cel_syntax *syntax) {
  uint32_t node = syntax->meaning == MEANS_NOTHING ? NO_NODE : compiler_meaning(compiler, syntax, false);
  if (node != NO_NODE) return node;
  struct compiler_mark mark = compiler_mark(compiler);
  uint32_t container = compiler_emit(compiler, syntax->target), key = compiler_emit(compiler, syntax->items[0]);
  node = compiler_node(compiler, OPERATION_INDEX, syntax->offset, container, key, 0);
  bool constant = compiler_is_constant(compiler, container) && compiler_is_constant(compiler, key);
  return constant ? compiler_fold(compiler, node, mark) : node;
}

static uint32_t compiler_emit(struct compiler *compiler, struct cel_syntax *syntax) {
  switch (syntax->kind) {
    case SYNTAX_LITERAL:
      return compiler_node(compiler, OPERATION_CONSTANT, syntax->offset, compiler_constant(compiler, &syntax->literal), 0,
                           0);
    case SYNTAX_NAME: return compiler_meaning(compiler, syntax, false);
    case SYNTAX_SELECT:
    case SYNTAX_HAS: return compiler_select(compiler, syntax);
    case SYNTAX_INDEX: return compiler_index(compiler, syntax);
    case SYNTAX_CALL:
      if (syntax->meaning == MEANS_FUNCTION) return compiler_call(compiler, syntax);
      if (syntax->meaning == MEANS_HISTORY) return compiler_history(compiler, syntax);
      return compiler_meaning(compiler, syntax, false);
    case SYNTAX_LIST: return compiler_run(compiler, syntax, OPERATION_LIST, true);
    case SYNTAX_MAP: return compiler_run(compiler, syntax, OPERATION_MAP, true);
    case SYNTAX_NOT: return compiler_unary(compiler, syntax, OPERATION_NOT);
    case SYNTAX_NEGATE: return compiler_unary(compiler, syntax, OPERATION_NEGATE);
    case SYNTAX_AND: return compiler_run(compiler, syntax, OPERATION_AND, false);
    case SYNTAX_OR: return compiler_run(compiler, syntax, OPERATION_OR, false);
    case SYNTAX_CHAIN: return compiler_chain(compiler, syntax);
    case SYNTAX_CONDITIONAL: return compiler_run(compiler, syntax, OPERATION_CONDITIONAL, false);
    default: return compiler_loop(compiler, syntax);
  }
}

/* Notes what it reads of what worlds show. */
static void compiler_note_shown(struct cel_program *program, const struct cel_environment *environment) {
  for (uint32_t i = 0; i < program->reads.count; i++) {
    const struct cel_read *read = &program->reads.items[i];
    if (read->kind == CEL_READS_FIELD) program->head.shown |= CEL_SHOWN_FIELDS;
    if (read->kind == CEL_READS_SERIES) program->head.shown |= CEL_SHOWN_SERIES;
    if (read->kind != CEL_READS_ENTRY && read->kind != CEL_READS_ENTRIES) continue;
    for (uint32_t shown = 0; shown < environment->shown_count; shown++) {
      if (environment->shown_slots[shown] == read->slot) program->head.shown |= UINT32_C(1) << shown;
    }
  }
}

/* Takes over what constants point to, and gives back what the arrays have too much. */
static void compiler_finish(struct compiler *compiler) {
  struct cel_program *program = compiler->program;
  for (uint32_t i = 0; i < program->constants.count; i++) {
    program->constants.items[i] = pbk_cel_copy_value(&program->arena, &program->constants.items[i]);
  }
  compiler_fit(compiler->memory, &program->nodes);
  compiler_fit(compiler->memory, &program->links);
  compiler_fit(compiler->memory, &program->constants);
  compiler_fit(compiler->memory, &program->reads);
}

/* ---- the door ---- */

/* What survives a jump out of a compilation. */
struct compiler_frame {
  struct cel_compilation compilation;
  struct compiler compiler;
};

void pbk_cel_refuse(struct cel_compilation *compilation, uint32_t offset, const char *format, ...) {
  struct cel_error *error = compilation->error;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  /* Cutting a long message may have cut a character. */
  uint32_t size = (uint32_t)strlen(error->message);
  while (size && !pbk_utf8_valid((struct text){error->message, size})) error->message[--size] = '\0';
  if (offset > compilation->source.size) offset = compilation->source.size;
  error->offset = offset;
  error->line = 1;
  error->column = 1;
  for (uint32_t i = 0; i < offset; i++) {
    unsigned char c = (unsigned char)compilation->source.bytes[i];
    if (c == '\n') {
      error->line++;
      error->column = 1;
    } else if ((c & 0xc0) != 0x80) {
      error->column++;
    }
  }
  longjmp(*compilation->refused, 2);
}

static void compiler_check_source(struct cel_compilation *compilation) {
  struct text source = compilation->source;
  if (source.size > CEL_MOST_SOURCE) {
    pbk_cel_refuse(compilation, 0, "a condition of %u bytes; at most %d are allowed", (unsigned)source.size,
                   (int)CEL_MOST_SOURCE);
  }
  for (uint32_t at = 0, size; at < source.size; at += size) {
    size = 1;
    while (size < 4 && at + size < source.size && ((unsigned char)source.bytes[at + size] & 0xc0) == 0x80) size++;
    struct text character = {source.bytes + at, size};
    if (!pbk_utf8_valid(character)) pbk_cel_refuse(compilation, at, "the condition is not UTF-8 text");
  }
}

static void compiler_stages(struct compiler_frame *frame) {
  struct cel_compilation *compilation = &frame->compilation;
  struct compiler *compiler = &frame->compiler;
  compiler_check_source(compilation);
  struct cel_syntax *syntax = pbk_cel_parse(compilation);
  pbk_cel_check(compilation, syntax);
  if (syntax->meaning == MEANS_SERIES) {
    pbk_cel_refuse(compilation, syntax->offset,
                   "a history is no condition: ask it for .count(), .count(w), .first(), .last() or .quiet(w)");
  }
  if (compilation->environment->wants_bool && syntax->type->kind != CEL_BOOL && syntax->type->kind != CEL_DYN)
    pbk_cel_refuse(compilation, syntax->offset, "a condition gives true or false; this gives %s",
                   pbk_cel_kind_name(syntax->type->kind));
  if (compilation->environment->timed) pbk_cel_check_moving(compilation, syntax);
  uint64_t cost = pbk_cel_cost(compilation, syntax);
  if (cost > CEL_MOST_COST) {
    pbk_cel_refuse(compilation, syntax->offset,
                   "this condition can take too many steps: macros within macros over lists of unknown size");
  }
  struct cel_program *program = pbk_allocate_cleared(compilation->memory, sizeof *program);
  compiler->program = program;
  pbk_arena_init(&program->arena, compilation->memory);
  program->timed = compilation->environment->timed;
  program->zones = compilation->environment->zones;
  char *source = pbk_arena_allocate(&program->arena, (size_t)compilation->source.size + 1);
  if (compilation->source.size) memcpy(source, compilation->source.bytes, compilation->source.size);
  program->source = (struct text){source, compilation->source.size};
  program->root = compiler_emit(compiler, syntax);
  compiler_finish(compiler);
  const struct cel_node *nodes = program->nodes.items;
  program->whole = program->root;
  while (nodes[program->whole].operation == OPERATION_NOT && nodes[nodes[program->whole].a].operation == OPERATION_NOT)
    program->whole = nodes[nodes[program->whole].a].a;
  compiler_note_shown(program, compilation->environment);
  pbk_cel_branch_compile(compilation->memory, program, compilation->environment);
}

/* 0 when done, 1 when memory ran out, 2 when refused. */
static int compiler_guarded(struct compiler_frame *frame) {
  jmp_buf here;
  frame->compilation.refused = &here;
  frame->compilation.memory->on_failure = &here;
  int why = setjmp(here);
  if (why == 0) compiler_stages(frame);
  return why;
}

struct cel_program *pbk_cel_compile(struct memory *memory, struct text source, const struct cel_environment *environment,
                                    struct cel_error *error) {
  struct compiler_frame *frame = pbk_allocate_cleared(memory, sizeof *frame);
  jmp_buf *outer = memory->on_failure;
  frame->compilation.memory = memory;
  frame->compilation.source = source;
  frame->compilation.environment = environment;
  frame->compilation.error = error;
  frame->compiler.compilation = &frame->compilation;
  frame->compiler.memory = memory;
  memset(error, 0, sizeof *error);
  pbk_arena_init(&frame->compilation.arena, memory);

  int why = compiler_guarded(frame);

  memory->on_failure = outer;
  struct cel_program *program = frame->compiler.program;
  if (why && program) pbk_cel_release(memory, program);
  pbk_cel_machine_release(memory, frame->compiler.machine);
  pbk_arena_release(&frame->compilation.arena);
  pbk_release(memory, frame, sizeof *frame);
  if (why == 1) {
    if (outer) longjmp(*outer, 1);
    abort();
  }
  return why ? NULL : program;
}

void pbk_cel_release(struct memory *memory, struct cel_program *program) {
  if (!program) return;
  array_release(memory, &program->nodes);
  array_release(memory, &program->links);
  array_release(memory, &program->constants);
  array_release(memory, &program->reads);
  array_release(memory, &program->patterns);
  array_release(memory, &program->objects);
  array_release(memory, &program->failures);
  array_release(memory, &program->branches);
  pbk_arena_release(&program->arena);
  pbk_release(memory, program, sizeof *program);
}

uint32_t pbk_cel_read_count(const struct cel_program *program) {
  return program->reads.count;
}

struct cel_read pbk_cel_read_at(const struct cel_program *program, uint32_t at) {
  return program->reads.items[at];
}

static int64_t compiler_quiet_of(const struct cel_program *program, uint32_t at, uint32_t slot, uint32_t number) {
  const struct cel_node *node = &program->nodes.items[at];
  if (node->operation == OPERATION_AND) {
    int64_t longest = 0;
    for (uint32_t i = 0; i < node->b; i++) {
      int64_t window = compiler_quiet_of(program, program->links.items[node->a + i], slot, number);
      if (window > longest) longest = window;
    }
    return longest;
  }
  if (node->operation != OPERATION_QUIET || node->a != slot || node->b != number) return 0;
  const struct cel_node *window = &program->nodes.items[node->c];
  if (window->operation != OPERATION_CONSTANT) return 0;
  const struct cel_value *constant = &program->constants.items[window->a];
  return constant->kind == CEL_DURATION && !constant->size ? constant->as.integer : 0;
}

int64_t pbk_cel_quiet_for(const struct cel_program *program, uint32_t lookup_slot, uint32_t number) {
  return compiler_quiet_of(program, program->root, lookup_slot, number);
}

bool pbk_cel_asks_quiet(const struct cel_program *program) {
  for (uint32_t i = 0; i < program->nodes.count; i++) {
    if (program->nodes.items[i].operation == OPERATION_QUIET) return true;
  }
  return false;
}

bool pbk_cel_is_quiet(const struct cel_program *program, uint32_t *lookup_slot, uint32_t *number, int64_t *window) {
  const struct cel_node *node = &program->nodes.items[program->root];
  if (node->operation != OPERATION_QUIET) return false;
  *lookup_slot = node->a;
  *number = node->b;
  *window = compiler_quiet_of(program, program->root, node->a, node->b);
  return *window > 0;
}

bool pbk_cel_is_member(const struct cel_program *program, uint32_t *lookup_slot, uint32_t *number, bool *inverted) {
  const struct cel_node *nodes = program->nodes.items, *node = &nodes[program->root];
  for (*inverted = false; node->operation == OPERATION_NOT; node = &nodes[node->a]) *inverted = !*inverted;
  if (node->operation != OPERATION_MEMBER) return false;
  *lookup_slot = node->a;
  *number = node->b;
  return true;
}
