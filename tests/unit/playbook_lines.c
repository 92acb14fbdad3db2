/* tests/unit/playbook_lines.c - the definition of a playbook from JSON: every member, defaults, mistakes (SPEC L, P, C). */
#include "definition_lines_support.h"

static void the_example(void) {
  const pbk_playbook *playbook = read_definition(
    "{'type':'define','kind':'playbook','key':'win-back','subject':'contact','active':true,'trigger':{'persona':'dormant','"
    "on':'tagged'},"
    "'segment':'pro-contacts','when':'true','reentry':'always','exit':{'when':'false','on_left':true,'keep':['tasks','"
    "messages']},'approval_window':'5m',"
    "'senders':{'pool':['ann','bob'],'sticky':'any'},'steps':[{'actions':[{'email':{'template':'miss-you','approval':true,'"
    "send_as':'pool','policy':'hold'}}]},"
    "{'delay':'3d','when':'true','on_skip':'exit','actions':[{'task':{'title':'Call','assignee':{'role':'CSM'},'due':'2d'}},"
    "{'assign':{'role':'CSM','rotate':['ann','bob']}},{'assign':{'role':'CSM','user':'ann'}},{'notify':{'channel':'slack','"
    "to':'#cs','template':'alert'}}]}]}");
  if (!CHECK(playbook != NULL)) return;
  check_words(playbook->key, "win-back");
  CHECK_EQUAL_INT(playbook->subject, PBK_CONTACT);
  CHECK_EQUAL_INT(playbook->active, 1);
  CHECK_EQUAL_UINT(playbook->trigger_count, 1);
  CHECK_EQUAL_INT(playbook->triggers[0].kind, PBK_TRIGGER_PERSONA_TAGGED);
  check_words(playbook->triggers[0].name, "dormant");
  check_words(playbook->segment, "pro-contacts");
  check_words(playbook->when, "true");
  check_words(playbook->exit_when, "false");
  CHECK_EQUAL_INT(playbook->reentry, PBK_REENTRY_ALWAYS);
  CHECK_EQUAL_INT(playbook->exit_on_left, 1);
  CHECK(playbook->keep_tasks && playbook->keep_messages);
  CHECK_EQUAL_INT(*playbook->approval_window, 5 * PBK_MINUTE);
  CHECK_EQUAL_INT(playbook->senders->sticky, PBK_STICKY_ANY);
  CHECK_EQUAL_UINT(playbook->senders->sender_count, 2);
  check_words(playbook->senders->senders[1], "bob");
  CHECK_EQUAL_UINT(playbook->branch_count, 0);
  CHECK_EQUAL_UINT(playbook->step_count, 2);
  const pbk_action *email = &playbook->steps[0].actions[0], *more = playbook->steps[1].actions;
  CHECK_EQUAL_INT(email->kind, PBK_ACTION_EMAIL);
  CHECK_EQUAL_INT(email->approval, PBK_YES);
  CHECK_EQUAL_INT(email->policy, PBK_POLICY_HOLD);
  CHECK_EQUAL_INT(email->send_as.kind, PBK_SEND_AS_POOL);
  CHECK_EQUAL_INT(email->to.kind, PBK_TO_NONE);
  CHECK_EQUAL_INT(playbook->steps[1].delay, 3 * PBK_DAY);
  CHECK_EQUAL_INT(playbook->steps[1].exit_on_skip, 1);
  check_words(playbook->steps[1].when, "true");
  CHECK_EQUAL_UINT(playbook->steps[1].action_count, 4);
  CHECK_EQUAL_INT(more[0].kind, PBK_ACTION_TASK);
  CHECK_EQUAL_INT(more[0].person.kind, PBK_PERSON_ROLE);
  CHECK_EQUAL_INT(*more[0].due, 2 * PBK_DAY);
  CHECK_EQUAL_UINT(more[1].rotate_count, 2);
  check_words(more[2].user, "ann");
  CHECK_EQUAL_INT(more[3].person.kind, PBK_PERSON_PLACE);
  check_words(more[3].person.key, "#cs");
  check_words(more[3].channel, "slack");
  CHECK_EQUAL_UINT(playbook->size, sizeof *playbook);
  CHECK_EQUAL_UINT(playbook->steps->size, sizeof *playbook->steps);
  CHECK_EQUAL_UINT(more->size, sizeof *more);
  CHECK_EQUAL_UINT(playbook->triggers->size, sizeof *playbook->triggers);
  CHECK_EQUAL_UINT(playbook->senders->size, sizeof *playbook->senders);
}

