/* engine/cause.c - one cause worked through to its end, in the order of SPEC T7; declared in engine.h. */
#include "engine/engine.h"

const struct happening pbk_no_happening = {
  .contact = MAP_NONE, .account = MAP_NONE, .subject = MAP_NONE, .stage_before = MAP_NONE, .stage_after = MAP_NONE};

void pbk_run_cause(struct pbk_engine *engine, const struct happening *happening, const struct subject *deleted) {
  pbk_mark_changes(&engine->audiences);
  pbk_run_pass(&engine->audiences);
  if (deleted) { /* E9 */
    pbk_exit_deleted(&engine->playbooks, deleted->kind, deleted->index);
    pbk_cancel_open_of_subject(&engine->outbox, deleted->kind, deleted->index);
  }
  run_exits(&engine->playbooks);
  run_direct_triggers(&engine->playbooks, happening);
  run_membership_triggers(&engine->playbooks);
}
