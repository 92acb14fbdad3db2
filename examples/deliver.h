/* deliver.h - the answers that `--deliver LIST` gives to delivery attempts. */
#ifndef DELIVER_H
#define DELIVER_H

#include <playbook/playbook.h>

#include <stdbool.h>
#include <stddef.h>

struct deliveries {
  pbk_answer *answers;
  size_t count;
};

/* Reads a list, which must live as long as the engine that is answered by it. Complains and returns false for a bad one. */
bool deliveries_read(struct deliveries *deliveries, const char *list);
void deliveries_release(struct deliveries *deliveries);

/* The delivery callback: `context` is a struct deliveries. How far the list is follows from how many attempts the engine has
 * had answered, so that it goes on rightly after a restart; an attempt that a crash left unanswered gets its answer then. */
void deliveries_answer(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer);

#endif
