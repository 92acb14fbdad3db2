/* tests/unit/cel_regex.c - matches(): RE2 syntax, and time linear in the text whatever the pattern. */
#include "cel/regex.h"

#include "base/utf8.h"
#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;
static union {
  unsigned char bytes[CEL_REGEX_ROOM];
  uint64_t aligned;
} room_bytes;

static int matches(const char *pattern, const char *text) {
  struct cel_regex_room room = {.bytes = room_bytes.bytes, .size = sizeof room_bytes};
  const char *message = NULL;
  uint32_t size, at;
  const struct cel_pattern *compiled = pbk_cel_regex_compile(text_from(pattern), &room, &size, &message, &at);
  if (!compiled) return -1;
  machine->exhausted = NULL;
  machine->used = 0;
  machine->fuel = CEL_FUEL;
  bool found = pbk_cel_regex_search(machine, compiled, text_from(text));
  return machine->exhausted ? -2 : found;
}

static const struct {
  const char *pattern, *text;
  int expected;
} cases[] = {
  {"", "", 1},
  {"abc", "xabcx", 1},
  {"abc", "xabx", 0},
  {"aab", "aaab", 1},
  {"a.c", "abc", 1},
  {"a.c", "a\nc", 0},
  {"(?s)a.c", "a\nc", 1},
  {"^abc$", "abc", 1},
  {"^abc$", "abcd", 0},
  {"^b", "a\nb", 0},
  {"(?m)^b$", "a\nb\nc", 1},
  {"\\Aab\\z", "ab", 1},
  {"a|b|c", "c", 1},
  {"^(a|bc|d)$", "bc", 1},
  {"^(a|bc|d)$", "b", 0},
  {"^(|a)b$", "b", 1},
  {"^a*$", "", 1},
  {"^a*$", "aaab", 0},
  {"^a+b?$", "aa", 1},
  {"^a{2}$", "aa", 1},
  {"^a{2}$", "aaa", 0},
  {"^a{2,}$", "aaaa", 1},
  {"^a{2,3}$", "aaaa", 0},
  {"^a{0,2}$", "", 1},
  {"^a{0}b$", "b", 1},
  {"^a{0,0}b$", "b", 1},
  {"a{,2}", "a{,2}", 1},
  {"a{", "a{", 1},
  {"^(ab){2,3}c$", "ababc", 1},
  {"^(a|b)*?c$", "ababc", 1},
  {"^((a*)*)*$", "aaaa", 1},
  {"^(a{1,3}){2}$", "aaaaaa", 1},
  {"^(a{1,3}){2}$", "aaaaaaa", 0},
  {"[abc]", "xxb", 1},
  {"^[^abc]$", "b", 0},
  {"^[^abc]$", "\n", 1},
  {"^[a-c-]+$", "a-b", 1},
  {"^[]a]+$", "]a", 1},
  {"^[^]a]$", "]", 0},
  {"^[\\]a]+$", "]a", 1},
  {"^[[:alpha:]]+$", "aZ", 1},
  {"^[[:^alpha:]]+$", "1-", 1},
  {"^[[:punct:]]+$", "!/:@[`{~", 1},
  {"^[\\d\\-x]+$", "1-x", 1},
  {"^[^\\D]$", "5", 1},
  {"^\\d+\\D\\s\\S\\w\\W$", "12a bc-", 1},
  {"\\bfoo\\b", "a foo b", 1},
  {"\\bfoo\\b", "afoo b", 0},
  {"o\\B", "foot", 1},
  {"^\\x41\\x{1F600}\\101$",
   "A\xf0\x9f\x98\x80"
   "A",
   1},
  {"\\.", ".", 1},
  {"\\.", "a", 0},
  {"\\Qa.b*\\E+", "a.b**", 1},
  {"^\\Qab\\E$", "ab", 1},
  {"(?i)straSSe", "STRAsse", 1},
  {"(?i)\xc3\xa9", "\xc3\x89", 1},
  {"(?i)k", "\xe2\x84\xaa", 1},
  {"(?i)^[a-c]+$", "ABC", 1},
  {"(?i)^[^a]$", "A", 0},
  {"a(?i)b", "aB", 1},
  {"(a(?i)b)c", "aBC", 0},
  {"(?i:a)b", "Ab", 1},
  {"(?i:a)b", "AB", 0},
  {"(?i-i)a", "A", 0},
  {"(?P<name>a)(?<other>b)(?:c)", "abc", 1},
  {"^\\pL\\p{Lu}\\p{Nd}$", "\xc3\xa9\xc3\x89\xd9\xa3", 1},
  {"^\\PL$", "a", 0},
  {"^[\\p{L}\\d]+$",
   "\xc3\xa9"
   "1",
   1},
  {"^.$", "\xf0\x9f\x98\x80", 1},
  {"^..$", "\xf0\x9f\x98\x80", 0},
  {"^[\xc3\xa0-\xc3\xbf]$", "\xc3\xa9", 1},
  {"(?U)a+", "aa", 1},
  {"a||b", "", 1},
  {"()", "", 1},
  {"^*", "a", 1},
  {"x*", "", 1},
  {"$^", "", 1},
  {"a$b", "ab", 0},
  {"]", "]", 1},
  {"}", "}", 1},
  {"(", "", -1},
  {")", "", -1},
  {"[", "", -1},
  {"[b-a]", "", -1},
  {"[[:foo:]]", "", -1},
  {"*", "", -1},
  {"a**", "", -1},
  {"a+*", "", -1},
  {"(?i)*", "", -1},
  {"a{2}{3}", "", -1},
  {"\\", "", -1},
  {"\\8", "", -1},
  {"\\1", "", -1},
  {"\\Z", "", -1},
  {"(?=a)", "", -1},
  {"(?!a)", "", -1},
  {"(?<=a)", "", -1},
  {"(?<!a)b", "", -1},
  {"(?P<>a)", "", -1},
  {"(?x)a", "", -1},
  {"(?i", "", -1},
  {"(?-)", "", -1},
  {"\\p{Nope}", "", -1},
  {"\\x{110000}", "", -1},
  {"\\xg", "", -1},
  {"a{1001}", "", -1},
  {"a{3,2}", "", -1},
  {"(a{1000}){1000}", "", -1},
};

