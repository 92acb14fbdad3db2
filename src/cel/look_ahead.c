/* cel/look_ahead.c - makes a loose time sharp: evaluates again as of then, and where the outcome is still the same, takes the
 * time that comes out there.
 *
 * Most times are sharp as they come: a comparison changes just then. Loose are those of a choice (?:) whose condition changes,
 * of what decides an && that others may have taken over by then, of what is computed from something that moves. A wake-up
 * for nothing costs as much as looking now. What looking ahead may take is bounded, by turns and by fuel of its own; where it
 * comes to no end the time is early, as it was. */
#include "base/clock.h"
#include "cel/program.h"

enum { LOOK_AHEAD_FUEL = 20000, LOOK_AHEAD_WALKS = 2000 };

void pbk_cel_look_ahead(struct cel_machine *machine, const struct cel_program *program, const struct cel_world *world,
                        struct cel_outcome *outcome) {
  struct cel_world later = *world;
  int64_t fuel = LOOK_AHEAD_FUEL;
  if (world->armed && outcome->until >= world->armed_at) return;
  if (!program->timed || outcome->state == CEL_OTHER) return; /* another value may be wanted at any change */
  machine->silent = true; /* the text of an error stays that of now */
  for (uint32_t turn = 0; turn < LOOK_AHEAD_TURNS; turn++) {
    struct cel_outcome then;
    if (outcome->until <= later.now || !time_in_range(outcome->until)) break;
    later.now = outcome->until;
    pbk_cel_prepare(machine, program, &later);
    machine->fuel = fuel;
    machine->walks = LOOK_AHEAD_WALKS;
    pbk_cel_evaluate_prepared(machine, &then);
    bool same = world->matches_only ? (then.state == CEL_TRUE) == (outcome->state == CEL_TRUE) : then.state == outcome->state;
    if (machine->exhausted || !same || then.until <= later.now) break;
    fuel = machine->fuel;
    outcome->until = then.until;
    if (!machine->loose || (world->armed && outcome->until >= world->armed_at)) break;
  }
  machine->silent = false;
}
