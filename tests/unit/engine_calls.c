/* tests/unit/engine_calls.c - making and freeing an engine, its memory, commits, taking outputs, errors, versions. */
#include "engine_support.h"

/* ---- names and versions ---- */

static void names(void) {
  CHECK_TEXT(text_from(pbk_status_name(PBK_OK)), "PBK_OK");
  CHECK_TEXT(text_from(pbk_status_name(PBK_MORE)), "PBK_MORE");
  CHECK_TEXT(text_from(pbk_status_name(PBK_ERR_REFUSED)), "PBK_ERR_REFUSED");
  CHECK_TEXT(text_from(pbk_status_name(PBK_ERR_UNSUPPORTED)), "PBK_ERR_UNSUPPORTED");
  for (pbk_status status = -20; status < 20; status++) CHECK(pbk_status_name(status) != NULL);
  for (pbk_status status = PBK_ERR_UNSUPPORTED; status < 3; status++)
    for (pbk_status other = PBK_ERR_UNSUPPORTED; other < status; other++)
      CHECK(strcmp(pbk_status_name(status), pbk_status_name(other)) != 0);
  static const char *const codes[] = {"bad_json",        "bad_input",      "bad_timestamp",   "unknown_type",
                                      "unknown_subject", "unknown_key",    "unknown_message", "unknown_task",
                                      "unknown_member",  "bad_definition", "bad_condition",   "bad_state",
                                      "in_use",          "exists",         "too_large"};
  for (pbk_code code = 1; code <= 15; code++) CHECK_TEXT(text_from(pbk_code_name(code)), codes[code - 1]);
  CHECK(pbk_code_name(-1) != NULL);
  CHECK(pbk_code_name(16) != NULL);
  CHECK_TEXT(text_from(pbk_version_text()), PBK_VERSION_TEXT);
  CHECK_EQUAL_UINT(pbk_version_number(), PBK_VERSION_MAJOR * 1000000 + PBK_VERSION_MINOR * 1000 + PBK_VERSION_PATCH);
}

/* ---- making ---- */

static int32_t store(void *context, pbk_object object, const void *bytes, size_t size) {
  (void)context, (void)object, (void)bytes, (void)size;
  return 0;
}
static int32_t settle(void *context, pbk_object object) {
  (void)context, (void)object;
  return 0;
}
static int32_t extent(void *context, pbk_object object, uint64_t *bytes) {
  (void)context, (void)object;
  *bytes = 0;
  return 0;
}
static int32_t read_none(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size) {
  (void)context, (void)object, (void)offset, (void)bytes, (void)size;
  return 1;
}
static int32_t cut(void *context, pbk_object object, uint64_t size) {
  (void)context, (void)object, (void)size;
  return 0;
}

static void what_can_be_wrong_with_a_config(void) {
  pbk_engine *engine = NULL;
  pbk_config config = {.size = sizeof config};
  CHECK_EQUAL_INT(pbk_engine_create(NULL, &engine), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_engine_create(&config, NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_OK); /* all else may be left zero */
  CHECK_EQUAL_INT(pbk_now(engine), 0);
  pbk_engine_destroy(engine);
  pbk_engine_destroy(NULL);

  config.size = sizeof config - 1;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_SIZE_TOO_SMALL);
  CHECK(engine == NULL);
  config.size = 0;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_SIZE_TOO_SMALL);
  config.size = sizeof config;
  config.flags = 4;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  config.flags = 0;
  char id[256];
  memset(id, 'i', sizeof id);
  config.engine_id = (pbk_text){id, 256};
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  config.engine_id.size = 255;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_OK);
  pbk_engine_destroy(engine);
  config.engine_id = words("\xff");
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  config.engine_id = (pbk_text){NULL, 3};
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  config.engine_id = (pbk_text){NULL, 0};

  pbk_storage storage = {.size = sizeof storage, .append = store, .sync = settle, .extent = extent, .read = read_none, .truncate = cut};
  config.storage = &storage;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_OK);
  pbk_engine_destroy(engine);
  storage.sync = NULL;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  storage.sync = settle;
  storage.append = NULL;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_ARGUMENT);
  storage.append = store;
  storage.size = sizeof storage - 1;
  CHECK_EQUAL_INT(pbk_engine_create(&config, &engine), PBK_ERR_SIZE_TOO_SMALL);
}