static void defaults(void) {
  const pbk_playbook *playbook = read_definition(
    "{'kind':'playbook','key':'p','trigger':{'manual':true},'steps':[{'actions':[{'email':{}},{'task':{}},{'notify':{}}]}]"
    "}");
  if (!CHECK(playbook != NULL)) return;
  CHECK_EQUAL_INT(playbook->subject, PBK_CONTACT);
  CHECK_EQUAL_INT(playbook->active, 0);
  CHECK_EQUAL_INT(playbook->reentry, PBK_REENTRY_ALWAYS);
  CHECK(!playbook->approval_window && !playbook->senders && !playbook->exit_on_left && !playbook->keep_tasks &&
        !playbook->keep_messages);
  check_words(playbook->exit_when, NULL);
  CHECK_EQUAL_INT(playbook->steps[0].delay, 0);
  CHECK_EQUAL_INT(playbook->steps[0].exit_on_skip, 0);
  const pbk_action *actions = playbook->steps[0].actions;
  CHECK(actions[0].approval != PBK_NO && actions[0].policy == PBK_POLICY_RETRY &&
        actions[0].send_as.kind == PBK_SEND_AS_DEFAULT);
  CHECK(actions[1].person.kind == PBK_NOBODY && !actions[1].due);
  check_words(actions[2].channel, NULL);
}

static void triggers(void) {
  static const struct {
    const char *trigger;
    pbk_trigger_kind kind;
    const char *name, *where, *from, *stage;
  } cases[] = {
    {"{'event':'e','where':'w'}", PBK_TRIGGER_EVENT, "e", "w", NULL, NULL},
    {"{'stage':'s','from':'f'}", PBK_TRIGGER_STAGE, "s", NULL, "f", NULL},
    {"{'health':'progressed'}", PBK_TRIGGER_HEALTH_ROSE, NULL, NULL, NULL, NULL},
    {"{'health':'declined','stage':'s'}", PBK_TRIGGER_HEALTH_FELL, NULL, NULL, NULL, "s"},
    {"{'segment':'s'}", PBK_TRIGGER_SEGMENT_ENTERED, "s", NULL, NULL, NULL},
    {"{'segment':'s','on':'entered'}", PBK_TRIGGER_SEGMENT_ENTERED, "s", NULL, NULL, NULL},
    {"{'segment':'s','on':'left'}", PBK_TRIGGER_SEGMENT_LEFT, "s", NULL, NULL, NULL},
    {"{'persona':'p'}", PBK_TRIGGER_PERSONA_TAGGED, "p", NULL, NULL, NULL},
    {"{'persona':'p','on':'untagged'}", PBK_TRIGGER_PERSONA_UNTAGGED, "p", NULL, NULL, NULL},
    {"{'manual':true}", PBK_TRIGGER_MANUAL, NULL, NULL, NULL, NULL},
  };
  char line[512];
  for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (uint32_t list = 0; list < 2; list++) {
      check_note("%s", cases[i].trigger);
      snprintf(
        line, sizeof line,
        list ? "{'kind':'playbook','key':'p','trigger':[{'manual':true},%s]}" : "{'kind':'playbook','key':'p','trigger':%s}",
        cases[i].trigger);
      const pbk_playbook *playbook = read_definition(line);
      if (!CHECK(playbook != NULL)) continue;
      CHECK_EQUAL_UINT(playbook->trigger_count, list + 1);
      const pbk_trigger *trigger = &playbook->triggers[list];
      CHECK_EQUAL_INT(trigger->kind, cases[i].kind);
      check_words(trigger->name, cases[i].name);
      check_words(trigger->where, cases[i].where);
      check_words(trigger->from, cases[i].from);
      check_words(trigger->stage, cases[i].stage);
    }
}

/* A member in its place: JSON of one action, and what its struct then says. */
static const pbk_action *read_action(const char *action) {
  static char line[512];
  snprintf(line, sizeof line, "{'kind':'playbook','key':'p','steps':[{'actions':[%s]}]}", action);
  const pbk_playbook *playbook = read_definition(line);
  check_note("%s", action);
  return CHECK(playbook != NULL) ? playbook->steps[0].actions : NULL;
}

