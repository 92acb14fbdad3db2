/* audience/audience.c - definitions and members of personas and segments; see audience.h. */
#include "audience/audience.h"

#include "audience/schema.h"
#include "audience/vocabulary.h"
#include "audience/world.h"
#include "base/value.h"

void pbk_audiences_init(struct audiences *audiences, struct context *context, struct facts *facts) {
  *audiences = (struct audiences){.context = context, .facts = facts};
  audiences->tag.audience = MAP_NONE;
  pbk_world_init(audiences);
  audiences->machine = pbk_cel_machine_create(context->memory);
  pbk_registry_init(&audiences->registry, context->memory, &context->names);
  pbk_registry_init(&audiences->schemas, context->memory, &context->names);
}

void pbk_release_audience(struct audiences *audiences, struct audience *audience) {
  if (!audience) return;
  struct memory *memory = audiences->context->memory;
  if (audience->program) pbk_cel_release(memory, audience->program);
  pbk_release(memory, (void *)(uintptr_t)audience->source.bytes, audience->source.size);
  pbk_release(memory, audience, sizeof *audience);
}

void pbk_audiences_release(struct audiences *audiences) {
  if (!audiences->context) return; /* memory ran out before it was made */
  struct memory *memory = audiences->context->memory;
  for (uint32_t i = 0; i < audiences->registry.entries.count; i++)
    pbk_release_audience(audiences, audiences->registry.entries.items[i].current);
  for (uint32_t i = 0; i < audiences->memberships.count; i++) {
    array_release(memory, &audiences->memberships.items[i].bits);
    pbk_words_release(memory, &audiences->memberships.items[i].armed);
    pbk_words_release(memory, &audiences->memberships.items[i].signs);
    pbk_forget_alike(audiences, i);
    if (audiences->memberships.items[i].gate) pbk_cel_release(memory, audiences->memberships.items[i].gate);
  }
  for (uint32_t i = 0; i < CEL_MOST_SHOWN; i++) array_release(memory, &audiences->shown[i].traits);
  for (uint32_t i = 0; i < audiences->schemas.entries.count; i++)
    pbk_schema_release(memory, audiences->schemas.entries.items[i].current);
  pbk_registry_release(&audiences->schemas);
  pbk_registry_release(&audiences->registry);
  array_release(memory, &audiences->memberships);
  pbk_readers_release(memory, &audiences->readers);
  array_release(memory, &audiences->of_new);
  array_release(memory, &audiences->of_creation);
  array_release(memory, &audiences->of_account);
  array_release(memory, &audiences->pending);
  array_release(memory, &audiences->flips);
  pbk_release(memory, (void *)(uintptr_t)audiences->zones.bytes, audiences->zones.size);
  if (audiences->machine) pbk_cel_machine_release(memory, audiences->machine);
}

/* ---- keys ----
 * Personas and segments share one definition order, and so one registry; a mark in front keeps their keys apart. */

struct marked_key {
  char bytes[PBK_MAX_KEY + 1];
  uint32_t size;
};

static struct text marked(struct marked_key *to, pbk_definition_kind kind, struct text key) {
  if (key.size > PBK_MAX_KEY) return NO_TEXT;
  to->bytes[0] = kind == PBK_DEFINE_PERSONA ? 'p' : 's';
  if (key.size) memcpy(to->bytes + 1, key.bytes, key.size);
  to->size = key.size + 1;
  return (struct text){to->bytes, to->size};
}

uint32_t pbk_find_audience(const struct audiences *audiences, pbk_definition_kind kind, struct text key) {
  struct marked_key space;
  return pbk_registry_find(&audiences->registry, marked(&space, kind, key));
}

uint32_t pbk_find_audience_latest(const struct audiences *audiences, pbk_definition_kind kind, struct text key) {
  struct marked_key space;
  return pbk_registry_find_latest(&audiences->registry, marked(&space, kind, key));
}

struct text pbk_audience_key(const struct audiences *audiences, uint32_t place) {
  struct text key = name_text(audiences->context, registry_name(&audiences->registry, place));
  return (struct text){key.bytes + 1, key.size - 1};
}

/* ---- definitions ---- */

static struct cel_program *compile(struct audiences *audiences, pbk_definition_kind kind, int32_t of, uint32_t place,
                                   struct text source, struct problem *problem) {
  struct cel_error error = {0};
  enum condition_use use = kind == PBK_DEFINE_PERSONA ? CONDITION_PERSONA : CONDITION_SEGMENT;
  struct cel_program *program = pbk_compile_condition(audiences, use, of, place, source, &error);
  if (!program) pbk_refuse_condition(problem, "when", &error);
  return program;
}

