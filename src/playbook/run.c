/* playbook/run.c - what becomes of an enrollment: steps when they are due, exits when they are met (SPEC P7 to P9, P11); see
 * playbooks.h. */
#include "audience/vocabulary.h"
#include "playbook/playbooks.h"

/* ---- exits ---- */

static inline struct view view_of(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  struct view view = pbk_view_of(playbooks->audiences, enrollment->version->subject_kind, enrollment->subject);
  view.started_at = enrollment->started_at;
  view.step_at = enrollment->step_at;
  view.armed = enrollment->exit_armed;
  return view;
}

/* As with memberships: an earlier wake-up that is set already looks, and sets the next. */
static void arm_exit(struct playbooks *playbooks, struct enrollment *enrollment, pbk_time until) {
  if (until == CEL_FOREVER || enrollment->exit_armed <= until) return;
  if (enrollment->exit_armed == INT64_MAX) playbooks->armed++;
  enrollment->exit_armed = until;
  pbk_calendar_add(&playbooks->context->calendar, until, wake_order(DUE_EXIT, enrollment->id));
}

static bool ask_exit(struct playbooks *playbooks, struct enrollment *enrollment) {
  struct view view = view_of(playbooks, enrollment);
  struct cel_outcome outcome;
  pbk_evaluate(&view, enrollment->version->exit_when, &outcome);
  if (outcome.state == CEL_TRUE) return true;
  arm_exit(playbooks, enrollment, outcome.until);
  return false;
}

/* Whether exit.when is met now; if not, a wake-up is set for when it may be. */
static inline bool exit_met(struct playbooks *playbooks, struct enrollment *enrollment) {
  return enrollment->version->exit_when && ask_exit(playbooks, enrollment);
}

/* ---- watching ---- */

static bool watches(const struct version *version) { return version->exit_when || version->exit_on_left; }

void pbk_begin_watch(struct playbooks *playbooks, struct version *version) {
  if (!watches(version) || version->watchers++ > 0) return;
  version->watched_at = playbooks->watched.count;
  array_push(playbooks->context->memory, &playbooks->watched, version);
}

static void end_watch(struct playbooks *playbooks, struct enrollment *enrollment) {
  struct version *version = enrollment->version;
  if (enrollment->exit_armed != INT64_MAX) playbooks->armed--;
  if (!watches(version) || --version->watchers > 0) return;
  struct version *last = playbooks->watched.items[--playbooks->watched.count];
  playbooks->watched.items[version->watched_at] = last;
  last->watched_at = version->watched_at;
}

/* ---- leaving ---- */

void pbk_exit_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, struct text reason) {
  struct context *context = playbooks->context;
  struct version *version = enrollment->version;
  pbk_tell_exited(context, told_subject(playbooks->facts, version->subject_kind, enrollment->subject), enrollment->id,
                  playbook_name(playbooks, enrollment->playbook), reason);

  struct playbook *playbook = &playbooks->states.items[enrollment->playbook];
  uint64_t id = enrollment->id;
  uint32_t subject = enrollment->subject;
  bool acted = enrollment->next_step > 0; /* else it has made no message and no task */
  pbk_set_passage(playbooks, version->subject_kind, subject, passage_left(enrollment->playbook, context->now));
  end_watch(playbooks, enrollment);
  count_out(&playbooks->served, enrollment->sender);
  pbk_table_remove(context->memory, &playbooks->enrollments, id);
  roll_drop(context->memory, &playbook->enrollments, &playbooks->enrollments, id);
  playbook->running--;

  if (acted && !text_equal(reason, TEXT("completed"))) {
    bool keeps = !text_equal(reason, TEXT("deleted")) && !text_equal(reason, TEXT("sender_removed"));
    if (!(keeps && version->keep_messages))
      pbk_cancel_messages_of(playbooks->outbox, id, version->subject_kind, subject, reason);
    if (!(keeps && version->keep_tasks)) pbk_cancel_tasks_of(playbooks->outbox, id, version->subject_kind, subject);
  }
  pbk_leave_version(playbooks, version);
}

/* ---- steps ---- */

static inline bool step_runs(struct playbooks *playbooks, const struct enrollment *enrollment, const struct step *step) {
  if (!step->when) return true;
  if (step->member != MAP_NONE) {
    int32_t kind = enrollment->version->subject_kind;
    return audience_holds(playbooks, step->member, kind, enrollment->subject) != step->member_not;
  }
  struct view view = view_of(playbooks, enrollment);
  struct cel_outcome outcome;
  pbk_evaluate(&view, step->when, &outcome);
  return outcome.state == CEL_TRUE;
}

/* Sets the due time of the next step: its delay counts from the due time of the one before. */
static inline void schedule(struct enrollment *enrollment, pbk_time from) {
  enrollment->due = time_after(from, enrollment->version->steps[enrollment->next_step].delay);
}

