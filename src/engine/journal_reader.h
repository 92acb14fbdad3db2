/* engine/journal_reader.h - reading a journal record by record, believing nothing; the format stands in journal.h. */
#ifndef PBK_ENGINE_JOURNAL_READER_H
#define PBK_ENGINE_JOURNAL_READER_H

#include "engine/journal.h"
#include "engine/window.h"

struct journal_reader {
  struct window window;   /* `failed` tells that the storage failed */
  uint32_t generation;
  bool any_generation;    /* scanning: the header is not to be trusted */
  uint64_t at;            /* of the next record */
  uint64_t sequence;      /* of the record before; 0: the next one decides */
  uint32_t checksum;      /* of the record before, or of the header */
};

struct record {
  uint64_t at;
  uint32_t size;
  uint64_t sequence, durable;
  enum record_type type; /* or that of a command */
  const unsigned char *body, *end; /* in the window: until the next record is read */
};

enum journal_header {
  HEADER_EMPTY,   /* the object is */
  HEADER_FOREIGN, /* not ours: something else stands there */
  HEADER_TORN,    /* ours in part, or zeros */
  HEADER_NEWER,   /* another major version, or features that this library does not know */
  HEADER_FINE
};

/* False: the storage failed. */
bool pbk_open_reader(struct journal_reader *reader, const pbk_storage *storage, struct memory *memory, pbk_object object);
void pbk_close_reader(struct journal_reader *reader);
/* Reads the header; the reader then stands at the first record. */
enum journal_header pbk_read_header(struct journal_reader *reader);
/* The next record, or false where there is none that is valid and follows the one before (see `failed`). */
bool pbk_read_record(struct journal_reader *reader, struct record *record);
/* Looks through the bytes from `at` on for valid records of the generation, wherever they begin, whose sequence is past `sequence`. The
 * greatest durable sequence among them, and how many there are. False: the storage failed. */
bool pbk_scan_records(struct journal_reader *reader, uint64_t at, uint64_t sequence, uint64_t *durable, uint64_t *count);

/* Whether the last record hands over to the generation behind this one's. */
bool pbk_ends_with_handover(struct journal_reader *reader);

bool pbk_read_start(const struct record *record, struct record_start *start);
bool pbk_read_commit(const struct record *record, struct record_commit *commit);

static inline bool record_ends_commit(const struct record *record) {
  return record->type == RECORD_START || record->type == RECORD_COMMIT || record->type == RECORD_SEALED ||
         record->type == RECORD_HANDOVER;
}

#endif
