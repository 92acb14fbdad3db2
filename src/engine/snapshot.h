/* engine/snapshot.h - the whole state in an object of the storage: what it looks like byte by byte, writing and reading it.
 *
 * Numbers as in journal.h. A snapshot is a header and frames:
 *
 *   header   8 bytes "PBKSNAPS" | u16 major, 1 | u16 minor, 0 | u32 required features (1: frames are compressed by zlib)
 *            | u32 generation | u32 CRC-32C of these 20 bytes
 *   frame    u32 bytes of content | u32 bytes as they stand here | these | u32 CRC-32C of everything before it, from the header on, but
 *            the checksums (a sum over bytes and their own sum is the same for all bytes)
 *   the end  a frame without content. Its checksum, that of the whole snapshot, stands in the journal's start record too
 *
 * The frames' contents, one after another: uint semantics version | text engine id | uint sequence of the last record in it
 * | uint checksum of the definitions | state | position, the last two as state.c describes them. A frame ends only between two items of
 * a row (base/coder.h). */
#ifndef PBK_ENGINE_SNAPSHOT_H
#define PBK_ENGINE_SNAPSHOT_H

#include "engine/engine.h"
#include "engine/window.h"

enum { SNAPSHOT_MAJOR = 1, SNAPSHOT_MINOR = 0, SNAPSHOT_HEADER = 24, SNAPSHOT_COMPRESSED = 1 };
#define SNAPSHOT_MAGIC "PBKSNAPS"

struct snapshot_sum {
  uint32_t checksum;
  uint64_t bytes;
};

bool pbk_can_compress(void);
/* Appends a snapshot to an empty object. False: the storage failed. */
bool pbk_write_snapshot(struct pbk_engine *engine, uint32_t generation, bool compressed, struct snapshot_sum *sum);

enum snapshot_found {
  SNAPSHOT_WHOLE,
  SNAPSHOT_DAMAGED,
  SNAPSHOT_NEWER,      /* another major version, unknown features, other semantics */
  SNAPSHOT_NEEDS_ZLIB,
  SNAPSHOT_DIVERGED,   /* whole, but its definitions read differently here */
  SNAPSHOT_FAILED      /* the storage failed */
};
/* Reads the state of a generation's snapshot, of which its journal tells the sum, into an engine that has just been made and that is of no
 * use where this fails: each frame is known to be whole when it is read, but not yet those behind it. *damage: where it went wrong. */
enum snapshot_found pbk_read_snapshot(struct window *window, struct pbk_engine *engine, uint32_t generation, struct snapshot_sum sum,
                                      uint64_t *sequence, uint64_t *damage);

#endif
