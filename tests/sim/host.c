/* tests/sim/host.c - a host at work: does the steps of a scenario, puts outputs away, delivers, and after a crash goes on
 * from what the engine says; see sim.h. What it checks by itself is what any host relies on: no hole in seq, the same output
 * under the same seq, no acknowledged line lost, no message offered twice in one attempt nor after its outcome was durable.
 */
#include "sim.h"

static void *grown(void *array, uint32_t count, uint32_t *capacity, size_t size) {
  if (count < *capacity) return array;
  *capacity = *capacity * 2 + 64;
  array = realloc(array, *capacity * size);
  if (!array) abort();
  return array;
}

void host_begin(struct host *host, const struct scenario *scenario, struct medium *medium, struct heap *heap) {
  host->scenario = scenario;
  host->medium = medium;
  host->heap = heap;
  host->engine = NULL;
  host->driving = DRIVE_PLAINLY;
  host->random = scenario->seed;
  host->recovering = false;
  host->step = host->acknowledged = 0;
  host->durable_sequence = 0;
  host->taken_least = host->taken_most = host->given = 0;
  host->outputs.size = 0;
  host->output_count = host->offer_count = 0;
  host->durable_offers = 0;
  host->undecided_count = 0;
  host->recovery = (struct recovery){0};
  host->substituted = host->substituted_now = false;
  host->reordered = host->incomparable = host->varied = false;
  memset(host->digest, 0, sizeof host->digest);
}

void host_release(struct host *host) {
  bytes_release(&host->outputs);
  free(host->starts);
  free(host->offers);
  free(host->digests);
  *host = (struct host){0};
}

void host_close(struct host *host) {
  pbk_engine_destroy(host->engine);
  host->engine = NULL;
}

/* ---- outputs ---- */

pbk_text host_output(const struct host *host, uint64_t seq) {
  size_t start = host->starts[seq - 1], end = seq < host->output_count ? host->starts[seq] : host->outputs.size;
  return (pbk_text){(const char *)host->outputs.at + start, end - start};
}

static uint64_t number_after(pbk_text line, const char *name) {
  size_t size = strlen(name);
  for (size_t i = 0; i + size < line.size; i++) {
    if (memcmp(line.bytes + i, name, size) != 0) continue;
    uint64_t number = 0;
    for (size_t at = i + size; at < line.size && line.bytes[at] >= '0' && line.bytes[at] <= '9'; at++)
      number = number * 10 + (uint64_t)(line.bytes[at] - '0');
    return number;
  }
  return 0;
}

bool text_has(pbk_text line, const char *part) {
  size_t size = strlen(part);
  for (size_t i = 0; i + size <= line.size; i++)
    if (memcmp(line.bytes + i, part, size) == 0) return true;
  return false;
}

/* ---- what became of attempts that a crash left undecided ---- */

static const struct undecided *find_undecided(const struct host *host, uint64_t message, uint32_t attempt) {
  for (uint32_t i = 0; i < host->undecided_count; i++)
    if (host->undecided[i].message == message && host->undecided[i].attempt == attempt) return &host->undecided[i];
  return NULL;
}

