/* engine/brief.c - commands that come by the million, in a record as short as can be; declared in journal.h, where the
 * format stands. */
#include "base/clock.h"
#include "engine/journal.h"

/* ---- writing ---- */

static inline unsigned char *put_number(unsigned char *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (unsigned char)(value | 0x80);
  *at++ = (unsigned char)value;
  return at;
}
/* How far it is from one number to another, either way: small where they are near. */
static inline uint64_t way_between(uint64_t from, uint64_t to) {
  uint64_t way = to - from;
  return way << 1 ^ (0 - (way >> 63));
}

/* Bytes that hold a number, lowest first; none hold 0. */
static inline uint32_t width_of(uint64_t value) {
#if defined(__GNUC__)
  return value ? (71 - (uint32_t)__builtin_clzll(value)) / 8 : 0;
#else
  uint32_t width = 0;
  for (; value; value >>= 8) width++;
  return width;
#endif
}

SELDOM static void tell_name(struct journal *journal, uint32_t place, uint32_t name, struct text text) {
  pbk_write_text(&journal->buffer, text);
  journal->names[place] = name;
}

/* Bytes with which both begin. */
static inline uint32_t alike(const char *a, const char *b, uint32_t most) {
  uint32_t size = 0;
  while (most - size >= 8 && memcmp(a + size, b + size, 8) == 0) size += 8;
  while (size < most && a[size] == b[size]) size++;
  return size;
}

static void tell_id(struct journal *journal, struct text id) {
  struct brief *brief = &journal->brief;
  uint32_t same = alike(brief->id, id.bytes, brief->id_size < id.size ? brief->id_size : id.size), rest = id.size - same;
  unsigned char *at = writer_room(&journal->buffer, 2 + rest);
  at[0] = (unsigned char)same;
  at[1] = (unsigned char)rest;
  if (rest) memcpy(at + 2, id.bytes + same, rest);
  if (rest) memcpy(brief->id + same, id.bytes + same, rest);
  brief->id_size = id.size;
}

enum { NO_TIME_WIDTH = 15 };

bool pbk_write_event(struct journal *journal, const struct command *command, uint32_t contact, uint32_t name) {
  enum { MOST = 32 };
  struct writer *buffer = &journal->buffer;
  pbk_time time = command->received_at;
  const struct text id = command->message_id;
  if (id.size > PBK_MAX_KEY || command->alone || command->account.bytes || command->traits) return false;
  if (command->occurred_at != time || (time != PBK_NO_TIME && !time_in_range(time))) return false;
  uint32_t place = (name - 1) % JOURNAL_NAMES, named = journal->names[place] != name ? BRIEF_NAMED : 0;
  uint32_t time_width = NO_TIME_WIDTH, contact_width = width_of(contact);
  unsigned char *at = writer_room(buffer, MOST);
  at[0] = (unsigned char)(BRIEF_EVENT + named + (command->line ? BRIEF_LINE : 0) + (id.bytes ? BRIEF_ID : 0));
  if (time != PBK_NO_TIME) {
    uint64_t way = way_between((uint64_t)journal->brief.time, (uint64_t)time);
    time_width = width_of(way);
    store_u64(at + 2, way);
    journal->brief.time = time;
  }
  at[1] = (unsigned char)(time_width | contact_width << 4);
  at += 2 + (time_width != NO_TIME_WIDTH ? time_width : 0);
  store_u32(at, contact);
  at += contact_width;
  *at++ = (unsigned char)place;
  buffer->size = (uint32_t)(at - buffer->bytes);
  if (named) tell_name(journal, place, name, command->event);
  if (id.bytes) tell_id(journal, id);
  return true;
}

static void write_message(struct journal *journal, enum brief_type type, uint64_t message) {
  enum { MOST = 16 };
  struct writer *buffer = &journal->buffer;
  unsigned char *at = writer_room(buffer, MOST);
  *at++ = (unsigned char)type;
  at = put_number(at, way_between(journal->brief.message, message));
  buffer->size = (uint32_t)(at - buffer->bytes);
  journal->brief.message = message;
}

void pbk_write_sent(struct journal *journal, uint64_t message) {
  write_message(journal, BRIEF_SENT, message);
}

bool pbk_write_approval(struct journal *journal, const struct command *command) {
  if (command->type != COMMAND_APPROVE || command->message_id.bytes || command->line || command->alone) return false;
  if (command->received_at != PBK_NO_TIME || command->occurred_at != PBK_NO_TIME) return false;
  write_message(journal, BRIEF_APPROVAL, command->number);
  return true;
}

/* ---- reading ---- */

static inline uint64_t behind(uint64_t from, uint64_t way) {
  return from + (way >> 1 ^ (0 - (way & 1)));
}

/* A number in so many bytes, at most eight; `whole`: eight can be looked at. */
static inline uint64_t number_at(const unsigned char *at, uint32_t width, bool whole) {
  uint64_t number = 0;
  if (whole) return width ? load_u64(at) & UINT64_MAX >> (64 - 8 * width) : 0;
  for (uint32_t i = 0; i < width; i++) number |= (uint64_t)at[i] << (8 * i);
  return number;
}

/* Into what the next one counts from. */
static struct text read_id(struct reader *reader, struct brief *brief) {
  uint32_t same = pbk_read_u8(reader), rest = pbk_read_u8(reader);
  const unsigned char *bytes = pbk_read_bytes(reader, rest);
  if (reader->failed || same > brief->id_size || same + rest > PBK_MAX_KEY || same + rest == 0) {
    reader->failed = true;
    return NO_TEXT;
  }
  if (rest) memcpy(brief->id + same, bytes, rest);
  brief->id_size = same + rest;
  return (struct text){brief->id, brief->id_size};
}

bool pbk_read_brief_event(struct reader *reader, struct brief *brief, struct brief_event *event) {
  enum { LONGEST = 2 + 8 + 4 + 1 };
  bool whole = reader->end - reader->at >= LONGEST + 8;
  uint32_t type = pbk_read_u8(reader), widths = pbk_read_u8(reader), way_width = widths & 15, contact_width = widths >> 4;
  bool timeless = way_width == NO_TIME_WIDTH, named = type & BRIEF_NAMED;
  if (timeless) way_width = 0;
  if (way_width > 8 || contact_width > 4) return false;
  const unsigned char *at = pbk_read_bytes(reader, way_width + contact_width + 1);
  if (!at) return false;
  brief->time = (pbk_time)behind((uint64_t)brief->time, number_at(at, way_width, whole));
  event->at = timeless ? PBK_NO_TIME : brief->time;
  event->line = (type & BRIEF_LINE) != 0;
  event->contact = (uint32_t)number_at(at + way_width, contact_width, whole);
  event->place = at[way_width + contact_width];
  event->name = named ? pbk_read_text(reader) : NO_TEXT;
  event->id = type & BRIEF_ID ? read_id(reader, brief) : NO_TEXT;
  return !reader->failed && event->contact && time_in_range(brief->time) && event->place < JOURNAL_NAMES &&
         (!named || event->name.size);
}

bool pbk_read_brief_message(struct reader *reader, struct brief *brief, uint64_t *message) {
  (void)pbk_read_u8(reader);
  *message = brief->message = behind(brief->message, pbk_read_uint(reader));
  return !reader->failed;
}
