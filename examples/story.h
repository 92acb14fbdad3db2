/* story.h - what happened to one contact or account, as dated sentences: its own inputs and what came of them. */
#ifndef STORY_H
#define STORY_H

#include <playbook/playbook.h>

#include "json_text.h"

struct story;

struct story *story_begin(const char *key);

/* An input line that was taken, applied at `at`: called before the outputs it led to are noted. */
void story_input(struct story *story, pbk_time at, struct json_text line);
void story_note(struct story *story, const pbk_output *output);

/* Tells what is still held back, and frees. False where there was nothing to tell. */
bool story_end(struct story *story);

#endif
