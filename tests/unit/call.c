/* tests/unit/call.c - what every call checks first: the engine, texts, envelopes, values; and what an envelope does (SPEC
 * T4, T5, E8). */
#include "engine_support.h"

#include "base/value.h"

#include "api/call.h"

static void texts(void) {
  struct text text;
  CHECK(pbk_take_text(NULL, 0, &text));
  CHECK(text.bytes == NULL);
  CHECK(!pbk_take_text(NULL, 1, &text));
  CHECK(pbk_take_text("", 0, &text)); /* given, and empty */
  CHECK(text.bytes != NULL && text.size == 0);
  CHECK(pbk_take_text("\xc3\xa9", 2, &text));
  CHECK_EQUAL_UINT(text.size, 2);
  CHECK(!pbk_take_text("\xc3\xa9", 1, &text));
  CHECK(!pbk_take_text("\xff", 1, &text));
  CHECK(!pbk_take_text("\xed\xa0\x80", 3, &text)); /* a surrogate */
  CHECK(pbk_take_text("a\0b", 3, &text));
  CHECK(!pbk_take_text("x", (size_t)PBK_MAX_LINE + 1, &text));
  CHECK(!pbk_take_text("x", SIZE_MAX, &text));
}

static void sizes(void) {
  unsigned char bytes[40] = {0};
  static const struct {
    uint32_t size;
    int at; /* which byte is not zero, -1: none */
    pbk_status status;
  } cases[] = {
    {0, -1, PBK_ERR_SIZE_TOO_SMALL},  {15, -1, PBK_ERR_SIZE_TOO_SMALL}, {16, -1, PBK_OK}, {16, 16, PBK_OK}, {17, -1, PBK_OK},
    {17, 16, PBK_ERR_SIZE_TOO_LARGE}, {40, 39, PBK_ERR_SIZE_TOO_LARGE}, {39, 39, PBK_OK}, {40, 15, PBK_OK}};
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_note("case %" PRIu32, i);
    memset(bytes, 0, sizeof bytes);
    if (cases[i].at >= 0) bytes[cases[i].at] = 1;
    memcpy(bytes, &cases[i].size, sizeof cases[i].size);
    CHECK_EQUAL_INT(pbk_check_size(bytes, 16), cases[i].status);
  }
}

static double infinity(void) {
  volatile double large = 1e308;
  return large * 10;
}

static void values(void) {
  pbk_value none = {.kind = PBK_NULL}, yes = {.kind = PBK_BOOL, .as.integer = 1}, odd = {.kind = PBK_BOOL, .as.integer = 2};
  CHECK(pbk_fine_value(&none, 0));
  CHECK(pbk_fine_value(&yes, 0));
  CHECK(!pbk_fine_value(&odd, 0));
  pbk_value number = {.kind = PBK_DOUBLE};
  number.as.number = 1.5;
  CHECK(pbk_fine_value(&number, 0));
  number.as.number = infinity();
  CHECK(!pbk_fine_value(&number, 0));
  number.as.number = -infinity();
  CHECK(!pbk_fine_value(&number, 0));
  number.as.number = infinity() - infinity();
  CHECK(!pbk_fine_value(&number, 0));
  pbk_value text = {.kind = PBK_STRING, .size = 1, .as.text = "\xff"};
  CHECK(!pbk_fine_value(&text, 0));
  text.as.text = NULL;
  CHECK(!pbk_fine_value(&text, 0));
  text.size = 0;
  CHECK(pbk_fine_value(&text, 0));
  pbk_value list = {.kind = PBK_LIST, .size = 1, .as.items = NULL};
  CHECK(!pbk_fine_value(&list, 0));
  list.as.items = &odd;
  CHECK(!pbk_fine_value(&list, 0));
  list.as.items = &yes;
  CHECK(pbk_fine_value(&list, 0));
  pbk_member member = {.name = "n", .name_size = 1, .value = yes};
  pbk_value map = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  CHECK(pbk_fine_value(&map, 0));
  member.name = "\xc3";
  CHECK(!pbk_fine_value(&map, 0));
  member.name = NULL;
  CHECK(!pbk_fine_value(&map, 0));
  map.as.members = NULL;
  CHECK(!pbk_fine_value(&map, 0));
  pbk_value other = {.kind = 7};
  CHECK(!pbk_fine_value(&other, 0));
  other.kind = -1;
  CHECK(!pbk_fine_value(&other, 0));
}

/* Deep values end somewhere. */
static void deep_values(void) {
  pbk_value nested[200];
  nested[0] = value_int(1);
  for (uint32_t i = 1; i < 200; i++) nested[i] = (pbk_value){.kind = PBK_LIST, .size = 1, .as.items = &nested[i - 1]};
  CHECK(pbk_fine_value(&nested[VALUE_MOST_DEPTH], 0));
  CHECK(!pbk_fine_value(&nested[VALUE_MOST_DEPTH + 1], 0));
  CHECK(!pbk_fine_value(&nested[199], 0));
}

/* ---- envelopes ---- */

