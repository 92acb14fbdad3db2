/* engine/journal.h - the journal: what it looks like byte by byte, and writing it. Reading stands in journal_reader.h, snapshots in
 * snapshot.h, opening in opening.c.
 *
 * Everything is little-endian. `uint` is a number in LEB128 (seven bits a byte, lowest first, the top bit says that more follow), `int`
 * the same of a signed number in zigzag, a `text` its size plus one as uint (0: not given) and its bytes.
 *
 * Generation G has its journal in object G mod 2, and (but for the first, 0) its snapshot in object 2 + G mod 2. A journal is a header and
 * records without gaps:
 *
 *   header   8 bytes "PBKJOURN" | u16 major, 1 | u16 minor, 0 | u32 required features, none yet | u32 generation
 *            | u32 CRC-32C of these 20 bytes
 *   record   u32 bytes of the whole record | u32 generation | u64 sequence | u64 durable sequence | u32 CRC of the record before (or of
 *            the header) | body | u32 CRC-32C of all before it
 *
 * A reader of this major version reads every minor one; it refuses features and major versions that it does not know, and never writes
 * into what it refuses. Sequences count records from 1 on, through all generations, without holes. The durable sequence is that of the
 * last record known to be durable when this one was written. A body is one command or several, one behind the other (command.h,
 * encoding.c). The first byte is the number of the first command's type, or one of these:
 *
 *   100 start     the first record of each journal: uint semantics version | uint size of the engine's id, the id | u32 CRC of the snapshot that it goes on
 *                 from | uint its bytes (0: none) | u32 checksum of the definitions | u32 digest of the outputs | uint last output
 *   101 commit    uint flags (1: what was ready has been handed over in outputs, as nobody delivers) | uint lines of input that are wholly
 *                 in | uint commands of the next one that are | uint last output | uint last output taken by the host | u32 digest of the outputs: over all of them, each with
 *                 what a host sees of it (base/telling.c, base/outputs.c)
 *   102 sealed    the same: closed cleanly
 *   103 handover  uint the next generation: it is durable, this journal has ended. The sequence is that of the start record there
 *
 * Commands that come by the million are told briefly (brief.c), and begin with one of these bytes in place of a type. Times and messages
 * count from the one told briefly before in the same record, or from 0. Names have places in a list of JOURNAL_NAMES that goes through the
 * whole journal, empty at its beginning; a place can be given to another name.
 *
 *   64 event      u8 bytes of the time (15: it has none) and, times 16, of the contact | its time, zigzag: received and happened | the
 *                 contact's place, from 1 | u8 place of the event's name. Both are cut to their lowest bytes
 *   65 named      the same of a name that takes the place: uint its size and its bytes behind it
 *   66, 67        both, of a line of input
 *   68 … 71       these four with a messageId behind them: u8 how many bytes it begins with that the one before in the record begins
 *                 with too | u8 how many follow, those
 *   72 approval   int message
 *   73 sent       int message, whose delivery was answered so
 *
 * What stands between two commits is taken whole or not at all. Bytes behind the last commit are a torn tail where no valid record in
 * them has a durable sequence at or past the first record there: they were never durable, and are cut off. Otherwise something that was
 * durable is damaged, and opening is refused. */
#ifndef PBK_ENGINE_JOURNAL_H
#define PBK_ENGINE_JOURNAL_H

#include "base/codec.h"
#include "engine/command.h"

enum {
  JOURNAL_MAJOR = 1,
  JOURNAL_MINOR = 0,
  JOURNAL_FEATURES = 0,
  JOURNAL_HEADER = 24,
  RECORD_HEAD = 28,
  RECORD_LEAST = RECORD_HEAD + 1 + 4,
  SEMANTICS_VERSION = 1 /* rises when the same inputs give other outputs */
};
#define JOURNAL_MAGIC "PBKJOURN"

enum record_type { RECORD_START = 100, RECORD_COMMIT = 101, RECORD_SEALED = 102, RECORD_HANDOVER = 103 };

struct record_start {
  uint32_t semantics;
  struct text engine_id;
  uint32_t snapshot_checksum;
  uint64_t snapshot_bytes;
  uint32_t definitions;
  uint32_t digest;
  uint64_t last_output;
};

