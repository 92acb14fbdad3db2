/* outbox/outbox_state.c - see outbox_state.h. */
#include "outbox/outbox_state.h"

#include "base/base_state.h"
#include "outbox/turn.h"

/* ---- definitions and settings ---- */

static void *code_channel(struct coder *coder, void *owner, uint32_t place, void *object) {
  struct channel *channel = object;
  (void)owner;
  (void)place;
  if (!channel) channel = pbk_allocate_cleared(coder->memory, sizeof *channel);
  pbk_code_bool(coder, &channel->connected);
  return channel;
}

static void *code_template(struct coder *coder, void *owner, uint32_t place, void *object) {
  const struct outbox *outbox = owner;
  struct template *template = object;
  (void)place;
  if (!template) template = pbk_allocate_cleared(coder->memory, sizeof *template);
  pbk_code_index(coder, &template->channel, outbox->context->names.count);
  return template;
}

void pbk_code_channels(struct coder *coder, struct outbox *outbox) {
  pbk_code_registry(coder, &outbox->channels, outbox, code_channel);
  pbk_code_registry(coder, &outbox->templates, outbox, code_template);
  pbk_code_i64(coder, &outbox->approval_window);
  uint32_t count = outbox->retry_waits.count;
  if (coder_reads(coder)) outbox->retry_waits.count = 0;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    pbk_duration wait = coder_reads(coder) ? 0 : outbox->retry_waits.items[i];
    pbk_code_i64(coder, &wait);
    if (coder_reads(coder)) array_push(coder->memory, &outbox->retry_waits, wait);
  }
}

/* ---- whom things are about ---- */

static int32_t code_subject_of(struct coder *coder, const struct outbox *outbox, int32_t kind, uint32_t *subject) {
  bool account = kind == PBK_ACCOUNT;
  pbk_code_bool(coder, &account);
  kind = account ? PBK_ACCOUNT : PBK_CONTACT;
  pbk_code_index(coder, subject, pbk_subject_total(outbox->facts, kind));
  return kind;
}

/* ---- messages ---- */

/* u64 number | u64 enrollment | 16 bytes key | u32 playbook | u32 subject | u32 channel | u32 template | u32 recipient | u32 sender
 * | u32 attempt | u8 kind of the subject, of the recipient, policy, state | u8 1: counts as contact | u8 1: waits | i64 window | i64 due;
 * behind it the note. */
enum { MESSAGE_ROW = 82 };

/* `letter` is the message's, or set. False: it cannot be read. */
static bool code_message(struct coder *coder, struct message *message, struct letter_kind *letter) {
  struct row row;
  struct told_message *told = &message->told;
  struct text note = message_note(message);
  uint8_t email = letter->email, waits = message->waits;
  unsigned char key[16];
  if (!coder_row(coder, &row, MESSAGE_ROW)) return false;
  row_u64(&row, &told->message);
  row_u64(&row, &told->enrollment);
  if (!coder_reads(coder)) pbk_read_key(key, told->key);
  row_bytes(&row, key, sizeof key);
  if (coder_reads(coder)) write_key(told->key, load_u64(key), load_u64(key + 8));
  row_u32(&row, &letter->playbook);
  row_u32(&row, &message->subject);
  row_u32(&row, &letter->channel);
  row_u32(&row, &letter->template);
  row_u32(&row, &told->to);
  row_u32(&row, &message->sender);
  row_u32(&row, &told->attempt);
  row_u8(&row, &message->subject_kind);
  row_u8(&row, &message->to_kind);
  row_u8(&row, &letter->policy);
  row_u8(&row, &message->state);
  row_u8(&row, &email);
  row_u8(&row, &waits);
  row_i64(&row, &letter->window);
  row_i64(&row, &message->due);
  letter->email = email != 0;
  message->waits = waits != 0;
  pbk_code_owned_text(coder, &note);
  message->note = note.bytes;
  message->note_size = note.size;
  return (email | waits) <= 1 && !coder_failed(coder);
}

static bool to_fits(const struct outbox *outbox, const struct message *message) {
  switch (message->to_kind) {
    case 0: return message->told.to == MAP_NONE;
    case PBK_TO_CONTACT: return message->told.to < outbox->facts->contacts.count;
    case PBK_TO_USER:
    case PBK_TO_PLACE: return message->told.to < outbox->context->names.count;
    default: return false;
  }
}

/* Whether all that it names is there; ended ones are not kept. */
static bool message_fits(const struct outbox *outbox, const struct message *message, const struct letter_kind *letter) {
  uint32_t names = outbox->context->names.count;
  return letter->playbook < names && letter->channel < names && letter->template < names && to_fits(outbox, message) &&
         (message->subject_kind == PBK_CONTACT || message->subject_kind == PBK_ACCOUNT) &&
         message->subject < pbk_subject_total(outbox->facts, message->subject_kind) &&
         place_fits(message->sender, outbox->senders->registry.entries.count) && message->state <= MESSAGE_SENDING;
}

