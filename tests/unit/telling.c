/* tests/unit/telling.c - outputs that are kept compactly: each is given out as it was told, whatever has become of the
 * subject since, and goes into the digest with what a host sees of it. */
#include "base/telling.h"

#include "base/base_state.h"
#include "base/message_record.h"
#include "base/output_code.h"
#include "check.h"
#include "engine_support.h"

static struct check_heap heap;
static struct memory memory;
static struct context context;

static void open_context(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  context = (struct context){.memory = &memory, .now = 77};
  pbk_names_init(&context.names, &memory);
  pbk_outputs_init(&context.outputs, &memory, &context.names);
  context.outputs.digested = true;
}
static void close_context(void) {
  pbk_outputs_release(&context.outputs);
  pbk_names_release(&context.names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static uint32_t name(const char *text) {
  return pbk_names_intern(&context.names, text_from(text));
}
static struct told_subject contact(const char *key) {
  return (struct told_subject){key, (uint32_t)strlen(key), PBK_CONTACT};
}
static struct told_subject account(const char *key) {
  return (struct told_subject){key, (uint32_t)strlen(key), PBK_ACCOUNT};
}

/* The next one, taken. */
static pbk_output next(void) {
  pbk_output output;
  memset(&output, 0xff, sizeof output);
  context.outputs.drainable_seq = context.outputs.last_seq;
  CHECK_EQUAL_UINT(pbk_outputs_give(&context.outputs, &output, sizeof output, 1), 1);
  CHECK_EQUAL_UINT(output.size, sizeof output);
  CHECK_EQUAL_INT(output.due, PBK_NO_TIME);
  return output;
}

static pbk_text given(const char *text) {
  return (pbk_text){text, strlen(text)};
}

/* Member by member; texts by what they say, and whether they are given at all. */
static void check_same(const pbk_output *found, const pbk_output *wanted) {
  pbk_output numbers = *found, others = *wanted;
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++) {
    pbk_text *text = pbk_output_text(&numbers, i), *other = pbk_output_text(&others, i);
    check_note("type %d, text %u", (int)found->type, (unsigned)i);
    CHECK((text->bytes != NULL) == (other->bytes != NULL));
    CHECK_EQUAL_TEXT(private_text(*text), private_text(*other));
    *text = *other = (pbk_text){NULL, 0};
  }
  check_note("type %d", (int)found->type);
  CHECK_EQUAL_UINT(numbers.seq, others.seq);
  CHECK_EQUAL_BYTES((const unsigned char *)&numbers, (const unsigned char *)&others, sizeof numbers);
}
static pbk_output wanted_output(pbk_output_type type, uint64_t seq) {
  pbk_output output;
  memset(&output, 0, sizeof output);
  output.size = sizeof output;
  output.type = type;
  output.seq = seq;
  output.at = 77;
  output.due = PBK_NO_TIME;
  return output;
}

/* ---- round trips ---- */

static void memberships(void) {
  open_context();
  static const pbk_output_type types[] = {PBK_OUTPUT_TAGGED, PBK_OUTPUT_UNTAGGED, PBK_OUTPUT_ENTERED, PBK_OUTPUT_LEFT};
  for (uint32_t i = 0; i < 4; i++) pbk_tell_membership(&context, types[i], contact("u1"), name("pdormant"));
  pbk_tell_membership(&context, PBK_OUTPUT_ENTERED, account("acme corporation of nowhere"), name("sx"));
  for (uint32_t i = 0; i < 4; i++) {
    pbk_output found = next(), wanted = wanted_output(types[i], i + 1);
    wanted.contact = given("u1");
    wanted.audience = given("dormant");
    check_same(&found, &wanted);
  }
  pbk_output found = next(), wanted = wanted_output(PBK_OUTPUT_ENTERED, 5);
  wanted.account = given("acme corporation of nowhere");
  wanted.audience = given("x");
  check_same(&found, &wanted);
  close_context();
}

static void enrollments(void) {
  open_context();
  struct told_enrollment told = {1u << 20, name("welcome"), 3, name("seurope"), name("mia")};
  pbk_tell_enrolled(&context, contact("user-0001"), &told, WORD_STICKY);
  told.branch = told.sender = MAP_NONE;
  pbk_tell_enrolled(&context, account("a"), &told, WORD_NONE);
  pbk_tell_not_enrolled(&context, contact("u1"), name("welcome"), TEXT("already_enrolled"));
  pbk_tell_not_enrolled(&context, account("a1"), name("welcome"), TEXT("paused"));
  pbk_tell_step(&context, UINT64_MAX, UINT32_MAX, WORD_RUN);
  pbk_tell_step(&context, 1, 2, WORD_SKIPPED);
  pbk_tell_exited(&context, contact("u1"), 9, name("welcome"), TEXT("goal"));
  pbk_tell_exited(&context, account("a1"), 10, name("welcome"), TEXT(""));

  pbk_output found = next(), wanted = wanted_output(PBK_OUTPUT_ENROLLED, 1);
  wanted.enrollment = 1u << 20;
  wanted.playbook = given("welcome");
  wanted.version = 3;
  wanted.contact = given("user-0001");
  wanted.branch = given("europe");
  wanted.sender = given("mia");
  wanted.sender_by = given("sticky");
  check_same(&found, &wanted);
  found = next();
  wanted.seq = 2;
  wanted.contact = wanted.branch = wanted.sender = wanted.sender_by = (pbk_text){NULL, 0};
  wanted.account = given("a");
  check_same(&found, &wanted);

  found = next(), wanted = wanted_output(PBK_OUTPUT_NOT_ENROLLED, 3);
  wanted.playbook = given("welcome");
  wanted.contact = given("u1");
  wanted.reason = given("already_enrolled");
  check_same(&found, &wanted);
  found = next(), wanted = wanted_output(PBK_OUTPUT_NOT_ENROLLED, 4);
  wanted.playbook = given("welcome");
  wanted.account = given("a1");
  wanted.reason = given("paused");
  check_same(&found, &wanted);

  found = next(), wanted = wanted_output(PBK_OUTPUT_STEP, 5);
  wanted.enrollment = UINT64_MAX;
  wanted.step = UINT32_MAX;
  wanted.outcome = given("run");
  check_same(&found, &wanted);
  found = next(), wanted = wanted_output(PBK_OUTPUT_STEP, 6);
  wanted.enrollment = 1;
  wanted.step = 2;
  wanted.outcome = given("skipped");
  check_same(&found, &wanted);

  found = next(), wanted = wanted_output(PBK_OUTPUT_EXITED, 7);
  wanted.enrollment = 9;
  wanted.playbook = given("welcome");
  wanted.contact = given("u1");
  wanted.reason = given("goal");
  check_same(&found, &wanted);
  found = next(), wanted = wanted_output(PBK_OUTPUT_EXITED, 8);
  wanted.enrollment = 10;
  wanted.playbook = given("welcome");
  wanted.account = given("a1");
  wanted.reason = given("");
  check_same(&found, &wanted);
  close_context();
}

static const char some_key[] = "00019aa9ff7f8008090aabcdef10f00f";

/* All that is told of a message. */
struct telling {
  struct told_message told;
  enum word state;
  struct told_subject subject;
  struct text to, reason;
};
static uint32_t letter(const char *playbook, const char *channel, const char *template) {
  struct letter_kind kind = {.playbook = name(playbook), .channel = name(channel), .template = name(template), .window = -1};
  return pbk_letters_intern(&context.outputs.letters, &kind);
}
static struct telling a_message(struct told_subject subject) {
  struct telling telling = {.told = {.message = 5,
                                     .enrollment = 6,
                                     .letter = letter("welcome", "email", "mail"),
                                     .sender = MAP_NONE,
                                     .to = MAP_NONE,
                                     .attempt = 2},
                            .state = WORD_SENDING,
                            .subject = subject};
  memcpy(telling.told.key, some_key, MESSAGE_KEY_TEXT);
  return telling;
}
static void tell_message(const struct telling *message) {
  pbk_tell_message(&context, &message->told, message->state, message->subject, message->to, message->reason);
}
static pbk_output as_wanted(const struct telling *told, uint64_t seq) {
  pbk_output wanted = wanted_output(PBK_OUTPUT_MESSAGE, seq);
  pbk_text subject = {told->subject.key, told->subject.key_size};
  if (told->subject.kind == PBK_CONTACT)
    wanted.contact = subject;
  else
    wanted.account = subject;
  wanted.message = 5;
  wanted.enrollment = 6;
  wanted.playbook = given("welcome");
  wanted.channel = given("email");
  wanted.template_key = given("mail");
  wanted.sender = name_public(&context, told->told.sender);
  wanted.to = told->to.bytes ? public_text(told->to) : name_public(&context, told->told.to);
  wanted.attempt = 2;
  wanted.state = pbk_words[told->state];
  wanted.reason = public_text(told->reason);
  wanted.key = given(some_key);
  return wanted;
}

/* All that can be different about a message, in every combination. */
static void messages(void) {
  open_context();
  char large[1000], long_key[255], other_key[255];
  memset(large, 'r', sizeof large);
  memset(long_key, 'k', sizeof long_key);
  memset(other_key, 'o', sizeof other_key);
  const struct told_subject subjects[] = {
    contact("u"), contact("user-17"), contact("sixteen bytes ..."), account("a1"), {long_key, 255, PBK_CONTACT}};
  const struct text reasons[] = {NO_TEXT, TEXT(""), TEXT("failed for good"), {large, sizeof large}};
  const enum word states[] = {WORD_PENDING, WORD_APPROVED, WORD_SENDING, WORD_SENT, WORD_FAILED, WORD_CANCELLED};
  struct telling told[5 * 4 * 5];
  uint32_t count = 0;
  for (uint32_t subject = 0; subject < 5; subject++)
    for (uint32_t reason = 0; reason < 4; reason++)
      for (uint32_t to = 0; to < 5; to++) {
        struct telling *message = &told[count];
        *message = a_message(subjects[subject]);
        message->reason = reasons[reason];
        message->state = states[count % 6];
        if (count % 3) message->told.sender = name("mia");
        if (to == 1) message->to = (struct text){subjects[subject].key, subjects[subject].key_size};
        if (to == 2) message->to = TEXT("u2");
        if (to == 3) message->to = (struct text){other_key, 255};
        if (to == 4) message->told.to = name("#alerts");
        tell_message(message);
        count++;
      }
  context.outputs.drainable_seq = count;
  struct outputs_cursor cursor = pbk_outputs_cursor(&context.outputs);
  for (uint32_t i = 0; i < count; i++) {
    pbk_output looked, walked, wanted = as_wanted(&told[i], i + 1);
    memset(&looked, 0xff, sizeof looked); /* all of it is written */
    memset(&walked, 0xff, sizeof walked);
    pbk_outputs_next(&cursor, &walked); /* what a snapshot does changes nothing */
    check_same(&walked, &wanted);
    CHECK(pbk_outputs_peek(&context.outputs, &looked));
    check_same(&looked, &wanted);
    pbk_output found = next();
    check_same(&found, &wanted);
  }
  close_context();
}

/* Told the quick way, it is the same in the digest and to the host. */
static void plain_messages(void) {
  for (uint8_t size = 1; size <= PLAIN_KEY; size++) {
    char key[PLAIN_KEY] = {0};
    memset(key, 'a' + size, size);
    open_context();
    struct telling told = a_message((struct told_subject){key, size, PBK_CONTACT});
    told.to = (struct text){key, size};
    tell_message(&told);
    uint32_t digest = context.outputs.digest;
    pbk_output wanted = as_wanted(&told, 1), found = next();
    check_same(&found, &wanted);
    context.outputs.digest = 0;
    tell_plain_message(&context, &told.told, told.state, key, size);
    CHECK_EQUAL_UINT(context.outputs.digest, digest);
    memset(key, '?', sizeof key);
    found = next();
    CHECK_EQUAL_UINT(found.contact.size, size);
    CHECK(found.contact.bytes[0] == 'a' + size && found.contact.bytes[size - 1] == 'a' + size);
    memset(key, 'a' + size, size);
    wanted.seq = 2;
    check_same(&found, &wanted);
    close_context();
  }
}

/* ---- nothing is borrowed ---- */

static void keys_are_copied(void) {
  open_context();
  for (uint32_t size = 1; size <= 255; size++) {
    char key[256] = {0}, other[256] = {0}, reason[256] = {0};
    for (uint32_t i = 0; i < size; i++) {
      key[i] = (char)('a' + i % 26);
      other[i] = (char)('A' + i % 26);
      reason[i] = (char)('0' + i % 10);
    }
    struct telling told = a_message(contact(key));
    pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact(key), name("pp"));
    pbk_tell_exited(&context, contact(key), 1, name("b"), text_from(reason));
    pbk_tell_not_enrolled(&context, account(key), name("b"), text_from(reason));
    pbk_tell_enrolled(&context, contact(key), &(struct told_enrollment){1, name("b"), 1, MAP_NONE, MAP_NONE}, WORD_NONE);
    told.to = text_from(other);
    told.reason = text_from(reason);
    tell_message(&told);
    told.to = text_from(key);
    told.to.bytes = told.subject.key;
    told.reason = NO_TEXT;
    tell_message(&told);
    char kept[256], kept_other[256], kept_reason[256];
    memcpy(kept, key, sizeof key);
    memcpy(kept_other, other, sizeof other);
    memcpy(kept_reason, reason, sizeof reason);
    memset(key, '?', size);
    memset(other, '?', size);
    memset(reason, '?', size);
    check_note("%u bytes", (unsigned)size);
    CHECK_TEXT(private_text(next().contact), kept);
    pbk_output output = next();
    CHECK_TEXT(private_text(output.contact), kept);
    CHECK_TEXT(private_text(output.reason), kept_reason);
    output = next();
    CHECK_TEXT(private_text(output.account), kept);
    CHECK_TEXT(private_text(output.reason), kept_reason);
    CHECK_TEXT(private_text(next().contact), kept);
    output = next();
    CHECK_TEXT(private_text(output.contact), kept);
    CHECK_TEXT(private_text(output.to), kept_other);
    CHECK_TEXT(private_text(output.reason), kept_reason);
    output = next();
    CHECK_TEXT(private_text(output.contact), kept);
    CHECK_TEXT(private_text(output.to), kept);
    pbk_outputs_tidy(&context.outputs);
  }
  close_context();
}

