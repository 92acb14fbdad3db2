/* api/storage_calls.c - <playbook/storage.h>: opening, closing, snapshots, salvage. */
#include "api/call.h"
#include "base/sized.h"
#include "engine/snapshot.h"
#include "engine/state.h"

/* ---- opening ---- */

struct opening_call {
  const pbk_open_options *options;
  pbk_opening *opening;
};

static pbk_status open_body(pbk_engine *engine, void *argument) {
  const struct opening_call *call = argument;
  return pbk_open_stored(engine, call->options, call->opening);
}

/* What the caller's struct is to begin with, and what of the library's goes into it. */
static pbk_status check_opening(const pbk_opening *opening) {
  return opening ? pbk_check_size(opening, sizeof *opening) : PBK_OK;
}
static void give_opening(pbk_opening *to, const pbk_opening *from) {
  if (!to) return;
  uint32_t size = to->size;
  memcpy(to, from, sizeof *from);
  to->size = size;
}

pbk_status pbk_engine_open(const pbk_config *config, const pbk_open_options *options, pbk_opening *opening,
                           pbk_engine **engine) {
  if (!config || !engine) return PBK_ERR_ARGUMENT;
  *engine = NULL;
  pbk_open_options asked = {.size = sizeof asked};
  pbk_opening found = {.size = sizeof found};
  pbk_status status = options ? pbk_check_size(options, sizeof *options) : PBK_OK;
  if (status == PBK_OK) status = check_opening(opening);
  if (status != PBK_OK) return status;
  if (options) pbk_read_sized(&asked, sizeof asked, options);
  if (asked.flags & ~(uint32_t)(PBK_OPEN_READ_ONLY | PBK_OPEN_EXISTING)) return PBK_ERR_ARGUMENT;
  pbk_engine *made;
  status = found.status = pbk_make_engine(config, &made);
  if (status != PBK_OK) {
    give_opening(opening, &found);
    return status;
  }
  if (journal_kept(&made->journal)) {
    struct opening_call call = {&asked, &found};
    status = pbk_guarded(made, open_body, &call);
  } else {
    found.is_new = 1;
    if (asked.flags) status = PBK_ERR_ARGUMENT; /* there is nothing to read, or to be there */
  }
  found.status = status;
  give_opening(opening, &found);
  if (status == PBK_OK) {
    *engine = made;
  } else {
    made->broken = status;
    pbk_engine_destroy(made);
  }
  return status;
}

/* ---- closing ---- */

static pbk_status close_body(pbk_engine *engine, void *argument) {
  (void)argument;
  if (!pbk_commit_all(engine) || !pbk_prepare(engine, NULL, 0)) return halt_status(engine);
  if (!pbk_make_durable(engine, RECORD_SEALED)) return engine->broken;
  pbk_unprepare(engine);
  engine->context.outputs.drainable_seq = engine->context.outputs.last_seq;
  engine->broken = PBK_ERR_CLOSED;
  return PBK_OK;
}

pbk_status pbk_close(pbk_engine *engine) {
  pbk_status status = pbk_may_change(engine);
  return status == PBK_OK ? pbk_change(engine, close_body, NULL) : status;
}

/* ---- snapshots ---- */

static pbk_status snapshot_body(pbk_engine *engine, void *argument) {
  const uint32_t *flags = argument;
  if (!pbk_commit_all(engine)) return halt_status(engine);
  engine->context.outputs.drainable_seq = engine->context.outputs.last_seq;
  engine->in_callback = true;
  bool made = pbk_make_snapshot(engine, *flags & PBK_SNAPSHOT_COMPRESSED, true);
  engine->in_callback = false;
  if (!made && !engine->stopped) engine->broken = PBK_ERR_STORAGE; /* without memory nothing has begun: it can be made again */
  return halt_status(engine);
}

pbk_status pbk_snapshot(pbk_engine *engine, uint32_t flags) {
  pbk_status status = pbk_may_change(engine);
  if (status != PBK_OK) return status;
  if ((flags & ~(uint32_t)PBK_SNAPSHOT_COMPRESSED) || !journal_kept(&engine->journal)) return PBK_ERR_ARGUMENT;
  if ((flags & PBK_SNAPSHOT_COMPRESSED) && !pbk_can_compress()) return PBK_ERR_UNSUPPORTED;
  return pbk_change(engine, snapshot_body, &flags);
}

uint64_t pbk_journal_bytes(const pbk_engine *engine) { return engine ? engine->journal.bytes + engine->journal.buffer.size : 0; }
uint64_t pbk_durable_sequence(const pbk_engine *engine) { return engine ? engine->journal.durable : 0; }
uint64_t pbk_lines_taken(const pbk_engine *engine) { return engine ? lines_whole(&engine->lines) : 0; }

static pbk_status digest_body(pbk_engine *engine, void *argument) {
  if (engine->defining.under_way && !pbk_finish_definitions(engine)) return halt_status(engine);
  pbk_digest_state(engine, argument);
  return PBK_OK;
}

pbk_status pbk_state_digest(pbk_engine *engine, unsigned char digest[16]) {
  if (!engine || !digest) return PBK_ERR_ARGUMENT;
  if (engine->in_callback) return PBK_ERR_REENTRANT;
  if (engine->broken && engine->broken != PBK_ERR_CLOSED) return engine->broken;
  return pbk_guarded(engine, digest_body, digest);
}

/* ---- salvage ---- */

struct salvage_call {
  const pbk_storage *to;
  bool older;
  pbk_opening *opening;
};

static pbk_status salvage_body(pbk_engine *engine, void *argument) {
  const struct salvage_call *call = argument;
  return pbk_salvage_stored(engine, call->to, call->older, call->opening);
}

static bool whole_storage(const pbk_storage *storage) {
  return storage && pbk_check_size(storage, sizeof *storage) == PBK_OK && storage->append && storage->sync &&
         storage->extent && storage->read && storage->truncate;
}

pbk_status pbk_salvage(const pbk_config *config, const pbk_storage *from, const pbk_storage *to, pbk_opening *opening) {
  pbk_opening found = {.size = sizeof found};
  if (!config || !whole_storage(from) || !whole_storage(to)) return PBK_ERR_ARGUMENT;
  pbk_status status = check_opening(opening);
  if (status == PBK_OK) status = pbk_check_size(config, sizeof *config);
  if (status != PBK_OK) return status;
  pbk_config reading;
  pbk_read_sized(&reading, sizeof reading, config);
  reading.size = sizeof reading;
  reading.storage = from;
  reading.deliver = NULL;
  reading.engine_id = (pbk_text){NULL, 0};
  for (int attempt = 0; attempt < 2; attempt++) {
    pbk_engine *engine;
    struct salvage_call call = {to, attempt > 0, &found};
    status = pbk_make_engine(&reading, &engine);
    if (status != PBK_OK) break;
    memset(&found, 0, sizeof found);
    found.size = sizeof found;
    status = pbk_guarded(engine, salvage_body, &call);
    engine->broken = status;
    pbk_engine_destroy(engine);
    if (status != PBK_ERR_CORRUPT && status != PBK_ERR_DIVERGED) break;
  }
  found.status = status;
  give_opening(opening, &found);
  return status;
}
