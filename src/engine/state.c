/* engine/state.c - see state.h. The order is that of what names what: names, definitions, subjects, what is about them. */
#include "engine/state.h"

#include "audience/audience_state.h"
#include "base/base_state.h"
#include "base/checksum.h"
#include "base/number.h"
#include "facts/facts_state.h"
#include "outbox/outbox_state.h"
#include "playbook/playbook_state.h"
#include "sender/sender_state.h"

/* ---- messageIds ---- */

static bool still_kept(const struct pbk_engine *engine, const struct seen_message *message) {
  return message->bytes && engine->context.now < saturating_add(message->accepted_at, engine->seen.kept_for);
}

static void code_seen(struct coder *coder, struct pbk_engine *engine) {
  struct seen *seen = &engine->seen;
  uint32_t count = 0;
  pbk_code_i64(coder, &engine->dedupe_window);
  pbk_code_i64(coder, &seen->kept_for);
  for (uint32_t i = seen->first; i < seen->items.count; i++) count += still_kept(engine, &seen->items.items[i]);
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0, at = seen->first; i < count && !coder_failed(coder); i++, at++) {
    struct seen_message message = {0};
    while (!coder_reads(coder) && !still_kept(engine, &seen->items.items[at])) at++;
    if (!coder_reads(coder)) message = seen->items.items[at];
    struct text id = seen_text(&message);
    coder_item(coder);
    pbk_code_time(coder, &message.accepted_at);
    pbk_code_text(coder, &id);
    if (!coder_reads(coder) || coder_failed(coder)) continue;
    if (id.size == 0 || id.size > PBK_MAX_KEY || pbk_map_find(&seen->map, id) != MAP_NONE) coder_fail(coder);
    else pbk_keep_message(engine, message_id_of(id), message.accepted_at);
  }
}

/* ---- the whole ---- */

static void code_definitions(struct coder *coder, struct pbk_engine *engine) {
  pbk_code_names(coder, &engine->context.names);
  if (!coder_failed(coder)) pbk_code_people(coder, &engine->facts);
  if (!coder_failed(coder)) pbk_code_senders(coder, &engine->senders);
  if (!coder_failed(coder)) pbk_code_channels(coder, &engine->outbox);
  if (!coder_failed(coder)) pbk_code_audiences(coder, &engine->audiences);
  if (!coder_failed(coder)) pbk_code_playbooks(coder, &engine->playbooks);
}

void pbk_code_state(struct coder *coder, struct pbk_engine *engine) {
  pbk_code_time(coder, &engine->context.now);
  pbk_code_u64(coder, &engine->context.outputs.last_seq);
  code_definitions(coder, engine);
  if (!coder_failed(coder)) pbk_code_facts(coder, &engine->facts, engine->senders.registry.entries.count);
  if (!coder_failed(coder)) pbk_code_memberships(coder, &engine->audiences);
  if (!coder_failed(coder)) pbk_code_outbox(coder, &engine->outbox);
  if (!coder_failed(coder)) pbk_code_enrollments(coder, &engine->playbooks);
  if (!coder_failed(coder)) code_seen(coder, engine);
}

void pbk_code_position(struct coder *coder, struct pbk_engine *engine) {
  uint64_t whole = lines_whole(&engine->lines), part = lines_part(&engine->lines);
  pbk_code_u64(coder, &whole);
  pbk_code_u64(coder, &part);
  pbk_code_i32(coder, &engine->lines.status);
  if (coder_reads(coder)) {
    engine->kept_lines = whole;
    engine->kept_part = engine->journal.part = part;
  }
  pbk_code_u64(coder, &engine->answers);
  pbk_code_u32(coder, &engine->context.outputs.digest);
  pbk_code_outputs(coder, &engine->context.outputs);
  if (coder_reads(coder)) engine->journal.taken = engine->context.outputs.drained_seq; /* as the snapshot tells, so no commit need say it again */
}

/* ---- sums over it ---- */

struct summing {
  uint32_t checksum;
  unsigned char digest[16];
};

/* Each frame is hashed under the hash of those before it. */
static void sum_frame(struct coder *coder) {
  struct summing *summing = coder->frames;
  unsigned char key[16];
  memcpy(key, summing->digest, sizeof key);
  summing->checksum = pbk_crc32c(summing->checksum, coder->writer->bytes, coder->writer->size);
  pbk_siphash128(key, coder->writer->bytes, coder->writer->size, summing->digest);
  coder->writer->size = 0;
}

static struct summing sum(struct pbk_engine *engine, void (*code)(struct coder *coder, struct pbk_engine *engine)) {
  struct writer *writer = &engine->framing[0];
  struct summing summing = {0};
  struct coder coder = {.writer = writer, .next_frame = sum_frame, .frames = &summing};
  writer->size = 0;
  code(&coder, engine);
  sum_frame(&coder);
  pbk_writer_release(writer);
  return summing;
}

uint32_t pbk_definitions_checksum(struct pbk_engine *engine) { return sum(engine, code_definitions).checksum; }

void pbk_digest_state(struct pbk_engine *engine, unsigned char digest[16]) {
  memcpy(digest, sum(engine, pbk_code_state).digest, 16);
}
