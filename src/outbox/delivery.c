/* outbox/delivery.c - attempts, what delivery answers, retries (SPEC O5, O6); declared in outbox.h. */
#include "outbox/outbox.h"
#include "outbox/turn.h"

/* Whether a channel is where it was found before, and connected. */
static inline bool channel_still_connected(const struct outbox *outbox, uint32_t name) {
  uint32_t hint = outbox->channel_hints[name % 8];
  const struct channel *channel = registry_current(&outbox->channels, hint);
  return channel && outbox->channels.entries.items[hint].name == name && channel->connected;
}
static bool channel_connected(struct outbox *outbox, uint32_t name) {
  uint32_t *hint = &outbox->channel_hints[name % 8];
  if (channel_still_connected(outbox, name)) return true;
  *hint = pbk_registry_find(&outbox->channels, name_text(outbox->context, name));
  const struct channel *channel = registry_current(&outbox->channels, *hint);
  return channel && channel->connected;
}

/* O5, in its order. NULL: nothing is in the way. */
static SELDOM const char *obstacle(struct outbox *outbox, const struct message *message, enum message_state *state) {
  const struct contact *about = NULL, *to = NULL;
  const struct subject *subject;
  if (message->subject_kind == PBK_CONTACT) {
    about = contact_at(outbox->facts, message->subject);
    subject = &about->subject;
  } else {
    subject = &account_at(outbox->facts, message->subject)->subject;
  }
  if (message_to_another(message)) to = contact_at(outbox->facts, message->told.to);
  *state = MESSAGE_CANCELLED;
  if (subject->deleted || (to && to->subject.deleted)) return "deleted";
  if ((about && about->subject.suppressed) || (to && to->subject.suppressed)) return "suppressed";
  *state = MESSAGE_FAILED;
  if (message->sender != MAP_NONE && pbk_sender_unavailable(outbox->senders, message->sender)) return "sender_unavailable";
  if (!channel_connected(outbox, letter_of(outbox, message)->kind.channel)) return "channel_disconnected";
  return NULL;
}

/* Any; whatever comes of it, something was done. */
static SELDOM bool attempt_any(struct outbox *outbox, struct message *message) {
  enum message_state state = MESSAGE_FAILED;
  const char *reason = obstacle(outbox, message, &state);
  message->waits = false;
  if (reason) {
    pbk_end_message(outbox, message, state, text_from(reason));
    return true;
  }
  message->told.attempt++;
  turn_message(outbox, message, MESSAGE_SENDING);
  array_push(outbox->context->memory, &outbox->ready, message->told.message);
  return true;
}

/* Of the commonest, to the contact that it is about: nothing is in the way, and there is room for what comes of it. */
static inline bool is_clear(const struct outbox *outbox, const struct message *message, const struct contact *contact) {
  const struct sender *sender = sender_at(outbox->senders, message->sender);
  return !contact->subject.deleted && !contact->subject.suppressed && sender && sender->removal != SENDER_CANCELLED &&
         sender->user == MAP_NONE && channel_still_connected(outbox, letter_of(outbox, message)->kind.channel) &&
         contact->subject.key_size <= PLAIN_KEY && outbox->ready.count < outbox->ready.capacity &&
         plain_message_fits(outbox->context);
}

static SELDOM bool digest(struct outbox *outbox, const struct message_record *record) {
  pbk_digest_plain_message(&outbox->context->outputs, record);
  return true;
}

/* No call but the last, so that nothing must be put away for one. */
static inline bool attempt(struct outbox *outbox, struct message *message) {
  const struct contact *contact = message->own ? contact_at(outbox->facts, message->subject) : NULL;
  if (!contact || !is_clear(outbox, message, contact)) return attempt_any(outbox, message);
  message->waits = false;
  message->state = MESSAGE_SENDING;
  outbox->ready.items[outbox->ready.count++] = message->told.message;
  struct message_record *record = put_plain_message(outbox->context, &message->told, message_word(MESSAGE_SENDING),
                                                    contact->subject.key, contact->subject.key_size);
  record->told.attempt = ++message->told.attempt; /* behind the copy, which would wait for it */
  return outbox->context->outputs.digested ? digest(outbox, record) : true;
}

