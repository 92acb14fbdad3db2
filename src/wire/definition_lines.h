/* wire/definition_lines.h - `define` and `undefine` objects to public definition structs (SPEC L, Definitions). */
#ifndef PBK_WIRE_DEFINITION_LINES_H
#define PBK_WIRE_DEFINITION_LINES_H

#include "wire/object.h"
#include <playbook/playbook.h>

/* Everything lies in the arena or is borrowed from the object. False: the problem says why. What names mean is the engine's to check. */
bool pbk_read_definition(struct reading_line *reading, const pbk_value *object, bool undefine, pbk_definition *definition);

#endif
