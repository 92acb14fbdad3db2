/* engine/opening.c - opening what a storage holds, and making snapshots in it; the formats stand in journal.h and snapshot.h, what it
 * promises in <playbook/storage.h>; declared in engine.h. */
#include "engine/opening.h"

#include "base/number.h"
#include "engine/snapshot.h"
#include "engine/state.h"

/* ---- telling ---- */

void pbk_opening_says(pbk_opening *opening, struct text text) {
  uint32_t room = PBK_OPENING_MESSAGE - opening->message_size;
  uint32_t size = text.size < room ? text.size : room;
  if (size) memcpy(opening->message + opening->message_size, text.bytes, size);
  opening->message_size += size;
}

void pbk_opening_says_number(pbk_opening *opening, uint64_t number) {
  char digits[NUMBER_TEXT_MOST];
  pbk_opening_says(opening, (struct text){digits, pbk_print_uint(digits, number)});
}

pbk_status pbk_opening_fails(pbk_opening *opening, pbk_status status, const char *why) {
  opening->message_size = 0;
  pbk_opening_says(opening, text_from(why));
  return opening->status = status;
}

static pbk_status fails_at(pbk_opening *opening, pbk_status status, pbk_object object, uint64_t offset, const char *why) {
  static const char *const names[] = {"journal 0", "journal 1", "snapshot 0", "snapshot 1"};
  pbk_opening_fails(opening, status, names[object]);
  pbk_opening_says(opening, TEXT(", byte "));
  pbk_opening_says_number(opening, offset);
  pbk_opening_says(opening, TEXT(": "));
  pbk_opening_says(opening, text_from(why));
  opening->has_place = 1;
  opening->object = object;
  opening->offset = offset;
  return status;
}

/* A failure while reading: of the storage, or of what it holds. */
static pbk_status fails_reading(pbk_opening *opening, const struct window *window, uint64_t offset, const char *why) {
  return window->failed ? fails_at(opening, PBK_ERR_STORAGE, window->object, offset, "the storage failed")
                        : fails_at(opening, PBK_ERR_CORRUPT, window->object, offset, why);
}

/* ---- the two journals ---- */

/* Reads what a journal begins with. */
static pbk_status survey_slot(struct pbk_engine *engine, struct slot *slot, pbk_object object, pbk_opening *opening) {
  struct journal_reader *reader = &slot->reader;
  const pbk_storage *storage = &engine->journal.storage;
  uint64_t count, durable;
  if (!pbk_open_reader(reader, storage, &engine->memory, object) ||
      storage->extent(storage->context, PBK_OBJECT_SNAPSHOT_0 + object, &slot->snapshot_extent) != 0)
    return fails_at(opening, PBK_ERR_STORAGE, object, 0, "the storage failed");
  slot->header = pbk_read_header(reader);
  if (reader->window.failed) return fails_reading(opening, &reader->window, 0, "");
  if (slot->header == HEADER_NEWER)
    return fails_at(opening, PBK_ERR_UNSUPPORTED, object, 8, "written by a newer version of libplaybook");
  if (slot->header == HEADER_FINE && reader->generation % 2 != (uint32_t)object) slot->header = HEADER_FOREIGN;
  struct record record;
  slot->started = slot->header == HEADER_FINE && pbk_read_record(reader, &record) && pbk_read_start(&record, &slot->start);
  if (slot->started) {
    uint32_t size = slot->start.engine_id.size; /* borrowed from the window */
    if (size > PBK_MAX_KEY) slot->started = false;
    else if (size) memcpy(slot->engine_id, slot->start.engine_id.bytes, size);
    slot->start.engine_id.bytes = slot->engine_id;
  }
  if (reader->window.failed) return fails_reading(opening, &reader->window, JOURNAL_HEADER, "");
  if (slot->started || slot->header == HEADER_EMPTY) return PBK_OK;
  /* Its beginning is not to be trusted: was it ever durable? */
  reader->any_generation = slot->header != HEADER_FINE;
  if (!pbk_scan_records(reader, 0, 0, &durable, &count)) return fails_reading(opening, &reader->window, 0, "");
  reader->any_generation = false;
  slot->was_durable = durable > 0;
  return PBK_OK;
}