/* The outputs of a recovery say it; the scenario's templates say which policy each message has, unless it was edited. */
static void read_recovery(struct host *host) {
  uint64_t before = 0;
  bool sent_again = false;
  for (uint64_t seq = host->recovery.before + 1; seq <= host->recovery.before + host->recovery.count; seq++) {
    pbk_text line = host_output(host, seq);
    struct undecided found = {.message = number_after(line, "\"message\":"),
                              .attempt = (uint32_t)number_after(line, "\"attempt\":")};
    found.hold = text_has(line, "\"reason\":\"unknown_outcome\"");
    if (found.message == 0 || found.attempt == 0) run_fail("is no outcome of an attempt: %.*s", (int)line.size, line.bytes);
    if (text_has(line, "\"state\":\"sending\"")) found.attempt--;
    if ((found.hold && text_has(line, "-retried\"")) || (!found.hold && text_has(line, "-held\"")))
      run_fail("against the message's policy: %.*s", (int)line.size, line.bytes);
    for (uint32_t i = 0; i < host->recovery.durable_offers; i++)
      if (host->offers[i].message == found.message && host->offers[i].attempt == found.attempt)
        run_fail("message %" PRIu64 ": the outcome of attempt %" PRIu32 " was durable, and is not known", found.message,
                 found.attempt);
    /* a run without crashes fails those held first, and tries the others by their numbers, in full one after the other if at
     * once */
    if ((found.hold && sent_again) || (!found.hold && (found.message < before || (sent_again && host->scenario->at_once))))
      host->reordered = true;
    if (!found.hold) sent_again = true, before = found.message;
    if (!found.hold && found.attempt >= host->scenario->attempts)
      host->incomparable = true; /* it has no attempt left there */
    if (find_undecided(host, found.message, found.attempt))
      run_fail("message %" PRIu64 ", attempt %" PRIu32 " is undecided again", found.message, found.attempt);
    if (host->undecided_count == UNDECIDED_MOST) run_fail("too many attempts are undecided");
    host->undecided[host->undecided_count++] = found;
  }
  host->recovery.count = 0;
}

/* ---- taking outputs ---- */

static void put_away(struct host *host, const char *line, size_t size) {
  uint64_t seq = 0;
  static const char before[] = "{\"seq\":";
  if (size < sizeof before || memcmp(line, before, sizeof before - 1) != 0) run_fail("not an output: %.*s", (int)size, line);
  for (size_t i = sizeof before - 1; i < size && line[i] >= '0' && line[i] <= '9'; i++)
    seq = seq * 10 + (uint64_t)(line[i] - '0');
  TRACE("    %.*s", (int)size - 1, line);
  if (host->recovering) {
    if (seq <= host->taken_least)
      run_fail("output %" PRIu64 " is given again, and all to %" PRIu64 " were taken", seq, host->taken_least);
    if (seq > host->taken_most + 1)
      run_fail("the first output given is %" PRIu64 ", and taken were those to %" PRIu64, seq, host->taken_most);
    host->recovering = false;
  } else if (seq != host->given + 1) {
    run_fail("output %" PRIu64 " comes behind %" PRIu64, seq, host->given);
  }
  host->given = seq;
  if (seq <= host->output_count) {
    pbk_text known = host_output(host, seq);
    if (known.size != size || memcmp(known.bytes, line, size) != 0)
      run_fail("output %" PRIu64 " was\n  %.*sand is now\n  %.*s", seq, (int)known.size, known.bytes, (int)size, line);
    return;
  }
  host->starts = grown(host->starts, host->output_count, &host->output_capacity, sizeof *host->starts);
  host->starts[host->output_count++] = host->outputs.size;
  bytes_add(&host->outputs, line, size);
  if (host->recovery.count && host->recovery.before + host->recovery.count == seq) read_recovery(host);
}

/* One buffer full, or where capacity is 0 all there is. */
pbk_status host_drain(struct host *host, size_t capacity) {
  static struct bytes buffer;
  bool all = capacity == 0;
  if (all) capacity = (size_t)1 << 15;
  for (;;) {
    size_t size;
    bytes_reserve(&buffer, capacity);
    pbk_status status = pbk_drain_json(host->engine, (char *)buffer.at, capacity, &size);
    if (status == PBK_ERR_BUFFER && size > capacity) {
      capacity = size;
      continue;
    }
    if (status != PBK_OK) return status;
    for (size_t at = 0, end; at < size; at = end) {
      const unsigned char *newline = memchr(buffer.at + at, '\n', size - at);
      if (!newline) run_fail("a line without an end was drained");
      end = (size_t)(newline - buffer.at) + 1;
      put_away(host, (const char *)buffer.at + at, end - at);
    }
    if (size == 0 || !all) return PBK_OK;
  }
}

