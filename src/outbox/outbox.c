/* outbox/outbox.c - making messages and tasks, finding them, ending them; see outbox.h. Attempts stand in delivery.c, the host's
 * hands in approval.c. */
#include "outbox/outbox.h"

#include "base/checksum.h"
#include "base/codec.h"
#include "outbox/turn.h"

void pbk_outbox_init(struct outbox *outbox, struct context *context, struct facts *facts, struct senders *senders,
                     struct text engine_id) {
  *outbox = (struct outbox){.context = context, .facts = facts, .senders = senders};
  pbk_registry_init(&outbox->channels, context->memory, &context->names);
  pbk_registry_init(&outbox->templates, context->memory, &context->names);
  outbox->approval_window = 10 * PBK_MINUTE;
  static const pbk_duration waits[] = {PBK_MINUTE, 4 * PBK_MINUTE, 16 * PBK_MINUTE, PBK_HOUR};
  for (uint32_t i = 0; i < 4; i++) array_push(context->memory, &outbox->retry_waits, waits[i]);
  pbk_set_engine_id(outbox, engine_id);
}

void pbk_set_engine_id(struct outbox *outbox, struct text engine_id) {
  static const unsigned char zero[16] = {0};
  pbk_siphash128(zero, engine_id.bytes, engine_id.size, outbox->hash_key);
}

static void release_text(struct outbox *outbox, struct text text) {
  pbk_release(outbox->context->memory, (void *)(uintptr_t)text.bytes, text.size);
}

static struct text copy_text_of(struct outbox *outbox, struct text text) {
  if (!text.bytes || text.size == 0) return NO_TEXT;
  char *copy = pbk_allocate(outbox->context->memory, text.size);
  memcpy(copy, text.bytes, text.size);
  return (struct text){copy, text.size};
}

static void release_message(struct outbox *outbox, struct message *message) {
  release_text(outbox, message->note);
  pbk_release(outbox->context->memory, message, sizeof *message);
}

static void release_task(struct outbox *outbox, struct task *task) {
  release_text(outbox, task->title);
  pbk_release(outbox->context->memory, task, sizeof *task);
}

void pbk_outbox_release(struct outbox *outbox) {
  if (!outbox->context) return; /* memory ran out before it was made */
  struct memory *memory = outbox->context->memory;
  for (uint32_t i = 0; i < outbox->channels.entries.count; i++)
    pbk_release(memory, outbox->channels.entries.items[i].current, sizeof(struct channel));
  for (uint32_t i = 0; i < outbox->templates.entries.count; i++)
    pbk_release(memory, outbox->templates.entries.items[i].current, sizeof(struct template));
  pbk_registry_release(&outbox->channels);
  pbk_registry_release(&outbox->templates);
  for (uint32_t i = 0; i < outbox->messages.count; i++)
    if (outbox->messages.items[i]) release_message(outbox, outbox->messages.items[i]);
  for (uint32_t i = 0; i < outbox->tasks.count; i++)
    if (outbox->tasks.items[i]) release_task(outbox, outbox->tasks.items[i]);
  for (uint32_t i = 0; i < outbox->open_contacts.count; i++) {
    array_release(memory, &outbox->open_contacts.items[i].messages);
    array_release(memory, &outbox->open_contacts.items[i].tasks);
  }
  for (uint32_t i = 0; i < outbox->open_accounts.count; i++) {
    array_release(memory, &outbox->open_accounts.items[i].messages);
    array_release(memory, &outbox->open_accounts.items[i].tasks);
  }
  array_release(memory, &outbox->open_contacts);
  array_release(memory, &outbox->open_accounts);
  array_release(memory, &outbox->messages);
  array_release(memory, &outbox->tasks);
  array_release(memory, &outbox->ready);
  array_release(memory, &outbox->retry_waits);
}

bool pbk_channel_connected(const struct outbox *outbox, struct text key) {
  const struct channel *channel = registry_current(&outbox->channels, pbk_registry_find(&outbox->channels, key));
  return channel && channel->connected;
}

/* ---- what is open about a subject ---- */

static struct open_items *open_items_of(struct outbox *outbox, int32_t kind, uint32_t subject) {
  struct memory *memory = outbox->context->memory;
  struct open_items empty = {0};
  if (kind == PBK_CONTACT) {
    while (outbox->open_contacts.count <= subject) array_push(memory, &outbox->open_contacts, empty);
    return &outbox->open_contacts.items[subject];
  }
  while (outbox->open_accounts.count <= subject) array_push(memory, &outbox->open_accounts, empty);
  return &outbox->open_accounts.items[subject];
}

static bool message_open(const struct outbox *outbox, uint64_t id) { return message_at(outbox, id) != NULL; }
static bool task_open(const struct outbox *outbox, uint64_t id) { return task_at(outbox, id) != NULL; }

