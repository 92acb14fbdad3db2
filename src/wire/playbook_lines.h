/* wire/playbook_lines.h - the definition of a playbook from JSON; a part of definition_lines.h with its own file. */
#ifndef PBK_WIRE_PLAYBOOK_LINES_H
#define PBK_WIRE_PLAYBOOK_LINES_H

#include "base/clock.h"
#include "base/outputs.h"
#include "wire/object.h"

bool pbk_read_playbook(struct reading_line *reading, const pbk_value *object, pbk_playbook *playbook);
/* "contact" (where absent) or "account". */
bool pbk_read_subject_kind(struct reading_line *reading, const pbk_value *object, const char *name, pbk_subject_kind *kind);

static inline bool pbk_text_is(pbk_text text, const char *literal) {
  return text_equal(private_text(text), text_from(literal));
}

#endif
