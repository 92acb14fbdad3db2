/* tests/fuzz/make_corpus.c - writes what the fuzzers of stored bytes begin with: make_corpus FOLDER makes FOLDER/journal and
 * FOLDER/snapshot from a few small engines. The files stand in tests/fuzz/corpus; make them again when a format changes. */
#define _POSIX_C_SOURCE 200809L
#include "stored.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *const scripts[][16] = {
  {"{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"n\":1,\"x\":[1.5,null,{\"a\":\"b\"}]},\"timestamp\":\"2026-01-"
   "01T00:00:00Z\"}",
   "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"login\",\"messageId\":\"m1\"}", "not a line", NULL},
  {"{\"type\":\"define\",\"kind\":\"channel\",\"key\":\"email\",\"timestamp\":\"2026-01-01T00:00:00Z\"}",
   "{\"type\":\"define\",\"kind\":\"template\",\"key\":\"t\"}", "{\"type\":\"define\",\"kind\":\"user\",\"key\":\"john\"}",
   "{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"ann\",\"user\":\"john\"}",
   "{\"type\":\"define\",\"kind\":\"settings\",\"default_sender\":\"ann\",\"retry_waits\":[\"1m\",\"2h\"]}",
   "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"dormant\",\"when\":\"events('login').quiet(days(2))\"}",
   "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"p\",\"active\":true,\"trigger\":[{\"persona\":\"dormant\"},{"
   "\"manual\":true}],"
   "\"senders\":{\"pool\":[\"ann\"]},\"steps\":[{\"actions\":[{\"email\":{\"template\":\"t\",\"send_as\":\"pool\"}}]},{"
   "\"delay\":\"1d\","
   "\"actions\":[{\"task\":{\"title\":\"Call\",\"due\":\"1d\"}}]}]}",
   "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"login\"}",
   "{\"type\":\"enroll\",\"playbook\":\"p\",\"userId\":\"u2\"}", "{\"type\":\"approve\",\"message\":1}",
   "{\"type\":\"advance\",\"timestamp\":\"2026-01-04T00:00:00Z\"}", NULL},
  {"{\"type\":\"define\",\"kind\":\"role\",\"key\":\"CSM\",\"timestamp\":\"2026-01-01T00:00:00Z\"}",
   "{\"type\":\"define\",\"kind\":\"user\",\"key\":\"john\"}",
   "{\"type\":\"define\",\"kind\":\"segment\",\"key\":\"pro\",\"of\":\"account\",\"when\":\"account.traits.plan == 'pro'\"}",
   "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"g\",\"subject\":\"account\",\"active\":true,\"trigger\":{"
   "\"segment\":\"pro\"},"
   "\"steps\":[{\"actions\":[{\"assign\":{\"role\":\"CSM\",\"rotate\":[\"john\"]}}]},{\"delay\":\"2d\",\"actions\":[{"
   "\"task\":{\"title\":\"T\"}}]}]}",
   "{\"type\":\"batch\",\"batch\":[{\"type\":\"group\",\"userId\":\"u1\",\"groupId\":\"a1\",\"traits\":{\"plan\":\"pro\"}},{"
   "\"type\":\"health\","
   "\"groupId\":\"a1\",\"health\":7}]}",
   "{\"type\":\"stage\",\"userId\":\"u1\",\"stage\":\"trial\"}",
   "{\"type\":\"alias\",\"previousId\":\"u1\",\"userId\":\"u3\"}", NULL}};

static void save(const char *folder, const char *kind, unsigned number, const void *head, size_t head_size,
                 const void *bytes, size_t size) {
  char path[1000];
  snprintf(path, sizeof path, "%s/%s", folder, kind);
  mkdir(path, 0777);
  snprintf(path, sizeof path, "%s/%s/%02u", folder, kind, number);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(head, 1, head_size, file) != head_size || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static void save_snapshot(const char *folder, unsigned number, const struct stored *stored) {
  const unsigned char *snapshot = stored->objects[PBK_OBJECT_SNAPSHOT_1].bytes + 24,
                      *record = stored->objects[PBK_OBJECT_JOURNAL_1].bytes + 24;
  unsigned char head[26] = {0}, content[1 << 16];
  size_t size = 0, frame;
  while ((frame = (size_t)stored_get(snapshot, 4)) > 0 && size + frame <= sizeof content) {
    memcpy(content + size, snapshot + 8, frame);
    size += frame;
    snapshot += frame + 12;
  }
  stored_put(head, 0xffff, 2); /* one frame: a second begins between two items only */
  /* the start record: type, version, id, checksum, bytes, then what belongs to the content */
  const unsigned char *at = record + 28 + 2;
  at += 1 + *at + 4;
  while (*at++ & 128) continue;
  memcpy(head + 2, at, 8);
  at += 8;
  uint64_t last_output = 0;
  for (unsigned shift = 0;; shift += 7) {
    last_output |= (uint64_t)(*at & 127) << shift;
    if (!(*at++ & 128)) break;
  }
  stored_put(head + 10, last_output, 8);
  stored_put(head + 18, stored_get(record + 8, 8) - 1, 8);
  save(folder, "snapshot", number, head, sizeof head, content, size);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  mkdir(arguments[1], 0777);
  for (unsigned i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    struct stored stored = {0};
    pbk_storage storage = stored_callbacks(&stored);
    pbk_config config = {.size = sizeof config, .engine_id = {"simulated", 9}, .storage = &storage};
    pbk_engine *engine;
    if (pbk_engine_create(&config, &engine) != PBK_OK) return 1;
    for (unsigned j = 0; scripts[i][j]; j++) {
      pbk_feed_line(engine, scripts[i][j], strlen(scripts[i][j]));
      if (j == 4) pbk_commit(engine);
    }
    if (pbk_commit(engine) != PBK_OK) return 1;
    for (unsigned flags = 0; flags < 2; flags++) {
      unsigned char first = (unsigned char)(flags + (i == 1) * 4);
      save(arguments[1], "journal", i * 2 + flags, &first, 1, stored.objects[0].bytes, stored.objects[0].size);
    }
    if (pbk_snapshot(engine, 0) != PBK_OK) return 1;
    save_snapshot(arguments[1], i, &stored);
    pbk_engine_destroy(engine);
    stored_release(&stored);
  }
  return 0;
}
