/* playbook/action.c - the actions of a step: tasks, e-mails, assignments, notifications (SPEC C, S1, S2); see playbooks.h. */
#include "playbook/playbooks.h"

bool pbk_account_is_in(const struct playbooks *playbooks, uint32_t audience, int32_t kind, uint32_t subject) {
  if (kind != PBK_CONTACT) return false;
  uint32_t account = contact_at(playbooks->facts, subject)->subject.account;
  return account != MAP_NONE && pbk_is_in(playbooks->audiences, audience, account);
}

/* One action under way. */
struct acting {
  struct playbooks *playbooks;
  struct enrollment *enrollment;
  struct action *action;
  uint32_t step, number; /* from 0 */
};

/* The subject's, or MAP_NONE. */
static uint32_t account_of(const struct acting *acting) {
  const struct enrollment *enrollment = acting->enrollment;
  if (enrollment->version->subject_kind != PBK_CONTACT) return enrollment->subject;
  return contact_at(acting->playbooks->facts, enrollment->subject)->subject.account;
}

/* A user's place, or MAP_NONE (C2). */
static uint32_t find_teammate(const struct acting *acting, struct person person) {
  switch (person.kind) {
  case PBK_PERSON_USER: return person.who;
  case PBK_PERSON_ROLE: return pbk_holder_of(acting->playbooks->facts, account_of(acting), person.who);
  case PBK_PERSON_SENDER: {
    const struct sender *sender = sender_at(acting->playbooks->senders, acting->enrollment->sender);
    return sender ? sender->user : MAP_NONE;
  }
  default: return MAP_NONE;
  }
}

static uint32_t user_name(const struct acting *acting, uint32_t user) {
  return registry_name(&acting->playbooks->facts->users, user);
}

static void make_task(const struct acting *acting) {
  const struct action *action = acting->action;
  const struct enrollment *enrollment = acting->enrollment;
  pbk_time now = acting->playbooks->context->now;
  struct task_request request = {
      .enrollment = enrollment->id,
      .playbook = playbook_name(acting->playbooks, enrollment->playbook),
      .subject_kind = enrollment->version->subject_kind,
      .subject = enrollment->subject,
      .assignee = user_name(acting, find_teammate(acting, action->person)),
      .sender = action->person.kind == PBK_PERSON_SENDER ? enrollment->sender : MAP_NONE,
      .due = action->due < 0 ? PBK_NO_TIME : time_after(now, action->due),
      .title = action->title};
  pbk_make_task(acting->playbooks->outbox, &request);
}

/* S1, S2: resolved when the message is made. */
static inline uint32_t resolve_sender(const struct acting *acting) {
  struct senders *senders = acting->playbooks->senders;
  const struct action *action = acting->action;
  uint32_t sender = MAP_NONE;
  switch (action->send_as) {
  case PBK_SEND_AS_POOL: /* even if inactive by now (S7, drain) */
    return sender_at(senders, acting->enrollment->sender) ? acting->enrollment->sender : MAP_NONE;
  case PBK_SEND_AS_USER: sender = pbk_sender_of_user(senders, action->send_as_who); break;
  case PBK_SEND_AS_ROLE:
    sender = pbk_sender_of_user(senders, pbk_holder_of(acting->playbooks->facts, account_of(acting), action->send_as_who));
    break;
  default: break;
  }
  if (sender == MAP_NONE && !action->fail_without) sender = pbk_active_default_sender(senders);
  return sender;
}

uint32_t pbk_make_letter(const struct playbooks *playbooks, const struct enrollment *enrollment, struct action *action) {
  struct letter_kind kind = {.playbook = playbook_name(playbooks, enrollment->playbook),
                             .channel = action->channel,
                             .template = action->template,
                             .policy = (uint8_t)action->policy,
                             .email = action->kind == PBK_ACTION_EMAIL,
                             .window = enrollment->version->window};
  return action->letter = pbk_letters_intern(&playbooks->context->outputs.letters, &kind) + 1;
}