/* ---- deliveries ---- */

static uint64_t print_text(uint64_t print, pbk_text text) {
  return hash_bytes(print, text.bytes, text.size);
}

static uint64_t print_offer(const pbk_offer *offer) {
  uint64_t print = mix(offer->enrollment, (uint64_t)offer->to_kind);
  const pbk_text texts[] = {offer->playbook, offer->contact,    offer->account, offer->channel,        offer->template_key,
                            offer->to,       offer->to_address, offer->sender,  offer->sender_address, offer->note};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) print = print_text(print, texts[i]);
  return print;
}

/* How the delivery of one attempt goes, the same whenever it is asked. */
static uint32_t choose_answer(const struct host *host, uint64_t message, uint32_t attempt) {
  return (uint32_t)(mix(mix(host->scenario->seed, message), attempt) >> 40) % 20;
}

static bool asks_again(const struct host *host, uint64_t message, uint32_t attempt) {
  uint32_t choice = choose_answer(host, message, attempt);
  return choice >= 11 && choice <= 14;
}

static void write_answer(const struct host *host, uint64_t message, uint32_t attempt, pbk_answer *answer) {
  static const char long_reason[] =
    "\xc3\xa9 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
    "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
    "0123456789 0123456789 0123456789 \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
  switch (choose_answer(host, message, attempt)) {
    case 8:
    case 9:
    case 10: answer->outcome = PBK_DELIVERY_ACCEPTED; break;
    case 11:
    case 12: answer->outcome = PBK_DELIVERY_RETRY; break;
    case 13:
      answer->outcome = PBK_DELIVERY_RETRY;
      answer->wait = 90 * PBK_SECOND;
      break;
    case 14:
      answer->outcome = PBK_DELIVERY_RETRY;
      answer->wait = host->scenario->zero_waits ? 0 : 1;
      break;
    case 15:
      answer->outcome = PBK_DELIVERY_FAILED;
      answer->reason = (pbk_text){"bounced", 7};
      break;
    case 16: answer->outcome = PBK_DELIVERY_FAILED; break;
    case 17:
      answer->outcome = PBK_DELIVERY_FAILED;
      answer->reason = (pbk_text){long_reason, sizeof long_reason - 1};
      break;
    case 18:
      answer->outcome = PBK_DELIVERY_FAILED;
      answer->reason = (pbk_text){"\xff\xfe", 2};
      break;
    case 19:
      if (attempt > 1) break;
      answer->outcome = 99;
      break;
    default: break; /* sent */
  }
}

/* What the storage has synced is durable, answers among it. */
static void note_durable(struct host *host) {
  if (!host->medium || !host->medium->journal_synced) return;
  host->medium->journal_synced = false;
  host->durable_offers = host->offer_count;
}

static void check_offer(struct host *host, const pbk_offer *offer, const struct offered *made) {
  for (uint32_t i = 0; i < host->offer_count; i++) {
    const struct offered *before = &host->offers[i];
    if (before->key == made->key && before->message != made->message)
      run_fail("messages %" PRIu64 " and %" PRIu64 " have the same key", before->message, made->message);
    if (before->message != made->message) continue;
    if (before->key != made->key) run_fail("message %" PRIu64 " has another key than before", made->message);
    if (before->attempt >= made->attempt)
      run_fail("message %" PRIu64 " is offered for attempt %" PRIu32 " after attempt %" PRIu32, made->message, made->attempt,
               before->attempt);
  }
  if (offer->attempt == 0 || offer->key.size < 16) run_fail("an offer without an attempt or a key");
}