pbk_status pbk_survey(struct pbk_engine *engine, struct survey *survey, pbk_opening *opening) {
  for (pbk_object i = 0; i < 2; i++) {
    pbk_status status = survey_slot(engine, &survey->slots[i], i, opening);
    if (status != PBK_OK) return status;
  }
  const struct slot *even = &survey->slots[0], *odd = &survey->slots[1];
  survey->newest = MAP_NONE;
  if (even->started) survey->newest = 0;
  if (odd->started && (!even->started || odd->reader.generation > even->reader.generation)) survey->newest = 1;
  return PBK_OK;
}

void pbk_close_survey(struct survey *survey) {
  for (uint32_t i = 0; i < 2; i++)
    if (survey->slots[i].reader.window.memory) pbk_close_reader(&survey->slots[i].reader);
  if (survey->snapshot.memory) pbk_close_window(&survey->snapshot);
}

/* ---- nothing there ---- */

/* Neither journal has a beginning: a storage that was never used, or whose first commit a crash cut short, or damage. */
static pbk_status open_nothing(struct survey *survey, pbk_opening *opening) {
  const struct slot *even = &survey->slots[0], *odd = &survey->slots[1];
  if (odd->header != HEADER_EMPTY)
    return fails_at(opening, PBK_ERR_CORRUPT, 1, 0, "the journal has no beginning that can be read");
  if (even->snapshot_extent || odd->snapshot_extent)
    return fails_at(opening, PBK_ERR_CORRUPT, 0, 0, "there is a snapshot, but the journal that belongs to it is missing");
  if (even->header == HEADER_FOREIGN) return fails_at(opening, PBK_ERR_CORRUPT, 0, 0, "this is not a journal of libplaybook");
  if (even->was_durable) return fails_at(opening, PBK_ERR_CORRUPT, 0, 0, "the journal's beginning is damaged");
  opening->torn_bytes = even->reader.window.extent;
  opening->is_new = 1;
  return PBK_OK;
}

/* ---- the end of a journal ---- */

pbk_status pbk_find_end(struct journal_reader *reader, struct journal_end *end, pbk_opening *opening) {
  struct record record;
  struct journal_reader walk = *reader; /* the window is shared: only one of the two is used at a time */
  end->bytes = walk.at;
  end->sequence = walk.sequence;
  end->type = RECORD_START;
  while (pbk_read_record(&walk, &record)) {
    if (!record_ends_commit(&record)) continue;
    end->bytes = walk.at;
    end->sequence = record.sequence;
    end->type = record.type;
  }
  end->valid_bytes = walk.at;
  reader->window = walk.window;
  if (walk.window.failed) return fails_reading(opening, &walk.window, walk.at, "");
  uint64_t durable, count;
  if (!pbk_scan_records(reader, walk.at, walk.sequence, &durable, &count))
    return fails_reading(opening, &reader->window, walk.at, "");
  end->torn_bytes = reader->window.extent - end->bytes;
  end->later_records = count + (walk.sequence - end->sequence);
  end->damaged = durable > end->sequence;
  return PBK_OK;
}

/* ---- replaying ---- */

static pbk_status diverged(pbk_opening *opening, pbk_object object, uint64_t offset) {
  return fails_at(opening, PBK_ERR_DIVERGED, object, offset,
                  "repeating the journal gave other outputs than the run that wrote it");
}

static pbk_status unreadable(pbk_opening *opening, pbk_object object, uint64_t offset) {
  return fails_at(opening, PBK_ERR_CORRUPT, object, offset, "a command that cannot be read");
}

static pbk_status without_memory(pbk_opening *opening) {
  return pbk_opening_fails(opening, PBK_ERR_NO_MEMORY, "not enough memory");
}

