/* engine/cause.c - one cause worked through to its end, in the order of SPEC T7; declared in engine.h. */
#include "engine/engine.h"

void pbk_begin_cause(struct pbk_engine *engine) {
  engine->playbooks.cause++;
  engine->facts.changes.count = 0;
  engine->audiences.flips.count = 0;
}

void pbk_run_cause(struct pbk_engine *engine, const struct happening *happening, const struct subject *deleted) {
  pbk_mark_changes(&engine->audiences);
  pbk_run_pass(&engine->audiences);
  if (deleted) { /* E9 */
    pbk_exit_deleted(&engine->playbooks, deleted->kind, deleted->index);
    pbk_cancel_open_of_subject(&engine->outbox, deleted->kind, deleted->index);
  }
  pbk_run_exits(&engine->playbooks);
  run_direct_triggers(&engine->playbooks, happening);
  run_membership_triggers(&engine->playbooks);
}
