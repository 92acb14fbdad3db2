/* cel/regex_unicode.h - private to this floor: what patterns know of Unicode, as tables: general categories and letters'
 * cases. */
#ifndef PBK_CEL_REGEX_UNICODE_H
#define PBK_CEL_REGEX_UNICODE_H

#include "base/text.h"

/* Runs of code points of one general category: where each begins << 8 | category. The next one's begin is its end. */
extern const uint32_t pbk_cel_category_runs[];
extern const uint32_t pbk_cel_category_count;
/* The categories that a name stands for ("L", "Lu", "Any"), as bits; 0 when it is none. */
uint64_t pbk_cel_unicode_categories(struct text name);

/* Runs of code points that turn into the next of those that differ only by case when `shift` is added: every one, or every
 * other. */
struct cel_case_run {
  uint32_t from, to;
  int32_t shift;
  uint32_t stride;
};
extern const struct cel_case_run pbk_cel_case_runs[];
extern const uint32_t pbk_cel_case_count;

#endif