static void deliver(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  struct host *host = context;
  struct medium *medium = host->medium;
  if (answer->outcome != PBK_DELIVERY_SENT || answer->wait != PBK_WAIT_DEFAULT)
    run_fail("an answer that is not filled beforehand");
  if (medium && medium->read_only) run_fail("an offer while opened for reading only");
  if (medium && medium->failed && !medium->crashed) run_fail("an offer after the storage had failed");
  if (medium && !medium_before(medium)) return; /* the machine stopped before */
  note_durable(host);
  struct offered made = {
    .message = offer->message, .attempt = offer->attempt, .print = print_offer(offer), .key = print_text(0, offer->key)};
  TRACE("    offer of message %" PRIu64 ", attempt %" PRIu32, made.message, made.attempt);
  if (pbk_commit(engine) != PBK_ERR_REENTRANT) run_fail("a commit from within a delivery is not refused");
  if (medium && !host->substituted) check_offer(host, offer, &made);
  host->offers = grown(host->offers, host->offer_count, &host->offer_capacity, sizeof *host->offers);
  host->offers[host->offer_count++] = made;
  const struct undecided *undecided = host->substituted ? find_undecided(host, made.message, made.attempt) : NULL;
  if (undecided) {
    host->substituted_now = true;
    answer->outcome = undecided->hold ? PBK_DELIVERY_FAILED : PBK_DELIVERY_RETRY;
    answer->reason = (pbk_text){"unknown_outcome", 15};
    answer->wait = 0;
  } else {
    write_answer(host, made.message, made.attempt, answer);
  }
  if (medium && medium->note) medium->note(medium->note_context, CALL_DELIVER, 0, NULL, 0);
  if (medium) medium_after(medium);
}

/* ---- opening ---- */

/* The last line before a step; an empty one leaves nothing in a journal, and counts only where it may. */
static uint32_t lines_before(const struct host *host, uint32_t step, bool empty_ones) {
  for (uint32_t i = step; i > 0; i--) {
    const struct step *before = &host->scenario->steps[i - 1];
    if (before->kind == STEP_LINE && (before->size || empty_ones)) return before->line;
  }
  return 0;
}

pbk_config host_config(struct host *host, pbk_storage *storage) {
  if (host->medium) *storage = medium_storage(host->medium);
  return (pbk_config){.size = sizeof(pbk_config),
                      .flags = host->scenario->at_once ? PBK_DELIVER_AT_ONCE : 0,
                      .engine_id = {host->scenario->engine_id, strlen(host->scenario->engine_id)},
                      .allocate = heap_allocate,
                      .allocate_context = host->heap,
                      .storage = host->medium ? storage : NULL,
                      .deliver = host->scenario->nobody_delivers ? NULL : deliver,
                      .deliver_context = host};
}

static void find_place(struct host *host, const pbk_opening *opening) {
  const struct scenario *scenario = host->scenario;
  uint64_t taken = pbk_lines_taken(host->engine);
  uint32_t least = lines_before(host, host->acknowledged, false);
  uint32_t most = lines_before(host, host->step < scenario->step_count ? host->step + 1 : scenario->step_count, true);
  if (taken < least) run_fail("%" PRIu64 " lines are in the engine, and %" PRIu32 " were acknowledged", taken, least);
  if (taken > most) run_fail("%" PRIu64 " lines are in the engine, and %" PRIu32 " were fed", taken, most);
  if (opening->sequence < host->durable_sequence)
    run_fail("opened at sequence %" PRIu64 ", and %" PRIu64 " was durable", opening->sequence, host->durable_sequence);
  uint32_t step = scenario->step_of_line[taken];
  bool all_there = taken >= lines_before(host, host->acknowledged, true);
  host->step = all_there && step < host->acknowledged ? host->acknowledged : step;
  TRACE("  lines taken %" PRIu64 ", on with step %" PRIu32, taken, host->step);
}