/* A host built against a later header: fine as long as what this build does not know is zero. */
static void a_larger_config(void) {
  pbk_engine *engine = NULL;
  struct {
    pbk_config known;
    unsigned char later[24];
  } config = {.known = {.size = sizeof config}};
  struct {
    pbk_storage known;
    unsigned char later[8];
  } storage = {.known = {.size = sizeof storage, .append = store, .sync = settle, .extent = extent, .read = read_none, .truncate = cut}};
  config.known.storage = &storage.known;
  CHECK_EQUAL_INT(pbk_engine_create(&config.known, &engine), PBK_OK);
  pbk_engine_destroy(engine);
  config.later[23] = 1;
  CHECK_EQUAL_INT(pbk_engine_create(&config.known, &engine), PBK_ERR_SIZE_TOO_LARGE);
  config.later[23] = 0;
  storage.later[0] = 1;
  CHECK_EQUAL_INT(pbk_engine_create(&config.known, &engine), PBK_ERR_SIZE_TOO_LARGE);
}

/* The config and its storage are copied: they may go after the call. */
static void the_config_is_copied(void) {
  struct rig rig;
  memset(&rig, 0, sizeof rig);
  char id[] = "engine";
  pbk_storage *storage = malloc(sizeof *storage);
  pbk_config *config = malloc(sizeof *config);
  if (!storage || !config) abort();
  *storage = rig_storage(&rig);
  *config = (pbk_config){.size = sizeof *config, .engine_id = {id, 6}, .storage = storage};
  CHECK_EQUAL_INT(pbk_engine_create(config, &rig.engine), PBK_OK);
  memset(id, 'x', 6);
  free(config);
  free(storage);
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, NULL), PBK_OK);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK(rig.synced > 0);
  rig_free(&rig);
}

/* ---- memory ---- */

static const char *const lines[] = {
  "{'type':'define','kind':'channel','key':'email'}",
  "{'type':'define','kind':'template','key':'hello'}",
  "{'type':'define','kind':'user','key':'john','email':'john@corp.example'}",
  "{'type':'define','kind':'role','key':'CSM'}",
  "{'type':'define','kind':'sender','key':'ann','user':'john','address':'ann@corp.example'}",
  "{'type':'define','kind':'settings','default_sender':'ann','retry_waits':['1s','2s']}",
  "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(1))'}",
  "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}",
  "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'persona':'dormant'},{'event':'go','where':"
  "'event.properties.n > 1'}],'when':'size(contact.traits) >= 0','exit':{'when':'events(`stop`).count() > 3'},"
  "'senders':{'pool':['ann']},'steps':[{'actions':[{'email':{'template':'hello','approval':false,'send_as':'pool'}},"
  "{'task':{'title':'Call','assignee':{'role':'CSM'},'due':'1d'}},{'assign':{'role':'CSM','rotate':['john']}}]},"
  "{'delay':'1h','when':'contact.traits.name.matches(`^a+$`)','actions':[{'task':{'title':'Again'}}]}]}",
  "{'type':'define','kind':'persona','key':'broken','when':'1 +'}",
  "{'type':'identify','userId':'u1','traits':{'name':'aaa','list':[1,2,{'a':'b'}]},'messageId':'m1'}",
  "{'type':'identify','userId':'u1','messageId':'m1'}",
  "{'type':'group','userId':'u1','groupId':'a1','traits':{'plan':'pro'}}",
  "{'type':'track','userId':'u1','event':'go','properties':{'n':2}}",
  "{'type':'stage','userId':'u1','stage':'s'}",
  "{'type':'pin','userId':'u1','sender':'ann'}",
  "{'type':'interaction','userId':'u1','sender':'ann'}",
  "{'type':'alias','previousId':'u1','userId':'u2'}",
  "{'type':'explain','playbook':'p','userId':'u2'}",
  "{'type':'batch','batch':[{'type':'track','userId':'u3','event':'go','properties':{'n':5}},{'type':'identify'}]}",
  "{'type':'advance','timestamp':200000000}",
  "{'type':'delete','userId':'u3'}",
  "not json",
  NULL};

