/* json_text.c - see json_text.h. */
#include "json_text.h"

#include <string.h>

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

/* `at` is at the opening quote; gives the place behind the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end) {
  for (at++; at < end; at++) {
    if (*at == '\\') {
      at++;
    } else if (*at == '"') {
      return at + 1;
    }
  }
  return NULL;
}

/* Gives the place behind the value at `at`, or NULL. Brackets are only counted. */
static const char *skip_value(const char *at, const char *end) {
  size_t depth = 0;
  do {
    at = skip_space(at, end);
    if (at >= end) return NULL;
    if (*at == '"') {
      at = skip_string(at, end);
      if (!at) return NULL;
    } else if (*at == '{' || *at == '[') {
      depth++;
      at++;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0) return NULL;
      depth--;
      at++;
    } else if (*at == ',' || *at == ':') {
      if (depth == 0) return NULL;
      at++;
    } else {
      while (at < end && !strchr(" \t\r\n\",:[]{}", *at)) at++;
    }
  } while (depth > 0);
  return at;
}

static int hexadecimal(const char *at) {
  int value = 0;
  for (int digit = 0; digit < 4; digit++) {
    char letter = at[digit];
    int part = letter >= '0' && letter <= '9'   ? letter - '0'
               : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
               : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                                                : -1;
    if (part < 0) return -1;
    value = value * 16 + part;
  }
  return value;
}

static size_t write_code_point(char *bytes, int code) {
  if (code < 0x80) {
    bytes[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    bytes[0] = (char)(0xc0 | code >> 6);
    bytes[1] = (char)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    bytes[0] = (char)(0xe0 | code >> 12);
    bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
    bytes[2] = (char)(0x80 | (code & 0x3f));
    return 3;
  }
  bytes[0] = (char)(0xf0 | code >> 18);
  bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
  bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
  bytes[3] = (char)(0x80 | (code & 0x3f));
  return 4;
}

bool json_string(struct json_text value, char *bytes, size_t *size) {
  const char *at = skip_space(value.start, value.end);
  if (at >= value.end || *at != '"') return false;
  size_t count = 0;
  for (at++; at < value.end && *at != '"';) {
    if (*at != '\\') {
      bytes[count++] = *at++;
      continue;
    }
    if (value.end - at < 2) return false;
    char letter = at[1];
    at += 2;
    if (letter != 'u') {
      static const char names[] = "bfnrt\"\\/", meanings[] = "\b\f\n\r\t\"\\/";
      const char *name = memchr(names, letter, sizeof names - 1);
      if (!name) return false;
      bytes[count++] = meanings[name - names];
      continue;
    }
    int code = value.end - at < 4 ? -1 : hexadecimal(at);
    if (code < 0) return false;
    at += 4;
    if (code >= 0xd800 && code < 0xdc00 && value.end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
      int low = hexadecimal(at + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      }
    }
    count += write_code_point(bytes + count, code);
  }
  *size = count;
  return at < value.end;
}

bool json_is(struct json_text value, const char *text) {
  const char *at = skip_space(value.start, value.end);
  size_t size = strlen(text);
  return (size_t)(value.end - at) >= size + 2 && at[0] == '"' && at[size + 1] == '"' && memcmp(at + 1, text, size) == 0;
}

/* Whether the string at `name` stands for these bytes. Names are seldom written with escapes, and then short. */
static bool name_is(struct json_text name, const char *bytes, size_t size) {
  char decoded[512];
  size_t decoded_size;
  return (size_t)(name.end - name.start) <= sizeof decoded && json_string(name, decoded, &decoded_size) &&
         decoded_size == size && memcmp(decoded, bytes, size) == 0;
}

static bool find_member(struct json_text object, const char *name, size_t name_size, struct json_text *value) {
  const char *at = skip_space(object.start, object.end), *end = object.end;
  if (at >= end || *at != '{') return false;
  at = skip_space(at + 1, end);
  while (at < end && *at == '"') {
    struct json_text found = {at, skip_string(at, end)};
    if (!found.end) return false;
    at = skip_space(found.end, end);
    if (at >= end || *at != ':') return false;
    value->start = skip_space(at + 1, end);
    value->end = skip_value(value->start, end);
    if (!value->end) return false;
    if (name_is(found, name, name_size)) return true;
    at = skip_space(value->end, end);
    if (at >= end || *at != ',') return false;
    at = skip_space(at + 1, end);
  }
  return false;
}

bool json_member(struct json_text object, const char *name, struct json_text *value) {
  return find_member(object, name, strlen(name), value);
}

bool json_next_item(struct json_text list, const char **cursor, struct json_text *item) {
  const char *at = *cursor, *end = list.end;
  if (!at) {
    at = skip_space(list.start, end);
    if (at >= end || *at != '[') return false;
    at = skip_space(at + 1, end);
    if (at < end && *at == ']') return false;
  } else {
    at = skip_space(at, end);
    if (at >= end || *at != ',') return false;
    at++;
  }
  item->start = skip_space(at, end);
  item->end = skip_value(item->start, end);
  *cursor = item->end;
  return item->end != NULL;
}

static bool find_item(struct json_text list, const char *digits, size_t size, struct json_text *item) {
  size_t wanted = 0;
  for (size_t at = 0; at < size; at++) {
    if (digits[at] < '0' || digits[at] > '9' || wanted > 10000000) return false;
    wanted = wanted * 10 + (size_t)(digits[at] - '0');
  }
  const char *cursor = NULL;
  while (json_next_item(list, &cursor, item))
    if (wanted-- == 0) return true;
  return false;
}

bool json_at(struct json_text value, const char *path, size_t path_size, struct json_text *found) {
  const char *end = path + path_size;
  *found = value;
  while (path < end) {
    if (*path++ != '/') return false;
    char name[512];
    size_t size = 0;
    for (; path < end && *path != '/'; path++) {
      if (size == sizeof name) return false;
      bool escaped = *path == '~' && path + 1 < end; /* ~0 is ~, ~1 is / */
      if (escaped) path++;
      name[size++] = !escaped ? *path : *path == '1' ? '/' : '~';
    }
    struct json_text inner;
    const char *at = skip_space(found->start, found->end);
    bool is_list = at < found->end && *at == '[';
    if (!(is_list ? find_item(*found, name, size, &inner) : find_member(*found, name, size, &inner))) return false;
    *found = inner;
  }
  return true;
}