/* Through an engine: what was told of a contact stays what it was, though it is renamed and deleted before the host looks.
 */
static void renamed_and_deleted_since(void) {
  struct rig rig;
  rig_open(&rig, 0);
  tell(&rig, "{'type':'define','kind':'persona','key':'p','when':'contact.traits.x == 1'}");
  tell(&rig, "{'type':'identify','userId':'before','traits':{'x':1}}");
  tell(&rig, "{'type':'alias','previousId':'before','userId':'after'}");
  tell(&rig, "{'type':'identify','userId':'after','traits':{'x':2}}");
  tell(&rig, "{'type':'identify','userId':'after','traits':{'x':1}}");
  tell(&rig, "{'type':'delete','userId':'after'}");
  for (uint32_t i = 0; i < 2000; i++) tell_format(&rig, "{'type':'identify','userId':'other%" PRIu32 "'}", i);
  CHECK_OUTPUTS(&rig, "defined persona p =0\ntagged before p\nuntagged after p\ntagged after p\nuntagged after p\n");
  rig_close(&rig);
}

/* ---- the digest ---- */

static void tell_some(void) {
  pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("user-1"), name("pdormant"));
  pbk_tell_enrolled(&context, account("a"), &(struct told_enrollment){1, name("welcome"), 1, name("ss"), name("mia")},
                    WORD_PINNED);
  pbk_tell_not_enrolled(&context, contact("u"), name("welcome"), TEXT("paused"));
  pbk_tell_step(&context, 3, 1, WORD_RUN);
  struct telling told = a_message(contact("user-1"));
  told.to = (struct text){told.subject.key, told.subject.key_size};
  tell_message(&told);
  told.reason = TEXT("no");
  told.to = TEXT("somebody");
  told.state = WORD_FAILED;
  tell_message(&told);
  pbk_output output = output_of(&context, PBK_OUTPUT_DUPLICATE);
  output.message_id = given("m");
  emit(&context, &output);
  pbk_tell_exited(&context, contact("user-1"), 1, name("welcome"), TEXT("completed"));
}

