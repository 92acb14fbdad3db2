/* engine/reserve.c - memory is put by before anything is done, so that nothing is ever done by halves; declared in engine.h.
 *
 * The host may refuse memory at any time. What has begun is finished out of what was put by; what has not is not begun. How much that is
 * cannot be known exactly: it is meant to be ample, and rows over all subjects, messages and so on that are about to grow are counted in.
 * Where it is not (an account of many thousand contacts that all enroll at once, while the host gives nothing more), the engine stops for
 * good, as after a failed storage, and goes on from its journal. */
#include "base/value.h"
#include "engine/engine.h"

enum {
  RESERVE_LEAST = 1 << 17,
  RESERVE_CONTACT = 512,          /* for each contact of the largest account */
  RESERVE_CONTACTS_MOST = 1 << 22
};

/* At least what a command takes in a record. A key that is too long is refused, but recorded all the same. */
static uint64_t extent_of(const struct command *command) {
  enum { OTHERS = 16 * (PBK_MAX_KEY + 16) };
  uint64_t extent = OTHERS + (uint64_t)command->message_id.size + command->contact.size + command->account.size + command->previous.size +
                    command->role.size + command->user.size + command->sender.size + command->persona.size +
                    command->playbook.size + command->branch.size + command->template.size + command->event.size + command->stage.size + command->note.size + command->reason.size +
                    command->path.size + command->zones.size;
  if (command->traits) extent += pbk_value_extent(command->traits) + 16;
  if (command->problem) extent += command->problem->message_size + command->problem->path_size;
  return extent;
}

/* A contact that may get another account, or an event that counts elsewhere, or goes: what it shares with its account is parted. */
static uint64_t parting_extent(const struct facts *facts, const struct command *command) {
  bool elsewhere = command->account.bytes && (command->type == COMMAND_TRACK || command->type == COMMAND_GROUP);
  if (!command->contact.bytes || !(elsewhere || command->type == COMMAND_DELETE)) return 0;
  uint32_t contact = command->contact_number ? command->contact_number - 1 : pbk_find_contact(facts, command->contact);
  if (contact == MAP_NONE) return 0;
  uint32_t account = MAP_NONE;
  if (elsewhere) account = command->account_number ? command->account_number - 1 : pbk_find_account(facts, command->account);
  return pbk_parting_growth(facts, contact, account);
}

uint64_t pbk_command_extent(struct pbk_engine *engine, const struct command *command) {
  enum { PLAIN = 4096 };
  bool plain = !command->traits && !command->problem && !command->zones.bytes && command->type != COMMAND_DEFINE;
  if (command->type != COMMAND_DEFINE) {
    uint64_t parting = parting_extent(&engine->facts, command);
    return parting + (plain && (!journal_kept(&engine->journal) || engine->replaying) ? PLAIN : extent_of(command));
  }
  struct writer *writer = &engine->line; /* definitions are measured by writing them */
  writer->size = 0;
  pbk_encode_command(writer, command);
  return writer->size;
}

/* ---- rows about to be full: they grow by half, maps a part at a time ---- */

enum { GROWTH_LOOKED_AT = 64, GROWTH_SOON = 16 * GROWTH_LOOKED_AT, GROWTH_SMALL = 1024 };

/* Inputs until the next look: the more, the more there is to look at, but a quarter of what is foreseen at most. */
static uint32_t looks_apart(const struct pbk_engine *engine) {
  uint32_t more = engine->audiences.memberships.count / 4, most = GROWTH_SOON / 4 - GROWTH_LOOKED_AT;
  return GROWTH_LOOKED_AT + (more < most ? more : most);
}

static uint64_t growth(uint32_t count, uint32_t capacity, size_t size) {
  if (capacity < GROWTH_SMALL || capacity - count > GROWTH_SOON) return 0;
  return ((uint64_t)capacity + capacity / 2) * size;
}
#define ROW_GROWTH(row) growth((row).count, (row).capacity, sizeof *(row).items)

static uint64_t both_growth(const struct facts *facts, const struct words *contacts, const struct words *accounts) {
  return words_growth(contacts, facts->contacts.count + GROWTH_SOON) +
         words_growth(accounts, facts->accounts.count + GROWTH_SOON);
}

