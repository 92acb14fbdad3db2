/* tests/cel/conformance.c - runs cases of the Common Expression Language's conformance suite, given as JSON lines.
 *
 * A line has expr, and where set bindings, type_env, container, disable_check; kind "value" with value, or kind "error".
 * Values are objects of one member: {"int":"-1"}, {"list":[…]}, {"map":[[key, value], …]}, {"timestamp":[seconds,
 * nanoseconds]} and so on.
 *
 * cel-conformance [--all | --profile LIST] [FILE…]: without a file, standard input; --profile leaves out the cases of other
 * profiles (if not given: those that are not supported), --all none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/value.h"
#include "cel/program.h"
#include "wire/json_reader.h"
#include "../../examples/zones.h"

struct run {
  struct memory memory;
  struct arena arena;
  struct cel_machine *machine;
  const char *profiles;
  struct cel_zones zones; /* the system's */
  uint32_t passed, failed, skipped, unzoned;
};

struct bindings {
  struct cel_variable variables[32];
  struct cel_value values[32];
  bool bound[32];
  uint32_t count;
};

static const pbk_value *member(const pbk_value *map, const char *name) {
  return map && map->kind == PBK_MAP ? pbk_value_member(map, text_from(name)) : NULL;
}

static char *text_of(struct arena *arena, const pbk_value *value) {
  char *text = pbk_arena_allocate(arena, (size_t)value->size + 1);
  if (value->size) memcpy(text, value->as.text, value->size);
  text[value->size] = '\0';
  return text;
}

static double number_of(struct text text) {
  double number = 0;
  if (text_equal(text, TEXT("NaN"))) return (double)NAN;
  if (text_equal(text, TEXT("Infinity"))) return (double)INFINITY;
  if (text_equal(text, TEXT("-Infinity"))) return -(double)INFINITY;
  pbk_parse_double(text, &number);
  return number;
}

static uint32_t kind_named(struct text name) {
  static const struct {
    const char *name;
    uint32_t kind;
  } kinds[] = {{"null", CEL_NULL},
               {"null_type", CEL_NULL},
               {"bool", CEL_BOOL},
               {"int", CEL_INT},
               {"uint", CEL_UINT},
               {"double", CEL_DOUBLE},
               {"string", CEL_STRING},
               {"bytes", CEL_BYTES},
               {"list", CEL_LIST},
               {"map", CEL_MAP},
               {"type", CEL_TYPE},
               {"timestamp", CEL_TIMESTAMP},
               {"duration", CEL_DURATION},
               {"google.protobuf.Timestamp", CEL_TIMESTAMP},
               {"google.protobuf.Duration", CEL_DURATION}};
  for (uint32_t i = 0; i < name.size; i++) {
    if (name.bytes[i] == '(') name.size = i;
  }
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (text_equal(name, text_from(kinds[i].name))) return kinds[i].kind;
  }
  return CEL_DYN;
}

