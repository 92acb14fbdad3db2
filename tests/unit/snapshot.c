/* tests/unit/snapshot.c - the whole state in an object: frames, packed or not, damage, other versions, and bytes that lie under right
 * checksums. */
#include "engine/snapshot.h"

#include "base/coder.h"
#include "storage_support.h"

/* Something of everything, small: defined, enrolled, waiting, to be sent. */
static void fill(struct rig *rig) {
  define_usual(rig);
  TELL_ALL(rig, "{'type':'define','kind':'persona','key':'dormant','when':'events(`login`).quiet(days(2))'}",
           "{'type':'define','kind':'segment','key':'pro','of':'account','when':'account.traits.plan == `pro`'}",
           "{'type':'define','kind':'schema','key':'contact','traits':{'n':'int','tags':'list(string)'},'open':true}",
           "{'type':'define','kind':'playbook','key':'p','active':true,'trigger':[{'persona':'dormant'},{'event':'go'}],'exit':{'when':"
           "'contact.traits.n > 9'},'branches':[{'segment':'pro','senders':{'pool':['ann','bob']}}],'steps':[{'actions':[{'email':{"
           "'template':'hello','send_as':'pool'}},{'task':{'title':'Call','due':'2d'}}]},{'delay':'1d','actions':[{'email':{'template':"
           "'again','approval':false}}]}]}",
           "{'type':'group','userId':'u1','groupId':'acme','traits':{'plan':'pro'},'timestamp':1000}",
           "{'type':'identify','userId':'u1','traits':{'n':1,'tags':['a'],'d':0.5,'m':{'x':[null,true]}}}",
           "{'type':'identify','userId':'u2','traits':{'n':2}}", "{'type':'track','userId':'u1','event':'login','messageId':'one'}",
           "{'type':'track','userId':'u1','event':'go'}", "{'type':'approve','message':1}", "{'type':'delete','userId':'u2'}",
           "{'type':'undefine','kind':'sender','key':'out'}", "{'type':'undefine','kind':'user','key':'idle'}");
  CHECK_EQUAL_INT(pbk_advance(rig->engine, 2000 * PBK_SECOND, 0), PBK_OK);
}

static void fill_people(struct rig *rig, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    tell_format(rig, "{'type':'track','userId':'contact number %" PRIu32 "','event':'login','properties':{'a':1}}", i);
  for (uint32_t i = 0; i < count; i++)
    tell_format(rig, "{'type':'identify','userId':'contact number %" PRIu32 "','traits':{'name':'somebody whose name is %" PRIu32 "'}}", i, i);
}

/* Walks the frames of a snapshot; gives how many have content, and how much. */
static uint32_t walk(const struct rig_object *object, uint64_t *content, uint32_t *sum) {
  uint32_t frames = 0;
  *content = *sum = 0;
  CHECK(memcmp(object->bytes, "PBKSNAPS", 8) == 0);
  CHECK_EQUAL_UINT(read_u32(object->bytes + 8), 1); /* major 1, minor 0 */
  *sum = pbk_crc32c(0, object->bytes, 20);
  CHECK_EQUAL_UINT(read_u32(object->bytes + 20), *sum);
  for (size_t at = SNAPSHOT_HEADER; CHECK(at + 12 <= object->size);) {
    uint32_t size = read_u32(object->bytes + at), stored = read_u32(object->bytes + at + 4);
    *sum = pbk_crc32c(*sum, object->bytes + at, stored + 8);
    CHECK_EQUAL_UINT(read_u32(object->bytes + at + stored + 8), *sum);
    at += stored + 12;
    if (size == 0) {
      CHECK_EQUAL_UINT(at, object->size);
      break;
    }
    frames++;
    *content += size;
  }
  return frames;
}

/* ---- frames ---- */

