/* tests/unit/message_key.c - idempotency keys (SPEC O7): what was stirred can be had back, what is hashed stands apart, and
 * every bit of what goes in changes half of what comes out. */
#include "outbox/message_key.h"

#include "unit/check.h"

static struct message_keys keys_of(const char *id) {
  struct message_keys keys;
  pbk_message_keys_init(&keys, text_from(id));
  return keys;
}

static bool same_parts(struct key_parts a, struct key_parts b) {
  return a.enrollment == b.enrollment && a.step == b.step && a.action == b.action && a.to_kind == b.to_kind && a.to == b.to;
}

/* Backwards through what make_message_key does: that there is a way back is what makes keys unique. */
static struct key_parts parts_of(const struct message_keys *keys, const char key[MESSAGE_KEY_TEXT]) {
  unsigned char bytes[16];
  pbk_read_key(bytes, key);
  uint64_t left = load_u64(bytes), right = load_u64(bytes + 8);
  left ^= key_stir(right ^ keys->rounds[3]);
  right ^= key_stir(left ^ keys->rounds[2]) >> 1;
  left ^= key_stir(right ^ keys->rounds[1]);
  right ^= key_stir(left ^ keys->rounds[0]) >> 1;
  uint32_t place = (uint32_t)(right >> 32);
  return (struct key_parts){left, place >> (KEY_KIND_BITS + KEY_ACTION_BITS),
                            place >> KEY_KIND_BITS & ((1u << KEY_ACTION_BITS) - 1), place & ((1u << KEY_KIND_BITS) - 1),
                            (uint32_t)right};
}

static bool comes_back(const struct message_keys *keys, struct key_parts parts) {
  char key[MESSAGE_KEY_TEXT];
  make_message_key(keys, parts, key);
  return CHECK(key[30] < '8') && CHECK(same_parts(parts_of(keys, key), parts));
}

static void can_be_undone(void) {
  struct message_keys keys = keys_of("engine");
  static const uint64_t enrollments[] = {0, 1, 2, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX};
  static const uint32_t steps[] = {0, 1, 511, 512, (1u << 20) - 1}, actions[] = {0, 1, 99, 511};
  static const uint32_t recipients[] = {0, 1, 65536, INT32_MAX, UINT32_MAX};
  for (uint32_t i = 0; i < 6 * 5 * 4 * 4 * 5; i++) {
    struct key_parts parts = {enrollments[i % 6], steps[i / 6 % 5], actions[i / 30 % 4], i / 120 % 4, recipients[i / 480]};
    check_note("case %u", (unsigned)i);
    if (!comes_back(&keys, parts)) return;
  }
  uint64_t state = 7;
  for (uint32_t i = 0; i < 10000; i++) {
    uint64_t word = check_random(&state);
    struct key_parts parts = {check_random(&state), (uint32_t)(word & 0xfffff), (uint32_t)(word >> 20 & 511),
                              (uint32_t)(word >> 29 & 3), (uint32_t)(word >> 32)};
    if (!comes_back(&keys, parts)) return;
  }
}

/* The first that does not fit, of each part, and the greatest. */
static void hashed_where_it_does_not_fit(void) {
  struct message_keys keys = keys_of("engine");
  static const struct key_parts parts[] = {{1, 1u << 20, 0, 1, 1},   {1, 0, 512, 1, 1},          {1, 0, 0, 4, 1},
                                           {1, UINT32_MAX, 0, 1, 1}, {1, UINT32_MAX, 511, 3, 1}, {1, 0, UINT32_MAX, 1, 1},
                                           {1, 0, 0, UINT32_MAX, 1}, {2, UINT32_MAX, 511, 3, 1}};
  enum { PARTS = sizeof parts / sizeof *parts };
  char made[PARTS][MESSAGE_KEY_TEXT];
  for (uint32_t i = 0; i < PARTS; i++) {
    char hashed[MESSAGE_KEY_TEXT];
    check_note("case %u", (unsigned)i);
    make_message_key(&keys, parts[i], made[i]);
    pbk_hash_message_key(&keys, parts[i], hashed);
    CHECK(memcmp(made[i], hashed, MESSAGE_KEY_TEXT) == 0);
    CHECK(made[i][30] >= '8');
    for (uint32_t j = 0; j < i; j++) CHECK(memcmp(made[j], made[i], MESSAGE_KEY_TEXT) != 0);
  }
}

