/* engine/snapshot.c - see snapshot.h. */
#include "engine/snapshot.h"

#include "base/checksum.h"
#include "engine/compression.h"
#include "engine/state.h"

/* What follows the header in the frames, both ways. */
static void code_content(struct coder *coder, struct pbk_engine *engine, uint64_t *sequence, uint32_t *semantics,
                         uint32_t *definitions) {
  struct text engine_id = {engine->engine_id, engine->engine_id_size};
  pbk_code_u32(coder, semantics);
  if (*semantics != SEMANTICS_VERSION) return;
  pbk_code_text(coder, &engine_id);
  pbk_code_u64(coder, sequence);
  pbk_code_u32(coder, definitions);
  pbk_code_state(coder, engine);
  if (!coder_failed(coder)) pbk_code_position(coder, engine);
}

/* ---- writing ---- */

enum { FRAME_HEAD = 8 }; /* u32 bytes of content, u32 bytes as they stand */

struct snapshot_writing {
  struct pbk_engine *engine;
  pbk_object object;
  bool compressed, failed;
  struct writer *stored; /* a compressed frame as it goes out */
  struct snapshot_sum sum;
};

static void append(struct snapshot_writing *writing, struct writer *from) {
  const pbk_storage *storage = &writing->engine->journal.storage;
  writing->sum.checksum = pbk_crc32c(writing->sum.checksum, from->bytes, from->size);
  pbk_write_u32(from, writing->sum.checksum); /* not summed itself: that would give the same number whatever stands before it */
  writing->sum.bytes += from->size;
  if (!writing->failed && storage->append(storage->context, writing->object, from->bytes, from->size) != 0) writing->failed = true;
  from->size = 0;
}

/* Content is written behind the room for its head, so that it need not be copied. */
static void begin_frame(struct writer *content) {
  content->size = 0;
  writer_room(content, FRAME_HEAD);
}

static void write_frame(struct coder *coder) {
  struct snapshot_writing *writing = coder->frames;
  struct writer *content = coder->writer, *out = content;
  uint32_t size = content->size - FRAME_HEAD;
  if (size == 0) return;
  if (writing->compressed) {
    out = writing->stored;
    writer_room(out, FRAME_HEAD);
    pbk_compress(out, content->bytes + FRAME_HEAD, size);
  }
  store_u32(out->bytes, size);
  store_u32(out->bytes + 4, out->size - FRAME_HEAD);
  append(writing, out);
  begin_frame(content);
}

bool pbk_can_compress(void) { return pbk_has_compression(); }

bool pbk_write_snapshot(struct pbk_engine *engine, uint32_t generation, bool compressed, struct snapshot_sum *sum) {
  struct writer *content = &engine->framing[0], *stored = &engine->framing[1];
  struct snapshot_writing writing = {engine, snapshot_object(generation), compressed, false, stored, {0, 0}};
  struct coder coder = {.writer = content, .memory = &engine->memory, .next_frame = write_frame, .frames = &writing};
  uint32_t semantics = SEMANTICS_VERSION, definitions = pbk_definitions_checksum(engine);
  uint64_t sequence = engine->journal.sequence;
  begin_frame(content);
  stored->size = 0;
  pbk_write_bytes(stored, SNAPSHOT_MAGIC, 8);
  pbk_write_u32(stored, SNAPSHOT_MAJOR | (uint32_t)SNAPSHOT_MINOR << 16);
  pbk_write_u32(stored, compressed ? SNAPSHOT_COMPRESSED : 0);
  pbk_write_u32(stored, generation);
  append(&writing, stored);
  code_content(&coder, engine, &sequence, &semantics, &definitions);
  write_frame(&coder);
  pbk_write_u64(stored, 0);
  append(&writing, stored);
  *sum = writing.sum;
  pbk_writer_release(stored);
  pbk_writer_release(content);
  return !writing.failed;
}

/* ---- frames, read ---- */

struct snapshot_frames {
  struct window *window;
  uint64_t at;
  uint32_t checksum; /* of everything before `at` but the checksums */
  bool compressed, ended;
  enum snapshot_found found;
  struct writer *content; /* of a compressed frame */
};

static bool damaged(struct snapshot_frames *frames) {
  frames->found = frames->window->failed ? SNAPSHOT_FAILED : SNAPSHOT_DAMAGED;
  return false;
}

/* Whether the checksum that stands behind `size` bytes at `at` is right; goes on behind it. */
static bool summed(struct snapshot_frames *frames, const unsigned char *bytes, uint32_t size) {
  frames->checksum = pbk_crc32c(frames->checksum, bytes, size);
  if (frames->checksum != bytes_u32(bytes + size)) return damaged(frames);
  frames->at += size + 4;
  return true;
}