/* Reading only, after which everything is as it was. */
pbk_status host_look(struct host *host, pbk_opening *opening) {
  pbk_storage storage;
  pbk_config config = host_config(host, &storage);
  pbk_open_options options = {.size = sizeof options, .flags = PBK_OPEN_READ_ONLY};
  pbk_engine *engine = NULL;
  char buffer[1000];
  size_t size;
  *opening = (pbk_opening){.size = sizeof *opening};
  host->medium->read_only = true;
  host->medium->failed = false;
  TRACE("  look");
  pbk_status status = pbk_engine_open(&config, &options, opening, &engine);
  if (status == PBK_OK) {
    pbk_status statuses[] = {pbk_commit(engine), pbk_advance(engine, PBK_DAY, 0), pbk_snapshot(engine, 0),
                             pbk_feed_line(engine, "{}", 2)};
    for (int i = 0; i < 4; i++)
      if (statuses[i] != PBK_ERR_CLOSED)
        run_fail("opened for reading only, call %d answers %s", i, pbk_status_name(statuses[i]));
    pbk_status drained = pbk_drain_json(engine, buffer, sizeof buffer, &size);
    if (drained != PBK_OK && drained != PBK_ERR_BUFFER)
      run_fail("opened for reading only, drain answers %s", pbk_status_name(drained));
    if (pbk_lines_taken(engine) > host->scenario->line_count) run_fail("too many lines, looking");
    pbk_engine_destroy(engine);
  }
  host->medium->read_only = false;
  return status;
}

pbk_status host_open(struct host *host) {
  pbk_storage storage;
  pbk_config config = host_config(host, &storage);
  host->rows_step = 0;
  if (!host->medium) return pbk_engine_create(&config, &host->engine);
  pbk_opening opening = {.size = sizeof opening};
  pbk_open_options options = {.size = sizeof options,
                              .durable_sequence = random_one_in(&host->random, 2) ? host->durable_sequence : 0};
  host->medium->failed = host->medium->journal_synced = false;
  host->recovering = true;
  host->given = host->taken_least;
  TRACE("  open");
  pbk_status status = pbk_engine_open(&config, &options, &opening, &host->engine);
  if (opening.status != status)
    run_fail("opening answers %s and says %s", pbk_status_name(status), pbk_status_name(opening.status));
  if (status != PBK_OK) {
    if (host->engine) run_fail("an engine from an opening that failed");
    if (status != PBK_ERR_STORAGE && status != PBK_ERR_NO_MEMORY)
      run_fail("opening: %s at sequence %" PRIu64 ", object %d, byte %" PRIu64 ": %.*s", pbk_status_name(status),
               opening.sequence, opening.object, opening.offset, (int)opening.message_size, opening.message);
    return status;
  }
  TRACE("  opened generation %" PRIu32 " at sequence %" PRIu64 ", %" PRIu64 " records, %" PRIu64 " bytes torn, %" PRIu64
        " offered again, %" PRIu64 " unknown",
        opening.generation, opening.sequence, opening.records, opening.torn_bytes, opening.offered_again,
        opening.unknown_outcome);
  find_place(host, &opening);
  status = host_drain(host, 0);
  if (status != PBK_OK) return status;
  if (host->recovery.count) { /* what the last recovery did was not durable: it is done again */
    if (host->recovery.before != host->given || host->recovery.count != opening.offered_again + opening.unknown_outcome)
      run_fail("another recovery than before");
  } else {
    host->recovery =
      (struct recovery){host->given, (uint32_t)(opening.offered_again + opening.unknown_outcome), host->durable_offers};
  }
  /* what else is due now comes before a retry in a run without crashes, and behind what is offered again here */
  if (host->recovery.count && pbk_next_due(host->engine) == pbk_now(host->engine)) host->incomparable = true;
  host->durable_offers = 0;
  note_durable(host);
  /* where messages are offered at once, a commit changes nothing wherever it comes */
  if (host->varied && host->scenario->at_once && random_one_in(&host->random, 8)) {
    host->taken_most = host->given > host->taken_most ? host->given : host->taken_most;
    status = random_one_in(&host->random, 2) ? pbk_snapshot(host->engine, 0) : pbk_commit(host->engine);
  }
  return status;
}

