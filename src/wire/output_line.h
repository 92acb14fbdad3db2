/* wire/output_line.h - an output as a line of the protocol (SPEC L, Outputs). */
#ifndef PBK_WIRE_OUTPUT_LINE_H
#define PBK_WIRE_OUTPUT_LINE_H

#include "base/codec.h"
#include <playbook/playbook.h>

/* Appends the line with its newline. */
void pbk_write_output_line(struct writer *writer, const pbk_output *output);

#endif
