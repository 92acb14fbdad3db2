/* wire/lines.h - lines of the protocol to commands (SPEC L). */
#ifndef PBK_WIRE_LINES_H
#define PBK_WIRE_LINES_H

#include "engine/engine.h"
#include "wire/line_members.h"
#include "wire/object.h"
#include "wire/plain_line.h"

/* When an input is received and when it occurred; PBK_NO_TIME: not given. */
struct line_times {
  pbk_time timestamp, received_at;
};
/* What the line carries over what `inherited` (may be NULL) gives. False: a time cannot be read. */
bool pbk_read_times(struct reading_line *reading, const struct line_members *members, const struct line_times *inherited,
                    struct line_times *times);
static inline pbk_time times_received(struct line_times times) {
  return times.received_at != PBK_NO_TIME ? times.received_at : times.timestamp;
}

/* Sets type, subject and all members of a fact or control line whose `type` is given. False: the problem says why. */
bool pbk_read_line_command(struct reading_line *reading, const struct line_members *members, struct text type,
                           struct command *command);

/* Feeds one line, whatever it is: PBK_OK, PBK_DUPLICATE, PBK_ERR_REFUSED, or what stops the engine. */
pbk_status pbk_feed_text(struct pbk_engine *engine, struct text line);
/* The same of a line that was read. Nothing was ever set in the commands but by these. */
struct plain_commands {
  struct command approval, fact;
  pbk_value traits;
};
void pbk_begin_plain(struct plain_commands *commands);
pbk_status pbk_feed_plain(struct pbk_engine *engine, struct text line, const struct plain_line *plain, struct line_places places,
                          struct plain_commands *commands);

#endif
