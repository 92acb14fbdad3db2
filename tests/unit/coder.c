/* tests/unit/coder.c - one description both ways: what is written is read, and bytes that were not written so are refused without harm. */
#include "base/coder.h"

#include "base/value.h"
#include "check.h"

/* ---- everything there is, both ways ---- */

struct sample {
  uint64_t wide;
  uint32_t number, place, no_place, index;
  int64_t negative;
  int32_t small;
  bool yes, no;
  unsigned char hash[5];
  uint64_t words[3];
  struct text given, empty, none, owned, owned_empty;
  pbk_text shown;
  pbk_value value;
  const pbk_value *there, *absent;
  const pbk_duration *duration, *no_duration;
  const pbk_text *texts, *no_texts;
  uint32_t text_count, no_text_count, count;
};

static void code_sample(struct coder *coder, struct sample *sample) {
  pbk_code_u64(coder, &sample->wide);
  pbk_code_u32(coder, &sample->number);
  pbk_code_i64(coder, &sample->negative);
  pbk_code_i32(coder, &sample->small);
  pbk_code_bool(coder, &sample->yes);
  pbk_code_bool(coder, &sample->no);
  pbk_code_bytes(coder, sample->hash, sizeof sample->hash);
  pbk_code_words(coder, sample->words, 3);
  pbk_code_place(coder, &sample->place, 10);
  pbk_code_place(coder, &sample->no_place, 10);
  pbk_code_index(coder, &sample->index, 10);
  pbk_code_count(coder, &sample->count);
  pbk_code_text(coder, &sample->given);
  pbk_code_text(coder, &sample->empty);
  pbk_code_text(coder, &sample->none);
  pbk_code_owned_text(coder, &sample->owned);
  pbk_code_owned_text(coder, &sample->owned_empty);
  pbk_code_public(coder, &sample->shown);
  pbk_code_value(coder, &sample->value);
  pbk_code_value_pointer(coder, &sample->there);
  pbk_code_value_pointer(coder, &sample->absent);
  pbk_code_duration_pointer(coder, &sample->duration);
  pbk_code_duration_pointer(coder, &sample->no_duration);
  pbk_code_texts(coder, &sample->texts, &sample->text_count);
  pbk_code_texts(coder, &sample->no_texts, &sample->no_text_count);
}

static const pbk_duration an_hour = PBK_HOUR;
static const pbk_text two_texts[2] = {{"one", 3}, {"", 0}};
static const pbk_value two_items[2] = {{.kind = PBK_INT, .as.integer = INT64_MIN}, {.kind = PBK_STRING, .size = 2, .as.text = "ab"}};

static struct sample filled(void) {
  return (struct sample){.wide = UINT64_MAX,
                         .number = UINT32_MAX,
                         .place = 9,
                         .no_place = MAP_NONE,
                         .index = 9,
                         .negative = INT64_MIN,
                         .small = INT32_MIN,
                         .yes = true,
                         .hash = {0, 1, 0xff, 3, 4},
                         .words = {UINT64_C(0x0123456789abcdef), 0, UINT64_MAX},
                         .given = TEXT("gi\0ven"),
                         .empty = {"", 0},
                         .owned = TEXT("owned"),
                         .owned_empty = {"", 0},
                         .shown = {"shown", 5},
                         .value = {.kind = PBK_LIST, .size = 2, .as.items = two_items},
                         .there = &two_items[1],
                         .duration = &an_hour,
                         .texts = two_texts,
                         .text_count = 2,
                         .count = 3};
}

struct place {
  struct memory memory;
  struct arena arena;
  struct writer writer;
};

static void begin(struct place *place) {
  pbk_memory_init(&place->memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&place->arena, &place->memory);
  place->writer = (struct writer){.memory = &place->memory};
}
static void end(struct place *place) {
  pbk_writer_release(&place->writer);
  pbk_arena_release(&place->arena);
  CHECK_EQUAL_UINT(place->memory.used, 0);
}
static void write_sample(struct place *place, struct sample *sample) {
  struct coder coder = {.writer = &place->writer};
  CHECK(!coder_reads(&coder));
  code_sample(&coder, sample);
  CHECK(!coder_failed(&coder));
  coder_fail(&coder); /* nothing can be wrong with what is written */
  CHECK(!coder_failed(&coder));
}

