/* base/output_code.h - an output as bytes: what the digest of outputs runs over, and snapshots keep of those not yet taken. */
#ifndef PBK_BASE_OUTPUT_CODE_H
#define PBK_BASE_OUTPUT_CODE_H

#include "base/coder.h"
#include <playbook/playbook.h>

void pbk_code_output(struct coder *coder, pbk_output *output);

/* The texts of an output by place, so that whoever walks them cannot disagree about which there are. */
enum { OUTPUT_TEXTS = 22 };
extern const uint16_t pbk_output_text_offsets[OUTPUT_TEXTS];
static inline pbk_text *pbk_output_text(pbk_output *output, uint32_t at) {
  return (pbk_text *)(void *)((char *)output + pbk_output_text_offsets[at]);
}

#endif
