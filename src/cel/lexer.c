/* cel/lexer.c - from text to tokens: where each begins and ends. What literals mean is the work of literals.c. */
#include "base/utf8.h"
#include "cel/syntax.h"

static bool lexer_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool lexer_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool lexer_hexadecimal(char c) {
  return lexer_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The byte at an offset, 0 past the end (a zero byte in the source is refused as any other stray one). */
static char lexer_peek(const struct cel_compilation *compilation, uint32_t at) {
  return at < compilation->source.size ? compilation->source.bytes[at] : '\0';
}

bool pbk_cel_reserved(struct text name) {
  static const char *const words[] = {"as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
                                      "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
  for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (text_equal(name, text_from(words[i]))) return true;
  }
  return false;
}

const char *pbk_cel_token_name(uint32_t kind) {
  static const char *const names[] = {
    "the end",   "a name",   "a quoted name", "a number", "a number", "a number", "a string", "bytes", "\"true\"",
    "\"false\"", "\"null\"", "\"in\"",        "\"(\"",    "\")\"",    "\"[\"",    "\"]\"",    "\"{\"", "\"}\"",
    "\".\"",     "\",\"",    "\":\"",         "\"?\"",    "\"!\"",    "\"-\"",    "\"+\"",    "\"*\"", "\"/\"",
    "\"%\"",     "\"&&\"",   "\"||\"",        "\"==\"",   "\"!=\"",   "\"<\"",    "\"<=\"",   "\">\"", "\">=\""};
  return kind < sizeof names / sizeof *names ? names[kind] : "something";
}

/* Past white space and comments. */
static uint32_t lexer_skip(const struct cel_compilation *compilation, uint32_t at) {
  for (;;) {
    char c = lexer_peek(compilation, at);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      at++;
    } else if (c == '/' && lexer_peek(compilation, at + 1) == '/') {
      while (at < compilation->source.size && compilation->source.bytes[at] != '\n') at++;
    } else {
      return at;
    }
  }
}

static struct cel_token lexer_number(struct cel_compilation *compilation, uint32_t from) {
  uint32_t at = from, kind = TOKEN_INT;
  if (lexer_peek(compilation, at) == '0' &&
      (lexer_peek(compilation, at + 1) == 'x' || lexer_peek(compilation, at + 1) == 'X')) {
    at += 2;
    uint32_t digits = at;
    while (lexer_hexadecimal(lexer_peek(compilation, at))) at++;
    if (at == digits) pbk_cel_refuse(compilation, at, "expected hexadecimal digits");
  } else {
    while (lexer_digit(lexer_peek(compilation, at))) at++;
    if (lexer_peek(compilation, at) == '.' && lexer_digit(lexer_peek(compilation, at + 1))) {
      kind = TOKEN_DOUBLE;
      at++;
      while (lexer_digit(lexer_peek(compilation, at))) at++;
    }
    char e = lexer_peek(compilation, at);
    if (e == 'e' || e == 'E') {
      kind = TOKEN_DOUBLE;
      at++;
      if (lexer_peek(compilation, at) == '+' || lexer_peek(compilation, at) == '-') at++;
      if (!lexer_digit(lexer_peek(compilation, at))) pbk_cel_refuse(compilation, at, "expected the digits of an exponent");
      while (lexer_digit(lexer_peek(compilation, at))) at++;
    }
  }
  char suffix = lexer_peek(compilation, at);
  if (kind == TOKEN_INT && (suffix == 'u' || suffix == 'U')) {
    kind = TOKEN_UINT;
    at++;
  }
  if (lexer_letter(lexer_peek(compilation, at)) || lexer_digit(lexer_peek(compilation, at))) {
    pbk_cel_refuse(compilation, at, "a number cannot be followed directly by a letter");
  }
  return (struct cel_token){kind, from, at};
}

/* `quote` is where the opening quote stands, after any prefix. */
static struct cel_token lexer_string(struct cel_compilation *compilation, uint32_t from, uint32_t quote, uint32_t kind,
                                     bool raw) {
  char mark = lexer_peek(compilation, quote);
  bool triple = lexer_peek(compilation, quote + 1) == mark && lexer_peek(compilation, quote + 2) == mark;
  uint32_t at = quote + (triple ? 3 : 1);
  for (;;) {
    if (at >= compilation->source.size) pbk_cel_refuse(compilation, from, "a string that begins here has no end");
    char c = compilation->source.bytes[at];
    if (c == '\\' && !raw) {
      at += 2;
    } else if (c == mark) {
      if (!triple) return (struct cel_token){kind, from, at + 1};
      if (lexer_peek(compilation, at + 1) == mark && lexer_peek(compilation, at + 2) == mark) {
        return (struct cel_token){kind, from, at + 3};
      }
      at++;
    } else {
      if ((c == '\n' || c == '\r') && !triple) pbk_cel_refuse(compilation, at, "a line ends inside a string");
      at++;
    }
  }
}

