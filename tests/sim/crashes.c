/* tests/sim/crashes.c - all that is tried with one seed: the straight run against one that keeps nothing, then every crash.
 *
 * The straight run is recorded: each call of storage, each delivery, each step done, and what the host knew then. A crash at
 * one of these needs no engine up to there: the storage is put together from the record, torn in one of several ways, and a
 * new engine opens it and goes on to the end, where more may happen to it.
 *
 * What must come out is what an engine gives that keeps nothing and to which nothing happens. A crash with deliveries under
 * way shows, as it must: those attempts are undecided. Then what must come out is what that engine gives when it gets the
 * answers that are meant by them: not now, try again at once; or, for messages that are to be held, failed. */
#include "crashes.h"

/* ---- recording the straight run ---- */

struct moment { /* what the host knew */
  uint32_t step, acknowledged, output_count, offer_count, durable_offers;
  uint64_t durable_sequence, taken_least, taken_most;
};
struct event {
  enum call call;
  pbk_object object;
  size_t start;
  uint64_t size;
  struct moment after;
};

static struct {
  struct scenario scenario;
  struct host straight, crashed;
  struct medium medium, cursor, image;
  struct heap heap, reference_heap;
  struct bytes written;
  struct event *events;
  uint32_t event_count, event_capacity;
  struct tally *tally;
} seen;

static struct moment moment_of(const struct host *host) {
  return (struct moment){.step = host->step,
                         .acknowledged = host->acknowledged,
                         .output_count = host->output_count,
                         .offer_count = host->offer_count,
                         .durable_offers = host->durable_offers,
                         .durable_sequence = host->durable_sequence,
                         .taken_least = host->taken_least,
                         .taken_most = host->taken_most};
}

static void record(void *context, enum call call, pbk_object object, const void *bytes, uint64_t size) {
  if (seen.event_count == seen.event_capacity) {
    seen.event_capacity = seen.event_capacity * 2 + 256;
    seen.events = realloc(seen.events, seen.event_capacity * sizeof *seen.events);
    if (!seen.events) abort();
  }
  seen.events[seen.event_count++] = (struct event){call, object, seen.written.size, size, moment_of(context)};
  if (bytes) bytes_add(&seen.written, bytes, (size_t)size);
}

static void go_back_to(struct host *host, const struct moment *moment) {
  const struct host *from = &seen.straight;
  host->step = moment->step;
  host->acknowledged = moment->acknowledged;
  host->durable_sequence = moment->durable_sequence;
  host->taken_least = moment->taken_least;
  host->taken_most = moment->taken_most;
  host->durable_offers = moment->durable_offers;
  host_take_over(host, from, moment->output_count, moment->offer_count);
}

/* ---- runs to compare with ---- */

enum { REFERENCES = 64 };
static struct {
  struct host hosts[REFERENCES];
  uint64_t keys[REFERENCES];
  uint32_t count;
} references;

static uint64_t key_of_undecided(const struct host *host) {
  uint64_t key = 0; /* in any order */
  for (uint32_t i = 0; i < host->undecided_count; i++) {
    const struct undecided *undecided = &host->undecided[i];
    key += mix(mix(undecided->message, undecided->attempt), undecided->hold);
  }
  return key;
}

static bool keeps(const struct step *step) {
  return step->kind == STEP_COMMIT || step->kind == STEP_SNAPSHOT || step->kind == STEP_CLOSE;
}

static void go_to_the_end(struct host *host, const char *what, bool with_digests) {
  uint32_t count = host->scenario->step_count;
  if (with_digests && host->digest_capacity < count) {
    host->digest_capacity = count;
    host->digests = realloc(host->digests, count * sizeof *host->digests);
    if (!host->digests) abort();
  }
  while (host->step < count) {
    uint32_t step = host->step;
    pbk_status status = host_do(host);
    if (status == PBK_OK && with_digests && keeps(&host->scenario->steps[step]))
      status = pbk_state_digest(host->engine, host->digests[step]);
    if (status != PBK_OK) run_fail("%s: step %" PRIu32 " answers %s", what, step, pbk_status_name(status));
  }
  pbk_status status = host_finish(host);
  if (status != PBK_OK) run_fail("%s: the end answers %s", what, pbk_status_name(status));
}

