/* wire/json_writer.c - see json_writer.h. */
#include "wire/json_writer.h"

#include "base/clock.h"
#include "base/number.h"

enum { JSON_PIECE_MOST = 1 << 20 };

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

/* With escapes. */
static void json_write_rich_text(struct writer *writer, struct text text) {
  pbk_write_u8(writer, '"');
  for (uint32_t at = 0; at < text.size;) {
    uint32_t start = at;
    while (at < text.size && !json_escapes[(unsigned char)text.bytes[at]]) at++;
    pbk_write_bytes(writer, text.bytes + start, at - start);
    if (at < text.size) json_write_escape(writer, (unsigned char)text.bytes[at++]);
  }
  pbk_write_u8(writer, '"');
}

/* Whether one of eight bytes needs an escape. */
static inline bool json_rich_word(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
  return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word)) & tops;
}

static inline bool json_needs_escape(struct text text) {
  if (!text.size) return false;
  const char *bytes = text.bytes, *last = bytes + text.size;
  if (text.size >= 8) { /* the last word has some bytes of the one before again */
    uint64_t word;
    for (; last - bytes > 8; bytes += 8) {
      memcpy(&word, bytes, 8);
      if (json_rich_word(word)) return true;
    }
    memcpy(&word, last - 8, 8);
    return json_rich_word(word);
  }
  if (text.size >= 4) {
    uint32_t words[2];
    memcpy(&words[0], bytes, 4);
    memcpy(&words[1], last - 4, 4);
    return json_rich_word((uint64_t)words[0] << 32 | words[1]);
  }
  for (uint32_t i = 0; i < text.size; i++)
    if (json_escapes[(unsigned char)bytes[i]]) return true;
  return false;
}

/* Room for so many bytes, which the caller fills. */
static inline unsigned char *json_room(struct writer *writer, uint32_t size) {
  if (size > writer->capacity - writer->size) return pbk_write_room(writer, size);
  unsigned char *room = writer->bytes + writer->size;
  writer->size += size;
  return room;
}

/* What stands before the text in one piece with it. Texts beyond any that a line can hold go the way that looks at every
 * size. */
static inline void json_write_behind(struct writer *writer, struct text before, struct text text) {
  if (text.size > JSON_PIECE_MOST || json_needs_escape(text)) {
    pbk_write_bytes(writer, before.bytes, before.size);
    json_write_rich_text(writer, text);
    return;
  }
  unsigned char *to = json_room(writer, before.size + text.size + 2);
  copy_bytes(to, (const unsigned char *)before.bytes, before.size);
  to += before.size;
  *to++ = '"';
  copy_bytes(to, (const unsigned char *)text.bytes, text.size);
  to[text.size] = '"';
}

void pbk_json_write_text(struct writer *writer, struct text text) {
  json_write_behind(writer, TEXT(""), text);
}

void pbk_json_write_int(struct writer *writer, int64_t value) {
  unsigned char *to = json_room(writer, NUMBER_TEXT_MOST);
  writer->size -= NUMBER_TEXT_MOST - pbk_print_int((char *)to, value);
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
  unsigned char *to = json_room(writer, TIME_TEXT_MOST + 2);
  uint32_t size = pbk_print_time((char *)to + 1, time);
  to[0] = to[size + 1] = '"';
  writer->size -= TIME_TEXT_MOST - size;
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

/* Only an object just opened ends in a brace: texts end in a quote. */
static inline struct text json_name_here(const struct writer *writer, struct text name) {
  uint32_t comma = writer->size && writer->bytes[writer->size - 1] == '{';
  return (struct text){name.bytes + comma, name.size - comma};
}

void pbk_json_name(struct writer *writer, struct text name) {
  struct text here = json_name_here(writer, name);
  pbk_write_bytes(writer, here.bytes, here.size);
}

void pbk_json_text_member(struct writer *writer, struct text name, struct text text) {
  json_write_behind(writer, json_name_here(writer, name), text);
}

void pbk_json_int_member(struct writer *writer, struct text name, int64_t value) {
  struct text here = json_name_here(writer, name);
  unsigned char *to = json_room(writer, here.size + NUMBER_TEXT_MOST);
  copy_bytes(to, (const unsigned char *)here.bytes, here.size);
  writer->size -= NUMBER_TEXT_MOST - pbk_print_int((char *)to + here.size, value);
}
