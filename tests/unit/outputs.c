/* tests/unit/outputs.c - outputs are numbered, copied whole, and given out oldest first once they may be. telling.c has those that are
 * kept compactly. */
#include "base/outputs.h"

#include "base/value.h"
#include "check.h"

static struct check_heap heap;
static struct memory memory;
static struct names names;
static struct outputs outputs;

static void open_outputs(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  pbk_outputs_init(&outputs, &memory, &names);
}
static void close_outputs(void) {
  pbk_outputs_release(&outputs);
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static pbk_text words(const char *text) {
  return (pbk_text){text, strlen(text)};
}

static void add(const char *key) {
  pbk_output output = {.size = sizeof output, .type = PBK_OUTPUT_DEFINED, .at = 5, .key = words(key), .seq = 999};
  pbk_outputs_add(&outputs, &output);
}
static void let_out(void) {
  outputs.drainable_seq = outputs.last_seq;
}

static bool look(pbk_output *output) {
  memset(output, 0xff, sizeof *output); /* all of it is written */
  return pbk_outputs_peek(&outputs, output);
}
static bool any(void) {
  pbk_output output;
  return look(&output);
}

static void only_what_may_go(void) {
  open_outputs();
  CHECK(!any());
  add("a");
  add("b");
  CHECK(!any());
  let_out();
  add("c");
  static const char *const keys[] = {"a", "b"};
  for (uint32_t i = 0; i < 2; i++) {
    pbk_output output, again;
    if (!CHECK(look(&output))) break;
    CHECK(look(&again) && again.key.bytes == output.key.bytes && again.seq == output.seq); /* looking takes nothing */
    CHECK_EQUAL_UINT(output.seq, i + 1);
    CHECK_EQUAL_INT(output.at, 5);
    CHECK_TEXT(private_text(output.key), keys[i]);
    pbk_outputs_take(&outputs);
  }
  CHECK(!any());
  close_outputs();
}

/* Many at once, into structs that are larger than those known here: the rest of each is cleared. */
static void given_many_at_once(void) {
  open_outputs();
  struct {
    pbk_output known;
    unsigned char later[8];
  } given[5];
  static const unsigned char zero[8];
  for (uint32_t i = 0; i < 7; i++) add("k");
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 5), 0);
  let_out();
  add("later");
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 0), 0);
  memset(given, 0xff, sizeof given);
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 5), 5);
  for (uint32_t i = 0; i < 5; i++) {
    CHECK_EQUAL_UINT(given[i].known.seq, i + 1);
    CHECK_TEXT(private_text(given[i].known.key), "k");
    CHECK(given[i].known.contact.bytes == NULL);
    CHECK_EQUAL_BYTES(given[i].later, zero, sizeof zero);
  }
  pbk_outputs_tidy(&outputs);
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 5), 2);
  CHECK_EQUAL_UINT(given[1].known.seq, 7);
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 5), 0);
  let_out();
  CHECK_EQUAL_UINT(pbk_outputs_give(&outputs, given, sizeof *given, 5), 1);
  CHECK_TEXT(private_text(given[0].known.key), "later");
  close_outputs();
}

/* Every text, and what an explanation has below, is copied. */
static void copied_whole(void) {
  open_outputs();
  char text[] = "abcdefghijklmnopqrstuvwxyz";
  pbk_value items[] = {value_int(1), {.kind = PBK_STRING, .size = 2, .as.text = text + 3}};
  pbk_check checks[] = {{{text, 3}, 1, 1, {.kind = PBK_LIST, .size = 2, .as.items = items}, {NULL, 0}},
                        {{text + 5, 2}, 0, 0, {.kind = PBK_NULL}, {text + 1, 4}}};
  pbk_output output = {
    .size = sizeof output, .type = PBK_OUTPUT_EXPLANATION, .due = PBK_NO_TIME, .checks = checks, .check_count = 2};
  pbk_text *const texts[] = {&output.contact,  &output.account,      &output.playbook, &output.kind,   &output.key,
                             &output.audience, &output.message_id,   &output.branch,   &output.sender, &output.sender_by,
                             &output.outcome,  &output.state,        &output.reason,   &output.title,  &output.assignee,
                             &output.channel,  &output.template_key, &output.to,       &output.role,   &output.user,
                             &output.text,     &output.path};
  for (uint32_t i = 0; i < 22; i++) *texts[i] = (pbk_text){text + i, i % 4}; /* empty ones are given too */
  pbk_outputs_add(&outputs, &output);
  memset(text, '?', sizeof text);
  memset(items, 0, sizeof items);
  memset(checks, 0, sizeof checks);
  let_out();
  pbk_output found, *kept = &found;
  CHECK(look(&found));
  const pbk_text *const given[] = {&kept->contact,  &kept->account,      &kept->playbook, &kept->kind,   &kept->key,
                                   &kept->audience, &kept->message_id,   &kept->branch,   &kept->sender, &kept->sender_by,
                                   &kept->outcome,  &kept->state,        &kept->reason,   &kept->title,  &kept->assignee,
                                   &kept->channel,  &kept->template_key, &kept->to,       &kept->role,   &kept->user,
                                   &kept->text,     &kept->path};
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
  for (uint32_t i = 0; i < 22; i++) {
    check_note("text %" PRIu32, i);
    CHECK(given[i]->bytes != NULL);
    CHECK_EQUAL_TEXT(private_text(*given[i]), ((struct text){alphabet + i, i % 4}));
  }
  CHECK_EQUAL_UINT(kept->check_count, 2);
  CHECK_TEXT(private_text(kept->checks[0].name), "abc");
  CHECK_TEXT(private_text(kept->checks[1].name), "fg");
  CHECK_TEXT(private_text(kept->checks[1].error), "bcde");
  CHECK(kept->checks[0].error.bytes == NULL);
  CHECK_EQUAL_INT(kept->checks[0].value.as.items[0].as.integer, 1);
  CHECK_TEXT(value_text(&kept->checks[0].value.as.items[1]), "de");
  close_outputs();
}

