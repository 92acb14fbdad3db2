/* playbook/trigger.c - from what happened to the playbooks that it triggers, in order (SPEC P1 to P3, T7); see playbooks.h. */
#include "playbook/playbooks.h"

static int compare_routes(const struct route *a, const struct route *b) {
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->name != b->name) return a->name < b->name ? -1 : 1;
  return a->playbook < b->playbook ? -1 : a->playbook > b->playbook;
}

static uint32_t route_place(const struct playbooks *playbooks, const struct route *route) {
  uint32_t low = 0, high = playbooks->routes.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (compare_routes(&playbooks->routes.items[middle], route) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* So that what nothing listens to costs next to nothing. */
static void index_first_routes(struct playbooks *playbooks) {
  for (uint32_t i = 0; i < ROUTE_KINDS; i++) playbooks->first_routes[i].count = 0;
  for (uint32_t i = 0; i < playbooks->routes.count; i++) {
    struct route route = playbooks->routes.items[i];
    if (route.name < playbooks->first_routes[route.kind].count) continue; /* not its first */
    while (playbooks->first_routes[route.kind].count < route.name)
      array_push(playbooks->context->memory, &playbooks->first_routes[route.kind], 0);
    array_push(playbooks->context->memory, &playbooks->first_routes[route.kind], i + 1);
  }
}

void pbk_index_routes(struct playbooks *playbooks, uint32_t place) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < playbooks->routes.count; i++)
    if (playbooks->routes.items[i].playbook != place) playbooks->routes.items[kept++] = playbooks->routes.items[i];
  playbooks->routes.count = kept;
  const struct version *version = version_at(playbooks, place);
  for (uint32_t i = 0; version && i < version->trigger_count; i++) {
    const struct trigger *trigger = &version->triggers[i];
    struct route route = {ROUTE_AUDIENCE, trigger->name, place};
    if (trigger->kind == PBK_TRIGGER_MANUAL) continue;
    if (trigger->kind == PBK_TRIGGER_EVENT) route.kind = ROUTE_EVENT;
    if (trigger->kind == PBK_TRIGGER_STAGE) route.kind = ROUTE_STAGE;
    if (trigger->kind == PBK_TRIGGER_HEALTH_ROSE || trigger->kind == PBK_TRIGGER_HEALTH_FELL)
      route = (struct route){ROUTE_HEALTH, 0, place};
    uint32_t at = route_place(playbooks, &route);
    if (at < playbooks->routes.count && compare_routes(&playbooks->routes.items[at], &route) == 0) continue;
    array_insert(playbooks->context->memory, &playbooks->routes, at, route);
  }
  index_first_routes(playbooks);
}

/* ---- who watches what for its exit ---- */

int pbk_compare_reads(struct cel_read a, struct cel_read b) {
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.slot != b.slot) return a.slot < b.slot ? -1 : 1;
  return a.number < b.number ? -1 : a.number > b.number;
}