static pbk_status work(struct rig *rig) {
  for (const char *const *line = lines; *line; line++) {
    pbk_status status = tell(rig, *line);
    if (status != PBK_OK && status != PBK_ERR_REFUSED && status != PBK_DUPLICATE) return status;
  }
  pbk_status status = pbk_commit(rig->engine);
  if (status != PBK_OK) return status;
  char buffer[65536];
  size_t size = 1;
  while (status == PBK_OK && size > 0) status = pbk_drain_json(rig->engine, buffer, sizeof buffer, &size);
  return status;
}

static void everything_is_given_back(void) {
  struct rig rig;
  rig_open(&rig, PBK_DELIVER_AT_ONCE);
  CHECK_EQUAL_INT(work(&rig), PBK_OK);
  pbk_counts counts = {.size = sizeof counts};
  CHECK_EQUAL_INT(pbk_count(rig.engine, &counts), PBK_OK);
  CHECK_EQUAL_UINT(counts.memory, rig.out); /* it knows what it has */
  CHECK(rig.allocations > 2);
  rig_close(&rig); /* checks that all is back, and each block with its size */
}

/* Each allocation of the making fails once: no engine, nothing left behind. */
static void creation_without_memory(void) {
  uint64_t fail_at = 1;
  for (;; fail_at++) {
    struct rig rig;
    memset(&rig, 0, sizeof rig);
    rig.fail_at = fail_at;
    check_note("allocation %" PRIu64 " failing", fail_at);
    pbk_status status = rig_create(&rig);
    if (status == PBK_OK) {
      rig_close(&rig);
      break;
    }
    CHECK_EQUAL_INT(status, PBK_ERR_NO_MEMORY);
    CHECK(rig.engine == NULL);
    CHECK_EQUAL_UINT(rig.out, 0);
    CHECK_EQUAL_UINT(rig.wrong_sizes, 0);
    if (fail_at > 1000) break;
  }
  CHECK(fail_at > 1);
}

static void creation_within_a_budget(void) {
  struct rig rig;
  memset(&rig, 0, sizeof rig);
  rig.budget = 1;
  CHECK_EQUAL_INT(rig_create(&rig), PBK_ERR_NO_MEMORY);
  CHECK_EQUAL_UINT(rig.allocations, 0);
  uint32_t refused = 0;
  for (rig.budget = 97; rig_create(&rig) == PBK_ERR_NO_MEMORY; rig.budget += 997) {
    CHECK_EQUAL_UINT(rig.out, 0);
    refused++;
  }
  CHECK(refused > 10);
  CHECK(rig.most <= rig.budget);
  rig_close(&rig);
}

/* ---- running out of memory at work ---- */

/* Takes all outputs that can be taken; where there is no memory for it, memory comes and it is tried again. */
static void take_text(struct rig *rig, uint32_t *refusals) {
  char buffer[65536];
  for (;;) {
    size_t size = 0;
    pbk_status status = pbk_drain_json(rig->engine, buffer, sizeof buffer, &size);
    if (status == PBK_ERR_NO_MEMORY) {
      ++*refusals;
      rig->fail_at = 0;
      continue;
    }
    CHECK_EQUAL_INT(status, PBK_OK);
    if (size == 0) return;
    rig->text = realloc(rig->text, rig->text_size + size);
    if (!rig->text) abort();
    memcpy(rig->text + rig->text_size, buffer, size);
    rig->text_size += size;
  }
}

/* Does all the work; each call that finds no memory has changed nothing and is made again when there is some. */
static uint32_t persist(struct rig *rig) {
  uint32_t refusals = 0;
  for (const char *const *line = lines;;) {
    unsigned char before[16], after[16];
    uint64_t fail_at = rig->fail_at;
    rig->fail_at = 0;
    CHECK_EQUAL_INT(pbk_state_digest(rig->engine, before), PBK_OK);
    rig->fail_at = fail_at ? fail_at + (rig->allocations - rig->counted) : 0;
    rig->counted = rig->allocations;
    pbk_time now = pbk_now(rig->engine);
    pbk_status status = *line ? tell(rig, *line) : pbk_commit(rig->engine);
    if (status == PBK_ERR_NO_MEMORY) {
      refusals++;
      rig->fail_at = 0;
      CHECK_EQUAL_INT(pbk_state_digest(rig->engine, after), PBK_OK);
      if (pbk_now(rig->engine) == now) CHECK_EQUAL_BYTES(after, before, 16);
      continue;
    }
    CHECK(status == PBK_OK || status == PBK_ERR_REFUSED || status == PBK_DUPLICATE);
    if (!*line) break;
    line++;
  }
  take_text(rig, &refusals);
  return refusals;
}