/* A message of any kind, to nobody, from nobody, so far. */
static inline struct message *begin(const struct playbooks *playbooks, const struct enrollment *enrollment,
                                    struct action *action) {
  struct message *message = begin_message(playbooks->outbox);
  message->told.enrollment = enrollment->id;
  message->told.letter = letter_for(playbooks, enrollment, action);
  message->subject_kind = (uint8_t)enrollment->version->subject_kind;
  message->subject = enrollment->subject;
  message->told.to = message->sender = MAP_NONE;
  return message;
}

static bool selected(const struct acting *acting, uint32_t contact) {
  const struct action *action = acting->action;
  if (action->to == PBK_TO_ALL) return true;
  if (action->to == PBK_TO_PERSONA) return pbk_is_in(acting->playbooks->audiences, action->to_persona, contact);
  struct view view = pbk_view_of(acting->playbooks->audiences, PBK_CONTACT, contact);
  view.started_at = acting->enrollment->started_at;
  view.step_at = acting->enrollment->step_at;
  struct cel_outcome outcome;
  pbk_evaluate(&view, action->to_when, &outcome);
  return outcome.state == CEL_TRUE;
}

static void send_email(const struct acting *acting, uint32_t contact) {
  const struct action *action = acting->action;
  uint32_t sender = resolve_sender(acting);
  struct message *message = begin(acting->playbooks, acting->enrollment, acting->action);
  message->to_kind = PBK_TO_CONTACT;
  message->told.to = contact;
  message->sender = sender;
  pbk_make_message(acting->playbooks->outbox, message, acting->step, acting->number, action->approval,
                   sender == MAP_NONE ? "no_sender" : NULL);
}

static void make_emails(const struct acting *acting) {
  if (acting->enrollment->version->subject_kind == PBK_CONTACT) {
    send_email(acting, acting->enrollment->subject);
    return;
  }
  const struct contact_list *contacts = account_at(acting->playbooks->facts, acting->enrollment->subject)->contacts;
  struct contact_row row;
  for (uint32_t part = 0; (row = contact_list_row(contacts, part)).count > 0; part++)
    for (uint32_t i = 0; i < row.count; i++) /* C3: in creation order */
      if (selected(acting, row.items[i])) send_email(acting, row.items[i]);
}

static void notify(const struct acting *acting) {
  struct message *message = begin(acting->playbooks, acting->enrollment, acting->action);
  struct person person = acting->action->person;
  const char *failure = NULL;
  if (person.kind == PBK_PERSON_PLACE) {
    message->to_kind = PBK_TO_PLACE;
    message->told.to = person.who;
  } else {
    uint32_t user = find_teammate(acting, person);
    if (user == MAP_NONE)
      failure = "no_recipient";
    else {
      message->to_kind = PBK_TO_USER;
      message->told.to = user_name(acting, user);
    }
  }
  pbk_make_message(acting->playbooks->outbox, message, acting->step, acting->number, false, failure);
}

static void assign(const struct acting *acting) {
  struct playbooks *playbooks = acting->playbooks;
  const struct action *action = acting->action;
  uint32_t account = account_of(acting);
  if (account == MAP_NONE) return;
  uint32_t user = action->user;
  if (user == MAP_NONE) {
    struct rotation *rotation = &playbooks->states.items[acting->enrollment->playbook].rotations.items[action->rotation];
    user = rotation->users.items[rotation->next];
    rotation->next = (rotation->next + 1) % rotation->users.count;
  }
  pbk_set_holder(playbooks->facts, account_at(playbooks->facts, account), action->role, user);
  pbk_output output = output_of(playbooks->context, PBK_OUTPUT_ASSIGNED);
  pbk_output_subject(playbooks->facts, &output, PBK_ACCOUNT, account);
  output.role = name_public(playbooks->context, registry_name(&playbooks->facts->roles, action->role));
  output.user = name_public(playbooks->context, user_name(acting, user));
  emit(playbooks->context, &output);
}

void pbk_run_any_action(struct playbooks *playbooks, struct enrollment *enrollment, uint32_t step, uint32_t number) {
  struct acting acting = {playbooks, enrollment, &enrollment->version->steps[step].actions[number], step, number};
  switch (acting.action->kind) {
    case PBK_ACTION_TASK: make_task(&acting); break;
    case PBK_ACTION_EMAIL: make_emails(&acting); break;
    case PBK_ACTION_ASSIGN: assign(&acting); break;
    default: notify(&acting); break;
  }
}
