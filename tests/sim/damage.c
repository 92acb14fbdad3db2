/* tests/sim/damage.c - what is stored, damaged at rest in every way; see crashes.h.
 *
 * Of a journal and a snapshot each byte is cut off and each bit is flipped, records are dropped, doubled, swapped, and taken
 * from another generation or another engine. A naive reader (journal_model.c) says what must be answered: the state at the
 * last commit that can be trusted, or a refusal because something that was durable is missing. With the durable sequence
 * told, every loss is refused. */
#include "damage.h"

enum { COMMITS_MOST = 400, RECORDS_MOST = 2000 };

static struct {
  struct scenario scenario;
  struct host host;
  struct medium medium, first, second, other, damaged, salvaged;
  struct heap heap;
  struct tally *tally;
  const struct crash_options *options;
  uint64_t last; /* sequence that was durable */
  /* of the storage that is damaged now */
  const struct medium *whole;
  pbk_object journal;
  uint32_t generation;
  uint64_t start_sequence;
  struct {
    uint64_t sequence;
    unsigned char digest[16];
  } commits[COMMITS_MOST];
  uint32_t commit_count;
  struct journal_record records[RECORDS_MOST];
  uint32_t record_count;
} seen;

/* ---- opening ---- */

static pbk_status open_medium(struct medium *medium, uint64_t durable, pbk_opening *opening, unsigned char digest[16]) {
  struct host host;
  pbk_storage storage = medium_storage(medium);
  memset(&host, 0, sizeof host);
  host.scenario = &seen.scenario;
  host.medium = medium;
  host.heap = &seen.heap;
  pbk_config config = host_config(&host, &storage);
  config.deliver = NULL; /* nothing is to be sent here */
  pbk_open_options options = {.size = sizeof options, .durable_sequence = durable};
  pbk_engine *engine = NULL;
  *opening = (pbk_opening){.size = sizeof *opening};
  medium->failed = medium->crashed = false;
  medium->writes = 0;
  pbk_status status = pbk_engine_open(&config, &options, opening, &engine);
  if (status != opening->status)
    run_fail("opening answers %s and says %s", pbk_status_name(status), pbk_status_name(opening->status));
  if (status != PBK_OK) {
    if (engine) run_fail("an engine from an opening that failed");
    if (medium->writes) run_fail("a storage that is refused was written to");
    if (opening->message_size == 0 || opening->message_size > PBK_OPENING_MESSAGE) run_fail("a refusal without words");
    TRACE("  %s: %.*s (object %d, byte %" PRIu64 ")", pbk_status_name(status), (int)opening->message_size, opening->message,
          opening->object, opening->offset);
  } else {
    if (pbk_state_digest(engine, digest) != PBK_OK) run_fail("no digest");
    TRACE("  opened at sequence %" PRIu64 ", %" PRIu64 " bytes torn", opening->sequence, opening->torn_bytes);
    if (seen.heap.counted) pbk_engine_destroy(engine);
    if (seen.heap.counted && seen.heap.out) run_fail("%zu bytes are not given back", seen.heap.out);
  }
  if (seen.heap.counted && status != PBK_OK && seen.heap.out) run_fail("a refusal leaves %zu bytes", seen.heap.out);
  heap_forget(&seen.heap);
  return status;
}

static bool is_refusal(pbk_status status) {
  return status == PBK_ERR_CORRUPT || status == PBK_ERR_UNSUPPORTED;
}

static const unsigned char *digest_at(uint64_t sequence) {
  for (uint32_t i = 0; i < seen.commit_count; i++)
    if (seen.commits[i].sequence == sequence) return seen.commits[i].digest;
  return NULL;
}

/* ---- one case ---- */

/* Begins a case with the storage as it was; false: another one is wanted. */
static bool begin(const char *what, uint64_t where) {
  run.schedule++;
  if (seen.options->only_schedule && seen.options->only_schedule != run.schedule) return false;
  snprintf(run.what, sizeof run.what, "generation %" PRIu32 ", %s %" PRIu64, seen.generation, what, where);
  medium_copy(&seen.damaged, seen.whole);
  return true;
}

