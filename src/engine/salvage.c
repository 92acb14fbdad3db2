/* engine/salvage.c - what can be trusted of a damaged storage, into another one (<playbook/storage.h>); declared in engine.h. */
#include "engine/opening.h"

/* Reads one generation as far as it can be trusted. */
static pbk_status take(struct pbk_engine *engine, struct survey *survey, uint32_t slot, struct journal_end *end,
                       pbk_opening *opening) {
  struct journal_reader *reader = &survey->slots[slot].reader;
  pbk_take_engine_id(engine, survey->slots[slot].start.engine_id);
  pbk_status status = pbk_check_semantics(&survey->slots[slot], opening);
  if (status == PBK_OK) status = pbk_find_end(reader, end, opening);
  if (status == PBK_OK) status = pbk_load_generation(engine, survey, &survey->slots[slot], end, opening);
  return status;
}

static pbk_status check_empty(const pbk_storage *storage, pbk_opening *opening) {
  uint64_t extent = 0;
  for (pbk_object i = 0; i < PBK_OBJECTS; i++) {
    if (storage->extent(storage->context, i, &extent) != 0)
      return pbk_opening_fails(opening, PBK_ERR_STORAGE, "the storage to salvage into failed");
    if (extent > 0) return pbk_opening_fails(opening, PBK_ERR_ARGUMENT, "the storage to salvage into is not empty");
  }
  return PBK_OK;
}

static pbk_status put(struct pbk_engine *engine, const pbk_storage *to, pbk_opening *opening) {
  struct journal *journal = &engine->journal;
  journal->storage = *to;
  journal->generation = opening->generation;
  journal->sequence = journal->durable = opening->sequence;
  engine->lines = (struct lines){.count = engine->kept_lines, .passed = engine->kept_part, .status = engine->lines.status};
  pbk_recover(engine, opening);
  pbk_journal_forget(journal); /* the snapshot has it */
  journal->sequence = opening->sequence;
  if (!pbk_make_snapshot(engine, false, false)) {
    engine->broken = PBK_ERR_STORAGE;
    return pbk_opening_fails(opening, PBK_ERR_STORAGE, "writing the new storage failed");
  }
  return PBK_OK;
}

/* Says what was taken, and what was not. */
static void tell(pbk_opening *opening, bool older, const struct journal_end *end) {
  opening->dropped_records = end->later_records;
  opening->dropped_bytes = end->torn_bytes;
  opening->message_size = 0;
  pbk_opening_says(opening, TEXT("generation "));
  pbk_opening_says_number(opening, opening->generation);
  pbk_opening_says(opening, older ? TEXT(", as the newer one cannot be read, up to record ") : TEXT(" up to record "));
  pbk_opening_says_number(opening, opening->sequence);
  pbk_opening_says(opening, TEXT("; dropped behind it: "));
  pbk_opening_says_number(opening, end->torn_bytes);
  pbk_opening_says(opening, TEXT(" bytes, of which "));
  pbk_opening_says_number(opening, end->later_records);
  pbk_opening_says(opening, TEXT(" records can still be read"));
}

pbk_status pbk_salvage_stored(struct pbk_engine *engine, const pbk_storage *to, bool older, pbk_opening *opening) {
  struct survey survey;
  struct journal_end end = {0};
  memset(&survey, 0, sizeof survey);
  pbk_status status = check_empty(to, opening);
  if (status != PBK_OK) return status;
  status = pbk_survey(engine, &survey, opening);
  uint32_t slot = survey.newest == MAP_NONE || !older ? survey.newest : 1 - survey.newest;
  if (status == PBK_OK && (slot == MAP_NONE || !survey.slots[slot].started))
    status = pbk_opening_fails(opening, PBK_ERR_CORRUPT, "no generation of it can be read");
  if (status == PBK_OK) status = take(engine, &survey, slot, &end, opening);
  pbk_close_survey(&survey);
  if (status != PBK_OK) return opening->status = status;
  status = put(engine, to, opening);
  if (status == PBK_OK) tell(opening, older || end.type == RECORD_HANDOVER, &end);
  return opening->status = status;
}
