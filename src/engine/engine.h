/* engine/engine.h - the engine as its own floor sees it: all floors together, commands in, causes worked through. */
#ifndef PBK_ENGINE_ENGINE_H
#define PBK_ENGINE_ENGINE_H

#include "engine/command.h"
#include "engine/journal.h"
#include "playbook/playbooks.h"

/* A messageId and when it was first accepted (SPEC E8). */
struct seen_message {
  pbk_time accepted_at;
  const char *bytes; /* in a block; NULL: it was accepted again since */
  uint32_t size, hash;
};
static inline struct text seen_text(const struct seen_message *message) { return (struct text){message->bytes, message->size}; }
/* One that an input carries. */
struct message_id {
  struct text text;
  uint32_t hash;
};
static inline struct message_id message_id_of(struct text text) { return (struct message_id){text, pbk_hash_text(text)}; }

/* Their bytes come and go in the order of time, and so they lie one behind the other. */
enum { SEEN_BLOCK = 4080 };
struct seen_block {
  struct seen_block *next; /* a newer one */
  uint32_t used;
  uint32_t last; /* number of the last one in it */
  char bytes[SEEN_BLOCK];
};

/* Those that may still count, oldest first. */
struct seen {
  ARRAY(struct seen_message) items;
  uint32_t first;  /* items before it are forgotten */
  uint32_t offset; /* numbers in the map are offset + index, modulo 2^32 */
  struct map map;
  struct seen_block *oldest, *newest; /* NULL: none */
  pbk_duration kept_for; /* the longest window so far, at least a day */
};

/* Where the input stands, line by line. */
struct lines {
  uint64_t count;    /* fed so far, the one under way counted */
  bool under_way;
  uint64_t recorded; /* commands of the one under way that are done and recorded */
  uint64_t passed;   /* commands of the next one to be passed over: they were taken before, and the line was cut short */
  uint64_t resumed;  /* the same of the one under way, when it began */
  pbk_status status; /* of the last command of a line */
};
/* Lines that are wholly in, and commands of the next one that are. */
static inline uint64_t lines_whole(const struct lines *lines) { return lines->count - lines->under_way; }
static inline uint64_t lines_part(const struct lines *lines) {
  if (!lines->under_way) return lines->passed;
  return lines->recorded > lines->resumed ? lines->recorded : lines->resumed;
}

struct prepared;

/* What is done with a kind of command: check changes nothing, apply cannot fail. */
typedef bool (*check_function)(struct pbk_engine *engine, const struct command *command);
typedef void (*apply_function)(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at);
struct handler {
  check_function check;
  apply_function apply;
};

/* Definitions that have been checked and count, but whose members are not all settled yet (define.c). They are recorded when they are done: until
 * then their command is kept as its record will have it. */
struct defining {
  bool under_way;
  bool installed; /* the audience whose turn it is */
  bool audiences; /* there were some */
  uint32_t item;  /* whose turn it is */
  struct watching watching; /* first of all: what conditions read of histories is made so that they can */
  struct settling settling;
};

/* Of the names that are given with rows, so many are remembered. */
enum { ROW_NAMES = 64 };
/* And so many of events that are given as text, each where its text says (known.h). */
enum { LINE_NAMES = 64 };
static inline uint32_t line_name_place(struct text name) { /* which is not empty */
  const unsigned char *bytes = (const unsigned char *)name.bytes;
  return (bytes[0] + 3u * bytes[name.size / 2] + 7u * bytes[name.size - 1] + 17 * name.size) % LINE_NAMES;
}

/* What the command under way has done that no record tells of yet: a record tells of things when they are done (delivering.c). */
struct unrecorded {
  const struct command *input; /* applied; NULL: none */
  uint64_t due;                /* things that were due, since the last record */
};

/* What the event applied last was of, each plus one; 0: it is not known, or the contact was not there before. */
struct tracked {
  uint32_t contact, name;
};

