/* playbook/status.c - what lasts over versions: status, pools, rotations (SPEC P3, P10, P11, S4, S6, S7); declared in playbooks.h. */
#include "playbook/playbooks.h"

void pbk_playbooks_init(struct playbooks *playbooks, struct context *context, struct facts *facts, struct audiences *audiences,
                        struct senders *senders, struct outbox *outbox) {
  *playbooks = (struct playbooks){.context = context,
                                  .facts = facts,
                                  .audiences = audiences,
                                  .senders = senders,
                                  .outbox = outbox};
  pbk_registry_init(&playbooks->registry, context->memory, &context->names);
  pbk_table_init(&playbooks->enrollments, sizeof(struct enrollment));
}

void pbk_playbooks_release(struct playbooks *playbooks) {
  if (!playbooks->context) return; /* memory ran out before it was made */
  struct memory *memory = playbooks->context->memory;
  const struct enrollment *enrollment;
  for (uint64_t id = 0; (enrollment = pbk_table_next(&playbooks->enrollments, &id)) != NULL;)
    pbk_leave_version(playbooks, enrollment->version);
  pbk_table_release(memory, &playbooks->enrollments);
  for (uint32_t i = 0; i < playbooks->registry.entries.count; i++)
    if (version_at(playbooks, i)) pbk_leave_version(playbooks, version_at(playbooks, i));
  for (uint32_t i = 0; i < playbooks->states.count; i++) {
    struct playbook *playbook = &playbooks->states.items[i];
    for (uint32_t j = 0; j < playbook->pools.count; j++) array_release(memory, &playbook->pools.items[j].pool.senders);
    for (uint32_t j = 0; j < playbook->rotations.count; j++) array_release(memory, &playbook->rotations.items[j].users);
    array_release(memory, &playbook->pools);
    array_release(memory, &playbook->rotations);
    array_release(memory, &playbook->waiting);
    pbk_roll_release(memory, &playbook->enrollments);
  }
  pbk_passages_release(playbooks);
  array_release(memory, &playbooks->exit_reads);
  array_release(memory, &playbooks->stirred);
  array_release(memory, &playbooks->served);
  array_release(memory, &playbooks->states);
  array_release(memory, &playbooks->watched);
  array_release(memory, &playbooks->old);
  array_release(memory, &playbooks->routes);
  for (uint32_t i = 0; i < ROUTE_KINDS; i++) array_release(memory, &playbooks->first_routes[i]);
  pbk_registry_release(&playbooks->registry);
}

/* ---- versions ---- */

struct pool *pbk_pool_of(const struct playbooks *playbooks, uint32_t place, uint32_t segment) {
  struct playbook *playbook = &playbooks->states.items[place];
  for (uint32_t i = 0; i < playbook->pools.count; i++)
    if (playbook->pools.items[i].segment == segment) return &playbook->pools.items[i].pool;
  return NULL;
}

/* The pools of a new version: those of branches that stay go on (S4), those of branches that are gone go too. */
static void renew_pools(struct playbooks *playbooks, uint32_t place, const struct version *version) {
  struct memory *memory = playbooks->context->memory;
  struct playbook *playbook = &playbooks->states.items[place];
  for (uint32_t i = playbook->pools.count; i-- > 0;) {
    bool stays = false;
    for (uint32_t j = 0; j < version->branch_count; j++)
      stays = stays || version->branches[j].segment == playbook->pools.items[i].segment;
    if (stays) continue;
    array_release(memory, &playbook->pools.items[i].pool.senders);
    array_remove(&playbook->pools, i);
  }
  for (uint32_t i = 0; i < version->branch_count; i++) {
    const struct branch *branch = &version->branches[i];
    struct pool *pool = pbk_pool_of(playbooks, place, branch->segment);
    if (!pool) {
      struct branch_pool empty = {.segment = branch->segment};
      array_push(memory, &playbook->pools, empty);
      pool = &playbook->pools.items[playbook->pools.count - 1].pool;
    }
    pbk_pool_replace(memory, pool, branch->senders.items, branch->senders.count);
  }
}

/* C1: the same action with the same list goes on where it was. */
static uint32_t rotation_of(struct playbooks *playbooks, struct playbook *playbook, uint32_t step, uint32_t number,
                            const struct action *action) {
  struct memory *memory = playbooks->context->memory;
  for (uint32_t i = 0; i < playbook->rotations.count; i++) {
    const struct rotation *rotation = &playbook->rotations.items[i];
    if (rotation->step == step && rotation->action == number && rotation->users.count == action->rotate.count &&
        memcmp(rotation->users.items, action->rotate.items, action->rotate.count * sizeof(uint32_t)) == 0)
      return i;
  }
  struct rotation rotation = {.step = step, .action = number};
  for (uint32_t i = 0; i < action->rotate.count; i++) array_push(memory, &rotation.users, action->rotate.items[i]);
  array_push(memory, &playbook->rotations, rotation);
  return playbook->rotations.count - 1;
}

void pbk_set_rotations(struct playbooks *playbooks, uint32_t place, struct version *version) {
  for (uint32_t i = 0; i < version->step_count; i++)
    for (uint32_t j = 0; j < version->steps[i].action_count; j++) {
      struct action *action = &version->steps[i].actions[j];
      if (action->rotate.count > 0)
        action->rotation = rotation_of(playbooks, &playbooks->states.items[place], i, j, action);
    }
}

