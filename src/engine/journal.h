/* engine/journal.h - commands on their way to the host's storage.
 *
 * Commands are encoded one after another into a buffer; a flush hands them over in one append and one sync. A record is
 *   u32 length of what follows the checksum | u32 CRC-32C of it | command as encoding.c writes it
 * little-endian. */
#ifndef PBK_ENGINE_JOURNAL_H
#define PBK_ENGINE_JOURNAL_H

#include "base/codec.h"
#include "engine/command.h"

struct journal {
  pbk_storage storage; /* append NULL: nothing is kept */
  struct writer buffer;
};

void pbk_journal_init(struct journal *journal, struct memory *memory, const pbk_storage *storage);
void pbk_journal_release(struct journal *journal);
void pbk_journal_add(struct journal *journal, const struct command *command);
/* False: the storage failed. */
bool pbk_journal_flush(struct journal *journal);

/* encoding.c: what a command is in a record. */
void pbk_encode_command(struct writer *writer, const struct command *command);
/* The other way: texts are borrowed from the bytes, all else lies in the arena. False when the bytes are not a command. */
bool pbk_decode_command(struct reader *reader, struct arena *arena, struct command *command);

#endif
