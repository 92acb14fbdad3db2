/* tests/unit/feed.c - one line to one command, or to one for each item of a batch (SPEC L, T4, E8). */
#include "engine_support.h"

static const struct {
  const char *line;
  pbk_status status;
  const char *wanted;
} lines[] = {
  {"", PBK_OK, ""},
  {" \t\r\n", PBK_OK, ""},
  {"{}", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"[]", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"5", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"{'type':null}", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"{'type':'x'", PBK_ERR_REFUSED, "error 1 bad_json\n"},
  {"{'type':'identify','userId':'u1'} {}", PBK_ERR_REFUSED, "error 1 bad_json\n"},
  {"{'type':'identify','userId':'u1','messageId':''}", PBK_ERR_REFUSED, "error 1 bad_input /messageId\n"},
  {"{'type':'identify','userId':'u1','messageId':5}", PBK_ERR_REFUSED, "error 1 bad_input /messageId\n"},
  {"{'type':'define'}", PBK_ERR_REFUSED, "error 1 bad_definition /kind\n"},
  {"{'type':'define','kind':'role','key':'r','colour':'red'}", PBK_ERR_REFUSED, "error 1 unknown_member /colour\n"},
  {"{'type':'undefine','kind':'role','key':'r','name':'x'}", PBK_ERR_REFUSED, "error 1 unknown_member /name\n"},
  {"{'type':'undefine','kind':'role','key':'r'}", PBK_ERR_REFUSED, "error 1 unknown_key /key\n"},
  {"{'type':'identify','userId':'u1'}\r\n", PBK_OK, ""},
  /* batches */
  {"{'type':'batch'}", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"{'type':'batch','batch':{}}", PBK_ERR_REFUSED, "error 1 bad_input\n"},
  {"{'type':'batch','batch':[]}", PBK_OK, ""},
  {"{'type':'batch','batch':[{'type':'batch','batch':[]}]}", PBK_ERR_REFUSED, NULL},
  {"{'type':'batch','batch':[5,{'type':'identify'},{'type':'identify','userId':'u1'}]}", PBK_ERR_REFUSED,
   "error 1 bad_input /batch/0\nerror 1 bad_input /batch/1\n"},
  {"{'type':'batch','batch':[{'type':'identify','userId':'u1'},{'type':'nonsense'}]}", PBK_ERR_REFUSED,
   "error 1 unknown_type /batch/1\n"},
  {"{'type':'batch','batch':[{'type':'identify','userId':'u1','messageId':'m'},{'type':'identify','userId':'u1','messageId':"
   "'m'}]}",
   PBK_DUPLICATE, "duplicate m\n"},
  {"{'type':'batch','batch':[{'type':'define','kind':'role','key':'r'},{'type':'identify','userId':'u1'}]}", PBK_ERR_REFUSED,
   NULL},
  {"{'type':'batch','batch':[{'type':'define','kind':'role','key':'r'},{'type':'define','kind':'role'}]}", PBK_ERR_REFUSED,
   "error 1 bad_definition /batch/1/key\n"},
  {"{'type':'batch','batch':[{'type':'define','kind':'role','key':'r','x':1},{'type':'define','kind':'role'}]}",
   PBK_ERR_REFUSED, "error 1 unknown_member /batch/0/x\n"},
  {"{'type':'batch','batch':[{'type':'define','kind':'role'},{'type':'define','kind':'nonsense'}]}", PBK_ERR_REFUSED,
   "error 1 bad_definition /batch/0/key\n"},
};

static void lines_and_batches(void) {
  for (uint32_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct rig rig;
    rig_open(&rig, 0);
    check_note("%s", lines[i].line);
    CHECK_EQUAL_INT(tell(&rig, lines[i].line), lines[i].status);
    const char *text = rig_take(&rig);
    if (lines[i].wanted)
      CHECK_TEXT(text_from(text), lines[i].wanted);
    else
      CHECK(strncmp(text, "error 1 bad_input", 17) == 0);
    pbk_handle handle;
    CHECK_EQUAL_INT(pbk_find(rig.engine, PBK_HANDLE_CONTACT, "r", 1, &handle), PBK_ERR_HANDLE);
    rig_close(&rig);
  }
}

