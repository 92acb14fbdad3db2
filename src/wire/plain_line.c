/* wire/plain_line.c - see plain_line.h. What it gives is what wire/feed.c would read in the same line; what it refuses is
 * not wrong, but goes the longer way. */
#include "wire/plain_line.h"

#include "wire/line_members.h"
#include "wire/skip_json.h"

enum {
  TRACK_GIVEN = 1,
  IDENTIFY_GIVEN = 2,
  GROUP_GIVEN = 4,
  STAGE_GIVEN = 8,
  HEALTH_GIVEN = 16,
  APPROVE_GIVEN = 32,
  TYPES_GIVEN = 63,
  CONTACT_MEMBER = 64,
  EVENT_MEMBER = 128,
  MESSAGE_MEMBER = 256,
  STAGE_MEMBER = 512,
  WHOLE_EVENT = TRACK_GIVEN | CONTACT_MEMBER | EVENT_MEMBER
};

/* What is given by names of which some lines know nothing, until it is known which line it is. */
struct reading {
  uint32_t given;
  struct text anonymous, group, context_group, stage;
};

/* Behind the quote at the end, or NULL. */
static inline const char *plain_text(const char *at, const char *end, struct text *text) {
  const char *quote = plain_stop(at, end);
  if (!quote || *quote != '"') return NULL;
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

/* ---- traits ---- */

/* A whole number, or none: what follows it must end it. */
static inline const char *plain_integer(const char *at, const char *end, pbk_value *value) {
  const bool negative = at < end && *at == '-';
  uint64_t number;
  at = plain_number(at + negative, end, &number);
  if (!at || at == end || (*at != ',' && *at != '}')) return NULL;
  *value = value_int(negative ? -(int64_t)number : (int64_t)number);
  return at;
}

static inline const char *plain_value(const char *at, const char *end, pbk_value *value) {
  if (at == end) return NULL;
  if (*at == '"') {
    const char *stop = plain_stop(at + 1, end);
    if (!stop) return NULL;
    const char *behind = *stop == '"' ? stop + 1 : pbk_skip_rich_text(at + 1, end, false);
    if (!behind) return NULL;
    *value = value_string((struct text){at + 1, (uint32_t)(behind - at - 2)});
    return behind;
  }
  switch (*at) {
    case 't': *value = value_bool(true); return BEGINS(at, end, "true") ? at + 4 : NULL;
    case 'f': *value = value_bool(false); return BEGINS(at, end, "false") ? at + 5 : NULL;
    case 'n': *value = value_null(); return BEGINS(at, end, "null") ? at + 4 : NULL;
    default: return plain_integer(at, end, value);
  }
}

/* The order of names; their first bytes tell most apart. */
static inline int name_order(struct text a, struct text b) {
  if (a.size && b.size && a.bytes[0] != b.bytes[0]) return (unsigned char)a.bytes[0] < (unsigned char)b.bytes[0] ? -1 : 1;
  return text_compare(a, b);
}

/* Where it belongs among those before it; in the place of one of its name. */
static inline bool put_trait(struct plain_line *line, struct text name, const pbk_value *value) {
  pbk_member *traits = line->traits;
  uint32_t at = line->trait_count;
  for (; at > 0; at--) {
    int order = name_order(member_name(&traits[at - 1]), name);
    if (order < 0) break;
    if (order > 0) continue;
    traits[at - 1].value = *value;
    return true;
  }
  if (line->trait_count == PLAIN_TRAITS) return false;
  for (uint32_t i = line->trait_count++; i > at; i--) traits[i] = traits[i - 1];
  traits[at] = (pbk_member){.name = name.bytes, .name_size = name.size, .value = *value};
  return true;
}

/* From behind the brace. */
static const char *plain_traits(const char *at, const char *end, struct plain_line *line) {
  line->has_traits = true;
  line->trait_count = 0;
  if (at < end && *at == '}') return at + 1;
  for (;; at++) {
    struct text name;
    pbk_value value;
    if (at == end || *at != '"' || !(at = plain_text(at + 1, end, &name)) || at == end || *at != ':') return NULL;
    at = plain_value(at + 1, end, &value);
    if (!at || at == end || !put_trait(line, name, &value)) return NULL;
    if (*at == '}') return at + 1;
    if (*at != ',') return NULL;
  }
}

/* ---- members ---- */

/* Past a map whose bytes are those of one before: what makes it JSON, and where it ends, are the same. */
static inline bool is_known(const char *at, const char *end, struct text json) {
  return json.size > 0 && end - at >= (ptrdiff_t)json.size && memcmp(at, json.bytes, json.size) == 0;
}

static inline const char *skip_map(const char *at, const char *end, struct known_json *known) {
  if (is_known(at, end, known->json)) return at + known->json.size;
  const char *behind = pbk_skip_json(at, end);
  if (behind && behind - at <= PBK_MAX_LINE) known->json = (struct text){at, (uint32_t)(behind - at)};
  return behind;
}

static inline const char *skip_context(const char *at, const char *end, struct known_json *known, struct text *group) {
  if (!is_known(at, end, known->json)) {
    const char *behind = pbk_skip_context(at + 1, end, &known->group);
    known->json = NO_TEXT;
    if (!behind || behind - at > PBK_MAX_LINE) return NULL;
    known->json = (struct text){at, (uint32_t)(behind - at)};
  }
  *group = known->group;
  return at + known->json.size;
}

/* A name that is seldom there, or none of the protocol. */
static const char *other_member(const char *at, const char *end, struct known_lines *known, struct reading *reading,
                                struct plain_line *line) {
  struct text name;
  at = plain_text(at + 1, end, &name);
  if (!at || end - at < 3 || *at != ':') return NULL;
  at++;
  switch (pbk_known_line_member(name)) {
    case MEMBER_ANONYMOUS_ID: return *at == '"' ? plain_text(at + 1, end, &reading->anonymous) : NULL;
    case MEMBER_GROUP_ID: return *at == '"' ? plain_text(at + 1, end, &reading->group) : NULL;
    case MEMBER_STAGE: reading->given |= STAGE_MEMBER; return *at == '"' ? plain_text(at + 1, end, &reading->stage) : NULL;
    case MEMBER_HEALTH: return plain_integer(at, end, &line->health);
    case MEMBER_TYPE: /* those whose form is another than the usual */
    case MEMBER_USER_ID:
    case MEMBER_TIMESTAMP:
    case MEMBER_EVENT:
    case MEMBER_PROPERTIES:
    case MEMBER_MESSAGE_ID:
    case MEMBER_RECEIVED_AT:
    case MEMBER_CONTEXT:
    case MEMBER_TRAITS:
    case MEMBER_MESSAGE: return NULL;
    default: return *at == '{' ? skip_map(at, end, &known->others[name.size % 2]) : pbk_skip_json(at, end);
  }
}

static inline const char *type_member(const char *at, const char *end, struct reading *reading) {
#define TYPE(literal, bit)             \
  if (BEGINS(at, end, literal "\"")) { \
    reading->given |= bit;             \
    return at + sizeof literal;        \
  }
  TYPE("track", TRACK_GIVEN)
  TYPE("identify", IDENTIFY_GIVEN)
  TYPE("approve", APPROVE_GIVEN)
  TYPE("group", GROUP_GIVEN)
  TYPE("stage", STAGE_GIVEN)
  TYPE("health", HEALTH_GIVEN)
#undef TYPE
  return NULL;
}

/* One member, from its quote on. */
static inline const char *plain_member(const char *at, const char *end, struct known_lines *known, struct plain_line *line,
                                       struct reading *reading) {
  static const char type[] = "\"type\":\"", message[] = "\"message\":", id[] = "\"messageId\":\"",
                    contact[] = "\"userId\":\"", name[] = "\"event\":\"", timestamp[] = "\"timestamp\":\"",
                    received_at[] = "\"receivedAt\":\"", traits[] = "\"traits\":{", context[] = "\"context\":{",
                    properties[] = "\"properties\":{";
  if (end - at < 2 || *at != '"') return NULL;
  switch (at[1]) {
    case 't':
      if (BEGINS(at, end, timestamp)) return plain_time(at + sizeof timestamp - 1, end, &known->hour, &line->timestamp);
      if (BEGINS(at, end, type)) return type_member(at + sizeof type - 1, end, reading);
      if (BEGINS(at, end, traits)) return plain_traits(at + sizeof traits - 1, end, line);
      break;
    case 'u':
      if (!BEGINS(at, end, contact)) break;
      reading->given |= CONTACT_MEMBER;
      return plain_text(at + sizeof contact - 1, end, &line->contact);
    case 'e':
      if (!BEGINS(at, end, name)) break;
      reading->given |= EVENT_MEMBER;
      return plain_text(at + sizeof name - 1, end, &line->event);
    case 'm':
      if (BEGINS(at, end, id)) {
        at = plain_text(at + sizeof id - 1, end, &line->message_id);
        return line->message_id.size - 1 < PBK_MAX_KEY ? at : NULL;
      }
      if (!BEGINS(at, end, message)) break;
      reading->given |= MESSAGE_MEMBER;
      return plain_number(at + sizeof message - 1, end, &line->message);
    case 'c':
      if (!BEGINS(at, end, context)) break;
      return skip_context(at + sizeof context - 2, end, &known->context, &reading->context_group);
    case 'p':
      if (!BEGINS(at, end, properties)) break;
      at += sizeof properties - 1;
      line->properties = at < end && *at != '}';
      return pbk_skip_json(at - 1, end);
    case 'r':
      if (!BEGINS(at, end, received_at)) break;
      return plain_time(at + sizeof received_at - 1, end, &known->hour, &line->received_at);
    default: break;
  }
  return other_member(at, end, known, reading, line);
}

/* ---- the whole ---- */

static inline bool is_key(struct text text) {
  return text.size - 1 < PBK_MAX_KEY;
}

/* What the line is, from all that it gives, where that is not an event of a contact; COMMAND_NONE: another. */
static enum command_type other_line(struct plain_line *line, const struct reading *reading) {
  const uint32_t given = reading->given;
  const bool contact = given & CONTACT_MEMBER;
  const struct text group = reading->group;
  const struct text other = contact ? line->contact : reading->anonymous; /* clients know some by nothing else */
  switch (given & TYPES_GIVEN) {
    case TRACK_GIVEN:
      line->contact = other;
      return given & EVENT_MEMBER && is_key(other) && line->event.size ? COMMAND_TRACK : COMMAND_NONE;
    case IDENTIFY_GIVEN:
      line->contact = other;
      line->account = NO_TEXT;
      return is_key(other) ? COMMAND_IDENTIFY : COMMAND_NONE;
    case GROUP_GIVEN:
      line->contact = other;
      line->account = group;
      return is_key(group) && (!other.bytes || is_key(other)) ? COMMAND_GROUP : COMMAND_NONE;
    case STAGE_GIVEN:
    case HEALTH_GIVEN:
      line->event = reading->stage;
      line->account = group;
      if (given & (STAGE_MEMBER | STAGE_GIVEN) && !line->event.size) return COMMAND_NONE;
      if (given & HEALTH_GIVEN && line->health.kind == PBK_NULL) return COMMAND_NONE;
      if (contact) return is_key(other) && !group.bytes ? COMMAND_STAGE_AND_HEALTH : COMMAND_NONE;
      return is_key(group) ? COMMAND_STAGE_AND_HEALTH : COMMAND_NONE;
    case APPROVE_GIVEN: return given & MESSAGE_MEMBER && !line->message_id.bytes ? COMMAND_APPROVE : COMMAND_NONE;
    default: return COMMAND_NONE;
  }
}

static inline enum command_type whole_line(struct plain_line *line, const struct reading *reading) {
  const uint32_t given = reading->given;
  line->account = reading->context_group;
  if ((given & (WHOLE_EVENT | TYPES_GIVEN)) != WHOLE_EVENT) return other_line(line, reading);
  return line->event.size && is_key(line->contact) ? COMMAND_TRACK : COMMAND_NONE;
}

const char *pbk_read_plain_line(const char *at, const char *end, struct known_lines *known, struct plain_line *line) {
  const char *start = at, *limit = end - at > PBK_MAX_LINE ? at + PBK_MAX_LINE : end;
  struct reading reading = {0, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT};
  line->type = COMMAND_NONE;
  line->timestamp = line->received_at = PBK_NO_TIME;
  line->contact = line->event = line->message_id = NO_TEXT;
  line->health = value_null();
  line->properties = line->has_traits = false;
  if (start == end || *start != '{') return NULL;
  do {
    at = plain_member(at + 1, limit, known, line, &reading);
    if (!at || at == limit) return NULL;
  } while (*at == ',');
  if (*at != '}') return NULL;
  at++;
  if (at < limit && *at == '\r') at++;
  if (at == limit ? limit != end : *at++ != '\n') return NULL;
  line->type = whole_line(line, &reading);
  return line->type != COMMAND_NONE ? at : NULL;
}