/* Patterns and texts that take others for ever. */
static void bombs(void) {
  static char text[40001], pattern[4000];
  memset(text, 'a', 40000);
  text[40000] = '\0';
  CHECK(matches("^(a+)+$", text) == 1, "nested repetition");
  CHECK(matches("(a*)*b", text) == 0, "nested stars");
  CHECK(matches("(a|aa)+b", text) == 0, "ambiguous alternatives");
  CHECK(matches("a*a*a*a*a*a*a*a*b", text) == 0, "stars in a row");
  int result = matches("(x+x+)+y|(a?){300}a{300}b", text);
  CHECK(result == 0 || result == -2, "many states at once: %d", result);
  size_t size = 0;
  for (int i = 0; i < 99; i++) pattern[size++] = '(';
  pattern[size++] = 'a';
  for (int i = 0; i < 99; i++) pattern[size++] = ')';
  pattern[size] = '\0';
  CHECK(matches(pattern, "a") == 1, "groups 99 deep");
  for (size_t i = 0; i < sizeof pattern - 1; i++) pattern[i] = '(';
  pattern[sizeof pattern - 1] = '\0';
  CHECK(matches(pattern, "a") == -1, "groups too deep");
  for (size_t i = 0; i + 2 < sizeof pattern; i += 2) memcpy(pattern + i, "a|", 2);
  pattern[sizeof pattern - 2] = '\0';
  CHECK(matches(pattern, "b") != -2, "many alternatives");
}

/* Anything at all as a pattern: refused or matched, never worse. */
static void random_patterns(void) {
  static const char pieces[] = "ab(|)*+?{}[]^$\\.-,:=<>!PQEpLdwbszim0129\xc3\xa9";
  uint64_t state = 12345;
  uint32_t good = 0;
  for (int round = 0; round < 20000; round++) {
    char pattern[40];
    uint32_t size = 0;
    for (int i = 0; i < 12; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      uint32_t piece = (uint32_t)(state >> 33) % (uint32_t)(sizeof pieces - 2);
      if ((unsigned char)pieces[piece] == 0xa9) piece--;
      pattern[size++] = pieces[piece];
      if ((unsigned char)pieces[piece] == 0xc3) pattern[size++] = pieces[piece + 1];
    }
    pattern[size] = '\0';
    good += matches(pattern, "ab\xc3\xa9 ba_12-") >= 0;
  }
  CHECK(good > 500, "only %u of the random patterns parse", (unsigned)good);
}

int main(void) {
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int result = matches(cases[i].pattern, cases[i].text);
    CHECK(result == cases[i].expected, "'%s'.matches('%s') gives %d", cases[i].text, cases[i].pattern, result);
  }
  bombs();
  random_patterns();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  return test_result();
}