/* Whether the first record is not the one that was written: it may be that of another engine. */
static bool begins_otherwise(void) {
  const struct bytes *journal = &seen.damaged.objects[seen.journal].now, *whole = &seen.whole->objects[seen.journal].now;
  size_t size = seen.records[0].at + seen.records[0].size;
  return journal->size >= size && memcmp(journal->at, whole->at, size) != 0;
}

/* Opened as `sequence` says: 0 for refused. */
static void expect(uint64_t durable, uint64_t sequence, size_t torn) {
  static struct medium copy;
  unsigned char digest[16];
  pbk_opening opening;
  medium_copy(&copy, &seen.damaged);
  pbk_status status = open_medium(&copy, durable, &opening, digest);
  if (status == PBK_ERR_REFUSED && begins_otherwise()) return;
  if (sequence == 0) {
    if (!is_refusal(status))
      run_fail("is opened (%s) at sequence %" PRIu64 ", and should be refused", pbk_status_name(status), opening.sequence);
    return;
  }
  if (status != PBK_OK)
    run_fail("answers %s, and should be opened at sequence %" PRIu64 ": %.*s", pbk_status_name(status), sequence,
             (int)opening.message_size, opening.message);
  if (opening.sequence != sequence)
    run_fail("is opened at sequence %" PRIu64 ", and should be at %" PRIu64, opening.sequence, sequence);
  if (torn != SIZE_MAX && opening.torn_bytes != torn)
    run_fail("%" PRIu64 " bytes are said to be torn, and are %zu", opening.torn_bytes, torn);
  const unsigned char *wanted = digest_at(sequence);
  if (!wanted || memcmp(wanted, digest, sizeof digest) != 0)
    run_fail("the state at sequence %" PRIu64 " is another", sequence);
}

/* What salvage makes of it: the state at the last commit that can be trusted, or nothing. */
static void expect_salvaged(const struct journal_said *said) {
  unsigned char digest[16];
  pbk_opening opening = {.size = sizeof opening};
  pbk_config config = {.size = sizeof config, .allocate = heap_allocate, .allocate_context = &seen.heap};
  pbk_storage from = medium_storage(&seen.damaged), to = medium_storage(&seen.salvaged);
  medium_clear(&seen.salvaged);
  seen.salvaged.failed = seen.damaged.failed = false;
  seen.damaged.read_only = true;
  pbk_status status = pbk_salvage(&config, &from, &to, &opening);
  seen.damaged.read_only = false;
  heap_forget(&seen.heap);
  if (status != PBK_OK) {
    if (said->header && said->commits)
      run_fail("salvage answers %s: %.*s", pbk_status_name(status), (int)opening.message_size, opening.message);
    return;
  }
  status = open_medium(&seen.salvaged, 0, &opening, digest);
  if (status != PBK_OK)
    run_fail("what salvage made answers %s: %.*s", pbk_status_name(status), (int)opening.message_size, opening.message);
  if (!said->header || !said->commits) return;
  const unsigned char *wanted = digest_at(said->sequence);
  if (!wanted || memcmp(wanted, digest, sizeof digest) != 0)
    run_fail("salvage gives another state than that at sequence %" PRIu64, said->sequence);
}

static void check_journal(void) {
  const struct bytes *journal = &seen.damaged.objects[seen.journal].now;
  struct journal_said said = journal_read(journal, seen.generation, seen.start_sequence);
  if (said.header && said.commits) {
    uint64_t sequence = said.damaged ? 0 : said.sequence;
    expect(0, sequence, journal->size - said.end);
    expect(seen.last, sequence >= seen.last ? sequence : 0, SIZE_MAX);
  } else if (seen.generation > 0) {
    expect(0, 0, 0); /* the generation before says that there is this one */
  } else if (said.damaged || said.header) {
    expect(seen.last, 0, 0);
  } else {
    /* nothing can be read of it: an empty engine if it never was more than that, else refused; with the sequence told,
     * refused */
    unsigned char digest[16];
    pbk_opening opening;
    static struct medium copy;
    medium_copy(&copy, &seen.damaged);
    pbk_status status = open_medium(&copy, 0, &opening, digest);
    if (status != PBK_OK && !is_refusal(status)) run_fail("answers %s", pbk_status_name(status));
    struct journal_record record;
    for (size_t at = 0; status == PBK_OK && at < journal->size; at++)
      if (journal_record_at(journal, at, &record) && record.durable > 0)
        run_fail("is opened as a new engine, and holds durable records");
    expect(seen.last, 0, 0);
  }
  if (run.schedule % 16 == 0 && !begins_otherwise()) expect_salvaged(&said);
}

