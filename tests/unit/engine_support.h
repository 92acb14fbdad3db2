/* tests/unit/engine_support.h - an engine with a host around it, for the tests that go through the public API.
 *
 *   struct rig rig;
 *   rig_open(&rig, PBK_DELIVER_AT_ONCE);
 *   tell(&rig, "{'type':'identify','userId':'u1'}");          one line; ' stands for ", ` for '
 *   CHECK_OUTPUTS(&rig, "tagged u1 dormant\n");               commits, drains, and compares one short line per output
 *   rig_close(&rig);                                          checks that all memory was given back
 *
 * The host keeps the journal in memory, answers deliveries as told, counts, and fails when told. */
#ifndef PBK_TESTS_UNIT_ENGINE_SUPPORT_H
#define PBK_TESTS_UNIT_ENGINE_SUPPORT_H

#include <playbook/playbook.h>

#include "check.h"

enum { RIG_WITHOUT_STORAGE = 1 << 8, RIG_WITHOUT_DELIVERY = 1 << 9 }; /* beside the engine's own flags */

struct rig_offer {
  uint64_t message;
  uint32_t attempt;
  char key[64], to[64], sender[64], note[64], address[64];
  size_t synced; /* bytes of the journal that were durable when it came */
};

struct rig {
  pbk_engine *engine;
  uint32_t flags;
  const char *engine_id;
  /* memory */
  uint64_t budget, allocations, fail_at, counted, wrong_sizes, out, most;
  bool fail_once; /* that call only, not all after it */
  struct rig_block *blocks;
  /* storage */
  struct rig_object {
    unsigned char *bytes;
    size_t size, capacity;
  } objects[PBK_OBJECTS];
  size_t synced; /* bytes of the first journal that are durable */
  uint32_t appends, syncs;
  uint32_t fail_append_at, fail_sync_at; /* this call and all after it; 0: never */
  /* delivery: answers go round; none: sent */
  int32_t answers[8];
  uint32_t answer_count;
  pbk_duration wait; /* of retries */
  const char *reason;
  uint32_t offers;
  struct rig_offer offered[64]; /* the latest stand at offers % 64 */
  /* what came in which order: a append, s sync, o offer */
  char order[256];
  uint32_t order_size;
  void (*inside)(struct rig *rig, char where); /* called in every callback of storage and delivery */
  /* outputs as text */
  char *text;
  size_t text_size, text_capacity;
  bool times; /* each short line begins with its time in microseconds */
};

static inline pbk_text words(const char *zero_terminated) {
  return (pbk_text){zero_terminated, zero_terminated ? strlen(zero_terminated) : 0};
}

/* ---- memory: every block knows its size, so that a wrong one given back is seen; what is left at the end can be freed ----
 */

struct rig_block {
  struct rig_block *before, *after;
  size_t size, unused;
};

static inline void rig_unlink(struct rig *rig, struct rig_block *block) {
  if (block->before)
    block->before->after = block->after;
  else
    rig->blocks = block->after;
  if (block->after) block->after->before = block->before;
}

static inline void *rig_allocate(void *context, void *pointer, size_t old_size, size_t new_size) {
  struct rig *rig = context;
  struct rig_block *block = pointer ? (struct rig_block *)pointer - 1 : NULL, *moved = NULL;
  size_t known = block ? block->size : 0;
  if (known != old_size) rig->wrong_sizes++;
  if (new_size > 0) {
    rig->allocations++;
    bool fails = rig->fail_at && rig->allocations >= rig->fail_at;
    if (fails && rig->fail_once) rig->fail_at = 0;
    if (fails) return NULL;
    moved = malloc(sizeof *moved + new_size); /* always another place */
    if (!moved) return NULL;
    *moved = (struct rig_block){.after = rig->blocks, .size = new_size};
    if (rig->blocks) rig->blocks->before = moved;
    rig->blocks = moved;
    memset(moved + 1, 0xa5, new_size);
    if (block) memcpy(moved + 1, block + 1, known < new_size ? known : new_size);
    rig->out += new_size;
  }
  if (block) rig_unlink(rig, block);
  free(block);
  rig->out -= known;
  if (rig->out > rig->most) rig->most = rig->out;
  return moved ? moved + 1 : NULL;
}

/* ---- storage and delivery ---- */

static inline void rig_note(struct rig *rig, char what) {
  if (rig->order_size + 1 < sizeof rig->order) rig->order[rig->order_size++] = what;
  rig->order[rig->order_size] = 0;
  if (rig->inside) rig->inside(rig, what);
}

