/* tests/unit/cel_language.c - what conditions give: operators, functions, conversions, macros, objects and events; and how
 * they fail. */
#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;

/* Evaluates, untimed and timed where that is allowed; the value as JSON-like text is compared with `expected`; "!text" is an
 * error that contains the text. */
static void value_text_of(const pbk_value *value, char *to, size_t room) {
  char inner[400];
  size_t used = 0;
  switch (value->kind) {
    case PBK_NULL: snprintf(to, room, "null"); return;
    case PBK_BOOL: snprintf(to, room, value->as.integer ? "true" : "false"); return;
    case PBK_INT: snprintf(to, room, "%lld", (long long)value->as.integer); return;
    case PBK_DOUBLE: snprintf(to, room, "%.6g", value->as.number); return;
    case PBK_STRING: snprintf(to, room, "\"%.*s\"", (int)value->size, value->as.text); return;
    default: break;
  }
  used += (size_t)snprintf(to, room, value->kind == PBK_LIST ? "[" : "{");
  for (uint32_t i = 0; i < value->size && used < room; i++) {
    const char *comma = i ? ", " : "";
    if (value->kind == PBK_LIST) {
      value_text_of(&value->as.items[i], inner, sizeof inner);
      used += (size_t)snprintf(to + used, room - used, "%s%s", comma, inner);
    } else {
      const pbk_member *member = &value->as.members[i];
      value_text_of(&member->value, inner, sizeof inner);
      used += (size_t)snprintf(to + used, room - used, "%s%.*s: %s", comma, (int)member->name_size, member->name, inner);
    }
  }
  if (used < room) snprintf(to + used, room - used, value->kind == PBK_LIST ? "]" : "}");
}

static void expect(int line, const char *source, const char *expected) {
  struct cel_error error;
  struct cel_outcome outcome;
  char text[800];
  struct cel_program *program = test_compile(&world, source, false, &error);
  CHECK(program != NULL, "line %d: %s: column %u: %s", line, source, (unsigned)error.column, error.message);
  if (!program) return;
  struct cel_world table = test_table(&world);
  pbk_cel_evaluate(machine, program, &table, &outcome);
  if (outcome.state == CEL_ERROR) {
    snprintf(text, sizeof text, "!%s", outcome.error);
    CHECK(expected[0] == '!' && strstr(text, expected + 1), "line %d: %s: %s, not %s", line, source, text, expected);
  } else {
    struct arena arena;
    pbk_arena_init(&arena, &world.memory);
    pbk_value value = pbk_cel_to_json(&outcome.value, &arena);
    value_text_of(&value, text, sizeof text);
    CHECK(strcmp(text, expected) == 0, "line %d: %s: %s, not %s", line, source, text, expected);
    pbk_arena_release(&arena);
  }
  pbk_cel_release(&world.memory, program);
}
#define GIVES(source, expected) expect(__LINE__, source, expected)

static void numbers(void) {
  GIVES("1 + 2 * 3 - 4 / 2 % 3", "5");
  GIVES("(1 + 2) * 3", "9");
  GIVES("-7 / 2", "-3");
  GIVES("-7 % 2", "-1");
  GIVES("7u / 2u", "3");
  GIVES("0xff + 0X01 == 256 && 0xAu == 10u", "true");
  GIVES("1.5e3 + .5", "1500.5");
  GIVES("9223372036854775807 + 1", "!overflow");
  GIVES("-9223372036854775808 / -1", "!overflow");
  GIVES("-(-9223372036854775808)", "!overflow");
  GIVES("3u - 4u", "!overflow");
  GIVES("1 / 0", "!division by zero");
  GIVES("1 % 0", "!modulus by zero");
  GIVES("1.0 / 0.0", "\"Infinity\"");
  GIVES("1 == 1.0 && 1u == 1 && 2u > 1.5", "true");
  GIVES("dyn(1) + 1.0", "!no such overload");
  GIVES("0.1 + 0.2 == 0.3", "false");
  GIVES("double('NaN') == double('NaN')", "false");
  GIVES("1 - 2 - 3 == -4", "true");
  GIVES("18446744073709551615u", "1.84467e+19");
}

static void logic(void) {
  GIVES("true && false || true", "true");
  GIVES("1 / 0 == 1 || true", "true");
  GIVES("true || 1 / 0 == 1", "true");
  GIVES("1 / 0 == 1 && false", "false");
  GIVES("1 / 0 == 1 || false", "!division by zero");
  GIVES("x || true", "true");
  GIVES("x || false", "!no such key");
  GIVES("x ? 1 : 2", "!no such key");
  GIVES("false ? 1 : true ? 2 : 3", "2");
  GIVES("false ? 1 : false ? 2 : 3", "3");
  GIVES("!!true", "true");
  GIVES("!(1 > 2)", "true");
  GIVES("dyn(1) || true", "true");
  GIVES("dyn(1) && true", "!no such overload");
}

