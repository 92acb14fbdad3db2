/* tests/unit/lines_ahead.c - lines looked at ahead: they come as they are, one behind the other, wherever the contact's key
 * is. */
#include "wire/lines_ahead.h"

#include "storage_support.h"

/* In memory of just their size, so that a sanitizer sees who reads past the end. */
static void check_lines(const struct rig *rig, const char *text, size_t size) {
  char *bytes = malloc(size ? size : 1);
  if (size) memcpy(bytes, text, size);
  struct lines_ahead ahead;
  pbk_begin_lines(&ahead, bytes, size);
  size_t at = 0;
  for (const struct line_ahead *line; (line = pbk_next_line(&ahead, rig->engine));) {
    const char *end = memchr(bytes + at, '\n', size - at);
    size_t expected = end ? (size_t)(end - bytes) - at + 1 : size - at;
    CHECK_EQUAL_UINT((size_t)(line->bytes - bytes), at);
    CHECK_EQUAL_UINT(line->size, expected);
    at += line->size;
  }
  CHECK_EQUAL_UINT(at, size);
  CHECK(pbk_next_line(&ahead, rig->engine) == NULL);
  free(bytes);
}

static void open_with_contacts(struct rig *rig) {
  rig_open(rig, 0);
  for (int i = 0; i < 20; i++) {
    char line[64];
    int size = snprintf(line, sizeof line, "{\"type\":\"identify\",\"userId\":\"u%d\"}", i);
    CHECK_EQUAL_INT(pbk_feed_line(rig->engine, line, (size_t)size), PBK_OK);
  }
}

/* Of known and unknown ones, with the key in changing places, cut off anywhere. */
static void random_lines(void) {
  struct rig rig;
  open_with_contacts(&rig);
  static const char *const pieces[] = {"\n",
                                       "\r\n",
                                       "{\"type\":\"track\",\"userId\":\"u",
                                       "\",\"event\":\"e\"}\n",
                                       "{\"userId\":\"u1\"}\n",
                                       "1",
                                       "7",
                                       "\"",
                                       "\\",
                                       "\"userId\"",
                                       "\"userId\":\"",
                                       "\"userId\":\"\"",
                                       "userId",
                                       "{}"};
  uint64_t state = 11;
  for (int i = 0; i < 3000; i++) {
    char text[4000];
    size_t size = 0;
    for (uint32_t left = check_random_below(&state, 120); left > 0; left--) {
      const char *piece = pieces[check_random_below(&state, sizeof pieces / sizeof *pieces)];
      memcpy(text + size, piece, strlen(piece));
      size += strlen(piece);
    }
    if (size > 0 && check_random_below(&state, 2)) size -= check_random_below(&state, (uint32_t)size);
    check_lines(&rig, text, size);
  }
  rig_close(&rig);
}

static void found_by_their_bytes(void) {
  struct rig rig;
  static const char text[] =
    "{\"type\":\"track\",\"userId\":\"u3\",\"event\":\"e\"}\n"
    "{\"userId\":\"u4\"}\n"
    "{\"userId\":\"nobody\"}\n"
    "{\"anonymousId\":\"u4\"}\n"
    "{\"userId\":\"u5";
  static const bool named[] = {true, true, true, false, false};
  static const uint32_t contacts[] = {3, 4, MAP_NONE};
  struct lines_ahead ahead;
  open_with_contacts(&rig);
  pbk_begin_lines(&ahead, text, sizeof text - 1);
  for (int i = 0; i < 5; i++) {
    const struct line_ahead *line = pbk_next_line(&ahead, rig.engine);
    if (!CHECK(line != NULL)) break;
    CHECK_EQUAL_INT(ahead.about[i] == ABOUT_CONTACT, named[i]);
    if (i < 3) CHECK_EQUAL_UINT(pbk_map_likely(&rig.engine->facts.contact_keys, line->places.contact_hash), contacts[i]);
  }
  rig_close(&rig);
}

/* Far into a line nothing is looked for; a key may be too long. */
static void long_lines(void) {
  struct rig rig;
  char *most = malloc(100000);
  rig_open(&rig, 0);
  memset(most, 'x', 100000);
  memcpy(most + 50000, "\"userId\":\"u1\"", 13);
  check_lines(&rig, most, 100000);
  memcpy(most, "\"userId\":\"u1", 12);
  check_lines(&rig, most, 100000);
  free(most);
  rig_close(&rig);
}

static void nobody_known(void) {
  struct rig rig;
  rig_open(&rig, 0);
  check_lines(&rig, NULL, 0);
  check_lines(&rig, "{\"userId\":\"u1\"}\n", 16);
  rig_close(&rig);
}

int main(void) {
  RUN(nobody_known);
  RUN(random_lines);
  RUN(found_by_their_bytes);
  RUN(long_lines);
  return check_report();
}