static inline int32_t rig_append(void *context, pbk_object number, const void *bytes, size_t size) {
  struct rig *rig = context;
  struct rig_object *object = &rig->objects[number];
  rig->appends++;
  rig_note(rig, 'a');
  if (rig->fail_append_at && rig->appends >= rig->fail_append_at) return 1;
  if (object->size + size > object->capacity) {
    object->capacity = (object->size + size) * 2;
    object->bytes = realloc(object->bytes, object->capacity);
    if (!object->bytes) abort();
  }
  memcpy(object->bytes + object->size, bytes, size);
  object->size += size;
  return 0;
}

static inline int32_t rig_sync(void *context, pbk_object number) {
  struct rig *rig = context;
  rig->syncs++;
  rig_note(rig, 's');
  if (rig->fail_sync_at && rig->syncs >= rig->fail_sync_at) return 1;
  if (number == PBK_OBJECT_JOURNAL_0) rig->synced = rig->objects[0].size;
  return 0;
}

static inline int32_t rig_extent(void *context, pbk_object number, uint64_t *bytes) {
  const struct rig *rig = context;
  *bytes = rig->objects[number].size;
  return 0;
}

static inline int32_t rig_read(void *context, pbk_object number, uint64_t offset, void *bytes, size_t size) {
  const struct rig *rig = context;
  if (offset > rig->objects[number].size || size > rig->objects[number].size - offset) return 1;
  memcpy(bytes, rig->objects[number].bytes + offset, size);
  return 0;
}

static inline int32_t rig_truncate(void *context, pbk_object number, uint64_t extent) {
  struct rig *rig = context;
  if (extent > rig->objects[number].size) return 1;
  rig->objects[number].size = (size_t)extent;
  return 0;
}

static inline pbk_storage rig_storage(struct rig *rig) {
  return (pbk_storage){.size = sizeof(pbk_storage), .context = rig,           .append = rig_append, .sync = rig_sync,
                       .extent = rig_extent,        .read = rig_read, .truncate = rig_truncate};
}

static inline void rig_copy_text(char to[64], pbk_text text) {
  size_t size = text.size < 63 ? text.size : 63;
  if (size) memcpy(to, text.bytes, size);
  to[size] = 0;
}

static inline void rig_deliver(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  struct rig *rig = context;
  (void)engine;
  struct rig_offer *kept = &rig->offered[rig->offers % 64];
  kept->message = offer->message;
  kept->attempt = offer->attempt;
  kept->synced = rig->synced;
  rig_copy_text(kept->key, offer->key);
  rig_copy_text(kept->to, offer->to);
  rig_copy_text(kept->sender, offer->sender);
  rig_copy_text(kept->note, offer->note);
  rig_copy_text(kept->address, offer->to_address);
  if (rig->answer_count) {
    answer->outcome = rig->answers[rig->offers % rig->answer_count];
    if (answer->outcome == PBK_DELIVERY_RETRY) answer->wait = rig->wait;
    if (answer->outcome == PBK_DELIVERY_FAILED) answer->reason = words(rig->reason);
  }
  rig->offers++;
  rig_note(rig, 'o');
}

/* ---- opening and closing ---- */

static inline pbk_status rig_open_stored(struct rig *rig, const pbk_open_options *options, pbk_opening *opening) {
  pbk_storage storage = rig_storage(rig);
  pbk_config config = {.size = sizeof config,
                       .flags = rig->flags & 0xff,
                       .engine_id = words(rig->engine_id ? rig->engine_id : "engine"),
                       .allocate = rig_allocate,
                       .allocate_context = rig,
                       .memory_budget = rig->budget,
                       .storage = rig->flags & RIG_WITHOUT_STORAGE ? NULL : &storage,
                       .deliver = rig->flags & RIG_WITHOUT_DELIVERY ? NULL : rig_deliver,
                       .deliver_context = rig};
  return pbk_engine_open(&config, options, opening, &rig->engine);
}

static inline pbk_status rig_create(struct rig *rig) { return rig_open_stored(rig, NULL, NULL); }

static inline void rig_open(struct rig *rig, uint32_t flags) {
  memset(rig, 0, sizeof *rig);
  rig->flags = flags;
  rig->wait = PBK_WAIT_DEFAULT;
  if (rig_create(rig) != PBK_OK) {
    printf("an engine could not be made\n");
    exit(1);
  }
}

static inline void rig_free(struct rig *rig) {
  pbk_engine_destroy(rig->engine);
  rig->engine = NULL;
  while (rig->blocks) {
    struct rig_block *block = rig->blocks;
    rig->blocks = block->after;
    free(block);
  }
  for (int i = 0; i < PBK_OBJECTS; i++) free(rig->objects[i].bytes);
  memset(rig->objects, 0, sizeof rig->objects);
  free(rig->text);
  rig->text = NULL;
}

static inline void rig_close(struct rig *rig) {
  rig_free(rig);
  CHECK_EQUAL_UINT(rig->out, 0);
  CHECK_EQUAL_UINT(rig->wrong_sizes, 0);
}

