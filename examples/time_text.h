/* time_text.h - times and durations as text. */
#ifndef TIME_TEXT_H
#define TIME_TEXT_H

#include <playbook/playbook.h>

#include <stdbool.h>

/* RFC 3339, or milliseconds since 1970. */
bool time_read(const char *text, pbk_time *time);

/* CEL's text of a duration ("1h30m", "2.5s", "0") or a whole number of days or weeks ("2d", "1w"); not negative. */
bool duration_read(const char *text, size_t size, pbk_duration *duration);

enum { TIME_TEXT_SIZE = 40 };
/* "2026-03-02 09:15" in UTC, with seconds where they are not zero; `text` has room for TIME_TEXT_SIZE bytes. */
void time_write(pbk_time time, char *text);
/* "2026-03-02T09:15:00.25Z", as in outputs. */
void time_write_exact(pbk_time time, char *text);

#endif
