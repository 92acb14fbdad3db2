/* engine/opening.h - the parts of opening a storage that salvage uses too. */
#ifndef PBK_ENGINE_OPENING_H
#define PBK_ENGINE_OPENING_H

#include "engine/engine.h"
#include "engine/journal_reader.h"

/* One of the two journals. */
struct slot {
  struct journal_reader reader;
  enum journal_header header;
  bool started;        /* its first record is there */
  struct record_start start;
  char engine_id[PBK_MAX_KEY];
  bool was_durable;    /* not started, and yet records in it say that its beginning was durable */
  uint64_t snapshot_extent;
};

struct survey {
  struct slot slots[2];
  uint32_t newest;     /* slot, or MAP_NONE */
  bool other_handed_over;
  struct window snapshot;
};

/* Where the commits of a journal end. */
struct journal_end {
  uint64_t bytes;         /* behind the last one */
  uint64_t sequence;      /* its number */
  enum record_type type;
  uint64_t valid_bytes;   /* behind the last record that can be read */
  uint64_t torn_bytes;    /* behind the last commit */
  uint64_t later_records; /* among them */
  bool damaged;           /* they hold something that was durable */
};

/* Each: PBK_OK, or what opening fails with. */
pbk_status pbk_survey(struct pbk_engine *engine, struct survey *survey, pbk_opening *opening);
void pbk_close_survey(struct survey *survey);
/* The rules under which it was written: repeated under others it would be something else. */
pbk_status pbk_check_semantics(const struct slot *slot, pbk_opening *opening);
pbk_status pbk_find_end(struct journal_reader *reader, struct journal_end *end, pbk_opening *opening);
pbk_status pbk_load_generation(struct pbk_engine *engine, struct survey *survey, struct slot *slot,
                               const struct journal_end *end, pbk_opening *opening);
/* The id that is kept is the engine's. */
void pbk_take_engine_id(struct pbk_engine *engine, struct text id);
/* Gives up or offers again what was offered without a durable outcome (O8). */
void pbk_recover(struct pbk_engine *engine, pbk_opening *opening);
/* The message of an opening, piece by piece. */
void pbk_opening_says(pbk_opening *opening, struct text text);
void pbk_opening_says_number(pbk_opening *opening, uint64_t number);
pbk_status pbk_opening_fails(pbk_opening *opening, pbk_status status, const char *why);

#endif