static uint64_t open_growth(const struct facts *facts, const struct open_of *open) {
  return sparse_growth(&open->contacts, facts->contacts.count + GROWTH_SOON) +
         sparse_growth(&open->accounts, facts->accounts.count + GROWTH_SOON);
}

static uint64_t rows_growth(const struct pbk_engine *engine) {
  const struct facts *facts = &engine->facts;
  const struct outbox *outbox = &engine->outbox;
  const struct playbooks *playbooks = &engine->playbooks;
  const struct letters *letters = &engine->context.outputs.letters;
  const struct calendar *calendar = &engine->context.calendar;
  uint64_t bytes = pbk_facts_growth(facts, GROWTH_SOON) + pbk_map_growth(&facts->contact_keys) +
                   pbk_map_growth(&facts->account_keys) +
                   open_growth(facts, &outbox->open_messages) + open_growth(facts, &outbox->open_tasks) +
                   both_growth(facts, &playbooks->of_contacts, &playbooks->of_accounts) +
                   ROW_GROWTH(letters->items) + pbk_map_growth(&letters->map) + pbk_seen_growth(&engine->seen, GROWTH_SOON) +
                   ROW_GROWTH(calendar->lanes) + ROW_GROWTH(calendar->heads) + ROW_GROWTH(calendar->hours) +
                   growth(calendar->slot_count / 3 * 4, calendar->slot_capacity, 2 * sizeof *calendar->slots);
  uint32_t soon =
    (facts->contacts.count > facts->accounts.count ? facts->contacts.count : facts->accounts.count) + GROWTH_SOON;
  for (uint32_t i = 0; i < CEL_MOST_SHOWN; i++) {
    uint32_t traits = engine->audiences.shown[i].traits.capacity; /* how many come next is not known */
    bytes += growth(traits, traits, sizeof *engine->audiences.shown[i].traits.items);
  }
  for (uint32_t i = 0; i < engine->audiences.memberships.count; i++) {
    const struct membership *membership = &engine->audiences.memberships.items[i];
    bytes += ROW_GROWTH(membership->bits) + words_growth(&membership->armed, soon) +
             words_growth(&membership->signs, soon / 8);
    if (membership->alike.pages.count > 0) bytes += words_growth(&membership->alike, facts->accounts.count + GROWTH_SOON);
  }
  return bytes;
}

/* What anything may need; looked at now and then, as it changes slowly. */
static void look_at_growth(struct pbk_engine *engine) {
  uint64_t contacts = (uint64_t)engine->facts.largest_account * RESERVE_CONTACT;
  engine->least = RESERVE_LEAST + rows_growth(engine) + (contacts < RESERVE_CONTACTS_MOST ? contacts : RESERVE_CONTACTS_MOST);
}

bool pbk_prepare_anew(struct pbk_engine *engine, const struct command *command, uint64_t extent) {
  struct memory *memory = &engine->memory;
  if (engine->looks_left == 0) {
    look_at_growth(engine);
    engine->looks_left = looks_apart(engine);
  }
  uint64_t reserve = engine->least;
  memory->chunks.may_use_spare = false;
  if (command && command->type == COMMAND_DEFINE) {
    uint64_t subjects = (uint64_t)engine->facts.contacts.count + engine->facts.accounts.count;
    reserve += extent * 64 + subjects * 24; /* memberships and wake-ups of whoever is there */
    reserve += pbk_watching_growth(&engine->facts);
  } else if (command) {
    reserve += extent * (command->zones.size ? 2 : 8);
  }
  if (reserve > SIZE_MAX / 2) reserve = SIZE_MAX / 2;
  bool room = !journal_kept(&engine->journal) || engine->replaying ||
              pbk_writer_prepare(&engine->journal.buffer, extent + RESERVE_RECORDS);
  if (!room || (!chunks_reserved(&memory->chunks, reserve) && !pbk_chunks_reserve(memory, (size_t)reserve))) {
    engine->stopped = PBK_ERR_NO_MEMORY;
    return false;
  }
  memory->chunks.may_use_spare = true;
  return true;
}

