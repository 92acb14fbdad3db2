/* playbook/enroll.c - who enters: the checks of SPEC P4 in their order, for triggers, by hand, and to explain; see playbooks.h. */
#include "playbook/playbooks.h"

#include "base/value.h"

enum check {
  CHECK_INACTIVE,
  CHECK_ARCHIVED,
  CHECK_PAUSED,
  CHECK_SUPPRESSED,
  CHECK_ALREADY_ENROLLED,
  CHECK_REENTRY,
  CHECK_FILTERED,
  CHECK_EXIT_MET,
  CHECK_NO_BRANCH,
  CHECK_NO_SENDER
};
static const char *const check_names[CHECK_COUNT] = {"inactive", "archived", "paused",    "suppressed", "already_enrolled",
                                                     "reentry",  "filtered", "exit_met", "no_branch",  "no_sender"};

/* One subject before one playbook. */
struct judging {
  struct playbooks *playbooks;
  uint32_t place;
  const struct playbook *playbook;
  const struct version *version;
  int32_t kind;
  uint32_t subject;
  const struct contact *contact; /* NULL for an account */
  struct passage passage;
  bool explaining;               /* values and errors of conditions are shown */
  bool has_outcome;              /* the last check asked a condition */
  struct cel_outcome outcome;
  struct cel_outcome exit_outcome; /* of exit.when: until when it stays false */
  const struct branch *branch;   /* set by CHECK_NO_BRANCH */
  struct pool *pool;             /* set by CHECK_NO_SENDER, with */
  uint32_t sender;
  enum sender_choice choice;
};

/* ---- the checks ---- */

static bool evaluate(struct judging *judging, const struct cel_program *program) {
  struct view view = pbk_view_of(judging->playbooks->audiences, judging->kind, judging->subject);
  view.started_at = view.step_at = judging->playbooks->context->now;
  if (judging->explaining) pbk_evaluate_to_explain(&view, program, &judging->outcome);
  else pbk_evaluate(&view, program, &judging->outcome);
  judging->has_outcome = true;
  return judging->outcome.state == CEL_TRUE;
}

static bool passes_reentry(const struct judging *judging) {
  const struct passage *passage = &judging->passage;
  if (!passage->there) return true;
  if (judging->version->reentry == PBK_REENTRY_ONCE) return false;
  if (judging->version->reentry == PBK_REENTRY_ALWAYS || passage->running) return true;
  return judging->playbooks->context->now >= time_after(passage->of.last_exit, judging->version->reentry_after);
}

static bool passes_filter(struct judging *judging) {
  const struct version *version = judging->version;
  bool held =
    version->segment == MAP_NONE || audience_holds(judging->playbooks, version->segment, judging->kind, judging->subject);
  bool matched = !version->when || evaluate(judging, version->when);
  return held && matched;
}

static bool passes_exit(struct judging *judging) {
  if (!judging->version->exit_when) return true;
  bool met = evaluate(judging, judging->version->exit_when);
  judging->exit_outcome = judging->outcome;
  return !met;
}

static bool finds_branch(struct judging *judging) {
  const struct version *version = judging->version;
  judging->branch = NULL;
  if (version->branch_count == 0) return true;
  for (uint32_t i = 0; i < version->branch_count && !judging->branch; i++) {
    const struct branch *branch = &version->branches[i];
    if (branch->segment == MAP_NONE || audience_holds(judging->playbooks, branch->segment, judging->kind, judging->subject))
      judging->branch = branch;
  }
  return judging->branch != NULL;
}

static bool finds_sender(struct judging *judging) {
  judging->sender = MAP_NONE;
  if (!judging->branch) return true;
  judging->pool = pbk_pool_of(judging->playbooks, judging->place, judging->branch->segment);
  judging->sender = pbk_pool_choose(judging->playbooks->senders, judging->pool, judging->branch->sticky, judging->contact,
                                    &judging->choice);
  return judging->sender != MAP_NONE;
}