static void actions(void) {
  const pbk_action *action;
  if ((action = read_action("{'email':{'template':'t','approval':false,'send_as':'default','policy':'retry'}}")))
    CHECK(action->approval == PBK_NO && action->send_as.kind == PBK_SEND_AS_DEFAULT && action->policy == PBK_POLICY_RETRY);
  if ((action = read_action("{'email':{'template':'t','send_as':{'user':'u'}}}"))) {
    CHECK(action->send_as.kind == PBK_SEND_AS_USER && !action->send_as.fail_without);
    check_words(action->send_as.key, "u");
  }
  if ((action = read_action("{'email':{'template':'t','send_as':{'role':'r','fallback':'fail'}}}"))) {
    CHECK(action->send_as.kind == PBK_SEND_AS_ROLE && action->send_as.fail_without == 1);
    check_words(action->send_as.key, "r");
  }
  if ((action = read_action("{'email':{'template':'t','to':'all'}}"))) CHECK_EQUAL_INT(action->to.kind, PBK_TO_ALL);
  if ((action = read_action("{'email':{'template':'t','to':{'persona':'p'}}}"))) {
    CHECK_EQUAL_INT(action->to.kind, PBK_TO_PERSONA);
    check_words(action->to.text, "p");
  }
  if ((action = read_action("{'email':{'template':'t','to':{'when':'w'}}}"))) CHECK_EQUAL_INT(action->to.kind, PBK_TO_WHEN);
  if ((action = read_action("{'task':{'title':'t','assignee':{'user':'u'}}}")))
    CHECK_EQUAL_INT(action->person.kind, PBK_PERSON_USER);
  if ((action = read_action("{'task':{'title':'t','assignee':{'sender':true}}}")))
    CHECK_EQUAL_INT(action->person.kind, PBK_PERSON_SENDER);
  if ((action = read_action("{'notify':{'to':{'user':'u'},'template':'t','policy':'hold'}}")))
    CHECK(action->person.kind == PBK_PERSON_USER && action->policy == PBK_POLICY_HOLD);
}

#define PLAYBOOK(members) "{'kind':'playbook','key':'p'," members "}"
#define ACTION(action) PLAYBOOK("'steps':[{'actions':[" action "]}]")