/* ---- steps ---- */

static pbk_status advance(struct host *host, pbk_time to) {
  pbk_engine *engine = host->engine;
  pbk_status status = PBK_OK;
  if (host->driving == DRIVE_IN_CUTS) {
    for (pbk_time from = pbk_now(engine); from < to && status == PBK_OK;) {
      pbk_time due = pbk_next_due(engine), cut = from + (to - from) / (1 + random_below(&host->random, 4));
      if (due != PBK_NO_TIME && due > from && due < to && random_one_in(&host->random, 2))
        cut = due - random_below(&host->random, 2);
      from = cut > from ? cut : from + 1;
      status = pbk_advance(engine, from, 0);
    }
    if (status != PBK_OK) return status;
  }
  do status = pbk_advance(engine, to, host->driving == DRIVE_IN_ONES);
  while (status == PBK_MORE);
  if (status == PBK_OK && pbk_now(engine) < to) run_fail("now is before the time advanced to");
  return status;
}

/* One C call; doing it again changes nothing. */
/* Many inputs in one call, none of which does more when it is done again. Where it stops for want of memory it is made again with the rest. */
static pbk_status call_rows(struct host *host, uint32_t choice) {
  enum { ROWS = 6 };
  static const pbk_text names[] = {{"login", 5}, {"signup", 6}, {"trial", 5}, {"new to it", 9}};
  pbk_member member = {.name = "n", .name_size = 1, .value = {.kind = PBK_INT, .as.integer = choice % 40}};
  pbk_value traits = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  pbk_row rows[ROWS];
  uint32_t count = 0, taken = 0;
  for (uint32_t i = 0; i < ROWS; i++) {
    pbk_handle contact = 0, account = 0;
    const char who[2] = {'u', (char)('0' + (choice / 16 + i) % 6)};
    /* made known here: what comes later could make them known before this is done again */
    pbk_status known = pbk_identify(host->engine, NULL, who, 2, NULL);
    if (known == PBK_OK) known = pbk_group(host->engine, NULL, NULL, 0, "a0", 2, NULL);
    if (known != PBK_OK) return known;
    pbk_find(host->engine, PBK_HANDLE_CONTACT, who, 2, &contact);
    pbk_find(host->engine, PBK_HANDLE_ACCOUNT, "a0", 2, &account);
    pbk_row row = {.kind = (pbk_row_kind)(PBK_ROW_IDENTIFY + (choice / 8 + i) % 3), .name = (choice + i) % 4, .received_at = PBK_NO_TIME,
                   .occurred_at = PBK_NO_TIME, .contact = contact};
    if (row.kind == PBK_ROW_IDENTIFY || row.kind == PBK_ROW_GROUP) row.values = &traits;
    if (row.kind == PBK_ROW_GROUP) row.account = account;
    rows[count++] = row;
  }
  if (host->rows_step != host->step + 1) host->rows_taken = 0;
  host->rows_step = host->step + 1;
  pbk_status status = PBK_OK;
  while (host->rows_taken < count && (status == PBK_OK || status == PBK_ERR_REFUSED)) {
    status = pbk_track_many(host->engine, rows + host->rows_taken, sizeof *rows, count - host->rows_taken, names, 4, &taken);
    host->rows_taken += taken + (status == PBK_ERR_REFUSED);
  }
  return status;
}