static uint32_t digit_of(char c) {
  return (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Seconds and nanoseconds, which may both be below zero. */
static struct cel_value time_of(uint32_t kind, int64_t seconds, int64_t nanoseconds) {
  int64_t rest = nanoseconds % 1000, microseconds = seconds * PBK_SECOND + nanoseconds / 1000;
  if (rest < 0) {
    rest += 1000;
    microseconds--;
  }
  return (struct cel_value){.kind = kind, .size = (uint32_t)rest, .as.integer = microseconds};
}

/* A value as the cases write it. */
static struct cel_value value_of(struct run *run, const pbk_value *given) {
  const pbk_member *only = given->as.members;
  const pbk_value *inner = &only->value;
  struct text name = member_name(only);
  struct cel_value value = {.kind = kind_named(name)};
  struct text text = inner->kind == PBK_STRING ? value_text(inner) : NO_TEXT;
  switch (value.kind) {
    case CEL_BOOL: value.as.integer = inner->as.integer; break;
    case CEL_INT: pbk_parse_int(text, &value.as.integer); break;
    case CEL_UINT: pbk_parse_uint(text, &value.as.natural); break;
    case CEL_DOUBLE: value.as.number = number_of(text); break;
    case CEL_STRING: value = cel_string(text); break;
    case CEL_TYPE: value.as.integer = kind_named(text); break;
    case CEL_BYTES: {
      char *bytes = pbk_arena_allocate(&run->arena, (size_t)text.size / 2 + 1);
      for (uint32_t i = 0; i + 1 < text.size; i += 2)
        bytes[i / 2] = (char)(digit_of(text.bytes[i]) * 16 + digit_of(text.bytes[i + 1]));
      value.as.bytes = bytes;
      value.size = text.size / 2;
      break;
    }
    case CEL_TIMESTAMP:
    case CEL_DURATION:
      value = time_of(value.kind, inner->as.items[0].as.integer, inner->as.items[1].as.integer);
      break;
    case CEL_LIST:
    case CEL_MAP: {
      uint32_t width = value.kind == CEL_MAP ? 2 : 1;
      struct cel_value *items = pbk_arena_allocate(&run->arena, (inner->size * width + 1) * sizeof *items);
      for (uint32_t i = 0; i < inner->size; i++) {
        if (width == 1) {
          items[i] = value_of(run, &inner->as.items[i]);
        } else {
          items[2 * i] = value_of(run, &inner->as.items[i].as.items[0]);
          items[2 * i + 1] = value_of(run, &inner->as.items[i].as.items[1]);
        }
      }
      value.as.other = items;
      value.size = inner->size;
      break;
    }
    default: break;
  }
  return value;
}

/* The same kind and content: stricter than CEL's ==, but for the order of maps. */
static bool same(struct run *run, const struct cel_value *a, const struct cel_value *b) {
  if (pbk_cel_kind_of(a) != pbk_cel_kind_of(b)) return false;
  switch (pbk_cel_kind_of(a)) {
    case CEL_DOUBLE:
      if (isnan(a->as.number) || isnan(b->as.number)) return isnan(a->as.number) && isnan(b->as.number);
      return memcmp(&a->as.number, &b->as.number, sizeof a->as.number) == 0;
    case CEL_LIST:
      if (pbk_cel_list_size(a) != pbk_cel_list_size(b)) return false;
      for (uint32_t i = 0; i < pbk_cel_list_size(a); i++) {
        struct cel_value left = pbk_cel_list_at(a, i), right = pbk_cel_list_at(b, i);
        if (!same(run, &left, &right)) return false;
      }
      return true;
    case CEL_MAP: {
      uint32_t left_size, right_size;
      if (!pbk_cel_map_size(run->machine, a, &left_size) || !pbk_cel_map_size(run->machine, b, &right_size)) return false;
      if (left_size != right_size) return false;
      for (uint32_t i = 0; i < left_size; i++) {
        struct cel_value key, left, right;
        pbk_cel_map_at(run->machine, a, i, &key, &left);
        if (pbk_cel_map_find(run->machine, b, &key, &right) != 1 || !same(run, &left, &right)) return false;
      }
      return true;
    }
    default: return pbk_cel_equal(run->machine, a, b);
  }
}

static void print_value(struct run *run, const struct cel_value *value) {
  char text[NUMBER_TEXT_MOST + TIME_TEXT_MOST];
  switch (pbk_cel_kind_of(value)) {
    case CEL_NULL: printf("null"); break;
    case CEL_BOOL: printf(value->as.integer ? "true" : "false"); break;
    case CEL_INT: printf("%.*s", (int)pbk_print_int(text, value->as.integer), text); break;
    case CEL_UINT: printf("%.*su", (int)pbk_print_uint(text, value->as.natural), text); break;
    case CEL_DOUBLE: printf("double %.*s", (int)pbk_print_double(text, value->as.number), text); break;
    case CEL_STRING: printf("\"%.*s\"", (int)value->size, value->as.bytes); break;
    case CEL_BYTES:
      printf("bytes ");
      for (uint32_t i = 0; i < value->size; i++) printf("%02x", (unsigned)(unsigned char)value->as.bytes[i]);
      break;
    case CEL_TIMESTAMP:
    case CEL_DURATION: printf("%.*s", (int)pbk_cel_print_time(text, value), text); break;
    case CEL_TYPE: printf("type %s", pbk_cel_kind_name((uint32_t)value->as.integer)); break;
    case CEL_LIST:
      printf("[");
      for (uint32_t i = 0; i < pbk_cel_list_size(value); i++) {
        struct cel_value item = pbk_cel_list_at(value, i);
        if (i) printf(", ");
        print_value(run, &item);
      }
      printf("]");
      break;
    default: {
      uint32_t size;
      if (!pbk_cel_map_size(run->machine, value, &size)) size = 0;
      printf("{");
      for (uint32_t i = 0; i < size; i++) {
        struct cel_value key, item;
        pbk_cel_map_at(run->machine, value, i, &key, &item);
        if (i) printf(", ");
        print_value(run, &key);
        printf(": ");
        print_value(run, &item);
      }
      printf("}");
    }
  }
}

static bool read_field(void *context, uint32_t slot, struct cel_value *value) {
  const struct bindings *bindings = context;
  *value = bindings->values[slot];
  return bindings->bound[slot];
}

static bool no_lookup(void *context, uint32_t slot, struct text literal, uint32_t *number, const char **reason) {
  (void)context;
  (void)slot;
  (void)literal;
  (void)number;
  *reason = "not known";
  return false;
}

static uint32_t no_entry(void *context, struct text name) {
  (void)context;
  (void)name;
  return 0;
}

/* What a case binds and declares, as variables. */
static void bind(struct run *run, const pbk_value *line, struct bindings *bindings) {
  const pbk_value *types = member(line, "type_env"), *values = member(line, "bindings");
  bindings->count = 0;
  for (int pass = 0; pass < 2; pass++) {
    const pbk_value *map = pass ? values : types;
    for (uint32_t i = 0; map && i < map->size && bindings->count < 32; i++) {
      const pbk_member *entry = &map->as.members[i];
      if (pass && member(types, text_of(&run->arena, &(pbk_value){.size = entry->name_size, .as.text = entry->name})))
        continue;
      uint32_t slot = bindings->count++;
      struct cel_variable *variable = &bindings->variables[slot];
      *variable = (struct cel_variable){.kind = CEL_DYN, .slot = slot};
      variable->name = text_of(&run->arena, &(pbk_value){.size = entry->name_size, .as.text = entry->name});
      if (!pass && entry->value.kind == PBK_STRING) variable->kind = (uint8_t)kind_named(value_text(&entry->value));
      const pbk_value *bound = values ? pbk_value_member(values, member_name(entry)) : NULL;
      bindings->bound[slot] = bound && bound->kind == PBK_MAP && bound->size == 1 && !member(bound, "error");
      if (bindings->bound[slot]) bindings->values[slot] = value_of(run, bound);
    }
  }
}

static void report(struct run *run, const pbk_value *line, const struct cel_value *expected, const struct cel_value *got,
                   const char *error) {
  const pbk_value *file = member(line, "file"), *section = member(line, "section"), *name = member(line, "name");
  printf("FAILED %s/%s/%s: %s\n  expected ", file ? text_of(&run->arena, file) : "",
         section ? text_of(&run->arena, section) : "", name ? text_of(&run->arena, name) : "",
         text_of(&run->arena, member(line, "expr")));
  if (expected)
    print_value(run, expected);
  else
    printf("an error");
  printf("\n  got      ");
  if (error)
    printf("error: %s", error);
  else
    print_value(run, got);
  printf("\n");
}

static bool wanted(const struct run *run, const pbk_value *line) {
  const pbk_value *profile = member(line, "profile"), *kind = member(line, "kind");
  if (!kind || text_equal(value_text(kind), TEXT("type")) || member(line, "check_only")) return false;
  if (!run->profiles || !profile || profile->kind != PBK_STRING) return true;
  size_t size = profile->size;
  for (const char *at = run->profiles; *at;) {
    const char *comma = strchr(at, ',');
    size_t length = comma ? (size_t)(comma - at) : strlen(at);
    if (length == size && memcmp(at, profile->as.text, size) == 0) return true;
    if (!comma) return false;
    at = comma + 1;
  }
  return false;
}

/* Whether a case cannot be told without time zone data: its section asks zones, and its name none by an offset or UTC. */
static bool names_zone(const pbk_value *line) {
  const pbk_value *section = member(line, "section"), *expression = member(line, "expr");
  if (!section || !text_equal(value_text(section), TEXT("timestamp_selectors_tz"))) return false;
  struct text text = value_text(expression);
  for (uint32_t i = 1; i < text.size; i++) {
    if (text.bytes[i] == '/') return true;
  }
  return false;
}

static void run_case(struct run *run, const pbk_value *line) {
  if (!wanted(run, line)) {
    run->skipped++;
    return;
  }
  if (!run->zones.count && names_zone(line)) {
    run->unzoned++;
    return;
  }
  const pbk_value *check = member(line, "disable_check"), *container = member(line, "container");
  const pbk_value *kind = member(line, "kind"), *wants = member(line, "value");
  bool expects_error = text_equal(value_text(kind), TEXT("error"));
  struct bindings bindings;
  bind(run, line, &bindings);
  struct cel_environment environment = {.variables = bindings.variables,
                                        .variable_count = bindings.count,
                                        .resolve = no_lookup,
                                        .entry_name = no_entry,
                                        .no_check = check && check->as.integer,
                                        .zones = &run->zones,
                                        .container = container ? text_of(&run->arena, container) : NULL};
  struct cel_value expected = {.kind = CEL_NULL};
  if (!expects_error) expected = value_of(run, wants);
  struct cel_error error;
  struct cel_program *program = pbk_cel_compile(&run->memory, value_text(member(line, "expr")), &environment, &error);
  if (!program) {
    char text[400];
    snprintf(text, sizeof text, "line %u, column %u: %s", (unsigned)error.line, (unsigned)error.column, error.message);
    run->passed += expects_error;
    run->failed += !expects_error;
    if (!expects_error) report(run, line, &expected, NULL, text);
    return;
  }
  struct cel_world world = {.context = &bindings, .field = read_field};
  struct cel_outcome outcome;
  pbk_cel_evaluate(run->machine, program, &world, &outcome);
  bool good =
    expects_error ? outcome.state == CEL_ERROR : outcome.state != CEL_ERROR && same(run, &outcome.value, &expected);
  run->passed += good;
  run->failed += !good;
  if (!good) report(run, line, expects_error ? NULL : &expected, &outcome.value, outcome.error);
  pbk_cel_release(&run->memory, program);
}

static bool run_file(struct run *run, const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  if (!file) {
    fprintf(stderr, "cannot open %s\n", path);
    return false;
  }
  size_t size = 0, room = 1 << 16;
  char *bytes = malloc(room);
  for (size_t got; bytes && (got = fread(bytes + size, 1, room - size, file)) > 0;) {
    size += got;
    if (size == room) bytes = realloc(bytes, room *= 2);
  }
  if (file != stdin) fclose(file);
  if (!bytes) return false;
  bool good = true;
  for (size_t at = 0; at < size;) {
    const char *end = memchr(bytes + at, '\n', size - at);
    size_t length = end ? (size_t)(end - (bytes + at)) : size - at;
    pbk_value line;
    struct json_error error;
    if (length && !pbk_json_read((struct text){bytes + at, (uint32_t)length}, &run->arena, &line, &error)) {
      fprintf(stderr, "%s: byte %zu: %s\n", path, at + error.offset, error.message);
      good = false;
    } else if (length) {
      run_case(run, &line);
    }
    pbk_arena_reset(&run->arena);
    at += length + 1;
  }
  free(bytes);
  return good;
}

int main(int count, char **arguments) {
  struct run run = {.profiles = "core,bytes,regex,quoted-ident,ext:strings,ext:math"};
  bool good = true;
  uint32_t files = 0;
  pbk_memory_init(&run.memory, NULL, NULL, UINT64_MAX);
  pbk_arena_init(&run.arena, &run.memory);
  run.machine = pbk_cel_machine_create(&run.memory);
  size_t zones_size = 0;
  const char *message = NULL;
  unsigned char *zones = zones_read(ZONES_DIRECTORY, &zones_size);
  if (zones && !pbk_cel_zones_read(&run.zones, zones, zones_size, &message)) printf("time zones: %s\n", message);
  for (int i = 1; i < count; i++) {
    if (strcmp(arguments[i], "--all") == 0)
      run.profiles = NULL;
    else if (strcmp(arguments[i], "--profile") == 0 && i + 1 < count)
      run.profiles = arguments[++i];
    else
      files++, good = run_file(&run, arguments[i]) && good;
  }
  if (!files) good = run_file(&run, "-");
  pbk_cel_machine_release(&run.memory, run.machine);
  pbk_arena_release(&run.arena);
  free(zones);
  if (run.unzoned) printf("%u that need %s left out\n", (unsigned)run.unzoned, ZONES_DIRECTORY);
  if (run.skipped) printf("%u of other profiles or kinds left out\n", (unsigned)run.skipped);
  printf("%u passed, %u failed\n", (unsigned)run.passed, (unsigned)run.failed);
  return good && run.failed == 0 ? 0 : 1;
}