static bool passes(struct judging *judging, enum check check) {
  judging->has_outcome = false;
  switch (check) {
  case CHECK_INACTIVE: return judging->playbook->status != PLAYBOOK_NEVER;
  case CHECK_ARCHIVED: return judging->playbook->status != PLAYBOOK_ARCHIVED;
  case CHECK_PAUSED: return judging->playbook->status != PLAYBOOK_PAUSED;
  case CHECK_SUPPRESSED: return !judging->contact || !judging->contact->subject.suppressed;
  case CHECK_ALREADY_ENROLLED: return !judging->passage.running;
  case CHECK_REENTRY: return passes_reentry(judging);
  case CHECK_FILTERED: return passes_filter(judging);
  case CHECK_EXIT_MET: return passes_exit(judging);
  case CHECK_NO_BRANCH: return finds_branch(judging);
  default: return finds_sender(judging);
  }
}

/* The outcomes stay as they are until a condition is asked. */
static void begin_judging(struct judging *judging, struct playbooks *playbooks, uint32_t place, int32_t kind, uint32_t subject) {
  judging->playbooks = playbooks;
  judging->place = place;
  judging->playbook = &playbooks->states.items[place];
  judging->version = version_at(playbooks, place);
  judging->kind = kind;
  judging->subject = subject;
  judging->contact = kind == PBK_CONTACT ? contact_at(playbooks->facts, subject) : NULL;
  judging->passage = pbk_passage_of(playbooks, kind, subject, place);
  judging->explaining = false;
  judging->branch = NULL;
  judging->sender = MAP_NONE;
}

/* Mostly there is nothing to say before the conditions: the first check that may fail. */
static inline enum check first_check(const struct judging *judging) {
  const struct passage *passage = &judging->passage;
  bool plain = judging->playbook->status == PLAYBOOK_ACTIVE && !(judging->contact && judging->contact->subject.suppressed) &&
               (!passage->there || (!passage->running && judging->version->reentry == PBK_REENTRY_ALWAYS));
  return plain ? CHECK_FILTERED : CHECK_INACTIVE;
}

/* CHECK_COUNT: none failed. */
static inline int32_t first_failed(struct judging *judging, bool by_hand) {
  const struct version *version = judging->version;
  bool filters = !by_hand && (version->segment != MAP_NONE || version->when); /* P6 */
  bool branches = version->branch_count > 1 || (version->branch_count == 1 && version->branches->segment != MAP_NONE);
  for (int32_t check = first_check(judging); check < CHECK_FILTERED; check++)
    if (!passes(judging, (enum check)check)) return check;
  if (filters && !passes_filter(judging)) return CHECK_FILTERED;
  if (!passes_exit(judging)) return CHECK_EXIT_MET;
  if (!branches)
    judging->branch = version->branches;
  else if (!finds_branch(judging))
    return CHECK_NO_BRANCH;
  return finds_sender(judging) ? CHECK_COUNT : CHECK_NO_SENDER;
}

/* ---- judging ---- */

static void tell_not_enrolled(const struct judging *judging, enum check check) {
  pbk_tell_not_enrolled(judging->playbooks->context, told_subject(judging->playbooks->facts, judging->kind, judging->subject),
                        playbook_name(judging->playbooks, judging->place), text_from(check_names[check]));
}

pbk_output pbk_enrollment_output(const struct playbooks *playbooks, const struct enrollment *enrollment) {
  const struct context *context = playbooks->context;
  pbk_output output = output_of(context, PBK_OUTPUT_ENROLLED);
  output.enrollment = enrollment->id;
  output.playbook = name_public(context, playbook_name(playbooks, enrollment->playbook));
  output.version = enrollment->version->number;
  pbk_output_subject(playbooks->facts, &output, enrollment->version->subject_kind, enrollment->subject);
  if (enrollment->branch != MAP_NONE)
    output.branch = public_text(pbk_audience_key(playbooks->audiences, enrollment->branch));
  if (enrollment->sender != MAP_NONE)
    output.sender = name_public(context, registry_name(&playbooks->senders->registry, enrollment->sender));
  return output;
}

