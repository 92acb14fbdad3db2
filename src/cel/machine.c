/* cel/machine.c - the fixed memory an evaluation works in, and an evaluation that uses nothing else. */
#include <stdio.h>

#include "base/utf8.h"
#include "cel/program.h"

const char pbk_cel_no_such_overload[] = "no such overload";
const char pbk_cel_no_such_key[] = "no such key";
const char pbk_cel_overflow[] = "integer overflow";
const char pbk_cel_range[] = "out of range";

struct cel_machine *pbk_cel_machine_of(struct memory *memory, uint32_t scratch) {
  size_t header = (sizeof(struct cel_machine) + 15) & ~(size_t)15;
  struct cel_machine *machine = pbk_allocate(memory, header + scratch);
  memset(machine, 0, sizeof *machine);
  machine->scratch = (unsigned char *)machine + header;
  machine->size = scratch;
  return machine;
}

struct cel_machine *pbk_cel_machine_create(struct memory *memory) {
  return pbk_cel_machine_of(memory, CEL_SCRATCH);
}

void pbk_cel_machine_release(struct memory *memory, struct cel_machine *machine) {
  if (!machine) return;
  size_t header = (sizeof(struct cel_machine) + 15) & ~(size_t)15;
  pbk_release(memory, machine, header + machine->size);
}

void *pbk_cel_machine_room(struct cel_machine *machine) { return machine->scratch; }

void *pbk_cel_scratch(struct cel_machine *machine, uint64_t size) {
  size = (size + 7) & ~(uint64_t)7;
  if (size > machine->size - machine->used) {
    pbk_cel_exhaust(machine, "the condition needs too much working memory");
    return NULL;
  }
  void *piece = machine->scratch + machine->used;
  machine->used += (uint32_t)size;
  return piece;
}

void pbk_cel_exhaust(struct cel_machine *machine, const char *message) {
  if (!machine->exhausted) machine->exhausted = message;
}

bool pbk_cel_aside_begin(struct cel_machine *machine, struct cel_aside *aside) {
  aside->fuel = machine->fuel;
  aside->used = machine->used;
  aside->allowed = machine->walks < CEL_WALKS_ASIDE ? machine->walks : CEL_WALKS_ASIDE;
  if (aside->allowed == 0) return false;
  machine->fuel = aside->allowed;
  return true;
}

bool pbk_cel_aside_end(struct cel_machine *machine, const struct cel_aside *aside) {
  bool complete = !machine->exhausted;
  int64_t taken = aside->allowed - (machine->fuel > 0 ? machine->fuel : 0);
  machine->walks -= taken < machine->walks ? (uint32_t)taken : machine->walks;
  machine->fuel = aside->fuel;
  machine->used = aside->used;
  machine->exhausted = NULL;
  return complete;
}

const pbk_value *pbk_cel_shown_search(struct cel_machine *machine, const struct cel_shown *shown, uint32_t name) {
  for (uint32_t i = 0; i < shown->count; i++) {
    if (shown->names[i] != name) continue;
    machine->places[name % CEL_PLACES] = (uint16_t)i;
    return cel_shown_value(shown, i);
  }
  return NULL;
}

/* The text of an error, with the name it is about and the column, where the node is known. */
const char *pbk_cel_explain(struct cel_machine *machine, const char *message, uint32_t at) {
  const struct cel_program *program = machine->program;
  if (machine->silent || machine->world->matches_only) return "";
  if (at >= program->nodes.count) return message;
  const struct cel_node *node = &program->nodes.items[at];
  uint32_t column = 1, line = 1;
  for (uint32_t i = 0; i < node->offset && i < program->source.size; i++) {
    unsigned char c = (unsigned char)program->source.bytes[i];
    if (c == '\n') {
      line++;
      column = 1;
    } else if ((c & 0xc0) != 0x80) {
      column++;
    }
  }
  uint32_t name = UINT32_MAX;
  if (node->operation == OPERATION_FIELD) name = node->b;
  if (node->operation == OPERATION_ENTRY || node->operation == OPERATION_HAS_ENTRY || node->operation == OPERATION_SELECT)
    name = node->c;
  char quoted[140] = "";
  if (name != UINT32_MAX && message == pbk_cel_no_such_key) {
    const struct cel_value *text = &program->constants.items[name];
    uint32_t size = text->size < 120 ? text->size : 120;
    while (size && !pbk_utf8_valid((struct text){text->as.bytes, size})) size--;
    snprintf(quoted, sizeof quoted, ": '%.*s'", (int)size, text->as.bytes);
  }
  if (line > 1) {
    snprintf(machine->error_text, sizeof machine->error_text, "%.120s%s (line %u, column %u)", message, quoted,
             (unsigned)line, (unsigned)column);
  } else {
    snprintf(machine->error_text, sizeof machine->error_text, "%.120s%s (column %u)", message, quoted,
             (unsigned)column);
  }
  return machine->error_text;
}

void pbk_cel_evaluate_prepared(struct cel_machine *machine, struct cel_outcome *outcome) {
  struct cel_term term;
  pbk_cel_run(machine, machine->program->root, &term);
  outcome->error = NULL;
  outcome->until = term.until;
  if (term.value.kind == CEL_BOOL && !machine->exhausted) {
    outcome->state = term.value.as.integer ? CEL_TRUE : CEL_FALSE;
    cel_set_bool(&outcome->value, term.value.as.integer != 0);
    return;
  }
  if (term.value.kind != CEL_FAILED && !machine->exhausted) {
    outcome->state = CEL_OTHER;
    outcome->value = pbk_cel_settle_value(machine, term.value, 0);
    if (!machine->exhausted) return;
  }
  outcome->state = CEL_ERROR;
  outcome->value = (struct cel_value){.kind = CEL_NULL};
  if (machine->exhausted) {
    outcome->error = machine->exhausted;
    outcome->until = machine->soonest; /* until then it takes the same steps, and comes no further */
  } else {
    outcome->error = pbk_cel_explain(machine, term.value.as.bytes, term.value.size);
  }
}

void pbk_cel_evaluate_generally(struct cel_machine *machine, const struct cel_program *program,
                                const struct cel_world *world, struct cel_outcome *outcome) {
  pbk_cel_prepare(machine, program, world);
  pbk_cel_evaluate_prepared(machine, outcome);
  if (machine->loose) pbk_cel_look_ahead(machine, program, world, outcome);
}

