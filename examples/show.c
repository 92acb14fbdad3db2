/* show.c - the command `show`: what is in a store, as text or as lines of JSON. It changes nothing. */
#include <playbook/filestore.h>
#include <playbook/playbook.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "program.h"
#include "store.h"
#include "tally.h"
#include "time_text.h"

struct show {
  const char *directory;
  bool json;
  pbk_engine *engine;
  pbk_opening opening;
  char *line;
  size_t capacity;
};

static void print_text(const char *before, pbk_text text) {
  if (!text.size) return;
  output_text(before);
  output_bytes(text.bytes, text.size);
}

static void print_time(const char *before, pbk_time time) {
  char text[TIME_TEXT_SIZE];
  if (time == PBK_NO_TIME) return;
  time_write(time, text);
  output_print("%s%s", before, text);
}

/* A string of JSON: keys are UTF-8. */
static void print_string(pbk_text text) {
  output_text("\"");
  for (size_t at = 0; at < text.size; at++) {
    unsigned char byte = (unsigned char)text.bytes[at];
    if (byte == '"' || byte == '\\')
      output_print("\\%c", byte);
    else if (byte < 0x20)
      output_print("\\u%04x", byte);
    else
      output_bytes(text.bytes + at, 1);
  }
  output_text("\"");
}

/* ---- one thing that is open ---- */

static const char *plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

static void print_subject(const pbk_output *output) {
  print_text(" ", output->contact);
  print_text(" account ", output->account);
}

static void print_item(const pbk_output *item) {
  switch (item->type) {
    case PBK_OUTPUT_MESSAGE:
      output_print("  message %" PRIu64 " ", item->message);
      print_text("", item->state);
      if (item->attempt) output_print(", attempt %" PRIu32, item->attempt);
      print_text(": ", item->template_key);
      print_text(" to ", item->to);
      print_text(" from ", item->sender);
      print_time(item->attempt ? ", again at " : ", goes out at ", item->due);
      break;
    case PBK_OUTPUT_TASK:
      output_print("  task %" PRIu64 ": ", item->task);
      print_text("", item->title);
      print_text(" for ", item->assignee);
      print_time(", due ", item->due);
      break;
    default:
      output_print("  enrollment %" PRIu64 ": version %" PRIu32 ", since", item->enrollment, item->version);
      print_time(" ", item->at);
      print_text(", branch ", item->branch);
      print_text(", sender ", item->sender);
      output_print(", step %" PRIu32, item->step);
      if (item->due == PBK_NO_TIME) output_print(" when resumed");
      print_time(" at ", item->due);
      break;
  }
  output_text(" (");
  print_text("", item->playbook);
  if (item->type == PBK_OUTPUT_ENROLLED)
    print_subject(item);
  else
    output_print(", enrollment %" PRIu64, item->enrollment);
  output_text(")\n");
}

/* The output's own line, without `seq`, and what the line does not tell: the next step, and when it is due. */
static bool print_item_json(struct show *show, const pbk_output *item) {
  static const char start[] = "{\"seq\":0,";
  size_t size;
  pbk_status status;
  while ((status = pbk_output_json(item, show->line, show->capacity, &size)) == PBK_ERR_BUFFER) {
    show->capacity = size * 2;
    show->line = allocate(show->line, show->capacity);
  }
  size_t skip = sizeof start - 1;
  if (status != PBK_OK || size < skip + 2 || memcmp(show->line, start, skip) != 0) {
    complain("cannot write a line: %s", pbk_status_name(status));
    return false;
  }
  output_text("{");
  output_bytes(show->line + skip, size - skip - 2); /* without "}\n" */
  if (item->type == PBK_OUTPUT_ENROLLED) output_print(",\"step\":%" PRIu32, item->step);
  if (item->type != PBK_OUTPUT_TASK && item->due != PBK_NO_TIME) {
    char text[TIME_TEXT_SIZE];
    time_write_exact(item->due, text);
    output_print(",\"due\":\"%s\"", text);
  }
  output_text("}\n");
  return true;
}

typedef pbk_status (*next_function)(pbk_engine *engine, const pbk_subject *subject, uint64_t *cursor, pbk_output *output);

