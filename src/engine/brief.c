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

static void write_event(struct journal *journal, const struct command *command) {
  enum { MOST = 32 };
  struct writer *buffer = &journal->buffer;
  uint32_t place = (command->name_number - 1) % JOURNAL_NAMES;
  bool named = journal->names[place] != command->name_number;
  unsigned char *at = writer_room(buffer, MOST);
  uint64_t way = way_between((uint64_t)journal->brief.time, (uint64_t)command->received_at);
  uint32_t way_width = width_of(way), contact_width = width_of(command->contact_number);
  at[0] = named ? BRIEF_NAMED_EVENT : BRIEF_EVENT;
  at[1] = (unsigned char)(way_width | contact_width << 4);
  store_u64(at + 2, way);
  at += 2 + way_width;
  store_u32(at, command->contact_number);
  at += contact_width;
  *at++ = (unsigned char)place;
  buffer->size = (uint32_t)(at - buffer->bytes);
  journal->brief.time = command->received_at;
  if (!named) return;
  pbk_write_text(buffer, command->event);
  journal->names[place] = command->name_number;
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

bool pbk_write_briefly(struct journal *journal, const struct command *command) {
  if (command->message_id.bytes || command->line || command->alone) return false;
  if (command->type == COMMAND_TRACK) {
    bool plain = command->name_number && command->contact_number && !command->account.bytes && !command->traits &&
                 command->occurred_at == command->received_at && time_in_range(command->received_at);
    if (plain) write_event(journal, command);
    return plain;
  }
  if (command->type != COMMAND_APPROVE || command->received_at != PBK_NO_TIME || command->occurred_at != PBK_NO_TIME)
    return false;
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

bool pbk_read_brief_event(struct reader *reader, struct brief *brief, struct brief_event *event) {
  enum { LONGEST = 2 + 8 + 4 + 1 };
  bool whole = reader->end - reader->at >= LONGEST + 8, named = pbk_read_u8(reader) == BRIEF_NAMED_EVENT;
  uint32_t widths = pbk_read_u8(reader), way_width = widths & 15, contact_width = widths >> 4;
  if (way_width > 8 || contact_width > 4) return false;
  const unsigned char *at = pbk_read_bytes(reader, way_width + contact_width + 1);
  if (!at) return false;
  brief->time = event->at = (pbk_time)behind((uint64_t)brief->time, number_at(at, way_width, whole));
  event->contact = (uint32_t)number_at(at + way_width, contact_width, whole);
  event->place = at[way_width + contact_width];
  event->name = named ? pbk_read_text(reader) : NO_TEXT;
  return !reader->failed && event->contact && time_in_range(event->at) && event->place < JOURNAL_NAMES &&
         (!named || event->name.size);
}

bool pbk_read_brief_message(struct reader *reader, struct brief *brief, uint64_t *message) {
  (void)pbk_read_u8(reader);
  *message = brief->message = behind(brief->message, pbk_read_uint(reader));
  return !reader->failed;
}
