/* playbook/passage.c - which playbooks a subject is in or has been through, and who was judged in a cause (SPEC P4, P5);
 * declared in playbooks.h. */
#include "playbook/playbooks.h"

/* Where a playbook's passage stands, or would stand. */
static inline uint32_t place_of(const struct passages *passages, uint32_t playbook) {
  uint32_t low = 0, high = passages->count;
  for (; high <= PASSAGES_FEW_MOST; low++)
    if (low == high || passage_playbook(passages, low) >= playbook) return low;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (passage_playbook(passages, middle) < playbook)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static inline bool stands_at(const struct passages *passages, uint32_t place, uint32_t playbook) {
  return place < passages->count && passage_playbook(passages, place) == playbook;
}

/* Of a word that is one passage, or of few: that of a playbook; NULL: there is none. */
static inline uint64_t *find_short(uint64_t *word, uint32_t playbook) {
  uint64_t *at = *word & PASSAGES_ONE ? word : passages_block(*word);
  while (*at >> PASSAGE_PLAYBOOK_BIT < playbook && !(*at & PASSAGES_ONE)) at++;
  return *at >> PASSAGE_PLAYBOOK_BIT == playbook ? at : NULL;
}

struct passage pbk_passage_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook) {
  uint64_t *word = words_at(passages_of_kind(playbooks, kind), subject);
  if (!word || *word == 0) return no_passage(playbook);
  if (passages_short(*word)) {
    const uint64_t *at = find_short(word, playbook);
    return at ? passage_unpacked(*at) : no_passage(playbook);
  }
  const struct passages passages = passages_at(word);
  uint32_t place = place_of(&passages, playbook);
  return stands_at(&passages, place, playbook) ? passage_at(&passages, place) : no_passage(playbook);
}

struct enrollment *pbk_running_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook) {
  const struct passage passage = pbk_passage_of(playbooks, kind, subject, playbook);
  return passage.running ? enrollment_at(playbooks, passage.of.enrollment) : NULL;
}

/* ---- room ---- */

static size_t block_size(const struct passages *passages, bool counted) {
  size_t size = passages->count * (passages->wide ? sizeof(struct passage) : sizeof(uint64_t));
  return counted ? size + sizeof(uint64_t) : size;
}

struct passages pbk_make_passages(struct memory *memory, uint64_t *word, uint32_t count, bool wide) {
  struct passages made = {word, count, wide};
  if (count == 1 && !wide) return made;
  bool counted = wide || count > PASSAGES_FEW_MOST;
  uint64_t *block = pbk_allocate(memory, block_size(&made, counted));
  if (counted) *block = count;
  made.items = block + counted;
  *word = (uint64_t)(uintptr_t)block | (wide ? PASSAGES_WIDE : counted ? PASSAGES_MANY : PASSAGES_FEW);
  return made;
}

static void release_passages(struct memory *memory, uint64_t word) {
  if (word == 0 || word & PASSAGES_ONE) return;
  const struct passages passages = passages_at(&word);
  pbk_release(memory, passages_block(word), block_size(&passages, (word & PASSAGES_FORM) != PASSAGES_FEW));
}

/* One more, or one that does not fit where it was: all move. */
static void move_passages(struct memory *memory, uint64_t *word, struct passage passage) {
  uint64_t before = *word, after = 0;
  const struct passages from = passages_at(&before);
  uint32_t place = place_of(&from, passage.playbook), replaced = stands_at(&from, place, passage.playbook);
  bool wide = from.wide || !passage_fits(&passage);
  struct passages to = pbk_make_passages(memory, &after, from.count + 1 - replaced, wide);
  for (uint32_t i = 0; i < place; i++) write_passage(&to, i, passage_at(&from, i));
  write_passage(&to, place, passage);
  for (uint32_t i = place + replaced; i < from.count; i++) write_passage(&to, i + 1 - replaced, passage_at(&from, i));
  *word = after;
  release_passages(memory, before);
}

/* One more, of few. */
static void insert_short(struct memory *memory, uint64_t *word, uint64_t packed) {
  uint64_t before = *word;
  struct passages passages = passages_at(&before);
  const uint64_t *from = passages.items;
  uint32_t left = passages.count++;
  uint64_t *block = pbk_allocate(memory, block_size(&passages, false)), *to = block;
  for (; left > 0 && *from < packed; left--) *to++ = *from++ & ~(uint64_t)PASSAGES_ONE;
  *to++ = packed | (left == 0 ? PASSAGES_ONE : 0);
  while (left-- > 0) *to++ = *from++;
  *word = (uint64_t)(uintptr_t)block | PASSAGES_FEW;
  release_passages(memory, before);
}

