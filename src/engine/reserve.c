/* engine/reserve.c - memory is put by before anything is done, so that nothing is ever done by halves; declared in engine.h.
 *
 * The host may refuse memory at any time. What has begun is finished out of what was put by; what has not is not begun. How much that is
 * cannot be known exactly: it is meant to be ample. Where it is not (an account of many thousand contacts that all enroll at once, while
 * the host gives nothing more), the engine stops for good, as after a failed storage, and goes on from its journal. */
#include "base/value.h"
#include "engine/engine.h"

enum {
  RESERVE_LEAST = 1 << 17,
  RESERVE_CONTACT = 512,          /* for each contact of the largest account */
  RESERVE_CONTACTS_MOST = 1 << 22,
  RESERVE_RECORDS = 2048          /* in the journal, beside the command itself: partial ones, commits */
};

/* At least what a command takes in a record. Keys have at most 255 bytes; what may be longer is looked at. */
static uint64_t extent_of(const struct command *command) {
  enum { KEYS = 16 * (PBK_MAX_KEY + 16) };
  uint64_t extent = KEYS + (uint64_t)command->event.size + command->stage.size + command->note.size + command->reason.size +
                    command->path.size + command->zones.size;
  if (command->traits) extent += pbk_value_extent(command->traits) + 16;
  if (command->problem) extent += command->problem->message_size + command->problem->path_size;
  return extent;
}

uint64_t pbk_command_extent(struct pbk_engine *engine, const struct command *command) {
  if (command->type != COMMAND_DEFINE) return extent_of(command);
  struct writer *writer = &engine->line; /* definitions are measured by writing them */
  writer->size = 0;
  pbk_encode_command(writer, command);
  return writer->size;
}

static uint64_t least(const struct pbk_engine *engine) {
  uint64_t contacts = (uint64_t)engine->facts.largest_account * RESERVE_CONTACT;
  return RESERVE_LEAST + (contacts < RESERVE_CONTACTS_MOST ? contacts : RESERVE_CONTACTS_MOST);
}

bool pbk_prepare(struct pbk_engine *engine, const struct command *command, uint64_t extent) {
  uint64_t reserve = least(engine);
  struct memory *memory = &engine->memory;
  memory->chunks.may_use_spare = false;
  if (command && command->type == COMMAND_DEFINE) {
    uint64_t subjects = (uint64_t)engine->facts.contacts.count + engine->facts.accounts.count;
    reserve += extent * 64 + subjects * 24; /* memberships and wake-ups of whoever is there */
  } else if (command) {
    reserve += extent * (command->zones.size ? 2 : 8);
  }
  if (reserve > SIZE_MAX / 2) reserve = SIZE_MAX / 2;
  bool room = !journal_kept(&engine->journal) || engine->replaying ||
              pbk_writer_prepare(&engine->journal.buffer, extent + RESERVE_RECORDS);
  if (!room || !pbk_chunks_reserve(memory, (size_t)reserve)) {
    engine->stopped = PBK_ERR_NO_MEMORY;
    return false;
  }
  memory->chunks.may_use_spare = true;
  return true;
}

void pbk_unprepare(struct pbk_engine *engine) { engine->memory.chunks.may_use_spare = false; }
