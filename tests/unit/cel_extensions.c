/* tests/unit/cel_extensions.c - the methods of strings, format() and math.…(): values, errors, refusals, and the text of
 * doubles against the C library's. */
#include <math.h>

#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;

static void expect(int line, const char *source, const char *error_part, bool timed) {
  struct cel_error error;
  struct cel_outcome outcome;
  struct cel_program *program = test_compile(&world, source, timed, &error);
  CHECK(program != NULL, "line %d: %s: %u: %s", line, source, (unsigned)error.column, error.message);
  if (!program) return;
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  if (error_part)
    CHECK(outcome.state == CEL_ERROR && strstr(outcome.error, error_part), "line %d: %s: state %d, %s", line, source,
          (int)outcome.state, outcome.error ? outcome.error : "");
  else
    CHECK(outcome.state == CEL_TRUE && outcome.until == CEL_FOREVER, "line %d: %s: state %d, %s", line, source,
          (int)outcome.state, outcome.error ? outcome.error : "");
  pbk_cel_release(&world.memory, program);
}
#define HOLDS(source) (expect(__LINE__, source, NULL, false), expect(__LINE__, source, NULL, true))
#define FAILS(source, says) expect(__LINE__, source, says, false)

static void refused(const char *source, const char *says) {
  struct cel_error error;
  struct cel_program *program = test_compile(&world, source, true, &error);
  CHECK(!program && strstr(error.message, says), "%s: %s", source, program ? "taken" : error.message);
  if (program) pbk_cel_release(&world.memory, program);
}

static void positions(void) {
  world.x = test_text("ta©o©αT");
  HOLDS("x.charAt(0) == 't' && x.charAt(2) == '©' && x.charAt(7) == ''");
  FAILS("x.charAt(8) == ''", "out of bounds");
  FAILS("x.charAt(-1) == ''", "out of bounds");
  HOLDS("x.indexOf('©') == 2 && x.indexOf('©', 3) == 4 && x.indexOf('x') == -1 && x.indexOf('', 7) == 7");
  HOLDS("x.indexOf('T', 7) == -1 && x.lastIndexOf('') == 7 && x.lastIndexOf('T', 7) == 6");
  FAILS("x.indexOf('', 8) == 8", "out of bounds");
  FAILS("x.lastIndexOf('', 8) == 8", "out of bounds");
  HOLDS("x.lastIndexOf('©', 3) == 2 && x.lastIndexOf('©α') == 4 && 'aaa'.lastIndexOf('aa') == 1 && ''.lastIndexOf('') == 0");
  HOLDS("x.substring(2) == '©o©αT' && x.substring(2, 4) == '©o' && x.substring(7) == ''");
  FAILS("x.substring(3, 2) == ''", "out of bounds");
  FAILS("x.substring(0, 9223372036854775806) == ''", "out of bounds");
}

static void making(void) {
  HOLDS("x.reverse() == 'Tα©o©at' && x.upperAscii() == 'TA©O©αT' && x.lowerAscii() == 'ta©o©αt'");
  HOLDS("x.replace('', '-') == '-t-a-©-o-©-α-T-' && 'aaaa'.replace('aa', 'a') == 'aa' && 'aaa'.replace('a', 'b', 2) == 'bba'");
  HOLDS("''.replace('', 'x') == 'x' && 'ab'.replace('', 'x', 2) == 'xaxb' && 'a'.replace('a', '') == ''");
  HOLDS("x.split('') == ['t', 'a', '©', 'o', '©', 'α', 'T'] && 'abc'.split('', 2) == ['a', 'bc'] && ''.split('') == []");
  HOLDS("''.split(',') == [''] && ',a,'.split(',') == ['', 'a', ''] && 'a,b,c'.split(',', 2) == ['a', 'b,c']");
  HOLDS("'a,b'.split(',', 0) == [] && 'a,b'.split(',').join(';') == 'a;b' && [].join(',') == ''");
  FAILS("['a', dyn(1)].join() == 'a1'", "only texts");
  HOLDS("' \\t x y\\n '.trim() == 'x y' && ' '.trim() == '' && ''.trim() == ''");
  HOLDS("strings.quote('a\"\\\\\\n') == '\"a\\\\\"\\\\\\\\\\\\n\"'");
  refused("'a'.charAt('b') == ''", "no such overload");
  refused("'a'.replace('b') == ''", "wrong number");
  refused("'a'.replace('a', 'b', 1, 2) == ''", "wrong number");
  refused("strings.quot('a') == ''", "did you mean `strings.quote`");
}