static void tell_enrolled(const struct judging *judging, const struct enrollment *enrollment) {
  static const enum word choices[] = {
    [CHOSEN_PINNED] = WORD_PINNED, [CHOSEN_STICKY] = WORD_STICKY, [CHOSEN_ROTATION] = WORD_ROTATION};
  const struct playbooks *playbooks = judging->playbooks;
  struct told_enrollment told = {.enrollment = enrollment->id,
                                 .playbook = playbook_name(playbooks, enrollment->playbook),
                                 .version = enrollment->version->number,
                                 .branch = registry_name(&playbooks->audiences->registry, enrollment->branch),
                                 .sender = registry_name(&playbooks->senders->registry, enrollment->sender)};
  pbk_tell_enrolled(playbooks->context, told_subject(playbooks->facts, enrollment->version->subject_kind, enrollment->subject), &told,
                    enrollment->sender == MAP_NONE ? WORD_NONE : choices[judging->choice]);
}

static void enroll(struct judging *judging, uint32_t audience) {
  struct playbooks *playbooks = judging->playbooks;
  struct memory *memory = playbooks->context->memory;
  struct version *version = version_at(playbooks, judging->place);
  struct playbook *playbook = &playbooks->states.items[judging->place];
  struct enrollment *enrollment = table_add(memory, &playbooks->enrollments, sizeof(struct enrollment));
  *enrollment = (struct enrollment){.id = playbooks->enrollments.last,
                                    .version = version,
                                    .playbook = judging->place,
                                    .subject = judging->subject,
                                    .audience = audience,
                                    .branch = judging->branch ? judging->branch->segment : MAP_NONE,
                                    .sender = judging->sender,
                                    .started_at = playbooks->context->now,
                                    .step_at = playbooks->context->now,
                                    .exit_armed = INT64_MAX};
  version->references++;
  count_in(memory, &playbooks->served, judging->sender);
  if (judging->sender != MAP_NONE && judging->choice == CHOSEN_ROTATION)
    pbk_pool_pass_turn(judging->pool, judging->sender);
  pbk_set_passage(playbooks, judging->kind, judging->subject, passage_running(judging->place, enrollment->id));
  playbook->running++;
  roll_add(memory, &playbook->enrollments, enrollment->id);
  tell_enrolled(judging, enrollment);
  pbk_start_enrollment(playbooks, enrollment, version->exit_when ? &judging->exit_outcome : NULL);
}

void pbk_judge(struct playbooks *playbooks, uint32_t place, int32_t kind, uint32_t subject, uint32_t audience, bool by_hand) {
  enum playbook_status status = playbooks->states.items[place].status;
  if (!by_hand && (status == PLAYBOOK_NEVER || status == PLAYBOOK_ARCHIVED)) return;
  if (!judge_once(playbooks, place, subject)) return;
  struct judging judging;
  begin_judging(&judging, playbooks, place, kind, subject);
  int32_t failed = first_failed(&judging, by_hand);
  if (failed == CHECK_COUNT) enroll(&judging, audience);
  else tell_not_enrolled(&judging, (enum check)failed);
}

bool pbk_explain_checks(struct playbooks *playbooks, uint32_t place, int32_t kind, uint32_t subject, struct arena *arena,
                        pbk_check checks[CHECK_COUNT]) {
  struct judging judging;
  begin_judging(&judging, playbooks, place, kind, subject);
  judging.explaining = true;
  bool enrolls = true;
  for (int32_t check = CHECK_INACTIVE; check < CHECK_COUNT; check++) {
    bool passed = passes(&judging, (enum check)check);
    enrolls = enrolls && passed;
    checks[check] = (pbk_check){.name = public_text(text_from(check_names[check])), .result = passed};
    if (!judging.has_outcome) continue;
    if (judging.outcome.state == CEL_ERROR) {
      struct text error = text_from(judging.outcome.error);
      char *copy = pbk_arena_allocate(arena, error.size + 1);
      memcpy(copy, error.bytes, error.size);
      checks[check].error = (pbk_text){copy, error.size};
    } else {
      checks[check].has_value = 1;
      checks[check].value = pbk_cel_to_json(&judging.outcome.value, arena);
    }
  }
  return enrolls;
}
