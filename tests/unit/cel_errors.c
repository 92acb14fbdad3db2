/* tests/unit/cel_errors.c - SPEC X5: what is refused when a condition is defined, where the answer points, and what it says.
 */
#include "cel_support.h"

static struct test_world world;

static void expect_refusal(int line, const char *source, uint32_t row, uint32_t column, const char *says) {
  struct cel_error error;
  struct cel_program *program = test_compile(&world, source, false, &error);
  CHECK(!program, "line %d: %s: taken", line, source);
  if (program) {
    pbk_cel_release(&world.memory, program);
    return;
  }
  CHECK(error.line == row && error.column == column, "line %d: %s: at %u:%u, not %u:%u: %s", line, source,
        (unsigned)error.line, (unsigned)error.column, (unsigned)row, (unsigned)column, error.message);
  CHECK(strstr(error.message, says) != NULL, "line %d: %s: says \"%s\", not \"%s\"", line, source, error.message, says);
}
#define REFUSED(source, column, says) expect_refusal(__LINE__, source, 1, column, says)

static void syntax(void) {
  REFUSED("", 1, "expected an expression");
  REFUSED("  ", 1, "expected an expression");
  REFUSED("1 +", 4, "found the end");
  REFUSED("1 2", 3, "expected an operator or the end, found \"2\"");
  REFUSED("(1", 3, "expected an operator or \")\"");
  REFUSED("[1, 2", 6, "\",\" or \"]\"");
  REFUSED("{'a' 1}", 6, "expected \":\"");
  REFUSED("{'a': 1", 8, "\",\" or \"}\"");
  REFUSED("x.", 3, "a field's or method's name");
  REFUSED("x.1", 2, "expected an operator or the end");
  REFUSED("x == = 1", 6, "expected \"==\"");
  REFUSED("x = 1", 3, "expected \"==\", found \"=\"");
  REFUSED("x & y", 3, "expected \"&&\"");
  REFUSED("x ? 1", 6, "expected \":\"");
  REFUSED("x ? y ? 1 : 2 : 3", 7, "in parentheses");
  REFUSED("'abc", 1, "has no end");
  REFUSED("'ab\nc'", 4, "a line ends inside a string");
  REFUSED("'\\q'", 2, "unknown escape");
  REFUSED("'\\u12'", 6, "hexadecimal");
  REFUSED("'\\ud800'", 2, "no Unicode character");
  REFUSED("9223372036854775808", 1, "too large for an int");
  REFUSED("18446744073709551616u", 1, "too large for a uint");
  REFUSED("1e999", 1, "too large for a double");
  REFUSED("0x", 3, "hexadecimal digits");
  REFUSED("1abc", 2, "followed directly by a letter");
  REFUSED("'é' + §", 7, "has no meaning");
  REFUSED("for == 1", 1, "reserved word");
  REFUSED("`a b`", 1, "expected an expression");
  REFUSED("Thing{a: 1}", 6, "no message types");
  REFUSED("size(1,)", 8, "expected an expression");
  REFUSED("has(1)", 5, "expected a field in has()");
  REFUSED("[1].all(1, true)", 9, "simple name");
  expect_refusal(__LINE__, "1 ==\n  1 +\n  )", 3, 3, "expected an expression");
  expect_refusal(__LINE__, "// é\n  'a' +", 2, 8, "found the end");
  REFUSED("'\xff'", 2, "not UTF-8");
}

static void names(void) {
  REFUSED("contakt.id", 1, "did you mean `contact`");
  REFUSED("contact.sttage == ''", 9, "did you mean `stage`");
  REFUSED("contact.unheard_of", 9, "it has id, created_at, stage, health, traits");
  REFUSED("has(contact.stag)", 13, "did you mean `stage`");
  REFUSED("contact['stag']", 8, "did you mean `stage`");
  REFUSED("[1].exists(item, itm == 1)", 18, "did you mean `item`");
  REFUSED("'a'.startWith('b')", 5, "did you mean `startsWith`");
  REFUSED("'a'.starts('b')", 5, "unknown method");
  REFUSED("day(1) == x", 1, "did you mean `days`");
  REFUSED("'a'.days() == x", 5, "days(x)");
  REFUSED("contains('a', 'b')", 1, "x.contains(");
  REFUSED("events(x).count()", 8, "one string literal");
  REFUSED("segment()", 1, "one string literal");
  REFUSED("segment('zz')", 9, "unknown segment");
  REFUSED("event('a').count() > 1", 1, "did you mean `events`");
  REFUSED("events('a')", 1, "history");
  REFUSED("events('a') == events('b')", 1, "history");
  REFUSED("acount.traits.n == 1", 1, "unknown name `acount`; did you mean `account`?");
  REFUSED("contact.trait.n == 1", 9, "contact has no field `trait`; did you mean `traits`?");
  REFUSED("contact['ééééééééééééééééééééééééééééééx']", 8, "`éééééééééééééééééééééééééééééé`; it has id");
  REFUSED("x == True", 6, "unknown name `True`; did you mean `true`?");
  REFUSED("hsa(contact.stage)", 1, "did you mean `has`?");
  REFUSED("evnts('a').count() > 1", 1, "unknown function `evnts`; did you mean `events`?");
  REFUSED("events('a').qiet(days(1))", 13, "a history has no method `qiet`; did you mean `quiet`?");
  REFUSED("events('a').size() > 1", 13, "a history has no method `size`; it has .count(), ");
  REFUSED("events('a').quiet()", 13, "not .quiet() with 0 arguments");
  REFUSED("events('a').counts()", 13, "did you mean `count`?");
  REFUSED("events('a').count(5)", 19, "expected a duration");
  REFUSED("'x'.all(y)", 5, "wrong number");
}

