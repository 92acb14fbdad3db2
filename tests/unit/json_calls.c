/* tests/unit/json_calls.c - lines in and out through the API: many at once, tiny buffers, one output as a line (SPEC L). */
#include "storage_support.h"

static void many_lines(void) {
  struct rig rig;
  uint64_t refused = 77;
  rig_open(&rig, 0);
  static const char lines[] =
    "{\"type\":\"define\",\"kind\":\"role\",\"key\":\"a\"}\n"
    "\n"
    "not json\n"
    "{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m\"}\r\n"
    "{\"type\":\"identify\",\"userId\":\"u2\",\"messageId\":\"m\"}\n"
    "{\"type\":\"identify\"}\n"
    "   \n"
    "{\"type\":\"define\",\"kind\":\"role\",\"key\":\"b\"}"; /* without its newline */
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, lines, sizeof lines - 1, &refused), PBK_OK);
  CHECK_EQUAL_UINT(refused, 2);
  CHECK_OUTPUTS(&rig, "defined role a\nerror 3 bad_json\nduplicate m\nerror 6 bad_input\ndefined role b\n");
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, "{}", 2, NULL), PBK_OK); /* counting may be left out; lines go on */
  CHECK_OUTPUTS(&rig, "error 9 bad_input\n");
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, NULL, 0, &refused), PBK_OK);
  CHECK_EQUAL_UINT(refused, 0);
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, "", 0, &refused), PBK_OK);
  CHECK_EQUAL_INT(pbk_feed_json(rig.engine, NULL, 3, &refused), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_feed_json(NULL, "{}", 2, &refused), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

static void one_line(void) {
  struct rig rig;
  rig_open(&rig, 0);
  static const char plain[] = "{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m\"}";
  static const char ended[] = "{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m\"}\n";
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, plain, sizeof plain - 1), PBK_OK);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, ended, sizeof ended - 1), PBK_DUPLICATE);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, "x", 1), PBK_ERR_REFUSED);
  pbk_error error = rig_error(&rig);
  CHECK_EQUAL_INT(error.code, PBK_CODE_BAD_JSON);
  CHECK_EQUAL_UINT(error.offset, 0);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, "[1,}", 4), PBK_ERR_REFUSED);
  CHECK_EQUAL_UINT(rig_error(&rig).offset, 3);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, "", 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, NULL, 0), PBK_OK);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, NULL, 1), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_feed_line(NULL, "{}", 2), PBK_ERR_ARGUMENT);
  CHECK_OUTPUTS(&rig, "duplicate m\nerror 3 bad_json\nerror 4 bad_json\n");
  rig_close(&rig);
}

/* Many at once is the same as one by one: what comes out, and what a crash leaves. */
static void stored_together(void) {
  struct rig rigs[2];
  static char text[40000];
  uint64_t state = 5;
  size_t size = 0, at = 0;
  for (int i = 0; i < 300; i++) {
    uint32_t user = check_random_below(&state, 7), what = check_random_below(&state, 8);
    const char *format = what == 0   ? "{\"type\":\"identify\",\"userId\":\"u%u\",\"traits\":{\"n\":%d}}\n"
                         : what == 1 ? "{\"type\":\"track\",\"userId\":\"u%u\",\"messageId\":\"m%d\"}\n" /* refused */
                         : what == 2
                           ? "{\"batch\":[{\"type\":\"track\",\"userId\":\"u%u\",\"event\":\"b\",\"timestamp\":%d000},"
                             "{\"type\":\"nonsense\"}],\"type\":\"batch\"}\n"
                         : what == 3 ? "\n"
                                     : "{\"type\":\"track\",\"userId\":\"u%u\",\"event\":\"e\",\"timestamp\":%d000}\n";
    size += (size_t)snprintf(text + size, sizeof text - size, format, user, i);
  }
  for (int i = 0; i < 2; i++) {
    rig_open(&rigs[i], 0);
    CHECK_EQUAL_INT(rig_reopen(&rigs[i], 0, NULL), PBK_OK);
  }
  while (at < size) {
    uint64_t refused = 0, one_by_one = 0;
    size_t next = at;
    for (uint32_t lines = 1 + check_random_below(&state, 60); lines > 0 && next < size; lines--) {
      size_t from = next;
      while (text[next++] != '\n') {
      }
      pbk_status status = pbk_feed_line(rigs[0].engine, text + from, next - from);
      one_by_one += status == PBK_ERR_REFUSED;
    }
    CHECK_EQUAL_INT(pbk_feed_json(rigs[1].engine, text + at, next - at, &refused), PBK_OK);
    CHECK_EQUAL_UINT(refused, one_by_one);
    CHECK_DIGEST(&rigs[1], rig_digest(&rigs[0]));
    CHECK_EQUAL_UINT(pbk_lines_taken(rigs[1].engine), pbk_lines_taken(rigs[0].engine));
    bool commit = check_random_below(&state, 2);
    for (int i = 0; i < 2 && commit; i++) CHECK_EQUAL_INT(pbk_commit(rigs[i].engine), PBK_OK);
    if (check_random_below(&state, 2)) { /* what no commit is behind is lost to both */
      for (int i = 0; i < 2; i++) CHECK_EQUAL_INT(rig_reopen(&rigs[i], 0, NULL), PBK_OK);
      CHECK_DIGEST(&rigs[1], rig_digest(&rigs[0]));
      CHECK_EQUAL_UINT(pbk_lines_taken(rigs[1].engine), pbk_lines_taken(rigs[0].engine));
    }
    at = next;
  }
  for (int i = 0; i < 2; i++) CHECK_EQUAL_INT(pbk_commit(rigs[i].engine), PBK_OK);
  size_t sizes[2];
  for (int i = 0; i < 2; i++) {
    sizes[i] = rigs[i].objects[0].size + rigs[i].objects[1].size;
    rig_close(&rigs[i]);
  }
  CHECK_EQUAL_UINT(sizes[1], sizes[0]);
}