void pbk_install_playbook(struct playbooks *playbooks, uint32_t place, struct version *version) {
  while (playbooks->states.count <= place) {
    struct playbook empty = {0};
    array_push(playbooks->context->memory, &playbooks->states, empty);
  }
  struct playbook *playbook = &playbooks->states.items[place];
  version->place = place;
  version->number = ++playbook->versions;
  version->references = 1;
  pbk_set_rotations(playbooks, place, version);
  renew_pools(playbooks, place, version);
  struct version *before = pbk_registry_install(&playbooks->registry, place, version);
  if (before) {
    array_push(playbooks->context->memory, &playbooks->old, before);
    pbk_leave_version(playbooks, before);
  }
  pbk_index_routes(playbooks, place);
  pbk_index_exit_reads(playbooks, version);
  if (version->number == 1 && version->starts_active) pbk_activate_playbook(playbooks, place);
}

void pbk_install_playbook_removal(struct playbooks *playbooks, uint32_t place) {
  pbk_leave_version(playbooks, pbk_registry_install_removal(&playbooks->registry, place)); /* nobody is in it (SPEC L) */
  pbk_index_routes(playbooks, place);
}

/* ---- status ---- */

/* Steps that waited run now, each a cause of its own, by enrollment id: they come out of the calendar so (P11). */
static void release_waiting(struct playbooks *playbooks, uint32_t place) {
  struct playbook *playbook = &playbooks->states.items[place];
  for (uint32_t i = 0; i < playbook->waiting.count; i++) {
    struct enrollment *enrollment = enrollment_at(playbooks, playbook->waiting.items[i]);
    if (!enrollment || !enrollment->waiting) continue;
    enrollment->waiting = false;
    enrollment->due = playbooks->context->now;
    pbk_calendar_add(&playbooks->context->calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
  }
  playbook->waiting.count = 0;
}

void pbk_activate_playbook(struct playbooks *playbooks, uint32_t place) {
  playbooks->states.items[place].status = PLAYBOOK_ACTIVE;
  playbooks->states.items[place].activated_at = playbooks->context->now;
}

void pbk_pause_playbook(struct playbooks *playbooks, uint32_t place) {
  playbooks->states.items[place].status = PLAYBOOK_PAUSED;
}

void pbk_resume_playbook(struct playbooks *playbooks, uint32_t place) {
  playbooks->states.items[place].status = PLAYBOOK_ACTIVE;
  release_waiting(playbooks, place);
}

/* ---- those that run, in order ---- */

struct visit {
  struct playbooks *playbooks;
  uint32_t sender, place, segment;
  bool any_branch;
};
/* False: no more are wanted. */
typedef bool (*visitor)(const struct visit *visit, struct enrollment *enrollment);

/* Visits the running enrollments of a playbook, or (MAP_NONE) of all, by id; the visitor may end the one it is given. False: it wanted
 * no more. */
static bool visit_running(const struct visit *visit, visitor visits) {
  const struct table *table = &visit->playbooks->enrollments;
  uint64_t ids[64], last = 0;
  if (visit->place == MAP_NONE) {
    for (struct enrollment *at; (at = pbk_table_next(table, &last)) != NULL;)
      if (!visits(visit, at)) return false;
    return true;
  }
  const roll *running = &visit->playbooks->states.items[visit->place].enrollments;
  for (uint32_t count; (count = pbk_roll_read(running, table, last, ids, 64)) > 0; last = ids[count - 1])
    for (uint32_t i = 0; i < count; i++)
      if (!visits(visit, enrollment_at(visit->playbooks, ids[i]))) return false;
  return true;
}

uint64_t pbk_next_of_playbook(const struct playbooks *playbooks, uint32_t place, uint64_t after) {
  uint64_t next;
  return pbk_roll_read(&playbooks->states.items[place].enrollments, &playbooks->enrollments, after, &next, 1) ? next : 0;
}

static bool archive_one(const struct visit *visit, struct enrollment *enrollment) {
  pbk_exit_enrollment(visit->playbooks, enrollment, TEXT("archived"));
  return true;
}

void pbk_archive_playbook(struct playbooks *playbooks, uint32_t place, bool cancel) {
  playbooks->states.items[place].status = PLAYBOOK_ARCHIVED;
  struct visit visit = {.playbooks = playbooks, .place = place};
  if (cancel) visit_running(&visit, archive_one);
  release_waiting(playbooks, place);
}

/* ---- whom a sender serves ---- */

static bool serves(const struct visit *visit, const struct enrollment *enrollment) {
  return enrollment->sender == visit->sender && (visit->any_branch || enrollment->branch == visit->segment);
}

static bool look_for_served(const struct visit *visit, struct enrollment *enrollment) { return !serves(visit, enrollment); }

static bool exit_served(const struct visit *visit, struct enrollment *enrollment) {
  if (serves(visit, enrollment)) pbk_exit_enrollment(visit->playbooks, enrollment, TEXT("sender_removed"));
  return count_of_sender(&visit->playbooks->served, visit->sender) > 0;
}

bool pbk_sender_serves(struct playbooks *playbooks, uint32_t sender, uint32_t place, uint32_t segment, bool any_branch) {
  struct visit visit = {playbooks, sender, place, segment, any_branch};
  if (count_of_sender(&playbooks->served, sender) == 0) return false;
  return !visit_running(&visit, look_for_served);
}

void pbk_exit_served(struct playbooks *playbooks, uint32_t sender, uint32_t place, uint32_t segment, bool any_branch) {
  struct visit visit = {playbooks, sender, place, segment, any_branch};
  if (count_of_sender(&playbooks->served, sender) > 0) visit_running(&visit, exit_served);
}