/* The same on every platform, in every run, and whatever numbers the names have; looked at or not. */
static void one_digest_everywhere(void) {
  open_context();
  tell_some();
  uint32_t digest = context.outputs.digest;
  CHECK_EQUAL_UINT(digest, 106829919);
  close_context();
  open_context();
  static const char *const earlier[] = {"other", "mia", "mail", "x", "welcome", "email"};
  for (uint32_t i = 0; i < 6; i++) name(earlier[i]);
  tell_some();
  CHECK_EQUAL_UINT(context.outputs.digest, digest);
  close_context();
}

/* Whatever a host can see goes in. */
static void every_part_counts(void) {
  enum { KINDS = 64 };
  uint32_t found[KINDS], count = 0;
  open_context();
#define DIGEST(telling)                      \
  do {                                       \
    context.outputs.digest = 0;              \
    context.now = 77;                        \
    telling;                                 \
    found[count++] = context.outputs.digest; \
  } while (0)
  DIGEST(pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("u1"), name("pa")));
  DIGEST(pbk_tell_membership(&context, PBK_OUTPUT_UNTAGGED, contact("u1"), name("pa")));
  DIGEST(pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, account("u1"), name("pa")));
  DIGEST(pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("u2"), name("pa")));
  DIGEST(pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("u1"), name("pb")));
  DIGEST((context.now = 78, pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("u1"), name("pa"))));
  DIGEST((pbk_tell_step(&context, 1, 1, WORD_RUN)));
  DIGEST((pbk_tell_step(&context, 2, 1, WORD_RUN)));
  DIGEST((pbk_tell_step(&context, 1, 2, WORD_RUN)));
  DIGEST((pbk_tell_step(&context, 1, 1, WORD_SKIPPED)));
  struct told_enrollment enrollment = {1, name("a"), 1, MAP_NONE, MAP_NONE};
  DIGEST(pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE));
  DIGEST(pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_STICKY));
  DIGEST((enrollment.enrollment = 2, pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE)));
  DIGEST((enrollment.playbook = name("b"), pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE)));
  DIGEST((enrollment.version = 2, pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE)));
  DIGEST((enrollment.branch = name("pa"), pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE)));
  DIGEST((enrollment.sender = name("mia"), pbk_tell_enrolled(&context, contact("u"), &enrollment, WORD_NONE)));
  DIGEST(pbk_tell_not_enrolled(&context, contact("u"), name("a"), TEXT("paused")));
  DIGEST(pbk_tell_not_enrolled(&context, contact("u"), name("b"), TEXT("paused")));
  DIGEST(pbk_tell_not_enrolled(&context, contact("up"), name("a"), TEXT("aused")));
  DIGEST(pbk_tell_not_enrolled(&context, contact("u"), name("a"), TEXT("paused!")));
  DIGEST(pbk_tell_exited(&context, contact("u"), 1, name("a"), TEXT("goal")));
  DIGEST(pbk_tell_exited(&context, contact("u"), 2, name("a"), TEXT("goal")));
  DIGEST(pbk_tell_exited(&context, contact("u"), 1, name("b"), TEXT("goal")));
  DIGEST(pbk_tell_exited(&context, contact("u"), 1, name("a"), TEXT("left")));
  struct telling plain = a_message(contact("u1")), told = plain;
  plain.to = (struct text){plain.subject.key, plain.subject.key_size};
  DIGEST(tell_message(&plain));
  DIGEST((told = plain, told.told.message++, tell_message(&told)));
  DIGEST((told = plain, told.told.enrollment++, tell_message(&told)));
  DIGEST((told = plain, told.told.letter = letter("b", "email", "mail"), tell_message(&told)));
  DIGEST((told = plain, told.told.letter = letter("welcome", "b", "mail"), tell_message(&told)));
  DIGEST((told = plain, told.told.letter = letter("welcome", "email", "b"), tell_message(&told)));
  DIGEST((told = plain, told.told.sender = name("b"), tell_message(&told)));
  DIGEST((told = plain, told.told.attempt++, tell_message(&told)));
  DIGEST((told = plain, told.to = NO_TEXT, tell_message(&told)));
  DIGEST((told = plain, told.to = NO_TEXT, told.told.to = name("b"), tell_message(&told)));
  DIGEST((told = plain, told.to = TEXT("u2"), tell_message(&told)));
  DIGEST((told = plain, told.reason = TEXT(""), tell_message(&told)));
  DIGEST((told = plain, told.reason = TEXT("u2"), tell_message(&told)));
  DIGEST((told = plain, told.state = WORD_SENT, tell_message(&told)));
  for (uint32_t i = 0; i < MESSAGE_KEY_TEXT; i += 5) {
    DIGEST((told = plain, told.told.key[i] ^= 1, tell_message(&told)));
  }
