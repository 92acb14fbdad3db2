/* audience/quiet.c - audiences whose condition is one quiet() and nothing else; declared in audience.h.
 *
 * Who is in has no wake-up, who is not has one, which may be early: it looks for how long there was no event, and sets the
 * next. So it need not be known which time was set, only whether what comes out of the calendar is what was set last:
 * nothing is ever taken out of that. A sign of one byte tells nearly always. Where it is mistaken, one wake-up is taken for
 * the other, and as both look, nothing is lost; there are no more of them than before. A snapshot keeps nothing of it: when
 * quiet comes follows from the events. */
#include "audience/audience.h"
#include "audience/vocabulary.h"
#include "base/number.h"

void pbk_note_quiet(struct audiences *audiences, uint32_t place) {
  struct memory *memory = audiences->context->memory;
  struct membership *membership = &audiences->memberships.items[place];
  const struct audience *audience = audience_at(audiences, place);
  uint32_t slot;
  struct quiet quiet = {0, MAP_NONE};
  if (audience && audience->program &&
      (!pbk_cel_is_quiet(audience->program, &slot, &quiet.event, &quiet.window) || slot != LOOKUP_EVENTS))
    quiet.window = 0;
  membership->quiet = quiet;
  if (quiet.window)
    pbk_words_release(memory, &membership->armed);
  else
    pbk_words_release(memory, &membership->signs);
}

static unsigned char sign_of(pbk_time time) {
  unsigned char sign = (unsigned char)((uint64_t)time * 0x9e3779b97f4a7c15u >> 56);
  return sign ? sign : 1;
}

/* Since when it is quiet: since the last event, or since there is the subject. No event is older than that (SPEC E7). */
static pbk_time quiet_since(const struct membership *membership, const struct subject *subject) {
  struct series series = pbk_subject_series(subject, membership->quiet.event);
  return series.count ? series.times[series.count - 1] : subject->created_at;
}

static SELDOM unsigned char *need_sign(struct audiences *audiences, uint32_t place, uint32_t subject) {
  struct membership *membership = &audiences->memberships.items[place];
  pbk_words_need(audiences->context->memory, &membership->signs, subject / sizeof(uint64_t));
  return sign_at(membership, subject);
}
/* What was set before is not known any more. `sign` is where that is; NULL: there is no place yet. */
static inline void wake_at(struct audiences *audiences, uint32_t place, uint32_t subject, unsigned char *sign,
                           pbk_time time) {
  if (time == CEL_FOREVER) return;
  if (!sign) sign = need_sign(audiences, place, subject);
  *sign = sign_of(time);
  pbk_calendar_add(&audiences->context->calendar, time, wake_membership(place, subject));
}

void pbk_wake_quiet(struct audiences *audiences, uint32_t place, const struct subject *subject) {
  const struct membership *membership = &audiences->memberships.items[place];
  wake_at(audiences, place, subject->index, sign_at(membership, subject->index),
          saturating_add(quiet_since(membership, subject), membership->quiet.window));
}

bool pbk_look_quiet(struct audiences *audiences, uint32_t place, const struct subject *subject) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t index = subject->index;
  pbk_time since = quiet_since(membership, subject), from = saturating_add(since, membership->quiet.window);
  unsigned char *sign = sign_at(membership, index);
  bool set = sign && *sign;
  if (from <= audiences->context->now) {
    if (set) *sign = 0;
    return true;
  }
  /* Quiet can only come later than what is set, unless what was the subject's creation goes back. */
  if (!set || since == subject->created_at) wake_at(audiences, place, index, sign, from);
  return false;
}

bool pbk_quiet_due(struct audiences *audiences, uint32_t place, const struct subject *subject, pbk_time time) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint32_t index = subject->index;
  unsigned char *sign = sign_at(membership, index);
  if (!sign || *sign != sign_of(time)) return false;
  *sign = 0;
  if (subject->deleted) return false;
  pbk_time from = saturating_add(quiet_since(membership, subject), membership->quiet.window);
  if (from <= audiences->context->now) return true;
  wake_at(audiences, place, index, sign, from);
  return false;
}