static void mistakes(void) {
  check_refused(PLAYBOOK("'colour':'red'"), PBK_CODE_UNKNOWN_MEMBER, "/colour");
  check_refused(PLAYBOOK("'subject':'user'"), PBK_CODE_BAD_DEFINITION, "/subject");
  check_refused(PLAYBOOK("'active':1"), PBK_CODE_BAD_DEFINITION, "/active");
  check_refused(PLAYBOOK("'trigger':'e'"), PBK_CODE_BAD_DEFINITION, "/trigger");
  check_refused(PLAYBOOK("'trigger':[{'event':'e'},5]"), PBK_CODE_BAD_DEFINITION, "/trigger/1");
  check_refused(PLAYBOOK("'trigger':{}"), PBK_CODE_BAD_DEFINITION, "/trigger");
  check_refused(PLAYBOOK("'trigger':{'click':'e'}"), PBK_CODE_UNKNOWN_MEMBER, "/trigger/click");
  check_refused(PLAYBOOK("'trigger':{'event':'e','from':'x'}"), PBK_CODE_UNKNOWN_MEMBER, "/trigger/from");
  check_refused(PLAYBOOK("'trigger':{'event':5}"), PBK_CODE_BAD_DEFINITION, "/trigger/event");
  check_refused(PLAYBOOK("'trigger':{'health':'up'}"), PBK_CODE_BAD_DEFINITION, "/trigger/health");
  check_refused(PLAYBOOK("'trigger':{'segment':'s','on':'tagged'}"), PBK_CODE_BAD_DEFINITION, "/trigger/on");
  check_refused(PLAYBOOK("'trigger':[{'persona':'s','on':'left'}]"), PBK_CODE_BAD_DEFINITION, "/trigger/0/on");
  check_refused(PLAYBOOK("'trigger':{'manual':false}"), PBK_CODE_BAD_DEFINITION, "/trigger/manual");
  check_refused(PLAYBOOK("'reentry':'never'"), PBK_CODE_BAD_DEFINITION, "/reentry");
  check_refused(PLAYBOOK("'reentry':{}"), PBK_CODE_BAD_DEFINITION, "/reentry/after");
  check_refused(PLAYBOOK("'reentry':{'after':'x'}"), PBK_CODE_BAD_DEFINITION, "/reentry/after");
  check_refused(PLAYBOOK("'reentry':{'before':'1d'}"), PBK_CODE_UNKNOWN_MEMBER, "/reentry/before");
  check_refused(PLAYBOOK("'exit':'false'"), PBK_CODE_BAD_DEFINITION, "/exit");
  check_refused(PLAYBOOK("'exit':{'keep':['all']}"), PBK_CODE_BAD_DEFINITION, "/exit/keep");
  check_refused(PLAYBOOK("'exit':{'on_left':'yes'}"), PBK_CODE_BAD_DEFINITION, "/exit/on_left");
  check_refused(PLAYBOOK("'exit':{'until':'x'}"), PBK_CODE_UNKNOWN_MEMBER, "/exit/until");
  check_refused(PLAYBOOK("'approval_window':'-1s'"), PBK_CODE_BAD_DEFINITION, "/approval_window");
  check_refused(PLAYBOOK("'senders':['a']"), PBK_CODE_BAD_DEFINITION, "/senders");
  check_refused(PLAYBOOK("'senders':{}"), PBK_CODE_BAD_DEFINITION, "/senders/pool");
  check_refused(PLAYBOOK("'senders':{'pool':['a',5]}"), PBK_CODE_BAD_DEFINITION, "/senders/pool/1");
  check_refused(PLAYBOOK("'senders':{'pool':['a'],'sticky':'no'}"), PBK_CODE_BAD_DEFINITION, "/senders/sticky");
  check_refused(PLAYBOOK("'branches':[]"), PBK_CODE_BAD_DEFINITION, "/branches");
  check_refused(PLAYBOOK("'branches':[5]"), PBK_CODE_BAD_DEFINITION, "/branches/0");
  check_refused(PLAYBOOK("'branches':[{'segment':'s','senders':{'pool':'a'}}]"), PBK_CODE_BAD_DEFINITION,
                "/branches/0/senders/pool");
  check_refused(PLAYBOOK("'branches':[{'segment':'s','key':'a'}]"), PBK_CODE_UNKNOWN_MEMBER, "/branches/0/key");
  check_refused(PLAYBOOK("'steps':{}"), PBK_CODE_BAD_DEFINITION, "/steps");
  check_refused(PLAYBOOK("'steps':[5]"), PBK_CODE_BAD_DEFINITION, "/steps/0");
  check_refused(PLAYBOOK("'steps':[{'delay':5}]"), PBK_CODE_BAD_DEFINITION, "/steps/0/delay");
  check_refused(PLAYBOOK("'steps':[{'on_skip':'stop'}]"), PBK_CODE_BAD_DEFINITION, "/steps/0/on_skip");
  check_refused(PLAYBOOK("'steps':[{'actions':{}}]"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions");
  check_refused(PLAYBOOK("'steps':[{'actions':[]},{'wait':'1d'}]"), PBK_CODE_UNKNOWN_MEMBER, "/steps/1/wait");
  check_refused(ACTION("5"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0");
  check_refused(ACTION("{}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0");
  check_refused(ACTION("{'call':{}}"), PBK_CODE_UNKNOWN_MEMBER, "/steps/0/actions/0/call");
  check_refused(ACTION("{'task':{},'email':{}}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0");
  check_refused(ACTION("{'task':'t'}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/task");
  check_refused(ACTION("{'task':{'title':5}}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/task/title");
  check_refused(ACTION("{'task':{'title':'t','to':'x'}}"), PBK_CODE_UNKNOWN_MEMBER, "/steps/0/actions/0/task/to");
  check_refused(ACTION("{'task':{'title':'t','assignee':'john'}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/task/assignee");
  check_refused(ACTION("{'task':{'title':'t','assignee':{'user':'a','role':'b'}}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/task/assignee");
  check_refused(ACTION("{'task':{'title':'t','assignee':{'sender':false}}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/task/assignee/sender");
  check_refused(ACTION("{'task':{'title':'t','assignee':{'team':'x'}}}"), PBK_CODE_UNKNOWN_MEMBER,
                "/steps/0/actions/0/task/assignee/team");
  check_refused(ACTION("{'email':{'template':'t','approval':'no'}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/email/approval");
  check_refused(ACTION("{'email':{'template':'t','policy':'drop'}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/email/policy");
  check_refused(ACTION("{'email':{'template':'t','subject':'x'}}"), PBK_CODE_UNKNOWN_MEMBER,
                "/steps/0/actions/0/email/subject");
  check_refused(ACTION("{'email':{'template':'t','send_as':'me'}}"), PBK_CODE_BAD_DEFINITION,
                "/steps/0/actions/0/email/send_as");
  check_refused(ACTION("{'email':{'template':'t','to':'some'}}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/email/to");
  check_refused(ACTION("{'assign':{'role':'r','rotate':'a'}}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/assign/rotate");
  check_refused(ACTION("{'notify':{'to':5}}"), PBK_CODE_BAD_DEFINITION, "/steps/0/actions/0/notify/to");
  check_refused(ACTION("{'notify':{'to':'x','approval':true}}"), PBK_CODE_UNKNOWN_MEMBER,
                "/steps/0/actions/0/notify/approval");
}

int main(void) {
  open_definitions();
  RUN(the_example);
  RUN(defaults);
  RUN(triggers);
  RUN(actions);
  RUN(mistakes);
  close_definitions();
  return check_report();
}
