/* outbox/outbox.c - making messages and tasks, finding them, ending them; see outbox.h. Attempts stand in delivery.c, the host's
 * hands in approval.c. */
#include "outbox/outbox.h"

#include "base/message_record.h"
#include "outbox/turn.h"

void pbk_outbox_init(struct outbox *outbox, struct context *context, struct facts *facts, struct senders *senders,
                     struct text engine_id) {
  *outbox = (struct outbox){.context = context, .facts = facts, .senders = senders};
  pbk_registry_init(&outbox->channels, context->memory, &context->names);
  pbk_registry_init(&outbox->templates, context->memory, &context->names);
  pbk_table_init(&outbox->messages, sizeof(struct message));
  pbk_table_init(&outbox->tasks, sizeof(struct task));
  outbox->approval_window = 10 * PBK_MINUTE;
  static const pbk_duration waits[] = {PBK_MINUTE, 4 * PBK_MINUTE, 16 * PBK_MINUTE, PBK_HOUR};
  for (uint32_t i = 0; i < 4; i++) array_push(context->memory, &outbox->retry_waits, waits[i]);
  pbk_set_engine_id(outbox, engine_id);
}

void pbk_set_engine_id(struct outbox *outbox, struct text engine_id) {
  pbk_message_keys_init(&outbox->keys, engine_id);
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

static void release_rolls(struct memory *memory, struct sparse *open) {
  for (uint32_t i = pbk_sparse_next(open, 0); i != UINT32_MAX; i = pbk_sparse_next(open, i + 1))
    pbk_roll_release(memory, sparse_at(open, i));
  pbk_sparse_release(memory, open);
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
  const struct message *message;
  const struct task *task;
  for (uint64_t id = 0; (message = pbk_table_next(&outbox->messages, &id)) != NULL;)
    release_text(outbox, message_note(message));
  for (uint64_t id = 0; (task = pbk_table_next(&outbox->tasks, &id)) != NULL;) release_text(outbox, task->title);
  pbk_table_release(memory, &outbox->messages);
  pbk_table_release(memory, &outbox->tasks);
  release_rolls(memory, &outbox->open_messages.contacts);
  release_rolls(memory, &outbox->open_messages.accounts);
  release_rolls(memory, &outbox->open_tasks.contacts);
  release_rolls(memory, &outbox->open_tasks.accounts);
  array_release(memory, &outbox->messages_of);
  array_release(memory, &outbox->tasks_of);
  array_release(memory, &outbox->ready);
  array_release(memory, &outbox->retry_waits);
}

/* ---- what is open about a subject ---- */

static inline roll *roll_of(struct outbox *outbox, struct open_of *open, int32_t kind, uint32_t subject) {
  struct sparse *words = kind == PBK_CONTACT ? &open->contacts : &open->accounts;
  return sparse_need(outbox->context->memory, words, subject);
}

static inline void note(struct outbox *outbox, const struct message *message) {
  struct memory *memory = outbox->context->memory;
  struct open_of *open = &outbox->open_messages;
  count_in(memory, &outbox->messages_of, message->sender);
  roll_add(memory, roll_of(outbox, open, message->subject_kind, message->subject), message->told.message);
  if (message_to_another(message))
    roll_add(memory, roll_of(outbox, open, PBK_CONTACT, message->told.to), message->told.message);
}

void pbk_note_message(struct outbox *outbox, const struct message *message) {
  note(outbox, message);
}

void pbk_note_task(struct outbox *outbox, const struct task *task) {
  roll *of_subject = roll_of(outbox, &outbox->open_tasks, task->subject_kind, task->subject);
  count_in(outbox->context->memory, &outbox->tasks_of, task->sender);
  roll_add(outbox->context->memory, of_subject, task->id);
}

void pbk_drop_any_message(struct outbox *outbox, const struct message *ended) {
  const struct table *table = &outbox->messages;
  uint64_t id = ended->told.message;
  int32_t kind = ended->subject_kind;
  uint32_t subject = ended->subject, to = ended->told.to;
  bool another = message_to_another(ended);
  if (ended->note) release_text(outbox, message_note(ended));
  count_out(&outbox->messages_of, ended->sender);
  pbk_table_remove(outbox->context->memory, &outbox->messages, id);
  drop_open(outbox, &outbox->open_messages, kind, subject, table, id);
  if (another) drop_open(outbox, &outbox->open_messages, PBK_CONTACT, to, table, id);
}

static void drop_task(struct outbox *outbox, const struct task *ended) {
  struct task task = *ended;
  release_text(outbox, task.title);
  count_out(&outbox->tasks_of, task.sender);
  pbk_table_remove(outbox->context->memory, &outbox->tasks, task.id);
  drop_open(outbox, &outbox->open_tasks, task.subject_kind, task.subject, &outbox->tasks, task.id);
}

/* ---- telling ---- */

struct text pbk_message_to(const struct outbox *outbox, const struct message *message) {
  if (message->to_kind == PBK_TO_CONTACT) return subject_key(&contact_at(outbox->facts, message->told.to)->subject);
  return message->to_kind ? name_text(outbox->context, message->told.to) : NO_TEXT;
}

static const char *const task_state_names[] = {"open", "completed", "cancelled"};

pbk_output pbk_message_output(const struct outbox *outbox, const struct message *message) {
  const struct letter *letter = letter_of(outbox, message);
  pbk_output output = output_of(outbox->context, PBK_OUTPUT_MESSAGE);
  output.message = message->told.message;
  output.enrollment = message->told.enrollment;
  output.playbook = letter->playbook;
  pbk_output_subject(outbox->facts, &output, message->subject_kind, message->subject);
  output.state = pbk_words[message_word(message->state)];
  output.channel = letter->channel;
  output.template_key = letter->template;
  output.to = public_text(pbk_message_to(outbox, message));
  output.sender = name_public(outbox->context, message->told.sender);
  output.key = (pbk_text){message->told.key, MESSAGE_KEY_TEXT};
  output.attempt = message->told.attempt;
  return output;
}

void pbk_tell_any_message(struct outbox *outbox, const struct message *message, struct text reason) {
  struct told_subject subject = told_subject(outbox->facts, message->subject_kind, message->subject);
  struct text to = NO_TEXT;
  if (message_to_another(message))
    to = subject_key(&contact_at(outbox->facts, message->told.to)->subject);
  else if (message->to_kind == PBK_TO_CONTACT) to = (struct text){subject.key, subject.key_size};
  pbk_tell_message(outbox->context, &message->told, message_word(message->state), subject, to, reason);
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

void pbk_end_message(struct outbox *outbox, struct message *message, enum message_state state, struct text reason) {
  message->state = (uint8_t)state;
  if (reason.bytes)
    pbk_tell_any_message(outbox, message, reason);
  else
    tell_message(outbox, message);
  drop_message(outbox, message);
}

static void end_task(struct outbox *outbox, struct task *task, enum task_state state) {
  tell_task(outbox, task, state);
  drop_task(outbox, task);
}

static void prefetch_subjects(const struct outbox *outbox, const struct message *message) {
  if (message->subject_kind == PBK_CONTACT) pbk_prefetch_contact(outbox->facts, message->subject);
  else prefetch(account_at(outbox->facts, message->subject));
  if (message_to_another(message)) pbk_prefetch_contact(outbox->facts, message->told.to);
}

void pbk_prefetch_subject_of(const struct outbox *outbox, uint64_t id) {
  const struct message *message = message_at(outbox, id);
  if (message) prefetch_subjects(outbox, message);
}

void pbk_prefetch_end_of(const struct outbox *outbox, uint64_t id) {
  const struct message *message = message_at(outbox, id);
  if (!message) return;
  prefetch_subjects(outbox, message);
}

/* ---- making ---- */

static inline void make_key(const struct outbox *outbox, struct message *message, uint32_t step, uint32_t action) {
  uint32_t to = message->to_kind == PBK_TO_CONTACT ? message->told.to : 0;
  struct key_parts parts = {message->told.enrollment, step, action, message->to_kind, to};
  make_message_key(&outbox->keys, parts, message->told.key);
}

void pbk_make_message(struct outbox *outbox, struct message *message, uint32_t step, uint32_t action, bool approval,
                      const char *failure) {
  settle_message(outbox, message);
  make_key(outbox, message, step, action);
  note(outbox, message);
  if (failure)
    pbk_end_message(outbox, message, MESSAGE_FAILED, text_from(failure));
  else if (approval)
    tell_message(outbox, message);
  else
    pbk_attempt_message(outbox, message);
}

void pbk_make_own_message(struct outbox *outbox, const struct own_message *made) {
  struct memory *memory = outbox->context->memory;
  struct message *message = table_add(memory, &outbox->messages, sizeof(struct message));
  uint64_t id = outbox->messages.last;
  *message = (struct message){.told = {.message = id,
                                       .enrollment = made->enrollment,
                                       .letter = made->letter,
                                       .sender = registry_name(&outbox->senders->registry, made->sender),
                                       .to = made->contact},
                              .subject = made->contact,
                              .sender = made->sender,
                              .subject_kind = PBK_CONTACT,
                              .to_kind = PBK_TO_CONTACT,
                              .own = true};
  make_key(outbox, message, made->step, made->action);
  count_in(memory, &outbox->messages_of, made->sender);
  roll_add(memory, roll_of(outbox, &outbox->open_messages, PBK_CONTACT, made->contact), id);
  if (made->approval)
    tell_own_message(outbox, message, &contact_at(outbox->facts, made->contact)->subject);
  else
    pbk_attempt_message(outbox, message);
}

uint64_t pbk_make_task(struct outbox *outbox, const struct task_request *request) {
  struct text title = copy_text_of(outbox, request->title);
  struct task *task = table_add(outbox->context->memory, &outbox->tasks, sizeof(struct task));
  uint64_t id = outbox->tasks.last;
  *task = (struct task){.id = id,
                        .enrollment = request->enrollment,
                        .playbook = request->playbook,
                        .subject_kind = request->subject_kind,
                        .subject = request->subject,
                        .assignee = request->assignee,
                        .sender = request->sender,
                        .due = request->due,
                        .title = title};
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

/* What is open about or to a subject, of one enrollment or (0) of any, is cancelled by number. */
enum { READ_AT_ONCE = 64 };
static void cancel_messages(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject, struct text reason) {
  uint64_t ids[READ_AT_ONCE], last = 0;
  uint32_t count;
  while ((count = read_open(&outbox->messages, &outbox->open_messages, kind, subject, last, ids, READ_AT_ONCE)) > 0) {
    last = ids[count - 1];
    for (uint32_t i = 0; i < count; i++)
      if (!enrollment || message_at(outbox, ids[i])->told.enrollment == enrollment) pbk_cancel_message(outbox, ids[i], reason);
  }
}

static void cancel_tasks(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject) {
  uint64_t ids[READ_AT_ONCE], last = 0;
  uint32_t count;
  while ((count = read_open(&outbox->tasks, &outbox->open_tasks, kind, subject, last, ids, READ_AT_ONCE)) > 0) {
    last = ids[count - 1];
    for (uint32_t i = 0; i < count; i++)
      if (!enrollment || task_at(outbox, ids[i])->enrollment == enrollment) pbk_cancel_open_task(outbox, ids[i]);
  }
}

void pbk_cancel_messages_of(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject, struct text reason) {
  cancel_messages(outbox, enrollment, kind, subject, reason);
}

void pbk_cancel_tasks_of(struct outbox *outbox, uint64_t enrollment, int32_t kind, uint32_t subject) {
  cancel_tasks(outbox, enrollment, kind, subject);
}

void pbk_cancel_open_of_subject(struct outbox *outbox, int32_t kind, uint32_t subject) {
  cancel_messages(outbox, 0, kind, subject, TEXT("deleted"));
  cancel_tasks(outbox, 0, kind, subject);
}

void pbk_cancel_open_of_sender(struct outbox *outbox, uint32_t sender) {
  uint32_t messages = count_of_sender(&outbox->messages_of, sender), tasks = count_of_sender(&outbox->tasks_of, sender);
  for (uint64_t id = 0; messages > 0;) {
    const struct message *message = pbk_table_next(&outbox->messages, &id);
    if (message->sender != sender) continue;
    pbk_cancel_message(outbox, id, TEXT("sender_removed"));
    messages--;
  }
  for (uint64_t id = 0; tasks > 0;) {
    const struct task *task = pbk_table_next(&outbox->tasks, &id);
    if (task->sender != sender) continue;
    pbk_cancel_open_task(outbox, id);
    tasks--;
  }
}
