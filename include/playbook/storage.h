/* playbook/storage.h - keeping an engine: journal and snapshots, opening and closing, looking after what is stored.
 *
 * An engine with storage writes every input into a journal before its effects leave, and the whole state into a snapshot when asked
 * to. Opening reads the newest snapshot and repeats the journal behind it: the same engine again, to the byte. The library does no
 * input or output of its own; a pbk_storage is a handful of callbacks over four objects, each a row of bytes. <playbook/filestore.h>
 * has them over files.
 *
 * Part of <playbook/playbook.h>. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_STORAGE_H
#define PLAYBOOK_STORAGE_H

#include <playbook/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- making or opening an engine that is kept ---- */

enum {
  /* Reads only: of the storage's callbacks `extent` and `read` are called. The engine answers getters and gives the outputs that the
   * host is not known to have taken; every call that changes state is answered PBK_ERR_CLOSED. What a crash left undecided stays so. */
  PBK_OPEN_READ_ONLY = 1,
  /* Something must be there: an empty storage is answered PBK_ERR_CORRUPT. Otherwise an engine begins in it. */
  PBK_OPEN_EXISTING = 2
};

typedef struct pbk_open_options {
  uint32_t size;
  uint32_t flags;            /* PBK_OPEN_… */
  uint64_t durable_sequence; /* what is stored must reach at least so far (pbk_durable_sequence), else PBK_ERR_CORRUPT; 0: not known */
} pbk_open_options;

enum { PBK_OPENING_MESSAGE = 240 };

/* What opening found, also where it failed: filled by the library, nothing to free. */
typedef struct pbk_opening {
  uint32_t size;
  pbk_status status;
  uint32_t generation;      /* snapshots made before; 0: none */
  int32_t is_new;           /* the storage was empty */
  int32_t sealed;           /* it was closed cleanly */
  int32_t has_place;        /* `object` and `offset` say where the damage is */
  pbk_object object;
  uint32_t message_size;
  uint64_t offset;          /* bytes into the object */
  uint64_t sequence;        /* of the last record taken */
  uint64_t snapshot_sequence;
  uint64_t records;         /* of the journal, repeated */
  uint64_t torn_bytes;      /* of a write that a crash cut short, at the end of the journal: dropped; never durable, never acknowledged */
  uint64_t offered_again;   /* messages that were offered without a durable outcome, by their policy (SPEC O8) */
  uint64_t unknown_outcome;
  uint64_t dropped_records; /* salvage: records that can be read, behind the damage */
  uint64_t dropped_bytes;   /* salvage: all bytes behind it */
  char message[PBK_OPENING_MESSAGE]; /* why it failed, or what salvage did: one line of text, not terminated */
} pbk_opening;

/* Opens what `config->storage` holds, or begins a new engine in it (in none: a new engine that is not kept). `options` and `opening`
 * may be NULL. The configuration is the host's to repeat, except for the engine's id: it is kept, {NULL, 0} takes the kept one, another
 * one is refused. The message of *opening says more about each of these:
 *
 *   PBK_ERR_CORRUPT      what is stored is damaged or incomplete where it was durable: nothing was changed, see pbk_salvage
 *   PBK_ERR_DIVERGED     repeating the journal gave other outputs than before, or the snapshot's definitions read differently
 *   PBK_ERR_UNSUPPORTED  written by a newer version or under other semantics, or compressed and this build has no zlib
 *   PBK_ERR_REFUSED      it belongs to an engine with another id
 *   PBK_ERR_STORAGE      a callback failed
 *   PBK_ERR_ARGUMENT, PBK_ERR_SIZE_TOO_SMALL, PBK_ERR_SIZE_TOO_LARGE, PBK_ERR_NO_MEMORY
 *
 * A crash leaves at most the end of the journal torn: it is cut off, and *opening says so. A message that was offered without a durable
 * outcome is then offered again under the same key with the next attempt number, or fails as `unknown_outcome`, by its policy (SPEC O8).
 * Outputs that the host is not known to have taken (pbk_commit) can be drained again at once, with the same `seq`. */
PBK_API pbk_status pbk_engine_open(const pbk_config *config, const pbk_open_options *options, pbk_opening *opening,
                                   pbk_engine **engine);

/* Commits, and marks what is stored as closed cleanly; the engine answers every later change PBK_ERR_CLOSED. What was drained counts
 * as taken. pbk_engine_destroy alone is what a crash is: nothing committed is lost. */
PBK_API pbk_status pbk_close(pbk_engine *engine);

/* ---- snapshots ---- */

enum { PBK_SNAPSHOT_COMPRESSED = 1 /* PBK_ERR_UNSUPPORTED where the library was built without zlib */ };

/* Commits, then writes the whole state as a new generation and begins a new journal behind it, so that opening need not repeat the old
 * one. The generation before stays until the next snapshot. PBK_ERR_STORAGE as for pbk_commit; PBK_ERR_ARGUMENT without storage. */
PBK_API pbk_status pbk_snapshot(pbk_engine *engine, uint32_t flags);
/* Bytes in the journal since the last snapshot: when it is worth the next. */
PBK_API uint64_t pbk_journal_bytes(const pbk_engine *engine);
/* Of the last record that is known to be durable; rises with every pbk_commit that had something to write. */
PBK_API uint64_t pbk_durable_sequence(const pbk_engine *engine);

/* What tells two engines apart: equal digests, equal state, whatever way led there. Costs about as much as a snapshot. */
PBK_API pbk_status pbk_state_digest(pbk_engine *engine, unsigned char digest[16]);

/* Lines of input (<playbook/json.h>) that are wholly in the engine: a host that feeds a file or a queue again goes on with the next.
 * The line after may be there in part, a batch of which a crash cut off the end: what is there of it is passed over when it is fed. */
PBK_API uint64_t pbk_lines_taken(const pbk_engine *engine);

/* ---- after damage ---- */

/* Copies what can be trusted of a damaged storage into an empty one: the newest generation whose snapshot is whole, and its journal up
 * to the first damaged record. *opening (may be NULL) says what was taken and what was dropped. `config` is for memory only; its
 * storage is not used. The engine must be opened from the new storage afterwards; the damaged one is only read. */
PBK_API pbk_status pbk_salvage(const pbk_config *config, const pbk_storage *from, const pbk_storage *to, pbk_opening *opening);

#ifdef __cplusplus
}
#endif
#endif
