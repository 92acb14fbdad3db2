/* cel/regex_parser.c - patterns in RE2 syntax into states. What a piece of pattern becomes is a run of states that is left
 * at its end and whose jumps are relative, so that it can be moved and repeated as it is. */
#include "base/utf8.h"
#include "cel/regex.h"
#include "cel/regex_unicode.h"

enum {
  REGEX_FOLD = 1,
  REGEX_LINES = 2,
  REGEX_DOT_ALL = 4,
  REGEX_MOST_NESTING = 100,
  REGEX_MOST_REPEAT = 1000,
  REGEX_LAST = 0x10ffff
};

struct regex_parser {
  struct text pattern;
  uint32_t at;
  struct cel_regex_state *states;
  struct cel_regex_range *ranges;
  uint32_t state_count, state_room, range_count, range_room;
  uint32_t nesting;
  const char *message; /* the first thing wrong */
  uint32_t message_at;
};

static void regex_alternatives(struct regex_parser *parser, uint32_t *flags);

/* ---- the pattern's characters ---- */

static void regex_wrong(struct regex_parser *parser, const char *message) {
  if (parser->message) return;
  parser->message = message;
  parser->message_at = parser->at;
}

static bool regex_more(const struct regex_parser *parser) {
  return !parser->message && parser->at < parser->pattern.size;
}

static bool regex_sees(const struct regex_parser *parser, char c) {
  return regex_more(parser) && parser->pattern.bytes[parser->at] == c;
}

static bool regex_sees_text(const struct regex_parser *parser, const char *text) {
  uint32_t size = (uint32_t)strlen(text);
  return regex_more(parser) && parser->pattern.size - parser->at >= size &&
         memcmp(parser->pattern.bytes + parser->at, text, size) == 0;
}

static bool regex_take(struct regex_parser *parser, char c) {
  if (!regex_sees(parser, c)) return false;
  parser->at++;
  return true;
}

static uint32_t regex_next(struct regex_parser *parser) {
  return pbk_utf8_next(parser->pattern, &parser->at);
}

/* ---- states and ranges ---- */

static void regex_emit(struct regex_parser *parser, uint32_t code, uint32_t negated, uint32_t first, uint32_t count) {
  if (parser->state_count >= parser->state_room) {
    regex_wrong(parser, "the pattern is too large");
    return;
  }
  parser->states[parser->state_count++] = (struct cel_regex_state){(uint16_t)code, (uint16_t)negated, first, count};
}

/* Puts a state before the run that begins at `at`. */
static void regex_insert(struct regex_parser *parser, uint32_t at, uint32_t code, uint32_t first, uint32_t count) {
  regex_emit(parser, code, 0, first, count);
  if (parser->message) return;
  struct cel_regex_state state = parser->states[parser->state_count - 1];
  memmove(parser->states + at + 1, parser->states + at, (parser->state_count - 1 - at) * sizeof *parser->states);
  parser->states[at] = state;
}

/* Appends a copy of a run. */
static void regex_repeat_run(struct regex_parser *parser, const struct cel_regex_state *run, uint32_t size) {
  if (size > parser->state_room - parser->state_count) {
    regex_wrong(parser, "the pattern is too large");
    return;
  }
  memmove(parser->states + parser->state_count, run, size * sizeof *run);
  parser->state_count += size;
}

static void regex_range(struct regex_parser *parser, uint32_t from, uint32_t to) {
  if (parser->range_count >= parser->range_room) {
    regex_wrong(parser, "the pattern is too large");
    return;
  }
  parser->ranges[parser->range_count++] = (struct cel_regex_range){from, to};
}