/* What follows from a message that was read: its wake-up, and where it is found. */
static void place_message(struct outbox *outbox, struct message *message) {
  struct calendar *calendar = &outbox->context->calendar;
  pbk_note_message(outbox, message);
  if (message->state == MESSAGE_APPROVED)
    pbk_calendar_add(calendar, message->due, wake_order(DUE_APPROVAL, message->told.message));
  if (message->state == MESSAGE_SENDING && message->waits)
    pbk_calendar_add(calendar, message->due, wake_order(DUE_RETRY, message->told.message));
}

/* How many numbers have been given out, and of those how many things are open; the numbers of the latter as steps from one to the
 * next. */
static void code_numbered(struct coder *coder, const struct table *table, uint64_t *total, uint64_t *open) {
  *total = table->last;
  *open = table->count;
  pbk_code_u64(coder, total);
  pbk_code_u64(coder, open);
  if (*open > *total || *total > UINT64_MAX >> 3) coder_fail(coder); /* wake-ups keep three bits for themselves */
}

static uint64_t code_next_id(struct coder *coder, uint64_t last, uint64_t id, uint64_t total) {
  uint64_t step = id - last;
  pbk_code_u64(coder, &step);
  if (step >= 1 && step <= total - last) return last + step;
  coder_fail(coder);
  return last;
}

static void read_message(struct coder *coder, struct outbox *outbox, uint64_t *last, uint64_t total) {
  struct message read = {.due = 0};
  struct letter_kind letter = {.playbook = 0};
  if (!code_message(coder, &read, &letter) || read.told.message <= *last || read.told.message > total ||
      !message_fits(outbox, &read, &letter)) {
    pbk_release(coder->memory, (void *)(uintptr_t)read.note, read.note_size);
    coder_fail(coder);
    return;
  }
  struct message *message = pbk_table_put(coder->memory, &outbox->messages, read.told.message);
  *message = read;
  settle_message(outbox, message);
  message->told.letter = pbk_letters_intern(&outbox->context->outputs.letters, &letter);
  *last = read.told.message;
  place_message(outbox, message);
}

static void write_message(struct coder *coder, const struct outbox *outbox, struct message *message) {
  struct letter_kind letter = letter_of(outbox, message)->kind;
  code_message(coder, message, &letter);
}

static void code_messages(struct coder *coder, struct outbox *outbox) {
  uint64_t total, open, last = 0, id = 0;
  code_numbered(coder, &outbox->messages, &total, &open);
  for (uint64_t i = 0; i < open && !coder_failed(coder); i++) {
    coder_item(coder);
    if (coder_failed(coder)) return;
    if (coder_reads(coder)) read_message(coder, outbox, &last, total);
    else write_message(coder, outbox, pbk_table_next(&outbox->messages, &id));
  }
  if (coder_reads(coder) && !coder_failed(coder)) outbox->messages.last = total;
}

/* ---- tasks ---- */

static void code_task(struct coder *coder, const struct outbox *outbox, struct task *task) {
  uint32_t names = outbox->context->names.count;
  pbk_code_u64(coder, &task->enrollment);
  pbk_code_index(coder, &task->playbook, names);
  task->subject_kind = code_subject_of(coder, outbox, task->subject_kind, &task->subject);
  pbk_code_place(coder, &task->assignee, names);
  pbk_code_place(coder, &task->sender, outbox->senders->registry.entries.count);
  pbk_code_time(coder, &task->due);
  pbk_code_owned_text(coder, &task->title);
}

static void code_tasks(struct coder *coder, struct outbox *outbox) {
  uint64_t total, open, last = 0, id = 0;
  code_numbered(coder, &outbox->tasks, &total, &open);
  for (uint64_t i = 0; i < open && !coder_failed(coder); i++) {
    struct task *task = coder_reads(coder) ? NULL : pbk_table_next(&outbox->tasks, &id);
    coder_item(coder);
    id = code_next_id(coder, last, id, total);
    if (coder_failed(coder)) return;
    if (coder_reads(coder)) {
      task = pbk_table_put(coder->memory, &outbox->tasks, id);
      *task = (struct task){.id = id};
    }
    last = id;
    code_task(coder, outbox, task);
    if (coder_reads(coder)) pbk_note_task(outbox, task);
  }
  if (coder_reads(coder) && !coder_failed(coder)) outbox->tasks.last = total;
}

/* ---- what is ready to be offered ---- */

static void code_ready(struct coder *coder, struct outbox *outbox) {
  uint32_t count = 0;
  for (uint32_t i = outbox->ready_next; i < outbox->ready.count; i++) count += message_at(outbox, outbox->ready.items[i]) != NULL;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0, at = outbox->ready_next; i < count && !coder_failed(coder); i++, at++) {
    while (!coder_reads(coder) && !message_at(outbox, outbox->ready.items[at])) at++;
    uint64_t id = coder_reads(coder) ? 0 : outbox->ready.items[at];
    coder_item(coder);
    pbk_code_u64(coder, &id);
    if (!coder_reads(coder)) continue;
    const struct message *message = message_at(outbox, id);
    if (!message || message->state != MESSAGE_SENDING || message->waits) coder_fail(coder);
    else array_push(coder->memory, &outbox->ready, id);
  }
}

void pbk_code_outbox(struct coder *coder, struct outbox *outbox) {
  code_messages(coder, outbox);
  code_tasks(coder, outbox);
  code_ready(coder, outbox);
}