static void one_frame(void) {
  struct rig rig;
  uint64_t content;
  uint32_t sum;
  rig_open(&rig, 0);
  fill(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  struct digest digest = rig_digest(&rig);
  CHECK_EQUAL_UINT(rig.objects[PBK_OBJECT_SNAPSHOT_0].size, 0);
  const struct rig_object *object = &rig.objects[PBK_OBJECT_SNAPSHOT_1];
  CHECK_EQUAL_UINT(walk(object, &content, &sum), 1);
  CHECK_EQUAL_UINT(content, object->size - SNAPSHOT_HEADER - 24);
  CHECK_EQUAL_UINT(read_u32(object->bytes + 12), 0);
  CHECK_EQUAL_UINT(read_u32(object->bytes + 16), 1);
  CHECK_EQUAL_UINT(read_u32(rig.objects[1].bytes + JOURNAL_HEADER + RECORD_HEAD + 9), sum);
  pbk_opening opening;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  CHECK_EQUAL_UINT(opening.generation, 1);
  CHECK_DIGEST(&rig, digest);
  rig_close(&rig);
}

static void many_frames(void) {
  struct rig rig;
  uint64_t content, packed_content = 0;
  uint32_t sum;
  rig_open(&rig, 0);
  fill(&rig);
  fill_people(&rig, 6000);
  rig_take(&rig);
  struct digest digest = rig_digest(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  uint32_t frames = walk(&rig.objects[PBK_OBJECT_SNAPSHOT_1], &content, &sum);
  CHECK(frames >= 2);
  CHECK(content / frames > CODER_FRAME / 2);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  CHECK_DIGEST(&rig, digest);
  if (pbk_can_compress()) {
    size_t plain = rig.objects[PBK_OBJECT_SNAPSHOT_1].size;
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, PBK_SNAPSHOT_COMPRESSED), PBK_OK);
    CHECK_EQUAL_UINT(walk(&rig.objects[PBK_OBJECT_SNAPSHOT_0], &packed_content, &sum), frames);
    CHECK_EQUAL_UINT(packed_content, content);
    CHECK_EQUAL_UINT(read_u32(rig.objects[PBK_OBJECT_SNAPSHOT_0].bytes + 12), SNAPSHOT_COMPRESSED);
    CHECK(rig.objects[PBK_OBJECT_SNAPSHOT_0].size * 3 < plain);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
    CHECK_DIGEST(&rig, digest);
  }
  rig_close(&rig);
}