static bool show_all(struct show *show, const pbk_subject *subject, next_function next) {
  uint64_t cursor = 0;
  for (;;) {
    pbk_output item = {.size = sizeof item};
    pbk_status status = next(show->engine, subject, &cursor, &item);
    if (status != PBK_OK) {
      complain("cannot look: %s", pbk_status_name(status));
      return false;
    }
    if (item.type == 0 || output_failed()) return true;
    if (!show->json)
      print_item(&item);
    else if (!print_item_json(show, &item))
      return false;
  }
}

/* ---- the whole store ---- */

static void print_store(struct show *show, const pbk_counts *counts) {
  const pbk_opening *opening = &show->opening;
  char now[TIME_TEXT_SIZE];
  time_write_exact(pbk_now(show->engine), now);
  if (show->json) {
    output_text("{\"type\":\"store\",\"directory\":");
    print_string(text_of(show->directory));
    output_print(",\"generation\":%" PRIu32 ",\"sequence\":%" PRIu64 ",\"snapshot_sequence\":%" PRIu64
                 ",\"journal_bytes\":%" PRIu64 ",\"closed\":%s,\"torn_bytes\":%" PRIu64 ",\"now\":\"%s\",\"lines\":%" PRIu64,
                 opening->generation, opening->sequence, opening->snapshot_sequence, pbk_journal_bytes(show->engine),
                 opening->sealed ? "true" : "false", opening->torn_bytes, now, pbk_lines_taken(show->engine));
    output_print(",\"contacts\":%" PRIu64 ",\"accounts\":%" PRIu64 ",\"answers\":%" PRIu64
                 ",\"enrollments_running\":%" PRIu64 ",\"enrollments_ever\":%" PRIu64 ",\"messages_open\":%" PRIu64
                 ",\"messages_ever\":%" PRIu64 ",\"tasks_open\":%" PRIu64 ",\"tasks_ever\":%" PRIu64 "}\n",
                 counts->contacts, counts->accounts, counts->answers, counts->enrollments_running, counts->enrollments_ever,
                 counts->messages_open, counts->messages_ever, counts->tasks_open, counts->tasks_ever);
    return;
  }
  output_print("%s\n", show->directory);
  output_print("  generation %" PRIu32 ", sequence %" PRIu64, opening->generation, opening->sequence);
  if (opening->snapshot_sequence) output_print(", snapshot of sequence %" PRIu64, opening->snapshot_sequence);
  output_print(", %" PRIu64 " bytes of journal behind it, %s\n", pbk_journal_bytes(show->engine),
               opening->sealed ? "closed cleanly" : "not closed");
  if (opening->torn_bytes)
    output_print("  %" PRIu64 " bytes at the end are of a write that had not been finished\n", opening->torn_bytes);
  output_print("  now %s, %" PRIu64 " lines taken, %" PRIu64 " deliveries answered\n", now, pbk_lines_taken(show->engine),
               counts->answers);
  output_print("  %" PRIu64 " contact%s, %" PRIu64 " account%s\n", counts->contacts, plural(counts->contacts),
               counts->accounts, plural(counts->accounts));
}

static void print_heading(const struct show *show, const char *what, uint64_t open, uint64_t ever, const char *state) {
  if (!show->json) output_print("%s: %" PRIu64 " %s of %" PRIu64 "\n", what, open, state, ever);
}

static bool show_store(struct show *show) {
  pbk_counts counts = {.size = sizeof counts};
  pbk_status status = pbk_count(show->engine, &counts);
  if (status != PBK_OK) {
    complain("cannot look: %s", pbk_status_name(status));
    return false;
  }
  print_store(show, &counts);
  print_heading(show, "enrollments", counts.enrollments_running, counts.enrollments_ever, "running");
  if (!show->json) output_text("  (those of one contact or account: --contact KEY, --account KEY)\n");
  print_heading(show, "messages", counts.messages_open, counts.messages_ever, "open");
  if (!show_all(show, NULL, pbk_next_message)) return false;
  print_heading(show, "tasks", counts.tasks_open, counts.tasks_ever, "open");
  return show_all(show, NULL, pbk_next_task);
}

