/* tests/unit/cel_schema.c - what a schema of an open map makes of conditions: fields that there are and their types, when a
 * condition is defined; and nothing at all when it is evaluated. */
#include "cel_support.h"

static struct test_world world;
static struct cel_machine *machine;

#define DECLARED(name, type)   \
  {                            \
    {name, sizeof name - 1}, { \
      type, sizeof type - 1    \
    }                          \
  }
static const struct cel_declared declared[] = {DECLARED("address", "map(string, string)"),
                                               DECLARED("age", "int"),
                                               DECLARED("any", "any"),
                                               DECLARED("blocked", "bool"),
                                               DECLARED("deep", "list(map)"),
                                               DECLARED("number of seats", "number"),
                                               DECLARED("plan", "string"),
                                               DECLARED("price", "double"),
                                               DECLARED("score", "number"),
                                               DECLARED("tags", "list(string)"),
                                               DECLARED("things", "list")};
static const struct cel_declared long_names[] = {
  DECLARED("the first trait with a very long name", "int"), DECLARED("the second trait with a very long name", "int"),
  DECLARED("the third trait with a very long name", "int"), DECLARED("the fourth trait with a very long name", "int"),
  DECLARED("the fifth trait with a very long name", "int")};
static struct cel_schema schemas[2] = {
  {.name = "contact.traits", .slot = SLOT_TRAITS, .entries = declared, .count = sizeof declared / sizeof *declared},
  {.name = "account.traits", .slot = SLOT_ACCOUNT_TRAITS, .open = true, .entries = declared, .count = 2}};

static struct cel_program *compile(const char *source, uint32_t schema_count, struct cel_error *error) {
  struct cel_environment environment = test_environment(&world, false);
  environment.schemas = schemas;
  environment.schema_count = schema_count;
  environment.wants_bool = true;
  return pbk_cel_compile(&world.memory, text_from(source), &environment, error);
}

static void expect(int line, const char *source, uint32_t column, const char *says) {
  struct cel_error error;
  struct cel_program *program = compile(source, 2, &error);
  CHECK((program != NULL) == (column == 0), "line %d: %s: %s", line, source, program ? "taken" : error.message);
  if (program) {
    pbk_cel_release(&world.memory, program);
  } else if (column) {
    CHECK(error.line == 1 && error.column == column, "line %d: %s: at %u:%u: %s", line, source, (unsigned)error.line,
          (unsigned)error.column, error.message);
    CHECK(strstr(error.message, says) != NULL, "line %d: %s: says %s", line, source, error.message);
  }
}
#define REFUSED(source, column, says) expect(__LINE__, source, column, says)
#define TAKEN(source) expect(__LINE__, source, 0, "")

static void fields(void) {
  REFUSED("contact.traits.plna == 'pro'", 16, "contact.traits has no field `plna`; did you mean `plan`?");
  REFUSED("has(contact.traits.plna)", 20, "no field `plna`; did you mean `plan`?");
  REFUSED("contact.traits['plna'] == 'pro'", 15, "no field `plna`; did you mean `plan`?");
  REFUSED("'plna' in contact.traits", 1, "no field `plna`; did you mean `plan`?");
  REFUSED("true && ('x' + 'y' in contact.traits || contact.traits.PLANS == 'x')", 56, "did you mean `plan`?");
  REFUSED("contact.traits.unheard_of == 1", 16,
          "no field `unheard_of`; it has address, age, any, blocked, deep, number of seats, ");
  REFUSED("contact['traits'].plna == 'x'", 19, "contact.traits has no field `plna`");
  REFUSED("contact.traits.`number of seat` > 1", 16, "did you mean `number of seats`?");
  schemas[0].count = 0;
  REFUSED("contact.traits.plan == 'x'", 16, "contact.traits has no field `plan`; there is none");
  schemas[0].entries = long_names;
  schemas[0].count = 5;
  REFUSED("contact.traits.plan == 'x'", 16,
          "; it has the first trait with a very lo, the second trait with a very l, the third trait with a very lo, …");
  schemas[0].entries = declared;
  schemas[0].count = sizeof declared / sizeof *declared;
  TAKEN("contact.traits.plan == 'pro' && has(contact.traits.age) && 'tags' in contact.traits");
  TAKEN("contact.traits['number of seats'] > 1 && contact.traits.`number of seats` < 9");
  TAKEN("contact.traits.any.whatever == contact.traits.any[3]");
  /* What is not named in the condition is found when it is evaluated. */
  TAKEN("contact.traits[contact.id] == 1 && contact.traits.exists(name, name == 'plna') && dyn(contact.traits).plna == 1");
  /* An open schema has types for what it declares. */
  TAKEN("account.traits.unheard_of == 'x' && account.traits.age > 1");
  REFUSED("account.traits.age > 'x'", 20, "no such overload: int > string");
}