static void both_ways(void) {
  struct place place;
  struct sample wrote = filled(), got;
  begin(&place);
  write_sample(&place, &wrote);
  struct reader reader = {place.writer.bytes, place.writer.bytes + place.writer.size, false};
  struct coder coder = {.reader = &reader, .arena = &place.arena, .memory = &place.memory};
  memset(&got, 0, sizeof got);
  CHECK(coder_reads(&coder));
  code_sample(&coder, &got);
  CHECK(!reader.failed && reader.at == reader.end);
  CHECK_EQUAL_UINT(got.wide, UINT64_MAX);
  CHECK_EQUAL_UINT(got.number, UINT32_MAX);
  CHECK_EQUAL_INT(got.negative, INT64_MIN);
  CHECK_EQUAL_INT(got.small, INT32_MIN);
  CHECK(got.yes && !got.no);
  CHECK_EQUAL_BYTES(got.hash, wrote.hash, sizeof got.hash);
  for (int i = 0; i < 3; i++) CHECK_EQUAL_UINT(got.words[i], wrote.words[i]);
  CHECK_EQUAL_UINT(got.place, 9);
  CHECK_EQUAL_UINT(got.no_place, MAP_NONE);
  CHECK_EQUAL_UINT(got.index, 9);
  CHECK_EQUAL_UINT(got.count, 3);
  CHECK_EQUAL_TEXT(got.given, wrote.given);
  CHECK((const unsigned char *)got.given.bytes > place.writer.bytes && (const unsigned char *)got.given.bytes < reader.end); /* borrowed */
  CHECK(got.empty.bytes != NULL && got.empty.size == 0);
  CHECK(got.none.bytes == NULL);
  CHECK_TEXT(got.owned, "owned");
  CHECK((const unsigned char *)got.owned.bytes < place.writer.bytes || (const unsigned char *)got.owned.bytes >= reader.end);
  CHECK(got.owned_empty.bytes == NULL && got.owned_empty.size == 0); /* nothing is owned of nothing */
  CHECK_TEXT(((struct text){got.shown.bytes, (uint32_t)got.shown.size}), "shown");
  CHECK(pbk_value_equal(&got.value, &wrote.value));
  CHECK(got.there && pbk_value_equal(got.there, &two_items[1]));
  CHECK(got.absent == NULL && got.no_duration == NULL && got.no_texts == NULL);
  CHECK(got.duration && *got.duration == PBK_HOUR);
  CHECK_EQUAL_UINT(got.text_count, 2);
  if (got.texts) {
    CHECK(got.texts[0].size == 3 && memcmp(got.texts[0].bytes, "one", 3) == 0);
    CHECK(got.texts[1].bytes != NULL && got.texts[1].size == 0);
  }
  /* What was read is written as the same bytes. */
  struct writer again = {.memory = &place.memory};
  struct coder writing = {.writer = &again};
  got.owned_empty = (struct text){"", 0};
  code_sample(&writing, &got);
  if (CHECK_EQUAL_UINT(again.size, place.writer.size)) CHECK_EQUAL_BYTES(again.bytes, place.writer.bytes, again.size);
  pbk_release(&place.memory, (void *)(uintptr_t)got.owned.bytes, got.owned.size);
  pbk_writer_release(&again);
  end(&place);
}

/* ---- bytes that were not written ---- */

/* Reads what stands there into a sample that is full of other things; gives whether it failed. */
static bool read_fails(struct place *place, const unsigned char *bytes, uint32_t size) {
  struct reader reader = {bytes, bytes + size, false};
  struct coder coder = {.reader = &reader, .arena = &place->arena, .memory = &place->memory};
  struct sample got;
  memset(&got, 0, sizeof got);
  code_sample(&coder, &got);
  pbk_release(&place->memory, (void *)(uintptr_t)got.owned.bytes, got.owned.size);
  pbk_release(&place->memory, (void *)(uintptr_t)got.owned_empty.bytes, got.owned_empty.size);
  if (reader.failed) CHECK(got.place == MAP_NONE || got.place < 10);
  CHECK(got.index < 10);
  pbk_arena_reset(&place->arena);
  return reader.failed;
}

static void cut_short(void) {
  struct place place;
  struct sample sample = filled();
  begin(&place);
  write_sample(&place, &sample);
  for (uint32_t size = 0; size < place.writer.size; size++) {
    unsigned char *exactly = malloc(size + (size == 0)); /* so that a sanitizer sees a look behind the end */
    if (!exactly) abort();
    memcpy(exactly, place.writer.bytes, size);
    check_note("%u bytes", size);
    CHECK(read_fails(&place, exactly, size));
    free(exactly);
  }
  end(&place);
}

