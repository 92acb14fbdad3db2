/* outbox/approval.c - the host's hands on messages: approve, take back, edit (SPEC O2, O4); declared in outbox.h. */
#include "base/number.h"
#include "outbox/outbox.h"
#include "outbox/turn.h"

bool pbk_check_message(const struct outbox *outbox, uint64_t id, const struct message **message, struct problem *problem) {
  *message = message_at(outbox, id);
  if (*message) return true;
  char digits[NUMBER_TEXT_MOST];
  struct text number = {digits, pbk_print_uint(digits, id)};
  if (id >= 1 && id <= outbox->messages.last)
    return pbk_problem_set(problem, PBK_CODE_BAD_STATE, "message ", number, " has ended");
  return pbk_problem_at(problem, PBK_CODE_UNKNOWN_MESSAGE, "there is no message of that number");
}

bool pbk_check_task(const struct outbox *outbox, uint64_t id, struct problem *problem) {
  if (task_at(outbox, id)) return true;
  char digits[NUMBER_TEXT_MOST];
  struct text number = {digits, pbk_print_uint(digits, id)};
  if (id >= 1 && id <= outbox->tasks.last)
    return pbk_problem_set(problem, PBK_CODE_BAD_STATE, "task ", number, " is not open any more");
  return pbk_problem_at(problem, PBK_CODE_UNKNOWN_TASK, "there is no task of that number");
}

bool pbk_can_edit(const struct outbox *outbox, uint64_t id, struct problem *problem) {
  const struct message *message;
  if (!pbk_check_message(outbox, id, &message, problem)) return false;
  if (message->state != MESSAGE_SENDING) return true;
  return pbk_problem_at(problem, PBK_CODE_BAD_STATE, "the message is being sent");
}

bool pbk_can_approve(const struct outbox *outbox, uint64_t id, struct problem *problem) {
  return pbk_can_edit(outbox, id, problem);
}

bool pbk_can_unapprove(const struct outbox *outbox, uint64_t id, struct problem *problem) {
  if (!pbk_can_edit(outbox, id, problem)) return false;
  if (message_at(outbox, id)->state == MESSAGE_APPROVED) return true;
  return pbk_problem_at(problem, PBK_CODE_BAD_STATE, "the message is not approved");
}

bool pbk_can_report(const struct outbox *outbox, uint64_t id, struct problem *problem) {
  const struct message *message;
  if (!pbk_check_message(outbox, id, &message, problem)) return false;
  if (message->state == MESSAGE_SENDING && !message->waits) return true;
  return pbk_problem_at(problem, PBK_CODE_BAD_STATE, "the message is not under way: its delivery has not been accepted");
}

static SELDOM void turn_approved(struct outbox *outbox, struct message *message, uint64_t order) {
  turn_message(outbox, message, MESSAGE_APPROVED);
  pbk_calendar_add(&outbox->context->calendar, message->due, order);
}

/* Of the commonest without a call but the last. */
void pbk_approve_message(struct outbox *outbox, struct message *message, pbk_time until) {
  uint64_t order = wake_order(DUE_APPROVAL, message->told.message);
  struct context *context = outbox->context;
  message->due = until;
  if (message->state != MESSAGE_APPROVED) {
    const struct subject *subject = message->own ? &contact_at(outbox->facts, message->subject)->subject : NULL;
    bool plain = subject && subject->key_size <= PLAIN_KEY && !context->outputs.digested && plain_message_fits(context);
    if (!plain) {
      turn_approved(outbox, message, order);
      return;
    }
    message->state = MESSAGE_APPROVED;
    put_plain_message(context, &message->told, message_word(MESSAGE_APPROVED), subject->key, subject->key_size);
  }
  pbk_calendar_add(&context->calendar, until, order);
}

void pbk_unapprove_message(struct outbox *outbox, uint64_t id) {
  turn_message(outbox, message_at(outbox, id), MESSAGE_PENDING);
}

void pbk_edit_message(struct outbox *outbox, uint64_t id, uint32_t template, struct text note) {
  struct message *message = message_at(outbox, id);
  if (template != MAP_NONE) {
    struct letter_kind letter = letter_of(outbox, message)->kind;
    letter.template = template;
    message->told.letter = pbk_letters_intern(&outbox->context->outputs.letters, &letter);
  }
  if (!note.bytes) return;
  struct memory *memory = outbox->context->memory;
  char *copy = note.size ? pbk_allocate(memory, note.size) : NULL;
  if (note.size) memcpy(copy, note.bytes, note.size);
  pbk_release(memory, (void *)(uintptr_t)message->note, message->note_size);
  message->note = copy;
  message->note_size = note.size;
}