struct pbk_engine {
  struct memory memory;
  struct handler handlers[COMMAND_COUNT]; /* by kind of command */
  struct context context;
  struct facts facts;
  struct audiences audiences;
  struct senders senders;
  struct outbox outbox;
  struct playbooks playbooks;
  struct seen seen;
  pbk_duration dedupe_window; /* settings */
  struct journal journal;
  struct unrecorded unrecorded;
  struct tracked tracked;
  bool replaying;       /* commands come from the journal: nothing is recorded or offered */
  uint64_t least;       /* bytes that anything may need (reserve.c), */
  uint32_t looks_left;  /* until that is looked at again */
  uint64_t kept_lines, kept_part; /* as the last commit or snapshot that was read tells them */
  char engine_id[PBK_MAX_KEY];
  uint32_t engine_id_size;
  pbk_deliver_function deliver;
  void *deliver_context;
  uint32_t flags;
  bool in_callback;
  pbk_status broken;    /* PBK_OK, or why everything is refused from now on */
  pbk_status stopped;   /* PBK_OK, or why the call under way stopped between two things: it can be made again */
  pbk_status last;      /* of the last call */
  struct problem problem;
  struct arena scratch; /* of one call */
  struct arena reading; /* of one line */
  struct writer line;    /* an output as text, on its way out */
  struct writer framing[2]; /* a frame of the state: content, and as it is stored; here so that a lack of memory loses nothing */
  bool unfinished;      /* what is due at `now` behind a command was not all done, for want of memory */
  bool more;            /* the last advance left something due (T8) */
  struct prepared *prepared; /* definitions between their check and their installing (define.c) */
  uint32_t prepared_count;
  struct defining defining;
  struct writer defining_record;
  bool in_parts;        /* the command under way may be left with definitions under way: PBK_DEFINE_IN_PARTS */
  struct lines lines;
  uint64_t commands;
  uint64_t answers; /* of them, those of delivery */
  uint32_t row_names[ROW_NAMES]; /* what the last list of names given with rows had where: numbers, plus one (row_calls.c) */
  uint32_t line_names[LINE_NAMES + 1]; /* the same of the last event with such a name; the last of all is never set */
};

void pbk_engine_init(struct pbk_engine *engine, const pbk_config *config);
void pbk_engine_release(struct pbk_engine *engine);

/* T4: advances to the command's time, applies it, does what is then due. PBK_OK, PBK_DUPLICATE, PBK_ERR_REFUSED (engine->problem says why;
 * of a line an error output too) or PBK_ERR_STORAGE. */
pbk_status pbk_submit(struct pbk_engine *engine, const struct command *command);
/* An event of a contact and nothing else: there is nothing to check. */
struct plain_event {
  pbk_time received_at, occurred_at; /* as in a command */
  uint32_t contact;                  /* index */
  uint32_t name;                     /* at most PBK_MAX_KEY bytes */
  uint64_t line;                     /* 0: of none */
};
pbk_status pbk_submit_event(struct pbk_engine *engine, const struct plain_event *event);
/* The same unless its messageId, which is one that can be, was seen before: PBK_DUPLICATE. */
pbk_status pbk_submit_event_once(struct pbk_engine *engine, const struct plain_event *event, const struct message_id *id);
/* A line that a lack of memory cut short: it can be fed again. */
void pbk_abandon_line(struct pbk_engine *engine);
static inline bool engine_halted(const struct pbk_engine *engine) { return engine->broken || engine->stopped; }
static inline pbk_status halt_status(const struct pbk_engine *engine) { return engine->broken ? engine->broken : engine->stopped; }
/* T3, T8: at most `budget` due things, 0 for all. True when some at or before `to` are left. */
bool pbk_advance_to(struct pbk_engine *engine, pbk_time to, uint64_t budget);

/* ---- reserve.c ---- */

enum { RESERVE_RECORDS = 2048 }; /* in the journal, beside the command itself: partial ones, commits */
/* Puts by what the next thing to be done may need: afterwards nothing fails until pbk_unprepare. False, with engine->stopped set: there is
 * not so much memory, and nothing was done. `command` NULL: something due, an answer, a commit. */