#undef DIGEST
  CHECK(count <= KINDS);
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t j = 0; j < i; j++) {
      check_note("%u and %u", (unsigned)j, (unsigned)i);
      CHECK(found[i] != found[j]);
    }
  close_context();
}

/* Nor is it the same in another order, or where nobody wants it. */
static void order_counts(void) {
  uint32_t digests[2];
  for (uint32_t turn = 0; turn < 2; turn++) {
    open_context();
    pbk_tell_step(&context, 1 + turn, 1, WORD_RUN);
    pbk_tell_step(&context, 2 - turn, 1, WORD_RUN);
    digests[turn] = context.outputs.digest;
    close_context();
  }
  CHECK(digests[0] != digests[1]);
  open_context();
  context.outputs.digested = false;
  tell_some();
  CHECK_EQUAL_UINT(context.outputs.digest, 0);
  close_context();
}

/* ---- many ---- */

/* All kinds in turn, taken in portions of any size; what is kept is small, and none of it is lost or kept for ever. */
static void a_hundred_thousand(void) {
  enum { MANY = 100000 };
  open_context();
  uint64_t random = 3;
  uint32_t taken = 0;
  size_t most = 0;
  for (uint32_t made = 0; taken < MANY;) {
    for (uint32_t i = check_random_below(&random, 3000); i > 0 && made < MANY; i--, made++) {
      char key[32];
      snprintf(key, sizeof key, "user-%u", (unsigned)made);
      struct telling told = a_message(contact(key));
      told.to = (struct text){told.subject.key, told.subject.key_size};
      switch (made % 4) {
        case 0: pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact(key), name("pp")); break;
        case 1: pbk_tell_step(&context, made, 1, WORD_RUN); break;
        case 2: pbk_tell_exited(&context, contact(key), made, name("b"), TEXT("completed")); break;
        default: tell_message(&told);
      }
    }
    if (heap.out > most) most = heap.out;
    if (check_random_below(&random, 4)) context.outputs.drainable_seq = context.outputs.last_seq;
    pbk_outputs_tidy(&context.outputs);
    pbk_output outputs[50];
    uint32_t count = 1;
    for (uint32_t portions = check_random_below(&random, 100); portions > 0 && count > 0; portions--) {
      count = pbk_outputs_give(&context.outputs, outputs, sizeof *outputs, 1 + check_random_below(&random, 50));
      for (uint32_t i = 0; i < count; i++, taken++) {
        char key[32];
        snprintf(key, sizeof key, "user-%u", (unsigned)taken);
        CHECK_EQUAL_UINT(outputs[i].seq, taken + 1);
        if (taken % 4 == 1)
          CHECK_EQUAL_UINT(outputs[i].enrollment, taken);
        else
          CHECK_TEXT(private_text(outputs[i].contact), key);
        if (taken % 4 == 3) CHECK_TEXT(private_text(outputs[i].key), some_key);
      }
    }
    if (made == MANY) context.outputs.drainable_seq = context.outputs.last_seq;
  }
  pbk_outputs_tidy(&context.outputs);
  CHECK(heap.out < 50000);
  CHECK(most < 3000000);
  for (uint32_t i = 0; i < MANY; i++) pbk_tell_membership(&context, PBK_OUTPUT_TAGGED, contact("user-12345"), 0);
  CHECK(heap.out < MANY * 41);
  close_context();
}

