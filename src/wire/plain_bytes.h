/* wire/plain_bytes.h - bytes of a JSON text that stand for themselves: ASCII, no quote, no backslash, no control character.
 */
#ifndef PBK_WIRE_PLAIN_BYTES_H
#define PBK_WIRE_PLAIN_BYTES_H

#include <stdint.h>

#if defined(__GNUC__) && defined(__SSE2__) && !defined(PBK_PORTABLE)
#include <emmintrin.h>
#define PLAIN_BY_SIXTEEN 1 /* bytes looked at together */

/* A mark for each of sixteen bytes that is not plain. */
static inline uint32_t plain_marks(const char *from) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
  __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  __m128i others = _mm_subs_epi8(bytes, _mm_set1_epi8(' ')); /* negative below a space, and from 0x80 on */
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), others));
}
#endif

#endif