static void run_reference(struct host *host, const struct host *crashed, enum driving driving) {
  host_begin(host, &seen.scenario, NULL, &seen.reference_heap);
  host->driving = driving;
  if (crashed) {
    memcpy(host->undecided, crashed->undecided, sizeof host->undecided);
    host->undecided_count = crashed->undecided_count;
  }
  host->substituted = true;
  if (host_open(host) != PBK_OK) run_fail("an engine cannot be made");
  go_to_the_end(host, "without storage", !crashed && driving == DRIVE_PLAINLY);
  heap_forget(&seen.reference_heap);
}

static const struct host *reference_for(const struct host *crashed) {
  uint64_t key = key_of_undecided(crashed);
  for (uint32_t i = 0; i < references.count; i++)
    if (references.keys[i] == key) return &references.hosts[i];
  uint32_t place = references.count < REFERENCES ? references.count++ : 1 + (uint32_t)(key % (REFERENCES - 1));
  TRACE("a run to compare with");
  run_reference(&references.hosts[place], key ? crashed : NULL, DRIVE_PLAINLY);
  references.keys[place] = key;
  return &references.hosts[place];
}

static const struct offered *find_offer(const struct host *host, const struct offered *wanted) {
  for (uint32_t i = 0; i < host->offer_count; i++)
    if (host->offers[i].message == wanted->message && host->offers[i].attempt == wanted->attempt) return &host->offers[i];
  return NULL;
}

static bool is_undecided(const struct host *host, const struct offered *offered) {
  for (uint32_t i = 0; i < host->undecided_count; i++)
    if (host->undecided[i].message == offered->message && host->undecided[i].attempt == offered->attempt) return true;
  return false;
}

static void compare_offers(const struct host *host, const struct host *reference, bool whole) {
  for (uint32_t i = 0; i < host->offer_count; i++) {
    const struct offered *offered = &host->offers[i], *wanted = find_offer(reference, offered);
    if (!wanted)
      run_fail("message %" PRIu64 " is offered for attempt %" PRIu32 ", and should not be", offered->message,
               offered->attempt);
    if (wanted->key != offered->key || wanted->print != offered->print)
      run_fail("message %" PRIu64 " is offered otherwise in attempt %" PRIu32, offered->message, offered->attempt);
  }
  for (uint32_t i = 0; i < reference->offer_count && whole; i++) {
    const struct offered *wanted = &reference->offers[i];
    if (!find_offer(host, wanted) && !is_undecided(host, wanted))
      run_fail("message %" PRIu64 " is not offered for attempt %" PRIu32, wanted->message, wanted->attempt);
  }
}

static pbk_text without_seq(pbk_text line) {
  const char *comma = memchr(line.bytes, ',', line.size);
  size_t skipped = comma ? (size_t)(comma - line.bytes) : 0;
  return (pbk_text){line.bytes + skipped, line.size - skipped};
}

