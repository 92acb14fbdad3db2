/* tests/sim/medium.c - storage that loses, tears and reorders what was not synced, and fails when told; see sim.h.
 *
 * Each object is kept twice: as the process sees it, and as it was when it was last synced, with the list of changes
 * between. What a loss of power leaves is made of these: bytes in front of the first change are safe; behind it anything may
 * be there that one of the changes put there, sector by sector, or nothing. */
#include "sim.h"

enum { SECTOR = 512 };

const char *call_name(enum call call) {
  static const char *const names[] = {"append", "sync", "extent", "read", "truncate", "deliver", "step"};
  return names[call];
}

const char *loss_name(enum loss loss) {
  static const char *const names[] = {
    "process", "all that was not synced", "nothing", "the end of what was not synced", "sectors of it", "some writes of it"};
  return names[loss];
}

/* ---- an object ---- */

static void object_append(struct object *object, const void *bytes, size_t size) {
  if (object->change_count == CHANGES_MOST) run_fail("more than %d changes without a sync", CHANGES_MOST);
  if (object->change_count == 0) object->changed_from = object->now.size;
  object->changes[object->change_count++] =
    (struct change){.at = object->now.size, .start = object->changed.size, .size = size};
  bytes_add(&object->changed, bytes, size);
  bytes_add(&object->now, bytes, size);
}

static void object_truncate(struct object *object, uint64_t extent) {
  if (extent > object->now.size) run_fail("truncated to %" PRIu64 " bytes, and has %zu", extent, object->now.size);
  if (extent == object->now.size) return;
  if (object->change_count == CHANGES_MOST) run_fail("more than %d changes without a sync", CHANGES_MOST);
  if (object->change_count == 0 || extent < object->changed_from) object->changed_from = extent;
  object->changes[object->change_count++] = (struct change){.truncate = true, .at = extent};
  object->now.size = (size_t)extent;
}

static void object_sync(struct object *object) {
  if (object->change_count == 0) return;
  object->safe.size = (size_t)object->changed_from;
  bytes_add(&object->safe, object->now.at + object->changed_from, object->now.size - (size_t)object->changed_from);
  object->change_count = 0;
  object->changed.size = 0;
}

void object_set(struct object *object, const void *bytes, size_t size) {
  object->now.size = object->safe.size = object->changed.size = 0;
  object->change_count = 0;
  bytes_add(&object->now, bytes, size);
  bytes_add(&object->safe, bytes, size);
}

static void object_copy(struct object *to, const struct object *from) {
  bytes_copy(&to->now, &from->now);
  bytes_copy(&to->safe, &from->safe);
  bytes_copy(&to->changed, &from->changed);
  memcpy(to->changes, from->changes, from->change_count * sizeof from->changes[0]);
  to->change_count = from->change_count;
  to->changed_from = from->changed_from;
}

/* ---- what a crash leaves ---- */

/* One change put onto an image that may lack those before it. */
static void put_change(struct bytes *image, const struct object *object, const struct change *change, size_t size) {
  if (change->truncate) {
    if (image->size > change->at) image->size = (size_t)change->at;
    return;
  }
  size_t end = (size_t)change->at + size;
  bytes_reserve(image, end);
  if (image->size < change->at) memset(image->at + image->size, 0, (size_t)change->at - image->size);
  memcpy(image->at + change->at, object->changed.at + change->start, size);
  if (image->size < end) image->size = end;
}

/* The first changes whole, and of the next any number of bytes. */
static void lose_end(struct object *object, struct bytes *image, uint64_t *random) {
  uint32_t whole = random_below(random, object->change_count);
  const struct change *last = &object->changes[whole];
  for (uint32_t i = 0; i < whole; i++) put_change(image, object, &object->changes[i], object->changes[i].size);
  if (!last->truncate) put_change(image, object, last, random_below(random, (uint32_t)last->size + 1));
}

static void lose_some(struct object *object, struct bytes *image, uint64_t *random) {
  for (uint32_t i = 0; i < object->change_count; i++)
    if (random_one_in(random, 2)) put_change(image, object, &object->changes[i], object->changes[i].size);
}