/* Sorts the ranges from `first` on and joins those that touch. */
static void regex_tidy(struct regex_parser *parser, uint32_t first) {
  struct cel_regex_range *ranges = parser->ranges + first;
  uint32_t count = parser->range_count - first;
  for (uint32_t gap = count / 2; gap; gap /= 2) {
    for (uint32_t i = gap; i < count; i++) {
      struct cel_regex_range moved = ranges[i];
      uint32_t j = i;
      for (; j >= gap && ranges[j - gap].from > moved.from; j -= gap) ranges[j] = ranges[j - gap];
      ranges[j] = moved;
    }
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (kept && ranges[i].from <= ranges[kept - 1].to + 1) {
      if (ranges[i].to > ranges[kept - 1].to) ranges[kept - 1].to = ranges[i].to;
    } else {
      ranges[kept++] = ranges[i];
    }
  }
  parser->range_count = first + kept;
}

/* Turns the ranges from `first` on into all other characters. */
static void regex_complement(struct regex_parser *parser, uint32_t first) {
  regex_tidy(parser, first);
  uint32_t end = parser->range_count, from = 0;
  for (uint32_t i = first; i < end; i++) {
    struct cel_regex_range range = parser->ranges[i];
    if (range.from > from) regex_range(parser, from, range.from - 1);
    from = range.to + 1;
  }
  if (from <= REGEX_LAST) regex_range(parser, from, REGEX_LAST);
  uint32_t made = parser->range_count - end;
  memmove(parser->ranges + first, parser->ranges + end, made * sizeof *parser->ranges);
  parser->range_count = first + made;
}

/* Adds what differs from the ranges from `first` on only by case. */
static void regex_fold(struct regex_parser *parser, uint32_t first) {
  regex_tidy(parser, first);
  uint32_t end = parser->range_count;
  for (uint32_t i = first; i < end; i++) {
    struct cel_regex_range range = parser->ranges[i];
    for (uint32_t k = 0; k < pbk_cel_case_count; k++) {
      const struct cel_case_run *run = &pbk_cel_case_runs[k];
      if (run->to < range.from || run->from > range.to) continue;
      uint32_t from = range.from > run->from ? range.from : run->from, to = range.to < run->to ? range.to : run->to;
      if (run->stride == 1) {
        regex_range(parser, (uint32_t)((int32_t)from + run->shift), (uint32_t)((int32_t)to + run->shift));
      } else {
        from += (from - run->from) % 2;
        for (; from <= to; from += 2) {
          uint32_t other = (uint32_t)((int32_t)from + run->shift);
          regex_range(parser, other, other);
        }
      }
    }
  }
  regex_tidy(parser, first);
}

static void regex_emit_ranges(struct regex_parser *parser, uint32_t first, bool negated, uint32_t flags) {
  if (flags & REGEX_FOLD) {
    /* Orbits are short: each turn adds the next in them. */
    for (int turn = 0; turn < 3; turn++) regex_fold(parser, first);
  } else {
    regex_tidy(parser, first);
  }
  regex_emit(parser, REGEX_RANGES, negated, first, parser->range_count - first);
}

static void regex_emit_character(struct regex_parser *parser, uint32_t c, uint32_t flags) {
  uint32_t first = parser->range_count;
  regex_range(parser, c, c);
  regex_emit_ranges(parser, first, false, flags);
}

/* ---- classes ---- */

static void regex_add_pairs(struct regex_parser *parser, const char *pairs, bool negated) {
  uint32_t first = parser->range_count;
  for (; *pairs; pairs += 2) regex_range(parser, (unsigned char)pairs[0], (unsigned char)pairs[1]);
  if (negated) regex_complement(parser, first);
}

/* \d \s \w and their opposites; false when the letter is none. */
static bool regex_add_perl(struct regex_parser *parser, uint32_t letter) {
  switch (letter) {
    case 'd':
    case 'D': regex_add_pairs(parser, "09", letter == 'D'); return true;
    case 's':
    case 'S': regex_add_pairs(parser, "\t\n\f\r  ", letter == 'S'); return true;
    case 'w':
    case 'W': regex_add_pairs(parser, "09AZ__az", letter == 'W'); return true;
    default: return false;
  }
}