/* Each allocation fails, once or from then on until memory comes again: in the end all is as if there had always been enough. */
static void work_without_memory(void) {
  struct rig straight;
  rig_open(&straight, PBK_DELIVER_AT_ONCE);
  persist(&straight);
  uint32_t refused = 0;
  for (uint64_t fail_at = 1; fail_at < 2000; fail_at++) {
    struct rig rig;
    memset(&rig, 0, sizeof rig);
    rig.flags = PBK_DELIVER_AT_ONCE;
    rig.wait = PBK_WAIT_DEFAULT;
    rig.fail_once = fail_at % 2;
    if (rig_create(&rig) != PBK_OK) abort();
    uint64_t made = rig.allocations;
    rig.counted = made;
    rig.fail_at = made + fail_at;
    check_note("allocation %" PRIu64 " of the work failing", fail_at);
    refused += persist(&rig);
    CHECK_EQUAL_UINT(rig.text_size, straight.text_size);
    if (rig.text_size == straight.text_size) CHECK(memcmp(rig.text, straight.text, rig.text_size) == 0);
    bool through = rig.fail_at && rig.allocations < rig.fail_at;
    rig.fail_at = 0;
    rig_close(&rig);
    if (through) break;
  }
  CHECK(refused > 0); /* many more where every block is the host's own, under a sanitizer */
  rig_close(&straight);
}

/* ---- outputs ---- */

static void drained_many_at_a_time(void) {
  struct rig rig;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < 300; i++) tell_format(&rig, "{'type':'define','kind':'role','key':'r%" PRIu32 "'}", i);
  pbk_output outputs[64];
  uint32_t count = 77;
  CHECK_EQUAL_INT(pbk_drain(rig.engine, outputs, sizeof *outputs, 64, &count), PBK_OK);
  CHECK_EQUAL_UINT(count, 0); /* not before the commit */
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, NULL, sizeof *outputs, 0, &count), PBK_OK);
  CHECK_EQUAL_UINT(count, 0);
  uint64_t seq = 0;
  uint32_t capacity = 1;
  do {
    CHECK_EQUAL_INT(pbk_drain(rig.engine, outputs, sizeof *outputs, capacity, &count), PBK_OK);
    CHECK(count <= capacity);
    for (uint32_t i = 0; i < count; i++) {
      char key[16];
      CHECK_EQUAL_UINT(outputs[i].seq, ++seq); /* from 1, without holes */
      CHECK_EQUAL_UINT(outputs[i].size, sizeof *outputs);
      CHECK_EQUAL_INT(outputs[i].type, PBK_OUTPUT_DEFINED);
      snprintf(key, sizeof key, "r%" PRIu64, seq - 1);
      CHECK_TEXT(inner_text(outputs[i].key), key);
      CHECK_EQUAL_INT(outputs[i].due, PBK_NO_TIME);
      CHECK(outputs[i].contact.bytes == NULL && outputs[i].enrollment == 0);
    }
    capacity = capacity % 64 + 1;
  } while (count > 0);
  CHECK_EQUAL_UINT(seq, 300);
  rig_close(&rig);
}

static void drained_into_larger_structs(void) {
  struct rig rig;
  struct {
    pbk_output known;
    unsigned char later[16];
  } outputs[3];
  uint32_t count;
  rig_open(&rig, 0);
  for (uint32_t i = 0; i < 3; i++) tell_format(&rig, "{'type':'define','kind':'role','key':'r%" PRIu32 "'}", i);
  CHECK_EQUAL_INT(pbk_commit(rig.engine), PBK_OK);
  memset(outputs, 0xff, sizeof outputs);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, &outputs[0].known, sizeof(pbk_output) - 1, 3, &count), PBK_ERR_SIZE_TOO_SMALL);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, &outputs[0].known, sizeof outputs[0], 3, &count), PBK_OK);
  CHECK_EQUAL_UINT(count, 3);
  CHECK_TEXT(inner_text(outputs[2].known.key), "r2");
  static const unsigned char zero[16];
  for (uint32_t i = 0; i < 3; i++) CHECK_EQUAL_BYTES(outputs[i].later, zero, 16);
  CHECK_EQUAL_INT(pbk_drain(NULL, &outputs[0].known, sizeof outputs[0], 3, &count), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, NULL, sizeof outputs[0], 3, &count), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, &outputs[0].known, sizeof outputs[0], 3, NULL), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