/* Every byte changed to every value: refused or not, nothing is read out of bounds, and no more is taken than the bytes can stand for. */
static void any_byte(void) {
  struct place place;
  struct sample sample = filled();
  struct check_heap heap = {0};
  begin(&place);
  write_sample(&place, &sample);
  unsigned char *bytes = malloc(place.writer.size);
  if (!bytes) abort();
  uint32_t size = place.writer.size, failures = 0;
  memcpy(bytes, place.writer.bytes, size);
  struct place other;
  pbk_memory_init(&other.memory, check_allocate, &heap, UINT64_MAX);
  pbk_arena_init(&other.arena, &other.memory);
  for (uint32_t at = 0; at < size; at++)
    for (uint32_t value = 0; value < 256; value++) {
      bytes[at] = (unsigned char)value;
      failures += read_fails(&other, bytes, size);
      bytes[at] = place.writer.bytes[at];
    }
  CHECK(failures > 1000);
  CHECK(heap.most < 65536);
  pbk_arena_release(&other.arena);
  CHECK_EQUAL_UINT(heap.out, 0);
  free(bytes);
  end(&place);
}

static struct coder reading(struct reader *reader, const unsigned char *bytes, size_t size) {
  *reader = (struct reader){bytes, bytes + size, false};
  return (struct coder){.reader = reader};
}

static void numbers_out_of_range(void) {
  struct reader reader;
  uint32_t number = 0;
  int32_t small = 0;
  bool yes = false;
  struct coder coder = reading(&reader, (const unsigned char *)"\xff\xff\xff\xff\x0f", 5);
  pbk_code_u32(&coder, &number);
  CHECK(!reader.failed && number == UINT32_MAX);
  coder = reading(&reader, (const unsigned char *)"\x80\x80\x80\x80\x10", 5); /* 2^32 */
  pbk_code_u32(&coder, &number);
  CHECK(reader.failed);
  coder = reading(&reader, (const unsigned char *)"\xff\xff\xff\xff\x0f", 5); /* -2^31 */
  pbk_code_i32(&coder, &small);
  CHECK(!reader.failed && small == INT32_MIN);
  coder = reading(&reader, (const unsigned char *)"\x80\x80\x80\x80\x10", 5); /* 2^31 */
  pbk_code_i32(&coder, &small);
  CHECK(reader.failed);
  coder = reading(&reader, (const unsigned char *)"\x02", 1);
  pbk_code_bool(&coder, &yes);
  CHECK(reader.failed);
}

static void places(void) {
  struct reader reader;
  uint32_t place = 5;
  struct coder coder = reading(&reader, (const unsigned char *)"\x00\x04\x05", 3);
  pbk_code_place(&coder, &place, 4);
  CHECK(!reader.failed && place == MAP_NONE);
  pbk_code_place(&coder, &place, 4);
  CHECK(!reader.failed && place == 3);
  pbk_code_place(&coder, &place, 4);
  CHECK(reader.failed && place == MAP_NONE);
  coder = reading(&reader, (const unsigned char *)"\x03\x04\x00", 3);
  pbk_code_index(&coder, &place, 4);
  CHECK(!reader.failed && place == 3);
  pbk_code_index(&coder, &place, 4);
  CHECK(reader.failed && place == 0);
  coder = reading(&reader, (const unsigned char *)"\x00", 1);
  pbk_code_index(&coder, &place, 0); /* there is none of them */
  CHECK(reader.failed);
}

static void counts(void) {
  struct reader reader;
  uint32_t count = 9;
  struct coder coder = reading(&reader, (const unsigned char *)"\x03...", 4);
  CHECK(pbk_code_count(&coder, &count));
  CHECK_EQUAL_UINT(count, 3);
  coder = reading(&reader, (const unsigned char *)"\x04...", 4); /* more than can be there */
  CHECK(!pbk_code_count(&coder, &count));
  CHECK(reader.failed);
  CHECK_EQUAL_UINT(count, 0);
  coder = reading(&reader, (const unsigned char *)"\x00", 1);
  CHECK(pbk_code_count(&coder, &count));
  CHECK_EQUAL_UINT(count, 0);
}

/* What a row of fixed width holds. */
struct fixed {
  uint8_t small;
  uint32_t number;
  uint64_t large;
  int64_t time;
  unsigned char bytes[3];
};
enum { FIXED_ROW = 24 };