/* [:alpha:] and the like, the opening "[:" before `at`. */
static void regex_add_posix(struct regex_parser *parser) {
  static const struct {
    const char *name, *pairs;
  } classes[] = {
    {"alnum", "09AZaz"}, {"alpha", "AZaz"}, {"ascii", "\001\177"}, {"blank", "\t\t  "}, {"cntrl", "\001\037\177\177"},
    {"digit", "09"},     {"graph", "!~"},   {"lower", "az"},       {"print", " ~"},     {"punct", "!/:@[`{~"},
    {"space", "\t\r  "}, {"upper", "AZ"},   {"word", "09AZaz__"},  {"xdigit", "09AFaf"}};
  bool negated = regex_take(parser, '^');
  for (uint32_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    uint32_t size = (uint32_t)strlen(classes[i].name);
    if (!regex_sees_text(parser, classes[i].name)) continue;
    uint32_t end = parser->at + size;
    if (end + 2 > parser->pattern.size || parser->pattern.bytes[end] != ':' || parser->pattern.bytes[end + 1] != ']')
      continue;
    parser->at = end + 2;
    uint32_t first = parser->range_count;
    regex_add_pairs(parser, classes[i].pairs, false);
    /* A zero character cannot stand in a C string. */
    if (text_equal(text_from(classes[i].name), TEXT("ascii")) || text_equal(text_from(classes[i].name), TEXT("cntrl"))) {
      regex_range(parser, 0, 0);
    }
    if (negated) regex_complement(parser, first);
    return;
  }
  regex_wrong(parser, "an unknown character class");
}

/* \pL \p{Lu} \P{L} \p{^L}, the letter p already taken. */
static void regex_add_unicode(struct regex_parser *parser, bool negated) {
  struct text name;
  if (regex_take(parser, '{')) {
    if (regex_take(parser, '^')) negated = !negated;
    uint32_t start = parser->at;
    while (regex_more(parser) && parser->pattern.bytes[parser->at] != '}') parser->at++;
    name = (struct text){parser->pattern.bytes + start, parser->at - start};
    if (!regex_take(parser, '}')) {
      regex_wrong(parser, "expected \"}\" after a Unicode class");
      return;
    }
  } else {
    if (!regex_more(parser)) {
      regex_wrong(parser, "expected the name of a Unicode class");
      return;
    }
    uint32_t start = parser->at;
    regex_next(parser);
    name = (struct text){parser->pattern.bytes + start, parser->at - start};
  }
  uint32_t first = parser->range_count;
  uint64_t categories = pbk_cel_unicode_categories(name);
  if (!categories) {
    regex_wrong(parser, "an unknown Unicode class (general categories such as L, Lu or Nd are known)");
    return;
  }
  for (uint32_t i = 0; i < pbk_cel_category_count; i++) {
    uint32_t from = pbk_cel_category_runs[i] >> 8, category = pbk_cel_category_runs[i] & 0xff;
    uint32_t past = i + 1 < pbk_cel_category_count ? pbk_cel_category_runs[i + 1] >> 8 : REGEX_LAST + 1;
    if (categories >> category & 1) regex_range(parser, from, past - 1);
  }
  if (negated) regex_complement(parser, first);
}

/* ---- escapes ---- */