/* Compact ones and whole ones as they come, into structs larger than this one, all bytes of which are set. */
static void mixed_portions(void) {
  enum { MADE = 3000 };
  struct larger {
    pbk_output output;
    unsigned char rest[24];
  } given_out[9];
  uint64_t random = 11, next_seq = 1;
  open_context();
  for (uint32_t i = 0; i < MADE; i++) {
    pbk_output whole = output_of(&context, PBK_OUTPUT_DUPLICATE);
    whole.message_id = given("m");
    context.now = i;
    whole.at = i;
    if (check_random_below(&random, 3) == 0)
      emit(&context, &whole);
    else
      pbk_tell_step(&context, i, 1, WORD_RUN);
  }
  context.outputs.drainable_seq = MADE;
  while (next_seq <= MADE) {
    memset(given_out, 0xff, sizeof given_out);
    uint32_t capacity = 1 + check_random_below(&random, 9);
    uint32_t count = pbk_outputs_give(&context.outputs, given_out, sizeof *given_out, capacity);
    CHECK_EQUAL_UINT(count, next_seq + capacity - 1 <= MADE ? capacity : MADE - next_seq + 1);
    for (uint32_t i = 0; i < count; i++, next_seq++) {
      const pbk_output *output = &given_out[i].output;
      bool step = output->type == PBK_OUTPUT_STEP;
      CHECK_EQUAL_UINT(output->seq, next_seq);
      CHECK_EQUAL_UINT((uint64_t)output->at, next_seq - 1);
      CHECK_EQUAL_UINT(output->enrollment, step ? next_seq - 1 : 0);
      CHECK(!output->contact.bytes && !output->path.bytes && !output->checks && (step || output->message_id.size == 1));
      for (uint32_t j = 0; j < sizeof given_out->rest; j++)
        if (given_out[i].rest[j] != 0) CHECK(false);
    }
    pbk_outputs_tidy(&context.outputs);
  }
  CHECK_EQUAL_UINT(pbk_outputs_give(&context.outputs, given_out, sizeof *given_out, 9), 0);
  close_context();
}

