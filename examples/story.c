/* story.c - see story.h. */
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "output.h"
#include "program.h"
#include "time_text.h"

/* The longest text of a key in a line: each byte of it written as \u00xx, and the quotes. */
enum { KEY_TEXT = PBK_MAX_KEY * 6 + 2 };

/* A key out of a line. */
struct key {
  char bytes[KEY_TEXT];
  size_t size;
};

/* A few numbers. */
struct marks {
  uint64_t *numbers;
  size_t count;
};

struct story_enrollment {
  uint64_t number;
  uint32_t playbook;
};

struct story {
  struct key subject;
  struct key account; /* of the contact, by the inputs so far */
  bool told;
  /* Sentences of an input wait, so that what fell due before it is told first. */
  pbk_time input_at;
  char *held;
  size_t held_size, held_capacity;
  /* The same event again and again is one sentence. */
  struct key event;
  pbk_time first_at, last_at;
  uint64_t event_count;
  /* The subject's enrollments, by rising number. */
  struct story_enrollment *enrollments;
  size_t enrollment_count;
  struct names playbooks;
  struct marks approved; /* messages whose last line said so */
  /* Messages that went out at `out_at`: that they are sent in the same moment need not be told. */
  struct marks out;
  pbk_time out_at;
};

struct story *story_begin(const char *key) {
  struct story *story = allocate(NULL, sizeof *story);
  memset(story, 0, sizeof *story);
  story->subject.size = strlen(key) < sizeof story->subject.bytes ? strlen(key) : sizeof story->subject.bytes;
  memcpy(story->subject.bytes, key, story->subject.size);
  return story;
}

static bool same(const struct key *key, pbk_text text) {
  return text.size && key->size == text.size && memcmp(key->bytes, text.bytes, text.size) == 0;
}

static bool read_key(struct json_text object, const char *name, struct key *key) {
  struct json_text value;
  return json_member(object, name, &value) && (size_t)(value.end - value.start) <= KEY_TEXT &&
         json_string(value, key->bytes, &key->size);
}

static bool same_key(const struct key *left, const struct key *right) {
  return same(left, (pbk_text){right->bytes, right->size});
}

/* ---- sentences ---- */

static void print_sentence(struct story *story, pbk_time at, const char *text) {
  char date[TIME_TEXT_SIZE];
  time_write(at, date);
  output_text(date);
  for (size_t size = strlen(date); size < 21; size++) output_text(" ");
  output_text(text);
  output_text("\n");
  story->told = true;
}

static void tell_events(struct story *story) {
  if (!story->event_count) return;
  char text[KEY_TEXT + 100];
  int size = snprintf(text, sizeof text, "does %.*s", (int)story->event.size, story->event.bytes);
  if (story->event_count > 1) {
    char date[TIME_TEXT_SIZE];
    time_write(story->last_at, date);
    snprintf(text + size, sizeof text - (size_t)size, ", %llu times until %s", (unsigned long long)story->event_count, date);
  }
  story->event_count = 0;
  print_sentence(story, story->first_at, text);
}

static void count_event(struct story *story, pbk_time at, const char *name) {
  if (!story->event_count || !same(&story->event, (pbk_text){name, strlen(name)})) {
    tell_events(story);
    story->event.size = strlen(name);
    memcpy(story->event.bytes, name, story->event.size);
    story->first_at = at;
  }
  story->last_at = at;
  story->event_count++;
}

/* In front of a held sentence: it is not one, but the name of an event. */
#define HELD_EVENT "\1"

static void tell_held(struct story *story) {
  for (size_t at = 0; at < story->held_size; at += strlen(story->held + at) + 1) {
    if (story->held[at] == HELD_EVENT[0]) {
      count_event(story, story->input_at, story->held + at + 1);
    } else {
      tell_events(story);
      print_sentence(story, story->input_at, story->held + at);
    }
  }
  story->held_size = 0;
}

