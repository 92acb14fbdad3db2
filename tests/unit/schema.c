/* tests/unit/schema.c - schemas of traits in an engine: which conditions they are for, and that facts and conditions that
 * are there stay as they are (SPEC X5). */
#include "engine_support.h"

#define CONTACT_SCHEMA \
  "{'type':'define','kind':'schema','key':'contact','traits':{'plan':'string','seats':'int','tags':'list(string)'}}"
#define ACCOUNT_SCHEMA "{'type':'define','kind':'schema','key':'account','traits':{'mrr':'number','plan':'string'}}"

static void refused(struct rig *rig, const char *line, const char *path, uint32_t column, const char *message) {
  check_note("%s", line);
  CHECK_EQUAL_INT(tell(rig, line), PBK_ERR_REFUSED);
  pbk_error error = rig_error(rig);
  CHECK_EQUAL_INT(error.code, PBK_CODE_BAD_CONDITION);
  CHECK_TEXT(inner_text(error.path), path);
  CHECK_EQUAL_UINT(error.column, column);
  CHECK_EQUAL_UINT(error.line, column ? 1 : 0);
  CHECK_TEXT(inner_text(error.message), message);
  check_note("%s", "");
}

#define PLNA "contact.traits has no field `plna`; did you mean `plan`?"

static void every_condition(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  define_usual(&rig);
  TELL_ALL(&rig, CONTACT_SCHEMA, ACCOUNT_SCHEMA);
  CHECK_OUTPUTS(&rig, "defined schema contact\ndefined schema account\n");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.plna == `pro`'}", "/when", 16, PLNA);
  refused(&rig, "{'type':'define','kind':'segment','key':'s','when':'has(contact.traits.plna)'}", "/when", 20, PLNA);
  refused(&rig, "{'type':'define','kind':'segment','of':'account','key':'s','when':'account.traits.mmr > 3'}", "/when", 16,
          "account.traits has no field `mmr`; did you mean `mrr`?");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'account.traits.seats > 3'}", "/when", 16,
          "account.traits has no field `seats`; it has mrr, plan");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.plan > 3'}", "/when", 21,
          "no such overload: string > int");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.health == `good`'}", "/when", 16,
          "no such overload: number == string");
#define PLAYBOOK(members, steps) "{'type':'define','kind':'playbook','key':'b'," members ",'steps':[" steps "]}"
#define STEP "{'actions':[{'task':{'title':'t'}}]}"
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'when':'contact.traits.plna == 1'", STEP), "/when", 16, PLNA);
  refused(&rig, PLAYBOOK("'trigger':{'event':'e','where':'contact.traits.plna == event.properties.plna'}", STEP),
          "/trigger/where", 16, PLNA);
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'exit':{'when':'contact.traits.plna == 1'}", STEP), "/exit/when", 16,
          PLNA);
  refused(
    &rig,
    PLAYBOOK("'trigger':{'manual':true}", STEP ",{'when':'1 in contact.traits.tags','actions':[{'task':{'title':'t'}}]}"),
    "/steps/1/when", 3, "no such overload: int in list(string)");
  refused(&rig,
          PLAYBOOK("'subject':'account','trigger':{'manual':true}",
                   "{'actions':[{'email':{'template':'hello','to':{'when':'contact.traits.plna == 1'}}}]}"),
          "/steps/0/actions/0/email/to/when", 16, PLNA);
  /* What is declared is fine; a trait of the name of another subject's too, and so are properties. */
  TELL_ALL(&rig, PLAYBOOK("'trigger':{'event':'e','where':'event.properties.plna == 1'},'when':'contact.traits.seats > 3 && "
                          "account.traits.mrr > 9.5 && account.traits.plan == contact.traits.plan'",
                          STEP));
  rig_close(&rig);
}