/* Kept in a snapshot and read again, whole: given out as they were. */
static void through_a_snapshot(void) {
  open_context();
  tell_some();
  tell_some();
  next();
  next();
  uint32_t digest = context.outputs.digest;
  struct writer writer = {.memory = &memory};
  struct coder coder = {.writer = &writer};
  pbk_code_outputs(&coder, &context.outputs);
  CHECK_EQUAL_UINT(context.outputs.digest, digest);
  struct outputs other;
  pbk_outputs_init(&other, &memory, &context.names);
  other.last_seq = other.drainable_seq = context.outputs.last_seq;
  struct arena arena;
  pbk_arena_init(&arena, &memory);
  struct reader reader = {.at = writer.bytes, .end = writer.bytes + writer.size};
  coder = (struct coder){.reader = &reader, .arena = &arena, .memory = &memory};
  pbk_code_outputs(&coder, &other);
  CHECK(!reader.failed && reader.at == reader.end);
  for (uint32_t i = 0; i < 14; i++) {
    pbk_output wanted = next(), found;
    CHECK_EQUAL_UINT(pbk_outputs_give(&other, &found, sizeof found, 1), 1);
    check_same(&found, &wanted);
  }
  CHECK_EQUAL_UINT(other.drained_seq, other.last_seq);
  pbk_outputs_release(&other);
  pbk_arena_release(&arena);
  pbk_writer_release(&writer);
  close_context();
}

int main(void) {
  RUN(memberships);
  RUN(enrollments);
  RUN(messages);
  RUN(plain_messages);
  RUN(keys_are_copied);
  RUN(renamed_and_deleted_since);
  RUN(one_digest_everywhere);
  RUN(every_part_counts);
  RUN(order_counts);
  RUN(a_hundred_thousand);
  RUN(mixed_portions);
  RUN(through_a_snapshot);
  return check_report();
}