static uint32_t regex_hexadecimal(char c) {
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
  if (c >= 'a' && c <= 'f') return (uint32_t)(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return (uint32_t)(c - 'A') + 10;
  return 16;
}

static uint32_t regex_escape_hexadecimal(struct regex_parser *parser) {
  uint32_t value = 0, digits = 0;
  bool braces = regex_take(parser, '{');
  while (regex_more(parser) && (braces || digits < 2)) {
    uint32_t digit = regex_hexadecimal(parser->pattern.bytes[parser->at]);
    if (digit > 15) break;
    parser->at++;
    digits++;
    value = value * 16 + digit;
    if (value > REGEX_LAST) break;
  }
  if (!digits || value > REGEX_LAST || (!braces && digits != 2) || (braces && !regex_take(parser, '}'))) {
    regex_wrong(parser, "expected hexadecimal digits of a character: \\x7f or \\x{10ffff}");
  }
  return value;
}

/* A character written with a backslash, which is already taken, as is `c`. */
static uint32_t regex_escape(struct regex_parser *parser, uint32_t c) {
  switch (c) {
    case 'a': return 7;
    case 'f': return '\f';
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'v': return 11;
    case 'x': return regex_escape_hexadecimal(parser);
    default: break;
  }
  if (c >= '0' && c <= '7') {
    /* \1 alone would be a backreference, which there is none of. */
    uint32_t value = c - '0', digits = 1;
    if (c != '0' &&
        !(regex_more(parser) && parser->pattern.bytes[parser->at] >= '0' && parser->pattern.bytes[parser->at] <= '7')) {
      regex_wrong(parser, "there are no backreferences");
      return 0;
    }
    while (digits < 3 && regex_more(parser) && parser->pattern.bytes[parser->at] >= '0' &&
           parser->pattern.bytes[parser->at] <= '7') {
      value = value * 8 + (uint32_t)(parser->pattern.bytes[parser->at++] - '0');
      digits++;
    }
    return value;
  }
  bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (letter || c >= 0x80) regex_wrong(parser, "an unknown escape");
  return c;
}

/* ---- [ … ] ---- */

static uint32_t regex_class_character(struct regex_parser *parser) {
  uint32_t c = regex_next(parser);
  if (c != '\\') return c;
  if (!regex_more(parser)) {
    regex_wrong(parser, "a backslash at the end");
    return 0;
  }
  return regex_escape(parser, regex_next(parser));
}

static void regex_class(struct regex_parser *parser, uint32_t flags) {
  uint32_t first = parser->range_count, start = parser->at;
  bool negated = regex_take(parser, '^'), begun = false;
  for (;; begun = true) {
    if (!regex_more(parser)) {
      parser->at = start - 1;
      regex_wrong(parser, "a class that begins here has no \"]\"");
      return;
    }
    if (begun && regex_take(parser, ']')) break;
    if (regex_sees_text(parser, "[:")) {
      parser->at += 2;
      regex_add_posix(parser);
      continue;
    }
    if (regex_sees(parser, '\\') && parser->at + 1 < parser->pattern.size) {
      char letter = parser->pattern.bytes[parser->at + 1];
      if (letter == 'p' || letter == 'P') {
        parser->at += 2;
        regex_add_unicode(parser, letter == 'P');
        continue;
      }
      if (regex_add_perl(parser, (unsigned char)letter)) {
        parser->at += 2;
        continue;
      }
    }
    uint32_t from = regex_class_character(parser), to = from;
    if (regex_sees(parser, '-') && parser->at + 1 < parser->pattern.size && parser->pattern.bytes[parser->at + 1] != ']') {
      parser->at++;
      to = regex_class_character(parser);
      if (to < from) regex_wrong(parser, "a range that goes backwards");
    }
    if (!parser->message) regex_range(parser, from, to);
  }
  regex_emit_ranges(parser, first, negated, flags);
}

/* ---- groups, atoms, repetitions ---- */

/* After "(?": flags, up to ")" (true: they hold for the rest of the group around) or ":" (false: a group follows). */
static bool regex_flags(struct regex_parser *parser, uint32_t *flags) {
  bool off = false;
  uint32_t seen = 0;
  while (regex_more(parser)) {
    char c = parser->pattern.bytes[parser->at++];
    uint32_t flag = c == 'i' ? REGEX_FOLD : c == 'm' ? REGEX_LINES : c == 's' ? REGEX_DOT_ALL : 0;
    if (c == ')' || c == ':') {
      if (off && !seen) break;
      return c == ')';
    }
    if (c == '-' && !off) {
      off = true;
      seen = 0;
      continue;
    }
    if (!flag && c != 'U') break; /* U, who is greedy, does not change whether there is a match */
    seen++;
    if (off)
      *flags &= ~flag;
    else
      *flags |= flag;
  }
  parser->at--;
  regex_wrong(parser,
              "an unknown group: (…), (?:…), (?P<name>…) and (?ims-U) are known; there is no looking ahead or behind");
  return true;
}

static void regex_group_name(struct regex_parser *parser) {
  uint32_t start = parser->at;
  while (regex_more(parser) && parser->pattern.bytes[parser->at] != '>') {
    char c = parser->pattern.bytes[parser->at];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) break;
    parser->at++;
  }
  if (parser->at == start || !regex_take(parser, '>')) regex_wrong(parser, "expected the name of a group and \">\"");
}

