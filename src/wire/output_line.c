/* wire/output_line.c - see output_line.h. */
#include "wire/output_line.h"

#include "base/outputs.h"
#include "wire/json_writer.h"

/* The name is a literal. */
#define text_member(writer, name, text) pbk_json_text_member(writer, JSON_NAME(name), private_text(text))
#define number_member(writer, name, number) pbk_json_int_member(writer, JSON_NAME(name), (int64_t)(number))
#define given_text_member(writer, name, text)          \
  do {                                                 \
    if ((text).bytes) text_member(writer, name, text); \
  } while (0)
#define bool_member(writer, name, is) write_bool(writer, JSON_NAME(name), is)

static void write_bool(struct writer *writer, struct text name, bool is) {
  pbk_json_name(writer, name);
  pbk_value value = value_bool(is);
  pbk_json_write_value(writer, &value);
}
static void subject_member(struct writer *writer, const pbk_output *output) {
  given_text_member(writer, "userId", output->contact);
  given_text_member(writer, "groupId", output->account);
}

static void write_defined(struct writer *writer, const pbk_output *output) {
  text_member(writer, "kind", output->kind);
  given_text_member(writer, "key", output->key);
  if (output->version) number_member(writer, "version", output->version);
  if (output->has_members) number_member(writer, "members", output->members);
}

static void write_error(struct writer *writer, const pbk_output *output) {
  number_member(writer, "line", output->line);
  pbk_json_text_member(writer, JSON_NAME("code"), text_from(pbk_code_name(output->code)));
  text_member(writer, "message", output->text);
  given_text_member(writer, "path", output->path);
  if (output->column) number_member(writer, "column", output->column);
}

static void write_enrolled(struct writer *writer, const pbk_output *output) {
  number_member(writer, "enrollment", output->enrollment);
  text_member(writer, "playbook", output->playbook);
  number_member(writer, "version", output->version);
  subject_member(writer, output);
  given_text_member(writer, "branch", output->branch);
  given_text_member(writer, "sender", output->sender);
  given_text_member(writer, "sender_by", output->sender_by);
}

static void write_task(struct writer *writer, const pbk_output *output) {
  number_member(writer, "task", output->task);
  number_member(writer, "enrollment", output->enrollment);
  text_member(writer, "playbook", output->playbook);
  subject_member(writer, output);
  text_member(writer, "state", output->state);
  text_member(writer, "title", output->title);
  given_text_member(writer, "assignee", output->assignee);
  if (output->due == PBK_NO_TIME) return;
  pbk_json_name(writer, JSON_NAME("due"));
  pbk_json_write_time(writer, output->due);
}

static void write_message(struct writer *writer, const pbk_output *output) {
  number_member(writer, "message", output->message);
  number_member(writer, "enrollment", output->enrollment);
  text_member(writer, "playbook", output->playbook);
  subject_member(writer, output);
  text_member(writer, "state", output->state);
  text_member(writer, "channel", output->channel);
  text_member(writer, "template", output->template_key);
  given_text_member(writer, "to", output->to);
  given_text_member(writer, "sender", output->sender);
  text_member(writer, "key", output->key);
  if (output->attempt) number_member(writer, "attempt", output->attempt);
  given_text_member(writer, "reason", output->reason);
}

static void write_explanation(struct writer *writer, const pbk_output *output) {
  text_member(writer, "playbook", output->playbook);
  subject_member(writer, output);
  bool_member(writer, "enrolls", output->enrolls != 0);
  pbk_json_name(writer, JSON_NAME("checks"));
  pbk_write_bytes(writer, "[", 1);
  for (uint32_t i = 0; i < output->check_count; i++) {
    const pbk_check *check = &output->checks[i];
    if (i) pbk_write_bytes(writer, ",", 1);
    pbk_json_open(writer);
    text_member(writer, "check", check->name);
    bool_member(writer, "result", check->result != 0);
    if (check->has_value) {
      pbk_json_name(writer, JSON_NAME("value"));
      pbk_json_write_value(writer, &check->value);
    }
    given_text_member(writer, "error", check->error);
    pbk_json_close(writer);
  }
  pbk_write_bytes(writer, "]", 1);
}

static void write_exit(struct writer *writer, const pbk_output *output) {
  if (output->enrollment) number_member(writer, "enrollment", output->enrollment);
  text_member(writer, "playbook", output->playbook);
  subject_member(writer, output);
  text_member(writer, "reason", output->reason);
}

static void write_members(struct writer *writer, const pbk_output *output) {
  switch (output->type) {
    case PBK_OUTPUT_DEFINED: write_defined(writer, output); break;
    case PBK_OUTPUT_DUPLICATE: text_member(writer, "messageId", output->message_id); break;
    case PBK_OUTPUT_ERROR: write_error(writer, output); break;
    case PBK_OUTPUT_TAGGED:
    case PBK_OUTPUT_UNTAGGED:
      subject_member(writer, output);
      text_member(writer, "persona", output->audience);
      break;
    case PBK_OUTPUT_ENTERED:
    case PBK_OUTPUT_LEFT:
      text_member(writer, "segment", output->audience);
      subject_member(writer, output);
      break;
    case PBK_OUTPUT_ENROLLED: write_enrolled(writer, output); break;
    case PBK_OUTPUT_NOT_ENROLLED:
    case PBK_OUTPUT_EXITED: write_exit(writer, output); break;
    case PBK_OUTPUT_STEP:
      number_member(writer, "enrollment", output->enrollment);
      number_member(writer, "step", output->step);
      text_member(writer, "outcome", output->outcome);
      break;
    case PBK_OUTPUT_TASK: write_task(writer, output); break;
    case PBK_OUTPUT_MESSAGE: write_message(writer, output); break;
    case PBK_OUTPUT_ASSIGNED:
      subject_member(writer, output);
      text_member(writer, "role", output->role);
      text_member(writer, "user", output->user);
      break;
    default: write_explanation(writer, output); break;
  }
}

#define TYPE(name) \
  { ",\"type\":\"" name "\"", sizeof(",\"type\":\"" name "\"") - 1 }
static const struct text output_types[] = {
  {NULL, 0},       TYPE("defined"),  TYPE("duplicate"), TYPE("error"),        TYPE("tagged"), TYPE("untagged"),
  TYPE("entered"), TYPE("left"),     TYPE("enrolled"),  TYPE("not_enrolled"), TYPE("step"),   TYPE("task"),
  TYPE("message"), TYPE("assigned"), TYPE("exited"),    TYPE("explanation"),
};

void pbk_write_output_line(struct writer *writer, const pbk_output *output) {
  pbk_json_open(writer);
  number_member(writer, "seq", output->seq);
  pbk_json_name(writer, JSON_NAME("at"));
  pbk_json_write_time(writer, output->at);
  pbk_write_bytes(writer, output_types[output->type].bytes, output_types[output->type].size);
  write_members(writer, output);
  pbk_json_close(writer);
  pbk_write_bytes(writer, "\n", 1);
}
