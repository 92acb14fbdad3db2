/* quickstart.c - a first program: writes to contacts who have not logged in for 14 days. */
#include <playbook/playbook.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pbk_text text(const char *bytes) {
  return (pbk_text){bytes, strlen(bytes)};
}

static void check(pbk_engine *engine, pbk_status status) {
  if (status >= 0) return;
  pbk_error error = {.size = sizeof error};
  if (engine) pbk_engine_error(engine, &error);
  fprintf(stderr, "%s: %.*s\n", pbk_status_name(status), (int)error.message.size,
          error.message.bytes ? error.message.bytes : "");
  exit(1);
}

/* A real program hands the message to its mail service here. The key is the same in every attempt. */
static void deliver(void *context, pbk_engine *engine, const pbk_offer *offer, pbk_answer *answer) {
  const pbk_time *start = context;
  printf("day %d: %.*s to %.*s, from %.*s\n", (int)((pbk_now(engine) - *start) / PBK_DAY), (int)offer->template_key.size,
         offer->template_key.bytes, (int)offer->to.size, offer->to.bytes, (int)offer->sender_address.size,
         offer->sender_address.bytes);
  answer->outcome = PBK_DELIVERY_SENT;
}

static void login(pbk_engine *engine, pbk_time when, const char *contact) {
  pbk_envelope envelope = {.size = sizeof envelope, .received_at = when, .occurred_at = when};
  check(engine, pbk_track(engine, &envelope, contact, strlen(contact), NULL, 0, "login", 5, NULL));
}

int main(void) {
  pbk_time start = 1767225600 * PBK_SECOND; /* 2026-01-01 */
  pbk_config config = {
    .size = sizeof config, .engine_id = text("quickstart"), .deliver = deliver, .deliver_context = &start};
  pbk_engine *engine = NULL;
  check(NULL, pbk_engine_create(&config, &engine));

  pbk_channel email = {.size = sizeof email, .key = text("email")};
  pbk_template miss_you = {.size = sizeof miss_you, .key = text("miss-you")};
  pbk_sender success = {.size = sizeof success, .key = text("success"), .address = text("success@corp.example")};
  pbk_settings settings = {.size = sizeof settings, .default_sender = text("success")};
  pbk_audience dormant = {.size = sizeof dormant, .key = text("dormant"), .when = text("events('login').quiet(days(14))")};
  check(engine, pbk_define_channel(engine, NULL, &email));
  check(engine, pbk_define_template(engine, NULL, &miss_you));
  check(engine, pbk_define_sender(engine, NULL, &success));
  check(engine, pbk_define_settings(engine, NULL, &settings));
  check(engine, pbk_define_persona(engine, NULL, &dormant));

  pbk_trigger tagged = {.size = sizeof tagged, .kind = PBK_TRIGGER_PERSONA_TAGGED, .name = text("dormant")};
  pbk_action write = {.size = sizeof write, .kind = PBK_ACTION_EMAIL, .template_key = text("miss-you"), .approval = PBK_NO};
  pbk_step step = {.size = sizeof step, .actions = &write, .action_count = 1};
  pbk_playbook win_back = {.size = sizeof win_back, .key = text("win-back"), .active = 1};
  win_back.triggers = &tagged, win_back.trigger_count = 1, win_back.steps = &step, win_back.step_count = 1;
  check(engine, pbk_define_playbook(engine, NULL, &win_back));

  for (int day = 0; day <= 30; day++) {
    if (day == 0 || day == 5) login(engine, start + day * PBK_DAY, "ada");
    if (day == 0 || day == 12) login(engine, start + day * PBK_DAY, "ben");
    check(engine, pbk_advance(engine, start + day * PBK_DAY, 0)); /* does what is due by now */
    check(engine, pbk_commit(engine));                            /* lets its effects out */
  }
  pbk_engine_destroy(engine);
  return 0;
}