static bool code_fixed(struct coder *coder, struct fixed *fixed) {
  struct row row;
  if (!coder_row(coder, &row, FIXED_ROW)) return false;
  row_u8(&row, &fixed->small);
  row_u32(&row, &fixed->number);
  row_u64(&row, &fixed->large);
  row_i64(&row, &fixed->time);
  row_bytes(&row, fixed->bytes, sizeof fixed->bytes);
  return true;
}

static void rows(void) {
  static const unsigned char wanted[FIXED_ROW] = {7, 4,    3,   2,   1,   8,   7,   6,   5,   4,   3,   2,
                                                  1, 0xfe, 255, 255, 255, 255, 255, 255, 255, 'a', 'b', 'c'};
  struct fixed wrote = {7, 0x01020304, 0x0102030405060708, -2, {'a', 'b', 'c'}}, got = {0};
  struct place place;
  begin(&place);
  struct coder coder = {.writer = &place.writer};
  CHECK(code_fixed(&coder, &wrote) && code_fixed(&coder, &wrote));
  CHECK_EQUAL_UINT(place.writer.size, 2 * FIXED_ROW);
  CHECK_EQUAL_BYTES(place.writer.bytes, wanted, FIXED_ROW);
  CHECK_EQUAL_BYTES(place.writer.bytes + FIXED_ROW, wanted, FIXED_ROW);
  struct reader reader;
  coder = reading(&reader, place.writer.bytes, 2 * FIXED_ROW - 1);
  CHECK(code_fixed(&coder, &got));
  CHECK(got.small == 7 && got.number == 0x01020304 && got.large == 0x0102030405060708 && got.time == -2 &&
        memcmp(got.bytes, "abc", 3) == 0);
  CHECK(!code_fixed(&coder, &got) && reader.failed); /* a byte is missing */
  CHECK(place_fits(3, 4) && place_fits(MAP_NONE, 4) && place_fits(MAP_NONE, 0) && !place_fits(4, 4) && !place_fits(0, 0));
  end(&place);
}

/* Room is made ahead for no more items than can come. */
static void rooms_for_rows(void) {
  struct reader reader;
  struct coder coder = reading(&reader, (const unsigned char *)"", 0);
  CHECK_EQUAL_UINT(coder_room_for(&coder, 1000, 10), 0); /* not known */
  coder.most = 1009;
  CHECK_EQUAL_UINT(coder_room_for(&coder, 1000, 10), 100);
  CHECK_EQUAL_UINT(coder_room_for(&coder, 99, 10), 99);
  coder.most = UINT64_MAX;
  CHECK_EQUAL_UINT(coder_room_for(&coder, UINT32_MAX, 1), UINT32_MAX);
}

/* A count from the bytes may be anything: room whose size does not fit is refused, not wrapped. */
static void rooms(void) {
  struct place place;
  struct reader reader = {NULL, NULL, false};
  begin(&place);
  struct coder coder = {.reader = &reader, .arena = &place.arena, .memory = &place.memory};
  unsigned char *row = pbk_code_rooms(&coder, 7, 24);
  for (uint32_t i = 0; i < 8 * 24; i++) CHECK(row[i] == 0);
  CHECK(pbk_code_rooms(&coder, 0, 24) != NULL);
  CHECK_REFUSED(&place.memory, pbk_code_rooms(&coder, UINT32_MAX, SIZE_MAX / 16));
  CHECK_REFUSED(&place.memory, pbk_code_rooms(&coder, 0x10000000, SIZE_MAX / 0x10000000));
  end(&place);
}

/* ---- frames ---- */

struct frames {
  unsigned char bytes[20][40];
  uint32_t sizes[20], count, at;
};

static void put_frame(struct coder *coder) {
  struct frames *frames = coder->frames;
  CHECK(coder->writer->size >= CODER_FRAME);
  frames->count++;
  coder->writer->size = 0;
}

static void frames_written(void) {
  struct place place;
  struct frames frames = {.count = 0};
  begin(&place);
  struct coder coder = {.writer = &place.writer, .next_frame = put_frame, .frames = &frames};
  static char item[1000];
  struct text text = {item, sizeof item};
  for (uint32_t i = 0; i < 1000; i++) {
    coder_item(&coder);
    CHECK(place.writer.size < CODER_FRAME + sizeof item + 2);
    pbk_code_text(&coder, &text);
  }
  CHECK_EQUAL_UINT(frames.count, 1000 * 1002 / (CODER_FRAME + 1002));
  end(&place);
}