/* True when it was only flags, which change `flags`; nothing can be repeated then. */
static bool regex_group(struct regex_parser *parser, uint32_t *flags) {
  uint32_t inner = *flags, start = parser->at - 1;
  if (regex_sees_text(parser, "?P<")) {
    parser->at += 3;
    regex_group_name(parser);
  } else if (regex_sees_text(parser, "?<") && !regex_sees_text(parser, "?<=") && !regex_sees_text(parser, "?<!")) {
    parser->at += 2;
    regex_group_name(parser);
  } else if (regex_take(parser, '?')) {
    if (regex_flags(parser, &inner)) {
      *flags = inner;
      return true;
    }
  }
  if (parser->message) return false;
  if (++parser->nesting > REGEX_MOST_NESTING) {
    regex_wrong(parser, "groups within groups, too deeply");
    return false;
  }
  regex_alternatives(parser, &inner);
  parser->nesting--;
  if (!regex_take(parser, ')')) {
    parser->at = start;
    regex_wrong(parser, "a group that begins here has no \")\"");
  }
  return false;
}

static void regex_escaped_atom(struct regex_parser *parser, uint32_t flags) {
  if (!regex_more(parser)) {
    regex_wrong(parser, "a backslash at the end");
    return;
  }
  uint32_t c = regex_next(parser), first = parser->range_count;
  switch (c) {
    case 'A': regex_emit(parser, REGEX_EMPTY, 0, REGEX_TEXT_START, 0); return;
    case 'z': regex_emit(parser, REGEX_EMPTY, 0, REGEX_TEXT_END, 0); return;
    case 'b': regex_emit(parser, REGEX_EMPTY, 0, REGEX_WORD_EDGE, 0); return;
    case 'B': regex_emit(parser, REGEX_EMPTY, 0, REGEX_NOT_WORD_EDGE, 0); return;
    case 'p':
    case 'P':
      regex_add_unicode(parser, c == 'P');
      regex_emit_ranges(parser, first, false, flags);
      return;
    default: break;
  }
  if (regex_add_perl(parser, c))
    regex_emit_ranges(parser, first, false, flags);
  else
    regex_emit_character(parser, regex_escape(parser, c), flags);
}

/* \Q…\E: characters as they are. All but the last are emitted here; gives where the last one's states begin. */
static uint32_t regex_quoted(struct regex_parser *parser, uint32_t flags) {
  uint32_t last = parser->state_count;
  while (regex_more(parser) && !regex_sees_text(parser, "\\E")) {
    last = parser->state_count;
    regex_emit_character(parser, regex_next(parser), flags);
  }
  if (regex_sees_text(parser, "\\E")) parser->at += 2;
  return last;
}

static bool regex_number(const struct regex_parser *parser, uint32_t *at, uint32_t *number) {
  uint32_t value = 0, start = *at;
  while (*at < parser->pattern.size && parser->pattern.bytes[*at] >= '0' && parser->pattern.bytes[*at] <= '9') {
    if (value <= REGEX_MOST_REPEAT) value = value * 10 + (uint32_t)(parser->pattern.bytes[*at] - '0');
    ++*at;
  }
  *number = value;
  return *at > start;
}

/* {n}, {n,} or {n,m}; false, and nothing taken, when it is none: the brace is then an ordinary character. */
static bool regex_counts(struct regex_parser *parser, uint32_t *least, uint32_t *most) {
  uint32_t at = parser->at + 1;
  if (!regex_sees(parser, '{') || !regex_number(parser, &at, least)) return false;
  *most = *least;
  if (at < parser->pattern.size && parser->pattern.bytes[at] == ',') {
    at++;
    if (!regex_number(parser, &at, most)) *most = UINT32_MAX;
  }
  if (at >= parser->pattern.size || parser->pattern.bytes[at] != '}') return false;
  if (*least > REGEX_MOST_REPEAT || (*most != UINT32_MAX && (*most > REGEX_MOST_REPEAT || *most < *least))) {
    regex_wrong(parser, "a repetition must go from at most 1000 up to at most 1000");
  }
  parser->at = at + 1;
  return true;
}