static bool read_header(struct snapshot_frames *frames, uint32_t generation) {
  const unsigned char *bytes = pbk_look(frames->window, 0, SNAPSHOT_HEADER);
  if (!bytes || memcmp(bytes, SNAPSHOT_MAGIC, 8) != 0) return damaged(frames);
  if (!summed(frames, bytes, SNAPSHOT_HEADER - 4)) return false;
  uint32_t major = bytes_u32(bytes + 8) & 0xffff, features = bytes_u32(bytes + 12);
  if (major != SNAPSHOT_MAJOR || (features & ~(uint32_t)SNAPSHOT_COMPRESSED) != 0) {
    frames->found = SNAPSHOT_NEWER;
    return false;
  }
  if (bytes_u32(bytes + 16) != generation) return damaged(frames);
  frames->compressed = features & SNAPSHOT_COMPRESSED;
  return true;
}

/* The next frame as it stands in the object; false at the end, and where it is damaged. */
static bool next_stored(struct snapshot_frames *frames, const unsigned char **bytes, uint32_t *stored, uint32_t *size) {
  const unsigned char *head = pbk_look(frames->window, frames->at, 8);
  if (!head) return damaged(frames);
  *size = bytes_u32(head);
  *stored = bytes_u32(head + 4);
  if (*stored > UINT32_MAX - 12) return damaged(frames);
  head = pbk_look(frames->window, frames->at, *stored + 12);
  if (!head || (!frames->compressed && *size != *stored)) return damaged(frames);
  if (!summed(frames, head, *stored + 8)) return false;
  *bytes = head + 8;
  frames->ended = *size == 0;
  return !frames->ended;
}

static void read_frame(struct coder *coder) {
  struct snapshot_frames *frames = coder->frames;
  const unsigned char *bytes;
  uint32_t stored, size;
  pbk_arena_reset(coder->arena);
  if (frames->ended || !next_stored(frames, &bytes, &stored, &size)) {
    coder_fail(coder);
    return;
  }
  if (frames->compressed) {
    frames->content->size = 0;
    if (!pbk_decompress(frames->content, bytes, stored, size)) {
      coder_fail(coder);
      return;
    }
    bytes = frames->content->bytes;
  }
  coder->reader->at = bytes;
  coder->reader->end = bytes + size;
}

/* Whether all frames are whole, from where it is read to on, and these are the snapshot that is asked for. */
static bool check_rest(struct snapshot_frames *frames, struct snapshot_sum sum) {
  const unsigned char *bytes;
  uint32_t stored, size;
  while (!frames->ended && next_stored(frames, &bytes, &stored, &size)) continue;
  if (frames->found != SNAPSHOT_WHOLE) return false;
  return (frames->at == frames->window->extent && frames->at == sum.bytes && frames->checksum == sum.checksum) || damaged(frames);
}

enum snapshot_found pbk_read_snapshot(struct window *window, struct pbk_engine *engine, uint32_t generation, struct snapshot_sum sum,
                                      uint64_t *sequence, uint64_t *damage) {
  enum { PACKED_MOST = 1032 }; /* bytes that one of a compressed frame can become */
  struct snapshot_frames frames = {.window = window, .found = SNAPSHOT_WHOLE, .content = &engine->framing[0]};
  struct reader reader = {NULL, NULL, false};
  struct coder coder = {.reader = &reader, .arena = &engine->scratch, .memory = &engine->memory,
                        .next_frame = read_frame, .frames = &frames, .most = window->extent};
  uint32_t semantics = 0, definitions = 0;
  *damage = 0;
  if (!read_header(&frames, generation)) return frames.found;
  bool readable = !frames.compressed || pbk_has_compression();
  if (frames.compressed) coder.most = window->extent < UINT64_MAX / PACKED_MOST ? window->extent * PACKED_MOST : UINT64_MAX;
  if (readable) read_frame(&coder);
  if (readable && !reader.failed) code_content(&coder, engine, sequence, &semantics, &definitions);
  pbk_writer_release(frames.content);
  *damage = frames.at;
  if (!check_rest(&frames, sum)) {
    *damage = frames.at;
    return frames.found;
  }
  if (!readable) return SNAPSHOT_NEEDS_ZLIB;
  if (!reader.failed && semantics != SEMANTICS_VERSION) return SNAPSHOT_NEWER;
  if (reader.failed || reader.at != reader.end) return SNAPSHOT_DIVERGED; /* whole, and yet not read as it was written */
  return pbk_definitions_checksum(engine) == definitions ? SNAPSHOT_WHOLE : SNAPSHOT_DIVERGED;
}
