/* wire/lines_ahead.c - see lines_ahead.h. Most lines are plain, which are read when they are looked at. Whose another
 * line is can be told from its bytes well before it is read: lines of one host have the same shape, so it is looked for
 * where the line before had it first. A wrong guess costs time, nothing else. */
#include "wire/lines_ahead.h"

/* Before what is fetched of any event (engine.h) comes the place of the contact's key. */
enum { PLACE_STAGE = 26 };

void pbk_begin_lines(struct lines_ahead *ahead, const char *bytes, size_t size) {
  ahead->bytes = bytes;
  ahead->size = size;
  ahead->key_at = 0;
  ahead->first = ahead->end = 0;
  ahead->known = (struct known_lines){0};
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

/* What can be told of a line that is not plain. */
SELDOM static void look_for_key(struct lines_ahead *ahead, uint32_t place) {
  struct line_ahead *line = &ahead->lines[place];
  const char *end = memchr(ahead->bytes, '\n', ahead->size);
  line->size = end ? (size_t)(end - ahead->bytes) + 1 : ahead->size;
  ahead->places[place] = no_places;
  ahead->about[place] = ABOUT_NOTHING;
  size_t at = find_key(line, ahead->key_at);
  if (at == 0) return;
  ahead->key_at = at;
  size_t most = line->size - at < PBK_MAX_KEY ? line->size - at : PBK_MAX_KEY;
  const char *key = line->bytes + at, *quote = memchr(key, '"', most);
  if (!quote) return;
  ahead->places[place].contact_hash = pbk_hash_text((struct text){key, (uint32_t)(quote - key)});
  ahead->about[place] = ABOUT_CONTACT;
}

static inline void look_at_line(struct lines_ahead *ahead, const struct pbk_engine *engine) {
  uint32_t place = ahead->end++ % LINES_AHEAD;
  struct line_ahead *line = &ahead->lines[place];
  const char *end = pbk_read_plain_line(ahead->bytes, ahead->bytes + ahead->size, &ahead->known, &line->read);
  line->bytes = ahead->bytes;
  line->plain = end != NULL;
  if (end) {
    line->size = (size_t)(end - ahead->bytes);
    ahead->places[place] = line_places(&line->read);
    ahead->about[place] = line->read.type == COMMAND_APPROVE ? ABOUT_MESSAGE : ABOUT_CONTACT;
    if (line->read.message_id.bytes) pbk_fetch_seen(engine, ahead->places[place].id_hash);
  } else {
    look_for_key(ahead, place);
  }
  ahead->bytes += line->size;
  ahead->size -= line->size;
  if (ahead->about[place] == ABOUT_CONTACT) map_prefetch(&engine->facts.contact_keys, ahead->places[place].contact_hash);
}

/* What happens at each stage; those before the last know the contact's index, probably. */

static void fetch_contact(struct lines_ahead *ahead, uint32_t place, const struct facts *facts) {
  struct line_places *places = &ahead->places[place];
  if (ahead->about[place] != ABOUT_CONTACT) return;
  places->contact = pbk_map_likely(&facts->contact_keys, places->contact_hash);
  if (places->contact < pbk_subject_total(facts, PBK_CONTACT)) pbk_prefetch_contact(facts, places->contact);
}

/* An approval's, where it is one: itself, then whom it is for. */
static void fetch_message(const struct lines_ahead *ahead, uint32_t place, const struct outbox *outbox, bool subject) {
  if (ahead->about[place] != ABOUT_MESSAGE) return;
  uint64_t message = ahead->lines[place].read.message;
  if (subject) pbk_prefetch_subject_of(outbox, message);
  else prefetch_message(outbox, message);
}

/* What the event is used for, where its name is at hand; it may be another's. */
static inline struct event_use likely_event(const struct pbk_engine *engine, const struct line_places *places) {
  uint32_t event = engine->line_names[places->name];
  return event > 0 && event <= engine->context.names.count ? pbk_event_use(engine, event - 1) : (struct event_use){0};
}
static inline bool is_event(const struct line_ahead *line) { return line->plain && line->read.type == COMMAND_TRACK; }

const struct line_ahead *pbk_next_line(struct lines_ahead *ahead, const struct pbk_engine *engine) {
  const struct facts *facts = &engine->facts;
  const uint32_t total = pbk_subject_total(facts, PBK_CONTACT);
  while (ahead->size > 0 && ahead->end - ahead->first <= PLACE_STAGE) look_at_line(ahead, engine);
  const uint32_t first = ahead->first, count = ahead->end - first;
  const struct line_places *places;
  if (count == 0) return NULL;
#define AT_STAGE(stage) (count > (stage) && (places = &ahead->places[(first + (stage)) % LINES_AHEAD])->contact < total)
  if (count > AHEAD_SUBJECT) fetch_contact(ahead, (first + AHEAD_SUBJECT) % LINES_AHEAD, facts);
  if (AT_STAGE(AHEAD_CHANGED))
    pbk_fetch_changed(engine, places->contact, is_event(&ahead->lines[(first + AHEAD_CHANGED) % LINES_AHEAD]));
  else if (count > AHEAD_CHANGED) fetch_message(ahead, (first + AHEAD_CHANGED) % LINES_AHEAD, &engine->outbox, false);
  if (AT_STAGE(AHEAD_READERS)) pbk_fetch_readers(engine, places->contact, likely_event(engine, places));
  if (AT_STAGE(AHEAD_LAST)) pbk_fetch_last(engine, places->contact, likely_event(engine, places));
  else if (count > AHEAD_LAST) fetch_message(ahead, (first + AHEAD_LAST) % LINES_AHEAD, &engine->outbox, true);
#undef AT_STAGE
  struct line_ahead *line = &ahead->lines[first % LINES_AHEAD];
  line->places = ahead->places[first % LINES_AHEAD];
  ahead->first++;
  return line;
}