static void types(void) {
  REFUSED("contact.traits.plan > 3", 21, "no such overload: string > int");
  REFUSED("contact.traits.plan", 16, "a condition gives true or false; this gives string");
  REFUSED("contact.traits.age == 'x'", 20, "int == string");
  REFUSED("contact.traits.age.startsWith('x')", 20, "int.startsWith(string)");
  REFUSED("contact.traits.plan.days() > 1", 21, "it is written days(x)");
  REFUSED("contact.traits.plan.x == 1", 21, "string has no fields");
  REFUSED("contact.traits.plan && true", 16, "expected bool");
  REFUSED("contact.traits.age in contact.traits.tags", 20, "int in list(string)");
  REFUSED("contact.traits.tags.exists(t, t > 3)", 33, "string > int");
  REFUSED("contact.traits.tags[0] == 1", 24, "string == int");
  REFUSED("contact.traits.address.city == 1", 29, "string == int");
  REFUSED("contact.traits.address[1] == 'x'", 24, "map(string, string)[int]");
  REFUSED("contact.traits.price + 1 > 2.0", 22, "double + int");
  REFUSED("timestamp(contact.traits.tags) < now", 1, "timestamp(list(string))");
  REFUSED("contact.traits.deep[0].x[0].y == contact.traits.deep.size", 54, "list(map(string, dyn)) has no fields");
  TAKEN("timestamp(contact.traits.plan) < now && contact.traits.tags.all(t, t.size() > 1) && contact.traits.blocked");
  TAKEN("contact.traits.deep[0].x.y == 1 && contact.traits.things[0] > 1 && 'x' in contact.traits.things");
  /* A number may be int or double; which, is known when it is there. */
  TAKEN("contact.traits.score > 1 && contact.traits.score < 1.5 && contact.traits.score == 1u");
  TAKEN("contact.traits.score + 1 > 2 && contact.traits.score * 1.5 > 2.0 && 1 - contact.traits.score in [1, 2]");
  TAKEN("-contact.traits.score % 3 == 1 && math.abs(contact.traits.score) > 1 && days(contact.traits.score) > days(1)");
  TAKEN("'%d %f'.format([contact.traits.score, contact.traits.score]) == '' && double(contact.traits.score) < 1.0");
  TAKEN("[1, 2][contact.traits.score] == 1 && {1: 2}[contact.traits.score] == 2 && {contact.traits.score: 1} != {}");
  REFUSED("contact.traits.score == 'x'", 22, "number == string");
  REFUSED("contact.traits.score + 'x' == 'x'", 22, "number + string");
  REFUSED("contact.traits.score + 1u > 1u", 22, "number + uint");
  REFUSED("contact.traits.score * 'x' == 'x'", 22, "number * string");
  REFUSED("(contact.traits.score + 1) + 1.5 > 2.0", 28, "int + double");
  REFUSED("contact.traits.score % 1.5 == 1.0", 22, "number % double");
  REFUSED("contact.traits.score.startsWith('x')", 22, "number.startsWith(string)");
  REFUSED("'%s %x'.format([1, contact.traits.price]) == ''", 35, "%x of double");
  /* Whatever its type, a trait may be null. */
  TAKEN("contact.traits.plan != null && contact.traits.tags == null && null == contact.traits.score");
  TAKEN("contact.traits.plan in ['a', null] && contact.traits.tags.exists(t, t == null)");
  TAKEN("(has(contact.traits.age) ? contact.traits.plan : null) == 'x'");
  TAKEN("['a', contact.traits.plan].exists(p, p == null)");
  REFUSED("contact.id == null", 12, "string == null");
  REFUSED("contact.traits.age + 1 == null", 24, "int == null");
  REFUSED("contact.traits.plan + contact.traits.plan == null", 43, "string == null");
  REFUSED("contact.traits.score * contact.traits.score == null", 45, "number == null");
  REFUSED("-contact.traits.score == null", 23, "number == null");
  REFUSED("contact.traits.tags + ['x'] == null", 29, "list(string) == null");
  TAKEN("(contact.traits.tags + ['x']).exists(t, t == null || t == 'x')");
}

