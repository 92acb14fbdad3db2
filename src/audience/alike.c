/* audience/alike.c - what conditions on contacts read of nothing but their account; declared in audience.h.
 *
 * Where all of it is that, it says the same for all contacts of an account. So it need be asked once for each account, and
 * nobody looked at, as long as that comes out as it stands and nobody needs another wake-up. For that it is kept in one word
 * for each account, of those with several contacts, whether they are in, and a time by which each of them has a wake-up:
 * until then none needs one. The word is made when all of them are looked at, follows whoever is looked at alone, and is no
 * part of the state: where there is none, all are looked at.
 *
 * Where && joins parts of which some read the account alone, these are the gate: nobody changes as long as the gate comes
 * out as it stands. Who is woken, though, hangs on all that the gate was going to be: where it would have shut in time,
 * nobody waits for what the rest says later. So nobody needs another wake-up only where it is shut for good; where it is
 * open for good, and was; or where the rest does not hang on time, and the gate stays for as long as it did when they were
 * looked at: then what anybody is woken for may only come later. */
#include "audience/audience.h"
#include "audience/vocabulary.h"
#include "audience/world.h"

enum { ALIKE_FEW = 16 }; /* contacts that are looked at as quickly */

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

/* ---- what is asked ---- */

/* Whether a condition on contacts looks at their account to read something. */
static bool is_of_account(const struct audiences *audiences, struct cel_read read) {
  const struct audience *named;
  switch (read.kind) {
    case CEL_READS_FIELD:
    case CEL_READS_ENTRY:
    case CEL_READS_ENTRIES: return read.slot >= SLOT_ACCOUNT_ID && read.slot <= SLOT_ACCOUNT_TRAITS;
    case CEL_READS_SERIES: return read.slot == LOOKUP_ACCOUNT_EVENTS;
    case CEL_READS_MEMBER: named = audience_at(audiences, read.number); return named && named->of == PBK_ACCOUNT;
    default: return false;
  }
}

bool pbk_reads_account(const struct audiences *audiences, const struct cel_program *program, bool *others) {
  bool any = false;
  *others = false;
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    if (is_of_account(audiences, read))
      any = true;
    else if (read.kind != CEL_READS_NOW && read.kind != CEL_READS_ZONES)
      *others = true;
  }
  return any;
}

enum { PARTS_MOST = 16 };

/* The parts of a condition that && joins; 0 where it is not only that, or written in a way that is not looked into. */
static uint32_t split(struct text source, struct text parts[PARTS_MOST]) {
  uint32_t count = 0, begin = 0, depth = 0;
  char quote = 0;
  for (uint32_t i = 0; i < source.size; i++) {
    char at = source.bytes[i], next = i + 1 < source.size ? source.bytes[i + 1] : 0;
    if (at == '\\' || at == '`' || (at == '/' && next == '/')) return 0;
    if (quote || at == '\'' || at == '"') {
      if (!quote && at == next) return 0;
      if (!quote)
        quote = at;
      else if (at == quote)
        quote = 0;
      continue;
    }
    if (at == '(' || at == '[' || at == '{') depth++;
    if (at == ')' || at == ']' || at == '}') depth--;
    if (depth > 0) continue;
    if (at == '?' || at == '|') return 0;
    if (at != '&' || next != '&') continue;
    if (count + 2 > PARTS_MOST) return 0;
    parts[count++] = (struct text){source.bytes + begin, i - begin};
    begin = ++i + 1;
  }
  if (count == 0) return 0;
  parts[count++] = (struct text){source.bytes + begin, source.size - begin};
  return count;
}

static struct cel_program *compile(struct audiences *audiences, uint32_t place, struct text source) {
  const struct audience *audience = audience_at(audiences, place);
  enum condition_use use = audience->kind == PBK_DEFINE_PERSONA ? CONDITION_PERSONA : CONDITION_SEGMENT;
  struct cel_error error;
  bool restoring = audiences->restoring;
  audiences->restoring = true; /* it was accepted as a part of the whole */
  struct cel_program *program = pbk_compile_condition(audiences, use, PBK_CONTACT, place, source, &error);
  audiences->restoring = restoring;
  return program;
}