/* Ended ones are dropped only when the list would have to grow: each is looked at once for each time the list fills. */
static void note_open(struct outbox *outbox, number_list *list, uint64_t id,
                      bool (*open)(const struct outbox *outbox, uint64_t id)) {
  if (list->count == list->capacity) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
      if (open(outbox, list->items[i])) list->items[kept++] = list->items[i];
    list->count = kept;
  }
  array_push(outbox->context->memory, list, id);
}

void pbk_note_message(struct outbox *outbox, const struct message *message) {
  note_open(outbox, &open_items_of(outbox, message->subject_kind, message->subject)->messages, message->id, message_open);
  bool other = message->to_kind == PBK_TO_CONTACT &&
               (message->subject_kind != PBK_CONTACT || message->to != message->subject);
  if (other) note_open(outbox, &open_items_of(outbox, PBK_CONTACT, message->to)->messages, message->id, message_open);
}

void pbk_note_task(struct outbox *outbox, const struct task *task) {
  note_open(outbox, &open_items_of(outbox, task->subject_kind, task->subject)->tasks, task->id, task_open);
}

/* ---- telling ---- */

void pbk_message_key_text(const struct message *message, char to[MESSAGE_KEY_TEXT]) {
  pbk_write_key(to, message->key);
}

struct text pbk_message_to(const struct outbox *outbox, const struct message *message) {
  if (message->to_kind == PBK_TO_CONTACT) return subject_key(&contact_at(outbox->facts, message->to)->subject);
  return message->to_kind ? name_text(outbox->context, message->to) : NO_TEXT;
}

static const enum word message_words[] = {
  [MESSAGE_PENDING] = WORD_PENDING, [MESSAGE_APPROVED] = WORD_APPROVED, [MESSAGE_SENDING] = WORD_SENDING,
  [MESSAGE_SENT] = WORD_SENT,       [MESSAGE_FAILED] = WORD_FAILED,     [MESSAGE_CANCELLED] = WORD_CANCELLED};
static const char *const task_state_names[] = {"open", "completed", "cancelled"};

pbk_output pbk_message_output(const struct outbox *outbox, const struct message *message, char key[MESSAGE_KEY_TEXT]) {
  pbk_output output = output_of(outbox->context, PBK_OUTPUT_MESSAGE);
  pbk_message_key_text(message, key);
  output.message = message->id;
  output.enrollment = message->enrollment;
  output.playbook = name_public(outbox->context, message->playbook);
  pbk_output_subject(outbox->facts, &output, message->subject_kind, message->subject);
  output.state = public_text(pbk_words[message_words[message->state]]);
  output.channel = name_public(outbox->context, message->channel);
  output.template_key = name_public(outbox->context, message->template);
  output.to = public_text(pbk_message_to(outbox, message));
  output.sender = name_public(outbox->context, registry_name(&outbox->senders->registry, message->sender));
  output.key = (pbk_text){key, MESSAGE_KEY_TEXT};
  output.attempt = message->attempt;
  return output;
}

static void tell_message(struct outbox *outbox, const struct message *message, struct text reason) {
  bool named = message->to_kind == PBK_TO_USER || message->to_kind == PBK_TO_PLACE;
  struct told_message told = {
    .numbers = {.message = message->id,
                .enrollment = message->enrollment,
                .playbook = message->playbook,
                .channel = message->channel,
                .template = message->template,
                .sender = registry_name(&outbox->senders->registry, message->sender),
                .to = named ? message->to : MAP_NONE,
                .attempt = message->attempt},
    .state = message_words[message->state],
    .subject = told_subject(outbox->facts, message->subject_kind, message->subject),
    .key = message->key,
    .to = message->to_kind == PBK_TO_CONTACT ? subject_key(&contact_at(outbox->facts, message->to)->subject) : NO_TEXT,
    .reason = reason};
  pbk_tell_message(outbox->context, &told);
}

pbk_output pbk_task_output(const struct outbox *outbox, const struct task *task) {
  pbk_output output = output_of(outbox->context, PBK_OUTPUT_TASK);
  output.task = task->id;
  output.enrollment = task->enrollment;
  output.playbook = name_public(outbox->context, task->playbook);
  pbk_output_subject(outbox->facts, &output, task->subject_kind, task->subject);
  output.state = public_text(text_from(task_state_names[TASK_OPEN]));
  output.title = public_text(task->title);
  output.assignee = name_public(outbox->context, task->assignee);
  output.due = task->due;
  return output;
}

static void tell_task(struct outbox *outbox, const struct task *task, enum task_state state) {
  pbk_output output = pbk_task_output(outbox, task);
  output.state = public_text(text_from(task_state_names[state]));
  emit(outbox->context, &output);
}

void pbk_turn_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason) {
  message->state = state;
  tell_message(outbox, message, reason);
}

void pbk_end_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason) {
  pbk_turn_message(outbox, message, state, reason);
  outbox->messages.items[message->id - 1] = NULL;
  outbox->messages_open--;
  release_message(outbox, message);
}

static void end_task(struct outbox *outbox, struct task *task, enum task_state state) {
  tell_task(outbox, task, state);
  outbox->tasks.items[task->id - 1] = NULL;
  outbox->tasks_open--;
  release_task(outbox, task);
}