/* The longest line, and one byte more; the newline is not counted. */
static void long_lines(void) {
  struct rig rig;
  rig_open(&rig, 0);
  size_t most = PBK_MAX_LINE;
  char *line = malloc(most + 3);
  if (!line) abort();
  static const char begin[] = "{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"t\":\"", end[] = "\"}}";
  memset(line, 'x', most + 3);
  memcpy(line, begin, sizeof begin - 1);
  memcpy(line + most - (sizeof end - 1), end, sizeof end - 1);
  line[most] = '\n';
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, line, most), PBK_OK);
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, line, most + 1), PBK_OK);
  line[most] = ' ';
  CHECK_EQUAL_INT(pbk_feed_line(rig.engine, line, most + 1), PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_TOO_LARGE);
  CHECK_OUTPUTS(&rig, "error 3 too_large\n");
  free(line);
  rig_close(&rig);
}

static void prepare(struct rig *rig) {
  rig_open(rig, 0);
  define_usual(rig);
  TELL_ALL(rig,
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':{'manual':true},'steps':["
           "{'actions':[{'email':{'template':'hello','approval':false}},{'task':{'title':'Café \\n `x`'}}]}]}",
           "{'type':'identify','userId':'u1'}", "{'type':'enroll','playbook':'p','userId':'u1'}",
           "{'type':'explain','playbook':'p','userId':'u1'}");
  tell(rig, "{'type':'nonsense'}");
}