/* A piece of pattern from state `start` on, repeated. */
static void regex_repeat(struct regex_parser *parser, uint32_t start, uint32_t least, uint32_t most) {
  uint32_t size = parser->state_count - start;
  if (most == 0 || size == 0) {
    parser->state_count = start;
    return;
  }
  if (least == 0 && most == UINT32_MAX) { /* x*: split x back */
    regex_insert(parser, start, REGEX_SPLIT, 1, size + 2);
    regex_emit(parser, REGEX_JUMP, 0, (uint32_t)0 - (size + 1), 0);
    return;
  }
  if (least == 0) { /* x{0,m}: split x split x …, each split past the end */
    uint32_t whole = (size + 1) * most;
    regex_insert(parser, start, REGEX_SPLIT, 1, whole);
    for (uint32_t i = 1; i < most && !parser->message; i++) {
      regex_repeat_run(parser, parser->states + start, size + 1);
      if (!parser->message) parser->states[start + i * (size + 1)].count = whole - i * (size + 1);
    }
    return;
  }
  for (uint32_t i = 1; i < least && !parser->message; i++) regex_repeat_run(parser, parser->states + start, size);
  if (parser->message) return;
  if (most == UINT32_MAX) { /* the last of them again and again */
    regex_emit(parser, REGEX_SPLIT, 0, (uint32_t)0 - size, 1);
  } else if (most > least) {
    uint32_t rest = parser->state_count;
    regex_repeat_run(parser, parser->states + start, size);
    if (!parser->message) regex_repeat(parser, rest, 0, most - least);
  }
}

/* One atom with what repeats it. */
static void regex_piece(struct regex_parser *parser, uint32_t *flags) {
  uint32_t start = parser->state_count, begins = parser->at;
  bool nothing = false;
  if (regex_sees_text(parser, "\\Q")) {
    parser->at += 2;
    start = regex_quoted(parser, *flags);
  } else {
    uint32_t c = regex_next(parser), first = parser->range_count;
    switch (c) {
      case '(': nothing = regex_group(parser, flags); break;
      case '[': regex_class(parser, *flags); break;
      case '.':
        if (!(*flags & REGEX_DOT_ALL)) regex_range(parser, '\n', '\n');
        regex_emit(parser, REGEX_RANGES, 1, first, parser->range_count - first);
        break;
      case '^': regex_emit(parser, REGEX_EMPTY, 0, *flags & REGEX_LINES ? REGEX_LINE_START : REGEX_TEXT_START, 0); break;
      case '$': regex_emit(parser, REGEX_EMPTY, 0, *flags & REGEX_LINES ? REGEX_LINE_END : REGEX_TEXT_END, 0); break;
      case '\\': regex_escaped_atom(parser, *flags); break;
      case '*':
      case '+':
      case '?':
        parser->at = begins;
        regex_wrong(parser, "there is nothing to repeat here");
        return;
      default: regex_emit_character(parser, c, *flags); break;
    }
  }
  uint32_t least, most, operators = 0;
  while (regex_more(parser)) {
    begins = parser->at;
    if (regex_take(parser, '*'))
      least = 0, most = UINT32_MAX;
    else if (regex_take(parser, '+'))
      least = 1, most = UINT32_MAX;
    else if (regex_take(parser, '?'))
      least = 0, most = 1;
    else if (!regex_counts(parser, &least, &most))
      return;
    if (nothing || operators++) {
      parser->at = begins;
      regex_wrong(parser, "there is nothing to repeat here");
      return;
    }
    regex_take(parser, '?'); /* as few as possible: no difference to whether there is a match */
    if (!parser->message) regex_repeat(parser, start, least, most);
  }
}