static void types(void) {
  REFUSED("1 + 'a'", 3, "no such overload: int + string");
  REFUSED("1 + 1.0", 3, "int + double");
  REFUSED("'a' < 1", 5, "string < int");
  REFUSED("'a' == 1", 5, "string == int");
  REFUSED("contact.id == 1", 12, "string == int");
  REFUSED("1 && true", 1, "expected bool");
  REFUSED("true || 'a'", 9, "expected bool");
  REFUSED("!1", 2, "expected bool");
  REFUSED("-'a'", 1, "-string");
  REFUSED("1 ? 2 : 3", 1, "expected bool before ?");
  REFUSED("true ? 2 : 'a'", 12, "expected int");
  REFUSED("size(1)", 1, "size(int)");
  REFUSED("size('a', 'b')", 1, "wrong number");
  REFUSED("'a'.contains(1)", 5, "string.contains(int)");
  REFUSED("1.contains('a')", 3, "int.contains(string)");
  REFUSED("1 in 2", 3, "int in int");
  REFUSED("1 in ['a']", 3, "int in list(string)");
  REFUSED("[1]['a']", 5, "list(int)[string]");
  REFUSED("{'a': 1}[1]", 10, "map(string, int)[int]");
  REFUSED("{1.5: 1}", 2, "key of a map");
  REFUSED("1[0]", 2, "cannot be indexed");
  REFUSED("contact.id.size", 12, "no fields");
  REFUSED("now + now > now", 5, "no such overload");
  REFUSED("[1].map(i, i + 'a')", 14, "int + string");
  REFUSED("3.map(i, i)", 1, "expected a list or map");
  REFUSED("(3).map(i, i)", 2, "expected a list or map");
  REFUSED("[1].filter(i, i)", 15, "expected bool");
  REFUSED("5.0 % 2.0", 5, "double % double");
  REFUSED("contact < contact", 9, "map < map");
  REFUSED("days(1.5) > days(1)", 1, "days(double)");
}

static void literals(void) {
  REFUSED("'a'.matches('(')", 13, "at character 1: a group that begins here");
  REFUSED("'a'.matches('é[')", 13, "at character 2: a class");
  REFUSED("'a'.matches('a**')", 13, "at character 3: there is nothing to repeat");
  REFUSED("'a'.matches('(?=a)')", 13, "looking ahead");
  REFUSED("'a'.matches('\\\\1')", 13, "backreferences");
  REFUSED("contact.id.matches('a{1001}')", 20, "1000");
  REFUSED("contact.id.matches('((a{100}){100}){100}')", 20, "too large");
  REFUSED("duration('14d') == days(14)", 10, "expected a duration");
  REFUSED("now > timestamp('yesterday')", 17, "expected a time");
  REFUSED("now.getHours('Europe/Berlin') > 1", 14, "zone data");
  REFUSED("now.getHours('+99:00') > 1", 14, "expected a zone");
}

static void limits(void) {
  char source[CEL_MOST_SOURCE + 100];
  size_t size = 0;
  struct cel_error error;
  /* Brackets, 64 and 65 deep. */
  for (int depth = 64; depth <= 65; depth++) {
    size = 0;
    for (int i = 0; i < depth; i++) source[size++] = '[';
    for (int i = 0; i < depth; i++) source[size++] = ']';
    source[size] = '\0';
    struct cel_program *program = test_compile(&world, source, false, &error);
    CHECK((program != NULL) == (depth == 64), "depth %d: %s", depth, error.message);
    if (program)
      pbk_cel_release(&world.memory, program);
    else
      CHECK(strstr(error.message, "nested deeper than 64"), "says %s", error.message);
  }
  /* Chains count once. */
  static const char *const links[] = {" && y == y", " || y != y", " + y", " == true", " ? true : x", "-y"};
  static const char *const starts[] = {"true", "false", "y", "true", "x", "y"};
  for (int k = 0; k < 6; k++) {
    size = (size_t)snprintf(source, sizeof source, "%s", starts[k]);
    while (size + strlen(links[k]) < 8000) size += (size_t)snprintf(source + size, sizeof source - size, "%s", links[k]);
    struct cel_program *program = test_compile(&world, source, false, &error);
    CHECK(program != NULL, "chain of \"%s\": %s", links[k], error.message);
    if (program) pbk_cel_release(&world.memory, program);
  }
  /* Source. */
  memset(source, ' ', sizeof source);
  source[0] = '1';
  source[CEL_MOST_SOURCE + 1] = '\0';
  CHECK(!test_compile(&world, source, false, &error) && strstr(error.message, "8192"), "%s", error.message);
  /* Cost. */
  REFUSED("x.all(a, x.all(b, x.all(c, x.all(d, true))))", 3, "too many steps");
  REFUSED("x.all(a, x.all(b, x.all(c, true)))", 3, "too many steps");
  REFUSED("x.all(a, x.all(b, x.all(c, events('a').count(days(c)) > 0))) || true", 62, "too many steps");
  REFUSED(
    "x.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
    "a.a.a.a.a.a.a.a",
    129, "nested deeper");
}

int main(void) {
  test_world_init(&world);
  syntax();
  names();
  types();
  literals();
  limits();
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