/* Frames that come in another order, twice, or not at all: each checksum is over everything before it. */
static void frames_keep_their_order(void) {
  struct rig rig;
  pbk_opening opening;
  rig_open(&rig, 0);
  fill_people(&rig, 9000);
  rig_take(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  struct rig_object *object = &rig.objects[PBK_OBJECT_SNAPSHOT_1];
  size_t second = SNAPSHOT_HEADER + 12 + read_u32(object->bytes + SNAPSHOT_HEADER);
  size_t third = second + 12 + read_u32(object->bytes + second);
  if (!CHECK(third + 12 < object->size)) return;
  memmove(object->bytes + second, object->bytes + third, object->size - third);
  object->size -= third - second;
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  CHECK_EQUAL_INT(opening.object, PBK_OBJECT_SNAPSHOT_1);
  CHECK_EQUAL_UINT(opening.offset, second);
  rig_close(&rig);
}

/* ---- damage ---- */

static void any_byte(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  pbk_opening opening;
  rig_open(&rig, 0);
  fill(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  rig_crash(&rig);
  store_keep(&rig, &fine);
  struct rig_object *object = &rig.objects[PBK_OBJECT_SNAPSHOT_1];
  for (size_t at = 0; at < object->size; at += at < 60 || at + 60 > object->size ? 1 : 13) {
    object->bytes[at] ^= (unsigned char)(1 << at % 8);
    check_note("byte %zu", at);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
    CHECK(opening.has_place && opening.object == PBK_OBJECT_SNAPSHOT_1 && opening.offset <= at);
    CHECK_MESSAGE(&opening, "snapshot 1, byte ");
    object->bytes[at] ^= (unsigned char)(1 << at % 8);
  }
  size_t whole = object->size;
  for (size_t size = 0; size < whole; size += size < 60 || size + 60 > whole ? 1 : 37) {
    object->size = size;
    check_note("%zu bytes of it", size);
    CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  }
  store_put(&rig, &fine);
  CHECK_EQUAL_INT(rig_append(&rig, PBK_OBJECT_SNAPSHOT_1, "", 1), 0); /* one more than belongs there */
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  store_put(&rig, &fine);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_OK);
  stored_release(&fine);
  rig_close(&rig);
}

/* A whole snapshot of the same generation and size, and yet not the one that the journal goes on from. */
static void another_one(void) {
  struct rig rig;
  struct stored first = {{NULL}, {0}};
  pbk_opening opening;
  rig_open(&rig, 0);
  fill(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  store_keep(&rig, &first);
  rig_free(&rig);
  rig_open(&rig, 0);
  fill(&rig);
  TELL_ALL(&rig, "{'type':'identify','userId':'u1','traits':{'n':2}}");
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  rig_crash(&rig);
  CHECK_EQUAL_UINT(rig.objects[PBK_OBJECT_SNAPSHOT_1].size, first.sizes[PBK_OBJECT_SNAPSHOT_1]);
  store_set(&rig, PBK_OBJECT_SNAPSHOT_1, first.bytes[PBK_OBJECT_SNAPSHOT_1], first.sizes[PBK_OBJECT_SNAPSHOT_1]);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, &opening), PBK_ERR_CORRUPT);
  stored_release(&first);
  rig_close(&rig);
}

/* ---- other versions ---- */

/* Changes a byte of the snapshot, under right checksums; what opening then says, and that nothing is written. */
static void check_changed(struct rig *rig, const struct stored *fine, size_t at, unsigned char value, pbk_status wanted,
                          const char *says) {
  struct stored changed = {{NULL}, {0}};
  pbk_opening opening;
  store_put(rig, fine);
  rig->objects[PBK_OBJECT_SNAPSHOT_1].bytes[at] = value;
  reseal_snapshot(rig, 1);
  store_keep(rig, &changed);
  check_note("byte %zu", at);
  CHECK_EQUAL_INT(rig_reopen(rig, 0, &opening), wanted);
  CHECK_MESSAGE(&opening, says);
  CHECK(store_is(rig, &changed));
  stored_release(&changed);
}

static void versions(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  rig_open(&rig, 0);
  fill(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  rig_crash(&rig);
  store_keep(&rig, &fine);
  const unsigned char *bytes = fine.bytes[PBK_OBJECT_SNAPSHOT_1];
  check_changed(&rig, &fine, 8, 2, PBK_ERR_UNSUPPORTED, "newer version");
  check_changed(&rig, &fine, 12, 2, PBK_ERR_UNSUPPORTED, "newer version");
  check_changed(&rig, &fine, 15, 0x80, PBK_ERR_UNSUPPORTED, "newer version");
  check_changed(&rig, &fine, 16, 3, PBK_ERR_CORRUPT, "damaged"); /* another generation */
  check_changed(&rig, &fine, SNAPSHOT_HEADER + 8, SEMANTICS_VERSION + 1, PBK_ERR_UNSUPPORTED, "newer version");
  /* The checksum of the definitions stands behind semantics, the engine's id and the sequence. */
  CHECK_EQUAL_UINT(bytes[SNAPSHOT_HEADER + 9], 7);
  size_t definitions = SNAPSHOT_HEADER + 17;
  check_changed(&rig, &fine, definitions, (unsigned char)(bytes[definitions] ^ 1), PBK_ERR_DIVERGED, "definitions");
  /* Packed, it says. */
  if (pbk_can_compress()) check_changed(&rig, &fine, 12, SNAPSHOT_COMPRESSED, PBK_ERR_DIVERGED, "");
  else check_changed(&rig, &fine, 12, SNAPSHOT_COMPRESSED, PBK_ERR_UNSUPPORTED, "built without zlib");
  store_put(&rig, &fine); /* a later minor version can be read */
  rig.objects[PBK_OBJECT_SNAPSHOT_1].bytes[10] = 9;
  reseal_snapshot(&rig, 1);
  CHECK_EQUAL_INT(rig_reopen(&rig, 0, NULL), PBK_OK);
  stored_release(&fine);
  rig_close(&rig);
}

static void without_zlib(void) {
  struct rig rig;
  rig_open(&rig, 0);
  fill(&rig);
  uint32_t appends = rig.appends;
  if (pbk_can_compress()) {
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, PBK_SNAPSHOT_COMPRESSED), PBK_OK);
  } else {
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, PBK_SNAPSHOT_COMPRESSED), PBK_ERR_UNSUPPORTED);
    CHECK_EQUAL_UINT(rig.appends, appends); /* nothing was done */
    CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  }
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 2), PBK_ERR_ARGUMENT);
  CHECK_EQUAL_INT(pbk_snapshot(NULL, 0), PBK_ERR_ARGUMENT);
  rig_close(&rig);
  rig_open(&rig, RIG_WITHOUT_STORAGE);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_ERR_ARGUMENT);
  rig_close(&rig);
}