static void texts_not_given_stay_so(void) {
  open_outputs();
  pbk_output output = {.size = sizeof output, .type = PBK_OUTPUT_TASK, .title = {"", 0}};
  pbk_outputs_add(&outputs, &output);
  let_out();
  pbk_output found, *kept = &found;
  CHECK(look(&found));
  CHECK(kept->assignee.bytes == NULL && kept->assignee.size == 0);
  CHECK(kept->title.bytes != NULL && kept->title.size == 0);
  close_outputs();
}

/* Over many blocks, with outputs larger than a block, taken in any portions; memory does not pile up. */
static void over_many_blocks(void) {
  open_outputs();
  char *large = malloc(100000);
  if (!large) abort();
  memset(large, 'L', 100000);
  uint64_t random = 1, made = 0, taken = 0;
  size_t most = 0;
  for (uint32_t round = 0; round < 600; round++) {
    for (uint32_t i = check_random_below(&random, 30); i > 0; i--) {
      char key[32];
      pbk_output output = {.size = sizeof output, .type = PBK_OUTPUT_DEFINED};
      snprintf(key, sizeof key, "%" PRIu64, ++made);
      output.key = words(key);
      if (check_random_below(&random, 100) == 0) output.text = (pbk_text){large, 1 + check_random_below(&random, 100000)};
      pbk_outputs_add(&outputs, &output);
      CHECK_EQUAL_UINT(outputs.last_seq, made);
    }
    if (check_random_below(&random, 3)) let_out();
    pbk_outputs_tidy(&outputs);
    uint32_t portion = check_random_below(&random, 40);
    for (pbk_output output; portion > 0 && look(&output); portion--) {
      char key[32];
      snprintf(key, sizeof key, "%" PRIu64, ++taken);
      CHECK_EQUAL_UINT(output.seq, taken);
      CHECK_TEXT(private_text(output.key), key);
      if (output.text.size) CHECK(output.text.bytes[output.text.size - 1] == 'L');
      pbk_outputs_take(&outputs);
    }
    if (made - taken > 200) {
      let_out();
      while (any()) pbk_outputs_take(&outputs), taken++;
    }
    if (heap.out > most) most = heap.out;
  }
  let_out();
  while (any()) pbk_outputs_take(&outputs), taken++;
  CHECK_EQUAL_UINT(taken, made);
  CHECK(made > 5000);
  pbk_outputs_tidy(&outputs);
  CHECK(heap.out < 110000); /* one block is kept, be it a large one */
  CHECK(most < 2000000);
  free(large);
  close_outputs();
}

/* A host that takes all in each round costs the allocator nothing, once some are there; but no more wait than a share of it all. */
static void blocks_wait_for_the_next(void) {
  open_outputs();
  void *rest = pbk_allocate(&memory, 10000000); /* what else an engine has */
  size_t settled = 0;
  for (uint32_t round = 0; round < 20; round++) {
    for (uint32_t i = 0; i < 500; i++) add("key");
    size_t before = heap.out;
    let_out();
    while (any()) pbk_outputs_take(&outputs);
    pbk_outputs_tidy(&outputs);
    if (round == 0) settled = before;
    CHECK_EQUAL_UINT(heap.out, settled);
  }
  for (uint32_t i = 0; i < 20000; i++) add("key");
  CHECK(heap.out > 15000000);
  let_out();
  while (any()) pbk_outputs_take(&outputs);
  pbk_outputs_tidy(&outputs);
  CHECK(heap.out < 11500000);
  pbk_release(&memory, rest, 10000000);
  close_outputs();
}

int main(void) {
  RUN(only_what_may_go);
  RUN(given_many_at_once);
  RUN(copied_whole);
  RUN(blocks_wait_for_the_next);
  RUN(texts_not_given_stay_so);
  RUN(over_many_blocks);
  return check_report();
}