bool pbk_prepare_anew(struct pbk_engine *engine, const struct command *command, uint64_t extent);
/* The same, quick where enough is put by already. */
static inline bool pbk_prepare(struct pbk_engine *engine, const struct command *command, uint64_t extent) {
  struct chunks *chunks = &engine->memory.chunks;
  struct writer *buffer = &engine->journal.buffer;
  uint64_t recorded = extent + RESERVE_RECORDS, reserve = engine->least + extent * 8;
  bool plain = !command || (command->type != COMMAND_DEFINE && !command->zones.bytes);
  bool room = !journal_kept(&engine->journal) || buffer->capacity - buffer->size >= recorded || engine->replaying;
  if (!plain || !room || engine->looks_left == 0 || !chunks_reserved(chunks, reserve)) return pbk_prepare_anew(engine, command, extent);
  engine->looks_left--;
  return chunks->may_use_spare = true;
}
/* The bytes that a command may take in a record. */
uint64_t pbk_command_extent(struct pbk_engine *engine, const struct command *command);
static inline void pbk_unprepare(struct pbk_engine *engine) { engine->memory.chunks.may_use_spare = false; }

/* ---- ahead.c: what comes soon is fetched into the cache ---- */

/* What the calendar holds behind the one taken last, which is given. */
void pbk_fetch_due(const struct pbk_engine *engine, struct wake done);
/* The name of an event, and what it is used for. */
struct event_use {
  uint32_t number; /* plus one; 0: not looked up, or not known */
  bool read;       /* by audiences, as the contact's own */
  bool routed;     /* it may trigger playbooks */
  bool plain;      /* it can be that of a plain event */
};
struct event_use pbk_event_use(const struct pbk_engine *engine, uint32_t number);
/* How many events before it is its turn something is fetched: the subject; what the event changes; what it makes to be looked at; what
 * deciding about an enrollment needs, and the account's history. Each finds what it hangs on there already. */
enum { AHEAD_SUBJECT = 20, AHEAD_CHANGED = 12, AHEAD_READERS = 8, AHEAD_LAST = 4 };
void pbk_fetch_changed(const struct pbk_engine *engine, uint32_t contact, bool event);
void pbk_fetch_readers(const struct pbk_engine *engine, uint32_t contact, struct event_use event);
void pbk_fetch_last(const struct pbk_engine *engine, uint32_t contact, struct event_use event);
/* All of these, for the rows to come; `left` are there, the next one first. */
void pbk_fetch_rows(const struct pbk_engine *engine, const pbk_row *rows, uint32_t left, const struct event_use events[ROW_NAMES]);
/* What the messages to be offered next need, or those that a call names. */
void pbk_fetch_ready(const struct pbk_engine *engine);
void pbk_fetch_messages(const struct pbk_engine *engine, const uint64_t *messages, uint32_t left);

/* ---- cause.c ---- */

/* A new cause: nothing changed yet, nobody judged. */
static inline void pbk_begin_cause(struct pbk_engine *engine) {
  engine->playbooks.cause++;
  engine->facts.changes.count = 0;
  engine->audiences.flips.count = 0;
}
/* T7: memberships, exits, triggers that follow from what changed. `deleted` (may be NULL): the subject that this cause deletes. */
void pbk_run_cause(struct pbk_engine *engine, const struct happening *happening, const struct subject *deleted);
extern const struct happening pbk_no_happening;

/* ---- delivering.c ---- */

/* Records a command that is done. */
void pbk_record_command(struct pbk_engine *engine, const struct command *command);
/* Records what the command under way has done so far. */
void pbk_record_progress(struct pbk_engine *engine);
/* Hands the records so far to the storage, a commit behind them. False: it failed, and the engine refuses everything from now on. */
bool pbk_make_durable(struct pbk_engine *engine, enum record_type type);
/* Offers every message that is ready and applies the answers. False: halted. */
bool pbk_offer_ready(struct pbk_engine *engine);
/* Offers what is ready and makes all of it durable. False: halted. */
bool pbk_commit_all(struct pbk_engine *engine);
/* What the commit of an earlier life tells, when the journal is repeated. False: it was another life. */
bool pbk_replay_commit(struct pbk_engine *engine, const struct record_commit *commit);
struct handler pbk_delivery_handler(enum command_type type);
/* Only in a replay: the answer `sent` for the message that is ready. False: another one is, or there is no memory (engine->stopped). */
bool pbk_repeat_sent(struct pbk_engine *engine, uint64_t id);