/* ---- making ---- */

/* O7: what makes a message this one and no other: the enrollment, the place in its playbook, and whom it goes to. A recipient counts by
 * its number, not by its key, which an alias may change. */
static void make_key(const struct outbox *outbox, const struct message_request *request, unsigned char key[16]) {
  unsigned char bytes[32];
  uint64_t parts[4] = {request->enrollment, (uint64_t)request->step << 32 | request->action, (uint64_t)request->to_kind,
                       request->to};
  if (request->to_kind != PBK_TO_CONTACT) parts[3] = 0; /* one for each action */
  for (uint32_t i = 0; i < 32; i++) bytes[i] = (unsigned char)(parts[i / 8] >> (i % 8 * 8));
  pbk_siphash128(outbox->hash_key, bytes, sizeof bytes, key);
}

uint64_t pbk_make_message(struct outbox *outbox, const struct message_request *request) {
  struct memory *memory = outbox->context->memory;
  struct message *message = pbk_allocate_cleared(memory, sizeof *message);
  uint64_t id = (uint64_t)outbox->messages.count + 1;
  *message = (struct message){.id = id,
                              .enrollment = request->enrollment,
                              .playbook = request->playbook,
                              .subject_kind = request->subject_kind,
                              .subject = request->subject,
                              .channel = request->channel,
                              .template = request->template,
                              .to_kind = request->to_kind,
                              .to = request->to,
                              .sender = request->sender,
                              .email = request->email,
                              .policy = request->policy,
                              .window = request->window,
                              .state = MESSAGE_PENDING};
  make_key(outbox, request, message->key);
  array_push(memory, &outbox->messages, message);
  outbox->messages_open++;
  pbk_note_message(outbox, message);
  if (request->failure) pbk_end_message(outbox, message, MESSAGE_FAILED, text_from(request->failure));
  else if (request->approval) tell_message(outbox, message, NO_TEXT);
  else pbk_attempt_message(outbox, message);
  return id;
}

uint64_t pbk_make_task(struct outbox *outbox, const struct task_request *request) {
  struct memory *memory = outbox->context->memory;
  struct task *task = pbk_allocate_cleared(memory, sizeof *task);
  uint64_t id = (uint64_t)outbox->tasks.count + 1;
  *task = (struct task){.id = id,
                        .enrollment = request->enrollment,
                        .playbook = request->playbook,
                        .subject_kind = request->subject_kind,
                        .subject = request->subject,
                        .assignee = request->assignee,
                        .sender = request->sender,
                        .due = request->due,
                        .title = copy_text_of(outbox, request->title)};
  array_push(memory, &outbox->tasks, task);
  outbox->tasks_open++;
  pbk_note_task(outbox, task);
  tell_task(outbox, task, TASK_OPEN);
  return id;
}

/* ---- cancelling ---- */

void pbk_cancel_message(struct outbox *outbox, uint64_t id, struct text reason) {
  struct message *message = message_at(outbox, id);
  if (message && message_unsent(message)) pbk_end_message(outbox, message, MESSAGE_CANCELLED, reason);
}

void pbk_cancel_open_task(struct outbox *outbox, uint64_t id) {
  struct task *task = task_at(outbox, id);
  if (task) end_task(outbox, task, TASK_CANCELLED);
}

void pbk_complete_open_task(struct outbox *outbox, uint64_t id, pbk_time occurred_at) {
  struct task *task = task_at(outbox, id);
  if (task->sender != MAP_NONE && task->subject_kind == PBK_CONTACT) {
    struct contact *contact = contact_at(outbox->facts, task->subject);
    if (!contact->subject.deleted) pbk_record_contact(outbox->facts, contact, task->sender, occurred_at); /* S8 */
  }
  end_task(outbox, task, TASK_COMPLETED);
}

void pbk_cancel_open_of_subject(struct outbox *outbox, int32_t kind, uint32_t subject) {
  struct open_items *items = open_items_of(outbox, kind, subject); /* numbers ascend: they were noted as made */
  for (uint32_t i = 0; i < items->messages.count; i++) pbk_cancel_message(outbox, items->messages.items[i], TEXT("deleted"));
  for (uint32_t i = 0; i < items->tasks.count; i++) pbk_cancel_open_task(outbox, items->tasks.items[i]);
  array_release(outbox->context->memory, &items->messages);
  array_release(outbox->context->memory, &items->tasks);
}

void pbk_cancel_open_of_sender(struct outbox *outbox, uint32_t sender) {
  for (uint32_t i = 0; i < outbox->messages.count; i++) {
    const struct message *message = outbox->messages.items[i];
    if (message && message->sender == sender) pbk_cancel_message(outbox, message->id, TEXT("sender_removed"));
  }
  for (uint32_t i = 0; i < outbox->tasks.count; i++) {
    const struct task *task = outbox->tasks.items[i];
    if (task && task->sender == sender) pbk_cancel_open_task(outbox, task->id);
  }
}
