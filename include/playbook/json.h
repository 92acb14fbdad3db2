/* playbook/json.h - the line protocol (SPEC L): one JSON object a line in, one out.
 *
 * Part of <playbook/playbook.h>. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_JSON_H
#define PLAYBOOK_JSON_H

#include <playbook/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest line, its end not counted. */
#define PBK_MAX_LINE 1048576

/* Feeds one line (with or without its newline); lines are counted from 1, empty ones too. A refused line gives an `error` output and
 * PBK_ERR_REFUSED; a duplicate gives a `duplicate` output and PBK_DUPLICATE; the engine goes on in both cases. Of a batch, the last
 * item that was not PBK_OK decides. After PBK_ERR_NO_MEMORY the same line is fed again: of a batch, what was done of it is passed over. */
PBK_API pbk_status pbk_feed_line(pbk_engine *engine, const char *line, size_t size);

/* Feeds whole lines, the last one with or without a newline. Refused lines give outputs and are counted in *refused (may be NULL); only
 * what stops the engine is returned; pbk_lines_taken (storage.h) says how many lines are in then. */
PBK_API pbk_status pbk_feed_json(pbk_engine *engine, const char *bytes, size_t size, uint64_t *refused);

/* Takes drainable outputs as lines into `buffer`, whole lines only, as many as fit; *size is what was written, 0 when there are none.
 * PBK_ERR_BUFFER where not even the next one fits; *size is then what it needs. */
PBK_API pbk_status pbk_drain_json(pbk_engine *engine, char *buffer, size_t capacity, size_t *size);

/* One output, as pbk_drain or pbk_explain gave it, as a line with its newline. PBK_ERR_BUFFER: *size is what it needs. Any thread. */
PBK_API pbk_status pbk_output_json(const pbk_output *output, char *buffer, size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
