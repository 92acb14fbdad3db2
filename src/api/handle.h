/* api/handle.h - handles: kind 8 | generation 24 | index 32. Places and indexes are never used again, so every generation is 1. */
#ifndef PBK_API_HANDLE_H
#define PBK_API_HANDLE_H

#include "engine/engine.h"

static inline pbk_handle handle_of(pbk_handle_kind kind, uint32_t index) {
  return (uint64_t)(uint32_t)kind << 56 | (uint64_t)1 << 32 | index;
}

/* The contact or account that a handle names, or NULL. */
static inline const struct subject *pbk_open_subject(const struct pbk_engine *engine, pbk_handle handle, pbk_handle_kind kind,
                                                     uint32_t *index) {
  int32_t of = kind == PBK_HANDLE_CONTACT ? PBK_CONTACT : PBK_ACCOUNT;
  *index = (uint32_t)handle;
  if (handle != handle_of(kind, *index) || *index >= pbk_subject_total(&engine->facts, of)) return NULL;
  const struct subject *subject = pbk_subject_at(&engine->facts, of, *index);
  return subject->deleted ? NULL : subject;
}

#endif
