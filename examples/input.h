/* input.h - lines of files and of standard input, unpacked where they are gzipped. */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct input;

/* Whether all files are there and can be read; complains about the first that cannot. */
bool input_check(char **files, int count);

/* Opens a file, or standard input for "-". Complains and returns NULL where it cannot. `before_wait` is called before each
 * read that has to wait for somebody, so that what was said so far can be let out; false, after a complaint of its own, ends
 * the reading. */
struct input *input_open(const char *file, bool (*before_wait)(void *context), void *context);
void input_close(struct input *input);

/* What messages call it: the file's name, or "stdin". */
const char *input_name(const struct input *input);

/* The next line without its newline, borrowed until the next call: 1, or 0 at the end, or -1 with a complaint. A line far
 * beyond what the engine takes is cut to a length that the engine still refuses. */
int input_line(struct input *input, const char **line, size_t *size);

#endif
