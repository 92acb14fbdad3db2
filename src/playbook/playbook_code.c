/* playbook/playbook_code.c - see playbook_code.h. */
#include "playbook/playbook_code.h"

#include "base/sized.h"

union item {
  uint32_t size;
  pbk_trigger trigger;
  pbk_branch branch;
  pbk_action action;
  pbk_step step;
  pbk_pool pool;
};
typedef void (*code_item)(struct coder *coder, union item *item);

static void code_list(struct coder *coder, const void **list, uint32_t *count, size_t size, code_item code) {
  if (!pbk_code_count(coder, count)) return;
  char *copies = coder->writer ? NULL : pbk_code_rooms(coder, *count, size);
  for (uint32_t i = 0; i < *count; i++) {
    union item item;
    memset(&item, 0, sizeof item);
    if (coder->writer) pbk_read_sized(&item, size, pbk_sized_item(*list, i));
    item.size = (uint32_t)size;
    code(coder, &item);
    if (copies) memcpy(copies + (size_t)i * size, &item, size);
  }
  if (copies) *list = copies;
}

static void code_trigger(struct coder *coder, union item *item) {
  pbk_trigger *trigger = &item->trigger;
  pbk_code_i32(coder, &trigger->kind);
  pbk_code_public(coder, &trigger->name);
  pbk_code_public(coder, &trigger->where);
  pbk_code_public(coder, &trigger->from);
  pbk_code_public(coder, &trigger->stage);
}

static void code_pool(struct coder *coder, const pbk_pool **pool) {
  pbk_pool copy = {.size = sizeof copy};
  if (!pbk_code_presence(coder, *pool != NULL)) return;
  if (coder->writer) pbk_read_sized(&copy, sizeof copy, *pool);
  pbk_code_i32(coder, &copy.sticky);
  pbk_code_texts(coder, &copy.senders, &copy.sender_count);
  if (coder->writer) return;
  pbk_pool *kept = pbk_code_room(coder, sizeof *kept);
  *kept = copy;
  *pool = kept;
}

static void code_branch(struct coder *coder, union item *item) {
  pbk_code_public(coder, &item->branch.segment);
  code_pool(coder, &item->branch.senders);
}

static void code_action(struct coder *coder, union item *item) {
  pbk_action *action = &item->action;
  action->person.size = sizeof action->person;
  action->send_as.size = sizeof action->send_as;
  action->to.size = sizeof action->to;
  pbk_code_i32(coder, &action->kind);
  pbk_code_public(coder, &action->title);
  pbk_code_i32(coder, &action->person.kind);
  pbk_code_public(coder, &action->person.key);
  pbk_code_duration_pointer(coder, &action->due);
  pbk_code_public(coder, &action->template_key);
  pbk_code_i32(coder, &action->approval);
  pbk_code_i32(coder, &action->policy);
  pbk_code_i32(coder, &action->send_as.kind);
  pbk_code_public(coder, &action->send_as.key);
  pbk_code_i32(coder, &action->send_as.fail_without);
  pbk_code_i32(coder, &action->to.kind);
  pbk_code_public(coder, &action->to.text);
  pbk_code_public(coder, &action->channel);
  pbk_code_public(coder, &action->role);
  pbk_code_public(coder, &action->user);
  pbk_code_texts(coder, &action->rotate, &action->rotate_count);
}

static void code_step(struct coder *coder, union item *item) {
  pbk_step *step = &item->step;
  const void *actions = step->actions;
  pbk_code_i64(coder, &step->delay);
  pbk_code_public(coder, &step->when);
  pbk_code_i32(coder, &step->exit_on_skip);
  code_list(coder, &actions, &step->action_count, sizeof(pbk_action), code_action);
  step->actions = actions;
}

void pbk_code_playbook(struct coder *coder, pbk_playbook *playbook) {
  const void *triggers = playbook->triggers, *branches = playbook->branches, *steps = playbook->steps;
  pbk_code_public(coder, &playbook->key);
  pbk_code_i32(coder, &playbook->subject);
  pbk_code_i32(coder, &playbook->active);
  pbk_code_i32(coder, &playbook->reentry);
  pbk_code_i64(coder, &playbook->reentry_after);
  code_list(coder, &triggers, &playbook->trigger_count, sizeof(pbk_trigger), code_trigger);
  pbk_code_public(coder, &playbook->segment);
  pbk_code_public(coder, &playbook->when);
  pbk_code_public(coder, &playbook->exit_when);
  pbk_code_i32(coder, &playbook->exit_on_left);
  pbk_code_i32(coder, &playbook->keep_tasks);
  pbk_code_i32(coder, &playbook->keep_messages);
  pbk_code_duration_pointer(coder, &playbook->approval_window);
  code_pool(coder, &playbook->senders);
  code_list(coder, &branches, &playbook->branch_count, sizeof(pbk_branch), code_branch);
  code_list(coder, &steps, &playbook->step_count, sizeof(pbk_step), code_step);
  playbook->triggers = triggers;
  playbook->branches = branches;
  playbook->steps = steps;
}
