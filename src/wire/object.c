/* wire/object.c - see object.h. */
#include "wire/object.h"

#include "base/clock.h"
#include "base/outputs.h"

bool pbk_wrong(struct reading_line *reading, const char *member, const char *message) {
  if (member) pbk_problem_enter(reading->problem, text_from(member));
  return pbk_problem_set(reading->problem, reading->code, "", member ? text_from(member) : NO_TEXT, message);
}

bool pbk_read_text_member(struct reading_line *reading, const pbk_value *object, const char *name, pbk_text *to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  if (value->kind != PBK_STRING) return pbk_wrong(reading, name, " must be text");
  *to = (pbk_text){value->size ? value->as.text : "", value->size};
  return true;
}

bool pbk_read_bool_member(struct reading_line *reading, const pbk_value *object, const char *name, bool *to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  if (value->kind != PBK_BOOL) return pbk_wrong(reading, name, " must be true or false");
  *to = value->as.integer != 0;
  return true;
}

bool pbk_read_duration_member(struct reading_line *reading, const pbk_value *object, const char *name,
                              const pbk_duration **to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  pbk_duration *duration = pbk_arena_allocate(reading->arena, sizeof *duration);
  if (value->kind != PBK_STRING || !pbk_parse_duration(value_text(value), duration))
    return pbk_wrong(reading, name, " must be a duration such as \"90s\", \"1h30m\", \"3d\" or \"2w\"");
  *to = duration;
  return true;
}

bool pbk_read_object_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_value **to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  if (value->kind != PBK_MAP) return pbk_wrong(reading, name, " must be an object");
  *to = value;
  return true;
}

bool pbk_read_list_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_value **to) {
  const pbk_value *value = pbk_member_of(object, name);
  if (!value) return true;
  if (value->kind != PBK_LIST) return pbk_wrong(reading, name, " must be a list");
  *to = value;
  return true;
}

bool pbk_read_texts_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_text **to,
                           uint32_t *count) {
  const pbk_value *list = NULL;
  if (!pbk_read_list_member(reading, object, name, &list)) return false;
  if (!list) return true;
  pbk_text *texts = pbk_arena_allocate(reading->arena, ((size_t)list->size + 1) * sizeof *texts);
  for (uint32_t i = 0; i < list->size; i++) {
    const pbk_value *item = &list->as.items[i];
    if (item->kind != PBK_STRING) {
      pbk_problem_enter(reading->problem, text_from(name));
      pbk_problem_enter_item(reading->problem, i);
      return pbk_problem_at(reading->problem, reading->code, "expected text");
    }
    texts[i] = (pbk_text){item->size ? item->as.text : "", item->size};
  }
  *to = texts;
  *count = list->size;
  return true;
}

bool pbk_only_members(struct reading_line *reading, const pbk_value *object, const char *const *names, uint32_t count) {
  for (uint32_t i = 0; i < object->size; i++) {
    struct text name = member_name(&object->as.members[i]);
    bool known = false;
    for (uint32_t j = 0; j < count && !known; j++) known = text_equal(name, text_from(names[j]));
    if (known) continue;
    pbk_problem_enter(reading->problem, name);
    return pbk_problem_set(reading->problem, PBK_CODE_UNKNOWN_MEMBER, "unknown member ", name, "");
  }
  return true;
}
