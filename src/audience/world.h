/* audience/world.h - the world as a condition sees it: one subject, its account, perhaps an event or an enrollment. */
#ifndef PBK_AUDIENCE_WORLD_H
#define PBK_AUDIENCE_WORLD_H

#include "audience/audience.h"

struct event_view {
  uint32_t name;
  pbk_time occurred_at;
  const pbk_value *properties; /* a map, or NULL */
};

struct view {
  struct audiences *audiences;
  const struct contact *contact; /* NULL where the subject is an account */
  const struct account *account; /* NULL where the subject is a contact: see account_in */
  const struct event_view *event;
  pbk_time started_at, step_at;
  pbk_time armed; /* a wake-up that is set already; INT64_MAX: none */
};

/* What of a world is the same in every evaluation. */
void pbk_world_init(struct audiences *audiences);

static inline struct view view_about(struct audiences *audiences, const struct subject *about) {
  struct view view = {.audiences = audiences, .armed = INT64_MAX};
  if (about->kind == PBK_CONTACT)
    view.contact = (const struct contact *)(const void *)about;
  else
    view.account = (const struct account *)(const void *)about;
  return view;
}
/* The subject, or its account, which is only looked for where something of it is asked; NULL: it has none. */
static inline const struct account *account_in(const struct view *view) {
  if (!view->contact) return view->account;
  uint32_t account = view->contact->subject.account;
  return account == MAP_NONE ? NULL : account_at(view->audiences->facts, account);
}
static inline struct view pbk_view_of(struct audiences *audiences, int32_t kind, uint32_t index) {
  return view_about(audiences, pbk_subject_at(audiences->facts, kind, index));
}

/* Evaluates at `now`: only whether it holds, and until when; an error has no text. */
void pbk_evaluate(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome);
/* The same with all that explain shows. What the outcome borrows is valid until the next evaluation. */
void pbk_evaluate_to_explain(const struct view *view, const struct cel_program *program, struct cel_outcome *outcome);

#endif
