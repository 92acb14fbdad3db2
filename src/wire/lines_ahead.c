/* wire/lines_ahead.c - see lines_ahead.h. Most lines are plain events, which are read when they are looked at. Whose another
 * line is can be told from its bytes well before it is read: lines of one host have the same shape, so it is looked for
 * where the line before had it first. A wrong guess costs time, nothing else. */
#include "wire/lines_ahead.h"

/* As in engine/ahead.c, things hang on each other: the place of its key, itself, what hangs on that, what the event makes to
 * be looked at, what hangs on all that again. */
enum { PLACE_STAGE = 26, CONTACT_STAGE = 20, BODY_STAGE = 12, READERS_STAGE = 8, ACCOUNT_STAGE = 6, ENROLLING_STAGE = 4 };

void pbk_begin_lines(struct lines_ahead *ahead, const char *bytes, size_t size) {
  ahead->bytes = bytes;
  ahead->size = size;
  ahead->key_at = 0;
  ahead->first = ahead->end = 0;
  ahead->hour = (struct known_hour){0};
}

/* Where the key of the contact begins, or 0. Keys with escapes are not found by their bytes, which does not matter here. */
static size_t find_key(const struct line_ahead *line, size_t guess) {
  static const char member[] = "\"userId\":\"";
  enum { MEMBER = sizeof member - 1, FAR = 4096 };
  const char *at = line->bytes, *end = at + (line->size < FAR ? line->size : FAR);
  if (guess >= MEMBER && guess < line->size && memcmp(at + guess - MEMBER, member, MEMBER) == 0) return guess;
  for (; end - at > MEMBER && (at = memchr(at, '"', (size_t)(end - at) - MEMBER)); at++)
    if (memcmp(at, member, MEMBER) == 0) return (size_t)(at - line->bytes) + MEMBER;
  return 0;
}

SELDOM static void look_for_key(struct lines_ahead *ahead, struct line_ahead *line) {
  const char *end = memchr(ahead->bytes, '\n', ahead->size);
  line->size = end ? (size_t)(end - ahead->bytes) + 1 : ahead->size;
  size_t at = find_key(line, ahead->key_at);
  line->named = at > 0;
  if (!line->named) return;
  ahead->key_at = at;
  size_t most = line->size - at < PBK_MAX_KEY ? line->size - at : PBK_MAX_KEY;
  const char *key = line->bytes + at, *quote = memchr(key, '"', most);
  if (!quote) {
    line->named = false;
    return;
  }
  line->event.contact_hash = pbk_hash_text((struct text){key, (uint32_t)(quote - key)});
  line->event.likely = MAP_NONE;
}

static inline void look_at_line(struct lines_ahead *ahead, const struct pbk_engine *engine) {
  struct line_ahead *line = &ahead->lines[ahead->end++ % LINES_AHEAD];
  const char *end = pbk_read_plain_event(ahead->bytes, ahead->bytes + ahead->size, &ahead->hour, &line->event);
  line->bytes = ahead->bytes;
  line->plain = line->named = end != NULL;
  if (end)
    line->size = (size_t)(end - ahead->bytes);
  else
    look_for_key(ahead, line);
  ahead->bytes += line->size;
  ahead->size -= line->size;
  if (line->named) map_prefetch(&engine->facts.contact_keys, line->event.contact_hash);
}

static inline struct line_ahead *line_in(struct lines_ahead *ahead, uint32_t stage) {
  struct line_ahead *line = &ahead->lines[(ahead->first + stage) % LINES_AHEAD];
  return ahead->end - ahead->first > stage && line->named ? line : NULL;
}

/* The number of a plain event's name, plus one, where it is at hand; it may be another's. */
static inline uint32_t likely_event(const struct pbk_engine *engine, const struct line_ahead *line, uint32_t total) {
  if (!line || !line->plain || line->event.likely >= total) return 0;
  uint32_t event = engine->line_names[line->event.name_place];
  return event <= engine->context.names.count ? event : 0;
}
static inline pbk_handle likely_contact(const struct line_ahead *line) {
  return (pbk_handle)PBK_HANDLE_CONTACT << 56 | line->event.likely;
}

const struct line_ahead *pbk_next_line(struct lines_ahead *ahead, const struct pbk_engine *engine) {
  const struct facts *facts = &engine->facts;
  const uint32_t total = pbk_subject_total(facts, PBK_CONTACT);
  struct line_ahead *line;
  while (ahead->size > 0 && ahead->end - ahead->first <= PLACE_STAGE) look_at_line(ahead, engine);
  if ((line = line_in(ahead, CONTACT_STAGE))) {
    line->event.likely = pbk_map_likely(&facts->contact_keys, line->event.contact_hash);
    if (line->event.likely < total) pbk_prefetch_contact(facts, line->event.likely);
  }
  if ((line = line_in(ahead, BODY_STAGE)) && line->event.likely < total) pbk_prefetch_body(facts, line->event.likely);
  uint32_t event = likely_event(engine, line = line_in(ahead, READERS_STAGE), total);
  if (event) pbk_fetch_readers(engine, likely_contact(line), event - 1);
  if ((line = line_in(ahead, ACCOUNT_STAGE)) && line->event.likely < total)
    pbk_prefetch_account_body(facts, line->event.likely);
  event = likely_event(engine, line = line_in(ahead, ENROLLING_STAGE), total);
  if (event) pbk_fetch_enrolling(engine, likely_contact(line), event - 1);
  return ahead->first == ahead->end ? NULL : &ahead->lines[ahead->first++ % LINES_AHEAD];
}