static void texts(void) {
  GIVES("'a' + \"b\" + '''c\n'''", "\"abc\n\"");
  GIVES("r'\\d' == '\\\\d'", "true");
  GIVES("'\\u00e9' == 'é'", "true");
  GIVES("b'\\xff\\000ab'", "\"/wBhYg==\"");
  GIVES("size('héllo') + 'héllo'.size()", "10");
  GIVES("'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')", "true");
  GIVES("'aaaab'.contains('aab')", "true");
  GIVES("'a'.contains('aa')", "false");
  GIVES("'abc' < 'abd' && 'ab' < 'abc' && '' < 'a'", "true");
  GIVES("b'abc' < b'abd'", "true");
  GIVES("'x' in ['x', 'y'] && !('z' in ['x', 'y'])", "true");
}

static void conversions(void) {
  GIVES("int('42') + int(3u) + int(4.9) + int(timestamp('1970-01-01T00:01:00Z'))", "109");
  GIVES("int('4x')", "!no int");
  GIVES("int(1e19)", "!out of range");
  GIVES("uint(-1)", "!out of range");
  GIVES("double('1.5') + double(1)", "2.5");
  GIVES("string(1.0) + string(true) + string(-3) + string(b'ab')", "\"1true-3ab\"");
  GIVES("string(b'\\xff')", "!UTF-8");
  GIVES("bytes('é')", "\"w6k=\"");
  GIVES("bool('true') && !bool('f')", "true");
  GIVES("bool('yes')", "!no bool");
  GIVES("string(timestamp('2026-01-31T10:00:00.50+01:00'))", "\"2026-01-31T09:00:00.5Z\"");
  GIVES("string(duration('1h30m'))", "\"5400s\"");
  GIVES("type(1) == int && type(type(1)) == type && type({}) == map", "true");
  GIVES("type(now)", "\"google.protobuf.Timestamp\"");
  GIVES("[type(null), type('')]", "[\"null_type\", \"string\"]");
}

static void times(void) {
  GIVES("timestamp('2026-01-31T10:00:00Z') + days(1) == timestamp('2026-02-01T10:00:00Z')", "true");
  GIVES("timestamp('2026-01-31T10:00:00Z') - timestamp('2026-01-30T10:00:00Z') == days(1)", "true");
  GIVES("days(2) - duration('24h') == days(1)", "true");
  GIVES("days(2) < days(3) && timestamp(0) <= timestamp(0)", "true");
  GIVES("days(10000000)", "!out of range");
  GIVES("timestamp(253402300800)", "!out of range");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getMonth()", "0");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getDate()", "31");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getDayOfMonth()", "30");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getDayOfWeek()", "6");
  GIVES("timestamp('2026-01-31T23:30:15.250Z').getDayOfWeek('+01:00')", "0");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getDayOfYear()", "30");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getHours('-08:00')", "2");
  GIVES("timestamp('2026-01-31T10:30:15.250Z').getMilliseconds()", "250");
  GIVES("timestamp('1969-12-31T23:59:59.999Z').getSeconds()", "59");
  GIVES("duration('3730.250s').getMinutes()", "62");
  GIVES("duration('3730.250s').getMilliseconds()", "250");
  GIVES("duration('-90m').getHours()", "-1");
  GIVES("now.getHours(x)", "!no such key");
  GIVES("timestamp(0).getHours(dyn('Europe/Berlin'))", "!zone data");
}

static void containers(void) {
  GIVES("[1, 2] + [3]", "[1, 2, 3]");
  GIVES("[1, 'a', null, [true]][3][0]", "true");
  GIVES("[1, 2][2]", "!index out of bounds");
  GIVES("[1, 2][-1]", "!index out of bounds");
  GIVES("[1, 2][dyn(1.0)]", "2");
  GIVES("{'a': 1, 'b': {'c': 2}}.b.c", "2");
  GIVES("{1: 'x'}[1u] + {true: 'y'}[true]", "\"xy\"");
  GIVES("{'a': 1}.b", "!no such key: 'b'");
  GIVES("{'a': 1, 'a': 2}", "!repeated key");
  GIVES("{'a': 1} == {'a': dyn(1.0)}", "true");
  GIVES("{'a-b': 1}.`a-b`", "1");
  GIVES("'a' in {'a': 1} && !(1 in {'a': 1, 2: 2}) && 2u in {2: 2}", "true");
  GIVES("size([1, 2]) + {'a': 1}.size()", "3");
  GIVES("has({'a': 1}.a) && !has({'a': 1}.b)", "true");
  GIVES("[[1], [2]] == [[1], [2.0]]", "true");
  GIVES("[1, 2, ] == [1, 2]", "true");
}