static void check_snapshot(void) {
  expect(0, 0, 0);
  expect(seen.last, 0, 0);
}

/* What is behind the present generation does not matter. */
static void check_old(void) {
  expect(seen.last, seen.last, SIZE_MAX);
}

static void attempt(void (*check)(void)) {
  if (setjmp(run.end)) {
    seen.tally->failed++;
    heap_forget(&seen.heap);
    return;
  }
  check();
  seen.tally->passed++;
}

/* ---- kinds of damage ---- */

static void set(pbk_object object, const struct bytes *bytes) {
  object_set(&seen.damaged.objects[object], bytes->at, bytes->size);
}

static void cut_everywhere(pbk_object object, void (*check)(void)) {
  struct bytes bytes = seen.whole->objects[object].now;
  size_t size = bytes.size;
  for (bytes.size = 0; bytes.size < size; bytes.size++) {
    if (!begin("cut to", bytes.size)) continue;
    set(object, &bytes);
    attempt(check);
  }
}

static void flip_everywhere(pbk_object object, void (*check)(void), uint32_t every) {
  static struct bytes bytes;
  size_t bits = seen.whole->objects[object].now.size * 8;
  for (size_t bit = (size_t)(mix(run.seed, 3) % every); bit < bits; bit += every) {
    if (!begin("flipped bit", bit)) continue;
    bytes_copy(&bytes, &seen.whole->objects[object].now);
    bytes.at[bit / 8] = (unsigned char)(bytes.at[bit / 8] ^ 1u << bit % 8);
    set(object, &bytes);
    attempt(check);
  }
}

/* A snapshot that is whole in itself, and not the one that the journal goes on from. */
static void mend_everywhere(pbk_object object, uint32_t every) {
  static struct bytes bytes;
  size_t size = seen.whole->objects[object].now.size;
  for (size_t at = (size_t)(32 + mix(run.seed, 4) % every); at + 16 < size; at += 3 * every) {
    if (!begin("another snapshot, from byte", at)) continue;
    bytes_copy(&bytes, &seen.whole->objects[object].now);
    bytes.at[at] ^= 1;
    if (!snapshot_mend(&bytes)) continue; /* it was the size of a frame */
    set(object, &bytes);
    attempt(check_snapshot);
  }
}

/* Zeros, and noise, over a piece. */
static void overwrite_everywhere(pbk_object object, void (*check)(void)) {
  static struct bytes bytes;
  static const size_t sizes[] = {4, 64, 512};
  size_t size = seen.whole->objects[object].now.size;
  uint64_t random = run.seed;
  for (int kind = 0; kind < 6; kind++) {
    for (size_t at = 0; at < size; at += sizes[kind / 2]) {
      if (!begin(kind % 2 ? "zeros from" : "noise from", at)) continue;
      bytes_copy(&bytes, &seen.whole->objects[object].now);
      size_t end = at + sizes[kind / 2] < size ? at + sizes[kind / 2] : size;
      for (size_t i = at; i < end; i++) bytes.at[i] = kind % 2 ? 0 : (unsigned char)random_next(&random);
      if (memcmp(bytes.at, seen.whole->objects[object].now.at, size) == 0) continue;
      set(object, &bytes);
      attempt(check);
    }
  }
}