/* The keys of subjects that a record gives by their numbers. False: there are no such subjects. */
static bool name_subjects(const struct pbk_engine *engine, struct command *command) {
  for (int32_t kind = PBK_CONTACT; kind <= PBK_ACCOUNT; kind++) {
    uint32_t number = kind == PBK_CONTACT ? command->contact_number : command->account_number;
    if (!number) continue;
    if (number > pbk_subject_total(&engine->facts, kind)) return false;
    const struct subject *subject = pbk_subject_at(&engine->facts, kind, number - 1);
    if (subject->deleted) return false;
    if (kind == PBK_CONTACT) command->contact = subject_key(subject);
    else command->account = subject_key(subject);
  }
  return true;
}

static pbk_status replay_command(struct pbk_engine *engine, struct reader *reader, const struct record *record, pbk_object object,
                                 pbk_opening *opening) {
  struct command command;
  pbk_arena_reset(&engine->reading);
  if (!pbk_decode_command(reader, &engine->reading, &command))
    return unreadable(opening, object, record->at);
  if (!name_subjects(engine, &command)) return diverged(opening, object, record->at);
  bool answer = command.type == COMMAND_ANSWER || command.type == COMMAND_RECOVER;
  if (answer) command.alone = true; /* it came in the middle of something else */
  pbk_status status = pbk_submit(engine, &command);
  if (engine->stopped || status == PBK_ERR_NO_MEMORY) return without_memory(opening);
  return answer && status != PBK_OK ? diverged(opening, object, record->at) : PBK_OK;
}

static pbk_status replay_briefly(struct pbk_engine *engine, struct reader *reader, struct brief *brief, const struct record *record,
                                 pbk_object object, pbk_opening *opening) {
  switch (pbk_repeat_briefly(engine, reader, brief)) {
  case PBK_OK: return PBK_OK;
  case PBK_ERR_CORRUPT: return unreadable(opening, object, record->at);
  case PBK_ERR_DIVERGED: return diverged(opening, object, record->at);
  default: return without_memory(opening);
  }
}

static pbk_status replay_record(struct pbk_engine *engine, const struct record *record, pbk_object object,
                                pbk_opening *opening) {
  if (record_ends_commit(record)) {
    struct record_commit commit;
    if (record->type == RECORD_START || record->type == RECORD_HANDOVER) return PBK_OK;
    if (!pbk_read_commit(record, &commit))
      return fails_at(opening, PBK_ERR_CORRUPT, object, record->at, "a commit that cannot be read");
    return pbk_replay_commit(engine, &commit) ? PBK_OK : diverged(opening, object, record->at);
  }
  struct reader reader = {record->body, record->end, false};
  struct brief brief = {0};
  pbk_status status = PBK_OK;
  while (status == PBK_OK && reader.at < reader.end) {
    if (begins_briefly(&reader)) status = replay_briefly(engine, &reader, &brief, record, object, opening);
    else status = replay_command(engine, &reader, record, object, opening);
  }
  return status;
}

pbk_status pbk_replay(struct pbk_engine *engine, struct journal_reader *reader, const struct journal_end *end,
                      pbk_opening *opening) {
  struct record record;
  pbk_status status = PBK_OK;
  engine->replaying = true;
  while (status == PBK_OK && reader->at < end->bytes) {
    if (!pbk_read_record(reader, &record))
      return fails_reading(opening, &reader->window, reader->at, "it reads differently a second time");
    status = replay_record(engine, &record, reader->window.object, opening);
    opening->records++;
  }
  engine->replaying = false;
  return status;
}

/* ---- the newest generation ---- */