static void macros(void) {
  GIVES("[1, 2, 3].all(i, i > 0) && [1, 2].exists(i, i == 2) && [1, 2].exists_one(i, i > 1)", "true");
  GIVES("[1, 2, 3].map(i, i * 2).filter(i, i > 2)", "[4, 6]");
  GIVES("[1, 2, 3].map(i, i > 1, i * 10)", "[20, 30]");
  GIVES("{'a': 1, 'b': 2}.map(k, k)", "[\"a\", \"b\"]");
  GIVES("[1, 2].map(i, [3, 4].map(j, i * j))", "[[3, 4], [6, 8]]");
  GIVES("[0, 1].exists(i, 1 / i == 1)", "true");
  GIVES("[0, 2].exists(i, 1 / i == 1)", "!division by zero");
  GIVES("[0, 2].all(i, 1 / i == 1)", "false");
  GIVES("[0, 1].exists_one(i, 1 / i == 1)", "!division by zero");
  GIVES("[].all(i, false) && ![].exists(i, true)", "true");
  GIVES("[1].all(x, x == 1)", "true");
  GIVES("dyn(3).all(i, true)", "!no such overload");
}

static void objects(void) {
  GIVES("contact.id", "\"u1\"");
  GIVES("contact['id'] == contact.id", "true");
  GIVES("has(contact.stage)", "false");
  GIVES("contact.stage == 'x'", "!no such key: 'stage'");
  GIVES("contact.traits.plan", "\"pro\"");
  GIVES("contact.traits['plan'] + contact.traits.plan", "\"propro\"");
  GIVES("has(contact.traits.plan) && 'plan' in contact.traits && !has(contact.traits.nope) && !('nope' in contact.traits)",
        "true");
  GIVES("contact.traits.nope", "!no such key: 'nope'");
  GIVES("contact.traits.list[1].deep", "7");
  GIVES("contact.traits.list.exists(i, i == 1)", "true");
  GIVES("size(contact.traits)", "3");
  GIVES("contact.traits.all(k, size(k) > 3)", "true");
  GIVES("contact.traits == {'list': [1, {'deep': 7}], 'plan': 'pro', 'seats': 12}", "true");
  GIVES("contact.traits", "{list: [1, {deep: 7}], plan: \"pro\", seats: 12}");
  GIVES("contact",
        "{created_at: \"1970-01-01T00:00:00Z\", id: \"u1\", traits: {list: [1, {deep: 7}], plan: \"pro\", seats: 12}}");
  GIVES("contact.map(k, k)", "[\"created_at\", \"id\", \"traits\"]");
  GIVES("contact['i' + 'd']", "\"u1\"");
  GIVES("contact.traits['pl' + 'an']", "\"pro\"");
  GIVES("has(account.id) || has(account.traits)", "false");
  GIVES("has(account.traits.plan)", "!no such key");
  GIVES("'plan' in account.traits", "!no such key");
  GIVES("account.traits.plan == 'x'", "!no such key: 'plan'");
  GIVES("account.traits", "!no such key");
  GIVES("account", "{}");
  world.has_account = true;
  GIVES("account.traits.plan == 'pro' && has(account.id) && has(account.traits) && has(account.traits.plan)", "true");
  world.has_account = false;
  GIVES("has(nobody.anything)", "false");
  GIVES("nobody.anything == 1", "!no such key: 'anything'");
  GIVES("nobody.traits.plan == 1", "!no such key: 'traits'");
  GIVES("size(nobody) == 0 && nobody == {}", "true");
  GIVES("[contact.traits].size() == 1 && [contact][0].id == 'u1'", "true");
  GIVES("segment('a') && !segment('b')", "true");
}

static void events(void) {
  world.now = 1000;
  GIVES("events('a').count()", "3");
  GIVES("events('a').count(duration('600us'))", "1");
  GIVES("events('a').count(duration('800us'))", "2");
  GIVES("events('a').count(duration('800us'), duration('500us'))", "2");
  GIVES("events('a').count(duration('700us'), duration('501us'))", "0");
  GIVES("events('a').count(duration('0s'))", "0");
  GIVES("events('a').count(duration('500us'), duration('800us'))", "0");
  GIVES("events('a').first() == timestamp('1970-01-01T00:00:00.0001Z')", "true");
  GIVES("events('a').last() == timestamp('1970-01-01T00:00:00.0005Z')", "true");
  GIVES("events('b').last()", "!no such event");
  GIVES("events('a').quiet(duration('500us')) && !events('a').quiet(duration('501us'))", "true");
  GIVES("events('b').quiet(duration('950us')) && !events('b').quiet(duration('951us'))", "true");
  GIVES("events('a').count(x)", "!no such key");
}