/* An item takes from the batch the times that it lacks; each fact is an input of its own. */
static void times_of_a_batch(void) {
  struct rig rig;
  rig_open(&rig, 0);
  rig.times = true;
  TELL_ALL(&rig,
           "{'type':'define','kind':'persona','key':'p','when':'contact.created_at < timestamp(`1970-01-01T00:00:05Z`)'}");
  rig_take(&rig);
  tell(&rig,
       "{'type':'batch','timestamp':2000,'receivedAt':9000,'batch':[{'type':'track','userId':'u1','event':'e'},"
       "{'type':'track','userId':'u2','event':'e','timestamp':8000},{'type':'track','userId':'u3','event':'e','receivedAt':"
       "10000},"
       "{'type':'identify','userId':''},{'type':'track','userId':'u4','event':'e','timestamp':'x'}]}");
  CHECK_OUTPUTS(&rig,
                "9000000 tagged u1 p\n10000000 tagged u3 p\n10000000 error 2 bad_input /batch/3\n10000000 error 2 "
                "bad_timestamp /batch/4\n");
  rig_close(&rig);
}

/* A batch's own messageId: again, nothing of it is done. */
static void a_batch_seen_before(void) {
  struct rig rig;
  rig_open(&rig, 0);
  static const char *const batch =
    "{'type':'batch','messageId':'b','batch':[{'type':'identify','userId':'u1','messageId':'m'},{'type':'identify','userId':"
    "'u2'}]}";
  CHECK_EQUAL_INT(tell(&rig, batch), PBK_OK);
  TELL_ALL(&rig, "{'type':'delete','userId':'u2'}");
  CHECK_EQUAL_INT(tell(&rig, batch), PBK_DUPLICATE);
  CHECK_OUTPUTS(&rig, "duplicate b\n");
  pbk_counts counts = {.size = sizeof counts};
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_UINT(counts.contacts, 1);
  rig_close(&rig);
}

/* An empty batch moves time as any line does. */
static void an_empty_batch_moves_time(void) {
  struct rig rig;
  rig_open(&rig, 0);
  CHECK_EQUAL_INT(tell(&rig, "{'type':'batch','batch':[],'timestamp':5000}"), PBK_OK);
  CHECK_EQUAL_INT(pbk_now(rig.engine), 5 * PBK_SECOND);
  rig_close(&rig);
}

/* Whatever the bytes, a line is taken or refused, and the engine goes on. */
static void random_bytes(void) {
  static const char pieces[][24] = {
    "{",         "}",        "[",        "]",           "\"type\":", "\"identify\"",   "\"userId\":",          "\"u1\"",
    ",",         ":",        "1e5",      "-0",          "null",      "\"batch\"",      "\"batch\":",           "\"define\"",
    "\"kind\":", "\"role\"", "\"key\":", "\"\\ud800\"", "\xff",      "\"timestamp\":", "99999999999999999999", " ",
    "\\",        "\"",       "true"};
  struct rig rig;
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  uint64_t random = 17, told = 0;
  for (uint32_t i = 0; i < 6000; i++) {
    char line[512];
    size_t size = 0;
    for (uint32_t j = check_random_below(&random, 16); j > 0; j--) {
      const char *piece = pieces[check_random_below(&random, sizeof pieces / sizeof *pieces)];
      memcpy(line + size, piece, strlen(piece));
      size += strlen(piece);
    }
    pbk_status status = pbk_feed_line(rig.engine, line, size);
    if (status != PBK_OK && status != PBK_DUPLICATE) {
      CHECK_EQUAL_INT(status, PBK_ERR_REFUSED);
      told++;
    }
  }
  uint64_t lines_told = 0;
  for (const char *text = rig_take(&rig); *text; text++) lines_told += *text == '\n';
  CHECK(lines_told >= told);
  CHECK(told > 4000);
  rig_close(&rig);
}

int main(void) {
  RUN(lines_and_batches);
  RUN(times_of_a_batch);
  RUN(a_batch_seen_before);
  RUN(an_empty_batch_moves_time);
  RUN(random_bytes);
  return check_report();
}