/* ---- opening.c ---- */

/* Opens what the storage holds, into an engine that has just been made. */
pbk_status pbk_open_stored(struct pbk_engine *engine, const pbk_open_options *options, pbk_opening *opening);
/* The records with which the first journal begins. */
void pbk_begin_journal(struct pbk_engine *engine, uint32_t generation, uint32_t snapshot_checksum, uint64_t snapshot_bytes);
/* A new generation, the old one handed over to it if there is one. False: the storage failed. */
bool pbk_make_snapshot(struct pbk_engine *engine, bool compressed, bool handover);
/* repeating.c: repeats commands that were told briefly in a record, as far as they go; `brief` is that of the record. PBK_OK,
 * PBK_ERR_CORRUPT, PBK_ERR_DIVERGED, PBK_ERR_NO_MEMORY. */
static inline bool begins_briefly(const struct reader *reader) { return *reader->at >= BRIEF_EVENT && *reader->at <= BRIEF_SENT; }
pbk_status pbk_repeat_briefly(struct pbk_engine *engine, struct reader *reader, struct brief *brief);
/* salvage.c: what can be trusted of a storage, its newest generation or the one before, into an engine that has just been made and then
 * into another storage. */
pbk_status pbk_salvage_stored(struct pbk_engine *engine, const pbk_storage *to, bool older, pbk_opening *opening);

/* ---- facts_commands.c, control_commands.c, define.c ---- */

struct handler pbk_facts_handler(enum command_type type);   /* both NULL where it is not one */
void pbk_apply_event(struct pbk_engine *engine, const struct plain_event *event, pbk_time occurred_at);
struct handler pbk_control_handler(enum command_type type);

/* The first of many approvals, without what a command is otherwise led through: how many. The next one needs that. */
uint32_t pbk_approve_quickly(struct pbk_engine *engine, struct command *command, const uint64_t *messages, uint32_t count);

/* Checks and proposes all definitions, or none. */
bool pbk_check_definitions(struct pbk_engine *engine, const struct command *command);
void pbk_apply_definitions(struct pbk_engine *engine, const struct command *command, pbk_time occurred_at);

/* Settles who is in, at most *budget memberships, taken off it. True when the definitions are done. */
bool pbk_define_more(struct pbk_engine *engine, uint64_t *budget);
/* Of definitions under way when the engine ends. */
void pbk_release_definitions(struct pbk_engine *engine);
/* Definitions that an earlier call has left under way are brought to their end. False: halted. */
bool pbk_finish_definitions(struct pbk_engine *engine);

/* ---- seen.c ---- */

void pbk_seen_init(struct pbk_engine *engine);
void pbk_seen_release(struct pbk_engine *engine);
void pbk_set_dedupe_window(struct pbk_engine *engine, pbk_duration window);
/* Where it is not seen before, but kept still, *kept is its number, else MAP_NONE: for when it is remembered. */
bool pbk_seen_before(struct pbk_engine *engine, struct message_id id, uint32_t *kept);
void pbk_remember_message(struct pbk_engine *engine, struct message_id id, uint32_t kept);
/* The same of one that is not there, accepted then: behind all others. */
void pbk_keep_message(struct pbk_engine *engine, struct message_id id, pbk_time accepted_at);
/* Bytes by which it may grow soon. */
uint64_t pbk_seen_growth(const struct seen *seen, uint32_t soon);
/* What the next one will need, of those that are forgotten now and then. */
void pbk_fetch_seen(const struct pbk_engine *engine, uint32_t hash);

/* ---- checking ---- */

/* The given subject: kind and key; false with a problem when neither or both are given. */
bool pbk_command_subject(struct pbk_engine *engine, const struct command *command, int32_t *kind, struct text *key);
bool pbk_command_key(struct pbk_engine *engine, const char *member, struct text key); /* 1 to 255 bytes */
/* An input names something that is not there. */
bool pbk_unknown(struct pbk_engine *engine, pbk_code code, const char *what, struct text key);

#endif