/* A string's prefix: r, b or br, in either case. Gives where the quote stands, or `from` when it is no string. */
static uint32_t lexer_prefix(const struct cel_compilation *compilation, uint32_t from, bool *raw, bool *bytes) {
  uint32_t at = from;
  *raw = false;
  *bytes = false;
  for (; at < from + 2; at++) {
    char c = lexer_peek(compilation, at);
    if ((c == 'r' || c == 'R') && !*raw) {
      *raw = true;
    } else if ((c == 'b' || c == 'B') && at == from) {
      *bytes = true;
    } else {
      break;
    }
  }
  char c = lexer_peek(compilation, at);
  return c == '"' || c == '\'' ? at : from;
}

static struct cel_token lexer_word(struct cel_compilation *compilation, uint32_t from) {
  uint32_t at = from;
  while (lexer_letter(lexer_peek(compilation, at)) || lexer_digit(lexer_peek(compilation, at))) at++;
  struct text word = {compilation->source.bytes + from, at - from};
  uint32_t kind = TOKEN_IDENTIFIER;
  if (text_equal(word, TEXT("true")))
    kind = TOKEN_TRUE;
  else if (text_equal(word, TEXT("false")))
    kind = TOKEN_FALSE;
  else if (text_equal(word, TEXT("null")))
    kind = TOKEN_NULL;
  else if (text_equal(word, TEXT("in")))
    kind = TOKEN_IN;
  return (struct cel_token){kind, from, at};
}

static struct cel_token lexer_quoted(struct cel_compilation *compilation, uint32_t from) {
  uint32_t at = from + 1;
  for (;; at++) {
    char c = lexer_peek(compilation, at);
    if (c == '`' && at > from + 1) return (struct cel_token){TOKEN_QUOTED, from, at + 1};
    if (!lexer_letter(c) && !lexer_digit(c) && c != '.' && c != '-' && c != '/' && c != ' ') {
      pbk_cel_refuse(compilation, at,
                     "a name in backticks holds letters, digits, '_', '.', '-', '/' and spaces, at least one");
    }
  }
}

struct cel_token pbk_cel_next_token(struct cel_compilation *compilation, uint32_t from) {
  uint32_t at = lexer_skip(compilation, from);
  if (at >= compilation->source.size) return (struct cel_token){TOKEN_END, at, at};
  char c = lexer_peek(compilation, at), next = lexer_peek(compilation, at + 1);
  bool raw, bytes;
  uint32_t quote = lexer_prefix(compilation, at, &raw, &bytes);
  if (c == '"' || c == '\'' || quote != at) {
    return lexer_string(compilation, at, quote, bytes ? TOKEN_BYTES : TOKEN_STRING, raw);
  }
  if (lexer_letter(c)) return lexer_word(compilation, at);
  if (lexer_digit(c) || (c == '.' && lexer_digit(next))) return lexer_number(compilation, at);
  if (c == '`') return lexer_quoted(compilation, at);

  static const struct {
    char first, second;
    uint8_t kind;
  } marks[] = {{'&', '&', TOKEN_AND},         {'|', '|', TOKEN_OR},         {'=', '=', TOKEN_EQUAL},
               {'!', '=', TOKEN_NOT_EQUAL},   {'<', '=', TOKEN_LESS_EQUAL}, {'>', '=', TOKEN_GREATER_EQUAL},
               {'(', 0, TOKEN_OPEN_PAREN},    {')', 0, TOKEN_CLOSE_PAREN},  {'[', 0, TOKEN_OPEN_BRACKET},
               {']', 0, TOKEN_CLOSE_BRACKET}, {'{', 0, TOKEN_OPEN_BRACE},   {'}', 0, TOKEN_CLOSE_BRACE},
               {'.', 0, TOKEN_DOT},           {',', 0, TOKEN_COMMA},        {':', 0, TOKEN_COLON},
               {'?', 0, TOKEN_QUESTION},      {'!', 0, TOKEN_NOT},          {'-', 0, TOKEN_MINUS},
               {'+', 0, TOKEN_PLUS},          {'*', 0, TOKEN_STAR},         {'/', 0, TOKEN_SLASH},
               {'%', 0, TOKEN_PERCENT},       {'<', 0, TOKEN_LESS},         {'>', 0, TOKEN_GREATER}};
  for (uint32_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (marks[i].first != c || (marks[i].second && marks[i].second != next)) continue;
    return (struct cel_token){marks[i].kind, at, at + (marks[i].second ? 2 : 1)};
  }
  if (c == '=') pbk_cel_refuse(compilation, at, "expected \"==\", found \"=\"");
  if (c == '&') pbk_cel_refuse(compilation, at, "expected \"&&\", found \"&\"");
  if (c == '|') pbk_cel_refuse(compilation, at, "expected \"||\", found \"|\"");
  uint32_t end = at;
  uint32_t code_point = pbk_utf8_next(compilation->source, &end);
  if (code_point < 0x20 || code_point == 0x7f) {
    pbk_cel_refuse(compilation, at, "a control character (U+%04X) cannot stand here", (unsigned)code_point);
  }
  pbk_cel_refuse(compilation, at, "\"%.*s\" has no meaning here", (int)(end - at), compilation->source.bytes + at);
}