static int compare_texts(const void *one, const void *other) {
  pbk_text a = *(const pbk_text *)one, b = *(const pbk_text *)other;
  int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

static pbk_text *outputs_in_any_order(const struct host *host) {
  pbk_text *lines = calloc(host->output_count + 1, sizeof *lines);
  if (!lines) abort();
  for (uint32_t seq = 1; seq <= host->output_count; seq++) lines[seq - 1] = without_seq(host_output(host, seq));
  qsort(lines, host->output_count, sizeof *lines, compare_texts);
  return lines;
}

static void check_output(uint32_t seq, pbk_text given, pbk_text wanted) {
  if (given.size != wanted.size || memcmp(given.bytes, wanted.bytes, given.size) != 0)
    run_fail("output %" PRIu32 " is\n  %.*sand should be\n  %.*s", seq, (int)given.size, given.bytes, (int)wanted.size,
             wanted.bytes);
}

static void compare(const struct host *host, const struct host *reference) {
  bool whole = host->step == host->scenario->step_count;
  uint32_t least = host->output_count < reference->output_count ? host->output_count : reference->output_count;
  if (whole && host->reordered && host->output_count == reference->output_count) {
    pbk_text *given = outputs_in_any_order(host), *wanted = outputs_in_any_order(reference);
    for (uint32_t i = 0; i < least; i++) check_output(i + 1, given[i], wanted[i]);
    free(given);
    free(wanted);
  } else {
    for (uint32_t seq = 1; seq <= least; seq++) check_output(seq, host_output(host, seq), host_output(reference, seq));
  }
  if (whole ? host->output_count != reference->output_count : host->output_count > reference->output_count)
    run_fail("there are %" PRIu32 " outputs, and should be %" PRIu32, host->output_count, reference->output_count);
  compare_offers(host, reference, whole);
  if (whole && host->undecided_count == 0 && memcmp(host->digest, reference->digest, sizeof host->digest) != 0)
    run_fail("the state has another digest");
}

/* ---- what happens after the first crash ---- */

static void plan_fault(struct medium *medium, uint64_t *random, uint32_t left) {
  medium->fault = FAULT_NONE;
  medium->fault_at = 0;
  medium->failing = false;
  medium->random = random_next(random);
  if (left == 0) return;
  static const enum fault faults[] = {FAULT_CRASH, FAULT_CRASH, FAULT_ONCE, FAULT_FOR_GOOD};
  medium->fault = faults[random_below(random, 4)];
  medium->fault_at = medium->calls + 1 + random_below(random, random_one_in(random, 2) ? 12 : 80);
  medium->fault_after = random_one_in(random, 2);
  TRACE("  to come: %s at call %" PRIu64, medium->fault == FAULT_CRASH ? "crash" : "failure", medium->fault_at);
}

/* An engine whose storage failed does nothing any more. */
static void check_refuses(struct host *host, uint64_t *random) {
  static const char line[] = "{\"type\":\"track\",\"userId\":\"x\",\"event\":\"login\"}";
  if (!host->engine || random_one_in(random, 2)) return;
  pbk_status statuses[] = {pbk_commit(host->engine), pbk_feed_line(host->engine, line, sizeof line - 1),
                           pbk_advance(host->engine, PBK_DAY, 0), pbk_snapshot(host->engine, 0)};
  for (int i = 0; i < 4; i++)
    if (statuses[i] != PBK_ERR_STORAGE)
      run_fail("after the storage failed, call %d answers %s", i, pbk_status_name(statuses[i]));
  if (random_one_in(random, 2)) host_close(host);
}

/* Behind a commit, an engine whose state is that of the run to compare with need not be followed to the end: equal digests,
 * equal states. Some are all the same, in case that is not so. */
static bool is_back(struct host *host, uint32_t step) {
  unsigned char digest[16];
  const struct host *reference = &references.hosts[0];
  if (host->undecided_count || host->recovery.count || !keeps(&host->scenario->steps[step])) return false;
  if (host->step == host->scenario->step_count || host->acknowledged != host->step) return false;
  if (pbk_state_digest(host->engine, digest) != PBK_OK) run_fail("no digest");
  if (memcmp(digest, reference->digests[step], sizeof digest) != 0)
    run_fail("behind step %" PRIu32 " the state has another digest", step);
  pbk_status status = host_drain(host, 0);
  if (status != PBK_OK) run_fail("drain answers %s", pbk_status_name(status));
  return true;
}

/* Opens and goes on to the end, through what is planned. */
static void go_on(struct host *host, uint64_t *random, uint32_t mishaps, bool planned) {
  struct medium *medium = host->medium;
  for (;; planned = false) {
    if (!planned) {
      plan_fault(medium, random, mishaps);
      if (mishaps) mishaps--;
    }
    host->driving = random_one_in(random, 4) ? (enum driving)random_below(random, 3) : DRIVE_PLAINLY;
    host->engine = NULL;
    pbk_opening looked;
    bool look = !planned && random_one_in(random, 16);
    pbk_status status = look ? host_look(host, &looked) : PBK_OK;
    if (status == PBK_OK) status = host_open(host);
    bool to_the_end = planned || medium->fault_at || host->scenario->zero_waits || random_one_in(random, 4);
    while (status == PBK_OK && host->step < host->scenario->step_count) {
      uint32_t step = host->step;
      status = host_do(host);
      if (!to_the_end && status == PBK_OK && host->step == step + 1 && is_back(host, step)) return;
    }
    if (status == PBK_OK && !medium->crashed) status = host_finish(host);
    if (status == PBK_OK && !medium->crashed) return;
    if (status == PBK_ERR_NO_MEMORY && !medium->crashed) {
      host->heap->fail_at = 0; /* there is some again; the engine is made anew */
      TRACE("  no memory in step %" PRIu32, host->step);
      host_close(host);
      medium->fault_at = 0;
      continue;
    }
    if (!medium->crashed) {
      if (!medium->failed) run_fail("%s, and no call of storage failed", pbk_status_name(status));
      check_refuses(host, random);
    }
    enum loss loss = random_one_in(random, 3) ? LOSS_OF_PROCESS : (enum loss)random_below(random, LOSSES);
    TRACE("  %s in step %" PRIu32 ", lost: %s", medium->crashed ? "crash" : "failure", host->step, loss_name(loss));
    medium_lose(medium, loss, random);
    if (host->engine && random_one_in(random, 8) && !medium->crashed) host->engine = NULL;
    heap_forget(host->heap);
  }
}

static void finish(struct host *host) {
  /* where delivery says to try again at once, an advance that is done again does so before the commit would */
  if (host->incomparable || host->scenario->zero_waits)
    seen.tally->incomparable++;
  else
    compare(host, reference_for(host));
  seen.tally->undecided += host->undecided_count > 0;
  seen.tally->reordered += host->reordered;
  heap_forget(&seen.heap);
}

static void begin(struct host *host, uint64_t random) {
  host_begin(host, &seen.scenario, &seen.image, &seen.heap);
  host->random = random;
  host->varied = true;
  seen.image.calls = 0;
  seen.image.crashed = seen.image.failed = seen.image.journal_synced = false;
}

static void crash(uint32_t place, uint32_t loss) {
  struct host *host = &seen.crashed;
  static const struct moment start;
  uint64_t random = mix(seen.scenario.seed, run.schedule);
  begin(host, random);
  go_back_to(host, place ? &seen.events[place - 1].after : &start);
  medium_copy(&seen.image, &seen.cursor);
  medium_lose(&seen.image, (enum loss)loss, &random);
  /* most crash once; some again and again */
  go_on(host, &random, random_one_in(&random, 3) ? 1 + random_below(&random, 4) : 0, false);
  finish(host);
}

/* From the start, with one call of storage failing. */
static void fail_call(uint32_t call, uint32_t how) {
  struct host *host = &seen.crashed;
  uint64_t random = mix(seen.scenario.seed, run.schedule);
  begin(host, random);
  host->varied = false; /* the calls are those of the straight run */
  medium_clear(&seen.image);
  seen.image.random = random;
  seen.image.fault_at = call;
  seen.image.fault = how & 1 ? FAULT_FOR_GOOD : FAULT_ONCE;
  seen.image.fault_after = how & 2;
  go_on(host, &random, 0, true);
  finish(host);
}

/* From the start, with one allocation failing, or all from that one on until somebody notices. */
static void fail_allocation(uint32_t allocation, uint32_t for_good) {
  struct host *host = &seen.crashed;
  uint64_t random = mix(seen.scenario.seed, run.schedule);
  begin(host, random);
  host->varied = false;
  medium_clear(&seen.image);
  seen.image.fault_at = 0;
  seen.heap.calls = 0;
  seen.heap.fail_at = allocation;
  seen.heap.fail_after = for_good;
  go_on(host, &random, 0, true);
  seen.heap.fail_at = 0;
  finish(host);
}

/* ---- a seed ---- */

static bool attempt(struct tally *tally, void (*body)(uint32_t first, uint32_t second), uint32_t first, uint32_t second) {
  if (setjmp(run.end)) {
    tally->failed++;
    seen.heap.fail_at = 0;
    heap_forget(&seen.heap);
    heap_forget(&seen.reference_heap);
    return false;
  }
  body(first, second);
  tally->passed++;
  return true;
}

static void run_straight(uint32_t first, uint32_t second) {
  (void)first, (void)second;
  struct host *host = &seen.straight;
  references.count = 0;
  seen.event_count = 0;
  seen.written.size = 0;
  medium_clear(&seen.medium);
  medium_clear(&seen.cursor);
  seen.medium.calls = 0;
  seen.medium.crashed = seen.medium.failed = false;
  seen.medium.fault_at = 0;
  host_begin(host, &seen.scenario, &seen.medium, &seen.heap);
  seen.medium.note = record;
  seen.medium.note_context = host;
  if (host_open(host) != PBK_OK) run_fail("an engine cannot be made");
  go_to_the_end(host, "straight", false);
  host_close(host);
  heap_forget(&seen.heap);
  compare(host, reference_for(host));
}

/* However the advances are cut, the outcome is the same. */
static void run_driven(uint32_t driving, uint32_t second) {
  (void)second;
  struct host *host = &seen.crashed;
  run_reference(host, NULL, (enum driving)driving);
  compare(host, &references.hosts[0]);
}

static bool wanted(const struct crash_options *options) {
  run.schedule++;
  if (options->few && mix(run.seed, run.schedule) % options->few) return false;
  return options->only_schedule == 0 || options->only_schedule == run.schedule;
}

static bool prepare(uint64_t seed, uint32_t inputs, const struct crash_options *options, struct tally *tally) {
  run.seed = seed;
  run.schedule = 0;
  seen.tally = tally;
  seen.heap.counted = seen.reference_heap.counted = options->counted_memory;
  if (options->bytes)
    scenario_decode(&seen.scenario, options->bytes, options->byte_count, inputs);
  else
    scenario_make(&seen.scenario, seed, inputs);
  snprintf(run.what, sizeof run.what, "the straight run");
  run.trace = options->trace && options->only_schedule == 0;
  bool fine = attempt(tally, run_straight, 0, 0);
  run.trace = options->trace;
  return fine;
}

void crash_seed(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  if (!prepare(seed, 20 + (uint32_t)(mix(seed, 2) % 41), options, tally)) return;
  for (uint32_t driving = DRIVE_IN_CUTS; driving <= DRIVE_IN_ONES; driving++) {
    if (!wanted(options)) continue;
    snprintf(run.what, sizeof run.what, "advances %s", driving == DRIVE_IN_CUTS ? "cut" : "by ones");
    attempt(tally, run_driven, driving, 0);
  }
  for (uint32_t place = 0; place <= seen.event_count; place++) {
    if (place > 0) {
      const struct event *event = &seen.events[place - 1];
      medium_repeat(&seen.cursor, event->call, event->object, seen.written.at + event->start, event->size);
    }
    static const enum loss without_changes[] = {LOSS_OF_ALL};
    static const enum loss with_changes[] = {LOSS_OF_PROCESS, LOSS_OF_ALL,     LOSS_OF_NOTHING,
                                             LOSS_OF_END,     LOSS_OF_SECTORS, LOSS_OF_SOME};
    bool changes = medium_has_changes(&seen.cursor);
    const enum loss *losses = changes ? with_changes : without_changes;
    for (uint32_t i = 0; i < (changes ? 6 : 1); i++) {
      if (!wanted(options)) continue;
      snprintf(run.what, sizeof run.what, "crash after event %" PRIu32 " (%s), lost: %s", place,
               place ? call_name(seen.events[place - 1].call) : "nothing", loss_name(losses[i]));
      attempt(tally, crash, place, losses[i]);
      if (options->most && tally->passed + tally->failed >= options->most) return;
    }
  }
}

void crash_each_call(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  if (!prepare(seed, 16, options, tally)) return;
  uint32_t calls = (uint32_t)seen.medium.calls;
  for (uint32_t call = 1; call <= calls; call++) {
    for (uint32_t how = 0; how < 4; how++) {
      if (!wanted(options)) continue;
      snprintf(run.what, sizeof run.what, "call %" PRIu32 " of storage fails %s, %s", call, how & 1 ? "for good" : "once",
               how & 2 ? "done in part" : "not done");
      attempt(tally, fail_call, call, how);
    }
  }
}

void crash_each_allocation(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  seen.heap.calls = 0;
  if (!prepare(seed, 12, options, tally)) return;
  uint32_t allocations = (uint32_t)seen.heap.calls;
  for (uint32_t allocation = 1; allocation <= allocations; allocation++) {
    for (uint32_t for_good = 0; for_good < 2; for_good++) {
      if (!wanted(options)) continue;
      snprintf(run.what, sizeof run.what, "allocation %" PRIu32 " fails %s", allocation,
               for_good ? "and all after it" : "once");
      attempt(tally, fail_allocation, allocation, for_good);
    }
  }
}

void crash_release(void) {
  for (uint32_t i = 0; i < REFERENCES; i++) host_release(&references.hosts[i]);
  host_release(&seen.straight);
  host_release(&seen.crashed);
  medium_release(&seen.medium);
  medium_release(&seen.cursor);
  medium_release(&seen.image);
  heap_release(&seen.heap);
  heap_release(&seen.reference_heap);
  bytes_release(&seen.written);
  free(seen.events);
  scenario_release(&seen.scenario);
}
