/* tests/unit/facts_calls.c - facts as C calls: arguments checked, traits copied and put in order, refusals with their codes
 * (SPEC E, L). */
#include "storage_support.h"

static pbk_subject contact_of(const char *key) {
  return (pbk_subject){.size = sizeof(pbk_subject), .kind = PBK_CONTACT, .key = words(key)};
}
static pbk_subject account_of(const char *key) {
  return (pbk_subject){.size = sizeof(pbk_subject), .kind = PBK_ACCOUNT, .key = words(key)};
}

static void texts_are_checked(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  pbk_engine *engine = rig.engine;
  static const struct {
    const char *bytes;
    size_t size;
  } bad[] = {{NULL, 1}, {"\xff", 1}, {"\xc3", 1}, {"x", (size_t)PBK_MAX_LINE + 1}};
  for (uint32_t i = 0; i < 4; i++) {
    const char *bytes = bad[i].bytes;
    size_t size = bad[i].size;
    pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = {bytes, size}};
    check_note("bad text %" PRIu32, i);
    CHECK_EQUAL_INT(pbk_identify(engine, NULL, bytes, size, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_group(engine, NULL, bytes, size, "a1", 2, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_group(engine, NULL, "u1", 2, bytes, size, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_track(engine, NULL, bytes, size, NULL, 0, "e", 1, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_track(engine, NULL, NULL, 0, bytes, size, "e", 1, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_track(engine, NULL, "u1", 2, NULL, 0, bytes, size, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_alias(engine, NULL, bytes, size, "u1", 2), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_alias(engine, NULL, "u1", 2, bytes, size), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_set_stage_and_health(engine, NULL, &subject, "s", 1, NULL), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_assign(engine, NULL, bytes, size, "CSM", 3, "john", 4), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_assign(engine, NULL, "a1", 2, bytes, size, "john", 4), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_assign(engine, NULL, "a1", 2, "CSM", 3, bytes, size), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_pin(engine, NULL, bytes, size, "ann", 3), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_pin(engine, NULL, "u1", 2, bytes, size), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_interaction(engine, NULL, bytes, size, "ann", 3), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_tag(engine, NULL, bytes, size, "vip", 3), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_untag(engine, NULL, "u1", 2, bytes, size), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_suppress(engine, NULL, bytes, size, 1), PBK_ERR_ARGUMENT);
    CHECK_EQUAL_INT(pbk_delete(engine, NULL, &subject), PBK_ERR_ARGUMENT);
  }
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts + counts.accounts, 0);
  rig_close(&rig);
}

static void no_engine(void) {
  pbk_subject subject = contact_of("u1");
  CHECK_EQUAL_INT(pbk_identify(NULL, NULL, "u1", 2, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_group(NULL, NULL, NULL, 0, "a1", 2, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_track(NULL, NULL, "u1", 2, NULL, 0, "e", 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_alias(NULL, NULL, "u1", 2, "u2", 2), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_set_stage_and_health(NULL, NULL, &subject, "s", 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_assign(NULL, NULL, "a1", 2, "CSM", 3, NULL, 0), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_pin(NULL, NULL, "u1", 2, NULL, 0), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_interaction(NULL, NULL, "u1", 2, "ann", 3), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_tag(NULL, NULL, "u1", 2, "vip", 3), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_untag(NULL, NULL, "u1", 2, "vip", 3), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_suppress(NULL, NULL, "u1", 2, 1), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_delete(NULL, NULL, &subject), PBK_ERR_ARGUMENT);
}

static void subjects_are_checked(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, NULL), PBK_OK);
  pbk_subject subject = contact_of("u1");
  CHECK_EQUAL_INT(pbk_set_stage_and_health(rig.engine, NULL, NULL, "s", 1, NULL), PBK_ERR_ARGUMENT);
  subject.kind = PBK_SUBJECT_DEFAULT;
  CHECK_EQUAL_INT(pbk_set_stage_and_health(rig.engine, NULL, &subject, "s", 1, NULL), PBK_ERR_ARGUMENT);
  subject.kind = 3;
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &subject), PBK_ERR_ARGUMENT);
  subject = contact_of("u1");
  subject.size -= 8;
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &subject), PBK_ERR_SIZE_TOO_SMALL);
  struct {
    pbk_subject known;
    uint64_t later;
  } larger = {.known = contact_of("u1"), .later = 1};
  larger.known.size = sizeof larger;
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &larger.known), PBK_ERR_SIZE_TOO_LARGE);
  larger.later = 0;
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &larger.known), PBK_OK);
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &larger.known), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_UNKNOWN_SUBJECT);
  subject = contact_of(NULL);
  CHECK_EQUAL_INT(pbk_delete(rig.engine, NULL, &subject), PBK_ERR_ARGUMENT);
  subject = account_of("");
  CHECK_EQUAL_INT(pbk_set_stage_and_health(rig.engine, NULL, &subject, "s", 1, NULL), PBK_ERR_REFUSED);
  rig_close(&rig);
}

