/* playbook/run.c - what becomes of an enrollment: steps when they are due, exits when they are met (SPEC P7 to P9, P11); see
 * playbooks.h. */
#include "playbook/playbooks.h"

/* ---- exits ---- */

static struct view view_of(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  struct view view = pbk_view_of(playbooks->audiences, enrollment->subject_kind, enrollment->subject);
  view.started_at = enrollment->started_at;
  view.step_at = enrollment->step_at;
  view.armed = enrollment->exit_armed;
  return view;
}

/* As with memberships: an earlier wake-up that is set already looks, and sets the next. */
static void arm_exit(struct playbooks *playbooks, struct enrollment *enrollment, pbk_time until) {
  if (until == CEL_FOREVER || enrollment->exit_armed <= until) return;
  enrollment->exit_armed = until;
  pbk_calendar_add(&playbooks->context->calendar, until, wake_order(DUE_EXIT, enrollment->id));
}

/* Whether exit.when is met now; if not, a wake-up is set for when it may be. */
static bool exit_met(struct playbooks *playbooks, struct enrollment *enrollment) {
  if (!enrollment->version->exit_when) return false;
  struct view view = view_of(playbooks, enrollment);
  struct cel_outcome outcome;
  pbk_evaluate(&view, enrollment->version->exit_when, &outcome);
  if (outcome.state == CEL_TRUE) return true;
  arm_exit(playbooks, enrollment, outcome.until);
  return false;
}

static bool watches(const struct version *version) { return version->exit_when || version->exit_on_left; }

void pbk_begin_watch(struct playbooks *playbooks, struct version *version) {
  if (watches(version) && version->watchers++ == 0) array_push(playbooks->context->memory, &playbooks->watched, version);
}

static void end_watch(struct playbooks *playbooks, struct version *version) {
  if (!watches(version) || --version->watchers > 0) return;
  uint32_t at = 0;
  while (playbooks->watched.items[at] != version) at++;
  array_remove(&playbooks->watched, at);
}

void pbk_exit_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, struct text reason) {
  struct context *context = playbooks->context;
  const struct version *version = enrollment->version;
  pbk_tell_exited(context, told_subject(playbooks->facts, enrollment->subject_kind, enrollment->subject), enrollment->id,
                  playbook_name(playbooks, enrollment->playbook), reason);

  struct passage *passage =
      pbk_passage_of(playbooks, enrollment->subject_kind, enrollment->subject, enrollment->playbook);
  passage->running = NULL;
  passage->last_exit = context->now;
  playbooks->enrollments.items[enrollment->id - 1] = NULL;
  playbooks->states.items[enrollment->playbook].running--;
  playbooks->running--;
  end_watch(playbooks, enrollment->version);

  bool keeps = !text_equal(reason, TEXT("deleted")) && !text_equal(reason, TEXT("sender_removed"));
  if (!text_equal(reason, TEXT("completed"))) {
    for (uint32_t i = 0; i < enrollment->messages.count && !(keeps && version->keep_messages); i++)
      pbk_cancel_message(playbooks->outbox, enrollment->messages.items[i], reason);
    for (uint32_t i = 0; i < enrollment->tasks.count && !(keeps && version->keep_tasks); i++)
      pbk_cancel_open_task(playbooks->outbox, enrollment->tasks.items[i]);
  }
  array_release(context->memory, &enrollment->messages);
  array_release(context->memory, &enrollment->tasks);
  pbk_leave_version(playbooks, enrollment->version);
  pbk_release(context->memory, enrollment, sizeof *enrollment);
}

/* ---- steps ---- */

static bool step_runs(struct playbooks *playbooks, const struct enrollment *enrollment, const struct step *step) {
  if (!step->when) return true;
  struct view view = view_of(playbooks, enrollment);
  struct cel_outcome outcome;
  pbk_evaluate(&view, step->when, &outcome);
  return outcome.state == CEL_TRUE;
}

/* Sets the due time of the next step: its delay counts from the due time of the one before. */
static void schedule(struct enrollment *enrollment, pbk_time from) {
  enrollment->due = time_after(from, enrollment->version->steps[enrollment->next_step].delay);
}