static void formats(void) {
  HOLDS("'%s %d %%'.format(['a', 1]) == 'a 1 %' && ''.format([]) == ''");
  HOLDS("'%x %X %o %b'.format([-255, 255u, -8, -5]) == '-ff FF -10 -101' && '%b'.format([false]) == '0'");
  HOLDS("'%d %x'.format([-9223372036854775808, -9223372036854775808]) == '-9223372036854775808 -8000000000000000'");
  HOLDS("'%s'.format([{'b': 1, 'a': [b'x', null], 'ab': {2: 3u}}]) == '{a: [x, null], ab: {2: 3}, b: 1}'");
  HOLDS("'%s'.format([{1: 'x', '1': 'y', '10': 'z'}]) in ['{1: x, 1: y, 10: z}']");
  HOLDS("'%s|%s'.format([{}, []]) == '{}|[]' && '%s'.format([duration('-1ns')]) == '-0.000000001s'");
  HOLDS("'%.2f %f %.0e'.format([9223372036854775807, 18446744073709551615u, 15]) == "
        "'9223372036854775807.00 18446744073709551615.000000 2e+01'");
  HOLDS("'%f %e'.format([-0.0, 0.0]) == '-0.000000 0.000000e+00'");
  FAILS("('%' + 'd').format([]) == ''", "more clauses");
  FAILS("'%d'.format([1].filter(i, i > 1)) == ''", "more clauses");
  FAILS("('%' + '').format([1]) == ''", "at the end");
  FAILS("('%' + '.f').format([1.0]) == ''", "precision");
  FAILS("('%' + '.1001f').format([1.0]) == ''", "precision");
  FAILS("('%' + 'q').format([1.0]) == ''", "unknown clause");
  FAILS("'%s'.format([b'\\xff']) == ''", "UTF-8");
}

/* What can be known of a format when it is defined. */
static void formats_refused(void) {
  refused("'%'.format([1]) == ''", "at the end");
  refused("'ab%.f'.format([1.0]) == ''", "precision");
  refused("'%.1001f'.format([1.0]) == ''", "precision");
  refused("'%s %q'.format(x) == ''", "unknown clause");
  refused("'%d'.format([]) == ''", "more clauses than there are values, which are 0");
  refused("'%d %% %s'.format([1]) == ''", "more clauses than there are values, which are 1");
  refused("'%d'.format([1, 2]) == ''", "no clause for this value, only 1");
  refused("'%%'.format([x]) == ''", "no clause for this value, only 0");
  refused("'%d'.format(['a']) == ''", "no such overload: %d of string");
  refused("'%s %b'.format([1, 1.5]) == ''", "no such overload: %b of double");
  refused("'%o'.format([true]) == ''", "no such overload: %o of bool");
  refused("'%x'.format([[1]]) == ''", "no such overload: %x of list(int)");
  refused("'%f'.format([contact.created_at]) == ''", "%f of google.protobuf.Timestamp");
  HOLDS("'%d %f %e %b %o %x %X %s'.format([dyn(1), dyn(1), dyn(1), dyn(1), dyn(1), dyn('a'), dyn(b'a'), x]).size() > 1 || true");
}

static uint64_t random_state = 1;
static uint64_t random_bits(void) {
  random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return random_state ^ random_state >> 29 ^ random_state << 33;
}

/* The C library writes doubles exactly too, on this platform at least. */
static void doubles(void) {
  struct cel_error error;
  struct cel_outcome outcome;
  static char wanted[4000];
  for (uint32_t i = 0; i < 4000; i++) {
    char source[60];
    double number;
    uint64_t bits = random_bits();
    uint32_t precision = (uint32_t)(random_bits() >> 40) % (i % 10 ? 20 : 1000), clause = i & 1;
    memcpy(&number, &bits, sizeof number);
    if (i % 3 == 0) number = (double)(int64_t)(bits >> 40) / 64; /* with many that lie in the middle */
    if (!isfinite(number)) continue;
    snprintf(source, sizeof source, "'%%.%u%c'.format([x])", (unsigned)precision, clause ? 'f' : 'e');
    world.x = (struct cel_value){.kind = CEL_DOUBLE, .as.number = number};
    struct cel_program *program = test_compile(&world, source, false, &error);
    CHECK(program != NULL, "%s: %s", source, error.message);
    if (!program) return;
    struct cel_world table = test_table(&world);
    pbk_cel_evaluate(machine, program, &table, &outcome);
    int size = snprintf(wanted, sizeof wanted, clause ? "%.*f" : "%.*e", (int)precision, number);
    CHECK(outcome.state == CEL_OTHER && outcome.value.size == (uint32_t)size &&
            memcmp(outcome.value.as.bytes, wanted, (size_t)size) == 0,
          "%s: %s, not %.*s", source, wanted, (int)outcome.value.size, outcome.value.as.bytes);
    pbk_cel_release(&world.memory, program);
  }
}

