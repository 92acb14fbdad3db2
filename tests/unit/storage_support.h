/* tests/unit/storage_support.h - what may happen to what a rig has stored: crashes, copies, changed bytes, calls that fail. */
#ifndef PBK_TESTS_UNIT_STORAGE_SUPPORT_H
#define PBK_TESTS_UNIT_STORAGE_SUPPORT_H

#include "base/checksum.h"
#include "engine/journal.h"
#include "engine_support.h"

/* ---- copies of what is stored ---- */

struct stored {
  unsigned char *bytes[PBK_OBJECTS];
  size_t sizes[PBK_OBJECTS];
};

static inline void stored_release(struct stored *stored) {
  for (int i = 0; i < PBK_OBJECTS; i++) free(stored->bytes[i]);
  memset(stored, 0, sizeof *stored);
}

/* What stands in the storage now; what `stored` held is released. */
static inline void store_keep(const struct rig *rig, struct stored *stored) {
  stored_release(stored);
  for (int i = 0; i < PBK_OBJECTS; i++) {
    stored->sizes[i] = rig->objects[i].size;
    stored->bytes[i] = malloc(stored->sizes[i] + 1);
    if (!stored->bytes[i]) abort();
    if (stored->sizes[i]) memcpy(stored->bytes[i], rig->objects[i].bytes, stored->sizes[i]);
  }
}

static inline void store_set(struct rig *rig, int number, const void *bytes, size_t size) {
  struct rig_object *object = &rig->objects[number];
  if (size > object->capacity) {
    object->capacity = size;
    object->bytes = realloc(object->bytes, size);
    if (!object->bytes) abort();
  }
  if (size) memcpy(object->bytes, bytes, size);
  object->size = size;
}

static inline void store_put(struct rig *rig, const struct stored *stored) {
  for (int i = 0; i < PBK_OBJECTS; i++) store_set(rig, i, stored->bytes[i], stored->sizes[i]);
}

static inline bool store_is(const struct rig *rig, const struct stored *stored) {
  for (int i = 0; i < PBK_OBJECTS; i++)
    if (rig->objects[i].size != stored->sizes[i] ||
        (stored->sizes[i] && memcmp(rig->objects[i].bytes, stored->bytes[i], stored->sizes[i]) != 0))
      return false;
  return true;
}

/* ---- lives ---- */

/* The process is gone; what is stored stays. */
static inline void rig_crash(struct rig *rig) {
  pbk_engine_destroy(rig->engine);
  rig->engine = NULL;
}

/* Opens again; the opening is given back, where it is wanted. */
static inline pbk_status rig_reopen(struct rig *rig, uint32_t flags, pbk_opening *opening) {
  pbk_open_options options = {.size = sizeof options, .flags = flags};
  pbk_opening found = {.size = sizeof found};
  rig_crash(rig);
  pbk_status status = rig_open_stored(rig, &options, &found);
  CHECK_EQUAL_INT(found.status, status);
  CHECK((status == PBK_OK) == (rig->engine != NULL));
  if (opening) *opening = found;
  return status;
}

static inline bool message_has(const pbk_opening *opening, const char *words_of_it) {
  char message[PBK_OPENING_MESSAGE + 1];
  memcpy(message, opening->message, opening->message_size);
  message[opening->message_size] = 0;
  bool has = strstr(message, words_of_it) != NULL;
  if (!has) printf("the message is: %s\n", message);
  return has;
}
#define CHECK_MESSAGE(opening, wanted) CHECK(message_has((opening), (wanted)))

struct digest {
  unsigned char bytes[16];
};
static inline struct digest rig_digest(struct rig *rig) {
  struct digest digest = {{0}};
  CHECK_EQUAL_INT(pbk_state_digest(rig->engine, digest.bytes), PBK_OK);
  return digest;
}
#define CHECK_DIGEST(rig, wanted) CHECK_EQUAL_BYTES(rig_digest(rig).bytes, (wanted).bytes, 16)

/* ---- bytes ---- */

static inline uint32_t read_u32(const unsigned char *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static inline void put_u32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i));
}