/* As long as after all or some of the changes, and each sector as it was, as it should be, or never written. */
static void lose_sectors(struct object *object, struct bytes *image, uint64_t *random) {
  size_t size = object->safe.size;
  uint32_t stage = random_below(random, object->change_count) + 1;
  for (uint32_t i = 0; i < stage; i++)
    size = (size_t)object->changes[i].at + (object->changes[i].truncate ? 0 : object->changes[i].size);
  if (size < object->changed_from) size = (size_t)object->changed_from;
  bytes_reserve(image, size);
  size_t sector = random_one_in(random, 2) ? SECTOR : 32;
  for (size_t at = (size_t)object->changed_from; at < size;) {
    size_t end = (at / sector + 1) * sector;
    if (end > size) end = size;
    /* the very first write leaves zeros where it is torn, no noise: that would look like somebody else's */
    uint32_t fate = random_below(random, object->changed_from ? 8 : 7);
    for (; at < end; at++) {
      bool was = at < object->safe.size, is = at < object->now.size;
      if (fate < 4 && is)
        image->at[at] = object->now.at[at];
      else if (fate < 7)
        image->at[at] = was ? object->safe.at[at] : 0;
      else
        image->at[at] = was ? object->safe.at[at] : (unsigned char)random_next(random);
    }
  }
  image->size = size;
}

static void object_lose(struct object *object, enum loss loss, uint64_t *random) {
  static struct bytes image;
  if (object->change_count == 0) return;
  bytes_copy(&image, loss == LOSS_OF_NOTHING ? &object->now : &object->safe);
  if (loss == LOSS_OF_END) lose_end(object, &image, random);
  if (loss == LOSS_OF_SOME) lose_some(object, &image, random);
  if (loss == LOSS_OF_SECTORS) lose_sectors(object, &image, random);
  object_set(object, image.at, image.size);
}

void medium_lose(struct medium *medium, enum loss loss, uint64_t *random) {
  if (loss != LOSS_OF_PROCESS)
    for (int i = 0; i < PBK_OBJECTS; i++) object_lose(&medium->objects[i], loss, random);
  medium->crashed = medium->failed = medium->failing = false;
}

bool medium_has_changes(const struct medium *medium) {
  for (int i = 0; i < PBK_OBJECTS; i++)
    if (medium->objects[i].change_count) return true;
  return false;
}

void medium_clear(struct medium *medium) {
  for (int i = 0; i < PBK_OBJECTS; i++) object_set(&medium->objects[i], NULL, 0);
}

void medium_copy(struct medium *to, const struct medium *from) {
  for (int i = 0; i < PBK_OBJECTS; i++) object_copy(&to->objects[i], &from->objects[i]);
}

void medium_release(struct medium *medium) {
  for (int i = 0; i < PBK_OBJECTS; i++) {
    bytes_release(&medium->objects[i].now);
    bytes_release(&medium->objects[i].safe);
    bytes_release(&medium->objects[i].changed);
  }
}

/* ---- the calls ---- */

static bool due(const struct medium *medium, bool after) {
  return medium->fault_at && medium->calls == medium->fault_at && medium->fault_after == after;
}

bool medium_before(struct medium *medium) {
  if (medium->crashed) return false;
  medium->calls++;
  if (due(medium, false) && medium->fault == FAULT_CRASH) medium->crashed = true;
  return !medium->crashed;
}

bool medium_after(struct medium *medium) {
  if (due(medium, true) && medium->fault == FAULT_CRASH) medium->crashed = true;
  return !medium->crashed;
}

enum outcome { DONE, REFUSED, REFUSED_DONE };