static pbk_status call(struct host *host, uint32_t choice) {
  static const char *const people[] = {"u0", "u1", "u2", "u3"}, *const stages[] = {"trial", "lead"};
  const char *who = people[choice / 16 % 4];
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT, .key = {who, 2}};
  pbk_member member = {.name = "n", .name_size = 1, .value = {.kind = PBK_INT, .as.integer = choice % 40}};
  pbk_value traits = {.kind = PBK_MAP, .size = 1, .as.members = &member};
  const char *stage = stages[choice / 64 % 2];
  if (choice % 8 == 7) return call_rows(host, choice / 8);
  switch (choice % 8) {
    case 0: return pbk_suppress(host->engine, NULL, who, 2, choice / 64 % 2);
    case 1: return pbk_pin(host->engine, NULL, who, 2, "ann", 3);
    case 2: return pbk_set_stage_and_health(host->engine, NULL, &subject, stage, strlen(stage), NULL);
    case 3: return pbk_identify(host->engine, NULL, who, 2, &traits);
    case 4: return pbk_tag(host->engine, NULL, who, 2, "vip", 3);
    case 5: return pbk_approve(host->engine, NULL, UINT64_C(1) << 40); /* refused */
    default: return pbk_assign(host->engine, NULL, "a1", 2, "CSM", 3, "john", 4);
  }
}

static pbk_status keep(struct host *host, const struct step *step) {
  if (!host->medium) return pbk_commit(host->engine);
  if (step->kind == STEP_COMMIT && host->varied && random_one_in(&host->random, 16)) return pbk_snapshot(host->engine, 0);
  if (step->kind == STEP_COMMIT) return pbk_commit(host->engine);
  if (step->kind == STEP_CLOSE) return pbk_close(host->engine);
  pbk_status status = pbk_snapshot(host->engine, step->choice);
  if (status == PBK_ERR_UNSUPPORTED) status = pbk_snapshot(host->engine, 0);
  return status;
}

/* A commit and what contains one. */
static pbk_status commit(struct host *host, const struct step *step) {
  host->taken_most = host->given > host->taken_most ? host->given : host->taken_most;
  host->substituted_now = false;
  pbk_status status = keep(host, step);
  if (status != PBK_OK) return status;
  /* where a crash came in the original, its host did the commit again */
  while (host->substituted_now && !host->scenario->at_once) {
    host->substituted_now = false;
    status = pbk_advance(host->engine, pbk_now(host->engine), 0);
    if (status == PBK_OK) status = pbk_commit(host->engine);
    if (status != PBK_OK) return status;
  }
  if (!host->medium) return PBK_OK;
  if (host->step + 1 > host->acknowledged) host->acknowledged = host->step + 1;
  uint64_t sequence = pbk_durable_sequence(host->engine);
  if (sequence < host->durable_sequence) run_fail("the durable sequence falls to %" PRIu64, sequence);
  host->taken_least = host->taken_most;
  host->durable_sequence = sequence;
  if (step->kind != STEP_CLOSE) return PBK_OK;
  note_durable(host);
  if (pbk_advance(host->engine, INT64_C(1900000000) * PBK_SECOND, 0) != PBK_ERR_CLOSED)
    run_fail("a closed engine lets time pass");
  host_close(host);
  uint32_t again = host->step + 1;
  host->step++; /* what comes is behind this step */
  status = host_open(host);
  if (status == PBK_OK && (host->step > again || lines_before(host, again, false) > pbk_lines_taken(host->engine)))
    run_fail("a closed engine opens at step %" PRIu32, host->step);
  for (uint32_t line = lines_before(host, again, true); status == PBK_OK && pbk_lines_taken(host->engine) < line;)
    status = pbk_feed_line(host->engine, "", 0); /* the empty ones at the end */
  host->step = again - 1;
  return status;
}

pbk_status host_call(struct host *host, const struct step *step) {
  switch (step->kind) {
    case STEP_LINE: return pbk_feed_line(host->engine, (const char *)host->scenario->text.at + step->start, step->size);
    case STEP_ADVANCE: return advance(host, step->to);
    case STEP_CALL: return call(host, step->choice);
    case STEP_DRAIN: return host_drain(host, step->choice);
    default: return commit(host, step);
  }
}