/* Where it is not the only one, or one of few, that changes. */
static SELDOM void set_otherwise(struct playbooks *playbooks, struct words *words, uint32_t subject,
                                 struct passage passage) {
  struct memory *memory = playbooks->context->memory;
  uint64_t *word = pbk_words_need(memory, words, subject);
  struct passages passages = passages_at(word);
  bool fits = passage_fits(&passage), few = passages_short(*word) && passages.count < PASSAGES_FEW_MOST;
  uint32_t place = place_of(&passages, passage.playbook);
  if (stands_at(&passages, place, passage.playbook) && (passages.wide || fits))
    write_passage(&passages, place, passage);
  else if (few && fits)
    insert_short(memory, word, passage_packed(passage));
  else
    move_passages(memory, word, passage);
}

void pbk_set_passage(struct playbooks *playbooks, int32_t kind, uint32_t subject, struct passage passage) {
  struct words *words = kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts;
  uint64_t *word = words_at(words, subject), *at = NULL;
  if (word && *word == 0)
    at = word;
  else if (word && passages_short(*word))
    at = find_short(word, passage.playbook);
  if (at && passage_fits(&passage))
    *at = passage_packed(passage) | (at == word ? PASSAGES_ONE : *at & PASSAGES_ONE);
  else
    set_otherwise(playbooks, words, subject, passage);
}

void pbk_forget_passages(struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  uint64_t *word = words_at(passages_of_kind(playbooks, kind), subject);
  if (!word) return;
  release_passages(playbooks->context->memory, *word);
  *word = 0;
}

static void release_all(struct memory *memory, struct words *words) {
  for (uint32_t i = pbk_words_skip(words, 0); i != UINT32_MAX; i = pbk_words_skip(words, i + 1))
    release_passages(memory, word_at(words, i));
  pbk_words_release(memory, words);
}

void pbk_passages_release(struct playbooks *playbooks) {
  release_all(playbooks->context->memory, &playbooks->of_contacts);
  release_all(playbooks->context->memory, &playbooks->of_accounts);
  pbk_release(playbooks->context->memory, playbooks->judged, playbooks->judged_capacity * sizeof *playbooks->judged);
}

/* ---- judged once ---- */

enum { JUDGED_LEAST = 32 };

/* Its entry, or the free one where it would stand. A playbook is for one kind of subject. */
static struct judged *find_judged(const struct playbooks *playbooks, uint32_t playbook, uint32_t subject) {
  uint32_t mask = playbooks->judged_capacity - 1, at = (playbook * 0x9e3779b1u + subject * 0x85ebca77u) >> 7 & mask;
  for (;; at = (at + 1) & mask) {
    struct judged *judged = &playbooks->judged[at];
    if (judged->cause != playbooks->cause || (judged->playbook == playbook && judged->subject == subject)) return judged;
  }
}

static void grow_judged(struct playbooks *playbooks) {
  struct memory *memory = playbooks->context->memory;
  struct judged *before = playbooks->judged;
  uint32_t capacity = playbooks->judged_capacity, larger = capacity ? capacity * 2 : JUDGED_LEAST;
  playbooks->judged = pbk_allocate_cleared(memory, larger * sizeof *before);
  playbooks->judged_capacity = larger;
  for (uint32_t i = 0; i < capacity; i++)
    if (before[i].cause == playbooks->cause) *find_judged(playbooks, before[i].playbook, before[i].subject) = before[i];
  pbk_release(memory, before, capacity * sizeof *before);
}

bool pbk_judge_once(struct playbooks *playbooks, uint32_t playbook, uint32_t subject) {
  if (playbooks->judged_cause != playbooks->cause) {
    playbooks->judged_cause = playbooks->cause;
    playbooks->judged_count = 0;
  }
  if (playbooks->judged_count * 2 >= playbooks->judged_capacity) grow_judged(playbooks);
  struct judged *judged = find_judged(playbooks, playbook, subject);
  if (judged->cause == playbooks->cause) return false;
  *judged = (struct judged){playbooks->cause, playbook, subject};
  playbooks->judged_count++;
  return true;
}

/* ---- ahead of time ---- */

void pbk_prefetch_enrollment(const struct playbooks *playbooks, uint64_t id) {
  table_prefetch(&playbooks->enrollments, id, sizeof(struct enrollment));
}

void pbk_prefetch_enrolled(const struct playbooks *playbooks, uint64_t id) {
  const struct enrollment *enrollment = enrollment_at(playbooks, id);
  if (!enrollment) return;
  int32_t kind = enrollment->version->subject_kind;
  uint32_t subject = enrollment->subject;
  if (kind == PBK_CONTACT)
    pbk_prefetch_contact(playbooks->facts, subject);
  else
    prefetch(account_at(playbooks->facts, subject));
  prefetch_passages(playbooks, kind, subject);
}