/* A journal of some pieces: those of `pieces` that have a size. */
struct piece {
  const struct bytes *from;
  size_t at, size;
};
static void try_pieces(const char *what, uint64_t where, const struct piece *pieces, int count) {
  static struct bytes bytes;
  if (!begin(what, where)) return;
  bytes.size = 0;
  for (int i = 0; i < count; i++) bytes_add(&bytes, pieces[i].from->at + pieces[i].at, pieces[i].size);
  set(seen.journal, &bytes);
  attempt(check_journal);
}

static void shuffle_records(const struct bytes *other) {
  const struct bytes *whole = &seen.whole->objects[seen.journal].now;
  for (uint32_t i = 0; i < seen.record_count; i++) {
    struct journal_record record = seen.records[i];
    size_t end = record.at + record.size;
    struct piece before = {whole, 0, record.at}, self = {whole, record.at, record.size},
                 rest = {whole, end, whole->size - end};
    try_pieces("dropped record", i, (const struct piece[]){before, rest}, 2);
    try_pieces("doubled record", i, (const struct piece[]){before, self, self, rest}, 4);
    try_pieces("repeated at the end: record", i, (const struct piece[]){before, self, rest, self}, 4);
    for (uint32_t j = i + 1; j < seen.record_count && j < i + 4; j++) {
      struct journal_record later = seen.records[j];
      size_t later_end = later.at + later.size;
      struct piece between = {whole, end, later.at - end}, moved = {whole, later.at, later.size};
      struct piece behind = {whole, later_end, whole->size - later_end};
      try_pieces("swapped record", i, (const struct piece[]){before, moved, between, self, behind}, 5);
      try_pieces("dropped records from", i, (const struct piece[]){before, behind}, 2);
    }
    /* records of another journal, at the same place by number */
    struct journal_record theirs;
    size_t at = JOURNAL_HEADER;
    for (uint32_t j = 0; j < i && journal_record_at(other, at, &theirs); j++) at += theirs.size;
    if (!journal_record_at(other, at, &theirs)) continue;
    struct piece foreign = {other, theirs.at, theirs.size}, tail = {other, theirs.at, other->size - theirs.at};
    try_pieces("foreign record", i, (const struct piece[]){before, foreign, rest}, 3);
    try_pieces("foreign record before", i, (const struct piece[]){before, foreign, self, rest}, 4);
    try_pieces("foreign records from", i, (const struct piece[]){before, tail}, 2);
    try_pieces("foreign records behind", i, (const struct piece[]){before, self, tail}, 3);
  }
  try_pieces("a foreign journal", 0,
             (const struct piece[]){{whole, 0, JOURNAL_HEADER}, {other, JOURNAL_HEADER, other->size - JOURNAL_HEADER}}, 2);
}

/* ---- what is damaged ---- */

static void learn(void) {
  static struct bytes prefix;
  const struct bytes *whole = &seen.whole->objects[seen.journal].now;
  struct journal_record record;
  struct medium *medium = &seen.damaged;
  seen.record_count = seen.commit_count = 0;
  for (size_t at = JOURNAL_HEADER; at < whole->size; at += record.size) {
    if (!journal_record_at(whole, at, &record)) run_fail("no record at byte %zu of a journal that is whole", at);
    if (seen.record_count == RECORDS_MOST || seen.commit_count == COMMITS_MOST) run_fail("a journal with too many records");
    if (seen.record_count == 0) seen.start_sequence = record.sequence;
    seen.records[seen.record_count++] = record;
    if (record.type < FIRST_MARK) continue;
    pbk_opening opening;
    prefix.size = 0;
    bytes_add(&prefix, whole->at, record.at + record.size);
    medium_copy(medium, seen.whole);
    object_set(&medium->objects[seen.journal], prefix.at, prefix.size);
    pbk_status status = open_medium(medium, 0, &opening, seen.commits[seen.commit_count].digest);
    if (status != PBK_OK || opening.sequence != record.sequence || opening.torn_bytes)
      run_fail("a journal whole to sequence %" PRIu64 " answers %s at %" PRIu64 ", %" PRIu64 " bytes torn: %.*s",
               record.sequence, pbk_status_name(status), opening.sequence, opening.torn_bytes, (int)opening.message_size,
               opening.message);
    seen.commits[seen.commit_count++].sequence = record.sequence;
    seen.last = record.sequence;
  }
}