/* ---- errors ---- */

static void errors(void) {
  struct rig rig;
  rig_open(&rig, 0);
  pbk_error error = {.size = sizeof error};
  CHECK_EQUAL_INT(pbk_engine_error(rig.engine, &error), PBK_OK);
  CHECK_EQUAL_INT(error.status, PBK_OK);
  CHECK_EQUAL_INT(error.code, PBK_CODE_NONE);
  CHECK(error.message.bytes == NULL && error.path.bytes == NULL);

  pbk_audience persona = {.size = sizeof persona, .key = words("p"), .when = words("1 == 1 &&\n  nobody")};
  CHECK_EQUAL_INT(pbk_define_persona(rig.engine, NULL, &persona), PBK_ERR_REFUSED);
  error = rig_error(&rig);
  CHECK_EQUAL_INT(error.status, PBK_ERR_REFUSED);
  CHECK_EQUAL_INT(error.code, PBK_CODE_BAD_CONDITION);
  CHECK_TEXT(inner_text(error.path), "/when");
  CHECK_EQUAL_UINT(error.line, 2);
  CHECK_EQUAL_UINT(error.column, 3);
  CHECK_EQUAL_UINT(error.offset, 12);
  CHECK(error.message.size > 0);

  /* looking does not take it away */
  pbk_counts counts = {.size = sizeof counts};
  char buffer[16];
  size_t size;
  uint32_t drained;
  pbk_next_due(rig.engine);
  pbk_count(rig.engine, &counts);
  CHECK_EQUAL_INT(pbk_drain_json(rig.engine, buffer, sizeof buffer, &size), PBK_OK);
  CHECK_EQUAL_INT(pbk_drain(rig.engine, NULL, sizeof(pbk_output), 0, &drained), PBK_OK);
  CHECK_EQUAL_INT(rig_error(&rig).code, PBK_CODE_BAD_CONDITION);

  /* a call that comes through leaves no error */
  CHECK_EQUAL_INT(pbk_identify(rig.engine, NULL, "u1", 2, NULL), PBK_OK);
  error = rig_error(&rig);
  CHECK_EQUAL_INT(error.status, PBK_OK);
  CHECK_EQUAL_INT(error.code, PBK_CODE_NONE);
  CHECK_EQUAL_UINT(error.column, 0);

  struct {
    pbk_error known;
    unsigned char later[8];
  } larger = {.known = {.size = sizeof larger}, .later = {1, 2, 3}};
  static const unsigned char zero[8];
  CHECK_EQUAL_INT(pbk_engine_error(rig.engine, &larger.known), PBK_OK);
  CHECK_EQUAL_UINT(larger.known.size, sizeof larger);
  CHECK_EQUAL_BYTES(larger.later, zero, 8);
  error.size = sizeof error - 1;
  CHECK_EQUAL_INT(pbk_engine_error(rig.engine, &error), PBK_ERR_SIZE_TOO_SMALL);
  CHECK_EQUAL_INT(pbk_engine_error(NULL, &error), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_engine_error(rig.engine, NULL), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

static void no_engine(void) {
  CHECK_EQUAL_INT(pbk_commit(NULL), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_now(NULL), PBK_NO_TIME);
}

int main(void) {
  RUN(names);
  RUN(what_can_be_wrong_with_a_config);
  RUN(a_larger_config);
  RUN(the_config_is_copied);
  RUN(everything_is_given_back);
  RUN(creation_without_memory);
  RUN(creation_within_a_budget);
  RUN(work_without_memory);
  RUN(drained_many_at_a_time);
  RUN(drained_into_larger_structs);
  RUN(errors);
  RUN(no_engine);
  return check_report();
}
