/* tests/sim/shortage.c - no memory, at every single allocation of a scenario, and from every step on; see crashes.h.
 *
 * A call that gets no memory answers so, has changed nothing (an advance may be done in part, and a line lets time pass
 * before it is applied), and done again gives what it would have given. The same where memory stays away until a call says
 * so, and for some calls more. At the end nothing is left out. */
#include "crashes.h"

static struct {
  struct scenario scenario;
  struct host undisturbed, short_of;
  struct medium medium;
  struct heap heap, reference_heap;
  uint64_t opening, allocations; /* of the undisturbed run: in its opening, in all */
} seen;

static void take_digest(struct host *host, unsigned char digest[16]) {
  uint64_t fail_at = host->heap->fail_at, calls = host->heap->calls;
  host->heap->fail_at = 0;
  if (pbk_state_digest(host->engine, digest) != PBK_OK) run_fail("no digest");
  host->heap->fail_at = fail_at;
  host->heap->calls = calls;
}

static void begin(struct host *host) {
  medium_clear(&seen.medium);
  seen.medium.calls = seen.medium.fault_at = 0;
  seen.medium.crashed = seen.medium.failed = seen.medium.journal_synced = false;
  seen.heap.counted = true;
  seen.heap.calls = seen.heap.fail_at = seen.heap.wrong_sizes = 0;
  heap_forget(&seen.heap);
  host_begin(host, &seen.scenario, &seen.medium, &seen.heap);
}

static void end(struct host *host) {
  host_close(host);
  if (seen.heap.out) run_fail("%zu bytes are not given back", seen.heap.out);
  if (seen.heap.wrong_sizes) run_fail("%" PRIu64 " blocks are given back with a wrong size", seen.heap.wrong_sizes);
}

static void run_undisturbed(void) {
  struct host *host = &seen.undisturbed;
  begin(host);
  if (host_open(host) != PBK_OK) run_fail("an engine cannot be made");
  seen.opening = seen.heap.calls;
  while (host->step < seen.scenario.step_count)
    if (host_do(host) != PBK_OK) run_fail("step %" PRIu32 " fails", host->step);
  seen.allocations = seen.heap.calls;
  if (host_finish(host) != PBK_OK) run_fail("the end fails");
  end(host);
}

/* Whether a call without memory may have done a part: time passes, a batch is many inputs, a commit lets messages out one by
 * one. */
static bool may_be_partial(const struct step *step, bool time_passed) {
  pbk_text text = {(const char *)seen.scenario.text.at + step->start, step->size};
  if (step->kind == STEP_LINE) return time_passed || text_has(text, "\"batch\"");
  return step->kind != STEP_DRAIN && (step->kind != STEP_CALL || time_passed || step->choice % 8 == 7);
}

enum shortage { ONE_ALLOCATION, ALL_FROM_ALLOCATION, ALL_FROM_STEP };

