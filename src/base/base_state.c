/* base/base_state.c - see base_state.h. */
#include "base/base_state.h"

#include "base/output_code.h"

void pbk_code_names(struct coder *coder, struct names *names) {
  uint32_t count = names->count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct text text = i < names->count ? pbk_names_text(names, i) : TEXT("");
    coder_item(coder);
    pbk_code_text(coder, &text);
    if (coder_reads(coder) && (!text.bytes || pbk_names_intern(names, text) != i)) coder_fail(coder);
  }
}

void pbk_code_registry(struct coder *coder, struct registry *registry, void *owner, code_object code) {
  uint32_t count = registry->entries.count;
  if (!pbk_code_row_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    struct registry_entry entry = {.settled = true};
    coder_item(coder);
    if (!coder_reads(coder)) entry = registry->entries.items[i];
    pbk_code_index(coder, &entry.name, registry->names->count);
    bool defined = pbk_code_presence(coder, entry.current != NULL);
    if (coder_failed(coder)) return;
    if (coder_reads(coder)) array_push(registry->memory, &registry->entries, entry);
    if (!defined) continue;
    void *object = code(coder, owner, i, entry.current);
    if (!coder_reads(coder)) continue;
    struct text key = pbk_names_text(registry->names, entry.name);
    registry->entries.items[i].current = object;
    if (!object || pbk_map_find(&registry->by_key, key) != MAP_NONE) coder_fail(coder);
    else pbk_map_add(registry->memory, &registry->by_key, key, i);
  }
}

void pbk_code_places(struct coder *coder, place_list *list, uint32_t limit) {
  uint32_t count = list->count;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    uint32_t place = coder_reads(coder) ? 0 : list->items[i];
    pbk_code_index(coder, &place, limit);
    if (coder_reads(coder)) array_push(coder->memory, list, place);
  }
}

void pbk_code_ids(struct coder *coder, id_list *list) {
  uint32_t count = list->count;
  if (!pbk_code_count(coder, &count)) return;
  for (uint32_t i = 0; i < count && !coder_failed(coder); i++) {
    uint64_t id = coder_reads(coder) ? 0 : list->items[i];
    pbk_code_u64(coder, &id);
    if (coder_reads(coder)) array_push(coder->memory, list, id);
  }
}

void pbk_code_outputs(struct coder *coder, struct outputs *outputs) {
  uint64_t waiting = outputs->last_seq - outputs->drained_seq;
  pbk_code_u64(coder, &waiting);
  if (coder_reads(coder)) {
    if (waiting > outputs->last_seq) coder_fail(coder);
    else outputs->drained_seq = outputs->last_seq - waiting;
  }
  struct outputs_cursor cursor = pbk_outputs_cursor(outputs);
  for (uint64_t i = 0; i < waiting && !coder_failed(coder); i++) {
    pbk_output output = {0};
    coder_item(coder);
    if (!coder_reads(coder)) pbk_outputs_next(&cursor, &output);
    pbk_code_output(coder, &output);
    if (output.seq != outputs->drained_seq + 1 + i) coder_fail(coder); /* one after the other, as they were made */
    if (coder_reads(coder) && !coder_failed(coder)) pbk_outputs_restore(outputs, &output);
  }
}