static void declarable(void) {
  static const char *const fine[] = {"bool",
                                     "int",
                                     "double",
                                     "number",
                                     "string",
                                     "list",
                                     "map",
                                     "any",
                                     "dyn",
                                     "list(string)",
                                     "list( int )",
                                     "map(string, int)",
                                     "map(string,list(any))",
                                     " int ",
                                     "list(list(list(list(list(list(list(list(int))))))))"};
  static const struct {
    const char *type, *says;
  } wrong[] = {{"", "expected bool, int"},
               {"integer", "expected bool, int"},
               {"String", "expected bool, int"},
               {"string?", "expected bool, int"},
               {"list()", "expected bool, int"},
               {"list(int", "expected bool, int"},
               {"list int", "expected bool, int"},
               {"int(list)", "expected bool, int"},
               {"map(int, string)", "map(string, …)"},
               {"map(string)", "map(string, …)"},
               {"timestamp", "declare string"},
               {"list(duration)", "declare string"},
               {"list(list(list(list(list(list(list(list(list(int)))))))))", "deeper than 8"}};
  const char *message;
  for (uint32_t i = 0; i < sizeof fine / sizeof *fine; i++)
    CHECK(pbk_cel_declarable(text_from(fine[i]), &message), "%s: %s", fine[i], message);
  for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK(!pbk_cel_declarable(text_from(wrong[i].type), &message), "%s is taken", wrong[i].type);
    CHECK(strstr(message, wrong[i].says) != NULL, "%s: %s", wrong[i].type, message);
  }
}

/* What arrives may be of any type: with the schema a condition gives what it gives without. */
static void data_that_disagree(void) {
  static const char *const conditions[] = {"contact.traits.plan == 'pro'",
                                           "contact.traits.plan in ['pro', 'max']",
                                           "contact.traits.plan.startsWith('p') || contact.traits.plan == 'x'",
                                           "contact.traits.plan < 'q'",
                                           "!(contact.traits.plan == 'pro') && contact.traits.plan != 'x'",
                                           "contact.traits.plan.size() == 3",
                                           "contact.traits.plan + 'x' == 'prox'",
                                           "'pro' in contact.traits.tags",
                                           "contact.traits.tags.exists(t, t == 'pro')",
                                           "contact.traits.age >= 5",
                                           "contact.traits.age + 1 == 6",
                                           "contact.traits.score * 2 == 10",
                                           "contact.traits.blocked",
                                           "contact.traits.blocked && contact.traits.age == 5",
                                           "contact.traits.price > 1.5",
                                           "-contact.traits.price < 1.0",
                                           "contact.traits.address.city == 'x' || has(contact.traits.address.zip)"};
  static const char *const names[] = {"address", "age", "blocked", "plan", "price", "score", "tags"};
  static const pbk_value items[] = {{.kind = PBK_STRING, .size = 3, .as.text = "pro"}, {.kind = PBK_INT, .as.integer = 5}};
  static const pbk_value list = {.kind = PBK_LIST, .size = 2, .as.items = items};
  static const pbk_member members[] = {{.name = "city", .name_size = 4, .value = {.kind = PBK_INT, .as.integer = 5}}};
  static const pbk_value map = {.kind = PBK_MAP, .size = 1, .as.members = members};
  struct cel_value values[] = {{.kind = CEL_NULL},
                               test_text("pro"),
                               test_text(""),
                               test_int(5),
                               {.kind = CEL_BOOL, .as.integer = 1},
                               {.kind = CEL_DOUBLE, .as.number = 5.0},
                               {.kind = CEL_JSON, .as.json = &list},
                               {.kind = CEL_JSON, .as.json = &map}};
  world.trait_count = sizeof names / sizeof *names;
  for (uint32_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
    struct cel_error error;
    struct cel_program *with = compile(conditions[i], 2, &error), *without = compile(conditions[i], 0, &error);
    CHECK(with && without, "%s: %s", conditions[i], error.message);
    for (uint32_t j = 0; with && without && j < sizeof values / sizeof *values; j++) {
      struct cel_world table = test_table(&world);
      struct cel_outcome one, other;
      char text[300] = "";
      for (uint32_t k = 0; k < world.trait_count; k++) {
        world.traits[k].name = names[k];
        world.traits[k].value = values[j];
      }
      pbk_cel_evaluate(machine, without, &table, &other);
      if (other.error) snprintf(text, sizeof text, "%s", other.error);
      pbk_cel_evaluate(machine, with, &table, &one);
      CHECK(one.state == other.state && one.until == other.until && strcmp(text, one.error ? one.error : "") == 0,
            "%s of %u: %d, not %d (%s, %s)", conditions[i], (unsigned)j, (int)one.state, (int)other.state, text,
            one.error ? one.error : "");
    }
    pbk_cel_release(&world.memory, with);
    pbk_cel_release(&world.memory, without);
  }
  world.trait_count = 0;
}

int main(void) {
  test_world_init(&world);
  machine = pbk_cel_machine_create(&world.memory);
  fields();
  types();
  declarable();
  data_that_disagree();
  pbk_cel_machine_release(&world.memory, machine);
  pbk_names_release(&world.names);
  CHECK(world.memory.used == 0, "%llu bytes are not given back", (unsigned long long)world.memory.used);
  return test_result();
}
