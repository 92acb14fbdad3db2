/* api/call.h - what every exported call does first and last: checks arguments, guards against re-entry and lack of memory. */
#ifndef PBK_API_CALL_H
#define PBK_API_CALL_H

#include "engine/engine.h"

/* A text argument: false where bytes are missing for a size, it is longer than a line, or not UTF-8. */
bool pbk_take_text(const char *bytes, size_t size, struct text *text);
/* The same for a text in a struct. */
bool pbk_fine_text(pbk_text text);
/* The `size` of a struct that the caller filled: PBK_OK, or which way it is wrong. `known` is sizeof as this build knows it, and the
 * smallest ever released is the same so far. */
pbk_status pbk_check_size(const void *structure, size_t known);
bool pbk_fine_value(const pbk_value *value, uint32_t depth);

/* Several text arguments at once, each into its place. */
struct text_argument {
  const char *bytes;
  size_t size;
  struct text *to;
};
bool pbk_take_texts(const struct text_argument *arguments, uint32_t count);
#define TAKE_TEXTS(...)                                                   \
  pbk_take_texts((const struct text_argument[]){__VA_ARGS__},             \
                 (uint32_t)(sizeof((const struct text_argument[]){__VA_ARGS__}) / sizeof(struct text_argument)))

/* Sets times and messageId from an envelope (NULL: none). */
pbk_status pbk_take_envelope(const pbk_envelope *envelope, struct command *command);

/* Why a call that changes state cannot be made now; PBK_OK: it can. */
pbk_status pbk_may_change(const pbk_engine *engine);

/* An engine as the configuration wants it, nothing read from its storage yet. */
pbk_status pbk_make_engine(const pbk_config *config, pbk_engine **engine);

/* Submits a command from a C call. */
pbk_status pbk_call(pbk_engine *engine, const pbk_envelope *envelope, struct command *command);
/* The same for a command about a subject. */
pbk_status pbk_call_subject(pbk_engine *engine, const pbk_envelope *envelope, const pbk_subject *subject,
                            struct command *command);
/* Runs `body` guarded against lack of memory. */
pbk_status pbk_guarded(pbk_engine *engine, pbk_status (*body)(pbk_engine *engine, void *argument), void *argument);
/* The same for a call that changes state: its status is what pbk_engine_error tells of. */
pbk_status pbk_change(pbk_engine *engine, pbk_status (*body)(pbk_engine *engine, void *argument), void *argument);

#endif
