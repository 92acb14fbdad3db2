/* engine/encoding.c - what a command is in a record of the journal; declared in journal.h. placeholder */
#include "engine/journal.h"
void pbk_encode_command(struct writer *writer, const struct command *command) { (void)writer; (void)command; }
