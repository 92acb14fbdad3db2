/* base/problem.h - why an input is refused: code, message, JSON path, column. The first problem found is the one told. */
#ifndef PBK_BASE_PROBLEM_H
#define PBK_BASE_PROBLEM_H

#include "base/text.h"

enum { PROBLEM_MESSAGE_MOST = 320, PROBLEM_PATH_MOST = 1024 };

struct problem {
  pbk_code code; /* PBK_CODE_NONE: none */
  uint32_t line, column, offset;
  uint32_t message_size, path_size;
  char message[PROBLEM_MESSAGE_MOST];
  char path[PROBLEM_PATH_MOST]; /* grows and shrinks while a definition is read; frozen once there is a code */
};

void pbk_problem_clear(struct problem *problem);

/* Sets code and message, unless there is one already. The message is `before`, then the quoted `name` where it is given, then `after`. Always
 * returns false, so that a check can end with it. */
bool pbk_problem_set(struct problem *problem, pbk_code code, const char *before, struct text name, const char *after);
bool pbk_problem_at(struct problem *problem, pbk_code code, const char *message);

/* Appends "/member" or "/number" to the path; gives what to hand to pbk_problem_leave. */
uint32_t pbk_problem_enter(struct problem *problem, struct text member);
uint32_t pbk_problem_enter_item(struct problem *problem, uint32_t number);
/* Takes the path back, unless a problem was set meanwhile. */
void pbk_problem_leave(struct problem *problem, uint32_t before);

#endif
