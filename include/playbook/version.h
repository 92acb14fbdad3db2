/* playbook/version.h - versions. Part of <playbook/playbook.h>. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_VERSION_H
#define PLAYBOOK_VERSION_H

#include <playbook/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PBK_VERSION_MAJOR 0
#define PBK_VERSION_MINOR 1
#define PBK_VERSION_PATCH 0
#define PBK_VERSION_TEXT "0.1.0"

/* The version of the library that runs: its text, valid for ever, and as major * 1000000 + minor * 1000 + patch. Any thread. */
PBK_API const char *pbk_version_text(void);
PBK_API uint32_t pbk_version_number(void);

#ifdef __cplusplus
}
#endif
#endif