static void damage(const struct medium *whole, uint32_t generation, const struct bytes *other, uint32_t every) {
  pbk_object journal = (pbk_object)(generation % 2), snapshot = (pbk_object)(PBK_OBJECT_SNAPSHOT_0 + generation % 2);
  seen.whole = whole;
  seen.generation = generation;
  seen.journal = journal;
  snprintf(run.what, sizeof run.what, "generation %" PRIu32 ", whole", generation);
  uint64_t failed = seen.tally->failed;
  attempt(learn);
  if (seen.tally->failed > failed) return;
  cut_everywhere(journal, check_journal);
  flip_everywhere(journal, check_journal, every);
  overwrite_everywhere(journal, check_journal);
  shuffle_records(other);
  if (generation == 0) {
    shuffle_records(&seen.second.objects[PBK_OBJECT_JOURNAL_1].now); /* of a generation that is not there */
    return;
  }
  cut_everywhere(snapshot, check_snapshot);
  flip_everywhere(snapshot, check_snapshot, every);
  overwrite_everywhere(snapshot, check_snapshot);
  mend_everywhere(snapshot, every);
  cut_everywhere((pbk_object)(1 - journal), check_old);
  flip_everywhere((pbk_object)(1 - journal), check_old, every * 8);
}

/* ---- making it ---- */

static void do_steps(uint32_t end) {
  struct host *host = &seen.host;
  for (; host->step < end; host->step++) {
    const struct step *step = &seen.scenario.steps[host->step];
    if (step->kind == STEP_SNAPSHOT || step->kind == STEP_CLOSE) continue;
    pbk_status status = host_call(host, step);
    if (status < 0 && status != PBK_ERR_REFUSED)
      run_fail("step %" PRIu32 " answers %s", host->step, pbk_status_name(status));
  }
  if (pbk_commit(host->engine) != PBK_OK) run_fail("a commit fails");
}

/* A storage with one journal, and one with the second generation. */
static void make(uint64_t seed, struct medium *first, struct medium *second) {
  struct host *host = &seen.host;
  scenario_make(&seen.scenario, seed, 10);
  if (!second)
    seen.scenario.engine_id = "another"; /* or its journal might begin with the same bytes, and be another end of this one */
  uint32_t half = seen.scenario.step_count * 3 / 4;
  medium_clear(&seen.medium);
  seen.medium.failed = seen.medium.crashed = false;
  host_begin(host, &seen.scenario, &seen.medium, &seen.heap);
  if (host_open(host) != PBK_OK) run_fail("an engine cannot be made");
  do_steps(half);
  medium_copy(first, &seen.medium);
  if (second) {
    pbk_status status = pbk_snapshot(host->engine, seed % 2 ? PBK_SNAPSHOT_COMPRESSED : 0);
    if (status == PBK_ERR_UNSUPPORTED) status = pbk_snapshot(host->engine, 0);
    if (status != PBK_OK) run_fail("a snapshot answers %s", pbk_status_name(status));
    do_steps(seen.scenario.step_count);
    medium_copy(second, &seen.medium);
  }
  host_close(host);
  heap_forget(&seen.heap);
}

static void make_other(void) {
  make(run.seed + 1000, &seen.other, NULL);
}
static void make_this(void) {
  make(run.seed, &seen.first, &seen.second);
}

