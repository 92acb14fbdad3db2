/* base/letters.c - see letters.h. */
#include "base/letters.h"

#include "base/checksum.h"

static struct text text_of_kind(const struct letter_kind *kind) {
  return (struct text){(const char *)kind, sizeof *kind};
}

static struct text letter_text_of(const void *owner, uint32_t number) {
  return text_of_kind(&letter_at(owner, number)->kind);
}

void pbk_letters_init(struct letters *letters, struct memory *memory, const struct names *names) {
  *letters = (struct letters){.memory = memory, .names = names};
  pbk_map_init(&letters->map, letter_text_of, letters);
}

void pbk_letters_release(struct letters *letters) {
  if (!letters->memory) return; /* memory ran out before they were made */
  pbk_map_release(letters->memory, &letters->map);
  array_release(letters->memory, &letters->items);
}

static pbk_text told_name(const struct names *names, uint32_t name) {
  struct text text = pbk_names_text(names, name);
  return (pbk_text){text.bytes, text.size};
}

uint32_t pbk_letters_intern(struct letters *letters, const struct letter_kind *kind) {
  uint32_t number = pbk_map_find(&letters->map, text_of_kind(kind));
  if (number != MAP_NONE) return number;
  number = letters->items.count;
  array_reserve(letters->memory, &letters->items, number + 1);
  pbk_map_add(letters->memory, &letters->map, text_of_kind(kind), number);
  const struct name *texts = letters->names->texts;
  letters->items.items[number] =
    (struct letter){.playbook = told_name(letters->names, kind->playbook),
                    .channel = told_name(letters->names, kind->channel),
                    .template = told_name(letters->names, kind->template),
                    .kind = *kind,
                    .sum = digest_mix(digest_mix(texts[kind->playbook].checksum, texts[kind->channel].checksum),
                                      texts[kind->template].checksum)};
  letters->items.count++;
  return number;
}