enum brief_type {
  BRIEF_EVENT = 64,
  BRIEF_NAMED = 1, /* added to that */
  BRIEF_LINE = 2,
  BRIEF_ID = 4,
  BRIEF_APPROVAL = 72,
  BRIEF_SENT = 73
};
enum { JOURNAL_NAMES = 128 };

/* What the next command that is told briefly in a record counts from. */
struct brief {
  pbk_time time;
  uint64_t message;
  uint32_t id_size;
  char id[PBK_MAX_KEY];
};
/* An event that was told briefly. */
struct brief_event {
  pbk_time at;      /* or PBK_NO_TIME */
  uint32_t contact; /* plus one */
  uint8_t place;    /* of its name */
  bool line;
  struct text name; /* borrowed, where it takes the place; else NO_TEXT */
  struct text id;   /* its messageId, there until the next one is read; or NO_TEXT */
};

enum { COMMIT_HANDED_OVER = 1 };
struct record_commit {
  uint64_t flags;
  uint64_t lines, part;
  uint64_t last_output, last_taken;
  uint32_t digest;
};

struct journal {
  pbk_storage storage;  /* append NULL: nothing is kept */
  struct writer buffer; /* records not yet handed over */
  uint32_t generation;
  uint32_t checksum;    /* of the last record: the next one holds it */
  uint64_t sequence;    /* of the last record */
  uint64_t durable;     /* of the last one known to be durable */
  uint64_t bytes;       /* in the storage */
  uint64_t part, taken; /* as the last commit told them */
  uint32_t open;        /* where it begins in the buffer, plus one; 0: none is open */
  struct brief brief;   /* of the record that is open */
  uint32_t names[JOURNAL_NAMES]; /* the list: numbers of the engine's names, plus one; 0: nothing yet */
};

void pbk_journal_init(struct journal *journal, struct memory *memory, const pbk_storage *storage);
void pbk_journal_release(struct journal *journal);
static inline bool journal_kept(const struct journal *journal) { return journal->storage.append != NULL; }
static inline pbk_object journal_object(uint32_t generation) { return (pbk_object)(generation % 2); }
static inline pbk_object snapshot_object(uint32_t generation) { return (pbk_object)(PBK_OBJECT_SNAPSHOT_0 + generation % 2); }

/* Into the buffer; nothing where nothing is kept. */
void pbk_journal_begin(struct journal *journal, uint32_t generation, const struct record_start *start);
void pbk_journal_add(struct journal *journal, const struct command *command);
/* The same of an event whose contact was there before, and its name's number: each plus one. */
void pbk_journal_add_event(struct journal *journal, const struct command *command, uint32_t contact, uint32_t name);
/* That a delivery was answered `sent`, with nothing else to say. */
void pbk_journal_add_sent(struct journal *journal, uint64_t message);
/* What is added from now on goes into another record. */
void pbk_journal_end_record(struct journal *journal);
/* Nothing in the buffer is wanted. */
void pbk_journal_forget(struct journal *journal);
void pbk_journal_commit(struct journal *journal, enum record_type type, const struct record_commit *commit);
void pbk_journal_handover(struct journal *journal);
/* Hands the buffer over: one append, one sync. False: the storage failed. */
bool pbk_journal_flush(struct journal *journal);

/* brief.c: commands told briefly. False: this one cannot be, and nothing is written. */
bool pbk_write_approval(struct journal *journal, const struct command *command);
bool pbk_write_event(struct journal *journal, const struct command *command, uint32_t contact, uint32_t name);
void pbk_write_sent(struct journal *journal, uint64_t message);
/* The other way; the first byte says that it is one. False: it cannot be read. */
bool pbk_read_brief_event(struct reader *reader, struct brief *brief, struct brief_event *event);
bool pbk_read_brief_message(struct reader *reader, struct brief *brief, uint64_t *message);

/* encoding.c: what a command is in a record. */
void pbk_encode_command(struct writer *writer, const struct command *command);
/* The other way: texts are borrowed from the bytes, all else lies in the arena. False when the bytes are not a command. */
bool pbk_decode_command(struct reader *reader, struct arena *arena, struct command *command);

#endif
