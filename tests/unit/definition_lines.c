/* tests/unit/definition_lines.c - define lines to public structs: members, defaults, mistakes (SPEC L, Definitions). */
#include "definition_lines_support.h"

static void each_kind(void) {
  const pbk_settings *settings = read_definition(
    "{'type':'define','kind':'settings','default_sender':'s','approval_window':'10m','dedupe_window':'1d','retry_waits':['"
    "1m','2w']}");
  if (CHECK(settings != NULL)) {
    CHECK_EQUAL_UINT(settings->size, sizeof *settings);
    check_words(settings->default_sender, "s");
    CHECK_EQUAL_INT(*settings->approval_window, 10 * PBK_MINUTE);
    CHECK_EQUAL_INT(*settings->dedupe_window, PBK_DAY);
    CHECK_EQUAL_UINT(settings->retry_wait_count, 2);
    CHECK_EQUAL_INT(settings->retry_waits[1], 14 * PBK_DAY);
  }
  settings = read_definition("{'kind':'settings','retry_waits':[]}");
  if (CHECK(settings != NULL)) {
    CHECK(settings->retry_waits != NULL && settings->retry_wait_count == 0);
    CHECK(!settings->approval_window && !settings->dedupe_window && !settings->default_sender.bytes);
  }
  const pbk_channel *channel = read_definition("{'kind':'channel','key':'email'}");
  CHECK(channel && channel->connected == PBK_DEFAULT);
  channel = read_definition("{'kind':'channel','key':'email','connected':false}");
  CHECK(channel && channel->connected == PBK_NO);
  const pbk_template *template = read_definition("{'kind':'template','key':'t','channel':'sms'}");
  if (CHECK(template != NULL)) check_words(template->channel, "sms");
  const pbk_user *user = read_definition("{'kind':'user','key':'u','email':'e','licensed':true}");
  if (CHECK(user != NULL)) {
    check_words(user->email, "e");
    CHECK_EQUAL_INT(user->licensed, PBK_YES);
  }
  const pbk_role *role = read_definition("{'kind':'role','key':'r','messageId':'m','timestamp':5,'receivedAt':6}");
  if (CHECK(role != NULL)) check_words(role->key, "r");
  const pbk_sender *sender = read_definition("{'kind':'sender','key':'s','user':'u','address':'a'}");
  if (CHECK(sender != NULL)) {
    check_words(sender->user, "u");
    check_words(sender->address, "a");
  }
  const pbk_audience *persona = read_definition("{'kind':'persona','key':'p'}");
  if (CHECK(persona != NULL)) check_words(persona->when, NULL);
  const pbk_audience *segment = read_definition("{'kind':'segment','key':'s','of':'account','when':'true'}");
  if (CHECK(segment != NULL)) {
    CHECK_EQUAL_INT(segment->of, PBK_ACCOUNT);
    check_words(segment->when, "true");
  }
  segment = read_definition("{'kind':'segment','key':'s','when':''}");
  if (CHECK(segment != NULL)) {
    CHECK_EQUAL_INT(segment->of, PBK_CONTACT);
    check_words(segment->when, "");
  }
}

static void schemas(void) {
  const pbk_schema *schema = read_definition("{'kind':'schema','key':'contact','traits':{'plan':'string','':'list(int)'}}");
  if (CHECK(schema != NULL)) {
    CHECK_EQUAL_UINT(schema->size, sizeof *schema);
    check_words(schema->key, "contact");
    CHECK_EQUAL_INT(schema->open, 0);
    CHECK_EQUAL_UINT(schema->trait_count, 2);
    CHECK_EQUAL_UINT(schema->traits[1].size, sizeof schema->traits[1]);
    check_words(schema->traits[0].name, ""); /* by name */
    check_words(schema->traits[0].type, "list(int)");
    check_words(schema->traits[1].name, "plan");
    check_words(schema->traits[1].type, "string");
  }
  schema = read_definition("{'kind':'schema','key':'account','traits':{},'open':true}");
  CHECK(schema && schema->open == 1 && schema->trait_count == 0);
  check_refused("{'kind':'schema','key':'contact'}", PBK_CODE_BAD_DEFINITION, "/traits");
  check_refused("{'kind':'schema','key':'contact','traits':['plan']}", PBK_CODE_BAD_DEFINITION, "/traits");
  check_refused("{'kind':'schema','key':'contact','traits':{'a':'int','b/c':5}}", PBK_CODE_BAD_DEFINITION, "/traits/b~1c");
  check_refused("{'kind':'schema','key':'contact','traits':{},'open':'yes'}", PBK_CODE_BAD_DEFINITION, "/open");
  check_refused("{'kind':'schema','key':'contact','traits':{},'of':'contact'}", PBK_CODE_UNKNOWN_MEMBER, "/of");
}

static void mistakes(void) {
  check_refused("{}", PBK_CODE_BAD_DEFINITION, "/kind");
  check_refused("{'kind':'nonsense'}", PBK_CODE_BAD_DEFINITION, "/kind");
  check_refused("{'kind':5}", PBK_CODE_BAD_DEFINITION, "/kind");
  check_refused("{'kind':'role','key':5}", PBK_CODE_BAD_DEFINITION, "/key");
  check_refused("{'kind':'role','key':'r','of':'account'}", PBK_CODE_UNKNOWN_MEMBER, "/of");
  check_refused("{'kind':'persona','key':'p','of':'contact'}", PBK_CODE_UNKNOWN_MEMBER, "/of");
  check_refused("{'kind':'settings','key':'s'}", PBK_CODE_UNKNOWN_MEMBER, "/key");
  check_refused("{'kind':'settings','approval_window':'soon'}", PBK_CODE_BAD_DEFINITION, "/approval_window");
  check_refused("{'kind':'settings','approval_window':'1.5d'}", PBK_CODE_BAD_DEFINITION, "/approval_window");
  check_refused("{'kind':'settings','retry_waits':[5]}", PBK_CODE_BAD_DEFINITION, "/retry_waits/0");
  check_refused("{'kind':'channel','key':'c','connected':'yes'}", PBK_CODE_BAD_DEFINITION, "/connected");
  check_refused("{'kind':'user','key':'c','licensed':1}", PBK_CODE_BAD_DEFINITION, "/licensed");
  check_refused("{'kind':'user','key':'c','email':null}", PBK_CODE_BAD_DEFINITION, "/email");
  check_refused("{'kind':'segment','key':'s','of':'user'}", PBK_CODE_BAD_DEFINITION, "/of");
  check_refused("{'kind':'segment','key':'s','when':true}", PBK_CODE_BAD_DEFINITION, "/when");
}

int main(void) {
  open_definitions();
  RUN(each_kind);
  RUN(schemas);
  RUN(mistakes);
  close_definitions();
  return check_report();
}