/* A header of 24 bytes, or a record, whose checksum is made right again. */
static inline void seal_header(unsigned char *header) { put_u32(header + 20, pbk_crc32c(0, header, 20)); }
static inline void seal_record(unsigned char *record) {
  uint32_t size = read_u32(record);
  put_u32(record + size - 4, pbk_crc32c(0, record, size - 4));
}

/* A journal whose records were changed in place: all checksums, and each record's of the one before, are made right again. */
static inline void reseal_journal(struct rig_object *journal) {
  unsigned char *bytes = journal->bytes;
  seal_header(bytes);
  uint32_t before = read_u32(bytes + 20);
  for (size_t at = JOURNAL_HEADER, size; at < journal->size; at += size) {
    size = read_u32(bytes + at);
    put_u32(bytes + at + 24, before);
    seal_record(bytes + at);
    before = read_u32(bytes + at + size - 4);
  }
}

/* The same of a snapshot, of a rig whose engine's id is of 6 bytes; its journal then says that this is the one. */
static inline void reseal_snapshot(struct rig *rig, uint32_t slot) {
  struct rig_object *snapshot = &rig->objects[PBK_OBJECT_SNAPSHOT_0 + slot], *journal = &rig->objects[slot];
  uint32_t sum = 0;
  for (size_t at = 0, size; at < snapshot->size; at += size + 4) {
    size = at == 0 ? 20 : read_u32(snapshot->bytes + at + 4) + 8;
    sum = pbk_crc32c(sum, snapshot->bytes + at, size);
    put_u32(snapshot->bytes + at + size, sum);
  }
  put_u32(journal->bytes + JOURNAL_HEADER + RECORD_HEAD + 9, sum);
  reseal_journal(journal);
}

/* The place of a record in a journal, from 0, or SIZE_MAX where there are not so many. */
static inline size_t record_place(const struct rig_object *journal, uint32_t number) {
  size_t at = JOURNAL_HEADER;
  while (number-- > 0 && at < journal->size) at += read_u32(journal->bytes + at);
  return at < journal->size ? at : SIZE_MAX;
}
static inline uint32_t record_count(const struct rig_object *journal) {
  uint32_t count = 0;
  while (record_place(journal, count) != SIZE_MAX) count++;
  return count;
}

/* ---- calls that fail ---- */

/* A rig's storage of which one call fails, counted over all five kinds. */
struct failing {
  struct rig *rig;
  uint32_t calls, fail_at; /* 0: none */
  bool for_ever;           /* and all after it */
  uint32_t writes;         /* appends, syncs and truncates that were asked for */
};

static inline bool fails_now(struct failing *failing, bool writes) {
  failing->calls++;
  failing->writes += writes;
  return failing->fail_at && (failing->for_ever ? failing->calls >= failing->fail_at : failing->calls == failing->fail_at);
}
static inline int32_t failing_append(void *context, pbk_object object, const void *bytes, size_t size) {
  struct failing *failing = context;
  return fails_now(failing, true) ? 5 : rig_append(failing->rig, object, bytes, size);
}
static inline int32_t failing_sync(void *context, pbk_object object) {
  struct failing *failing = context;
  return fails_now(failing, true) ? -1 : rig_sync(failing->rig, object);
}
static inline int32_t failing_extent(void *context, pbk_object object, uint64_t *bytes) {
  struct failing *failing = context;
  return fails_now(failing, false) ? 1 : rig_extent(failing->rig, object, bytes);
}
static inline int32_t failing_read(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size) {
  struct failing *failing = context;
  return fails_now(failing, false) ? 1 : rig_read(failing->rig, object, offset, bytes, size);
}
static inline int32_t failing_truncate(void *context, pbk_object object, uint64_t extent) {
  struct failing *failing = context;
  return fails_now(failing, true) ? 1 : rig_truncate(failing->rig, object, extent);
}
static inline pbk_storage failing_storage(struct failing *failing) {
  return (pbk_storage){.size = sizeof(pbk_storage), .context = failing,       .append = failing_append, .sync = failing_sync,
                       .extent = failing_extent,    .read = failing_read, .truncate = failing_truncate};
}

#endif