uint32_t pbk_exit_read_place(const struct playbooks *playbooks, struct cel_read read) {
  uint32_t low = 0, high = playbooks->exit_reads.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (pbk_compare_reads(playbooks->exit_reads.items[middle].read, read) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void add_exit_read(struct playbooks *playbooks, struct version *version, struct cel_read read) {
  struct exit_read reader = {read, version};
  uint32_t at = pbk_exit_read_place(playbooks, read);
  array_insert(playbooks->context->memory, &playbooks->exit_reads, at, reader);
}

void pbk_index_exit_reads(struct playbooks *playbooks, struct version *version) {
  for (uint32_t i = 0; version->exit_when && i < pbk_cel_read_count(version->exit_when); i++)
    add_exit_read(playbooks, version, pbk_cel_read_at(version->exit_when, i));
  for (uint32_t i = 0; version->exit_on_left && i < version->trigger_count; i++) {
    const struct trigger *trigger = &version->triggers[i];
    if (trigger->kind == PBK_TRIGGER_SEGMENT_ENTERED || trigger->kind == PBK_TRIGGER_PERSONA_TAGGED)
      add_exit_read(playbooks, version, leaving_of(trigger->name));
  }
}

void pbk_forget_exit_reads(struct playbooks *playbooks, const struct version *version) {
  uint32_t kept = 0;
  if (!version->exit_when && !version->exit_on_left) return;
  for (uint32_t i = 0; i < playbooks->exit_reads.count; i++)
    if (playbooks->exit_reads.items[i].version != version)
      playbooks->exit_reads.items[kept++] = playbooks->exit_reads.items[i];
  playbooks->exit_reads.count = kept;
}

/* ---- direct triggers ---- */

static bool event_met(struct playbooks *playbooks, const struct trigger *trigger, const struct happening *happening,
                      pbk_time activated_at, int32_t kind, uint32_t subject) {
  if (trigger->kind != PBK_TRIGGER_EVENT || trigger->name != happening->event->name) return false;
  if (happening->event->occurred_at < activated_at) return false; /* P3 */
  if (!trigger->where) return true;
  struct view view = pbk_view_of(playbooks->audiences, kind, subject);
  view.event = happening->event;
  struct cel_outcome outcome;
  pbk_evaluate(&view, trigger->where, &outcome);
  return outcome.state == CEL_TRUE;
}

static bool stage_met(const struct trigger *trigger, const struct happening *happening) {
  return trigger->kind == PBK_TRIGGER_STAGE && trigger->name == happening->stage_after &&
         (trigger->from == MAP_NONE || trigger->from == happening->stage_before);
}

static bool health_met(const struct trigger *trigger, const struct happening *happening) {
  int wanted = trigger->kind == PBK_TRIGGER_HEALTH_ROSE ? 1 : trigger->kind == PBK_TRIGGER_HEALTH_FELL ? -1 : 0;
  return wanted != 0 && wanted == happening->health_moved &&
         (trigger->stage == MAP_NONE || trigger->stage == happening->stage_after);
}

static bool met(struct playbooks *playbooks, enum route_kind kind, const struct trigger *trigger,
                const struct happening *happening, pbk_time activated_at, int32_t subject_kind, uint32_t subject) {
  if (kind == ROUTE_EVENT) return event_met(playbooks, trigger, happening, activated_at, subject_kind, subject);
  return kind == ROUTE_STAGE ? stage_met(trigger, happening) : health_met(trigger, happening);
}

/* The playbooks on one route, in definition order. */
static void follow(struct playbooks *playbooks, enum route_kind kind, uint32_t name, const struct happening *happening) {
  for (uint32_t i = first_route(playbooks, kind, name); i < playbooks->routes.count; i++) {
    struct route route = playbooks->routes.items[i];
    if (route.kind != kind || route.name != name) break;
    const struct version *version = version_at(playbooks, route.playbook);
    uint32_t subject = happening->subject;
    if (kind == ROUTE_EVENT) subject = version->subject_kind == PBK_CONTACT ? happening->contact : happening->account;
    else if (version->subject_kind != happening->subject_kind) continue;
    if (subject == MAP_NONE) continue;
    pbk_time activated_at = playbooks->states.items[route.playbook].activated_at;
    for (uint32_t j = 0; j < version->trigger_count; j++) {
      if (!met(playbooks, kind, &version->triggers[j], happening, activated_at, version->subject_kind, subject)) continue;
      pbk_judge(playbooks, route.playbook, version->subject_kind, subject, MAP_NONE, false);
      break;
    }
  }
}

void pbk_follow_happening(struct playbooks *playbooks, const struct happening *happening) {
  if (happening->event) follow(playbooks, ROUTE_EVENT, happening->event->name, happening);
  if (happening->stage_after != happening->stage_before) follow(playbooks, ROUTE_STAGE, happening->stage_after, happening);
  if (happening->health_moved) follow(playbooks, ROUTE_HEALTH, 0, happening);
}

/* ---- membership triggers ---- */

static bool membership_met(const struct trigger *trigger, const struct flip *flip) {
  bool began = trigger->kind == PBK_TRIGGER_SEGMENT_ENTERED || trigger->kind == PBK_TRIGGER_PERSONA_TAGGED;
  bool ended = trigger->kind == PBK_TRIGGER_SEGMENT_LEFT || trigger->kind == PBK_TRIGGER_PERSONA_UNTAGGED;
  return trigger->name == flip->audience && (flip->entered ? began : ended);
}

void pbk_follow_flip(struct playbooks *playbooks, struct flip flip) {
  for (uint32_t i = first_route(playbooks, ROUTE_AUDIENCE, flip.audience); i < playbooks->routes.count; i++) {
    struct route route = playbooks->routes.items[i];
    if (route.kind != ROUTE_AUDIENCE || route.name != flip.audience) break;
    const struct version *version = version_at(playbooks, route.playbook);
    for (uint32_t j = 0; j < version->trigger_count; j++) {
      if (!membership_met(&version->triggers[j], &flip)) continue;
      pbk_judge(playbooks, route.playbook, version->subject_kind, flip.subject, flip.entered ? flip.audience : MAP_NONE,
                false);
      break;
    }
  }
}