/* The same on every machine and in every version that reads the same journals. */
static void known_keys(void) {
  struct message_keys keys = keys_of("engine"), none;
  pbk_message_keys_init(&none, NO_TEXT);
  char key[MESSAGE_KEY_TEXT + 1] = {0};
  make_message_key(&keys, (struct key_parts){1, 2, 3, 1, 4}, key);
  CHECK_TEXT(text_from(key), "b54f5025e4bbdc0b35250c95eb75f202");
  make_message_key(&none, (struct key_parts){1, 2, 3, 1, 4}, key);
  CHECK_TEXT(text_from(key), "5570d5d757d3a54d28334fa4fcbc935c");
  make_message_key(&keys, (struct key_parts){1, 1u << 20, 3, 1, 4}, key);
  CHECK_TEXT(text_from(key), "adf516ad45529f39bf66f8d87a4855db");
}

static void digits(void) {
  uint64_t random = 5;
  for (uint32_t round = 0; round < 300; round++) {
    unsigned char bytes[16], back[16];
    char wanted[MESSAGE_KEY_TEXT + 1], found[MESSAGE_KEY_TEXT + 1] = {0}, portable[MESSAGE_KEY_TEXT + 1] = {0};
    for (uint32_t i = 0; i < 16; i++)
      bytes[i] = (unsigned char)(round < 16 ? round * 16 + i : check_random_below(&random, 256));
    for (uint32_t i = 0; i < 16; i++) snprintf(wanted + (size_t)i * 2, 3, "%02x", bytes[i]);
    write_key(found, load_u64(bytes), load_u64(bytes + 8));
    write_key_by_words(portable, load_u64(bytes), load_u64(bytes + 8));
    CHECK_TEXT(text_from(found), wanted);
    CHECK_TEXT(text_from(portable), wanted);
    pbk_read_key(back, found);
    CHECK(memcmp(back, bytes, 16) == 0);
  }
}

static void flip(struct key_parts *parts, uint32_t bit) {
  if (bit < 64)
    parts->enrollment ^= (uint64_t)1 << bit;
  else if (bit < 96)
    parts->to ^= (uint32_t)1 << (bit - 64);
  else if (bit < 98)
    parts->to_kind ^= (uint32_t)1 << (bit - 96);
  else if (bit < 107)
    parts->action ^= (uint32_t)1 << (bit - 98);
  else
    parts->step ^= (uint32_t)1 << (bit - 107);
}

/* Numbers of enrollments, steps and contacts are small and close together: keys are not. */
static void each_bit_changes_half(void) {
  enum { BITS = 127, ROUNDS = 1000 };
  static uint32_t changed[BITS][BITS];
  struct message_keys keys = keys_of("engine");
  for (uint32_t round = 0; round < ROUNDS; round++) {
    struct key_parts parts = {1 + round, round % 3, round % 2, 1, round * 5};
    char text[MESSAGE_KEY_TEXT];
    unsigned char key[16], other[16];
    make_message_key(&keys, parts, text);
    pbk_read_key(key, text);
    for (uint32_t in = 0; in < BITS; in++) {
      struct key_parts flipped = parts;
      flip(&flipped, in);
      make_message_key(&keys, flipped, text);
      pbk_read_key(other, text);
      for (uint32_t out = 0; out < BITS; out++) changed[in][out] += (uint32_t)(key[out / 8] ^ other[out / 8]) >> out % 8 & 1;
    }
  }
  for (uint32_t in = 0; in < BITS; in++)
    for (uint32_t out = 0; out < BITS; out++) {
      check_note("bit %u of what goes in, %u of what comes out", (unsigned)in, (unsigned)out);
      CHECK(changed[in][out] > ROUNDS * 2 / 5 && changed[in][out] < ROUNDS * 3 / 5); /* six times what chance does */
    }
}

static int by_bytes(const void *a, const void *b) {
  return memcmp(a, b, MESSAGE_KEY_TEXT);
}

/* The same messages of engines whose ids are alike. */
static void other_ids_other_keys(void) {
  enum { IDS = 100, MESSAGES = 1000 };
  static char all[IDS * MESSAGES][MESSAGE_KEY_TEXT];
  for (uint32_t id = 0; id < IDS; id++) {
    char text[16];
    snprintf(text, sizeof text, "%u", (unsigned)id);
    struct message_keys keys = keys_of(text);
    for (uint32_t i = 0; i < MESSAGES; i++)
      make_message_key(&keys, (struct key_parts){i / 4, i % 2, i / 2 % 2, 1, i}, all[id * MESSAGES + i]);
  }
  qsort(all, IDS * MESSAGES, MESSAGE_KEY_TEXT, by_bytes);
  uint32_t alike = 0;
  for (uint32_t i = 1; i < IDS * MESSAGES; i++) alike += memcmp(all[i - 1], all[i], 16) == 0; /* not even their halves */
  CHECK_EQUAL_UINT(alike, 0);
}

int main(void) {
  RUN(can_be_undone);
  RUN(hashed_where_it_does_not_fit);
  RUN(known_keys);
  RUN(digits);
  RUN(each_bit_changes_half);
  RUN(other_ids_other_keys);
  return check_report();
}