static void trace_step(const struct host *host, const struct step *step) {
  static const char *const names[] = {"line", "advance", "call", "commit", "drain", "snapshot", "close"};
  if (step->kind == STEP_LINE)
    run_trace("step %" PRIu32 ": line %" PRIu32 " %.*s", host->step, step->line, (int)step->size,
              (const char *)host->scenario->text.at + step->start);
  else
    run_trace("step %" PRIu32 ": %s %" PRId64, host->step, names[step->kind],
              step->kind == STEP_ADVANCE ? step->to : (pbk_time)step->choice);
}

pbk_status host_do(struct host *host) {
  const struct step *step = &host->scenario->steps[host->step];
  if (run.trace) trace_step(host, step);
  /* where messages are offered at once, any step may write, and tell what was taken */
  if (host->scenario->at_once && host->given > host->taken_most) host->taken_most = host->given;
  pbk_status status = host_call(host, step);
  if (host->medium && host->medium->crashed) return PBK_ERR_STORAGE; /* whatever it answered, nobody was there to hear it */
  note_durable(host);
  if (status == PBK_ERR_REFUSED || status == PBK_DUPLICATE) status = PBK_OK;
  if (status == PBK_OK && host->medium && host->medium->failed)
    run_fail("a call of storage failed, and %s", "the call that made it did not");
  if (status != PBK_OK) {
    if (status != PBK_ERR_STORAGE && status != PBK_ERR_NO_MEMORY)
      run_fail("step %" PRIu32 " answers %s", host->step, pbk_status_name(status));
    return status;
  }
  if (step->kind != STEP_LINE && step->kind != STEP_ADVANCE && step->kind != STEP_CALL && host->medium && host->medium->note)
    host->medium->note(host->medium->note_context, CALL_STEP, 0, NULL, 0);
  host->step++;
  return PBK_OK;
}

pbk_status host_finish(struct host *host) {
  if (host->output_count != host->given && !(host->recovering && host->output_count == host->taken_most))
    run_fail("outputs to %" PRIu64 " were given at the end, and those to %" PRIu32 " were known", host->given,
             host->output_count);
  if (host->recovery.count) run_fail("nothing tells of attempts that a crash left undecided");
  /* a message is offered again where delivery asked for it, or where nobody knows how it went */
  for (uint32_t i = 0; i < host->offer_count && host->medium; i++) {
    const struct offered *offered = &host->offers[i];
    const struct undecided *undecided = find_undecided(host, offered->message, offered->attempt);
    bool again = undecided ? !undecided->hold : asks_again(host, offered->message, offered->attempt);
    for (uint32_t j = i + 1; j < host->offer_count && !again; j++)
      if (host->offers[j].message == offered->message)
        run_fail("message %" PRIu64 " is offered again after attempt %" PRIu32 " had ended it", offered->message,
                 offered->attempt);
  }
  return pbk_state_digest(host->engine, host->digest);
}

/* The first outputs and offers are those of another host, of the same scenario. */
void host_take_over(struct host *host, const struct host *from, uint32_t outputs, uint32_t offers) {
  host->outputs.size = 0;
  bytes_add(&host->outputs, from->outputs.at, outputs < from->output_count ? from->starts[outputs] : from->outputs.size);
  if (host->output_capacity < outputs) {
    host->output_capacity = outputs;
    host->starts = realloc(host->starts, outputs * sizeof *host->starts);
    if (!host->starts) abort();
  }
  if (host->offer_capacity < offers) {
    host->offer_capacity = offers;
    host->offers = realloc(host->offers, offers * sizeof *host->offers);
    if (!host->offers) abort();
  }
  if (outputs) memcpy(host->starts, from->starts, outputs * sizeof *host->starts);
  if (offers) memcpy(host->offers, from->offers, offers * sizeof *host->offers);
  host->output_count = outputs;
  host->offer_count = offers;
}