static void envelopes_have_a_size(void) {
  struct rig rig;
  rig_open(&rig, 0);
  struct {
    pbk_envelope known;
    unsigned char later[8];
  } envelope = {.known = {.size = sizeof envelope, .received_at = PBK_NO_TIME, .occurred_at = PBK_NO_TIME}};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope.known, "u1", 2, NULL), PBK_OK);
  envelope.later[7] = 1;
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope.known, "u2", 2, NULL), PBK_ERR_SIZE_TOO_LARGE);
  CHECK_EQUAL_INT(pbk_approve(rig.engine, &envelope.known, 1), PBK_ERR_SIZE_TOO_LARGE);
  envelope.known.size = sizeof(pbk_envelope) - 8;
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope.known, "u2", 2, NULL), PBK_ERR_SIZE_TOO_SMALL);
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, 1);
  CHECK_EQUAL_UINT(counts.commands, 1); /* what is refused at the door is no command */
  rig_close(&rig);
}

static pbk_envelope at(pbk_time received, pbk_time occurred) {
  return (pbk_envelope){.size = sizeof(pbk_envelope), .received_at = received, .occurred_at = occurred};
}

/* T4, T5: received moves the engine, occurred is when it happened. */
static void times_of_an_envelope(void) {
  struct rig rig;
  rig_open(&rig, 0);
  TELL_ALL(
    &rig, "{'type':'define','kind':'persona','key':'late','when':'events(`e`).last() < timestamp(`1970-01-01T00:00:10Z`)'}");
  rig_take(&rig);
  rig.times = true;
  pbk_envelope envelope = at(20 * PBK_SECOND, 5 * PBK_SECOND);
  CHECK_EQUAL_INT(pbk_track(rig.engine, &envelope, "u1", 2, NULL, 0, "e", 1, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 20 * PBK_SECOND);
  CHECK_OUTPUTS(&rig, "20000000 tagged u1 late\n");
  envelope = at(7 * PBK_SECOND, PBK_NO_TIME); /* received before now: applied at now; it occurred when it was received */
  CHECK_EQUAL_INT(pbk_track(rig.engine, &envelope, "u2", 2, NULL, 0, "e", 1, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 20 * PBK_SECOND);
  CHECK_OUTPUTS(&rig, "20000000 tagged u2 late\n");
  envelope = at(PBK_NO_TIME, 99 * PBK_SECOND); /* later than now counts as now */
  CHECK_EQUAL_INT(pbk_track(rig.engine, &envelope, "u3", 2, NULL, 0, "e", 1, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 20 * PBK_SECOND);
  CHECK_EQUAL_INT(pbk_track(rig.engine, NULL, "u4", 2, NULL, 0, "e", 1, NULL), PBK_OK);
  CHECK_OUTPUTS(&rig, "");
  /* only the years 0001 to 9999 are times */
  envelope = at(INT64_MAX, PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u5", 2, NULL), PBK_ERR_ARGUMENT);
  envelope = at(PBK_NO_TIME, INT64_MIN + 1);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u5", 2, NULL), PBK_ERR_ARGUMENT);
  envelope = at(253402300800000000, PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u5", 2, NULL), PBK_ERR_ARGUMENT);
  envelope = at(PBK_NO_TIME, -62135596800000000);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u5", 2, NULL), PBK_OK);
  /* a refused one moves time all the same */
  envelope = at(30 * PBK_SECOND, PBK_NO_TIME);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "", 0, NULL), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 30 * PBK_SECOND);
  rig_close(&rig);
}

/* E8: the message id. */
static void message_ids(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_envelope envelope = at(PBK_NO_TIME, PBK_NO_TIME);
  envelope.message_id = words("m1");
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u2", 2, NULL), PBK_DUPLICATE);
  CHECK_OUTPUTS(&rig, "duplicate m1\n");
  char id[256];
  memset(id, 'i', sizeof id);
  envelope.message_id = (pbk_text){id, 255};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u2", 2, NULL), PBK_OK);
  envelope.message_id.size = 256;
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u3", 2, NULL), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_INPUT);
  envelope.message_id = words("\xff");
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u3", 2, NULL), PBK_ERR_ARGUMENT);
  envelope.message_id = (pbk_text){NULL, 1};
  CHECK_EQUAL_INT(pbk_identify(rig.engine, &envelope, "u3", 2, NULL), PBK_ERR_ARGUMENT);
  /* an input of any kind; a refused one is not remembered */
  envelope.message_id = words("m2");
  CHECK_EQUAL_INT(pbk_approve(rig.engine, &envelope, 9), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_UNKNOWN_MESSAGE);
  pbk_role role = {.size = sizeof role, .key = words("CSM")};
  CHECK_EQUAL_INT(pbk_define_role(rig.engine, &envelope, &role), PBK_OK);
  CHECK_EQUAL_INT(pbk_define_role(rig.engine, &envelope, &role), PBK_DUPLICATE);
  rig_close(&rig);
}

int main(void) {
  RUN(texts);
  RUN(sizes);
  RUN(values);
  RUN(deep_values);
  RUN(envelopes_have_a_size);
  RUN(times_of_an_envelope);
  RUN(message_ids);
  return check_report();
}
