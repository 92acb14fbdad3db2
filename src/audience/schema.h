/* audience/schema.h - what a host says that the traits of contacts, or of accounts, are: conditions are checked against it
 * when they are defined (SPEC X5). Facts are not: a trait may be missing, or of another type. */
#ifndef PBK_AUDIENCE_SCHEMA_H
#define PBK_AUDIENCE_SCHEMA_H

#include <playbook/playbook.h>
#include "base/problem.h"
#include "cel/cel.h"

enum { SCHEMA_MOST_TRAITS = 10000 };

struct schema {
  bool open;
  uint32_t count;
  struct cel_declared *traits;
  struct arena texts;
};

/* PBK_CONTACT, PBK_ACCOUNT, or 0 where no schema can have that key. */
int32_t pbk_schema_subject(struct text key);
/* Checks a definition and makes a schema of it; NULL with *problem set. */
struct schema *pbk_schema_create(struct memory *memory, const pbk_schema *definition, struct problem *problem);
void pbk_schema_release(struct memory *memory, struct schema *schema);

#endif