/* More than the library reads at a time (a MiB): records that lie across that border, and ones that are damaged near it. */
static void make_large(void) {
  static char line[300000];
  struct host *host = &seen.host;
  scenario_make(&seen.scenario, 1, 0);
  seen.scenario.at_once = false;
  medium_clear(&seen.medium);
  seen.medium.failed = seen.medium.crashed = false;
  host_begin(host, &seen.scenario, &seen.medium, &seen.heap);
  if (host_open(host) != PBK_OK) run_fail("an engine cannot be made");
  uint64_t random = run.seed;
  for (uint32_t i = 0; i < 14; i++) {
    size_t size = (size_t)snprintf(
      line, 100, "{\"type\":\"identify\",\"userId\":\"u%" PRIu32 "\",\"traits\":{\"t%" PRIu32 "\":\"", i % 5, i);
    for (size_t end = 100000 + random_below(&random, 190000); size < end; size++)
      line[size] = (char)('a' + random_below(&random, 26));
    memcpy(line + size, "\"}}", 3);
    if (pbk_feed_line(host->engine, line, size + 3) != PBK_OK || pbk_commit(host->engine) != PBK_OK)
      run_fail("a long line is refused");
    if (i == 9) medium_copy(&seen.first, &seen.medium);
    if (i == 11 && pbk_snapshot(host->engine, 0) != PBK_OK) run_fail("a large snapshot fails");
  }
  medium_copy(&seen.second, &seen.medium);
  host_close(host);
  heap_forget(&seen.heap);
}

static void damage_near(pbk_object object, size_t place, void (*check)(void)) {
  static struct bytes bytes;
  const struct bytes *whole = &seen.whole->objects[object].now;
  for (size_t at = place < 3 ? 0 : place - 3; at <= place + 3 && at < whole->size; at++) {
    struct bytes cut = *whole;
    cut.size = at;
    if (begin("cut to", at)) {
      set(object, &cut);
      attempt(check);
    }
    if (!begin("flipped byte", at)) continue;
    bytes_copy(&bytes, whole);
    bytes.at[at] ^= 255;
    set(object, &bytes);
    attempt(check);
  }
}

static void damage_large_one(const struct medium *whole, uint32_t generation) {
  seen.whole = whole;
  seen.generation = generation;
  seen.journal = (pbk_object)(generation % 2);
  snprintf(run.what, sizeof run.what, "large, generation %" PRIu32 ", whole", generation);
  uint64_t failed = seen.tally->failed;
  attempt(learn);
  if (seen.tally->failed > failed) return;
  for (uint32_t i = 0; i < seen.record_count; i += 2) damage_near(seen.journal, seen.records[i].at, check_journal);
  for (size_t mib = 1; mib << 20 < whole->objects[seen.journal].now.size; mib++)
    damage_near(seen.journal, mib << 20, check_journal);
  if (generation)
    for (size_t mib = 1; mib << 20 < whole->objects[PBK_OBJECT_SNAPSHOT_1].now.size; mib++)
      damage_near(PBK_OBJECT_SNAPSHOT_1, mib << 20, check_snapshot);
}

void damage_large(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  uint64_t failed = tally->failed;
  run.seed = seed;
  run.schedule = 0;
  run.trace = options->trace;
  seen.tally = tally;
  seen.options = options;
  seen.heap.counted = options->counted_memory;
  snprintf(run.what, sizeof run.what, "the large storage");
  attempt(make_large);
  if (tally->failed > failed) return;
  damage_large_one(&seen.first, 0);
  damage_large_one(&seen.second, 1);
}

void damage_seed(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  uint64_t failed = tally->failed;
  run.seed = seed;
  run.schedule = 0;
  run.trace = options->trace;
  seen.tally = tally;
  seen.options = options;
  seen.heap.counted = options->counted_memory;
  snprintf(run.what, sizeof run.what, "the storage");
  attempt(make_other);
  attempt(make_this);
  if (tally->failed > failed) return;
  damage(&seen.first, 0, &seen.other.objects[0].now, options->every ? options->every : 1);
  damage(&seen.second, 1, &seen.first.objects[0].now, options->every ? options->every : 1);
}

void damage_release(void) {
  host_release(&seen.host);
  struct medium *media[] = {&seen.medium, &seen.first, &seen.second, &seen.other, &seen.damaged, &seen.salvaged};
  for (size_t i = 0; i < sizeof media / sizeof media[0]; i++) medium_release(media[i]);
  heap_release(&seen.heap);
  scenario_release(&seen.scenario);
}