/* ---- nothing is believed ---- */

/* Bytes changed at random under right checksums: refused, or a state that can be written, run and freed; and no memory beyond the
 * budget. */
static void hostile_bytes(void) {
  struct rig rig;
  struct stored fine = {{NULL}, {0}};
  uint64_t random = 5;
  uint32_t opened = 0, refused = 0;
  rig_open(&rig, 0);
  fill(&rig);
  CHECK_EQUAL_INT(pbk_snapshot(rig.engine, 0), PBK_OK);
  rig_crash(&rig);
  store_keep(&rig, &fine);
  struct rig_object *object = &rig.objects[PBK_OBJECT_SNAPSHOT_1];
  rig.budget = 64 << 20;
  for (uint32_t round = 0; round < 3000; round++) {
    store_put(&rig, &fine);
    uint32_t changes = 1 + check_random_below(&random, 3), room = (uint32_t)object->size - SNAPSHOT_HEADER - 32;
    for (uint32_t i = 0; i < changes; i++) {
      uint32_t at = SNAPSHOT_HEADER + 8 + check_random_below(&random, room);
      static const unsigned char values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
      object->bytes[at] = check_random_below(&random, 2) ? values[check_random_below(&random, 6)] : (unsigned char)check_random(&random);
    }
    reseal_snapshot(&rig, 1);
    pbk_opening opening;
    check_note("round %u", round);
    pbk_status status = rig_reopen(&rig, 0, &opening);
    if (status != PBK_OK) {
      refused++;
      CHECK(status == PBK_ERR_DIVERGED || status == PBK_ERR_UNSUPPORTED || status == PBK_ERR_NO_MEMORY || status == PBK_ERR_CORRUPT);
      continue;
    }
    opened++;
    tell(&rig, "{'type':'track','userId':'u1','event':'login'}");
    pbk_advance(rig.engine, pbk_now(rig.engine) < 100 * PBK_DAY ? 101 * PBK_DAY : pbk_now(rig.engine) + PBK_DAY, 100);
    pbk_commit(rig.engine);
    rig_drain(&rig);
  }
  CHECK(refused > 1000);
  CHECK(opened > 10); /* a title, an address, a number: nothing else hangs on them */
  CHECK(rig.most <= 64 << 20);
  stored_release(&fine);
  rig_close(&rig);
}

int main(void) {
  RUN(one_frame);
  RUN(many_frames);
  RUN(frames_keep_their_order);
  RUN(any_byte);
  RUN(another_one);
  RUN(versions);
  RUN(without_zlib);
  RUN(hostile_bytes);
  return check_report();
}