PRINTS(3, 4) static void tell(struct story *story, pbk_time at, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  tell_events(story);
  print_sentence(story, at, text);
}

PRINTS(2, 3) static void hold(struct story *story, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  size_t size = strlen(text) + 1;
  if (story->held_size + size > story->held_capacity) {
    story->held_capacity = (story->held_size + size) * 2;
    story->held = allocate(story->held, story->held_capacity);
  }
  memcpy(story->held + story->held_size, text, size);
  story->held_size += size;
}

/* ---- inputs ---- */

/* A new stage or health, of the subject itself or, where `account` is given, of the account it belongs to. */
static void hear_changes(struct story *story, struct json_text line, const struct key *account) {
  struct key stage;
  struct json_text health;
  int size = account ? (int)account->size : 0;
  const char *name = account ? account->bytes : "", *space = account ? " " : "";
  if (read_key(line, "stage", &stage))
    hold(story, "%.*s%sreaches stage \"%.*s\"", size, name, space, (int)stage.size, stage.bytes);
  if (json_member(line, "health", &health))
    hold(story, "%.*s%shas health %.*s", size, name, space, (int)(health.end - health.start), health.start);
}

static void hear(struct story *story, struct json_text line) {
  struct json_text type;
  struct key user = {.size = 0}, group = {.size = 0}, other;
  if (!json_member(line, "type", &type)) return;
  if (!read_key(line, "userId", &user)) read_key(line, "anonymousId", &user);
  read_key(line, "groupId", &group);
  bool about_contact = same_key(&user, &story->subject);
  bool about_account = same_key(&group, &story->subject);
  if (json_is(type, "track") && about_contact) {
    if (read_key(line, "event", &other)) hold(story, HELD_EVENT "%.*s", (int)other.size, other.bytes);
  } else if ((json_is(type, "page") || json_is(type, "screen")) && about_contact) {
    if (read_key(line, "name", &other)) hold(story, HELD_EVENT "%.*s", (int)other.size, other.bytes);
  } else if (json_is(type, "group") && about_contact && group.size && !same_key(&group, &story->account)) {
    story->account = group;
    hold(story, "belongs to %.*s", (int)group.size, group.bytes);
  } else if (json_is(type, "stage") || json_is(type, "health")) {
    if (about_contact || about_account) {
      hear_changes(story, line, NULL);
    } else if (same_key(&group, &story->account)) {
      hear_changes(story, line, &story->account);
    }
  } else if (json_is(type, "assign") && (about_account || same_key(&group, &story->account))) {
    struct key role;
    if (!read_key(line, "role", &role)) return;
    if (read_key(line, "user", &other)) {
      hold(story, "%.*s becomes %.*s of %.*s", (int)other.size, other.bytes, (int)role.size, role.bytes, (int)group.size,
           group.bytes);
    } else {
      hold(story, "%.*s has no %.*s any more", (int)group.size, group.bytes, (int)role.size, role.bytes);
    }
  } else if (json_is(type, "pin") && about_contact) {
    if (read_key(line, "sender", &other)) {
      hold(story, "is pinned to sender %.*s", (int)other.size, other.bytes);
    } else {
      hold(story, "is pinned to no sender any more");
    }
  } else if (json_is(type, "interaction") && about_contact) {
    if (read_key(line, "sender", &other)) hold(story, "is in touch with %.*s", (int)other.size, other.bytes);
  } else if (json_is(type, "delete") && (about_contact || about_account)) {
    hold(story, "is deleted");
  }
}

void story_input(struct story *story, pbk_time at, struct json_text line) {
  struct json_text type, batch, item;
  tell_held(story);
  story->input_at = at;
  if (!json_member(line, "type", &type)) return;
  if (!json_is(type, "batch") || !json_member(line, "batch", &batch)) {
    hear(story, line);
    return;
  }
  const char *cursor = NULL;
  while (json_next_item(batch, &cursor, &item)) hear(story, item);
}

