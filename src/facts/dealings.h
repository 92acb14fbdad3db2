/* facts/dealings.h - the word that says what a contact has to do with senders (SPEC S8), in the contact's own row.
 *
 * Zero says nothing. Most contacts have one sender at most, in contact or pinned or both, of a small number: it stands in
 * the word, which is odd then. Of all others the word is where a list is (dealings.c). */
#ifndef PBK_FACTS_DEALINGS_H
#define PBK_FACTS_DEALINGS_H

#include "base/context.h"
#include "base/map.h"

/* When a sender was last in contact with a contact (SPEC S8): of equal times the one recorded later counts. */
struct contacted {
  uint32_t sender;
  pbk_time occurred_at;
  uint64_t order;
};

/* One sender: a bit that says so, one whether it is pinned, its number, and when it was in contact, in microseconds from a
 * time before the first that was ever told, some years; 0: it was not. */
enum { DEALINGS_SENDER_AT = 2, DEALINGS_TIME_AT = 14 };
#define DEALINGS_ONE ((uint64_t)1)
#define DEALINGS_PINNED ((uint64_t)2)
#define DEALINGS_SENDERS ((uint32_t)1 << (DEALINGS_TIME_AT - DEALINGS_SENDER_AT))
#define DEALINGS_TIMES ((uint64_t)1 << (64 - DEALINGS_TIME_AT))

static inline bool dealings_one_in_contact(uint64_t word) {
  return word & DEALINGS_ONE && word >> DEALINGS_TIME_AT;
}
static inline uint32_t dealings_sender(uint64_t word) {
  return (uint32_t)(word >> DEALINGS_SENDER_AT) & (DEALINGS_SENDERS - 1);
}

/* Where the times of all words of one engine begin; set with the first. */
struct dealings_since {
  uint64_t time;
  bool set;
};
static inline pbk_time dealings_time(struct dealings_since since, uint64_t word) {
  return (pbk_time)(since.time + (word >> DEALINGS_TIME_AT));
}

#endif