static void reads(const char *source, const char *expected) {
  static const char *const kinds[] = {"field", "entry", "entries", "series", "member", "now"};
  struct cel_error error;
  char text[400] = "";
  struct cel_program *program = test_compile(&world, source, false, &error);
  CHECK(program != NULL, "%s: %s", source, error.message);
  if (!program) return;
  for (uint32_t i = 0; i < pbk_cel_read_count(program); i++) {
    struct cel_read read = pbk_cel_read_at(program, i);
    size_t used = strlen(text);
    struct text name = read.kind == CEL_READS_ENTRY ? pbk_names_text(&world.names, read.number) : NO_TEXT;
    snprintf(text + used, sizeof text - used, "%s%s %u", i ? ", " : "", kinds[read.kind], (unsigned)read.slot);
    used = strlen(text);
    if (name.size)
      snprintf(text + used, sizeof text - used, " %.*s", (int)name.size, name.bytes);
    else if (read.kind >= CEL_READS_SERIES && read.kind < CEL_READS_NOW)
      snprintf(text + used, sizeof text - used, " %u", (unsigned)read.number);
  }
  CHECK(strcmp(text, expected) == 0, "%s reads %s, not %s", source, text, expected);
  pbk_cel_release(&world.memory, program);
}

static void all_reads(void) {
  reads("1 == 1", "");
  reads("contact.stage == 'x' && contact.stage != 'y' && has(contact.health)", "field 3, field 4");
  reads("contact.traits.a == 1 || contact.traits['b'] == 1 || 'c' in contact.traits || has(contact.traits.d)",
        "entry 5 a, entry 5 b, entry 5 c, entry 5 d");
  reads("contact.traits.a.b.c == 1", "entry 5 a");
  reads("contact.traits[contact.id] == 1", "entries 5, field 1");
  reads("contact.traits.exists(k, k == 'a')", "entries 5");
  reads("has(account.traits)", "entries 7");
  reads("account == {}", "field 6, entries 7");
  reads("'id' in account", "field 6");
  reads("events('b').count() > 1", "series 1 1");
  reads("events('b').count(days(1)) > 1 && segment('c')", "series 1 1, now 0, member 2 2");
  reads("now > contact.created_at", "now 0, field 2");
  reads("true ? 1 == 1 : x == y", "field 9, field 10");
}

static void is_member(const char *source, bool is, uint32_t number, bool inverted) {
  struct cel_error error;
  struct cel_program *program = test_compile(&world, source, false, &error);
  uint32_t slot, found;
  bool inverse;
  if (!program) abort();
  CHECK(pbk_cel_is_member(program, &slot, &found, &inverse) == is, "%s", source);
  if (is) CHECK(slot == LOOKUP_SEGMENT && found == number && inverse == inverted, "%s", source);
  pbk_cel_release(&world.memory, program);
}

static void all_members(void) {
  is_member("segment('a')", true, 0, false);
  is_member("!segment('b')", true, 1, true);
  is_member("!!segment('b')", true, 1, false);
  is_member("!(!(!segment('b')))", true, 1, true);
  is_member("segment('a') && segment('b')", false, 0, false);
  is_member("segment('a') == true", false, 0, false);
  is_member("true", false, 0, false);
}

int main(void) {
  static const pbk_value deep = {.kind = PBK_INT, .as.integer = 7};
  static pbk_member deep_member = {.name = "deep", .name_size = 4};
  static pbk_value list_items[2] = {{.kind = PBK_INT, .as.integer = 1}, {.kind = PBK_MAP, .size = 1}};
  static const pbk_value list = {.kind = PBK_LIST, .size = 2, .as.items = list_items};
  static const pbk_value seats = {.kind = PBK_INT, .as.integer = 12};
  deep_member.value = deep;
  list_items[1].as.members = &deep_member;
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  world.trait_count = 3;
  world.traits[0].name = "list";
  world.traits[0].value = (struct cel_value){.kind = CEL_JSON, .as.json = &list};
  world.traits[1].name = "plan";
  world.traits[1].value = test_text("pro");
  world.traits[2].name = "seats";
  world.traits[2].value = (struct cel_value){.kind = CEL_JSON, .as.json = &seats};
  world.member[0] = true;
  world.since = 50;
  world.times[0][0] = 100;
  world.times[0][1] = 300;
  world.times[0][2] = 500;
  world.time_count[0] = 3;
  numbers();
  logic();
  texts();
  conversions();
  times();
  containers();
  macros();
  objects();
  events();
  all_reads();
  all_members();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
