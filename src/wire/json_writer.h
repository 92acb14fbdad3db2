/* wire/json_writer.h - values to JSON text, one spelling for each value. */
#ifndef PBK_WIRE_JSON_WRITER_H
#define PBK_WIRE_JSON_WRITER_H

#include "base/codec.h"
#include "base/value.h"

/* Appends to a base/codec.h writer. No white space; escapes only `"`, `\` and the control characters (\b \f \n \r \t, else
 * \u00xx); doubles as pbk_print_double, with ".0" added where the digits alone would read as an int. */
void pbk_json_write_value(struct writer *writer, const pbk_value *value);
void pbk_json_write_text(struct writer *writer, struct text text); /* quoted and escaped */
void pbk_json_write_int(struct writer *writer, int64_t value);
void pbk_json_write_time(struct writer *writer, pbk_time time); /* quoted RFC 3339 */

/* Members of one flat object: `{` … `}`. A name is a literal that needs no escape: JSON_NAME("seq"). */
#define JSON_NAME(name) TEXT(",\"" name "\":")
void pbk_json_open(struct writer *writer);
void pbk_json_close(struct writer *writer);
void pbk_json_name(struct writer *writer, struct text name); /* its comma only where needed */
void pbk_json_text_member(struct writer *writer, struct text name, struct text text);
void pbk_json_int_member(struct writer *writer, struct text name, int64_t value);

#endif
