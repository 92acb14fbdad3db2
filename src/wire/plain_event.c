/* wire/plain_event.c - see plain_event.h. What it gives is what wire/feed.c would read in the same line; what it refuses is
 * not wrong, but goes the longer way. */
#include "wire/plain_event.h"

#include "wire/plain_bytes.h"

enum { TYPE_GIVEN = 1, CONTACT_GIVEN = 2, EVENT_GIVEN = 4, ALL_GIVEN = 7 };

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

/* Whether the bytes begin so. */
#define BEGINS(at, end, literal) \
  ((end) - (at) >= (ptrdiff_t)sizeof(literal) - 1 && memcmp((at), (literal), sizeof(literal) - 1) == 0)

/* One member, from its quote on. */
static inline const char *plain_member(const char *at, const char *end, struct known_hour *hour, struct plain_event *event,
                                       uint32_t *given) {
  static const char type[] = "\"type\":\"track\"", contact[] = "\"userId\":\"", name[] = "\"event\":\"",
                    timestamp[] = "\"timestamp\":\"", received_at[] = "\"receivedAt\":\"";
  if (end - at < 2) return NULL;
  switch (at[1]) {
    case 't':
      if (BEGINS(at, end, timestamp)) return plain_time(at + sizeof timestamp - 1, end, hour, &event->timestamp);
      if (!BEGINS(at, end, type)) return NULL;
      *given |= TYPE_GIVEN;
      return at + sizeof type - 1;
    case 'u':
      if (!BEGINS(at, end, contact)) return NULL;
      *given |= CONTACT_GIVEN;
      return plain_text(at + sizeof contact - 1, end, &event->contact);
    case 'e':
      if (!BEGINS(at, end, name)) return NULL;
      *given |= EVENT_GIVEN;
      return plain_text(at + sizeof name - 1, end, &event->event);
    case 'r':
      if (!BEGINS(at, end, received_at)) return NULL;
      return plain_time(at + sizeof received_at - 1, end, hour, &event->received_at);
    default: return NULL;
  }
}

const char *pbk_read_plain_event(const char *at, const char *end, struct known_hour *hour, struct plain_event *event) {
  const char *start = at;
  uint32_t given = 0;
  event->timestamp = event->received_at = PBK_NO_TIME;
  if (at == end || *at != '{') return NULL;
  do {
    at = plain_member(at + 1, end, hour, event, &given);
    if (!at || at == end) return NULL;
  } while (*at == ',');
  if (*at != '}' || given != ALL_GIVEN) return NULL;
  at++;
  if (at < end && *at == '\r') at++;
  if (at < end && *at++ != '\n') return NULL;
  if (at - start > PBK_MAX_LINE || event->event.size == 0 || event->contact.size - 1 >= PBK_MAX_KEY) return NULL;
  return at;
}
