/* base/output_code.c - see output_code.h. The order of the members is part of the format. */
#include "base/output_code.h"

#include <stddef.h>

const uint16_t pbk_output_text_offsets[OUTPUT_TEXTS] = {
    offsetof(pbk_output, contact),    offsetof(pbk_output, account),      offsetof(pbk_output, playbook),
    offsetof(pbk_output, kind),       offsetof(pbk_output, key),          offsetof(pbk_output, audience),
    offsetof(pbk_output, message_id), offsetof(pbk_output, branch),       offsetof(pbk_output, sender),
    offsetof(pbk_output, sender_by),  offsetof(pbk_output, outcome),      offsetof(pbk_output, state),
    offsetof(pbk_output, reason),     offsetof(pbk_output, title),        offsetof(pbk_output, assignee),
    offsetof(pbk_output, channel),    offsetof(pbk_output, template_key), offsetof(pbk_output, to),
    offsetof(pbk_output, role),       offsetof(pbk_output, user),         offsetof(pbk_output, text),
    offsetof(pbk_output, path)};
enum {
  HAS_ENROLLMENT = 1 << OUTPUT_TEXTS,
  HAS_MESSAGE = 2 << OUTPUT_TEXTS,
  HAS_TASK = 4 << OUTPUT_TEXTS,
  HAS_LINE = 8 << OUTPUT_TEXTS,
  HAS_MEMBERS = 16 << OUTPUT_TEXTS,
  HAS_NUMBERS = 32 << OUTPUT_TEXTS, /* version, step, attempt */
  HAS_DUE = 64 << OUTPUT_TEXTS,
  HAS_ERROR = 128 << OUTPUT_TEXTS,
  HAS_CHECKS = 256 << OUTPUT_TEXTS
};

static uint32_t mask_of(pbk_output *output) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++)
    if (pbk_output_text(output, i)->bytes) mask |= (uint32_t)1 << i;
  if (output->enrollment) mask |= HAS_ENROLLMENT;
  if (output->message) mask |= HAS_MESSAGE;
  if (output->task) mask |= HAS_TASK;
  if (output->line) mask |= HAS_LINE;
  if (output->has_members) mask |= HAS_MEMBERS;
  if (output->version || output->step || output->attempt) mask |= HAS_NUMBERS;
  if (output->due != PBK_NO_TIME) mask |= HAS_DUE;
  if (output->code || output->column) mask |= HAS_ERROR;
  if (output->check_count) mask |= HAS_CHECKS;
  return mask;
}

static void code_checks(struct coder *coder, pbk_output *output) {
  pbk_code_i32(coder, &output->enrolls);
  if (!pbk_code_count(coder, &output->check_count)) return;
  pbk_check *read = coder_reads(coder) ? pbk_code_rooms(coder, output->check_count, sizeof *read) : NULL;
  for (uint32_t i = 0; i < output->check_count && !coder_failed(coder); i++) {
    pbk_check check = {0};
    if (!read) check = output->checks[i];
    pbk_code_public(coder, &check.name);
    pbk_code_i32(coder, &check.result);
    pbk_code_i32(coder, &check.has_value);
    if (check.has_value) pbk_code_value(coder, &check.value);
    pbk_code_public(coder, &check.error);
    if (read) read[i] = check;
  }
  if (read) output->checks = read;
}

void pbk_code_output(struct coder *coder, pbk_output *output) {
  uint32_t mask = coder_reads(coder) ? 0 : mask_of(output);
  if (coder_reads(coder)) *output = (pbk_output){.size = sizeof *output, .due = PBK_NO_TIME};
  pbk_code_i32(coder, &output->type);
  pbk_code_u32(coder, &mask);
  pbk_code_u64(coder, &output->seq);
  pbk_code_i64(coder, &output->at);
  for (uint32_t i = 0; i < OUTPUT_TEXTS; i++)
    if (mask >> i & 1) pbk_code_public(coder, pbk_output_text(output, i));
  if (mask & HAS_ENROLLMENT) pbk_code_u64(coder, &output->enrollment);
  if (mask & HAS_MESSAGE) pbk_code_u64(coder, &output->message);
  if (mask & HAS_TASK) pbk_code_u64(coder, &output->task);
  if (mask & HAS_LINE) pbk_code_u64(coder, &output->line);
  if (mask & HAS_MEMBERS) {
    pbk_code_u64(coder, &output->members);
    output->has_members = 1;
  }
  if (mask & HAS_NUMBERS) {
    pbk_code_u32(coder, &output->version);
    pbk_code_u32(coder, &output->step);
    pbk_code_u32(coder, &output->attempt);
  }
  if (mask & HAS_DUE) pbk_code_i64(coder, &output->due);
  if (mask & HAS_ERROR) {
    pbk_code_i32(coder, &output->code);
    pbk_code_u32(coder, &output->column);
  }
  if (mask & HAS_CHECKS) code_checks(coder, output);
}
