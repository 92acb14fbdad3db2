/* base/context.h - what every floor of one engine shares: memory, time, names, wake-ups, outputs. */
#ifndef PBK_BASE_CONTEXT_H
#define PBK_BASE_CONTEXT_H

#include "base/calendar.h"
#include "base/map.h"
#include "base/outputs.h"

struct context {
  struct memory *memory;
  pbk_time now;
  struct names names; /* events, traits, stages, and the keys of definitions */
  struct calendar calendar;
  struct outputs outputs;
};

/* A new output at `now`. */
static inline pbk_output output_of(const struct context *context, pbk_output_type type) {
  return (pbk_output){.size = sizeof(pbk_output), .type = type, .at = context->now, .due = PBK_NO_TIME};
}
static inline void emit(struct context *context, const pbk_output *output) { pbk_outputs_add(&context->outputs, output); }

static inline struct text name_text(const struct context *context, uint32_t name) {
  return name == MAP_NONE ? NO_TEXT : pbk_names_text(&context->names, name);
}
static inline pbk_text name_public(const struct context *context, uint32_t name) {
  return public_text(name_text(context, name));
}

#endif