static pbk_status load_snapshot(struct pbk_engine *engine, struct survey *survey, const struct slot *slot,
                                pbk_opening *opening) {
  struct window *window = &survey->snapshot;
  struct snapshot_sum sum = {slot->start.snapshot_checksum, slot->start.snapshot_bytes};
  uint64_t damage = 0;
  if (slot->start.snapshot_bytes == 0) return PBK_OK;
  pbk_object object = snapshot_object(slot->reader.generation);
  enum snapshot_found found = SNAPSHOT_FAILED;
  if (pbk_open_window(window, &engine->journal.storage, &engine->memory, object))
    found = pbk_read_snapshot(window, engine, slot->reader.generation, sum, &opening->snapshot_sequence, &damage);
  switch (found) {
  case SNAPSHOT_WHOLE: return PBK_OK;
  case SNAPSHOT_DAMAGED: return fails_at(opening, PBK_ERR_CORRUPT, object, damage, "the snapshot is damaged");
  case SNAPSHOT_NEWER:
    return fails_at(opening, PBK_ERR_UNSUPPORTED, object, damage, "the snapshot was written by a newer version of libplaybook");
  case SNAPSHOT_NEEDS_ZLIB:
    return fails_at(opening, PBK_ERR_UNSUPPORTED, object, 0,
                    "the snapshot is compressed, and this library was built without zlib");
  case SNAPSHOT_DIVERGED:
    return fails_at(opening, PBK_ERR_DIVERGED, object, damage, "the snapshot's definitions do not read as they were written");
  default: return fails_at(opening, PBK_ERR_STORAGE, object, damage, "the storage failed");
  }
}

void pbk_take_engine_id(struct pbk_engine *engine, struct text id) {
  if (id.size) memcpy(engine->engine_id, id.bytes, id.size);
  engine->engine_id_size = id.size;
  pbk_set_engine_id(&engine->outbox, id);
}

pbk_status pbk_check_semantics(const struct slot *slot, pbk_opening *opening) {
  if (slot->start.semantics == SEMANTICS_VERSION) return PBK_OK;
  return fails_at(opening, PBK_ERR_UNSUPPORTED, slot->reader.window.object, JOURNAL_HEADER,
                  "it was written under other semantics than this library's");
}

/* The id of the engine, and the rules under which it ran. */
static pbk_status check_start(struct pbk_engine *engine, const struct slot *slot, pbk_opening *opening) {
  const struct record_start *start = &slot->start;
  pbk_status status = pbk_check_semantics(slot, opening);
  if (status != PBK_OK) return status;
  struct text given = {engine->engine_id, engine->engine_id_size};
  if (given.size && !text_equal(given, start->engine_id)) {
    pbk_opening_fails(opening, PBK_ERR_REFUSED, "the storage belongs to the engine `");
    pbk_opening_says(opening, start->engine_id);
    pbk_opening_says(opening, TEXT("`, not to `"));
    pbk_opening_says(opening, given);
    pbk_opening_says(opening, TEXT("`"));
    return PBK_ERR_REFUSED;
  }
  pbk_take_engine_id(engine, start->engine_id);
  return PBK_OK;
}

/* Loads the snapshot of a generation and repeats its journal up to `end`. */
pbk_status pbk_load_generation(struct pbk_engine *engine, struct survey *survey, struct slot *slot,
                               const struct journal_end *end, pbk_opening *opening) {
  opening->generation = slot->reader.generation;
  pbk_status status = load_snapshot(engine, survey, slot, opening);
  if (status != PBK_OK) return status;
  struct outputs *outputs = &engine->context.outputs;
  if (slot->start.last_output != outputs->last_seq || slot->start.digest != outputs->digest ||
      slot->start.definitions != pbk_definitions_checksum(engine))
    return diverged(opening, slot->reader.window.object, JOURNAL_HEADER);
  outputs->drainable_seq = outputs->last_seq;
  status = pbk_replay(engine, &slot->reader, end, opening);
  if (status != PBK_OK) return status;
  outputs->drainable_seq = outputs->last_seq;
  opening->sequence = end->sequence;
  opening->sealed = end->type == RECORD_SEALED;
  return PBK_OK;
}

