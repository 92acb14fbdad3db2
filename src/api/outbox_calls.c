/* api/outbox_calls.c - <playbook/outbox.h>: arguments checked, commands made. */
#include "api/call.h"

static pbk_status call_playbook(pbk_engine *engine, const pbk_envelope *envelope, struct command *command,
                                const char *playbook, size_t playbook_size) {
  if (!TAKE_TEXTS({playbook, playbook_size, &command->playbook})) return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, command);
}

static bool fine_removal(pbk_removal mode) { return mode == PBK_DRAIN || mode == PBK_CANCEL; }

pbk_status pbk_activate(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size) {
  struct command command = {.type = COMMAND_ACTIVATE};
  return call_playbook(engine, envelope, &command, playbook, playbook_size);
}

pbk_status pbk_pause(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size) {
  struct command command = {.type = COMMAND_PAUSE};
  return call_playbook(engine, envelope, &command, playbook, playbook_size);
}

pbk_status pbk_resume(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size) {
  struct command command = {.type = COMMAND_RESUME};
  return call_playbook(engine, envelope, &command, playbook, playbook_size);
}

pbk_status pbk_archive(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                       pbk_removal mode) {
  struct command command = {.type = COMMAND_ARCHIVE, .flag = mode};
  if (!fine_removal(mode)) return PBK_ERR_ARGUMENT;
  return call_playbook(engine, envelope, &command, playbook, playbook_size);
}

pbk_status pbk_enroll(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                      const pbk_subject *subject) {
  struct command command = {.type = COMMAND_ENROLL};
  if (!TAKE_TEXTS({playbook, playbook_size, &command.playbook})) return PBK_ERR_ARGUMENT;
  return pbk_call_subject(engine, envelope, subject, &command);
}

pbk_status pbk_unenroll(pbk_engine *engine, const pbk_envelope *envelope, const char *playbook, size_t playbook_size,
                        const pbk_subject *subject) {
  struct command command = {.type = COMMAND_UNENROLL};
  if (!TAKE_TEXTS({playbook, playbook_size, &command.playbook})) return PBK_ERR_ARGUMENT;
  return pbk_call_subject(engine, envelope, subject, &command);
}

pbk_status pbk_add_sender(pbk_engine *engine, const pbk_envelope *envelope, const char *sender, size_t sender_size,
                          const char *playbook, size_t playbook_size, const char *branch, size_t branch_size) {
  struct command command = {.type = COMMAND_ADD_SENDER};
  if (!TAKE_TEXTS({sender, sender_size, &command.sender}, {playbook, playbook_size, &command.playbook},
                  {branch, branch_size, &command.branch}))
    return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

pbk_status pbk_remove_sender(pbk_engine *engine, const pbk_envelope *envelope, const char *sender, size_t sender_size,
                             const char *playbook, size_t playbook_size, const char *branch, size_t branch_size,
                             pbk_removal mode) {
  struct command command = {.type = COMMAND_REMOVE_SENDER, .flag = mode};
  if (!fine_removal(mode) || !TAKE_TEXTS({sender, sender_size, &command.sender},
                                         {playbook, playbook_size, &command.playbook},
                                         {branch, branch_size, &command.branch}))
    return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

static pbk_status call_number(pbk_engine *engine, const pbk_envelope *envelope, enum command_type type, uint64_t number) {
  struct command command = {.type = type, .number = number};
  return pbk_call(engine, envelope, &command);
}

static pbk_status approve_body(pbk_engine *engine, void *argument) {
  struct command *command = argument;
  const uint64_t message = command->number;
  if (!command->message_id.bytes && pbk_approve_quickly(engine, command, &message, 1)) return PBK_OK;
  return pbk_submit(engine, command);
}

pbk_status pbk_approve(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message) {
  struct command command = {.type = COMMAND_APPROVE, .number = message};
  pbk_status status = pbk_may_change(engine);
  if (status == PBK_OK) status = pbk_take_envelope(envelope, &command);
  return status == PBK_OK ? pbk_change(engine, approve_body, &command) : status;
}

pbk_status pbk_unapprove(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message) {
  return call_number(engine, envelope, COMMAND_UNAPPROVE, message);
}

pbk_status pbk_discard(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message) {
  return call_number(engine, envelope, COMMAND_DISCARD, message);
}

pbk_status pbk_edit(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message, const char *template_key,
                    size_t template_size, const char *note, size_t note_size) {
  struct command command = {.type = COMMAND_EDIT, .number = message};
  if (!TAKE_TEXTS({template_key, template_size, &command.template}, {note, note_size, &command.note}))
    return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

pbk_status pbk_report(pbk_engine *engine, const pbk_envelope *envelope, uint64_t message, int32_t outcome, const char *reason,
                      size_t reason_size) {
  struct command command = {.type = COMMAND_REPORT, .number = message, .flag = outcome};
  if (!TAKE_TEXTS({reason, reason_size, &command.reason})) return PBK_ERR_ARGUMENT;
  return pbk_call(engine, envelope, &command);
}

pbk_status pbk_complete_task(pbk_engine *engine, const pbk_envelope *envelope, uint64_t task) {
  return call_number(engine, envelope, COMMAND_COMPLETE, task);
}

pbk_status pbk_cancel_task(pbk_engine *engine, const pbk_envelope *envelope, uint64_t task) {
  return call_number(engine, envelope, COMMAND_CANCEL, task);
}
