/* playbook/playbook_code.h - the public definition of a playbook as bytes: in the journal, and with each version. */
#ifndef PBK_PLAYBOOK_PLAYBOOK_CODE_H
#define PBK_PLAYBOOK_PLAYBOOK_CODE_H

#include "base/coder.h"
#include <playbook/playbook.h>

void pbk_code_playbook(struct coder *coder, pbk_playbook *playbook);

#endif