/* ---- telling ---- */

static inline pbk_status tell(struct rig *rig, const char *line) {
  char bytes[8192];
  size_t size = strlen(line);
  if (size > sizeof bytes) abort();
  for (size_t i = 0; i < size; i++) bytes[i] = line[i] == '\'' ? '"' : line[i] == '`' ? '\'' : line[i];
  return pbk_feed_line(rig->engine, bytes, size);
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline pbk_status
tell_format(struct rig *rig, const char *format, ...) {
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return tell(rig, line);
}

/* Lines that must all be taken; the last is NULL. */
static inline void tell_all(struct rig *rig, const char *const *lines) {
  for (; *lines; lines++) {
    pbk_status status = tell(rig, *lines);
    if (status != PBK_OK) {
      pbk_error error = {.size = sizeof error};
      pbk_engine_error(rig->engine, &error);
      printf("%s: %s: %.*s\n", pbk_status_name(status), *lines, (int)error.message.size,
             error.message.bytes ? error.message.bytes : "");
    }
    CHECK_EQUAL_INT(status, PBK_OK);
  }
}
#define TELL_ALL(rig, ...) tell_all((rig), (const char *const[]){__VA_ARGS__, NULL})

/* What most playbooks need: channels, templates, users, a role, senders; leaves no outputs behind. */
static inline void define_usual(struct rig *rig);

/* ---- outputs as short lines ---- */

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline void
rig_write(struct rig *rig, const char *format, ...) {
  va_list arguments;
  for (;;) {
    size_t left = rig->text_capacity - rig->text_size;
    va_start(arguments, format);
    int wanted = vsnprintf(rig->text ? rig->text + rig->text_size : NULL, left, format, arguments);
    va_end(arguments);
    if (wanted >= 0 && (size_t)wanted < left) {
      rig->text_size += (size_t)wanted;
      return;
    }
    rig->text_capacity = rig->text_capacity * 2 + 4096;
    rig->text = realloc(rig->text, rig->text_capacity);
    if (!rig->text) abort();
  }
}

static inline void rig_write_text(struct rig *rig, const char *before, pbk_text text) {
  if (text.bytes) rig_write(rig, "%s%.*s", before, (int)text.size, text.bytes);
}

static inline void rig_write_subject(struct rig *rig, const pbk_output *output) {
  rig_write_text(rig, " ", output->contact);
  rig_write_text(rig, " ", output->account);
}

static inline void rig_describe(struct rig *rig, const pbk_output *output) {
  if (rig->times) rig_write(rig, "%" PRId64 " ", output->at);
  switch (output->type) {
    case PBK_OUTPUT_DEFINED:
      rig_write(rig, "defined");
      rig_write_text(rig, " ", output->kind);
      rig_write_text(rig, " ", output->key);
      if (output->version) rig_write(rig, " v%" PRIu32, output->version);
      if (output->has_members) rig_write(rig, " =%" PRIu64, output->members);
      break;
    case PBK_OUTPUT_DUPLICATE: rig_write_text(rig, "duplicate ", output->message_id); break;
    case PBK_OUTPUT_ERROR:
      rig_write(rig, "error %" PRIu64 " %s", output->line, pbk_code_name(output->code));
      rig_write_text(rig, " ", output->path);
      if (output->column) rig_write(rig, ":%" PRIu32, output->column);
      break;
    case PBK_OUTPUT_TAGGED:
    case PBK_OUTPUT_UNTAGGED:
    case PBK_OUTPUT_ENTERED:
    case PBK_OUTPUT_LEFT: {
      static const char *const names[] = {"tagged", "untagged", "entered", "left"};
      rig_write(rig, "%s", names[output->type - PBK_OUTPUT_TAGGED]);
      rig_write_subject(rig, output);
      rig_write_text(rig, " ", output->audience);
      break;
    }
    case PBK_OUTPUT_ENROLLED:
      rig_write(rig, "enrolled #%" PRIu64, output->enrollment);
      rig_write_text(rig, " ", output->playbook);
      rig_write_subject(rig, output);
      rig_write(rig, " v%" PRIu32, output->version);
      rig_write_text(rig, " in ", output->branch);
      rig_write_text(rig, " by ", output->sender);
      rig_write_text(rig, " ", output->sender_by);
      break;
    case PBK_OUTPUT_NOT_ENROLLED:
      rig_write(rig, "not_enrolled");
      rig_write_text(rig, " ", output->playbook);
      rig_write_subject(rig, output);
      rig_write_text(rig, " ", output->reason);
      break;
    case PBK_OUTPUT_STEP:
      rig_write(rig, "step #%" PRIu64 ".%" PRIu32, output->enrollment, output->step);
      rig_write_text(rig, " ", output->outcome);
      break;
    case PBK_OUTPUT_TASK:
      rig_write(rig, "task #%" PRIu64, output->task);
      rig_write_text(rig, " ", output->state);
      rig_write_text(rig, " ", output->title);
      rig_write_text(rig, " for ", output->assignee);
      if (output->due != PBK_NO_TIME) rig_write(rig, " due %" PRId64, output->due);
      break;
    case PBK_OUTPUT_MESSAGE:
      rig_write(rig, "message #%" PRIu64, output->message);
      rig_write_text(rig, " ", output->state);
      rig_write_text(rig, " ", output->template_key);
      rig_write_text(rig, " to ", output->to);
      rig_write_text(rig, " from ", output->sender);
      if (output->attempt) rig_write(rig, " attempt %" PRIu32, output->attempt);
      rig_write_text(rig, ": ", output->reason);
      break;
    case PBK_OUTPUT_ASSIGNED:
      rig_write(rig, "assigned");
      rig_write_subject(rig, output);
      rig_write_text(rig, " ", output->role);
      rig_write_text(rig, " ", output->user);
      break;
    case PBK_OUTPUT_EXITED:
      rig_write(rig, "exited #%" PRIu64, output->enrollment);
      rig_write_text(rig, " ", output->reason);
      break;
    default: {
      rig_write(rig, "explanation");
      rig_write_subject(rig, output);
      rig_write(rig, " %s", output->enrolls ? "enrolls" : "does not");
      for (uint32_t i = 0; i < output->check_count; i++)
        if (!output->checks[i].result) rig_write_text(rig, " ", output->checks[i].name);
      break;
    }
  }
  rig_write(rig, "\n");
}

/* Drains what is drainable, a few at a time, and gives it as short lines. */
static inline const char *rig_drain(struct rig *rig) {
  pbk_output outputs[3];
  uint32_t count;
  rig->text_size = 0;
  rig_write(rig, "%s", "");
  do {
    CHECK_EQUAL_INT(pbk_drain(rig->engine, outputs, sizeof outputs[0], 3, &count), PBK_OK);
    for (uint32_t i = 0; i < count; i++) rig_describe(rig, &outputs[i]);
  } while (count > 0);
  return rig->text;
}

static inline const char *rig_take(struct rig *rig) {
  CHECK_EQUAL_INT(pbk_commit(rig->engine), PBK_OK);
  return rig_drain(rig);
}

#define CHECK_OUTPUTS(rig, wanted) check_text(text_from(rig_take(rig)), text_from(wanted), "outputs", __FILE__, __LINE__)
#define CHECK_DRAINED(rig, wanted) check_text(text_from(rig_drain(rig)), text_from(wanted), "drained", __FILE__, __LINE__)

/* Commits and drains everything as lines of the protocol, behind what is in rig->text already; `capacity` is that of the
 * buffer. */
static inline void rig_collect(struct rig *rig, size_t capacity) {
  char *buffer = malloc(capacity);
  size_t size;
  pbk_status status = pbk_commit(rig->engine);
  if (status != PBK_OK) CHECK_EQUAL_INT(status, PBK_OK);
  while ((status = pbk_drain_json(rig->engine, buffer, capacity, &size)) == PBK_OK && size > 0)
    rig_write(rig, "%.*s", (int)size, buffer);
  if (status != PBK_OK) CHECK_EQUAL_INT(status, PBK_OK);
  free(buffer);
}

static inline void define_usual(struct rig *rig) {
  TELL_ALL(rig, "{'type':'define','kind':'channel','key':'email'}", "{'type':'define','kind':'channel','key':'slack'}",
           "{'type':'define','kind':'template','key':'hello'}", "{'type':'define','kind':'template','key':'again'}",
           "{'type':'define','kind':'template','key':'alert','channel':'slack'}",
           "{'type':'define','kind':'user','key':'john','email':'john@corp.example'}",
           "{'type':'define','kind':'user','key':'mary','email':'mary@corp.example'}",
           "{'type':'define','kind':'user','key':'idle','licensed':false}", "{'type':'define','kind':'role','key':'CSM'}",
           "{'type':'define','kind':'sender','key':'success','address':'success@corp.example'}",
           "{'type':'define','kind':'sender','key':'ann','user':'john'}",
           "{'type':'define','kind':'sender','key':'bob','user':'mary'}",
           "{'type':'define','kind':'sender','key':'out','user':'idle'}",
           "{'type':'define','kind':'settings','default_sender':'success'}");
  rig_take(rig);
}

/* ---- errors ---- */

static inline pbk_error rig_error(const struct rig *rig) {
  pbk_error error = {.size = sizeof error};
  CHECK_EQUAL_INT(pbk_engine_error(rig->engine, &error), PBK_OK);
  return error;
}

static inline struct text inner_text(pbk_text text) {
  return (struct text){text.bytes, (uint32_t)text.size};
}

#endif