/* Buffers that hold one line, or nothing: no line is cut or lost. */
static void tiny_buffers(void) {
  struct rig whole;
  prepare(&whole);
  whole.text_size = 0;
  rig_collect(&whole, 65536);
  CHECK(whole.text_size > 1000);
  static const size_t capacities[] = {0, 1, 2, 100, 300, 700, 1000};
  for (uint32_t i = 0; i < 7; i++) {
    struct rig rig;
    char *buffer = NULL;
    size_t size = 77, capacity = capacities[i], needs = 0;
    check_note("capacity %zu", capacity);
    prepare(&rig);
    CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
    rig.text_size = 0;
    for (;;) {
      buffer = realloc(buffer, capacity + needs + 1);
      if (!buffer) abort();
      memset(buffer, '#', capacity + needs + 1);
      pbk_status status = pbk_drain_json(rig.engine, needs || capacity ? buffer : NULL, needs ? needs : capacity, &size);
      if (status == PBK_ERR_BUFFER) { /* tells what the next line needs, and takes nothing */
        CHECK(size > (needs ? needs : capacity));
        if (!CHECK_EQUAL_UINT(needs, 0)) break;
        needs = size;
        continue;
      }
      if (!CHECK_EQUAL_INT(status, PBK_OK) || size == 0) break;
      CHECK(size <= (needs ? needs : capacity));
      if (needs) CHECK_EQUAL_UINT(size, needs);
      CHECK(buffer[size - 1] == '\n'); /* whole lines */
      CHECK(buffer[size] == '#');
      rig_write(&rig, "%.*s", (int)size, buffer);
      needs = 0;
    }
    CHECK_EQUAL_TEXT(((struct text){rig.text, (uint32_t)rig.text_size}),
                     ((struct text){whole.text, (uint32_t)whole.text_size}));
    free(buffer);
    rig_close(&rig);
  }
  check_note("arguments");
  char byte;
  size_t size;
  CHECK_EQUAL_INT(pbk_drain_json(NULL, &byte, 1, &size), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_drain_json(whole.engine, NULL, 1, &size), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_drain_json(whole.engine, &byte, 1, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_drain_json(whole.engine, &byte, 1, &size), PBK_OK);
  CHECK_EQUAL_UINT(size, 0);
  rig_close(&whole);
}

/* pbk_drain and pbk_output_json together give what pbk_drain_json gives. */
static void outputs_as_lines(void) {
  struct rig lines, structs;
  prepare(&lines);
  prepare(&structs);
  lines.text_size = 0;
  rig_collect(&lines, 65536);
  CHECK_EQUAL_INT(pbk_commit(structs.engine), PBK_OK);
  structs.text_size = 0;
  pbk_output output;
  uint32_t count;
  while (pbk_drain(structs.engine, &output, sizeof output, 1, &count) == PBK_OK && count == 1) {
    size_t needs, size;
    CHECK_EQUAL_INT(pbk_output_json(&output, NULL, 0, &needs), PBK_ERR_BUFFER);
    char *buffer = malloc(needs);
    if (!buffer) abort();
    CHECK_EQUAL_INT(pbk_output_json(&output, buffer, needs - 1, &size), PBK_ERR_BUFFER);
    CHECK_EQUAL_UINT(size, needs);
    CHECK_EQUAL_INT(pbk_output_json(&output, buffer, needs, &size), PBK_OK);
    CHECK_EQUAL_UINT(size, needs);
    rig_write(&structs, "%.*s", (int)size, buffer);
    free(buffer);
  }
  CHECK_EQUAL_TEXT(((struct text){structs.text, (uint32_t)structs.text_size}),
                   ((struct text){lines.text, (uint32_t)lines.text_size}));
  rig_close(&lines);
  rig_close(&structs);
}

static void an_output_of_the_host(void) {
  char buffer[256];
  size_t size;
  pbk_output output = {
    .size = sizeof output, .type = PBK_OUTPUT_DUPLICATE, .seq = 7, .at = 1500000, .message_id = words("m\"1")};
  CHECK_EQUAL_INT(pbk_output_json(&output, buffer, sizeof buffer, &size), PBK_OK);
  CHECK_EQUAL_TEXT(((struct text){buffer, (uint32_t)size}),
                   TEXT("{\"seq\":7,\"at\":\"1970-01-01T00:00:01.5Z\",\"type\":\"duplicate\",\"messageId\":\"m\\\"1\"}\n"));
  output.type = 0;
  CHECK_EQUAL_INT(pbk_output_json(&output, buffer, sizeof buffer, &size), PBK_ERR_ARGUMENT);
  output.type = 16;
  CHECK_EQUAL_INT(pbk_output_json(&output, buffer, sizeof buffer, &size), PBK_ERR_ARGUMENT);
  output.type = PBK_OUTPUT_DUPLICATE;
  output.size -= 8;
  CHECK_EQUAL_INT(pbk_output_json(&output, buffer, sizeof buffer, &size), PBK_ERR_SIZE_TOO_SMALL);
  CHECK_EQUAL_INT(pbk_output_json(NULL, buffer, sizeof buffer, &size), PBK_ERR_ARGUMENT);
  output.size = sizeof output;
  CHECK_EQUAL_INT(pbk_output_json(&output, buffer, sizeof buffer, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_output_json(&output, NULL, 5, &size), PBK_ERR_ARGUMENT);
}

int main(void) {
  RUN(many_lines);
  RUN(one_line);
  RUN(stored_together);
  RUN(long_lines);
  RUN(tiny_buffers);
  RUN(outputs_as_lines);
  RUN(an_output_of_the_host);
  return check_report();
}