/* Alternatives up to ")" or the end: split a jump-to-end split b jump-to-end … z. Flags set within last to the end of the
 * group. */
static void regex_alternatives(struct regex_parser *parser, uint32_t *flags) {
  uint32_t begin = parser->state_count, jump = UINT32_MAX;
  while (!parser->message) {
    while (regex_more(parser) && !regex_sees(parser, '|') && !regex_sees(parser, ')')) regex_piece(parser, flags);
    if (!regex_take(parser, '|')) break;
    uint32_t size = parser->state_count - begin;
    regex_insert(parser, begin, REGEX_SPLIT, 1, size + 2);
    regex_emit(parser, REGEX_JUMP, 0, 0, jump); /* the one before is remembered where nothing else stands */
    jump = parser->state_count - 1;
    begin = parser->state_count;
  }
  while (jump != UINT32_MAX && !parser->message) {
    uint32_t before = parser->states[jump].count;
    parser->states[jump].first = parser->state_count - jump;
    parser->states[jump].count = 0;
    jump = before;
  }
}

/* ---- the whole ---- */

static bool regex_plain(struct text pattern) {
  for (uint32_t i = 0; i < pattern.size; i++) {
    if (pattern.bytes[i] == '\0' || strchr("\\.+*?()|[]{}^$", pattern.bytes[i])) return false;
  }
  return true;
}

static uint32_t regex_code_points(struct text pattern, uint32_t at) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < at && i < pattern.size; i++) count += ((unsigned char)pattern.bytes[i] & 0xc0) != 0x80;
  return count;
}

const struct cel_pattern *pbk_cel_regex_compile(struct text pattern, struct cel_regex_room *room, uint32_t *size,
                                                const char **message, uint32_t *at) {
  struct cel_pattern *block = (struct cel_pattern *)(void *)room->bytes;
  struct regex_parser parser = {.pattern = pattern};
  bool plain = regex_plain(pattern);
  *message = "the pattern is too large";
  *at = 0;
  if (room->size < 1024 || (plain && pattern.size > room->size - 512)) return NULL;
  parser.states = (struct cel_regex_state *)(void *)(block + 1);
  parser.state_room = (room->size - (uint32_t)sizeof *block) / 3 / (uint32_t)sizeof *parser.states;
  if (parser.state_room > CEL_REGEX_STATES) parser.state_room = CEL_REGEX_STATES;
  parser.ranges = (struct cel_regex_range *)(void *)(parser.states + parser.state_room);
  parser.range_room = (room->size - (uint32_t)sizeof *block - parser.state_room * (uint32_t)sizeof *parser.states) /
                      (uint32_t)sizeof *parser.ranges;
  *block = (struct cel_pattern){.literal = UINT32_MAX};
  if (plain) {
    block->literal = pattern.size;
    if (pattern.size) memcpy(block + 1, pattern.bytes, pattern.size);
    *size = (uint32_t)sizeof *block + pattern.size;
    return block;
  }
  uint32_t flags = 0;
  regex_alternatives(&parser, &flags);
  if (regex_more(&parser)) regex_wrong(&parser, "a \")\" without its \"(\"");
  regex_emit(&parser, REGEX_MATCH, 0, 0, 0);
  if (parser.message) {
    *message = parser.message;
    *at = regex_code_points(pattern, parser.message_at);
    return NULL;
  }
  for (uint32_t i = 0; i < parser.state_count; i++) {
    struct cel_regex_state *state = &parser.states[i];
    if (state->code == REGEX_JUMP || state->code == REGEX_SPLIT) state->first += i;
    if (state->code == REGEX_SPLIT) state->count += i;
  }
  block->state_count = parser.state_count;
  block->range_count = parser.range_count;
  memmove(parser.states + parser.state_count, parser.ranges, parser.range_count * sizeof *parser.ranges);
  *size =
    (uint32_t)(sizeof *block + parser.state_count * sizeof *parser.states + parser.range_count * sizeof *parser.ranges);
  return block;
}