/* A long row of words leaves off between two of them; a short one goes as one piece. */
static void word_rows_written(void) {
  enum { WORDS = CODER_FRAME / 4 + 5 };
  static uint64_t words[WORDS];
  struct place place;
  struct frames frames = {.count = 0};
  begin(&place);
  struct coder coder = {.writer = &place.writer, .next_frame = put_frame, .frames = &frames};
  for (uint32_t i = 0; i < WORDS; i++) words[i] = (uint64_t)i << 33 | i;
  pbk_code_word_row(&coder, words, WORDS);
  CHECK_EQUAL_UINT(frames.count, 2);
  CHECK_EQUAL_UINT(place.writer.size, 5 * 8);
  CHECK(load_u64(place.writer.bytes) == ((uint64_t)(WORDS - 5) << 33 | (WORDS - 5)));
  place.writer.size = 0;
  pbk_code_word_row(&coder, words, 3);
  pbk_code_word_row(&coder, words, 0);
  CHECK_EQUAL_UINT(place.writer.size, 3 * 8);
  end(&place);
}

static void get_frame(struct coder *coder) {
  struct frames *frames = coder->frames;
  if (frames->at == frames->count) {
    coder_fail(coder);
    return;
  }
  coder->reader->at = frames->bytes[frames->at];
  coder->reader->end = coder->reader->at + frames->sizes[frames->at];
  frames->at++;
}

/* Items come from frame after frame; an item itself is never cut. */
static void frames_read(void) {
  struct frames frames = {.count = 3, .sizes = {4, 3, 1}, .bytes = {{6, 1, 2, 3}, {4, 5, 6}, {7}}};
  struct reader reader = {NULL, NULL, false};
  struct coder coder = {.reader = &reader, .next_frame = get_frame, .frames = &frames};
  uint32_t count = 0, value = 0;
  get_frame(&coder);
  CHECK(pbk_code_row_count(&coder, &count)); /* more than this frame holds: the others are not known yet */
  for (uint32_t i = 1; i <= count; i++) {
    coder_item(&coder);
    pbk_code_u32(&coder, &value);
    CHECK_EQUAL_UINT(value, i);
  }
  pbk_code_u32(&coder, &value); /* not between two items: the frame is used up */
  CHECK(reader.failed);
  reader.failed = false;
  coder_item(&coder);
  pbk_code_u32(&coder, &value);
  CHECK_EQUAL_UINT(value, 7);
  CHECK(!reader.failed);
  coder_item(&coder);
  CHECK(reader.failed);
}

/* Inside an item, the bytes of its frame decide, whatever frames may follow. */
static void word_rows_read(void) {
  struct frames frames = {.count = 3, .sizes = {16, 8, 4}, .bytes = {{1, 0, 0, 0, 0, 0, 0, 0, 2}, {3}, {4}}};
  struct reader reader = {NULL, NULL, false};
  struct coder coder = {.reader = &reader, .next_frame = get_frame, .frames = &frames};
  uint64_t words[3] = {0};
  pbk_code_word_row(&coder, words, 2); /* begins with the next frame where nothing is left */
  CHECK(words[0] == 1 && words[1] == 2);
  pbk_code_word_row(&coder, words, 0);
  CHECK(reader.at == reader.end && frames.at == 1);
  pbk_code_word_row(&coder, words, 1);
  CHECK(words[0] == 3 && !reader.failed);
  pbk_code_word_row(&coder, words, 1); /* half a word is none */
  CHECK(reader.failed);
}

static void counts_in_frames(void) {
  struct frames frames = {.count = 2, .sizes = {3, 9}, .bytes = {{3, 1, 2}, {3}}};
  struct reader reader = {NULL, NULL, false};
  struct coder coder = {.reader = &reader, .next_frame = get_frame, .frames = &frames};
  uint32_t count = 0;
  get_frame(&coder);
  CHECK(!pbk_code_count(&coder, &count));
  CHECK(reader.failed);
  CHECK_EQUAL_UINT(count, 0);
  CHECK(!pbk_code_row_count(&coder, &count)); /* it stays so */
  reader.failed = false;
  get_frame(&coder);
  CHECK(pbk_code_count(&coder, &count));
  CHECK_EQUAL_UINT(count, 3);
}

int main(void) {
  RUN(both_ways);
  RUN(cut_short);
  RUN(any_byte);
  RUN(numbers_out_of_range);
  RUN(places);
  RUN(counts);
  RUN(rows);
  RUN(rooms_for_rows);
  RUN(rooms);
  RUN(frames_written);
  RUN(frames_read);
  RUN(word_rows_written);
  RUN(word_rows_read);
  RUN(counts_in_frames);
  return check_report();
}
