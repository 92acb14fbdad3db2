/* bench/memory_storage.h - storage callbacks over memory: what keeping an engine costs without what a disk costs. */
#ifndef BENCH_MEMORY_STORAGE_H
#define BENCH_MEMORY_STORAGE_H

#include <playbook/playbook.h>
#include <stdlib.h>
#include <string.h>

struct memory_object {
  unsigned char *bytes;
  size_t size, capacity;
};
struct memory_storage {
  struct memory_object objects[PBK_OBJECTS];
  uint64_t appends, syncs;
};

static int32_t memory_append(void *context, pbk_object number, const void *bytes, size_t size) {
  struct memory_storage *storage = context;
  struct memory_object *object = &storage->objects[number];
  if (object->size + size > object->capacity) {
    object->capacity = (object->size + size) * 2;
    object->bytes = realloc(object->bytes, object->capacity);
    if (!object->bytes) abort();
  }
  memcpy(object->bytes + object->size, bytes, size);
  object->size += size;
  storage->appends++;
  return 0;
}
static int32_t memory_sync(void *context, pbk_object number) {
  (void)number;
  ((struct memory_storage *)context)->syncs++;
  return 0;
}
static int32_t memory_extent(void *context, pbk_object number, uint64_t *bytes) {
  *bytes = ((struct memory_storage *)context)->objects[number].size;
  return 0;
}
static int32_t memory_read(void *context, pbk_object number, uint64_t offset, void *bytes, size_t size) {
  memcpy(bytes, ((struct memory_storage *)context)->objects[number].bytes + offset, size);
  return 0;
}
static int32_t memory_truncate(void *context, pbk_object number, uint64_t size) {
  ((struct memory_storage *)context)->objects[number].size = (size_t)size;
  return 0;
}
static pbk_storage memory_callbacks(struct memory_storage *storage) {
  return (pbk_storage){.size = sizeof(pbk_storage),
                       .context = storage,
                       .append = memory_append,
                       .sync = memory_sync,
                       .extent = memory_extent,
                       .read = memory_read,
                       .truncate = memory_truncate};
}
static void memory_release(struct memory_storage *storage) {
  for (int i = 0; i < PBK_OBJECTS; i++) free(storage->objects[i].bytes);
  memset(storage, 0, sizeof *storage);
}

#endif
