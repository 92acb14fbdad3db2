/* names.h - gives each of many texts a number, in the order in which they first come. */
#ifndef NAMES_H
#define NAMES_H

#include <playbook/playbook.h>

#include <stdint.h>

/* Zero-initialised is empty. */
struct names {
  char **texts;
  size_t *sizes;
  uint32_t count, capacity;
  uint32_t *slots; /* number + 1, or 0 */
  uint32_t slot_count;
};

/* The number of a text; a new one gets the next. */
uint32_t names_number(struct names *names, pbk_text text);
/* The number of a text, or NO_NAME. */
#define NO_NAME UINT32_MAX
uint32_t names_find(const struct names *names, pbk_text text);

void names_release(struct names *names);

#endif