/* A schema counts from its definition on; what is defined before it, and what arrives, is left alone. */
static void what_is_there_stays(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'old','when':'contact.traits.plna == `pro`'}", CONTACT_SCHEMA,
           "{'type':'define','kind':'persona','key':'pro','when':'contact.traits.plan == `pro`'}",
           "{'type':'define','kind':'persona','key':'big','when':'contact.traits.seats >= 10'}",
           "{'type':'define','kind':'persona','key':'early','when':'contact.traits.plan.startsWith(`p`) || "
           "contact.traits.seats > 5'}");
  rig_take(&rig);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'plna':'pro','plan':'pro','seats':12}}");
  CHECK_OUTPUTS(&rig, "tagged u1 old\ntagged u1 pro\ntagged u1 big\ntagged u1 early\n");
  /* Of other types than declared: an error is no match, and || goes over it. */
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'plan':5,'seats':10.5,'new':1}}");
  CHECK_OUTPUTS(&rig, "untagged u1 pro\n");
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'plan':null,'seats':'many'}}");
  CHECK_OUTPUTS(&rig, "untagged u1 big\nuntagged u1 early\n");
  /* Defined anew, old conditions stay, as long as they are not defined anew. */
  TELL_ALL(&rig, "{'type':'define','kind':'schema','key':'contact','traits':{'name':'string'}}",
           "{'type':'identify','userId':'u2','traits':{'plna':'pro','plan':'pro','seats':12}}");
  CHECK_OUTPUTS(&rig, "defined schema contact\ntagged u2 old\ntagged u2 pro\ntagged u2 big\ntagged u2 early\n");
  refused(&rig, "{'type':'define','kind':'persona','key':'big','when':'contact.traits.seats >= 20'}", "/when", 16,
          "contact.traits has no field `seats`; it has name");
  TELL_ALL(&rig, "{'type':'undefine','kind':'schema','key':'contact'}",
           "{'type':'define','kind':'persona','key':'big','when':'contact.traits.seats >= 20'}");
  CHECK_EQUAL_INT(tell(&rig, "{'type':'undefine','kind':'schema','key':'contact'}"), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_UNKNOWN_KEY);
  rig_close(&rig);
}

static void batches(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  refused(&rig,
          "{'type':'batch','batch':[" CONTACT_SCHEMA
          ",{'type':'define','kind':'persona','key':'p','when':'contact.traits.plna == `pro`'}]}",
          "/batch/1/when", 16, PLNA);
  CHECK_OUTPUTS(&rig, "error 1 bad_condition /batch/1/when:16\n");
  /* Nothing of it remains. */
  TELL_ALL(&rig,
           "{'type':'batch','batch':[{'type':'define','kind':'persona','key':'p','when':'contact.traits.plna == "
           "`pro`'}," CONTACT_SCHEMA "]}");
  CHECK_OUTPUTS(&rig, "defined persona p =0\ndefined schema contact\n");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.plna == `pro`'}", "/when", 16, PLNA);
  TELL_ALL(&rig,
           "{'type':'batch','batch':[{'type':'undefine','kind':'schema','key':'contact'},{'type':'define','kind':'persona','"
           "key':'p',"
           "'when':'contact.traits.plna == `max`'}," CONTACT_SCHEMA
           ",{'type':'define','kind':'persona','key':'q','when':'"
           "contact.traits.plan == `max`'}]}");
  CHECK_OUTPUTS(&rig,
                "error 3 bad_condition /when:16\ndefined persona p =0\ndefined schema contact\ndefined persona q =0\n");
  /* An open one, twice in one batch: the last counts. */
  TELL_ALL(&rig,
           "{'type':'batch','batch':[" CONTACT_SCHEMA
           ",{'type':'define','kind':'schema','key':'contact','open':true,'traits':{'plan':'string'}},"
           "{'type':'define','kind':'persona','key':'r','when':'contact.traits.plna == 1 && contact.traits.plan == `x`'}]}");
  refused(&rig, "{'type':'define','kind':'persona','key':'r','when':'contact.traits.plan == 1'}", "/when", 21,
          "no such overload: string == int");
  rig_close(&rig);
}

static void bad_schemas(void) {
  static const struct {
    const char *members, *path;
  } cases[] = {{"'traits':{}", "/key"},
               {"'key':'contacts','traits':{}", "/key"},
               {"'key':'user','traits':{'a':'int'}", "/key"},
               {"'key':'contact','traits':{'a':'int','b':'integer'}", "/traits/b"},
               {"'key':'contact','traits':{'a':''}", "/traits/a"},
               {"'key':'contact','traits':{'a':'list(timestamp)'}", "/traits/a"}};
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("%s", cases[i].members);
    CHECK_EQUAL_INT(tell_format(&rig, "{'type':'define','kind':'schema',%s}", cases[i].members), PBK_ERR_REFUSED);
    CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_DEFINITION);
    CHECK_TEXT(inner_text(rig_error(&rig).path), cases[i].path);
  }
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.whatever == 1'}");
  rig_close(&rig);
}

