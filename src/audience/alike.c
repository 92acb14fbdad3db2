/* audience/alike.c - audiences of contacts whose condition reads nothing but their account; declared in audience.h.
 *
 * Whatever it says, it says for all contacts of an account. So it need be asked once for each account, and nobody looked at,
 * as long as that comes out as it stands and nobody needs another wake-up. For that it is kept in one word for each account,
 * of those with several contacts, whether they are in, and a time by which each of them has a wake-up: until then none needs
 * one. The word is made when all of them are looked at, follows whoever is looked at alone, and is no part of the state:
 * where there is none, all are looked at. */
#include "audience/audience.h"
#include "audience/world.h"

enum { ALIKE_FEW = 4 }; /* contacts that are looked at as quickly */

/* In its lowest bits; the rest is the time, counted from before all that can be reached, and cut where it is beyond. */
enum alike { ALIKE_UNKNOWN, ALIKE_MARKED, ALIKE_OUT, ALIKE_IN };
enum { ALIKE_STATES = 4 };

static uint64_t word_of(enum alike state, pbk_time by) {
  const int64_t most = (int64_t)1 << 60;
  int64_t time = by < -most ? -most : by > most ? most : by;
  return (uint64_t)(time + most) * ALIKE_STATES + state;
}
static enum alike state_of(uint64_t word) {
  return (enum alike)(word % ALIKE_STATES);
}

/* Whether it still says for an account what it said, and wakes early enough. */
static bool is_as_it_stands(struct audiences *audiences, uint32_t place, const struct account *account, uint64_t word) {
  if (state_of(word) != ALIKE_OUT && state_of(word) != ALIKE_IN) return false;
  struct view view = pbk_view_of(audiences, PBK_CONTACT, account->contacts.items[0]);
  struct cel_outcome outcome;
  pbk_evaluate(&view, audience_at(audiences, place)->program, &outcome);
  enum alike state = outcome.state == CEL_TRUE ? ALIKE_IN : ALIKE_OUT;
  return state == state_of(word) && word_of(state, outcome.until) >= word;
}

bool pbk_alike_stays(struct audiences *audiences, uint32_t place, uint32_t account) {
  struct membership *membership = &audiences->memberships.items[place];
  const struct account *of = account_at(audiences->facts, account);
  if (of->contacts.count <= ALIKE_FEW || !membership->of_account_alone) return false;
  uint64_t *word = pbk_words_need(audiences->context->memory, &membership->alike, account);
  if (state_of(*word) == ALIKE_MARKED) return true; /* by another change of the cause */
  if (is_as_it_stands(audiences, place, of, *word)) return true;
  *word = word_of(ALIKE_MARKED, INT64_MIN);
  return false;
}

void pbk_alike_looked(struct audiences *audiences, uint32_t place, uint32_t account, uint32_t contact, bool matches) {
  const struct membership *membership = &audiences->memberships.items[place];
  uint64_t *word = words_at(&membership->alike, account);
  if (!word || state_of(*word) == ALIKE_UNKNOWN) return;
  pbk_time armed = contact < membership->armed.count ? membership->armed.items[contact] : INT64_MAX;
  enum alike state = matches ? ALIKE_IN : ALIKE_OUT;
  uint64_t now = word_of(state, armed), before = *word - state_of(*word) + state;
  *word = now > before ? now : before;
}

void pbk_forget_alike(struct audiences *audiences, uint32_t place) {
  pbk_words_release(audiences->context->memory, &audiences->memberships.items[place].alike);
}
