/* tests/unit/subject.c - traits and history of one subject (SPEC E2 to E7). */
#include "facts_support.h"

static pbk_value room; /* what is read goes there */
static struct subject subject;

static void open_subject(void) {
  open_facts();
  pbk_subject_init(&subject, &facts.subjects, PBK_CONTACT, 3, TEXT("u1"), 77);
}
static void close_subject(void) {
  pbk_subject_clear(&subject, &facts.subjects);
  CHECK_TEXT(subject_key(&subject), "u1"); /* the key stays */
  pbk_subject_free_key(&subject, &memory);
  close_facts();
}

static void a_new_one(void) {
  open_subject();
  CHECK_TEXT(subject_key(&subject), "u1");
  CHECK_EQUAL_UINT(subject.index, 3);
  CHECK_EQUAL_INT(subject.created_at, 77);
  CHECK_EQUAL_UINT(subject.stage, MAP_NONE); /* E5 */
  CHECK(subject_health(&subject, &facts.subjects, &room) == NULL);
  CHECK(pbk_subject_trait(&subject, &facts.subjects, name_of("plan"), &room) == NULL);
  CHECK_EQUAL_UINT(pbk_subject_series(&subject, name_of("login")).count, 0);
  close_subject();
}

static void renamed(void) {
  open_subject();
  char key[] = "longer than before";
  pbk_subject_rename(&subject, &memory, text_from(key));
  key[0] = '?';
  CHECK_TEXT(subject_key(&subject), "longer than before");
  pbk_subject_rename(&subject, &memory, TEXT("u1"));
  close_subject();
}

/* Set, set again, replaced by another kind; values are copied. */
static void traits(void) {
  open_subject();
  char bytes[] = "pro";
  pbk_value text = value_string(text_from(bytes)), number = value_int(7), real = value_double(7), none = value_null();
  uint32_t plan = name_of("plan");
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &text));
  bytes[0] = '?';
  CHECK_TEXT(value_text(pbk_subject_trait(&subject, &facts.subjects, plan, &room)), "pro");
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &number));
  CHECK(!pbk_subject_set_trait(&subject, &facts.subjects, plan, &number)); /* no change */
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &real));    /* 7.0 is another value (E4) */
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &none));
  const pbk_value *kept = pbk_subject_trait(&subject, &facts.subjects, plan, &room);
  CHECK(kept && kept->kind == PBK_NULL); /* null is a value */
  pbk_value items[] = {value_int(1), value_string(TEXT("two"))};
  pbk_value list = {.kind = PBK_LIST, .size = 2, .as.items = items};
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &list));
  CHECK(!pbk_subject_set_trait(&subject, &facts.subjects, plan, &list));
  items[0] = value_int(9);
  CHECK_EQUAL_INT(pbk_subject_trait(&subject, &facts.subjects, plan, &room)->as.items[0].as.integer, 1);
  CHECK(pbk_subject_set_trait(&subject, &facts.subjects, plan, &list));
  close_subject();
}

/* Traits stand in the order of their names, whatever the order in which they came. */
static void traits_are_in_order(void) {
  open_subject();
  uint64_t random = 4;
  int64_t wanted[100];
  bool set[100] = {false};
  for (uint32_t i = 0; i < 500; i++) {
    char name[8];
    uint32_t number = check_random_below(&random, 100);
    snprintf(name, sizeof name, "t%" PRIu32, number);
    pbk_value value = value_int(wanted[number] = (int64_t)check_random_below(&random, 5));
    bool before =
      set[number] && pbk_subject_trait(&subject, &facts.subjects, name_of(name), &room)->as.integer == wanted[number];
    CHECK_EQUAL_INT(pbk_subject_set_trait(&subject, &facts.subjects, name_of(name), &value), !before);
    set[number] = true;
  }
  for (uint32_t i = 1; i < trait_count(&subject, &facts.subjects); i++)
    CHECK(text_compare(name_text(&context, subject_shape(&subject, &facts.subjects)->names[i - 1]),
                       name_text(&context, subject_shape(&subject, &facts.subjects)->names[i])) < 0);
  for (uint32_t number = 0; number < 100; number++) {
    char name[8];
    snprintf(name, sizeof name, "t%" PRIu32, number);
    const pbk_value *value = pbk_subject_trait(&subject, &facts.subjects, name_of(name), &room);
    CHECK_EQUAL_INT(value != NULL, set[number]);
    if (value) CHECK_EQUAL_INT(value->as.integer, wanted[number]);
  }
  close_subject();
}

/* T5: a late event takes its place. Equal times stay, one for each. */
static void events(void) {
  open_subject();
  uint64_t random = 9;
  enum { EVENTS = 5, EACH = 400 };
  static pbk_time times[EVENTS][EACH * 2];
  uint32_t counts[EVENTS] = {0};
  static const char *const names[EVENTS] = {"e0", "e1", "e2", "e3", "e4"};
  for (uint32_t event = 0; event < EVENTS; event++) pbk_watch_event(&facts.subjects, PBK_CONTACT, name_of(names[event]));
  for (uint32_t i = 0; i < EVENTS * EACH; i++) {
    char name[8];
    uint32_t event = check_random_below(&random, EVENTS);
    snprintf(name, sizeof name, "e%" PRIu32, event);
    pbk_time time = (pbk_time)check_random_below(&random, 300) - 100;
    if (counts[event] == EACH * 2) continue;
    uint32_t at = counts[event]++;
    for (; at > 0 && times[event][at - 1] > time; at--) times[event][at] = times[event][at - 1];
    times[event][at] = time;
    pbk_subject_add_event(&subject, &facts.subjects, name_of(name), time);
  }
  for (uint32_t event = 0; event < EVENTS; event++) {
    char name[8];
    snprintf(name, sizeof name, "e%" PRIu32, event);
    struct series series = pbk_subject_series(&subject, name_of(name));
    check_note("%s", name);
    if (!CHECK_EQUAL_UINT(series.count, counts[event])) continue;
    CHECK_EQUAL_BYTES(series.times, times[event], counts[event] * sizeof(pbk_time));
  }
  close_subject();
}

int main(void) {
  RUN(a_new_one);
  RUN(renamed);
  RUN(traits);
  RUN(traits_are_in_order);
  RUN(events);
  return check_report();
}