void pbk_run_steps(struct playbooks *playbooks, struct enrollment *enrollment) {
  const struct version *version = enrollment->version;
  while (enrollment->due <= playbooks->context->now) {
    if (exit_met(playbooks, enrollment)) { /* P9: before a step */
      pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
      return;
    }
    const struct step *step = &version->steps[enrollment->next_step];
    bool run = step_runs(playbooks, enrollment, step);
    pbk_tell_step(playbooks->context, enrollment->id, enrollment->next_step + 1, run ? WORD_RUN : WORD_SKIPPED);
    if (run) pbk_run_actions(playbooks, enrollment, enrollment->next_step);
    enrollment->step_at = enrollment->due;
    if (!run && step->exit_on_skip) {
      pbk_exit_enrollment(playbooks, enrollment, TEXT("skipped"));
      return;
    }
    if (++enrollment->next_step == version->step_count) {
      pbk_exit_enrollment(playbooks, enrollment, TEXT("completed"));
      return;
    }
    schedule(enrollment, enrollment->due);
  }
  pbk_calendar_add(&playbooks->context->calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
  /* The step moved step_at: what that makes true is due at once, after this cause. */
  if (version->exit_reads_step && exit_met(playbooks, enrollment)) arm_exit(playbooks, enrollment, playbooks->context->now);
}

void pbk_start_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, const struct cel_outcome *exit_outcome) {
  pbk_begin_watch(playbooks, enrollment->version);
  if (exit_outcome) arm_exit(playbooks, enrollment, exit_outcome->until);
  schedule(enrollment, enrollment->started_at);
  if (enrollment->due <= playbooks->context->now) pbk_run_steps(playbooks, enrollment);
  else pbk_calendar_add(&playbooks->context->calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
}

/* ---- what is due ---- */

bool pbk_exit_due(struct playbooks *playbooks, uint64_t id, pbk_time time) {
  struct enrollment *enrollment = enrollment_at(playbooks, id);
  if (!enrollment || enrollment->exit_armed != time) return false;
  enrollment->exit_armed = INT64_MAX;
  if (exit_met(playbooks, enrollment)) pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
  return true;
}

bool pbk_step_due(struct playbooks *playbooks, uint64_t id, pbk_time time) {
  struct enrollment *enrollment = enrollment_at(playbooks, id);
  if (!enrollment || enrollment->waiting || enrollment->due != time) return false;
  struct playbook *playbook = &playbooks->states.items[enrollment->playbook];
  if (playbook->status == PLAYBOOK_PAUSED) { /* P11 */
    enrollment->waiting = true;
    array_push(playbooks->context->memory, &playbook->waiting, id);
    return false;
  }
  pbk_run_steps(playbooks, enrollment);
  return true;
}

/* ---- exits of a cause ---- */

/* P9: the subject left the audience whose entered or tagged triggered it. */
static bool left_audience(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  if (!enrollment->version->exit_on_left || enrollment->audience == MAP_NONE) return false;
  for (uint32_t i = 0; i < playbooks->audiences->flips.count; i++) {
    const struct flip *flip = &playbooks->audiences->flips.items[i];
    if (flip->audience == enrollment->audience && flip->subject == enrollment->subject && !flip->entered) return true;
  }
  return false;
}

static void review(struct playbooks *playbooks, struct enrollment *enrollment) {
  if (!watches(enrollment->version)) return;
  bool left = left_audience(playbooks, enrollment); /* looked at first: the exit frees it */
  if (exit_met(playbooks, enrollment)) pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
  else if (left) pbk_exit_enrollment(playbooks, enrollment, TEXT("left"));
}

static void collect_running(struct playbooks *playbooks, number_list *ids, int32_t kind, uint32_t subject) {
  uint32_t count = kind == PBK_CONTACT ? playbooks->of_contacts.count : playbooks->of_accounts.count;
  if (subject >= count) return;
  const struct passages *passages =
      kind == PBK_CONTACT ? &playbooks->of_contacts.items[subject] : &playbooks->of_accounts.items[subject];
  for (uint32_t i = 0; i < passages->items.count; i++)
    if (passages->items.items[i].running) pbk_heap_push(playbooks->context->memory, ids, passages->items.items[i].running->id);
}

static void collect_contacts(struct playbooks *playbooks, number_list *ids, uint32_t account) {
  const struct account *of = account_at(playbooks->facts, account);
  for (uint32_t i = 0; i < of->contacts.count; i++) collect_running(playbooks, ids, PBK_CONTACT, of->contacts.items[i]);
}

/* Whether the exit of some running enrollment of a kind of subject may turn on a change of facts. What else could make one true is
 * time, and what time had made true by now is done already. */
static bool watched_for(const struct playbooks *playbooks, int32_t kind, struct change change) {
  struct cel_read reads[CHANGE_READS_MOST];
  uint32_t count = pbk_reads_of_change(change, reads);
  if (change.kind == CHANGED_EVENTS && kind != change.subject_kind) reads[0] = reads[--count]; /* events() are one's own */
  for (uint32_t i = 0; i < playbooks->watched.count; i++) {
    const struct version *version = playbooks->watched.items[i];
    if (version->subject_kind != kind || !version->exit_when) continue;
    if (count == CHANGE_READS_ALL) return true;
    for (uint32_t j = 0; j < pbk_cel_read_count(version->exit_when); j++) {
      struct cel_read read = pbk_cel_read_at(version->exit_when, j);
      for (uint32_t k = 0; k < count; k++)
        if (read.kind == reads[k].kind && read.slot == reads[k].slot && read.number == reads[k].number) return true;
    }
  }
  return false;
}

/* Those whose facts changed, and of an account its contacts (T7). */
static void collect_changed(struct playbooks *playbooks, number_list *ids) {
  const struct facts *facts = playbooks->facts;
  for (uint32_t i = 0; i < facts->changes.count; i++) {
    struct change change = facts->changes.items[i];
    if (watched_for(playbooks, change.subject_kind, change))
      collect_running(playbooks, ids, change.subject_kind, change.subject);
    if (change.subject_kind == PBK_ACCOUNT && watched_for(playbooks, PBK_CONTACT, change))
      collect_contacts(playbooks, ids, change.subject);
  }
}

/* Those whose membership changed, and of an account its contacts. */
static void collect_flipped(struct playbooks *playbooks, number_list *ids) {
  const struct audiences *audiences = playbooks->audiences;
  for (uint32_t i = 0; i < audiences->flips.count; i++) {
    struct flip flip = audiences->flips.items[i];
    int32_t kind = audience_at(audiences, flip.audience)->of;
    collect_running(playbooks, ids, kind, flip.subject);
    if (kind == PBK_ACCOUNT) collect_contacts(playbooks, ids, flip.subject);
  }
}

void pbk_run_exits(struct playbooks *playbooks) {
  if (playbooks->watched.count == 0) return;
  number_list ids = {0};
  collect_changed(playbooks, &ids);
  collect_flipped(playbooks, &ids);
  for (uint64_t last = 0; ids.count > 0;) {
    uint64_t id = pbk_heap_pop(&ids);
    struct enrollment *enrollment = enrollment_at(playbooks, id);
    if (enrollment && id != last) review(playbooks, enrollment);
    last = id;
  }
  array_release(playbooks->context->memory, &ids);
}

/* What is not a fact of one subject: memberships, time zones. */
static bool reads_beyond(const struct version *version) {
  for (uint32_t i = 0; version->exit_when && i < pbk_cel_read_count(version->exit_when); i++) {
    uint32_t kind = pbk_cel_read_at(version->exit_when, i).kind;
    if (kind == CEL_READS_MEMBER || kind == CEL_READS_ZONES) return true;
  }
  return false;
}

void pbk_review_exits(struct playbooks *playbooks) {
  bool any = false;
  for (uint32_t i = 0; i < playbooks->watched.count; i++) any = any || reads_beyond(playbooks->watched.items[i]);
  for (uint32_t i = 0; any && i < playbooks->enrollments.count; i++) {
    struct enrollment *enrollment = playbooks->enrollments.items[i];
    if (enrollment && reads_beyond(enrollment->version)) review(playbooks, enrollment);
  }
}

void pbk_exit_deleted(struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  number_list ids = {0};
  collect_running(playbooks, &ids, kind, subject);
  while (ids.count > 0) pbk_exit_enrollment(playbooks, enrollment_at(playbooks, pbk_heap_pop(&ids)), TEXT("deleted"));
  array_release(playbooks->context->memory, &ids);
  uint32_t count = kind == PBK_CONTACT ? playbooks->of_contacts.count : playbooks->of_accounts.count;
  if (subject >= count) return;
  struct passages *passages =
      kind == PBK_CONTACT ? &playbooks->of_contacts.items[subject] : &playbooks->of_accounts.items[subject];
  array_release(playbooks->context->memory, &passages->items); /* the key may be used anew, without history */
}