static pbk_status open_newest(struct pbk_engine *engine, struct survey *survey, struct journal_end *end, pbk_opening *opening) {
  struct slot *slot = &survey->slots[survey->newest];
  pbk_object object = slot->reader.window.object;
  pbk_status status = check_start(engine, slot, opening);
  if (status != PBK_OK) return status;
  const struct slot *other = &survey->slots[1 - survey->newest];
  if (!other->started && other->was_durable && other->header == HEADER_FINE &&
      other->reader.generation > slot->reader.generation)
    return fails_at(opening, PBK_ERR_CORRUPT, other->reader.window.object, JOURNAL_HEADER,
                    "the beginning of the newest journal is damaged");
  status = pbk_find_end(&slot->reader, end, opening);
  if (status != PBK_OK) return status;
  if (end->damaged) {
    opening->dropped_records = end->later_records;
    return fails_at(opening, PBK_ERR_CORRUPT, object, end->valid_bytes, "a record is damaged that was durable");
  }
  if (end->type == RECORD_HANDOVER)
    return fails_at(opening, PBK_ERR_CORRUPT, object, end->bytes,
                    "the journal was handed over to the next generation, which is missing or damaged");
  status = pbk_load_generation(engine, survey, slot, end, opening);
  if (status != PBK_OK) return status;
  opening->torn_bytes = end->torn_bytes;
  struct journal *journal = &engine->journal;
  journal->generation = slot->reader.generation;
  journal->checksum = slot->reader.checksum;
  journal->sequence = journal->durable = end->sequence;
  journal->bytes = end->bytes;
  engine->lines = (struct lines){.count = engine->kept_lines, .passed = engine->kept_part, .status = engine->lines.status};
  return PBK_OK;
}

/* Cuts what was torn, and makes sure that the generation before does not pass for the newest. */
static pbk_status tidy(struct pbk_engine *engine, const struct survey *survey, pbk_opening *opening) {
  const pbk_storage *storage = &engine->journal.storage;
  pbk_object object = survey->newest == MAP_NONE ? 0 : (pbk_object)survey->newest, other = 1 - object;
  bool fine = true;
  engine->in_callback = true;
  if (opening->torn_bytes) fine = storage->truncate(storage->context, object, engine->journal.bytes) == 0;
  /* What a process left that was killed may never have reached the disk. */
  if (fine && (opening->torn_bytes || engine->journal.bytes)) fine = storage->sync(storage->context, object) == 0;
  if (fine && survey->newest != MAP_NONE && !survey->other_handed_over &&
      (survey->slots[other].header == HEADER_FINE || survey->slots[other].header == HEADER_TORN))
    fine = storage->truncate(storage->context, other, 0) == 0 && storage->sync(storage->context, other) == 0;
  engine->in_callback = false;
  return fine ? PBK_OK : fails_at(opening, PBK_ERR_STORAGE, object, engine->journal.bytes, "the storage failed");
}

/* Whether the journal of the generation before ends as it should: mostly its last record tells that by itself. */
static pbk_status look_at_other(struct survey *survey, pbk_opening *opening) {
  struct slot *other = &survey->slots[1 - survey->newest];
  struct journal_end end;
  if (!other->started || other->reader.generation + 1 != survey->slots[survey->newest].reader.generation) return PBK_OK;
  survey->other_handed_over = pbk_ends_with_handover(&other->reader);
  if (survey->other_handed_over) return PBK_OK;
  pbk_status status = pbk_find_end(&other->reader, &end, opening);
  survey->other_handed_over = status == PBK_OK && end.type == RECORD_HANDOVER;
  return status;
}

/* O8: what was offered without a durable outcome. */
void pbk_recover(struct pbk_engine *engine, pbk_opening *opening) {
  struct outbox *outbox = &engine->outbox;
  for (uint32_t i = outbox->ready_next; i < outbox->offered; i++) {
    const struct message *message = message_at(outbox, outbox->ready.items[i]);
    if (!message) continue;
    if (letter_of(outbox, message)->kind.policy == PBK_POLICY_HOLD) opening->unknown_outcome++;
    else opening->offered_again++;
  }
  if (opening->offered_again + opening->unknown_outcome == 0) return;
  struct command command = {.type = COMMAND_RECOVER, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME, .alone = true};
  uint32_t flags = engine->flags;
  engine->flags &= ~(uint32_t)PBK_DELIVER_AT_ONCE; /* the host asks for it with its next call */
  pbk_submit(engine, &command);
  engine->flags = flags;
}

