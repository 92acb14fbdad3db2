/* wire/json_writer.c - see json_writer.h. */
#include "wire/json_writer.h"

#include "base/clock.h"
#include "base/number.h"

/* What follows the backslash of an escape; 0 where the byte stands for itself. */
static const char json_escapes[256] = {
  'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',         'u',
  'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\',
};

static void json_write_escape(struct writer *writer, unsigned char byte) {
  static const char hex[] = "0123456789abcdef";
  char escape[6] = {'\\', json_escapes[byte], '0', '0', hex[byte >> 4], hex[byte & 15]};
  pbk_write_bytes(writer, escape, escape[1] == 'u' ? 6 : 2);
}

void pbk_json_write_text(struct writer *writer, struct text text) {
  pbk_write_u8(writer, '"');
  for (uint32_t at = 0; at < text.size;) {
    uint32_t start = at;
    while (at < text.size && !json_escapes[(unsigned char)text.bytes[at]]) at++;
    pbk_write_bytes(writer, text.bytes + start, at - start);
    if (at < text.size) json_write_escape(writer, (unsigned char)text.bytes[at++]);
  }
  pbk_write_u8(writer, '"');
}

void pbk_json_write_int(struct writer *writer, int64_t value) {
  char text[NUMBER_TEXT_MOST];
  pbk_write_bytes(writer, text, pbk_print_int(text, value));
}

static void json_write_double(struct writer *writer, double value) {
  char text[NUMBER_TEXT_MOST + 2];
  uint32_t size = pbk_print_double(text, value);
  bool digits_alone = true;
  for (uint32_t i = text[0] == '-'; i < size; i++) digits_alone = digits_alone && text[i] >= '0' && text[i] <= '9';
  if (digits_alone) { /* it would come back as an int */
    text[size++] = '.';
    text[size++] = '0';
  }
  pbk_write_bytes(writer, text, size);
}

void pbk_json_write_time(struct writer *writer, pbk_time time) {
  char text[TIME_TEXT_MOST + 2];
  uint32_t size = pbk_print_time(text + 1, time);
  text[0] = text[size + 1] = '"';
  pbk_write_bytes(writer, text, size + 2);
}

void pbk_json_write_value(struct writer *writer, const pbk_value *value) {
  switch (value->kind) {
    case PBK_BOOL:
      if (value->as.integer)
        pbk_write_bytes(writer, "true", 4);
      else
        pbk_write_bytes(writer, "false", 5);
      break;
    case PBK_INT: pbk_json_write_int(writer, value->as.integer); break;
    case PBK_DOUBLE: json_write_double(writer, value->as.number); break;
    case PBK_STRING: pbk_json_write_text(writer, value_text(value)); break;
    case PBK_LIST:
      pbk_write_u8(writer, '[');
      for (uint32_t i = 0; i < value->size; i++) {
        if (i) pbk_write_u8(writer, ',');
        pbk_json_write_value(writer, &value->as.items[i]);
      }
      pbk_write_u8(writer, ']');
      break;
    case PBK_MAP:
      pbk_write_u8(writer, '{');
      for (uint32_t i = 0; i < value->size; i++) {
        if (i) pbk_write_u8(writer, ',');
        pbk_json_write_text(writer, member_name(&value->as.members[i]));
        pbk_write_u8(writer, ':');
        pbk_json_write_value(writer, &value->as.members[i].value);
      }
      pbk_write_u8(writer, '}');
      break;
    default: pbk_write_bytes(writer, "null", 4);
  }
}

void pbk_json_open(struct writer *writer) {
  pbk_write_u8(writer, '{');
}

void pbk_json_close(struct writer *writer) {
  pbk_write_u8(writer, '}');
}

void pbk_json_name(struct writer *writer, const char *name) {
  /* Only an object just opened ends in a brace: texts end in a quote. */
  if (writer->size && writer->bytes[writer->size - 1] != '{') pbk_write_u8(writer, ',');
  pbk_json_write_text(writer, text_from(name));
  pbk_write_u8(writer, ':');
}
