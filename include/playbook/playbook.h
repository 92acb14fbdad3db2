/* playbook/playbook.h - libplaybook, the manual.
 *
 * libplaybook runs customer playbooks: it is told facts about contacts and accounts (who they are, what they did), watches
 * conditions over them, enrolls those who meet a playbook's trigger, and makes the messages, tasks and assignments of its
 * steps, each at the exact microsecond. It is a state machine without threads, clock, files or network: the host puts inputs
 * in, says how late it is, stores the journal, delivers the messages, and takes the outputs out.
 *
 *   types.h    the words: texts, times, values, statuses, handles
 *   engine.h   the engine: create, advance, commit, take outputs, errors
 *   storage.h  keeping it: journal, snapshots, opening, closing, salvage
 *   define.h   definitions: channels, templates, users, roles, senders, personas, segments, playbooks, schemas
 *   facts.h    what happened: identify, group, track, stages, health, assignments …
 *   outbox.h   playbooks at work: enrolling by hand, approving, delivering, tasks
 *   query.h    looking: who is a member, what is enrolled, what waits, and why
 *   json.h     the same through the line protocol, one JSON object a line
 *   version.h  versions
 *
 * <playbook/filestore.h>, which is not included here, is a library of its own: it keeps an engine in files.
 *
 * One engine is used by one thread at a time; engines are independent of each other. SPDX-License-Identifier: MIT */
#ifndef PLAYBOOK_PLAYBOOK_H
#define PLAYBOOK_PLAYBOOK_H

/* clang-format off: this order is the reading order */
#include <playbook/types.h>
#include <playbook/engine.h>
#include <playbook/storage.h>
#include <playbook/define.h>
#include <playbook/facts.h>
#include <playbook/outbox.h>
#include <playbook/query.h>
#include <playbook/json.h>
#include <playbook/version.h>
/* clang-format on */

#endif