/* ---- traits ---- */

static pbk_value int_value(int64_t integer) {
  return (pbk_value){.kind = PBK_INT, .as.integer = integer};
}

static void traits_in_any_order(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'z','when':'contact.traits.z == 3'}",
           "{'type':'define','kind':'persona','key':'a','when':'contact.traits.a == 2'}",
           "{'type':'define','kind':'persona','key':'deep','when':'contact.traits.m.y == 1 && contact.traits.m.b == 2'}");
  rig_take(&rig);
  char name[] = "zamyb";
  pbk_member inner[] = {{name + 3, 1, 0, int_value(1)}, {name + 4, 1, 0, int_value(2)}};
  pbk_member members[] = {{name, 1, 0, int_value(1)},
                          {name + 2, 1, 0, {.kind = PBK_MAP, .size = 2, .as.members = inner}},
                          {name + 1, 1, 0, int_value(2)},
                          {name, 1, 0, int_value(3)}};
  pbk_value traits = {.kind = PBK_MAP, .size = 4, .as.members = members};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_OK);
  CHECK_EQUAL_INT(members[0].value.as.integer, 1); /* the caller's is as it was */
  CHECK(members[1].name == name + 2);
  memset(name, '?', 5);
  memset(members, 0xee, sizeof members); /* and was copied; of the same name twice, the last counts */
  CHECK_OUTPUTS(&rig, "tagged u1 z\ntagged u1 a\ntagged u1 deep\n");
  rig_close(&rig);
}

static void traits_are_checked(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_value none = {.kind = PBK_NULL}, list = {.kind = PBK_LIST}, empty = {.kind = PBK_MAP};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &none), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &list), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_group(rig.engine, NULL, NULL, 0, "a1", 2, &list), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u1", 2, NULL, 0, "e", 1, &none), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &empty), PBK_OK);
  pbk_member member = {"n", 1, 0, {.kind = PBK_STRING, .size = 1, .as.text = "\xff"}};
  pbk_value traits = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_ERR_ARGUMENT);
  member.value = (pbk_value){.kind = 9};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

/* E4: at most 8 deep in a trait; in a property, deeper. */
static void depth(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_value nested[11];
  nested[0] = int_value(1);
  for (uint32_t i = 1; i < 11; i++) nested[i] = (pbk_value){.kind = PBK_LIST, .size = 1, .as.items = &nested[i - 1]};
  pbk_member member = {"n", 1, 0, nested[8]};
  pbk_value traits = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_OK);
  member.value = nested[9];
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, &traits), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_INPUT);
  CHECK_EQUAL_INT(pbk_group(rig.engine, NULL, "u2", 2, "a1", 2, &traits), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u1", 2, NULL, 0, "e", 1, &traits), PBK_OK);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, 1);
  CHECK_EQUAL_UINT(counts.accounts, 0);
  rig_close(&rig);
}

/* ---- codes ---- */

static void refusals(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}",
           "{'type':'define','kind':'persona','key':'any','when':'true'}");
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u2", 2, NULL), PBK_OK);
  pbk_engine *engine = rig.engine;
  pbk_subject nobody = contact_of("nobody"), first = contact_of("u1");
  pbk_value text = {.kind = PBK_STRING, .size = 1, .as.text = "x"};