static void run_short_of(uint64_t place, enum shortage shortage) {
  struct host *host = &seen.short_of;
  uint64_t allocation = shortage == ALL_FROM_STEP ? UINT64_MAX : place;
  uint32_t repeated = 0;
  begin(host);
  seen.heap.fail_at = shortage == ALL_FROM_STEP ? 0 : place;
  seen.heap.fail_after = shortage != ONE_ALLOCATION;
  pbk_status status = host_open(host);
  if (allocation <= seen.opening) {
    if (status == PBK_ERR_NO_MEMORY) {
      if (seen.heap.out) run_fail("an opening without memory leaves %zu bytes", seen.heap.out);
      seen.heap.fail_at = 0;
      status = host_open(host);
    }
    seen.heap.fail_at = 0;
  }
  if (status != PBK_OK) run_fail("opening answers %s", pbk_status_name(status));
  bool failed = false;
  pbk_time now = 0;
  unsigned char before[16];
  while (host->step < seen.scenario.step_count) {
    const struct step *step = &seen.scenario.steps[host->step];
    uint32_t number = host->step;
    if (shortage == ALL_FROM_STEP && number == place && !failed) seen.heap.fail_at = 1;
    if (!failed || !seen.heap.fail_at) {
      now = pbk_now(host->engine);
      /* what was due behind an earlier step may be left: that its call could not say */
      if (seen.heap.fail_at) take_digest(host, before);
    }
    status = host_do(host);
    if (status == PBK_ERR_NO_MEMORY) {
      unsigned char digest[16];
      if (!seen.heap.fail_at) run_fail("step %" PRIu32 " gets memory, and says it does not", number);
      failed = true;
      TRACE("  no memory in step %" PRIu32, number);
      if (shortage == ALL_FROM_STEP && host->engine && repeated++ < 3) continue;
      seen.heap.fail_at = 0;
      if (!host->engine) { /* opening again behind a close */
        host->step = number + 1;
        status = host_open(host);
        if (status != PBK_OK) run_fail("opening again answers %s", pbk_status_name(status));
        continue;
      }
      take_digest(host, digest);
      bool same = memcmp(digest, before, sizeof digest) == 0;
      if (!same && !may_be_partial(step, pbk_now(host->engine) > now))
        run_fail("step %" PRIu32 " without memory has changed something", number);
      continue; /* the same step again */
    }
    if (status != PBK_OK) run_fail("step %" PRIu32 " answers %s", number, pbk_status_name(status));
    if (seen.heap.calls >= allocation && shortage == ONE_ALLOCATION) seen.heap.fail_at = 0; /* it got on without */
  }
  seen.heap.fail_at = 0;
  if (host_finish(host) != PBK_OK) run_fail("the end fails");
  const struct host *wanted = &seen.undisturbed;
  for (uint32_t seq = 1; seq <= host->output_count && seq <= wanted->output_count; seq++) {
    pbk_text given = host_output(host, seq), other = host_output(wanted, seq);
    if (given.size != other.size || memcmp(given.bytes, other.bytes, given.size) != 0)
      run_fail("output %" PRIu32 " is\n  %.*sand should be\n  %.*s", seq, (int)given.size, given.bytes, (int)other.size,
               other.bytes);
  }
  if (host->output_count != wanted->output_count)
    run_fail("there are %" PRIu32 " outputs, and should be %" PRIu32, host->output_count, wanted->output_count);
  if (host->offer_count != wanted->offer_count)
    run_fail("there are %" PRIu32 " offers, and should be %" PRIu32, host->offer_count, wanted->offer_count);
  if (memcmp(host->digest, wanted->digest, sizeof host->digest) != 0) run_fail("the state has another digest");
  end(host);
}

static bool attempt(struct tally *tally, uint64_t place, enum shortage shortage) {
  if (setjmp(run.end)) {
    tally->failed++;
    heap_forget(&seen.heap);
    return false;
  }
  if (place == UINT64_MAX)
    run_undisturbed();
  else
    run_short_of(place, shortage);
  tally->passed++;
  return true;
}

void shortage_seed(uint64_t seed, const struct crash_options *options, struct tally *tally) {
  run.seed = seed;
  run.schedule = 0;
  run.trace = options->trace && options->only_schedule == 0;
  scenario_make(&seen.scenario, seed, 40);
  snprintf(run.what, sizeof run.what, "enough memory");
  if (!attempt(tally, UINT64_MAX, ONE_ALLOCATION)) return;
  run.trace = options->trace;
  for (int shortage = ONE_ALLOCATION; shortage <= ALL_FROM_STEP; shortage++) {
    static const char *const words[] = {"allocation %" PRIu64 " fails", "allocations from %" PRIu64 " on fail",
                                        "allocations from step %" PRIu64 " on fail"};
    uint64_t first = shortage != ALL_FROM_STEP,
             last = shortage == ALL_FROM_STEP ? seen.scenario.step_count - 1 : seen.allocations;
    for (uint64_t place = first; place <= last; place++) {
      run.schedule++;
      if (options->only_schedule && options->only_schedule != run.schedule) continue;
      snprintf(run.what, sizeof run.what, words[shortage], place);
      attempt(tally, place, (enum shortage)shortage);
    }
  }
}

void shortage_release(void) {
  host_release(&seen.undisturbed);
  host_release(&seen.short_of);
  medium_release(&seen.medium);
  heap_release(&seen.heap);
  heap_release(&seen.reference_heap);
  scenario_release(&seen.scenario);
}