void pbk_attempt_message(struct outbox *outbox, struct message *message) {
  attempt(outbox, message);
}

bool pbk_message_due(struct outbox *outbox, enum due_kind kind, uint64_t id, pbk_time time) {
  struct message *message = message_at(outbox, id);
  if (!message || message->due != time) return false;
  bool stands =
    kind == DUE_APPROVAL ? message->state == MESSAGE_APPROVED : message->state == MESSAGE_SENDING && message->waits;
  return stands && attempt(outbox, message);
}

void pbk_skip_ended(struct outbox *outbox) {
  for (; outbox->ready_next < outbox->ready.count; outbox->ready_next++) /* reported before it was offered */
    if (message_at(outbox, outbox->ready.items[outbox->ready_next])) return;
  pbk_hand_over_ready(outbox);
}

void pbk_hand_over_ready(struct outbox *outbox) { outbox->ready_next = outbox->ready.count = outbox->offered = 0; }

/* As if each had been answered in its turn: what is given up fails in the order of the offers; what is offered again comes as retries do
 * that are due at one time, by message id (T6). */
uint32_t pbk_recover_messages(struct outbox *outbox) {
  struct memory *memory = outbox->context->memory;
  number_list again = {0}, others = {0};
  uint32_t given_up = 0;
  for (uint32_t i = outbox->ready_next; i < outbox->ready.count; i++) {
    struct message *message = message_at(outbox, outbox->ready.items[i]);
    if (!message) continue;
    if (i >= outbox->offered) {
      array_push(memory, &others, message->told.message);
    } else if (letter_of(outbox, message)->kind.policy == PBK_POLICY_HOLD) {
      pbk_end_message(outbox, message, MESSAGE_FAILED, TEXT("unknown_outcome"));
      given_up++;
    } else {
      pbk_heap_push(memory, &again, message->told.message);
    }
  }
  outbox->ready.count = outbox->ready_next = outbox->offered = 0;
  while (again.count > 0) pbk_attempt_message(outbox, message_at(outbox, pbk_heap_pop(&again)));
  for (uint32_t i = 0; i < others.count; i++) array_push(memory, &outbox->ready, others.items[i]);
  array_release(memory, &again);
  array_release(memory, &others);
  return given_up;
}

void pbk_answer_sent(struct outbox *outbox, struct message *message, pbk_time occurred_at) {
  struct contact *contact = message->to_kind == PBK_TO_CONTACT ? contact_at(outbox->facts, message->told.to) : NULL;
  bool met = contact && !contact->subject.deleted && sender_at(outbox->senders, message->sender);
  if (met && letter_of(outbox, message)->kind.email)
    pbk_record_contact(outbox->facts, contact, message->sender, occurred_at); /* S8 */
  message->state = MESSAGE_SENT;
  if (message->own)
    tell_own_message(outbox, message, &contact->subject);
  else
    pbk_tell_any_message(outbox, message, NO_TEXT);
  drop_message(outbox, message);
}

static void answer_retry(struct outbox *outbox, struct message *message, pbk_duration wait) {
  if (message->told.attempt > outbox->retry_waits.count) {
    pbk_end_message(outbox, message, MESSAGE_FAILED, TEXT("attempts_exhausted"));
    return;
  }
  if (wait < 0) wait = outbox->retry_waits.items[message->told.attempt - 1];
  message->waits = true;
  message->due = time_after(outbox->context->now, wait);
  pbk_calendar_add(&outbox->context->calendar, message->due, wake_order(DUE_RETRY, message->told.message));
}

void pbk_answer_message(struct outbox *outbox, struct message *message, int32_t outcome, pbk_duration wait,
                        struct text reason, pbk_time occurred_at) {
  switch (outcome) {
    case PBK_DELIVERY_SENT: pbk_answer_sent(outbox, message, occurred_at); break;
    case PBK_DELIVERY_RETRY: answer_retry(outbox, message, wait); break;
    case PBK_DELIVERY_FAILED: pbk_end_message(outbox, message, MESSAGE_FAILED, reason); break;
    default: break; /* accepted: the host reports later */
  }
}