/* Whether it may say something else when nothing but the time changes; true where that is not plain. */
static bool hangs_on_time(const struct cel_program *program) {
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    enum cel_read_kind kind = pbk_cel_read_at(program, i).kind;
    if (kind != CEL_READS_FIELD && kind != CEL_READS_ENTRY && kind != CEL_READS_ENTRIES && kind != CEL_READS_MEMBER)
      return true;
  }
  return false;
}

/* Whether a part reads the account and nothing else; where not, whether it hangs on time. */
static bool part_is_of_account(struct audiences *audiences, uint32_t place, struct text part, bool *rest_hangs) {
  bool others = true, any = false;
  struct cel_program *program = compile(audiences, place, part);
  if (program) any = pbk_reads_account(audiences, program, &others);
  bool of_account = any && !others;
  if (!of_account && (!program || hangs_on_time(program))) *rest_hangs = true;
  if (program) pbk_cel_release(audiences->context->memory, program);
  return of_account;
}

void pbk_note_gate(struct audiences *audiences, uint32_t place) {
  struct memory *memory = audiences->context->memory;
  const struct audience *audience = audience_at(audiences, place);
  struct membership *membership = &audiences->memberships.items[place];
  struct text parts[PARTS_MOST];
  char joined[CEL_MOST_SOURCE]; /* some of it, and as many && */
  if (membership->gate) pbk_cel_release(memory, membership->gate);
  membership->gate = NULL;
  membership->rest_hangs_on_time = false;
  if (!membership->of_account || membership->of_account_alone || audience->source.size > sizeof joined) return;
  uint32_t count = split(audience->source, parts), size = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!part_is_of_account(audiences, place, parts[i], &membership->rest_hangs_on_time)) continue;
    if (size) joined[size++] = '&', joined[size++] = '&';
    memcpy(joined + size, parts[i].bytes, parts[i].size);
    size += parts[i].size;
  }
  if (size) membership->gate = compile(audiences, place, (struct text){joined, size});
}

/* ---- asking ---- */

/* Whether it still says for an account what it said, so that nobody needs another wake-up. */
static bool is_as_it_stands(struct audiences *audiences, const struct membership *membership,
                            const struct cel_program *program, const struct account *account, uint64_t word) {
  if (state_of(word) != ALIKE_OUT && state_of(word) != ALIKE_IN) return false;
  struct view view = pbk_view_of(audiences, PBK_CONTACT, contact_list_row(account->contacts, 0).items[0]);
  struct cel_outcome outcome;
  pbk_evaluate(&view, program, &outcome);
  enum alike state = outcome.state == CEL_TRUE ? ALIKE_IN : ALIKE_OUT;
  if (state != state_of(word)) return false;
  if (!membership->rest_hangs_on_time) return word_of(state, outcome.until) >= word;
  return outcome.until == CEL_FOREVER && (state == ALIKE_OUT || word == word_of(state, CEL_FOREVER));
}

bool pbk_alike_stays(struct audiences *audiences, uint32_t place, uint32_t account) {
  struct membership *membership = &audiences->memberships.items[place];
  const struct account *of = account_at(audiences->facts, account);
  const struct cel_program *program =
    membership->of_account_alone ? audience_at(audiences, place)->program : membership->gate;
  if (contact_list_count(of->contacts) <= ALIKE_FEW || !program) return false;
  uint64_t *word = pbk_words_need(audiences->context->memory, &membership->alike, account);
  if (state_of(*word) == ALIKE_MARKED) return true; /* by another change of the cause */
  if (is_as_it_stands(audiences, membership, program, of, *word)) return true;
  *word = word_of(ALIKE_MARKED, INT64_MIN);
  return false;
}

void pbk_alike_looked(struct audiences *audiences, uint32_t place, uint32_t account, bool matches, pbk_time by) {
  uint64_t *word = words_at(&audiences->memberships.items[place].alike, account);
  if (!word || state_of(*word) == ALIKE_UNKNOWN) return;
  enum alike state = matches ? ALIKE_IN : ALIKE_OUT;
  uint64_t now = word_of(state, by), before = *word - state_of(*word) + state;
  *word = now > before ? now : before;
}

void pbk_forget_alike(struct audiences *audiences, uint32_t place) {
  pbk_words_release(audiences->context->memory, &audiences->memberships.items[place].alike);
}