/* What happens to a call of storage. A failure may come although the call had its effect. */
static enum outcome begin(struct medium *medium, enum call call, pbk_object object) {
  if (medium->crashed) return REFUSED;
  if (object < 0 || object >= PBK_OBJECTS) run_fail("%s of object %d", call_name(call), object);
  if (medium->failed) run_fail("%s after a call of storage had failed", call_name(call));
  bool writes = call == CALL_APPEND || call == CALL_SYNC || call == CALL_TRUNCATE;
  if (writes && medium->read_only) run_fail("%s while opened for reading only", call_name(call));
  medium->writes += writes;
  medium->calls++;
  TRACE("    call %" PRIu64 ": %s of object %d", medium->calls, call_name(call), object);
  enum outcome outcome = DONE;
  if (medium->fault_at == medium->calls && medium->fault != FAULT_NONE) {
    outcome = medium->fault_after ? REFUSED_DONE : REFUSED;
    if (medium->fault == FAULT_CRASH) medium->crashed = true;
    if (medium->fault == FAULT_FOR_GOOD) medium->failing = true;
    TRACE("    which %s", medium->crashed ? "the machine does not survive" : "fails");
  } else if (medium->failing) {
    outcome = REFUSED;
  }
  medium->failed = outcome != DONE;
  return outcome;
}

static void note(struct medium *medium, enum call call, pbk_object object, const void *bytes, uint64_t size) {
  if (medium->note) medium->note(medium->note_context, call, object, bytes, size);
}

static int32_t medium_append(void *context, pbk_object object, const void *bytes, size_t size) {
  struct medium *medium = context;
  enum outcome outcome = begin(medium, CALL_APPEND, object);
  if (outcome == REFUSED) return 1;
  if (size == 0) run_fail("an append of nothing");
  /* a write that fails may have written a part */
  if (outcome == REFUSED_DONE && !medium->crashed) size = random_below(&medium->random, (uint32_t)size + 1);
  object_append(&medium->objects[object], bytes, size);
  note(medium, CALL_APPEND, object, bytes, size);
  return outcome != DONE;
}

static int32_t medium_sync(void *context, pbk_object object) {
  struct medium *medium = context;
  enum outcome outcome = begin(medium, CALL_SYNC, object);
  if (outcome == REFUSED) return 1;
  object_sync(&medium->objects[object]);
  note(medium, CALL_SYNC, object, NULL, 0);
  if (outcome == DONE && object <= PBK_OBJECT_JOURNAL_1) medium->journal_synced = true;
  return outcome != DONE;
}

static int32_t medium_truncate(void *context, pbk_object object, uint64_t extent) {
  struct medium *medium = context;
  enum outcome outcome = begin(medium, CALL_TRUNCATE, object);
  if (outcome == REFUSED) return 1;
  object_truncate(&medium->objects[object], extent);
  note(medium, CALL_TRUNCATE, object, NULL, extent);
  return outcome != DONE;
}

static int32_t medium_extent(void *context, pbk_object object, uint64_t *extent) {
  struct medium *medium = context;
  *extent = UINT64_MAX / 2; /* what a failing call leaves behind must not be looked at */
  if (begin(medium, CALL_EXTENT, object) != DONE) return 1;
  *extent = medium->objects[object].now.size;
  return 0;
}

static int32_t medium_read(void *context, pbk_object object, uint64_t offset, void *bytes, size_t size) {
  struct medium *medium = context;
  memset(bytes, 0xa5, size);
  if (begin(medium, CALL_READ, object) != DONE) return 1;
  const struct bytes *now = &medium->objects[object].now;
  if (offset > now->size || size > now->size - offset)
    run_fail("read of %zu bytes from %" PRIu64 ", and there are %zu", size, offset, now->size);
  if (size) memcpy(bytes, now->at + offset, size);
  return 0;
}

pbk_storage medium_storage(struct medium *medium) {
  return (pbk_storage){.size = sizeof(pbk_storage),
                       .context = medium,
                       .append = medium_append,
                       .sync = medium_sync,
                       .extent = medium_extent,
                       .read = medium_read,
                       .truncate = medium_truncate};
}

void medium_repeat(struct medium *medium, enum call call, pbk_object object, const void *bytes, uint64_t size) {
  if (call == CALL_APPEND) object_append(&medium->objects[object], bytes, (size_t)size);
  if (call == CALL_SYNC) object_sync(&medium->objects[object]);
  if (call == CALL_TRUNCATE) object_truncate(&medium->objects[object], size);
}