static void mathematics(void) {
  HOLDS("math.greatest(1, 3u, 2.5) == 3 && math.least([3, 1.5, 2u]) == 1.5 && type(math.greatest(1, 2)) == int");
  HOLDS("math.greatest(1, 2, 3, 4, 5, 6, 7, 8) == 8 && math.least(math.greatest(1, 2, 3), 4, 5) == 3");
  FAILS("math.greatest([]) == 1", "of nothing");
  FAILS("math.greatest(dyn('a'), 1) == 1", "no such overload");
  refused("math.greatest() == 1", "wrong number");
  refused("math.greatest('a') == 1", "no such overload");
  refused("math.abs('a') == 1", "no such overload");
  refused("math.flor(1.5) == 1.0", "did you mean `math.floor`");
  refused("math.floor == 1", "unknown name");
  HOLDS("math.ceil(1.2) == 2.0 && math.ceil(-1.2) == -1.0 && math.floor(-1.2) == -2.0 && math.floor(2.0) == 2.0");
  HOLDS("math.round(-1.5) == -2.0 && math.round(2.5) == 3.0 && math.round(0.49999999999999994) == 0.0 && math.round(-0.5) == -1.0");
  HOLDS("string(math.trunc(-0.5)) == '-0' && math.trunc(1e300) == 1e300 && math.ceil(4503599627370495.5) == 4503599627370496.0");
  HOLDS("math.isNaN(math.floor(0.0 / 0.0)) && math.isInf(math.ceil(-1.0 / 0.0)) && !math.isFinite(1.0 / 0.0)");
  HOLDS("math.abs(-5) == 5 && math.abs(-1.5) == 1.5 && math.sign(-3) == -1 && math.sign(0.0) == 0.0 && math.sign(7u) == 1u");
  FAILS("math.abs(-9223372036854775808) == 1", "overflow");
  HOLDS("math.bitShiftRight(-1, 63) == 1 && math.bitShiftLeft(1, 63) < 0 && math.bitNot(0u) == 18446744073709551615u");
  FAILS("math.bitShiftLeft(1, -1) == 1", "shift");
  HOLDS("math.sqrt(81) == 9.0 && math.sqrt(2.0) == 1.4142135623730951 && math.sqrt(3u) == 1.7320508075688772");
  HOLDS("math.sqrt(1e300) == 1e150 && math.sqrt(4.9406564584124654e-324) == 2.2227587494850775e-162");
  HOLDS("math.sqrt(1.7976931348623157e308) == 1.3407807929942596e154 && math.isNaN(math.sqrt(-1.0)) && math.sqrt(0.0) == 0.0");
  HOLDS("math.sqrt(0.1) == 0.31622776601683794 && math.sqrt(5.0) == 2.23606797749979 && math.sqrt(9007199254740993.0) == 94906265.62425156");
  HOLDS("[1.5].exists(math, math > 1.0)");
}

/* What moves has no place in them; what is large ends. */
static void limits(void) {
  refused("'%s'.format([now]) == ''", "what moves with now");
  refused("math.abs(now.getHours()) == 1", "calendar field");
  static char text[100000];
  memset(text, 'a', sizeof text - 1);
  world.x = test_text(text);
  FAILS("x.replace('a', 'aaaa').size() == 1 || true", "too much working memory");
  FAILS("x.split('').size() == 1 || true", "too much working memory");
  FAILS("'%s%s%s'.format([x, x, x]).size() == 1 || true", "too much working memory");
  HOLDS("x.replace('a', '') == '' && x.lastIndexOf('b') == -1 && x.reverse() == x");
}

int main(void) {
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  positions();
  making();
  formats();
  formats_refused();
  doubles();
  mathematics();
  limits();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
