/* wire/object.h - members of a JSON object by name and kind, each mistake told with its path. */
#ifndef PBK_WIRE_OBJECT_H
#define PBK_WIRE_OBJECT_H

#include "base/problem.h"
#include "base/value.h"

/* How one input is read. */
struct reading_line {
  struct arena *arena;
  struct problem *problem;
  pbk_code code; /* of a wrong or missing member: bad_input, bad_definition */
};

/* NULL where the member is absent. */
static inline const pbk_value *pbk_member_of(const pbk_value *object, const char *name) {
  return pbk_value_member(object, text_from(name));
}

/* A mistake at a member ("expected …"), or about the whole (member NULL). Always false. */
bool pbk_wrong(struct reading_line *reading, const char *member, const char *message);

/* Each sets *to, and leaves it where the member is absent; false when it is of another kind. */
bool pbk_read_text_member(struct reading_line *reading, const pbk_value *object, const char *name, pbk_text *to);
bool pbk_read_bool_member(struct reading_line *reading, const pbk_value *object, const char *name, bool *to);
bool pbk_read_duration_member(struct reading_line *reading, const pbk_value *object, const char *name,
                              const pbk_duration **to);
/* An object or list, NULL where absent. */
bool pbk_read_object_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_value **to);
bool pbk_read_list_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_value **to);
/* A list of texts, NULL where absent. */
bool pbk_read_texts_member(struct reading_line *reading, const pbk_value *object, const char *name, const pbk_text **to,
                           uint32_t *count);
/* False when there are members besides those in the list (SPEC L: an unknown member of a definition is an error). */
bool pbk_only_members(struct reading_line *reading, const pbk_value *object, const char *const *names, uint32_t count);

#define ONLY_MEMBERS(reading, object, ...)                                     \
  pbk_only_members((reading), (object), (const char *const[]){__VA_ARGS__},    \
                   (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

#endif