static void as_structs(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  struct larger_trait {
    pbk_trait known;
    uint64_t later;
  } traits[2];
  memset(traits, 0, sizeof traits);
  traits[0].known = (pbk_trait){.size = sizeof traits[0], .name = words("plan"), .type = words("string")};
  traits[1].known = (pbk_trait){.size = sizeof traits[1], .name = words("seats"), .type = words("int")};
  pbk_schema schema = {.size = sizeof schema, .trait_count = 2, .key = words("contact"), .traits = &traits[0].known};
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_OK);
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.seats == `pro`'}", "/when", 22,
          "no such overload: int == string");
  traits[1].later = 1;
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_SIZE_TOO_LARGE);
  traits[1].later = 0;
  traits[1].known.name = words("plan");
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_REFUSED); /* twice */
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/traits/plan");
  traits[1].known.name = (pbk_text){NULL, 0};
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_ARGUMENT);
  traits[1].known.name = words("seats");
  traits[1].known.type = (pbk_text){"\xc3", 1};
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_ARGUMENT);
  schema.traits = NULL;
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_ARGUMENT);
  schema.trait_count = 0;
  schema.size -= 8;
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_SIZE_TOO_SMALL);
  schema.size += 8;
  schema.key = words("team");
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/key");
  schema.key = words("contact");
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_OK);
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.plan == `pro`'}", "/when", 16,
          "contact.traits has no field `plan`; there is none");
  CHECK_EQUAL_INT(pbk_undefine(rig.engine, NULL, PBK_DEFINE_SCHEMA, "contact", 7), PBK_OK);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.plan == `pro`'}");
  /* More than there may be. */
  static char names[10001][8];
  static pbk_trait many[10001];
  for (uint32_t i = 0; i < 10001; i++) {
    snprintf(names[i], sizeof names[i], "t%" PRIu32, i);
    many[i] = (pbk_trait){.size = sizeof many[i], .name = words(names[i]), .type = words("any")};
  }
  schema.traits = many;
  schema.trait_count = 10001;
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_ERR_REFUSED);
  CHECK_TEXT(inner_text(rig_error(&rig).path), "/traits");
  schema.trait_count = 10000;
  CHECK_EQUAL_INT(pbk_define_schema(rig.engine, NULL, &schema), PBK_OK);
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.t10000 == 1'}", "/when", 16,
          "contact.traits has no field `t10000`; did you mean `t1000`?");
  rig_close(&rig);
}

/* Keys of personas and segments that may have been meant: only those that could stand there. */
static void nearest_keys(void) {
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  TELL_ALL(&rig, "{'type':'define','kind':'segment','key':'pro','when':'true'}",
           "{'type':'define','kind':'persona','key':'vip'}",
           "{'type':'define','kind':'segment','of':'account','key':'large','when':'true'}",
           "{'type':'define','kind':'persona','key':'early','when':'true'}",
           "{'type':'define','kind':'segment','key':'early-birds','when':'true'}");
  refused(&rig, "{'type':'define','kind':'persona','key':'p','when':'segment(`por`)'}", "/when", 9,
          "unknown segment: \"por\"; did you mean \"pro\"?");
  refused(&rig, "{'type':'define','kind':'persona','key':'early','when':'segment(`early-bird`)'}", "/when", 9,
          "unknown segment: \"early-bird\"");
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'when':'true || persona(`vpi`)'", STEP), "/when", 17,
          "unknown persona: \"vpi\"; did you mean \"vip\"?");
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'subject':'account','when':'segment(`prof`)'", STEP), "/when", 9,
          "unknown segment: \"prof\"");
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'subject':'account','when':'segment(`larg`)'", STEP), "/when", 9,
          "unknown segment: \"larg\"; did you mean \"large\"?");
  refused(&rig, PLAYBOOK("'trigger':{'manual':true},'when':'segment(`vip`)'", STEP), "/when", 9, "unknown segment: \"vip\"");
  rig_close(&rig);
}

int main(void) {
  RUN(every_condition);
  RUN(what_is_there_stays);
  RUN(batches);
  RUN(bad_schemas);
  RUN(as_structs);
  RUN(nearest_keys);
  return check_report();
}
