/* deliver.c - see deliver.h. */
#include "deliver.h"

#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "time_text.h"

/* The engine's limit for a reason. */
enum { MAX_REASON = 255 };

static bool is(const char *text, size_t size, const char *word) {
  return strlen(word) == size && memcmp(text, word, size) == 0;
}

/* Reads `outcome` or `outcome:rest`; NULL, or why it cannot be read. */
static const char *read_answer(const char *text, size_t size, pbk_answer *answer) {
  const char *colon = memchr(text, ':', size);
  size_t name_size = colon ? (size_t)(colon - text) : size;
  const char *rest = colon ? colon + 1 : NULL;
  size_t rest_size = colon ? size - name_size - 1 : 0;
  answer->size = sizeof *answer;
  answer->wait = PBK_WAIT_DEFAULT;
  answer->reason = (pbk_text){NULL, 0};
  if (is(text, name_size, "sent")) {
    answer->outcome = PBK_DELIVERY_SENT;
    return rest ? "`sent` takes nothing after it" : NULL;
  }
  if (is(text, name_size, "accepted")) {
    answer->outcome = PBK_DELIVERY_ACCEPTED;
    return rest ? "`accepted` takes nothing after it" : NULL;
  }
  if (is(text, name_size, "retry")) {
    answer->outcome = PBK_DELIVERY_RETRY;
    return !rest || duration_read(rest, rest_size, &answer->wait) ? NULL : "a wait is a duration such as 90s, 1h30m or 2d";
  }
  if (is(text, name_size, "failed")) {
    answer->outcome = PBK_DELIVERY_FAILED;
    if (!rest) return NULL;
    answer->reason = (pbk_text){rest, rest_size};
    return rest_size >= 1 && rest_size <= MAX_REASON ? NULL : "a reason has 1 to 255 bytes";
  }
  return "an answer is sent, accepted, retry[:WAIT] or failed[:REASON]";
}

bool deliveries_read(struct deliveries *deliveries, const char *list) {
  *deliveries = (struct deliveries){0};
  const char *text = list;
  for (;;) {
    size_t size = strcspn(text, ",");
    deliveries->answers = allocate(deliveries->answers, (deliveries->count + 1) * sizeof *deliveries->answers);
    const char *why = read_answer(text, size, &deliveries->answers[deliveries->count++]);
    if (why) {
      complain("bad --deliver list, at `%.*s`: %s", (int)(size < 300 ? size : 300), text, why);
      deliveries_release(deliveries);
      return false;
    }
    if (!text[size]) return true;
    text += size + 1;
  }
}

void deliveries_release(struct deliveries *deliveries) {
  free(deliveries->answers);
  *deliveries = (struct deliveries){0};
}

void deliveries_answer(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  struct deliveries *deliveries = context;
  pbk_counts counts = {.size = sizeof counts};
  (void)offer;
  pbk_count(engine, &counts);
  const pbk_answer *next = &deliveries->answers[counts.answers % deliveries->count];
  answer->outcome = next->outcome;
  answer->wait = next->wait;
  answer->reason = next->reason;
}
