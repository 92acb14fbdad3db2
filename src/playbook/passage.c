/* playbook/passage.c - which playbooks a subject is in or has been through, and who was judged in a cause (SPEC P4, P5); declared in
 * playbooks.h. */
#include "playbook/playbooks.h"

/* Where a playbook's passage stands, or would stand. */
static inline uint32_t place_of(struct passages passages, uint32_t playbook) {
  enum { FEW = 8 };
  uint32_t low = 0, high = passages.count;
  for (; high <= FEW; low++)
    if (low == high || passages.items[low].playbook >= playbook) return low;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (passages.items[middle].playbook < playbook) low = middle + 1;
    else high = middle;
  }
  return low;
}

struct passage *pbk_passage_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook) {
  struct passages passages = passages_of(playbooks, kind, subject);
  uint32_t place = place_of(passages, playbook);
  return place < passages.count && passages.items[place].playbook == playbook ? &passages.items[place] : NULL;
}

struct enrollment *pbk_running_of(const struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook) {
  const struct passage *passage = pbk_passage_of(playbooks, kind, subject, playbook);
  return passage && passage->running ? enrollment_at(playbooks, passage->of.enrollment) : NULL;
}

struct passage *pbk_need_passage(struct playbooks *playbooks, int32_t kind, uint32_t subject, uint32_t playbook) {
  struct memory *memory = playbooks->context->memory;
  struct passages passages = passages_of(playbooks, kind, subject);
  uint32_t place = place_of(passages, playbook), count = passages.count;
  if (place < count && passages.items[place].playbook == playbook) return &passages.items[place];
  struct words *words = kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts;
  uint64_t *word = pbk_words_need(memory, words, subject);
  size_t size = sizeof(struct passage);
  struct passage *items = pbk_reallocate(memory, passages.items, count * size, (count + 1) * size);
  *word = (uint64_t)(uintptr_t)items;
  memmove(items + place + 1, items + place, (count - place) * size);
  items[place] = (struct passage){.playbook = playbook};
  items->count = (count + 1) & INT32_MAX;
  return &items[place];
}

static void release_passages(struct playbooks *playbooks, struct words *words, uint32_t subject) {
  uint64_t *word = words_at(words, subject);
  if (!word || !*word) return;
  struct passage *items = (struct passage *)(uintptr_t)*word;
  pbk_release(playbooks->context->memory, items, items->count * sizeof *items);
  *word = 0;
}

void pbk_forget_passages(struct playbooks *playbooks, int32_t kind, uint32_t subject) {
  release_passages(playbooks, kind == PBK_CONTACT ? &playbooks->of_contacts : &playbooks->of_accounts, subject);
}

static void release_all(struct playbooks *playbooks, struct words *words) {
  for (uint32_t i = pbk_words_skip(words, 0); i != UINT32_MAX; i = pbk_words_skip(words, i + 1))
    release_passages(playbooks, words, i);
  pbk_words_release(playbooks->context->memory, words);
}

void pbk_passages_release(struct playbooks *playbooks) {
  release_all(playbooks, &playbooks->of_contacts);
  release_all(playbooks, &playbooks->of_accounts);
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
  if (kind == PBK_CONTACT) pbk_prefetch_contact(playbooks->facts, subject);
  else prefetch(account_at(playbooks->facts, subject));
  const uint64_t *open = words_at(open_of_kind(&playbooks->outbox->open_messages, kind), subject);
  if (open) prefetch(open);
  prefetch_passages(playbooks, kind, subject);
}