uint32_t pbk_propose_audience(struct audiences *audiences, pbk_definition_kind kind, const pbk_audience *definition,
                              struct audience **proposed, struct problem *problem) {
  struct memory *memory = audiences->context->memory;
  struct text source = private_text(definition->when);
  int32_t of = definition->of == PBK_ACCOUNT ? PBK_ACCOUNT : PBK_CONTACT;
  struct marked_key space;
  struct text key = marked(&space, kind, private_text(definition->key));
  uint32_t place = pbk_registry_find_latest(&audiences->registry, key);
  if (place != MAP_NONE) {
    const struct audience *before = registry_latest(&audiences->registry, place);
    if (before->of != of) {
      pbk_problem_enter(problem, TEXT("of"));
      pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, "the kind of subjects of a segment cannot change");
      return MAP_NONE;
    }
  }
  if (kind == PBK_DEFINE_SEGMENT && !source.bytes) {
    pbk_problem_at(problem, PBK_CODE_BAD_DEFINITION, "a segment needs a condition: 'when' is missing");
    return MAP_NONE;
  }
  struct cel_program *program = NULL;
  if (source.bytes) {
    uint32_t own = place != MAP_NONE ? place : audiences->registry.entries.count;
    program = compile(audiences, kind, of, own, source, problem);
    if (!program) return MAP_NONE;
  }
  struct audience *audience = pbk_allocate_cleared(memory, sizeof *audience);
  *audience = (struct audience){.kind = kind, .of = of, .program = program};
  if (source.size) {
    char *copy = pbk_allocate(memory, source.size);
    memcpy(copy, source.bytes, source.size);
    audience->source = (struct text){copy, source.size};
  }
  *proposed = audience;
  return pbk_registry_propose(&audiences->registry, key, pbk_names_intern(&audiences->context->names, key), audience);
}

bool pbk_restore_audience(struct audiences *audiences, uint32_t place, struct audience *audience) {
  struct problem problem;
  pbk_problem_clear(&problem);
  if (!audience->source.bytes) return audience->kind == PBK_DEFINE_PERSONA;
  audiences->restoring = true;
  audience->program = compile(audiences, audience->kind, audience->of, place, audience->source, &problem);
  audiences->restoring = false;
  return audience->program != NULL;
}

bool pbk_program_names(const struct cel_program *program, uint32_t place) {
  if (!program) return false;
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    if (read.kind == CEL_READS_MEMBER && read.number == place) return true;
  }
  return false;
}

bool pbk_audience_named(const struct audiences *audiences, uint32_t place) {
  for (uint32_t i = 0; i < audiences->registry.entries.count; i++) {
    const struct audience *other = registry_latest(&audiences->registry, i);
    if (other && pbk_program_names(other->program, place)) return true;
  }
  return false;
}

void pbk_install_audience(struct audiences *audiences, uint32_t place, struct audience *audience) {
  while (audiences->memberships.count <= place) {
    struct membership empty = {0};
    array_push(audiences->context->memory, &audiences->memberships, empty);
  }
  pbk_release_audience(audiences, pbk_registry_install(&audiences->registry, place, audience));
  pbk_index_reads(audiences, place);
  struct membership *membership = &audiences->memberships.items[place];
  uint32_t total = pbk_subject_total(audiences->facts, audience->of);
  array_reserve(audiences->context->memory, &membership->bits, total / 64 + 1);
}

/* The next audience at or after `place` that must be looked at because one is defined: itself, or one that names it. */
static uint32_t next_concerned(const struct audiences *audiences, uint32_t defined, uint32_t place) {
  for (; place < audiences->registry.entries.count; place++) {
    const struct audience *audience = audience_at(audiences, place);
    if (audience && audience->program && (place == defined || pbk_program_names(audience->program, defined))) return place;
  }
  return MAP_NONE;
}

static void forget_wake(const struct membership *membership, uint32_t subject) {
  uint64_t *armed = words_at(&membership->armed, subject);
  unsigned char *sign = sign_at(membership, subject);
  if (armed) *armed = 0;
  if (sign) *sign = 0;
}

bool pbk_settle_audience(struct audiences *audiences, uint32_t defined, struct settling *settling, uint64_t *budget) {
  if (settling->audience == MAP_NONE) settling->audience = next_concerned(audiences, defined, defined);
  while (settling->audience != MAP_NONE) {
    uint32_t place = settling->audience;
    int32_t of = audience_at(audiences, place)->of;
    uint32_t total = pbk_subject_total(audiences->facts, of);
    struct membership *membership = &audiences->memberships.items[place];
    if (settling->subject == 0) pbk_forget_alike(audiences, place);
    for (; settling->subject < total; settling->subject++) {
      if (*budget == 0) return false;
      --*budget;
      forget_wake(membership, settling->subject);
      if (!pbk_subject_at(audiences->facts, of, settling->subject)->deleted)
        pbk_settle_membership(audiences, place, settling->subject);
    }
    settling->subject = 0;
    settling->audience = next_concerned(audiences, defined, place + 1);
  }
  return true;
}

void pbk_install_audience_removal(struct audiences *audiences, uint32_t place) {
  pbk_release_audience(audiences, pbk_registry_install_removal(&audiences->registry, place));
  struct membership *membership = &audiences->memberships.items[place];
  array_release(audiences->context->memory, &membership->bits);
  pbk_words_release(audiences->context->memory, &membership->armed);
  membership->count = 0;
  pbk_index_reads(audiences, place);
}

/* ---- members ---- */

void pbk_set_member(struct audiences *audiences, uint32_t place, uint32_t subject, bool member) {
  struct membership *membership = &audiences->memberships.items[place];
  while (membership->bits.count <= subject / 64) array_push(audiences->context->memory, &membership->bits, 0);
  uint64_t bit = (uint64_t)1 << (subject % 64), *word = &membership->bits.items[subject / 64];
  if (member && !(*word & bit)) membership->count++;
  if (!member && (*word & bit)) membership->count--;
  *word = member ? *word | bit : *word & ~bit;
}
