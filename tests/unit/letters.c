/* tests/unit/letters.c - what messages have in common: one number for each kind, the texts of its names, no number moves. */
#include "base/letters.h"

#include "unit/check.h"

static struct check_heap heap;
static struct memory memory;
static struct names names;
static struct letters letters;

static void open_letters(void) {
  heap = (struct check_heap){0};
  pbk_memory_init(&memory, check_allocate, &heap, UINT64_MAX);
  pbk_names_init(&names, &memory);
  pbk_letters_init(&letters, &memory, &names);
}
static void close_letters(void) {
  pbk_letters_release(&letters);
  pbk_names_release(&names);
  CHECK_EQUAL_UINT(heap.out, 0);
}

static uint32_t name(const char *text) {
  return pbk_names_intern(&names, text_from(text));
}
static struct letter_kind a_kind(void) {
  return (struct letter_kind){.playbook = name("welcome"),
                              .channel = name("email"),
                              .template = name("mail"),
                              .policy = 1,
                              .email = true,
                              .window = -1};
}

static void each_part_counts(void) {
  open_letters();
  struct letter_kind kinds[7];
  for (uint32_t i = 0; i < 7; i++) kinds[i] = a_kind();
  kinds[1].playbook = name("other");
  kinds[2].channel = name("other");
  kinds[3].template = name("other");
  kinds[4].policy = 0;
  kinds[5].email = false;
  kinds[6].window = 0;
  for (uint32_t i = 0; i < 7; i++) CHECK_EQUAL_UINT(pbk_letters_intern(&letters, &kinds[i]), i);
  for (uint32_t i = 0; i < 7; i++) CHECK_EQUAL_UINT(pbk_letters_intern(&letters, &kinds[i]), i);
  CHECK_EQUAL_INT(letter_at(&letters, 6)->kind.window, 0);
  close_letters();
}

static void texts_stay(void) {
  open_letters();
  struct letter_kind kind = a_kind();
  uint32_t number = pbk_letters_intern(&letters, &kind);
  for (uint32_t i = 0; i < 5000; i++) { /* names and letters move, their texts do not */
    char text[16];
    snprintf(text, sizeof text, "t%u", (unsigned)i);
    kind.template = name(text);
    CHECK_EQUAL_UINT(pbk_letters_intern(&letters, &kind), i + 1);
  }
  const struct letter *letter = letter_at(&letters, number);
  CHECK(letter->playbook.size == 7 && memcmp(letter->playbook.bytes, "welcome", 7) == 0);
  CHECK(letter->channel.size == 5 && memcmp(letter->channel.bytes, "email", 5) == 0);
  CHECK(letter->template.size == 4 && memcmp(letter->template.bytes, "mail", 4) == 0);
  letter = letter_at(&letters, 5000);
  CHECK(letter->template.size == 5 && memcmp(letter->template.bytes, "t4999", 5) == 0);
  close_letters();
}

static void never_made(void) {
  struct letters none = {0};
  pbk_letters_release(&none); /* memory ran out before */
  CHECK_EQUAL_UINT(none.items.count, 0);
}

int main(void) {
  RUN(each_part_counts);
  RUN(texts_stay);
  RUN(never_made);
  return check_report();
}
