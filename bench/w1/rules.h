/* bench/w1/rules.h - the personas and playbooks of W1, as lines for the library. */
#ifndef BENCH_W1_RULES_H
#define BENCH_W1_RULES_H

#include "workload.h"

static const char *const w1_conditions[W1_PERSONAS] = {
  "contact.traits.plan >= 2 && contact.traits.country <= 2",
  "contact.traits.score >= 80",
  "contact.stage == 's2' && contact.traits.score < 20",
  "account.traits.tier == 2 && contact.traits.plan == 0",
  "events('e0').quiet(days(14))",
  "events('e1').quiet(days(7))",
  "events('e3').quiet(days(30))",
  "events('e1').count(days(14), days(7)) >= 3 && 2 * events('e1').count(days(7)) < events('e1').count(days(14), days(7))"};
static const char *const w1_triggers[W1_PLAYBOOKS] = {"{\"event\":\"e4\"}",   "{\"event\":\"e7\"}",   "{\"event\":\"e11\"}",
                                                      "{\"persona\":\"p4\"}", "{\"persona\":\"p7\"}", "{\"stage\":\"s3\"}"};
static const char *const w1_filters[W1_PLAYBOOKS] = {"contact.traits.plan < 2",     "!persona('p4')",
                                                     "contact.traits.score >= 20",  "persona('p4')",
                                                     "contact.traits.country != 9", "contact.stage == 's3'"};
static const char *const w1_delay_texts[W1_STEPS] = {"3600s", "1d", "3d"};

struct w1_text {
  char bytes[16384];
  size_t size;
};
static void w1_say(struct w1_text *text, const char *format, int number, const char *word) {
  text->size += (size_t)snprintf(text->bytes + text->size, sizeof text->bytes - text->size, format, number, word);
}

static void w1_say_senders(struct w1_text *text) {
  w1_say(text, "{\"type\":\"define\",\"kind\":\"channel\",\"key\":\"email\"}\n%.0d%s", 0, "");
  w1_say(text, "{\"type\":\"define\",\"kind\":\"template\",\"key\":\"mail\"}\n%.0d%s", 0, "");
  for (int i = 0; i < W1_SENDERS; i++) w1_say(text, "{\"type\":\"define\",\"kind\":\"sender\",\"key\":\"s%d\"}\n%s", i, "");
}
static void w1_say_persona(struct w1_text *text, int number) {
  w1_say(text, "{\"type\":\"define\",\"kind\":\"persona\",\"key\":\"p%d\",\"when\":\"%s\"}\n", number,
         w1_conditions[number]);
}
static void w1_say_playbook(struct w1_text *text, int number) {
  w1_say(text, "{\"type\":\"define\",\"kind\":\"playbook\",\"key\":\"b%d\",\"active\":true,\"trigger\":%s,", number,
         w1_triggers[number]);
  w1_say(text, "\"senders\":{\"sticky\":\"any\",\"pool\":[%.0d%s", 0, "");
  for (int i = 0; i < W1_SENDERS; i++) w1_say(text, "\"s%d\"%s", i, i + 1 < W1_SENDERS ? "," : "]},\"steps\":[");
  for (int i = 0; i < W1_STEPS; i++) {
    w1_say(text, "{%.0d\"delay\":\"%s\",", 0, w1_delay_texts[i]);
    w1_say(text, "%.0d\"when\":\"%s\",\"on_skip\":\"exit\",", 0, w1_filters[number]);
    w1_say(text, "%.0d\"actions\":[{\"email\":{\"template\":\"mail\",\"send_as\":\"pool\"}}]}%s", 0,
           i + 1 < W1_STEPS ? "," : "]}\n");
  }
}

#endif