/* The commonest: to the contact itself, from the sender that the pool gave it. */
static inline void mail_own(struct playbooks *playbooks, const struct enrollment *enrollment, struct action *action,
                            uint32_t number) {
  struct own_message made = {.enrollment = enrollment->id,
                             .letter = letter_for(playbooks, enrollment, action),
                             .contact = enrollment->subject,
                             .sender = enrollment->sender,
                             .step = enrollment->next_step,
                             .action = number,
                             .approval = action->approval};
  pbk_make_own_message(playbooks->outbox, &made);
}

static inline void run_actions(struct playbooks *playbooks, struct enrollment *enrollment, const struct step *step) {
  struct action *action = step->actions, *end = action + step->action_count;
  for (uint32_t number = 0; action < end; action++, number++) {
    if (action->own_mail && sender_at(playbooks->senders, enrollment->sender))
      mail_own(playbooks, enrollment, action, number);
    else
      pbk_run_any_action(playbooks, enrollment, enrollment->next_step, number);
  }
}

/* True, as something was done. */
static SELDOM bool run_steps(struct playbooks *playbooks, struct enrollment *enrollment) {
  const struct version *version = enrollment->version;
  const struct context *context = playbooks->context;
  while (enrollment->due <= context->now) {
    if (exit_met(playbooks, enrollment)) { /* P9: before a step */
      pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
      return true;
    }
    const struct step *step = &version->steps[enrollment->next_step];
    bool run = step_runs(playbooks, enrollment, step);
    pbk_tell_step(playbooks->context, enrollment->id, enrollment->next_step + 1, run ? WORD_RUN : WORD_SKIPPED);
    if (run) run_actions(playbooks, enrollment, step);
    enrollment->step_at = enrollment->due;
    if (!run && step->exit_on_skip) {
      pbk_exit_enrollment(playbooks, enrollment, TEXT("skipped"));
      return true;
    }
    if (++enrollment->next_step == version->step_count) {
      pbk_exit_enrollment(playbooks, enrollment, TEXT("completed"));
      return true;
    }
    schedule(enrollment, enrollment->due);
  }
  pbk_calendar_add(&playbooks->context->calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
  /* The step moved step_at: what that makes true is due at once, after this cause. */
  if (version->exit_reads_step && exit_met(playbooks, enrollment)) arm_exit(playbooks, enrollment, playbooks->context->now);
  return true;
}

void pbk_start_enrollment(struct playbooks *playbooks, struct enrollment *enrollment, const struct cel_outcome *exit_outcome) {
  pbk_begin_watch(playbooks, enrollment->version);
  if (exit_outcome) arm_exit(playbooks, enrollment, exit_outcome->until);
  schedule(enrollment, enrollment->started_at);
  if (enrollment->due <= playbooks->context->now) run_steps(playbooks, enrollment);
  else pbk_calendar_add(&playbooks->context->calendar, enrollment->due, wake_order(DUE_STEP, enrollment->id));
}

/* ---- what is due ---- */

bool pbk_exit_due(struct playbooks *playbooks, uint64_t id, pbk_time time) {
  struct enrollment *enrollment = enrollment_at(playbooks, id);
  if (!enrollment || enrollment->exit_armed != time) return false;
  enrollment->exit_armed = INT64_MAX;
  playbooks->armed--;
  if (exit_met(playbooks, enrollment)) pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
  return true;
}

static SELDOM void wait_for_resume(struct playbooks *playbooks, struct enrollment *enrollment) { /* P11 */
  struct playbook *playbook = &playbooks->states.items[enrollment->playbook];
  enrollment->waiting = true;
  array_push(playbooks->context->memory, &playbook->waiting, enrollment->id);
}

bool pbk_step_due(struct playbooks *playbooks, uint64_t id, pbk_time time) {
  struct enrollment *enrollment = enrollment_at(playbooks, id);
  if (!enrollment || enrollment->waiting || enrollment->due != time) return false;
  if (playbooks->states.items[enrollment->playbook].status != PLAYBOOK_PAUSED) return run_steps(playbooks, enrollment);
  wait_for_resume(playbooks, enrollment);
  return false;
}

/* ---- exits of a cause ---- */

/* P9: the subject left the audience whose entered or tagged triggered it. */
static bool left_audience(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  if (!enrollment->version->exit_on_left || enrollment->audience == MAP_NONE) return false;
  const struct flip *flip = pbk_flip_of(playbooks->audiences, enrollment->audience, enrollment->subject);
  return flip && !flip->entered;
}

static void review(struct playbooks *playbooks, struct enrollment *enrollment) {
  if (!watches(enrollment->version)) return;
  bool left = left_audience(playbooks, enrollment); /* looked at first: the exit frees it */
  if (exit_met(playbooks, enrollment)) pbk_exit_enrollment(playbooks, enrollment, TEXT("goal"));
  else if (left) pbk_exit_enrollment(playbooks, enrollment, TEXT("left"));
}

/* Whether an exit may be due at this very time, whose turn (T6) has not come. */
static bool exits_due(struct playbooks *playbooks) {
  struct wake wake;
  if (playbooks->armed == 0) return false;
  if (!calendar_may_be_due(&playbooks->context->calendar, playbooks->context->now)) return false;
  return calendar_peek(&playbooks->context->calendar, &wake) && wake.time <= playbooks->context->now;
}

/* Of what a subject is in and has been in, those of the versions that are stirred, and those whose wake-up is due. */
static void collect_passages(struct playbooks *playbooks, number_list *ids, const struct passages passages) {
  for (uint32_t i = 0; i < passages.count; i++) {
    const struct passage passage = passage_at(&passages, i);
    if (!passage.running) continue;
    const struct enrollment *enrollment = enrollment_at(playbooks, passage.of.enrollment);
    if (enrollment->version->stirred == playbooks->stir || enrollment->exit_armed <= playbooks->context->now)
      pbk_heap_push(playbooks->context->memory, ids, enrollment->id);
  }
}

/* Those of a subject whose exit may be met now. Who is in many playbooks is looked up in those that are concerned. */
static void collect_running(struct playbooks *playbooks, number_list *ids, int32_t kind, uint32_t subject) {
  enum { MANY = 4 }; /* passages that are walked as quickly as one is looked up */
  const struct passages passages = passages_of(playbooks, kind, subject);
  if (passages.count == 0) return;
  bool due = exits_due(playbooks);
  if (due || passages.count / MANY < playbooks->stirred.count) {
    if (due || playbooks->stirred.count > 0) collect_passages(playbooks, ids, passages);
    return;
  }
  for (uint32_t i = 0; i < playbooks->stirred.count; i++) {
    const struct version *version = playbooks->stirred.items[i];
    if (version->subject_kind != kind) continue;
    const struct enrollment *enrollment = pbk_running_of(playbooks, kind, subject, version->place);
    if (enrollment && enrollment->version == version) pbk_heap_push(playbooks->context->memory, ids, enrollment->id);
  }
}

/* Those of an account who are in a playbook. */
static void collect_enrolled(struct playbooks *playbooks, number_list *ids, const struct version *version,
                             uint32_t account) {
  uint64_t read[64], last = 0;
  const roll *running = &playbooks->states.items[version->place].enrollments;
  for (uint32_t count; (count = pbk_roll_read(running, &playbooks->enrollments, last, read, 64)) > 0; last = read[count - 1])
    for (uint32_t i = 0; i < count; i++) {
      const struct enrollment *enrollment = enrollment_at(playbooks, read[i]);
      if (enrollment->version == version && contact_at(playbooks->facts, enrollment->subject)->subject.account == account)
        pbk_heap_push(playbooks->context->memory, ids, enrollment->id);
    }
}

/* The contacts of an account, or those in the playbooks that are concerned, whichever are fewer. */
static void collect_contacts(struct playbooks *playbooks, number_list *ids, uint32_t account) {
  const struct contact_list *contacts = account_at(playbooks->facts, account)->contacts;
  uint64_t enrolled = 0;
  for (uint32_t i = 0; i < playbooks->stirred.count; i++) {
    const struct version *version = playbooks->stirred.items[i];
    if (version->subject_kind == PBK_CONTACT) enrolled += playbooks->states.items[version->place].running;
  }
  if (enrolled >= contact_list_count(contacts) || exits_due(playbooks)) {
    struct contact_row row;
    for (uint32_t part = 0; (row = contact_list_row(contacts, part)).count > 0; part++)
      for (uint32_t i = 0; i < row.count; i++) collect_running(playbooks, ids, PBK_CONTACT, row.items[i]);
    return;
  }
  for (uint32_t i = 0; i < playbooks->stirred.count; i++) {
    const struct version *version = playbooks->stirred.items[i];
    if (version->subject_kind == PBK_CONTACT) collect_enrolled(playbooks, ids, version, account);
  }
}

/* Another change is looked at: nothing is stirred yet. */
static void begin_stir(struct playbooks *playbooks) {
  playbooks->stir++;
  playbooks->stirred.count = 0;
}

static void stir_version(struct playbooks *playbooks, struct version *version) {
  if (version->stirred == playbooks->stir) return;
  version->stirred = playbooks->stir;
  array_push(playbooks->context->memory, &playbooks->stirred, version);
}

/* Marks the watched versions for a kind of subject whose exits read something: whether there are any. */
static bool stir_readers(struct playbooks *playbooks, int32_t kind, struct cel_read read) {
  bool any = false;
  for (uint32_t i = pbk_exit_read_place(playbooks, read); i < playbooks->exit_reads.count; i++) {
    const struct exit_read *reader = &playbooks->exit_reads.items[i];
    if (pbk_compare_reads(reader->read, read) != 0) break;
    if (reader->version->watchers == 0 || reader->version->subject_kind != kind) continue;
    stir_version(playbooks, reader->version);
    any = true;
  }
  return any;
}

/* Marks the versions for a kind of subject whose exits may turn on a change of facts. What else could make one true is time, and what
 * time had made true by now is done already. */
static bool stir(struct playbooks *playbooks, int32_t kind, struct change change) {
  struct cel_read reads[CHANGE_READS_MOST];
  uint32_t count = pbk_reads_of_change(change, reads);
  bool any = false;
  begin_stir(playbooks);
  for (uint32_t i = 0; count == CHANGE_READS_ALL && i < playbooks->watched.count; i++) {
    struct version *version = playbooks->watched.items[i];
    if (version->subject_kind != kind || !version->exit_when) continue;
    stir_version(playbooks, version);
    any = true;
  }
  if (count == CHANGE_READS_ALL) return any;
  bool others = change.kind == CHANGED_EVENTS && kind != change.subject_kind; /* events() are one's own */
  for (uint32_t i = others; i < count; i++) any = stir_readers(playbooks, kind, reads[i]) || any;
  return any;
}

/* Those whose facts changed, and of an account its contacts (T7). */
static void collect_changed(struct playbooks *playbooks, number_list *ids) {
  const struct facts *facts = playbooks->facts;
  for (uint32_t i = 0; i < facts->changes.count; i++) {
    struct change change = facts->changes.items[i];
    if (stir(playbooks, change.subject_kind, change)) collect_running(playbooks, ids, change.subject_kind, change.subject);
    if (change.subject_kind == PBK_ACCOUNT && stir(playbooks, PBK_CONTACT, change))
      collect_contacts(playbooks, ids, change.subject);
  }
}

/* Those whose membership changed, and of an account its contacts. */
static void collect_flipped(struct playbooks *playbooks, number_list *ids) {
  const struct audiences *audiences = playbooks->audiences;
  const struct cel_read zones = {CEL_READS_ZONES, 0, 0};
  bool new_zones = audiences->zones.bytes != playbooks->zones_seen; /* in this cause */
  playbooks->zones_seen = audiences->zones.bytes;
  for (uint32_t i = 0; i < audiences->flips.count; i++) {
    struct flip flip = audiences->flips.items[i];
    const struct audience *audience = audience_at(audiences, flip.audience);
    uint32_t slot = audience->kind == PBK_DEFINE_PERSONA ? LOOKUP_PERSONA : LOOKUP_SEGMENT;
    struct cel_read read = {CEL_READS_MEMBER, slot, flip.audience};
    begin_stir(playbooks);
    stir_readers(playbooks, audience->of, read);
    if (!flip.entered) stir_readers(playbooks, audience->of, leaving_of(flip.audience));
    if (new_zones) stir_readers(playbooks, audience->of, zones);
    collect_running(playbooks, ids, audience->of, flip.subject);
    if (audience->of != PBK_ACCOUNT) continue;
    bool any = stir_readers(playbooks, PBK_CONTACT, read);
    if (new_zones) any = stir_readers(playbooks, PBK_CONTACT, zones) || any;
    if (any || exits_due(playbooks)) collect_contacts(playbooks, ids, flip.subject);
  }
}

void pbk_run_touched_exits(struct playbooks *playbooks) {
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
  struct memory *memory = playbooks->context->memory;
  number_list ids = {0};
  for (uint32_t i = 0; i < playbooks->watched.count; i++) {
    const struct version *version = playbooks->watched.items[i];
    uint64_t id = 0;
    while (reads_beyond(version) && (id = pbk_next_of_playbook(playbooks, version->place, id)) != 0)
      if (enrollment_at(playbooks, id)->version == version) pbk_heap_push(memory, &ids, id);
  }
  while (ids.count > 0) {
    struct enrollment *enrollment = enrollment_at(playbooks, pbk_heap_pop(&ids));
    if (enrollment) review(playbooks, enrollment);
  }
  array_release(memory, &ids);
}

void pbk_exit_deleted(struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  struct memory *memory = playbooks->context->memory;
  const struct passages passages = passages_of(playbooks, kind, subject);
  number_list ids = {0};
  for (uint32_t i = 0; i < passages.count; i++) {
    const struct passage passage = passage_at(&passages, i);
    if (passage.running) pbk_heap_push(memory, &ids, passage.of.enrollment);
  }
  while (ids.count > 0) pbk_exit_enrollment(playbooks, enrollment_at(playbooks, pbk_heap_pop(&ids)), TEXT("deleted"));
  array_release(memory, &ids);
  pbk_forget_passages(playbooks, kind, subject);
}