/* ---- one contact or account ---- */

static void print_memberships(struct show *show, pbk_handle_kind kind, pbk_handle subject, const char *what) {
  uint64_t cursor = 0;
  pbk_handle audience;
  bool first = true;
  while (pbk_next(show->engine, kind, &cursor, &audience) == PBK_OK && audience) {
    int32_t member;
    pbk_text key;
    /* A segment of accounts has no contacts, and the reverse: that is answered with an error. */
    if (pbk_is_member(show->engine, audience, subject, &member) != PBK_OK || !member) continue;
    if (pbk_key(show->engine, audience, &key) != PBK_OK) continue;
    if (show->json) {
      if (!first) output_text(",");
      print_string(key);
    } else {
      if (first) output_print("  %s", what);
      print_text(" ", key);
    }
    first = false;
  }
  if (!show->json && !first) output_text("\n");
}

static bool show_subject(struct show *show, const pbk_subject *subject) {
  bool contact = subject->kind == PBK_CONTACT;
  const char *kind = contact ? "contact" : "account";
  pbk_handle handle;
  if (pbk_find(show->engine, contact ? PBK_HANDLE_CONTACT : PBK_HANDLE_ACCOUNT, subject->key.bytes, subject->key.size,
               &handle) != PBK_OK) {
    complain("there is no %s %s in %s", kind, subject->key.bytes, show->directory);
    return false;
  }
  if (show->json) {
    output_print("{\"type\":\"%s\",\"key\":", kind);
    print_string(subject->key);
    output_text(",\"personas\":[");
    print_memberships(show, PBK_HANDLE_PERSONA, handle, "");
    output_text("],\"segments\":[");
    print_memberships(show, PBK_HANDLE_SEGMENT, handle, "");
    output_text("]}\n");
  } else {
    output_print("%s", kind);
    print_text(" ", subject->key);
    output_text("\n");
    print_memberships(show, PBK_HANDLE_PERSONA, handle, "personas:");
    print_memberships(show, PBK_HANDLE_SEGMENT, handle, "segments:");
  }
  return show_all(show, subject, pbk_next_enrollment) && show_all(show, subject, pbk_next_message) &&
         show_all(show, subject, pbk_next_task);
}

/* ---- the command ---- */

static bool show_what(struct show *show, const char *contact, const char *account) {
  if (!contact && !account) return show_store(show);
  pbk_subject subject = {.size = sizeof subject, .kind = PBK_CONTACT};
  if (contact) {
    subject.key = text_of(contact);
    if (!show_subject(show, &subject)) return false;
  }
  if (!account) return true;
  subject.kind = PBK_ACCOUNT;
  subject.key = text_of(account);
  return show_subject(show, &subject);
}

int command_show(char **arguments, int count) {
  bool help = false;
  const char *contact = NULL, *account = NULL;
  struct show show = {0};
  const struct option options[] = {
    {"--help", &help, NULL},       {"--json", &show.json, NULL}, {"--contact", NULL, &contact},
    {"--account", NULL, &account}, {NULL, NULL, NULL},
  };
  int places;
  if (!read_options("show", options, arguments, count, &places)) return STATUS_CANNOT_RUN;
  if (help) {
    output_text(show_help_text);
    return output_end(STATUS_FINE);
  }
  if (places != 1) {
    complain("show needs a directory; see playbook show --help");
    return STATUS_CANNOT_RUN;
  }
  struct store store = {0};
  pbk_config config = {.size = sizeof config};
  show.directory = arguments[0];
  bool fine = false;
  if (store_open_files(&store, show.directory, PBK_FILESTORE_READ_ONLY))
    show.engine = store_open_engine(&store, &config, PBK_OPEN_READ_ONLY | PBK_OPEN_EXISTING, &show.opening);
  if (show.engine) fine = show_what(&show, contact, account);
  pbk_engine_destroy(show.engine);
  store_close_files(&store);
  free(show.line);
  return output_end(fine ? STATUS_FINE : STATUS_CANNOT_RUN);
}
