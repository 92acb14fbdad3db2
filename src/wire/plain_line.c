/* wire/plain_line.c - see plain_line.h. What it gives is what wire/feed.c would read in the same line; what it refuses is
 * not wrong, but goes the longer way. */
#include "wire/plain_line.h"

#include "wire/plain_bytes.h"

enum {
  TRACK_GIVEN = 1,
  CONTACT_GIVEN = 2,
  EVENT_GIVEN = 4,
  APPROVE_GIVEN = 8,
  MESSAGE_GIVEN = 16,
  WHOLE_EVENT = TRACK_GIVEN | CONTACT_GIVEN | EVENT_GIVEN,
  WHOLE_APPROVAL = APPROVE_GIVEN | MESSAGE_GIVEN
};

/* The quote that ends the text, or NULL. */
static inline const char *plain_quote(const char *at, const char *end) {
#ifdef PLAIN_BY_SIXTEEN
  for (; end - at >= 16; at += 16) {
    uint32_t marks = plain_marks(at);
    if (!marks) continue;
    at += (uint32_t)__builtin_ctz(marks);
    return *at == '"' ? at : NULL;
  }
#endif
  for (; at < end && *at != '"'; at++)
    if (*at == '\\' || (unsigned char)*at < ' ' || (unsigned char)*at >= 0x80) return NULL;
  return at < end ? at : NULL;
}

/* Behind the quote at the end, or NULL. */
static inline const char *plain_text(const char *at, const char *end, struct text *text) {
  const char *quote = plain_quote(at, end);
  if (!quote || quote - at > PBK_MAX_LINE) return NULL;
  *text = (struct text){at, (uint32_t)(quote - at)};
  return quote + 1;
}

static inline const char *plain_time(const char *at, const char *end, struct known_hour *hour, pbk_time *time) {
  enum { USUAL = sizeof "2026-01-31T10:00:00Z" - 1 };
  struct text text = {at, USUAL};
  if (end - at > USUAL && at[USUAL] == '"')
    at += USUAL + 1;
  else if (!(at = plain_text(at, end, &text)))
    return NULL;
  return pbk_parse_time_near(text, hour, time) ? at : NULL;
}

/* Behind a number of at most 18 digits, or NULL. */
static inline const char *plain_number(const char *at, const char *end, uint64_t *number) {
  enum { DIGITS_MOST = 18 };
  const char *start = at;
  uint64_t sum = 0;
  for (; at < end && *at >= '0' && *at <= '9' && at - start <= DIGITS_MOST; at++) sum = sum * 10 + (uint64_t)(*at - '0');
  *number = sum;
  return at == start || at - start > DIGITS_MOST || (*start == '0' && at - start > 1) ? NULL : at;
}

/* Whether the bytes begin so. */
#define BEGINS(at, end, literal) \
  ((end) - (at) >= (ptrdiff_t)sizeof(literal) - 1 && memcmp((at), (literal), sizeof(literal) - 1) == 0)

/* One member, from its quote on. */
static inline const char *plain_member(const char *at, const char *end, struct known_hour *hour, struct plain_line *line,
                                       uint32_t *given) {
  static const char track[] = "\"type\":\"track\"", approve[] = "\"type\":\"approve\"",
                    message[] = "\"message\":", contact[] = "\"userId\":\"", name[] = "\"event\":\"",
                    timestamp[] = "\"timestamp\":\"", received_at[] = "\"receivedAt\":\"";
  if (end - at < 2) return NULL;
  switch (at[1]) {
    case 't':
      if (BEGINS(at, end, timestamp)) return plain_time(at + sizeof timestamp - 1, end, hour, &line->timestamp);
      if (BEGINS(at, end, track)) {
        *given |= TRACK_GIVEN;
        return at + sizeof track - 1;
      }
      if (!BEGINS(at, end, approve)) return NULL;
      *given |= APPROVE_GIVEN;
      return at + sizeof approve - 1;
    case 'u':
      if (!BEGINS(at, end, contact)) return NULL;
      *given |= CONTACT_GIVEN;
      return plain_text(at + sizeof contact - 1, end, &line->contact);
    case 'e':
      if (!BEGINS(at, end, name)) return NULL;
      *given |= EVENT_GIVEN;
      return plain_text(at + sizeof name - 1, end, &line->event);
    case 'm':
      if (!BEGINS(at, end, message)) return NULL;
      *given |= MESSAGE_GIVEN;
      return plain_number(at + sizeof message - 1, end, &line->message);
    case 'r':
      if (!BEGINS(at, end, received_at)) return NULL;
      return plain_time(at + sizeof received_at - 1, end, hour, &line->received_at);
    default: return NULL;
  }
}

const char *pbk_read_plain_line(const char *at, const char *end, struct known_hour *hour, struct plain_line *line) {
  const char *start = at;
  uint32_t given = 0;
  line->type = COMMAND_NONE;
  line->timestamp = line->received_at = PBK_NO_TIME;
  if (at == end || *at != '{') return NULL;
  do {
    at = plain_member(at + 1, end, hour, line, &given);
    if (!at || at == end) return NULL;
  } while (*at == ',');
  if (*at != '}') return NULL;
  at++;
  if (at < end && *at == '\r') at++;
  if (at < end && *at++ != '\n') return NULL;
  if (at - start > PBK_MAX_LINE) return NULL;
  line->type = given == WHOLE_EVENT ? COMMAND_TRACK : COMMAND_APPROVE;
  if (given == WHOLE_EVENT) return line->event.size > 0 && line->contact.size - 1 < PBK_MAX_KEY ? at : NULL;
  return given == WHOLE_APPROVAL ? at : NULL;
}