/* ---- outputs ---- */

#define TEXT(text) (int)(text).size, ((text).bytes ? (text).bytes : "")

static bool is(pbk_text text, const char *word) {
  return text.size == strlen(word) && memcmp(text.bytes, word, text.size) == 0;
}

/* A reason in words, or as it is. */
static pbk_text in_words(pbk_text reason) {
  static const char *const words[][2] = {
    {"inactive", "it is not active"},
    {"suppressed", "the contact is suppressed"},
    {"already_enrolled", "already in it"},
    {"reentry", "it was in it before"},
    {"filtered", "the filter does not let it in"},
    {"exit_met", "the way out is already open"},
    {"no_branch", "no branch is for it"},
    {"no_sender", "there is no sender"},
    {"completed", "all steps are done"},
    {"goal", "the goal is reached"},
    {"left", "it left the audience"},
    {"unenrolled", "taken out by hand"},
    {"sender_removed", "the sender was removed"},
    {"skipped", "a step was skipped"},
  };
  for (size_t at = 0; at < sizeof words / sizeof *words; at++)
    if (is(reason, words[at][0])) return (pbk_text){words[at][1], strlen(words[at][1])};
  return reason;
}

static const struct story_enrollment *find_enrollment(const struct story *story, uint64_t number) {
  size_t low = 0, high = story->enrollment_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (story->enrollments[middle].number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < story->enrollment_count && story->enrollments[low].number == number ? &story->enrollments[low] : NULL;
}

static void note_enrolled(struct story *story, const pbk_output *output) {
  if (story->enrollment_count % 64 == 0)
    story->enrollments = allocate(story->enrollments, (story->enrollment_count + 64) * sizeof *story->enrollments);
  story->enrollments[story->enrollment_count++] =
    (struct story_enrollment){output->enrollment, names_number(&story->playbooks, output->playbook)};
  const char *by = is(output->sender_by, "sticky")     ? ", who was last in touch"
                   : is(output->sender_by, "rotation") ? ", whose turn it is"
                   : is(output->sender_by, "pinned")   ? ", pinned"
                                                       : "";
  tell(story, output->at, "enters playbook %.*s%s%.*s%s%.*s%s", TEXT(output->playbook),
       output->branch.size ? ", branch " : "", TEXT(output->branch), output->sender.size ? ", served by " : "",
       TEXT(output->sender), by);
}

static void note_task(struct story *story, const pbk_output *output) {
  unsigned long long number = output->task;
  if (!is(output->state, "open")) {
    tell(story, output->at, "task %llu \"%.*s\" is %.*s", number, TEXT(output->title), TEXT(output->state));
    return;
  }
  char due[TIME_TEXT_SIZE] = "";
  if (output->due != PBK_NO_TIME) time_write(output->due, due);
  tell(story, output->at, "task %llu \"%.*s\"%s%.*s%s%s", number, TEXT(output->title),
       output->assignee.size ? " for " : " for nobody yet", TEXT(output->assignee), *due ? ", due " : "", due);
}

static void mark(struct marks *marks, uint64_t number) {
  marks->numbers = allocate(marks->numbers, (marks->count + 1) * sizeof *marks->numbers);
  marks->numbers[marks->count++] = number;
}

/* Whether a number was marked; it no longer is. */
static bool unmark(struct marks *marks, uint64_t number) {
  for (size_t at = 0; at < marks->count; at++) {
    if (marks->numbers[at] != number) continue;
    marks->numbers[at] = marks->numbers[--marks->count];
    return true;
  }
  return false;
}

static void note_message(struct story *story, const pbk_output *output) {
  bool was_approved = unmark(&story->approved, output->message);
  if (output->at != story->out_at) story->out.count = 0;
  story->out_at = output->at;
  char name[1024];
  bool is_mail = is(output->channel, "email");
  snprintf(name, sizeof name, "%s %llu \"%.*s\"", is_mail ? "e-mail" : "message", (unsigned long long)output->message,
           TEXT(output->template_key));
  const char *from = output->sender.size ? " from " : "";
  const char *to = same(&story->subject, output->to) || !output->to.size ? "" : " to ";
  pbk_text to_text = *to ? output->to : (pbk_text){NULL, 0};
  if (is(output->state, "pending")) {
    if (was_approved) {
      tell(story, output->at, "the approval of %s is taken back", name);
    } else {
      tell(story, output->at, "%s%s%.*s%s%.*s waits for approval", name, from, TEXT(output->sender), to, TEXT(to_text));
    }
  } else if (is(output->state, "approved")) {
    tell(story, output->at, "%s is approved", name);
    mark(&story->approved, output->message);
  } else if (is(output->state, "sending")) {
    if (output->attempt > 1) {
      tell(story, output->at, "%s is tried again, attempt %u", name, output->attempt);
    } else {
      tell(story, output->at, "%s%s%.*s%s%.*s goes out", name, from, TEXT(output->sender), to, TEXT(to_text));
      mark(&story->out, output->message);
    }
  } else if (!is(output->state, "sent") || !unmark(&story->out, output->message)) {
    tell(story, output->at, "%s is %.*s%s%.*s", name, TEXT(output->state), output->reason.size ? ": " : "",
         TEXT(output->reason));
  }
}

void story_note(struct story *story, const pbk_output *output) {
  if (output->at >= story->input_at) tell_held(story);
  const struct story_enrollment *enrollment;
  if (output->type == PBK_OUTPUT_STEP && (enrollment = find_enrollment(story, output->enrollment)) != NULL)
    tell(story, output->at, "step %u of %s%s", output->step, story->playbooks.texts[enrollment->playbook],
         is(output->outcome, "skipped") ? " is skipped" : "");
  if (output->type == PBK_OUTPUT_ASSIGNED &&
      (same(&story->subject, output->account) || same(&story->account, output->account)))
    tell(story, output->at, "%.*s becomes %.*s of %.*s", TEXT(output->user), TEXT(output->role), TEXT(output->account));
  bool about = same(&story->subject, output->contact) || same(&story->subject, output->account);
  /* Messages of an account's playbook go to its contacts. */
  if (output->type == PBK_OUTPUT_MESSAGE && (about || (output->account.size && same(&story->subject, output->to))))
    note_message(story, output);
  if (!about) return;
  switch (output->type) {
    case PBK_OUTPUT_TAGGED: tell(story, output->at, "is now %.*s", TEXT(output->audience)); break;
    case PBK_OUTPUT_UNTAGGED: tell(story, output->at, "is no longer %.*s", TEXT(output->audience)); break;
    case PBK_OUTPUT_ENTERED: tell(story, output->at, "enters segment %.*s", TEXT(output->audience)); break;
    case PBK_OUTPUT_LEFT: tell(story, output->at, "leaves segment %.*s", TEXT(output->audience)); break;
    case PBK_OUTPUT_ENROLLED: note_enrolled(story, output); break;
    case PBK_OUTPUT_NOT_ENROLLED:
      tell(story, output->at, "stays out of playbook %.*s: %.*s", TEXT(output->playbook), TEXT(in_words(output->reason)));
      break;
    case PBK_OUTPUT_TASK: note_task(story, output); break;
    case PBK_OUTPUT_EXITED:
      tell(story, output->at, "leaves playbook %.*s: %.*s", TEXT(output->playbook), TEXT(in_words(output->reason)));
      break;
    default: break;
  }
}

bool story_end(struct story *story) {
  tell_held(story);
  tell_events(story);
  bool told = story->told;
  names_release(&story->playbooks);
  free(story->enrollments);
  free(story->approved.numbers);
  free(story->out.numbers);
  free(story->held);
  free(story);
  return told;
}