#define REFUSED(call, wanted)                        \
  do {                                               \
    check_note("%s", #call);                         \
    CHECK_EQUAL_INT(call, PBK_ERR_REFUSED);          \
    CHECK_EQUAL_INT(rig_error(&rig).code, (wanted)); \
    CHECK(rig_error(&rig).message.size > 0);         \
  } while (0)
  REFUSED(pbk_identify(engine, NULL, NULL, 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_identify(engine, NULL, "", 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_group(engine, NULL, "u1", 2, NULL, 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_group(engine, NULL, "", 0, "a1", 2, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_track(engine, NULL, NULL, 0, NULL, 0, "e", 1, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_track(engine, NULL, "u1", 2, NULL, 0, NULL, 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_track(engine, NULL, "u1", 2, NULL, 0, "", 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_track(engine, NULL, "u1", 2, "", 0, "e", 1, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_alias(engine, NULL, "nobody", 6, "u9", 2), PBK_CODE_UNKNOWN_SUBJECT);
  REFUSED(pbk_alias(engine, NULL, "u1", 2, "u2", 2), PBK_CODE_EXISTS);
  REFUSED(pbk_alias(engine, NULL, "u1", 2, "u1", 2), PBK_CODE_EXISTS);
  REFUSED(pbk_set_stage_and_health(engine, NULL, &first, NULL, 0, NULL), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_set_stage_and_health(engine, NULL, &first, NULL, 0, &text), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_assign(engine, NULL, "a1", 2, "none", 4, "john", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_assign(engine, NULL, "a1", 2, "CSM", 3, "none", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_assign(engine, NULL, NULL, 0, "CSM", 3, "john", 4), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_pin(engine, NULL, "u1", 2, "none", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_interaction(engine, NULL, "u1", 2, "none", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_interaction(engine, NULL, "u1", 2, NULL, 0), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_tag(engine, NULL, "u1", 2, "none", 4), PBK_CODE_UNKNOWN_KEY);
  REFUSED(pbk_tag(engine, NULL, "u1", 2, "any", 3), PBK_CODE_BAD_STATE); /* A2 */
  REFUSED(pbk_untag(engine, NULL, "u1", 2, "any", 3), PBK_CODE_BAD_STATE);
  REFUSED(pbk_suppress(engine, NULL, NULL, 0, 1), PBK_CODE_BAD_INPUT);
  REFUSED(pbk_delete(engine, NULL, &nobody), PBK_CODE_UNKNOWN_SUBJECT);
#undef REFUSED
  rig_close(&rig);
}

/* Subjects are created by all of these, except by pbk_delete. */
static void subjects_are_created(void) {
  struct rig rig;
  rig_open(&rig, 0);
  define_usual(&rig);
  TELL_ALL(&rig, "{'type':'define','kind':'persona','key':'vip'}");
  pbk_engine *engine = rig.engine;
  pbk_subject by_stage = account_of("a3");
  CHECK_EQUAL_INT(pbk_identify(engine, NULL, "u1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_group(engine, NULL, "u2", 2, "a1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_track(engine, NULL, "u3", 2, "a2", 2, "e", 1, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_set_stage_and_health(engine, NULL, &by_stage, "s", 1, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_assign(engine, NULL, "a4", 2, "CSM", 3, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_pin(engine, NULL, "u4", 2, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_interaction(engine, NULL, "u5", 2, "ann", 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_tag(engine, NULL, "u6", 2, "vip", 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_untag(engine, NULL, "u7", 2, "vip", 3), PBK_OK);
  CHECK_EQUAL_INT(pbk_suppress(engine, NULL, "u8", 2, 5), PBK_OK);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, 8);
  CHECK_EQUAL_UINT(counts.accounts, 4);
  rig_close(&rig);
}

/* An event of a known contact goes a shorter way than one with properties, be it never so empty. */
static void events_of_known_contacts(void) {
  struct rig rigs[2];
  pbk_value empty = {.kind = PBK_MAP};
  uint64_t state = 8;
  for (int i = 0; i < 2; i++) {
    rig_open(&rigs[i], 0);
    define_usual(&rigs[i]);
    CHECK_EQUAL_INT(tell(&rigs[i], "{'type':'define','kind':'persona','key':'many','when':'events(`e1`).count() > 2'}"), PBK_OK);
  }
  for (int n = 0; n < 2000; n++) {
    char key[32], name[32], id[8];
    int key_size = snprintf(key, sizeof key, check_random_below(&state, 2) ? "u%u" : "a key of some length %u", check_random_below(&state, 6));
    int name_size = snprintf(name, sizeof name, "e%u", check_random_below(&state, 4));
    int id_size = snprintf(id, sizeof id, "m%u", check_random_below(&state, 50));
    pbk_envelope envelope = {.size = sizeof envelope, .received_at = (int64_t)n * PBK_MINUTE, .occurred_at = PBK_NO_TIME};
    if (check_random_below(&state, 3) == 0) envelope.occurred_at = envelope.received_at - PBK_HOUR;
    if (check_random_below(&state, 3) == 0) envelope.message_id = (pbk_text){id, (size_t)id_size};
    if (check_random_below(&state, 50) == 0) envelope.size = 8;
    if (check_random_below(&state, 50) == 0) name[0] = '\x80';
    if (check_random_below(&state, 50) == 0) key_size = 0;
    const pbk_envelope *given = check_random_below(&state, 8) ? &envelope : NULL;
    pbk_status status = pbk_track(rigs[0].engine, given, key, (size_t)key_size, NULL, 0, name, (size_t)name_size, NULL);
    CHECK_EQUAL_INT(pbk_track(rigs[1].engine, given, key, (size_t)key_size, NULL, 0, name, (size_t)name_size, &empty), status);
    CHECK_EQUAL_INT(rig_error(&rigs[0]).code, rig_error(&rigs[1]).code);
    if (n % 100) continue;
    CHECK_DIGEST(&rigs[1], rig_digest(&rigs[0]));
    for (int i = 0; i < 2; i++) CHECK_EQUAL_INT(pbk_commit(rigs[i].engine), PBK_OK);
    const char *first = rig_take(&rigs[0]), *second = rig_take(&rigs[1]);
    CHECK_TEXT(text_from(second), first);
  }
  for (int i = 0; i < 2; i++) rig_close(&rigs[i]);
}

int main(void) {
  RUN(texts_are_checked);
  RUN(no_engine);
  RUN(subjects_are_checked);
  RUN(traits_in_any_order);
  RUN(traits_are_checked);
  RUN(depth);
  RUN(refusals);
  RUN(subjects_are_created);
  RUN(events_of_known_contacts);
  return check_report();
}
