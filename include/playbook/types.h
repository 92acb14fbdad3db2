/* playbook/types.h - the words everything else is written in: export macro, statuses, texts, values, handles, times.
 *
 * Part of <playbook/playbook.h>, which reads from top to bottom as a guide. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_TYPES_H
#define PLAYBOOK_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(PBK_SHARED)
#  ifdef PBK_BUILDING
#    define PBK_API __declspec(dllexport)
#  else
#    define PBK_API __declspec(dllimport)
#  endif
#elif defined(__GNUC__)
#  define PBK_API __attribute__((visibility("default")))
#else
#  define PBK_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Time is a count of microseconds since 1970-01-01T00:00:00Z (SPEC T2), of the years 0001 to 9999; what would be due later is due at
 * the end of 9999. Durations are microseconds too. */
typedef int64_t pbk_time;
typedef int64_t pbk_duration;

/* "No time": in an input, that it carries none and is applied at `now` (SPEC T4); as an answer, that nothing is due. */
#define PBK_NO_TIME INT64_MIN

#define PBK_SECOND ((pbk_duration)1000000)
#define PBK_MINUTE (60 * PBK_SECOND)
#define PBK_HOUR (60 * PBK_MINUTE)
#define PBK_DAY (24 * PBK_HOUR)

/* Every call that can fail returns one of these: 0, or a negative number. A failed call has changed nothing,
 * except that an input whose time was readable has advanced the engine (SPEC T4). */
typedef int32_t pbk_status;
enum {
  PBK_OK = 0,
  PBK_MORE = 1,                  /* not an error: the work budget ran out, call again (SPEC T8) */
  PBK_DUPLICATE = 2,             /* not an error: the messageId was seen before, nothing changed (SPEC E8) */
  PBK_ERR_ARGUMENT = -1,         /* an argument is missing, out of range, or not UTF-8 */
  PBK_ERR_SIZE_TOO_SMALL = -2,   /* a struct's `size` is smaller than the smallest ever released */
  PBK_ERR_SIZE_TOO_LARGE = -3,   /* a struct is larger than this library knows and its unknown bytes are not zero */
  PBK_ERR_NO_MEMORY = -4,        /* the allocator gave nothing, or the memory budget is used up: nothing was done
                                    (of an advance, perhaps a part), the call can be made again */
  PBK_ERR_REENTRANT = -5,        /* a call that changes state, from within a callback */
  PBK_ERR_STORAGE = -6,          /* a storage callback failed; the engine refuses everything until reopened */
  PBK_ERR_BUFFER = -7,           /* the buffer is too small; the needed size was given */
  PBK_ERR_HANDLE = -8,           /* a handle that is stale, of the wrong kind, or of another engine */
  PBK_ERR_REFUSED = -9,          /* the input was refused: pbk_engine_error says why, with a code of SPEC L */
  PBK_ERR_DIVERGED = -10,        /* a replay gave other outputs than the run it repeats */
  PBK_ERR_UNSUPPORTED = -11,     /* this build lacks what was asked for */
  PBK_ERR_CORRUPT = -12,         /* what is stored is damaged where it was durable */
  PBK_ERR_CLOSED = -13           /* the engine was closed, or opened for reading only */
};

/* The codes of a refused input (SPEC L, outputs: error). */
typedef int32_t pbk_code;
enum {
  PBK_CODE_NONE = 0,
  PBK_CODE_BAD_JSON = 1,
  PBK_CODE_BAD_INPUT = 2,
  PBK_CODE_BAD_TIMESTAMP = 3,
  PBK_CODE_UNKNOWN_TYPE = 4,
  PBK_CODE_UNKNOWN_SUBJECT = 5,
  PBK_CODE_UNKNOWN_KEY = 6,
  PBK_CODE_UNKNOWN_MESSAGE = 7,
  PBK_CODE_UNKNOWN_TASK = 8,
  PBK_CODE_UNKNOWN_MEMBER = 9,
  PBK_CODE_BAD_DEFINITION = 10,
  PBK_CODE_BAD_CONDITION = 11,
  PBK_CODE_BAD_STATE = 12,
  PBK_CODE_IN_USE = 13,
  PBK_CODE_EXISTS = 14,
  PBK_CODE_TOO_LARGE = 15
};

/* The name of a status ("PBK_ERR_ARGUMENT") or of a code ("bad_input"); never NULL, valid for ever. Any thread. */
PBK_API const char *pbk_status_name(pbk_status status);
PBK_API const char *pbk_code_name(pbk_code code);

/* Text is UTF-8 bytes and a size; it need not end in a zero byte. {NULL, 0} is "not given". */
typedef struct pbk_text {
  const char *bytes;
  size_t size;
} pbk_text;

/* A JSON value (SPEC E4). Numbers written without fraction or exponent that fit are PBK_INT, all others PBK_DOUBLE. */
typedef int32_t pbk_value_kind;
enum {
  PBK_NULL = 0,
  PBK_BOOL = 1,   /* as.integer: 0 or 1 */
  PBK_INT = 2,    /* as.integer */
  PBK_DOUBLE = 3, /* as.number: finite */
  PBK_STRING = 4, /* as.text: `size` bytes of UTF-8 */
  PBK_LIST = 5,   /* as.items: `size` values */
  PBK_MAP = 6     /* as.members: `size` members */
};

typedef struct pbk_value pbk_value;
typedef struct pbk_member pbk_member;
struct pbk_value {
  pbk_value_kind kind;
  uint32_t size; /* bytes of a string, items of a list, members of a map; else 0 */
  union {
    int64_t integer;
    double number;
    const char *text;
    const pbk_value *items;
    const pbk_member *members;
  } as;
};
struct pbk_member {
  const char *name; /* UTF-8; may be empty, not NULL */
  uint32_t name_size;
  uint32_t reserved; /* 0 */
  pbk_value value;
};

/* Nesting of lists and maps within one trait (SPEC E4), 128 within one property; keys and names in bytes (SPEC E1);
 * the text of a condition in bytes (SPEC X5). */
#define PBK_MAX_DEPTH 8
#define PBK_MAX_KEY 255
#define PBK_MAX_CONDITION 8192

/* Handles name things inside one engine: kind, generation and index in 64 bits; 0 is none. A stale handle or one of
 * another kind is answered PBK_ERR_HANDLE. Handles are the same after a restart. */
typedef uint64_t pbk_handle;

#ifdef __cplusplus
}
#endif
#endif