static pbk_status open_storage(struct pbk_engine *engine, struct survey *survey, const pbk_open_options *options,
                               pbk_opening *opening) {
  struct journal_end end = {0};
  bool read_only = options && (options->flags & PBK_OPEN_READ_ONLY);
  pbk_status status = pbk_survey(engine, survey, opening);
  if (status == PBK_OK && survey->newest == MAP_NONE) {
    status = open_nothing(survey, opening);
    if (status == PBK_OK && options && (options->flags & PBK_OPEN_EXISTING))
      return pbk_opening_fails(opening, PBK_ERR_CORRUPT, "the storage is empty");
  } else if (status == PBK_OK) {
    status = open_newest(engine, survey, &end, opening);
    if (status == PBK_OK) status = look_at_other(survey, opening);
  }
  if (status != PBK_OK) return status;
  if (options && options->durable_sequence > opening->sequence) {
    pbk_opening_fails(opening, PBK_ERR_CORRUPT, "the storage ends with record ");
    pbk_opening_says_number(opening, opening->sequence);
    pbk_opening_says(opening, TEXT(", but the host knows of record "));
    pbk_opening_says_number(opening, options->durable_sequence);
    return PBK_ERR_CORRUPT;
  }
  if (read_only) {
    engine->broken = PBK_ERR_CLOSED;
    return PBK_OK;
  }
  status = tidy(engine, survey, opening);
  if (status != PBK_OK) return status;
  if (survey->newest == MAP_NONE) pbk_begin_journal(engine, 0, 0, 0);
  else pbk_recover(engine, opening);
  return engine->stopped ? pbk_opening_fails(opening, PBK_ERR_NO_MEMORY, "not enough memory") : PBK_OK;
}

pbk_status pbk_open_stored(struct pbk_engine *engine, const pbk_open_options *options, pbk_opening *opening) {
  struct survey survey;
  memset(&survey, 0, sizeof survey);
  pbk_status status = open_storage(engine, &survey, options, opening);
  pbk_close_survey(&survey);
  return opening->status = status;
}

/* ---- new journals, snapshots ---- */

void pbk_begin_journal(struct pbk_engine *engine, uint32_t generation, uint32_t snapshot_checksum, uint64_t snapshot_bytes) {
  struct record_start start = {.semantics = SEMANTICS_VERSION,
                               .engine_id = {engine->engine_id, engine->engine_id_size},
                               .snapshot_checksum = snapshot_checksum,
                               .snapshot_bytes = snapshot_bytes,
                               .definitions = pbk_definitions_checksum(engine),
                               .digest = engine->context.outputs.digest,
                               .last_output = engine->context.outputs.last_seq};
  pbk_journal_begin(&engine->journal, generation, &start);
}

static bool empty(const pbk_storage *storage, pbk_object object) {
  uint64_t extent = 0;
  if (storage->extent(storage->context, object, &extent) != 0) return false;
  if (extent == 0) return true;
  return storage->truncate(storage->context, object, 0) == 0 && storage->sync(storage->context, object) == 0;
}

bool pbk_make_snapshot(struct pbk_engine *engine, bool compressed, bool handover) {
  struct journal *journal = &engine->journal;
  const pbk_storage *storage = &journal->storage;
  uint32_t generation = journal->generation + 1;
  struct snapshot_sum sum;
  /* The slot of the generation before the last is free. Its journal goes first: without it its snapshot counts for nothing. */
  if (!empty(storage, journal_object(generation)) || !empty(storage, snapshot_object(generation))) return false;
  if (!pbk_write_snapshot(engine, generation, compressed, &sum)) return false;
  if (storage->sync(storage->context, snapshot_object(generation)) != 0) return false;
  struct journal before = *journal;
  if (!pbk_prepare(engine, NULL, 0)) return false;
  before.buffer = (struct writer){.memory = &engine->memory};
  pbk_begin_journal(engine, generation, sum.checksum, sum.bytes);
  journal->bytes = 0;
  bool fine = pbk_journal_flush(journal);
  if (fine && handover) {
    pbk_journal_handover(&before);
    fine = pbk_journal_flush(&before);
  }
  pbk_writer_release(&before.buffer);
  pbk_unprepare(engine);
  return fine;
}
